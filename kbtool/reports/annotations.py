"""The report that shows findings at their lines in a pull request: workflow commands of GitHub Actions.

GitHub shows ten errors and ten warnings a step and drops the others without a word. So what weighs most comes first, a last
notice says how many more there are, and those are plain lines in the log.
https://docs.github.com/actions/reference/workflow-commands
"""

from __future__ import annotations

from collections.abc import Iterator

from kbtool.finding import Finding, Run, Severity
from kbtool.reports.notices import Notice, notices
from kbtool.reports.text import visible

LIMIT = 10  #: of errors, and of warnings


def render(run: Run, *, color: bool = False) -> str:
    """Return one command for each of what GitHub shows, and a line for each of what it does not."""
    del color
    return "".join(f"{line}\n" for line in _lines(run))


def _lines(run: Run) -> Iterator[str]:
    left: list[str] = []
    for severity in Severity:
        told = [notice for notice in notices(run) if notice.severity is severity]
        some = [finding for finding in run.findings if finding.severity is severity]
        room = max(0, LIMIT - len(told))
        yield from map(_notice, told[:LIMIT])
        yield from map(_command, some[:room])
        left += [*map(_plain_notice, told[LIMIT:]), *map(_plain, some[room:])]
    if left:
        more = f"{len(left)} more finding{'' if len(left) == 1 else 's'}"
        yield f"::notice title=kbtool::{more} than GitHub shows of a step; the log has all of them"
        yield f"::group::{more}"
        yield from left
        yield "::endgroup::"


def _notice(notice: Notice) -> str:
    return f"::{notice.severity.value} title={_property(f'kbtool: {notice.what}')}::{_data(f'{notice.who}: {notice.reason}')}"


def _command(finding: Finding) -> str:
    hint = f"%0A{_data(finding.hint)}" if finding.hint else ""
    title = _property(f"{finding.code} {finding.name}")
    place = f"file={_property(finding.path)},line={finding.line},col={finding.column},title={title}"
    return f"::{finding.severity.value} {place}::{_data(finding.message)}{hint}"


def _plain(finding: Finding) -> str:
    place = f"{finding.path}:{finding.line}:{finding.column}"
    return visible(f"{finding.severity.value} {finding.code} {place}: {finding.message}", None)


def _plain_notice(notice: Notice) -> str:
    return visible(f"{notice.severity.value} {notice.what}: {notice.who}: {notice.reason}", None)


def _data(text: str) -> str:
    """Return text as the data of a command: `visible` leaves no line end in it."""
    return visible(text, None).replace("%", "%25")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
