"""One hand-made run that every report is tested with: all that a run can hold, hostile text among it."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st

from kbtool.finding import ArticleVerdict, Finding, Rule, Run, Severity, Skipped, Suppression, Verdict

#: What a terminal, a build server or a platform would obey, and characters that a format cannot hold.
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
    rules = (
        Rule("KB102", "review-overdue", Severity.ERROR, "A review is overdue.", "A review is overdue.\n\n**Why it matters**: `it` is old."),
        Rule("KB201", "broken-link", Severity.ERROR, "A link leads nowhere.", "A link leads nowhere."),
    )
    suppressed = (
        Finding(
            code="KB201", name="broken-link", severity=Severity.ERROR, path="content/über uns.md", line=9, column=2, message="nothing is at 'soon.md'",
            subject="soon.md", fingerprint="4123456789abcdef", owners=("ana",), suppression=Suppression(f"comes {HOSTILE}", dt.date(2027, 1, 31), 8),
        ),
    )
    known = (
        Finding(
            code="KB102", name="review-overdue", severity=Severity.ERROR, path="content/home.md", line=4, message=f"the review was due {HOSTILE}",
            fingerprint="5123456789abcdef", owners=("ana",),
        ),
    )
    return Run(findings, articles, skipped, checks=25, rules=rules, suppressed=suppressed, known=known, paid=2)


@pytest.fixture
def clean_run() -> Run:
    """Return a run that found nothing."""
    return Run((), (ArticleVerdict("content/home.md", Verdict.FRESH, dt.date(2027, 1, 1)),), (), checks=25)


@pytest.fixture(scope="session")
def golden() -> Path:
    """Return the folder of what reports are expected to be."""
    return Path(__file__).parent / "golden"


@pytest.fixture(scope="session")
def runs() -> st.SearchStrategy[Run]:
    """Return runs with whatever texts, and paths of whatever bytes; draw them with `st.data()`."""
    nasty = st.sampled_from(["::error::x", "##[error]x", "##vso[task.complete]", "##teamcity[x", "]]>", "\n::set-output", "<!--", "\ufffe", "@all", "%0A", "%25", "a,b=c;d]e"])
    text = st.lists(nasty | st.text(st.characters() | st.characters(categories=["Cs", "Cc"]), max_size=9), max_size=3).map("".join)
    part = (st.binary(min_size=1, max_size=9) | nasty.map(os.fsencode)).map(lambda raw: raw.replace(b"\0", b"0").replace(b"/", b"-"))
    path = st.lists(part, min_size=1, max_size=3).map(lambda parts: b"/".join([b"content", *parts]).decode("utf-8", "surrogateescape"))
    found = st.builds(
        Finding, code=st.sampled_from(["KB102", "KB201", "ACME1"]), name=st.sampled_from(["review-overdue", "broken-link"]), severity=st.sampled_from(Severity),
        path=path, message=text, line=st.integers(1, 10**6), column=st.integers(1, 10**6), hint=text, subject=text,
        fingerprint=st.text("0123456789abcdef", min_size=16, max_size=16), owners=st.lists(text, max_size=2).map(tuple), excerpt=text,
    )
    findings = st.lists(found, max_size=15, unique_by=lambda finding: finding.fingerprint).map(lambda some: tuple(sorted(some, key=lambda finding: finding.order)))
    lacking = st.lists(text, max_size=2).map(tuple)
    article = st.builds(ArticleVerdict, path, st.sampled_from(Verdict), st.none() | st.dates(), lacking, lacking, st.booleans())
    articles = st.lists(article, max_size=4, unique_by=lambda article: article.path).map(tuple)
    skipped = st.lists(st.builds(Skipped, text, text, st.booleans(), st.booleans()), max_size=3).map(tuple)

    def some_aside(found: Run, silent: int, known: int, reason: str) -> Run:
        """Return the run with its first findings silenced, and the next ones in the baseline."""
        suppression = Suppression(reason, dt.date(2027, 1, 31), 3)
        silenced = tuple(replace(finding, suppression=suppression) for finding in found.findings[:silent])
        return replace(found, findings=found.findings[silent + known :], suppressed=silenced, known=found.findings[silent : silent + known] or None)

    made = st.builds(Run, findings, articles, skipped, st.integers(0, 99))
    return st.builds(some_aside, made, st.integers(0, 2), st.integers(0, 2), text)


@pytest.fixture(scope="session")
def with_findings() -> Callable[..., Run]:
    """Return a function that makes a run of so many errors and warnings; the warnings stand before the errors."""

    def make(errors: int = 0, warnings: int = 0, **more: Any) -> Run:
        kinds = [Severity.WARNING] * warnings + [Severity.ERROR] * errors
        findings = tuple(
            Finding(code="KB201", name="broken-link", severity=severity, path=f"content/{n // 20:05}.md", line=n % 20 + 1, message=f"nothing is at 'no{n}.md'",
                    subject=f"no{n}.md", fingerprint=f"{n:016x}", owners=("ana",))
            for n, severity in enumerate(kinds)
        )
        return Run(findings, (ArticleVerdict("content/00000.md", Verdict.FRESH),), **more)

    return make
