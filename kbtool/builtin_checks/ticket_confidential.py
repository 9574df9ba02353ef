"""KB304 ticket-confidential."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from kbtool.check import DECIDES_READERS, Article, Check, Evidence, Finding


@dataclass(frozen=True)
class TicketConfidential(Check):
    """What a public edition shows names a ticket that the public may not see.

    Fires where the text, the title or the description of an article names a ticket of a tracker that is not `public = true`,
    or one that its tracker calls confidential, in an edition whose readers are not inside. In the front matter's `tickets`,
    in a region for others and in a comment it may stand: no such edition shows them. A ticket that is not known is as private
    as its tracker, and one that the tracker does not let kbtool see is private. Code is shown like any other text.

    Why it matters: the key alone tells customers of a case that is not theirs, and a link to it leads them to a login.

    How to fix it: say what matters to readers in words, and name the ticket in `tickets` of the front matter.

    Where `checks/tickets.yml` says `SUP-431: {state: open, confidential: true}`, for example:

    ```md title="Fires"
    ---
    title: Export invoices
    audience: public
    ---

    Until SUP-431 is fixed, export one month at a time.
    ```

    ```md title="Passes"
    ---
    title: Export invoices
    audience: public
    tickets: [SUP-431]
    ---

    For now, export one month at a time.
    ```
    """

    code: ClassVar[str] = "KB304"
    alone: ClassVar[bool] = True
    not_suppressible: ClassVar[str] = DECIDES_READERS

    def check(self, article: Article, evidence: Evidence) -> Iterator[Finding]:
        """Yield a finding for each such place."""
        editions = [edition for edition in evidence.shown_in.get(article.source, ()) if not edition.internal]
        for one in evidence.tickets.read_in(article) if editions else ():
            named = [edition.name for edition in editions if edition.shows_line(article, one.line, one.column)]
            if named and one.private:
                key, shows = one.key or one.reference, "edition" if len(named) == 1 else "editions"
                yield self.finding(
                    article, f"the {' and '.join(named)} {shows} would name {key}, which the public may not see",
                    line=one.line, column=one.column, hint="name it in `tickets` of the front matter instead", subject=key,
                    evidence={"ticket": key, "tracker": one.tracker, "editions": named},
                )
