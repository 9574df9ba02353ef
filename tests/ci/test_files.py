"""Every file for a CI system, and every pipeline in an article: by its schema, and by zizmor."""

from __future__ import annotations

import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import yaml

SCRIPTS = Path(sys.executable).parent
_BLOCK = re.compile(r'^(?P<indent> *)```yaml title="(?P<name>[^"]+)"\n(?P<text>.*?)^(?P=indent)```$', re.MULTILINE | re.DOTALL)
_USES = re.compile(r"^\s*(?:- )?uses: (?P<name>[\w./-]+)@(?P<ref>\S+)(?P<comment>.*)$", re.MULTILINE)
#: What the articles and our files use of others: the commit of each release, as the repositories of the actions have it.
RELEASES = {
    ("actions/cache/restore", "27d5ce7f107fe9357f9df03efb73ab90386fccae"): "v5.0.5",
    ("actions/cache/save", "27d5ce7f107fe9357f9df03efb73ab90386fccae"): "v5.0.5",
    ("actions/checkout", "3d3c42e5aac5ba805825da76410c181273ba90b1"): "v7.0.1",
    ("actions/download-artifact", "3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c"): "v8.0.1",
    ("actions/setup-python", "5fda3b95a4ea91299a34e894583c3862153e4b97"): "v7.0.0",
    ("actions/upload-artifact", "bbbca2ddaa5d8feaa63e36b76fdaad77386f024f"): "v7.0.0",
    ("github/codeql-action/upload-sarif", "8aad20d150bbac5944a9f9d289da16a4b0d87c1e"): "v4.36.2",
}
SCHEMAS = {".gitlab-ci.yml": "vendor.gitlab-ci"}


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a program of the environment."""
    return subprocess.run([str(SCRIPTS / command[0]), *map(str, command[1:])], capture_output=True, text=True, check=False)


def examples(repository: Path) -> list[tuple[str, str, str]]:
    """Return the pipelines in articles: the article, the name of the file, its text; steps alone are put into a workflow."""
    return [(path.relative_to(repository).as_posix(), found["name"], _whole(found["name"], textwrap.dedent(found["text"])))
            for path in sorted((repository / "content").rglob("*.md")) for found in _BLOCK.finditer(path.read_text("utf-8"))]


def _whole(name: str, text: str) -> str:
    if not name.startswith(".github/") or not text.lstrip().startswith("- "):
        return text
    head = "name: Steps\non: push\npermissions: {}\njobs:\n  steps:\n    runs-on: ubuntu-latest\n    steps:\n"
    return head + textwrap.indent(textwrap.dedent(text), "      ")


@pytest.fixture
def written(repository, tmp_path) -> list[Path]:
    """The pipelines of articles as files, each in a folder of its own."""
    paths = []
    for number, (_, name, text) in enumerate(examples(repository)):
        path = tmp_path / f"{number:02}" / name
        path.parent.mkdir(parents=True)
        path.write_text(text, "utf-8")
        paths.append(path)
    return paths


def test_zizmor_finds_nothing(repository, written) -> None:
    """The action, and each workflow in an article, has no finding of zizmor: the action not even what it only says to auditors."""
    workflows = [path for path in written if ".github" in path.parts]
    assert len(workflows) >= 5
    for persona, paths in (("auditor", [repository / ".github"]), ("regular", workflows)):
        done = run("zizmor", "--offline", "--no-progress", f"--persona={persona}", *paths)
        assert done.returncode == 0, done.stdout


def test_zizmor_would_find_something(tmp_path) -> None:
    """A workflow with a hole is found, so the test above can fail."""
    path = tmp_path / ".github/workflows/bad.yml"
    path.parent.mkdir(parents=True)
    path.write_text("on: issue_comment\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo ${{ github.event.comment.body }}\n")
    done = run("zizmor", "--offline", "--no-progress", path)
    assert done.returncode != 0
    assert "template-injection" in done.stdout


def test_each_file_fits_its_schema(repository, written) -> None:
    """Actions, workflows and pipelines are what their systems' schemas ask for."""
    asked = {"vendor.github-actions": sorted((repository / ".github/actions").glob("*/action.yml"))}
    for path in written:
        schema = "vendor.github-workflows" if ".github" in path.parts else SCHEMAS.get(path.name)
        if schema:
            asked.setdefault(schema, []).append(path)
    assert asked.keys() == {"vendor.github-actions", "vendor.github-workflows", *SCHEMAS.values()}
    for schema, paths in asked.items():
        done = run("check-jsonschema", "--builtin-schema", schema, "--disable-formats", "*", *paths)
        assert done.returncode == 0, done.stdout


def test_the_template_of_gitlab_fits_the_schema(repository, tmp_path) -> None:
    """So is the template, with its inputs filled in; what it says of its inputs fits, too."""
    head, _, body = (repository / ".gitlab/kbtool.gitlab-ci.yml").read_text("utf-8").partition("\n---\n")
    for name, text in (("head.yml", head), ("body.yml", re.sub(r"\$\[\[ [^]]* \]\]", "x", body))):
        (tmp_path / name).write_text(text)
        done = run("check-jsonschema", "--builtin-schema", "vendor.gitlab-ci", "--disable-formats", "*", tmp_path / name)
        assert done.returncode == 0, done.stdout


def test_the_hooks_are_a_manifest(repository) -> None:
    """pre-commit takes the file of hooks."""
    assert run("pre-commit", "validate-manifest", repository / ".pre-commit-hooks.yaml").returncode == 0


def test_configurations_of_pre_commit(written) -> None:
    """pre-commit takes each configuration in an article."""
    paths = [path for path in written if path.name == ".pre-commit-config.yaml"]
    assert paths
    assert run("pre-commit", "validate-config", *paths).returncode == 0


def test_actions_of_others_are_pinned_to_releases(repository) -> None:
    """Each is named by the commit of a release, with that release beside it."""
    texts = {name: text for article, name, text in examples(repository) if name.startswith(".github")} | {
        path.name: path.read_text("utf-8") for path in (repository / ".github").rglob("*.yml")}
    found = [(match["name"], match["ref"], match["comment"]) for text in texts.values() for match in _USES.finditer(text)]
    assert len(found) >= 10
    for name, ref, comment in found:
        if not name.startswith("acme/"):  # whoever copies it writes theirs
            assert comment.strip() == f"# {RELEASES[name, ref]}", name


def test_permissions_are_said_and_least(repository) -> None:
    """Each workflow begins with no rights or with reading; what a job may write is said at the job, where no kbtool is installed."""
    for article, name, text in examples(repository):
        if not name.startswith(".github"):
            continue
        told = yaml.safe_load(text)
        assert told.get("permissions") in ({}, {"contents": "read"}), article
        for job in told["jobs"].values():
            writes = [right for right, value in job.get("permissions", {}).items() if value == "write"]
            script = " ".join(step.get("run", "") + step.get("uses", "") for step in job["steps"])
            assert not writes or "kbtool check" not in script, (article, writes)


def test_events_that_hold_secrets_check_nothing(repository) -> None:
    """No workflow of ours starts on pull_request_target or workflow_run."""
    for article, name, text in examples(repository):
        if name.startswith(".github"):
            assert not {"pull_request_target", "workflow_run"} & set(yaml.safe_load(text)[True]), article
