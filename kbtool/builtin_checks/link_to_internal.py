"""KB401 link-to-internal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from kbtool.check import Article, Check, Evidence, Finding
from kbtool.links import linked_targets


@dataclass(frozen=True)
class LinkToInternal(Check):
    """A page links to one that its readers may not see.

    Fires where an edition shows the link but not the page it leads to: a public article that links to an internal one. A
    link inside a region for the narrower audience is fine.

    Why it matters: the reader meets an error page, and the link's text and address tell what exists inside.

    How to fix it: put the sentence between `::: internal` and `:::`, link to a public page, or publish the other article.

    Fires: a public article with `[the runbook](../internal/runbook.md)`. Passes: the same link inside an internal region.
    """

    code: ClassVar[str] = "KB401"

    def check(self, article: Article, evidence: Evidence) -> Iterator[Finding]:
        """Yield a finding for each link that some edition shows and cannot follow."""
        for link, target in linked_targets(article, evidence, lambda target, _: target.kind == "article"):
            other = evidence.content.by_source[target.source]
            editions = [
                edition.name for edition in evidence.editions.values()
                if edition.shows(article) and (link.audience or article.audience) in edition.audiences
                and not edition.shows(other)
            ]
            if editions and other is not article:
                yield self.finding(
                    article, f"the {' and '.join(editions)} edition shows this link but not {other.path}", line=link.line,
                    column=link.column, subject=link.target, hint="put it into a region, or link to another page",
                )
