"""What a published site was built from: where all of it is as it was, and the site too, there is nothing to build.

All that decides on a site's bytes, and on what its audit looks for, goes into one digest: the stage, every article and register
whether the edition shows it or not, the configuration, the tickets, and the code of kbtool and of the packages that build. The
site itself is known by the sizes and times of its files.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from importlib import resources
from pathlib import Path
from typing import NamedTuple

from kbtool.editions import Edition
from kbtool.evidence import Evidence
from kbtool.files import write_atomic
from kbtool.rendered import digest, installed, named_environment, of_text_alone
from kbtool.site_config import dump, entries
from kbtool.stage import Staged
from kbtool.template_scope import Scope, scope_of

VERSION = 1  #: of the record's form
_State = dict[str, list[int]]


class Built(NamedTuple):
    """What is known of a site that was published: the digest of its inputs, its files, and what the engine said."""

    inputs: str
    files: _State
    notes: tuple[str, ...]


def inputs(evidence: Evidence, edition: Edition, staged: Staged) -> str:
    """Return the digest of all that a site of an edition follows from; empty where it follows from more than can be known.

    That is the case with Markdown extensions of others, and with templates that show the day.
    """
    extensions = (str(next(iter(entry), "")) if isinstance(entry, Mapping) else str(entry)
                  for entry in entries(staged.config.get("markdown_extensions")))
    if not all(map(of_text_alone, extensions)) or scope_of([str(staged.folder / "overrides")])[0] is Scope.ALL:
        return ""
    return digest(*_parts(evidence, edition, staged))


def _parts(evidence: Evidence, edition: Edition, staged: Staged) -> Iterator[str | bytes]:
    yield from (evidence.today.isoformat(), staged.digest)
    yield from (_plain(edition), _plain(evidence.config), dump(evidence.site.values))
    yield from named_environment(dump(staged.config))
    yield from (_plain(evidence.owners), _plain(evidence.product_areas))
    for article in evidence.articles:
        yield from (article.path, article.head.text, article.body)
        yield repr(evidence.tickets.named(article))
    for source, asset in sorted(evidence.content.assets.items()):
        state = (evidence.config.root / asset.path).stat()
        yield f"{source} {state.st_size} {state.st_mtime_ns}"
    yield from installed()
    yield os.environ.get("PAGEFIND_BINARY_PATH", "")
    yield from (path.read_bytes() for path in sorted(Path(str(resources.files("kbtool"))).rglob("*.py")))


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
        values = json.loads(record.read_bytes())
        known = Built(str(values["inputs"]), dict(values["files"]), tuple(values["notes"]))
        there = key and values["version"] == VERSION and known.inputs == key and known.files == _state(site)
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return known if there else None


def write_built(record: Path, key: str, site: Path, notes: tuple[str, ...]) -> None:
    """Write down what a site was built from, once it stands."""
    record.parent.mkdir(parents=True, exist_ok=True)
    values = {"version": VERSION, "inputs": key, "notes": notes, "files": _state(site)}
    write_atomic(record, json.dumps(values).encode(), durable=False)


def _state(site: Path) -> _State:
    """Return size and time of each entry below a folder."""
    found: _State = {}
    for path in site.rglob("*"):
        state = path.lstat()
        found[path.relative_to(site).as_posix()] = [state.st_mode, 0 if path.is_dir() else state.st_size, state.st_mtime_ns]
    return found
