"""The tracker on the network: what an adapter adds its few requests to."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import re
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, TypeVar

from kbtool.tickets import Answer, Mention, Outcome, TrackerAuthError
from kbtool.trackers.http import Options, Reply, Session, UnreachableError, stop

_LONGEST = 500  #: characters of a reference
_SHORT = 80  #: characters of what a server says
FOLLOW_UPS = 50  #: the most tickets of one run that are asked for one by one
_HOST = r"(\[[0-9a-fA-F:.]+\]|[\w.-]+)(?::(\d{1,5}))?"
Found = TypeVar("Found")


@dataclass(frozen=True)
class RemoteTracker(ABC):
    """A tracker on the network. An adapter gives a pattern, how to sign requests, a probe, a batch and a single request.

    Batches leave out what they will not or cannot show, so each key that is missing from one is asked for alone, up to a cap:
    that tells a ticket that does not exist from one that was moved, or may not be seen.
    """

    kind: ClassVar[str]
    batch_size: ClassVar[int] = 100
    at_once: ClassVar[int] = 10  #: requests under way at the same time

    url: str  #: the address of its API
    token_env: str = ""  #: the environment variable that holds the token; "" asks as nobody
    ca_file: str = ""  #: a file with the certificates to trust; by default those of the system
    proxy: str = ""  #: the address of a proxy
    deadline: int = 60  #: seconds for all requests of one run
    plain_http: bool = False  #: send the token over http, which others on the way can read

    def __post_init__(self) -> None:
        """Refuse an address that is none, and one that would send the token in the clear."""
        found = re.fullmatch(rf"(https?)://{_HOST}(?:/[\w.~/%-]*)?", self.url)
        if not found or int(found[3] or 0) > 65535:
            raise ValueError("url must be the address of the tracker, such as https://tracker.example.com")
        if found[1] == "http" and not self.plain_http and found[2] not in ("localhost", "127.0.0.1", "[::1]"):
            raise ValueError("url: over http, others on the way can read the token; use https, or say plain_http = true")
        if self.proxy and not re.fullmatch(rf"https?://{_HOST}/?", self.proxy):
            raise ValueError("proxy must be the address of one, such as http://proxy.example.com:3128, without name and password")
        if self.deadline < 1:
            raise ValueError("deadline must be 1 second or more")

    # ------------------------------------------------------------------------------------------ what an adapter gives

    @abstractmethod
    def pattern(self) -> re.Pattern[str]:
        """Return what a reference looks like, wherever it stands in a text."""

    @abstractmethod
    def key(self, match: re.Match[str]) -> str | None:
        """Return the key that a match of the pattern stands for; None where it is not one of this tracker's."""

    @abstractmethod
    def authorization(self, token: str) -> dict[str, str]:
        """Return the headers that sign a request; `token` is "" for nobody."""

    @abstractmethod
    async def probe(self, session: Session) -> None:
        """Ask something that only valid credentials can answer; not called for nobody.

        Raises:
            TrackerAuthError: they are not.
        """

    @abstractmethod
    async def batch(self, session: Session, keys: Sequence[str]) -> list[Answer]:
        """Return answers for those of the keys that one request (and its pages) can tell; the others are asked for alone."""

    @abstractmethod
    async def single(self, session: Session, key: str) -> Answer:
        """Return the answer for one key that a batch has left out."""

    async def changed_keys(self, session: Session, since: dt.datetime, keys: Sequence[str]) -> set[str] | None:
        """Return which of the keys may have changed since a moment; None where the tracker cannot tell in a few requests."""
        del session, since, keys
        return None

    def limit(self, reply: Reply) -> float | None:
        """Return the seconds to wait where an answer says in a way of this tracker's own that a rate limit is used up, else None.

        Status 429 and the usual headers need no such method; where both give a time, that of the headers holds.
        """
        del reply
        return None

    def parts(self, keys: Sequence[str]) -> list[Sequence[str]]:
        """Return the keys in batches."""
        return [keys[at : at + self.batch_size] for at in range(0, len(keys), self.batch_size)]

    # ------------------------------------------------------------------------------------------ what callers use

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return self.pattern()

    def key_of(self, reference: str) -> str | None:
        """Return the key that a reference stands for, or None if it is not one of ours."""
        match = self._pattern.fullmatch(reference.strip()) if len(reference) <= _LONGEST else None
        return self.key(match) if match else None

    def mentions(self, text: str) -> Iterator[Mention]:
        """Yield where a text names tickets of this tracker."""
        for match in self._pattern.finditer(text):
            key = self.key(match)
            if key is not None:
                yield Mention(match.start(), match.end(), key)

    @cached_property
    def notes(self) -> list[str]:
        """What was noticed so far about the tracker itself, such as a clock that is wrong; each once, fit for a message."""
        return []

    @property
    def mentions_depend_on(self) -> str:
        """Return what else than a text decides about its mentions: the options."""
        return repr(self)

    def fetch(self, keys: Iterable[str]) -> Iterator[Answer]:
        """Yield one answer for each key, as they come; see `Tracker`."""
        wanted = list(dict.fromkeys(keys))
        if wanted:
            yield from _aside(lambda: list(self._fetch(wanted))) if _in_loop() else self._fetch(wanted)

    def changed(self, since: dt.datetime, keys: Iterable[str]) -> set[str] | None:
        """Return which of the keys may have changed since a moment; see `Tracker`."""
        wanted = list(keys)

        def ask() -> set[str] | None:
            return asyncio.run(self._changed(since, wanted))

        return _aside(ask) if _in_loop() else ask()

    def session(self) -> Session:
        """Return a session that is not open yet; raises TrackerAuthError without a token."""
        token = os.environ.get(self.token_env, "").strip() if self.token_env else ""
        if self.token_env and not token:
            raise TrackerAuthError(f"the environment variable {self.token_env} is not set")
        if not token.isascii() or not token.isprintable():
            raise TrackerAuthError(f"the environment variable {self.token_env} holds characters that no token has")
        return Session(Options(
            self.url, self.authorization(token), self.deadline, self.ca_file, self.proxy, self.limit, self.at_once, (token,)))

    # ------------------------------------------------------------------------------------------ the fetch

    def _fetch(self, keys: Sequence[str]) -> Iterator[Answer]:
        with asyncio.Runner() as runner:  # which closes the generator, and so the session, however this one ends
            answers = self._answers(keys)
            while (some := runner.run(_next(answers))) is not None:
                yield from some

    async def _answers(self, keys: Sequence[str]) -> AsyncGenerator[list[Answer], None]:
        """Yield answers, some at a time; in the end each key has had one, whatever the adapter answers or leaves out."""
        left, why = dict.fromkeys(keys), "it was not asked for"
        try:
            async with self._open() as session:
                run = _Run(self, session)
                tasks = [asyncio.create_task(run.part(part)) for part in self.parts(keys)]
                try:
                    for task in asyncio.as_completed(tasks):
                        some = {answer.key: answer for answer in await task if answer.key in left}
                        for key in some:
                            del left[key]
                        yield list(some.values())
                finally:
                    await stop(tasks)
        except UnreachableError as error:
            why = str(error)
        yield [_unreachable(key, why) for key in left]

    @asynccontextmanager
    async def _open(self) -> AsyncIterator[Session]:
        """Open a session whose credentials are good; raises UnreachableError, TrackerAuthError."""
        async with self.session() as session:
            try:
                if self.token_env:
                    await understood(self.probe(session))
                yield session
            finally:
                self.notes.extend(note for note in session.notes if note not in self.notes)

    async def _changed(self, since: dt.datetime, keys: Sequence[str]) -> set[str] | None:
        try:
            async with self._open() as session:
                found = await understood(self.changed_keys(session, since, keys))
        except UnreachableError:
            return None
        return None if found is None else found & set(keys)


