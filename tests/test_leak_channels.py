"""Every way that we know by which internal words reach a public site: none of them does, and the audit knows each.

Each channel has a word of its own. One knowledge base has them all; it is built cold, warm, and over what earlier builds and
hands have left. Then each channel's words are put into a site by hand, in several disguises, and the audit has to find them.
"""

from __future__ import annotations

import gzip
import html
import json
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kbtool.articles import Article, load_article
from kbtool.audit import Auditor
from kbtool.config import load_config
from kbtool.editions import Edition, RedactionError, redact
from kbtool.evidence import Evidence
from kbtool.publish import publish, withheld
from kbtool.registry import make_checks
from kbtool.runner import run
from kbtool.stage import Staged, stage
from kbtool.testing import knowledge_base

PUBLIC_HEAD = "---\ntitle: {title}\naudience: public\nowners: [ana]\nproduct_areas: [billing]\nlast_reviewed_on: 2026-10-01\n{more}---\n\n"
INTERNAL_HEAD = PUBLIC_HEAD.replace("audience: public", "audience: internal")


def chunk(name: bytes, body: bytes) -> bytes:
    """Return a chunk of a PNG."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(*chunks: bytes, grey: int = 0) -> bytes:
    """Return a PNG with these chunks among its own."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(chunks) + chunk(b"IDAT", zlib.compress(bytes([0, grey]))) + chunk(b"IEND", b"")


def jpeg(*segments: bytes) -> bytes:
    """Return what has the form of a JPEG."""
    framed = b"".join(b"\xff" + one[:1] + struct.pack(">H", len(one) + 1) + one[1:] for one in (*segments, b"\xda1"))
    return b"\xff\xd8" + framed + b"picture\xff\xd9"


class Channel(NamedTuple):
    """Files that have `{s}`, a sentence with the channel's word, or `{c}`, the word alone, where no public reader may see it.

    `{n}` is the number of the channel. `inside` says whether colleagues see the word; `plant` what is put into a site for the
    audit to find: these words, the file as it is ("file"), or nothing, since nobody could know. The rest is added to files that
    all share.
    """

    files: Mapping[str, str | Callable[[str], bytes]] = {}
    inside: bool = True
    plant: str = "{s}"
    mkdocs: str = ""
    redirect: str = ""
    nav: str = ""
    icon: str = ""
    wiki: str = ""
    owner: str = ""


def page(body: str, title: str = "A page", more: str = "", audience: str = "public") -> str:
    """Return an article; its body begins on line 9 where nothing more is in the front matter."""
    usual = f"title: {title}\naudience: {audience}\nowners: [ana]\nproduct_areas: [billing]\nlast_reviewed_on: 2026-10-01\n{more}"
    return f"---\n{usual}---\n\n{body}"


def mixed(body: str, title: str = "A page", more: str = "", *, inside: bool = True) -> Channel:
    """Return a channel that is a place in a public article."""
    return Channel({"content/mixed/{n}.md": page(body, title, more)}, inside=inside)


def secret(body: str = "x", title: str = "Inside", more: str = "", name: str = "content/inside/{n}.md") -> Channel:
    """Return a channel that is a place in an internal article."""
    return Channel({name: page(body, title, more, "internal")})


def region(body: str, before: str = "", indent: str = "") -> Channel:
    """Return a channel that is a region in a public article."""
    lines = "\n".join(f"{indent}{line}" if line else "" for line in f"::: internal\n\n{body}\n\n:::".split("\n"))
    return mixed(f"Before.\n\n{before}{lines}\n\nAfter.\n")


def picture(make: Callable[[str], bytes], ending: str = "png") -> Channel:
    """Return a channel that is in the bytes of an image which a public article shows."""
    files = {f"content/mixed/{{n}}.{ending}": make, **mixed(f"![a]({{n}}.{ending})").files}
    return Channel(files, inside=False, plant="file")


def asset(name: str, make: Callable[[str], bytes] | str, body: str = "", *, inside: bool = False) -> Channel:
    """Return a channel that is a file which no public article shows."""
    return Channel({f"content/inside/{name}": make, "content/inside/{n}.md": page(body or "x", audience="internal")}, inside, "file")


SVG = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:i="http://www.inkscape.org/"{}><path d="M0"/>{}</svg>'

