"""Rendered articles, kept by what they were made of: one small file each, so that several builds can share them.

An entry that is cut off, altered or of another version is none; whoever asks then renders anew and writes it again.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import re
import sys
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from importlib.metadata import distributions
from pathlib import Path
from typing import Any, NamedTuple

from kbtool.files import write_atomic

VERSION = 2  #: of the record's form
_DIGEST = 16  # bytes
_READS_FILES = frozenset({"pymdownx.snippets", "pymdownx.b64"})  #: extensions whose output is not of the text alone
_KNOWN = ("markdown.extensions.", "pymdownx.", "material.extensions.")
_PLAIN = frozenset({
    "abbr", "admonition", "attr_list", "codehilite", "def_list", "extra", "fenced_code", "footnotes", "legacy_attrs", "legacy_em",
    "md_in_html", "meta", "nl2br", "sane_lists", "smarty", "tables", "toc", "wikilinks",
})


def digest(*parts: str | bytes) -> str:
    """Return what tells whether all parts are the same, each for itself."""
    found = hashlib.blake2b(digest_size=_DIGEST)
    for part in parts:
        data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        found.update(len(data).to_bytes(8, "big") + data)
    return found.hexdigest()


def of_text_alone(extension: str) -> bool:
    """Return whether what a Markdown extension makes of a text depends on nothing but its options and its version."""
    return extension not in _READS_FILES and (extension in _PLAIN or extension.startswith(_KNOWN))


@cache
def installed() -> tuple[str, ...]:
    """Return the versions of Python and of all installed packages: themes, extensions and what they use."""
    return (sys.version, *sorted({f"{one.name} {one.version}" for one in distributions()}))


def named_environment(config: str) -> Iterator[str]:
    """Yield the variables of the environment that a configuration names, with their values: `!ENV` reads them.

    Names of one character are none: `_`, which each shell sets anew, would be one.
    """
    words = {*re.findall(r"\w{2,}", config)}
    yield from (f"{name}={value}" for name, value in sorted(os.environ.items()) if name in words)


class Page(NamedTuple):
    """One page of a site that stands.

    `key` is of all that it was made from, `file` the digest of its bytes, `links` say where its links led, and `entry` is the
    key of its rendered article.
    """

    key: str
    file: str
    links: Mapping[str, str | None]
    entry: str


class Record(NamedTuple):
    """What is known of a site that stands: its pages, by the names of their files, and the navigation around them.

    `shape` is the digest of all that navigation can show; `around` has that of what it shows around each page.
    """

    pages: Mapping[str, Page] = {}
    shape: str = ""
    around: Mapping[str, str] = {}


def read_record(path: Path) -> Record:
    """Return what is known of a site; nothing if that cannot be read."""
    try:
        values = json.loads(path.read_bytes())
        if values["version"] != VERSION:
            return Record()
        pages = {name: Page(*known) for name, known in values["pages"].items()}
        return Record(pages, str(values["shape"]), dict(values["around"]))
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return Record()


def write_record(path: Path, record: Record) -> None:
    """Write down what is known of a site."""
    write_atomic(path, json.dumps({"version": VERSION, **record._asdict()}).encode(), durable=False)


def _write(path: Path, content: bytes) -> None:
    """Write a file, never through a symlink that somebody else has put in its place."""
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o666), "wb") as file:  # noqa: PTH123 - of a descriptor
        file.write(content)


class Store:
    """A folder of entries by key."""

    def __init__(self, folder: Path) -> None:
        """Use a folder; it is made with the first entry."""
        self._folder = folder

    def get(self, key: str) -> dict[str, Any] | None:
        """Return an entry; None if there is none that is whole."""
        try:
            found = self._path(key).read_bytes()
        except OSError:
            return None
        head, _, body = found.partition(b"\n")
        if head != digest(key, body).encode():
            return None
        values = json.loads(body)
        return values if isinstance(values, dict) else None

    def put(self, key: str, values: Mapping[str, Any]) -> None:
        """Keep an entry. A disk that is full or read-only keeps none, which costs time later and nothing else.

        It is written where it belongs at once: whoever reads a part of it sees by the digest that it is no entry.
        """
        body = json.dumps(values, ensure_ascii=True).encode()
        path, content = self._path(key), digest(key, body).encode() + b"\n" + body
        with contextlib.suppress(OSError):
            try:
                _write(path, content)
            except FileNotFoundError:
                path.parent.mkdir(parents=True, exist_ok=True)
                _write(path, content)

    def keep_only(self, keys: Collection[str]) -> None:
        """Drop all other entries."""
        for path in self._folder.glob("??/*"):
            if path.parent.name + path.name not in keys:
                path.unlink(missing_ok=True)

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Hold others who ask the same back for the time of the block, so that nothing is rendered twice."""
        self._folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def _path(self, key: str) -> Path:
        return self._folder / key[:2] / key[2:]
