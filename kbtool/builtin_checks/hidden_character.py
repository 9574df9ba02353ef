"""KB013 hidden-character."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from kbtool.check import Article, Check, Evidence, Finding


@dataclass(frozen=True)
class HiddenCharacter(Check):
    """The text holds characters that nobody can see.

    Fires for bidirectional controls, zero-width characters, blank letters, Unicode tags (U+E0000 and on) and piled-up
    variation selectors.

    Why it matters: they can make code read differently from what it does (Trojan Source, CVE-2021-42574), and can carry
    instructions to programs that read the page.

    How to fix it: delete them. Where right-to-left text needs its controls, list them in the option `allow`, as in
    `allow = ["U+200F"]`. What emoji and flags are made of is fine.
    """

    code: ClassVar[str] = "KB013"
    alone: ClassVar[bool] = True

    allow: tuple[str, ...] = ()  #: characters that are allowed, as `U+200F`

    def check(self, article: Article, evidence: Evidence) -> Iterator[Finding]:
        """Yield a finding for each line with such a character."""
        del evidence
        told = 0
        for found in article.hidden_characters:
            if found.line > told and found.name not in self.allow:
                told = found.line
                yield self.finding(
                    article, f"the invisible character {found.name}", line=found.line, column=found.column, hint="delete it",
                    subject=found.name,
                )
