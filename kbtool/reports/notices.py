"""What a run could not tell: checks that broke or were skipped, and articles of which something is unknown.

A report that left it out would read as "nothing found".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kbtool.finding import Run, Severity

_NAMED = 3  #: articles that are named for one reason


@dataclass(frozen=True, slots=True)
class Notice:
    """One reason for which a run could not tell something, and all that it holds for.

    `what` is `broke`, `skipped` or `unknown`; `names` are checks, or paths of articles. It is as grave as an error when it is no
    verdict in any case (exit code 3), else a warning.
    """

    what: str
    reason: str
    names: tuple[str, ...]
    severity: Severity = Severity.WARNING

    @property
    def who(self) -> str:
        """Return the names on one line, of many articles only the first."""
        named = self.names[:_NAMED] if self.what == "unknown" else self.names
        more = len(self.names) - len(named)
        return ", ".join(named) + (f" and {more} more" if more else "")


def notices(run: Run) -> tuple[Notice, ...]:
    """Return what a run could not tell, the gravest first, all that has one reason together."""
    found = [*skips(run), *unknowns(run)]
    return tuple(sorted(found, key=lambda notice: notice.severity is not Severity.ERROR))


def skips(run: Run) -> Iterator[Notice]:
    """Yield which checks did not run."""
    names: dict[tuple[bool, bool, str], list[str]] = {}
    for skip in run.skipped:
        names.setdefault((skip.failed, skip.failed or skip.lasting, skip.reason), []).append(skip.check)
    for (failed, grave, reason), checks in names.items():
        yield Notice("broke" if failed else "skipped", reason, tuple(checks), _weight(grave=grave))


def unknowns(run: Run, *, judged: bool = False) -> Iterator[Notice]:
    """Yield of which articles something is unknown, unless it is a skipped check that says why.

    With `judged`, only evidence that is missing; what cannot be known of an article that is broken has a finding as well.
    """
    told = {skip.reason for skip in run.skipped}
    paths: dict[tuple[str, bool], list[str]] = {}
    for article in run.unknown:
        for reason in article.unknown or (() if judged else article.reasons):
            if reason not in told:
                paths.setdefault((reason, article.lasting), []).append(article.path)
    for (reason, lasting), names in paths.items():
        yield Notice("unknown", reason, tuple(names), _weight(grave=lasting))


def _weight(*, grave: bool) -> Severity:
    return Severity.ERROR if grave else Severity.WARNING
