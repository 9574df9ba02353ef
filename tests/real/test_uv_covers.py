"""The articles of uv and the globs that somebody who knows them has listed: what landed under these, and what we would suggest."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from kbtool.covers import parse_covers
from kbtool.suggest import Suggester

pytestmark = pytest.mark.real
CONFIG = '[tool.kbtool]\ncontent = "docs"\n'


@pytest.fixture(scope="module")
def suggester(shared: Path, tmp_path_factory: pytest.TempPathFactory, judge) -> Suggester:
    """Suggestions from a clone of uv."""
    folder = tmp_path_factory.mktemp("real") / "uv"
    subprocess.run(["git", "clone", "-q", shared / "real" / "uv.bundle", folder], check=True)
    (folder / "pyproject.toml").write_text(CONFIG)
    return Suggester(judge(folder, "2026-08-21", checks=()).evidence)


def is_part(glob: str, listed: str) -> bool:
    """Return whether a glob is one of the listed ones, or within it."""
    return glob == listed or (listed.endswith("/**") and glob.startswith(listed[:-2]))


def test_the_listed_code_is_among_the_first_five(suggester: Suggester, shared: Path) -> None:
    """For nine of ten articles, the first five suggestions have something of the listed code; the tenth never changed with code."""
    rows = json.loads((shared / "real" / "uv.json").read_text())
    articles = {article.path: article for article in suggester.evidence.articles}
    ranks = {}
    for row in rows:
        found = suggester.propose(articles[row["path"]]).suggestions
        ranks[row["path"]] = next((n for n, one in enumerate(found, 1) if any(is_part(one.glob, glob) for glob in row["covers"])), 0)
    assert [path for path, rank in ranks.items() if not 1 <= rank <= 5] == ["docs/reference/troubleshooting/index.md"]
    assert sum(rank == 1 for rank in ranks.values()) >= 7


def test_release_landings_suggest_nothing(suggester: Suggester) -> None:
    """Manifests, locks and changelogs, which each release changes with the version in the text, are not suggested."""
    globs = {one.glob for proposal in suggester.missing() for one in proposal.suggestions}
    assert len(globs) > 100
    assert not [glob for glob in globs if glob.endswith(("Cargo.toml", "Cargo.lock", "CHANGELOG.md", "/pyproject.toml", ".snap"))]


def test_what_landed_under_the_listed_globs(suggester: Suggester, shared: Path) -> None:
    """Plain facts, since an article's last landing and not since a review: how many landings touched its code, how many files differ."""
    code, histories = suggester.evidence.reviews.code[""], suggester.evidence.reviews.histories
    numbers = code.history.line.landings.numbers
    for row in json.loads((shared / "real" / "uv.json").read_text()):
        globs = parse_covers(row["covers"], ())
        base = histories.versions(row["path"])[-1].number
        assert base == numbers[row["article_last_landing"]], row["path"]
        assert str(code.history.landed_on(base)) == row["landed_on"]
        landings = {number for path in code.covered(globs) for number in code.history.landings_of(path, base)}
        assert len(landings) == row["landings_under_covers_since"], row["path"]
        assert len(code.changed(globs, base)) == row["files_net_changed"], row["path"]
