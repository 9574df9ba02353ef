"""KB304 ticket-confidential."""

from __future__ import annotations

import datetime as dt

import pytest

from kbtool.builtin_checks.ticket_confidential import TicketConfidential
from kbtool.snapshot import Record, Snapshot, Source
from kbtool.testing import check_files, in_words
from kbtool.tickets import Answer, Outcome, Ticket

NOON = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
TICKETS = """\
SUP-1: {state: open, confidential: true, url: "https://t.example/1"}
SUP-2: {state: open, url: "https://t.example/2"}
"""
PUBLIC = "---\ntitle: x\naudience: public\n---\n"  # the text begins on line 5
HINT = "name it in `tickets` of the front matter instead"
FIRES = {
    "text": (f"{PUBLIC}Until SUP-1 is fixed.\n", "5:7"),
    "heading": (f"{PUBLIC}# SUP-1\n", "5:3"),
    "link": (f"{PUBLIC}See [it](https://t.example/1).\n", "5:10"),
    "emphasis": (f"{PUBLIC}See _SUP-1_.\n", "5:6"),
    "inline code": (f"{PUBLIC}Run `close SUP-1`.\n", "5:12"),
    "fenced code": (f"{PUBLIC}```\nSUP-1\n```\n", "6:1"),
    "table": (f"{PUBLIC}| a |\n|---|\n| SUP-1 |\n", "7:3"),
    "region for the public": (f"{PUBLIC}::: public\nSUP-1\n:::\n", "6:1"),
    "title": ("---\ntitle: About SUP-1\naudience: public\n---\n", "2:1"),
    "description": ("---\ndescription: About SUP-1\naudience: public\n---\n", "2:1"),
    "tag": ("---\ntags: [a, SUP-1]\naudience: public\n---\n", "2:1"),
    "workaround": ("---\naudience: public\nknown_issue:\n  workaround: |\n    See\n    SUP-1\n---\n", "3:1"),
    "comment that never ends": (f"{PUBLIC}<!-- SUP-1\n", "5:6"),
    "comment in code": (f"{PUBLIC}`<!-- SUP-1 -->`\n", "5:7"),
}


@pytest.mark.parametrize(("text", "place"), FIRES.values(), ids=FIRES)
def test_fires(text: str, place: str) -> None:
    """Wherever a public site would show the key, or the address of its page, it is an error with its place."""
    found = check_files(TicketConfidential(), {"content/a.md": text, "checks/tickets.yml": TICKETS})
    message = "the public edition would name SUP-1, which the public may not see"
    assert in_words(found) == [f"content/a.md:{place} KB304 error: {message} ({HINT})"]


CLEAN = {
    "a public ticket": f"{PUBLIC}SUP-2\n",
    "front matter": "---\naudience: public\ntickets: [SUP-1]\n---\n",
    "region": f"{PUBLIC}::: internal\nSUP-1\n:::\n",
    "comment": f"{PUBLIC}<!-- SUP-1 -->\n",
    "an internal article": "---\ntitle: About SUP-1\n---\nSUP-1\n",
    "an article that nobody has finished": f"{PUBLIC.replace('title: x', 'draft: true')}SUP-1\n",
    "an unreadable audience": f"{PUBLIC.replace('public', 'publik')}SUP-1\n",
    "a longer word": f"{PUBLIC}SUP-10 xSUP-1 SUP-1-x\n",
}


@pytest.mark.parametrize("text", CLEAN.values(), ids=CLEAN)
def test_clean(text: str) -> None:
    """Where no public site shows it, it may stand."""
    assert check_files(TicketConfidential(), {"content/a.md": text, "checks/tickets.yml": TICKETS}) == []


@pytest.mark.parametrize(
    ("audience", "body", "named"),
    [
        ("public", "SUP-1", ["partners", "public"]),
        ("partners", "SUP-1", ["partners"]),
        ("public", "::: partners\nSUP-1\n:::", ["partners"]),
        ("partners", "::: internal\nSUP-1\n:::", None),
    ],
)
def test_which_editions(audience: str, body: str, named: list[str] | None) -> None:
    """Every edition whose readers are not inside is meant, and named."""
    config = '[tool.kbtool.editions.partners]\naudiences = ["public", "partners"]'
    files = {"content/a.md": f"---\naudience: {audience}\n---\n{body}\n", "checks/tickets.yml": TICKETS}
    found = check_files(TicketConfidential(), files, config=config)
    assert [one.evidence["editions"] for one in found] == ([named] if named else [])
    who = f"the {' and '.join(named or [])} {'editions' if named and named[1:] else 'edition'}"
    assert all(one.message.startswith(f"{who} would name SUP-1, ") for one in found)


SAID = [
    Answer.found(Ticket("SUP-11", "open")), Answer.found(Ticket("SUP-12", "open", confidential=True)), Answer("SUP-13", Outcome.FORBIDDEN),
    Answer("SUP-14", Outcome.MISSING), Answer("SUP-15", Outcome.UNREACHABLE), Answer("SUP-16", Outcome.MOVED, moved_to="ELSE-1"),
]
ALL = [f"SUP-{number}" for number in range(11, 18)]


@pytest.mark.parametrize(
    ("public", "private"),
    [("false", ALL), ("true", ["SUP-12", "SUP-13", "SUP-16"])],
)
def test_trackers(desk, public: str, private: list[str]) -> None:
    """All of a tracker that is not public; of one that is, what it calls confidential, does not let us see, or has moved out."""
    records = {("support", answer.key): Record(answer, NOON) for answer in SAID}
    snapshot = Snapshot({"support": Source("desk", "https://desk.example.com", NOON)}, records).write()
    files = {"content/a.md": f"{PUBLIC}{' '.join(ALL)}\n", ".kbtool/tickets.jsonl": snapshot}
    found = check_files(TicketConfidential(), files, config=desk.config(public=public))
    assert [one.evidence["ticket"] for one in found] == private


@pytest.mark.parametrize(("public", "private"), [("true", 0), ("false", 1)])
def test_a_form_of_two_trackers(desk, public: str, private: int) -> None:
    """Where a key may be a private tracker's, it is private, also in a title, of which nobody else says anything."""
    config = desk.config(public="true") + desk.config("other", url="https://other.example.com", public=public)
    found = check_files(TicketConfidential(), {"content/a.md": "---\ntitle: SUP-1\naudience: public\n---\n"}, config=config)
    assert [(one.evidence["ticket"], one.line) for one in found] == [("SUP-1", 2)] * private
