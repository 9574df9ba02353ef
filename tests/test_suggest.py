"""What an article may cover: by what it names, by what changed with it, and the code that no article covers."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import yaml

from kbtool.errors import IncompleteError
from kbtool.suggest import MASS, SURE, Gap, Proposal, Suggester, as_glob, gaps
from kbtool.suggest_report import covers_line
from kbtool.testing import Repository, knowledge_base


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, new_repo, page) -> Repository:
    """The repository of `busy`, made once."""
    repo = new_repo(tmp_path_factory.mktemp("made") / "repo")
    repo.commit({
        "content/a.md": page("0\n"), "content/b.md": page("0\n"), "src/export.py": "0\n", "src/hub.py": "0\n", "src/tax.py": "0\n",
        "uv.lock": "0\n", "tests/test_export.py": "0\n", **{f"src/many/m{number}.py": "0\n" for number in range(MASS)},
    })
    for number in range(200):
        repo.commit({"src/hub.py": f"{number}\n"})
    for number in range(1, 5):
        repo.commit(dict.fromkeys(("src/export.py", "uv.lock", "tests/test_export.py", "src/hub.py"), f"{number}\n") | {"content/a.md": page(f"{number}\n")})
    repo.commit({"content/a.md": page("5\n")})
    repo.commit({"content/a.md": page("6\n")})
    return repo


@pytest.fixture
def busy(made: Repository, tmp_path: Path) -> Repository:
    """A repository in which a.md changed with src/export.py four times out of six, and other things happened two hundred times."""
    shutil.copytree(made.folder, tmp_path / "busy")
    return Repository(tmp_path / "busy", made.now)


@pytest.fixture
def propose(judge):
    """`propose(repository, "a")`: what an article may cover."""

    def find(repo: Repository, name: str = "a") -> Proposal:
        judged = judge(repo, checks=())
        return Suggester(judged.evidence).propose(judged.article(name))

    return find


def listed(proposal: Proposal) -> dict[str, tuple[str, ...]]:
    """Return glob → reasons."""
    return {one.glob: one.reasons for one in proposal.suggestions}


# ---------------------------------------------------------------------------------------------- changed together


def test_what_changed_together(busy: Repository, propose) -> None:
    """A file that changes with the article and seldom without is suggested; what changes all the time, tests and locks are not."""
    found = propose(busy)
    assert listed(found) == {"src/export.py": ("changed with it in 4 of its 6 landings",)}
    assert found.suggestions[0].points > 60
    assert found.entries == ("src/export.py",)


def test_a_mass_landing_says_nothing(busy: Repository, page, propose) -> None:
    """Files of a landing with more than thirty files did not change with the article, and that landing was none of its own."""
    changed = {f"src/many/m{number}.py": "1\n" for number in range(MASS - 1)}
    repo = busy
    repo.commit({"content/b.md": page("1\n"), **changed})  # thirty
    first = listed(propose(repo, "b"))
    assert first["src/many/m0.py"] == ("changed with it in its only landing",)
    repo.commit({"content/b.md": page("2\n"), "src/export.py": "9\n", **dict.fromkeys(changed, "2\n")})  # thirty-one
    assert listed(propose(repo, "b")) == first


def test_mass_landings_of_a_file_do_not_count_against_it(busy: Repository, propose) -> None:
    """Being reformatted together with everything else makes a file no less a companion of its article."""
    before = propose(busy).suggestions[0].points
    for number in range(1, 9):
        busy.commit({f"src/many/m{other}.py": f"{number}\n" for other in range(MASS)} | {"src/export.py": f"mass {number}\n"})
    assert propose(busy).suggestions[0].points >= before


def test_a_landing_of_many_articles_is_shared(repo: Repository, page, propose) -> None:
    """Where one landing edits ten articles, it says a tenth as much about each."""
    repo.commit({f"content/{name}.md": page("0\n") for name in "abcdefghij"} | {"src/x.py": "0\n", "src/y.py": "0\n"})
    for number in range(100):
        repo.commit({"src/z.py": f"{number}\n"})
    for number in range(1, 4):
        repo.commit({f"content/{name}.md": page(f"{number}\n") for name in "abcdefghij"} | {"src/x.py": f"{number}\n"})
        repo.commit({"content/a.md": page(f"alone {number}\n"), "src/y.py": f"{number}\n"})
    found = {one.glob: one for one in propose(repo).suggestions}
    assert (found["src/y.py"].together, found["src/y.py"].landings) == (4, 7)
    assert found["src/y.py"].points > 50
    assert "src/x.py" not in found or found["src/x.py"].points < SURE


def test_landings_that_do_not_count(repo: Repository, page, propose) -> None:
    """White space, front matter and landings that are marked as minor are no edits, so nothing changed with them."""
    repo.commit({"content/a.md": page("Text.\n"), "src/x.py": "0\n"})
    for number in range(50):
        repo.commit({"src/z.py": f"{number}\n"})
    repo.commit({"content/a.md": page("Text.  \n"), "src/x.py": "1\n"})
    repo.commit({"content/a.md": page("Text.  \n", risk="low"), "src/x.py": "2\n"})
    repo.commit({"content/a.md": page("Other.\n"), "src/x.py": "3\n"}, trailers={"Kb-Change": "minor"})
    assert listed(propose(repo)) == {"src/x.py": ("changed with it in its only landing",)}


def test_alike_in_name(busy: Repository, page, propose) -> None:
    """Of two files with the same history, the one that is named like the article comes first, and it is said."""
    busy.commit({"content/refunds.md": page("0\n"), "src/refund.py": "0\n", "src/aaa.py": "0\n"})
    for number in range(1, 3):
        busy.commit({"content/refunds.md": page(f"{number}\n"), "src/refund.py": f"{number}\n", "src/aaa.py": f"{number}\n"})
    assert list(listed(propose(busy, "refunds")).items()) == [
        ("src/refund.py", ("changed with it in 3 of its 3 landings", "alike in name")),
        ("src/aaa.py", ("changed with it in 3 of its 3 landings",)),
    ]


def test_one_landing_is_half_as_sure(busy: Repository, page, propose) -> None:
    """What changed with the article once is less sure than what did twice, and too little for the line."""
    busy.commit({"content/b.md": page("1\n"), "src/once.py": "0\n", "src/twice.py": "0\n"})
    busy.commit({"content/b.md": page("2\n"), "src/twice.py": "1\n"})
    points = {one.glob: one.points for one in propose(busy, "b").suggestions}
    assert points["src/once.py"] < SURE < points["src/twice.py"]


def test_folders(repo: Repository, page, propose) -> None:
    """Four files that make up a folder stand for it; three, or four of a large folder, stay files."""
    small, few, large = ([f"src/{kind}/f{number}.py" for number in range(count)] for kind, count in (("small", 4), ("few", 3), ("large", 12)))
    repo.commit(dict.fromkeys((*small, *few, *large), "0\n"))
    repo.commit({"content/a.md": page("0\n")})
    for number in range(60):
        repo.commit({"src/z.py": f"{number}\n"})
    for number, names in enumerate((small, few, large[:4]), 1):
        repo.commit({"content/a.md": page(f"{number}\n"), **dict.fromkeys(names, "1\n")})
        repo.commit({"content/a.md": page(f"{number}{number}\n"), **dict.fromkeys(names, "2\n")})
    found = list(listed(propose(repo)))
    assert found[0] == "src/small/**"
    assert {"src/few/f0.py", "src/few/f1.py", "src/few/f2.py"} <= set(found)
    assert not {"src/few/**", "src/large/**", "src/**"} & set(found)


def test_files_of_today_alone(busy: Repository, propose) -> None:
    """A file that is gone is not suggested, nor are articles, nor what is not committed and was never changed."""
    busy.commit({"src/export.py": None})
    busy.write({"src/new.py": "1\n"})
    assert listed(propose(busy)) == {}


def test_renamed_articles_keep_their_past(busy: Repository, page, propose) -> None:
    """What changed with an article under its old name counts."""
    busy.move("content/a.md", "content/invoices.md")
    busy.commit()
    assert list(listed(propose(busy, "invoices"))) == ["src/export.py"]


def test_a_merged_branch_is_one_landing(repo: Repository, page, propose) -> None:
    """What one branch changed in several commits changed together when it was merged."""
    repo.commit({"content/a.md": page("0\n"), "src/x.py": "0\n"})
    for number in range(50):
        repo.commit({"src/z.py": f"{number}\n"})
    for number in (1, 2):
        repo.branch(f"fix{number}")
        repo.commit({"src/x.py": f"{number}\n"})
        repo.commit({"content/a.md": page(f"{number}\n")})
        repo.switch("main")
        repo.merge(f"fix{number}")
    assert listed(propose(repo)) == {"src/x.py": ("changed with it in 3 of its 3 landings",)}


# ---------------------------------------------------------------------------------------------- named


def test_what_it_names(repo: Repository, page, propose) -> None:
    """Names are suggested with their lines: whole paths first, then ends of paths and file names, then what may be several files."""
    repo.commit({**dict.fromkeys(("src/a.py", "src/b.py", "lib/one/c.py", "lib/two/c.py", "lib/sub/x.py", "lib/sub/y.py", "lib/sub/deep/d.py"), "1\n"),
                 "pyproject.toml": "[tool.kbtool]\n"})
    repo.commit({"content/a.md": page("`src/a.py`\n\n[b](../src/b.py) and `src/a.py`\n\n`sub/deep/d.py`, `c.py`, `x.py`\n")})
    found = propose(repo)
    assert list(listed(found).items()) == [
        ("src/a.py", ("named in lines 9, 11",)), ("src/b.py", ("named in line 11",)), ("lib/sub/deep/d.py", ("named in line 13",)),
        ("lib/sub/x.py", ("named in line 13",)), ("lib/one/c.py", ("named in line 13 (a name of 2 files)",)),
        ("lib/two/c.py", ("named in line 13 (a name of 2 files)",)),
    ]
    assert found.entries == ("src/a.py", "src/b.py", "lib/sub/deep/d.py", "lib/sub/x.py")


def test_a_folder_that_it_names(repo: Repository, page, propose) -> None:
    """A folder is suggested with all that is in it, unless it is a large part of the repository."""
    repo.commit({f"src/{number // 10}/{number}.py": "1\n" for number in range(100)})
    repo.commit({"content/a.md": page("`src/3/` and `src`\n"), "content/b.md": page("`src/`\n")})
    assert list(listed(propose(repo))) == ["src/3/**"]
    assert listed(propose(repo, "b")) == {}


def test_what_every_article_names_says_little(repo: Repository, page, propose) -> None:
    """A file that ten articles name is none that any of them describes."""
    repo.commit({"Makefile": "all:\n", "src/a.py": "1\n"})
    repo.commit({f"content/{name}.md": page("`Makefile`\n") for name in "abcdefghij"} | {"content/k.md": page("`Makefile`, `src/a.py`\n")})
    assert listed(propose(repo)) == {}
    assert list(listed(propose(repo, "k"))) == ["src/a.py"]


def test_bare_names_of_no_code(repo: Repository, page, propose) -> None:
    """`README.md` and `.gitignore` in a text are those of the reader, as long as nobody writes a whole path."""
    repo.commit({"README.md": "1\n", "docs/README.md": "1\n", ".gitignore": "x\n", "pyproject.toml": "[tool.kbtool]\n"})
    repo.commit({"content/a.md": page("`README.md`, `.gitignore`, `pyproject.toml`, `docs/README.md`\n")})
    assert list(listed(propose(repo))) == ["docs/README.md"]


def test_named_and_changed(busy: Repository, page, propose) -> None:
    """Both reasons add up."""
    before = propose(busy).suggestions[0].points
    busy.write({"content/a.md": page("6\n\nSee `src/export.py`.\n")})
    found = propose(busy).suggestions[0]
    assert found.reasons == ("named in line 11", "changed with it in 4 of its 6 landings")
    assert found.points > before


# ---------------------------------------------------------------------------------------------- what comes of it


@pytest.mark.parametrize(("covers", "left"), [
    ("[src/export.py]", []), ("['src/*.py']", []), ("['src/**', '!src/export.py']", ["src/export.py"]), ("[src/tax.py]", ["src/export.py"]),
])
def test_what_is_covered_already(busy: Repository, page, propose, covers: str, left: list[str]) -> None:
    """What an article covers is not suggested again, and its entries come first in the line."""
    busy.write({"content/a.md": page("6\n", covers=covers)})
    found = propose(busy)
    assert list(listed(found)) == left
    assert list(found.entries) == [*yaml.safe_load(covers), *left]


def test_what_is_not_sure_stays_out_of_the_line(repo: Repository, page, propose) -> None:
    """A weak suggestion is listed, and not proposed."""
    repo.commit({f"lib/{name}/c.py": "1\n" for name in ("one", "two", "three")})
    repo.commit({"content/a.md": page("`c.py`\n")})
    found = propose(repo)
    assert (len(found.suggestions), found.entries) == (3, ())
    assert all(one.points < SURE for one in found.suggestions)


def test_four_named_files_are_their_folder_in_the_line(repo: Repository, page, propose) -> None:
    """Files that make up most of a folder become one entry; those of a large one stay."""
    repo.commit({f"src/small/{name}.py": "1\n" for name in "abcde"} | {f"src/large/{name}.py": "1\n" for name in "abcdefghi"})
    repo.commit({"content/a.md": page("".join(f"`src/small/{name}.py`\n" for name in "abcd")),
                 "content/b.md": page("".join(f"`src/large/{name}.py`\n" for name in "abcd"))})
    assert propose(repo).entries == ("src/small/**",)
    assert propose(repo, "b").entries == ("src/large/a.py", "src/large/b.py", "src/large/c.py", "src/large/d.py")


NAMES = ["a b.py", "[id]/page.tsx", "*.py", "!x.py", "a?.py", "back\\slash.py", "#x.py", "end ", "ä.py", "x:y.py", "- a.py", "on", "{a,b}.py", "'q'.py", 'say "x".py']


@pytest.mark.parametrize("name", NAMES)
def test_the_line_means_what_it_says(repo: Repository, page, judge, name: str) -> None:
    """Pasted into the front matter, the line covers just the file that was suggested, however it is called."""
    repo.commit({name: "1\n", "ax.py": "1\n", "i/page.tsx": "1\n", "x.py": "1\n"})
    line = covers_line([as_glob(name)])
    repo.commit({"content/a.md": page(covers=line.removeprefix("covers: "))})
    judged = judge(repo, checks=())
    assert set(judged.evidence.reviews.code[""].present(judged.evidence.reviews.globs(judged.article()))) == {name}


@pytest.mark.parametrize(("entries", "line"), [
    (["src/a.py"], "covers: [src/a.py]"), (["src/**", "a b"], 'covers: ["src/**", "a b"]'), (["on", "1", "!x"], 'covers: ["on", "1", "!x"]'), ([], "covers: []"),
])
def test_the_line(entries: list[str], line: str) -> None:
    """The line is YAML, with quotes where YAML wants them."""
    assert covers_line(entries) == line
    assert yaml.safe_load(line) == {"covers": entries}


# ---------------------------------------------------------------------------------------------- the whole knowledge base


def test_missing(busy: Repository, page, judge) -> None:
    """Articles that cover nothing are listed, the surest first; those that cover, are archived or have no suggestion are not."""
    busy.commit({
        "content/named.md": page("`src/tax.py`\n"), "content/old.md": page("`src/tax.py`\n", confidence="archived"),
        "content/has.md": page("`src/hub.py`\n", covers="[src/tax.py]"), "content/nothing.md": page("Prose.\n"), "content/bad.md": page("`src/tax.py`\n", covers="{a: b}"),
    })
    found = Suggester(judge(busy, checks=()).evidence).missing()
    assert [(one.article.source, one.entries) for one in found] == [("a.md", ("src/export.py",)), ("named.md", ("src/tax.py",))]


def test_gaps(tmp_path: Path, new_repo, page, judge) -> None:
    """Product areas are listed with the files that no article covers, most first, and the folders that hold them."""
    repo = new_repo(tmp_path / "repo")
    areas = "billing:\n  code: ['src/**', '!src/gen/**']\nshop:\n  code: [shop/]\nfull:\n  code: [lib/]\nnone: {}\ngone:\n  code: [nope/]\n"
    repo.commit({
        "checks/product_areas.yml": areas, **{f"src/a/{number}.py": "1\n" for number in range(5)}, "src/b/x.py": "1\n", "src/gen/y.py": "1\n",
        "shop/x.py": "1\n", "lib/x.py": "1\n",
        "content/a.md": page(covers="[lib/, src/a/0.py]"), "content/b.md": page(covers="['src/**', '!src/**']"),
        "content/old.md": page(covers="[shop/]", confidence="archived"), "src/a/gone.py": "1\n",
    })
    repo.commit({"src/a/gone.py": None})
    assert gaps(judge(repo, checks=()).evidence) == [
        Gap("billing", 6, 5, (("src/a/", 4), ("src/b/", 1))), Gap("shop", 1, 1, (("shop/", 1),))]


def test_gaps_in_another_repository(tmp_path: Path, new_repo, page, judge) -> None:
    """The code of an area may be in another repository."""
    api = new_repo(tmp_path / "api")
    api.commit({"src/a.py": "1\n", "src/b.py": "1\n"})
    repo = new_repo(tmp_path / "kb", '[tool.kbtool.repositories.api]\npath = "../api"')
    repo.commit({"checks/product_areas.yml": "billing:\n  code: ['api:src/']\n", "content/a.md": page(covers="['api:src/a.py']"), "src/c.py": "1\n"})
    assert gaps(judge(repo, checks=()).evidence) == [Gap("billing", 2, 1, (("api:src/", 1),))]


def test_without_history(tmp_path: Path) -> None:
    """Without a repository nothing can be suggested, which is no verdict."""
    with pytest.raises(IncompleteError, match="nothing can be suggested without history") as caught:
        Suggester(knowledge_base(tmp_path, {}))
    assert caught.value.exit_code == 3


def test_a_shallow_clone_is_said(busy: Repository, tmp_path: Path, judge) -> None:
    """A clone that is cut off suggests from what it has, and says what it has not."""
    clone = busy.clone(tmp_path / "clone", depth=3)
    suggester = Suggester(judge(clone, checks=()).evidence)
    assert suggester.notes == ("this clone is shallow: what changed together before it begins is not seen",)
    assert Suggester(judge(busy, checks=()).evidence).notes == ()


# ---------------------------------------------------------------------------------------------- the command line


def test_suggest(busy: Repository, kbtool) -> None:
    """Suggestions come with points and reasons, end with a line for the front matter, and write nothing but the cache."""
    before = {path: path.read_bytes() for path in busy.folder.rglob("*") if path.is_file()}
    done = kbtool("covers", "suggest", "content/a.md", "content/b.md", cwd=busy.folder)
    assert (done.code, done.err) == (0, "")
    points = done.out.split("\n")[1][:5].strip()
    assert done.out == f"""\
