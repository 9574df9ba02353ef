"""The files of a repository as git would store them."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kbtool.git import Git, GitError
from kbtool.testing import Content, Repository, history
from kbtool.working_tree import CommittedTree, State, Tree, WorkingTree

pytestmark = pytest.mark.usefixtures("home")
ODD = ("sp ace", 'q"uote', '"', "tab\there", "new\nline", "cr\r", "end ", "-rf", "--output=x", ":(glob)*", ":!x", "*", "a:b", "back\\slash", "\x01", "ä",
       "a\u0308", "\udcff\udcfe", "con", ".gitignore2", "d e/f\n/g")
EMPTY = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    """A repository without a commit."""
    return history(tmp_path / "repo")


def all_states(tree: Tree) -> dict[str, State]:
    """Return the state of every file."""
    return tree.states(sorted(tree.paths))


def stored(repo: Repository) -> dict[str, State]:
    """Return what git itself stores when everything in a copy of the repository is added."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Repository(Path(shutil.copytree(repo.folder, f"{folder}/copy", symlinks=True)))
        copy.git("add", "--all", "--sparse")
        entries = [entry.partition("\t") for entry in copy.git("ls-files", "-z", "--stage").split("\0") if entry]
    return {path: about.removesuffix(" 0") for about, _, path in entries}


def differing(repo: Repository) -> set[str]:
    """Return what is not as in the newest commit; what git would store is as git says."""
    found = all_states(WorkingTree(Git(repo.folder)))
    assert found == stored(repo)
    committed = all_states(CommittedTree(Git(repo.folder), "HEAD"))
    return {path for path in found.keys() | committed.keys() if found.get(path) != committed.get(path)}


def link(repo: Repository, name: str, target: str) -> None:
    (repo.folder / name).symlink_to(target)


def conflict(repo: Repository, ours: dict[str, Content], theirs: dict[str, Content]) -> None:
    """Leave a merge that failed."""
    repo.branch("theirs")
    repo.commit(theirs)
    repo.switch("main")
    repo.commit(ours)
    repo.git("merge", "theirs", fails=True)
    assert repo.git("ls-files", "--unmerged")


