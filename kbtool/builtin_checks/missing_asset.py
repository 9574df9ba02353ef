"""KB203 missing-asset."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from kbtool.check import Article, Check, Evidence, Finding
from kbtool.includes import chosen, circle, selection
from kbtool.links import broken_targets, is_file


@dataclass(frozen=True)
class MissingAsset(Check):
    """An image, a download or an included file does not exist.

    Fires as well for an included section that its article does not have, and for an include that leads back to its own article.

    Why it matters: the reader sees a broken picture, or misses the step that the included text describes; an engine drops a
    missing include without a word. Files outside the content folder, and dotfiles, are never part of a site.

    How to fix it: correct the path, or add the file below the content folder.

    ```md title="Fires"
    ![The export dialog](dialog.png)
    ```

    ```md title="Passes"
    ![The export dialog](https://example.com/dialog.png)
    ```
    """

    code: ClassVar[str] = "KB203"

    def check(self, article: Article, evidence: Evidence) -> Iterator[Finding]:
        """Yield a finding for each referenced file that is not there."""
        for link, target in broken_targets(article, evidence):
            if is_file(link, target):
                yield self.finding(
                    article, f"there is no file {link.target!r}", line=link.line, column=link.column, subject=link.target,
                    hint=evidence.urls.nearest(target.source, "asset") or "add the file, or correct the path",
                )
        yield from self._includes(article, evidence)

    def _includes(self, article: Article, evidence: Evidence) -> Iterator[Finding]:
        for include in article.markdown.includes:
            other = evidence.urls.included(article, include.target)
            if other is None:
                what = f"the included file {include.target!r} is not an article here"
                hint = "include an article of the content folder"
            elif way := circle(article, include, evidence.urls):
                what, hint = f"the include leads back here: {' → '.join(one.source for one in way)}", "take one of them out"
            elif (part := selection(article, include)) and chosen(other, part) is None:
                what, hint = f"{other.path} has no section {part[1:]!r}", f"mark it there: --8<-- [start:{part[1:]}]"
            else:
                continue
            yield self.finding(article, what, line=include.line, column=include.column, subject=include.target, hint=hint)
