"""The errors that kbtool raises on purpose; each kind has an exit code and says what to do."""

from __future__ import annotations

from typing import ClassVar


class KbtoolError(Exception):
    """Something that stops a run and that its user can put right.

    Args:
        message: what is wrong, one line, without the place.
        where: the file, as `path` or `path:line`, when there is one.
        hint: what to do about it.
        kind: a stable word for scripts, such as `no-inputs`.
    """

    exit_code: ClassVar[int] = 4

    def __init__(self, message: str, *, where: str = "", hint: str = "", kind: str = "") -> None:
        super().__init__(message)
        self.message, self.where, self.hint = message, where, hint
        self.kind = kind or type(self).__name__.removesuffix("Error").lower()

    def __str__(self) -> str:
        """Return the one line that a terminal shows."""
        where = f"{self.where}: " if self.where else ""
        hint = f" ({self.hint})" if self.hint else ""
        return f"error[{self.kind}]: {where}{self.message}{hint}"


class UsageError(KbtoolError):
    """The command line asks for what cannot be done; nothing was checked (exit code 2)."""

    exit_code = 2


class ConfigError(KbtoolError):
    """The configuration, a register or `mkdocs.yml` cannot be used; nothing was checked (exit code 2)."""

    exit_code = 2


class IncompleteError(KbtoolError):
    """The run could not be completed: disk, engine, an empty site; nothing is half written (exit code 3)."""

    exit_code = 3
