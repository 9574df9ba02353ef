"""KB011 name-not-portable."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from kbtool.check import Check, Evidence, Finding

_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?")
_FORBIDDEN = re.compile(r'[<>:"|?*\\\x00-\x1f\x7f]')
_LONGEST = 240


def _fault(path: str) -> str:
    """Return what is wrong with a path, or nothing."""
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        return "the name is not UTF-8"
    for part in path.split("/"):
        if _RESERVED.fullmatch(part):
            return f"Windows reserves the name {part!r}"
        if _FORBIDDEN.search(part) or part != part.rstrip(" ."):
            return f"Windows cannot store the name {part!r}"
    return f"the path is longer than {_LONGEST} characters" if len(path) > _LONGEST else ""


@dataclass(frozen=True)
class NameNotPortable(Check):
    """A file's name cannot be used everywhere.

    Fires for names that are not UTF-8, that Windows reserves (`CON`, `aux.md`) or cannot hold (`a:b.md`, a trailing space or
    dot), for paths longer than 240 characters, and for folders nested deeper than 64 levels.

    Why it matters: one such name breaks the checkout of everybody on Windows, and URLs made from it break in mails.

    How to fix it: rename the file, and add the old URL to `redirect_from` when it was published. For example
    `billing/aux.md` fires and `billing/auxiliary.md` passes.
    """

    code: ClassVar[str] = "KB011"

    def check_all(self, evidence: Evidence) -> Iterator[Finding]:
        """Yield a finding for each article or other file with such a name."""
        deep = {file.path for file in evidence.content.files if file.kind == "deep"}
        for path in evidence.content.paths:
            what = "the folders are nested too deep" if path in deep else _fault(path)
            if what:
                yield self.finding(path, what, hint="rename it", subject=what)
