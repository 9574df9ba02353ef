"""One session of HTTP: what is sent, what is believed, and what is left of it afterwards. Its faults are in tests/faults."""

from __future__ import annotations

import asyncio
import logging
import random
import re
import ssl
from typing import Any

import httpx2
import pytest
import stamina
from fault_fixtures import unreachable
from small_tracker import TOKEN

from kbtool.tickets import TrackerAuthError
from kbtool.trackers import http
from kbtool.trackers.http import Options, Reply, Session, UnreachableError
from kbtool.trackers.redaction import Redaction


def test_a_request_says_who_asks_and_what_for(ask: Any, fault_server: Any) -> None:
    """The query keeps lists, a body is JSON or a form, and headers are ours, the tracker's and the request's."""
    fault_server.app = lambda _: fault_server.json({"a": 1})
    ask(fault_server, "a/b", params={"ids": ["1", "2"], "text": "a&b c"}, headers={"X-Own": "1"})
    ask(fault_server, "a", "POST", body={"keys": ["é"]})
    ask(fault_server, "a", "POST", form={"query": "id = 1"})
    get, post, form = fault_server.requests
    assert (get.method, get.path, get.query) == ("GET", "/a/b", {"ids": ["1", "2"], "text": ["a&b c"]})
    assert get.headers["x-own"] == "1"
    assert re.fullmatch(r"kbtool/\d\S+", get.headers["user-agent"])
    assert get.headers["accept"] == "application/json"
    assert (post.headers["content-type"], post.body) == ("application/json", '{"keys":["é"]}'.encode())
    assert (form.headers["content-type"], form.body) == ("application/x-www-form-urlencoded", b"query=id+%3D+1")


@pytest.mark.parametrize(("path", "below"), [
    ("", "/things"), ("/", "/things"), ("/redmine", "/redmine/things"), ("/redmine/", "/redmine/things"), ("/a/b%20c/", "/a/b%20c/things"),
])
@pytest.mark.parametrize("asked", ["things", "/things"])
def test_paths_are_added_to_the_address(ask: Any, fault_server: Any, path: str, below: str, asked: str) -> None:
    """With or without a path of its own, and a slash at its end."""
    fault_server.app = lambda _: fault_server.json(1)
    ask(f"{fault_server.url}{path}", asked)
    assert fault_server.requests[0].target == below


def test_an_address_of_ipv6_is_one(ask: Any, fault_server: Any) -> None:
    """The brackets are kept, also in the header `Host`."""
    with type(fault_server)(host="::1") as server:
        server.app = lambda _: server.json(1)
        assert ask(server).value == 1
        assert server.requests[0].headers["host"] == f"[::1]:{server.port}"


@pytest.mark.parametrize("location", ["/next?a=2", "next?a=2", "http://{here}/next?a=2", "HTTP://{here}/next?a=2", "//{here}/next?a=2"])
@pytest.mark.parametrize(("status", "method"), [(301, "POST"), (302, "POST"), (303, "GET"), (307, "POST"), (308, "POST")])
def test_a_redirect_on_the_same_host_is_followed(ask: Any, fault_server: Any, location: str, status: int, method: str) -> None:
    """With its own query, our headers, and the same body; 303 asks for a page in place of it."""
    here = fault_server.html(status, Location=location.format(here=fault_server.authority))
    fault_server.app = lambda request: here if request.path == "/things" else fault_server.json("there")
    assert ask(fault_server, method="POST", params={"a": 1}, body={"b": 2}, headers={"X-Own": "1"}).value == "there"
    last = fault_server.requests[-1]
    assert (last.method, last.target, last.headers["x-own"]) == (method, "/next?a=2", "1")
    assert last.body == (b"" if method == "GET" else b'{"b":2}')


def test_a_default_port_is_the_same_host(no_pauses: None) -> None:
    """`https://tracker` and `https://TRACKER:443` are one place; port 80 of it is another."""
    def answer(request: httpx2.Request) -> httpx2.Response:
        if request.url.path == "/here":
            return httpx2.Response(200, json="here")
        return httpx2.Response(302, headers={"Location": f"https://TRACKER.example:{request.url.path[1:]}/here"})

    async def main(port: str) -> Any:
        async with Session(Options("https://tracker.example", {}, 9), httpx2.MockTransport(answer)) as session:
            return (await session.get(port)).value

    assert asyncio.run(main("443")) == "here"
    with pytest.raises(UnreachableError, match=r"to another host, which is not followed: https://tracker\.example:80$"):
        asyncio.run(main("80"))


