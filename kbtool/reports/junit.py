"""The report for CI systems that show tests: JUnit XML, as Jenkins and GitLab read it.

Each article is a suite. A finding is a case that failed; a warning is one that passed and says so; an article without either is
one case that passed. A check that broke is an error, one that was skipped is skipped.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from itertools import groupby

from kbtool.finding import Finding, Run, Severity, Skipped
from kbtool.reports.text import visible

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(run: Run, *, color: bool = False) -> str:
    """Return the run as one document."""
    del color
    top = ET.Element("testsuites", name="kbtool")
    found = {path: list(some) for path, some in groupby(run.findings, key=lambda finding: finding.path)}
    for path in sorted({*found, *(article.path for article in run.articles)}):
        _suite(top, path, found.get(path, ()))
    if run.skipped:
        _checks(top, run.skipped)
    for name in ("tests", "failures", "errors", "skipped"):
        top.set(name, str(sum(int(suite.get(name, "0")) for suite in top)))
    ET.indent(top)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(top, encoding="unicode")}\n'


def _suite(top: ET.Element, path: str, findings: Sequence[Finding]) -> None:
    suite = ET.SubElement(top, "testsuite", name=_text(path), tests=str(len(findings) or 1), errors="0", skipped="0")
    suite.set("failures", str(sum(finding.severity is Severity.ERROR for finding in findings)))
    if not findings:
        ET.SubElement(suite, "testcase", classname=_text(path), name="no findings")
    for finding in findings:
        name = _text(f"{finding.code} {finding.name} at line {finding.line}")
        case = ET.SubElement(suite, "testcase", classname=_text(path), name=name, file=_text(path), line=str(finding.line))
        hint = f"\n{finding.hint}" if finding.hint else ""
        said = _text(f"{finding.path}:{finding.line}:{finding.column}: {finding.message}{hint}")
        if finding.severity is Severity.ERROR:
            ET.SubElement(case, "failure", type=finding.code, message=_text(finding.message)).text = said
        else:
            ET.SubElement(case, "system-out").text = f"warning: {said}"


def _checks(top: ET.Element, skipped: Sequence[Skipped]) -> None:
    failed = sum(skip.failed for skip in skipped)
    counts = {"tests": len(skipped), "failures": 0, "errors": failed, "skipped": len(skipped) - failed}
    suite = ET.SubElement(top, "testsuite", {"name": "checks", **{name: str(count) for name, count in counts.items()}})
    for skip in skipped:
        case = ET.SubElement(suite, "testcase", classname="checks", name=_text(skip.check))
        ET.SubElement(case, "error" if skip.failed else "skipped", message=_text(skip.reason))


def _text(text: str) -> str:
    """Return text without what XML cannot hold: `ElementTree` would write it all the same."""
    return _NOT_XML.sub("\ufffd", "\n".join(visible(line, None) for line in text.split("\n")))
