"""Which articles to review first: the filters, the order, and each input of the risk, in real repositories."""

from __future__ import annotations

from typing import Any

import pytest

from kbtool.errors import UsageError
from kbtool.review_queue import Queue, QueueEntry
from kbtool.risk import RiskInputs

TODAY = "2026-11-22"
OVERDUE = {"last_reviewed_on": "2026-01-05"}


@pytest.fixture
def queue(judge):
    """`queue(repo, owners=["ana"])`: the entries."""

    def read(repo: Any, today: str = TODAY, **filters: Any) -> list[QueueEntry]:
        found = judge(repo, today)
        return Queue(found.evidence, found.found).entries(**filters)

    return read


@pytest.fixture
def inputs(judge):
    """`inputs(repo, "a")`: what the risk of an article follows from."""

    def read(repo: Any, name: str = "a", today: str = TODAY) -> RiskInputs:
        found = judge(repo, today)
        return Queue(found.evidence, found.found).inputs(found.article(name))

    return read


def names(entries: list[QueueEntry]) -> list[str]:
    """Return the names of the articles in the content folder."""
    return [entry.article.source.removesuffix(".md") for entry in entries]


# ---------------------------------------------------------------------------------------------- who is in it


@pytest.fixture
def mixed(repo, page):
    """A repository with articles of every verdict, of several owners and areas."""
    repo.commit({
        "checks/product_areas.yml": "billing:\nexports:\nempty:\n", "checks/owners.yml": "ana:\nben:\nidle:\n",
        "content/stale.md": page(**OVERDUE), "content/due.md": page(last_reviewed_on="2026-05-25", owners="[ben, ana]"),
        "content/fresh.md": page(last_reviewed_on="2026-11-01"), "content/archived.md": page(**OVERDUE, confidence="archived"),
        "content/unknown.md": "---\nowners: [ana\n---\n", "content/never.md": page(last_reviewed_on=None, product_areas="[exports]", owners="[ben]"),
        "content/nobodys.md": page(**OVERDUE, owners="[]"),
    }, on="2026-06-01")
    return repo


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, {"stale": "stale", "due": "due", "unknown": "unknown", "never": "stale", "nobodys": "stale"}),
        ({"everything": True}, {"stale": "stale", "due": "due", "unknown": "unknown", "never": "stale", "nobodys": "stale", "fresh": "fresh"}),
        ({"owners": ["ana"]}, {"stale": "stale", "due": "due"}),
        ({"owners": ["ben"]}, {"due": "due", "never": "stale"}),
        ({"owners": ["ana", "ben"]}, {"stale": "stale", "due": "due", "never": "stale"}),
        ({"owners": ["ana"], "everything": True}, {"stale": "stale", "due": "due", "fresh": "fresh"}),
        ({"areas": ["exports"]}, {"never": "stale"}),
        ({"areas": ["exports", "billing"], "owners": ["ben"]}, {"never": "stale", "due": "due"}),
        ({"areas": ["exports"], "owners": ["ana"]}, {}),
        ({"owners": ["idle"]}, {}), ({"areas": ["empty"]}, {}),
    ],
)
def test_who_is_in_the_queue(mixed, queue, filters, expected) -> None:
    """What is stale, due or unknown, and fresh ones on demand; archived ones never. Owners and areas narrow it."""
    assert {name: entry.verdict.verdict.value for entry in queue(mixed, **filters) for name in names([entry])} == expected


@pytest.mark.parametrize(
    ("filters", "said"),
    [
        ({"owners": ["anna"]}, "error[no-such-owner]: no article has the owner 'anna'; did you mean \"ana\"?"),
        ({"owners": ["ana", "idel"]}, "error[no-such-owner]: no article has the owner 'idel'; did you mean \"idle\"?"),
        ({"areas": ["export"]}, "error[no-such-area]: no article has the area 'export'; did you mean \"exports\"?"),
        ({"areas": ["zzz"]}, "error[no-such-area]: no article has the area 'zzz'"),
        ({"owners": [""]}, "error[no-such-owner]: no article has the owner ''"),
    ],
)
def test_an_unknown_name_is_no_empty_queue(mixed, queue, filters, said) -> None:
    """Nothing to review for somebody who does not exist would be a lie: the nearest name is told."""
    with pytest.raises(UsageError) as caught:
        queue(mixed, **filters)
    assert str(caught.value).startswith(said)


