"""KB204 orphan-asset."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from kbtool.check import Check, Evidence, Finding, Severity
from kbtool.links import asset_sources, site_assets


@dataclass(frozen=True)
class OrphanAsset(Check):
    """No article refers to an asset.

    Why it matters: an edition holds only the assets that its articles refer to, so this one is on no site. It may be the
    picture of an article that was deleted, or a link that was forgotten.

    How to fix it: refer to it, name it in `mkdocs.yml`, or delete it. Patterns in the option `allow` are left alone.
    """

    code: ClassVar[str] = "KB204"
    severity: ClassVar[Severity] = Severity.WARNING

    allow: tuple[str, ...] = ()  #: globs, relative to the content folder, of assets that nobody needs to refer to

    def check_all(self, evidence: Evidence) -> Iterator[Finding]:
        """Yield a finding for each asset that no article and no setting of the site refers to."""
        used = set(site_assets(evidence, evidence.editions.values()))
        for article in evidence.articles:
            used |= asset_sources(article, evidence)
        for asset in evidence.content.assets.values():
            if asset.source not in used and not any(fnmatch.fnmatchcase(asset.source, glob) for glob in self.allow):
                yield self.finding(asset.path, "no article refers to this file", hint="delete it, or refer to it")
