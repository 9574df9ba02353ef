"""The knowledge base of another commit, made from the checkout and what differs, is the one that its own checkout has."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path
from random import Random
from typing import Any

import pytest

from kbtool.comparison import compare
from kbtool.config import load_config
from kbtool.errors import UsageError
from kbtool.evidence import Evidence, gather
from kbtool.testing import Repository

DAY = dt.date(2026, 11, 22)


def read(folder: Path) -> Evidence:
    """Return the evidence of a folder, without history."""
    return gather(load_config(folder), DAY, git=False)


def facts(evidence: Evidence) -> dict[str, Any]:
    """Return all that one knowledge base may differ in from another."""
    return {
        "articles": {one.path: (one.front_matter, one.audience, one.text, one.body, one.markdown.targets, one.file.digest) for one in evidence.articles},
        "files": [(file.path, file.source, file.kind, file.outside) for file in evidence.content.files],
        "settings": (evidence.config.model_copy(update={"root": Path()}), evidence.site, evidence.owners, evidence.product_areas, evidence.lock),
        "urls": (evidence.urls.pages, evidence.urls.redirects),
    }


def assert_the_same(repo: Repository, base: str, folder: Path) -> None:
    """Compare what is made with what a checkout of the base has."""
    made = compare(read(repo.folder), base).compared
    assert made is not None
    assert facts(made.before) == facts(read(repo.worktree(folder, made.base).folder))
    assert not made.before.reviews.wanted


SETTINGS = [
    {"mkdocs.yml": "site_url: https://x.example/help/\nuse_directory_urls: false\n"}, {"mkdocs.yml": "INHERIT: base.yml\nsite_name: X\n", "base.yml": "site_url: https://y.example\n"},
    {"mkdocs.yml": "markdown_extensions:\n  - toc:\n      separator: _\n"}, {"checks/owners.yml": "ben: {}\n"}, {"checks/owners.yml": None},
    {"checks/public.lock": "content/a.md public shown -\n"}, {"pyproject.toml": "[tool.kbtool]\nsuffixes = ['.md', '.txt']\n"},
    {"pyproject.toml": "[tool.kbtool]\ncontent = 'docs'\nmkdocs = 'conf/mkdocs.yml'\nchecks_folder = 'conf'\n", "conf/owners.yml": "eva: {}\n", "conf/mkdocs.yml": "site_name: Y\n"},
    {"pyproject.toml": "[tool.kbtool]\n[tool.kbtool.defaults.'content/**']\naudience = 'public'\ntags = ['x']\n"},
]


@pytest.mark.parametrize("files", SETTINGS, ids=lambda files: next(iter(files)))
@pytest.mark.parametrize("there", ["before", "after"])
def test_settings(repo: Repository, page, tmp_path: Path, files: dict[str, str | None], there: str) -> None:
    """Configuration, site and registers are those of the base, also where articles are then read otherwise."""
    articles = {"content/a.md": page(audience=None), "content/b.txt": "Text.\n", "docs/c.md": page("## A heading\n"), "content/sub/index.md": page()}
    others = {path: (repo.folder / path).read_text() if (repo.folder / path).is_file() else None for path in files}
    repo.commit(articles | ({path: text for path, text in files.items() if text or others[path]} if there == "before" else {}))
    repo.branch("fix")
    repo.commit({"content/a.md": page("More.\n"), **(others if there == "before" else files)})
    assert_the_same(repo, "main", tmp_path / "base")


@pytest.mark.parametrize("seed", range(40 if os.environ.get("HYPOTHESIS_PROFILE") == "soak" else 8))
def test_random_changes(repo: Repository, page, tmp_path: Path, seed: int) -> None:
    """Whatever was added, edited, moved and removed, in whatever was committed, staged, or neither: the base is what it was."""
    random = Random(seed)
    names = ["a.md", "b.md", "sub/c.md", "sub/index.md", "é.md", "x.png", ".hidden.md", "old.md~", "sub/.d/e.md", "with space.md", "up.MD"]

    def text(name: str) -> str:
        return page(f"Words {random.randrange(9)} of an article.\n" * 9, title=str(random.randrange(9)), redirect_from=f"[/{random.randrange(9)}/]") if name != "x.png" else "x"

    repo.commit({f"content/{name}": text(name) for name in names if random.random() < 0.7} | {"content/z.md": Path("a.md"), "src/a.py": "1\n"})
    repo.branch("fix")
    for _ in range(6):
        name = random.choice(names)
        here = sorted(path for path in repo.git("ls-files", "-z", "content").split("\0") if path and (repo.folder / path).is_file())
        step = random.choice(["write", "remove", "move", "move by hand", "add", "commit"])
        if step == "write":
            repo.write({f"content/{name}": text(name)})
        elif step == "remove" and here:
            repo.write({random.choice(here): None})
        elif step in ("move", "move by hand") and here:
            old, new = repo.folder / random.choice(here), repo.folder / "content" / random.choice(names)
            new.parent.mkdir(parents=True, exist_ok=True)
            if not old.is_symlink():
                old.rename(new)
            if step == "move":
                repo.git("add", "-A")
        elif step == "add":
            repo.git("add", "-A")
        elif step == "commit":
            repo.git("add", "-A")
            repo.commit()
    assert_the_same(repo, "main", tmp_path / "base")


def test_a_symlink_that_git_ignores_is_what_it_is(repo: Repository, page) -> None:
    """The commit does not have it, so it is that of the checkout."""
    repo.commit({"content/a.md": page(), ".gitignore": "z.md\n"})
    repo.branch("fix")
    (repo.folder / "content/z.md").symlink_to("/nowhere")
    made = compare(read(repo.folder), "main").compared
    assert made is not None
    assert [(file.source, file.outside) for file in made.before.content.files] == [("z.md", True)]


def test_what_the_branch_left_alone_is_not_read_again(repo: Repository, page) -> None:
    """Articles that are as they were are those of the checkout, and of what differs the paths are told."""
    repo.commit({"content/a.md": page(), "content/b.md": page(), "src/a.py": "1\n"})
    repo.branch("fix")
    repo.commit({"content/a.md": page("More.\n"), "src/a.py": "2\n"})
    evidence = read(repo.folder)
    made = compare(evidence, "main").compared
    assert made is not None
    assert [one is other for one, other in zip(made.before.articles, evidence.articles, strict=True)] == [False, True]
    assert ([file.path for file in made.files], made.lacking, made.waiting) == (["content/a.md", "src/a.py"], frozenset(), {repo.head})
    assert (made.name, made.base, made.prefix) == ("main", repo.git("rev-parse", "main"), "")


def test_a_tree_that_leads_elsewhere(repo: Repository, page, tmp_path: Path, monkeypatch) -> None:
    """Names of a base that lead out of the folder that its settings are read in are not written."""
    repo.commit({"content/a.md": page()})
    blob = repo.git("hash-object", "-w", "--stdin", stdin="stolen")
    up = repo.git("mktree", "--missing", stdin=f"100644 blob {blob}\tstolen.yml\n")
    broken = bytes.fromhex(up)
    tree = repo.git("hash-object", "-w", "-t", "tree", "--literally", "--stdin", stdin=b"40000 ..\0" + broken)
    top = [line for line in repo.git("ls-tree", "HEAD").splitlines() if not line.endswith("\tchecks")]
    whole = repo.git("mktree", stdin="\n".join([*top, f"040000 tree {tree}\tchecks"]) + "\n")
    base = repo.git("commit-tree", whole, "-m", "x")
    repo.commit({"checks/owners.yml": "ben: {}\n"})
    repo.git("reset", "-q", "--soft", base)
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    written: list[str] = []
    real = Path.write_bytes
    monkeypatch.setattr(Path, "write_bytes", lambda path, data: written.append(str(path)) or real(path, data))
    made = compare(read(repo.folder), base).compared
    assert made is not None
    assert made.before.owners is None
    assert sorted(Path(path).name for path in written) == ["pyproject.toml"]
    assert list((tmp_path / "temporary").iterdir()) == []


def test_a_base_that_is_none(repo: Repository, page) -> None:
    """What is no commit is an error of usage."""
    repo.commit({"content/a.md": page()})
    with pytest.raises(UsageError, match="there is no branch, tag or commit 'nope'"):
        compare(read(repo.folder), "nope")
