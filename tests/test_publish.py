"""Publishing: what withholds a site, what the audit is told to look for, and when the new site takes the old one's place."""

from __future__ import annotations

import os
import signal
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kbtool.audit import audit_site
from kbtool.built import Published
from kbtool.editions import Edition
from kbtool.errors import ConfigError, IncompleteError
from kbtool.evidence import Evidence
from kbtool.files import locked
from kbtool.finding import Finding, Run, Severity
from kbtool.publish import audit_folder, publish, stage_folder, withheld
from kbtool.stage import stage
from kbtool.testing import knowledge_base

MKDOCS = "site_name: Help\ntheme: {name: material, font: false, custom_dir: overrides}\nplugins: []\n"
OPEN = "---\ntitle: Open page\ndescription: All may know\naudience: public\ntickets: [SUP-4711]\ncovers: ['src/vault/**']\n---\n\nHello.\n"
SECRET = "---\ntitle: The hidden drawer of the desk\ndescription: Where it is\n---\n\nIt opens with a paper clip from below, twice.\n"
FILES = {"content/index.md": OPEN, "content/drawers/hidden.md": SECRET, "mkdocs.yml": MKDOCS, "overrides/keep": ""}


@pytest.fixture
def evidence(tmp_path: Path) -> Callable[..., Evidence]:
    """Return a function that writes a knowledge base, adds files to it, and gathers its evidence."""

    def gather(more: dict[str, str] | None = None, config: str = "") -> Evidence:
        return knowledge_base(tmp_path / "kb", {**FILES, **(more or {})}, config=config)

    return gather


