"""One stage, three engines: the sites have the same pages, titles, headings, links and words, and nothing else gets out."""

from __future__ import annotations

import datetime as dt
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from kbtool.built import Published
from kbtool.config import load_config
from kbtool.engine import How, build_site
from kbtool.engines import ENGINES, find_engine
from kbtool.errors import IncompleteError
from kbtool.evidence import Evidence, gather
from kbtool.publish import publish
from kbtool.testing import knowledge_base

EDITIONS = ("public", "internal")
OTHERS = ("properdocs", "zensical")
#: What another engine has, or lacks, beside the files of its theme, and why.
FILES: Mapping[str, tuple[set[str], set[str]]] = {
    "properdocs": (set(), set()),
    # It searches in a file of its own, compresses no sitemap, and its tags come without a file for programs.
    "zensical": ({"search.json"}, {"sitemap.xml.gz", "tags.json"}),
}
#: Elements that do not count, by a class: Zensical shows the tags of an article although the plugin is not asked for.
PASSED_OVER = {"headerlink", "md-tags"}
_THEME = re.compile(r"assets/(?:javascripts|stylesheets|images)/")
_INDEX = re.compile(r"pagefind/|search/")  #: Zensical searches by itself, the others by way of kbtool
_VOID = {"area", "br", "col", "embed", "hr", "img", "input", "link", "meta", "path", "source", "wbr"}
HEAD = "---\ntitle: {title}\naudience: {audience}\nowners: [ana]\nproduct_areas: [billing]\n{more}---\n\n{body}\n"
SITE = """
site_name: Help
site_url: https://help.example.com/docs/
theme: {name: material, font: false, custom_dir: overrides}
plugins: [search, material/tags]
nav: [index.md, {Guide: [guide/a.md, guide/tags.md]}, {Inside: [inner.md]}]
markdown_extensions: [admonition, tables, footnotes, pymdownx.superfences, attr_list]
extra_css: [more.css]
"""


def article(title: str, body: str = "Some words.", audience: str = "public", more: str = "") -> str:
    """Return an article."""
    return HEAD.format(title=title, body=body, audience=audience, more=more)


SMALL: Mapping[str, str] = {
    "content/index.md": article("Home", (
        "# Home\n\n[a](guide/a.md#two) [b](guide/arch.md)\n\n::: internal\n\nThe zebra sits inside.\n\n:::\n\n!!! note\n\n    A note.\n\n| a | b |\n|---|---|\n"
        "| 1 | 2 |\n\n```python\nx = 1\n```\n\nText[^1].\n\n[^1]: Foot.\n"
    ), more="tags: [one, two]\n"),
    "content/guide/a.md": article("A", "## Two\n\n<b>Raw</b> <!-- hidden --> {{ 7 * 6 }} {% raw %} &amp; äöü.\n", more="redirect_from: [old/a.md]\nrelated: [../index.md]\n"),
    "content/guide/arch.md": article("Archived", "Nobody finds the zorilla.", more="confidence: archived\n"),
    "content/guide/tags.md": article("Tags", "<!-- material/tags -->"),
    "content/inner.md": article("Inner", "The wombat is inside.", "internal"),
    "content/broken.md": article("Broken printer", more="content_type: known-issue\nknown_issue:\n  state: investigating\n  opened: 2026-10-01\n"),
    "content/more.css": "body {}\n", "overrides/extra.txt": "static\n", "mkdocs.yml": SITE,
}


@dataclass
class Page(HTMLParser):
    """What a reader sees of a page."""

    title: str = ""
    canonical: str = ""
    headings: list[tuple[str, str, str]] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    words: str = ""
    _open: list[tuple[str, bool]] = field(default_factory=list)
    _heading: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Be ready to read."""
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Go into an element."""
        given = {name: value or "" for name, value in attrs}
        if given.get("rel") == "canonical":
            self.canonical = given["href"]
        if tag in _VOID:
            self.words += " "
            return
        passed = tag in ("script", "style", "svg") or not PASSED_OVER.isdisjoint(given.get("class", "").split())
        self._open.append((tag, passed or (bool(self._open) and self._open[-1][1])))
        if self._inside and re.fullmatch("h[1-6]", tag):
            self._heading = [tag, given.get("id", ""), ""]
        if self._inside and tag == "a" and "href" in given:  # Zensical begins an article with an anchor that leads nowhere
            self.links.append(given["href"])

    def handle_endtag(self, tag: str) -> None:
        """Leave an element, and those inside that do not close."""
        if self._heading and tag == self._heading[0]:
            self.headings.append((tag, self._heading[1], " ".join(self._heading[2].split())))
            self._heading = []
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        """Read words."""
        if self._open and self._open[-1][0] == "title":
            self.title += data
        if self._inside:
            self.words += data
            if self._heading:
                self._heading[2] += data

    @property
    def _inside(self) -> bool:
        return any(tag == "article" for tag, _ in self._open) and not self._open[-1][1]

    def seen(self) -> dict[str, Any]:
        """Return it as values."""
        return {"title": self.title.strip(), "canonical": self.canonical, "headings": self.headings, "links": self.links,
                "words": " ".join(self.words.split())}


