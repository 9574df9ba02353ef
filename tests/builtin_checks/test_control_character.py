"""KB012 control-character."""

from __future__ import annotations

import pytest

from kbtool.builtin_checks.control_character import ControlCharacter
from kbtool.testing import check_article, check_files, in_words

FIRES = {
    "escape in front matter": ("---\ntitle: a\x1bb\n---\n", ["2:9 U+001B"]),
    "backspace": ("abc\b\n", ["1:4 U+0008"]),
    "delete": ("\x7f", ["1:1 U+007F"]),
    "form feed on its own": ("a\n\x0c\nb\n", ["2:1 U+000C"]),
    "vertical tab": ("a\x0bb", ["1:2 U+000B"]),
    "next line": ("ä\u0085b", ["1:2 U+0085"]),
    "C1": ("\x9b31m", ["1:1 U+009B"]),
    "line separator": ("x\u2028y\u2029z", ["1:2 U+2028"]),
    "in code": ("```\n\x1b[31m\n```\n", ["2:1 U+001B"]),
    "one for each line": ("\x01\x02\nok\n\x03\n", ["1:1 U+0001", "3:1 U+0003"]),
    "after other alphabets": ("请求😀\x07\n", ["1:4 U+0007"]),
}


@pytest.mark.parametrize(("text", "found"), FIRES.values(), ids=FIRES)
def test_fires(text: str, found: list[str]) -> None:
    """Each line with a control character is one finding, at the first of them."""
    words = [one.split() for one in found]
    assert in_words(check_article(ControlCharacter(), text)) == [
        f"content/article.md:{place} KB012 error: the control character {name} (delete it)" for place, name in words
    ]


@pytest.mark.parametrize(
    "text", ["", "a\tb\n", "a\r\nb\r\n", "a\rb", "\ufeff# Title\n", "größe 请求 😀 \u00a0\u00ad\u200b\n", "`\\x1b[31m` &#27;\n"]
)
def test_clean(text: str) -> None:
    """Tabs, any line ends, and characters that are no controls are clean."""
    assert check_files(ControlCharacter(), {"content/article.md": text.encode()}) == []
