"""Search in a real browser: what is typed into Material's own field is answered from Pagefind's index."""

from __future__ import annotations

import contextlib
import functools
import http.server
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page

pytestmark = pytest.mark.browser

HEAD = "---\ntitle: {title}\naudience: {audience}\nowners: [ana]\nproduct_areas: [billing]\nlast_reviewed_on: 2026-10-01\n{more}---\n\n{body}"
SECRET = "reconciliation"
HOSTILE = '<img src=x onerror="window.hit=1"> & </mark><script>window.hit=1</script>'
MKDOCS = """site_name: Help
site_url: https://help.example.com/kb/
theme: {name: material, font: false, features: [search.suggest, search.highlight, search.share]}
plugins: [search, tags]
markdown_extensions: [attr_list, md_in_html, admonition, {toc: {permalink: true}}, pymdownx.highlight, pymdownx.superfences]
"""


def article(title: str, body: str, more: str = "", audience: str = "public") -> str:
    """Return an article."""
    return HEAD.format(title=title, body=body, more=more, audience=audience)


FILES = {
    "content/index.md": article("Welcome", "# Welcome\n\nRead on. Umbrella terms are explained elsewhere.\n"),
    "content/export/csv.md": article(
        "Export invoices", "# Export invoices\n\nOpen the billing page.\n\n## Choose a period\n\nThe quarter ends in a leap second.\n\n"
        "## When it fails\n\nError C2065 says that the quarter is closed; see SUP-431. Exporting again helps.\n", "tags: [ledger]\n"),
    "content/codes.md": article("Codes", "# Codes\n\nC2065 and C2066 are alike. KB1060 is another.\n"),
    "content/kb106.md": article("KB106 code-changed", "# KB106 code-changed\n\nKB106 fires.\n"),
    "content/hostile.md": article(
        "Zebra crossing", '# Zebra `<b>x</b>` &lt;img src=x onerror="window.hit=1"&gt; crossing\n\n'
        f"Zebra text `{HOSTILE}` zebra &amp;lt;i&amp;gt; R&D.\n\n## Zebra `<svg onload=window.hit=1>` &amp; more\n\nZebra `</p><iframe src=x>` zebra.\n"),
    "content/prüfung.md": article("Prüfung der Ausfuhr", "# Prüfung der Ausfuhr\n\nDie Straßenbahn fährt. Документация по экспорту.\n"),
    "content/old.md": article("Zebra archive", "# Zebra archive\n\nUmbrella of old.\n", "confidence: archived\n"),
    "content/unlisted.md": article("Unlisted", "# Unlisted\n\nUmbrella of nobody.\n", "search: {exclude: true}\n"),
    "content/parts.md": article("Parts", "# Parts\n\nSeen. An umbrella is open.\n\n<p data-search-exclude>Umbrageous words.</p>\n", "redirect_from: [former/parts]\n"),
    "content/mixed.md": article("Mixed", f"# Mixed\n\nFor all.\n\n::: internal\nThe nightly {SECRET}.\n:::\n"),
    "content/inside.md": article("Inside", f"# Inside\n\nThe {SECRET} runs at night.\n", audience="internal"),
    **{f"content/many/p{n}.md": article(f"Copy {n}", f"# Copy {n}\n\nWalrus number {n}.\n") for n in range(30)},
}


