"""A review that somebody asks for in a comment on a pull request: what the comment says, and whether it may be done.

All of it is a stranger's word until it is proven: the comment, the names in it, and the pull request. Nothing here runs or writes
anything; what GitHub tells is checked for its form, and what is not told is refused.
https://docs.github.com/rest/repos/repos#list-repository-activities
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from kbtool.config import did_you_mean
from kbtool.errors import KbtoolError, UsageError
from kbtool.registers import Owner

WORD = "/kbtool"
VERBS = {"accurate": False, "still-accurate": True}  #: whether the covered code may have changed
_LONGEST = 2000  #: characters of a command
_COMMAND = re.compile(rf"{WORD}(?P<words>(?: +(?:`[^`]+`|[^ `]+))*) *")
_PART = re.compile(r"`([^`]+)`|([^ `]+)")
_WRITERS = frozenset({"admin", "maintain", "write"})
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


class RefusedError(KbtoolError):
    """What a comment asks for is not done; its author is told why (exit code 1)."""

    exit_code: ClassVar[int] = 1


@dataclass(frozen=True, slots=True)
class Command:
    """What a comment asks for: to review these articles, or with no paths those of the pull request."""

    paths: tuple[str, ...] = ()
    still_accurate: bool = False


def parse_comment(body: str) -> Command | None:
    """Return what a comment asks for; None for one that does not begin with `/kbtool`.

    The first line counts, whatever follows. Paths with spaces stand between backticks.

    Raises:
        RefusedError: it begins like a command, and is none.
    """
    line = re.split(r"\r\n|\r|\n", body, maxsplit=1)[0]
    if not re.match(rf"{WORD}(?: |$)", line):
        return None
    if len(line) > _LONGEST:
        raise RefusedError("the command is too long", kind="bad-command", hint="name fewer articles")
    found = _COMMAND.fullmatch(line)
    if found is None or not line.isprintable():
        raise RefusedError("the command has characters that do not belong there", kind="bad-command",
                           hint=f"write it on one line, such as `{WORD} accurate`")
    verb, *paths = [quoted or plain for quoted, plain in _PART.findall(found["words"])] or [""]
    if verb not in VERBS:
        raise RefusedError(f"there is no command {verb!r}{did_you_mean(verb, VERBS)}", kind="bad-command",
                           hint=f"write `{WORD} accurate`")
    return Command(tuple(dict.fromkeys(paths)), VERBS[verb])


# ---------------------------------------------------------------------------------------------- who asks, and of what


@dataclass(frozen=True)
class Request:
    """Who has asked, when, and what the pull request is; as GitHub tells it.

    `head_repository` is "" where that is gone. `pushes` are (commit, moment) for each change of the branch, newest first.
    """

    login: str
    user: int
    body: str
    url: str
    said_at: dt.datetime
    repository: str
    main: str
    is_open: bool
    head: str
    branch: str
    head_repository: str
    base_branch: str
    permission: str
    pushes: tuple[tuple[str, dt.datetime], ...] = ()

    @property
    def author(self) -> tuple[str, str]:
        """Return name and address by which GitHub knows its user in a commit."""
        return self.login, f"{self.user}+{self.login}@users.noreply.github.com"


def read_request(event: Any, pull: Any, activity: Any, permission: Any) -> Request:
    """Return what GitHub tells, from its JSON.

    Args:
        event: what has started the job: `issue_comment`, created.
        pull: the pull request.
        activity: what has happened to its branch, newest first.
        permission: the right of the comment's author.

    Raises:
        UsageError: it is not of that form, or of two different things.
    """
    asked, repository = _text(event, "comment", "user", "login"), _text(event, "repository", "full_name")
    branch = _text(pull, "head", "ref")
    ref = f"refs/heads/{branch}"
    same = (
        _get(event, "action") == "created" and _get(event, "issue", "pull_request") is not None
        and _get(event, "comment", "user", "type") == "User" and _get(event, "issue", "number") == _get(pull, "number")
        and _get(pull, "base", "repo", "full_name") == repository and _get(permission, "user", "login") == asked
    )
    if not same or not asked.isascii() or not isinstance(activity, list):
        raise _bad("the files are not those of one comment by a user on a pull request")
    pushes = [(_commit(one, "after"), _moment(one, "timestamp")) for one in activity if _get(one, "ref") == ref]
    return Request(
        login=asked, user=_number(event, "comment", "user", "id"), body=_text(event, "comment", "body"),
        url=_text(event, "comment", "html_url"), said_at=_moment(event, "comment", "created_at"), repository=repository,
        main=_text(event, "repository", "default_branch"), is_open=_get(pull, "state") == "open",
        head=_commit(pull, "head", "sha"), branch=branch,
        head_repository=str(_get(pull, "head", "repo", "full_name") or ""), base_branch=_text(pull, "base", "ref"),
        permission=_text(permission, "permission"), pushes=tuple(pushes),
    )


def refuse_request(request: Request) -> None:
    """Refuse what cannot be proven to be asked for by somebody who may, of what they have seen.

    Raises:
        RefusedError: why.
    """
    why = _of_pull(request) or _of_push(request)
    if not why and request.permission not in _WRITERS:
        why = f"{request.login} may not write to this repository", "ask an owner of the article who may"
    if why:
        raise RefusedError(why[0], kind="not-allowed", hint=why[1])


def _of_pull(request: Request) -> tuple[str, str] | None:
    if not request.is_open:
        return "the pull request is not open", "review the articles in a new one"
    if request.head_repository != request.repository:
        return "the branch is in a fork, to which this job cannot push", "review the articles after the merge"
    if request.base_branch != request.main or request.branch == request.main:
        return f"the pull request does not lead to {request.main}", "its settings and owners are those that count"
    return None


def _of_push(request: Request) -> tuple[str, str] | None:
    """Return why the branch is not what the author of the comment can have seen, if so: moments are GitHub's own."""
    again = "look at it once more, and write the comment again"
    if not request.pushes:
        return "it is not known when the branch was pushed", again
    commits, moments = zip(*request.pushes, strict=True)
    if commits[0] != request.head or max(moments) >= request.said_at:
        return "the branch was pushed to after the comment, or in the same second", again
    return None


