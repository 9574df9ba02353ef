"""KB110 expiring."""

from __future__ import annotations

import pytest

from kbtool.builtin_checks.expiring import Expiring
from kbtool.testing import check_article, in_words

HINT = "prepare what comes after"
DAYS = [("2026-11-22", False), ("2026-11-23", True), ("2026-12-06", True), ("2026-12-07", False), ("2199-12-31", False)]


@pytest.mark.parametrize(("day", "fires"), DAYS)
def test_article(day: str, *, fires: bool) -> None:
    """The warning stands for the 14 days before the article expires; on the day itself KB109 takes over."""
    words = [f"content/article.md:3:1 KB110 warning: the article expires on {day} ({HINT})"]
    assert in_words(check_article(Expiring(), f"---\ntitle: x\nexpires: {day}\n---\n")) == (words if fires else [])


@pytest.mark.parametrize(("day", "fires"), DAYS)
def test_part(day: str, *, fires: bool) -> None:
    """The warning stands for the 14 days before a part expires, at its line."""
    words = [f"content/article.md:3:1 KB110 warning: this part expires on {day} ({HINT})"]
    found = check_article(Expiring(), f"text\n\n<!-- expires {day} -->\nx\n<!-- end expires -->\n")
    assert in_words(found) == (words if fires else [])


def test_due_soon_of_the_configuration() -> None:
    """The configuration sets how long before the day the warning comes."""
    text = "---\nexpires: 2026-12-22\n---\n"
    assert check_article(Expiring(), text, config='due_soon = "29 days"') == []
    assert [found.line for found in check_article(Expiring(), text, config='due_soon = "1 month"')] == [2]


@pytest.mark.parametrize("text", ["<!-- expires soon -->\nx\n<!-- end expires -->\n", "<!-- expires 2026-12-01 -->\nx\n", "text\n"])
def test_clean(text: str) -> None:
    """A part without a readable day or an end is KB109's."""
    assert check_article(Expiring(), text) == []
