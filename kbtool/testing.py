"""The test kit for checks, public: what this project tests its own checks with.

For example:

    findings = check_article(ReviewOverdue(), "---\\nlast_reviewed_on: 2026-01-01\\n---\\n", today="2026-11-22")
"""

from __future__ import annotations

import datetime as dt
import re
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from kbtool.articles import Article, load_article
from kbtool.check import Check
from kbtool.config import load_config
from kbtool.evidence import Evidence, gather
from kbtool.finding import Finding
from kbtool.runner import run

TODAY = dt.date(2026, 11, 22)
OWNERS = "ana:\n  name: Ana\n  email: ana@example.com\ngone:\n  name: Gone\n  until: 2026-01-31\n"
PRODUCT_AREAS = "billing:\n  name: Billing\n  owners: [ana]\n"
_EXPECT = re.compile(r"(?:<!--|#) expect:((?: [A-Z]+\d+(?::\d+)?)+)(?: -->)?[ \t]*$")

__all__ = [
    "OWNERS", "PRODUCT_AREAS", "TODAY", "article", "check_article", "check_files", "expected", "in_words", "knowledge_base",
]


def knowledge_base(folder: Path, files: Mapping[str, str | bytes], *, config: str = "", today: dt.date = TODAY) -> Evidence:
    """Write a knowledge base and gather its evidence.

    Args:
        folder: where to write it.
        files: path inside the folder → content. Registers and pyproject.toml are added where they are missing.
        config: lines for `[tool.kbtool]`.
        today: the day to judge by.
    """
    usual = {
        "pyproject.toml": f"[tool.kbtool]\n{config}\n", "checks/owners.yml": OWNERS, "checks/product_areas.yml": PRODUCT_AREAS,
        "content/.keep": "",
    }
    for name, content in {**usual, **files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return gather(load_config(folder), today)


def check_files(
    check: Check, files: Mapping[str, str | bytes], *, config: str = "", today: dt.date | str = TODAY
) -> list[Finding]:
    """Run one check over a knowledge base with these files; a check that breaks or skips is an AssertionError."""
    day = dt.date.fromisoformat(today) if isinstance(today, str) else today
    with tempfile.TemporaryDirectory(prefix="kbtool-test-") as folder:
        found = run(knowledge_base(Path(folder), files, config=config, today=day), [check])
    assert not found.skipped, found.skipped  # noqa: S101 - this is the test kit
    return list(found.findings)


def check_article(
    check: Check, text: str, *, path: str = "content/article.md", config: str = "", today: dt.date | str = TODAY
) -> list[Finding]:
    """Run one check over one article."""
    return check_files(check, {path: text}, config=config, today=today)


def article(text: str, *, config: str = "") -> Article:
    """Return one loaded article."""
    with tempfile.TemporaryDirectory(prefix="kbtool-test-") as folder:
        evidence = knowledge_base(Path(folder), {"content/article.md": text}, config=config)
        return load_article(evidence.config, "article.md")


def in_words(findings: Iterable[Finding]) -> list[str]:
    """Return each finding on one line, for tables of tests: `content/article.md:3:1 KB102 error: message (hint)`."""
    return [
        f"{found.path}:{found.line}:{found.column} {found.code} {found.severity}: {found.message} ({found.hint})"
        for found in findings
    ]


def expected(text: str) -> list[tuple[int, str]]:
    """Return the findings that a fixture announces, as sorted pairs of line and code, to compare with those of a run.

    An expectation stands at the end of the line that the finding is about, as a comment of Markdown or of YAML:

        See [exports](exprot.md). <!-- expect: KB201 -->
        last_reviewed_on: 2026-01-01  # expect: KB102

    Codes may follow one another (`expect: KB003 KB006`). Where the line can hold no comment, such as the opening `---` or
    the marker of a region, the expectation stands elsewhere and names it: `expect: KB003:1` is a finding on line 1.
    """
    found = []
    for number, line in enumerate(text.split("\n"), 1):
        match = _EXPECT.search(line)
        for word in match[1].split() if match else ():
            code, _, other = word.partition(":")
            found.append((int(other) if other else number, code))
    return sorted(found)
