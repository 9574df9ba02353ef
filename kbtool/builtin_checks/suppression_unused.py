"""KB023 suppression-unused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from kbtool.check import Article, Evidence, Finding, Severity
from kbtool.suppressions import Judged, SuppressionCheck


@dataclass(frozen=True)
class SuppressionUnused(SuppressionCheck):
    """A suppression silences nothing, since there is nothing to silence.

    Fires where the check that it names ran and found nothing that the suppression reaches: one in the text reaches the block
    that it stands in or right above, one in the front matter the whole article. It does not fire for checks that did not run,
    nor for an article of which something is unknown.

    Why it matters: it would silence the next fault, of which nobody has thought.

    How to fix it: take it out. If it stands too far from what it should silence, move it.

    Where no link is broken, for example:

    ```md title="Fires"
    ---
    title: Export invoices
    ---

    <!-- kbtool: ignore broken-link until 2027-01-31: the new page comes with version 3 -->
    See [the new page](article.md).
    ```

    ```md title="Passes"
    ---
    title: Export invoices
    ---

    <!-- kbtool: ignore broken-link until 2027-01-31: the new page comes with version 3 -->
    See [the new page](coming-soon.md).
    ```
    """

    code: ClassVar[str] = "KB023"
    severity: ClassVar[Severity] = Severity.WARNING

    def judge(self, article: Article, found: Judged, evidence: Evidence) -> Iterator[Finding]:
        """Yield a finding for each check that a suppression names in vain."""
        del evidence
        one = found.silence
        hint = "take it out, or move it right above what it is about" if one.last else "take it out"
        for word in found.unused:
            yield self.finding(article, f"this silences no {word}: nothing is found here", line=one.line, column=one.column,
                               hint=hint, subject=word)
