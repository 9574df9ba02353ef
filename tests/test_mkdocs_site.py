"""Sites built with what earlier builds have left: the same bytes as without, and as MkDocs alone makes them."""

import os
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kbtool.engine import Kept, build_site
from kbtool.rendered import Record, read_record

FEATURES = [
    "navigation.tabs", "navigation.sections", "navigation.indexes", "navigation.prune", "navigation.expand", "navigation.path",
    "navigation.footer", "toc.integrate", "navigation.top",
]
CONFIG = """site_name: Help
site_url: https://help.example.com/base/
docs_dir: docs
theme:
  name: material
  custom_dir: overrides
  font: false
  features: [{features}]
plugins: [search]
validation:
  links: {{not_found: ignore, anchors: ignore, absolute_links: ignore, unrecognized_links: ignore}}
  nav: {{omitted_files: ignore, not_found: ignore, absolute_links: ignore}}
markdown_extensions: [admonition, attr_list, footnotes, tables, {{toc: {{permalink: true}}}}, pymdownx.superfences]
{more}"""
PAGES = {
    "index.md": "Home", "about.md": "About", "zebra.md": "Zebra & <b>co</b>",
    "billing/index.md": "Billing", "billing/tax.md": "Tax", "billing/pay.md": "Pay", "billing/refund.md": "Refund",
    "billing/tax/vat.md": "VAT", "billing/tax/gst.md": "GST", "billing/old/README.md": "Old bills", "billing/old/a.md": "A",
    "api/keys.md": "Keys", "api/limits.md": "Limits", "api/deep/er/one.md": "One", "api/deep/er/two.md": "Two",
    "alone/only.md": "Only",
}


def text(title: str, body: str = "", more: str = "") -> str:
    """Return an article as the stage writes one."""
    return f'---\ntitle: "{title}"\n{more}---\n\n# {title}\n\n{body or "Some words."}\n\n## First\n\nMore.\n\n### Below\n\n## Second\n'


def write(folder: Path, files: dict[str, str]) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


def config(features: list[str], more: str = "") -> str:
    return CONFIG.format(features=", ".join(features), more=more)


@pytest.fixture
def stage(tmp_path: Path) -> Path:
    """Give a stage with pages at several depths."""
    folder = tmp_path / "stage"
    write(folder / "docs", {name: text(title, f"See [home]({'../' * name.count('/')}index.md).") for name, title in PAGES.items()})
    write(folder, {"mkdocs.yml": config(["navigation.prune", "navigation.indexes"]), "overrides/.keep": ""})
    return folder


