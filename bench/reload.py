#!/usr/bin/env python3
"""Measure how long a saved article takes to appear in the browser under `kbtool serve`.

    python bench/reload.py MAKE_KB [--articles 200] [--rounds 10]

MAKE_KB is the script that makes synthetic knowledge bases; Debian's Chromium and playwright are needed. The seconds run from
the write of the file to the text on the page; what they are held against is a reader's patience: two seconds.
"""

from __future__ import annotations

import argparse
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import sync_playwright
from ratios import make

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


def free_port() -> int:
    """Return a port of the loopback that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_up(url: str) -> None:
    """Wait until a server answers."""
    for _ in range(600):
        try:
            urllib.request.urlopen(url, timeout=2).close()  # noqa: S310 - our own server
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("the preview did not come up")


def measure(kb: Path, rounds: int) -> list[float]:
    """Save an article again and again; return the seconds until each change was on the page."""
    article = min((kb / "content" / "area01").rglob("*.md"))
    text, address, seconds = article.read_text(), f"127.0.0.1:{free_port()}", []
    url = f"http://{address}/{article.relative_to(kb / 'content').with_suffix('')}/"
    command = [sys.executable, "-m", "kbtool", "serve", "--edition", "internal", "--address", address]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, cwd=kb, **quiet) as server, sync_playwright() as pw:
        try:
            wait_until_up(url)
            browser = pw.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
            page = browser.new_page()
            page.goto(url)
            for number in range(rounds):
                page.wait_for_timeout(1500)
                article.write_text(f"{text}\nChange number {number} is here.\n")
                start = time.perf_counter()
                page.get_by_text(f"Change number {number} is here.").wait_for(timeout=30_000)
                seconds.append(time.perf_counter() - start)
            browser.close()
        finally:
            server.terminate()
    return seconds


def main() -> None:
    """Print the median and the longest."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("make_kb", type=Path)
    parser.add_argument("--articles", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=10)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kbtool-bench-") as folder:
        seconds = measure(make(given.make_kb.resolve(), Path(folder) / "kb", given.articles), given.rounds)
    median, longest = statistics.median(seconds), max(seconds)
    print(f"saved to shown, {given.articles} articles: median {median:.2f} s, longest {longest:.2f} s (aim 2 s)")


if __name__ == "__main__":
    main()
