"""The report for GitHub Actions, read as the runner reads it: by both of its parsers, line for line."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbtool.finding import ArticleVerdict, Finding, Run, Severity, Skipped, Verdict
from kbtool.reports.annotations import LIMIT, render
from kbtool.reports.text import visible

COMMANDS = {"error", "warning", "notice", "group", "endgroup", "debug", "add-mask", "stop-commands", "set-env", "set-output", "save-state", "add-path", "echo", "add-matcher"}


@dataclass(frozen=True)
class Command:
    """A command as the runner takes it from a line."""

    name: str
    properties: dict[str, str]
    data: str


def command(line: str) -> Command | None:
    """Return what the runner takes a line for: a command of today's form, else of the old one, which may stand anywhere."""
    start = line.lstrip()
    end = start.find("::", 2)
    if start.startswith("::") and end > 0:
        name, _, told = start[2:end].partition(" ")
        if name in COMMANDS:
            return Command(name, _properties(told.strip().split(","), {":": "%3A", ",": "%2C"}), _unescaped(start[end + 2:], {}))
    begin = line.find("##[")
    end = line.find("]", begin)
    if begin >= 0 and end > 0:
        name, _, told = line[begin + 3:end].partition(" ")
        if name in COMMANDS:
            return Command(name, _properties(told.split(";"), {";": "%3B", "]": "%5D"}), line[end + 1:])
    return None


def _properties(parts: list[str], more: dict[str, str]) -> dict[str, str]:
    pairs = [part.split("=", 1) for part in parts if "=" in part]
    return {key: _unescaped(value, more) for key, value in pairs}


def _unescaped(text: str, more: dict[str, str]) -> str:
    for char, escape in {"\r": "%0D", "\n": "%0A", **more, "%": "%25"}.items():
        text = text.replace(escape, char)
    return text


def commands(text: str) -> list[Command | None]:
    """Return what the runner takes each line of a report for; it reads lines as .NET does."""
    assert text.endswith("\n") or not text
    return [command(line) for line in re.split(r"\r\n|\r|\n", text)[:-1]]


@given(data=st.data())
def test_the_runner_reads_back_each_finding_and_nothing_else(runs: st.SearchStrategy[Run], data: st.DataObject) -> None:
    """Whatever strangers write, a line is one command of ours with its path, line, column and message, or no command."""
    run = data.draw(runs)
    found = commands(render(run))
    placed = [one for one in found if one and "file" in one.properties]
    expected = [
        ({"file": visible(finding.path, None), "line": str(finding.line), "col": str(finding.column), "title": f"{finding.code} {finding.name}"},
         finding.severity.value, visible(finding.message, None) + (f"\n{visible(finding.hint, None)}" if finding.hint else ""))
        for severity in Severity for finding in run.findings if finding.severity is severity
    ]
    assert all((one.properties, one.name, one.data) in expected for one in placed)
    assert {one.name for one in found if one} <= {"error", "warning", "notice", "group", "endgroup"}
    lines = [one for one in found if one is None]
    assert len(placed) + len(lines) == len(run.findings)


@pytest.mark.parametrize(
    ("errors", "warnings", "shown", "left"),
    [(0, 0, (0, 0), 0), (10, 10, (10, 10), 0), (11, 0, (10, 0), 1), (3, 25, (3, 10), 15), (200, 300, (10, 10), 480)],
)
def test_of_each_severity_ten_are_shown_and_the_rest_is_counted_and_in_the_log(with_findings, errors: int, warnings: int, shown: tuple[int, int], left: int) -> None:
    """GitHub drops what is above its limit without a word, so we say it, and print the rest as lines of a folded group."""
    text = render(with_findings(errors, warnings))
    found = commands(text)
    names = [one.name for one in found if one]
    assert (names.count("error"), names.count("warning")) == shown
    assert names[: sum(shown)] == ["error"] * shown[0] + ["warning"] * shown[1]
    tail = [] if not left else ["notice", "group", "endgroup"]
    assert names[sum(shown):] == tail
    assert found.count(None) == left
    if left:
        assert f"::notice title=kbtool::{left} more finding{'s' * (left > 1)} than GitHub shows of a step; the log has all of them\n" in text
        assert text.count("nothing is at") == errors + warnings


def test_what_could_not_be_told_comes_first_and_counts(with_findings) -> None:
    """A check that broke weighs more than any finding; missing evidence fails the job, so it is an error, too."""
    articles = tuple(ArticleVerdict(f"content/{n}.md", Verdict.UNKNOWN, None, ("cut off",), ("cut off",), lasting=True) for n in range(5))
    run = with_findings(12, 12)
    skipped = (Skipped("ACME001 own", "KeyError: 'x'", failed=True), Skipped("KB106 code-changed", "no tracker"), Skipped("KB301 ticket-resolved", "no tracker"))
    lines = render(Run(run.findings, articles, skipped)).split("\n")
    assert lines[0] == "::error title=kbtool%3A broke::ACME001 own: KeyError: 'x'"
    assert lines[1] == "::error title=kbtool%3A unknown::content/0.md, content/1.md, content/2.md and 2 more: cut off"
    assert lines[LIMIT] == "::warning title=kbtool%3A skipped::KB106 code-changed, KB301 ticket-resolved: no tracker"
    assert [sum(line.startswith(f"::{word} ") for line in lines) for word in ("error", "warning")] == [LIMIT, LIMIT]
    assert "::group::7 more findings" in lines


@pytest.mark.parametrize(
    ("path", "escaped"),
    [
        ("content/a b.md", "content/a b.md"), ("content/100%.md", "content/100%25.md"), ("content/a,b:c.md", "content/a%2Cb%3Ac.md"), ("content/über.md", "content/über.md"),
        ("content/a\n::error::b.md", "content/a\\n%3A%3Aerror%3A%3Ab.md"), ("content/%0A.md", "content/%250A.md"), ("content/\udcff.md", "content/\\xff.md"),
    ],
)
def test_paths_are_escaped_as_properties(path: str, escaped: str) -> None:
    """A comma or a colon ends no property, and a percent sign is one."""
    finding = Finding(code="KB1", name="x", severity=Severity.ERROR, path=path, message="m, 5 % of a::b")
    assert render(Run((finding,), ())) == f"::error file={escaped},line=1,col=1,title=KB1 x::m, 5 %25 of a::b\n"


def test_the_parser_here_obeys_what_the_runner_obeys() -> None:
    """A parser that took everything for text would show nothing."""
    assert command("  ::error file=a%2Cb,line=3::x%0Ay") == Command("error", {"file": "a,b", "line": "3"}, "x\ny")
    assert command("text ##[warning]x") == Command("warning", {}, "x")
    assert (command("text ::error::x"), command("::nothing::x"), command("##\\[error]x")) == (None, None, None)


def test_what_could_not_be_told_is_never_left_out() -> None:
    """Beyond the ten that GitHub shows, reasons stand in the log as findings do, and are counted."""
    articles = tuple(ArticleVerdict(f"content/{n}.md", Verdict.UNKNOWN, None, (f"reason {n}",), (f"reason {n}",)) for n in range(13))
    text = render(Run((), articles))
    assert all(f"reason {n}" in text for n in range(13))
    assert (text.count("::warning "), "::group::3 more findings" in text) == (10, True)
