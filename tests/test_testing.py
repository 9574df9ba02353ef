"""The builder of real repositories; the rest of the test kit shows in every test of a check."""

from __future__ import annotations

from pathlib import Path

import pytest

from kbtool.testing import Content, Repository, history


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    """A repository without a commit."""
    return history(tmp_path / "repo")


def log(repo: Repository, what: str, *args: str) -> list[str]:
    """Return one line for each commit, oldest first."""
    return repo.git("log", "--reverse", f"--format={what}", *args).split("\n")


def test_ids_are_the_same_in_every_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the clock nor the user's settings nor the place decide on an id."""
    ids = []
    for name in ("one", "two"):
        monkeypatch.setenv("GIT_AUTHOR_NAME", name)
        monkeypatch.setenv("TZ", f"X{len(ids)}")
        monkeypatch.setenv("HOME", str(tmp_path))
        (tmp_path / ".gitconfig").write_text(f"[user]\n\tname = {name}\n[commit]\n\tgpgSign = true\n[core]\n\tautocrlf = true\n")
        ids.append(history(tmp_path / name).commit({"a": "1\r\n"}, on="2026-03-01", by="Ana"))
    assert ids == ["d9c6eceec360926bffa8f9dc8707ef1db1c9a0db"] * 2


@pytest.mark.parametrize(("given", "committed", "authored"), [
    ({"on": "2026-03-01"}, "2026-03-01 12:00:00 +0000", "2026-03-01 12:00:00 +0000"),
    ({"on": "2026-03-01T23:30+09:00"}, "2026-03-01 23:30:00 +0900", "2026-03-01 23:30:00 +0900"),
    ({"on": "2026-03-01T08:15"}, "2026-03-01 08:15:00 +0000", "2026-03-01 08:15:00 +0000"),
    ({"on": "2026-03-01", "written": "2024-02-29"}, "2026-03-01 12:00:00 +0000", "2024-02-29 12:00:00 +0000"),
    ({"on": "1970-01-02"}, "1970-01-02 12:00:00 +0000", "1970-01-02 12:00:00 +0000"),
    ({}, "2026-01-01 12:01:00 +0000", "2026-01-01 12:01:00 +0000"),
])
def test_dates(repo: Repository, given: dict[str, str], committed: str, authored: str) -> None:
    """A day is its noon, a moment keeps its offset, and the author's date may be another."""
    repo.commit(**given)
    assert log(repo, "%ci|%ai") == [f"{committed}|{authored}"]


def test_the_clock_goes_on(repo: Repository) -> None:
    """A commit without a date comes a minute after the one before, be it a merge."""
    repo.commit(on="2026-03-01")
    repo.branch("b")
    repo.commit()
    repo.switch("main")
    repo.merge("b")
    assert log(repo, "%cI") == ["2026-03-01T12:00:00+00:00", "2026-03-01T12:01:00+00:00", "2026-03-01T12:02:00+00:00"]


def test_people_and_messages(repo: Repository) -> None:
    """A name has an address; trailers are such to git, whatever the message is."""
    repo.commit(by="Ana Long", message="One\n\nMore.", trailers={"Kb-Change": "minor", "Co-authored-by": "Ben <ben@example.com>"})
    repo.commit(by="Ben <b@example.org>", message="# Two", trailers={"Kb-Change": "minor"})
    repo.commit(message="")
    assert log(repo, "%an <%ae>|%cn|%s|%(trailers:key=Kb-Change,valueonly,separator=%x2C)") == [
        "Ana Long <ana@example.com>|Ana Long|One|minor", "Ben <b@example.org>|Ben|# Two|minor", "Test <test@example.com>|Test||",
    ]


def test_files(repo: Repository) -> None:
    """Text, bytes, symlinks and removals are committed, with what was staged; what was only written is not."""
    files: dict[str, Content] = {"a": "ä\n", "b/c": b"\xff", "l": Path("a"), "odd\n\udcff": "1", "-x": "2"}
    head = repo.commit(files)
    assert head == repo.head
    assert set(repo.git("ls-files", "-z").split("\0")) - {""} == set(files)
    assert (repo.git("show", "HEAD:b/c"), (repo.folder / "l").readlink()) == ("\udcff", Path("a"))
    repo.write({"w": "1", "a": "2"})
    repo.move("b", "new/b")
    repo.commit({"l": "no link", "-x": None})
    assert repo.git("show", "--format=", "--name-status", "-M", "HEAD").split("\n") == ["D\t-x", "T\tl", "R100\tb/c\tnew/b/c"]
    assert repo.git("status", "--short").split("\n") == [" M a", "?? w"]
    repo.commit({"new": None})
    assert not (repo.folder / "new").exists()


def test_merges(repo: Repository) -> None:
    """Merge commits, fast forwards, merges of several branches, and conflicts that are settled."""
    base = repo.commit({"a": "1"})
    for name in ("b", "c", "d"):
        repo.branch(name, base)
        repo.commit({name: "1", "x": name})
    repo.switch("main")
    assert repo.merge("b", fast_forward=True) == repo.git("rev-parse", "b")
    settled = repo.merge("c", files={"x": "both"}, by="Ana", message="Settle", on="2026-04-01")
    assert log(repo, "%P|%an|%s|%cs", "-1") == [f"{repo.git('rev-parse', 'b')} {repo.git('rev-parse', 'c')}|Ana|Settle|2026-04-01"]
    assert (repo.head, repo.git("show", "HEAD:x")) == (settled, "both")
    with pytest.raises(AssertionError, match=r"git merge .*\n*CONFLICT|git merge .*conflict"):
        repo.merge("d")


def test_clones_and_work_trees(repo: Repository, tmp_path: Path) -> None:
    """A clone may be shallow, partial or bare; a work tree shares its repository."""
    for number in range(3):
        repo.commit({"a": str(number)})
    assert log(repo.clone(tmp_path / "shallow", depth=2), "%s") == ["Change"] * 2
    assert (tmp_path / "shallow/a").read_text() == "2"
    assert repo.clone(tmp_path / "blobless", "--filter=blob:none").git("config", "remote.origin.partialclonefilter") == "blob:none"
    assert repo.clone(tmp_path / "bare", "--bare").git("rev-parse", "--is-bare-repository") == "true"
    linked = repo.worktree(tmp_path / "linked", "HEAD~1")
    assert ((linked.folder / "a").read_text(), (linked.folder / ".git").is_file()) == ("1", True)


def test_a_git_that_fails(repo: Repository) -> None:
    """What git says is the error of the test."""
    with pytest.raises(AssertionError, match="git switch nowhere: fatal: invalid reference: nowhere"):
        repo.git("switch", "nowhere")
    assert not repo.git("switch", "nowhere", fails=True)
