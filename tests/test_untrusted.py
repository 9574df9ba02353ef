"""Untrusted runs: a branch changes neither what it is held to nor what runs, and what it tries is told."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from kbtool import untrusted
from kbtool.config import Config, load_config
from kbtool.errors import KbtoolError
from kbtool.evidence import gather
from kbtool.registry import make_checks
from kbtool.runner import run
from kbtool.testing import OWNERS, PRODUCT_AREAS, Repository, history
from kbtool.untrusted import open_base

TODAY = dt.date(2026, 11, 22)
HEAD = "audience: public\nowners: [ana]\nproduct_areas: [billing]\n"
GOOD = f"---\ntitle: Good\n{HEAD}last_reviewed_on: 2026-10-01\n---\n\nText.\n"
FAULTY = (
    "---\ntitle: Faulty\naudience: public\nowners: [nobody]\nproduct_areas: [nothing]\nlast_reviewed_on: 2025-01-01\ntickets: [T-1]\n"
    "covers: [src/**]\nteam: [ana]\n---\n\nSee T-1 and src/a.py.\n"
)
LOCK = "content/good.md public shown -\n"
OWN = """
from collections.abc import Iterator
from typing import ClassVar
from kbtool.check import Check
from kbtool.finding import Severity

class Seen(Check):
    \"\"\"Fires always.\"\"\"

    code: ClassVar[str] = "ACME001"

    def check(self, article, evidence) -> Iterator:
        yield self.finding(article, "seen")
"""
BASE: Mapping[str, str] = {
    "pyproject.toml": "[tool.kbtool]\n", "checks/owners.yml": OWNERS, "checks/product_areas.yml": PRODUCT_AREAS, "checks/own.py": OWN,
    "checks/tickets.yml": "T-1: {state: closed, closed_at: 2026-03-01}\n", "checks/public.lock": LOCK, "content/good.md": GOOD,
    "mkdocs.yml": "site_name: Help\n", "src/a.py": "a = 1\n",
}


@pytest.fixture
def base(tmp_path: Path) -> Repository:
    """A repository with settings on `main`, and a branch `pr` that is checked out and brings a faulty article."""
    made = history(tmp_path / "repo")
    made.commit(BASE, on="2026-01-01")
    made.branch("pr")
    made.commit({"content/faulty.md": FAULTY}, on="2026-02-01")
    return made


def opened(repo: Repository, tmp_path: Path, revision: str = "main", here: str = "", **more: Any) -> untrusted.Untrusted:
    """Open the base ref of a repository."""
    scratch = tmp_path / "scratch"
    scratch.mkdir(exist_ok=True)
    return open_base(repo.folder / here, revision, scratch, **more)


def found(config: Config) -> list[str]:
    """Return the findings of a run, each as code, severity and path."""
    result = run(gather(config, TODAY), make_checks(config))
    return sorted(f"{one.code} {one.severity.value} {one.path}" for one in result.findings)


#: What a branch brings, and the finding that it hides in a run that trusts it.
HIDING: Mapping[str, tuple[dict[str, Any], str]] = {
    "ignore": ({"pyproject.toml": '[tool.kbtool]\nignore = ["KB004"]\n'}, "KB004 error content/faulty.md"),
    "select": ({"pyproject.toml": '[tool.kbtool]\nselect = ["KB001"]\n'}, "KB102 error content/faulty.md"),
    "severity": ({"pyproject.toml": '[tool.kbtool.checks.owner-unknown]\nseverity = "off"\n'}, "KB004 error content/faulty.md"),
    "options": ({"pyproject.toml": "[tool.kbtool.checks.review-overdue]\ngrace_days = 9999\n"}, "KB102 error content/faulty.md"),
    "content": ({"pyproject.toml": '[tool.kbtool]\ncontent = "other"\n', "other/x.md": GOOD}, "KB004 error content/faulty.md"),
    "suffixes": ({"pyproject.toml": '[tool.kbtool]\nsuffixes = [".txt"]\n'}, "KB004 error content/faulty.md"),
    "aliases": ({"pyproject.toml": '[tool.kbtool.aliases]\nteam = "tags"\n'}, "KB001 error content/faulty.md"),
    "known keys": ({"pyproject.toml": '[tool.kbtool]\nknown_keys = ["team"]\n'}, "KB001 error content/faulty.md"),
    "intervals": ({"pyproject.toml": '[tool.kbtool]\nreview_in = "36 months"\n'}, "KB102 error content/faulty.md"),
    "an article's size": ({"pyproject.toml": "[tool.kbtool]\nmax_article_bytes = 20\n"}, "KB004 error content/faulty.md"),
    "the checks folder": ({"pyproject.toml": '[tool.kbtool]\nchecks_folder = "mine"\n'}, "KB004 error content/faulty.md"),
    "owners": ({"checks/owners.yml": f"{OWNERS}\nnobody: {{name: N}}\n"}, "KB004 error content/faulty.md"),
    "no owners": ({"checks/owners.yml": None}, "KB004 error content/faulty.md"),
    "areas": ({"checks/product_areas.yml": f"{PRODUCT_AREAS}\nnothing: {{name: N}}\n"}, "KB007 error content/faulty.md"),
    "tickets": ({"checks/tickets.yml": "T-1: {state: open}\n"}, "KB301 error content/faulty.md"),
    "what is approved": ({"checks/public.lock": f"{LOCK}content/faulty.md public shown -\n"}, "KB404 error content/faulty.md"),
    "no list of what is approved": ({"checks/public.lock": None}, "KB404 error content/faulty.md"),
    "a check that goes": ({"checks/own.py": None}, "ACME001 error content/good.md"),
    "a check that changes": ({"checks/own.py": OWN.replace("yield", "return\n        yield")}, "ACME001 error content/good.md"),
}


@pytest.mark.parametrize("name", HIDING)
def test_what_a_branch_sets_hides_nothing(base: Repository, tmp_path: Path, name: str) -> None:
    """A finding that the branch's own settings would hide is there, with all others."""
    files, finding = HIDING[name]
    before = found(opened(base, tmp_path).config)
    base.commit(files, on="2026-02-02")
    assert finding not in found(load_config(base.folder))
    config, notes = opened(base, tmp_path)
    assert finding in before
    assert found(config) == before
    assert len(notes) == 1
    assert next(iter(files)) in notes[0]


