"""What a run could not tell: grouped by reason, weighed by what it does to the exit code."""

from __future__ import annotations

import pytest

from kbtool.finding import ArticleVerdict, Run, Severity, Skipped, Verdict
from kbtool.reports.notices import Notice, notices, unknowns


def lacking(path: str, *unknown: str, lasting: bool = False, reasons: tuple[str, ...] = ()) -> ArticleVerdict:
    """Return an article of which something is unknown."""
    return ArticleVerdict(path, Verdict.UNKNOWN, None, reasons, unknown, lasting)


@pytest.mark.parametrize(
    ("skipped", "articles", "expected"),
    [
        ((), (), []),
        ((Skipped("A a", "x"), Skipped("B b", "x"), Skipped("C c", "y")), (), [("skipped", "A a, B b", "x", "warning"), ("skipped", "C c", "y", "warning")]),
        ((Skipped("A a", "x"), Skipped("B b", "x", failed=True)), (), [("broke", "B b", "x", "error"), ("skipped", "A a", "x", "warning")]),
        ((Skipped("A a", "x", lasting=True),), (), [("skipped", "A a", "x", "error")]),
        ((), (lacking("a", "x"), lacking("b", "x", "y")), [("unknown", "a, b", "x", "warning"), ("unknown", "b", "y", "warning")]),
        ((), (lacking("a", "x", lasting=True), lacking("b", "x")), [("unknown", "a", "x", "error"), ("unknown", "b", "x", "warning")]),
        ((), tuple(lacking(f"{n}", "x") for n in range(9)), [("unknown", "0, 1, 2 and 6 more", "x", "warning")]),
        ((Skipped("A a", "x", lasting=True),), (lacking("a", "x", lasting=True),), [("skipped", "A a", "x", "error")]),
        ((), (lacking("a", reasons=("not readable",)),), [("unknown", "a", "not readable", "warning")]),
        ((), (ArticleVerdict("a", Verdict.FRESH), ArticleVerdict("b", Verdict.STALE, None, ("old",), ("x",))), [("unknown", "b", "x", "warning")]),
    ],
)
def test_one_notice_for_each_reason(skipped: tuple[Skipped, ...], articles: tuple[ArticleVerdict, ...], expected: list[tuple[str, ...]]) -> None:
    """What fails the job comes first, and what a skipped check has said is not said again."""
    run = Run((), articles, skipped)
    found = notices(run)
    assert [(one.what, one.who, one.reason, one.severity.value) for one in found] == expected
    assert any(one.severity is Severity.ERROR for one in found) == (run.exit_code("error", strict=False) == 3)


def test_a_broken_article_has_a_finding_instead() -> None:
    """The report for people shows it with the line; it says only what evidence is missing."""
    run = Run((), (lacking("a", reasons=("not readable",)), lacking("b", "silent tracker")))
    assert list(unknowns(run, judged=True)) == [Notice("unknown", "silent tracker", ("b",))]
