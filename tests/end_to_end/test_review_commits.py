"""Reviews in git: the commit of `kbtool review`, branches and merges, and folders of every kind."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from kbtool.testing import history

DAY = "2026-11-22"


# ---------------------------------------------------------------------------------------------- a commit


def test_a_commit_of_the_stamped_articles(covered, run) -> None:
    """One commit as the user, with just these files, whatever else lies there; what was staged stays staged and is not in it."""
    covered.write({"content/b.md": (covered.folder / "content/b.md").read_text() + "\nMore.\n", "lib.py": "1\n", "note.txt": "1\n"})
    covered.git("add", "lib.py", "content/b.md")
    done = run("review", "content/a.md", "--outcome", "accurate", "--commit")
    assert (done.code, done.err) == (0, "kbtool: committed: Review Export\n")
    assert covered.git("show", "--format=%an <%ae>%n%B", "--name-only") == "Ana Arnold <ana@example.com>\nReview Export\n\ncontent/a.md: accurate\n\n\ncontent/a.md"
    assert covered.git("status", "--porcelain") == "M  content/b.md\nA  lib.py\n?? note.txt"
    assert run("check", "content/a.md", "--strict").code == 0


def test_a_commit_of_several(covered, run) -> None:
    """All of them are in one commit, which names each."""
    done = run("review", "content/a.md", "content/b.md", "--outcome", "accurate", "--commit")
    assert (done.code, done.err) == (0, "kbtool: committed: Review 2 articles\n")
    assert covered.git("show", "-s", "--format=%B") == "Review 2 articles\n\ncontent/a.md: accurate\ncontent/b.md: accurate"
    assert covered.git("rev-list", "--count", "HEAD") == "4"
    assert covered.git("status", "--porcelain") == ""
    assert run("check", "--strict").code == 0


def test_a_commit_of_what_is_stamped_already(covered, run) -> None:
    """A stamp that was not committed then is now; what is committed is not committed again."""
    assert run("review", "content/a.md", "--outcome", "accurate").code == 0
    done = run("review", "content/a.md", "--outcome", "accurate", "--commit")
    assert (done.code, done.err) == (0, "kbtool: committed: Review Export\n")
    done = run("review", "content/a.md", "--outcome", "accurate", "--commit")
    assert (done.code, done.err) == (0, "kbtool: note: there is nothing to commit\n")
    assert covered.git("rev-list", "--count", "HEAD") == "4"


@pytest.mark.parametrize("staged", [True, False])
@pytest.mark.parametrize("files", [{"src/a.py": "2\n"}, {"src/new.py": "2\n"}, {"src/a.py": None}])
def test_covered_files_are_committed_first(covered, run, files, staged, state, said) -> None:
    """A review alone, of code that no commit has, would be wrong at once: refused before anything is written; without it, they are named."""
    covered.write(files)
    if staged:
        covered.git("add", "-A")
    before, (name,) = state(covered.folder), files
    args = ["review", "--no-cache", "content/a.md", "--outcome", "accurate", "--still-accurate"]
    done = run(*args, "--commit")
    assert (done.code, said(done)) == (
        2, f"error[not-committed]: {name}: it was reviewed with the article and is not committed (commit code, article and review together, without --commit)")
    assert (state(covered.folder), covered.git("rev-list", "--count", "HEAD")) == (before, "3")
    done = run(*args)
    assert (done.code, said(done)) == (0, f"note: signed as they are, so commit them together with the review: {name}")
    covered.git("add", "-A")
    covered.git("commit", "-qm", "Code, article and review", on=DAY)
    assert run("check", "content/a.md", "--strict").code == 0


def test_an_article_that_git_does_not_know(site, page, run, state, said) -> None:
    """`--commit` adds nothing by itself: refused before anything is written; once it is added it is committed."""
    site.write({"content/new.md": page(title="New", last_reviewed_on=None)})
    before = state(site.folder)
    done = run("review", "--no-cache", "content/new.md", "--outcome", "accurate", "--commit")
    assert (done.code, said(done)) == (2, "error[not-committed]: content/new.md: git does not know it yet (`git add` it first)")
    assert state(site.folder) == before
    site.git("add", "content/new.md")
    assert run("review", "content/new.md", "--outcome", "accurate", "--commit").code == 0
    assert site.git("status", "--porcelain") == ""
    assert run("check", "--strict").code == 0


def test_an_article_that_git_ignores(site, page, run, changed) -> None:
    """What no commit can have is not committed, and is not stamped on the way."""
    site.commit({".gitignore": "new.md\n"}, on="2026-10-01")
    site.write({"content/new.md": page(title="New", last_reviewed_on=None)})
    done = run("review", "content/new.md", "--outcome", "accurate", "--commit")
    assert (done.code, "review_seal" in (site.folder / "content/new.md").read_text()) == (2, False)


def hook(repo: Any, name: str, script: str) -> None:
    """Install a hook of git."""
    path = repo.folder / ".git/hooks" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_hooks_run(covered, run) -> None:
    """The user's hooks see the commit and what is in it, with pathspecs as git usually reads them."""
    hook(covered, "pre-commit", "git diff --cached --name-only -- '*.md' >.git/seen; echo looked >&2")
    hook(covered, "commit-msg", 'echo "Signed-off-by: Ana" >>"$1"')
    covered.git("config", "core.hooksPath", ".git/hooks")
    done = run("review", "content/a.md", "--outcome", "accurate", "--commit", env={"GIT_LITERAL_PATHSPECS": "1"})
    assert (done.code, done.err) == (0, "looked\nkbtool: committed: Review Export\n")
    assert (covered.folder / ".git/seen").read_text() == "content/a.md\n"
    assert covered.git("show", "-s", "--format=%B").endswith("Signed-off-by: Ana")


