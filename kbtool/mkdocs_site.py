"""Builds the site of a stage with MkDocs, in a process of its own; what has not changed is not made again.

    python -P -m kbtool.mkdocs_site ORDER     in the folder of the stage; ORDER is JSON, see `Order`

Four things make it fast, each with the same bytes as without it:

- An article is rendered once for each text, whatever edition it stands in (`rendered`). An entry holds as well where its
  links led; where one of them leads elsewhere now, it is no entry.
- One Markdown converter renders all of them (`lean_markdown`).
- Navigation is drawn once for all pages of a section (`drawn_nav`).
- A page whose every input is as it was does not pass through the engine: its file is taken from the site that stands, if
  that has the bytes that were recorded. Inputs are what this module knows of; where a site's own templates may read more
  (all pages, the date), pages are made anew.

MkDocs' events, `File.is_modified` and `Page.render` do that. It is the one module that also leans on what MkDocs does not
promise (`_title_from_render` is not among it): that a page which is not modified is skipped in a dirty build. A test holds
its sites against those of a plain `mkdocs build`.
"""

from __future__ import annotations

import gc
import json
import logging
import os
import shutil
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.exceptions import MkDocsException
from mkdocs.plugins import BasePlugin
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from mkdocs.structure.toc import AnchorLink, get_toc
from mkdocs.utils import meta

from kbtool.drawn_nav import DrawnNav
from kbtool.drawn_words import look_up_once
from kbtool.forked import processors, side_by_side
from kbtool.lean_markdown import make_once
from kbtool.rendered import Page as Known
from kbtool.rendered import Record, Store, digest, installed, named_environment, of_text_alone, read_record, write_record
from kbtool.site_config import dump, read_yaml
from kbtool.template_scope import Scope, inside, scope_of

if TYPE_CHECKING:
    import jinja2
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.nav import Navigation

_SEARCH = ("search", "material/search")
#: What the stage writes into front matter for the page itself; neither Material's navigation nor kbtool's shows it of others.
_NOT_IN_NAV = frozenset({"description", "tags", "search", "kbtool"})
_FORK = 40  #: pages to render from which a second process pays


_Render = Callable[["MkDocsConfig", Any], None]


class Order(NamedTuple):
    """What to build: `out` is the new folder of the site; the others, where they are given, are where things are kept.

    `before` is the site that stands, `record` what is known of its pages, `new_record` where that of the new one goes, `store`
    the folder of rendered articles; `lunr` whether Material's own index is made.
    """

    out: str
    before: str = ""
    record: str = ""
    new_record: str = ""
    store: str = ""
    lunr: bool = True


def main(order: Order) -> int:
    """Build; return the exit code."""
    _log_to_stderr()
    try:
        config = load_config(config_file="mkdocs.yml", site_dir=order.out)
        env = config.theme.get_env()
        config.theme.get_env = lambda: env  # the one that drew what pages are compared by
        pages = _Pages(order, env, [name for name in config.plugins if name not in _SEARCH])
        config.plugins["kbtool/pages"] = pages
        if not order.lunr:
            _without_lunr(config)
        config.plugins.on_startup(command="build", dirty=True)
        build(config, dirty=True)
        config.plugins.on_shutdown()
    except MkDocsException as error:
        logging.getLogger("mkdocs").error("%s", " ".join(str(error).split()))  # noqa: TRY400 - writers need no traceback
        return 1
    json.dump({"kept": len(pages.kept)}, sys.stdout)
    return 0


def _log_to_stderr() -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(levelname)-8s-  %(message)s"))
    handler.addFilter(lambda record: "A 'dirty' build is being performed" not in record.getMessage())
    logger = logging.getLogger("mkdocs")
    logger.addHandler(handler)
    logger.setLevel(logging.WARNING)


def _without_lunr(config: MkDocsConfig) -> None:
    """Let Material's search write its empty index, and its field stay: pages are indexed by another one."""
    events = config.plugins.events
    search = [config.plugins[name] for name in _SEARCH if name in config.plugins]
    events["page_context"] = [it for it in events["page_context"] if getattr(it, "__self__", None) not in search]


class _Watched:
    """The files of a site, and where the links of one page led in them."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self.seen: dict[str, str | None] = {}

    def get_file_from_path(self, path: str) -> File | None:
        """Return the file, and remember that it was asked for."""
        found = self._files.get_file_from_path(path)
        self.seen[path] = _address(found)
        return found


def _address(file: File | None) -> str | None:
    return f"{file.url} {file.inclusion.value}" if file else None


class _Heard(logging.Handler):
    """Counts what is logged while an article is rendered: an entry could not say it again."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.count = 0

    def emit(self, record: logging.LogRecord) -> None:
        del record
        self.count += 1


