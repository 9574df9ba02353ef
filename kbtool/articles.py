"""Articles: one Markdown file each, its typed front matter, and the line of every key.

Nothing here stops at a broken file: what cannot be read becomes a problem of that article, its audience then is
nobody's, and all other articles are still loaded.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pathspec

from kbtool import markdown
from kbtool.config import FILE, Config, FolderDefaults, did_you_mean
from kbtool.errors import ConfigError
from kbtool.front_matter import DECIDES_AUDIENCE, KEYS, FrontMatter, Problem, Raw, read_front_matter, split
from kbtool.regions import Problem as TextProblem
from kbtool.regions import comment_spans
from kbtool.site_config import PLAIN_SLUGGER, Slugger
from kbtool.yaml_text import Key, Place

MAX_DEPTH = 64  #: folders inside folders
NOBODY = ""  #: the audience of an article whose front matter cannot be read: no edition shows it
_BACKUP_ENDINGS = ("~", ".bak", ".orig", ".rej", ".swp", ".tmp")


_NO_DEFAULTS = FolderDefaults()


@dataclass(frozen=True)
class Article:
    """One article.

    `path` is relative to the repository, `source` to the content folder, both POSIX. `text` is the whole file with
    line ends made `\\n`; `body` is what follows the front matter and starts on line `body_line`.
    """

    path: str
    source: str
    text: str
    front_matter: FrontMatter
    audience: str
    places: Mapping[Key, Place] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    raw: Mapping[str, Any] = field(default_factory=dict)
    body: str = ""
    body_line: int = 1
    audiences: frozenset[str] = frozenset({"public", "internal"})
    block_words: frozenset[str] = frozenset()
    slugger: Slugger = PLAIN_SLUGGER
    aliases: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def markdown(self) -> markdown.Markdown:
        """Return the one parse of the body."""
        return markdown.parse(
            self.body, first_line=self.body_line, audiences=self.audiences, directives=self.block_words,
            slugify=self.slugger.slugify, separator=self.slugger.separator,
        )

    @cached_property
    def comment_problem(self) -> TextProblem | None:
        """Return what is wrong with the HTML comments of the body, if anything."""
        if "<!--" not in self.body:
            return None
        problem = comment_spans(self.body)[1]
        return problem and replace(problem, line=problem.line + self.body_line - 1)

    @property
    def title(self) -> str:
        """Return the title, else the first heading, else the file's name; what a site shows is `Edition.title`."""
        return self.front_matter.title or self.markdown.first_heading or self.file_name

    @property
    def file_name(self) -> str:
        """Return the name of the file, without its folders."""
        return self.source.rpartition("/")[2]

    @property
    def readable(self) -> bool:
        """Return whether the front matter could be read as a whole."""
        return self.audience != NOBODY

    @cached_property
    def unreadable_keys(self) -> frozenset[str]:
        """Return the keys whose values could not be read; what they would have said is not known."""
        return frozenset(problem.key for problem in self.problems)

    def place(self, *key: str | int) -> Place:
        """Return where a key (or the key it is in) stands, else line 1."""
        while key and key not in self.places:
            key = key[:-1]
        return self.places.get(key, Place(1))


@dataclass(frozen=True, slots=True)
class ContentFile:
    """A file of the content folder that is no article.

    `kind` is `asset`, `symlink` (never followed), `special` (socket, pipe, device), `folder` (named like an article) or
    `deep` (folders nested too far). `outside` says that a symlink leaves the content folder or ends nowhere.
    """

    path: str
    source: str
    kind: str
    outside: bool = False


@dataclass(frozen=True)
class Content:
    """All that the content folder holds, sorted by path."""

    articles: tuple[Article, ...]
    files: tuple[ContentFile, ...] = ()

    @cached_property
    def by_source(self) -> dict[str, Article]:
        """Return the articles by their path inside the content folder."""
        return {article.source: article for article in self.articles}

    @property
    def paths(self) -> Iterator[str]:
        """Yield the path of everything here."""
        yield from (article.path for article in self.articles)
        yield from (file.path for file in self.files)

    @cached_property
    def assets(self) -> dict[str, ContentFile]:
        """Return the assets by their path inside the content folder."""
        return {file.source: file for file in self.files if file.kind == "asset"}


