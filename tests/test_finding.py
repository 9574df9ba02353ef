"""Tests of kbtool.finding."""

from __future__ import annotations

import dataclasses
import itertools

import pytest

from kbtool.finding import ArticleVerdict, Finding, Run, Severity, Skipped, Verdict


def _finding(severity: str = "error", **more: object) -> Finding:
    values = {"code": "KB001", "name": "x", "severity": Severity(severity), "path": "a.md", "message": "m"} | more
    return Finding(**values)  # type: ignore[arg-type]


def test_findings_sort_by_place_then_code() -> None:
    """The order is that of the bytes of the path, then line, column, code and message; names that are not UTF-8 sort too."""
    ordered = [
        _finding(path="B.md"), _finding(path="a.md", line=2), _finding(path="a.md", line=2, column=3, code="KB002"),
        _finding(path="a.md", line=2, column=3, code="KB003", message="a"), _finding(path="a.md", line=2, column=3, code="KB003", message="b"),
        _finding(path="a.md", line=10), _finding(path="é.md"), _finding(path="\udcff.md"),
    ]
    for shuffled in itertools.islice(itertools.permutations(ordered), 0, 5000, 97):
        assert sorted(shuffled, key=lambda finding: finding.order) == ordered


def test_a_finding_is_frozen() -> None:
    """A report cannot change what it reports."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        _finding().message = "other"  # type: ignore[misc]


def test_a_finished_finding_is_the_same_but_for_what_was_added() -> None:
    """No field is lost on the way, whatever fields there are."""
    given = {field.name: f"its {field.name}" for field in dataclasses.fields(Finding)}
    found = Finding(**given).finished("print", ("ana",), "a line", 7)  # type: ignore[arg-type]
    assert {name: getattr(found, name) for name in given} == given | {"fingerprint": "print", "owners": ("ana",), "excerpt": "a line", "excerpt_from": 7}


ERROR, WARNING = _finding("error"), _finding("warning")
SKIPPED, BROKEN = Skipped("KB004 owner-unknown", "no register"), Skipped("KB004 owner-unknown", "it broke", failed=True)
FRESH, UNKNOWN = ArticleVerdict("a.md", Verdict.FRESH), ArticleVerdict("a.md", Verdict.UNKNOWN)


@pytest.mark.parametrize(
    ("findings", "skipped", "articles", "codes"),
    [
        # codes: fail_on error, warning, never; then the same under strict
        ([], [], [FRESH], (0, 0, 0, 0, 0, 0)),
        ([WARNING], [], [FRESH], (0, 1, 0, 0, 1, 0)),
        ([ERROR], [], [FRESH], (1, 1, 0, 1, 1, 0)),
        ([], [SKIPPED], [FRESH], (0, 0, 0, 3, 3, 3)),
        ([], [BROKEN], [FRESH], (3, 3, 3, 3, 3, 3)),
        ([], [], [UNKNOWN], (0, 0, 0, 3, 3, 3)),
        ([WARNING], [SKIPPED], [UNKNOWN], (0, 1, 0, 3, 1, 3)),
        ([ERROR], [BROKEN], [UNKNOWN], (1, 1, 3, 1, 1, 3)),
    ],
)
def test_the_exit_code_of_a_run(
    findings: list[Finding], skipped: list[Skipped], articles: list[ArticleVerdict], codes: tuple[int, ...]
) -> None:
    """A finding that counts goes before no verdict, and no verdict before clean; what is unknown counts under strict."""
    run = Run(tuple(findings), tuple(articles), tuple(skipped))
    found = tuple(run.exit_code(fail_on, strict=strict) for strict in (False, True) for fail_on in ("error", "warning", "never"))
    assert found == codes


def test_a_run_counts_and_says_whether_it_is_complete() -> None:
    """Counts are by severity; a run is complete when nothing was skipped and nothing is unknown."""
    run = Run((ERROR, ERROR, WARNING), (FRESH, UNKNOWN))
    assert (run.count(Severity.ERROR), run.count(Severity.WARNING)) == (2, 1)
    assert run.unknown == (UNKNOWN,)
    assert not run.complete
    assert Run((ERROR,), (FRESH,)).complete
    assert not Run((), (FRESH,), (SKIPPED,)).complete


def test_severities_and_verdicts_are_their_words() -> None:
    """The words in reports and configuration are the values."""
    assert [str(word) for word in Severity] == ["error", "warning"]
    assert [str(word) for word in Verdict] == ["fresh", "due", "stale", "unknown", "archived"]