def tree(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def built(evidence: Evidence, *names: str, allow_empty: bool = False) -> list[Published]:
    """Publish editions by name."""
    return publish(evidence, [evidence.editions[name] for name in names], allow_empty=allow_empty)


# ---------------------------------------------------------------------------------------------- what withholds


@pytest.mark.parametrize(
    ("code", "severity", "holds"),
    [
        ("KB001", Severity.ERROR, True), ("KB008", Severity.ERROR, True), ("KB401", Severity.ERROR, True),
        ("KB499", Severity.ERROR, True), ("KB401", Severity.WARNING, False), ("KB002", Severity.ERROR, False),
        ("KB102", Severity.ERROR, False), ("KB201", Severity.ERROR, False), ("ACME401", Severity.ERROR, False),
    ],
)
def test_what_withholds_a_site(code: str, severity: Severity, holds: bool) -> None:
    """Errors about who may read what, or where, and nothing else."""
    finding = Finding(code=code, name="x", severity=severity, path="a", message="m")
    assert bool(Run((finding,), ()).withholding) is holds


# ---------------------------------------------------------------------------------------------- building


def test_clean_editions_are_published_side_by_side(evidence: Callable[..., Evidence]) -> None:
    """Each is in its own folder, readable by a web server, and nothing of the work is left."""
    found = evidence()
    public, internal = built(found, "public", "internal")
    root = found.config.root
    assert (public.edition, public.folder, public.pages, public.swapped) == ("public", root / "site/public", 1, True)
    assert (internal.edition, internal.pages, internal.leaks, internal.failure) == ("internal", 2, (), None)
    assert "drawers/hidden/index.html" in tree(internal.folder)
    assert "drawers/hidden/index.html" not in tree(public.folder)
    assert stat.S_IMODE(public.folder.stat().st_mode) == 0o755
    assert sorted(path.name for path in (root / ".kbtool").iterdir()) == [
        "audit", "build.lock", "built", "manifest", "pages", "purge", "rendered", "stage",
    ]
    assert sorted(path.name for path in (root / ".kbtool/audit").iterdir()) == [".gitignore", "public", "public-shown"]
    assert audit_folder(found, found.editions["public"], public.folder) == []
    assert audit_folder(found, found.editions["public"], internal.folder) != []


def test_one_edition_that_fails_does_not_stop_the_other(evidence: Callable[..., Evidence]) -> None:
    """A leak, an empty edition or a broken theme withholds its own edition; the old site of that one stays."""
    found = evidence(
        {"site/public/index.html": "old", "overrides/main.html": "{% extends 'base.html' %}{% block footer %}ana@example.com{% endblock %}"},
        '[tool.kbtool.editions.partners]\naudiences = ["partners"]\n'
        '[tool.kbtool.editions.broken]\naudiences = ["public"]\nmkdocs = {markdown_extensions = ["no.such.thing"]}\n',
    )
    public, internal, partners, broken = built(found, "public", "internal", "partners", "broken")
    assert [item.swapped for item in (public, internal, partners, broken)] == [False, True, False, False]
    assert {leak.source for leak in public.leaks} == {"owner ana"}
    assert partners.failure is not None
    assert partners.failure.kind == "refusing-empty-site"
    assert broken.failure is not None
    assert broken.failure.kind == "engine"
    site = found.config.root / "site"
    assert tree(site / "public") == {"index.html": b"old"}
    assert sorted(path.name for path in site.iterdir()) == ["internal", "public"]
    assert not (found.config.root / ".kbtool/build").exists()


def test_a_process_that_ends_early_withholds_its_edition(evidence: Callable[..., Evidence], monkeypatch: pytest.MonkeyPatch) -> None:
    """As where the system kills the largest process when memory is full: the other edition is published."""
    ours, usual = os.getpid(), stage

    def die(evidence: Evidence, edition: Edition, folder: Path) -> Any:
        if edition.name == "internal":
            assert os.getpid() != ours
            os.kill(os.getpid(), signal.SIGKILL)
        return usual(evidence, edition, folder)

    monkeypatch.setattr("kbtool.publish.stage", die)
    found = evidence({"site/internal/index.html": "old"})
    public, internal = built(found, "public", "internal")
    assert public.swapped
    assert internal.failure is not None
    assert (internal.failure.kind, internal.failure.exit_code) == ("ended", 3)
    assert tree(internal.folder) == {"index.html": b"old"}


def test_an_article_that_cannot_be_redacted_is_a_failure(evidence: Callable[..., Evidence]) -> None:
    """The stage and the site of before stay, and nothing is built."""
    found = evidence({"content/index.md": OPEN + "::: internal\n", "site/public/index.html": "old", ".kbtool/stage/public/docs/index.md": "old"})
    (public,) = built(found, "public")
    assert public.failure is not None
    assert (public.failure.kind, public.failure.exit_code, public.failure.where) == ("region-unbalanced", 1, "content/index.md:10")
    assert tree(public.folder) == {"index.html": b"old"}
    assert (stage_folder(found.config, "public") / "docs/index.md").read_text() == "old"


def test_what_an_interrupted_build_left_is_cleared(evidence: Callable[..., Evidence]) -> None:
    """The next build neither stumbles over it nor publishes it."""
    found = evidence({".kbtool/build/public-x/site/index.html": "half"}, "")
    (public,) = built(found, "public")
    assert public.swapped
    assert not (found.config.root / ".kbtool/build").exists()


@pytest.mark.parametrize(
    "config", ['site = "content"', 'site = "content/site"', 'content = "content/a"\nsite = "content"', 'site = ".kbtool"']
)
def test_a_site_folder_that_would_swallow_another_is_refused(evidence: Callable[..., Evidence], config: str) -> None:
    """A site is swapped as a whole, so its folder can neither hold nor be held by the articles, or the work."""
    found = evidence({"content/a/x.md": OPEN}, config)
    before = tree(found.config.root)
    with pytest.raises(ConfigError, match="contain one another"):
        built(found, "public")
    assert tree(found.config.root) == before


def test_a_second_build_is_turned_away(evidence: Callable[..., Evidence]) -> None:
    """While one build holds the lock, another does nothing."""
    found = evidence()
    with locked(found.config.root / ".kbtool/build.lock"), pytest.raises(IncompleteError) as caught:
        built(found, "public")
    assert caught.value.kind == "busy"
    assert not (found.config.root / "site").exists()


# ---------------------------------------------------------------------------------------------- what the audit is told


def test_the_audit_looks_for_all_that_is_held_back(evidence: Callable[..., Evidence], tmp_path: Path) -> None:
    """Titles, bodies, descriptions and paths of hidden articles, regions, tickets, covered paths, and addresses."""
    found = evidence({"content/index.md": OPEN + "\n::: internal\n\nThe inner words.\n\n:::\n"})
    public = found.editions["public"]
    (tmp_path / "stage").mkdir()
    asked = withheld(found, public, stage(found, public, tmp_path / "stage"))
    assert dict(asked.titles) == {"The hidden drawer of the desk": "content/drawers/hidden.md"}
    assert dict(asked.phrases) == {
        "drawers/hidden.md": "content/drawers/hidden.md", "drawers/hidden/": "content/drawers/hidden.md", "SUP-4711": "content/index.md: tickets",
        "src/vault/**": "content/index.md: covers", "ana@example.com": "owner ana",
    }
    assert {label: text.strip() for label, text in asked.texts.items()} == {
        "content/index.md:11": "The inner words.", "content/drawers/hidden.md:5": "It opens with a paper clip from below, twice.",
        "content/drawers/hidden.md: description": "Where it is",
    }
    shown = "\n".join(asked.shown)
    assert "Hello." in shown
    assert "inner words" not in shown
    assert "paper clip" not in shown


def test_what_the_edition_shows_itself_is_no_leak(evidence: Callable[..., Evidence], tmp_path: Path) -> None:
    """An address, a ticket or a path that a public article names on purpose may be in the site; else each is a leak."""
    words = "\nWrite to Ana@Example.com about SUP-4711 in src/vault/** or drawers/hidden.md.\n"
    (tmp_path / "stage").mkdir()
    (tmp_path / "built").mkdir()
    (tmp_path / "built/index.html").write_text(f"<p>{words}</p>")
    for text, leaks in ((words, []), ("", ["SUP-4711", "ana@example.com", "drawers/hidden.md", "src/vault/**"])):
        found = evidence({"content/index.md": OPEN + text})
        public = found.editions["public"]
        asked = withheld(found, public, stage(found, public, tmp_path / "stage"))
        assert [leak.what for leak in audit_site(tmp_path / "built", asked) if leak.kind == "phrase"] == leaks


HIDDEN = "---\ntitle: {}\naudience: internal\nowners: [ana]\n---\n\nx\n"


def test_addresses_of_hidden_articles_are_looked_for(evidence: Callable[..., Evidence], tmp_path: Path) -> None:
    """By the path of their URL, unless the edition has a page, a file or an old address with the same folders in its own."""
    found = evidence({
        **{f"content/{name}": HIDDEN.format(f"Hidden {number}") for number, name in enumerate((
            "guide/plan.md", "guide/index.md", "alone-and-long.md", "guide/prefix.md", "guide/moved.md", "guide/inner.md", "guide/near.md",
        ))},
        "content/guide/prefix/a.md": OPEN.replace("tickets: [SUP-4711]\n", ""),
        "content/other/guide/inner.md": OPEN.replace("tickets: [SUP-4711]", "redirect_from: [en/guide/moved/]"),
        "content/a-guide/near.md": OPEN.replace("tickets: [SUP-4711]\n", ""),
    })
    public = found.editions["public"]
    (tmp_path / "stage").mkdir()
    asked = withheld(found, public, stage(found, public, tmp_path / "stage"))
    assert [phrase for phrase in asked.phrases if phrase.endswith("/")] == ["drawers/hidden/", "guide/near/", "guide/plan/"]
    (tmp_path / "built/guide/plan").mkdir(parents=True)
    (tmp_path / "built/sitemap.xml").write_text("<loc>https://a.example/guide/prefix/a/</loc> <loc>https://a.example/a-guide/near/</loc>")
    (tmp_path / "built/index.html").write_text('<a href="guide%2Fplan/#x">x</a> <a href="/en/guide/moved/">x</a> <a href="other/guide/inner/">x</a>')
    (tmp_path / "built/guide/plan/index.html").write_text("x")
    leaks = audit_site(tmp_path / "built", asked)
    assert {(leak.file, leak.source) for leak in leaks} == {
        ("index.html", "content/guide/plan.md"), ("guide/plan/index.html", "content/guide/plan.md")}


def test_titles_and_keys_of_private_tickets_are_looked_for(evidence: Callable[..., Evidence], tmp_path: Path) -> None:
    """Both the reference and the key that it stands for; the titles of tickets that everybody may see are no secret."""
    found = evidence({
        "content/index.md": OPEN.replace("[SUP-4711]", "[SUP-4711, SUP-4712, https://tickets.example.com/4713]"),
        "checks/tickets.yml": "SUP-4711: {state: open, confidential: true, title: Heron Ltd threatens to leave}\nSUP-4712: {state: open, title: Exports stop after a while}\n",
    })
    public = found.editions["public"]
    (tmp_path / "stage").mkdir()
    asked = withheld(found, public, stage(found, public, tmp_path / "stage"))
    assert asked.titles["Heron Ltd threatens to leave"] == "content/index.md: tickets"
    assert "Exports stop after a while" not in asked.titles
    assert {phrase for phrase, label in asked.phrases.items() if label == "content/index.md: tickets"} == {
        "SUP-4711", "SUP-4712", "https://tickets.example.com/4713"}


def test_a_description_is_shown_without_its_regions(evidence: Callable[..., Evidence], tmp_path: Path) -> None:
    """What was cut from the front matter is withheld, as what was cut from the body is."""
    told = 'description: "It stops.\\n::: internal\\nHeron saw it twice.\\n:::"'
    found = evidence({"content/index.md": OPEN.replace("description: All may know", told)})
    public = found.editions["public"]
    (tmp_path / "stage").mkdir()
    staged = stage(found, public, tmp_path / "stage")
    assert '"It stops."' in (staged.folder / "docs/index.md").read_text()
    asked = withheld(found, public, staged)
    assert "Heron" not in "\n".join(asked.shown)
    assert "Heron saw it twice." in asked.texts["content/index.md: description"]


def test_inside_nothing_of_that_is_held_back(evidence: Callable[..., Evidence], tmp_path: Path) -> None:
    """The internal edition shows owners, tickets and paths; it hides only what is in no edition of its own."""
    found = evidence({"content/odd.md": "---\ntitle: Nobody can read this one\naudience: x\n---\nOdd words.\n"})
    internal = found.editions["internal"]
    (tmp_path / "stage").mkdir()
    asked = withheld(found, internal, stage(found, internal, tmp_path / "stage"))
    assert dict(asked.phrases) == {"odd.md": "content/odd.md"}
    assert dict(asked.titles) == {"Nobody can read this one": "content/odd.md"}


def test_words_of_the_theme_are_no_leak(kb: Any) -> None:
    """An internal title that Material's own scripts hold by chance withholds nothing; the same words on a page do."""
    kb.write("content/secret.md", "---\ntitle: Internal page\nowners: [ana]\nproduct_areas: [billing]\nlast_reviewed_on: 2026-10-01\n---\nx\n")
    done = kb.run("build", "--edition", "public")
    assert (done.code, done.err) == (0, "")
    (kb.root / "site/public/index.html").write_text("<p>Internal page</p>")
    assert kb.run("audit", str(kb.root / "site/public")).code == 1


def test_a_comment_is_withheld_from_customers(kb: Any) -> None:
    """The words of an HTML comment are in no edition, and the audit of the public one looks for them."""
    kb.write("content/index.md", kb.root.joinpath("content/index.md").read_text() + "\n<!-- ask Bruno about the merger before changing this -->\n")
    assert kb.run("build").code == 0
    for edition in ("public", "internal"):
        assert "Bruno" not in (kb.root / f"site/{edition}/index.html").read_text()
    page = kb.root / "site/public/index.html"
    page.write_text(page.read_text().replace("</body>", "<!-- ask Bruno about the merger before changing this --></body>"))
    done = kb.run("audit", "site/public")
    assert done.code == 1
    assert "which is from content/index.md:13 comment" in done.out
