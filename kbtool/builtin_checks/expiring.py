"""KB110 expiring."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from kbtool.check import Article, Check, Evidence, Finding, Severity
from kbtool.freshness import add, expiry_blocks


@dataclass(frozen=True)
class Expiring(Check):
    """The article, or a part of it, expires soon.

    Fires within `due_soon` (14 days) before the day in `expires`, or that of a block between `<!-- expires 2026-12-31 -->` and
    `<!-- end expires -->`.

    Why it matters: there is still time to write what holds afterwards.

    How to fix it: prepare the change, or set a later day.

    On 22 November 2026, for example:

    ```md title="Fires"
    ---
    title: Black Friday prices
    expires: 2026-12-01
    ---
    ```

    ```md title="Passes"
    ---
    title: Black Friday prices
    expires: 2027-12-01
    ---
    ```
    """

    code: ClassVar[str] = "KB110"
    severity: ClassVar[Severity] = Severity.WARNING
    alone: ClassVar[bool] = True

    def check(self, article: Article, evidence: Evidence) -> Iterator[Finding]:
        """Yield a finding for the article and for each of its blocks whose day is near."""
        if not (article.front_matter.expires or article.markdown.expiries) or article.front_matter.state == "archived":
            return
        soon = add(evidence.today, evidence.config.due_soon)
        expires = article.front_matter.expires
        if expires and evidence.today < expires <= soon:
            yield self.at_key(article, "expires", f"the article expires on {expires}", hint="prepare what comes after")
        for block in expiry_blocks(article):
            if block.day and evidence.today < block.day <= soon:
                yield self.finding(
                    article, f"this part expires on {block.day}", line=block.line, subject=str(block.day),
                    hint="prepare what comes after",
                )
