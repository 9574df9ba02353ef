"""The sync: what is asked, what is kept, what is said, and what a tracker that fails cannot spoil."""

from __future__ import annotations

import datetime as dt
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kbtool.evidence import Evidence
from kbtool.snapshot import Record, Snapshot, Source
from kbtool.testing import knowledge_base
from kbtool.ticket_sync import Sync, sync, wanted_keys
from kbtool.tickets import Answer, Mention, Outcome, Ticket

URL = "https://desk.example.com"
OPEN = {"state": "open"}


def day(number: int, hour: int = 12) -> dt.datetime:
    """Return a time in November 2026."""
    return dt.datetime(2026, 11, number, hour, tzinfo=dt.UTC)


def closed(number: int, **more: Any) -> dict[str, Any]:
    """Return a ticket that was closed on a day of November, and last changed then."""
    return {"state": "closed", "closed_at": day(number).isoformat(), "updated_at": day(number).isoformat(), **more}


@dataclass
class Site:
    """A knowledge base with one article, which names tickets, and its last snapshot."""

    root: Path
    config: str
    keys: list[str] = field(default_factory=lambda: ["SUP-1", "SUP-2", "SUP-3"])
    body: str = ""

    @property
    def path(self) -> Path:
        """Return where the snapshot is."""
        return self.root / ".kbtool/tickets.jsonl"

    def evidence(self) -> Evidence:
        """Gather the evidence."""
        text = f"---\ntitle: x\ntickets: {json.dumps(self.keys)}\n---\n{self.body}"
        return knowledge_base(self.root, {"content/a.md": text}, config=self.config)

    def sync(self, at: dt.datetime, **options: Any) -> Sync:
        """Ask, and write what a sync writes."""
        found = sync(self.evidence(), at, **options)
        self.path.parent.mkdir(exist_ok=True)
        self.path.write_bytes(found.snapshot.write())
        return found


@pytest.fixture
def site(tmp_path: Path, desk: Any) -> Site:
    """A knowledge base whose tracker `support` is of the kind `desk`."""
    return Site(tmp_path / "kb", desk.config(max_age="40 days"))


def known(snapshot: Snapshot, name: str = "support") -> dict[str, str]:
    """Return key → state or outcome, and the day on which that was confirmed."""
    return {
        key: f"{record.answer.ticket.state if record.answer.ticket else record.answer.outcome.value} {record.checked_at.day}"
        for (tracker, key), record in snapshot.records.items() if tracker == name
    }


# ---------------------------------------------------------------------------------------------- what is asked


def test_what_articles_name_is_asked_for_once(site: Site, desk: Any) -> None:
    """Keys of front matter, text, titles and code, each once and in order, are asked of the tracker that has their form."""
    site.keys, site.body = ["SUP-2", "SUP-10", "BUG-1", f"{URL}/SUP-9"], "SUP-3, SUP-2, `SUP-4` <!-- SUP-5 -->, xSUP-6\n"
    assert wanted_keys(site.evidence()) == {"support": {f"SUP-{number}" for number in (2, 3, 4, 5, 9, 10)}}
    site.sync(day(1))
    assert desk.asked() == [["fetch", "SUP-10", "SUP-2", "SUP-3", "SUP-4", "SUP-5", "SUP-9"]]


def test_a_full_sync(site: Site, desk: Any) -> None:
    """Every outcome is kept with the time of the sync; nothing of it is an error."""
    site.keys = [f"SUP-{number}" for number in range(1, 8)]
    outcomes = {f"SUP_{number}": {"outcome": word} for number, word in enumerate(("gone", "forbidden", "unreachable"), 3)}
    desk.answers(SUP_1=OPEN, SUP_2=closed(1), **outcomes, SUP_6={"outcome": "moved", "moved_to": "ELSE-1"})
    found = site.sync(day(2))
    assert known(found.snapshot) == {
        "SUP-1": "open 2", "SUP-2": "closed 2", "SUP-3": "gone 2", "SUP-4": "forbidden 2", "SUP-5": "unreachable 2", "SUP-6": "moved 2",
        "SUP-7": "missing 2",
    }
    assert found.snapshot.sources == {"support": Source("desk", URL, day(2))}
    one, = found.trackers
    assert (one.name, one.keys, one.confirmed, one.failure, one.notes, one.silent) == ("support", 7, 0, "", [], True)
    assert one.outcomes == Counter({outcome: 2 if outcome is Outcome.FOUND else 1 for outcome in Outcome})
    assert (found.exit_code(strict=False), found.exit_code(strict=True)) == (0, 3)


