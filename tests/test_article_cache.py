"""What is kept of articles: a run that finds it says the same as one that reads everything."""

from __future__ import annotations

import datetime as dt
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kbtool import article_cache, articles
from kbtool.article_cache import Head, Kept, KeptPlaces, read_head
from kbtool.articles import Article, load_articles
from kbtool.cache import FOLDER, Cache
from kbtool.config import Config, load_config
from kbtool.errors import IncompleteError
from kbtool.evidence import gather
from kbtool.registry import make_checks
from kbtool.reports import json as json_report
from kbtool.reports import text as text_report
from kbtool.runner import run
from kbtool.site_config import load_site_config, slugger
from kbtool.testing import knowledge_base
from kbtool.yaml_text import Place, YamlTextError, parse

TODAY = dt.date(2026, 11, 22)
REST = "audience: public\nowners: [ana, gone]\nproduct_areas: [billing]\nlast_reviewed_on: 2026-05-20\n"
ODD = """# Home {#start}

## Set up\r
See [a](a.md#no-such), [b](b.md#set-up), ![x](gone.png) and [nothing](nowhere.md).\u200b

::: internal
--8<-- "c.md"
:::

<!-- expires 2026-11-01 -->
Old. \x1b[31m
<!-- end expires -->
"""
TEXTS = {
    "clean": f"---\ntitle: Clean\n{REST}---\n\n# Clean\n\nSee [home](index.md).\n",
    "odd": f"---\ntitle: Odd\n{REST}tickets: [SUP-1, {{ref: SUP-2, expects: open}}]\n---\n{ODD}",
    "typed": "---\ntitle: Typed\nreview_in: 90 days\nexpires: 2026-11-20\nrisk: high\ncovers: src/**\ndraft: true\n"
             "known_issue: {state: confirmed, opened: 2026-10-01, affects: [a, b]}\nredirect_from: [/old/, a.md]\n---\nText.\n",
    "wrong": "---\ntitle: [a]\naudiense: public\nlast_reviewed_on: 2026-13-01\nowners: [nobody]\n---\nText.\n",
    "open": "---\ntitle: Open\n",
    "none": "# No front matter\n\n[a](a.md)\n",
    "unclosed": f"---\n{REST}---\n::: internal\n<!-- never\n",
    "govuk": "---\ntitle: Deploy\n---\n\n# <%= current_page.data.title %>\n\n[self](#deploy)\n",
    "latin": b"---\ntitle: caf\xe9\n---\n",
    "empty": "",
}
CONFIGS = {
    "plain": "", "govuk": 'preset = "govuk"\n', "short": "max_article_bytes = 40\n", "directive": 'directives = ["internal"]\n',
    "defaults": '[tool.kbtool.defaults."sub/**"]\nowners = ["ana"]\nceiling = "internal"\n',
    "audience": '[tool.kbtool.editions.partner]\naudiences = ["partner"]\n',
}
SITES = {"none": None, "plain": "site_name: A\n", "toc": "site_name: A\nmarkdown_extensions:\n  - toc: {separator: _}\n"}
NAMES = ["index.md", "a.md", "b.md", "sub/c.md", "sub/d.md", "a\u00e9.md", os.fsdecode(b"\xff.md")]


