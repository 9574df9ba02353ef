"""What a comment on a pull request asks for, and whether it may be done."""

from __future__ import annotations

import copy
import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbtool.comment import Command, RefusedError, may_review, owners_of, parse_comment, read_request, refuse_request
from kbtool.errors import UsageError
from kbtool.registers import Owner

SHA = "a" * 40


@pytest.mark.parametrize(("body", "expected"), [
    ("/kbtool accurate", Command()),
    ("/kbtool accurate ", Command()),
    ("/kbtool   accurate   content/a.md", Command(("content/a.md",))),
    ("/kbtool accurate content/a.md content/b.md content/a.md", Command(("content/a.md", "content/b.md"))),
    ("/kbtool still-accurate content/a.md", Command(("content/a.md",), still_accurate=True)),
    ("/kbtool accurate `content/a b.md` content/c.md", Command(("content/a b.md", "content/c.md"))),
    ("/kbtool accurate content/über.md", Command(("content/über.md",))),
    ("/kbtool accurate\nThanks, `rm -rf /` $(x)", Command()),
    ("/kbtool accurate\r\nThanks", Command()),
    ("/kbtool accurate $(reboot)", Command(("$(reboot)",))),
    ("/kbtool accurate ;touch x && y | z > w --force -rf", Command((";touch", "x", "&&", "y", "|", "z", ">", "w", "--force", "-rf"))),
])
def test_commands(body, expected) -> None:
    """The first line is a command: its words are names, whatever a shell would make of them."""
    assert parse_comment(body) == expected


@pytest.mark.parametrize("body", [
    "", "Looks good", " /kbtool accurate", "> /kbtool accurate", "`/kbtool accurate`", "/kbtools accurate", "/kbtoolaccurate", "/KBTOOL accurate",
    "Please:\n/kbtool accurate", "/kbto\u043el accurate", "\u200b/kbtool accurate", "\ufeff/kbtool accurate", "/kbtool\taccurate", "/kbtool\u00a0accurate",
    "／kbtool accurate", "/kbtool\u2028accurate",
])
def test_no_commands(body) -> None:
    """A comment that does not begin with the word itself is none of ours, and gets no answer."""
    assert parse_comment(body) is None


@pytest.mark.parametrize(("body", "said"), [
    ("/kbtool", "there is no command ''"),
    ("/kbtool review", "there is no command 'review'"),
    ("/kbtool acurate", "there is no command 'acurate'; did you mean \"accurate\"?"),
    ("/kbtool Accurate", "there is no command 'Accurate'; did you mean \"accurate\"?"),
    ("/kbtool \u0430ccurate", "there is no command '\u0430ccurate'; did you mean \"accurate\"?"),
    ("/kbtool accurate\u200b", "characters that do not belong there"),
    ("/kbtool accurate content/\u202emd.a", "characters that do not belong there"),
    ("/kbtool accurate content/a\x00.md", "characters that do not belong there"),
    ("/kbtool accurate content/a\x1b[31m.md", "characters that do not belong there"),
    ("/kbtool accurate\tcontent/a.md", "characters that do not belong there"),
    ("/kbtool accurate\u2028content/a.md", "characters that do not belong there"),
    ("/kbtool accurate `content/a.md", "characters that do not belong there"),
    ("/kbtool accurate ``", "characters that do not belong there"),
    ("/kbtool accurate content/`a`.md", "characters that do not belong there"),
    ("/kbtool accurate " + "a" * 65_000, "the command is too long"),
    ("/kbtool accurate" + " `a`" * 16_000, "the command is too long"),
])
def test_bad_commands(body, said) -> None:
    """What begins like a command and is none is refused, with a reason for the answer."""
    with pytest.raises(RefusedError) as error:
        parse_comment(body)
    assert said in error.value.message
    assert error.value.exit_code == 1


@given(st.text().map(lambda rest: f"/kbtool accurate {rest}"))
def test_whatever_follows(body) -> None:
    """No text makes anything but a command whose names are of that text, none at all, or a refusal."""
    try:
        found = parse_comment(body)
    except RefusedError:
        return
    assert found is None or all(path in body and path.isprintable() for path in found.paths)


def told() -> tuple[dict, dict, list, dict]:
    """Return what GitHub tells of a comment that may be obeyed."""
    repository = {"full_name": "acme/kb", "default_branch": "main"}
    event = {
        "action": "created", "repository": repository, "issue": {"number": 7, "state": "open", "pull_request": {"url": "…"}},
        "comment": {"body": "/kbtool accurate", "created_at": "2026-11-22T10:00:00Z", "html_url": "https://github.example/acme/kb/pull/7#issuecomment-1",
                    "user": {"login": "ana-l", "id": 42, "type": "User"}},
    }
    pull = {"number": 7, "state": "open", "head": {"sha": SHA, "ref": "fix", "repo": {"full_name": "acme/kb"}}, "base": {"ref": "main", "repo": {"full_name": "acme/kb"}}}
    activity = [
        {"after": "c" * 40, "ref": "refs/heads/other", "timestamp": "2026-11-22T11:00:00Z"},
        {"after": SHA, "ref": "refs/heads/fix", "timestamp": "2026-11-22T09:59:59Z"},
        {"after": "b" * 40, "ref": "refs/heads/fix", "timestamp": "2026-11-20T09:00:00Z"},
    ]
    return event, pull, activity, {"permission": "write", "user": {"login": "ana-l"}}


