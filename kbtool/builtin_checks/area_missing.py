"""KB006 area-missing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from kbtool.check import Article, Check, Evidence, Finding


@dataclass(frozen=True)
class AreaMissing(Check):
    """No product area is named.

    Why it matters: the product area tells which team's change makes the article wrong, and whose support it is.

    How to fix it: add `product_areas:` with ids from `checks/product_areas.yml`. A folder can have default areas in the
    configuration.

    ```md title="Fires"
    ---
    title: Export invoices
    ---
    ```

    ```md title="Passes"
    ---
    title: Export invoices
    product_areas: [billing]
    ---
    ```
    """

    code: ClassVar[str] = "KB006"
    alone: ClassVar[bool] = True

    def check(self, article: Article, evidence: Evidence) -> Iterator[Finding]:
        """Yield a finding where no product area is named."""
        del evidence
        if not article.front_matter.product_areas and article.readable and "product_areas" not in article.unreadable_keys:
            yield self.at_key(
                article, "product_areas", "the article names no product area",
                hint="add `product_areas: [id]` from the register of product areas",
            )
