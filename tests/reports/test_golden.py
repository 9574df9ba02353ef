"""The whole output of each format: of a run that has everything, hostile text among it, and of one that found nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from kbtool import __version__
from kbtool.finding import Run
from kbtool.report_registry import BUILTIN_REPORTS, find_report

FILES = {
    "text": "text.txt", "json": "report.json", "markdown": "comment.md", "annotations": "annotations.txt", "azure": "azure.txt", "sarif": "report.sarif",
    "codequality": "codequality.json", "junit": "junit.xml",
}


def expected(path: Path) -> str:
    """Return what a golden file says, with the version of today."""
    return path.read_bytes().decode().replace("VERSION", __version__)


def test_every_format_has_a_golden_file() -> None:
    """A new format cannot be forgotten here."""
    assert set(FILES) == set(BUILTIN_REPORTS)


@pytest.mark.parametrize("name", BUILTIN_REPORTS)
def test_the_whole_report(made_run: Run, golden: Path, name: str) -> None:
    """Every part of a run has its place, and no text of a stranger is anything but text."""
    assert find_report(name).render(made_run) == expected(golden / FILES[name])


@pytest.mark.parametrize("name", BUILTIN_REPORTS)
def test_a_clean_run(clean_run: Run, golden: Path, name: str) -> None:
    """Nothing found is a complete document of its format; only commands to a build server there are none."""
    text = find_report(name).render(clean_run)
    assert text == expected(golden / f"clean-{FILES[name]}")
    assert bool(text) == (name not in ("annotations", "azure"))


@pytest.mark.parametrize("name", [name for name in BUILTIN_REPORTS if name != "text"])
def test_colour_does_not_reach_what_programs_read(made_run: Run, name: str) -> None:
    """FORCE_COLOR and terminals change only the report for people."""
    assert find_report(name).render(made_run, color=True) == find_report(name).render(made_run)
