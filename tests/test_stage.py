"""The stage of an edition: what is in the folder, and how articles, links, includes and redirects are compiled into it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
import yaml

from kbtool.editions import RedactionError
from kbtool.errors import ConfigError
from kbtool.evidence import Evidence
from kbtool.search_index import search_worker
from kbtool.stage import Staged, stage
from kbtool.testing import knowledge_base

FOLDERS = '[tool.kbtool.defaults."**"]\naudience = "public"'


@pytest.fixture
def staged(tmp_path: Path) -> Callable[..., Staged]:
    """Return a function that writes a knowledge base, in place of the one before, and stages an edition of it."""

    def make(files: dict[str, str | bytes], edition: str = "public", *, config: str = FOLDERS, **more: Any) -> Staged:
        shutil.rmtree(tmp_path / "kb", ignore_errors=True)
        (tmp_path / "kb").mkdir()
        evidence: Evidence = knowledge_base(tmp_path / "kb", files, config=config)
        return stage(evidence, evidence.editions[edition], tmp_path / "stage" / edition, **more)

    (tmp_path / "stage/public").mkdir(parents=True)
    (tmp_path / "stage/internal").mkdir(parents=True)
    return make


def body(found: Staged, source: str = "index.md") -> str:
    """Return the staged text of an article below its front matter."""
    return (found.folder / "docs" / source).read_text().partition("\n---\n")[2]


def tree(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


# ---------------------------------------------------------------------------------------------- the folder


def test_a_stage_is_articles_their_assets_the_theme_and_a_configuration(staged: Callable[..., Staged]) -> None:
    """Nothing else is in the folder, so nothing else can be on the site."""
    found = staged({
        "content/index.md": "![](a.png)", "content/secret.md": "---\naudience: internal\n---\n![](b.png)", "content/a.png": b"a",
        "content/b.png": b"b", "content/c.png": b"c", "overrides/main.html": "mine", "overrides/.hidden": "x",
        "overrides/__pycache__/x.pyc": "x", "mkdocs.yml": "theme: {name: material, custom_dir: overrides}\n",
    })
    with resources.as_file(resources.files("kbtool") / "theme") as theme:
        ours = {f"overrides/{name}" for name in tree(theme) if "__pycache__" not in name}
    ours.add(f"overrides/{search_worker(found.config)[0]}")
    assert set(tree(found.folder)) == {"docs/a.png", "docs/index.md", "mkdocs.yml", "overrides/main.html"} | ours
    assert [article.source for article in found.articles] == ["index.md"]
    assert found.assets == ("a.png",)
    assert found.texts == {"index.md": "![](a.png)"}
    assert yaml.safe_load((found.folder / "mkdocs.yml").read_text()) == found.config


def test_the_sites_own_override_wins(staged: Callable[..., Staged]) -> None:
    """A partial of the same name in the site's folder stands in for ours; a symlink in it is not followed."""
    files = {"content/index.md": "x", "mkdocs.yml": "theme: {name: material, custom_dir: mine}\n"}
    found = staged(files | {"mine/partials/source-file.html": "our own"})
    assert (found.folder / "overrides/partials/source-file.html").read_text() == "our own"
    with pytest.raises(ConfigError, match="there is no folder 'mine'"):
        staged(files)


def test_an_edition_may_have_overrides_of_its_own(staged: Callable[..., Staged]) -> None:
    """The folder that the edition's part of the configuration names goes before the site's."""
    files = {"content/index.md": "x", "mkdocs.yml": "theme: {name: material, custom_dir: ours}\n", "ours/a.html": "a", "wiki/b.html": "b"}
    config = f'{FOLDERS}\n[tool.kbtool.editions.internal.mkdocs.theme]\ncustom_dir = "wiki"\n'
    found = {name: staged(files, name, config=config).folder / "overrides" for name in ("public", "internal")}
    assert [(folder / name).exists() for folder in found.values() for name in ("a.html", "b.html")] == [True, False, False, True]