CHANNELS: dict[str, Channel] = {
    # Regions, and what they stand in.
    "region": region("{s}"),
    "region in a list": region("{s}", "- a\n\n", "    "),
    "region in a quote": mixed("> a\n>\n> ::: internal\n> {s}\n> :::\n"),
    "region in a tab": region("{s}", '=== "A"\n\n    a\n\n', "    "),
    "region in an admonition": region("{s}", "!!! note\n\n    a\n\n", "    "),
    "region in details": region("{s}", '??? note "A"\n\n    a\n\n', "    "),
    "region in a fence": mixed("```\na\n::: internal\n{s}\n:::\n```\n"),
    "region with a table": region("| a |\n|---|\n| {s} |"),
    "region with a fence": region("```py\n# {s}\n```"),
    "region with a tab": region('=== "{s}"\n\n    a'),
    "region with an admonition": region('!!! note "{s}"\n\n    a'),
    "region with HTML": region('<div data-note="{s}"><p>a</p></div>'),
    "region with hidden HTML": region('<p style="display:none">{s}</p>'),
    "region with a script": region("<script>var a = '{s}'</script>"),
    "region with a style": region("<style>/* {s} */</style>"),
    "region with a diagram": region("```mermaid\ngraph LR\n  a --> b[{s}]\n```"),
    "region with a formula": region("$$\n\\text{{s}}\n$$"),
    "region with a heading": region("## {s}"),
    "region with an own anchor": region("## A {#{c}}"),
    "region with a footnote": mixed("a\n\n::: internal\nb[^1]\n\n[^1]: {s}\n:::\n"),
    "region with an abbreviation": mixed("HTML\n\n::: internal\n*[HTML]: {s}\n:::\n"),
    "region with a definition list": region("A\n:   {s}"),
    "region with a link": region("[a](https://example.com/{c}/)"),
    "region with a link's title": region('[a](https://example.com/ "{s}")'),
    "region with a reference": region("[a][b]\n\n[b]: https://example.com/{c}"),
    "region with attributes": region('A paragraph.\n{: data-note="{s}" }'),
    "region with a picture's text": region("![{s}](https://example.com/a.png)"),
    "region in a region": mixed("::: public\na\n\n::: internal\n{s}\n:::\nb\n:::\n"),
    "public in a region": region("a\n\n::: public\n{s}\n:::"),
    "region with wide markers": mixed("::::::: internal\n{s}\n:::\n"),
    "region behind a list marker": mixed("- ::: internal\n  {s}\n  :::\n- b\n"),
    "region with Windows line ends": mixed("a\r\n::: internal\r\n{s}\r\n:::\r\nb\r\n"),
    # Regions within a line.
    "inline": mixed("Hear [{s}]{.internal} and go.\n"),
    "inline in a heading": mixed("## Open [{s}]{.internal}\n"),
    "inline in a list": mixed("- a\n- [{s}]{.internal}\n- b\n"),
    "inline in a table": mixed("| a | b |\n|---|---|\n| [{s}]{.internal} | c |\n"),
    "inline in bold": mixed("**a [{s}]{.internal}**\n"),
    "inline in a link's text": mixed("[a [{s}]{.internal}](https://example.com/)\n"),
    "inline around a link": mixed("a [[b](https://example.com/{c})]{.internal}\n"),
    "inline in a link's title": mixed('[a](https://example.com/ "b [{s}]{.internal}")\n'),
    "inline in a picture's text": mixed("![a [{s}]{.internal}](https://example.com/a.png)\n"),
    "inline in an admonition's title": mixed('!!! note "A [{s}]{.internal}"\n\n    a\n'),
    "inline in a tab's title": mixed('=== "A [{s}]{.internal}"\n\n    a\n'),
    "inline in a fence's title": mixed('```py title="a [{s}]{.internal}"\nb\n```\n'),
    "inline in a footnote": mixed("a[^1]\n\n[^1]: b [{s}]{.internal}\n"),
    "inline in an abbreviation": mixed("HTML\n\n*[HTML]: b [{s}]{.internal}\n"),
    "inline in a definition list": mixed("A\n:   b [{s}]{.internal}\n"),
    "inline in raw HTML": mixed("<p>b [{s}]{.internal}</p>\n"),
    "inline in code that is none": mixed("- a ` b\n- c ` [{s}]{.internal} ` d\n"),
    "inline over two lines": mixed("> a [b {s}\n> c]{.internal} d\n"),
    "inline in a title": mixed("a", title='"Open [{s}]{.internal}"'),
    "inline in a description": mixed("a", more='description: "a [{s}]{.internal}"\n'),
    "inline in a tag": mixed("a", more='tags: ["a [{c}]{.internal}"]\n'),
    "inline in a key of the theme": mixed("a", more='subtitle: "a [{s}]{.internal}"\n', inside=False),
    # Comments.
    "comment": mixed("a\n\n<!-- {s} -->\n\nb\n", inside=False),
    "comment in a line": mixed("a <!-- {s} --> b\n", inside=False),
    "comment of two lines": mixed("- a\n  <!-- b\n  {s} -->\n- c\n", inside=False),
    "comment in a table": mixed("| a |\n|---|\n| b <!-- {s} --> |\n", inside=False),
    "comment for old browsers": mixed("<!--[if IE]> {s} <![endif]-->\n", inside=False),
    "comment in a list with backticks": mixed("- a ` b\n- c <!-- {s} --> ` d\n", inside=False),
    "comment in a table with backticks": mixed("| a ` b |\n|---|\n| <!-- {s} --> ` d |\n", inside=False),
    "comment after a heading with a backtick": mixed("# a ` b\nc <!-- {s} --> ` d\n", inside=False),
    "comment after a rule": mixed("a ` b\n* * *\nc <!-- {s} --> ` d\n", inside=False),
    "comment in a definition": mixed("A ` b\n:   c <!-- {s} --> ` d\n", inside=False),
    "comment in a footnote": mixed("A ` b[^1]\n[^1]: c <!-- {s} --> ` d\n", inside=False),
    "comment between odd backticks": mixed("a `` ` <!-- {s} --> ` b\n", inside=False),
    "comment in HTML with backticks": mixed('<div title="`">\n\na ` <!-- {s} --> ` b\n\n<p>c</p>\n</div>\n', inside=False),
    "comment in a fence that is none": mixed("```js some words\n\n<!-- {s} -->\n\na\n", inside=False),
    "comment in a diagram": mixed("```mermaid\ngraph LR\n  %% {s}\n  a --> b\n```\n", inside=False),
    "comment in a diagram of a list": mixed("- a\n\n    ~~~ {.mermaid}\n    graph LR\n    %% {s}\n    ~~~\n", inside=False),
    "comment in the front matter": mixed("a", more="# {s}\n", inside=False),
    # Internal articles: words, and what sites make of articles.
    "body": secret("{s}\n"),
    "title": secret(title="{s}"),
    "heading as title": Channel({"content/inside/{n}.md": "---\nowners: [ana]\n---\n\n# {s}\n"}),
    "description": secret(more='description: "{s}"\n'),
    "tag of internal articles alone": secret(more='tags: ["{c}"]\n'),
    "tag with an icon": Channel(secret(more='tags: ["{c}"]\n').files, icon="{c}: secret", plant="{c}"),
    "page that is in no navigation on purpose": Channel(secret(name="content/inside/{c}.md").files, mkdocs="not_in_nav: /inside/{c}.md", plant="inside/{c}.md"),
    "whole address in the navigation": Channel(secret(name="content/inside/{c}.md").files, nav="W: 'https://help.example.com/inside/{c}/'", plant="inside/{c}.md"),
    "file name": secret(name="content/inside/{c}.md"),
    "folder name": secret(name="content/{c}/index.md"),
    "old URL": Channel(secret(more="redirect_from: [{c}/old/]\n").files, plant="{c}/old"),
    "old URL of the redirects plugin": Channel(secret().files, redirect="old-{c}.md: inside/{n}.md", plant="old-{c}"),
    "unfinished article": Channel(secret("{s}\n", more="confidence: work-in-progress\n").files),
    "article without an audience": Channel({"content/inside/{n}.md": "---\ntitle: A\nowners: [ana]\n---\n\n{s}\n"}),
    "article of a folder with a ceiling": Channel({"content/vault/{n}.md": page("{s}\n")}),
    "known issue": secret("{s}\n", more="content_type: known-issue\nknown_issue: {state: confirmed}\n"),
    "workaround of a known issue": secret(more="content_type: known-issue\nknown_issue: {state: confirmed, workaround: '{s}'}\n"),
    "related": Channel({**secret(title="{s}", name="content/inside/{n}-b.md").files, **mixed("a", more="related: [../inside/{n}-b.md]\n").files}),
    "label in the navigation": Channel(secret().files, nav="{s}: inside/{n}.md"),
    "section of the navigation": Channel(secret().files, nav="{s}: [inside/{n}.md]"),
    # Front matter of public articles.
    "owner": Channel({"content/mixed/{n}.md": page("a").replace("[ana]", "[o-{c}, ana]")}, owner="o-{c}: {name: A}", inside=False, plant="o-{c}"),
    "ticket": Channel(mixed("a", more="tickets: [{C}-77]\n").files, inside=False, plant="{c}-77"),
    "covered code": Channel(mixed("a", more="covers: ['src/{c}/**']\n").files, inside=False, plant="src/{c}/**"),
    "reviewer": mixed("a", more="last_reviewed_by: r-{c}\n", inside=False),
    "key of its own": mixed("a", more="x_note: {s}\n", inside=False),
    "owner's name": Channel(owner="p-{n}: {name: N{c}}", inside=False, plant="N{c}"),
    "owner's address": Channel(owner="m-{n}: {name: A, email: {c}@example.com}", inside=False, plant="{c}@example.com"),
    "owner's contact": Channel(owner="q-{n}: {name: A, contact: '#{c}'}", inside=False, plant="#{c}"),
    # Includes.
    "include in a region": Channel({**secret("{s}\n").files, **mixed('::: internal\n--8<-- "inside/{n}.md"\n:::\n').files}),
    "include of a mixed article": Channel({**mixed("a\n::: internal\n{s}\n:::\nb\n").files, "content/mixed/{n}-b.md": page('--8<-- "{n}.md"\n')}),
    "include of a region's lines": Channel({**mixed("a\n::: internal\n{s}\n:::\nb\n").files, "content/mixed/{n}-b.md": page('--8<-- "{n}.md:11:11"\n')}),
    "include of a section in a region": Channel({
        **mixed("a\n::: internal\n<!-- --8<-- [start:s] -->\n{s}\n<!-- --8<-- [end:s] -->\n:::\nb\n").files,
        "content/mixed/{n}-b.md": page('--8<-- "{n}.md:s"\n'),
    }),
    "file outside that is named": Channel(
        {"notes/{n}.md": "{s}\n", **mixed('::: internal\n--8<-- "../notes/{n}.md"\n:::\na\n').files}, inside=False, plant=""),
    "glossary": Channel({"content/inside/glossary.md": page("*[GLOSS]: {s}\n", audience="internal"), **mixed("::: internal\nGLOSS\n:::\nGLOSS\n").files}),
    # Files.
    "internal picture": asset("{n}.png", lambda s: png(chunk(b"IDAT", s.encode())), "![a]({n}.png)", inside=True),
    "name of a picture": Channel({"content/inside/{c}.png": lambda _: png(grey=8), **secret("![a]({c}.png)").files}),
    "picture of a region": Channel({"content/mixed/{c}-r.png": lambda _: png(grey=9), **mixed("::: internal\n![a]({c}-r.png)\n:::\n").files}),
    "picture of an inline region": Channel({"content/mixed/{c}-r.png": lambda _: png(grey=6), **mixed("a [![a]({c}-r.png)]{.internal}\n").files}),
    "picture of a comment": Channel({"content/mixed/{c}-r.png": lambda _: png(grey=10), **mixed("<!-- ![a]({c}-r.png) -->\n").files}, inside=False),
    "table that nobody names": asset("{n}.csv", "a;{s}\n"),
    "download of the wiki": asset("{n}.txt", "a {s}\n", "[a]({n}.txt)", inside=True),
    "style sheet's comment": asset("{n}.css", "/* {s} */"),
    "script": asset("{n}.js", "var a = '{s}'"),
    "source map": asset("{n}.js.map", '{"sourcesContent": ["{s}"]}'),
    "web page": asset("{n}-page.html", "<p>{s}</p>"),
    "Markdown with another ending": Channel(
        {"content/inside/{n}.markdown": page("{s}\n", audience="internal"), **mixed("[a](../inside/{n}.markdown)\n").files}, inside=False, plant=""),
    "Markdown with an ending in capitals": Channel(
        {"content/inside/{n}.MD": page("{s}\n", audience="internal"), **mixed("[a](../inside/{n}.MD)\n").files}, inside=False, plant=""),
    "backup": Channel({"content/mixed/{n}.md.bak": "{s}", "content/mixed/{n}.md~": "{s}", "content/mixed/{n}.orig": "{s}"}, inside=False, plant=""),
    "dotfile": Channel({"content/.{n}": "{s}", "content/.hidden/{n}.md": "{s}"}, inside=False, plant=""),
    "override of the wiki": Channel({"wiki/{n}.txt": "{s}", "wiki/partials/comments.html": "<p>{s}</p>"}, plant=""),
    "PNG text": picture(lambda s: png(chunk(b"tEXt", b"Author\0" + s.encode()))),
    "PNG packed text": picture(lambda s: png(chunk(b"zTXt", b"Author\0\0" + zlib.compress(s.encode())))),
    "PNG XMP": picture(lambda s: png(chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + s.encode()))),
    "PNG EXIF": picture(lambda s: png(chunk(b"eXIf", b"MM\0*\0\0\0\x08\0\0" + s.encode()))),
    "PNG's tail": picture(lambda s: png() + s.encode()),
    "JPEG comment": picture(lambda s: jpeg(b"\xfe" + s.encode()), "jpg"),
    "JPEG EXIF": picture(lambda s: jpeg(b"\xe1Exif\0\0MM\0*\0\0\0\x08\0\0" + s.encode()), "jpg"),
    "JPEG EXIF in UTF-16": picture(lambda s: jpeg(b"\xe1Exif\0\0MM\0*\0\0\0\x08\0\0" + s.encode("utf-16-le")), "jpg"),
    "JPEG XMP": picture(lambda s: jpeg(b"\xe1http://ns.adobe.com/xap/1.0/\0" + s.encode()), "jpg"),
    "JPEG IPTC": picture(lambda s: jpeg(b"\xedPhotoshop 3.0\0" + s.encode()), "jpg"),
    "JPEG Adobe segment's tail": picture(lambda s: jpeg(b"\xeeAdobe\0d\0\0\0\0\1" + s.encode()), "jpg"),
    "GIF comment": picture(lambda s: b"GIF89a\1\0\1\0\0\0\0\x21\xfe" + bytes([len(s)]) + s.encode() + b"\0;", "gif"),
    "WebP XMP": picture(lambda s: b"RIFF\xff\0\0\0WEBPXMP " + struct.pack("<I", len(s)) + s.encode() + b"\0" * (len(s) % 2), "webp"),
    "SVG comment": picture(lambda s: SVG.format("", f"<!-- {s} -->").encode(), "svg"),
    "SVG metadata": picture(lambda s: SVG.format("", f"<metadata>{s}</metadata>").encode(), "svg"),
    "SVG of a program": picture(lambda s: SVG.format(f' i:export-filename="{s}"', "").encode(), "svg"),
    # Settings.
    "comment of mkdocs.yml": Channel(mkdocs="# {s}", inside=False, plant=""),
    "hook": Channel({"hook.py": "def on_page_content(html, **_):\n    return html + '{s}'\n"}, inside=False, plant=""),
    "name of the wiki": Channel(wiki='site_name = "{s}"'),
    "address of the wiki": Channel(wiki='site_url = "https://{c}.example.com/"'),
    "repository of the wiki": Channel(wiki='repo_url = "https://git.example.com/{c}"'),
    "copyright of the wiki": Channel(wiki='copyright = "{s}"'),
}
NUMBERS = {name: f"{number:03d}" for number, name in enumerate(CHANNELS)}
MKDOCS = """site_name: Help
site_url: https://help.example.com/
theme: {name: material, font: false}
extra: {tags: {ICONS}}
hooks: [hook.py]
plugins: [search, tags, {redirects: {redirect_maps: {REDIRECTS}}}]
nav: [{Home: index.md}, NAV]
markdown_extensions: [abbr, admonition, attr_list, def_list, footnotes, md_in_html, tables, {toc: {permalink: true}},
  pymdownx.details, pymdownx.superfences, {pymdownx.tabbed: {alternate_style: true}}, {pymdownx.snippets: {auto_append: [inside/glossary.md]}}]
MKDOCS
"""
CONFIG = """known_keys = ["x_note"]
[tool.kbtool.defaults."vault/**"]
ceiling = "internal"
[tool.kbtool.editions.internal.mkdocs]
theme = {custom_dir = "wiki"}
"""


