"""The history of one repository: its landings and when each landed, which of them count, what a path was at each.

The main line is the first-parent chain of the main branch, up to where the checkout left it, and then the checkout's own
commits. What cannot be known raises `Unproven`; it never reads as "nothing happened".
"""

from __future__ import annotations

import datetime as dt
import os
import re
from bisect import bisect_right
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from kbtool.cache import Cache, is_worth_writing
from kbtool.config import Config
from kbtool.errors import ConfigError, KbtoolError
from kbtool.git import Git, GitError
from kbtool.landings import DELETED, UNDATED, Line, cut, pack, running_maximum, unpack
from kbtool.line_reading import Reading, amended, helped

_MAIN = (
    "refs/remotes/origin/HEAD", "refs/remotes/origin/main", "refs/remotes/origin/master", "refs/heads/main", "refs/heads/master",
    "refs/heads/trunk",
)
_EPOCH = dt.date(1970, 1, 1).toordinal()
_REREAD = 500  #: so many landings after the cached ones are cached as well


class Unproven(Exception):  # noqa: N818 - it is an answer, not an error
    """A question that the history at hand cannot answer, and why."""


def last_second(day: dt.date) -> int:
    """Return the last second of a day, UTC, in seconds since 1970."""
    return (day.toordinal() - _EPOCH) * 86_400 + 86_399


