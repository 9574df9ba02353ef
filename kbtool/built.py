"""What a published site was built from: where all of it is as it was, and the site too, there is nothing to build.

All that decides on a site's bytes, and on what its audit looks for, goes into one digest: every article and register whether the
edition shows it or not, the configuration, templates, tickets, days of changes, and the code of kbtool and of the packages that
build. Assets are known by their sizes and times, and so are the files of the site itself.

Articles are known by their bytes. Where those are what they were, a run may use what is kept of them: it makes no site of it.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from functools import partial
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kbtool.cache import Cache
from kbtool.config import Config
from kbtool.content_files import digest_of, read_content, walk
from kbtool.editions import Edition
from kbtool.evidence import Evidence
from kbtool.files import below, tree, write_atomic
from kbtool.forked import Aside
from kbtool.rendered import digest, installed, named_environment
from kbtool.site_config import custom_dir, dump, overlay

if TYPE_CHECKING:
    from kbtool.audit import Leak
    from kbtool.errors import KbtoolError

VERSION = 3  #: of the record's form
_FORM = {"version": int, "inputs": str, "texts": str, "articles": int, "notes": list, "files": dict}
WORKING = "build"  #: below `Config.work`: there while somebody builds, and after they were killed
_RECORDS = "built"
_State = dict[str, list[int]]
_Found = tuple[str, dict[str, Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Published:
    """What became of one edition: the folder of its site, or why the one that was there stays.

    `unexplained` are files that nothing explains (see `manifest`), `purge` the URLs that caches must forget.
    """

    edition: str
    folder: Path
    pages: int = 0
    leaks: tuple[Leak, ...] = ()
    notes: tuple[str, ...] = ()
    unexplained: tuple[str, ...] = ()
    purge: tuple[str, ...] = ()
    failure: KbtoolError | None = None

    @property
    def swapped(self) -> bool:
        """Return whether the new site is in place."""
        return not self.leaks and not self.unexplained and self.failure is None


class Sites:
    """The sites of the editions that somebody wants to build, by name (all where none is named), as far as they stand.

    Files are read in other processes, while this one has other things to do.
    """

    def __init__(self, names: Sequence[str] = ()) -> None:
        self._names = names
        self._texts: Aside | None = None
        self._untouched: Aside | None = None
        self.standing: list[Published] = []  #: filled by `stand`, with all of them or none

    def editions(self, evidence: Evidence) -> list[Edition]:
        """Return the editions; raises UsageError where one is none."""
        return [evidence.edition(name) for name in self._names or evidence.editions]

    def look(self, config: Config, cache: Cache) -> None:
        """Start to find out whether the articles are those that the sites were built from; without a cache it is no use."""
        if cache.folder and not (config.work / WORKING).exists():  # or a build was interrupted, or goes on
            self._texts = Aside(partial(_same_texts, config))

    def may_stand(self, config: Config) -> bool:
        """Return whether they are, as far as files of articles decide; `look` comes first. Start to look at the sites then."""
        same = self._texts is not None and self._texts.outcome()[0]
        if same:
            self._untouched = Aside(partial(_untouched, config))
        return bool(same)

    def stand(self, evidence: Evidence) -> bool:
        """Return whether all these sites are what would be built; they are `standing` then. `may_stand` comes first."""
        found: _Found | None = self._untouched.outcome()[0] if self._untouched else None
        around, known = found or ("", {})
        shared = inputs(evidence, around)
        keys = [(edition.name, inputs_of(edition, evidence, shared)) for edition in self.editions(evidence)]
        if all(key and name in known and known[name]["inputs"] == key and known[name]["articles"] for name, key in keys):
            self.standing = [_published(evidence.config, name, known[name]) for name, _ in keys]
        return bool(self.standing)


def _same_texts(config: Config) -> bool:
    """Return whether the articles' files are those that some site was built from."""
    known = {_read(record).get("texts") for record in _records(config)}
    return bool(known) and _texts_on_disk(config) in known - {""}


def _untouched(config: Config) -> _Found:
    """Return what `_around` does, and what is known of each site of which no file was touched since, without the files."""
    read = ((record.stem, _read(record)) for record in _records(config))
    return _around(), {name: {**known, "files": {}} for name, known in read if _is_untouched(_folder(config, name), known)}


def texts_of(evidence: Evidence) -> str:
    """Return the digest of the bytes of all articles, as they were read; empty where some cannot be."""
    return _texts((article.source, article.file.digest) for article in evidence.articles)


def _texts_on_disk(config: Config) -> str:
    """Return what `texts_of` would, by the files alone."""
    root = config.root / config.content
    sources = (found.source for found in walk(root, config.suffixes) if found.kind == "article")
    try:
        return _texts((source, _digest_of_file(f"{root}/{source}", config.max_article_bytes)) for source in sources)
    except OSError:  # it is told while articles are read
        return ""


def _digest_of_file(path: str, limit: int) -> str:
    content, _, problem = read_content(path, limit)
    return "" if problem else digest_of(content)


def _texts(digests: Iterable[tuple[str, str]]) -> str:
    known = sorted(digests)
    return digest(*(part for one in known for part in one)) if all(own for _, own in known) else ""


