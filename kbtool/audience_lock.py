"""`checks/public.lock`: what readers outside may see, as somebody has decided it.

One line for each path and edition, sorted, so that branches merge line by line and code owners see each decision:

    content/export.md public shown -
    content/refunds.md public shown k3Xq9sPb
    content/plan.png public withheld -

An article is listed where it is shown; the last column holds prints of the words in it that stay inside. An asset is listed
where it is withheld, or shown although the same file is used inside. Nothing here depends on git.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from kbtool.characters import escaped, unescaped
from kbtool.config import Config
from kbtool.errors import ConfigError

FILE = "public.lock"
PRINT = 4  #: characters of one print
SHOWN, WITHHELD = "shown", "withheld"
_HEAD = (
    "# What readers outside may see. Written by `kbtool audience approve`: a line that is new, or whose last column is shorter,\n"
    "# shows them more. See `kbtool explain KB404`.\n"
)
_LINE = re.compile(
    rf"(?P<path>.+) (?P<edition>[a-z][a-z0-9-]*) (?P<state>{SHOWN}|{WITHHELD}) (?P<hidden>-|(?:[\w-]{{{PRINT}}})+)", re.ASCII
)


class Entry(NamedTuple):
    """What readers of an edition have of one path: whether it is `shown`, and prints of the words in it that are not."""

    state: str = SHOWN
    hidden: tuple[str, ...] = ()


@dataclass(frozen=True)
class AudienceLock:
    """The decisions by path and edition, and the line of each in the file."""

    entries: Mapping[tuple[str, str], Entry] = field(default_factory=dict)
    lines: Mapping[tuple[str, str], int] = field(default_factory=dict, compare=False)

    @property
    def editions(self) -> set[str]:
        """Return the editions that something is shown in."""
        return {edition for (_, edition), entry in self.entries.items() if entry.state == SHOWN}

    def render(self) -> str:
        """Return the file."""
        return _HEAD + "".join(f"{line}\n" for line in self._lines())

    def _lines(self) -> Iterator[str]:
        order = sorted(self.entries, key=lambda one: (one[0].encode("utf-8", "surrogateescape"), one[1]))
        for path, edition in order:
            state, hidden = self.entries[path, edition]
            yield f"{escaped(path)} {edition} {state} {''.join(sorted(hidden)) or '-'}"


def lock_path(config: Config) -> Path:
    """Return where the file is."""
    return config.root / config.checks_folder / FILE


def load_lock(config: Config) -> AudienceLock | None:
    """Read the file; None where there is none, which is not the same as an empty one.

    Raises:
        ConfigError: a line cannot be read. What is not understood must not read as a decision.
    """
    path, where = config.settings / config.checks_folder / FILE, f"{config.checks_folder}/{FILE}"
    try:
        text = path.read_bytes().decode("utf-8", "surrogateescape")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", where=where) from None
    return parse_lock(text, where)


def parse_lock(text: str, where: str = FILE) -> AudienceLock:
    """Return the decisions of a file. Two lines of one path and edition, as a merge may leave them, allow what both allow."""
    entries: dict[tuple[str, str], Entry] = {}
    lines: dict[tuple[str, str], int] = {}
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
        if not line or line.startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            raise ConfigError(f"not a line of {FILE}: {line[:60]!r}", where=f"{where}:{number}",
                              hint="resolve the merge and keep both sides' lines, then run `kbtool audience approve`")
        key = (unescaped(match["path"]), match["edition"])
        hidden = "" if match["hidden"] == "-" else match["hidden"]
        entry = Entry(match["state"], tuple(hidden[at : at + PRINT] for at in range(0, len(hidden), PRINT)))
        entries[key] = _both(entries.get(key, entry), entry)
        lines[key] = number
    return AudienceLock(entries, lines)


def union(one: Iterable[str], other: Iterable[str]) -> tuple[str, ...]:
    """Return the prints of both, each as often as where it is more often."""
    return tuple(sorted((Counter(one) | Counter(other)).elements()))


def _both(one: Entry, other: Entry) -> Entry:
    return Entry(max(one.state, other.state), union(one.hidden, other.hidden))  # "withheld" is greater than "shown"
