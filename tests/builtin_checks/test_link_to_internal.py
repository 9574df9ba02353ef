"""KB401 link-to-internal."""

from __future__ import annotations

import pytest

from kbtool.builtin_checks.link_to_internal import LinkToInternal
from kbtool.testing import check_article, check_files, in_words

HINT = "put it into a region, or link to another page"
PUBLIC = "---\naudience: public\n---\n"  # the text below starts on line 4
FILES = {
    "content/internal.md": "# Inside\n",
    "content/public.md": f"{PUBLIC}# Outside\n",
    "content/draft.md": "---\naudience: public\ndraft: true\n---\n",
    "content/unreadable.md": "---\naudience: publik\n---\n",
    "content/moved.md": "---\naudience: internal\nredirect_from: [/old/]\n---\n",
    "content/i.png": "x",
    "content/vault/plan.pdf": "x",
    "mkdocs.yml": "site_name: x\nsite_url: https://help.example.com/kb/\n",
}
WIKI = '[tool.kbtool.defaults."vault/**"]\nceiling = "internal"\n[tool.kbtool.editions.public]\n[tool.kbtool.editions.internal.mkdocs]\nsite_url = "https://wiki.example.com/"\n'
FIRES = {
    "text": ("[a](internal.md)", "4:5", "public edition shows", "content/internal.md"),
    "anchor": ("[a](internal.md#inside)", "4:5", "public edition shows", "content/internal.md"),
    "URL": ("[a](/kb/internal/)", "4:5", "public edition shows", "content/internal.md"),
    "table": ("| a |\n|---|\n| [x](internal.md) |", "6:7", "public edition shows", "content/internal.md"),
    "HTML": ('<a href="internal.md">x</a>', "4:10", "public edition shows", "content/internal.md"),
    "reference": ("[x][r]\n\n[r]: internal.md", "4:1", "public edition shows", "content/internal.md"),
    "picture": ("![x](internal.md)", "4:6", "public edition shows", "content/internal.md"),
    "region for the public": ("::: public\n[a](internal.md)\n:::", "5:5", "public edition shows", "content/internal.md"),
    "after a region": ("::: internal\nx\n:::\n[a](internal.md)", "7:5", "public edition shows", "content/internal.md"),
    "old URL": ("[a](/kb/old/)", "4:5", "public edition shows", "content/moved.md"),
    "whole address": ("[a](https://help.example.com/kb/internal/#inside)", "4:5", "public edition shows", "content/internal.md"),
    "whole address without a scheme": ("[a](//HELP.example.com/kb/internal)", "4:5", "public edition shows", "content/internal.md"),
    "address in the wiki": ("<https://wiki.example.com/internal/>", "4:2", "public edition shows", "content/internal.md"),
    "file below a ceiling": ("[a](vault/plan.pdf#page=2)", "4:5", "public edition shows", "content/vault/plan.pdf"),
    "unfinished": ("[a](draft.md)", "4:5", "public edition shows", "content/draft.md"),
    "unreadable": ("[a](unreadable.md)", "4:5", "public and internal editions show", "content/unreadable.md"),
}


@pytest.mark.parametrize(("text", "place", "who", "path"), FIRES.values(), ids=FIRES)
def test_fires(text: str, place: str, who: str, path: str) -> None:
    """A link that an edition shows and cannot follow is an error that names the edition and the page."""
    assert in_words(check_files(LinkToInternal(), {**FILES, "content/a.md": f"{PUBLIC}{text}\n"}, config=WIKI)) == [
        f"content/a.md:{place} KB401 error: the {who} this link but not {path} ({HINT})",
    ]


CLEAN = {
    "public page": PUBLIC + "[a](public.md#outside)",
    "in a region": PUBLIC + "::: internal\n[a](internal.md) [b](draft.md)\n:::",
    "in a region in a list": PUBLIC + "- x\n\n    ::: internal\n    [a](internal.md)\n    :::",
    "in code": PUBLIC + "`[a](internal.md)`",
    "in a comment": PUBLIC + "<!-- [a](internal.md) -->",
    "picture": PUBLIC + "![a](i.png)",
    "other site": PUBLIC + "[a](https://example.com/internal.md)",
    "own page by its whole address": PUBLIC + "[a](https://wiki.example.com/public/) [b](https://help.example.com/internal/)",
    "missing": PUBLIC + "[a](gone.md)",
    "itself": PUBLIC + "[a](a.md) [b](#x)",
    "internal page": "[a](internal.md) [b](draft.md)",
    "unfinished page": "---\naudience: public\ndraft: true\n---\n[a](internal.md)",
    "unreadable page": "---\naudience: publik\n---\n[a](internal.md)",
    "archived page": PUBLIC.replace("---\n", "---\nconfidence: archived\n", 1) + "[a](public.md)",
}


@pytest.mark.parametrize("text", CLEAN.values(), ids=CLEAN)
def test_clean(text: str) -> None:
    """Whoever sees the link sees the page; missing pages are KB201's."""
    assert check_files(LinkToInternal(), {**FILES, "content/a.md": text + "\n"}) == []


