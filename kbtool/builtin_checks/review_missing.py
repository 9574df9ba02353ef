"""KB101 review-missing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from kbtool.check import Article, Check, Evidence, Finding, Severity
from kbtool.freshness import review_command
from kbtool.history import Unproven


@dataclass(frozen=True)
class ReviewMissing(Check):
    """The article has never been reviewed.

    Fires where `last_reviewed_on` is missing. Archived articles need no date, nor do evergreen ones without `covers`. It is a
    warning for work in progress, which is in no public edition, and for `grace_days` after the article has landed.

    Why it matters: nobody has said that the article is right, so nobody can say since when it may be wrong. An evergreen article
    is not outdated by the calendar; what it covers can change all the same.

    How to fix it: read the article against the product, then run `kbtool review` on it.

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
    uses_history: ClassVar[bool] = True
    grace_days: int = 14  #: days after it landed in which it is a warning

    def check(self, article: Article, evidence: Evidence) -> Iterator[Finding]:
        """Yield a finding where no review is dated."""
        matter = article.front_matter
        if matter.last_reviewed_on or matter.state == "archived" or (matter.evergreen and not matter.covers):
            return
        if not article.readable or "last_reviewed_on" in article.unreadable_keys:
            return
        waiting = matter.state == "work-in-progress" or self._is_new(article, evidence)
        yield self.at_key(
            article, "last_reviewed_on", "the article has never been reviewed",
            hint=f"read it against the product, then run `{review_command(article)}`",
            severity=Severity.WARNING if waiting else None,
        )

    def _is_new(self, article: Article, evidence: Evidence) -> bool:
        """Return whether the article has not landed, or so lately that there is time; what cannot be told is no excuse."""
        try:
            landed = evidence.reviews.landed(article)
        except Unproven:
            return False
        return landed is None or (evidence.today - landed).days < self.grace_days
