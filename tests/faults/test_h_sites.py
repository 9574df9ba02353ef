"""FAULTS.md 2.8, rows H1 to H5, H12, H13, H16: what a built site may hold, each by `kbtool build` in a real process."""

from __future__ import annotations

import gzip
import re
import struct
import zlib
from collections.abc import Iterable
from typing import Any

import pytest

CANARY = "Kanarienvogel"
PUBLIC = """---
title: Public page
description: For everybody
audience: public
owners: [ana]
product_areas: [billing]
last_reviewed_on: 2026-10-01
last_reviewed_by: ana
review_seal: "1 review:5ea1d00d"
covers: ["content/**", "!src/vault/**"]
tickets: [VAULT-4711]
tags: [paper]
{more}---

# Public page

Everybody may read this. {body}
"""
INTERNAL = """---
title: The aviary of {canary}
audience: internal
owners: [ana]
product_areas: [billing]
last_reviewed_on: 2026-10-01
redirect_from: [old-{canary}/]
tags: [tag-{canary}]
description: A description with {canary}
icon: material/bird
---

# Heading {canary}

A paragraph of {canary} with `code {canary}`, <!-- comment {canary} --> ![alt {canary}](bird.png "title {canary}").

[^1]: footnote {canary}

*[ABC]: abbreviation {canary}

[reference]: https://{canary}.example.com
"""
NAV = "site_name: Help\ntheme: {name: material, font: false}\nplugins: [search, tags]\n"


def chunk(name: bytes, body: bytes) -> bytes:
    """Return a chunk of a PNG."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


PNG = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(b"\0\0"))
END = chunk(b"IEND", b"")
PIXEL = PNG + END


@pytest.fixture
def kb(kb: Any) -> Any:
    """A small knowledge base that has the ticket of PUBLIC, which is nobody's business outside."""
    kb.write("checks/tickets.yml", "VAULT-4711: {state: open, confidential: true, title: The vault stands open}\n")
    return kb


def text_chunk(text: str) -> bytes:
    """Return a compressed text chunk of a PNG."""
    return chunk(b"zTXt", b"Comment\0\0" + zlib.compress(text.encode()))


def public(*, body: str = "", more: str = "") -> str:
    """Return a public article."""
    return PUBLIC.format(body=body, more=more)


def site(kb: Any, edition: str = "public") -> dict[str, bytes]:
    """Return the files of a published site."""
    prefix = f"site/{edition}/"
    return {name.removeprefix(prefix): content for name, content in kb.tree().items() if name.startswith(prefix)}


def everything(files: Iterable[tuple[str, bytes]]) -> str:
    """Return all bytes of a site in small letters, what is packed unpacked as well."""
    parts = []
    for name, content in files:
        parts += [name.encode(), content]
        if name.endswith(".gz"):
            parts.append(gzip.decompress(content))
    return b"\n".join(parts).decode("latin-1").lower()


def test_h01_an_internal_page_outside_of_nav_is_not_staged(kb: Any) -> None:
    """The engine builds every page of its folder, so an internal one is not in the folder, in nav or out of it."""
    kb.write("mkdocs.yml", NAV + "nav:\n  - Home: index.md\n  - Secret: in-nav.md\n  - Section: [in-nav.md]\n")
    kb.write("content/index.md", public())
    kb.write("content/in-nav.md", INTERNAL.format(canary=CANARY))
    kb.write("content/not-in-nav.md", INTERNAL.format(canary=f"{CANARY}2"))
    kb.write("content/bird.png", PIXEL)
    done = kb.run("build")
    assert (done.code, done.err) == (0, "")
    staged = sorted(name for name in kb.tree() if name.startswith(".kbtool/stage/public/docs/") and name.endswith(".md"))
    assert staged == [".kbtool/stage/public/docs/index.md"]
    assert "in-nav" not in everything(site(kb).items())
    assert "Secret" not in (kb.root / ".kbtool/stage/public/mkdocs.yml").read_text()
    assert "Section" not in (kb.root / ".kbtool/stage/public/mkdocs.yml").read_text()
    assert {"in-nav/index.html", "not-in-nav/index.html"} < set(site(kb, "internal"))