def test_without_registers_the_articles_are_the_register(repo, page, queue) -> None:
    """Owners and areas that articles name are known, whether a register has them or not."""
    repo.commit({"content/a.md": page(**OVERDUE, owners="[eve]", product_areas="[zoo]"), "checks/owners.yml": None, "checks/product_areas.yml": None})
    assert names(queue(repo, owners=["eve"], areas=["zoo"])) == ["a"]
    with pytest.raises(UsageError, match='did you mean "eve"'):
        queue(repo, owners=["eva"])


# ---------------------------------------------------------------------------------------------- the order


def test_the_riskiest_comes_first(repo, page, queue) -> None:
    """The order is that of the risk, not of the review's age; of two with the same risk, that of the paths."""
    twin = page("Word.\n", **OVERDUE)
    repo.commit({f"content/{name}.md": twin for name in "dcb"} | {"content/long.md": page("word " * 900, **OVERDUE)}, on="2026-01-05")
    repo.commit({"content/z.md": page("Word.\n", last_reviewed_on="2020-01-01")}, on="2026-01-05T13:00")
    for day in (1, 2, 3):
        repo.commit({"content/c.md": page(f"Word {day}.\n", **OVERDUE)}, on=f"2026-11-0{day}")
    entries = queue(repo)
    assert names(entries) == ["long", "c", "b", "d", "z"]
    assert [entry.risk for entry in entries] == sorted((entry.risk for entry in entries), reverse=True)
    by_name = {entry.article.source: entry.risk for entry in entries}
    assert by_name["b.md"] == by_name["d.md"] == by_name["z.md"]


def test_why_it_is_a_risk(repo, page, queue) -> None:
    """The facts behind the risk are told, the weightiest first."""
    repo.commit({"content/a.md": page("word " * 3000, **OVERDUE, covers="[src/**]"), "src/a.py": "1\n"}, on="2026-01-05")
    repo.commit({"src/a.py": "2\n"}, on="2026-11-01")
    (entry,) = queue(repo)
    assert entry.why == (
        "3,000 words long", "2 unresolved findings", "customers read it", "its code changed once in the last 90 days")


# ---------------------------------------------------------------------------------------------- edits


def test_edits_are_aged_in_days(repo, page, inputs) -> None:
    """The day on which the article came, and that of each substantive edit; white space, front matter and stamps are none."""
    repo.commit({"content/a.md": page("One.\n")}, on="2026-11-12")
    repo.commit({"content/a.md": page("Two.\n")}, on="2026-11-17")
    repo.commit({"content/a.md": page("Two.\n\n\n", title="Other")}, on="2026-11-18")
    repo.commit({"content/a.md": page("Three.\n")}, on="2026-11-22")
    found = inputs(repo)
    assert (found.edit_ages, found.words) == ((10, 5, 0), 1)


def test_edits_of_bots_do_not_count(new_repo, page, inputs, tmp_path) -> None:
    """Nor do those with the trailer, those that `git blame` ignores, and those of authors whom the configuration ignores."""
    repo = new_repo(tmp_path / "repo", 'ignore_authors = ["*[bot]", "robo@*"]')
    repo.commit({"content/a.md": page("One.\n")}, on="2026-11-02")
    repo.commit({"content/a.md": page("Two.\n")}, on="2026-11-03", by="renovate[bot] <x@example.com>")
    repo.commit({"content/a.md": page("Three.\n")}, on="2026-11-04", by="Robo <robo@example.com>")
    repo.commit({"content/a.md": page("Four.\n")}, on="2026-11-05", trailers={"Kb-Change": "minor"})
    listed = repo.commit({"content/a.md": page("Five.\n")}, on="2026-11-06")
    repo.commit({".git-blame-ignore-revs": f"{listed}\n"}, on="2026-11-07")
    assert inputs(repo).edit_ages == (20,)


