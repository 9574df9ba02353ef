"""Faults of the network and of servers (FAULTS.md, group I): what is tried again, for how long, and what is left alone."""

from __future__ import annotations

import asyncio
import datetime as dt
import re
import socket
import time
from collections.abc import Callable
from email.utils import format_datetime
from typing import Any

import pytest
from fault_fixtures import unreachable
from small_tracker import WANTED, reasons

from kbtool.trackers import http
from kbtool.trackers.http import Options, Session


def _closed(_: Any) -> str:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.usefixtures("no_pauses")
@pytest.mark.parametrize(("address", "reason"), [
    (_closed, "no connection"), (lambda _: "https://tracker.invalid", "no connection"),
    (lambda server: server.url.replace("http:", "https:"), "no connection"),
], ids=["refused", "no such name", "no TLS"])
def test_i01_a_server_that_is_not_there(generic_tracker: Any, fault_server: Any, address: Callable[[Any], str], reason: str) -> None:
    """DNS failure, refusal and a TLS error are no answer: every key is unreachable, and the reason says why."""
    assert reasons(generic_tracker(address(fault_server))) == {reason}


@pytest.mark.usefixtures("no_pauses")
@pytest.mark.parametrize(("fault", "reason"), [
    ({"reset": True}, "the answer broke off"), ({"raw": b""}, "the answer broke off"), ({"pause": 60}, "no answer in time"),
    ({"body": b"[" * 50, "drip": 0.3}, "no answer in time"),
], ids=["reset", "closed", "silent", "slow"])
@pytest.mark.parametrize("times", [3, 4])
def test_i01_broken_connections_are_tried_four_times(
    ask: Any, fault_server: Any, monkeypatch: pytest.MonkeyPatch, fault: dict[str, Any], reason: str, times: int
) -> None:
    """After three failures the fourth answer counts; after four there is none."""
    monkeypatch.setattr(http, "ONE_REQUEST", 0.7)
    fault_server.app = lambda _: fault_server.json({"fine": True})
    fault_server.script(*[fault_server.Reply(**fault)] * times)
    if times == 3:
        assert ask(fault_server).value == {"fine": True}
    else:
        assert unreachable(ask, fault_server) == reason
    assert len(fault_server.requests) == 4


@pytest.mark.usefixtures("no_pauses")
@pytest.mark.parametrize("status", [408, 500, 502, 503, 504, 599])
def test_i02_server_errors_are_tried_again(ask: Any, fault_server: Any, status: int) -> None:
    """An error of the server, whatever its body, is asked again, four times in all."""
    fault_server.app = lambda _: fault_server.json({"fine": True})
    fault_server.script(fault_server.html(status), fault_server.json({"error": "?"}, status), fault_server.Reply(status))
    assert ask(fault_server).value == {"fine": True}
    fault_server.script(*[fault_server.html(status)] * 4)
    assert unreachable(ask, fault_server) == f"HTTP {status}"
    assert len(fault_server.requests) == 8


@pytest.mark.usefixtures("no_pauses")
def test_i02_retry_after_of_a_server_error_is_honoured(ask: Any, fault_server: Any) -> None:
    """The server is left alone for as long as it asks; where that is above the cap, or would outlast the run, it is not waited for."""
    fault_server.script(fault_server.html(503, Retry_After="1"), fault_server.json(1))
    assert ask(fault_server).value == 1
    assert fault_server.waits()[0] >= 1
    for seconds, deadline in (("3600", 3000), ("61", 3000), ("20", 10)):
        fault_server.script(fault_server.html(503, Retry_After=seconds))
        assert re.fullmatch(r"HTTP 503 until 20\d\d-\d\d-\d\d \d\d:\d\d UTC", unreachable(ask, fault_server, deadline=deadline))
    assert len(fault_server.requests) == 5


LIMITED = {
    "429": (429, {"Retry_After": "1"}), "429 that says nothing": (429, {}), "403 with a reset": (403, {"X_RateLimit_Remaining": "0"}),
    "403 with Retry-After": (403, {"Retry_After": "1"}),
}


@pytest.mark.parametrize(("status", "headers"), LIMITED.values(), ids=LIMITED)
def test_i03_a_rate_limit_is_waited_for(ask: Any, fault_server: Any, status: int, headers: dict[str, str]) -> None:
    """429, and 403 with the headers of a limit, are asked again a second later at the earliest, also if 403 would be an answer."""
    fault_server.script(fault_server.html(status, **headers), fault_server.json(1))
    assert ask(fault_server, expect=(200, 403)).value == 1
    assert fault_server.waits()[0] >= 1


def test_i03_a_rate_limit_stops_all_tasks_of_the_host(fault_server: Any) -> None:
    """While the limit lasts that one task was told of, no other task asks this server anything."""
    fault_server.app = lambda _: fault_server.json(1)
    fault_server.script(fault_server.html(429, Retry_After="1"))

    async def main() -> None:
        async with Session(Options(fault_server.url, {}, 30)) as session:
            first = asyncio.create_task(session.get("first"))
            while session._resume == 0:  # noqa: ASYNC110 - nothing tells of it
                await asyncio.sleep(0.01)
            await asyncio.gather(first, *(session.get(f"later-{number}") for number in range(20)))

    asyncio.run(main())
    first, *later = fault_server.requests
    assert len(later) == 21
    assert min(request.at for request in later) - first.at >= 1


