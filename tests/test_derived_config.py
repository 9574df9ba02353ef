"""The `mkdocs.yml` of an edition: what of the site's own is kept, changed and left out."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import pytest
import yaml

from kbtool.derived_config import STYLE, derive
from kbtool.editions import select
from kbtool.errors import ConfigError
from kbtool.evidence import Evidence
from kbtool.testing import knowledge_base

FILES = {
    "content/index.md": "---\ntitle: Home\naudience: public\n---\n",
    "content/guide/start.md": "---\ntitle: Start here\naudience: public\n---\n",
    "content/guide/index.md": "---\ntitle: The guide\naudience: public\n---\n",
    "content/old.md": "---\ntitle: Old\naudience: public\nconfidence: archived\n---\n",
    "content/secret.md": "---\ntitle: Secret\n---\n",
    "content/my_notes/secret.md": "---\ntitle: Second secret\n---\n",
}


def derived(folder: Path, mkdocs: str, edition: str = "public", *, preview: bool = False, config: str = "") -> tuple[Any, Any]:
    """Return the configuration of an edition, and the notes."""
    evidence: Evidence = knowledge_base(folder, {**FILES, "mkdocs.yml": textwrap.dedent(mkdocs)}, config=config)
    found = evidence.editions[edition]
    return derive(evidence, found, select(evidence.articles, found), preview=preview)


NAV = """
    nav:
      - index.md
      - Secret: secret.md
      - Guide:
        - ./guide/start.md
        - Deeper: [my_notes/secret.md]
      - Nothing left: [secret.md, {Second: my_notes/secret.md}]
      - Old: old.md
      - Gone: gone.md
      - Elsewhere: https://example.com/secret.md
      - Protocol: //example.com/x
      - Mail: mailto:a@example.com
      - Anchor: "#x"
      - By address: /guide/start/
      - Hidden by address: /secret/
      - Hidden by file: /my_notes/secret.html
      - Not ours: /shop/
"""


def test_nav_keeps_the_articles_of_the_edition_alone(tmp_path: Path) -> None:
    """Entries and sections of other articles go with their labels, however they are written; addresses elsewhere stay."""
    values, _ = derived(tmp_path, NAV)
    assert values["nav"] == [
        "index.md", {"Guide": ["./guide/start.md"]}, {"Elsewhere": "https://example.com/secret.md"},
        {"Protocol": "//example.com/x"}, {"Mail": "mailto:a@example.com"}, {"Anchor": "#x"}, {"By address": "/guide/start/"},
        {"Not ours": "/shop/"},
    ]


def test_nav_of_the_internal_edition_has_its_articles(tmp_path: Path) -> None:
    """What the public nav leaves out is in the internal one, but for archived and missing pages."""
    values, _ = derived(tmp_path, NAV, "internal")
    labels = [next(iter(entry)) if isinstance(entry, dict) else entry for entry in values["nav"]]
    assert labels == [
        "index.md", "Secret", "Guide", "Nothing left", "Elsewhere", "Protocol", "Mail", "Anchor", "By address", "Hidden by address",
        "Hidden by file", "Not ours",
    ]


def test_without_nav_the_engine_makes_its_own(tmp_path: Path) -> None:
    """No `nav` stays none: the stage holds only what may be in it."""
    assert "nav" not in derived(tmp_path, "site_name: x")[0]


def test_a_preview_has_the_titles_in_nav(tmp_path: Path) -> None:
    """For live reload the tree that the engine would make is written out with titles, index pages first."""
    values, _ = derived(tmp_path, "site_name: x", "internal", preview=True)
    assert values["nav"] == [
        {"Home": "index.md"}, {"Secret": "secret.md"},
        {"Guide": [{"The guide": "guide/index.md"}, {"Start here": "guide/start.md"}]},
        {"My notes": [{"Second secret": "my_notes/secret.md"}]},
    ]


def test_archived_articles_are_out_of_nav(tmp_path: Path) -> None:
    """They are built, and listed as pages that are in no nav on purpose, below what the site says itself."""
    values, _ = derived(tmp_path, "not_in_nav: |\n  /drafts\n")
    assert values["not_in_nav"].split() == ["/drafts", "/old.md"]
    assert derived(tmp_path, "site_name: x")[0]["not_in_nav"] == "/old.md"


@pytest.mark.parametrize(
    ("plugins", "kept", "left_out"),
    [
        ("[search, tags]", ["search", "tags"], []),
        ("[material/search, {tags: {tags: true}}]", ["material/search", {"tags": {"tags": True}}], []),
        ("{search: {lang: de}, git-revision-date: {}}", [{"search": {"lang": "de"}}], ["git-revision-date"]),
        ("[search, kbtool, {redirects: {redirect_maps: {}}}]", ["search"], []),
        ("[macros, {monorepo: {}}]", [], ["macros", "monorepo"]),
        ("[]", [], []),
    ],
)
def test_only_plugins_that_see_the_stage_alone_are_kept(tmp_path: Path, plugins: str, kept: list[Any], left_out: list[str]) -> None:
    """A plugin that might read the repository is left out and named; those whose work the stage does go silently."""
    values, notes = derived(tmp_path, f"plugins: {plugins}\n")
    assert values["plugins"] == kept
    assert notes == tuple(f"mkdocs.yml: the plugin {name!r} is not used in an edition" for name in left_out)


def test_without_plugins_the_engine_has_its_default(tmp_path: Path) -> None:
    """No `plugins` stays none, which is search for MkDocs."""
    assert "plugins" not in derived(tmp_path, "site_name: x")[0]


def test_what_would_lead_out_of_the_stage_is_dropped(tmp_path: Path) -> None:
    """Folders, hooks and the like are the stage's own affair; hooks are named, since they are missed."""
    values, notes = derived(
        tmp_path,
        "docs_dir: ../content\nsite_dir: ../out\nhooks: [hook.py]\nwatch: [x]\nstrict: true\ndev_addr: 0.0.0.0:80\nremote_branch: x\n",
    )
    assert (values["docs_dir"], values["site_dir"], values["edit_uri"]) == ("docs", "site", "")
    assert not {"hooks", "watch", "strict", "dev_addr", "remote_branch"} & set(values)
    assert notes == ("mkdocs.yml: hooks is not used in an edition",)


