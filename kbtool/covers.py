"""What an article covers: globs of product code, the files that they match, and what became of those since a review.

A glob is one of `.gitignore` (gitignore(5)), anchored at the top of its repository: `src/**`, `src/*.py`, `src/billing`, a
folder with all that is in it; `**/x.py` at any depth. `!glob` leaves files out, wherever it stands in the list.
`name:glob` speaks of a repository of the configuration.
"""

from __future__ import annotations

import re
import warnings
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from shlex import quote
from typing import NamedTuple

import pathspec

from kbtool.history import History
from kbtool.working_tree import Tree

MAIN = ""  #: the name of the repository that holds the knowledge base
_GITLINK = "160000"
_SHOWN = 120  #: characters in which a command names files one by one
_WILD = re.compile(r"[*?\[\\]")


class Glob(NamedTuple):
    """One entry of `covers`."""

    written: str
    repository: str
    glob: str
    exclude: bool = False


def parse_covers(entries: Iterable[str], repositories: Iterable[str]) -> tuple[Glob, ...]:
    """Return the entries of `covers`, each with the repository it speaks of; a name that is none is part of the path."""
    return tuple(_parse(entry, frozenset(repositories)) for entry in entries)


def _parse(written: str, repositories: frozenset[str]) -> Glob:
    exclude = written.startswith("!")
    name, colon, rest = written.removeprefix("!").partition(":")
    if colon and name in repositories:
        exclude, rest = exclude or rest.startswith("!"), rest.removeprefix("!")
        return Glob(written, name, rest.removeprefix("/"), exclude)
    return Glob(written, MAIN, written.removeprefix("!").removeprefix("./").removeprefix("/"), exclude)


@cache
def _matcher(glob: str) -> re.Pattern[str] | None:
    anchored = glob if glob.startswith("**/") else f"/{glob}"
    try:
        with warnings.catch_warnings(action="ignore", category=FutureWarning):  # of `[[]`: Python may read it otherwise one day
            pattern = pathspec.GitIgnoreSpec.from_lines([anchored]).patterns[0]
    except (ValueError, IndexError):
        return None
    found = getattr(pattern, "regex", None)
    return found if pattern.include and isinstance(found, re.Pattern) else None


def reaches(one: Glob, path: str, *, link: bool = False) -> bool:
    """Return whether a glob matches a path; one that leads into a submodule (a `link`) and leaves nothing out matches that."""
    start = "" if one.glob.startswith("**/") else _WILD.split(one.glob, maxsplit=1)[0]
    if link and not one.exclude and start.startswith(f"{path}/"):
        return True
    if not path.startswith(start.rstrip("/")):  # most of them: to make a pattern takes longer
        return False
    pattern = _matcher(one.glob)
    return pattern is not None and pattern.match(path) is not None


class FileChange(NamedTuple):
    """A covered file that is not as it was: its states then and now ("" for none), and the landings that made it so."""

    path: str
    then: str
    now: str
    landings: tuple[int, ...] = ()
    uncommitted: bool = False


