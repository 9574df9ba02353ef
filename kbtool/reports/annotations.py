"""The report that shows findings at their lines in a pull request: workflow commands of GitHub Actions.

GitHub shows ten errors and ten warnings a step; the most severe come first, and a last notice says how many more there are.
https://docs.github.com/actions/reference/workflow-commands
"""

from __future__ import annotations

from collections.abc import Iterator

from kbtool.finding import Finding, Run, Severity
from kbtool.reports.text import visible

LIMIT = 10  #: of errors, and of warnings


def render(run: Run, *, color: bool = False) -> str:
    """Return one command a finding."""
    del color
    return "".join(f"{line}\n" for line in _lines(run))


def _lines(run: Run) -> Iterator[str]:
    left = 0
    for severity in Severity:
        some = [finding for finding in run.findings if finding.severity is severity]
        yield from map(_command, some[:LIMIT])
        left += len(some[LIMIT:])
    for skip in run.skipped:
        yield f"::{'error' if skip.failed else 'warning'} title={_property(skip.check)}::{_data(skip.reason)}"
    if run.unknown:
        yield f"::warning title=unknown::of {len(run.unknown)} articles something is not known; `kbtool check` says what"
    if left:
        yield f"::notice title=kbtool::{left} more findings are not shown here; `kbtool check` shows all"


def _command(finding: Finding) -> str:
    hint = f"\n{finding.hint}" if finding.hint else ""
    place = f"file={_property(finding.path)},line={finding.line},col={finding.column},title={finding.code} {finding.name}"
    return f"::{finding.severity.value} {place}::{_data(finding.message + hint)}"


def _data(text: str) -> str:
    """Return text as the data of a command: one line, whatever it holds."""
    shown = "\n".join(visible(line, None) for line in text.split("\n"))
    return shown.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
