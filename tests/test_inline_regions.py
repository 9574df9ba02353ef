"""Regions within a line: what they enclose, what is none, and what is refused because it is not clear."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import markdown as python_markdown
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbtool import inline_regions
from kbtool.articles import Article, load_article
from kbtool.config import load_config
from kbtool.editions import Edition, RedactionError, redact, redact_text, withheld_texts
from kbtool.inline_regions import scan_inline
from kbtool.markdown import parse
from kbtool.site_config import DEFAULT

AUDIENCES = frozenset({"public", "internal", "partner"})
PUBLIC = Edition("public", frozenset({"public"}))
INTERNAL = Edition("internal", frozenset({"public", "internal"}))
HEAD = "---\naudience: public\n---\n"


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Article]:
    """Return a function that reads a public article from its body."""
    folder = tmp_path_factory.mktemp("kb")
    (folder / "content").mkdir()
    (folder / "pyproject.toml").write_text('[tool.kbtool]\n[tool.kbtool.editions.partners]\naudiences = ["public", "partner"]\n')
    config = load_config(folder)

    def read_body(body: str) -> Article:
        (folder / "content/a.md").write_text(HEAD + body, "utf-8")
        return load_article(config, "a.md")

    return read_body


CUT = {
    "a word": ("a [b]{.internal} c", "a  c"),
    "at the end": ("a [b]{.internal}.", "a ."),
    "spaces in the braces": ("a [b]{ .internal }", "a "),
    "a colon in the braces": ("a [b]{: .internal }", "a "),
    "links and pictures": ("a [b [c](d) ![e](f)]{.internal}", "a "),
    "a bracket in code": ("a [b `[0]` `x]`]{.internal}", "a "),
    "an escaped bracket": ("a [b \\] c]{.internal}", "a "),
    "two lines": ("a [b\nc]{.internal} d", "a  d"),
    "two lines of a quote": ("> a [b\n> c]{.internal} d", "> a  d"),
    "nested": ("a [b [c]{.partner} d]{.internal} e", "a  e"),
    "wider inside": ("a [b [c]{.public} d]{.internal} e", "a  e"),
    "side by side": ("[a]{.internal}[b]{.internal} c", " c"),
    "in a link's text": ("[a [b]{.internal} c](d)", "[a  c](d)"),
    "in a link's title": ('[a](b "c [d]{.internal}")', '[a](b "c ")'),
    "in a picture's text": ("![a [b]{.internal}](c)", "![a ](c)"),
    "in bold": ("**a [b]{.internal}**", "**a **"),
    "in a heading": ("# A [b]{.internal}", "# A "),
    "all of a heading": ("a\n\n# [b]{.internal}\n\nc", "a\n\n\nc"),
    "a task": ("- [x] [b]{.internal} c", "- [x]  c"),
    "all of a list item": ("- a\n- [b]{.internal}\n- c", "- a\n- c"),
    "the first line of a list item": ("- [b]{.internal}\n\n    c", "- \n\n    c"),
    "all of a line": ("a\n[b]{.internal}\nc", "a\nc"),
    "a cell": ("| a | [b]{.internal} |\n|---|---|\n| c | d |", "| a |  |\n|---|---|\n| c | d |"),
    "an admonition's title": ('!!! note "A [b]{.internal}"\n\n    c', '!!! note "A "\n\n    c'),
    "a tab's title": ('=== "A [b]{.internal}"\n\n    c', '=== "A "\n\n    c'),
    "a fence's title": ('```py title="[b]{.internal}"\nc\n```', '```py title=""\nc\n```'),
    "indented code": ("a\n\n    [b]{.internal} c", "a\n\n     c"),
    "raw HTML": ("<p>[b]{.internal} c</p>", "<p> c</p>"),
    "a footnote": ("a[^1]\n\n[^1]: b [c]{.internal}", "a[^1]\n\n[^1]: b "),
    "an abbreviation": ("*[HTML]: b [c]{.internal}", "*[HTML]: b "),
    "in a region that stays": ("::: public\na [b]{.internal}\n:::", "\na \n"),
    "a comment inside": ("a [b <!-- ] --> c]{.internal} d", "a  d"),
    "a backtick that opens nothing": ("a ` b [c]{.internal}", "a ` b "),
    "backticks of two lines": ("a ` b\n[c]{.internal} ` d", "a ` b\n ` d"),
    "backticks of two list items": ("- a ` b\n- ` [c]{.internal} ` d", "- a ` b\n- `  ` d"),
    "an escaped backtick": ("\\` [c]{.internal} `", "\\`  `"),
    "an escaped backslash": ("\\\\`a` [c]{.internal} `b`", "\\\\`a`  `b`"),
    "a fence that does not close": ("```\n[b]{.internal}\n\na", "```\n\na"),
}


@pytest.mark.parametrize(("body", "expected"), CUT.values(), ids=CUT)
def test_a_part_for_others_is_cut_with_its_marks(read: Callable[[str], Article], body: str, expected: str) -> None:
    """From bracket to brace nothing stays, wherever it stands; a line that was nothing else goes."""
    assert redact(read(body), PUBLIC) == expected


STAYS = {
    "escaped": "a \\[b]{.internal}",
    "escaped brace": "a [b]\\{.internal}",
    "inline code": "a `[b]{.internal}` c",
    "inline code of two backticks": "``[b]{.internal} ` ``",
    "fenced code": "```\n[b]{.internal}\n```",
    "fenced code in a list": "- a\n\n    ```\n    [b]{.internal}\n    ```",
    "a link with attributes": "[a](b){.md-button} [c][d]{.x} [d]{.y}\n\n[d]: e",
    "a picture with attributes": "![a](b){ width=300 .right }",
    "a footnote with attributes": "a[^1]{.x}\n\n[^1]: b",
    "an id": "[a]{#b}",
    "a formula": "$\\sqrt[3]{x} \\frac[a]{.5}$",
    "a placeholder": "[{{ x }}]{{ y }}",
    "braces elsewhere": "a {.x} # b {#c}",
}


@pytest.mark.parametrize("body", STAYS.values(), ids=STAYS)
def test_what_is_code_escaped_or_anothers_stays(read: Callable[[str], Article], body: str) -> None:
    """Code shows its signs, an escaped bracket is one, and lists of attributes that name no audience are none of ours."""
    for edition in (PUBLIC, INTERNAL):
        assert redact(read(body), edition) == body


UNCLEAR = {
    "nothing opens": ("a]{.internal}", 1, "no bracket opens [text]{.internal}"),
    "an empty line between": ("[a\n\nb]{.internal}", 3, "no bracket opens [text]{.internal}"),
    "a region between": ("[a\n::: internal\nb\n:::\nc]{.internal}", 5, "no bracket opens [text]{.internal}"),
    "a bracket that is not closed": ("x [0, 1) and [a]{.internal}", 1, "a bracket before it is never closed: [text]{.internal}"),
    "brackets in code that do not pair": ("[a `[` b]{.internal}", 1, "it is not clear which bracket opens [text]{.internal}"),
    "an opening comment": ("<!-- [a --> b]{.internal}", 1, "no bracket opens [text]{.internal}"),
    "a closing bracket that is escaped": ("[C:\\]{.internal}", 1, "the bracket before {.internal} is escaped"),
    "a space before the brace": ("[a] {.internal}", 1, "{.internal} encloses nothing"),
    "a link": ("[a](b){.internal}", 1, "{.internal} encloses nothing"),
    "a link by reference": ("[a][b]{.internal}\n\n[b]: c", 1, "a link by reference must stand inside of it: [text]{.internal}"),
    "an address behind it": ("[a]{.internal}(b)", 1, "what follows would be left of a link: [text]{.internal}"),
    "bold": ("**a**{.internal}", 1, "{.internal} encloses nothing"),
    "code": ("a\n`b`{.internal}", 2, "{.internal} encloses nothing"),
    "a heading": ("# A {.internal}", 1, "{.internal} encloses nothing"),
    "a paragraph": ("a\n{: .internal }", 2, "{.internal} encloses nothing"),
    "a fence": ("``` {.internal}\na\n```", 1, "{.internal} encloses nothing"),
    "no dot": ("[a]{internal}", 1, "'{internal}' is more or less than an audience"),
    "no brace at the end": ("[a]{.internal", 1, "'{.internal' is more or less than an audience"),
    "more in the braces": ("[a]{.internal #b}", 1, "'{.internal #b}' is more or less than an audience"),
    "two audiences": ("[a]{.internal .partner}", 1, "'{.internal .partner}' is more or less than an audience"),
    "misspelt": ("[a]{.internl}", 1, "unknown audience 'internl'"),
    "in capitals": ("[a]{.Internal}", 1, "unknown audience 'Internal'"),
    "another's class": ("[a]{.kbd}", 1, "unknown audience 'kbd'"),
}


@pytest.mark.parametrize(("body", "line", "message"), UNCLEAR.values(), ids=UNCLEAR)
def test_what_is_not_clear_is_refused(read: Callable[[str], Article], body: str, line: int, message: str) -> None:
    """Nothing is guessed: the article is in no edition, and the line is named."""
    assert [(found.line, found.message) for found in scan_inline(body, audiences=AUDIENCES)[1]] == [(line, message)]
    for edition in (PUBLIC, INTERNAL):
        with pytest.raises(RedactionError) as caught:
            redact(read(body), edition)
        assert (caught.value.where, caught.value.kind) == (f"content/a.md:{line + 3}", "region-unbalanced")


def test_code_that_a_cut_would_open_is_refused(read: Callable[[str], Article]) -> None:
    """What stood in a fence before the cut, and would stand in the text after it, is in no public edition."""
    found = read("> ```\n> [b\nc]{.internal}\n> ```\n> [d]{.internal}\n> ```\n")
    with pytest.raises(RedactionError, match="once parts for others are cut, code begins or ends elsewhere"):
        redact(found, PUBLIC)


def test_words_of_other_tools_are_left_alone() -> None:
    """A class that the configuration lists under `directives` marks no region."""
    assert scan_inline("[Esc]{.kbd}", audiences=AUDIENCES, words=frozenset({"kbd"})) == ((), ())


RENDERED = {
    "a paragraph": ("a [b *c*]{.internal}", '<p>a <span class="kb-inline-region" title="Internal only">b <em>c</em></span></p>'),
    "a heading": ("# A [b]{.internal} {#own}", '<h1 id="own">A <span class="kb-inline-region" title="Internal only">b</span><a'),
    "a heading's anchor": ("# A [b c]{.internal}", '<h1 id="a-b-c">A <span'),
    "a cell": ("| a |\n|---|\n| [b]{.internal} |", '<td><span class="kb-inline-region" title="Internal only">b</span></td>'),
    "a list": ("- [b]{.internal}", '<li><span class="kb-inline-region" title="Internal only">b</span></li>'),
    "a link": ("[[b](c)]{.internal}", '<span class="kb-inline-region" title="Internal only"><a href="c">b</a></span>'),
    "a link's text": ("[a [b]{.internal}](c)", '<a href="c">a <span class="kb-inline-region" title="Internal only">b</span></a>'),
    "a link's title": ('[a](c "d [b]{.internal}")', '<a href="c" title="d b">a</a>'),
    "a picture's text": ("![a [b]{.internal}](c)", '<img alt="a b" src="c" />'),
    "an admonition's title": ('!!! note "A [b]{.internal}"\n\n    c', '<p class="admonition-title">A b</p>'),
    "a tab's title": ('=== "A [b]{.internal}"\n\n    c', '<label for="__tabbed_1_1">A b</label>'),
    "a footnote": ("a[^1]\n\n[^1]: [b]{.internal}", '<span class="kb-inline-region" title="Internal only">b</span>'),
    "an audience inside another": ("[a [b]{.public}]{.internal}", '<span class="kb-inline-region" title="Internal only">a b</span>'),
    "a part of two lines": ("[a\nb]{.internal}", '<p><span class="kb-inline-region" title="Internal only">a\nb</span></p>'),
}


@pytest.mark.parametrize(("body", "expected"), RENDERED.values(), ids=RENDERED)
def test_a_part_that_is_shown_is_marked(read: Callable[[str], Article], body: str, expected: str) -> None:
    """Inside, a span says who may read it; where no tag can stand there are only the words. Anchors are those of the checks."""
    extensions: list[Any] = [next(iter(one)) if isinstance(one, dict) else one for one in DEFAULT["markdown_extensions"]]
    configs = {name: options for one in DEFAULT["markdown_extensions"] if isinstance(one, dict) for name, options in one.items()}
    text = redact(read(body), INTERNAL)
    html = python_markdown.markdown(text, extensions=extensions, extension_configs=configs)
    assert expected in html
    anchors = {heading.anchor for heading in parse(text).headings}
    assert all(f'id="{anchor}"' in html for anchor in anchors)
    assert {heading.anchor for heading in read(body).markdown.headings} == anchors


def test_parts_have_places_and_are_what_the_audit_looks_for(read: Callable[[str], Article]) -> None:
    """Line and column of the bracket name it; what its own edition shows is not withheld."""
    found = read("a\nb [c [d]{.partner}\ne]{.internal}\n")
    assert withheld_texts(found, PUBLIC) == {"content/a.md:5:6": "d", "content/a.md:5:3": "c [d]{.partner}\ne"}
    assert withheld_texts(found, INTERNAL) == {"content/a.md:5:6": "d"}
    assert [PUBLIC.shows_line(found, *place) for place in ((5, 2), (5, 3), (6, 13), (6, 14))] == [True, False, False, True]
    assert PUBLIC.shows_line(found, 5)


@pytest.mark.parametrize(
    ("text", "public", "internal"),
    [("Export [now]{.internal}", "Export ", "Export now"), ("a {b} `c`", "a {b} `c`", "a {b} `c`"), ("[a]{.internal}", "", "a")],
)
def test_texts_of_the_front_matter_have_no_spans(read: Callable[[str], Article], text: str, public: str, internal: str) -> None:
    """A title goes where no tag can stand."""
    article = read("")
    assert (redact_text(text, article, PUBLIC), redact_text(text, article, INTERNAL)) == (public, internal)


@pytest.mark.parametrize("sign", ["[", "]", "[]{.internal}", "]{.internal}", "`[x]{.internal}`", "[x]{.internal} ", "\\", "<!--", "[a]{.b}\n"])
def test_long_texts_are_read_in_one_go(sign: str) -> None:
    """What is repeated twenty thousand times is read; the time grows with the length alone."""
    regions, problems = scan_inline(sign * 20_000 + "\n\n[a]{.internal}", audiences=AUDIENCES)
    assert len(regions) + len(problems) >= 1


PIECES = ("[x]", "x", "`", "\\"), ("{", "{:", "{x", "{{"), ("", " ", "\t", "\x1f", "\xa0"), ("", "."), ("internal", "Public", "_"), ("}", "\n", ".x}")


@given(st.lists(st.tuples(*map(st.sampled_from, PIECES)).map("".join), max_size=3).map("".join))
def test_the_quick_look_misses_nothing(body: str) -> None:
    """A body that a quick look takes for one without regions has none, and nothing is wrong with one."""
    quick = scan_inline(body, audiences=AUDIENCES, words=frozenset({"note"}))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inline_regions, "_NAMES_ONE", re.compile(""))
        assert scan_inline(body, audiences=AUDIENCES, words=frozenset({"note"})) == quick
