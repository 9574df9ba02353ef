"""KB013 hidden-character."""

from __future__ import annotations

import pytest

from kbtool.builtin_checks.hidden_character import HiddenCharacter
from kbtool.testing import check_article, in_words

TAGS = "".join(chr(0xE0000 + ord(letter)) for letter in "ignore the page")
FIRES = {
    "zero width space": ("a\u200bb", ["1:2 U+200B"]),
    "in front matter": ("---\ntitle: a\u200b\n---\n", ["2:9 U+200B"]),
    "bidirectional override": ("if admin\u202e {\n", ["1:9 U+202E"]),
    "isolate": ("\u2066a\u2069", ["1:1 U+2066"]),
    "byte order mark within": ("a\n\ufeffb\n", ["2:1 U+FEFF"]),
    "word joiner": ("a\u2060b", ["1:2 U+2060"]),
    "deprecated format": ("a\u206ab", ["1:2 U+206A"]),
    "blank letter": ("a\u3164b", ["1:2 U+3164"]),
    "joiner between letters": ("a\u200db", ["1:2 U+200D"]),
    "tags": (f"a{TAGS}", ["1:2 U+E0069"]),
    "tags after a flag": (f"\U0001f3f4{TAGS}\U000e007f", ["1:2 U+E0069"]),
    "tags after a complete flag": (f"\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f{TAGS}", ["1:8 U+E0069"]),
    "variation selectors as bytes": ("\u2600\ufe0f\ufe00\ufe05", ["1:3 U+FE00"]),
    "variation selectors for more bytes": ("a\U000e0100\U000e0134", ["1:2 U+E0100"]),
    "one for each line": ("\u200b\u200c\nok\n\u200e\n", ["1:1 U+200B", "3:1 U+200E"]),
    "in code": ("```\na\u200bb\n```\n", ["2:2 U+200B"]),
}


@pytest.mark.parametrize(("text", "found"), FIRES.values(), ids=FIRES)
def test_fires(text: str, found: list[str]) -> None:
    """Each line with a character that nobody can see is one finding, at the first of them."""
    words = [one.split() for one in found]
    assert in_words(check_article(HiddenCharacter(), text)) == [
        f"content/article.md:{place} KB013 error: the invisible character {name} (delete it)" for place, name in words
    ]


CLEAN = {
    "byte order mark at the start": "\ufeff# Title\n",
    "other spaces": "a\u00a0b\u2009c soft\u00adhyphen\n",
    "family": "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "rainbow flag": "\U0001f3f3\ufe0f\u200d\U0001f308",
    "skin tone": "\U0001f9d1\U0001f3fd\u200d\U0001f680",
    "heart on fire": "\u2764\ufe0f\u200d\U0001f525",
    "keycap": "1\ufe0f\u20e3",
    "flag of England": "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    "ideograph of a certain form": "\u8fbb\U000e0100",
    "right to left": "دليل الفواتير",
}


@pytest.mark.parametrize("text", CLEAN.values(), ids=CLEAN)
def test_clean(text: str) -> None:
    """Emoji, flags, and scripts that need no controls are clean."""
    assert check_article(HiddenCharacter(), text) == []


def test_allow() -> None:
    """The option `allow` lets these characters pass and finds the others on the same line."""
    text = "\u200fشكرا\u200f\u200b\n"
    assert [found.subject for found in check_article(HiddenCharacter(allow=("U+200F",)), text)] == ["U+200B"]
    assert check_article(HiddenCharacter(allow=("U+200F", "U+200B")), text) == []