class _Pages(BasePlugin):  # type: ignore[no-untyped-call,type-arg]  # MkDocs has no types
    """Decides which pages are made, and keeps what makes them cheap."""

    def __init__(self, order: Order, env: jinja2.Environment, others: Sequence[str]) -> None:
        self.order, self.env = order, env
        self.store = Store(Path(order.store))
        self.alone = not others  #: no plugin that may put into a page what is not of its text
        self.keys: dict[str, str] = {}
        self.made: dict[str, Known] = {}
        self.kept: dict[str, Known] = {}
        self.ready: dict[str, dict[str, Any]] = {}  #: page -> its entry, read already
        self.rendered: dict[str, tuple[Mapping[str, str | None], str]] = {}  #: page -> where its links led, its entry
        self.shape = ""  #: of the navigation, for the record
        self.around: Mapping[str, str] = {}  #: page -> what tells whether navigation shows the same around it
        self.salt = ""  #: of pages
        self.text_salt: str | None = None  #: of rendered articles; None where none can be kept

    # -- before the engine reads the pages

    def on_config(self, config: MkDocsConfig) -> None:
        """Work out what every page depends on."""
        values = read_yaml(Path("mkdocs.yml"), "mkdocs.yml")
        text = dump({key: value for key, value in values.items() if key not in ("nav", "not_in_nav")})
        code = [path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py"))]  # a checkout has one version
        common = (*installed(), *code, *named_environment(dump(values)), *_tree(Path("overrides")))
        self.salt = digest(text, str(self.order.lunr), *common)
        if self.order.store and all(of_text_alone(name) for name in config.markdown_extensions):
            options = {key: values.get(key) for key in ("markdown_extensions", "use_directory_urls")}
            self.text_salt = digest(dump(options), *common)
            if self.alone:
                make_once(config.markdown_extensions, config.mdx_configs)

    def on_nav(self, nav: Navigation, *, config: MkDocsConfig, files: Files) -> None:
        """Choose the pages that are made."""
        pages = [file.page or Page(None, file, config) for file in files.documentation_pages()]
        for page in pages:
            _read(page)
            if page.title is None and isinstance(page.meta.get("title"), str):
                page.title = page.meta["title"]
        titled = all(page.title is not None for page in pages)
        scope, draws = scope_of(config.theme.dirs)
        if self.alone and draws:
            look_up_once(self.env, config, inside("material"))
        drawn = DrawnNav(self.env, nav, files, config, shared=titled) if draws else None
        if self.alone and self.order.record and titled and scope is not Scope.ALL:
            known = read_record(Path(self.order.record))
            self.shape = digest(self.salt, _structure(nav, pages, but=_NOT_IN_NAV))
            if drawn:  # navigation of the same shape shows the same
                same = known.shape == self.shape
                self.around = known.around if same else {page.file.dest_uri: drawn.key(page) for page in pages}
            structure = _structure(nav, pages) if scope is Scope.STRUCTURE else ""
            self._keep(pages, files, known.pages, structure)
        made = [page for page in pages if page.file.dest_uri not in self.kept]
        for page in pages:
            page.file.is_modified = partial(bool, page.file.dest_uri not in self.kept)
        if self.alone and self.text_salt:
            self._render_ahead([page for page in made if "title" in page.meta], config, files)

    def _keep(self, pages: Sequence[Page], files: Files, known: Mapping[str, Known], structure: str) -> None:
        """Take over the pages whose every input is as it was, and whose files are."""
        for page in pages:
            name = page.file.dest_uri
            around = [(one.url, one.title) if one else None for one in (page.previous_page, page.next_page)]
            place = json.dumps([page.file.src_uri, page.url, page.title, around])
            text = json.dumps([page.meta, page.markdown], default=str)
            self.keys[name] = digest(self.salt, text, place, structure, self.around.get(name, ""))
            was = known.get(name)
            if was and was.key == self.keys[name] and _lead_as_before(was.links, files) and self._take(name, was.file):
                self.kept[name] = was

    def _take(self, name: str, file: str) -> bool:
        """Link a file of the site that stands into the new one; return whether it is the one that was recorded."""
        old, new = Path(self.order.before) / name, Path(self.order.out) / name
        try:
            if old.is_symlink() or digest(old.read_bytes()) != file:
                return False
            new.parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(old, new)
            except OSError:  # another disk, or a file system without links
                shutil.copyfile(old, new)
        except OSError:
            return False
        return True

    # -- rendering

    def on_pre_page(self, page: Page, *, config: MkDocsConfig, files: Files) -> None:
        """Render a page by way of what is kept."""
        del config, files
        page.read_source = lambda config: None  # noqa: ARG005 - MkDocs' signature; it is read
        if self.text_salt and "title" in page.meta:
            page.render = partial(self._render, page, page.render)

    def _render(self, page: Page, render: _Render, config: MkDocsConfig, files: Files) -> None:
        key, name = self._key(page), page.file.dest_uri
        entry = self.ready.pop(name, None) or self._entry(page, files)
        if entry:
            page.content, page.toc = entry["content"], get_toc(entry["toc"])
        else:
            entry = _rendered(page, render, config, files)
            if entry:
                self.store.put(key, entry)
        if entry:
            self.rendered[name] = entry["links"], key

    def _key(self, page: Page) -> str:
        return digest(str(self.text_salt), page.file.src_uri, page.file.url, str(page.markdown))

    def _entry(self, page: Page, files: Files) -> dict[str, Any] | None:
        """Return what is kept of a page's text, if its links lead where they led."""
        entry = self.store.get(self._key(page))
        return entry if entry and _lead_as_before(entry["links"], files) else None

    def _render_ahead(self, pages: Sequence[Page], config: MkDocsConfig, files: Files) -> None:
        """Render what is not there yet on all processors; what goes wrong there goes wrong again where it is told."""
        with self.store.alone():
            found = {page.file.dest_uri: self._entry(page, files) for page in pages}
            self.ready = {name: entry for name, entry in found.items() if entry}
            missing = [page for page in pages if page.file.dest_uri not in self.ready]
            workers = processors() if len(missing) >= _FORK else 0
            tasks: list[Callable[[], None]] = [_nothing]
            tasks += [partial(self._work, missing[n::workers], config, files) for n in range(workers)]
            side_by_side(tasks)

    def _work(self, pages: Sequence[Page], config: MkDocsConfig, files: Files) -> None:
        """Render pages in a process of their own; what there is to say is said when one of them is rendered again."""
        logging.getLogger("mkdocs").handlers.clear()
        with suppress(Exception):
            for page in pages:
                entry = _rendered(page, page.render, config, files)
                if entry:
                    self.store.put(self._key(page), entry)

    # -- after a page is made

    def on_post_page(self, output: str, *, page: Page, config: MkDocsConfig) -> None:
        """Take down what a page was made from."""
        del config
        name = page.file.dest_uri
        if name in self.rendered and name in self.keys:
            file = digest(output.encode("utf-8", errors="xmlcharrefreplace"))
            self.made[name] = Known(self.keys[name], file, *self.rendered[name])

    def on_post_build(self, *, config: MkDocsConfig) -> None:
        """Write down what the next build can compare with."""
        del config
        if self.order.new_record:
            write_record(Path(self.order.new_record), Record({**self.made, **self.kept}, self.shape, self.around))


def _nothing() -> None:
    """Leave it to the others."""


def _tree(folder: Path) -> Iterator[str | bytes]:
    """Yield names and contents of the files below a folder."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        yield path.as_posix()
        yield path.read_bytes()


def _read(page: Page) -> None:
    """Read a staged page: front matter with JSON on each line, as the stage writes it, or else as MkDocs reads it."""
    text = page.file.content_string
    head, end, body = text[4:].partition("\n---\n") if text.startswith("---\n") else ("", "", "")
    try:
        page.meta = {key: json.loads(value) for key, value in (line.split(": ", 1) for line in head.split("\n"))}
    except ValueError:
        end = ""
    if end:
        page.markdown = body.lstrip("\n")
    else:
        page.markdown, page.meta = meta.get_data(text)


def _rendered(page: Page, render: _Render, config: MkDocsConfig, files: Files) -> dict[str, Any] | None:
    """Render a page, and return what can be kept of it; nothing if there was something to say, which no entry could repeat."""
    watched, heard, root = _Watched(files), _Heard(), logging.getLogger()
    root.addHandler(heard)
    try:
        render(config, watched)
    finally:
        root.removeHandler(heard)
    page.links_to_anchors = None  # kbtool checks anchors, with the line
    return None if heard.count else {"content": page.content, "toc": _tokens(page.toc), "links": watched.seen}


def _structure(nav: Navigation, pages: Sequence[Page], *, but: Collection[str] = ()) -> str:
    """Return what tells whether navigation, and the front matter of all pages but for some keys, are the same."""
    shown = ({key: value for key, value in page.meta.items() if key not in but} for page in pages)
    told = [(page.file.src_uri, page.url, page.title, meta) for page, meta in zip(pages, shown, strict=True)]
    return digest(str(nav), json.dumps(told, default=str))


def _lead_as_before(links: Mapping[str, str | None], files: Files) -> bool:
    return all(_address(files.get_file_from_path(path)) == was for path, was in links.items())


def _tokens(toc: Any) -> list[dict[str, Any]]:
    """Return a table of contents as Python-Markdown gives it."""
    links: Sequence[AnchorLink] = [*toc]
    return [{"name": link.title, "id": link.id, "level": link.level, "children": _tokens(link.children)} for link in links]


if __name__ == "__main__":
    gc.disable()  # what is left of a page is a few kilobytes; to look for it takes a twentieth of the time
    code = main(Order(**json.loads(sys.argv[1])))
    gc.freeze()  # nor is it worth looking at the end
    sys.exit(code)
