"""What every tracker on the network has from its base: one answer for each key, and an end in any case."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from kbtool.testing import TrackerContract, TrackerKeys
from kbtool.tickets import Answer, Outcome, Ticket, TrackerAuthError
from kbtool.trackers import http, remote
from kbtool.trackers.http import UnreachableError
from kbtool.trackers.remote import moment, short, understood

OPEN = tuple(f"T-{1001 + number}" for number in range(300))
BROKEN = "an answer that kbtool does not understand"


def answers_of(tracker: Any, keys: Sequence[str]) -> dict[str, Answer]:
    """Return the answers by key; each key has one, and nothing else has."""
    answers = list(tracker.fetch(keys))
    assert sorted(answer.key for answer in answers) == sorted(set(keys))
    return {answer.key: answer for answer in answers}


@pytest.fixture
def tracker(generic_tracker: Any, fault_server: Any, ticket_app: Any) -> Any:
    """A tracker whose server has 300 open tickets and one of each other kind."""
    fault_server.app = ticket_app.usual(many=300)
    return generic_tracker(fault_server)


class TestGenericTracker(TrackerContract):
    """The contract holds for the base, with as small an adapter as there can be."""

    @pytest.fixture
    def keys(self) -> TrackerKeys:
        """The tickets of the small server."""
        return TrackerKeys(open="T-1", closed="T-2", missing="T-6", moved="T-3", gone="T-4", forbidden="T-5", many=OPEN[:120])

    @pytest.fixture
    def wrong_token(self, tracker: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
        """The same, with a token that the server does not know."""
        monkeypatch.setenv("WRONG", "x" * 20)
        return type(tracker)(tracker.url, token_env="WRONG")


# ---------------------------------------------------------------------------------------------- requests


def test_no_key_asks_nobody(tracker: Any, fault_server: Any) -> None:
    """Of no ticket there is nothing to ask."""
    assert list(tracker.fetch([])) == []
    assert fault_server.requests == []


def test_requests_are_few(tracker: Any, fault_server: Any) -> None:
    """122 tickets, two of them missing, asked for twice each: a probe, two batches, two single ones."""
    wanted = [*OPEN[:120], "T-8", "T-9"]
    answers = answers_of(tracker, [*wanted, *wanted])
    assert [key for key in wanted if answers[key].outcome is not Outcome.FOUND] == ["T-8", "T-9"]
    assert sorted(request.path for request in fault_server.requests) == ["/me", "/tickets", "/tickets", "/tickets/T-8", "/tickets/T-9"]


def test_thousands_of_keys_have_an_answer_each(generic_tracker: Any, fault_server: Any, ticket_app: Any) -> None:
    """5,000 tickets are 50 batches, no more than ten of them at once."""
    fault_server.app = ticket_app.usual(many=5000)
    answers = answers_of(generic_tracker(fault_server), [f"T-{1001 + number}" for number in range(5000)])
    assert {answer.outcome for answer in answers.values()} == {Outcome.FOUND}
    assert len(fault_server.requests) == 51
    assert fault_server.most_at_once <= 10


def test_follow_ups_have_a_cap_for_the_whole_run(tracker: Any, fault_server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many batches leave tickets out, so many are asked for alone; the others say why they were not."""
    monkeypatch.setattr(remote, "FOLLOW_UPS", 7)
    monkeypatch.setattr(type(tracker), "batch_size", 10)
    answers = answers_of(tracker, [f"T-{number}" for number in range(100, 200)])
    counts = {outcome: sum(answer.outcome is outcome for answer in answers.values()) for outcome in Outcome}
    assert (counts[Outcome.MISSING], counts[Outcome.UNREACHABLE]) == (7, 93)
    assert {answer.reason for answer in answers.values() if answer.outcome is Outcome.UNREACHABLE} == {
        "not asked for: more than 7 tickets were left out of the answers"}
    assert len(fault_server.of("/tickets/")) == 7


