"""The leak audit: what is planted into a site is found, and nothing else is."""

from __future__ import annotations

import base64
import gzip
import json
import os
import random
import struct
import zipfile
import zlib
from dataclasses import replace
from html import escape
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from kbtool import site_text
from kbtool.audit import Leak, Withheld, audit_site

SECRET = "Agents may refund up to 400 euro without asking a manager, but never tell customers about this limit."
REGION = "content/refunds.md:10 region"
PHRASES = {
    "content/internal/refund-limits.md": "content/internal/refund-limits.md",
    "SUP-431": "content/refunds.md:7 tickets",
    "jane.roe@corp.example": "checks/owners.yml:3 email",
    "Jane Roe": "checks/owners.yml:2 name",
    "LEAK-7f3a": "content/internal/canary.md:1",
    "Größenwahn&Söhne": "content/internal/clients.md:9",
}
TITLES = {"Refund limits for agents": "content/internal/refund-limits.md"}
SHOWN = (
    "# Refunds\n\nAsk for a refund in [your account](https://shop.example/account).",
    "Support centre",
)
WITHHELD = Withheld(PHRASES, TITLES, {REGION: SECRET}, SHOWN)

PAGE = """<!doctype html>
<html lang="en"><head><title>{title}</title>
<meta name="description" content="{description}">
<link rel="canonical" href="https://help.example/refunds/"></head>
<body class="md-body"><!-- {comment} -->
<h1 id="refunds">Refunds</h1>
<p>Ask for a refund in <a href="{href}">your account</a>. {body}</p>
<img alt="{alt}" src="a.png"><div data-note='{data}'></div>
<script>var x = "{script}"; if (1 < 2) {{ x = x > "" ? x : "" }}</script>
</body></html>
"""


def page(**parts: str) -> str:
    """Return a page of the fake site, with the parts planted and the others empty."""
    slots = ("title", "description", "comment", "href", "body", "alt", "data", "script")
    return PAGE.format(**(dict.fromkeys(slots, "") | parts))


