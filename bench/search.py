#!/usr/bin/env python3
"""Measure the search index: what it costs a build, and what a reader's browser fetches, against Material's own.

    python bench/search.py MAKE_KB [--pages 1000] [--queries 8]

MAKE_KB is the script that makes synthetic knowledge bases; Debian's Chromium and playwright are needed. Both sites come from
the same pages and plain `mkdocs build`. Material's index is counted as a host sends it, packed by gzip; Pagefind's files are
packed already.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import gzip
import http.server
import json
import multiprocessing
import re
import resource
import shutil
import statistics
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright
from ratios import make, timed

from kbtool import search_index

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
WORKER = search_index.search_worker({"theme": "material"})[0]
EMPTY = "() => /Type to start/.test(document.querySelector('.md-search-result__meta').innerText)"
ANSWERED = "() => !/Type to start|Initializing/.test(document.querySelector('.md-search-result__meta').innerText)"


class Counting(http.server.SimpleHTTPRequestHandler):
    """Serves a site and counts the bytes of what belongs to the search, as they are or packed, whichever is less."""

    def __init__(self, *args: Any, sent: list[int], **options: Any) -> None:
        """Keep the list that the sizes go into."""
        self.sent = sent
        super().__init__(*args, **options)

    def handle(self) -> None:
        """A browser may leave in the middle of a file."""
        with contextlib.suppress(ConnectionError):
            super().handle()

    def send_head(self) -> Any:
        """Count, then send."""
        path = Path(self.translate_path(self.path))
        if any(part in self.path for part in ("/pagefind/", "/search/", "/workers/")) and path.is_file():
            content = path.read_bytes()
            self.sent.append(min(len(content), len(gzip.compress(content))))
        return super().send_head()

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


def build(kb: Path, site: Path, plugins: str) -> tuple[float, float]:
    """Build the plain site with some plugins; return wall and CPU seconds."""
    settings = kb / "mkdocs.yml"
    text = settings.read_text()
    try:
        settings.write_text(text.replace("plugins: [search]", f"plugins: {plugins}"))
        return timed([sys.executable, "-m", "mkdocs", "build", "-q", "-d", str(site)], kb)
    finally:
        settings.write_text(text)


def index(site: Path, costs: Any) -> None:
    """Index a site, and tell CPU seconds and the memory of Pagefind; to be run in a process of its own."""
    pages = [search_index.Page(path.relative_to(site).as_posix()) for path in site.rglob("index.html")]
    search_index.index_site(site, pages)
    (site / WORKER).write_bytes(search_index.worker_script("en"))
    (site / "search/search_index.json").write_text(json.dumps({"config": {"lang": ["en"], "separator": r"[\s\-]+"}, "docs": []}))
    own, child = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    costs.put((sum((own.ru_utime, own.ru_stime, child.ru_utime, child.ru_stime)), child.ru_maxrss / 1024, own.ru_maxrss / 1024))


def ask(page: Page, address: str, queries: list[str], sent: list[int]) -> list[int]:
    """Return the bytes that were sent until the first query was answered, and for each further one."""
    page.goto(address)
    page.wait_for_load_state("networkidle")
    before = sum(sent)
    found = []
    for query in queries:
        page.locator("[data-md-component=search-query]").fill("")
        page.keyboard.press("Shift")
        page.wait_for_function(EMPTY, timeout=600_000)
        page.locator("[data-md-component=search-query]").fill(query)
        page.keyboard.press("Shift")
        page.wait_for_function(ANSWERED, timeout=600_000)
        page.wait_for_load_state("networkidle")
        found.append(sum(sent) - sum(found))
    print(f"    on page load {before / 1e3:9,.1f} kB; until the first answer {found[0] / 1e3:9,.1f} kB; "
          f"each further query {statistics.median(found[1:]) / 1e3:7,.1f} kB (median), {max(found[1:]) / 1e3:7,.1f} kB (most)")
    return found


def serve(site: Path, queries: list[str]) -> None:
    """Ask the queries in a browser, of a site on the loopback."""
    sent: list[int] = []
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Counting, directory=str(site), sent=sent))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        ask(page, f"http://127.0.0.1:{server.server_port}/", queries, sent)
        browser.close()
    server.shutdown()


def main() -> None:
    """Print what each of the two costs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("make_kb", type=Path)
    parser.add_argument("--pages", type=int, default=1000)
    parser.add_argument("--queries", type=int, default=8)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        kb = make(args.make_kb.resolve(), work / "kb", args.pages)
        articles = sorted((kb / "content").rglob("a*.md"))
        titles = [re.findall(r"^title: (\S+ \S+)", path.read_text(), re.MULTILINE)[0] for path in articles]
        queries = [title.lower() for title in titles[:: max(1, len(titles) // args.queries)][: args.queries]]
        lunr, bare = build(kb, work / "lunr", "[search]"), build(kb, work / "bare", "[]")
        shutil.copytree(work / "lunr", work / "ours")
        costs = multiprocessing.get_context("spawn").Queue()
        process = multiprocessing.get_context("spawn").Process(target=index, args=(work / "ours", costs))
        process.start()
        cpu, pagefind, own = costs.get()
        process.join()
        print(f"{args.pages:,} pages; queries: {', '.join(queries)}")
        print(f"  Material: {lunr[1] - bare[1]:.1f} CPU seconds of the build (with {lunr[1]:.1f}, without {bare[1]:.1f})")
        serve(work / "lunr", queries)
        print(f"  Pagefind: {cpu:.1f} CPU seconds; memory {pagefind:,.0f} MB, and {own:,.0f} MB here")
        serve(work / "ours", queries)


if __name__ == "__main__":
    main()
