"""What widens an audience and what does not: laws over random articles with regions, and the assets of real stages."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable
from dataclasses import replace
from itertools import chain
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from kbtool.audience_lock import AudienceLock, parse_lock
from kbtool.evidence import Evidence, gather
from kbtool.stage import stage
from kbtool.testing import knowledge_base
from kbtool.widening import Editions, shows_outside

HEAD = "---\ntitle: A page\naudience: public\n---\n\n"
#: Few words, so that what is shown and what is withheld often have some in common.
word = st.sampled_from(["open", "the", "billing", "page", "and", "choose", "export", "then", "ask", "ana", "for", "a", "code", "of"])
line = st.lists(word, min_size=1, max_size=9).map(" ".join)
public = st.lists(line, min_size=1, max_size=4).map("\n\n".join)
secret = st.lists(word.map(lambda text: f"{text}x"), min_size=1, max_size=9).map(" ".join)
secrets = st.lists(secret, min_size=1, max_size=5)
folder_is_reused = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)


@pytest.fixture
def widened(tmp_path: Path) -> Callable[[str, str], list[tuple[str, str]]]:
    """`widened(before, after)`: what is found after an article was approved as it was before."""
    knowledge_base(tmp_path, {})

    def find(before: str, after: str) -> list[tuple[str, str]]:
        return [(one.what, one.text) for one in lock_of(read(tmp_path, after), approved(read(tmp_path, before))).widened()]

    return find


def read(folder: Path, body: str) -> Evidence:
    """Return the evidence with an article of this body."""
    (folder / "content/a.md").write_text(HEAD + body)
    from kbtool.config import load_config

    return gather(load_config(folder), dt.date(2026, 11, 22), git=False)


def lock_of(evidence: Evidence, lock: AudienceLock) -> Editions:
    """Return the editions compared with a lock."""
    return Editions(evidence, lock)


def approved(evidence: Evidence, lock: AudienceLock | None = None) -> AudienceLock:
    """Return the lock after everything was approved, read from its file."""
    editions = Editions(evidence, lock or AudienceLock())
    return parse_lock(editions.approved(frozenset((one.path, one.edition) for one in editions.widened())).render())


def region(lines: list[str]) -> str:
    """Return an internal region."""
    return "\n".join(["::: internal", *lines, ":::"])


@folder_is_reused
@given(public, public, public, secrets)
def test_edits_of_public_text_need_no_approval(widened, one: str, other: str, third: str, inside: list[str]) -> None:
    """Whatever is written around a region, also before and after it in turn, nothing is widened."""
    assert widened(f"{one}\n\n{region(inside)}\n\n{other}\n", f"{third}\n\n{region(inside)}\n\n{one}\n") == []
    assert widened(f"{one}\n\n{region(inside)}\n\n{other}\n", f"{region(inside)}\n\n{third}\n\n{other}\n") == []


@folder_is_reused
@given(public, secrets, secrets, st.data())
def test_edits_inside_need_no_approval(widened, around: str, inside: list[str], more: list[str], data: st.DataObject) -> None:
    """A region may be reworded, wrapped anew, split, joined, made longer, or go with its words."""
    before = f"{around}\n\n{region(inside)}\n"
    cut = data.draw(st.integers(0, len(inside)))
    for after in (
        region(more), region(inside + more), region(" ".join(inside).split()), region(inside[:cut]) + "\n\n" + region(inside[cut:]), "",
        f"::: internal\n{region(inside)}\n{more[0]}\n:::", f"{region(more)}\n\n{region(inside)}",
    ):
        assert widened(before, f"{around}\n\n{after}\n") == []


@folder_is_reused
@given(public, st.lists(st.lists(st.integers(0, 999), min_size=1, max_size=9), min_size=1, max_size=5), st.data())
def test_a_region_that_gets_smaller_needs_one(widened, around: str, numbers: list[list[int]], data: st.DataObject) -> None:
    """Each line that comes out of a region is found, at either end, alone or with all others, and is what is shown to whoever decides."""
    assume(len({*chain(*numbers)}) == sum(map(len, numbers)))  # a word that stays inside as well tells nothing
    inside = [" ".join(f"secret{number}" for number in line) for line in numbers]
    start = data.draw(st.integers(0, len(inside)))
    end = data.draw(st.integers(start, len(inside)))
    assume((start, end) != (0, len(inside)))
    out = [*inside[:start], *inside[end:]]
    after = "\n".join([*inside[:start], *([region(inside[start:end])] if start < end else []), *inside[end:]])
    found = widened(f"{around}\n\n{region(inside)}\n", f"{around}\n\n{after}\n")
    assert [what for what, _ in found] == ["words"]
    assert {*out} <= {*found[0][1].split("\n")}


@pytest.mark.parametrize(("before", "after", "found"), [
    ("::: internal\nAsk Ana for the code.\n:::\n", "Ask Ana for the code.\n", "Ask Ana for the code."),
    ("::: internal\nAsk Ana for the code.\n:::\n", "**Ask** [Ana](mailto:x@example.com) for the code!\n", "**Ask** [Ana](mailto:x@example.com) for the code!"),
    ("::: internal\nAsk Ana for the secret code of the day.\n:::\n", "Today, ask Ana for\nthe secret code, of the day.\n", "the secret code, of the day."),
    ("::: internal\nAsk Ana for the secret code of the day.\n:::\n", "> - ASK ANA FOR THE *code*\n", "> - ASK ANA FOR THE *code*"),
    ("::: internal\nAna\n:::\n", "Ask Ana.\n", "Ask Ana."),
    ("::: internal\nOne two\nthree four five\n:::\n", "Here is one two.\n", None),
    ("::: internal\nOne two\nthree four five\n:::\n", "one two\n", "one two"),
    ("::: internal\nCall Ana\n\nthen wait\nfor her\n:::\n", "Call Ana, then wait for her.\n", "Call Ana, then wait for her."),
    ("::: internal\n- Call Ana\n- then wait\n- for her answer\n\nSay that you have her.\n:::\n",
     "::: internal\nSay that you have her.\n:::\nThen wait for her answer.\n", "Then wait for her answer."),
    ("```\n::: internal\nrm -rf /var/lib/x\n:::\n```\n", "```\nrm -rf /var/lib/x\n```\n", "rm -rf /var/lib/x"),
    ("<!-- Ask Ana for the code -->\n", "Ask Ana for the code\n", "Ask Ana for the code"),
    ("- a\n\n    ::: internal\n    Ask Ana for the code\n    :::\n", "- a\n\n    Ask Ana for the code\n", "Ask Ana for the code"),
    ("::: internal\nSame old words here.\n:::\n::: internal\nSame old words here.\n:::\n",
     "::: internal\nSame old words here.\n:::\nSame old words here.\n", "Same old words here."),
    ("::: internal\nSame old words here.\n:::\nSame old words here.\n", "Same old words here.\n", "Same old words here."),
    ("::: internal\n![](plan.png)\n:::\n", "![](other.png)\n", None),
    ("::: internal\n***\n:::\n", "***\n", None),
    ("::: internal\n:::\n", "\n", None),
    ("Call [Ana at home]{.internal} first.\n", "Call Ana at home first.\n", "Call Ana at home first."),
    ("Call [Ana at her home in town]{.internal} first.\n", "Call Ana at her [home in town]{.internal} first.\n", None),
    ("Call [Ana at her home in town]{.internal} first.\n", "Call us, or [Ana at her home in town]{.internal}.\n", None),
], ids=str)
def test_words(widened, before: str, after: str, found: str | None) -> None:
    """Words are the same in any case, markup and wrapping; a line of under four counts as a line, with its neighbours, or alone."""
    assert widened(before, after) == ([("words", found)] if found else [])


def test_what_is_not_approved_stays_asked_for(tmp_path: Path) -> None:
    """Bringing the lock up to date approves nothing: a region that is smaller, a new article and an asset keep waiting."""
    knowledge_base(tmp_path, {"content/plan.png": "x", "content/in.md": "![](plan.png)"})
    lock = approved(read(tmp_path, f"Shown.\n\n{region(['The old secret words stay.'])}\n"))
    (tmp_path / "content/new.md").write_text(HEAD + "![](plan.png)\n")
    evidence = read(tmp_path, f"Shown. The old secret words stay.\n\n{region(['Four more words here.'])}\n")
    for _ in range(2):
        editions = Editions(evidence, lock)
        assert sorted((one.path, one.what) for one in editions.widened()) == [
            ("content/a.md", "words"), ("content/new.md", "article"), ("content/plan.png", "asset")]
        lock = parse_lock(editions.approved(frozenset()).render())
    one = Editions(evidence, parse_lock(Editions(evidence, lock).approved(frozenset({("content/a.md", "public")})).render()))
    assert sorted(found.path for found in one.widened()) == ["content/new.md", "content/plan.png"]
    assert not [*Editions(evidence, approved(evidence, lock)).widened()]


def test_nobody_approves_what_cannot_be_shown(tmp_path: Path) -> None:
    """An article whose regions or comments do not close has no line, and the line that it had stays as it was."""
    knowledge_base(tmp_path, {})
    for broken in ("::: internal\nx\n", "<!-- x\n"):
        evidence = read(tmp_path, broken)
        assert approved(evidence).entries == {}
        lock = approved(read(tmp_path, region(["Four words are inside."])))
        assert approved(read(tmp_path, broken), lock) == lock
        assert lock.entries


def test_the_assets_of_an_edition_are_those_of_its_stage(tmp_path: Path) -> None:
    """What may widen is exactly what the stage takes along: links, pictures, HTML, style sheets, the logo, includes; no regions."""
    pictures = [f"p{number}.png" for number in range(12)]
    evidence = knowledge_base(tmp_path / "kb", {
        **{f"content/{name}": name for name in pictures},
        "content/site.css": "body { background: url(p0.png) }",
        "mkdocs.yml": "site_name: x\ntheme: {name: material, font: false, logo: p1.png}\nextra_css: [site.css]\n",
        "content/a.md": HEAD + f"![](p2.png) <img src='p3.png'>\n\n[p4]\n\n[p4]: p4.png\n\n{region(['![](p5.png)'])}\n\n<!-- ![](p6.png) -->\n",
        "content/b.md": HEAD + '--8<-- "c.md"\n', "content/c.md": HEAD + f"![](p7.png)\n\n{region(['![](p8.png)'])}\n",
        "content/d.md": '---\ntitle: x\n---\n![](p9.png) ![](p2.png)\n--8<-- "e.md"\n', "content/e.md": "![](p10.png)\n",
        "content/f.md": HEAD + '--8<-- "d.md"\n',
    })
    staged = stage(evidence, evidence.editions["public"], tmp_path / "stage")
    files = {path.relative_to(staged.folder / "docs").as_posix() for path in (staged.folder / "docs").rglob("*.*")}
    here = {name for name in files if name in evidence.content.assets}
    assert here == {"p0.png", "p1.png", "p2.png", "p3.png", "p4.png", "p7.png", "site.css"}
    assert shows_outside(evidence) == {"public": here}


def test_further_editions_have_lines_of_their_own(tmp_path: Path) -> None:
    """An article for partners that turns public is widened for the public alone; an edition that joins asks for all it shows."""
    config = '[tool.kbtool.editions.partners]\naudiences = ["public", "partners"]\n'
    evidence = knowledge_base(tmp_path, {"content/a.md": HEAD.replace("public", "partners")}, config=config)
    lock = approved(evidence)
    assert [*lock.entries] == [("content/a.md", "partners")]
    evidence = knowledge_base(tmp_path, {"content/a.md": HEAD}, config=config)
    assert [(one.path, one.edition) for one in Editions(evidence, lock).widened()] == [("content/a.md", "public")]
    more = knowledge_base(tmp_path, {}, config=config + '[tool.kbtool.editions.press]\naudiences = ["partners", "public"]\n')
    assert [one.edition for one in Editions(more, approved(evidence, lock)).widened()] == ["press"]


def test_it_knows_no_history(tmp_path: Path) -> None:
    """A copy of the files alone, without git, gives the same answer."""
    knowledge_base(tmp_path / "one", {})
    lock = approved(read(tmp_path / "one", region(["Ask Ana for the code."])))
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    found = [*Editions(read(tmp_path / "two", "Ask Ana for the code."), lock).widened()]
    assert [replace(one, text="") for one in found] == [replace(found[0], text="", path="content/a.md", edition="public", what="words", line=6)]


def test_regions_within_a_line(tmp_path: Path) -> None:
    """They are as regions are: asked about when they go, in the title too, and warned of when the list does not know them."""
    knowledge_base(tmp_path, {"content/plan.png": "x"})
    head = HEAD.replace("A page", '"A page [of the secret vault]{.internal}"')
    (tmp_path / "content/b.md").write_text(f"{head}Call [Ana ![](plan.png) at home]{{.internal}}.\n")
    lock = approved(read(tmp_path, "Shown.\n"))
    assert lock.entries["content/plan.png", "public"].state == "withheld"
    (tmp_path / "content/b.md").write_text(f"{HEAD.replace('A page', 'A page of the secret vault')}Call Ana ![](plan.png) at home.\n")
    editions = Editions(read(tmp_path, "Shown. [More for colleagues only]{.internal}\n"), lock)
    assert [(one.path, one.what) for one in editions.widened()] == [("content/b.md", "words"), ("content/plan.png", "asset")]
    assert [(one.path, one.line) for one in editions.unrecorded()] == [("content/a.md", 6)]
    (tmp_path / "content/b.md").write_text(f"{HEAD.replace('A page', 'A page of the secret vault')}Call [Ana ![](plan.png) at home]{{.internal}}.\n")
    assert [(one.path, one.text) for one in Editions(read(tmp_path, "Shown.\n"), lock).widened()] == [("content/b.md", "A page of the secret vault")]
