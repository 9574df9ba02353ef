"""The report for merge requests of GitLab: a Code Quality artifact, a list of issues as GitLab documents it.

https://docs.gitlab.com/ci/testing/code_quality/ (Code Quality report format)
"""

from __future__ import annotations

import json
from typing import Any

from kbtool.finding import Finding, Run, Severity
from kbtool.reports.text import visible


def render(run: Run, *, color: bool = False) -> str:
    """Return the findings of a run; an error is `major`, a warning `minor`."""
    del color
    return json.dumps([_issue(finding) for finding in run.findings], indent=2, allow_nan=False) + "\n"


def _issue(finding: Finding) -> dict[str, Any]:
    hint = f" ({visible(finding.hint, None)})" if finding.hint else ""
    return {
        "description": f"{finding.code} {visible(finding.message, None)}{hint}", "check_name": finding.name,
        "fingerprint": finding.fingerprint, "severity": "major" if finding.severity is Severity.ERROR else "minor",
        "location": {"path": finding.path, "lines": {"begin": finding.line}},
    }
