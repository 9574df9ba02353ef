"""Where code lives: other repositories, submodules, work trees, and clones that do not have everything."""

from __future__ import annotations

import shutil

import pytest

from kbtool.article_history import FETCH_ALL
from kbtool.errors import ConfigError
from kbtool.git import Git
from kbtool.testing import history

DAY = "2026-02-01"


def unknown(found, name: str = "a") -> list[str]:
    """Return what is not known about an article."""
    return next(list(one.unknown) for one in found.found.articles if one.path.endswith(f"/{name}.md"))


@pytest.fixture
def two(tmp_path, new_repo, page):
    """A knowledge base that covers `src/**` of the repository `api` beside it, and the latter."""
    api = history(tmp_path / "api")
    api.commit({"src/x.py": "1\n", "src/gen.py": "1\n", "lib/y.py": "1\n"}, on="2026-01-01")
    repo = new_repo(tmp_path / "repo", '[tool.kbtool.repositories.api]\npath = "../api"')
    repo.commit({"content/a.md": page(last_reviewed_on=DAY, covers="['api:src/**', '!api:src/gen.py', src/own.py]"), "src/own.py": "1\n"}, on=DAY)
    return repo, api


def test_code_in_another_repository(two, judge) -> None:
    """What landed there after the day of the review has changed since; files carry the name, the command goes there."""
    repo, api = two
    assert judge(repo, "2026-02-09").codes() == []
    api.commit({"src/x.py": "2\n"}, on="2026-02-01T20:00")
    assert judge(repo, "2026-02-09").codes() == [], "of the day itself nobody knows the order"
    api.commit({"src/x.py": "3\n", "src/gen.py": "2\n", "lib/y.py": "2\n"}, on="2026-02-02", by="Ben", message="Faster")
    found = judge(repo, "2026-02-09")
    assert found.changed() == (1, "2026-02-02", ["api:src/x.py"], "Faster")
    assert found.of().code.command == f"git -C ../api diff {api.git('rev-parse', 'main~1')[:12]} -- src/x.py"
    assert (found.codes(), judge(repo, "2026-02-16").codes()) == (["KB106 warning"], ["KB106 error"])
    repo.commit({"src/own.py": "2\n"}, on="2026-02-05", by="Cy", message="Own")
    found = judge(repo, "2026-02-09")
    assert found.changed() == (2, "2026-02-02", ["api:src/x.py", "src/own.py"], "Own"), "the newest of both"
    assert found.of().code.authors == ("Cy", "Ben"), "most recent first"
    api.commit({"src/x.py": "4\n"}, on="2026-02-06", by="Di", message="Faster still")
    repo.write({"src/own.py": "3\n"})
    assert judge(repo, "2026-02-09").changed() == (3, "2026-02-02", ["api:src/x.py", "src/own.py"], "Faster still")


def test_the_other_repository_counts_as_committed(two, judge) -> None:
    """Its work tree says nothing: somebody may have checked out anything there; the configured branch is what counts."""
    repo, api = two
    api.write({"src/x.py": "2\n", "src/new.py": "1\n"})
    assert judge(repo, "2026-02-09").codes() == []
    api.branch("work")
    api.commit({"src/x.py": "2\n"}, on="2026-02-02")
    assert judge(repo, "2026-02-09").codes() == ["KB106 warning"], "HEAD is what is checked out"
    repo.commit({"pyproject.toml": '[tool.kbtool.repositories.api]\npath = "../api"\nref = "main"\n'})
    assert judge(repo, "2026-02-09").codes() == []


def test_sealed_across_repositories(two, judge, seal) -> None:
    """A seal is of the covered files of every repository; a change in any of them breaks the code part, and back again."""
    repo, api = two
    seal(repo, "a")
    repo.commit({"content/a.md": (repo.folder / "content/a.md").read_text()}, on=DAY)
    assert judge(repo, "2026-02-09").codes() == []
    api.commit({"src/x.py": "2\n"}, on="2026-02-02", message="Faster")
    assert judge(repo, "2026-02-09").changed() == (1, "2026-02-02", ["api:src/x.py"], "Faster")
    api.commit({"src/x.py": "1\n"}, on="2026-02-03")
    assert judge(repo, "2026-02-09").codes() == []


