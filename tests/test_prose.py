"""The words of a text: what a reader reads, however it is marked and wrapped."""

from __future__ import annotations

import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbtool.prose import digest, words

WORD = st.text("abcdefgXYZäß0123456789", min_size=1, max_size=9)
WORDS = st.lists(WORD, min_size=2, max_size=30)

SAME = {
    "wrapping": ("one two three", "one\ntwo\n   three"), "blank lines": ("one\n\ntwo", "one\n\n\n\ntwo\n\n"), "line ends": ("one  \ntwo", "one\ntwo"),
    "emphasis": ("one *two* **three**", "one _two_ __three__"), "no emphasis": ("one *two*", "one two"), "struck": ("~~one~~", "one"),
    "headings": ("## One\n\ntwo", "One\n===\n\ntwo"), "level": ("# One", "### One"), "an id": ("## One {#mine}", "## One"),
    "target": ("[one](a.md)", "[one](<b c.md>)"), "reference": ("[one][x]\n\n[x]: a.md", "[one][x]\n\n[x]: b.md"), "parentheses": ("[one](a_(b).md)", "[one](c.md)"),
    "a quote": ("> one\n> two", "> one two"), "nested quotes": ("> > one\n> > two", "> > one\n> two"), "a list": ("- one\n  two\n- three", "- one two\n- three"),
    "indented list": ("- one\n    - two", "- one\n  - two"), "a table": ("|a|b|\n|-|-|\n|1|2|", "| a   | b |\n|:----|---|\n| 1   | 2 |"), "no outer bars": ("a | b\n--|--\n1 | 2", "|a|b|\n|-|-|\n|1|2|"),
    "a comment": ("one <!-- two --> three", "one three"), "long comment": ("one\n<!-- two\n\nthree -->\nfour", "one\n\nfour"), "expiry": ("<!-- expires 2030-01-01 -->\none\n<!-- end expires -->", "one"),
    "a region": ("::: internal\none\n:::", "one"), "indented region": ("> ::: internal\n> one\n> :::", "> one"), "code wrapped": ("one `two\nthree`", "one `two three`"),
    "fence": ("```\none\n```", "```\none  \n```"), "rule": ("one\n\n---\n\ntwo", "one\n\n----\n\ntwo"), "an include": ('one\n--8<-- "a.md"\ntwo', 'one\n--8<-- "b.md"\ntwo'),
    "attributes": ("one{.big}", "one"), "hard break": ("one  \ntwo", "one two"), "a region in a fence": ("```\n::: internal\none\n:::\n```", "```\none\n```"),
}


@pytest.mark.parametrize(("one", "other"), SAME.values(), ids=SAME)
def test_the_same_words(one: str, other: str) -> None:
    """Wrapping, marks of Markdown, where links lead, comments and markers of regions are no words."""
    assert words(one) == words(other)
    assert digest(one) == digest(other)


OTHER = {
    "a word": ("one two", "one three"), "case": ("One", "one"), "order": ("one two", "two one"), "punctuation": ("one.", "one!"), "joined": ("one two", "onetwo"),
    "alt text": ("![one](a.png)", "![two](a.png)"), "title of a link": ('[one](a.md "two")', '[one](a.md "three")'), "in code": ("`one`", "`two`"), "a star in code": ("`a*b`", "`ab`"),
    "underscores in code": ("`__init__`", "`init`"), "snake": ("snake_case", "snakecase"), "in a fence": ("```\na = 1\n```", "```\na = 2\n```"), "signs in a fence": ("```\na * b\n```", "```\na  b\n```"),
    "bars in a fence": ("```\na | b\n```", "```\na b\n```"), "language": ("```sh\na\n```", "```py\na\n```"), "comment in a fence": ("```\n<!-- a -->\n```", "```\n\n```"), "in a region": ("::: internal\none\n:::", "::: internal\ntwo\n:::"),
    "a cell": ("|a|b|\n|-|-|\n|1|2|", "|a|b|\n|-|-|\n|1|3|"), "a number": ("1. one", "2. one"), "html": ("<b>one</b>", "<i>one</i>"), "a footnote": ("one[^1]\n\n[^1]: two", "one[^1]\n\n[^1]: three"),
    "a task": ("- [ ] one", "- [x] one"), "a url": ("<https://a.example>", "<https://b.example>"), "admonition": ("!!! note\n\n    one", "!!! danger\n\n    one"), "an escape": ("\\*one", "one"),
    "a fence of tildes": ("~~~\n*a*\n~~~", "~~~\na\n~~~"), "nothing": ("one", ""), "a minus": ("- 5", "5"), "negative": ("-5", "5"), "comparison": ("a < b", "a b"),
    "exponent": ("2 ** 3", "2 3"), "brackets": ("[one]", "one"), "a brace": ("{one}", "one"), "hash": ("#1", "1"), "not a heading": ("one # two", "one two"), "html attribute": ('<img alt="one">', '<img alt="two">'),
}