def word(name: str) -> str:
    """Return the word of a channel."""
    return f"qz{NUMBERS[name]}kanarie"


def sentence(name: str) -> str:
    """Return the sentence of a channel."""
    return f"the heron {word(name)} waits below"


def filled(text: str, name: str) -> str:
    """Return a text with what a channel puts into it."""
    for sign, value in (("{s}", sentence(name)), ("{c}", word(name)), ("{C}", word(name).upper()), ("{n}", NUMBERS[name])):
        text = text.replace(sign, value)
    return text


def files_of(name: str) -> dict[str, bytes]:
    """Return the files of a channel."""
    return {
        filled(path, name): filled(content, name).encode() if isinstance(content, str) else content(sentence(name))
        for path, content in CHANNELS[name].files.items()
    }


def shared(field: str) -> list[str]:
    """Return what the channels add to one of the files that they share."""
    return [filled(getattr(channel, field), name) for name, channel in CHANNELS.items() if getattr(channel, field)]


def knowledge() -> dict[str, str | bytes]:
    """Return the files of a knowledge base that has all channels."""
    files: dict[str, str | bytes] = {"content/index.md": page("Everybody may read this."), "mkdocs.yml": (
        MKDOCS.replace("REDIRECTS", ", ".join(shared("redirect"))).replace("NAV", ", ".join(f"{{{one}}}" for one in shared("nav")))
        .replace("ICONS", ", ".join(shared("icon"))).replace("MKDOCS", "\n".join(shared("mkdocs")))
    ), "checks/owners.yml": "\n".join(["ana: {name: Ana}", *shared("owner")])}
    for name in CHANNELS:
        mine = files_of(name)
        assert not files.keys() & mine, name
        files |= mine
    return files


