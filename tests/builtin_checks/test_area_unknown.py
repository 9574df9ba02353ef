"""KB007 area-unknown."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from kbtool.builtin_checks.area_unknown import AreaUnknown
from kbtool.runner import run
from kbtool.testing import check_article, check_files, in_words, knowledge_base

FIRES = {
    "misspelt": ("product_areas: [biling]", "2:17", "biling", 'did you mean "billing"?'),
    "other case": ("product_areas: [BILLING]", "2:17", "BILLING", 'did you mean "billing"?'),
    "nothing near": ("product_areas: search", "2:1", "search", "add 'search' to checks/product_areas.yml"),
    "the second": ("product_areas:\n- billing\n- search", "4:3", "search", "add 'search' to checks/product_areas.yml"),
}


@pytest.mark.parametrize(("lines", "place", "area", "hint"), FIRES.values(), ids=FIRES)
def test_fires(lines: str, place: str, area: str, hint: str) -> None:
    """Each area that the register does not have is a finding at its place, with the nearest area that it has."""
    assert in_words(check_article(AreaUnknown(), f"---\n{lines}\n---\n")) == [
        f"content/article.md:{place} KB007 error: {area!r} is not a known product area ({hint})",
    ]


@pytest.mark.parametrize("lines", ["product_areas: [billing]", "product_areas: [billing, billing]", "title: x"])
def test_clean(lines: str) -> None:
    """Areas of the register, and none at all, are clean."""
    assert check_article(AreaUnknown(), f"---\n{lines}\n---\n") == []


def test_default_of_a_folder() -> None:
    """An unknown area in a folder's table is a finding of each of its articles, on line 1."""
    config = '[tool.kbtool.defaults."*.md"]\nproduct_areas = ["biling"]'
    found = check_files(AreaUnknown(), {"content/a.md": "", "content/b.md": "---\nproduct_areas: [billing]\n---\n"}, config=config)
    assert [(one.path, one.line) for one in found] == [("content/a.md", 1)]


def test_skipped_without_a_register(tmp_path: Path) -> None:
    """Without `product_areas.yml` the check is skipped with the reason."""
    evidence = knowledge_base(tmp_path, {"content/a.md": "---\nproduct_areas: [x]\n---\n"})
    found = run(dataclasses.replace(evidence, product_areas=None), [AreaUnknown()])
    assert (found.findings, [(skip.check, skip.reason) for skip in found.skipped]) == (
        (), [("KB007 area-unknown", "checks/product_areas.yml does not exist")],
    )
