"""`[tool.kbtool]` of pyproject.toml as one frozen value.

An unknown key, a wrong type or an impossible value is an error that names file, line and the nearest known name: a
misspelt setting must never read as its default.
"""

from __future__ import annotations

import datetime as dt
import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator, model_validator

from kbtool.dates import AGE_HINT, INTERVAL_HINT, Interval, parse_age, parse_interval
from kbtool.errors import ConfigError
from kbtool.presets import PRESETS, Preset
from kbtool.validation import wrong

FILE = "pyproject.toml"
SeverityName = Literal["error", "warning", "off"]
ContentType = Literal["how-to", "concept", "reference", "troubleshooting", "known-issue", "runbook"]
Risk = Literal["low", "medium", "high"]
Confidence = Literal["work-in-progress", "not-validated", "validated", "archived"]


def _interval(value: object) -> Interval:
    if isinstance(value, Interval):
        return value
    if not isinstance(value, str):
        raise ValueError(INTERVAL_HINT)  # noqa: TRY004 - pydantic turns ValueError alone into a validation error
    return parse_interval(value)


def _age(value: object) -> dt.timedelta:
    if isinstance(value, dt.timedelta):
        return value
    if not isinstance(value, str):
        raise ValueError(AGE_HINT)  # noqa: TRY004 - pydantic turns ValueError alone into a validation error
    return parse_age(value)


def _folder(value: object) -> str:
    if not isinstance(value, str) or value.startswith("/") or ".." in value.split("/") or not value.strip("./ "):
        raise ValueError("must be a path inside the repository, relative to it")
    return value.strip("/").removeprefix("./")


def _folder_or_none(value: object) -> str | None:
    return None if value is None else _folder(value)


_NEAR = (0.8, 0.6)  #: how near words are asked for: the nearest of all is found by either, by the first in a tenth of the time
_NAME = re.compile(r"""(?:"[^"]*"|'[^']*'|[\w-]+)""")  # one part of a key in TOML
IntervalField = Annotated[Interval, BeforeValidator(_interval)]
AgeField = Annotated[dt.timedelta, BeforeValidator(_age)]


class _KeyedError(ValueError):
    """A fault that a check of the whole configuration finds at one of its keys."""

    def __init__(self, message: str, *keys: str) -> None:
        super().__init__(message)
        self.keys = keys


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True, slots=True)
class Base:
    """What an untrusted run takes from the base ref, laid out as it is in the repository (see `untrusted`).

    `top` stands for the top of the repository, `folder` for the folder of pyproject.toml; `tree` is the real top.
    """

    top: Path
    folder: Path
    tree: Path


class EditionConfig(_Frozen):
    """`[tool.kbtool.editions.NAME]`: who reads this site, and what differs from `mkdocs.yml` in it."""

    audiences: tuple[str, ...] = Field(min_length=1)
    not_validated: bool = False  #: show articles whose confidence is `not-validated`
    mkdocs: dict[str, Any] = Field(default_factory=dict)  #: laid over mkdocs.yml


class FolderDefaults(_Frozen):
    """`[tool.kbtool.defaults."billing/**"]`: what the articles of a folder have when they do not say it."""

    title: str | None = None
    audience: str | None = None
    ceiling: str | None = None  #: the widest audience that an article of this folder may have
    owners: tuple[str, ...] = ()
    product_areas: tuple[str, ...] = ()
    content_type: ContentType | None = None
    review_in: IntervalField | None = None
    risk: Risk | None = None
    evergreen: str | None = None
    confidence: Confidence | None = None
    tags: tuple[str, ...] = ()


class TrackerConfig(BaseModel):
    """`[tool.kbtool.trackers.NAME]`: its kind, and what kbtool does with it; all other keys are the fields of that tracker."""

    model_config = ConfigDict(frozen=True, extra="allow")
    kind: str
    public: bool = False  #: whether everybody may see its tickets, but for those that are confidential
    max_age: AgeField = dt.timedelta(days=7)  #: what was heard longer ago is not known any more


class RepositoryConfig(_Frozen):
    """`[tool.kbtool.repositories.NAME]`: another repository whose code articles cover as `NAME:glob`."""

    path: str  #: where it is, relative to `root`
    ref: str = "HEAD"  #: the branch whose code counts
    max_age: IntervalField | None = None  #: a newest commit that is older is no evidence


