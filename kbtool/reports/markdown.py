"""The report for a comment on a pull request and for a step's summary: Markdown, by article, with owners and what to run."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from kbtool.finding import Finding, Run, Severity
from kbtool.reports.markdown_text import code, escaped

MARK = "<!-- kbtool check -->"  #: the first line of a comment, by which a workflow finds the one to replace
_LONGEST = 60_000  #: characters of a comment; GitHub takes 65,536
_SIGNS = {Severity.ERROR: "❌", Severity.WARNING: "⚠️"}


def render(run: Run, *, color: bool = False) -> str:
    """Return the findings of a run as one comment, cut with a word on how much is left out."""
    del color
    lines, left = [MARK, _head(run), ""], _LONGEST
    for block in _blocks(run):
        left -= len(block) + 1
        if left < 0:
            lines += ["… and more: `kbtool check` shows all of it."]
            break
        lines.append(block)
    return "\n".join(lines).rstrip("\n") + "\n"


def _head(run: Run) -> str:
    errors, warnings = run.count(Severity.ERROR), run.count(Severity.WARNING)
    parts = [_count(errors, "error"), _count(warnings, "warning")]
    parts += [f"{len(run.unknown)} unknown"] if run.unknown else []
    return f"### {', '.join(parts)} in {_count(len(run.articles), 'article')}" if run.findings or run.unknown else (
        f"### Nothing to report in {_count(len(run.articles), 'article')}")


def _blocks(run: Run) -> Iterator[str]:
    """Yield the articles, those with errors first, then what is not known and what did not run."""
    grouped = [(path, list(some)) for path, some in groupby(run.findings, key=lambda finding: finding.path)]
    for path, findings in sorted(grouped, key=lambda one: all(found.severity is not Severity.ERROR for found in one[1])):
        yield "\n".join([f"**{code(path)}**{_owners(findings)}", "", *map(_finding, findings), ""])
    for article in run.unknown:
        reasons = "; ".join(article.unknown or article.reasons)
        yield f"- {code(article.path)}: unknown: {escaped(reasons)}"
    for skip in run.skipped:
        yield f"- {escaped(skip.check)} {'broke' if skip.failed else 'was skipped'}: {escaped(skip.reason)}"


def _owners(findings: list[Finding]) -> str:
    owners = ", ".join(escaped(owner) for owner in findings[0].owners)
    return f" ({owners})" if owners else ""


def _finding(finding: Finding) -> str:
    hint = f"<br>→ {escaped(finding.hint)}" if finding.hint else ""
    return f"- {_SIGNS[finding.severity]} {finding.code} line {finding.line}: {escaped(finding.message)}{hint}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
