"""What audits keep: an audit by way of it finds what one without it does, whatever was edited since, and whatever lies there."""

from __future__ import annotations

import base64
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kbtool import audit, forked, kept_hits, passages
from kbtool.audit import Auditor, Leak, Withheld
from kbtool.cache import Cache
from kbtool.errors import IncompleteError
from kbtool.kept_hits import PART, PHRASE, WHOLE, Hit, Searched, Sought, read_searched, write_searched

LONG = "agents may refund up to nine euro without asking their manager twice"
SHORT = "call the night desk"
PHRASES = {"SUP-43": "e.md", "Jane Roe": "owners", "src/desk/**": "f.md", "x <b> y": "g.md", "li": "h.md"}
TITLES = {"Limits for night agents": "d.md", "How to call the night desk of the hotel when nobody else is there": "k.md"}
TEXTS = {"a.md:1": LONG, "a.md:2": f"{LONG} and more", "b.md:1": SHORT, "c.md:1": "pin 77x41", "c.md:2": "key 77x41ab9 of the desk"}
SHOWN = ["Ask the night desk of your hotel.", LONG, f"{SHORT} <b>now</b>", "Read src/desk/** and pin.", "See Jane Roe there, at SUP-43.", "77x41"]
WORDS = [*" ".join([LONG, SHORT, *TITLES]).split(), "SUP-43", "SUP-431", "Jane", "Roe", "77x41", "x", "y", "and", "more", "li", "—"]
NEEDLES = st.sampled_from([
    *WORDS, LONG, SHORT, *TITLES, *PHRASES, *TEXTS.values(),
    *(f"data:;base64,{base64.b64encode(words.encode()).decode()}" for words in (LONG, SHORT, "SUP-431")),
    *("".join(f"\\{ord(char):06x}" for char in words) for words in (LONG, SHORT)),
])
MARKS = st.sampled_from([" ", "\n", "<li>", "</li>\n", "<b>", "</b> ", "<!-- ", " -->", "&lt;b&gt;", "<nav>", '<img alt="', '">'])
PAGE = st.lists(st.one_of(NEEDLES, NEEDLES, MARKS), max_size=12).map(" ".join)
NAMES = ["a.html", "b.html", "c/index.html", "d.json", "e/SUP-43.txt"]


def some(of: Mapping[str, str]) -> st.SearchStrategy[dict[str, str]]:
    """Return a strategy for parts of a mapping."""
    return st.sets(st.sampled_from(sorted(of))).map(lambda keys: {key: of[key] for key in sorted(keys)})


STATE = st.builds(
    Withheld, some(PHRASES), some(TITLES), some(TEXTS), st.lists(st.sampled_from(SHOWN), max_size=3),
)
EDITS = st.lists(st.one_of(
    st.tuples(st.just("page"), st.tuples(st.sampled_from(NAMES), st.none() | PAGE)),
    st.tuples(st.just("withheld"), STATE),
    st.tuples(st.just("shown"), st.lists(st.sampled_from(SHOWN), max_size=3)),
    st.tuples(st.just("text"), st.tuples(st.sampled_from(sorted(TEXTS)), PAGE)),
    st.tuples(st.just("allowed"), st.lists(NEEDLES, max_size=2)),
), min_size=1, max_size=6)


def write(site: Path, name: str, text: str | None) -> None:
    """Write a file of a site, or remove it."""
    path = site / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if text is None:
        path.unlink(missing_ok=True)
    else:
        path.write_text(f"<html>{text}" if name.endswith(".html") else text, "utf-8")


def fresh(site: Path, withheld: Withheld, allowed: list[str] | None = None) -> list[Leak]:
    """Audit a site with nothing kept."""
    return Auditor(withheld, allowed or []).audit(site)


def audited(site: Path, kept: Path, withheld: Withheld, allowed: list[str] | None = None, known: list[Path] | None = None) -> list[Leak]:
    """Audit a site by way of what is kept in a folder."""
    return Auditor(withheld, allowed or [], known or [], kept / "shown").audit(site, kept / "site")


