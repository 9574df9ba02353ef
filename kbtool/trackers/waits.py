"""How long a server asks its clients to wait: five dialects of the same headers, none of them believed blindly."""

from __future__ import annotations

import datetime as dt
import email.utils
import re
from collections.abc import Mapping

_EPOCH = 1_000_000_000  #: a larger number of seconds is a moment, not a span
_FAR = 366 * 86400.0  #: no server means more
_REMAINING = ("x-ratelimit-remaining", "ratelimit-remaining", "x-rate-limit-remaining", "rate-limit-remaining")
_RESET = ("x-ratelimit-reset", "ratelimit-reset", "x-rate-limit-reset", "rate-limit-reset")
_NUMBER = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,9})?")
_TO_THE_MINUTE = re.compile(r"T\d\d:\d\d(?!:)")


def wait_of(headers: Mapping[str, str], now: dt.datetime) -> float | None:
    """Return the seconds for which an answer asks to wait, 0 or more; None where it does not say.

    `Retry-After` goes first, then the reset of a limit that is used up, whether that is written as seconds to go (Zendesk),
    seconds since 1970 (GitHub, GitLab), ISO 8601 (Jira, to the minute) or an HTTP date. What cannot be read, is negative or
    lies more than a year ahead is not there; a moment that is past means 0.

    Args:
        headers: with names in small letters.
        now: to count from.
    """
    wait = _seconds(headers.get("retry-after", ""), now)
    if wait is None and is_used_up(headers):
        wait = next((found for name in _RESET if (found := _seconds(headers.get(name, ""), now)) is not None), None)
    return wait


def is_used_up(headers: Mapping[str, str]) -> bool:
    """Return whether the headers say that nothing is left of a rate limit."""
    return any(headers.get(name, "").strip() == "0" for name in _REMAINING)


def _seconds(text: str, now: dt.datetime) -> float | None:
    text = text.strip()
    if _NUMBER.fullmatch(text):
        number = float(text)
        return _span(number - now.timestamp() if number > _EPOCH else number)
    moment = _iso(text) or http_date(text)
    return _span((moment - now).total_seconds()) if moment else None


def _span(seconds: float) -> float | None:
    return None if seconds > _FAR else max(0.0, seconds)


def _iso(text: str) -> dt.datetime | None:
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    late = moment.year == dt.MAXYEAR
    return moment + dt.timedelta(minutes=1) if _TO_THE_MINUTE.search(text) and not late else moment


def http_date(text: str) -> dt.datetime | None:
    """Return the moment of an HTTP date, or None."""
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
