"""What a published site was built from: where all of it is as it was, and the site too, there is nothing to build.

All that decides on a site's bytes, and on what its audit looks for, goes into one digest: every article and register whether the
edition shows it or not, the configuration, templates, tickets, days of changes, and the code of kbtool and of the packages that
build. Assets are known by their sizes and times, and so are the files of the site itself.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from importlib import resources
from pathlib import Path
from typing import NamedTuple

from kbtool.derived_config import extensions
from kbtool.editions import Edition
from kbtool.evidence import Evidence
from kbtool.files import below, write_atomic
from kbtool.rendered import digest, installed, named_environment, of_text_alone
from kbtool.site_config import dump, overlay
from kbtool.stage import custom_dir, tree
from kbtool.template_scope import Scope, scope_of

VERSION = 2  #: of the record's form
_State = dict[str, list[int]]


class Built(NamedTuple):
    """What is known of a site that was published: the digest of its inputs, its files, its articles, and what the engine said."""

    inputs: str
    files: _State
    articles: int
    notes: tuple[str, ...]


def inputs(evidence: Evidence) -> str:
    """Return the digest of what the sites of all editions follow from; empty where some of it cannot be read."""
    try:
        return digest(*_shared(evidence))
    except OSError:  # it is told while an edition is staged
        return ""


def inputs_of(edition: Edition, evidence: Evidence, shared: str) -> str:
    """Return the digest of all that a site of an edition follows from; empty where it follows from more than can be known.

    That is the case with Markdown extensions of others, and with templates that show the day. `shared` is that of `inputs`.
    """
    values, folder = overlay(evidence.site.values, edition.mkdocs), custom_dir(evidence, edition)
    named = (str(next(iter(entry), "")) if isinstance(entry, Mapping) else str(entry)
             for entry in extensions(values.get("markdown_extensions")))
    if not all(map(of_text_alone, named)) or scope_of([str(folder)] if folder else [])[0] is Scope.ALL:
        return ""
    try:
        own = tree(folder) if folder else {}
    except OSError:
        return ""
    return digest(shared, _plain(edition), str(folder and folder.is_dir()), *named_environment(dump(values)), *_flat(own))


def _shared(evidence: Evidence) -> Iterator[str | bytes]:
    yield from (evidence.today.isoformat(), _plain(evidence.config), dump(evidence.site.values))
    yield from (_plain(evidence.owners), _plain(evidence.product_areas), _plain(evidence.styles))
    for article in evidence.articles:
        yield from (article.path, article.head.text, article.body, repr(evidence.reviews.changed_on(article)))
        yield repr(evidence.tickets.named(article))
    for source, asset in sorted(evidence.content.assets.items()):
        state = (evidence.config.root / asset.path).stat()
        yield f"{source} {state.st_size} {state.st_mtime_ns} {state.st_ctime_ns}"
    yield from installed()
    yield os.environ.get("PAGEFIND_BINARY_PATH", "")
    with resources.as_file(resources.files("kbtool")) as code:  # a checkout has one version
        yield from _flat(tree(code))


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


def is_standing(record: Path, key: str, site: Path) -> Built | None:
    """Return what is known of the site that stands if it is the one of these inputs, none of whose files was touched since."""
    try:
        values = json.loads(record.read_bytes()) if key else {}
        if values["version"] != VERSION or values["inputs"] != key or values["files"] != _state(site):
            return None
        return Built(key, values["files"], int(values["articles"]), tuple(values["notes"]))
    except (OSError, ValueError, TypeError, KeyError):
        return None


def write_built(record: Path, key: str, site: Path, articles: int, notes: tuple[str, ...]) -> None:
    """Write down what a site was built from, once it stands."""
    record.parent.mkdir(parents=True, exist_ok=True)
    values = {"version": VERSION, "inputs": key, "articles": articles, "notes": notes, "files": _state(site)}
    write_atomic(record, json.dumps(values).encode(), durable=False)


def _state(site: Path) -> _State:
    """Return mode, size and time of each entry below a folder."""
    found = ((name, entry.stat(follow_symlinks=False), entry.is_dir(follow_symlinks=False)) for name, entry in below(site))
    return {name: [state.st_mode, 0 if folder else state.st_size, state.st_mtime_ns] for name, state, folder in found}
