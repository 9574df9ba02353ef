"""The runner: checks in, a sorted `Run` out; a check that breaks stops no other."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbtool.builtin_checks.review_due import ReviewDue
from kbtool.builtin_checks.review_overdue import ReviewOverdue
from kbtool.check import Article, Check, Evidence, Finding, Severity, SkipCheck, Unknown
from kbtool.config import load_config
from kbtool.evidence import gather
from kbtool.finding import ArticleVerdict, Run, Skipped, Verdict
from kbtool.reports.text import render
from kbtool.runner import run
from kbtool.testing import Repository, knowledge_base

FILES = {
    "content/a.md": "---\ntitle: A\nowners: [ana]\n---\n\tbad word, bad word  \n",
    "content/b/c.md": "---\ntitle: C\nowners: [ana, gone]\nlast_reviewed_on: 2020-01-01\n---\nbad word\n",
    "content/ä.md": "---\ntitle: [\n---\nbad word\n",
}


@dataclass(frozen=True)
class BadWord(Check):
    """Finds a word."""

    code: ClassVar[str] = "TEST001"
    severity: ClassVar[Severity] = Severity.WARNING

    def check(self, article: Article, evidence: Evidence) -> Iterator[Finding]:
        """Yield each `bad`, the last one first."""
        del evidence
        for number, line in reversed(list(enumerate(article.text.split("\n"), 1))):
            for column in reversed([at + 1 for at in range(len(line)) if line.startswith("bad", at)]):
                yield self.finding(article, "a bad word", line=number, column=column, subject="bad")


@dataclass(frozen=True)
class Broken(Check):
    """Breaks after a finding."""

    code: ClassVar[str] = "TEST002"

    def check(self, article: Article, evidence: Evidence) -> Iterator[Finding]:
        """Yield one finding, then break."""
        del evidence
        yield self.finding(article, "before it breaks")
        raise ZeroDivisionError("no reason")


@dataclass(frozen=True)
class Leaving(Check):
    """Asks the process to end."""

    code: ClassVar[str] = "TEST003"

    def check_all(self, evidence: Evidence) -> Iterator[Finding]:
        """Leave."""
        del evidence
        raise SystemExit(0)


@dataclass(frozen=True)
class Blind(Check):
    """Has nothing to judge by."""

    code: ClassVar[str] = "TEST004"

    def check_all(self, evidence: Evidence) -> Iterator[Finding]:
        """Skip."""
        del evidence
        raise SkipCheck("there is no history")


@pytest.fixture
def evidence(tmp_path: Path) -> Callable[..., Evidence]:
    """Return a function that gathers the evidence of three articles."""
    return lambda config="": knowledge_base(tmp_path, FILES, config=config)


@pytest.mark.parametrize(("before", "start", "at"), [(0, 0, 0), (119, 0, 119), (120, 41, 79), (500, 421, 79)])
def test_a_long_line_is_shown_around_what_is_wrong(tmp_path: Path, before: int, start: int, at: int) -> None:
    """Of a long line, the part around the column is the excerpt, and the carets stand below the word."""
    text = f"---\ntitle: A\n---\n{'x' * before}bad word{'y' * 300}\n"
    found = run(knowledge_base(tmp_path, {"content/a.md": text}), [BadWord()])
    one = found.findings[0]
    assert (one.column, one.excerpt_from, one.excerpt.find("bad word"), len(one.excerpt)) == (before + 1, start, at, 200)
    shown = render(found).split("\n")
    assert shown[2].find("bad word") == shown[3].find("^") == len(f"  {'':>7} | ") + at + bool(start)
    assert ("…x" in shown[2]) == bool(start)


def test_findings_are_sorted_and_complete(evidence: Callable[..., Evidence]) -> None:
    """They come by path, line, column and code, with name, owners, and the line of the source without its end."""
    found = run(evidence(), [BadWord(), ReviewOverdue()])
    assert [(item.path, item.line, item.column, item.code) for item in found.findings] == [
        ("content/a.md", 5, 2, "TEST001"), ("content/a.md", 5, 12, "TEST001"), ("content/b/c.md", 4, 1, "KB102"),
        ("content/b/c.md", 6, 1, "TEST001"), ("content/ä.md", 4, 1, "TEST001"),
    ]
    assert found.findings[0].excerpt == "\tbad word, bad word"
    assert [item.owners for item in found.findings] == [("ana",), ("ana",), ("ana", "gone"), ("ana", "gone"), ()]
    assert {item.name for item in found.findings} == {"bad-word", "review-overdue"}
    assert (found.checks, found.skipped, found.complete) == (2, (), False)


def test_fingerprints_survive_moved_lines_and_tell_doubles_apart(tmp_path: Path) -> None:
    """Code, path and subject make a fingerprint, and the count where they are the same; lines and columns do not."""

    def prints(text: str) -> list[str]:
        found = run(knowledge_base(tmp_path, {"content/a.md": text}), [BadWord()]).findings
        return [item.fingerprint for item in found]

    before = prints("bad\nbad\n")
    assert len(set(before)) == 2
    assert all(len(item) == 16 and int(item, 16) >= 0 for item in before)
    assert prints("new\n\n  bad\nmore bad\n") == before
    assert prints("bad\n") == before[:1]


@given(above=st.lists(st.sampled_from(["", "text", "# Heading", "- item"]), max_size=5), times=st.integers(1, 4))
def test_a_fingerprint_does_not_know_its_line(tmp_path_factory: pytest.TempPathFactory, above: list[str], times: int) -> None:
    """Whatever is written above, the same findings have the same fingerprints."""
    folder = tmp_path_factory.mktemp("kb")
    texts = ["bad\n" * times, "\n".join([*above, "bad\n" * times])]
    runs = [run(knowledge_base(folder, {"content/a.md": text}), [BadWord()]) for text in texts]
    assert len({tuple(item.fingerprint for item in found.findings) for found in runs}) == 1


def test_a_check_that_breaks_loses_its_own_findings_alone(evidence: Callable[..., Evidence]) -> None:
    """It is reported with its reason, and so is one that would end the process; the others' findings stay."""
    found = run(evidence(), [Leaving(), Broken(), BadWord(), Blind()])
    assert {item.code for item in found.findings} == {"TEST001"}
    assert found.skipped == (
        Skipped("TEST002 broken", "ZeroDivisionError: no reason", failed=True),
        Skipped("TEST003 leaving", "SystemExit: 0", failed=True),
        Skipped("TEST004 blind", "there is no history"),
    )
    assert not found.complete


