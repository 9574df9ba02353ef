"""One session of HTTP with a tracker: retries, rate limits, deadlines, caps.

Nothing here believes a server: answers are read up to a cap, as JSON or not at all; redirects stay on the host; no cookie is
kept; proxies and `.netrc` of the environment are not used; the token is cut out of whatever the server echoes; and no text of
an exception, which may hold an address, reaches a message.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import re
import ssl
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import TracebackType
from typing import TYPE_CHECKING, Any, NoReturn, Self, TypeVar
from urllib.parse import quote

from kbtool import __version__, clock
from kbtool.tickets import TrackerAuthError
from kbtool.trackers.redaction import Redaction
from kbtool.trackers.waits import http_date, is_used_up, wait_of

if TYPE_CHECKING:
    import httpx2

ATTEMPTS = 4  #: the first one and three more
BACKOFF, MAX_BACKOFF, JITTER = 0.2, 5.0, 0.3  #: seconds before the second one, before any, and at random on top
MAX_BYTES = 8 * 2**20  #: of one answer, decoded
MAX_REDIRECTS = 3
MAX_WAIT = 60.0  #: seconds that a server may ask for
MIN_WAIT = 1.0  #: seconds to leave a server alone whose rate limit is used up, also when it says nothing, or asks for less
ONE_REQUEST = 20.0  #: seconds for one answer, from the first byte sent to the last one read
MAX_SKEW = 300.0  #: seconds that the clocks of a tracker and of this machine may differ unnoticed
Known = TypeVar("Known")
_NOT_JSON, _CUT = object(), object()
_REDIRECTS = (301, 302, 303, 307, 308)
_UNAUTHORIZED, _FORBIDDEN, _SLOW, _TOO_MANY = 401, 403, 408, 429


class UnreachableError(Exception):
    """There is no answer, or none to be used; the reason is fit for a message, `status` is that of the answer, 0 without one."""

    def __init__(self, reason: str, status: int = 0) -> None:
        super().__init__(reason)
        self.status = status


class _TransientError(Exception):
    """It may work when asked again."""

    def __init__(self, reason: str, status: int = 0) -> None:
        super().__init__(reason)
        self.reason, self.status = reason, status


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: status, JSON (None where it had no body), headers by their names in small letters."""

    status: int
    value: Any
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Options:
    """What a session needs to know of its tracker."""

    url: str  #: where its API is; paths are added to it
    headers: Mapping[str, str] = field(repr=False)
    deadline: float  #: seconds for all of the session
    ca_file: str = ""  #: a file with the certificates to trust; by default those of the system
    proxy: str = ""
    limit: Callable[[Reply], float | None] = lambda _: None  #: seconds that an answer asks to wait in a way of this tracker's own
    at_once: int = 10  #: requests under way at the same time
    secrets: tuple[str, ...] = field(default=(), repr=False)  #: cut out of every answer, and out of what libraries log


