"""KB201 broken-link."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from kbtool.check import Article, Check, Evidence, Finding
from kbtool.links import broken_targets, is_file


@dataclass(frozen=True)
class BrokenLink(Check):
    """A link leads to a page that does not exist.

    Links may name a file (`../billing/export.md`) or a URL of this site (`/billing/export/`, `/billing/export.html`). Links to
    other sites are not looked at.

    Why it matters: a customer who follows it meets an error page instead of an answer.

    How to fix it: correct the path; the nearest existing article is named.

    ```md title="Fires"
    See [exports](exprot.md).
    ```

    ```md title="Passes"
    See [the handbook](https://example.com/handbook).
    ```
    """

    code: ClassVar[str] = "KB201"

    def check(self, article: Article, evidence: Evidence) -> Iterator[Finding]:
        """Yield a finding for each link to a page that is not there."""
        for link, target in broken_targets(article, evidence):
            if not is_file(link, target):
                yield self.finding(
                    article, f"there is no page {link.target!r}", line=link.line, column=link.column, subject=link.target,
                    hint=evidence.urls.nearest(target.source, "article") or "correct or remove the link",
                )
