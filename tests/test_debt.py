"""The debt over time: read from git, and shown as text, SVG and JSON."""

from __future__ import annotations

import datetime as dt
import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbtool.baseline import Entry, baseline_path, render
from kbtool.config import load_config
from kbtool.debt import Debt, Point, read_debt
from kbtool.debt_report import debt_json, debt_svg, debt_text
from kbtool.errors import ConfigError, UsageError
from kbtool.evidence import gather
from kbtool.testing import Repository

FILE = "checks/baseline.txt"


def listed(*codes: str) -> str:
    """Return a baseline with these entries."""
    return render(Entry(f"content/{number}.md", code, f"{number:012x}") for number, code in enumerate(codes))


@pytest.fixture
def years(repo: Repository) -> Repository:
    """A repository whose baseline came, grew, shrank on a branch, broke, went and came back."""
    repo.commit({"content/a.md": "# A\n", FILE: listed("KB101", "KB102", "KB201")}, on="2026-01-10")
    repo.commit({FILE: listed("KB101", "KB102", "KB201", "KB201")}, on="2026-02-01")
    repo.branch("fix")
    repo.commit({FILE: listed("KB101", "KB201")}, on="2026-02-03")
    repo.switch("main")
    repo.merge("fix", on="2026-03-01")
    repo.commit({FILE: "<<<<<<<\n"}, on="2026-04-01")
    repo.commit({FILE: None}, on="2026-05-01")
    repo.commit({FILE: listed("KB201")}, on="2026-06-01")
    return repo


def read(repo: Repository, today: str = "2026-11-22") -> Debt:
    evidence = gather(load_config(repo.folder), dt.date.fromisoformat(today))
    return read_debt(evidence, baseline_path(evidence.config), FILE)


def test_each_landing_is_a_point(years: Repository) -> None:
    """What a branch brought counts from the day on which it landed; what cannot be read is left out and told."""
    years.write({FILE: listed()})
    found = read(years)
    assert [(str(one.day), one.total) for one in found.points] == [
        ("2026-01-10", 3), ("2026-02-01", 4), ("2026-03-01", 2), ("2026-05-01", None), ("2026-06-01", 1), ("2026-11-22", 0),
    ]
    assert found.points[1].counts == {"KB101": 1, "KB102": 1, "KB201": 2}
    assert [bool(one.commit) for one in found.points] == [True] * 5 + [False]
    broken = years.git("rev-parse", "main~2")[:12]
    assert found.notes == (f"{broken}:{FILE}:1: not a baseline: its first line is not `# kbtool baseline 1` (write it with `kbtool baseline`)",)


def test_today_is_evidence(years: Repository) -> None:
    """No landing is later than the last day of the chart."""
    assert [str(one.day) for one in read(years, "2026-02-15").points[-1:]] == ["2026-02-15"]
    assert max(one.day for one in read(years, "2026-02-15").points) == dt.date(2026, 2, 15)


def test_a_clone_that_is_cut_off_says_so(years: Repository, tmp_path: Path) -> None:
    """What is older is not known, and not nothing."""
    found = read(years.clone(tmp_path / "clone", depth=2))
    assert [one.total for one in found.points] == [1, 1]
    assert any("is cut off at" in note for note in found.notes)


def test_a_baseline_that_is_not_in_the_repository(years: Repository, tmp_path: Path) -> None:
    """It has no history."""
    (tmp_path / "b.txt").write_text(listed("KB101"))
    evidence = gather(load_config(years.folder), dt.date(2026, 11, 22))
    found = read_debt(evidence, tmp_path / "b.txt", "b.txt")
    assert (found.notes, [one.total for one in found.points]) == (("it is not in this repository",), [1])


def test_no_baseline_at_all(repo: Repository) -> None:
    """There is nothing to show; a broken one is an error as everywhere."""
    repo.commit({"content/a.md": "# A\n"})
    with pytest.raises(UsageError, match=r"there is no baseline checks/baseline\.txt, and there was none"):
        read(repo)
    repo.write({FILE: "what\n"})
    with pytest.raises(ConfigError, match="not a baseline"):
        read(repo)


def test_below_a_folder_of_the_repository(new_repo, tmp_path: Path) -> None:
    """The knowledge base may be a part of a repository."""
    repo = new_repo(tmp_path / "repo")
    repo.commit({"kb/pyproject.toml": "[tool.kbtool]\n", "kb/content/a.md": "# A\n", f"kb/{FILE}": listed("KB101"), FILE: listed("KB1", "KB2")}, on="2026-01-10")
    evidence = gather(load_config(repo.folder / "kb"), dt.date(2026, 11, 22))
    assert [one.total for one in read_debt(evidence, baseline_path(evidence.config), FILE).points] == [1, 1]


# ---------------------------------------------------------------------------------------------- showing it


def debt_of(*points: tuple[str, int | None]) -> Debt:
    return Debt(FILE, tuple(Point(dt.date.fromisoformat(day), None if total is None else {"KB101": total}) for day, total in points))


