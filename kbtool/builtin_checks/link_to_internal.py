"""KB401 link-to-internal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from kbtool.articles import ContentFile
from kbtool.check import DECIDES_READERS, Article, Check, Evidence, Finding
from kbtool.editions import Edition, RedactionError
from kbtool.links import links_to, own_targets
from kbtool.urls import Target


@dataclass(frozen=True)
class LinkToInternal(Check):
    """A page links to one that its readers may not see.

    Fires where an edition shows the link but not the page, or the heading, that it leads to: a public article that links to
    an internal one, to a heading inside an internal region, or to a file of a folder whose `ceiling` is internal, be it by the
    whole address of a page on one of the sites. A link inside a region for the narrower audience is fine.

    Why it matters: the reader meets an error page, and the link's text and address tell what exists inside.

    How to fix it: put the sentence between `::: internal` and `:::`, link to a public page, or publish the other article.

    ```md title="Fires"
    ---
    audience: public
    ---
    Ask us, or see [the runbook](internal/runbook.md).
    ```

    ```md title="Passes"
    ---
    audience: public
    ---
    Ask us.

    ::: internal
    See [the runbook](internal/runbook.md).
    :::
    ```
    """

    code: ClassVar[str] = "KB401"
    not_suppressible: ClassVar[str] = DECIDES_READERS

    def check(self, article: Article, evidence: Evidence) -> Iterator[Finding]:
        """Yield a finding for each link that some edition shows and cannot follow."""
        mine, targets = evidence.shown_in[article.source], evidence.urls.targets_of(article, "article")
        targets = targets | own_targets(evidence.urls.targets_of(article, "external"), evidence)
        targets = {
            href: target for href, target in targets.items() if target.anchor or evidence.shown_in[target.source] != mine
        } | evidence.urls.targets_of(article, "asset")
        hidden = {href: target for href, target in targets.items() if _blind(article, target, evidence)}
        for link, target in links_to(article, hidden):
            blind = _blind(article, target, evidence)
            shown = [edition for edition in blind if edition.shows_line(article, link.line)]
            editions = [edition for edition in shown if _shows_link(edition, article, link.target)]
            if editions:
                other = evidence.content.by_source.get(target.source) or evidence.content.assets[target.source]
                part = f"#{target.anchor}" if _are_in(other, editions) else ""
                yield self.finding(
                    article, f"the {_named(editions)} this link but not {other.path}{part}", line=link.line, column=link.column,
                    subject=link.target, hint="put it into a region, or link to another page",
                )


def _blind(article: Article, target: Target, evidence: Evidence) -> list[Edition]:
    """Return the editions that show an article and not what a link in it leads to."""
    if target.kind == "asset":
        file = evidence.content.assets[target.source]
        return [one for one in evidence.shown_in[article.source] if not one.shows_file(file)]
    other = evidence.content.by_source[target.source]
    mine, others = evidence.shown_in[article.source], evidence.shown_in[other.source]
    regions = other.markdown.regions or other.markdown.inlines
    inside = bool(target.anchor and regions and target.anchor in other.markdown.anchors)
    return [one for one in mine if one not in others or (inside and not _shows_anchor(one, other, target.anchor))]


def _are_in(other: Article | ContentFile, editions: Sequence[Edition]) -> bool:
    return isinstance(other, Article) and any(edition.shows(other) for edition in editions)


def _shows_link(edition: Edition, article: Article, target: str) -> bool:
    """Return whether what an edition shows of an article links to a target; a link may be in a region within a line."""
    try:
        return not article.markdown.inlines or target in edition.targets(article)
    except RedactionError:  # KB402 says so
        return True


def _shows_anchor(edition: Edition, other: Article, anchor: str) -> bool:
    """Return whether an anchor is not inside a region that the edition cuts (one that is nowhere is KB202's)."""
    try:
        return anchor in edition.anchors(other)
    except RedactionError:  # KB402 says so
        return True


def _named(editions: Sequence[Edition]) -> str:
    names = " and ".join(edition.name for edition in editions)
    return f"{names} edition{'s show' if len(editions) > 1 else ' shows'}"
