"""Stamps: a review's date, reviewer and seal, written into the front matter of articles without touching another byte.

An edit of lines, not a load and a dump: round trips through YAML libraries change most real files. What cannot be edited
safely is refused, and what was edited is read again with kbtool's own reader before anything is written.
"""

from __future__ import annotations

import datetime as dt
import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from kbtool.config import Config
from kbtool.content_files import conflict_line
from kbtool.errors import IncompleteError
from kbtool.front_matter import Parts, split
from kbtool.journal import Change, digest, locate, write_all
from kbtool.yaml_text import YamlTextError, parse

#: What every review leaves, in this order; a key that is missing is added after the last of them that is there.
REVIEW_KEYS = ("last_reviewed_on", "last_reviewed_by", "review_seal")
_LINES = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_LINE_END = re.compile(r"[\r\n]*\Z")
_NOT_UTF8 = re.compile("[\udc80-\udcff]")
#: Words that other readers of YAML take for a boolean, a number or nothing; dates are written as everybody writes them.
_NOT_TEXT = re.compile(r"(?i:y|n|yes|no|on|off|true|false|null|~)|[-+.]*[\d.][\d_.,:+-]*(?:e[-+]?\d+)?|0[xo][\da-f]+")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}|\d{2}/\d{2}/\d{4}", re.ASCII)
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # its events alone: kbtool.yaml_text has read the same text before
_SAVE, _ONE_A_LINE = "save the file as UTF-8", "write one `key: value` a line"


class UnsafeEditError(IncompleteError):
    """An article is not stamped, and not touched: its front matter cannot be edited without a risk (exit code 3).

    `line` is the line of the file that is to blame.
    """

    def __init__(self, line: int, message: str, hint: str = "", *, path: str = "") -> None:
        super().__init__(message, where=f"{path}:{line}" if path else f"line {line}", hint=hint, kind="cannot-edit-safely")
        self.line = line


# ---------------------------------------------------------------------------------------------- one article, as bytes


def stamped(
    raw: bytes, values: Mapping[str, str], aliases: Mapping[str, str] = {}, *, date_style: str = "iso",
    add_front_matter: bool = False,
) -> bytes:
    """Return the bytes of an article with these values in its front matter, and not one other byte changed.

    Args:
        raw: the whole file.
        values: our key → one line of text; `last_reviewed_on` as YYYY-MM-DD.
        aliases: their key → our key. A value stands under the key that the author used.
        date_style: `us` keeps a review date month first where it stands so; see `kbtool.presets`.
        add_front_matter: give front matter to an article that has none.

    Raises:
        UnsafeEditError: it cannot be done safely.
    """
    before = _Text(raw)
    if before.has_front_matter:
        after, wanted = _with_values(before, values, aliases, date_style)
    elif add_front_matter:
        after, wanted = _with_front_matter(before, values), dict(values)
    else:
        raise UnsafeEditError(1, "there is no front matter", "begin the article with one, or say --add-front-matter")
    out = after.encode("utf-8", "surrogateescape")
    _verify(before, out, wanted)
    return out


class _Text:
    """An article's text with its line ends, and what kbtool reads in it; bytes that are not UTF-8 stay what they are."""

    def __init__(self, raw: bytes) -> None:
        if b"\0" in raw or raw.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise UnsafeEditError(1, "not UTF-8 (it looks like UTF-16)", _SAVE)
        self.text = raw.decode("utf-8", "surrogateescape")
        self.lines: list[str] = _LINES.findall(self.text)
        plain = self.text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
        _refuse_conflict(plain)
        self.parts: Parts = split(plain)
        for problem in self.parts.raw.problems:
            _refuse_bytes(plain)
            raise UnsafeEditError(problem.line, problem.message, problem.hint or _ONE_A_LINE)
        self.values: Mapping[str, Any] = self.parts.raw.values
        self.has_front_matter = self.parts.body_line > 1
        self.end = self.parts.body_line - 2  #: the index of the line that closes the front matter

    def line_of(self, key: str) -> int:
        """Return the line of a key, from 1."""
        return self.parts.raw.places[key,].line

    def without(self, keys: Iterable[str]) -> list[str]:
        """Return all lines but those of these keys."""
        gone = {self.line_of(key) for key in keys if key in self.values}
        return [line for number, line in enumerate(self.lines, 1) if number not in gone]


