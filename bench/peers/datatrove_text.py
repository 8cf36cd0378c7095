"""datatrove: JSONL -> Gopher repetition -> Gopher quality -> C4 -> Parquet with zstd, two tasks in two processes.
`documented`: its default words (spaCy); `expert`: white-space words without spaCy behind them."""

import argparse
import json
import logging
import os
import shutil
import sys
import time

parser = argparse.ArgumentParser()
parser.add_argument("--input", required=True)
parser.add_argument("--output", required=True)
parser.add_argument("--mode", choices=("documented", "expert"), required=True)
parser.add_argument("--items", type=int, required=True)
parser.add_argument("--resume", action="store_true", help="keep what an earlier run finished")
ARGS = parser.parse_args()

from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.filters import C4QualityFilter, GopherQualityFilter, GopherRepetitionFilter
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.writers import ParquetWriter
from datatrove.utils.word_tokenizers import WhitespaceTokenizer


class PlainWhitespace(WhitespaceTokenizer):
    """datatrove's white-space words without the spaCy pipeline that it loads for sentences of other languages."""

    def word_tokenize(self, text):
        return text.split()


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    from loguru import logger

    logger.remove()
    if not ARGS.resume:
        shutil.rmtree(ARGS.output, ignore_errors=True)
    started = time.perf_counter()
    language = PlainWhitespace() if ARGS.mode == "expert" else "en"
    LocalPipelineExecutor(
        pipeline=[
            JsonlReader(ARGS.input, id_key="id"),
            GopherRepetitionFilter(language=language),
            GopherQualityFilter(language=language),
            C4QualityFilter(language=language),
            ParquetWriter(os.path.join(ARGS.output, "kept"), compression="zstd"),
        ],
        tasks=2,
        workers=2,
        logging_dir=os.path.join(ARGS.output, "logs"),
        skip_completed=ARGS.resume,
    ).run()
    sys.stdout.flush()
    print("\n" + json.dumps({"items": ARGS.items, "workSeconds": time.perf_counter() - started}), flush=True)