def png(chunk: bytes, data: bytes) -> bytes:
    """Return a PNG file with one chunk before its end."""

    def framed(name: bytes, body: bytes) -> bytes:
        crc = struct.pack(">I", zlib.crc32(name + body))
        return struct.pack(">I", len(body)) + name + body + crc

    size = framed(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    image = framed(b"IDAT", zlib.compress(b"\0\0"))
    return b"\x89PNG\r\n\x1a\n" + size + framed(chunk, data) + image + framed(b"IEND", b"")


def write(site: Path, name: str, data: str | bytes) -> None:
    """Write one file of a site."""
    path = site / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data if isinstance(data, bytes) else data.encode())


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Return a small site without a leak."""
    root = tmp_path / "site"
    write(root, "index.html", page(title="Support centre"))
    write(root, "404.html", page(title="Not found"))
    write(root, "search/search_index.json", json.dumps({"docs": [{"title": "Refunds"}]}))
    urls = b"<urlset><url><loc>https://help.example/refunds/</loc></url></urlset>"
    write(root, "sitemap.xml.gz", gzip.compress(urls))
    write(root, "assets/app.js", 'var a="\\u00e9\\x41\\n",b=1<2;function(){return a>b}')
    write(root, "assets/app.css", "/*! normalize */ .md-nav{content:'\\201c'}")
    write(root, "assets/a.png", png(b"tEXt", b"Software\0paint"))
    return root


def kinds(site: Path, withheld: Withheld = WITHHELD) -> list[tuple[str, str, str]]:
    """Return what leaks, without the words."""
    return [(it.file, it.kind, it.source) for it in audit_site(site, withheld)]


def split_by_tags(text: str) -> str:
    """Return the text with a tag inside each word."""
    return " ".join(f"{w[:1]}<b class='x > y'>{w[1:]}</b>" for w in text.split())


def escaped(text: str) -> str:
    """Return the text with each character as a numeric entity."""
    return "".join(f"&#{ord(c)};" if i % 2 else f"&#x{ord(c):x};" for i, c in enumerate(text))


def unicode_escaped(text: str) -> str:
    """Return the text as JSON that escapes each character."""
    units = text.encode("utf-16-be").hex()
    return '"' + "".join(f"\\u{units[i : i + 4]}" for i in range(0, len(units), 4)) + '"'


def css_escaped(text: str, form: str) -> str:
    """Return the text with each character as an escape of CSS."""
    return "".join(form.format(ord(char)) for char in text)


def in_uri(data: str | bytes, kind: str = "text/plain") -> str:
    """Return an address that has the data in itself."""
    return f"data:{kind};base64,{base64.b64encode(data if isinstance(data, bytes) else data.encode()).decode()}"


def pdf(operators: str, pack: bool = True) -> bytes:
    """Return what has the form of a PDF with one page."""
    stream = zlib.compress(operators.encode("latin-1")) if pack else operators.encode()
    return b"%PDF-1.4\n%\xe2\xe3\n1 0 obj <</Length 1>> stream\r\n" + stream + b"\r\nendstream endobj\n2 0 obj <</A (b)>> endobj\n%%EOF"


TITLE = next(iter(TITLES))
OWNER_PATH = "content/internal/refund-limits.md"
CHANNELS: dict[str, tuple[str, str | bytes]] = {
    "body": ("p/index.html", page(body=SECRET)),
    "title tag": ("p/index.html", page(title=SECRET)),
    "meta description": ("p/index.html", page(description=SECRET)),
    "comment": ("p/index.html", page(comment=SECRET)),
    "comment with tags": ("p/index.html", page(comment=split_by_tags(SECRET))),
    "alt text": ("p/index.html", page(alt=SECRET)),
    "attribute": ("p/index.html", page(data=SECRET)),
    "JSON in an attribute": ("p/index.html", page(data=escape(json.dumps([SECRET])))),
    "HTML in an attribute": ("p/index.html", page(data=escape(split_by_tags(SECRET)))),
    "inline script": ("p/index.html", page(script=SECRET)),
    "entities": ("p/index.html", page(body=escaped(SECRET))),
    "non-breaking spaces": ("p/index.html", page(body=SECRET.replace(" ", "&nbsp;"))),
    "soft hyphens": ("p/index.html", page(body=SECRET.replace("e", "e&shy;"))),
    "words split by tags": ("p/index.html", page(body=split_by_tags(SECRET))),
    "comments between words": ("p/index.html", page(body=SECRET.replace(" ", " <!--x-->"))),
    "one element a word": (
        "p/index.html",
        page(body="".join(f"<span>{word}</span>" for word in SECRET.split())),
    ),
    "upper case": ("p/index.html", page(body=SECRET.upper())),
    "other punctuation": ("p/index.html", page(body=SECRET.replace(" ", " — “*” "))),
    "line breaks": ("p/index.html", page(body=SECRET.replace(" ", "\r\n\t "))),
    "full-width letters": (
        "p/index.html",
        page(body="".join(chr(ord(c) + 0xFEE0) if c.isalnum() else c for c in SECRET)),
    ),
    "search index": ("search/search_index.json", json.dumps({"docs": [{"text": SECRET}]})),
    "escaped JSON": ("search/search_index.json", unicode_escaped(SECRET)),
    "HTML in JSON": (
        "search/search_index.json",
        json.dumps({"text": f"<p>{split_by_tags(SECRET)}</p>"}),
    ),
    "escaped HTML in JSON": (
        "search/search_index.json",
        json.dumps({"text": split_by_tags(SECRET)}).replace("<", "\\u003c"),
    ),
    "escaped slashes": ("feed.json", json.dumps(SECRET.replace(" ", "</b> ")).replace("/", "\\/")),
    "compressed": ("sitemap.xml.gz", gzip.compress(f"<loc>{SECRET}</loc>".encode())),
    "two members": ("x.gz", gzip.compress(b"one") + gzip.compress(SECRET.encode())),
    "Pagefind fragment": (
        "pagefind/en.pf_fragment",
        gzip.compress(b"pagefind_dcd" + json.dumps({"content": " " + SECRET}).encode()),
    ),
    "name in gzip": ("x.gz", b"\x1f\x8b\x08\x1c\0\0\0\0\0\3\2\0ab" + SECRET.encode() + b"\0a comment\0" + gzip.compress(b"x")[10:]),
    "padding and a member": ("x.gz", gzip.compress(b"one") + b"\0" * 9 + gzip.compress(SECRET.encode())),
    "gzip in gzip": ("x.bin", gzip.compress(gzip.compress(SECRET.encode()))),
    "PNG tEXt": ("a.png", png(b"tEXt", b"Comment\0" + SECRET.encode())),
    "PNG zTXt": ("a.png", png(b"zTXt", b"Comment\0\0" + zlib.compress(SECRET.encode()))),
    "PNG iTXt": ("a.png", png(b"iTXt", b"Comment\0\0\0en\0\0" + SECRET.encode())),
    "PNG packed iTXt": (
        "a.png",
        png(b"iTXt", b"Comment\0\1\0en\0\0" + zlib.compress(SECRET.encode())),
    ),
    "JPEG comment": ("a.jpg", b"\xff\xd8\xff\xfe\0\x80" + SECRET.encode() + b"\xff\xd9\0"),
    "EXIF in UTF-16": ("a.jpg", b"\xff\xd8\xff\xe1\0\0\0" + SECRET.encode("utf-16-le") + b"\0"),
    "UTF-16 text": ("notes.txt", SECRET.encode("utf-16")),
    "UTF-16 big-endian": ("notes.txt", b"\xfe\xff" + SECRET.encode("utf-16-be")),
    "JavaScript": ("assets/app.js", f"var a='{SECRET}';if(1<2)b()"),
    "CSS comment": ("assets/app.css", f"/* {SECRET} */ a{{}}"),
    "source map": ("assets/app.js.map", json.dumps({"sourcesContent": [f"// {SECRET}\n"]})),
    "percent-encoded link": ("p/index.html", page(href="?q=" + quote(SECRET))),
    "Markdown copy": ("p/index.md", SECRET),
    "less-than signs in text": ("llms.txt", f"1 < 2 and x<y {SECRET} <z"),
    "SVG": ("a.svg", f"<svg><text>{SECRET}</text></svg>"),
    "no suffix": ("CNAME", SECRET),
    "escapes of CSS": ("assets/app.css", f"a{{content:'{css_escaped(SECRET, chr(92) + '{:06X}')}'}}"),
    "short escapes of CSS": ("assets/app.css", f"a{{content:'{css_escaped(SECRET, chr(92) + '{:x} ')}'}}"),
    "escapes of CSS in a page": ("p/index.html", page(body=f"<style>a{{content:'{css_escaped(SECRET, chr(92) + '{:04x} ')}'}}</style>")),
    "data in a page": ("p/index.html", page(href=in_uri(SECRET))),
    "data over two lines": ("p/index.html", page(href=in_uri(SECRET)[:80] + "\n  " + in_uri(SECRET)[80:])),
    "data in a style sheet": ("assets/app.css", f"a{{background:url({in_uri(f'<svg><text>{SECRET}</text></svg>', 'image/svg+xml')})}}"),
    "packed data": ("p/index.html", page(href=in_uri(gzip.compress(SECRET.encode()), "application/gzip"))),
    "data in data": ("p/index.html", page(href=in_uri(f"<img src='{in_uri(SECRET)}'>", "TEXT/HTML"))),
    "data of a kind in mixed case": ("p/index.html", page(href=in_uri(SECRET).replace("base64", "BaSe64"))),
    "percent-encoded data": ("p/index.html", page(href=in_uri(SECRET).replace("=", "%3D").replace("W", "%57"))),
    "data in JSON": ("feed.json", json.dumps(in_uri(SECRET)).replace("/", "\\/")),
    "PDF": ("a.pdf", pdf("BT " + "".join(f"({word} ) Tj " for word in SECRET.split()) + "ET")),
    "PDF with kerning": ("a.pdf", pdf("[" + " -250 ".join(f"({word[:1]}) 20 ({word[1:]})" for word in SECRET.split()) + "] TJ")),
    "PDF with digits": ("a.pdf", pdf(f"<{SECRET.encode().hex(' ')}> Tj")),
    "PDF with UTF-16": ("a.pdf", pdf(f"/Title <FEFF{SECRET.encode('utf-16-be').hex()}>", pack=False)),
    "PDF with escapes": ("a.pdf", pdf("(" + "".join(f"\\{ord(char):03o}" for char in SECRET) + ") Tj")),
    "PDF with brackets": ("a.pdf", pdf(f"(({SECRET[:50]}){SECRET[50:]}) Tj")),
    "hidden file": (".old/index.html", page(body=SECRET)),
}


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_withheld_text_is_found_in_every_channel(site: Path, channel: str) -> None:
    """Wherever a withheld text hides, the leak names the file and the source."""
    name, data = CHANNELS[channel]
    write(site, name, data)
    assert kinds(site) == [(name, "text", REGION)]


PHRASE_CHANNELS: dict[str, tuple[str, str | bytes, str]] = {
    "ticket": ("p.html", page(body="See sup-431."), "SUP-431"),
    "ticket in a link": ("p.html", page(href="/browse/SUP%2D431"), "SUP-431"),
    "inside a word": ("p.html", page(body="xxLEAK-7f3axx"), "LEAK-7f3a"),
    "split by tags": ("p.html", page(body="LEAK<span>-</span>7f<wbr>3a"), "LEAK-7f3a"),
    "path": ("s.json", json.dumps(OWNER_PATH).replace("/", "\\/"), OWNER_PATH),
    "path in percent": ("p.html", page(href=quote(OWNER_PATH, safe="")), OWNER_PATH),
    "mail in entities": ("p.html", page(body=escaped("jane.roe@corp.example")), "jane.roe@corp.example"),
    "name": ("p.html", page(body="by <b>Jane</b>\n  Roe."), "Jane Roe"),
    "name in a URL": ("p.html", page(href="?by=jane%20roe&x"), "Jane Roe"),
    "ampersand": ("p.html", page(alt="größenwahn&amp;söhne"), "Größenwahn&Söhne"),
    "NFD": ("p.html", page(alt="Gro\u0308ßenwahn&So\u0308hne"), "Größenwahn&Söhne"),
    "Latin-1": ("p.txt", "Größenwahn&Söhne".encode("latin-1"), "Größenwahn&Söhne"),
    "EXIF": ("a.jpg", b"\xff\xd8\xff\xe1\0\x20Exif\0\0LEAK-7f3a\0\xff\xd9", "LEAK-7f3a"),
    "archive": ("a.zip", b"", "SUP-431"),
}


@pytest.mark.parametrize("channel", PHRASE_CHANNELS)
def test_a_phrase_is_found_in_every_encoding(site: Path, channel: str) -> None:
    """Exact strings are found whatever their case, encoding and neighbours."""
    name, data, phrase = PHRASE_CHANNELS[channel]
    write(site, name, data)
    if name == "a.zip":
        with zipfile.ZipFile(site / name, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("docs/a.txt", "x" * 99 + " SUP-431")
    assert audit_site(site, WITHHELD) == [Leak(name, phrase, PHRASES[phrase], "phrase")]


@pytest.mark.parametrize(
    "body",
    [
        TITLE,
        "REFUND-limits: <i>for</i> agents!",
        "<a href='../refund-limits-for-agents/'>here</a>",
        "re<b>fund</b> limits for agents",
    ],
)
def test_a_title_is_found_by_its_words(site: Path, body: str) -> None:
    """Titles are found through case, punctuation, tags and slugs."""
    write(site, "p.html", page(body=body))
    assert audit_site(site, WITHHELD) == [Leak("p.html", "refund limits for agents", OWNER_PATH, "title")]


BLOCKS = [
    "<li><a href='a/'>Our refund</a></li>\n<li><a href='b/'>Limits for agents</a></li>", "<h2>Refund</h2>\n<p>Limits for agents are none of yours.</p>",
    "<p>Ask for a refund</p><p>limits for agents</p>", "<tr><td>refund</td><td>limits for agents</td></tr>",
]


@pytest.mark.parametrize("body", BLOCKS)
def test_entries_beside_one_another_are_no_title(site: Path, body: str) -> None:
    """What ends one entry, heading, paragraph or cell and begins the next by chance is nobody's title."""
    write(site, "p.html", page(body=body))
    assert kinds(site) == []