def test_h02_no_byte_of_an_internal_page_is_in_the_public_site(kb: Any) -> None:
    """Whatever place the words stand in, no file of the public site has them: pages, search, sitemap, packed ones too."""
    kb.write("mkdocs.yml", NAV)
    kb.write("content/secret.md", INTERNAL.format(canary=CANARY))
    kb.write("content/bird.png", PNG + text_chunk(CANARY) + END)
    kb.write("content/index.md", public(
        body=f"<!-- {CANARY} -->\n\n::: internal\n\nInside: {CANARY} ![{CANARY}](bird.png)\n\n:::\n\n- ::: internal\n  {CANARY}\n  :::\n"
             f"\n```\n::: internal\n{CANARY} in code\n:::\n```\n",
    ))
    done = kb.run("build")
    assert (done.code, done.err) == (0, "")
    files = site(kb)
    assert {"index.html", "sitemap.xml.gz", "search/search_index.json", "404.html"} < set(files)
    assert CANARY.lower() not in everything(files.items())
    assert CANARY.lower() in everything(site(kb, "internal").items())


@pytest.mark.parametrize("name", ["x.html", "x.json", "x.svg", "x.txt.gz", "x.pdf", "x.woff2"])
def test_h02_a_file_of_the_site_that_holds_internal_words_is_a_leak(kb: Any, name: str) -> None:
    """The audit reads each file of the site, whatever its kind, and the site is not put in place."""
    words = "The grey parrot keeps the keys of the vault below its perch."
    content = {
        "x.txt.gz": gzip.compress(words.encode(), mtime=0), "x.woff2": b"wOF2\0\xff" + words.encode(),
        "x.json": ('{"a": "' + words.replace("e", "\\u0065") + '"}').encode(),
    }.get(name, f"<p>{words}</p>".encode())
    kb.write("content/secret.md", INTERNAL.format(canary=CANARY).replace("![alt", f"{words} ![alt"))
    kb.write("content/bird.png", PIXEL)
    kb.write(f"content/{name}", content)
    kb.write("content/index.md", public(body=f"[download]({name})"))
    done = kb.run("build", "--edition", "public")
    assert done.code == 1
    assert re.search(rf"^kbtool: error\[leak\]: {re.escape(name)}: shows '", done.err, re.MULTILINE)
    assert "from content/secret.md" in done.err
    assert not (kb.root / "site").exists()


def test_h03_an_asset_of_internal_pages_alone_is_not_shipped(kb: Any) -> None:
    """An asset is in an edition when something that the edition shows refers to it, and not because it is there."""
    kb.write("content/secret.md", INTERNAL.format(canary=CANARY))
    kb.write("content/bird.png", PIXEL)
    kb.write("content/in-region.png", PIXEL + b"r")
    kb.write("content/in-comment.png", PIXEL + b"c")
    kb.write("content/nobody.pdf", b"%PDF-1.7 nobody")
    kb.write("content/shown.png", PIXEL + b"s")
    kb.write("content/index.md", public(
        body="![](shown.png)\n\n<!-- ![](in-comment.png) -->\n\n::: internal\n\n![](in-region.png)\n\n:::\n",
    ))
    done = kb.run("build")
    assert done.err == ""
    mine = ("bird.png", "in-region.png", "in-comment.png", "nobody.pdf", "shown.png")
    assert [name for name in mine if name in site(kb)] == ["shown.png"]
    assert [name for name in mine if name in site(kb, "internal")] == ["bird.png", "in-region.png", "shown.png"]


def test_h04_an_asset_of_both_kinds_of_pages_is_shipped(kb: Any) -> None:
    """A public page that shows an image makes it public, whoever else shows it."""
    kb.write("content/secret.md", INTERNAL.format(canary=CANARY))
    kb.write("content/bird.png", PIXEL)
    kb.write("content/index.md", public(body="![](bird.png)"))
    assert kb.run("build").err == ""
    assert site(kb)["bird.png"] == site(kb, "internal")["bird.png"] == PIXEL


def test_h05_front_matter_travels_by_an_allow_list(kb: Any) -> None:
    """Owners, reviewers, tickets, seals and covered paths stay inside; title, description and the theme's keys travel."""
    kb.write("mkdocs.yml", NAV)
    kb.write("content/index.md", public(more="icon: material/bird\nsearch: {boost: 2}\nfoo: secret-foo\n"))
    kb.write("pyproject.toml", '[tool.kbtool]\nknown_keys = ["foo"]\n')
    assert kb.run("build").code == 0
    staged = (kb.root / ".kbtool/stage/public/docs/index.md").read_text()
    assert staged.startswith(
        '---\ntitle: "Public page"\ndescription: "For everybody"\ntags: ["paper"]\nicon: "material/bird"\nsearch: {"boost": 2}\nkbtool: '
    )
    shown = everything(site(kb).items())
    for word in ("ana@example.com", "5ea1d00d", "src/vault", "vault-4711", "secret-foo", ">ana<"):
        assert word not in shown
    assert "For everybody".lower() in shown
    inside = everything(site(kb, "internal").items())
    assert "<dt>owner</dt><dd>ana</dd>" in inside
    for word in ("5ea1d00d", "src/vault", "secret-foo"):
        assert word not in inside


