"""`kbtool tickets sync` against a real Redmine, and what checks, sites and feeds make of the answers."""

from __future__ import annotations

import datetime as dt
import json
import secrets
from pathlib import Path

import pytest

pytestmark = pytest.mark.xdist_group("redmine")

CONFIG = """
[tool.kbtool]
[tool.kbtool.trackers.bugs]
kind = "redmine"
url = "{url}"
prefix = "BUG"
public = true
"""
ARTICLE = """---
title: {title}
audience: {audience}
owners: [ana]
product_areas: [billing]
content_type: known-issue
last_reviewed_on: {day}
tickets: [{tickets}]
---

{text}
"""


def yesterday() -> dt.date:
    """Return the day before the server's, from which on everything has happened since the review."""
    return dt.datetime.now(dt.UTC).date() - dt.timedelta(days=1)


@pytest.fixture
def desk(kb, redmine):
    """A knowledge base with the configuration for the server; `desk(*args)` runs kbtool with a key."""
    kb.write("pyproject.toml", CONFIG.format(url=redmine.url))
    kb.write("mkdocs.yml", "site_name: Help\nsite_url: https://help.example.com/\ntheme: material\n")
    for path in (kb.root / "content").rglob("*.md"):
        path.unlink()

    def run(*args: str, key: str = redmine.key):
        return kb.run(*args, today=None, env={"REDMINE_API_KEY": key})

    return run


def article(kb, name: str, numbers, *, text: str = "Wait for it.", audience: str = "internal") -> None:
    """Write an article that names tickets and was reviewed yesterday."""
    tickets = ", ".join(f"BUG-{number}" for number in numbers)
    kb.write(f"content/{name}.md", ARTICLE.format(title=name.capitalize(), audience=audience, day=yesterday(), tickets=tickets, text=text))


def states(done) -> dict[str, str]:
    """Return ticket → state, or why there is none, of `tickets list --format json`."""
    return {one["ticket"]: one["state"] or one["unknown"] or one["missing"] for one in done.json()}


def test_what_redmine_says_reaches_articles(kb, redmine, desk) -> None:
    """Open, closed, reopened, private, moved, deleted, forbidden and missing tickets, and 130 others: each is what it is."""
    made = {name: redmine.create(f"{name} ticket") for name in ("open", "closed", "reopened", "moved", "deleted")}
    made["private"] = redmine.create("Secret of a customer", private=True)
    made["forbidden"] = redmine.create("Vaulted", project="vault")
    redmine.close(made["closed"])
    redmine.close(made["reopened"])
    redmine.reopen(made["reopened"])
    redmine.move(made["moved"], "board")
    redmine.delete(made["deleted"])
    missing = 999_999_999
    article(kb, "each", [*made.values(), missing], text=f"Until BUG-{made['closed']} is fixed, export by month.")
    article(kb, "many", redmine.ids)
    first = desk("tickets", "sync")
    assert first.code == 0, first.err
    assert "bugs: 138 tickets (135 found, 2 missing, 1 forbidden)" in first.out
    found = states(desk("tickets", "list", "content/each.md", "--format", "json"))
    key = {name: f"BUG-{number}" for name, number in made.items()}
    for name in ("open", "reopened", "moved", "private"):
        assert found[key[name]] == "open", name
    assert found[key["closed"]] == "closed"
    assert "has not told" in found[key["forbidden"]]
    assert "does not exist" in found[key["deleted"]]
    assert "does not exist" in found[f"BUG-{missing}"]
    report = desk("check", "--no-git", "--select", "KB3", "--format", "json").json()
    told = {(one["code"], one["evidence"]["ticket"]) for one in report["findings"]}
    assert told == {("KB301", key["closed"]), ("KB303", key["deleted"]), ("KB303", f"BUG-{missing}")}
    assert [one["path"] for one in report["unknown"]] == ["content/each.md"]
    resolved = next(one for one in report["findings"] if one["code"] == "KB301")
    assert resolved["evidence"]["sentence"] == f"Until {key['closed']} is fixed, export by month."


