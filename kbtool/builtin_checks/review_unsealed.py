"""KB105 review-unsealed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from kbtool.check import Article, Check, Evidence, Finding, Severity
from kbtool.freshness import review_command


@dataclass(frozen=True)
class ReviewUnsealed(Check):
    """The seal does not belong to this review.

    Fires where `review_seal` is there, but date, reviewer, `review_in`, `evergreen`, `expires`, `covers` or `tickets` are not
    what the review was of, where two articles have the same seal, or where it is no seal at all. The article is then judged
    as one without a seal.

    Why it matters: a seal says that somebody looked at this article and this code. A date that was moved by hand, or a glob
    that was left out, says nothing of that kind.

    How to fix it: read the article against its evidence with `kbtool review`, which writes date and seal together. Where the
    article has no review behind it, delete the line `review_seal`.

    ```md title="Fires"
    ---
    title: Export invoices
    last_reviewed_on: 2026-11-20
    review_seal: "1 review:000000000000 text:5d2f81c0a3b4 code:- tickets:-"
    ---
    ```

    ```md title="Passes"
    ---
    title: Export invoices
    last_reviewed_on: 2026-11-20
    ---
    ```
    """

    code: ClassVar[str] = "KB105"
    severity: ClassVar[Severity] = Severity.WARNING
    uses_history: ClassVar[bool] = True

    def check(self, article: Article, evidence: Evidence) -> Iterator[Finding]:
        """Yield a finding where a seal is void."""
        if not article.front_matter.review_seal or article.front_matter.state == "archived":
            return
        void = evidence.reviews.seal(article)[1]
        if void:
            yield self.at_key(
                article, "review_seal", f"the seal is not of this review: {void}",
                hint=f"`{review_command(article)}` shows the evidence and seals it again",
            )