def _refuse_conflict(plain: str) -> None:
    line = conflict_line(plain.split("\n")) if "<<<<<<<" in plain else 0
    if line:
        raise UnsafeEditError(line, "a merge conflict starts here", "resolve it; indent what only shows one")


def _refuse_bytes(plain: str) -> None:
    found = _NOT_UTF8.search(plain)
    if found:
        raise UnsafeEditError(plain.count("\n", 0, found.start()) + 1, "not UTF-8", _SAVE)


class _Entry(NamedTuple):
    """A key and its value as the parser's events; lines from 0, counted from the line after the opening one."""

    key: Any
    value: Any

    @property
    def on_one_line(self) -> bool:
        marks = self.key.start_mark, self.value.start_mark, self.value.end_mark
        return isinstance(self.value, yaml.ScalarEvent) and len({mark.line for mark in marks}) == 1


@dataclass
class _Block:
    """The outermost mapping of front matter, as the parser's events; `last` is the last scalar in it."""

    root: Any = None
    entries: dict[str, _Entry] = field(default_factory=dict)
    last: Any = None


def _block(text: str) -> _Block:
    found = _Block()
    key: Any = None
    depth, events = 0, yaml.parse(text, Loader=_LOADER)
    for event in events:
        if isinstance(event, yaml.NodeEvent):
            found.root = found.root or event
            if depth == 1:
                if key is not None:
                    found.entries[key.value] = _Entry(key, event)
                key = event if key is None else None
        if isinstance(event, yaml.ScalarEvent):
            found.last = event
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
    return found


def _with_values(
    before: _Text, values: Mapping[str, str], aliases: Mapping[str, str], date_style: str
) -> tuple[str, dict[str, str]]:
    """Return the new text, and the values under the keys that stand in it."""
    block = _block("".join(re.sub(r"\r\n?", "\n", line) for line in before.lines[1 : before.end]))
    _refuse_root(block)
    written = _written(before, {*values, *REVIEW_KEYS}, aliases)
    lines, wanted, added = list(before.lines), {}, []
    for ours, value in values.items():
        key = written.get(ours, ours)
        old = before.values.get(key)
        text = _in_style(value, old if ours == "last_reviewed_on" else None, date_style)
        wanted[key] = text
        _refuse_text(key, text, before)
        if ours not in written:
            added.append(f"{_render(key, '')}: {_render(text, chr(34) if ' ' in text else '')}")
        elif text != old:
            entry = block.entries[key]
            at = entry.key.start_mark.line + 1
            lines[at] = _replaced(lines[at], entry, text, at + 1)
    at = _place(before, block, [written[key] for key in REVIEW_KEYS if key in written])
    indent, end = " " * block.root.start_mark.column if block.root else "", _LINE_END.search(lines[at - 1])
    lines[at:at] = [f"{indent}{line}{end[0] if end else ''}" for line in added]
    return "".join(lines), wanted


def _refuse_root(block: _Block) -> None:
    if block.root is not None and getattr(block.root, "flow_style", True):
        kind = "not a mapping" if isinstance(block.root, yaml.ScalarEvent) else "a mapping in braces"
        raise UnsafeEditError(block.root.start_mark.line + 2, f"the front matter is {kind}", _ONE_A_LINE)


def _written(before: _Text, ours: Iterable[str], aliases: Mapping[str, str]) -> dict[str, str]:
    """Return our key → the key that stands in the article, for those that are there."""
    found: dict[str, str] = {}
    for key in before.values:
        name = aliases.get(key, key)
        if name in found:
            raise UnsafeEditError(before.line_of(key), f"{key!r} and {found[name]!r} both set {name!r}", "keep one")
        if name in ours:
            found[name] = key
    return found


