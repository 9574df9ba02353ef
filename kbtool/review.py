"""The review of articles: which ones first, what there is to know about one, and what a review leaves in it.

A review is a person's judgement. Nothing here makes one: `decide` turns an outcome that somebody gave into a stamp, and refuses
an outcome that the evidence speaks against.
"""

from __future__ import annotations

import datetime as dt
import posixpath
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from kbtool.article_history import Edit
from kbtool.articles import Article
from kbtool.config import did_you_mean
from kbtool.covers import MAIN
from kbtool.errors import IncompleteError, UsageError
from kbtool.evidence import Evidence
from kbtool.finding import ArticleVerdict, Finding, Run, Verdict
from kbtool.freshness import is_current
from kbtool.history import Unproven, last_second
from kbtool.registry import make_trackers
from kbtool.review_evidence import Change, Pair, ReviewEvidence
from kbtool.risk import CODE_DAYS, RiskInputs, risk
from kbtool.risk import evidence as risk_evidence
from kbtool.signatures import Seal, asset_paths, included, sign_code, sign_review, sign_text, sign_tickets
from kbtool.stamp import Stamp, date_problem
from kbtool.tickets import Ticket
from kbtool.trackers.file import FileTracker

ACCURATE, UPDATED, RETIRED, SKIP = "accurate", "updated", "retired", "skip"
OUTCOMES = (ACCURATE, UPDATED, RETIRED, SKIP)
AT_ONCE = 10  #: articles that one call may stamp; nobody reviews more in one go
_YEAR = 365
_MASS = 10  #: articles that one landing may edit before it says nothing about any of them


# ---------------------------------------------------------------------------------------------- the queue


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
        """Return the articles that need a review, riskiest first; with `everything`, fresh ones too.

        Raises:
            UsageError: an owner or area that nothing has.
        """
        articles = self.evidence.articles
        _refuse_unknown("owner", owners, {owner for article in articles for owner in article.front_matter.owners})
        _refuse_unknown("area", areas, {area for article in articles for area in article.front_matter.product_areas})
        verdicts = {verdict.path: verdict for verdict in self.run.articles}
        found = []
        for article in articles:
            verdict = verdicts[article.path]
            wanted = everything or verdict.verdict in (Verdict.STALE, Verdict.DUE, Verdict.UNKNOWN)
            mine = not owners or set(owners) & set(article.front_matter.owners)
            here = not areas or set(areas) & set(article.front_matter.product_areas)
            if wanted and mine and here and verdict.verdict is not Verdict.ARCHIVED:
                inputs = self.inputs(article)
                found.append(QueueEntry(article, verdict, risk(inputs), risk_evidence(inputs)))
        return sorted(found, key=lambda entry: (-entry.risk, entry.article.path))

    @cached_property
    def _findings(self) -> Counter[str]:
        return Counter(finding.path for finding in self.run.findings)

    @cached_property
    def _edited_at_once(self) -> Counter[int]:
        """Return landing → how many articles it edited."""
        histories, prefix = self.evidence.reviews.histories, self.evidence.reviews.prefix
        if histories is None:
            return Counter()
        return Counter(number for article in self.evidence.articles for number in histories.edited_by(prefix + article.path))

    @cached_property
    def _ages(self) -> dict[str, tuple[int, ...]]:
        """Return article → how many days ago each of its edits landed, less those of many articles at once."""
        today = self.evidence.today
        return {
            article.path: tuple(
                max((today - edit.day).days, 0) for edit in edits_of(article, self.evidence)
                if edit.day and self._edited_at_once[edit.number] <= _MASS)
            for article in self.evidence.articles
        }

    @cached_property
    def _folders(self) -> dict[str, Counter[str]]:
        """Return folder → its articles, and how often each was edited in the last year."""
        found: dict[str, Counter[str]] = {}
        for path, ages in self._ages.items():
            found.setdefault(posixpath.dirname(path), Counter())[path] = sum(age <= _YEAR for age in ages)
        return found

    def _neighbour_edits(self, article: Article) -> float:
        """Return how often the other articles of the folder were edited in the last year, the mean of them."""
        folder = self._folders[posixpath.dirname(article.path)]
        return (folder.total() - folder[article.path]) / max(len(folder) - 1, 1)

    def inputs(self, article: Article) -> RiskInputs:
        """Return what the risk of an article follows from."""
        reviews, today = self.evidence.reviews, self.evidence.today
        landings = 0
        for name in dict.fromkeys(glob.repository for glob in reviews.globs(article)):
            code = reviews.code.get(name)
            if code is not None:
                base = code.history.landed_by(last_second(today - dt.timedelta(days=CODE_DAYS)))
                mine = [glob for glob in reviews.globs(article) if glob.repository == name]
                touched = {number for path in code.covered(mine) for number in code.history.landings_of(path, base)}
                landings += len(touched - code.history.ignored)
        return RiskInputs(
            words=article.markdown.words, edit_ages=self._ages[article.path], neighbour_edits=self._neighbour_edits(article),
            code_landings=landings, findings=self._findings[article.path], public=article.audience == "public",
        )


