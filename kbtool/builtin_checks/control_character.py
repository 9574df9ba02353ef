"""KB012 control-character."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from kbtool.check import Article, Check, Evidence, Finding

_PLAIN = bytes([*b"\t\n", *range(0x20, 0x7F)])
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")


@dataclass(frozen=True)
class ControlCharacter(Check):
    """The text holds control characters.

    Fires for escape, backspace and other control characters, and for the line separators U+0085, U+2028 and U+2029 that
    programs disagree on.

    Why it matters: they change what a terminal or a feed reader shows, and make some XML unreadable.

    How to fix it: delete them; most editors can show them. A tab and a normal line end are fine.
    """

    code: ClassVar[str] = "KB012"

    def check(self, article: Article, evidence: Evidence) -> Iterator[Finding]:
        """Yield a finding for each line with such a character."""
        del evidence
        if article.text.isascii() and not article.text.encode().translate(None, _PLAIN):
            return  # ten times as fast as the pattern, and true of nearly every article
        for number, line in enumerate(article.text.split("\n"), 1):
            match = _CONTROL.search(line)
            if match:
                name = f"U+{ord(match[0]):04X}"
                yield self.finding(
                    article, f"the control character {name}", line=number, column=match.start() + 1, hint="delete it",
                    subject=name,
                )
