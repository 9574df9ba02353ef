"""What kbtool.markdown reads is what Python-Markdown, Material's renderer, shows."""

from __future__ import annotations

from html.parser import HTMLParser

import markdown as python_markdown
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown.extensions.toc import slugify_unicode

from kbtool.markdown import Heading, parse
from kbtool.marks import Expiry, Link
from kbtool.regions import Region, code_mask, comment_spans, scan_regions

EXTENSIONS = [
    "toc", "attr_list", "admonition", "md_in_html", "tables", "footnotes", "def_list", "pymdownx.superfences",
    "pymdownx.details", "pymdownx.tabbed", "pymdownx.highlight", "pymdownx.inlinehilite", "pymdownx.keys",
]
AUDIENCES = frozenset({"public", "internal"})

SAMPLES = {
    "duplicates": "# A\n\n## A\n\n## A\n\n## A_1\n\n## A_1\n",
    "empty slugs": "# ???\n\n# !!\n\n# 日本\n",
    "unicode": "# Über uns\n\n## Größe & Maß\n\n## naïve café\n",
    "code": "# The `kb check` command\n\n## `<h1>` and `a_b`\n\n## Use `#!python print` here\n",
    "explicit id": "# A {#first}\n\n## B {: #second .c }\n\n## first\n\n## C {.only-class}\n\n## D ## {#fourth}\n",
    "id used before its heading": "## Later\n\ntext\n\n## Other {#later}\n",
    "brace without id": "# A {b} c\n\n## {} A {c}\n",
    "label": "# Long title {data-toc-label='Short' #id1}\n",
    "style is no id": '# A\n\n![x](y.png){ style="color: #EE0F0F" #real }\n',
    "admonition": '!!! note "Title"\n\n    ## In a note\n\n    text\n\n## After\n',
    "details": '??? tip\n    ## Folded\n\n???+ warning "W"\n\n    ### Open\n',
    "tabs": '=== "One"\n\n    ## First\n\n    !!! note\n\n        ## Nested\n\n=== "Two"\n\n    ## First\n',
    "quoted block": "> !!! note\n>\n>     ## Quoted\n>\n> ## Plain\n",
    "list": "- a\n\n    ## In a list\n\n- b\n\n10. c\n\n    ### In another\n",
    "inline HTML": "# A <kbd>b</kbd> <br> c\n\n## Use <name> here\n\n## X <!-- hidden -->\n",
    "entities and quotes": "# Q & A \"quoted\" 'single'\n\n## a &amp; b &lt;c&gt;\n\n## 1 < 2 > 0\n",
    "links": "# See [the docs](x.md) and ![pic](p.png)\n\n## [ref]\n\n[ref]: y.md\n",
    "footnote in heading": "# Title[^1]\n\n## Two\n\n[^1]: Note with [link](n.md)\n",
    "setext": "One\n===\n\nTwo\n---\n\nline one\nline two\n---\n",
    "tight": "#Tight\n\n##Also tight##\n\n  # not a heading\n",
    "interrupting": "text\n# Heading\ntext\n",
    "fences": "```\n# no\n```\n\n~~~ sh\n# no\n~~~\n\n## Yes\n\n````\n```\n# no\n````\n",
    "fence in a list": "1. a\n\n    ```sh\n    # no\n    ```\n\n## Yes\n",
    "unclosed fence": "## A\n\n```\n# shown\n",
    "indented end of fence": "```\n# no\n  ```\n# no\n```\n\n# yes\n",
    "marker in a fence": "```markdown\n!!! note\n\n    ```\n    # no\n    ```\n```\n\n## Yes\n",
    "raw heading": "<h2>Raw</h2>\n\n## Raw\n",
    "raw ids": "<a name=\"old\"></a>\n\n<div id='box'>x</div>\n\n## Box\n",
    "Markdown in HTML": '<div class="grid" markdown id="in">\n## Inside\n\n- [a](b.md)\n</div>\n\n## Inside\n',
    "comment": "<!--\n# hidden\n-->\n\n# shown\n\na <!-- [x](y) --> b\n",
    "unclosed comment": "# a\n\n<!-- open\n\n# b\n\n[c](d)\n",
    "code is no comment": "`<!--`\n\n# a `<!--`\n\n[c](d) `-->`\n",
    "strange targets": "[a](my file.md) [b](<c d.md>) [e](é.md#ü) [f](x%20y.md) [g](p.md?a=1&b=2) [h](i\\_j.md)\n",
    "references": "[a][r] [R][] [r] [x][unknown]\n\n[r]: to.md 'Title'\n[unused]: nowhere.md\n",
    "late definition": "text [r]\n[r]: late.md\n\nmore\n",
    "double definition": "[r]\n\n[r]: first.md\n\n[r]: second.md\n",
    "autolinks": "<https://example.org/a?b=c> and <me@example.org>\n",
    "code has no links": "`[a](b)`\n\n    [c](d)\n\n```\n[e](f)\n<a href='g'>\n```\n\n`<a href=\"h\">`\n",
    "attributes in attributes": '<a title="href=no id=no" href="yes.md" data-src="no.png">x</a>\n',
    "markdown=1": '<div id="in" markdown="1">\n\n## In\n\n</div>\n',
    "markdown as a word": "prose about markdown\n\n<h2>Raw</h2>\n\n## Raw\n",
    "raw links": "<a href='a.md'>x</a> <img src=b.png alt=\"c > d\"> <A HREF=\"e.md\">\n",
    "links in blocks": '!!! note "see [title](t.md)"\n    [a](b.md)\n\n=== "Tab"\n\n    - [c](d.md)\n\n    | x |\n    |---|\n    | [e](f.md) |\n',
    "indented ordered list": "- a\n\n  3. b\n\n    [x](y.md)\n",
    "linked image": "[![alt](img.png)](page.md)\n",
    "definition list": "term\n\n:   <!-- c -->\n    [a](b.md)\n\n    [c](d.md)\n",
    "attribute lists": "para\n{: #pid }\n\n[x](y){#lid .c}\n\n| a |\n|---|\n| b {#cell} |\n\n``` {.py #cid}\nx\n```\n",
}  # fmt: skip


