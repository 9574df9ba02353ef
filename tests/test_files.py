"""Writing: atomic files, synchronised folders, the swap of a site, and the lock, each under faults."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbtool import files
from kbtool.errors import IncompleteError
from kbtool.files import locked, swap_in, sync_folder, write_atomic


def tree(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


# ---------------------------------------------------------------------------------------------- one file


def test_a_file_is_written_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    """The content is there, under the usual rights, and no temporary file."""
    old = os.umask(0o027)
    try:
        write_atomic(tmp_path / "a", b"new")
    finally:
        os.umask(old)
    assert tree(tmp_path) == {"a": b"new"}
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640


def test_the_rights_of_a_file_survive(tmp_path: Path) -> None:
    """Whoever could read or run the old file can read or run the new one."""
    (tmp_path / "a").write_bytes(b"old")
    (tmp_path / "a").chmod(0o751)
    write_atomic(tmp_path / "a", b"new")
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o751
    assert (tmp_path / "a").read_bytes() == b"new"


@pytest.mark.parametrize("step", ["fsync", "replace", "chmod"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EACCES, errno.EROFS])
def test_a_fault_at_any_step_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, number: int) -> None:
    """Whatever the disk refuses, the old bytes stay, and no half of the new ones is left."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    (tmp_path / "a").write_bytes(b"old")
    monkeypatch.setattr(files.os, step, refuse)
    with pytest.raises(OSError, match=os.strerror(number)):
        write_atomic(tmp_path / "a", b"new")
    assert tree(tmp_path) == {"a": b"old"}


def test_what_need_not_last_waits_for_no_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that can be made again is put into place at once, and is whole for every reader all the same."""
    monkeypatch.setattr(os, "fsync", lambda _: pytest.fail("the disk was waited for"))
    write_atomic(tmp_path / "a", b"new", durable=False)
    assert tree(tmp_path) == {"a": b"new"}


def test_an_interrupt_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """^C in the midst of writing is no exception to it."""

    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    (tmp_path / "a").write_bytes(b"old")
    monkeypatch.setattr(files.os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_atomic(tmp_path / "a", b"new")
    assert tree(tmp_path) == {"a": b"old"}


def test_a_process_that_is_killed_keeps_the_old_file(tmp_path: Path) -> None:
    """SIGKILL after the bytes and before the rename leaves the old file whole."""
    (tmp_path / "a").write_bytes(b"old")
    code = (
        "import os, signal, sys\nfrom pathlib import Path\nfrom kbtool import files\n"
        "files.os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL)\nfiles.write_atomic(Path(sys.argv[1]), b'new' * 100000)\n"
    )
    done = subprocess.run([sys.executable, "-P", "-c", code, tmp_path / "a"], check=False)
    assert done.returncode == -9
    assert (tmp_path / "a").read_bytes() == b"old"


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    """No folder is made for a report that somebody misspelt."""
    with pytest.raises(FileNotFoundError):
        write_atomic(tmp_path / "no/such/a", b"new")
    assert list(tmp_path.iterdir()) == []


# ---------------------------------------------------------------------------------------------- a folder

NAMES = st.sampled_from(["a", "b", "a.d/x", "a.d/y", "a.d/e/z", "b.d/x"])
FOLDERS = st.dictionaries(NAMES, st.sampled_from([b"", b"1", b"2"]))


@given(before=FOLDERS, after=FOLDERS)
def test_a_synchronised_folder_holds_exactly_the_files(
    tmp_path_factory: pytest.TempPathFactory, before: dict[str, bytes], after: dict[str, bytes]
) -> None:
    """Whatever was there, afterwards there are these files, and the ones that changed are named."""
    folder = tmp_path_factory.mktemp("sync")
    sync_folder(folder, before)
    changed = sync_folder(folder, after)
    assert tree(folder) == after
    assert changed == {name for name in {*before, *after} if before.get(name) != after.get(name)}
    assert sync_folder(folder, after) == set()


def test_a_file_where_a_folder_was_and_the_other_way_round(tmp_path: Path) -> None:
    """What stands in the way goes."""
    sync_folder(tmp_path, {"a/b/c": b"1", "d": b"2"})
    sync_folder(tmp_path, {"a": b"3", "d/e/f": b"4"})
    assert tree(tmp_path) == {"a": b"3", "d/e/f": b"4"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "d"]


@pytest.mark.parametrize("link", ["a", "d", "d/x"])
def test_symlinks_are_replaced_and_never_followed(tmp_path: Path, link: str) -> None:
    """A link in the folder does not lead a write, or a removal, outside."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "x").write_bytes(b"1")
    folder = tmp_path / "folder"
    folder.mkdir()
    if "/" in link:
        (folder / "d").mkdir()
    (folder / link).symlink_to(outside if link == "d" else outside / "x")
    sync_folder(folder, {"a": b"1", "d/x": b"1"})
    assert tree(folder) == {"a": b"1", "d/x": b"1"}
    assert not any(path.is_symlink() for path in folder.rglob("*"))
    assert tree(outside) == {"x": b"1"}
    (folder / "old").symlink_to(outside)
    assert sync_folder(folder, {}) == {"a", "d/x", "old"}
    assert tree(outside) == {"x": b"1"}


