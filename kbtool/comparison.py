"""The knowledge base as it was at another commit, without history: what `kbtool check --diff` compares with.

What the branch has left alone is taken from the checkout; the rest comes from git, and so do configuration, `mkdocs.yml` and
registers where the branch has changed one of them. What trackers have said, the snapshot, is that of the checkout on both sides.
"""

from __future__ import annotations

import os
import posixpath
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from kbtool.articles import Article, Content, ContentFile, make_articles
from kbtool.audience_lock import AudienceLock, load_lock
from kbtool.cache import Cache
from kbtool.changes import ChangedFile, changed_files, find_base, waiting_commits
from kbtool.config import FILE, Config, load_config
from kbtool.content_files import is_content, kind_of
from kbtool.errors import KbtoolError
from kbtool.evidence import Comparison, Evidence
from kbtool.git import Git
from kbtool.history import prefix_of
from kbtool.registers import Owner, ProductArea, load_owners, load_product_areas
from kbtool.reviews import Reviews
from kbtool.site_config import SiteConfig, load_site_config, slugger
from kbtool.ticket_evidence import TicketEvidence
from kbtool.ticket_mentions import TicketMentions
from kbtool.tickets import Tracker
from kbtool.tracker_registry import make_trackers
from kbtool.urls import UrlMap
from kbtool.working_tree import CommittedTree

_FILES = ("100644", "100755")  #: modes of files that are files
_SYMLINK = "120000"
_YAML = (".yml", ".yaml")


def compare(evidence: Evidence, name: str) -> Evidence:
    """Return the evidence with what the knowledge base was where the checkout left a branch, tag or commit.

    Raises:
        UsageError: there is no such commit.
        IncompleteError: the clone is cut off before it, or git fails.
    """
    here = Git(evidence.config.root)
    git, prefix = Git(here.top), prefix_of(here, evidence.config)
    span = find_base(git, name)
    files = changed_files(git, span)
    found = _Before(evidence, git, span.base, files, prefix)
    compared = Comparison(
        name, span.base, files, prefix, found.evidence(), waiting_commits(git, span, evidence.config.main_branch),
        frozenset(found.lacking), found.same_settings, tuple(found.notes),
    )
    return replace(evidence, compared=compared)


@dataclass(frozen=True)
class _Settings:
    """What decides how articles are read and judged, besides themselves."""

    config: Config
    site: SiteConfig
    owners: Mapping[str, Owner] | None
    areas: Mapping[str, ProductArea] | None
    lock: AudienceLock | None
    trackers: Mapping[str, Tracker]


