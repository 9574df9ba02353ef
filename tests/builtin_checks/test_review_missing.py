"""KB101 review-missing."""

from __future__ import annotations

import pytest

from kbtool.builtin_checks.review_missing import ReviewMissing
from kbtool.testing import check_article, check_files, in_words

WORDS = "the article has never been reviewed (read it against the product, then run `kbtool review content/article.md`)"
FIRES = {
    "no front matter": ("text\n", "1:1 KB101 error"),
    "no key": ("---\ntitle: x\n---\n", "1:1 KB101 error"),
    "empty": ("---\ntitle: x\nlast_reviewed_on:\n---\n", "3:1 KB101 error"),
    "not validated": ("---\nconfidence: not-validated\n---\n", "1:1 KB101 error"),
    "a reviewer without a date": ("---\nlast_reviewed_by: ana\n---\n", "1:1 KB101 error"),
    "work in progress": ("---\nconfidence: work-in-progress\n---\n", "1:1 KB101 warning"),
    "draft": ("---\ndraft: true\n---\n", "1:1 KB101 warning"),
    "no draft": ("---\ndraft: false\n---\n", "1:1 KB101 error"),
    "evergreen, with covers": ("---\nevergreen: a law\ncovers: src/**\n---\n", "1:1 KB101 error"),
    "an empty reason": ("---\nevergreen: ''\n---\n", "1:1 KB101 error"),
}


@pytest.mark.parametrize(("text", "found"), FIRES.values(), ids=FIRES)
def test_fires(text: str, found: str) -> None:
    """Without a review the article has an error, and while it is work in progress a warning."""
    assert in_words(check_article(ReviewMissing(), text)) == [f"content/article.md:{found}: {WORDS}"]


@pytest.mark.parametrize(
    "lines",
    [
        "last_reviewed_on: 2026-11-01", "last_reviewed_on: 2000-01-01", "last_reviewed_on: 2027-01-01", "confidence: archived",
        "evergreen: a law", "confidence: archived\ncovers: src/**", "last_reviewed_on: soon", "confidence: done", "title: a: b",
    ],
)
def test_clean(lines: str) -> None:
    """Any date of a review is one, archived and evergreen articles need none (but for one with covers), and what cannot be read is KB001's."""
    assert check_article(ReviewMissing(), f"---\n{lines}\n---\n") == []


def test_severity_of_the_configuration() -> None:
    """A configured severity holds; what the check itself grades down, a draft, stays down."""
    config = '[tool.kbtool.checks.review-missing]\nseverity = "{}"'
    for text, configured, severity in [
        ("---\ntitle: x\n---\n", "warning", "warning"), ("---\ntitle: x\n---\n", "error", "error"),
        ("---\ndraft: true\n---\n", "error", "warning"),
    ]:
        found = check_article(ReviewMissing(), text, config=config.format(configured))
        assert [one.severity for one in found] == [severity]


def test_preset_and_default_of_a_folder() -> None:
    """A date under a preset's key counts, and a folder may be evergreen."""
    files = {
        "content/a.md": "---\nms.date: 11/01/2026\n---\n", "content/laws/b.md": "---\ntitle: x\n---\n",
        "content/c.md": "---\ntitle: x\nms.date:\n---\n",
    }
    config = 'preset = "microsoft"\n[tool.kbtool.defaults."laws/**"]\nevergreen = "laws do not change"'
    assert [(one.path, one.line) for one in check_files(ReviewMissing(), files, config=config)] == [("content/c.md", 3)]
