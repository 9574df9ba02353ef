"""KB111 bulk-review."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from kbtool.check import Article, Check, Evidence, Finding, Severity
from kbtool.freshness import is_current


@dataclass(frozen=True)
class BulkReview(Check):
    """One landing moved the review dates of many articles.

    Fires on each of the articles whose date, as it stands, came with a landing that moved more than `max_reviews` dates.
    Articles that came into the repository with their date do not count.

    Why it matters: nobody reviews forty articles in one go. Where dates are moved to make a build green, they stop to mean
    anything.

    How to fix it: review the articles one by one, and land the reviews in smaller steps.

    On each of eleven articles whose date one commit has moved:

    ```md title="Fires"
    ---
    title: Export invoices
    last_reviewed_on: 2026-11-20
    ---
    ```

    ```md title="Passes"
    ---
    title: Export invoices
    last_reviewed_on: 2026-11-19
    ---
    ```
    """

    code: ClassVar[str] = "KB111"
    severity: ClassVar[Severity] = Severity.WARNING
    needs_history: ClassVar[bool] = True
    max_reviews: int = 10  #: dates that one landing may move

    def check(self, article: Article, evidence: Evidence) -> Iterator[Finding]:
        """Yield a finding where the present date came with too many others."""
        commit, count = evidence.reviews.bulk.get(article.path, ("", 0))
        if count > self.max_reviews and is_current(article):
            yield self.at_key(
                article, "last_reviewed_on", f"one landing, {commit[:12]}, moved the review dates of {count} articles",
                hint="review them one by one", evidence={"commit": commit, "articles": count},
            )
