"""KB403 include-crosses-audience."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from kbtool.check import DECIDES_READERS, Article, Check, Evidence, Finding


@dataclass(frozen=True)
class IncludeCrossesAudience(Check):
    """A page includes another that its readers may not see.

    Fires where an edition shows the line `--8<-- "part.md"` but not the article that it names: a public article that includes
    an internal one outside of an internal region. What an article that may be included says to others alone is cut in each
    edition, so it needs no mention.

    Why it matters: the included text would be missing without a word, since an edition brings in only what it shows; or it was
    meant to be read, and then its audience is wrong.

    How to fix it: put the line between `::: internal` and `:::`, or make the included article as public as the page.

    ```md title="Fires"
    ---
    audience: public
    ---
    --8<-- "internal/limits.md"
    ```

    ```md title="Passes"
    ---
    audience: public
    ---
    ::: internal
    --8<-- "internal/limits.md"
    :::
    ```
    """

    code: ClassVar[str] = "KB403"
    not_suppressible: ClassVar[str] = DECIDES_READERS

    def check(self, article: Article, evidence: Evidence) -> Iterator[Finding]:
        """Yield a finding for each include that some edition shows, and not what it names."""
        for include in article.markdown.includes:
            other = evidence.urls.included(article, include.target)
            if other is None:  # KB203 says so
                continue
            blind = [edition for edition in evidence.shown_in[article.source] if not edition.shows(other)]
            named = [edition.name for edition in blind if edition.shows_line(article, include.line)]
            if named:
                shows = "edition shows" if len(named) == 1 else "editions show"
                yield self.finding(
                    article, f"the {' and '.join(named)} {shows} this include but not {other.path}", line=include.line,
                    column=include.column, subject=include.target, hint="put it into a region, or publish what it includes",
                )
