"""img2dataset over file:// addresses, into WebDataset tars. `documented`: as its README starts it, at our quality and
size; `expert`: fewer threads, neither EXIF nor checksums, shards of at most 1,000 and small enough that both processes
have some. It has no perceptual hash."""

import os
import shutil
import time

from image_steps import arguments, paths_in, report

ARGS = arguments()

if __name__ == "__main__":
    from img2dataset import download

    started = time.perf_counter()
    paths = paths_in(ARGS.input)
    if not ARGS.resume:
        shutil.rmtree(ARGS.output, ignore_errors=True)
    os.makedirs(ARGS.output, exist_ok=True)
    urls = os.path.join(ARGS.output, "urls.txt")
    with open(urls, "w") as file:
        file.writelines(f"file://{path}\n" for path in paths)
    shard = max(1, min(1000, len(paths) // (2 * ARGS.workers)))
    expert = {"extract_exif": False, "compute_hash": None, "thread_count": 16, "number_sample_per_shard": shard}
    download(
        url_list=urls,
        output_folder=os.path.join(ARGS.output, "shards"),
        output_format="webdataset",
        image_size=ARGS.size,
        resize_mode="keep_ratio",
        encode_quality=ARGS.quality,
        encode_format=ARGS.format,
        processes_count=ARGS.workers,
        **(expert if ARGS.mode == "expert" else {"thread_count": 64}),
    )
    report(len(paths), started)
