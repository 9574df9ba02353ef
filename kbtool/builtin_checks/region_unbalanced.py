"""KB402 region-unbalanced."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from kbtool.check import DECIDES_READERS, Article, Check, Evidence, Finding
from kbtool.editions import cut_trouble


@dataclass(frozen=True)
class RegionUnbalanced(Check):
    """A region does not close, closes twice, or is for an audience that does not exist.

    Also fires for an HTML comment that never ends, and for a marker that is none since it stands alone in a cell of a table, in a
    heading, or in an element of HTML. A marker inside a code block counts too, unless it is escaped as `\\::: internal`. Within a
    line, fires for `[text]{.internal}` when it is not clear which bracket opens it, when the braces name no audience, and when
    they stand behind something else than a bracket, such as a link or bold text. Other signs that name an audience hide nothing,
    and fire too: `!!! internal`, `!!! note "Internal only"`, `:: internal`, `/// internal`, `<!-- internal -->`,
    `{class=internal}`, `{% if internal %}`. So does what browsers take for a comment and pages would keep, outside of code:
    `<?php ... ?>`, `<![CDATA[ ... ]]>`, `<!DOCTYPE ...>`; a comment `[//]: # (...)` that does not end in its line, a comment of
    another program (`{/* ... */}`, `{% comment %}`), and one that begins in a region and ends behind it.

    Why it matters: where a region ends decides what the public sees, so nothing is guessed: no site is published until the
    markers are clear.

    How to fix it: close each `::: internal` with a line of `:::`, check the word for spelling mistakes, and write links inside of
    the brackets: `[[the plan](plan.md)]{.internal}`. Classes of other tools belong into `directives`. Where a part for others
    takes the end of a code block or comment with it, what was code would be text for the public: move the marker.

    ```md title="Fires"
    Open the billing page.

    ::: internal
    Refunds over 500 need a second pair of eyes.
    ```

    ```md title="Passes"
    Open the billing page.

    ::: internal
    Refunds over 500 need a second pair of eyes.
    :::
    ```
    """

    code: ClassVar[str] = "KB402"
    alone: ClassVar[bool] = True
    not_suppressible: ClassVar[str] = DECIDES_READERS

    def check(self, article: Article, evidence: Evidence) -> Iterator[Finding]:
        """Yield a finding for each marker that does not fit, or for what cutting makes of the text."""
        marks = article.markdown
        problems = [*marks.region_problems, *([marks.comment_problem] if marks.comment_problem else [])]
        for problem in problems:
            yield self.finding(article, problem.message, line=problem.line, hint=problem.hint, subject=problem.message)
        if not problems and marks.marks.cut_matters:
            troubles = {cut_trouble(article, edition) for edition in evidence.shown_in[article.source]}
            for message, where, hint in sorted({(one.message, one.where, one.hint) for one in troubles if one}):
                line = where.removeprefix(f"{article.path}:")
                yield self.finding(article, message, line=int(line) if line.isdigit() else 1, hint=hint, subject=message)
