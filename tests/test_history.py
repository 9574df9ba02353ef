"""The history of a repository: which line is the main one, what does not count, who people are, and what is kept of it."""

from __future__ import annotations

import datetime as dt
import subprocess

import pytest

from kbtool.cache import Cache
from kbtool.config import load_config
from kbtool.git import GitError
from kbtool.history import History, last_second, open_main

TODAY = dt.date(2026, 11, 22)
COVERS = {"last_reviewed_on": "2026-02-01", "covers": "[src/**]"}


def read(repo, cache: Cache | None = None, today: dt.date = TODAY) -> History:
    """Return the history of a repository."""
    config = load_config(repo.folder)
    return open_main(config, cache or Cache(None)).finish(today, config)


def subjects(history: History) -> list[str]:
    """Return the subjects of the landings, oldest first."""
    return [history.line.landings.subject(number) for number in range(history.newest + 1)]


def ignored(history: History) -> list[str]:
    """Return the subjects of the landings that do not count."""
    return [history.line.landings.subject(number) for number in sorted(history.ignored)]


# ---------------------------------------------------------------------------------------------- the main line


@pytest.fixture
def forked(repo):
    """Main and a branch, each with two commits of its own after `Fork`."""
    repo.commit(message="Fork")
    repo.branch("work")
    repo.commit({"w": "1"}, message="Work 1")
    repo.commit({"w": "2"}, message="Work 2")
    repo.switch("main")
    repo.commit({"m": "1"}, message="Main 1")
    repo.commit({"m": "2"}, message="Main 2")
    return repo


def test_a_feature_branch(forked) -> None:
    """A checkout of a branch has the main line up to where it left it, and its own commits after that."""
    forked.switch("work")
    assert subjects(read(forked)) == ["Begin", "Fork", "Work 1", "Work 2"]


def test_a_branch_that_merged_the_main_line_back(forked) -> None:
    """What the branch brought in from the main line stays where it landed there; the branch's own commits hang on it."""
    forked.switch("work")
    forked.merge("main", message="Catch up")
    forked.commit({"w": "3"}, message="Work 3")
    history = read(forked)
    assert subjects(history) == ["Begin", "Fork", "Main 1", "Main 2", "Work 1", "Work 2", "Catch up", "Work 3"]
    assert history.landings_of("m", -1) == [2, 3], "the merge into the branch changed nothing that the main line does not have"


def test_a_detached_head(forked) -> None:
    """Without a branch it is the same: an old commit of the main line is a shorter main line."""
    forked.switch(forked.git("rev-parse", "main~1"))
    assert subjects(read(forked)) == ["Begin", "Fork", "Main 1"]
    forked.switch(forked.git("rev-parse", "work"))
    assert subjects(read(forked)) == ["Begin", "Fork", "Work 1", "Work 2"]


def test_which_branch_is_the_main_one(forked) -> None:
    """It is the configured one, else what origin calls so, else main or master; without any, the checkout is."""
    forked.switch("work")
    forked.git("branch", "-m", "main", "stable")
    assert subjects(read(forked)) == ["Begin", "Fork", "Work 1", "Work 2"]
    forked.merge("stable", message="Catch up")
    assert subjects(read(forked))[2:] == ["Work 1", "Work 2", "Catch up"], "no main branch is found"
    landed = ["Main 1", "Main 2", "Work 1", "Work 2", "Catch up"]
    forked.write({"pyproject.toml": '[tool.kbtool]\nmain_branch = "stable"\n'})
    assert subjects(read(forked))[2:] == landed
    forked.write({"pyproject.toml": "[tool.kbtool]\n"})
    for ref in ("refs/remotes/origin/main", "refs/heads/master", "refs/heads/trunk"):
        forked.git("update-ref", ref, "stable")
        assert subjects(read(forked))[2:] == landed
        forked.git("update-ref", "-d", ref)
    forked.git("update-ref", "refs/remotes/origin/devel", "stable")
    forked.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/devel")
    assert subjects(read(forked))[2:] == landed


def test_a_merge_of_the_main_line_with_a_minor_landing(repo, page, judge) -> None:
    """A landing that does not count on the main line does not count in a branch that merged it either."""
    repo.commit({"content/a.md": page(**COVERS), "src/x.py": "1\n"}, on="2026-02-01")
    repo.branch("work")
    repo.commit({"README": "1"}, on="2026-02-02")
    repo.switch("main")
    repo.commit({"src/x.py": "1  # one\n"}, on="2026-02-03", trailers={"Kb-Change": "minor"})
    assert judge(repo, "2026-02-04").codes() == []
    repo.switch("work")
    repo.merge("main", on="2026-02-04")
    assert judge(repo, "2026-02-04").codes() == []