def everything(folder: Path) -> str:
    """Return all bytes of a folder, names too, in small letters; what is packed unpacked, UTF-16 without its zeros."""
    parts: list[bytes] = []
    for path in folder.rglob("*"):
        data = path.read_bytes() if path.is_file() else b""
        parts += [path.relative_to(folder).as_posix().encode(), data, data.replace(b"\0", b"") if path.suffix in (".jpg", ".png") else b""]
        if data.startswith(b"\x1f\x8b"):  # the sitemap and the search index
            parts.append(gzip.decompress(data))
    return b"\n".join(parts).decode("latin-1").lower()


@dataclass(frozen=True)
class Corpus:
    """The knowledge base, and what its sites held after each build."""

    evidence: Evidence
    public: Mapping[str, str]
    internal: str
    staged: Staged
    auditor: Auditor


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """Build the public site three times and the internal one once."""
    root = tmp_path_factory.mktemp("corpus")
    evidence = knowledge_base(root, knowledge(), config=CONFIG + "\n".join(shared("wiki")))
    edition = evidence.editions["public"]
    (root / "content/mixed/link.md").symlink_to("../inside/glossary.md")
    assert run(evidence, make_checks(evidence.config)).withholding == ()
    states = {}
    for state in ("cold", "warm", "dirty"):
        if state == "dirty":
            leftovers = " ".join(map(sentence, CHANNELS))
            for path in (".kbtool/stage/public/docs/left.md", ".kbtool/stage/public/overrides/left.html", "site/public/left.html", ".kbtool/build/x/y"):
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).write_text(leftovers)
            (root / "site/public/.left").write_text(leftovers)
            changed = {**knowledge(), "content/index.md": page("Everybody may read this, too.")}
            evidence = knowledge_base(root, changed, config=CONFIG + "\n".join(shared("wiki")))
        done = publish(evidence, [edition, evidence.editions["internal"]] if state == "cold" else [edition])
        assert [(one.failure, one.leaks) for one in done] == [(None, ())] * len(done)
        states[state] = everything(root / "site/public")
    staged = stage(evidence, edition, root / ".kbtool/stage/public")
    return Corpus(evidence, states, everything(root / "site/internal"), staged, Auditor(withheld(evidence, edition, staged)))


