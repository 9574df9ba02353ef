"""The report for CI systems that show tests: JUnit XML, as Jenkins, GitLab and Azure Pipelines read it.

Each article is a suite. A finding is a case that failed; a warning is one that passed and says so; a finding that is silenced or
in the baseline was skipped; an article of which something is unknown has a case that was skipped; one without any of these is one
case that passed. A check that was skipped is skipped.
What is no verdict in any case, as a check that broke, is an error. The name of a case stays the same when lines move, so that a
server sees what is new.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from kbtool.finding import ArticleVerdict, Finding, Run, Severity, Skipped
from kbtool.reports.text import visible
from kbtool.reports.xml_text import xml_text

_COUNTED = {"failures": "failure", "errors": "error", "skipped": "skipped"}


def render(run: Run, *, color: bool = False) -> str:
    """Return the run as one document."""
    del color
    top = ET.Element("testsuites", name="kbtool")
    found: dict[str, list[Finding]] = {}
    for finding in (*run.findings, *run.suppressed, *(run.known or ())):
        found.setdefault(finding.path, []).append(finding)
    unknown = {article.path: article for article in run.unknown}
    known = {finding.fingerprint for finding in run.known or ()}
    for path in sorted({*found, *(article.path for article in run.articles)}):
        _article(top, path, found.get(path, ()), unknown.get(path), known)
    if run.skipped:
        _checks(top, run.skipped)
    _count(top)
    ET.indent(top)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(top, encoding="unicode")}\n'


def _article(
    top: ET.Element, path: str, findings: Iterable[Finding], unknown: ArticleVerdict | None, known: Collection[str],
) -> None:
    suite = ET.SubElement(top, "testsuite", name=xml_text(path))
    names: Counter[str] = Counter()
    for finding in sorted(findings, key=lambda finding: (finding.line, finding.column, finding.code, finding.message)):
        name = xml_text(visible(f"{finding.code} {finding.name} {finding.subject}".rstrip()))
        names[name] += 1
        case = _case(suite, path, name if names[name] == 1 else f"{name} ({names[name]})")
        why = str(finding.suppression) if finding.suppression else "in the baseline" if finding.fingerprint in known else ""
        _finding(case, finding, why)
    if unknown:
        _untold(_case(suite, path, "unknown"), "; ".join(unknown.unknown or unknown.reasons), grave=unknown.lasting)
    elif not names:
        _case(suite, path, "no findings")


def _case(suite: ET.Element, path: str, name: str) -> ET.Element:
    return ET.SubElement(suite, "testcase", classname=xml_text(path), name=name)


def _finding(case: ET.Element, finding: Finding, set_aside: str) -> None:
    case.set("file", xml_text(finding.path))
    case.set("line", str(finding.line))
    hint = f"\n→ {xml_text(finding.hint)}" if finding.hint else ""  # so that no line begins with what a stranger wrote
    said = xml_text(f"{finding.path}:{finding.line}:{finding.column}: {finding.message}") + hint
    if set_aside:
        _untold(case, f"{finding.message} ({set_aside})", grave=False)
    elif finding.severity is Severity.ERROR:
        ET.SubElement(case, "failure", type=finding.code, message=xml_text(finding.message)).text = said
    else:
        ET.SubElement(case, "system-out").text = f"warning: {said}"


def _checks(top: ET.Element, skipped: Sequence[Skipped]) -> None:
    suite = ET.SubElement(top, "testsuite", name="checks")
    for skip in skipped:
        _untold(_case(suite, "checks", xml_text(skip.check)), skip.reason, grave=skip.failed or skip.lasting)


def _untold(case: ET.Element, reason: str, *, grave: bool) -> None:
    ET.SubElement(case, "error" if grave else "skipped", message=xml_text(reason))


def _count(top: ET.Element) -> None:
    """Write into each suite, and into the whole, how many cases there are of each kind."""
    for suite in (*top, top):
        suite.set("tests", str(sum(1 for _ in suite.iter("testcase"))))
        for name, kind in _COUNTED.items():
            suite.set(name, str(sum(1 for _ in suite.iter(kind))))
