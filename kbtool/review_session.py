"""`kbtool review` at the terminal: shows the dossier of each article, asks, and stamps all of them or none."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import click

from kbtool import clock, shell
from kbtool.articles import Article
from kbtool.covers import MAIN, Code
from kbtool.errors import IncompleteError, UsageError
from kbtool.evidence import Evidence
from kbtool.finding import Run
from kbtool.git import Git
from kbtool.reports.text import visible
from kbtool.review import (
    ACCURATE,
    AT_ONCE,
    OUTCOMES,
    RETIRED,
    SKIP,
    Dossier,
    diff,
    dossier,
    refusal,
    retiring,
    reviewer,
    stamp_for,
    twins,
    uncommitted_files,
)
from kbtool.review_queue import Queue
from kbtool.review_report import dossier_text, queue_json, queue_markdown, queue_text
from kbtool.stamp import Stamp, apply, plan

_UNFINISHED = ("MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "rebase-merge", "rebase-apply")
#: What hooks leave behind and would lead a commit astray, and what would change how it reads the names of files.
_ASTRAY = frozenset({
    "GIT_DIR", "GIT_COMMON_DIR", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_WORK_TREE", "GIT_PREFIX", "GIT_LITERAL_PATHSPECS",
    "GIT_GLOB_PATHSPECS", "GIT_NOGLOB_PATHSPECS", "GIT_ICASE_PATHSPECS",
})
_NO_DIFF = "No landing can be named for the change, so there is no diff: read the covered files."
_TITLE = 60  #: characters of a title in the subject of a commit


@dataclass(frozen=True)
class Judged:
    """An article, what somebody found it to be, and what that leaves in it."""

    article: Article
    outcome: str
    stamp: Stamp


@dataclass(frozen=True)
class Session:
    """One call of `kbtool review`."""

    evidence: Evidence
    run: Run
    options: Mapping[str, Any]

    def queue(self, form: str, *, color: bool, width: int) -> str:
        """Return the queue in a format."""
        entries = Queue(self.evidence, self.run).entries(
            owners=self.options["owner"], areas=self.options["area"], everything=self.options["everything"])
        if form == "text":
            return queue_text(entries, color=color, width=width)
        return queue_json(entries) if form == "json" else queue_markdown(entries)

    def review(self, paths: Sequence[Path]) -> int:
        """Show these articles, ask or take the outcome that was given, stamp; return the exit code.

        Raises:
            UsageError: the outcome cannot be, by the evidence or by what was said.
            IncompleteError: an article cannot be stamped safely; none is then.
        """
        found = [shell.find_article(self.evidence, path) for path in paths]
        articles = {article.path: article for article in found}.values()
        if self.options["outcome"] and len(articles) > AT_ONCE:
            raise UsageError(f"{len(articles)} articles in one go are no review", kind="too-many",
                             hint=f"at most {AT_ONCE} at a time")
        judged = [one for article in articles if (one := self._judge(article))]
        if judged:
            return self._write(judged)
        shell.say(f"note: nothing was stamped{'' if self._asks else '; say --outcome, or run it in a terminal'}")
        return 0

    @property
    def _asks(self) -> bool:
        return sys.stdin.isatty() and sys.stdout.isatty()

    # ------------------------------------------------------------------------------------------ the outcome

    def _judge(self, article: Article) -> Judged | None:
        """Show an article, and return what became of it: the outcome that was given, or the answer of who was asked."""
        found = dossier(article, self.evidence, self.run)
        shell.write(dossier_text(found, color=shell.colors(sys.stdout), width=shell.width(sys.stdout)))
        outcome = self.options["outcome"]
        if not outcome and not self._asks:
            return None
        stamp = stamp_for(article, self.evidence, self._by)  # whatever forbids a review is said before anybody is asked
        outcome = self._confirmed(outcome, found) if outcome else self._ask(found)
        return None if outcome == SKIP else Judged(article, outcome, retiring(stamp) if outcome == RETIRED else stamp)

    @cached_property
    def _by(self) -> str:
        """Return who reviews; raises what speaks against any review here and today."""
        if self.evidence.today > clock.today():
            raise UsageError(f"--today: {self.evidence.today} is yet to come", kind="bad-date", hint="a review is made today")
        git = Git(self.evidence.config.root)
        for name in _UNFINISHED:
            path = git.ask("rev-parse", "--git-path", name)
            if path and (git.folder / os.fsdecode(path)).exists():
                raise IncompleteError("a merge or rebase is under way here", kind="unfinished-merge",
                                      hint="finish it, then review")
        mail = os.environ.get("GIT_AUTHOR_EMAIL") or (git.ask("config", "user.email") or b"").decode("utf-8", "replace")
        return reviewer(self.options["by"], self.evidence, mail.strip())

    def _confirmed(self, outcome: str, found: Dossier) -> str:
        sure = self.options["still_accurate"]
        if sure:
            self._show(found)
        problem = refusal(outcome, found, still_accurate=sure)
        if problem is not None:
            raise problem
        return outcome

    def _ask(self, found: Dossier) -> str:
        doubt = refusal(ACCURATE, found, still_accurate=False)
        if found.review.code is not None and click.confirm("Show what changed in the code?", default=True, err=True):
            self._show(found)
        while True:
            answer = str(click.prompt("This article is", type=click.Choice(OUTCOMES), default=SKIP, err=True))
            sure = answer == ACCURATE and doubt is not None and click.confirm(
                "You have read the code, and the article is still accurate?", default=False, err=True)
            problem = refusal(answer, found, still_accurate=sure)
            if problem is None:
                return answer
            shell.say(str(problem))

    def _show(self, found: Dossier) -> None:
        if found.review.code is not None:
            patch = diff(found.review.code, self.evidence)
            shell.write(visible_patch(patch or f"{_NO_DIFF}\n"))

    # ------------------------------------------------------------------------------------------ writing

    def _write(self, judged: Sequence[Judged]) -> int:
        loose = sorted({path for one in judged for path in uncommitted_files(one.article, self.evidence)})
        if self.options["commit"]:
            self._refuse_to_commit(judged, loose)
        problem = twins([one.stamp for one in judged], self.evidence)
        if problem is not None:
            raise problem
        planned = plan(self.evidence.config, [one.stamp for one in judged], force=self.options["force"],
                       add_front_matter=self.options["add_front_matter"])
        if self.options["dry_run"]:
            if planned.refusals:
                raise planned.refusals[0]
            shell.write(visible_patch(planned.diff()), nl=False)
            return 1 if planned.changes else 0
        written = apply(planned)
        for one in judged:
            owners = one.article.front_matter.owners
            if self._by not in owners:
                shell.say(f"note: {self._by} reviewed {one.article.path}, whose owners are {', '.join(owners) or 'nobody'}")
            state = "stamped" if one.article.path in written else "was stamped so already"
            shell.write(f"{visible(one.article.path, None)}: {one.outcome} ({state})")
        if loose:
            shell.say(f"note: signed as they are, so commit them together with the review: {', '.join(loose)}")
        if self.options["commit"]:
            self._commit([one for one in judged if one.article.path in written or self._path(one) in self._main.uncommitted])
        return 0

    @property
    def _main(self) -> Code:
        return self.evidence.reviews.code[MAIN]

    def _path(self, one: Judged) -> str:
        return self.evidence.reviews.prefix + one.article.path

    def _refuse_to_commit(self, judged: Sequence[Judged], loose: Sequence[str]) -> None:
        if loose:
            raise UsageError("it was reviewed with the article and is not committed", where=", ".join(loose),
                             kind="not-committed", hint="commit code, article and review together, without --commit")
        known = self._main.tree.paths - self._main.tree.untracked
        new = [one.article.path for one in judged if self._path(one) not in known]
        if new:
            raise UsageError("git does not know it yet", where=", ".join(new), kind="not-committed", hint="`git add` it first")

    def _commit(self, judged: Sequence[Judged]) -> None:
        """Commit the stamped articles alone, as the user would: with their name, their hooks and their signature."""
        if not judged:
            shell.say("note: there is nothing to commit")
            return
        what = f"{len(judged)} articles" if judged[1:] else visible(judged[0].article.title, _TITLE)
        lines = [f"Review {what}", "", *(f"{visible(one.article.path, None)}: {one.outcome}" for one in judged)]
        done = subprocess.run(  # noqa: S603 - the user's own git, to make the user's commit
            ["git", "-C", str(self.evidence.config.root), "commit", "--quiet", "--only", "-m", "\n".join(lines), "--",  # noqa: S607 - the one on the PATH
             *(f":(literal){one.article.path}" for one in judged)], check=False, stdout=sys.stderr,
            env={name: value for name, value in os.environ.items() if name not in _ASTRAY},
        )
        if done.returncode:
            raise IncompleteError("the articles are stamped, but git did not commit them", kind="not-committed",
                                  hint="see above, then commit them yourself")
        shell.say(f"committed: {lines[0]}")


def visible_patch(text: str) -> str:
    """Return a patch with what a terminal would obey written as an escape; lines are whole and end as they did."""
    found = []
    for line in text.split("\n")[:-1]:
        words = line.removesuffix("\r")
        found.append(f"{visible(words, None)}{line[len(words):]}\n")
    return "".join(found)
