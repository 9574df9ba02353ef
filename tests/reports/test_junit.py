"""The report as tests: read back by an independent reader, and held to the elements and attributes that Jenkins knows."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from junitparser import Error, Failure, JUnitXml, Skipped

from kbtool.finding import ArticleVerdict, Finding, Run, Severity, Verdict
from kbtool.finding import Skipped as SkippedCheck
from kbtool.reports.junit import render

#: Element → its attributes and what may be in it, as the schema of Jenkins' xUnit plugin has it (and `file`, `line`, as GitLab reads them).
KNOWN: dict[str, tuple[set[str], set[str]]] = {
    "testsuites": ({"name", "tests", "failures", "errors", "skipped"}, {"testsuite"}),
    "testsuite": ({"name", "tests", "failures", "errors", "skipped"}, {"testcase"}),
    "testcase": ({"name", "classname", "file", "line"}, {"failure", "error", "skipped", "system-out"}),
    "failure": ({"type", "message"}, set()), "error": ({"message"}, set()), "skipped": ({"message"}, set()), "system-out": (set(), set()),
}
COUNTS = ("tests", "failures", "errors", "skipped")


def checked(text: str) -> ET.Element:
    """Return the document, well-formed, of known parts, with sums that are right."""
    top = ET.fromstring(text)
    for element in top.iter():
        attributes, children = KNOWN[element.tag]
        assert set(element.keys()) <= attributes
        assert {child.tag for child in element} <= children
    for suite in (top, *top):
        cases = list(suite.iter("testcase"))
        kinds = ["failure", "error", "skipped"]
        assert [int(suite.get(name, "")) for name in COUNTS] == [len(cases), *(sum(case.find(kind) is not None for case in cases) for kind in kinds)]
    return top


def outcomes(text: str) -> list[tuple[str, str, str]]:
    """Return suite, case and outcome of each case, as an independent reader has them."""
    kinds: dict[type[Any], str] = {Failure: "failed", Error: "broke", Skipped: "skipped"}
    return [
        (suite.name, case.name, kinds[type(case.result[0])] if case.result else "passed")
        for suite in JUnitXml.fromstring(text.encode()) for case in suite
    ]


def test_an_independent_reader_finds_every_case(made_run: Run, clean_run: Run) -> None:
    """Errors fail, warnings pass, what is silenced or in the baseline is skipped, and what is not known is no pass."""
    found = [(case.partition(" ")[0], outcome) for _, case, outcome in outcomes(render(made_run))]
    assert found == [
        ("KB013", "failed"), ("unknown", "skipped"), ("KB102", "failed"), ("KB201", "failed"), ("KB102", "skipped"), ("no", "passed"), ("KB103", "passed"),
        ("KB201", "skipped"),
        ("ACME001", "broke"), ("KB301", "skipped"),
    ]
    assert outcomes(render(clean_run)) == [("content/home.md", "no findings", "passed")]


@given(data=st.data())
def test_any_run_is_well_formed_and_has_every_finding(runs: st.SearchStrategy[Run], data: st.DataObject) -> None:
    """ElementTree writes characters that XML cannot hold; ours are replaced, and each line is safe in the log of a build."""
    run = data.draw(runs)
    text = render(run)
    top = checked(text)
    assert not re.search(r"##\[|##vso\[|^\s*::", text, re.MULTILINE)
    assert len(list(top.iter("failure"))) == run.count(Severity.ERROR)
    assert len(list(top.iter("system-out"))) == run.count(Severity.WARNING)
    for suite in top:
        names = [case.get("name") for case in suite if suite.get("name") != "checks"]
        assert len(set(names)) == len(names)
    assert len(outcomes(text)) == int(top.get("tests", ""))


@pytest.mark.parametrize("code", [0, 0x1B, 0xFFFE, 0xFFFF, 0xD800, 0xDCFF, 0x9B, 0x2028])
def test_characters_that_xml_does_not_have(code: int) -> None:
    """They are shown as escapes, or as U+FFFD."""
    char = chr(code)
    finding = Finding(code="KB1", name="x", severity=Severity.ERROR, path=f"content/{char}.md", message=f"a{char}b", hint=char, subject=char)
    top = checked(render(Run((finding,), ())))
    (failure,) = top.iter("failure")
    assert re.fullmatch(r"a(\ufffd|\\[xu][0-9a-f]+)b", failure.get("message", ""))
    assert char not in (failure.text or "")


def test_the_name_of_a_case_survives_moved_lines_and_is_never_there_twice() -> None:
    """A server tells by the name what is new, what was there, and what is mended."""
    def cases(first: int, *subjects: str) -> list[str]:
        findings = tuple(
            Finding(code="KB201", name="broken-link", severity=Severity.ERROR, path="content/a.md", line=first + n, message="m", subject=subject)
            for n, subject in enumerate(subjects)
        )
        return [case for _, case, _ in outcomes(render(Run(findings, ())))]

    assert cases(1, "x.md", "y.md", "x.md") == cases(50, "x.md", "y.md", "x.md") == ["KB201 broken-link x.md", "KB201 broken-link y.md", "KB201 broken-link x.md (2)"]


@pytest.mark.parametrize(("lasting", "outcome"), [(False, "skipped"), (True, "broke")])
def test_evidence_that_is_missing_is_no_pass(lasting: bool, outcome: str) -> None:
    """What exits with 3 in any case is an error of its case; what is only skipped is skipped."""
    article = ArticleVerdict("content/a.md", Verdict.UNKNOWN, None, ("cut off",), ("cut off",), lasting)
    run = Run((), (article,), (SkippedCheck("KB106 code-changed", "no history", lasting=lasting),))
    assert outcomes(render(run)) == [("content/a.md", "unknown", outcome), ("checks", "KB106 code-changed", outcome)]