@pytest.mark.parametrize("body", [
    *(f"{BLOCKS[0]}{more}" for more in ("<p>Refund <b>limits</b><br>for agents</p>", "<p title='Refund limits for agents'>x</p>", "<!-- <li>Refund limits for agents -->",
                                         '<script>{"x": "Refund limits for agents"}</script>', "<p>&#82;efund limits for agents", "<p>re<i>fund</i> limits for agents")),
    "<p><p>Refund<div>limits</div>for<span>agents</span>", "<h2>x</h2><pre>Refund\nlimits\nfor agents</pre>",
])
def test_a_title_in_one_block_is_found_beside_such_entries(site: Path, body: str) -> None:
    """However it is written there, and whatever else the page says."""
    write(site, "p.html", page(body=body))
    assert kinds(site) == [("p.html", "title", OWNER_PATH)]


@pytest.mark.parametrize("split", range(12))
def test_words_are_found_on_both_sides_of_one_that_tags_split(site: Path, split: int) -> None:
    """What runs a word together is near all other words of a title, whichever it is, and far from the same elsewhere."""
    title = "okapis never sleep before giraffes have counted all stars above the savanna"
    words = title.split()
    torn = [f"{word[:2]}<i>{word[2:]}</i>" if at == split else word for at, word in enumerate(words)]
    nothing = "nothing of it is here. " * 20
    other = f"<p>{nothing}ab<i>out</i> {nothing}</p> "
    write(site, "a.html", page(body=f"{other}{' '.join(torn)} {other}"))
    write(site, "b.html", page(body=f"{other}{' '.join(torn[:-1])} {other}{words[-1]}"))
    told = replace(WITHHELD, titles={title: "a.md"})
    assert [(leak.file, leak.kind) for leak in audit_site(site, told)] == [("a.html", "title")]


