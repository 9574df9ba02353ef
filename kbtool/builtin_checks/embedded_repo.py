"""KB016 embedded-repo."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from kbtool.check import Check, Evidence, Finding


@dataclass(frozen=True)
class EmbeddedRepo(Check):
    """A folder of the content is a git repository of its own.

    Fires for the content folder, and for each folder in it, that holds a `.git` (a clone or a submodule) or looks like
    a bare repository: a file `HEAD` beside the folders `objects` and `refs`.

    Why it matters: a bare repository can be committed like any other folder, and whoever runs git inside it runs the programs
    that its `config` names, in CI as well. Articles in a clone or a submodule have a history that this repository does not
    know, so nobody can tell what has changed since their review.

    How to fix it: move the folder out of the content. Where you do not know how it came there, find out who committed it before
    you run anything in it: `git log -- FOLDER` from the top of the repository.
    """

    code: ClassVar[str] = "KB016"

    def check_all(self, evidence: Evidence) -> Iterator[Finding]:
        """Yield a finding for each such folder."""
        for file in evidence.content.files:
            if file.kind == "repository":
                yield self.finding(file.path, "a git repository inside the content", hint="move it out of the content folder")
