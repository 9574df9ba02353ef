"""Which report formats there are, and that to name them costs nothing."""

from __future__ import annotations

import subprocess
import sys

import pytest

from kbtool.errors import UsageError
from kbtool.report_registry import BUILTIN_REPORTS, find_report, find_reports


def test_each_built_in_report_is_found_by_its_name() -> None:
    """The names of `--format`, in the order of the help."""
    assert list(BUILTIN_REPORTS) == ["text", "json", "markdown", "annotations", "azure", "sarif", "codequality", "junit"]
    assert set(find_reports()) >= set(BUILTIN_REPORTS)
    for name, module in BUILTIN_REPORTS.items():
        assert find_report(name) is sys.modules[module]


def test_an_unknown_name_is_an_error_that_says_the_nearest() -> None:
    """And all that there are."""
    with pytest.raises(UsageError, match=r"no report is called 'codequalty'; did you mean \"codequality\"\? \(one of text, json, markdown, "):
        find_report("codequalty")


def test_the_command_line_imports_no_report() -> None:
    """`kbtool --help` and `--version` do not pay for reports, nor does a run for those that it does not write."""
    code = "import sys, kbtool.cli; print(sorted(name for name in sys.modules if name.startswith(('kbtool.reports', 'xml', 'pydantic', 'importlib.metadata'))))"
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
