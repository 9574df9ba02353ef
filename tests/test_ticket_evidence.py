"""The tickets that articles name: where, which, and what is known of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kbtool.config import load_config
from kbtool.evidence import Evidence, gather
from kbtool.registry import make_checks
from kbtool.runner import run
from kbtool.snapshot import Record, Snapshot, Source
from kbtool.testing import knowledge_base
from kbtool.ticket_evidence import NamedTicket
from kbtool.tickets import Answer, Outcome, Ticket

SYNC = "run `kbtool tickets sync`"
HEAD = "---\ntitle: Export\nowners: [ana]\nproduct_areas: [billing]\n"
NOON = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
FILE = """\
SUP-431: {state: open, url: "https://t.example/431"}
SUP-432: {state: closed, closed_at: 2026-11-01, resolution: fixed, confidential: true}
"acme/shop#88": {state: open}
"""
Make = Callable[..., Evidence]


@pytest.fixture
def kb_with(tmp_path: Path) -> Make:
    """`kb_with(article, …)`: the evidence of a knowledge base with this article and the tickets of FILE."""

    def make(article: str, tickets: str | None = FILE, **more: Any) -> Evidence:
        files = {"content/a.md": article} | ({"checks/tickets.yml": tickets} if tickets is not None else {})
        return knowledge_base(tmp_path / "kb", files | more.pop("files", {}), **more)

    return make


def only(evidence: Evidence) -> tuple[NamedTicket, ...]:
    """Return the tickets that the only article speaks of."""
    return evidence.tickets.of(evidence.articles[0])


# ---------------------------------------------------------------------------------------------- references


@pytest.mark.parametrize(
    ("tickets", "found"),
    [
        ("tickets: SUP-431\n", [("SUP-431", "SUP-431", 5, 1, 0, None)]),
        ("tickets: [SUP-431, SUP-432]\n", [("SUP-431", "SUP-431", 5, 11, 0, None), ("SUP-432", "SUP-432", 5, 20, 1, None)]),
        ("tickets:\n  - SUP-431\n  - acme/shop#88\n", [("SUP-431", "SUP-431", 6, 5, 0, None), ("acme/shop#88", "acme/shop#88", 7, 5, 1, None)]),
        ('tickets: ["https://t.example/431"]\n', [("https://t.example/431", "SUP-431", 5, 11, 0, None)]),
        ("tickets:\n  - {ref: SUP-432, expects: open}\n  - ref: SUP-431\n    expects: closed\n",
         [("SUP-432", "SUP-432", 6, 5, 0, "open"), ("SUP-431", "SUP-431", 7, 5, 1, "closed")]),
        ("issues: [SUP-431]\n", [("SUP-431", "SUP-431", 5, 10, 0, None)]),
        ("tickets: [SUP-431, SUP-431]\n", [("SUP-431", "SUP-431", 5, 11, 0, None), ("SUP-431", "SUP-431", 5, 20, 1, None)]),
        ("tickets: []\n", []),
        ("tickets:\n", []),
        ("", []),
    ],
)
def test_references_of_the_front_matter(kb_with: Make, tickets: str, found: list[tuple[Any, ...]]) -> None:
    """Keys and addresses, alone or with what is expected of them, under the author's name for the key, each at its place."""
    config = '[tool.kbtool.aliases]\n"issues" = "tickets"'
    named = only(kb_with(f"{HEAD}{tickets}---\n", config=config))
    assert [(one.reference, one.key, one.line, one.column, one.number, one.expects) for one in named] == found
    assert all(one.tracker == "tickets" and one.in_front_matter and one.ticket and not one.missing for one in named)


@pytest.mark.parametrize(
    ("reference", "missing"),
    [
        ("SUP-413", "checks/tickets.yml does not have it"),
        ("sup-431", "checks/tickets.yml does not have it"),
        ("../../users/1", "checks/tickets.yml does not have it"),
        ("1?x=", "checks/tickets.yml does not have it"),
        ("%2e%2e", "checks/tickets.yml does not have it"),
        ("x" * 10_000, "checks/tickets.yml does not have it"),
        ("https://t.example/432", "checks/tickets.yml does not have it"),
    ],
)
def test_a_reference_that_is_none(kb_with: Make, reference: str, missing: str) -> None:
    """What no tracker has a form for stands for no ticket and is asked of nobody; the article may be as hostile as it likes."""
    named, = only(kb_with(f"{HEAD}tickets: ['{reference}']\n---\n"))
    assert (named.reference, named.key, named.tracker, named.missing, named.unknown) == (reference, "", "", missing, "")


