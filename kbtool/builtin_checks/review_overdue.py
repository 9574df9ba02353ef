"""KB102 review-overdue."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from kbtool.check import Article, Check, Evidence, Finding, Severity
from kbtool.freshness import review_by, review_command


@dataclass(frozen=True)
class ReviewOverdue(Check):
    """The review is overdue.

    Fires from the day on that `last_reviewed_on` plus `review_in` gives, as GOV.UK's tool counts. Without `review_in`, the
    interval is that of the `content_type` or `risk`, else the configuration's. For `grace_days`
    from that day on it is a warning.

    Why it matters: the owner promised to look again by that day. Readers cannot tell an old answer from a wrong one.

    How to fix it: read the article against the product, correct it, and run `kbtool review` on it. Where the interval is too
    short for a page that never changes, choose a longer one, or give the reason in `evergreen`.

    On 22 November 2026, for example:

    ```md title="Fires"
    ---
    title: Export invoices
    last_reviewed_on: 2026-01-01
    review_in: 6 months
    ---
    ```

    ```md title="Passes"
    ---
    title: Export invoices
    last_reviewed_on: 2026-10-01
    review_in: 6 months
    ---
    ```
    """

    code: ClassVar[str] = "KB102"
    alone: ClassVar[bool] = True
    grace_days: int = 0  #: days from the due date on in which it is a warning

    def check(self, article: Article, evidence: Evidence) -> Iterator[Finding]:
        """Yield a finding where the review was due today or earlier, plus the grace."""
        due = review_by(article, evidence.config)
        if due is None or due > evidence.today:
            return
        late = (evidence.today - due).days
        since = f"{late} day{'s' if late != 1 else ''} ago" if late else "today"
        yield self.at_key(
            article, "last_reviewed_on", f"the review was due by {due}, {since}",
            hint=f"read it against the product, then run `{review_command(article)}`",
            evidence={"review_by": due.isoformat(), "days_late": late},
            severity=Severity.WARNING if late < self.grace_days else None,
        )