class Page(HTMLParser):
    """The ids and targets of a rendered page, but for those that footnotes and tabs make."""

    def __init__(self, text: str) -> None:
        """Read a whole page."""
        super().__init__()
        self.ids: set[str] = set()
        self.targets: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note ids, old-style names and targets."""
        for name, value in attrs:
            if name in {"href", "src"} and not (value or "").startswith("#fn"):
                self.targets.add((value or "").replace(" ", "%20"))
            elif name == "id" or (name == "name" and tag == "a"):
                self.ids.add(value or "")
        self.ids = {value for value in self.ids if not value.startswith("__tabbed")}


def rendered(body: str) -> tuple[list[tuple[int, str]], Page]:
    """Headings and page as Python-Markdown makes them."""
    renderer = python_markdown.Markdown(extensions=EXTENSIONS)
    page = Page(renderer.convert(body))

    def flat(tokens: list[dict[str, object]]) -> list[tuple[int, str]]:
        found: list[tuple[int, str]] = []
        for token in tokens:
            found += [(token["level"], token["id"]), *flat(token["children"])]  # type: ignore[list-item, arg-type]
        return found

    return flat(renderer.toc_tokens), page  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", SAMPLES)
def test_headings_have_the_ids_of_python_markdown(name: str) -> None:
    """Levels and ids of the headings are those that Python-Markdown gives them."""
    expected, _ = rendered(SAMPLES[name])
    assert [(heading.level, heading.anchor) for heading in parse(SAMPLES[name]).headings] == expected


@pytest.mark.parametrize("name", SAMPLES)
def test_anchors_are_the_ids_of_the_page(name: str) -> None:
    """Every id of the rendered page is an anchor, and nothing else is."""
    assert parse(SAMPLES[name]).anchors == rendered(SAMPLES[name])[1].ids


@pytest.mark.parametrize("name", SAMPLES)
def test_targets_are_those_of_the_page(name: str) -> None:
    """Every href and src of the rendered page is a target, and nothing else is."""
    assert parse(SAMPLES[name]).targets == rendered(SAMPLES[name])[1].targets


@pytest.mark.parametrize("name", SAMPLES)
def test_links_have_the_targets_of_the_fast_path(name: str) -> None:
    """The exact parse and the fast one find the same targets."""
    parsed = parse(SAMPLES[name])
    assert {link.target for link in parsed.links} == parsed.targets


def test_heading_text_is_plain() -> None:
    """A heading's text has no markup, and the first one of level 1 is the article's."""
    parsed = parse("## Before\n\n# The `kb` *tool* & [docs](x) {#id}\n\n# Second\n")
    assert parsed.headings[1] == Heading(1, "The kb tool & docs", "id")
    assert parsed.first_heading == "The kb tool & docs"
    assert parse("text").first_heading is None


def test_slugify_of_the_site_is_used() -> None:
    """A site's own slug function and separator make the anchors."""
    assert parse("# Über uns\n\n# Über uns", slugify=slugify_unicode).anchors == {"über-uns", "über-uns_1"}
    assert parse("# A b-c", separator="_").anchors == {"a_b-c"}


