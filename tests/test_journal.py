"""Several files as one: killed, failing or interrupted anywhere, the run leaves all of the old files or all of the new."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbtool import journal
from kbtool.errors import IncompleteError
from kbtool.files import locked
from kbtool.journal import FOLDER, Change, Recovered, digest, locate, recover, write_all

SOAK = os.environ.get("HYPOTHESIS_PROFILE") == "soak"
NAMES = [f"content/part-{n % 3}/article {n}.md" for n in range(20)]


def old(name: str) -> bytes:
    """Return what a file holds at first."""
    return f"---\ntitle: {name}\nlast_reviewed_on: 2026-01-31\n---\nText.\n".encode()


def new(name: str) -> bytes:
    """Return what a file holds when it is written."""
    return old(name).replace(b"2026-01-31", b"2026-11-23")


def make(root: Path, count: int = 3) -> list[Change]:
    """Write a knowledge base of so many articles; return the change of each."""
    for name in NAMES[:count]:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(old(name))
    (root / "pyproject.toml").write_text("[tool.kbtool]\n")
    return [Change(name, old(name), new(name)) for name in NAMES[:count]]


def tree(root: Path) -> dict[str, bytes]:
    """Return every file below, but for the lock, which stays, and the file that hides it from git."""
    found = {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}
    assert found.pop(f"{FOLDER}/.gitignore", b"*\n") == b"*\n"
    assert found.pop(f"{FOLDER}/lock", b"") == b""
    return found


def whole(root: Path, count: int) -> str:
    """Return whether all files are old or new, and that nothing else is there; anything else fails."""
    found = tree(root)
    assert found.pop("pyproject.toml")
    for word, made in (("old", old), ("new", new)):
        if found == {name: made(name) for name in NAMES[:count]}:
            return word
    raise AssertionError({name: b"2026-11-23" in content for name, content in found.items()})


# ---------------------------------------------------------------------------------------------- writing


def test_all_are_written(tmp_path: Path) -> None:
    """Afterwards every file is new and nothing is left but the lock and the file that hides it from git."""
    write_all(tmp_path, make(tmp_path))
    assert whole(tmp_path, 3) == "new"
    assert sorted(path.name for path in (tmp_path / FOLDER).iterdir()) == [".gitignore", "lock"]


def test_what_does_not_change_is_not_written(tmp_path: Path) -> None:
    """A change to the same bytes is none: no folder is made, and the time of the file stays."""
    make(tmp_path)
    os.utime(tmp_path / NAMES[0], ns=(1, 1))
    write_all(tmp_path, [Change(NAMES[0], old(NAMES[0]), old(NAMES[0]))])
    assert (tmp_path / NAMES[0]).stat().st_mtime_ns == 1
    assert not (tmp_path / ".kbtool").exists()


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664, 0o755, 0o444])
def test_the_mode_of_a_file_stays(tmp_path: Path, mode: int) -> None:
    """Who could read or write the old file can do the same with the new one."""
    changes = make(tmp_path)
    (tmp_path / NAMES[0]).chmod(mode)
    write_all(tmp_path, changes)
    assert stat.S_IMODE((tmp_path / NAMES[0]).stat().st_mode) == mode


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_the_owner_of_a_file_stays(tmp_path: Path) -> None:
    """An article of somebody else is still theirs after root has written it."""
    changes = make(tmp_path)
    os.chown(tmp_path / NAMES[0], 12345, 54321)
    write_all(tmp_path, changes)
    found = (tmp_path / NAMES[0]).stat()
    assert (found.st_uid, found.st_gid) == (12345, 54321)


@pytest.mark.parametrize("happened", ["edited", "removed", "symlink", "folder"])
@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_file_that_is_not_what_it_was_stops_all(tmp_path: Path, happened: str, at: int) -> None:
    """Somebody's edit is never overwritten, and the other files are not written either."""
    changes, path = make(tmp_path), tmp_path / NAMES[at]
    path.unlink() if happened != "edited" else path.write_bytes(b"edited")
    if happened == "symlink":
        path.symlink_to(tmp_path / "elsewhere")
        (tmp_path / "elsewhere").write_bytes(old(NAMES[at]))
    if happened == "folder":
        path.mkdir()
    before = tree(tmp_path)
    with pytest.raises(IncompleteError) as caught:
        write_all(tmp_path, changes)
    assert (caught.value.kind, caught.value.where, caught.value.exit_code) == ("changed-meanwhile", NAMES[at], 3)
    assert tree(tmp_path) == before


