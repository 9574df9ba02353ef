"""Reads what a line lacks from git: one pass over the landings, then the branches that they merged."""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence

from kbtool.git import Git, GitError
from kbtool.landings import RAW, Commits, Line, append, parse

_STEPS = 40  #: so many commits of a branch are followed one by one
_SQUASHED = re.compile(rb"^\* (?=\S)", re.MULTILINE)  #: before each message where a forge has made one commit of several
_HELPERS = "--format=%H%n%(trailers:key=Co-authored-by,valueonly,unfold)"
_MINOR = re.compile(rb"^Kb-Change:[ \t]*minor[ \t]*$", re.MULTILINE | re.IGNORECASE)


class Reading:
    """A running pass over what a line lacks up to `tip`; `finish` waits for it."""

    def __init__(self, git: Git, line: Line, tip: str, folder: str) -> None:
        """Start the pass; `folder` is the one below which changes within branches matter."""
        self._git, self._line, self._tip, self._folder = git, line, tip, folder
        self._range = [tip] if not line.tip else [f"^{line.tip}", tip]
        self._log = git.stream("log", "--first-parent", *RAW, *self._range, "--") if tip != line.tip else None

    def finish(self, told: Callable[[], None] = lambda: None, *, joined: bool = True) -> bool:
        """Bring the line up to date; return False where the tip does not continue it, so that it has to be read anew.

        Args:
            told: called when the landings are there, while git reads what they merged.
            joined: False for what only hangs on the line, such as a branch that has merged it.

        Raises:
            GitError: history cannot be read.
        """
        if self._log is None:
            told()
            return True
        line, before = self._line, len(self._line.landings.ids)
        new = Commits() if before else line.landings
        parse(self._log, new)
        new.turn()
        _count_squashes(self._git, new)
        if before:
            if joined and (not new.ids or new.first_parent != line.tip):
                return False
            append(line.landings, new)
        sides = self._follow_branches(before)
        names = "".join(f"{commit}\n" for commit in sides).encode()
        paths = [self._folder] if self._folder else []
        found = self._git.stream("diff-tree", "--stdin", "--always", "--root", *RAW, "--", *paths, stdin=names) if sides else ()
        told()
        self._read_sides(found, sides)
        return True

    def _follow_branches(self, before: int) -> list[str]:
        """Return the commits that the landings from this one on merged, and note for each what it contains."""
        line = self._line
        known = dict(zip(line.sides.ids, line.contained, strict=True))
        merges = sorted(number for number in line.landings.parents if number >= before)
        if not merges:
            return []
        graph = self._behind([parent for number in merges for parent in line.landings.parents[number]], known)
        sides: list[str] = []
        for number in merges:
            mine = _unknown(line.landings.parents[number], graph, known)
            for commit in mine:
                known[commit] = max((_past(parent, known, line.landings.numbers) for parent in graph[commit]), default=-1)
            sides += mine
            line.branch.extend([number] * len(mine))
        line.contained.extend(known[commit] for commit in sides)
        return sides

    def _behind(self, starts: Iterable[str], known: Container[str]) -> dict[str, list[str]]:
        """Return the parents of the commits behind `starts` that are neither landings nor known.

        Most branches are short, so they are all followed step by step; only where that leads far is all of history walked.
        """
        numbers, asked = self._line.landings.numbers, set(starts)
        graph: dict[str, list[str]] = {}
        for _ in range(_STEPS):
            asked = {one for one in asked if one not in numbers and one not in known and one not in graph}
            if not asked:
                return graph
            graph |= self._parents("--no-walk=unsorted", "--stdin", of=asked)
            asked = {parent for commit in asked for parent in graph.get(commit, ())}
        found = self._parents(*self._range)
        return {commit: parents for commit, parents in found.items() if commit not in numbers and commit not in known}

    def _parents(self, *which: str, of: Iterable[str] = ()) -> dict[str, list[str]]:
        told = self._git.stream("rev-list", "--parents", *which, "--", stdin="".join(f"{one}\n" for one in of).encode())
        return {entry[0]: entry[1:] for entry in map(str.split, told.read().decode().splitlines())}

    def _read_sides(self, found: Iterable[bytes], sides: Sequence[str]) -> None:
        before = len(self._line.sides.ids)
        parse(found, self._line.sides)
        if self._line.sides.ids[before:] != list(sides):
            raise GitError("git diff-tree left commits out", kind="git-failed")
        _count_squashes(self._git, self._line.sides, before)


