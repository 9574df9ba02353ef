"""KB022 suppression-expired."""

from __future__ import annotations

import pytest

from kbtool.builtin_checks.broken_link import BrokenLink
from kbtool.builtin_checks.suppression_expired import SuppressionExpired
from kbtool.testing import check_files, in_words


@pytest.mark.parametrize(
    ("day", "over"), [("2026-11-21", True), ("2026-11-22", True), ("2026-11-23", False), ("2000-01-01", True), ("2027-11-22", False)],
)
@pytest.mark.parametrize("front", [True, False])
def test_on_its_day_it_is_over(day: str, *, over: bool, front: bool) -> None:
    """From that day on it is a finding, and what it silenced is one again."""
    text = f"<!-- kbtool: ignore broken-link until {day}: it\n comes -->\n[a](nowhere.md)\n"
    if front:
        text = f"---\nkbtool_ignore: [{{check: broken-link, until: {day}, reason: it comes}}]\n---\n[a](nowhere.md)\n"
    found = in_words(check_files(SuppressionExpired(), {"content/article.md": text}, others=[BrokenLink()]))
    expired = f"KB022 error: silencing broken-link was over on {day}: it comes (take it out, or name a later day)"
    assert [line.partition(" ")[2] for line in found] == ([expired, "KB201 error: there is no page 'nowhere.md' (correct or remove the link)"] if over else [])


def test_what_is_wrong_in_another_way_is_not_over() -> None:
    """A comment without a reason is KB021's, whatever its day."""
    assert check_files(SuppressionExpired(), {"content/a.md": "<!-- kbtool: ignore KB201 until 2026-01-01 -->\n"}) == []