@pytest.mark.parametrize(("articles", "counts"), [(10, True), (11, False)])
def test_mass_edits_say_nothing(repo, page, inputs, articles, counts) -> None:
    """A landing that edits more than ten articles is no edit of any of them; that it brought them is not one either."""
    texts = [f"content/{number}.md" for number in range(articles)]
    repo.commit({name: page(f"{name}.\n") for name in texts}, on="2026-11-02")
    repo.commit({name: page(f"{name} again.\n") for name in texts}, on="2026-11-12")
    found = inputs(repo, "3")
    assert found.edit_ages == ((20, 10) if counts else (20,))
    assert found.neighbour_edits == (1 if counts else 0)


def test_new_articles_are_no_edits_of_others(repo, page, inputs) -> None:
    """A landing that brings many articles and edits one is an edit of that one."""
    repo.commit({"content/a.md": page("One.\n")}, on="2026-11-02")
    repo.commit({"content/a.md": page("Two.\n")} | {f"content/{number}.md": page(f"{number}.\n") for number in range(20)}, on="2026-11-12")
    assert inputs(repo).edit_ages == (20, 10)


def test_a_rename_is_no_edit_and_keeps_the_age(repo, page, inputs) -> None:
    """An article is as old as its first version, whatever its name was."""
    repo.commit({"content/old.md": page("One.\n")}, on="2026-11-02")
    repo.move("content/old.md", "content/a.md")
    repo.commit(on="2026-11-12")
    assert inputs(repo).edit_ages == (20,)


def test_neighbours_are_the_other_articles_of_the_folder(repo, page, inputs) -> None:
    """The mean of their edits in the last year, their creation not counted; other folders do not matter, nor do edits of before."""
    repo.commit({f"content/x/{name}.md": page(f"{name}.\n") for name in "abc"} | {"content/d.md": page("d.\n"), "content/x/y/e.md": page("e.\n")}, on="2026-02-01")
    for day, files in (
        ("2026-11-01", {"content/x/b.md": page("old.\n")}), ("2027-11-01", {"content/x/b.md": page("1.\n")}),
        ("2027-11-02", {"content/x/b.md": page("2.\n"), "content/x/a.md": page("2.\n")}), ("2027-11-03", {"content/x/c.md": page("3.\n")}),
        ("2027-11-04", {"content/d.md": page("4.\n"), "content/x/y/e.md": page("4.\n")}),
    ):
        repo.commit(files, on=day)
    assert [inputs(repo, name, "2027-11-22").neighbour_edits for name in ("x/a", "x/b", "x/c", "d", "x/y/e")] == [1.5, 1.0, 1.5, 0.0, 0.0]


def test_a_shallow_clone_invents_no_edit(repo, page, inputs, tmp_path) -> None:
    """The commit at which a clone is cut off is no edit, no creation and no landing of code."""
    repo.commit({"content/a.md": page("One.\n", covers="[src/**]"), "src/a.py": "1\n", "content/b.md": page("B.\n")}, on="2026-11-01")
    repo.commit({"lib.py": "1\n"}, on="2026-11-10")
    repo.commit({"content/a.md": page("Two.\n", covers="[src/**]"), "src/a.py": "2\n"}, on="2026-11-20")
    clone = repo.clone(tmp_path / "clone", depth=2)
    whole, cut = inputs(repo), inputs(clone)
    assert (whole.edit_ages, whole.code_landings) == ((21, 2), 2)
    assert (cut.edit_ages, cut.code_landings, inputs(clone, "b").edit_ages) == ((2,), 1, ())


# ---------------------------------------------------------------------------------------------- code, tickets, the rest


def test_landings_of_ninety_days(repo, page, inputs) -> None:
    """Each landing under the covers counts once, however many files it has; older, excluded, ignored and other ones do not."""
    repo.commit({"content/a.md": page(covers="['src/**', '!src/gen/**']"), "src/a.py": "1\n", "src/b.py": "1\n", "src/gen/c.py": "1\n"}, on="2026-01-05")
    for day, files, by in (
        ("2026-08-24", {"src/a.py": "old\n"}, "Ana"), ("2026-08-25", {"src/a.py": "2\n", "src/b.py": "2\n"}, "Ana"),
        ("2026-10-01", {"src/gen/c.py": "2\n"}, "Ana"), ("2026-10-02", {"lib.py": "2\n"}, "Ana"), ("2026-10-03", {"src/b.py": "3\n"}, "bot[bot] <b@b>"),
        ("2026-10-04", {"src/a.py": None}, "Ana"),
    ):
        repo.commit(files, on=day, by=by)
    assert inputs(repo).code_landings == 2


