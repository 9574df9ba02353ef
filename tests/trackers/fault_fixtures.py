"""Fixtures of the tests of trackers on the network; tests/conftest.py hands them out."""

from __future__ import annotations

import asyncio
import dataclasses
import ssl
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fault_server import App, Faults, FaultServer, forward
from small_tracker import TOKEN, GenericTracker, Tickets

from kbtool.trackers import http as client
from kbtool.trackers.http import Options, Session, UnreachableError


@dataclass(frozen=True)
class Answered:
    """What a session returned, and the session."""

    status: int
    value: Any
    headers: Mapping[str, str]
    session: Session


@pytest.fixture
def fault_server() -> Iterator[FaultServer]:
    """A server that does what the test tells it."""
    with FaultServer() as server:
        yield server


@pytest.fixture
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries without their pauses: how long they are is not what the test is about."""
    for name, seconds in {"BACKOFF": 0.001, "MAX_BACKOFF": 0.01, "JITTER": 0.0, "MIN_WAIT": 0.001}.items():
        monkeypatch.setattr(client, name, seconds)


@pytest.fixture
def ask() -> Callable[..., Answered]:
    """`ask(server, "path", params=…)`: what a session of its own returns; fields of `Options` are given to that."""
    known = {one.name for one in dataclasses.fields(Options)}

    def ask(server: FaultServer | str, path: str = "things", method: str = "GET", **more: Any) -> Answered:
        url = server if isinstance(server, str) else server.url
        options = {"headers": {}, "deadline": 30, **{name: more.pop(name) for name in [*more] if name in known}}

        async def main() -> Answered:
            async with Session(Options(url, **options)) as session:
                reply = await session.request(method, path, **more)
                return Answered(reply.status, reply.value, reply.headers, session)

        return asyncio.run(main())

    return ask


@pytest.fixture
def generic_tracker(monkeypatch: pytest.MonkeyPatch) -> Callable[..., GenericTracker]:
    """`generic_tracker(server)`: a tracker that asks a server, with a token; further arguments are its options."""
    monkeypatch.setenv("GENERIC_TOKEN", TOKEN)

    def make(server: FaultServer | str, **options: Any) -> GenericTracker:
        url = server if isinstance(server, str) else server.url
        return GenericTracker(**{"url": url, "token_env": "GENERIC_TOKEN", **options})

    return make


@pytest.fixture
def ticket_app() -> type[Tickets]:
    """The class of a small tracker's server: `fault_server.app = ticket_app.usual()`."""
    return Tickets


@pytest.fixture
def faulty(no_pauses: None) -> Iterator[Callable[..., FaultServer]]:
    """`faulty(app, seed)`: a server whose answers meet random transient faults; `app` is a function or the address of a server."""
    with ExitStack() as servers:
        def make(app: App | str, seed: int, rate: float = 0.3) -> FaultServer:
            server = servers.enter_context(FaultServer())
            server.app = forward(app) if isinstance(app, str) else app
            server.fault = Faults(seed, rate)
            return server

        yield make


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of localhost, signed by itself, with its key in one file."""
    folder = tmp_path_factory.mktemp("certificate")
    more = ("subjectAltName=DNS:localhost", "keyUsage=critical,keyCertSign,digitalSignature")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         *(word for one in more for word in ("-addext", one)), "-keyout", "key.pem", "-out", "ca.pem"],
        cwd=folder, check=True, capture_output=True,
    )
    return folder / "ca.pem"


@pytest.fixture
def tls_server(certificate: Path) -> Iterator[FaultServer]:
    """A server that speaks TLS, with the certificate `certificate`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_name("key.pem"))
    with FaultServer(context) as server:
        yield server


def unreachable(ask: Callable[..., Any], *args: Any, **more: Any) -> str:
    """Ask, and return why there was no answer."""
    with pytest.raises(UnreachableError) as error:
        ask(*args, **more)
    return str(error.value)
