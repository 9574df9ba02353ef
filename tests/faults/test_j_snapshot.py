"""Faults of trackers and clocks (FAULTS.md, groups I and J), as far as they concern the snapshot, a sync, and a check."""

from __future__ import annotations

import datetime as dt
import json
import socket
from pathlib import Path
from typing import Any, NoReturn

import pytest

from kbtool.evidence import Evidence
from kbtool.finding import Run
from kbtool.registry import make_checks
from kbtool.reports.text import render
from kbtool.runner import run
from kbtool.snapshot import Snapshot, read
from kbtool.testing import knowledge_base
from kbtool.ticket_sync import sync

OPEN = {"state": "open"}
CLOSED = {"state": "closed", "closed_at": "2026-11-01T08:00:00Z"}
SNAPSHOT = ".kbtool/tickets.jsonl"


def at(day: int) -> dt.datetime:
    """Return noon on a day of November 2026."""
    return dt.datetime(2026, 11, day, 12, tzinfo=dt.UTC)


class Base:
    """A knowledge base with two articles that name one ticket."""

    def __init__(self, root: Path, config: str, key: str = "SUP-1") -> None:
        self.root, self.config, self.key = root, config, key

    def evidence(self, day: int = 22) -> Evidence:
        """Gather the evidence as of a day."""
        text = f"---\ntitle: x\nowners: [ana]\nproduct_areas: [billing]\nlast_reviewed_on: 2026-10-20\ntickets: [{self.key}]\n---\n"
        files = {"content/a.md": text, "content/b.md": text}
        return knowledge_base(self.root, files, config=self.config, today=dt.date(2026, 11, day))

    def check(self, day: int = 22) -> Run:
        """Run the checks of tickets as of a day."""
        evidence = self.evidence(day)
        return run(evidence, make_checks(evidence.config, select=["KB3"]))

    def sync(self, day: int = 22, **options: Any) -> Snapshot:
        """Ask the trackers on a day, and write the snapshot."""
        found = sync(self.evidence(day), at(day), **options).snapshot
        (self.root / SNAPSHOT).parent.mkdir(exist_ok=True)
        (self.root / SNAPSHOT).write_bytes(found.write())
        return found


def told(found: Run) -> tuple[list[str], set[str], int, int]:
    """Return codes of findings, verdicts, and the exit codes, plain and strict."""
    codes = [one.code for one in found.findings]
    return codes, {one.verdict.value for one in found.articles}, found.exit_code("error", strict=False), found.exit_code("error", strict=True)


UNKNOWN: Any = ([], {"unknown"}, 0, 3)


@pytest.fixture
def base(tmp_path: Path, desk: Any) -> Base:
    """A knowledge base whose tracker is of the kind `desk`."""
    return Base(tmp_path / "kb", desk.config())


# ---------------------------------------------------------------------------------------------- trackers


@pytest.mark.parametrize(("token", "expected"), [("", UNKNOWN), ("TOKEN", (["KB303", "KB303"], {"fresh"}, 1, 1))])
def test_i06_not_found_is_a_finding_for_known_credentials_alone(
    tmp_path: Path, desk: Any, fault_server: Any, ticket_app: Any, monkeypatch: pytest.MonkeyPatch, token: str, expected: Any
) -> None:
    """Private and missing look the same to nobody, so that is unknown; to an accepted token, 404 means that there is none."""
    monkeypatch.setenv("TOKEN", "abc")
    fault_server.app = ticket_app({}, token="abc" if token else "")
    base = Base(tmp_path / "kb", f'[tool.kbtool.trackers.t]\nkind = "generic"\nurl = "{fault_server.url}"\ntoken_env = "{token}"', "T-1")
    base.sync()
    assert told(base.check()) == expected


def test_i23_a_reopened_ticket_is_open(base: Base, desk: Any) -> None:
    """Its state is what the tracker says now, also where only changes are asked for."""
    desk.answers(SUP_1=CLOSED)
    base.sync(20)
    assert told(base.check())[0] == ["KB301", "KB301"]
    desk.answers(SUP_1=OPEN | {"updated_at": "2026-11-21T08:00:00Z"}, changed=["SUP-1"])
    base.sync(22, since_last=True)
    assert told(base.check())[0] == ["KB302", "KB302"]


