"""The debt over time as a chart in text, as SVG, and as JSON."""

from __future__ import annotations

import datetime as dt
import json
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence

from kbtool.debt import Debt, Point
from kbtool.reports.text import Paint, painter, visible
from kbtool.reports.xml_text import xml_text

SCHEMA_VERSION = 1
_ROWS = 24  #: of the chart in text
_BAR = 40  #: characters of its longest bar
_WIDTH, _HEIGHT = 720, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 44, 40, 44
_STYLE = (
    ".kb-debt text{font:12px sans-serif;fill:#333}.kb-debt .title{font-size:14px;font-weight:bold}.kb-debt .grid{stroke:#ddd}"
    ".kb-debt .axis{stroke:#888}.kb-debt .line{fill:none;stroke:#3f51b5;stroke-width:2}"
    ".kb-debt .area{fill:#3f51b5;fill-opacity:.15}@media (prefers-color-scheme:dark){.kb-debt text{fill:#ddd}"
    ".kb-debt .grid{stroke:#444}.kb-debt .line{stroke:#9fa8da}.kb-debt .area{fill:#9fa8da}}"
)


def debt_json(debt: Debt) -> str:
    """Return it as one JSON document.

    Its keys: `schema_version`, `baseline`, and `points`, oldest first, each with `day`, `commit` ("" for the files of now),
    `total` (null without a baseline) and `checks`, code → count.
    """
    points = [
        {"day": one.day.isoformat(), "commit": one.commit, "total": one.total, "checks": dict(one.counts or {})}
        for one in debt.points
    ]
    return json.dumps({"schema_version": SCHEMA_VERSION, "baseline": debt.name, "points": points}, indent=2) + "\n"


def debt_text(debt: Debt, *, color: bool = False) -> str:
    """Return it as a chart in text: a line for each day, week, month, quarter or year."""
    paint, points = painter(color=color), debt.sampled(_ROWS)
    most = max((point.total or 0 for point in points), default=0)
    lines = [_row(point, most, paint) for point in points]
    return "\n".join([paint("path", visible(_headline(debt), None)), "", *lines, *_checks(debt.points[-1])]) + "\n"


def _row(point: Point, most: int, paint: Paint) -> str:
    if point.total is None:
        return f"{point.day}  {'-':>6}  no baseline"
    size = max(1, round(_BAR * point.total / most)) if point.total else 0
    return f"{point.day}  {point.total:>6}  {paint('hint', '█' * size)}".rstrip()


def _checks(point: Point) -> Iterator[str]:
    if point.counts:
        yield ""
        yield "today: " + ", ".join(f"{count} {code}" for code, count in point.counts.items())


def _headline(debt: Debt) -> str:
    """Return where the debt began and where it is, in words."""
    first, last = next((one for one in debt.points if one.total is not None), debt.points[0]), debt.points[-1]
    now = f"{_count(last.total)} on {last.day}"
    begun = "" if (first.total, first.day) == (last.total, last.day) else f"{_count(first.total)} on {first.day}, "
    return f"{debt.name}: {begun}{now}"


def _count(total: int | None) -> str:
    return "no baseline" if total is None else f"{total} known finding{'' if total == 1 else 's'}"


# ---------------------------------------------------------------------------------------------- SVG


def debt_svg(debt: Debt) -> str:
    """Return it as a picture for a page: a line that steps where the debt changed, with what it says as its description."""
    top = ET.Element("svg", xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {_WIDTH} {_HEIGHT}", role="img")
    top.set("class", "kb-debt")
    ET.SubElement(top, "title").text = "Known debt"
    ET.SubElement(top, "desc").text = xml_text(_headline(debt))
    ET.SubElement(top, "style").text = _STYLE
    _text(top, xml_text(_headline(debt)), _LEFT, 22, "start").set("class", "title")
    scale = _Scale(debt.points)
    for value in scale.ticks():
        x, y = _LEFT, scale.y(value)
        ET.SubElement(top, "line", {"class": "grid", "x1": str(x), "x2": str(_WIDTH - _RIGHT), "y1": y, "y2": y})
        _text(top, str(value), x - 8, float(y) + 4, "end")
    for day in scale.days():
        _text(top, day.isoformat(), float(scale.x(day)), _HEIGHT - _BOTTOM + 20, "middle")
    bottom = scale.y(0)
    ET.SubElement(top, "line", {"class": "axis", "x1": str(_LEFT), "x2": str(_WIDTH - _RIGHT), "y1": bottom, "y2": bottom})
    for start, end, path in _lines(debt.points, scale):
        ET.SubElement(top, "path", {"class": "area", "d": f"{path} L{end},{bottom} L{start},{bottom} Z"})
        ET.SubElement(top, "path", {"class": "line", "d": path})
    ET.indent(top)
    return ET.tostring(top, encoding="unicode") + "\n"


def _text(top: ET.Element, text: str, x: float, y: float, anchor: str) -> ET.Element:
    made = ET.SubElement(top, "text", {"x": f"{x:.1f}", "y": f"{y:.1f}", "text-anchor": anchor})
    made.text = text
    return made


class _Scale:
    """Where a day and a number are on the picture."""

    def __init__(self, points: Sequence[Point]) -> None:
        self.first, self.last = points[0].day, points[-1].day
        most = max((point.total or 0 for point in points), default=0)
        self.step = next(size for size in _sizes() if size * 5 >= most)
        self.most = self.step * max(1, -(-most // self.step))

    def x(self, day: dt.date) -> str:
        span = max(1, (self.last - self.first).days)
        return f"{_LEFT + (_WIDTH - _LEFT - _RIGHT) * (day - self.first).days / span:.1f}"

    def y(self, value: int) -> str:
        return f"{_HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * value / self.most:.1f}"

    def ticks(self) -> range:
        return range(0, self.most + 1, self.step)

    def days(self) -> list[dt.date]:
        """Return the days that are written below: five at most, evenly apart."""
        span = (self.last - self.first).days
        parts = min(4, span)
        return [self.first + dt.timedelta(days=span * part // parts) for part in range(parts + 1)] if parts else [self.first]


def _sizes() -> Iterator[int]:
    """Yield 1, 2, 5, 10, 20, 50 and so on."""
    size = 1
    while True:
        yield from (size, 2 * size, 5 * size)
        size *= 10


def _lines(points: Sequence[Point], scale: _Scale) -> Iterator[tuple[str, str, str]]:
    """Yield where each line begins and ends, and its path; one ends where there was no baseline."""
    path, start = "", ""
    for point, following in zip(points, [*points[1:], None], strict=True):
        if point.total is None:
            continue
        x, y = scale.x(point.day), scale.y(point.total)
        end = scale.x(following.day) if following else x
        start = start if path else x
        path += f" L{x},{y} L{end},{y}" if path else f"M{x},{y} L{end},{y}"
        if following is None or following.total is None:
            yield start, end, path
            path = ""
