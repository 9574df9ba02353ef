"""OUR002 description-missing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from kbtool.check import Article, Check, Evidence, Finding


@dataclass(frozen=True)
class DescriptionMissing(Check):
    """A public article has no description, or one that is too long.

    Why it matters: search engines and previews show the description under the title. Without one they show whatever comes
    first on the page, and they cut a long one in the middle of a word.

    How to fix it: write one sentence of at most 160 characters as `description`. The option `longest` sets another length.

    ```md title="Fires"
    ---
    title: Export invoices
    audience: public
    ---
    ```

    ```md title="Passes"
    ---
    title: Export invoices
    description: Export all invoices of a month as one file.
    audience: public
    ---
    ```
    """

    code: ClassVar[str] = "OUR002"

    longest: int = 160  #: characters

    def check(self, article: Article, evidence: Evidence) -> Iterator[Finding]:
        """Yield a finding where the description of a public article is missing or too long."""
        del evidence
        if article.audience != "public" or "description" in article.unreadable_keys:
            return
        length = len((article.front_matter.description or "").strip())
        if not length:
            hint = "say in one sentence what it answers"
            yield self.at_key(article, "description", "a public article needs a description", hint=hint)
        elif length > self.longest:
            yield self.at_key(
                article, "description", f"the description has {length} characters, {length - self.longest} too many",
                hint=f"shorten it to {self.longest}", evidence={"characters": length, "longest": self.longest},
            )
