"""What the tests of the catalogue of faults share: one run over broken articles, with a healthy one beside them."""

from __future__ import annotations

import datetime as dt
import shlex
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from kbtool.config import load_config
from kbtool.evidence import gather

TODAY = "2026-11-22"
GATE_TODAY = "2026-02-09"  #: eight days after the reviews of `base`
REAL_GIT = shutil.which("git") or "git"
WITNESS = "content/witness.md"
WITNESS_TEXT = """---
title: Witness
audience: public
owners: [ana]
product_areas: [billing]
last_reviewed_on: 2026-06-01
review_in: 6 months
---

Its review is due soon, which is a warning.
"""


@dataclass(frozen=True)
class Checked:
    """What `kbtool check --format json` said of a knowledge base, without the healthy article beside the broken ones."""

    code: int
    report: Any
    public: frozenset[str]  #: paths that the public edition shows
    internal: frozenset[str]  #: paths that the internal edition shows

    @property
    def findings(self) -> list[tuple[str, str, int, str]]:
        """Return path, code, line and message of each finding."""
        return [(found["path"], found["code"], found["line"], found["message"]) for found in self.report["findings"]
                if found["path"] != WITNESS]

    def of(self, path: str) -> list[tuple[str, int, str]]:
        """Return code, line and message of each finding in one file of the content folder."""
        return [found[1:] for found in self.findings if found[0] == f"content/{path}"]

    def codes(self, path: str) -> list[str]:
        """Return the codes of the findings in one file of the content folder."""
        return [found[0] for found in self.of(path)]

    def full(self, path: str) -> list[Any]:
        """Return all that the report says about the findings in one file of the content folder."""
        return [found for found in self.report["findings"] if found["path"] == f"content/{path}"]

    def verdict(self, path: str) -> str:
        """Return the verdict on one article."""
        return str(next(found["verdict"] for found in self.report["articles"] if found["path"] == f"content/{path}"))


Check = Callable[..., Checked]


@pytest.fixture
def check(kb: Any) -> Check:
    """Write files into the content folder of `kb`, check it, and return what was said.

    Every run shows as well that the articles beside the broken ones are still checked and that no file was changed.
    """

    def run(files: Mapping[str, str | bytes] | None = None, *args: str, config: str = "", today: str = TODAY, **more: Any) -> Checked:
        kb.write(WITNESS, WITNESS_TEXT)
        for name, text in (files or {}).items():
            kb.write(f"content/{name}", text)
        if config:
            kb.write("pyproject.toml", f"[tool.kbtool]\n{config}\n")
        before = kb.tree()
        done = kb.run("check", "--format", "json", *args, today=today, **more)
        assert done.code in (0, 1), done.err
        assert kb.tree() == before, "a check writes nothing"
        report = done.json()
        if today == TODAY and not args:
            assert [found["code"] for found in report["findings"] if found["path"] == WITNESS] == ["KB103"]
        evidence = gather(load_config(kb.root), dt.date.fromisoformat(today))
        shown = {
            name: frozenset(article.source for article in evidence.articles if edition.shows(article))
            for name, edition in evidence.editions.items()
        }
        return Checked(done.code, report, shown["public"], shown["internal"])

    return run


# ---------------------------------------------------------------------------------------------- real repositories


@pytest.fixture
def base(repo, page, seal):
    """A sealed article `a`, and `b` without a seal, both of `src/x.py`, in a history of four landings."""
    for day in ("2026-01-02", "2026-01-03"):
        repo.commit({"src/x.py": day}, on=day)
    repo.write({f"content/{name}.md": page(last_reviewed_on="2026-02-01", covers="src/x.py") for name in "ab"})
    seal(repo, "a")
    repo.git("add", "-A")
    repo.commit(on="2026-02-01")
    return repo


@pytest.fixture
def gate(kbtool) -> Callable[..., Any]:
    """Run `kbtool check` in a folder, without a cache unless it is asked for; nothing in the folder may change."""

    def run(folder: Path, *args: str, **more: Any) -> Any:
        before = {path: path.lstat().st_mtime_ns for path in folder.rglob("*")}
        done = kbtool("check", "--no-cache", *args, cwd=more.pop("cwd", folder), today=more.pop("today", GATE_TODAY), **more)
        assert {path: path.lstat().st_mtime_ns for path in folder.rglob("*")} == before
        return done

    return run


@pytest.fixture
def fake_git(tmp_path: Path) -> Callable[[str], dict[str, str]]:
    """Return an environment in which a shell script stands for git; in it, `real` is git itself."""

    def put(script: str) -> dict[str, str]:
        folder = tmp_path / "bin"
        folder.mkdir()
        (folder / "git").write_text(f'#!/bin/sh\nreal() {{ {shlex.quote(REAL_GIT)} "$@"; }}\n{script}\n')
        (folder / "git").chmod(0o755)
        return {"PATH": f"{folder}:/usr/bin:/bin"}

    return put