CHANGES: dict[str, tuple[Callable[[Repository], object], set[str]]] = {
    "nothing": (lambda r: r.git("status"), set()),
    "written again": (lambda r: r.write({"a": "1"}), set()),
    "another time": (lambda r: os.utime(r.folder / "a", (1, 1)), set()),
    "other words, same length": (lambda r: r.write({"a": "2"}), {"a"}),
    "staged": (lambda r: (r.write({"a": "2"}), r.git("add", "a")), {"a"}),
    "staged and changed back": (lambda r: (r.write({"a": "2"}), r.git("add", "a"), r.write({"a": "1"})), set()),
    "new": (lambda r: r.write({"n": "1", "d/n": "2", "new/n": "3"}), {"n", "d/n", "new/n"}),
    "deleted": (lambda r: r.write({"a": None}), {"a"}),
    "deleted, known to git": (lambda r: r.git("rm", "-q", "a"), {"a"}),
    "forgotten, still there": (lambda r: r.git("rm", "-q", "--cached", "a"), set()),
    "forgotten and ignored": (lambda r: (r.git("rm", "-q", "--cached", "a"), r.write({".gitignore": "a\n"})), {"a", ".gitignore"}),
    "moved": (lambda r: (r.folder / "a").rename(r.folder / "b"), {"a", "b"}),
    "ignored": (lambda r: r.write({"x.log": "1", "deep/x.log": "2", ".gitignore": "*.log\n"}), {".gitignore"}),
    "ignored, tracked all the same": (lambda r: r.write({"a": "2", ".gitignore": "a\n"}), {"a", ".gitignore"}),
    "to be added": (lambda r: (r.write({"n": "1"}), r.git("add", "--intent-to-add", "n")), {"n"}),
    "to be added, gone": (lambda r: (r.write({"n": "1"}), r.git("add", "--intent-to-add", "n"), r.write({"n": None})), set()),
    "executable": (lambda r: (r.folder / "a").chmod(0o755), {"a"}),
    "executable and new": (lambda r: (r.write({"n": "1"}), (r.folder / "n").chmod(0o755)), {"n"}),
    "executable, which does not count": (lambda r: (r.git("config", "core.fileMode", "false"), (r.folder / "a").chmod(0o755), r.write({"n": "1"}), (r.folder / "n").chmod(0o755)), {"n"}),
    "a link now": (lambda r: r.write({"a": Path("d/b")}), {"a"}),
    "no link any more": (lambda r: r.write({"l": "a"}), {"l"}),
    "a link elsewhere": (lambda r: r.write({"l": Path("d/b")}), {"l"}),
    "a dangling link": (lambda r: r.write({"n": Path("/nowhere")}), {"n"}),
    "the target of a link": (lambda r: r.write({"d/b": "x"}), {"d/b"}),
    "a folder now": (lambda r: (r.write({"a": None}), r.write({"a/n": "1"})), {"a", "a/n"}),
    "no folder any more": (lambda r: (r.write({"d": None}), r.write({"d": "1"})), {"d", "d/b"}),
    "no folder with attributes any more": (lambda r: (r.commit({"d/.gitattributes": "* -text\n"}), r.write({"d": None}), r.write({"d": "1"})), {"d", "d/b", "d/.gitattributes"}),
    "a link in the place of a folder": (lambda r: (r.write({"d": None, "e/b": "2"}), link(r, "d", "e")), {"d", "d/b", "e/b"}),
    "odd names": (lambda r: r.write(dict.fromkeys(ODD, "1")), set(ODD)),
    "assumed unchanged": (lambda r: (r.git("update-index", "--assume-unchanged", "a"), r.write({"a": "2"})), set()),
    "to be skipped, changed": (lambda r: (r.git("update-index", "--skip-worktree", "a"), r.write({"a": "2"})), set()),
    "to be skipped, gone": (lambda r: (r.git("update-index", "--skip-worktree", "a"), r.write({"a": None})), set()),
    "in conflict": (lambda r: conflict(r, {"a": "ours"}, {"a": "theirs"}), {"a"}),
    "in conflict, gone": (lambda r: (conflict(r, {"a": "ours"}, {"a": "theirs"}), r.write({"a": None})), {"a"}),
    "in conflict, we removed it": (lambda r: conflict(r, {"a": None}, {"a": "theirs"}), {"a"}),
    "in conflict, they removed it": (lambda r: conflict(r, {"a": "ours"}, {"a": None}), set()),
    "in conflict, both added it": (lambda r: conflict(r, {"n": "ours"}, {"n": "theirs"}), {"n"}),
    "in conflict, we have other line ends": (lambda r: (conflict(r, {"a": "ours\r\n"}, {"a": "theirs\n"}), r.git("config", "core.autocrlf", "true"), r.write({"a": "ours\r\n"})), set()),
    "sparse": (lambda r: (r.git("sparse-checkout", "set", "--cone", "e"), r.write({"a": "2"})), {"a"}),
    "sparse, not there and new": (lambda r: (r.git("sparse-checkout", "set", "--cone", "e"), r.write({"d/n": "2"})), {"d/n"}),
    "sparse, there all the same": (lambda r: (r.git("sparse-checkout", "set", "--cone", "e"), r.write({"d/b": "x"})), {"d/b"}),
    "a sparse index": (lambda r: (r.git("sparse-checkout", "set", "--cone", "--sparse-index", "e"), r.write({"a": "2", "e/n": "1"})), {"a", "e/n"}),
    "a split index": (lambda r: (r.git("update-index", "--split-index"), r.git("config", "core.splitIndex", "true"), r.write({"a": "2"})), {"a"}),
    "the files of a bare repository": (lambda r: r.write({"x/HEAD": "ref: refs/heads/main\n", "x/config": "", "x/objects/o": "", "x/refs/o": ""}), {"x/HEAD", "x/config", "x/objects/o", "x/refs/o"}),
}


@pytest.mark.parametrize("change", CHANGES)
def test_changes(repo: Repository, change: str) -> None:
    """Each change shows in just the files that it changes, and their states are those that git would store."""
    repo.commit({"a": "1", "d/b": "2", "l": Path("a"), "e/.keep": ""})
    make, expected = CHANGES[change]
    make(repo)
    assert differing(repo) == expected


