"""KB202 broken-anchor."""

from __future__ import annotations

import pytest

from kbtool.builtin_checks.broken_anchor import BrokenAnchor
from kbtool.testing import check_article, check_files, in_words

PAGE = """# Über uns

## Set up
## Set up
## Custom {#mine}
## `code` & [link](https://x.org)
Underlined
----------

<a id="raw"></a><a name="named"></a>
<span id='single'></span>

Text[^note].

[^note]: Note.

!!! tip

    ### In a box
"""
THERE = [
    "uber-uns", "set-up", "set-up_1", "mine", "code-link", "underlined", "raw", "named", "single", "fn:note", "fnref:note",
    "in-a-box", "", "top", "_top", ":~:text=Set%20up", "__tabbed_1_2", "s%65t-up",
]
NOT_THERE = {
    "Set-up": 'did you mean "set-up"?',
    "set-up_2": 'did you mean "set-up_1"?',
    "custom": "link to a heading that exists",
    "über-uns": 'did you mean "uber-uns"?',
    "x y": "link to a heading that exists",
}


@pytest.mark.parametrize("anchor", THERE)
def test_there(anchor: str) -> None:
    """Headings, their own ids, ids in HTML, footnotes, and what browsers know by themselves are anchors."""
    files = {"content/page.md": PAGE, "content/a.md": f"[a](page.md#{anchor}) [b](/page/?x=1#{anchor})\n"}
    assert check_files(BrokenAnchor(), files) == []
    assert check_files(BrokenAnchor(), {"content/page.md": f"{PAGE}\n[a](#{anchor})\n"}) == []


@pytest.mark.parametrize(("anchor", "hint"), NOT_THERE.items())
def test_not_there(anchor: str, hint: str) -> None:
    """An anchor that is not there is a finding at the link, with the nearest one; case counts."""
    files = {"content/page.md": PAGE, "content/sub/a.md": f"text\n\nSee [a](<../page.md?x#{anchor}>).\n"}
    found = check_files(BrokenAnchor(), files)
    assert [(one.path, one.line, one.message, one.hint) for one in found] == [
        ("content/sub/a.md", 3, f"page.md has no heading with the anchor #{anchor}", hint),
    ]


def test_in_words() -> None:
    """The finding stands where the target begins."""
    assert in_words(check_article(BrokenAnchor(), "# A\n\nSee [below](#b) and [above](#a).\n")) == [
        "content/article.md:3:13 KB202 error: article.md has no heading with the anchor #b (link to a heading that exists)",
    ]


@pytest.mark.parametrize(
    "text",
    ["[a](gone.md#x)\n", "[a](https://example.com/#x)\n", "`[a](#x)`\n", "![a](i.png#x)\n", "[a](i.png#x)\n", "<!-- [a](#x) -->\n"],
)
def test_other_targets(text: str) -> None:
    """Missing pages (KB201), other sites and files have no headings to judge."""
    assert check_files(BrokenAnchor(), {"content/a.md": text, "content/i.png": b"x"}) == []


def test_escaped_anchors_and_other_alphabets() -> None:
    """With the slugger that mkdocs.yml names, anchors keep their alphabet; links to them may be escaped."""
    site = (
        "site_name: x\nmarkdown_extensions:\n  - toc:\n      slugify: !!python/object/apply:pymdownx.slugs.slugify\n"
        "        kwds: {case: lower}\n"
    )
    text = "# Größe\n\n[a](#größe) [b](#gr%C3%B6%C3%9Fe) [c](#groe)\n"
    found = check_files(BrokenAnchor(), {"content/a.md": text, "mkdocs.yml": site})
    assert [one.subject for one in found] == ["#groe"]
    assert [one.subject for one in check_article(BrokenAnchor(), text)] == ["#größe", "#größe"]


def test_redirects() -> None:
    """A link to an old URL is judged by the headings of the article that took it over."""
    files = {"content/new.md": "---\nredirect_from: [/old/]\n---\n# A\n", "content/a.md": "[a](/old/#a) [b](/old/#b)\n"}
    assert [one.subject for one in check_files(BrokenAnchor(), files)] == ["/old/#b"]


def test_included_headings() -> None:
    """Headings of included articles are anchors of the page, also through a second include; a loop ends."""
    files = {
        "content/a.md": '[1](#one) [2](#two) [3](#three) [4](#four)\n\n--8<-- "parts/one.md"\n',
        "content/parts/one.md": '# One\n--8<-- "two.md"\n', "content/parts/two.md": '# Two\n--8<-- "one.md"\n', "content/b.md": "# Three\n",
    }
    assert [one.subject for one in check_files(BrokenAnchor(), files)] == ["#three", "#four"]