def test_landings_of_other_repositories(tmp_path, new_repo, page, inputs) -> None:
    """Code elsewhere counts as well, up to its ref; a repository that is not there takes nothing from the others."""
    api = new_repo(tmp_path / "api")
    repo = new_repo(tmp_path / "kb", '[tool.kbtool.repositories.api]\npath = "../api"\n[tool.kbtool.repositories.gone]\npath = "../gone"')
    repo.commit({"content/a.md": page(covers="['api:src/*.py', 'src/**', 'gone:src/**']"), "src/a.py": "1\n"}, on="2026-11-01")
    for number in (1, 2):
        api.commit({"src/x.py": f"{number}\n"}, on=f"2026-11-0{number}")
    api.commit({"src/not-covered.txt": "1\n"}, on="2026-11-02")
    api.branch("later")
    api.commit({"src/x.py": "3\n"}, on="2026-11-03")
    api.switch("main")
    assert inputs(repo).code_landings == 3


TICKETS = """\
OLD: {state: closed, closed_at: 2026-09-30T12:00:00Z}
SAME: {state: closed, closed_at: 2026-10-01T23:00:00Z}
NEW: {state: closed, closed_at: 2026-10-01T23:00:00-02:00}
OPEN: {state: open}
UNDATED: {state: closed}
AGAIN: {state: open, reopened_at: 2026-10-02}
"""


@pytest.mark.parametrize(
    ("tickets", "reviewed", "count"),
    [
        ("[OLD]", "2026-10-01", 0), ("[SAME]", "2026-10-01", 0), ("[NEW]", "2026-10-01", 1), ("[OPEN, ELSEWHERE]", "2026-10-01", 0),
        ("[UNDATED]", "2026-10-01", 1), ("[AGAIN]", "2026-10-01", 1), ("[{ref: OLD, expects: open}]", None, 1),
        ("[NEW, SAME, OLD, OPEN]", "2026-09-01", 3), ("[NEW]", None, 0), ("[]", "2026-01-05", 0),
    ],
)
def test_tickets_that_were_closed_since(repo, page, inputs, tickets, reviewed, count) -> None:
    """Tickets resolved or reopened after the day of the review, in UTC, or not as the article expects, make it a risk."""
    repo.commit({"content/a.md": page(tickets=tickets, last_reviewed_on=reviewed), "checks/tickets.yml": TICKETS})
    assert inputs(repo).tickets == count


def test_findings_and_readers(repo, page, inputs) -> None:
    """Every finding about the article counts, and that customers read it."""
    repo.commit({"content/a.md": page("[x](gone.md)\n", **OVERDUE), "content/b.md": page(audience="internal")})
    assert (inputs(repo).findings, inputs(repo).public, inputs(repo, "b").findings, inputs(repo, "b").public) == (2, True, 0, False)


def test_without_history_there_is_still_a_queue(tmp_path, new_repo, page, queue, inputs) -> None:
    """What cannot be known of edits and code is left out; the articles are unknown, and in the queue."""
    repo = new_repo(tmp_path / "kb")
    repo.write({"content/a.md": page(covers="[src/**]")})
    (repo.folder / ".git").rename(tmp_path / "elsewhere")
    assert [(name, entry.verdict.verdict.value) for entry in queue(repo) for name in names([entry])] == [("a", "unknown")]
    assert inputs(repo) == RiskInputs(words=1, public=True)


def test_an_article_that_nobody_committed(repo, page, inputs) -> None:
    """It has no age, and its code counts all the same."""
    repo.commit({"src/a.py": "1\n"}, on="2026-11-01")
    repo.write({"content/a.md": page(last_reviewed_on=None, covers="[src/**]")})
    found = inputs(repo)
    assert (found.edit_ages, found.neighbour_edits, found.code_landings) == ((), 0.0, 1)