@dataclass
class History:
    """What landed in one repository, as of a day.

    `ignored` holds the numbers of landings that do not count, `ignored_sides` those of commits in merged branches.
    `people` maps names as committed to those of `.mailmap`.
    """

    git: Git
    line: Line
    today: dt.date
    ignored: frozenset[int] = frozenset()
    ignored_sides: frozenset[int] = frozenset()
    people: dict[tuple[str, str], str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    _names: dict[tuple[str, str], str] = field(default_factory=dict)  #: what `people` says, as text
    _landed_by: dict[int, int] = field(default_factory=dict)

    @property
    def newest(self) -> int:
        """Return the number of the newest landing; -1 where nothing has been committed."""
        return len(self.line.landings.ids) - 1

    @cached_property
    def _end(self) -> int:
        return last_second(self.today)

    @cached_property
    def times(self) -> list[int]:
        """Return when each landing landed: the latest committer date so far; no date of the future counts."""
        return running_maximum(self.line.landings.committed, self._end)

    @cached_property
    def is_cut(self) -> bool:
        """Return whether the oldest landing here is one at which a shallow clone was cut off."""
        return bool(self.git.shallow) and bool(self.line.landings.ids) and self.line.landings.ids[0] in self.git.shallow

    def dated(self, number: int) -> bool:
        """Return whether a landing has a date of its own that can be believed."""
        own = self.line.landings.committed[number]
        return own != UNDATED and own <= self._end

    def landed_on(self, number: int) -> dt.date | None:
        """Return the day on which a landing landed, UTC; None where nothing before it is dated either."""
        time = self.times[number]
        return None if time == UNDATED else dt.date.fromordinal(_EPOCH + time // 86_400)

    def landed_by(self, moment: int) -> int:
        """Return the newest landing that had certainly landed by a moment (seconds since 1970); -1 for none."""
        if moment not in self._landed_by:  # the last seconds of not so many days
            number = bisect_right(self.times, moment) - 1
            while number >= 0 and not self.dated(number):
                number -= 1
            self._landed_by[moment] = number
        return self._landed_by[moment]

    def state_at(self, path: str, number: int) -> str:
        """Return mode and blob of a path after a landing, "" where it was not there."""
        flat = self.line.landings.changes.get(path)
        if not flat:
            return ""
        if flat[-2] <= number:
            return self.line.landings.states[flat[-1]]
        at = bisect_right(flat[::2], number)
        return self.line.landings.states[flat[2 * at - 1]] if at else ""

    def landings_of(self, path: str, after: int) -> list[int]:
        """Return the landings later than number `after` that touched a path."""
        flat = self.line.landings.changes.get(path)
        if not flat or flat[-2] <= after:
            return []
        numbers = flat[::2]
        return numbers[bisect_right(numbers, after):]

    def causes_of(self, path: str, after: int) -> list[int]:
        """Return the landings by which a path came from what it was after number `after` to what it is, without ways back."""
        flat = self.line.landings.changes.get(path)
        if not flat or flat[-2] <= after:
            return []
        at = bisect_right(flat[::2], after)
        return without_ways_back(flat[2 * at - 1] if at else DELETED, zip(flat[2 * at::2], flat[2 * at + 1::2], strict=True))

    def author(self, number: int, *, side: bool = False) -> str:
        """Return the name of a commit's author, as `.mailmap` has it."""
        commits = self.line.sides if side else self.line.landings
        return self._named(commits.people[commits.authors[number]])

    def _named(self, person: tuple[str, str]) -> str:
        if person not in self._names:
            self._names[person] = os.fsencode(self.people.get(person, person[0])).decode("utf-8", "replace")
        return self._names[person]

    def authors(self, number: int) -> list[str]:
        """Return who made a landing: for a merge those of its branch, each once."""
        branch = self.line.by_branch.get(number, ())
        names = dict.fromkeys(self.author(side, side=True) for side in branch if side not in self.ignored_sides) if branch else {}
        return list(names) or [self.author(number)]

    @cached_property
    def removed(self) -> dict[int, list[str]]:
        """Return landing → the paths that it removed."""
        found: dict[int, list[str]] = {}
        for path, flat in self.line.landings.changes.items():
            if 0 in flat[1::2]:
                for number, state in zip(flat[::2], flat[1::2], strict=True):
                    if not state:
                        found.setdefault(number, []).append(path)
        return found


def without_ways_back(start: Hashable, steps: Iterable[tuple[int, Hashable]]) -> list[int]:
    """Return the landings of these steps (landing, what it made of something) by which it came from `start` to what it is."""
    way = {start: -1}  # what it was → the landing that made it so
    for number, made in steps:
        while made in way and next(reversed(way)) != made:  # what came since was taken back
            way.popitem()
        way.setdefault(made, number)
    return list(way.values())[1:]


# ---------------------------------------------------------------------------------------------- opening


class Opening:
    """A history that is being read: git runs while others work, `finish` waits for it."""

    def __init__(  # noqa: PLR0913 - one keyword for each thing that differs between repositories
        self, git: Git, name: str, cache: Cache, *, main: str | None, ref: str = "HEAD", folder: str = "", prefix: str = "",
    ) -> None:
        """Start reading; raises GitError and ConfigError.

        Args:
            git: the repository.
            name: of the cache's file.
            cache: where earlier runs have kept what they read.
            main: the name of the main branch, or None to find it.
            ref: what the history leads up to.
            folder: below which what happened within merged branches matters.
            prefix: where the knowledge base is in it, "" or with a slash at its end.
        """
        self.git, self.prefix, self._name, self._cache = git, prefix, name, cache
        self.head = git.resolve(ref, f"repositories.{name.partition('-')[2]}.ref") or ""
        if not self.head and ref == "HEAD":
            git.refuse_lost_head()
        self._key = "\n".join((folder, *sorted(git.shallow)))
        self._folder = folder
        self._line, self._cached = self._kept()
        fork = fork_point(git, self.head, main) if ref == "HEAD" and self.head else self.head
        self._fork = fork or self.head
        strange = f"main_branch: there is no {main!r} here, so what is checked out counts as the main line"
        self._notes = (strange,) if main and self.head and not fork else ()
        known = self._line.landings.ids
        if self._fork != self._line.tip and self._fork in known:  # the checkout is behind the cache
            self._line = cut(self._line, known.index(self._fork) + 1)
        self._reading = Reading(git, self._line, self._fork, folder) if self.head else None

    def _kept(self) -> tuple[Line, int]:
        sections = self._cache.read(self._name, self._key)
        if sections is None:
            return Line(), 0
        try:
            line = unpack(sections)
        except (ValueError, KeyError, TypeError, AttributeError):
            self._cache.damaged(self._name)
            return Line(), 0
        return line, len(line.landings.ids)

    def finish(self, today: dt.date, config: Config, told: Callable[[Line], None] = lambda _: None) -> History:
        """Return the history; `told` hears of its landings as soon as those of the main branch are read.

        Raises:
            GitError: it cannot be read.
        """
        if self._reading is None:
            told(self._line)
        else:
            if not self._continued(self._reading, told):
                self._line, self._cached = Line(), 0
                Reading(self.git, self._line, self._fork, self._folder).finish(lambda: told(self._line))
            if len(self._line.landings.ids) - self._cached > (_REREAD if self._cached else 0):
                self._cache.write(self._name, self._key, pack(self._line))
            Reading(self.git, self._line, self.head, self._folder).finish(joined=False)
        return _judged(History(self.git, self._line, today, notes=self._notes), config, self._helped)

    def _helped(self, commits: Sequence[str], bots: re.Pattern[str]) -> set[str]:
        """Return what `helped` does: of each commit it is kept, since a commit never changes."""
        name = f"helped-{self._name}"
        kept = self._cache.read(name, bots.pattern) or {}
        asked, found = ({*kept.get(part, b"").decode("ascii", "replace").split()} for part in ("asked", "found"))
        new = [commit for commit in commits if commit not in asked]
        found |= helped(self.git, new, bots)
        if new and is_worth_writing(len(new), len(asked)):
            sections = {"asked": asked.union(new), "found": found}
            self._cache.write(name, bots.pattern, {part: "\n".join(sorted(ids)).encode() for part, ids in sections.items()})
        return found.intersection(commits)

    def _continued(self, reading: Reading, told: Callable[[Line], None]) -> bool:
        """Return whether history was read; not where it was rewritten since it was cached, or objects moved under our hands."""
        try:
            return reading.finish(lambda: told(self._line))
        except GitError as error:
            if error.kind != "git-failed":
                raise
            return False  # the second time, it tells what is wrong


def fork_point(git: Git, head: str, main: str | None) -> str:
    """Return the newest commit of the main branch that a commit contains; "" where no main branch shares anything with it."""
    named = (f"refs/heads/{main}", f"refs/remotes/origin/{main}", main) if main else _MAIN
    for ref in named:
        tip = git.resolve(ref, "main_branch")
        if tip == head:
            return head
        shared = git.ask("merge-base", tip, head) if tip else None
        if shared:
            return shared.decode()
    return ""


def _judged(history: History, config: Config, helped_of: Callable[[Sequence[str], re.Pattern[str]], set[str]]) -> History:
    """Return the history with what does not count, and with people's names."""
    people = {*history.line.landings.people, *history.line.sides.people}
    listed, notes = _listed(history.git, config)
    history.people = _mailmap(history.git, _top(history.git, config), sorted(people))
    pattern = _bots(config)
    bots = {person for person in people if any(map(pattern.fullmatch, (*person, history.people.get(person, ""))))}
    commits = ((history.line.landings, set[int]()), (history.line.sides, set[int]()))
    written = ((made, number, made.people[author]) for made, _ in commits for number, author in enumerate(made.authors) if bots)
    theirs = [made.ids[number] for made, number, person in written if person in bots]
    alone = set(theirs) - helped_of(theirs, pattern) if theirs else set[str]()
    for made, found in commits:
        found.update(made.numbers[commit] for commit in alone if commit in made.numbers)
        found.update(made.minor)
        found.update(made.numbers[commit] for commit in listed if commit in made.numbers)
    landings, sides = commits[0][1], commits[1][1]
    _judge_merges(history, landings, sides, listed)
    history.ignored, history.ignored_sides = frozenset(landings), frozenset(sides)
    history.notes += (*notes, *_doubtful(history))
    return history


def _judge_merges(history: History, landings: set[int], sides: set[int], listed: Iterable[str]) -> None:
    """Leave among `landings` of the merges those that are marked themselves, or that brought nothing but what does not count.

    Whoever merges: what counts is what was merged, and what the merge itself made of it.
    """
    line = history.line
    numbers = line.landings.numbers
    marked = {*line.landings.minor, *(numbers[commit] for commit in listed if commit in numbers)}
    quiet = {number for number, branch in line.by_branch.items() if number not in marked and sides.issuperset(branch)}
    people = [number for number in sorted(quiet) if number not in landings]  # what a bot adds to a merge does not count either
    added = amended(history.git, [line.landings.ids[number] for number in people])
    landings.difference_update(line.by_branch.keys() - marked)
    landings.update(number for number in quiet if line.landings.ids[number] not in added)


def _bots(config: Config) -> re.Pattern[str]:
    """Return what matches the names and e-mail addresses of bots."""
    parts = (re.escape(glob).replace(r"\*", ".*") for glob in config.ignore_authors)
    return re.compile("|".join(parts) or "(?!)", re.IGNORECASE)


def _top(git: Git, config: Config) -> Path:
    """Return the folder that files at the top of a repository are read from; a stranger's branch is of one repository alone."""
    return config.base.top if config.base and git.top.resolve() == config.base.tree else git.top


def _listed(git: Git, config: Config) -> tuple[list[str], list[str]]:
    """Return the commits of the file that `git blame` ignores too, and what is wrong with the file."""
    path = _top(git, config) / config.ignore_revs_file
    if not path.is_file():
        return [], []
    commits, notes = [], []
    for number, line in enumerate(path.read_text("utf-8", "replace").splitlines(), 1):
        word = line.partition("#")[0].strip().lower()
        if re.fullmatch(r"[0-9a-f]{40}(?:[0-9a-f]{24})?", word):
            commits.append(word)
        elif word:
            notes.append(f"{config.ignore_revs_file}:{number}: {word[:60]!r} is no commit id, so it is not ignored")
    return commits, notes


def _mailmap(git: Git, top: Path, people: Sequence[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Return who people are by `.mailmap`, where that differs."""
    if not people or not (top / ".mailmap").is_file():
        return {}
    asked = "".join(f"{_plain(name)} <{_plain(mail)}>\n" for name, mail in people)
    told = os.fsdecode(git.run("-C", str(top), "check-mailmap", "--stdin", stdin=os.fsencode(asked))).rstrip("\n").split("\n")
    named = ((person, line.rpartition(" <")[0]) for person, line in zip(people, told, strict=True))
    return {person: name for person, name in named if name and name != _plain(person[0])}


def _plain(text: str) -> str:
    return re.sub(r"[<>\x00-\x1f\x7f]", " ", text).strip() or "-"


def _doubtful(history: History) -> Iterable[str]:
    """Yield what makes dates doubtful here."""
    landings, end = history.line.landings, last_second(history.today)
    future = [number for number, time in enumerate(landings.committed) if time > end]
    if future:
        newest = landings.ids[future[-1]][:12]
        yield f"{len(future)} commit(s) are dated after {history.today}, such as {newest}: counted as undated"
    if history.git.ask("for-each-ref", "--count=1", "refs/replace"):
        yield "refs/replace/* rewrite commits here; they are not followed"


def open_main(config: Config, cache: Cache) -> Opening:
    """Start reading the repository of the knowledge base.

    Raises:
        GitError: it cannot be read.
        ConfigError: it is one of something else.
    """
    git = Git(config.root)
    prefix = prefix_of(git, config)
    if prefix and not git.ask("ls-files", "--error-unmatch", "--", "."):
        raise ConfigError(
            f"the repository around it, {git.top}, has nothing of this knowledge base", where=str(config.root),
            kind="repo-root-mismatch", hint="`git add` it there, or run `git init` here",
        )
    return Opening(Git(git.top), "history", cache, main=config.main_branch, folder=f"{prefix}{config.content}", prefix=prefix)


def start_main(config: Config, cache: Cache) -> Opening | KbtoolError:
    """Start as `open_main` does, before it is known whether history is asked for; what is wrong matters only then."""
    try:
        return open_main(config, cache)
    except KbtoolError as error:
        return error


def prefix_of(git: Git, config: Config) -> str:
    """Return the path of the knowledge base inside its repository, "" or with a slash at its end."""
    inside = config.root.resolve().relative_to(Path(git.top).resolve()).as_posix()
    return "" if inside == "." else f"{inside}/"
