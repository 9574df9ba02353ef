"""Known issues in a real browser: nothing is wider than a phone, states can be read, and every link and feed is there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser

WIDTHS = [(1280, 900), (390, 844)]
PAGES = ("known-issues/", "known-issues/archive/", "bugs/export/", "bugs/logo/")
LONG = "a_very_long_word_without_any_break_" * 6

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def sites(kbtool, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new knowledge base with known issues in every state, one of them with long words, built."""
    folder = tmp_path_factory.mktemp("browser") / "kb"
    assert kbtool("init", str(folder), cwd=folder.parent).code == 0
    config = folder / "mkdocs.yml"
    config.write_text("site_url: https://help.example.com/\n" + "".join(
        line for line in config.read_text().splitlines(keepends=True) if not line.startswith("site_url")))
    states = ("investigating", "confirmed", "mitigated", "resolved", "will-not-fix")
    for name, title, said in (
        ("export", f"Exports {LONG}", f"{{state: confirmed, affects: [{LONG}], workaround: '#what-to-do', opened: 2026-11-01}}"),
        ("logo", "Wrong logo", "{state: resolved, updated: 2026-01-02, fixed_in: '4.3'}"), ("none", "Nobody knows", "{opened: 2026-11-01}"),
        *((state, f"In the state {state}", f"{{state: {state}, opened: 2026-11-01, updated: 2026-11-10, workaround: Wait.}}") for state in states),
    ):
        path = folder / f"content/bugs/{name}.md"
        path.parent.mkdir(exist_ok=True)
        path.write_text(
            f"---\ntitle: {title}\naudience: public\nowners: [support]\nproduct_areas: [general]\ncontent_type: known-issue\n"
            f"description: Seen by many.\nlast_reviewed_on: 2026-11-20\nknown_issue: {said}\n---\n\n# {title}\n\nText.\n\n## What to do\n\nWait.\n"
        )
    assert kbtool("audience", "approve", "--all", "--yes", cwd=folder).code == 0
    done = kbtool("build", "--exit-zero", cwd=folder, today="2026-11-22")
    assert done.code == 0, done.err
    return folder / "site"


def _brightness(colour: list[float]) -> float:
    """Return the relative luminance of a colour (WCAG 2)."""
    parts = [value / 255 / 12.92 if value <= 10 else ((value / 255 + 0.055) / 1.055) ** 2.4 for value in colour[:3]]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


DOTS = """() => [...document.querySelectorAll(".kb-state")].map(state => {
  let back = state; while (getComputedStyle(back).backgroundColor === "rgba(0, 0, 0, 0)") back = back.parentElement;
  const numbers = text => text.match(/[\\d.]+/g).map(Number);
  return [numbers(getComputedStyle(state, "::before").backgroundColor), numbers(getComputedStyle(state).color), numbers(getComputedStyle(back).backgroundColor)];
})"""


@pytest.mark.parametrize("size", WIDTHS, ids=["desk", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("edition", ["public", "internal"])
def test_pages_open_without_an_error(sites: Path, browser: Browser, served: Callable[[Path], str], edition: str, scheme: str, size) -> None:
    """No console error (Material asks for no sitemap of a feed), nothing wider than the screen, states told apart on their ground."""
    address = served(sites / edition)
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("response", lambda response: complaints.append(f"{response.status}: {response.url}") if response.status >= 400 else None)
    for path in PAGES:
        page.goto(address + path)
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
        found = page.evaluate(DOTS)
        assert found, path
        for dot, text, back in found:
            light, dark = sorted((_brightness(dot), _brightness(back)), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 3, (path, dot, back)
            light, dark = sorted((_brightness(text), _brightness(back)), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 4.5, (path, text, back)
    assert complaints == []
    context.close()


def test_every_link_and_feed_of_the_pages_is_there(sites: Path, browser: Browser, served: Callable[[Path], str]) -> None:
    """From the menu to the register, from there to an issue, and back; the feeds in the head and in the text answer."""
    address = served(sites / "public")
    page = browser.new_page()
    page.goto(address)
    page.get_by_role("link", name="Known issues", exact=True).first.click()
    assert page.url == f"{address}known-issues/"
    hrefs = page.eval_on_selector_all("link[type='application/atom+xml'], article a[href]", "found => found.map(one => one.href)")
    assert len([href for href in hrefs if href.endswith(".xml")]) == 4
    for href in {href.partition("#")[0] for href in hrefs}:
        assert page.request.get(href).ok, href
    article = page.locator("article")
    article.get_by_role("link", name="In the state mitigated").click()
    article.get_by_role("link", name="All known issues").click()
    article.get_by_role("link", name="Older known issues").click()
    assert page.url == f"{address}known-issues/archive/"
    article.get_by_role("link", name="Wrong logo").click()
    assert page.locator(".kb-status .kb-state").inner_text() == "Resolved"
    page.close()


def test_the_status_stands_below_the_title_and_leads_to_the_workaround(sites: Path, browser: Browser, served: Callable[[Path], str]) -> None:
    """A reader sees at once what state it is in, and what helps."""
    page = browser.new_page()
    page.goto(served(sites / "public") + "bugs/export/")
    title, status = page.locator("h1").bounding_box(), page.locator(".kb-status").bounding_box()
    assert title is not None
    assert status is not None
    assert title["y"] + title["height"] <= status["y"] < 900
    page.get_by_role("link", name="How to work around it").click()
    assert page.url.endswith("bugs/export/#what-to-do")
    page.close()