def test_footnotes_are_anchors_and_no_targets() -> None:
    """Footnotes have ids at both ends, and their own links are no targets."""
    parsed = parse("a[^x] b[^x]\n\n[^x]: note [l](m)\n")
    assert parsed.anchors == {"fn:x", "fnref:x", "fnref2:x"}
    assert parsed.targets == {"m"}


LINKS = [
    ("[a](b.md)", [Link("b.md", 10, 10, 5, "link", None)]),
    ("x\n\nsee [b.md](b.md) and [b.md](b.md)", [
        Link("b.md", 12, 12, 12, "link", None), Link("b.md", 12, 12, 29, "link", None),
    ]),
    ("[two\nlines](b.md)", [Link("b.md", 10, 11, 1, "link", None)]),
    ("é \U0001f600 ![a](b.png)", [Link("b.png", 10, 10, 10, "image", None)]),
    ("[a]\n\n[a]: b.md", [Link("b.md", 10, 10, 1, "link", None)]),
    ("!!! note\n\n    [a](b.md)", [Link("b.md", 12, 12, 9, "link", None)]),
    ("> <img\n> src='x.png'>", [Link("x.png", 10, 11, 1, "image", None)]),
    ('<div>\n<a href="b.md">x</a>\n</div>', [Link("b.md", 11, 11, 10, "link", None)]),
    ("<!-- a\nb -->\n[a](b.md)", [Link("b.md", 12, 12, 5, "link", None)]),
    ("<me@x.org>", [Link("mailto:me@x.org", 10, 10, 1, "link", None)]),
    ("[a](b.md)\r\n[c](d.md)\r\n", [
        Link("b.md", 10, 10, 5, "link", None), Link("d.md", 11, 11, 5, "link", None),
    ]),
    ("::: internal\n[a](b.md)\n::: public\n[c](d.md)\n:::\n:::\n[e](f.md)", [
        Link("b.md", 11, 11, 5, "link", "internal"), Link("d.md", 13, 13, 5, "link", "public"),
        Link("f.md", 16, 16, 5, "link", None),
    ]),
]  # fmt: skip


@pytest.mark.parametrize(("body", "expected"), LINKS)
def test_links_have_lines_and_columns_of_the_file(body: str, expected: list[Link]) -> None:
    """A link knows its lines in the file, the column of its target, its kind and whom it is for."""
    assert list(parse(body, first_line=10).links) == expected


INCLUDES = [
    ('--8<-- "a.md"', [("a.md", 1, 9)]),
    ("    -8<- 'a.md'", [("a.md", 1, 11)]),
    (';--8<-- "a.md"', []),
    ('text --8<-- "a.md"', []),
    ('--8<-- "a.md:1:5"\n--8<-- "b.md:part"\n--8<-- "v2:3,7:9"', [("a.md", 1, 9), ("b.md", 2, 9), ("v2", 3, 9)]),
    ('--8<-- "https://x.org/a.md"', [("https://x.org/a.md", 1, 9)]),
    ("--8<--\na.md\n\n; b.md\n  c.md\n--8<--\nd.md", [("a.md", 2, 1), ("c.md", 5, 3)]),
    ('```\n--8<-- "a.py"\n```', [("a.py", 2, 9)]),
    ("--8<-- [start:x]", []),
]


@pytest.mark.parametrize(("body", "expected"), INCLUDES)
def test_includes_are_those_of_snippets(body: str, expected: list[tuple[str, int, int]]) -> None:
    """An include names its file as pymdownx.snippets reads it, in code too."""
    parsed = parse(body)
    assert [(link.target, link.line, link.column) for link in parsed.includes] == expected
    assert [link for link in parsed.links if link.kind == "include"] == list(parsed.includes)


REGIONS = [
    ("::: internal\nx\n:::", [Region("internal", 5, 7, 1)]),
    ("> - :::internal\n>   :::", [Region("internal", 5, 6, 1)]),
    (":::: internal\n::: public\n:::\n::::", [Region("internal", 5, 8, 1), Region("public", 6, 7, 2)]),
    ("```\n::: internal\n```\n:::", [Region("internal", 6, 8, 1)]),
    ("\\::: internal\ntext ::: internal", []),
    (":::note\n::: internal\n:::\n:::", [Region("internal", 6, 7, 1)]),
    (":::note[Title]\n:::\n:::tip My title\n:::", []),
    ("\u200b\u00a0::: internal\n\ufeff:::", [Region("internal", 5, 6, 1)]),
    ("::: internal\r\n:::\r", [Region("internal", 5, 6, 1)]),
]


