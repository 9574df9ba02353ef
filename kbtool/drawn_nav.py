"""Material's navigation, drawn once for all pages of a section.

Pages beside one another show the same navigation but for one entry, their own. So it is drawn for nobody, with their section
open, and each page puts its own entry, as Material draws it, in the place of the one that all others see. Both come from
Material's own templates. A section at the top that is closed to the reader, and whose pages lie in other folders, is the same for
everybody who is as far down. Where that cannot be (an index that heads its section, a page with others below it, a title twice
in a row), the page's navigation is drawn for it alone.
"""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from jinja2 import ChoiceLoader, DictLoader, pass_context
from mkdocs.commands.build import get_context
from mkdocs.structure.toc import TableOfContents

from kbtool.rendered import digest

if TYPE_CHECKING:
    import jinja2
    from jinja2.runtime import Context
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.nav import Navigation
    from mkdocs.structure.pages import Page

_NAV, _ITEM = "partials/nav.html", "partials/nav-item.html"
_OWN, _OWN_ITEM, _WHOLE = (f"kbtool-nav/{name}.html" for name in ("material", "material-item", "whole"))
_AROUND, _ENTRIES = (f"kbtool-nav/{name}.html" for name in ("around", "entries"))
_CUT = "\x01kbtool\x01"  # between entries
_SET = '{% import "partials/language.html" as lang with context %}{% set features = config.theme.features or [] %}'
_IMPORT = f'{{% import "{_ITEM}" as item with context %}}'
_TABS = (
    '{% if "navigation.tabs" in features %}{% include "partials/tabs.html" %}{% endif %}'
    '{% if "navigation.path" in features %}{% include "partials/path.html" %}{% endif %}'
)
_Place = tuple[int, str]
_Render = Callable[[Any, str, int], str]  # Material's macro: an entry, its place in the navigation, and how deep that is


class _Nobody(SimpleNamespace):
    """Stands for a page that is none."""


