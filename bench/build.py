#!/usr/bin/env python3
"""Measure how both editions are built against two plain `mkdocs build` runs of the same pages, and print ratios.

    python bench/build.py MAKE_KB [--articles 4000] [--rounds 1] [--small 1000] [--growth 10000]

MAKE_KB is the script that makes synthetic knowledge bases. The peer is two plain runs, one after the other, with pruned
navigation as MAKE_KB sets it. Each step is the whole command, checks and audit with it, as a user runs it:

- cold: nothing is there.
- one article: its words have changed. Without the index: in a copy whose `mkdocs.yml` has no search.
- nothing: it is run again.
- growth: seconds an article, cold, with ten times as many articles.
- other engines: the stages of both editions built by Zensical and by Hugo, one after the other, where they are installed.
  They check nothing and have no index of ours; Hugo makes pages by a layout of one line.

Wall seconds and the CPU seconds of the command and its children; memory is that of the largest process.
"""

from __future__ import annotations

import argparse
import compileall
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from engines import for_hugo
from ratios import environment  # type: ignore[import-not-found]

from kbtool import __path__ as packages
from kbtool.engines import find_engine
from kbtool.errors import ConfigError

TODAY = "2026-11-01"
BUILD = """\
import sys; from pathlib import Path; from kbtool.engine import How, build_site
build_site(Path(sys.argv[1]), Path(sys.argv[2]), how=How(sys.argv[3]))
"""


class Cost(NamedTuple):
    """What a command took: seconds, CPU seconds, and MB of its largest process."""

    wall: float
    cpu: float
    memory: float

    def __add__(self, other: Cost) -> Cost:  # type: ignore[override]
        """Return the cost of both, one after the other."""
        return Cost(self.wall + other.wall, self.cpu + other.cpu, max(self.memory, other.memory))


def run(command: Sequence[str], cwd: Path) -> Cost:
    """Run a command in a process of its own that measures it; findings are no failure."""
    start = time.perf_counter()
    pid = os.fork()
    if pid == 0:
        with open(os.devnull, "wb") as nothing:  # noqa: PTH123
            done = subprocess.run(command, cwd=cwd, env=environment(), stdout=nothing, stderr=nothing, check=False)
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        Path(cwd, ".cost").write_text(f"{used.ru_utime + used.ru_stime} {used.ru_maxrss / 1024}")
        os._exit(0 if done.returncode in (0, 1) else 1)
    _, status = os.waitpid(pid, 0)
    wall = time.perf_counter() - start
    if status:
        raise SystemExit(f"{' '.join(command)} failed in {cwd}")
    cpu, memory = map(float, Path(cwd, ".cost").read_text().split())
    return Cost(wall, cpu, memory)


