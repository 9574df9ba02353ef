"""KB016 embedded-repo."""

from __future__ import annotations

from pathlib import Path

import pytest

from kbtool.builtin_checks.embedded_repo import EmbeddedRepo
from kbtool.config import load_config
from kbtool.evidence import gather
from kbtool.runner import run
from kbtool.testing import TODAY, check_files, history, in_words, knowledge_base

WORDS = "{}:1:1 KB016 error: a git repository inside the content (move it out of the content folder)"
BARE = {"HEAD": "ref: refs/heads/main\n", "config": "", "objects/x": "", "refs/x": ""}


@pytest.mark.parametrize(("folder", "path"), [("evil", "content/evil"), ("a/b.md", "content/a/b.md"), (".", "content")])
def test_a_bare_repository(folder: str, path: str) -> None:
    """What git would take for a bare repository is one, wherever it is in the content."""
    found = check_files(EmbeddedRepo(), {f"content/{folder}/{name}": text for name, text in BARE.items()})
    assert in_words(found) == [WORDS.format(path)]


@pytest.mark.parametrize("folder", ["clone", "a/clone", "."])
def test_a_clone(tmp_path: Path, folder: str) -> None:
    """A clone or a submodule is one, whose .git is a folder or a file; its articles are read all the same."""
    knowledge_base(tmp_path, {})
    history(tmp_path / "content" / folder).commit({"x.md": "text"})
    evidence = gather(load_config(tmp_path), TODAY, git=False)
    path = "content" if folder == "." else f"content/{folder}"
    assert in_words(run(evidence, [EmbeddedRepo()]).findings) == [WORDS.format(path)]
    assert [article.path for article in evidence.articles] == [f"{path}/x.md"]
    files = {f"{path}/.git": "gitdir: ../elsewhere\n"}
    assert in_words(check_files(EmbeddedRepo(), files)) == [WORDS.format(path)]


@pytest.mark.parametrize("left_out", ["HEAD", "objects/x", "refs/x"])
def test_clean(left_out: str) -> None:
    """A folder with some of these names is a folder, and so is one that is called like a repository."""
    files = {f"content/evil/{name}": text for name, text in BARE.items() if name != left_out}
    assert check_files(EmbeddedRepo(), {**files, "content/x.git/a.md": "", "content/.gitignore": "", "content/a/.gitattributes": ""}) == []