def test_nothing_to_ask_asks_nothing(site: Site, desk: Any) -> None:
    """A tracker of which no article names a ticket is not even connected to, whatever is wrong with its token."""
    site.keys = []
    desk.answers(raises="auth")
    found = site.sync(day(1))
    assert (desk.asked(), found.exit_code(strict=True)) == ([], 0)
    assert found.snapshot == Snapshot({"support": Source("desk", URL, day(1))}, {})


def test_a_file_is_not_asked(site: Site) -> None:
    """Trackers that are files are read by each run, so the snapshot has nothing of them."""
    evidence = knowledge_base(site.root, {"checks/tickets.yml": "SUP-1: {state: open}", "content/a.md": "SUP-1"})
    found = sync(evidence, day(1))
    assert (found.snapshot, found.trackers, found.changes) == (Snapshot(), (), ())


# ---------------------------------------------------------------------------------------------- what is asked again


def test_since_the_last_sync(site: Site, desk: Any) -> None:
    """The tracker tells what changed; the rest is confirmed unasked, and what is new is asked for."""
    desk.answers(SUP_1=OPEN, SUP_2=OPEN, SUP_3=OPEN)
    site.sync(day(1))
    desk.asked()
    site.keys = ["SUP-1", "SUP-2", "SUP-4"]
    desk.answers(SUP_1=OPEN, SUP_2=closed(4), SUP_4=OPEN, changed=["SUP-2", "SUP-99"])
    found = site.sync(day(5), since_last=True)
    assert desk.asked() == [["changed", "2026-11-01T11:55:00+00:00", "SUP-1", "SUP-2"], ["fetch", "SUP-2", "SUP-4"]]
    assert known(found.snapshot) == {"SUP-1": "open 5", "SUP-2": "closed 5", "SUP-4": "open 5"}
    assert (found.trackers[0].confirmed, found.trackers[0].keys, found.exit_code(strict=True)) == (1, 3, 0)


def test_what_was_not_known_then_is_asked_again(site: Site, desk: Any) -> None:
    """Only a ticket whose state was known is confirmed unasked: not one that was missing, forbidden, silent or moved."""
    site.keys = [f"SUP-{number}" for number in range(1, 7)]
    others = {f"SUP_{number}": {"outcome": word} for number, word in enumerate(("gone", "forbidden", "unreachable"), 2)}
    desk.answers(SUP_1=OPEN, **others, SUP_5={"outcome": "moved", "moved_to": "ELSE-1"}, changed=[])
    site.sync(day(1))
    desk.asked()
    site.sync(day(2), since_last=True)
    assert desk.asked() == [["changed", "2026-11-01T11:55:00+00:00", "SUP-1"], ["fetch", *site.keys[1:]]]


def test_since_a_day(site: Site, desk: Any) -> None:
    """A ticket that was confirmed before that day may have changed before it too, so it is asked for."""
    desk.answers(SUP_1=OPEN, SUP_2=OPEN, SUP_3=OPEN, changed=[])
    site.sync(day(1))
    desk.answers(SUP_1=OPEN, SUP_2=OPEN, SUP_3=OPEN, silent=["SUP-3"])
    site.sync(day(5))
    desk.answers(SUP_1=OPEN, SUP_2=OPEN, SUP_3=OPEN, changed=[])
    desk.asked()
    found = site.sync(day(6), since=day(3, 0))
    assert desk.asked() == [["changed", "2026-11-02T23:55:00+00:00", "SUP-1", "SUP-2"], ["fetch", "SUP-3"]]
    assert known(found.snapshot) == {"SUP-1": "open 6", "SUP-2": "open 6", "SUP-3": "open 6"}
    site.sync(day(7), since=day(7))
    assert desk.asked() == [["fetch", "SUP-1", "SUP-2", "SUP-3"]]