class GraceConfig(_Frozen):
    """`[tool.kbtool.grace]`: days for which a change that calls an article into question is a warning, by its risk."""

    high: int = Field(default=3, ge=0)
    medium: int = Field(default=14, ge=0)
    low: int = Field(default=30, ge=0)


DEFAULT_INTERVALS: Mapping[str, str] = {
    "how-to": "6 months", "troubleshooting": "6 months", "known-issue": "3 months", "runbook": "3 months",
    "concept": "12 months", "reference": "12 months", "high": "3 months",
}


class Config(_Frozen):
    """The configuration of one knowledge base; paths are relative to `root`, the folder of pyproject.toml."""

    root: Path
    base: Base | None = None  #: of an untrusted run, whose settings come from there
    content: Annotated[str, BeforeValidator(_folder)] = "content"
    checks_folder: Annotated[str, BeforeValidator(_folder)] = "checks"
    site: Annotated[str, BeforeValidator(_folder)] = "site"
    mkdocs: Annotated[str, BeforeValidator(_folder)] = "mkdocs.yml"
    engine: Literal["mkdocs", "properdocs", "zensical"] = "mkdocs"
    suffixes: tuple[str, ...] = Field(default=(".md",), min_length=1)
    preset: str | None = None
    aliases: dict[str, str] = Field(default_factory=dict)
    known_keys: tuple[str, ...] = ()
    directives: tuple[str, ...] = ()
    due_soon: IntervalField = Interval(days=14)
    max_ignore: IntervalField = Interval(months=12)  #: how far off the end of a suppression may be
    review_in: IntervalField = Interval(months=6)
    intervals: dict[Literal[ContentType, Risk], IntervalField] = Field(default_factory=dict)
    max_article_bytes: int = Field(default=2 * 2**20, gt=0)
    max_files: int = Field(default=200_000, gt=0)
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    fail_on: Literal["error", "warning", "never"] = "error"
    checks: dict[str, dict[str, Any]] = Field(default_factory=dict)
    defaults: dict[str, FolderDefaults] = Field(default_factory=dict)
    editions: dict[str, EditionConfig] = Field(default_factory=dict, validate_default=True)
    trackers: dict[str, TrackerConfig] = Field(default_factory=dict)
    baseline: Annotated[str | None, BeforeValidator(_folder_or_none)] = None  #: the list of known debt, in the checks folder
    snapshot: Annotated[str, BeforeValidator(_folder)] = ".kbtool/tickets.jsonl"
    audit_allow: dict[str, str] = Field(default_factory=dict)  #: words that a site may show -> why they may
    manifest_allow: tuple[str, ...] = ()  #: paths of a site that need no explanation; `*` stands for anything
    main_branch: str | None = None  #: found when none is named: what origin calls its main branch, else main or master
    repositories: dict[str, RepositoryConfig] = Field(default_factory=dict)
    ignore_authors: tuple[str, ...] = ("*[bot]",)  #: `*` stands for anything, all else for itself
    ignore_revs_file: Annotated[str, BeforeValidator(_folder)] = ".git-blame-ignore-revs"
    grace: GraceConfig = GraceConfig()

    @field_validator("preset")
    @classmethod
    def _known_preset(cls, value: str | None) -> str | None:
        if value is not None and value not in PRESETS:
            raise ValueError(f"unknown preset {value!r}{did_you_mean(value, PRESETS)}")
        return value

    @field_validator("audit_allow", mode="before")
    @classmethod
    def _with_reasons(cls, value: object) -> object:
        if not isinstance(value, dict) or not all(isinstance(reason, str) and reason.strip() for reason in value.values()):
            raise ValueError('must give each text its reason: audit_allow = {"the words" = "why anybody may read them"}')
        return value

    @field_validator("repositories")
    @classmethod
    def _repository_names(cls, value: dict[str, RepositoryConfig]) -> dict[str, RepositoryConfig]:
        bad = [name for name in value if not re.fullmatch(r"[A-Za-z0-9][\w.-]*", name)]
        if bad:
            raise ValueError(f"the name of a repository has letters, digits, dots and hyphens, not {bad[0]!r}")
        return value

    @field_validator("editions", mode="before")
    @classmethod
    def _two_always_exist(cls, value: object) -> object:
        if not isinstance(value, dict) or not all(isinstance(found, dict) for found in value.values()):
            return value
        usual = {"public": ["public"], "internal": ["public", "internal"]}
        return value | {name: {"audiences": words, **value.get(name, {})} for name, words in usual.items()}

    @field_validator("editions")
    @classmethod
    def _edition_names(cls, value: dict[str, EditionConfig]) -> dict[str, EditionConfig]:
        bad = [name for name in value if not re.fullmatch(r"[a-z][a-z0-9-]{0,40}", name)]
        if bad or not value:
            raise ValueError(f"an edition needs a name of small letters, digits and hyphens, not {bad or 'none'}")
        return value

    @model_validator(mode="after")
    def _audiences_exist(self) -> Config:
        for glob, found in self.defaults.items():
            for key, word in (("audience", found.audience), ("ceiling", found.ceiling)):
                if word is not None and word not in self.audiences:
                    raise _KeyedError(f"unknown audience {word!r}{did_you_mean(word, self.audiences)}", "defaults", glob, key)
        return self

    @property
    def settings(self) -> Path:
        """Return the folder that all but the articles is read from: the root, or what stands for it in an untrusted run."""
        return self.base.folder if self.base else self.root

    @property
    def work(self) -> Path:
        """Return the folder that a build works in. That of an untrusted run is its own: a branch may bring the usual one."""
        return self.root / ".kbtool" / "untrusted" if self.base else self.root / ".kbtool"

    @cached_property
    def audiences(self) -> frozenset[str]:
        """Return every audience that some edition shows, and the two that always exist."""
        named = {word for edition in self.editions.values() for word in edition.audiences}
        return frozenset(named | {"public", "internal"})

    @cached_property
    def preset_(self) -> Preset:
        """Return the chosen preset, or one that changes nothing."""
        return PRESETS[self.preset] if self.preset else Preset()

    @cached_property
    def key_aliases(self) -> dict[str, str]:
        """Return their key → our key, the preset's first, then the configuration's own."""
        return {**self.preset_.aliases, **self.aliases}

    @cached_property
    def block_words(self) -> frozenset[str]:
        """Return the words after `:::` that start a block of some other tool, not a region."""
        return frozenset((*self.directives, *self.preset_.directives))

    def grace_for(self, risk: str | None) -> int:
        """Return for how many days a change is only a warning, by the risk of an article; medium when none is said."""
        return {"high": self.grace.high, "low": self.grace.low}.get(risk or "", self.grace.medium)

    def shown_in(self, audience: str) -> frozenset[str]:
        """Return the names of the editions that show this audience."""
        return frozenset(name for name, edition in self.editions.items() if audience in edition.audiences)

    def narrower(self, one: str, other: str) -> str:
        """Return the audience that reads no more than either of two does; `""`, nobody, where there is none."""
        for word in (one, other, "internal"):
            if self.shown_in(word) <= self.shown_in(one) & self.shown_in(other):
                return word
        return ""

    @cached_property
    def _table(self) -> dict[str, Interval]:
        table = {word: parse_interval(text) for word, text in DEFAULT_INTERVALS.items()}
        return table | {str(word): interval for word, interval in self.intervals.items()}

    def interval_for(self, content_type: str | None, risk: str | None) -> Interval:
        """Return the review interval of articles that name none: the shortest that type and risk ask for."""
        asked = [self._table[word] for word in (content_type, risk) if word in self._table]
        return min(asked, key=lambda i: i.months * 30 + i.days) if asked else self.review_in


