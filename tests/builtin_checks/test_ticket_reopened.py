"""KB302 ticket-reopened."""

from __future__ import annotations

import json

import pytest

from kbtool.builtin_checks.ticket_reopened import TicketReopened
from kbtool.testing import check_files, in_words

AGAIN = {"state": "open", "reopened_at": "2026-11-20T08:00:00Z"}
HEAD = "---\nlast_reviewed_on: 2026-10-01\n"
HINT = "(say what holds now; then `kbtool review content/article.md`)"


def found(text: str, ticket: dict[str, str], **more: str) -> list[str]:
    """Return in words what the check finds in an article that names SUP-431."""
    files = {"content/article.md": text, "checks/tickets.yml": json.dumps({"SUP-431": ticket})}
    return in_words(check_files(TicketReopened(), files, **more))


@pytest.mark.parametrize(
    ("text", "ticket", "words"),
    [
        (f"{HEAD}tickets: [SUP-431]\n---\n", AGAIN, f"3:11 KB302 error: SUP-431 was reopened on 2026-11-20, after the review of 2026-10-01 {HINT}"),
        (f"{HEAD}tickets: [SUP-431]\n---\nOne SUP-431. Two SUP-431.\n", AGAIN,
         f"3:11 KB302 error: SUP-431 was reopened on 2026-11-20, after the review of 2026-10-01: 'One SUP-431.' {HINT}"),
        (f"{HEAD}---\nSince 2.4 (SUP-431), it works.\n", AGAIN,
         f"4:12 KB302 error: SUP-431 was reopened on 2026-11-20, after the review of 2026-10-01: 'Since 2.4 (SUP-431), it works.' {HINT}"),
        (f"{HEAD}tickets: [{{ref: SUP-431, expects: closed}}]\n---\n", AGAIN,
         f"3:11 KB302 error: SUP-431 was reopened on 2026-11-20, and the article expects it to be closed {HINT}"),
        ("---\ntickets: [{ref: SUP-431, expects: closed}]\n---\n", {"state": "open"},
         f"2:11 KB302 error: SUP-431 is open, and the article expects it to be closed {HINT}"),
    ],
)
def test_in_words(text: str, ticket: dict[str, str], words: str) -> None:
    """The finding stands where the ticket is named, with the day and the sentence; it is an error at once."""
    assert found(text, ticket, today="2026-11-20") == [f"content/article.md:{words}"]


@pytest.mark.parametrize(
    ("text", "ticket"),
    [
        (f"{HEAD}tickets: [SUP-431]\n---\n", {"state": "open"}),
        (f"{HEAD}tickets: [SUP-431]\n---\n", {"state": "closed", "closed_at": "2026-11-20"}),
        (f"{HEAD}tickets: [SUP-431]\n---\n", AGAIN | {"reopened_at": "2026-10-01T23:00:00Z"}),
        (f"{HEAD}tickets: [{{ref: SUP-431, expects: open}}]\n---\nSUP-431\n", AGAIN),
        (f"{HEAD}confidence: archived\ntickets: [SUP-431, {{ref: SUP-431, expects: closed}}]\n---\n", AGAIN),
        (f"{HEAD}---\n`SUP-431`\n", AGAIN),
        ("---\ntickets: [SUP-431]\n---\n", AGAIN),
    ],
)
def test_clean(text: str, ticket: dict[str, str]) -> None:
    """Open all the time, closed, reopened before the review, as expected, in code, or in an article that claims nothing."""
    assert found(text, ticket) == []


def test_what_a_program_reads() -> None:
    """The evidence has the facts by name."""
    files = {"content/a.md": f"{HEAD}tickets: [SUP-431]\n---\n", "checks/tickets.yml": json.dumps({"SUP-431": AGAIN})}
    one, = check_files(TicketReopened(), files)
    assert one.evidence == {"ticket": "SUP-431", "tracker": "tickets", "sentence": "", "reopened_on": "2026-11-20", "expected": False}


@pytest.mark.parametrize(("ticket", "when"), [({"state": "open"}, "is open again"), (AGAIN, "was reopened on 2026-11-20")])
def test_what_the_seal_knows(repo, page, seal, judge, ticket: dict[str, str], when: str) -> None:
    """A ticket that the review signed as closed, and that is open, was reopened, whether or not anybody tells when."""
    repo.write({"content/a.md": page(tickets="[SUP-431]"), "checks/tickets.yml": "SUP-431: {state: closed, closed_at: 2026-09-01}"})
    seal(repo, "a")
    repo.write({"checks/tickets.yml": json.dumps({"SUP-431": ticket})})
    line, = in_words(judge(repo, checks=(TicketReopened(),)).found.findings)
    assert line.startswith(f"content/a.md:8:11 KB302 error: SUP-431 {when}, after the review of 2026-10-01 (")
    assert judge(repo).verdict() == "stale"
