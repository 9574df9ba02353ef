"""The report that shows findings in Azure Pipelines: logging commands, `##vso[task.logissue …]`.

https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands
"""

from __future__ import annotations

from kbtool.finding import Finding, Run
from kbtool.reports.limits import most_severe
from kbtool.reports.text import visible

_ESCAPES = {"%": "%AZP25", "\r": "%0D", "\n": "%0A"}
_IN_PROPERTIES = {";": "%3B", "]": "%5D"}


def render(run: Run, *, color: bool = False) -> str:
    """Return one command a finding, errors first, and one for each check that did not run."""
    del color
    lines = [_command(finding) for finding in most_severe(run.findings, len(run.findings))[0]]
    lines += [f"##vso[task.logissue type={'error' if skip.failed else 'warning'}]{_data(f'{skip.check}: {skip.reason}')}"
              for skip in run.skipped]
    return "".join(f"{line}\n" for line in lines)


def _command(finding: Finding) -> str:
    properties = {
        "type": finding.severity.value, "sourcepath": finding.path, "linenumber": finding.line, "columnnumber": finding.column,
        "code": finding.code,
    }
    told = ";".join(f"{name}={_property(str(value))}" for name, value in properties.items())
    hint = f" ({finding.hint})" if finding.hint else ""
    return f"##vso[task.logissue {told}]{_data(finding.message + hint)}"


def _data(text: str) -> str:
    """Return text as the data of a command: one line, and no other command in it."""
    shown = visible(text, None).replace("##vso[", "##vso\\[")
    return "".join(_ESCAPES.get(char, char) for char in shown)


def _property(text: str) -> str:
    return "".join(_IN_PROPERTIES.get(char, char) for char in _data(text))
