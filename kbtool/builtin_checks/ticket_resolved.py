"""KB301 ticket-resolved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from kbtool.check import Article, Check, Evidence, Finding, Severity, Unknown
from kbtool.freshness import past_grace, review_command
from kbtool.ticket_changes import TicketChange, ticket_changes


@dataclass(frozen=True)
class TicketResolved(Check):
    """A ticket that the article names has been resolved since its review.

    Fires where a ticket of the front matter, or one that the text names outside of code, was closed after the day of the
    review, or is not what the seal of the review signed; and where the front matter says `expects: open` and it is closed. With
    `expects: closed` it may be closed at any time. It is a warning from the day on which the ticket was closed, and an error
    once that is older than the grace of the article's `risk` (`[tool.kbtool.grace]`). A ticket that was closed at no known time
    is an error. What the tracker has not said, or too long ago (`max_age`), is unknown, and never fires.

    Why it matters: workarounds outlive their bugs. Customers go the long way round because nobody who closed the bug knew
    which article told them to.

    How to fix it: try it with the release that has the fix, take the workaround out or say from which version on it is not
    needed, then `kbtool review` the article.

    Where `checks/tickets.yml` says `SUP-431: {state: closed, resolution: fixed, closed_at: 2026-11-20}`, for example:

    ```md title="Fires"
    ---
    title: Export invoices
    last_reviewed_on: 2026-10-01
    ---

    Until SUP-431 is fixed, export one month at a time.
    ```

    ```md title="Passes"
    ---
    title: Export invoices
    last_reviewed_on: 2026-11-21
    ---

    Before version 2.4 (SUP-431), export one month at a time.
    ```
    """

    code: ClassVar[str] = "KB301"
    uses_history: ClassVar[bool] = True

    def check(self, article: Article, evidence: Evidence) -> Iterator[Finding | Unknown]:
        """Yield a finding for each such ticket, and what is not known of the others."""
        if article.front_matter.state == "archived" or not evidence.tickets.of(article):
            return
        for reason in dict.fromkeys(one.unknown for one in evidence.tickets.of(article) if one.unknown):
            yield Unknown(article.path, reason, lasting=False)
        for change in ticket_changes(article, evidence):
            if change.what != "reopened":
                yield self._finding(article, change, evidence)

    def _finding(self, article: Article, change: TicketChange, evidence: Evidence) -> Finding:
        named, ticket = change.named, change.named.ticket
        sealable = "" if named.in_front_matter or change.since else " and name it in `tickets`, which a review signs"
        return self.finding(
            article, _message(article, change), line=named.line, column=named.column,
            hint=f"read what the article says of it{sealable}; then `{review_command(article)}`", subject=named.key,
            severity=None if past_grace(article, change.since, evidence) else Severity.WARNING,
            evidence={
                "ticket": named.key, "tracker": named.tracker, "closed_on": change.since.isoformat() if change.since else None,
                "resolution": ticket.resolution if ticket else None, "sentence": named.sentence, "expected": change.expected,
            },
        )


def _message(article: Article, change: TicketChange) -> str:
    named, ticket, reviewed = change.named, change.named.ticket, article.front_matter.last_reviewed_on
    how = f" ({ticket.resolution})" if ticket and ticket.resolution else ""
    closed = f"{named.key} was closed" + (f" on {change.since}" if change.since else ", it is not known when") + how
    if change.what == "changed":
        others = " or another ticket" if len(article.front_matter.tickets) > 1 else ""
        what = f"{named.key}{others} is not what the review of {reviewed} signed"
    elif change.expected:
        what = f"{closed}, and the article expects it to be open"
    elif change.since and reviewed and change.since <= reviewed:  # of which only the seal knows that it was open then
        what = f"{closed}, which the review of {reviewed} did not know"
    else:
        what = f"{closed}, after the review of {reviewed}"
    return what + (f": {named.sentence!r}" if named.sentence else "")