content/a.md  A page
   {points}  src/export.py  changed with it in 4 of its 6 landings

  covers: [src/export.py]

content/b.md  A page
  nothing more: it names no code, and none changed with it
"""
    after = {path: path.read_bytes() for path in busy.folder.rglob("*") if path.is_file() and ".kbtool" not in path.parts}
    assert after == before


def test_suggest_for_programs(busy: Repository, kbtool, tmp_path: Path) -> None:
    """JSON holds the same, to standard output or into a file."""
    done = kbtool("covers", "suggest", "a.md", "--format", "json", cwd=busy.folder / "content")
    found = done.json()
    assert found["articles"][0].pop("suggestions")[0].items() >= {
        "glob": "src/export.py", "reasons": ["changed with it in 4 of its 6 landings"], "lines": [], "together": 4, "landings": 6}.items()
    assert found == {"schema_version": 1, "articles": [{"path": "content/a.md", "title": "A page", "covers": [], "proposed": ["src/export.py"]}], "areas": []}
    assert kbtool("covers", "suggest", "--missing", "--format", "json", "--output", str(tmp_path / "x.json"), cwd=busy.folder).out == ""
    assert [one["path"] for one in json.loads((tmp_path / "x.json").read_text())["articles"]] == ["content/a.md"]


def test_suggest_missing(busy: Repository, page, kbtool) -> None:
    """With --missing, articles without covers come first, then the code that no article covers, then the sum."""
    busy.commit({"checks/product_areas.yml": "billing:\n  name: Billing\n  code: ['src/many/**', src/export.py]\n", "content/b.md": page(covers="[src/export.py]")})
    done = kbtool("covers", "suggest", "--missing", cwd=busy.folder)
    assert done.code == 0
    assert done.out.startswith("content/a.md  A page\n")
    assert done.out.endswith("""
  covers: [src/export.py]

