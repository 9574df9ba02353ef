"""KB109 expired."""

from __future__ import annotations

import pytest

from kbtool.builtin_checks.expired import Expired
from kbtool.testing import check_article, in_words

DATE = "write it as YYYY-MM-DD, such as 2026-03-31"
PART = "remove the part, or set a later day"


@pytest.mark.parametrize(("day", "fires"), [("2026-11-21", True), ("2026-11-22", True), ("2026-11-23", False)])
def test_article(day: str, *, fires: bool) -> None:
    """The article has expired from the day in `expires` on."""
    words = [f"content/article.md:3:1 KB109 error: the article expired on {day} (remove it, or set a later day)"]
    assert in_words(check_article(Expired(), f"---\ntitle: x\nexpires: {day}\n---\n")) == (words if fires else [])


BLOCKS = {
    "yesterday": (
        "<!-- expires 2026-11-21 -->\nx\n<!-- end expires -->\n", [f"1:1 KB109 error: this part expired on 2026-11-21 ({PART})"],
    ),
    "today": (
        "<!-- expires 2026-11-22 -->\nx\n<!-- end expires -->\n", [f"1:1 KB109 error: this part expired on 2026-11-22 ({PART})"],
    ),
    "tomorrow": ("<!-- expires 2026-11-23 -->\nx\n<!-- end expires -->\n", []),
    "in a line": (
        "x\n\n- a <!-- expires 2026-01-02 -->b<!-- end expires -->\n", [f"3:1 KB109 error: this part expired on 2026-01-02 ({PART})"],
    ),
    "nested": (
        "<!-- expires 2027-01-01 -->\n<!-- expires 2026-01-01 -->\nx\n<!-- end expires -->\n<!-- end expires -->\n",
        [f"2:1 KB109 error: this part expired on 2026-01-01 ({PART})"],
    ),
    "two of one day": (
        "<!-- expires 2026-01-01 -->\nx\n<!-- end expires -->\n" * 2,
        [f"1:1 KB109 error: this part expired on 2026-01-01 ({PART})", f"4:1 KB109 error: this part expired on 2026-01-01 ({PART})"],
    ),
    "no such day": (
        "<!-- expires 2026-02-30 -->\nx\n<!-- end expires -->\n",
        [f"1:1 KB109 error: expires: there is no day '2026-02-30' in the calendar ({DATE})"],
    ),
    "no day": (
        "<!-- expires -->\nx\n<!-- end expires -->\n",
        ["1:1 KB109 error: the end or the start of a part that expires, without its day (write <!-- expires YYYY-MM-DD --> where it starts)"],
    ),
    "words": ("<!-- expires soon -->\nx\n<!-- end expires -->\n", [f"1:1 KB109 error: expires: 'soon' is not a date ({DATE})"]),
    "no end": (
        "a\n\n<!-- expires 2027-01-01 -->\nx\n",
        ["3:1 KB109 error: a part that expires starts here and never ends (close it with <!-- end expires -->)"],
    ),
    "in code": ("```\n<!-- expires 2026-01-01 -->\n```\n\n`<!-- expires 2026-01-01 -->`\n", []),
    "other comment": ("<!-- it expires 2026-01-01 -->\n", []),
}


@pytest.mark.parametrize(("text", "found"), BLOCKS.values(), ids=BLOCKS)
def test_blocks(text: str, found: list[str]) -> None:
    """A part is judged by the day in its comment; one without a readable day or an end is an error too."""
    assert in_words(check_article(Expired(), text)) == [f"content/article.md:{one}" for one in found]


def test_lines_below_front_matter() -> None:
    """Lines of parts are those of the file, and the article and its parts have findings of their own."""
    text = "---\nexpires: 2026-11-01\n---\n\n<!-- expires 2026-10-01 -->\nx\n<!-- end expires -->\n"
    assert [(found.line, found.subject) for found in check_article(Expired(), text)] == [(2, ""), (5, "2026-10-01")]


def test_evergreen_and_preset() -> None:
    """An end is an end for evergreen articles too, and under the key of a preset."""
    text = "---\nevergreen: a law\nexpiryDate: 2026-01-01T00:00:00Z\n---\n"
    assert [found.line for found in check_article(Expired(), text, config='preset = "hugo"')] == [3]
