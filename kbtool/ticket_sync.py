"""The sync: asks the trackers for the tickets that articles name, side by side, and brings the snapshot up to date.

What a tracker has not answered stays as it was, with the time of its last good answer; a tracker that refuses the credentials
changes nothing of its part. Nothing is written here.
"""

from __future__ import annotations

import datetime as dt
import queue
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from kbtool.evidence import Evidence
from kbtool.snapshot import Record, Snapshot, Source, sound
from kbtool.tickets import Answer, Outcome, Ticket, Tracker, TrackerAuthError

_OVERLAP = dt.timedelta(minutes=5)  #: what a tracker's clock may be behind, and its index late
_CERTAIN = frozenset({Outcome.FOUND, Outcome.MOVED, Outcome.GONE, Outcome.MISSING})
Progress = Callable[[str, int, int], None]  #: tracker, answers so far, keys asked for


@dataclass(frozen=True, slots=True)
class StateChange:
    """A ticket whose state is another one than in the last snapshot; `before` is None for one that was not in it."""

    tracker: str
    before: Ticket | None
    after: Ticket


@dataclass
class TrackerSync:
    """What became of one tracker: how many keys it has, how many were confirmed unasked, its answers, and why it failed."""

    name: str
    keys: int = 0
    confirmed: int = 0
    answers: dict[str, Answer] = field(default_factory=dict)
    failure: str = ""
    notes: list[str] = field(default_factory=list)

    @property
    def outcomes(self) -> Counter[Outcome]:
        """Count the answers by outcome."""
        return Counter(answer.outcome for answer in self.answers.values())

    @property
    def silent(self) -> bool:
        """Return whether something was asked for and not answered."""
        return any(answer.outcome not in _CERTAIN for answer in self.answers.values())


@dataclass(frozen=True)
class Sync:
    """The new snapshot, what became of each tracker, and the tickets whose state has changed."""

    snapshot: Snapshot
    trackers: tuple[TrackerSync, ...]
    changes: tuple[StateChange, ...]

    def exit_code(self, *, strict: bool) -> int:
        """Return 3 where a tracker failed or, under `strict`, left something unanswered; else 0."""
        bad = any(one.failure or (strict and one.silent) for one in self.trackers)
        return 3 if bad else 0


def wanted_keys(evidence: Evidence) -> dict[str, set[str]]:
    """Return tracker → the keys that articles name, for those trackers of the configuration that are not files."""
    tickets = evidence.tickets
    found: dict[str, set[str]] = {name: set() for name, one in tickets.trackers.items() if one.kind != "file"}
    for article in evidence.articles:
        for named in tickets.named(article):
            if named.tracker in found:
                found[named.tracker].add(named.key)
    return found


def sync(  # noqa: PLR0913 - one keyword for each choice
    evidence: Evidence, now: dt.datetime, *, since: dt.datetime | None = None, since_last: bool = False, only: Iterable[str] = (),
    progress: Progress = lambda *_: None,
) -> Sync:
    """Ask the trackers, and return the new snapshot.

    Args:
        evidence: what articles name, the trackers, and the last snapshot.
        now: the moment of the sync.
        since: ask only for what changed since then, and for what was not known then.
        since_last: the same, since the last sync of each tracker.
        only: these trackers; the parts of the others stay as they are.
        progress: told of each answer.
    """
    trackers, old = evidence.tickets.trackers, evidence.tickets.snapshot
    wanted = wanted_keys(evidence)
    before = {name: _own_part(old if isinstance(old, Snapshot) else Snapshot(), name, trackers[name]) for name in wanted}
    jobs = {}
    for name, keys in wanted.items():
        if not only or name in only:
            begin = since or (before[name].synced_at if since_last else None)
            jobs[name] = _Job(name, trackers[name], keys, before[name].since(begin, now), begin)
    _side_by_side(jobs.values(), progress)
    new = Snapshot()
    for name, part in before.items():
        after = _brought_up(jobs[name], part, now) if name in jobs and not jobs[name].result.failure else part
        public = evidence.config.trackers[name].public
        new.records.update({(name, key): _shown(record, public=public) for key, record in after.records.items()})
        if after.source:
            new.sources[name] = after.source
    return Sync(new, tuple(job.result for job in jobs.values()), tuple(_changes(before, new)))


class _Part(NamedTuple):
    """A tracker's part of a snapshot."""

    source: Source | None = None
    records: Mapping[str, Record] = {}

    @property
    def synced_at(self) -> dt.datetime | None:
        """Return when the tracker was asked last."""
        return self.source.synced_at if self.source else None

    def since(self, begin: dt.datetime | None, now: dt.datetime) -> set[str]:
        """Return the keys of tickets that were known at a moment or later; what comes from the future is not known."""
        if begin is None:
            return set()
        return {key for key, record in self.records.items() if record.answer.ticket and begin <= record.checked_at <= now}


def _own_part(old: Snapshot, name: str, tracker: Tracker) -> _Part:
    """Return what the last snapshot has of a tracker; of another address that had its name, nothing counts."""
    source = old.sources.get(name)
    if source is None or not source.is_of(tracker):
        return _Part()
    return _Part(source, {key: record for (tracker_name, key), record in old.records.items() if tracker_name == name})


