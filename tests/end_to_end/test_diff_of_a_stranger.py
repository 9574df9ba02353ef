"""`kbtool check --diff` of a stranger's branch: what the base was is worked out without anything of the branch."""

from __future__ import annotations

import pytest

EVIL = "import pathlib\npathlib.Path(__file__).parent.joinpath('PWNED').touch()\n"


@pytest.fixture
def stranger(site, page):
    """A branch that breaks another article's link, changes settings, and brings a check of its own."""
    site.commit({"content/a.md": page(), "content/b.md": page("[a](a.md)\n"), "content/c.md": page(owners="[nobody]")}, on="2026-10-01")
    site.branch("stranger")
    site.commit({"content/a.md": None, "checks/evil.py": EVIL, "pyproject.toml": "[tool.kbtool]\n[tool.kbtool.checks.broken-link]\nseverity = 'warning'\n"}, on="2026-11-20")
    return site


def test_none_of_its_checks_run(stranger, run) -> None:
    """What the branch causes is found by the settings of the base ref, and its checks are not run for either side."""
    done = run("check", "--diff", "main", "--untrusted", "--base", "main")
    assert done.code == 1
    assert "content/b.md\n  9:5     error KB201" in done.out
    assert "content/c.md" not in done.out
    assert not list(stranger.folder.rglob("PWNED"))


def test_they_would_run_for_a_friend(stranger, run) -> None:
    """Without `--untrusted`, the checks and settings of the checkout count, so the test above can fail."""
    done = run("check", "--diff", "main")
    assert "warning KB201" in done.out
    assert list(stranger.folder.rglob("PWNED"))
