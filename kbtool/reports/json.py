"""The report for programs. Its schema is `report.schema.json` beside this file, printed by `kbtool schema --report`."""

from __future__ import annotations

from typing import Any

from kbtool.finding import ArticleVerdict, Finding, Run, Severity, Skipped
from kbtool.reports.json_text import as_json

SCHEMA_VERSION = 1


def render(run: Run, *, color: bool = False) -> str:
    """Return the run as one JSON document; the keys are those of DESIGN.md §8."""
    del color
    document = {
        "schema_version": SCHEMA_VERSION,
        "complete": run.complete,
        "findings": [_finding(finding) for finding in run.findings],
        "suppressed": [*map(_suppressed, run.suppressed)],
        "known": [_finding(finding) for finding in run.known or ()],
        "skipped": [_skipped(skip) for skip in run.skipped],
        "unknown": [{"path": found.path, "reason": "; ".join(found.unknown or found.reasons)} for found in run.unknown],
        "articles": [_article(found) for found in run.articles],
        "summary": _summary(run),
        **({"diff": {"name": run.diff.name, "base": run.diff.base, "left_alone": run.diff.left_alone}} if run.diff else {}),
    }
    return as_json(document)


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code, "name": finding.name, "severity": finding.severity.value, "path": finding.path,
        "line": finding.line, "column": finding.column, "message": finding.message, "hint": finding.hint,
        "fingerprint": finding.fingerprint, "owners": list(finding.owners), "evidence": dict(finding.evidence),
    }


def _suppressed(finding: Finding) -> dict[str, Any]:
    why = finding.suppression
    said = {"reason": why.reason, "until": why.until.isoformat(), "line": why.line} if why else None
    return {**_finding(finding), "suppression": said}


def _skipped(skip: Skipped) -> dict[str, Any]:
    return {"check": skip.check, "reason": skip.reason, "failed": skip.failed, "lasting": skip.lasting}


def _article(found: ArticleVerdict) -> dict[str, Any]:
    return {
        "path": found.path, "verdict": found.verdict.value,
        "review_by": found.review_by.isoformat() if found.review_by else None, "reasons": list(found.reasons),
    }


def _summary(run: Run) -> dict[str, int]:
    verdicts = [found.verdict.value for found in run.articles]
    return {
        "errors": run.count(Severity.ERROR), "warnings": run.count(Severity.WARNING), "articles": len(run.articles),
        "suppressed": len(run.suppressed), "known": len(run.known or ()), "paid": run.paid,
        "checks": run.checks, "skipped": len(run.skipped),
        **{word: verdicts.count(word) for word in ("fresh", "due", "stale", "unknown", "archived")},
    }
