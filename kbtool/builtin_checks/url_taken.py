"""KB008 url-taken."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from kbtool.check import DECIDES_READERS, Check, Evidence, Finding
from kbtool.urls import folded, page_key


@dataclass(frozen=True)
class UrlTaken(Check):
    """Two files make one URL.

    Fires for two articles, assets or redirects that lead to one URL, also when the paths differ only by case, by Unicode
    form (é as one or two characters), by `README.md` and `index.md`, or by `x.md` and `x/index.md`.

    Why it matters: MkDocs drops one of them without an error, and on hosts that fold case one overwrites the other.

    How to fix it: rename one of the two files, or remove the redirect. For example `billing/index.md` and
    `billing/README.md` side by side fire; only one of them passes.
    """

    code: ClassVar[str] = "KB008"
    not_suppressible: ClassVar[str] = DECIDES_READERS

    def check_all(self, evidence: Evidence) -> Iterator[Finding]:
        """Yield a finding for each file or redirect whose URL belongs to an earlier one."""
        taken: dict[str, str] = {}
        for url, path in _files(evidence):
            other = taken.setdefault(url, path)
            if other != path:
                yield self.finding(path, f"it makes the same URL as {other}", subject=other, hint="rename one of the two")
        yield from self._redirects(evidence, taken)

    def _redirects(self, evidence: Evidence, taken: dict[str, str]) -> Iterator[Finding]:
        for article in evidence.articles:
            for n, old in enumerate(article.front_matter.redirect_from):
                claim = f"{article.path}#"  # several spellings of one old URL in one article are fine
                other = taken.setdefault(folded(evidence.urls.redirect_key(old)), claim)
                if other != claim:
                    yield self.at_key(
                        article, ("redirect_from", n), f"redirect_from: {old!r} is the URL of {other.partition('#')[0]}",
                        subject=old, hint="remove the redirect",
                    )


def _files(evidence: Evidence) -> Iterator[tuple[str, str]]:
    for article in evidence.articles:
        yield folded(page_key(article.source)), article.path
    for asset in evidence.content.assets.values():
        is_page = asset.source.endswith((".html", ".htm"))
        yield folded(page_key(asset.source) if is_page else asset.source), asset.path
