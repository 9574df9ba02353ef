"""KB302 ticket-reopened."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from kbtool.check import Article, Check, Evidence, Finding
from kbtool.freshness import review_command
from kbtool.ticket_changes import ticket_changes


@dataclass(frozen=True)
class TicketReopened(Check):
    """A ticket that was resolved when the article was reviewed is open again.

    Fires where a ticket was reopened after the day of the review, and where the front matter says `expects: closed` and it is
    open.

    Why it matters: the article says that a bug is fixed, and it is not.

    How to fix it: tell readers what holds now, and what helps until it is fixed; then `kbtool review` the article.

    Where `checks/tickets.yml` says `SUP-431: {state: open, reopened_at: 2026-11-20}`, for example:

    ```md title="Fires"
    ---
    title: Export invoices
    last_reviewed_on: 2026-10-01
    tickets: [SUP-431]
    ---
    ```

    ```md title="Passes"
    ---
    title: Export invoices
    last_reviewed_on: 2026-11-21
    tickets: [SUP-431]
    ---
    ```
    """

    code: ClassVar[str] = "KB302"
    uses_history: ClassVar[bool] = True

    def check(self, article: Article, evidence: Evidence) -> Iterator[Finding]:
        """Yield a finding for each such ticket."""
        if article.front_matter.state == "archived" or not evidence.tickets.of(article):
            return
        for change in ticket_changes(article, evidence):
            named = change.named
            if change.what != "reopened":
                continue
            again = "is open" if change.expected else "is open again"
            what = f"{named.key} was reopened on {change.since}" if change.since else f"{named.key} {again}"
            reviewed = article.front_matter.last_reviewed_on
            what += ", and the article expects it to be closed" if change.expected else f", after the review of {reviewed}"
            yield self.finding(
                article, what + (f": {named.sentence!r}" if named.sentence else ""), line=named.line, column=named.column,
                hint=f"say what holds now; then `{review_command(article)}`", subject=named.key,
                evidence={
                    "ticket": named.key, "tracker": named.tracker, "sentence": named.sentence,
                    "reopened_on": change.since.isoformat() if change.since else None, "expected": change.expected,
                },
            )
