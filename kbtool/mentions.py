"""The files that an article names: paths in backticks, targets of links, and what it includes, looked up in a tree."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import unquote

from kbtool.articles import Article
from kbtool.regions import code_mask, inline_code

MOST = 5  #: files that one name may stand for; one that more share says nothing
_LINK = re.compile(r"""\]\(\s*<?([^)\s>]+)|^\s*\[[^\]]+\]:\s*<?([^\s>]+)|<(https?://[^\s>]{1,500})>|(?:href|src)=["']([^"']+)""")
_INCLUDE = re.compile(r"""-+8<-+\s+["']([^"':]+)""")
_BLOB = re.compile(r"https?://[^/]+/(?:[^/]+/)+?(?:-/)?(?:blob|tree|raw|edit|src/branch)/[^/]+/([^?#]+)")
_SCHEME = re.compile(r"[a-zA-Z][\w+.-]*:|//|#")
_PATH = re.compile(r"(?:\./|/)?[\w@+~.\[\](){}$=-]+(?:/[\w@+~.\[\](){}$=-]+)*/?")
_LINES = re.compile(r"(?:#L\d+(?:-L?\d+)?|:\d+(?:[:-]\d+)?)\Z")  #: which lines of a file somebody means
_FILE = re.compile(r".*\w\.[A-Za-z]\w{0,7}|(?:.*/)?[A-Z]\w*file")


@dataclass(frozen=True, slots=True)
class Name:
    """A word of an article that may name a file or a folder; a `link` has said so."""

    text: str
    line: int
    link: bool = False


@dataclass(frozen=True, slots=True)
class Mention:
    """What a name stands for: `paths` (a folder ends with a slash), and whether it was written from the top on."""

    name: Name
    paths: tuple[str, ...]
    whole: bool = False


class PathIndex:
    """The files and folders of a tree, by their last part."""

    def __init__(self, paths: Iterable[str]) -> None:
        self.paths = frozenset(paths)

    @cached_property
    def folders(self) -> frozenset[str]:
        """Return every folder, with a slash at its end."""
        found: set[str] = set()
        for path in self.paths:
            at = path.rfind("/")
            while at > 0 and path[: at + 1] not in found:
                found.add(path[: at + 1])
                at = path.rfind("/", 0, at)
        return frozenset(found)

    @cached_property
    def _by_last(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for path in sorted(self.paths | self.folders):
            found.setdefault(posixpath.basename(path.rstrip("/")), []).append(path)
        return found

    def exact(self, path: str) -> str:
        """Return the file or folder of exactly this path, or ""."""
        bare = path.rstrip("/")
        return bare if bare in self.paths and bare == path else f"{bare}/" if f"{bare}/" in self.folders else ""

    def ending(self, path: str) -> list[str]:
        """Return the files and folders whose path ends with these parts."""
        bare = path.rstrip("/")
        found = (one for one in self._by_last.get(posixpath.basename(bare), ()) if f"/{one.rstrip('/')}".endswith(f"/{bare}"))
        return [one for one in found if one.endswith("/") or not path.endswith("/")]


def names(article: Article) -> Iterator[Name]:
    """Yield what an article names in inline code, links and includes; text in code blocks is an example, and names nothing."""
    lines = article.body.split("\n")
    for number, (line, fenced) in enumerate(zip(lines, code_mask(lines), strict=True), article.body_line):
        for match in _INCLUDE.finditer(line) if "8<-" in line else ():
            yield Name(match[1], number, link=True)
        if fenced:
            continue
        edges = inline_code(line) if "`" in line else []
        for start, end in zip(edges[::2], edges[1::2], strict=True):
            yield Name(line[start:end].strip("` "), number)
        for match in _LINK.finditer(line):
            yield Name(next(filter(None, match.groups())), number, link=True)


def mentions(article: Article, index: PathIndex, folder: str) -> Iterator[Mention]:
    """Yield what the names of an article stand for in a tree.

    Args:
        article: whose names.
        index: the tree.
        folder: that of the article in the tree's repository, from which its relative links start.
    """
    for name in names(article):
        target = _linked(name.text) if name.link else name.text
        bare = _LINES.sub("", target).rstrip(".,;:")
        if _PATH.fullmatch(bare) and "://" not in bare:
            paths, whole = _look_up(bare, name, index, folder)
            if 0 < len(paths) <= MOST:
                yield Mention(name, tuple(paths), whole)


def _linked(target: str) -> str:
    """Return the path of a link, from the top of the repository on (with a slash) where it leads to a server of code."""
    blob = _BLOB.match(target)
    if blob:
        return f"/{unquote(blob[1])}"
    return "" if _SCHEME.match(target) else unquote(target).partition("#")[0].partition("?")[0]


def _look_up(bare: str, name: Name, index: PathIndex, folder: str) -> tuple[Sequence[str], bool]:
    inside = posixpath.normpath(posixpath.join(folder, bare)) + ("/" if bare.endswith("/") else "")
    top = bare.lstrip("/").removeprefix("./")
    for path in (inside, top) if name.link else (top,):
        found = index.exact(path)
        if found and ("/" in top or not found.endswith("/")):
            return [found], "/" in top.rstrip("/")
    if name.link or not ("/" in top or _FILE.fullmatch(top) or re.search(r"\w[-_]\w", top)):
        return [], False
    return index.ending(top), False