@pytest.mark.parametrize(
    ("theme", "expected"),
    [
        ("site_name: x", {"name": "material", "custom_dir": "overrides"}),
        ("theme: mkdocs", {"name": "mkdocs", "custom_dir": "overrides"}),
        ("theme: {name: material, custom_dir: mine, font: false}", {"name": "material", "custom_dir": "overrides", "font": False}),
    ],
)
def test_the_theme_is_the_sites_with_the_overrides_of_the_stage(tmp_path: Path, theme: str, expected: Any) -> None:
    """The stage's folder of overrides stands in for the site's, which is copied into it."""
    assert derived(tmp_path, theme)[0]["theme"] == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("site_name: x", ["admonition", "pymdownx.blocks.admonition"]),
        ("markdown_extensions: [toc, admonition]", ["toc", "admonition", "pymdownx.blocks.admonition"]),
        (
            "markdown_extensions: [{pymdownx.snippets: {base_path: [/]}}, {toc: {permalink: true}}]",
            [{"toc": {"permalink": True}}, "admonition", "pymdownx.blocks.admonition"],
        ),
        (
            "markdown_extensions: {pymdownx.snippets: {}, pymdownx.blocks.admonition: {types: [x]}}",
            [{"pymdownx.blocks.admonition": {"types": ["x"]}}, "admonition"],
        ),
    ],
)
def test_extensions_are_the_sites_without_includes(tmp_path: Path, given: str, expected: list[Any]) -> None:
    """Includes are resolved by the stage, so that none can reach out of it; regions get the extensions they need."""
    assert derived(tmp_path, given)[0]["markdown_extensions"] == expected


def test_the_editions_own_part_is_laid_over(tmp_path: Path) -> None:
    """Mappings merge, everything else is replaced, and the theme learns which edition it shows."""
    mkdocs = "site_name: Help\nextra_css: [my.css]\nextra: {a: 1, kbtool: stolen}\ntheme: {name: material, palette: {primary: red}}\n"
    over = '[tool.kbtool.editions.internal.mkdocs]\nsite_name = "Wiki"\ntheme.palette.primary = "blue"\n'
    values, _ = derived(tmp_path, mkdocs, "internal", config=over)
    assert values["site_name"] == "Wiki"
    assert values["theme"] == {"name": "material", "palette": {"primary": "blue"}, "custom_dir": "overrides"}
    assert values["extra"] == {"a": 1, "kbtool": {"edition": "internal", "internal": True}}
    assert values["extra_css"] == [STYLE, "my.css"]
    public, _ = derived(tmp_path, mkdocs, "public", config=over)
    assert public["site_name"] == "Help"
    assert public["theme"]["palette"] == {"primary": "red"}
    assert public["extra"]["kbtool"] == {"edition": "public", "internal": False}


def test_the_sites_values_are_not_changed(tmp_path: Path) -> None:
    """Deriving one edition leaves nothing behind for the next."""
    evidence = knowledge_base(tmp_path, {**FILES, "mkdocs.yml": textwrap.dedent(NAV) + "extra: {a: 1}\nplugins: [search]\n"})
    before = yaml.safe_dump(evidence.site.values)
    for edition in evidence.editions.values():
        derive(evidence, edition, select(evidence.articles, edition), preview=True)
    assert yaml.safe_dump(evidence.site.values) == before


