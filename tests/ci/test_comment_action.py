"""`/kbtool accurate`, from a comment to a pushed commit: the action's steps run by bash, on real repositories, with a `gh` that only answers."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from kbtool.testing import Repository

ACTION = ".github/actions/comment/action.yml"
OWNERS = "ana: {name: Ana, email: ana@example.com, github: ana-l}\nben: {name: Ben, github: [ben-b, ana-l]}\ncy: {name: Cy, github: cy}\n"
EVIL = "import pathlib\npathlib.Path(__file__).parent.joinpath('PWNED').touch()\n"
#: Answers from files; says what it was asked, and to whom it was to talk.
GH = """
echo "gh $*" >> "$RUNNER_TEMP/../gh.log"
[ -n "$GH_TOKEN" ] || exit 4
case "$*" in
  *" --jq .head.ref") cat "$RUNNER_TEMP/../api/branch" ;;
  "api repos/acme/kb/pulls/7") cat "$RUNNER_TEMP/../api/pull.json" ;;
  "api -X GET repos/acme/kb/activity "*) cat "$RUNNER_TEMP/../api/activity.json" ;;
  "api repos/acme/kb/collaborators/"*"/permission") cat "$RUNNER_TEMP/../api/permission.json" ;;
  "pr comment 7 --repo acme/kb --body-file "*) cp "${@: -1}" "$RUNNER_TEMP/../reply.md" ;;
  *) exit 5 ;;
esac
"""


@dataclass
class World:
    """A repository on a server, a pull request in it, and a job that a comment starts."""

    site: Repository
    server: Path
    runner: Any
    api: Path

    def git(self, *args: str) -> str:
        """Run git in the repository of the server."""
        return self.site.git("-C", str(self.server), *args)

    def head(self) -> str:
        """Return the commit of the pull request's branch on the server."""
        return self.git("rev-parse", "refs/heads/fix")

    def comment(self, body: str = "/kbtool accurate", login: str = "ana-l", *, pull: dict | None = None, pushed: str = "2026-11-22T09:00:00Z", meanwhile: Any = None) -> Any:
        """Write a comment, and return what its job did."""
        repository = {"full_name": "acme/kb", "default_branch": "main"}
        user = {"login": login, "id": 42, "type": "User"}
        event = {"action": "created", "repository": repository, "issue": {"number": 7, "pull_request": {}}, "comment": {
            "body": body, "created_at": "2026-11-22T10:00:00Z", "html_url": "https://github.example/acme/kb/pull/7#issuecomment-1", "user": user}}
        told = {
            "event": event,
            "pull": {"number": 7, "state": "open", "head": {"sha": self.head(), "ref": "fix", "repo": repository}, "base": {"ref": "main", "repo": repository}} | (pull or {}),
            "activity": [{"after": self.head(), "ref": "refs/heads/fix", "timestamp": pushed}],
            "permission": {"permission": "write", "user": {"login": login}},
        }
        for name, one in told.items():
            (self.api / f"{name}.json").write_text(json.dumps(one))
        (self.api / "branch").write_text(f"{told['pull']['head']['ref']}\n")
        checkout = self.api.parent / "checkout"
        self.site.git("clone", "--quiet", "--no-local", str(self.server), str(checkout))
        if meanwhile:
            meanwhile()
        github = {"repository": "acme/kb", "event_name": "issue_comment", "event": event, "event_path": str(self.api / "event.json"),
                  "server_url": f"file://{self.server.parent.parent}", "token": "token-of-the-job"}
        job = self.runner.run(checkout, github)
        assert not list(self.api.parent.rglob("PWNED*"))
        assert subprocess.run(["git", "status", "--porcelain"], cwd=checkout, capture_output=True, text=True, check=True).stdout == ""
        return job

    @property
    def reply(self) -> str:
        """Return the answer."""
        path = self.api.parent / "reply.md"
        return path.read_text("utf-8") if path.exists() else ""


