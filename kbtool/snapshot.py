"""The snapshot: what the trackers last said of the tickets that articles name, in one file of JSON Lines.

The first line is `{"snapshot": 1}`; then come the trackers, then the tickets, a line each, sorted. A ticket without a
`checked_at` of its own was confirmed by the last sync of its tracker, so a sync that finds nothing new changes one line, and
git merges two snapshots line by line. Where a merge has left two lines for one ticket, the one that its tracker changed later
stands; if that cannot be told, nothing is known of it. Confidential tickets, and all those of trackers that are not public,
have no title.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from kbtool.tickets import Answer, Outcome, Ticket

VERSION = 1
_FIRST = json.dumps({"snapshot": VERSION})
_CONFLICT = ("<<<<<<<", "|||||||", "=======", ">>>>>>>")


class SnapshotError(Exception):
    """The file is no snapshot that can be used; the message names the line."""


@dataclass(frozen=True, slots=True)
class Source:
    """A tracker as it was when it was asked last: the address and kind that its tickets are from, and when."""

    kind: str
    url: str
    synced_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Record:
    """The last good answer for a key, and when it was given; `doubtful` where a merge has left two that differ."""

    answer: Answer
    checked_at: dt.datetime
    doubtful: bool = False


@dataclass(frozen=True)
class Snapshot:
    """All of it: tracker's name → what it is; tracker's name and key → the answer."""

    sources: Mapping[str, Source] = field(default_factory=dict)
    records: Mapping[tuple[str, str], Record] = field(default_factory=dict)

    def write(self) -> bytes:
        """Return the file."""
        lines = [_FIRST]
        for name, source in sorted(self.sources.items()):
            lines.append(_line({"tracker": name, "kind": source.kind, "url": source.url, "synced_at": _time(source.synced_at)}))
        for (name, key), record in sorted(self.records.items(), key=lambda one: (one[0][0], _natural(one[0][1]))):
            found = self.sources.get(name)
            own = None if found and found.synced_at == record.checked_at else _time(record.checked_at)
            lines.append(_line({"tracker": name, "key": key, **_facts(record.answer), "checked_at": own}))
        return ("\n".join(lines) + "\n").encode()


class _Source(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)

    tracker: str = Field(min_length=1)
    kind: str
    url: str
    synced_at: AwareDatetime


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)

    tracker: str = Field(min_length=1)
    key: str = Field(min_length=1)
    outcome: Outcome = Outcome.FOUND
    state: Literal["open", "closed"] | None = None
    resolution: str | None = None
    closed_at: AwareDatetime | None = None
    reopened_at: AwareDatetime | None = None
    updated_at: AwareDatetime | None = None
    title: str = ""
    url: str = ""
    confidential: bool = False
    moved_to: str = ""
    reason: str = ""
    checked_at: AwareDatetime | None = None

    def answer(self) -> Answer:
        """Return what the line says; raises ValueError where it contradicts itself."""
        if (self.outcome is Outcome.FOUND) != (self.state is not None) or (self.state == "open" and self.closed_at):
            raise ValueError("state, outcome and closed_at contradict each other")
        if self.state is None:
            return Answer(self.key, self.outcome, None, self.moved_to, self.reason)
        return Answer.found(Ticket(
            self.key, self.state, self.resolution, self.closed_at, self.updated_at, self.title, self.url, self.confidential,
            self.reopened_at,
        ))


def read(text: str) -> Snapshot:
    """Read a snapshot.

    Raises:
        SnapshotError: with the line, when it is torn, of another version, or was edited into something else.
    """
    lines = text.splitlines()
    if not lines or _parse(lines[0], 1) != {"snapshot": VERSION}:
        raise SnapshotError(f"line 1: it does not begin with {_FIRST}")
    if not text.endswith("\n"):
        raise SnapshotError(f"line {len(lines)}: it ends in the middle of a line")
    sources: dict[str, Source] = {}
    found: list[tuple[_Record, Answer]] = []
    for number, line in enumerate(lines[1:], 2):
        if line.startswith(_CONFLICT):
            raise SnapshotError(f"line {number}: git has left a conflict there")
        table = _parse(line, number)
        if table == {"snapshot": VERSION}:  # a merge of two that were both new
            continue
        try:
            if "key" in table:
                record = _Record.model_validate(table)
                found.append((record, record.answer()))
            else:
                _add_source(sources, _Source.model_validate(table))
        except (ValidationError, ValueError) as error:
            raise SnapshotError(f"line {number}: {_first(error)}") from None
    return Snapshot(sources, _records(sources, found))


def _parse(line: str, number: int) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        raise SnapshotError(f"line {number}: it is not JSON") from None
    if not isinstance(found, dict):
        raise SnapshotError(f"line {number}: it is not an object")
    return found


def _first(error: Exception) -> str:
    if not isinstance(error, ValidationError):
        return str(error)
    first = error.errors()[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['msg'].lower()}"


def _add_source(sources: dict[str, Source], line: _Source) -> None:
    """Add a tracker; of two that a merge has left, what the older one confirms is certain."""
    source = Source(line.kind, line.url, line.synced_at)
    other = sources.get(line.tracker, source)
    sources[line.tracker] = min(source, other, key=lambda one: one.synced_at)


def _records(sources: Mapping[str, Source], found: Iterable[tuple[_Record, Answer]]) -> dict[tuple[str, str], Record]:
    records: dict[tuple[str, str], Record] = {}
    for line, answer in found:
        source = sources.get(line.tracker)
        checked_at = line.checked_at or (source.synced_at if source else None)
        if source is None or checked_at is None:
            continue  # of a tracker that nobody knows
        record, place = Record(answer, checked_at), (line.tracker, line.key)
        records[place] = _later(records[place], record) if place in records else record
    return records


def _later(one: Record, other: Record) -> Record:
    """Return which of two lines for one ticket stands."""
    if one.answer == other.answer:
        return min(one, other, key=lambda record: record.checked_at)
    changes = [record.answer.ticket.updated_at if record.answer.ticket else None for record in (one, other)]
    if None in changes or changes[0] == changes[1]:
        return replace(one, doubtful=True)
    return max(one, other, key=lambda record: str(record.answer.ticket and record.answer.ticket.updated_at))


def _facts(answer: Answer) -> dict[str, Any]:
    ticket = answer.ticket
    if ticket is None:
        return {"outcome": answer.outcome.value, "moved_to": answer.moved_to, "reason": answer.reason}
    return {
        "state": ticket.state, "resolution": ticket.resolution, "closed_at": _time(ticket.closed_at),
        "reopened_at": _time(ticket.reopened_at), "updated_at": _time(ticket.updated_at), "title": ticket.title,
        "url": ticket.url, "confidential": ticket.confidential,
    }


def _line(table: Mapping[str, Any]) -> str:
    """Return one line, without what is not there."""
    return json.dumps({key: value for key, value in table.items() if value not in (None, "", False)}, ensure_ascii=False)


def _time(moment: dt.datetime | None) -> str | None:
    return moment.astimezone(dt.UTC).isoformat().replace("+00:00", "Z") if moment else None


def _natural(key: str) -> tuple[str, int, str]:
    """Return what sorts SUP-9 before SUP-10."""
    head = key.rstrip("0123456789")
    return (head, int(key[len(head) :] or 0), key)
