"""What a run finds: findings, what was skipped, the verdict on each article, and the `Run` that every report reads."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any


class Severity(enum.StrEnum):
    """How much a finding weighs."""

    ERROR = "error"
    WARNING = "warning"


class Verdict(enum.StrEnum):
    """Whether an article can be trusted today."""

    FRESH = "fresh"
    DUE = "due"
    STALE = "stale"
    UNKNOWN = "unknown"
    ARCHIVED = "archived"


_WITHHOLD = ("KB001", "KB008", "KB4")  #: codes, or how they begin, of what leaves open who may read an article
#: Codes of what a review settles.
SETTLED_BY_REVIEW = frozenset({"KB101", "KB102", "KB103", "KB105", "KB106", "KB108"})


@dataclass(frozen=True, slots=True)
class Suppression:
    """Why a finding is silenced in place, until which day (on it, that is over), and the line of the article that says so."""

    reason: str
    until: dt.date
    line: int

    def __str__(self) -> str:
        """Return it as people read it."""
        return f"silenced until {self.until}: {self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong, at one place.

    `path` is relative to the repository, POSIX; `line` and `column` count from 1. `subject` is what the finding is
    about inside its article (a link, an owner): with code and path it makes the `fingerprint`, which therefore survives
    moved lines. `excerpt` is the line of the source, of a long one the part around the column, from character `excerpt_from` on
    (counted from 0). `evidence` holds the facts behind it, as JSON types. One that its article
    silences has a `suppression`.
    """

    code: str
    name: str
    severity: Severity
    path: str
    message: str
    line: int = 1
    column: int = 1
    hint: str = ""
    subject: str = ""
    fingerprint: str = ""
    owners: tuple[str, ...] = ()
    excerpt: str = ""
    excerpt_from: int = 0
    evidence: Mapping[str, Any] = field(default_factory=dict)
    suppression: Suppression | None = None

    @property
    def order(self) -> tuple[bytes, int, int, str, str]:
        """Return the key that findings are sorted by: path, line, column, code, message."""
        return (self.path.encode("utf-8", "surrogateescape"), self.line, self.column, self.code, self.message)

    def finished(self, fingerprint: str, owners: tuple[str, ...], excerpt: str, excerpt_from: int = 0) -> Finding:
        """Return it with what a run adds when it has found everything."""
        return Finding(  # `replace` takes half as long again
            code=self.code, name=self.name, severity=self.severity, path=self.path, message=self.message, line=self.line,
            column=self.column, hint=self.hint, subject=self.subject, fingerprint=fingerprint, owners=owners, excerpt=excerpt,
            excerpt_from=excerpt_from, evidence=self.evidence, suppression=self.suppression,
        )


@dataclass(frozen=True, slots=True, order=True)
class Unknown:
    """Something that cannot be known about an article, and why.

    `lasting` says that its evidence is missing for good; else it is missing for now, as when a tracker is silent.
    """

    path: str
    reason: str
    lasting: bool = True


@dataclass(frozen=True, slots=True, order=True)
class Skipped:
    """A check that could not run, and why.

    `failed` says that it broke, `lasting` that its evidence is missing for good; else somebody has done without it.
    """

    check: str
    reason: str
    failed: bool = False
    lasting: bool = False


@dataclass(frozen=True, slots=True)
class ArticleVerdict:
    """The verdict on one article: the day its review is due by, if any, and the reasons.

    `unknown` holds what evidence is missing, whatever the verdict is, and `lasting` whether some of it is missing for good.
    """

    path: str
    verdict: Verdict
    review_by: dt.date | None = None
    reasons: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    lasting: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """A check as reports name it: its code, name, usual severity, first sentence, and documentation as Markdown.

    `suppressible` says whether a finding of it may be silenced, or be known debt.
    """

    code: str
    name: str
    severity: Severity
    summary: str
    documentation: str
    suppressible: bool = True


@dataclass(frozen=True, slots=True)
class Diff:
    """What a run was limited to: what has changed since a commit, `base`, which somebody called `name`.

    `left_alone` is how many articles it says nothing about.
    """

    name: str
    base: str
    left_alone: int


@dataclass(frozen=True, slots=True)
class Run:
    """Everything one run found, sorted; reports only read it.

    `rules` are the checks that ran, sorted by code. `folder` is where the knowledge base is in its repository, "" or with a slash
    at its end, when the paths are from the top of that. `diff` says what the run was limited to, if to a change.

    What does not fail the run is not among `findings`: `suppressed` are those that their articles silence, `known` those of the
    baseline (None where there is none), and `paid` counts the entries of the baseline that nothing is found for any more.
    """

    findings: tuple[Finding, ...]
    articles: tuple[ArticleVerdict, ...]
    skipped: tuple[Skipped, ...] = ()
    checks: int = 0
    rules: tuple[Rule, ...] = ()
    folder: str = ""
    diff: Diff | None = None
    suppressed: tuple[Finding, ...] = ()
    known: tuple[Finding, ...] | None = None
    paid: int = 0

    @property
    def everything(self) -> tuple[Finding, ...]:
        """Return all findings, those that do not fail the run too, sorted."""
        return tuple(sorted((*self.findings, *self.suppressed, *(self.known or ())), key=lambda finding: finding.order))

    def below(self, prefix: str) -> Run:
        """Return the run with paths from the top of the repository, in which the knowledge base is below `prefix`."""
        if not prefix:
            return self
        def moved(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
            return tuple(replace(finding, path=prefix + finding.path) for finding in findings)

        return replace(
            self, findings=moved(self.findings), suppressed=moved(self.suppressed),
            known=None if self.known is None else moved(self.known),
            articles=tuple(replace(article, path=prefix + article.path) for article in self.articles), folder=prefix,
        )

    def count(self, severity: Severity) -> int:
        """Return how many findings have this severity."""
        return sum(finding.severity is severity for finding in self.findings)

    @property
    def unknown(self) -> tuple[ArticleVerdict, ...]:
        """Return the articles of which something cannot be said; one that is stale in any case may be among them."""
        return tuple(article for article in self.articles if article.unknown or article.verdict is Verdict.UNKNOWN)

    @property
    def complete(self) -> bool:
        """Return whether every check ran and every article has a verdict."""
        return not self.skipped and not self.unknown

    @property
    def broken(self) -> bool:
        """Return whether there is no verdict in any case: a check broke, or evidence is missing for good."""
        return any(skip.failed or skip.lasting for skip in self.skipped) or any(article.lasting for article in self.articles)

    @property
    def withholding(self) -> tuple[Finding, ...]:
        """Return the findings that keep every site from being published: who may read an article, or where, is not clear."""
        errors = (finding for finding in self.findings if finding.severity is Severity.ERROR)
        return tuple(finding for finding in errors if finding.code.startswith(_WITHHOLD))

    def exit_code(self, fail_on: str, *, strict: bool) -> int:
        """Return 1 for a finding at or above `fail_on` (error, warning, never), 3 for no verdict, else 0.

        A check that broke or evidence that is missing for good, or under `strict` anything unknown or skipped, is no verdict; a
        finding goes before it.
        """
        failing = {"error": self.count(Severity.ERROR), "warning": len(self.findings), "never": 0}[fail_on]
        if failing:
            return 1
        return 3 if self.broken or (strict and not self.complete) else 0
