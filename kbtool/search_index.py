"""The search of a site: an index by Pagefind, one for each edition, behind Material's own search field.

Material asks a worker, and takes any that speaks its four messages: the stage puts `search_worker.js` in the place of the
theme's own. A reader's browser then fetches the parts of the index that a query needs, instead of all of it.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from importlib import resources
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import yaml

from kbtool.content_files import MARKDOWN
from kbtool.engines import find_engine
from kbtool.errors import IncompleteError
from kbtool.pagefind import HINT, executable, make_index
from kbtool.rendered import digest, installed
from kbtool.site_config import entries
from kbtool.urls import page_file

FOLDER = "pagefind"  #: in the site
_ARTICLE = b'<article class="md-content__inner'
_ROOT = "article.md-content__inner"
#: What stands in a page's article and is not its text.
_EXCLUDED = (
    ".headerlink", ".md-content__button", ".md-feedback", ".md-source-file", ".linenos", ".footnote-backref",
    ".kb-facts", ".kb-notice", ".kb-follow", "[data-search-exclude]",
)
#: What the worker needs of all that Pagefind writes; the rest are its own search fields.
_KEPT = re.compile(
    r"pagefind\.js|pagefind-entry\.json|pagefind\.[a-z0-9_-]+\.pf_meta|wasm\.[a-z0-9-]+\.pagefind"
    r"|fragment/[a-z0-9_-]+\.pf_fragment|index/[a-z0-9_-]+\.pf_index|filter/[a-z0-9_-]+\.pf_filter"
)
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*")
_ONLY_BODY = re.compile(rb"(<[a-zA-Z][^<>]*?\s)data-pagefind-body\b")
_BLOCK = re.compile(rb"<(?=/?(?:pre|dt|dd|th|summary|caption|figcaption)\b)")  # Pagefind parts no words there
#: What kbtool's theme says of an article, which is not found in any case: it changes more often than words.
_NOTICES = re.compile(rb'(<article[^>]*>)\s*(?:<p class="kb-notice[^<]*(?:<(?!/?p\b)[^<]*)*</p>\s*)*')
_FACTS = re.compile(rb'<aside class="kb-facts"[^<]*(?:<(?!/?aside\b)[^<]*)*</aside>')
_WORKERS = "assets/javascripts/workers"


class Standing(NamedTuple):
    """The site that stands, the file in which it is kept what its index was made of, and where that of the new one goes."""

    site: Path
    record: Path
    new_record: Path


class _Made(NamedTuple):
    """What Pagefind made: its version, how many pages it found words in, and the files."""

    version: str
    found: int
    files: Mapping[str, bytes]


class Page(NamedTuple):
    """A page that is to be found: its file in the site, and its tags."""

    file: str
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class SearchIndex:
    """An index that was written into a site: Pagefind's version, the digest of each file, and what the user should know."""

    version: str
    files: Mapping[str, str] = field(default_factory=dict)  #: path in the site -> digest
    notes: tuple[str, ...] = ()


# ---------------------------------------------------------------------------------------------- in the stage


def search_worker(config: Mapping[str, Any], engine: str = "mkdocs") -> tuple[str, str]:
    """Return the path below the theme that the search worker takes, and a note; an empty path where lunr stays.

    Args:
        config: the derived configuration of an edition.
        engine: what builds the site.
    """
    theme = config.get("theme")
    name = theme.get("name") if isinstance(theme, Mapping) else theme
    if name != "material" or engine not in ("mkdocs", "properdocs") or not _searches(config):
        return "", ""
    for label, folder in find_engine(engine).theme_folders("material"):
        if not label.startswith("mkdocs-material"):
            continue
        named = re.findall(rf"{_WORKERS}/search\.[a-z0-9.]+\.js", (folder / "base.html").read_text("utf-8"))
        if len({*named}) == 1 and (folder / named[0]).is_file():
            return named[0], ""
        return "", f"{label} has no search worker that kbtool knows: the search index is that of MkDocs, not Pagefind's"
    return "", ""


def _searches(config: Mapping[str, Any]) -> bool:
    options = _search_options(config)
    return options is not None and options.get("enabled") is not False


