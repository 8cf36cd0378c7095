"""Which checkpoints there are, and what they hold."""

from __future__ import annotations

import os

from ..checkpoint_facts import Checkpoint, Checkpoints, Verification
from ..ledger import Ledger

__all__ = ["CheckpointRecovery"]


class CheckpointRecovery:
    """Looks at the checkpoints of a run. Changes nothing; to go back to one, see ``RESUME_FROM_CHECKPOINT``.

    ``folder`` as for :class:`pipeline.ledger.Ledger`.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self._ledger = Ledger(folder)

    def __repr__(self) -> str:
        return f"CheckpointRecovery({self._ledger.location!r})"

    def list_checkpoints(self) -> Checkpoints:
        """The checkpoints that can be gone back to, oldest first; prints as a table."""
        return self._ledger.list()

    def latest(self) -> Checkpoint:
        """The current checkpoint, which a resume begins from, with all its details."""
        return self._ledger.show()

    def show(self, name: str) -> Checkpoint:
        """One checkpoint, such as ``checkpoint_000123``, with all its details.

        Raises PipelineError with ``CHECKPOINT_NOT_FOUND``.
        """
        return self._ledger.show(name)

    def verify(self) -> Verification:
        """Reads everything that the ledger holds and says what is damaged."""
        return self._ledger.verify()
