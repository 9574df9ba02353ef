"""One hand-made run that every report is tested with: all that a run can hold, hostile text among it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from kbtool.finding import ArticleVerdict, Finding, Run, Severity, Skipped, Verdict

HOSTILE = "\x1b[31mred\x1b]0;title\x07\r\n::error::injected ##[error]x\u202egnp.\u2066\u200b\x9b2J\udcff"


@pytest.fixture
def made_run() -> Run:
    """Return a run with errors, warnings, skipped and broken checks, and each verdict."""
    findings = (
        Finding(
            code="KB102", name="review-overdue", severity=Severity.ERROR, path="content/billing/export.md", line=4, column=1,
            message="the review was due by 2026-07-01", hint="review it, then set last_reviewed_on", subject="2026-07-01",
            fingerprint="0123456789abcdef", owners=("ana", "billing-team"), excerpt="last_reviewed_on: 2026-01-01",
            evidence={"review_by": "2026-07-01", "days": 144},
        ),
        Finding(
            code="KB201", name="broken-link", severity=Severity.ERROR, path="content/billing/export.md", line=12, column=9,
            message="nothing is at 'nowhere.md'", subject="nowhere.md", fingerprint="1123456789abcdef", owners=("ana",),
            excerpt="\t[here](nowhere.md) and there",
        ),
        Finding(
            code="KB103", name="review-due", severity=Severity.WARNING, path="content/über uns.md", message="the review is due by 2026-12-01",
            fingerprint="2123456789abcdef",
        ),
        Finding(
            code="KB013", name="hidden-character", severity=Severity.ERROR, path=f"content/{HOSTILE}.md", line=7, column=3,
            message=f"says {HOSTILE}", hint=f"delete {HOSTILE}", subject=HOSTILE, fingerprint="3123456789abcdef", owners=(HOSTILE,),
            excerpt=f"ab{HOSTILE}", evidence={"text": HOSTILE},
        ),
    )
    articles = (
        ArticleVerdict("content/billing/export.md", Verdict.STALE, dt.date(2026, 7, 1), ("the review was due by 2026-07-01",)),
        ArticleVerdict("content/home.md", Verdict.FRESH, dt.date(2027, 1, 1)),
        ArticleVerdict("content/old.md", Verdict.ARCHIVED),
        ArticleVerdict("content/über uns.md", Verdict.DUE, dt.date(2026, 12, 1), ("the review is due by 2026-12-01",)),
        ArticleVerdict(f"content/{HOSTILE}.md", Verdict.UNKNOWN, None, (f"the front matter is not readable: {HOSTILE}",)),
    )
    skipped = (
        Skipped("ACME001 house-style", f"ValueError: {HOSTILE}", failed=True), Skipped("KB301 ticket-resolved", "there is no snapshot"),
    )
    return Run(findings, articles, skipped, checks=25)


@pytest.fixture
def clean_run() -> Run:
    """Return a run that found nothing."""
    return Run((), (ArticleVerdict("content/home.md", Verdict.FRESH, dt.date(2027, 1, 1)),), (), checks=25)


@pytest.fixture(scope="session")
def golden() -> Path:
    """Return the folder of what reports are expected to be."""
    return Path(__file__).parent / "golden"
