"""The template for GitLab: what it says by GitLab's schema, and its scripts as a shell runs them."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml
from junitparser import JUnitXml

TEMPLATE = ".gitlab/kbtool.gitlab-ci.yml"
MERGE = {"CI_PIPELINE_SOURCE": "merge_request_event", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main", "CI_PROJECT_ID": "7", "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "7"}
SECRETS = {"CI_JOB_TOKEN": "token-of-the-job", "CI_REPOSITORY_URL": "https://gitlab-ci-token:token-of-the-job@gitlab.example.com/acme/kb.git"}


def filled(repository: Path, **given: str) -> str:
    """Return the template with its inputs filled in, as GitLab does when it is included."""
    head, _, body = (repository / TEMPLATE).read_text("utf-8").partition("\n---\n")
    inputs = {name: one.get("default") for name, one in yaml.safe_load(head)["spec"]["inputs"].items()} | {"package": "kbtool==0.1.0"} | given
    return re.sub(r"\$\[\[ inputs\.([\w-]+) \]\]", lambda match: inputs[match[1]], body)


def job(repository: Path, **given: str) -> dict:
    """Return the job of the template."""
    return yaml.safe_load(filled(repository, **given))["kbtool"]


@pytest.fixture
def pipeline(repository, python, home, tmp_path):
    """`pipeline(checkout, {"CI_…": …})` runs the scripts of the job in one shell, as a runner does."""
    (tmp_path / "runner/temp").mkdir(parents=True)

    def run(checkout: Path, known: dict[str, str], shell: str = "bash", **given: str) -> subprocess.CompletedProcess[str]:
        told = job(repository, **given)
        variables = {name: value.replace("${CI_PROJECT_DIR}", str(checkout)) for name, value in told["variables"].items()}
        env = {"PATH": f"{python.parent}:{os.environ['PATH']}", "HOME": str(home), "SOURCE_DATE_EPOCH": "1795348800", **SECRETS, **variables, **known}
        script = "set -e\n" + "\n".join([*told["before_script"], "env > seen.txt", *told["script"]])
        return subprocess.run([shell, "-c", script], cwd=checkout, env=env, capture_output=True, text=True, check=False)

    return run


@pytest.mark.parametrize("shell", ["bash", "sh"])
def test_the_default_branch_is_checked_as_a_whole(pipeline, pull, shell) -> None:
    """Old faults fail the job; both reports are written; the environment of what runs has no token."""
    checkout = pull({"README.md": "x"})
    done = pipeline(checkout, {"CI_PIPELINE_SOURCE": "push"}, shell)
    assert (done.returncode, "error KB004" in done.stdout) == (1, True), done
    assert [one["check_name"] for one in json.loads((checkout / "gl-code-quality-report.json").read_text())] == ["owner-unknown"]
    assert JUnitXml.fromfile(str(checkout / "kbtool.xml")).failures == 1
    assert "token-of-the-job" not in (checkout / "seen.txt").read_text()


def test_a_merge_request_hears_of_what_it_touches(pipeline, pull, page, site) -> None:
    """The gate is about the change; the reports, which GitLab compares with those of the target branch, are about everything."""
    base = site.head
    checkout = pull({"content/a.md": page("[gone](gone.md)\n")})
    done = pipeline(checkout, {**MERGE, "CI_MERGE_REQUEST_DIFF_BASE_SHA": base})
    assert (done.returncode, "content/old.md" in done.stdout, "error KB201" in done.stdout) == (1, False, True), done
    assert {one["check_name"] for one in json.loads((checkout / "gl-code-quality-report.json").read_text())} >= {"owner-unknown", "broken-link"}


def test_a_fork_decides_nothing(pipeline, pull, page, site) -> None:
    """A merge request from a fork is held to the settings of the target branch, and none of its code is run."""
    base = site.head
    evil = "import pathlib\npathlib.Path(__file__).parent.parent.joinpath('PWNED').touch()\n"
    checkout = pull({"content/a.md": page("[gone](gone.md)\n"), "checks/evil.py": evil, "venv.py": evil,
                     "pyproject.toml": "[tool.kbtool.checks.broken-link]\nseverity = 'warning'\n"})
    done = pipeline(checkout, {**MERGE, "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "8", "CI_MERGE_REQUEST_DIFF_BASE_SHA": base})
    assert (done.returncode, "error KB201" in done.stdout) == (1, True), done
    assert not list(checkout.rglob("PWNED"))


@pytest.mark.parametrize("branch", ["$(touch PWNED)", "`touch PWNED`", "; touch PWNED", "--output=PWNED", "' || touch PWNED #"])
def test_names_of_branches_are_not_obeyed(pipeline, pull, branch) -> None:
    """The name of a branch is a value and no part of the script."""
    checkout = pull({"README.md": "x"})
    pipeline(checkout, {**MERGE, "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": branch, "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "8", "CI_MERGE_REQUEST_DIFF_BASE_SHA": branch})
    assert not list(checkout.parent.rglob("PWNED*"))


def test_what_is_installed(pipeline, pull, tmp_path) -> None:
    """What pip gets is the package that was named, or a file of hashes."""
    checkout, log = pull({"README.md": "x"}), tmp_path / "runner/temp/pip.log"
    pipeline(checkout, {"CI_PIPELINE_SOURCE": "push"}, package="kbtool==0.1.0")
    pipeline(checkout, {"CI_PIPELINE_SOURCE": "push"}, requirements="ci/lock.txt")
    assert log.read_text().splitlines() == ["-I -m pip install --quiet kbtool==0.1.0", "-I -m pip install --quiet --require-hashes -r ci/lock.txt"]


def test_the_whole_history_is_asked_for_and_reports_are_kept(repository) -> None:
    """GitLab fetches everything, keeps the reports of a failed job, and gives the job no secrets of its own."""
    told = job(repository)
    assert told["variables"]["GIT_DEPTH"] == "0"
    assert told["artifacts"]["when"] == "always"
    assert told["artifacts"]["reports"] == {"codequality": "gl-code-quality-report.json", "junit": "kbtool.xml"}
    assert not told.keys() & {"id_tokens", "secrets", "environment"}


def test_merge_requests_do_not_write_the_cache(repository) -> None:
    """The cache is pushed on the default branch alone."""
    told = job(repository, folder="docs")
    assert told["cache"] == {"key": "kbtool", "policy": "$KBTOOL_CACHE", "paths": ["docs/.kbtool/cache"]}
    assert told["rules"] == [
        {"if": '$CI_PIPELINE_SOURCE == "merge_request_event"', "variables": {"KBTOOL_CACHE": "pull"}},
        {"if": "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH"},
    ]