def _search_options(config: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the options of the search plugin; None where it is off."""
    plugins = config.get("plugins")
    for entry in entries(plugins) if plugins is not None else ["search"]:
        name, options = next(iter(entry.items())) if isinstance(entry, Mapping) and entry else (str(entry), None)
        if str(name).removeprefix("material/") == "search":
            return options if isinstance(options, Mapping) else {}
    return None


def worker_script(language: str) -> bytes:
    """Return the search worker for an edition in a language."""
    script = (resources.files("kbtool") / "search_worker.js").read_text("utf-8")
    return script.replace('language = "unknown"', f'language = "{language}"', 1).encode()


# ---------------------------------------------------------------------------------------------- what is to be found


def search_language(config: Mapping[str, Any]) -> str:
    """Return the language of an edition as Pagefind names it: the search plugin's first, or that of the theme."""
    theme = config.get("theme")
    said = (_search_options(config) or {}).get("lang") or (theme.get("language") if isinstance(theme, Mapping) else None)
    first = next(iter(said), "") if isinstance(said, Sequence) and not isinstance(said, str) else said
    language = str(first or "en").lower().replace("_", "-")
    return language if _LANGUAGE.fullmatch(language) else "unknown"


def pages_to_find(docs: Path, config: Mapping[str, Any]) -> list[Page]:
    """Return the staged pages that the search finds: all but those whose front matter says `search: {exclude: true}`."""
    found: dict[str, Page] = {}
    for path in sorted(docs.rglob("*")):
        source = path.relative_to(docs).as_posix()
        if source.endswith(MARKDOWN) and path.is_file():
            file = page_file(source, directory_urls=config.get("use_directory_urls") is not False)
            head = _front_matter(path.read_text("utf-8", "replace"))
            search, tags = head.get("search"), head.get("tags")
            if not (isinstance(search, Mapping) and search.get("exclude")):
                found[file] = Page(file, tuple(map(str, tags)) if isinstance(tags, list) else ())
    return list(found.values())


def _front_matter(text: str) -> Mapping[str, Any]:
    head = text[4 : text.find("\n---\n")] if text.startswith("---\n") else ""
    values = yaml.load(head, yaml.CSafeLoader) if "search:" in head or "tags:" in head else None
    return values if isinstance(values, Mapping) else {}


# ---------------------------------------------------------------------------------------------- in the site


def index_site(
    site: Path, pages: Iterable[Page], language: str = "en", *, into: Path | None = None, standing: Standing | None = None,
) -> SearchIndex:
    """Write the index of a built site into it, with what the search worker needs besides.

    The same pages give the same bytes. Nothing is written when something fails.

    Args:
        site: the folder of the site.
        pages: those that are to be found.
        language: of all of them.
        into: another folder, from which `join` brings it into the site.
        standing: an index that is taken over if it was made of the same words.

    Raises:
        IncompleteError: Pagefind is missing or failed, or another file is where one of the index belongs.
        OSError: the disk.
    """
    there = {page.file: page for page in pages if (site / page.file).is_file()}
    feed = ((_url(file), _html((site / file).read_bytes(), page)) for file, page in sorted(there.items()))
    version, count, kept = _made_or_taken(feed, language, standing)
    taken = next((name for name in kept if (site / name).exists() or (site / name).is_symlink()), None)
    if taken:
        raise IncompleteError(f"{taken} is a file of the site and would be one of the search index", kind="search", hint=HINT)
    for name, content in sorted(kept.items()):
        place = (into or site) / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    return SearchIndex(version, _digests(kept), tuple(_notes(len(there), count, language)))


def _made(feed: Iterable[tuple[str, str]], language: str) -> _Made:
    """Have an index made."""
    made = make_index(feed, language=language, root=_ROOT, exclude=_EXCLUDED)
    version, count = _entry(made)
    kept = {f"{FOLDER}/{name}": content for name, content in made.items() if _KEPT.fullmatch(name)}
    if language != "unknown" and f"{FOLDER}/wasm.{language}.pagefind" in kept:
        kept.pop(f"{FOLDER}/wasm.unknown.pagefind", None)
    return _Made(version, count, kept)


def _digests(files: Mapping[str, bytes]) -> dict[str, str]:
    return {name: blake2b(content, digest_size=12).hexdigest() for name, content in files.items()}


# ---------------------------------------------------------------------------------------------- what has not changed


def _made_or_taken(feed: Iterator[tuple[str, str]], language: str, standing: Standing | None) -> _Made:
    """Return the index that stands if it was made of the same pages; else have one made, and keep what it was made of."""
    if standing is None:
        return _made(feed, language)
    told: list[str] = []
    feed = _told(feed, told)
    key = _key(language)
    known = _known(standing.record, key)
    same: list[tuple[str, str]] = []
    for page in feed if known else ():
        same.append(page)
        if told != known["pages"][: len(told)]:
            break
    made = _taken(known, standing.site) if known and told == known["pages"] else None
    made = made or _made(chain(same, feed), language)
    values = {"key": key, "pages": told, "version": made.version, "found": made.found, "files": _digests(made.files)}
    standing.new_record.write_text(json.dumps(values))
    return made


def _told(feed: Iterable[tuple[str, str]], told: list[str]) -> Iterator[tuple[str, str]]:
    """Yield pages, and take down what each of them is."""
    for page in feed:
        told.append(digest(*page))
        yield page


def _key(language: str) -> str:
    """Return what tells whether the same pages give the same index: the program, and what it is told."""
    program = executable()
    state = program.stat()
    code = [path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py"))]  # a checkout has one version
    return digest(language, str(program), f"{state.st_size} {state.st_mtime_ns} {state.st_ctime_ns}", *installed(), *code)


def _known(record: Path, key: str) -> dict[str, Any]:
    """Return what the index that stands was made of; nothing if that cannot be read, or was told something else."""
    try:
        values = json.loads(record.read_bytes())
        known = values if values["key"] == key and isinstance(values["pages"], list) else {}
    except (OSError, ValueError, TypeError, KeyError):
        return {}
    return known if isinstance(known.get("files"), dict) else {}


def _taken(known: Mapping[str, Any], site: Path) -> _Made | None:
    """Return the index that stands if all its files have the bytes that Pagefind gave them."""
    try:
        files = {name: (site / name).read_bytes() for name in known["files"] if is_index_file(name)}
        return _Made(str(known["version"]), int(known["found"]), files) if _digests(files) == known["files"] else None
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _notes(pages: int, found: int, language: str) -> Iterator[str]:
    if found < pages:
        yield f"{pages - found} of {pages} pages have no text in {_ROOT!r}: the search does not find them"
    if language.partition("-")[0] in ("ja", "zh") and "extended" not in executable().name:
        yield f"the search finds no words within sentences of the language {language!r}: pip install 'pagefind[extended]'"


def _url(file: str) -> str:
    return "/" + quote(file.removesuffix("index.html") if f"/{file}".endswith("/index.html") else file)


def _html(content: bytes, page: Page) -> str:
    """Return what Pagefind is to read of a page: from its article on, since navigation is most of the bytes."""
    at = max(content.find(_ARTICLE), 0)
    article = _BLOCK.sub(b" <", _FACTS.sub(b"", _NOTICES.sub(rb"\1", content[at:], count=1)))
    if b"data-pagefind-body" in article:  # with one of these, all other pages would be left out
        article = _ONLY_BODY.sub(rb"\1data-pagefind-no", article)
    tags = html.escape(", ".join(page.tags)) if at else ""
    start, end, rest = article.decode("utf-8", "replace").partition(">")
    return f'{start}{end}<i data-pagefind-meta="tags:{tags}"></i>{rest}' if tags else start + end + rest


def _entry(made: Mapping[str, bytes]) -> tuple[str, int]:
    """Return the version of Pagefind that made an index, and how many pages are in it."""
    entry = json.loads(made.get("pagefind-entry.json", b"{}"))
    version = str(entry.get("version", ""))
    if [*map(int, re.findall(r"^(\d+)\.(\d+)", version)[0] if re.match(r"\d+\.\d+", version) else ())] < [1, 5]:
        raise IncompleteError(f"Pagefind {version or '?'} is too old", kind="search", hint="pip install 'pagefind[bin]>=1.5.2'")
    return version, sum(one["page_count"] for one in entry["languages"].values())


def join(index: SearchIndex, beside: Path, site: Path) -> None:
    """Move an index that was written beside a site into it."""
    for name in index.files:
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (beside / name).rename(site / name)


def is_index_file(name: str) -> bool:
    """Return whether a path of a site has the name of a file of the index."""
    return name.startswith(f"{FOLDER}/") and _KEPT.fullmatch(name.removeprefix(f"{FOLDER}/")) is not None


def index_files(site: Path) -> Iterator[Path]:
    """Yield the files of the index that is in a site."""
    yield from (path for path in sorted((site / FOLDER).rglob("*")) if is_index_file(path.relative_to(site).as_posix()))
