"""The composite action: its steps are run by bash in a clean environment, and no server is asked."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

ACTION = ".github/actions/check"
REPOSITORY = {"repository": "acme/kb", "ref": "refs/heads/main", "sha": "1" * 40}
PUSH = {**REPOSITORY, "event_name": "push"}
PULL = {**REPOSITORY, "event_name": "pull_request", "base_ref": "main", "event": {"pull_request": {"head": {"repo": {"full_name": "acme/kb"}}}}}
SAVE = "actions/cache/save"


def names(job) -> list[str]:
    """Return which other actions a job has asked for."""
    return [use.partition("@")[0] for use, _ in job.used]


def test_a_push_is_checked_as_a_whole(runner, pull) -> None:
    """On a push, old faults fail the job, findings show at their lines and in the summary, and the cache is kept."""
    job = runner.run(pull({"README.md": "x"}), PUSH)
    assert (job.code, job.outputs) == (1, {"exit-code": "1"})
    assert "::error file=content/old.md,line=4,col=10,title=KB004 owner-unknown::" in job.log
    assert "content/old.md" in job.summary
    assert job.summary.startswith("<!-- kbtool check -->")
    assert names(job) == ["actions/setup-python", "actions/cache/restore", SAVE]
    assert {given["path"] for use, given in job.used[1:]} == {"./.kbtool/cache"}
    assert {given["key"] for use, given in job.used[1:]} == {"kbtool-" + "1" * 40}


def test_a_clean_push(runner, pull) -> None:
    """Without a fault the job passes; a warning does not fail it unless it is told to."""
    checkout = pull({"content/old.md": None})
    job = runner.run(checkout, PUSH)
    assert (job.code, job.outputs["exit-code"]) == (0, "0"), job.log
    (checkout / "content/a.md").write_text((checkout / "content/a.md").read_text() + "More.\n")
    assert runner.run(checkout, PUSH).code == 0
    assert runner.run(checkout, PUSH, {"fail-on": "warning"}).code == 1


def test_a_pull_request_hears_of_what_it_touches(runner, pull, page) -> None:
    """An old fault elsewhere does not fail a pull request, a new one does, and no cache is kept."""
    job = runner.run(pull({"content/a.md": page("[gone](gone.md)\n")}), PULL)
    assert job.code == 1
    assert "file=content/a.md,line=9" in job.log
    assert "content/old.md" not in job.log + job.summary
    assert SAVE not in names(job)


def test_a_pull_request_of_code(runner, pull) -> None:
    """A pull request that changes code hears of the article that covers it, as a warning."""
    job = runner.run(pull({"src/a.py": "x = 2\n"}), PULL)
    assert job.code == 0, job.log
    assert "::warning file=content/code.md" in job.log


def test_the_file_for_code_scanning_has_everything(runner, pull, page) -> None:
    """What a file does not have would count as fixed, so it has the old faults also where the gate is about the new ones."""
    checkout = pull({"content/a.md": page("More.\n")})
    job = runner.run(checkout, PULL, {"sarif": "kbtool.sarif"})
    assert job.code == 0, job.log
    found = json.loads((checkout / "kbtool.sarif").read_text())
    assert "KB004" in {one["ruleId"] for one in found["runs"][0]["results"]}


def test_a_fork_decides_nothing(runner, pull, page, fork_event) -> None:
    """A pull request from a fork is held to the settings of the base, and none of its code is run."""
    evil = "import pathlib\npathlib.Path(__file__).parent.parent.joinpath('PWNED').touch()\n"
    checkout = pull({
        "content/a.md": page("[gone](gone.md)\n"), "pyproject.toml": "[tool.kbtool.checks.broken-link]\nseverity = 'warning'\n",
        "checks/evil.py": evil, "venv.py": evil, "pip.py": evil, "kbtool.py": evil, "sitecustomize.py": evil,
    })
    job = runner.run(checkout, {**PULL, "event": fork_event})
    assert job.code == 1, job.log
    assert "::error file=content/a.md,line=9" in job.log
    assert not list(checkout.rglob("PWNED"))


@pytest.mark.parametrize("event", ["pull_request_target", "workflow_run", "issue_comment"])
def test_jobs_that_hold_secrets_are_refused(runner, pull, event) -> None:
    """On events whose jobs have the rights of the repository nothing is checked, installed or kept."""
    job = runner.run(pull({"README.md": "x"}), {**REPOSITORY, "event_name": event})
    assert (job.code, job.used, job.installed, job.summary) == (2, [], [], "")
    assert f"::error title=kbtool::a job on {event} has the rights of the repository" in job.log


@pytest.mark.parametrize("base", ["main; touch PWNED", "$(touch PWNED)", "`touch PWNED`", "--output=PWNED", "main\ntouch PWNED", "' || touch PWNED #"])
def test_names_of_branches_are_not_obeyed(runner, pull, base) -> None:
    """The name of a branch is never part of a script."""
    checkout = pull({"README.md": "x"})
    job = runner.run(checkout, {**PULL, "base_ref": base})
    assert job.code == 2, job.log
    assert not list(checkout.parent.rglob("PWNED*"))


def test_inputs_are_not_obeyed(runner, pull) -> None:
    """Nor is an input."""
    checkout = pull({"README.md": "x"})
    for name in ("folder", "fail-on", "sarif", "strict", "diff"):
        runner.run(checkout, PUSH, {name: '"; touch PWNED; "$(touch PWNED)'})
    assert not list(checkout.parent.rglob("PWNED*"))


def test_a_shallow_checkout_says_what_to_write(runner, pull, site, tmp_path) -> None:
    """Without the whole history there is no verdict, and the log has the line for the workflow."""
    checkout = pull({"content/old.md": None})
    site.git("clone", "--quiet", "--depth=1", f"file://{site.folder}", str(tmp_path / "shallow"))
    job = runner.run(tmp_path / "shallow", PUSH)
    assert "fetch-depth: 0" in job.log
    assert checkout.is_dir()


def test_a_folder_of_the_repository(runner, site, page, tmp_path) -> None:
    """The knowledge base may be in a folder; paths are from the top, and the cache is in its place."""
    for name in ("pyproject.toml", "checks/owners.yml", "checks/product_areas.yml"):
        site.commit({f"docs/{name}": (site.folder / name).read_text(), name: None})
    site.commit({"docs/content/a.md": page(owners="[nobody]"), "content/.keep": None}, on="2026-10-02")
    job = runner.run(site.folder, PUSH, {"folder": "docs"})
    assert "::error file=docs/content/a.md" in job.log
    assert (job.code, job.used[1][1]["path"]) == (1, "docs/.kbtool/cache")


@pytest.mark.parametrize(("event", "kept"), [("push", True), ("schedule", True), ("pull_request", False), ("workflow_dispatch", False), ("merge_group", False)])
def test_who_keeps_the_cache(runner, pull, event, kept) -> None:
    """Only runs on what has landed keep the cache, also where they fail."""
    assert (SAVE in names(runner.run(pull({"README.md": "x"}), {**PULL, "event_name": event}))) is kept


def test_without_a_cache(runner, pull) -> None:
    """The cache can be left out."""
    assert names(runner.run(pull({"README.md": "x"}), PUSH, {"cache": "false"})) == ["actions/setup-python"]


def test_what_is_installed(runner, pull, repository) -> None:
    """The package comes from the commit of the action, all else by hash, and pip asks no index for kbtool."""
    first, second = runner.run(pull({"README.md": "x"}), PUSH).installed
    pip = "-I -m pip --disable-pip-version-check --no-input install --quiet"
    assert first == f"{pip} --require-hashes --only-binary :all: -r {repository / ACTION}/requirements.txt"
    assert second == f"{pip} --no-deps --no-index --no-build-isolation {repository / ACTION}/../../.."


def test_the_lock_has_what_the_package_asks_for(repository: Path) -> None:
    """Each dependency is in the lock, in a version that pyproject.toml allows, and each version there has its hashes."""
    import tomllib

    project = tomllib.loads((repository / "pyproject.toml").read_text("utf-8"))
    lock = (repository / ACTION / "requirements.txt").read_text("utf-8")
    locked: dict[str, list[str]] = {}
    for entry in re.split(r"\n(?=\S)", lock.strip()):
        line, *hashes = entry.split("\\\n")
        found = Requirement(line)
        assert hashes, line
        assert all(re.fullmatch(r"\s+--hash=sha256:[0-9a-f]{64}\s*", one) for one in hashes), entry
        assert re.fullmatch(r"==[\w.]+", str(found.specifier)), line
        locked.setdefault(found.name, []).append(str(found.specifier)[2:])
    for wanted in map(Requirement, project["project"]["dependencies"] + project["build-system"]["requires"]):
        assert all(wanted.specifier.contains(version) for version in locked[wanted.name.lower()]), wanted


def test_no_expression_is_in_a_script(repository: Path) -> None:
    """What others can name reaches a script through its environment alone; other actions are pinned to commits."""
    for step in yaml.safe_load((repository / ACTION / "action.yml").read_text("utf-8"))["runs"]["steps"]:
        assert "${{" not in step.get("run", "")
        assert re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", step.get("uses", f"a@{'0' * 40}"))
