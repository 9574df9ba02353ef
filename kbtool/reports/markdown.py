"""The report for a comment on a pull request and for a step's summary: Markdown, by article, with owners and what to run."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from itertools import groupby

from kbtool.finding import SETTLED_BY_REVIEW, Finding, Run, Severity
from kbtool.reports.markdown_text import code, escaped
from kbtool.reports.notices import notices
from kbtool.reports.text import set_aside

MARK = "<!-- kbtool check -->"  #: the first line of a comment, by which a workflow finds the one to replace
_LONGEST = 60_000  #: bytes of a comment; GitHub takes 65,536 characters, or fewer of those that are wide
_SIGNS = {Severity.ERROR: "❌", Severity.WARNING: "⚠️"}


def render(run: Run, *, color: bool = False) -> str:
    """Return the findings of a run as one comment; where it would be too long, it says how many are left out."""
    del color
    lines, left, told = [MARK, _head(run), ""], _LONGEST, 0
    for findings, block in _blocks(run):
        left -= len(block.encode()) + 1
        if left < 0:
            break
        lines.append(block)
        told += findings
    if told < len(run.findings):
        lines += ["", f"… and {_count(len(run.findings) - told, 'more finding')}.", ""]
    return "\n".join([*lines, *_commands(run)]).rstrip("\n") + "\n"


def _head(run: Run) -> str:
    errors, warnings = run.count(Severity.ERROR), run.count(Severity.WARNING)
    parts = [_count(errors, "error"), _count(warnings, "warning")] if run.findings else []
    parts += set_aside(run)
    parts += [f"{len(run.unknown)} unknown"] if run.unknown else []
    parts += [f"{_count(len(run.skipped), 'check')} did not run"] if run.skipped else []
    head = f"### {', '.join(parts) or 'Nothing to report'} in {_count(len(run.articles), 'article')}"
    if run.diff:
        head += f"\n\n{_count(run.diff.left_alone, 'other article')} left alone, compared with {code(run.diff.name)}"
    return head


def _blocks(run: Run) -> Iterator[tuple[int, str]]:
    """Yield what the run could not tell, then the articles, those with errors first: how many findings, and the lines."""
    for notice in notices(run):
        yield 0, f"- {_SIGNS[notice.severity]} {notice.what}: {escaped(notice.who)}: {escaped(notice.reason)}"
    grouped = [(path, list(some)) for path, some in groupby(run.findings, key=lambda finding: finding.path)]
    for path, findings in sorted(grouped, key=lambda one: all(found.severity is not Severity.ERROR for found in one[1])):
        first, *others = map(_finding, findings)
        yield 1, f"\n**{code(path)}**{_owners(findings)}\n\n{first}"
        yield from ((1, line) for line in others)


def _owners(findings: list[Finding]) -> str:
    owners = ", ".join(escaped(owner) for owner in findings[0].owners)
    return f" ({owners})" if owners else ""


def _finding(finding: Finding) -> str:
    hint = f"<br>→ {escaped(finding.hint)}" if finding.hint else ""
    return f"- {_SIGNS[finding.severity]} {escaped(finding.code)} line {finding.line}: {escaped(finding.message)}{hint}"


def _commands(run: Run) -> Iterator[str]:
    """Yield the commands that show it all, say what a finding means, and record that an article is right."""
    start = f"kbtool -C {shlex.quote(run.folder.rstrip('/'))}" if run.folder else "kbtool"
    if run.complete and not run.findings and not run.paid:
        return
    limited = f" --diff {shlex.quote(run.diff.name)}" if run.diff else ""
    yield f"\n- To see it: {code(f'{start} check{limited}', None)}"
    if run.paid:
        yield f"- {_count(run.paid, 'fault')} of the baseline mended: {code(f'{start} baseline --shrink', None)} takes note of it"
    if run.findings:
        yield f"- What it means and how to mend it: {code(f'{start} explain {run.findings[0].code}', None)}"
    old = next((finding.path for finding in run.findings if finding.code in SETTLED_BY_REVIEW), None)
    if old:
        yield f"- If the article is still right: {code(f'{start} review {shlex.quote(old)}', None)}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