@pytest.mark.parametrize("options", [{"since_last": True}, {"since": day(20)}])
def test_a_snapshot_from_the_future_confirms_nothing(site: Site, desk: Any, options: dict[str, Any]) -> None:
    """Where a clock was wrong once, everything is asked for: what is said to be heard tomorrow was not heard."""
    desk.answers(SUP_1=OPEN, SUP_2=OPEN, SUP_3=OPEN, changed=[])
    site.sync(day(25))
    desk.answers(SUP_1=closed(2), SUP_2=OPEN, SUP_3=OPEN, changed=[])
    desk.asked()
    found = site.sync(day(22), **options)
    assert desk.asked() == [["fetch", "SUP-1", "SUP-2", "SUP-3"]]
    assert known(found.snapshot)["SUP-1"] == "closed 22"


def test_a_tracker_that_cannot_tell_what_changed(site: Site, desk: Any) -> None:
    """Then everything is asked for, and that is said."""
    desk.answers(SUP_1=OPEN)
    site.sync(day(1))
    desk.asked()
    found = site.sync(day(2), since_last=True)
    assert [question[0] for question in desk.asked()] == ["changed", "fetch"]
    assert found.trackers[0].notes == ["it cannot say in a few requests what has changed; everything was asked for"]
    assert found.exit_code(strict=True) == 0


def test_the_first_sync_since_the_last_is_a_full_one(site: Site, desk: Any) -> None:
    """Without a snapshot there is nothing that could have changed."""
    site.sync(day(1), since_last=True)
    assert desk.asked() == [["fetch", "SUP-1", "SUP-2", "SUP-3"]]


# ---------------------------------------------------------------------------------------------- what is kept


@pytest.mark.parametrize("silence", [{"silent": ["SUP-2"]}, {"SUP_2": {"outcome": "unreachable"}}, {"SUP_2": {"outcome": "forbidden"}}])
def test_partial_success(site: Site, desk: Any, silence: dict[str, Any]) -> None:
    """What is not answered stays as it was, with the time when it was; the rest is new; a strict sync says 3."""
    desk.answers(SUP_1=OPEN, SUP_2=closed(1), SUP_3=OPEN)
    site.sync(day(1))
    desk.answers(**{"SUP_1": closed(3), "SUP_3": OPEN, **silence})
    found = site.sync(day(4))
    assert known(found.snapshot) == {"SUP-1": "closed 4", "SUP-2": "closed 1", "SUP-3": "open 4"}
    assert (found.exit_code(strict=False), found.exit_code(strict=True)) == (0, 3)
    assert found.trackers[0].answers["SUP-2"].outcome in (Outcome.UNREACHABLE, Outcome.FORBIDDEN)


def test_total_silence(site: Site, desk: Any) -> None:
    """A tracker that answers nothing leaves everything as it was, so that all of it grows old."""
    desk.answers(SUP_1=OPEN, SUP_2=closed(1), SUP_3=OPEN)
    before = site.sync(day(1)).snapshot
    desk.answers(silent=site.keys)
    found = site.sync(day(4))
    assert found.snapshot == before
    assert [answer.reason for answer in found.trackers[0].answers.values()] == ["there was no answer"] * 3


def test_an_error_is_never_a_state(site: Site, desk: Any) -> None:
    """What a failed question leaves behind is no answer for the next run, and is asked for again."""
    desk.answers(SUP_1={"outcome": "unreachable", "reason": "status 500"}, SUP_2=OPEN, SUP_3=OPEN)
    site.sync(day(1))
    assert site.evidence().tickets.look_up("SUP-1").unknown == "support has not told of SUP-1: status 500"
    desk.answers(SUP_1=OPEN, changed=[])
    assert known(site.sync(day(2), since_last=True).snapshot)["SUP-1"] == "open 2"


