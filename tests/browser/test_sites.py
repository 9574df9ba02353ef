"""Both sites in a real browser, at the width of a desk and of a phone, light and dark."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

WIDTHS = [(1280, 900), (390, 844)]
SECRET = "the nightly ledger reconciliation password rotates on Thursdays"

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def sites(kbtool, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new knowledge base with a region, a table, code, a wide line and an image, built."""
    folder = tmp_path_factory.mktemp("browser") / "kb"
    assert kbtool("init", str(folder), cwd=folder.parent).code == 0
    (folder / "content/image.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20"/>')
    article = (folder / "content/getting-started/write-an-article.md").read_text()
    wide = "a_very_long_word_without_any_break_" * 6
    (folder / "content/getting-started/write-an-article.md").write_text(
        f"{article}\n| Column | Meaning |\n| --- | --- |\n| `{wide}` | wide |\n\n```text\n{wide}\n```\n\n"
        f"![A dot](../image.svg)\n\n::: internal\n\n1. {SECRET}\n\n:::\n\nThe last line for everybody.\n"
    )
    done = kbtool("build", cwd=folder)
    assert done.code == 0, done.err
    return folder / "site"


def watch(page: Page) -> list[str]:
    """Return a list that fills with everything the browser complains about."""
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("requestfailed", lambda request: complaints.append(f"failed: {request.url}"))
    page.on("response", lambda response: complaints.append(f"{response.status}: {response.url}") if response.status >= 400 else None)
    return complaints


@pytest.mark.parametrize("size", WIDTHS, ids=["desk", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("edition", ["public", "internal"])
def test_pages_open_without_an_error(sites: Path, browser: Browser, served: Callable[[Path], str], edition: str, scheme: str, size) -> None:
    """No console error, no missing file, nothing fetched from elsewhere, no page wider than the screen."""
    address = served(sites / edition)
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme)
    page = context.new_page()
    complaints = watch(page)
    elsewhere: list[str] = []
    page.on("request", lambda request: None if request.url.startswith((address, "data:")) else elsewhere.append(request.url))
    for path in ("", "getting-started/write-an-article/"):
        page.goto(address + path)
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
    assert complaints == []
    assert elsewhere == []
    assert page.evaluate("document.body.getAttribute('data-md-color-scheme')") == {"light": "default", "dark": "slate"}[scheme]
    context.close()


def test_the_region_is_in_the_wiki_alone(sites: Path, browser: Browser, served: Callable[[Path], str]) -> None:
    """The wiki shows it in a box that says for whom it is, with its list; the help centre shows what follows it, and not it."""
    page = browser.new_page()
    page.goto(served(sites / "internal") + "getting-started/write-an-article/")
    assert page.locator(".kb-region .admonition-title").inner_text() == "Internal only"
    assert page.locator(".kb-region ol li").inner_text() == SECRET
    page.goto(served(sites / "public") + "getting-started/write-an-article/")
    assert page.locator(".kb-region").count() == 0
    assert SECRET not in page.content()
    assert page.get_by_text("The last line for everybody.").count() == 1
    page.close()


@pytest.mark.parametrize(("edition", "hits"), [("internal", True), ("public", False)])
def test_search_finds_what_the_edition_has(sites: Path, browser: Browser, served: Callable[[Path], str], edition: str, hits: bool) -> None:
    """A word of the region is found in the wiki and not in the help centre."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(served(sites / edition))
    page.locator("[data-md-component=search-query]").click()
    page.keyboard.type("reconciliation", delay=20)
    page.wait_for_function("!/Initializing|Type to start/.test(document.querySelector('.md-search-result__meta').innerText)")
    found = page.locator(".md-search-result__item").count()
    assert bool(found) is hits
    page.close()


def test_facts_of_an_article(sites: Path, browser: Browser, served: Callable[[Path], str]) -> None:
    """Customers see the area and the day of the review; agents also see who owns the article and where it is."""
    page = browser.new_page()
    page.goto(served(sites / "public"))
    public = page.locator(".kb-facts").inner_text()
    page.goto(served(sites / "internal"))
    internal = page.locator(".kb-facts").inner_text()
    assert "Reviewed" in public
    assert "General" in public
    assert "Support team" not in public
    assert "Support team" in internal
    assert "content/index.md" in internal
    page.close()


def free_port() -> int:
    """Return a port of the loopback that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_up(address: str, process: subprocess.Popen[bytes]) -> None:
    """Wait until a server answers; a process that ended is a failure."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert process.poll() is None, "the server ended"
        try:
            urllib.request.urlopen(address, timeout=2).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("the server did not come up")


def test_preview_reloads_when_an_article_is_saved(kbtool, browser: Browser, tmp_path: Path) -> None:
    """The browser shows a saved change by itself; a broken region keeps the last good page; its correction comes through."""
    folder = tmp_path / "kb"
    assert kbtool("init", str(folder), cwd=tmp_path).code == 0
    address = f"127.0.0.1:{free_port()}"
    process = subprocess.Popen([sys.executable, "-P", "-m", "kbtool", "serve", "--edition", "internal", "--address", address],
                               cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until_up(f"http://{address}/internal/runbook/", process)
        page = browser.new_page()
        page.goto(f"http://{address}/internal/runbook/")
        page.wait_for_timeout(1000)  # the page asks for reloads from then on
        article = folder / "content/internal/runbook.md"
        good = article.read_text()
        article.write_text(good + "\nOne more step, just saved.\n")
        page.get_by_text("One more step, just saved.").wait_for(timeout=30_000)
        article.write_text(good + "\n::: internal\n\nnever closed\n")
        page.wait_for_timeout(3000)
        assert page.get_by_text("One more step, just saved.").count() == 1
        article.write_text(good + "\nCorrected at last.\n")
        page.get_by_text("Corrected at last.").wait_for(timeout=30_000)
        page.close()
    finally:
        process.terminate()
        assert process.wait(20) == 143
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(f"http://{address}/", timeout=2)