def _reports(root: Path, cache: Cache) -> tuple[str, str]:
    """Return both reports of a run with this cache, which then keeps what the run has worked out."""
    config = load_config(root)
    evidence = gather(config, TODAY, cache, git=False)
    found = run(evidence, make_checks(config))
    evidence.content.keep()
    return json_report.render(found), text_report.render(found)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every run begins later than whatever was changed before it, although the test does not wait."""
    monkeypatch.setattr(article_cache, "_COARSEST", -(10**12))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A knowledge base with every kind of article."""
    files = {f"content/{name}.md": text for name, text in TEXTS.items()}
    return knowledge_base(tmp_path / "kb", files).config.root


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """Return which files are read, and which texts are parsed, from here on."""
    seen: dict[str, list[str]] = {"read": [], "parsed": []}

    def spied(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(first: Any, *args: Any) -> Any:
            seen[name].append(Path(first).name if name == "read" else first)
            return real(first, *args)

        return call

    monkeypatch.setattr(articles, "read_content", spied("read", articles.read_content))
    monkeypatch.setattr(articles, "split", spied("parsed", articles.split))
    return seen


def _load(root: Path) -> tuple[Config, Mapping[str, Article]]:
    config = load_config(root)
    content = load_articles(config, slugger(load_site_config(config)), Cache(root / FOLDER))
    return config, content.by_source


# ---------------------------------------------------------------------------------------------- the same result


EDITS = st.one_of(
    st.tuples(st.just("write"), st.sampled_from(NAMES), st.sampled_from(sorted(TEXTS))),
    st.tuples(st.just("remove"), st.sampled_from(NAMES), st.just("")),
    st.tuples(st.just("move"), st.sampled_from(NAMES), st.sampled_from(NAMES)),
    st.tuples(st.just("same size"), st.sampled_from(NAMES), st.sampled_from("abc")),
    st.tuples(st.just("config"), st.just("pyproject.toml"), st.sampled_from(sorted(CONFIGS))),
    st.tuples(st.just("site"), st.just("mkdocs.yml"), st.sampled_from(sorted(SITES))),
)


def _edit(root: Path, what: str, name: str, how: str) -> None:
    path = root / name if name.startswith(("pyproject", "mkdocs")) else root / "content" / name
    old = path.stat() if path.exists() else None
    if what == "write":
        text = TEXTS[how]
        _write(path, text if isinstance(text, bytes) else text.encode())
    elif what in ("config", "site"):
        text = f"[tool.kbtool]\n{CONFIGS[how]}" if what == "config" else SITES[how] or ""
        _write(path, text.encode())
        if not text:
            path.unlink()
    elif old is None:
        return
    elif what == "remove":
        path.unlink()
    elif what == "move":
        (root / "content" / how).parent.mkdir(exist_ok=True)
        path.replace(root / "content" / how)
    else:
        _write(path, path.read_bytes().replace(b"a", how.encode()))
        os.utime(path, ns=(old.st_atime_ns, old.st_mtime_ns))  # as an archive or an editor may do it


def _write(path: Path, content: bytes) -> None:
    """Write a file so that its state is another one: the clock of the file system ticks only every few milliseconds."""
    path.parent.mkdir(exist_ok=True)
    before = path.stat().st_ctime_ns if path.exists() else 0
    path.write_bytes(content)
    while path.stat().st_ctime_ns == before:
        path.write_bytes(content)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rounds=st.lists(st.tuples(st.booleans(), st.lists(EDITS, min_size=1, max_size=4)), min_size=1, max_size=4))
def test_a_warm_run_says_what_a_cold_one_says(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, rounds: list[tuple[bool, list[tuple[str, str, str]]]]
) -> None:
    """Whatever is edited between runs, also under its old size and time, the reports are those of a run that reads everything."""
    root = knowledge_base(tmp_path_factory.mktemp("kb"), {"content/index.md": TEXTS["odd"], "content/a.md": TEXTS["clean"]}).config.root
    cache = Cache(root / FOLDER)
    for patient, edits in rounds:
        with monkeypatch.context() as patch:
            if patient:
                patch.setattr(article_cache, "_COARSEST", -(10**12))
            first = _reports(root, cache)
            for edit in edits:
                _edit(root, *edit)
            cold = _reports(root, Cache(None))
            assert _reports(root, cache) == cold
            assert _reports(root, cache) == cold
            assert first
    assert cache.notes == []


def test_an_article_comes_back_as_it_was(root: Path, patient: None) -> None:
    """Every part of an article is the same from the cache as from its file."""
    _reports(root, Cache(root / FOLDER))
    _, kept = _load(root)
    config, _ = _load(root)
    cold = load_articles(config, slugger(load_site_config(config))).by_source
    assert kept.keys() == cold.keys()
    for source, article in kept.items():
        assert article.kept is not None
        assert _parts(article) == _parts(cold[source])


def _parts(article: Article) -> dict[str, Any]:
    plain = {name: getattr(article, name) for name in (
        "path", "source", "audience", "problems", "body_start", "body_line", "control_characters", "hidden_characters", "placeholders",
        "audiences", "block_words", "slugger", "aliases", "text", "body", "raw", "title", "unreadable_keys",
    )}
    facts = {name: getattr(article.markdown, name) for name in article_cache.FACTS}
    matter = article.front_matter
    lines = [article.line(number) for number in range(-1, article.text.count("\n") + 3)]
    return {**plain, **facts, "matter": matter.model_dump(), "set": matter.model_fields_set, "state": matter.state,
            "places": dict(article.places), "head": article.head.text, "lines": lines, "links": article.markdown.links}