def test_what_no_article_names_any_more_is_dropped(site: Site, desk: Any) -> None:
    """The snapshot has what articles name and nothing else, also of what a tracker volunteers."""
    desk.answers(SUP_1=OPEN, SUP_2=OPEN, SUP_3=OPEN)
    site.sync(day(1))
    site.keys = ["SUP-2"]
    desk.answers(SUP_1=OPEN, SUP_2=OPEN, SUP_8=OPEN, more=["SUP-1", "SUP-8"])
    assert known(site.sync(day(2)).snapshot) == {"SUP-2": "open 2"}


def test_titles(site: Site, desk: Any) -> None:
    """Only a public ticket of a public tracker has a title in the snapshot; one that stops being public loses it."""
    said = {"SUP_1": OPEN | {"title": "Seen by all"}, "SUP_2": OPEN | {"title": "Their secret", "confidential": True}, "SUP_3": closed(1, title="Done")}
    desk.answers(**said)
    site.sync(day(1))
    assert b"title" not in site.path.read_bytes()
    site.config = desk.config(public="true")
    snapshot = site.sync(day(2)).snapshot
    titles = {key: record.answer.ticket.title for (_, key), record in snapshot.records.items() if record.answer.ticket}
    assert titles == {"SUP-1": "Seen by all", "SUP-2": "", "SUP-3": "Done"}
    desk.answers(silent=site.keys)
    assert b"Seen by all" in site.sync(day(3)).snapshot.write()
    site.config = desk.config()
    for options in ({}, {"only": ["other"]}):
        assert b"title" not in sync(site.evidence(), day(4), **options).snapshot.write()


def test_another_address_starts_anew(site: Site, desk: Any) -> None:
    """What the tracker at the old address said is not that of the new one: not kept, not confirmed, no change of state."""
    desk.answers(SUP_1=OPEN, SUP_2=OPEN, SUP_3=OPEN)
    site.sync(day(1))
    site.config = desk.config(url="https://new.example.com")
    desk.answers(SUP_1=closed(1), silent=["SUP-2"], changed=[])
    desk.asked()
    found = site.sync(day(2), since_last=True)
    assert desk.asked() == [["fetch", "SUP-1", "SUP-2", "SUP-3"]]
    assert known(found.snapshot) == {"SUP-1": "closed 2", "SUP-2": "unreachable 2", "SUP-3": "missing 2"}
    assert [change.before for change in found.changes] == [None]


def test_a_tracker_that_is_gone_from_the_configuration_is_gone(site: Site, desk: Any) -> None:
    """Its tickets are nobody's."""
    desk.answers(SUP_1=OPEN, SUP_2=OPEN, SUP_3=OPEN)
    site.sync(day(1))
    site.config = desk.config("other")
    assert known(site.sync(day(2)).snapshot, "other") == {"SUP-1": "open 2", "SUP-2": "open 2", "SUP-3": "open 2"}
    assert known(site.sync(day(3)).snapshot) == {}


# ---------------------------------------------------------------------------------------------- moved, reopened


def test_a_moved_ticket_is_followed_once(site: Site, desk: Any) -> None:
    """It is asked for under its new key, in a second question; where that has moved as well, nobody runs after it."""
    site.keys = ["SUP-1", "SUP-2"]
    desk.answers(SUP_1={"outcome": "moved", "moved_to": "SUP-8"}, SUP_2={"outcome": "moved", "moved_to": "SUP-7"}, SUP_8=closed(1),
                 SUP_7={"outcome": "moved", "moved_to": "SUP-6"})
    found = site.sync(day(2))
    assert desk.asked() == [["fetch", "SUP-1", "SUP-2"], ["fetch", "SUP-7", "SUP-8"]]
    assert known(found.snapshot) == {"SUP-1": "moved 2", "SUP-2": "moved 2", "SUP-7": "moved 2", "SUP-8": "closed 2"}
    ticket = site.evidence().tickets.look_up("SUP-1").ticket
    assert ticket is not None
    assert (ticket.key, ticket.state) == ("SUP-1", "closed")


