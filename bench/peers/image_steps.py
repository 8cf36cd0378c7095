"""What the image programs of the peers have in common: arguments, sizes, perceptual hashes, a tar to write."""

import argparse
import io
import json
import math
import os
import sys
import tarfile
import time

import numpy as np


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--input", required=True, help="folder of JPEGs")
    parser.add_argument("--output", required=True, help="tar or folder to write")
    parser.add_argument("--size", type=int, default=256, help="pixels of the shortest edge")
    parser.add_argument("--quality", type=int, default=80)
    parser.add_argument("--format", choices=("jpg", "webp"), default="jpg")
    parser.add_argument("--mode", choices=("documented", "expert"), required=True)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--resume", action="store_true", help="keep what an earlier run finished")
    return parser.parse_args()


def target_size(width, height, shortest):
    scale = shortest / min(width, height)
    return round(width * scale), round(height * scale)


def paths_in(folder):
    return [os.path.join(folder, name) for name in sorted(os.listdir(folder))]


def stem(path):
    return os.path.splitext(os.path.basename(path))[0]


def dct_matrix(size=32):
    n = np.arange(size)
    return np.cos(math.pi * n[:, None] * (2 * n[None, :] + 1) / (2 * size)).astype(np.float32)


DCT = dct_matrix()[:8]


def phash_of_grey(small):
    """The hash of ImageHash.phash from a grey plane of 32 x 32, by one product of matrices."""
    low = DCT @ small.astype(np.float32) @ DCT.T
    bits = (low > np.median(low)).flatten()
    return f"{int(''.join('1' if bit else '0' for bit in bits), 2):016x}"


class TarOutput:
    """Pairs of <stem>.<format> and <stem>.json, as WebDataset has them."""

    def __init__(self, path):
        self.tar = tarfile.open(path, "w")
        self.count = 0

    def add(self, key, image, phash, extension):
        self._member(f"{key}.{extension}", image)
        self._member(f"{key}.json", json.dumps({"id": key, "phash": phash}).encode())
        self.count += 1

    def _member(self, name, body):
        member = tarfile.TarInfo(name)
        member.size = len(body)
        self.tar.addfile(member, io.BytesIO(body))

    def close(self):
        self.tar.close()


def report(items, started=None):
    """The line that the harness reads. `started`: when the work began, after imports and the like."""
    found = {"items": items}
    if started is not None:
        found["workSeconds"] = time.perf_counter() - started
    sys.stdout.flush()
    print("\n" + json.dumps(found), flush=True)
