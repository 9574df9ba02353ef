"""Fixtures: Markdown files in tests/fixtures/<check>/ that announce their own findings, see `kbtool.testing.expected`."""

from __future__ import annotations

from pathlib import Path

import pytest

from kbtool.builtin_checks.broken_link import BrokenLink
from kbtool.builtin_checks.suppression_unused import SuppressionUnused
from kbtool.check import Check
from kbtool.registry import BUILTIN_CHECKS
from kbtool.testing import check_files, expected

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
#: Checks of names and kinds of files, and of history, which no Markdown file can show.
WITHOUT = {
    "name-not-portable", "file-ignored", "orphan-asset", "symlink-escape", "embedded-repo", "code-changed", "covers-nothing", "text-changed",
    "bulk-review", "covers-too-broad", "audience-widened", "url-removed",
}
CHECKS = {check.name(): check for check in BUILTIN_CHECKS}
FILES = [path for name in sorted(CHECKS) for path in sorted((FIXTURES / name).rglob("*.md"))]


def check_of(path: Path) -> type[Check]:
    return CHECKS[path.relative_to(FIXTURES).parts[0]]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(FIXTURES).as_posix())
def test_fixture(path: Path) -> None:
    """The check finds just what the file announces; all fixtures of a check are one knowledge base."""
    check = check_of(path)
    folder = FIXTURES / check.name()
    files = {f"content/{file.relative_to(folder).as_posix()}": file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    if check.code.startswith("KB3"):
        files["checks/tickets.yml"] = (FIXTURES / "tickets.yml").read_bytes()
    mine = f"content/{path.relative_to(folder).as_posix()}"
    others = [BrokenLink()] if check is SuppressionUnused else []
    found = [(one.line, one.code) for one in check_files(check(), files, others=others) if one.path == mine]
    assert sorted(found) == expected(path.read_text("utf-8"))


def test_every_check_has_a_fixture_that_fires() -> None:
    """Each check that looks into articles has a fixture with at least one finding, and only its own."""
    announced = {path: expected(path.read_text("utf-8")) for path in FILES}
    assert {check_of(path).name() for path, found in announced.items() if found} == set(CHECKS) - WITHOUT
    assert {(check_of(path).code, code) for path, found in announced.items() for _, code in found} == {
        (check.code, check.code) for check in BUILTIN_CHECKS if check.name() not in WITHOUT
    }


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a <!-- expect: KB201 -->", [(1, "KB201")]),
        ("---\nowners: [x]  # expect: KB004\n---", [(2, "KB004")]),
        ("a\nb <!-- expect: KB201 KB203 KB201 -->", [(2, "KB201"), (2, "KB201"), (2, "KB203")]),
        ("a\n\n<!-- expect: KB003:1 KB201 -->", [(1, "KB003"), (3, "KB201")]),
        ("a <!-- expect: ACME001 -->\r\n", []),
        ("a <!-- expect: ACME001 -->  \n", [(1, "ACME001")]),
        ("a <!-- expect: nothing --> # expect:\nexpect: KB201", []),
    ],
)
def test_expected(text: str, found: list[tuple[int, str]]) -> None:
    """Expectations are read from the ends of lines, of YAML and of Markdown, for their own line or a named one."""
    assert expected(text) == found
