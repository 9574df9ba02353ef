"""KB203 missing-asset."""

from __future__ import annotations

import pytest

from kbtool.builtin_checks.missing_asset import MissingAsset
from kbtool.testing import check_article, check_files, in_words

HINT = "add the file, or correct the path"
PLACES = {
    "image": ("See ![it](gone.png).", "1:11", "gone.png"),
    "download": ("[a](gone.zip)", "1:5", "gone.zip"),
    "image in a link": ("[![a](gone.png)](https://x.org)", "1:7", "gone.png"),
    "inline HTML": ("x <img alt='' src='gone.png'>", "1:20", "gone.png"),
    "HTML block": ('<video>\n  <source src="gone.mp4">\n</video>', "2:16", "gone.mp4"),
    "link in HTML": ('<a href="gone.pdf">x</a>', "1:10", "gone.pdf"),
    "image reference": ("![it][r]\n\n[r]: gone.png", "1:1", "gone.png"),
    "image without an ending": ("![a](gone)", "1:6", "gone"),
    "image of a page's name": ("![a](gone.md)", "1:6", "gone.md"),
    "other case": ("![a](PHOTOGRAPH.JPG)", "1:6", "PHOTOGRAPH.JPG"),
    "query": ("![a](gone.png?v=2)", "1:6", "gone.png?v=2"),
    "table": ("| a |\n|---|\n| ![x](gone.png) |", "3:8", "gone.png"),
    "absolute": ("![a](/gone.png)", "1:6", "/gone.png"),
    "above the content folder": ("![a](../checks/owners.yml)", "1:6", "../checks/owners.yml"),
    "dotfile": ("[a](.env.txt)", "1:5", ".env.txt"),
}


@pytest.mark.parametrize(("text", "place", "target"), PLACES.values(), ids=PLACES)
def test_fires(text: str, place: str, target: str) -> None:
    """A picture or a download that is not in the content folder is a finding where its path begins."""
    files = {"content/article.md": text + "\n", "content/photograph.jpg": b"x", "content/.env.txt": "SECRET"}
    found = check_files(MissingAsset(), files)
    near = 'did you mean "photograph.jpg"?' if target.isupper() else HINT
    assert in_words(found) == [f"content/article.md:{place} KB203 error: there is no file {target!r} ({near})"]


@pytest.mark.parametrize(
    "href",
    [
        "i.png", "./i.png", "i.png?v=2", "i.png#xywh=1,1,2,2", "/img/i.png", "../img/i.png", "gr%C3%B6%C3%9Fe.svg", "größe.svg",
        "https://example.com/x.png", "//cdn.example.com/x.png", "data:image/png;base64,xx", "a.md",
    ],
)
def test_clean(href: str) -> None:
    """A file that is there, in any spelling of its path, and files of other sites are clean."""
    files = {"content/img/i.png": b"x", "content/img/größe.svg": b"x", "content/img/a.md": f"![i]({href}) [d]({href})\n"}
    assert check_files(MissingAsset(), files) == []


@pytest.mark.parametrize("text", ["[a](gone.md)\n", "[a](gone)\n", "[a](gone/)\n", "[a](v1.2)\n", "`![a](gone.png)`\n", "<!-- ![a](gone.png) -->\n"])
def test_pages_are_another_checks(text: str) -> None:
    """A link to a page is KB201's, and what is no link is nobody's."""
    assert check_article(MissingAsset(), text) == []


def test_hint() -> None:
    """The hint names the asset with the nearest path."""
    files = {"content/a.md": "![a](img/dialogue.png)\n", "content/img/dialog.png": b"x"}
    assert [one.hint for one in check_files(MissingAsset(), files)] == ['did you mean "img/dialog.png"?']


INCLUDES = {
    "missing": ('text\n\n--8<-- "gone.md"\n', ["3:9 'gone.md'"]),
    "in code": ('```\n--8<-- "gone.md"\n```\n', ["2:9 'gone.md'"]),
    "a list of files": ("--8<--\nb.md\ngone.md\n--8<--\n", ["3:1 'gone.md'"]),
    "an asset": ('--8<-- "x.txt"\n', ["1:9 'x.txt'"]),
    "out of the folder": ('--8<-- "../checks/owners.yml"\n', ["1:9 '../checks/owners.yml'"]),
    "git's configuration": ('--8<-- ".git/config"\n', ["1:9 '.git/config'"]),
    "absolute": ('--8<-- "/etc/passwd"\n', ["1:9 '/etc/passwd'"]),
    "there": ('--8<-- "b.md"\n', []),
    "from the repository's root": ('--8<-- "content/b.md"\n', []),
    "lines": ('--8<-- "b.md:1:3"\n--8<-- "b.md:100"\n', []),
    "a section": ('--8<-- "c.md:one"\n--8<--\nc.md:one\n--8<--\n', []),
    "escaped": (';--8<-- "gone.md"\n', []),
}


@pytest.mark.parametrize(("text", "found"), INCLUDES.values(), ids=INCLUDES)
def test_includes(text: str, found: list[str]) -> None:
    """An include may name an article of the content folder and nothing else."""
    words = [one.split(maxsplit=1) for one in found]
    files = {"content/a.md": text, "content/b.md": "", "content/x.txt": "x", "content/c.md": "# --8<-- [start:one]\n"}
    assert in_words(check_files(MissingAsset(), files)) == [
        f"content/a.md:{place} KB203 error: the included file {name} is not an article here "
        "(include an article of the content folder)"
        for place, name in words
    ]


INCLUDED = {
    "a section": ('--8<-- "c.md:two"', "1:9", "content/c.md has no section 'two' (mark it there: --8<-- [start:two])"),
    "a section between bars": ("--8<--\nc.md:two\n--8<--", "2:1", "content/c.md has no section 'two' (mark it there: --8<-- [start:two])"),
    "itself": ('--8<-- "a.md"', "1:9", "the include leads back here: a.md → a.md (take one of them out)"),
    "a circle": ('x\n--8<-- "d.md"', "2:9", "the include leads back here: a.md → d.md → e.md → a.md (take one of them out)"),
}


@pytest.mark.parametrize(("text", "place", "message"), INCLUDED.values(), ids=INCLUDED)
def test_includes_that_bring_nothing(text: str, place: str, message: str) -> None:
    """A section has to be there, and an article is not part of itself; whoever includes a circle from outside is not told."""
    files = {
        "content/a.md": text, "content/c.md": "x\n<!-- --8<-- [start:one] -->\n", "content/d.md": '--8<-- "e.md"', "content/e.md": '--8<-- "a.md"',
        "content/f.md": '--8<-- "a.md"',
    }
    found = in_words(check_files(MissingAsset(), files))
    assert [one for one in found if one.startswith("content/a.md:")] == [f"content/a.md:{place} KB203 error: {message}"]
    assert not [one for one in found if one.startswith("content/f.md:")]
