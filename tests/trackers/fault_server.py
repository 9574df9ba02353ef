"""A server on loopback that does what real ones do when they fail: it resets, drips, cuts off, lies about lengths, answers garbage.

It records every request with its time, so that a test can say how long a client waited. `Faults` meets its answers with random
transient faults, the same for the same seed. The fixtures are in fault_fixtures.py.
"""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
import http.client
import itertools
import json
import socket
import ssl
import struct
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit

PAGE = b"<!doctype html><title>Sign in</title><form></form>"


@dataclass(frozen=True)
class Request:
    """What a client sent, and when, in seconds of a clock that only goes forward."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    at: float

    @property
    def path(self) -> str:
        """The path, percent forms read."""
        return unquote(urlsplit(self.target).path)

    @property
    def query(self) -> dict[str, list[str]]:
        """The query."""
        return parse_qs(urlsplit(self.target).query, keep_blank_values=True)


@dataclass(frozen=True)
class Reply:
    """What the server does with a request: an answer, and how it goes wrong."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    pause: float = 0.0  #: seconds before the first byte
    drip: float = 0.0  #: seconds after each byte
    cut: int | None = None  #: bytes of the body after which the connection is closed
    length: int | None = None  #: the length that is claimed; -1 for none
    reset: bool = False  #: the connection is reset after what is sent; without a cut, before anything is
    raw: bytes | None = None  #: sent in place of all of that, as it is
    endless: bool = False  #: the body is sent again and again

    def head(self) -> bytes:
        """Return status and headers."""
        length = len(self.body) if self.length is None else self.length
        lines = [f"HTTP/1.1 {self.status} Whatever", *(f"{name}: {value}" for name, value in self.headers.items())]
        lines += [f"Content-Length: {length}"] if length >= 0 else ["Connection: close"]
        return "\r\n".join([*lines, "", ""]).encode("utf-8")

    @property
    def ends(self) -> bool:
        """Whether the connection is of no use after it."""
        return self.reset or self.cut is not None or self.raw is not None or self.length is not None or self.endless


def json_reply(value: Any, status: int = 200, **headers: str) -> Reply:
    """Return an answer in JSON; `Retry_After="1"` is a header."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Reply(status, json.dumps(value).encode(), {"Content-Type": "application/json", **named})


def html_reply(status: int = 200, **headers: str) -> Reply:
    """Return a page, as proxies and logins send it."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Reply(status, PAGE, {"Content-Type": "text/html; charset=utf-8", **named})


App = Callable[[Request], Reply]