@pytest.fixture
def world(site, runner, page, tmp_path, repository) -> World:
    """Main has three articles with owners; the branch `fix` changes `content/a.md` and `content/b.md`."""
    gh = tmp_path / "tools/gh"
    gh.write_text(f"#!/bin/bash\n{GH}")
    gh.chmod(0o755)
    (tmp_path / "runner/api").mkdir()
    site.commit({
        "checks/owners.yml": OWNERS, "content/a.md": page(), "content/b.md": page(owners="[cy]"), "content/code.md": page(covers="[src/a.py]"), "src/a.py": "x = 1\n",
    }, on="2026-10-01")
    site.branch("fix")
    site.commit({"content/a.md": page("New words.\n", owners="[ana, ben]"), "content/b.md": page("New words.\n", owners="[cy]")}, on="2026-11-22T08:00Z", by="Ben")
    site.switch("main")
    server = tmp_path / "server/acme/kb"
    server.parent.mkdir(parents=True)
    site.git("clone", "--quiet", "--bare", "--no-local", str(site.folder), str(server))
    return World(site, server, replace(runner, action=repository / ACTION), tmp_path / "runner/api")


def push(world: World, files: dict[str, str | None], branch: str = "fix") -> None:
    """Push a commit to a branch of the server."""
    world.site.switch(branch)
    world.site.commit(files, on="2026-11-22T08:30Z", by="Ben")
    world.site.git("push", "--quiet", str(world.server), f"{branch}:{branch}")
    world.site.switch("main")


def test_an_owner_reviews(world) -> None:
    """The comment of an owner becomes one commit in their name on the branch, with a seal that holds, and an answer."""
    before = world.head()
    job = world.comment()
    assert job.code == 0, job.log
    assert world.git("rev-list", "--parents", "-1", "refs/heads/fix") == f"{world.head()} {before}"
    assert world.git("log", "-1", "--format=%an <%ae>|%cn <%ce>", "refs/heads/fix") == "|".join(["ana-l <42+ana-l@users.noreply.github.com>"] * 2)
    assert world.git("log", "-1", "--format=%B", "refs/heads/fix").splitlines() == [
        "Review A page", "", "content/a.md: accurate", "", "Asked for in https://github.example/acme/kb/pull/7#issuecomment-1"]
    assert world.git("diff", "--name-only", before, "refs/heads/fix") == "content/a.md"
    diff = world.git("diff", "-U0", before, "refs/heads/fix").splitlines()
    assert [line for line in diff if line[:1] in "+-" and line[:3] not in ("+++", "---")][:3] == ["-last_reviewed_on: 2026-10-01", "+last_reviewed_on: 2026-11-22", "+last_reviewed_by: ana"]
    assert job.outputs == {"commit": world.head()}
    assert world.reply.splitlines() == [
        "<!-- kbtool comment -->", f"Reviewed by ana\\-l, in {world.head()}:", "", "- `content/a.md`: accurate", "",
        "Not reviewed, since others answer for them:", "", "- `content/b.md` (cy)"]


def test_the_seal_holds(world, kbtool) -> None:
    """A check of the branch finds the article fresh after that."""
    world.comment()
    checkout = world.api.parent / "after"
    world.site.git("clone", "--quiet", "--branch", "fix", str(world.server), str(checkout))
    told = kbtool("check", "--format", "json", "content/a.md", cwd=checkout, today="2026-11-22").json()
    assert (told["findings"], told["articles"][0]["verdict"]) == ([], "fresh")


def test_named_articles(world) -> None:
    """Articles that the pull request does not change can be named, as whom the register says."""
    job = world.comment("/kbtool accurate content/code.md", "ben-b")
    assert "ben\\-b does not answer for content/code.md" in world.reply
    assert job.code == 0


def test_changed_code_needs_another_word(world) -> None:
    """Where covered code has changed, an owner says that they have read it; then the review is made."""
    push(world, {"src/a.py": "x = 2\n"})
    job = world.comment("/kbtool accurate content/code.md")
    assert (job.code, job.outputs["commit"]) == (0, "")
    assert world.reply.startswith("<!-- kbtool comment -->\nNothing was reviewed: `content/code.md`: covered code changed since the review.")
    assert "write `/kbtool still-accurate`".replace("`", "\\`").replace("-", "\\-") in world.reply


