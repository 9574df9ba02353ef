"""The report that shows findings in Azure Pipelines: logging commands, `##vso[task.logissue …]`.

The summary of a run shows the first ten errors and the first ten warnings of a step, so errors come first; the log has all.
https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands
"""

from __future__ import annotations

from kbtool.finding import Finding, Run, Severity
from kbtool.reports.limits import most_severe
from kbtool.reports.notices import Notice, notices
from kbtool.reports.text import visible

_IN_PROPERTIES = {";": "%3B", "]": "%5D"}


def render(run: Run, *, color: bool = False) -> str:
    """Return one command a finding, errors first, and before them what the run could not tell."""
    del color
    commands = [*map(_notice, notices(run)), *map(_command, most_severe(run.findings, len(run.findings))[0])]
    return "".join(f"{command}\n" for command in commands)


def _notice(notice: Notice) -> str:
    return _issue(notice.severity, {}, f"{notice.what}: {notice.who}: {notice.reason}")


def _command(finding: Finding) -> str:
    place = {"sourcepath": finding.path, "linenumber": finding.line, "columnnumber": finding.column, "code": finding.code}
    hint = f" ({finding.hint})" if finding.hint else ""
    return _issue(finding.severity, place, finding.message + hint)


def _issue(severity: Severity, place: dict[str, object], text: str) -> str:
    told = ";".join(f"{name}={_property(str(value))}" for name, value in {"type": severity.value, **place}.items())
    return f"##vso[task.logissue {told}]{_data(text)}"


def _data(text: str) -> str:
    """Return text as the data of a command: `visible` leaves no line end and no other command in it."""
    return visible(text, None).replace("%", "%AZP25")


def _property(text: str) -> str:
    return "".join(_IN_PROPERTIES.get(char, char) for char in _data(text))