def pages(site: Path) -> dict[str, dict[str, Any]]:
    """Return what is on each page of a site."""
    return {name: read(path) for name, path in files(site).items() if name.endswith(".html")}


def read(path: Path) -> dict[str, Any]:
    """Return what is on one page."""
    page = Page()
    page.feed(path.read_text("utf-8"))
    return page.seen()


def files(site: Path) -> dict[str, Path]:
    """Return the files of a site by their paths in it, but for those of the theme, and of the search."""
    found = {path.relative_to(site).as_posix(): path for path in sorted(site.rglob("*")) if path.is_file()}
    return {name: path for name, path in found.items() if not _THEME.match(name) and not _INDEX.match(name)}


@dataclass(frozen=True)
class Built:
    """The sites of one knowledge base, by engine and edition, and its stage as each engine got it."""

    sites: Mapping[tuple[str, str], Published]
    stages: Mapping[str, Mapping[str, bytes]]


def built(evidence: Evidence) -> Built:
    """Publish all editions with each engine."""
    sites, stages = {}, {}
    for engine in ENGINES:
        config = evidence.config.model_copy(update={"engine": engine, "site": f"site-{engine}"})
        for one in publish(replace(evidence, config=config), list(evidence.editions.values())):
            sites[engine, one.edition] = one
        folder = config.work / "stage"
        stages[engine] = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return Built(sites, stages)