@pytest.mark.parametrize("at_once", [1, 4])
def test_an_adapter_says_how_many_requests_may_be_under_way(
    tracker: Any, fault_server: Any, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    """Batches, pages and single requests count alike."""
    monkeypatch.setattr(type(tracker), "at_once", at_once)
    monkeypatch.setattr(type(tracker), "batch_size", 20)
    fault_server.fault = lambda _, reply: type(reply)(reply.status, reply.body, reply.headers, pause=0.05)
    answers_of(tracker, [*OPEN[:200], *(f"T-{number}" for number in range(10, 30))])
    assert fault_server.most_at_once == at_once


def test_nobody_is_probed_for(fault_server: Any, generic_tracker: Any, ticket_app: Any) -> None:
    """Without a token there is no probe, and "there is none" may mean "not for you"; what was deleted or moved is."""
    fault_server.app = ticket_app.usual()
    fault_server.app.token = ""
    answers = answers_of(generic_tracker(fault_server, token_env=""), ["T-1", "T-3", "T-4", "T-5", "T-6"])
    assert {key: answer.outcome.value for key, answer in answers.items()} == {
        "T-1": "found", "T-3": "moved", "T-4": "gone", "T-5": "forbidden", "T-6": "forbidden"}
    assert answers["T-6"].reason == "nobody without a token can see it"
    assert fault_server.of("/me") == []
    assert {request.headers.get("x-token") for request in fault_server.requests} == {None}


# ---------------------------------------------------------------------------------------------- adapters that go wrong

FOUND = Answer.found(Ticket("T-1", "open"))


@pytest.mark.parametrize(("batch", "single", "expected"), [
    ([FOUND, FOUND], None, FOUND),
    ([Answer.found(Ticket("T-2", "closed")), FOUND], None, FOUND),
    ([Answer("T-1", Outcome.MISSING)], None, Answer("T-1", Outcome.MISSING)),
    ([], FOUND, FOUND),
    ([], Answer.found(Ticket("T-2", "open")), Answer("T-1", Outcome.UNREACHABLE, reason="an answer about another ticket")),
    ([], Answer("T-2", Outcome.MISSING), Answer("T-1", Outcome.UNREACHABLE, reason="an answer about another ticket")),
    ([Answer("T-1", Outcome.FOUND, Ticket("T-2", "open"))], None, Answer("T-1", Outcome.UNREACHABLE, reason="an answer about another ticket")),
    ([Answer("T-1", Outcome.FOUND)], None, Answer("T-1", Outcome.UNREACHABLE, reason="an answer about another ticket")),
    ([Answer("T-1", Outcome.GONE, Ticket("T-1", "open"))], None, Answer("T-1", Outcome.UNREACHABLE, reason="an answer about another ticket")),
    ([Answer("T-1", Outcome.MOVED, moved_to="T-1")], None,
     Answer("T-1", Outcome.UNREACHABLE, reason="it says that the ticket moved to where it was")),
])
def test_what_an_adapter_answers_is_checked(
    tracker: Any, monkeypatch: pytest.MonkeyPatch, batch: list[Answer] | None, single: Answer | None, expected: Answer
) -> None:
    """Answers for keys that nobody asked for are dropped, one of two is taken, and one about another ticket is none."""
    async def batches(*_: Any) -> Any:
        return batch

    async def singles(*_: Any) -> Any:
        return single

    monkeypatch.setattr(type(tracker), "batch", batches)
    monkeypatch.setattr(type(tracker), "single", singles)
    assert list(tracker.fetch(["T-1"])) == [expected]


def test_a_batch_speaks_for_its_own_keys(tracker: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it says of keys of another batch, which come later, is not heard."""
    async def batch(_: Any, __: Any, keys: Sequence[str]) -> list[Answer]:
        if keys[0] != "T-1":
            await asyncio.sleep(0.2)
        return [Answer.found(Ticket(keys[0], "open")), *(Answer(key, Outcome.GONE) for key in ("T-1", "T-2") if key != keys[0])]

    monkeypatch.setattr(type(tracker), "batch", batch)
    monkeypatch.setattr(type(tracker), "batch_size", 1)
    assert {answer.outcome for answer in tracker.fetch(["T-1", "T-2"])} == {Outcome.FOUND}


def test_a_nobody_whose_batch_says_missing_is_not_believed(generic_tracker: Any, fault_server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """That holds for batches as for single answers."""
    nobody = generic_tracker(fault_server, token_env="")

    async def batch(*_: Any) -> Any:
        return [Answer("T-1", Outcome.MISSING)]

    monkeypatch.setattr(type(nobody), "batch", batch)
    assert [answer.outcome for answer in nobody.fetch(["T-1"])] == [Outcome.FORBIDDEN]


def test_keys_that_no_batch_has_are_unreachable(tracker: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """An adapter with batches of its own that forgets keys, or has them twice, still has one answer for each."""
    monkeypatch.setattr(type(tracker), "parts", lambda _, keys: [keys[:2], keys[1:3]])
    answers = answers_of(tracker, OPEN[:4])
    assert [answers[key].outcome for key in OPEN[:4]] == [Outcome.FOUND] * 3 + [Outcome.UNREACHABLE]
    assert answers[OPEN[3]].reason == "it was not asked for"


@pytest.mark.parametrize("error", [
    KeyError("x"), IndexError(), TypeError(), ValueError(), AttributeError(), RecursionError(), OverflowError(), ZeroDivisionError(),
    UnicodeDecodeError("utf-8", b"", 0, 1, ""),
])
def test_an_answer_of_another_shape_is_none(error: Exception) -> None:
    """What an adapter trips over is an answer that it does not understand, without the words of the error."""
    async def trips() -> None:
        raise error

    with pytest.raises(UnreachableError, match=f"^{BROKEN}$"):
        asyncio.run(understood(trips()))


def test_what_is_wrong_in_an_adapter_is_not_hidden(tracker: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other errors reach the caller as they are, also out of a task among tasks."""
    async def single(*_: Any) -> Any:
        raise NotImplementedError("later")

    monkeypatch.setattr(type(tracker), "single", single)
    with pytest.raises(NotImplementedError, match="later"):
        list(tracker.fetch(["T-8", "T-9"]))


# ---------------------------------------------------------------------------------------------- ends


@pytest.mark.parametrize("where", ["/tickets", "/tickets/T-6"])
def test_refused_credentials_stop_the_others(
    tracker: Any, fault_server: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, where: str
) -> None:
    """When one task is told that the token is no good, those that are under way end at once, and no further one begins."""
    monkeypatch.setattr(type(tracker), "batch_size", 2)
    monkeypatch.setattr(type(tracker), "at_once", 4)
    monkeypatch.setattr(http, "ONE_REQUEST", 300.0)
    app = fault_server.app

    def expires(request: Any) -> Any:
        if request.path == where and (OPEN[0] in request.target or "T-6" in where):
            return type(app(request))(401, pause=0.2)
        silent = request.path.startswith("/tickets/") or (request.path == where)
        return type(app(request))(pause=60) if silent else app(request)

    fault_server.app = expires
    start = time.monotonic()
    with pytest.raises(TrackerAuthError):
        list(tracker.fetch(["T-6", "T-8", *OPEN[:60]]))
    assert time.monotonic() - start < 30
    assert [record for record in caplog.records if record.name == "asyncio"] == []
    assert len(fault_server.requests) < 40


def test_a_caller_may_stop_early(tracker: Any, fault_server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A generator that is closed, or dropped, asks no more, and complains of nothing."""
    monkeypatch.setattr(type(tracker), "batch_size", 5)
    monkeypatch.setattr(type(tracker), "at_once", 1)
    for end in (lambda answers: answers.close(), lambda _: None):
        answers = tracker.fetch(OPEN)
        assert next(answers).outcome is Outcome.FOUND
        end(answers)
        del answers
    time.sleep(0.1)
    assert len(fault_server.requests) < 20


def test_an_error_of_the_caller_ends_the_requests(tracker: Any, fault_server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also one that is thrown into the generator."""
    monkeypatch.setattr(type(tracker), "batch_size", 5)
    monkeypatch.setattr(type(tracker), "at_once", 1)
    answers = tracker.fetch(OPEN)
    next(answers)
    with pytest.raises(KeyboardInterrupt):
        answers.throw(KeyboardInterrupt)
    assert len(fault_server.requests) < 10


INTERRUPTED = """
import importlib.util, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # which a parent in the background has switched off
for name in ("fault_server", "small_tracker"):
    spec = importlib.util.spec_from_file_location(name, f"{sys.argv[1]}/{name}.py")
    sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sys.modules[name])
try:
    list(sys.modules["small_tracker"].GenericTracker(sys.argv[2]).fetch(["T-1"]))
except KeyboardInterrupt:
    print("interrupted")
"""


def test_an_interrupt_ends_it_at_once(fault_server: Any, repository: Path) -> None:
    """Ctrl-C while a server is silent is an interrupt for the caller, and no word of asyncio's is printed."""
    fault_server.app = lambda _: fault_server.Reply(pause=60)
    place = str(repository / "tests" / "trackers")
    command = [sys.executable, "-P", "-W", "always", "-c", INTERRUPTED, place, fault_server.url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        while not fault_server.requests and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert (out, err, process.returncode) == ("interrupted\n", "", 0)


def test_it_works_within_a_running_loop_and_in_threads(tracker: Any) -> None:
    """A caller in whose thread a loop runs gets the same answers, as do several threads at the same time."""
    keys = ["T-1", "T-2", "T-3", "T-6", *OPEN[:10]]
    alone = answers_of(tracker, keys)

    async def main() -> dict[str, Answer]:
        assert tracker.changed(moment("2026-01-01"), keys) is None
        return answers_of(tracker, keys)

    assert asyncio.run(main()) == alone
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(lambda _: answers_of(tracker, keys), range(8))) == [alone] * 8


def test_the_deadline_is_one_for_all(tracker: Any, fault_server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches that came in time count; the others are unreachable, and the run ends."""
    monkeypatch.setattr(type(tracker), "batch_size", 50)
    app = fault_server.app
    fault_server.app = lambda request: type(app(request))(pause=60) if OPEN[60] in request.target else app(request)
    answers = answers_of(type(tracker)(tracker.url, token_env=tracker.token_env, deadline=2), OPEN)
    late = {key for key, answer in answers.items() if answer.outcome is Outcome.UNREACHABLE}
    assert late == set(OPEN[50:100])
    assert {answers[key].reason for key in late} == {"no complete answer within 2 seconds"}


# ---------------------------------------------------------------------------------------------- what has changed


def test_what_has_changed_is_one_of_the_keys(tracker: Any, fault_server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Others that the tracker names do not count; where it is silent or unsure, the answer is None."""
    since = moment("2026-11-01T00:00:00Z")
    assert tracker.changed(since, OPEN) is None

    async def changed_keys(_: Any, session: Any, __: Any, keys: Sequence[str]) -> set[str] | None:
        await session.get("tickets", ids="T-1", page=1, size=1)
        return {keys[0], "T-99"}

    monkeypatch.setattr(type(tracker), "changed_keys", changed_keys)
    assert tracker.changed(since, iter(["T-1", "T-2"])) == {"T-1"}
    fault_server.app = lambda _: fault_server.html(200)
    assert tracker.changed(since, ["T-1"]) is None
    fault_server.app = lambda _: fault_server.html(401)
    with pytest.raises(TrackerAuthError):
        tracker.changed(since, ["T-1"])


# ---------------------------------------------------------------------------------------------- options


@pytest.mark.parametrize("url", [
    "https://tracker.example", "https://tracker.example/", "https://tracker.example:8443/redmine/", "https://[2001:db8::1]:443/x", "http://localhost:3000",
    "http://127.0.0.1", "http://[::1]/rt", "https://трекер.example",
])
def test_addresses_of_trackers(generic_tracker: Any, url: str) -> None:
    """Over https, and over http on this machine, with a port and a path or without."""
    assert generic_tracker(url).url == url


@pytest.mark.parametrize(("options", "message"), [
    ({"url": "tracker.example"}, "url must be the address of the tracker, such as https://tracker.example.com"),
    ({"url": "https://me:pass@tracker.example"}, "url must be the address"),
    ({"url": "https://tracker.example?key=1"}, "url must be the address"),
    ({"url": "https://tracker.example/#x"}, "url must be the address"),
    ({"url": "https://tracker.example\n"}, "url must be the address"),
    ({"url": "https://tracker.example:65536"}, "url must be the address"),
    ({"url": "file:///etc/passwd"}, "url must be the address"),
    ({"url": ""}, "url must be the address"),
    ({"url": "http://tracker.example"}, "url: over http, others on the way can read the token; use https, or say plain_http = true"),
    ({"url": "http://localhost.example"}, "url: over http"),
    ({"proxy": "proxy.example:3128"}, "proxy must be the address of one, such as http://proxy.example.com:3128, without name and password"),
    ({"proxy": "http://me:pass@proxy.example:3128"}, "proxy must be the address"),
    ({"proxy": "socks5://proxy.example"}, "proxy must be the address"),
    ({"deadline": 0}, "deadline must be 1 second or more"),
])
def test_options_that_cannot_be_meant_are_refused(generic_tracker: Any, options: dict[str, Any], message: str) -> None:
    """Each with what to write."""
    with pytest.raises(ValueError, match=f"^{message}"):
        generic_tracker(**{"server": options.pop("url", "https://tracker.example"), **options})


def test_plain_http_can_be_wanted(generic_tracker: Any) -> None:
    """By saying so."""
    assert generic_tracker("http://tracker.example", plain_http=True).plain_http


@pytest.mark.parametrize(("token", "reason"), [
    (None, "the environment variable GENERIC_TOKEN is not set"), ("", "the environment variable GENERIC_TOKEN is not set"),
    (" \n", "the environment variable GENERIC_TOKEN is not set"),
    ("tök€n-of-tests", "the environment variable GENERIC_TOKEN holds characters that no token has"),
    ("one\ntwo-of-tests", "the environment variable GENERIC_TOKEN holds characters that no token has"),
    ("a\x00b-of-tests", "the environment variable GENERIC_TOKEN holds characters that no token has"),
])
def test_a_token_that_cannot_be_sent_is_said_before_anything_is(
    tracker: Any, fault_server: Any, monkeypatch: pytest.MonkeyPatch, token: str | None, reason: str
) -> None:
    """By the name of its variable, never by its value; nothing is asked."""
    if token is None:
        monkeypatch.delenv("GENERIC_TOKEN")
    elif "\x00" in token:
        monkeypatch.setattr("os.environ", {"GENERIC_TOKEN": token})
    else:
        monkeypatch.setenv("GENERIC_TOKEN", token)
    with pytest.raises(TrackerAuthError) as error:
        list(tracker.fetch(["T-1"]))
    assert error.value.reason == str(error.value) == reason
    assert fault_server.requests == []


def test_white_space_around_a_token_is_not_part_of_it(tracker: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A secret store often ends it with a new line."""
    monkeypatch.setenv("GENERIC_TOKEN", " s3cret+token/of~tests==\n")
    assert answers_of(tracker, ["T-1"])["T-1"].outcome is Outcome.FOUND


# ---------------------------------------------------------------------------------------------- words and times


@pytest.mark.parametrize(("value", "text"), [
    (None, None), ("", None), ("2026-11-01T09:00:00Z", "2026-11-01T09:00:00+00:00"), ("2026-11-01T09:00:00.000+0100", "2026-11-01T08:00:00+00:00"),
    ("2026-11-01 09:00:00", "2026-11-01T09:00:00+00:00"), ("2026-11-01", "2026-11-01T00:00:00+00:00"),
])
def test_a_moment_is_in_utc(value: str | None, text: str | None) -> None:
    """Whatever zone it was written in; without one it is UTC."""
    found = moment(value)
    assert (found and found.isoformat()) == text


@pytest.mark.parametrize(("words", "text"), [
    ("a\n b\t\x1b[31mc\u202e d", "a b [31mc d"), (5, "5"), (None, "None"), ("x" * 81, "x" * 79 + "…"), ("x" * 80, "x" * 80), ("\n" * 900 + "x", ""),
])
def test_the_words_of_a_server_are_short_and_printable(words: object, text: str) -> None:
    """On one line, without control characters, at most 80 characters."""
    assert short(words) == text