def test_there_are_many_channels() -> None:
    """The list may grow and not shrink."""
    assert len(CHANNELS) >= 110


@pytest.mark.parametrize("state", ["cold", "warm", "dirty"])
def test_no_channel_reaches_the_public_site(corpus: Corpus, state: str) -> None:
    """Not one word of one channel is in any byte or name of the site, whatever was there before."""
    assert "everybody may read this" in corpus.public[state]
    assert [name for name in CHANNELS if word(name) in corpus.public[state]] == []


def test_no_channel_reaches_the_public_stage(corpus: Corpus) -> None:
    """What the engine is given has none of them either, so no plugin could show one."""
    found = everything(corpus.staged.folder)
    assert [name for name in CHANNELS if word(name) in found] == []


def test_colleagues_see_what_is_theirs(corpus: Corpus) -> None:
    """Each channel is alive: the internal site has the words of those that colleagues see."""
    assert [name for name, channel in CHANNELS.items() if (word(name) in corpus.internal) != channel.inside] == []


def cbor(text: str) -> bytes:
    """Return a text as CBOR has it; where it is short, its length is a letter."""
    data = text.encode()
    return (bytes([0x60 + len(data)]) if len(data) < 24 else struct.pack(">BH", 0x79, len(data))) + data


def disguises(words: str) -> Iterator[tuple[str, bytes]]:
    """Yield files of a site that show some words."""
    coded = "".join(f"&#{ord(char)};" for char in words)
    escaped = "".join(f"\\u{ord(char):04x}" for char in words)
    yield "page/index.html", f"<h1>A</h1><p>Some {html.escape(words)} more</p>".encode()
    yield "attribute/index.html", f'<img alt="Some {html.escape(words)} more" src="a.png">'.encode()
    yield "entities/index.html", f"<p>{coded}</p>".encode()
    yield "comment/index.html", f"<!-- {words} --><p>a</p>".encode()
    yield "search/search_index.json", json.dumps({"docs": [{"text": f"<p>{words}</p>"}]}).encode()
    yield "feed.json", f'{{"a": "{escaped}"}}'.encode()
    yield "sitemap.xml.gz", gzip.compress(f"<loc>https://help.example.com/{words}/</loc>".encode(), mtime=0)
    yield "pagefind/fragment/en_1.pf_fragment", gzip.compress(b"pagefind_dcd" + json.dumps({"content": f"Some {words} more"}).encode(), mtime=0)
    yield "pagefind/pagefind.en_1.pf_meta", gzip.compress(b"pagefind_dcd\x82" + cbor("1.5.2") + cbor(words), mtime=0)
    yield "a.svg", f"<svg><text>{html.escape(words).upper()}</text></svg>".encode()
    yield "a.png", png(chunk(b"zTXt", b"Comment\0\0" + zlib.compress(words.encode())))
    yield "a.js", f"var a='{words}'".encode()
    yield f"name/{words}.txt", b"a"


