"""The review of articles: what there is to know about one before it is reviewed, and what a review leaves in it.

A review is a person's judgement. Nothing here makes one: `refusal` tells where the evidence speaks against the outcome
that somebody gave, and `stamp_for` makes a stamp of it.
"""

from __future__ import annotations

import datetime as dt
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from kbtool.article_history import Edit
from kbtool.articles import Article
from kbtool.config import did_you_mean
from kbtool.covers import MAIN
from kbtool.errors import IncompleteError, UsageError
from kbtool.evidence import Evidence
from kbtool.finding import ArticleVerdict, Finding, Run
from kbtool.history import Unproven
from kbtool.review_evidence import Change, Pair, ReviewEvidence, label
from kbtool.signatures import Seal, asset_paths, included, sign_code, sign_review, sign_text, sign_tickets
from kbtool.stamp import REVIEW_KEYS, Stamp, date_problem
from kbtool.ticket_evidence import NamedTicket
from kbtool.tickets import Ticket

ACCURATE, UPDATED, RETIRED, SKIP = "accurate", "updated", "retired", "skip"
OUTCOMES = (ACCURATE, UPDATED, RETIRED, SKIP)
AT_ONCE = 10  #: articles that one call may stamp; nobody reviews more in one go
_AT_A_TIME = 1000  #: files that one call of git is given: the length of a command line has an end


def edits_of(article: Article, evidence: Evidence) -> list[Edit]:
    """Return the substantive edits of an article, oldest first, as far as history is at hand."""
    histories, path = evidence.reviews.histories, evidence.reviews.prefix + article.path
    certain = set(edited_by(article, evidence))
    return [edit for edit in histories.edits(path) if edit.number in certain] if histories else []


def edited_by(article: Article, evidence: Evidence) -> list[int]:
    """Return the landings that edited an article for certain: not where this clone lacks the version before."""
    histories, path = evidence.reviews.histories, evidence.reviews.prefix + article.path
    if histories is None:
        return []
    doubtful = {0} if histories.is_cut(path) else set[int]()
    for before, after in pairwise(histories.versions(path)):
        if before.blob and histories.facts.get(before.blob) is None:
            doubtful.add(after.number)
    return [number for number in histories.edited_by(path) if number not in doubtful]


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
    edits: tuple[tuple[Edit, str], ...]  #: substantive ones since the review, newest first, each with its subject
    knows: tuple[tuple[str, int], ...]  #: who edited it, and how often, most first
    tickets: tuple[tuple[str, str], ...]  #: reference and state
    uncommitted: tuple[str, ...]  #: covered files that no commit holds as they are


def dossier(article: Article, evidence: Evidence, run: Run) -> Dossier:
    """Return what is known about an article."""
    review = evidence.reviews.of(article)
    verdict = next(found for found in run.articles if found.path == article.path)
    edits = edits_of(article, evidence)
    knows = Counter(name for edit in edits for name in edit.authors)
    return Dossier(
        article, verdict, tuple(finding for finding in run.everything if finding.path == article.path), review,
        tuple(_code_files(review, evidence)), tuple(_edits_since(review, edits, evidence)), tuple(knows.most_common()),
        tuple(dict.fromkeys((one.reference, _ticket_state(one)) for one in evidence.tickets.of(article))),
        uncommitted_files(article, evidence),
    )


def _edits_since(review: ReviewEvidence, edits: Sequence[Edit], evidence: Evidence) -> Iterator[tuple[Edit, str]]:
    main, made = evidence.reviews.main, review.review
    for edit in reversed(edits):
        if main is not None and (made is None or made.base < edit.number != made.landing):
            yield edit, main.line.landings.subject(edit.number)


def _code_files(review: ReviewEvidence, evidence: Evidence) -> Iterator[CodeFile]:
    change = review.code
    for path, pair in zip(change.files, change.pairs, strict=False) if change else ():
        yield CodeFile(path, _what(pair), evidence.reviews.lines.get(pair))


def _what(pair: Pair) -> str:
    word = "changed" if pair.then and pair.now else "added" if pair.now else "removed"
    return f"{word}, not committed" if pair.uncommitted else word


def _ticket_state(named: NamedTicket) -> str:
    ticket = named.ticket
    if ticket is None:
        return f"not known: {named.unknown or named.missing}"
    closed = f" on {ticket.closed_at.astimezone(dt.UTC).date()}" if ticket.closed_at else ""
    return f"{ticket.state}{closed}" + (f" ({ticket.resolution})" if ticket.resolution else "")


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
        code = evidence.reviews.code[name]
        git, line = code.history.git, code.history.line
        files = zip(change.files, change.pairs, strict=True)
        paths = [path.removeprefix(label(name, "")) for path, pair in files if pair.repository == name]
        nothing = git.run("hash-object", "-t", "tree", "--stdin").decode().strip()
        start, end = line.landings.ids[base] if base >= 0 else nothing, [line.tip] if name else []
        for first in range(0, len(paths), _AT_A_TIME):
            some = paths[first:first + _AT_A_TIME]
            patches.append(git.run("diff", "--abbrev=12", "--stat", "--patch", start, *end, "--", *some))
        patches += [os.fsencode(f"{path} is new and unknown to git, so no diff shows it: read the file\n")
                    for path in paths if path in code.tree.untracked]
    return b"".join(patches).decode("utf-8", "replace")


# ---------------------------------------------------------------------------------------------- the outcome