def load_articles(config: Config, slugger: Slugger | None = None) -> Content:
    """Read every article below the content folder; dotfiles and editors' backups are not content.

    An unreadable article is loaded with its problems; no content of a file raises anything.

    Raises:
        ConfigError: there is no such folder.
    """
    if not (config.root / config.content).is_dir():
        raise ConfigError(
            f"the content folder {config.content!r} does not exist", kind="no-inputs",
            hint="set content in [tool.kbtool] to the folder of your articles",
        )
    reader = _Reader(config, slugger or PLAIN_SLUGGER)
    articles: list[Article] = []
    files: list[ContentFile] = []
    for found in _walk(config.root / config.content, "", config.suffixes):
        path = f"{config.content}/{found.source}"
        if found.kind == "article":
            articles.append(reader.read(path, found.source))
        else:
            files.append(ContentFile(path, found.source, found.kind, found.outside))
    return Content(tuple(sorted(articles, key=_order)), tuple(sorted(files, key=_order)))


def _order(item: Article | ContentFile) -> bytes:
    return os.fsencode(item.path)


def load_article(config: Config, source: str) -> Article:
    """Read one article by its path inside the content folder."""
    return _Reader(config, PLAIN_SLUGGER).read(f"{config.content}/{source}", source)


class _Reader:
    """Reads articles under one configuration; the folder patterns are compiled once."""

    def __init__(self, config: Config, slugger: Slugger) -> None:
        self.config, self.slugger = config, slugger
        self.defaults = [(_pattern(glob), found) for glob, found in config.defaults.items()]
        for theirs, ours in config.aliases.items():
            if ours not in KEYS:
                raise ConfigError(f"aliases.{theirs}: {ours!r} is no key of kbtool{did_you_mean(ours, KEYS)}", where=FILE,
                                  hint="write our key on the right")

    def read(self, path: str, source: str) -> Article:
        text, problem = read_text(f"{self.config.root}/{path}", self.config.max_article_bytes)
        if problem:
            return self._article(path, source, text, Raw(problems=(problem,)), "", 1)
        parts = split(text)
        return self._article(path, source, text, parts.raw, parts.body, parts.body_line)

    def _article(  # noqa: PLR0913, PLR0917 - the parts of one article
        self, path: str, source: str, text: str, raw: Raw, body: str, body_line: int
    ) -> Article:
        defaults = self._defaults(path, source)
        front_matter, problems = read_front_matter(raw, self.config, defaults)
        fatal = raw.fatal or any(problem.key in DECIDES_AUDIENCE for problem in problems) or not _is_utf8(path)
        audience = NOBODY if fatal else self._audience(front_matter, defaults.ceiling)
        if not fatal and audience == NOBODY:
            problems = (*problems, _no_reader(raw, front_matter, defaults))
        for expression, key in self.config.preset_.placeholders.items():
            body = body.replace(expression, getattr(front_matter, key) or "")
        return Article(
            path=path, source=source, text=text, front_matter=front_matter, places=raw.places,
            audience=audience,
            problems=problems, raw=raw.values, body=body, body_line=body_line,
            audiences=self.config.audiences, block_words=self.config.block_words,
            slugger=self.slugger, aliases=self.config.key_aliases,
        )

    def _defaults(self, path: str, source: str) -> FolderDefaults:
        """Return the defaults of the folder; a later table wins over an earlier one, key by key."""
        if not self.defaults:
            return _NO_DEFAULTS
        found: dict[str, Any] = {}
        for spec, table in self.defaults:
            if spec.match_file(path) or spec.match_file(source):
                ceilings = [one for one in (found.get("ceiling"), table.ceiling) if one is not None]
                found |= {key: getattr(table, key) for key in table.model_fields_set}
                if ceilings:
                    found["ceiling"] = self.config.narrower(ceilings[0], ceilings[-1])
        return FolderDefaults.model_construct(**found)

    def _audience(self, front_matter: FrontMatter, ceiling: str | None) -> str:
        """Return the audience, never wider than the folder's ceiling; none said is internal."""
        audience = front_matter.audience or "internal"
        return audience if ceiling is None else self.config.narrower(audience, ceiling)


