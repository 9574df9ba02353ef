"""Tests of kbtool.articles."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from kbtool.articles import NOBODY, ContentFile, load_article, load_articles
from kbtool.config import Config, load_config
from kbtool.content_files import MAX_DEPTH
from kbtool.editions import load_editions
from kbtool.errors import ConfigError
from kbtool.testing import knowledge_base
from kbtool.yaml_text import Place

TEXT = "---\ntitle: A\naudience: public\n---\n\n# Heading\n"


def _base(root: Path, files: dict[str, str | bytes], config: str = "") -> Config:
    (root / "pyproject.toml").write_text(f"[tool.kbtool]\n{config}\n")
    (root / "content").mkdir(exist_ok=True)
    for name, text in files.items():
        path = root / "content" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_config(root)


def test_an_article_knows_its_paths_and_places(tmp_path: Path) -> None:
    """Path and source, text, body and the lines of the keys are those of the file."""
    config = _base(tmp_path, {"billing/a.md": TEXT})
    (article,) = load_articles(config).articles
    assert (article.path, article.source) == ("content/billing/a.md", "billing/a.md")
    assert (article.text, article.body, article.body_line) == (TEXT, "\n# Heading\n", 5)
    assert (article.title, article.audience, article.readable) == ("A", "public", True)
    assert article.place("audience") == Place(3, 1)
    assert article.place("audience", 0, "x") == Place(3, 1)
    assert article.place("owners") == Place(1)
    assert article.markdown.first_heading == "Heading"
    assert load_article(config, "billing/a.md") == article


@pytest.mark.parametrize(
    ("text", "title"),
    [("---\ntitle: T\n---\n# H\n", "T"), ("---\ntitle: ''\n---\n# H\n", "H"), ("# H\n", "H"), ("Text.\n", "a.md"), ("", "a.md")],
)
def test_a_title_is_found_in_any_case(tmp_path: Path, text: str, title: str) -> None:
    """The title is that of the front matter, else the first heading, else the name of the file."""
    assert load_article(_base(tmp_path, {"a.md": text}), "a.md").title == title


def test_articles_are_sorted_by_the_bytes_of_their_path(tmp_path: Path) -> None:
    """The order is the same on every computer: by bytes, not by language."""
    config = _base(tmp_path, dict.fromkeys(("b.md", "B.md", "é.md", "a/z.md", "a.md", "a-b.md"), TEXT))
    assert [article.source for article in load_articles(config).articles] == ["B.md", "a-b.md", "a.md", "a/z.md", "b.md", "é.md"]


def test_what_is_no_content_is_left_out(tmp_path: Path) -> None:
    """Dotfiles and the backups of editors are neither articles nor assets."""
    junk = (".env", ".git/config", ".hidden.md", "a.md~", "a.md.bak", "a.md.orig", ".a.md.swp", "x.tmp", "y.rej", "b/.c/d.md")
    content = load_articles(_base(tmp_path, {**dict.fromkeys(junk, TEXT), "a.md": TEXT, "p.png": b"x", "t.csv": "x"}))
    assert list(content.by_source) == ["a.md"]
    assert list(content.assets) == ["p.png", "t.csv"]


def test_suffixes_say_what_is_an_article(tmp_path: Path) -> None:
    """Only files with a suffix of the configuration are articles; Markdown with another ending is no asset either."""
    files = dict.fromkeys(("a.md", "b.html.md.erb", "c.markdown", "d.MD", "e.txt"), TEXT)
    content = load_articles(_base(tmp_path, files, 'suffixes = [".md", ".html.md.erb"]'))
    assert (list(content.by_source), list(content.assets)) == (["a.md", "b.html.md.erb"], ["e.txt"])
    assert [(file.source, file.kind) for file in content.files[:2]] == [("c.markdown", "markdown"), ("d.MD", "markdown")]


def test_the_kinds_of_files_that_are_no_content(tmp_path: Path) -> None:
    """Symlinks, pipes, sockets and folders named like articles are told apart; none is opened or followed."""
    config = _base(tmp_path, {"a.md": TEXT, "folder.md/b.md": TEXT})
    content = tmp_path / "content"
    os.mkfifo(content / "pipe.md")
    with socket.socket(socket.AF_UNIX) as server:
        here = Path.cwd()
        os.chdir(content)  # a socket's path is short
        try:
            server.bind("sock.md")
        finally:
            os.chdir(here)
    (content / "in.md").symlink_to("a.md")
    (content / "out.md").symlink_to("../pyproject.toml")
    (content / "gone.md").symlink_to("nothing")
    loaded = load_articles(config)
    assert list(loaded.by_source) == ["a.md", "folder.md/b.md"]
    assert [(file.source, file.kind, file.outside) for file in loaded.files] == [
        ("folder.md", "folder", False), ("gone.md", "symlink", True), ("in.md", "symlink", False), ("out.md", "symlink", True),
        ("pipe.md", "special", False), ("sock.md", "special", False),
    ]


def test_folders_that_are_nested_too_deep(tmp_path: Path) -> None:
    """Below 64 folders nothing is read; the folder that is one too deep is named."""
    config = _base(tmp_path, {f"{'d/' * MAX_DEPTH}fits.md": TEXT, f"{'e/' * (MAX_DEPTH + 1)}deep.md": TEXT})
    content = load_articles(config)
    assert list(content.by_source) == [f"{'d/' * MAX_DEPTH}fits.md"]
    deep = "/".join("e" * (MAX_DEPTH + 1))
    assert content.files == (ContentFile(f"content/{deep}", deep, "deep"),)


def test_a_content_folder_that_is_not_there(tmp_path: Path) -> None:
    """Without the content folder there is nothing to check, which is an error and not a clean run."""
    config = _base(tmp_path, {}, 'content = "docs"')
    with pytest.raises(ConfigError, match="the content folder 'docs' does not exist") as error:
        load_articles(config)
    assert error.value.kind == "no-inputs"


def test_a_file_that_cannot_be_read_is_a_problem(tmp_path: Path) -> None:
    """A file that vanished or may not be read raises nothing: its article has the problem, and is nobody's."""
    config = _base(tmp_path, {})
    article = load_article(config, "gone.md")
    assert (article.audience, article.readable) == (NOBODY, False)
    assert article.problems[0].message == "the file cannot be read: No such file or directory"