@pytest.mark.parametrize("name", [name for name, channel in CHANNELS.items() if channel.plant not in ("", "file")])
def test_the_audit_finds_the_words_of_a_channel(corpus: Corpus, tmp_path: Path, name: str) -> None:
    """In every disguise: the audit was told of the channel, however the words come to the site."""
    channel = CHANNELS[name]
    contents = [content for content in (*channel.files.values(), channel.nav, channel.wiki) if isinstance(content, str)]
    words = filled(channel.plant if channel.plant != "{s}" or any("{s}" in content for content in contents) else "{c}", name)
    planted = {path: data for path, data in disguises(words) if not ("/" in words and path.startswith("name/"))}
    for path, data in planted.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(data)
    found = {leak.file for leak in corpus.auditor.audit(tmp_path)}
    assert sorted(path for path in planted if path not in found) == []


SAID = [name for name, channel in CHANNELS.items() if name not in ("title", "related") and channel.plant == "{s}" and any("{s}" in text for text in channel.files.values() if isinstance(text, str))]


@pytest.mark.parametrize("name", SAID)
def test_the_audit_finds_the_word_of_a_channel_in_the_search_index(corpus: Corpus, tmp_path: Path, name: str) -> None:
    """A chunk of an index has no sentences or titles, but words by the alphabet; before each is its length, which reads like a letter."""
    (tmp_path / "en_1.pf_index").write_bytes(gzip.compress(b"pagefind_dcd\x81\x98\x1f\x83" + cbor("heron") + b"\x81\x83" + cbor(word(name)) + b"\x80", mtime=0))
    assert {leak.file for leak in corpus.auditor.audit(tmp_path)} == {"en_1.pf_index"}


