"""From the start of the interpreter to one record that is written: JSONL -> NFC and trimmed -> JSONL.

Arguments: peer, file, folder to write into. Says "first-record" when the record lies in a file."""

import json
import os
import shutil
import sys
import unicodedata

PEER, INPUT, OUTPUT = sys.argv[1:4]


def normal(text):
    return unicodedata.normalize("NFC", text).strip()


def with_ray():
    import ray

    ray.init(address="local", num_cpus=2, include_dashboard=False, logging_level="ERROR")
    ray.data.read_json(INPUT).map(lambda row: {**row, "text": normal(row["text"])}).write_json(OUTPUT)


def with_datasets():
    import datasets

    datasets.disable_progress_bars()
    found = datasets.load_dataset("json", data_files=INPUT, split="train", cache_dir=os.path.join(OUTPUT, "cache"))
    found.map(lambda row: {"text": normal(row["text"])}).to_json(os.path.join(OUTPUT, "out.jsonl"))


def with_datatrove():
    from loguru import logger

    logger.remove()
    from datatrove.executor import LocalPipelineExecutor
    from datatrove.pipeline.filters import LambdaFilter
    from datatrove.pipeline.readers import JsonlReader
    from datatrove.pipeline.writers import JsonlWriter

    def keep(document):
        document.text = normal(document.text)
        return True

    steps = [JsonlReader(os.path.dirname(INPUT)), LambdaFilter(keep), JsonlWriter(OUTPUT, compression=None)]
    LocalPipelineExecutor(steps, logging_dir=os.path.join(OUTPUT, "logs")).run()


def with_polars():
    import polars

    text = polars.col("text").str.normalize("NFC").str.strip_chars()
    polars.read_ndjson(INPUT).with_columns(text).write_ndjson(os.path.join(OUTPUT, "out.jsonl"))


def with_daft():
    import daft

    daft.set_runner_native()
    daft.read_json(INPUT).with_column("text", daft.col("text").normalize(white_space=True)).write_json(OUTPUT)


if __name__ == "__main__":
    shutil.rmtree(OUTPUT, ignore_errors=True)
    os.makedirs(OUTPUT)
    chosen = {
        "ray": with_ray,
        "datasets": with_datasets,
        "datatrove": with_datatrove,
        "polars": with_polars,
        "daft": with_daft,
    }
    chosen[PEER]()
    if not any(name for _, _, names in os.walk(OUTPUT) for name in names):
        sys.exit(f"{PEER} wrote nothing")
    print("first-record", flush=True)
    print(json.dumps({"items": 1}), flush=True)
