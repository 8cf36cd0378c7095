"""Pillow in a pool of processes. `documented`: decodes whole, hashes with ImageHash; `expert`: draft(), own hash."""

import io
import multiprocessing
import time

import numpy as np
from image_steps import TarOutput, arguments, paths_in, phash_of_grey, report, stem, target_size
from PIL import Image, ImageOps

ARGS = arguments()
if ARGS.mode == "documented":
    import imagehash


def phash(image):
    if ARGS.mode == "documented":
        return str(imagehash.phash(image))
    return phash_of_grey(np.asarray(image.convert("L").resize((32, 32), Image.Resampling.LANCZOS)))


def work(path):
    try:
        with Image.open(path) as image:
            if ARGS.mode == "expert":
                image.draft("RGB", target_size(*image.size, ARGS.size))
            image = ImageOps.exif_transpose(image)
            if image.mode != "RGB":
                image = image.convert("RGB")
            image = image.resize(target_size(*image.size, ARGS.size), Image.Resampling.BOX)
    except OSError:
        return stem(path), None, None
    body = io.BytesIO()
    image.save(body, "JPEG" if ARGS.format == "jpg" else "WEBP", quality=ARGS.quality)
    return stem(path), body.getvalue(), phash(image)


if __name__ == "__main__":
    started = time.perf_counter()
    paths = paths_in(ARGS.input)
    out = TarOutput(ARGS.output)
    with multiprocessing.get_context("fork").Pool(ARGS.workers) as pool:
        for key, body, value in pool.imap(work, paths, chunksize=16):
            if body is not None:
                out.add(key, body, value, ARGS.format)
    out.close()
    report(len(paths), started)
