"""The report for code scanning: SARIF 2.1.0 (OASIS), within the limits that GitHub documents for an upload.

GitHub shows 5,000 results of a run, takes 25,000 and no file of more than 10 MB compressed; so the 5,000 that weigh most are
written, and a notification says how many were left out. https://docs.github.com/code-security (SARIF support)
"""

from __future__ import annotations

import json
import os
from typing import Any
from urllib.parse import quote

from kbtool import __version__
from kbtool.finding import Finding, Rule, Run
from kbtool.reports.limits import most_severe
from kbtool.reports.text import visible

LIMIT = 5_000  #: results
_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def render(run: Run, *, color: bool = False) -> str:
    """Return the findings of a run as one SARIF log; paths are relative to `%SRCROOT%`."""
    del color
    shown, left = most_severe(run.findings, LIMIT)
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
                "executionSuccessful": not any(skip.failed for skip in run.skipped),
                "toolExecutionNotifications": list(_notifications(run, left)),
            }],
            "results": [_result(finding, numbers) for finding in shown],
            "properties": {"truncated": left},
        }],
    }
    return json.dumps(document, indent=2, allow_nan=False) + "\n"


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
            "artifactLocation": {"uri": quote(os.fsencode(finding.path)), "uriBaseId": "%SRCROOT%"},
            "region": {"startLine": finding.line, "startColumn": finding.column},
        }}],
        "partialFingerprints": {"kbtool/v1": finding.fingerprint},
    }


def _notifications(run: Run, left: int) -> Any:
    for skip in run.skipped:
        level = "error" if skip.failed else "warning"
        yield {"level": level, "message": {"text": f"{skip.check}: {visible(skip.reason, None)}"}}
    for article in run.unknown:
        reasons = "; ".join(article.unknown or article.reasons)
        yield {"level": "warning", "message": {"text": visible(f"{article.path}: unknown: {reasons}", None)}}
    if left:
        yield {"level": "warning", "message": {"text": f"{left} more findings are not in this file"}}
