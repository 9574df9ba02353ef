#!/usr/bin/env python3
"""Measure the audit of both editions against two plain `mkdocs build` runs of the same pages.

    python bench/audit.py MAKE_KB [--articles 4000] [--growth 1000,10000]

MAKE_KB is the script that makes synthetic knowledge bases. The audit is what a build adds for it: to gather what is withheld,
to learn what to look for, to read the built site. It is measured three times: with nothing kept, after a public article was
edited, after an internal one was. CPU seconds decide: a build does the first two steps while the engine runs.
`--growth` measures the first audit alone, per article, for other numbers of articles.
"""

from __future__ import annotations

import argparse
import datetime as dt
import gc
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ratios import make, timed  # type: ignore[import-not-found]

from kbtool.audit import Auditor
from kbtool.config import load_config
from kbtool.engine import theme_files
from kbtool.evidence import gather
from kbtool.stage import stage
from kbtool.witness import withheld

TODAY = dt.date(2026, 11, 1)
CHANCE = 'audit_allow = {"Sup 3161" = "a title by chance, no ticket", "Sup 3719" = "a title by chance, no ticket"}\n'


def spent() -> tuple[float, float]:
    """Return the wall and CPU seconds that have passed, in other processes too."""
    times = os.times()
    return time.perf_counter(), times.user + times.system + times.children_user + times.children_system


def step(name: str, act: Callable[[], object]) -> tuple[object, float, float]:
    """Do something; print and return what it took: wall and CPU seconds."""
    before = spent()
    result = act()
    wall, cpu = (now - then for now, then in zip(spent(), before, strict=True))
    print(f"    {name:<30} {wall:7.2f} s wall {cpu:7.2f} s CPU", flush=True)
    return result, wall, cpu


def audit(kb: Path, kept: Path) -> tuple[float, float]:
    """Build both editions and audit them; return the wall and CPU seconds of the audits."""
    timed([sys.executable, "-m", "kbtool", "build", "--exit-zero", "--today", TODAY.isoformat()], kb)
    evidence = gather(load_config(kb), TODAY, None)
    allowed = evidence.config.audit_allow
    kept.mkdir(exist_ok=True)
    wall = cpu = 0.0
    for name, edition in evidence.editions.items():
        staged, site = stage(evidence, edition, kb / "stage" / name), kb / evidence.config.site / name

        def learn(told: Any, shown: Path = kept / f"{name}-shown") -> Auditor:
            return Auditor(told, allowed, theme_files(), shown)

        told, *one = step(f"{name}: what is withheld", lambda edition=edition, staged=staged: withheld(evidence, edition, staged))
        auditor, *two = step(f"{name}: what to look for", lambda told=told, learn=learn: learn(told))
        leaks, *three = step(f"{name}: the site", lambda auditor=auditor, site=site, name=name: auditor.audit(site, kept / name))
        print(f"    {name}: {len(staged.articles)} articles, {len(leaks)} leaks", flush=True)
        wall, cpu = wall + one[0] + two[0] + three[0], cpu + one[1] + two[1] + three[1]
    return wall, cpu


def edit(kb: Path, audience: str) -> None:
    """Add a sentence to the first article of an audience."""
    paths = sorted((kb / "content").rglob("a*.md"))
    path = next(path for path in paths if f"\naudience: {audience}\n" in path.read_text())
    path.write_text(f"{path.read_text().rstrip()}\n\nNobody but the {audience} okapi knows when the {audience} giraffe sleeps.\n")


def prepared(script: Path, folder: Path, articles: int) -> Path:
    """Make a knowledge base."""
    kb = make(script, folder, articles)
    with (kb / "pyproject.toml").open("a") as config:
        config.write(CHANCE)
    return kb


def main() -> None:
    """Print the ratio, then the growth."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("make_kb", type=Path)
    parser.add_argument("--articles", type=int, default=4_000)
    parser.add_argument("--growth", default="")
    given = parser.parse_args()
    script = given.make_kb.resolve()
    gc.disable()  # as the command does
    with tempfile.TemporaryDirectory(prefix="kbtool-bench-") as folder:
        work = Path(folder)
        kb = prepared(script, work / "kb", given.articles)
        plain = [timed([sys.executable, "-m", "mkdocs", "build", "-q", "-d", str(work / f"plain{n}")], kb) for n in (1, 2)]
        walls, cpus = sum(one[0] for one in plain), sum(one[1] for one in plain)
        for what in ("first audit", "public article edited", "internal article edited"):
            if " article " in what:
                edit(kb, what.split()[0])
            wall, cpu = audit(kb, work / "kept")
            print(f"{what}, both editions of {given.articles:,} articles / two mkdocs builds: {cpu / cpus:.3f} x CPU, "
                  f"{wall / walls:.3f} x wall   (aim 0.04 x; {cpu:.2f} s against {cpus:.2f} s)", flush=True)
        for articles in map(int, filter(None, given.growth.split(","))):
            wall, cpu = audit(prepared(script, work / str(articles), articles), work / f"kept{articles}")
            print(f"audit, both editions of {articles:,} articles: {1000 * cpu / articles:.2f} ms of CPU an article", flush=True)


if __name__ == "__main__":
    sys.exit(main())