def inputs(evidence: Evidence, around: str = "") -> str:
    """Return the digest of what the sites of all editions follow from; empty where some of it cannot be read.

    `around` is what `_around` returns, for whoever knows it.
    """
    texts = texts_of(evidence)
    try:
        return digest(texts, around or _around(), *_shared(evidence)) if texts else ""
    except OSError:  # it is told while an edition is staged
        return ""


def inputs_of(edition: Edition, evidence: Evidence, shared: str) -> str:
    """Return the digest of all that a site of an edition follows from; `shared` is that of `inputs`. Empty as there."""
    values = overlay(evidence.site.values, edition.mkdocs)
    folder = custom_dir(evidence.config, values)
    try:
        own = tree(folder) if folder else {}
    except OSError:
        return ""
    there = str(folder and folder.is_dir())
    return digest(shared, _plain(edition), there, *named_environment(dump(values)), *_flat(own)) if shared else ""


def _shared(evidence: Evidence) -> Iterator[str | bytes]:
    yield from (evidence.today.isoformat(), _plain(evidence.config), dump(evidence.site.values))
    yield from (_plain(evidence.owners), _plain(evidence.product_areas), _plain(evidence.styles))
    for article in evidence.articles:
        yield from (article.path, repr(evidence.reviews.changed_on(article)), repr(evidence.tickets.named(article)))
    for source, asset in sorted(evidence.content.assets.items()):
        state = (evidence.config.root / asset.path).stat()
        yield f"{source} {state.st_size} {state.st_mtime_ns} {state.st_ctime_ns}"
    yield os.environ.get("PAGEFIND_BINARY_PATH", "")


def _around() -> str:
    """Return the digest of what is the same for all knowledge bases: Python, packages, and kbtool's own code."""
    with resources.as_file(resources.files("kbtool")) as code:  # a checkout has one version
        return digest(*installed(), *_flat(tree(code)))


def _flat(files: Mapping[str, bytes]) -> Iterator[str | bytes]:
    for name in sorted(files):
        yield from (name, files[name])


def _plain(value: object) -> str:
    """Return a value as text that is the same in each run: sets have no order of their own."""

    def plainer(one: object) -> object:
        if isinstance(one, (set, frozenset)):
            return sorted(map(_plain, one))
        if is_dataclass(one) and not isinstance(one, type):
            return {field.name: getattr(one, field.name) for field in fields(one)}
        return dict(one) if isinstance(one, Mapping) else repr(one)

    return json.dumps(value, default=plainer)


def find_standing(evidence: Evidence, edition: Edition, shared: str) -> Published | None:
    """Return the site of an edition if it is what would be built, and none of its files was touched since; else None."""
    config, key = evidence.config, inputs_of(edition, evidence, shared)
    known = _read(_record(config, edition.name)) if key else {}
    same = known.get("inputs") == key and _is_untouched(_folder(config, edition.name), known)
    return _published(config, edition.name, known) if same else None


def _published(config: Config, edition: str, known: Mapping[str, Any]) -> Published:
    return Published(edition, _folder(config, edition), known["articles"], notes=tuple(map(str, known["notes"])))


def _folder(config: Config, edition: str) -> Path:
    return config.root / config.site / edition


def _records(config: Config) -> list[Path]:
    return sorted((config.work / _RECORDS).glob("[!.]*.json"))


def _record(config: Config, edition: str) -> Path:
    return config.work / _RECORDS / f"{edition}.json"


def _read(record: Path) -> Mapping[str, Any]:
    """Return a record; nothing where there is none that can be read."""
    try:
        values = json.loads(record.read_bytes())
    except (OSError, ValueError):
        return {}
    if not isinstance(values, dict) or {name: type(value) for name, value in values.items()} != _FORM:
        return {}
    return values if values["version"] == VERSION else {}


def write_built(evidence: Evidence, published: Published, inputs: str) -> None:
    """Write down what a site was built from, once it stands; `inputs` are empty where it followed from more than is known."""
    record = _record(evidence.config, published.edition)
    record.parent.mkdir(parents=True, exist_ok=True)
    values = {"version": VERSION, "inputs": inputs, "texts": texts_of(evidence), "articles": published.pages,
              "notes": published.notes, "files": _state(published.folder)}
    write_atomic(record, json.dumps(values).encode(), durable=False)


def _state(site: Path) -> _State:
    """Return the state of a folder and of each entry below it, by path below it."""
    return {"": _state_of(site), **{name: _state_of(entry) for name, entry in below(site)}}


def _is_untouched(site: Path, known: Mapping[str, Any]) -> bool:
    """Return whether a folder holds what is known of it; the time of a folder tells whether anything came or went in it."""
    files = known.get("files")
    try:
        return all(_state_of(f"{site}/{name}") == state for name, state in files.items()) if files else False
    except OSError:  # it is gone
        return False


def _state_of(path: Path | str | os.DirEntry[str]) -> list[int]:
    """Return mode, size (of a file) and time of a file or folder; raises OSError where there is none."""
    found = os.lstat(path)
    return [found.st_mode, 0 if stat.S_ISDIR(found.st_mode) else found.st_size, found.st_mtime_ns]
