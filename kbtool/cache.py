"""What earlier runs worked out, kept under `.kbtool/cache/` or elsewhere: one file a name, read only by the code that wrote it.

A file is a checksum, a line of JSON (format, version, key, lengths) and the bytes of its sections. What is kept is a function
of its key, so it may be lost, or written by several processes at once, without harm: each writes a file of its own and
renames it into place, readers see one whole file or another, and the last writer wins with what any other would have
written. So there is no lock, and no fsync: a file that a power cut has torn fails its checksum and is made anew.

A cache may come from strangers (a pull request's CI fills it as well). So it holds no code, nothing in it is unpickled, and
whoever reads a section checks its shape and calls `damaged` where that is not what was written.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path

from kbtool import __version__
from kbtool.files import write_atomic

FOLDER = ".kbtool/cache"  #: below the root of the knowledge base
_FORMAT = 1
_WORTH = 200  #: it takes so many times as long to work one thing out as to write it
_LEFTOVER = 3600  #: seconds after which a temporary file belongs to nobody who is still alive


class Cache:
    """The files of one folder; without a folder, a cache that holds nothing and keeps nothing.

    `notes` says what its user should be told; nothing here raises for the sake of a cache.
    """

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self.notes: list[str] = []

    def read(self, name: str, key: str) -> dict[str, bytes] | None:
        """Return the sections that were written under this name and key; None where there are none to be trusted."""
        if self.folder is None:
            return None
        path = self.folder / name
        try:
            return _unpack(path.read_bytes(), key) if path.is_file() else None
        except OSError as error:
            self._note(f"the cache cannot be read: {error.strerror}")
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            self.damaged(name)
        return None

    def write(self, name: str, key: str, sections: Mapping[str, bytes]) -> None:
        """Keep the sections, in the place of whatever had this name."""
        if self.moment() is not None and self.folder is not None:
            try:
                write_atomic(self.folder / name, _pack(key, sections), durable=False)
            except OSError as error:
                self._note(f"the cache cannot be written: {error.strerror}")

    def damaged(self, name: str) -> None:
        """Say that a file does not hold what was written, and set it aside for whoever wants to know why."""
        self._note(f"the cache {name!r} was damaged and is made anew")
        if self.folder is not None:
            with contextlib.suppress(OSError):
                (self.folder / name).replace(self.folder / f"{name}.corrupt")

    def moment(self) -> int | None:
        """Make the cache ready; return the time of its file system in nanoseconds, or None where nothing can be written.

        A file that was last changed before this moment, and looks unchanged later, is unchanged, whatever clocks say.
        """
        try:
            return None if self.folder is None else _prepare(self.folder)
        except OSError as error:
            self._note(f"the cache cannot be written: {error.strerror}")
            return None

    def _note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)


def is_worth_writing(new: int, kept: int) -> bool:
    """Return whether so much is new beside what is kept that it takes longer to work it out again than to write all anew."""
    return new * _WORTH > kept


def _prepare(folder: Path) -> int:
    """Make the folder, which no commit takes in, and remove what killed processes have left; return the time there."""
    for one in (folder.parent, folder):
        if one.is_symlink():  # it may lead anywhere, and come with a stranger's commit
            raise OSError(0, f"{one.name} is a symlink")
    folder.mkdir(parents=True, exist_ok=True)
    ignore = folder / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n", "utf-8")
    os.utime(ignore)
    now = ignore.stat()
    for path in folder.glob(".*"):
        with contextlib.suppress(FileNotFoundError):  # whose it is has just put it into place
            if path != ignore and path.lstat().st_mtime < now.st_mtime - _LEFTOVER:
                path.unlink()
    return now.st_mtime_ns


@functools.cache
def _version() -> str:
    """Return the version of kbtool with a digest of its code, which changes from day to day where it is being worked on."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return f"{__version__} {digest.hexdigest()[:16]}"


def _pack(key: str, sections: Mapping[str, bytes]) -> bytes:
    lengths = [[name, len(section)] for name, section in sections.items()]
    header = {"format": _FORMAT, "version": _version(), "key": key, "sections": lengths}
    content = [json.dumps(header).encode() + b"\n", *sections.values()]
    return b"".join([_checksum(*content), b"\n", *content])


def _unpack(packed: bytes, key: str) -> dict[str, bytes] | None:
    """Return the sections of a file; None for another format, version or key; raises where it is not what was written."""
    start = packed.index(b"\n") + 1
    if packed[: start - 1] != _checksum(memoryview(packed)[start:]):
        raise ValueError("torn")
    at = packed.index(b"\n", start) + 1
    header = json.loads(packed[start:at])
    if (header["format"], header["version"], header["key"]) != (_FORMAT, _version(), key):
        return None
    found = {}
    for name, length in header["sections"]:
        found[name] = packed[at : at + length]
        at += length
    return found


def _checksum(*content: bytes | memoryview) -> bytes:
    digest = hashlib.sha256()
    for part in content:
        digest.update(part)
    return digest.hexdigest().encode()
