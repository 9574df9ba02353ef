"""KB405 symlink-escape."""

from __future__ import annotations

from pathlib import Path

import pytest

from kbtool.builtin_checks.symlink_escape import SymlinkEscape
from kbtool.config import load_config
from kbtool.evidence import gather
from kbtool.runner import run
from kbtool.testing import TODAY, in_words, knowledge_base

TARGETS = {
    "absolute": "/etc/passwd",
    "the register": "../checks/owners.yml",
    "a folder above": "..",
    "a sibling with a longer name": "../content-private",
    "nothing": "nothing.md",
    "itself": "link.md",
    "the root": "/",
}


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_fires(tmp_path: Path, target: str) -> None:
    """A symlink that leaves the content folder, loops or ends nowhere is an error, and nothing behind it is read."""
    knowledge_base(tmp_path, {"content/a.md": "", "content-private/secret.md": ""})
    (tmp_path / "content/link.md").symlink_to(target)
    evidence = gather(load_config(tmp_path), TODAY)
    assert in_words(run(evidence, [SymlinkEscape()]).findings) == [
        "content/link.md:1:1 KB405 error: a symlink that leaves the content folder or ends nowhere (replace it by a file)",
    ]
    assert [article.source for article in evidence.articles] == ["a.md"]


def test_clean(tmp_path: Path) -> None:
    """A symlink that stays inside is KB014's; a content folder that is itself reached by a symlink is fine."""
    knowledge_base(tmp_path / "real", {"content/a/x.md": ""})
    (tmp_path / "real/content/b.md").symlink_to("a/x.md")
    (tmp_path / "real/content/absolute.md").symlink_to(tmp_path / "real/content/a/x.md")
    (tmp_path / "link").symlink_to("real")
    assert run(gather(load_config(tmp_path / "link"), TODAY), [SymlinkEscape()]).findings == ()
