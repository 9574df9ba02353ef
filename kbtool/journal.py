"""Several files written as one: all of them or none, also where the run is killed in between.

What is to be written and what was there are laid down under `.kbtool/journal/` first, so that a full disk is noticed before
any file is touched; then each file changes by one rename. The journal goes last: one that is found at the next start names
the files to put back.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import shutil
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from kbtool.errors import IncompleteError
from kbtool.files import locked, write_atomic

FOLDER = ".kbtool/journal"  #: below the root of the knowledge base
_JOURNAL, _LOCK, _IGNORE = "journal.json", "lock", ".gitignore"
_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Change:
    """One file to be written: its path below the root (POSIX), the bytes that it has and those that it gets."""

    name: str
    before: bytes
    after: bytes


@dataclass(frozen=True, slots=True)
class Recovered:
    """What became of the files of a run that was killed.

    `restored` were put back; `left` were changed by somebody else since and stay as they are. Without either, the run had
    written all of its files, or none.
    """

    restored: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


class _Entry(NamedTuple):
    name: str
    path: Path
    before: str  #: digests
    after: str


def digest(content: bytes) -> str:
    """Return what tells whether a file has changed."""
    return hashlib.sha256(content).hexdigest()


def locate(root: Path, name: str) -> Path:
    """Return the file of that name below the root, which need not exist.

    Raises:
        ValueError: the name leads elsewhere, into a hidden folder such as `.git`, or through a symlink.
    """
    parts = name.split("/")
    if any(part.startswith(".") or not part or "\0" in part for part in parts):
        raise ValueError("it is hidden, or outside of the knowledge base")
    path = root
    for part in parts:
        path /= part
        if path.is_symlink():
            raise ValueError("it is a symlink" if path == root / name else "it is reached through a symlink")
    return path


def write_all(root: Path, changes: Sequence[Change]) -> None:
    """Write these files, or none of them; modes, owners and extended attributes stay.

    Raises:
        IncompleteError: nothing was written: `changed-meanwhile` where a file is not what it was, `busy` while another
            process writes, `not-written` where the disk refuses.
    """
    changes = [change for change in changes if change.before != change.after]
    if not changes:
        return
    with _alone(root) as folder:
        _put_back(root, folder)
        _clean(folder)
        for change in changes:
            _unchanged(root, change)
        try:
            _lay_down(root, folder, changes)
            for n, change in enumerate(changes):
                _move(folder / f"{n}.new", _unchanged(root, change))
        except BaseException:
            _put_back(root, folder)
            _clean(folder)
            raise
        with contextlib.suppress(OSError):  # the work is done; the next run sees that and cleans up
            _clean(folder)


def recover(root: Path) -> Recovered | None:
    """Put back what a killed run had begun to write; None where there is nothing to do, and then nothing is touched.

    Raises:
        IncompleteError: the journal cannot be read, another process is writing, or the disk refuses.
    """
    folder = root / FOLDER
    if not folder.is_dir() or set(os.listdir(folder)) <= {_LOCK, _IGNORE}:  # noqa: PTH208 - names are enough
        return None
    with _alone(root):
        found = _put_back(root, folder)
        _clean(folder)
        return found


@contextlib.contextmanager
def _alone(root: Path) -> Iterator[Path]:
    """Yield the folder of the journal, which no other process uses at the time; what the disk refuses is one clear error."""
    folder = root / FOLDER
    try:
        with contextlib.ExitStack() as stack:
            _refuse_links(folder)
            try:
                stack.enter_context(locked(folder / _LOCK))
            except IncompleteError:
                raise IncompleteError("another run is writing articles here", kind="busy", hint="wait for it to end") from None
            if not (folder / _IGNORE).exists():
                (folder / _IGNORE).write_text("*\n", "utf-8")
            yield folder
    except OSError as error:
        begun = (folder / _JOURNAL).exists()
        raise IncompleteError(
            f"cannot be written: {error.strerror}", where=_shown(root, error.filename2 or error.filename), kind="not-written",
            hint="the next run puts back what this one began" if begun else "no article was changed",
        ) from None


def _refuse_links(folder: Path) -> None:
    for one in (folder.parent, folder):
        if one.is_symlink():  # it may lead anywhere, and come with a stranger's commit
            raise OSError(errno.ELOOP, "it is a symlink", str(one))


def _shown(root: Path, name: object) -> str:
    path = Path(os.fsdecode(name)) if isinstance(name, str | bytes) else root
    return path.relative_to(root).as_posix() if path != root and path.is_relative_to(root) else str(path)


def _unchanged(root: Path, change: Change) -> Path:
    """Return the path of a file that still is what it was; raises IncompleteError where it is not."""
    try:
        path = locate(root, change.name)
        if _state(path) == digest(change.before):
            return path
    except ValueError:
        pass
    raise IncompleteError(
        "the file was changed by somebody else meanwhile", where=change.name, kind="changed-meanwhile",
        hint="nothing was written; look at it again, then run again",
    )


def _state(path: Path) -> str:
    """Return the digest of a file; nothing for one that is not there or is no plain file."""
    try:
        return digest(path.read_bytes()) if stat.S_ISREG(path.lstat().st_mode) else ""
    except FileNotFoundError:
        return ""


def _lay_down(root: Path, folder: Path, changes: Sequence[Change]) -> None:
    for n, change in enumerate(changes):
        _spill(folder / f"{n}.old", change.before, root / change.name)
        _spill(folder / f"{n}.new", change.after, root / change.name)
        os.utime(folder / f"{n}.new")
    files = [{"path": one.name, "before": digest(one.before), "after": digest(one.after)} for one in changes]
    write_atomic(folder / _JOURNAL, json.dumps({"format": _FORMAT, "files": files}).encode())


def _spill(path: Path, content: bytes, like: Path) -> None:
    """Write a new file that has mode, owner and attributes of another."""
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:  # noqa: PTH123 - never readable to others
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    owner = like.stat()
    with contextlib.suppress(PermissionError):  # only root gives files away
        os.chown(path, owner.st_uid, owner.st_gid)
    shutil.copystat(like, path)


def _move(staged: Path, target: Path) -> None:
    try:
        staged.replace(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        write_atomic(target, staged.read_bytes())
        shutil.copystat(staged, target)
        staged.unlink()


def _put_back(root: Path, folder: Path) -> Recovered | None:
    """Undo what is half done; None without a journal. It may itself be interrupted, and done again."""
    entries = _entries(root, folder)
    if entries is None:
        return None
    states = [_state(entry.path) for entry in entries]
    written = {n: entry for n, entry in enumerate(entries) if states[n] == entry.after}
    left = tuple(entry.name for entry, state in zip(entries, states, strict=True) if state not in (entry.before, entry.after))
    if not any((folder / f"{n}.new").exists() for n in range(len(entries)) if n not in written):
        return Recovered(left=left)  # all were written; an edit of one of them since does not undo the others
    for n, entry in written.items():
        if _state(folder / f"{n}.old") != entry.before:
            raise _damaged()
    for n, entry in written.items():
        _move(folder / f"{n}.old", entry.path)
    return Recovered(tuple(entry.name for entry in written.values()), left)


def _entries(root: Path, folder: Path) -> list[_Entry] | None:
    """Return the files of the journal; a stranger's commit may have brought it, so it leads nowhere but to articles."""
    try:
        found = json.loads((folder / _JOURNAL).read_bytes())
        if found["format"] != _FORMAT:
            raise _damaged()
        return [
            _Entry(one["path"], locate(root, one["path"]), str(one["before"]), str(one["after"])) for one in found["files"]
        ]
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise _damaged() from None


def _damaged() -> IncompleteError:
    return IncompleteError(
        "what a killed run left behind cannot be read", where=f"{FOLDER}/{_JOURNAL}", kind="journal-damaged",
        hint="see with `git diff` which articles it had written, then delete the folder",
    )


def _clean(folder: Path) -> None:
    """Remove all that was laid down, the journal first: from then on it is done."""
    (folder / _JOURNAL).unlink(missing_ok=True)
    for path in folder.iterdir():
        if path.name not in (_LOCK, _IGNORE):
            path.unlink()
