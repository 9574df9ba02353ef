"""The tracker that the article Add a tracker shows: it proves itself, is listed, and is asked."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from kbtool.testing import TrackerContract


@pytest.fixture
def package(repository: Path, tmp_path: Path) -> Path:
    """The article's files, installed as a package, with their test beside it."""
    article = repository / "content/internal/add-a-tracker.md"
    if not article.is_file():
        pytest.skip("not in a checkout")
    blocks = dict(re.findall(r'```\w+ title="([^"]+)"\n(.*?)```', article.read_text("utf-8"), re.DOTALL))
    points = blocks["pyproject.toml of the package"].replace('project.entry-points."kbtool.trackers"', "kbtool.trackers").replace('"', "")
    folder = tmp_path / "package"
    files = {
        "acme_kb/__init__.py": "", "acme_kb/csv_tracker.py": blocks["acme_kb/csv_tracker.py"], "test_csv_tracker.py": blocks["tests/test_csv_tracker.py"],
        "acme_kb-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: acme_kb\nVersion: 1.0\n", "acme_kb-1.0.dist-info/entry_points.txt": points,
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def test_it_keeps_the_contract(package: Path) -> None:
    """The test that the article shows passes."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(package), "test_csv_tracker.py"], cwd=package,
        env={**os.environ, "PYTHONPATH": str(package)}, capture_output=True, check=False,
    )
    tests = sum(name.startswith("test_") for name in dir(TrackerContract))
    assert (done.returncode, f"{tests} passed".encode() in done.stdout) == (0, True), done.stdout.decode()


def test_it_is_listed_and_asked(package: Path, kb: Any) -> None:
    """It is a kind like any other: listed, made from its table, asked by a sync, and known to a check."""
    env = {"PYTHONPATH": str(package)}
    assert re.search(r"\ntrackers: file, .*\bcsv\b", kb.run("list", env=env).out)
    kb.write("pyproject.toml", '[tool.kbtool]\n[tool.kbtool.trackers.support]\nkind = "csv"\npath = "checks/tickets.csv"\n')
    kb.write("checks/tickets.csv", "key,state,title\nCSV-1,new,Export\nCSV-2,done,Import\n")
    kb.write("content/index.md", "---\ntitle: x\nowners: [ana]\nproduct_areas: [billing]\nlast_reviewed_on: 2026-11-01\ntickets: [CSV-1, CSV-2, CSV-3]\n---\n")
    done = kb.run("tickets", "sync", env=env)
    assert (done.code, done.out, done.err) == (0, "support: 3 tickets (2 found, 1 missing)\n", "")
    checked = kb.run("check", "--format", "json", env=env).json()
    assert [one["code"] for one in checked["findings"]] == ["KB301", "KB303"]
