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

from kbtool.evidence import Evidence
from kbtool.snapshot import Record, Snapshot, Source
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
    tickets, old = evidence.tickets, evidence.tickets.snapshot
    old = old if isinstance(old, Snapshot) else Snapshot()
    wanted = wanted_keys(evidence)
    chosen = {name: keys for name, keys in wanted.items() if not only or name in only}
    jobs = []
    for name, keys in chosen.items():
        tracker = tickets.trackers[name]
        source, records = _own_part(old, name, tracker)
        begin = since or (source.synced_at if since_last and source else None)
        jobs.append(_Job(name, tracker, keys, records, begin))
    done = _side_by_side(jobs, progress)
    sources: dict[str, Source] = {}
    parts: dict[tuple[str, str], Record] = {}
    found: Mapping[str, Record]
    for name in wanted:
        if name in done and not done[name].result.failure:
            source, found = _brought_up(done[name], evidence, old, now)
        else:
            source, found = _own_part(old, name, tickets.trackers[name])
        if source is not None:
            sources[name] = source
            parts |= {(name, key): record for key, record in found.items()}
    new = Snapshot(sources, parts)
    return Sync(new, tuple(job.result for job in jobs), tuple(_changes(old, new)))


def _own_part(old: Snapshot, name: str, tracker: Tracker) -> tuple[Source | None, Mapping[str, Record]]:
    """Return what the last snapshot has of a tracker; of another address that had its name, nothing counts."""
    source = old.sources.get(name)
    if source is None or (source.kind, source.url) != (tracker.kind, getattr(tracker, "url", "")):
        return None, {}
    return source, {key: record for (tracker_name, key), record in old.records.items() if tracker_name == name}


class _Job:
    """The questions to one tracker, asked in a thread of its own, whose answers arrive in a queue."""

    def __init__(
        self, name: str, tracker: Tracker, keys: Iterable[str], records: Mapping[str, Record], since: dt.datetime | None
    ) -> None:
        self.tracker, self.records, self.since = tracker, records, since
        self.keys = sorted(keys)
        self.confirmed: set[str] = set()
        self.result = TrackerSync(name, len(self.keys))

    def run(self, told: Callable[[Answer], None]) -> None:
        """Ask for what is not confirmed; then once for what has moved, under its new key."""
        try:
            self.confirmed = self._unchanged()
            self.result.confirmed = len(self.confirmed)
            asked = [key for key in self.keys if key not in self.confirmed]
            for answer in self.tracker.fetch(asked):
                told(answer)
            moved = {self.tracker.key_of(one.moved_to) for one in self.result.answers.values() if one.moved_to}
            for answer in self.tracker.fetch(sorted(key for key in moved if key and key not in self.keys)):
                told(answer)
            for key in asked:
                if key not in self.result.answers:
                    told(Answer(key, Outcome.UNREACHABLE, reason="it has not answered"))
        except TrackerAuthError as error:
            self.result.failure = error.reason
        except Exception as error:  # noqa: BLE001 - a stranger's tracker may raise anything; its text may hold an address or a token
            self.result.failure = f"its adapter broke: {type(error).__name__}"

    def _unchanged(self) -> set[str]:
        """Return the keys whose last answer still holds, as the tracker says of all that it knows."""
        since = self.since
        if since is None:
            return set()
        known = {
            key for key in self.keys
            if (record := self.records.get(key)) and record.answer.ticket and not record.doubtful and record.checked_at >= since
        }
        changed = self.tracker.changed(since - _OVERLAP, sorted(known)) if known else set()
        if changed is None:
            self.result.notes.append("it cannot say in a few requests what has changed; everything was asked for")
            return set()
        return known - changed


def _side_by_side(jobs: Iterable[_Job], progress: Progress) -> dict[str, _Job]:
    """Run all jobs at the same time; return them by name when each has ended."""
    events: queue.SimpleQueue[tuple[_Job, Answer | None]] = queue.SimpleQueue()

    def work(job: _Job) -> None:
        def told(answer: Answer) -> None:
            job.result.answers[answer.key] = answer
            events.put((job, answer))

        job.run(told)
        events.put((job, None))

    by_name = {job.result.name: job for job in jobs}
    for job in by_name.values():  # daemons, so that whoever interrupts need not wait for a server
        threading.Thread(target=work, args=(job,), daemon=True).start()
    left = set(by_name)
    while left:
        job, answer = events.get()
        if answer is None:
            left.remove(job.result.name)
        progress(job.result.name, len(job.result.answers) + job.result.confirmed, job.result.keys)
    return by_name


def _brought_up(job: _Job, evidence: Evidence, old: Snapshot, now: dt.datetime) -> tuple[Source | None, dict[str, Record]]:
    """Return a tracker's part of the new snapshot."""
    name, answers = job.result.name, job.result.answers
    source, before = _own_part(old, name, job.tracker)
    table = evidence.config.trackers.get(name)
    public = table is not None and table.public
    found: dict[str, Record] = {key: replace(before[key], checked_at=now) for key in job.confirmed}
    for key, answer in answers.items():
        known = before.get(key)
        if answer.outcome in _CERTAIN:
            found[key] = Record(_kept(answer, known, now, public=public), now)
        elif known is not None and known.answer.outcome in _CERTAIN:
            found[key] = known
        else:
            found[key] = Record(answer, now)
    heard = job.confirmed or not answers or any(answer.outcome in _CERTAIN for answer in answers.values())
    if heard or source is None:
        source = Source(job.tracker.kind, getattr(job.tracker, "url", ""), now)
    return source, found


def _kept(answer: Answer, known: Record | None, now: dt.datetime, *, public: bool) -> Answer:
    """Return an answer as the snapshot keeps it: without a title that is nobody's business, and with the day of a reopening."""
    ticket = answer.ticket
    if ticket is None:
        return answer
    before = known.answer.ticket if known else None
    reopened = ticket.reopened_at
    if ticket.state == "open" and reopened is None and before is not None:
        reopened = (ticket.updated_at or now) if before.state == "closed" else before.reopened_at
    title = ticket.title if public and not ticket.confidential else ""
    return Answer.found(replace(ticket, title=title, reopened_at=reopened))


def _changes(old: Snapshot, new: Snapshot) -> Iterator[StateChange]:
    for place, record in sorted(new.records.items()):
        after = record.answer.ticket
        known = old.records.get(place)
        before = known.answer.ticket if known else None
        if after is not None and (before is None or before.state != after.state):
            yield StateChange(place[0], before, after)
