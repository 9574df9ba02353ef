"""KB002 title-missing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from kbtool.check import Article, Check, Evidence, Finding


@dataclass(frozen=True)
class TitleMissing(Check):
    """The article has no title.

    Why it matters: the title is what readers see in search results, navigation and browser tabs. A heading in the text is
    shown instead, but it changes with the text, and links and feeds should not.

    How to fix it: add `title:` to the front matter.

    ```md title="Fires"
    ---
    owners: [ana]
    ---
    ```

    ```md title="Passes"
    ---
    title: Export invoices
    ---
    ```
    """

    code: ClassVar[str] = "KB002"
    alone: ClassVar[bool] = True

    def check(self, article: Article, evidence: Evidence) -> Iterator[Finding]:
        """Yield a finding where there is no title, or an empty one."""
        del evidence
        title = article.front_matter.title
        if (title is None or not title.strip()) and not article.unreadable_keys & {"title"} and article.readable:
            yield self.at_key(article, "title", "the article has no title", hint="add `title:` to the front matter")