class _Job:
    """The questions to one tracker, asked in a thread of its own, whose answers arrive in a queue."""

    def __init__(self, name: str, tracker: Tracker, keys: set[str], known: set[str], since: dt.datetime | None) -> None:
        self.tracker, self.keys, self.since = tracker, keys, since
        self.known = known & keys
        self.confirmed: set[str] = set()
        self.result = TrackerSync(name, len(keys))

    def run(self, told: Callable[[Answer], None]) -> None:
        """Ask for what is not confirmed; then once for what has moved, under its new key."""
        try:
            self.confirmed = self._unchanged()
            self.result.confirmed = len(self.confirmed)
            self._ask(self.keys - self.confirmed, told)
            moved = {self.tracker.key_of(one.moved_to) for one in self.result.answers.values() if one.moved_to}
            self._ask({key for key in moved if key} - self.keys, told)
            self.result.notes += getattr(self.tracker, "notes", ())
        except TrackerAuthError as error:
            self.result.failure = error.reason
        except Exception as error:  # noqa: BLE001 - a stranger's tracker may raise anything; its text may hold an address or a token
            self.result.failure = f"its adapter broke: {type(error).__name__}"

    def _ask(self, keys: set[str], told: Callable[[Answer], None]) -> None:
        left = set(keys)
        for answer in self.tracker.fetch(sorted(keys)) if keys else ():
            if answer.key in keys:
                left.discard(answer.key)
                told(_understood(answer))
        for key in sorted(left):
            told(Answer(key, Outcome.UNREACHABLE, reason="there was no answer"))

    def _unchanged(self) -> set[str]:
        """Return the keys whose last answer still holds, as the tracker says of all that it knows."""
        if self.since is None or not self.known:
            return set()
        changed = self.tracker.changed(self.since - _OVERLAP, sorted(self.known))
        if changed is None:
            self.result.notes.append("it cannot say in a few requests what has changed; everything was asked for")
            return set()
        return self.known - changed


def _understood(answer: Answer) -> Answer:
    """Return an answer that can be kept: one that contradicts itself is none."""
    try:
        return sound(answer)
    except ValueError:
        return Answer(answer.key, Outcome.UNREACHABLE, reason="an answer that kbtool does not understand")


def _side_by_side(jobs: Iterable[_Job], progress: Progress) -> None:
    """Run all jobs at the same time, until each has ended."""
    events: queue.SimpleQueue[tuple[_Job, Answer | None]] = queue.SimpleQueue()

    def work(job: _Job) -> None:
        def told(answer: Answer) -> None:
            job.result.answers[answer.key] = answer
            events.put((job, answer))

        job.run(told)
        events.put((job, None))

    left = list(jobs)
    for job in left:  # daemons, so that whoever interrupts need not wait for a server
        threading.Thread(target=work, args=(job,), daemon=True).start()
    while left:
        job, answer = events.get()
        if answer is None:
            left.remove(job)
        progress(job.result.name, len(job.result.answers) + job.result.confirmed, job.result.keys)


def _brought_up(job: _Job, before: _Part, now: dt.datetime) -> _Part:
    """Return a tracker's part of the new snapshot; what it has not answered stays as it was."""
    answers, known = job.result.answers, before.records
    found = {key: replace(known[key], checked_at=now) for key in job.confirmed}
    for key, answer in answers.items():
        if answer.outcome in _CERTAIN:
            found[key] = Record(_reopened(answer, known.get(key), now), now)
        elif key in known and known[key].answer.outcome in _CERTAIN:
            found[key] = known[key]
        else:
            found[key] = Record(answer, now)
    for moved_to in {record.answer.moved_to for record in found.values()} - {""}:
        key = job.tracker.key_of(moved_to) or ""
        if key in known:
            found.setdefault(key, known[key])
    heard = job.confirmed or not answers or any(answer.outcome in _CERTAIN for answer in answers.values())
    source = before.source if before.source and not heard else Source.of(job.tracker, now)
    return _Part(source, found)


def _reopened(answer: Answer, known: Record | None, now: dt.datetime) -> Answer:
    """Return an answer with the time of a reopening that its tracker does not tell, and two syncs have seen."""
    ticket, before = answer.ticket, known.answer.ticket if known else None
    if ticket is None or before is None or ticket.state == "closed" or ticket.reopened_at:
        return answer
    reopened = (ticket.updated_at or now) if before.state == "closed" else before.reopened_at
    return Answer.found(replace(ticket, reopened_at=reopened))


def _shown(record: Record, *, public: bool) -> Record:
    """Return a record without a title that is nobody's business."""
    ticket = record.answer.ticket
    if ticket is None or not ticket.title or (public and not ticket.confidential):
        return record
    return replace(record, answer=Answer.found(replace(ticket, title="")))


def _changes(before: Mapping[str, _Part], new: Snapshot) -> Iterator[StateChange]:
    for (name, key), record in sorted(new.records.items(), key=lambda one: one[0]):
        after, known = record.answer.ticket, before[name].records.get(key)
        old = known.answer.ticket if known else None
        if after is not None and (old is None or old.state != after.state):
            yield StateChange(name, old, after)