def test_a_title_is_found_at_word_boundaries_only(site: Path) -> None:
    """A title is not part of longer words."""
    write(site, "p.html", page(body="prerefund limits for agentships"))
    assert kinds(site) == []


@pytest.mark.parametrize(
    ("name", "leaking"),
    [
        ("refund-limits-for-agents/index.html", "refund-limits-for-agents"),
        ("a/SUP-431.txt", "a/SUP-431.txt"),
        ("a/Refund limits for agents/b/c.txt", "a/Refund limits for agents"),
        ("content/internal/refund-limits.md", "content/internal/refund-limits.md"),
    ],
)
def test_names_of_files_and_folders_are_searched(site: Path, name: str, leaking: str) -> None:
    """A name that leaks is reported once, for the entry that first has it."""
    write(site, name, page())
    found = audit_site(site, WITHHELD)
    assert {(it.file, it.kind) for it in found} == {(leaking, "name")}


@pytest.mark.parametrize("data", [
    "data:application/gzip;base64,H4sIAAAAAAAA... as in an example", "data:;base64,=", "data:;base64,A", "\\d800 \\110000 \\000000 \\41",
    pdf("(\\(\\) <0> Tj"), pdf("x").replace(b"x\x9c", b"x"), b"%PDF-1.4\nstream\n",
])
def test_what_is_broken_within_a_text_is_no_file(site: Path, data: str | bytes) -> None:
    """A packed file that an example cuts short is not unpacked by browsers either, and stops nothing."""
    write(site, "x", data)
    write(site, "p/index.html", page(body=data if isinstance(data, str) else "x"))
    assert kinds(site) == []