def test_a_hook_that_refuses(covered, run) -> None:
    """Its words are shown, the stamps stay, nothing is staged or committed, and the exit code is 3."""
    hook(covered, "pre-commit", "echo first; echo no review on Sundays >&2; exit 1")
    covered.write({"lib.py": "1\n"})
    covered.git("add", "lib.py")
    done = run("review", "content/a.md", "--outcome", "accurate", "--commit")
    assert done.code == 3
    assert done.err == (
        "first\nno review on Sundays\n"
        "kbtool: error[not-committed]: the articles are stamped, but git did not commit them (see above, then commit them yourself)\n")
    assert done.out.endswith("content/a.md: accurate (stamped)\n")
    assert covered.git("status", "--porcelain") == " M content/a.md\nA  lib.py"
    assert covered.git("rev-list", "--count", "HEAD") == "3"


def test_in_a_hook_of_another_repository(covered, run, new_repo, tmp_path) -> None:
    """What git's hooks leave in the environment leads neither the reading nor the commit astray."""
    other = new_repo(tmp_path / "other")
    env = {"GIT_DIR": str(other.folder / ".git"), "GIT_WORK_TREE": str(other.folder), "GIT_INDEX_FILE": str(other.folder / ".git/index"), "GIT_PREFIX": "x/"}
    done = run("review", "content/a.md", "--outcome", "accurate", "--commit", env=env)
    assert (done.code, done.err) == (0, "kbtool: committed: Review Export\n")
    assert (covered.git("rev-list", "--count", "HEAD"), other.git("rev-list", "--count", "HEAD")) == ("4", "1")
    assert other.git("status", "--porcelain") == ""


def test_a_clone_without_its_blobs(site, page, run, tmp_path) -> None:
    """Where the old version of the code is not here, its diff cannot be shown, so nobody says that it was read."""
    site.commit({"content/a.md": page(last_reviewed_on="2026-07-01", covers="[src/**]"), "src/a.py": "old\n"}, on="2026-07-01")
    site.commit({"src/a.py": "new\n"}, on="2026-11-01")
    clone = site.clone(tmp_path / "clone", "--filter=blob:none")
    site.folder.rename(tmp_path / "gone")
    args = ["review", "content/a.md", "--outcome", "accurate", "--by", "ana"]
    done = run(*args, "--still-accurate", cwd=clone.folder)
    assert (done.code, "error[git-partial]" in done.err, clone.git("status", "--porcelain")) == (3, True, "")


def test_a_symlink(site, page, run, changed, said) -> None:
    """Another name of an article is no article, so it is not stamped."""
    site.commit({"content/a.md": page(title="It"), "content/link.md": Path("a.md")}, on="2026-10-01")
    done = run("review", "content/link.md", "--outcome", "accurate")
    assert (done.code, said(done).partition(":")[0], changed(site)) == (2, "error[no-such-path]", {})


@pytest.mark.parametrize("name", ["a b.md", "[ab].md", "ä.md", "-x.md", "a'b.md"])
def test_names_that_need_care(site, page, run, name) -> None:
    """Whatever an article is called, that file is reviewed and committed, and no other."""
    site.commit({f"content/{name}": page(title="It"), "content/a.md": page(title="Other"), "content/b.md": page(title="Third")}, on="2026-10-01")
    done = run("review", f"content/{name}", "--outcome", "accurate", "--commit")
    assert (done.code, done.err) == (0, "kbtool: committed: Review It\n")
    assert site.git("show", "--format=", "--name-only", "-z") == f"content/{name}\0"


