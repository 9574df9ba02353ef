"""The hook for pre-commit, run by pre-commit itself in fresh repositories."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kbtool.testing import Repository, history

HOOKS = ".pre-commit-hooks.yaml"
SCRIPTS = Path(sys.executable).parent


@pytest.fixture
def hooks(tmp_path, repository) -> Repository:
    """A repository with the file of hooks as it is at the top of this project."""
    made = history(tmp_path / "hooks")
    made.commit({HOOKS: (repository / HOOKS).read_text("utf-8")}, on="2026-01-01")
    return made


@pytest.fixture
def commit(site, hooks, page, tmp_path):
    """`commit("content/a.md")` stages these files in a repository that uses the hook, and runs pre-commit as `git commit` would."""
    site.commit({
        # kbtool is not installed anew: that would need a package index.
        ".pre-commit-config.yaml": f"repos:\n- repo: {hooks.folder}\n  rev: {hooks.head}\n  hooks:\n  - id: kbtool\n    language: system\n",
        "content/a.md": page("[b](b.md)\n"), "content/b.md": page(), "content/bad.md": page(owners="[nobody]"),
    }, on="2026-11-20")
    env = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "KBTOOL"))} | {
        "PATH": os.pathsep.join([str(SCRIPTS), os.environ["PATH"]]), "PRE_COMMIT_HOME": str(tmp_path / "pre-commit"),
        "SOURCE_DATE_EPOCH": "1795348800", "PRE_COMMIT_COLOR": "never"}  # 22 November 2026

    def run(*paths: str, more: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
        if paths:
            site.git("add", "--", *paths)
        return subprocess.run([str(SCRIPTS / "pre-commit"), "run", "--verbose", *more], cwd=site.folder, env=env, capture_output=True, text=True, check=False)

    return run


def test_a_sound_article_passes(site, commit, page) -> None:
    """A changed article without errors may be committed, whatever is wrong with those that stay as they are."""
    site.write({"content/a.md": page("[b](b.md) and more\n"), "content/other.md": page(owners="[nobody]")})
    done = commit("content/a.md")
    assert done.returncode == 0, done.stdout
    assert "0 errors, 1 warning, 0 unknown, 1 article, 0 skipped" in done.stdout
    assert "content/bad.md" not in done.stdout


def test_an_error_stops_the_commit(site, commit, page) -> None:
    """A link that leads nowhere is an error at its line, with the exit code of the gate."""
    site.write({"content/a.md": page("[b](nowhere.md)\n")})
    done = commit("content/a.md")
    assert done.returncode == 1
    assert "- exit code: 1" in done.stdout
    assert "\ncontent/a.md\n" in done.stdout
    assert "\n  9:5     error KB201" in done.stdout


def test_what_is_staged_is_judged(site, commit, page) -> None:
    """A fault that is not staged does not stop a commit, and one that is staged stops it though the file is right by now."""
    site.write({"content/a.md": page("[b](b.md) twice\n")})
    site.git("add", "content/a.md")
    site.write({"content/a.md": page("[b](nowhere.md)\n")})
    assert commit().returncode == 0
    site.git("add", "content/a.md")
    site.write({"content/a.md": page("[b](b.md)\n")})
    assert "KB201" in commit().stdout
    assert (site.folder / "content/a.md").read_text("utf-8") == page("[b](b.md)\n")


def test_links_to_other_articles_are_known(site, commit, page) -> None:
    """The knowledge base is read as a whole: a link to an article that is not part of the commit is found."""
    site.write({"content/new.md": page("[a](a.md)\n", last_reviewed_on=None)})
    done = commit("content/new.md")
    assert (done.returncode, "KB201" in done.stdout, "warning KB101" in done.stdout) == (0, False, True)


def test_markdown_elsewhere_is_passed_over(site, commit) -> None:
    """A file of Markdown that is no article does not stop a commit, alone or beside an article."""
    site.write({"README.md": "# Read me\n", "docs/notes.md": "Notes.\n"})
    done = commit("README.md", "docs/notes.md")
    assert done.returncode == 0, done.stdout
    assert "kbtool: note: no path holds an article of this knowledge base, so nothing was judged" in done.stdout
    site.write({"content/a.md": "---\ntitle: [\n---\n"})
    assert "error KB001" in commit("content/a.md").stdout


def test_other_files_do_not_start_it(site, commit) -> None:
    """A commit of code alone does not wait for kbtool."""
    site.write({"src/a.py": "x = 1\n"})
    assert "(no files to check)Skipped" in commit("src/a.py").stdout


def test_all_files(commit) -> None:
    """`pre-commit run --all-files` judges every article in one go."""
    done = commit(more=("--all-files",))
    assert done.returncode == 1
    assert done.stdout.count("1 error, 0 warnings, 0 unknown, 3 articles, 0 skipped") == 1


def test_nothing_is_changed(site, commit, page) -> None:
    """The hook leaves the work tree and the index as they are, so that pre-commit does not complain of it."""
    site.write({"content/a.md": page("More.\n")})
    done = commit("content/a.md")
    assert "files were modified" not in done.stdout
    assert site.git("status", "--porcelain") == "M  content/a.md"


def test_without_an_existing_path(site, commit, page) -> None:
    """An article that is removed is not asked for."""
    site.git("rm", "-q", "content/bad.md")
    assert "(no files to check)Skipped" in commit().stdout


@pytest.mark.parametrize(("paths", "code", "said"), [
    (["content/a.md", "README.md"], 0, ""),
    (["README.md", "src"], 0, "note: no path holds an article"),
    (["content/gone.md"], 2, "error[no-such-path]: there is no file or folder 'content/gone.md'"),
    (["content/a.md", "content/bad.md"], 1, ""),
    (["."], 1, ""),
    ([".."], 0, "note: no path holds an article"),
])
def test_skip_others(site, run, page, paths, code, said) -> None:
    """`--skip-others` passes over what is no article, and over nothing else."""
    site.commit({"content/a.md": page(), "content/bad.md": page(owners="[nobody]"), "README.md": "x\n", "src/a.py": "x\n"}, on="2026-11-20")
    done = run("check", "--skip-others", *paths)
    assert (done.code, said in done.err) == (code, True), done


def test_names_are_compared_folder_by_folder(site, run, page) -> None:
    """`content/a` is not above `content/ab.md`."""
    site.commit({"content/ab.md": page()}, on="2026-11-20")
    (site.folder / "content/a").mkdir()
    assert (run("check", "content/a").code, run("check", "content/ab.md").code) == (2, 0)


def test_a_knowledge_base_in_a_folder(site, run, page) -> None:
    """Paths are those from where pre-commit runs, at the top of the repository."""
    for name in ("pyproject.toml", "checks/owners.yml", "checks/product_areas.yml"):
        site.commit({f"docs/{name}": (site.folder / name).read_text("utf-8"), name: None})
    site.commit({"docs/content/a.md": page(owners="[nobody]"), "content/.keep": None, "README.md": "x\n"}, on="2026-11-20")
    done = run("-C", "docs", "check", "--skip-others", "README.md", "docs/content/a.md")
    assert (done.code, done.out.splitlines()[0], done.err) == (1, "content/a.md", "")