@pytest.mark.parametrize(("body", "expected"), REGIONS)
def test_regions_are_read_line_by_line(body: str, expected: list[Region]) -> None:
    """A region reaches from marker to marker, wherever they stand, and directives are none."""
    parsed = parse(body, first_line=5, directives=frozenset({"note", "tip"}))
    assert list(parsed.regions) == expected
    assert parsed.region_problems == ()


PROBLEMS = [
    ("::: interal\n:::", 1, "unknown audience 'interal'", "did you mean 'internal'?"),
    ("::: a.b.c\n:::", 1, "unknown audience 'a.b.c'", "kbtool runs no mkdocstrings: keep pages that are made from code out of the content folder"),
    (":::{internal}\n:::", 1, "unknown audience '{internal}'", "did you mean 'internal'?"),
    ("::: internal {.x}\n:::", 1, "unexpected '{.x}' after ::: internal", "put nothing after the audience's name"),
    ("x\n:::", 2, "::: closes a region that was never opened", "remove the line"),
    ("x\n::: internal\ny", 2, "this ::: block is never closed", "add a line ::: where it ends"),
    ("::: note\ny", 1, "this ::: block is never closed", "add a line ::: where it ends"),
]


@pytest.mark.parametrize(("body", "line", "message", "hint"), PROBLEMS)
def test_a_wrong_marker_is_a_problem(body: str, line: int, message: str, hint: str) -> None:
    """Whatever is wrong with a marker is said at its line, with what to do."""
    (problem,) = parse(body, directives=frozenset({"note"})).region_problems
    assert (problem.line, problem.message, problem.hint) == (line, message, hint)


def test_what_is_unclear_is_closed() -> None:
    """Text after an unknown or unclosed marker is in a region, and so for no other audience."""
    regions, problems = scan_regions(["::: interal", "x", "::: internal", "y"], audiences=AUDIENCES)
    assert regions == (Region("interal", 1, 4, 1), Region("internal", 3, 4, 2))
    assert len(problems) == 3


MASKS = [
    ("```\nx\n```\ny", "1110"),
    ("~~~ py\n```\n~~~", "111"),
    ("  ```\n  x\n  ```", "111"),
    ("    ```\n    x\n\n    ```", "1111"),
    ("> ```\n> x\n>\n> ```\n> y", "11110"),
    ("```\nx", "00"),
    ("    ```\nx\n    ```", "000"),
    ("````\n```\n````", "111"),
    ("```\n````\n```", "111"),
    ("a `b` ``` c", "0"),
    ("``` a`b", "0"),
]


@pytest.mark.parametrize(("body", "mask"), MASKS)
def test_code_mask_follows_superfences(body: str, mask: str) -> None:
    """Fences are code as superfences reads them, delimiters included, and open ones are not."""
    assert "".join(str(int(code)) for code in code_mask(body.split("\n"))) == mask


COMMENTS = [
    ("a <!-- b --> c", ["<!-- b -->"]),
    ("<!--\n\nb\n-->", ["<!--\n\nb\n-->"]),
    ("`<!-- a -->` <!-- b -->", ["<!-- b -->"]),
    ("``a ` <!-- b -->`` <!-- c -->", ["<!-- c -->"]),
    ("a ` b <!-- c -->", ["<!-- c -->"]),
    ("a ` b\n\n<!-- c --> ` d", ["<!-- c -->"]),
    ("\\` <!-- a --> `", ["<!-- a -->"]),
    ("```\n<!-- a -->\n```\n<!-- b -->", ["<!-- b -->"]),
    ("<!-- a\n```\n-->\n```\n-->", ["<!-- a\n```\n-->\n```\n-->"]),
    ("<!-- `-->` x", ["<!-- `-->"]),
    ("<!--> a <!-- b -->", ["<!-->", "<!-- b -->"]),
]


@pytest.mark.parametrize(("body", "expected"), COMMENTS)
def test_comments_are_found_outside_code(body: str, expected: list[str]) -> None:
    """Comments are spans of characters, unless they stand in fenced or inline code."""
    spans, problem = comment_spans(body)
    assert [body[start:end] for start, end in spans] == expected
    assert problem is None


