"""KB201 broken-link."""

from __future__ import annotations

import pytest

from kbtool.builtin_checks.broken_link import BrokenLink
from kbtool.testing import check_article, check_files, in_words

HINT = "correct or remove the link"
PLACES = {
    "text": ("See [it](gone.md).", "1:10"),
    "second on a line": ("[a](https://x.org/gone.md) [b](gone.md)", "1:32"),
    "with a title": ('[a](gone.md "Title")', "1:5"),
    "in angle brackets": ("[a](<gone.md>)", "1:6"),
    "heading": ("## See [it](gone.md)", "1:13"),
    "table": ("| a | b |\n|---|---|\n| x | [y](gone.md) |", "3:11"),
    "quote": ("> See [it](gone.md)", "1:12"),
    "nested list": ("- a\n    - [b](gone.md)", "2:11"),
    "admonition": ("!!! note\n\n    See [it](gone.md)", "3:14"),
    "title of an admonition": ('!!! note "See [it](gone.md)"\n\n    text', "1:20"),
    "details": ("??? tip\n    [a](gone.md)", "2:9"),
    "tab": ('=== "Web"\n\n    [a](gone.md)', "3:9"),
    "footnote": ("Text[^1].\n\n[^1]: See [it](gone.md).", "3:16"),
    "definition list": ("Term\n:   See [it](gone.md)", "2:14"),
    "inline HTML": ('See <a href="gone.md">it</a>.', "1:14"),
    "HTML block": ("<div>\n<a class='x' href='gone.md'>it</a>\n</div>", "2:20"),
    "Markdown in HTML": ("<div markdown>\n\n[a](gone.md)\n\n</div>", "3:5"),
    "reference": ("See [it][r].\n\n[r]: gone.md", "1:1"),
    "region": ("::: internal\n[a](gone.md)\n:::", "2:5"),
    "after non-Latin text": ("请求 😀 [größe](gone.md)", "1:14"),
}


@pytest.mark.parametrize(("text", "place"), PLACES.values(), ids=PLACES)
def test_places(text: str, place: str) -> None:
    """A link is found wherever Markdown makes one, at its line and where its target stands in it."""
    assert in_words(check_article(BrokenLink(), text + "\n")) == [
        f"content/article.md:{place} KB201 error: there is no page 'gone.md' ({HINT})",
    ]


NO_LINKS = {
    "code": "`[a](gone.md)`",
    "fence": "```md\n[a](gone.md)\n```",
    "indented code": "text\n\n    [a](gone.md)",
    "comment": "<!-- [a](gone.md) -->",
    "escaped": r"\[a](gone.md)",
    "text alone": "gone.md",
    "definition that nothing uses": "[r]: gone.md",
    "front matter": "---\nrelated: [gone.md]\n---",
    "image": "![a](gone.md)",
    "download": "[a](gone.zip)",
}


@pytest.mark.parametrize("text", NO_LINKS.values(), ids=NO_LINKS)
def test_no_links(text: str) -> None:
    """What is no link on the page, and images and downloads (KB203), are not this check's."""
    assert check_article(BrokenLink(), text + "\n") == []


FILES = {
    "content/index.md": "",
    "content/billing/index.md": "",
    "content/billing/export.md": "---\nredirect_from: [/old/export.html, /help/older/]\n---\n# Formats\n",
    "content/billing/größe 1.md": "",
    "content/guide/README.md": "",
    "content/x.v2.md": "",
}
RESOLVES = [
    "export.md", "./export.md", "export.md#formats", "export.md?plain=1#formats", "?tab=2", "#formats", "", "index.md", "../index.md",
    "..", "../", ".", "./", "../guide/README.md", "../guide/", "../guide", "export/", "export", "export.html", "../billing/",
    "../export.md", "gr%C3%B6%C3%9Fe%201.md", "<größe 1.md>", "größe%201.md", "/billing/export/", "/billing/export.html", "/billing/export.md",
    "/billing/", "/billing", "/", "/old/export/", "/old/export.html", "/billing/export/?a=b#c", "../x.v2.md", "/x.v2/",
    "https://example.com/gone", "//example.com/gone", "mailto:a@example.com", "tel:+49123", "javascript:void(0)", "ftp://x/y.md",
    "data:text/plain,x", "HTTPS://EXAMPLE.COM/x",
]


