"""Answers that are cut off, too large, too slow, lead elsewhere, or come by a proxy (FAULTS.md, group I)."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import pytest
from fault_fixtures import unreachable
from small_tracker import TOKEN, WANTED, outcomes, reasons

from kbtool.tickets import Answer, Outcome
from kbtool.trackers.http import part

JSON = {"Content-Type": "application/json"}
BODY = json.dumps({"tickets": [{"key": "T-1", "status": "new", "title": "Größe"}], "pages": 1}, ensure_ascii=False).encode()
CUT = {
    "shorter than said": {"length": len(BODY) + 9, "cut": len(BODY)}, "cut": {"length": len(BODY), "cut": 40},
    "cut, no length": {"length": -1, "cut": 40}, "cut within a character": {"length": -1, "cut": BODY.index(b"\xb6")},
    "nothing": {"length": -1, "cut": 0}, "empty": {"length": 0, "cut": 0}, "reset midway": {"cut": 40, "reset": True},
    "longer than said": {"length": 30},
    "chunks without an end": {"raw": b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n" + BODY[:8]},
    "chunks of garbage": {"raw": b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n" + BODY},
    "two lengths": {"raw": b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 9\r\n\r\n" + BODY},
    "gzip without an end": {"raw": b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n" + gzip.compress(BODY)[:-12]},
}


@pytest.mark.usefixtures("no_pauses")
@pytest.mark.parametrize("how", CUT.values(), ids=CUT)
def test_i11_half_an_answer_is_asked_for_again(ask: Any, fault_server: Any, how: dict[str, Any]) -> None:
    """A body that is cut off, or of another length than said, is repeated like a broken connection, and never read in part."""
    half = fault_server.Reply(body=BODY, headers=JSON, **how)
    fault_server.script(half, fault_server.Reply(body=BODY, headers=JSON))
    assert ask(fault_server).value == json.loads(BODY)
    fault_server.script(*[half] * 4)
    assert unreachable(ask, fault_server) in ("the answer broke off", "the answer is not complete")
    assert len(fault_server.requests) == 6


MEMORY = """
import asyncio, resource, sys
from kbtool.trackers.http import Options, Session, UnreachableError
async def main():
    async with Session(Options(sys.argv[1], {}, 60)) as session:
        await session.get("small")
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        try:
            await session.get("large")
        except UnreachableError as error:
            print(error)
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
asyncio.run(main())
"""


def _zeros(size: int, times: int = 1) -> bytes:
    data = zlib.compressobj(9, wbits=31)
    packed = b"".join(data.compress(bytes(2**20)) for _ in range(size // 2**20)) + data.flush()
    return packed if times == 1 else gzip.compress(packed)


@pytest.mark.parametrize(("body", "encoding", "endless"), [
    (_zeros(200 * 2**20), "gzip", False), (_zeros(200 * 2**20, 2), "gzip, gzip", False), (b'{"a": 1},' * 9000, "identity", True),
], ids=["gzip", "gzip of gzip", "100 MB of JSON"])
def test_i12_a_bomb_is_cut_at_the_cap(fault_server: Any, body: bytes, encoding: str, endless: bool) -> None:
    """200 MB out of 200 kB, and a list without end, are read up to the cap: the process grows by less than 64 MiB."""
    large = fault_server.Reply(body=body, headers=JSON | {"Content-Encoding": encoding}, endless=endless, length=-1 if endless else None)
    fault_server.app = lambda request: large if request.path == "/large" else fault_server.json(1)
    done = subprocess.run([sys.executable, "-P", "-c", MEMORY, fault_server.url], capture_output=True, text=True, check=True, timeout=120)
    said, grown = done.stdout.splitlines()
    assert said == "an answer of more than 8 MiB"
    assert int(grown) < 64 * 1024
    assert len(fault_server.of("/large")) == 1


@pytest.mark.parametrize("where", ["/me", "/tickets", "/tickets/T-6"])
def test_i13_a_slow_drip_ends_at_the_deadline(generic_tracker: Any, ticket_app: Any, fault_server: Any, where: str) -> None:
    """A server that sends a byte now and then holds nobody up: the deadline is one for the whole run, and is not tried again."""
    app = ticket_app.usual()
    slow = fault_server.Reply(body=b" " * 10_000, headers=JSON, drip=0.1)
    fault_server.app = lambda request: slow if request.path == where else app(request)
    answers = {answer.key: answer for answer in generic_tracker(fault_server, deadline=2).fetch(["T-1", "T-6"])}
    why = "no complete answer within 2 seconds"
    assert answers["T-6"] == Answer("T-6", Outcome.UNREACHABLE, reason=why)
    assert (answers["T-1"].outcome, answers["T-1"].reason) == ((Outcome.FOUND, "") if where == "/tickets/T-6" else (Outcome.UNREACHABLE, why))
    assert len(fault_server.of(where)) == 1


def test_i14_a_loop_of_redirects_ends(ask: Any, fault_server: Any) -> None:
    """Three redirects are followed, on the same host; then it is over."""
    fault_server.app = lambda _: fault_server.html(302, Location=f"/{len(fault_server.requests)}")
    assert unreachable(ask, fault_server) == "more than 3 redirects"
    assert [request.path for request in fault_server.requests] == ["/things", "/1", "/2", "/3"]
    fault_server.app = lambda request: fault_server.html(302, Location=request.target)
    assert unreachable(ask, fault_server) == "more than 3 redirects"


@pytest.mark.parametrize("location", [
    "http://{other}/x", "//{other}/x", "https://{here}/x", "http://127.0.0.1/x", "http://localhost:{port}/x", "http://user@{here}/x",
    "http://{here}@{other}/x", "http://{other}\\@{here}/x", "http://{other}#@{here}/x", "///{other}/x", "HTTP://{other}/x",
])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_i15_a_redirect_to_another_host_is_not_followed(fault_server: Any, location: str, method: str, ask: Any) -> None:
    """Another host, port or scheme, however it is written, gets no request, and so no token."""
    with type(fault_server)() as other:
        other.app = lambda _: other.json({"caught": True})
        to = location.format(other=other.authority, here=fault_server.authority, port=fault_server.port)
        fault_server.app = lambda request: fault_server.html(307, Location=to) if request.path == "/things" else fault_server.json(0, 404)
        why = unreachable(ask, fault_server, method=method, headers={"X-Token": TOKEN})
        assert why.startswith("it redirects to another host, which is not followed: http") or (why == "HTTP 404" and location[:3] == "///")
        assert other.requests == []


@pytest.mark.parametrize("location", [
    "file:///etc/passwd", "ftp://{here}/", "gopher://{here}/", "javascript:alert(1)", "data:application/json,1", "http://[::1", "http://a:b:c/",
    "http://127.1.1.1.1.1/", "http://169.254.169.254/latest/meta-data", "\\\\host\\share", "http://{here}:99999999/", "http:// /", "\x7f", "é",
])
def test_i16_a_redirect_to_what_is_no_tracker_is_refused(fault_server: Any, ask: Any, location: str) -> None:
    """Other schemes, and what is no address, raise like any other answer that is of no use."""
    to = location.format(here=fault_server.authority)
    fault_server.app = lambda request: fault_server.html(302, Location=to) if request.path == "/things" else fault_server.json(0, 404)
    assert re.match("it redirects to (another host|what is no address)|HTTP 404", unreachable(ask, fault_server))


def test_i19_proxies_and_netrc_of_the_environment_do_not_count(
    generic_tracker: Any, ticket_app: Any, fault_server: Any, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No proxy variable leads the token elsewhere, and no `.netrc` adds or replaces a header."""
    (home / ".netrc").write_text("machine 127.0.0.1 login someone password else\ndefault login any password one\n")
    (home / ".netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(home / ".netrc"))
    fault_server.app = ticket_app.usual()
    with type(fault_server)() as other:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, other.url)
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        assert outcomes(generic_tracker(fault_server)) == WANTED
        assert other.requests == []
    assert {request.headers["x-token"] for request in fault_server.requests} == {TOKEN}
    assert not [request for request in fault_server.requests if {"authorization", "proxy-authorization"} & set(request.headers)]


