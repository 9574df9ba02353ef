"""Nobody's settings, variables or replacements make git run anything, or change what is read."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from kbtool.git import Git, GitError
from kbtool.testing import Repository, history

pytestmark = pytest.mark.usefixtures("home")
REAL_GIT = shutil.which("git") or "git"
FORMAT = "--format=%x02%H %ct %at %aN <%aE>%x00%s%x00%(trailers:unfold)"
LOG = ("log", "--first-parent", "--raw", "-z", "--no-renames", "--no-abbrev", "--diff-merges=first-parent", FORMAT)
#: What kbtool asks, and what it well might.
CALLS = (
    LOG, (*LOG, "--", "content/ä.md"), ("log", "-p", "-M50%", "--format=%H"), ("log", "--numstat", "--format=%H"), ("log", "--stat", "--format=%H"),
    ("rev-list", "--parents", "HEAD"), ("rev-parse", "--show-toplevel"), ("merge-base", "HEAD", "HEAD~1"), ("for-each-ref",),
    ("diff", "HEAD~1"), ("diff", "--stat", "HEAD~1", "HEAD"), ("diff-tree", "-r", "-p", "HEAD~1", "HEAD"), ("diff-tree", "-r", "--raw", "-z", "-M50%", "--root", "HEAD"),
    ("diff-files", "-z", "--raw"), ("diff-files", "-p"), ("diff-index", "--raw", "-z", "HEAD"), ("show", "--format=%H", "HEAD"), ("show", "HEAD:content/ä.md"),
    ("ls-files", "-z", "--stage"), ("ls-files", "--others"), ("ls-tree", "-r", "-z", "--full-tree", "HEAD"), ("cat-file", "-p", "HEAD"),
    ("log", "--raw", "--format=%H", "--", "src/c.py"), ("-C", "src", "diff", "--no-ext-diff", "--no-textconv", "--stat", "HEAD~1"), ("check-mailmap", "Ana <ana@example.com>"),
)


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    """A repository with three commits, one of them by somebody with two names, and one change that is not committed."""
    made = history(tmp_path / "repo")
    made.commit({"content/ä.md": "# Ä\n\nOne.\n", "src/a.py": "a = 1\n", ".mailmap": "Ana Alt <ana@example.com>\n"}, by="Ana")
    made.commit({"content/ä.md": "# Ä\n\nTwo.\n", "src/b.py": "b = 1\n" * 9}, message="Zwei: ä", trailers={"Kb-Change": "minor"})
    made.commit({"src/b.py": None, "src/c.py": "b = 1\n" * 9, "src/a.py": "a = 2\n"})
    made.write({"src/a.py": "a = 3\n", "new.txt": "new\n"})
    return made


def contents(folder: Path) -> dict[Path, tuple[int, bytes]]:
    """Return every file below, and when it was written."""
    return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in sorted(folder.rglob("*")) if path.is_file()}


def hostile(folder: Path, marker: Path) -> str:
    """Return a configuration that runs a program wherever git lets it, and turns whatever can be turned."""
    hooks = folder / "hooks"
    hooks.mkdir(parents=True)
    program = folder / "program"
    program.write_text(f"#!/bin/sh\necho $0 $* >> {shlex.quote(str(marker))}\ncat\n")
    for path in (program, *(hooks / name for name in ("post-index-change", "pre-auto-gc", "reference-transaction", "fsmonitor-watchman"))):
        if path != program:
            shutil.copy(program, path)
        path.chmod(0o755)
    order = folder / "order"
    order.write_text("src/*\ncontent/*\n")
    (folder / "people").write_text("Somebody Else <ana@example.com>\n")
    return f"""
[core]
    fsmonitor = {program}
    hooksPath = {hooks}
    pager = {program}
    editor = {program}
    askPass = {program}
    sshCommand = {program}
    abbrev = 5
    quotePath = true
    splitIndex = true
    untrackedCache = true
[pager]
    log = {program}
    diff = {program}
    show = {program}
[gpg]
    program = {program}
[log]
    showSignature = true
    follow = true
    showRoot = false
    mailmap = false
    decorate = full
    abbrevCommit = true
    date = relative
    diffMerges = separate
[diff]
    external = {program}
    orderFile = {order}
    ignoreSubmodules = all
    relative = true
    renames = copies
    renameLimit = 1
    algorithm = patience
    context = 0
    interHunkContext = 9
    noprefix = true
    mnemonicPrefix = true
    submodule = log
    colorMoved = plain
[diff "evil"]
    command = {program}
    textconv = {program}
    xfuncname = .*
[color]
    ui = always
    diff = always
[column]
    ui = always
[format]
    pretty = oneline
[mailmap]
    file = {folder / "people"}
[i18n]
    logOutputEncoding = ISO-8859-1
[submodule]
    recurse = true
[alias]
    log = !{program}
    ls-files = !{program}
    version = !{program}
[credential]
    helper = {program}