def _refuse_unknown(what: str, asked: Iterable[str], known: set[str]) -> None:
    for word in asked:
        if word not in known:
            raise UsageError(f"no article has the {what} {word!r}{did_you_mean(word, known)}", kind=f"no-such-{what}")


def edits_of(article: Article, evidence: Evidence) -> list[Edit]:
    """Return the substantive edits of an article, oldest first; none where history is not at hand."""
    histories = evidence.reviews.histories
    return histories.edits(evidence.reviews.prefix + article.path) if histories else []


# ---------------------------------------------------------------------------------------------- the dossier


@dataclass(frozen=True, slots=True)
class CodeFile:
    """A covered file that changed: its path, what happened to it, and its lines added and removed (None: no text)."""

    path: str
    what: str
    lines: tuple[int, int] | None


@dataclass(frozen=True)
class Dossier:
    """All there is to know before an article is reviewed."""

    article: Article
    verdict: ArticleVerdict
    findings: tuple[Finding, ...]
    review: ReviewEvidence
    code: tuple[CodeFile, ...]
    edits: tuple[Edit, ...]  #: substantive ones since the review, newest first
    knows: tuple[tuple[str, int], ...]  #: who edited it, and how often, most first
    tickets: tuple[tuple[str, str], ...]  #: reference and state
    uncommitted: tuple[str, ...]  #: covered files that no commit holds as they are


def dossier(article: Article, evidence: Evidence, run: Run) -> Dossier:
    """Return what is known about an article."""
    review = evidence.reviews.of(article)
    verdict = next(found for found in run.articles if found.path == article.path)
    edits = edits_of(article, evidence)
    base = review.review.landing if review.review else -1
    knows = Counter(name for edit in edits for name in edit.authors)
    tickets = {ticket.key: ticket for ticket in tickets_of(article, evidence) or ()}
    return Dossier(
        article, verdict, tuple(finding for finding in run.findings if finding.path == article.path), review,
        tuple(_code_files(review, evidence)), tuple(edit for edit in reversed(edits) if edit.number > base),
        tuple(knows.most_common()),
        tuple((one.ref, _ticket_state(tickets.get(one.ref))) for one in article.front_matter.tickets),
        uncommitted_files(article, evidence),
    )


def _code_files(review: ReviewEvidence, evidence: Evidence) -> Iterator[CodeFile]:
    change = review.code
    for path, pair in zip(change.files, change.pairs, strict=False) if change else ():
        yield CodeFile(path, _what(pair), evidence.reviews.lines.get(pair))


def _what(pair: Pair) -> str:
    word = "changed" if pair.then and pair.now else "added" if pair.now else "removed"
    return f"{word}, not committed" if pair.uncommitted else word


def _ticket_state(ticket: Ticket | None) -> str:
    if ticket is None:
        return "not known here"
    closed = f" on {ticket.closed_at.date()}" if ticket.closed_at else ""
    return f"{ticket.state}{closed}" + (f" ({ticket.resolution})" if ticket.resolution else "")


def tickets_of(article: Article, evidence: Evidence) -> list[Ticket] | None:
    """Return the tickets of an article; None where they cannot all be told without asking a server."""
    keys = [one.ref for one in article.front_matter.tickets]
    if not keys:
        return []
    local = [one for one in make_trackers(evidence.config).values() if isinstance(one, FileTracker)]
    found = {ticket.key: ticket for tracker in local for ticket in tracker.fetch(keys)}
    return list(found.values()) if found.keys() >= set(keys) else None


def uncommitted_files(article: Article, evidence: Evidence) -> tuple[str, ...]:
    """Return the files that a review of the article signs and that no commit holds as they are, but for the article itself."""
    reviews = evidence.reviews
    if MAIN not in reviews.code:
        return ()
    code = reviews.code[MAIN]
    covered = code.covered(glob for glob in reviews.globs(article) if glob.repository == MAIN)
    others = included(article, reviews.urls)
    shown = [path for one in (article, *others) for path in asset_paths(one, reviews.urls)]
    read = {reviews.prefix + path for path in (*shown, *(other.path for other in others))}
    return tuple(sorted((covered | read) & code.uncommitted))