def test_a_clean_site_has_no_leak(site: Path) -> None:
    """Nothing fires on what the edition may show."""
    assert audit_site(site, WITHHELD) == []


def test_words_that_are_also_shown_do_not_fire(site: Path) -> None:
    """A withheld text fires only for words that nothing shown has in this order."""
    public = "Open the settings, choose billing, then press the button that says refund."
    withheld = replace(WITHHELD, texts={"a": public, "b": "press the button that"}, shown=[public])
    write(site, "p.html", page(body=public))
    assert kinds(site, withheld) == []


@pytest.mark.parametrize("options", [
    "", ' hl_lines="2"', ' hl_lines="2 4-5" linenums="1"', ' linenums="1"', ' title="kb.toml"', ' title="kb.toml" hl_lines="2"',
    ' hl_lines="2" title="kb.toml"', ' linenums="1" title="kb.toml" hl_lines="2 3"',
])
@pytest.mark.parametrize("other", ["", ' title="kb.toml"', ' hl_lines="1"'])
def test_a_block_of_code_is_the_same_whatever_lines_are_marked(site: Path, options: str, other: str) -> None:
    """An internal article may have a block that a public one has, with other options; its title is a word of the page."""
    code = 'content = "docs"\nsite = "out"\nowners = ["ana"]\n'
    shown = f"Write the file.\n\n```toml{options}\n{code}```\n\nThen run the check."
    withheld = Withheld({}, {}, {"a": f"Know the file.\n\n```toml{other}\n{code}```\n\nThen run nothing."}, [shown])
    title = "<span>kb.toml</span>" if "title" in options else ""
    write(site, "p.html", page(body=f"<p>Write the file.</p>{title}<pre>{escape(code)}</pre><p>Then run the check.</p>"))
    assert kinds(site, withheld) == []
    write(site, "q.html", page(body=f"<p>Know the file.</p><pre>{escape(code)}</pre>"))
    assert [it[0] for it in kinds(site, withheld)] == ["q.html"] * ("title" not in other)