class DrawnNav:
    """Draws the navigation of pages."""

    def __init__(self, env: jinja2.Environment, nav: Navigation, files: Files, config: MkDocsConfig, *, shared: bool) -> None:
        """Take the place of Material's template if navigation can be `shared`; else that stays, and pages are compared by it."""
        self._env, self._nav, self._config = env, nav, config
        self._files = files.documentation_pages()
        self._shared = shared
        self._drawn: dict[_Place, str] = {}
        self._keys: dict[_Place, str] = {}
        self._above = {folder for file in self._files for folder in _folders(file.url)}
        self._inside = {id(page) for page in nav.pages}
        self._entries: dict[int, str] = {}  # of pages, as all others see them
        self._closed: dict[tuple[int, str, str], str] = {}  # entries at the top that lead elsewhere
        assert env.loader is not None  # noqa: S101 - MkDocs has given it one
        templates = {
            _OWN: env.loader.get_source(env, _NAV)[0].replace(f'"{_ITEM}"', f'"{_OWN_ITEM}"'),
            _OWN_ITEM: _IMPORT + "{% set render = kbtool_item(item.render) %}",
            _WHOLE: _SET + f'{{% include "{_OWN}" %}}', _AROUND: _SET + _TABS,
            _ENTRIES: f'{_SET}{_IMPORT}{{% for one in kbtool_items %}}{{{{ item.render(one, "", 1) }}}}{_CUT}{{% endfor %}}',
        }
        env.globals |= {"kbtool_nav": self._of_context, "kbtool_item": self._of_item}
        if shared:
            templates[_NAV] = _IMPORT + "{{ kbtool_nav(item.render) }}"
        env.loader = ChoiceLoader([DictLoader(templates), env.loader])

    def key(self, page: Page) -> str:
        """Return what tells whether that which navigation shows around a page is the same."""
        place = self._place(page)
        if place is None:
            toc, page.toc, page.active = page.toc, TableOfContents([]), True
            try:
                return digest(self._draw(_WHOLE, page), self._draw(_AROUND, page))
            finally:
                page.toc, page.active = toc, False
        if place not in self._keys:
            with _nobody_at(page) as nobody:
                self._keys[place] = digest(self._shown_to(nobody, place), self._draw(_AROUND, nobody))
        return self._keys[place]

    @pass_context
    def _of_context(self, context: Context, render: _Render) -> str:
        page = context.get("page")
        return self._of(page, render) if page is not None else _tidy(self._env.get_template(_OWN).render(context.get_all()))

    def _of(self, page: Page, render: _Render) -> str:
        """Return the navigation of a page, which is active; `render` draws its entry."""
        place = self._place(page)
        if place is not None:
            with _nobody_at(page) as nobody:
                drawn = self._shown_to(nobody, place)
            if id(page) not in self._inside:
                return drawn
            inactive = self._entries[id(page)]
            if drawn.count(inactive) == 1:
                return drawn.replace(inactive, _tidy(render(page, "", 1)))
        return self._draw(_WHOLE, page)

    @pass_context
    def _of_item(self, context: Context, render: _Render) -> _Render:
        """Return what draws an entry at the top: one that is closed, and leads elsewhere, is the same for all so far down."""
        page, base = context.get("page"), str(context.get("base_url"))
        if not isinstance(page, _Nobody):
            return render
        near = {"", ".", "..", _top(page.url)}

        def drawn(item: Any, path: str, level: int) -> str:
            key = id(item), path, base
            if item.active or self._tops[id(item)] & near:
                return render(item, path, level)
            if key not in self._closed:
                self._closed[key] = f"\n{_tidy(render(item, path, level))}\n"
            return self._closed[key]

        return drawn

    @cached_property
    def _tops(self) -> Mapping[int, set[str]]:
        """Return the folders of the site that each entry at the top leads to."""
        return {id(item): {_top(url) for url in _addresses(item)} for item in self._nav.items}

    def _place(self, page: Page) -> _Place | None:
        """Return what pages share that see the same navigation; None for one that has no such company."""
        if not self._shared or page.url in self._above or page.is_index:
            return None
        section = page.parent or (self._nav if id(page) in self._inside else None)
        return id(section), posixpath.dirname(page.url.rstrip("/"))

    def _shown_to(self, nobody: Page, place: _Place) -> str:
        if place not in self._drawn:
            self._drawn[place] = self._draw(_WHOLE, nobody)
            pages = self._company.get(place, [])
            self._entries |= zip(map(id, pages), self._draw_entries(nobody, pages), strict=True)
        return self._drawn[place]

    @cached_property
    def _company(self) -> Mapping[_Place, Sequence[Page]]:
        """Return the pages of each place that are in the navigation."""
        found: defaultdict[_Place, list[Page]] = defaultdict(list)
        for page in self._nav.pages:
            place = self._place(page)
            if place is not None:
                found[place].append(page)
        return found

    def _draw_entries(self, page: Page, items: Sequence[Page]) -> list[str]:
        """Return the entries of pages, as one page sees them."""
        return [_tidy(entry) for entry in self._draw(_ENTRIES, page, kbtool_items=items).split(_CUT)[:-1]]

    def _draw(self, template: str, page: Page, **more: Any) -> str:
        context = get_context(self._nav, self._files, self._config, page)
        return _tidy(self._env.get_template(template).render({**context, **more}))


def _tidy(drawn: str) -> str:
    """Leave out the white space of templates; navigation has no text where it would be seen."""
    return "\n".join(filter(None, (line.lstrip().rstrip(" \t") for line in drawn.split("\n")))).rstrip()


def _addresses(item: Any) -> Iterator[str]:
    """Yield the addresses that an entry leads to."""
    if item.children:
        for child in item.children:
            yield from _addresses(child)
    else:
        yield item.url


def _top(url: str) -> str:
    return url.partition("/")[0]


def _folders(url: str) -> Iterator[str]:
    """Yield the addresses of the folders that a page lies in."""
    above = posixpath.dirname(url.rstrip("/"))
    while above:
        yield f"{above}/"
        above = posixpath.dirname(above)


@contextmanager
def _nobody_at(page: Page) -> Iterator[Any]:
    """Give what stands for a page that is none, beside `page`, in whose section the reader is."""
    name = "kbtool-nobody/" if page.url.endswith("/") else "kbtool-nobody.html"
    was = page.active
    page.active = False
    if page.parent is not None:
        page.parent.active = True
    try:
        url = posixpath.join(posixpath.dirname(page.url.rstrip("/")), name)
        yield _Nobody(url=url, meta={}, toc=(), ancestors=page.ancestors)
    finally:
        if page.parent is not None:
            page.parent.active = False
        page.active = was