def test_an_open_comment_is_a_problem() -> None:
    """A comment that is never closed is told by its line, after the spans before it."""
    spans, problem = comment_spans("<!-- a -->\n\nb <!-- c")
    assert spans == [(0, 10)]
    assert problem is not None
    assert problem.line == 3


EXPIRIES = [
    ("<!-- expires 2026-12-31 -->\nx\n<!-- end expires -->", [Expiry("2026-12-31", 7, 9)]),
    ("<!-- expires 2026-12-31 -->\n<!-- end expires 2026-12-31 -->", [Expiry("2026-12-31", 7, 8)]),
    ("<!-- expires soon -->", [Expiry("soon", 7, None)]),
    ("<!--expires: 1-->\n<!-- expires 2 -->\n<!-- end expires 1 -->\n<!-- end expires -->", [
        Expiry("1", 7, 9), Expiry("2", 8, 10),
    ]),
    ("`<!-- expires 1 -->`\n\n```\n<!-- expires 2 -->\n```", []),
    ("<!-- end expires -->\n<!-- expiresx -->", [Expiry("", 7, 7)]),
]  # fmt: skip


@pytest.mark.parametrize(("body", "expected"), EXPIRIES)
def test_expiry_blocks(body: str, expected: list[Expiry]) -> None:
    """An expiry block keeps its date as written, and knows where it begins and whether it ends."""
    assert list(parse(body, first_line=7).expiries) == expected


def test_words_are_counted_without_markup() -> None:
    """Words are those that a reader sees."""
    assert parse("# One two\n\n<!-- no -->\n[three](x.md) **four** <b>five</b>\n").words == 5


def ask_everything(body: str) -> None:
    """Compute every property, and hold what must be true of any text."""
    parsed = parse(body, first_line=2)
    last = body.count("\n") + 2
    assert {heading.anchor for heading in parsed.headings} <= parsed.anchors
    assert {link.target for link in parsed.links if link.kind != "include"} >= parsed.targets
    assert all(2 <= link.line <= link.end_line <= last and link.column > 0 for link in parsed.links)
    assert all(2 <= region.start <= region.end <= last for region in parsed.regions)
    assert parsed.words >= 0
    assert parsed.first_heading is None or parsed.headings
    assert isinstance(parsed.expiries, tuple)
    assert isinstance(parsed.region_problems, tuple)


PIECES = st.sampled_from([
    "# ", "[a](b)", "![i](x)", "\n", "\n\n", "    ", "- ", "1. ", "> ", "`", "```\n", "~~~", "<!--", "-->", "::: internal",
    ":::", "text ", "*", "<div markdown>", "</div>", '<a href="q">', "!!! note\n", '=== "T"\n', "{#id}", "[r]", "[r]: u\n",
    "[^1]", "[^1]: fn ", "| a |\n|---|\n", "===\n", "é", "&amp;", "\\", "\x00", "\r\n", "\t", '--8<-- "f"\n', "]", "(", "{",
])  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.text(st.characters()) | st.lists(PIECES, max_size=30).map("".join))
def test_no_text_is_an_error(body: str) -> None:
    """Any text at all, NULs and surrogates included, can be parsed."""
    ask_everything(body)


@pytest.mark.parametrize("body", ["a\x00b [c](d)", "# \ud800 [a](b\udfff)", "\r[a](b)\r# x", "\u2028[a](b)", ""])
def test_strange_characters(body: str) -> None:
    """Characters that UTF-8 or Markdown do not know stop nothing."""
    ask_everything(body)


HOSTILE = [
    "[a](" * 5000, "<!--" * 32000, '<a b="' * 8000, "<!-- `-->" * 8000, "```x\n" * 20000, "!!! note\n" * 20000,
    "# " + " {" * 32000, "# " + " {a" * 16000 + "}", "](a" + " a" * 32000, " " * 64000, "# same\n\n" * 4000,
    "::: internal\n" * 4000, "[^" * 16000, "p\n[x]: y\n" * 8000, "<div markdown>\n" * 8000, "`<!--` " * 8000,
    "<!-- expires 1 -->\n" * 2000 + "<!-- end expires -->\n" * 2000, "[a](b) " * 8000, "> " * 3000, "<h1>" * 16000,
]  # fmt: skip


@pytest.mark.parametrize("body", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_takes_no_quadratic_time(body: str) -> None:
    """Texts made to make parsers slow are parsed; each takes well under a second."""
    ask_everything(body)