@given(st.dictionaries(
    st.one_of(st.sampled_from(["a", "0", "[", '["a", 0]', "é", "a/b", "~"]), st.text(max_size=4)),
    st.recursive(st.just("x"), lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["0", "b", "["]), inner, max_size=2)),
))
def test_places_come_back_under_their_keys(values: dict[str, Any]) -> None:
    """Whatever the keys are, lists or mappings below them, each is found again at its place, and nothing else is."""
    import json

    try:
        places = parse(json.dumps(values)).places
    except YamlTextError:
        return
    kept = read_head(article_cache._HEAD.dump_json(("", {article_cache._name(key): tuple(place) for key, place in places.items()})))
    assert dict(kept.places) == places
    assert len(kept.places) == len(places)
    assert all(kept.places.get(key) == place for key, place in places.items())
    assert kept.places.get(("no such",)) is None


# ---------------------------------------------------------------------------------------------- what is read


def test_what_has_not_changed_is_not_read(tmp_path: Path, patient: None, reads: dict[str, list[str]]) -> None:
    """A second run opens no article, not even for the lines of front matter that its findings show, but for one that changed."""
    files = {f"content/{name}.md": TEXTS[name] for name in ("typed", "wrong")} | {"content/index.md": f"---\n{REST}---\nText.\n"}
    root = knowledge_base(tmp_path, files).config.root
    cache = Cache(root / FOLDER)
    reads["read"].clear()
    cold = _reports(root, cache)
    assert all(f"\n{name}\n" in f"\n{cold[1]}" for name in files)
    assert sorted(reads["read"]) == ["index.md", "typed.md", "wrong.md"]
    reads["read"].clear()
    assert _reports(root, cache) == cold
    assert reads["read"] == []
    _write(root / "content/typed.md", b"---\ntitle: Other\n---\n")
    assert _reports(root, cache) != cold
    assert reads["read"] == ["typed.md"]


def test_a_new_checkout_is_read_and_not_parsed(root: Path, tmp_path: Path, patient: None, reads: dict[str, list[str]]) -> None:
    """Files with other times and inodes are known by their bytes, as CI needs it that restores a cache."""
    cold = _reports(root, Cache(root / FOLDER))
    shutil.copytree(root, tmp_path / "other")
    reads["parsed"].clear()
    assert _reports(tmp_path / "other", Cache(tmp_path / "other" / FOLDER)) == cold
    assert reads["parsed"] == []


def test_what_was_changed_only_just_is_known_by_its_bytes(root: Path, reads: dict[str, list[str]]) -> None:
    """A state counts once its file was older than the run: until then the bytes are read, and nothing is parsed."""
    cache = Cache(root / FOLDER)
    cold = _reports(root, cache)
    reads["parsed"].clear()
    reads["read"].clear()
    assert _reports(root, cache) == cold
    assert set(reads["read"]) == {f"{name}.md" for name in TEXTS}
    assert reads["parsed"] == []


def test_nothing_is_written_where_nothing_is_new(root: Path, patient: None) -> None:
    """A run that has learnt nothing leaves the cache as it is."""
    cache = Cache(root / FOLDER)
    _reports(root, cache)
    before = (root / FOLDER / "content").stat()
    _reports(root, cache)
    after = (root / FOLDER / "content").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)  # not its atime, since it was read


def test_one_article_of_many_is_read_again_rather_than_all_written(tmp_path: Path, patient: None, reads: dict[str, list[str]]) -> None:
    """Beside hundreds that are kept, one that was changed leaves the cache alone and is parsed in each run; two are written."""
    texts = {f"content/{number}.md": TEXTS["clean"] for number in range(300)}
    root = knowledge_base(tmp_path / "kb", texts).config.root
    _reports(root, Cache(root / FOLDER))
    written = (root / FOLDER / "content").read_bytes()
    for changed in (["7.md"], ["7.md", "8.md"]):
        for name in changed:
            (root / "content" / name).write_text(TEXTS["odd"], "utf-8")
        reads["parsed"].clear()
        told = _reports(root, Cache(root / FOLDER))
        assert reads["parsed"] == [TEXTS["odd"].replace("\r", "")] * len(changed)
        assert ((root / FOLDER / "content").read_bytes() == written) is (len(changed) == 1)
        assert told == _reports(root, Cache(None))
    reads["parsed"].clear()
    assert _reports(root, Cache(root / FOLDER)) == told
    assert reads["parsed"] == []


def test_what_is_gone_is_forgotten(root: Path, patient: None) -> None:
    """An article that was removed leaves the cache with the next run."""
    _reports(root, Cache(root / FOLDER))
    (root / "content/wrong.md").unlink()
    _reports(root, Cache(root / FOLDER))
    assert b"wrong.md" not in (root / FOLDER / "content").read_bytes()


