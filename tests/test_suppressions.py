"""Findings that an article silences: which ones, what becomes of the verdict, and that nothing of it is published."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from kbtool.builtin_checks.broken_link import BrokenLink
from kbtool.builtin_checks.front_matter_invalid import FrontMatterInvalid
from kbtool.builtin_checks.link_to_internal import LinkToInternal
from kbtool.builtin_checks.region_unbalanced import RegionUnbalanced
from kbtool.builtin_checks.review_overdue import ReviewOverdue
from kbtool.builtin_checks.suppression_invalid import SuppressionInvalid
from kbtool.builtin_checks.text_changed import TextChanged
from kbtool.builtin_checks.title_missing import TitleMissing
from kbtool.check import Check
from kbtool.editions import redact
from kbtool.finding import Run, Suppression, Verdict
from kbtool.marks import SilenceMark, read_marks
from kbtool.registry import BUILTIN_CHECKS
from kbtool.runner import run
from kbtool.stage import stage
from kbtool.testing import knowledge_base

MARK = "<!-- kbtool: ignore KB201 until 2027-01-31: because -->"


def ran(folder: Path, text: str, *checks: object) -> Run:
    """Run checks over one article."""
    return run(knowledge_base(folder, {"content/a.md": text}), checks or [BrokenLink()], known=BUILTIN_CHECKS)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        pytest.param(f"{MARK}\n[a](x1.md)\n[b](x2.md)\n\n[c](x3.md)\n", "x3.md", id="the block below"),
        pytest.param(f"{MARK}\n\n\n[a](x1.md)\n\n[c](x3.md)\n", "x3.md", id="the block below, after empty lines"),
        pytest.param(f"[a](x1.md)\n{MARK}\n[b](x2.md)\n", "x1.md", id="alone on a line within a block, what follows"),
        pytest.param(f"[a](x1.md)\n{MARK}\n\n[b](x2.md)\n", "x1.md", id="below a block, the next one"),
        pytest.param(f"[z](x0.md)\n\n[a](x1.md)\n[b](x2.md) {MARK}\n[c](x3.md)\n\n[d](x4.md)\n", "x0.md x4.md", id="within a line, its block"),
        pytest.param(f"- [a](x1.md)\n- {MARK} [b](x2.md)\n\n- [c](x3.md)\n", "x3.md", id="within a list, up to an empty line"),
        pytest.param(f"{MARK}\n<!-- kbtool: ignore KB202 until 2027-01-31: because -->\n[a](x1.md)\n", "", id="several above one block"),
        pytest.param(f"{MARK}\n\n<!-- another comment -->\n\n[a](x1.md)\n", "x1.md", id="other comments are blocks"),
        pytest.param(f"[a](x1.md)\n\n{MARK}\n", "x1.md", id="at the end"),
        pytest.param(f"```\n{MARK}\n```\n[a](x1.md)\n", "x1.md", id="in a code fence it is text"),
        pytest.param(f"`{MARK}` [a](x1.md)\n", "x1.md", id="in inline code it is text"),
        pytest.param(f"<!-- said: {MARK.replace('<!--', '').replace('-->', '')} -->\n[a](x1.md)\n", "x1.md", id="within another comment it is text"),
        pytest.param("<!-- KBTOOL:Ignore KB202,\nBROKEN-LINK  until 2027-01-31 :\nbecause\nof that -->\n[a](x1.md)\n", "", id="over lines, in any case"),
        pytest.param("<!-- kbtool: ignore KB202 until 2027-01-31: because -->\n[a](x1.md)\n", "x1.md", id="another check"),
        pytest.param("---\nkbtool_ignore: {check: KB201, until: 2027-01-31, reason: x}\n---\n[a](x1.md)\n\n[b](x2.md)\n", "", id="all of the article"),
        pytest.param("---\nkbtool_ignore:\n- {check: [kb202, broken-link], until: 2027-01-31, reason: x}\n---\n[a](x1.md)\n", "", id="several checks"),
        pytest.param("---\nkbtool_ignore: [{check: KB202, until: 2027-01-31, reason: x}]\n---\n[a](x1.md)\n", "x1.md", id="another check, of the article"),
    ],
)
def test_what_is_silenced(tmp_path: Path, text: str, left: str) -> None:
    """A comment reaches the block that it stands in or above, the front matter reaches all; the others stay findings."""
    found = ran(tmp_path, text)
    assert [finding.subject for finding in found.findings] == left.split()
    assert all(finding.suppression for finding in found.suppressed)
    assert not any(finding.suppression for finding in found.findings)


def test_a_fence_is_one_block(tmp_path: Path) -> None:
    """Empty lines in code do not end what a comment above it reaches."""
    found = read_marks(f"{MARK}\n```\na\n\nb\n```\ntext\n\nmore\n", 5, frozenset(), frozenset()).silences
    assert found == (SilenceMark(": ignore KB201 until 2027-01-31: because ", 5, 1, 6, 11),)


@pytest.mark.parametrize("text", ["---\nowners: [ana]\n---\n\nText.\n\n{}\nMore.\n", "Text.\n\n{}\nMore.\n"])
def test_what_is_about_the_article_is_reached_from_anywhere(tmp_path: Path, text: str) -> None:
    """A finding of the front matter, or of an article that has none, stands in no block."""
    found = ran(tmp_path, text.format(MARK.replace("KB201", "KB002")), TitleMissing())
    assert ([one.code for one in found.findings], [one.code for one in found.suppressed]) == ([], ["KB002"])


def test_the_longest_of_several_counts(tmp_path: Path) -> None:
    """Where two reach one finding, the later day is told."""
    later = "<!-- kbtool: ignore KB201 until 2027-02-28: longer -->"
    (found,) = ran(tmp_path, f"{MARK}\n{later}\n{MARK}\n[a](x1.md)\n").suppressed
    assert found.suppression == Suppression("longer", dt.date(2027, 2, 28), 2)
    assert str(found.suppression) == "silenced until 2027-02-28: longer"


def test_a_silenced_finding_keeps_what_it_is(tmp_path: Path) -> None:
    """Fingerprint, owners and source are those that it has unsilenced, and the doubles of it keep theirs."""
    body = "[a](x.md)\n\n{}[b](x.md)\n\n[c](x.md)\n"
    before, after = ran(tmp_path, body.format("")), ran(tmp_path, body.format(f"{MARK}\n"))
    assert [one.fingerprint for one in after.everything] == [one.fingerprint for one in before.findings]
    assert [one.excerpt for one in after.suppressed] == ["[b](x.md)"]
    assert (after.exit_code("warning", strict=True), len(after.findings)) == (1, 2)


@pytest.mark.parametrize(
    ("until", "verdict", "code"), [("2027-01-31", Verdict.DUE, 0), ("2026-11-22", Verdict.STALE, 1), ("2029-01-31", Verdict.STALE, 1)],
)
def test_the_verdict(tmp_path: Path, until: str, verdict: Verdict, code: int) -> None:
    """An article whose fault is silenced is due, with the reason: nobody has reviewed it, but somebody has judged it."""
    text = f"---\nlast_reviewed_on: 2026-01-01\n---\n\n<!-- kbtool: ignore KB102 until {until}: Ana is away -->\n"
    found = ran(tmp_path, text, ReviewOverdue())
    overdue = "the review was due by 2026-07-01, 144 days ago"
    assert found.articles[0].verdict is verdict
    assert found.articles[0].reasons == ((f"{overdue} (silenced until 2027-01-31: Ana is away)",) if not code else (overdue,))
    assert found.exit_code("error", strict=True) == code


def test_paths_that_are_asked_for(tmp_path: Path) -> None:
    """What other articles silence is not reported either."""
    evidence = knowledge_base(tmp_path, {"content/a.md": f"{MARK}\n[a](x.md)\n", "content/b.md": "text\n"})
    assert run(evidence, [BrokenLink()], only=lambda path: path == "content/b.md").suppressed == ()


def test_a_suppression_is_no_word_of_the_article(repo, page, judge, seal) -> None:
    """Neither a seal nor the history of an article without one takes it for a change of the text."""
    repo.commit({"content/a.md": page("Text.\n"), "content/b.md": page("Text.\n")}, on="2026-10-02")
    seal(repo, "a")
    repo.commit({"content/a.md": (repo.folder / "content/a.md").read_bytes()}, on="2026-10-03")
    sealed = (repo.folder / "content/a.md").read_text()
    repo.commit({"content/a.md": sealed + f"\n{MARK}\n", "content/b.md": page(f"Text.\n\n{MARK}\n")}, on="2026-10-20")
    assert judge(repo, checks=(TextChanged(),)).found.findings == ()
    repo.commit({"content/a.md": sealed + f"\n{MARK} New.\n", "content/b.md": page(f"Text.\n\n{MARK} New.\n")}, on="2026-10-21")
    assert [one.path for one in judge(repo, checks=(TextChanged(),)).found.findings] == ["content/a.md", "content/b.md"]


@pytest.mark.parametrize(
    ("text", "check"),
    [
        ("---\ntitle: [\n---\n{}\n", FrontMatterInvalid()), ("---\naudience: pubic\n{front}---\n{mark}\ntext\n", FrontMatterInvalid()),
        ("---\naudience: public\n{front}---\n{mark}\n::: internal\n", RegionUnbalanced()), ("---\naudience: public\n{front}---\n{mark}\n[x](b.md)\n", LinkToInternal()),
    ],
)
def test_what_decides_who_may_read_stays_a_finding(tmp_path: Path, text: str, check: Check) -> None:
    """No comment and no front matter silences it, and no site is published."""
    front = f"kbtool_ignore: [{{check: [{check.code}, {check.name()}], until: 2027-01-31, reason: we know}}]\n"
    text = text.replace("{front}", front).replace("{mark}", MARK.replace("KB201", check.code))
    found = run(knowledge_base(tmp_path, {"content/a.md": text, "content/b.md": "# B\n"}), [check, SuppressionInvalid()], known=BUILTIN_CHECKS)
    assert found.suppressed == ()
    assert {one.code for one in found.withholding} == {check.code}


@pytest.mark.parametrize("edition", ["public", "internal"])
def test_nothing_of_it_is_staged(tmp_path: Path, edition: str) -> None:
    """Comments are cut from every edition, and the front matter of a stage is an allow-list."""
    front = "audience: public\ntitle: A\nkbtool_ignore: [{check: KB201, until: 2027-01-31, reason: because of Zanzibar}]\n"
    mark = MARK.replace("because", "because of Timbuktu")
    evidence = knowledge_base(tmp_path, {"content/a.md": f"---\n{front}---\n\n{mark}\n[a](x.md) {mark}\n"})
    assert "kbtool" not in redact(evidence.articles[0], evidence.edition(edition))
    stage(evidence, evidence.edition(edition), tmp_path / "stage")
    staged = b"".join(path.read_bytes() for path in sorted((tmp_path / "stage").rglob("*")) if path.is_file())
    for word in (b"kbtool_ignore", b"kbtool: ignore", b"Zanzibar", b"Timbuktu", b"2027-01-31"):
        assert word not in staged
