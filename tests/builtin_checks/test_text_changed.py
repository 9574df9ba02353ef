"""KB108 text-changed."""

from __future__ import annotations

import pytest

from kbtool.builtin_checks.text_changed import TextChanged
from kbtool.testing import in_words

DAY = "2026-11-01"


def test_in_words(repo, page, judge) -> None:
    """The finding stands at the date, and says since when, by whom, and which command shows it."""
    repo.commit({"content/a.md": page(last_reviewed_on=DAY)}, on=DAY)
    for day, who in (("2026-11-10", "Ana"), ("2026-11-11", "Ben")):
        repo.commit({"content/a.md": page(f"{who}.\n", last_reviewed_on=DAY)}, on=day, by=who)
    base = repo.git("rev-parse", "main~2")[:12]
    found = judge(repo, "2026-11-13", checks=(TextChanged(),)).found.findings
    assert in_words(found) == [
        ("content/a.md:6:1 KB108 warning: the words have changed after the review of 2026-11-01 in 2 landings since 2026-11-10, by Ben, Ana "
        f"(git diff {base} -- content/a.md; then `kbtool review content/a.md`)"),
    ]
    assert (found[0].evidence["landings"], found[0].evidence["since"], found[0].evidence["authors"]) == (2, "2026-11-10", ["Ben", "Ana"])


@pytest.mark.parametrize(("body", "keys"), [("Text.\n", {}), ("Text.\n", {"title": "Another"}), ("New.\n", {"confidence": "archived"}), ("New.\n", {"last_reviewed_on": None}), ("New.\n", {"last_reviewed_on": "2026-11-12"})])
def test_clean(repo, page, judge, body: str, keys: dict) -> None:
    """The same words, a new review with new words, no review, and an archived article."""
    repo.commit({"content/a.md": page(last_reviewed_on=DAY)}, on=DAY)
    repo.commit({"content/a.md": page(body, **{"last_reviewed_on": DAY} | keys)}, on="2026-11-12")
    assert judge(repo, "2026-11-13", checks=(TextChanged(),)).found.findings == ()


def test_a_typing_error(repo, page, judge) -> None:
    """What its author marks as minor needs no review; what comes after it does."""
    repo.commit({"content/a.md": page(last_reviewed_on=DAY)}, on=DAY)
    repo.commit({"content/a.md": page("Texts.\n", last_reviewed_on=DAY)}, on="2026-11-10", trailers={"Kb-Change": "minor"})
    assert judge(repo, "2026-11-13", checks=(TextChanged(),)).found.findings == ()
    repo.commit({"content/a.md": page("Texts!\n", last_reviewed_on=DAY)}, on="2026-11-11", by="Ben")
    message = judge(repo, "2026-11-13", checks=(TextChanged(),)).found.findings[0].message
    assert message.endswith("in 1 landing since 2026-11-11, by Ben")


def test_an_error_by_configuration(repo, page, judge) -> None:
    """Who wants every edit reviewed makes it an error."""
    repo.commit({"pyproject.toml": '[tool.kbtool.checks.text-changed]\nseverity = "error"\n', "content/a.md": page(last_reviewed_on=DAY)}, on=DAY)
    repo.commit({"content/a.md": page("New.\n", last_reviewed_on=DAY)}, on="2026-11-10")
    assert (judge(repo, "2026-11-13").codes(), judge(repo, "2026-11-13").verdict()) == (["KB108 error"], "stale")
