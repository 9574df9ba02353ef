#!/usr/bin/env python3
"""Measure the audit of both editions against two plain `mkdocs build` runs of the same pages.

    python bench/audit.py MAKE_KB [--articles 4000] [--growth 1000,10000]

MAKE_KB is the script that makes synthetic knowledge bases. The audit is what a build adds for it: to gather what is withheld,
to learn what to look for, to read the built site. As in a build, each edition has a process of its own, so on two cores both
are audited at once. It is measured three times: with nothing kept, after a public article was edited, after an internal one
was. `--growth` measures the first audit alone, per article, for other numbers of articles.
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
from itertools import chain, pairwise
from pathlib import Path

from ratios import make, timed  # type: ignore[import-not-found]

from kbtool.audit import Auditor
from kbtool.config import load_config
from kbtool.editions import Edition
from kbtool.engine import theme_files
from kbtool.evidence import Evidence, gather
from kbtool.forked import side_by_side
from kbtool.stage import stage
from kbtool.witness import withheld

TODAY = dt.date(2026, 11, 1)
CHANCE = 'audit_allow = {"Sup 3161" = "a title by chance, no ticket", "Sup 3719" = "a title by chance, no ticket"}\n'


def spent() -> tuple[float, float]:
    """Return the wall and CPU seconds that have passed, in other processes too."""
    times = os.times()
    return time.perf_counter(), times.user + times.system + times.children_user + times.children_system


def steps(evidence: Evidence, edition: Edition, kept: Path) -> Callable[[], list[str]]:
    """Return what audits the site of an edition, and returns lines on what each step took; the edition is staged already."""
    staged = stage(evidence, edition, evidence.config.root / "stage" / edition.name)
    site, allowed = evidence.config.root / evidence.config.site / edition.name, evidence.config.audit_allow

    def act() -> list[str]:
        marks = [spent()]
        told = withheld(evidence, edition, staged)
        marks.append(spent())
        auditor = Auditor(told, allowed, theme_files(), kept / f"{edition.name}-shown")
        marks.append(spent())
        leaks = auditor.audit(site, kept / edition.name)
        marks.append(spent())
        took = [(after[0] - before[0], after[1] - before[1]) for before, after in pairwise(marks)]
        names = ("what is withheld", "what to look for", f"the site of {len(staged.articles)} articles, {len(leaks)} leaks")
        lines = zip(names, took, strict=True)
        return [f"    {edition.name}: {name:<40} {wall:7.2f} s wall {cpu:7.2f} s CPU" for name, (wall, cpu) in lines]

    return act


def audit(kb: Path, kept: Path) -> tuple[float, float]:
    """Build both editions and audit them; return the wall and CPU seconds of the audits."""
    timed([sys.executable, "-m", "kbtool", "build", "--exit-zero", "--today", TODAY.isoformat()], kb)
    evidence = gather(load_config(kb), TODAY, None)
    kept.mkdir(exist_ok=True)
    tasks = [steps(evidence, edition, kept) for edition in evidence.editions.values()]
    before = spent()
    told = side_by_side(tasks)
    wall, cpu = (now - then for now, then in zip(spent(), before, strict=True))
    print("\n".join(chain.from_iterable(told)), flush=True)
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
            print(f"{what}, both editions of {given.articles:,} articles / two mkdocs builds: {wall / walls:.3f} x wall, "
                  f"{cpu / cpus:.3f} x CPU   (aim 0.04 x wall; {wall:.2f} s against {walls:.2f} s)", flush=True)
        for articles in map(int, filter(None, given.growth.split(","))):
            wall, cpu = audit(prepared(script, work / str(articles), articles), work / f"kept{articles}")
            print(f"audit, both editions of {articles:,} articles: {1000 * cpu / articles:.2f} ms of CPU an article", flush=True)


if __name__ == "__main__":
    sys.exit(main())