def test_a_reopening_between_two_syncs(kb, redmine, desk) -> None:
    """A ticket that was closed at one sync and is open at the next has been reopened: KB302, though Redmine does not say when."""
    number = redmine.create("Comes and goes")
    redmine.close(number)
    article(kb, "one", [number])
    assert desk("tickets", "sync").code == 0
    assert [one["code"] for one in desk("check", "--no-git", "--select", "KB3", "--format", "json").json()["findings"]] == ["KB301"]
    redmine.reopen(number)
    done = desk("tickets", "sync", "--since", "last")
    assert f"BUG-{number} was closed, is open" in done.out
    assert [one["code"] for one in desk("check", "--no-git", "--select", "KB3", "--format", "json").json()["findings"]] == ["KB302"]


def test_a_wrong_key_says_so_and_changes_nothing(kb, redmine, desk) -> None:
    """Redmine answers a wrong key as if nobody had asked; kbtool exits 3 and leaves the snapshot as it is, byte for byte."""
    article(kb, "one", [*redmine.ids[:3], redmine.create("Not for all", project="board")])
    assert desk("tickets", "sync").code == 0
    before = (kb.root / ".kbtool/tickets.jsonl").read_bytes()
    wrong = secrets.token_hex(20)
    done = desk("tickets", "sync", key=wrong)
    assert (done.code, done.out, (kb.root / ".kbtool/tickets.jsonl").read_bytes()) == (3, "", before)
    assert done.err == "kbtool: error[tracker]: bugs: it does not accept the credentials; nothing of it was changed\n"
    assert wrong not in done.out + done.err
    assert desk("tickets", "sync", key="").code == 3


def test_122_tickets_take_at_most_six_requests(kb, redmine, desk) -> None:
    """Two of them do not exist; the server's own log counts."""
    article(kb, "many", [*redmine.ids[:120], 888_888_888, 999_999_999])
    before = len(redmine.requests())
    assert desk("tickets", "sync").code == 0
    assert 3 <= len(redmine.requests()) - before <= 6


def test_neither_the_token_nor_a_confidential_title_is_written_anywhere(kb, redmine, desk, tmp_path: Path) -> None:
    """Not into snapshot, cache, sites, feeds or a crash file, and not to the terminal; of a public ticket the title is kept."""
    title = f"Confidential {secrets.token_hex(6)}"
    private, public = redmine.create(title, private=True), redmine.create("Exports stop at 100 rows")
    redmine.close(private)
    article(kb, "known", [private, public], audience="public")
    article(kb, "wiki", [private], text=f"See BUG-{private}.")
    said = []
    for args in (
        ["tickets", "sync"], ["tickets", "list"], ["tickets", "show", f"BUG-{private}"], ["check", "--no-git", "--exit-zero"],
        ["check", "--no-git", "--format", "json"], ["tickets", "resolved", "--since", "2026-01-01"], ["why", "content/wiki.md"],
        ["build", "--no-git", "--exit-zero"],
    ):
        done = desk(*args)
        assert done.code in (0, 1, 3), (args, done.err)
        said.append(done.out + done.err)
    assert (kb.root / "site/public/known-issues/feed.xml").is_file()
    written = {path: path.read_bytes() for path in kb.root.rglob("*") if path.is_file()}
    for secret in (redmine.key, title):
        assert [str(path) for path, content in written.items() if secret.encode() in content] == []
        assert [text for text in said if secret in text] == []
    snapshot = (kb.root / ".kbtool/tickets.jsonl").read_text("utf-8")
    assert "Exports stop at 100 rows" in snapshot
    assert [json.loads(line).get("title") for line in snapshot.splitlines() if f"BUG-{private}" in line] == [None]
    published = b"".join(content for path, content in written.items() if "site/public" in path.as_posix())
    assert f"BUG-{private}".encode() not in published