@dataclass
class Code:
    """One repository as evidence: its history, its files now, and where it is (for commands that people run)."""

    history: History
    tree: Tree
    place: str = ""
    _matches: dict[str, frozenset[str]] = field(default_factory=dict)
    _covered: dict[tuple[Glob, ...], frozenset[str]] = field(default_factory=dict)  #: articles often share what they cover

    @cached_property
    def _known(self) -> list[str]:
        """Return every path that is or was there, sorted."""
        return sorted(self.tree.paths | self.history.line.landings.changes.keys())

    @cached_property
    def _links(self) -> list[str]:
        """Return the paths of submodules, whose files belong to another repository."""
        states = self.history.line.landings.states
        changes = self.history.line.landings.changes
        return [path for path, flat in changes.items() if flat and states[flat[-1]].startswith(_GITLINK)]

    @cached_property
    def uncommitted(self) -> frozenset[str]:
        """Return the paths whose present state no commit holds."""
        newest = self.history.newest
        now = self.tree.states(self.tree.paths - self.tree.untracked)
        changed = {path for path, state in now.items() if self.history.state_at(path, newest) != state}
        gone = {path for path in self.history.line.landings.changes.keys() - now.keys() if self.history.state_at(path, newest)}
        return self.tree.untracked | changed | gone

    def matching(self, glob: str) -> frozenset[str]:
        """Return the paths that a glob matches, of files that are or were there."""
        if glob not in self._matches:
            self._matches[glob] = frozenset(self._find(glob)) | self._entered(glob)
        return self._matches[glob]

    def _entered(self, glob: str) -> frozenset[str]:
        """Return the submodules that a glob leads into: what it matches there, this repository does not know."""
        start = _WILD.split(glob, maxsplit=1)[0]
        return frozenset(link for link in self._links if start.startswith(f"{link}/"))

    def _find(self, glob: str) -> Iterator[str]:
        pattern = _matcher(glob)
        if pattern is None:
            return
        prefix = "" if glob.startswith("**/") else _WILD.split(glob, maxsplit=1)[0].rstrip("/")
        for number in range(bisect_left(self._known, prefix), len(self._known)):
            path = self._known[number]
            if not path.startswith(prefix):
                break
            if pattern.match(path):
                yield path

    def covered(self, globs: Iterable[Glob]) -> frozenset[str]:
        """Return the paths, present and past, that the globs of one repository cover."""
        ours = tuple(globs)
        if ours not in self._covered:
            found = frozenset[str]().union(*(self.matching(one.glob) for one in ours if not one.exclude))
            left_out = (self.matching(one.glob) - self._entered(one.glob) for one in ours if one.exclude)
            self._covered[ours] = found.difference(*left_out)
        return self._covered[ours]

    def present(self, globs: Iterable[Glob]) -> dict[str, str]:
        """Return path → state of the files that the globs cover now."""
        return dict(self.tree.states(self.covered(globs) & self.tree.paths))

    def changed(self, globs: Iterable[Glob], base: int) -> list[FileChange]:
        """Return the covered files that differ from what they were after landing `base`, by path."""
        found = []
        changes, newest = self.history.line.landings.changes, self.history.newest
        for path in self.covered(globs):
            flat = changes.get(path)
            uncommitted = path in self.uncommitted
            if not uncommitted and (not flat or flat[-2] <= base):
                continue
            then = self.history.state_at(path, base)
            now = self.tree.states([path]).get(path, "") if uncommitted else self.history.state_at(path, newest)
            if then != now:
                found.append(FileChange(path, then, now, tuple(self.history.causes_of(path, base)), uncommitted))
        return sorted(found, key=lambda change: change.path)

    def only_moved(self, files: Sequence[FileChange]) -> bool:
        """Return whether these changes are moves alone: each file is still there, or was there before, under another name."""
        if not files or any(file.then and file.now for file in files):
            return False
        return all(self._moved(file) for file in files)

    def _moved(self, file: FileChange) -> bool:
        """Return whether a landing since took the same content from, or to, another path."""
        for number in file.landings:
            gone = [path for path in self.history.removed.get(number, ()) if path != file.path]
            if file.now and any(self.history.state_at(path, number - 1) == file.now for path in gone):
                return True
        home = self.home_of(file.path) if file.then else ""
        return bool(home) and self.tree.states([home]).get(home) == file.then

    def moved_to(self, path: str, number: int) -> str:
        """Return where a landing that removed a file has put the same content, or ""."""
        state = self.history.state_at(path, number - 1)
        wanted = self.history.line.landings.state_numbers.get(state, 0)
        return next((other for other in self._arrived(number).get(wanted, ()) if other != path), "") if state else ""

    @cached_property
    def _arrivals(self) -> dict[int, dict[int, list[str]]]:
        return {}

    def _arrived(self, number: int) -> dict[int, list[str]]:
        """Return state → the paths that a landing gave it."""
        if number not in self._arrivals:
            found: dict[int, list[str]] = {}
            for path, flat in self.history.line.landings.changes.items():
                at = bisect_left(flat[::2], number)
                if 2 * at < len(flat) and flat[2 * at] == number and flat[2 * at + 1]:
                    found.setdefault(flat[2 * at + 1], []).append(path)
            self._arrivals[number] = found
        return self._arrivals[number]

    def home_of(self, path: str) -> str:
        """Return where a file that is gone is today, if landings moved it there as it was, else ""."""
        seen: set[str] = set()
        while path and path not in self.tree.paths and path not in seen:
            seen.add(path)
            gone = [number for number in self.history.landings_of(path, -1) if not self.history.state_at(path, number)]
            path = self.moved_to(path, gone[-1]) if gone else ""
        return path if path in self.tree.paths else ""

    def diff_command(self, base: int, paths: Sequence[str], globs: Sequence[Glob]) -> str:
        """Return the command that shows what changed since a landing."""
        if globs and len(" ".join(paths)) > _SHOWN:
            paths = [f":(top,{'exclude,' if one.exclude else ''}glob){one.glob}" for one in globs]
        there = f"git -C {quote(self.place)} " if self.place else "git "
        if base < 0:
            return f"{there}log -p -- {' '.join(map(quote, paths))}"
        return f"{there}diff {self.history.line.landings.ids[base][:12]} -- {' '.join(map(quote, paths))}"
