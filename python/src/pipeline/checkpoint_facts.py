"""What the command line says of checkpoints, as Python values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from .errors import PipelineError

_HEADINGS = ("checkpoint", "time (UTC)", "what", "tasks", "samples", "shards", "")
_RIGHT = ("tasks", "samples", "shards")


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint that can be gone back to: what the run had done when it was written."""

    name: str
    #: When it was written, in UTC.
    at: datetime
    #: ``start``, ``commit``, ``finish``, ``rollback``, ``redo`` or ``retry``.
    type: str
    #: Finished tasks, of all stages.
    tasks: int
    #: Samples written.
    samples: int
    #: Bytes of the shards.
    bytes: int
    #: Whether a resume begins from it.
    is_current: bool
    #: All that the command line said, such as ``totals``, and of ``show`` ``receipts`` and ``planHash``.
    details: Mapping[str, object] = field(repr=False, compare=False)

    def __str__(self) -> str:
        return "  ".join(cell for cell in _cells(self) if cell)


class Checkpoints(list[Checkpoint]):
    """Checkpoints, oldest first. Prints as a table of one line each."""

    def __init__(self, checkpoints: Iterable[Checkpoint] = (), location: str = "") -> None:
        super().__init__(checkpoints)
        #: Where they lie.
        self.location = location

    def __repr__(self) -> str:
        rows = [_HEADINGS, *map(_cells, self)]
        widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADINGS))]
        lines = [
            "  ".join(
                cell.rjust(width) if heading in _RIGHT else cell.ljust(width)
                for heading, cell, width in zip(_HEADINGS, row, widths, strict=True)
            ).rstrip()
            for row in rows
        ]
        count = f"{len(self):,} checkpoint{'' if len(self) == 1 else 's'} in {self.location}"
        return "\n".join([*lines, count])

    __str__ = __repr__


@dataclass(frozen=True)
class Cleanup:
    """What folding away old checkpoints did."""

    #: Checkpoints that stay as places to go back to.
    kept: int
    #: Objects in the folder of checkpoints, before and after.
    objects_before: int
    objects_after: int


@dataclass(frozen=True)
class Verification:
    """What reading the whole ledger found."""

    #: Entries read.
    checkpoints: int
    #: Each names an object and says what is wrong with it.
    findings: tuple[str, ...]

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings


def checkpoint_of(said: object) -> Checkpoint:
    """One checkpoint from the command line's JSON. Raises PipelineError (``PROTOCOL``) where it is another thing."""
    try:
        facts = mapping_of(said)
        totals = mapping_of(facts["totals"])
        return Checkpoint(
            name=str(facts["name"]),
            # Python 3.10 does not read the Z.
            at=datetime.fromisoformat(str(facts["at"]).replace("Z", "+00:00")),
            type=str(facts["type"]),
            tasks=whole(facts["finishedTasks"]),
            samples=whole(totals["written"]),
            bytes=whole(facts["shardBytes"]),
            is_current=facts["isCurrent"] is True,
            details=facts,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise not_understood("a checkpoint", said) from error


def not_understood(expected: str, said: object) -> PipelineError:
    """The error of an answer that has another form than expected."""
    return PipelineError(
        "PROTOCOL",
        f"expected {expected} from the command line, received {str(said)[:200]}",
        "Use the package and the command of one version.",
    )


def mapping_of(said: object) -> Mapping[str, object]:
    """A JSON object, or TypeError."""
    if not isinstance(said, dict):
        raise TypeError(f"expected an object, received {said!r}")
    return said


def whole(said: object) -> int:
    """A JSON number without a fraction, or TypeError."""
    if not isinstance(said, int) or isinstance(said, bool):
        raise TypeError(f"expected a whole number, received {said!r}")
    return said


def _cells(checkpoint: Checkpoint) -> tuple[str, ...]:
    to = checkpoint.details.get("to")
    return (
        checkpoint.name,
        checkpoint.at.strftime("%Y-%m-%d %H:%M:%S"),
        f"{checkpoint.type} to {to}" if isinstance(to, str) else checkpoint.type,
        f"{checkpoint.tasks:,}",
        f"{checkpoint.samples:,}",
        _size(checkpoint.bytes),
        "current" if checkpoint.is_current else "",
    )


def _size(count: int) -> str:
    amount = float(count)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if amount < 1024:
            return f"{amount:.0f} B" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} TiB"
