"""Faults of repositories and of git itself (FAULTS.md, group A), at the command line."""

from __future__ import annotations

import re
import shutil
from typing import Any

import pytest

from kbtool.testing import history

DAY = "2026-02-01"


def verdicts(done: Any) -> dict[str, str]:
    """Return article → verdict of a report in JSON."""
    return {one["path"][8:-3]: one["verdict"] for one in done.json()["articles"]}


def reasons(done: Any) -> set[str]:
    """Return why checks of a report in JSON were skipped for good."""
    return {one["reason"] for one in done.json()["skipped"] if one["lasting"]}


def test_a01_a_clone_of_depth_one(base, page, gate, tmp_path) -> None:
    """What needs history is unknown, which exits with 3 and says how to get it; seals hold, and dates are still judged."""
    base.commit({"content/old.md": page(last_reviewed_on="2025-01-01")}, on="2026-02-02")
    clone = base.clone(tmp_path / "clone", depth=1)
    done = gate(clone.folder, "--format", "json")
    assert verdicts(done) == {"a": "fresh", "b": "unknown", "old": "stale"}
    assert [(one["path"], one["code"]) for one in done.json()["findings"]] == [("content/old.md", "KB102")]
    assert done.code == 1, "a definite fault goes before what is not known"
    clone.commit({"content/old.md": None})
    done = gate(clone.folder)
    assert done.code == 3
    assert f"history is cut off at {base.head[:12]}" in done.out
    assert "fetch-depth: 0" in done.out
    assert "GIT_DEPTH: 0" in done.out
    assert done.out.splitlines()[-1].startswith("0 errors, 0 warnings, 1 unknown, ")


def test_a02_a_clone_of_some_depth(base, page, gate, tmp_path) -> None:
    """Only what history at hand cannot answer is unknown; with nothing unknown, the clone does."""
    base.commit({"content/new.md": page(last_reviewed_on="2026-02-02", covers="src/x.py")}, on="2026-02-02")
    clone = base.clone(tmp_path / "clone", depth=2)
    done = gate(clone.folder, "--format", "json")
    assert (done.code, verdicts(done)) == (3, {"a": "fresh", "b": "unknown", "new": "fresh"})
    clone.commit({"content/b.md": None})
    done = gate(clone.folder, "--format", "json")
    assert (done.code, verdicts(done)) == (0, {"a": "fresh", "new": "fresh"})


def test_a03_nothing_is_fetched(base, gate, tmp_path) -> None:
    """Kbtool itself fetches nothing, and names the command that does; after it, all is known."""
    clone = base.clone(tmp_path / "clone", depth=1)
    done = gate(clone.folder)
    assert done.code == 3
    assert not (clone.folder / ".git/FETCH_HEAD").exists()
    command = re.search(r"`(git fetch [^`]*)`", done.out)
    clone.git(*command[1].split()[1:])
    assert gate(clone.folder).code == 0


def test_a04_no_git(base, gate, tmp_path) -> None:
    """Without git there is no verdict; with --no-git, dates are judged alone, and it is said what was left out."""
    env = {"PATH": str(tmp_path)}
    done = gate(base.folder, "--format", "json", env=env)
    assert (done.code, verdicts(done)) == (3, {"a": "unknown", "b": "unknown"})
    assert reasons(done) == {"there is no git on the PATH (install git; `kbtool check --no-git` judges by dates alone)"}
    done = gate(base.folder, "--no-git", env=env)
    assert (done.code, "history was not read (--no-git)" in done.out) == (0, True)
    assert gate(base.folder, "--no-git", env=env, today="2026-12-01").code == 1
    assert gate(base.folder, "--no-git", "--strict", env=env).code == 3


def test_a05_an_old_git(base, gate, fake_git) -> None:
    """A git that does not know what is asked of it is named with its version, and the one that is needed."""
    done = gate(base.folder, "--format", "json", env=fake_git('case "$*" in *version*) echo git version 2.20.1;; *) real "$@";; esac'))
    assert (done.code, reasons(done)) == (3, {"git 2.20 is too old (kbtool needs 2.31 or later)"})


