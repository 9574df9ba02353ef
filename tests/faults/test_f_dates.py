"""Faults of dates, intervals and the clock (FAULTS.md, group F)."""

from __future__ import annotations

import ast
import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import kbtool

Page = Callable[..., str]


def _review_by(checked: Any) -> dict[str, str]:
    return {found["path"].removeprefix("content/"): found["review_by"] for found in checked.report["articles"]}


# Reviewed on, interval, due by: a month is added by number, and the day is cut to the end of the month.
CALENDAR = (
    ("2024-02-29", "12 months", "2025-02-28"), ("2024-02-29", "48 months", "2028-02-29"), ("2024-08-31", "6 months", "2025-02-28"),
    ("2023-08-31", "6 months", "2024-02-29"), ("2026-01-31", "1 month", "2026-02-28"), ("2026-10-31", "1 month", "2026-11-30"),
    ("2026-12-31", "2 months", "2027-02-28"), ("2026-11-30", "3 months", "2027-02-28"), ("2024-02-28", "1 year", "2025-02-28"),
    ("2025-12-31", "1 day", "2026-01-01"), ("2024-02-28", "2 days", "2024-03-01"), ("2026-02-28", "1 week", "2026-03-07"),
    ("2026-03-31", "P1Y6M", "2027-09-30"), ("2026-01-31", "P1M1D", "2026-03-01"),
)


def test_f01_months_are_cut_to_their_last_day(check: Any, page: Page) -> None:
    """31 August and six months is 28 or 29 February, for every row of the table."""
    checked = check({f"r{n}.md": page(last_reviewed_on=day, review_in=span) for n, (day, span, _) in enumerate(CALENDAR)})
    due = _review_by(checked)
    assert [due[f"r{n}.md"] for n in range(len(CALENDAR))] == [by for _, _, by in CALENDAR]


def test_f02_the_due_day_counts_from_the_review(check: Any, page: Page) -> None:
    """24 months are counted at once, never as twice twelve: the due day of a 29 February stays one in a leap year."""
    checked = check({"two.md": page(last_reviewed_on="2024-02-29", review_in="48 months"),
                     "one.md": page(last_reviewed_on="2025-02-28", review_in="36 months")})
    due = _review_by(checked)
    assert (due["two.md"], due["one.md"]) == ("2028-02-29", "2028-02-28")


@pytest.mark.parametrize(
    ("today", "code", "found", "verdict"),
    [
        ("2026-11-21", 0, [("KB103", 6, "the review is due by 2026-11-22, in 1 day")], "due"),
        ("2026-11-22", 1, [("KB102", 6, "the review was due by 2026-11-22, today")], "stale"),
        ("2026-11-23", 1, [("KB102", 6, "the review was due by 2026-11-22, 1 day ago")], "stale"),
        ("2026-12-22", 1, [("KB102", 6, "the review was due by 2026-11-22, 30 days ago")], "stale"),
    ],
)
def test_f03_overdue_from_the_due_day_on(
    check: Any, page: Page, today: str, code: int, found: list[tuple[str, int, str]], verdict: str
) -> None:
    """The review is overdue on the due day itself, as GOV.UK's tool counts, and due the day before."""
    checked = check({"due.md": page(last_reviewed_on="2026-05-22", review_in="6 months")}, today=today)
    assert checked.of("due.md") == found
    assert checked.verdict("due.md") == verdict
    assert checked.code == code


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Auckland", "America/Los_Angeles", "Nowhere/Atlantis"])
def test_f04_today_is_the_day_in_utc_wherever_the_writer_is(kb: Any, page: Page, zone: str) -> None:
    """At one instant every computer has the same day, whatever its TZ says: there is no zone to configure."""
    kb.write("content/due.md", page(last_reviewed_on="2026-05-22", review_in="6 months"))
    before, after = (int(dt.datetime(2026, 11, day, hour, 59, 59, tzinfo=dt.UTC).timestamp()) for day, hour in ((21, 23), (22, 23)))
    codes = [kb.run("check", today=None, env={"TZ": zone, "SOURCE_DATE_EPOCH": str(at)}).code for at in (before, before + 1, after)]
    assert codes == [0, 1, 1]