@given(pages=st.lists(PAGE, min_size=5, max_size=5), state=STATE, edits=EDITS)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
def test_an_audit_by_way_of_what_is_kept_finds_the_same(
    tmp_path_factory: pytest.TempPathFactory, pages: list[str], state: Withheld, edits: list[tuple[str, object]]
) -> None:
    """After any edits of pages, of what is withheld, shown and allowed: the very leaks of an audit that knows nothing."""
    folder = tmp_path_factory.mktemp("kept")
    site, kept, allowed = folder / "site", folder / "audit" / "public", list[str]()
    for name, page in zip(NAMES, pages, strict=True):
        write(site, name, page)
    assert audited(site, kept, state, allowed) == fresh(site, state, allowed)
    for kind, value in edits:
        match kind, value:
            case "page", (name, page):
                write(site, str(name), page)
            case "withheld", Withheld():
                state = value
            case "shown", list():
                state = replace(state, shown=value)
            case "text", (label, text):
                state = replace(state, texts={**state.texts, label: text})
            case "allowed", list():
                allowed = value
        assert audited(site, kept, state, allowed) == fresh(site, state, allowed), kind


# ---------------------------------------------------------------------------------------------- what is searched again

WITHHELD = Withheld({"SUP-43": "e.md", "Jane Roe": "owners"}, {"Limits for night agents": "d.md"}, {"a.md:1": LONG}, ["Ask us."])
BOGUS: Hit = (PHRASE, "SUP-43")


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Return a small site without a leak."""
    write(tmp_path / "site", "index.html", "<h1>Ask the desk</h1><p>Roe is a fish; jane, do as others do. We are here.</p>")
    write(tmp_path / "site", "b.html", "<p>Nine euro is what you may pay us.</p> <b>88</b>x<b>99abc</b> end")
    write(tmp_path / "site", "c.json", '{"text": "Press <kbd>Enter</kbd> twice."}')
    return tmp_path / "site"


@pytest.fixture
def marked(site: Path, tmp_path: Path) -> Path:
    """Return a record of that site, in which `b.html` is said to have a phrase that it has not: who believes it tells so."""
    kept = tmp_path / "audit/public"
    assert audited(site, kept, WITHHELD) == []
    searched = read_searched(kept / "site")
    assert searched is not None
    key = kept_hits.digest((site / "b.html").read_bytes())
    assert searched.files[key] == frozenset()
    write_searched(kept / "site", searched._replace(files={**searched.files, key: frozenset({BOGUS})}))
    return kept


def withheld(texts: dict[str, str] | None = None, **more: object) -> Withheld:
    """Return what is withheld, with more of it."""
    fields: dict[str, object] = {"texts": {**WITHHELD.texts, **(texts or {})}, **more}
    return replace(WITHHELD, **fields)  # type: ignore[arg-type]


USED: dict[str, Withheld] = {
    "nothing": WITHHELD,
    "what is shown": withheld(shown=["Ask others."]),
    "what is shown, of what is withheld": withheld(shown=[LONG]),
    "a text that the site has not": withheld({"b.md": "nobody shall know how the giraffe of the house sleeps at noon"}),
    "a text of words that the site has": withheld({"b.md": "we are here to ask the others what you may do as nine of us pay"}),
    "a short text": withheld({"b.md": "the desk of others"}),
    "a phrase": withheld(phrases={**WITHHELD.phrases, "SUP-99": "x.md"}),
    "many phrases": withheld(phrases={**WITHHELD.phrases, **{f"phrase-{number}": "x.md" for number in range(200)}}),
    "a phrase of words that the site has": withheld(phrases={**WITHHELD.phrases, "others euro": "x.md"}),
    "a phrase that is shown": withheld(phrases={**WITHHELD.phrases, "others": "x.md"}, shown=["Others"]),
    "fewer texts": withheld(titles={}),
}
ANEW: dict[str, Withheld] = {
    "a text that the site has": withheld({"b.md": "nine euro is what you may pay us at noon"}),
    "a short text that the site has": withheld({"b.md": "is a fish jane"}),
    "a phrase that the site has": withheld(phrases={**WITHHELD.phrases, "a fish": "x.md"}),
    "a longer text than any": withheld(titles={"One title of very many words that is longer than all of the others": "x.md"}),
    "a word that tags part": withheld({"b.md": "88x99abc"}),
    "a word of a tag": withheld({"b.md": "the kbd x9"}),
    "very many phrases": withheld(phrases={**WITHHELD.phrases, **{f"phrase-{number}": "x.md" for number in range(201)}}),
    "a sign of a tag": withheld(phrases={**WITHHELD.phrases, "a <x> b": "x.md"}),
}


@pytest.mark.parametrize("change", USED)
def test_files_are_not_searched_again(site: Path, marked: Path, change: str) -> None:
    """What is kept of them holds as long as they have nothing of what is new; the new file is searched."""
    write(site, "new.html", f"<p>{LONG}</p>")
    found = audited(site, marked, USED[change])
    shown = change == "what is shown, of what is withheld"
    assert [(leak.file, leak.source) for leak in found] == [("b.html", "e.md"), *([] if shown else [("new.html", "a.md:1")])]
    assert audited(site, marked, USED[change]) == found


@pytest.mark.parametrize("change", ANEW)
def test_files_are_searched_again(site: Path, marked: Path, change: str) -> None:
    """Where they may have something of what is new, nothing of what was kept is believed."""
    found = audited(site, marked, ANEW[change])
    assert found == fresh(site, ANEW[change])
    assert [leak.source for leak in found] != ["e.md"]


def test_a_text_of_which_a_file_is_known_to_have_a_part_is_nothing_new(site: Path, marked: Path) -> None:
    """An article that was edited is another text, and has most of its words from before."""
    write(site, "new.html", f"<p>{LONG}</p>")
    for text in (LONG, f"{LONG} and more"):
        found = audited(site, marked, withheld({"a.md:1": text}))
        assert [(leak.file, leak.source) for leak in found] == [("b.html", "e.md"), ("new.html", "a.md:1")]


def test_a_text_that_is_shown_no_longer_is_looked_for(site: Path, tmp_path: Path) -> None:
    """In all files: while it was shown, none of them was searched for it."""
    kept = tmp_path / "audit/public"
    write(site, "old.html", f"<p>{LONG} — Jane Roe</p>")
    assert audited(site, kept, withheld(shown=[LONG, "Jane Roe"])) == []
    assert [leak.source for leak in audited(site, kept, WITHHELD)] == ["owners", "a.md:1"]
    assert audited(site, kept, withheld(shown=[LONG, "jane roe"])) == []


def test_a_file_that_was_altered_is_searched_again(site: Path, marked: Path) -> None:
    """A file is known by its bytes, not by its name, size or time."""
    path = site / "b.html"
    before = path.stat()
    path.write_text(path.read_text().replace("Nine euro", "SUP-43   "))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size
    assert audited(site, marked, WITHHELD) == fresh(site, WITHHELD) != []


def test_a_file_that_cannot_be_read_is_not_kept(site: Path, tmp_path: Path) -> None:
    """It is reported each time."""
    kept = tmp_path / "audit/public"
    (site / "x.gz").write_bytes(b"\x1f\x8b broken")
    for _ in range(2):
        assert [leak.kind for leak in audited(site, kept, WITHHELD)] == ["unreadable"]


def test_a_file_that_is_withheld_is_reported_although_it_is_known(site: Path, marked: Path) -> None:
    """Whether the bytes of a file are withheld is asked of each, each time."""
    data = (site / "c.json").read_bytes()
    found = audited(site, marked, withheld(files={kept_hits.digest(data): "content/c.json"}))
    assert [(leak.file, leak.kind) for leak in found] == [("b.html", "phrase"), ("c.json", "file")]


def test_a_file_of_the_theme_is_searched_once_it_is_none(site: Path, tmp_path: Path) -> None:
    """Files that are passed over are not taken for searched ones."""
    kept, theme = tmp_path / "audit/public", tmp_path / "theme.js"
    theme.write_text(f"// {LONG}")
    write(site, "theme.js", theme.read_text())
    assert audited(site, kept, WITHHELD, known=[theme]) == []
    assert [leak.file for leak in audited(site, kept, WITHHELD)] == ["theme.js"]


def test_what_is_kept_does_not_grow_for_ever(site: Path, tmp_path: Path) -> None:
    """Once there is more of what is gone than of what is there, the site is searched as a whole."""
    kept = tmp_path / "audit/public"
    sizes = []
    for number in range(9):
        write(site, "new.html", " ".join(f"word{number}x{other}" for other in range(30)))
        assert audited(site, kept, WITHHELD) == []
        sizes.append((kept / "site").stat().st_size)
    assert max(sizes) < 2 * sizes[0]
    assert sorted(sizes) != sizes


# ---------------------------------------------------------------------------------------------- what is shown

SHOWN_ANEW: dict[str, dict[str, Any]] = {
    "a long text": {"texts": {"b.md": "now ask us all what the desk of nobody is"}},
    "a short text": {"texts": {"b.md": "the desk of nobody"}},
    "a key": {"texts": {"b.md": "the 99abc8877 of x"}},
    "a title": {"titles": {"The *desk* of nobody?": "x.md"}},
}
SHOWN_USED: dict[str, dict[str, Any]] = {
    "nothing": {},
    "another text is shown": {"shown": ["Now ask us all what the desk of nobody is, 99abc8877.", "and more of it"]},
    "a text is shown no longer": {"shown": []},
    "a text that is not shown": {"texts": {"b.md": "nobody shall know how the giraffe of the house sleeps at noon"}},
    "a phrase": {"phrases": {"the desk": "x.md"}},
}


@pytest.mark.parametrize("change", [*SHOWN_ANEW, *SHOWN_USED])
def test_what_is_shown_is_searched_again_for_what_it_may_have(site: Path, tmp_path: Path, change: str) -> None:
    """For anything else it is not: here it is said to have the text that leaks, and who believes that finds no leak."""
    kept, shown = tmp_path / "audit/public", ["Now ask us all what the desk of nobody is, 99abc8877."]
    write(site, "old.html", f"<p>{LONG}</p>")
    assert [leak.source for leak in audited(site, kept, withheld(shown=shown))] == ["a.md:1"]
    searched = read_searched(kept / "shown")
    assert searched is not None
    words = LONG.split()
    parts = frozenset((PART, " ".join(words[at : at + 8])) for at in range(len(words) - 7))
    files = dict.fromkeys(searched.files, parts)
    write_searched(kept / "shown", searched._replace(files=files))
    found = audited(site, kept, withheld(**{"shown": shown, **(SHOWN_ANEW | SHOWN_USED)[change]}))
    assert [leak.source for leak in found] == (["a.md:1"] if change in SHOWN_ANEW or "no longer" in change else [])


# ---------------------------------------------------------------------------------------------- damage


def _sections(change: Callable[[dict[str, object]], object]) -> Callable[[Path], None]:
    """Return what writes a record with a right checksum and other values."""

    def act(path: Path) -> None:
        sections = Cache(path.parent).read(path.name, sys.version)
        assert sections is not None
        values = json.loads(sections["hits"])
        changed = change(values)
        Cache(path.parent).write(path.name, sys.version, {**sections, "hits": json.dumps(changed or values).encode()})

    return act


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _link(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.symlink_to("/dev/zero")


DAMAGE: dict[str, Callable[[Path], object]] = {
    "gone": lambda path: path.unlink(),
    "empty": lambda path: path.write_bytes(b""),
    "torn": lambda path: path.write_bytes(path.read_bytes()[:-9]),
    "torn in the head": lambda path: path.write_bytes(path.read_bytes()[:99]),
    "longer": lambda path: path.write_bytes(path.read_bytes() + b"x"),
    "altered": lambda path: path.write_bytes(path.read_bytes().replace(b'"files"', b'"filed"')),
    "not ours": lambda path: path.write_bytes(b"\xff\0" * 99),
    "a folder": _folder,
    "a link to what has no end": _link,
    "of other Python": lambda path: Cache(path.parent).write(path.name, "2.7", {"hits": b"{}"}),
    "no sections": lambda path: Cache(path.parent).write(path.name, sys.version, {}),
    "deep": lambda path: Cache(path.parent).write(path.name, sys.version, {"hits": b"[" * 99999}),
    "a list": _sections(lambda _: [1]),
    "no files": _sections(lambda values: values.pop("files") and None),
    "no digest": _sections(lambda values: values.update(files={"xyz": []})),
    "no such hit": _sections(lambda values: values.update(files={"00": [7]})),
    "a hit of another kind": _sections(lambda values: values.update(hits=[["x", "y"]])),
    "a hit of a number": _sections(lambda values: values.update(hits=[["part", 7]])),
    "phrases of another type": _sections(lambda values: values.update(sought=[[1], [], [], []])),
    "too little": _sections(lambda values: values.update(sought=[[]])),
    "no span": _sections(lambda values: values.update(span="x")),
}


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("name", ["site", "shown"])
def test_a_record_that_is_damaged_is_none(site: Path, tmp_path: Path, damage: str, name: str) -> None:
    """Everything is searched then, and kept anew where that can be."""
    kept = tmp_path / "audit/public"
    write(site, "new.html", f"<p>{LONG}</p>")
    found = audited(site, kept, WITHHELD)
    DAMAGE[damage](kept / name)
    assert audited(site, kept, WITHHELD) == found == fresh(site, WITHHELD) != []
    assert (read_searched(kept / name) is None) == (damage == "a folder")


def test_a_disk_that_keeps_nothing_stops_nothing(site: Path, tmp_path: Path) -> None:
    """Then each audit is a first one."""
    (tmp_path / "audit").write_text("a file where a folder should be")
    assert audited(site, tmp_path / "audit/public", WITHHELD) == []
    assert (tmp_path / "audit").is_file()


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    """Also what no encoding has, and hits of each kind."""
    hits = frozenset({(PHRASE, "a\udcff"), (PART, "b"), (WHOLE, "größe")})
    sought = Sought(9, frozenset({"a\udcff"}), frozenset({"größe"}), frozenset({"00"}), frozenset({"b"}))
    searched = Searched(sought, {b"\0\xff": hits, b"": frozenset()}, kept_hits.heard(["größe b", "a"], ["a\udcff"], []), 7)
    write_searched(tmp_path / "public", searched)
    assert read_searched(tmp_path / "public") == searched
    assert searched.heard.joined(kept_hits.heard(["a", "c"], [], [])) == (
        "größe b\na\na\nc".encode(), searched.heard.chunks, b"",
    )


# ---------------------------------------------------------------------------------------------- several processes


@pytest.fixture
def many(site: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a site with leaks that is searched by several processes."""
    monkeypatch.setattr(audit, "_MANY", 3)
    monkeypatch.setattr(audit, "processors", lambda: 3)
    for number in range(9):
        leak = {3: LONG, 5: "Jane Roe", 7: "Limits for night agents, see SUP-43"}.get(number, "")
        write(site, f"{number}/index.html", f"<nav><li>Ask the desk</li></nav><p>Page {number}</p><p>{leak}</p>")
    (site / "x.gz").write_bytes(b"\x1f\x8b broken")
    write(site, "z.json", '{"text": "<kbd>Enter</kbd> by Jane Roe"}')
    return site