def test_without_any_tracker(kb_with: Make) -> None:
    """A reference is told that there is nobody to ask; words of the text are words."""
    named = only(kb_with(f"{HEAD}tickets: [SUP-431]\n---\n\nSee SUP-431.\n", tickets=None))
    assert [(one.reference, one.missing) for one in named] == [("SUP-431", "no tracker is configured, and there is no checks/tickets.yml")]


# ---------------------------------------------------------------------------------------------- mentions


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("Until SUP-431 is fixed, export less.\n", [(6, 7, "SUP-431", "Until SUP-431 is fixed, export less.")]),
        ("One. Two (SUP-431)! Three.\n", [(6, 11, "SUP-431", "Two (SUP-431)!")]),
        ("Wait for\nSUP-431,\nthen go on. Good.\n", [(7, 1, "SUP-431", "Wait for SUP-431, then go on.")]),
        ("# SUP-431\n\nText.\n", [(6, 3, "SUP-431", "# SUP-431")]),
        ("- One\n- Two: SUP-431\n- Three\n", [(7, 8, "SUP-431", "Two: SUP-431")]),
        ("| a | SUP-431 |\n|---|---|\n| b | SUP-432 |\n", [(6, 7, "SUP-431", "| a | SUP-431 |"), (8, 7, "SUP-432", "b | SUP-432 |")]),
        ("See SUP-431 and SUP-432.\n", [(6, 5, "SUP-431", "See SUP-431 and SUP-432."), (6, 17, "SUP-432", "See SUP-431 and SUP-432.")]),
        ("See [it](https://t.example/431).\n", [(6, 10, "SUP-431", "See [it](https://t.example/431).")]),
        ("See https://t.example/431#note-7.\n", [(6, 5, "SUP-431", "See https://t.example/431#note-7.")]),
        ("See _SUP-431_, __SUP-432__ and *SUP-431*.\n", [
            (6, 6, "SUP-431", "See _SUP-431_, __SUP-432__ and *SUP-431*."), (6, 18, "SUP-432", "See _SUP-431_, __SUP-432__ and *SUP-431*."),
            (6, 33, "SUP-431", "See _SUP-431_, __SUP-432__ and *SUP-431*."),
        ]),
        ("“SUP-431” – ‘acme/shop#88’…\n", [(6, 2, "SUP-431", "“SUP-431” – ‘acme/shop#88’…"), (6, 14, "acme/shop#88", "“SUP-431” – ‘acme/shop#88’…")]),
        ("Ü\tSUP-431\r\nx\n", [(6, 3, "SUP-431", "Ü SUP-431 x")]),
        ("xSUP-431 SUP-4310 SUP-431-x MY_SUP-431 a/SUP-431 SUP-431/b SUP-431.5 #SUP-431 @SUP-431 SUP-431@x sup-431\n", []),
        ("https://t.example/4310 https://t.example/431-x xhttps://t.example/431 https://t.example/431/x\n", []),
        ("../acme/shop#88 acme/shop#888 acme/shop\n", []),
    ],
)
def test_mentions_in_the_text(kb_with: Make, body: str, found: list[tuple[int, int, str, str]]) -> None:
    """A key that stands as a word of its own names the ticket, at its line and column, in its sentence."""
    named = only(kb_with(f"{HEAD}---\n{body}"))
    assert [(one.line, one.column, one.key, one.sentence) for one in named] == found
    assert all(one.number == -1 and not one.in_front_matter and one.ticket for one in named)


def test_a_long_sentence_is_cut_around_the_ticket(kb_with: Make) -> None:
    """However long the sentence, what is shown of it is short and has the ticket in it."""
    named, = only(kb_with(f"{HEAD}---\n{'so ' * 500}SUP-431 {'and ' * 500}\n"))
    assert len(named.sentence) == 200
    assert (named.sentence[0], named.sentence[-1]) == ("…", "…")
    assert "SUP-431" in named.sentence


