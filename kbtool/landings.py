"""The landings of a main line, read in one pass: what `git log --first-parent --raw -z` prints, as columns.

A landing is a step of the first-parent chain; its number (0 is the oldest) orders changes, since dates can lie. What a
merge brought is found by a second walk, of parents alone. Columns, not objects: a hundred thousand landings have to be
kept in a cache and read again in a moment. The format of `--raw` is described in git's `diff-format` documentation.
"""

from __future__ import annotations

import json
import os
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import accumulate, chain

from kbtool.git import GitError

UNDATED = -1  #: a commit whose date is none: empty, before 1970 or beyond the year 9999
DELETED = 0  #: the state of a path that is not there
_LATEST = 253_402_300_800
_FORMAT = "--format=%x02%H %P%x00%ct%x00%at%x00%an%x00%ae%x00%s%x00%(trailers:key=Kb-Change,valueonly,separator=%x2C)"
RAW = ("-r", "--raw", "-z", "--no-renames", "--no-abbrev", "--diff-merges=first-parent", "--encoding=UTF-8", _FORMAT)
_NAMES = ("committed", "authored", "authors", "minor")
Column = array  # of "q": one number a commit


@dataclass
class Commits:
    """Commits in columns, in the order in which they were read, and what they did to each path.

    `changes` maps a path to the flat sequence commit, state, commit, state …; `states` holds the mode and blob id of each
    state, as `git log --raw` prints them ("100644 257cc5…"), and `DELETED` is that of no file. `parents` names those of
    a merge, but the first, by the number of the merge.
    """

    ids: list[str] = field(default_factory=list)
    committed: Column[int] = field(default_factory=lambda: array("q"))
    authored: Column[int] = field(default_factory=lambda: array("q"))
    authors: Column[int] = field(default_factory=lambda: array("q"))
    minor: Column[int] = field(default_factory=lambda: array("q"))  #: numbers of those with the trailer `Kb-Change: minor`
    people: list[tuple[str, str]] = field(default_factory=list)  #: name and e-mail address, as committed; odd bytes as surrogates
    subjects: list[bytes] = field(default_factory=list)
    parents: dict[int, list[str]] = field(default_factory=dict)
    changes: dict[str, list[int]] = field(default_factory=dict)
    states: list[str] = field(default_factory=lambda: [""])
    first_parent: str = ""  #: of the commit that was read last

    @cached_property
    def numbers(self) -> dict[str, int]:
        """Return commit id → number."""
        return {commit: number for number, commit in enumerate(self.ids)}

    @cached_property
    def state_numbers(self) -> dict[str, int]:
        """Return the text of a state → its number."""
        return {state: number for number, state in enumerate(self.states)}

    def forget(self) -> None:
        """Forget what was worked out, since there are more commits now."""
        for stale in ("numbers", "state_numbers"):
            vars(self).pop(stale, None)

    def steps(self, path: str) -> list[tuple[int, int]]:
        """Return (commit, state) for each change of a path, oldest first."""
        flat = self.changes.get(path, [])
        return list(zip(flat[::2], flat[1::2], strict=True))

    def turn(self) -> None:
        """Put commits that were read newest first into the order of their numbers: git prints them sooner than oldest first."""
        last = len(self.ids) - 1
        for column in (self.ids, self.subjects, self.committed, self.authored, self.authors):
            column.reverse()
        self.minor = array("q", sorted(last - number for number in self.minor))
        self.parents = {last - number: others for number, others in reversed(self.parents.items())}
        for flat in self.changes.values():
            flat[::2] = [last - number for number in flat[-2::-2]]
            flat[1::2] = flat[::-2]

    def subject(self, number: int) -> str:
        """Return the first line of a commit's message."""
        return self.subjects[number].decode("utf-8", "replace")


def parse(chunks: Iterable[bytes], into: Commits) -> None:
    """Add the commits of a stream in the form of `RAW`.

    Raises:
        GitError: the stream has another form, or ends within a commit.
    """
    tokens = chain.from_iterable(_tokens(chunks))
    people = {(os.fsencode(name), os.fsencode(mail)): number for number, (name, mail) in enumerate(into.people)}
    states = {state.replace(" ", "").encode(): number for number, state in enumerate(into.states)}
    paths: dict[bytes, list[int]] = {}
    try:
        for token in tokens:
            if token[:1] == b"\x02":
                number = _commit(into, token, tokens, people)
                continue
            mark = token.find(b":", 0, 2)  # the first change comes with the line end of its commit
            if mark < 0:
                raise GitError(f"git log printed what it should not: {token[:40]!r}", kind="git-failed")
            path = next(tokens)
            mode = token[mark + 8 : mark + 14]
            state = mode + token.split(b" ", 4)[3] if mode != b"000000" else b""
            flat = paths.get(path)
            if flat is None:
                flat = paths[path] = into.changes.setdefault(os.fsdecode(path), [])
            flat += (number, states.setdefault(state, len(states)))
    except StopIteration:
        raise GitError("git log ended within a commit", kind="git-failed") from None
    into.states += [f"{state[:6].decode()} {state[6:].decode()}" for state in list(states)[len(into.states):]]
    into.people += [(os.fsdecode(name), os.fsdecode(mail)) for name, mail in list(people)[len(into.people):]]
    into.forget()


