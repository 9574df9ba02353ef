"""KB104 review-in-future."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from kbtool.check import Article, Check, Evidence, Finding


@dataclass(frozen=True)
class ReviewInFuture(Check):
    """The date of the review has not come yet.

    Why it matters: nobody has reviewed anything on a day that lies ahead, so the article counts as not reviewed. GOV.UK had
    to correct ten pages whose dates kept them out of every list.

    How to fix it: write the day on which somebody really looked.

    On 22 November 2026, for example:

    ```md title="Fires"
    ---
    title: Export invoices
    last_reviewed_on: 2027-11-01
    ---
    ```

    ```md title="Passes"
    ---
    title: Export invoices
    last_reviewed_on: 2026-11-01
    ---
    ```
    """

    code: ClassVar[str] = "KB104"
    alone: ClassVar[bool] = True

    def check(self, article: Article, evidence: Evidence) -> Iterator[Finding]:
        """Yield a finding where the review is dated after today."""
        reviewed = article.front_matter.last_reviewed_on
        if reviewed and reviewed > evidence.today:
            yield self.at_key(
                article, "last_reviewed_on", f"the review is dated {reviewed}, which is after today, {evidence.today}",
                hint="write the day on which somebody looked",
            )
