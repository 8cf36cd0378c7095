"""The ledger of a run, as ``pipeline checkpoints`` sees it."""

from __future__ import annotations

import os

from .checkpoint_facts import (
    Checkpoint,
    Checkpoints,
    Cleanup,
    Verification,
    checkpoint_of,
    mapping_of,
    not_understood,
    whole,
)
from .command import run_json


class Ledger:
    """The checkpoints in a folder: a folder of checkpoints or the output folder of a run, local or ``s3://``.

    ``.checkpoints`` that is not in the working folder means those of this Deployment: ``PIPELINE_CHECKPOINTS``, else
    ``.checkpoints`` below ``OUTPUT_PATH``. Nothing is read before a method is called. Every method raises
    PipelineError, with ``RUN_NOT_FOUND`` where no run has left checkpoints.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.location = locate(os.fspath(folder))

    def list(self) -> Checkpoints:
        """The checkpoints that can be gone back to, oldest first."""
        said = run_json(["checkpoints", "list"], [self.location])
        if not isinstance(said, list):
            raise not_understood("a list of checkpoints", said)
        return Checkpoints(map(checkpoint_of, said), self.location)

    def show(self, name: str | None = None) -> Checkpoint:
        """One checkpoint with all its details; without a name, the current one."""
        operands = [self.location] if name is None else [self.location, name]
        return checkpoint_of(run_json(["checkpoints", "show"], operands))

    def clean(self, keep: int) -> Cleanup:
        """Folds all but the last ``keep`` checkpoints into a snapshot. Every finished task still counts."""
        said = run_json(["checkpoints", "clean"], [self.location], ["--keep", str(keep)])
        try:
            facts = mapping_of(said)
            return Cleanup(whole(facts["kept"]), whole(facts["objectsBefore"]), whole(facts["objectsAfter"]))
        except (KeyError, TypeError) as error:
            raise not_understood("what was cleaned", said) from error

    def verify(self) -> Verification:
        """Reads everything that the ledger holds. Damage is in the result; only what prevents reading raises."""
        said = run_json(["checkpoints", "verify"], [self.location])
        try:
            facts = mapping_of(said)
            findings = facts["findings"]
            if not isinstance(findings, list):
                raise TypeError("findings")
            texts = tuple(f"{finding['object']}: {finding['message']}" for finding in map(mapping_of, findings))
            return Verification(whole(facts["entries"]), texts)
        except (KeyError, TypeError) as error:
            raise not_understood("what was verified", said) from error


def locate(folder: str) -> str:
    """The folder to hand to the command line."""
    if os.path.normpath(folder) != ".checkpoints" or os.path.isdir(folder):
        return folder
    checkpoints = os.environ.get("PIPELINE_CHECKPOINTS", "")
    if checkpoints:
        return checkpoints
    output = os.environ.get("OUTPUT_PATH", "")
    return f"{output.rstrip('/')}/.checkpoints" if output else folder
