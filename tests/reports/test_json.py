"""The report for programs: its whole output, valid by the schema that is shipped, whatever the articles hold."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from kbtool.explain import report_schema
from kbtool.finding import ArticleVerdict, Finding, Run, Severity, Skipped, Verdict
from kbtool.reports.json import render

TEXT = st.text(st.characters() | st.characters(categories=["Cs", "Cc"]), max_size=20)
FINDINGS = st.builds(
    Finding, code=st.just("KB1"), name=TEXT, severity=st.sampled_from(Severity), path=TEXT, message=TEXT, line=st.integers(1), column=st.integers(1),
    hint=TEXT, subject=TEXT, fingerprint=st.just("0" * 16), owners=st.lists(TEXT).map(tuple), excerpt=TEXT,
    evidence=st.dictionaries(TEXT, st.none() | st.booleans() | st.integers() | TEXT | st.lists(TEXT)),
)
ARTICLES = st.builds(ArticleVerdict, TEXT, st.sampled_from(Verdict), st.none() | st.dates(), st.lists(TEXT).map(tuple))
RUNS = st.builds(
    Run, st.lists(FINDINGS, max_size=4).map(tuple), st.lists(ARTICLES, max_size=4).map(tuple),
    st.lists(st.builds(Skipped, TEXT, TEXT, st.booleans()), max_size=3).map(tuple), st.integers(0),
)


@pytest.fixture(scope="module")
def schema() -> Draft202012Validator:
    """Return the schema that is shipped."""
    document = json.loads(report_schema())
    Draft202012Validator.check_schema(document)
    return Draft202012Validator(document)


def test_the_whole_report(made_run: Run, golden: Path, schema: Draft202012Validator) -> None:
    """Every part of a run is there under its name, and the document is valid."""
    text = render(made_run)
    assert text == (golden / "report.json").read_text("ascii")
    schema.validate(json.loads(text))


def test_a_clean_run(clean_run: Run, schema: Draft202012Validator) -> None:
    """Nothing found is a complete document."""
    document = json.loads(render(clean_run))
    schema.validate(document)
    assert document == {
        "schema_version": 1, "complete": True, "findings": [], "suppressed": [], "known": [], "skipped": [], "unknown": [],
        "articles": [{"path": "content/home.md", "verdict": "fresh", "review_by": "2027-01-01", "reasons": []}],
        "summary": {"errors": 0, "warnings": 0, "suppressed": 0, "known": 0, "paid": 0, "articles": 1, "checks": 25, "skipped": 0, "fresh": 1, "due": 0, "stale": 0, "unknown": 0, "archived": 0},
    }


def test_colour_does_not_reach_it(made_run: Run) -> None:
    """A program reads the same document on a terminal."""
    assert render(made_run, color=True) == render(made_run)


@given(run=RUNS)
def test_any_run_is_valid_and_comes_back(schema: Draft202012Validator, run: Run) -> None:
    """Whatever texts a run holds, the document is plain ASCII, valid, and has them all unchanged."""
    text = render(run)
    assert text.isascii()
    assert not any(ord(char) < 32 and char != "\n" for char in text)
    document = json.loads(text)
    schema.validate(document)
    back = [Finding(**{**item, "severity": Severity(item["severity"]), "owners": tuple(item["owners"])}) for item in document["findings"]]
    assert [(item.path, item.message, item.hint, item.owners, item.evidence) for item in back] == [
        (item.path, item.message, item.hint, item.owners, item.evidence) for item in run.findings
    ]
    assert [ArticleVerdict(item["path"], Verdict(item["verdict"]), item["review_by"] and dt.date.fromisoformat(item["review_by"]),
                           tuple(item["reasons"])) for item in document["articles"]] == list(run.articles)
    assert document["complete"] is run.complete
    assert document["summary"]["errors"] + document["summary"]["warnings"] == len(run.findings)


@pytest.mark.parametrize(
    "change",
    [
        lambda document: document.pop("complete"), lambda document: document.update(schema_version=2), lambda document: document.update(more=1),
        lambda document: document["findings"][0].update(line=0), lambda document: document["findings"][0].update(severity="info"),
        lambda document: document["findings"][0].update(fingerprint="x"), lambda document: document["articles"][0].update(verdict="ok"),
        lambda document: document["skipped"][0].pop("failed"), lambda document: document["summary"].pop("stale"),
    ],
)
def test_the_schema_refuses_what_is_no_report(made_run: Run, schema: Draft202012Validator, change: Any) -> None:
    """A schema that takes everything would show nothing."""
    document = json.loads(render(made_run))
    change(document)
    assert not schema.is_valid(document)


def test_a_number_that_json_has_not_is_null(made_run: Run) -> None:
    """A NaN in the evidence of somebody's check costs itself, not the report."""
    finding = Finding(code="KB1", name="x", severity=Severity.ERROR, path="a", message="m", evidence={"x": float("nan")})
    document = json.loads(render(Run((finding,), made_run.articles)))
    assert document["findings"][0]["evidence"] == {"x": None}
