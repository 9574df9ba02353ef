"""KB022 suppression-expired."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from kbtool.check import Article, Evidence, Finding
from kbtool.suppressions import Judged, SuppressionCheck


@dataclass(frozen=True)
class SuppressionExpired(SuppressionCheck):
    """The day of a suppression has come.

    Fires from the day that a comment `<!-- kbtool: ignore … until … -->`, or an entry of `kbtool_ignore` in the front matter,
    names. From then on it silences nothing.

    Why it matters: whoever wrote it said that somebody has to look again on that day.

    How to fix it: look whether its reason still holds. Take it out, or name a later day.

    On 22 November 2026, for example:

    ```md title="Fires"
    ---
    title: Export invoices
    ---

    <!-- kbtool: ignore broken-link until 2026-11-20: the new page comes with version 3 -->
    See [the new page](coming-soon.md).
    ```

    ```md title="Passes"
    ---
    title: Export invoices
    ---

    <!-- kbtool: ignore broken-link until 2027-01-31: version 3 is late -->
    See [the new page](coming-soon.md).
    ```
    """

    code: ClassVar[str] = "KB022"

    def judge(self, article: Article, found: Judged, evidence: Evidence) -> Iterator[Finding]:
        """Yield a finding for a suppression that is over."""
        one = found.silence
        if one.is_over(evidence.today):
            yield self.finding(
                article, f"silencing {', '.join(one.checks)} was over on {one.until}: {one.reason}", line=one.line,
                column=one.column, hint="take it out, or name a later day", subject=" ".join((*one.checks, str(one.until))),
            )