@pytest.mark.parametrize(("one", "other"), OTHER.values(), ids=OTHER)
def test_other_words(one: str, other: str) -> None:
    """Whatever a reader sees is a word, and in code every sign counts."""
    assert words(one) != words(other)


def wrapped(text: list[str], width: int, first: str = "", rest: str = "") -> str:
    """Return words, wrapped."""
    return textwrap.fill(" ".join(text), width, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False)


@given(paragraph=WORDS, items=st.lists(WORDS, min_size=1, max_size=3), quoted=WORDS, cells=st.lists(WORD, min_size=4, max_size=4), code=WORDS,
       first=st.integers(8, 60), second=st.integers(8, 60), pad=st.integers(0, 6))
def test_wrapping_breaks_nothing_and_a_word_does(paragraph, items, quoted, cells, code, first: int, second: int, pad: int) -> None:
    """Paragraphs, lists, quotes and tables may be wrapped and padded anew; one word more or less, anywhere, is another text."""
    def written(width: int, pad: int, paragraph=paragraph, items=items, quoted=quoted, cells=cells, code=code) -> str:
        listed = "\n".join(wrapped(item, width, "- ", "  ") for item in items)
        rows = "\n".join(f"|{a}{' ' * pad}|{' ' * pad}{b}|" for a, b in (cells[:2], ("-" * (3 + pad), "---"), cells[2:]))
        return "\n\n".join((wrapped(paragraph, width), listed, wrapped(quoted, width, "> ", "> "), rows, "```\n" + "\n".join(code) + "\n```", f"End `{code[0]}`."))

    text = words(written(first, 0))
    assert words(written(second, pad)) == text
    assert words(written(second, pad, paragraph=[*paragraph, "new"])) != text
    assert words(written(second, pad, items=[*items[:-1], items[-1][:-1]])) != text
    assert words(written(second, pad, quoted=["new", *quoted])) != text
    assert words(written(second, pad, cells=[*cells[:3], cells[3] + "x"])) != text
    assert words(written(second, pad, code=[*code[:-1], code[-1] + "x"])) != text


@pytest.mark.parametrize("text", ["x `c`\n\n* a\n* b", "x `c` *\n\ny", "` *", "* a `c`\n\n*b* `d`", "x\n\n* a"])
def test_empty_lines_are_no_words(text: str) -> None:
    """However many there are between paragraphs, with code in them or without."""
    assert words(text.replace("\n\n", "\n\n\n")) == words(text) == words(f"\n\n{text}\n\n")


@given(st.text("ab*_`~|#>-<!:{}[]()\\\n\t 1.", max_size=60))
def test_any_text_has_words(text: str) -> None:
    """No text breaks the rules; what they leave has one space between words, and is the same for text with other white space at its ends."""
    found = words(text)
    assert found == " ".join(found.split())
    assert words(f"\n\n{text}\n\n") == found
