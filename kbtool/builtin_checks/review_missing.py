"""KB101 review-missing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from kbtool.check import Article, Check, Evidence, Finding, Severity
from kbtool.freshness import on_the_calendar


@dataclass(frozen=True)
class ReviewMissing(Check):
    """The article has never been reviewed.

    Fires where `last_reviewed_on` is missing. Archived and evergreen articles need no date. For work in progress, which is
    in no public edition, it is a warning.

    Why it matters: nobody has said that the article is right, so nobody can say since when it may be wrong.

    How to fix it: read the article against the product, then write the day as `last_reviewed_on`.

    ```md title="Fires"
    ---
    title: Export invoices
    ---
    ```

    ```md title="Passes"
    ---
    title: Export invoices
    last_reviewed_on: 2026-11-01
    ---
    ```
    """

    code: ClassVar[str] = "KB101"

    def check(self, article: Article, evidence: Evidence) -> Iterator[Finding]:
        """Yield a finding where no review is dated."""
        del evidence
        if article.front_matter.last_reviewed_on or not article.readable or not on_the_calendar(article):
            return
        if "last_reviewed_on" in article.unreadable_keys:
            return
        unfinished = article.front_matter.state == "work-in-progress"
        yield self.at_key(
            article, "last_reviewed_on", "the article has never been reviewed",
            hint="read it against the product, then add `last_reviewed_on: YYYY-MM-DD`",
            severity=Severity.WARNING if unfinished else None,
        )
