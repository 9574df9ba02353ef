"""What the tests of ready-made CI share: a runner for composite actions and repositories as CI checks them out."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from kbtool.testing import Repository

_TOKEN = re.compile(r"\s*(?:(?P<text>'[^']*')|(?P<op>&&|\|\||==|!=|!|\(|\))|(?P<call>cancelled\(\))|(?P<path>[a-z_][\w.-]*))")
_WORDS = {"&&": " and ", "||": " or ", "!": " not "}


def evaluate(expression: str, facts: Mapping[str, Any]) -> Any:
    """Return the value of an expression of GitHub Actions: of those that our files use."""
    out, at = [], 0
    while at < len(expression.rstrip()):
        found = _TOKEN.match(expression, at)
        assert found, expression
        if found["op"]:
            out.append(_WORDS.get(found["op"], found["op"]))
        elif found["text"]:
            out.append(repr(found["text"][1:-1]))
        else:
            out.append(repr(False if found["call"] else _fact(found["path"], facts)))
        at = found.end()
    return eval("".join(out))  # made of nothing but literals and operators


def _fact(path: str, facts: Any) -> Any:
    for part in path.split("."):
        facts = facts.get(part) if isinstance(facts, Mapping) else None
    return "" if facts is None else facts


def fill(text: str, facts: Mapping[str, Any]) -> str:
    """Return a text with its expressions worked out, as GitHub writes them."""
    def value(match: re.Match[str]) -> str:
        found = evaluate(match[1], facts)
        return str(found).lower() if isinstance(found, bool) else str(found)

    return re.sub(r"\$\{\{(.*?)\}\}", value, text)


@dataclass
class Job:
    """What a composite action did: the exit code of the step that failed, what was said, and what other actions were asked for."""

    code: int = 0
    log: str = ""
    used: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    outputs: dict[str, str] = field(default_factory=dict)
    summary: str = ""
    installed: list[str] = field(default_factory=list)


@dataclass
class Runner:
    """A machine that runs composite actions: each step a bash of its own in an environment of nothing but what GitHub gives it."""

    folder: Path
    action: Path
    outputs_of: Mapping[str, Mapping[str, str]]

    def run(self, checkout: Path, github: Mapping[str, Any], given: Mapping[str, str] | None = None) -> Job:
        """Run the action in a checkout, with what GitHub knows and the inputs that are given."""
        action = yaml.safe_load(self.action.read_text("utf-8"))
        inputs = {name: fill(one.get("default", ""), {"github": github}) for name, one in action["inputs"].items()} | dict(given or {})
        steps: dict[str, Any] = {name: {"outputs": dict(found)} for name, found in self.outputs_of.items()}
        facts = {"inputs": inputs, "steps": steps, "github": {**github, "action_path": str(self.action.parent)}}
        job, failed = Job(), False
        for step in action["runs"]["steps"]:
            condition = re.sub(r"^\$\{\{(.*)\}\}$", r"\1", step.get("if", "")).strip()
            if (failed and "cancelled()" not in condition) or (condition and not evaluate(condition, facts)):
                continue
            if "uses" in step:
                job.used.append((step["uses"], {key: fill(str(value), facts) for key, value in step.get("with", {}).items()}))
                continue
            code = self._step(step, checkout, facts, job)
            if step.get("id"):
                steps[step["id"]] = {"outputs": dict(line.split("=", 1) for line in (self.folder / "output").read_text().splitlines())}
            if code and not failed:
                failed, job.code = True, code
        job.outputs = {name: fill(one["value"], facts) for name, one in action.get("outputs", {}).items()}
        log = self.folder / "temp/pip.log"
        job.installed = log.read_text().splitlines() if log.exists() else []
        return job

    def _step(self, step: Mapping[str, Any], checkout: Path, facts: Mapping[str, Any], job: Job) -> int:
        script = self.folder / "step.sh"
        script.write_text(step["run"])
        for name in ("output", "summary"):
            (self.folder / name).write_text("")
        (self.folder / "temp").mkdir(exist_ok=True)
        github = facts["github"]
        env = {
            "PATH": os.pathsep.join([str(self.folder.parent / "tools"), os.environ["PATH"]]), "HOME": str(self.folder / "home"), "RUNNER_TEMP": str(self.folder / "temp"), "GITHUB_ACTIONS": "true",
            "GITHUB_EVENT_NAME": github["event_name"], "GITHUB_BASE_REF": github.get("base_ref", ""), "GITHUB_SHA": github.get("sha", ""),
            "GITHUB_REPOSITORY": github["repository"], "GITHUB_OUTPUT": str(self.folder / "output"), "GITHUB_STEP_SUMMARY": str(self.folder / "summary"),
            "GITHUB_WORKSPACE": str(checkout), "GITHUB_EVENT_PATH": github.get("event_path", ""), "GITHUB_SERVER_URL": github.get("server_url", ""),
            "SOURCE_DATE_EPOCH": "1795348800",  # 22 November 2026
        } | {name: fill(str(value), facts) for name, value in step.get("env", {}).items()}
        done = subprocess.run(["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", str(script)], cwd=checkout, env=env,
                              capture_output=True, text=True, check=False)
        job.log += done.stdout + done.stderr
        job.summary += (self.folder / "summary").read_text()
        return done.returncode


def _program(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/bash\n{text}")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


@pytest.fixture
def python(tmp_path: Path) -> Path:
    """A Python whose environments have the kbtool that is tested, and a pip that only writes down what it is asked for."""
    pip = f'echo "$*" >> "{tmp_path}/runner/temp/pip.log"\n'
    made = _program(tmp_path / "tools/pip", pip)
    kbtool = _program(tmp_path / "tools/kbtool", f'exec "{sys.executable}" -P -m kbtool "$@"\n')
    return _program(tmp_path / "tools/python", (
        f'[ "$*" = "-I -m venv ${{@: -1}}" ] || exit 9\nmkdir -p "${{@: -1}}/bin"\ncp "{made}" "${{@: -1}}/bin/python"\ncp "{kbtool}" "${{@: -1}}/bin/kbtool"\n'))


@pytest.fixture
def runner(tmp_path: Path, repository: Path, python: Path) -> Runner:
    """A runner with the action of this project."""
    (tmp_path / "runner/home").mkdir(parents=True)
    (tmp_path / "runner/temp").mkdir()
    return Runner(tmp_path / "runner", repository / ".github/actions/check/action.yml", {"python": {"python-path": str(python)}})


@pytest.fixture
def pull(site: Repository, page: Callable[..., str], tmp_path: Path) -> Callable[..., Path]:
    """`pull({"content/a.md": …})`: the checkout of a pull request that changes these files, detached at its merge with main.

    Main has `content/a.md` without a fault, `content/old.md` with an owner whom nobody knows, and `src/a.py`, which `content/code.md` covers.
    """
    site.commit({
        "content/a.md": page(), "content/old.md": page(owners="[nobody]"), "src/a.py": "x = 1\n", "content/code.md": page(covers="[src/a.py]"),
    }, on="2026-10-01")

    def make(files: Mapping[str, str | None]) -> Path:
        site.branch("change")
        site.commit(files, on="2026-11-20", by="Ben")
        site.switch("main")
        site.git("switch", "--detach", "main")
        site.merge("change", on="2026-11-21")
        merged = site.head
        site.git("switch", "main")
        site.git("update-ref", "refs/pull/1/merge", merged)
        checkout = tmp_path / "checkout"
        site.git("clone", "--quiet", "--no-local", str(site.folder), str(checkout))
        for args in (["fetch", "--quiet", "origin", "refs/pull/1/merge"], ["checkout", "--quiet", "--detach", "FETCH_HEAD"]):
            site.git("-C", str(checkout), *args)
        return checkout

    return make


@pytest.fixture
def site(repo: Repository, home: Path) -> Repository:
    """A repository of a knowledge base."""
    del home
    return repo


@pytest.fixture(scope="session")
def fork_event() -> dict[str, Any]:
    """What GitHub tells of a pull request from a fork."""
    return json.loads('{"pull_request": {"head": {"repo": {"full_name": "stranger/kb"}}}}')