def _tokens(chunks: Iterable[bytes]) -> Iterator[list[bytes]]:
    rest = b""
    for chunk in chunks:
        parts = (rest + chunk).split(b"\0")
        rest = parts.pop()
        yield parts
    if rest.strip():
        raise GitError("git log ended within a line", kind="git-failed")


def _commit(into: Commits, token: bytes, tokens: Iterator[bytes], people: dict[tuple[bytes, bytes], int]) -> int:
    number = len(into.ids)
    commit, _, parents = token[1:].decode().partition(" ")
    into.first_parent = parents.partition(" ")[0]
    if " " in parents:
        into.parents[number] = parents.split()[1:]
    into.ids.append(commit)
    into.committed.append(_time(next(tokens)))
    into.authored.append(_time(next(tokens)))
    person = next(tokens), next(tokens)
    into.authors.append(people.setdefault(person, len(people)))
    into.subjects.append(next(tokens))
    trailer = next(tokens)
    if trailer and trailer.strip().lower() == b"minor":
        into.minor.append(number)
    return number


def _time(text: bytes) -> int:
    """Return seconds since 1970, or UNDATED; git prints what a damaged date holds as it is."""
    try:
        seconds = int(text)
    except ValueError:
        return UNDATED
    return seconds if 0 < seconds < _LATEST else UNDATED


# ---------------------------------------------------------------------------------------------- lines


@dataclass
class Line:
    """A main line: its landings, and the commits of the branches that they merged.

    `branch` says of each side commit by which landing it arrived, `contained` which is the newest landing that it has
    in its own past (-1: none). What side commits did is known for the paths below `folder` alone.
    """

    landings: Commits = field(default_factory=Commits)
    sides: Commits = field(default_factory=Commits)
    branch: Column[int] = field(default_factory=lambda: array("q"))
    contained: Column[int] = field(default_factory=lambda: array("q"))

    @property
    def tip(self) -> str:
        """Return the id of the newest landing, or "" where there is none."""
        return self.landings.ids[-1] if self.landings.ids else ""

    @cached_property
    def by_branch(self) -> dict[int, list[int]]:
        """Return landing → numbers of the side commits that it merged."""
        found: dict[int, list[int]] = {}
        for side, landing in enumerate(self.branch):
            found.setdefault(landing, []).append(side)
        return found


def append(line: Commits, new: Commits) -> None:
    """Put newer commits after older ones."""
    before = len(line.ids)
    people = {person: number for number, person in enumerate(line.people)}
    moved = [people.setdefault(person, len(people)) for person in new.people]
    line.people += list(people)[len(line.people):]
    states = _taken_in(line.states, new.states)
    line.ids += new.ids
    line.subjects += new.subjects
    line.committed += new.committed
    line.authored += new.authored
    line.authors.extend(moved[number] for number in new.authors)
    line.minor.extend(before + number for number in new.minor)
    line.parents.update((before + number, parents) for number, parents in new.parents.items())
    for path, flat in new.changes.items():
        mine = line.changes.setdefault(path, [])
        for number, state in zip(flat[::2], flat[1::2], strict=True):
            if states[state] != (mine[-1] if mine else DELETED):  # else a merge into a branch brought what is in the line
                mine += (before + number, states[state])
    line.forget()


def _taken_in(states: list[str], new: Sequence[str]) -> list[int]:
    """Add the states that are not there yet; return the number of each. They are few, so the others are not numbered for them."""
    asked = set(new)
    known = {state: number for number, state in enumerate(states) if state in asked}
    for state in new:
        if state not in known:
            known[state] = len(states)
            states.append(state)
    return [known[state] for state in new]


def cut(line: Line, count: int) -> Line:
    """Return the first landings of a line: what a checkout has that is behind."""
    sides = bisect_left(line.branch, count)
    return Line(_first(line.landings, count), _first(line.sides, sides), line.branch[:sides], line.contained[:sides])


