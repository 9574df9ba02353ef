"""How long a server asks to wait."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbtool.trackers.waits import http_date, is_used_up, wait_of

NOW = dt.datetime(2026, 11, 22, 10, 0, 0, tzinfo=dt.UTC)
EPOCH = int(NOW.timestamp())


@pytest.mark.parametrize(("text", "seconds"), [
    ("30", 30), ("0", 0), (" 7 ", 7), ("1.5", 1.5),  # seconds to go
    (str(EPOCH + 42), 42), (str(EPOCH - 42), 0),  # since 1970, also a moment that is past
    ("2026-11-22T10:00:30Z", 30), ("2026-11-22T11:00:30+01:00", 30), ("2026-11-22T10:00:30", 30), ("2026-11-22T10:00:30.500Z", 30.5),
    ("2026-11-22T10:01Z", 120), ("2026-11-22T10:01+00:00", 120),  # to the minute: up to the end of it
    ("Sun, 22 Nov 2026 10:02:00 GMT", 120), ("Sun, 22 Nov 2026 09:00:00 GMT", 0), ("Sunday, 22-Nov-26 10:02:00 GMT", 120),
])
def test_the_five_dialects_say_seconds(text: str, seconds: float) -> None:
    """Seconds to go, seconds since 1970, ISO 8601 and HTTP dates are read, in Retry-After and in the reset of a used-up limit."""
    assert wait_of({"retry-after": text}, NOW) == seconds
    for name in ("x-ratelimit", "ratelimit", "x-rate-limit", "rate-limit"):
        assert wait_of({f"{name}-remaining": "0", f"{name}-reset": text}, NOW) == seconds


@pytest.mark.parametrize("text", [
    "", "soon", "-30", "-0.5", "1e9", "NaN", "inf", "0x10", "3, 5", "1 2", "１２", "99999999", "9" * 12, "9" * 13, "9" * 5000, "2026-13-01",
    "9999-12-31T23:59Z", "Sun, 99 Nov 2026 10:00:00 GMT", "Sun, 22 Nov 99999 10:00:00 GMT", "\x00",
])
def test_what_cannot_be_meant_is_not_there(text: str) -> None:
    """Garbage, negative numbers, and more than a year ahead say nothing."""
    assert wait_of({"retry-after": text}, NOW) is None
    assert wait_of({"x-ratelimit-remaining": "0", "x-ratelimit-reset": text}, NOW) is None


@pytest.mark.parametrize(("headers", "seconds"), [
    ({}, None),
    ({"x-ratelimit-remaining": "1", "x-ratelimit-reset": "30"}, None),
    ({"x-ratelimit-reset": "30"}, None),
    ({"retry-after": "5", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "30"}, 5),
    ({"retry-after": "soon", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "30"}, 30),
    ({"ratelimit-remaining": " 0 ", "x-ratelimit-reset": "soon", "ratelimit-reset": "48"}, 48),
])
def test_retry_after_goes_before_the_reset_of_a_limit(headers: dict[str, str], seconds: float | None) -> None:
    """The reset counts only where nothing is left, and after Retry-After."""
    assert wait_of(headers, NOW) == seconds


@pytest.mark.parametrize(("value", "used_up"), [("0", True), (" 0", True), ("1", False), ("00", False), ("-1", False), ("none", False), ("", False)])
def test_a_limit_is_used_up_at_zero(value: str, used_up: bool) -> None:
    """Only 0 says that nothing is left."""
    assert is_used_up({"x-rate-limit-remaining": value}) is used_up


@given(st.one_of(st.text(max_size=60), st.text("0123456789:-+TZ ,.GMTNovSu", max_size=30), st.datetimes().map(lambda time: f"{time.isoformat()}Z")))
def test_no_header_breaks_it(text: str) -> None:
    """Whatever a header says, the answer is None or a number of seconds of at most a year and a day."""
    wait = wait_of({"retry-after": text}, NOW)
    assert wait is None or 0 <= wait <= 366 * 86400
    assert http_date(text) is None or http_date(text).tzinfo is not None
