"""Pull requests of uv, replayed: each commit of its linear main line was one. What `--diff` judges is what git itself says of them."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from kbtool.config import load_config
from kbtool.evidence import gather
from kbtool.impact import read_impact
from kbtool.testing import TODAY

pytestmark = pytest.mark.real
CONFIG = '[tool.kbtool]\ncontent = "docs"\n[tool.kbtool.defaults."docs/**"]\naudience = "public"\nowners = ["uv"]\nproduct_areas = ["uv"]\ntitle = "x"\n'
LATEST = 7  #: pull requests, and as many that changed articles


class Uv:
    """A clone of uv in which ten articles cover code; a pull request is put on top of that, alone or as the merge that CI has."""

    def __init__(self, folder: Path, covers: dict[str, list[str]]) -> None:
        self.folder, self.covers, self.day = folder, covers, ""

    def git(self, *args: str, when: str = "2026-08-21T12:00:00Z") -> list[str]:
        """Run git, and return its lines."""
        people = {f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER") for what, value in (("NAME", "t"), ("EMAIL", "t@example.com"), ("DATE", when))}
        done = subprocess.run(["git", "-C", self.folder, *args], check=True, capture_output=True, text=True, env=os.environ | people)
        return done.stdout.splitlines()

    def adopt(self, commit: str) -> None:
        """Make a main branch at a commit, with our configuration and covers, and a review of that day."""
        self.git("checkout", "-qfB", "main", commit)
        self.day, = self.git("log", "-1", "--format=%cs")
        self._commit("Adopt")

    def open(self, commit: str, *, merged: bool = False) -> None:
        """Check out a pull request, which is a commit on top of main: its branch, or what a server merges for CI."""
        self.git("checkout", "-qfB", "fix", "main")
        self.git("read-tree", "-m", "-u", commit)
        self._commit("Change")
        if merged:
            self.git("checkout", "-q", "--detach", "main")
            self.git("merge", "-q", "--no-ff", "-m", "Merge", "fix")

    def _commit(self, message: str) -> None:
        """Commit what is there, with what is ours."""
        site = "mkdocs.yml" if (self.folder / "mkdocs.yml").is_file() else "mkdocs.template.yml"
        (self.folder / "pyproject.toml").write_text(CONFIG.replace("[tool.kbtool]\n", f'[tool.kbtool]\nmkdocs = "{site}"\n'))
        for path, globs in self.covers.items():
            if (self.folder / path).is_file():
                text = (self.folder / path).read_text()
                ends = "" if text.startswith("---\n") else "---\n\n"
                ours = f"---\ncovers: {json.dumps(globs)}\nlast_reviewed_on: {self.day}\n{ends}"
                (self.folder / path).write_text(ours + text.removeprefix("---\n"))
        self.git("add", "-A")
        self.git("commit", "-qm", message, when=f"{self.day}T23:00:00Z")

    def expected(self) -> tuple[set[str], set[str]]:
        """Return the articles that git says were changed, and those whose globs match what was."""
        base, = self.git("merge-base", "main", "HEAD")
        changed = set(self.git("diff", "--name-only", "--no-renames", base, "HEAD")) & set(self.git("ls-files", "docs"))
        covering = {path for path, globs in self.covers.items() if (self.folder / path).is_file()
                    and self.git("diff", "--name-only", "--no-renames", base, "HEAD", "--", *(f":(top,glob){glob}" for glob in globs))}
        return {path for path in changed if path.endswith(".md")}, covering


@pytest.fixture(scope="module")
def uv(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Uv:
    """A clone of uv, its covers as somebody who knows it has listed them."""
    folder = tmp_path_factory.mktemp("real") / "uv"
    subprocess.run(["git", "clone", "-q", shared / "real" / "uv.bundle", folder], check=True)
    return Uv(folder, {row["path"]: row["covers"] for row in json.loads((shared / "real" / "uv.json").read_text())})


def test_the_latest_pull_requests(uv: Uv, diff) -> None:
    """`--diff` judges the articles that git itself says were changed, or cover what was; `impact` says the same of the latter."""
    newest = ("rev-list", f"--max-count={LATEST}", "origin/HEAD", "--")
    commits = dict.fromkeys([*uv.git(*newest), *uv.git(*newest, "docs")])
    kinds = set()
    for number, commit in enumerate(commits):
        uv.adopt(f"{commit}^")
        uv.open(commit, merged=bool(number % 2))
        run = diff(uv.folder, today="2026-08-21")
        changed, covering = uv.expected()
        judged = {article.path for article in run.articles}
        assert judged == changed | covering, commit
        affected = read_impact(gather(load_config(uv.folder), TODAY, git=False), "main...HEAD").affected
        assert {one.article.path for one in affected} == covering, commit
        articles = [path for path in uv.git("ls-files", "docs") if path.endswith(".md")]
        assert run.diff.left_alone == len(articles) - len(judged), commit
        assert {finding.path for finding in run.findings} <= judged, commit
        assert {finding.severity.value for finding in run.findings if finding.code == "KB106"} <= {"warning"}, commit
        kinds.add((bool(changed), bool(covering)))
    assert {(False, False), (False, True), (True, False)} <= kinds


MOVED = {
    "docs/guides/contributing.md": ["docs/reference/contributing.md /uv/guides/contributing/"],  # moved, and its URL forgotten
    "docs/guides/integration/dependency-bots.md": [],  # split, with a redirect in mkdocs.yml
    "docs/guides/export.md": [],  # moved, with a redirect
    "docs/configuration/index.md": ["docs/configuration/index.md /uv/configuration/"],  # a folder moved with redirects, but for its first page
}


def removals(uv: Uv) -> Iterator[tuple[str, str]]:
    """Yield the articles of the table, and the commit that took each away."""
    for path in MOVED:
        yield path, uv.git("log", "-1", "--diff-filter=D", "--no-renames", "--format=%H", "origin/HEAD", "--", path)[0]


def test_urls_that_pull_requests_removed(uv: Uv, diff) -> None:
    """Of four times that uv moved pages, two kept all URLs, and two lost one: those are found."""
    found = {}
    for path, commit in removals(uv):
        uv.adopt(f"{commit}^")
        uv.open(commit)
        findings = diff(uv.folder, today="2026-08-21", checks=("KB205",)).findings
        found[path] = [f"{finding.path} {finding.evidence['url']}" for finding in findings]
        assert {tuple(finding.evidence["editions"]) for finding in findings} <= {("public", "internal")}
    assert found == MOVED
