"""What pages put beside one another is no leak; what does not belong there is found, also between what does."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from kbtool.audit import Leak, audit_site
from kbtool.beside import Beside
from kbtool.engine import build_site
from kbtool.evidence import Evidence
from kbtool.stage import Staged, stage
from kbtool.testing import knowledge_base
from kbtool.witness import withheld

LETTERS = "amber birch cedar dune ember fjord grove heron inlet jetty knoll larch maple nook otter pine"
PAGES = (
    "index.md", "start.md", "alpha/index.md", "alpha/one.md", "alpha/two.md", "alpha/deep/three.md", "alpha/deep/four.md", "beta/five.md",
    "beta/six.md", "gamma/seven.md", "gamma/old/eight.md",
)
NAV = """nav:
  - index.md
  - Where to start: start.md
  - Alpha things:
    - alpha/index.md
    - alpha/two.md
    - Deeper down: [Third of all: alpha/deep/three.md, alpha/deep/four.md]
  - Beta: [beta/six.md, beta/five.md]
  - Elsewhere: https://example.com/
  - The rest: [gamma/seven.md, gamma/old/eight.md, alpha/one.md]
"""
THEMES = {
    "none": "", "pruned": "navigation.prune", "as kbtool sets it": "navigation.sections, navigation.indexes, navigation.prune",
    "tabs": "navigation.tabs, navigation.sections, navigation.indexes",
}


def words(number: int, kind: str, count: int = 3) -> str:
    """Return words that nothing else has."""
    return " ".join(f"{word}{kind}{chr(97 + number)}" for word in LETTERS.split()[:count]).capitalize()


def public(number: int) -> str:
    """Return a public article with a title, headings and text of its own."""
    said = f"{words(number, 'a', 6)}.\n\n## {words(number, 'b')}\n\n{words(number, 'c', 9)}.\n\n### {words(number, 'd')}\n\n{words(number, 'e')}.\n"
    heading = f"# {words(number, 't')}\n\n" if number % 2 else ""
    return f"---\ntitle: {words(number, 't')}\naudience: public\n---\n\n{heading}{said}"


@dataclass(frozen=True)
class Built:
    """A public edition and its site."""

    evidence: Evidence
    staged: Staged
    site: Path

    def leaks(self, inside: list[str], planted: str = "", *, beside: bool = True) -> list[Leak]:
        """Return what leaks of the texts of an article for others, with something planted into the site."""
        (self.site / "planted.html").write_text(planted)
        told = withheld(self.evidence, self.evidence.editions["public"], self.staged)
        texts = {f"inside.md:{number}": text for number, text in enumerate(inside)}
        return audit_site(self.site, replace(told, texts=texts, beside=told.beside if beside else ()))

    def said(self) -> list[str]:
        """Return all that each page says, with a word of nobody in place of the theme's own."""
        pages = [re.sub(r"(?s)<script.*?</script>", "", path.read_text()) for path in sorted(self.site.rglob("index.html"))]
        texts = [re.sub(r"<[^>]*>", " ", page[page.index("<body") :]) for page in pages]
        return [re.sub(r"Table of contents|Skip to content|Made with|Material for MkDocs|&para;", " nobody ", text) for text in texts]


def build(folder: Path, features: str = "", nav: str = "", more: dict[str, str] | None = None, pages: tuple[str, ...] = PAGES) -> Built:
    """Build a public edition."""
    config = f"site_name: Helpful site\ntheme: {{name: material, font: false, features: [{features}]}}\nplugins: []\n{nav}"
    files = {f"content/{name}": public(number) for number, name in enumerate(pages)}
    evidence = knowledge_base(folder / "kb", {**files, "mkdocs.yml": config, **(more or {})})
    (folder / "stage").mkdir()
    staged = stage(evidence, evidence.editions["public"], folder / "stage")
    build_site(folder / "stage", folder / "site", lunr=False)
    return Built(evidence, staged, folder / "site")


@pytest.mark.parametrize("nav", ["", NAV], ids=["folders", "nav"])
@pytest.mark.parametrize("features", THEMES.values(), ids=THEMES)
def test_whatever_navigation_draws_is_no_leak(tmp_path: Path, features: str, nav: str) -> None:
    """An article for others that says, word for word, all that a public page says has nothing to withhold."""
    made = build(tmp_path, features, nav)
    said = made.said()
    assert len(said) == len(PAGES)
    assert made.leaks(said, beside=False)
    assert made.leaks(said) == []


