"""Pairs of <name>.jpg and <name>.json of a folder into shards: what a writer by itself does with files.

Arguments: writer (webdataset, mds, pyarrow), folder, folder to write into, processes."""

import json
import multiprocessing
import os
import shutil
import sys
import time

WRITER, INPUT, OUTPUT, PROCESSES = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])


def samples(stems):
    for stem in stems:
        with open(os.path.join(INPUT, f"{stem}.jpg"), "rb") as file:
            image = file.read()
        with open(os.path.join(INPUT, f"{stem}.json"), "rb") as file:
            yield stem, image, file.read()


def with_webdataset(share, stems):
    import webdataset

    pattern = os.path.join(OUTPUT, f"{share}-%06d.tar")
    with webdataset.ShardWriter(pattern, maxcount=10_000, maxsize=256 * 2**20, verbose=0) as writer:
        for stem, image, attributes in samples(stems):
            writer.write({"__key__": stem, "jpg": image, "json": attributes})


def with_mds(share, stems):
    from streaming import MDSWriter

    columns = {"id": "str", "jpg": "bytes", "json": "bytes"}
    out = os.path.join(OUTPUT, str(share))
    with MDSWriter(out=out, columns=columns, compression=None, hashes=None, size_limit=256 * 2**20) as writer:
        for stem, image, attributes in samples(stems):
            writer.write({"id": stem, "jpg": image, "json": attributes})


def with_pyarrow(share, stems):
    import pyarrow
    import pyarrow.parquet

    schema = pyarrow.schema({"id": pyarrow.string(), "image": pyarrow.binary(), "attributes": pyarrow.string()})
    # Images do not compress: `expert` says so for their column alone.
    compression = {"id": "zstd", "image": "none", "attributes": "zstd"}
    path = os.path.join(OUTPUT, f"{share}.parquet")
    with pyarrow.parquet.ParquetWriter(path, schema, compression=compression, use_dictionary=False) as writer:
        rows = []
        for sample in samples(stems):
            rows.append(sample)
            if len(rows) == 512:
                writer.write_batch(batch(rows, schema))
                rows = []
        if rows:
            writer.write_batch(batch(rows, schema))


def batch(rows, schema):
    import pyarrow

    ids, images, attributes = zip(*rows)
    columns = [pyarrow.array(ids), pyarrow.array(images, pyarrow.binary()), pyarrow.array([a.decode() for a in attributes])]
    return pyarrow.record_batch(columns, schema=schema)


def work(job):
    share, stems = job
    {"webdataset": with_webdataset, "mds": with_mds, "pyarrow": with_pyarrow}[WRITER](share, stems)


if __name__ == "__main__":
    shutil.rmtree(OUTPUT, ignore_errors=True)
    os.makedirs(OUTPUT)
    started = time.perf_counter()
    stems = sorted(name[:-4] for name in os.listdir(INPUT) if name.endswith(".jpg"))
    half = -(-len(stems) // PROCESSES)
    jobs = [(share, stems[share * half : (share + 1) * half]) for share in range(PROCESSES)]
    if PROCESSES == 1:
        work(jobs[0])
    else:
        with multiprocessing.get_context("spawn").Pool(PROCESSES) as pool:
            pool.map(work, jobs)
    print(json.dumps({"items": len(stems), "workSeconds": time.perf_counter() - started}))