def test_a06_no_repository(base, gate, tmp_path) -> None:
    """A folder without history has no verdict; by dates alone it has one."""
    shutil.copytree(base.folder, tmp_path / "plain", ignore=shutil.ignore_patterns(".git"))
    done = gate(tmp_path / "plain", "--format", "json")
    assert done.code == 3
    assert reasons(done) == {f"{tmp_path / 'plain'}: this is no git repository (run `git init`; `kbtool check --no-git` judges by dates alone)"}
    assert gate(tmp_path / "plain", "--no-git").code == 0


def test_a07_an_unrelated_repository_around_it(base, gate, tmp_path) -> None:
    """A repository around the knowledge base that has nothing of it is not taken for its own: an error where history matters."""
    around = history(tmp_path / "around")
    around.commit({"x": "1"})
    shutil.copytree(base.folder, around.folder / "kb", ignore=shutil.ignore_patterns(".git"))
    done = gate(around.folder / "kb")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"kbtool: error[repo-root-mismatch]: {around.folder / 'kb'}: the repository around it, {around.folder}, has nothing of this knowledge base")
    assert gate(around.folder / "kb", "--select", "KB2").code == gate(around.folder / "kb", "--no-git").code == 0
    around.git("add", "kb")
    assert gate(around.folder / "kb").code in (0, 1)


def test_a08_an_unborn_branch(page, gate, tmp_path) -> None:
    """Before the first commit nothing has landed: articles are judged by their dates, their code is not committed yet."""
    repo = history(tmp_path / "repo")
    registers = {"checks/owners.yml": "ana: {name: Ana}\n", "checks/product_areas.yml": "billing: {name: Billing}\n"}
    repo.write({"pyproject.toml": "[tool.kbtool]\n", "content/a.md": page(last_reviewed_on=DAY), **registers})
    done = gate(repo.folder, "--format", "json")
    assert (done.code, verdicts(done), done.json()["findings"]) == (0, {"a": "fresh"}, [])
    repo.write({"content/a.md": page(last_reviewed_on=DAY, covers="src/x.py"), "src/x.py": "1\n", "content/b.md": page(last_reviewed_on=None)})
    done = gate(repo.folder, "--format", "json")
    assert (done.code, [(one["code"], one["severity"]) for one in done.json()["findings"]]) == (0, [("KB106", "warning"), ("KB101", "warning")])
    assert gate(repo.folder, today="2026-12-01").code == 1


def test_a09_a_repository_of_another_user(base, gate, fake_git, tmp_path) -> None:
    """The reason holds the one command that helps; no configuration is changed by kbtool."""
    env = {**fake_git('GIT_TEST_ASSUME_DIFFERENT_OWNER=1 real "$@"'), "HOME": str(tmp_path)}
    done = gate(base.folder, "--format", "json", env=env)
    assert done.code == 3
    assert reasons(done) == {f"{base.folder}: the repository belongs to another user (git config --global --add safe.directory {base.folder})"}
    assert not (tmp_path / ".gitconfig").exists()


def test_a10_a_clone_without_blobs(base, gate, tmp_path) -> None:
    """Nothing is fetched; where no older version of an article matters, all is known, and seals need none."""
    clone = base.clone(tmp_path / "clone", "--filter=blob:none")
    shutil.rmtree(base.folder)
    done = gate(clone.folder, "--format", "json")
    assert (done.code, verdicts(done)) == (0, {"a": "fresh", "b": "fresh"})


def test_a11_a_clone_without_trees(base, gate, tmp_path) -> None:
    """History cannot be read without fetching, so there is none; the command that brings it is named."""
    clone = base.clone(tmp_path / "clone", "--filter=tree:0")
    shutil.rmtree(base.folder)
    done = gate(clone.folder, "--format", "json")
    assert (done.code, verdicts(done)) == (3, {"a": "unknown", "b": "unknown"})
    assert next(iter(reasons(done))).endswith("(this clone leaves objects out: `git fetch --refetch --no-filter` brings them)")


def test_a12_a_sparse_checkout(base, gate) -> None:
    """Whether covered code exists is asked of git, not of the disk."""
    base.git("sparse-checkout", "set", "content", "checks")
    done = gate(base.folder, "--format", "json")
    assert (done.code, verdicts(done), done.json()["findings"]) == (0, {"a": "fresh", "b": "fresh"}, [])


