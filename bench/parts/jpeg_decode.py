"""The OpenCV column of bench/jpeg-decode.ts: CPU milliseconds for one file at a quarter of its size, by the kind in its
name. Argument: folder."""

import json
import os
import sys
import time

import cv2
import numpy as np

cv2.setNumThreads(1)
FOLDER = sys.argv[1]
files = {}
for name in sorted(os.listdir(FOLDER)):
    kind = os.path.splitext(name)[0].split("-")[1]
    if kind != "cut":
        with open(os.path.join(FOLDER, name), "rb") as file:
            files.setdefault(kind, []).append(np.frombuffer(file.read(), np.uint8))
found = {}
for kind, images in files.items():
    for image in images[:2]:
        cv2.imdecode(image, cv2.IMREAD_REDUCED_COLOR_4)
    before = time.process_time()
    for image in images:
        cv2.imdecode(image, cv2.IMREAD_REDUCED_COLOR_4)
    found[kind] = (time.process_time() - before) / len(images) * 1000
print(json.dumps(found))
