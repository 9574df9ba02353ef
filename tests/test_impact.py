"""Which articles a change touches: what is found, and the three reports."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyromark
import pytest

from kbtool.changes import ChangedFile, Span
from kbtool.impact import Impact, Touch, find_impact, read_impact
from kbtool.impact_report import MARK, render
from kbtool.testing import Repository, knowledge_base

AREAS = "billing:\n  name: Billing\n  owners: [ben]\n  code: [src/billing/, lib/*.py]\nother:\n  code: ['src/**', 'out/']\n"
OWNERS = "ana:\n  name: Ana\nben:\n  name: Ben\n"


def page(title: str = "A page", covers: str = "[src/a.py]", owners: str = "[ana]", more: str = "") -> str:
    return f"---\ntitle: {title}\nowners: {owners}\nproduct_areas: [billing]\nlast_reviewed_on: 2026-10-01\ncovers: {covers}\n{more}---\n\nText.\n"


@pytest.fixture
def found(tmp_path: Path):
    """`found(articles, files)`: what these changed files mean for these articles."""

    def find(articles: dict[str, str], *files: ChangedFile | str, config: str = "", **more: Any) -> Impact:
        texts = {f"content/{name}.md": text for name, text in articles.items()}
        evidence = knowledge_base(
            tmp_path, {**texts, "checks/owners.yml": OWNERS, "checks/product_areas.yml": AREAS}, config=config)
        changed = [file if isinstance(file, ChangedFile) else ChangedFile(file, "changed") for file in files]
        return find_impact(evidence, Span("1" * 40), changed, **more)

    return find


def touched(impact: Impact) -> dict[str, list[tuple[str, str]]]:
    """Return the name of each affected article, and its files with their globs."""
    return {one.article.source.removesuffix(".md"): [(touch.file.path, touch.glob) for touch in one.touches] for one in impact.affected}


@pytest.mark.parametrize(("covers", "files", "expected"), [
    ("[src/a.py]", ["src/a.py", "src/b.py"], [("src/a.py", "src/a.py")]),
    ("['src/**']", ["src/x/b.py", "src/a.py", "lib/a.py"], [("src/a.py", "src/**"), ("src/x/b.py", "src/**")]),
    ("[src/]", ["src/x/b.py"], [("src/x/b.py", "src/")]),
    ("['**/b.py']", ["src/x/b.py", "b.py"], [("b.py", "**/b.py"), ("src/x/b.py", "**/b.py")]),
    ("['src/**', '!src/gen/**']", ["src/a.py", "src/gen/x.py"], [("src/a.py", "src/**")]),
    ("['!src/gen/**', 'src/**']", ["src/gen/x.py"], None),
    ("['*.py', src/a.py]", ["src/a.py"], [("src/a.py", "src/a.py")]),
    ("[src/a.py, 'src/*.py']", ["src/a.py"], [("src/a.py", "src/a.py")]),
    ("[./src/a.py, /src/b.py]", ["src/a.py", "src/b.py"], [("src/a.py", "./src/a.py"), ("src/b.py", "/src/b.py")]),
    ("['api:src/a.py']", ["src/a.py"], None),
    ("[content/a.md]", ["content/a.md"], None),
    ("[]", ["src/a.py"], None),
])
def test_what_an_article_covers(found, covers: str, files: list[str], expected: list[tuple[str, str]] | None) -> None:
    """An article is affected by the files that its globs match, less those that it leaves out and itself, each by its first glob."""
    impact = found({"a": page(covers=covers)}, *files, config='repositories.api.path = "../api"')
    assert touched(impact) == ({"a": expected} if expected else {})


@pytest.mark.parametrize(("path", "old", "hit"), [("src/new.py", "src/a.py", True), ("src/a.py", "src/old.py", True), ("x.py", "y.py", False)])
def test_a_renamed_file_counts_by_both_names(found, path: str, old: str, hit: bool) -> None:
    """An article that covers the old name or the new one is affected, and the file is listed once."""
    impact = found({"a": page(covers="[src/a.py]")}, ChangedFile(path, "renamed", old))
    assert touched(impact) == ({"a": [(path, "src/a.py")]} if hit else {})


@pytest.mark.parametrize(("covers", "hit"), [
    ("[sub]", True), ("['sub/**']", True), ("[sub/src/x.py]", True), ("['sub/**', '!sub/gen/**']", True), ("['sub/**', '!sub']", False), ("['submarine/**']", False),
])
def test_a_submodule_stands_for_its_files(found, covers: str, hit: bool) -> None:
    """What a glob would match inside a submodule is not known here, so any commit of it counts."""
    assert bool(found({"a": page(covers=covers)}, ChangedFile("sub", "changed", link=True)).affected) is hit


def test_an_article_changed_as_well(found) -> None:
    """An article whose file is part of the change is touched, also under its old name and inside a larger repository."""
    articles = {"a": page(), "b": page()}
    assert [one.touched for one in found(articles, "src/a.py", "content/b.md").affected] == [False, True]
    assert [one.touched for one in found(articles, "src/a.py", ChangedFile("old.md", "renamed", "content/a.md")).affected] == [True, False]
    impact = found(articles, "src/a.py", "content/a.md", "kb/content/b.md", prefix="kb/")
    assert ([one.touched for one in impact.affected], impact.untouched, impact.exit_code()) == ([False, True], 1, 1)


def test_archived_articles_do_not_count(found) -> None:
    """An archived article is not affected, and what it covers is covered by none."""
    impact = found({"a": page(more="confidence: archived\n")}, "src/a.py")
    assert (touched(impact), list(impact.uncovered)) == ({}, ["other"])


def test_what_no_article_covers(found) -> None:
    """Changed code of a product area that no article covers is listed by area; articles and files of no area are not."""
    files = ("src/a.py", "src/b.py", ChangedFile("src/billing/x.py", "added"), "lib/y.py", "lib/deep/y.py", "README.md", "content/new.md")
    impact = found({"a": page()}, *files)
    paths = {area: [file.path for file in left] for area, left in impact.uncovered.items()}
    assert paths == {"billing": ["lib/y.py", "src/billing/x.py"], "other": ["src/b.py", "src/billing/x.py"]}
    assert impact.uncovered_files == 3


def test_what_cannot_be_read_is_said(found) -> None:
    """An article whose covers cannot be read is unknown, which is no verdict; one that is unreadable elsewhere still covers."""
    impact = found({"a": page(covers="{a: 1}"), "b": page(more="audience: 1\n"), "c": "---\ntitle: [\n---\n"}, "src/a.py")
    assert ([article.source for article in impact.unknown], touched(impact)) == (["a.md", "c.md"], {"b": [("src/a.py", "src/a.py")]})
    assert impact.exit_code() == 1
    assert found({"a": page(covers="{a: 1}"), "b": page(), "c": "---\ntitle: [\n---\n"}, "lib/z").exit_code() == 3
    assert "what these cover cannot be read (see `kbtool check`)\n    content/a.md\n    content/c.md\n" in render(impact, "text")


def test_owners(found) -> None:
    """Articles are grouped by their first owner, else by that of their product area; one owner's are those that name it at all."""
    articles = {"a": page(owners="[ben, ana]"), "b": page(owners="[]"), "c": page(owners="[ana]"), "d": page(owners="[]").replace("[billing]", "[none]")}
    impact = found(articles, "src/a.py", "lib/x.py")
    assert {owner: [one.article.source for one in some] for owner, some in impact.by_owner().items()} == {
        "ana": ["c.md"], "ben": ["a.md", "b.md"], "": ["d.md"]}
    mine = impact.of_owner("ana")
    assert {owner: [one.article.source for one in some] for owner, some in mine.by_owner().items()} == {"ana": ["a.md", "c.md"]}
    assert (list(mine.uncovered), list(impact.of_owner("ben").uncovered)) == ([], ["billing"])


