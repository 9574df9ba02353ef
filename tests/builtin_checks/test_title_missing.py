"""KB002 title-missing."""

from __future__ import annotations

import pytest

from kbtool.builtin_checks.title_missing import TitleMissing
from kbtool.testing import check_article, in_words

FIRES = {
    "no front matter": ("# Export\n", "1:1"),
    "no file content": ("", "1:1"),
    "no key": ("---\nowners: [ana]\n---\n", "1:1"),
    "empty": ("---\nowners: [ana]\ntitle:\n---\n", "3:1"),
    "blank": ("---\ntitle: '  '\n---\n", "2:1"),
    "null": ("---\ntitle: null\n---\n", "2:1"),
}


@pytest.mark.parametrize(("text", "place"), FIRES.values(), ids=FIRES)
def test_fires(text: str, place: str) -> None:
    """Without a title, or with one that nobody can see, the article has a finding where the title is or should be."""
    found = check_article(TitleMissing(), text)
    assert in_words(found) == [
        f"content/article.md:{place} KB002 error: the article has no title (add `title:` to the front matter)",
    ]


@pytest.mark.parametrize(
    "text",
    ["---\ntitle: Export\n---\n", "---\ntitle: 0\n---\n", "---\ntitle: no\n---\n", "---\ntitle: |\n  Export\n---\n", "---\ntitle: 请求\n---\n"],
)
def test_clean(text: str) -> None:
    """Any text is a title, also what other readers of YAML take for a number or a boolean."""
    assert check_article(TitleMissing(), text) == []


@pytest.mark.parametrize("text", ["---\ntitle: [a]\n---\n", "---\ntitle: a: b\n---\n", "---\ntitle: x\n", "---\naudience: x\n---\n"])
def test_what_cannot_be_read_is_another_checks(text: str) -> None:
    """Where the title or the front matter cannot be read, KB001 says so and this check says nothing."""
    assert check_article(TitleMissing(), text) == []


def test_default_of_a_folder() -> None:
    """A folder's table may supply the title, but not to an article that has an empty one."""
    config = '[tool.kbtool.defaults."*.md"]\ntitle = "Notes"'
    assert check_article(TitleMissing(), "text\n", config=config) == []
    assert [found.line for found in check_article(TitleMissing(), "---\ntitle:\n---\n", config=config)] == [2]