def _in_style(value: str, old: Any, date_style: str) -> str:
    """Return a date as this file has it: month first where the old one is so and the configuration reads it so."""
    if date_style == "us" and isinstance(old, str) and "/" in old and "/" not in value:
        return f"{dt.date.fromisoformat(value):%m/%d/%Y}"
    return value


def _refuse_text(key: str, text: str, before: _Text) -> None:
    line = before.line_of(key) if key in before.values else 1
    if not text.isprintable():
        raise UnsafeEditError(line, f"the value for {key!r} is not one line of plain text", "write it on one line")
    if not text.isascii() and _NOT_UTF8.search(before.text):
        raise UnsafeEditError(line, f"the value for {key!r} needs UTF-8, and the article is not UTF-8", _SAVE)


def _replaced(line: str, entry: _Entry, text: str, number: int) -> str:
    """Return a line with another value; quotes, blanks and comment stay."""
    key, value = entry
    if isinstance(value, yaml.CollectionStartEvent):
        raise UnsafeEditError(number, f"the value of {key.value!r} is a list or a mapping", "write one word or text")
    if not entry.on_one_line:  # as no block scalar is
        raise UnsafeEditError(number, f"the value of {key.value!r} is not on one line with its key", "write both on one line")
    start, end = value.start_mark.column, value.end_mark.column
    gap = " " if start == end else ""  # nothing stood behind the colon
    return f"{line[:start]}{gap}{_render(text, value.style or '')}{line[end:]}"


def _place(before: _Text, block: _Block, anchors: Iterable[str]) -> int:
    """Return the index of the line before which a new key goes: after the last of the anchors, else at the end."""
    at = max((block.entries[key].value.end_mark.line + 2 for key in anchors if block.entries[key].on_one_line), default=0)
    if at:
        return at
    at = before.end
    while at > 1 and not before.lines[at - 1].strip() and getattr(block.last, "style", None) not in ("|", ">"):
        at -= 1
    return at


def _render(text: str, style: str) -> str:
    """Return text as a YAML scalar in this style of quotes, or in double ones where plain text would say something else."""
    if style == "'":
        return "'" + text.replace("'", "''") + "'"
    if style == '"' or not _is_plain(text):
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return text


def _is_plain(text: str) -> bool:
    if _NOT_TEXT.fullmatch(text) and not _DATE.fullmatch(text):
        return False
    try:
        found = parse(f"key: {text}\n").value
    except YamlTextError:
        return False
    return bool(found == {"key": text})


def _with_front_matter(before: _Text, values: Mapping[str, str]) -> str:
    end = _LINE_END.search(before.lines[0]) if before.lines else None
    mark = "\ufeff" if before.text.startswith("\ufeff") else ""
    for key, text in values.items():
        _refuse_text(key, text, before)
    lines = ["---", *(f"{key}: {_render(text, chr(34) if ' ' in text else '')}" for key, text in values.items()), "---", ""]
    return mark + ((end and end[0]) or "\n").join(lines) + before.text.removeprefix(mark)


def _verify(before: _Text, out: bytes, wanted: Mapping[str, str]) -> None:
    """Refuse the edit unless it reads back as the same article with just these values in it; no edit is trusted."""
    line = min((before.line_of(key) for key in wanted if key in before.values), default=1)
    unsafe = UnsafeEditError(line, "an edit here would change more than its own lines", _ONE_A_LINE)
    try:
        after = _Text(out)
    except UnsafeEditError:
        raise unsafe from None
    kept = [key for key in after.values if key in before.values or key not in wanted]
    same = {key: value for key, value in before.values.items() if key not in wanted}
    if (
        kept != list(before.values)
        or {key: value for key, value in after.values.items() if key not in wanted} != same
        or {key: after.values.get(key) for key in wanted} != wanted
        or (before.has_front_matter and after.without(wanted) != before.without(wanted))
        or after.parts.body != before.parts.body
    ):
        raise unsafe


# ---------------------------------------------------------------------------------------------- several files


@dataclass(frozen=True)
class Stamp:
    """What to write into one article: our keys → text.

    `path` is relative to the root of the knowledge base, or absolute. `seen` is the `digest` of the bytes that were
    reviewed: an article that has changed since is not stamped.
    """

    path: Path
    values: Mapping[str, str]
    seen: str = ""


