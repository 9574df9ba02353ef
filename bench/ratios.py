#!/usr/bin/env python3
"""Measure kbtool against public peers in one run, and print ratios.

    python bench/ratios.py MAKE_KB [--articles 10000] [--rounds 3] [--only check,help]

MAKE_KB is the script that makes synthetic knowledge bases. Every figure is the median over the rounds; kbtool and its
peer take turns within a round, so that a machine that slows down slows both. Wall time decides, CPU seconds stand beside.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

TODAY = "2026-11-01"
READ_AND_PARSE = """
import pathlib, sys, yaml
for path in sorted(pathlib.Path(sys.argv[1]).rglob("*.md")):
    yaml.load(path.read_bytes().decode().split("---\\n", 2)[1], Loader=yaml.CSafeLoader)
"""


def environment() -> dict[str, str]:
    """Return the environment of what is measured: silent, and with byte code, as what is installed has it."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"} | {"NO_MKDOCS_2_WARNING": "1"}


def timed(command: Sequence[str], cwd: Path, expect: Sequence[int] = (0,)) -> tuple[float, float]:
    """Run a command; return its wall seconds and its CPU seconds, children included."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, cwd=cwd, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in expect:
        raise SystemExit(f"{' '.join(command)} exited with {done.returncode}:\n{done.stderr.decode()[-2000:]}")
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


Run = Callable[[], tuple[float, float]]


def compare(name: str, ours: Run, peer: Run, rounds: int, aim: float) -> None:
    """Print the median ratio of ours to the peer."""
    pairs = [(ours(), peer()) for _ in range(rounds)]
    wall = statistics.median(a[0] / b[0] for a, b in pairs)
    cpu = statistics.median(a[1] / b[1] for a, b in pairs)
    mine, theirs = (statistics.median(pair[n][0] for pair in pairs) for n in (0, 1))
    print(f"{name:<58} {wall:6.2f} x wall, {cpu:6.2f} x CPU   (aim {aim} x; {mine:.2f} s against {theirs:.2f} s)", flush=True)


def make(script: Path, folder: Path, articles: int) -> Path:
    """Make a synthetic knowledge base with a configuration."""
    command = [sys.executable, str(script), str(folder), "--articles", str(articles), "--commits", "100"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    (folder / "pyproject.toml").write_text("[tool.kbtool]\n")
    return folder


def bench_check(script: Path, work: Path, articles: int, rounds: int) -> None:
    """Check a knowledge base against reading its files and parsing their front matter with PyYAML's C loader."""
    kb = make(script, work / "check", articles)
    compare(
        f"check, {articles:,} articles / read and C-load front matter",
        lambda: timed([sys.executable, "-m", "kbtool", "check", "--today", TODAY], kb, (0, 1)),
        lambda: timed([sys.executable, "-c", READ_AND_PARSE, "content"], kb), rounds, 2.5,
    )


def bench_help(work: Path, rounds: int) -> None:
    """Show the help against importing click."""
    compare(
        "kbtool --help / python -c 'import click'",
        lambda: timed([str(Path(sys.executable).with_name("kbtool")), "--help"], work),
        lambda: timed([sys.executable, "-c", "import click"], work), rounds * 7, 2,
    )


def main() -> None:
    """Run the benches that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("make_kb", type=Path)
    parser.add_argument("--articles", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="help,check")
    given = parser.parse_args()
    script, wanted = given.make_kb.resolve(), given.only.split(",")
    with tempfile.TemporaryDirectory(prefix="kbtool-bench-") as folder:
        work = Path(folder)
        if "help" in wanted:
            bench_help(work, given.rounds)
        if "check" in wanted:
            bench_check(script, work, given.articles, given.rounds)


if __name__ == "__main__":
    main()