def test_the_chart_in_text(years: Repository) -> None:
    """A line for each step of time, what holds at its end, and what is known today."""
    text = debt_text(read(years))
    assert text.splitlines() == [
        "checks/baseline.txt: 3 known findings on 2026-01-10, 1 known finding on 2026-11-22", "",
        "2026-01-31       3  ██████████████████████████████", "2026-02-28       4  ████████████████████████████████████████",
        "2026-03-31       2  ████████████████████", "2026-04-30       2  ████████████████████", "2026-05-31       -  no baseline",
        *(f"2026-{day}       1  ██████████" for day in ("06-30", "07-31", "08-31", "09-30", "10-31", "11-22")), "", "today: 1 KB201",
    ]
    assert "\x1b[" not in text
    assert "\x1b[36m█" in debt_text(read(years), color=True)


@pytest.mark.parametrize(
    ("first", "days"),
    [
        ("2026-11-20", ["2026-11-20", "2026-11-21", "2026-11-22"]), ("2026-10-28", ["2026-11-01", "2026-11-08", "2026-11-15", "2026-11-22"]),
        ("2026-01-31", ["2026-01-31", "2026-02-28", "2026-03-31"]), ("2021-06-15", ["2021-06-30", "2021-09-30", "2021-12-31"]),
        ("2010-02-28", ["2010-12-31", "2011-12-31", "2012-12-31"]), ("2026-11-22", ["2026-11-22"]),
    ],
)
def test_steps_of_time(first: str, days: list[str]) -> None:
    """They are days, weeks, months, quarters or years, so that the chart has at most 24 lines; the last is today."""
    found = debt_of((first, 5), ("2026-11-22", 3)).sampled(24)
    assert [str(point.day) for point in found[: len(days)]] == days
    assert (len(found) <= 24, str(found[-1].day), found[-1].total) == (True, "2026-11-22", 3)


def test_json(years: Repository) -> None:
    """The points as they are."""
    document = json.loads(debt_json(read(years)))
    assert (document["schema_version"], document["baseline"]) == (1, FILE)
    assert document["points"][0] == {"day": "2026-01-10", "commit": years.git("rev-parse", "main~5"), "total": 3, "checks": {"KB101": 1, "KB102": 1, "KB201": 1}}
    assert document["points"][3]["total"] is None


def test_svg(years: Repository) -> None:
    """A picture that says in words what it shows; the line ends where there was no baseline."""
    top = ET.fromstring(debt_svg(read(years)))
    space = "{http://www.w3.org/2000/svg}"
    assert top.find(f"{space}desc").text == "checks/baseline.txt: 3 known findings on 2026-01-10, 1 known finding on 2026-11-22"
    assert len(top.findall(f"{space}path[@class='line']")) == 2
    texts = [one.text for one in top.findall(f"{space}text")]
    assert texts[1:6] == ["0", "1", "2", "3", "4"]
    assert texts[6] == "2026-01-10"
    assert texts[-1] == "2026-11-22"


@given(data=st.data())
def test_any_debt_can_be_drawn(data: st.DataObject) -> None:
    """Whatever the numbers, days and names, the picture is well formed, and everything stands inside of it."""
    days = sorted(data.draw(st.lists(st.dates(dt.date(2000, 1, 1), dt.date(2199, 12, 31)), min_size=1, max_size=6)))
    totals = data.draw(st.lists(st.none() | st.integers(0, 10**6), min_size=len(days), max_size=len(days)))
    name = data.draw(st.text(st.characters(codec="utf-8"), min_size=1, max_size=9)).replace("\0", "")
    debt = Debt(name, tuple(Point(day, None if total is None else {"KB101": total}) for day, total in zip(days, totals, strict=True)))
    top = ET.fromstring(debt_svg(debt))
    for path in top.iter("{http://www.w3.org/2000/svg}path"):
        places = [part.lstrip("ML").split(",") for part in path.get("d", "").split() if part != "Z"]
        assert all(0 <= float(x) <= 720 and 0 <= float(y) <= 300 for x, y in places)
    assert len(debt.sampled(24)) <= 24
    assert debt_svg(debt) == debt_svg(debt)
    assert debt_text(debt)
    json.loads(debt_json(debt))


def test_the_command(years: Repository, kbtool) -> None:
    """The ending of the file says the format; notes go to standard error."""
    done = kbtool("debt", cwd=years.folder, today="2026-11-22")
    assert (done.code, done.out.splitlines()[-1]) == (0, "today: 1 KB201")
    assert done.err.count("kbtool: warning[debt]: ") == 1
    for args in (("--output", "d.svg"), ("--output", "d.json"), ("--format", "svg", "--output", "d.txt")):
        assert kbtool("debt", *args, cwd=years.folder, today="2026-11-22").code == 0
    assert (years.folder / "d.svg").read_bytes() == (years.folder / "d.txt").read_bytes()
    assert json.loads((years.folder / "d.json").read_text())["schema_version"] == 1
    refused = kbtool("debt", "--output", "content/a.md", cwd=years.folder, today="2026-11-22")
    assert (refused.code, "is an article" in refused.err) == (2, True)