def test_another_repository(found) -> None:
    """Asked about another repository, only globs that name it count, and no article is part of the change."""
    articles = {"a": page(covers="['api:src/*.py', '!api:src/gen.py']"), "b": page(covers="[src/a.py]")}
    impact = found(articles, "src/a.py", "src/gen.py", "content/a.md", config='repositories.api.path = "../api"', repository="api")
    assert (touched(impact), impact.untouched, impact.uncovered) == ({"a": [("src/a.py", "api:src/*.py")]}, 1, {})


# ---------------------------------------------------------------------------------------------- reports


@pytest.fixture
def typical(found) -> Impact:
    """One article that was changed as well, one that was not, a renamed file, and a file that none covers."""
    return found(
        {"a": page("Export invoices", covers="['src/**', '!src/billing/**']"), "b": page("Refunds", covers="[lib/x.py]", owners="[ben]")},
        ChangedFile("src/new.py", "renamed", "src/old.py"), "lib/x.py", "content/b.md", ChangedFile("src/billing/y.py", "added"), "NEWS",
    )


def test_the_text(typical: Impact) -> None:
    """People read, by owner, each article with what changed, then what no article covers, then the sum."""
    assert render(typical, "text") == """\
Ana (ana)
  content/a.md  Export invoices
    src/new.py renamed from src/old.py  (src/**)

Ben (ben)
  content/b.md  Refunds  (changed as well)
    lib/x.py changed

no article covers, in Billing
    src/billing/y.py added

no article covers, in other
    src/billing/y.py added

5 files changed between 111111111111 and the working tree: 2 articles affected, 1 changed as well, 1 file covered by none
"""