def test_code_that_landed_elsewhere_on_the_day_of_the_review(two, judge, seal) -> None:
    """The seal says which code was read, so what landed later on that day has changed since, and has its grace."""
    repo, api = two
    api.commit({"src/x.py": "0\n"}, on=f"{DAY}T08:00")
    seal(repo, "a")
    repo.commit({"content/a.md": (repo.folder / "content/a.md").read_text()}, on=f"{DAY}T09:00")
    api.commit({"src/x.py": "2\n"}, on=f"{DAY}T20:00", message="Faster")
    api.commit({"src/gen.py": "2\n"}, on=f"{DAY}T21:00")
    api.commit({"src/x.py": "3\n"}, on=f"{DAY}T22:00", message="Fastest")
    found = judge(repo, "2026-02-09")
    assert (found.codes(), found.changed()) == (["KB106 warning"], (2, DAY, ["api:src/x.py"], "Fastest"))
    assert found.of().code.command == f"git -C ../api diff {api.git('rev-parse', 'main~3')[:12]} -- src/x.py"
    repo.commit({"src/own.py": "2\n"}, on="2026-02-05", message="Own")
    assert judge(repo, "2026-02-09").changed() == (3, DAY, ["api:src/x.py", "src/own.py"], "Own")
    assert judge(repo, "2026-02-16").codes() == ["KB106 error"]
    api.commit({"src/x.py": "0\n"}, on="2026-02-08")
    repo.commit({"src/own.py": "1\n"})
    assert judge(repo, "2026-02-16").codes() == []


@pytest.mark.parametrize(("config", "found"), [("", True), ('ref = "main"', True), ('ref = "v1"', False), (f'ref = "{"f" * 40}"', False), ('ref = "--upload-pack=x"', False), ('ref = "a..b"', False)])
def test_refs(two, judge, config: str, found: bool) -> None:
    """A ref that is not there, or none at all, is an error of the configuration."""
    repo, _ = two
    repo.write({"pyproject.toml": f'[tool.kbtool.repositories.api]\npath = "../api"\n{config}\n'})
    if found:
        assert judge(repo, "2026-02-09").verdict() == "fresh"
    else:
        with pytest.raises(ConfigError) as caught:
            judge(repo, "2026-02-09")
        assert caught.value.exit_code == 2


def test_a_repository_that_is_not_there(two, judge) -> None:
    """What it would say is unknown, with the reason: never fresh, but stale where something else is."""
    repo, api = two
    shutil.rmtree(api.folder)
    found = judge(repo, "2026-02-09")
    assert unknown(found) == ["the repository 'api' is not there: no folder '../api' (check it out)"]
    assert (found.verdict(), found.codes(), found.found.exit_code("error", strict=False)) == ("unknown", [], 3)
    assert judge(repo, "2026-12-09").verdict() == "stale"
    api.folder.mkdir()
    assert unknown(judge(repo, "2026-02-09"))[0].endswith("api: this is no git repository (run `git init`; `kbtool check --no-git` judges by dates alone)")


def test_a_repository_that_is_too_old(two, judge) -> None:
    """Where its newest commit is older than allowed, nobody knows what has changed since."""
    repo, api = two
    repo.write({"pyproject.toml": '[tool.kbtool.repositories.api]\npath = "../api"\nmax_age = "30 days"\n'})
    found = judge(repo, "2026-02-09")
    assert unknown(found) == ["the newest commit of 'api' is of 2026-01-01: older than 30 days, so fetch it again"]
    api.commit(on="2026-02-01")
    assert judge(repo, "2026-02-09").verdict() == "fresh"
    assert judge(repo, "2026-03-02").verdict() == "fresh"
    assert judge(repo, "2026-03-03").verdict() == "unknown"


def test_a_shallow_repository(two, judge, tmp_path) -> None:
    """What is cut off before the day of the review is not known; after it, nothing is missing."""
    repo, api = two
    api.commit({"src/x.py": "2\n"}, on="2026-02-02", message="Faster")
    api.commit({"lib/y.py": "2\n"}, on="2026-02-03")
    whole = tmp_path / "whole"
    api.folder.rename(whole)
    for depth, wanted in ((1, "unknown"), (2, "unknown"), (3, "due")):
        api.folder = whole
        clone = api.clone(tmp_path / "api", depth=depth)
        found = judge(repo, "2026-02-09")
        assert found.verdict() == wanted
        if wanted == "unknown":
            assert unknown(found) == [f"the history of api is cut off at {clone.git('rev-list', 'HEAD').split()[-1][:12]}"]
        shutil.rmtree(clone.folder)