_OURS = {"root", "base"}  #: fields that no file sets
_OURS_HINT = "the folder of pyproject.toml is the root"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return `; did you mean "x"?` for the nearest known word, whatever its case, or nothing."""
    folded = {name.casefold(): name for name in known}
    tries = (difflib.get_close_matches(word.casefold(), list(folded), n=1, cutoff=cutoff) for cutoff in _NEAR)
    near = next(filter(None, tries), [])
    return f'; did you mean "{folded[near[0]]}"?' if near else ""


def find_root(start: Path, top: Path | None = None) -> Path:
    """Return the nearest folder, `start` or above (up to `top`), whose pyproject.toml has a `[tool.kbtool]`.

    Raises:
        ConfigError: there is none.
    """
    for folder in (start, *start.parents):
        if (folder / FILE).is_file() and "kbtool" in _tools(folder / FILE):
            return folder
        if folder == top:
            break
    raise ConfigError(
        "no knowledge base here: neither this folder nor one above has a pyproject.toml with [tool.kbtool]",
        where=str(start), kind="no-config", hint="run `kbtool init DIR`, or add the table to pyproject.toml",
    )


def load_config(root: Path, base: Base | None = None) -> Config:
    """Read the configuration of the knowledge base in `root`; that of `base`, where there is one.

    Raises:
        ConfigError: with file and line, when it cannot be read or says something that kbtool does not know.
    """
    path = (base.folder if base else root) / FILE
    table = _tools(path).get("kbtool", {})
    if not isinstance(table, dict):
        raise ConfigError("[tool.kbtool] must be a table", where=FILE)
    for key in _OURS & table.keys():
        raise ConfigError(f"unknown key {key!r}", where=f"{FILE}:{_line_of(path.read_text('utf-8'), [key])}", hint=_OURS_HINT)
    for key in table:
        if "-" in key and _hyphens(key) in table:
            raise ConfigError(f"{key!r} and {_hyphens(key)!r} are the same key", where=FILE, hint="keep one of them")
    try:
        return Config(root=root, base=base, **{_hyphens(key): value for key, value in table.items()})
    except ValidationError as error:
        raise _config_error(error, path.read_text("utf-8", "replace")) from None


def _tools(path: Path) -> dict[str, Any]:
    found = _toml(path).get("tool", {})
    if not isinstance(found, dict):
        raise ConfigError("[tool] must be a table", where=FILE)
    return found


def _hyphens(key: str) -> str:
    return key.replace("-", "_")


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        where = f"{FILE}:{line[1]}" if line else FILE
        raise ConfigError(f"not valid TOML: {error}", where=where, hint="correct the file") from None
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise ConfigError(f"cannot be read: {why}", where=str(path)) from None


def _config_error(error: ValidationError, text: str) -> ConfigError:
    first = error.errors()[0]
    keys = [str(part) for part in first["loc"] or getattr(first.get("ctx", {}).get("error"), "keys", ())]
    if keys[-1:] == ["[key]"]:
        keys.pop()
        message = f"unknown key {keys[-1]!r}{did_you_mean(keys[-1], (*get_args(ContentType), *get_args(Risk)))}"
    elif first["type"] == "extra_forbidden":
        tables: dict[str, type[BaseModel]] = {
            "editions": EditionConfig, "defaults": FolderDefaults, "repositories": RepositoryConfig, "grace": GraceConfig,
        }
        message = f"unknown key {keys[-1]!r}{did_you_mean(keys[-1], tables.get(keys[0], Config).model_fields)}"
    else:
        message = f"{'.'.join(keys) or 'tool.kbtool'}: {wrong(first)}"
    return ConfigError(message, where=f"{FILE}:{_line_of(text, keys)}", hint="see the article Configuration")


def _line_of(text: str, keys: list[str]) -> int:
    """Return the line of the innermost of `keys` below [tool.kbtool] that the file shows, for messages only."""
    wanted = ["tool", "kbtool", *keys]
    line, depth = 1, 0
    table: list[str] = []
    for number, shown in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*\[+([^\[\]]+)\]", shown)
        name = re.match(rf"\s*({_NAME.pattern}(?:\s*\.\s*{_NAME.pattern})*)\s*=", shown)
        if header:
            path, table = _names(header[1]), _names(header[1])
        elif name:
            path = [*table, *_names(name[1])]
        else:
            continue
        path[2:3] = map(_hyphens, path[2:3])  # only our own names know hyphens and underscores as the same
        common = path[: len(wanted)]
        if common == wanted[: len(common)] and len(common) > depth:
            line, depth = number, len(common)
    return line


def _names(dotted: str) -> list[str]:
    return [part.strip("\"'") for part in _NAME.findall(dotted)]