@pytest.mark.parametrize(("name", "content", "error"), [
    ("pyproject.toml", "[tool.kbtool\n", "not valid TOML"), ("pyproject.toml", "", "no knowledge base"), ("pyproject.toml", None, "cannot be read"),
    ("pyproject.toml", "[tool.kbtool]\ncolour = 1\n", "unknown key"), ("checks/owners.yml", "- [\n", ""), ("checks/own.py", "raise SystemExit(0)", "SystemExit"),
    ("mkdocs.yml", "site_name: !!python/object/apply:os.system [touch PWNED]\n", "would run code"), ("mkdocs.yml", "INHERIT: ../../etc/passwd\n", ""),
])
def test_settings_of_a_branch_are_not_even_read(base: Repository, tmp_path: Path, name: str, content: str | None, error: str) -> None:
    """What stops a run that trusts them does not stop this one."""
    before = found(opened(base, tmp_path).config)
    base.commit({name: content}, on="2026-02-02")
    if error not in ("", "no knowledge base"):
        with pytest.raises(KbtoolError, match=error):
            found(load_config(base.folder))
    assert found(opened(base, tmp_path).config) == before


def test_no_code_of_a_branch_runs(base: Repository, tmp_path: Path) -> None:
    """Its checks are not imported; those of the base ref are."""
    canary = tmp_path / "PWNED"
    base.commit(dict.fromkeys(["checks/evil.py", "checks/own.py"], f"from pathlib import Path\nPath({str(canary)!r}).touch()\n"), on="2026-02-02")
    assert "ACME001 error content/good.md" in found(opened(base, tmp_path).config)
    assert not canary.exists()
    found(load_config(base.folder))
    assert canary.exists()


def test_history_counts_as_the_base_ref_says(base: Repository, tmp_path: Path) -> None:
    """Neither commits that the branch lists, nor names that it gives to people, are left out of history."""
    text = f"---\ntitle: Covers\n{HEAD}last_reviewed_on: 2026-02-10\ncovers: [src/**]\n---\n\nText of the article.\n"
    base.commit({"content/covers.md": text}, on="2026-02-10")
    changed = base.commit({"src/a.py": "a = 2\n"}, on="2026-03-01")
    finding = "KB106 error content/covers.md"
    assert finding in found(opened(base, tmp_path).config)
    for files in ({".git-blame-ignore-revs": f"{changed}\n"}, {".mailmap": "x[bot] <test@example.com>\n", ".git-blame-ignore-revs": None}):
        base.commit(files, on="2026-03-02")
        assert finding not in found(load_config(base.folder))
        config, (note,) = opened(base, tmp_path)
        assert finding in found(config)
        assert f"1 changed line of the settings is not in effect, which are those of main: {next(iter(files))}" == note


