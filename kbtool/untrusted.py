"""An untrusted run: the articles are a stranger's, and all that decides about them is what a base ref has.

Configuration, registers, tickets, what is approved, checks in Python, and the theme's templates are read from the base ref into
a folder of their own, laid out as in the repository; of the work tree, only articles and covered code are read. So a branch
changes neither what it is held to nor what runs. What it changes there all the same is told, and is not in effect.

A branch may also bring symlinks in the place of folders that are read or written, a cache, a journal of a review, or modules
that Python would import: nothing of that is followed, read or run.
"""

from __future__ import annotations

import os
import posixpath
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from kbtool.config import FILE, Base, Config, find_root, load_config
from kbtool.errors import ConfigError, IncompleteError, UsageError
from kbtool.git import Git
from kbtool.site_config import load_site_config, overlay, read_yaml

_UNSAFE = ("pull_request_target", "workflow_run")  #: events of GitHub whose jobs hold the repository's secrets
_AT_TOP = (".mailmap",)
_OPTIONS = ("path", "ca_file")  #: of trackers, that name files
_LISTED = 4  #: files that a note names
_KIND = "untrusted"


class Untrusted(NamedTuple):
    """The configuration of an untrusted run, and what there is to say about it."""

    config: Config
    notes: tuple[str, ...]


def open_base(here: Path, revision: str, scratch: Path, *, exactly: bool = False, event: str = "") -> Untrusted:
    """Read the settings of a base ref.

    Args:
        here: a folder of the knowledge base, or its root.
        revision: the base ref.
        scratch: an empty folder that lasts as long as the run.
        exactly: whether `here` is the root, not only a folder below it.
        event: what has started the job, as GitHub calls it.

    Raises:
        UsageError: there is no such ref, or the job is not one for strangers.
        ConfigError: the settings of the base ref cannot be used.
        IncompleteError: the branch has symlinks where folders belong.
        GitError: there is no repository, or it cannot be read.
    """
    if event in _UNSAFE:
        raise UsageError(f"a job that {event} starts holds secrets of the repository", kind="unsafe-trigger",
                         hint="check pull requests of strangers with `on: pull_request`")
    git = Git(Git(here).top)
    top, here = git.folder.resolve(), here.resolve()
    _refuse_modules(top)
    commit = _commit(git, revision)
    found = _Tree(git, commit, revision, scratch)
    inside = here.relative_to(top)
    above = [inside, *inside.parents]
    (scratch / inside).mkdir(parents=True, exist_ok=True)
    found.bring((folder / FILE).as_posix() for folder in above)
    place = _root(scratch, inside, revision, exactly=exactly)
    config = load_config(top / place, Base(scratch, scratch / place, top))
    paths = [*_AT_TOP, config.ignore_revs_file, *(_inside(place, name) for name in _settings(config))]
    found.bring(paths)
    paths += _bring_site(found, config, place)
    _refuse_links(config)
    return Untrusted(config, tuple(_changes(git, commit, revision, [*paths, (place / FILE).as_posix()], config)))


def _root(scratch: Path, inside: Path, revision: str, *, exactly: bool) -> Path:
    """Return where the knowledge base is in the repository, by the base ref."""
    try:
        return find_root(scratch / inside, scratch / inside if exactly else scratch).relative_to(scratch)
    except ConfigError as error:
        if error.kind != "no-config":
            raise
        raise ConfigError(f"{revision} has no pyproject.toml with [tool.kbtool] here", kind="no-config",
                          hint="an untrusted run needs a base ref that has settings") from None


def _refuse_modules(top: Path) -> None:
    """Refuse to go on where Python imports modules from the branch, as `python -m` does from the current folder."""
    for name in sys.path:
        folder = Path(name).resolve()
        if folder.is_relative_to(top) and not folder.is_relative_to(Path(sys.prefix).resolve()):
            raise UsageError("Python imports modules from the work tree, which is a stranger's", kind="unsafe-path",
                             hint="run `kbtool`, or `python -P -m kbtool`, without PYTHONPATH, from an installed wheel")


def _commit(git: Git, revision: str) -> str:
    """Return the commit of the base ref. A branch whose name is that of another ref must not be taken for it."""
    names = [f"refs/{kind}/{revision}" for kind in ("remotes", "heads", "tags")]
    commits = {name: found for name in names if (found := git.commit(name))}
    if len({*commits.values()}) > 1:
        raise UsageError(f"{revision!r} may be {' or '.join(commits)}", kind="ambiguous-base", hint="write out which is meant")
    found = next(iter(commits.values()), None) or git.commit(revision)
    if found is None:
        raise UsageError(f"there is no commit {revision!r} here", kind="no-such-commit",
                         hint="fetch the base ref: write fetch-depth: 0 (GitHub) or GIT_DEPTH: 0 (GitLab)")
    return found


