"""The snapshot: what is written is read back, what is damaged is refused with its line, and git merges it."""

from __future__ import annotations

import contextlib
import datetime as dt
import itertools
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbtool.snapshot import Record, Snapshot, SnapshotError, Source, read, sound
from kbtool.testing import Repository, history
from kbtool.tickets import Answer, Outcome, Ticket

FIRST = '{"snapshot": 1}\n'
URL = "https://support.example.com"
NOON = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
SOURCE = f'{{"tracker": "support", "kind": "rt", "url": "{URL}", "synced_at": "2026-11-22T12:00:00Z"}}\n'


def day(number: int, hour: int = 12) -> dt.datetime:
    """Return a time in November 2026."""
    return dt.datetime(2026, 11, number, hour, tzinfo=dt.UTC)


def found(key: str, state: Any = "open", at: dt.datetime = NOON, **more: Any) -> Record:
    """Return a record of a ticket."""
    return Record(Answer.found(Ticket(key, state, **more)), at)


def made(*records: Record, at: dt.datetime = NOON, url: str = URL, name: str = "support") -> Snapshot:
    """Return a snapshot of one tracker."""
    return Snapshot({name: Source("rt", url, at)}, {(name, record.answer.key): record for record in records})


# ---------------------------------------------------------------------------------------------- what is written

TIMES = st.datetimes(dt.datetime(1, 1, 2), dt.datetime(9999, 12, 30)).flatmap(  # noqa: DTZ001 - the zone comes next
    lambda time: st.integers(-1439, 1439).map(lambda minutes: time.replace(tzinfo=dt.timezone(dt.timedelta(minutes=minutes)))))
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.sampled_from(["SUP-9", "SUP-10", "a b", "\u2028", "\x85", "\x0c", '"', "\\", "{}", "ä#1"])
KEYS = TEXT.filter(bool)
TICKETS = st.builds(
    Ticket, KEYS, st.just("closed"), st.none() | KEYS, st.none() | TIMES, st.none() | TIMES, TEXT, TEXT, st.booleans(), st.none() | TIMES,
) | st.builds(Ticket, KEYS, st.just("open"), st.none() | KEYS, st.none(), st.none() | TIMES, TEXT, TEXT, st.booleans(), st.none() | TIMES)
ANSWERS = TICKETS.map(Answer.found) | st.builds(
    Answer, KEYS, st.sampled_from([one for one in Outcome if one is not Outcome.FOUND]), st.none(), TEXT, TEXT)


@given(st.data())
def test_what_is_written_is_read_back(data: st.DataObject) -> None:
    """Any trackers and answers come back the same, one line each; times are in UTC, and writing twice gives the same bytes."""
    sources = data.draw(st.dictionaries(KEYS, st.builds(Source, KEYS, TEXT, TIMES), max_size=2))
    pairs = data.draw(st.lists(st.tuples(ANSWERS, TIMES), max_size=4)) if sources else []
    snapshot = Snapshot(sources, {(name, answer.key): Record(answer, at) for name in sources for answer, at in pairs})
    written = snapshot.write()
    again = read(written.decode("utf-8"))
    assert again == snapshot
    assert again.write() == written
    assert written.count(b"\n") == 1 + len(snapshot.sources) + len(snapshot.records)
    assert {record.checked_at.tzinfo for record in again.records.values()} <= {dt.UTC}