def test_whole_addresses_of_hidden_articles_are_in_no_nav(tmp_path: Path) -> None:
    """An entry that leads to an article by its address on a site is filtered like one that names its file."""
    nav = "site_url: https://help.example.com/\nnav: [{A: 'https://help.example.com/x/'}, {B: 'https://help.example.com/in/'}, {C: 'https://example.com/in/'}]\n"
    files = {"content/x.md": "---\naudience: public\n---\n", "content/in.md": ""}
    evidence = knowledge_base(tmp_path, {**files, "mkdocs.yml": f"site_name: x\n{nav}"})
    found = {}
    for edition in evidence.editions.values():
        values, _ = derive(evidence, edition, select(evidence.articles, edition))
        found[edition.name] = [next(iter(entry)) for entry in values["nav"]]
    assert found == {"public": ["A", "C"], "internal": ["A", "B", "C"]}


def test_tags_with_icons_are_those_of_the_edition(tmp_path: Path) -> None:
    """Material writes `extra.tags` into each page, so the tags of hidden articles, and those for others, are left out."""
    files = {
        "content/x.md": "---\naudience: public\ntags: [open, 'a [b]{.internal}']\n---\n", "content/in.md": "---\ntags: [merger]\n---\n",
        "mkdocs.yml": "site_name: x\nextra: {tags: {open: o, merger: m, a b: c, unused: u}, more: 1}\n",
    }
    evidence = knowledge_base(tmp_path, files)
    found = {
        edition.name: derive(evidence, edition, select(evidence.articles, edition))[0]["extra"] for edition in evidence.editions.values()
    }
    assert {name: extra["tags"] for name, extra in found.items()} == {"public": {"open": "o"}, "internal": {"open": "o", "merger": "m", "a b": "c"}}
    assert found["public"]["more"] == 1


SETTINGS = {
    "nav": "nav: [{'Home [for us]{.internal}': index.md}]",
    "section": "nav: [{'Home [for us]{.Internal}': [index.md]}]",
    "address": "nav: [index.md, {'Elsewhere [for us]{.internal}': 'https://example.com/'}]",
    "description": "site_description: 'For all [and us]{.internal}'",
    "extra": "extra: {social: [{name: '[us]{class=internal} [us]{.internal}'}]}",
    "a region in a label": "nav: [{'::: internal': index.md}]",
    "a sign in a label": "nav: [{'!!! internal': index.md}]",
    "a sign in a description": "site_description: 'For all. <internal>And us.</internal>'",
    "extension": "markdown_extensions: [{toc: {title: 'On [our]{.internal} page'}}]",
}


@pytest.mark.parametrize("mkdocs", SETTINGS.values(), ids=SETTINGS)
@pytest.mark.parametrize("edition", ["public", "internal"])
def test_marks_of_regions_in_settings_are_refused(tmp_path: Path, mkdocs: str, edition: str) -> None:
    """No edition cuts them there, so none shows them."""
    with pytest.raises(ConfigError, match="marks a part for some readers") as caught:
        derived(tmp_path, mkdocs, edition)
    assert (caught.value.where, caught.value.kind) == ("mkdocs.yml", "mark-in-settings")


@pytest.mark.parametrize("name", ["Billing <!-- ask Eve -->", "Billing [of us]{.internal}", "::: internal", "Billing <internal>of us</internal>"])
def test_names_of_product_areas_hide_nothing(tmp_path: Path, name: str) -> None:
    """Facts, feeds and registers show such a name as it stands."""
    evidence = knowledge_base(tmp_path, {**FILES, "checks/product_areas.yml": f"billing: {{name: '{name}'}}"})
    with pytest.raises(ConfigError) as caught:
        derive(evidence, evidence.editions["public"], evidence.articles)
    assert (caught.value.where, caught.value.kind) == ("checks/product_areas.yml", "mark-in-settings")


def test_comments_in_settings_are_cut(tmp_path: Path) -> None:
    """In texts, and in labels of the navigation: nobody sees them on a page, and its source would have them."""
    values, _ = derived(tmp_path, """
        copyright: "Ours <!-- a --> and <b>yours</b> <!-- b"
        nav: [{"Home<!-- c -->": index.md}]
        extra: {list: [1, "x<!-- d -->"], braces: "{{ a }} { .b } `[x]{.internal}`", other: "[x]{.b}"}
    """)
    assert (values["copyright"], values["nav"]) == ("Ours  and <b>yours</b> ", [{"Home": "index.md"}])
    assert (values["extra"]["list"], values["extra"]["other"]) == ([1, "x"], "[x]{.b}")