def test_i19_a_proxy_of_the_configuration_is_used(generic_tracker: Any, ticket_app: Any, fault_server: Any) -> None:
    """All requests go to it, and none to where the address leads."""
    fault_server.app = ticket_app.usual()
    tracker = generic_tracker("http://localhost:9", proxy=fault_server.url)
    assert outcomes(tracker) == WANTED
    assert {request.target.split("?")[0].rpartition("/T")[0] or request.target for request in fault_server.requests} >= {"http://localhost:9/me"}
    assert {request.headers["host"] for request in fault_server.requests} == {"localhost:9"}


def test_i19_a_proxy_hands_tls_through(
    generic_tracker: Any, ticket_app: Any, fault_server: Any, tls_server: Any, certificate: Path, no_pauses: None
) -> None:
    """Through a proxy, TLS ends at the tracker: the proxy sees its name and no token; a refusal of the proxy is no answer."""
    tls_server.app = ticket_app.usual()
    fault_server.tunnels = True
    options = {"proxy": f"{fault_server.url}/", "ca_file": str(certificate)}
    assert outcomes(generic_tracker(tls_server, **options)) == WANTED
    assert {(request.method, request.target) for request in fault_server.requests} == {("CONNECT", f"localhost:{tls_server.port}")}
    assert TOKEN not in str([request.headers for request in fault_server.requests])
    fault_server.tunnels = False
    fault_server.app = lambda _: fault_server.html(407)
    assert reasons(generic_tracker(tls_server, **options)) == {"the proxy does not connect to it"}


