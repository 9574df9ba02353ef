"""What a run is about when it is limited to a change: which articles it judges, and what it tells of the others.

It judges articles that the branch has changed, be it by a text that they include or an asset that they show, those that cover
code which it has changed, and those that speak of a ticket of which a file that it has changed says something else now. Of all
others it tells what the branch has caused: findings that are there now and were not before, such as a link to an article that it
removed.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain

from kbtool.articles import Article
from kbtool.changes import Span
from kbtool.check import Check, SkipCheck
from kbtool.comparison import compare
from kbtool.errors import KbtoolError
from kbtool.evidence import Comparison, Evidence
from kbtool.finding import Diff, Finding, Run, Severity
from kbtool.impact import Impact, find_impact
from kbtool.links import asset_sources
from kbtool.registry import make_checks
from kbtool.runner import Facts, graded, run
from kbtool.signatures import included
from kbtool.tickets import Ticket

_Identity = tuple[str, str]  #: path and subject


@dataclass(frozen=True)
class Change:
    """A change as evidence: `evidence.judged` are the articles that it is judged by; `notes` say what cannot be told."""

    evidence: Evidence
    compared: Comparison
    checks: Sequence[Check]
    notes: tuple[str, ...] = ()

    def run(self, only: Callable[[str], bool] | None = None, known: Sequence[type[Check]] = ()) -> Run:
        """Run the checks; see `kbtool.runner.run`."""
        found = run(self.evidence, self.checks, only=only, keep=self._keep, known=known)
        told = {article.path for article in found.articles} | {finding.path for finding in found.findings}
        left = sum(article.path not in told for article in self.evidence.articles)
        return replace(found, diff=Diff(self.compared.name, self.compared.base, left))

    @cached_property
    def _touched(self) -> frozenset[str]:
        """Return the paths that everything is told of: judged articles, and changed files of the content."""
        prefix = self.compared.prefix
        content = f"{prefix}{self.evidence.config.content}/"
        changed = {file.path.removeprefix(prefix) for file in self.compared.files if file.path.startswith(content)}
        return frozenset(changed | {article.path for article in self.evidence.judged})

    @cached_property
    def _checks_before(self) -> dict[str, Check]:
        """Return the checks by code, as the configuration of then has them."""
        before = self.compared.before.config
        made = self.checks
        if before != self.evidence.config:
            with contextlib.suppress(KbtoolError):  # it names a check that is gone
                made = make_checks(before)
        return {check.code: check for check in made}

    def _keep(self, check: Check, facts: Facts) -> Facts:
        """Return those facts of a check that this change is told of."""
        if check.compares:
            return facts
        mine = [fact for fact in facts if fact.path in self._touched]
        others = [fact for fact in facts if isinstance(fact, Finding) and fact.path not in self._touched]
        if not others or check.waits():
            return mine
        return [*mine, *_new(others, self._before(check.code, {finding.path for finding in others}))]

    def _before(self, code: str, paths: set[str]) -> Iterator[Finding]:
        """Yield what a check would have found before the change, at least at these paths."""
        check, before = self._checks_before.get(code), self.compared.before
        if check is None:
            return
        try:
            alone = type(check).check_all is Check.check_all
            some = (fact for article in before.articles if article.path in paths for fact in check.check(article, before))
            for fact in some if alone else check.check_all(before):
                if isinstance(fact, Finding):
                    yield graded(fact, check, before)
        except SkipCheck:  # what it asks for was not there
            return


def find_change(evidence: Evidence, name: str, checks: Sequence[Check]) -> Change:
    """Return what has changed since the checkout left a branch, tag or commit; history is read later, for a few articles.

    Raises:
        UsageError: there is no such commit.
        IncompleteError: the clone is cut off before it, or git fails.
    """
    made = compare(evidence, name)
    compared = made.compared
    if compared is None:
        raise AssertionError
    impact = find_impact(made, Span(compared.base), compared.files, prefix=compared.prefix)
    changed = chain(_changed(made, compared), _retold(made, compared))
    chosen = {one.article.path for one in impact.affected} | {article.path for article in changed}
    made = replace(made, chosen=tuple(article for article in made.articles if article.path in chosen))
    return Change(made, compared, checks, (*compared.notes, *_unknown(impact, chosen)))


def _changed(evidence: Evidence, compared: Comparison) -> Iterator[Article]:
    """Yield the articles whose file, or something that they include or show, is not what it was."""
    prefix = f"{compared.prefix}{evidence.config.content}/"
    changed = {file.path.removeprefix(prefix) for file in compared.files if file.path.startswith(prefix)}
    texts, assets = changed & evidence.content.by_source.keys(), changed & evidence.content.assets.keys()
    for article in evidence.articles:
        others = included(article, evidence.urls) if texts or assets else []
        shown = (article, *others)
        if any(one.source in texts or (assets and assets & asset_sources(one, evidence)) for one in shown):
            yield article


def _retold(evidence: Evidence, compared: Comparison) -> Iterator[Article]:
    """Yield the articles that speak of a ticket of which something else is known now."""
    if compared.same_settings:  # the files of trackers among them
        return
    for article in evidence.articles:
        before = {(one.tracker, one.key): _state(one.ticket) for one in compared.before.tickets.of(article)}
        now = ((one, _state(one.ticket)) for one in evidence.tickets.of(article) if one.ticket is not None)
        if any(before.get((one.tracker, one.key)) != state for one, state in now):
            yield article


def _state(ticket: Ticket | None) -> tuple[object, ...]:
    return (ticket.state, ticket.resolution, ticket.closed_at, ticket.reopened_at) if ticket else ()


def _unknown(impact: Impact, chosen: set[str]) -> Iterator[str]:
    """Yield of which articles nobody can tell whether the change is theirs."""
    paths = [article.path for article in impact.unknown if article.path not in chosen]
    if paths and any(not file.path.startswith(impact.prefix + impact.evidence.config.content) for file in impact.files):
        more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
        yield f"what {paths[0]}{more} cover cannot be read, so this change may be theirs; they are left alone"


def _new(found: Sequence[Finding], before: Iterable[Finding]) -> Iterator[Finding]:
    """Yield the findings that were not there before, or not as errors."""
    errors, every = Counter[_Identity](), Counter[_Identity]()
    for one in before:
        every[_identity(one)] += 1
        errors[_identity(one)] += one.severity is Severity.ERROR
    for one in sorted(found, key=lambda one: one.order):
        known = errors if one.severity is Severity.ERROR else every
        if known[_identity(one)] > 0:
            known[_identity(one)] -= 1
        else:
            yield one


def _identity(finding: Finding) -> _Identity:
    return finding.path, " ".join(finding.subject.split())
