"""KB103 review-due."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from kbtool.check import Article, Check, Evidence, Finding, Severity
from kbtool.freshness import add, review_by


@dataclass(frozen=True)
class ReviewDue(Check):
    """The review is due soon.

    Fires within `due_soon` (14 days) before the review is overdue.

    Why it matters: the owner can look in time, before the build fails.

    How to fix it: review the article now.

    On 22 November 2026, for example:

    ```md title="Fires"
    ---
    title: Export invoices
    last_reviewed_on: 2026-06-01
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

    code: ClassVar[str] = "KB103"
    severity: ClassVar[Severity] = Severity.WARNING
    alone: ClassVar[bool] = True

    def check(self, article: Article, evidence: Evidence) -> Iterator[Finding]:
        """Yield a finding where the due date is after today and near."""
        due = review_by(article, evidence.config)
        if due and evidence.today < due <= add(evidence.today, evidence.config.due_soon):
            days = (due - evidence.today).days
            yield self.at_key(
                article, "last_reviewed_on", f"the review is due by {due}, in {days} day{'s' if days != 1 else ''}",
                hint="review it now", evidence={"review_by": due.isoformat(), "days_left": days},
            )
