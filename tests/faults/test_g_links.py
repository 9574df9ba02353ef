"""FAULTS.md 2.7, rows G16 and G17: links, each through a real process."""

from __future__ import annotations

from typing import Any

import pytest

HEAD = "---\ntitle: {title}\naudience: {audience}\nowners: [ana]\nproduct_areas: [billing]\nlast_reviewed_on: 2026-10-01\n---\n\n"


def article(body: str, *, title: str = "A page", audience: str = "public") -> str:
    """Return an article whose body begins on line 9."""
    return HEAD.format(title=title, audience=audience) + body


def findings(kb: Any, *args: str) -> list[tuple[str, str, int, int]]:
    """Return code, path, line and column of what a check finds."""
    done = kb.run("check", "--format", "json", *args)
    found = done.json()["findings"]
    assert done.code == (1 if any(item["severity"] == "error" for item in found) else 0)
    return [(item["code"], item["path"], item["line"], item["column"]) for item in found]


@pytest.mark.parametrize(
    ("link", "code", "column"),
    [
        ("[dead](nowhere.md)", "KB201", 8),
        ("[dead](../nowhere/)", "KB201", 8),
        ("[dead](/nowhere/)", "KB201", 8),
        ("[dead](nowhere.html#anchor)", "KB201", 8),
        ('<a href="nowhere.md">dead</a>', "KB201", 10),
        ("![dead](nowhere.png)", "KB203", 9),
        ("[dead](nowhere.pdf)", "KB203", 8),
        ("[dead](#nowhere)", "KB202", 8),
        ("[dead](other.md#nowhere)", "KB202", 8),
        ("[dead](other.md#same_2)", "KB202", 8),
        ("[dead](other/#Same)", "KB202", 8),
    ],
)
def test_g16_a_link_that_leads_nowhere_is_1(kb: Any, link: str, code: str, column: int) -> None:
    """A dead page, file or anchor is an error at its line and column, however the link is written."""
    kb.write("content/other.md", article("# Other\n\n## Same\n\n## Same\n", title="Other"))
    kb.write("content/index.md", article(f"# A page\n\n{link}\n"))
    assert findings(kb) == [(code, "content/index.md", 11, column)]


@pytest.mark.parametrize(
    "link",
    ["other.md", "other/", "other.html", "/other/", "./other.md#same", "other.md#same_1", "#here", "#", "?x=1", "mailto:a@example.com", "//x.example"],
)
def test_g16_a_link_that_leads_somewhere_is_0(kb: Any, link: str) -> None:
    """Headings that are there twice make two anchors, and every spelling of a page is found."""
    kb.write("content/other.md", article("# Other\n\n## Same\n\n## Same\n", title="Other"))
    kb.write("content/index.md", article(f"# A page\n\n## Here\n\n[alive]({link})\n"))
    assert findings(kb) == []


@pytest.mark.parametrize("link", ["[x](secret.md)", "[x](secret/)", "[x](/secret.html)", '<a href="secret.md">x</a>', "[x][1]\n\n[1]: secret.md"])
def test_g17_a_public_page_that_links_to_an_internal_one_is_1_and_withheld(kb: Any, link: str) -> None:
    """A link that its readers cannot follow also tells them what is there: an error, and no site is published."""
    kb.write("content/secret.md", article("# Secret\n", title="Secret", audience="internal"))
    kb.write("content/index.md", article(f"# A page\n\n{link}\n"))
    assert [found[:3] for found in findings(kb)] == [("KB401", "content/index.md", 11)]
    done = kb.run("build", "--exit-zero")
    assert done.code == 1
    assert "error[withheld]: no site was published" in done.err
    assert not (kb.root / "site").exists()


def test_g17_a_link_in_an_internal_region_is_no_fault(kb: Any) -> None:
    """Who may read the region may follow the link; the public page has neither."""
    kb.write("content/secret.md", article("# Secret\n", title="Secret", audience="internal"))
    kb.write("content/index.md", article("# A page\n\n::: internal\n\n[x](secret.md)\n\n:::\n"))
    assert findings(kb) == []
    done = kb.run("build")
    assert (done.code, done.err) == (0, "")
    assert b"secret" not in (kb.root / "site/public/index.html").read_bytes()
    assert b'href="secret/"' in (kb.root / "site/internal/index.html").read_bytes()
