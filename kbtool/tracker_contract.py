"""What every tracker must do, as tests: public, as `kbtool.testing.TrackerContract`."""

from __future__ import annotations

from dataclasses import dataclass

from kbtool.tickets import Answer, Outcome, Ticket, Tracker, TrackerAuthError


@dataclass(frozen=True)
class TrackerKeys:
    """Keys of tickets that the server under test has, for the contract; "" where it cannot have such a one."""

    open: str
    closed: str
    missing: str  #: never existed
    reopened: str = ""  #: was closed, and is open now
    moved: str = ""  #: lives elsewhere now, or was merged
    gone: str = ""  #: was deleted
    forbidden: str = ""  #: exists, and this token may not see it
    confidential: str = ""  #: this token may see it, the public may not
    many: tuple[str, ...] = ()  #: more than 100 tickets that exist


class TrackerContract:
    """Inherit from it in a class `Test…`, and give it two fixtures, `tracker` and `keys` (a `TrackerKeys`).

    A third one, `wrong_token`, is the same tracker with credentials that the server refuses, or None where it asks for none.
    """

    def test_it_is_a_tracker(self, tracker: Tracker) -> None:
        """It has the methods of the protocol, and its kind is a word."""
        assert isinstance(tracker, Tracker)
        assert tracker.kind.isidentifier()

    def test_an_open_ticket_has_no_closing_date(self, tracker: Tracker, keys: TrackerKeys) -> None:
        """An open ticket is found, open, and closed at no time."""
        ticket = _found(tracker, keys.open)
        assert (ticket.state, ticket.closed_at) == ("open", None)

    def test_a_closed_ticket_is_closed(self, tracker: Tracker, keys: TrackerKeys) -> None:
        """A closed ticket is found and closed, and its times have a zone."""
        ticket = _found(tracker, keys.closed)
        assert ticket.state == "closed"
        times = (ticket.closed_at, ticket.updated_at, ticket.reopened_at)
        assert all(time.tzinfo is not None for time in times if time is not None)

    def test_a_reopened_ticket_is_open(self, tracker: Tracker, keys: TrackerKeys) -> None:
        """A ticket that was closed before, and is open now, is open and has no closing date."""
        if keys.reopened:
            ticket = _found(tracker, keys.reopened)
            assert (ticket.state, ticket.closed_at) == ("open", None)

    def test_what_is_not_found_is_told_apart(self, tracker: Tracker, keys: TrackerKeys) -> None:
        """Missing, moved, deleted and forbidden tickets have their own outcomes, and no state."""
        wanted = {
            keys.missing: {Outcome.MISSING, Outcome.FORBIDDEN}, keys.moved: {Outcome.MOVED},
            keys.gone: {Outcome.GONE, Outcome.MISSING}, keys.forbidden: {Outcome.FORBIDDEN, Outcome.MISSING},
        }
        wanted.pop("", None)
        answers = _fetch(tracker, *wanted)
        assert {key: answers[key].outcome for key in wanted if answers[key].outcome not in wanted[key]} == {}
        assert [answer.ticket for answer in answers.values()] == [None] * len(answers)

    def test_a_confidential_ticket_says_so(self, tracker: Tracker, keys: TrackerKeys) -> None:
        """What the public may not see is marked."""
        if keys.confidential:
            assert _found(tracker, keys.confidential).confidential
        assert not keys.many or not _found(tracker, keys.many[0]).confidential

    def test_each_key_has_one_answer(self, tracker: Tracker, keys: TrackerKeys) -> None:
        """However many are asked for, and asked for twice, each has one answer, and nothing else has."""
        wanted = [*keys.many, keys.open, keys.closed, keys.missing, keys.open]
        answers = list(tracker.fetch(wanted))
        assert sorted(answer.key for answer in answers) == sorted(set(wanted))
        assert {answer.key for answer in answers if answer.outcome is not Outcome.FOUND} == {keys.missing}
        found = [answer for answer in answers if answer.key != keys.missing]
        assert all(answer.ticket is not None and answer.ticket.key == answer.key for answer in found)

    def test_no_key_needs_no_answer(self, tracker: Tracker) -> None:
        """Of no ticket there is nothing to say."""
        assert list(tracker.fetch([])) == []

    def test_a_key_stands_for_itself(self, tracker: Tracker, keys: TrackerKeys) -> None:
        """A key, and the address of a ticket's page, are references to it; other words and hostile ones are not."""
        for key in (keys.open, keys.closed):
            assert tracker.key_of(key) == key
            url = _found(tracker, key).url
            assert not url or tracker.key_of(url) == key
        ends = ("/../1", "?x=1", "%2e", " x", "\n")
        hostile = ("", "../../users/1", "1" * 10_000, *(f"{keys.open}{end}x" for end in ends))
        assert [word for word in hostile if tracker.key_of(word) is not None] == []

    def test_a_text_mentions_keys(self, tracker: Tracker, keys: TrackerKeys) -> None:
        """A key in a sentence is a mention, with its place; as a part of a longer word it is none."""
        text = f"It fails ({keys.open}), see {keys.closed}."
        found = [(text[one.start : one.end], one.key) for one in tracker.mentions(text)]
        assert found == [(keys.open, keys.open), (keys.closed, keys.closed)]
        assert list(tracker.mentions(f"x{keys.open}0x and {keys.open}-x")) == []

    def test_wrong_credentials_are_no_answer(self, wrong_token: Tracker | None, keys: TrackerKeys) -> None:
        """With credentials that are not accepted nothing is answered: a wrong key must not read as "no such ticket"."""
        if wrong_token is None:
            return
        try:
            answers = list(wrong_token.fetch([keys.open, keys.missing]))
        except TrackerAuthError as error:
            assert error.reason  # noqa: PT017 - no pytest in what is shipped
            return
        raise AssertionError(f"the credentials were accepted: {answers}")


def _fetch(tracker: Tracker, *keys: str) -> dict[str, Answer]:
    return {answer.key: answer for answer in tracker.fetch(keys)}


def _found(tracker: Tracker, key: str) -> Ticket:
    answer = _fetch(tracker, key)[key]
    assert answer.outcome is Outcome.FOUND, answer
    assert answer.ticket is not None
    return answer.ticket