def test_the_text_where_nothing_is_affected(found) -> None:
    """Then the sum alone is left."""
    assert render(found({"a": page()}, "NEWS"), "text") == (
        "1 file changed between 111111111111 and the working tree: 0 articles affected, 0 changed as well, 0 files covered by none\n")


def test_the_json(typical: Impact) -> None:
    """Programs read the same, with nothing left out."""
    new = {"path": "src/billing/y.py", "old_path": None, "status": "added"}
    assert json.loads(render(typical, "json")) == {
        "schema_version": 1, "base": "1" * 40, "head": None,
        "articles": [
            {"path": "content/a.md", "title": "Export invoices", "owners": ["ana"], "touched": False,
             "files": [{"path": "src/new.py", "old_path": "src/old.py", "status": "renamed", "glob": "src/**"}]},
            {"path": "content/b.md", "title": "Refunds", "owners": ["ben"], "touched": True,
             "files": [{"path": "lib/x.py", "old_path": None, "status": "changed", "glob": "lib/x.py"}]},
        ],
        "uncovered": [{"area": "billing", "files": [new]}, {"area": "other", "files": [new]}],
        "unknown": [],
        "summary": {"files": 5, "articles": 2, "untouched": 1, "uncovered": 1, "unknown": 0},
    }


def test_the_comment(typical: Impact) -> None:
    """A pull request gets a list to tick off, with links that start at the top of the repository."""
    assert render(typical, "markdown") == """\
<!-- kbtool impact -->
### 2 articles describe what this change touches

**Ana**

- [ ] [Export invoices](content/a.md): `src/new.py` (was `src/old.py`) by `src/**`

**Ben**

- [x] [Refunds](content/b.md): `lib/x.py`

**Covered by no article**

- Billing: `src/billing/y.py`
- other: `src/billing/y.py`

A tick: the article was changed as well.
"""


@pytest.mark.parametrize(("links", "target"), [
    ("", "content/a.md"), ("https://git.example/shop/blob/main", "https://git.example/shop/blob/main/content/a.md"),
    ("https://git.example/shop/blob/main/", "https://git.example/shop/blob/main/content/a.md"), ("https://x/) y <b>", "https://x/%29%20y%20%3Cb%3E/content/a.md"),
])
def test_links(typical: Impact, links: str, target: str) -> None:
    """Where a platform leaves relative links alone, they start with an address that somebody gives."""
    assert f"[Export invoices]({target})" in render(typical, "markdown", links)


