"""KB007 area-unknown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from kbtool.check import Article, Check, Evidence, Finding, SkipCheck, Unknown
from kbtool.config import did_you_mean


@dataclass(frozen=True)
class AreaUnknown(Check):
    """A product area is not in the register.

    Why it matters: an area that no register has belongs to no team, and its articles are in nobody's numbers.

    How to fix it: write the id as it stands in `checks/product_areas.yml`, or add the area there. Without that file the
    check is skipped.

    ```md title="Fires"
    ---
    product_areas: [biling]
    ---
    ```

    ```md title="Passes"
    ---
    product_areas: [billing]
    ---
    ```
    """

    code: ClassVar[str] = "KB007"
    alone: ClassVar[bool] = True

    def check_all(self, evidence: Evidence) -> Iterator[Finding | Unknown]:
        """Yield a finding for each unknown area; skipped without a register."""
        if evidence.product_areas is None:
            raise SkipCheck(f"{evidence.config.checks_folder}/product_areas.yml does not exist")
        yield from super().check_all(evidence)

    def check(self, article: Article, evidence: Evidence) -> Iterator[Finding]:
        """Yield a finding for each area that the register does not have."""
        known = evidence.product_areas or {}
        for n, area in enumerate(article.front_matter.product_areas):
            if area not in known:
                near = did_you_mean(area, known).removeprefix("; ")
                hint = near or f"add {area!r} to {evidence.config.checks_folder}/product_areas.yml"
                yield self.at_key(article, ("product_areas", n), f"{area!r} is not a known product area", hint=hint, subject=area)