def test_f04_a_zone_in_the_configuration_is_an_unknown_key(kb: Any) -> None:
    """Days are UTC days, so `timezone` is an unknown key rather than a setting without effect."""
    kb.write("pyproject.toml", '[tool.kbtool]\ntimezone = "Pacific/Auckland"\n')
    done = kb.run("check")
    assert done.code == 2
    assert "pyproject.toml:2: unknown key 'timezone'" in done.err


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/Sao_Paulo", "Pacific/Apia"])
def test_f05_days_of_23_or_25_hours_count_as_one(kb: Any, page: Page, zone: str) -> None:
    """Ninety days over a change of the clocks are ninety days, in any zone."""
    for n, day in enumerate(("2026-01-15", "2026-08-01", "2011-12-01")):
        kb.write(f"content/d{n}.md", page(last_reviewed_on=day, review_in="90 days"))
    report = kb.run("check", "--format", "json", env={"TZ": zone}).json()
    due = {found["path"]: found["review_by"] for found in report["articles"]}
    assert [due[f"content/d{n}.md"] for n in range(3)] == ["2026-04-15", "2026-10-30", "2012-02-29"]


def test_f06_a_review_in_the_future_is_none(check: Any, page: Page) -> None:
    """A review dated after today is KB104 from the first day, and makes the article stale; one of today is fine."""
    checked = check({"today.md": page(last_reviewed_on="2026-11-22"), "tomorrow.md": page(last_reviewed_on="2026-11-23"),
                     "later.md": page(last_reviewed_on="2062-11-22")})
    assert checked.code == 1
    assert checked.findings == [
        (f"content/{name}.md", "KB104", 6, f"the review is dated {day}, which is after today, 2026-11-22")
        for name, day in (("later", "2062-11-22"), ("tomorrow", "2026-11-23"))
    ]
    assert (checked.verdict("later.md"), checked.verdict("today.md")) == ("stale", "fresh")


OUT_OF_RANGE = ("0001-01-01", "1999-12-31", "2200-01-01", "9999-12-31", "9999-12-31T23:59:59-12:00", "2199-12-31T23:59:59-12:00")


def test_f07_years_outside_of_2000_to_2199(check: Any, page: Page) -> None:
    """A year that no plan has is KB001 on its line; the first and the last day that are allowed work with any interval."""
    dates = {f"y{n}.md": text for n, text in enumerate(OUT_OF_RANGE)}
    checked = check({
        **{name: page(last_reviewed_on=text) for name, text in dates.items()},
        "first.md": page(last_reviewed_on="2000-01-01"), "last.md": page(last_reviewed_on="2199-12-31", review_in="50 years"),
        "expires.md": page(expires="10000-01-01"),
    })
    assert checked.code == 1
    assert {name: checked.of(name) for name in dates} == {
        name: [("KB001", 6, f"last_reviewed_on: the year of {text!r} is not between 2000 and 2199")] for name, text in dates.items()
    }
    assert checked.of("expires.md") == [("KB001", 7, "expires: '10000-01-01' is not a date")]
    assert checked.codes("first.md") == ["KB102"]
    assert checked.codes("last.md") == ["KB104"]
    assert _review_by(checked)["last.md"] == "2199-12-31"


INTERVALS = {
    "0": "'0' is not an interval", "0 days": "'0 days' is no time at all", "-3 months": "'-3 months' is not an interval",
    "1e9": "'1e9' is not an interval", "12": "'12' is not an interval", "soon": "'soon' is not an interval",
    "P": "'P' is not an interval", "99999 days": "'99999 days' is not an interval", "9999 months": "'9999 months' is longer than 50 years",
    "1.5 years": "'1.5 years' is not an interval", "[6 months]": "must be an interval", "six dozen months": "'six dozen months' is not an interval",
}