@pytest.mark.parametrize("at", [0, 1, 2])
def test_an_edit_between_two_writes_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int) -> None:
    """Somebody saves the last article while the others are being written: theirs stays, the others are put back."""
    changes = make(tmp_path)
    path, move = tmp_path / NAMES[at], journal._move

    def save(staged: Path, target: Path) -> None:
        move(staged, target)
        if staged.name == f"{at - 1}.new":
            path.write_bytes(b"edited")

    monkeypatch.setattr(journal, "_move", save)
    with pytest.raises(IncompleteError, match="changed by somebody else") if at else contextlib.nullcontext():
        write_all(tmp_path, changes)
    if at:
        assert path.read_bytes() == b"edited"
        path.write_bytes(old(NAMES[at]))
    assert whole(tmp_path, 3) == ("old" if at else "new")


def test_one_at_a_time(tmp_path: Path) -> None:
    """While another run writes, neither a write nor a recovery touches anything."""
    changes = make(tmp_path)
    (tmp_path / FOLDER).mkdir(parents=True)
    (tmp_path / FOLDER / "0.new").write_bytes(b"of the other run")
    before = tree(tmp_path)
    with locked(tmp_path / FOLDER / "lock"):
        for call in (lambda: write_all(tmp_path, changes), lambda: recover(tmp_path)):
            with pytest.raises(IncompleteError) as caught:
                call()
            assert str(caught.value) == "error[busy]: another run is writing articles here (wait for it to end)"
    assert tree(tmp_path) == before


@pytest.mark.parametrize("link", [".kbtool", FOLDER])
def test_a_symlink_in_the_place_of_the_journal_is_refused(tmp_path: Path, link: str) -> None:
    """A stranger's commit does not lead the journal elsewhere."""
    root, elsewhere = tmp_path / "kb", tmp_path / "elsewhere"
    changes = make(root)
    elsewhere.mkdir()
    (root / link).parent.mkdir(exist_ok=True)
    (root / link).symlink_to(elsewhere)
    with pytest.raises(IncompleteError) as caught:
        write_all(root, changes)
    assert str(caught.value) == f"error[not-written]: {link}: cannot be written: it is a symlink (no article was changed)"
    assert (whole(root, 3), list(elsewhere.iterdir())) == ("old", [])


def other_disk(self: Path, target: Path) -> None:
    """Refuse a rename as the system does between two file systems."""
    raise OSError(errno.EXDEV, os.strerror(errno.EXDEV), str(self), None, str(target))


def test_another_file_system_is_no_hindrance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where `.kbtool` and the articles are on two disks, a temporary file beside the article takes the place of the rename."""
    changes = make(tmp_path)
    (tmp_path / NAMES[0]).chmod(0o640)
    monkeypatch.setattr(Path, "replace", other_disk)
    write_all(tmp_path, changes)
    assert whole(tmp_path, 3) == "new"
    assert stat.S_IMODE((tmp_path / NAMES[0]).stat().st_mode) == 0o640


# ---------------------------------------------------------------------------------------------- killed, or failing, anywhere

#: Stamps a copy of a knowledge base in a process of its own for each step it takes, and stops it before that step.
HARNESS = """
import errno, os, shutil, signal, sys
from pathlib import Path
from kbtool.config import load_config
from kbtool.errors import IncompleteError
from kbtool.journal import recover
from kbtool.stamp import Stamp, apply, plan

template, out, how, first, stride = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]), int(sys.argv[5])

seen = 0

def stop_before(step):
    def hook(event, args):
        global seen
        if event == "open" or event.partition(".")[0] in ("os", "shutil", "tempfile", "fcntl"):
            seen += 1
            if (seen == step and how == "one") or (seen >= step and how == "all"):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "disk")
            if seen == step and how in ("kill", "recovery"):
                os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(hook)

