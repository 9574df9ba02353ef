"""A tracker of a stranger's package whose server is a file: what it answers, tests write; what it was asked, they read."""

from __future__ import annotations

import datetime as dt
import json
import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from kbtool.tickets import Answer, Mention, Outcome, Ticket, TrackerAuthError


@dataclass(frozen=True)
class DeskTracker:
    """Tickets `SUP-1`, answered from `answers.json` in a folder; every question is a line of `asked.jsonl` beside it.

    An answer is a ticket's fields, or `{"outcome": "moved", …}`; a key without one is missing. Other entries of the file:
    `raises` (`auth`, or the name of an error), `changed` (a list of keys), `silent` (keys that get no answer), `more` (keys that
    are answered unasked), `wait` (seconds).
    """

    kind: ClassVar[str] = "desk"

    folder: str
    prefix: str = "SUP"
    url: str = "https://desk.example.com"

    def key_of(self, reference: str) -> str | None:
        """Return the key in a key or an address."""
        match = self._pattern.fullmatch(reference)
        return match[1] if match else None

    def mentions(self, text: str) -> Iterator[Mention]:
        """Yield each key that is no part of a longer word."""
        return (Mention(match.start(), match.end(), match[1]) for match in self._pattern.finditer(text))

    @property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(rf"(?<![\w/#.@-])(?:{re.escape(self.url)}/)?({self.prefix}-[1-9]\d{{0,17}})(?![\w/#@-])", re.ASCII)

    def fetch(self, keys: Iterable[str]) -> Iterator[Answer]:
        """Yield what the file says."""
        wanted = list(keys)
        server = self._server("fetch", wanted)
        for key in [*wanted, *server.get("more", ())]:
            if key not in server.get("silent", ()):
                yield _answer(key, server.get(key))
        self._raise(server.get("raises"))

    def changed(self, since: dt.datetime, keys: Iterable[str]) -> set[str] | None:
        """Return what the file says has changed."""
        server = self._server("changed", [since.isoformat(), *keys])
        changed = server.get("changed")
        return None if changed is None else set(changed)

    def _server(self, question: str, about: list[str]) -> dict[str, Any]:
        with (Path(self.folder) / "asked.jsonl").open("a") as file:
            file.write(json.dumps([question, *about]) + "\n")
        server: dict[str, Any] = json.loads((Path(self.folder) / "answers.json").read_text())
        time.sleep(server.get("wait", 0))
        if server.get("raises") == "auth":
            raise TrackerAuthError
        return server

    def _raise(self, what: str | None) -> None:
        if what:
            raise {"ZeroDivisionError": ZeroDivisionError, "SystemError": SystemError}[what]("token abc at https://ana:pw@desk")


def _answer(key: str, said: dict[str, Any] | None) -> Answer:
    if said is None:
        return Answer(key, Outcome.MISSING)
    if "outcome" in said:
        return Answer(key, Outcome(said["outcome"]), moved_to=said.get("moved_to", ""), reason=said.get("reason", ""))
    times = {name: dt.datetime.fromisoformat(said[name]) for name in ("closed_at", "reopened_at", "updated_at") if name in said}
    return Answer.found(Ticket(key, **{**said, **times}))