def make(script: Path, folder: Path, articles: int) -> Path:
    """Make a knowledge base; titles such as "… sup 43" are allowed, since they are the keys of tickets by chance."""
    command = [sys.executable, str(script), str(folder), "--articles", str(articles), "--commits", "100"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    texts = "\n".join(path.read_text() for path in (folder / "content").rglob("*.md"))
    chance = sorted({match.casefold() for match in re.findall(r"^title: .*?\b(sup \d+)$", texts, re.MULTILINE | re.IGNORECASE)})
    allowed = "".join(f'"{words}" = "by chance"\n' for words in chance)
    (folder / "pyproject.toml").write_text(f"[tool.kbtool]\n[tool.kbtool.audit_allow]\n{allowed}")
    (folder / ".gitignore").write_text(".kbtool/\nsite/\n")  # as `kbtool init` does: or git looks through what is built
    return folder


def kbtool(kb: Path) -> Cost:
    """Build both editions."""
    cost = run([sys.executable, "-m", "kbtool", "build", "--today", TODAY, "--exit-zero"], kb)
    if not all((kb / "site" / name / "index.html").exists() for name in ("public", "internal")):
        raise SystemExit(f"an edition of {kb} was not published: see `kbtool build` there")
    return cost


def clean(kb: Path) -> None:
    """Remove all that builds have left."""
    for name in (".kbtool", "site"):
        shutil.rmtree(kb / name, ignore_errors=True)


def plain(kb: Path, work: Path) -> Cost:
    """Build the same pages twice with MkDocs alone."""
    costs = [run([sys.executable, "-m", "mkdocs", "build", "-q", "-d", str(work / f"plain{number}")], kb) for number in (1, 2)]
    for number in (1, 2):
        shutil.rmtree(work / f"plain{number}")
    return costs[0] + costs[1]


def without_index(kb: Path) -> Path:
    """Return a copy of a knowledge base whose sites have no search, so that no index is made."""
    copy = kb.with_name(f"{kb.name}-without-index")
    clean(kb)
    shutil.copytree(kb, copy, dirs_exist_ok=True, symlinks=True)
    settings = (kb / "mkdocs.yml").read_text()
    (copy / "mkdocs.yml").write_text(re.sub(r"^plugins:.*\n(?:[ -].*\n)*", "plugins: []\n", settings, flags=re.MULTILINE))
    return copy


def change(kb: Path) -> Cost:
    """Change the words of an article, and build."""
    article = min((kb / "content/area01").rglob("*.md"))
    article.write_text(article.read_text() + "\nOne more sentence for the readers of this page.\n")
    return kbtool(kb)


def show(what: str, ours: Cost, peer: Cost, aim: str) -> None:
    """Print a ratio."""
    ratios = f"{ours.wall / peer.wall:6.3f} x wall {ours.cpu / peer.cpu:6.3f} x CPU"
    print(f"{what:<44} {ratios}   ({ours.wall:.2f} s, {ours.cpu:.2f} CPU s, {ours.memory:.0f} MB; aim {aim})", flush=True)


def other_engines(kb: Path, work: Path, peer: Cost) -> None:
    """Print what other engines take for the stages of both editions."""
    stages = [kb / ".kbtool/stage" / name for name in ("public", "internal")]
    made = work / "other"
    try:
        find_engine("zensical")
        costs = [run([sys.executable, "-c", BUILD, str(stage), str(made / stage.name), "zensical"], kb) for stage in stages]
        show("zensical, stages of both editions", costs[0] + costs[1], peer, "-")
    except ConfigError as error:
        print(f"zensical is skipped: {error.message} ({error.hint})")
    hugo = shutil.which("hugo")
    if hugo:
        sources = [for_hugo(stage / "docs", work / f"hugo-{stage.name}") for stage in stages]
        costs = [run([hugo, "--quiet", "--source", str(one), "--destination", str(made / one.name)], kb) for one in sources]
        show("hugo, pages of both editions", costs[0] + costs[1], peer, "-")
        for one in sources:
            shutil.rmtree(one)
    else:
        print("hugo is skipped: it is not installed (apt-get install hugo)")
    shutil.rmtree(made, ignore_errors=True)


def one_round(kb: Path, work: Path) -> Cost:
    """Measure the steps on one knowledge base, and return the cost of the cold build."""
    bare = without_index(kb)
    peer, cold = plain(kb, work), kbtool(kb)
    show("two plain mkdocs builds", peer, peer, "-")
    show("both editions, cold", cold, peer, "0.30 wall, 0.45 CPU")
    other_engines(kb, work, peer)
    show("the same without search", kbtool(bare), peer, "-")
    show("one article changed", change(kb), peer, "0.15")
    show("one article changed, without the index", change(bare), peer, "0.08")
    show("nothing changed", kbtool(kb), peer, "0.01")
    shutil.rmtree(bare)
    return cold


def main() -> None:
    """Measure, round by round, and then how the cost grows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("make_kb", type=Path)
    parser.add_argument("--articles", type=int, default=4_000)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--small", type=int, default=1_000)
    parser.add_argument("--growth", type=int, default=10_000, help="0 leaves growth out")
    given = parser.parse_args()
    script = given.make_kb.resolve()
    compileall.compile_dir(packages[0], quiet=1)  # or the first build would be the one that pays for it
    with tempfile.TemporaryDirectory(prefix="kbtool-bench-") as folder:
        work = Path(folder)
        kb = make(script, work / "kb", given.articles)
        for _ in range(given.rounds):
            one_round(kb, work)
        if given.growth:
            shutil.rmtree(kb)
            small, large = (kbtool(make(script, work / f"kb{count}", count)) for count in (given.small, given.growth))
            wall, cpu = ((large[n] / given.growth) / (small[n] / given.small) for n in (0, 1))
            print(f"an article of {given.growth:,} against one of {given.small:,}: {wall:.2f} x wall, {cpu:.2f} x CPU (aim 1.3); "
                  f"largest process {large.memory:.0f} MB (aim 1500)")


if __name__ == "__main__":
    main()
