"""The index of a site: which pages are in it, which of their words, and that it is the same whenever it is made."""

from __future__ import annotations

import gzip
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from kbtool import search_index
from kbtool.engines import find_engine
from kbtool.errors import IncompleteError
from kbtool.evidence import Evidence
from kbtool.pagefind import make_index
from kbtool.publish import publish
from kbtool.search_index import (
    Page,
    Standing,
    index_files,
    index_site,
    is_index_file,
    pages_to_find,
    search_language,
    search_worker,
)
from kbtool.stage import stage
from kbtool.testing import knowledge_base

SHELL = '<html lang="en"><head><title>T</title></head><body><nav>Menu of all</nav><article class="md-content__inner md-typeset">{}</article><footer>End</footer></body></html>'


def fragments(site: Path) -> dict[str, dict[str, Any]]:
    """Return what the index has of each page, by URL."""
    found = [json.loads(gzip.decompress(path.read_bytes())[12:]) for path in index_files(site) if path.suffix == ".pf_fragment"]
    return {one["url"]: one for one in found}


@pytest.fixture
def site(tmp_path: Path) -> Callable[[Mapping[str, str]], Path]:
    """A function that writes a site: file -> what is in its article."""

    def make(articles: Mapping[str, str], name: str = "site") -> Path:
        folder = tmp_path / name
        for file, article in articles.items():
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_text(SHELL.format(article))
        return folder

    return make


# ---------------------------------------------------------------------------------------------- the words of a page


FACTS_AND_MORE = '<p>b</p><aside class="kb-facts"><dl><dt>c</dt></dl></aside><p>d</p><aside class="kb-facts">c<aside>c</aside>c</aside>'
WORDS = {
    "the article alone": ("<h1>A</h1><p>b</p>", "A. b."),
    "no headerlink": ('<h1>A<a class="headerlink" href="#a">¶</a></h1><p>b</p>', "A. b."),
    "no facts": ('<h1>A</h1><p>b</p><aside class="kb-facts">c</aside><p class="kb-notice">c</p><p class="kb-follow">c</p>', "A. b."),
    "no facts, and what follows them": (f"<h1>A</h1>{FACTS_AND_MORE}", "A. b. d."),
    "no notices": ('\n <p class="kb-notice">c <time>d</time></p>\n<p class="kb-notice kb-notice--x">e</p><h1>A</h1><p>b</p>', "A. b."),
    "a notice that is not at the top": ('<h1>A</h1><p>b</p><p class="kb-notice">c</p><p>d</p>', "A. b. d."),
    "no numbers of lines": ('<h1>A</h1><table><tr><td class="linenos">1</td><td class="code">b</td></tr></table>', "A. b."),
    "nothing that Material leaves out": ("<h1>A</h1><p>b</p><p data-search-exclude>c</p>", "A. b."),
    "nothing that Pagefind leaves out": ("<h1>A</h1><p>b</p><p data-pagefind-ignore>c</p>", "A. b."),
    "no scripts": ("<h1>A</h1><p>b</p><script>c</script><style>c</style><nav>c</nav>", "A. b."),
    "code apart": ("<h1>A</h1>b<pre>c</pre>d<dl><dt>e</dt><dd>f</dd></dl>", "A. b c d e f"),
    "a page that claims to be the only one": ("<h1 data-pagefind-body>A</h1><p>b</p>", "A. b."),
    "words about that": ("<h1>A</h1><p>&lt;p data-pagefind-body> b</p>", "A. <p data-pagefind-body> b."),
}


@pytest.mark.parametrize(("article", "words"), WORDS.values(), ids=WORDS)
def test_what_is_indexed_of_a_page(site: Callable[..., Path], article: str, words: str) -> None:
    """The text of its article, and nothing that stands around or in between."""
    folder = site({"index.html": article, "other/index.html": "<h1>B</h1><p>c</p>"})
    made = index_site(folder, [Page("index.html"), Page("other/index.html")])
    found = fragments(folder)
    assert " ".join(found["/"]["content"].split()) == words
    assert found["/other/"]["content"].split() == ["B.", "c."]
    assert made.notes == ()