THREE = (
    '[tool.kbtool.editions.public]\naudiences = ["public"]\n[tool.kbtool.editions.partner]\naudiences = ["public", "partner"]\n'
    '[tool.kbtool.editions.internal]\naudiences = ["public", "partner", "internal"]'
)
MARKERS = {
    "nowhere": ("public", [], ["public and partner editions show:internal.md", "public edition shows:partner.md"]),
    "partner": ("public", ["partner"], ["partner edition shows:internal.md"]),
    "internal": ("public", ["internal"], []),
    "partner in internal": ("public", ["internal", "partner"], []),
    "internal in partner": ("public", ["partner", "internal"], []),
    "public in partner": ("public", ["partner", "public"], ["partner edition shows:internal.md"]),
    "public": (
        "public", ["public"], ["public and partner editions show:internal.md", "public edition shows:partner.md"],
    ),
    "partner's page": ("partner", [], ["partner edition shows:internal.md"]),
    "partner's page, internal": ("partner", ["internal"], []),
    "partner's page, public": ("partner", ["public"], ["partner edition shows:internal.md"]),
    "internal page": ("internal", ["public"], []),
}


@pytest.mark.parametrize(("audience", "regions", "found"), MARKERS.values(), ids=MARKERS)
def test_three_editions(audience: str, regions: list[str], found: list[str]) -> None:
    """With three editions, a link inside regions is shown where all of them are, whatever their order."""
    lines = [f"---\naudience: {audience}\n---", *(f"::: {word}" for word in regions), "[a](internal.md) [b](partner.md) [c](public.md)"]
    files = {
        "content/a.md": "\n".join([*lines, *(":::" for _ in regions), ""]), "content/internal.md": "",
        "content/partner.md": "---\naudience: partner\n---\n", "content/public.md": PUBLIC,
    }
    words = [one.partition(":") for one in found]
    assert [one.message for one in check_files(LinkToInternal(), files, config=THREE)] == [
        f"the {who} this link but not content/{path}" for who, _, path in words
    ]


def test_not_validated_pages() -> None:
    """A page that is not validated is in a public edition only where the configuration says so."""
    files = {"content/a.md": f"{PUBLIC}[a](b.md)\n", "content/b.md": "---\naudience: public\nconfidence: not-validated\n---\n"}
    assert [one.message for one in check_files(LinkToInternal(), files)] == ["the public edition shows this link but not content/b.md"]
    assert check_files(LinkToInternal(), files, config="[tool.kbtool.editions.public]\nnot_validated = true") == []


def test_ceiling_of_a_folder() -> None:
    """A folder's ceiling makes a page internal that says it is public, and links to it are found."""
    files = {"content/a.md": f"{PUBLIC}[a](team/b.md)\n", "content/team/b.md": PUBLIC}
    config = '[tool.kbtool.defaults."team/**"]\nceiling = "internal"'
    assert check_files(LinkToInternal(), files) == []
    assert [one.subject for one in check_files(LinkToInternal(), files, config=config)] == ["team/b.md"]


ANCHORS = {
    "heading in a region": ("[a](#secret)\n\n::: internal\n## Secret\n:::", ["4 #secret"]),
    "link in the region": ("::: internal\n## Secret\n[a](#secret)\n:::", []),
    "heading outside": ("[a](#open)\n\n## Open\n\n::: internal\n## Secret\n:::", []),
    "number of a heading": ("[a](#step_1)\n\n::: internal\n## Step\n:::\n\n## Step", ["4 #step_1"]),
    "number of a heading that stays": ("[a](#step_1)\n\n## Step\n## Step\n\n::: internal\n## Step\n:::", []),
    "id in a region": ('[a](#x)\n\n::: internal\n<a id="x"></a>\n:::', ["4 #x"]),
    "in a comment": ("[a](#x)\n\n::: internal\nx\n:::\n<!--\n## X\n-->", []),
    "nowhere": ("[a](#x)\n\n::: internal\n## Secret\n:::", []),
    "unbalanced": ("[a](#secret)\n\n::: internal\n## Secret\n", []),
}


@pytest.mark.parametrize(("text", "found"), ANCHORS.values(), ids=ANCHORS)
def test_headings_in_regions(text: str, found: list[str]) -> None:
    """A link to a heading that an edition cuts, or numbers otherwise, tells of what is inside; KB202 has those that are nowhere."""
    assert [(one.line, one.message) for one in check_article(LinkToInternal(), f"{PUBLIC}{text}\n")] == [
        (int(line), f"the public edition shows this link but not content/article.md{anchor}")
        for line, _, anchor in (one.partition(" ") for one in found)
    ]


def test_heading_of_another_article() -> None:
    """The same holds for a heading in a region of another article."""
    files = {"content/a.md": f"{PUBLIC}[a](b.md#secret) [b](b.md)\n", "content/b.md": f"{PUBLIC}::: internal\n## Secret\n:::\n"}
    assert in_words(check_files(LinkToInternal(), files)) == [
        f"content/a.md:4:5 KB401 error: the public edition shows this link but not content/b.md#secret ({HINT})",
    ]
