"""The timeline of an article, in real repositories."""

from __future__ import annotations

from typing import Any

import pytest

from kbtool.why import Moment, timeline

TODAY = "2026-11-22"


@pytest.fixture
def told(judge):
    """`told(repo)`: day, kind and words of each moment in the life of an article."""

    def tell(repo: Any, name: str = "a", today: str = TODAY) -> list[str]:
        return [f"{moment.day or '?'} {moment.what}: {moment.text}" for moment in moments(judge(repo, today), name)]

    return tell


def moments(found: Any, name: str = "a") -> list[Moment]:
    """Return the timeline of an article of a judged repository."""
    return timeline(found.article(name), found.evidence)


def test_everything_in_its_order(repo, page, told, judge) -> None:
    """Reviews, substantive edits, landings under the covers, ignored ones, tickets and the end: oldest first, each with its commit."""
    old = {"covers": "['src/**', '!src/gen/**']", "tickets": "[SUP-1, SUP-2, GH-9]", "expires": "2026-12-31"}
    tickets = "SUP-1: {state: closed, resolution: fixed, closed_at: 2026-04-02T23:30:00-05:00}\nSUP-2: {state: closed, closed_at: 2026-02-03}\n"
    ids = [repo.commit({
        "content/a.md": page("One.\n", last_reviewed_on="2026-02-01", **old), "src/a.py": "1\n", "src/b.py": "1\n", "src/gen/c.py": "1\n",
        "checks/tickets.yml": tickets,
    }, on="2026-02-01", by="Ana", message="Add")]
    ids.append(repo.commit({"src/a.py": "2\n", "src/gen/c.py": "2\n"}, on="2026-03-01", by="Ben", message="Faster"))
    repo.commit({"src/gen/c.py": "3\n", "lib.py": "1\n"}, on="2026-03-02", message="Elsewhere")
    ids.append(repo.commit({"content/a.md": page("Two.\n", last_reviewed_on="2026-03-05", **old)}, on="2026-03-05", by="Ana", message="Two"))
    repo.commit({"content/a.md": page("Two.\n\n", last_reviewed_on="2026-03-05", title="Other", **old)}, on="2026-03-06", message="White space")
    ids.append(repo.commit({"src/b.py": "2\n"}, on="2026-04-01", by="bot[bot] <b@b>", message="Bump"))
    ids.append(repo.commit({"src/b.py": None}, on="2026-05-01", by="Cleo", message="Remove b"))
    assert told(repo) == [
        "2026-02-01 edit: Ana: Add", "2026-02-01 code: Ana: Add (src/a.py and 1 more)", "2026-02-01 review: Ana",
        "2026-02-03 ticket: SUP-2 closed", "2026-03-01 code: Ben: Faster (src/a.py)", "2026-03-05 edit: Ana: Two", "2026-03-05 review: Ana",
        "2026-04-01 ignored: bot[bot]: Bump (code; it does not count)", "2026-04-03 ticket: SUP-1 closed: fixed",
        "2026-05-01 code: Cleo: Remove b (src/b.py)", "2026-12-31 expires: the day that its front matter names",
    ]
    found = [moment.commit for moment in moments(judge(repo, TODAY)) if moment.commit]
    assert list(dict.fromkeys(found)) == ids


def test_a_review_in_a_branch_stands_at_its_day(repo, page, told) -> None:
    """It says when it landed, so what landed meanwhile stands after it."""
    repo.commit({"content/a.md": page(last_reviewed_on="2026-01-05", covers="[src/**]"), "src/a.py": "1\n"}, on="2026-01-05", by="Ana", message="Add")
    repo.branch("review")
    repo.commit({"content/a.md": page(last_reviewed_on="2026-03-01", covers="[src/**]")}, on="2026-03-01", by="Ana")
    repo.switch("main")
    repo.commit({"src/a.py": "2\n"}, on="2026-03-05", by="Ben", message="Faster")
    repo.merge("review", on="2026-03-10", by="Cleo", message="Merge")
    assert told(repo)[-2:] == ["2026-03-01 review: Ana, landed on 2026-03-10", "2026-03-05 code: Ben: Faster (src/a.py)"]


def test_a_review_that_nobody_committed(repo, page, told) -> None:
    """It is there, last of its day."""
    repo.commit({"content/a.md": page(last_reviewed_on="2026-01-05")}, on="2026-01-05", by="Ana", message="Add")
    repo.write({"content/a.md": page(last_reviewed_on="2026-03-01")})
    assert told(repo) == ["2026-01-05 edit: Ana: Add", "2026-01-05 review: Ana", "2026-03-01 review: not committed yet"]


def test_names_of_before(repo, page, told) -> None:
    """What happened to the article under another name happened to it."""
    repo.commit({"content/old.md": page("One.\n", last_reviewed_on="2026-01-05")}, on="2026-01-05", by="Ana", message="Add")
    repo.move("content/old.md", "content/a.md")
    repo.commit(on="2026-02-05", by="Ben", message="Move")
    assert told(repo) == ["2026-01-05 edit: Ana: Add", "2026-01-05 review: Ana"]