def test_f08_intervals_in_an_article(check: Any, page: Page) -> None:
    """An interval that is none is KB001 with what can be written; the article is unknown, not fresh by some default."""
    files = {f"i{n}.md": text for n, text in enumerate(INTERVALS)}
    checked = check({name: page(review_in=text, last_reviewed_on="2020-01-01") for name, text in files.items()})
    assert checked.code == 1
    assert {text: checked.of(name) for name, text in files.items()} == {
        text: [("KB001", 7, f"review_in: {message}")] for text, message in INTERVALS.items()
    }
    assert {checked.full(name)[0]["hint"] for name in files} == {'write it as "6 months", "90 days", "1 year" or "P6M"'}
    assert {checked.verdict(name) for name in files} == {"unknown"}


@pytest.mark.parametrize(
    ("lines", "line", "message"),
    [
        ("review_in = 0", 2, 'review_in: write it as "6 months"'),
        ('review_in = "-3 months"', 2, "review_in: '-3 months' is not an interval"),
        ("due_soon = 1e9", 2, 'due_soon: write it as "6 months"'),
        ('\ndue-soon = "12"', 3, "due_soon: '12' is not an interval"),
        ('[tool.kbtool.intervals]\nhow-to = "0 days"', 3, "intervals.how-to: '0 days' is no time at all"),
        ('[tool.kbtool.intervals]\nhowto = "9 days"', 3, 'unknown key \'howto\'; did you mean "how-to"?'),
        ('[tool.kbtool.defaults."billing/**"]\nreview_in = "soon"', 3, "defaults.billing/**.review_in: 'soon' is not an interval"),
    ],
)
def test_f08_intervals_in_the_configuration(kb: Any, lines: str, line: int, message: str) -> None:
    """An interval that is none stops the run with exit code 2, and names the line of the configuration."""
    kb.write("pyproject.toml", f"[tool.kbtool]\n{lines}\n")
    done = kb.run("check")
    assert (done.code, done.out) == (2, "")
    assert f"kbtool: error[config]: pyproject.toml:{line}: {message}" in done.err


def test_f09_a_clock_that_is_wrong_makes_nothing_fresh(kb: Any) -> None:
    """In 1970 every review lies ahead, in 2099 every review is overdue: either way the run fails rather than passes."""
    reports = {}
    for today in ("1970-01-01", "2099-01-01"):
        done = kb.run("check", "--format", "json", today=today)
        assert done.code == 1
        reports[today] = [found["code"] for found in done.json()["findings"]]
    assert reports == {"1970-01-01": ["KB104"], "2099-01-01": ["KB102"]}


def test_f09_today_goes_before_source_date_epoch(kb: Any) -> None:
    """`--today` decides, then SOURCE_DATE_EPOCH, then the clock; a value that is no date is exit code 2."""
    assert kb.run("check", "--today", "2026-11-22", today="2099-01-01").code == 0
    assert kb.run("check", today="2099-01-01").code == 1
    for text in ("yesterday", "2026-02-30", "1970-01-01", "20261122", ""):
        done = kb.run("check", "--today", text)
        assert (done.code, done.out) == (2, ""), text
        assert "error[bad-date]: --today: " in done.err


@pytest.mark.parametrize("epoch", ["soon", "99999999999999999999", "253402300800", "1.5e9", "２０２６-01-01"])
def test_f09_a_broken_source_date_epoch_is_no_clock(kb: Any, epoch: str) -> None:
    """A SOURCE_DATE_EPOCH that gives no day ends the run with exit code 2; it does not fall back to the clock."""
    done = kb.run("check", today=None, env={"SOURCE_DATE_EPOCH": epoch})
    assert (done.code, done.out) == (2, "")
    assert "SOURCE_DATE_EPOCH" in done.err


