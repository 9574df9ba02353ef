"""The report for Azure Pipelines, read as its agent reads it."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbtool.finding import Finding, Run, Severity, Skipped
from kbtool.reports.azure import render
from kbtool.reports.text import visible


@dataclass(frozen=True)
class Command:
    """A command as the agent takes it from a line."""

    name: str
    properties: dict[str, str]
    data: str


def command(line: str) -> Command | None:
    """Return what the agent takes a line for; the command may stand anywhere in it, in capitals as well."""
    begin = line.lower().find("##vso[")
    end = line.find("]", begin)
    if begin < 0 or end < 0:
        return None
    name, _, told = line[begin + len("##vso["):end].partition(" ")
    pairs = [part.split("=", 1) for part in told.split(";") if "=" in part]
    return Command(name, {key: _unescaped(value) for key, value in pairs}, _unescaped(line[end + 1:]))


def _unescaped(text: str) -> str:
    for escape, char in {"%3B": ";", "%0D": "\r", "%0A": "\n", "%5D": "]", "%AZP25": "%"}.items():
        text = text.replace(escape, char)
    return text


@given(data=st.data())
def test_the_agent_reads_back_each_finding_and_nothing_else(runs: st.SearchStrategy[Run], data: st.DataObject) -> None:
    """Whatever strangers write, each line is one issue of ours, errors first."""
    run = data.draw(runs)
    lines = re.split(r"\r\n|\r|\n", render(run))[:-1]
    found = [command(line) for line in lines]
    assert {one.name for one in found if one} <= {"task.logissue"}
    assert None not in found
    assert [line.lower().count("##vso[") for line in lines] == [1] * len(lines)
    placed = [one for one in found if one and "sourcepath" in one.properties]
    ordered = sorted(run.findings, key=lambda finding: finding.severity is not Severity.ERROR)
    assert [one.properties for one in placed] == [
        {"type": finding.severity.value, "sourcepath": visible(finding.path, None), "linenumber": str(finding.line), "columnnumber": str(finding.column), "code": finding.code}
        for finding in ordered
    ]
    assert all(one.data.startswith(visible(finding.message, None)) for one, finding in zip(placed, ordered, strict=True))


def test_every_finding_is_there_and_errors_come_first(with_findings) -> None:
    """The summary of a run shows the first ten; the log shows them all."""
    types = [command(line).properties["type"] for line in render(with_findings(30, 40)).splitlines()]
    assert types == ["error"] * 30 + ["warning"] * 40


def test_what_could_not_be_told_comes_before() -> None:
    """A check that broke is an error, one that was skipped a warning."""
    run = Run((), (), (Skipped("ACME001 own", "50 %; [x]", failed=True), Skipped("KB301 ticket-resolved", "no snapshot")))
    assert render(run) == "##vso[task.logissue type=error]broke: ACME001 own: 50 %AZP25; [x]\n##vso[task.logissue type=warning]skipped: KB301 ticket-resolved: no snapshot\n"


@pytest.mark.parametrize(
    ("path", "escaped"), [("content/a;b]c.md", "content/a%3Bb%5Dc.md"), ("content/1%0A.md", "content/1%AZP250A.md"), ("content/##VSO[x].md", "content/##VSO\\[x%5D.md")],
)
def test_paths_are_escaped_as_properties(path: str, escaped: str) -> None:
    """What would end a property, or begin another command, does not."""
    finding = Finding(code="KB1", name="x", severity=Severity.WARNING, path=path, message="m", line=3, column=2, hint="h")
    assert render(Run((finding,), ())) == f"##vso[task.logissue type=warning;sourcepath={escaped};linenumber=3;columnnumber=2;code=KB1]m (h)\n"