def test_the_first_commit_can_be_ignored(tmp_path, new_repo, page, judge) -> None:
    """A landing that does not count is told even where it is the very first one."""
    api = new_repo(tmp_path / "api")
    first = api.head
    api.write({".git-blame-ignore-revs": f"{first}\n"})
    repo = new_repo(tmp_path / "kb", '[tool.kbtool.repositories.api]\npath = "../api"')
    repo.commit({"content/a.md": page(last_reviewed_on="2025-12-01", covers="['api:checks/**']")}, on="2026-02-01", by="Ana", message="Add")
    assert [(moment.text, moment.commit) for moment in moments(judge(repo, TODAY)) if moment.what == "ignored"] == [
        ("Test: Begin (code; it does not count)", first)]


def test_other_repositories(tmp_path, new_repo, page, told) -> None:
    """Their landings have their names; one that is not there, or is cut off, is said to be unknown."""
    api = new_repo(tmp_path / "whole")
    for number in (1, 2, 3):
        api.commit({"src/x.py": f"{number}\n"}, on=f"2026-02-0{number}", by="Ben", message=f"Change {number}")
    cut = api.clone(tmp_path / "cut", depth=2)
    oldest = cut.git("rev-parse", "HEAD~1")[:12]
    config = "".join(f'[tool.kbtool.repositories.{name}]\npath = "../{name}"\n' for name in ("whole", "cut", "gone"))
    repo = new_repo(tmp_path / "kb", config)
    repo.commit({"content/a.md": page(last_reviewed_on="2026-03-01", covers="['whole:src/*', 'cut:src/*', 'gone:src/*']")}, on="2026-03-01", by="Ana", message="Add")
    assert told(repo) == [
        f"? unknown: the history of cut is cut off at {oldest}; what is older is not known",
        "? unknown: the history of gone: the repository 'gone' is not there: no folder '../gone' (check it out)",
        "2026-02-01 code: Ben: Change 1 (whole:src/x.py)", "2026-02-02 code: Ben: Change 2 (whole:src/x.py)",
        "2026-02-03 code: Ben: Change 3 (cut:src/x.py)", "2026-02-03 code: Ben: Change 3 (whole:src/x.py)",
        "2026-03-01 edit: Ana: Add", "2026-03-01 review: Ana",
    ]


def test_a_shallow_clone_tells_what_it_knows(repo, page, told, tmp_path) -> None:
    """What its oldest commit seems to bring is no event; that older ones are missing is said."""
    repo.commit({"content/a.md": page("One.\n", last_reviewed_on="2026-02-01", covers="[src/**]"), "src/a.py": "1\n"}, on="2026-02-01", by="Ana", message="Add")
    repo.commit({"lib.py": "1\n"}, on="2026-02-02", message="Elsewhere")
    repo.commit({"src/a.py": "2\n"}, on="2026-02-03", by="Ben", message="Faster")
    clone = repo.clone(tmp_path / "clone", depth=2)
    oldest = clone.git("rev-parse", "HEAD~1")[:12]
    assert told(clone) == [
        f"? unknown: history is cut off at {oldest}; what is older is not known", "2026-02-01 review: before the history that is here",
        "2026-02-03 code: Ben: Faster (src/a.py)",
    ]


def test_without_history(tmp_path, new_repo, page, told) -> None:
    """That there is none is said; what needs none is told."""
    repo = new_repo(tmp_path / "kb")
    repo.write({"content/a.md": page(tickets="[SUP-1]", covers="[src/**]"), "checks/tickets.yml": "SUP-1: {state: closed, closed_at: 2026-04-02}\n"})
    (repo.folder / ".git").rename(tmp_path / "elsewhere")
    first, *others = told(repo)
    assert first.startswith(f"? unknown: history: {repo.folder}: this is no git repository")
    assert others == ["2026-04-02 ticket: SUP-1 closed"]


def test_the_newest_landings_are_told(repo, page, told) -> None:
    """Of many landings twenty are told, and how many came before: nothing is left out in silence."""
    repo.commit({"content/a.md": page(last_reviewed_on="2026-01-05", covers="[src/**]")}, on="2026-01-05", by="Ana", message="Add")
    for number in range(1, 24):
        repo.commit({"src/a.py": f"{number}\n"}, on=f"2026-02-{number:02}", by="Ben", message=f"Change {number}")
    code = [line for line in told(repo) if " code: " in line]
    assert code[:2] == ["2026-02-03 code: and 3 landings before", "2026-02-04 code: Ben: Change 4 (src/a.py)"]
    assert (len(code), code[-1]) == (21, "2026-02-23 code: Ben: Change 23 (src/a.py)")
