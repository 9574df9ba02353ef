"""Tests of kbtool.dates."""

from __future__ import annotations

import calendar
import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbtool.dates import FIRST_YEAR, LAST_YEAR, Interval, parse_age, parse_date, parse_interval

days = st.dates(dt.date(FIRST_YEAR, 1, 1), dt.date(LAST_YEAR, 12, 31))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-31", dt.date(2026, 3, 31)),
        ("2024-02-29", dt.date(2024, 2, 29)),
        ("2000-01-01", dt.date(2000, 1, 1)),
        ("2199-12-31", dt.date(2199, 12, 31)),
        ("2026-03-31T10:00", dt.date(2026, 3, 31)),
        ("2026-03-31 10:00:30.5", dt.date(2026, 3, 31)),
        ("2026-03-31T10:00:00Z", dt.date(2026, 3, 31)),
        ("2026-03-31T23:30:00-01:00", dt.date(2026, 4, 1)),
        ("2026-04-01T00:30:00+0100", dt.date(2026, 3, 31)),
    ],
)
def test_parse_date_reads_days_and_times(text: str, expected: dt.date) -> None:
    """A day is itself, and a time with a zone is its day in UTC."""
    assert parse_date(text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "'' is not a date"),
        ("2026-3-1", "'2026-3-1' is not a date"),
        (" 2026-03-01", "' 2026-03-01' is not a date"),
        ("2026-03-01\n", "is not a date"),
        ("2026-W12-1", "'2026-W12-1' is not a date"),
        ("03/31/2026", "'03/31/2026' is not a date"),
        ("٢٠٢٦-٠٣-٣١", "'٢٠٢٦-٠٣-٣١' is not a date"),
        ("2026-02-29", "there is no day '2026-02-29' in the calendar"),
        ("2026-03-01T24:00", "there is no time '2026-03-01T24:00' in the calendar"),
        ("2026-03-01T10:00+25:00", "there is no time"),
        ("1999-12-31", "the year of '1999-12-31' is not between 2000 and 2199"),
        ("2200-01-01", "the year of '2200-01-01' is not between 2000 and 2199"),
        ("2000-01-01T00:30+01:00", "the year of '2000-01-01T00:30+01:00' is not between 2000 and 2199"),
        ("0001-01-01T00:00+10:00", "the year of"),
        ("9999-12-31T23:59-10:00", "the year of"),
        ("x" * 500, "'" + "x" * 40 + "' is not a date"),
    ],
)
def test_parse_date_refuses_the_rest(text: str, message: str) -> None:
    """What is no day, or a day that nobody plans for, is a ValueError that names it, cut to 40 characters."""
    with pytest.raises(ValueError) as error:
        parse_date(text)
    assert message in str(error.value)


def test_us_dates_are_read_only_where_they_are_the_style() -> None:
    """In the style `us` the month comes first, and ISO days are read as well."""
    assert parse_date("03/04/2026", "us") == dt.date(2026, 3, 4)
    assert parse_date("2026-03-04", "us") == dt.date(2026, 3, 4)
    with pytest.raises(ValueError, match="there is no day '13/04/2026'"):
        parse_date("13/04/2026", "us")
    with pytest.raises(ValueError, match="'3/4/2026' is not a date"):
        parse_date("3/4/2026", "us")


def test_short_dates_are_read_only_where_they_are_the_style() -> None:
    """In the style `short` month and day need no zero, as on GOV.UK's pages."""
    assert parse_date("2026-3-1", "short") == dt.date(2026, 3, 1)
    assert parse_date("2026-12-31", "short") == dt.date(2026, 12, 31)
    with pytest.raises(ValueError, match="there is no day '2026-2-30'"):
        parse_date("2026-2-30", "short")
    with pytest.raises(ValueError, match="'2026-3-1' is not a date"):
        parse_date("2026-3-1", "us")


@given(days)
def test_every_day_that_is_accepted_reads_back(day: dt.date) -> None:
    """A day written in ISO form is read as that day."""
    assert parse_date(day.isoformat()) == day


@given(st.text(max_size=40) | st.from_regex(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(Z|[+-]\d{2}:\d{2})?)?", fullmatch=True))
def test_any_text_is_a_day_in_range_or_a_value_error(text: str) -> None:
    """No text raises anything but ValueError, and what is read lies within the years that kbtool accepts."""
    try:
        found = parse_date(text)
    except ValueError:
        return
    assert FIRST_YEAR <= found.year <= LAST_YEAR


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("6 months", Interval(6)),
        ("1 month", Interval(1)),
        ("90 days", Interval(0, 90)),
        ("180-days", Interval(0, 180)),
        ("6_months", Interval(6)),
        ("2weeks", Interval(0, 14)),
        ("1 year", Interval(12)),
        ("a year", Interval(12)),
        ("an year", Interval(12)),
        ("six weeks", Interval(0, 42)),
        ("Twelve Months", Interval(12)),
        ("in 3 months", Interval(3)),
        ("every two years", Interval(24)),
        ("  6 months  ", Interval(6)),
        ("quarterly", Interval(3)),
        ("Yearly", Interval(12)),
        ("daily", Interval(0, 1)),
        ("P6M", Interval(6)),
        ("p1y6m", Interval(18)),
        ("P2W", Interval(0, 14)),
        ("P1Y2M3W4D", Interval(14, 25)),
        ("50 years", Interval(600)),
    ],
)
def test_parse_interval_reads_what_writers_write(text: str, expected: Interval) -> None:
    """Numbers, number words, hyphens, ISO 8601 periods and single words are read."""
    assert parse_interval(text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "'' is not an interval"),
        ("12", "'12' is not an interval"),
        ("months", "'months' is not an interval"),
        ("-3 months", "'-3 months' is not an interval"),
        ("1.5 years", "'1.5 years' is not an interval"),
        ("twenty days", "'twenty days' is not an interval"),
        ("6 months 3 days", "'6 months 3 days' is not an interval"),
        ("P", "'P' is not an interval"),
        ("PT6H", "'PT6H' is not an interval"),
        ("P6", "'P6' is not an interval"),
        ("0 months", "'0 months' is no time at all"),
        ("P0D", "'P0D' is no time at all"),
        ("51 years", "'51 years' is longer than 50 years"),
        ("9999 weeks", "'9999 weeks' is longer than 50 years"),
    ],
)
def test_parse_interval_refuses_the_rest(text: str, message: str) -> None:
    """What is not understood, nothing, or beyond fifty years is a ValueError that names it."""
    with pytest.raises(ValueError) as error:
        parse_interval(text)
    assert str(error.value) == message