def test_a_branch_that_changes_nothing_of_it_says_nothing(base: Repository, tmp_path: Path) -> None:
    """Nor does a part of pyproject.toml that is not ours, or what the base ref has changed since, or has as well."""
    assert opened(base, tmp_path).notes == ()
    base.commit({"pyproject.toml": "[project]\nname = 'x'\n[tool.kbtool]\n"}, on="2026-02-02")
    base.switch("main")
    base.commit({"checks/tickets.yml": "T-1: {state: open}\n", "checks/new.yml": "a: 1\n"}, on="2026-02-03")
    base.switch("pr")
    assert opened(base, tmp_path).notes == ()
    base.commit({"checks/new.yml": "a: 1\n"}, on="2026-02-04")
    assert opened(base, tmp_path).notes == ()
    base.commit({f"checks/{name}.yml": "x\ny\n" for name in "abcdef"}, on="2026-02-05")
    (note,) = opened(base, tmp_path).notes
    assert note.startswith("12 changed lines of the settings are not in effect, which are those of main: checks/a.yml, checks/b.yml, ")
    assert note.endswith("checks/c.yml, checks/d.yml and 2 more")


def test_settings_lie_where_the_base_ref_says(tmp_path: Path) -> None:
    """A knowledge base in a folder, with a theme and an inherited file outside of it, is read as it lies there."""
    repo = history(tmp_path / "repo")
    site = "[tool.kbtool]\n[tool.kbtool.editions.internal.mkdocs.theme]\ncustom_dir = 'inner'\n"
    files = {"kb/pyproject.toml": site, "kb/content/a.md": GOOD, "kb/mkdocs.yml": "INHERIT: ../shared/mkdocs.yml\n",
             "shared/mkdocs.yml": "INHERIT: more.yml\nsite_name: Base\ntheme: {custom_dir: ../theme}\n", "shared/more.yml": "copyright: Base\n",
             "theme/main.html": "base", "theme/link": Path("/etc/passwd"), "kb/inner/x.html": "base", "pyproject.toml": "[project]\nname = 'x'\n"}
    repo.commit(files)
    repo.branch("pr")
    hostile = {name: content.replace("base", "evil").replace("Base", "Evil") for name, content in files.items() if isinstance(content, str)}
    repo.commit({**hostile, "kb/content/pyproject.toml": "[tool.kbtool]\n", "theme/new.html": "evil", "kb/pyproject.toml": "[x]\n"})
    for here in ("kb", "kb/content"):
        config, notes = opened(repo, tmp_path, here=here)
        assert (config.root, config.settings) == (repo.folder / "kb", tmp_path / "scratch/kb")
        made = gather(config, TODAY)
        assert (made.site.values["site_name"], made.site.values["copyright"]) == ("Base", "Base")
        assert {path.relative_to(tmp_path / "scratch").as_posix(): path.read_text() for path in (tmp_path / "scratch").rglob("*.html")} == {
            "theme/main.html": "base", "kb/inner/x.html": "base",
        }
        assert "of the settings are not in effect, which are those of main: kb/inner/x.html, kb/pyproject.toml, shared/mkdocs.yml" in notes[0]
    with pytest.raises(KbtoolError, match=r"main has no pyproject\.toml with"):
        opened(repo, tmp_path, here="kb/content", exactly=True)
    assert opened(repo, tmp_path, here="kb", exactly=True).config.root == repo.folder / "kb"


@pytest.mark.parametrize(("link", "kind"), [
    ("content", "is a symlink"), ("site/public", "is a symlink"), ("site", "is a symlink"), (".kbtool", "is a symlink"),
    (".kbtool/untrusted", "is a symlink"),
])
def test_a_folder_that_became_a_symlink_is_refused(base: Repository, tmp_path: Path, link: str, kind: str) -> None:
    """It might lead to files of the machine: neither are articles read from there, nor is a site written to it."""
    (tmp_path / "elsewhere").mkdir()
    if link == "content":
        base.git("rm", "-rq", "content")
    base.commit({link: tmp_path / "elsewhere"}, on="2026-02-02")
    with pytest.raises(KbtoolError, match=kind) as caught:
        opened(base, tmp_path)
    assert (caught.value.where, caught.value.exit_code, caught.value.kind) == (link, 3, "untrusted")


