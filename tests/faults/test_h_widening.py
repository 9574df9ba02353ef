"""FAULTS.md 2.8, rows H6 and H7: what was internal and gets public, and what was public and gets internal."""

from __future__ import annotations

from typing import Any

INSIDE = "---\ntitle: The drawer\naudience: internal\nowners: [ana]\nproduct_areas: [billing]\nlast_reviewed_on: 2026-10-01\n---\n\nIt opens from below.\n"
LOCK = "checks/public.lock"


def test_h06_an_article_that_turns_public_needs_an_approval(kb: Any) -> None:
    """One word in its front matter withholds all sites until `kbtool audience approve` has put it into the list."""
    kb.write("content/drawer.md", INSIDE)
    assert kb.run("audience", "approve", "--all").code == 0
    assert kb.run("build", "--edition", "public").code == 0
    kb.write("content/drawer.md", INSIDE.replace("internal", "public"))
    before = kb.tree()
    done = kb.run("build")
    assert done.code == 1
    assert "content/drawer.md\n  3:1     error KB404 readers of the public edition see this article, and nobody has approved that" in done.out
    assert done.err == "kbtool: error[withheld]: no site was published: 1 finding(s) leave open who may read what (KB404)\n"
    assert kb.tree() == before
    assert kb.run("audience", "approve", "content/drawer.md", "--yes").code == 0
    changed = {name for name, content in kb.tree().items() if before.get(name) != content}
    assert changed == {LOCK}
    assert kb.run("build", "--edition", "public").code == 0
    assert (kb.root / "site/public/drawer/index.html").is_file()


def test_h07_an_article_that_turns_internal_is_gone_with_its_traces(kb: Any) -> None:
    """Its page, redirect, feed and search entry go at the next build without an approval, and the URLs are listed for caches."""
    issue = "content_type: known-issue\nknown_issue: {state: confirmed, opened: 2026-10-01}\nredirect_from: [old-drawer]\n"
    kb.write("mkdocs.yml", "site_name: Help\nsite_url: https://help.example.com/kb/\ntheme: {name: material, font: false}\n")
    kb.write("content/drawer.md", INSIDE.replace("internal\n", f"public\n{issue}"))
    assert kb.run("audience", "approve", "--all").code == 0
    assert kb.run("build", "--edition", "public").err == ""
    assert (kb.root / ".kbtool/purge/public.txt").read_text() == ""
    assert {"drawer", "old-drawer", "known-issues"} < {path.name for path in (kb.root / "site/public").iterdir()}
    kb.write("content/drawer.md", INSIDE.replace("internal\n", f"internal\n{issue}"))
    done = kb.run("build", "--edition", "public")
    assert (done.code, "KB404" in done.err) == (0, False)
    assert not {"drawer", "old-drawer", "known-issues"} & {path.name for path in (kb.root / "site/public").iterdir()}
    urls = (kb.root / ".kbtool/purge/public.txt").read_text().split()
    assert done.err == f"kbtool: warning[public]: {len(urls)} URLs are to be removed from caches, see .kbtool/purge/public.txt\n"
    assert {url.removeprefix("https://help.example.com/kb/") for url in urls} >= {
        "drawer/", "old-drawer/", "known-issues/", "known-issues/feed.xml", "pagefind/pagefind-entry.json", "sitemap.xml", "sitemap.xml.gz",
    }
    assert kb.run("audience", "approve").out == "0 approved; checks/public.lock brought up to date\n"
    assert "drawer" not in (kb.root / LOCK).read_text()
    kb.write("content/drawer.md", INSIDE.replace("internal\n", f"public\n{issue}"))
    assert kb.run("check", "--select", "KB404").code == 1
