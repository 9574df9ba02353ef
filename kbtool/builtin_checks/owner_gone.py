"""KB005 owner-gone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from kbtool.check import Article, Check, Evidence, Finding, Severity, SkipCheck, Unknown


@dataclass(frozen=True)
class OwnerGone(Check):
    """An owner has left.

    Fires for an owner whose `until` in `checks/owners.yml`, the last day there, has passed. Without that file the check is
    skipped.

    Why it matters: reminders to somebody who has left reach nobody, and the article grows old unseen.

    How to fix it: name somebody else, and hand the knowledge over while it can be asked for.

    ```md title="Fires"
    ---
    owners: [gone]
    ---
    ```

    ```md title="Passes"
    ---
    owners: [ana]
    ---
    ```
    """

    code: ClassVar[str] = "KB005"
    severity: ClassVar[Severity] = Severity.WARNING
    alone: ClassVar[bool] = True

    def check_all(self, evidence: Evidence) -> Iterator[Finding | Unknown]:
        """Yield a finding for each owner who has left; skipped without a register."""
        if evidence.owners is None:
            raise SkipCheck(f"{evidence.config.checks_folder}/owners.yml does not exist")
        yield from super().check_all(evidence)

    def check(self, article: Article, evidence: Evidence) -> Iterator[Finding]:
        """Yield a finding for each owner whose last day has passed."""
        known = evidence.owners or {}
        for n, owner in enumerate(article.front_matter.owners):
            until = known[owner].until if owner in known else None
            if until and until < evidence.today:
                yield self.at_key(
                    article, ("owners", n), f"owners: {owner!r} has been gone since {until}", subject=owner,
                    hint="name another owner",
                )
