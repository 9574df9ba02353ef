"""What a range of commits changes, or the work tree since a commit, as git itself says it.

Plumbing says it, since `git diff` would write into the index.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from kbtool.errors import IncompleteError, UsageError
from kbtool.git import Git, GitError
from kbtool.history import fork_point
from kbtool.working_tree import WorkingTree

_GITLINK = "160000"
_RAW = ("--raw", "-z", "--no-abbrev")
_SIMILAR, _SAME = "-M", "-M100%"  #: what a renamed file is; the latter needs no content, which a partial clone leaves out
_STATUS = {"A": "added", "D": "removed", "R": "renamed", "C": "added"}  #: by letter; all else is "changed"
_FETCH_ALL = 'write "fetch-depth: 0" below "with:" of actions/checkout, or "GIT_DEPTH: 0" below "variables:" in GitLab'


@dataclass(frozen=True, slots=True)
class Span:
    """What is compared: the ids of two commits; without `head`, the first one and the work tree."""

    base: str
    head: str = ""


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """A file that differs: `status` is added, changed, removed or renamed (then from `old_path`); a submodule is a `link`.

    `before` is the state that it had, "" where it was not there (see kbtool/working_tree.py).
    """

    path: str
    status: str
    old_path: str = ""
    link: bool = False
    before: str = field(default="", compare=False)

    @property
    def names(self) -> tuple[str, ...]:
        """Return the paths that it has or had."""
        return (self.path, self.old_path) if self.old_path else (self.path,)

    @property
    def was(self) -> str:
        """Return the path that it had."""
        return self.old_path or self.path


def find_span(git: Git, text: str | None, main: str | None) -> Span:
    """Return what a range means.

    `A..B` compares two commits, `A...B` the second with what both have in common, `A` the work tree with what A and the
    checkout have in common; nothing at all means A is the main branch.

    Args:
        git: the repository.
        text: the range, as somebody wrote it, or None.
        main: the name of the main branch, or None to find it.

    Raises:
        UsageError: it names what is not there, or cannot be meant.
        IncompleteError: the clone is shallow and cut off before it.
    """
    if text is None:
        head = _commit(git, "HEAD")
        base = fork_point(git, head, main)
        return Span(base or _no_base(git, main))
    left, dots, right = text.partition("..")
    if not dots:
        return Span(_shared(git, text, "HEAD"))
    names = (left or "HEAD", right.removeprefix(".") or "HEAD")
    if right.startswith("."):
        return Span(_shared(git, *names), _commit(git, names[1]))
    return Span(*(_commit(git, name) for name in names))


def find_base(git: Git, name: str) -> Span:
    """Return the span from where the checkout left a branch, tag or commit to the work tree.

    Raises:
        UsageError: it is no name of one.
        IncompleteError: the clone is shallow and cut off before it.
    """
    if ".." in name:
        raise UsageError(f"{name!r} is a range", kind="no-such-ref", hint="name one branch, tag or commit, such as origin/main")
    return find_span(git, name, None)


def waiting_commits(git: Git, span: Span, main: str | None) -> frozenset[str]:
    """Return the commits of the checkout that came after the base of a span and are not in the main branch yet."""
    head = _commit(git, "HEAD")
    if head == span.base:
        return frozenset()
    fork = fork_point(git, head, main)
    listed = git.run("rev-list", head, f"^{span.base}", *([f"^{fork}"] if fork else []), "--")
    return frozenset(listed.decode().split())


def _commit(git: Git, name: str) -> str:
    found = git.commit(name)
    if found:
        return found
    if name == "HEAD":
        raise UsageError("nothing has been committed here yet, so there is nothing to compare with", kind="no-such-ref")
    if git.shallow:
        raise IncompleteError(f"this clone is shallow, and {name!r} is not in it", kind="git-shallow", hint=_FETCH_ALL)
    raise UsageError(f"there is no branch, tag or commit {name!r}", kind="no-such-ref",
                     hint="`git fetch` it first; a branch of a remote is called origin/NAME")


def _shared(git: Git, one: str, other: str) -> str:
    """Return the newest commit that two have in common."""
    ids = _commit(git, one), _commit(git, other)
    found = git.ask("merge-base", *ids)
    if found and (found.decode() in ids or not _cut_since(git, found.decode(), ids)):
        return found.decode()
    if git.shallow:
        raise IncompleteError(f"this clone is shallow, and cut off before {one!r} and {other!r} meet", kind="git-shallow",
                              hint=_FETCH_ALL)
    raise UsageError(f"{one!r} and {other!r} have no commit in common", kind="no-such-ref", hint="compare two commits as A..B")


def _cut_since(git: Git, base: str, ids: tuple[str, str]) -> bool:
    """Return whether history is cut off after a commit that two have in common, so that a newer one may be hidden."""
    return bool(git.shallow) and not git.shallow.isdisjoint(git.run("rev-list", *ids, f"^{base}", "--").decode().split())


def _no_base(git: Git, main: str | None) -> str:
    name = f"the main branch {main!r}" if main else "a main branch"
    if git.shallow:
        raise IncompleteError(f"this clone is shallow, and {name} is not in it, or cut off", kind="git-shallow", hint=_FETCH_ALL)
    raise UsageError(f"{name} that shares history with the checkout was not found", kind="no-such-ref",
                     hint="name a base, such as origin/main, or set main_branch in [tool.kbtool]")


def changed_files(git: Git, span: Span) -> tuple[ChangedFile, ...]:
    """Return the files that differ, by path; in the work tree also those that git does not know yet.

    Raises:
        GitError: git fails.
    """
    if span.head:
        return tuple(sorted((file for file, _ in _parse(_compare(git, "diff-tree", "-r", span.base, span.head))), key=_path))
    tree = WorkingTree(git)
    listed = list(_parse(_compare(git, "diff-index", "--ignore-submodules=dirty", span.base)))
    now = tree.states(file.path for file, state in listed if state)
    found = {file.path: file for file, state in listed if not state or now.get(file.path) != state}
    found |= {file.path: file for file in _new(tree, found)}
    for file in list(found.values()):
        if file.status == "renamed" and file.old_path in found and found[file.old_path].status == "removed":
            del found[file.old_path]
    return tuple(sorted(found.values(), key=_path))


def _new(tree: WorkingTree, known: Mapping[str, ChangedFile]) -> Iterator[ChangedFile]:
    """Yield the files that git does not know yet; one that is just what a removed file was is that file under another name."""
    gone = {file.before: file.path for file in known.values() if file.status == "removed"}
    endings = {posixpath.splitext(path)[1] for path in gone.values()}
    new = sorted(tree.untracked - known.keys())
    states = tree.states(path for path in new if posixpath.splitext(path)[1] in endings)
    for path in new:
        was = gone.pop(states.get(path, ""), "")
        yield ChangedFile(path, "renamed", was, before=states[path]) if was else ChangedFile(path, "added")


def _compare(git: Git, command: str, *args: str) -> str:
    """Return what git lists; in a partial clone that has not the content, only those files are renamed that are as they were."""
    try:
        return os.fsdecode(git.run(command, *_RAW, _SIMILAR, *args, "--"))
    except GitError as error:
        if error.kind != "git-partial":
            raise
        return os.fsdecode(git.run(command, *_RAW, _SAME, *args, "--"))


def _path(file: ChangedFile) -> str:
    return file.path


def _parse(raw: str) -> Iterator[tuple[ChangedFile, str]]:
    """Yield what `git diff-index --raw -z` lists: `:mode mode id id status`, path, and for a rename the path before it.

    With it comes the state that the file had, where git has only seen that somebody touched it: it may be as it was.
    """
    fields = iter(raw.removesuffix("\0").split("\0") if raw else ())
    try:
        for about in fields:
            old, new, before, after, status = about.removeprefix(":").split(" ")
            first = next(fields)
            second = next(fields) if status[0] in "RC" else ""
            was = first if status[0] == "R" else ""
            state = f"{old} {before}" if before.strip("0") and status[0] != "C" else ""
            file = ChangedFile(second or first, _STATUS.get(status[0], "changed"), was, _GITLINK in (old, new), state)
            yield file, f"{old} {before}" if status == "M" and not after.strip("0") else ""
    except (StopIteration, ValueError, IndexError):
        raise GitError("git listed what it should not", kind="git-failed") from None
