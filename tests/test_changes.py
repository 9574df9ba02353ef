"""What a range means, and what it changes, in real repositories."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kbtool import changes
from kbtool.changes import ChangedFile, Span, changed_files, find_base, find_span, waiting_commits
from kbtool.errors import IncompleteError, KbtoolError, UsageError
from kbtool.git import Git, GitError
from kbtool.testing import Repository, history


@pytest.fixture
def forked(tmp_path: Path) -> tuple[Repository, dict[str, str]]:
    """A repository whose branch `fix` (checked out) and main have gone apart, and the ids of its commits."""
    made = history(tmp_path / "repo")
    ids = {"old": made.commit({"a": "1\n"}), "fork": made.commit({"a": "2\n"})}
    made.git("tag", "v1", ids["old"])
    made.branch("fix")
    ids["fix"] = made.commit({"b": "1\n"})
    made.switch("main")
    ids["main"] = made.commit({"a": "3\n"})
    made.switch("fix")
    return made, ids


@pytest.mark.parametrize(("text", "base", "head"), [
    (None, "fork", ""),
    ("main", "fork", ""),
    ("v1", "old", ""),
    ("HEAD", "fix", ""),
    ("HEAD~1", "fork", ""),
    ("main..fix", "main", "fix"),
    ("main...fix", "fork", "fix"),
    ("fix...main", "fork", "main"),
    ("main..", "main", "fix"),
    ("..main", "fix", "main"),
    ("main...", "fork", "fix"),
    ("fix^..fix", "fork", "fix"),
])
def test_ranges(forked, text: str | None, base: str, head: str) -> None:
    """One commit means what the checkout has had since they parted, two dots two commits, three dots what came since the fork."""
    repo, ids = forked
    assert find_span(Git(repo.folder), text, None) == Span(ids[base], ids.get(head, ""))


def test_a_commit_by_its_id(forked) -> None:
    """An id is a name as good as any, whole or short."""
    repo, ids = forked
    assert find_span(Git(repo.folder), f"{ids['old'][:10]}..{ids['main']}", None) == Span(ids["old"], ids["main"])


def test_the_main_branch_is_configured_or_found(forked) -> None:
    """A configured main branch counts, and what origin calls its main branch goes before a local one."""
    repo, ids = forked
    git = Git(repo.folder)
    repo.git("branch", "stable", ids["old"])
    assert find_span(git, None, "stable") == Span(ids["old"])
    repo.git("update-ref", "refs/remotes/origin/main", ids["old"])
    assert find_span(git, None, None) == Span(ids["old"])


@pytest.mark.parametrize("text", [
    "nope", "v1..nope", "nope...v1", "--output=stolen", "-p", "", "a b", "HEAD:a", ":/Change", "HEAD^{tree}", "v1..--output=stolen", "main....fix",
])
def test_what_is_no_commit(forked, text: str) -> None:
    """What git does not know as a commit is an error of the command line, and never an option of git."""
    repo, _ = forked
    with pytest.raises(UsageError, match="there is no branch, tag or commit") as caught:
        find_span(Git(repo.folder), text, None)
    assert (caught.value.exit_code, caught.value.kind) == (2, "no-such-ref")
    assert "git fetch" in str(caught.value)
    assert sorted(path.name for path in repo.folder.iterdir()) == [".git", "a", "b"]


def test_nothing_to_compare_with(tmp_path: Path, forked) -> None:
    """An empty repository, no main branch, and branches without a common commit are errors of their own."""
    repo, _ = forked
    with pytest.raises(UsageError, match="nothing has been committed"):
        find_span(Git(history(tmp_path / "empty").folder), None, None)
    with pytest.raises(UsageError, match=r"the main branch 'trunk' .* not found .*set main_branch"):
        find_span(Git(repo.folder), None, "trunk")
    repo.git("checkout", "-q", "--orphan", "alone")
    repo.commit()
    with pytest.raises(UsageError, match="'main' and 'HEAD' have no commit in common"):
        find_span(Git(repo.folder), "main", None)
    repo.git("branch", "-D", "main", "fix")
    with pytest.raises(UsageError, match=r"a main branch that shares history .*name a base"):
        find_span(Git(repo.folder), None, None)


@pytest.mark.parametrize(("text", "message"), [
    ("HEAD~1", "'HEAD~1' is not in it"),
    ("v1..HEAD", "'v1' is not in it"),
    ("origin/main", "cut off before 'origin/main' and 'HEAD' meet"),
    (None, "a main branch is not in it, or cut off"),
])
def test_a_shallow_clone(forked, tmp_path: Path, text: str | None, message: str) -> None:
    """What a shallow clone lacks is no verdict (exit code 3), with the line that the workflow needs."""
    repo, _ = forked
    repo.switch("main")
    clone = repo.clone(tmp_path / "clone", "--no-tags", depth=1)
    clone.git("checkout", "-q", "fix")
    with pytest.raises(IncompleteError) as caught:
        find_span(Git(clone.folder), text, None)
    assert (caught.value.exit_code, caught.value.kind) == (3, "git-shallow")
    assert message in str(caught.value)
    assert '"fetch-depth: 0"' in str(caught.value)


def test_a_shallow_clone_that_is_deep_enough(forked, tmp_path: Path) -> None:
    """A clone that holds the base is enough, however shallow it is."""
    repo, ids = forked
    clone = repo.clone(tmp_path / "clone", depth=2)
    assert find_span(Git(clone.folder), "origin/main", None) == Span(ids["fork"])


@pytest.mark.parametrize("name", ["main..fix", "main...fix", "..", "v1.."])
def test_a_base_is_one_commit(forked, name: str) -> None:
    """Where a base is wanted, a range is an error, and a name means the work tree since the checkout left it."""
    repo, ids = forked
    assert find_base(Git(repo.folder), "main") == Span(ids["fork"])
    with pytest.raises(UsageError, match=r"is a range .*name one branch, tag or commit"):
        find_base(Git(repo.folder), name)


def test_a_shallow_clone_that_hides_where_branches_meet(tmp_path: Path) -> None:
    """Where a clone is cut off after a commit that two branches share, a newer one may be hidden: no verdict, and no older base."""
    repo = history(tmp_path / "repo")
    repo.commit({"a": "1\n"})
    old = repo.commit({"a": "2\n"})
    repo.branch("fix")
    repo.commit({"b": "1\n"})
    repo.switch("main")
    fork = repo.commit({"a": "3\n"})
    repo.switch("fix")
    repo.merge("main")
    repo.commit({"b": "2\n"})
    repo.switch("main")
    repo.commit({"a": "4\n"})
    repo.merge(old, message="Again")
    repo.switch("fix")
    assert find_span(Git(repo.folder), "main", None) == Span(fork)
    cut = repo.git("rev-list", "fix", "--max-count=1", "--skip=1")
    (repo.folder / ".git/shallow").write_text(f"{repo.git('rev-parse', 'main')}\n{cut}\n")
    with pytest.raises(IncompleteError, match="cut off before 'main' and 'HEAD' meet"):
        find_span(Git(repo.folder), "main", None)


@pytest.mark.parametrize(("where", "base", "waiting"), [
    ("fix", "main", ["fix"]), ("fix", "old", ["fix"]), ("main", "old", []), ("main", "fix", []), ("merged", "main", ["merged", "fix"]), ("merged", "fix", ["merged"]),
])
def test_what_has_not_landed(forked, where: str, base: str, waiting: list[str]) -> None:
    """Commits wait that came after the base and that the main branch does not have."""
    repo, ids = forked
    repo.git("checkout", "-q", "--detach", "main")
    ids["merged"] = repo.merge("fix")
    repo.git("checkout", "-q", ids[where] if where == "merged" else where)
    git = Git(repo.folder)
    assert waiting_commits(git, find_base(git, ids[base]), None) == {ids[name] for name in waiting}


def test_a_clone_without_blobs(tmp_path: Path) -> None:
    """Where the content of old files is not here, only files that are as they were count as renamed; nothing is fetched."""
    repo = history(tmp_path / "repo")
    long = "".join(f"line {number}\n" for number in range(20))
    base = repo.commit({"same": f"{long}1\n", "edited": f"{long}2\n", "changed": "1\n"})
    repo.commit({"same": None, "edited": None, "new same": f"{long}1\n", "new edited": f"{long}3\n", "changed": "2\n"})
    clone = repo.clone(tmp_path / "clone", "--filter=blob:none")
    for span in (Span(base), Span(base, repo.head)):
        assert [(file.path, file.status, file.old_path) for file in changed_files(Git(clone.folder), span)] == [
            ("changed", "changed", ""), ("edited", "removed", ""), ("new edited", "added", ""), ("new same", "renamed", "same")]


def test_moved_by_hand(tmp_path: Path) -> None:
    """A file that git does not know yet is renamed where it is just what a removed one was, whatever else is new."""
    repo = history(tmp_path / "repo")
    base = repo.commit({"a.md": "1\n", "b.md": "1\n", "c.md": "3\n"})
    repo.write({"a.md": None, "b.md": None, "new.md": "1\n", "other.md": "2\n", "x.txt": "3\n"})
    assert [(file.path, file.status, file.old_path) for file in changed_files(Git(repo.folder), Span(base))] == [
        ("a.md", "removed", ""), ("new.md", "renamed", "b.md"), ("other.md", "added", ""), ("x.txt", "added", "")]


def test_what_a_file_was(tmp_path: Path) -> None:
    """Each file has the state that it had at the base, under the name of then."""
    repo = history(tmp_path / "repo")
    long = "".join(f"line {number}\n" for number in range(20))
    base = repo.commit({"gone": "1\n", "kept": "1\n", "old": long})
    states = {line.split("\t")[1]: line.split()[0] + " " + line.split()[2] for line in repo.git("ls-tree", base).splitlines()}
    repo.move("old", "new")
    repo.commit({"gone": None, "kept": "2\n", "new": f"{long}more\n", "added": "3\n"})
    for span in (Span(base), Span(base, repo.head)):
        found = {file.path: (file.was, file.before) for file in changed_files(Git(repo.folder), span)}
        assert found == {"added": ("added", ""), "gone": ("gone", states["gone"]), "kept": ("kept", states["kept"]), "new": ("old", states["old"])}


def test_what_changed(tmp_path: Path) -> None:
    """Files are added, changed, removed and renamed, committed or not, whatever they are called; ignored ones are not seen."""
    repo = history(tmp_path / "repo")
    odd = os.fsdecode(b"b\xe4d.py")
    long = "".join(f"line {number}\n" for number in range(20))
    base = repo.commit({"gone": "goes\n", "kept": "1\n", "old name": long, "mode": "1\n", odd: "1\n", ".gitignore": "ignored\n"})
    repo.move("old name", "new\n\tname")
    repo.commit({"gone": None, odd: "2\n", "new\n\tname": f"{long}more\n"})
    (repo.folder / "mode").chmod(0o755)
    repo.write({"added": "1\n", "ignored": "1\n", "staged": "1\n"})
    repo.git("add", "staged")
    expected = (
        ChangedFile("added", "added"), ChangedFile(odd, "changed"), ChangedFile("gone", "removed"), ChangedFile("mode", "changed"),
        ChangedFile("new\n\tname", "renamed", "old name"), ChangedFile("staged", "added"),
    )
    found = changed_files(Git(repo.folder), Span(base))
    assert found == tuple(sorted(expected, key=lambda file: file.path))
    assert found[4].names == ("new\n\tname", "old name")
    assert [file.path for file in changed_files(Git(repo.folder), Span(base, repo.head))] == [odd, "gone", "new\n\tname"]


def test_paths_are_those_of_the_repository(tmp_path: Path) -> None:
    """Asked in a folder of the repository, paths still start at its top, and all of it counts."""
    repo = history(tmp_path / "repo")
    base = repo.commit({"in/a": "1\n", "b": "1\n"})
    repo.write({"in/a": "2\n", "b": "2\n", "in/new": "1\n"})
    git = Git(Git(repo.folder / "in").top)
    assert [file.path for file in changed_files(git, Span(base))] == ["b", "in/a", "in/new"]


def test_a_submodule_is_a_link(tmp_path: Path) -> None:
    """Another commit in a submodule is a change of the submodule; files that lie around in it are none."""
    other = history(tmp_path / "other")
    other.commit({"a": "1\n"})
    repo = history(tmp_path / "repo")
    repo.git("submodule", "add", "-q", other.folder.as_uri(), "sub")
    base = repo.commit()
    inside = Repository(repo.folder / "sub", repo.now)
    inside.write({"litter": "1\n"})
    assert changed_files(Git(repo.folder), Span(base)) == ()
    inside.commit({"a": "2\n"})
    assert changed_files(Git(repo.folder), Span(base)) == (ChangedFile("sub", "changed", link=True),)


def test_a_file_in_conflict_is_listed_once(forked) -> None:
    """In the middle of a merge, a file with a conflict is changed, once."""
    repo, ids = forked
    repo.commit({"a": "4\n"})
    repo.git("merge", "main", fails=True)
    assert [file for file in changed_files(Git(repo.folder), Span(ids["fork"])) if file.path == "a"] == [ChangedFile("a", "changed")]


@pytest.mark.parametrize("raw", [":100644 100644 1 2 M\0", "100644 M\0a\0", ":100644 100644 1 2 R100\0a\0", "fatal: no"])
def test_output_that_git_does_not_print(raw: str) -> None:
    """A torn or unknown line is an error, never a shorter list."""
    with pytest.raises(GitError, match="listed what it should not") as caught:
        list(changes._parse(raw))
    assert isinstance(caught.value, KbtoolError)


def test_nothing_is_written(forked) -> None:
    """Comparing changes no file, and no byte of the index."""
    repo, ids = forked
    index = (repo.folder / ".git/index").read_bytes()
    os.utime(repo.folder / "a", (1, 1))  # git would like to write down that it has looked
    assert [file.path for file in changed_files(Git(repo.folder), Span(ids["fork"]))] == ["b"]
    assert (repo.folder / ".git/index").read_bytes() == index