def refusal(outcome: str, found: Dossier, *, still_accurate: bool) -> UsageError | None:
    """Return why the evidence does not allow an outcome, or None."""
    review, problem = found.review, ("", "", "")
    if outcome == ACCURATE and not still_accurate and (review.code is not None or review.code_unknown):
        problem = _code_in_doubt(review)
    elif outcome == UPDATED and _words_stand(review):
        problem = "not-updated", "the words are those of the last review", "say accurate, or edit the article first"
    elif outcome == RETIRED and found.article.front_matter.draft:
        problem = "is-draft", "`draft: true` makes it work in progress, whatever else it says", "take that line out first"
    kind, message, hint = problem
    return UsageError(message, where=found.article.path, kind=kind, hint=hint) if kind else None


def _code_in_doubt(review: ReviewEvidence) -> tuple[str, str, str]:
    after = "then say --still-accurate, or correct the article"
    if review.code is None:
        return "code-unknown", f"whether its code changed is not known: {review.code_unknown}", f"read the code, {after}"
    how = f"`{review.code.command}`" if review.code.command else "the code"
    return "code-changed", "covered code changed since the review", f"read {how}, {after}"


def _words_stand(review: ReviewEvidence) -> bool:
    """Return whether the words are certainly those of the last review."""
    told = review.seal is not None or (review.review is not None and review.review.commit)
    changed = review.text is not None or review.text_unknown or any(one.part == "text" for one in review.ignored)
    return bool(told and not changed)


def stamp_for(article: Article, evidence: Evidence, by: str) -> Stamp:
    """Return what a review leaves in an article.

    Args:
        article: as it was read; it is sealed as it stands in the work tree.
        evidence: whose code and tickets are sealed with it.
        by: the owner who judged, on the day of the evidence.

    Raises:
        IncompleteError: the article or its code cannot be read, so that there is nothing to sign; or its file has changed since.
        UsageError: the day cannot be that of a review.
    """
    faults = [fault for fault in article.problems if fault.key not in REVIEW_KEYS]  # those a review writes anew
    if faults or not article.readable:
        line, why = (faults[0].line, faults[0].message) if faults else (1, "its file cannot be named on a page")
        raise IncompleteError(f"it cannot be sealed: {why}", where=f"{article.path}:{line}", kind="not-readable",
                              hint="put that right first; see `kbtool check`")
    day = evidence.today
    problem = date_problem(day, day, article.front_matter.last_reviewed_on)
    if problem:
        raise UsageError(problem, where=article.path, kind="bad-date", hint="review it as of today")
    seal = seal_of(article, evidence, {"last_reviewed_on": day, "last_reviewed_by": by})
    values = {"last_reviewed_on": day.isoformat(), "last_reviewed_by": by, "review_seal": str(seal)}
    path = evidence.config.root / article.path
    return Stamp(path, values, article.file.digest)


def retiring(stamp: Stamp) -> Stamp:
    """Return the stamp of a review that takes the article out of use."""
    return replace(stamp, values={**stamp.values, "confidence": "archived"})


def twins(stamps: Sequence[Stamp], evidence: Evidence) -> UsageError | None:
    """Return what is wrong where a stamp would leave an article with the seal of another one, which voids both."""
    root, stamped = evidence.config.root, {one.path for one in stamps}
    sealed = {" ".join(one.front_matter.review_seal.split()): one.path for one in evidence.articles
              if one.front_matter.review_seal and root / one.path not in stamped}
    for stamp in stamps:
        name = stamp.path.relative_to(root).as_posix()
        other = sealed.setdefault(stamp.values["review_seal"], name)
        if other != name:
            return UsageError(
                f"its seal would be that of {other}, since both say and cover the same, and that voids both", where=name,
                kind="same-seal", hint="let one include the other, or review it on another day or as another owner",
            )
    return None


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
        sign_tickets(_all_tickets(article, evidence)),
    )


def _all_tickets(article: Article, evidence: Evidence) -> list[Ticket] | None:
    """Return the tickets of an article; None where one of them is not known."""
    named = {(one.tracker, one.key): one.ticket for one in evidence.tickets.of(article) if one.in_front_matter}
    known = [ticket for ticket in named.values() if ticket is not None]
    return known if len(known) == len(named) else None


def reviewer(by: str | None, evidence: Evidence, identity: str | None) -> str:
    """Return the owner who reviews: who was named, else the one with the e-mail address that git commits with.

    Raises:
        UsageError: nobody was named or found, or the register does not have them.
    """
    owners, register = evidence.owners or {}, f"{evidence.config.checks_folder}/owners.yml"
    if by is None:
        mine = [name for name, owner in owners.items() if identity and (owner.email or "").casefold() == identity.casefold()]
        if len(mine) != 1:
            who = f"{' and '.join(mine)} have" if mine else f"nobody in {register} has"
            raise UsageError(f"who reviews? {who} the e-mail address that git commits with", kind="no-reviewer",
                             hint="say --by ID")
        by = mine[0]
    if by not in owners if evidence.owners is not None else not by.strip():
        raise UsageError(f"--by: no owner is called {by!r}{did_you_mean(by, owners)}", kind="no-such-owner",
                         hint=f"owners are in {register}")
    until = owners[by].until if by in owners else None
    if until is not None and until < evidence.today:
        raise UsageError(f"{by} left on {until}", kind="no-such-owner", hint=f"owners are in {register}")
    return by
