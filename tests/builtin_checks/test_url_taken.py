"""KB008 url-taken."""

from __future__ import annotations

import pytest

from kbtool.builtin_checks.url_taken import UrlTaken
from kbtool.testing import check_files, in_words

RENAME, REMOVE = "rename one of the two", "remove the redirect"
NFC, NFD = "content/caf\u00e9.md", "content/cafe\u0301.md"


def redirect(*old: str) -> str:
    return "---\nredirect_from:\n" + "".join(f"  - {one}\n" for one in old) + "---\n"


FILES = {
    "index and README": (["content/a/index.md", "content/a/README.md"], "content/a/index.md", "content/a/README.md"),
    "page and folder": (["content/a.md", "content/a/index.md"], "content/a/index.md", "content/a.md"),
    "page and folder's README": (["content/a.md", "content/a/README.md"], "content/a/README.md", "content/a.md"),
    "case": (["content/Foo.md", "content/foo.md"], "content/foo.md", "content/Foo.md"),
    "case of a folder": (["content/A/x.md", "content/a/x.md"], "content/a/x.md", "content/A/x.md"),
    "composed and decomposed": ([NFC, NFD], NFC, NFD),
    "case of assets": (["content/a.PNG", "content/a.png"], "content/a.png", "content/a.PNG"),
    "page and HTML file": (["content/a.md", "content/a/index.html"], "content/a/index.html", "content/a.md"),
    "two endings": (["content/a.md", "content/a.markdown"], "content/a.md", "content/a.markdown"),
    "home": (["content/index.md", "content/README.md"], "content/index.md", "content/README.md"),
}


@pytest.mark.parametrize(("files", "path", "other"), FILES.values(), ids=FILES)
def test_two_files(files: list[str], path: str, other: str) -> None:
    """Two files that make one URL are one finding, at the later one, that names the earlier one."""
    found = check_files(UrlTaken(), dict.fromkeys(files, ""), config='suffixes = [".md", ".markdown"]')
    assert in_words(found) == [f"{path}:1:1 KB008 error: it makes the same URL as {other} ({RENAME})"]


def test_three_files() -> None:
    """Of three files for one URL, two are findings."""
    files = dict.fromkeys(["content/a.md", "content/a/index.md", "content/a/README.md"], "")
    assert [found.path for found in check_files(UrlTaken(), files)] == ["content/a/README.md", "content/a/index.md"]


CLEAN = {
    "different": ["content/a.md", "content/b.md"],
    "same name in two folders": ["content/a/x.md", "content/b/x.md"],
    "page and folder without an index": ["content/a.md", "content/a/b.md"],
    "page and picture": ["content/a.md", "content/a.png"],
    "index is not README of another folder": ["content/index.md", "content/a/README.md"],
    "other accent": ["content/café.md", "content/cafe.md"],
}


@pytest.mark.parametrize("files", CLEAN.values(), ids=CLEAN)
def test_clean(files: list[str]) -> None:
    """Files with URLs of their own are clean."""
    assert check_files(UrlTaken(), dict.fromkeys(files, "")) == []


SITE = "site_name: x\nsite_url: https://example.com/help/\n"
REDIRECTS = {
    "of a page": ({"content/a.md": redirect("/b/"), "content/b.md": ""}, "3:5", "/b/", "content/b.md"),
    "of itself": ({"content/a.md": redirect("/a/")}, "3:5", "/a/", "content/a.md"),
    "as a file": ({"content/a.md": redirect("/x/", "b.md"), "content/b.md": ""}, "4:5", "b.md", "content/b.md"),
    "as HTML": ({"content/a.md": redirect("/b.html"), "content/b.md": ""}, "3:5", "/b.html", "content/b.md"),
    "by case": ({"content/a.md": redirect("/B/"), "content/b.md": ""}, "3:5", "/B/", "content/b.md"),
    "escaped": ({"content/a.md": redirect("/caf%C3%A9/"), NFC: ""}, "3:5", "/caf%C3%A9/", NFC),
    "of an asset": ({"content/a.md": redirect("/f/x.pdf"), "content/f/x.pdf": ""}, "3:5", "/f/x.pdf", "content/f/x.pdf"),
    "below the site's path": (
        {"content/a.md": redirect("/help/b/"), "content/b.md": "", "mkdocs.yml": SITE}, "3:5", "/help/b/", "content/b.md",
    ),
    "whole address": (
        {"content/a.md": redirect("https://example.com/help/b/"), "content/b.md": "", "mkdocs.yml": SITE},
        "3:5", "https://example.com/help/b/", "content/b.md",
    ),
}


@pytest.mark.parametrize(("files", "place", "old", "other"), REDIRECTS.values(), ids=REDIRECTS)
def test_redirect_to_a_url_that_is_there(files: dict[str, str], place: str, old: str, other: str) -> None:
    """A redirect from a URL that a file has is a finding at the redirect, however the URL is written."""
    assert in_words(check_files(UrlTaken(), files)) == [
        f"content/a.md:{place} KB008 error: redirect_from: {old!r} is the URL of {other} ({REMOVE})",
    ]


def test_two_articles_take_over_one_url() -> None:
    """Of two articles that redirect from one URL, the later has the finding."""
    files = {"content/a.md": redirect("/help/old/"), "content/b.md": redirect("/new/", "/old"), "mkdocs.yml": SITE}
    assert in_words(check_files(UrlTaken(), files)) == [
        f"content/b.md:4:5 KB008 error: redirect_from: '/old' is the URL of content/a.md ({REMOVE})",
    ]


def test_two_spellings_of_one_old_url() -> None:
    """One article may name an old URL in several spellings."""
    assert check_files(UrlTaken(), {"content/a.md": redirect("/old/", "/old", "/old.html", "/old/")}) == []


@pytest.mark.parametrize("old", ["'//[x'", "'http://[::1'", "'?'", "'#x'", "'..'", "'%ff'"])
def test_no_spelling_of_a_redirect_breaks_the_check(old: str) -> None:
    """A redirect that is no URL at all does not stop the check."""
    assert check_files(UrlTaken(), {"content/a.md": redirect(old), "content/b.md": ""}) == []
