"""KB107 covers-nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from kbtool.check import Article, Check, Evidence, Finding, Unknown


@dataclass(frozen=True)
class CoversNothing(Check):
    """An entry of `covers` matches no file.

    Fires where a glob matches no file of its repository, committed or not. Entries that leave files out (`!glob`) may match
    nothing, and archived articles may describe what is gone.

    Why it matters: code that is not found never changes, so the article would stay fresh while its subject is gone.

    How to fix it: where the file was moved, name its new place; where the code is gone, the article probably is outdated:
    correct it, or archive it. Globs are those of `.gitignore`, from the top of the repository on: `src/**`, `src/*.py`,
    `src/billing/`.

    In a repository with the file `src/export.py`:

    ```md title="Fires"
    ---
    title: Export invoices
    covers: [src/exports.py]
    ---
    ```

    ```md title="Passes"
    ---
    title: Export invoices
    covers: [src/export.py]
    ---
    ```
    """

    code: ClassVar[str] = "KB107"
    needs_history: ClassVar[bool] = True

    def check(self, article: Article, evidence: Evidence) -> Iterator[Finding | Unknown]:
        """Yield a finding for each entry that matches nothing."""
        if not article.front_matter.covers or article.front_matter.state == "archived":
            return
        found = evidence.reviews.of(article)
        for number in found.nothing:
            one = evidence.reviews.globs(article)[number]
            home = evidence.reviews.code[one.repository].home_of(one.glob)
            yield self.at_key(
                article, ("covers", number), f"{one.written!r} matches no file", subject=one.written,
                hint=f"it has moved to {home!r}" if home else "correct the glob; globs start at the top of the repository",
            )
