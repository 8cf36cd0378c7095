"""What goes wrong, with the codes of the command line."""

from __future__ import annotations


class PipelineError(Exception):
    """An error of the command line.

    ``code`` is what programs compare, such as ``RUN_NOT_FOUND`` (docs/reference/errors.md lists all of them);
    ``message`` says what failed and where; ``remedy`` what to do about it, and may be empty.
    """

    def __init__(self, code: str, message: str, remedy: str = "") -> None:
        super().__init__(code, message, remedy)
        self.code = code
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.code}: {self.message}" + (f"\n{self.remedy}" if self.remedy else "")


class CommandNotFoundError(PipelineError):
    """The command ``pipeline`` is not where it was looked for; the code is ``COMMAND_NOT_FOUND``."""

    def __init__(self, message: str, remedy: str) -> None:
        Exception.__init__(self, message, remedy)
        self.code = "COMMAND_NOT_FOUND"
        self.message = message
        self.remedy = remedy
