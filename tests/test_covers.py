"""What `covers` means: globs as git's ignore files have them, and what became of the files that they match."""

from __future__ import annotations

import pytest

from kbtool.covers import MAIN, Glob, parse_covers, reaches
from kbtool.testing import history

FILES = ["README.md", "src/a.py", "src/b.txt", "src/sub/c.py", "src/sub/deep/d.py", "src/[ab].py", "src/ä b.py", "srcs/e.py", "x.py", "lib/src/f.py", "src/#g.py", "src/!h.py", "src/*.py"]
SRC = [path for path in FILES if path.startswith("src/")]
GLOBS = {
    "src/a.py": ["src/a.py"], "./src/a.py": ["src/a.py"], "/src/a.py": ["src/a.py"], "src": SRC, "src/": SRC, "src/**": SRC, "src/*.txt": ["src/b.txt"],
    "src/sub": ["src/sub/c.py", "src/sub/deep/d.py"], "src/*/c.py": ["src/sub/c.py"], "src/**/d.py": ["src/sub/deep/d.py"], "src/**/c.py": ["src/sub/c.py"],
    "**/c.py": ["src/sub/c.py"], "c.py": [], "x.py": ["x.py"], "**/x.py": ["x.py"], "src/\\[ab\\].py": ["src/[ab].py"], "src/[ab].py": ["src/a.py"], "src/[[]ab].py": ["src/[ab].py"],
    "src/?.txt": ["src/b.txt"], "src/ä b.py": ["src/ä b.py"], "src/#g.py": ["src/#g.py"], "src/!h.py": ["src/!h.py"], "src/\\*.py": ["src/*.py"],
    "gone.py": [], "src/a.py/": [], "SRC/a.py": [], "[": [], "src/[": [], "../x.py": [], "**/src/**": [*SRC, "lib/src/f.py"], "s*s/e.py": ["srcs/e.py"], "**/deep": ["src/sub/deep/d.py"],
}


@pytest.fixture(scope="module")
def tree(tmp_path_factory, new_repo):
    """A repository with files of many names."""
    repo = new_repo(tmp_path_factory.mktemp("tree") / "repo")
    repo.commit(dict.fromkeys(FILES, "1"))
    return repo


@pytest.mark.parametrize(("glob", "found"), GLOBS.items())
def test_globs(tree, judge, glob: str, found: list[str]) -> None:
    """A glob is anchored at the top, a folder is all that is in it, `**/` is any depth: as git has it in its ignore files."""
    matched = judge(tree, checks=()).evidence.reviews.code[""].matching(parse_covers([glob], ())[0].glob)
    assert matched == set(found)
    anchored = glob if glob.startswith("**/") else f"/{glob.removeprefix('./').removeprefix('/')}"
    assert matched == set(tree.git("ls-files", "-ci", "-x", anchored, "-z").split("\0")) - {""}


@pytest.mark.parametrize("glob", ["", "/", "!", "./"])
def test_an_empty_glob(tree, judge, glob: str) -> None:
    """Nothing matches nothing."""
    assert judge(tree, checks=()).evidence.reviews.code[""].matching(parse_covers([glob], ())[0].glob) == frozenset()


@pytest.mark.parametrize(("entry", "glob"), [
    ("a", Glob("a", "", "a")), ("!a", Glob("!a", "", "a", exclude=True)), ("api:src/**", Glob("api:src/**", "api", "src/**")), ("api:/x", Glob("api:/x", "api", "x")),
    ("!api:x", Glob("!api:x", "api", "x", exclude=True)), ("api:!x", Glob("api:!x", "api", "x", exclude=True)), ("other:x", Glob("other:x", "", "other:x")), ("api", Glob("api", "", "api")),
])
def test_entries(entry: str, glob: Glob) -> None:
    """An exclamation mark excludes, the name of a repository leads there, and a name that is none is part of the path."""
    assert parse_covers([entry], ["api"]) == (glob,)


def test_exclusions_hold_wherever_they_stand(repo, judge) -> None:
    """`!glob` takes files out of all that the other entries cover; of its own it covers nothing, and may match nothing."""
    repo.commit(dict.fromkeys(FILES, "1"))
    code = judge(repo, checks=()).evidence.reviews.code[""]
    for entries in (["src/sub", "!src/sub/deep"], ["!src/sub/deep/**", "src/sub/**"], ["src/sub", "!**/d.py", "!nothing"]):
        assert set(code.present(parse_covers(entries, ()))) == {"src/sub/c.py"}
    assert code.present(parse_covers(["!src"], ())) == {}


