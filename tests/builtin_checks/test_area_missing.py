"""KB006 area-missing."""

from __future__ import annotations

import pytest

from kbtool.builtin_checks.area_missing import AreaMissing
from kbtool.testing import check_article, check_files, in_words

FIRES = {
    "no front matter": ("text\n", "1:1"),
    "no key": ("---\ntitle: x\n---\n", "1:1"),
    "empty": ("---\ntitle: x\nproduct_areas:\n---\n", "3:1"),
    "empty list": ("---\nproduct_areas: []\n---\n", "2:1"),
}


@pytest.mark.parametrize(("text", "place"), FIRES.values(), ids=FIRES)
def test_fires(text: str, place: str) -> None:
    """Without a product area the article has a finding where the key is or should be."""
    assert in_words(check_article(AreaMissing(), text)) == [
        (f"content/article.md:{place} KB006 error: the article names no product area "
        "(add `product_areas: [id]` from the register of product areas)"),
    ]


@pytest.mark.parametrize(
    "text", ["---\nproduct_areas: [billing]\n---\n", "---\nproduct_areas: billing\n---\n", "---\nproduct_areas: {a: b}\n---\n"]
)
def test_clean(text: str) -> None:
    """One area is enough; a value that cannot be read is KB001's."""
    assert check_article(AreaMissing(), text) == []


def test_default_of_a_folder() -> None:
    """A folder's table supplies areas to its own articles only."""
    files = {"content/billing/a.md": "", "content/b.md": ""}
    config = '[tool.kbtool.defaults."billing/**"]\nproduct_areas = ["billing"]'
    assert [found.path for found in check_files(AreaMissing(), files, config=config)] == ["content/b.md"]
