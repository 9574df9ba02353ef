"""KB112 covers-too-broad."""

from __future__ import annotations

import pytest

from kbtool.builtin_checks.covers_too_broad import CoversTooBroad
from kbtool.testing import history, in_words


@pytest.fixture
def broad(repo, page):
    """An article that covers twenty of the twenty-five files of its repository."""
    repo.commit({"content/a.md": page(covers="src/**"), **{f"src/{number}.py": "1" for number in range(20)}})
    assert len(repo.git("ls-files").split("\n")) == 25
    return repo


def test_in_words(broad, judge) -> None:
    """The warning stands at `covers`, with both numbers."""
    found = judge(broad, checks=(CoversTooBroad(files=19),)).found.findings
    assert in_words(found) == ["content/a.md:7:1 KB112 warning: covers 20 of the 25 files of this repository (narrow the globs: `kbtool covers suggest content/a.md`)"]
    assert found[0].evidence == {"covered": 20, "files": 25}


@pytest.mark.parametrize(("options", "fires"), [({}, False), ({"files": 20}, False), ({"files": 19, "share": 80}, False), ({"files": 19, "share": 79}, True)])
def test_options(broad, judge, options: dict, fires: bool) -> None:
    """It takes more than `files` files, and more than `share` per cent."""
    assert bool(judge(broad, checks=(CoversTooBroad(**options),)).found.findings) is fires


def test_clean(broad, page, judge) -> None:
    """What is left out is not covered; and an archived article describes nothing any more."""
    broad.commit({"content/a.md": page(covers="[src/**, '!src/1*']"), "content/b.md": page(covers=None)})
    assert judge(broad, checks=(CoversTooBroad(files=9),)).found.findings == ()
    broad.commit({"content/a.md": page(covers="src/**", confidence="archived")})
    assert judge(broad, checks=(CoversTooBroad(files=9),)).found.findings == ()


def test_another_repository(tmp_path, new_repo, page, judge) -> None:
    """Each repository is counted on its own, and named."""
    history(tmp_path / "api").commit({f"{number}.py": "1" for number in range(10)})
    repo = new_repo(tmp_path / "repo", '[tool.kbtool.repositories.api]\npath = "../api"')
    repo.commit({"content/a.md": page(covers="['api:**', checks/owners.yml]")})
    found = judge(repo, checks=(CoversTooBroad(files=2),)).found.findings
    assert [one.message for one in found] == ["covers 10 of the 10 files of the repository 'api'"]
