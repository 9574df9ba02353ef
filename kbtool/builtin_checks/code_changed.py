"""KB106 code-changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from kbtool.check import Article, Check, Evidence, Finding, Severity, Unknown
from kbtool.freshness import is_current, past_grace, review_command
from kbtool.review_evidence import Change
from kbtool.reviews import Reviews


@dataclass(frozen=True)
class CodeChanged(Check):
    """The code that the article covers has changed since its review.

    Fires where a file of `covers` is not what it was: by the seal of the review, or, without one, by the landings since. It is a
    warning from the landing on that changed it, and an error once that is older than the grace of the article's `risk`
    (`[tool.kbtool.grace]`). A change that nobody has committed yet, one that only moved files, and with `--diff` one that has not
    landed yet stay warnings; one that no landing can be named for is an error. Landings that do not count (`ignore_authors`,
    `.git-blame-ignore-revs`, the trailer `Kb-Change: minor`) do not fire, nor does a change that was taken back; if it comes
    again, its grace begins again. Articles without a review are KB101's.

    Why it matters: this is how answers become wrong. Of pages left alone for half a year, those whose code changed need a
    correction more than twice as often as the others.

    How to fix it: run the command of the finding, correct the article where it is wrong, then `kbtool review` it. Globs that
    match more than the article describes make noise: narrow them, or leave generated files out with `!glob`.

    Where `src/export.py` was changed by a landing on 20 November 2026, for example:

    ```md title="Fires"
    ---
    title: Export invoices
    last_reviewed_on: 2026-10-01
    covers: [src/export.py]
    ---
    ```

    ```md title="Passes"
    ---
    title: Export invoices
    last_reviewed_on: 2026-11-21
    covers: [src/export.py]
    ---
    ```
    """

    code: ClassVar[str] = "KB106"
    needs_history: ClassVar[bool] = True

    def check(self, article: Article, evidence: Evidence) -> Iterator[Finding | Unknown]:
        """Yield a finding where covered code is not what was reviewed."""
        if not is_current(article):
            return
        found = evidence.reviews.of(article)
        if found.code_unknown:
            yield Unknown(article.path, found.code_unknown)
        if found.code is not None:
            yield self._finding(article, found.code, evidence)

    def _finding(self, article: Article, change: Change, evidence: Evidence) -> Finding:
        reviewed = article.front_matter.last_reviewed_on
        what = f"covered code changed since the review of {reviewed}" if change.files else (
            f"covered code is not what was reviewed on {reviewed}")
        added, removed = net_lines(change, evidence.reviews)
        return self.at_key(
            article, "covers", f"{what}{_details(change, added, removed)}",
            hint=f"{change.command or 'read the code'}; then `{review_command(article)}`",
            severity=self._severity(article, change, evidence),
            evidence={**change.facts(), "files": list(change.files), "lines_added": added, "lines_removed": removed},
        )

    def _severity(self, article: Article, change: Change, evidence: Evidence) -> Severity | None:
        to_land = bool(change.oldest or change.uncommitted) and evidence.reviews.waiting.issuperset(change.oldest)
        return Severity.WARNING if change.moved or to_land or not past_grace(article, change.since, evidence) else None


def net_lines(change: Change, reviews: Reviews) -> tuple[int, int] | tuple[None, None]:
    """Return how many lines the files of a change gained and lost, as far as they are text and here; None where none is."""
    counted = [reviews.lines[pair] for pair in change.pairs if pair in reviews.lines]
    return (sum(added for added, _ in counted), sum(removed for _, removed in counted)) if counted else (None, None)


def _details(change: Change, added: int | None, removed: int | None) -> str:
    if not change.files:
        return ", though no landing since then can be named"
    files = f"{len(change.files)} file{'s' if len(change.files) > 1 else ''}"
    if not change.landings:
        return f": {files}, not committed yet"
    landings = f"{change.landings} landing{'s' if change.landings > 1 else ''} since {change.since or 'no known day'}"
    size = f"{files} moved" if change.moved else files if added is None else f"{files}, +{added} -{removed} lines"
    who = ", ".join(change.authors[:3]) + (", …" if len(change.authors) > 3 else "")
    return f": {landings} ({size}, by {who}; newest: {change.subject})"