@pytest.mark.parametrize("to", ["SUP-1", "SUP-2", "ELSE-1", ""])
def test_what_has_moved_to_where_nobody_need_ask(site: Site, desk: Any, to: str) -> None:
    """In a circle, to what is asked for anyway, to another tracker, or nobody knows where: no second question."""
    desk.answers(SUP_1={"outcome": "moved", "moved_to": to}, SUP_2={"outcome": "moved", "moved_to": "SUP-1"})
    site.sync(day(1))
    assert len(desk.asked()) == 1


@pytest.mark.parametrize("silent", [["SUP-1"], ["SUP-8"], ["SUP-1", "SUP-8"]])
def test_where_a_moved_ticket_lives_stays_known(site: Site, desk: Any, silent: list[str]) -> None:
    """If one of both questions is not answered, the state of the ticket stays as it was."""
    site.keys = ["SUP-1"]
    desk.answers(SUP_1={"outcome": "moved", "moved_to": "SUP-8"}, SUP_8=closed(1))
    site.sync(day(1))
    desk.answers(SUP_1={"outcome": "moved", "moved_to": "SUP-8"}, SUP_8=closed(1), silent=silent)
    assert known(site.sync(day(2)).snapshot)["SUP-8"] == "closed 1"
    one = site.evidence().tickets.look_up("SUP-1")
    assert (one.unknown, one.moved_to, bool(one.ticket)) == ("", "SUP-8", True)


@pytest.mark.parametrize(
    ("before", "now", "reopened"),
    [
        (closed(1), OPEN | {"updated_at": day(4).isoformat()}, day(4)),
        (closed(1), OPEN, day(5)),
        (closed(1), OPEN | {"reopened_at": day(2).isoformat(), "updated_at": day(4).isoformat()}, day(2)),
        (OPEN, OPEN | {"updated_at": day(4).isoformat()}, None),
        (OPEN | {"reopened_at": day(1).isoformat()}, OPEN, day(1)),
        (closed(1), closed(4), None),
        ({"outcome": "missing"}, OPEN, None),
        ({"outcome": "unreachable"}, OPEN, None),
    ],
)
def test_two_syncs_see_a_reopening(site: Site, desk: Any, before: dict[str, Any], now: dict[str, Any], reopened: dt.datetime | None) -> None:
    """A ticket that was closed and is open was reopened: when its tracker says so, else when it last changed, else by now."""
    desk.answers(SUP_1=before)
    site.sync(day(3))
    desk.answers(SUP_1=now)
    for at in (day(5), day(6)):  # and the next sync still knows
        ticket = site.sync(at).snapshot.records["support", "SUP-1"].answer.ticket
        assert ticket is not None
        assert ticket.reopened_at == reopened


def test_changes_of_state_are_told(site: Site, desk: Any) -> None:
    """Which tickets were opened or closed since the last sync, and which were not known; nothing of those that are as they were."""
    desk.answers(SUP_1=OPEN, SUP_2=closed(1), SUP_3=OPEN)
    assert [(one.before, one.after.key) for one in site.sync(day(1)).changes] == [(None, "SUP-1"), (None, "SUP-2"), (None, "SUP-3")]
    desk.answers(SUP_1=closed(2), SUP_2=OPEN, SUP_3=OPEN | {"updated_at": day(2).isoformat()})
    changes = [(one.tracker, one.before.state, one.after.key, one.after.state) for one in site.sync(day(3)).changes if one.before]
    assert changes == [("support", "open", "SUP-1", "closed"), ("support", "closed", "SUP-2", "open")]


# ---------------------------------------------------------------------------------------------- trackers that fail


