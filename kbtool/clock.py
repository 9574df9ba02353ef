"""The one place that reads the clock. The core is handed the day as evidence."""

from __future__ import annotations

import datetime as dt
import os

from kbtool.errors import UsageError


def now() -> dt.datetime:
    """Return the time of the clock, in UTC, for what happens on the network."""
    return dt.datetime.now(dt.UTC)


def today() -> dt.date:
    """Return the day of `moment`."""
    return moment().date()


def moment() -> dt.datetime:
    """Return the time of SOURCE_DATE_EPOCH, else of the clock, in UTC; raises UsageError where that is no number of seconds."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    if not epoch:
        return now()
    try:
        return dt.datetime.fromtimestamp(int(epoch), dt.UTC)
    except (ValueError, OverflowError, OSError):
        raise UsageError(f"SOURCE_DATE_EPOCH: {epoch[:40]!r} is no number of seconds", kind="bad-date",
                         hint="unset it, or write the seconds since 1970") from None
