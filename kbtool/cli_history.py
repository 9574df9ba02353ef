"""The commands that compare code with articles: `kbtool impact` and `kbtool covers`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from kbtool import report_files, shell
from kbtool.errors import UsageError

_OUTPUT = click.option("--output", type=click.Path(path_type=Path), metavar="FILE", help="Write the report to a file.")


@click.command()
@click.argument("span", metavar="[BASE..HEAD]", required=False)
@click.option("--format", "form", type=click.Choice(["text", "json", "markdown"]), default="text", show_default=True,
              help="The report; markdown is for a comment on a pull request.")
@_OUTPUT
@click.option("--owner", metavar="ID", help="Only the articles of this owner.")
@click.option("--repository", default="", metavar="NAME", help="What changed in this repository of the configuration.")
@click.option("--links", default="", metavar="URL", help="Where the files are on the web, for the links of markdown.")
@click.option("--exit-code", is_flag=True, help="Exit with 1 when an article is affected and was not changed as well.")
@click.pass_obj
def impact(root: Path | None, /, span: str | None, form: str, output: Path | None, **options: Any) -> int:
    """List the articles that describe what a change touches.

    Without a range: what the working tree, uncommitted files included, has changed since it left the main branch. BASE does
    the same with another branch or commit, BASE..HEAD compares two commits, BASE...HEAD what HEAD changed since it left BASE.

    \b
    kbtool impact
    kbtool impact origin/main --format markdown --output comment.md
    kbtool impact v1.4..v1.5 --owner ana
    """
    from kbtool.impact import read_impact
    from kbtool.impact_report import render

    found = read_impact(shell.gather_evidence(root, None), span, options["repository"])
    found = found.of_owner(options["owner"]) if options["owner"] else found
    for note in found.notes:
        shell.say(f"warning[impact]: {note}")
    report_files.write_report(render(found, form, options["links"]), output, found.evidence)
    return found.exit_code() if options["exit_code"] else 0


@click.group()
def covers() -> None:
    """Work on what articles cover."""


@covers.command()
@click.argument("articles", nargs=-1, type=click.Path(path_type=Path))
@click.option("--missing", is_flag=True, help="For all articles that cover nothing; and the code that no article covers.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@_OUTPUT
@click.pass_obj
def suggest(root: Path | None, /, articles: Sequence[Path], form: str, output: Path | None, *, missing: bool) -> int:
    """Suggest the code that ARTICLES describe.

    That is what they name in backticks and links, and what changed together with them before, with points from 0 to 100
    and the reason. It ends with a line for the front matter; nothing is written into an article.

    \b
    kbtool covers suggest content/export.md
    kbtool covers suggest --missing
    """
    if bool(articles) == missing:
        raise UsageError("name articles, or say --missing" if not missing else "name articles or say --missing, not both")
    from kbtool.suggest import Suggester, gaps
    from kbtool.suggest_report import missing_text, suggestions_text, to_json

    evidence = shell.gather_history(root)
    suggester = Suggester(evidence)
    proposals = suggester.missing() if missing else [suggester.propose(shell.find_article(evidence, path)) for path in articles]
    left = gaps(evidence) if missing else []
    for note in suggester.notes:
        shell.say(f"warning[history]: {note}")
    text = missing_text(proposals, left, evidence) if missing else suggestions_text(proposals)
    report_files.write_report(to_json(proposals, left) if form == "json" else text, output, evidence)
    return 0