def _count_squashes(git: Git, commits: Commits, first: int = 0) -> None:
    """Let those count that a forge made of several commits, not all of them minor: the last message alone ends in trailers."""
    marked = [commits.ids[number] for number in commits.minor if number >= first]
    if marked:
        hiding = {commits.numbers[commit] for commit in _hiding(git, marked)}
        commits.minor = array("q", [number for number in commits.minor if number not in hiding])


def _hiding(git: Git, marked: Sequence[str]) -> Iterator[str]:
    """Yield those of some minor commits whose message is made of several, not all of which say so."""
    names = "".join(f"{commit}\n" for commit in marked).encode()
    told = git.stream("log", "--no-walk=unsorted", "-z", "--encoding=UTF-8", "--format=%H%n%B", "--stdin", stdin=names).read()
    for entry in filter(None, told.split(b"\0")):
        commit, _, message = entry.partition(b"\n")
        _, *messages = _SQUASHED.split(_paragraphs(message))
        if len(messages) > 1 and not all(map(_MINOR.search, messages)):
            yield commit.decode()


def _paragraphs(message: bytes) -> bytes:
    """Return a message in which only paragraphs begin at the edge: the other points of a list belong to their first one."""
    return re.sub(rb"(?<=[^\n]\n)\* ", b" * ", message)


def _past(commit: str, known: Mapping[str, int], numbers: Mapping[str, int]) -> int:
    """Return the newest landing that a commit contains; -1 for none, also where history is cut off."""
    found = numbers.get(commit)
    return known.get(commit, -1) if found is None else found


def _unknown(starts: Iterable[str], graph: Mapping[str, Sequence[str]], known: Container[str]) -> list[str]:
    """Return the commits of a graph behind `starts` that are not known, each after its parents."""
    order: list[str] = []
    seen: set[str] = set()
    waiting = [(start, False) for start in starts]
    while waiting:
        commit, done = waiting.pop()
        if done:
            order.append(commit)
        elif commit in graph and commit not in seen and commit not in known:
            seen.add(commit)
            waiting.append((commit, True))
            waiting += [(parent, False) for parent in graph[commit]]
    return order


def amended(git: Git, merges: Sequence[str]) -> set[str]:
    """Return those of some merges that have what neither side had, beyond putting both sides' changes together.

    Where this clone leaves out the files to tell by, each counts in which a file is none of either side.

    Raises:
        GitError: git fails.
    """
    found = _combined(git, merges, "-c", "--raw") if merges else set()
    try:
        return _combined(git, sorted(found), "--cc", "--patch") if found else found
    except GitError as error:
        if error.kind != "git-partial":
            raise
        return found


def _combined(git: Git, merges: Sequence[str], *form: str) -> set[str]:
    """Return those of some merges of which git shows anything in a combined form, where a commit stands alone on its line."""
    names, asked = "".join(f"{commit}\n" for commit in merges).encode(), {commit.encode() for commit in merges}
    found, commit = set[bytes](), b""
    for line in git.stream("diff-tree", "--stdin", "-r", *form, stdin=names).read().split(b"\n"):
        if line in asked:
            commit = line
        elif line:
            found.add(commit)
    return {one.decode() for one in found}


def helped(git: Git, commits: Sequence[str], bots: re.Pattern[str]) -> set[str]:
    """Return those of some commits by bots that people wrote as well, as where a forge squashed the branch of a bot.

    Raises:
        GitError: git fails.
    """
    found = set[str]()
    if not commits:
        return found
    names = "".join(f"{commit}\n" for commit in commits).encode()
    told = git.stream("log", "--no-walk=unsorted", "-z", "--encoding=UTF-8", _HELPERS, "--stdin", stdin=names).read()
    for entry in filter(None, told.decode("utf-8", "replace").split("\0")):
        commit, *people = entry.split("\n")
        for person in filter(None, people):
            name, _, mail = person.strip().removesuffix(">").rpartition("<")
            if not (bots.fullmatch(name.strip()) or bots.fullmatch(mail.strip())):
                found.add(commit)
    return found
