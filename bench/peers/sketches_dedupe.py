"""Near-duplicates among documents of JSONL files: MinHash with 128 permutations over runs of five words, 16 bands of 8
rows; of what falls into one bucket the first stays. Writes the ids that go, one a line.

Arguments: peer (datasketch, rensa), folder, file to write."""

import glob
import itertools
import json
import sys
import time

PEER, INPUT, OUTPUT = sys.argv[1:4]
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


if __name__ == "__main__":
    started = time.perf_counter()
    count = 0
    with open(OUTPUT, "w") as file:
        for gone in {"datasketch": with_datasketch, "rensa": with_rensa}[PEER]():
            file.write(gone + "\n")
    count = sum(1 for _ in documents())
    print(json.dumps({"items": count, "workSeconds": time.perf_counter() - started}))
