"""Which report formats there are, built in and installed. One is imported when it is asked for; to name them costs nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from kbtool.finding import Run

GROUP = "kbtool.reports"
BUILTIN_REPORTS: Mapping[str, str] = {
    "text": "kbtool.reports.text", "json": "kbtool.reports.json", "markdown": "kbtool.reports.markdown",
    "annotations": "kbtool.reports.annotations", "azure": "kbtool.reports.azure", "sarif": "kbtool.reports.sarif",
    "codequality": "kbtool.reports.codequality", "junit": "kbtool.reports.junit",
}


class Report(Protocol):
    """What a report is: a module with this function."""

    def render(self, run: Run, *, color: bool = False) -> str:
        """Return a run as text; `color` is true only where the text goes to a terminal."""
        ...


def find_reports() -> dict[str, EntryPoint]:
    """Return format → where its module is, built in and installed; raises ConfigError for a name that is there twice."""
    from importlib.metadata import EntryPoint

    from kbtool.installed import points

    builtin = {name: EntryPoint(name, module, GROUP) for name, module in BUILTIN_REPORTS.items()}
    return {**builtin, **points(GROUP, builtin)}


def find_report(name: str) -> Report:
    """Return the report of that name.

    Raises:
        UsageError: there is none; it says the nearest.
        ConfigError: an installed one cannot be loaded, or is no report.
    """
    from kbtool.errors import ConfigError, UsageError
    from kbtool.installed import load

    known = find_reports()
    if name not in known:
        from kbtool.config import did_you_mean

        raise UsageError(f"no report is called {name!r}{did_you_mean(name, known)}", kind="no-such-report",
                         hint=f"one of {', '.join(known)}")
    report: Report = load(known[name])
    if not callable(getattr(report, "render", None)):
        raise ConfigError(f"the entry point {name} ({known[name].value}) has no function `render`", kind="bad-plugin",
                          hint="it must name a module with `render(run, *, color=False) -> str`")
    return report
