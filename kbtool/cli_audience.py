"""The command that lets readers outside see more: `kbtool audience approve`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kbtool import shell
from kbtool.errors import UsageError

if TYPE_CHECKING:
    from kbtool.approve import Approval


@click.group()
def audience() -> None:
    """Decide what readers outside may see."""


@audience.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--all", "everything", is_flag=True, help="Approve all that waits; begins the list where there is none.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--dry-run", is_flag=True, help="Show what would be approved; the exit code is 1 if that is anything.")
@click.pass_obj
def approve(root: Path | None, /, paths: Sequence[Path], everything: bool, yes: bool, dry_run: bool) -> int:  # noqa: FBT001 - by keyword, from click
    """Approve that readers outside see more.

    Shows what becomes visible to whom, asks, and writes it into checks/public.lock, which code owners can guard (see
    `kbtool explain KB404`). Without PATHS it approves nothing and brings the list up to date with all that is narrower now.

    \b
    kbtool audience approve content/export.md
    kbtool audience approve --all --dry-run
    """
    from kbtool.approve import plan
    from kbtool.approve_report import render

    evidence = shell.gather_evidence(root, None)
    if paths and everything:
        raise UsageError("--all: name paths, or say --all, not both")
    if evidence.lock is None and not everything:
        raise UsageError("there is no list of what readers outside may see", hint="begin it with `kbtool audience approve --all`")
    wanted = shell.only(paths, evidence)
    found = plan(evidence, wanted or (lambda _: everything))
    shell.write(render(found), nl=False)
    if dry_run:
        _sum_up(found, "would be approved")
        return 1 if found.widened else 0
    if found.widened and not yes and not found.starts:
        _ask(found)
    if found.changes:
        found.write()
    _sum_up(found, "approved")
    return 0


def _ask(found: Approval) -> None:
    """Ask whether readers outside may see it; raises UsageError where nobody can answer, and Abort for a no."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError("nobody is asked here, and nothing was approved", hint="say --yes, or run it in a terminal")
    editions = " and ".join(sorted({one.edition for one in found.widened}))
    click.confirm(f"May readers of the {editions} edition see this?", err=True, abort=True)


def _sum_up(found: Approval, verb: str) -> None:
    name = f"{found.evidence.config.checks_folder}/public.lock"
    state = "begun" if found.starts else "brought up to date" if found.changes else "as it was"
    left = f", {len(found.left)} still waiting" if found.left else ""
    written = "" if verb.startswith("would") else f"; {name} {state}"
    shell.write(f"{len(found.widened)} {verb}{left}{written}")