def test_sections_and_tags(site: Callable[..., Path]) -> None:
    """Headings with their anchors, and the tags that no article shows in its text."""
    folder = site({"a.html": '<h1 id="a">A</h1><p>b</p><h2 id="c">C</h2><p>d</p>'})
    index_site(folder, [Page("a.html", ("x & y", 'q"r', "<z>"))])
    (found,) = fragments(folder).values()
    assert [(anchor["element"], anchor["id"], anchor["text"]) for anchor in found["anchors"]] == [("h1", "a", "A"), ("h2", "c", "C")]
    assert found["meta"] == {"tags": 'x & y, q"r, <z>', "title": "A"}


@pytest.mark.parametrize(("file", "url"), [
    ("index.html", "/"), ("a/index.html", "/a/"), ("a.html", "/a.html"), ("ä b/index.html", "/%C3%A4%20b/"), ("a#b?c%d:e/index.html", "/a%23b%3Fc%25d%3Ae/"),
    ("myindex.html", "/myindex.html"),
])
def test_the_url_of_a_page(site: Callable[..., Path], file: str, url: str) -> None:
    """It is escaped, so that a browser finds the page whatever is in its name."""
    folder = site({file: "<h1>A</h1>"})
    index_site(folder, [Page(file)])
    assert [*fragments(folder)] == [url]


def test_a_page_without_an_article_is_told(site: Callable[..., Path]) -> None:
    """A template of the site's own may have none; its page is not found, and the others are."""
    folder = site({"a.html": "<h1>A</h1>"})
    (folder / "b.html").write_text("<html><body><main>B</main></body></html>")
    made = index_site(folder, [Page("a.html"), Page("b.html"), Page("not-there.html")])
    assert [*fragments(folder)] == ["/a.html"]
    assert made.notes == ("1 of 2 pages have no text in 'article.md-content__inner': the search does not find them",)


# ---------------------------------------------------------------------------------------------- the files


def test_what_is_written(site: Callable[..., Path]) -> None:
    """What the worker needs, each with its digest; none of Pagefind's own search fields."""
    folder = site({"a.html": "<h1>A</h1>", "b.html": "<h1>B</h1>"})
    before = {path.relative_to(folder).as_posix() for path in folder.rglob("*")}
    made = index_site(folder, [Page("a.html"), Page("b.html")])
    new = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} - before
    assert new == made.files.keys() == {path.relative_to(folder).as_posix() for path in index_files(folder)}
    names = {name for name in new if "_" not in name}
    assert names == {"pagefind/pagefind.js", "pagefind/pagefind-entry.json", "pagefind/wasm.en.pagefind"}
    assert sorted(name.rpartition(".")[2] for name in new - names) == ["pf_fragment", "pf_fragment", "pf_index", "pf_meta"]
    assert made.version == version("pagefind")


@pytest.mark.parametrize("name", [
    "pagefind.js", "pagefind/pagefind-ui.js", "pagefind/x.pf_fragment", "pagefind/fragment/../x.pf_fragment", "pagefind/fragment/en_1.pf_fragment.html",
    "pagefind/fragment/a/en_1.pf_fragment", "pagefind/index.html", "pagefind/fragment/EN_1.pf_index", "pagefind/pagefindxjs", "pagefind/",
])
def test_other_names_are_none_of_the_index(name: str) -> None:
    """Whatever else is in the folder, or looks alike."""
    assert not is_index_file(name)


def test_the_same_site_gives_the_same_bytes(site: Callable[..., Path]) -> None:
    """However the files came to the disk, and in whatever order the pages are named."""
    articles = {f"{n % 7}/p{n}/index.html": f"<h1>Page {n}</h1><p>Word{n} and {n * n}.</p>" for n in range(100)}
    one, other = site(articles, "one"), site(dict(reversed(articles.items())), "other")
    for path in (other / "3").rglob("*.html"):
        os.utime(path, (1, 1))
    pages = [Page(name, ("t",)) for name in articles]
    assert index_site(one, pages) == index_site(other, pages[::-1])
    assert {path.name: path.read_bytes() for path in index_files(one)} == {path.name: path.read_bytes() for path in index_files(other)}


