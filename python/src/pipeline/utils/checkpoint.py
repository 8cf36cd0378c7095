"""How many checkpoints are kept."""

from __future__ import annotations

import os

from ..checkpoint_facts import Cleanup
from ..ledger import Ledger

__all__ = ["PipelineCheckpoint"]


class PipelineCheckpoint:
    """The checkpoints of a run, of which the last ``max_checkpoints`` shall stay as places to go back to.

    ``folder`` as for :class:`pipeline.ledger.Ledger`.
    """

    def __init__(self, folder: str | os.PathLike[str], max_checkpoints: int = 5) -> None:
        self._ledger = Ledger(folder)
        self.max_checkpoints = max_checkpoints

    def __repr__(self) -> str:
        return f"PipelineCheckpoint({self._ledger.location!r}, max_checkpoints={self.max_checkpoints})"

    def _cleanup_old_checkpoints(self) -> Cleanup:
        """Folds older checkpoints into a snapshot. No finished task is lost; doing it again changes nothing."""
        return self._ledger.clean(self.max_checkpoints)
