"""When the hook of the image connects, and when it leaves a program alone; `test/deploy` tries it on a real Ray."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

_IMAGE = Path(__file__).parents[1] / "image"
_LINE = "import ray; print(ray.calls)"
_STAND_IN = """
calls = []

def init(address, **options):
    calls.append(address)
    if "down" in address:
        raise ConnectionError("no answer\\nfrom anybody")
    if "busy" in address and len(calls) == 1:
        trace = "Initialization failure from server: Traceback " + "File somewhere, line 1 " * 30
        raise ConnectionError(trace + "Starting Ray client server failed.")
"""


def run(folder: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    (folder / "ray.py").write_text(_STAND_IN)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    defaults = {"PIPELINE_RAY_ONE_LINERS": "1", "RAY_ADDRESS": "ray://head:10001"}
    # As site does with the .pth of the image, whatever the program is.
    (folder / "sitecustomize.py").write_text((_IMAGE / "ray_one_liners.pth").read_text())
    path = os.pathsep.join([str(folder), str(_IMAGE)])
    return subprocess.run(
        [sys.executable, *words],
        env={**kept, **defaults, **variables, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )


def test_a_line_is_connected_once(tmp_path: Path) -> None:
    done = run(tmp_path, "-c", f"import ray; {_LINE}")
    assert (done.stdout, done.stderr) == ("['ray://head:10001']\n", "")
    assert run(tmp_path, "-u", "-c", _LINE, "argument").stdout == "['ray://head:10001']\n"


def test_a_cluster_that_does_not_answer_costs_a_line(tmp_path: Path) -> None:
    done = run(tmp_path, "-c", _LINE, RAY_ADDRESS="ray://down:10001")
    assert done.stdout == "['ray://down:10001']\n"
    assert done.stderr == "not connected to ray://down:10001: no answer from anybody\n"


def test_a_head_that_is_busy_is_asked_once_more(tmp_path: Path) -> None:
    done = run(tmp_path, "-c", _LINE, RAY_ADDRESS="ray://busy:10001")
    assert (done.stdout, done.stderr) == ("['ray://busy:10001', 'ray://busy:10001']\n", "")


@pytest.mark.parametrize(
    "variables",
    [
        {"PIPELINE_RAY_ONE_LINERS": ""},
        {"RAY_ADDRESS": ""},
        {"RAY_ADDRESS": "10.0.0.1:6379"},
        {"RAY_RAYLET_PID": "7"},
        {"RAY_JOB_CONFIG_JSON_ENV_VAR": "{}"},
    ],
)
def test_without_the_switch_or_inside_of_ray_nothing_happens(tmp_path: Path, variables: dict[str, str]) -> None:
    assert run(tmp_path, "-c", _LINE, **variables).stdout == "[]\n"


def test_a_program_and_a_line_that_connects_by_itself_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(_LINE)
    assert run(tmp_path, "program.py", "-c", "import ray").stdout == "[]\n"
    own = "import ray; ray.init('own'); print(ray.calls)"
    assert run(tmp_path, "-c", own).stdout == "['own']\n"
