"""The command that makes the review which somebody asks for in a comment on a pull request: `kbtool comment`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from kbtool import shell
from kbtool.errors import KbtoolError, UsageError

_FILE = click.Path(path_type=Path)


@click.command()
@click.option("--event", required=True, type=_FILE, metavar="FILE", help="What has started the job, $GITHUB_EVENT_PATH.")
@click.option("--pull", required=True, type=_FILE, metavar="FILE", help="The pull request, as GitHub's API tells it.")
@click.option("--activity", required=True, type=_FILE, metavar="FILE", help="What has happened to its branch, likewise.")
@click.option("--permission", required=True, type=_FILE, metavar="FILE", help="The right of the comment's author, likewise.")
@click.option("--reply", required=True, type=_FILE, metavar="FILE", help="Where to write the answer, as Markdown.")
@click.pass_obj
def comment(root: Path | None, /, reply: Path, **files: Path) -> int:
    """Make the review that a comment on a pull request asks for.

    For a job of CI, see the article "Review by a comment". It makes a commit on top of the pull request, pushes nothing, and
    prints commit=, head= and branch= for the step that does. Exit code 1: it may not be done, and the answer says why.
    """
    from kbtool.comment import parse_comment, read_request

    request = read_request(*(_read(files[name]) for name in ("event", "pull", "activity", "permission")))
    try:
        command = parse_comment(request.body)
        if command is None:
            shell.say("note: the comment is no command")
            return 0
        from kbtool.comment_session import answer, carry_out

        done = carry_out(request, command, shell.find_folder(root))
    except KbtoolError as error:
        from kbtool.comment_session import answer_refused

        reply.write_text(answer_refused(error), "utf-8")
        shell.say(str(error))
        return error.exit_code
    reply.write_text(answer(done, request), "utf-8")
    if done.commit:
        shell.write(f"commit={done.commit}\nhead={request.head}\nbranch={request.branch}")
    return 0


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(f"cannot be read: {error}", where=str(path), kind="bad-event") from None
