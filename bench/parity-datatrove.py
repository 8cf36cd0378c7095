"""What datatrove decides, for bench/parity-datatrove.ts and bench/text-rules.ts, which start this file.

    python parity-datatrove.py corpus  OUT.jsonl ROOT...   documents below the roots, some split or stacked
    python parity-datatrove.py decide  IN.jsonl  OUT.jsonl one line of decisions a document
    python parity-datatrove.py time    IN.jsonl  REPEATS   {"seconds": [...], "documents": n}

Needs: pip install datatrove==0.10.1 spacy regex numpy
"""

import gzip
import hashlib
import json
import os
import sys
import time
from importlib.metadata import version

from loguru import logger

logger.remove()

from datatrove.data import Document
from datatrove.pipeline.filters.c4_filters import C4QualityFilter
from datatrove.pipeline.filters.fineweb_quality_filter import FineWebQualityFilter
from datatrove.pipeline.filters.gopher_quality_filter import GopherQualityFilter
from datatrove.pipeline.filters.gopher_repetition_filter import GopherRepetitionFilter
from datatrove.pipeline.formatters.pii import PIIFormatter
from datatrove.utils.text import split_into_parts
from datatrove.utils.word_tokenizers import WhitespaceTokenizer


class PlainWhitespace(WhitespaceTokenizer):
    """datatrove's white-space tokenizer without spaCy behind it: words are what str.split() gives."""

    def word_tokenize(self, text):
        return text.split()


TOKENIZER = PlainWhitespace()


def filters(language):
    return {
        "gopherRepetition": GopherRepetitionFilter(language=language),
        "gopherQuality": GopherQualityFilter(language=language),
        "c4": C4QualityFilter(language=language),
        "c4Sentences": C4QualityFilter(language=language, split_paragraph=False),
        "c4FineWeb": C4QualityFilter(language=language, filter_no_terminal_punct=False),
        "fineweb": FineWebQualityFilter(language=language),
    }


def digest(text):
    return hashlib.sha256(text.encode("utf-16-le", "surrogatepass")).hexdigest()[:16]


def decision(name, chosen, text):
    document = Document(text=text, id="0")
    try:
        result = chosen.filter(document)
    except ZeroDivisionError:
        return {"error": "ZeroDivisionError"}
    if result is True:
        return {"keep": True, "digest": digest(document.text)} if name.startswith("c4") else {"keep": True}
    return {"keep": False, "reason": result[1]}


def decide(source, target, language):
    chosen = filters(language)
    with open(source) as lines, open(target, "w") as out:
        for line in lines:
            text = json.loads(line)["text"]
            found = {name: decision(name, each, text) for name, each in chosen.items()}
            found["pii"] = {"keep": True, "digest": digest(PIIFormatter().format(text))}
            out.write(json.dumps(found) + "\n")


def time_filters(source, repeats, language):
    documents = [json.loads(line)["text"] for line in open(source)]
    everything = filters(language)
    chosen = [everything[name] for name in ("gopherRepetition", "gopherQuality", "c4", "fineweb")]
    seconds = []
    for _ in range(repeats):
        split_into_parts.cache_clear()
        start = time.process_time()
        for text in documents:
            for each in chosen:
                document = Document(text=text, id="0")
                try:
                    each.filter(document)
                except ZeroDivisionError:
                    pass
        seconds.append(time.process_time() - start)
    print(json.dumps({"seconds": seconds, "documents": len(documents), "version": version("datatrove")}))


SUFFIXES = (".md", ".txt", ".rst", ".html", ".htm", ".pod", ".py", ".pm", ".h", ".js", ".json", ".xml", ".tex")
NAMES = ("copyright", "license", "licence", "readme", "metadata", "changelog", "news", "authors", "notice")


def texts_below(root, limit_bytes=60_000):
    for folder, folders, files in os.walk(root):
        folders.sort()
        for name in sorted(files):
            plain = name.lower().removesuffix(".gz")
            is_man = "/man/" in folder + "/"
            if not (is_man or plain.endswith(SUFFIXES) or plain.split(".")[0] in NAMES):
                continue
            path = os.path.join(folder, name)
            try:
                opened = gzip.open(path) if name.endswith(".gz") else open(path, "rb")
                with opened:
                    data = opened.read(limit_bytes)
            except (OSError, EOFError):
                continue
            text = data.decode("utf-8", "replace")
            if text.strip():
                yield text


def variants(text, index):
    """The text; of every fourth long one also pieces of graded length and pieces with repeated lines and words."""
    yield text
    if index % 4 or len(text) < 2000:
        return
    for i, size in enumerate((120, 300, 600, 1200, 2500, 5000)):
        start = (index * 7919 + i * 104729) % max(1, len(text) - size)
        piece = text[start : start + size]
        yield piece
        if i % 3 == index // 4 % 3:
            lines = piece.split("\n")
            yield "\n".join(lines + lines[: max(1, len(lines) * (index % 10) // 10)])
            words = piece.split()
            yield " ".join(words + words[: max(5, len(words) * (index % 7) // 14)])


def corpus(target, roots, per_root):
    """Documents once each; at most `per_root` files of one root, spread evenly over it."""
    seen = set()
    with open(target, "w") as out:
        for root in roots:
            paths = list(texts_below(root))
            step = max(1, len(paths) // per_root)
            for index, text in enumerate(paths[::step]):
                for each in variants(text, index):
                    key = digest(each)
                    if key not in seen:
                        seen.add(key)
                        out.write(json.dumps({"text": each}) + "\n")
    print(json.dumps({"documents": len(seen)}))


if __name__ == "__main__":
    command = sys.argv[1]
    tokenizer = "en" if os.environ.get("TOKENS") == "spacy" else TOKENIZER
    if command == "corpus":
        corpus(sys.argv[2], sys.argv[3:], 500)
    elif command == "decide":
        decide(sys.argv[2], sys.argv[3], tokenizer)
        print(json.dumps({"version": version("datatrove")}))
    elif command == "time":
        time_filters(sys.argv[2], int(sys.argv[3]), tokenizer)
    else:
        sys.exit(f"unknown command {command}")
