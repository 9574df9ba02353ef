"""The templates: a new knowledge base that is clean from its first minute, and new articles of every type."""

from __future__ import annotations

import datetime as dt
import html
import stat
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from kbtool.approve import plan
from kbtool.config import load_config
from kbtool.errors import UsageError
from kbtool.evidence import gather
from kbtool.front_matter import CONTENT_TYPES
from kbtool.registry import make_checks
from kbtool.runner import run
from kbtool.scaffold import init, new, slug

TODAY = dt.date(2026, 11, 22)


def codes(root: Path) -> list[tuple[str, str]]:
    """Return what a check of the knowledge base finds."""
    evidence = gather(load_config(root), TODAY)
    return [(found.path, found.code) for found in run(evidence, make_checks(evidence.config)).findings]


# ---------------------------------------------------------------------------------------------- init


def files_of(root: Path) -> set[str]:
    """Return every file of a knowledge base, but git's own."""
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file() and root / ".git" not in path.parents}


def test_a_new_knowledge_base_is_clean_and_builds(empty_kb: Any) -> None:
    """`init`, `check --strict` and `build` go through without a word of warning; the two sites differ as they should."""
    made = empty_kb.run("init", "help", "--name", 'Acme "Help"')
    assert (made.code, made.err) == (0, "")
    assert made.out.splitlines()[-1] == "Made a knowledge base in help. Next: cd help && kbtool build"
    root = empty_kb.root / "help"
    listed = {line.strip() for line in made.out.splitlines()[:-1]}
    assert listed == files_of(root)
    assert {"pyproject.toml", "mkdocs.yml", "content/index.md", "checks/owners.yml", ".gitignore"} < listed
    checked = empty_kb.run("check", "--strict", "--fail-on", "warning", cwd=root)
    assert (checked.code, checked.out, checked.err) == (0, "0 errors, 0 warnings, 0 unknown, 3 articles, 0 skipped\n", "")
    done = empty_kb.run("build", "--strict", cwd=root)
    assert (done.code, done.err) == (0, "")
    public, internal = ((root / f"site/{name}/index.html").read_text() for name in ("public", "internal"))
    assert "This paragraph is in the wiki only" in internal
    assert "This paragraph is in the wiki only" not in public
    assert 'Acme "Help"' in html.unescape(public)
    assert 'Acme "Help" wiki' in html.unescape(internal)
    assert (root / "site/internal/internal/runbook/index.html").is_file()
    assert not (root / "site/public/internal").exists()


def test_what_is_built_is_not_for_git(empty_kb: Any) -> None:
    """After a build git sees the sources and the empty folder that mkdocs.yml names, and nothing that was made."""
    import subprocess

    root = empty_kb.root / "kb"
    init(root, "kb", TODAY)
    before = files_of(root)
    assert empty_kb.run("build", "--edition", "public", cwd=root).code == 0
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    shown = subprocess.run(
        ["git", "ls-files", "-z", "--others", "--exclude-standard"], cwd=root, check=True, capture_output=True, text=True
    )
    assert set(shown.stdout.strip("\0").split("\0")) == before


@pytest.mark.parametrize("holds", ["README.md", ".env", "folder/"])
def test_init_overwrites_nothing(tmp_path: Path, holds: str) -> None:
    """A folder that holds anything is refused, and so is a file."""
    if holds.endswith("/"):
        (tmp_path / holds).mkdir()
    else:
        (tmp_path / holds).write_text("mine")
    with pytest.raises(UsageError) as caught:
        init(tmp_path, "x", TODAY)
    assert caught.value.kind == "not-empty"
    assert [path.name for path in tmp_path.iterdir()] == [holds.strip("/")]


def test_init_takes_an_empty_repository(tmp_path: Path) -> None:
    """A folder with nothing but `.git` is as good as empty."""
    (tmp_path / ".git").mkdir()
    init(tmp_path, "x", TODAY)
    assert codes(tmp_path) == []


def test_init_refuses_a_file(tmp_path: Path) -> None:
    """A file in the place of the folder stays."""
    (tmp_path / "x").write_text("mine")
    with pytest.raises(UsageError, match="exists and is not empty"):
        init(tmp_path / "x", "x", TODAY)


@given(name=st.text(st.characters(exclude_categories=["Cc", "Zl", "Zp"]), min_size=1, max_size=20).filter(str.strip))
def test_any_name_makes_a_readable_knowledge_base(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    """Quotes, colons, braces or broken bytes in a name break neither YAML nor TOML, and no template."""
    root = tmp_path_factory.mktemp("kb")
    init(root, name, TODAY)
    written = name.encode("utf-8", "replace").decode()
    assert yaml.safe_load((root / "mkdocs.yml").read_text("utf-8"))["site_name"] == written
    table = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))
    assert table["tool"]["kbtool"]["editions"]["internal"]["mkdocs"]["site_name"] == f"{written} wiki"
    article = gather(load_config(root), TODAY).content.by_source["index.md"]
    assert (article.problems, article.title) == ((), written)


