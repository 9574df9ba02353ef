"""Which articles describe what a change touches, and what it touches that no article describes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from kbtool.articles import Article
from kbtool.changes import ChangedFile, Span, changed_files, find_span
from kbtool.config import Config, did_you_mean
from kbtool.covers import MAIN, Glob, parse_covers, reaches
from kbtool.errors import UsageError
from kbtool.evidence import Evidence
from kbtool.git import Git
from kbtool.history import prefix_of


@dataclass(frozen=True, slots=True)
class Touch:
    """A changed file that an article covers, and the entry of `covers` that says so."""

    file: ChangedFile
    glob: str


@dataclass(frozen=True, slots=True)
class Affected:
    """An article whose covered files changed; `touched` when the same change touches the article as well."""

    article: Article
    owners: tuple[str, ...]
    touches: tuple[Touch, ...]
    touched: bool


@dataclass(frozen=True)
class Impact:
    """What a change means for the articles.

    `uncovered` holds, by product area, the changed files of its code that no article covers; `unknown` the articles of
    which nobody can tell what they cover. `prefix` is the path of the knowledge base inside its repository.
    """

    span: Span
    files: tuple[ChangedFile, ...]
    affected: tuple[Affected, ...]
    uncovered: dict[str, tuple[ChangedFile, ...]]
    unknown: tuple[Article, ...]
    evidence: Evidence
    prefix: str = ""
    notes: tuple[str, ...] = ()
    owner: str = ""

    @property
    def untouched(self) -> int:
        """Return how many affected articles the change leaves as they are."""
        return sum(not one.touched for one in self.affected)

    @property
    def uncovered_files(self) -> int:
        """Return how many files of product areas no article covers."""
        return len({file.path for files in self.uncovered.values() for file in files})

    def exit_code(self) -> int:
        """Return 1 where an affected article was not touched, 3 where one cannot be told, else 0."""
        return 1 if self.untouched else 3 if self.unknown else 0

    def of_owner(self, owner: str) -> Impact:
        """Return the same for the articles of one owner alone.

        Raises:
            UsageError: nobody has that id.
        """
        named = (one for article in self.evidence.articles for one in _owners(article, self.evidence))
        known = {*(self.evidence.owners or ()), *named}
        if owner not in known:
            raise UsageError(f"--owner: no owner is called {owner!r}{did_you_mean(owner, known)}", kind="no-such-owner",
                             hint=f"owners are in {self.evidence.config.checks_folder}/owners.yml")
        mine = tuple(one for one in self.affected if owner in one.owners)
        unknown = tuple(one for one in self.unknown if owner in _owners(one, self.evidence))
        areas = {name for name, area in (self.evidence.product_areas or {}).items() if owner in area.owners}
        uncovered = {area: files for area, files in self.uncovered.items() if area in areas}
        return replace(self, affected=mine, uncovered=uncovered, unknown=unknown, owner=owner)

    def by_owner(self) -> dict[str, list[Affected]]:
        """Return accountable owner (or the one that was asked for) → affected articles; "" for those of nobody."""
        found: dict[str, list[Affected]] = {}
        for one in self.affected:
            found.setdefault(self.owner or next(iter(one.owners), ""), []).append(one)
        return dict(sorted(found.items(), key=lambda pair: (not pair[0], pair[0])))

    def owner_name(self, owner: str) -> str:
        """Return what to call an owner."""
        known = (self.evidence.owners or {}).get(owner)
        return (known and known.name) or owner or "nobody"

    def area_name(self, area: str) -> str:
        """Return what to call a product area."""
        known = (self.evidence.product_areas or {}).get(area)
        return (known and known.name) or area


def read_impact(evidence: Evidence, span: str | None = None, repository: str = MAIN) -> Impact:
    """Return what a range means for the articles (see `find_span`).

    Args:
        evidence: the articles and the registers; no history is needed.
        span: the range, as somebody wrote it; without one, the work tree against the main branch.
        repository: where, by its name in the configuration.

    Raises:
        UsageError: there is no such commit or repository.
        IncompleteError: the clone is cut off before the range, or git fails.
    """
    config = evidence.config
    here = repository == MAIN
    git = Git(config.root if here else _place(config, repository))
    top = Git(git.top)
    found = find_span(top, span, config.main_branch if here else None)
    prefix = prefix_of(git, config) if here else ""
    made = find_impact(evidence, found, changed_files(top, found), repository=repository, prefix=prefix)
    if here and found.head and found.head != top.commit("HEAD"):
        return replace(made, notes=(f"the articles are those of the checkout, not of {found.head[:12]}",))
    return made


def _place(config: Config, repository: str) -> Path:
    if repository not in config.repositories:
        raise UsageError(f"--repository: none is called {repository!r}{did_you_mean(repository, config.repositories)}",
                         kind="no-such-repository", hint="they are in [tool.kbtool.repositories]")
    folder = config.root / config.repositories[repository].path
    if not folder.is_dir():
        raise UsageError(f"the repository {repository!r} is not there: no folder {str(folder)!r}", kind="no-such-repository",
                         hint="check it out")
    return folder


def find_impact(
    evidence: Evidence, span: Span, files: Sequence[ChangedFile], *, repository: str = MAIN, prefix: str = ""
) -> Impact:
    """Return what changed files mean for the articles.

    Args:
        evidence: the articles and the registers; no history is needed.
        span: what was compared.
        files: what differs.
        repository: the one that they are in, by its name in the configuration.
        prefix: the path of the knowledge base inside its repository.
    """
    finder = _Finder(evidence, files, repository, prefix if repository == MAIN else None)
    current = [article for article in evidence.articles if article.front_matter.state != "archived"]
    affected = tuple(found for article in current if (found := finder.affected(article)))
    unknown = tuple(article for article in current if _is_unknown(article))
    return Impact(span, tuple(files), affected, finder.uncovered(affected), unknown, evidence, prefix)


def _is_unknown(article: Article) -> bool:
    """Return whether nobody can tell what an article covers."""
    return "covers" in article.unreadable_keys or (not article.readable and not article.front_matter.covers)


class _Finder:
    """Finds what covers the changed files of one repository; every glob is tried once."""

    def __init__(self, evidence: Evidence, files: Sequence[ChangedFile], repository: str, prefix: str | None) -> None:
        self.evidence, self.repository, self.prefix = evidence, repository, prefix
        self.files = files
        self.changed = {name for file in files for name in file.names}
        self._reached: dict[Glob, dict[str, ChangedFile]] = {}

    def _reach(self, one: Glob) -> dict[str, ChangedFile]:
        """Return the names, old and new, that a glob matches, with their files."""
        if one not in self._reached:
            found = ((name, file) for file in self.files for name in file.names if reaches(one, name, link=file.link))
            self._reached[one] = dict(found)
        return self._reached[one]

    def _touches(self, globs: Iterable[Glob], but: str = "") -> tuple[Touch, ...]:
        """Return the files that the globs cover under any of their names, each with the first glob that does."""
        mine = [one for one in globs if one.repository == self.repository]
        left_out = {name for one in mine if one.exclude for name in self._reach(one)} | {but}
        found: dict[str, Touch] = {}
        for one in mine:
            for name, file in () if one.exclude else self._reach(one).items():
                if name not in left_out:
                    found.setdefault(file.path, Touch(file, one.written))
        return tuple(found[path] for path in sorted(found))

    def affected(self, article: Article) -> Affected | None:
        """Return what the change means for an article, if anything."""
        path = None if self.prefix is None else self.prefix + article.path
        touches = self._touches(parse_covers(article.front_matter.covers, self.evidence.config.repositories), but=path or "")
        return Affected(article, _owners(article, self.evidence), touches, path in self.changed) if touches else None

    def uncovered(self, affected: Iterable[Affected]) -> dict[str, tuple[ChangedFile, ...]]:
        """Return area → the changed files of its code that no article covers."""
        covered = {touch.file.path for one in affected for touch in one.touches}
        content = f"{self.prefix}{self.evidence.config.content}/"
        found = {}
        for name, area in (self.evidence.product_areas or {}).items():
            touches = self._touches(parse_covers(area.code, self.evidence.config.repositories))
            left = [touch.file for touch in touches if touch.file.path not in covered]
            found[name] = tuple(file for file in left if self.prefix is None or not file.path.startswith(content))
        return {name: files for name, files in found.items() if files}


def _owners(article: Article, evidence: Evidence) -> tuple[str, ...]:
    """Return the owners of an article, else those of its product areas."""
    areas = evidence.product_areas or {}
    of_areas = (owner for area in article.front_matter.product_areas if area in areas for owner in areas[area].owners)
    return article.front_matter.owners or tuple(dict.fromkeys(of_areas))