def test_where_a_redirect_would_lead_is_said_in_short(ask: Any, fault_server: Any) -> None:
    """Only scheme and host, without name, password, path and query, and no more than 80 characters of them."""
    fault_server.script(fault_server.html(302, Location=f"https://me:pass@sso.example/login?back={TOKEN}"))
    fault_server.script(fault_server.html(302, Location=f"https://{'a' * 500}.example/"))
    assert unreachable(ask, fault_server) == "it redirects to another host, which is not followed: https://sso.example"
    assert len(unreachable(ask, fault_server)) <= 80 + len("it redirects to another host, which is not followed: ")


def test_a_redirect_without_an_address_is_an_answer(ask: Any, fault_server: Any) -> None:
    """Or none: its status says so."""
    fault_server.script(fault_server.html(302))
    assert unreachable(ask, fault_server) == "HTTP 302"
    fault_server.script(fault_server.json({"moved": 1}, 301, Location="/x"))
    assert ask(fault_server, follow=False, expect=(301,)).headers["location"] == "/x"


@pytest.mark.parametrize(("status", "expect", "found"), [
    (200, (200,), 200), (404, (200, 404), 404), (204, (204,), 204), (404, (200,), "HTTP 404"), (201, (200,), "HTTP 201"),
    (400, (200,), "HTTP 400"), (410, (200,), "HTTP 410"), (403, (200,), "HTTP 403"), (403, (200, 403), 403), (401, (200, 401), 401),
    (500, (200, 500), 500),
])
def test_only_what_the_caller_understands_is_an_answer(ask: Any, fault_server: Any, status: int, expect: tuple[int, ...], found: Any) -> None:
    """Any other status raises, with its number; none of these is asked again."""
    fault_server.app = lambda _: fault_server.Reply(status) if status == 204 else fault_server.json({}, status)
    if isinstance(found, int):
        assert ask(fault_server, expect=expect).status == found
    else:
        with pytest.raises(UnreachableError) as error:
            ask(fault_server, expect=expect)
        assert (str(error.value), error.value.status) == (found, status)
    assert len(fault_server.requests) == 1


def test_an_unexpected_401_is_about_the_credentials(ask: Any, fault_server: Any) -> None:
    """It raises another error, at once."""
    fault_server.app = lambda _: fault_server.html(401)
    with pytest.raises(TrackerAuthError, match="it does not accept the credentials"):
        ask(fault_server)
    assert len(fault_server.requests) == 1


@pytest.mark.parametrize("kind", ["application/json", "application/problem+json; charset=utf-8", "text/json", "Application/JSON", None])
def test_json_is_json_by_its_content_type(ask: Any, fault_server: Any, kind: str | None) -> None:
    """By any type that says so, and where there is none."""
    fault_server.script(fault_server.Reply(body=b'{"a": 1}', headers={"Content-Type": kind} if kind else {}))
    assert ask(fault_server).value == {"a": 1}


@pytest.mark.parametrize("kind", ["text/html", "text/plain", "application/xml", ""])
def test_what_does_not_say_that_it_is_json_is_none(ask: Any, fault_server: Any, kind: str) -> None:
    """Whatever it looks like."""
    fault_server.app = lambda _: fault_server.Reply(body=b'{"a": 1}', headers={"Content-Type": kind})
    assert unreachable(ask, fault_server) == "the answer is not JSON; a login page or a proxy may have sent it"
    assert len(fault_server.requests) == 1


@pytest.mark.parametrize("body", [b"[" * 300_000, b'[{"a": NaN}]', b"[" + b"9" * 5000 + b"]"], ids=["nested", "NaN", "huge"])
def test_json_that_python_cannot_hold_is_none(ask: Any, fault_server: Any, body: bytes) -> None:
    """It raises the error that callers know, and is not asked for again where that cannot help."""
    fault_server.app = lambda _: fault_server.Reply(body=body, headers={"Content-Type": "application/json"})
    assert unreachable(ask, fault_server) == "the answer is not JSON; a login page or a proxy may have sent it"
    assert len(fault_server.requests) == 1


def test_a_note_is_made_once(fault_server: Any) -> None:
    """However many answers give cause for it."""
    fault_server.app = lambda _: fault_server.json(1, Date="Sun, 22 Nov 2020 10:00:00 GMT")

    async def main() -> list[str]:
        async with Session(Options(fault_server.url, {}, 30)) as session:
            await session.get("a")
            await session.get("b")
            return session.notes

    assert asyncio.run(main()) == ["its clock and ours differ by more than 5 minutes"]


def test_headers_that_come_twice_are_one_list(ask: Any, fault_server: Any) -> None:
    """As HTTP says: their values with commas between, by a name in small letters."""
    fault_server.script(fault_server.Reply(raw=b"HTTP/1.1 200 OK\r\nLINK: <a>\r\nLink: <b>\r\nContent-Length: 2\r\n\r\n{}"))
    assert ask(fault_server).headers["link"] == "<a>, <b>"


