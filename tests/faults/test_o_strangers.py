"""FAULTS.md 2.15, rows O: pull requests of strangers, each through a real process on a real repository."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kbtool.testing import OWNERS, PRODUCT_AREAS, Repository, history

HEAD = "owners: [ana]\nproduct_areas: [billing]\nlast_reviewed_on: 2026-10-01\n"
PUBLIC = f"---\ntitle: Public\naudience: public\n{HEAD}---\n\nEverybody may read this.\n"
INTERNAL = f"---\ntitle: Drawer\naudience: internal\n{HEAD}---\n\nThe canary-inside sits in the left drawer of the desk, below the maps.\n"
MKDOCS = "site_name: Help\ncopyright: !ENV [SECRET, no secret]\ntheme: {name: material, font: false, custom_dir: overrides}\nplugins: []\n"
BASE = {
    "pyproject.toml": "[tool.kbtool]\n", "checks/owners.yml": OWNERS, "checks/product_areas.yml": PRODUCT_AREAS, "content/index.md": PUBLIC,
    "content/drawer.md": INTERNAL, "mkdocs.yml": MKDOCS, "overrides/main.html": "{% extends 'base.html' %}\n",
}
UNTRUSTED = ("--untrusted", "--base", "main")
Run = Callable[..., Any]


@pytest.fixture
def base(tmp_path: Path) -> Repository:
    """A knowledge base on `main`, and the branch of a stranger, checked out, that has not changed anything yet."""
    made = history(tmp_path / "repo")
    made.commit(BASE, on="2026-11-01")
    made.branch("pr")
    return made


@pytest.fixture
def run(kbtool: Run, base: Repository) -> Run:
    """Run kbtool in the repository."""
    return lambda *args, **more: kbtool(*args, cwd=base.folder, today="2026-11-22", **more)


def published(repo: Repository, edition: str = "public") -> str:
    """Return all that a site holds, the names of its files too, where it is text."""
    files = [path for path in sorted((repo.folder / "site" / edition).rglob("*")) if path.suffix in (".html", ".json", ".xml", ".txt", ".js")]
    site = [path for path in files if "javascripts" not in path.parts]
    return "\n".join(f"{path.name}\n{path.read_text('utf-8')}" for path in site)


def template(canary: Path) -> str:
    """Return a template that makes a file when it is rendered."""
    return f"{{% extends 'base.html' %}}{{% set x = cycler.__init__.__globals__.os.system('touch {canary}') %}}\n"


def test_o01_a_branch_changes_nothing_that_a_site_is_built_by(base: Repository, run: Run, tmp_path: Path) -> None:
    """Neither its editions, settings and templates are in effect, nor does its code run; what a run that trusts it shows proves it."""
    canary = tmp_path / "PWNED"
    base.commit({
        "pyproject.toml": (
            '[tool.kbtool]\nmanifest_allow = ["*"]\n[tool.kbtool.editions.public]\naudiences = ["public", "internal"]\n'
            '[tool.kbtool.editions.public.mkdocs.extra]\nx = 1\n[tool.kbtool.editions.more]\naudiences = ["internal"]\n'
        ),
        "mkdocs.yml": MKDOCS.replace("Help", "canary-name").replace("no secret", "canary-env") + "extra_css: [canary.css]\nextra_templates: [t.txt]\n",
        "overrides/main.html": template(canary), "overrides/canary-file.js": "1", "content/t.txt": template(canary),
        "checks/evil.py": f"from pathlib import Path\nPath({str(tmp_path / 'CHECKED')!r}).touch()\n",
    }, on="2026-11-02")
    done = run("build", *UNTRUSTED, env={"SECRET": "canary-secret"})
    site = published(base)
    assert done.code == 0
    assert done.err.splitlines() == [
        "kbtool: note[untrusted]: 18 changed lines of the settings are not in effect, which are those of main: checks/evil.py, mkdocs.yml, overrides/canary-file.js, overrides/main.html and 1 more",
    ]
    assert [path.name for path in sorted((base.folder / "site").iterdir())] == ["internal", "public"]
    assert "Everybody may read this" in site
    assert "no secret" in site
    assert "canary" not in site
    assert sorted(path.name for path in tmp_path.iterdir()) == ["repo"]
    trusted = run("build", env={"SECRET": "canary-secret"})
    site = published(base)
    assert trusted.code == 0
    assert canary.exists()
    assert (tmp_path / "CHECKED").exists()
    assert all(word in site for word in ("canary-name", "canary-secret", "canary.css", "canary-file.js", "canary-inside"))
    assert (base.folder / "site/more").is_dir()


@pytest.mark.parametrize("setting", ['audit_allow = {"ana@example.com" = "x"}', "ignore = ['KB404', 'KB401']"])
def test_o01_what_withholds_a_site_cannot_be_allowed_by_the_branch(base: Repository, run: Run, setting: str) -> None:
    """Its allow-list for the audit, and the checks that it leaves out, count for nothing."""
    leak = "audit" in setting
    base.switch("main")
    base.commit({"overrides/main.html": "{% extends 'base.html' %}{% block footer %}ana@example.com{% endblock %}" if leak else ""}, on="2026-11-02")
    base.branch("stranger")
    words = "" if leak else "[See](drawer.md)"
    base.commit({"content/index.md": PUBLIC + words, "pyproject.toml": f"[tool.kbtool]\n{setting}\n"}, on="2026-11-02")
    done = run("build", "--edition", "public", *UNTRUSTED)
    assert done.code == 1
    assert ("error[leak]: " if leak else "error[withheld]: no site was published") in done.err
    assert not (base.folder / "site").exists()
    assert run("build", "--edition", "public").code == 0


def test_o01_fail_on_is_that_of_the_base_ref(base: Repository, run: Run) -> None:
    """A branch cannot make its errors pass."""
    base.commit({"content/index.md": PUBLIC.replace("[ana]", "[nobody]"), "pyproject.toml": '[tool.kbtool]\nfail_on = "never"\n'}, on="2026-11-02")
    assert run("check", *UNTRUSTED).code == 1
    assert run("check").code == 0


def test_o01_extensions_and_templates_of_the_base_ref_do_nothing_for_a_stranger(base: Repository, run: Run, tmp_path: Path) -> None:
    """What renders content as a template, or reads files for it, is left out and named, although the base ref has it."""
    base.switch("main")
    (tmp_path / "secret.png").write_bytes(b"\x89PNG canary-picture")
    more = "extra_templates: [t.html]\nmarkdown_extensions: [pymdownx.b64, tables]\n"
    base.commit({"mkdocs.yml": MKDOCS + more, "content/t.html": "plain"}, on="2026-11-02")
    base.branch("stranger")
    canary = tmp_path / "PWNED"
    base.commit({"content/t.html": template(canary).partition("%}")[2], "content/index.md": PUBLIC + f'[t](t.html) <img src="{tmp_path}/secret.png">'}, on="2026-11-03")
    done = run("build", "--edition", "public", "--exit-zero", *UNTRUSTED)
    assert done.code == 0
    assert done.err.splitlines() == [
        f"kbtool: warning[public]: mkdocs.yml: {name!r} is not used in an untrusted run" for name in ("extra_templates", "pymdownx.b64")
    ]
    assert not canary.exists()
    assert "data:image/png" not in published(base)
    assert run("build", "--edition", "public", "--exit-zero").code == 0
    assert canary.exists()


def test_o01_nothing_that_a_branch_leaves_in_our_folders_is_used(base: Repository, run: Run, tmp_path: Path) -> None:
    """A journal is not played back, a cache neither read nor written, and symlinks in our folder lead nowhere."""
    victim = tmp_path / "victim"
    victim.mkdir()
    (victim / "keep.txt").write_text("kept")
    old, new = PUBLIC.encode(), PUBLIC.replace("read this", "read what a stranger wrote").encode()
    entry = {"path": "content/index.md", "before": hashlib.sha256(new).hexdigest(), "after": hashlib.sha256(old).hexdigest()}
    files: dict[str, Any] = {
        ".kbtool/journal/journal.json": json.dumps({"format": 1, "files": [entry, {**entry, "path": "content/x.md", "after": "x"}]}),
        ".kbtool/journal/0.old": new, ".kbtool/journal/1.new": "x", ".kbtool/cache/content": "x", ".kbtool/stage/public": victim,
        **{f".kbtool/untrusted/{name}": victim for name in ("stage", "build", "purge", "manifest")},
    }
    base.commit(files, on="2026-11-02")
    for command in ("check", "build"):
        done = run(command, *UNTRUSTED)
        assert (done.code, done.err) == (0, "")
    assert (base.folder / "content/index.md").read_bytes() == old
    assert (base.folder / ".kbtool/cache/content").read_text() == "x"
    assert [path.name for path in (base.folder / ".kbtool/cache").iterdir()] == ["content"]
    assert [path.name for path in victim.iterdir()] == ["keep.txt"]
    assert "Everybody may read this" in published(base)
    lock = base.folder / ".kbtool/untrusted/build.lock"
    lock.unlink()
    lock.symlink_to(tmp_path / "made")
    assert run("build", *UNTRUSTED).code == 3
    assert not (tmp_path / "made").exists()


def test_o01_a_report_goes_through_no_symlink_of_the_branch(base: Repository, run: Run, tmp_path: Path) -> None:
    """What CI names as a report's file must not be another file of the machine; elsewhere a symlink is the user's own."""
    mine = tmp_path / "mine"
    mine.write_text("kept")
    base.commit({"report.json": mine, "folder": tmp_path}, on="2026-11-02")
    for name in ("report.json", "folder/new.json"):
        done = run("check", *UNTRUSTED, "--format", "json", "--output", name)
        assert (done.code, done.out) == (3, "")
        assert f"error[untrusted]: {name.split('/')[0]}: is a symlink, which an untrusted run does not follow" in done.err
    assert mine.read_text() == "kept"
    assert not (tmp_path / "new.json").exists()
    (tmp_path / "link").symlink_to(mine)
    assert run("check", *UNTRUSTED, "--output", str(tmp_path / "link")).code == 0
    assert mine.read_text().startswith("0 errors")


@pytest.mark.parametrize("event", ["pull_request_target", "workflow_run", "pull_request", ""])
def test_o02_a_job_that_holds_secrets_is_refused(base: Repository, run: Run, event: str) -> None:
    """GitHub gives what these events start the rights of the repository, so a stranger's articles have no place there."""
    done = run("check", *UNTRUSTED, env={"GITHUB_EVENT_NAME": event})
    if event in ("pull_request", ""):
        assert (done.code, done.err) == (0, "")
        return
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        f"kbtool: error[unsafe-trigger]: a job that {event} starts holds secrets of the repository "
        "(check pull requests of strangers with `on: pull_request`)\n"
    )
    assert run("check", env={"GITHUB_EVENT_NAME": event}).code == 0