def test_two_articles_that_are_alike(world, page) -> None:
    """Two that would get one seal, which is void, are refused together."""
    push(world, {f"content/{name}.md": page("Alike.\n", last_reviewed_on=None) for name in "cd"})
    before = world.head()
    world.comment("/kbtool accurate content/c.md content/d.md")
    assert world.head() == before
    assert "Nothing was reviewed: `content/d.md`: its seal would be that of content/c.md, since" in world.reply


def test_still_accurate(world) -> None:
    """The other word reviews in spite of changed code."""
    push(world, {"src/a.py": "x = 2\n"})
    job = world.comment("/kbtool still-accurate content/code.md")
    assert job.code == 0, job.log
    assert world.git("show", "--format=%s", "--name-only", "refs/heads/fix").split("\n\n") == ["Review A page", "content/code.md"]


@pytest.mark.parametrize(("login", "pull", "pushed", "said"), [
    ("stranger", {}, "2026-11-22T09:00:00Z", "stranger is no owner of this knowledge base"),
    ("ana-l", {"state": "closed"}, "2026-11-22T09:00:00Z", "the pull request is not open"),
    ("ana-l", {}, "2026-11-22T10:00:00Z", "the branch was pushed to after the comment"),
    ("ana-l", {"base": {"ref": "other", "repo": {"full_name": "acme/kb"}}}, "2026-11-22T09:00:00Z", "the pull request does not lead to main"),
])
def test_what_may_not_be_done(world, login, pull, pushed, said) -> None:
    """Nothing is pushed, and the answer says why."""
    before = world.head()
    job = world.comment(login=login, pull=pull, pushed=pushed)
    assert (job.code, world.head()) == (0, before)
    assert world.reply.startswith(f"<!-- kbtool comment -->\nNothing was reviewed: {said}")


def test_a_fork_is_answered(world) -> None:
    """A pull request from a fork gets a reason, and no code of it is fetched."""
    pull = {"head": {"sha": "d" * 40, "ref": "fix", "repo": {"full_name": "stranger/kb"}}}
    job = world.comment(pull=pull)
    assert job.code == 0
    assert "the branch is in a fork, to which this job cannot push" in world.reply


def test_a_push_in_the_meantime(world, page) -> None:
    """Where the branch moves between review and push, nothing is pushed over it, and the answer says so."""
    job = world.comment(meanwhile=lambda: push(world, {"content/a.md": page("Other words.\n")}))
    assert job.code == 1
    assert world.git("log", "-1", "--format=%s", "refs/heads/fix") == "Change"
    assert world.reply == "The review was not pushed: the branch has moved meanwhile, or is protected. See the log of the job.\n"


def test_a_pull_request_makes_nobody_an_owner(world, page) -> None:
    """Neither the register of the branch counts, nor owners that it writes into an article."""
    push(world, {"checks/owners.yml": "mallory: {github: mallory}\n" + OWNERS, "content/a.md": page("Mine.\n", owners="[mallory]")})
    world.comment(login="mallory")
    assert "mallory is no owner of this knowledge base" in world.reply


def test_an_article_is_not_taken_over(world, page) -> None:
    """Who becomes the owner of an article by the pull request alone does not review it."""
    push(world, {"content/a.md": page("Mine.\n", owners="[cy]"), "content/b.md": page("New words.\n", owners="[ana]")})
    before = world.head()
    world.comment(login="cy")
    assert world.head() == before
    assert "cy does not answer for content/a.md, content/b.md" in world.reply


def test_a_new_name_makes_nobody_an_owner(world, page) -> None:
    """An article that the pull request moves has the owners that it had under its old path."""
    push(world, {"content/code.md": None, "content/moved.md": page(covers="[src/a.py]", owners="[cy]")})
    before = world.head()
    world.comment("/kbtool accurate content/moved.md", login="cy")
    assert world.head() == before
    assert "cy does not answer for content/moved.md" in world.reply


