"""What a check is: one class, one file, one fault; its docstring is its documentation, its fields are its options."""

from __future__ import annotations

import inspect
import re
from abc import ABC
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cache
from itertools import chain, repeat
from typing import Any, ClassVar

from kbtool.articles import Article
from kbtool.evidence import Evidence
from kbtool.finding import Finding, Severity, Unknown

__all__ = ["Article", "Check", "Evidence", "Finding", "Severity", "SkipCheck", "Unknown"]


DECIDES_READERS = "it decides who may read what"  #: why the findings of some checks can never be silenced


class SkipCheck(Exception):  # noqa: N818 - it is an outcome, not an error
    """Raised by a check that cannot judge, with the reason; the run says so and goes on.

    `lasting` says that its evidence is missing for good: no verdict then (exit code 3).
    """

    def __init__(self, reason: str, *, lasting: bool = False) -> None:
        super().__init__(reason)
        self.lasting = lasting


@dataclass(frozen=True)
class Check(ABC):
    """One check. A subclass gives `code`, `severity` and `check`, or `check_all` when it compares articles.

    A check is handed frozen evidence and yields findings; it never reads files, git, the network or the clock.
    """

    code: ClassVar[str]
    severity: ClassVar[Severity] = Severity.ERROR
    needs_history: ClassVar[bool] = False  #: it asks for `evidence.reviews`, and is skipped where there is no history
    uses_history: ClassVar[bool] = False  #: it asks for them, and can do without
    #: What it says of an article depends on that article, settings, tickets and the day alone, never on other articles or files.
    alone: ClassVar[bool] = False
    compares: ClassVar[bool] = False  #: it asks for `evidence.compared`, and runs only where there is something to compare with
    not_suppressible: ClassVar[str] = ""  #: why its findings can neither be silenced nor be known debt; "" where they can

    @classmethod
    @cache
    def name(cls) -> str:
        """Return the name that configuration and reports use: `ReviewOverdue` is `review-overdue`."""
        return re.sub(r"(?<!^)(?=[A-Z])", "-", cls.__name__).lower()

    @classmethod
    def waits(cls) -> bool:
        """Return whether it asks for history, so that it runs after those that need not wait for git."""
        return cls.needs_history or cls.uses_history

    @classmethod
    def documentation(cls) -> str:
        """Return the docstring as Markdown."""
        return inspect.getdoc(cls) or ""

    @classmethod
    def options(cls) -> Mapping[str, Any]:
        """Return the options and their defaults."""
        return {field.name: field.default for field in fields(cls)}

    def check_all(self, evidence: Evidence) -> Iterator[Finding | Unknown]:
        """Yield the findings of the whole knowledge base, or of the articles that are judged, and what cannot be known of them.

        Where a run is limited to a change, checks that ask for history look at the judged articles, and so do those that look at
        each article alone, where settings are as they were: of the other articles, they would say what they said before.
        """
        limited = evidence.compared is None or self.waits() or (self.alone and evidence.same_settings)
        return chain.from_iterable(map(self.check, evidence.judged if limited else evidence.articles, repeat(evidence)))

    def check(self, article: Article, evidence: Evidence) -> Iterator[Finding | Unknown]:
        """Yield the findings of one article, and what cannot be known about it."""
        del article, evidence
        return iter(())

    def finding(  # noqa: PLR0913 - one keyword for each part of a finding
        self, where: Article | str, message: str, *, line: int = 1, column: int = 1, hint: str = "", subject: str = "",
        severity: Severity | None = None, evidence: Mapping[str, Any] | None = None,
    ) -> Finding:
        """Return a finding of this check about an article, or a path; `subject` is what it is about there."""
        path = where if isinstance(where, str) else where.path
        return Finding(
            code=self.code, name=self.name(), severity=severity or self.severity, path=path, message=message, line=line,
            column=column, hint=hint, subject=subject, evidence=evidence or {},
        )

    def at_key(self, article: Article, key: str | tuple[str | int, ...], message: str, **more: Any) -> Finding:
        """Return a finding at the place of a front matter key (as its author wrote it, or line 1 without it)."""
        path = key if isinstance(key, tuple) else (key,)
        if article.aliases:
            written = {ours: theirs for theirs, ours in article.aliases.items() if (theirs,) in article.places}
            path = (written.get(str(path[0]), path[0]), *path[1:])
        place = article.place(*path)
        return self.finding(article, message, line=place.line, column=place.column, **more)
