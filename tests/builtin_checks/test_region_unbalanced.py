"""KB402 region-unbalanced."""

from __future__ import annotations

import pytest

from kbtool.builtin_checks.region_unbalanced import RegionUnbalanced
from kbtool.testing import check_article, in_words

CLOSE, KNOWN = "add a line ::: where it ends", "known audiences: internal, public; words of other tools belong into `directives`"
ALONE = "put it on a line of its own, or show it as code, between backticks"
ELSEWHERE = "once parts for others are cut, code begins or ends elsewhere"
FIRES = {
    "never closed": ("a\n\n::: internal\nx\n", [f"3:1 KB402 error: this ::: block is never closed ({CLOSE})"]),
    "closed twice": ("::: internal\nx\n:::\n:::\n", ["4:1 KB402 error: ::: closes a region that was never opened (remove the line)"]),
    "misspelt": ("::: internl\nx\n:::\n", ["1:1 KB402 error: unknown audience 'internl' (did you mean 'internal'?)"]),
    "other case": ("::: Internal\nx\n:::\n", ["1:1 KB402 error: unknown audience 'Internal' (did you mean 'internal'?)"]),
    "another tool's block": ("::: note\nx\n:::\n", [f"1:1 KB402 error: unknown audience 'note' ({KNOWN})"]),
    "mkdocstrings": ("::: httpx.Client\n    options:\n      members: true\n\n::: httpx.get\n", [
        f"{line}:1 KB402 error: unknown audience {name!r} (kbtool runs no mkdocstrings: keep pages that are made from code out of the content folder)"
        for line, name in ((1, "httpx.Client"), (5, "httpx.get"))
    ]),
    "words after it": (
        "::: internal only\nx\n:::\n",
        ["1:1 KB402 error: unexpected 'only' after ::: internal (put nothing after the audience's name)"],
    ),
    "in code": ("```\n::: internal\n```\n", [f"2:1 KB402 error: this ::: block is never closed ({CLOSE})"]),
    "in a list": ("- a\n\n    ::: internal\n    x\n", [f"3:1 KB402 error: this ::: block is never closed ({CLOSE})"]),
    "two at once": ("::: internal\n::: public\nx\n:::\n", [f"1:1 KB402 error: this ::: block is never closed ({CLOSE})"]),
    "comment": ("a\n<!-- b\n", ["2:1 KB402 error: an HTML comment is never closed (add --> where the comment ends)"]),
    "below front matter": ("---\ntitle: x\n---\n:::\n", [
        "4:1 KB402 error: ::: closes a region that was never opened (remove the line)",
    ]),
    "a cut that opens code": ("---\naudience: public\n---\n::: internal\n```\nx\n:::\na\nb [c]{.internal}\n```\n", [
        f"9:1 KB402 error: {ELSEWHERE} (close each fence of backticks where no region can take a line of it)",
    ]),
    "a cut that opens a comment": ("---\naudience: public\n---\n::: internal\n```\n:::\na\n<!-- b\n```\n", [
        "8:1 KB402 error: an HTML comment is never closed (add --> where the comment ends)",
    ]),
    **{
        name: (text, [f"{line}:1 KB402 error: ::: internal begins no region here ({ALONE})"]) for name, (line, text) in {
            "in a row of a table": (3, "| a |\n|---|\n| ::: internal |\n| x |\n| ::: |\n"),
            "in a heading": (1, "## ::: internal\nx\n## :::\n"),
            "in bold": (1, "**::: internal**\n\nx\n\n**:::**\n"),
            "in HTML": (2, "a\n<p>::: internal</p>\n<p>x</p>\n<p>:::</p>\n"),
            "wide colons": (2, "a\n\uff1a\uff1a\uff1a internal\nx\n\uff1a\uff1a\uff1a\n"),
            "behind a line's end of other programs": (1, "a\u2028::: internal\u2028x\u2028:::\n"),
        }.items()
    },
    "several": (":::\n::: intern\n<!--\n", [
        "1:1 KB402 error: ::: closes a region that was never opened (remove the line)",
        f"2:1 KB402 error: this ::: block is never closed ({CLOSE})",
        "2:1 KB402 error: unknown audience 'intern' (did you mean 'internal'?)",
        "3:1 KB402 error: an HTML comment is never closed (add --> where the comment ends)",
    ]),
}


@pytest.mark.parametrize(("text", "found"), FIRES.values(), ids=FIRES)
def test_fires(text: str, found: list[str]) -> None:
    """Each marker that does not fit is an error at its line; nothing is guessed."""
    assert in_words(check_article(RegionUnbalanced(), text)) == [f"content/article.md:{one}" for one in found]


CLEAN = {
    "none": "text\n",
    "one": "::: internal\nx\n:::\n",
    "more colons": ":::: internal\nx\n::::\n",
    "nested": "::: internal\n::: public\nx\n:::\n:::\n",
    "list": "- a\n\n    ::: internal\n    x\n    :::\n",
    "quote": "> ::: internal\n> x\n> :::\n",
    "escaped": "\\::: internal\n\\:::\n",
    "what nobody sees before it": "\u00ad::: internal\nx\n\u2061:::\n",
    "named in a sentence": "Write ::: internal before it, and `::: internal`.\n\n| `::: internal` |\n",
    "in a row of code": "```\n| ::: internal |\n```\n",
    "escaped in code": "```\n\\::: internal\n```\n",
    "code in a region": "---\naudience: public\n---\n::: internal\n```\n[x]{.internal} <!--\n```\n:::\n[a]{.internal}\n",
    "a cut that nobody reads": "---\naudience: internal\n---\n::: public\n```\nx\n:::\na [b]{.internal}\n```\n",
    "in a line": "Write `::: internal` or ::: in a line.\n",
    "comment": "<!-- a -->\n`<!--`\n",
    "windows": "::: internal\r\nx\r\n:::\r\n",
}


@pytest.mark.parametrize("text", CLEAN.values(), ids=CLEAN)
def test_clean(text: str) -> None:
    """Regions that close, escaped markers, and colons that are no markers are clean."""
    assert check_article(RegionUnbalanced(), text) == []


def test_audiences_and_directives_of_the_configuration() -> None:
    """An audience of some edition opens a region, and a word of `directives` or of the preset opens a block of its own."""
    config = 'preset = "docusaurus"\ndirectives = ["card"]\n[tool.kbtool.editions.partner]\naudiences = ["public", "partner"]'
    text = "::: partner\n::: card\n::: tip Title\nx\n:::\n:::\n:::\n"
    assert check_article(RegionUnbalanced(), text, config=config) == []
    assert [found.line for found in check_article(RegionUnbalanced(), text)] == [1, 2, 3]
