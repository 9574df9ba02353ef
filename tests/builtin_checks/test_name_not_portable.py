"""KB011 name-not-portable."""

from __future__ import annotations

import pytest

from kbtool.builtin_checks.name_not_portable import NameNotPortable
from kbtool.testing import check_files, in_words

LONG = "content/" + "a" * 150 + "/" + "b" * 79 + ".md"  # 241 characters
FIRES = {
    "content/aux.md": "Windows reserves the name 'aux.md'",
    "content/CON/x.md": "Windows reserves the name 'CON'",
    "content/nul": "Windows reserves the name 'nul'",
    "content/lpt1.tar.gz": "Windows reserves the name 'lpt1.tar.gz'",
    "content/COM9.png": "Windows reserves the name 'COM9.png'",
    "content/a:b.md": "Windows cannot store the name 'a:b.md'",
    "content/q?.md": "Windows cannot store the name 'q?.md'",
    "content/back\\slash.md": "Windows cannot store the name 'back\\\\slash.md'",
    "content/tab\t.md": "Windows cannot store the name 'tab\\t.md'",
    "content/line\nbreak.md": "Windows cannot store the name 'line\\nbreak.md'",
    "content/dot./x.md": "Windows cannot store the name 'dot.'",
    "content/space /x.md": "Windows cannot store the name 'space '",
    "content/x.png ": "Windows cannot store the name 'x.png '",
    "content/caf\udce9.md": "the name is not UTF-8",
    "content/caf\udce9.png": "the name is not UTF-8",
    LONG: "the path is longer than 240 characters",
    "content/" + "d/" * 65 + "x.md": "the folders are nested too deep",
}


@pytest.mark.parametrize(("path", "fault"), FIRES.items(), ids=[fault[:40] for fault in FIRES.values()])
def test_fires(path: str, fault: str) -> None:
    """A name that some system cannot hold is a finding that says which part of it."""
    found = check_files(NameNotPortable(), {path: ""})
    shown = "content/" + "d/" * 64 + "d" if "deep" in fault else path
    assert in_words(found) == [f"{shown}:1:1 KB011 error: {fault} (rename it)"]


@pytest.mark.parametrize(
    "path",
    [
        "content/auxiliary.md", "content/com10.md", "content/console/x.md", "content/com/x.md", "content/a b.md", "content/a'b.md",
        "content/größe.md", "content/请求.md", "content/😀.md", "content/x..md", "content/[a].md", "content/a&b=c.md", "content/-rf.md",
        LONG.replace("/b", "/"), "content/" + "d/" * 64 + "x.md",
    ],
    ids=lambda path: path[:30],
)
def test_clean(path: str) -> None:
    """Names that only look strange are clean; 240 characters and 64 folders still are."""
    assert check_files(NameNotPortable(), {path: ""}) == []


def test_several() -> None:
    """Each file has one finding, for the first part of its path that is wrong; dotfiles are no content."""
    files = dict.fromkeys(["content/aux/a:b.md", "content/con.png", "content/.nul", "content/ok.md"], "")
    assert [(one.path, one.message) for one in check_files(NameNotPortable(), files)] == [
        ("content/aux/a:b.md", "Windows reserves the name 'aux'"), ("content/con.png", "Windows reserves the name 'con.png'"),
    ]
