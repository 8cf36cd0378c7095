"""datatrove's near-duplicates in its four steps: signatures, buckets, clusters, filter. 16 buckets of 8 hashes over runs
of five words. `documented`: its default words (spaCy); `expert`: words between white space. Writes the ids that go.

Arguments: mode, folder of JSONL, file to write, files, documents."""

import json
import os
import shutil
import sys
import time

MODE, INPUT, OUTPUT, FILES, COUNT = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5])
WORK = OUTPUT + ".work"

from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.dedup.minhash import (
    MinhashConfig,
    MinhashDedupBuckets,
    MinhashDedupCluster,
    MinhashDedupFilter,
    MinhashDedupSignature,
)
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.writers import JsonlWriter
from datatrove.utils.hashing import HashConfig
from datatrove.utils.word_tokenizers import WhitespaceTokenizer

BUCKETS = 16


class PlainWhitespace(WhitespaceTokenizer):
    """datatrove's white-space words without the spaCy pipeline behind them."""

    def word_tokenize(self, text):
        return text.split()


def run(steps, tasks, name):
    logs = os.path.join(WORK, "logs", name)
    LocalPipelineExecutor(pipeline=steps, tasks=tasks, workers=2, logging_dir=logs, skip_completed=False).run()


if __name__ == "__main__":
    from loguru import logger

    logger.remove()
    shutil.rmtree(WORK, ignore_errors=True)
    started = time.perf_counter()
    config = MinhashConfig(n_grams=5, num_buckets=BUCKETS, hashes_per_bucket=8, hash_config=HashConfig(precision=64))
    language = PlainWhitespace() if MODE == "expert" else "en"
    reader = JsonlReader(INPUT, id_key="id")
    signatures, buckets, removed = (os.path.join(WORK, name) for name in ("signatures", "buckets", "removed"))
    run([reader, MinhashDedupSignature(signatures, config=config, language=language)], FILES, "signatures")
    run([MinhashDedupBuckets(signatures, buckets, config=config)], BUCKETS, "buckets")
    run([MinhashDedupCluster(buckets, removed, config=config)], 1, "clusters")
    gone = JsonlWriter(os.path.join(WORK, "gone"), compression=None)
    kept = JsonlWriter(os.path.join(WORK, "kept"), compression=None)
    run([reader, MinhashDedupFilter(removed, exclusion_writer=gone), kept], FILES, "filter")
    with open(OUTPUT, "w") as file:
        for folder, _, names in os.walk(os.path.join(WORK, "gone")):
            for name in names:
                with open(os.path.join(folder, name)) as lines:
                    file.writelines(json.loads(line)["id"] + "\n" for line in lines)
    sys.stdout.flush()
    print("\n" + json.dumps({"items": COUNT, "workSeconds": time.perf_counter() - started}))