@pytest.mark.parametrize(
    ("mkdocs", "override", "code"),
    [
        (NAV.replace("font: false", "font: false, custom_dir: overrides"), "{{ page.title.no.such.thing }}", 3),
        (NAV + "markdown_extensions: [no.such.extension]\n", "", 3),
        (NAV.replace("font: false", "font: false, custom_dir: nowhere"), "", 2),
    ],
    ids=["a template", "an extension", "the stage"],
)
def test_h12_a_build_that_fails_midway_keeps_the_old_site_whole(kb: Any, mkdocs: str, override: str, code: int) -> None:
    """Until a new site is whole and clean the old one stays, byte for byte, and no half of the new one is left."""
    kb.write("mkdocs.yml", NAV)
    assert kb.run("build", "--edition", "public").code == 0
    before = site(kb)
    kb.write("content/index.md", public(body="Changed words."))
    kb.write("mkdocs.yml", mkdocs)
    kb.write("overrides/404.html", override)
    done = kb.run("build", "--edition", "public")
    assert done.code == code
    assert done.err.count("\n") == 1
    assert site(kb) == before
    assert sorted(path.name for path in (kb.root / "site").iterdir()) == ["public"]
    assert not (kb.root / ".kbtool/build").exists()


def test_h13_files_of_an_old_build_are_gone(kb: Any) -> None:
    """A site is made anew: what was removed, renamed, made internal, or put there by hand is not in the next one."""
    kb.write("mkdocs.yml", NAV)
    for name in ("removed", "renamed", "now-internal"):
        kb.write(f"content/{name}.md", public().replace("Public page", name))
    kb.write("content/shown.png", PIXEL)
    kb.write("content/index.md", public(body="![](shown.png)"))
    assert kb.run("build", "--edition", "public").err == ""
    assert {"removed/index.html", "renamed/index.html", "now-internal/index.html", "shown.png"} < set(site(kb))
    kb.write("site/public/by-hand.html", "x")
    kb.write(".kbtool/build/public-left-over/site/index.html", "of a build that was killed")
    (kb.root / "content/removed.md").unlink()
    (kb.root / "content/renamed.md").rename(kb.root / "content/new-name.md")
    kb.write("content/now-internal.md", INTERNAL.format(canary=CANARY).replace("![alt", "[alt"))
    kb.write("content/index.md", public())
    done = kb.run("build", "--edition", "public")
    urls = (kb.root / ".kbtool/purge/public.txt").read_text().split()
    assert done.err == f"kbtool: warning[public]: {len(urls)} URLs are to be removed from caches, see .kbtool/purge/public.txt\n"
    assert [url for url in urls if not url.startswith("/pagefind/")] == [
        "/", "/404.html", "/by-hand.html", "/now-internal/", "/removed/", "/renamed/", "/shown.png", "/tags.json",
    ]
    assert "/pagefind/pagefind-entry.json" in urls
    pages = {name for name in site(kb) if name.endswith(("index.html", ".png", "by-hand.html")) and not name.startswith("assets/")}
    assert pages == {"index.html", "new-name/index.html"}
    staged = [name for name in kb.tree() if name.startswith(".kbtool/stage/public/docs/") and name.endswith((".md", ".png"))]
    assert staged == [".kbtool/stage/public/docs/index.md", ".kbtool/stage/public/docs/new-name.md"]
    assert not (kb.root / ".kbtool/build").exists()


@pytest.mark.parametrize("why", ["internal", "unfinished"])
def test_h16_an_edition_without_articles_is_refused(kb: Any, why: str) -> None:
    """No public page at all is more likely a mistake than a wish: 3, unless `--allow-empty` says so."""
    line = "audience: internal\n" if why == "internal" else "audience: public\nconfidence: work-in-progress\n"
    kb.write("content/index.md", public().replace("audience: public\n", line))
    kb.write("site/public/index.html", "the last good site")
    done = kb.run("build", "--edition", "public")
    assert done.code == 3
    assert done.err == (
        "kbtool: error[refusing-empty-site]: the public edition would be empty (give articles `audience: public`, or say --allow-empty)\n"
    )
    assert site(kb) == {"index.html": b"the last good site"}
    allowed = kb.run("build", "--edition", "public", "--allow-empty")
    assert (allowed.code, allowed.err) == (0, "")
    assert allowed.out.endswith("public: 0 articles in site/public/\n")
    assert "Everybody may read this" not in everything(site(kb).items())