def test_assets_that_the_site_file_names_are_staged(staged: Callable[..., Staged]) -> None:
    """Logo, favicon, style sheets and scripts are referred to by mkdocs.yml rather than by an article."""
    names = ("logo.svg", "icon.png", "my.css", "my.js", "module.js")
    found = staged({
        "content/index.md": "x", "mkdocs.yml": "theme: {name: material, logo: logo.svg, favicon: icon.png}\nextra_css: [my.css]\n"
        "extra_javascript: [my.js, {path: module.js, type: module}, https://cdn.example/x.js]\n",
    } | {f"content/{name}": "x" for name in (*names, "other.css")})
    assert sorted(path.name for path in (found.folder / "docs").iterdir()) == sorted([*names, "index.md"])


def test_only_what_changed_is_written(staged: Callable[..., Staged], tmp_path: Path) -> None:
    """A second stage writes nothing, a third the changed article alone, and what is gone goes."""
    files = {"content/index.md": "one", "content/b.md": "two"}
    folder = staged(files).folder
    for path in folder.rglob("*"):
        os.utime(path, (1, 1))
    assert staged(files).changed == 0
    assert {path.stat().st_mtime for path in folder.rglob("*")} == {1}
    again = staged(files | {"content/b.md": "three"})
    assert [path.name for path in folder.rglob("*.*") if path.stat().st_mtime != 1] == ["b.md"]
    assert again.changed == 1
    assert staged({"content/index.md": "one"}).changed == 1
    assert not (folder / "docs/b.md").exists()


def test_a_failure_leaves_the_old_stage_whole(staged: Callable[..., Staged]) -> None:
    """Everything is worked out before anything is written: an article that cannot be redacted changes no file."""
    files = {"content/a.md": "new", "content/z.md": "fine"}
    folder = staged({"content/a.md": "old", "content/z.md": "fine"}).folder
    before = tree(folder)
    for broken in ("::: internal\nnever closed\n", "<!-- never closed\n"):
        with pytest.raises(RedactionError):
            staged(files | {"content/m.md": broken})
        assert tree(folder) == before


def test_a_preview_touches_every_page_when_navigation_changes(staged: Callable[..., Staged]) -> None:
    """Navigation stands on all pages, so an engine that renders changed pages alone has to see them all change."""
    files = {"content/index.md": "---\ntitle: A\n---\n", "content/b.md": "---\ntitle: B\n---\n"}
    folder = staged(files, preview=True).folder
    for changed, count in ((files | {"content/b.md": "---\ntitle: B\n---\nmore"}, 1), (files | {"content/b.md": "---\ntitle: C\n---\n"}, 2)):
        for path in folder.rglob("*"):
            os.utime(path, (1, 1))
        staged(changed, preview=True)
        assert len([path for path in folder.rglob("*.md") if path.stat().st_mtime != 1]) == count


# ---------------------------------------------------------------------------------------------- links

LINK_FILES = {
    "content/index.md": "x", "content/a.md": "x", "content/sub/index.md": "x", "content/sub/c.md": "x", "content/sub/d e.md": "x",
    "content/img/x.png": b"x",
}


