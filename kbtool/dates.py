"""Calendar days and review intervals, as articles and configuration spell them.

All arithmetic is on calendar days: no time zones, no seconds. A month is added by number and the day is cut to the
end of the month (31 August + 6 months is 28 or 29 February), as GOV.UK's tech-docs gem counts.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from dataclasses import dataclass
from functools import lru_cache

FIRST_YEAR, LAST_YEAR = 2000, 2199  #: a year outside is a typing error, not a plan
DATE_HINT = "write it as YYYY-MM-DD, such as 2026-03-31"
AGE_HINT = 'write it as "24 hours" or "7 days"'
INTERVAL_HINT = 'write it as "6 months", "90 days", "1 year" or "P6M"'

_ISO_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)
_ISO_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?\s?(Z|[+-]\d{2}:?\d{2})?", re.ASCII)
_SHORT_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})", re.ASCII)
_US_DAY = re.compile(r"(\d{2})/(\d{2})/(\d{4})", re.ASCII)
_NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_WORDS = {word: n for n, word in enumerate(_NUMBERS, 1)} | {"a": 1, "an": 1}
_PHRASE = re.compile(r"(?:in\s+|every\s+)?(\d{1,4}|[a-z]+)[\s_-]*(day|week|month|year)s?", re.IGNORECASE)
_ISO_PERIOD = re.compile(r"P(?=\d)(?:(\d{1,3})Y)?(?:(\d{1,4})M)?(?:(\d{1,4})W)?(?:(\d{1,4})D)?", re.IGNORECASE)
_HOURS = re.compile(r"(\d{1,5})[\s_-]*hours?", re.IGNORECASE)
_SINGLE = {"daily": (0, 1), "weekly": (0, 7), "monthly": (1, 0), "quarterly": (3, 0), "yearly": (12, 0)}
_MOST_MONTHS, _MOST_DAYS = 12 * 50, 366 * 50


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """A span of calendar time: whole months (years are 12) and days (weeks are 7)."""

    months: int = 0
    days: int = 0

    def after(self, day: dt.date) -> dt.date:
        """Return the day this long after `day`; raises ValueError past the last year that kbtool accepts."""
        year, month = divmod(day.year * 12 + day.month - 1 + self.months, 12)
        if year <= LAST_YEAR:
            end = dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1])) + dt.timedelta(days=self.days)
            if end.year <= LAST_YEAR:
                return end
        raise ValueError(f"{day} + {self} is later than the year {LAST_YEAR}")

    def __str__(self) -> str:
        """Return the interval as a writer would spell it, such as `6 months`."""
        parts = [(self.months, "month"), (self.days, "day")]
        return " ".join(f"{n} {unit}{'s' if n != 1 else ''}" for n, unit in parts if n) or "0 days"


def parse_date(text: str, style: str = "iso") -> dt.date:
    """Read a day: `2026-03-31`, or a time with its zone, which becomes its day in UTC.

    Args:
        text: what the author wrote.
        style: `iso`; `short` also reads `2026-3-1`, as YAML does and GOV.UK's pages have it; `us` also reads `03/31/2026`,
            as Microsoft's `ms.date` is written.

    Raises:
        ValueError: with a message for the author, when it is no day or its year is not 2000 to 2199.
    """
    match = (_SHORT_DAY if style == "short" else _ISO_DAY).fullmatch(text)
    us = _US_DAY.fullmatch(text) if style == "us" else None
    if us:
        month, day, year = us.groups()
    elif match:
        year, month, day = match.groups()
    elif _ISO_TIME.fullmatch(text):
        return _day_of_time(text)
    else:
        raise ValueError(f"{text[:40]!r} is not a date")
    return _in_range(_build(int(year), int(month), int(day), text), text)


def _build(year: int, month: int, day: int, text: str) -> dt.date:
    try:
        return dt.date(year, month, day)
    except ValueError:
        raise ValueError(f"there is no day {text!r} in the calendar") from None


def _day_of_time(text: str) -> dt.date:
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"there is no time {text!r} in the calendar") from None
    _in_range(moment.date(), text)  # first of all, since the first and last year of all have no other time zone
    return _in_range(moment.astimezone(dt.UTC).date(), text) if moment.tzinfo else moment.date()


def _in_range(day: dt.date, text: str) -> dt.date:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValueError(f"the year of {text!r} is not between {FIRST_YEAR} and {LAST_YEAR}")
    return day


def parse_age(text: str) -> dt.timedelta:
    """Read how old something may be: `24 hours`, `7 days`, `2 weeks`, `P7D`.

    Raises:
        ValueError: with a message for the author, when it is not understood, zero, or counted in months, which differ.
    """
    hours = _HOURS.fullmatch(text.strip())
    if hours and int(hours[1]):
        return dt.timedelta(hours=int(hours[1]))
    interval = parse_interval(text)
    if interval.months:
        raise ValueError(f"{text[:40]!r}: months differ; write days")
    return dt.timedelta(days=interval.days)


@lru_cache(maxsize=1024)
def parse_interval(text: str) -> Interval:
    """Read an interval: `6 months`, `90 days`, `180-days`, `a year`, `six weeks`, `P1Y6M`, `quarterly`.

    Raises:
        ValueError: with a message for the author, when it is not understood, zero, or over 50 years.
    """
    folded = text.strip().lower()
    interval = _single(folded) or _phrase(folded) or _iso_period(folded)
    if interval is None:
        raise ValueError(f"{text[:40]!r} is not an interval")
    if interval == Interval():
        raise ValueError(f"{text!r} is no time at all")
    if interval.months > _MOST_MONTHS or interval.days > _MOST_DAYS:
        raise ValueError(f"{text!r} is longer than 50 years")
    return interval


def _single(text: str) -> Interval | None:
    found = _SINGLE.get(text)
    return Interval(*found) if found else None


def _phrase(text: str) -> Interval | None:
    match = _PHRASE.fullmatch(text)
    if not match:
        return None
    word, unit = match[1], match[2].lower()
    if not word.isdecimal() and word not in _WORDS:
        return None
    n = int(word) if word.isdecimal() else _WORDS[word]
    return {
        "day": Interval(0, n),
        "week": Interval(0, 7 * n),
        "month": Interval(n, 0),
        "year": Interval(12 * n, 0),
    }[unit]


def _iso_period(text: str) -> Interval | None:
    match = _ISO_PERIOD.fullmatch(text)
    if not match:
        return None
    years, months, weeks, days = (int(part or 0) for part in match.groups())
    return Interval(12 * years + months, 7 * weeks + days)
