"""YAML as text with positions: mappings, lists and strings, each with the line it stands on.

A YAML file is untrusted input. PyYAML's constructors raise more than `YAMLError`, its C composer crashes the process
on 30,000 nested brackets, and merge keys or aliases multiply without bound. So only the C parser's flat stream of
events is read here, and aliases, anchors, tags, deep nesting and double keys are refused. Scalars stay text: whoever
asks for a type (a date, a number) converts it, so that `no`, `1.10` or `2024-02-30` mean what their author typed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import yaml

MAX_DEPTH = 20
_TOO_DEEP = f"nested deeper than {MAX_DEPTH} levels"
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"[-+]?(0|[1-9]\d{0,17})")
_FLOAT = re.compile(r"[-+]?(\d{1,17}\.\d{0,17}|\.\d{1,17})")
_LINE_BREAKS = re.compile("[\x85\u2028\u2029]")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_QUOTE = 'quote the value: key: "text with: special characters"'
#: What stands before the place of a fault, with what PyYAML says of it, where it is the place that is wrong.
_MISPLACED = re.compile(r" *\|did not find expected .*| +[\w.-]+\|mapping values are not allowed.*")
_BRACKET = "close the bracket, and quote what holds a # or a bracket"
_HINTS = {
    "expected ',' or": _BRACKET, "expected node content": _BRACKET, "unexpected end of stream": "close the quote",
    "unknown escape": "use single quotes, or write each backslash twice",
}  #: part of what PyYAML says → what to do; for all else quotes help
# Only the parser, without the loaders' composers and constructors, which is also twice as fast.
_PARSER: Any = getattr(yaml.cyaml, "CParser", yaml.SafeLoader) if yaml.__with_libyaml__ else yaml.SafeLoader
_NODES = (yaml.ScalarEvent, yaml.MappingStartEvent, yaml.SequenceStartEvent, yaml.AliasEvent)

Key = tuple[str | int, ...]


class Plain(str):
    """A scalar written without quotes, so that `true` and `5` may also be read as what they look like."""

    __slots__ = ()


class Place(NamedTuple):
    """Where a key or list item stands: line and column of the file, both from 1."""

    line: int
    column: int = 1


@dataclass(slots=True)
class Document:
    """One parsed YAML document: its value and the place of every key and list item.

    `value` is a mapping, a list, a string or None, nested; `places` maps a path such as `("tickets", 0, "ref")`.
    """

    value: Any
    places: dict[Key, Place] = field(default_factory=dict)
    ended_early: bool = False  #: `...` closed the document before the text ended


class YamlTextError(ValueError):
    """The text cannot be read, at `line` (of the file, from 1) and `column`; `hint` says what to do."""

    def __init__(self, message: str, line: int, column: int = 1, hint: str = "") -> None:
        super().__init__(message)
        self.message, self.line, self.column, self.hint = message, line, column, hint


def parse(text: str, first_line: int = 1) -> Document:
    """Read one document of YAML; `first_line` is the line of the file on which `text` starts.

    Raises:
        YamlTextError: it is not YAML, or uses what kbtool refuses (see the module).
    """
    broken = _LINE_BREAKS.search(text)
    if broken:
        line = first_line + text.count("\n", 0, broken.start())
        raise YamlTextError("a Unicode line break that YAML readers disagree on", line, hint="use a normal line end")
    try:
        return _Reader(text, first_line).document()
    except yaml.MarkedYAMLError as error:
        raise _from_yaml(error, text, first_line) from None
    except yaml.reader.ReaderError as error:
        code_point = _code_point(error.character)
        before = text.partition(chr(code_point))[0]
        line, column = first_line + before.count("\n"), len(before) - before.rfind("\n")
        raise YamlTextError(f"the character U+{code_point:04X} is not allowed in YAML", line, column, "delete it") from None
    except (ValueError, AttributeError, IndexError, RecursionError, yaml.YAMLError) as error:
        if isinstance(error, YamlTextError):
            raise
        raise YamlTextError("it is not YAML", first_line) from None


def _code_point(character: int | str | bytes) -> int:
    # PyYAML's readers name the character as a number, a string or a byte.
    return character if isinstance(character, int) else ord(character)


def _from_yaml(error: yaml.MarkedYAMLError, text: str, first_line: int) -> YamlTextError:
    lines = text.rstrip("\n").split("\n")
    message = str(error.problem or error.context or "it is not YAML")
    if "nesting depth" in message:  # from 0.2.6 on, libyaml itself ends at 1,000 levels, before it tells of any
        message = _TOO_DEEP
    hint = next((hint for part, hint in _HINTS.items() if part in message), _QUOTE)
    mark: Any = error.problem_mark or error.context_mark
    if mark and error.context_mark and (hint == _BRACKET or mark.line >= len(lines)):  # what is still open is to blame
        mark = error.context_mark
    at = min(mark.line, len(lines) - 1) if mark else 0
    if lines[at].startswith("\t"):
        hint = "indent with spaces, not with tabs"
    elif mark and hint == _QUOTE and _MISPLACED.fullmatch(f"{lines[at][: mark.column]}|{message}"):
        hint = "indent it like what stands beside it"
    return YamlTextError(message, at + first_line, mark.column + 1 if mark else 1, hint)


class _Reader:
    """Builds a Document from the parser's events, without recursion into PyYAML's composer."""

    def __init__(self, text: str, first_line: int) -> None:
        self.next: Callable[[], Any] = _PARSER(text).get_event
        self.first_line = first_line
        self.places: dict[Key, Place] = {}

    def document(self) -> Document:
        """Read the one document of the stream."""
        value: Any = None
        ended_early = seen = False
        while (kind := type(event := self.next())) is not yaml.StreamEndEvent:
            if kind is yaml.DocumentStartEvent and seen:
                raise self._error("a second YAML document starts", event, "keep one block of front matter")
            seen = seen or kind is yaml.DocumentStartEvent
            if kind is yaml.DocumentEndEvent:
                ended_early = ended_early or event.explicit
            elif kind in _NODES:
                value = self._node(event, ())
        return Document(value, self.places, ended_early)

    def _node(self, event: Any, key: Key) -> Any:
        if event.anchor:  # an alias has one as well
            raise self._error("anchors and aliases (& and *) are not allowed", event, "quote the value, or repeat it")
        if event.tag:
            raise self._error(f"the tag {event.tag!r} is not allowed", event, "quote the value if it starts with !")
        kind = type(event)
        if kind is yaml.ScalarEvent:
            if event.style:  # quoted or block; the C parser says "" for a plain scalar, the Python one None
                if event.style == '"' and _CONTROL.search(event.value):
                    raise self._error("an escape stands for a control character", event, "delete it")
                return event.value
            return None if event.value in _NULLS else Plain(event.value)
        if len(key) >= MAX_DEPTH:
            raise self._error(_TOO_DEEP, event)
        return self._mapping(key) if kind is yaml.MappingStartEvent else self._sequence(key)

    def _mapping(self, key: Key) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while type(event := self.next()) is not yaml.MappingEndEvent:
            name = self._key(event)
            here = (*key, name)
            if name in found:
                first = self.places[here].line
                raise self._error(f"the key {name!r} is here twice, first on line {first}", event, "keep one of them")
            self.places[here] = self._place(event)
            found[name] = self._node(self.next(), here)
        return found

    def _key(self, event: Any) -> str:
        if type(event) is not yaml.ScalarEvent:
            raise self._error("a key must be plain text", event)
        if event.anchor or event.tag or (event.value == "<<" and not event.style):
            raise self._error("anchors, tags and merge keys (<<) are not allowed", event, "repeat the keys")
        return str(event.value)

    def _sequence(self, key: Key) -> list[Any]:
        found: list[Any] = []
        while type(event := self.next()) is not yaml.SequenceEndEvent:
            here = (*key, len(found))
            self.places[here] = self._place(event)
            found.append(self._node(event, here))
        return found

    def _place(self, event: Any) -> Place:
        mark = event.start_mark
        return Place(mark.line + self.first_line, mark.column + 1)

    def _error(self, message: str, event: Any, hint: str = "") -> YamlTextError:
        place = self._place(event)
        return YamlTextError(message, place.line, place.column, hint)


def natural(value: Any) -> Any:
    """Return the value with unquoted booleans and numbers as such (YAML 1.2's core schema, no octal, no infinity)."""
    if isinstance(value, dict):
        return {key: natural(item) for key, item in value.items()}
    if isinstance(value, list):
        return [natural(item) for item in value]
    if not isinstance(value, Plain):
        return value
    if value in _BOOLS:
        return _BOOLS[value]
    if _INT.fullmatch(value):
        return int(value)
    return float(value) if _FLOAT.fullmatch(value) else str(value)