CODE = """\
Run `close SUP-431` first.

```
SUP-431
```

~~~ text
SUP-431
~~~

Then ``SUP-431 ` `` too.
"""


def test_code_does_not_speak_of_tickets(kb_with: Make) -> None:
    """Fenced and inline code is an example: readers see it, but no state of that ticket makes the article wrong."""
    evidence = kb_with(f"{HEAD}---\n{CODE}")
    assert only(evidence) == ()
    seen = evidence.tickets.read_in(evidence.articles[0])
    assert [(one.line, one.column, one.in_code) for one in seen] == [(6, 12, True), (9, 1, True), (13, 1, True), (16, 8, True)]


def test_a_comment_speaks_of_tickets_unseen(kb_with: Make) -> None:
    """What an author notes in a comment is watched like the text, and no edition shows it."""
    evidence = kb_with(f"{HEAD}---\n<!-- until SUP-431\nis fixed --> Text: SUP-432.\n")
    article = evidence.articles[0]
    assert [(one.key, one.hidden) for one in evidence.tickets.of(article)] == [("SUP-431", True), ("SUP-432", False)]
    assert [one.key for one in evidence.tickets.read_in(article)] == ["SUP-432"]


SHOWN = """\
---
title: Export (SUP-431)
description: Not before SUP-432
tags: [one, SUP-431]
content_type: known-issue
known_issue:
  state: confirmed
  affects: ["2.0", "before acme/shop#88"]
  workaround: |
    Wait for
    SUP-431
tickets: [SUP-432]
---
"""


def test_what_sites_show_of_the_front_matter(kb_with: Make) -> None:
    """Title, description, tags and what a known issue says are shown, so they name tickets; `tickets` itself is not shown."""
    evidence = kb_with(SHOWN)
    seen = evidence.tickets.read_in(evidence.articles[0])
    assert [(one.line, one.key) for one in seen] == [(2, "SUP-431"), (3, "SUP-432"), (4, "SUP-431"), (6, "acme/shop#88"), (6, "SUP-431")]
    assert [(one.key, one.number) for one in only(evidence)] == [("SUP-432", 0)]


def test_an_article_that_cannot_be_read_names_none(kb_with: Make) -> None:
    """Of what it says nothing is known."""
    evidence = kb_with("---\ntitle: [\n---\nSUP-431\n")
    assert evidence.tickets.named(evidence.articles[0]) == ()


# ---------------------------------------------------------------------------------------------- trackers beside one another


def test_two_trackers_with_one_form(kb_with: Make, desk: Any) -> None:
    """What two trackers take for theirs is nobody's, and is said; what the file has written down is the file's."""
    config = desk.config("support", public="true") + desk.config("other", url="https://other.example.com")
    evidence = kb_with(f"{HEAD}tickets: [SUP-7, SUP-431]\n---\nSUP-7, SUP-431, https://other.example.com/SUP-7\n", config=config)
    both = "the trackers other and support both have tickets of this form; narrow one of them"
    assert [(one.reference, one.tracker, one.key, one.missing) for one in only(evidence)] == [
        ("SUP-7", "", "", both), ("SUP-431", "tickets", "SUP-431", ""), ("SUP-7", "", "", both), ("SUP-431", "tickets", "SUP-431", ""),
        ("https://other.example.com/SUP-7", "other", "SUP-7", ""),
    ]
    assert [one.private for one in only(evidence) if not one.in_front_matter] == [True, False, True]


def test_two_public_trackers_with_one_form_keep_no_secret(kb_with: Make, desk: Any) -> None:
    """Whichever of them it is, everybody may see it."""
    config = desk.config("support", public="true") + desk.config("other", url="https://other.example.com", public="true")
    evidence = kb_with(f"{HEAD}---\nSUP-7\n", config=config)
    assert [one.private for one in only(evidence)] == [False]


def test_a_form_that_no_tracker_has(kb_with: Make, desk: Any) -> None:
    """With trackers that are asked, it is they who have no tickets of that form."""
    named, = only(kb_with(f"{HEAD}tickets: [BUG-1]\n---\n", config=desk.config()))
    assert named.missing == "no tracker of the configuration has tickets of this form"


# ---------------------------------------------------------------------------------------------- what the snapshot says