def test_an_interrupt_is_no_broken_check(evidence: Callable[..., Evidence]) -> None:
    """^C goes through."""

    class Interrupted(Blind):
        def check_all(self, evidence: Evidence) -> Iterator[Finding]:
            del evidence
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(evidence(), [Interrupted()])


@pytest.mark.parametrize(("configured", "severity"), [("error", Severity.ERROR), ("warning", Severity.WARNING), (None, Severity.WARNING)])
def test_the_configuration_grades_findings(evidence: Callable[..., Evidence], configured: str | None, severity: Severity) -> None:
    """A severity in the configuration holds for every finding of its check."""
    config = f'[tool.kbtool.checks.bad-word]\nseverity = "{configured}"' if configured else ""
    found = run(evidence(config), [BadWord()])
    assert {item.severity for item in found.findings} == {severity}


def test_only_what_was_asked_for_is_reported(evidence: Callable[..., Evidence]) -> None:
    """The whole knowledge base is read; findings and verdicts are those of the paths."""
    found = run(evidence(), [BadWord(), ReviewOverdue()], only=lambda path: path.startswith("content/b"))
    assert [item.path for item in found.findings] == ["content/b/c.md"] * 2
    assert [item.path for item in found.articles] == ["content/b/c.md"]


def test_each_article_has_a_verdict(evidence: Callable[..., Evidence]) -> None:
    """Freshness findings make it; other findings do not, and what cannot be read is unknown."""
    found = run(evidence(), [BadWord(), ReviewOverdue(), ReviewDue()])
    assert [(item.path, item.verdict) for item in found.articles] == [
        ("content/a.md", Verdict.FRESH), ("content/b/c.md", Verdict.STALE), ("content/ä.md", Verdict.UNKNOWN),
    ]
    assert found.articles[1].review_by == dt.date(2020, 7, 1)
    assert found.unknown == (found.articles[2],)


def made(*severities: Severity, skipped: tuple[Skipped, ...] = (), verdict: Verdict = Verdict.FRESH, lasting: bool = False) -> Run:
    """Return a run with findings of these severities."""
    findings = tuple(Finding(code="T1", name="t", severity=item, path="a", message="m") for item in severities)
    return Run(findings, (ArticleVerdict("a", verdict, lasting=lasting),), skipped)


E, W = Severity.ERROR, Severity.WARNING
SKIP, FAIL, LOST = Skipped("T1 t", "why"), Skipped("T1 t", "why", failed=True), Skipped("T1 t", "why", lasting=True)


@pytest.mark.parametrize(
    ("found", "codes"),
    [  # fail_on error, warning, never; then the same under strict
        (made(), (0, 0, 0, 0, 0, 0)),
        (made(W), (0, 1, 0, 0, 1, 0)),
        (made(E), (1, 1, 0, 1, 1, 0)),
        (made(E, W), (1, 1, 0, 1, 1, 0)),
        (made(skipped=(SKIP,)), (0, 0, 0, 3, 3, 3)),
        (made(W, skipped=(SKIP,)), (0, 1, 0, 3, 1, 3)),
        (made(E, skipped=(SKIP,)), (1, 1, 0, 1, 1, 3)),
        (made(skipped=(FAIL,)), (3, 3, 3, 3, 3, 3)),
        (made(W, skipped=(FAIL,)), (3, 1, 3, 3, 1, 3)),
        (made(E, skipped=(FAIL,)), (1, 1, 3, 1, 1, 3)),
        (made(verdict=Verdict.UNKNOWN), (0, 0, 0, 3, 3, 3)),
        (made(verdict=Verdict.UNKNOWN, lasting=True), (3, 3, 3, 3, 3, 3)),
        (made(W, verdict=Verdict.UNKNOWN, lasting=True), (3, 1, 3, 3, 1, 3)),
        (made(E, verdict=Verdict.STALE, lasting=True), (1, 1, 3, 1, 1, 3)),
        (made(skipped=(LOST,)), (3, 3, 3, 3, 3, 3)),
        (made(verdict=Verdict.STALE), (0, 0, 0, 0, 0, 0)),
    ],
)
def test_the_exit_code_of_a_run(found: Run, codes: tuple[int, ...]) -> None:
    """Findings at or above `fail_on` are 1 and go before 3; a broken check, or what is missing for good, is 3; strict makes any unknown 3."""
    words = ("error", "warning", "never")
    assert tuple(found.exit_code(word, strict=strict) for strict in (False, True) for word in words) == codes


