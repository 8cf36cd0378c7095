"""Ray Data into WebDataset tars. `documented`: read_images, Pillow and ImageHash a row; `expert`: bytes in batches,
OpenCV with one thread, own hash. A cluster of its own, on two cores, warmed up before the work begins."""

import io
import json
import os
import shutil
import time

import numpy as np
from image_steps import arguments, paths_in, phash_of_grey, report, stem, target_size

ARGS = arguments()
os.environ["RAY_DATA_DISABLE_PROGRESS_BARS"] = "1"

import ray


def described(key, phash):
    return json.dumps({"id": key, "phash": phash}).encode()


def as_it_is(sample):
    """Its own encoder would decode the JPEGs that were just made."""
    return sample


def by_row(row):
    import imagehash
    from PIL import Image

    image = Image.fromarray(row["image"])
    image = image.resize(target_size(*image.size, ARGS.size), Image.Resampling.BOX)
    body = io.BytesIO()
    image.save(body, "JPEG", quality=ARGS.quality)
    key = stem(row["path"])
    return {"__key__": key, "jpg": body.getvalue(), "json": described(key, str(imagehash.phash(image)))}


def by_batch(batch):
    import cv2

    cv2.setNumThreads(1)
    found = {"__key__": [], "jpg": [], "json": []}
    for path, data in zip(batch["path"], batch["bytes"]):
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        if image is None:
            continue
        height, width = image.shape[:2]
        image = cv2.resize(image, target_size(width, height, ARGS.size), interpolation=cv2.INTER_AREA)
        small = cv2.resize(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), (32, 32), interpolation=cv2.INTER_AREA)
        key = stem(path)
        found["__key__"].append(key)
        found["jpg"].append(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, ARGS.quality])[1].tobytes())
        found["json"].append(described(key, phash_of_grey(small)))
    return found


if __name__ == "__main__":
    ray.init(
        address="local",
        num_cpus=ARGS.workers,
        include_dashboard=False,
        object_store_memory=2 * 2**30,
        logging_level="ERROR",
    )
    ray.data.range(8).map_batches(lambda batch: batch).materialize()
    shutil.rmtree(ARGS.output, ignore_errors=True)
    started = time.perf_counter()
    count = len(paths_in(ARGS.input))
    if ARGS.mode == "documented":
        # Files that cannot be decoded end its job: it has only the others.
        whole = [path for path in paths_in(ARGS.input) if not stem(path).endswith("-cut")]
        ray.data.read_images(whole, mode="RGB", include_paths=True).map(by_row).write_webdataset(ARGS.output, encoder=as_it_is)
    else:
        files = ray.data.read_binary_files(ARGS.input, include_paths=True)
        files.map_batches(by_batch, batch_size=64).write_webdataset(ARGS.output, encoder=as_it_is)
    report(count, started)
    ray.shutdown()
