"""One hardened way to talk to git."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from kbtool import git as git_module
from kbtool.errors import ConfigError
from kbtool.git import Git, GitError
from kbtool.testing import Repository, history

pytestmark = pytest.mark.usefixtures("home")
REAL_GIT = shutil.which("git") or "git"


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    """A repository with three commits, and one change that is not committed."""
    made = history(tmp_path / "repo")
    made.commit({"content/ä.md": "# Ä\n\nOne.\n", "src/a.py": "a = 1\n"})
    made.commit({"content/ä.md": "# Ä\n\nTwo.\n", "src/b.py": "b = 1\n" * 9})
    made.commit({"src/b.py": None, "src/c.py": "b = 1\n" * 9, "src/a.py": "a = 2\n"})
    made.write({"src/a.py": "a = 3\n", "new.txt": "new\n"})
    return made


@pytest.fixture
def fake_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Put a shell script in the place of git; in it, `real` is git itself."""

    def put(script: str) -> None:
        folder = tmp_path / "bin"
        folder.mkdir()
        (folder / "git").write_text(f'#!/bin/sh\nreal() {{ {shlex.quote(REAL_GIT)} "$@"; }}\n{script}\n')
        (folder / "git").chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")

    return put


class TestHowGitFails:
    """Each way in which git fails is one clear error with a kind and a way out."""

    @pytest.mark.parametrize("ending", ["exit 1", "echo 'fatal: no such object' >&2; exit 128", "kill -9 $$", "kill -15 $$"])
    @pytest.mark.parametrize("size", [0, 10, 1_000_000])
    def test_a_git_that_dies_is_never_a_shorter_output(self, repo: Repository, fake_git: Callable[[str], None], ending: str, size: int) -> None:
        """However much it has written, a git that ends badly is an error after the last byte."""
        fake_git(f'case "$*" in *" log "*) head -c {size} /dev/zero; {ending};; *) real "$@";; esac')
        seen: list[int] = []
        with pytest.raises(GitError) as caught:
            seen.extend(len(chunk) for chunk in Git(repo.folder).stream("log"))
        assert sum(seen) == size
        assert caught.value.kind == "git-failed"
        assert caught.value.exit_code == 3
        said = {"exit 1": "exit code 1", "kill -9 $$": "signal 9", "kill -15 $$": "signal 15"}.get(ending, "exit code 128): no such object")
        assert f"git log failed ({said}" in str(caught.value)
        for call in (lambda git: git.run("log"), lambda git: git.stream("log").read()):
            with pytest.raises(GitError, match="git log failed"):
                call(Git(repo.folder))

    def test_a_killed_git_is_no_answer(self, repo: Repository, fake_git: Callable[[str], None]) -> None:
        """A question that git could not even refuse is an error; one that it refused has no answer."""
        assert Git(repo.folder).ask("rev-parse", "--verify", "--quiet", "refs/heads/none") is None
        fake_git("kill -9 $$")
        with pytest.raises(GitError, match=r"git rev-parse failed \(signal 9\)"):
            Git(repo.folder).ask("rev-parse", "HEAD")

    @pytest.mark.parametrize("first", ["", "printf 'half a line'; "])
    @pytest.mark.parametrize("call", [lambda git: git.run("log"), lambda git: git.ask("log"), lambda git: git.stream("log").read()], ids=["run", "ask", "stream"])
    def test_a_git_that_hangs_is_ended(
        self, repo: Repository, tmp_path: Path, fake_git: Callable[[str], None], monkeypatch: pytest.MonkeyPatch, call: Callable[[Git], object], first: str,
    ) -> None:
        """Git that says nothing for too long is killed, and that is the error."""
        monkeypatch.setattr(git_module, "SILENCE", 0.4)
        fake_git(f"{first}echo $$ > {tmp_path}/pid; exec sleep 600")
        with pytest.raises(GitError, match=r"git log has said nothing for 0\.4 seconds") as caught:
            call(Git(repo.folder))
        assert caught.value.kind == "git-timeout"
        with pytest.raises(ProcessLookupError):
            os.kill(int((tmp_path / "pid").read_text()), 0)

    def test_a_slow_git_is_no_hanging_git(self, repo: Repository, fake_git: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> None:
        """A stream may take longer than the silence that is allowed, if it is not silent."""
        monkeypatch.setattr(git_module, "SILENCE", 1)
        fake_git("for n in 1 2 3 4 5; do printf $n; sleep 0.3; done")
        assert Git(repo.folder).stream("log").read() == b"12345"

    @pytest.mark.parametrize("kind", ["none", "not executable"])
    def test_no_git(self, repo: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
        """Without git on the PATH, each call says so."""
        (tmp_path / "bin").mkdir()
        if kind != "none":
            (tmp_path / "bin/git").write_text("#!/bin/sh\n")
        monkeypatch.setenv("PATH", str(tmp_path / "bin"))
        git = Git(repo.folder)
        for call in (lambda: git.run("log"), lambda: git.ask("log"), lambda: git.stream("log"), lambda: git.top, lambda: git.shallow):
            with pytest.raises(GitError) as caught:
                call()
            assert str(caught.value) == "error[git-missing]: there is no git on the PATH (install git; `kbtool check --no-git` judges by dates alone)"

    @pytest.mark.parametrize(("version", "works"), [
        ("2.30.9", False), ("1.8.3.1", False), ("2.9.0", False), ("2.31.0", True), ("2.39.5 (Apple Git-154)", True), ("2.50.GIT", True), ("3.0.0", True),
    ])
    def test_the_version(self, repo: Repository, fake_git: Callable[[str], None], version: str, works: bool) -> None:
        """A git that lacks options that are needed is refused by its number."""
        fake_git(f'case "$*" in *" version") echo "git version {version}";; *) real "$@";; esac')
        if works:
            assert Git(repo.folder).top == repo.folder
            return
        with pytest.raises(GitError, match=r"is too old \(kbtool needs 2\.31 or later\)") as caught:
            _ = Git(repo.folder).top
        assert caught.value.kind == "git-too-old"

    def test_objects_that_a_clone_leaves_out(self, repo: Repository, tmp_path: Path) -> None:
        """A partial clone is told how to get the rest, nothing is fetched on the way, and blobs that are there are read."""
        old, new = repo.git("rev-parse", "HEAD~1:src/a.py"), repo.git("rev-parse", "HEAD:src/a.py")
        clone = repo.clone(tmp_path / "clone", "--filter=blob:none")
        clone.git("config", "protocol.file.allow", "always")
        git = Git(clone.folder)
        with pytest.raises(GitError, match="git fetch --refetch --no-filter") as caught:
            git.run("cat-file", "blob", old)
        assert caught.value.kind == "git-partial"
        assert list(git.blobs([new, old, "0" * 40])) == [(old, None), ("0" * 40, None), (new, b"a = 2\n")]
        assert list(git.blobs([old])) == [(old, None)]
        assert clone.git("cat-file", "-p", old) == "a = 1"  # git would have fetched it


class TestTheRepository:
    """Where the repository is, whose it is, and whether it is whole."""

    def test_the_top(self, repo: Repository, tmp_path: Path) -> None:
        """It is found from each folder, through a symlink, and in a linked work tree."""
        (tmp_path / "link").symlink_to(repo.folder / "content")
        linked = repo.worktree(tmp_path / "linked")
        assert {Git(folder).top for folder in (repo.folder, repo.folder / "src", tmp_path / "link")} == {repo.folder}
        assert Git(linked.folder / "src").top == linked.folder
        assert Git(linked.folder).run("rev-parse", "HEAD") == Git(repo.folder).run("rev-parse", "HEAD")

    def test_the_top_of_a_submodule(self, repo: Repository, tmp_path: Path) -> None:
        """A submodule is a repository of its own."""
        outer = history(tmp_path / "outer")
        outer.git("submodule", "--quiet", "add", str(repo.folder), "sub")
        assert Git(outer.folder / "sub/src").top == outer.folder / "sub"

    def test_a_name_with_a_line_end(self, tmp_path: Path) -> None:
        """The name of the folder may end in a line end."""
        made = history(tmp_path / "odd\n")
        assert Git(made.folder).top == made.folder

    def test_no_repository(self, tmp_path: Path) -> None:
        """A folder outside every repository is told what to do."""
        (tmp_path / "plain").mkdir()
        with pytest.raises(GitError) as caught:
            _ = Git(tmp_path / "plain").top
        assert str(caught.value) == (
            f"error[git-none]: {tmp_path}/plain: this is no git repository (run `git init`; `kbtool check --no-git` judges by dates alone)"
        )

    def test_a_bare_repository(self, repo: Repository, tmp_path: Path) -> None:
        """A bare repository has no files to judge."""
        bare = repo.clone(tmp_path / "bare.git", "--bare")
        with pytest.raises(GitError, match="this is a bare repository: it has no files") as caught:
            _ = Git(bare.folder).top
        assert caught.value.kind == "git-none"

    @pytest.mark.parametrize("head", [b"", b"ref", b"garbage\n", b"ref: ../../etc\n", b"\0" * 41])
    @pytest.mark.parametrize("around", [False, True], ids=["alone", "inside another"])
    def test_a_damaged_repository(self, tmp_path: Path, head: bytes, around: bool) -> None:
        """Git that no longer knows the repository does not make it another one, not even the one around it."""
        if around:
            history(tmp_path).commit({"x": "1"})
        made = history(tmp_path / "repo")
        made.commit({"content/a.md": "1"})
        made.write({".git/HEAD": head})
        with pytest.raises(GitError) as caught:
            _ = Git(made.folder / "content").top
        assert str(caught.value) == (
            f"error[git-corrupt]: {made.folder}: the repository is damaged: git does not know it as one (run `git fsck` there, or clone it again)"
        )

    def test_a_missing_object(self, repo: Repository) -> None:
        """History with a hole is an error, not a shorter history."""
        name = repo.git("rev-parse", "HEAD~1")
        (repo.folder / ".git/objects" / name[:2] / name[2:]).unlink()
        with pytest.raises(GitError, match="git log failed") as caught:
            Git(repo.folder).stream("log", "--raw", "--format=%H").read()
        assert (caught.value.kind, caught.value.hint) == ("git-failed", "`git fsck` tells whether the repository is damaged")

    def test_a_repository_of_another_user(self, tmp_path: Path, fake_git: Callable[[str], None], home: Path) -> None:
        """The error holds the one command that helps, for a name with a space too, and nothing is changed by us."""
        made = history(tmp_path / "of others")
        made.commit({"kb/a.md": "1"})
        fake_git('GIT_TEST_ASSUME_DIFFERENT_OWNER=1 real "$@"')
        with pytest.raises(GitError, match="the repository belongs to another user") as caught:
            _ = Git(made.folder / "kb").top
        assert caught.value.kind == "git-ownership"
        assert not (home / ".gitconfig").exists()
        subprocess.run(shlex.split(caught.value.hint), check=True, cwd=tmp_path, env={"HOME": str(home), "PATH": os.environ["PATH"]})
        assert Git(made.folder / "kb").top == made.folder

    @pytest.mark.parametrize("ref", ["--output=x", "-", "a..b", "@{-1}", "main@{1}", "main^", "main~1", "HEAD:a", "a b", "a*", "", "a\n", ":/x", "[a", "a\\b"])
    def test_what_is_no_ref(self, repo: Repository, ref: str) -> None:
        """A configured ref that git could read as anything else is an error of the configuration."""
        before = sorted(repo.folder.rglob("*"))
        with pytest.raises(ConfigError) as caught:
            Git(repo.folder).resolve(ref, "main_branch")
        assert str(caught.value) == f"error[config]: pyproject.toml: main_branch: {ref!r} is no name of a branch, tag or commit"
        assert sorted(repo.folder.rglob("*")) == before

    def test_refs(self, repo: Repository) -> None:
        """Branches, tags, remote branches and ids are known by their commit; what is not there is None."""
        repo.git("tag", "-a", "v1", "-m", "One")
        repo.git("branch", "feature/ä")
        repo.git("update-ref", "refs/remotes/origin/main", "HEAD")
        git = Git(repo.folder)
        for ref in ("main", "HEAD", "v1", "feature/ä", "origin/main", "refs/heads/main", repo.head, repo.head[:12]):
            assert git.resolve(ref, "ref") == repo.head
        for ref in ("mian", "f" * 40, repo.git("rev-parse", "HEAD^{tree}")):
            assert git.resolve(ref, "ref") is None

    def test_an_unborn_branch(self, tmp_path: Path) -> None:
        """A repository without a commit has a top and no head."""
        git = Git(history(tmp_path / "new").folder)
        assert (git.top, git.resolve("HEAD", "ref"), git.shallow) == (tmp_path / "new", None, frozenset())

    def test_where_history_is_cut_off(self, repo: Repository, tmp_path: Path) -> None:
        """The commits without their parents are known, from a folder below and in a linked work tree too."""
        clone = repo.clone(tmp_path / "clone", depth=2)
        linked = clone.worktree(tmp_path / "linked")
        cut = frozenset({repo.git("rev-parse", "HEAD~1")})
        assert [Git(folder).shallow for folder in (clone.folder, clone.folder / "src", linked.folder, repo.folder)] == [cut, cut, cut, frozenset()]

    def test_sha256(self, tmp_path: Path) -> None:
        """Ids may have 64 digits."""
        made = history(tmp_path / "new", object_format="sha256")
        made.commit({"a": "1"})
        head = made.commit({"a": "2"})
        git = Git(made.folder)
        assert len(head) == 64
        assert git.resolve("main", "ref") == head
        assert [raw for _, raw in git.blobs([made.git("rev-parse", "HEAD:a")])] == [b"2"]
        assert Git(made.clone(tmp_path / "clone", depth=1).folder).shallow == {head}


class TestStreams:
    """What goes in and out of git."""

    @pytest.mark.parametrize("call", [lambda git, asked: git.run("cat-file", "--batch-check", stdin=asked),
                                      lambda git, asked: git.stream("cat-file", "--batch-check", stdin=asked).read()], ids=["run", "stream"])
    def test_more_than_a_pipe_holds(self, repo: Repository, call: Callable[[Git, bytes], bytes]) -> None:
        """Megabytes go in while megabytes come out, and neither side waits for the other."""
        line = f"{repo.head}\n".encode()
        found = call(Git(repo.folder), line * 50_000)
        assert found.count(b" commit ") == 50_000

    def test_a_reader_that_leaves(self, repo: Repository, fake_git: Callable[[str], None]) -> None:
        """Whoever stops reading ends git."""
        fake_git("printf first; exec sleep 600")
        stream = Git(repo.folder).stream("log")
        chunks = iter(stream)
        assert next(chunks) == b"first"
        chunks.close()
        assert stream._process.poll() == -9

    def test_blobs(self, repo: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
        """Contents come whole, whatever is in them and however git's output is cut."""
        contents = [b"", b"\n", b"x\n\n", b"0" * 40 + b" missing\n", bytes(range(256)) * 5, "ä".encode()]
        repo.commit({f"blob{number}": content for number, content in enumerate(contents)})
        ids = [repo.git("rev-parse", f"HEAD:blob{number}") for number in range(len(contents))]
        for size in (1, 7, 1 << 18):
            monkeypatch.setattr(git_module, "_CHUNK", size)
            found = list(Git(repo.folder).blobs([*ids, "f" * 40]))
            assert found == [*zip(ids, contents, strict=True), ("f" * 40, None)]
        assert list(Git(repo.folder).blobs([])) == []
