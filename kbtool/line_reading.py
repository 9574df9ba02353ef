"""Reads what a line lacks from git: one pass over the landings, then the branches that they merged."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence

from kbtool.git import Git, GitError
from kbtool.landings import RAW, Commits, Line, append, parse

_STEPS = 40  #: so many commits of a branch are followed one by one


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
