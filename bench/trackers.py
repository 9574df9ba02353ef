#!/usr/bin/env python3
"""Measure how long 1,000 tickets take from a tracker that answers each request after 50 ms, as many at once as are asked.

    python bench/trackers.py [--tickets 1000] [--latency 0.05] [--rounds 5]

What is printed is total / latency, which says how many requests went one after the other; the best of the rounds, which a busy
machine disturbs least, must not exceed 10. The first fetch of a process also loads the library for HTTP. `left out` are tickets
that no batch answers, so that each is asked for alone; the last line has the most that a run asks for so, and is not held
against anything.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import re
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import ClassVar
from urllib.parse import parse_qs, urlsplit

from kbtool.tickets import Answer, Outcome, Ticket
from kbtool.trackers.http import Session, part
from kbtool.trackers.remote import FOLLOW_UPS, RemoteTracker

ALLOWED = 10.0


@dataclass(frozen=True)
class BatchTracker(RemoteTracker):
    """The smallest tracker: one request for a hundred tickets, and one for each that is left out."""

    kind: ClassVar[str] = "batch"

    def pattern(self) -> re.Pattern[str]:
        """Return `T-1`."""
        return re.compile(r"T-\d{1,9}")

    def key(self, match: re.Match[str]) -> str | None:
        """Return the key."""
        return match[0]

    def authorization(self, token: str) -> dict[str, str]:
        """Return the token."""
        return {"Authorization": f"Bearer {token}"} if token else {}

    async def probe(self, session: Session) -> None:
        """Ask who we are."""
        await session.get("me")

    async def batch(self, session: Session, keys: Sequence[str]) -> list[Answer]:
        """Ask for all of them."""
        value = (await session.get("tickets", ids=",".join(keys))).value
        return [Answer.found(Ticket(key, "open", title=title)) for key, title in value.items()]

    async def single(self, session: Session, key: str) -> Answer:
        """Ask for one."""
        reply = await session.get(f"tickets/{part(key)}", expect=(404,))
        return Answer(key, Outcome.MISSING if reply.value else Outcome.UNREACHABLE)


def serve(latency: float, port: Connection) -> None:
    """Answer on a free port, each request after its latency; tickets whose number begins with 9 are in no batch."""

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while request := await reader.readuntil(b"\r\n\r\n"):
            target = request.split(b" ", 2)[1].decode()
            await asyncio.sleep(latency)
            single = target.startswith("/tickets/")
            keys = parse_qs(urlsplit(target).query).get("ids", [""])[0].split(",")
            found = {key: f"Title of {key}" for key in keys if not key.startswith("T-9")}
            body = json.dumps({"error": "no such ticket"} if single else found).encode()
            status = "404 Not Found" if single else "200 OK"
            head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            writer.write(head.encode() + body)

    async def quiet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await client(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def main() -> None:
        server = await asyncio.start_server(quiet, "127.0.0.1", 0, backlog=1000)
        port.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(main())


def seconds_of(action: Callable[[], object]) -> float:
    """Return how long something takes."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def measure(tracker: RemoteTracker, keys: Sequence[str], left_out: int) -> float:
    """Fetch once; return the seconds it took. Every key must have the answer that it should have."""
    answers: list[Answer] = []
    seconds = seconds_of(lambda: answers.extend(tracker.fetch(keys)))
    found = sum(answer.outcome is Outcome.FOUND for answer in answers)
    if len(answers) != len(keys) or found != len(keys) - left_out:
        raise SystemExit(f"{len(answers)} answers, {found} of them found, for {len(keys)} tickets")
    return seconds


def main() -> None:
    """Print the ratios, and fail where one is above what is allowed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tickets", type=int, default=1000)
    parser.add_argument("--latency", type=float, default=0.05)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(given.latency, theirs), daemon=True)
    server.start()
    tracker = BatchTracker(f"http://127.0.0.1:{ours.recv()}", token_env="PATH")  # noqa: S106 - a variable that is there
    worst = 0.0
    for left_out in (0, 20, FOLLOW_UPS):
        keys = [f"T-{number + 10_000}" for number in range(given.tickets - left_out)]
        keys += [f"T-9{number}" for number in range(left_out)]
        first, *ratios = [measure(tracker, keys, left_out) / given.latency for _ in range(given.rounds + 1)]
        worst = max(worst, min(ratios)) if left_out < FOLLOW_UPS else worst
        middle = statistics.median(ratios)
        print(f"{len(keys)} tickets, {left_out} left out: {middle:.1f} x the latency of {given.latency * 1000:g} ms "
              f"(best {min(ratios):.1f}, worst {max(ratios):.1f}, first {first:.1f})")
    server.terminate()
    raise SystemExit(0 if worst <= ALLOWED else f"more than {ALLOWED:g} x the latency")


if __name__ == "__main__":
    main()
