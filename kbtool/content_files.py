"""The content folder on disk: which files there are, in which state, and the text in the bytes of one."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from kbtool.front_matter import Problem
from kbtool.regions import fences

MARKDOWN = (".md", ".markdown", ".mdown", ".mkdn", ".mkd")  #: what MkDocs makes pages of
MAX_DEPTH = 64  #: folders inside folders
State = tuple[int, int, int, int]  #: size, inode, time of the last change to the content, and to anything, in nanoseconds
NO_STATE: State = (0, 0, 0, 0)  #: that of no file
LFS_POINTER = "lfs-pointer"  #: the key of the problem that a file is a pointer of Git LFS
_POINTER = re.compile(rb"version https://(?:git-lfs|hawser)\.github\.com/spec/v\d+\r?\n(?:[^\n]*\n)*?oid \w+:[0-9a-f]+\r?\n")
_CONFLICT = re.compile(r"(?:([<>])\1{6}(?: .*)?|={7})\Z")
_BACKUP_ENDINGS = ("~", ".bak", ".orig", ".rej", ".swp", ".tmp")


class Found(NamedTuple):
    """An entry of the content folder: its path inside, what it is (`ContentFile.kind`, or `article`), an article's state."""

    source: str
    kind: str
    outside: bool = False
    state: State = NO_STATE


def is_content(source: str) -> bool:
    """Return whether a path inside the content folder may be content: dotfiles and editors' backups are not."""
    return not any(map(_is_left_out, source.split("/")))


def kind_of(source: str, suffixes: tuple[str, ...]) -> str:
    """Return what a file is by its name: `article`, `asset`, or `markdown`, of which nobody reads who may see it.

    An engine would make a page of the last one, and servers show it, with its front matter and the regions in it.
    """
    if source.endswith(suffixes):
        return "article"
    return "markdown" if source.lower().endswith(MARKDOWN) else "asset"


def _is_left_out(name: str) -> bool:
    return name.startswith(".") or name.endswith(_BACKUP_ENDINGS)


def walk(root: Path, suffixes: tuple[str, ...], inside: str = "", depth: int = 0) -> Iterator[Found]:
    """Yield what is below `root/inside`, never through a symlink; dotfiles and editors' backups are not content."""
    if _is_repository(root / inside):
        yield Found(inside, "repository")
    with os.scandir(root / inside) as entries:
        for entry in entries:
            if _is_left_out(entry.name):
                continue
            source = f"{inside}/{entry.name}" if inside else entry.name
            if entry.is_file(follow_symlinks=False):
                kind = kind_of(source, suffixes)
                yield Found(source, kind, state=_state(entry.stat(follow_symlinks=False)) if kind == "article" else NO_STATE)
            elif entry.is_symlink():
                yield Found(source, "symlink", _leaves(root, Path(entry.path)))
            elif entry.is_dir(follow_symlinks=False):
                yield from _folder(root, suffixes, source, depth + 1)
            else:
                yield Found(source, "special")


def _folder(root: Path, suffixes: tuple[str, ...], source: str, depth: int) -> Iterator[Found]:
    if depth > MAX_DEPTH:
        yield Found(source, "deep")
        return
    if source.endswith(suffixes):
        yield Found(source, "folder")
    yield from walk(root, suffixes, source, depth)


def _is_repository(folder: Path) -> bool:
    """Return whether git, run in a folder, would take it for a repository of its own: it has a .git, or is a bare one."""
    return os.path.lexists(folder / ".git") or (
        os.path.lexists(folder / "HEAD") and (folder / "objects").is_dir() and (folder / "refs").is_dir())


def _leaves(root: Path, link: Path) -> bool:
    try:
        return not link.resolve(strict=True).is_relative_to(root.resolve())
    except (OSError, RuntimeError):  # it ends nowhere, or in itself
        return True


def _state(status: os.stat_result) -> State:
    return status.st_size, status.st_ino, status.st_mtime_ns, status.st_ctime_ns


def read_content(path: str | Path, limit: int) -> tuple[bytes, State, Problem | None]:
    """Return the bytes of a file and its state before they were read, or what keeps it from being read."""
    try:
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - Path.open takes twice the time, ten thousand times
            state = _state(os.fstat(file.fileno()))
            if state[0] <= limit:
                return file.readall(), state, None
            return b"", state, Problem(1, f"the file is larger than {limit:,} bytes", "split it, or raise max_article_bytes")
    except OSError as error:
        return b"", NO_STATE, Problem(1, f"the file cannot be read: {error.strerror}", "give kbtool the right to read it")


def digest_of(content: bytes) -> str:
    """Return what tells the bytes of an article from all others."""
    return hashlib.sha256(content).hexdigest()


def decode(raw: bytes) -> tuple[str, Problem | None]:
    """Return UTF-8 bytes as text with `\\n` line ends and no byte order mark, or what is wrong with them."""
    if _POINTER.match(raw):
        hint = "keep articles out of LFS, or run `git lfs pull`"
        return "", Problem(1, "not an article but a Git LFS pointer", hint, key=LFS_POINTER)
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in raw[:4]:
        return "", Problem(1, "not UTF-8 (it looks like UTF-16)", "save the file as UTF-8")
    if b"\0" in raw:
        line = raw.count(b"\n", 0, raw.index(b"\0")) + 1
        return "", Problem(line, "not text: there is a NUL byte", "an article is a text file; an asset needs another suffix")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        return "", Problem(line, f"not UTF-8 at byte {error.start}", "save the file as UTF-8")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "<<<<<<<" in text and (line := _conflict(text.split("\n"))):
        return "", Problem(line, "a merge conflict starts here", "resolve it; show one in a fence of its own")
    return text.removeprefix("\ufeff"), None


def conflict_line(lines: Sequence[str]) -> int:
    """Return the line, from 1, on which what git leaves of a merge conflict begins, in code too; 0 where there is none."""
    marks = [(line[0], number) for number, line in enumerate(lines, 1) if _CONFLICT.match(line)]
    starts = [number for mark, number in marks if mark == "<"]
    return starts[0] if "<=>" in "".join(mark for mark, _ in groupby(mark for mark, _ in marks)) else 0


def _conflict(lines: list[str]) -> int:
    """Return the line on which a merge conflict begins that is no example: one that stands in a fence as a whole."""
    if conflict_line(lines):
        for start, end in fences(lines):
            if conflict_line(lines[start:end]):
                lines[start:end] = [""] * (end - start)
    return conflict_line(lines)