@pytest.mark.parametrize("href", RESOLVES)
def test_resolves(href: str) -> None:
    """A link may name a file, or a URL of this site in any of its spellings, old ones included; other sites are not judged."""
    assert check_files(BrokenLink(), {**FILES, "content/billing/a.md": f"[a]({href})\n"}) == []


BREAKS = {
    "exprot.md": "exprot.md",
    "Export.md": "Export.md",
    "export.markdown": "export.markdown",
    "/export/": "/export/",
    "/Billing/": "/Billing/",
    "../../outside.md": "../../outside.md",
    "../../../../etc/": "../../../../etc/",
    "gr%C3%B6%C3%9Fe%202.md": "größe%202.md",
    "gro\u0308\u00dfe%201.md": "gro\u0308\u00dfe%201.md",
    "release-1.2": "release-1.2",
    "gone.html?x=1#y": "gone.html?x=1#y",
    "./gone": "./gone",
}


@pytest.mark.parametrize(("href", "shown"), BREAKS.items())
def test_breaks(href: str, shown: str) -> None:
    """A page that is not there is a finding: other case, other Unicode form, other ending, outside the folder."""
    found = check_files(BrokenLink(), {**FILES, "content/billing/a.md": f"[a]({href})\n"})
    assert [(one.line, one.message) for one in found] == [(1, f"there is no page {shown!r}")]


@pytest.mark.parametrize(
    ("href", "hint"),
    [("exprot.md", "billing/export.md"), ("EXPORT.md", "billing/export.md"), ("/biling/export.md", "billing/export.md")],
)
def test_the_nearest_article_is_named(href: str, hint: str) -> None:
    """The hint names the article with the nearest path."""
    found = check_files(BrokenLink(), {**FILES, "content/billing/a.md": f"[a]({href})\n"})
    assert [one.hint for one in found] == [f'did you mean "{hint}"?']


@pytest.mark.parametrize(
    ("href", "fires"),
    [
        ("/help/billing/export/", False), ("/help/", False), ("/help", False), ("/help/old/export/", False), ("/help/older/", False),
        ("/help/gone/", True), ("/billing/gone/", False), ("/helpdesk/", False), ("/", False), ("export.md", False), ("gone.md", True),
    ],
)
def test_a_site_below_a_path(href: str, *, fires: bool) -> None:
    """With a `site_url` that has a path, absolute links below it are ours, and others belong to other sites of the host."""
    files = {**FILES, "content/billing/a.md": f"[a]({href})\n", "mkdocs.yml": "site_name: x\nsite_url: https://example.com/help/\n"}
    assert bool(check_files(BrokenLink(), files)) is fires


def test_several_links() -> None:
    """Each link is a finding of its own, in the order of the text, with the target as its subject."""
    found = check_article(BrokenLink(), "[a](x.md) [b](y.md) [c](x.md)\n\n[d](x.md)\n")
    assert [(one.line, one.column, one.subject) for one in found] == [(1, 5, "x.md"), (1, 15, "y.md"), (1, 25, "x.md"), (3, 5, "x.md")]
    assert len({one.fingerprint for one in found}) == 4


def test_windows_line_ends() -> None:
    """Lines are counted alike with CRLF."""
    found = check_files(BrokenLink(), {"content/a.md": b"---\r\ntitle: x\r\n---\r\n\r\n[a](gone.md)\r\n"})
    assert [(one.line, one.column) for one in found] == [(5, 5)]
