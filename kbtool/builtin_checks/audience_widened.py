"""KB404 audience-widened."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from kbtool.audience_lock import FILE
from kbtool.check import DECIDES_READERS, Check, Evidence, Finding, Severity
from kbtool.widening import Editions, Widened

_SHOWN = 60  #: characters of the words in a message


@dataclass(frozen=True)
class AudienceWidened(Check):
    """Readers outside are shown what they were not, and nobody has approved that.

    Compares each edition that is not internal with `checks/public.lock`, the list of what its readers may see. Fires for

    - an article that the edition shows and the list does not have, be it new or internal before;
    - words that were in a region, or in a comment, and are not any more;
    - an asset that was for articles inside only;
    - an edition that was for readers outside and now shows what is internal.

    Edits of public text, regions that move, are edited or go together with their words, and all that makes an audience
    narrower need no approval. A region that the list does not know yet, and a line about what is not shown any more, are
    warnings: if nobody brings the list up to date, nobody will be asked when the region goes or the article comes back.

    Without the file the check is off; `kbtool audience approve --all` writes it for what is public today. With the option
    `required` a missing file is an error.

    Why it matters: one word in the front matter, or two lines that are deleted, publish what was written for colleagues.
    Caches and search engines keep it.

    How to fix it: if readers outside may see it, run `kbtool audience approve` with the path, and commit the list: code
    owners can guard it. Else make the audience narrower, or put the region back.
    """

    code: ClassVar[str] = "KB404"
    not_suppressible: ClassVar[str] = DECIDES_READERS

    required: bool = False  #: whether a missing list is an error

    def check_all(self, evidence: Evidence) -> Iterator[Finding]:
        """Yield a finding for each thing that an edition shows and may not yet."""
        where = f"{evidence.config.checks_folder}/{FILE}"
        if evidence.lock is None:
            if self.required:
                yield self.finding(where, "there is no list of what readers outside may see",
                                   hint="put it back, or run `kbtool audience approve --all`")
            return
        editions = Editions(evidence, evidence.lock)
        for name in sorted(evidence.lock.editions):
            if name in evidence.editions and evidence.editions[name].internal:
                yield self.finding(
                    "pyproject.toml", f"the {name} edition shows what is internal, and was for readers outside", subject=name,
                    hint="take `internal` out of its audiences, or run `kbtool audience approve --all`",
                )
        for widened in editions.widened():
            yield self._widened(widened, evidence)
        for one in editions.unrecorded():
            yield self.finding(
                one.path, f"{where} does not know this region of the {one.edition} edition", line=one.line, subject=one.edition,
                hint="run `kbtool audience approve`, so that somebody is asked when it goes", severity=Severity.WARNING,
            )
        for one in editions.outlived():
            yield self.finding(
                where, f"{one.path} is not in the {one.edition} edition any more", line=one.line, severity=Severity.WARNING,
                subject=f"{one.path} {one.edition}",
                hint="run `kbtool audience approve`, so that somebody is asked when it comes back",
            )

    def _widened(self, found: Widened, evidence: Evidence) -> Finding:
        hint = f"run `kbtool audience approve {found.path}` if they may, else make its audience narrower"
        readers = f"readers of the {found.edition} edition"
        if found.what == "article":
            article = evidence.content.by_source[found.path.removeprefix(f"{evidence.config.content}/")]
            return self.at_key(article, "audience", f"{readers} see this article, and nobody has approved that", hint=hint,
                               subject=found.edition)
        if found.what == "asset":
            return self.finding(found.path, f"{readers} see this file in {found.through}; it was for others", hint=hint,
                                subject=found.edition)
        words = " ".join(found.text.split())
        shown = words if len(words) <= _SHOWN else f"{words[:_SHOWN - 1]}…"
        hint = f"run `kbtool audience approve {found.path}` if they may, else put the region back"
        return self.finding(found.path, f"{readers} see what a region kept from them: {shown!r}", line=found.line, hint=hint,
                            subject=found.edition)