class _Before:
    """Makes the evidence of a commit; `lacking` are the paths of articles that this clone has not, `notes` what to tell."""

    def __init__(self, evidence: Evidence, git: Git, base: str, files: tuple[ChangedFile, ...], prefix: str) -> None:
        self._now, self._git, self._base, self._files, self._prefix = evidence, git, base, files, prefix
        self.lacking: set[str] = set()
        self.notes: list[str] = []
        self.same_settings = not any(self._is_setting(name) for file in files for name in file.names)

    def evidence(self) -> Evidence:
        """Return the evidence."""
        settings, now = self._settings(), self._now
        content = self._content(settings)
        urls, config = UrlMap(content, settings.site), settings.config
        trackers = settings.trackers
        return Evidence(
            today=now.today, config=config, site=settings.site, content=content, urls=urls,
            finish=lambda _: Reviews(content.articles, urls, config, wanted=False), owners=settings.owners,
            tickets=TicketEvidence(config, trackers, now.tickets.now, TicketMentions(trackers, config, Cache(None))),
            product_areas=settings.areas, styles=now.styles, lock=settings.lock,
        )

    # ------------------------------------------------------------------------------------------ settings

    def _settings(self) -> _Settings:
        now = self._now
        same = _Settings(now.config, now.site, now.owners, now.product_areas, now.lock, now.tickets.trackers)
        if self.same_settings:
            return same
        with tempfile.TemporaryDirectory(prefix="kbtool-") as folder:
            root = Path(folder).resolve()
            try:
                return self._load(root) or same
            except KbtoolError as error:
                self.notes.append(f"the configuration of {self._base[:12]} cannot be used ({error}); that of the checkout counts")
                return same

    def _is_setting(self, name: str) -> bool:
        config, inside = self._now.config, name.removeprefix(self._prefix)
        if not name.startswith(self._prefix):
            return False
        others = {FILE, config.mkdocs, *_files_of_trackers(config)}
        return inside in others or inside.startswith(f"{config.checks_folder}/") or _is_top_yaml(inside)

    def _load(self, root: Path) -> _Settings | None:
        """Return the settings of the commit; None where it had no configuration."""
        if not self._write(root, {FILE}):
            return None
        config = load_config(root)
        self._write(root, {config.mkdocs, *_files_of_trackers(config)}, f"{config.checks_folder}/")
        found = _Settings(
            config, load_site_config(config), load_owners(config), load_product_areas(config), load_lock(config),
            make_trackers(config),
        )
        return replace(found, config=config.model_copy(update={"root": self._now.config.root, "base": self._now.config.base}))

    def _write(self, root: Path, names: Iterable[str], folder: str = "") -> bool:
        """Write files of the commit (a folder's with all YAML files at the top), and return whether there were any."""
        wanted = {
            inside: state for path, state in self._tree.items() if path.startswith(self._prefix) and state[:6] in _FILES
            and ((inside := path.removeprefix(self._prefix)) in names
                 or (folder and (inside.startswith(folder) or _is_top_yaml(inside))))
        }
        contents = dict(self._git.blobs(sorted({state[7:] for state in wanted.values()})))
        for inside, state in wanted.items():
            if ".." not in inside.split("/"):  # which no git writes, but somebody may have made
                (root / inside).parent.mkdir(parents=True, exist_ok=True)
                (root / inside).write_bytes(contents[state[7:]] or b"")
        return bool(wanted)

    @cached_property
    def _tree(self) -> dict[str, str]:
        """Return path → state of all files of the commit."""
        tree = CommittedTree(self._git, self._base)
        return tree.states(sorted(tree.paths))

    # ------------------------------------------------------------------------------------------ content

    def _content(self, settings: _Settings) -> Content:
        """Return the content of the commit: what the branch has changed, or all of it where it was read otherwise."""
        config = settings.config
        same = config == self._now.config and slugger(settings.site).name == slugger(self._now.site).name
        top = f"{self._prefix}{config.content}/"
        states = {file.was: file.before for file in self._files if file.before} if same else self._tree
        states = {path.removeprefix(top): state for path, state in states.items() if path.startswith(top)}
        old = {source: state[7:] for source, state in states.items() if is_content(source) and state[:6] in _FILES}
        links = [source for source, state in states.items() if is_content(source) and state[:6] == _SYMLINK]
        touched = {file.path.removeprefix(top) for file in self._files}
        articles = [one for one in self._now.articles if one.source not in touched] if same else []
        kept = [one for one in self._now.content.files if one.source not in touched] if same else []
        there = {one.source for one in kept if one.kind == "symlink" and top + one.source in self._tree}
        files = [one for one in kept if one.source not in there]
        links += there  # what they led to may be another
        names = {source: blob for source, blob in old.items() if source.endswith(config.suffixes)}
        others = old.keys() - names.keys()
        files += [ContentFile(f"{config.content}/{source}", source, kind_of(source, config.suffixes)) for source in others]
        files += [
            ContentFile(f"{config.content}/{source}", source, "symlink", outside=self._leaves(top, source)) for source in links
        ]
        articles += self._articles(settings, names)
        return Content(tuple(sorted(articles, key=_order)), tuple(sorted(files, key=_order)))

    def _leaves(self, top: str, source: str) -> bool:
        """Return whether a symlink led out of the content folder, or nowhere."""
        target = dict(self._git.blobs([self._tree[top + source][7:]])).popitem()[1] or b""
        place = posixpath.normpath(posixpath.join(posixpath.dirname(top + source), os.fsdecode(target)))
        return not any(f"{path}/".startswith(f"{place}/") for path in self._tree) or not f"{place}/".startswith(top)

    def _articles(self, settings: _Settings, names: Mapping[str, str]) -> Iterator[Article]:
        """Yield the articles of these blobs; of one that is not here, what it is now, or an empty one, stands in for it."""
        contents = dict(self._git.blobs(sorted(set(names.values()))))
        known = {source: raw for source, blob in names.items() if (raw := contents[blob]) is not None}
        here = self._now.content.by_source
        for source in names.keys() - known.keys():
            self.lacking.add(f"{settings.config.content}/{source}")
            if source in here:
                yield here[source]
            else:
                known[source] = b""
        yield from make_articles(settings.config, slugger(settings.site), known.items())


def _order(item: Article | ContentFile) -> bytes:
    return item.path.encode("utf-8", "surrogateescape")


def _files_of_trackers(config: Config) -> Iterator[str]:
    """Yield the files that the tables of trackers name."""
    for table in config.trackers.values():
        yield from (value for value in (table.model_extra or {}).values() if isinstance(value, str))


def _is_top_yaml(inside: str) -> bool:
    return "/" not in inside and inside.endswith(_YAML)