def test_a_title_writes_no_trailer(site, page, run) -> None:
    """A title is one line of the message, cut where it is long: nobody smuggles a trailer or an escape into the commit."""
    site.commit({"content/a.md": page(title='"x\\n\\nKb-Change: minor"'), "content/b.md": page(title="y" * 300)}, on="2026-10-01")
    for name in "ab":
        assert run("review", f"content/{name}.md", "--outcome", "accurate", "--commit").code == 0
    subjects = site.git("log", "-2", "--format=%s").split("\n")
    assert subjects == [f"Review {'y' * 60}…", r"Review x\n\nKb-Change: minor"]
    assert site.git("log", "-2", "--format=%(trailers)").strip() == ""


# ---------------------------------------------------------------------------------------------- code, branches, merges


def test_code_article_and_review_in_one_commit(covered, run, said) -> None:
    """Sealed as they lie in the work tree, committed together: clean at once and later."""
    covered.write({"src/a.py": "2\n", "src/new.py": "1\n", "content/a.md": (covered.folder / "content/a.md").read_text().replace("One.", "Two.")})
    done = run("review", "content/a.md", "--outcome", "updated")
    assert (done.code, said(done)) == (0, "note: signed as they are, so commit them together with the review: src/a.py, src/new.py")
    assert run("check", "content/a.md", "--strict").code == 0
    covered.git("add", "-A")
    covered.git("commit", "-qm", "All of it", on=DAY)
    for today in (DAY, "2027-01-01"):
        assert run("check", "content/a.md", "--strict", today=today).code == 0


@pytest.mark.parametrize("how", ["merge", "squash", "rebase"])
def test_a_review_in_a_branch(covered, run, how) -> None:
    """However it comes to the main line, a sealed review of what is there is clean; code that landed meanwhile is seen."""
    covered.branch("review")
    assert run("review", "content/a.md", "--outcome", "accurate", "--commit").code == 0
    assert run("check", "content/a.md", "--strict").code == 0
    covered.switch("main")
    covered.commit({"lib.py": "1\n"}, on=DAY)
    if how == "merge":
        covered.merge("review", on=DAY)
    elif how == "squash":
        covered.git("merge", "-q", "--squash", "review")
        covered.git("commit", "-qm", "Squashed", on=DAY)
    else:
        covered.git("rebase", "-q", "main", "review", on=DAY)
        covered.switch("main")
        covered.merge("review", fast_forward=True)
    assert run("check", "content/a.md", "--strict").code == 0
    covered.commit({"src/a.py": "2\n"}, on=DAY)
    assert [one["code"] for one in run("check", "content/a.md", "--format", "json").json()["findings"]] == ["KB106"]


def test_code_that_landed_while_the_review_waited(covered, run) -> None:
    """The merge of a review does not cover what nobody reviewed; the next review shows just that."""
    covered.branch("review")
    assert run("review", "content/a.md", "--outcome", "accurate", "--commit").code == 0
    covered.switch("main")
    covered.commit({"src/a.py": "2\n"}, on=DAY, by="Ben", message="Meanwhile")
    covered.merge("review", on=DAY)
    assert [one["code"] for one in run("check", "content/a.md", "--format", "json").json()["findings"]] == ["KB106"]
    done = run("review", "content/a.md", "--outcome", "accurate", "--still-accurate", "--commit")
    assert done.code == 0
    assert "\n-1\n+2\n" in done.out
    assert run("check", "content/a.md", "--strict").code == 0


def test_two_reviews_at_once(covered, run) -> None:
    """They conflict in the seal's line; whoever resolves it takes either, and one more review settles it."""
    covered.commit({"checks/owners.yml": "ana: {email: ana@example.com}\nben: {email: ben@example.com}\n"}, on="2026-07-01")
    covered.branch("theirs")
    covered.commit({"src/a.py": "2\n"}, on="2026-11-20")
    assert run("review", "content/a.md", "--outcome", "accurate", "--still-accurate", "--commit", "--by", "ben").code == 0
    covered.switch("main")
    assert run("review", "content/a.md", "--outcome", "accurate", "--commit").code == 0
    covered.git("merge", "-q", "theirs", fails=True)
    text = (covered.folder / "content/a.md").read_text()
    assert re.search(r"<<<<<<< HEAD\n(?s:.*)review_seal(?s:.*)=======\n(?s:.*)review_seal(?s:.*)>>>>>>> theirs", text)
    assert run("review", "content/a.md", "--outcome", "accurate").code == 3
    covered.git("checkout", "-q", "--ours", "content/a.md")
    covered.git("add", "-A")
    covered.git("commit", "-qm", "Merge", on=DAY)
    assert [one["code"] for one in run("check", "content/a.md", "--format", "json").json()["findings"]] == ["KB106"]
    done = run("review", "content/a.md", "--outcome", "accurate", "--still-accurate", "--commit")
    assert done.code == 0
    assert run("check", "content/a.md", "--strict").code == 0


