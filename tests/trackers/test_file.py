"""The embedded tracker: tickets from `checks/tickets.yml`."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest

from kbtool.errors import ConfigError
from kbtool.testing import TrackerContract, TrackerKeys
from kbtool.tickets import Answer, Outcome, Ticket
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


class TestFile(TrackerContract):
    """The file `checks/tickets.yml` under the contract of all trackers."""

    @pytest.fixture
    def tracker(self, tmp_path: Path) -> FileTracker:
        """Return a tracker on a file of more tickets than one question may ask other trackers for."""
        many = "".join(f"MANY-{number}: {{state: open}}\n" for number in range(122))
        reopened = "SUP-3: {state: open, reopened_at: 2026-04-01}\n"
        (tmp_path / "tickets.yml").write_text(TICKETS + reopened + many)
        return FileTracker(tmp_path / "tickets.yml")

    @pytest.fixture
    def keys(self) -> TrackerKeys:
        """Return the keys of that file."""
        return TrackerKeys(
            open="SUP-1", closed="SUP-2", missing="SUP-404", reopened="SUP-3", confidential="SUP-2",
            many=tuple(f"MANY-{number}" for number in range(122)),
        )

    @pytest.fixture
    def wrong_token(self) -> None:
        """A file asks nobody for a token."""


def tickets(tracker: FileTracker, *keys: str) -> list[Ticket | None]:
    """Return the tickets of these keys."""
    return [answer.ticket for answer in tracker.fetch(keys)]


def test_tickets_come_with_all_their_facts(tracker: FileTracker) -> None:
    """Only the state has to be there; times are in UTC, and a day is its first moment there."""
    noon = dt.datetime(2026, 3, 31, 8, tzinfo=dt.UTC)
    found = tickets(tracker, "SUP-1", "SUP-2", "4711")
    assert found == [
        Ticket("SUP-1", "open"),
        Ticket("SUP-2", "closed", "fixed", noon, noon, "Export: fails", "https://tracker.example/SUP-2", confidential=True),
        Ticket("4711", "closed", closed_at=dt.datetime(2026, 3, 31, tzinfo=dt.UTC)),
    ]
    assert [ticket.updated_at.tzinfo for ticket in found if ticket and ticket.updated_at] == [dt.UTC]


@pytest.mark.parametrize("key", ["SUP-3", "sup-1", "# known to support", "", "https://tracker.example/SUP-2"])
def test_a_key_that_is_not_there_is_missing(tracker: FileTracker, key: str) -> None:
    """What the file does not have does not exist, and that is certain; keys are taken as they are written."""
    assert list(tracker.fetch([key, key])) == [Answer(key, Outcome.MISSING)]


def test_an_empty_file_has_no_tickets(tmp_path: Path) -> None:
    """A file of comments is no error, and no text names any of its tickets."""
    (tmp_path / "tickets.yml").write_text("# none yet\n")
    tracker = FileTracker(tmp_path / "tickets.yml")
    assert list(tracker.fetch(["SUP-1"])) == [Answer("SUP-1", Outcome.MISSING)]
    assert (list(tracker.mentions("SUP-1 is open.")), tracker.key_of("SUP-1"), tracker.key_of("")) == ([], None, None)


def test_what_changed_is_not_told(tracker: FileTracker) -> None:
    """A file is read as a whole, each time."""
    assert tracker.changed(dt.datetime(2026, 1, 1, tzinfo=dt.UTC), ["SUP-1"]) is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("SUP-1, (SUP-2); 4711.", ["SUP-1", "SUP-2", "4711"]),
        ("“SUP-1”/‘SUP-2’", ["SUP-1", "SUP-2"]),
        ("https://tracker.example/SUP-2, <https://tracker.example/SUP-2> and (https://tracker.example/SUP-2?tab=1#note)", ["SUP-2"] * 3),
        ("SUP-1.5 SUP-1-2 SUP-10 xSUP-1 SUP-1x MY_SUP-1 SUP-1_x #SUP-1 @SUP-1 ../SUP-1 SUP-1/2 SUP-1@x 47110 4711.5 v4711", []),
        ("https://tracker.example/SUP-22 https://tracker.example/SUP-2/x https://tracker.example/SUP-2.html", []),
        ("SUP-\u0661 SUP-١", []),
    ],
)
def test_where_a_text_names_tickets(tracker: FileTracker, text: str, found: list[str]) -> None:
    """Keys and addresses that stand as words of their own, and no part of a longer one."""
    mentions = list(tracker.mentions(text))
    assert [one.key for one in mentions] == found
    assert {text[one.start : one.end] for one in mentions} <= {"SUP-1", "SUP-2", "4711", "https://tracker.example/SUP-2"}


@pytest.mark.parametrize(
    ("keys", "text", "found"),
    [
        (["a.b", "a+b"], "a.b axb a+b aab", ["a.b", "a+b"]),
        (["acme/shop", "acme/shop#8"], "acme/shop, acme/shop#8, acme/shop#9", ["acme/shop", "acme/shop#8"]),
        (["Ä-1", "two words"], "Ä-1, two words", ["Ä-1", "two words"]),
        (["1", "22"], "1 22 122 2", ["1", "22"]),
    ],
)
def test_keys_of_any_form(tmp_path: Path, keys: list[str], text: str, found: list[str]) -> None:
    """Whatever somebody calls a ticket; nothing in it has a meaning of its own."""
    (tmp_path / "tickets.yml").write_text("".join(f'"{key}": {{state: open}}\n' for key in keys))
    assert [one.key for one in FileTracker(tmp_path / "tickets.yml").mentions(text)] == found


def test_what_its_mentions_depend_on(tmp_path: Path) -> None:
    """Another state of a ticket changes no mention; another key or address may."""
    texts = ["A-1: {state: open}", "A-1: {state: closed, title: x}", "A-2: {state: open}", 'A-1: {state: open, url: "https://t.example/1"}']
    said = []
    for number, text in enumerate(texts):
        (tmp_path / f"{number}.yml").write_text(text)
        said.append(FileTracker(tmp_path / f"{number}.yml").mentions_depend_on)
    assert said[0] == said[1]
    assert len(set(said)) == 3


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
        ("SUP-1:\n  state: open\n  closed_at: 2026-03-31\n", 3, "SUP-1 is open and has closed_at; write reopened_at in its place"),
        ("SUP-1:\n  state: closed\n  closed_at: 9999-12-31T23:00:00-09:00\n", 3, "SUP-1: closed_at must be a time such as"),
        ('SUP-2: {state: open}\n"": {state: open}\n', 2, "a ticket needs a key"),
        ("SUP-2: {state: open}\nSUP-9: {state: done}\n", 2, "SUP-9: state must be open or closed"),
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