# ---------------------------------------------------------------------------------------------- new


@pytest.mark.parametrize("content_type", CONTENT_TYPES)
def test_an_article_of_each_type_is_made(empty_kb: Any, content_type: str) -> None:
    """It is readable, complete but for its review, work in progress, and in no public edition."""
    root = empty_kb.root / "kb"
    init(root, "kb", TODAY)
    options = ("--type", content_type, "--in", "a/b", "--owner", "support", "--area", "general", "--audience", "public")
    done = empty_kb.run("new", 'How to "do" it: quickly', *options, cwd=root)
    assert (done.code, done.out, done.err) == (0, "content/a/b/how-to-do-it-quickly.md\n", "")
    evidence = gather(load_config(root), TODAY)
    made = evidence.content.by_source["a/b/how-to-do-it-quickly.md"]
    found = made.front_matter
    assert (made.problems, made.title, made.audience) == ((), 'How to "do" it: quickly', "public")
    assert (found.content_type, found.owners, found.product_areas) == (content_type, ("support",), ("general",))
    assert (found.state, found.last_reviewed_on) == ("work-in-progress", None)
    assert made.markdown.first_heading == made.title
    assert len(made.markdown.headings) > 1 or "|" in made.body
    assert not evidence.editions["public"].shows(made)
    assert {code for path, code in codes(root) if path == made.path} <= {"KB101"}


def test_what_is_not_said_is_internal(tmp_path: Path) -> None:
    """Without an audience the article says `internal` in so many words."""
    init(tmp_path, "kb", TODAY)
    path = new(load_config(tmp_path), "Quiet words", "concept")
    assert "\naudience: internal\n" in (tmp_path / path).read_text()


def test_a_new_article_has_the_suffix_of_the_site(tmp_path: Path) -> None:
    """Where articles end in something else, so does a new one."""
    (tmp_path / "pyproject.toml").write_text('[tool.kbtool]\nsuffixes = [".markdown", ".md"]\ncontent = "docs"\n')
    assert new(load_config(tmp_path), "A page", "concept") == "docs/a-page.markdown"


@pytest.mark.parametrize("title", ["\udcff broken byte", "{{ 7 * 7 }}", "a\tb", "---", "'''"])
def test_odd_titles_are_written_as_they_are(tmp_path: Path, title: str) -> None:
    """A title is data: no template runs in it, and what cannot be written in UTF-8 becomes a question mark."""
    init(tmp_path, "kb", TODAY)
    path = new(load_config(tmp_path), f"x {title}", "how-to")
    made = gather(load_config(tmp_path), TODAY).content.by_source[path.removeprefix("content/")]
    assert made.title == f"x {title}".encode("utf-8", "replace").decode()


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        ({"content_type": "howto"}, "no-such-type"),
        ({"audience": "everybody"}, "no-such-audience"),
        ({"folder": "../checks"}, "path-escape"),
        ({"folder": "a/../../checks"}, "path-escape"),
        ({"folder": "/tmp"}, "path-escape"),
        ({"title": "?!"}, "bad-title"),
        ({"title": "日本語"}, "bad-title"),
        ({"title": "Index"}, "exists"),
    ],
)
def test_what_cannot_be_made_is_refused(tmp_path: Path, options: dict[str, str], kind: str) -> None:
    """Types, audiences, folders and titles that will not do are named, and no file is written."""
    init(tmp_path, "kb", TODAY)
    before = sorted(tmp_path.rglob("*"))
    given_options = {"title": "A page", "content_type": "how-to", **options}
    with pytest.raises(UsageError) as caught:
        new(load_config(tmp_path), **given_options)
    assert caught.value.kind == kind
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Export invoices", "export-invoices"), ("  Ünïcödé & more!  ", "unicode-more"), ("a/b\\c:d", "a-b-c-d"), ("..", None), ("../x", "x"),
        ("CON", "con"), ("x" * 200, "x" * 80), ("a" * 79 + " b", "a" * 79), ("2026-01-01", "2026-01-01"), ("\0", None),
    ],
)
def test_the_name_of_a_file_is_plain(title: str, name: str | None) -> None:
    """Letters, digits and hyphens, at most 80; a title that gives none is refused."""
    if name is None:
        with pytest.raises(UsageError, match="gives no file name"):
            slug(title)
    else:
        assert slug(title) == name


def test_files_have_the_usual_rights(tmp_path: Path) -> None:
    """Others in the group can read what was made."""
    init(tmp_path / "kb", "kb", TODAY)
    assert {stat.S_IMODE(path.stat().st_mode) & 0o444 for path in (tmp_path / "kb").rglob("*") if path.is_file()} == {0o444}


def test_the_list_of_what_is_public_is_up_to_date(tmp_path: Path) -> None:
    """A new knowledge base has approved what it shows, just as `kbtool audience approve` would write it."""
    init(tmp_path / "kb", "Help", TODAY)
    approval = plan(gather(load_config(tmp_path / "kb"), TODAY, git=False), lambda _: False)
    assert (approval.widened, approval.changes) == ((), False)
