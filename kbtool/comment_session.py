"""`kbtool comment`: makes the review that a comment asks for, in a work tree of its own, and words the answer.

The pull request decides nothing: settings, registers and checks are those of the main branch, and none of its code is run.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from kbtool import shell
from kbtool.articles import Article, with_content
from kbtool.changes import ChangedFile, changed_files, find_span
from kbtool.comment import Command, RefusedError, Request, may_review, owners_of, refuse_request
from kbtool.errors import IncompleteError, KbtoolError
from kbtool.evidence import Evidence
from kbtool.finding import Run
from kbtool.git import Git
from kbtool.reports.markdown_text import code, escaped
from kbtool.reports.text import visible
from kbtool.review import ACCURATE, AT_ONCE, dossier, refusal, stamp_for, twins
from kbtool.stamp import Stamp, apply, plan

MARK = "<!-- kbtool comment -->"


@dataclass(frozen=True)
class Done:
    """A review that was made: its commit, the articles, and those of the pull request that others answer for."""

    commit: str
    reviewed: tuple[Article, ...]
    left: tuple[Article, ...] = ()


def carry_out(request: Request, command: Command, root: Path) -> Done:
    """Make the review that a comment asks for, as a commit on top of the pull request that no branch has yet.

    Args:
        request: who asks, and of which pull request.
        command: what they ask for.
        root: the knowledge base in a clone that has all branches; its own checkout is left alone.

    Raises:
        RefusedError: it may not be done.
        KbtoolError: it cannot be done.
    """
    refuse_request(request)
    top = Git(Git(root).top)
    base, head = (_known(top, name) for name in (f"refs/remotes/origin/{request.main}", request.head))
    with _work_tree(top, head) as folder:
        inside = folder / root.resolve().relative_to(top.folder.resolve())
        if os.path.lexists(inside / ".kbtool"):  # where a review puts what it writes, and a symlink may lead anywhere
            raise RefusedError("the branch has a folder .kbtool, which is not its own", kind="not-allowed", hint="remove it")
        options = {"untrusted": True, "base": base, "no_cache": True, "no_git": False, "today": None}
        evidence, run = shell.run_checks(inside, options, (), history=True)
        session = _Session(request, command, Git(folder), base, evidence, run)
        return session.review()


def _known(git: Git, name: str) -> str:
    found = git.commit(name)
    if found is None:
        raise RefusedError("the branch is not in this clone as GitHub has it", kind="not-allowed", hint="write the comment again")
    return found


@contextmanager
def _work_tree(git: Git, commit: str) -> Iterator[Path]:
    """Check a commit out in a folder of its own, for as long as it is needed."""
    with tempfile.TemporaryDirectory(prefix="kbtool-comment-") as scratch:
        folder = Path(scratch).resolve() / "tree"
        git.run("worktree", "add", "--quiet", "--detach", str(folder), commit)
        try:
            yield folder
        finally:
            git.run("worktree", "remove", "--force", str(folder))


@dataclass(frozen=True)
class _Session:
    """One review, once it is known that it may be asked for."""

    request: Request
    command: Command
    git: Git
    base: str
    evidence: Evidence
    run: Run

    def review(self) -> Done:
        """Judge all articles, then stamp them, then commit."""
        mine = owners_of(self.request.login, self.evidence.owners, self.evidence.today)
        asked = self._named() if self.command.paths else self._changed()
        owned = [(article, may_review(self._owners(article), mine)) for article in asked]
        others = tuple(article for article, by in owned if not by)
        if others and (self.command.paths or len(others) == len(owned)):
            raise RefusedError(f"{self.request.login} does not answer for {_names(others)}", kind="not-allowed",
                               hint=f"owners are {', '.join(dict.fromkeys(o for a in others for o in a.front_matter.owners))}")
        judged = [(article, by) for article, by in owned if by]
        if len(judged) > AT_ONCE:
            raise RefusedError(f"{len(judged)} articles in one go are no review", kind="too-many",
                               hint=f"name at most {AT_ONCE} of them in the comment")
        stamps = [self._stamp(article, by) for article, by in judged]
        problem = twins(stamps, self.evidence)
        if problem is not None:
            raise RefusedError(problem.message, where=problem.where, kind=problem.kind, hint=problem.hint)
        planned = plan(self.evidence.config, stamps)
        apply(planned)
        articles = tuple(article for article, _ in judged)
        return Done(self._commit(articles) if planned.changes else "", articles, others)

    def _named(self) -> list[Article]:
        known = {self._path(article): article for article in self.evidence.articles}
        known |= {article.path: article for article in self.evidence.articles}
        missing = [path for path in self.command.paths if path not in known]
        if missing:
            raise RefusedError(f"there is no article {missing[0]!r}", kind="no-such-path",
                               hint="name its file as the pull request does, such as content/export.md")
        return [known[path] for path in self.command.paths]

    def _changed(self) -> list[Article]:
        found = [article for article in self.evidence.articles if self._path(article) in self._files]
        if not found:
            raise RefusedError("this pull request changes no article", kind="no-inputs", hint="name the articles in the comment")
        return found

    @cached_property
    def _files(self) -> dict[str, ChangedFile]:
        """Return what the pull request changes, by path."""
        return {file.path: file for file in changed_files(self.git, find_span(self.git, f"{self.base}...HEAD", None))}

    def _path(self, article: Article) -> str:
        return self.evidence.reviews.prefix + article.path

    def _owners(self, article: Article) -> list[tuple[str, ...]]:
        """Return the owners of an article as the pull request has it, and as the main branch has it."""
        path = self._path(article)
        before = self._files[path].old_path if path in self._files else ""  # a new name makes nobody an owner
        blob = self.git.ask("rev-parse", "--verify", "--quiet", "--end-of-options", f"{self.base}:{before or path}")
        found = [article.front_matter.owners]
        for _, content in self.git.blobs([blob.decode()] if blob else []):
            found.append(with_content(self.evidence.config, article, content or b"").front_matter.owners)
        return found

    def _stamp(self, article: Article, by: str) -> Stamp:
        problem = refusal(ACCURATE, dossier(article, self.evidence, self.run), still_accurate=self.command.still_accurate)
        if problem is not None:
            hint = problem.hint.replace("say --still-accurate", "write `/kbtool still-accurate`")
            raise RefusedError(problem.message, where=problem.where, kind=problem.kind, hint=hint)
        return stamp_for(article, self.evidence, by)

    def _commit(self, articles: Sequence[Article]) -> str:
        """Commit the stamped articles in the name of who asked, without a hook; return the commit."""
        person = dict(zip(("NAME", "EMAIL"), self.request.author, strict=True))
        people = {f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER") for what, value in person.items()}
        titles = [visible(article.title, 60) for article in articles]
        message = "\n".join([
            f"Review {titles[0] if len(titles) == 1 else f'{len(titles)} articles'}", "",
            *(f"{visible(self._path(article), None)}: {ACCURATE}" for article in articles), "",
            f"Asked for in {visible(self.request.url, None)}",
        ])
        command = self.git.command("commit", "--quiet", "--no-gpg-sign", "--cleanup=verbatim", "--file=-", "--only", "--",
                                   *map(self._path, articles))
        done = subprocess.run(  # noqa: S603 - git, with arguments of our own
            command, input=message.encode("utf-8", "replace"), capture_output=True, check=False,
            env=self.git.environment() | people,
        )
        found = self.git.commit("HEAD")
        if done.returncode or found is None:
            raise IncompleteError(f"git did not commit: {os.fsdecode(done.stderr).strip()}", kind="not-committed")
        return found


def _names(articles: Sequence[Article]) -> str:
    return ", ".join(article.path for article in articles)


# ---------------------------------------------------------------------------------------------- the answer


def answer(done: Done, request: Request) -> str:
    """Return the answer to a comment whose review was made, as Markdown."""
    if done.commit:
        head = f"Reviewed by {escaped(request.login)}, in {done.commit}:"
    else:
        head = "These articles were reviewed already, just as they are:"
    lines = [MARK, head, "", *(f"- {code(article.path)}: {ACCURATE}" for article in done.reviewed)]
    if done.left:
        lines += ["", "Not reviewed, since others answer for them:", ""]
        lines += [f"- {code(one.path)} ({escaped(', '.join(one.front_matter.owners) or 'nobody')})" for one in done.left]
    return "\n".join(lines) + "\n"


def answer_refused(error: KbtoolError) -> str:
    """Return the answer to a comment whose review was not made, as Markdown."""
    where = f"{code(error.where)}: " if error.where else ""
    hint = f"\n\n{escaped(error.hint[:1].upper() + error.hint[1:])}." if error.hint else ""
    return f"{MARK}\nNothing was reviewed: {where}{escaped(error.message)}.{hint}\n"
