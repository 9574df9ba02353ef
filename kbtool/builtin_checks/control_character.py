"""KB012 control-character."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from kbtool.check import Article, Check, Evidence, Finding


@dataclass(frozen=True)
class ControlCharacter(Check):
    """The text holds control characters.

    Fires for escape, backspace and other control characters, and for the line separators U+0085, U+2028 and U+2029 that
    programs disagree on.

    Why it matters: they change what a terminal or a feed reader shows, and make some XML unreadable.

    How to fix it: delete them; most editors can show them. A tab and a normal line end are fine.
    """

    code: ClassVar[str] = "KB012"
    alone: ClassVar[bool] = True

    def check(self, article: Article, evidence: Evidence) -> Iterator[Finding]:
        """Yield a finding for each line with such a character."""
        del evidence
        for found in article.control_characters:
            yield self.finding(
                article, f"the control character {found.name}", line=found.line, column=found.column, hint="delete it",
                subject=found.name,
            )