@dataclass(frozen=True)
class Plan:
    """What stamping would change, and what it refuses; nothing is written yet."""

    root: Path
    changes: tuple[Change, ...] = ()
    refusals: tuple[IncompleteError, ...] = ()

    def diff(self) -> str:
        """Return the changes as one unified diff, which `git apply` takes."""
        return "".join(line for change in self.changes for line in _diff(change))


def plan(config: Config, stamps: Iterable[Stamp], *, add_front_matter: bool = False, force: bool = False) -> Plan:
    """Work out what stamping changes; `force` stamps read-only files as well. It writes nothing and raises nothing."""
    changes: dict[str, Change] = {}
    refusals: list[IncompleteError] = []
    for stamp in stamps:
        try:
            change = _change(config, stamp, add_front_matter=add_front_matter, force=force)
            if change.name in changes:
                raise _refused(change.name, "it is to be stamped twice in one run", "name it once")
            changes[change.name] = change
        except IncompleteError as error:
            refusals.append(error)
    return Plan(config.root, tuple(one for one in changes.values() if one.before != one.after), tuple(refusals))


def apply(planned: Plan, *, keep_going: bool = False) -> tuple[str, ...]:
    """Write what was planned, all of it or nothing; return the paths that were written, and none where all was there.

    Args:
        planned: from `plan`.
        keep_going: leave out what is refused, and write the rest.

    Raises:
        IncompleteError: the first refusal; or a file has changed since it was planned, or the disk refuses. Nothing is written.
    """
    if planned.refusals and not keep_going:
        raise planned.refusals[0]
    write_all(planned.root, planned.changes)
    return tuple(change.name for change in planned.changes)


def _change(config: Config, stamp: Stamp, *, add_front_matter: bool, force: bool) -> Change:
    path = config.root / stamp.path
    name = path.relative_to(config.root).as_posix() if path.is_relative_to(config.root) else path.as_posix()
    try:
        if not locate(config.root, name).is_file():
            raise _refused(name, "there is no such file", "name an article")
        raw, writable = path.read_bytes(), path.stat().st_mode & 0o222
    except ValueError as error:
        raise _refused(name, str(error), "name the file itself") from None
    except OSError as error:
        raise _refused(name, f"the file cannot be read: {error.strerror}", "give kbtool the right to read it") from None
    if stamp.seen and stamp.seen != digest(raw):
        raise IncompleteError("the file was changed after it was reviewed", where=name, kind="changed-meanwhile",
                              hint="read it again, then run again")
    try:
        style = config.preset_.date_style
        out = stamped(raw, stamp.values, config.key_aliases, date_style=style, add_front_matter=add_front_matter)
    except UnsafeEditError as error:
        raise UnsafeEditError(error.line, error.message, error.hint, path=name) from None
    if out != raw and not writable and not force:
        raise IncompleteError("the file is read-only", where=name, kind="read-only", hint="make it writable, or say --force")
    return Change(name, raw, out)


def _refused(name: str, message: str, hint: str) -> IncompleteError:
    return IncompleteError(message, where=name, hint=hint, kind="cannot-edit-safely")


def _diff(change: Change) -> Iterator[str]:
    old, new = (
        re.findall(r"[^\n]*\n|[^\n]+", content.decode("utf-8", "backslashreplace")) for content in (change.before, change.after)
    )
    tab = "\t" if " " in change.name else ""  # as git ends such a name
    for line in difflib.unified_diff(old, new, f"a/{change.name}{tab}", f"b/{change.name}{tab}"):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


# ---------------------------------------------------------------------------------------------- rules of a review


def date_problem(day: dt.date, today: dt.date, present: dt.date | None = None) -> str:
    """Return why a review may not carry this day, or nothing: no review is made tomorrow, or before the one that is there."""
    if day > today:
        return f"{day} is after today, {today}"
    if present and day < present:
        return f"{day} is before the review that is there, {present}"
    return ""
