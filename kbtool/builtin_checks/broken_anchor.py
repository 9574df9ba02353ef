"""KB202 broken-anchor."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from kbtool.check import Article, Check, Evidence, Finding
from kbtool.config import did_you_mean
from kbtool.links import anchors, links_to
from kbtool.urls import Target

_ALWAYS = ("top", "_top")


def _breaks(target: Target, evidence: Evidence) -> bool:
    if target.anchor in _ALWAYS or target.anchor.startswith((":~:", "__")):
        return False
    return target.anchor not in anchors(evidence.content.by_source[target.source], evidence)


@dataclass(frozen=True)
class BrokenAnchor(Check):
    """A link leads to a heading that does not exist.

    An anchor is what the site makes of a heading: `## Set up` becomes `#set-up`, in small letters. Headings that are included
    from another article count too.

    Why it matters: the reader lands at the top of a long page and has to search. MkDocs says nothing, even with `--strict`.

    How to fix it: correct the part after `#`; the nearest existing anchor is named.

    ```md title="Fires"
    # Export

    See [below](#formats).
    ```

    ```md title="Passes"
    # Export

    See [below](#formats).

    ## Formats
    ```
    """

    code: ClassVar[str] = "KB202"

    def check(self, article: Article, evidence: Evidence) -> Iterator[Finding]:
        """Yield a finding for each link whose anchor the target does not have."""
        targets = evidence.urls.targets_of(article, "article")
        broken = {href: target for href, target in targets.items() if target.anchor and _breaks(target, evidence)}
        for link, target in links_to(article, broken):
            known = anchors(evidence.content.by_source[target.source], evidence)
            near = did_you_mean(target.anchor, known).removeprefix("; ")
            yield self.finding(
                article, f"{target.source} has no heading with the anchor #{target.anchor}", line=link.line, column=link.column,
                subject=link.target, hint=near or "link to a heading that exists",
            )
