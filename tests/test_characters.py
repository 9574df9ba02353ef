"""Characters that do not belong into a text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbtool.characters import OddCharacter, control_characters, hidden_characters

CONTROLS = "".join(map(chr, (*range(9), *range(0x0B, 0x20), *range(0x7F, 0xA0), 0x2028, 0x2029)))


@pytest.mark.parametrize(
    ("text", "controls", "hidden"),
    [
        ("", [], []), ("plain\n\ttext\n", [], []), ("Grüße, 日本語 🇩🇪\n", [], []),
        ("a\x1b[31m\x1b\nb\x07", [(1, 2, "\x1b"), (2, 2, "\x07")], []),
        ("é\n\u2028\n\x85", [(2, 1, "\u2028"), (3, 1, "\x85")], []),
        ("a\u200bb\u200b\u200f\n\u200b", [], [(1, 2, "\u200b"), (1, 5, "\u200f"), (2, 1, "\u200b")]),
        ("👩\u200d💻 and a\u200db", [], [(1, 10, "\u200d")]),
        ("\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f \U000e0041", [], [(1, 9, "\U000e0041")]),
        ("☺\ufe0f☺\ufe0f\ufe0f", [], [(1, 5, "\ufe0f")]),
    ],
)
def test_where_they_stand(text: str, controls: list[tuple[int, int, str]], hidden: list[tuple[int, int, str]]) -> None:
    """Of controls the first of each line is told, of hidden characters the first of each kind in a line."""
    assert control_characters(text) == tuple(OddCharacter(*found) for found in controls)
    assert hidden_characters(text) == tuple(OddCharacter(*found) for found in hidden)


@given(st.text(st.one_of(st.characters(codec="utf-8"), st.sampled_from(CONTROLS)), max_size=30))
def test_each_line_with_a_control_is_told(text: str) -> None:
    """The lines that hold a control character are told, each at its first, and no others."""
    expected = []
    for number, line in enumerate(text.split("\n"), 1):
        found = next((at for at, char in enumerate(line) if char in CONTROLS), None)
        if found is not None:
            expected.append((number, found + 1, line[found]))
    assert [tuple(found) for found in control_characters(text)] == expected


def test_a_character_is_named_by_its_code_point() -> None:
    """The name is what the option `allow` takes."""
    assert [found.name for found in hidden_characters("\u200f \U000e0041")] == ["U+200F", "U+E0041"]