@pytest.mark.parametrize(
    ("written", "compiled"),
    [
        ("[x](/a.html)", "[x](../a.md)"),
        ("[x](/a/)", "[x](../a.md)"),
        ("[x](/a)", "[x](../a.md)"),
        ("[x](../a/)", "[x](../a.md)"),
        ("[x](../a.html#here)", "[x](../a.md#here)"),
        ("[x](../a.md?q=1#here)", "[x](../a.md?q=1#here)"),
        ("[x](/)", "[x](../index.md)"),
        ("[x](c.html)", "[x](c.md)"),
        ("[x](./c/)", "[x](c.md)"),
        ("[x](.)", "[x](index.md)"),
        ("[x](/sub/)", "[x](index.md)"),
        ('[x](c.html "a title")', '[x](c.md "a title")'),
        ("[x](<c.html>)", "[x](<c.md>)"),
        ("[x](/sub/d%20e/)", "[x](d%20e.md)"),
        ("![x](/img/x.png)", "![x](../img/x.png)"),
        ("[![x](/img/x.png)](/a/)", "[![x](../img/x.png)](../a.md)"),
        ("[x][1]\n\n[1]: /a.html", "[x][1]\n\n[1]: ../a.md"),
        ('[x][1]\n\n  [1]: </a.html> "title"', '[x][1]\n\n  [1]: <../a.md> "title"'),
        ("[x](/a.html) and [y](/a.html)", "[x](../a.md) and [y](../a.md)"),
        ("[x](\n/a.html)", "[x](\n../a.md)"),
        ("> [x](/a.html)", "> [x](../a.md)"),
        ("| a |\n|---|\n| [x](/a.html) |", "| a |\n|---|\n| [x](../a.md) |"),
        ("!!! note\n\n    [x](/a.html)", "!!! note\n\n    [x](../a.md)"),
        ('<a href="/a.html">x</a>', '<a href="../../a/">x</a>'),
        ("<a href='c.md#here'>x</a>", "<a href='../c/#here'>x</a>"),
        ('<img alt="" src="/img/x.png">', '<img alt="" src="../../img/x.png">'),
        ('<a href="/">x</a>', '<a href="../../">x</a>'),
        ("[x](https://example.com/a.html)", "[x](https://example.com/a.html)"),
        ("[x](mailto:a@example.com)", "[x](mailto:a@example.com)"),
        ("[x](#here)", "[x](#here)"),
        ("[x](nowhere.html)", "[x](nowhere.html)"),
        ("`[x](/a.html)`", "`[x](/a.html)`"),
        ("```\n[x](/a.html)\n```", "```\n[x](/a.html)\n```"),
        ("```\n[1]: /a.html\n```\n\n[y](/a.html)", "```\n[1]: /a.html\n```\n\n[y](../a.md)"),
        ("Text /a.html stays.\n\n[x](/a.html)", "Text /a.html stays.\n\n[x](../a.md)"),
    ],
)
@pytest.mark.parametrize("head", ["", "---\ntitle: x\ntags: [a, b]\n---\n\n", "<!-- cut -->\n\n\n"], ids=["bare", "front-matter", "comment"])
def test_links_lead_to_staged_files(staged: Callable[..., Staged], written: str, compiled: str, head: str) -> None:
    """However a link names its target, the engine gets a file to check; raw HTML, which it does not read, gets a URL."""
    found = staged(LINK_FILES | {"content/sub/page.md": f"{head}{written}\n"}, config=FOLDERS)
    assert body(found, "sub/page.md").strip() == compiled


def test_raw_html_without_directory_urls(staged: Callable[..., Staged]) -> None:
    """The URL of raw HTML follows the form of the site's URLs."""
    found = staged(LINK_FILES | {"content/sub/page.md": '<a href="/a/">x</a> <a href="c.md">y</a>', "mkdocs.yml": "use_directory_urls: false\n"})
    assert body(found, "sub/page.md") == '<a href="../a.html">x</a> <a href="c.html">y</a>'


@pytest.mark.real
def test_links_of_the_real_guide_all_lead_to_staged_files(shared: Path, tmp_path: Path) -> None:
    """In 119 articles of others, absolute, relative and `.html` links all become files that are there."""
    import subprocess

    from kbtool.config import load_config
    from kbtool.evidence import gather
    from kbtool.testing import TODAY
    from kbtool.urls import UrlMap

    root = tmp_path / "guide"
    subprocess.run(["git", "clone", "-q", shared / "real/user-guide.bundle", root], check=True)
    (root / "pyproject.toml").write_text(
        '[tool.kbtool]\ncontent = "source"\npreset = "govuk"\n[tool.kbtool.defaults."**"]\naudience = "public"\n'
    )
    evidence = gather(load_config(root), TODAY)
    (tmp_path / "out").mkdir()
    found = stage(evidence, evidence.editions["public"], tmp_path / "out")
    assert len(found.articles) == 119
    blockers = found.texts["documentation/other-topics/rds-upgrade-blockers.md"]
    assert (blockers.count("](rds-external-access.md)"), blockers.count("rds-external-access.html")) == (3, 0)
    text = (tmp_path / "out/docs/documentation/other-topics/rds-upgrade-blockers.md").read_text()
    assert text.endswith(blockers)
    urls: UrlMap = evidence.urls
    for article in found.articles:
        for href in article.markdown.targets:
            target = urls.resolve(article.source, href)
            if target.kind == "article" and not href.startswith("#") and not href.endswith(".md"):
                assert f"({href})" not in found.texts[article.source]


# ---------------------------------------------------------------------------------------------- includes


