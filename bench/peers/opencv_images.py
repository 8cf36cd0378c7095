"""OpenCV in a pool of processes, one thread each. `expert` lets libjpeg-turbo decode at a half, quarter or eighth."""

import multiprocessing
import time

import cv2
import numpy as np
from image_steps import TarOutput, arguments, paths_in, phash_of_grey, report, stem, target_size

ARGS = arguments()
REDUCED = ((8, cv2.IMREAD_REDUCED_COLOR_8), (4, cv2.IMREAD_REDUCED_COLOR_4), (2, cv2.IMREAD_REDUCED_COLOR_2))


def jpeg_size(data):
    """Width and height from the frame header: what is needed to choose the scale of decoding."""
    at = 2
    while at + 9 < len(data):
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            return int.from_bytes(data[at + 7 : at + 9], "big"), int.from_bytes(data[at + 5 : at + 7], "big")
        at += 2 + length
    return 0, 0


def flag(data):
    if ARGS.mode == "expert":
        shortest = min(jpeg_size(data))
        for factor, reduced in REDUCED:
            if shortest >= ARGS.size * factor:
                return reduced
    return cv2.IMREAD_COLOR


def work(path):
    with open(path, "rb") as file:
        data = file.read()
    image = cv2.imdecode(np.frombuffer(data, np.uint8), flag(data))
    if image is None:
        return stem(path), None, None
    height, width = image.shape[:2]
    image = cv2.resize(image, target_size(width, height, ARGS.size), interpolation=cv2.INTER_AREA)
    small = cv2.resize(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), (32, 32), interpolation=cv2.INTER_AREA)
    quality = cv2.IMWRITE_JPEG_QUALITY if ARGS.format == "jpg" else cv2.IMWRITE_WEBP_QUALITY
    body = cv2.imencode(f".{ARGS.format}", image, [quality, ARGS.quality])[1].tobytes()
    return stem(path), body, phash_of_grey(small)


if __name__ == "__main__":
    started = time.perf_counter()
    paths = paths_in(ARGS.input)
    out = TarOutput(ARGS.output)
    with multiprocessing.get_context("fork").Pool(ARGS.workers, cv2.setNumThreads, (1,)) as pool:
        for key, body, phash in pool.imap(work, paths, chunksize=16):
            if body is not None:
                out.add(key, body, phash, ARGS.format)
    out.close()
    report(len(paths), started)