class Session:
    """A connection with one tracker, for the time of one `async with`; `requests` counts what was sent."""

    def __init__(self, options: Options, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        self.options = options
        self.requests = 0
        self.notes: list[str] = []
        self.memory: dict[Any, Any] = {}  #: what an adapter keeps for as long as this session, such as which projects are private
        self._transport = transport
        self._deadline = 0.0
        self._resume = 0.0  #: when the server wants to hear from us again, by the clock of the loop
        self._refused = ""  #: why it does not want to, within this session
        self._gate = asyncio.Semaphore(options.at_once)
        self._redaction = Redaction(options.secrets)

    async def __aenter__(self) -> Self:
        """Open it; the deadline runs from here on. Raises UnreachableError where `ca_file` holds no certificates."""
        import httpx2
        import stamina

        stamina.instrumentation.set_on_retry_hooks([])  # they log, and what they log is ours to say
        options, trusted = self.options, _trust(self.options.ca_file)
        over_tls = trusted if options.proxy.startswith("https:") else None
        self._client = httpx2.AsyncClient(
            headers={"Accept": "application/json", "User-Agent": f"kbtool/{__version__}", **options.headers},
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())), verify=trusted, trust_env=False,
            proxy=httpx2.Proxy(options.proxy, ssl_context=over_tls) if options.proxy else None,
            timeout=ONE_REQUEST, follow_redirects=False, transport=self._transport,
        )
        self._redaction.install()
        self._deadline = asyncio.get_running_loop().time() + options.deadline
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close it, and end what is still being asked."""
        try:
            await stop(task for task in self.memory.values() if isinstance(task, asyncio.Task))
            await self._client.aclose()
        finally:
            self._redaction.remove()

    async def once(self, about: Any, question: Callable[[], Coroutine[Any, Any, Known]]) -> Known:
        """Return the answer to a question that is asked once while this is open, however many tasks want to know it.

        Args:
            about: what tells the question from others; its place in `memory`.
            question: asks.
        """
        if about not in self.memory:
            self.memory[about] = asyncio.create_task(question())
        answer: Known = await asyncio.shield(self.memory[about])  # who stops waiting does not stop it for the others
        return answer

    async def get(self, path: str, *, expect: tuple[int, ...] = (200,), follow: bool = True, **params: Any) -> Reply:
        """Ask for a path below the tracker's address; see `request`."""
        return await self.request("GET", path, expect=expect, follow=follow, params=params)

    async def request(  # noqa: PLR0913 - what a request consists of
        self, method: str, path: str, *, expect: tuple[int, ...] = (200,), follow: bool = True,
        params: Mapping[str, Any] | None = None, body: Any = None, form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Send one request, again where that may help, and return its answer.

        Args:
            method: GET or POST; what is sent must be safe to repeat.
            path: below the address of the tracker; parts that come from elsewhere went through `part`.
            expect: the statuses that the caller understands; any other raises.
            follow: whether a redirect on the same host is followed; else it is returned if expected.
            params: the query; a list becomes several of its name.
            body: sent as JSON.
            form: sent as a form.
            headers: further ones.

        Raises:
            UnreachableError: no answer in time, a limit that lasts too long, a redirect to another host, no JSON, another status.
            TrackerAuthError: 401, where that is not expected.
        """
        import stamina

        url = f"{self.options.url.rstrip('/')}/{path.lstrip('/')}"
        given = {"params": params or None, "json": body, "data": form, "headers": headers}
        sent = {name: value for name, value in given.items() if value is not None}
        try:
            async with asyncio.timeout_at(self._deadline):
                async for attempt in stamina.retry_context(
                    on=_TransientError, attempts=ATTEMPTS, timeout=None,
                    wait_initial=BACKOFF, wait_max=MAX_BACKOFF, wait_jitter=JITTER,
                ):
                    with attempt:
                        return await self._once(method, url, sent, expect, follow=follow)
        except TimeoutError:
            raise UnreachableError(f"no complete answer within {self.options.deadline:g} seconds") from None
        except _TransientError as error:
            raise UnreachableError(error.reason, error.status) from None
        raise AssertionError("unreachable")

    async def _once(
        self, method: str, url: str, sent: Mapping[str, Any], expect: tuple[int, ...], *, follow: bool
    ) -> Reply:
        for _ in range(MAX_REDIRECTS + 1):
            async with self._gate:
                await self._turn()
                reply = await self._send(method, url, sent)
            if not (follow and reply.status in _REDIRECTS and "location" in reply.headers):
                return self._judged(reply, expect)
            url = _same_host(url, reply)
            method, sent = _sent_again(method, sent, reply.status)
        raise UnreachableError(f"more than {MAX_REDIRECTS} redirects")

    async def _turn(self) -> None:
        """Wait until the server wants to hear from us again."""
        loop = asyncio.get_running_loop()
        while not self._refused and (wait := self._resume - loop.time()) > 0:  # noqa: ASYNC110 - it waits for a time
            await asyncio.sleep(wait)
        if self._refused:
            raise UnreachableError(self._refused)

    async def _send(self, method: str, url: str, sent: Mapping[str, Any]) -> Reply:
        import httpx2

        self.requests += 1
        try:
            async with (
                asyncio.timeout(ONE_REQUEST),
                self._client.stream(method, url, **sent) as response,
            ):
                return self._reply(response, await _content(response))
        except (TimeoutError, httpx2.TimeoutException):
            raise _TransientError("no answer in time") from None
        except httpx2.ConnectError as error:
            if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in _causes(error)):
                raise UnreachableError("its certificate is not trusted; ca_file can name those to trust") from None
            raise _TransientError("no connection") from None
        except httpx2.ProxyError:
            raise _TransientError("the proxy does not connect to it") from None
        except (httpx2.InvalidURL, httpx2.LocalProtocolError, httpx2.UnsupportedProtocol, ssl.SSLError, ValueError):
            raise UnreachableError("the address, or what it answers, cannot be understood") from None
        except (httpx2.TransportError, httpx2.DecodingError):
            raise _TransientError("the answer broke off") from None

    def _reply(self, response: httpx2.Response, content: bytes) -> Reply:
        headers = {name: self._redaction.text(value) for name, value in response.headers.items()}
        return Reply(response.status_code, _value(headers.get("content-type", "json"), content, self._redaction), headers)

    def _judged(self, reply: Reply, expect: tuple[int, ...]) -> Reply:
        self._compare_clocks(reply)
        wait = wait_of(reply.headers, http_date(reply.headers.get("date", "")) or clock.now())
        own = self.options.limit(reply)
        limited = reply.status == _TOO_MANY or (
            reply.status == _FORBIDDEN and ("retry-after" in reply.headers or is_used_up(reply.headers)))
        if limited or own is not None:
            self._hold(reply, "its rate limit is used up", max(MIN_WAIT, (own or 0.0) if wait is None else wait))
        if reply.status in expect:
            return _usable(reply)
        if reply.status == _UNAUTHORIZED:
            raise TrackerAuthError
        if reply.status >= 500 or reply.status == _SLOW:
            self._hold(reply, f"HTTP {reply.status}", wait or 0.0)
        raise UnreachableError(f"HTTP {reply.status}", reply.status)

    def _hold(self, reply: Reply, why: str, wait: float) -> NoReturn:
        """Stop asking for as long as the server wants, all tasks of this session, or for good where that is too long."""
        time = asyncio.get_running_loop().time()
        if wait > MAX_WAIT or (wait and time + wait > self._deadline):
            until = clock.now() + dt.timedelta(seconds=wait)
            self._refused = f"{why} until {until:%Y-%m-%d %H:%M} UTC"
            raise UnreachableError(self._refused, reply.status)
        self._resume = max(self._resume, time + wait)
        raise _TransientError(why, reply.status)

    def _compare_clocks(self, reply: Reply) -> None:
        theirs = http_date(reply.headers.get("date", ""))
        if theirs and abs((theirs - clock.now()).total_seconds()) > MAX_SKEW:
            note = "its clock and ours differ by more than 5 minutes"
            self.notes += [] if note in self.notes else [note]


async def stop(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel tasks and wait for their ends; what becomes of them is of no interest any more."""
    stopped = list(tasks)
    for task in stopped:
        task.cancel()
    await asyncio.gather(*stopped, return_exceptions=True)


@cache
def _trust_of_system() -> ssl.SSLContext:
    import httpx2

    return httpx2.create_ssl_context(trust_env=False)


def _trust(ca_file: str) -> ssl.SSLContext:
    if not ca_file:
        return _trust_of_system()
    try:
        return ssl.create_default_context(cafile=ca_file)
    except (OSError, ValueError):
        raise UnreachableError("ca_file: it is not there, or holds no certificates (PEM)") from None


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _same_host(url: str, reply: Reply) -> str:
    """Return where a redirect leads, read as it will be read when it is asked; another scheme or port is another host."""
    import httpx2

    try:
        here, there = httpx2.URL(url), httpx2.URL(url).join(reply.headers["location"])
    except (httpx2.InvalidURL, ValueError):
        raise UnreachableError("it redirects to what is no address") from None
    if (here.scheme, here.netloc, here.userinfo) != (there.scheme, there.netloc, there.userinfo):
        where = f"{there.scheme}://{there.netloc.decode()}"
        raise UnreachableError(f"it redirects to another host, which is not followed: {where[:80]}")
    return str(there)


def _sent_again(method: str, sent: Mapping[str, Any], status: int) -> tuple[str, Mapping[str, Any]]:
    """Return what a redirect asks for: the same, for what is sent is safe to repeat; after 303 with GET. The query is its own."""
    left_out = {"params", "json", "data"} if status == 303 else {"params"}
    return "GET" if status == 303 else method, {name: value for name, value in sent.items() if name not in left_out}


def _usable(reply: Reply) -> Reply:
    if reply.value is _NOT_JSON:
        raise UnreachableError("the answer is not JSON; a login page or a proxy may have sent it", reply.status)
    if reply.value is _CUT or (reply.value is None and reply.status == 200):
        raise _TransientError("the answer is not complete", reply.status)
    return reply


async def _content(response: httpx2.Response) -> bytes:
    """Return the decoded body, read up to the cap; a compressed bomb is never held whole."""
    found = bytearray()
    async for chunk in response.aiter_bytes(65536):
        found += chunk
        if len(found) > MAX_BYTES:
            raise UnreachableError(f"an answer of more than {MAX_BYTES // 2**20} MiB")
    return bytes(found)


def _value(content_type: str, content: bytes, redaction: Redaction) -> Any:
    """Return the JSON of a body, None for an empty one, `_CUT` for JSON without an end, `_NOT_JSON` for any other."""
    if not content.strip():
        return None
    if "json" not in content_type.lower():
        return _NOT_JSON
    try:
        text = redaction.text(content.decode("utf-8-sig"))
        value = json.loads(text, parse_constant=_refuse)
        return _writable(value) if re.search(r"\\u[dD]", text) else value
    except (json.JSONDecodeError, UnicodeDecodeError):
        return _CUT
    except (ValueError, RecursionError):
        return _NOT_JSON


def _writable(value: Any) -> Any:
    """Return a value without halves of characters (\\ud800), which JSON can say and no file can hold."""
    return json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"), parse_constant=_refuse)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def part(text: str) -> str:
    """Return a text as one part of a path, whatever it holds; raises ValueError for what leads to another folder."""
    if text in ("", ".", ".."):
        raise ValueError("no part of a path")
    return quote(text, safe="")
