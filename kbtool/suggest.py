"""Which code an article probably describes: what it names, and what changed together with it before. Nothing is written.

Two kinds of evidence are added up, in units of a log-likelihood ratio, and shown as points from 0 to 100:

- *named*: a path in backticks, a link or an include counts more when it is whole than when it is a bare file name; it is shared
  among the files that it may mean, and among the articles that name the same file (`pyproject.toml` in forty articles says
  nothing about any of them).
- *changed together*: landings that edited the article and changed the file, against how many there would be by chance (Dunning's
  G², one-sided). So a file that changes all the time needs many of them, a rare one few. A landing counts for one article; when
  it edited several, each gets its share. Landings of more than 30 files say nothing. Where article and file are alike in name,
  that counts twice.

A folder stands for its files once four of them changed with the article.
"""

from __future__ import annotations

import math
import posixpath
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from kbtool.articles import Article
from kbtool.covers import MAIN, Code, Glob, parse_covers
from kbtool.errors import IncompleteError
from kbtool.evidence import Evidence
from kbtool.mentions import Mention, PathIndex, mentions

MASS = 30  #: files in a landing above which changing together says nothing
FOLD = 4  #: files of one folder that stand for the folder
_LEAST = 5  #: points below which a suggestion is none
SURE = 25  #: points from which on a suggestion goes into the line for the front matter
MOST = 10  #: suggestions for one article
_LINE = 5  #: suggestions in the line
_SHARE = 0.5  #: of a folder's files that must be meant before the folder is
_ALIKE, _ONCE = 2.0, 0.5  #: what files alike in name, and a single landing, weigh
_WHOLE, _PART, _BARE = 20.0, 10.0, 5.0  #: what a name weighs: a whole path or link, the end of one, a bare file name
_SCALE = 15.0  #: evidence that makes 63 points
_BROAD = 0.1  #: share of a repository that is no narrow folder any more
_SMALL = 20  #: files that are narrow in any repository
_NOISE = re.compile(
    r"(?:^|/)(?:(?:change-?log|changes|history|news|licen[cs]e|contributing|readme|authors|copying|notice)[^/]*|"
    r"(?:cargo|pyproject)\.toml|(?:package|package-lock|composer|tsconfig)\.json|go\.(?:mod|sum)|mkdocs\.ya?ml|[^/]*\.lock|[^/]*-lock\.\w+|"
    r"[^/]*\.(?:snap|md|rst|png|svg|gif|jpe?g|ico|webp|woff2?|pdf))$|"
    r"(?:^|/)(?:vendor|node_modules|third_party|testdata|fixtures|changelogs?|tests?|__tests__|spec|\.github|\.git[^/]*)/|"
    r"(?:^|/)test_[^/]*$|[._-](?:test|spec)\.\w+$|^\.[^/]*$",
    re.IGNORECASE,
)  #: what changes with everything, or describes nothing that a reader sees
_DULL = frozenset({"src", "lib", "mod", "main", "index", "init", "app", "the", "and"})


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A glob for `covers`, how sure it is (0 to 100), and why.

    `lines` are those of the article that name it; it changed with the article in `together` of the `landings` that edited it.
    """

    glob: str
    points: int
    lines: tuple[int, ...] = ()
    shared: int = 1  #: files that the name may mean
    together: int = 0
    landings: int = 0
    alike: bool = False

    @property
    def reasons(self) -> tuple[str, ...]:
        """Return why, in words."""
        found = []
        if self.lines:
            where = ", ".join(map(str, self.lines[:3])) + (", …" if len(self.lines) > 3 else "")
            may = f" (a name of {self.shared} files)" if self.shared > 1 else ""
            found.append(f"named in line{'s' if len(self.lines) > 1 else ''} {where}{may}")
        if self.together:
            of = f"{self.together} of its {self.landings} landings" if self.landings > 1 else "its only landing"
            found.append(f"changed with it in {of}")
        return (*found, "alike in name") if self.alike and found else tuple(found)


@dataclass(frozen=True, slots=True)
class Proposal:
    """What an article may cover: suggestions, most sure first; `entries` are those it has already and those that are sure."""

    article: Article
    suggestions: tuple[Suggestion, ...]
    entries: tuple[str, ...]

    @property
    def points(self) -> int:
        """Return how sure the best suggestion is."""
        return self.suggestions[0].points if self.suggestions else 0


@dataclass(frozen=True, slots=True)
class Gap:
    """Code of a product area that no article covers: how many of its files, and the folders with most of them."""

    area: str
    files: int
    uncovered: int
    folders: tuple[tuple[str, int], ...]


@dataclass
class _Found:
    """The evidence for one path: a file, or a folder with a slash at its end."""

    named: float = 0.0
    lines: list[int] = field(default_factory=list)
    shared: int = 1
    share: float = 0.0  #: landings, each divided by the articles that it edited
    landings: set[int] = field(default_factory=set)
    files: set[str] = field(default_factory=set)


class Suggester:
    """Works out suggestions for the articles of one knowledge base."""

    def __init__(self, evidence: Evidence) -> None:
        """Take the evidence, with history.

        Raises:
            IncompleteError: there is none.
        """
        reviews = evidence.reviews
        if MAIN not in reviews.code or reviews.histories is None:
            reason = reviews.missing.get(MAIN, "history was not read")
            raise IncompleteError(f"nothing can be suggested without history: {reason}", kind="no-history")
        self.evidence, self.code, self.histories = evidence, reviews.code[MAIN], reviews.histories
        self.content = f"{reviews.prefix}{evidence.config.content}/"
        self.index = PathIndex(path for path in self.code.tree.paths if not path.startswith(self.content))
        self._counted: dict[str, int] = {}

    @property
    def notes(self) -> tuple[str, ...]:
        """Return what its user should know about the evidence."""
        cut = "this clone is shallow: what changed together before it begins is not seen"
        return (cut,) if self.code.history.is_cut else ()

    # ------------------------------------------------------------------------------------------ one article

    def propose(self, article: Article) -> Proposal:
        """Return what an article may cover and does not yet."""
        found: dict[str, _Found] = {}
        for mention in self._mentions[article.path]:
            self._add_mention(mention, found)
        landings = self._landings[article.path]
        for number in landings:
            self._add_landing(number, found)
        weight = sum(1 / self._articles_in[number] for number in landings)
        narrow = {path: one for path, one in found.items() if self._is_narrow(path, one)}
        rated = {path: self._rate(article, path, one, weight, len(landings)) for path, one in narrow.items()}
        covered = self.code.covered(glob for glob in self.evidence.reviews.globs(article) if glob.repository == MAIN)
        left = {path: one for path, one in rated.items() if one.points >= _LEAST and not self._within(path, covered)}
        best = tuple(_best(left))
        return Proposal(article, tuple(one for _, one in best), tuple(self._entries(article, best)))

    def _entries(self, article: Article, best: Sequence[tuple[str, Suggestion]]) -> dict[str, None]:
        """Return the entries that an article has and those of sure suggestions: files that make up a folder, as that."""
        sure = [path for path, one in best if one.points >= SURE]
        counts = Counter(f"{posixpath.dirname(path)}/" for path in sure if "/" in path and not path.endswith("/"))
        whole = {folder for folder, count in counts.items() if count >= max(FOLD, _SHARE * len(self._below(folder)))}
        whole |= {path for path in sure if path.endswith("/")}
        made = (next((folder for folder in _folders(path) if folder in whole), path) for path in sure)
        return dict.fromkeys((*article.front_matter.covers, *list(dict.fromkeys(map(as_glob, made)))[:_LINE]))

    def _add_mention(self, mention: Mention, found: dict[str, _Found]) -> None:
        link, bare = mention.name.link, "/" not in mention.name.text.rstrip("/")
        weight = _WHOLE if mention.whole or (link and not bare) else _BARE if bare else _PART
        for path in mention.paths:
            if not mention.whole and _NOISE.search(path):
                continue
            one = found.setdefault(path, _Found())
            one.named = max(one.named, weight / len(mention.paths) / self._named_by[path])
            one.shared = min(one.shared, len(mention.paths)) if one.lines else len(mention.paths)
            if mention.name.line not in one.lines:
                one.lines.append(mention.name.line)

    def _add_landing(self, number: int, found: dict[str, _Found]) -> None:
        """Take in the files of one landing, and the folders that they are in."""
        for path in self._files_of.get(number, ()):
            for unit in (path, *_folders(path)):
                one = found.setdefault(unit, _Found())
                if number not in one.landings:
                    one.share += 1 / self._articles_in[number]
                one.landings.add(number)
                one.files.add(path)

    def _is_narrow(self, path: str, one: _Found) -> bool:
        """Return whether a path can be suggested: a file, or a folder that is not too much."""
        if not path.endswith("/"):
            return True
        files = self._below(path)
        most = max(_SMALL, _BROAD * len(self.code.tree.paths))
        enough = len(one.files) >= max(FOLD, _SHARE * len(files))
        return len(files) <= most and bool(one.lines or enough)

    def _rate(self, article: Article, path: str, one: _Found, weight: float, landings: int) -> Suggestion:
        alike = bool(_words(article) & _words_of(path))
        together = 0.0
        if one.landings:
            expected = weight * (self._count(path) + 1) / len(self.code.history.line.landings.ids)
            together = _g2(one.share, expected) * (_ALIKE if alike else 1) * (_ONCE if len(one.landings) == 1 else 1)
        points = round(100 * (1 - math.exp(-(one.named + together) / _SCALE)))
        return Suggestion(as_glob(path), points, tuple(one.lines), one.shared, len(one.landings), landings, alike)

    def _within(self, path: str, covered: frozenset[str]) -> bool:
        """Return whether all of a path is covered already."""
        return path in covered or (path.endswith("/") and covered.issuperset(self._below(path)))

    def _below(self, folder: str) -> frozenset[str]:
        """Return the files of a folder."""
        return self.code.matching(as_glob(folder)) & self.code.tree.paths

    def _count(self, path: str) -> int:
        """Return how many landings, but for the large ones, changed a file or anything in a folder."""
        if path not in self._counted:
            changes = self.code.history.line.landings.changes
            paths = self.code.matching(as_glob(path)) if path.endswith("/") else [path]
            numbers = {number for one in paths for number in changes.get(one, ())[::2]}
            self._counted[path] = sum(self._sizes[number] <= MASS for number in numbers)
        return self._counted[path]

    # ------------------------------------------------------------------------------------------ all articles

    @cached_property
    def _mentions(self) -> Mapping[str, list[Mention]]:
        """Return what each article names, without what is noise."""
        prefix = self.evidence.reviews.prefix
        return {
            article.path: list(mentions(article, self.index, posixpath.dirname(prefix + article.path)))
            for article in self.evidence.articles
        }

    @cached_property
    def _named_by(self) -> Counter[str]:
        """Count how many articles name each path."""
        return Counter(path for found in self._mentions.values() for path in {path for one in found for path in one.paths})

    @cached_property
    def _sizes(self) -> Counter[int]:
        """Return how many files each landing changed."""
        changes = self.code.history.line.landings.changes
        return Counter(number for flat in changes.values() for number in flat[::2])

    @cached_property
    def _landings(self) -> Mapping[str, list[int]]:
        """Return the landings that edited each article and were no mass of files."""
        prefix = self.evidence.reviews.prefix
        edits = {article.path: self.histories.edits(prefix + article.path) for article in self.evidence.articles}
        return {path: [edit.number for edit in found if self._sizes[edit.number] <= MASS] for path, found in edits.items()}

    @cached_property
    def _articles_in(self) -> Counter[int]:
        """Count how many articles each landing edited."""
        return Counter(number for numbers in self._landings.values() for number in numbers)

    @cached_property
    def _files_of(self) -> Mapping[int, list[str]]:
        """Return landing → the files of today that it changed, for landings that edited an article."""
        found: dict[int, list[str]] = {}
        wanted, changes = self._articles_in.keys(), self.code.history.line.landings.changes
        for path in self.index.paths:
            numbers = changes.get(path, ())[::2]
            if numbers and not _NOISE.search(path):
                for number in wanted & set(numbers):
                    found.setdefault(number, []).append(path)
        return found

    def missing(self) -> list[Proposal]:
        """Return the articles that cover nothing and for which there are suggestions, most sure first."""
        without = [one for one in self.evidence.articles if not one.front_matter.covers and one.front_matter.state != "archived"]
        found = [self.propose(article) for article in without if "covers" not in article.unreadable_keys]
        return sorted((one for one in found if one.suggestions), key=lambda one: (-one.points, one.article.path))


def _folders(path: str) -> Iterator[str]:
    at = path.rfind("/")
    while at > 0:
        yield path[: at + 1]
        at = path.rfind("/", 0, at)


def _g2(observed: float, expected: float) -> float:
    """Return how far a count is above chance, as a log-likelihood ratio of two Poisson models; 0 at chance or below."""
    return 2 * (observed * math.log(observed / expected) - (observed - expected)) if observed > expected else 0.0


def _words(article: Article) -> frozenset[str]:
    """Return the words in the name of an article, or of its folder for an index."""
    name = posixpath.splitext(article.source)[0]
    return _words_of(posixpath.dirname(name) if article.file_name.startswith(("index.", "README.")) else posixpath.basename(name))


def _words_of(path: str) -> frozenset[str]:
    parts = re.split(r"[^a-z0-9]+", posixpath.splitext(path.rstrip("/"))[0].lower())
    return frozenset(part.removesuffix("s") for part in parts if len(part) > 2 and part not in _DULL)


def _best(rated: Mapping[str, Suggestion]) -> Iterator[tuple[str, Suggestion]]:
    """Yield the best suggestions, none within another and no folder around one, unless the article names it."""
    chosen: list[str] = []
    for path, one in sorted(rated.items(), key=lambda pair: (-pair[1].points, not pair[0].endswith("/"), pair[0])):
        inside = any(path.startswith(other) for other in chosen if other.endswith("/"))
        around = path.endswith("/") and any(other.startswith(path) for other in chosen)
        if one.lines or not (inside or around):
            chosen.append(path)
            yield path, one
        if len(chosen) == MOST:
            return


def as_glob(path: str) -> str:
    """Return the glob that matches just this file, or all of this folder (a path with a slash at its end)."""
    glob = re.sub(r"([\\*?\[]|^!|\s\Z)", r"\\\1", path)
    return f"{glob}**" if path.endswith("/") else glob


# ---------------------------------------------------------------------------------------------- product areas


def gaps(evidence: Evidence) -> list[Gap]:
    """Return the product areas with code that no article covers, those with most of it first."""
    covered = {name: _covered(code, name, evidence) for name, code in evidence.reviews.code.items()}
    areas = (evidence.product_areas or {}).items()
    found = (_gap(name, parse_covers(area.code, evidence.config.repositories), evidence, covered) for name, area in areas)
    return sorted((gap for gap in found if gap.uncovered), key=lambda gap: (-gap.uncovered, gap.area))


def _covered(code: Code, repository: str, evidence: Evidence) -> frozenset[str]:
    """Return the files of a repository that any article covers."""
    reviews = evidence.reviews
    current = [reviews.globs(article) for article in evidence.articles if article.front_matter.state != "archived"]
    each = (code.covered(glob for glob in globs if glob.repository == repository) for globs in current if globs)
    return frozenset[str]().union(*each)


def _gap(name: str, globs: Sequence[Glob], evidence: Evidence, covered: Mapping[str, frozenset[str]]) -> Gap:
    files, left = 0, Counter[str]()
    for repository, code in evidence.reviews.code.items():
        mine = code.covered(glob for glob in globs if glob.repository == repository) & code.tree.paths
        files += len(mine)
        label = f"{repository}:" if repository else ""
        left.update(f"{label}{posixpath.dirname(path)}/" for path in mine - covered[repository])
    return Gap(name, files, left.total(), tuple(sorted(left.items(), key=lambda pair: (-pair[1], pair[0]))[:3]))
