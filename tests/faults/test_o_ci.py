"""Faults O: ready-made CI. What the jobs do with strangers is in tests/ci."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

_WORKFLOW = re.compile(r'^(?P<indent> *)```yaml title="\.github/[^"]+"\n(?P<text>.*?)^(?P=indent)```$', re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def workflows(repository: Path) -> list[str]:
    """The workflows in articles."""
    paths = sorted((repository / "content").rglob("*.md"))
    return [found["text"] for path in paths for found in _WORKFLOW.finditer(path.read_text("utf-8"))]


@pytest.fixture(scope="module")
def actions(repository: Path) -> list[dict]:
    """The actions of this project."""
    return [yaml.safe_load(path.read_text("utf-8")) for path in sorted((repository / ".github/actions").glob("*/action.yml"))]


def test_o05_no_checkout_leaves_its_token(workflows, actions) -> None:
    """Every checkout in an article is told to forget its token; our actions check nothing out."""
    checkouts = [text for workflow in workflows for text in re.split(r"\n *- ", workflow) if text.lstrip("- ").startswith("uses: actions/checkout@")]
    assert len(checkouts) >= 5
    assert all("persist-credentials: false" in text for text in checkouts)
    assert '"uses": "actions/checkout' not in json.dumps(actions)


def test_o06_nothing_is_taken_by_a_name_that_moves(workflows, actions) -> None:
    """Actions of others are named by commits, and a job that publishes takes no cache."""
    used = [use for text in (*workflows, json.dumps(actions)) for use in re.findall(r'uses"?: "?([^\s"]+)', text)]
    assert len(used) >= 15
    assert all(re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", use) for use in used), used
    assert all("actions/cache" not in text for text in workflows if "kbtool build" in text)


def test_o08_packages_are_pinned_by_hash(actions) -> None:
    """The actions install from a file of hashes, build nothing that they download, and take nothing from the pull request."""
    installs = [step["run"] for action in actions for step in action["runs"]["steps"] if "pip" in step.get("run", "")]
    assert len(installs) == len(actions) == 2
    for script in installs:
        assert "--require-hashes --only-binary :all: -r" in script
        assert '--no-deps --no-index --no-build-isolation "$ACTION/../../.."' in script
        assert script.count('"${pip[@]}"') == 2
