"""Secrets, certificates and JSON that is of no use (FAULTS.md, group I)."""

from __future__ import annotations

import base64
import json
import logging
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from small_tracker import TOKEN, WANTED, outcomes, reasons

from kbtool.tickets import Outcome, TrackerAuthError
from kbtool.trackers import http
from kbtool.trackers.http import Options

JSON = {"Content-Type": "application/json"}
FORMS = [
    TOKEN, quote(TOKEN, safe=""), quote(TOKEN, safe="").lower(), TOKEN.replace("/", "\\/"),
    *(base64.b64encode(f"{before}{TOKEN}{after}".encode()).decode().strip("=")[4:-4] for before in ("", "x", "me") for after in ("", ":y")),
]


def _echo(server: Any, status: int) -> Callable[[Any], Any]:
    """Return an app that echoes the token in every form, in headers, in the body and in where it redirects to."""
    said = " ".join([TOKEN, quote(TOKEN, safe=""), *(base64.b64encode(f"{x}{TOKEN}".encode()).decode() for x in ("", "x", "me"))])

    def app(request: Any) -> Any:
        if request.path == "/loop":
            return server.json({"error": said}, status, X_Echo=said)
        return server.json({"error": said}, 302, Location=f"/loop?key={quote(TOKEN, safe='')}&raw={TOKEN}", X_Echo=said, Set_Cookie=f"a={TOKEN}")

    return app