def test_what_covers_nothing(repo, page, judge) -> None:
    """Each entry that matches no file is an error on its line; where its file has moved as it was, the hint knows where to."""
    repo.commit({"src/x.py": "1\n", "src/old.py": "old\n", "src/gone.py": "gone\n", "lib/old.py": "1\n"}, on="2026-02-01")
    repo.move("src/old.py", "lib/new.py")
    repo.commit({"src/gone.py": None, "src/untracked.py": None}, on="2026-02-02")
    repo.write({"src/untracked.py": "1\n"})
    covers = "\n- src/x.py\n- src/old.py\n- src/gone.py\n- src/*.rs\n- '!src/*.go'\n- src/untracked.py\n- nowhere:x.py"
    repo.commit({"content/a.md": page(last_reviewed_on="2026-02-03", covers=covers)}, on="2026-02-03")
    found = [(one.line, one.severity, one.message, one.hint) for one in judge(repo, "2026-02-04").found.findings if one.code == "KB107"]
    hint = "correct the glob; globs start at the top of the repository"
    assert found == [
        (9, "error", "'src/old.py' matches no file", "it has moved to 'lib/new.py'"), (10, "error", "'src/gone.py' matches no file", hint),
        (11, "error", "'src/*.rs' matches no file", hint), (14, "error", "'nowhere:x.py' matches no file", hint),
    ]


def test_a_file_that_moved_twice(repo, page, judge) -> None:
    """The hint names the place where the file is now."""
    repo.commit({"src/x.py": "1\n", "content/a.md": page(last_reviewed_on="2026-02-03", covers="src/x.py")}, on="2026-02-03")
    for old, new in (("src/x.py", "src/y.py"), ("src/y.py", "lib/z.py")):
        repo.move(old, new)
        repo.commit(on="2026-02-04")
    found = judge(repo, "2026-02-05").found.findings
    assert [one.hint for one in found if one.code == "KB107"] == ["it has moved to 'lib/z.py'"]
    assert [f"{one.code} {one.severity}" for one in judge(repo, "2026-11-05").found.findings if one.code == "KB106"] == ["KB106 warning"]


def test_a_file_that_moved_away_and_changed(repo, page, judge) -> None:
    """A file that left what the article covers is a pure rename for as long as it is as it was."""
    repo.commit({"src/x.py": "1\n", "src/y.py": "1\n", "content/a.md": page(last_reviewed_on="2026-02-03", covers="src/**")}, on="2026-02-03")
    repo.move("src/x.py", "lib/x.py")
    repo.commit(on="2026-02-04")
    assert "KB106 warning" in judge(repo, "2026-07-05").codes()
    repo.commit({"lib/x.py": "2\n"}, on="2026-02-05")
    assert "KB106 error" in judge(repo, "2026-07-05").codes()


@pytest.mark.parametrize(("count", "others", "fires"), [(51, 0, True), (50, 0, False), (60, 240, False), (61, 239, True)])
def test_what_covers_too_much(repo, page, judge, count: int, others: int, fires: bool) -> None:
    """More than a fifth of a repository's files, and more than fifty, are too many."""
    files = {f"src/{number}.py": "1\n" for number in range(count)} | {f"lib/{number}.py": "1\n" for number in range(others - 5)}
    repo.commit({"content/a.md": page(last_reviewed_on="2026-02-03", covers="src/**"), **files}, on="2026-02-03")
    total = len(repo.git("ls-files").split("\n"))
    found = [(one.line, one.severity, one.message) for one in judge(repo, "2026-02-04").found.findings if one.code == "KB112"]
    assert found == ([(7, "warning", f"covers {count} of the {total} files of this repository")] if fires else [])


def test_files_that_git_ignores(repo, page, judge) -> None:
    """Ignored files are not covered: no clone has them."""
    repo.commit({".gitignore": "build/\n", "src/x.py": "1\n", "content/a.md": page(last_reviewed_on="2026-02-03", covers="[src/**, build/**]")}, on="2026-02-03")
    repo.write({"build/x.o": "1"})
    assert [one.message for one in judge(repo, "2026-02-04").found.findings if one.code == "KB107"] == ["'build/**' matches no file"]