def child(root, step):
    names = sorted(path.relative_to(root) for path in root.rglob("*.md"))
    stamps = plan(load_config(root), [Stamp(name, {"last_reviewed_on": "2026-11-23"}) for name in names])
    stop_before(step)
    recover(root) if how == "recovery" else apply(stamps)

for step in range(first, 100000, stride):
    root = out / f"{step:05}"
    shutil.copytree(template, root)
    pid = os.fork()
    if not pid:
        try:
            child(root, step)
        except IncompleteError as error:
            how = "over"
            (out / f"{step:05}.error").write_text(str(error))
        os._exit(seen >= step)
    if os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0:
        break
"""


def stop_everywhere(template: Path, out: Path, how: str, *, first: int = 1, stride: int = 1) -> Iterator[Path]:
    """Run the harness; yield each copy, the last of which was not stopped at all."""
    out.mkdir()
    done = subprocess.run(
        [sys.executable, "-P", "-c", HARNESS, template, out, how, str(first), str(stride)], capture_output=True, text=True, check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    yield from sorted(path for path in out.iterdir() if path.is_dir())


def half_written(root: Path, count: int) -> bool:
    """Return whether some articles are new and some are not."""
    states = {(root / name).read_bytes() == new(name) for name in NAMES[:count]}
    return len(states) == 2


@pytest.mark.parametrize(("count", "first", "stride"), [(3, 1, 1), (20, 7, 1 if SOAK else 23)])
def test_a_run_that_is_killed_leaves_all_old_or_all_new(tmp_path: Path, count: int, first: int, stride: int) -> None:
    """SIGKILL before any step of stamping: after the next start all articles are old, or all are new, and nothing lies about."""
    make(tmp_path / "template", count)
    ended, mixed = set(), 0
    copies = list(stop_everywhere(tmp_path / "template", tmp_path / "out", "kill", first=first, stride=stride))
    for root in copies:
        assert all((root / name).read_bytes() in (old(name), new(name)) for name in NAMES[:count]), "none is ever torn"
        mixed += half_written(root, count)
        recover(root)
        ended.add(whole(root, count))
        assert recover(root) is None
    assert whole(copies[-1], count) == "new"
    assert ended == {"old", "new"}
    assert mixed, "some were killed between two articles"
    assert len(copies) > 15


def test_a_recovery_that_is_killed_is_done_by_the_next(tmp_path: Path) -> None:
    """However often the recovery dies, the one that gets through puts all articles back."""
    count = 4
    make(tmp_path / "template", count)
    copies = stop_everywhere(tmp_path / "template", tmp_path / "out", "kill")
    half = [root for root in copies if half_written(root, count)][-1]
    for root in stop_everywhere(half, tmp_path / "again", "recovery"):
        recover(root)
        assert whole(root, count) == "old"


@pytest.mark.parametrize("which", ["one", "all"])
def test_whatever_step_fails_all_are_old_or_all_are_new(tmp_path: Path, which: str) -> None:
    """A disk that refuses any step, or all from there on, is an error, and all articles are old; one that refuses to clean up is none, and all are new."""
    make(tmp_path / "template")
    copies = list(stop_everywhere(tmp_path / "template", tmp_path / "out", which))
    hints = set()
    for root in copies:
        error = root.with_suffix(".error")
        said = error.read_text() if error.exists() else ""
        hints.add(said.partition("error[not-written]: disk: cannot be written: No space left on device ")[2])
        if "(the next run" not in said:
            assert not half_written(root, 3)
            assert (root / NAMES[0]).read_bytes() == (old if said else new)(NAMES[0]), said
        recover(root)
        assert whole(root, 3) == ("old" if said else "new")
    later = {"(the next run puts back what this one began)"} if which == "all" else set()
    assert hints == {"", "(no article was changed)"} | later
    assert len(copies) > 15


def test_an_interrupt_is_passed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """^C between two articles puts the first one back and ends the run as any ^C does."""
    changes, move = make(tmp_path), journal._move

    def interrupt(staged: Path, target: Path) -> None:
        if staged.name == "1.new":
            raise KeyboardInterrupt
        move(staged, target)

    monkeypatch.setattr(journal, "_move", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_all(tmp_path, changes)
    assert whole(tmp_path, 3) == "old"


# ---------------------------------------------------------------------------------------------- what is found at the next start


def killed(root: Path, written: int, count: int = 3) -> None:
    """Leave what a run leaves that was killed when so many articles were written."""
    changes, folder = make(root, count), root / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    journal._lay_down(root, folder, changes)
    for n in range(written):
        journal._move(folder / f"{n}.new", root / NAMES[n])


def test_without_a_journal_nothing_is_touched(tmp_path: Path) -> None:
    """A start after a clean run writes nothing, not even a folder."""
    make(tmp_path)
    assert recover(tmp_path) is None
    assert not (tmp_path / ".kbtool").exists()


@given(written=st.integers(0, 4), edited=st.sets(st.integers(0, 3)), undone=st.sets(st.integers(0, 3)))
def test_recovery_of_any_state(
    tmp_path_factory: pytest.TempPathFactory, written: int, edited: set[int], undone: set[int]
) -> None:
    """Half a run is undone, a whole one stands; what somebody edited since is never overwritten, and is named."""
    root = tmp_path_factory.mktemp("kb")
    killed(root, written, 4)
    expected = {n: old(NAMES[n]) if written < 4 else new(NAMES[n]) for n in range(4)}
    states = {n: new(NAMES[n]) if n < written else old(NAMES[n]) for n in range(4)}
    for n, content in [*((n, old(NAMES[n])) for n in undone), *((n, b"edited") for n in edited)]:
        (root / NAMES[n]).write_bytes(content)
        states[n] = expected[n] = content
    restored = [n for n in range(4) if states[n] == new(NAMES[n])] if written < 4 else []
    left = tuple(NAMES[n] for n in sorted(edited))
    assert recover(root) == Recovered(tuple(NAMES[n] for n in restored), left)
    assert {n: (root / NAMES[n]).read_bytes() for n in range(4)} == expected
    assert recover(root) is None


def test_what_is_put_back_is_as_it_was(tmp_path: Path) -> None:
    """Mode and time of an article that is put back are those that it had, so git sees no change."""
    make(tmp_path, 3)
    (tmp_path / NAMES[0]).chmod(0o640)
    os.utime(tmp_path / NAMES[0], ns=(10**18, 10**18))
    folder = tmp_path / FOLDER
    folder.mkdir(parents=True)
    journal._lay_down(tmp_path, folder, [Change(name, old(name), new(name)) for name in NAMES[:3]])
    journal._move(folder / "0.new", tmp_path / NAMES[0])
    assert (tmp_path / NAMES[0]).stat().st_mtime_ns != 10**18
    assert recover(tmp_path) == Recovered((NAMES[0],))
    found = (tmp_path / NAMES[0]).stat()
    assert (stat.S_IMODE(found.st_mode), found.st_mtime_ns) == (0o640, 10**18)


def test_a_write_recovers_first(tmp_path: Path) -> None:
    """A run after one that was killed puts its articles back, and then writes its own."""
    killed(tmp_path, 1)
    write_all(tmp_path, [Change(NAMES[2], old(NAMES[2]), b"later")])
    assert tree(tmp_path) == {"pyproject.toml": b"[tool.kbtool]\n", NAMES[0]: old(NAMES[0]), NAMES[1]: old(NAMES[1]), NAMES[2]: b"later"}


def entry(path: str, before: bytes = b"x", after: bytes = b"victim") -> dict[str, str]:
    """Return one file of a journal."""
    return {"path": path, "before": digest(before), "after": digest(after)}


def test_what_was_laid_down_without_a_journal_is_removed(tmp_path: Path) -> None:
    """A run that was killed before its journal was there has written nothing; what it left is gone after the next."""
    for call in (lambda: recover(tmp_path), lambda: write_all(tmp_path, make(tmp_path))):
        killed(tmp_path, 0)
        (tmp_path / FOLDER / "journal.json").rename(tmp_path / FOLDER / ".journal.json.x1")
        assert call() is None
        assert sorted(path.name for path in (tmp_path / FOLDER).iterdir()) == [".gitignore", "lock"]
    assert whole(tmp_path, 3) == "new"


def test_a_whole_run_between_two_disks_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where files were copied instead of renamed, an edit after the last one does not undo the others either."""
    monkeypatch.setattr(Path, "replace", other_disk)
    killed(tmp_path, 3)
    (tmp_path / NAMES[1]).write_bytes(b"edited")
    assert recover(tmp_path) == Recovered((), (NAMES[1],))
    assert [(tmp_path / name).read_bytes() for name in NAMES[:3]] == [new(NAMES[0]), b"edited", new(NAMES[2])]