@pytest.fixture(scope="module")
def sites(kbtool: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both editions of a knowledge base with hostile, foreign, unlisted and internal words, built."""
    folder = tmp_path_factory.mktemp("search")
    for name, text in {
        **FILES, "mkdocs.yml": MKDOCS, "pyproject.toml": "[tool.kbtool]\n", "checks/owners.yml": "ana: {name: Ana}\n",
        "checks/product_areas.yml": "billing: {name: Billing}\n",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    assert kbtool("audience", "approve", "--all", "--yes", cwd=folder).code == 0
    done = kbtool("build", "--no-git", "--exit-zero", cwd=folder, today="2026-11-22")
    assert done.code == 0, done.err
    return folder / "site"


class _Below(http.server.SimpleHTTPRequestHandler):
    """Serves a site below /kb/, with headers, its 404 page, and, where asked for, without some files."""

    headers_to_send: dict[str, str]
    gone: set[str]
    asked: list[tuple[str, int]]

    def __init__(self, *args: Any, shared: dict[str, Any], **options: Any) -> None:
        self.headers_to_send, self.gone, self.asked = shared["headers"], shared["gone"], shared["asked"]
        super().__init__(*args, **options)

    def translate_path(self, path: str) -> str:
        return super().translate_path(path.removeprefix("/kb"))

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        lost = any(part in self.path for part in self.gone) or not self.path.startswith("/kb/") or not path.exists()
        if not lost:
            self.asked.append((self.path.split("?")[0], path.stat().st_size))
            super().do_GET()
            return
        body = (Path(self.directory) / "404.html").read_bytes()
        self.send_response(404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def end_headers(self) -> None:
        for name, value in self.headers_to_send.items():
            self.send_header(name, value)
        super().end_headers()

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


class Host(contextlib.AbstractContextManager["Host"]):
    """A server of one site, and what it was asked for."""

    def __init__(self, folder: Path) -> None:
        self.shared: dict[str, Any] = {"headers": {}, "gone": set(), "asked": []}
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Below, directory=str(folder), shared=self.shared))
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.address = f"http://127.0.0.1:{self.server.server_port}/kb/"

    def __exit__(self, *_: object) -> None:
        """Stop it."""
        self.server.shutdown()
        self.server.server_close()

    def asked(self, part: str) -> list[str]:
        """Return the files with `part` in their names that were sent."""
        return [path for path, _ in self.shared["asked"] if part in path]


@pytest.fixture
def host(sites: Path) -> Iterator[Host]:
    """The public edition, served below /kb/ as its `site_url` says."""
    with Host(sites / "public") as made:
        yield made


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page whose console complaints fail the test, unless it says that they may be there."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    made = context.new_page()
    made.complaints = complaints = []  # type: ignore[attr-defined]
    context.on("console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None)
    made.on("pageerror", lambda error: complaints.append(str(error)))
    yield made
    context.close()
    assert complaints == []


NEW = "text => { const now = document.querySelector('.md-search-result__meta').innerText; return now !== text && !/Initializing/.test(now) }"


def search(page: Page, query: str) -> list[Locator]:
    """Type a query into Material's field and return the results, once they are there."""
    page.locator("[data-md-component=search-query]").click()
    page.wait_for_function(NEW, arg="")
    page.locator("[data-md-component=search-query]").fill("")
    page.keyboard.press("Shift")
    page.wait_for_function("() => /Type to start/.test(document.querySelector('.md-search-result__meta').innerText)")
    idle = meta(page)
    page.keyboard.insert_text(query)  # at once: no answer to a part of it can come first
    page.keyboard.press("Shift")  # Material waits for a key to go up
    page.wait_for_function(NEW, arg=idle)
    return page.locator(".md-search-result__item").all()


def meta(page: Page) -> str:
    """Return the line above the results."""
    return page.locator(".md-search-result__meta").inner_text()


def titles(page: Page) -> list[str]:
    """Return the titles of the pages that were found."""
    return [title.text_content() or "" for title in page.locator(".md-search-result__item h1").all()]


# ---------------------------------------------------------------------------------------------- what a reader does


def test_a_result_leads_to_its_section(host: Host, page: Page) -> None:
    """The section with the word is shown under its page, marked, and a click opens it with the word highlighted."""
    page.goto(host.address)
    (found,) = search(page, "leap")
    assert (meta(page), titles(page)) == ("1 matching document", ["Export invoices"])
    section = found.locator("a", has=page.locator("h2"))
    assert section.locator("h2").inner_text() == "Choose a period"
    assert section.locator("p").inner_html() == "The quarter ends in a <mark>leap</mark> second."
    section.click()
    page.wait_for_url(f"{host.address}export/csv/?h=leap#choose-a-period")
    assert page.locator("article mark").all_inner_texts() == ["leap"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1280, 900), (390, 844)], ids=["desk", "phone"])
