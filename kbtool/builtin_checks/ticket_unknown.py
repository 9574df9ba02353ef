"""KB303 ticket-unknown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from kbtool.check import Article, Check, Evidence, Finding, Severity

_LONGEST = 80  #: characters of a reference that a message repeats


@dataclass(frozen=True)
class TicketUnknown(Check):
    """The article names a ticket that does not exist, or that no tracker of the configuration has.

    Fires where the tracker says, to somebody whose credentials it has accepted, that there is no such ticket or that it was
    deleted; where an entry of `tickets` has a form that no tracker knows, or that two have; and, as a warning, where a ticket
    has moved to another key. A ticket that may not be seen, or of which the tracker has not said anything, is unknown and
    does not fire.

    Why it matters: nobody hears when a ticket is resolved that is not there. Mostly it is a typing error.

    How to fix it: correct the key, or remove it. `kbtool tickets show KEY` says what is known of one; a new form of keys
    needs a table `[tool.kbtool.trackers.NAME]`.

    Where `checks/tickets.yml` has `SUP-431` alone, for example:

    ```md title="Fires"
    ---
    title: Export invoices
    tickets: [SUP-413]
    ---
    ```

    ```md title="Passes"
    ---
    title: Export invoices
    tickets: [SUP-431]
    ---
    ```
    """

    code: ClassVar[str] = "KB303"
    alone: ClassVar[bool] = True

    def check(self, article: Article, evidence: Evidence) -> Iterator[Finding]:
        """Yield a finding for each such ticket, once."""
        told = set()
        for one in evidence.tickets.of(article):
            if one.reference in told or not (one.missing or one.moved_to):
                continue
            told.add(one.reference)
            name = one.reference if len(one.reference) <= _LONGEST else f"{one.reference[:_LONGEST]}…"
            if one.missing:
                what, hint = f"{name}: {one.missing}", "correct or remove it"
            else:
                what, hint = f"{name} has moved to {one.moved_to}", f"name {one.moved_to}"
            yield self.finding(
                article, what, line=one.line, column=one.column, hint=hint, subject=one.reference,
                severity=None if one.missing else Severity.WARNING, evidence={"ticket": one.reference, "tracker": one.tracker},
            )