@pytest.mark.parametrize(
    ("raises", "failure"),
    [("auth", "it does not accept the credentials"), ("ZeroDivisionError", "its adapter broke: ZeroDivisionError"), ("SystemError", "its adapter broke: SystemError")],
)
def test_a_tracker_that_fails_spoils_nothing(site: Site, desk: Any, tmp_path: Path, raises: str, failure: str) -> None:
    """Refused credentials, or an adapter that raises anything: its part stays as it was, the others go on, and the exit code is 3."""
    other = type(desk)(tmp_path / "other")
    other.folder.mkdir()
    site.config += other.config("bugs", prefix="BUG", url="https://bugs.example.com")
    site.keys.append("BUG-1")
    desk.answers(SUP_1=OPEN, SUP_2=closed(1), SUP_3=OPEN)
    other.answers(BUG_1=OPEN)
    before = site.sync(day(1)).snapshot
    desk.answers(SUP_1=closed(2), raises=raises)
    other.answers(BUG_1=closed(2))
    found = site.sync(day(3))
    assert known(found.snapshot) == known(before) == {"SUP-1": "open 1", "SUP-2": "closed 1", "SUP-3": "open 1"}
    assert known(found.snapshot, "bugs") == {"BUG-1": "closed 3"}
    assert {one.name: one.failure for one in found.trackers} == {"support": failure, "bugs": ""}
    assert found.exit_code(strict=False) == 3
    assert b"abc" not in site.path.read_bytes()


def test_a_tracker_that_fails_at_first_has_no_part(site: Site, desk: Any) -> None:
    """Then nothing is known of it, which is not the same as no tickets."""
    desk.answers(raises="auth")
    assert site.sync(day(1)).snapshot == Snapshot()
    assert site.evidence().tickets.look_up("SUP-1").unknown == "the snapshot does not have SUP-1; run `kbtool tickets sync`"


def test_only_some_trackers(site: Site, desk: Any, tmp_path: Path) -> None:
    """The parts of the others stay as they are, unasked."""
    other = type(desk)(tmp_path / "other")
    other.folder.mkdir()
    other.answers()
    site.config += other.config("bugs", prefix="BUG", url="https://bugs.example.com")
    site.keys.append("BUG-1")
    desk.answers(SUP_1=OPEN)
    site.sync(day(1))
    desk.asked()
    found = site.sync(day(2), only=["bugs"])
    assert desk.asked() == []
    assert known(found.snapshot)["SUP-1"] == "open 1"
    assert known(found.snapshot, "bugs") == {"BUG-1": "missing 2"}
    assert [one.name for one in found.trackers] == ["bugs"]


@dataclass(frozen=True)
class Odd:
    """A stranger's tracker that answers what it is made with."""

    kind: ClassVar[str] = "odd"
    said: Callable[[list[str]], Iterable[Any]]
    change: Callable[[], Any] = lambda: None

    def key_of(self, reference: str) -> str | None:
        """Take anything for a key."""
        return reference

    def mentions(self, text: str) -> Iterator[Mention]:
        """Find nothing."""
        del text
        return iter(())

    def fetch(self, keys: Iterable[str]) -> Iterator[Any]:
        """Say it."""
        yield from self.said(list(keys))

    def changed(self, since: dt.datetime, keys: Iterable[str]) -> Any:
        """Say it."""
        del since, keys
        return self.change()


def odd(site: Site, **trackers: Odd) -> Sync:
    """Sync with these trackers in the places of those that the configuration has."""
    evidence = site.evidence()
    evidence.tickets.trackers.update(trackers)  # type: ignore[attr-defined]
    return sync(evidence, day(2), since_last=True)


def junk(answer: Callable[[str], Any]) -> Callable[[list[str]], Iterable[Any]]:
    """Return what answers each key in this way."""
    return lambda keys: map(answer, keys)


