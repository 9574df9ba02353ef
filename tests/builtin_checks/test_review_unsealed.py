"""KB105 review-unsealed."""

from __future__ import annotations

import pytest

from kbtool.builtin_checks.review_unsealed import ReviewUnsealed
from kbtool.testing import check_article, check_files, in_words

FORGED = "1 review:000000000000 text:5d2f81c0a3b4 code:- tickets:-"
HINT = "`kbtool review content/article.md` shows the evidence and seals it again"
NOT_OURS = "it is no seal that this version of kbtool knows"
OTHER = "date, reviewer, interval, covers, tickets, evergreen or expiry are not those of the review"


@pytest.mark.parametrize(("seal", "why"), [(FORGED, OTHER), ("yes", NOT_OURS), ("9 all of it", NOT_OURS), (FORGED.replace("text", "words"), NOT_OURS)])
def test_fires(seal: str, why: str) -> None:
    """A seal of something else, or none of ours, is a warning at its line, without any history too."""
    found = check_article(ReviewUnsealed(), f"---\ntitle: x\nlast_reviewed_on: 2026-11-01\nreview_seal: '{seal}'\n---\n")
    assert in_words(found) == [f"content/article.md:4:1 KB105 warning: the seal is not of this review: {why} ({HINT})"]


def test_the_same_seal_twice() -> None:
    """Both articles have the warning, whatever else their seals say."""
    text = f'---\nlast_reviewed_on: 2026-11-01\nreview_seal: "{FORGED}"\n---\n'
    found = check_files(ReviewUnsealed(), {"content/a.md": text, "content/b.md": text.replace(" text", "  text")})
    assert [(one.path, one.message) for one in found] == [(f"content/{name}.md", "the seal is not of this review: another article has the same seal") for name in "ab"]


@pytest.mark.parametrize("line", ["review_seal:", "review_seal: ''", "title: x", f"review_seal: '{FORGED}'\nconfidence: archived"])
def test_clean(line: str) -> None:
    """No seal is none, and an archived article claims nothing."""
    assert check_article(ReviewUnsealed(), f"---\nlast_reviewed_on: 2026-11-01\n{line}\n---\n") == []


def test_a_seal_without_a_date(repo, page, judge, seal) -> None:
    """A seal whose date was taken away is void."""
    repo.write({"content/a.md": page()})
    seal(repo, "a")
    repo.git("add", "-A")
    repo.commit()
    assert judge(repo, checks=(ReviewUnsealed(),)).found.findings == ()
    repo.commit({"content/a.md": (repo.folder / "content/a.md").read_text().replace("last_reviewed_on: 2026-10-01\n", "")})
    assert judge(repo).codes() == ["KB101 error", "KB105 warning"]