def test_unrelated_histories(forked) -> None:
    """A checkout that has nothing in common with the main branch is a line of its own."""
    forked.git("checkout", "-q", "--orphan", "other")
    forked.commit(message="Alone")
    assert subjects(read(forked)) == ["Alone"]


def test_nothing_is_committed(tmp_path) -> None:
    """A repository without a commit has an empty history, in which nothing has landed."""
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    (tmp_path / "pyproject.toml").write_text("[tool.kbtool]\n")
    config = load_config(tmp_path)
    history = open_main(config, Cache(None)).finish(TODAY, config)
    assert (history.newest, history.landed_by(last_second(TODAY)), history.state_at("x", 0), history.is_cut) == (-1, -1, "", False)


# ---------------------------------------------------------------------------------------------- times


def test_times_are_a_running_maximum(repo) -> None:
    """A clock that was behind dates nothing back; a date of the future, or none, adds nothing and is told."""
    for moment in ("2026-03-01", "2026-02-01", "2026-03-02", "2027-03-01", "2026-03-03"):
        repo.commit(on=moment, message=moment)
    history = read(repo)
    days = [str(history.landed_on(number)) for number in range(history.newest + 1)]
    assert days == ["2026-01-01", "2026-03-01", "2026-03-01", "2026-03-02", "2026-03-02", "2026-03-03"]
    assert [history.landed_by(last_second(dt.date.fromisoformat(day))) for day in ("2025-12-31", "2026-02-28", "2026-03-01", "2026-03-02", "2026-03-03")] == [-1, 0, 2, 3, 5]
    assert history.notes == (f"1 commit(s) are dated after 2026-11-22, such as {repo.git('rev-parse', 'main~1')[:12]}: counted as undated",)
    assert read(repo, today=dt.date(2027, 3, 1)).notes == ()


def test_states(repo) -> None:
    """What a path was after any landing: mode and blob, or nothing."""
    repo.commit({"x": "1"})
    repo.commit({"y": "1"})
    repo.commit({"x": None})
    repo.commit({"x": "2"})
    history = read(repo)
    blobs = [history.state_at("x", number) for number in range(-1, 5)]
    one, two = (f"100644 {repo.git('rev-parse', f'main~{back}:x')}" for back in (3, 0))
    assert blobs == ["", "", one, one, "", two]
    assert (history.landings_of("x", 1), history.landings_of("x", -1), history.removed) == ([3, 4], [1, 3, 4], {3: ["x"]})


# ---------------------------------------------------------------------------------------------- what does not count


def test_the_trailer(repo) -> None:
    """`Kb-Change: minor` marks a landing as one that does not count, among other trailers and in any case; nothing else does."""
    for value, other in (("minor", {}), ("Minor", {"Signed-off-by": "Ana"}), ("major", {}), ("minor, really", {})):
        repo.commit(message=value, trailers={**other, "Kb-Change": value})
    repo.commit(message="Kb-Change: minor")
    repo.commit(message="In the text\n\nKb-Change: minor\n\nis how to mark it")
    assert ignored(read(repo)) == ["minor", "Minor"]


def test_the_list_that_blame_ignores(repo) -> None:
    """Whole ids, comments and blank lines are read; what is no id is told with its line, and everything else still counts."""
    one, two = repo.commit(message="One"), repo.commit(message="Two")
    repo.commit({".git-blame-ignore-revs": f"# Reformat\n\n{one}\n{two.upper()} # later\n{one[:12]}\nHEAD\n{'f' * 40}\n"}, message="List")
    history = read(repo)
    assert ignored(history) == ["One", "Two"]
    assert history.notes == tuple(
        f".git-blame-ignore-revs:{line}: {word!r} is no commit id, so it is not ignored" for line, word in ((5, one[:12]), (6, "head")))


def test_another_list(new_repo, tmp_path) -> None:
    """The file has the name that the configuration gives it."""
    repo = new_repo(tmp_path / "repo", 'ignore_revs_file = "tools/ignore"')
    one = repo.commit(message="One")
    repo.commit({"tools/ignore": one, ".git-blame-ignore-revs": "nonsense"})
    assert (ignored(read(repo)), read(repo).notes) == (["One"], ())


