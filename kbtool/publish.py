"""Stage, build, audit, and only then swap the new site in: the last good one stays until its successor is whole and clean."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import NamedTuple

from kbtool.audit import Auditor, Leak
from kbtool.built import WORKING, Published, find_standing, inputs, inputs_of, write_built
from kbtool.config import Config
from kbtool.derived_config import extensions
from kbtool.editions import Edition, select
from kbtool.engine import How, Kept, build_site, theme_files
from kbtool.errors import ConfigError, IncompleteError, KbtoolError
from kbtool.evidence import Evidence
from kbtool.files import BESIDE, clear, locked, swap_in, write_atomic
from kbtool.forked import both, outcomes
from kbtool.manifest import Explainer, Manifest, lines, load_manifest, purged
from kbtool.rendered import Store, of_text_alone, read_record
from kbtool.search_index import Page, SearchIndex, Standing, index_site, join, pages_to_find, search_language
from kbtool.site_config import custom_dir, overlay
from kbtool.stage import Staged, stage
from kbtool.template_scope import Scope, scope_of
from kbtool.witness import withheld

WORK = ".kbtool"
_LOCK = "build.lock"
_RECORDS = ("audit", "built", "manifest", "pages", "purge", "search")  #: folders of what is kept of each edition
_GIVES_WAY = 10  #: to the engine of another edition: the largest decides how long all take


def stage_folder(config: Config, edition: str) -> Path:
    """Return where the stage of an edition is."""
    return config.work / "stage" / edition


def kept_hits(config: Config, edition: str) -> Path | None:
    """Return where it is kept what the audit of an edition found; a run that trusts nothing keeps nothing."""
    return None if config.base else config.work / "audit" / edition


def publish(evidence: Evidence, editions: Sequence[Edition], *, allow_empty: bool = False) -> list[Published]:
    """Build the editions side by side and publish those that are clean.

    Raises:
        ConfigError: the site folder cannot be used.
        IncompleteError: another build is running.
    """
    config = evidence.config
    _refuse_overlap(config.site, config.content)
    with locked(config.work / _LOCK):
        if config.base:  # a stage, or what looks like one, may have come with the branch
            clear(config.work, but=[_LOCK])
        work = config.work / WORKING
        _clear_up(config, work)
        work.mkdir(parents=True, exist_ok=True)
        try:
            builds = [_Build(evidence, edition, work, allow_empty=allow_empty) for edition in editions]
            shared = inputs(evidence)
            standing = {build.edition.name: build.standing(shared) for build in builds}
            waiting = [build for build in builds if not standing[build.edition.name]]
            done = zip(waiting, outcomes([build.publish for build in waiting]), strict=True)
            made = {build.edition.name: build.made(*outcome) for build, outcome in done}
            if made:
                _forget_rendered(config.work)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    return [standing[edition.name] or made[edition.name] for edition in editions]


def _clear_up(config: Config, work: Path) -> None:
    """Remove what an interrupted build has left; a site that it had moved aside to swap it, and no more, goes back first."""
    for name in config.editions:
        for aside in work.glob(f"{name}-*/site.old"):
            if not (config.root / config.site / name).exists():
                aside.rename(config.root / config.site / name)
    shutil.rmtree(work, ignore_errors=True)
    for beside in (config.root / config.site).glob(f"{BESIDE}*"):
        shutil.rmtree(beside, ignore_errors=True)
    for path in chain.from_iterable((config.work / kind).glob(".*.*") for kind in _RECORDS):
        path.unlink()


def _refuse_overlap(site: str, content: str) -> None:
    one, other = f"{site}/", f"{content}/"
    if one.startswith(other) or other.startswith(one) or f"{WORK}/".startswith(one):
        raise ConfigError(f"site: {site!r} and content: {content!r} contain one another", where="pyproject.toml",
                          hint="choose a folder of its own for the sites")


class _Build:
    """One edition on its way from the articles to its place."""

    def __init__(self, evidence: Evidence, edition: Edition, work: Path, *, allow_empty: bool) -> None:
        config = evidence.config
        self.evidence, self.edition = evidence, edition
        self._work, self._folder = work, config.root / config.site / edition.name
        self._empty = not allow_empty and not select(evidence.articles, edition)
        self._inputs = ""
        self._notes: tuple[str, ...] = ()

    def standing(self, shared: str) -> Published | None:
        """Return what became of the edition if the site that stands is what would be built; `shared` is that of `inputs`."""
        self._inputs = inputs_of(self.edition, self.evidence, shared)
        return None if self._empty else find_standing(self.evidence, self.edition, shared)

    def publish(self) -> Published:
        """Build, audit and publish; whatever goes wrong leaves the site that was there."""
        try:
            return self._publish()
        except KbtoolError as error:
            return Published(self.edition.name, self._folder, notes=self._notes, failure=error)
        except OSError as error:
            failure = IncompleteError(f"{error.strerror or error}: {error.filename or self._folder}", kind="disk",
                                      hint="the site that was there is untouched")
            return Published(self.edition.name, self._folder, notes=self._notes, failure=failure)

    def made(self, result: Published | None, error: Exception | None) -> Published:
        """Return what became of the edition by what `publish` returned or raised, maybe in a process that has ended early."""
        if isinstance(error, KbtoolError):
            return Published(self.edition.name, self._folder, failure=error)
        if result is None:
            raise error or RuntimeError("nothing came of it")
        return result

    def _publish(self) -> Published:
        if self._empty:
            raise IncompleteError(f"the {self.edition.name} edition would be empty", kind="refusing-empty-site",
                                  hint="give articles `audience: public`, or say --allow-empty")
        evidence, edition, folder = self.evidence, self.edition, self._folder
        staged = stage(evidence, edition, stage_folder(evidence.config, edition.name))
        explainer = Explainer(staged, evidence, edition)
        out = Path(mkdtemp(prefix=f"{edition.name}-", dir=self._work)) / "site"
        kept = _kept(evidence.config.work, folder, out)
        auditor, found = self._built(staged, out, kept)
        hits = kept_hits(evidence.config, edition.name)

        def index(into: Path) -> SearchIndex:
            return index_site(out, found, search_language(staged.config), into=into, standing=kept.index)

        judged, said = _judge_site(out, _Judges(auditor, explainer, hits), index if staged.searches else None)
        self._notes += said
        leaks, unexplained = tuple(judged.leaks), judged.manifest.unexplained
        clean = not leaks and not unexplained
        purge = _swap(out, folder, judged.manifest, kept, evidence.config.work) if clean else ()
        published = Published(edition.name, folder, len(staged.articles), leaks, self._notes, unexplained, purge)
        if clean:
            write_built(evidence, published, self._inputs if _repeats(evidence, edition) else "")
        return published

    def _built(self, staged: Staged, out: Path, kept: Kept) -> tuple[Auditor, list[Page]]:
        """Have the site built. The engine is another process, and meanwhile the audit and the search learn what to look for."""
        config = self.evidence.config
        how = How(config.engine, self.evidence.today, bare=config.base is not None)
        with ThreadPoolExecutor(1) as aside:
            found = aside.submit(pages_to_find, staged.folder / "docs", staged.config)
            auditor = aside.submit(_auditor, self.evidence, self.edition, staged, kept_hits(config, self.edition.name))
            self._notes = (*staged.notes, *build_site(staged.folder, out, kept, lunr=not staged.searches, how=how))
            return auditor.result(), found.result()


def _repeats(evidence: Evidence, edition: Edition) -> bool:
    """Return whether the same inputs make the same site: not with extensions of strangers, or templates that show the day."""
    values = overlay(evidence.site.values, edition.mkdocs)
    folder = custom_dir(evidence.config, values)
    named = (str(next(iter(entry), "")) if isinstance(entry, Mapping) else str(entry)
             for entry in extensions(values.get("markdown_extensions")))
    return all(map(of_text_alone, named)) and scope_of([str(folder)] if folder else [])[0] is not Scope.ALL


@dataclass(frozen=True)
class _Kept(Kept):
    """What the engine takes over from earlier builds, and the search."""

    index: Standing


class _Judged(NamedTuple):
    """What leaks in a folder of a site, and what explains its files."""

    leaks: list[Leak]
    manifest: Manifest


class _Judges(NamedTuple):
    """Whoever judges a built site, and where it is kept what the audit finds."""

    auditor: Auditor
    explainer: Explainer
    kept: Path | None

    def judge(self, folder: Path, index: SearchIndex | None = None) -> _Judged:
        """Judge a site without its search index, or that index."""
        kept = self.kept.with_name(f"{self.kept.name}-index") if self.kept and index else self.kept
        return _Judged(self.auditor.audit(folder, kept), self.explainer.explain(folder, index))


def _judge_site(out: Path, judges: _Judges, make_index: Callable[[Path], SearchIndex] | None) -> tuple[_Judged, tuple[str, ...]]:
    """Judge a built site while its index is made, judged by itself, and brought in; return also what to say of it."""
    if make_index is None:
        return judges.judge(out), ()
    beside = out.with_name("index")

    def search() -> tuple[SearchIndex, _Judged]:
        os.nice(_GIVES_WAY)
        made = make_index(beside)
        return made, judges.judge(beside, made)

    pages, (made, index) = both(lambda: judges.judge(out), search)
    join(made, beside, out)
    return _Judged(sorted([*pages.leaks, *index.leaks]), pages.manifest.joined(index.manifest)), made.notes


def _kept(work: Path, folder: Path, out: Path) -> _Kept:
    name = f"{folder.name}.json"
    index = Standing(folder, work / "search" / name, out.with_name("search.json"))
    return _Kept(folder, work / "pages" / name, out.with_name("pages.json"), work / "rendered", index)


def _forget_rendered(work: Path) -> None:
    """Drop the rendered articles that no site shows any more."""
    shown = {page.entry for record in (work / "pages").glob("*.json") for page in read_record(record).pages.values()}
    Store(work / "rendered").keep_only(shown)


def _swap(out: Path, folder: Path, manifest: Manifest, built: _Kept, work: Path) -> tuple[str, ...]:
    """Put a site in its place, and keep its manifest; return the URLs that caches must forget.

    The manifest comes last: whoever is interrupted before has the URLs of this site and the one before in the next list.
    """
    kept = work / "manifest" / f"{folder.name}.json"
    purge = purged(load_manifest(kept, folder), manifest, (folder, out))
    out.chmod(0o755)
    swap_in(out, folder)
    for path, content in ((purge_file(work, folder.name), lines(purge)), (kept, manifest.dump())):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, content)
    for new, record in ((built.new_record, built.record), (built.index.new_record, built.index.record)):
        if new.exists():  # of an engine that keeps one, of a site with an index
            record.parent.mkdir(parents=True, exist_ok=True)
            new.replace(record)
    return tuple(purge)


def purge_file(work: Path, edition: str) -> Path:
    """Return where the URLs stand that caches must forget since the last publication of an edition."""
    return work / "purge" / f"{edition}.txt"


def audit_folder(evidence: Evidence, edition: Edition, site: Path) -> list[Leak]:
    """Search a built site, wherever it comes from, for anything that the edition may not show."""
    with TemporaryDirectory(prefix="kbtool-audit-") as folder:
        staged = stage(evidence, edition, Path(folder))
        return _auditor(evidence, edition, staged).audit(site)


def _auditor(evidence: Evidence, edition: Edition, staged: Staged, kept: Path | None = None) -> Auditor:
    told, theme = withheld(evidence, edition, staged), theme_files(evidence.config.engine)
    return Auditor(told, evidence.config.audit_allow, theme, kept and kept.with_name(f"{kept.name}-shown"))
