"""The marks that a text has beside Markdown."""

from __future__ import annotations

import pytest

from kbtool.marks import NO_MARKS, Expiry, Link, Marks, innermost, read_marks
from kbtool.regions import Problem, Region

AUDIENCES = frozenset({"public", "internal"})
TEXT = """Text.

::: internal
--8<-- "a.md"
:::

<!-- expires 2026-12-31 -->
Old.
<!-- end expires -->

::: nobody
<!-- never closed
"""


def test_all_marks_of_a_text() -> None:
    """Each mark is told with its line in the file, and so is what is wrong with one."""
    found = read_marks(TEXT, 11, AUDIENCES, frozenset())
    assert found.includes == (Link("a.md", 14, 14, 9, "include", "internal"),)
    assert found.regions == (Region("internal", 13, 15, 1), Region("nobody", 21, 23, 1))
    assert [problem.line for problem in found.region_problems] == [21, 21]
    assert isinstance(found.comment_problem, Problem)
    assert found.comment_problem.line == 22
    assert found.expiries == (Expiry("2026-12-31", 17, 19),)


@pytest.mark.parametrize("text", ["", "Text.\n", "a :: b\n", "8 < 9, a <b> c\n", "1 - 8\n<- x\n"])
def test_a_text_without_marks(text: str) -> None:
    """Where nothing looks like a mark, nothing is read, and that can be told by identity."""
    assert read_marks(text, 1, AUDIENCES, frozenset()) is NO_MARKS


@pytest.mark.parametrize("text", ["::: note\nText.\n:::\n", "<!-- comment -->\n", "a:::b\n"])
def test_what_only_looks_like_a_mark(text: str) -> None:
    """A block of another tool, a plain comment and colons in a line are no marks."""
    assert read_marks(text, 1, AUDIENCES, frozenset({"note"})) == NO_MARKS == Marks()


@pytest.mark.parametrize(("text", "matters"), [
    ("::: internal\nText.\n:::\n", False),
    ("::: internal\nText.\n:::\n\n    {'a': 1}\n", False),
    ("::: internal\n```\n:::\n\n```\n[a]{.internal}\n```\n", True),
    ("::: internal\nText.\n:::\n\n`{ .internal }`\n", True),
    ("::: internal\nText.\n:::\n\n`<!--`\n", True),
    ("[a]{.internal} b\n", True),
    ("`[a]{.internal}` and `<!--`\n", False),
    ("<!-- a -->\n", False),
])
def test_whether_a_cut_can_make_text_of_code(text: str, matters: bool) -> None:
    """It can where parts for others stand beside what names an audience, or begins a comment, wherever that is; else it cannot."""
    assert read_marks(text, 1, AUDIENCES, frozenset()).cut_matters is matters


def test_the_innermost_region_counts() -> None:
    """A line in a region inside a region is for the inner one's audience; outside of all, for nobody in particular."""
    regions = [Region("internal", 1, 9, 1), Region("partner", 3, 5, 2)]
    assert [innermost(regions, line) for line in (1, 3, 5, 6, 10)] == ["internal", "partner", "partner", "internal", None]