def test_i28_without_a_network_the_snapshot_counts(base: Base, desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """No socket is made; what is not known is said once, for all articles together."""

    def forbidden(*_: Any, **__: Any) -> NoReturn:
        raise AssertionError("a socket was made")

    for name in ("socket", "create_connection", "getaddrinfo", "socketpair"):
        monkeypatch.setattr(socket, name, forbidden)
    text = render(base.check())
    assert text.count("there is no snapshot yet") == 1
    assert "  content/a.md, content/b.md\n" in text
    desk.answers(SUP_1=CLOSED)
    base.sync()
    assert told(base.check())[0] == ["KB301", "KB301"]


# ---------------------------------------------------------------------------------------------- the file


def _other_version(text: str) -> str:
    return text.replace('{"snapshot": 1}', '{"snapshot": 2}')


def _other_address(text: str) -> str:
    return text.replace("desk.example.com", "old.example.com")


@pytest.mark.parametrize("damage", [
    lambda text: text[:-9], lambda _: "", lambda text: "\0" * len(text), lambda text: text[9:], _other_version, _other_address,
    lambda text: text.replace("22T12:00:00Z", "29T12:00:00Z"), lambda text: text.replace('"closed"', '"merged"'),
])
def test_j07_a_damaged_snapshot_is_no_evidence(base: Base, desk: Any, damage: Any) -> None:
    """Cut short, garbage, of another version or address, from the future: all is unknown, nothing breaks, a sync makes it anew."""
    desk.answers(SUP_1=CLOSED)
    base.sync()
    path = base.root / SNAPSHOT
    good = path.read_text("utf-8")
    path.write_text(damage(good), "utf-8")
    assert told(base.check()) == UNKNOWN
    base.sync()
    assert path.read_text("utf-8") == good


def test_j08_a_silent_tracker(base: Base, desk: Any) -> None:
    """What it said last holds, with its age, until that is too old; then nothing is known."""
    desk.answers(SUP_1=CLOSED)
    base.sync(15)
    desk.answers(silent=["SUP-1"])
    base.sync(21)
    evidence = base.evidence(21)
    assert evidence.tickets.checked_at(evidence.tickets.look_up("SUP-1")) == at(15)
    assert told(base.check(21))[0] == ["KB301", "KB301"]
    assert told(base.check(23)) == UNKNOWN


@pytest.mark.parametrize("error", ["unreachable", "forbidden"])
def test_j11_an_error_is_never_an_answer(base: Base, desk: Any, error: str) -> None:
    """It neither replaces what was known nor stands for a state, and the ticket is asked for again."""
    desk.answers(SUP_1={"outcome": error, "reason": "no"}, changed=[])
    base.sync(20)
    assert told(base.check(20)) == UNKNOWN
    desk.answers(SUP_1=CLOSED, changed=[])
    base.sync(21, since_last=True)
    desk.answers(SUP_1={"outcome": error, "reason": "no"})
    base.sync(22)
    assert told(base.check())[0] == ["KB301", "KB301"]


def test_j12_a_clock_that_goes_backwards(base: Base, desk: Any) -> None:
    """What was heard tomorrow is not known today, confirms nothing, and gives way to what is heard now."""
    desk.answers(SUP_1=OPEN, changed=[])
    base.sync(28)
    assert told(base.check(22)) == UNKNOWN
    desk.answers(SUP_1=CLOSED, changed=[])
    desk.asked()
    found = base.sync(22, since_last=True)
    assert [question[0] for question in desk.asked()] == ["fetch"]
    assert {record.checked_at for record in found.records.values()} == {at(22)}
    assert told(base.check(22))[0] == ["KB301", "KB301"]
    assert read(found.write().decode()).sources["support"].synced_at == at(22)
    assert json.loads((base.root / SNAPSHOT).read_text("utf-8").splitlines()[2])["state"] == "closed"