def test_no_cookie_is_kept(ask: Any, fault_server: Any) -> None:
    """What a server sets is not sent back: a session of nobody must not answer in place of the token."""
    fault_server.app = lambda _: fault_server.json(1, Set_Cookie="session=nobody; Path=/")

    async def main() -> None:
        async with Session(Options(fault_server.url, {}, 30)) as session:
            await session.get("a")
            await session.get("b")

    asyncio.run(main())
    assert len(fault_server.requests) == 2
    assert [request for request in fault_server.requests if "cookie" in request.headers] == []


def test_pauses_grow_between_attempts(ask: Any, fault_server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is at least twice as long as the one before, up to a cap; nothing is logged about it."""
    monkeypatch.setattr(http, "BACKOFF", 0.1)
    monkeypatch.setattr(http, "MAX_BACKOFF", 0.3)
    fault_server.script(*[fault_server.html(500)] * 3, fault_server.json(1))
    assert ask(fault_server).value == 1
    assert [wait >= least for wait, least in zip(fault_server.waits(), (0.1, 0.2, 0.3), strict=True)] == [True] * 3


def test_a_request_that_takes_too_long_is_repeated_and_the_run_is_not(ask: Any, fault_server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit of one request leads to the next attempt; the deadline of the session ends them all, whichever comes first."""
    monkeypatch.setattr(http, "ONE_REQUEST", 0.4)
    fault_server.app = lambda _: fault_server.Reply(pause=60)
    assert unreachable(ask, fault_server, deadline=2) == "no complete answer within 2 seconds"
    assert len(fault_server.requests) >= 2
    monkeypatch.setattr(http, "ONE_REQUEST", 1.0)
    assert unreachable(ask, fault_server, deadline=1) == "no complete answer within 1 seconds"


def test_after_the_deadline_nothing_is_asked(fault_server: Any) -> None:
    """The deadline is that of the session: later requests of it are not sent."""
    fault_server.app = lambda _: fault_server.Reply(pause=60)

    async def main() -> None:
        async with Session(Options(fault_server.url, {}, 0.3)) as session:
            for _ in range(3):
                with pytest.raises(UnreachableError, match=r"no complete answer within 0\.3 seconds"):
                    await session.get("a")

    asyncio.run(main())
    assert len(fault_server.requests) == 1


@pytest.mark.parametrize("at_once", [1, 3])
def test_no_more_are_under_way_than_allowed(fault_server: Any, at_once: int) -> None:
    """However many tasks ask; retries wait without a place, so that others can go on."""
    fault_server.app = lambda _: fault_server.Reply(body=b"1", pause=0.2)

    async def main() -> int:
        async with Session(Options(fault_server.url, {}, 30, at_once=at_once)) as session:
            await asyncio.gather(*(session.get(str(number)) for number in range(6)))
            return session.requests

    assert asyncio.run(main()) == 6
    assert fault_server.most_at_once == at_once


def test_a_question_is_asked_once_for_all_tasks(fault_server: Any) -> None:
    """Also if one that waits for it gives up, and if it fails."""
    fault_server.app = lambda _: fault_server.Reply(body=b"7", pause=0.3)

    async def main() -> None:
        async with Session(Options(fault_server.url, {}, 30)) as session:
            def question() -> Any:
                return session.get("slow")

            first = asyncio.create_task(session.once("a", question))
            others = [asyncio.create_task(session.once("a", question)) for _ in range(3)]
            await asyncio.sleep(0.1)
            first.cancel()
            assert [reply.value for reply in await asyncio.gather(*others)] == [7, 7, 7]
            assert (await session.once("a", question)).value == 7
            fault_server.app = lambda _: fault_server.html(404)
            failed = await asyncio.gather(*(session.once("b", question) for _ in range(3)), return_exceptions=True)
            assert [str(error) for error in failed] == ["HTTP 404"] * 3

    asyncio.run(main())
    assert len(fault_server.requests) == 2


def test_what_is_still_asked_ends_with_the_session(fault_server: Any) -> None:
    """A question that nobody waits for any more is stopped, without a word."""
    fault_server.app = lambda _: fault_server.Reply(pause=60)

    async def main() -> None:
        async with Session(Options(fault_server.url, {}, 30)) as session:
            task = asyncio.create_task(session.once("a", lambda: session.get("slow")))
            while not fault_server.requests:  # noqa: ASYNC110 - the server is in another thread
                await asyncio.sleep(0.01)
            task.cancel()
        assert session.memory["a"].cancelled()

    asyncio.run(main())


def _limit(reply: Reply) -> float | None:
    return 1.5 if isinstance(reply.value, dict) and "slow down" in reply.value.get("error", "") else None


def test_a_tracker_may_say_in_its_own_way_that_a_limit_is_used_up(ask: Any, fault_server: Any) -> None:
    """Also with status 200; where headers give a time, that holds."""
    fault_server.script(fault_server.json({"error": "slow down"}), fault_server.json(1))
    assert ask(fault_server, limit=_limit).value == 1
    assert fault_server.waits()[0] >= 1.5
    fault_server.script(fault_server.json({"error": "slow down"}, Retry_After="3600"))
    assert "until" in unreachable(ask, fault_server, limit=_limit)


def test_the_forms_of_a_secret_are_hidden_wherever_they_stand() -> None:
    """Plain, percent, and base64 at each of its three offsets, also for URLs, and with the slashes of JSON; other words stay."""
    import base64
    from urllib.parse import quote

    redaction = Redaction([TOKEN, "", "short"])
    for size in range(8):
        for code in (base64.b64encode, base64.urlsafe_b64encode):
            text = code(b"x" * size + TOKEN.encode() + b"y" * size).decode()
            hidden = redaction.text(text)
            assert "***" in hidden
            assert len(hidden.replace("***", "").strip("=")) <= 2 * (-(-size * 8 // 6)) + 2
    for text in (TOKEN, quote(TOKEN, safe=""), quote(TOKEN, safe="").lower(), TOKEN.replace("/", "\\/")):
        assert redaction.text(f"<{text}>") == "<***>"
    assert redaction.text("short words, s3cret words") == "short words, s3cret words"


def test_what_is_logged_is_filtered_for_the_time_of_a_session(ask: Any, fault_server: Any, caplog: pytest.LogCaptureFixture) -> None:
    """And only then: no logger keeps a filter."""
    caplog.set_level(logging.DEBUG)
    fault_server.app = lambda _: fault_server.json(1)
    ask(fault_server, secrets=(TOKEN,))
    for name in ("httpx2", "httpcore2.connection", "httpcore2.http11"):
        assert logging.getLogger(name).filters == []
    assert "HTTP Request: GET" in caplog.text


def test_options_show_no_secret() -> None:
    """Neither the headers nor the secrets are in what Python shows of them."""
    assert TOKEN not in repr(Options("https://a.example", {"X": TOKEN}, 1, secrets=(TOKEN,)))


@pytest.mark.parametrize("url", ["https://tracker.example:99999", "https://[::zz]", "https://a b", "nothing", "ftp://a.example", "https://"])
def test_an_address_that_is_none_is_no_answer(ask: Any, url: str, no_pauses: None) -> None:
    """It raises the one error that callers know."""
    assert unreachable(ask, url) in ("the address, or what it answers, cannot be understood", "no connection")


@pytest.mark.parametrize("value", ["a\nb", "a\r\nX-Other: 1", "\x00"])
def test_a_header_of_characters_that_none_has_is_not_sent(ask: Any, fault_server: Any, value: str) -> None:
    """And the error does not show it."""
    why = unreachable(ask, fault_server, headers={"X-Token": value})
    assert why == "the address, or what it answers, cannot be understood"
    assert fault_server.requests == []


@pytest.mark.usefixtures("no_pauses")
def test_whatever_bytes_a_server_sends_there_are_two_errors(ask: Any, fault_server: Any) -> None:
    """200 answers of garbage, some of it almost HTTP: each is an answer, or one of the two errors that callers know."""
    words = [b"HTTP/1.1 ", b"200", b" OK", b"\r\n", b"\r\n\r\n", b"Content-Length: ", b"-1", b"5", b"99999999999999999999", b"Transfer-Encoding: chunked",
             b"Content-Encoding: gzip", b"Content-Type: application/json", b"Location: //", b"[1]", b"\x00", b"\xff\xfe", b": ", b"Date: x", b"301", b"100",
             b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 302 Found\r\n", b"0\r\n\r\n", b"Retry-After: -1\r\n", b"Set-Cookie: a\x01=\xff; Domain=..\r\n"]
    chance = random.Random(5)
    fault_server.app = lambda _: fault_server.Reply(raw=b"".join(chance.choices(words, k=chance.randint(0, 14))))
    for _ in range(200):
        try:
            assert isinstance(ask(fault_server, deadline=5).status, int)
        except (UnreachableError, TrackerAuthError) as error:
            assert str(error)  # noqa: PT017 - both are right
    assert len(fault_server.requests) >= 200


def test_a_session_leaves_hooks_that_log_out(ask: Any, fault_server: Any, caplog: pytest.LogCaptureFixture, no_pauses: None) -> None:
    """The library for retries would log each of them."""
    fault_server.script(fault_server.html(500), fault_server.json(1))
    ask(fault_server)
    assert stamina.instrumentation.get_on_retry_hooks() == ()
    assert [record for record in caplog.records if record.name.startswith("stamina")] == []


def test_the_certificates_of_the_system_are_verified() -> None:
    """Without `ca_file`, a context that demands a certificate and its name; with one, the same."""
    context = http._trust("")
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)