def answers(**said: Any) -> dict[str, Answer]:
    """Return answers by key: `SUP_1=Outcome.MISSING`, `SUP_2=Ticket(…)`."""
    made = {name.replace("_", "-"): value for name, value in said.items()}
    return {
        key: Answer.found(value) if isinstance(value, Ticket) else value if isinstance(value, Answer) else Answer(key, value)
        for key, value in made.items()
    }


def moved(key: str, to: str) -> Answer:
    """Return the answer that a ticket has moved."""
    return Answer(key, Outcome.MOVED, moved_to=to)


@pytest.fixture
def known(tmp_path: Path, desk: Any) -> Callable[..., NamedTicket]:
    """`known("SUP-1", SUP_1=…)`: what is known of a ticket of the tracker `support`, whose snapshot says this."""

    def ask(reference: str, *, at: dt.datetime = NOON, synced_at: dt.datetime = NOON, now: dt.datetime = NOON, url: str = "https://desk.example.com",
            config: str = "", snapshot: str | bytes | None = "", **said: Any) -> NamedTicket:
        records = {("support", key): Record(answer, at) for key, answer in answers(**said).items()}
        text = Snapshot({"support": Source("desk", url, synced_at)}, records).write() if snapshot == "" else snapshot
        files = {} if text is None else {".kbtool/tickets.jsonl": text}
        knowledge_base(tmp_path / "kb", {"content/a.md": HEAD + "---\n", **files}, config=config or desk.config())
        return gather(load_config(tmp_path / "kb"), now.date(), now=now, git=False).tickets.look_up(reference)

    return ask


CLOSED = Ticket("SUP-1", "closed", "fixed", dt.datetime(2026, 11, 20, tzinfo=dt.UTC))
DOES_NOT = "does not exist, says the tracker support"


@pytest.mark.parametrize(
    ("said", "facts"),
    [  # state, unknown, missing, moved to
        ({"SUP_1": CLOSED}, ("closed", "", "", "")),
        ({"SUP_1": Ticket("SUP-1", "open")}, ("open", "", "", "")),
        ({}, ("", f"the snapshot does not have SUP-1; {SYNC}", "", "")),
        ({"SUP_2": CLOSED}, ("", f"the snapshot does not have SUP-1; {SYNC}", "", "")),
        ({"SUP_1": Outcome.MISSING}, ("", "", f"it {DOES_NOT}", "")),
        ({"SUP_1": Outcome.GONE}, ("", "", "it was deleted, says the tracker support", "")),
        ({"SUP_1": Outcome.FORBIDDEN}, ("", "support has not told of SUP-1: it may not be seen with this token", "", "")),
        ({"SUP_1": Answer("SUP-1", Outcome.FORBIDDEN, reason="no right to read")}, ("", "support has not told of SUP-1: no right to read", "", "")),
        ({"SUP_1": Answer("SUP-1", Outcome.UNREACHABLE, reason="status 500")}, ("", "support has not told of SUP-1: status 500", "", "")),
        ({"SUP_1": Outcome.UNREACHABLE}, ("", "support has not told of SUP-1: there was no answer", "", "")),
        ({"SUP_1": moved("SUP-1", "SUP-2"), "SUP_2": Ticket("SUP-2", "open")}, ("open", "", "", "SUP-2")),
        ({"SUP_1": moved("SUP-1", "https://desk.example.com/SUP-2"), "SUP_2": Ticket("SUP-2", "open")}, ("open", "", "", "SUP-2")),
        ({"SUP_1": moved("SUP-1", "SUP-2")}, ("", f"the snapshot does not have SUP-2; {SYNC}", "", "SUP-2")),
        ({"SUP_1": moved("SUP-1", "SUP-2"), "SUP_2": Outcome.GONE}, ("", "", "SUP-2, to which it has moved, was deleted, says the tracker support", "SUP-2")),
        ({"SUP_1": moved("SUP-1", "SUP-2"), "SUP_2": moved("SUP-2", "SUP-3"), "SUP_3": Ticket("SUP-3", "open")},
         ("", "SUP-1 has moved to SUP-3; name that one", "", "SUP-3")),
        ({"SUP_1": moved("SUP-1", "OTHER-2")}, ("", "SUP-1 has moved to OTHER-2; name that one", "", "OTHER-2")),
        ({"SUP_1": moved("SUP-1", "")}, ("", "SUP-1 has moved and it is not said where, says the tracker support", "", "")),
        ({"SUP_1": moved("SUP-1", "SUP-1")}, ("", "SUP-1 has moved in a circle, says the tracker support", "", "")),
        ({"SUP_1": moved("SUP-1", "SUP-2"), "SUP_2": moved("SUP-2", "SUP-1")}, ("", "SUP-1 has moved in a circle, says the tracker support", "", "")),
        ({"SUP_1": moved("SUP-1", "SUP-2"), "SUP_2": moved("SUP-2", "SUP-2")}, ("", "SUP-1 has moved to SUP-2; name that one", "", "SUP-2")),
    ],
)
def test_what_is_known_of_a_ticket(known: Callable[..., NamedTicket], said: dict[str, Any], facts: tuple[str, str, str, str]) -> None:
    """Found, missing, not known for a reason, or moved, which is followed once; closed because moved is not closed."""
    one = known("SUP-1", **said)
    assert (one.ticket.state if one.ticket else "", one.unknown, one.missing, one.moved_to) == facts