def test_what_a_state_is(repo: Repository) -> None:
    """A state is mode and id, as in the output of git log."""
    repo.commit({"a": "", "l": Path("a"), "x": "#!"})
    repo.write({"a": "1\n", "n": ""})
    (repo.folder / "x").chmod(0o755)
    tree = WorkingTree(Git(repo.folder))
    assert tree.states(["n", "x", "missing", "l", "a", "n"]) == {
        "n": f"100644 {EMPTY}", "x": f"100755 {repo.git('hash-object', 'x')}", "l": f"120000 {repo.git('rev-parse', 'HEAD:l')}",
        "a": "100644 d00491fd7e5bb6fa28c517a0bb32b8b506539d4d",
    }
    assert list(tree.states(["x", "missing", "a"])) == ["x", "a"]
    assert tree.untracked == {"n"}
    repo.git("add", "--all")
    repo.commit()
    logged = repo.git("log", "-1", "--raw", "--no-abbrev", "--format=").replace("\t", " ").split("\n")
    assert {line.split(" ")[5]: " ".join(line.split(" ")[1:4:2]) for line in logged} == tree.states(["a", "n", "x"])


def test_names_that_git_knows(repo: Repository) -> None:
    """Odd names are the same in the index, in a commit, and when their files have changed."""
    repo.commit(dict.fromkeys(ODD, "1"))
    assert WorkingTree(Git(repo.folder)).paths == CommittedTree(Git(repo.folder), "HEAD").paths == set(ODD)
    assert differing(repo) == set()
    repo.write(dict.fromkeys(ODD, "2"))
    assert differing(repo) == set(ODD)
    assert WorkingTree(Git(repo.folder)).untracked == set()


class TestFilters:
    """Content goes through the filters that git would send it through."""

    ATTRIBUTES = "*.up filter=up\n*.id ident\n*.u16 text working-tree-encoding=UTF-16LE\n*.lf text eol=lf\n"

    def test_attributes(self, repo: Repository) -> None:
        """Line ends, encodings, identifiers and a clean filter are undone before the id is taken."""
        repo.git("config", "filter.up.clean", "tr a-z A-Z")
        files: dict[str, Content] = {"a.up": "abc", "b.id": "$Id$\n", "c.u16": "ä\n".encode("utf-16le"), "d.lf": "a\nb\n"}
        repo.commit({".gitattributes": self.ATTRIBUTES, **files})
        repo.write({"a.up": "aBC", "b.id": "$Id: 123 $\n", "c.u16": "ä\n".encode("utf-16le"), "d.lf": "a\r\nb\r\n"})
        assert differing(repo) == set()
        repo.write({"a.up": "x", "b.id": "$Id: 1 $ 2\n", "c.u16": "ö\n".encode("utf-16le"), "d.lf": "a\r\n", "new/n.up": "n", "n.lf": "\r\n"})
        assert differing(repo) == {"a.up", "b.id", "c.u16", "d.lf", "new/n.up", "n.lf"}

    @pytest.mark.parametrize("way", ["attribute", "configuration"])
    def test_line_ends_stay_where_they_were_committed(self, repo: Repository, way: str) -> None:
        """Git leaves the line ends of a file alone that it has with CRLF already, and so do we."""
        repo.commit({"old": "a\r\nb\r\n", "g": "a\n", "h": "b\n"})
        if way == "attribute":
            repo.commit({".gitattributes": "* text=auto\n"})
        else:
            repo.git("config", "core.autocrlf", "true")
        os.utime(repo.folder / "old", (1, 1))
        repo.write({"g": "a\r\n"})
        assert differing(repo) == set()
        repo.write({"old": "a\r\nb\r\nc\r\n", "h": "c\r\n", "n": "n\r\n"})
        assert differing(repo) == {"old", "h", "n"}

    def test_attributes_that_are_not_checked_out(self, repo: Repository) -> None:
        """A sparse checkout without its .gitattributes takes them from the index, as git does."""
        repo.commit({"d/.gitattributes": "*.lf text eol=lf\n", "d/a.lf": "a\n"})
        repo.git("sparse-checkout", "set", "--no-cone", "/d/*.lf")
        assert not (repo.folder / "d/.gitattributes").exists()
        repo.write({"d/a.lf": "a\r\n"})
        assert differing(repo) == set()

    def test_only_what_is_asked_for_is_read_and_once(self, repo: Repository) -> None:
        """Files that did not change are not read, those that did only when somebody asks, and one answer holds."""
        seen = repo.folder.parent / "seen"
        repo.git("config", "filter.see.clean", f"echo %f >> {seen}; cat")
        repo.commit({".gitattributes": "*.x filter=see\n", "a.x": "1", "b.x": "1", "c.x": "1"})
        for name in ("a.x", "b.x", "c.x"):
            os.utime(repo.folder / name, (1, 1))  # long before the index, or git looks into them to be sure
        repo.git("status")
        seen.unlink()
        repo.write({"a.x": "22", "b.x": "22", "n.x": "1"})
        tree = WorkingTree(Git(repo.folder))
        assert tree.paths == {".gitattributes", "a.x", "b.x", "c.x", "n.x"}
        assert not seen.exists()
        first = tree.states(["a.x", "c.x"])
        assert seen.read_text() == "a.x\n"
        repo.write({"a.x": "333"})
        assert tree.states(["c.x", "a.x"]) == first
        tree.states(["n.x", "a.x"])
        assert seen.read_text() == "a.x\nn.x\n"

    def test_a_filter_that_fails(self, repo: Repository) -> None:
        """What cannot be known is an error, not a state."""
        repo.git("config", "filter.bad.clean", "exit 1")
        repo.git("config", "filter.bad.required", "true")
        repo.write({".gitattributes": "*.x filter=bad\n", "a.x": "1"})
        tree = WorkingTree(Git(repo.folder))
        assert list(tree.states([".gitattributes"])) == [".gitattributes"]
        with pytest.raises(GitError, match=r"git update-index failed \(exit code 128\): a\.x: clean filter 'bad' failed"):
            tree.states(["a.x"])


