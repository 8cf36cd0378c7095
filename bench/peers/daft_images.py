"""Daft's native runner, into Parquet (it writes no tar). `documented`: its own download, decode, resize and encode;
`expert`: OpenCV and own hash in a batch function. Its own steps know no quality and no perceptual hash."""

import shutil
import time

import numpy as np
from image_steps import arguments, paths_in, phash_of_grey, report, stem, target_size

ARGS = arguments()

import daft
from daft import DataType, col

daft.set_runner_native()


@daft.udf(
    return_dtype=DataType.struct({"key": DataType.string(), "image": DataType.binary(), "phash": DataType.string()}),
    batch_size=64,
)
def with_opencv(urls, bodies):
    import cv2

    cv2.setNumThreads(1)
    found = []
    for url, data in zip(urls.to_pylist(), bodies.to_pylist()):
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        if image is None:
            found.append(None)
            continue
        height, width = image.shape[:2]
        image = cv2.resize(image, target_size(width, height, ARGS.size), interpolation=cv2.INTER_AREA)
        small = cv2.resize(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), (32, 32), interpolation=cv2.INTER_AREA)
        body = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, ARGS.quality])[1].tobytes()
        found.append({"key": stem(url), "image": body, "phash": phash_of_grey(small)})
    return found


if __name__ == "__main__":
    shutil.rmtree(ARGS.output, ignore_errors=True)
    started = time.perf_counter()
    count = len(paths_in(ARGS.input))
    files = daft.from_glob_path(f"{ARGS.input}/*.jpg")
    if ARGS.mode == "documented":
        image = col("path").download(on_error="null").decode_image(on_error="null", mode="RGB")
        # Its resize takes a width and a height, not an edge: those of most of the files.
        width, height = target_size(500, 375, ARGS.size)
        files = files.select(col("path").alias("key"), image.resize(width, height).encode_image("jpeg").alias("image"))
    else:
        done = with_opencv(col("path"), col("path").download(on_error="null"))
        files = files.select(done.alias("done")).select(
            col("done")["key"], col("done")["image"], col("done")["phash"]
        )
    files.write_parquet(ARGS.output)
    report(count, started)