def test_facts_are_kept_once_they_were_asked_for(root: Path, patient: None, reads: dict[str, list[str]]) -> None:
    """A run that asks less keeps less; what a later one works out is added, and then known as well."""
    config = load_config(root)
    gather(config, TODAY, Cache(root / FOLDER), git=False).content.keep()
    for expected in (True, False):
        reads["read"].clear()
        evidence = gather(config, TODAY, Cache(root / FOLDER), git=False)
        assert evidence.content.by_source["clean.md"].markdown.targets == {"index.md"}
        assert reads["read"] == ["clean.md"] * expected
        evidence.content.keep()


def test_a_file_that_changes_under_a_run_ends_it(root: Path, patient: None) -> None:
    """What is known of an article and the text that is read for more are never of two versions."""
    _reports(root, Cache(root / FOLDER))
    _, kept = _load(root)
    _write(root / "content/clean.md", b"other")
    with pytest.raises(IncompleteError, match="it was changed while kbtool ran") as error:
        _ = kept["clean.md"].body
    assert (error.value.where, error.value.kind, error.value.exit_code) == ("content/clean.md", "changed", 3)


def test_a_site_is_not_made_from_the_cache(root: Path, patient: None, reads: dict[str, list[str]]) -> None:
    """What a site shows is decided by the articles' files, whatever anybody has written into a cache."""
    config = load_config(root)
    _reports(root, Cache(root / FOLDER))
    reads["read"].clear()
    evidence = gather(config, TODAY, Cache(root / FOLDER), cached_articles=False, git=False)
    assert len(reads["read"]) == len(TEXTS)
    assert all(article.kept is None for article in evidence.articles)


# ---------------------------------------------------------------------------------------------- a cache of somebody else's


WRONG = [
    (field, value) for field in Kept.model_fields for value in (b"[[[[]]]]", b"1e400", b"{}")
    if value != b"{}" or field not in ("front_matter", "marks")
]


@pytest.mark.parametrize(("field", "value"), WRONG)
def test_what_is_not_of_its_type_is_not_taken(root: Path, patient: None, field: str, value: bytes) -> None:
    """A value of another type under a right checksum makes the cache damaged, and the run like one without it."""
    cold = _reports(root, Cache(root / FOLDER))
    _poison(root, lambda line: line[:-1] + b',"%s":%s}' % (field.encode(), value))
    cache = Cache(root / FOLDER)
    assert _reports(root, cache) == cold
    assert cache.notes == ["the cache 'content' was damaged and is made anew"]


@pytest.mark.parametrize("line", [b"", b"null", b"[]", b'["a"]', b'["a",{"title":[1]}]', b'["a",{"title":"x"}]', b'{"a":1}', b"["])
def test_a_head_that_was_not_written_is_an_error(line: bytes) -> None:
    """A head is read when it is needed; one that is not what was written ends the run, and says what to do."""
    with pytest.raises(IncompleteError, match="the cache holds what kbtool did not write") as error:
        read_head(line)
    assert (error.value.where, error.value.exit_code) == (".kbtool/cache", 3)
    assert error.value.hint == "delete it, or run with --no-cache"


@pytest.mark.parametrize("sections", [{}, {"articles": b"{}"}, {"articles": b"", "heads": b'["", {}]'}, {"articles": b"x", "heads": b"y"}])
def test_sections_that_do_not_fit_are_damaged(root: Path, patient: None, sections: dict[str, bytes]) -> None:
    """Sections that are missing, or of different lengths, are no cache."""
    cold = _reports(root, Cache(root / FOLDER))
    _rewrite(root, lambda _: sections)
    cache = Cache(root / FOLDER)
    assert _reports(root, cache) == cold
    assert cache.notes == ["the cache 'content' was damaged and is made anew"]
    assert _reports(root, Cache(root / FOLDER)) == cold


def _poison(root: Path, change: Callable[[bytes], bytes]) -> None:
    """Change the line of each article in the cache, under a right checksum."""
    _rewrite(root, lambda sections: {**sections, "articles": b"\n".join(map(change, sections["articles"].split(b"\n")))})


def _rewrite(root: Path, change: Callable[[dict[str, bytes]], dict[str, bytes]]) -> None:
    config = load_config(root)
    cache, key = Cache(root / FOLDER), article_cache._key(config, slugger(load_site_config(config)))
    sections = cache.read("content", key)
    assert sections
    cache.write("content", key, change(sections))


def test_kept_places_are_a_mapping() -> None:
    """They are what was read from YAML, and a key that is not there is no place."""
    head = Head("", KeptPlaces({"title": (2, 1), '["owners", 0]': (3, 10)}))
    assert dict(head.places) == {("title",): Place(2, 1), ("owners", 0): Place(3, 10)}
    assert ("owners",) not in head.places
    assert ("owners", "0") not in head.places