@pytest.mark.parametrize(("files", "where", "message"), [
    ({"checks/owners.yml": Path("../o.yml")}, "checks/owners.yml", "is a symlink in main"), ({"mkdocs.yml": Path("m.yml")}, "mkdocs.yml", "is a symlink in main"),
    ({"mkdocs.yml": "INHERIT: ../m.yml\n"}, "../m.yml", "is outside of the repository"),
    ({"mkdocs.yml": "theme: {custom_dir: ../../theme}\n"}, "../../theme", "is outside of the repository"),
    ({"pyproject.toml": '[tool.kbtool.trackers.x]\nkind = "file"\npath = "../t.yml"\n'}, "../t.yml", "is outside of the repository"),
])
def test_settings_that_the_base_ref_does_not_hold_are_refused(
    base: Repository, tmp_path: Path, files: dict[str, Any], where: str, message: str
) -> None:
    """Where they lie elsewhere, the base ref alone does not say what they are; to do without them would pass too much."""
    base.switch("main")
    base.commit(files, on="2026-02-02")
    base.switch("pr")
    with pytest.raises(KbtoolError, match=message) as caught:
        opened(base, tmp_path)
    assert (caught.value.where, caught.value.exit_code) == (where, 2)


@pytest.mark.parametrize(("revision", "message", "kind"), [
    ("nowhere", "there is no commit 'nowhere' here", "no-such-commit"), ("--upload-pack=x", "there is no commit", "no-such-commit"),
    ("main:content", "there is no commit", "no-such-commit"), ("", "there is no commit", "no-such-commit"),
    ("twice", "'twice' may be refs/heads/twice or refs/tags/twice", "ambiguous-base"),
])
def test_a_base_ref_is_one_commit(base: Repository, tmp_path: Path, revision: str, message: str, kind: str) -> None:
    """What names none, or two, is refused."""
    base.git("branch", "twice", "main")
    base.git("tag", "twice", "pr")
    with pytest.raises(KbtoolError) as caught:
        opened(base, tmp_path, revision)
    assert (caught.value.message.startswith(message), caught.value.kind, caught.value.exit_code) == (True, kind, 2)


def test_a_branch_with_the_name_of_the_base_ref_is_not_taken_for_it(base: Repository, tmp_path: Path) -> None:
    """A stranger may call his branch `origin/main`; git would prefer it."""
    clone = base.clone(tmp_path / "clone")
    clone.git("checkout", "-q", "-b", "origin/main", "origin/pr")
    clone.commit({"pyproject.toml": '[tool.kbtool]\nselect = ["KB001"]\n'})
    with pytest.raises(KbtoolError, match=r"'origin/main' may be refs/remotes/origin/main or refs/heads/origin/main"):
        opened(clone, tmp_path, "origin/main")
    assert opened(clone, tmp_path, "refs/remotes/origin/main").config.select == ()
    assert opened(clone, tmp_path, clone.git("rev-parse", "refs/remotes/origin/main")).config.select == ()


def test_modules_of_the_branch_are_not_imported(base: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Python would look for them there, the run is refused; an environment in the work tree is not the branch's."""
    monkeypatch.setattr(sys, "path", [*sys.path, str(base.folder / ".venv/lib")])
    with pytest.raises(KbtoolError, match="Python imports modules from the work tree"):
        opened(base, tmp_path)
    monkeypatch.setattr(sys, "prefix", str(base.folder / ".venv"))
    assert opened(base, tmp_path).notes == ()
    monkeypatch.chdir(base.folder)
    monkeypatch.setattr(sys, "path", ["", *sys.path])
    with pytest.raises(KbtoolError) as caught:
        opened(base, tmp_path)
    assert (caught.value.kind, caught.value.exit_code) == ("unsafe-path", 2)


@pytest.mark.parametrize(("args", "kind"), [
    (["check", "--untrusted"], "no-base"), (["check", "--base", "main"], "usage"), (["build", "--untrusted"], "no-base"),
    (["build", "--base", "main"], "usage"), (["-C", "nowhere", "check", "--untrusted", "--base", "main"], "no-such-path"),
])
def test_a_base_ref_and_an_untrusted_run_belong_together(base: Repository, kbtool: Callable[..., Any], args: list[str], kind: str) -> None:
    """One without the other says nothing that could be meant."""
    done = kbtool(*args, cwd=base.folder)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"kbtool: error[{kind}]: ")
    assert done.err.count("\n") == 1