def test_the_files_that_keep_a_folder_in_git_stay(tmp_path: Path) -> None:
    """`.gitignore` at the top and in `docs/` is the user's; all else that is not in the list goes."""
    for name in (".gitignore", "docs/.gitignore", "docs/x/.gitignore", ".other"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"*")
    sync_folder(tmp_path, {"docs/a.md": b"1"})
    assert sorted(tree(tmp_path)) == [".gitignore", "docs/.gitignore", "docs/a.md"]


# ---------------------------------------------------------------------------------------------- the swap


@pytest.fixture(params=["one step", "two steps"])
def swapping(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run with the exchange of two folders, and as on a file system that has none."""
    if request.param == "two steps":
        monkeypatch.setattr(files, "_exchange", lambda *_: False)
    return str(request.param)


@pytest.mark.usefixtures("swapping")
def test_a_new_site_takes_the_place_of_the_old(tmp_path: Path) -> None:
    """Afterwards there is the new one alone, and nothing of the old one beside it."""
    (tmp_path / "work").mkdir()
    sync_folder(tmp_path, {"site/public/old.html": b"old", "work/new/new.html": b"new"})
    swap_in(tmp_path / "work/new", tmp_path / "site/public")
    assert tree(tmp_path) == {"site/public/new.html": b"new"}
    assert list((tmp_path / "work").iterdir()) == []


@pytest.mark.usefixtures("swapping")
def test_the_first_site_makes_its_folder(tmp_path: Path) -> None:
    """Where there was none, the site is moved in, folders above it included."""
    sync_folder(tmp_path, {"new/new.html": b"new"})
    swap_in(tmp_path / "new", tmp_path / "site/public")
    assert tree(tmp_path) == {"site/public/new.html": b"new"}


def test_the_exchange_is_one_step(tmp_path: Path) -> None:
    """On this file system no moment is without a site: two folders change places."""
    sync_folder(tmp_path, {"a/x": b"a", "b/x": b"b"})
    assert files._exchange(tmp_path / "a", tmp_path / "b")
    assert tree(tmp_path) == {"a/x": b"b", "b/x": b"a"}
    assert not files._exchange(tmp_path / "a", tmp_path / "nothing")


def test_a_swap_in_two_steps_that_fails_puts_the_old_site_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an exchange, a failure of the second step is undone."""
    monkeypatch.setattr(files, "_exchange", lambda *_: False)
    sync_folder(tmp_path, {"site/public/old.html": b"old"})
    with pytest.raises(FileNotFoundError):
        swap_in(tmp_path / "nothing", tmp_path / "site/public")
    assert tree(tmp_path) == {"site/public/old.html": b"old"}


def test_a_swap_that_fails_keeps_the_old_site(tmp_path: Path) -> None:
    """A new site that is not there replaces nothing."""
    sync_folder(tmp_path, {"site/public/old.html": b"old"})
    with pytest.raises(OSError, match="nothing"):
        swap_in(tmp_path / "nothing", tmp_path / "site/public")
    assert tree(tmp_path) == {"site/public/old.html": b"old"}


# ---------------------------------------------------------------------------------------------- the lock


def test_one_at_a_time(tmp_path: Path) -> None:
    """Who comes second is told so, at once, and may try again afterwards."""
    path = tmp_path / "a/b/lock"
    with locked(path), pytest.raises(IncompleteError) as caught, locked(path):
        pass
    assert (caught.value.kind, caught.value.exit_code) == ("busy", 3)
    with locked(path):
        pass


def test_a_lock_ends_with_its_block_or_its_process(tmp_path: Path) -> None:
    """An exception, or a process that was killed, leaves no lock behind."""
    path = tmp_path / "lock"
    with pytest.raises(ZeroDivisionError), locked(path):
        raise ZeroDivisionError
    code = (
        "import os, signal, sys\nfrom pathlib import Path\nfrom kbtool.files import locked\n"
        "with locked(Path(sys.argv[1])):\n    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    assert subprocess.run([sys.executable, "-P", "-c", code, path], check=False).returncode == -9
    with locked(path):
        assert path.is_file()


def test_another_process_holds_it_as_well(tmp_path: Path) -> None:
    """The lock is between processes, not only inside of one."""
    path = tmp_path / "lock"
    code = "import sys\nfrom pathlib import Path\nfrom kbtool.files import locked\nwith locked(Path(sys.argv[1])):\n    pass\n"
    with locked(path):
        done = subprocess.run([sys.executable, "-P", "-c", code, path], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "IncompleteError: error[busy]: another build is running here (wait for it to end)" in done.stderr