def _no_reader(raw: Raw, front_matter: FrontMatter, defaults: FolderDefaults) -> Problem:
    place = raw.places.get(("audience",), Place(1))
    message = f"audience: {front_matter.audience!r} and the ceiling of the folder, {defaults.ceiling!r}, share no edition"
    return Problem(place.line, message, "choose an audience within the ceiling", place.column, "audience")


def _pattern(glob: str) -> pathspec.GitIgnoreSpec:
    try:
        return pathspec.GitIgnoreSpec.from_lines([glob])
    except ValueError as error:
        raise ConfigError(f"defaults.{glob}: {error}", where=FILE, hint='write a glob such as "billing/**"') from None


def read_text(path: str | Path, limit: int) -> tuple[str, Problem | None]:
    """Return the text of a file with `\\n` line ends and no byte order mark, or what is wrong with it."""
    try:
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - Path.open takes twice the time, ten thousand times
            if os.fstat(file.fileno()).st_size > limit:
                return "", Problem(1, f"the file is larger than {limit:,} bytes", "split it, or raise max_article_bytes")
            return decode(file.readall())
    except OSError as error:
        return "", Problem(1, f"the file cannot be read: {error.strerror}", "give kbtool the right to read it")


def decode(raw: bytes) -> tuple[str, Problem | None]:
    """Return UTF-8 bytes as text with `\\n` line ends, or what is wrong with them."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in raw[:4]:
        return "", Problem(1, "not UTF-8 (it looks like UTF-16)", "save the file as UTF-8")
    if b"\0" in raw:
        line = raw.count(b"\n", 0, raw.index(b"\0")) + 1
        return "", Problem(line, "not text: there is a NUL byte", "an article is a text file; an asset needs another suffix")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        return "", Problem(line, f"not UTF-8 at byte {error.start}", "save the file as UTF-8")
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n"), None


@dataclass(frozen=True, slots=True)
class _Found:
    source: str
    kind: str
    outside: bool = False


def _walk(root: Path, inside: str, suffixes: tuple[str, ...], depth: int = 0) -> Iterator[_Found]:
    """Yield the files below `root/inside`, never through a symlink."""
    with os.scandir(root / inside) as entries:
        for entry in entries:
            source = f"{inside}/{entry.name}".lstrip("/")
            if entry.name.startswith(".") or entry.name.endswith(_BACKUP_ENDINGS):
                continue
            if entry.is_symlink():
                yield _Found(source, "symlink", _leaves(root, Path(entry.path)))
            elif entry.is_dir(follow_symlinks=False):
                yield from _folder(root, source, suffixes, depth + 1)
            elif stat.S_ISREG(entry.stat(follow_symlinks=False).st_mode):
                yield _Found(source, "article" if source.endswith(suffixes) else "asset")
            else:
                yield _Found(source, "special")


def _folder(root: Path, source: str, suffixes: tuple[str, ...], depth: int) -> Iterator[_Found]:
    if depth > MAX_DEPTH:
        yield _Found(source, "deep")
        return
    if source.endswith(suffixes):
        yield _Found(source, "folder")
    yield from _walk(root, source, suffixes, depth)


def _is_utf8(name: str) -> bool:
    """Return whether a file's name can be written in a page; Python reads other bytes as lone surrogates."""
    return not any("\ud800" <= char <= "\udfff" for char in name)


def _leaves(root: Path, link: Path) -> bool:
    try:
        return not link.resolve(strict=True).is_relative_to(root.resolve())
    except (OSError, RuntimeError):  # it ends nowhere, or in itself
        return True
