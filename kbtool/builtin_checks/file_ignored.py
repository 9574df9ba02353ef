"""KB014 file-ignored."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from kbtool.check import Check, Evidence, Finding, Severity

_WHAT = {
    "symlink": "a symlink; it is not followed",
    "special": "neither a file nor a folder; it is not read",
    "folder": "a folder that is named like an article",
}


@dataclass(frozen=True)
class FileIgnored(Check):
    """Something in the content folder is no article and no asset.

    Fires for symlinks that stay inside the folder (they are not followed), for pipes, sockets and devices, and for folders
    whose name ends like an article's.

    Why it matters: its author expects it on the site, and it will not be there.

    How to fix it: replace it by a normal file, or move it out of the content folder.
    """

    code: ClassVar[str] = "KB014"
    severity: ClassVar[Severity] = Severity.WARNING

    def check_all(self, evidence: Evidence) -> Iterator[Finding]:
        """Yield a finding for each such entry."""
        for file in evidence.content.files:
            what = _WHAT.get(file.kind)
            if what and not file.outside:
                yield self.finding(file.path, what, hint="replace it by a normal file")