@pytest.mark.parametrize(
    ("written", "compiled"),
    [
        ('a\n--8<-- "part.md"\nb', "a\nThe part.\nb"),
        ('--8<-- "sub/../part.md"', "The part."),
        ('--8<-- "content/part.md"', "The part."),
        ('a\n--8<-- "secret.md"\nb', "a\n\nb"),
        ('a\n--8<-- "nowhere.md"\nb', "a\n\nb"),
        ('a\n--8<-- "/etc/passwd"\nb', "a\n\nb"),
        ('a\n--8<-- "../checks/owners.yml"\nb', "a\n\nb"),
        ('a\n--8<-- "https://example.com/x.md"\nb', "a\n\nb"),
        ('a\n--8<-- "index.md"\nb', "a\n\nb"),
        ('a\n--8<-- "mixed.md"\nb', "a\nOutside.\n\nb"),
        ('a\n--8<-- "outer.md"\nb', "a\nOuter:\nThe part.\nb"),
        ("a\n--8<--\npart.md\nsecret.md\n--8<--\nb", "a\nThe part.\n\nb"),
        ('```\n--8<-- "secret.md"\n```', "```\n\n```"),
        ('::: internal\n--8<-- "secret.md"\n:::\nb', "b"),
        ('a\n;--8<-- "part.md"\nb', 'a\n--8<-- "part.md"\nb'),
        ("a\nb `;--8<-- [start:x]` and `;;--8<-- [end:x]`", "a\nb `--8<-- [start:x]` and `;--8<-- [end:x]`"),
        ("a\n<!-- --8<-- [start:x] -->\n# --8<-- [end:x]\nb", "a\nb"),
    ],
)
def test_includes_bring_what_the_edition_shows(staged: Callable[..., Staged], written: str, compiled: str) -> None:
    """An include is resolved by the stage: an article of the edition, redacted, or nothing; never a file elsewhere."""
    found = staged({
        "content/index.md": written, "content/part.md": "The part.", "content/secret.md": "---\naudience: internal\n---\nA secret.",
        "content/mixed.md": "Outside.\n::: internal\nInside.\n:::\n", "content/outer.md": 'Outer:\n--8<-- "part.md"',
    })
    assert body(found).rstrip("\n") == compiled
    assert b"A secret" not in b"".join(tree(found.folder).values())


def test_includes_that_go_round_in_a_circle_end(staged: Callable[..., Staged]) -> None:
    """Two articles that include one another are staged, each with the other once, as pymdownx.snippets does it."""
    found = staged({"content/index.md": 'a\n--8<-- "b.md"', "content/b.md": 'b\n--8<-- "index.md"'})
    assert (body(found).split(), body(found, "b.md").split()) == (["a", "b"], ["b", "a"])


def test_links_of_what_is_included_lead_where_they_did(staged: Callable[..., Staged]) -> None:
    """They are read from the file that has them, and written for the page that they come to; its pictures travel."""
    found = staged({
        "content/index.md": '- a\n\n    --8<-- "sub/part.md"', "content/sub/part.md": "[b](b.md) ![](c.png)\n\n[d](../index.md#a)", "content/sub/b.md": "x",
        "content/sub/c.png": b"c",
    })
    assert body(found) == "- a\n\n    [b](sub/b.md) ![](sub/c.png)\n\n    [d](index.md#a)"
    assert found.assets == ("sub/c.png",)


def test_links_of_includes_in_includes_lead_where_they_did(staged: Callable[..., Staged]) -> None:
    """They are written for the page once, however deep the article is that has them, and whatever has the same name elsewhere."""
    found = staged({
        "content/index.md": '--8<-- "sub/part.md"', "content/sub/part.md": 'A [b](b.md)\n\n- c\n\n    --8<-- "deep/more.md"',
        "content/deep/more.md": '[c](c.md) ![](d.png)\n\n[e](../sub/b.md)\n<a href="c.md">c</a>', "content/deep/c.md": "x", "content/sub/b.md": "x",
        "content/sub/deep/c.md": "another", "content/sub/sub/b.md": "another", "content/deep/d.png": b"d", "content/sub/deep/d.png": b"another",
    })
    assert body(found) == (
        'A [b](sub/b.md)\n\n- c\n\n    [c](deep/c.md) ![](deep/d.png)\n\n    [e](sub/b.md)\n    <a href="deep/c/">c</a>'
    )
    assert found.assets == ("deep/d.png",)


PART = """---
audience: public
---

one
<!-- --8<-- [start:first] -->
two [inside]{.internal}
::: internal
secret
:::
<!-- --8<-- [end:first] -->
# --8<-- [start:open]
three
"""