"""


def tempt(repo: Repository) -> None:
    """Give every setting something to work on: a copy, a submodule that moved, attributes, a signature."""
    library = history(repo.folder.parent / "library")
    old, _ = library.commit({"x": "1"}), library.commit({"x": "2"})
    repo.git("submodule", "--quiet", "add", str(library.folder), "library")
    repo.commit({"src/d.py": "b = 1\n" * 9, "src/c.py": "b = 1\n" * 10})
    repo.git("-C", "library", "checkout", "-q", old)
    repo.write({".git/info/attributes": "* diff=evil\n"})
    sign(repo)


def sign(repo: Repository) -> None:
    """Give the newest commit a signature that a program would have to look at."""
    head, _, message = repo.git("cat-file", "commit", "HEAD").partition("\n\n")
    lines = "gpgsig -----BEGIN PGP SIGNATURE-----\n \n abcd\n -----END PGP SIGNATURE-----"
    signed = repo.git("hash-object", "-t", "commit", "-w", "--stdin", stdin=f"{head}\n{lines}\n\n{message}\n")
    repo.git("update-ref", "HEAD", signed)


@pytest.mark.parametrize("where", ["home", "repository"])
def test_settings_run_nothing_and_change_nothing(repo: Repository, home: Path, tmp_path: Path, where: str) -> None:
    """With a hostile configuration, each call prints the same bytes as before, and no program is run."""
    tempt(repo)
    git, marker = Git(repo.folder), tmp_path / "PWNED"
    before = [git.run(*call) for call in CALLS]
    assert all(before)
    assert b"\\303" not in b"".join(before)  # names are not quoted
    target = home / ".gitconfig" if where == "home" else repo.folder / ".git/config"
    with target.open("a") as file:
        file.write(hostile(tmp_path / "hostile", marker))

    assert [git.run(*call) for call in CALLS] == before
    assert not marker.exists(), marker.read_text()

    for call in ("diff", "log", "status"):  # plain git is taken in, so these settings do bite
        subprocess.run([REAL_GIT, call], cwd=repo.folder, capture_output=True, check=False, env={"HOME": str(home), "PATH": os.environ["PATH"]})
    assert marker.exists()


def test_reading_writes_nothing(repo: Repository) -> None:
    """Not even git's own notes on which files have changed are brought up to date."""
    for path in repo.folder.glob("src/*"):
        os.utime(path, (0, 0))
    before = contents(repo.folder)
    for call in (*CALLS, ("status",)):
        Git(repo.folder).run(*call)
    assert contents(repo.folder) == before
    repo.git("status")  # git does that otherwise
    assert contents(repo.folder) != before


def test_variables_change_nothing(repo: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """GIT_DIR and its like, which a hook of another repository exports, lead nowhere else."""
    other, marker = history(tmp_path / "other"), tmp_path / "PWNED"
    other.commit({"other.md": "Other\n"})
    git = Git(repo.folder)
    before = [git.run(*call) for call in CALLS]
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\necho $0 >> {marker}\n")
    program.chmod(0o755)
    for name in ("GIT_PAGER", "PAGER", "GIT_EXTERNAL_DIFF", "GIT_SSH_COMMAND", "GIT_ASKPASS", "GIT_EDITOR"):
        monkeypatch.setenv(name, str(program))
    for name, value in {
        "GIT_DIR": f"{other.folder}/.git", "GIT_WORK_TREE": f"{other.folder}", "GIT_INDEX_FILE": f"{other.folder}/.git/index", "GIT_NAMESPACE": "x",
        "GIT_OBJECT_DIRECTORY": f"{other.folder}/.git/objects", "GIT_CEILING_DIRECTORIES": str(tmp_path), "GIT_TRACE": f"{marker}", "GIT_EXEC_PATH": "/nowhere",
        "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "core.fsmonitor", "GIT_CONFIG_VALUE_0": str(program), "GIT_CONFIG_GLOBAL": str(program),
        "GIT_PREFIX": "src/", "GIT_DIFF_OPTS": "-u0", "GIT_GLOB_PATHSPECS": "1", "GIT_SHALLOW_FILE": str(program), "LC_ALL": "de_DE.UTF-8",
    }.items():
        monkeypatch.setenv(name, value)

    assert [git.run(*call) for call in CALLS] == before
    assert not marker.exists()


def test_replaced_and_grafted_commits_are_read_as_they_are(repo: Repository) -> None:
    """Neither refs/replace/* nor a file of grafts rewrites what is read."""
    git = Git(repo.folder)
    before = git.run(*LOG)
    old = repo.git("commit-tree", "HEAD^{tree}", "-m", "Never", on="1999-01-01")
    repo.git("replace", "HEAD~1", old)
    repo.write({".git/info/grafts": repo.head + "\n"})
    assert repo.git("rev-list", "--count", "HEAD") == "1"
    assert git.run(*LOG) == before


def test_a_folder_that_looks_like_a_repository_runs_nothing(repo: Repository, tmp_path: Path) -> None:
    """A tracked folder with the files of a bare repository, and a program in its configuration, is no repository to us."""
    marker = tmp_path / "PWNED"
    settings = f'[core]\n\trepositoryformatversion = 0\n\tbare = false\n\tworktree = ..\n\tfsmonitor = "echo pwned >> {marker}; false"\n'
    evil = {"HEAD": "ref: refs/heads/main\n", "config": settings, "objects/x": "", "refs/x": ""}
    repo.commit({f"content/evil/{name}": text for name, text in evil.items()})
    folder = repo.folder / "content/evil"

    for call in (("status",), ("diff-files",), ("ls-files", "--others"), ("log",)):
        assert Git(folder).ask(*call) is None
    with pytest.raises(GitError) as caught:
        _ = Git(folder).top
    assert caught.value.kind in {"git-none", "git-corrupt"}
    assert not marker.exists()
    subprocess.run([REAL_GIT, "status"], cwd=folder, capture_output=True, check=False)
    assert marker.exists()  # plain git is taken in


def test_paths_are_no_patterns(repo: Repository) -> None:
    """A path with a star or a colon is that path and no other."""
    repo.commit({"a*": "1", "ab": "2", ":!x": "3"})
    git = Git(repo.folder)
    assert git.run("ls-files", "-z", "--", "a*") == b"a*\0"
    assert git.run("ls-files", "-z", "--", ":!x") == b":!x\0"
