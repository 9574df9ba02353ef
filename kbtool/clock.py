"""The one place that reads the clock. The core is handed the day as evidence."""

from __future__ import annotations

import datetime as dt
import os

from kbtool.errors import UsageError


def today() -> dt.date:
    """Return the day of SOURCE_DATE_EPOCH, else of the clock, in UTC; raises UsageError where that is no number of seconds."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    if not epoch:
        return dt.datetime.now(dt.UTC).date()
    try:
        return dt.datetime.fromtimestamp(int(epoch), dt.UTC).date()
    except (ValueError, OverflowError, OSError):
        raise UsageError(f"SOURCE_DATE_EPOCH: {epoch[:40]!r} is no number of seconds", kind="bad-date",
                         hint="unset it, or write the seconds since 1970") from None