def test_a_glob_of_another_repository(two, page, judge) -> None:
    """What matches no file there is an error; where a repository is not read, that is not known."""
    repo, api = two
    repo.commit({"content/a.md": page(last_reviewed_on=DAY, covers="['api:src/gone.py', 'api:src/x.py']")}, on="2026-02-02")
    found = judge(repo, "2026-02-09")
    assert [(one.code, one.message) for one in found.found.findings] == [("KB107", "'api:src/gone.py' matches no file")]
    api.move("src/x.py", "src/z.py")
    api.commit(on="2026-02-03")
    hints = [one.hint for one in judge(repo, "2026-02-09").found.findings if one.code == "KB107" and "x.py" in one.message]
    assert hints == ["it has moved to 'src/z.py'"]


# ---------------------------------------------------------------------------------------------- submodules, work trees


@pytest.mark.parametrize("glob", ["lib", "lib/", "lib/**", "lib/x.py", "lib/sub/*.py", "l*b"])
def test_code_in_a_submodule(tmp_path, repo, page, judge, glob: str) -> None:
    """Whatever glob leads into a submodule covers the commit that is checked out there: its bump is the change."""
    library = history(tmp_path / "library")
    old, new = library.commit({"x.py": "1\n"}), library.commit({"x.py": "2\n"})
    repo.git("submodule", "--quiet", "add", str(library.folder), "lib")
    repo.git("-C", "lib", "checkout", "-q", old)
    repo.git("add", "lib")
    repo.commit({"content/a.md": page(last_reviewed_on=DAY, covers=f"'{glob}'")}, on=DAY)
    assert judge(repo, "2026-02-09").codes() == []
    repo.git("-C", "lib", "checkout", "-q", new)
    found = judge(repo, "2026-02-09")
    assert (found.codes(), found.of().code.uncommitted) == (["KB106 warning"], ("lib",))
    repo.git("add", "lib")
    repo.commit(on="2026-02-02", message="Bump")
    assert judge(repo, "2026-02-09").changed() == (1, "2026-02-02", ["lib"], "Bump")
    clone = repo.clone(tmp_path / "clone")
    assert judge(clone, "2026-02-09").changed() == (1, "2026-02-02", ["lib"], "Bump"), "it need not be fetched"


def test_a_linked_work_tree(repo, page, judge, tmp_path) -> None:
    """In a linked work tree it is the same, with the work tree's own files."""
    repo.commit({"content/a.md": page(last_reviewed_on=DAY, covers="src/**"), "src/x.py": "1\n"}, on=DAY)
    repo.commit({"src/x.py": "2\n"}, on="2026-02-02", message="Faster")
    linked = repo.worktree(tmp_path / "linked")
    assert judge(linked, "2026-02-09").changed() == (1, "2026-02-02", ["src/x.py"], "Faster")
    linked.write({"src/y.py": "1\n"})
    assert judge(linked, "2026-02-09").of().code.uncommitted == ("src/y.py",)
    assert judge(repo, "2026-02-09").of().code.uncommitted == ()


def test_a_sparse_checkout(repo, page, judge, seal) -> None:
    """Code that is not checked out is as it is in the index: neither gone nor changed, and a seal of it holds."""
    repo.write({"content/a.md": page(last_reviewed_on=DAY, covers="src/**"), "src/x.py": "1\n"})
    seal(repo, "a")
    repo.git("add", "-A")
    repo.commit(on=DAY)
    repo.git("sparse-checkout", "set", "content", "checks")
    assert not (repo.folder / "src").exists()
    assert judge(repo, "2026-02-09").codes() == []
    repo.git("sparse-checkout", "disable")
    repo.commit({"src/x.py": "2\n"}, on="2026-02-02", message="Faster")
    repo.git("sparse-checkout", "set", "content", "checks")
    assert judge(repo, "2026-02-09").changed() == (1, "2026-02-02", ["src/x.py"], "Faster")


