"""Reads what the versions of articles say, once for each blob: by git, from the work tree, or from the cache."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, pairwise

from kbtool.article_history import ArticleHistories, Fact, FactReader
from kbtool.articles import Article
from kbtool.cache import Cache, is_worth_writing
from kbtool.config import Config
from kbtool.git import Git, GitError
from kbtool.history import History
from kbtool.landings import Line

_FILE = "articles"  #: of the cache
_COLUMNS = ("blobs", "days", "seals", "bodies")  #: of facts, line by line: no fact holds a line end


class VersionReading:
    """Reads what the versions of articles say: git runs from the start on, `finish` waits for it.

    Raises:
        GitError: git fails.
    """

    def __init__(self, git: Git, line: Line, articles: Mapping[str, Article], config: Config, cache: Cache) -> None:
        """Start with the older versions of these articles under the names of today, less what the cache knows."""
        self._git, self._articles, self._cache, self._suffixes = git, articles, cache, config.suffixes
        self._reader = FactReader(config)
        self._kept, self._renames = _kept(cache, self._reader.key)
        changes, states = line.landings.changes, line.landings.states
        known = articles.keys() & changes.keys()
        self._newest = {path: states[changes[path][-1]][7:] for path in known}
        seen = {state for path in known for state in changes[path][1::2]}
        blobs = {states[state][7:] for state in seen}
        self._started = sorted(blobs - self._kept.keys() - set(self._newest.values()) - {""})
        self._contents = git.blobs(self._started)
        self._here = dict(self._read_here())  # while git works

    def finish(self, history: History) -> ArticleHistories:
        """Return the histories of the articles in the light of history as a whole."""
        kept, paths = self._kept, self._articles
        made = ArticleHistories(history, self._reader)
        self._tell_renames(made)
        wanted = {version.blob for path in paths for version in made.versions(path)}
        wanted.update(blob for path in paths for _, blob in made.side_versions(path))
        wanted.discard("")
        made.facts.update({blob: kept[blob] for blob in wanted & kept.keys()})
        made.facts |= self._here
        later = sorted(wanted - made.facts.keys() - set(self._started))
        for blob, raw in chain(self._contents, self._git.blobs(later)):
            made.facts[blob] = None if raw is None else made.reader.read(raw)
        new = len(self._started) + len(self._here) + len(later)
        if is_worth_writing(new, len(kept)) or self._renames != made.similar:
            _keep(self._cache, made)
        return made

    def _read_here(self) -> Iterator[tuple[str, Fact]]:
        """Yield what the newest versions say that are what this run has read from the work tree."""
        for path, blob in self._newest.items():
            article = self._articles[path]
            if blob not in self._kept and article.kept is None:
                raw = article.text.encode("utf-8", "surrogateescape")
                if _name(raw, len(blob)) == blob:
                    yield blob, self._reader.read(raw)

    def _tell_renames(self, made: ArticleHistories) -> None:
        moves = _moves(made.history, self._suffixes)
        made.similar.update((commit, self._renames[commit]) for commit in moves if commit in self._renames)
        try:
            made.similar.update(_renames(made.history, [commit for commit in moves if commit not in self._renames]))
        except GitError as error:
            if error.kind != "git-partial":
                raise
            made.untold = frozenset(moves).difference(self._renames)


def _name(raw: bytes, length: int) -> str:
    """Return the id that git gives a blob, in the format whose ids have this length."""
    made = (hashlib.sha1 if length == 40 else hashlib.sha256)(b"blob %d\0" % len(raw), usedforsecurity=False)
    made.update(raw)
    return made.hexdigest()


def _moves(history: History, suffixes: tuple[str, ...]) -> list[str]:
    """Return the landings that added an article and removed one: they may have renamed it."""
    landings = history.line.landings
    losing = {number for number, gone in history.removed.items() if any(path.endswith(suffixes) for path in gone)}
    if not losing:
        return []
    gaining = {number for path in landings.changes if path.endswith(suffixes) for number in _arrivals(landings.steps(path))}
    return sorted(landings.ids[number] for number in losing & gaining)


def _arrivals(steps: Iterable[tuple[int, int]]) -> Iterator[int]:
    """Yield the landings that brought a file which was not there before."""
    for (_, before), (number, state) in pairwise([(-1, 0), *steps]):
        if state and not before:
            yield number


def _renames(history: History, commits: Sequence[str]) -> dict[str, dict[str, str]]:
    """Return what git takes for renames, with changes or without, in these landings."""
    if not commits:
        return {}
    asked = "".join(f"{commit}\n" for commit in commits).encode()
    out = history.git.stream(
        "diff-tree", "--stdin", "-r", "-M50%", "--diff-filter=R", "--raw", "-z", "--diff-merges=first-parent",
        "--format=%x02%H", stdin=asked,
    ).read()
    found: dict[str, dict[str, str]] = {commit: {} for commit in commits}
    tokens, commit = iter(out.split(b"\0")), ""
    for token in tokens:
        if token[:1] == b"\x02":
            commit = token[1:].decode()
        elif token.lstrip(b"\n")[:1] == b":":
            old, new = os.fsdecode(next(tokens)), os.fsdecode(next(tokens))
            found[commit][new] = old
    return found


def _kept(cache: Cache, key: str) -> tuple[dict[str, Fact | None], dict[str, dict[str, str]]]:
    sections = cache.read(_FILE, key)
    if sections is None:
        return {}, {}
    try:
        blobs, *columns = (sections[name].decode().split("\n")[:-1] for name in _COLUMNS)
        renames = json.loads(sections["renames"])
        return dict(zip(blobs, map(Fact._make, zip(*columns, strict=True)), strict=True)), {
            str(commit): {str(new): str(old) for new, old in pairs.items()} for commit, pairs in renames.items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        cache.damaged(_FILE)
        return {}, {}


def _keep(cache: Cache, made: ArticleHistories) -> None:
    facts = [(blob, *fact) for blob, fact in made.facts.items() if fact]
    columns = {name: "".join(f"{fact[at]}\n" for fact in facts).encode() for at, name in enumerate(_COLUMNS)}
    cache.write(_FILE, made.reader.key, {**columns, "renames": json.dumps(made.similar).encode()})
