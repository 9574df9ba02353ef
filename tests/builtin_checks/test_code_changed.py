"""KB106 code-changed."""

from __future__ import annotations

import pytest

from kbtool.builtin_checks.code_changed import CodeChanged
from kbtool.finding import Severity
from kbtool.testing import in_words

COVERS = {"last_reviewed_on": "2026-11-01", "covers": "[src/**]"}


@pytest.fixture
def changed(repo, page):
    """An article whose two covered files were changed by three landings of two people."""
    repo.commit({"content/a.md": page(**COVERS), "src/x.py": "1\n", "src/y.py": "1\n"}, on="2026-11-01")
    repo.commit({"src/x.py": "2\n"}, on="2026-11-10", by="Ana", message="One")
    repo.commit({"src/y.py": "1\n2\n3\n"}, on="2026-11-11", by="Ben", message="Two")
    repo.commit({"src/x.py": "3\n"}, on="2026-11-12", by="Ana", message="Three: ä")
    return repo


def test_in_words(changed, judge) -> None:
    """The finding stands at `covers` and says since when, how much, by whom, and which command shows it."""
    base = changed.git("rev-parse", "main~3")[:12]
    found = judge(changed, "2026-11-13", checks=(CodeChanged(),)).found.findings
    assert in_words(found) == [
        ("content/a.md:7:1 KB106 warning: covered code changed since the review of 2026-11-01: 3 landings since 2026-11-10 "
        f"(2 files, +3 -1 lines, by Ana, Ben; newest: Three: ä) (git diff {base} -- src/x.py src/y.py; then `kbtool review content/a.md`)"),
    ]
    assert found[0].evidence == {
        "landings": 3, "since": "2026-11-10", "files": ["src/x.py", "src/y.py"], "lines_added": 3, "lines_removed": 1, "authors": ["Ana", "Ben"],
        "newest": "Three: ä", "uncommitted": [], "command": f"git diff {base} -- src/x.py src/y.py",
    }


@pytest.mark.parametrize("keys", [{"last_reviewed_on": None}, {"confidence": "archived"}, {"covers": None}, {"covers": "[lib/**]"}, {"last_reviewed_on": "soon"}, {"title": "a: b: c"}])
def test_clean(changed, page, judge, keys: dict) -> None:
    """Without a review, covers or a readable front matter there is nothing to judge, and an archived article claims nothing."""
    changed.commit({"content/a.md": page(**COVERS | keys)}, on="2026-11-12")
    assert judge(changed, "2026-11-13", checks=(CodeChanged(),)).found.findings == ()


def test_the_fingerprint(changed, page, judge) -> None:
    """It is the same finding while more lands, and while lines move."""
    one = judge(changed, "2026-11-13", checks=(CodeChanged(),)).found.findings[0]
    changed.commit({"src/x.py": "4\n", "content/a.md": page(title="Another", description="New", **COVERS)}, on="2026-11-14")
    other = judge(changed, "2026-11-15", checks=(CodeChanged(),)).found.findings[0]
    assert (one.message != other.message, one.line != other.line) == (True, True)
    assert one.fingerprint == other.fingerprint


@pytest.mark.parametrize(("severity", "day", "found"), [("warning", "2026-12-30", Severity.WARNING), ("error", "2026-11-13", Severity.WARNING), ("error", "2026-12-30", Severity.ERROR)])
def test_severity_of_the_configuration(changed, judge, severity: str, day: str, found: Severity) -> None:
    """A configured warning holds for ever; a configured error does not shorten the grace."""
    changed.write({"pyproject.toml": f'[tool.kbtool]\nselect = ["KB106"]\n[tool.kbtool.checks.code-changed]\nseverity = "{severity}"\n'})
    assert [one.severity for one in judge(changed, day).found.findings] == [found]


def test_without_history(tmp_path, kbtool, changed) -> None:
    """With --no-git the check is skipped, which is said; the rest is judged."""
    done = kbtool("check", "--no-git", "--format", "json", cwd=changed.folder, today="2026-12-30")
    skipped = {one["check"]: (one["reason"], one["lasting"]) for one in done.json()["skipped"]}
    assert (done.code, skipped["KB106 code-changed"]) == (0, ("history was not read (--no-git)", False))


def test_many_authors_and_files_of_no_text(repo, page, judge) -> None:
    """Three people are named, and lines are counted of texts alone."""
    repo.commit({"content/a.md": page(**COVERS), "src/x.bin": b"\0" * 9, "src/x.py": "1\n"}, on="2026-11-01")
    for who in ("Ana", "Ben", "Cy", "Dan"):
        repo.commit({"src/x.py": f"{who}\n", "src/x.bin": b"\0" + who.encode()}, on="2026-11-10", by=who, message=who)
    message = judge(repo, "2026-11-13", checks=(CodeChanged(),)).found.findings[0].message
    assert message.endswith(": 4 landings since 2026-11-10 (2 files, +1 -1 lines, by Dan, Cy, Ben, …; newest: Dan)")
