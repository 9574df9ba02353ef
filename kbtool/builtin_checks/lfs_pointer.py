"""KB015 lfs-pointer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from kbtool.check import Article, Check, Evidence, Finding
from kbtool.content_files import LFS_POINTER


@dataclass(frozen=True)
class LfsPointer(Check):
    """The file holds a pointer of Git LFS in the place of an article.

    Fires where an article's file is what Git LFS leaves in a checkout that has not fetched its content. The article is in no
    edition then.

    Why it matters: readers would find three lines of `version`, `oid` and `size`, and nobody could tell who may read the
    article.

    How to fix it: articles are small and need to be compared line by line, so take them out of LFS (`.gitattributes`). Else
    fetch them in CI too: `git lfs pull`, or `lfs: true` below `with:` of actions/checkout.

    ```md title="Fires"
    version https://git-lfs.github.com/spec/v1
    oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393
    size 12345
    ```

    ```md title="Passes"
    ---
    title: How to use Git LFS
    ---

    A pointer starts with `version https://git-lfs.github.com/spec/v1`.
    ```
    """

    code: ClassVar[str] = "KB015"
    alone: ClassVar[bool] = True

    def check(self, article: Article, evidence: Evidence) -> Iterator[Finding]:
        """Yield a finding for a file that is a pointer."""
        del evidence
        for problem in article.problems:
            if problem.key == LFS_POINTER:
                yield self.finding(article, problem.message, hint=problem.hint)