def test_o03_a_fork_without_secrets_is_checked(base: Repository, run: Run) -> None:
    """Tickets come from what the base ref has committed; without that they are unknown, which is no error."""
    base.switch("main")
    tracker = '[tool.kbtool]\nsnapshot = "checks/tickets.jsonl"\n[tool.kbtool.trackers.shop]\nkind = "github"\nrepository = "acme/shop"\ntoken_env = "T"\n'
    base.commit({"pyproject.toml": tracker, "content/index.md": PUBLIC.replace("last_", "tickets: [acme/shop#88]\nlast_")}, on="2026-11-02")
    base.branch("stranger")
    base.commit({"checks/tickets.jsonl": "nonsense\n"}, on="2026-11-03")
    done = run("check", *UNTRUSTED)
    assert done.code == 0
    assert "there is no snapshot yet" in done.out
    assert run("check", *UNTRUSTED, "--strict").code == 3
    assert "cannot be" in run("check").out or "line 1" in run("check").out


def test_o10_a_flood_of_files_is_stopped(base: Repository, run: Run) -> None:
    """There is a limit, which the base ref sets, and the message says how to raise it."""
    base.switch("main")
    base.commit({"pyproject.toml": "[tool.kbtool]\nmax_files = 3\n"}, on="2026-11-02")
    base.branch("flood")
    assert run("check", *UNTRUSTED).code == 0
    base.commit({"content/a.png": "x", "content/b.md": PUBLIC, "pyproject.toml": "[tool.kbtool]\n"}, on="2026-11-03")
    done = run("check", *UNTRUSTED)
    assert (done.code, done.out) == (3, "")
    assert done.err.endswith("error[limit]: there are more than 3 files below 'content' (raise max_files in [tool.kbtool])\n")
    assert run("check").code == 0


@pytest.mark.parametrize("name", ["$(touch PWNED)", "`touch PWNED`", "--output=PWNED", "a;touch PWNED", "main..pr", "-x"])
def test_o11_the_name_of_a_branch_is_never_a_command(base: Repository, run: Run, tmp_path: Path, name: str) -> None:
    """As a base ref it names no commit, is refused in one line, and nothing is made of it."""
    before = sorted(path.name for path in base.folder.iterdir())
    done = run("check", "--untrusted", f"--base={name}")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("kbtool: error[no-such-commit]: there is no commit ")
    assert done.err.count("\n") == 1
    assert sorted(path.name for path in base.folder.iterdir()) == before