def test_results_fit_the_screen(host: Host, browser: Browser, size: tuple[int, int], scheme: str) -> None:
    """On a phone the field is behind a button; nothing is wider than the screen."""
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme)
    page = context.new_page()
    page.goto(f"{host.address}export/csv/")
    if size[0] < 500:
        page.locator("label.md-header__button[for=__search]").click()
    search(page, "quarter")
    assert page.locator(".md-search-result__item a").first.is_visible()
    page.wait_for_function("document.documentElement.scrollWidth <= window.innerWidth")  # it opens with a movement
    box = page.locator(".md-search-result__item a").first.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= size[0]
    context.close()


def test_the_keyboard_does(host: Host, page: Page) -> None:
    """S opens the field, Enter opens the best result, arrows walk through all, the right arrow takes the suggestion."""
    page.goto(host.address)
    page.wait_for_load_state("networkidle")
    page.keyboard.press("s")
    page.keyboard.type("invo", delay=15)
    page.wait_for_function("() => document.querySelector('.md-search__suggest').innerText === 'invoices'")
    page.keyboard.press("ArrowRight")
    assert page.locator("[data-md-component=search-query]").input_value() == "invoices"
    page.wait_for_timeout(600)
    page.keyboard.press("ArrowDown")
    assert "export/csv/" in str(page.evaluate("document.activeElement.href"))
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{host.address}export/csv/?h=invoices")


def test_a_search_can_be_shared(host: Host, page: Page) -> None:
    """An address with ?q= opens the field with its results."""
    page.goto(f"{host.address}?q=leap+second")
    page.locator(".md-search-result__item").wait_for()
    assert titles(page) == ["Export invoices"]
    assert page.locator("[data-md-component=search-share]").get_attribute("href") == f"{host.address}?q=leap+second"


def test_the_404_page_searches_too(host: Host, page: Page) -> None:
    """Whatever the address: the page knows where the site begins."""
    page.goto(f"{host.address}no/such/page/")
    page.complaints.clear()  # type: ignore[attr-defined]  # the page itself is a 404
    (found,) = search(page, "leap")
    assert found.locator("a").first.get_attribute("href") == f"{host.address}export/csv/?h=leap"


# ---------------------------------------------------------------------------------------------- what is found


FOUND = {
    "leap": ["Export invoices"], "exports": ["Export invoices"], "SUP-431": ["Export invoices"], "sup 431": ["Export invoices"],
    "C2065": ["Codes", "Export invoices"], "KB106": ["KB106 code-changed", "Codes"], "code-changed": ["KB106 code-changed"],
    "ledger": ["Export invoices"], "prufung": ["Prüfung der Ausfuhr"], "PRÜFUNG": ["Prüfung der Ausfuhr"],
    "экспорту": ["Prüfung der Ausfuhr"], "straßenbahn": ["Prüfung der Ausfuhr"], '"leap second"': ["Export invoices"],
    "umbrella": ["Parts", "Welcome"], "umbrageous": [], "C2067": [], "SUP-999": [], "xylophone": [], "++": [], "__proto__": [], SECRET: [],
}


@pytest.fixture(scope="module")
def answers(sites: Path, browser: Browser) -> dict[str, tuple[list[str], str]]:
    """Titles and message for each query, asked one after the other on one page."""
    with Host(sites / "public") as host:
        page = browser.new_page()
        page.goto(host.address)
        return {query: (search(page, query) and titles(page), meta(page)) for query in FOUND}


@pytest.mark.parametrize(("query", "expected"), FOUND.items(), ids=FOUND)
def test_what_is_found(answers: dict[str, tuple[list[str], str]], query: str, expected: list[str]) -> None:
    """Titles, texts, tags, keys and codes as they are, without case and accents; nothing archived, unlisted, excluded or internal."""
    found, message = answers[query]
    assert sorted(found) == sorted(expected)
    assert (message == "No matching documents") is (not expected)