def test_a_title_that_is_also_shown_does_not_fire(site: Path) -> None:
    """A title that public text has too tells nothing, be it only in a link target."""
    shown = [*SHOWN, "[x](../refund-limits-for-agents.md)"]
    write(site, "p.html", page(body=TITLE))
    assert kinds(site, replace(WITHHELD, shown=shown)) == []


@pytest.mark.parametrize(
    ("title", "fires"),
    [
        ("Overview", False),
        ("Set up", False),
        ("404", False),
        ("h1", False),
        ("", False),
        ("How to pay", True),
        ("Refund matrix", True),
        ("Internationalisation", True),
        ("KB404", True),
        ("**Project** `Bluebird`", True),
    ],
)
def test_only_a_distinctive_title_is_searched(site: Path, title: str, fires: bool) -> None:
    """Short titles of common words are in every site and would cry wolf."""
    body = f"<h1>{title.replace('*', '').replace('`', '')}</h1> 404"
    write(site, "p.html", page(body=body))
    withheld = Withheld({}, {title: "x.md"}, {}, SHOWN)
    assert kinds(site, withheld) == ([("p.html", "title", "x.md")] if fires else [])


@pytest.mark.parametrize(
    ("text", "body", "fires"),
    [
        ("Call the backup team", "please call the *backup* team now", True),
        ("Call the backup team", "please call the team", False),
        ("Ask for a refund", "Ask for a refund", False),
        ("Call Bob", "Call Bob", False),
        ("Pin 99x41", "pin: 99X41", True),
        ("Zwischenlagerverwaltung", "zwischenlagerverwaltung", True),
        ("12", "12", False),
        ("請聯繫內部客服主管", "<p>請聯繫<b>內部</b>客服主管。</p>", True),
        ("Read [the notes](https://wiki.example/a/b/c/d/e/f/g)", "wiki.example/a/b/c/d/e/f/g", False),
        (
            "![An old chart that shows the churn of customers](x.png)",
            "<img alt='An old chart that shows the churn of customers'>",
            True,
        ),
        (
            "<!-- do not tell them about the new price list -->",
            "<!-- do not tell them about the new price list -->",
            True,
        ),
        (
            "1. Open the vault.\n2. Take the key.\n3. Close it.",
            "<ol><li>Open the vault.</li><li>Take the key.</li><li>Close it.</li></ol>",
            True,
        ),
        (
            '!!! danger "Never say"\n\n    We lost the data of some customers.',
            "<p class='t'>Never say</p><p>We lost the data of some customers.</p>",
            True,
        ),
        (
            'Use the [red *button*][1] of the [console](https://x.example "The console") and then wait.\n\n[1]: https://y.example',
            "Use the <a>red <em>button</em></a> of the <a>console</a> and then wait.",
            True,
        ),
        (
            '```toml title="kb.toml"\nkeys = { .file = "lock", dir = "src" }\n[a.b]\n```',
            "kb.toml<pre>keys = { .file = &quot;lock&quot;, dir = &quot;src&quot; }\n[a.b]</pre>",
            True,
        ),
        ("", "", False),
    ],
)
def test_withheld_markdown_is_found_as_it_is_rendered(site: Path, text: str, body: str, fires: bool) -> None:
    """Texts are compared by their words, short ones only when they tell something."""
    write(site, "p.html", page(body=body))
    withheld = Withheld({}, {}, {"x.md:1 region": text}, SHOWN)
    assert kinds(site, withheld) == ([("p.html", "text", "x.md:1 region")] if fires else [])


