"""The OpenCV side of bench/image-resize.ts: cv2.imdecode, INTER_AREA, cv2.imencode in a pool of two processes.

Arguments: folder, JPEG quality, file for one output. Then one line on stdin a run, the number of passes;
answers one JSON line: images, seconds, CPU milliseconds.
"""

import json
import multiprocessing
import os
import sys
import time

import cv2
import numpy as np

FOLDER, QUALITY, SAMPLE = sys.argv[1], int(sys.argv[2]), sys.argv[3]
FILES = []


def load():
    cv2.setNumThreads(1)
    for name in sorted(os.listdir(FOLDER)):
        with open(os.path.join(FOLDER, name), "rb") as file:
            FILES.append(np.frombuffer(file.read(), np.uint8))


def resize(index):
    image = cv2.imdecode(FILES[index], cv2.IMREAD_UNCHANGED)
    height, width = image.shape[:2]
    scale = 256 / min(width, height)
    size = (round(width * scale), round(height * scale))
    image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1].tobytes()


def work(index):
    before = time.process_time()
    size = len(resize(index))
    return size, time.process_time() - before


if __name__ == "__main__":
    load()
    with open(SAMPLE, "wb") as file:
        file.write(resize(0))
    with multiprocessing.get_context("fork").Pool(2, initializer=cv2.setNumThreads, initargs=(1,)) as pool:
        pool.map(work, range(min(20, len(FILES))))
        print("ready", cv2.__version__, flush=True)
        for line in sys.stdin:
            indexes = [index for _ in range(int(line)) for index in range(len(FILES))]
            start = time.perf_counter()
            results = pool.map(work, indexes, chunksize=8)
            seconds = time.perf_counter() - start
            cpu = sum(used for _, used in results) * 1000
            print(json.dumps({"images": len(indexes), "seconds": seconds, "cpuMilliseconds": cpu}), flush=True)