def standing(folder: Path, name: str = "") -> Standing:
    """Return a site that stands, and where it is kept what its index was made of."""
    return Standing(folder, folder.with_name("record.json"), folder.with_name(f"{name}record.json"))


FACTS = '<p>b</p><aside class="kb-facts" aria-label="About"><dl><div><dt>Reviewed</dt><dd><time>{}</time></dd></div></dl></aside><p>c</p>'
NOTICE = '\n\n  <p class="kb-notice kb-notice--overdue">Was due by <time>2026-01-01</time>.</p>\n\n<h1>B</h1>'
CHANGES: dict[str, Callable[[Path, pytest.MonkeyPatch], object]] = {
    "a word": lambda site, _: (site / "a.html").write_text(SHELL.format("<h1>Other</h1>")),
    "a word of the last page": lambda site, _: (site / "c.html").write_text(SHELL.format("<h1>Other</h1>")),
    "one page less": lambda site, _: (site / "c.html").unlink(),
    "one page more": lambda site, _: (site / "d.html").write_text(SHELL.format("<h1>D</h1>")),
    "the program": lambda _, patch: patch.setattr(search_index, "installed", lambda: ("pagefind 1.0",)),
    "a file of the index": lambda site, _: next(index_files(site)).write_bytes(b"other"),
    "a file of the index that is gone": lambda site, _: next(index_files(site)).unlink(),
    "what is kept": lambda site, _: standing(site).record.write_text("{}"),
    "the form of what is kept": lambda site, _: standing(site).record.write_text("[1]"),
    "half of what is kept": lambda site, _: standing(site).record.write_text(standing(site).record.read_text()[:-9]),
}


@pytest.mark.parametrize(("change", "made"), [(None, 0), *((change, 1) for change in CHANGES)])
def test_an_index_that_stands_is_taken(
    site: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, change: str | None, made: int,
) -> None:
    """Of the same pages no index is made anew; of others, or where the one that stands is not whole, one is, with the same bytes."""
    folder = site({"a.html": "<h1>A</h1>", "b.html": f"{NOTICE}{FACTS.format(1)}", "c.html": "<h1>C</h1>"})
    pages = [Page(f"{name}.html") for name in "abcd"]
    index_site(folder, pages, standing=standing(folder))
    (folder / "b.html").write_text(SHELL.format(f"<h1>B</h1>{FACTS.format(2)}"))
    if change:
        CHANGES[change](folder, monkeypatch)
    calls: list[str] = []
    monkeypatch.setattr(search_index, "make_index", lambda *args, **more: (calls.append(""), make_index(*args, **more))[1])
    new = folder.rename(folder.with_name("new"))
    shutil.copytree(new / "pagefind", folder / "pagefind")
    shutil.rmtree(new / "pagefind")
    found = index_site(new, pages, standing=standing(folder, "new"))
    assert len(calls) == made
    shutil.rmtree(folder)
    shutil.copytree(new, folder)
    shutil.rmtree(folder / "pagefind")
    assert found == index_site(folder, pages)
    assert [path.read_bytes() for path in index_files(new)] == [path.read_bytes() for path in index_files(folder)]
    known = json.loads(standing(folder, "new").new_record.read_text())
    assert known["files"] == found.files
    assert len(known["pages"]) == len([*folder.glob("*.html")])


def test_what_is_kept_names_no_other_file(site: Callable[..., Path]) -> None:
    """What is kept of an index brings no file of another name along."""
    folder = site({"a.html": "<h1>A</h1>"})
    index_site(folder, [Page("a.html")], standing=standing(folder))
    known = json.loads(standing(folder).record.read_text())
    (folder / "secret.html").write_text("secret")
    known["files"]["secret.html"] = search_index._digests({"": b"secret"})[""]
    standing(folder).record.write_text(json.dumps(known))
    shutil.copytree(folder / "pagefind", folder.with_name("old") / "pagefind")
    shutil.rmtree(folder / "pagefind")
    old = Standing(folder.with_name("old"), standing(folder).record, standing(folder).new_record)
    assert "secret.html" not in index_site(folder, [Page("a.html")], standing=old).files


