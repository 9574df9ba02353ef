"""KB014 file-ignored."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from kbtool.check import Check, Evidence, Finding, Severity

_ENDING = "give it the ending of an article, or add its own to suffixes"
_WHAT = {
    "markdown": "Markdown with an ending that is not among the suffixes; it is in no edition",
    "symlink": "a symlink; it is not followed",
    "special": "neither a file nor a folder; it is not read",
    "folder": "a folder that is named like an article",
}


@dataclass(frozen=True)
class FileIgnored(Check):
    """Something in the content folder is no article and no asset.

    Fires for symlinks that stay inside the folder (they are not followed), for pipes, sockets and devices, for folders
    whose name ends like an article's, and for Markdown files whose ending, such as `.markdown` or `.MD`, is not among the
    `suffixes` of the configuration: nobody reads for whom they are, so they are in no edition.

    Why it matters: its author expects it on the site, and it will not be there.

    How to fix it: replace it by a normal file, give it the ending of an article, or move it out of the content folder.
    """

    code: ClassVar[str] = "KB014"
    severity: ClassVar[Severity] = Severity.WARNING

    def check_all(self, evidence: Evidence) -> Iterator[Finding]:
        """Yield a finding for each such entry."""
        for file in evidence.content.files:
            what = _WHAT.get(file.kind)
            if what and not file.outside:
                yield self.finding(file.path, what, hint=_ENDING if file.kind == "markdown" else "replace it by a normal file")
