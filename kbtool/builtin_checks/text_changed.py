"""KB108 text-changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from kbtool.check import Article, Check, Evidence, Finding, Severity, Unknown
from kbtool.freshness import is_current, review_command
from kbtool.review_evidence import Change


@dataclass(frozen=True)
class TextChanged(Check):
    """The article's words have changed after its review.

    Fires where the text is not what was reviewed: by the seal (title, description, every word of the body, what it includes, the
    assets that it shows), or, without a seal, by the edits since of the body, of what it includes and of those assets. White
    space, front matter, renames, and landings that do not count (`ignore_authors`, `.git-blame-ignore-revs`, the trailer
    `Kb-Change: minor`) are no such edits.

    Why it matters: the date says that somebody stood by these words. They are no longer the same words.

    How to fix it: whoever answers for the article reads what is new and runs `kbtool review`. Mark a change that needs no
    review, such as a corrected typing error, with the trailer `Kb-Change: minor` in its commit message.

    Where the first version is the one that was reviewed, for example:

    ```md title="Fires"
    ---
    title: Export invoices
    last_reviewed_on: 2026-10-01
    ---

    Choose **Export all**, as the edit of 20 November says.
    ```

    ```md title="Passes"
    ---
    title: Export invoices
    last_reviewed_on: 2026-10-01
    ---

    Choose **Export**.
    ```
    """

    code: ClassVar[str] = "KB108"
    severity: ClassVar[Severity] = Severity.WARNING
    needs_history: ClassVar[bool] = True

    def check(self, article: Article, evidence: Evidence) -> Iterator[Finding | Unknown]:
        """Yield a finding where the words are not those of the review."""
        if not is_current(article):
            return
        found = evidence.reviews.of(article)
        if found.text_unknown:
            yield Unknown(article.path, found.text_unknown)
        change = found.text
        if change is None:
            return
        reviewed = article.front_matter.last_reviewed_on
        yield self.at_key(
            article, "last_reviewed_on", f"the words have changed after the review of {reviewed}{_details(change)}",
            hint=f"{change.command}; then `{review_command(article)}`",
            evidence=change.facts(),
        )


def _details(change: Change) -> str:
    if not change.landings:
        return " (not committed yet)" if change.uncommitted else ""
    landings = f"{change.landings} landing{'s' if change.landings > 1 else ''}"
    return f" in {landings} since {change.since or 'no known day'}, by {', '.join(change.authors[:3])}"
