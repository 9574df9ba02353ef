#!/usr/bin/env python3
"""Measure `kbtool check` with history against public peers in one run, and print ratios.

    python bench/history.py MAKE_KB [--articles 10000] [--commits 100000] [--rounds 3]

MAKE_KB is the script that makes synthetic knowledge bases. A round takes: the peer (one `git log --first-parent --raw -z` pass,
then reading the articles and their front matter by PyYAML's C loader), a run without a cache, ten new commits, a run with the
cache, and one `git log -1` for each of a few articles, which is what date plugins do. Figures are medians over the rounds.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ratios import READ_AND_PARSE, TODAY, timed

PASS = ["git", "log", "--first-parent", "--diff-merges=first-parent", "--raw", "-z", "--no-renames", "--no-abbrev", "--format=%H"]
CHECK = [sys.executable, "-m", "kbtool", "check", "--today", TODAY]
SAMPLE = 100  #: articles that are asked for one by one


def git(folder: Path, *args: str, stdin: str = "") -> str:
    """Run git with fixed people and dates."""
    people = {f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER")
              for what, value in (("NAME", "bench"), ("EMAIL", "bench@example.com"), ("DATE", "2026-11-01T12:00:00Z"))}
    done = subprocess.run(["git", "-C", str(folder), *args], check=True, capture_output=True, text=True,  # noqa: S607
                          input=stdin, env=os.environ | people)
    return done.stdout.strip()


def land_ten(kb: Path) -> None:
    """Add ten commits: five to articles, five to code."""
    articles = sorted(kb.glob("content/*/*/*.md"))[::997][:5]
    code = sorted(kb.glob("src/*/*/*.py"))[::211][:5]
    for path in [*articles, *code]:
        path.write_text(path.read_text("utf-8") + "\nOne more line.\n", "utf-8")
        git(kb, "commit", "-qam", f"Change {path.name}")


def one_round(kb: Path) -> dict[str, float]:
    """Return the wall seconds of everything, once."""
    found = {"pass": timed(PASS, kb)[0], "yaml": timed([sys.executable, "-c", READ_AND_PARSE, "content"], kb)[0]}
    shutil.rmtree(kb / ".kbtool", ignore_errors=True)
    found["cold"] = timed(CHECK, kb, (0, 1))[0]
    start = git(kb, "rev-parse", "HEAD")
    land_ten(kb)
    found["warm"] = timed(CHECK, kb, (0, 1))[0]
    found["again"] = timed(CHECK, kb, (0, 1))[0]
    git(kb, "reset", "-q", "--hard", start)
    articles = sorted(kb.glob("content/*/*/*.md"))
    before = time.perf_counter()
    for path in articles[:: max(len(articles) // SAMPLE, 1)][:SAMPLE]:
        git(kb, "log", "-1", "--format=%at", "--", str(path.relative_to(kb)))
    found["each"] = (time.perf_counter() - before) / SAMPLE * len(articles)
    return found


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("make_kb", type=Path)
    parser.add_argument("--articles", type=int, default=10_000)
    parser.add_argument("--commits", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        kb = Path(folder) / "kb"
        size = ["--articles", str(options.articles), "--commits", str(options.commits)]
        subprocess.run([sys.executable, str(options.make_kb), str(kb), *size], check=True, stdout=subprocess.DEVNULL)
        (kb / "pyproject.toml").write_text("[tool.kbtool]\n")
        git(kb, "add", "pyproject.toml")
        git(kb, "commit", "-qm", "Configure")
        rounds = [one_round(kb) for _ in range(options.rounds)]
    for name, top, bottom, aim in (
        ("check, no cache / one pass + read and C-load", ("cold",), ("pass", "yaml"), "<= 1.5"),
        ("check, ten new commits / no cache", ("warm",), ("cold",), "<= 0.25"),
        ("check, nothing new / no cache", ("again",), ("cold",), ""),
        ("one git log -1 an article / check, no cache", ("each",), ("cold",), ">= 20"),
    ):
        ratio = statistics.median(sum(one[key] for key in top) / sum(one[key] for key in bottom) for one in rounds)
        seconds = [statistics.median(sum(one[key] for key in keys) for one in rounds) for keys in (top, bottom)]
        print(f"{name:<50} {ratio:8.2f} x   (aim {aim or '-'}; {seconds[0]:.2f} s against {seconds[1]:.2f} s)", flush=True)
    most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"memory of the largest process: {most:.0f} MB (aim <= 500)")


if __name__ == "__main__":
    main()
