"""What has become of an article's tickets: by the seal of its review, by dates, and against what it expects."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kbtool.config import load_config
from kbtool.evidence import Evidence, gather
from kbtool.review import seal_of
from kbtool.signatures import PARTS
from kbtool.testing import TODAY, Repository, knowledge_base
from kbtool.ticket_changes import ticket_changes

OPEN: dict[str, str] = {"state": "open"}
REVIEWED = "2026-11-10"
Told = list[tuple[str, str, str, bool]]


def closed(on: str | None = None, resolution: str | None = None) -> dict[str, str]:
    """Return a closed ticket as checks/tickets.yml has it."""
    return {"state": "closed"} | ({"closed_at": on} if on else {}) | ({"resolution": resolution} if resolution else {})


def reopened(on: str) -> dict[str, str]:
    """Return a ticket that is open again."""
    return {"state": "open", "reopened_at": on}


def told(evidence: Evidence) -> Told:
    """Return key, what happened, since when and whether it was expected otherwise, for each change of the article `a`."""
    article = evidence.content.by_source["a.md"]
    return [(one.named.key, one.what, str(one.since), one.expected) for one in ticket_changes(article, evidence)]


@dataclass(frozen=True)
class Sealed:
    """A repository with one article that names tickets, sealed on 10 November."""

    repo: Repository
    seal: Callable[..., None]

    def tickets(self, tickets: dict[str, Any]) -> None:
        """Change checks/tickets.yml."""
        self.repo.write({"checks/tickets.yml": json.dumps(tickets)})

    def review(self, text: str, tickets: dict[str, Any] | None) -> None:
        """Write the article, and seal it with these tickets."""
        self.repo.write({"content/a.md": text, "checks/tickets.yml": None})
        if tickets is not None:
            self.tickets(tickets)
        self.seal(self.repo, "a")

    def evidence(self) -> Evidence:
        """Gather the evidence."""
        return gather(load_config(self.repo.folder), TODAY)


@pytest.fixture
def sealed(repo: Repository, seal: Callable[..., None]) -> Sealed:
    """A repository whose articles can be sealed."""
    return Sealed(repo, seal)


@pytest.fixture
def article(page: Callable[..., str]) -> Callable[..., str]:
    """`article("SUP-1", …)`: an article that was reviewed on 10 November and names these tickets."""

    def make(*references: Any, body: str = "Text.\n", **keys: Any) -> str:
        return page(body, **{"last_reviewed_on": REVIEWED, "tickets": json.dumps(references), **keys})

    return make


# ---------------------------------------------------------------------------------------------- sealed

OLD, SINCE, LATER = "2026-11-01", "2026-11-15", "2026-11-20"
ELEVEN = {f"SUP-{number}": OPEN for number in range(11)}
DONE = {key: closed(OLD) for key in ELEVEN}


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [
        pytest.param({"SUP-1": OPEN}, {"SUP-1": OPEN}, [], id="nothing"),
        pytest.param({"SUP-1": OPEN}, {"SUP-1": closed(SINCE, "fixed")}, [("SUP-1", "resolved", SINCE, False)], id="closed"),
        pytest.param({"SUP-1": OPEN}, {"SUP-1": closed()}, [("SUP-1", "resolved", "None", False)], id="closed at no known time"),
        pytest.param({"SUP-1": OPEN}, {"SUP-1": closed(REVIEWED)}, [("SUP-1", "resolved", REVIEWED, False)], id="closed on the day of the review, after it"),
        pytest.param({"SUP-1": OPEN}, {"SUP-1": closed(OLD)}, [("SUP-1", "resolved", OLD, False)], id="closed before the review, which did not know it"),
        pytest.param({"SUP-1": closed(OLD)}, {"SUP-1": closed(OLD)}, [], id="was closed already"),
        pytest.param({"SUP-1": closed()}, {"SUP-1": closed()}, [], id="was closed already, at no known time"),
        pytest.param({"SUP-1": closed(REVIEWED)}, {"SUP-1": closed(REVIEWED)}, [], id="was closed on that day already"),
        pytest.param({"SUP-1": closed(OLD)}, {"SUP-1": reopened(SINCE)}, [("SUP-1", "reopened", SINCE, False)], id="reopened"),
        pytest.param({"SUP-1": closed(OLD)}, {"SUP-1": OPEN}, [("SUP-1", "reopened", "None", False)], id="reopened at no known time"),
        pytest.param({"SUP-1": closed(OLD)}, {"SUP-1": closed(SINCE)}, [("SUP-1", "resolved", SINCE, False)], id="reopened and closed again"),
        pytest.param({"SUP-1": OPEN}, {"SUP-1": reopened(LATER)}, [], id="closed and reopened, as it was"),
        pytest.param({"SUP-1": closed(OLD, "fixed")}, {"SUP-1": closed(OLD, "won't fix")}, [("SUP-1", "changed", "None", False)], id="another resolution"),
        pytest.param({"SUP-1": closed(OLD)}, {"SUP-1": closed("2026-11-02")}, [("SUP-1", "changed", "None", False)], id="another closing date"),
        pytest.param({"SUP-1": OPEN, "SUP-2": OPEN}, {"SUP-1": OPEN, "SUP-2": closed(SINCE)}, [("SUP-2", "resolved", SINCE, False)], id="one of two"),
        pytest.param({"SUP-1": closed(OLD), "SUP-2": OPEN, "SUP-3": closed(REVIEWED)}, {"SUP-1": closed(OLD), "SUP-2": closed(OLD), "SUP-3": closed(REVIEWED)},
                     [("SUP-2", "resolved", OLD, False)], id="one of three, all closed now"),
        pytest.param({"SUP-1": OPEN, "SUP-2": OPEN}, {"SUP-1": closed(SINCE), "SUP-2": closed(LATER)},
                     [("SUP-1", "resolved", SINCE, False), ("SUP-2", "resolved", LATER, False)], id="both"),
        pytest.param({"SUP-1": closed(OLD), "SUP-2": OPEN}, {"SUP-1": reopened(SINCE), "SUP-2": closed(LATER)},
                     [("SUP-1", "reopened", SINCE, False), ("SUP-2", "resolved", LATER, False)], id="one each way"),
        pytest.param({"SUP-1": closed(OLD), "SUP-2": OPEN}, {"SUP-1": OPEN, "SUP-2": OPEN}, [("SUP-1", "changed", "None", False)], id="reopened, not known which"),
        pytest.param(ELEVEN, ELEVEN | {"SUP-10": closed(SINCE)}, [("SUP-10", "resolved", SINCE, False)], id="one of eleven"),
        pytest.param(DONE | {"SUP-9": OPEN}, DONE, [("SUP-9", "resolved", OLD, False)], id="one of eleven that are closed now"),
        pytest.param(DONE | {"SUP-10": OPEN}, DONE | {"SUP-10": closed(SINCE)}, [("SUP-10", "resolved", SINCE, False)], id="the eleventh closed, by its date"),
        pytest.param(DONE | {"SUP-10": OPEN}, DONE, [("SUP-0", "changed", "None", False)], id="the eleventh closed, at an old date"),
    ],
)
def test_since_a_sealed_review(
    sealed: Sealed, article: Callable[..., str], before: dict[str, Any], after: dict[str, Any], changes: Told
) -> None:
    """What broke the seal is told: which tickets were closed if that explains it, else by dates, else that one has changed."""
    sealed.review(article(*before), before)
    assert told(sealed.evidence()) == []
    sealed.tickets(after)
    assert told(sealed.evidence()) == changes


@pytest.mark.parametrize(
    ("tickets", "changes"),
    [
        ({"SUP-1": closed(OLD)}, []),
        ({"SUP-1": closed(REVIEWED)}, []),
        ({"SUP-1": closed(SINCE)}, [("SUP-1", "resolved", SINCE, False)]),
    ],
)
def test_a_seal_without_a_snapshot_lets_dates_decide(sealed: Sealed, article: Callable[..., str], tickets: dict[str, Any], changes: Told) -> None:
    """Where a review knew nothing of its tickets, its seal signs none of them."""
    sealed.review(article("SUP-1"), None)
    assert "tickets:-" in (sealed.repo.folder / "content/a.md").read_text("utf-8")
    sealed.tickets(tickets)
    assert told(sealed.evidence()) == changes


def test_a_ticket_that_is_not_known_leaves_dates_to_the_others(sealed: Sealed, article: Callable[..., str]) -> None:
    """The seal of several tickets cannot be verified without one of them; the others are judged by their dates."""
    sealed.review(article("SUP-1", "SUP-2", "SUP-3"), {"SUP-1": OPEN, "SUP-2": OPEN, "SUP-3": OPEN})
    sealed.tickets({"SUP-2": OPEN, "SUP-3": OPEN})
    assert told(sealed.evidence()) == []
    sealed.tickets({"SUP-2": closed(SINCE), "SUP-3": closed(REVIEWED)})
    assert told(sealed.evidence()) == [("SUP-2", "resolved", SINCE, False)]


def test_a_void_seal_lets_dates_decide(sealed: Sealed, article: Callable[..., str]) -> None:
    """A seal of another review says nothing of this one."""
    sealed.review(article("SUP-1"), {"SUP-1": OPEN})
    path = sealed.repo.folder / "content/a.md"
    path.write_text(path.read_text("utf-8").replace(REVIEWED, "2026-11-16"), "utf-8")
    for day, changes in ((SINCE, []), (LATER, [("SUP-1", "resolved", LATER, False)])):
        sealed.tickets({"SUP-1": closed(day)})
        assert told(sealed.evidence()) == changes


def test_tickets_of_the_text_are_not_sealed(sealed: Sealed, article: Callable[..., str]) -> None:
    """The text's tickets are judged by dates beside a seal; one that the front matter names as well is the seal's."""
    text = article("SUP-1", body="See SUP-1, SUP-2, SUP-3 and SUP-3.\n")
    sealed.review(text, {"SUP-1": OPEN, "SUP-2": OPEN, "SUP-3": OPEN})
    sealed.tickets({"SUP-1": closed(REVIEWED), "SUP-2": closed(REVIEWED), "SUP-3": closed(SINCE)})
    assert told(sealed.evidence()) == [("SUP-1", "resolved", REVIEWED, False), ("SUP-3", "resolved", SINCE, False)]


# ---------------------------------------------------------------------------------------------- by dates


@pytest.fixture
def judged(tmp_path: Path) -> Callable[..., Told]:
    """`judged(article, tickets)`: the changes, where there is no git and no seal."""

    def judge(text: str, tickets: dict[str, Any]) -> Told:
        files = {"content/a.md": text, "checks/tickets.yml": json.dumps(tickets)}
        return told(knowledge_base(tmp_path / "kb", files))

    return judge


@pytest.mark.parametrize("in_text", [False, True])
@pytest.mark.parametrize(
    ("ticket", "changes"),
    [
        (OPEN, []),
        (closed(OLD), []),
        (closed("2026-11-10T23:59:59Z"), []),
        (closed("2026-11-11T01:00:00+02:00"), []),
        (closed("2026-11-11T00:00:00Z"), [("resolved", "2026-11-11")]),
        (closed("2026-11-10T23:00:00-05:00"), [("resolved", "2026-11-11")]),
        (closed(), [("resolved", "None")]),
        (reopened(OLD), []),
        (reopened(REVIEWED), []),
        (reopened(SINCE), [("reopened", SINCE)]),
        ({**closed(OLD), "reopened_at": SINCE}, []),
    ],
)
def test_by_dates(
    judged: Callable[..., Told], article: Callable[..., str], ticket: dict[str, Any], changes: list[tuple[str, str]], in_text: bool
) -> None:
    """What happened after the day of the review, in UTC, is since the review; a closing without a date may have been."""
    text = article(body="See SUP-1.\n") if in_text else article("SUP-1")
    assert judged(text, {"SUP-1": ticket}) == [("SUP-1", *change, False) for change in changes]


def test_a_ticket_is_told_once(judged: Callable[..., Told], article: Callable[..., str]) -> None:
    """Named in the front matter and all over the text, under a key or an address, it is one ticket."""
    text = article("SUP-1", "https://t.example/1", body="SUP-1, SUP-1 and <https://t.example/1>.\n")
    assert judged(text, {"SUP-1": {**closed(SINCE), "url": "https://t.example/1"}}) == [("SUP-1", "resolved", SINCE, False)]


@pytest.mark.parametrize("keys", [{"last_reviewed_on": None}, {"confidence": "archived"}, {"last_reviewed_on": "soon"}])
def test_without_a_review_there_is_no_since(judged: Callable[..., Told], article: Callable[..., str], keys: dict[str, Any]) -> None:
    """An article that nobody has reviewed, or that claims nothing any more, is not outdated by a ticket."""
    assert judged(article("SUP-1", **keys), {"SUP-1": closed(SINCE)}) == []


# ---------------------------------------------------------------------------------------------- what is expected


@pytest.mark.parametrize(
    ("expects", "ticket", "changes"),
    [
        ("open", OPEN, []),
        ("open", closed(OLD), [("resolved", OLD, True)]),
        ("open", closed(SINCE), [("resolved", SINCE, True)]),
        ("open", closed(), [("resolved", "None", True)]),
        ("open", reopened(SINCE), []),
        ("closed", OPEN, [("reopened", "None", True)]),
        ("closed", reopened(SINCE), [("reopened", SINCE, True)]),
        ("closed", closed(OLD), []),
        ("closed", closed(SINCE), []),
        ("closed", closed(), []),
    ],
)
@pytest.mark.parametrize("keys", [{}, {"last_reviewed_on": None}])
def test_what_the_article_expects(
    judged: Callable[..., Told], article: Callable[..., str], expects: str, ticket: dict[str, Any], changes: list[Any], keys: dict[str, Any]
) -> None:
    """Against what is expected there is no since: what matters is the state; the text that names it as well adds nothing."""
    text = article({"ref": "SUP-1", "expects": expects}, body="See SUP-1.\n", **keys)
    assert judged(text, {"SUP-1": ticket}) == [("SUP-1", *change) for change in changes]


def test_a_sealed_ticket_in_its_expected_state_may_still_have_changed(sealed: Sealed, article: Callable[..., str]) -> None:
    """It is closed as expected; but as won't fix, which the review did not sign."""
    sealed.review(article({"ref": "SUP-1", "expects": "closed"}), {"SUP-1": closed(OLD, "fixed")})
    assert told(sealed.evidence()) == []
    sealed.tickets({"SUP-1": closed(OLD, "won't fix")})
    assert told(sealed.evidence()) == [("SUP-1", "changed", "None", False)]