def test_the_file_is_as_it_is() -> None:
    """Trackers come first, then tickets in the order that people count in; what is not there is left out."""
    records = [
        found("SUP-10", "closed", resolution="fixed", closed_at=day(20), updated_at=day(21), url=f"{URL}/10", title="Ä", confidential=False),
        found("SUP-9", at=day(21), reopened_at=day(19)), found("SUP-009", confidential=True), found("ABC-11"),
        Record(Answer("SUP-11", Outcome.MOVED, None, "ABC-11"), NOON), Record(Answer("SUP-x", Outcome.FORBIDDEN, reason="no"), NOON),
    ]
    one, other = made(*records), made(name="bugs", url="")
    assert Snapshot({**one.sources, **other.sources}, {**one.records, **other.records}).write().decode() == FIRST + (
        '{"tracker": "bugs", "kind": "rt", "synced_at": "2026-11-22T12:00:00Z"}\n'
        f'{SOURCE}'
        '{"tracker": "support", "key": "ABC-11", "state": "open"}\n'
        '{"tracker": "support", "key": "SUP-009", "state": "open", "confidential": true}\n'
        '{"tracker": "support", "key": "SUP-9", "state": "open", "reopened_at": "2026-11-19T12:00:00Z", "checked_at": "2026-11-21T12:00:00Z"}\n'
        '{"tracker": "support", "key": "SUP-10", "state": "closed", "resolution": "fixed", "closed_at": "2026-11-20T12:00:00Z", '
        f'"updated_at": "2026-11-21T12:00:00Z", "title": "Ä", "url": "{URL}/10"}}\n'
        '{"tracker": "support", "key": "SUP-11", "outcome": "moved", "moved_to": "ABC-11"}\n'
        '{"tracker": "support", "key": "SUP-x", "outcome": "forbidden", "reason": "no"}\n'
    )


def test_numbers_of_any_length_are_sorted() -> None:
    """A key that ends with more digits than Python makes a number of is sorted like any other."""
    keys = ["9", "1" * 5000, "10", "00010", "#2"]
    written = made(*map(found, keys)).write().decode()
    assert [json.loads(line)["key"] for line in written.splitlines()[2:]] == ["9", "00010", "10", "1" * 5000, "#2"]


def test_a_sync_that_finds_nothing_new_changes_one_line() -> None:
    """What was confirmed by the last sync has no time of its own, so only the tracker's line differs."""
    before = made(*(found(f"SUP-{number}", at=day(21)) for number in range(5)), at=day(21)).write().decode().splitlines()
    after = made(*(found(f"SUP-{number}", at=day(22)) for number in range(5)), at=day(22)).write().decode().splitlines()
    assert [pair for pair in zip(before, after, strict=True) if pair[0] != pair[1]] == [(SOURCE.replace("22T", "21T").strip(), SOURCE.strip())]


# ---------------------------------------------------------------------------------------------- what is refused