class TestOtherRepositories:
    """Submodules, work trees, and repositories that only lie about."""

    @pytest.fixture
    def library(self, tmp_path: Path) -> Repository:
        """What becomes a submodule: two commits."""
        made = history(tmp_path / "library")
        made.commit({"lib": "1"})
        made.commit({"lib": "2"})
        return made

    @pytest.fixture
    def outer(self, repo: Repository, library: Repository) -> Repository:
        """A repository with a submodule."""
        repo.git("submodule", "--quiet", "add", str(library.folder), "sub")
        repo.commit({"a": "1"})
        return repo

    def test_a_submodule(self, outer: Repository, library: Repository) -> None:
        """It is the commit that is checked out in it, whatever else is in there, and whatever is set for it."""
        assert WorkingTree(Git(outer.folder)).states(["sub"]) == {"sub": f"160000 {library.head}"}
        outer.write({"sub/lib": "dirty", "sub/new": "1"})
        assert differing(outer) == set()
        outer.git("config", "submodule.sub.ignore", "all")
        outer.git("-C", "sub", "checkout", "-q", "-f", "HEAD~1")
        assert differing(outer) == {"sub"}
        assert WorkingTree(Git(outer.folder)).states(["sub"]) == {"sub": f"160000 {library.git('rev-parse', 'HEAD~1')}"}

    def test_a_submodule_that_was_never_fetched(self, outer: Repository, tmp_path: Path) -> None:
        """Its entry stays, it is not deleted; without its folder it is, for git and for us."""
        clone = outer.clone(tmp_path / "clone")
        assert not list((clone.folder / "sub").iterdir())
        assert differing(clone) == set()
        (clone.folder / "sub").rmdir()
        assert differing(clone) == {"sub"}
        clone.write({"sub": "a file"})
        assert differing(clone) == {"sub"}

    def test_inside_a_submodule(self, outer: Repository) -> None:
        """Seen from inside, it is a repository of its own."""
        outer.write({"sub/lib": "dirty"})
        tree = WorkingTree(Git(outer.folder / "sub"))
        assert (tree.paths, tree.states(["lib"])) == ({"lib"}, {"lib": f"100644 {outer.git('hash-object', 'sub/lib')}"})

    def test_a_linked_work_tree(self, outer: Repository, tmp_path: Path) -> None:
        """It has its own files and its own index."""
        linked = outer.worktree(tmp_path / "linked")
        linked.write({"a": "2", "n": "1"})
        assert WorkingTree(Git(linked.folder)).states(["a", "n"]) == {"a": f"100644 {linked.git('hash-object', 'a')}", "n": f"100644 {linked.git('hash-object', 'n')}"}
        assert differing(outer) == set()

    def test_repositories_that_lie_about(self, repo: Repository) -> None:
        """Neither a clone nor a work tree inside the folder is among the files, for nobody else has them."""
        repo.commit({"a": "1"})
        history(repo.folder / "other/clone").commit({"x": "1"})
        history(repo.folder / "unborn").write({"x": "1"})
        repo.worktree(repo.folder / "linked")
        repo.write({"other/n": "1"})
        tree = WorkingTree(Git(repo.folder))
        assert (tree.paths, tree.untracked) == ({"a", "other/n"}, {"other/n"})
        assert set(all_states(tree)) == {"a", "other/n"}