class FaultServer:
    """A server for the time of one `with`: what `script` says comes first, then what `app` answers, changed by `fault`."""

    json, html, Reply = staticmethod(json_reply), staticmethod(html_reply), Reply

    def __init__(self, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> None:
        self.requests: list[Request] = []
        self.app: App = lambda _: json_reply({"error": "no such page"}, 404)
        self.fault: Callable[[Request, Reply], Reply] = lambda _, reply: reply
        self.tunnels = False  #: answer CONNECT as a proxy does
        self.connections = 0
        self.most_at_once = 0
        self._under_way = 0
        self._script: deque[Reply | None] = deque()
        self._tls, self._host = tls, host
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._up = threading.Event()

    def script(self, *replies: Reply | None) -> None:
        """Say what the next requests get, whatever they ask for; None is what `app` answers."""
        self._script.extend(replies)

    @property
    def authority(self) -> str:
        """Host and port."""
        return f"[{self._host}]:{self.port}" if ":" in self._host else f"{self._host}:{self.port}"

    @property
    def url(self) -> str:
        """The address; that of TLS is `localhost`, as its certificate says."""
        return f"https://localhost:{self.port}" if self._tls else f"http://{self.authority}"

    def of(self, start: str) -> list[Request]:
        """Return the requests whose path starts so."""
        return [request for request in self.requests if request.path.startswith(start)]

    def waits(self) -> list[float]:
        """Return the seconds between one request and the next."""
        times = [request.at for request in self.requests]
        return [later - earlier for earlier, later in itertools.pairwise(times)]

    def __enter__(self) -> Self:
        """Listen on a free port."""
        self._thread.start()
        assert self._up.wait(30)
        return self

    def __exit__(self, *error: object) -> None:
        """Close every connection."""
        self._loop.call_soon_threadsafe(self._done.set)
        self._thread.join(30)
        assert not self._thread.is_alive()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._listen())
        finally:
            self._loop.close()

    async def _listen(self) -> None:
        self._done = asyncio.Event()
        server = await asyncio.start_server(self._client, self._host, 0, ssl=self._tls, backlog=1000)
        self.port = server.sockets[0].getsockname()[1]
        self._up.set()
        await self._done.wait()
        await _rounds()  # for connections that have just come: one that is accepted by a closed server is never closed
        server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await _rounds()

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while await self._one(reader, writer):
                pass
        except (OSError, EOFError, ValueError, asyncio.LimitOverrunError):
            pass  # the client went away, or sent what is no HTTP
        except asyncio.CancelledError:
            pass  # the server ends; a task that says so is logged by asyncio
        finally:
            writer.transport.abort()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; return whether the connection lives on."""
        first = await reader.readexactly(1)
        if not first.isalpha():  # a client that speaks TLS
            return await _send(writer, Reply(400, cut=0))
        head = (first + await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, target, _ = head[0].split(" ", 2)
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        request = Request(method, target, headers, await reader.readexactly(int(headers.get("content-length", 0))), time.monotonic())
        self.requests.append(request)
        if self.tunnels and method == "CONNECT":
            await self._tunnel(target, reader, writer)
            return False
        self._under_way += 1
        self.most_at_once = max(self.most_at_once, self._under_way)
        try:
            reply = self._script.popleft() if self._script else None
            return await _send(writer, reply or self.fault(request, await asyncio.to_thread(self.app, request)))
        finally:
            self._under_way -= 1

    async def _tunnel(self, target: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host, _, port = target.rpartition(":")
        there_reader, there_writer = await asyncio.open_connection(host.strip("[]"), int(port))
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        try:
            await asyncio.gather(_pipe(reader, there_writer), _pipe(there_reader, writer))
        finally:
            there_writer.transport.abort()


async def _rounds() -> None:
    """Let the loop go round some times: that is what transports need to open and to close."""
    for _ in range(10):
        await asyncio.sleep(0)


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.write_eof() if writer.can_write_eof() else writer.close()


async def _send(writer: asyncio.StreamWriter, reply: Reply) -> bool:
    await asyncio.sleep(reply.pause)
    if not (reply.reset and reply.cut is None):
        data = reply.head() + reply.body[: reply.cut] if reply.raw is None else reply.raw
        for piece in [data[at : at + 1] for at in range(len(data))] if reply.drip else [data]:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(reply.drip)
        while reply.endless:
            writer.write(reply.body)
            await writer.drain()
            await asyncio.sleep(reply.drip)
    if reply.reset:
        linger = struct.pack("ii", 1, 0)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    elif reply.ends:
        writer.close()
        await writer.wait_closed()
    return not reply.ends


def forward(url: str) -> App:
    """Return an app that asks another server, so that faults can be had in front of any."""
    there = urlsplit(url)

    def app(request: Request) -> Reply:
        connection = http.client.HTTPConnection(there.hostname, there.port, timeout=60)
        try:
            connection.request(request.method, request.target, request.body or None, {**request.headers, "accept-encoding": "identity"})
            found = connection.getresponse()
            dropped = ("content-length", "transfer-encoding", "connection", "keep-alive")
            headers = {name: value for name, value in found.getheaders() if name.lower() not in dropped}
            return Reply(found.status, found.read(), headers)
        finally:
            connection.close()

    return app


def _some(reply: Reply, random: Random) -> int:
    return random.randint(0, max(0, len(reply.body) - 1))


def _too_many(random: Random) -> Reply:
    headers = random.choice([{}, {"Retry_After": "0"}, {"X_RateLimit_Remaining": "0", "X_RateLimit_Reset": "0"}])
    return html_reply(random.choice([429, 403]) if headers else 429, **headers)


#: What goes wrong for a while: from what the server would answer, what the client gets.
TRANSIENT: Mapping[str, Callable[[Reply, Random], Reply]] = {
    "reset": lambda _reply, _random: Reply(reset=True),
    "reset midway": lambda reply, random: dataclasses.replace(reply, reset=True, cut=_some(reply, random)),
    "error page": lambda _reply, random: html_reply(random.choice([500, 502, 503, 504])),
    "error in JSON": lambda _reply, random: json_reply({"error": "?"}, random.choice([500, 502, 503])),
    "later": lambda _reply, _random: html_reply(503, Retry_After="0"),
    "too many": lambda _reply, random: _too_many(random),
    "drip": lambda reply, _random: dataclasses.replace(reply, body=reply.body + b" " * 40, drip=0.0002),
    "cut": lambda reply, random: dataclasses.replace(reply, cut=_some(reply, random), length=len(reply.body)),
    "cut without a length": lambda reply, random: dataclasses.replace(reply, cut=_some(reply, random), length=-1),
    "shorter than said": lambda reply, _random: dataclasses.replace(reply, length=len(reply.body) + 9, cut=len(reply.body)),
    "page": lambda _reply, random: html_reply(random.choice([200, 200, 403, 404])),
    "login": lambda _reply, _random: html_reply(302, Location="http://login.example.com/?back=%2F"),
    "garbage": lambda _reply, random: Reply(raw=random.randbytes(random.randint(0, 300))),
    "not gzip": lambda reply, _random: dataclasses.replace(reply, headers={**reply.headers, "Content-Encoding": "gzip"}),
}


class Faults:
    """Transient faults by seed: which one a request meets depends on what it asks and how often that was asked, not on the order.

    Set it as the `fault` of a server. `met` counts what was done.
    """

    def __init__(self, seed: int, rate: float = 0.3) -> None:
        self.seed, self.rate = seed, rate
        self.met: Counter[str] = Counter()
        self._asked: Counter[bytes] = Counter()

    def __call__(self, request: Request, reply: Reply) -> Reply:
        """Return the answer, or what a fault makes of it."""
        about = f"{self.seed} {request.method} {request.target} ".encode() + request.body
        self._asked[about] += 1
        random = Random(hashlib.sha256(about + b"%d" % self._asked[about]).digest())
        if random.random() >= self.rate:
            return reply
        kind = random.choice(list(TRANSIENT))
        self.met[kind] += 1
        return TRANSIENT[kind](reply, random)