CLOSED = '{"tracker": "support", "key": "SUP-1", "state": "closed", "closed_at": "2026-11-20T12:00:00Z"}\n'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "line 1: it ends in the middle of a line"),
        ("\n", "line 1: it is not JSON"),
        ("tickets\n", "line 1: it is not JSON"),
        ("[]\n", "line 1: it is not an object"),
        ('{"snapshot": 2}\n', 'line 1: it does not begin with {"snapshot": 1}'),
        (SOURCE, 'line 1: it does not begin with {"snapshot": 1}'),
        (FIRST[:-1], "line 1: it ends in the middle of a line"),
        (FIRST + SOURCE + CLOSED[:-1], "line 3: it ends in the middle of a line"),
        (FIRST + SOURCE + CLOSED[:30], "line 3: it ends in the middle of a line"),
        (FIRST + SOURCE[:40] + "\n" + CLOSED, "line 2: it is not JSON"),
        (FIRST + SOURCE + "\0\0\0\n", "line 3: it is not JSON"),
        (FIRST + SOURCE + "\n" + CLOSED, "line 3: it is not JSON"),
        (FIRST + SOURCE + '"SUP-1"\n', "line 3: it is not an object"),
        (FIRST + SOURCE + "[" * 100_000 + "\n", "line 3: it is not JSON"),
        (FIRST + SOURCE + '{"tracker": "support", "key": "SUP-1", "state": "open", "n": ' + "1" * 5000 + "}\n", "line 3: it is not JSON"),
        (FIRST + "<<<<<<< HEAD\n" + SOURCE, "line 2: git has left a conflict there"),
        ("<<<<<<< HEAD\n" + FIRST, "line 1: git has left a conflict there"),
        (FIRST + SOURCE + "=======\n", "line 3: git has left a conflict there"),
        (FIRST + SOURCE + CLOSED + ">>>>>>> other\n", "line 4: git has left a conflict there"),
        (FIRST + SOURCE + CLOSED.replace("closed", "resolved", 1), "line 3: state: "),
        (FIRST + SOURCE + CLOSED.replace('"closed"', "null"), "line 3: state, outcome and closed_at contradict each other"),
        (FIRST + SOURCE + CLOSED.replace('"closed"', '"open"'), "line 3: state, outcome and closed_at contradict each other"),
        (FIRST + SOURCE + '{"tracker": "support", "key": "SUP-1"}\n', "line 3: state, outcome and closed_at contradict each other"),
        (FIRST + SOURCE + '{"tracker": "support", "key": "SUP-1", "outcome": "missing", "state": "open"}\n', "line 3: state, outcome"),
        (FIRST + SOURCE + '{"tracker": "support", "key": "SUP-1", "outcome": "fixed"}\n', "line 3: outcome: "),
        (FIRST + SOURCE + CLOSED.replace("2026-11-20T12:00:00Z", "yesterday"), "line 3: closed_at: "),
        (FIRST + SOURCE + CLOSED.replace("20T12:00:00Z", "20T12:00:00"), "line 3: closed_at: "),
        (FIRST + SOURCE + CLOSED.replace("2026-11-20T12:00:00Z", "9999-12-31T23:00:00-10:00"), "line 3: closed_at: there is no such time in UTC"),
        (FIRST + SOURCE + CLOSED.replace("SUP-1", ""), "line 3: key: "),
        (FIRST + SOURCE + CLOSED.replace('"SUP-1"', "1"), "line 3: key: "),
        (FIRST + SOURCE + CLOSED.replace("}", ', "confidential": "no"}'), "line 3: confidential: "),
        (FIRST + SOURCE + CLOSED.replace("}", ', "colour": "red"}'), "line 3: colour: "),
        (FIRST + SOURCE.replace("synced_at", "asked_at"), "line 2: synced_at: "),
        (FIRST + SOURCE.replace("2026-11-22T12:00:00Z", "2026-11-22"), "line 2: synced_at: "),
        (FIRST + SOURCE.replace('"support"', '""'), "line 2: tracker: "),
    ],
)
def test_what_is_damaged_is_refused_with_its_line(text: str, words: str) -> None:
    """Torn, of another version, in conflict or edited into something else: nothing of it is used, and the line is named."""
    with pytest.raises(SnapshotError, match=re.escape(words)) as caught:
        read(text)
    assert "\n" not in str(caught.value)


@given(st.binary(max_size=60), st.integers(0, 400))
def test_no_bytes_are_anything_but_read_or_refused(junk: bytes, at: int) -> None:
    """Whatever is written into the file, it is a snapshot or a SnapshotError, and never another error."""
    text = made(found("SUP-1", "closed", closed_at=day(20)), found("SUP-2")).write()
    with contextlib.suppress(SnapshotError):
        read((text[:at] + junk + text[at:]).decode("utf-8", "replace"))


def test_a_ticket_of_a_tracker_that_no_line_names_is_left_out() -> None:
    """Without a word of when its tracker was asked, a ticket is no evidence; nor is one from another file's tracker."""
    assert read(FIRST + CLOSED) == Snapshot()
    assert read(FIRST + SOURCE + CLOSED.replace("support", "other")).records == {}


# ---------------------------------------------------------------------------------------------- merges


def lines(*records: Record) -> list[str]:
    """Return the lines of some records, each with its own time."""
    return [line for one in records for line in made(one, at=day(1)).write().decode().splitlines()[2:]]


OPEN, SHUT = found("SUP-1", updated_at=day(10), at=day(11)), found("SUP-1", "closed", closed_at=day(12), updated_at=day(12), at=day(13))
AGAIN = found("SUP-1", reopened_at=day(14), updated_at=day(14), at=day(15))
UNDATED, GONE = found("SUP-1", "closed", closed_at=day(12), at=day(16)), Record(Answer("SUP-1", Outcome.GONE), day(17))
TWIN = found("SUP-1", "closed", closed_at=day(9), updated_at=day(12), at=day(14))
MERGED = Answer("SUP-1", Outcome.UNREACHABLE, reason="a merge of snapshots has left two states of it; the next sync asks again")