no article covers 30 of the 31 files of Billing (billing)
     30  src/many/

1 of 2 articles cover nothing; there are suggestions for 1
""")


@pytest.mark.parametrize(("args", "line"), [
    ((), "error[usage]: name articles, or say --missing"),
    (("content/a.md", "--missing"), "error[usage]: name articles or say --missing, not both"),
    (("content/nope.md",), "error[no-such-path]: there is no article 'content/nope.md' (name its file, such as content/export.md)"),
    (("content/a.md", "--output", "content/a.md"), "error[bad-output]: 'content/a.md' is an article"),
])
def test_errors(busy: Repository, kbtool, args: tuple[str, ...], line: str) -> None:
    """Each error is one line, and the exit code is 2."""
    done = kbtool("covers", "suggest", *args, cwd=busy.folder)
    assert (done.code, done.out, done.err) == (2, "", f"kbtool: {line}\n")


def test_no_repository(kb) -> None:
    """A folder that git does not know has no history, and no verdict."""
    shutil.rmtree(kb.root / ".git")
    done = kb.run("covers", "suggest", "--missing")
    assert (done.code, done.out) == (3, "")
    assert "error[no-history]: nothing can be suggested without history" in done.err


def test_names_of_strangers(busy: Repository, page, kbtool) -> None:
    """A title or a path cannot write to the terminal."""
    busy.commit({"content/b.md": page("`src/\x1b[31m.py`\n", title='"x\\u202ey"'), "src/a\x1bb.py": "1\n"})
    busy.commit({"content/b.md": page("1\n", title='"x\\u202ey"'), "src/a\x1bb.py": "2\n"})
    done = kbtool("covers", "suggest", "content/b.md", cwd=busy.folder)
    assert "src/a\\x1bb.py" in done.out
    assert not {"\x1b", "\u202e"} & set(done.out)
