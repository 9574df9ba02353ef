"""The manifest: each file of a real site is explained, and one that nothing explains keeps the site from being published."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kbtool.engine import build_site
from kbtool.evidence import Evidence
from kbtool.manifest import Explainer, Manifest, Origin, load_manifest, purged
from kbtool.publish import publish
from kbtool.stage import stage
from kbtool.testing import knowledge_base

PUBLIC = "---\ntitle: Page {0}\naudience: public\ntags: [t]\n{1}---\n\nWords of {0}.\n"
FILES = {
    "content/index.md": PUBLIC.format("home", "") + "![](img/a.png)\n",
    "content/guide/README.md": PUBLIC.format("guide", "redirect_from: [old/guide, old.html]\n"),
    "content/guide/x.y.md": PUBLIC.format("x.y", ""),
    "content/guide/ä b.md": PUBLIC.format("umlaut", ""),
    "content/bug.md": PUBLIC.format("bug", "content_type: known-issue\nknown_issue: {state: confirmed, opened: 2026-10-01}\n"),
    "content/in.md": "---\ntitle: Inside\n---\n\n![](img/b.png)\n",
    "content/img/a.png": "a", "content/img/b.png": "b", "content/js/x.js": "x", "content/css/x.css": "x",
    "overrides/robots.txt": "Allow: /\n", "overrides/humans.xml": "{{ config.site_name }}", "overrides/assets/extra.js": "x", "overrides/main.html": "{% extends 'base.html' %}",
}
MKDOCS = """site_name: Help
site_url: https://help.example.com/kb/
theme: {%s, custom_dir: overrides, static_templates: [humans.xml]}
extra_css: [css/x.css]
extra_javascript: [js/x.js, {path: https://example.com/x.js}]
plugins: [%s]
use_directory_urls: %s
"""
SETTINGS = {
    "Material": ("name: material, font: false", "search, tags", "true"),
    "flat URLs and languages": ("name: material", "{search: {lang: [en, de, ja]}}, {tags: {export_file: x/t.json}}", "false"),
    "MkDocs' theme": ("name: mkdocs", "{search: {lang: [en, de, ja]}}", "true"),
    "Read the Docs": ("name: readthedocs", "search", "false"),
    "no plugins": ("name: material, font: false", "", "true"),
}


@pytest.fixture
def evidence(tmp_path: Path) -> Callable[..., Evidence]:
    """Return a function that writes a knowledge base with a setting, and gathers its evidence."""

    def gather(setting: str = "Material", config: str = "", **files: str) -> Evidence:
        return knowledge_base(tmp_path / "kb", {**FILES, "mkdocs.yml": MKDOCS % SETTINGS[setting], **files}, config=config)

    return gather


def explained(evidence: Evidence, edition: str, folder: Path, plant: Callable[[Path, Path], object] = lambda *_: None) -> Manifest:
    """Build an edition, change something (`plant` gets the stage and the site), and explain what is there."""
    one = evidence.editions[edition]
    staged = stage(evidence, one, folder / "stage")
    explainer = Explainer(staged, evidence, one)
    build_site(staged.folder, folder / "site")
    plant(staged.folder, folder / "site")
    return explainer.explain(folder / "site")


@pytest.mark.parametrize("setting", SETTINGS)
def test_usual_sites_are_explained(evidence: Callable[..., Evidence], tmp_path: Path, setting: str) -> None:
    """Both editions, whatever the theme, the form of the URLs, the languages and the overrides."""
    for edition in ("public", "internal"):
        found = explained(evidence(setting), edition, tmp_path / edition)
        assert found.unexplained == ()
        assert len(found.files) == sum(path.is_file() for path in (tmp_path / edition / "site").rglob("*"))
        assert found.base == "https://help.example.com/kb/"
        assert {one.kind for one in found.files.values()} == {
            "article", "asset", "page", "redirect", "feed", "theme", "template", "engine"}


def test_each_file_names_its_source(evidence: Callable[..., Evidence], tmp_path: Path) -> None:
    """An article, an asset, a page of ours, a redirect, a feed, a package with its version, the overrides, a template, a plugin."""
    found = explained(evidence(), "public", tmp_path).files
    said = {name: f"{one.kind} {one.source}" for name, one in found.items()}
    assert {name: said[name] for name in said if not name.startswith("assets/") or "kbtool" in name} == {
        "index.html": "article content/index.md", "guide/index.html": "article content/guide/README.md",
        "guide/x.y/index.html": "article content/guide/x.y.md", "guide/ä b/index.html": "article content/guide/ä b.md",
        "bug/index.html": "article content/bug.md", "img/a.png": "asset content/img/a.png", "js/x.js": "asset content/js/x.js",
        "css/x.css": "asset content/css/x.css", "known-issues/index.html": "page known-issues/index.md",
        **{name: "feed known issues" for name in said if name.endswith(".xml") and "sitemap" not in name and "humans" not in name},
        "old/guide/index.html": "redirect redirect_from", "old.html": "redirect redirect_from", "robots.txt": "theme overrides",
        "assets/kbtool/kbtool.css": "theme overrides", "404.html": "template 404.html", "sitemap.xml": "template sitemap.xml",
        "humans.xml": "template humans.xml", "sitemap.xml.gz": "engine sitemap", "search/search_index.json": "engine search", "tags.json": "engine tags",
    }
    assets = Counter(one.source.split()[0] for name, one in found.items() if name.startswith("assets/"))
    assert assets.keys() == {"mkdocs-material", "overrides"}
    assert all(one.kind == "theme" for name, one in found.items() if name.startswith("assets/"))


def put(name: str, content: str = "x") -> Callable[[Path, Path], None]:
    """Return what writes a file into a site."""

    def plant(_stage: Path, site: Path) -> None:
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).unlink(missing_ok=True)
        (site / name).write_text(content)

    return plant


def into_stage(name: str) -> Callable[[Path, Path], None]:
    """Return what writes a file into the stage while the engine runs, and into the site."""

    def plant(folder: Path, site: Path) -> None:
        for path in (folder / "docs" / name, site / name):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("planted")

    return plant


PLANTED = {
    "a file": ("notes.txt", put("notes.txt")), "a page": ("in/index.html", put("in/index.html")), "a hidden file": (".env", put(".env")),
    "an asset of others": ("img/b.png", put("img/b.png", "b")), "an asset with other bytes": ("img/a.png", put("img/a.png", "other")),
    "a theme's file with other bytes": ("assets/images/favicon.png", put("assets/images/favicon.png")),
    "a theme's file elsewhere": ("x/favicon.png", put("x/favicon.png")),
    "a template": ("partials/nav.html", put("partials/nav.html")), "a search file": ("search/more.json", put("search/more.json")),
    "a redirect that is none": ("old.html", put("old.html", "<p>secret")), "a feed of nobody": ("known-issues/x.xml", put("known-issues/x.xml")),
    "a new file of the stage": ("late.png", into_stage("late.png")), "a changed file of the stage": ("img/a.png", into_stage("img/a.png")),
    "a page of the stage": ("late/index.html", lambda folder, site: (into_stage("late.md")(folder, site), put("late/index.html")(folder, site), (site / "late.md").unlink())),
    "the Markdown itself": ("index.md", put("index.md")), "a symlink": ("link.png", lambda _, site: (site / "link.png").symlink_to("img/a.png")),
    "a pipe": ("pipe", lambda _, site: os.mkfifo(site / "pipe")),
}


@pytest.mark.parametrize(("name", "plant"), PLANTED.values(), ids=PLANTED)
def test_what_was_planted_is_found(evidence: Callable[..., Evidence], tmp_path: Path, name: str, plant: Callable[[Path, Path], object]) -> None:
    """Whatever is in a site beside what was staged, known by its bytes, or named by the engine."""
    found = explained(evidence("no plugins"), "public", tmp_path, plant)
    assert found.unexplained == (name,)
    assert name not in found.files


def test_paths_may_be_allowed(evidence: Callable[..., Evidence], tmp_path: Path) -> None:
    """`manifest_allow` is for what an extension writes by right; it explains nothing but what it names."""

    def plant(_: Path, site: Path) -> None:
        for name in ("diagrams/a.svg", "diagrams.svg"):
            put(name)(_, site)

    found = explained(evidence("no plugins", 'manifest_allow = ["diagrams/*.svg"]'), "public", tmp_path, plant)
    assert (found.unexplained, found.files["diagrams/a.svg"]) == (("diagrams.svg",), Origin("allowed", "manifest_allow"))


PLANTER = """import json, pathlib, sys
from markdown.extensions import Extension
from markdown.preprocessors import Preprocessor

class Plant(Preprocessor):
    def run(self, lines):
        site = pathlib.Path(json.loads(sys.argv[1])["out"])
        site.mkdir(parents=True, exist_ok=True)
        (site / "diagram.svg").write_text("<svg/>")
        return lines

class Planter(Extension):
    def extendMarkdown(self, md):
        md.preprocessors.register(Plant(md), "plant", 1)

def makeExtension(**options):
    return Planter(**options)
"""


def test_a_file_that_nothing_explains_withholds_the_site(kb: Any, tmp_path: Path) -> None:
    """A Markdown extension that writes into the site: exit code 1, the file is named, and the last good site stays."""
    kb.write("mkdocs.yml", "site_name: Help\ntheme: {name: material, font: false}\n")
    assert kb.run("build", "--edition", "public").code == 0
    before = {name: content for name, content in kb.tree().items() if name.startswith(("site/", ".kbtool/manifest"))}
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib/planter.py").write_text(PLANTER)
    kb.write("mkdocs.yml", "site_name: Help\ntheme: {name: material, font: false}\nmarkdown_extensions: [planter]\n")
    kb.write("content/index.md", (kb.root / "content/index.md").read_text() + "More.\n")
    done = kb.run("build", "--edition", "public", env={"PYTHONPATH": str(tmp_path / "lib")})
    assert (done.code, done.err) == (1, (
        "kbtool: error[unexplained]: diagram.svg: nothing explains this file of the site\n"
        "kbtool: error[withheld]: the public edition was not published; the site that was there stays\n"
    ))
    assert {name: content for name, content in kb.tree().items() if name.startswith(("site/", ".kbtool/manifest"))} == before


# ---------------------------------------------------------------------------------------------- what caches must forget


def test_two_builds_write_the_same_manifest(evidence: Callable[..., Evidence]) -> None:
    """It has no date and no path of the machine; nothing is to be purged when nothing has changed."""
    written = []
    for _ in range(2):
        found = evidence()
        (public,) = publish(found, [found.editions["public"]])
        assert (public.swapped, public.unexplained, public.purge) == (True, (), ())
        written.append((found.config.root / ".kbtool/manifest/public.json").read_bytes())
    assert written[0] == written[1]
    assert str(found.config.root).encode() not in written[0]
    assert json.loads(written[0])["files"]["index.html"] == {"kind": "article", "source": "content/index.md"}
    assert b"content/in.md" not in written[0]


def test_a_page_that_withholds_more_is_purged(evidence: Callable[..., Evidence]) -> None:
    """So are the files that repeat its words: search, feeds, pages of ours. Edits of public text purge nothing."""
    found = evidence()
    publish(found, [found.editions["public"]])
    text = PUBLIC.format("x.y", "") + "Call the boss at home.\n"
    purge = []
    for change in (text, text.replace("Call", "::: internal\nCall") + ":::\n", text.replace("Call", "Edited.\n\n::: internal\nCall") + ":::\n"):
        found = evidence(**{"content/guide/x.y.md": change})
        purge.append(publish(found, [found.editions["public"]])[0].purge)
    base = "https://help.example.com/kb/"
    index = [url for url in purge[1] if url.startswith(f"{base}pagefind/")]
    assert Counter(url.rpartition(".")[2] for url in index) == {"pf_fragment": 1, "pf_index": 1, "pf_meta": 1, "json": 1}
    assert [purge[0], sorted({*purge[1]} - {*index}), purge[2]] == [(), [f"{base}guide/x.y/"], ()]


def test_pages_whose_navigation_named_a_page_are_purged(tmp_path: Path) -> None:
    """The title of an article that is internal now stood on the other pages; those that do not change stay in caches."""
    head = "---\ntitle: {}\naudience: public\n---\n\nText.\n"
    settings = "site_name: x\nsite_url: https://help.example.com/\ntheme: {name: material, font: false}\nplugins: []\n"
    files = {"mkdocs.yml": settings, "content/index.md": head.format("Home"), "content/a.md": head.format("Heron")}
    found = knowledge_base(tmp_path, files)
    assert publish(found, [found.editions["public"]])[0].purge == ()
    assert "Heron" in (tmp_path / "site/public/index.html").read_text()
    found = knowledge_base(tmp_path, {"content/a.md": "---\ntitle: Heron\n---\n"})
    purge = publish(found, [found.editions["public"]])[0].purge
    assert {"https://help.example.com/", "https://help.example.com/a/"} <= {*purge}
    assert "Heron" not in (tmp_path / "site/public/index.html").read_text()


def test_urls_are_those_of_the_site_before() -> None:
    """Escaped, below the address that the old site had, pages as readers call them."""
    before = Manifest({"a b/index.html": Origin("article"), "ä.html": Origin("article"), "index.html": Origin("page", "x", "1")}, base="https://old.example.com/")
    after = Manifest({"index.html": Origin("page", "x", "2")}, base="https://new.example.com/")
    assert purged(before, after) == ["https://old.example.com/", "https://old.example.com/%C3%A4.html", "https://old.example.com/a%20b/"]
    assert purged(None, after) == []


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"schema_version": 1}', '{"schema_version": 99, "files": {}, "base": "/"}', '{"schema_version": 1, "base": "/", "files": {"x": {"y": 1}}}', "\xff"])
def test_a_manifest_that_cannot_be_read_is_none(tmp_path: Path, content: str) -> None:
    """Then the files of the site that is there tell what was published."""
    (tmp_path / "m.json").write_bytes(content.encode("latin-1"))
    assert load_manifest(tmp_path / "m.json", tmp_path / "site") is None
    (tmp_path / "site/a").mkdir(parents=True)
    (tmp_path / "site/a/index.html").write_text("x")
    before = load_manifest(tmp_path / "m.json", tmp_path / "site")
    assert before is not None
    assert purged(before, Manifest({}, base="/kb/")) == ["/kb/a/"]