def test_nothing_of_the_branch_runs(world, page) -> None:
    """Checks, settings, templates, hooks and modules of the branch have no effect."""
    push(world, {
        "checks/evil.py": EVIL, "kbtool.py": EVIL, "sitecustomize.py": EVIL, "git": "#!/bin/sh\ntouch PWNED\n", ".gitattributes": "*.md filter=evil diff=evil\n",
        "pyproject.toml": "[tool.kbtool]\ncontent = 'other'\n", "overrides/main.html": "{{ 1/0 }}", "content/a.md": page("New words.\n"),
    })
    job = world.comment()
    assert job.code == 0, job.log
    assert world.git("diff", "--name-only", "refs/heads/fix~1", "refs/heads/fix") == "content/a.md"


@pytest.mark.parametrize("name", [".kbtool/journal", ".kbtool/cache/history", ".kbtool"])
def test_a_folder_that_a_review_would_write_into(world, name) -> None:
    """A branch that brings what kbtool itself writes is refused before anything is written."""
    push(world, {name: "x"})
    before = world.head()
    job = world.comment()
    assert (job.code, world.head()) == (0, before)
    assert "the branch has a folder .kbtool" in world.reply


@pytest.mark.parametrize("body", [
    "/kbtool accurate $(touch PWNED)", "/kbtool accurate `touch PWNED`", "/kbtool accurate ;touch PWNED", "/kbtool accurate\n$(touch PWNED)\n`touch PWNED`", "/kbtool accurate --help",
    "/kbtool accurate '; touch PWNED; '", "/kbtool $GH_TOKEN", "/kbtool accurate ../../etc/passwd", "/kbtool accurate /etc/passwd", "/kbtool accurate " + "x" * 60_000,
    "/kbtool accurate @acme/everyone #1 <img src=x> ::error::x",
])
def test_hostile_comments(world, body) -> None:
    """What a comment says is obeyed by nothing on its way, calls nobody in the answer, and no token is shown."""
    job = world.comment(body)
    assert "token-of-the-job" not in world.reply + job.log
    assert "@acme" not in world.reply
    assert "<img" not in world.reply
    assert world.reply.startswith("<!-- kbtool comment -->\n")


def test_a_comment_that_is_no_command(world) -> None:
    """Such a comment is left alone: no commit, no answer."""
    before = world.head()
    job = world.comment("/kbtoolish talk")
    assert (job.code, world.head(), world.reply) == (0, before, "")


def test_branches_with_odd_names(world) -> None:
    """The name of a branch is a name."""
    odd = "fix;touch${IFS}PWNED;$(touch${IFS}PWNED)"
    world.git("branch", odd, "fix")
    repository = {"full_name": "acme/kb"}
    job = world.comment(pull={"head": {"sha": world.head(), "ref": odd, "repo": repository}})
    assert "it is not known when the branch was pushed" in world.reply
    assert job.code == 0


def test_the_token_is_where_it_is_needed(world) -> None:
    """The step that reads what others wrote has no token; GitHub is asked before it, and told after it."""
    world.comment()
    log = (world.api.parent / "gh.log").read_text().splitlines()
    assert [line.split(" --body")[0] for line in log if "auth" not in line] == [
        "gh api repos/acme/kb/pulls/7", "gh api repos/acme/kb/pulls/7 --jq .head.ref", "gh api -X GET repos/acme/kb/activity -f ref=refs/heads/fix -f per_page=100",
        "gh api repos/acme/kb/collaborators/ana-l/permission", "gh pr comment 7 --repo acme/kb"]


@pytest.mark.parametrize("event", ["pull_request", "pull_request_target", "push", "workflow_run"])
def test_other_events_are_refused(world, event) -> None:
    """The action runs on comments alone."""
    job = world.runner.run(world.site.folder, {"repository": "acme/kb", "event_name": event, "token": "x"})
    assert (job.code, job.used, "::error title=kbtool::reviews are made in jobs on issue_comment" in job.log) == (2, [], True)


def test_a_folder_that_kbtool_left_nothing_in(world) -> None:
    """The work tree of the review is gone from the clone afterwards."""
    world.comment()
    checkout = world.api.parent / "checkout"
    listed = subprocess.run(["git", "worktree", "list"], cwd=checkout, capture_output=True, text=True, check=True, env=os.environ).stdout
    assert len(listed.splitlines()) == 1