@pytest.mark.parametrize(
    ("records", "stands"),
    [
        ([OPEN], OPEN),
        ([OPEN, SHUT], SHUT),
        ([OPEN, SHUT, AGAIN], AGAIN),
        ([SHUT, Record(SHUT.answer, day(20))], SHUT),
        ([OPEN, SHUT, Record(SHUT.answer, day(20))], SHUT),
        ([OPEN, UNDATED], Record(MERGED, day(11))),
        ([SHUT, GONE], Record(MERGED, day(13))),
        ([OPEN, GONE, OPEN], Record(MERGED, day(11))),
        ([SHUT, TWIN], Record(MERGED, day(13))),
        ([OPEN, SHUT, TWIN], Record(MERGED, day(11))),
        ([SHUT, TWIN, AGAIN], AGAIN),
        ([GONE, Record(GONE.answer, day(19))], GONE),
    ],
)
def test_which_of_several_lines_for_a_ticket_stands(records: list[Record], stands: Record) -> None:
    """The one that its tracker changed last, confirmed when it first was; if that cannot be told, nothing is known. No order counts."""
    for some in itertools.permutations(records):
        text = FIRST + SOURCE + "".join(f"{line}\n" for line in lines(*some))
        assert read(text).records == {("support", "SUP-1"): stands}


def test_later_is_told_by_the_clock_and_not_by_letters() -> None:
    """Times with other offsets, as a hand may write them, are compared as times."""
    texts = ['"state": "open", "updated_at": "2026-11-12T23:30:00-05:00"', '"state": "closed", "updated_at": "2026-11-13T01:00:00+01:00"']
    text = FIRST + SOURCE + "".join(f'{{"tracker": "support", "key": "SUP-1", {one}}}\n' for one in texts)
    answer = read(text).records["support", "SUP-1"].answer
    assert answer.ticket is not None
    assert answer.ticket.state == "open"


def test_of_two_syncs_of_one_tracker_the_older_confirms() -> None:
    """A ticket without a time of its own was certainly seen by the older of the two."""
    other = SOURCE.replace("22T12", "20T12")
    for some in ((SOURCE, other), (other, SOURCE)):
        snapshot = read(FIRST + "".join(some) + CLOSED)
        assert snapshot.sources == {"support": Source("rt", URL, day(20))}
        assert snapshot.records["support", "SUP-1"].checked_at == day(20)


def test_two_addresses_of_one_tracker_are_no_evidence() -> None:
    """Where branches knew a tracker under different addresses, nobody can tell whose tickets are in the file."""
    other = SOURCE.replace("support.example.com", "old.example.com")
    source = read(FIRST + SOURCE + other + SOURCE + CLOSED).sources["support"]
    assert source == Source("", "", NOON)


def synced(repo: Repository, *records: Record, at: dt.datetime) -> None:
    """Commit what a sync on this branch has written."""
    repo.commit({"checks/tickets.jsonl": made(*records, at=at).write()}, on=at.isoformat())


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    """A repository with a committed snapshot of nine open tickets."""
    repo = history(tmp_path / "repo")
    repo.commit({".gitattributes": "checks/tickets.jsonl merge=union\n"}, on="2026-11-01")
    synced(repo, *(found(f"SUP-{number}", at=day(2), updated_at=day(1)) for number in range(1, 10)), at=day(2))
    return repo


def open_but(at: dt.datetime, **closed: Record) -> list[Record]:
    """Return nine tickets, all open but for some."""
    return [closed.get(f"n{number}", found(f"SUP-{number}", at=at, updated_at=day(1))) for number in range(1, 10)]


def test_git_merges_two_syncs(repo: Repository) -> None:
    """Two branches that both synced merge without a conflict, and what each has found is known, as of the older sync."""
    repo.branch("one")
    shut = found("SUP-2", "closed", at=day(4), closed_at=day(3), updated_at=day(3))
    synced(repo, *open_but(day(4), n2=shut), found("SUP-30", at=day(4)), at=day(4))
    repo.branch("other", at="main")
    gone = found("SUP-8", "closed", at=day(6), closed_at=day(5), updated_at=day(5))
    synced(repo, *open_but(day(6), n8=gone), at=day(6))
    repo.merge("one")
    snapshot = read((repo.folder / "checks/tickets.jsonl").read_text("utf-8"))
    states = {key: record.answer.ticket.state for (_, key), record in snapshot.records.items() if record.answer.ticket}
    assert {key for key, state in states.items() if state == "closed"} == {"SUP-2", "SUP-8"}
    assert states.keys() == {*(f"SUP-{number}" for number in range(1, 10)), "SUP-30"}
    assert {record.checked_at for record in snapshot.records.values()} == {day(4)}


