"""The embedded tracker: tickets kept in a YAML file of the knowledge base, `checks/tickets.yml`."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Literal

from kbtool.config import did_you_mean
from kbtool.errors import ConfigError
from kbtool.registers import read_yaml_file
from kbtool.tickets import Answer, Mention, Outcome, Ticket
from kbtool.yaml_text import Document

_KEYS = ("title", "state", "resolution", "closed_at", "reopened_at", "updated_at", "url", "confidential")
_DIGITS = re.compile(r"[0-9]+")


@dataclass(frozen=True)
class FileTracker:
    """Reads `KEY: {state: …}`, and title, resolution, closed_at, reopened_at, updated_at, url and confidential if there."""

    kind: ClassVar[str] = "file"

    path: Path
    name: str = field(default="checks/tickets.yml", metadata={"option": False})  #: how messages call the file

    def load(self) -> None:
        """Read the file; raises ConfigError with file and line when that cannot be done."""
        _ = self._tickets

    def key_of(self, reference: str) -> str | None:
        """Return the key if the file has the reference, a key or the `url` of a ticket; raises ConfigError as `load` does."""
        return self._names.get(reference)

    def mentions(self, text: str) -> Iterator[Mention]:
        """Yield where a text names tickets of the file in words of their own; raises ConfigError as `load` does."""
        pattern, beginnings = self._pattern
        if any(word in text for word in beginnings):
            for found in pattern.finditer(text):
                if found[0] in self._names:
                    yield Mention(found.start(), found.end(), self._names[found[0]])

    @cached_property
    def _names(self) -> dict[str, str]:
        """Return what tickets are called → their key."""
        urls = {ticket.url: key for key, ticket in self._tickets.items() if ticket.url}
        return urls | {key: key for key in self._tickets}

    @cached_property
    def _pattern(self) -> tuple[re.Pattern[str], tuple[str, ...]]:
        """Return what names look like, whatever their digits, and how they begin: most texts name none of them."""
        shapes = {_DIGITS.sub("0", name) for name in self._names}
        urls = {shape for shape in shapes if "://" in shape}
        pattern = rf"(?<![\w/#.@-])(?:{_any_of(shapes - urls)}(?![\w/#@-]|\.\w)|{_any_of(urls)}(?![\w%@-]|[./]\w))"
        return re.compile(pattern), tuple({_DIGITS.split(shape)[0] for shape in shapes})

    @property
    def mentions_depend_on(self) -> str:
        """Return what else than a text decides about its mentions: the names in the file."""
        return hashlib.sha256("\n".join(f"{name} {key}" for name, key in self._names.items()).encode()).hexdigest()

    def fetch(self, keys: Iterable[str]) -> Iterator[Answer]:
        """Yield an answer for each key; raises ConfigError as `load` does."""
        for key in dict.fromkeys(keys):
            ticket = self._tickets.get(key)
            yield Answer.found(ticket) if ticket else Answer(key, Outcome.MISSING)

    def changed(self, since: dt.datetime, keys: Iterable[str]) -> None:
        """Return None: a file is read as a whole."""
        del since, keys

    @cached_property
    def _tickets(self) -> dict[str, Ticket]:
        document = read_yaml_file(self.path, self.name)
        entries = document.value or {}
        if not isinstance(entries, dict):
            raise ConfigError("must map keys to tickets", where=f"{self.name}:1", hint="write `SUP-431: {state: open}`")
        return {key: self._ticket(key, entry, document) for key, entry in entries.items()}

    def _ticket(self, key: str, entry: Any, document: Document) -> Ticket:
        if not key.strip() or not isinstance(entry, dict):
            raise self._error(document, (key,), f"{key} must be a mapping" if key.strip() else "a ticket needs a key")
        for name in entry:
            if name not in _KEYS:
                raise self._error(document, (key, name), f"{key}: unknown key {name!r}{did_you_mean(name, _KEYS)}")
        ticket = Ticket(
            key=key, state=self._state(key, entry, document), resolution=self._text(key, "resolution", entry, document),
            closed_at=self._time(key, "closed_at", entry, document),
            reopened_at=self._time(key, "reopened_at", entry, document),
            updated_at=self._time(key, "updated_at", entry, document),
            title=self._text(key, "title", entry, document) or "", url=self._text(key, "url", entry, document) or "",
            confidential=self._confidential(key, entry, document),
        )
        if ticket.state == "open" and ticket.closed_at:
            raise self._error(document, (key, "closed_at"), f"{key} is open and has closed_at; write reopened_at in its place")
        return ticket

    def _text(self, key: str, name: str, entry: dict[str, Any], document: Document) -> str | None:
        value = entry.get(name)
        if value is None or isinstance(value, str):
            return value
        raise self._error(document, (key, name), f"{key}: {name} must be text")

    def _confidential(self, key: str, entry: dict[str, Any], document: Document) -> bool:
        value = str(entry.get("confidential") or "false").lower()
        if value in ("true", "false"):
            return value == "true"
        raise self._error(document, (key, "confidential"), f"{key}: confidential must be true or false")

    def _state(self, key: str, entry: dict[str, Any], document: Document) -> Literal["open", "closed"]:
        state = entry.get("state")
        if state == "open":
            return "open"
        if state == "closed":
            return "closed"
        raise self._error(document, (key, "state"), f"{key}: state must be open or closed")

    def _time(self, key: str, name: str, entry: dict[str, Any], document: Document) -> dt.datetime | None:
        text = self._text(key, name, entry, document)
        if text is None:
            return None
        try:
            moment = dt.datetime.fromisoformat(text)
            return (moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).astimezone(dt.UTC)
        except (ValueError, OverflowError):
            raise self._error(document, (key, name), f"{key}: {name} must be a time such as 2026-03-31T08:00:00Z") from None

    def _error(self, document: Document, path: tuple[str, ...], message: str) -> ConfigError:
        place = document.places.get(path) or document.places[path[:1]]
        return ConfigError(message, where=f"{self.name}:{place.line}")


def _any_of(shapes: Iterable[str]) -> str:
    """Return a pattern of texts in which a 0 stands for any number, the longest first; of none, one that nothing matches."""
    parts = [_DIGITS.sub(r"\\d+", re.escape(shape)) for shape in sorted(shapes, key=len, reverse=True)]
    return f"(?:{'|'.join(parts) or '(?!)'})"
