"""The report for code scanning: SARIF 2.1.0 (OASIS), within the limits that GitHub documents for an upload.

GitHub shows 5,000 results of a run, takes 25,000 and no file of more than 10 MB compressed; so the 5,000 that weigh most are
written, and a notification says how many were left out. What is silenced, or in the baseline, comes last, as a note: GitHub does
not read `suppressions`. https://docs.github.com/code-security (SARIF support)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from kbtool import __version__
from kbtool.finding import Finding, Rule, Run
from kbtool.reports.json_text import as_json
from kbtool.reports.limits import most_severe
from kbtool.reports.notices import notices
from kbtool.reports.text import visible

LIMIT = 5_000  #: results
_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def render(run: Run, *, color: bool = False) -> str:
    """Return the findings of a run as one SARIF log; paths are relative to `%SRCROOT%`."""
    del color
    new, left = most_severe(run.findings, LIMIT)
    aside = (*run.suppressed, *(run.known or ()))[: LIMIT - len(new)]
    left += len(run.suppressed) + len(run.known or ()) - len(aside)
    numbers = {rule.code: number for number, rule in enumerate(run.rules)}
    document = {
        "$schema": _SCHEMA, "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "kbtool", "version": __version__, "rules": [_rule(rule) for rule in run.rules],
            }},
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": {"%SRCROOT%": {"description": {"text": "The top of the repository."}}},
            "invocations": [{
                "executionSuccessful": not run.broken,
                "toolExecutionNotifications": list(_notifications(run, left)),
            }],
            "results": [
                *({**_result(finding, numbers), **_state(run, "new")} for finding in new),
                *({**_result(finding, numbers), **_set_aside(finding, run)} for finding in aside),
            ],
            "properties": {"truncated": left},
        }],
    }
    return as_json(document)


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.code, "name": rule.name,
        "shortDescription": {"text": rule.summary}, "fullDescription": {"text": rule.summary},
        "help": {"text": rule.documentation, "markdown": rule.documentation},
        "defaultConfiguration": {"level": rule.severity.value}, "properties": {"tags": ["documentation"]},
    }


def _result(finding: Finding, numbers: dict[str, int]) -> dict[str, Any]:
    hint = f"\n{visible(finding.hint, None)}" if finding.hint else ""
    rule = {"ruleIndex": numbers[finding.code]} if finding.code in numbers else {}
    return {
        "ruleId": finding.code, **rule, "level": finding.severity.value,
        "message": {"text": f"{visible(finding.message, None)}{hint}"},
        "locations": [{"physicalLocation": {
            "artifactLocation": {"uri": _uri(finding.path), "uriBaseId": "%SRCROOT%"},
            "region": {"startLine": finding.line, "startColumn": finding.column},
        }}],
        "partialFingerprints": {"kbtool/v1": finding.fingerprint},
    }


def _state(run: Run, state: str) -> dict[str, Any]:
    return {} if run.known is None else {"baselineState": state}


def _set_aside(finding: Finding, run: Run) -> dict[str, Any]:
    """Return what a result has that does not fail the run."""
    why = finding.suppression
    kind, said, state = ("inSource", visible(str(why), None), "new") if why else ("external", "in the baseline", "unchanged")
    return {
        "level": "note", "suppressions": [{"kind": kind, "status": "accepted", "justification": said}], **_state(run, state),
    }


def _uri(path: str) -> str:
    """Return the relative reference of RFC 3986 for a path, byte for byte as git has it."""
    return quote(path.encode("utf-8", "surrogateescape"))


def _notifications(run: Run, left: int) -> Iterator[dict[str, Any]]:
    for notice in notices(run):
        text = visible(f"{notice.what}: {notice.who}: {notice.reason}", None)
        yield {"level": notice.severity.value, "message": {"text": text}}
    if left:
        yield {"level": "warning", "message": {"text": f"{left} more findings are not in this file"}}