@pytest.fixture(scope="module")
def own(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """This project's own knowledge base, built with each engine."""
    folder = tmp_path_factory.mktemp("own")
    for name in ("content", "checks", "overrides"):
        shutil.copytree(repository / name, folder / name)
    for name in ("mkdocs.yml", "pyproject.toml"):
        shutil.copy(repository / name, folder / name)
    return built(gather(load_config(folder), dt.date(2026, 11, 23), git=False))


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """A small one with one of everything that a stage can hold, built with each engine."""
    return built(knowledge_base(tmp_path_factory.mktemp("small"), SMALL))


@pytest.fixture(params=["own", "small"])
def base(request: pytest.FixtureRequest) -> Built:
    """Each of the two."""
    found: Built = request.getfixturevalue(request.param)
    return found


def test_every_site_is_clean_and_explained(base: Built) -> None:
    """The audit finds no leak, the manifest explains each file, nothing is warned of."""
    assert sorted(base.sites) == sorted((engine, edition) for engine in ENGINES for edition in EDITIONS)
    for one in base.sites.values():
        assert (one.failure, one.leaks, one.unexplained, one.notes, one.swapped) == (None, (), (), (), True)


def test_the_stage_is_the_same_and_stays_so(base: Built) -> None:
    """No engine gets another stage, but for the names of plugins and the worker of search, and none leaves anything in it."""
    stages = {engine: {name: content for name, content in stage.items() if "/workers/search." not in name} for engine, stage in base.stages.items()}
    for engine in OTHERS:
        other = {name: content.replace(b"- search\n- tags\n", b"- search\n- material/tags\n") for name, content in stages[engine].items()}
        assert other == stages["mkdocs"]


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("engine", OTHERS)
def test_readers_see_the_same(base: Built, engine: str, edition: str) -> None:
    """URLs, titles, canonical addresses, headings with their anchors, links and words are those of MkDocs."""
    one, other = base.sites["mkdocs", edition].folder, base.sites[engine, edition].folder
    mine, theirs = pages(one), pages(other)
    assert mine.keys() == theirs.keys()
    assert {name: theirs[name] for name in mine if theirs[name] != mine[name]} == {}
    assert sum(len(page["headings"]) for page in mine.values()) > 5
    more, less = FILES[engine]
    assert files(other).keys() - files(one).keys() <= more
    assert files(one).keys() - files(other).keys() <= less
    same = [name for name in files(one) if name in files(other) and not name.endswith((".html", ".xml", ".gz", ".json"))]
    assert all(files(one)[name].read_bytes() == files(other)[name].read_bytes() for name in same)


@pytest.mark.parametrize("engine", ENGINES)
def test_what_is_in_the_small_one_is_there(small: Built, engine: str) -> None:
    """Redirects, feeds, registers, the day of a change; what is archived is not found, and what is inside stays there."""
    site = small.sites[engine, "public"].folder
    assert {"old/a/index.html", "known-issues/index.html", "known-issues/feed.xml", "more.css", "extra.txt", "sitemap.xml"} <= files(site).keys()
    index = (site / ENGINES[engine].index).read_text("utf-8")
    assert ("Some words" in index or engine != "zensical", "zorilla" in index, "zebra" in index) == (True, False, False)
    assert "{{ 7 * 6 }}" in read(site / "guide/a/index.html")["words"]
    assert "zebra" in read(small.sites[engine, "internal"].folder / "index.html")["words"]


def test_two_engines_in_one_environment_do_not_mix(small: Built) -> None:
    """MkDocs builds with its own modules although a package is there that puts itself in their place."""
    generators = {
        engine: re.findall(r'name="generator" content="([a-z]+-?[A-Za-z]*)', (small.sites[engine, "public"].folder / "index.html").read_text())
        for engine in ENGINES
    }
    assert generators == {"mkdocs": ["mkdocs-"], "properdocs": ["mkdocs-ProperDocs"], "zensical": ["zensical-"]}


@pytest.mark.parametrize("engine", ENGINES)
def test_a_leak_of_a_template_is_found_with_each_engine(tmp_path: Path, engine: str) -> None:
    """The audit reads what was built, whoever built it."""
    leaky = {**SMALL, "overrides/main.html": '{% extends "base.html" %}{% block footer %}The wombat is inside, and so on: ana@example.com{% endblock %}'}
    evidence = knowledge_base(tmp_path / "kb", leaky, config=f'engine = "{engine}"')
    (public,) = publish(evidence, [evidence.editions["public"]])
    assert not public.swapped
    assert "owner ana" in {leak.source for leak in public.leaks}
    assert not public.folder.exists()


@pytest.mark.parametrize("engine", ENGINES)
def test_a_file_that_the_engine_was_not_asked_for_is_unexplained(tmp_path: Path, engine: str) -> None:
    """The manifest knows the files of each engine's theme by their bytes, and those of no other engine."""
    evidence = knowledge_base(tmp_path / "kb", {**SMALL, "overrides/assets/javascripts/LICENSE": "mine"}, config=f'engine = "{engine}"')
    (public,) = publish(evidence, [evidence.editions["public"]])
    assert public.swapped
    assert (public.folder / "assets/javascripts/LICENSE").read_text() == "mine"
    foreign = "search/search_index.json" if engine == "zensical" else "search.json"
    assert foreign not in files(public.folder)
    from kbtool.manifest import Explainer
    from kbtool.stage import stage

    explainer = Explainer(stage(evidence, evidence.editions["public"], tmp_path / "stage"), evidence, evidence.editions["public"])
    for name in (foreign, "assets/stylesheets/x.css"):
        (public.folder / name).parent.mkdir(exist_ok=True)
        (public.folder / name).write_text("x")
    unexplained = explainer.explain(public.folder).unexplained
    assert [name for name in unexplained if not name.startswith("pagefind/")] == sorted((foreign, "assets/stylesheets/x.css"))


@pytest.mark.parametrize("engine", OTHERS)
def test_two_builds_are_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: str) -> None:
    """Also with an engine that works in parallel and keeps a cache."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1795348800")
    found = []
    for name in ("one", "two"):
        evidence = knowledge_base(tmp_path / name, SMALL, config=f'engine = "{engine}"')
        (public,) = publish(evidence, [evidence.editions["public"]])
        found.append({path.relative_to(public.folder): path.read_bytes() for path in public.folder.rglob("*") if path.is_file()})
    assert found[0] == found[1]


# ---------------------------------------------------------------------------------------------- one by one


@pytest.fixture
def stage_folder(tmp_path: Path) -> Path:
    """Return a small stage."""
    (tmp_path / "stage/docs").mkdir(parents=True)
    (tmp_path / "stage/docs/index.md").write_text("# Home\n\n[x](nowhere.md)\n")
    (tmp_path / "stage/mkdocs.yml").write_text("site_name: Help\ntheme: {name: material, font: false}\nplugins: []\ndocs_dir: docs\nsite_dir: site\n")
    return tmp_path / "stage"


@pytest.mark.parametrize(("engine", "said"), [
    ("mkdocs", "Doc file 'index.md' contains a link 'nowhere.md', but the target is not found among documentation files."),
    ("properdocs", "Doc file 'index.md' contains a link 'nowhere.md', but the target is not found among documentation files."),
    ("zensical", "index.md:3:5 page does not exist"),
])
def test_what_an_engine_warns_of_is_handed_back(stage_folder: Path, tmp_path: Path, engine: str, said: str) -> None:
    """In a line without colours; what is left of a killed build is in nobody's way, and the stage is left as it was."""
    if engine == "zensical":
        (stage_folder / "site").mkdir()
        (stage_folder / "site/left.html").write_text("over")
    assert build_site(stage_folder, tmp_path / "out", how=How(engine)) == [said]
    assert (tmp_path / "out/index.html").is_file()
    assert not (tmp_path / "out/left.html").exists()
    assert sorted(path.name for path in stage_folder.iterdir()) == ["docs", "mkdocs.yml"]