class TestRepositories:
    """Kinds of repositories and places in them."""

    def test_no_commit_yet(self, repo: Repository) -> None:
        """Before the first commit there are files too."""
        assert WorkingTree(Git(repo.folder)).paths == set()
        repo.write({"a": "1", "b": "2"})
        repo.git("add", "a")
        tree = WorkingTree(Git(repo.folder))
        assert (all_states(tree), tree.untracked) == (stored(repo), {"b"})

    def test_sha256(self, tmp_path: Path) -> None:
        """Ids may have 64 digits."""
        repo = history(tmp_path / "repo", object_format="sha256")
        repo.commit({"a": "1", "b": "2"})
        repo.write({"a": "3", "n": "4"})
        assert differing(repo) == {"a", "n"}
        assert {len(state) for state in all_states(WorkingTree(Git(repo.folder))).values()} == {7 + 64}

    def test_a_folder_below_the_top(self, repo: Repository) -> None:
        """Paths are relative to the top of the repository, wherever one stands."""
        repo.commit({"kb/content/a.md": "1", "src/x": "2", "src/y\n": "3"})
        repo.write({"kb/n": "1", "src/y\n": "4", "m": "5"})
        tree = WorkingTree(Git(repo.folder / "kb/content"))
        assert (all_states(tree), tree.untracked) == (stored(repo), {"kb/n", "m"})

    def test_no_work_tree(self, repo: Repository, tmp_path: Path) -> None:
        """A bare repository has committed files only."""
        repo.commit({"a": "1"})
        bare = repo.clone(tmp_path / "bare", "--bare")
        with pytest.raises(GitError, match="this is a bare repository"):
            WorkingTree(Git(bare.folder))

    def test_a_corrupt_index(self, repo: Repository) -> None:
        """An index that cannot be read is an error, not an empty one."""
        repo.commit({"a": "1"})
        repo.write({".git/index": b"DIRC garbage"})
        with pytest.raises(GitError, match=r"git \w+-files failed"):
            _ = WorkingTree(Git(repo.folder)).paths

    def test_what_git_does_not_take(self, repo: Repository) -> None:
        """A pipe in the place of a file has no state, and nobody waits for it."""
        repo.commit({"a": "1", "p": "1"})
        repo.write({"p": None, "b": "2"})
        os.mkfifo(repo.folder / "p")
        os.mkfifo(repo.folder / "q")
        assert set(all_states(WorkingTree(Git(repo.folder)))) == {"a", "b"}

    def test_a_file_that_goes_away_meanwhile(self, repo: Repository) -> None:
        """What is gone between looking and reading has no state."""
        repo.commit({"a": "1"})
        repo.write({"a": "2", "n": "1"})
        tree = WorkingTree(Git(repo.folder))
        assert tree.paths == {"a", "n"}
        repo.write({"a": None, "n": None})
        assert tree.states(["a", "n"]) == {}
        repo.write({"a": "3"})
        assert tree.states(["a"]) == {}  # one run, one answer

    @pytest.mark.parametrize("index", ["--no-split-index", "--split-index"])
    def test_nothing_is_written(self, repo: Repository, index: str) -> None:
        """Neither the index nor an object nor anything else is written, and no hook runs."""
        repo.commit({"a": "1", "b": "2"})
        repo.git("update-index", index)
        repo.git("config", "core.splitIndex", "true")
        repo.write({".git/hooks/post-index-change": "#!/bin/sh\ntouch PWNED\n", "a": "3", "n": "4"})
        (repo.folder / ".git/hooks/post-index-change").chmod(0o755)
        os.utime(repo.folder / "b", (1, 1))
        before = {path: path.lstat().st_mtime_ns for path in repo.folder.rglob("*") if not path.name.startswith("sharedindex")}
        assert len(all_states(WorkingTree(Git(repo.folder)))) == 3
        assert {path: path.lstat().st_mtime_ns for path in repo.folder.rglob("*") if not path.name.startswith("sharedindex")} == before
        subprocess.run(["git", "add", "n"], cwd=repo.folder, check=True)
        assert (repo.folder / "PWNED").exists()  # the hook does run otherwise