@pytest.mark.parametrize("name", [name for name, channel in CHANNELS.items() if channel.plant == "file"])
def test_the_audit_finds_the_file_of_a_channel(corpus: Corpus, tmp_path: Path, name: str) -> None:
    """A file that does not travel, or not as it is, is known by its bytes, under any name."""
    data = next(content for path, content in files_of(name).items() if not path.endswith(".md"))
    (tmp_path / "copy").write_bytes(data)
    found = corpus.auditor.audit(tmp_path)
    assert ("copy", "file") in {(leak.file, leak.kind) for leak in found}


def test_a_clean_site_has_no_leak(corpus: Corpus) -> None:
    """Nothing of the above is found where nothing was planted."""
    assert corpus.auditor.audit(corpus.evidence.config.root / "site/public") == []


# ---------------------------------------------------------------------------------------------- a third edition


PARTNERS = """[tool.kbtool.editions.partner]
audiences = ["public", "partner"]
[tool.kbtool.editions.internal]
audiences = ["public", "partner", "internal"]
[tool.kbtool.defaults."deals/**"]
ceiling = "partner"
[tool.kbtool.defaults."deals/own/**"]
ceiling = "internal"
"""
THREE = {
    "content/index.md": page("::: partner\nFor partners [and us]{.internal}.\n\n::: internal\nFor us.\n:::\n:::\nFor all [and partners]{.partner}.\n"),
    "content/p.md": page("Of partners.", audience="partner"),
    "content/deals/a.md": page("Deal, said to be public."),
    "content/deals/own/b.md": page("Own deal, said to be public."),
    "content/deals/own/c.md": page("Own deal, said to be for partners.", audience="partner"),
}


