"""KB003 owner-missing."""

from __future__ import annotations

import pytest

from kbtool.builtin_checks.owner_missing import OwnerMissing
from kbtool.testing import check_article, check_files, in_words

FIRES = {
    "no front matter": ("# Export\n", "1:1"),
    "no key": ("---\ntitle: x\n---\n", "1:1"),
    "empty": ("---\ntitle: x\nowners:\n---\n", "3:1"),
    "empty list": ("---\ntitle: x\nowners: []\n---\n", "3:1"),
}


@pytest.mark.parametrize(("text", "place"), FIRES.values(), ids=FIRES)
def test_fires(text: str, place: str) -> None:
    """Without an owner the article has a finding where the key is or should be."""
    assert in_words(check_article(OwnerMissing(), text)) == [
        f"content/article.md:{place} KB003 error: nobody owns this article (add `owners: [id]` from the register of owners)",
    ]


@pytest.mark.parametrize("text", ["---\nowners: [ana]\n---\n", "---\nowners: ana\n---\n", "---\nowners: [nobody-knows]\n---\n"])
def test_clean(text: str) -> None:
    """One owner is enough, written as a list or as a word; whether the register has it is KB004's."""
    assert check_article(OwnerMissing(), text) == []


@pytest.mark.parametrize("text", ["---\nowners: {a: b}\n---\n", "---\nowners: ['']\n---\n", "---\ntitle: a: b\n---\n"])
def test_what_cannot_be_read_is_another_checks(text: str) -> None:
    """Where the owners cannot be read, KB001 says so and this check says nothing."""
    assert check_article(OwnerMissing(), text) == []


def test_default_of_a_folder_and_preset() -> None:
    """A folder's table supplies owners to its own articles only; a preset's name for the key counts."""
    files = {"content/billing/a.md": "", "content/b.md": "", "content/c.md": "---\nowner_slack: '#ana'\n---\n"}
    config = 'preset = "govuk"\n[tool.kbtool.defaults."billing/**"]\nowners = ["ana"]'
    assert [found.path for found in check_files(OwnerMissing(), files, config=config)] == ["content/b.md"]


def test_empty_key_under_another_name() -> None:
    """The finding stands at the key that the author wrote."""
    found = check_article(OwnerMissing(), "---\ntitle: x\nowner_slack:\n---\n", config='preset = "govuk"')
    assert [(one.line, one.column) for one in found] == [(3, 1)]
