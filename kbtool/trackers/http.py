"""One session of HTTP with a tracker: retries, rate limits, deadlines, caps.

Nothing here believes a server: answers are read up to a cap, as JSON or not at all; redirects stay on the host; proxies and
`.netrc` of the environment are not used; and no text of an exception, which may hold an address, reaches a message.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import ssl
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, NoReturn, Self, TypeVar
from urllib.parse import quote, urljoin, urlsplit

from kbtool import __version__, clock
from kbtool.tickets import TrackerAuthError
from kbtool.trackers.waits import http_date, is_used_up, wait_of

if TYPE_CHECKING:
    import httpx2

ATTEMPTS = 4  #: the first one and three more
MAX_BYTES = 8 * 2**20  #: of one answer, decoded
MAX_REDIRECTS = 3
MAX_WAIT = 60.0  #: seconds that a server may ask for
ONE_REQUEST = 20.0  #: seconds for one answer, from the first byte sent to the last one read
MAX_SKEW = 300.0  #: seconds that the clocks of a tracker and of this machine may differ unnoticed
Known = TypeVar("Known")
_NOT_JSON = object()
_UNAUTHORIZED, _FORBIDDEN, _TOO_MANY = 401, 403, 429


class UnreachableError(Exception):
    """There is no answer, or none to be used; the reason is fit for a message, `status` is that of the answer, 0 without one."""

    def __init__(self, reason: str, status: int = 0) -> None:
        super().__init__(reason)
        self.status = status


class _TransientError(Exception):
    """It may work when asked again, after `wait` seconds if the server said so."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.reason, self.wait = reason, wait


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
    headers: Mapping[str, str]
    deadline: float  #: seconds for all of the session
    ca_file: str = ""  #: a file with the certificates to trust; by default those of the system
    proxy: str = ""
    limit: Callable[[Reply], float | None] = lambda _: None  #: seconds that an answer asks to wait in a way of this tracker's own


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

    async def __aenter__(self) -> Self:
        """Open it; the deadline runs from here on."""
        import httpx2

        options = self.options
        self._client = httpx2.AsyncClient(
            headers={"Accept": "application/json", "User-Agent": f"kbtool/{__version__}", **options.headers},
            verify=ssl.create_default_context(cafile=options.ca_file) if options.ca_file else True,
            proxy=options.proxy or None, timeout=ONE_REQUEST, follow_redirects=False, trust_env=False, transport=self._transport,
        )
        self._deadline = asyncio.get_running_loop().time() + options.deadline
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close it."""
        await self._client.aclose()

    async def once(self, about: Any, question: Callable[[], Coroutine[Any, Any, Known]]) -> Known:
        """Return the answer to a question that is asked once while this is open, however many tasks want to know it.

        Args:
            about: what tells the question from others; its place in `memory`.
            question: asks.
        """
        if about not in self.memory:
            self.memory[about] = asyncio.create_task(question())
        answer: Known = await self.memory[about]
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

        stamina.instrumentation.set_on_retry_hooks([])  # they log, and what they log is ours to say
        url = f"{self.options.url.rstrip('/')}/{path.lstrip('/')}"
        given = {"params": params or None, "json": body, "data": form, "headers": headers}
        sent = {name: value for name, value in given.items() if value is not None}
        try:
            async with asyncio.timeout_at(self._deadline):
                async for attempt in stamina.retry_context(
                    on=_wait, attempts=ATTEMPTS, timeout=None, wait_initial=0.2, wait_max=5.0, wait_jitter=0.3
                ):
                    with attempt:
                        return await self._once(method, url, sent, expect, follow=follow)
        except TimeoutError:
            raise UnreachableError(f"no complete answer within {self.options.deadline:g} seconds") from None
        except _TransientError as error:
            raise UnreachableError(error.reason) from None
        raise AssertionError("unreachable")

    async def _once(
        self, method: str, url: str, sent: Mapping[str, Any], expect: tuple[int, ...], *, follow: bool
    ) -> Reply:
        for _ in range(MAX_REDIRECTS + 1):
            await self._turn()
            reply = await self._send(method, url, sent)
            if not (follow and reply.status in (301, 302, 303, 307, 308)):
                return self._judged(reply, expect)
            url = self._same_host(url, reply)
            sent = {name: value for name, value in sent.items() if name != "params"}
        raise UnreachableError(f"more than {MAX_REDIRECTS} redirects")

    async def _turn(self) -> None:
        """Wait until the server wants to hear from us again."""
        if self._refused:
            raise UnreachableError(self._refused)
        wait = self._resume - asyncio.get_running_loop().time()
        if wait > 0:
            await asyncio.sleep(wait)

    async def _send(self, method: str, url: str, sent: Mapping[str, Any]) -> Reply:
        import httpx2

        self.requests += 1
        try:
            async with (
                asyncio.timeout(ONE_REQUEST),
                self._client.stream(method, url, **sent) as response,
            ):
                content = await _content(response)
                return Reply(response.status_code, _value(response, content), dict(response.headers.multi_items()))
        except (TimeoutError, httpx2.TimeoutException):
            if asyncio.get_running_loop().time() >= self._deadline:
                raise TimeoutError from None
            raise _TransientError("no answer in time") from None
        except httpx2.ConnectError:
            raise _TransientError("no connection") from None
        except (httpx2.TransportError, httpx2.DecodingError):
            raise _TransientError("the answer broke off") from None
        except (httpx2.InvalidURL, ssl.SSLError, ValueError):
            raise UnreachableError("the address, or what it answers, cannot be understood") from None

    def _judged(self, reply: Reply, expect: tuple[int, ...]) -> Reply:
        self._compare_clocks(reply)
        own = self.options.limit(reply)
        limited = reply.status == _TOO_MANY or (
            reply.status == _FORBIDDEN and ("retry-after" in reply.headers or is_used_up(reply.headers)))
        if limited or own is not None:
            self._hold(reply, own)
        if reply.status in expect:
            if reply.value is _NOT_JSON:
                raise UnreachableError("the answer is not JSON; a login page or a proxy may have sent it", reply.status)
            return reply
        if reply.status == _UNAUTHORIZED:
            raise TrackerAuthError
        if reply.status >= 500:
            raise _TransientError(f"HTTP {reply.status}", _within(wait_of(reply.headers, clock.now())))
        raise UnreachableError(f"HTTP {reply.status}", reply.status)

    def _hold(self, reply: Reply, own: float | None) -> NoReturn:
        """Stop asking for as long as the server wants, or for good where that is too long."""
        wait = wait_of(reply.headers, clock.now())
        wait = own if wait is None else wait
        time = asyncio.get_running_loop().time()
        if wait is not None and (wait > MAX_WAIT or time + wait > self._deadline):
            until = clock.now() + dt.timedelta(seconds=wait)
            self._refused = f"its rate limit is used up until {until:%Y-%m-%d %H:%M} UTC"
            raise UnreachableError(self._refused)
        self._resume = max(self._resume, time + (wait or 0.0))
        raise _TransientError("its rate limit is used up", wait)

    def _same_host(self, url: str, reply: Reply) -> str:
        new = urljoin(url, reply.headers.get("location", ""))
        if urlsplit(new)[:2] != urlsplit(url)[:2]:
            raise UnreachableError("it redirects to another host, which is not followed")
        return new

    def _compare_clocks(self, reply: Reply) -> None:
        theirs = http_date(reply.headers.get("date", ""))
        if theirs and abs((theirs - clock.now()).total_seconds()) > MAX_SKEW:
            note = "its clock and ours differ by more than 5 minutes"
            self.notes += [] if note in self.notes else [note]


def _wait(error: Exception) -> bool | float:
    """Tell the retries whether to go on, and after how many seconds if the server said so."""
    if not isinstance(error, _TransientError):
        return False
    return True if error.wait is None else error.wait


def _within(wait: float | None) -> float | None:
    return None if wait is None else min(wait, MAX_WAIT)


async def _content(response: httpx2.Response) -> bytes:
    """Return the decoded body, read up to the cap; a compressed bomb is never held whole."""
    found = bytearray()
    async for chunk in response.aiter_bytes(65536):
        found += chunk
        if len(found) > MAX_BYTES:
            raise UnreachableError(f"an answer of more than {MAX_BYTES // 2**20} MiB")
    return bytes(found)


def _value(response: httpx2.Response, content: bytes) -> Any:
    """Return the JSON of a body, None for an empty one, `_NOT_JSON` for any other."""
    if not content.strip():
        return None
    if "json" not in response.headers.get("content-type", "json").lower():
        return _NOT_JSON
    try:
        return json.loads(content, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return _NOT_JSON


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def part(text: str) -> str:
    """Return a text as one part of a path, whatever it holds."""
    return quote(text, safe="")
