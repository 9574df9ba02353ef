"""What may be known about one review, as values: what changed since, who changed it, what does not count, what is not known."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, NamedTuple

from kbtool.article_history import Review
from kbtool.covers import Code, FileChange, Glob
from kbtool.history import History
from kbtool.landings import UNDATED
from kbtool.signatures import Seal

_NAMED = 5  #: authors who are named, from the newest landing on


class Pair(NamedTuple):
    """What a file was and is: its repository, the blobs then and now ("" for none), its path where no commit has the latter."""

    repository: str
    then: str
    now: str
    uncommitted: str = ""


class Change(NamedTuple):
    """Something that changed since a review: what, by which landings, since when, by whom, and how to see it.

    `since` is None where nothing that landed can be named. `files` are paths, those of another repository as `name:path`.
    """

    files: tuple[str, ...] = ()
    landings: int = 0
    since: dt.date | None = None
    authors: tuple[str, ...] = ()
    subject: str = ""
    uncommitted: tuple[str, ...] = ()
    moved: bool = False  #: files have other names, and nothing else
    command: str = ""
    bases: tuple[tuple[str, int], ...] = ()  #: repository and the landing after which it changed
    pairs: tuple[Pair, ...] = ()  #: one for each file
    oldest: tuple[str, ...] = ()  #: the ids of the oldest landings, one for each repository
    newest: int = UNDATED  #: when the newest landing landed, in seconds since 1970

    def facts(self) -> dict[str, Any]:
        """Return what a finding tells of it, as JSON types."""
        return {
            "landings": self.landings, "since": self.since.isoformat() if self.since else None, "authors": list(self.authors),
            "newest": self.subject, "uncommitted": list(self.uncommitted), "command": self.command,
        }


class Ignored(NamedTuple):
    """What changed since a review by landings that do not count."""

    part: str
    landings: tuple[str, ...]


class ReviewEvidence(NamedTuple):
    """What is known about one article's review.

    `seal` is None where there is none, or where it is void: `void` then says why. `text_unknown` and `code_unknown`
    say why one or the other cannot be judged. `nothing` holds the numbers of entries of `covers` that match no file.
    """

    review: Review | None = None
    seal: Seal | None = None
    void: str = ""
    text: Change | None = None
    code: Change | None = None
    ignored: tuple[Ignored, ...] = ()
    text_unknown: str = ""
    code_unknown: str = ""
    nothing: tuple[int, ...] = ()


def label(repository: str, path: str) -> str:
    """Return a path with the name of its repository before it, if that is another than the knowledge base's."""
    return f"{repository}:{path}" if repository else path


def change_of(name: str, code: Code, files: Sequence[FileChange], base: int, globs: Sequence[Glob]) -> Change:
    """Return changed files of one repository as evidence."""
    landings = sorted({number for file in files for number in file.landings} - code.history.ignored)
    return Change(
        tuple(label(name, file.path) for file in files), len(landings), *who(code.history, landings),
        tuple(label(name, file.path) for file in files if file.uncommitted), code.only_moved(files),
        code.diff_command(base, [file.path for file in files], globs), ((name, base),),
        tuple(Pair(name, file.then[7:], file.now[7:], file.path if file.uncommitted else "") for file in files),
        (code.history.line.landings.ids[landings[0]],) if landings else (),
        code.history.times[landings[-1]] if landings else UNDATED,
    )


def who(history: History, landings: Sequence[int]) -> tuple[dt.date | None, tuple[str, ...], str]:
    """Return since when, by whom (most recent first) and the newest subject of some landings."""
    if not landings:
        return None, (), ""
    names: dict[str, None] = {}
    for number in reversed(landings):
        names.update(dict.fromkeys(history.authors(number)))
        if len(names) >= _NAMED:
            break
    return history.landed_on(landings[0]), tuple(names), history.line.landings.subject(landings[-1])


def merged(changes: Sequence[Change]) -> Change:
    """Return changes in several repositories as one; undated where one of them is."""
    if len(changes) == 1:
        return changes[0]
    days = [change.since for change in changes if change.landings]
    latest = sorted(changes, key=lambda change: (change.landings > 0, change.newest), reverse=True)
    return Change(
        tuple(file for change in changes for file in change.files), sum(change.landings for change in changes),
        None if None in days else min((day for day in days if day), default=None),
        tuple(dict.fromkeys(name for change in latest for name in change.authors)), latest[0].subject,
        tuple(path for change in changes for path in change.uncommitted), all(change.moved for change in changes),
        " && ".join(change.command for change in changes), tuple(base for change in changes for base in change.bases),
        tuple(pair for change in changes for pair in change.pairs), tuple(one for change in changes for one in change.oldest),
        latest[0].newest,
    )
