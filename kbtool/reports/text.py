"""The report for people: grouped by article, with the line it is about, a marker under it, and what to do."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import groupby

from kbtool.finding import Diff, Finding, Run, Severity
from kbtool.reports.notices import Notice, skips, unknowns

_STYLES = {"error": "1;31", "warning": "1;33", "path": "1", "dim": "2", "hint": "36", "good": "1;32"}
_UNSAFE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\n]")
_WORD, _NO_TAB = re.compile(r":{3,}|[^\s:()\[\]]+|."), re.compile(r"[^\t]")
_COMMAND = re.compile(r"##([A-Za-z]*)\[")  #: to GitHub (`##[`), to Azure Pipelines (`##vso[`), to TeamCity (`##teamcity[`)
LONGEST = 200  #: characters of a text that is shown
Paint = Callable[[str, str], str]  #: style and text to what is written


def render(run: Run, *, color: bool = False) -> str:
    """Return the findings of a run as text; with `color`, for a terminal."""
    paint = painter(color=color)
    blocks = []
    for path, findings in groupby(run.findings, key=lambda finding: finding.path):
        lines = [line for finding in findings for line in _finding(finding, paint)]
        blocks.append("\n".join([paint("path", _at_start(path)), *lines]))
    blocks += [_unknown(notice, paint) for notice in unknowns(run, judged=True)]
    blocks += [_skip(notice, paint) for notice in skips(run)]
    blocks += [paint("hint", paid(run))] if run.paid else []
    return "\n\n".join([*blocks, _summary(run, paint)]) + "\n"


def _unknown(notice: Notice, paint: Paint) -> str:
    return f"{paint('warning', 'unknown: ')}{visible(notice.reason, None)}\n  {_at_start(notice.who, None)}"


def _skip(notice: Notice, paint: Paint) -> str:
    style = "error" if notice.what == "broke" else "warning"
    return paint(style, f"{notice.what}: ") + visible(f"{notice.who}: {notice.reason}", None)


def _at_start(text: str, longest: int | None = LONGEST) -> str:
    """Return text for the start of a line, where `::` would begin a command to a build server."""
    shown = visible(text, longest)
    return f"\\{shown}" if shown.lstrip().startswith("::") else shown


def visible(text: str, longest: int | None = LONGEST) -> str:
    """Return text with everything that a terminal would obey, or not show, written as an escape.

    It is cut at `longest` characters; with None it is not, as befits a command that somebody is to copy.
    """
    short = text if longest is None or len(text) <= longest else f"{text[:longest]}…"
    if not short.isprintable():
        short = _UNSAFE.sub(lambda match: _escape(match[0]), short)
    return _COMMAND.sub(r"##\1\\[", short) if "##" in short else short


def _escape(char: str) -> str:
    if "\udc80" <= char <= "\udcff":  # how Python reads a byte of a file's name that is not UTF-8
        return f"\\x{ord(char) - 0xDC00:02x}"
    return char.encode("unicode_escape").decode("ascii")


def painter(*, color: bool) -> Paint:
    """Return what writes text in a style, for a terminal or for anything else."""
    return _colored if color else _plain


def _plain(style: str, text: str) -> str:
    del style
    return text


def _colored(style: str, text: str) -> str:
    return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if text else ""


def _finding(finding: Finding, paint: Paint) -> Iterator[str]:
    where, severity = f"{finding.line}:{finding.column}", finding.severity.value
    head = paint(severity, f"{severity} {finding.code}")
    yield f"  {where:<7} {head} {visible(finding.message)} {paint('dim', f'[{finding.name}]')}"
    if finding.excerpt.strip():
        yield paint("dim", f"  {finding.line:>7} | ") + "…" * bool(finding.excerpt_from) + visible(finding.excerpt)
        yield paint("dim", f"  {'':>7} | ") + paint(severity, _marker(finding))
    if finding.hint:
        yield f"  {'':>7} {paint('hint', f'→ {visible(finding.hint, None)}')}"


def _marker(finding: Finding) -> str:
    """Return carets under the word that the finding starts at, in the line as it is shown."""
    at = finding.column - 1 - finding.excerpt_from
    before = " " * bool(finding.excerpt_from) + (_NO_TAB.sub(" ", visible(finding.excerpt[:at])) if at else "")
    word = _WORD.match(finding.excerpt[at:])
    return before + "^" * max(1, len(visible(word[0])) if word else 1)


def _summary(run: Run, paint: Paint) -> str:
    errors, warnings = run.count(Severity.ERROR), run.count(Severity.WARNING)
    parts = [
        _count(errors, "error"), _count(warnings, "warning"), *set_aside(run), f"{len(run.unknown)} unknown",
        _count(len(run.articles), "article"), f"{len(run.skipped)} skipped",
    ]
    reasons = "; ".join(
        visible(f"{' '.join(name.partition(' ')[0] for name in notice.names)}: {notice.reason}", None) for notice in skips(run)
    )
    style = "error" if errors else "warning" if warnings else "good"
    return paint(style, ", ".join(parts)) + (f" ({reasons})" if reasons else "") + (_left_alone(run.diff) if run.diff else "")


def _left_alone(diff: Diff) -> str:
    left = _count(diff.left_alone, "other article")
    return f"\n{left} left alone (compared with {visible(diff.name)}, {diff.base[:12]})"


def set_aside(run: Run) -> list[str]:
    """Return how many findings do not fail the run, and why, where there are any."""
    silenced = [f"{len(run.suppressed)} silenced"] if run.suppressed else []
    return silenced + ([f"{len(run.known)} in the baseline"] if run.known else [])


def paid(run: Run) -> str:
    """Return how many entries of the baseline are not needed any more, and what to do."""
    are = "entry of the baseline is" if run.paid == 1 else "entries of the baseline are"
    return f"{run.paid} {are} paid off: `kbtool baseline --shrink` takes {'it' if run.paid == 1 else 'them'} out"


def _count(n: int, word: str) -> str:
    return f"{n} {word}{'' if n == 1 else 's'}"