def test_i19_a_proxy_with_tls_is_verified_too(
    generic_tracker: Any, ticket_app: Any, fault_server: Any, tls_server: Any, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy that is reached over TLS needs a certificate that is trusted, by `ca_file` and by no variable."""
    fault_server.app = ticket_app.usual()
    tls_server.tunnels, tls_server.app = True, fault_server.app
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    address, proxy = "http://localhost:9", tls_server.url
    assert reasons(generic_tracker(address, proxy=proxy)) == {"its certificate is not trusted; ca_file can name those to trust"}
    assert outcomes(generic_tracker(address, proxy=proxy, ca_file=str(certificate))) == WANTED
    with type(fault_server)(tls_server._tls) as behind:
        behind.app = fault_server.app
        assert outcomes(generic_tracker(behind.url, proxy=proxy, ca_file=str(certificate))) == WANTED


HOSTILE = ["../../users/1", "T-1?x=", "T-1/../2", "%2e%2e", "T-1%2f..", "T-" + "1" * 10_000, "T-1#x", "T-1\n", "T-1\r\nX: y", "T-0", "T--1", ""]


def test_i20_hostile_references_are_none(generic_tracker: Any, fault_server: Any) -> None:
    """A reference is a key or it is nothing; no request is made to find out."""
    tracker = generic_tracker(fault_server)
    assert [key for key in HOSTILE if key != "T-1\n" and tracker.key_of(key) is not None] == []
    assert tracker.key_of("T-1\n") == "T-1"  # a key with white space around it
    assert fault_server.requests == []


@pytest.mark.parametrize("text", [*HOSTILE[:-1], "a/b", "a b", "é", "\x00", "...", ".hidden"])
def test_i20_whatever_a_part_of_a_path_holds_it_stays_one(fault_server: Any, ask: Any, text: str) -> None:
    """Quoted, a text is one part of the path: it leads to no other folder, adds no query, and arrives as it is."""
    fault_server.app = lambda _: fault_server.json(1)
    ask(fault_server, f"tickets/{part(text)}/notes")
    target = fault_server.requests[0].target
    assert re.fullmatch(r"/tickets/[\w.~%-]+/notes", target)
    assert fault_server.requests[0].path == f"/tickets/{text}/notes"


@pytest.mark.parametrize("text", ["", ".", ".."])
def test_i20_what_leads_to_another_folder_is_no_part(text: str) -> None:
    """Quoting cannot help these, so they are refused."""
    with pytest.raises(ValueError, match="no part of a path"):
        part(text)
