"""The review queue: which articles to review first."""

from __future__ import annotations

import datetime as dt
import posixpath
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from kbtool.articles import Article
from kbtool.config import did_you_mean
from kbtool.errors import UsageError
from kbtool.evidence import Evidence
from kbtool.finding import ArticleVerdict, Run, Verdict
from kbtool.history import last_second
from kbtool.review import edited_by
from kbtool.risk import CODE_DAYS, RiskInputs, risk
from kbtool.risk import evidence as risk_evidence
from kbtool.ticket_changes import ticket_changes

_YEAR = 365
_MASS = 10  #: articles that one landing may edit before it says nothing about any of them


@dataclass(frozen=True, slots=True)
class QueueEntry:
    """An article in the review queue: its verdict, its risk (higher comes first) and what makes it one."""

    article: Article
    verdict: ArticleVerdict
    risk: float
    why: tuple[str, ...]


@dataclass(frozen=True)
class Queue:
    """The review queue of one run."""

    evidence: Evidence
    run: Run

    def entries(self, *, owners: Sequence[str] = (), areas: Sequence[str] = (), everything: bool = False) -> list[QueueEntry]:
        """Return the articles that need a review, riskiest first; with `everything`, fresh ones too, but no archived ones.

        Raises:
            UsageError: an owner or area that neither an article nor its register has.
        """
        articles = self.evidence.articles
        _refuse_unknown("owner", owners, self.evidence.owners, (article.front_matter.owners for article in articles))
        _refuse_unknown("area", areas, self.evidence.product_areas, (article.front_matter.product_areas for article in articles))
        shown = {Verdict.STALE, Verdict.DUE, Verdict.UNKNOWN, Verdict.FRESH if everything else Verdict.STALE}
        verdicts = {verdict.path: verdict for verdict in self.run.articles}
        found = []
        for article in articles:
            mine = not owners or set(owners) & set(article.front_matter.owners)
            here = not areas or set(areas) & set(article.front_matter.product_areas)
            if mine and here and verdicts[article.path].verdict in shown:
                inputs = self.inputs(article)
                found.append(QueueEntry(article, verdicts[article.path], risk(inputs), risk_evidence(inputs)))
        return sorted(found, key=lambda entry: (-entry.risk, entry.article.path))

    def inputs(self, article: Article) -> RiskInputs:
        """Return what the risk of an article follows from."""
        return RiskInputs(
            words=article.markdown.words, edit_ages=self._ages(article), neighbour_edits=self._neighbour_edits(article),
            code_landings=self._code_landings(article), findings=self._findings[article.path],
            public=article.audience == "public", tickets=sum(1 for _ in ticket_changes(article, self.evidence)),
        )

    @cached_property
    def _findings(self) -> Counter[str]:
        return Counter(finding.path for finding in self.run.everything)

    @cached_property
    def _edits(self) -> dict[str, list[int]]:
        """Return article → the landings that edited it since it came, less those that edited many articles at once."""
        histories, prefix = self.evidence.reviews.histories, self.evidence.reviews.prefix
        if histories is None:
            return {}
        found = {}
        for article in self.evidence.articles:
            born = [version.number for version in histories.versions(prefix + article.path)[:1]]
            found[article.path] = [number for number in edited_by(article, self.evidence) if number not in born]
        at_once = Counter(number for numbers in found.values() for number in numbers)
        return {path: [number for number in numbers if at_once[number] <= _MASS] for path, numbers in found.items()}

    def _ages(self, article: Article) -> tuple[int, ...]:
        """Return how many days ago the article came, and each of its edits landed, as far as that is known."""
        histories, path = self.evidence.reviews.histories, self.evidence.reviews.prefix + article.path
        if histories is None:
            return ()
        born = [version.number for version in histories.versions(path)[:1] if not histories.is_cut(path)]
        days = map(histories.history.landed_on, (*born, *self._edits[article.path]))
        return tuple(max((self.evidence.today - day).days, 0) for day in days if day)

    @cached_property
    def _folders(self) -> dict[str, Counter[str]]:
        """Return folder → its articles, and how often each was edited in the last year."""
        main, found = self.evidence.reviews.main, dict[str, Counter[str]]()
        base = main.landed_by(last_second(self.evidence.today - dt.timedelta(days=_YEAR))) if main else -1
        for path, edits in self._edits.items():
            found.setdefault(posixpath.dirname(path), Counter())[path] = sum(number > base for number in edits)
        return found

    def _neighbour_edits(self, article: Article) -> float:
        """Return how often the other articles of the folder were edited in the last year, the mean of them."""
        folder = self._folders.get(posixpath.dirname(article.path), Counter())
        return (folder.total() - folder[article.path]) / max(len(folder) - 1, 1)

    def _code_landings(self, article: Article) -> int:
        """Return how many landings of late changed the code that an article covers."""
        reviews, found = self.evidence.reviews, 0
        globs = reviews.globs(article)
        for name in {glob.repository for glob in globs} & reviews.code.keys():
            code = reviews.code[name]
            base = code.history.landed_by(last_second(self.evidence.today - dt.timedelta(days=CODE_DAYS)))
            base = max(base, 0) if code.history.is_cut else base  # what the oldest one changed is not known then
            paths = code.covered(glob for glob in globs if glob.repository == name)
            found += len({number for path in paths for number in code.history.landings_of(path, base)} - code.history.ignored)
        return found


def _refuse_unknown(what: str, asked: Iterable[str], register: Iterable[str] | None, said: Iterable[Iterable[str]]) -> None:
    known = {*(register or ()), *(word for words in said for word in words)}
    for word in asked:
        if word not in known:
            raise UsageError(f"no article has the {what} {word!r}{did_you_mean(word, known)}", kind=f"no-such-{what}")