def test_a_ticket_that_moved_keeps_the_key_of_the_article(known: Callable[..., NamedTicket]) -> None:
    """Its state is that of its new place; the key that a seal has signed is the one that the article names."""
    one = known("SUP-1", SUP_1=moved("SUP-1", "SUP-2"), SUP_2=Ticket("SUP-2", "open", title="There"))
    assert one.ticket == Ticket("SUP-1", "open", title="There")


PUBLIC = {"public": "true"}


@pytest.mark.parametrize(
    ("options", "said", "private"),
    [
        ({}, Ticket("SUP-1", "open"), True),
        (PUBLIC, Ticket("SUP-1", "open"), False),
        (PUBLIC, Ticket("SUP-1", "open", confidential=True), True),
        ({}, Outcome.MISSING, True),
        (PUBLIC, Outcome.MISSING, False),
        (PUBLIC, Outcome.UNREACHABLE, False),
        (PUBLIC, Outcome.FORBIDDEN, True),
        (PUBLIC, moved("SUP-1", "OTHER-2"), True),
        ({}, None, True),
        (PUBLIC, None, False),
    ],
)
def test_what_the_public_may_see(known: Callable[..., NamedTicket], desk: Any, options: dict[str, str], said: Any, private: bool) -> None:
    """A ticket is as private as its tracker, and private if it is confidential, may not be seen, or lives nobody knows where."""
    one = known("SUP-1", config=desk.config(**options), **({"SUP_1": said} if said is not None else {}))
    assert one.private is private


HOUR = dt.timedelta(hours=1)


@pytest.mark.parametrize(
    ("age", "max_age", "unknown"),
    [
        (HOUR * 24 * 7, None, ""),
        (HOUR * 24 * 7 + dt.timedelta(seconds=1), None, f"support was last heard of on 2026-11-15 11:59 UTC, which is too long ago; {SYNC}"),
        (HOUR * 24, "24 hours", ""),
        (HOUR * 25, "24 hours", f"support was last heard of on 2026-11-21 11:00 UTC, which is too long ago; {SYNC}"),
        (HOUR * 24 * 15, "2 weeks", f"support was last heard of on 2026-11-07 12:00 UTC, which is too long ago; {SYNC}"),
        (-HOUR, None, ""),
        (-HOUR - dt.timedelta(seconds=1), None, "the snapshot is from 2026-11-22, after the day to judge by"),
        (-HOUR * 24 * 365, "1 hour", "the snapshot is from 2027-11-22, after the day to judge by"),
    ],
)
def test_what_is_too_old_or_from_the_future_is_not_known(
    known: Callable[..., NamedTicket], desk: Any, age: dt.timedelta, max_age: str | None, unknown: str
) -> None:
    """A tracker that has been silent for longer than its `max_age` is no evidence, nor is a snapshot that is yet to come."""
    config = desk.config(**({"max_age": max_age} if max_age else {}))
    one = known("SUP-1", at=NOON - age, synced_at=NOON - age, config=config, SUP_1=CLOSED)
    assert (one.unknown, one.ticket) == (unknown, None if unknown else CLOSED)