@pytest.mark.parametrize("shown", [[], ["Jane Roe"], [LONG, "SUP-43"]])
def test_several_processes_find_what_one_does(many: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shown: list[str]) -> None:
    """The same leaks, and the same is kept: an audit in one process goes on with it."""
    told = replace(WITHHELD, shown=shown)
    found = audited(many, tmp_path / "many/public", told)
    assert Auditor(told).audit(many) == found
    monkeypatch.setattr(audit, "_MANY", 999)
    assert audited(many, tmp_path / "one/public", told) == found == fresh(many, told) != []
    one, several = read_searched(tmp_path / "one/public/site"), read_searched(tmp_path / "many/public/site")
    assert one is not None
    assert several is not None
    assert (several.sought, several.files) == (one.sought, one.files)
    assert several.heard.words.count(b"page 0") == one.heard.words.count(b"page 0") > 0
    assert {*several.heard.chunks.split(b"\n")} == {*one.heard.chunks.split(b"\n")}
    assert {*several.heard.apart.split()} == {*one.heard.apart.split()} == {b"kbd"}
    for withheld in ANEW.values():
        assert audited(many, tmp_path / "many/public", withheld) == fresh(many, withheld)


def test_several_processes_read_what_is_shown(many: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same is shown, and kept, as when one process reads it."""
    told = replace(WITHHELD, shown=[*(f"Page {number} of the desk" for number in range(5)), "Jane Roe", LONG])
    one = audited(many, tmp_path / "one/public", told)
    monkeypatch.setattr(passages, "_MANY", 3)
    monkeypatch.setattr(forked, "processors", lambda: 3)
    assert audited(many, tmp_path / "many/public", told) == one
    assert read_searched(tmp_path / "many/public/shown") == read_searched(tmp_path / "one/public/shown") is not None
    assert audited(many, tmp_path / "two/public", replace(told, shown=[])) == fresh(many, replace(told, shown=[])) != one


def test_a_process_that_is_killed_is_no_clean_share(many: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The audit fails, and keeps nothing."""
    ours, texts = os.getpid(), audit.texts

    def die(data: bytes) -> Iterator[str]:
        if os.getpid() != ours:
            os.kill(os.getpid(), signal.SIGKILL)
        return texts(data)

    monkeypatch.setattr(audit, "texts", die)
    with pytest.raises(IncompleteError, match="ended before"):
        audited(many, tmp_path / "audit/public", WITHHELD)
    assert not (tmp_path / "audit/public/site").exists()


@pytest.mark.parametrize("count", [1, 2, 3, 5, 40])
def test_each_file_is_in_one_share(count: int) -> None:
    """In order, and pages weigh more."""
    paths = [Path(name) for name in ["a.html", "b.html", *(f"c{number}.json" for number in range(6))]]
    shares = audit._shares(paths, count)
    assert len(shares) == count
    assert [path for share in shares for path in share] == paths
    assert count != 2 or shares[0] == paths[:2]