def test_git_merges_two_syncs_that_differ_about_one_ticket(repo: Repository) -> None:
    """Where both branches saw another state of one ticket, the one that its tracker changed last stands."""
    repo.branch("one")
    synced(repo, *open_but(day(4), n1=found("SUP-1", "closed", at=day(4), closed_at=day(3), updated_at=day(3))), at=day(4))
    repo.branch("other", at="main")
    synced(repo, *open_but(day(6), n1=found("SUP-1", at=day(6), reopened_at=day(5), updated_at=day(5))), at=day(6))
    repo.merge("one")
    text = (repo.folder / "checks/tickets.jsonl").read_text("utf-8")
    assert text.count('"SUP-1"') == 2
    ticket = read(text).records["support", "SUP-1"].answer.ticket
    assert ticket is not None
    assert (ticket.state, ticket.reopened_at) == ("open", day(5))


def test_without_the_attribute_the_conflict_is_named(repo: Repository) -> None:
    """A file that git could not merge is refused with the line where the conflict begins."""
    repo.commit({".gitattributes": None})
    repo.branch("one")
    synced(repo, *open_but(day(4)), at=day(4))
    repo.branch("other", at="main")
    synced(repo, *open_but(day(6)), at=day(6))
    repo.git("merge", "-q", "--no-ff", "one", fails=True)
    with pytest.raises(SnapshotError, match="line 2: git has left a conflict there"):
        read((repo.folder / "checks/tickets.jsonl").read_text("utf-8"))


# ---------------------------------------------------------------------------------------------- answers and trackers


@pytest.mark.parametrize(
    "answer",
    [
        Answer("SUP-1", Outcome.FOUND),
        Answer("SUP-1", Outcome.MISSING, Ticket("SUP-2", "open", closed_at=NOON)),
        Answer.found(Ticket("SUP-1", "open", closed_at=NOON)),
        Answer.found(Ticket("SUP-1", "resolved")),  # type: ignore[arg-type]
        Answer.found(Ticket("SUP-1", "closed", closed_at=dt.datetime(2026, 11, 22))),  # noqa: DTZ001 - it is what is refused
        Answer.found(Ticket("SUP-1", "closed", updated_at=dt.datetime(9999, 12, 31, 23, tzinfo=dt.timezone(-dt.timedelta(hours=9))))),
        Answer.found(Ticket("SUP-1", "closed", resolution=3)),  # type: ignore[arg-type]
    ],
)
def test_an_answer_that_contradicts_itself_is_refused(answer: Answer) -> None:
    """What could not be read back is not written."""
    with pytest.raises(ValueError, match=r"zone|contradict|valid|'open'|such time"):
        sound(answer)


def test_an_answer_is_kept_in_one_form() -> None:
    """The same moment is written in one way, and what is no character is none."""
    there = NOON.astimezone(dt.timezone(dt.timedelta(hours=5)))
    ticket = sound(Answer.found(Ticket("SUP-1", "closed", closed_at=there, title="Cut \ud83d"))).ticket
    assert ticket is not None
    assert (str(ticket.closed_at), ticket.title) == ("2026-11-22 12:00:00+00:00", "Cut ?")


class _Tracker:
    kind = "rt"

    def __init__(self, url: object) -> None:
        self.url = url


@pytest.mark.parametrize(("url", "same"), [(URL, True), (f"{URL}/", False), ("https://other.example.com", False), (None, False)])
def test_a_source_knows_its_tracker(url: object, same: bool) -> None:
    """Kind and address make it; another address under the same name is another tracker."""
    assert Source("rt", URL, NOON).is_of(_Tracker(url)) is same  # type: ignore[arg-type]
    assert not Source("jira", URL, NOON).is_of(_Tracker(url))  # type: ignore[arg-type]
    assert Source.of(_Tracker(url), NOON).is_of(_Tracker(url))  # type: ignore[arg-type]