def test_the_title_comes_first(answers: dict[str, tuple[list[str], str]]) -> None:
    """The article on a code is above those that mention it."""
    assert answers["KB106"][0][0] == "KB106 code-changed"


def test_a_word_that_nobody_has_is_said_to_be_missing(host: Host, page: Page) -> None:
    """The other words still find what they find."""
    page.goto(host.address)
    search(page, "leap xylophone")
    assert page.locator(".md-search-result__terms").inner_text() == "Missing: xylophone"
    assert (page.locator(".md-search-result__item a").first.get_attribute("href") or "").endswith("export/csv/?h=leap")


def test_the_wiki_finds_what_is_internal(sites: Path, page: Page) -> None:
    """A region and an article of the wiki, each edition by its own index."""
    with Host(sites / "internal") as host:
        page.goto(host.address)
        search(page, SECRET)
        assert sorted(titles(page)) == ["Inside", "Mixed"]


# ---------------------------------------------------------------------------------------------- hostile words


def test_hostile_words_stay_text(host: Host, page: Page) -> None:
    """Markup in titles, headings and texts is shown as it was written, and nothing of it runs or is fetched."""
    page.goto(host.address)
    (found,) = search(page, "zebra")
    page.wait_for_timeout(300)
    found.locator("summary").click()
    assert found.locator("h1").inner_text() == 'Zebra <b>x</b> <img src=x onerror="window.hit=1"> crossing'
    assert found.locator("h2").inner_text() == "Zebra <svg onload=window.hit=1> & more"
    first, second = found.locator("p").all_inner_texts()
    assert first == f"Zebra text {HOSTILE} zebra &lt;i&gt; R&D."
    assert second == "Zebra </p><iframe src=x> zebra."
    assert found.locator("img, script, svg, iframe, b, i").count() == 0
    assert page.evaluate("window.hit") is None
    assert host.asked("/x") == []


@pytest.mark.parametrize("query", ["<img src=x onerror=window.hit=1>", '"><script>window.hit=1</script>', "zebra <b>", "&lt;b&gt; zebra"])
def test_a_hostile_query_stays_text(host: Host, page: Page, query: str) -> None:
    """What is typed, or comes by an address that somebody sends, is neither markup nor run."""
    page.goto(host.address)
    search(page, query)
    assert page.locator(".md-search-result :is(img, script, b), .md-search__suggest *").count() == 0
    assert page.evaluate("window.hit") is None


# ---------------------------------------------------------------------------------------------- languages without spaces


CHINESE = """const page = { url: "/export/csv/", content: "", meta: { title: "导出发票" }, weighted_locations: [{ location: 7, balanced_score: 1 }],
  raw_content: "导出\u200b发票\u200b. \u200b打开\u200b页面\u200b出错\u200b. \u200b测试\u200b &lt;b&gt; ", anchors: [{ element: "h2", id: "e", text: "出错", location: 5 }] }
export const createInstance = () => ({ init: async () => {}, search: async () => ({ results: [{ data: async () => page }] }) })
"""


def test_words_that_pagefind_parts(sites: Path, page: Page, tmp_path: Path) -> None:
    """Its larger program puts a sign between the words of Chinese; they are marked one by one, and joined without spaces."""
    shutil.copytree(sites / "public", tmp_path / "site")
    (tmp_path / "site/pagefind/pagefind.js").write_text(CHINESE)
    (worker,) = (tmp_path / "site/assets/javascripts/workers").glob("search.*.js")
    worker.write_text(worker.read_text().replace('language = "en"', 'language = "zh"'))
    with Host(tmp_path / "site") as host:
        page.goto(host.address)
        (found,) = search(page, "发票测试")
        assert found.locator("h1").inner_html() == "导出<mark>发票</mark>"
        assert found.locator("p").inner_html() == "<mark>测试</mark> &lt;b&gt; "
        assert (found.locator("a").last.get_attribute("href") or "").endswith("#e")