def test_a_large_change_is_shown_by_its_globs(repo, page, judge) -> None:
    """Where many files changed, the command names the globs; it shows the same files, from any folder."""
    names = [f"src/a_file_with_a_long_name_{number}.py" for number in range(9)]
    repo.commit(dict.fromkeys([*names, "src/gen/x.py"], "1\n") | {"content/a.md": page(last_reviewed_on="2026-02-03", covers="[src/**, '!src/gen/**']")}, on="2026-02-03")
    repo.commit(dict.fromkeys([*names, "src/gen/x.py"], "2\n"), on="2026-02-04")
    command = judge(repo, "2026-02-05").of().code.command
    assert command == f"git diff {repo.git('rev-parse', 'main~1')[:12]} -- ':(top,glob)src/**' ':(top,exclude,glob)src/gen/**'"
    assert repo.git("-C", "content", "diff", "--name-only", "main~1", "--", ":(top,glob)src/**", ":(top,exclude,glob)src/gen/**").split() == names


def test_a_knowledge_base_in_a_folder(tmp_path, repo, page, judge) -> None:
    """In a folder of its repository, globs start at the top of the repository, and the command runs from where the configuration is."""
    repo.commit({"docs/kb/pyproject.toml": "[tool.kbtool]\n", "docs/kb/content/a.md": page(last_reviewed_on="2026-02-03", covers="src/x y.py"), "src/x y.py": "1\n"}, on="2026-02-03")
    repo.commit({"src/x y.py": "2\n", "docs/kb/content/a.md": page("New.\n", last_reviewed_on="2026-02-03", covers="src/x y.py")}, on="2026-02-04")
    here = repo.folder / "docs/kb"
    found = judge(here, "2026-02-05")
    base = repo.git("rev-parse", "main~1")[:12]
    assert found.of().code.command == f"git -C ../.. diff {base} -- 'src/x y.py'"
    assert found.of().text.command == f"git -C ../.. diff {base} -- docs/kb/content/a.md"
    assert repo.git("-C", "docs/kb", "-C", "../..", "diff", "--name-only", base, "--", "src/x y.py") == "src/x y.py"
    assert found.codes() == ["KB106 warning", "KB108 warning"]


@pytest.fixture(scope="module")
def with_submodule(tmp_path_factory, new_repo):
    """A repository with a submodule `sub`, and a folder of nearly that name."""
    folder = tmp_path_factory.mktemp("submodule")
    other = history(folder / "other")
    other.commit({"src/a.py": "1\n", "gen/b.py": "1\n"})
    repo = new_repo(folder / "repo")
    repo.git("submodule", "add", "-q", other.folder.as_uri(), "sub")
    repo.commit({"submarine/a.py": "1\n"})
    return repo


@pytest.mark.parametrize(("globs", "found"), [
    (["sub"], {"sub"}), (["sub/"], {"sub"}), (["sub/**"], {"sub"}), (["sub/*.py"], {"sub"}), (["sub/src/a.py"], {"sub"}), (["sub/no.py"], {"sub"}),
    (["sub/**", "!sub/gen/**"], {"sub"}), (["!sub/gen/b.py", "sub/src/a.py"], {"sub"}), (["sub/**", "!sub"], set()), (["submarine/**"], {"submarine/a.py"}),
    (["**/a.py"], {"submarine/a.py"}), (["sub*/a.py"], {"submarine/a.py"}), (["nope/**"], set()),
])
def test_globs_into_a_submodule(with_submodule, judge, globs: list[str], found: set[str]) -> None:
    """A glob that leads into a submodule covers the submodule as a whole, and one that leaves out part of it leaves it in."""
    parsed = parse_covers(globs, [])
    assert judge(with_submodule, checks=()).evidence.reviews.code[MAIN].covered(parsed) == found
    paths = {"sub": True, "submarine/a.py": False}
    reached = {path for path, link in paths.items() if any(reaches(one, path, link=link) for one in parsed if not one.exclude)}
    left_out = {path for path, link in paths.items() if any(reaches(one, path, link=link) for one in parsed if one.exclude)}
    assert reached - left_out == found
