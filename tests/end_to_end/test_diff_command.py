"""`kbtool check --diff` as a process: clones of every kind, exit codes, options and reports."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from kbtool.testing import Repository

TODAY = "2026-11-22"
FETCH_ALL = '(write "fetch-depth: 0" below "with:" of actions/checkout, or "GIT_DEPTH: 0" below "variables:" in GitLab)\n'


@pytest.fixture
def pull_request(repo: Repository, page) -> Repository:
    """A repository as a server has it: main went on after the branch `fix` was begun, and refs/pull/1/merge merges them."""
    repo.commit({"content/a.md": page(covers="[src/a.py]"), "content/b.md": page(last_reviewed_on="2026-01-05"), "src/a.py": "1\n"}, on="2026-10-01")
    repo.branch("fix")
    repo.commit({"src/a.py": "2\n"}, on="2026-10-10")
    repo.commit({"content/new.md": page("See [it](nope.md).\n")}, on="2026-10-11")
    repo.switch("main")
    repo.commit({"content/c.md": page(last_reviewed_on="2026-01-05")}, on="2026-10-12")
    repo.git("checkout", "-q", "--detach")
    repo.git("update-ref", "refs/pull/1/merge", repo.merge("fix", on="2026-11-20"))
    repo.switch("main")
    return repo


@pytest.fixture
def told(kbtool) -> Any:
    """`told(folder, "origin/main")`: how the check ended, and what it found, with what was judged and left alone."""

    def run(folder: Path, base: str, *more: str) -> tuple[Any, list[str], list[str], int]:
        done = kbtool("check", "--diff", base, "--format", "json", *more, cwd=folder, today=TODAY)
        report = done.json() if done.out else {"findings": [], "articles": [], "diff": {"left_alone": -1}}
        found = [f"{one['path']} {one['code']} {one['severity']}" for one in report["findings"]]
        return done, found, [one["path"] for one in report["articles"]], report["diff"]["left_alone"]

    return run


CHECKOUTS = {
    "merge ref": ([], ["refs/pull/1/merge"]), "branch": ([], ["fix"]), "partial merge ref": (["--filter=blob:none"], ["refs/pull/1/merge"]),
}


@pytest.mark.parametrize("name", CHECKOUTS)
def test_what_ci_checks_out(pull_request: Repository, tmp_path: Path, told, name: str) -> None:
    """On the merge of a pull request, on its branch, and in a partial clone, the same is told: what the pull request has changed."""
    options, refs = CHECKOUTS[name]
    clone = pull_request.clone(tmp_path / "clone", *options)
    clone.git("fetch", "-q", "origin", *refs)
    clone.git("checkout", "-q", "--detach", "FETCH_HEAD")
    done, found, judged, left_alone = told(clone.folder, "origin/main")
    assert found == ["content/a.md KB106 warning", "content/new.md KB201 error"]
    assert (done.code, done.err, judged) == (1, "", ["content/a.md", "content/new.md"])
    assert left_alone == (1 if name == "branch" else 2)


@pytest.mark.parametrize(("depth", "base", "message"), [
    (1, "origin/main", "'origin/main' is not in it"),
    (1, "HEAD^1", "'HEAD^1' is not in it"),
])
def test_a_shallow_clone(pull_request: Repository, tmp_path: Path, told, depth: int, base: str, message: str) -> None:
    """Where the base is not in a shallow clone, there is no verdict, and one line says what the workflow needs."""
    done, *_ = told(shallow(pull_request, tmp_path, depth).folder, base)
    assert (done.code, done.out) == (3, "")
    assert done.err == f"kbtool: error[git-shallow]: this clone is shallow, and {message} {FETCH_ALL}"


def test_a_shallow_clone_with_the_base(pull_request: Repository, tmp_path: Path, told) -> None:
    """Where it holds just the base, what changed is told, and of what is older, that it is not known."""
    done, found, judged, left_alone = told(shallow(pull_request, tmp_path, 2).folder, "HEAD^1")
    assert (done.code, judged, left_alone) == (1, ["content/a.md", "content/new.md"], 2)
    assert found == ["content/new.md KB201 error"]
    assert told(shallow(pull_request, tmp_path / "more", 2).folder, "HEAD^1", "--fail-on", "never")[0].code == 3


def shallow(repo: Repository, folder: Path, depth: int) -> Repository:
    """Return a clone as actions/checkout makes it: one ref, to some depth."""
    clone = Repository(folder / "clone", repo.now)
    clone.folder.mkdir(parents=True)
    clone.git("init", "-q", "--template=", "--initial-branch=none")
    clone.git("remote", "add", "origin", repo.folder.as_uri())
    clone.git("fetch", "-q", "--no-tags", f"--depth={depth}", "origin", "+refs/pull/1/merge:refs/remotes/pull/1/merge")
    clone.git("checkout", "-q", "--detach", "refs/remotes/pull/1/merge")
    return clone


@pytest.mark.parametrize(("args", "code", "message"), [
    (["--diff", "nope"], 2, "error[no-such-ref]: there is no branch, tag or commit 'nope'"),
    (["--diff", "main..fix"], 2, "error[no-such-ref]: 'main..fix' is a range (name one branch, tag or commit, such as origin/main)"),
    (["--diff", "--output=x"], 2, "error[no-such-ref]: there is no branch, tag or commit '--output=x'"),
    (["--diff", "main", "--no-git"], 2, "error[usage]: --diff compares with a commit, and --no-git does without git (leave out one)"),
    (["--diff"], 2, "error[usage]: Option '--diff' requires an argument."),
])
def test_what_cannot_be_meant(pull_request: Repository, kbtool, args: list[str], code: int, message: str) -> None:
    """A base that is no commit, and options that exclude each other, are errors of usage."""
    done = kbtool("check", *args, cwd=pull_request.folder, today=TODAY)
    assert (done.code, done.out) == (code, "")
    assert message in done.err


def test_without_a_repository(kb: Any) -> None:
    """Outside of git there is nothing to compare with: no verdict. In a new repository there is no commit yet: an error of usage."""
    done = kb.run("check", "--diff", "main")
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert "there is no branch, tag or commit 'main'" in done.err
    shutil.rmtree(kb.root / ".git")
    done = kb.run("check", "--diff", "main")
    assert (done.code, done.out, done.err.count("\n")) == (3, "", 1)
    assert "this is no git repository" in done.err


def test_paths_narrow_it_further(pull_request: Repository, told, kbtool) -> None:
    """With paths, only what is in them is reported, the rest counts as left alone."""
    pull_request.switch("fix")
    done, found, judged, left_alone = told(pull_request.folder, "main", "content/a.md")
    assert (done.code, found, judged, left_alone) == (0, ["content/a.md KB106 warning"], ["content/a.md"], 2)
    assert kbtool("check", "--diff", "main", "--fail-on", "warning", "content/a.md", cwd=pull_request.folder, today=TODAY).code == 1


def test_a_knowledge_base_inside_a_repository(pull_request: Repository, tmp_path: Path, page, told) -> None:
    """Below the top of its repository, the paths of reports begin at the top, and code around it counts."""
    outer = Repository(tmp_path / "outer")
    outer.folder.mkdir()
    outer.git("init", "-q", "--template=", "--initial-branch=main")
    outer.commit({f"kb/{name}": (pull_request.folder / name).read_text() for name in ("pyproject.toml", "checks/owners.yml", "checks/product_areas.yml")}
                 | {"kb/content/a.md": page(covers="[src/a.py]"), "kb/content/b.md": page(), "src/a.py": "1\n"})
    outer.branch("fix")
    outer.commit({"src/a.py": "2\n", "kb/content/b.md": None, "kb/content/c.md": page()})
    _, found, judged, left_alone = told(outer.folder / "kb", "main")
    assert found == ["kb/content/a.md KB106 warning", "kb/content/c.md KB205 error"]
    assert (judged, left_alone) == (["kb/content/a.md", "kb/content/c.md"], 0)


def test_every_report(pull_request: Repository, kbtool, repository: Path) -> None:
    """All reports can be made of such a run; that for programs says what it is about, as its schema says; comments name the command."""
    pull_request.switch("fix")
    names = ["markdown", "annotations", "azure", "sarif", "codequality", "junit", "text"]
    files = [part for name in names for part in ("--report", f"{name}=out.{name}")]
    done = kbtool("check", "--diff", "main", "--format", "json", *files, cwd=pull_request.folder, today=TODAY)
    report, base = done.json(), pull_request.git("merge-base", "main", "fix")
    schema = json.loads(kbtool("schema", "--report", cwd=pull_request.folder).out)
    jsonschema.validate(report, schema)
    assert report["diff"] == {"name": "main", "base": base, "left_alone": 1}
    assert report["summary"]["articles"] == 2
    texts = {name: (pull_request.folder / f"out.{name}").read_text() for name in names}
    assert all("KB201" in texts[name] for name in names)
    assert "- To see it: `kbtool check --diff main`\n" in texts["markdown"]
    assert "\n1 other article left alone, compared with `main`\n" in texts["markdown"]
    assert f"\n1 other article left alone (compared with main, {base[:12]})\n" in texts["text"]
    whole = kbtool("check", "--format", "json", cwd=pull_request.folder, today=TODAY).json()
    jsonschema.validate(whole, schema)
    assert "diff" not in whole
    assert whole["summary"]["checks"] == report["summary"]["checks"] - 1


def test_the_cache_is_whole_after_it(pull_request: Repository, told, kbtool) -> None:
    """A run that judges few articles leaves a cache from which a whole run says just what one without it says."""
    pull_request.switch("fix")
    told(pull_request.folder, "main")
    plain, cached = (kbtool("check", "--format", "json", *more, cwd=pull_request.folder, today=TODAY).json() for more in (("--no-cache",), ()))
    assert plain == cached
    assert told(pull_request.folder, "main")[1:] == told(pull_request.folder, "main", "--no-cache")[1:]
