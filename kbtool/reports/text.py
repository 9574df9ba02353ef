"""The report for people: grouped by article, with the line it is about, a marker under it, and what to do."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import groupby

from kbtool.finding import Finding, Run, Severity

_STYLES = {"error": "1;31", "warning": "1;33", "path": "1", "dim": "2", "hint": "36", "good": "1;32"}
_UNSAFE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\n]")
_WORD, _NO_TAB = re.compile(r":{3,}|[^\s:()\[\]]+|."), re.compile(r"[^\t]")
_LONGEST = 200
_NAMED = 3  #: articles that are named for one reason
Paint = Callable[[str, str], str]  #: style and text to what is written


def render(run: Run, *, color: bool = False) -> str:
    """Return the findings of a run as text; with `color`, for a terminal."""
    paint = painter(color=color)
    blocks = []
    for path, findings in groupby(run.findings, key=lambda finding: finding.path):
        lines = [line for finding in findings for line in _finding(finding, paint)]
        blocks.append("\n".join([paint("path", visible(path)), *lines]))
    blocks += _unknown(run, paint)
    for (failed, reason), names in _skipped(run).items():
        word, style = ("broke", "error") if failed else ("skipped", "warning")
        blocks.append(paint(style, f"{word}: ") + visible(f"{', '.join(names)}: {reason}", None))
    return "\n\n".join([*blocks, _summary(run, paint)]) + "\n"


def _skipped(run: Run) -> dict[tuple[bool, str], list[str]]:
    """Return the checks that did not run, those for one reason together."""
    found: dict[tuple[bool, str], list[str]] = {}
    for skip in run.skipped:
        found.setdefault((skip.failed, skip.reason), []).append(skip.check)
    return found


def _unknown(run: Run, paint: Paint) -> Iterator[str]:
    """Yield which evidence is missing, the articles with one reason together; findings say what else is unknown."""
    by_reason: dict[str, list[str]] = {}
    for found in run.unknown:
        for reason in found.unknown:
            by_reason.setdefault(reason, []).append(found.path)
    told = {skip.reason for skip in run.skipped}
    for reason, paths in by_reason.items():
        if reason in told:
            continue
        more = f" and {len(paths) - _NAMED} more" if len(paths) > _NAMED else ""
        yield paint("warning", "unknown: ") + visible(reason, None) + f"\n  {visible(', '.join(paths[:_NAMED]))}{more}"


def visible(text: str, longest: int | None = _LONGEST) -> str:
    """Return text with everything that a terminal would obey, or not show, written as an escape.

    It is cut at `longest` characters; with None it is not, as befits a command that somebody is to copy.
    """
    short = text if longest is None or len(text) <= longest else f"{text[:longest]}…"
    if not short.isprintable():
        short = _UNSAFE.sub(lambda match: _escape(match[0]), short)
    return short.replace("##[", "##\\[")


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
        yield paint("dim", f"  {finding.line:>7} | ") + visible(finding.excerpt)
        yield paint("dim", f"  {'':>7} | ") + paint(severity, _marker(finding))
    if finding.hint:
        yield f"  {'':>7} {paint('hint', f'→ {visible(finding.hint, None)}')}"


def _marker(finding: Finding) -> str:
    """Return carets under the word that the finding starts at, in the line as it is shown."""
    before = visible(finding.excerpt[: finding.column - 1])
    rest = finding.excerpt[finding.column - 1 :]
    word = _WORD.match(rest)
    return _NO_TAB.sub(" ", before) + "^" * max(1, len(visible(word[0])) if word else 1)


def _summary(run: Run, paint: Paint) -> str:
    errors, warnings = run.count(Severity.ERROR), run.count(Severity.WARNING)
    parts = [
        _count(errors, "error"), _count(warnings, "warning"), f"{len(run.unknown)} unknown",
        _count(len(run.articles), "article"), f"{len(run.skipped)} skipped",
    ]
    codes = {reason: " ".join(name.partition(" ")[0] for name in names) for (_, reason), names in _skipped(run).items()}
    reasons = "; ".join(visible(f"{checks}: {reason}", None) for reason, checks in codes.items())
    style = "error" if errors else "warning" if warnings else "good"
    return paint(style, ", ".join(parts)) + (f" ({reasons})" if reasons else "")


def _count(n: int, word: str) -> str:
    return f"{n} {word}{'' if n == 1 else 's'}"