@pytest.fixture
def with_submodule(base, page, tmp_path):
    """The same with an article of code in a submodule, which has been bumped since."""
    library = history(tmp_path / "library")
    old, new = library.commit({"x.py": "1"}), library.commit({"x.py": "2"})
    base.git("submodule", "--quiet", "add", str(library.folder), "lib")
    base.git("-C", "lib", "checkout", "-q", old)
    base.git("add", "lib")
    base.commit({"content/s.md": page(last_reviewed_on="2026-02-02", covers="lib/**")}, on="2026-02-02")
    base.git("-C", "lib", "checkout", "-q", new)
    base.git("add", "lib")
    base.commit(on="2026-02-03", message="Bump")
    return base


def test_a13_code_in_a_submodule(with_submodule, gate) -> None:
    """The bump of a submodule is a landing of the code in it, never "has not changed"."""
    found = gate(with_submodule.folder, "--format", "json").json()["findings"]
    assert [(one["path"], one["code"], one["evidence"]["since"], one["evidence"]["files"]) for one in found] == [
        ("content/s.md", "KB106", "2026-02-03", ["lib"])]


def test_a14_a_submodule_that_is_not_there(with_submodule, gate, tmp_path) -> None:
    """In a clone that never fetched it, the same is known; its files are not taken for deleted."""
    clone = with_submodule.clone(tmp_path / "clone")
    assert not any((clone.folder / "lib").iterdir())
    found = gate(clone.folder, "--format", "json").json()["findings"]
    assert [(one["path"], one["code"], one["evidence"]["since"]) for one in found] == [("content/s.md", "KB106", "2026-02-03")]


def test_a15_a_linked_work_tree(base, gate, tmp_path) -> None:
    """In a linked work tree the verdicts are the same, and where a shallow clone is cut off is found there too."""
    done = gate(base.worktree(tmp_path / "linked").folder, "--format", "json")
    assert (done.code, verdicts(done)) == (0, {"a": "fresh", "b": "fresh"})
    linked = base.clone(tmp_path / "clone", depth=1).worktree(tmp_path / "other")
    assert verdicts(gate(linked.folder, "--format", "json")) == {"a": "fresh", "b": "unknown"}


def test_a16_a_detached_head(base, gate) -> None:
    """No branch needs to be checked out."""
    base.switch(base.head)
    assert gate(base.folder).code == 0


def test_a17_the_environment_of_a_hook(base, gate, tmp_path) -> None:
    """What git exports to its hooks does not lead to another repository, index or work tree."""
    other = history(tmp_path / "other")
    other.commit({"x": "1"})
    env = {"GIT_DIR": str(other.folder / ".git"), "GIT_WORK_TREE": str(other.folder), "GIT_INDEX_FILE": "nowhere", "GIT_PREFIX": "x/", "GIT_OBJECT_DIRECTORY": "nowhere",
           "GIT_CONFIG_PARAMETERS": "'core.bare=true'", "GIT_CEILING_DIRECTORIES": str(base.folder.parent), "GIT_NAMESPACE": "x", "GIT_LITERAL_PATHSPECS": "x"}
    done = gate(base.folder, "--format", "json", env=env)
    assert (done.code, verdicts(done), done.err) == (0, {"a": "fresh", "b": "fresh"}, "")


@pytest.mark.parametrize("kind", ["bare", "clone"])
def test_a18_a_repository_in_the_content(base, gate, tmp_path, kind: str) -> None:
    """A folder that git would take for a repository is an error, and nothing that its configuration names is run, from inside it too."""
    evil = base.folder / "content/evil"
    marker = tmp_path / "PWNED"
    config = f'[core]\n\tfsmonitor = "touch {marker}; false"\n\tbare = {"true" if kind == "bare" else "false"}\n\trepositoryformatversion = 0\n[alias]\n\tlog = !touch {marker}\n'
    folder = evil if kind == "bare" else evil / ".git"
    base.write({(folder / name).relative_to(base.folder).as_posix(): text for name, text in {"HEAD": "ref: refs/heads/main\n", "config": config, "objects/x": "", "refs/x": ""}.items()})
    for cwd in (base.folder, evil):
        done = gate(base.folder, "--format", "json", cwd=cwd)
        found = [(one["path"], one["code"], one["severity"], one["message"]) for one in done.json()["findings"] if one["code"] != "KB204"]
        assert (done.code, found) == (1, [("content/evil", "KB016", "error", "a git repository inside the content")])
    assert not marker.exists()