# ---------------------------------------------------------------------------------------------- what is fetched


def test_nothing_is_fetched_before_somebody_searches(host: Host, page: Page) -> None:
    """Then it is the program, the part of the index with the word, and one small file for each result that is listed."""
    page.goto(host.address)
    page.wait_for_load_state("networkidle")
    assert host.asked("/pagefind/") == []
    search(page, "walrus")
    assert meta(page) == "15 matching documents"
    names = [path.rpartition("/")[2] for path in host.asked("/pagefind/")]
    assert sorted(name.partition(".")[2] for name in names if not name.endswith(("_fragment", "_meta"))) == ["en.pagefind", "js", "json", "pf_index"]
    assert len(host.asked(".pf_fragment")) == 15


def test_only_the_newest_query_is_answered(host: Host, page: Page) -> None:
    """Whoever types on does not wait for what was typed before."""
    page.goto(host.address)
    page.evaluate("""() => { window.answers = []; const Real = Worker; document.querySelector('form[name=search]').noValidate = true;
      window.probe = new Real(JSON.parse(document.getElementById('__config').textContent).search);
      window.probe.onmessage = event => window.answers.push(event.data);
      window.probe.postMessage({type: 0, data: {config: {lang: ['en']}, docs: [], options: {suggest: true}}});
      for (const data of ['w', 'wal', 'leap', 'zebra crossing', 'leap second']) window.probe.postMessage({type: 2, data}) }""")
    page.wait_for_function("() => window.answers.length > 1")
    page.wait_for_timeout(800)
    ready, answer = page.evaluate("window.answers")
    assert ready == {"type": 1}
    assert [item[0]["location"].partition("#")[0] for item in answer["data"]["items"]] == ["export/csv/"]


# ---------------------------------------------------------------------------------------------- when something is not there


@pytest.mark.parametrize("gone", ["/pagefind/", "pagefind.js", "pagefind-entry.json", ".pf_meta", "wasm.", ".pf_index", ".pf_fragment"])
def test_an_index_that_cannot_be_loaded_is_told(host: Host, page: Page, gone: str) -> None:
    """The reader sees it in the field, not an endless wait or "no matching documents"; once it is back, it works."""
    host.shared["gone"].add(gone)
    page.goto(host.address)
    search(page, "leap")
    assert titles(page) == ["Search is not available"]
    assert any(complaint.startswith("Search: ") for complaint in page.complaints)  # type: ignore[attr-defined]
    page.complaints.clear()  # type: ignore[attr-defined]
    host.shared["gone"].clear()
    page.locator(".md-search-result__item a").click()
    page.wait_for_url("**/kb/?q=leap*")
    page.locator(".md-search-result__item").wait_for()
    assert titles(page) == ["Export invoices"]


def test_a_new_site_under_an_open_page_is_searched(sites: Path, page: Page, tmp_path: Path) -> None:
    """Parts of the old index are gone from the server: the page starts again with the new one."""
    shutil.copytree(sites / "internal", tmp_path / "site")
    with Host(tmp_path / "site") as host:
        page.goto(host.address)
        search(page, "leap")
        shutil.rmtree(tmp_path / "site")
        shutil.copytree(sites / "public", tmp_path / "site")
        search(page, "walrus")
        assert meta(page) == "15 matching documents"
    assert [text for text in page.complaints if "404" not in text and "Failed to load" not in text] == []  # type: ignore[attr-defined]
    page.complaints.clear()  # type: ignore[attr-defined]


def test_a_strict_content_security_policy(host: Host, page: Page) -> None:
    """`wasm-unsafe-eval` is all that the search needs beside the site's own scripts."""
    own = "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; script-src 'self' 'unsafe-inline'"
    host.shared["headers"]["Content-Security-Policy"] = f"{own} 'wasm-unsafe-eval'"
    page.goto(host.address)
    search(page, "leap")
    assert titles(page) == ["Export invoices"]