@pytest.mark.parametrize(
    "content",
    [
        "{", "[]", "null", '{"format": 2, "files": []}', '{"format": 1}', '{"format": 1, "files": [1]}', '{"format": 1, "files": [{}]}',
        *(json.dumps({"format": 1, "files": [entry(path)]})
          for path in (".git/config", "../victim", "/victim", "content/../../victim", "content//x", "linked/victim", "", "a\0b")),
        json.dumps({"format": 1, "files": [{**entry("x"), "path": 1}]}), "[" * 100_000,
    ],
)
def test_a_strangers_journal_is_refused(tmp_path: Path, content: str) -> None:
    """A journal that came with a commit writes nowhere but to articles; what cannot be read stays for a person to judge."""
    root = tmp_path / "kb"
    make(root)
    (tmp_path / "victim").write_bytes(b"victim")
    (root / ".git").mkdir()
    (root / ".git/config").write_bytes(b"victim")
    (root / "linked").symlink_to(tmp_path)
    folder = root / FOLDER
    folder.mkdir(parents=True)
    (folder / "journal.json").write_text(content)
    (folder / "0.old").write_bytes(b"x")
    (folder / "1.new").write_bytes(b"x")
    before = tree(root)
    for call in (lambda: recover(root), lambda: write_all(root, make(root))):
        with pytest.raises(IncompleteError) as caught:
            call()
        assert str(caught.value).startswith(f"error[journal-damaged]: {FOLDER}/journal.json: what a killed run left behind cannot be read (")
        assert tree(root) == before
        assert (tmp_path / "victim").read_bytes() == b"victim"


