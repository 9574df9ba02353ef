"""KB303 ticket-unknown."""

from __future__ import annotations

import datetime as dt

import pytest

from kbtool.builtin_checks.ticket_unknown import TicketUnknown
from kbtool.snapshot import Record, Snapshot, Source
from kbtool.testing import check_files, in_words
from kbtool.tickets import Answer, Outcome, Ticket

NOON = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
SAID = [
    Answer.found(Ticket("SUP-1", "open")), Answer("SUP-2", Outcome.MISSING), Answer("SUP-3", Outcome.GONE), Answer("SUP-4", Outcome.FORBIDDEN),
    Answer("SUP-5", Outcome.UNREACHABLE), Answer("SUP-6", Outcome.MOVED, moved_to="SUP-1"), Answer("SUP-7", Outcome.MOVED, moved_to="OTHER-9"),
    Answer("SUP-8", Outcome.MOVED, moved_to="SUP-3"), Answer("SUP-9", Outcome.MOVED), Answer("SUP-10", Outcome.MOVED, moved_to="SUP-10"),
]
SNAPSHOT = Snapshot(
    {"support": Source("desk", "https://desk.example.com", NOON)}, {("support", answer.key): Record(answer, NOON) for answer in SAID}
).write()


@pytest.fixture
def found(desk):
    """`found(tickets, body)`: in words what the check finds, with the tracker `support`."""

    def check(tickets: str, body: str = "", config: str = "", **files: str | bytes) -> list[str]:
        text = f"---\ntitle: x\ntickets: {tickets}\n---\n{body}"
        more = {".kbtool/tickets.jsonl": SNAPSHOT, "checks/tickets.yml": "LOCAL-1: {state: open}\n", **files}
        return in_words(check_files(TicketUnknown(), {"content/a.md": text, **more}, config=desk.config() + config))

    return check


@pytest.mark.parametrize(
    ("tickets", "body", "words"),
    [
        ("[SUP-2]", "", "3:11 KB303 error: SUP-2: it does not exist, says the tracker support (correct or remove it)"),
        ("[SUP-3]", "", "3:11 KB303 error: SUP-3: it was deleted, says the tracker support (correct or remove it)"),
        ("['https://desk.example.com/SUP-3']", "", "3:11 KB303 error: https://desk.example.com/SUP-3: it was deleted, says the tracker support (correct or remove it)"),
        ("[LOCAL-2]", "", "3:11 KB303 error: LOCAL-2: no tracker of the configuration has tickets of this form (correct or remove it)"),
        ("[../../users/1]", "", "3:11 KB303 error: ../../users/1: no tracker of the configuration has tickets of this form (correct or remove it)"),
        ("[SUP-6]", "", "3:11 KB303 warning: SUP-6 has moved to SUP-1 (name SUP-1)"),
        ("[SUP-7]", "", "3:11 KB303 warning: SUP-7 has moved to OTHER-9 (name OTHER-9)"),
        ("[SUP-8]", "", "3:11 KB303 error: SUP-8: SUP-3, to which it has moved, was deleted, says the tracker support (correct or remove it)"),
        ("", "See SUP-2.\n", "5:5 KB303 error: SUP-2: it does not exist, says the tracker support (correct or remove it)"),
        ("", "See\nSUP-6.\n", "6:1 KB303 warning: SUP-6 has moved to SUP-1 (name SUP-1)"),
        ("[SUP-1, SUP-2]", "SUP-2 and SUP-2\n", "3:18 KB303 error: SUP-2: it does not exist, says the tracker support (correct or remove it)"),
    ],
)
def test_in_words(found, tickets: str, body: str, words: str) -> None:
    """Each reference that is none is told once, at its first place; one that has moved is a warning with its new key."""
    assert found(tickets, body) == [f"content/a.md:{words}"]


@pytest.mark.parametrize(
    ("tickets", "body"),
    [("[SUP-1, LOCAL-1]", "SUP-1, LOCAL-1"), ("[SUP-4, SUP-5, SUP-9, SUP-10, SUP-99]", ""), ("", "SUP-4 SUP-5 SUP-99 LOCAL-2 x-1"), ("", "`SUP-2`\n\n```\nSUP-2\n```\n")],
)
def test_clean(found, tickets: str, body: str) -> None:
    """What exists, what is not known (forbidden, silent, moved nobody says where, not synced yet), words, and code."""
    assert found(tickets, body) == []


def test_a_reference_may_be_long(found) -> None:
    """A message repeats no more of it than anybody reads."""
    assert found(f"['{'x' * 10_000}']") == [
        f"content/a.md:3:11 KB303 error: {'x' * 80}…: no tracker of the configuration has tickets of this form (correct or remove it)",
    ]


def test_two_trackers_with_one_form(found, desk) -> None:
    """Whose ticket it is must not be guessed."""
    both = "the trackers other and support both have tickets of this form; narrow one of them"
    lines = found("[SUP-1]", "SUP-1 again.\n", desk.config("other", url="https://other.example.com"))
    assert lines == [f"content/a.md:3:11 KB303 error: SUP-1: {both} (correct or remove it)"]


def test_without_any_tracker() -> None:
    """Tickets that nobody watches are no evidence, and the message says what is missing."""
    found = check_files(TicketUnknown(), {"content/a.md": "---\ntickets: [SUP-1]\n---\nSUP-2\n"})
    assert in_words(found) == [
        "content/a.md:2:11 KB303 error: SUP-1: no tracker is configured, and there is no checks/tickets.yml (correct or remove it)",
    ]


def test_a_damaged_snapshot_is_no_finding(found) -> None:
    """Nothing is known then, which KB301 says."""
    assert found("[SUP-2]", "", **{".kbtool/tickets.jsonl": b"garbage"}) == []
