"""What the operations runbook types, against a ledger that the command made."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timezone
from pathlib import Path

import pytest

import pipeline
from pipeline import CommandNotFoundError, PipelineError
from pipeline.utils.checkpoint import PipelineCheckpoint
from pipeline.utils.checkpoint_recovery import CheckpointRecovery


def python(program: str, folder: Path) -> str:
    path = str(Path(pipeline.__file__).parents[1])
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path},
        check=True,
        capture_output=True,
        text=True,
    ).stdout


def test_the_line_of_the_runbook_prints_a_table_of_one_line_a_checkpoint(output: Path) -> None:
    printed = python(
        "from pipeline.utils.checkpoint_recovery import CheckpointRecovery; "
        "  cr = CheckpointRecovery('.checkpoints'); print(cr.list_checkpoints())",
        output,
    ).splitlines()
    checkpoints = CheckpointRecovery(".checkpoints").list_checkpoints()
    assert printed[0].split() == ["checkpoint", "time", "(UTC)", "what", "tasks", "samples", "shards"]
    assert [line.split()[0] for line in printed[1:-1]] == [checkpoint.name for checkpoint in checkpoints]
    assert printed[-2].endswith("current")
    assert " 200  " in printed[-2]
    assert printed[-1] == f"{len(checkpoints)} checkpoints in .checkpoints"


def test_the_line_of_the_runbook_leaves_the_last_checkpoints_and_every_finished_task(output: Path) -> None:
    before = CheckpointRecovery(".checkpoints").list_checkpoints()
    assert len(before) > 5
    program = (
        "from pipeline.utils.checkpoint import PipelineCheckpoint; "
        "  pc = PipelineCheckpoint('.checkpoints', max_checkpoints=5); "
        "  pc._cleanup_old_checkpoints()"
    )
    assert python(program, output) == ""
    after = CheckpointRecovery(".checkpoints").list_checkpoints()
    assert after == before[-5:]
    again = PipelineCheckpoint(".checkpoints", max_checkpoints=5)._cleanup_old_checkpoints()
    assert (again.kept, again.objects_after) == (5, again.objects_before)
    assert CheckpointRecovery(".checkpoints").list_checkpoints() == before[-5:]


def test_the_latest_checkpoint_and_one_by_name_tell_what_was_done(output: Path) -> None:
    recovery = CheckpointRecovery(output)
    latest = recovery.latest()
    assert (latest.type, latest.samples, latest.is_current) == ("finish", 200, True)
    assert latest.at.tzinfo == timezone.utc
    assert latest.bytes == sum(path.stat().st_size for path in output.glob("shard-*"))
    first = recovery.show("checkpoint_000001")
    assert (first.tasks, first.samples, first.is_current) == (0, 0, False)
    assert first.details["planHash"] == latest.details["planHash"]


def test_verify_finds_a_checkpoint_that_was_overwritten(output: Path) -> None:
    recovery = CheckpointRecovery(".checkpoints")
    sound = recovery.verify()
    assert sound.is_sound
    assert sound.checkpoints == len(recovery.list_checkpoints())
    (output / ".checkpoints" / "checkpoint_000002.json").write_text("{")
    damaged = recovery.verify()
    assert not damaged.is_sound
    assert any("checkpoint_000002" in finding for finding in damaged.findings)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    with pytest.raises(PipelineError) as caught:
        CheckpointRecovery(missing).list_checkpoints()
    assert caught.value.code == "RUN_NOT_FOUND"
    assert f'"{missing}"' in caught.value.message
    assert "output folder" in caught.value.remedy
    assert str(caught.value).startswith("RUN_NOT_FOUND: ")


def test_errors_of_the_command_keep_their_code(output: Path) -> None:
    with pytest.raises(PipelineError) as unknown:
        CheckpointRecovery(".checkpoints").show("checkpoint_999999")
    assert unknown.value.code == "CHECKPOINT_NOT_FOUND"
    with pytest.raises(PipelineError) as none:
        PipelineCheckpoint(".checkpoints", max_checkpoints=0)._cleanup_old_checkpoints()
    assert none.value.code == "USAGE"
    with pytest.raises(PipelineError) as option:
        CheckpointRecovery("--help").list_checkpoints()
    assert option.value.code == "RUN_NOT_FOUND"


def test_the_folder_of_checkpoints_of_a_deployment_is_found_by_its_environment(
    output: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OUTPUT_PATH", f"{output}/")
    assert CheckpointRecovery(".checkpoints").latest().samples == 200
    monkeypatch.setenv("PIPELINE_CHECKPOINTS", str(tmp_path / "elsewhere"))
    with pytest.raises(PipelineError, match="elsewhere"):
        CheckpointRecovery(".checkpoints").latest()
    (tmp_path / ".checkpoints").mkdir()
    assert repr(CheckpointRecovery(".checkpoints")) == "CheckpointRecovery('.checkpoints')"


def test_a_place_in_a_bucket_is_passed_on_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    assert repr(CheckpointRecovery("s3://bucket/output")) == "CheckpointRecovery('s3://bucket/output')"
    monkeypatch.setenv("OUTPUT_PATH", "s3://bucket/output/")
    assert repr(CheckpointRecovery(".checkpoints")) == "CheckpointRecovery('s3://bucket/output/.checkpoints')"


def test_a_command_that_is_missing_is_an_error_that_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIPELINE_CLI", str(tmp_path / "main.js"))
    with pytest.raises(CommandNotFoundError, match="main.js.*is no file"):
        CheckpointRecovery(".checkpoints").list_checkpoints()
    monkeypatch.delenv("PIPELINE_CLI")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CommandNotFoundError) as caught:
        CheckpointRecovery(".checkpoints").list_checkpoints()
    assert caught.value.code == "COMMAND_NOT_FOUND"
    assert "npm install" in caught.value.remedy


def test_a_command_on_the_path_is_used_and_an_answer_that_is_no_json_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = tmp_path / "pipeline"
    command.write_text("#!/bin/sh\necho not json\necho broken >&2\nexit 3\n")
    command.chmod(0o755)
    monkeypatch.delenv("PIPELINE_CLI")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(PipelineError) as caught:
        CheckpointRecovery(".checkpoints").list_checkpoints()
    assert caught.value.code == "PROTOCOL"
    assert "exit code 3" in caught.value.message
    assert caught.value.remedy == "broken"
