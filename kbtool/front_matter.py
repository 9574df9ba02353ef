"""The front matter of an article: split from the text, read as guarded YAML, given its types.

Keys and their meaning are DESIGN.md §3's table, here as a pydantic model, from which `kbtool schema` makes the JSON
Schema. Every problem is reported with its line and never raised: an article that cannot be read is a finding.
"""

from __future__ import annotations

import datetime as dt
import difflib
import fnmatch
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, WithJsonSchema

from kbtool.config import Confidence, Config, ContentType, FolderDefaults, Risk, did_you_mean
from kbtool.dates import DATE_HINT, INTERVAL_HINT, Interval, parse_date, parse_interval
from kbtool.yaml_text import Document, Key, Place, YamlTextError, parse

MAX_BYTES = 64 * 2**10
#: Keys of MkDocs and Material that travel with every article.
THEME_KEYS = frozenset({"hide", "icon", "template", "search", "status", "subtitle", "social", "comments", "boost"})
#: Keys that decide who may read an article: one that cannot be read, or is misspelt, hides it from every edition.
DECIDES_AUDIENCE = frozenset({"audience", "confidence", "draft"})
_OPEN = re.compile(r"---[ \t]*\n")
_COMMENTED = re.compile(r"---[ \t]+#[^\n]*\n")
_OTHER_KIND = re.compile(r'(?:\+\+\+|;;;|\{)[ \t]*\n|\{[ \t]*"')
_LATE = re.compile(r"(?:[\s\ufeff\u200b]|<!--(?:(?!-->).)*-->)+(?P<opener>---)[ \t]*\n[ \t]*[\w.-]+[ \t]*:", re.DOTALL)
_KEY = re.compile(r"[\w.-]+[ \t]*:(?:[ \t]|$)", re.MULTILINE)
_CLOSE = re.compile(r"^(?:---|\.\.\.)[ \t]*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Problem:
    """What cannot be read in an article: line and column from 1, what is wrong, what to do, the key if one is to blame."""

    line: int
    message: str
    hint: str = ""
    column: int = 1
    key: str = ""


@dataclass(frozen=True, slots=True)
class Raw:
    """Front matter as text values; `fatal` when it could not be read at all."""

    values: Mapping[str, Any] = field(default_factory=dict)
    places: Mapping[Key, Place] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()

    @property
    def fatal(self) -> bool:
        """Return whether nothing of it can be trusted."""
        return bool(self.problems)


@dataclass(frozen=True, slots=True)
class Parts:
    """An article's text, taken apart."""

    raw: Raw
    body: str
    body_line: int


def split(text: str) -> Parts:  # noqa: PLR0911 - one return for each way in which front matter can begin
    """Take the front matter from the text of an article; none at all is an empty one."""
    other = _OTHER_KIND.match(text)
    if other:
        kind = "TOML" if other[0].startswith("+") else "JSON"
        return _unreadable(Problem(1, f"the front matter is {kind}", "write it as YAML between two lines of ---"))
    opened = _OPEN.match(text)
    if not opened:
        if text.rstrip() == "---":
            return _unreadable(_unclosed())
        if _COMMENTED.match(text):
            return _unreadable(Problem(1, "more than --- stands on the first line", "move the comment to the next line"))
        late = _LATE.match(text)
        if late:
            line = text.count("\n", 0, late.start("opener")) + 1
            return _unreadable(Problem(line, "the front matter does not start on the first line", "remove what is above it"))
        return Parts(Raw(), text, 1)
    closed = _CLOSE.search(text, opened.end())
    if not closed:
        return _unreadable(_unclosed())
    return _between(text, opened.end(), closed)


def _unclosed() -> Problem:
    return Problem(1, "the front matter starts here and never ends", "close it with a line of ---")


def _between(text: str, start: int, closed: re.Match[str]) -> Parts:
    block = text[start : closed.start()]
    body_line = text.count("\n", 0, closed.end()) + 2
    body = text[closed.end() + 1 :]
    if closed[0].startswith(".") and _KEY.match(body):
        return _unreadable(Problem(body_line - 1, "the front matter goes on after its end of ...", "close it with a line of ---"))
    if len(block) > MAX_BYTES:
        return _unreadable(Problem(1, f"the front matter is longer than {MAX_BYTES:,} characters", "shorten it"))
    try:
        document = parse(block, first_line=2)
    except YamlTextError as error:
        problem = Problem(error.line, f"the front matter is not readable: {error.message}", error.hint, error.column)
        return _unreadable(problem)
    return Parts(_mapping(document), body, body_line)


def _mapping(document: Document) -> Raw:
    if document.value is None:
        return Raw()
    if not isinstance(document.value, dict):
        problem = Problem(2, "the front matter is not a mapping", "write one `key: value` a line")
        return Raw(problems=(problem,))
    return Raw(document.value, document.places)


def _unreadable(problem: Problem) -> Parts:
    return Parts(Raw(problems=(problem,)), "", 1)


# ---------------------------------------------------------------------------------------------- types of the values


class _RefusedError(ValueError):
    """A value that is not of its type; `hint` travels to the finding."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


def _text(value: object) -> object:
    if isinstance(value, str | None):
        return value
    raise _RefusedError("must be text", "quote it")


def _texts(value: object) -> object:
    if value is None:
        return ()
    items = value if isinstance(value, list | tuple) else [value]
    if not all(isinstance(item, str) and item.strip() for item in items):
        raise _RefusedError("must be a list of words", "write [one, two]")
    return tuple(str(item) for item in items)


def _date(value: object) -> object:
    if value is None or isinstance(value, dt.date):
        return value
    if not isinstance(value, str):
        raise _RefusedError("must be a date", DATE_HINT)
    try:
        return parse_date(value)
    except ValueError as error:
        raise _RefusedError(str(error), DATE_HINT) from None


def _interval(value: object) -> object:
    if value is None or isinstance(value, Interval):
        return value
    if not isinstance(value, str):
        raise _RefusedError("must be an interval", INTERVAL_HINT)
    try:
        return parse_interval(value)
    except ValueError as error:
        raise _RefusedError(str(error), INTERVAL_HINT) from None


def _one_of(*words: str) -> Callable[[object], object]:
    def check(value: object) -> object:
        if value is None or value in words:
            return value
        raise _RefusedError(f"{str(value)[:40]!r} is not one of {', '.join(words)}{did_you_mean(str(value), words)}")

    return check


def _yes_or_no(value: object) -> object:
    if value is None or value in ("true", "True", "false", "False"):
        return str(value).lower() == "true"
    raise _RefusedError("must be true or false")


def _tickets(value: object) -> object:
    items = value if isinstance(value, list) else [] if value is None else [value]
    return tuple(item if isinstance(item, dict) else {"ref": item} for item in items)


def _silences(value: object) -> object:
    items = value if isinstance(value, list) else [] if value is None else [value]
    if not all(isinstance(item, dict) for item in items):
        raise _RefusedError("must be a list of entries", "write [{check: KB106, until: 2027-01-31, reason: why}]")
    return tuple(items)


CONTENT_TYPES, RISKS, CONFIDENCES = get_args(ContentType), get_args(Risk), get_args(Confidence)
KNOWN_ISSUE_STATES = ("investigating", "confirmed", "mitigated", "resolved", "will-not-fix")

_INTERVAL_SCHEMA = {"type": "string", "examples": ["6 months", "90 days", "P1Y"]}
_DATE_SCHEMA = {"type": "string", "format": "date"}
_LIST_SCHEMA = {"anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "string"}]}

Text = Annotated[str | None, BeforeValidator(_text)]
Texts = Annotated[tuple[str, ...], BeforeValidator(_texts), WithJsonSchema(_LIST_SCHEMA)]
Day = Annotated[dt.date | None, BeforeValidator(_date), WithJsonSchema(_DATE_SCHEMA)]
Span = Annotated[Interval | None, BeforeValidator(_interval), WithJsonSchema(_INTERVAL_SCHEMA)]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class TicketReference(_Model):
    """One entry of `tickets`."""

    ref: Annotated[str, BeforeValidator(_text)]
    expects: Annotated[Literal["open", "closed"] | None, BeforeValidator(_one_of("open", "closed"))] = None


class Silence(_Model):
    """One entry of `kbtool_ignore`: findings of some checks are silenced until a day. What is missing is for a check to say."""

    model_config = ConfigDict(json_schema_extra={"required": ["check", "until", "reason"]})

    check: Texts = Field((), description="Codes or names of checks")
    until: Annotated[str | None, BeforeValidator(_text), WithJsonSchema(_DATE_SCHEMA)] = Field(
        None, description="The day on which it is over")
    reason: Text = Field(None, description="Why")


class KnownIssue(_Model):
    """The state of a known issue, for articles of that type; what it leaves out comes from its ticket."""

    state: Annotated[str | None, BeforeValidator(_one_of(*KNOWN_ISSUE_STATES))] = None
    affects: Texts = ()
    workaround: Text = None
    opened: Day = None
    updated: Day = None
    fixed_in: Text = None


class FrontMatter(_Model):
    """What an article says of itself."""

    model_config = ConfigDict(frozen=True, extra="ignore", arbitrary_types_allowed=True)

    title: Text = Field(None, description="The article's name, as readers see it")
    description: Text = Field(None, description="One sentence, for search and previews")
    audience: Text = Field(None, description="Who may read it; internal when nothing is said")
    owners: Texts = Field((), description="Ids from checks/owners.yml; the first is accountable")
    product_areas: Texts = Field((), description="Ids from checks/product_areas.yml")
    content_type: Annotated[str | None, BeforeValidator(_one_of(*CONTENT_TYPES))] = Field(
        None, description="Sets the default review interval and the template", json_schema_extra={"enum": [*CONTENT_TYPES]}
    )
    last_reviewed_on: Day = Field(None, description="The day somebody last found it right")
    last_reviewed_by: Text = Field(None, description="Who that was: an id from checks/owners.yml")
    review_in: Span = Field(None, description="How long a review holds")
    review_seal: Text = Field(None, description="Written by `kbtool review`, never by hand")
    evergreen: Text = Field(None, description="Why it is never due by the calendar")
    expires: Day = Field(None, description="The day from which it is stale, whatever else")
    risk: Annotated[str | None, BeforeValidator(_one_of(*RISKS))] = Field(None, json_schema_extra={"enum": [*RISKS]})
    covers: Texts = Field((), description="Globs of the product code that it describes; name:glob for another repository")
    tickets: Annotated[tuple[TicketReference, ...], BeforeValidator(_tickets)] = Field((), description="Tickets it refers to")
    confidence: Annotated[str | None, BeforeValidator(_one_of(*CONFIDENCES))] = Field(
        None, description="KCS confidence; validated when nothing is said", json_schema_extra={"enum": [*CONFIDENCES]}
    )
    redirect_from: Texts = Field((), description="Old URLs that lead here")
    known_issue: KnownIssue | None = None
    kbtool_ignore: Annotated[tuple[Silence, ...], BeforeValidator(_silences)] = Field(
        (), description="Findings of this article that are silenced, until when, and why")
    related: Texts = Field((), description="Paths of related articles")
    tags: Texts = ()
    draft: Annotated[bool, BeforeValidator(_yes_or_no)] = Field(
        default=False, description="The same as confidence: work-in-progress", json_schema_extra={"type": "boolean"}
    )

    @property
    def state(self) -> str:
        """Return the confidence that holds: a draft is work in progress, and nothing said is validated."""
        return "work-in-progress" if self.draft else self.confidence or "validated"


KEYS = frozenset(FrontMatter.model_fields)
#: What pydantic calls otherwise, in words for a writer.
_PLAIN_WORDS = {"missing": "is missing", "extra_forbidden": "unknown key", "model_type": "must have keys of its own"}
_NOT_DEFAULT = FrontMatter.model_construct()


def read_front_matter(raw: Raw, config: Config, defaults: FolderDefaults) -> tuple[FrontMatter, tuple[Problem, ...]]:
    """Give the values their types; a value that has not its type is a problem and reads as not said."""
    if raw.fatal:
        return _NOT_DEFAULT, raw.problems
    values, problems = _canonical(raw, config)
    values, places = _foreign_dates(values, config), raw.places
    front_matter, more = _validate(values, places, config)
    problems += more
    if not any(problem.key == "audience" for problem in problems):
        problems += _audience_problems(front_matter, values, places, config)
    return _with_defaults(front_matter, values, defaults), tuple(problems)


def _canonical(raw: Raw, config: Config) -> tuple[dict[str, Any], list[Problem]]:
    """Return the values under our own keys, and the problems of unknown or double keys."""
    aliases, known = config.key_aliases, (*config.preset_.known, *config.known_keys)
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for key, value in raw.values.items():
        ours = aliases.get(key, key)
        place = raw.places[(key,)]
        if ours in KEYS and ours in values and (ours in raw.values or key != ours):
            problems.append(Problem(place.line, f"{key!r} and another key both set {ours!r}", "keep one", place.column, ours))
        elif ours in KEYS:
            values[ours] = value
        elif key not in THEME_KEYS and not any(fnmatch.fnmatchcase(key, glob) for glob in known):
            problems.append(_unknown_key(key, place, (*KEYS, *aliases, *THEME_KEYS)))
    return values, problems


def _unknown_key(key: str, place: Place, known: Iterable[str]) -> Problem:
    near = did_you_mean(key, known).removeprefix("; ")
    meant = difflib.get_close_matches(key.lower(), DECIDES_AUDIENCE, n=1, cutoff=0.75)
    hint = near or "remove it, or list it in known_keys"
    return Problem(place.line, f"unknown key {key[:60]!r}", hint, place.column, meant[0] if meant else key)


def _foreign_dates(values: dict[str, Any], config: Config) -> dict[str, Any]:
    """Return the values with dates read that are written in the style of the preset; others are judged as any date is."""
    if config.preset_.date_style == "iso":
        return values
    out = dict(values)
    for key in ("last_reviewed_on", "expires"):
        try:
            out[key] = parse_date(out[key], config.preset_.date_style)
        except (ValueError, KeyError, TypeError):
            continue
    return out


def _validate(
    values: dict[str, Any], places: Mapping[Key, Place], config: Config
) -> tuple[FrontMatter, list[Problem]]:
    try:
        return FrontMatter.model_validate(values), []
    except ValidationError as error:
        errors = error.errors()
    written = _written(config, places)
    problems = [_problem(found, places, written) for found in errors]
    bad = {found["loc"][0] for found in errors}
    return FrontMatter.model_validate({key: value for key, value in values.items() if key not in bad}), problems


def _written(config: Config, places: Mapping[Key, Place]) -> dict[str, str]:
    """Return our key → the key that the author used for it, where that is another."""
    return {ours: key for key, ours in config.key_aliases.items() if (key,) in places}


def _problem(found: Any, places: Mapping[Key, Place], written: Mapping[str, str]) -> Problem:
    loc = tuple(found["loc"])
    name = written.get(str(loc[0]), str(loc[0]))
    path: Key = (name, *loc[1:])
    while path and path not in places:
        path = path[:-1]
    place = places.get(path, Place(1))
    cause = found.get("ctx", {}).get("error")
    message = str(cause) if cause else _PLAIN_WORDS.get(found["type"], found["msg"])
    label = ".".join(str(part) for part in (name, *loc[1:]))
    return Problem(place.line, f"{label}: {message}", getattr(cause, "hint", ""), place.column, str(loc[0]))


def _audience_problems(
    front_matter: FrontMatter, values: Mapping[str, Any], places: Mapping[Key, Place], config: Config
) -> list[Problem]:
    audience = front_matter.audience
    if "audience" not in values or audience in config.audiences:
        return []
    place = places.get((_written(config, places).get("audience", "audience"),), Place(1))
    words = ", ".join(sorted(config.audiences))
    said = "is empty" if audience is None else f"{audience[:40]!r} is not one of {words}"
    near = did_you_mean((audience or "").strip().lower(), config.audiences).removeprefix("; ")
    return [Problem(place.line, f"audience: {said}", near or f"write one of {words}", place.column, "audience")]


def _with_defaults(front_matter: FrontMatter, values: dict[str, Any], defaults: FolderDefaults) -> FrontMatter:
    """Fill in what a folder's table supplies; a key that the article has, even a bad one, is never filled."""
    if not defaults.model_fields_set:
        return front_matter
    supplied = {
        key: getattr(defaults, key) for key in defaults.model_fields_set - {"ceiling"} - set(values) if getattr(defaults, key)
    }
    if not supplied:
        return front_matter
    return front_matter.model_copy(update=supplied)
