#!/usr/bin/env python3
"""Build one stage with each engine in one run, and print ratios to MkDocs.

    python bench/engines.py MAKE_KB [--articles 300] [--rounds 3]

MAKE_KB is the script that makes synthetic knowledge bases. The stage is that of its internal edition; every figure is the median
over the rounds, in which engines take turns. An engine that is not installed is skipped, and so is Hugo (`apt-get install hugo`).
It does not read the stage's configuration: it makes pages of the same articles by a layout of one line, as a mark of what can be.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from kbtool.config import load_config
from kbtool.engine import How, build_site
from kbtool.engines import ENGINES, find_engine
from kbtool.errors import ConfigError
from kbtool.evidence import gather
from kbtool.stage import stage

LAYOUT = "<!doctype html><title>{{ .Title }}</title>{{ .Content }}\n"
SITE = 'baseURL = "https://example.com/"\ndisableKinds = ["taxonomy", "term", "RSS"]\n[markup.goldmark.renderer]\nunsafe = true\n'
Times = tuple[float, float]


def timed(work: Callable[[], object]) -> Times:
    """Return the wall seconds of some work, and the CPU seconds of the processes that it started."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    work()
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def make_stage(script: Path, work: Path, articles: int) -> Path:
    """Make a knowledge base and stage its internal edition."""
    command = [sys.executable, str(script), str(work / "kb"), "--articles", str(articles), "--commits", "10"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    (work / "kb/pyproject.toml").write_text("[tool.kbtool]\n")
    evidence = gather(load_config(work / "kb"), dt.date(2026, 11, 1), git=False)
    return stage(evidence, evidence.editions["internal"], work / "stage").folder


def for_hugo(docs: Path, folder: Path) -> Path:
    """Lay the articles of a stage out for Hugo: an index of a section is called `_index.md` there, and braces are its own."""
    for path in docs.rglob("*.md"):
        target = folder / "content" / path.relative_to(docs)
        target = target.with_name("_index.md") if target.name == "index.md" else target
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(path.read_text("utf-8").replace("{{", "{ {"), "utf-8")
    (folder / "layouts/_default").mkdir(parents=True)
    for name in ("single", "list"):
        (folder / f"layouts/_default/{name}.html").write_text(LAYOUT)
    (folder / "config.toml").write_text(SITE)
    return folder


def runs(docs: Path, work: Path) -> dict[str, Callable[[Path], object]]:
    """Return what builds into a folder, by name; says what is skipped."""
    found: dict[str, Callable[[Path], object]] = {}
    for name in ENGINES:
        try:
            find_engine(name)
        except ConfigError as error:
            print(f"{name:<12} skipped: {error.message} ({error.hint})")
            continue
        found[name] = lambda out, name=name: build_site(docs, out, how=How(name))  # type: ignore[misc]
    hugo = shutil.which("hugo")
    if hugo is None:
        print("hugo         skipped: it is not installed (apt-get install hugo)")
    else:
        source = for_hugo(docs / "docs", work / "hugo")
        command = [hugo, "--quiet", "--source", str(source), "--destination"]
        found["hugo"] = lambda out: subprocess.run([*command, str(out)], check=True, stdout=subprocess.DEVNULL, env=os.environ)
    return found


def main() -> None:
    """Build, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("make_kb", type=Path)
    parser.add_argument("--articles", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kbtool-bench-") as folder:
        work = Path(folder)
        docs = make_stage(given.make_kb.resolve(), work, given.articles)
        engines = runs(docs, work)
        times: dict[str, list[Times]] = {name: [] for name in engines}
        for number in range(given.rounds):
            for name, build in engines.items():
                out = work / f"{name}-{number}"
                times[name].append(timed(lambda build=build, out=out: build(out)))  # type: ignore[misc]
                pages = sum(1 for _ in out.rglob("*.html"))
                shutil.rmtree(out)
                if number == 0:
                    print(f"{name:<12} {pages:,} pages", flush=True)
        for name, measured in times.items():
            pairs = list(zip(measured, times["mkdocs"], strict=True))
            wall, cpu = (statistics.median(one[n] / base[n] for one, base in pairs) for n in (0, 1))
            seconds = statistics.median(one[0] for one in measured)
            print(f"{name:<12} {wall:6.2f} x wall, {cpu:6.2f} x CPU of mkdocs   ({seconds:.2f} s, {given.articles:,} articles)")


if __name__ == "__main__":
    main()
