"""What the templates of a site read, so that a page is kept only while all that it was made from is the same.

Material's own templates and kbtool's read the page itself, what navigation shows around it, and the configuration. A site's own
templates, and those of another theme, may read anything that MkDocs hands them; they are parsed, and judged by the names in
them.
"""

from __future__ import annotations

import enum
import importlib.util
from collections.abc import Iterator, Sequence
from importlib import resources
from pathlib import Path

from jinja2 import Environment, TemplateError, nodes

#: Variables and filters of all pages at once, and such as differ from build to build.
_ALL = frozenset({"pages", "files", "build_date_utc", "random"})
_LATER = "update_date"  #: of a page: the day of the build
#: What leads from a page to others.
_STRUCTURE = frozenset({
    "nav", "pages", "homepage", "parent", "ancestors", "children", "previous_page", "next_page", "items",
})
_OF_A_PAGE = frozenset({"content", "toc", "markdown"})  #: of another page, where one leads to it
_SUFFIXES = (".html", ".htm", ".xml", ".jinja", ".jinja2", ".js", ".json", ".txt")
_NAV = ("partials/nav.html", "partials/nav-item.html")
_IN_NAV = ("partials/language.html", "partials/logo.html", "partials/source.html")  #: drawn with it, for many pages at once


class Scope(enum.Enum):
    """How much of a site a page shows."""

    PAGE = "page"  #: itself, its place in the navigation, its neighbours
    STRUCTURE = "structure"  #: titles and places of any other
    ALL = "all"  #: anything


def scope_of(folders: Sequence[str]) -> tuple[Scope, bool]:
    """Return how much a page shows by the templates of a theme's folders, and whether they draw navigation as Material does."""
    variables, names = set[str](), set[str]()
    draws = inside("material") in map(Path, folders)
    for name, text in _templates(folders):
        draws = draws and name not in _NAV
        try:
            parsed = Environment(autoescape=True).parse(text)
        except TemplateError:  # the engine will say so
            return Scope.ALL, False
        used = {node.name for node in parsed.find_all(nodes.Name)}
        draws = draws and not (name in _IN_NAV and "page" in used)
        variables |= used | {node.name for node in parsed.find_all(nodes.Filter)}
        names |= {node.attr for node in parsed.find_all(nodes.Getattr)}
        names |= {node.value for node in parsed.find_all(nodes.Const) if isinstance(node.value, str)}
    structure = (variables | names) & _STRUCTURE
    if variables & _ALL or _LATER in names or (structure and names & _OF_A_PAGE):
        return Scope.ALL, draws
    return (Scope.STRUCTURE if structure or not draws else Scope.PAGE), draws


def _templates(folders: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield names and texts of the templates that are neither Material's, MkDocs' nor kbtool's."""
    ours = {path.read_bytes() for path in _files(Path(str(resources.files("kbtool") / "theme")))}
    for folder in map(Path, folders):
        if folder in (inside("material"), inside("mkdocs")):
            continue
        for path in _files(folder):
            data = path.read_bytes()
            if data not in ours and path.suffix in _SUFFIXES:
                yield path.relative_to(folder).as_posix(), data.decode("utf-8", "replace")


def _files(folder: Path) -> Iterator[Path]:
    yield from sorted(path for path in folder.rglob("*") if path.is_file())


def inside(package: str) -> Path:
    """Return the folder of the templates that come with a package."""
    spec = importlib.util.find_spec(package)
    return Path(next(iter(spec.submodule_search_locations or ()), "") if spec else "") / "templates"
