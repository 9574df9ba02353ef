"""Reading pages piece by piece finds what reading each as a whole does, whatever is in them and was read before."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kbtool.audit import Withheld, audit_site
from kbtool.site_pieces import Pieces, take_apart

TEXTS = {"a.md:1": "Agents may refund up to nine euro without asking their manager twice", "b.md:1": "call the night desk", "c.md:1": "pin 77x41"}
TITLES = {"Limits for night agents": "d.md"}
PHRASES = {"SUP-43": "e.md", "Jane Roe": "owners", "src/desk/**": "f.md"}
SHOWN = ["Ask the night desk of your hotel. Agents may refund up to nine euro.", "# Limits", "Read src/desk.", "See `jane roe` there."]
WORDS = [*" ".join([*TEXTS.values(), *TITLES]).split(), "SUP-43", "SUP-431", "SUP", "-43", "Jane", "Roe", "src/desk/**", "and", "more", "—"]
# Whole needles too, so that there is much to find.
TEXT = st.lists(st.sampled_from([*WORDS, *TEXTS.values(), *TITLES, *PHRASES]), min_size=1, max_size=5).map(" ".join)
MARKS = st.sampled_from([
    "\n", " ", "\n    ", "<li>", "\n<li class='x > y'>\n", "</li>\n", "<div>", '\n<div data-note="a <li> b">', "</div>\n", "\n<nav>\n", "</nav>\n",
    "<b>", "</b>", "<br>", "<!-- ", " -->\n", "&nbsp;", "&lt;b&gt;", "<a href='", "'>", '<img alt="', '">', "it's", "1 < 2", "<li", "<", ">", "\\",
])
PART = st.one_of(TEXT, MARKS, MARKS)
PAGE = st.lists(PART, max_size=25).map("".join)
BLANK = dict.fromkeys(map(ord, "bfnrtv"), " ")


def decoded(text: str) -> str:
    """Return a text without the escapes that the pages here have."""
    for _ in range(3):
        text = re.sub(r"&\w+;|\\.", lambda found: html.unescape(found[0]) if found[0][0] == "&" else found[0][1].translate(BLANK), text)
    return text


def words(text: str) -> str:
    """Return the words of a text, each between spaces."""
    folded = unicodedata.normalize("NFKC", decoded(text)).casefold()
    return "".join(f" {word}" for word in re.findall(r"[^\W_]+", folded)) + " "


def readings(text: str) -> set[str]:
    """Return all ways to read a page: with what comments say and without, tags parting words or running them together, the tags."""
    tag = re.compile(r"""<\\?[A-Za-z/!?](?:[^<>"']++|"[^"]*+"|'[^']*+')*+>|<\\?[A-Za-z/!?][^<>]*>""")
    variants = {text.replace("<!--", " ").replace("-->", " "), re.sub(r"<!--.*?-->", "<!>", text, flags=re.DOTALL)}
    return {tag.sub(between, variant) for variant in variants for between in (" ", "")} | {*tag.findall(text)}


def naive(page: str) -> set[str]:
    """Return where what a page leaks comes from: every needle is looked for in every reading, then in what is shown."""
    texts = readings(page) | (readings(decoded(page)) if re.search(r"&lt;\\?[A-Za-z/!?]", page) else set())
    shown = [words(text) for one in SHOWN for text in (one, one.replace("`", " "))]
    found = set()
    for text in texts:
        for label, source in (*TEXTS.items(), *((path, title) for title, path in TITLES.items())):
            runs = words(source).split()
            size = min(8, len(runs))
            needles = {f" {' '.join(runs[at : at + size])} " for at in range(len(runs) - size + 1)}
            if label.startswith("c"):
                needles.add(" 77x41 ") if len("77x41") >= 8 else None
            if any(needle in words(text) and not any(needle in one for one in shown) for needle in needles):
                found.add(label)
        plain = " ".join(unicodedata.normalize("NFKC", decoded(text)).casefold().split())
        for phrase, label in PHRASES.items():
            pattern = re.escape(phrase.casefold()) + (r"(?!\d)" if phrase[-1].isdigit() else "")
            if re.search(pattern, plain) and phrase.casefold() not in "\n".join(SHOWN).casefold():
                found.add(label)
    return found


def write(site: Path, pages: list[str]) -> None:
    """Write the pages of a site, and no others."""
    site.mkdir(exist_ok=True)
    for path in site.iterdir():
        path.unlink()
    for number, page in enumerate(pages):
        (site / f"{number}.html").write_text(f"<html>{page}", "utf-8")


@given(shared=st.lists(PAGE, max_size=4), picks=st.lists(st.lists(st.one_of(PAGE, st.integers(0, 3)), max_size=5), min_size=1, max_size=4))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
def test_pages_leak_what_a_naive_search_finds(tmp_path: Path, shared: list[str], picks: list[list[str | int]]) -> None:
    """Pages that share parts, in any order and cut anywhere: each leaks what it does when it is read as a whole, by itself."""
    pages = ["".join(shared[pick % len(shared)] if isinstance(pick, int) and shared else str(pick) for pick in page) for page in picks]
    site = tmp_path / "site"
    write(site, pages)
    found: dict[str, set[str]] = {f"{number}.html": set() for number in range(len(pages))}
    for leak in audit_site(site, Withheld(PHRASES, TITLES, TEXTS, SHOWN)):
        found[leak.file].add(leak.source)
    assert found == {f"{number}.html": naive(f"<html>{page}") for number, page in enumerate(pages)}


BEGIN, END = "<li>one two three please call the night</li>\n", "<li>desk of the hotel one two three</li>\n"
ONE_WORD_A_PIECE = "<li>call </li>\n<li>the </li>\n", "<li>night </li>\n", "<li>desk </li>\n"
OTHER = "<li>ten words that are in nobody's way at all, by far</li>\n"


@pytest.mark.parametrize("between", ["", "<li></li>\n", "<div class='a'>\n<li>—</li>\n<nav>\n", "<!-- <li> -->\n", "<li><a title=' <li> '></a>\n"])
def test_words_that_run_over_pieces_are_found(tmp_path: Path, between: str) -> None:
    """Also where each piece was read before, on pages without a leak, and wordless pieces are between them."""
    clean = [OTHER + BEGIN + between + OTHER, OTHER + between + END + OTHER, BEGIN + OTHER + END]
    write(tmp_path / "site", [*clean, *clean, *clean, OTHER + BEGIN + between + END, *clean])
    leaks = audit_site(tmp_path / "site", Withheld({}, {}, TEXTS, []))
    assert [(leak.file, leak.source) for leak in leaks] == [("9.html", "b.md:1")]


LONG = f"<li>{'<p>some words of no interest</p> ' * 40}<p>call the</p>\n</li>\n"


MANY = {
    "short": ONE_WORD_A_PIECE,
    "long": (LONG, *ONE_WORD_A_PIECE[1:]),
    "run together": ("<li>please ca</li>", "<li>ll the night</li>\n", "<li>desk </li>\n"),
    "run together before a comment": ("<li>please ca<b>ll</b> the </li>\n", "<li>night <!-- a --></li>\n", "<li>desk </li>\n"),
}


@pytest.mark.parametrize("pieces", MANY.values(), ids=MANY)
def test_words_that_run_over_many_pieces_are_found(tmp_path: Path, pieces: tuple[str, str, str]) -> None:
    """Also where each of the pieces has one word, or many, and each two in a row were read before."""
    begin, middle, end = pieces
    clean = [OTHER + begin + middle + OTHER, OTHER + middle + end + OTHER]
    write(tmp_path / "site", [*clean, *clean, *clean, OTHER + begin + middle + end])
    leaks = audit_site(tmp_path / "site", Withheld({}, {}, TEXTS, []))
    assert [(leak.file, leak.source) for leak in leaks] == [("6.html", "b.md:1")]


def test_what_was_read_is_not_searched_again() -> None:
    """What came twice is known by its context, whatever was found in it."""
    searched: list[str] = []

    class Search:
        def words(self, text: str) -> dict[str, None]:
            searched.append(text)
            return dict.fromkeys(re.findall("night", text))

        page = words

        def tags(self, tags: Iterable[str]) -> dict[str, None]:
            return dict.fromkeys(tag for tag in tags if "secret" in tag)

    pieces = Pieces(Search(), 8)
    pages = [f"<p>{OTHER}{first}{OTHER}{OTHER}{second}{OTHER}".encode() for first in (BEGIN, END) for second in (BEGIN, END)]
    found = [[*pieces.read(page)] for _ in range(3) for page in pages]
    assert found == [["night"], ["night"], ["night"], []] * 3
    before = len(searched)
    assert [*pieces.read(pages[0])] == ["night"]
    assert [*pieces.read(pages[3])] == []
    assert len(searched) == before
    assert [*pieces.read(b"<li title='secret'>one two</li>\n")] == [*pieces.read(b"<li title='secret'>one two</li>\n")] == ["<li title='secret'>"]
    with pytest.raises(UnicodeDecodeError):
        pieces.read(pages[0] + b"<li>\xff</li>\n")


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("one two\n", 2),
        ("one two", 0),  # a word may go on
        ("one two</b>", 1),  # the last word may go on
        ("one <b>two</b> th<i>ree</i>\n", 3),
        ("<a title='one two'>three</a>\n", 1),
        ("one <a title='two\n", 0),
        ("one <a two\n", 0),
        ("one < two\n", 2),
        ("one <!-- two -->three\n", 2),
        ("one <!-- two\n", 0),
        ("one &lt;b two\n", 0),
        ("one &lt;b&gt; two\n", 2),
        ("it&nbsp;is 1.2 - one\n", 1),  # at least
        ("it&nbsp;is 1.2 — one\n", 1),
        ("größe \u115f one\n", 2),  # a letter that nobody sees is no word
        ("請聯繫\n", 1),
        ("\n", 0),
        ("", 0),
    ],
)
def test_words_that_are_surely_there(text: str, count: int) -> None:
    """A piece can stand alone if nothing is open at its end; words that are counted are there in each reading."""
    assert take_apart(text).words == count