@pytest.mark.parametrize(("globs", "found"), [
    (None, ["renovate[bot] <b@x>", "Dependabot[BOT] <b@x>"]), ([], []), (["ci-*"], ["CI-runner <c@x>"]), (["*@bots.example"], ["R2 <r2@bots.example>"]),
    (["[abc]*"], []), (["renovate[bot]"], ["renovate[bot] <b@x>"]), (["*"], ["Begin", "renovate[bot] <b@x>", "Dependabot[BOT] <b@x>", "CI-runner <c@x>", "R2 <r2@bots.example>", "Ana <bot@x>"]),
    (["renovate.bot."], []),
])
def test_ignored_authors(new_repo, tmp_path, globs, found: list[str]) -> None:
    """A star stands for anything, all else for itself in any case; names and addresses are looked at."""
    repo = new_repo(tmp_path / "repo", "" if globs is None else f"ignore_authors = {globs}")
    for who in ("renovate[bot] <b@x>", "Dependabot[BOT] <b@x>", "CI-runner <c@x>", "R2 <r2@bots.example>", "Ana <bot@x>"):
        repo.commit(by=who, message=who)
    assert ignored(read(repo)) == found


def test_merges_of_bots_and_people(repo) -> None:
    """Whoever merges: what counts is who wrote what was merged, or that the merge itself is marked."""
    def branch(name: str, *writers: str, merger: str, trailers: dict | None = None) -> None:
        repo.branch(name.replace(" ", "-"))
        for who in writers:
            repo.commit({f"{name}-{who}": "1"}, by=who)
        repo.switch("main")
        repo.merge(name.replace(" ", "-"), by=merger, message=name + ("\n\nKb-Change: minor\n" if trailers else ""))

    branch("bot merges person", "Ana", merger="merge[bot]")
    branch("person merges bot", "dep[bot]", merger="Ana")
    branch("bot merges bot", "dep[bot]", merger="merge[bot]")
    branch("person merges both", "dep[bot]", "Ana", merger="Ana")
    branch("minor merge", "Ana", merger="Ana", trailers={"Kb-Change": "minor"})
    history = read(repo)
    assert ignored(history) == ["person merges bot", "bot merges bot", "minor merge"]
    assert [history.authors(number) for number in range(1, 6)] == [["Ana"], ["Ana"], ["merge[bot]"], ["Ana"], ["Ana"]]


def test_mailmap(repo) -> None:
    """People have the name that `.mailmap` gives them, also where authors are ignored; odd names do no harm."""
    odd = ["Line\u2028Break <l@x>", "N\x85L <n@x>", "A\x02B <a@x>", "Semi; : <s@x>", "\u202eRtl <r@x>", "O'Brien, \"Bo\" <o@x>"]
    for who in ("ana <ana@old>", "Ana <ana@new>", "robot <r2@x>", *odd):
        repo.commit(by=who, message=who)
    repo.commit({".mailmap": "Ana Alt <ana@new> <ana@old>\nAna Alt <ana@new>\nr2[bot] <r2@x>\nbroken line\n"}, by="Cy")
    history = read(repo)
    assert [history.author(number) for number in (1, 2, 3, 10)] == ["Ana Alt", "Ana Alt", "r2[bot]", "Cy"]
    assert [history.author(number) for number in range(4, 10)] == repo.git("log", "--format=%an", "--reverse").split("\n")[4:10]
    assert ignored(history) == ["robot <r2@x>"]


def test_replace_refs_and_grafts(repo) -> None:
    """Somebody's rewritten commits are not followed, and told."""
    old = repo.head
    repo.commit({"x": "1"}, message="Real", on="2026-03-01")
    fake = repo.git("commit-tree", "-m", "Fake", "-p", old, f"{old}^{{tree}}", on="1999-01-01")
    repo.git("replace", repo.head, fake)
    history = read(repo)
    assert subjects(history) == ["Begin", "Real"]
    assert history.notes == ("refs/replace/* rewrite commits here; they are not followed",)


def test_a_hole_in_history(repo) -> None:
    """A commit that is missing is an error, with what to do; nothing is made of the rest."""
    hole = repo.commit()
    repo.commit()
    (repo.folder / ".git/objects" / hole[:2] / hole[2:]).unlink()
    with pytest.raises(GitError, match="git fsck"):
        read(repo)


@pytest.mark.parametrize("partial", [False, True], ids=["whole", "partial"])
def test_what_a_merge_itself_changes(repo, tmp_path, partial: bool) -> None:
    """A merge of what does not count is quiet where it puts both sides together, and counts where it has what neither had."""
    def merge(name: str, files: dict | None, main: str = "", **more) -> None:
        repo.branch(name)
        repo.commit({"x": "bot\n2\n3\n4\n5\n6\n"}, by="dep[bot]")
        repo.switch("main")
        repo.commit({"x": f"1\n2\n3\n4\n5\n{main or 6}\n"}, message="Before")
        repo.merge(name, files=files, message=name, **more)
        repo.commit({"x": "1\n2\n3\n4\n5\n6\n"}, message="Reset")

    repo.commit({"x": "1\n2\n3\n4\n5\n6\n"}, message="Start")
    merge("both", None, main="main")
    merge("theirs", None)
    merge("edits", {"x": "person\n2\n3\n4\n5\n6\n"})
    merge("adds", {"y": "person\n"})
    merge("bot-adds", {"z": "bot\n"}, by="merge[bot]")
    where = repo.clone(tmp_path / "clone", "--filter=blob:none") if partial else repo
    assert ignored(read(where)) == [*([] if partial else ["both"]), "theirs", "bot-adds"]