@pytest.mark.parametrize(
    ("selection", "public"),
    [
        ("", "\none\ntwo \nthree\n"),
        (":first", "two "),
        (":open", "three\n"),
        (":nowhere", ""),
        (":5", "one\ntwo \nthree\n"),
        (":5:5", "one"),
        (":1:5", "\none"),
        ("::5", "\none"),
        (":5:5,13:13", "one\nthree"),
        (":-2", "three\n"),
        (":-2:-2", "three"),
        (":9:9", ""),
        (":8:9", ""),
        (":9:13", "three"),
        (":100:200", ""),
        (":9:5", ""),
    ],
)
def test_a_part_of_an_article_is_included_as_snippets_does(staged: Callable[..., Staged], selection: str, public: str) -> None:
    """Lines are those of the file, sections those between marks; what is cut from the article is cut from each part of it."""
    files = {"content/index.md": f'a\n--8<-- "part.md{selection}"\nb', "content/part.md": PART}
    assert body(staged(files)) == f"a\n{public}\nb"
    assert body(staged({**files, "content/index.md": f"a\n--8<--\npart.md{selection}\n--8<--\nb"})) == f"a\n{public}\nb"


def test_a_part_of_a_region_has_no_half_of_its_frame(staged: Callable[..., Staged]) -> None:
    """Inside, a chosen line of a region comes without the block that it would open or close."""
    files = {"content/index.md": '--8<-- "part.md:8:9"', "content/part.md": PART}
    assert body(staged(files, "internal")) == "secret"


def test_includes_by_the_million_are_refused(staged: Callable[..., Staged], tmp_path: Path) -> None:
    """Twenty articles that bring the next one twice would be a million lines."""
    files = {f"content/{n}.md": f'--8<-- "{n + 1}.md"\n' * 6 for n in range(8)} | {"content/index.md": '--8<-- "0.md"', "content/8.md": "x"}
    with pytest.raises(RedactionError, match="it brings more than 1,000 parts"):
        staged(files)
    assert not any((tmp_path / "stage/public").iterdir())


GLOSSARY = """---
title: Glossary
---
*[API]: What programs talk to
::: internal
*[SLA]: Four hours for gold
:::
*[KPI]: Measured [for the board]{.internal}
*[HQ]: [Heron street 4]{.internal}
"""
SNIPPETS = "markdown_extensions: [abbr, {pymdownx.snippets: {auto_append: [%s]}}]\n"


@pytest.mark.parametrize("name", ["terms.md", "content/terms.md", "./terms.md"])
def test_a_glossary_is_added_as_far_as_the_edition_shows_it(staged: Callable[..., Staged], name: str) -> None:
    """What an article uses of it stands below that, and not what is for others; an article's own definition wins."""
    files = {
        "content/index.md": "API, SLA, KPI and HQ", "content/terms.md": GLOSSARY, "content/own.md": "API\n\n*[API]: Mine", "content/none.md": "x",
        "mkdocs.yml": SNIPPETS % name,
    }
    found = staged(files)
    assert body(found) == "API, SLA, KPI and HQ\n\n*[API]: What programs talk to\n*[KPI]: Measured \n"
    assert (body(found, "own.md"), body(found, "none.md")) == ("API\n\n*[API]: Mine", "x")
    assert found.texts["index.md"] == body(found)
    assert "*[SLA]: Four hours for gold" in body(staged(files, "internal"))


def test_a_hidden_glossary_is_not_added_and_one_outside_is_said(staged: Callable[..., Staged]) -> None:
    """A file that is no article has no audience, so nobody can say who may read it."""
    files = {"content/index.md": "API", "content/terms.md": GLOSSARY.replace("---\n", "---\naudience: internal\n", 1), "inc/x.md": GLOSSARY}
    found = staged({**files, "mkdocs.yml": SNIPPETS % "terms.md, inc/x.md"})
    assert body(found) == "API"
    assert found.notes == ("mkdocs.yml: auto_append names 'inc/x.md', which is no article",)


