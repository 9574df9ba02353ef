"""The report for code scanning: valid by the schema of SARIF 2.1.0, with paths that lead back, within GitHub's limits.

The schema beside this file is that of the package @microsoft/jest-sarif (MIT), compressed.
"""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes, urljoin

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft4Validator

from kbtool.finding import ArticleVerdict, Finding, Run, Severity, Skipped, Verdict
from kbtool.reports.sarif import LIMIT, render

REFERENCE = re.compile(r"(?![^/]*:)(?!/)(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/]|%[0-9A-F]{2})+")  #: path-noscheme of RFC 3986
TOP = "https://example.com/top/"


@pytest.fixture(scope="module")
def schema() -> Draft4Validator:
    """Return the schema of the standard."""
    document = json.loads(gzip.decompress((Path(__file__).parent / "sarif-2.1.0.schema.json.gz").read_bytes()))
    Draft4Validator.check_schema(document)
    return Draft4Validator(document)


def results(text: str) -> list[Any]:
    """Return the results of the one run of a log."""
    (run,) = json.loads(text)["runs"]
    return list(run["results"])


def uri(result: Any) -> str:
    """Return where a result is."""
    return str(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"])


def test_the_report_is_valid(made_run: Run, clean_run: Run, schema: Draft4Validator) -> None:
    """A full run and a clean one are logs of the standard; each result of a known rule says which."""
    for run in (made_run, clean_run):
        schema.validate(json.loads(render(run)))
    (log,) = json.loads(render(made_run))["runs"]
    rules = log["tool"]["driver"]["rules"]
    assert [rules[found["ruleIndex"]]["id"] if "ruleIndex" in found else None for found in log["results"]] == ["KB102", "KB201", None, None, "KB201", "KB102"]
    assert rules[0]["help"]["markdown"] == "A review is overdue.\n\n**Why it matters**: `it` is old."


@given(data=st.data())
def test_any_run_is_valid_and_its_paths_lead_back(runs: st.SearchStrategy[Run], schema: Draft4Validator, data: st.DataObject) -> None:
    """Whatever bytes a path has, its reference is one of RFC 3986 and means the same file."""
    run = data.draw(runs)
    text = render(run)
    assert text.isascii()
    assert not re.search(r"##\[|##vso\[|^\s*::", text, re.MULTILINE)
    schema.validate(json.loads(text))
    ordered = [*sorted(run.findings, key=lambda finding: finding.severity is not Severity.ERROR), *run.suppressed, *(run.known or ())]
    assert [found["partialFingerprints"]["kbtool/v1"] for found in results(text)] == [finding.fingerprint for finding in ordered]
    for found, finding in zip(results(text), ordered, strict=True):
        assert REFERENCE.fullmatch(uri(found))
        assert unquote_to_bytes(uri(found)) == finding.path.encode("utf-8", "surrogateescape")


@pytest.mark.parametrize(
    ("path", "reference"),
    [
        ("content/a b.md", "content/a%20b.md"), ("content/100%.md", "content/100%25.md"), ("content/a%20b.md", "content/a%2520b.md"), ("content/über.md", "content/%C3%BCber.md"),
        ("content/\udcff.md", "content/%FF.md"), ("content/a?b#c.md", "content/a%3Fb%23c.md"), ("a:b.md", "a%3Ab.md"), ("content/...md", "content/...md"), ("content/a\\b.md", "content/a%5Cb.md"),
    ],
)
def test_paths_are_relative_references(path: str, reference: str) -> None:
    """A path is resolved below the top of the repository, and to nothing else."""
    finding = Finding(code="KB1", name="x", severity=Severity.ERROR, path=path, message="m")
    assert [uri(found) for found in results(render(Run((finding,), ())))] == [reference]
    assert urljoin(TOP, reference) == TOP + reference


@pytest.mark.parametrize(
    ("errors", "warnings", "left"), [(LIMIT, 0, 0), (1, LIMIT, 1), (300, LIMIT, 300), (LIMIT + 7, 5, 12)],
)
def test_the_five_thousand_that_weigh_most_are_there_and_the_rest_is_counted(with_findings, errors: int, warnings: int, left: int) -> None:
    """GitHub shows no more, and which it shows is its choice; the log says how many it does not have."""
    (log,) = json.loads(render(with_findings(errors, warnings)))["runs"]
    levels = [found["level"] for found in log["results"]]
    assert levels == (["error"] * errors + ["warning"] * warnings)[:LIMIT]
    assert log["properties"] == {"truncated": left}
    said = [note["message"]["text"] for note in log["invocations"][0]["toolExecutionNotifications"]]
    assert said == ([f"{left} more findings are not in this file"] if left else [])


@pytest.mark.parametrize(
    ("skipped", "articles", "successful", "level"),
    [
        ((Skipped("ACME1 own", "KeyError", failed=True),), (), False, "error"), ((Skipped("KB106 code-changed", "--no-git"),), (), True, "warning"),
        ((Skipped("KB106 code-changed", "no git", lasting=True),), (), False, "error"),
        ((), (ArticleVerdict("content/a.md", Verdict.UNKNOWN, None, (), ("cut off",), lasting=True),), False, "error"),
        ((), (ArticleVerdict("content/a.md", Verdict.UNKNOWN, None, (), ("silent tracker",)),), True, "warning"),
    ],
)
def test_a_run_without_a_verdict_was_not_successful(skipped: tuple[Skipped, ...], articles: tuple[ArticleVerdict, ...], successful: bool, level: str) -> None:
    """What exits with 3 in any case is an execution that failed; what is only skipped is a warning."""
    run = Run((), articles, skipped)
    (log,) = json.loads(render(run))["runs"]
    (invocation,) = log["invocations"]
    assert (invocation["executionSuccessful"], run.exit_code("error", strict=False)) == (successful, 0 if successful else 3)
    assert [note["level"] for note in invocation["toolExecutionNotifications"]] == [level]


@pytest.mark.parametrize(
    "change",
    [
        lambda log: log.pop("tool"), lambda log: log["results"][0].update(level="fatal"), lambda log: log["results"][0].pop("message"),
        lambda log: log["results"][0]["locations"][0]["physicalLocation"]["region"].update(startLine=0), lambda log: log.update(truncated=1),
    ],
)
def test_the_schema_refuses_what_is_no_log(made_run: Run, schema: Draft4Validator, change: Any) -> None:
    """A schema that takes everything would show nothing."""
    document = json.loads(render(made_run))
    change(document["runs"][0])
    assert not schema.is_valid(document)