class _Run:
    """The requests of one fetch: so many of them one by one."""

    def __init__(self, tracker: RemoteTracker, session: Session) -> None:
        self.tracker, self.session = tracker, session
        self.follow_ups = FOLLOW_UPS

    async def part(self, keys: Sequence[str]) -> list[Answer]:
        """Return one answer for each key of a batch."""
        wanted = frozenset(keys)
        try:
            answers = await understood(self.tracker.batch(self.session, keys))
            found = {answer.key: self._checked(answer.key, answer) for answer in answers if answer.key in wanted}
        except UnreachableError as error:
            return [_unreachable(key, str(error)) for key in keys]
        return [*found.values(), *await _together(self._single(key) for key in keys if key not in found)]

    async def _single(self, key: str) -> Answer:
        if self.follow_ups <= 0:
            return _unreachable(key, f"not asked for: more than {FOLLOW_UPS} tickets were left out of the answers")
        self.follow_ups -= 1
        try:
            return self._checked(key, await understood(self.tracker.single(self.session, key)))
        except UnreachableError as error:
            return _unreachable(key, str(error))

    def _checked(self, key: str, answer: Answer) -> Answer:
        """Return an answer that says no more than is known: nobody's "there is none" may be "not for you"."""
        found = answer.outcome is Outcome.FOUND
        if answer.key != key or found != (answer.ticket is not None) or (answer.ticket and answer.ticket.key != key):
            return _unreachable(key, "an answer about another ticket")
        if answer.moved_to == key:
            return _unreachable(key, "it says that the ticket moved to where it was")
        if answer.outcome is Outcome.MISSING and not self.tracker.token_env:
            return Answer(key, Outcome.FORBIDDEN, reason="nobody without a token can see it")
        return answer


def _unreachable(key: str, why: str) -> Answer:
    return Answer(key, Outcome.UNREACHABLE, reason=why)


async def _together(questions: Iterable[Coroutine[Any, Any, Found]]) -> list[Found]:
    """Return the answers to questions that are asked at the same time; the first error ends all of them."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(question) for question in questions]
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None
    return [task.result() for task in tasks]


async def understood(answer: Awaitable[Found]) -> Found:
    """Return what an adapter makes of an answer; one of another shape than it reads is no answer.

    Raises:
        UnreachableError: there is none.
    """
    try:
        return await answer
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError):
        raise UnreachableError("an answer that kbtool does not understand") from None


def moment(value: str | None) -> dt.datetime | None:
    """Return a time that a server writes in ISO 8601, in UTC, or None where it writes none; raises ValueError for other words."""
    if not value:
        return None
    time = dt.datetime.fromisoformat(value)
    return time.astimezone(dt.UTC) if time.tzinfo else time.replace(tzinfo=dt.UTC)


def short(words: object) -> str:
    """Return the words of a server as they may stand in a reason: on one line, printable, at most 80 characters."""
    text = "".join(char if char.isprintable() else " " for char in str(words)[:400])
    text = " ".join(text.split())
    return text if len(text) <= _SHORT else f"{text[: _SHORT - 1]}…"


async def _next(answers: AsyncIterator[list[Answer]]) -> list[Answer] | None:
    return await anext(answers, None)


def _in_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _aside(question: Callable[[], Found]) -> Found:
    """Return an answer found in a thread of its own, for a caller in whose thread a loop runs already."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(question).result()