def owners_of(login: str, owners: Mapping[str, Owner] | None, today: dt.date) -> frozenset[str]:
    """Return the ids under which a user of GitHub is an owner; not those of who has left.

    Raises:
        RefusedError: the register has none.
    """
    found = {name for name, owner in (owners or {}).items()
             if login.lower() in {one.lower() for one in owner.github} and not (owner.until and owner.until < today)}
    if not found:
        raise RefusedError(f"{login} is no owner of this knowledge base", kind="not-allowed",
                           hint="add `github: [login]` to an entry of the register of owners")
    return frozenset(found)


# ---------------------------------------------------------------------------------------------- reading JSON


def _get(value: Any, *path: str) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _text(value: Any, *path: str) -> str:
    found = _get(value, *path)
    if not isinstance(found, str) or not found:
        raise _bad(f"{'.'.join(path)} is missing")
    return found


def _number(value: Any, *path: str) -> int:
    found = _get(value, *path)
    if not isinstance(found, int) or isinstance(found, bool):
        raise _bad(f"{'.'.join(path)} is missing")
    return found


def _commit(value: Any, *path: str) -> str:
    found = _text(value, *path)
    if not _COMMIT.fullmatch(found):
        raise _bad(f"{'.'.join(path)} is no commit")
    return found


def _moment(value: Any, *path: str) -> dt.datetime:
    try:
        found = dt.datetime.fromisoformat(_text(value, *path))
    except ValueError:
        raise _bad(f"{'.'.join(path)} is no moment") from None
    if found.tzinfo is None:
        raise _bad(f"{'.'.join(path)} has no time zone")
    return found


def _bad(message: str) -> UsageError:
    return UsageError(message, kind="bad-event", hint="see the article Review by a comment")


# ---------------------------------------------------------------------------------------------- whose articles


def may_review(names: Sequence[Sequence[str]], mine: frozenset[str]) -> str:
    """Return as whom an article is reviewed, "" where not at all: an owner in each of its versions counts.

    Args:
        names: the owners of the article, as the pull request has it and, where it is there, as the main branch has it.
        mine: the ids of who asks.
    """
    if any(mine.isdisjoint(owners) for owners in names):
        return ""
    return next((owner for owner in names[0] if owner in mine), "")