SQUASHED = "Export (#3)\n\n* Change the export\n\nIt is another one.\n\n* Correct a typing error\n\nKb-Change: minor\n"


@pytest.mark.parametrize(("message", "quiet"), [
    (SQUASHED, False),
    (SQUASHED.replace("another one.", "another one.\n\nKb-Change: Minor"), True),
    (SQUASHED.replace("another one.", "another one.\n\nKb-Change: major"), False),
    ("Correct typing errors\n\n* in export\n* in import\n\nKb-Change: minor\n", True),
    ("Correct a typing error\n\n* in export\n\nKb-Change: minor\n", True),
    ("Correct *all* errors\n\n**Bold** words,\n\n*and* others\n\nKb-Change: minor\n", True),
])
def test_a_squash(repo, message: str, quiet: bool) -> None:
    """Where a forge made one commit of several, on the main line or in a branch, each message has to say that it is minor."""
    repo.commit({"x": "1"}, message=message)
    repo.branch("work")
    repo.commit({"y": "1"}, message=message)
    repo.switch("main")
    repo.merge("work", message="Merge")
    assert ignored(read(repo)) == ([message.partition("\n")[0], "Merge"] if quiet else [])


def test_a_squash_is_known_again(repo, tmp_path) -> None:
    """What the cache has of such a commit is what git says without one, also where more has landed since."""
    cache = Cache(tmp_path / "cache")
    repo.commit({"x": "1"}, message=SQUASHED)
    assert ignored(read(repo, cache)) == ignored(read(repo, cache)) == []
    repo.commit({"x": "2"}, message=SQUASHED.replace("(#3)", "(#4)"))
    repo.commit({"x": "3"}, message="Typing error\n\nKb-Change: minor\n")
    assert ignored(read(repo, cache)) == ignored(read(repo)) == ["Typing error"]


@pytest.mark.parametrize(("helpers", "quiet"), [
    ([], True), (["dep[bot] <d@x>"], True), (["Other <other@bots.example>"], True), (["Ana <ana@x>"], False), (["dep[bot] <d@x>", "Ana <ana@x>"], False),
])
def test_what_people_added_to_the_work_of_a_bot(new_repo, tmp_path, helpers: list[str], quiet: bool) -> None:
    """A commit of a bot counts where somebody else wrote it too, as when a forge squashes a branch: on the main line and in a branch."""
    repo = new_repo(tmp_path / "repo", 'ignore_authors = ["*[bot]", "*@bots.example"]')
    said = "\n\n" + "".join(f"Co-authored-by: {one}\n" for one in helpers) if helpers else ""
    repo.commit({"x": "1"}, by="dep[bot]", message=f"Bump{said}")
    repo.branch("work")
    repo.commit({"y": "1"}, by="dep[bot]", message=f"Bump{said}")
    repo.switch("main")
    repo.merge("work", message="Merge")
    repo.commit({"x": "2"}, by="dep[bot]", message="Bump again")
    assert ignored(read(repo)) == (["Bump", "Merge", "Bump again"] if quiet else ["Bump again"])


def test_who_helped_bots_is_kept(new_repo, tmp_path) -> None:
    """Of each commit of a bot it is asked once whether people wrote it too, for each list of bots; new commits are asked anew."""
    repo, cache = new_repo(tmp_path / "repo"), Cache(tmp_path / "cache")
    for people in (["Ana <ana@x>"], [], ["Ana <ana@x>"]):
        repo.commit(by="dep[bot]", message=f"Bump\n\n{''.join(f'Co-authored-by: {one}' for one in people)}")
        assert ignored(read(repo, cache)) == ignored(read(repo)) == ["Bump"] * len(read(repo).ignored)
    assert len(read(repo, cache).ignored) == 1
    commits = repo.git("rev-list", "HEAD")
    cache.write("helped-history", r".*\[bot\]", {"asked": commits.encode(), "found": b""})
    assert len(read(repo, cache).ignored) == 3
    repo.commit({"pyproject.toml": "[tool.kbtool]\nignore_authors = ['*[bot]', 'Bo*']\n"})
    assert len(read(repo, cache).ignored) == 1
