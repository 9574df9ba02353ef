"""The embedded tracker: tickets from `checks/tickets.yml`."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest

from kbtool.errors import ConfigError
from kbtool.tickets import Ticket, Tracker
from kbtool.trackers.file import FileTracker

TICKETS = """# known to support
SUP-1: {state: open}
SUP-2:
  state: closed
  title: "Export: fails"
  resolution: fixed
  closed_at: 2026-03-31T08:00:00Z
  updated_at: 2026-03-31T10:00:00+02:00
  url: https://tracker.example/SUP-2
  confidential: True
"4711": {state: closed, closed_at: 2026-03-31, confidential: false, title: }
"""


@pytest.fixture
def tracker(tmp_path: Path) -> FileTracker:
    """Return a tracker on a file of three tickets."""
    (tmp_path / "tickets.yml").write_text(TICKETS)
    return FileTracker(tmp_path / "tickets.yml")


def test_it_is_a_tracker(tracker: FileTracker) -> None:
    """It has the two things that every tracker has."""
    assert isinstance(tracker, Tracker)
    assert tracker.kind == "file"


def test_tickets_come_with_all_their_facts(tracker: FileTracker) -> None:
    """Only the state has to be there; times are aware of their zone, and a day is its first moment in UTC."""
    noon = dt.datetime(2026, 3, 31, 8, tzinfo=dt.UTC)
    assert list(tracker.fetch(["SUP-1", "SUP-2", "4711"])) == [
        Ticket("SUP-1", "open"),
        Ticket("SUP-2", "closed", "fixed", noon, noon, "Export: fails", "https://tracker.example/SUP-2", confidential=True),
        Ticket("4711", "closed", closed_at=dt.datetime(2026, 3, 31, tzinfo=dt.UTC)),
    ]
    assert all(ticket.closed_at is None or ticket.closed_at.tzinfo for ticket in tracker.fetch(["SUP-2", "4711"]))


@pytest.mark.parametrize("keys", [[], ["SUP-3"], ["sup-1"], ["# known to support"]])
def test_a_key_that_is_not_there_is_not_yielded(tracker: FileTracker, keys: list[str]) -> None:
    """What the file does not have, the tracker does not have; keys are taken as they are written."""
    assert list(tracker.fetch(keys)) == []


def test_an_empty_file_has_no_tickets(tmp_path: Path) -> None:
    """A file of comments is no error."""
    (tmp_path / "tickets.yml").write_text("# none yet\n")
    assert list(FileTracker(tmp_path / "tickets.yml").fetch(["SUP-1"])) == []


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("SUP-1: open\n", 1, "SUP-1 must be a mapping"),
        ("SUP-1: {}\n", 1, "SUP-1: state must be open or closed"),
        ("\nSUP-1:\n  title: x\n", 2, "SUP-1: state must be open or closed"),
        ("SUP-1:\n  title: x\n  state: done\n", 3, "SUP-1: state must be open or closed"),
        ("SUP-1:\n  state: open\n  titel: x\n", 3, "SUP-1: unknown key 'titel'; did you mean \"title\"?"),
        ("SUP-1:\n  state: closed\n  closed_at: yesterday\n", 3, "SUP-1: closed_at must be a time such as 2026-03-31T08:00:00Z"),
        ("SUP-1:\n  state: closed\n  updated_at: [2026]\n", 3, "SUP-1: updated_at must be text"),
        ("SUP-1:\n  state: [open]\n", 2, "SUP-1: state must be open or closed"),
        ("SUP-1:\n  state: open\n  title: [x]\n", 3, "SUP-1: title must be text"),
        ("SUP-1:\n  state: open\n  confidential: yes please\n", 3, "SUP-1: confidential must be true or false"),
        ("SUP-1: {state: open}\nSUP-1: {state: closed}\n", 2, "the key 'SUP-1' is here twice"),
        ("SUP-1: {state: open\n", 1, "did not find expected"),
        ("- SUP-1\n", 1, "must map keys to tickets"),
    ],
)
def test_a_file_that_cannot_be_read_is_an_error_with_its_line(tmp_path: Path, text: str, line: int, words: str) -> None:
    """No ticket is guessed: file, line and what is wrong."""
    (tmp_path / "tickets.yml").write_text(text)
    with pytest.raises(ConfigError, match=re.escape(words)) as caught:
        list(FileTracker(tmp_path / "tickets.yml").fetch(["SUP-1"]))
    assert caught.value.where == f"checks/tickets.yml:{line}"


def test_a_file_that_is_gone_is_an_error(tmp_path: Path) -> None:
    """A tracker that was configured and is not there is not an empty one."""
    with pytest.raises(ConfigError, match="cannot be read"):
        list(FileTracker(tmp_path / "gone.yml", "support.yml").fetch(["SUP-1"]))