def test_related_articles_are_those_of_the_edition(staged: Callable[..., Staged]) -> None:
    """Titles are as the edition shows them, and what it does not show is not named."""
    files = {
        "content/index.md": "---\nrelated: [sub/a.md, s.md, gone.md, index.md, https://example.com]\n---\n",
        "content/sub/a.md": "---\ntitle: A [secret]{.internal} page\nrelated: ['../index.md#x']\n---\n", "content/s.md": "---\ntitle: S\naudience: internal\n---\n",
    }
    found = staged(files)
    assert front(found)["kbtool"]["related"] == [{"title": "A page", "url": "sub/a/"}]
    assert front(found, "sub/a.md")["kbtool"]["related"] == [{"title": "index.md", "url": "../../#x"}]
    assert [one["title"] for one in front(staged(files, "internal"))["kbtool"]["related"]] == ["A secret page", "S"]


# ---------------------------------------------------------------------------------------------- front matter


def front(found: Staged, source: str = "index.md") -> Any:
    """Return the staged front matter of an article."""
    return yaml.safe_load((found.folder / "docs" / source).read_text().split("---\n")[1])


RICH = """---
title: "A: title"
description: What it says
owners: [ana]
product_areas: [billing]
content_type: how-to
last_reviewed_on: 2026-05-01
tags: [one, two]
hide: [toc]
search: {exclude: true, boost: 2}
covers: [src/**]
tickets: [SUP-1]
related: [b.md]
risk: high
---
"""


def test_the_public_front_matter_is_an_allow_list(staged: Callable[..., Staged]) -> None:
    """Outside there are title, description, tags, the theme's own keys, and three facts; types survive."""
    assert front(staged({"content/index.md": RICH})) == {
        "title": "A: title", "description": "What it says", "tags": ["one", "two"], "hide": ["toc"],
        "search": {"exclude": True, "boost": 2},
        "kbtool": {"areas": ["Billing"], "content_type": "how-to", "changed_on": None, "reviewed_on": "2026-05-01", "archived": False},
    }


def test_inside_one_sees_who_owns_it_and_when_it_is_due(staged: Callable[..., Staged]) -> None:
    """The internal edition shows owner, path, confidence and the day of the review."""
    assert front(staged({"content/index.md": RICH}, "internal"))["kbtool"] == {
        "areas": ["Billing"], "content_type": "how-to", "changed_on": None, "reviewed_on": "2026-05-01", "archived": False, "audience": "public",
        "confidence": "validated", "path": "content/index.md", "owners": ["Ana"], "review_by": "2026-08-01", "overdue": True,
    }


def test_an_archived_article_is_out_of_search(staged: Callable[..., Staged]) -> None:
    """It is built, for old links, and the search does not offer it, whatever its own front matter says."""
    found = staged({"content/index.md": "---\ntitle: x\nconfidence: archived\nsearch: {boost: 2}\n---\n"})
    assert front(found)["search"] == {"exclude": True}
    assert front(found)["kbtool"]["archived"] is True


@pytest.mark.parametrize("title", ['quoted "title"', "a: b", "---", "{{ x }}", "<script>", "# no comment", "nïcé"])
def test_titles_come_through_unharmed(staged: Callable[..., Staged], title: str) -> None:
    """Whatever a title holds, the engine reads the same one."""
    found = staged({"content/index.md": f"---\ntitle: {json.dumps(title)}\n---\n"})
    assert front(found)["title"] == title


# ---------------------------------------------------------------------------------------------- pages that are no article


def test_an_edition_without_a_home_page_gets_one(staged: Callable[..., Staged]) -> None:
    """It lists the edition's articles by folder, titles escaped, and no other."""
    found = staged({
        "content/z/b c.md": "---\ntitle: Stars *and* <b>\n---\n", "content/a.md": "---\ntitle: Aa\n---\n",
        "content/s.md": "---\ntitle: Secret\naudience: internal\n---\n", "content/old.md": "---\ntitle: Old\nconfidence: archived\n---\n",
        "mkdocs.yml": "site_name: 'The [site]'\n",
    })
    text = body(found)
    assert "# The \\[site\\]" in text
    assert "- [Stars \\*and\\* \\<b\\>](z/b%20c.md)" in text
    assert "Secret" not in text
    assert "Old" not in text


@pytest.mark.parametrize("home", ["index.md", "README.md"])
def test_a_home_page_of_its_own_stays(staged: Callable[..., Staged], home: str) -> None:
    """Either spelling of the home page is one."""
    found = staged({f"content/{home}": "Mine.", "content/a.md": "x"})
    assert [name for name in tree(found.folder) if name in ("docs/index.md", "docs/README.md")] == [f"docs/{home}"]
    assert body(found, home) == "Mine."


