"""KB013 hidden-character."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from kbtool.check import Article, Check, Evidence, Finding

# What emoji need is fine: a joiner after a pictograph, one variation selector, the short tag sequence of a region's flag.
_HIDDEN = re.compile(
    "(?P<flag>\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f)"
    "|(?P<hidden>[\u061c\u115f\u1160\u180e\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0]"
    "|(?<![\u2600-\u27bf\ufe0f\U0001f000-\U0001faff])\u200d"
    "|(?<=[\ufe00-\ufe0f])[\ufe00-\ufe0f]"
    "|(?<![\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff])[\U000e0100-\U000e01ef]"
    "|[\U000e0000-\U000e007f])"
)


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

    allow: tuple[str, ...] = ()  #: characters that are allowed, as `U+200F`

    def check(self, article: Article, evidence: Evidence) -> Iterator[Finding]:
        """Yield a finding for each line with such a character."""
        del evidence
        if article.text.isascii() or not _HIDDEN.search(article.text):
            return
        for number, line in enumerate(article.text.split("\n"), 1):
            for match in _HIDDEN.finditer(line):
                name = f"U+{ord(match['hidden'] or ' '):04X}"
                if match["hidden"] and name not in self.allow:
                    yield self.finding(
                        article, f"the invisible character {name}", line=number, column=match.start() + 1, hint="delete it",
                        subject=name,
                    )
                    break
