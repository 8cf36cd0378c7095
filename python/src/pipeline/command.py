"""Runs the command ``pipeline`` and reads the JSON that it prints."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Sequence

from .errors import CommandNotFoundError, PipelineError

_ERROR_LINE = re.compile(r"^error ([A-Z0-9_]+): (.*)$", re.MULTILINE)
_NODE_SUFFIXES = (".js", ".mjs", ".ts")
_REMEDY = (
    "Install it (`npm install --global multimodal-pipeline`), or let PIPELINE_CLI name it: "
    "an executable, or a main.js, which node runs."
)


def find_command() -> list[str]:
    """The words that begin a command line: from ``PIPELINE_CLI``, else ``pipeline`` on ``PATH``.

    Raises CommandNotFoundError.
    """
    named = os.environ.get("PIPELINE_CLI", "")
    if not named:
        found = shutil.which("pipeline")
        if found is None:
            raise CommandNotFoundError("PIPELINE_CLI is not set, and no `pipeline` is on PATH", _REMEDY)
        return [found]
    if named.endswith(_NODE_SUFFIXES):
        if not os.path.isfile(named):
            raise CommandNotFoundError(f"PIPELINE_CLI names {named!r}, which is no file", _REMEDY)
        node = shutil.which("node")
        if node is None:
            raise CommandNotFoundError(
                f"PIPELINE_CLI names {named!r}, and no `node` to run it is on PATH", "Install Node 22.19 or newer."
            )
        return [node, named]
    found = shutil.which(named)
    if found is None:
        raise CommandNotFoundError(f"PIPELINE_CLI names {named!r}, which cannot be executed", _REMEDY)
    return [found]


def run_json(command: Sequence[str], operands: Sequence[str], options: Sequence[str] = ()) -> object:
    """What ``pipeline …command …options --json -- …operands`` prints.

    Raises PipelineError with the code, message and remedy of an error that it reports. An exit code other than 0
    that comes with a result is part of the result.
    """
    words = [*find_command(), *command, *options, "--json", "--", *operands]
    try:
        done = subprocess.run(
            words,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env={**os.environ, "NO_COLOR": "1"},
            check=False,
        )
    except OSError as error:
        raise CommandNotFoundError(f"{words[0]!r} cannot be executed: {error}", _REMEDY) from error
    notes = done.stderr.decode("utf-8", "replace").strip()
    reported = _ERROR_LINE.search(notes)
    if done.returncode != 0 and reported is not None:
        raise PipelineError(reported[1], reported[2], notes[reported.end() :].strip())
    try:
        return json.loads(done.stdout)
    except ValueError as error:
        raise PipelineError(
            "PROTOCOL",
            f"expected JSON from `{' '.join(words)}`, received {done.stdout[:200]!r} and exit code {done.returncode}",
            notes[-2000:],
        ) from error