def item(*labels: str) -> str:
    """Return a navigation as a page draws it."""
    entries = "".join(f'<li><a href="../x/">{label}</a></li>' for label in labels)
    return f"<html><body><nav><ul>{entries}</ul></nav></body></html>"


def test_what_does_not_belong_in_navigation_is_a_leak(tmp_path: Path) -> None:
    """A title of an article for others between public ones, words of its text there, and public titles in an order of its own."""
    secret = "---\ntitle: Heron threatens to leave\naudience: internal\n---\n\nIt opens with a paper clip.\n"
    made = build(tmp_path, nav=NAV, more={"content/inside.md": secret})
    first, second, third = (words(number, "t") for number in (8, 7, 9))  # in the order of the navigation
    inside = [f"{first} {second}\n\nAsk Ana of Heron\n\n{third} {first}"]
    assert made.leaks(inside, item(first, second)) == []
    assert {(leak.what, leak.source, leak.kind) for leak in made.leaks(inside, item(first, "Heron threatens to leave", second))} == {
        ("heron threatens to leave", "content/inside.md", "title")}
    assert {leak.source for leak in made.leaks(inside, item(first, second, "Ask Ana of Heron", third))} == {"inside.md:0"}
    assert {leak.what for leak in made.leaks([f"{third} {first} {second}"], item(third, first, second))} == {
        f"{third} {first} {second}".lower().rsplit(" ", 1)[0]}


def test_what_leads_to_an_article_for_others_is_not_in_navigation(tmp_path: Path) -> None:
    """Neither its entry nor its label is taken for something that stands beside others, were it in the settings of an edition."""
    made = build(tmp_path, nav=NAV, more={"content/inside.md": "---\ntitle: Heron threatens to leave\naudience: internal\n---\n\nIt opens.\n"})
    nav = [{"Where Heron is": "inside.md"}, "./inside.md", {"All else": ["start.md", {"Paper clips": "inside.md"}]}, {"Elsewhere": "https://example.com/"}]
    staged = replace(made.staged, config={**made.staged.config, "nav": nav})
    drawn = "\n".join(Beside(made.evidence, made.evidence.editions["public"], staged))
    assert "Helpful site All else All else Amberta" not in drawn
    assert "All else Elsewhere Helpful site All else Elsewhere" in drawn
    assert not re.search("Heron|inside|clips", drawn)


def test_a_title_is_looked_for_where_two_entries_say_it(tmp_path: Path) -> None:
    """Two public titles beside one another are the title of an article for others: elsewhere that is a leak all the same."""
    made = build(tmp_path, nav=NAV, more={"content/inside.md": f"---\ntitle: {words(8, 't')} {words(7, 't')}\naudience: internal\n---\n\nIt opens.\n"})
    inside = [f"Beta {words(8, 't')} {words(7, 't')} Elsewhere"]  # so that it is asked what stands beside one another
    assert made.leaks(inside, beside=False)
    assert made.leaks(inside, item(words(8, "t"), words(7, "t"))) == []
    assert [leak.kind for leak in made.leaks(inside, f"<h1>{words(8, 't')} {words(7, 't')}</h1>")] == ["title"]


def test_the_home_page_and_addresses_of_headings_are_no_leak(tmp_path: Path) -> None:
    """An article for others that lists titles as the page does which kbtool writes, and one that names a page and a heading of it."""
    link = "See [more](alpha/two-of-all-that-there-is.md#amberb).\n"
    target = "---\ntitle: Two\naudience: public\n---\n\n# Two\n\nHere.\n\n## Amberb\n\nThere.\n"
    more = {"content/alpha/two-of-all-that-there-is.md": target, "content/more.md": f"---\ntitle: More\naudience: public\n---\n\n{link}"}
    made = build(tmp_path, more=more, pages=("alpha/one.md", "alpha/two.md", "alpha/three.md"))
    assert "two-of-all-that-there-is/#amberb" in (made.site / "more/index.html").read_text()
    inside = [" ".join(words(number, "t") for number in range(3)), "Look up alpha, two of all that there is: Amberb says it"]
    assert {leak.source for leak in made.leaks(inside, beside=False)} == {"inside.md:0", "inside.md:1"}
    assert made.leaks(inside) == []
