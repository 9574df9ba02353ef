"""The tracker on the network: what an adapter adds its few requests to."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import re
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, TypeVar

from kbtool.tickets import Answer, Mention, Outcome, TrackerAuthError
from kbtool.trackers.http import Options, Reply, Session, UnreachableError

_LONGEST = 500  #: characters of a reference
FOLLOW_UPS = 50  #: the most tickets of one run that are asked for one by one
Found = TypeVar("Found")
About = TypeVar("About")


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
        found = re.fullmatch(r"(https?)://(\[[0-9a-fA-F:.]+\]|[\w.-]+)(?::\d+)?(?:/[\w.~/%-]*)?", self.url)
        if not found:
            raise ValueError("url must be the address of the tracker, such as https://tracker.example.com")
        if found[1] == "http" and not self.plain_http and found[2] not in ("localhost", "127.0.0.1", "[::1]"):
            raise ValueError("url: over http, others on the way can read the token; use https, or say plain_http = true")

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

    def fetch(self, keys: Iterable[str]) -> Iterator[Answer]:
        """Yield one answer for each key, as they come; see `Tracker`."""
        with asyncio.Runner() as runner:
            answers = self._answers(list(dict.fromkeys(keys)))
            try:
                while (answer := runner.run(_next(answers))) is not None:
                    yield answer
            finally:
                runner.run(answers.aclose())

    def changed(self, since: dt.datetime, keys: Iterable[str]) -> set[str] | None:
        """Return which of the keys may have changed since a moment; see `Tracker`."""
        return asyncio.run(self._changed(since, list(keys)))

    def session(self) -> Session:
        """Return a session that is not open yet; raises TrackerAuthError without a token."""
        token = os.environ.get(self.token_env, "").strip() if self.token_env else ""
        if self.token_env and not token:
            raise TrackerAuthError(f"the environment variable {self.token_env} is not set")
        if not token.isascii() or not token.isprintable():
            raise TrackerAuthError(f"the environment variable {self.token_env} holds characters that no token has")
        return Session(Options(self.url, self.authorization(token), self.deadline, self.ca_file, self.proxy, self.limit))

    # ------------------------------------------------------------------------------------------ the fetch

    async def _answers(self, keys: Sequence[str]) -> AsyncGenerator[Answer, None]:
        async with self.session() as session:
            try:
                if self.token_env:
                    await understood(self.probe(session))
            except UnreachableError as error:
                for key in keys:
                    yield Answer(key, Outcome.UNREACHABLE, reason=str(error))
                return
            run = _Run(self, session)
            tasks = [asyncio.create_task(run.part(part)) for part in self.parts(keys)]
            try:
                for task in asyncio.as_completed(tasks):
                    for answer in await task:
                        yield answer
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    async def _changed(self, since: dt.datetime, keys: Sequence[str]) -> set[str] | None:
        async with self.session() as session:
            try:
                if self.token_env:
                    await understood(self.probe(session))
                found = await understood(self.changed_keys(session, since, keys))
            except UnreachableError:
                return None
            return None if found is None else found & set(keys)


class _Run:
    """The requests of one fetch: so many at once, and so many one by one."""

    def __init__(self, tracker: RemoteTracker, session: Session) -> None:
        self.tracker, self.session = tracker, session
        self.gate = asyncio.Semaphore(tracker.at_once)
        self.follow_ups = FOLLOW_UPS

    async def part(self, keys: Sequence[str]) -> list[Answer]:
        """Return one answer for each key of a batch."""
        wanted = dict.fromkeys(keys)
        try:
            found = {answer.key: answer for answer in await self._ask(self.tracker.batch, keys) if answer.key in wanted}
        except UnreachableError as error:
            return [Answer(key, Outcome.UNREACHABLE, reason=str(error)) for key in keys]
        left_out = [key for key in keys if key not in found]
        return [*found.values(), *await asyncio.gather(*map(self._single, left_out))]

    async def _single(self, key: str) -> Answer:
        if self.follow_ups <= 0:
            why = f"not asked for: more than {FOLLOW_UPS} tickets were left out of the answers"
            return Answer(key, Outcome.UNREACHABLE, reason=why)
        self.follow_ups -= 1
        try:
            answer = await self._ask(self.tracker.single, key)
        except UnreachableError as error:
            return Answer(key, Outcome.UNREACHABLE, reason=str(error))
        if answer.outcome is Outcome.MISSING and not self.tracker.token_env:
            return Answer(key, Outcome.FORBIDDEN, reason="nobody without a token can see it")
        return answer

    async def _ask(self, question: Callable[[Session, About], Awaitable[Found]], about: About) -> Found:
        async with self.gate:
            return await understood(question(self.session, about))


async def understood(answer: Awaitable[Found]) -> Found:
    """Return what an adapter makes of an answer; one of another shape than it reads is no answer.

    Raises:
        UnreachableError: there is none.
    """
    try:
        return await answer
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, RecursionError):
        raise UnreachableError("an answer that kbtool does not understand") from None


async def _next(answers: AsyncIterator[Answer]) -> Answer | None:
    return await anext(answers, None)
