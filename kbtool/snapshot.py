"""The snapshot: what the trackers last said of the tickets that articles name, in one file of JSON Lines.

The first line is `{"snapshot": 1}`; then come the trackers, then the tickets, a line each, sorted. A ticket without a
`checked_at` of its own was confirmed by the last sync of its tracker, so a sync that finds nothing new changes one line, and
git merges two snapshots line by line. Where a merge has left several lines for one ticket, the one that its tracker changed
last stands; if that cannot be told, nothing is known of it. Confidential tickets, and all those of trackers that are not
public, have no title.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StrictBool, ValidationError

from kbtool.tickets import Answer, Outcome, Ticket, Tracker
from kbtool.validation import wrong

VERSION = 1
_FIRST = json.dumps({"snapshot": VERSION})
_CONFLICT = ("<<<<<<<", "|||||||", "=======", ">>>>>>>")
_MERGED = "a merge of snapshots has left two states of it; the next sync asks again"


class SnapshotError(Exception):
    """The file is no snapshot that can be used; the message names the line."""


@dataclass(frozen=True, slots=True)
class Source:
    """A tracker as it was when it was asked last: the address and kind that its tickets are from, and when."""

    kind: str
    url: str
    synced_at: dt.datetime

    @classmethod
    def of(cls, tracker: Tracker, synced_at: dt.datetime) -> Source:
        """Return what a tracker is now."""
        return cls(tracker.kind, str(getattr(tracker, "url", "")), synced_at)

    def is_of(self, tracker: Tracker) -> bool:
        """Return whether it is this tracker; what another address says under the same name is no evidence."""
        return self == Source.of(tracker, self.synced_at)


@dataclass(frozen=True, slots=True)
class Record:
    """The last good answer for a key, and when it was given."""

    answer: Answer
    checked_at: dt.datetime


@dataclass(frozen=True)
class Snapshot:
    """All of it: tracker's name → what it is; tracker's name and key → the answer."""

    sources: dict[str, Source] = field(default_factory=dict)
    records: dict[tuple[str, str], Record] = field(default_factory=dict)

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


def _utc(moment: dt.datetime) -> dt.datetime:
    try:
        return moment.astimezone(dt.UTC)
    except OverflowError:
        raise ValueError("there is no such time in UTC") from None


_Time = Annotated[AwareDatetime, AfterValidator(_utc)]


class _Source(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    tracker: str = Field(min_length=1)
    kind: str
    url: str = ""
    synced_at: _Time


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    tracker: str = Field(min_length=1)
    key: str = Field(min_length=1)
    outcome: Outcome = Outcome.FOUND
    state: Literal["open", "closed"] | None = None
    resolution: str | None = None
    closed_at: _Time | None = None
    reopened_at: _Time | None = None
    updated_at: _Time | None = None
    title: str = ""
    url: str = ""
    confidential: StrictBool = False
    moved_to: str = ""
    reason: str = ""
    checked_at: _Time | None = None

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


def sound(answer: Answer) -> Answer:
    """Return an answer as a snapshot will have it, times in UTC; raises ValueError where it contradicts itself."""
    ticket = answer.ticket
    times = (ticket.closed_at, ticket.reopened_at, ticket.updated_at) if ticket else ()
    if any(time is not None and time.tzinfo is None for time in times):
        raise ValueError("a time without its zone")
    line = _line({"tracker": "-", "key": answer.key, **_facts(answer)})
    return _Record.model_validate(json.loads(line)).answer()


def read(text: str) -> Snapshot:
    """Read a snapshot.

    Raises:
        SnapshotError: with the line, when it is torn, of another version, or was edited into something else.
    """
    *lines, rest = text.split("\n")
    if rest or not lines:
        raise SnapshotError(f"line {len(lines) + 1}: it ends in the middle of a line")
    if _parse(lines[0], 1) != {"snapshot": VERSION}:
        raise SnapshotError(f"line 1: it does not begin with {_FIRST}")
    sources: dict[str, Source] = {}
    found: list[tuple[_Record, Answer]] = []
    for number, line in enumerate(lines[1:], 2):
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
    if line.startswith(_CONFLICT):
        raise SnapshotError(f"line {number}: git has left a conflict there")
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
    return f"{'.'.join(map(str, first['loc']))}: {wrong(first)}"


def _add_source(sources: dict[str, Source], line: _Source) -> None:
    """Add a tracker; of two that a merge has left, what the older one confirms is certain, if they are of one address."""
    source = Source(line.kind, line.url, line.synced_at)
    other = sources.get(line.tracker, source)
    kind, url = (source.kind, source.url) if (source.kind, source.url) == (other.kind, other.url) else ("", "")
    sources[line.tracker] = Source(kind, url, min(source.synced_at, other.synced_at))


def _records(sources: Mapping[str, Source], found: Iterable[tuple[_Record, Answer]]) -> dict[tuple[str, str], Record]:
    """Return the tickets; those of a tracker that no line names are left out."""
    lines: dict[tuple[str, str], list[Record]] = {}
    for line, answer in found:
        if line.tracker in sources:
            checked_at = line.checked_at or sources[line.tracker].synced_at
            lines.setdefault((line.tracker, line.key), []).append(Record(answer, checked_at))
    return {place: _standing(records) for place, records in lines.items()}


def _standing(records: list[Record]) -> Record:
    """Return which of several lines for one ticket stands; where that cannot be told, that nothing is known."""
    changed = {record.answer: record.answer.ticket.updated_at if record.answer.ticket else None for record in records}
    last = list(changed)
    if len(last) > 1:
        times = [time for time in changed.values() if time is not None]
        last = [answer for answer, time in changed.items() if len(times) == len(changed) and time == max(times)]
    answer = last[0] if len(last) == 1 else Answer(records[0].answer.key, Outcome.UNREACHABLE, reason=_MERGED)
    confirming = [record.checked_at for record in records if record.answer == answer]
    return Record(answer, min(confirming or [record.checked_at for record in records]))


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
    """Return one line, without what is not there; half an emoji, as servers that cut titles send, becomes a question mark."""
    line = json.dumps({key: value for key, value in table.items() if value not in (None, "", False)}, ensure_ascii=False)
    return line.encode("utf-8", "replace").decode()


def _time(moment: dt.datetime | None) -> str | None:
    return _utc(moment).isoformat().replace("+00:00", "Z") if moment else None


def _natural(key: str) -> tuple[str, int, str, str]:
    """Return what sorts SUP-9 before SUP-10."""
    head = key.rstrip("0123456789")
    number = key[len(head) :].lstrip("0")
    return (head, len(number), number, key)