# ---------------------------------------------------------------------------------------------- from anywhere


@pytest.mark.parametrize("where", ["root", "content", "folder", "elsewhere", "absolute", "dotted"])
def test_from_any_folder(site, page, run, tmp_path, where) -> None:
    """An article is named from here, from the root, or in full, also with `-C`."""
    site.commit({"content/sub/a.md": page(title="Deep")}, on="2026-10-01")
    cwd, args = {
        "root": (site.folder, ["review", "content/sub/a.md"]), "content": (site.folder / "content", ["review", "sub/a.md"]),
        "folder": (site.folder / "content/sub", ["review", "content/sub/a.md"]), "elsewhere": (tmp_path, ["-C", str(site.folder), "review", "content/sub/a.md"]),
        "absolute": (tmp_path, ["-C", str(site.folder), "review", str(site.folder / "content/sub/a.md")]),
        "dotted": (site.folder / "checks", ["review", "../content/sub/a.md"]),
    }[where]
    done = run(*args, "--outcome", "accurate", "--commit", cwd=cwd)
    assert (done.code, done.err) == (0, "kbtool: committed: Review Deep\n")
    assert done.out.endswith("content/sub/a.md: accurate (stamped)\n")
    assert site.git("status", "--porcelain") == ""
    assert run("why", str(site.folder / "content/sub/a.md")).out.startswith("content/sub/a.md is fresh\n")


def test_a_knowledge_base_inside_a_repository(tmp_path, page, kbtool, home, new_repo, said) -> None:
    """Below the top of its repository a review seals, commits and names the same things."""
    repo = new_repo(tmp_path / "product")
    (repo.folder / "docs").mkdir()
    for name in ("content", "checks", "pyproject.toml"):
        repo.move(name, f"docs/{name}")
    repo.commit({"docs/content/a.md": page(title="Inside", covers="[src/**]"), "src/a.py": "1\n"}, on="2026-10-01")
    args = ["review", "content/a.md", "--outcome", "accurate", "--by", "ana"]
    env = {"GIT_AUTHOR_DATE": f"{DAY}T12:00Z", "GIT_COMMITTER_DATE": f"{DAY}T12:00Z"}
    repo.write({"src/a.py": "2\n"})
    done = kbtool(*args, "--still-accurate", "--commit", cwd=repo.folder / "docs", today=DAY, env=env)
    assert (done.code, said(done).partition(": it was")[0]) == (2, "error[not-committed]: src/a.py")
    repo.write({"src/a.py": "1\n"})
    done = kbtool(*args, "--commit", cwd=repo.folder / "docs", today=DAY, env=env)
    assert (done.code, done.err) == (0, "kbtool: committed: Review Inside\n")
    assert repo.git("show", "--format=", "--name-only") == "docs/content/a.md"
    assert kbtool("check", "--strict", cwd=repo.folder / "docs", today=DAY).code == 0


def test_in_a_linked_work_tree(covered, run, tmp_path) -> None:
    """A work tree of its own, where `.git` is a file, is as good."""
    tree = covered.worktree(tmp_path / "tree")
    tree.git("switch", "-q", "-c", "review")
    done = run("review", "content/a.md", "--outcome", "accurate", "--commit", cwd=tree.folder)
    assert (done.code, done.err) == (0, "kbtool: committed: Review Export\n")
    assert run("check", "content/a.md", "--strict", cwd=tree.folder).code == 0
    (Path(tree.git("rev-parse", "--absolute-git-dir")) / "MERGE_HEAD").write_text(f"{tree.head}\n")
    assert run("review", "content/a.md", "--outcome", "accurate", cwd=tree.folder).code == 3


def test_before_the_first_commit(tmp_path, page, kbtool, home) -> None:
    """A repository without a commit can be reviewed; the first commit has what was staged for it, and the review."""
    folder = tmp_path / "kb"
    for name, text in {
        "pyproject.toml": "[tool.kbtool]\n", "checks/owners.yml": "ana: {email: ana@example.com}\n", "content/a.md": page(title="First", last_reviewed_on=None),
        "checks/product_areas.yml": "billing:\n",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    repo = history(folder)
    assert kbtool("review", "content/a.md", cwd=folder, today=DAY).out.count("  knows it  nobody, as far as history tells\n") == 1
    done = kbtool("review", "content/a.md", "--outcome", "accurate", "--by", "ana", cwd=folder, today=DAY)
    assert (done.code, done.out.endswith("content/a.md: accurate (stamped)\n")) == (0, True)
    repo.commit({name: (folder / name).read_text() for name in ("pyproject.toml", "checks/owners.yml", "checks/product_areas.yml", "content/a.md")}, on=DAY)
    assert kbtool("check", "--strict", cwd=folder, today=DAY).code == 0