@pytest.mark.parametrize(
    ("old", "name", "to"),
    [
        ("/old/", "old/index.html", "../new/"),
        ("old.html", "old.html", "new/"),
        ("deep/er/old.md", "deep/er/old/index.html", "../../../new/"),
        ("a//b", "a/b/index.html", "../../new/"),
        ("./c/.", "c/index.html", "../new/"),
        ("../../../../out", None, None),
        ("/", None, None),
        ("new", None, None),
        ("other/index.html", None, None),
    ],
)
def test_old_urls_lead_to_their_article(staged: Callable[..., Staged], old: str, name: str | None, to: str | None) -> None:
    """A page at the old URL sends readers on; none is written outside of the stage, or over an article."""
    found = staged({"content/index.md": "x", "content/new.md": f"---\nredirect_from: ['{old}']\n---\n", "content/other.md": "x"})
    pages = {path: text for path, text in tree(found.folder / "docs").items() if path.endswith(".html")}
    assert list(pages) == ([name] if name else [])
    assert sorted(path.name for path in found.folder.parent.parent.iterdir()) == ["kb", "stage"]
    assert all(f'content="0; url={to}"'.encode() in text for text in pages.values())


def test_old_urls_of_hidden_articles_are_not_there(staged: Callable[..., Staged]) -> None:
    """A redirect would tell that there is something, and where."""
    found = staged({"content/index.md": "x", "content/new.md": "---\naudience: internal\nredirect_from: [old]\n---\n"})
    assert not (found.folder / "docs/old").exists()


@pytest.mark.parametrize("plugins", ["[search, {redirects: {redirect_maps: {%s}}}]", "{search: {}, redirects: {redirect_maps: {%s}}}"])
def test_redirects_of_the_plugin_are_taken_over(staged: Callable[..., Staged], plugins: str) -> None:
    """The map of mkdocs-redirects is read, since the plugin itself does not run; articles that are hidden lead nowhere."""
    maps = "old.md: new.md, gone.md: secret.md, far.md: 'https://example.com'"
    found = staged({
        "content/index.md": "x", "content/new.md": "x", "content/secret.md": "---\naudience: internal\n---\n",
        "mkdocs.yml": f"plugins: {plugins % maps}\n",
    })
    assert [name for name in tree(found.folder / "docs") if name.endswith(".html")] == ["old/index.html"]


def test_a_title_is_never_taken_from_a_region_for_others(staged: Callable[..., Staged]) -> None:
    """Without a `title`, the first heading that the edition shows is the title, else the file's name; on all pages, and in nav."""
    files = {
        "content/a.md": "---\naudience: public\n---\n::: internal\n# Codename Heron\n:::\n\n# Exports\n",
        "content/b.md": "---\naudience: public\n---\n::: internal\n# Codename Heron\n:::\n\ntext\n",
        "content/c.md": "---\naudience: public\n---\n<!--\n# Codename Heron\n-->\n\n# Imports\n",
    }
    found = staged(files, preview=True)
    written = b"".join(tree(found.folder).values())
    assert b"Heron" not in written
    assert found.config["nav"] == ["index.md", {"Exports": "a.md"}, {"b.md": "b.md"}, {"Imports": "c.md"}]


def test_files_below_a_ceiling_stay_inside(tmp_path: Path) -> None:
    """A file of a folder whose ceiling is internal does not travel, although a public article or `mkdocs.yml` names it."""
    files = {
        "content/a.md": "---\naudience: public\n---\n[a](vault/x.txt) [b](y.txt)\n", "content/vault/x.txt": "x", "content/y.txt": "y",
        "content/vault/z.css": "z", "mkdocs.yml": "site_name: x\nextra_css: [vault/z.css]\n",
    }
    evidence = knowledge_base(tmp_path / "kb", files, config='[tool.kbtool.defaults."vault/**"]\nceiling = "internal"\n')
    found = {}
    for name, edition in evidence.editions.items():
        docs = stage(evidence, edition, tmp_path / name).folder / "docs"
        found[name] = sorted(path.name for path in docs.rglob("*") if path.suffix in (".txt", ".css"))
    assert found == {"public": ["y.txt"], "internal": ["x.txt", "y.txt", "z.css"]}
