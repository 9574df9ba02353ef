"""Writing files so that whoever is interrupted leaves the old ones whole."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import os
import shutil
import tempfile
from collections.abc import Collection, Iterator, Mapping
from operator import attrgetter
from pathlib import Path

from kbtool.errors import IncompleteError

BESIDE = ".kbtool-"  #: what the folders begin with that stand beside a site while it is swapped
_RENAME_EXCHANGE, _AT_FDCWD = 2, -100


def write_atomic(path: Path, content: bytes, *, durable: bool = True) -> None:
    """Write a file by way of a temporary one beside it: readers see the old bytes or the new, never a part.

    Args:
        path: where to write.
        content: all of it.
        durable: wait for the disk, so that a power cut leaves no part either.

    Raises:
        OSError: the old file is untouched then.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        os.chmod(name, path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask())  # noqa: PTH101 - mkstemp gives a name
        os.replace(name, path)  # noqa: PTH105 - as above
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)  # noqa: PTH108 - as above
        raise


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current


def sync_folder(folder: Path, files: Mapping[str, bytes]) -> set[str]:
    """Make a folder hold exactly these files (a .gitignore at its top or in `docs/` stays); return those that changed.

    Symlinks go before anything is read or written, so that none of them leads elsewhere.
    """
    folder.mkdir(parents=True, exist_ok=True)
    changed = set(_remove_others(folder, {*files, ".gitignore", "docs/.gitignore"}))
    for name, content in files.items():
        path = folder / name
        if not path.is_file() or path.stat().st_size != len(content) or path.read_bytes() != content:
            _clear_way(path, folder)
            path.write_bytes(content)
            changed.add(name)
    return changed


def _remove_others(folder: Path, names: Collection[str]) -> Iterator[str]:
    for name, entry in reversed([*below(folder)]):
        if entry.is_dir(follow_symlinks=False):
            with contextlib.suppress(OSError):  # it still holds files
                (folder / name).rmdir()
        elif entry.is_symlink() or name not in names:
            (folder / name).unlink()
            yield name


def below(folder: Path | str, above: str = "") -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Yield what is in a folder and in those in it, by paths below it, in the order of their parts; no symlink is followed.

    Raises:
        OSError: a folder cannot be read.
    """
    for entry in sorted(os.scandir(folder), key=attrgetter("name")):
        yield above + entry.name, entry
        if entry.is_dir(follow_symlinks=False):
            yield from below(entry.path, f"{above}{entry.name}/")


def tree(folder: Path) -> dict[str, bytes]:
    """Return the files below a folder; no symlinks, dotfiles or byte code."""
    found: dict[str, bytes] = {}
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        hidden = any(part.startswith(".") or part == "__pycache__" for part in parts)
        if path.is_file() and not path.is_symlink() and not hidden:
            found["/".join(parts)] = path.read_bytes()
    return found


def _clear_way(path: Path, folder: Path) -> None:
    """Make room for a file: what is a folder now and was a file before, or the other way round, goes."""
    if path.is_dir():
        shutil.rmtree(path)
    for parent in reversed(path.relative_to(folder).parents):
        if (folder / parent).is_file():
            (folder / parent).unlink()
        (folder / parent).mkdir(exist_ok=True)


def swap_in(new: Path, target: Path) -> None:
    """Put the folder `new` in the place of `target` in one step, and remove the old one.

    Where the file system cannot exchange two folders, the old one is moved aside first and moved back on failure. To another
    file system, the new one is copied first.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    if new.stat().st_dev != target.parent.stat().st_dev:
        with tempfile.TemporaryDirectory(prefix=f"{BESIDE}{target.name}-", dir=target.parent) as beside:
            swap_in(_copy(new, Path(beside) / "site"), target)
        return
    if not target.exists():
        new.rename(target)
    elif _exchange(new, target):
        shutil.rmtree(new)
    else:
        _swap_in_two_steps(new, target)


def _copy(folder: Path, target: Path) -> Path:
    """Copy a folder of plain files; the first fault is raised as it is, where `shutil.copytree` gathers them."""
    target.mkdir()
    for path in sorted(folder.rglob("*")):
        place = target / path.relative_to(folder)
        place.mkdir() if path.is_dir() else shutil.copyfile(path, place)
    return target


def _exchange(one: Path, other: Path) -> bool:
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        return False
    return bool(rename(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0)


def _swap_in_two_steps(new: Path, target: Path) -> None:
    aside = new.with_name(f"{new.name}.old")
    target.rename(aside)
    try:
        new.rename(target)
    except OSError:
        aside.rename(target)
        raise
    shutil.rmtree(aside)


def clear(folder: Path, *, but: Collection[str] = ()) -> None:
    """Remove all that is in a folder but these names; a symlink goes, not what it leads to."""
    for path in folder.iterdir():
        if path.name not in but:
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


@contextlib.contextmanager
def locked(path: Path, busy: str = "another build is running here") -> Iterator[None]:
    """Hold a lock file for the time of the block.

    Raises:
        IncompleteError: another process holds it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666), "a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.EACCES):
                raise
            raise IncompleteError(busy, kind="busy", hint="wait for it to end") from None
        yield
