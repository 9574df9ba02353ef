"""What reports with limits have in common: which findings go first, and how many are left out."""

from __future__ import annotations

from collections.abc import Sequence

from kbtool.finding import Finding, Severity


def most_severe(findings: Sequence[Finding], limit: int) -> tuple[list[Finding], int]:
    """Return so many findings, errors first and else in their order, and how many more there are."""
    ordered = sorted(findings, key=lambda finding: finding.severity is not Severity.ERROR)
    return ordered[:limit], max(0, len(ordered) - limit)
