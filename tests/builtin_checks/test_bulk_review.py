"""KB111 bulk-review."""

from __future__ import annotations

import pytest

from kbtool.builtin_checks.bulk_review import BulkReview
from kbtool.testing import in_words

NAMES = [f"a{number}" for number in range(4)]


@pytest.fixture
def moved(repo, page):
    """Four articles whose dates one landing has moved."""
    repo.commit({f"content/{name}.md": page(last_reviewed_on="2026-01-05") for name in NAMES}, on="2026-01-05")
    repo.commit({f"content/{name}.md": page(last_reviewed_on="2026-11-10") for name in NAMES}, on="2026-11-10")
    return repo


def test_in_words(moved, judge) -> None:
    """Each of the articles has the warning at its date, with the commit and the number of articles."""
    found = judge(moved, checks=(BulkReview(max_reviews=3),)).found.findings
    assert in_words(found) == [
        f"content/{name}.md:6:1 KB111 warning: one landing, {moved.head[:12]}, moved the review dates of 4 articles (review them one by one)" for name in NAMES]
    assert found[0].evidence == {"commit": moved.head, "articles": 4}


def test_the_option(moved, judge) -> None:
    """As many as `max_reviews` may be moved at once."""
    assert judge(moved, checks=(BulkReview(max_reviews=4),)).found.findings == ()


def test_clean(moved, page, judge) -> None:
    """An article that is reviewed again, archived or gone is not one of those who warn; an archived one still was moved."""
    moved.commit({"content/a0.md": page(last_reviewed_on="2026-11-12"), "content/a1.md": page(last_reviewed_on="2026-11-10", confidence="archived"), "content/a2.md": None}, on="2026-11-12")
    found = judge(moved, checks=(BulkReview(max_reviews=1),))
    assert ([one.path for one in found.found.findings], found.evidence.reviews.bulk["content/a3.md"][1]) == (["content/a3.md"], 2)


def test_a_merge_of_single_reviews(repo, page, judge) -> None:
    """Reviews that were made one by one in a branch arrive with one landing, and count as that."""
    repo.commit({f"content/{name}.md": page(last_reviewed_on="2026-01-05") for name in NAMES}, on="2026-01-05")
    repo.branch("reviews")
    for number, name in enumerate(NAMES):
        repo.commit({f"content/{name}.md": page(last_reviewed_on=f"2026-11-1{number}")}, on=f"2026-11-1{number}")
    repo.switch("main")
    merge = repo.merge("reviews", on="2026-11-14")
    found = judge(repo, checks=(BulkReview(max_reviews=3),)).found.findings
    assert {one.evidence["commit"] for one in found} == {merge}
