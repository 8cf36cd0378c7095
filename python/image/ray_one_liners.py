"""Connects ``python -c "import ray; …"`` to the cluster that ``RAY_ADDRESS`` names.

Ray itself connects a fresh interpreter for some calls only: ``ray.is_initialized()`` answers False beside a healthy
cluster, and ``ray.available_resources()`` raises. Operators type both. The image loads this module into every Python
(``ray_one_liners.pth``; a ``sitecustomize`` of the distribution would hide one of ours), where it does nothing unless
``PIPELINE_RAY_ONE_LINERS`` is ``1`` and the program is such a line.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any

# What Ray sets in processes that it starts: its workers and the drivers of its jobs.
_STARTED_BY_RAY = ("RAY_RAYLET_PID", "RAY_JOB_ID", "RAY_JOB_CONFIG_JSON_ENV_VAR")


def _is_one_liner() -> bool:
    # Ray's other addresses are those of its own pods, and one that does not answer is waited for without end.
    if os.environ.get("PIPELINE_RAY_ONE_LINERS") != "1" or not os.environ.get("RAY_ADDRESS", "").startswith("ray://"):
        return False
    # The words of a file's program may have a -c too: Python itself calls a line so.
    if any(name in os.environ for name in _STARTED_BY_RAY) or sys.argv[:1] != ["-c"]:
        return False
    program = sys.orig_argv[sys.orig_argv.index("-c") + 1]
    # A line that connects by itself is left to do so.
    return "ray" in program and "ray.init(" not in program


def _connect(ray: Any) -> None:
    # Of a cluster that does not answer Ray warns in several lines; the one below says the same.
    warnings.filterwarnings("ignore", "Ray Client connection timed out")
    reason = ""
    for _ in range(2):
        try:
            ray.init(os.environ["RAY_ADDRESS"], logging_level="ERROR", log_to_driver=False)
            return
        except Exception as error:  # Whatever it is, the line goes on and says what it finds: not connected.
            reason = " ".join(str(error).split())
        # A head that is busy, as while it starts, gives up on the server that it starts for each client.
        if "Starting Ray client server failed" not in reason:
            break
    # Of a traceback of the server's its end tells what went wrong.
    print(f"not connected to {os.environ['RAY_ADDRESS']}: {reason[-300:]}", file=sys.stderr)


class _ConnectingLoader(Loader):
    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        _connect(module)


class _RayFinder(MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != "ray":
            return None
        sys.meta_path.remove(self)
        spec = find_spec("ray")
        if spec is None or spec.loader is None:
            return None
        spec.loader = _ConnectingLoader(spec.loader)
        return spec


if _is_one_liner():
    # Without these a cluster that is down is waited for over half a minute; Ray reads them when it is imported.
    os.environ.setdefault("RAY_CLIENT_INITIAL_CONNECTION_TIMEOUT_S", "3")
    os.environ.setdefault("RAY_CLIENT_MAX_CONNECTION_TIMEOUT_S", "3")
    sys.meta_path.insert(0, _RayFinder())