def test_a_third_edition_takes_configuration_only(tmp_path: Path) -> None:
    """Regions, lines and articles for partners are on their site and the wiki; a folder's ceiling narrows and never widens."""
    evidence = knowledge_base(tmp_path / "kb", THREE, config=PARTNERS)
    assert run(evidence, make_checks(evidence.config)).withholding == ()
    texts = {}
    for name, edition in evidence.editions.items():
        (tmp_path / name).mkdir()
        texts[name] = stage(evidence, edition, tmp_path / name).texts
    assert {name: sorted(found) for name, found in texts.items()} == {
        "public": ["index.md"], "partner": ["deals/a.md", "index.md", "p.md"],
        "internal": ["deals/a.md", "deals/own/b.md", "deals/own/c.md", "index.md", "p.md"],
    }
    shown = {name: [words for words in ("For all", "and partners", "For partners", "and us", "For us") if words in found["index.md"]]
             for name, found in texts.items()}
    assert shown == {
        "public": ["For all"], "partner": ["For all", "and partners", "For partners"],
        "internal": ["For all", "and partners", "For partners", "and us", "For us"],
    }


# ---------------------------------------------------------------------------------------------- laws


PUBLIC = Edition("public", frozenset({"public"}))


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Article]:
    """Return a function that reads a public article from its body."""
    folder = tmp_path_factory.mktemp("kb")
    (folder / "content").mkdir()
    (folder / "pyproject.toml").write_text("[tool.kbtool]\n")
    config = load_config(folder)

    def read_body(body: str) -> Article:
        (folder / "content/a.md").write_text(f"---\naudience: public\n---\n{body}", "utf-8")
        return load_article(config, "a.md")

    return read_body


Lines = list[str]
OPEN = ["open text", "- open", "1. open", "# Open", "| a | b |", "`open`", "a `` ` `` b", "a ` b", "![open](a.png)", "[open](a.md)", "\\[open]", "{#open}", "*open*",
        "<b>open</b>", "[^1]: open", "*[HTML]: open", "", "```", "~~~", "    open", "\\`", "<!-- open -->", "[0, 1)", "\\::: internal"]
HIDDEN = ["SECRET", "- SECRET", "`SECRET`", "| SECRET |", "# SECRET", "[SECRET](SECRET.md)", "", "```", "<!-- SECRET", "SECRET ` SECRET", "[SECRET", "SECRET]", "SECRET \\"]
INSIDE = ["SECRET", "`SECRET`", "[SECRET](SECRET.md)", "![SECRET](SECRET.png)", "*SECRET*", "SECRET `a[0]` SECRET", "SECRET\nSECRET", "", "SECRET \\] SECRET", "<b>SECRET</b>"]


def inline(around: tuple[str, str], inside: str) -> str:
    """Return a line with a region in it."""
    return f"{around[0]} [{inside}]{{.internal}} {around[1]}"


LINE = st.sampled_from(OPEN) | st.builds(inline, st.tuples(st.sampled_from(["open", "`open`", "", "|", "a ` b"]), st.sampled_from(["open", "`open`", "**open**"])), st.sampled_from(INSIDE))
TEXT = st.lists(LINE, max_size=4)


def holding(children: st.SearchStrategy[Lines]) -> st.SearchStrategy[Lines]:
    """Return documents in lists, quotes, tabs, admonitions and fences, and regions with secrets beside them."""
    joined = st.lists(children, min_size=1, max_size=3).map(lambda parts: [line for part in parts for line in part])
    secrets = st.lists(st.sampled_from(HIDDEN), min_size=1, max_size=4).map(lambda lines: ["::: internal", *lines, ":::"])
    return (
        joined.map(lambda lines: [f"> {line}" for line in lines]) | joined.map(lambda lines: ["- open", "", *(f"    {line}" for line in lines)])
        | joined.map(lambda lines: ['=== "Open"', "", *(f"    {line}" for line in lines)])
        | joined.map(lambda lines: ["!!! note", "", *(f"    {line}" for line in lines)])
        | joined.map(lambda lines: ["", "```", *lines, "```", ""]) | joined.map(lambda lines: ["<div markdown>", "", *lines, "", "</div>"])
        | joined | secrets
    )


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(lines=st.recursive(TEXT, holding, max_leaves=15))
def test_no_word_of_a_region_is_public(read: Callable[[str], Article], lines: Lines) -> None:
    """However Markdown is nested around regions, and they in it: cut, or refused; only code may show the signs of one."""
    article = read("\n".join(lines))
    try:
        shown = redact(article, PUBLIC)
    except RedactionError:
        return
    assert "SECRET" not in without_code(shown)


def without_code(text: str) -> str:
    """Return the lines of a text that are in no fence and in which no pair of backticks stands around a whole region."""
    from kbtool.regions import code_mask

    lines = text.split("\n")
    return "\n".join(line for line, code in zip(lines, code_mask(lines), strict=True) if not code)