@pytest.mark.usefixtures("no_pauses")
@pytest.mark.parametrize("status", [200, 401, 403, 404, 429, 500])
def test_i29_a_token_that_a_server_echoes_reaches_nobody(
    generic_tracker: Any, fault_server: Any, ask: Any, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    """However the token comes back, it is in no answer, header, reason, note, error or log record, in plain, percent or base64 form."""
    caplog.set_level(logging.DEBUG)
    fault_server.app = _echo(fault_server, status)
    seen: list[object] = []
    for ours in ({"X-Token": TOKEN}, {"Authorization": "Basic " + base64.b64encode(f"me:{TOKEN}".encode()).decode()}):
        reply = ask(fault_server, headers={}, follow=False, expect=(302,), secrets=(TOKEN,), params={"q": 1})
        seen += [reply.value, reply.headers, reply.session.notes, repr(Options(fault_server.url, ours, 1, secrets=(TOKEN,)))]
    try:
        seen += list(generic_tracker(fault_server).fetch(["T-1", "T-6"]))
    except TrackerAuthError as error:
        seen += [repr(error), error.reason]
    logged = [logging.Formatter().format(record) for record in caplog.records]
    assert [line for line in logged if "receive_response_headers.complete" in line]  # so that there was something to leak
    text = "\n".join([*logged, *map(str, seen)])
    assert [form for form in FORMS if form in text] == []
    assert "***" in text


def test_i29_what_is_sent_holds_the_token_in_a_header_only(
    generic_tracker: Any, ticket_app: Any, fault_server: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """The token is in no address that is asked for, and in no record of any library at any level."""
    caplog.set_level(logging.DEBUG)
    fault_server.app = ticket_app.usual()
    outcomes(generic_tracker(fault_server))
    assert [request for request in fault_server.requests if [form for form in FORMS if form in request.target]] == []
    assert {request.headers["x-token"] for request in fault_server.requests} == {TOKEN}
    logged = "\n".join(logging.Formatter().format(record) for record in caplog.records)
    assert "httpcore2" in str({record.name for record in caplog.records})
    assert [form for form in FORMS if form in logged] == []


def test_i30_a_certificate_of_ones_own_needs_ca_file(
    generic_tracker: Any, ticket_app: Any, tls_server: Any, certificate: Path, no_pauses: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A certificate that nobody known has signed is not trusted, and not asked twice; with `ca_file` it is, and no variable says otherwise."""
    tls_server.app = ticket_app.usual()
    begun: list[object] = []
    tls_server._tls.sni_callback = lambda *_: begun.append(_)
    assert reasons(generic_tracker(tls_server)) == {"its certificate is not trusted; ca_file can name those to trust"}
    assert len(begun) == 1
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    http._trust_of_system.cache_clear()
    assert reasons(generic_tracker(tls_server)) == {"its certificate is not trusted; ca_file can name those to trust"}
    assert tls_server.requests == []
    assert outcomes(generic_tracker(tls_server, ca_file=str(certificate))) == WANTED


def test_i30_a_certificate_of_another_host_is_not_trusted(generic_tracker: Any, tls_server: Any, certificate: Path) -> None:
    """The name counts, also with `ca_file`."""
    address = tls_server.url.replace("localhost", "127.0.0.1")
    assert reasons(generic_tracker(address, ca_file=str(certificate))) == {"its certificate is not trusted; ca_file can name those to trust"}


@pytest.mark.parametrize("content", [None, "", "no certificate", b"\x00\xff"])
def test_i30_a_ca_file_of_no_use_is_said(generic_tracker: Any, tls_server: Any, tmp_path: Path, content: str | bytes | None) -> None:
    """A file that is not there, or holds no certificate, is a reason like any other, and never "trust all"."""
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    assert reasons(generic_tracker(tls_server, ca_file=str(file))) == {"ca_file: it is not there, or holds no certificates (PEM)"}


def test_i30_there_is_no_way_not_to_verify(generic_tracker: Any, tls_server: Any) -> None:
    """No option of a tracker or a session is about leaving out the check of a certificate."""
    names = {*vars(generic_tracker(tls_server)), *Options.__dataclass_fields__}
    assert names >= {"url", "ca_file", "proxy", "deadline"}
    assert [name for name in names if re.search("verif|insecure|check|strict|trust|skip", name)] == []


HARD = {
    "nested": b"[" * 300_000, "nested and closed": b"[" * 100_000 + b"]" * 100_000, "objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "NaN": b'{"tickets": [NaN], "pages": 1}', "infinity": b'{"tickets": [], "pages": -Infinity}', "a huge integer": b'{"tickets": [], "pages": %s}' % (b"9" * 5000),
    "no UTF-8": b'{"tickets": [{"key": "\xff\xfe"}], "pages": 1}', "words": b"tickets", "two": b"{} {}", "UTF-16": '{"tickets": []}'.encode("utf-16"),
}
STRANGE = {
    "a number": 5, "a list": [1], "null": None, "a text": "tickets", "no tickets": {"pages": 1}, "tickets of null": {"tickets": None, "pages": 1},
    "a ticket of null": {"tickets": [None], "pages": 1}, "a key of 5": {"tickets": [{"key": 5, "status": "new", "title": ""}], "pages": 1},
    "a status of []": {"tickets": [{"key": "T-1", "status": [], "title": ""}], "pages": 1},
    "pages of text": {"tickets": [], "pages": "two"}, "a list of lists": {"tickets": [[[]]], "pages": 1},
    "a date of year 0": {"tickets": [{"key": "T-1", "status": "done", "title": "", "closed_at": "0000-01-01"}], "pages": 1},
    "a date of no time": {"tickets": [{"key": "T-1", "status": "done", "title": "", "closed_at": "0001-01-01T00:00:00+23:59"}], "pages": 1},
    "a date of 5": {"tickets": [{"key": "T-1", "status": "done", "title": "", "closed_at": 5}], "pages": 1},
}


@pytest.mark.usefixtures("no_pauses")
@pytest.mark.parametrize("body", [*HARD.values(), *(json.dumps(value).encode() for value in STRANGE.values())], ids=[*HARD, *STRANGE])
def test_i31_json_of_no_use_is_no_answer(generic_tracker: Any, ticket_app: Any, fault_server: Any, body: bytes) -> None:
    """Deep nesting, NaN, huge integers, no UTF-8, and any other shape than the documented one: no answer, no crash, no state."""
    app = ticket_app.usual()
    fault_server.app = lambda request: fault_server.Reply(body=body, headers=JSON) if request.path == "/tickets" else app(request)
    if body == json.dumps(STRANGE["a key of 5"]).encode():
        assert outcomes(generic_tracker(fault_server), ["T-1"]) == {"T-1": Outcome.FOUND}  # by asking for it alone
    else:
        assert reasons(generic_tracker(fault_server), ["T-1"]) <= {
            "an answer that kbtool does not understand", "the answer is not complete",
            "the answer is not JSON; a login page or a proxy may have sent it"}


def test_i31_a_number_out_of_bounds_is_no_answer(generic_tracker: Any, ticket_app: Any, fault_server: Any) -> None:
    """1e999 is infinite for Python; it ends no run."""
    app = ticket_app.usual()
    body = b'{"tickets": [], "pages": 1e999}'
    fault_server.app = lambda request: fault_server.Reply(body=body, headers=JSON) if "page" in request.query else app(request)
    assert reasons(generic_tracker(fault_server, deadline=1), ["T-1"]) == {"no complete answer within 1 seconds"}


@pytest.mark.parametrize("title", ["\\ud800", "\\udfff x", "\\uD83D", "a\\ud83d\\u0041"])
def test_i31_half_a_character_can_be_written(generic_tracker: Any, ticket_app: Any, fault_server: Any, title: str) -> None:
    """JSON can say half of a surrogate pair, which no file can hold; whole pairs stay."""
    body = f'{{"tickets": [{{"key": "T-1", "status": "new", "title": "{title} \\ud83d\\ude00"}}], "pages": 1}}'.encode()
    app = ticket_app.usual()
    fault_server.app = lambda request: fault_server.Reply(body=body, headers=JSON) if request.path == "/tickets" else app(request)
    (answer,) = generic_tracker(fault_server).fetch(["T-1"])
    assert answer.ticket.title.encode("utf-8").endswith(" 😀".encode())


def test_i31_a_byte_order_mark_does_no_harm(ask: Any, fault_server: Any) -> None:
    """Some servers begin JSON with one."""
    fault_server.script(fault_server.Reply(body=b'\xef\xbb\xbf{"a": 1}', headers=JSON))
    assert ask(fault_server).value == {"a": 1}
