"""KB405 symlink-escape."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from kbtool.check import DECIDES_READERS, Check, Evidence, Finding


@dataclass(frozen=True)
class SymlinkEscape(Check):
    """A symlink leads out of the content folder.

    Fires for symlinks to a place outside, in a loop, or to nothing. One that stays inside is KB014's.

    Why it matters: MkDocs follows symlinks, so a link to `/etc/passwd` or to a private folder publishes what it finds there.
    kbtool follows none; one that leaves the folder, or ends nowhere, stops the publication.

    How to fix it: replace the symlink by a file.
    """

    code: ClassVar[str] = "KB405"
    not_suppressible: ClassVar[str] = DECIDES_READERS

    def check_all(self, evidence: Evidence) -> Iterator[Finding]:
        """Yield a finding for each symlink that leaves the content folder, loops, or ends nowhere."""
        for file in evidence.content.files:
            if file.kind == "symlink" and file.outside:
                what = "a symlink that leaves the content folder or ends nowhere"
                yield self.finding(file.path, what, hint="replace it by a file")