def diff(change: Change, evidence: Evidence) -> str:
    """Return the patch of what changed in covered code since a review, "" where no landing can be named for it.

    Raises:
        GitError: git fails.
    """
    patches = []
    for name, base in change.bases:
        history = evidence.reviews.code[name].history
        label = f"{name}:" if name else ""
        files = [path.removeprefix(label) for path in change.files if path.startswith(label) or not name]
        nothing = history.git.run("hash-object", "-t", "tree", "--stdin").decode().strip()
        start = history.line.landings.ids[base] if base >= 0 else nothing
        end = [history.line.tip] if name else []
        patches.append(history.git.run("diff", "--no-ext-diff", "--no-textconv", "--stat", "--patch", start, *end, "--", *files))
    return b"".join(patches).decode("utf-8", "replace")


# ---------------------------------------------------------------------------------------------- the outcome


def refusal(outcome: str, found: Dossier, *, still_accurate: bool) -> UsageError | None:
    """Return why the evidence does not allow an outcome, or None."""
    article, change = found.article, found.review.code
    if outcome == ACCURATE and change is not None and not still_accurate:
        return UsageError(
            "covered code changed since the review, so it takes more than a look at the article", where=article.path,
            kind="code-changed", hint=f"read `{change.command or 'the code'}`, then say --still-accurate, or correct the article",
        )
    path = found.review.review is not None and found.review.review.commit
    if outcome == UPDATED and path and found.review.text is None:
        return UsageError("the words are those of the last review, so nothing was updated", where=article.path,
                          kind="not-updated", hint="say accurate, or edit the article first")
    return None


def stamp_for(  # noqa: PLR0913 - the parts of one judgement
    article: Article, evidence: Evidence, outcome: str, by: str, day: dt.date, *, seen: str = "",
) -> Stamp:
    """Return what a review leaves in an article.

    Args:
        article: as it was read; it is sealed as it stands in the work tree.
        evidence: whose code and tickets are sealed with it.
        outcome: accurate, updated or retired.
        by: the owner who judged.
        day: the day of the review.
        seen: the digest of the file that was looked at.

    Raises:
        IncompleteError: the article or its code cannot be read, so that there is nothing to sign.
        UsageError: the day cannot be that of a review.
    """
    if not article.readable or article.problems:
        raise IncompleteError("its front matter cannot be read, so it cannot be sealed", where=article.path, kind="not-readable",
                              hint="see `kbtool check`")
    problem = date_problem(day, evidence.today, article.front_matter.last_reviewed_on)
    if problem:
        raise UsageError(problem, where=article.path, kind="bad-date", hint="review it as of today")
    values = {"last_reviewed_on": day.isoformat(), "last_reviewed_by": by}
    if outcome == RETIRED:
        values["confidence"] = "archived"
    seal = seal_of(article, evidence, {"last_reviewed_on": day, "last_reviewed_by": by})
    return Stamp(evidence.config.root / article.path, {**values, "review_seal": str(seal)}, seen)


def seal_of(article: Article, evidence: Evidence, new: Mapping[str, object]) -> Seal:
    """Return the seal of an article as it stands, but for what is `new` in its front matter.

    Raises:
        IncompleteError: the repository, or one that it covers, is not at hand.
    """
    reviews = evidence.reviews
    missing = "" if MAIN in reviews.code else reviews.missing.get(MAIN, "history was not read")
    try:
        code = {} if missing else reviews.states(reviews.globs(article))
    except Unproven as error:
        missing = str(error)
    if missing:
        raise IncompleteError(f"it cannot be sealed: {missing}", where=article.path, kind="cannot-seal")
    return Seal(
        sign_review(article, new), sign_text(article, reviews.urls, reviews.assets(article)), sign_code(code),
        sign_tickets(tickets_of(article, evidence)),
    )


def reviewer(by: str | None, evidence: Evidence, identity: str | None) -> str:
    """Return the owner who reviews: who was named, else the one with the e-mail address that git commits with.

    Raises:
        UsageError: nobody was named or found, or the register does not have them.
    """
    owners = evidence.owners or {}
    if by is None:
        mine = [name for name, owner in owners.items() if identity and (owner.email or "").casefold() == identity.casefold()]
        if not mine:
            raise UsageError("who reviews? no owner has the e-mail address that git commits with", kind="no-reviewer",
                             hint="say --by ID")
        return mine[0]
    if evidence.owners is not None and by not in owners:
        raise UsageError(f"--by: no owner is called {by!r}{did_you_mean(by, owners)}", kind="no-such-owner",
                         hint=f"owners are in {evidence.config.checks_folder}/owners.yml")
    return by


def needs_review(article: Article) -> bool:
    """Return whether there is anything to review: all but archived articles."""
    return is_current(article) or article.front_matter.state != "archived"