def test_f10_one_run_has_one_day() -> None:
    """One module reads the clock, for the edges alone: midnight cannot fall into a run."""
    readers = []
    package = Path(kbtool.__file__).parent
    for path in package.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr in ("now", "today", "utcnow", "time", "time_ns", "localtime", "gmtime"):
                source = ast.unparse(node)
                if source.split(".")[0] in ("dt", "datetime", "time", "date"):
                    readers.append((path.relative_to(package).as_posix(), source))
    assert sorted(readers) == [("clock.py", "dt.datetime.now")]


@pytest.mark.parametrize("text", ["2026-W40-4", "20261001", "2026-274", "2026-10-1", "2026/10/01", "01.10.2026", "2026-10-01Z"])
def test_f11_other_spellings_of_iso_8601(check: Any, page: Page, text: str) -> None:
    """Weeks, ordinal days and dates without hyphens are KB001, although Python reads some of them."""
    checked = check({"d.md": page(last_reviewed_on=f'"{text}"')})
    assert checked.of("d.md") == [("KB001", 6, f"last_reviewed_on: {text!r} is not a date")]
    assert checked.full("d.md")[0]["hint"] == "write it as YYYY-MM-DD, such as 2026-03-31"


def test_f12_no_time_zone_database_is_needed(kb: Any, page: Page) -> None:
    """Without tzdata dates, times with an offset and today are read as always."""
    kb.write("content/time.md", page(last_reviewed_on="2026-05-31T23:30:00-05:00", review_in="6 months"))
    with_data = kb.run("check", "--format", "json")
    without = kb.run("check", "--format", "json", env={"PYTHONTZPATH": "", "TZ": ":/nowhere", "TZDIR": "/nowhere"})
    assert without.code == 0
    assert without.out == with_data.out
    assert {"content/time.md": "2026-12-01"}.items() <= {
        found["path"]: found["review_by"] for found in without.json()["articles"]}.items()


def test_f13_soon_is_a_warning_and_never_fails(check: Any, page: Page) -> None:
    """Within `due_soon` of the due day there is a warning and exit code 0; the day before that, nothing."""
    reviewed = {"in14.md": "2026-06-06", "in15.md": "2026-06-07", "in1.md": "2026-05-23"}
    checked = check({name: page(last_reviewed_on=day, review_in="6 months") for name, day in reviewed.items()})
    assert checked.code == 0
    assert {name: checked.codes(name) for name in reviewed} == {"in14.md": ["KB103"], "in15.md": [], "in1.md": ["KB103"]}
    assert {found["severity"] for found in checked.report["findings"]} == {"warning"}
    assert {name: checked.verdict(name) for name in reviewed} == {"in14.md": "due", "in15.md": "fresh", "in1.md": "due"}


def test_f13_days_of_grace(check: Any, page: Page) -> None:
    """With `grace_days` an overdue review is a warning for so long, and an error after them."""
    config = "[tool.kbtool.checks.review-overdue]\ngrace_days = 7"
    files = {"d6.md": page(last_reviewed_on="2026-05-16", review_in="6 months"),
             "d7.md": page(last_reviewed_on="2026-05-15", review_in="6 months")}
    checked = check(files, config=config)
    assert checked.code == 1
    assert [(*row[:3], row[3][-10:]) for row in checked.findings] == [
        ("content/d6.md", "KB102", 6, "6 days ago"), ("content/d7.md", "KB102", 6, "7 days ago"),
    ]
    assert [checked.full(path)[0]["severity"] for path in files] == ["warning", "error"]


def test_f14_five_hundred_articles_due_on_one_day(check: Any, page: Page) -> None:
    """All that fall due on one day are reported one by one, none is cut off, and the run fails by default only."""
    text = page(last_reviewed_on="2026-05-22", review_in="6 months")
    files = {f"p{n:03}.md": text for n in range(500)}
    checked = check(files)
    assert checked.code == 1
    assert [found[0] for found in checked.findings] == [f"content/{name}" for name in sorted(files)]
    assert {found[1] for found in checked.findings} == {"KB102"}
    assert checked.report["summary"]["errors"] == checked.report["summary"]["stale"] == 500
    assert check({}, "--fail-on", "never").code == 0