class TestCommittedTree:
    """The files of a commit."""

    def test_files(self, repo: Repository) -> None:
        """Each file has the state that it had there, wherever one stands, whatever is checked out."""
        first = repo.commit({"d/a": "", "x\n": "1", "l": Path("d/a")})
        repo.commit({"d/a": "2", "d/n": "1", "x\n": None})
        tree = CommittedTree(Git(repo.folder / "d"), first)
        assert (tree.paths, tree.untracked) == ({"d/a", "x\n", "l"}, set())
        assert tree.states(["d/a", "d/n", "d"]) == {"d/a": f"100644 {EMPTY}"}
        assert tree.states(["l"]) == {"l": f"120000 {repo.git('rev-parse', 'HEAD:l')}"}

    def test_a_commit_that_is_not_there(self, repo: Repository) -> None:
        """A commit that is not there is an error, not an empty tree."""
        repo.commit({"a": "1"})
        with pytest.raises(GitError, match="git ls-tree failed"):
            _ = CommittedTree(Git(repo.folder), "0" * 40).paths

    def test_trees_that_a_clone_leaves_out(self, repo: Repository, tmp_path: Path) -> None:
        """A clone without the trees of old commits is an error that says so; one without blobs has all that is needed."""
        first = repo.commit({"d/a": "1"})
        repo.commit({"d/a": "2"})
        found = all_states(CommittedTree(Git(repo.folder), first))
        assert all_states(CommittedTree(Git(repo.clone(tmp_path / "blobless", "--filter=blob:none").folder), first)) == found
        with pytest.raises(GitError) as caught:
            _ = CommittedTree(Git(repo.clone(tmp_path / "treeless", "--filter=tree:0").folder), first).paths
        assert caught.value.kind == "git-partial"


NAMES = st.sampled_from(["a", "b", "d/a", "d/b", "d", 'x "y"', "n\n", "sub/deep/er"])
STEPS = st.one_of(
    st.tuples(st.just("write"), NAMES, st.sampled_from(["", "1", "2", "a\r\nb\r\n", "a\nb\n"])),
    st.tuples(st.just("link"), NAMES, st.sampled_from(["nowhere", "sub"])),
    st.tuples(st.just("remove"), NAMES, st.just("")),
    st.tuples(st.just("mode"), NAMES, st.just("")),
    st.tuples(st.sampled_from(["add", "rm --cached -r", "add -N"]), NAMES, st.just("")),
    st.tuples(st.sampled_from(["commit", "attributes"]), st.just(""), st.just("")),
)


def take(repo: Repository, steps: Iterable[tuple[str, str, str]]) -> None:
    """Change a repository; steps that cannot be taken are left out."""
    for kind, name, text in steps:
        path = repo.folder / name
        if kind == "commit":
            repo.commit()
        elif kind == "attributes":
            repo.write({".gitattributes": "* text=auto\n"})
        elif kind == "mode" and path.is_file():
            path.chmod(0o755)
        elif kind in {"add", "rm --cached -r", "add -N"}:
            repo.git(*kind.split(" "), "--", name, fails=True)
        elif kind in {"write", "link", "remove"}:
            for other in (path, *path.parents):
                if other.is_symlink() or other.is_file():
                    other.unlink()
            repo.write({name: None})
            if kind != "remove":
                repo.write({name: Path(text) if kind == "link" else text})


@settings(max_examples=25)
@given(st.lists(STEPS, max_size=12))
def test_any_change(steps: list[tuple[str, str, str]]) -> None:
    """Whatever was done to a repository, states are those that git would store, and untracked is what git says."""
    with tempfile.TemporaryDirectory() as folder:
        repo = history(Path(folder) / "repo")
        take(repo, steps)
        tree = WorkingTree(Git(repo.folder))
        expected = stored(repo)
        assert all_states(tree) == expected
        assert tree.paths == expected.keys()
        assert tree.untracked == expected.keys() - set(repo.git("ls-files", "-z").split("\0"))
