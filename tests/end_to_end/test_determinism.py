"""One commit, one day, one answer: wherever and whenever a run happens, every report has the same bytes."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kbtool.report_registry import BUILTIN_REPORTS

RUNS = 50 if os.environ.get("HYPOTHESIS_PROFILE") == "soak" else 6
ZONES = ("UTC", "Pacific/Kiritimati", "America/Anchorage")
LOCALES = ("C", "C.UTF-8", "tr_TR.ISO8859-9")
# Each process sees the entries of every folder in an order of its own, whatever file system it runs on.
SHUFFLED = """
import os
import random

_listdir, _scandir, _mixed = os.listdir, os.scandir, random.Random(os.environ["SHUFFLE"])

def listdir(*args):
    return sorted(_listdir(*args), key=lambda _: _mixed.random())

class scandir:
    def __init__(self, *args):
        with _scandir(*args) as entries:
            self.entries = iter(sorted(entries, key=lambda _: _mixed.random()))
    def __iter__(self):
        return self.entries
    def __next__(self):
        return next(self.entries)
    def __enter__(self):
        return self
    def __exit__(self, *_):
        pass
    def close(self):
        pass

os.listdir, os.scandir = listdir, scandir
"""


@pytest.fixture
def troubled(repo: Any, page: Callable[..., str]) -> Any:
    """A repository with something of everything: each verdict, changed code, tickets, links, strange names, a broken check."""
    body = "[a](no.md) [b](gone.md) [c](no.md) SUP-1 SUP-2\n\n![x](x.png)\n"
    repo.commit({
        **{f"content/{folder}/{name}.md": page(body, last_reviewed_on="2026-02-01", covers="[src/**]") for folder in ("a", "İ", "z b") for name in ("ı", "ß", "Z%", "a", "é")},
        "content/wrong.md": "---\ntitle: [\n", "content/owner.md": page(owners="[nobody, gone]", product_areas="[x, y]"), "content/new.md": page(last_reviewed_on=None),
        "content/A.md": page(), "content/a.md": page(), "checks/tickets.yml": "SUP-1: {state: closed, closed_at: 2026-08-01}\n",
        "checks/own.py": "from dataclasses import dataclass\nfrom typing import ClassVar\n\nfrom kbtool.check import Check\n\n\n@dataclass(frozen=True)\nclass Own(Check):\n"
        "    code: ClassVar[str] = 'ACME001'\n\n    def check(self, article, evidence):\n        raise KeyError(sorted({'b', 'a'}))\n        yield\n",
        **{f"src/{name}.py": "1\n" for name in "abcdef"},
    }, on="2026-02-01")
    for day, name in enumerate("fbdace", 1):
        repo.commit({f"src/{name}.py": f"{day}\n"}, on=f"2026-10-0{day}", by=f"Dev{day % 3}")
    return repo


def copied(source: Path, target: Path, seed: int) -> Path:
    """Copy a folder, file by file in an order of its own: file systems that list in the order of creation list each copy otherwise."""
    files = [path for path in source.rglob("*") if path.is_file()]
    random.Random(seed).shuffle(files)
    for path in files:
        here = target / path.relative_to(source)
        here.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, here)
    for path in source.rglob("*"):
        if path.is_dir():  # such as .git/refs/tags, which is empty
            (target / path.relative_to(source)).mkdir(parents=True, exist_ok=True)
    return target


def test_the_same_commit_gives_the_same_bytes(troubled: Any, kbtool: Any, tmp_path: Path, home: Path) -> None:
    """Time zones, locales, hash seeds, orders of folders, a warm cache, another folder: nothing shows in any format."""
    site = tmp_path / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(SHUFFLED)
    machines = [name for name in BUILTIN_REPORTS if name != "text"]
    seen: dict[str, set[bytes]] = {name: set() for name in BUILTIN_REPORTS}
    for number in range(RUNS):
        folder = copied(troubled.folder, tmp_path / f"copy {number}", number) if number % 3 < 2 else tmp_path / f"copy {number - 1}"  # the third finds a cache
        out = tmp_path / f"out {number}"
        out.mkdir()
        env = {"TZ": ZONES[number % 3], "LC_ALL": LOCALES[number // 3 % 3], "PYTHONHASHSEED": str(number), "SHUFFLE": str(number), "PYTHONPATH": str(site)}
        done = kbtool("check", *(word for name in machines for word in ("--report", f"{name}={out / name}")), cwd=folder, today="2026-11-22", env=env)
        assert done.code == 1, done.err
        seen["text"].add(done.out.encode())
        for name in machines:
            seen[name].add((out / name).read_bytes())
    assert {name: len(texts) for name, texts in seen.items()} == dict.fromkeys(BUILTIN_REPORTS, 1)
    (text,) = seen["text"]
    for code in ("KB001", "KB004", "KB007", "KB008", "KB101", "KB102", "KB106", "KB201", "KB203", "KB301", "ACME001"):
        assert code.encode() in text, "the run must have something to be in disorder"