def test_one_ticket_may_be_too_old_alone(known: Callable[..., NamedTicket]) -> None:
    """A tracker that answers, but for one ticket, is not silent: it is that ticket of which nothing was heard."""
    one = known("SUP-1", at=NOON - HOUR * 24 * 8, SUP_1=CLOSED)
    assert one.unknown == f"support has last told of SUP-1 on 2026-11-14 12:00 UTC, which is too long ago; {SYNC}"


def test_the_day_to_judge_by_counts(known: Callable[..., NamedTicket]) -> None:
    """As of an earlier or a later day, the same snapshot is of the future, or too old; as of the end of its day it is known."""
    for day, is_known in {14: False, 21: False, 22: True, 28: True, 29: False, 30: False}.items():
        assert bool(known("SUP-1", now=dt.datetime(2026, 11, day, 23, 59, tzinfo=dt.UTC), SUP_1=CLOSED).ticket) is is_known


@pytest.mark.parametrize(
    ("snapshot", "unknown"),
    [
        (None, f"there is no snapshot yet; {SYNC}"),
        ("garbage\n", f"the snapshot .kbtool/tickets.jsonl, line 1: it is not JSON; remove it and {SYNC}"),
        ('{"snapshot": 1}\n{"tracker"', f"the snapshot .kbtool/tickets.jsonl, line 2: it ends in the middle of a line; remove it and {SYNC}"),
        (b"\xff\xfe", f"the snapshot .kbtool/tickets.jsonl cannot be read; remove it and {SYNC}"),
        ('{"snapshot": 1}\n', f"the snapshot does not have SUP-1; {SYNC}"),
    ],
)
def test_a_snapshot_that_cannot_be_used(known: Callable[..., NamedTicket], snapshot: Any, unknown: str) -> None:
    """Missing or damaged, it says nothing of any ticket, and why; it is no error."""
    one = known("SUP-1", snapshot=snapshot)
    assert (one.unknown, one.ticket, one.tracker) == (unknown, None, "support")


def test_a_folder_in_the_place_of_the_snapshot(known: Callable[..., NamedTicket], tmp_path: Path) -> None:
    """It cannot be read, and that is all."""
    (tmp_path / "kb/.kbtool/tickets.jsonl").mkdir(parents=True)
    assert known("SUP-1", snapshot=None).unknown == f"the snapshot .kbtool/tickets.jsonl cannot be read; remove it and {SYNC}"


def test_another_address_is_another_tracker(known: Callable[..., NamedTicket]) -> None:
    """What another server said under this tracker's name is no evidence."""
    assert known("SUP-1", url="https://old.example.com", SUP_1=CLOSED).unknown == f"the snapshot is of another tracker support; {SYNC}"


def test_a_committed_snapshot(known: Callable[..., NamedTicket], desk: Any, tmp_path: Path) -> None:
    """`snapshot` of the configuration says where it is."""
    known("SUP-1", SUP_1=CLOSED)
    text = (tmp_path / "kb/.kbtool/tickets.jsonl").read_bytes()
    (tmp_path / "kb/checks/tickets.jsonl").write_bytes(text)
    assert known("SUP-1", config=f'snapshot = "checks/tickets.jsonl"\n{desk.config()}', snapshot=b"garbage\n").ticket == CLOSED


JUNK = st.sampled_from(['{"snapshot": 1}', '{"tracker": "support", "key": "SUP-1"}', "[", "\0", "=======", "\u2028", "\n", '"', "1" * 9])


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.lists(JUNK | st.text(max_size=5)).map("".join))
def test_no_snapshot_breaks_a_run(tmp_path: Path, desk: Any, text: str) -> None:
    """Whatever stands in the file, checks run to their end, and nobody knows whether the article is fresh."""
    files = {"content/a.md": f"{HEAD}last_reviewed_on: 2026-11-01\ntickets: [SUP-1]\n---\n", ".kbtool/tickets.jsonl": text.encode("utf-8", "replace")}
    evidence = knowledge_base(tmp_path / "kb", files, config=desk.config())
    found = run(evidence, make_checks(evidence.config, select=["KB3"]))
    assert found.skipped == ()
    assert [one.verdict.value for one in found.articles] == ["unknown"]
