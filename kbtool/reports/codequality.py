"""The report for merge requests of GitLab: a Code Quality artifact, a list of issues as GitLab documents it.

https://docs.gitlab.com/ci/testing/code_quality/ (Code Quality report format)
"""

from __future__ import annotations

import hashlib
from typing import Any

from kbtool.finding import Finding, Run, Severity
from kbtool.reports.json_text import as_json
from kbtool.reports.notices import Notice, notices
from kbtool.reports.text import visible

_SETTINGS = "pyproject.toml"  #: where an issue stands that is of no file; GitLab wants one


def render(run: Run, *, color: bool = False) -> str:
    """Return the findings of a run; an error is `major`, a warning `minor`; what could not be told is `blocker` or `info`."""
    del color
    told = [_untold(notice, run.folder + _SETTINGS) for notice in notices(run)]
    return as_json([*told, *map(_issue, run.findings)])


def _issue(finding: Finding) -> dict[str, Any]:
    hint = f" ({visible(finding.hint, None)})" if finding.hint else ""
    return {
        "description": f"{finding.code} {visible(finding.message, None)}{hint}", "check_name": finding.name,
        "fingerprint": finding.fingerprint, "severity": "major" if finding.severity is Severity.ERROR else "minor",
        "location": {"path": finding.path, "lines": {"begin": finding.line}},
    }


def _untold(notice: Notice, settings: str) -> dict[str, Any]:
    identity = "\0".join((notice.what, notice.severity.value, notice.reason, *notice.names)).encode("utf-8", "surrogatepass")
    return {
        "description": visible(f"{notice.what}: {notice.who}: {notice.reason}", None), "check_name": f"kbtool-{notice.what}",
        "fingerprint": hashlib.sha256(identity).hexdigest()[:16],
        "severity": "blocker" if notice.severity is Severity.ERROR else "info",
        "location": {"path": notice.names[0] if notice.what == "unknown" else settings, "lines": {"begin": 1}},
    }
