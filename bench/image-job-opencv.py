"""The OpenCV side of bench/image-job.ts: files of a folder -> 256 px -> JPEG -> one tar, in a pool of two processes.

Arguments: folder, tar to write, JPEG quality. Prints the seconds from the first import of cv2's pool to the closed tar,
and the interpreter's own start is counted by the caller.
"""

import io
import multiprocessing
import os
import sys
import tarfile

import cv2
import numpy as np

FOLDER, TAR, QUALITY = sys.argv[1], sys.argv[2], int(sys.argv[3])


def resize(name):
    with open(os.path.join(FOLDER, name), "rb") as file:
        image = cv2.imdecode(np.frombuffer(file.read(), np.uint8), cv2.IMREAD_UNCHANGED)
    height, width = image.shape[:2]
    scale = 256 / min(width, height)
    image = cv2.resize(image, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_AREA)
    return name, cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1].tobytes()


if __name__ == "__main__":
    names = sorted(os.listdir(FOLDER))
    with multiprocessing.get_context("fork").Pool(2, initializer=cv2.setNumThreads, initargs=(1,)) as pool:
        with tarfile.open(TAR, "w") as tar:
            for name, body in pool.imap(resize, names, chunksize=16):
                member = tarfile.TarInfo(name)
                member.size = len(body)
                tar.addfile(member, io.BytesIO(body))