def test_a_ticket_is_not_found_inside_a_longer_number(site: Path) -> None:
    """SUP-43 may be public where SUP-4 is not."""
    write(site, "p.html", page(body="SUP-4310 is not XSUP-431"))
    write(site, "q.html", page(body="SUP-4310"))
    assert [it.file for it in audit_site(site, WITHHELD)] == ["p.html"]


@pytest.mark.parametrize(
    ("body", "allowed"),
    [
        ("SUP-431", ["see SUP-431"]),
        (TITLE, ["Refund limits for agents"]),
        (SECRET, ["Hi!", SECRET.upper()]),
    ],
)
def test_allowed_words_are_not_reported(site: Path, body: str, allowed: list[str]) -> None:
    """A leak whose words are in an allowed phrase is silenced, another is not."""
    write(site, "p.html", page(body=body))
    assert audit_site(site, WITHHELD, allowed=allowed) == []
    assert len(audit_site(site, WITHHELD, allowed=["refund limits"])) == 1


def test_a_leak_on_every_page_is_reported_for_every_page(site: Path) -> None:
    """What was read once for speed is still reported wherever it stands."""
    for name in ("a.html", "b.html", "c.html"):
        write(site, name, page(alt=SECRET, body="same" if name < "c" else "other"))
    assert [it[0] for it in kinds(site)] == ["a.html", "b.html", "c.html"]


def test_links_out_of_the_site_are_reported_and_not_followed(site: Path, tmp_path: Path) -> None:
    """A symbolic link publishes what it points to, on some hosts; it is a leak itself."""
    write(tmp_path, "outside/a.txt", SECRET)
    (site / "folder").symlink_to(tmp_path / "outside")
    (site / "a.txt").symlink_to("../outside/a.txt")
    (site / "broken").symlink_to("nowhere")
    assert audit_site(site, WITHHELD) == [
        Leak("a.txt", "../outside/a.txt", "", "link"),
        Leak("broken", "nowhere", "", "link"),
        Leak("folder", str(tmp_path / "outside")[:120], "", "link"),
    ]


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"\x1f\x8b broken", "ompress"),
        (gzip.compress(b"x" * 5000), "more than 1000 bytes"),
        (gzip.compress(SECRET.encode() * 9)[:-20], "end"),
        (gzip.compress(b"x") * 1001, "too many"),
        (gzip.compress(b"x") + b"behind it", "ompress"),
        (gzip.compress(b"pagefind_dcd\x82\x61a\x19"), "cut off"),
        (b"PK\x03\x04 broken", "zip"),
        (png(b"zTXt", b"a\0\0" + zlib.compress(b"x" * 5000)), "more than 1000 bytes"),
        (png(b"zTXt", b"a\0\0broken"), "decompress"),
        (gzip.compress(gzip.compress(gzip.compress(gzip.compress(b"x")))), "archives"),
    ],
    ids=range(10),
)
def test_what_cannot_be_unpacked_is_reported(
    site: Path, monkeypatch: pytest.MonkeyPatch, data: bytes, what: str
) -> None:
    """An archive that is broken, too big or too deep fails closed."""
    monkeypatch.setattr(site_text, "_CAP", 1000)
    monkeypatch.setattr(site_text, "_TOO_BIG", "unpacks to more than 1000 bytes")
    write(site, "x", data)
    (leak,) = audit_site(site, WITHHELD)
    assert (leak.file, leak.kind) == ("x", "unreadable")
    assert what in leak.what


