"""KB109 expired."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from kbtool.check import Article, Check, Evidence, Finding
from kbtool.freshness import expiry_blocks


@dataclass(frozen=True)
class Expired(Check):
    """The article, or a part of it, has expired.

    Fires from the day in `expires` on, and for blocks between `<!-- expires 2026-12-31 -->` and `<!-- end expires -->` from
    their day on; also when such a block has no readable date or no end.

    Why it matters: whoever wrote it knew that it would be wrong from that day.

    How to fix it: remove the article or the block, or find out whether it still holds and set a later day.

    On 22 November 2026, for example:

    ```md title="Fires"
    ---
    title: Black Friday prices
    expires: 2026-11-20
    ---
    ```

    ```md title="Passes"
    ---
    title: Black Friday prices
    expires: 2027-12-01
    ---
    ```
    """

    code: ClassVar[str] = "KB109"
    alone: ClassVar[bool] = True

    def check(self, article: Article, evidence: Evidence) -> Iterator[Finding]:
        """Yield a finding for the article and for each of its blocks whose day has come."""
        if not (article.front_matter.expires or article.markdown.expiries) or article.front_matter.state == "archived":
            return
        expires = article.front_matter.expires
        if expires and expires <= evidence.today:
            yield self.at_key(article, "expires", f"the article expired on {expires}", hint="remove it, or set a later day")
        for block in expiry_blocks(article):
            if block.fault:
                yield self.finding(article, block.fault, line=block.line, hint=block.hint, subject=block.fault)
            elif block.day and block.day <= evidence.today:
                yield self.finding(
                    article, f"this part expired on {block.day}", line=block.line, subject=str(block.day),
                    hint="remove the part, or set a later day",
                )
