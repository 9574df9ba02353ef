"""The debt of a knowledge base over time: how many entries its baseline had after each landing."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from kbtool.baseline import load_baseline, parse_baseline
from kbtool.errors import ConfigError, UsageError
from kbtool.evidence import Evidence
from kbtool.history import History

#: The steps in which time can be told: each has more days, so that a chart need not be long.
_STEPS = ("day", "week", "month", "quarter", "year")


@dataclass(frozen=True, slots=True)
class Point:
    """The debt from a day on: how many findings of each check are known; None where there was no baseline.

    `commit` is the landing that made it so, "" for the files as they are now.
    """

    day: dt.date
    counts: Mapping[str, int] | None
    commit: str = ""

    @property
    def total(self) -> int | None:
        """Return how many findings are known."""
        return None if self.counts is None else sum(self.counts.values())


@dataclass(frozen=True)
class Debt:
    """The debt of a knowledge base, oldest first; the last point is today. `notes` says what is not known of it."""

    name: str
    points: tuple[Point, ...]
    notes: tuple[str, ...] = ()

    def sampled(self, most: int) -> list[Point]:
        """Return at most so many points: what held at the end of each day, week, month, quarter or year."""
        first, last = self.points[0].day, self.points[-1].day
        days = next(found for step in _STEPS if len(found := list(_ends(first, last, step))) <= most or step == "year")
        starts = [point.day for point in self.points]
        points = ((day, self.points[bisect_right(starts, day) - 1]) for day in days[-most:])
        return [Point(day, point.counts, point.commit) for day, point in points]


def read_debt(evidence: Evidence, path: Path, name: str) -> Debt:
    """Return the debt over time.

    Args:
        evidence: with history.
        path: the baseline.
        name: what it is called.

    Raises:
        UsageError: there is no baseline, and there was none.
        ConfigError: that of today cannot be read.
    """
    now = load_baseline(path, name)
    main, root = evidence.reviews.main, evidence.config.root.resolve()
    inside = path.resolve().is_relative_to(root)
    points, notes = list[Point](), list[str]()
    if main is not None and inside:
        points = list(_points(main, evidence.reviews.prefix + path.resolve().relative_to(root).as_posix(), notes))
    else:
        notes.append("history is not at hand, so only today's debt is known" if inside else "it is not in this repository")
    if main is not None and main.is_cut:
        notes.append(f"history is cut off at {main.line.landings.ids[0][:12]}; what is older is not shown")
    if now is None and not points:
        raise UsageError(f"there is no baseline {name}, and there was none", kind="no-such-path",
                         hint="write it with `kbtool baseline`")
    today = Point(evidence.today, None if now is None else _by_check(entry.code for entry in now.elements()))
    return Debt(name, (*points, today), tuple(notes))


def _points(history: History, path: str, notes: list[str]) -> Iterator[Point]:
    landings = history.line.landings
    steps = [(number, landings.states[state][7:]) for number, state in landings.steps(path) if number <= history.newest]
    contents = dict(history.git.blobs(sorted({blob for _, blob in steps if blob})))
    for number, blob in steps:
        day, commit = history.landed_on(number), landings.ids[number]
        content = contents.get(blob)
        if day is None or (blob and content is None):
            notes.append(f"{commit[:12]} is left out: {'it has no day' if day is None else 'this clone does not have its files'}")
            continue
        try:
            found = None if content is None else parse_baseline(content, f"{commit[:12]}:{path}")
        except ConfigError as error:
            notes.append(str(error).removeprefix(f"error[{error.kind}]: "))
            continue
        yield Point(day, None if found is None else _by_check(entry.code for entry in found.elements()), commit)


def _by_check(codes: Iterator[str]) -> dict[str, int]:
    return dict(sorted(Counter(codes).items()))


def _ends(first: dt.date, last: dt.date, step: str) -> Iterator[dt.date]:
    """Yield the last day of each step from the first day on; the last of them is the last day."""
    day = _end(first, step)
    while day < last:
        yield day
        day = _end(day + dt.timedelta(days=1), step)
    yield last


def _end(day: dt.date, step: str) -> dt.date:
    """Return the last day of the step that a day is in."""
    if step == "day":
        return day
    if step == "week":
        return day + dt.timedelta(days=7 - day.isoweekday())
    size = {"month": 1, "quarter": 3, "year": 12}[step]
    month = day.month + size - 1 - (day.month - 1) % size
    return (dt.date(day.year, month, 28) + dt.timedelta(days=4)).replace(day=1) - dt.timedelta(days=1)
