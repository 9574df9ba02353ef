"""Findings that an article silences: in its text, for the block that follows, or in its front matter, for all of it.

    <!-- kbtool: ignore KB201, code-changed until 2027-01-31: the new page is published with version 3 -->

One that is wrong, or whose day has come, silences nothing. What decides who may read an article cannot be silenced.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar

from kbtool.articles import Article
from kbtool.check import Check, Evidence, Finding
from kbtool.config import did_you_mean
from kbtool.dates import DATE_HINT, parse_date
from kbtool.finding import Suppression
from kbtool.freshness import add
from kbtool.marks import SilenceMark

FORM = "<!-- kbtool: ignore KB106 until 2027-01-31: why -->"


@dataclass(frozen=True, slots=True)
class Silence:
    """What an article says about findings: `checks` as written, and where it says so.

    It is about the lines `first` to `last`, or, without them, about the whole article. `fault` is why it silences nothing, with
    a hint; `until` is None then.
    """

    checks: tuple[str, ...]
    line: int
    column: int = 1
    until: dt.date | None = None
    reason: str = ""
    first: int = 0
    last: int = 0
    fault: str = ""
    hint: str = ""

    def is_over(self, today: dt.date) -> bool:
        """Return whether its day has come."""
        return self.until is not None and self.until <= today

    def reaches(self, finding: Finding, article: Article) -> bool:
        """Return whether a finding of its article stands where it silences; what is about the article as a whole does."""
        first = article.body_line
        whole = finding.line < first or (first == 1 and (finding.line, finding.column) == (1, 1))
        return whole or not self.last or self.first <= finding.line <= self.last


def silences(article: Article, evidence: Evidence) -> list[Silence]:
    """Return what an article says about findings, right or wrong, in the order of its lines."""
    marks = article.markdown.marks.silences
    if not marks and not article.front_matter.kbtool_ignore:
        return []
    latest = add(evidence.today, evidence.config.max_ignore)
    found = [*_of_front_matter(article, latest), *(_of_mark(mark, latest) for mark in marks)]
    return sorted(found, key=lambda one: (one.line, one.column))


def _of_front_matter(article: Article, latest: dt.date) -> Iterator[Silence]:
    key = next((theirs for theirs, ours in article.aliases.items() if ours == "kbtool_ignore" and theirs in article.raw),
               "kbtool_ignore")
    for number, said in enumerate(article.front_matter.kbtool_ignore):
        place = article.place(key, number)
        made = Silence(said.check, place.line, place.column, reason=_one_line(said.reason))
        yield _dated(made, said.until, latest, "write check, until and reason")


def _of_mark(mark: SilenceMark, latest: dt.date) -> Silence:
    made = Silence((), mark.line, mark.column, first=mark.first, last=mark.last)
    _, colon, said = mark.said.partition(":") if mark.said.lstrip().startswith(":") else ("", "", "")
    head, _, reason = said.partition(":")
    word, *words = head.replace(",", " ").split() or [""]
    if not colon or word.lower() != "ignore":
        fault = f"kbtool knows no {word[:40]!r}" if word else "it cannot be read"
        return replace(made, fault=fault, hint=f"write {FORM}")
    at = words.index("until") if "until" in words else len(words)
    made = replace(made, checks=tuple(words[:at]), reason=_one_line(reason))
    if len(words) > at + 2:
        return replace(made, fault="a colon is missing between its day and its reason", hint=f"write {FORM}")
    return _dated(made, " ".join(words[at + 1 :]), latest, f"write {FORM}")


def _dated(made: Silence, until: str | None, latest: dt.date, form: str) -> Silence:
    """Return it with its day, or with what is wrong with it."""
    if not made.checks:
        return replace(made, fault="it names no check", hint=form)
    if not until:
        return replace(made, fault="it does not say until when", hint=form)
    try:
        day = parse_date(until)
    except ValueError as error:
        return replace(made, fault=f"until: {error}", hint=DATE_HINT)
    if not made.reason:
        return replace(made, fault="it gives no reason", hint=form)
    if day > latest:
        return replace(made, fault=f"{day} is too far off", hint=f"the latest day is {latest}; then somebody has to look again")
    return replace(made, until=day)


def _one_line(text: str | None) -> str:
    return " ".join((text or "").split())


# ---------------------------------------------------------------------------------------------- silencing


@dataclass(frozen=True, slots=True)
class Judged:
    """A silence after a run: which of its checks are `unknown` (and the nearest), `refused` (and why) or `unused`."""

    silence: Silence
    unknown: tuple[tuple[str, str], ...] = ()
    refused: tuple[tuple[str, str], ...] = ()
    unused: tuple[str, ...] = ()


@dataclass(frozen=True)
class SuppressionCheck(Check):
    """A check of suppressions themselves, which runs when all others have run."""

    not_suppressible: ClassVar[str] = "it is about suppressions themselves"

    def judge(self, article: Article, found: Judged, evidence: Evidence) -> Iterator[Finding]:
        """Yield the findings about one suppression."""
        raise NotImplementedError


@dataclass
class Silencer:
    """Silences the findings of one run.

    `known` are all checks that there are, `told` the codes of those that ran to their end; an article of `untold` has something
    unknown, so that nobody can say what would not be found in it.
    """

    evidence: Evidence
    known: Sequence[type[Check]]
    told: Collection[str]
    untold: Collection[str] = ()
    by_word: dict[str, type[Check]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Index the checks by their codes and names."""
        self.by_word = {word.casefold(): check for check in self.known for word in (check.code, check.name())}

    def silence(self, findings: Iterable[Finding]) -> tuple[list[Finding], list[tuple[Article, Judged]]]:
        """Return the findings, those that are silenced with their suppression, and what became of each silence.

        Of an article that the run does not judge, nothing is said about its silences: not all of its findings are known.
        """
        by_path: dict[str, list[Finding]] = {}
        for finding in findings:
            by_path.setdefault(finding.path, []).append(finding)
        judged, of = [], {article.path for article in self.evidence.judged}
        for article in self.evidence.articles:
            for one in silences(article, self.evidence):
                mine = by_path.get(article.path, [])
                found, used = self._applied(one, article, mine)
                by_path[article.path] = found
                if article.path in of:
                    judged.append((article, self._judged(one, article, used)))
        return [finding for found in by_path.values() for finding in found], judged

    def _applied(self, one: Silence, article: Article, findings: list[Finding]) -> tuple[list[Finding], set[str]]:
        """Return the findings of an article as one silence leaves them, and the codes of those that it silences."""
        codes = {check.code for word in one.checks if (check := self.by_word.get(word.casefold())) and not check.not_suppressible}
        if one.until is None or one.is_over(self.evidence.today):
            return findings, set()
        made, found, used = Suppression(one.reason, one.until, one.line), [], set()
        for finding in findings:
            if finding.code in codes and one.reaches(finding, article):
                used.add(finding.code)
                longer = finding.suppression is None or finding.suppression.until < made.until
                found.append(replace(finding, suppression=made) if longer else finding)
            else:
                found.append(finding)
        return found, used

    def _nearest(self, word: str) -> str:
        return did_you_mean(word, [name for check in self.known for name in (check.code, check.name())]).removeprefix("; ")

    def _judged(self, one: Silence, article: Article, used: set[str]) -> Judged:
        unknown, refused, unused = [], [], []
        for word in one.checks:
            check = self.by_word.get(word.casefold())
            if check is None:
                unknown.append((word, self._nearest(word)))
            elif check.not_suppressible:
                refused.append((check.code, check.not_suppressible))
            elif check.code in self.told and check.code not in used and article.path not in self.untold:
                unused.append(word)
        valid = one.until is not None and not one.is_over(self.evidence.today)
        return Judged(one, tuple(unknown), tuple(refused), tuple(unused) if valid else ())