def _first(commits: Commits, count: int) -> Commits:
    changes = {path: flat[: 2 * bisect_left(flat[::2], count)] for path, flat in commits.changes.items()}
    return replace(
        commits, ids=commits.ids[:count], subjects=commits.subjects[:count],
        committed=commits.committed[:count], authored=commits.authored[:count], authors=commits.authors[:count],
        minor=commits.minor[: bisect_left(commits.minor, count)],
        parents={number: others for number, others in commits.parents.items() if number < count},
        changes={path: flat for path, flat in changes.items() if flat},
    )


def running_maximum(times: Sequence[int], latest: int) -> list[int]:
    """Return the landing times: each the latest committer date so far; one that is none, or later than `latest`, adds nothing."""
    if max(times, default=UNDATED) > latest:
        times = [time if time <= latest else UNDATED for time in times]
    return list(accumulate(times, max))


# ---------------------------------------------------------------------------------------------- keeping


def pack(line: Line) -> dict[str, bytes]:
    """Return a line as sections for the cache."""
    sections = {"branch": line.branch.tobytes(), "contained": line.contained.tobytes()}
    for name, commits in (("landings", line.landings), ("sides", line.sides)):
        flat = commits.changes.values()
        sections |= {f"{name}.{column}": getattr(commits, column).tobytes() for column in _NAMES}
        sections |= {
            f"{name}.ids": "\n".join(commits.ids).encode(),
            f"{name}.subjects": b"\0".join(commits.subjects),
            f"{name}.states": "\n".join(commits.states).encode(),
            f"{name}.paths": b"\0".join(map(os.fsencode, commits.changes)),
            f"{name}.lengths": array("q", map(len, flat)).tobytes(),
            f"{name}.changes": array("q", chain.from_iterable(flat)).tobytes(),
            f"{name}.rest": json.dumps([commits.people, list(commits.parents.items())]).encode(),
        }
    return sections


def unpack(sections: Mapping[str, bytes]) -> Line:
    """Return the line of these sections.

    Raises:
        ValueError, KeyError, TypeError: they do not fit together.
    """
    line = Line(_commits(sections, "landings"), _commits(sections, "sides"),
                _column(sections["branch"]), _column(sections["contained"]))
    landings = len(line.landings.ids)
    for column in (line.branch, line.contained):
        if len(column) != len(line.sides.ids) or not _within(column, landings):
            raise ValueError("columns of branches")
    return line


def _commits(sections: Mapping[str, bytes], name: str) -> Commits:
    read = {key.removeprefix(f"{name}."): value for key, value in sections.items() if key.startswith(f"{name}.")}
    people, parents = json.loads(read["rest"])
    made = Commits(
        ids=read["ids"].decode("ascii").split("\n") if read["ids"] else [],
        subjects=read["subjects"].split(b"\0"), states=read["states"].decode("ascii").split("\n"),
        people=[(str(one), str(other)) for one, other in people],
        parents={int(number): [str(parent) for parent in others] for number, others in parents},
    )
    for column in _NAMES:
        setattr(made, column, _column(read[column]))
    if not made.ids:
        made.subjects = []
    flat, lengths = _column(read["changes"]).tolist(), _column(read["lengths"])
    paths = os.fsdecode(read["paths"]).split("\0") if lengths else []
    ends = list(accumulate(lengths))
    _validate(made, flat, len(paths) == len(lengths) and sum(lengths) == len(flat) and min(lengths, default=0) >= 0)
    made.changes = {path: flat[end - length:end] for path, end, length in zip(paths, ends, lengths, strict=True)}
    return made


def _validate(made: Commits, flat: list[int], lengths_fit: bool) -> None:  # noqa: FBT001 - one of several facts
    count = len(made.ids)
    columns = (made.subjects, made.committed, made.authored, made.authors)
    fits = (
        lengths_fit and made.states[0] == "" and len(flat) % 2 == 0
        and all(len(column) == count for column in columns)
        and _within(made.authors, len(made.people)) and _within(made.minor, count)
        and _within(flat[::2], count) and _within(flat[1::2], len(made.states))
        and all(0 <= number < count for number in made.parents)
    )
    if not fits:
        raise ValueError("columns of commits")


def _column(raw: bytes) -> Column[int]:
    made: Column[int] = array("q")
    made.frombytes(raw)
    return made


def _within(column: Sequence[int], limit: int) -> bool:
    return not column or (min(column) >= -1 and max(column) < limit)