def test_a_file_of_the_site_is_not_written_over(site: Callable[..., Path]) -> None:
    """Nothing is written at all, and the error names the file; other files in a folder of that name are no trouble."""
    folder = site({"a.html": "<h1>A</h1>", "pagefind/index.html": "<h1>About</h1>"})
    (folder / "pagefind/pagefind.js").write_text("mine")
    with pytest.raises(IncompleteError, match=r"pagefind/pagefind\.js is a file of the site") as caught:
        index_site(folder, [Page("a.html")])
    assert caught.value.kind == "search"
    assert sorted(path.name for path in (folder / "pagefind").iterdir()) == ["index.html", "pagefind.js"]
    (folder / "pagefind/pagefind.js").unlink()
    assert index_site(folder, [Page("a.html"), Page("pagefind/index.html")]).notes == ()


def test_an_old_pagefind_is_refused(site: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker needs what 1.5 has; whatever is on the PATH may be older."""
    for entry in ('{"version": "1.4.0"}', '{"version": "0.12.0"}', "{}"):
        monkeypatch.setattr(search_index, "make_index", lambda _, entry=entry, **__: {"pagefind-entry.json": entry.encode()})
        with pytest.raises(IncompleteError, match="is too old"):
            index_site(site({"a.html": "<h1>A</h1>"}), [Page("a.html")])


# ---------------------------------------------------------------------------------------------- languages


@pytest.mark.parametrize(("config", "language"), [
    ({}, "en"), ({"theme": {"name": "material", "language": "de"}}, "de"), ({"theme": {"language": "pt-BR"}}, "pt-br"),
    ({"theme": {"language": "de"}, "plugins": [{"search": {"lang": "fr"}}]}, "fr"), ({"plugins": [{"search": {"lang": ["it", "en"]}}]}, "it"),
    ({"plugins": ["search"], "theme": {"language": "zh_Hant"}}, "zh-hant"), ({"theme": {"language": "../x"}}, "unknown"), ({"theme": {"language": 1}}, "unknown"),
    ({"plugins": [{"search": {"lang": []}}]}, "en"),
])
def test_the_language_of_an_edition(config: dict[str, Any], language: str) -> None:
    """That of the search plugin, else of the theme; what is no name of a language comes into no file name."""
    assert search_language(config) == language


@pytest.mark.parametrize("language", ["de", "pt-br", "zh-hant", "fa", "unknown"])
def test_an_index_of_any_language(site: Callable[..., Path], language: str) -> None:
    """With the stemmer of the language, or the one that stems nothing; pages that claim another are in it, too."""
    folder = site({"a.html": "<h1>Häuser</h1>"})
    made = index_site(folder, [Page("a.html")], language)
    stem = language if language in ("de", "pt-br") else "unknown"
    assert [name for name in made.files if "wasm" in name] == [f"pagefind/wasm.{stem}.pagefind"]
    entry = json.loads((folder / "pagefind/pagefind-entry.json").read_text())["languages"]
    assert {name: one["page_count"] for name, one in entry.items()} == {language: 1}
    assert any("pagefind[extended]" in note for note in made.notes) is (language == "zh-hant")


# ---------------------------------------------------------------------------------------------- which pages


PUBLIC = "---\ntitle: Page {0}\naudience: public\n{1}---\n\n# Page {0}\n\nWords of {0}.\n"
FILES = {
    "content/index.md": PUBLIC.format("home", "tags: [one, two words]\n"),
    "content/guide/README.md": PUBLIC.format("guide", "redirect_from: [old/guide]\n"),
    "content/old.md": PUBLIC.format("old", "confidence: archived\n"),
    "content/hidden.md": PUBLIC.format("hidden", "search: {exclude: true}\n"),
    "content/seen.md": PUBLIC.format("seen", "search: {boost: 2}\n"),
    "content/in.md": "---\ntitle: Inside\n---\n\n# Inside\n\nSecretive words.\n",
    "content/bug.md": PUBLIC.format("bug", "content_type: known-issue\nknown_issue: {state: confirmed, opened: 2026-10-01}\n"),
}
MKDOCS = "site_name: Help\ntheme: {name: material, font: false}\nplugins: [search, tags]\nuse_directory_urls: %s\n"


@pytest.fixture
def evidence(tmp_path: Path) -> Callable[..., Evidence]:
    """A function that writes a knowledge base and gathers its evidence."""
    return lambda urls="true", **files: knowledge_base(tmp_path / "kb", {**FILES, "mkdocs.yml": MKDOCS % urls, **files})


@pytest.mark.parametrize(("urls", "files"), [
    ("true", {"index.html", "guide/index.html", "seen/index.html", "bug/index.html", "known-issues/index.html"}),
    ("false", {"index.html", "guide/index.html", "seen.html", "bug.html", "known-issues/index.html"}),
])
def test_the_pages_of_an_edition(evidence: Callable[..., Evidence], tmp_path: Path, urls: str, files: set[str]) -> None:
    """Articles and kbtool's own pages; none that is archived, excluded or for others, no redirect."""
    found = evidence(urls)
    staged = stage(found, found.editions["public"], tmp_path / "stage")
    pages = pages_to_find(tmp_path / "stage/docs", staged.config)
    assert {page.file for page in pages} == files
    assert {page.file: page.tags for page in pages if page.tags} == {"index.html": ("one", "two words")}


def words(folder: Path) -> str:
    """Return all that an index says."""
    return json.dumps(fragments(folder), ensure_ascii=False)


def test_each_published_edition_has_an_index_of_its_own(evidence: Callable[..., Evidence]) -> None:
    """The help centre's has nothing of the wiki, neither in fragments nor in the words of its chunks; 404 is in none."""
    found = evidence()
    public, internal = publish(found, [found.editions["public"], found.editions["internal"]])
    assert public.swapped
    assert internal.swapped
    assert "Secretive" not in words(public.folder)
    assert "Secretive" in words(internal.folder)
    for one, has in ((public, False), (internal, True)):
        chunks = b"".join(gzip.decompress(path.read_bytes()) for path in index_files(one.folder) if path.suffix == ".pf_index")
        assert (b"secret" in chunks) is has
        assert not {"/404.html", "/old/", "/hidden/", "/old/guide/"} & {*fragments(one.folder)}


def test_an_edition_whose_words_stay_keeps_its_index(evidence: Callable[..., Evidence], monkeypatch: pytest.MonkeyPatch) -> None:
    """An article that an edition does not show can change, and no index of that edition is made anew."""
    first = evidence()
    publish(first, list(first.editions.values()))
    calls = first.config.root / "calls"
    monkeypatch.setattr(search_index, "make_index", lambda *args, **more: (calls.open("a").write("made "), make_index(*args, **more))[1])
    hidden = next(article for article in first.articles if article.audience == "internal")
    again = evidence(**{hidden.path: f"{FILES[hidden.path]}\nA new sentence.\n"})
    before = words(first.config.root / "site/public")
    assert [one.swapped for one in publish(again, list(again.editions.values()))] == [True, True]
    assert calls.read_text() == "made "
    assert words(first.config.root / "site/public") == before
    assert "A new sentence" in words(first.config.root / "site/internal")


def test_a_build_without_pagefind_leaves_the_site(kb: Any) -> None:
    """Exit code 3, one line with the command that helps; the site that was there is as it was."""
    kb.write("mkdocs.yml", "site_name: Help\ntheme: {name: material, font: false}\n")
    assert kb.run("build", "--edition", "public").code == 0
    before = {name: content for name, content in kb.tree().items() if name.startswith("site/")}
    kb.write("content/index.md", (kb.root / "content/index.md").read_text() + "More.\n")
    done = kb.run("build", "--edition", "public", env={"PAGEFIND_BINARY_PATH": "/nowhere/pagefind"})
    assert done.code == 3
    (line,) = [line for line in done.err.splitlines() if "error" in line]
    assert "Pagefind, which makes the search index, is not installed at /nowhere/pagefind (pip install 'pagefind[bin]'" in line
    assert {name: content for name, content in kb.tree().items() if name.startswith("site/")} == before


# ---------------------------------------------------------------------------------------------- the worker


MATERIAL = {"theme": {"name": "material"}}
STAYS = {
    "another theme": {"theme": {"name": "mkdocs"}}, "no theme": {}, "no plugins": {**MATERIAL, "plugins": []},
    "no search": {**MATERIAL, "plugins": ["tags"]}, "search off": {**MATERIAL, "plugins": [{"search": {"enabled": False}}]},
    "a fork": {"theme": {"name": "materialx"}},
}


@pytest.mark.parametrize("config", STAYS.values(), ids=STAYS)
def test_where_the_search_stays_as_it_is(config: dict[str, Any]) -> None:
    """There is nothing to put our worker in the place of."""
    assert search_worker(config) == ("", "")


@pytest.mark.parametrize("config", [MATERIAL, {"theme": "material"}, {**MATERIAL, "plugins": ["material/search"]}, {**MATERIAL, "plugins": [{"search": {"lang": "de"}}]}])
def test_the_worker_has_the_name_of_the_themes_own(config: dict[str, Any]) -> None:
    """Found in the installed package; another engine has a search of its own."""
    name, note = search_worker(config)
    (folder,) = [folder for label, folder in find_engine("mkdocs").theme_folders("material") if "material" in label]
    assert (folder / name).is_file()
    assert name in (folder / "base.html").read_text()
    assert note == ""
    assert search_worker(config, "properdocs") == (name, "")
    assert search_worker(config, "zensical") == ("", "")


@pytest.mark.parametrize(("base", "file"), [("", "search.1.min.js"), ("assets/javascripts/workers/search.1.min.js", "")], ids=["not named", "not there"])
def test_an_unknown_material_keeps_its_search(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, base: str, file: str) -> None:
    """And says so, since it then ships the whole index to each reader."""
    (tmp_path / "assets/javascripts/workers").mkdir(parents=True)
    (tmp_path / "base.html").write_text(f'"search": "{base}" | url')
    if file:
        (tmp_path / "assets/javascripts/workers" / file).write_text("x")
    folders = [("mkdocs-material 10.0", tmp_path), ("mkdocs 1.6.1", tmp_path)]
    monkeypatch.setattr(search_index, "find_engine", lambda _: SimpleNamespace(theme_folders=lambda _: iter(folders)))
    assert search_worker(MATERIAL) == ("", "mkdocs-material 10.0 has no search worker that kbtool knows: the search index is that of MkDocs, not Pagefind's")


def workers(folder: Path) -> Iterator[str]:
    """Yield what search workers a stage has."""
    yield from (path.read_text() for path in (folder / "overrides/assets/javascripts").rglob("*.js"))


def test_the_stage_has_the_worker(evidence: Callable[..., Evidence], tmp_path: Path) -> None:
    """For a build; under `kbtool serve` the search is MkDocs' own, and a site's own worker wins."""
    found = evidence()
    edition = found.editions["public"]
    name, _ = search_worker(stage(found, edition, tmp_path / "stage").config)
    assert [worker.count('const language = "en"') for worker in workers(tmp_path / "stage")] == [1]
    stage(found, edition, tmp_path / "preview", preview=True)
    assert [*workers(tmp_path / "preview")] == []
    own = evidence(**{f"overrides/{name}": "mine", "mkdocs.yml": "theme: {name: material, custom_dir: overrides}\n"})
    stage(own, own.editions["public"], tmp_path / "own")
    assert [*workers(tmp_path / "own")] == ["mine"]