def test_i03_the_later_of_two_limits_holds(fault_server: Any) -> None:
    """A task that waits for the end of one limit waits on when another answer names a later one."""
    first = {"/a": fault_server.html(429, Retry_After="1"), "/b": fault_server.Reply(429, b"", {"Retry-After": "2"}, pause=0.5)}
    fault_server.app = lambda request: first.pop(request.path, None) or fault_server.json(1)

    async def main() -> None:
        async with Session(Options(fault_server.url, {}, 30)) as session:
            await asyncio.gather(session.get("a"), session.get("b"))

    asyncio.run(main())
    assert fault_server.of("/a")[1].at - fault_server.of("/b")[0].at >= 2.5


@pytest.mark.usefixtures("no_pauses")
def test_i03_a_limit_that_lasts_too_long_ends_the_run(generic_tracker: Any, ticket_app: Any, fault_server: Any) -> None:
    """Then nothing more is asked: what has no answer yet is unreachable, with the time of the reset, and nothing is "closed"."""
    at = int(time.time()) + 3600
    app = ticket_app.usual(many=1000)
    keys = [*WANTED, *(f"T-{1001 + number}" for number in range(1000))]

    def limited(request: Any) -> Any:
        limit = {"X_RateLimit_Remaining": "0", "X_RateLimit_Reset": str(at)}
        return app(request) if request.path == "/me" else fault_server.json({"message": "slow down"}, 403, **limit)

    fault_server.app = limited
    until = dt.datetime.fromtimestamp(at, dt.UTC)
    found = reasons(generic_tracker(fault_server), keys)
    assert found <= {f"its rate limit is used up until {until + dt.timedelta(minutes=off):%Y-%m-%d %H:%M} UTC" for off in (-1, 0, 1)}
    assert len(fault_server.requests) <= 11  # the probe, and the ten that were under way


def _moments() -> dict[str, tuple[dict[str, str], float]]:
    """Return headers in each dialect, and for how long they ask to wait at least."""
    now = dt.datetime.now(dt.UTC).replace(microsecond=0)
    soon, used_up = now + dt.timedelta(seconds=3), {"X_RateLimit_Remaining": "0"}
    past = now - dt.timedelta(hours=5)
    return {
        "seconds": ({"Retry_After": "2"}, 2),
        "date": ({"Retry_After": format_datetime(soon, usegmt=True)}, 1),
        "epoch": (used_up | {"X_RateLimit_Reset": str(int(soon.timestamp()))}, 1),
        "iso": (used_up | {"X_RateLimit_Reset": f"{soon:%Y-%m-%dT%H:%M:%SZ}"}, 1),
        "to-go": ({"RateLimit_Remaining": "0", "RateLimit_Reset": "2"}, 2),
        "of-a-clock-that-is-wrong": (used_up | {
            "Date": format_datetime(past, usegmt=True), "X_RateLimit_Reset": str(int(past.timestamp()) + 2)}, 2),
    }


def test_i04_each_dialect_is_waited_for(fault_server: Any) -> None:
    """Seconds, HTTP date, epoch, ISO 8601 and seconds to go are honoured as the server measures it, by the clock of the server."""
    dialects = _moments()
    limits = {f"/{name}": fault_server.html(429, **headers) for name, (headers, _) in dialects.items()}
    fault_server.app = lambda request: limits.pop(request.path, None) or fault_server.json(1)

    async def one(name: str) -> None:
        async with Session(Options(fault_server.url, {}, 30)) as session:
            assert (await session.get(name)).value == 1

    async def main() -> None:
        await asyncio.gather(*map(one, dialects))

    asyncio.run(main())
    for name, (_, least) in dialects.items():
        first, second = fault_server.of(f"/{name}")
        assert second.at - first.at >= least, name


@pytest.mark.usefixtures("no_pauses")
@pytest.mark.parametrize("text", ["-30", "soon", "", "NaN", "1e5", "99999999999999", "Sun, 99 Nov 2026"])
@pytest.mark.parametrize("name", ["Retry_After", "X_RateLimit_Reset"])
def test_i04_garbage_and_negative_numbers_are_ignored(ask: Any, fault_server: Any, name: str, text: str) -> None:
    """What cannot be meant is as if it were not there: the request is repeated as after any other failure."""
    fault_server.script(*[fault_server.html(429, X_RateLimit_Remaining="0", **{name: text})] * 3, fault_server.json(1))
    assert ask(fault_server).value == 1


@pytest.mark.usefixtures("no_pauses")
@pytest.mark.parametrize("later", [61, 3600, 10**7])
def test_i04_no_wait_is_above_the_cap(ask: Any, fault_server: Any, later: int) -> None:
    """A server that asks for more than a minute, in whatever dialect, is not asked again."""
    then = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=later + 1)
    used_up = {"X_RateLimit_Remaining": "0"}
    said: list[dict[str, str]] = [
        {"Retry_After": str(later)}, {"Retry_After": format_datetime(then, usegmt=True)}, used_up | {"X_RateLimit_Reset": str(later)},
        used_up | {"X_RateLimit_Reset": str(int(then.timestamp()))}, used_up | {"X_RateLimit_Reset": f"{then:%Y-%m-%dT%H:%MZ}"},
    ]
    for headers in said:
        fault_server.script(fault_server.html(429, **headers))
        assert "its rate limit is used up until 20" in unreachable(ask, fault_server, deadline=10**9)
    assert len(fault_server.requests) == len(said)
