"""What runs on a node: an actor that holds the resources of one slot, and the program that does the slot's work."""

import os
import platform
import subprocess
import sys
from collections import deque
from typing import Any

import ray

_KEPT_LINES = 12


class Slot:
    """Holds a slot's resources for as long as its program runs. The program ends when its standard input does."""

    def place(self) -> dict[str, Any]:
        """Where Ray has put it."""
        context = ray.get_runtime_context()
        return {
            "node": context.get_node_id(),
            "address": ray.util.get_node_ip_address(),
            "machine": platform.node(),
            "processId": os.getpid(),
            "gpus": [str(gpu) for gpu in ray.get_gpu_ids()],
        }

    def serve(self, command: list[str], environment: dict[str, str], configuration: str) -> str:
        """Runs the program to its end, and tells how it ended.

        ``configuration`` is a line on its standard input, as it holds a secret; the input stays open until this
        process ends, however it does. Ray leaves CUDA_VISIBLE_DEVICES alone where no GPU was asked for: then none is
        to be seen.
        """
        visible = {"CUDA_VISIBLE_DEVICES": ",".join(str(gpu) for gpu in ray.get_gpu_ids())}
        try:
            program = subprocess.Popen(
                command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, env=os.environ | environment | visible
            )
        except OSError as error:
            return f"{command[0]} cannot be started on {platform.node()}: {error.strerror}"
        assert program.stdin is not None and program.stderr is not None
        try:
            program.stdin.write(configuration.encode() + b"\n")
            program.stdin.flush()
        except BrokenPipeError:
            pass  # It has ended, which its code tells of.
        words: deque[str] = deque(maxlen=_KEPT_LINES)
        for line in program.stderr:
            text = line.decode(errors="replace")
            words.append(text)
            sys.stderr.write(text)
        code = program.wait()
        how = f"its program ended with code {code}" if code >= 0 else f"its program was ended by signal {-code}"
        said = "".join(words).strip()
        return how if said == "" else f"{how}: {said}"