@pytest.mark.parametrize("engine", ENGINES)
def test_what_an_engine_fails_of_is_told(stage_folder: Path, tmp_path: Path, engine: str) -> None:
    """One line, with its name and the cause."""
    with (stage_folder / "mkdocs.yml").open("a") as config:
        config.write("markdown_extensions: [no.such.extension]\n")
    with pytest.raises(IncompleteError) as caught:
        build_site(stage_folder, tmp_path / "out", how=How(engine))
    assert caught.value.message.startswith(f"{ENGINES[engine].title} could not build the site: ")
    assert re.search(r"no\.such|No module named 'no'", caught.value.message)
    assert not (tmp_path / "out").exists()


HIDDEN = """
import importlib.util
found = importlib.util.find_spec
importlib.util.find_spec = lambda name, package=None: None if name == "zensical" else found(name, package)
"""


def test_an_engine_that_is_not_installed_is_one_line(kb: Any, tmp_path: Path) -> None:
    """Nothing is checked or built, the old site stays, and the line says what to install."""
    (tmp_path / "hook").mkdir()
    (tmp_path / "hook/sitecustomize.py").write_text(HIDDEN)
    kb.write("pyproject.toml", '[tool.kbtool]\nengine = "zensical"\n')
    kb.write("site/public/index.html", "old")
    before = kb.tree()
    done = kb.run("build", env={"PYTHONPATH": str(tmp_path / "hook")})
    assert (done.code, done.out) == (2, "")
    assert done.err == "kbtool: error[no-engine]: pyproject.toml: engine = 'zensical': Zensical is not installed (pip install 'kbtool[zensical]')\n"
    assert kb.tree() == before
    assert kb.run("check", env={"PYTHONPATH": str(tmp_path / "hook")}).code != 2


def test_an_engine_that_does_not_exist_is_a_fault_of_the_configuration(kb: Any) -> None:
    """The line names those that do."""
    kb.write("pyproject.toml", '[tool.kbtool]\nengine = "hugo"\n')
    done = kb.run("build")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("kbtool: error[config]: pyproject.toml:2: engine: ")
    assert "'mkdocs', 'properdocs' or 'zensical'" in done.err


def test_each_engine_is_an_extra_of_the_package(repository: Path) -> None:
    """What the message tells people to install exists, in the version that is tried here."""
    import tomllib

    project = tomllib.loads((repository / "pyproject.toml").read_text())
    extras = project["project"]["optional-dependencies"]
    assert set(extras) == set(OTHERS)
    assert all(wish in project["dependency-groups"]["dev"] for wishes in extras.values() for wish in wishes)
    assert find_engine("mkdocs").name == "mkdocs"
