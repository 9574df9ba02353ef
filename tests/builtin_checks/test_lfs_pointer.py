"""KB015 lfs-pointer."""

from __future__ import annotations

import pytest

from kbtool.builtin_checks.front_matter_invalid import FrontMatterInvalid
from kbtool.builtin_checks.lfs_pointer import LfsPointer
from kbtool.testing import article, check_article, in_words

POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'4d' * 32}\nsize 12345\n"
WORDS = "content/article.md:1:1 KB015 error: not an article but a Git LFS pointer (keep articles out of LFS, or run `git lfs pull`)"


@pytest.mark.parametrize("text", [
    POINTER, POINTER.replace("git-lfs", "hawser"), POINTER.replace("spec/v1", "spec/v2"), POINTER.replace("oid", "ext-0-crypt sha256:ab\noid"), POINTER.replace("\n", "\r\n"), f"{POINTER}x-more yes\n",
])
def test_fires(text: str) -> None:
    """A pointer, of any version and with extensions, is an error of its own, and no article of any edition."""
    assert in_words(check_article(LfsPointer(), text)) == [WORDS]
    assert check_article(FrontMatterInvalid(), text) == []
    assert not article(text).readable


@pytest.mark.parametrize("text", ["", "version https://git-lfs.github.com/spec/v1\n", f"\n{POINTER}", f"---\ntitle: x\n---\n{POINTER}", POINTER.replace("oid", "id"), POINTER.replace("git-lfs.github.com", "example.com")])
def test_clean(text: str) -> None:
    """An article that speaks of pointers is one."""
    assert check_article(LfsPointer(), text) == []
    assert article(text).readable
