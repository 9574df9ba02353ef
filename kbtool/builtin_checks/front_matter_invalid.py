"""KB001 front-matter-invalid."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from kbtool.check import DECIDES_READERS, Article, Check, Evidence, Finding
from kbtool.content_files import LFS_POINTER


@dataclass(frozen=True)
class FrontMatterInvalid(Check):
    """The front matter cannot be read, or a value in it is not what its key asks for.

    Fires for text that is not YAML, a key twice, an unknown key (with the nearest known one), a date that is not in the
    calendar, an audience that no edition has, front matter that starts below the first line, a merge conflict that git has left
    anywhere in the file, and files that are not UTF-8 text at all.

    Why it matters: MkDocs prints front matter that it cannot read as text on the page, and other tools read a date that
    they cannot parse as "no date". Here such an article is in no edition until it is readable.

    How to fix it: correct the line that is named. A value with a colon, `#`, `@` or a percent sign needs quotes.

    ```md title="Fires"
    ---
    title: How to: export invoices
    audience: internal
    ---
    ```

    ```md title="Passes"
    ---
    title: "How to: export invoices"
    audience: internal
    ---
    ```
    """

    code: ClassVar[str] = "KB001"
    alone: ClassVar[bool] = True
    not_suppressible: ClassVar[str] = DECIDES_READERS

    def check(self, article: Article, evidence: Evidence) -> Iterator[Finding]:
        """Yield one finding for each problem that reading the article met."""
        del evidence
        for problem in article.problems:
            if problem.key == LFS_POINTER:  # KB015 says so
                continue
            yield self.finding(
                article, problem.message, line=problem.line, column=problem.column, hint=problem.hint, subject=problem.message
            )