def test_what_is_no_file_is_reported(site: Path) -> None:
    """A pipe is not opened, a missing site is no clean site."""
    os.mkfifo(site / "pipe")
    assert kinds(site) == [("pipe", "unreadable", "")]
    assert kinds(site / "nowhere") == [(".", "unreadable", "")]


def test_a_file_that_cannot_be_read_is_reported(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file without permission, or gone meanwhile, fails closed."""

    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert Leak("404.html", "Permission denied", "", "unreadable") in audit_site(site, WITHHELD)


def test_a_name_that_is_no_text_is_read(site: Path) -> None:
    """A file name that is not UTF-8 stops nothing."""
    Path(os.fsdecode(os.fsencode(site) + b"/\xff SUP-431")).write_text("x")
    assert kinds(site) == [("\ufffd SUP-431", "name", PHRASES["SUP-431"])]


def test_the_leaks_are_sorted_and_the_same_in_each_order(site: Path) -> None:
    """The order of what is withheld and of the folder changes nothing."""
    write(site, "b.html", page(body=f"{SECRET} {TITLE} SUP-431 Jane Roe"))
    write(site, "a.html", page(body=f"{SECRET} {TITLE} LEAK-7f3a Jane Roe"))
    turned = replace(WITHHELD, phrases=dict(reversed(PHRASES.items())))
    found = audit_site(site, WITHHELD)
    assert found == sorted(found) == audit_site(site, turned)
    assert len(found) == 8


def test_what_leaked_is_cut_to_one_line(site: Path) -> None:
    """A report shows at most 120 characters of what leaked."""
    words = " ".join(f"{c * 30}" for c in "abcdefghij")
    write(site, "p.html", page(body=words))
    (leak,) = audit_site(site, Withheld({}, {}, {"x": words}, []))
    assert leak.what == words[:120]


def test_an_empty_edition_withholds_nothing(site: Path) -> None:
    """With nothing withheld nothing leaks."""
    assert audit_site(site, Withheld({"": "x", " ": "y"}, {}, {}, [])) == []


WORDS = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=9)
MARKUP = [" ", "\n", " <b>", "</b> ", ", ", "&nbsp;", " <!-- x --> ", "<br/>", " &mdash; "]


@given(words=st.lists(WORDS, min_size=8, max_size=20), seed=st.randoms(use_true_random=False))
@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
def test_a_withheld_sentence_is_found_wherever_it_is_put(tmp_path: Path, words: list[str], seed: random.Random) -> None:
    """Eight withheld words in a row are found between any others, in any markup."""
    withheld = Withheld({}, {}, {"x.md": " ".join(words)}, SHOWN)
    assume(not set(words) & set(" ".join(SHOWN).split()))
    around = [" ".join(f"pad{seed.randrange(99)}" for _ in range(seed.randrange(9))) for _ in "ab"]
    sentence = "".join(seed.choice(MARKUP) + escape(word) for word in words)
    write(tmp_path, "p.html", page(body=f"{around[0]} {sentence} {around[1]}"))
    assert [it.source for it in audit_site(tmp_path, withheld)] == ["x.md"]


def test_what_is_packed_is_read_unpacked_alone() -> None:
    """Bytes that look like an escape of CSS by chance make no text of what is packed; those in what is unpacked do."""
    text = r"a \000042 c"
    assert [*site_text.texts(gzip.compress(text.encode(), 0))] == [text, "a Bc"]