# ---------------------------------------------------------------------------------------------- laws

TICKET = st.just(OPEN) | st.builds(closed, st.none() | st.dates(dt.date(2026, 1, 1), TODAY).map(str), st.none() | st.sampled_from(["fixed", "done"]))
TICKETS = st.dictionaries(st.sampled_from(["SUP-1", "SUP-2", "SUP-3"]), TICKET, min_size=1)
few = settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


@few
@given(tickets=TICKETS)
def test_sealing_then_checking_is_clean(sealed: Sealed, article: Callable[..., str], tickets: dict[str, Any]) -> None:
    """Whatever state tickets are in, a review of an article that names them leaves nothing to tell."""
    sealed.review(article(*tickets), tickets)
    assert told(sealed.evidence()) == []


@few
@given(tickets=TICKETS, data=st.data())
def test_a_change_of_a_ticket_breaks_its_part_alone(sealed: Sealed, article: Callable[..., str], tickets: dict[str, Any], data: st.DataObject) -> None:
    """Another state, resolution or closing date breaks the part of the tickets and no other, is told, and taken back is none."""
    sealed.review(article(*tickets), tickets)
    before = sealed.evidence()
    first = seal_of(before.articles[0], before, {})
    key = data.draw(st.sampled_from(sorted(tickets)))
    sealed.tickets(tickets | {key: data.draw(TICKET.filter(lambda one: one != tickets[key]))})
    after = sealed.evidence()
    second = seal_of(after.articles[0], after, {})
    assert [part for part in PARTS if getattr(first, part) != getattr(second, part)] == ["tickets"]
    assert told(after)
    sealed.tickets(tickets)
    assert told(sealed.evidence()) == []
