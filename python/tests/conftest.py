"""A real ledger, made by the real command."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from pipeline.command import find_command


@pytest.fixture(scope="session", autouse=True)
def _command() -> None:
    os.environ.setdefault("PIPELINE_CLI", str(Path(__file__).parents[2] / "src" / "cli" / "main.ts"))
    for name in ("PIPELINE_CHECKPOINTS", "OUTPUT_PATH", "RESUME_FROM_CHECKPOINT"):
        os.environ.pop(name, None)


@pytest.fixture(scope="session")
def _finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished run of 200 samples, which left many checkpoints."""
    folder = tmp_path_factory.mktemp("finished")
    lines = [json.dumps({"text": f"document {number}"}) for number in range(200)]
    (folder / "input").mkdir()
    (folder / "input" / "a.jsonl").write_text("\n".join(lines))
    (folder / "pipeline.yaml").write_text(
        "source: { jsonl: { path: ./input, splitBytes: 512B } }\n"
        "sink: { jsonl: {} }\n"
        "output: ./out\n"
        "run: { checkpointInterval: 1ms, checkpoints: { keep: 50 } }\n"
    )
    subprocess.run([*find_command(), "run", "pipeline.yaml", "--quiet"], cwd=folder, check=True)
    return folder


@pytest.fixture
def output(_finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the finished output, with the folder of its checkpoints in the working folder."""
    shutil.copytree(_finished / "out", tmp_path / "out")
    monkeypatch.chdir(tmp_path / "out")
    return tmp_path / "out"
