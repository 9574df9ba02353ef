"""KB021 suppression-invalid."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from kbtool.check import Article, Evidence, Finding
from kbtool.suppressions import Judged, SuppressionCheck


@dataclass(frozen=True)
class SuppressionInvalid(SuppressionCheck):
    """A suppression is not understood, or silences what must not be silent.

    Fires for a comment `<!-- kbtool: … -->`, or an entry of `kbtool_ignore` in the front matter, that names no check, gives no
    reason, no day or an unreadable one, or a day that is too far off (`max_ignore` in `[tool.kbtool]`, 12 months); for a check
    that does not exist (with the nearest name); and for checks that decide who may read an article (KB001, KB008, KB304 and
    KB4) or that are about suppressions themselves. What is at fault silences nothing.

    Why it matters: a suppression that does not work looks like one that does, and one without a reason or an end stays for good.

    How to fix it: write it as `<!-- kbtool: ignore KB106 until 2027-01-31: why -->`, or take it out and put right what it
    silences.

    ```md title="Fires"
    ---
    title: Export invoices
    ---

    <!-- kbtool: ignore broken-link -->
    See [the new page](coming-soon.md).
    ```

    ```md title="Passes"
    ---
    title: Export invoices
    ---

    <!-- kbtool: ignore broken-link until 2027-01-31: the new page comes with version 3 -->
    See [the new page](coming-soon.md).
    ```
    """

    code: ClassVar[str] = "KB021"

    def judge(self, article: Article, found: Judged, evidence: Evidence) -> Iterator[Finding]:
        """Yield a finding for what is wrong with a suppression, and for each check that it cannot silence."""
        del evidence
        one = found.silence
        if one.fault:
            yield self.finding(article, f"this silences nothing: {one.fault}", line=one.line, column=one.column, hint=one.hint,
                               subject=one.fault)
        for word, near in found.unknown:
            yield self.finding(article, f"there is no check {word[:60]!r} to silence", line=one.line, column=one.column,
                               hint=near or "`kbtool list` names them all", subject=word)
        for code, why in found.refused:
            yield self.finding(article, f"{code} cannot be silenced: {why}", line=one.line, column=one.column,
                               hint="put right what it finds", subject=code)