@dataclass(frozen=True)
class _Tree:
    """The tree of the base ref, of which files are brought into a folder that has their layout."""

    git: Git
    commit: str
    revision: str
    folder: Path

    @cached_property
    def entries(self) -> Mapping[str, tuple[str, str]]:
        """Return path → mode and id."""
        listing = os.fsdecode(self.git.run("ls-tree", "-r", "-z", "--full-tree", self.commit)).split("\0")[:-1]
        entries = (entry.partition("\t") for entry in listing)
        return {path: (about.split(" ")[0], about.split(" ")[2]) for about, _, path in entries}

    def bring(self, paths: Iterable[str], *, links: bool = False) -> None:
        """Write files, and what is in folders, where they are there.

        Args:
            paths: from the top of the repository.
            links: whether symlinks may be among them, which nobody will follow.

        Raises:
            ConfigError: one is a symlink or in a submodule: what the base ref says is not all there is to it then.
        """
        blobs: dict[str, list[str]] = {}
        for path in {name for asked in paths for name in self._below(asked)}:
            mode, blob = self.entries[path]
            if mode.startswith("100"):
                blobs.setdefault(blob, []).append(path)
            elif not links:
                kind = "a submodule" if mode == "160000" else "a symlink"
                raise ConfigError(f"is {kind} in {self.revision}, which an untrusted run does not follow", where=path, kind=_KIND,
                                  hint="put a plain file there")
        for blob, content in self.git.blobs(blobs):
            if content is None:
                raise IncompleteError(f"{self.revision} is not all here", where=blobs[blob][0], kind="git-partial",
                                      hint="`git fetch --refetch --no-filter` brings it")
            for path in blobs[blob]:
                (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
                (self.folder / path).write_bytes(content)

    def _below(self, path: str) -> Iterator[str]:
        """Yield the entries that a path is, leads through, or holds."""
        yield from (name for name in (path, *(parent.as_posix() for parent in Path(path).parents)) if name in self.entries)
        yield from (name for name in self.entries if name.startswith(f"{path}/"))


def _settings(config: Config) -> Iterator[str]:
    """Yield the paths that the configuration names, relative to the knowledge base."""
    yield from (config.checks_folder, config.mkdocs, config.snapshot)
    if config.baseline:
        yield config.baseline
    for tracker in config.trackers.values():
        options = tracker.model_extra or {}
        named = (options[key] for key in _OPTIONS if isinstance(options.get(key), str))
        yield from (name for name in named if not Path(name).is_absolute())


def _inside(place: Path, name: str) -> str:
    path = posixpath.normpath(posixpath.join(place.as_posix(), name))
    if path.startswith(("../", "/")) or path == "..":
        raise ConfigError("is outside of the repository, so the base ref does not have it", where=name, kind=_KIND,
                          hint="an untrusted run reads settings from the base ref alone")
    return path


def _bring_site(found: _Tree, config: Config, place: Path) -> list[str]:
    """Bring what `mkdocs.yml` inherits, and the theme's overrides; return their paths."""
    path, paths = _inside(place, config.mkdocs), list[str]()
    while (found.folder / path).is_file() and path not in paths[1:]:
        values = read_yaml(found.folder / path, path)
        parent = values.get("INHERIT") if isinstance(values, dict) else None
        if parent is None:
            break
        path = _inside(Path(posixpath.dirname(path)), str(parent))
        paths.append(path)
        found.bring([path])
    site, folders = load_site_config(config), list[str]()
    for edition in config.editions.values():
        theme = overlay(site.values, edition.mkdocs).get("theme")
        custom = theme.get("custom_dir") if isinstance(theme, dict) else None
        if custom:
            folders.append(_inside(place / posixpath.dirname(config.mkdocs), str(custom)))
    found.bring(folders, links=True)
    return paths + folders


def _refuse_links(config: Config) -> None:
    """Refuse a branch that has a symlink where articles are read, or a site is written: it leads anywhere."""
    sites = [f"{config.site}/{name}" for name in config.editions]
    for name in (config.content, *sites, config.work.relative_to(config.root).as_posix()):
        refuse_links(config, config.root / name)


def refuse_links(config: Config, path: Path) -> None:
    """Raise IncompleteError where a path of the work tree is, or leads through, a symlink."""
    tree = config.base.tree if config.base else config.root
    for folder in (path, *path.parents):
        if folder != tree and folder.is_relative_to(tree) and folder.is_symlink():
            where = folder.relative_to(tree).as_posix()
            raise IncompleteError("is a symlink, which an untrusted run does not follow", where=where, kind=_KIND,
                                  hint="the branch must have a folder or a file there")


# ---------------------------------------------------------------------------------------------- what is not in effect


def _changes(git: Git, commit: str, revision: str, paths: list[str], config: Config) -> Iterator[str]:
    """Yield a note on what the branch changes in its settings."""
    since = git.ask("merge-base", commit, "HEAD")
    told = git.run("diff", "--numstat", "-z", "--no-renames", since.decode() if since else commit, "--", *paths)
    lines: dict[str, int] = {}
    for entry in os.fsdecode(told).split("\0")[:-1]:
        added, gone, path = entry.split("\t")
        if _differs(path, config):
            lines[path] = sum(int(number) for number in (added, gone) if number.isdigit()) or 1
    if lines:
        total, names = sum(lines.values()), sorted(lines)
        more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
        count = "1 changed line" if total == 1 else f"{total} changed lines"
        verb = "is" if total == 1 else "are"
        yield f"{count} of the settings {verb} not in effect, which are those of {revision}: {', '.join(names[:_LISTED])}{more}"


def _differs(path: str, config: Config) -> bool:
    """Return whether a setting of the branch is another than that of the base ref."""
    assert config.base  # noqa: S101 - it is an untrusted run's
    one, other = config.base.top / path, config.base.tree / path
    if other.is_symlink() or not (one.is_file() and other.is_file()):
        return True
    mine, theirs = one.read_bytes(), other.read_bytes()
    if posixpath.basename(path) == FILE:
        try:
            return bool(_table(mine) != _table(theirs))
        except (ValueError, AttributeError):
            return True
    return mine != theirs


def _table(content: bytes) -> Any:
    return tomllib.loads(content.decode()).get("tool", {}).get("kbtool")