def test_the_comment_where_nothing_is_affected(found) -> None:
    """Then it says so, and keeps the mark by which a workflow finds its own comment."""
    assert render(found({"a": page()}, "NEWS"), "markdown") == f"{MARK}\n### No article describes what this change touches\n"


HOSTILE = [
    "a | b", "`code`", "``` x", "@acme/team and @ana", "<img src=x onerror=alert(1)>", "<!-- x", "[x](https://evil.example)", "![x](https://evil.example/i.png)",
    "https://evil.example", "www.evil.example", "ana@evil.example", "#12 and acme/shop#12", "**bold** _it_ ~~no~~", "line\nbreak", "line\r\n\r\n# Head", "&lt;b&gt; &amp;",
    "\\", "\\`", "$x$", "     indented", "12) x", "+ x", "> x", "===", "]: https://evil.example", "- [x] done", "1. one", "\u202egnp.exe", "a\x1b[31mred", "![][", "](", ")",
]


def shape(markdown: str) -> list[str]:
    """Return the elements of a comment, without their text."""
    options = pyromark.Options.ENABLE_TABLES | pyromark.Options.ENABLE_TASKLISTS | pyromark.Options.ENABLE_STRIKETHROUGH | pyromark.Options.ENABLE_FOOTNOTES
    kinds = []
    for event in pyromark.events(markdown, options=options):
        name = next(iter(event)) if isinstance(event, dict) else str(event)
        if name == "Start":
            kinds.append(str(event["Start"] if isinstance(event["Start"], str) else next(iter(event["Start"]))))
        elif name not in ("Text", "End"):
            kinds.append(name)
    return kinds


@pytest.mark.parametrize("evil", HOSTILE)
def test_names_of_strangers_stay_text(found, evil: str) -> None:
    """A title, path, glob, owner or area cannot make markup, links, mentions or further lines in a comment."""
    def comment(word: str) -> str:
        impact = found({"a": page()}, "src/a.py")
        one = impact.affected[0]
        front_matter = one.article.front_matter.model_copy(update={"title": f"x {word}"})
        touches = (Touch(ChangedFile(f"src/{word}", "renamed", f"src/old {word}"), word), *one.touches)
        affected = replace(one, article=replace(one.article, front_matter=front_matter), owners=(word,), touches=touches)
        return render(replace(impact, affected=(affected,), uncovered={word: (ChangedFile(word, "added"),)}), "markdown")

    hostile, harmless = comment(evil), comment("word")
    assert shape(hostile) == shape(harmless)
    assert hostile.count("\n") == harmless.count("\n")
    outside = "".join(part for number, part in enumerate(hostile.split("`")) if number % 2 == 0) if "`" not in evil else ""
    for word in ("@ana", "@acme", "@evil", "https://", "www.evil", "#12", "\u202e", "\x1b"):
        assert word not in outside


def test_a_comment_is_no_longer_than_a_platform_takes(found) -> None:
    """Files are cut to ten for an article, articles to what fits; and it says that there is more."""
    impact = found({"a": page(covers="['src/**']")}, *(f"src/{number:02}.py" for number in range(13)))
    assert "`src/09.py`" in render(impact, "markdown")
    assert "`src/09.py` by `src/**`, and 3 more\n" in render(impact, "markdown")
    assert "    src/09.py changed  (src/**)\n    and 3 more\n" in render(impact, "text")
    assert len(json.loads(render(impact, "json"))["articles"][0]["files"]) == 13
    many = found({f"a{number}": page("Long title " * 15) for number in range(400)}, "src/a.py")
    assert len(render(many, "markdown")) < 62_000
    assert "… and more: `kbtool impact` shows all of it." in render(many, "markdown")
    assert render(many, "text").count("  content/") == 401


# ---------------------------------------------------------------------------------------------- the command line


