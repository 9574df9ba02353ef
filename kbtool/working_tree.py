"""The files of a repository as git would store them: what a review signs, from the work tree or from a commit.

A `State` is mode and id, such as `100644 8baef1b4…`, in the words that `git log --raw` has for the new side of a change, so
the two can be compared. A symlink is `120000` and the id of its target's text, a submodule `160000` and the commit that is
checked out.
"""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Protocol

from kbtool.git import Git

State = str
_GONE = "000000"
_INDEX = ("ls-files", "-z", "--stage")
_CHANGED = ("diff-files", "-z", "--raw", "--ignore-submodules=dirty")
_OTHERS = ("ls-files", "-z", "--others", "--exclude-standard")


class Tree(Protocol):
    """Files and their states; paths are relative to the top of the repository (bytes that are no UTF-8 as surrogates)."""

    @property
    def paths(self) -> frozenset[str]:
        """Return every file."""

    @property
    def untracked(self) -> frozenset[str]:
        """Return the files among them that git does not know yet."""

    def states(self, paths: Iterable[str]) -> dict[str, State]:
        """Return the state of each of these files, in their order; what is no file of the tree is left out."""


class WorkingTree:
    """What a commit of everything in the work tree would hold.

    Git's index says most of it. Only files that differ from it, or that it does not know, are read, and only when somebody
    asks for them. Nothing is written, not even git's own cache. What is not there by intention, in a sparse checkout or a
    submodule that was never fetched, counts as it is in the index. Left out are ignored files, and other repositories that
    lie in this one without being its submodules, for a clone of this one has none of their files.
    """

    def __init__(self, git: Git, *, begin: bool = False) -> None:
        """Take any folder of the repository, and `begin` to read it; raises GitError where it has no work tree."""
        self._git = git if git.folder == git.top else replace(git, folder=git.top)
        self._begun = {args: self._git.stream(*args) for args in (_INDEX, _CHANGED, _OTHERS) if begin}
        self._hashed: dict[str, State | None] = {}

    @cached_property
    def _index(self) -> Mapping[str, State]:
        return _parse_index(self._told(_INDEX))

    def _told(self, args: tuple[str, ...]) -> bytes:
        return self._begun.pop(args).read() if args in self._begun else self._git.run(*args)

    @cached_property
    def _changed(self) -> Mapping[str, bool]:
        """Return what differs from the index, or may differ, and whether it is there."""
        fields = os.fsdecode(self._told(_CHANGED)).split("\0")
        return {path: change.split(" ", 2)[1] != _GONE for change, path in zip(fields[:-1:2], fields[1::2], strict=True)}

    @cached_property
    def untracked(self) -> frozenset[str]:
        """Return the files that git does not know yet and does not ignore."""
        found = os.fsdecode(self._told(_OTHERS)).split("\0")
        return frozenset(path for path in found if path and not path.endswith("/"))

    @cached_property
    def paths(self) -> frozenset[str]:
        """Return every file: known to git and not deleted, or untracked."""
        gone = {path for path, there in self._changed.items() if not there}
        return frozenset(self._index.keys() - gone) | self.untracked

    def states(self, paths: Iterable[str]) -> dict[str, State]:
        """Return the state of each of these files, in their order; what is no file of the tree, or none for git, is left out.

        Raises:
            GitError: a file cannot be read.
        """
        asked = [path for path in paths if path in self.paths]
        known = {path: self._index[path] for path in asked if path not in self._changed and path in self._index}
        new = {path for path in asked if path not in known and path not in self._hashed}
        if new:
            self._hashed |= dict.fromkeys(new) | self._hash({path for path in new if self._storable(path)})
        found = ((path, known.get(path) or self._hashed.get(path)) for path in asked)
        return {path: state for path, state in found if state}

    def _hash(self, paths: Collection[str]) -> dict[str, State]:
        """Return what `git add` would store, by way of an index of our own that no object is written for.

        `git hash-object` would not do: whether line ends are converted depends on what the index has.
        """
        with tempfile.TemporaryDirectory(prefix="kbtool-") as folder:
            git = replace(self._git, index=Path(folder) / "index")
            git.run("update-index", "-z", "--index-info", stdin=b"".join(self._entries(paths)))
            names = b"".join(os.fsencode(path) + b"\0" for path in paths)
            git.run("update-index", "-z", "--info-only", "--add", "--remove", "--replace", "--stdin", stdin=names)
            stored = _parse_index(git.run(*_INDEX))
        return {path: stored[path] for path in paths if path in stored}

    def _entries(self, paths: Collection[str]) -> Iterator[bytes]:
        """Yield the index entries that decide how these files are stored: their own, and those with attributes."""
        for path, state in self._index.items():
            if path in paths or path.endswith(".gitattributes"):
                yield os.fsencode(f"{state} 0\t{path}\0")

    def _storable(self, path: str) -> bool:
        """Return whether git takes what is there now: a pipe or a socket it does not."""
        try:
            mode = os.lstat(self._git.folder / path).st_mode
        except OSError:
            return True  # it is gone since, which git says
        return stat.S_ISREG(mode) or stat.S_ISLNK(mode) or stat.S_ISDIR(mode)


class CommittedTree:
    """The files of a commit, for a repository that is read at a configured ref."""

    untracked: frozenset[str] = frozenset()

    def __init__(self, git: Git, commit: str) -> None:
        """Take the repository and the id of a commit (see `Git.resolve`)."""
        self._git, self._commit = git, commit

    @cached_property
    def _states(self) -> Mapping[str, State]:
        return _parse_tree(self._git.run("ls-tree", "-r", "-z", "--full-tree", self._commit))

    @cached_property
    def paths(self) -> frozenset[str]:
        """Return every file, submodules included."""
        return frozenset(self._states)

    def states(self, paths: Iterable[str]) -> dict[str, State]:
        """Return the state of each of these files, in their order; what is no file of the tree is left out."""
        return {path: self._states[path] for path in paths if path in self._states}


def _parse_index(listing: bytes) -> dict[str, State]:
    """Read `ls-files --stage`: of a file in conflict our side counts, or whichever there is."""
    states: dict[str, State] = {}
    for entry in os.fsdecode(listing).split("\0")[:-1]:
        about, _, path = entry.partition("\t")
        state, _, stage = about.rpartition(" ")
        if stage in "02" or path not in states:
            states[path] = state
    return states


def _parse_tree(listing: bytes) -> dict[str, State]:
    states = {}
    for entry in os.fsdecode(listing).split("\0")[:-1]:
        about, _, path = entry.partition("\t")
        mode, _, name = about.split(" ")
        states[path] = f"{mode} {name}"
    return states
