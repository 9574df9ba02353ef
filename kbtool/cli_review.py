"""The commands around a review: `kbtool review` and `kbtool why`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from kbtool import report_files, shell
from kbtool.errors import UsageError

_FORMATS = click.Choice(["text", "json", "markdown"])
_OF_THE_QUEUE = {"owner", "area", "everything", "form", "output"}
_OF_A_REVIEW = {"outcome", "by", "still_accurate", "commit", "dry_run", "force", "add_front_matter"}
_TODAY_HELP = "Judge as of this day (YYYY-MM-DD) instead of today in UTC; a review gets this day."


@click.command()
@click.argument("articles", nargs=-1, type=click.Path(path_type=Path))
@click.option("--owner", multiple=True, metavar="ID", help="Only articles of this owner (repeatable).")
@click.option("--area", multiple=True, metavar="ID", help="Only articles of this product area (repeatable).")
@click.option("--all", "everything", is_flag=True, help="Fresh articles too.")
@click.option("--format", "form", type=_FORMATS, default="text", show_default=True, help="How to write the queue.")
@click.option("--output", type=click.Path(path_type=Path), metavar="FILE", help="Write the queue to a file.")
@click.option("--outcome", type=click.Choice(["accurate", "updated", "retired"]), help="What the review found, unasked.")
@click.option("--by", metavar="ID", help="The owner who reviews; by default the one with git's e-mail address.")
@click.option("--still-accurate", is_flag=True, help="The covered code changed, its diff was read, and the article holds.")
@click.option("--commit", is_flag=True, help="Commit the stamped articles, and nothing else.")
@click.option("--dry-run", is_flag=True, help="Show what would be written; exit with 1 if that is anything.")
@click.option("--force", is_flag=True, help="Stamp read-only files as well.")
@click.option("--add-front-matter", is_flag=True, help="Begin articles that have no front matter with one.")
@click.option("--today", metavar="DATE", help=_TODAY_HELP)
@click.option("--no-cache", is_flag=True, help="Work everything out anew; neither read nor write .kbtool/cache.")
@click.pass_context
def review(ctx: click.Context, /, articles: Sequence[Path], form: str, output: Path | None, **options: Any) -> int:
    """Show the review queue, or review ARTICLES.

    Without ARTICLES: what needs a review, the riskiest first. With them: all there is to know about each, then the
    question whether it is accurate, updated or retired. The answer is stamped into its front matter, with a seal of what was
    reviewed; nothing else changes. Several articles are stamped together or not at all.

    \b
    kbtool review --owner ana
    kbtool review content/export.md
    kbtool review content/export.md --outcome accurate --by ana --commit
    """
    from kbtool.review_session import Session

    _refuse_options(ctx, _OF_THE_QUEUE if articles else _OF_A_REVIEW, "the queue" if articles else "a review of ARTICLES")
    session = Session(*shell.run_checks(ctx.obj, {**options, "no_git": False}, (), history=True), options)
    if articles:
        return session.review(articles)
    stream = sys.stdout if output is None else None
    color, width = (shell.colors(stream), shell.width(stream)) if stream else (False, 0)
    report_files.write_report(session.queue(form, color=color, width=width), output, session.evidence)
    return 0


def _refuse_options(ctx: click.Context, names: set[str], what: str) -> None:
    """Refuse options that would do nothing here: whoever gives one means something else."""
    given = [option.opts[0] for option in ctx.command.params
             if option.name in names and ctx.get_parameter_source(option.name) is ParameterSource.COMMANDLINE]
    if given:
        raise UsageError(f"{given[0]} is for {what}", kind="usage", hint="see `kbtool review --help`")


@click.command()
@click.argument("article", type=click.Path(path_type=Path))
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--today", metavar="DATE", help="Judge as of this day (YYYY-MM-DD) instead of today in UTC.")
@click.option("--no-cache", is_flag=True, help="Work everything out anew; neither read nor write .kbtool/cache.")
@click.pass_obj
def why(root: Path | None, /, article: Path, form: str, **options: Any) -> int:
    """Say why an ARTICLE is fresh, due, stale or unknown.

    The verdict, its reasons, and the timeline: reviews, edits, landings under what it covers, tickets.
    """
    from kbtool.review import dossier
    from kbtool.review_report import why_json, why_text
    from kbtool.why import timeline

    evidence, run = shell.run_checks(root, {**options, "no_git": False}, (), history=True)
    found = dossier(shell.find_article(evidence, article), evidence, run)
    moments = timeline(found.article, evidence)
    if form == "json":
        shell.write(why_json(found, moments), nl=False)
    else:
        shell.write(why_text(found, moments, color=shell.colors(sys.stdout), width=shell.width(sys.stdout)), nl=False)
    return 0