@pytest.fixture
def branch(repo: Repository) -> Repository:
    """A branch with code changed in a commit, in the index, in the work tree and in a new file, and articles about them."""
    articles = {f"content/{name}.md": page(name.title(), covers=f"[src/{name}.py]") for name in "abcde"}
    repo.commit({**articles, **{f"src/{name}.py": "1\n" for name in "abce"}})
    repo.branch("fix")
    repo.commit({"src/a.py": "2\n"})
    repo.write({"src/b.py": "2\n", "src/c.py": "2\n", "src/d.py": "1\n", "content/c.md": page("C", covers="[src/c.py]", more="risk: low\n")})
    repo.git("add", "src/b.py")
    return repo


def test_the_work_tree_against_the_main_branch(branch: Repository, kbtool) -> None:
    """Without a range, what the branch has committed, staged, changed and not added yet counts, and nothing is written."""
    before = {path: path.read_bytes() for path in branch.folder.rglob("*") if path.is_file()}
    done = kbtool("impact", "--format", "json", cwd=branch.folder)
    assert (done.code, done.err) == (0, "")
    assert {one["path"]: one["touched"] for one in done.json()["articles"]} == {
        "content/a.md": False, "content/b.md": False, "content/c.md": True, "content/d.md": False}
    assert {path: path.read_bytes() for path in branch.folder.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(("span", "articles"), [("main..fix", "a"), ("fix", "bcd"), ("HEAD~1", "abcd"), ("fix...main", "")])
def test_ranges(branch: Repository, kbtool, span: str, articles: str) -> None:
    """A range is read as `git` users write it."""
    done = kbtool("impact", span, "--format", "json", cwd=branch.folder)
    assert ([Path(one["path"]).stem for one in done.json()["articles"]], done.code) == (list(articles), 0)


def test_another_commit_than_the_checkout(branch: Repository, kbtool) -> None:
    """The articles are always those of the checkout, which is said where the range ends elsewhere."""
    done = kbtool("impact", "fix..main", cwd=branch.folder)
    assert done.err == f"kbtool: warning[impact]: the articles are those of the checkout, not of {branch.git('rev-parse', 'main')[:12]}\n"
    assert kbtool("impact", "main..fix", cwd=branch.folder).err == ""


@pytest.mark.parametrize(("args", "code"), [
    (("--exit-code",), 1), (("main..main", "--exit-code"), 0), (("--exit-code", "--owner", "gone"), 0), ((), 0),
])
def test_exit_codes(branch: Repository, kbtool, args: tuple[str, ...], code: int) -> None:
    """Affected articles that were not changed fail the run only where somebody asks for it."""
    assert kbtool("impact", *args, cwd=branch.folder).code == code


@pytest.mark.parametrize(("args", "code", "line"), [
    (("nope",), 2, "error[no-such-ref]: there is no branch, tag or commit 'nope' (`git fetch` it first; a branch of a remote is called origin/NAME)"),
    (("--", "--output=x"), 2, "error[no-such-ref]: there is no branch, tag or commit '--output=x' (`git fetch`"),
    (("--owner", "anna"), 2, "error[no-such-owner]: --owner: no owner is called 'anna'; did you mean \"ana\"? (owners are in checks/owners.yml)"),
    (("--repository", "api"), 2, "error[no-such-repository]: --repository: none is called 'api' (they are in [tool.kbtool.repositories])"),
    (("--output", "content/a.md"), 2, "error[bad-output]: 'content/a.md' is an article"),
    (("--format", "html"), 2, "error[usage]: Invalid value for '--format'"),
])
def test_errors(branch: Repository, kbtool, args: tuple[str, ...], code: int, line: str) -> None:
    """Each error is one line with what to do, and nothing is written."""
    done = kbtool("impact", *args, cwd=branch.folder)
    assert (done.code, done.out, done.err.count("\n")) == (code, "", 1)
    assert line in done.err
    assert not (branch.folder / "x").exists()


def test_a_shallow_clone(branch: Repository, kbtool, tmp_path: Path) -> None:
    """The checkout of a workflow that fetches one commit has no verdict, and is told which line to write."""
    clone = branch.clone(tmp_path / "clone", "--single-branch", "--branch=fix", "--depth=1")
    clone.git("remote", "remove", "origin")
    done = kbtool("impact", cwd=clone.folder)
    assert (done.code, done.out, done.err.count("\n")) == (3, "", 1)
    assert 'error[git-shallow]: this clone is shallow, and a main branch is not in it, or cut off (write "fetch-depth: 0" below "with:"' in done.err


def test_a_report_in_a_file(branch: Repository, kbtool, tmp_path: Path) -> None:
    """A report goes to a file, and standard output stays empty."""
    done = kbtool("impact", "--format", "markdown", "--output", str(tmp_path / "comment.md"), cwd=branch.folder)
    assert (done.out, done.code) == ("", 0)
    assert (tmp_path / "comment.md").read_text().startswith(f"{MARK}\n### 4 articles describe what this change touches\n")


def test_a_knowledge_base_inside_a_repository(tmp_path: Path, new_repo, kbtool) -> None:
    """Globs and links start at the top of the repository, articles are named from the knowledge base on."""
    repo = new_repo(tmp_path / "repo")
    repo.git("mv", "-k", "pyproject.toml", "checks", "content", "src", ".", fails=True)
    repo.commit({"kb/pyproject.toml": "[tool.kbtool]\n", "kb/content/a.md": page(), "kb/content/b.md": page(), "src/a.py": "1\n"})
    repo.branch("fix")
    repo.commit({"src/a.py": "2\n", "kb/content/b.md": page(more="risk: low\n")})
    done = kbtool("impact", "--format", "json", cwd=repo.folder / "kb")
    assert [(one["path"], one["touched"]) for one in done.json()["articles"]] == [("content/a.md", False), ("content/b.md", True)]
    assert "[A page](kb/content/a.md)" in kbtool("impact", "--format", "markdown", cwd=repo.folder / "kb").out


def test_the_repository_of_the_product(tmp_path: Path, new_repo, kbtool) -> None:
    """With the code in another repository, a change of that one is compared with its own main branch."""
    api = new_repo(tmp_path / "api")
    api.commit({"src/a.py": "1\n"})
    api.branch("fix")
    api.commit({"src/a.py": "2\n"})
    repo = new_repo(tmp_path / "kb", '[tool.kbtool.repositories.api]\npath = "../api"')
    repo.commit({"content/a.md": page(covers="['api:src/**']"), "content/b.md": page(covers="['src/**']")})
    done = kbtool("impact", "--repository", "api", cwd=repo.folder)
    assert (done.code, done.err) == (0, "")
    assert "content/a.md" in done.out
    assert "content/b.md" not in done.out
    (tmp_path / "api").rename(tmp_path / "gone")
    assert "error[no-such-repository]: the repository 'api' is not there" in kbtool("impact", "--repository", "api", cwd=repo.folder).err


def test_no_repository(kb) -> None:
    """Without git there is no verdict."""
    shutil.rmtree(kb.root / ".git")
    done = kb.run("impact")
    assert (done.code, done.out) == (3, "")
    assert "error[git-none]" in done.err


def test_the_evidence_needs_no_history(branch: Repository, judge) -> None:
    """What a change touches is found from files alone, so it costs no walk through history."""
    evidence = judge(branch, checks=()).evidence
    assert {one.article.source for one in read_impact(evidence).affected} == {"a.md", "b.md", "c.md", "d.md"}


def test_the_keys_for_programs_are_documented(found) -> None:
    """Whatever the JSON document holds, at any depth, is explained where it is made."""
    from kbtool import impact_report

    def keys(value: Any) -> set[str]:
        if isinstance(value, dict):
            return set(value) | {key for one in value.values() for key in keys(one)}
        return {key for one in value for key in keys(one)} if isinstance(value, list) else set()

    document = json.loads(render(found({"a": page()}, "src/a.py", "lib/b.py"), "json"))
    assert len(document["articles"]) == len(document["uncovered"][0]["files"]) == 1
    assert [key for key in keys(document) if f"`{key}`" not in impact_report._json.__doc__] == []
