"""KB112 covers-too-broad."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from kbtool.check import Article, Check, Evidence, Finding, Severity
from kbtool.reviews import Reviews


@dataclass(frozen=True)
class CoversTooBroad(Check):
    """The globs of `covers` match a large part of a repository.

    Fires where an article covers more than `share` per cent of the files of a repository, and more than `files` files.

    Why it matters: an article that covers everything is called into question by every change, and soon nobody looks any more.

    How to fix it: name the files that the article describes; `kbtool covers suggest` proposes some. Leave generated files out
    with `!glob`.

    In a repository of two hundred files under `src/`:

    ```md title="Fires"
    ---
    title: Export invoices
    covers: ["src/**"]
    ---
    ```

    ```md title="Passes"
    ---
    title: Export invoices
    covers: [src/export.py]
    ---
    ```
    """

    code: ClassVar[str] = "KB112"
    severity: ClassVar[Severity] = Severity.WARNING
    needs_history: ClassVar[bool] = True
    share: int = 20  #: per cent of the files of a repository
    files: int = 50  #: so many files are never too many

    def check(self, article: Article, evidence: Evidence) -> Iterator[Finding]:
        """Yield a finding for each repository of which too much is covered."""
        if article.front_matter.state == "archived":
            return
        for name, covered, all_files in shares(article, evidence.reviews):
            if covered > self.files and covered * 100 > all_files * self.share:
                where = f"the repository {name!r}" if name else "this repository"
                yield self.at_key(
                    article, "covers", f"covers {covered} of the {all_files} files of {where}", subject=name,
                    hint=f"narrow the globs: `kbtool covers suggest {article.path}`",
                    evidence={"covered": covered, "files": all_files},
                )


def shares(article: Article, reviews: Reviews) -> Iterator[tuple[str, int, int]]:
    """Yield, for each repository that an article covers files of, its name, how many are covered, and how many there are."""
    globs = reviews.globs(article)
    for name in dict.fromkeys(one.repository for one in globs):
        if name in reviews.code:
            code = reviews.code[name]
            covered = code.covered(one for one in globs if one.repository == name) & code.tree.paths
            yield name, len(covered), len(code.tree.paths)