NAIVE = dt.datetime(2026, 11, 1)  # noqa: DTZ001 - it is what is wrong with it


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (lambda key: Answer(key, Outcome.FOUND), ""),
        (lambda key: Answer.found(Ticket(key, "done")), ""),
        (lambda key: Answer.found(Ticket(key, "open", closed_at=day(1))), ""),
        (lambda key: Answer.found(Ticket(key, "closed", closed_at=NAIVE)), ""),
        (lambda key: Answer.found(Ticket(key, "closed", updated_at=dt.datetime.max.replace(tzinfo=dt.timezone(-dt.timedelta(hours=3))))), ""),
        (lambda key: Answer.found(Ticket(key, "closed", resolution=["fixed"])), ""),
        (lambda _: Answer.found(Ticket("OTHER", "closed")), ""),
        (lambda _: None, "its adapter broke: AttributeError"),
        (lambda key: Ticket(key, "open"), "its adapter broke: AttributeError"),
    ],
)
def test_what_an_adapter_should_not_say(site: Site, answer: Any, failure: str) -> None:
    """An answer that contradicts itself is none: nothing is known, and the snapshot can be read."""
    found = odd(site, support=Odd(junk(answer)))
    assert found.trackers[0].failure == failure
    site.path.parent.mkdir(exist_ok=True)
    site.path.write_bytes(found.snapshot.write())
    assert isinstance(site.evidence().tickets.snapshot, Snapshot)
    assert {record.answer.outcome for record in found.snapshot.records.values()} == (set() if failure else {Outcome.UNREACHABLE})


@pytest.mark.parametrize("change", [lambda: 1 / 0, lambda: 3, lambda: {}["x"]])
def test_what_an_adapter_should_not_say_of_changes(site: Site, desk: Any, change: Any) -> None:
    """It is the adapter that broke."""
    desk.answers(SUP_1=OPEN)
    site.sync(day(1))
    site.path.write_bytes(site.path.read_bytes().replace(b'"desk"', b'"odd"').replace(URL.encode(), b""))
    found = odd(site, support=Odd(junk(lambda key: Answer(key, Outcome.MISSING)), change))
    assert found.trackers[0].failure.startswith("its adapter broke: ")
    assert known(found.snapshot)["SUP-1"] == "open 1"


def test_what_a_tracker_has_noticed_is_passed_on(site: Site) -> None:
    """Such as a clock that is wrong."""

    class Noticing(Odd):
        notes = ("its clock is 10 minutes behind",)

    found = odd(site, support=Noticing(junk(lambda key: Answer(key, Outcome.MISSING))))
    assert found.trackers[0].notes == ["its clock is 10 minutes behind"]


def test_trackers_are_asked_side_by_side(site: Site, desk: Any) -> None:
    """Each answers only when the other has been asked: one after the other, neither would."""
    meeting = threading.Barrier(2, timeout=60)

    def meet(keys: list[str]) -> Iterable[Answer]:
        meeting.wait()
        return [Answer(key, Outcome.MISSING) for key in keys]

    site.config += desk.config("bugs", prefix="BUG", url="https://bugs.example.com")
    site.keys.append("BUG-1")
    found = odd(site, support=Odd(meet), bugs=Odd(meet))
    assert [one.failure for one in found.trackers] == ["", ""]


def test_progress_is_told(site: Site, desk: Any) -> None:
    """Of each answer: the tracker, how many there are so far, how many keys it has."""
    seen: list[tuple[str, int, int]] = []
    desk.answers(SUP_1=OPEN)
    site.sync(day(1), progress=lambda *args: seen.append(args))
    assert {(name, total) for name, _, total in seen} == {("support", 3)}
    assert seen[-1] == ("support", 3, 3)
    assert [done for _, done, _ in seen] == sorted(done for _, done, _ in seen)


# ---------------------------------------------------------------------------------------------- over HTTP


