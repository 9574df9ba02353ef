"""KB004 owner-unknown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from kbtool.check import Article, Check, Evidence, Finding, SkipCheck, Unknown
from kbtool.config import did_you_mean


@dataclass(frozen=True)
class OwnerUnknown(Check):
    """An owner or reviewer is not in the register.

    Why it matters: a name that is in no register cannot be reached, and a misspelt one looks owned and is not.

    How to fix it: write the id as it stands in `checks/owners.yml`, or add the person there. Without that file the check is
    skipped.

    ```md title="Fires"
    ---
    owners: [anna]
    ---
    ```

    ```md title="Passes"
    ---
    owners: [ana]
    ---
    ```
    """

    code: ClassVar[str] = "KB004"
    alone: ClassVar[bool] = True

    def check_all(self, evidence: Evidence) -> Iterator[Finding | Unknown]:
        """Yield a finding for each unknown owner; skipped without a register."""
        if evidence.owners is None:
            raise SkipCheck(f"{evidence.config.checks_folder}/owners.yml does not exist")
        yield from super().check_all(evidence)

    def check(self, article: Article, evidence: Evidence) -> Iterator[Finding]:
        """Yield a finding for each owner, and the reviewer, that the register does not have."""
        known = evidence.owners or {}
        front_matter = article.front_matter
        named = [(("owners", n), owner) for n, owner in enumerate(front_matter.owners)]
        if front_matter.last_reviewed_by:
            named.append((("last_reviewed_by", 0), front_matter.last_reviewed_by))
        for key, owner in named:
            if owner not in known:
                near = did_you_mean(owner, known).removeprefix("; ")
                hint = near or f"add {owner!r} to {evidence.config.checks_folder}/owners.yml"
                yield self.at_key(article, key, f"{key[0]}: {owner!r} is not a known owner", hint=hint, subject=owner)
