"""`kbtool tickets resolved`: what the help desk needs for its reply."""

from __future__ import annotations

TICKETS = """\
SUP-1: {state: closed, resolution: fixed, closed_at: 2026-11-20T23:30:00-05:00}
SUP-2: {state: closed, closed_at: 2026-10-01}
SUP-3: {state: open}
SUP-4: {state: closed}
"""
KNOWN = """---
title: Exports stop at 100 rows
audience: public
owners: [ana]
product_areas: [billing]
content_type: known-issue
last_reviewed_on: 2026-11-21
tickets: [SUP-1, SUP-3]
known_issue: {fixed_in: "2.4"}
---

Export one month at a time.
"""


def test_closed_since_a_day(kb) -> None:
    """Each closed ticket comes once, with its day in UTC, the version that has the fix, its articles and their addresses."""
    kb.write("checks/tickets.yml", TICKETS)
    kb.write("mkdocs.yml", "site_name: Help\nsite_url: https://help.example.com/\n")
    kb.write("content/known.md", KNOWN)
    kb.write("content/wiki.md", KNOWN.replace("audience: public\n", "").replace('tickets: [SUP-1, SUP-3]\nknown_issue: {fixed_in: "2.4"}\n', "")
             + "\nSee SUP-1, SUP-2 and SUP-4.\n")
    done = kb.run("tickets", "resolved", "--since", "2026-11-21")
    assert (done.code, done.err) == (0, "")
    assert done.out == (
        "SUP-1 closed on 2026-11-21 (fixed), fixed in 2.4\n  content/known.md\n  content/wiki.md\n  public: https://help.example.com/known/\n"
        "  internal: https://help.example.com/known/\n  internal: https://help.example.com/wiki/\n"
        "SUP-4 closed at no known time\n  content/wiki.md\n  internal: https://help.example.com/wiki/\n"
    )
    found = kb.run("tickets", "resolved", "--since", "2026-09-01", "--format", "json").json()
    assert [(one["ticket"], one["closed_at"], one["fixed_in"]) for one in found] == [
        ("SUP-2", "2026-10-01T00:00:00Z", None), ("SUP-1", "2026-11-21T04:30:00Z", "2.4"), ("SUP-4", None, None),
    ]
    assert kb.run("tickets", "resolved", "--since", "2026-11-22").out.startswith("SUP-4 ")


def test_what_is_asked_for_must_be_a_day(kb) -> None:
    """Without a day, or with none that is in the calendar, it is a usage error of one line."""
    for args in ([], ["--since", "yesterday"], ["--since", "2026-02-30"]):
        done = kb.run("tickets", "resolved", *args)
        assert (done.code, done.out, done.err.count("\n")) == (2, "", 1), args
