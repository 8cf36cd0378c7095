"""Near-duplicates among documents of JSONL files: MinHash with 128 permutations over runs of five words, 16 bands of 8
rows; of what falls into one bucket the first stays. Writes the ids that go, one a line.

Arguments: peer (datasketch, rensa), folder, file to write. With a fourth, `sign`, only the signatures are made, and
written as numbers of 32 bits, document by document; the peer may then be datasketch-crc32 too."""

import glob
import itertools
import json
import sys
import time
import zlib

PEER, INPUT, OUTPUT = sys.argv[1:4]
TASK = sys.argv[4] if len(sys.argv) > 4 else "dedupe"
PERMUTATIONS, BANDS, ROWS = 128, 16, 8


def documents():
    for name in sorted(glob.glob(f"{INPUT}/*.jsonl")):
        with open(name, "rb") as file:
            for line in file:
                record = json.loads(line)
                yield record["id"], record["text"]


def shingles(text):
    words = text.split()
    return {" ".join(words[at : at + 5]) for at in range(len(words) - 4)}


def batches(size=1000):
    found = documents()
    while batch := list(itertools.islice(found, size)):
        yield [key for key, _ in batch], [shingles(text) for _, text in batch]


def with_datasketch():
    from datasketch import MinHash, MinHashLSH

    index = MinHashLSH(num_perm=PERMUTATIONS, params=(BANDS, ROWS))
    for keys, sets in batches():
        hashes = MinHash.bulk([[shingle.encode() for shingle in one] for one in sets], num_perm=PERMUTATIONS)
        for key, found in zip(keys, hashes):
            if index.query(found):
                yield key
            else:
                index.insert(key, found)


def with_rensa():
    from rensa import RMinHash, RMinHashLSH

    index = RMinHashLSH(threshold=0.8, num_perm=PERMUTATIONS, num_bands=BANDS)
    number = 0
    for keys, sets in batches():
        for key, found in zip(keys, RMinHash.from_token_sets(sets, PERMUTATIONS, 42)):
            number += 1
            if index.query(found):
                yield key
            else:
                index.insert(number, found)


def signed_by_datasketch(sets, **settings):
    from datasketch import MinHash

    found = MinHash.bulk([[shingle.encode() for shingle in one] for one in sets], num_perm=PERMUTATIONS, **settings)
    return [one.hashvalues for one in found]


def signed_by_rensa(sets):
    from rensa import RMinHash

    return RMinHash.digests_from_token_sets(sets, PERMUTATIONS, 42)


def sign():
    import numpy

    signed_by = {
        "datasketch": signed_by_datasketch,
        "datasketch-crc32": lambda sets: signed_by_datasketch(sets, hashfunc=zlib.crc32),
        "rensa": signed_by_rensa,
    }[PEER]
    signed_by([{"so that imports are done"}])
    started = time.perf_counter()
    signatures, signing, megabytes = [], 0.0, 0.0
    found = documents()
    while texts := [text for _, text in itertools.islice(found, 1000)]:
        begun = time.perf_counter()
        signatures += signed_by([shingles(text) for text in texts])
        signing += time.perf_counter() - begun
        megabytes += sum(len(text.encode()) for text in texts) / 1e6
    spent = time.perf_counter() - started
    numpy.asarray(signatures).astype("<u4").tofile(OUTPUT)
    figures = {"signed documents/s": len(signatures) / signing, "signed MB/s": megabytes / signing}
    return {"items": len(signatures), "workSeconds": spent, "figures": figures}


def dedupe():
    started = time.perf_counter()
    with open(OUTPUT, "w") as file:
        for gone in {"datasketch": with_datasketch, "rensa": with_rensa}[PEER]():
            file.write(gone + "\n")
    count = sum(1 for _ in documents())
    return {"items": count, "workSeconds": time.perf_counter() - started}


if __name__ == "__main__":
    print(json.dumps({"sign": sign, "dedupe": dedupe}[TASK]()))