def tree(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


class Builds:
    """One build after another of a stage, each taking over what the one before has left."""

    def __init__(self, stage: Path, work: Path) -> None:
        self.stage, self.work = stage, work
        self.count = 0

    def again(self) -> dict[str, bytes]:
        """Build with what is there, and put the site in its place."""
        out, record = self.work / "out", self.work / "new.json"
        build_site(self.stage, out, self.kept, lunr=False)
        self.kept_pages = {
            name for name in tree(out) if name.endswith(".html") and (self.work / "site" / name).exists()
            and (out / name).stat().st_ino == (self.work / "site" / name).stat().st_ino
        }
        shutil.rmtree(self.work / "site", ignore_errors=True)
        out.rename(self.work / "site")
        record.replace(self.work / "record.json")
        return tree(self.work / "site")

    def clean(self) -> dict[str, bytes]:
        """Build with nothing."""
        build_site(self.stage, self.work / "clean", lunr=False)
        found = tree(self.work / "clean")
        shutil.rmtree(self.work / "clean")
        return found

    @property
    def kept(self) -> Kept:
        """Return what the last build has left."""
        return Kept(self.work / "site", self.work / "record.json", self.work / "new.json", self.work / "rendered")


@pytest.fixture
def builds(stage: Path, tmp_path: Path) -> Builds:
    return Builds(stage, tmp_path)


def plain(stage: Path, out: Path) -> dict[str, bytes]:
    """Build with MkDocs alone."""
    command = [sys.executable, "-P", "-m", "mkdocs", "build", "-q", "--site-dir", str(out)]
    subprocess.run(command, cwd=stage, env=os.environ | {"NO_MKDOCS_2_WARNING": "1"}, check=True, capture_output=True)
    return tree(out)


def untidy(page: bytes) -> bytes:
    return re.sub(rb"\s*\n\s*", b"\n", page)


PARITY = {
    "nothing on": config([]),
    "sections, indexes, pruned": config(["navigation.sections", "navigation.indexes", "navigation.prune"]),
    "tabs and all": config(FEATURES),
    "expanded, whole": config(["navigation.expand", "navigation.tabs", "navigation.tabs.sticky"]),
    "without folders in addresses": config(["navigation.prune"], "use_directory_urls: false\n"),
    "a navigation of its own": config(["navigation.indexes", "navigation.footer"], (
        "nav:\n  - Start: index.md\n  - Out: https://example.com/\n  - Money:\n    - billing/index.md\n    - billing/tax.md\n"
        "    - VAT again: billing/tax/vat.md\n    - Deep:\n      - Tax twice: billing/tax.md\n      - api/deep/er/one.md\n"
    )),
}


@pytest.mark.parametrize("name", PARITY)
def test_pages_are_those_of_mkdocs(name: str, stage: Path, builds: Builds, tmp_path: Path) -> None:
    """Whatever navigation shows: but for white space between the tags of navigation, each page is as MkDocs alone makes it."""
    write(stage, {"mkdocs.yml": PARITY[name]})
    write(stage / "docs", {
        "api/keys.md": text("Keys", more='icon: "material/key"\nstatus: "new"\nsubtitle: "For machines"\n'),
        "api/limits.md": text("Limits", more='hide: ["navigation", "toc"]\n'),
        "billing/pay.md": "---\ntitle: Pay\n---\nNo heading at all.\n",
        "about.md": text("Keys"),
    })
    ours, theirs = builds.again(), plain(stage, tmp_path / "plain")
    pages = {name for name in theirs if name.endswith((".html", ".xml"))}
    assert set(ours) == set(theirs)
    assert len(pages) > len(PAGES)
    assert [name for name in sorted(pages) if untidy(ours[name]) != untidy(theirs[name])] == []


def _words(said: str) -> str:
    return f"{{% macro t(key) %}}{{{{ {said} }}}}{{% endmacro %}}"


WORDS = {
    "another language": ("de", {}, "Inhaltsverzeichnis"),
    "a language of the site": ("own", {"languages/own.html": _words('{"toc": "What is here"}[key]')}, "What is here"),
    "words of the site for each folder": ("en", {"language.html": _words('key ~ " " ~ base_url')}, "toc ../.."),
    "words of the site for each page": ("en", {"language.html": _words('key ~ (" of " ~ page.title if page)')}, "toc of Limits"),
}


@pytest.mark.parametrize("name", WORDS)
def test_words_are_those_of_the_language(name: str, stage: Path, builds: Builds, tmp_path: Path) -> None:
    """The theme's own words are looked up once; where a site has others, each page has what MkDocs gives it."""
    language, templates, said = WORDS[name]
    write(stage, {"mkdocs.yml": config(FEATURES[:3]).replace("font: false", f"font: false\n  language: {language}")})
    write(stage / "overrides/partials", templates)
    ours, theirs = builds.again(), plain(stage, tmp_path / "plain")
    assert said in ours["api/limits/index.html"].decode()
    assert [name for name in theirs if name.endswith(".html") and untidy(ours[name]) != untidy(theirs[name])] == []


def test_navigation_is_drawn_once_for_a_section(stage: Path, builds: Builds) -> None:
    """A flat folder of many pages: each shows all of its neighbours and itself as the open one, and nobody shows a nobody."""
    write(stage / "docs", {f"flat/p{number:02}.md": text(f"Page {number}") for number in range(30)})
    found = builds.again()
    for number in range(30):
        page = found[f"flat/p{number:02}/index.html"].decode()
        assert page.count("md-nav__link--active") >= 1
        assert page.count('href="./" class="md-nav__link md-nav__link--active"') == 1
        assert all(f'href="../p{other:02}/"' in page for other in range(30) if other != number)
        assert "nobody" not in page


def test_nothing_changed_and_every_page_is_kept(builds: Builds) -> None:
    """The second build takes over all pages, file by file, and is the same."""
    first = builds.again()
    assert builds.kept_pages == set()
    second = builds.again()
    assert second == first
    assert {name for name in builds.kept_pages if name != "404.html"} == {name for name in first if name.endswith("index.html")}


EDITS = {
    "a word": ({"api/keys.md": text("Keys", "Other words.")}, {"api/keys/index.html"}),
    "a title": ({"api/keys.md": text("Secrets")}, {"api/keys/index.html", "api/limits/index.html"}),
    "another page": ({"api/new.md": text("New")}, {"api/new/index.html", "api/keys/index.html", "api/limits/index.html"}),
}


@pytest.mark.parametrize("name", EDITS)
def test_only_what_shows_a_change_is_made_again(name: str, stage: Path, builds: Builds) -> None:
    """A word is on its page, a title also beside its neighbours; other sections are as they were."""
    edit, made = EDITS[name]
    builds.again()
    write(stage / "docs", edit)
    found = builds.again()
    assert found == builds.clean()
    again = {file for file in found if file.endswith("index.html")} - builds.kept_pages
    assert again >= made
    assert "zebra/index.html" not in again
    assert "billing/pay/index.html" not in again


def test_a_page_that_was_altered_in_the_site_is_made_again(builds: Builds) -> None:
    """What stands in the site counts only with the bytes that were recorded."""
    first = builds.again()
    (builds.work / "site/api/keys/index.html").write_text("not ours")
    (builds.work / "site/api/limits/index.html").unlink()
    (builds.work / "site/about/index.html").unlink()
    (builds.work / "site/about/index.html").symlink_to("../zebra/index.html")
    assert builds.again() == first


@pytest.mark.parametrize("damage", ["", "{", '{"version": 2, "pages": 3}', '{"version": 2, "pages": {}}', '{"version": 9, "pages": {}}'])
def test_a_record_that_cannot_be_read_is_none(damage: str, builds: Builds) -> None:
    """All pages are made again, and nothing is said."""
    first = builds.again()
    (builds.work / "record.json").write_text(damage)
    assert read_record(builds.work / "record.json") == Record()
    assert builds.again() == first


def test_rendered_articles_that_were_damaged_are_rendered_again(stage: Path, builds: Builds) -> None:
    """Cut off, altered, not JSON: the entry is none."""
    first = builds.again()
    entries = sorted(path for path in (builds.work / "rendered").glob("??/*"))
    assert len(entries) == len(PAGES)
    for number, path in enumerate(entries):
        data = path.read_bytes()
        path.write_bytes([data[:-3], data.replace(b"words", b"w0rds"), b"", b"[]\n{}"][number % 4])
    (builds.work / "record.json").unlink()
    assert builds.again() == first


def test_a_link_leads_elsewhere_when_its_target_comes_or_goes(stage: Path, builds: Builds) -> None:
    """The words are the same and the address is not: the page is made again, from no entry."""
    write(stage / "docs", {"api/keys.md": text("Keys", "See [there](there.md).")})
    before = builds.again()["api/keys/index.html"]
    write(stage / "docs", {"api/there.md": text("There")})
    found = builds.again()
    assert b'href="there.md"' in before
    assert b'href="../there/"' in found["api/keys/index.html"]
    (stage / "docs/api/there.md").unlink()
    assert builds.again()["api/keys/index.html"] == before


def test_two_editions_share_what_was_rendered(stage: Path, builds: Builds) -> None:
    """Another site name, the same words: every page is made, no article is rendered."""
    builds.again()
    before = {path: path.stat().st_mtime_ns for path in (builds.work / "rendered").glob("??/*")}
    write(stage, {"mkdocs.yml": config(["navigation.tabs"]).replace("site_name: Help", "site_name: Wiki")})
    found = builds.again()
    assert builds.kept_pages == set()
    assert {path: path.stat().st_mtime_ns for path in (builds.work / "rendered").glob("??/*")} == before
    assert found == builds.clean()


def test_warnings_are_said_each_time(stage: Path, builds: Builds) -> None:
    """A page that the engine warns of is kept nowhere, so that no build is silent about it."""
    write(stage, {"mkdocs.yml": config([]).replace("not_found: ignore", "not_found: warn", 1)})
    write(stage / "docs", {"api/keys.md": text("Keys", "See [there](there.md).")})
    said = [build_site(stage, builds.work / f"out{number}", builds.kept) for number in range(2)]
    assert said[0] == said[1]
    assert "there.md" in said[0][0]


def test_warnings_are_said_once(stage: Path, builds: Builds) -> None:
    """Also where many articles are rendered on several processors."""
    write(stage, {"mkdocs.yml": config([]).replace("not_found: ignore", "not_found: warn", 1)})
    write(stage / "docs", {f"many/p{number}.md": text(f"Page {number}", f"See [there](gone{number}.md).") for number in range(45)})
    said = build_site(stage, builds.work / "out", builds.kept)
    assert sorted(said) == sorted({*said})
    assert sum("gone7.md" in line for line in said) == 1


# -- any edits


def _theme(chance: random.Random) -> dict[str, str]:
    block = "{% extends 'base.html' %}{% block announce %}"
    return {"overrides/main.html": block + chance.choice([
        "News", "{{ page.title }}", "{{ nav.pages | length }} pages", "{% for one in page.ancestors %}{{ one.title }}{% endfor %}",
        "{{ page.content | length }}", "{% for file in pages %}{{ file.page.title }}{% endfor %}",
        "{% if page.next_page %}{{ page.next_page.meta.status }}{% endif %}", "{{ config.site_name }}",
    ]) + "{% endblock %}"}


def _article(chance: random.Random) -> dict[str, str]:
    name = chance.choice([*PAGES, f"api/n{chance.randrange(4)}.md", f"alone/deep{chance.randrange(3)}/index.md"])
    words = chance.choice(["Words.", "!!! note\n    Noted.", "See [tax](/billing/tax.md), [keys](keys.md).", "A[^1].\n\n[^1]: Foot.", "| a |\n| - |\n| b |"])
    more = chance.choice(["", "", 'icon: "material/key"\n', 'status: "new"\n', 'hide: ["toc"]\n', 'template: "main.html"\n'])
    return {f"docs/{name}": text(chance.choice(["Keys", "Tax", f"T{chance.randrange(3)}"]), words, more)}


def _settings(chance: random.Random) -> dict[str, str]:
    navigation = "nav:\n  - Home: index.md\n  - More:\n" + "".join(f"    - {name}\n" for name in chance.sample(sorted(PAGES), 5))
    more = chance.choice(["", "", navigation, "copyright: us\n", "extra_css: [a.css]\n", "use_directory_urls: false\n"])
    found = config(chance.sample(FEATURES, chance.randrange(5)), more)
    return {"mkdocs.yml": found.replace("permalink: true", chance.choice(["permalink: true", "permalink: false"]))}


def _edits(chance: random.Random, stage: Path) -> Iterator[str]:
    kinds: list[Callable[[random.Random], dict[str, str]]] = [_article, _article, _article, _theme, _settings]
    for _ in range(chance.randint(1, 3)):
        there = sorted((stage / "docs").rglob("*.md"))
        if chance.random() < 0.2 and len(there) > 8:
            chance.choice(there).unlink()
            yield "removed one"
        else:
            files = chance.choice(kinds)(chance)
            write(stage, files)
            yield " ".join(files)


def test_any_edit_gives_the_bytes_of_a_clean_build(stage: Path, builds: Builds) -> None:
    """Articles, titles, links, navigation, templates, settings, in any order: each build is what a build from nothing is."""
    soak = os.environ.get("HYPOTHESIS_PROFILE") == "soak"
    chance = random.Random(os.environ.get("KBTOOL_SEED", "7"))
    kept = 0
    for step in range(300 if soak else 12):
        said = [*_edits(chance, stage)]
        found, clean = builds.again(), builds.clean()
        kept += len(builds.kept_pages)
        assert [name for name in sorted({*found, *clean}) if found.get(name) != clean.get(name)] == [], (step, said)
    assert kept > 0