@pytest.mark.parametrize("harm", ["gone", "other", "symlink"])
def test_an_old_copy_that_is_not_what_it_was_is_not_put_back(tmp_path: Path, harm: str) -> None:
    """Without the very bytes that an article had, nothing is put back, and the journal stays for a person to judge."""
    killed(tmp_path, 2)
    copy = tmp_path / FOLDER / "1.old"
    copy.unlink()
    if harm == "other":
        copy.write_bytes(b"other")
    if harm == "symlink":
        (tmp_path / "same").write_bytes(old(NAMES[1]))
        copy.symlink_to(tmp_path / "same")
    before = tree(tmp_path)
    with pytest.raises(IncompleteError, match="cannot be read"):
        recover(tmp_path)
    assert tree(tmp_path) == before


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("content/a.md", ""), ("a.md", ""), ("new/a.md", ""), ("content/link.md", "it is a symlink"), ("linked/a.md", "it is reached through a symlink"),
        (".a.md", "it is hidden, or outside of the knowledge base"), ("content/.x/a.md", "it is hidden, or outside of the knowledge base"),
        ("", "it is hidden, or outside of the knowledge base"), ("/a.md", "it is hidden, or outside of the knowledge base"),
    ],
)
def test_where_a_name_leads(tmp_path: Path, name: str, said: str) -> None:
    """A name leads to a file below the root, without detours, or is refused with the reason."""
    (tmp_path / "content").mkdir()
    (tmp_path / "content/link.md").symlink_to("a.md")
    (tmp_path / "linked").symlink_to("content")
    if said:
        with pytest.raises(ValueError, match=f"^{said}$"):
            locate(tmp_path, name)
    else:
        assert locate(tmp_path, name) == tmp_path / name
