"""Data-Juicer's document_minhash_deduplicator, two processes, no cache, as its default executor runs a configuration.
128 permutations, 16 bands of 8 rows, runs of five words. Writes the ids that go.

Arguments: folder of JSONL, file to write, documents."""

import json
import os
import shutil
import sys
import time

INPUT, OUTPUT, COUNT = sys.argv[1], sys.argv[2], int(sys.argv[3])
WORK = OUTPUT + ".work"

CONFIG = f"""
project_name: bench
dataset_path: {INPUT}
export_path: {WORK}/kept.jsonl
work_dir: {WORK}
np: 2
use_cache: false
open_tracer: false
open_monitor: false
process:
  - document_minhash_deduplicator:
      tokenization: space
      window_size: 5
      lowercase: false
      num_permutations: 128
      jaccard_threshold: 0.8
      num_bands: 16
      num_rows_per_band: 8
"""

if __name__ == "__main__":
    shutil.rmtree(WORK, ignore_errors=True)
    os.makedirs(WORK)
    path = os.path.join(WORK, "config.yaml")
    with open(path, "w") as file:
        file.write(CONFIG)
    from data_juicer.config import init_configs
    from data_juicer.core import DefaultExecutor

    started = time.perf_counter()
    DefaultExecutor(init_configs(["--config", path])).run()
    with open(os.path.join(WORK, "kept.jsonl")) as lines:
        kept = {json.loads(line)["id"] for line in lines}
    with open(OUTPUT, "w") as file:
        for name in sorted(os.listdir(INPUT)):
            with open(os.path.join(INPUT, name)) as lines:
                for line in lines:
                    key = json.loads(line)["id"]
                    if key not in kept:
                        file.write(key + "\n")
    # Its logger has taken sys.stdout over.
    report = json.dumps({"items": COUNT, "workSeconds": time.perf_counter() - started})
    print(f"\n{report}", file=sys.__stdout__, flush=True)