UNREADABLE: dict[str, str | bytes] = {
    "yaml": "---\ntitle: a: b\naudience: public\n---\n",
    "audience": "---\ntitle: a\naudience: Public\n---\n",
    "misspelt": "---\naudiense: public\naudience: public\n---\n",
    "confidence": "---\naudience: public\nconfidence: done\n---\n",
    "draft": "---\naudience: public\ndraft: maybe\n---\n",
    "twice": "---\naudience: public\naudience: public\n---\n",
    "bytes": b"---\naudience: public\n---\n\xff",
    "open": "---\naudience: public\n",
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_an_article_that_cannot_be_read_is_in_no_edition(tmp_path: Path, name: str) -> None:
    """Where it is not clear who may read an article, nobody does, although a folder's default says public."""
    config = _base(tmp_path, {"a.md": UNREADABLE[name]}, '[tool.kbtool.defaults."**"]\naudience = "public"')
    article = load_article(config, "a.md")
    assert article.audience == NOBODY
    assert article.problems
    assert not [edition.name for edition in load_editions(config).values() if edition.shows(article)]


def test_a_problem_elsewhere_leaves_the_audience(tmp_path: Path) -> None:
    """A bad date or an unknown key is a problem, and does not take the article from its readers."""
    article = load_article(_base(tmp_path, {"a.md": "---\naudience: public\nexpires: soon\nzzz: 1\n---\n"}), "a.md")
    assert (article.audience, sorted(article.unreadable_keys)) == ("public", ["expires", "zzz"])


SAID_BELOW = {
    "a comment first": "\n---\n# note\naudience: internal\n---\n", "text above": "Intro\n---\naudience: internal\n---\n",
    "quoted": '\n---\n"audience": internal\n---\n', "four dashes": "----\naudience: internal\n----\n",
    "unseen": "\u2060---\naudience: internal\n---\n", "another space": "---\u00a0\naudience: internal\n---\n",
    "no dashes": "audience: internal\n\nText\n", "a second one": "---\ntitle: a\n---\n---\naudience: internal\n---\n",
    "in a comment": "<!--\naudience: internal\n-->\n", "an alias": "for: [internal]\n",
    "in a fence above all": "\n```yaml\n---\naudience: internal\n---\n```\n\nText\n", "in a longer fence": "~~~~\n---\naudience: internal\n---\n~~~~\n",
}


@pytest.mark.parametrize("text", SAID_BELOW.values(), ids=SAID_BELOW)
def test_an_audience_outside_of_the_front_matter(tmp_path: Path, text: str) -> None:
    """Where an article says it in the wrong place, the folder's public default does not stand in for it."""
    settings = 'aliases = {for = "audience"}\n[tool.kbtool.defaults."**"]\naudience = "public"'
    article = load_article(_base(tmp_path, {"a.md": text}, settings), "a.md")
    assert article.audience == ""
    assert [problem.message for problem in article.problems if problem.key == "audience"] == [
        f"{'for' if text.startswith('for') else 'audience'}: stands outside of the front matter"
    ]


@pytest.mark.parametrize("text", [
    "```yaml\naudience: internal\n```\n", "Write:\n\n```yaml\n---\naudience: internal\n---\n```\n",
    "---\ntitle: a\n---\n```yaml\n---\naudience: internal\n---\n```\n", "Our audience: internal staff.\n", "title: a\n", "---\naudience: public\n---\naudience: internal\n",
])
def test_words_about_audiences(tmp_path: Path, text: str) -> None:
    """An example in code, a sentence, other keys, and what comes after an audience in the front matter say nothing."""
    article = load_article(_base(tmp_path, {"a.md": text}, '[tool.kbtool.defaults."**"]\naudience = "public"'), "a.md")
    assert article.audience == "public"


DEFAULTS = """[tool.kbtool.defaults."**"]
audience = "public"
owners = ["ana"]
[tool.kbtool.defaults."billing/**"]
owners = ["ben"]
review_in = "90 days"
[tool.kbtool.defaults."content/billing/secret/"]
ceiling = "internal"
"""


@pytest.mark.parametrize(
    ("name", "audience", "owners"),
    [("a.md", "public", ("ana",)), ("billing/a.md", "public", ("ben",)), ("billing/secret/a.md", "internal", ("ben",))],
)
def test_defaults_of_folders(tmp_path: Path, name: str, audience: str, owners: tuple[str, ...]) -> None:
    """A later table wins key by key, whether its glob starts at the repository or at the content folder."""
    article = load_article(_base(tmp_path, {name: "---\ntitle: A\n---\n"}, DEFAULTS), name)
    assert (article.audience, article.front_matter.owners) == (audience, owners)
    assert str(article.front_matter.review_in) == ("90 days" if "billing" in name else "None")


@pytest.mark.parametrize(
    ("said", "audience"), [("public", "internal"), ("internal", "internal"), ("", "internal"), ("partner", "internal")]
)
def test_a_ceiling_only_narrows(tmp_path: Path, said: str, audience: str) -> None:
    """Below a ceiling of internal no article is wider, whatever it or a later table says."""
    config = (
        '[tool.kbtool.editions.partner]\naudiences = ["public", "partner"]\n'
        '[tool.kbtool.editions.internal]\naudiences = ["public", "internal", "partner"]\n'
        '[tool.kbtool.defaults."**"]\nceiling = "internal"\n[tool.kbtool.defaults."x/**"]\nceiling = "public"\naudience = "public"\n'
    )
    text = f"---\ntitle: A\n{f'audience: {said}' if said else ''}\n---\n"
    assert load_article(_base(tmp_path, {"x/a.md": text}, config), "x/a.md").audience == audience


@pytest.mark.parametrize("glob", ["!", "billing\\\\"])
def test_a_glob_that_is_none(tmp_path: Path, glob: str) -> None:
    """A pattern of folders that cannot be read is an error of the configuration."""
    config = _base(tmp_path, {"a.md": TEXT}, f'[tool.kbtool.defaults."{glob}"]\naudience = "public"')
    with pytest.raises(ConfigError, match="defaults"):
        load_articles(config)


def test_an_alias_for_a_key_that_is_none(tmp_path: Path) -> None:
    """An alias whose target is misspelt is an error with the nearest key, not a name that is silently dropped."""
    config = _base(tmp_path, {"a.md": TEXT}, 'aliases = {"ms.date" = "last_reviewd_on"}')
    with pytest.raises(ConfigError) as error:
        load_articles(config)
    assert 'aliases.ms.date: \'last_reviewd_on\' is no key of kbtool; did you mean "last_reviewed_on"?' in str(error.value)


@pytest.mark.parametrize("text", ["---\ntitle: A\n---\n\nText.\n", "---\ntitle: A\n---", "---\ntitle: A\n", "Text.\n\nMore", "", "\n"])
def test_every_line_of_the_file_can_be_shown(tmp_path: Path, text: str) -> None:
    """Lines are counted from 1, in the front matter and below it; where there is none, there is nothing to show."""
    article = load_article(_base(tmp_path, {"a.md": text.replace("\n", "\r\n")}), "a.md")
    assert article.text == text
    lines = text.split("\n")
    assert [article.line(number) for number in range(1, len(lines) + 1)] == lines
    assert [article.line(number) for number in (-1, 0, len(lines) + 1)] == ["", "", ""]


def test_the_preset_fills_its_placeholders(tmp_path: Path) -> None:
    """An expression of GOV.UK's templates for the title is read as the title, so that anchors and searches find it."""
    text = "---\ntitle: Deploy\n---\n\n# <%= current_page.data.title %>\n"
    article = load_article(_base(tmp_path, {"a.md": text}, 'preset = "govuk"'), "a.md")
    assert article.markdown.first_heading == "Deploy"


PARTNERS = """
[tool.kbtool.editions.partner]
audiences = ["public", "partner"]
[tool.kbtool.editions.sales]
audiences = ["public", "sales"]
[tool.kbtool.editions.internal]
audiences = {internal}
"""


@pytest.mark.parametrize(
    ("audience", "ceilings", "internal", "got"),
    [
        ("public", ["partner"], '["public", "partner", "sales", "internal"]', "partner"),
        ("sales", ["partner"], '["public", "partner", "sales", "internal"]', "internal"),
        ("sales", ["sales", "partner"], '["public", "partner", "sales", "internal"]', "internal"),
        ("public", ["sales", "partner"], '["public", "partner", "sales", "internal"]', "internal"),
        ("internal", ["partner"], '["public", "partner", "sales", "internal"]', "internal"),
        ("public", ["public", "internal", "public"], '["public", "partner", "sales", "internal"]', "internal"),
        ("sales", ["partner"], '["public", "internal"]', ""),
    ],
)
def test_a_ceiling_never_widens(tmp_path: Path, audience: str, ceilings: list[str], internal: str, got: str) -> None:
    """Of audiences that cannot be compared only those inside read it, and nobody where they do not read both."""
    tables = "".join(
        f'[tool.kbtool.defaults."{"*" * (n + 1)}.md"]\nceiling = "{word}"\n' for n, word in enumerate(ceilings)
    )
    evidence = knowledge_base(
        tmp_path, {"content/a.md": f"---\ntitle: x\naudience: {audience}\nlast_reviewed_on: 2026-11-01\n---\n"},
        config=PARTNERS.format(internal=internal) + tables,
    )
    (article,) = evidence.articles
    assert article.audience == got
    assert {edition.name for edition in evidence.editions.values() if edition.shows(article)} <= evidence.config.shown_in(audience)
    assert bool(article.problems) is (not got)
