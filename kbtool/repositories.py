"""Gathers what git knows: the repository of the knowledge base, those whose code it covers, and the reviews in their light.

Git runs from `Repositories` on, while articles are read; `finish` waits for it.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from kbtool.articles import Article
from kbtool.cache import Cache, is_worth_writing
from kbtool.config import Config
from kbtool.covers import MAIN, Code
from kbtool.dates import Interval
from kbtool.errors import ConfigError, KbtoolError
from kbtool.git import Git, GitError
from kbtool.history import History, Opening, Unproven, open_main
from kbtool.landings import Line
from kbtool.review_evidence import Pair
from kbtool.reviews import Reviews
from kbtool.urls import UrlMap
from kbtool.version_reading import VersionReading
from kbtool.working_tree import CommittedTree, WorkingTree

_LINES = "lines"  #: of the cache
_LONGEST = 1 << 20  #: bytes of a file whose lines are counted


class Repositories:
    """The repositories of one configuration, while they are read."""

    def __init__(self, config: Config, cache: Cache, main: Opening | KbtoolError | None = None) -> None:
        """Start reading all of them but `main`, if that has been started; one that cannot be read is kept as the reason why.

        Raises:
            ConfigError: the configuration of one cannot be meant.
        """
        self._config, self._cache, self._main = config, cache, main
        self._missing: dict[str, str] = {}
        self._tree: WorkingTree | None = None
        self._opened: dict[str, Opening] = {}
        for name in (MAIN, *config.repositories):
            try:
                self._opened[name] = self._open(name)
            except GitError as error:
                self._missing[name] = _reason(error)

    def _open(self, name: str) -> Opening:
        if name == MAIN:
            main, self._main = self._main or open_main(self._config, self._cache), None
            if isinstance(main, KbtoolError):
                raise main
            return main
        found = self._config.repositories[name]
        folder = self._config.root / found.path
        if not folder.is_dir():
            raise GitError(f"the repository {name!r} is not there: no folder {found.path!r}", kind="git-none",
                           hint="check it out")
        opened = Opening(Git(Git(folder).top), f"history-{name}", self._cache, main=None, ref=found.ref)
        if not opened.head:
            raise ConfigError(f"repositories.{name}: there is no {found.ref!r} in {found.path!r}", where="pyproject.toml",
                              hint="name a branch that was fetched, such as origin/main")
        return opened

    def finish(
        self, today: dt.date, articles: Sequence[Article], urls: UrlMap, judged: Sequence[Article] | None = None,
    ) -> Reviews:
        """Return the reviews of these articles in the light of all that.

        Without `judged`, all of them are to be judged; else just those.
        """
        code = {}
        for name, opened in self._opened.items():
            try:
                code[name] = self._code(name, opened, today, articles)
            except (GitError, Unproven) as error:
                self._missing[name] = _reason(error)
        made = Reviews(articles, urls, self._config, code, self._missing, judged=articles if judged is None else judged)
        made.notes = tuple(note for one in code.values() for note in one.history.notes)
        if MAIN in code:
            self._with_histories(made, code[MAIN].history)
        return made

    def _code(self, name: str, opened: Opening, today: dt.date, articles: Sequence[Article]) -> Code:
        if name == MAIN:
            history = opened.finish(today, self._config, lambda line: self._start_versions(opened, line, articles))
            above = "/".join([".."] * opened.prefix.count("/"))
            return Code(history, self._tree or WorkingTree(opened.git, begin=True), place=above)
        history, found = opened.finish(today, self._config), self._config.repositories[name]
        if found.max_age is not None:
            _refuse_old(history, name, found.max_age)
        return Code(history, CommittedTree(opened.git, opened.head), place=found.path)

    def _start_versions(self, opened: Opening, line: Line, articles: Sequence[Article]) -> None:
        self._tree = WorkingTree(opened.git, begin=True)  # git has time for it now
        by_path = {opened.prefix + article.path: article for article in articles}
        self._versions = VersionReading(opened.git, line, by_path, self._config, self._cache)

    def _with_histories(self, made: Reviews, history: History) -> None:
        made.prefix = self._opened[MAIN].prefix
        try:
            made.histories = self._versions.finish(history)
            made.lines = self._count_lines(made)
        except GitError as error:
            made.histories = None
            made.missing = {**made.missing, MAIN: _reason(error)}

    def _count_lines(self, made: Reviews) -> dict[Pair, tuple[int, int]]:
        """Return how many lines each changed file gained and lost since the review."""
        changes = [made.of(article).code for article in made.judged]
        pairs = {pair for change in changes if change for pair in change.pairs if pair.then != pair.now}
        kept = self._kept_lines()
        known = {pair: kept[pair] for pair in (kept if len(made.judged) < len(made.articles) else pairs) if pair in kept}
        for name, code in made.code.items():
            known |= _counted(code, [pair for pair in pairs - known.keys() if pair.repository == name])
        if is_worth_writing(sum(not pair.uncommitted for pair in known.keys() - kept.keys()), len(kept)):
            rows = [[*pair[:3], *lines] for pair, lines in sorted(known.items()) if not pair.uncommitted]
            self._cache.write(_LINES, "", {"lines": json.dumps(rows).encode()})
        return known

    def _kept_lines(self) -> dict[Pair, tuple[int, int]]:
        sections = self._cache.read(_LINES, "")
        try:
            rows = json.loads(sections["lines"]) if sections else []
            return {Pair(str(name), str(then), str(now)): (int(added), int(removed)) for name, then, now, added, removed in rows}
        except (ValueError, KeyError, TypeError):
            self._cache.damaged(_LINES)
            return {}


def _counted(code: Code, pairs: Sequence[Pair]) -> dict[Pair, tuple[int, int]]:
    """Count lines: those of one side that the other lacks, so that a moved line counts for nothing."""
    if not pairs:
        return {}
    blobs = {pair.then for pair in pairs} | {pair.now for pair in pairs if not pair.uncommitted}
    git = code.history.git
    lines = {blob: _lines(raw) for blob, raw in git.blobs(sorted(blobs - {""}))} | {"": Counter[bytes]()}
    found = {}
    for pair in pairs:
        old = lines.get(pair.then)
        new = _lines(_on_disk(git.folder / pair.uncommitted)) if pair.uncommitted and pair.now else lines.get(pair.now)
        if old is not None and new is not None:
            found[pair] = ((new - old).total(), (old - new).total())
    return found


def _on_disk(path: Path) -> bytes | None:
    try:
        return path.read_bytes() if path.is_file() and not path.is_symlink() else None
    except OSError:
        return None


def _lines(raw: bytes | None) -> Counter[bytes] | None:
    """Return the lines of a text; None for what is no text, too long, or not here."""
    if raw is None or len(raw) > _LONGEST or b"\0" in raw[:8000]:
        return None
    return Counter(raw.splitlines())


def _refuse_old(history: History, name: str, most: Interval) -> None:
    newest = history.landed_on(history.newest) if history.newest >= 0 else None
    if newest is None or most.after(newest) <= history.today:
        raise Unproven(f"the newest commit of {name!r} is of {newest}: older than {most}, so fetch it again")


def _reason(error: GitError | Unproven) -> str:
    if isinstance(error, GitError):
        return str(error).removeprefix(f"error[{error.kind}]: ")
    return str(error)