def test_sha256(tmp_path, new_repo, page, judge, seal) -> None:
    """A repository with the longer ids is judged the same, sealed or not."""
    repo = new_repo(tmp_path / "repo", object_format="sha256")
    repo.write({"content/a.md": page(last_reviewed_on=DAY, covers="src/**"), "content/b.md": page(last_reviewed_on=DAY, covers="src/**"), "src/x.py": "1\n"})
    seal(repo, "a")
    repo.git("add", "-A")
    repo.commit(on=DAY)
    assert judge(repo, "2026-02-09").codes() == []
    changed = repo.commit({"src/x.py": "2\n"}, on="2026-02-02", message="Faster")
    found = judge(repo, "2026-02-09")
    assert (found.changed("a"), found.changed("b")) == ((1, "2026-02-02", ["src/x.py"], "Faster"),) * 2
    repo.commit({".git-blame-ignore-revs": changed}, on="2026-02-03")
    assert judge(repo, "2026-02-09").codes("a") == judge(repo, "2026-02-09").codes("b") == []


# ---------------------------------------------------------------------------------------------- clones without everything


@pytest.fixture
def reviewed(repo, page, seal):
    """A repository with a sealed and an unsealed article, renamed with changes since, and code that changed before the review."""
    text = "".join(f"Line {number}.\n" for number in range(20))
    repo.commit({"content/old.md": page(text, last_reviewed_on="2026-01-10", covers="src/**"), "src/x.py": "1\n"}, on="2026-01-10")
    repo.move("content/old.md", "content/b.md")
    repo.commit({"content/b.md": page(f"{text}New.\n", last_reviewed_on="2026-01-10", covers="src/**"), "src/x.py": "2\n"}, on="2026-01-20")
    repo.write({"content/a.md": page(last_reviewed_on=DAY, covers="src/**"), "content/b.md": page(f"{text}New.\n", last_reviewed_on=DAY, covers="src/**")})
    seal(repo, "a")
    repo.git("add", "-A")
    repo.commit(on=DAY, message="Review")
    return repo


def test_a_clone_without_blobs(reviewed, judge, tmp_path) -> None:
    """Seals are verified; an article without a seal is judged where no older version matters, else unknown; nothing is fetched."""
    clone = reviewed.clone(tmp_path / "clone", "--filter=blob:none")
    shutil.move(reviewed.folder, tmp_path / "gone")
    assert Git(clone.folder).is_partial
    found = judge(clone, "2026-02-09")
    assert (found.verdict("a"), found.verdict("b")) == ("fresh", "unknown")
    assert unknown(found, "b") == ["this clone leaves out older versions of the article: `git fetch --refetch --no-filter` brings them"]
    assert found.found.exit_code("error", strict=False) == 3


def test_a_clone_without_trees(reviewed, judge, tmp_path) -> None:
    """History cannot be read, which is said once, with the command that helps; nothing is taken for fresh."""
    clone = reviewed.clone(tmp_path / "clone", "--filter=tree:0")
    shutil.move(reviewed.folder, tmp_path / "gone")
    found = judge(clone, "2026-02-09")
    assert (found.verdict("a"), found.verdict("b")) == ("unknown", "unknown")
    assert {skip.check.partition(" ")[0] for skip in found.found.skipped if skip.lasting} >= {"KB106", "KB107", "KB108", "KB111"}
    reason = next(skip.reason for skip in found.found.skipped if skip.lasting)
    assert reason.endswith("(this clone leaves objects out: `git fetch --refetch --no-filter` brings them)")


def test_a_shallow_clone(reviewed, page, judge, tmp_path) -> None:
    """What was there when history is cut off is unknown unless it is sealed; what came later is known."""
    reviewed.commit({"content/new.md": page(last_reviewed_on="2026-02-03", covers="src/**")}, on="2026-02-03")
    reviewed.commit({"src/x.py": "3\n"}, on="2026-02-04", message="Faster")
    clone = reviewed.clone(tmp_path / "clone", depth=3)
    found = judge(clone, "2026-02-09")
    cut = clone.git("rev-parse", "HEAD~2")[:12]
    assert unknown(found, "b") == [f"history is cut off at {cut}, so what is older is not known: {FETCH_ALL}"]
    assert (found.verdict("new"), found.changed("new")) == ("due", (1, "2026-02-04", ["src/x.py"], "Faster"))
    assert found.verdict("a") == "stale", "the seal is broken, and since when is not known"
