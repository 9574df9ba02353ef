"""Articles: one Markdown file each, its typed front matter, and the line of every key.

Nothing here stops at a broken file: what cannot be read becomes a problem of that article, its audience then is
nobody's, and all other articles are still loaded.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import pathspec

from kbtool import markdown
from kbtool.article_cache import FACTS, ArticleCache, Head, Kept, read_head
from kbtool.cache import Cache
from kbtool.characters import OddCharacter, control_characters, hidden_characters
from kbtool.config import FILE, Config, FolderDefaults, did_you_mean
from kbtool.content_files import NO_STATE, State, decode, digest_of, read_content, walk
from kbtool.errors import ConfigError, IncompleteError
from kbtool.front_matter import DECIDES_AUDIENCE, KEYS, FrontMatter, Problem, Raw, read_front_matter, split
from kbtool.regions import fences
from kbtool.site_config import PLAIN_SLUGGER, Slugger
from kbtool.yaml_text import Key, Place

NOBODY = ""  #: the audience of an article whose front matter cannot be read: no edition shows it
_NO_DEFAULTS = FolderDefaults()
_SAID = re.compile(r"""[^\S\n]*["']?([\w.-]+)["']?[ \t]*:[ \t]*["'\[]*[\w-]+["'\]]*[ \t]*(?:#.*)?\Z""")
_TOP = 30  #: lines


class ArticleFile(NamedTuple):
    """The file that an article is, in the state in which it was read; `digest` is that of its bytes, "" if it has none."""

    path: str
    state: State = NO_STATE
    digest: str = ""


@dataclass(frozen=True)
class Article:
    """One article.

    `path` is relative to the repository, `source` to the content folder, both POSIX. `kept` is what earlier runs have worked
    out about the same bytes; the file is then read only for what they have not.
    """

    path: str
    source: str
    file: ArticleFile
    front_matter: FrontMatter
    audience: str
    problems: tuple[Problem, ...] = ()
    body_start: int = 0
    body_line: int = 1
    control_characters: tuple[OddCharacter, ...] = ()
    hidden_characters: tuple[OddCharacter, ...] = ()
    placeholders: Mapping[str, str] = field(default_factory=dict)
    audiences: frozenset[str] = frozenset({"public", "internal"})
    block_words: frozenset[str] = frozenset()
    slugger: Slugger = PLAIN_SLUGGER
    aliases: Mapping[str, str] = field(default_factory=dict)
    kept: Kept | None = None
    kept_head: bytes = b""

    @property
    def text(self) -> str:
        """Return the whole file with line ends made `\\n`, empty where it is not UTF-8."""
        return self.head.text + self._below

    @cached_property
    def head(self) -> Head:
        """Return the text above the body (all of it where the front matter cannot be read), and where its keys stand."""
        return read_head(self.kept_head)

    @cached_property
    def _below(self) -> str:
        """The text below the head, read from the file if need be; it must hold the bytes that all else was made from."""
        content, _, problem = read_content(self.file.path, self.file.state[0])
        if problem or digest_of(content) != self.file.digest:
            raise IncompleteError("it was changed while kbtool ran", where=self.path, kind="changed", hint="run kbtool again")
        return decode(content)[0][self.body_start :]

    @property
    def places(self) -> Mapping[Key, Place]:
        """Return where the keys of the front matter stand."""
        return self.head.places

    @property
    def body(self) -> str:
        """Return what follows the front matter, from line `body_line` on, with its placeholders filled in."""
        body = self._below
        for expression, value in self.placeholders.items():
            body = body.replace(expression, value)
        return body

    @cached_property
    def raw(self) -> Mapping[str, Any]:
        """Return the front matter as its author wrote it."""
        return split(self.text).raw.values

    @cached_property
    def markdown(self) -> markdown.Markdown:
        """Return the one parse of the body."""
        made = markdown.parse(
            lambda: self.body, first_line=self.body_line, audiences=self.audiences, directives=self.block_words,
            slugify=self.slugger.slugify, separator=self.slugger.separator,
        )
        if self.kept is not None:
            self.kept.tell(vars(made))
        return made

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
        return frozenset(problem.key for problem in self.problems) if self.problems else frozenset()

    def place(self, *key: str | int) -> Place:
        """Return where a key (or the key it is in) stands, else line 1."""
        places = self.places
        while key:
            if (found := places.get(key)) is not None:
                return found
            key = key[:-1]
        return Place(1)

    def line(self, number: int) -> str:
        """Return a line of the file, counted from 1, or nothing where there is none."""
        if number < 1:
            return ""
        parts = self.head.text.split("\n", number)
        if len(parts) <= number:  # it is not a whole line of the head
            parts = self.text.split("\n", number)
        return parts[number - 1] if number <= len(parts) else ""

    def news(self) -> dict[str, Any] | None:
        """Return all that is known by now, under the names of `Kept`; None where the cache knows as much."""
        parsed, kept = vars(self.markdown), self.kept
        if kept is not None and kept.state == self.file.state and parsed.keys().isdisjoint(FACTS - kept.model_fields_set):
            return None
        said = vars(self.front_matter)
        return {
            "source": self.source, "state": self.file.state, "digest": self.file.digest, "audience": self.audience,
            "front_matter": {name: said[name] for name in self.front_matter.model_fields_set}, "problems": self.problems,
            "body_start": self.body_start, "body_line": self.body_line, "control_characters": self.control_characters,
            "hidden_characters": self.hidden_characters, **{name: parsed[name] for name in FACTS & parsed.keys()},
        }


@dataclass(frozen=True, slots=True)
class ContentFile:
    """A file of the content folder that is no article.

    `kind` is `asset`, `markdown` (its ending is no article's: it never travels), `symlink` (never followed), `special`
    (socket, pipe, device), `folder` (named like an article), `repository` (a folder that is one) or `deep` (folders nested too
    far). `outside` says that a symlink leaves the content folder or ends nowhere; `ceiling` is that of an asset's folder.
    """

    path: str
    source: str
    kind: str
    outside: bool = False
    ceiling: str | None = None


@dataclass(frozen=True)
class Content:
    """All that the content folder holds, sorted by path."""

    articles: tuple[Article, ...]
    files: tuple[ContentFile, ...] = ()
    cache: ArticleCache | None = field(default=None, compare=False, repr=False)

    def keep(self) -> None:
        """Keep for the next run what this one has worked out about the articles; what could not be read is tried again."""
        if self.cache:
            self.cache.keep(article for article in self.articles if article.file.digest)

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


def load_articles(
    config: Config, slugger: Slugger = PLAIN_SLUGGER, cache: Cache | None = None, *, from_cache: bool = True
) -> Content:
    """Read every article below the content folder; dotfiles and editors' backups are not content.

    An unreadable article is loaded with its problems; no content of a file raises anything.

    Args:
        config: the configuration.
        slugger: how the site makes anchors.
        cache: where `Content.keep` keeps what was worked out.
        from_cache: whether what earlier runs have kept there may stand for a file; else, or without a cache, all are read.

    Raises:
        ConfigError: there is no such folder.
        IncompleteError: there is more in it than `max_files` allows.
    """
    if not (config.root / config.content).is_dir():
        raise ConfigError(
            f"the content folder {config.content!r} does not exist", kind="no-inputs",
            hint="set content in [tool.kbtool] to the folder of your articles",
        )
    kept = ArticleCache(cache or Cache(None), config, slugger, read=from_cache)
    reader = _Reader(config, slugger, kept)
    articles: list[Article] = []
    files: list[ContentFile] = []
    for number, found in enumerate(walk(config.root / config.content, config.suffixes), 1):
        if number > config.max_files:
            raise IncompleteError(f"there are more than {config.max_files:,} files below {config.content!r}", kind="limit",
                                  hint="raise max_files in [tool.kbtool]")
        path = f"{config.content}/{found.source}".rstrip("/")
        if found.kind == "article":
            articles.append(reader.read(path, found.source, found.state))
        else:
            ceiling = reader.defaults_of(path, found.source).ceiling
            files.append(ContentFile(path, found.source, found.kind, found.outside, ceiling))
    return Content(tuple(sorted(articles, key=_order)), tuple(sorted(files, key=_order)), kept)


def _order(item: Article | ContentFile) -> bytes:
    return os.fsencode(item.path)


def load_article(config: Config, source: str) -> Article:
    """Read one article by its path inside the content folder."""
    reader = _Reader(config, PLAIN_SLUGGER, ArticleCache(Cache(None), config, PLAIN_SLUGGER))
    return reader.read(f"{config.content}/{source}", source)


def with_content(config: Config, article: Article, content: bytes) -> Article:
    """Return an article as it would be if its file had another content, such as an older one."""
    reader = _Reader(config, article.slugger, ArticleCache(Cache(None), config, article.slugger))
    return reader.made(article.path, article.source, ArticleFile(article.file.path, digest=digest_of(content)), content)


def make_articles(config: Config, slugger: Slugger, contents: Iterable[tuple[str, bytes]]) -> list[Article]:
    """Return the articles that files of such contents would be, by their paths inside the content folder."""
    reader = _Reader(config, slugger, ArticleCache(Cache(None), config, slugger))
    made = []
    for source, content in contents:
        path = f"{config.content}/{source}"
        made.append(reader.made(path, source, ArticleFile(f"{config.root}/{path}", digest=digest_of(content)), content))
    return made


class _Reader:
    """Reads articles under one configuration; the folder patterns are compiled once."""

    def __init__(self, config: Config, slugger: Slugger, cache: ArticleCache) -> None:
        self.config, self.cache, self.placeholders = config, cache, config.preset_.placeholders
        self.defaults = [(_pattern(glob), found) for glob, found in config.defaults.items()]
        self.shared: dict[str, Any] = {
            "audiences": config.audiences, "block_words": config.block_words, "slugger": slugger, "aliases": config.key_aliases,
        }
        self._says_audience = frozenset({"audience", *(one for one, ours in config.key_aliases.items() if ours == "audience")})
        for theirs, ours in config.aliases.items():
            if ours not in KEYS:
                raise ConfigError(f"aliases.{theirs}: {ours!r} is no key of kbtool{did_you_mean(ours, KEYS)}", where=FILE,
                                  hint="write our key on the right")

    def read(self, path: str, source: str, state: State = NO_STATE) -> Article:
        """Read an article whose file was seen in this state: from the cache, if that knows the state or else the bytes."""
        name = f"{self.config.root}/{path}"
        kept = self.cache.get(source)
        if kept and kept.state == state:
            return self._again(path, ArticleFile(name, state, kept.digest), kept)
        content, state, problem = read_content(name, self.config.max_article_bytes)
        if problem:
            return self._article(path, source, ArticleFile(name), "", Raw(problems=(problem,)), "", 1)
        file = ArticleFile(name, state, digest_of(content))
        if kept and kept.digest == file.digest:
            return self._again(path, file, kept)
        return self.made(path, source, file, content)

    def made(self, path: str, source: str, file: ArticleFile, content: bytes) -> Article:
        """Return the article that a file with this content is."""
        text, problem = decode(content)
        if problem:
            return self._article(path, source, file, "", Raw(problems=(problem,)), "", 1)
        parts = split(text)
        return self._article(path, source, file, text, parts.raw, parts.body, parts.body_line)

    def _again(self, path: str, file: ArticleFile, kept: Kept) -> Article:
        """Return an article that an earlier run has read."""
        return Article(
            path=path, source=kept.source, file=file, front_matter=kept.front_matter, audience=kept.audience,
            problems=kept.problems, body_start=kept.body_start, body_line=kept.body_line,
            control_characters=kept.control_characters, hidden_characters=kept.hidden_characters,
            placeholders=self._placeholders(kept.front_matter), kept=kept, kept_head=self.cache.head(kept.source), **self.shared,
        )

    def _article(  # noqa: PLR0913, PLR0917 - the parts of one article
        self, path: str, source: str, file: ArticleFile, text: str, raw: Raw, body: str, body_line: int
    ) -> Article:
        defaults = self.defaults_of(path, source)
        front_matter, problems = read_front_matter(raw, self.config, defaults)
        if defaults.audience not in (None, "internal") and front_matter.audience == defaults.audience:
            problems = (*problems, *_said_below(raw, body, body_line, self._says_audience))
        fatal = raw.fatal or any(problem.key in DECIDES_AUDIENCE for problem in problems) or not _is_utf8(path)
        audience = NOBODY if fatal else self._audience(front_matter, defaults.ceiling)
        if not fatal and audience == NOBODY:
            problems = (*problems, _no_reader(raw, front_matter, defaults))
        article = Article(
            path=path, source=source, file=file, front_matter=front_matter, audience=audience, problems=problems,
            body_start=len(text) - len(body), body_line=body_line, control_characters=control_characters(text),
            hidden_characters=hidden_characters(text), placeholders=self._placeholders(front_matter), **self.shared,
        )
        vars(article).update(head=Head(text[: article.body_start], raw.places), _below=body, raw=raw.values)
        return article

    def _placeholders(self, front_matter: FrontMatter) -> dict[str, str]:
        """Return the expressions of the preset that stand for values of the front matter, and those values."""
        return {expression: getattr(front_matter, key) or "" for expression, key in self.placeholders.items()}

    def defaults_of(self, path: str, source: str) -> FolderDefaults:
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


def _said_below(raw: Raw, body: str, body_line: int, keys: frozenset[str]) -> Iterator[Problem]:
    """Yield a problem where an audience is said near the top of a body, so that a folder's default must not stand in for it."""
    lines = body.split("\n", _TOP)[:_TOP] if raw.values.keys().isdisjoint(keys) else []
    code = set[int]()
    for start, end in fences(lines):  # between lines of --- above all else, it is front matter that was copied with its fence
        if raw.values or any(map(str.strip, lines[:start])) or lines[start + 1].strip() != "---":
            code |= {*range(start, end)}
    for number, line in enumerate(lines):
        match = _SAID.match(line)
        if match and match[1] in keys and number not in code:
            hint = "put it between two lines of ---, the first of which is the first line"
            yield Problem(body_line + number, f"{match[1]}: stands outside of the front matter", hint, key="audience")
            return


def _pattern(glob: str) -> pathspec.GitIgnoreSpec:
    try:
        return pathspec.GitIgnoreSpec.from_lines([glob])
    except ValueError as error:
        raise ConfigError(f"defaults.{glob}: {error}", where=FILE, hint='write a glob such as "billing/**"') from None


def _is_utf8(name: str) -> bool:
    """Return whether a file's name can be written in a page; Python reads other bytes as lone surrogates."""
    return name.isascii() or not any("\ud800" <= char <= "\udfff" for char in name)
