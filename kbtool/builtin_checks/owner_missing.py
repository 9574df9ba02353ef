"""KB003 owner-missing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from kbtool.check import Article, Check, Evidence, Finding


@dataclass(frozen=True)
class OwnerMissing(Check):
    """Nobody is named as owner.

    Why it matters: an article without an owner is nobody's to review. Where the owner was "the team's channel", GOV.UK
    found pages that stayed overdue for years.

    How to fix it: add `owners:` with ids from `checks/owners.yml`; the first is accountable. A folder can have
    default owners in the configuration.

    ```md title="Fires"
    ---
    title: Export invoices
    ---
    ```

    ```md title="Passes"
    ---
    title: Export invoices
    owners: [ana]
    ---
    ```
    """

    code: ClassVar[str] = "KB003"
    alone: ClassVar[bool] = True

    def check(self, article: Article, evidence: Evidence) -> Iterator[Finding]:
        """Yield a finding where no owner is named."""
        del evidence
        if not article.front_matter.owners and article.readable and "owners" not in article.unreadable_keys:
            yield self.at_key(
                article, "owners", "nobody owns this article", hint="add `owners: [id]` from the register of owners"
            )
