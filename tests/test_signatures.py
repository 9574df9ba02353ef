"""The parts of a seal: what a word is, what only carries it, and that each part is broken by what it signs and nothing else."""

from __future__ import annotations

import datetime as dt
import textwrap
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbtool.signatures import NOTHING, PARTS, VERSION, Seal, read_seal, sign_code, sign_review, sign_text, sign_tickets, words
from kbtool.testing import knowledge_base
from kbtool.tickets import Ticket

WORD = st.text("abcdefgXYZäß0123456789", min_size=1, max_size=9)
WORDS = st.lists(WORD, min_size=2, max_size=30)

# ---------------------------------------------------------------------------------------------- words

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
    "attributes": ("one{.big}", "one"), "hard break": ("one  \ntwo", "one two"),
}


@pytest.mark.parametrize(("one", "other"), SAME.values(), ids=SAME)
def test_the_same_words(one: str, other: str) -> None:
    """Wrapping, marks of Markdown, where links lead, comments and markers of regions are no words."""
    assert words(one) == words(other)


OTHER = {
    "a word": ("one two", "one three"), "case": ("One", "one"), "order": ("one two", "two one"), "punctuation": ("one.", "one!"), "joined": ("one two", "onetwo"),
    "alt text": ("![one](a.png)", "![two](a.png)"), "title of a link": ('[one](a.md "two")', '[one](a.md "three")'), "in code": ("`one`", "`two`"), "a star in code": ("`a*b`", "`ab`"),
    "underscores in code": ("`__init__`", "`init`"), "snake": ("snake_case", "snakecase"), "in a fence": ("```\na = 1\n```", "```\na = 2\n```"), "signs in a fence": ("```\na * b\n```", "```\na  b\n```"),
    "bars in a fence": ("```\na | b\n```", "```\na b\n```"), "language": ("```sh\na\n```", "```py\na\n```"), "comment in a fence": ("```\n<!-- a -->\n```", "```\n\n```"), "in a region": ("::: internal\none\n:::", "::: internal\ntwo\n:::"),
    "a cell": ("|a|b|\n|-|-|\n|1|2|", "|a|b|\n|-|-|\n|1|3|"), "a number": ("1. one", "2. one"), "html": ("<b>one</b>", "<i>one</i>"), "a footnote": ("one[^1]\n\n[^1]: two", "one[^1]\n\n[^1]: three"),
    "a task": ("- [ ] one", "- [x] one"), "a url": ("<https://a.example>", "<https://b.example>"), "admonition": ("!!! note\n\n    one", "!!! danger\n\n    one"), "an escape": ("\\*one", "one"),
    "a fence of tildes": ("~~~\n*a*\n~~~", "~~~\na\n~~~"), "fenced region marker": ("```\n::: internal\n```", "```\n\n```"), "nothing": ("one", ""), "a minus": ("- 5", "5"), "negative": ("-5", "5"), "comparison": ("a < b", "a b"),
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


@given(st.text("ab*_`~|#>-<!:{}[]()\\\n\t 1.", max_size=60))
def test_any_text_has_words(text: str) -> None:
    """No text breaks the rules; what they leave has one space between words, and is the same for text with other white space at its ends."""
    found = words(text)
    assert found == " ".join(found.split())
    assert words(f"\n\n{text}\n\n") == found


# ---------------------------------------------------------------------------------------------- the parts

PAGE = """---
title: A page
description: About it
audience: public
last_reviewed_on: 2026-02-01
last_reviewed_by: ana
review_in: 1 year
covers: [src/**]
tickets: [SUP-1]
---

Words. ![Shown](page.png)
"""
TICKET = Ticket("SUP-1", "open")
CODE = {"src/x.py": f"100644 {'a' * 40}", "src/y.py": f"100644 {'b' * 40}"}


def signed(tmp_path: Path, text: str = PAGE, code=CODE, tickets=(TICKET,), image: str = "1") -> Seal:
    """Return the seal of an article."""
    evidence = knowledge_base(tmp_path, {"content/a.md": text, "content/page.png": b"x"})
    article = evidence.articles[0]
    assert article.problems == ()
    return Seal(sign_review(article), sign_text(article, evidence.urls, {"content/page.png": f"100644 {image}"}), sign_code(code), sign_tickets(tickets))


def broken(one: Seal, other: Seal) -> list[str]:
    """Return the parts in which two seals differ."""
    return [part for part in PARTS if getattr(one, part) != getattr(other, part)]


@pytest.mark.parametrize(("old", "new", "parts"), [
    ("2026-02-01", "2026-02-02", ["review"]), ("by: ana", "by: gone", ["review"]), ("1 year", "2 years", ["review"]), ("src/**", "src/x.py", ["review"]),
    ("[SUP-1]", "[SUP-2]", ["review"]), ("covers:", "evergreen: yes it is\ncovers:", ["review"]), ("covers:", "expires: 2030-01-01\ncovers:", ["review"]),
    ("title: A page", "title: A sheet", ["text"]), ("About it", "About that", ["text"]), ("Words.", "Letters.", ["text"]), ("Shown", "Seen", ["text"]), ("page.png", "gone.png", ["text"]),
    ("audience: public", "audience: internal", []), ("title: A page", "title: 'A  page'", []), ("Words. ", "Words.\n", []), ("covers:", "tags: [x]\ncovers:", []), ("2026-02-01", "'2026-02-01'", []),
    ("1 year", "12 months", []), ("covers:", "owners: [ana]\ncovers:", []), ("covers:", "risk: high\ncovers:", []),
])
def test_what_breaks_which_part_of_an_article(tmp_path, old: str, new: str, parts: list[str]) -> None:
    """Each key and word belongs to one part of the seal, or to none."""
    assert broken(signed(tmp_path / "one"), signed(tmp_path / "two", PAGE.replace(old, new))) == parts


def test_what_breaks_the_other_parts(tmp_path) -> None:
    """A covered blob, mode or path is the code's, a ticket the tickets', an image the text's; orders and titles are nobody's."""
    one = signed(tmp_path)
    blob, mode = f"100644 {'c' * 40}", f"100755 {'a' * 40}"
    for code in (CODE | {"src/x.py": blob}, CODE | {"src/x.py": mode}, {"src/x.py": CODE["src/x.py"]}, CODE | {"src/z.py": blob}, {"src/z.py" if path == "src/x.py" else path: state for path, state in CODE.items()}):
        assert broken(one, signed(tmp_path, code=code)) == ["code"]
    closed = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
    for ticket in (replace(TICKET, state="closed"), replace(TICKET, resolution="fixed"), replace(TICKET, closed_at=closed), replace(TICKET, key="SUP-2")):
        assert broken(one, signed(tmp_path, tickets=(ticket,))) == ["tickets"]
    assert broken(one, signed(tmp_path, image="2")) == ["text"]
    assert broken(one, signed(tmp_path, code=dict(reversed(CODE.items())), tickets=(replace(TICKET, title="New", updated_at=closed, url="x"),))) == []


def test_of_two_files_that_change_names(tmp_path) -> None:
    """Which file has which content is signed, and where one name ends."""
    swapped = dict(zip(CODE, reversed(CODE.values()), strict=True))
    assert sign_code(CODE) != sign_code(swapped)
    assert sign_code({"a": "1 x", "b": "1 y"}) != sign_code({"a\x001 y b": "1 x"})


def test_nothing_to_sign() -> None:
    """Nothing covered and no tickets are told from anything that is."""
    assert (sign_code({}), sign_tickets([]), sign_tickets(None)) == (NOTHING, NOTHING, NOTHING)


# ---------------------------------------------------------------------------------------------- written down

GOOD = f"{VERSION} review:0123456789ab text:ba9876543210 code:- tickets:-"


def test_written_and_read() -> None:
    """A seal reads as it is written, with any white space between its parts."""
    seal = read_seal(GOOD)
    assert seal == Seal("0123456789ab", "ba9876543210", "-", "-")
    assert str(seal) == GOOD
    assert read_seal("\n  ".join(GOOD.split(" "))) == seal


@pytest.mark.parametrize("written", ["", "1", GOOD[:-1], GOOD + "x", "2" + GOOD[1:], GOOD.upper(), GOOD.replace("0123456789ab", "0123456789a"), GOOD.replace("text", "texts"), f"x{GOOD}",
                                     " ".join(reversed(GOOD.split()))])
def test_what_is_no_seal(written: str) -> None:
    """Another version, length, order or name of a part is no seal of ours."""
    assert read_seal(written) is None
