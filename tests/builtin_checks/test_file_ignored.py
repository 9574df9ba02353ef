"""KB014 file-ignored."""

from __future__ import annotations

import os
from pathlib import Path

from kbtool.builtin_checks.file_ignored import FileIgnored
from kbtool.config import load_config
from kbtool.evidence import gather
from kbtool.runner import run
from kbtool.testing import TODAY, in_words, knowledge_base

HINT = "replace it by a normal file"
ENDING = "give it the ending of an article, or add its own to suffixes"


def found_in(root: Path) -> list[str]:
    return in_words(run(gather(load_config(root), TODAY), [FileIgnored()]).findings)


def test_symlinks_that_stay_inside(tmp_path: Path) -> None:
    """A symlink to a file or folder of the content folder is a warning; it is not followed."""
    knowledge_base(tmp_path, {"content/a/x.md": ""})
    (tmp_path / "content/b.md").symlink_to("a/x.md")
    (tmp_path / "content/c").symlink_to("a")
    assert found_in(tmp_path) == [
        f"content/b.md:1:1 KB014 warning: a symlink; it is not followed ({HINT})",
        f"content/c:1:1 KB014 warning: a symlink; it is not followed ({HINT})",
    ]


def test_pipe_and_folder(tmp_path: Path) -> None:
    """A pipe is not read, and a folder that is named like an article is pointed out while its articles are read."""
    knowledge_base(tmp_path, {"content/a.md/x.md": "---\ntitle: a\n---\n"})
    os.mkfifo(tmp_path / "content/pipe.md")
    assert found_in(tmp_path) == [
        f"content/a.md:1:1 KB014 warning: a folder that is named like an article ({HINT})",
        f"content/pipe.md:1:1 KB014 warning: neither a file nor a folder; it is not read ({HINT})",
    ]
    assert [article.source for article in gather(load_config(tmp_path), TODAY).articles] == ["a.md/x.md"]


def test_markdown_that_is_no_article(tmp_path: Path) -> None:
    """A Markdown file with another ending, in any case, is neither article nor asset; with its ending configured it is one."""
    knowledge_base(tmp_path, {"content/a.markdown": "", "content/B.MD": "", "content/c.mkd": "", "content/d.mdx": ""})
    told = f"KB014 warning: Markdown with an ending that is not among the suffixes; it is in no edition ({ENDING})"
    assert found_in(tmp_path) == [f"content/{name}:1:1 {told}" for name in ("B.MD", "a.markdown", "c.mkd")]
    assert gather(load_config(tmp_path), TODAY).content.assets.keys() == {"d.mdx"}
    knowledge_base(tmp_path, {}, config='suffixes = [".markdown", ".MD", ".mkd"]\n')
    assert found_in(tmp_path) == []


def test_clean(tmp_path: Path) -> None:
    """Articles, assets, folders, dotfiles and symlinks that leave the folder (KB405) are not this check's."""
    knowledge_base(tmp_path, {"content/a/x.md": "", "content/i.png": b"x", "content/.hidden/y.md": ""})
    (tmp_path / "content/out.md").symlink_to("/etc/hostname")
    (tmp_path / "content/gone.md").symlink_to("nothing.md")
    assert found_in(tmp_path) == []
