#!/usr/bin/env python3
"""Measure a commit of one article with the hook of this project, in a fresh repository, against public peers in the same run.

    python bench/pre_commit.py MAKE_KB [--articles 2000] [--commits 2000] [--rounds 9]

MAKE_KB is the script that makes synthetic knowledge bases. pre-commit installs the hook from this checkout, as it does for
everybody (so it needs a package index), and the cache is warm. A round changes and stages one article, and takes `pre-commit run`
with the hook, then with a hook that does nothing, then `mkdocs --version`. Figures are medians over the rounds.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from ratios import timed

REPOSITORY = Path(__file__).resolve().parent.parent
PRE_COMMIT = str(Path(sys.executable).with_name("pre-commit"))
OURS = "repos:\n- repo: {hooks}\n  rev: {rev}\n  hooks:\n  - id: kbtool\n"
NOTHING = """\
repos:
- repo: local
  hooks:
  - {id: nothing, name: nothing, entry: "true", language: system, types: [markdown]}
"""


def git(folder: Path, *args: str) -> str:
    """Run git as somebody."""
    people = ["-c", "user.name=bench", "-c", "user.email=bench@example.com"]
    return subprocess.run(["git", *people, "-C", str(folder), *args], check=True, capture_output=True, text=True).stdout.strip()  # noqa: S607


def prepare(script: Path, work: Path, options: argparse.Namespace) -> Path:
    """Make a repository that uses the hook, install it, and fill the cache."""
    kb, hooks = work / "kb", work / "hooks"
    git(work, "clone", "--quiet", str(REPOSITORY), str(hooks))
    size = ["--articles", str(options.articles), "--commits", str(options.commits)]
    subprocess.run([sys.executable, str(script), str(kb), *size], check=True, stdout=subprocess.DEVNULL)
    (kb / "pyproject.toml").write_text("[tool.kbtool]\n")
    (kb / ".pre-commit-config.yaml").write_text(OURS.format(hooks=hooks, rev=git(hooks, "rev-parse", "HEAD")))
    (kb / "nothing.yaml").write_text(NOTHING)
    git(kb, "add", ".")
    git(kb, "commit", "--quiet", "-m", "Use the hook")
    timed([PRE_COMMIT, "install-hooks"], kb)
    timed([PRE_COMMIT, "run", "--all-files"], kb, (0, 1))
    return kb


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("make_kb", type=Path)
    parser.add_argument("--articles", type=int, default=2000)
    parser.add_argument("--commits", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    found: list[tuple[tuple[float, float], ...]] = []
    with tempfile.TemporaryDirectory(prefix="kbtool-bench-") as folder:
        os.environ |= {"PRE_COMMIT_HOME": str(Path(folder) / "pre-commit"), "NO_MKDOCS_2_WARNING": "1"}
        kb = prepare(options.make_kb.resolve(), Path(folder), options)
        for path in sorted(kb.glob("content/*/*/*.md"))[:: max(1, options.articles // options.rounds)][:options.rounds]:
            path.write_text(path.read_text("utf-8") + "\nOne more sentence.\n", "utf-8")
            git(kb, "add", str(path))
            found.append((timed([PRE_COMMIT, "run"], kb, (0, 1)), timed([PRE_COMMIT, "run", "-c", "nothing.yaml"], kb),
                          timed([sys.executable, "-m", "mkdocs", "--version"], kb)))
            git(kb, "reset", "--quiet", "--hard")
    (ours, ours_cpu), (nothing, nothing_cpu), (mkdocs, _) = (
        [statistics.median(one[which][kind] for one in found) for kind in (0, 1)] for which in range(3))
    print(f"pre-commit run, one of {options.articles:,} articles: {ours:.2f} s (aim <= 1; {ours_cpu:.2f} s CPU), "
          f"of which pre-commit itself {nothing:.2f} s ({nothing_cpu:.2f} s CPU)")
    print(f"  / pre-commit run with a hook that does nothing: {ours / nothing:.2f} x")
    print(f"  / mkdocs --version: {ours / mkdocs:.2f} x ({mkdocs:.2f} s)")


if __name__ == "__main__":
    main()