def changed(path: str, value: object) -> tuple:
    """Return what GitHub tells, with another value at a path such as `1.head.sha`."""
    found = list(copy.deepcopy(told()))
    *above, last = path.split(".")
    place = found
    for part in above:
        place = place[int(part)] if part.isdigit() else place[part]
    place[int(last) if last.isdigit() else last] = value
    return tuple(found)


def test_a_request_that_may_be_obeyed() -> None:
    """Author, pull request and pushes are read, and nothing speaks against them."""
    request = read_request(*told())
    assert (request.login, request.head, request.branch, request.permission) == ("ana-l", SHA, "fix", "write")
    assert request.author == ("ana-l", "42+ana-l@users.noreply.github.com")
    assert [commit[0] for commit, _ in request.pushes] == ["a", "b"]
    refuse_request(request)


@pytest.mark.parametrize(("path", "value", "said"), [
    ("1.state", "closed", "the pull request is not open"),
    ("1.head.repo.full_name", "stranger/kb", "the branch is in a fork"),
    ("1.head.repo", None, "the branch is in a fork"),
    ("1.base.ref", "release", "does not lead to main"),
    ("1.head.ref", "main", "does not lead to main"),
    ("3.permission", "read", "ana-l may not write to this repository"),
    ("3.permission", "none", "ana-l may not write to this repository"),
    ("3.permission", "triage", "ana-l may not write to this repository"),
    ("1.head.sha", "d" * 40, "pushed to after the comment"),
    ("2.1.timestamp", "2026-11-22T10:00:00Z", "pushed to after the comment, or in the same second"),
    ("2.1.timestamp", "2026-11-22T10:00:01Z", "pushed to after the comment"),
    ("2.1.timestamp", "2026-11-22T12:30:00+02:00", "pushed to after the comment"),
    ("2.2.timestamp", "2026-11-22T10:30:00Z", "pushed to after the comment"),
    ("2", [], "it is not known when the branch was pushed"),
    ("1.head.ref", "renamed", "it is not known when the branch was pushed"),
])
def test_requests_that_are_refused(path, value, said) -> None:
    """What is not open, not here, not to the main branch, not by who may write, or not what they saw, is refused."""
    with pytest.raises(RefusedError) as error:
        refuse_request(read_request(*changed(path, value)))
    assert said in error.value.message


@pytest.mark.parametrize(("path", "value"), [
    ("0", []), ("0", None), ("0.action", "edited"), ("0.action", "deleted"), ("0.issue.pull_request", None), ("0.issue.number", 8), ("1.number", 8), ("0.comment.user.type", "Bot"),
    ("1.base.repo.full_name", "stranger/kb"), ("3.user.login", "ben"), ("0.comment.user.login", "\u212aate"), ("0.comment.user.login", ""), ("0.comment.user.id", "42"),
    ("0.comment.user.id", True), ("1.head.sha", "main"), ("1.head.sha", SHA + "\n"), ("1.head.sha", "--upload-pack=x"), ("0.comment.created_at", "soon"),
    ("0.comment.created_at", "2026-11-22T10:00:00"), ("2.1.timestamp", None), ("2.1.after", "x"), ("2", {}), ("2", None), ("3", []), ("0.comment.body", None),
])
def test_what_github_does_not_say_like_that(path, value) -> None:
    """Files of another form, or of two different things, are no request at all."""
    with pytest.raises(UsageError) as error:
        read_request(*changed(path, value))
    assert error.value.kind == "bad-event"


OWNERS = {
    "ana": Owner(github=("Ana-L",)), "support": Owner(github=("ben", "ana-l")), "gone": Owner(github=("ana-l",), until=dt.date(2026, 11, 21)),
    "nobody": Owner(name="ana-l", email="ana-l@example.com"),
}


def test_owners_of_a_login() -> None:
    """The register says who a user is, whatever its case; an entry that has left, or has no login, does not count."""
    assert owners_of("ANA-L", OWNERS, dt.date(2026, 11, 22)) == {"ana", "support"}
    assert owners_of("ana-l", OWNERS, dt.date(2026, 11, 21)) == {"ana", "support", "gone"}


@pytest.mark.parametrize("owners", [None, {}, OWNERS])
def test_who_is_no_owner(owners) -> None:
    """Without a register, or without an entry, nobody reviews."""
    with pytest.raises(RefusedError) as error:
        owners_of("stranger", owners, dt.date(2026, 11, 22))
    assert error.value.message == "stranger is no owner of this knowledge base"


@pytest.mark.parametrize(("names", "expected"), [
    ([("ana",)], "ana"), ([("ben", "support", "ana")], "support"), ([("ben",)], ""), ([()], ""), ([("ana",), ("ana", "ben")], "ana"), ([("ana",), ("ben",)], ""),
    ([("ben",), ("ana",)], ""), ([("ana",), ()], ""), ([("support",), ("ana",)], "support"),
])
def test_who_may_review(names, expected) -> None:
    """An owner of the article on the main branch, and in the pull request: a pull request makes nobody an owner."""
    assert may_review(names, frozenset({"ana", "support"})) == expected
