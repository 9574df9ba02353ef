"""Runs checks over evidence and makes the `Run` that every report reads."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from kbtool.articles import Article
from kbtool.check import Check, SkipCheck
from kbtool.evidence import Evidence
from kbtool.finding import ArticleVerdict, Finding, Rule, Run, Severity, Skipped, Unknown
from kbtool.freshness import is_current, require_history, verdict
from kbtool.suppressions import Judged, Silencer, SuppressionCheck

_EXCERPT = 200  #: characters of the source line that a finding shows
_LED_BY = 80  #: so many of them stand before one that is far from the start


Facts = list[Finding | Unknown]
Keep = Callable[[Check, Facts], Facts]


def _all(_: Check, facts: Facts) -> Facts:
    return facts


def run(
    evidence: Evidence, checks: Sequence[Check], *, only: Callable[[str], bool] | None = None, keep: Keep = _all,
    known: Sequence[type[Check]] = (),
) -> Run:
    """Run the checks and return what they found, sorted; there are verdicts on the articles that are to be judged.

    Args:
        evidence: the facts.
        checks: the checks, with their options.
        only: says of a path whether it is reported on; all of the knowledge base is read in any case.
        keep: returns those of a check's facts that are reported.
        known: every check that there is, so that an article cannot silence one that does not exist; else those that run.
    """
    found: list[Finding] = []
    unknown: defaultdict[str, list[Unknown]] = defaultdict(list)
    skipped: list[Skipped] = []
    ordinary = [check for check in checks if not isinstance(check, SuppressionCheck)]
    for check in sorted(ordinary, key=lambda check: check.waits()):
        facts, skip = _run_one(check, evidence, partial(check.check_all, evidence), keep)
        found += [fact for fact in facts if isinstance(fact, Finding)]
        for fact in facts:
            if isinstance(fact, Unknown):
                unknown[fact.path].append(fact)
        skipped += skip
    lost = [skip.reason for skip in skipped if skip.lasting]
    for article in evidence.judged if lost else ():
        if is_current(article):
            unknown[article.path] += [Unknown(article.path, reason) for reason in lost]
    stopped = {skip.check.partition(" ")[0] for skip in skipped}
    told = {check.code for check in ordinary} - stopped
    found, judged = Silencer(evidence, known or [type(check) for check in checks], told, unknown).silence(found)
    for judge in (check for check in checks if isinstance(check, SuppressionCheck)):
        facts, skip = _run_one(judge, evidence, partial(_judge_all, judge, judged, evidence), _all)
        found += [fact for fact in facts if isinstance(fact, Finding)]
        skipped += skip
    return _made(evidence, checks, (found, unknown, skipped), only)


def _judge_all(check: SuppressionCheck, judged: Iterable[tuple[Article, Judged]], evidence: Evidence) -> Iterator[Finding]:
    for article, one in judged:
        yield from check.judge(article, one, evidence)


def _made(
    evidence: Evidence, checks: Sequence[Check], told: tuple[list[Finding], Mapping[str, list[Unknown]], list[Skipped]],
    only: Callable[[str], bool] | None,
) -> Run:
    found, unknown, skipped = told
    wanted = [finding for finding in found if only is None or only(finding.path)]
    finished = _finished(wanted, evidence)
    verdicts = _verdicts(finished, unknown, evidence, only)
    rules = sorted(map(_rule, checks), key=lambda rule: rule.code)
    return Run(
        tuple(finding for finding in finished if finding.suppression is None), verdicts, tuple(sorted(skipped)), len(checks),
        tuple(rules), suppressed=tuple(finding for finding in finished if finding.suppression is not None),
    )


def _rule(check: Check) -> Rule:
    text = check.documentation()
    return Rule(check.code, check.name(), check.severity, text.partition("\n")[0], text, not check.not_suppressible)


def _run_one(
    check: Check, evidence: Evidence, read: Callable[[], Iterable[Finding | Unknown]], keep: Keep,
) -> tuple[Facts, list[Skipped]]:
    """Run one check; one that breaks loses its own findings, and is reported, and stops no other."""
    name = f"{check.code} {check.name()}"
    if check.waits() and not evidence.judged:
        return [], []  # nothing that history would be read for
    facts: Facts = []
    skipped = []
    try:
        if check.needs_history:
            require_history(evidence)
        configured = bool(_configured(check, evidence))
        for fact in read():
            facts.append(graded(fact, check, evidence) if configured and isinstance(fact, Finding) else fact)
    except SkipCheck as skip:  # what it has found by then stands
        skipped = [Skipped(name, str(skip), lasting=skip.lasting)]
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a stranger's check may raise anything
        return [], [_broken(name, error)]
    try:
        return keep(check, facts), skipped
    except (Exception, SystemExit) as error:  # noqa: BLE001 - it runs the check once more, on what was there before
        return [], [_broken(name, error)]


def _broken(name: str, error: BaseException) -> Skipped:
    return Skipped(name, f"{type(error).__name__}: {error}", failed=True)


def _finished(findings: Iterable[Finding], evidence: Evidence) -> tuple[Finding, ...]:
    """Return the findings sorted, with fingerprint, owners (also those of an article that is gone) and the line they stand on."""
    counted: dict[tuple[str, str, str], int] = {}
    articles = {article.path: article for article in evidence.articles}
    gone = {article.path: article for article in (evidence.compared.before.articles if evidence.compared else ())}
    out = []
    for finding in sorted(findings, key=lambda finding: finding.order):
        identity = (finding.code, finding.path, " ".join(finding.subject.split()))
        counted[identity] = nth = counted.get(identity, 0) + 1
        article = articles.get(finding.path)
        owned = article or gone.get(finding.path)
        start = max(finding.column - _LED_BY, 0) if finding.column > _EXCERPT - _LED_BY else 0
        out.append(finding.finished(
            _fingerprint(*identity, nth), owned.front_matter.owners if owned else (),
            article.line(finding.line)[start : start + _EXCERPT].rstrip() if article else "", start,
        ))
    return tuple(out)


def graded(finding: Finding, check: Check, evidence: Evidence) -> Finding:
    """Return the finding with the severity of the configuration; what a check itself has graded down stays down."""
    configured = _configured(check, evidence)
    if configured == Severity.WARNING or (configured == Severity.ERROR and finding.severity is check.severity):
        return replace(finding, severity=Severity(configured))
    return finding


def _configured(check: Check, evidence: Evidence) -> str | None:
    severity: str | None = evidence.config.checks.get(check.name(), {}).get("severity")
    return severity


def _fingerprint(code: str, path: str, subject: str, nth: int) -> str:
    text = "\0".join((code, path, subject, str(nth)))
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:16]


def _verdicts(
    findings: Iterable[Finding], unknown: Mapping[str, Sequence[Unknown]], evidence: Evidence, only: Callable[[str], bool] | None
) -> tuple[ArticleVerdict, ...]:
    by_path: defaultdict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        by_path[finding.path].append(finding)
    return tuple(
        verdict(article, by_path[article.path], evidence.config, unknown.get(article.path, ()))
        for article in evidence.judged if only is None or only(article.path)
    )