@given(st.text(max_size=30) | st.from_regex(r"(in |every )?[0-9a-z]{1,6}[ _-]?(day|week|month|year)s?", fullmatch=True))
def test_any_text_is_an_interval_or_a_value_error(text: str) -> None:
    """No text raises anything but ValueError, and an interval that is read takes some time."""
    try:
        found = parse_interval(text)
    except ValueError:
        return
    assert found > Interval()


@pytest.mark.parametrize(
    ("interval", "text"),
    [(Interval(6), "6 months"), (Interval(1), "1 month"), (Interval(0, 1), "1 day"), (Interval(14, 25), "14 months 25 days"),
     (Interval(), "0 days")],
)
def test_an_interval_reads_like_a_phrase(interval: Interval, text: str) -> None:
    """An interval is shown as a writer would spell it."""
    assert str(interval) == text


@given(days, st.integers(1, 600))
def test_months_keep_the_day_or_its_months_last(day: dt.date, months: int) -> None:
    """After whole months the day of the month is the same, or the last where that month is shorter."""
    try:
        end = Interval(months).after(day)
    except ValueError:
        assert day.year + (day.month - 1 + months) // 12 > LAST_YEAR
        return
    assert (end.year * 12 + end.month) - (day.year * 12 + day.month) == months
    assert end.day == min(day.day, calendar.monthrange(end.year, end.month)[1])


@given(days, st.integers(0, 600), st.integers(0, 18_000))
def test_an_interval_never_leaves_the_years_that_are_accepted(day: dt.date, months: int, span: int) -> None:
    """The day after an interval is not before the first, and within the years accepted, else a ValueError."""
    try:
        end = Interval(months, span).after(day)
    except ValueError:
        assert (day + dt.timedelta(days=31 * months + span)).year > LAST_YEAR
        return
    assert day <= end
    assert end.year <= LAST_YEAR


@given(days, days, st.integers(0, 600), st.integers(0, 400))
def test_a_later_review_is_never_due_earlier(one: dt.date, other: dt.date, months: int, span: int) -> None:
    """The due day grows with the day of the review."""
    interval = Interval(months, span)
    earlier, later = sorted((one, other))
    try:
        assert interval.after(earlier) <= interval.after(later)
    except ValueError:
        return


# ---------------------------------------------------------------------------------------------- how old something may be

HOUR = dt.timedelta(hours=1)


@pytest.mark.parametrize(
    ("text", "age"),
    [
        ("24 hours", HOUR * 24), ("1 hour", HOUR), (" 36 Hours ", HOUR * 36), ("90-hours", HOUR * 90), ("48hours", HOUR * 48), ("99999 hours", HOUR * 99_999),
        ("7 days", HOUR * 168), ("a day", HOUR * 24), ("two weeks", HOUR * 336), ("daily", HOUR * 24), ("weekly", HOUR * 168), ("P7D", HOUR * 168), ("p2w", HOUR * 336),
    ],
)
def test_parse_age_reads_hours_days_and_weeks(text: str, age: dt.timedelta) -> None:
    """Hours, and whatever interval has a length of its own."""
    assert parse_age(text) == age


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 month", "'1 month': months differ; write days"), ("a year", "'a year': months differ; write days"), ("P1M2D", "'P1M2D': months differ; write days"),
        ("monthly", "'monthly': months differ; write days"), ("0 hours", "'0 hours' is not an interval"), ("0 days", "'0 days' is no time at all"),
        ("100000 hours", "'100000 hours' is not an interval"), ("-1 hours", "'-1 hours' is not an interval"), ("1.5 hours", "'1.5 hours' is not an interval"),
        ("24", "'24' is not an interval"), ("24 h", "'24 h' is not an interval"), ("", "'' is not an interval"), ("hours", "'hours' is not an interval"),
    ],
)
def test_parse_age_refuses_the_rest(text: str, message: str) -> None:
    """What has no length of its own, is no time at all, or is not understood."""
    with pytest.raises(ValueError) as caught:
        parse_age(text)
    assert str(caught.value) == message


@given(st.text(max_size=12) | st.from_regex(r"(?a)\d{0,6}[ -]?(hours?|days?|weeks?|months?)", fullmatch=True))
def test_any_text_is_an_age_or_a_value_error(text: str) -> None:
    """Whatever is written: some time, of at most the years that an interval may have, or a ValueError of one line."""
    try:
        age = parse_age(text)
    except ValueError as error:
        assert "\n" not in str(error)  # noqa: PT017 - it is one of two ways out
        return
    assert dt.timedelta() < age <= dt.timedelta(days=366 * 50)