@pytest.fixture
def network(tmp_path: Path, desk: Any, fault_server: Any, ticket_app: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A knowledge base whose tracker is on a real server, and the server's application."""
    monkeypatch.setenv("GENERIC_TOKEN", ticket_app({}).token)
    fault_server.app = ticket_app.usual(many=122)
    config = f'[tool.kbtool.trackers.support]\nkind = "generic"\nurl = "{fault_server.url}"\ntoken_env = "GENERIC_TOKEN"\nmax_age = "40 days"'
    return Site(tmp_path / "kb", config, ["T-1", "T-2", "T-3", "T-4", "T-5", "T-6", "T-7"]), fault_server


def test_a_real_server(network: Any) -> None:
    """Open, closed, moved, deleted, forbidden, missing and in a state that nobody knows, each told apart; titles stay there."""
    site, _ = network
    found = site.sync(day(2))
    assert known(found.snapshot) == {
        "T-1": "open 2", "T-2": "closed 2", "T-3": "moved 2", "T-4": "gone 2", "T-5": "forbidden 2", "T-6": "missing 2", "T-7": "unreachable 2",
    }
    assert b"Open" not in site.path.read_bytes()
    moved = site.evidence().tickets.look_up("T-3")
    assert (moved.moved_to, moved.ticket and moved.ticket.state) == ("T-2", "closed")


def test_few_requests(network: Any) -> None:
    """122 tickets, two of them missing, in at most 6 requests; and no more than the probe's where nothing has moved."""
    site, server = network
    site.keys = [f"T-{1001 + number}" for number in range(120)] + ["T-8", "T-9"]
    assert Counter(site.sync(day(2)).trackers[0].outcomes) == {Outcome.FOUND: 120, Outcome.MISSING: 2}
    assert len(server.requests) <= 6


def test_a_wrong_token_changes_nothing(network: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was known stays, and nothing that the server says of tickets to a stranger is believed."""
    site, _ = network
    before = site.sync(day(2)).snapshot
    monkeypatch.setenv("GENERIC_TOKEN", "another")
    found = site.sync(day(3))
    assert found.snapshot == before
    assert found.exit_code(strict=False) == 3
    assert "another" not in found.trackers[0].failure


# ---------------------------------------------------------------------------------------------- a law

STATES = st.sampled_from([OPEN, closed(1), closed(2), {"outcome": "unreachable"}, {"outcome": "forbidden"}, {"outcome": "missing"}, None])


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rounds=st.lists(st.tuples(st.dictionaries(st.sampled_from(["SUP_1", "SUP_2", "SUP_3"]), STATES), st.booleans()), min_size=1, max_size=5))
def test_the_snapshot_has_the_last_good_answer(site: Site, desk: Any, rounds: list[tuple[dict[str, Any], bool]]) -> None:
    """After any syncs, each ticket is as its tracker last told for certain, and dated by that; what failed changed nothing."""
    site.path.unlink(missing_ok=True)
    last: dict[str, str] = {}
    for number, (said, since_last) in enumerate(rounds, 1):
        desk.answers(**{key: value for key, value in said.items() if value}, silent=[key.replace("_", "-") for key in said if said[key] is None])
        snapshot = site.sync(day(number), since_last=since_last).snapshot
        for key in site.keys:
            answer = said.get(key.replace("-", "_"), {"outcome": "missing"})
            told = answer.get("state") or answer["outcome"] if answer else ""
            if told in ("open", "closed", "missing"):
                last[key] = f"{told} {number}"
        assert {key: value for key, value in known(snapshot).items() if key in last} == last
        assert {value.partition(" ")[0] for key, value in known(snapshot).items() if key not in last} <= {"unreachable", "forbidden"}


def test_records_of_the_old_snapshot_are_not_touched(site: Site, desk: Any) -> None:
    """A sync makes a new snapshot; the one that it began with is as it was."""
    desk.answers(SUP_1=OPEN)
    site.sync(day(1))
    evidence = site.evidence()
    old = evidence.tickets.snapshot
    assert isinstance(old, Snapshot)
    before = Snapshot(dict(old.sources), dict(old.records))
    desk.answers(SUP_1=closed(1))
    assert sync(evidence, day(2)).snapshot != before
    assert old == before
    assert isinstance(old.records["support", "SUP-1"], Record)