# ---------------------------------------------------------------------------------------------- what is not known


@dataclass(frozen=True)
class NeedsHistory(Check):
    """Cannot do without history."""

    code: ClassVar[str] = "TEST005"
    needs_history: ClassVar[bool] = True

    def check(self, article: Article, evidence: Evidence) -> Iterator[Finding]:
        """Yield a finding: it was run."""
        del evidence
        yield self.finding(article, "there is history")


@dataclass(frozen=True)
class Doubting(Check):
    """Does not know, for now or for good."""

    code: ClassVar[str] = "TEST006"
    lasting: bool = False

    def check(self, article: Article, evidence: Evidence) -> Iterator[Unknown]:
        """Yield that, twice."""
        del evidence
        yield from [Unknown(article.path, "who knows", lasting=self.lasting)] * 2


CURRENT = "---\ntitle: A\nlast_reviewed_on: 2026-11-01\n---\n"
ARCHIVED = CURRENT.replace("title: A", "confidence: archived")


def test_a_check_that_needs_history_is_left_out_without(tmp_path: Path) -> None:
    """Where nobody wants history, the runner leaves the check out, says why, and nothing is unknown for it."""
    found = run(knowledge_base(tmp_path, {"content/a.md": CURRENT}), [NeedsHistory(), ReviewDue()])
    assert found.skipped == (Skipped("TEST005 needs-history", "history was not read (--no-git)"),)
    assert [item.verdict for item in found.articles] == [Verdict.FRESH]
    assert (found.exit_code("error", strict=False), found.exit_code("error", strict=True)) == (0, 3)


def test_history_that_is_missing_for_good_leaves_articles_unknown(tmp_path: Path) -> None:
    """Where there is no repository, what claims to be right today is unknown; once, however many checks needed history."""
    knowledge_base(tmp_path, {"content/a.md": CURRENT, "content/b.md": ARCHIVED, "content/c.md": "# C\n"})
    found = run(gather(load_config(tmp_path), dt.date(2026, 11, 22)), [NeedsHistory(), NeedsHistory()])
    reason = found.skipped[0].reason
    assert [(item.check, item.lasting) for item in found.skipped] == [("TEST005 needs-history", True)] * 2
    assert [(item.verdict, item.unknown, item.lasting) for item in found.articles] == [
        (Verdict.UNKNOWN, (reason,), True), (Verdict.ARCHIVED, (), False), (Verdict.FRESH, (), False),
    ]
    assert found.exit_code("error", strict=False) == 3


def test_a_check_that_needs_history_runs_where_it_is(tmp_path: Path, new_repo: Callable[..., Repository]) -> None:
    """In a repository it is a check like any other."""
    repo = new_repo(tmp_path / "repo")
    repo.commit({"content/a.md": CURRENT})
    found = run(gather(load_config(repo.folder), dt.date(2026, 11, 22)), [NeedsHistory()])
    assert ([item.code for item in found.findings], found.skipped) == (["TEST005"], ())


@pytest.mark.parametrize(("lasting", "codes"), [(False, (0, 3)), (True, (3, 3))])
def test_what_a_check_does_not_know(tmp_path: Path, lasting: bool, codes: tuple[int, int]) -> None:
    """It makes a verdict unknown, with each reason once; for good it is no verdict, for now only under strict."""
    found = run(knowledge_base(tmp_path, {"content/a.md": CURRENT}), [Doubting(lasting=lasting)])
    assert [(item.verdict, item.reasons, item.unknown, item.lasting) for item in found.articles] == [
        (Verdict.UNKNOWN, ("who knows",), ("who knows",), lasting),
    ]
    assert (found.exit_code("error", strict=False), found.exit_code("error", strict=True)) == codes


def test_what_is_stale_for_certain_stays_stale(tmp_path: Path) -> None:
    """An error of freshness goes before what is not known, which is still told."""
    text = CURRENT.replace("2026-11-01", "2020-01-01")
    found = run(knowledge_base(tmp_path, {"content/a.md": text}), [ReviewOverdue(), Doubting(lasting=True)])
    assert [(item.verdict, item.unknown, item.lasting) for item in found.articles] == [(Verdict.STALE, ("who knows",), True)]
    assert (found.exit_code("error", strict=False), found.exit_code("never", strict=False)) == (1, 3)
