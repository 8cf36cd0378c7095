"""Samples that are in memory through a writer. Arguments: writer (webdataset, mds), whether shards are hashed (SHA-256)
as well (hashed, plain), folder, samples, bytes of an image. bench/parts/write-tar.ts writes the same."""

import glob
import hashlib
import json
import os
import shutil
import sys
import time

WRITER, HASHED, FOLDER, COUNT, BYTES = sys.argv[1], sys.argv[2] == "hashed", sys.argv[3], int(sys.argv[4]), int(sys.argv[5])
IMAGES = [hashlib.shake_256(b"image %d" % index).digest(BYTES) for index in range(64)]


def samples():
    for index in range(COUNT):
        attributes = {"id": "photos/%d.jpg" % index, "attributes": {"width": 640}}
        yield "%012d" % index, IMAGES[index % 64], attributes


def with_webdataset():
    import webdataset

    with webdataset.ShardWriter(FOLDER + "/%06d.tar", maxcount=10_000, maxsize=256 * 2**20, verbose=0) as writer:
        for key, image, attributes in samples():
            writer.write({"__key__": key, "jpg": image, "json": attributes})
    if HASHED:
        for name in glob.glob(FOLDER + "/*.tar"):
            with open(name, "rb") as file:
                hashlib.file_digest(file, "sha256").hexdigest()


def with_mds():
    from streaming import MDSWriter

    columns = {"id": "str", "jpg": "bytes", "json": "json"}
    hashes = ["sha256"] if HASHED else None
    with MDSWriter(out=FOLDER, columns=columns, compression=None, hashes=hashes, size_limit=256 * 2**20) as writer:
        for key, image, attributes in samples():
            writer.write({"id": key, "jpg": image, "json": attributes})


if __name__ == "__main__":
    shutil.rmtree(FOLDER, ignore_errors=True)
    os.makedirs(FOLDER)
    if WRITER == "mds":
        import streaming
    else:
        import webdataset
    started = time.perf_counter()
    {"webdataset": with_webdataset, "mds": with_mds}[WRITER]()
    print(json.dumps({"items": COUNT, "workSeconds": time.perf_counter() - started}))
