"""`kbtool review` at the terminal: shows the dossier of each article, asks, and stamps all of them or none."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from kbtool import clock, shell
from kbtool.articles import Article
from kbtool.errors import IncompleteError, UsageError
from kbtool.evidence import Evidence
from kbtool.finding import Run
from kbtool.git import Git
from kbtool.journal import digest
from kbtool.reports.text import visible
from kbtool.review import ACCURATE, AT_ONCE, OUTCOMES, SKIP, Dossier, Queue, diff, dossier, refusal, reviewer, stamp_for
from kbtool.review_report import dossier_text, queue_json, queue_markdown, queue_text
from kbtool.stamp import Stamp, apply, plan

_UNFINISHED = ("MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "rebase-merge", "rebase-apply")
_HERE = ("GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE", "GIT_PREFIX")  #: what hooks leave behind and would lead a commit astray


@dataclass(frozen=True)
class Session:
    """One call of `kbtool review`."""

    evidence: Evidence
    run: Run
    options: Mapping[str, Any]

    def queue(self, form: str) -> str:
        """Return the queue in a format."""
        entries = Queue(self.evidence, self.run).entries(
            owners=self.options["owner"], areas=self.options["area"], everything=self.options["everything"])
        if form == "text":
            return queue_text(entries, color=shell.colors(sys.stdout))
        return queue_json(entries) if form == "json" else queue_markdown(entries)

    def review(self, paths: Sequence[Path]) -> int:
        """Show these articles, ask or take the outcome that was given, stamp; return the exit code.

        Raises:
            UsageError: the outcome cannot be, by the evidence or by what was said.
            IncompleteError: an article cannot be stamped safely; none is then.
        """
        articles = [self.article(path) for path in dict.fromkeys(paths)]
        outcome = self.options["outcome"]
        if outcome and len(articles) > AT_ONCE:
            raise UsageError(f"{len(articles)} articles in one go are no review", kind="too-many",
                             hint=f"at most {AT_ONCE} at a time")
        seen = {article.path: digest((self.evidence.config.root / article.path).read_bytes()) for article in articles}
        decided = {article.path: self._decide(article, outcome) for article in articles}
        if set(decided.values()) <= {SKIP}:
            if not outcome and not self._asks:
                shell.say("note: nothing was stamped; say --outcome, or run it in a terminal")
            return 0
        self._refuse_unfinished()
        by = reviewer(self.options["by"], self.evidence, self._identity())
        stamps = [
            stamp_for(article, self.evidence, decided[article.path], by, self._day(), seen=seen[article.path])
            for article in articles if decided[article.path] != SKIP
        ]
        return self._write(stamps, decided, by, articles)

    @property
    def _asks(self) -> bool:
        return sys.stdin.isatty() and sys.stdout.isatty()

    def article(self, path: Path) -> Article:
        """Return the article that a path names; raises UsageError where it names none."""
        return shell.find_article(self.evidence, path)

    # ------------------------------------------------------------------------------------------ the outcome

    def _decide(self, article: Article, outcome: str | None) -> str:
        """Show an article and return what became of it."""
        found = dossier(article, self.evidence, self.run)
        shell.write(dossier_text(found, color=shell.colors(sys.stdout)))
        if outcome is None:
            return self._ask(found) if self._asks else SKIP
        if self.options["still_accurate"] and found.review.code is not None:
            self._show(found)
        problem = refusal(outcome, found, still_accurate=self.options["still_accurate"])
        if problem is not None:
            raise problem
        return outcome

    def _ask(self, found: Dossier) -> str:
        changed = found.review.code is not None
        if changed and click.confirm("Show what changed in the code?", default=True, err=True):
            self._show(found)
        while True:
            answer = str(click.prompt("This article is", type=click.Choice(OUTCOMES), default=SKIP, err=True))
            sure = answer == ACCURATE and changed and click.confirm(
                "You have read the change, and the article is still accurate?", default=False, err=True)
            problem = refusal(answer, found, still_accurate=sure)
            if problem is None:
                return answer
            shell.say(str(problem))

    def _show(self, found: Dossier) -> None:
        patch = diff(found.review.code, self.evidence) if found.review.code else ""
        for line in patch.splitlines() or ["no landing can be named for the change, so there is no diff; read the covered files"]:
            shell.write(visible(line))

    # ------------------------------------------------------------------------------------------ writing

    def _day(self) -> dt.date:
        """Return the day of the review: nobody reviews tomorrow."""
        if self.evidence.today > clock.today():
            raise UsageError(f"--today: {self.evidence.today} is yet to come", kind="bad-date", hint="a review is made today")
        return self.evidence.today

    def _write(self, stamps: Sequence[Stamp], decided: Mapping[str, str], by: str, articles: Sequence[Article]) -> int:
        planned = plan(self.evidence.config, stamps, force=self.options["force"])
        if self.options["dry_run"]:
            if planned.refusals:
                raise planned.refusals[0]
            shell.write(visible_patch(planned.diff()), nl=False)
            return 1 if planned.changes else 0
        stamped = [article for article in articles if decided[article.path] != SKIP]
        loose = sorted({path for article in stamped for path in dossier(article, self.evidence, self.run).uncommitted})
        if self.options["commit"] and loose:
            raise UsageError(f"{', '.join(loose[:3])} is not committed and was reviewed with the article", kind="not-committed",
                             hint="commit code, article and review together, without --commit")
        written = apply(planned)
        for article in stamped:
            owners = article.front_matter.owners
            if by not in owners:
                shell.say(f"note: {by} reviewed {article.path}, whose owners are {', '.join(owners) or 'nobody'}")
            state = "stamped" if article.path in written else "was stamped so already"
            shell.write(f"{article.path}: {decided[article.path]} ({state})")
        if loose:
            shell.say(f"note: commit these together with the review, which has signed them as they are: {', '.join(loose)}")
        if self.options["commit"] and written:
            _commit(self.evidence, stamped, decided)
        return 0

    def _git(self) -> Git:
        return Git(self.evidence.config.root)

    def _identity(self) -> str | None:
        mail = os.environ.get("GIT_AUTHOR_EMAIL") or (self._git().ask("config", "user.email") or b"").decode("utf-8", "replace")
        return mail.strip() or None

    def _refuse_unfinished(self) -> None:
        git = self._git()
        for name in _UNFINISHED:
            path = git.ask("rev-parse", "--git-path", name)
            if path and (git.folder / os.fsdecode(path)).exists():
                raise IncompleteError("a merge or rebase is under way here", where=str(git.top), kind="unfinished-merge",
                                      hint="finish it, then review")


def visible_patch(text: str) -> str:
    """Return a patch with what a terminal would obey written as an escape."""
    return "".join(f"{visible(line)}\n" for line in text.splitlines())


def _commit(evidence: Evidence, articles: Sequence[Article], decided: Mapping[str, str]) -> None:
    """Commit the stamped articles alone, as the user would: with their name, their hooks and their signature."""
    titles = [article.title for article in articles]
    subject = f"Review {titles[0]}: {decided[articles[0].path]}" if len(titles) == 1 else f"Review {len(titles)} articles"
    body = "".join(f"\n{article.path}: {decided[article.path]}" for article in articles) if len(titles) > 1 else ""
    environment = {name: value for name, value in os.environ.items() if name not in _HERE} | {"GIT_LITERAL_PATHSPECS": "1"}
    done = subprocess.run(  # noqa: S603 - the user's own git, to make the user's commit
        ["git", "-C", str(evidence.config.root), "commit", "--quiet", "--only", "-m", f"{subject}\n{body}", "--",  # noqa: S607
         *(article.path for article in articles)], check=False, capture_output=True, env=environment,
    )
    if done.returncode:
        said = (done.stderr or done.stdout).decode("utf-8", "replace").strip().splitlines()
        why = visible(said[-1]) if said else "it failed"
        raise IncompleteError(f"the articles are stamped, but git did not commit them: {why}", kind="not-committed",
                              hint="commit them yourself")
    shell.say(f"committed: {visible(subject)}")
