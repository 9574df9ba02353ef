"""The content folder on disk: what is in it, the state of a file, and the text in its bytes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbtool.content_files import NO_STATE, Found, decode, read_content, walk


def test_the_walk_knows_the_state_of_articles(tmp_path: Path) -> None:
    """An article is found in the state in which it is read; what is no article has none."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a/b.md").write_bytes(b"text")
    (tmp_path / "a/c.png").write_bytes(b"text")
    found = sorted(walk(tmp_path, (".md",)), key=lambda found: found.source)
    assert found == [Found("a/b.md", "article", state=read_content(tmp_path / "a/b.md", 4)[1]), Found("a/c.png", "asset")]
    assert found[0].state[0] == 4


@pytest.mark.parametrize("change", ["content", "size", "time", "rights", "file"])
def test_every_change_is_another_state(tmp_path: Path, change: str) -> None:
    """Whatever is done to a file, even under its old time, changes its state."""
    path = tmp_path / "a.md"
    path.write_bytes(b"old")
    os.utime(path, ns=(10**18, 10**18))
    before = read_content(path, 9)
    status = path.stat()
    while (tmp_path / "a.md").stat().st_ctime_ns >= _now(tmp_path):
        pass  # the clock of the file system has not ticked yet
    if change == "file":
        (tmp_path / "b.md").write_bytes(b"new")
        (tmp_path / "b.md").replace(path)
    elif change in ("content", "size"):
        path.write_bytes(b"new" if change == "content" else b"newer")
    elif change == "rights":
        path.chmod(0o600)
    os.utime(path, ns=(10**18 + (change == "time"), 10**18 + (change == "time")))
    assert (path.stat().st_size == status.st_size) == (change != "size")
    assert read_content(path, 9)[1] != before[1]


def _now(folder: Path) -> int:
    (folder / "now").touch()
    return (folder / "now").stat().st_mtime_ns


def test_a_file_that_cannot_be_read_has_no_state(tmp_path: Path) -> None:
    """What is not there, or is a folder, has no bytes and no state; what is too long has no bytes."""
    (tmp_path / "long").write_bytes(b"12345")
    assert read_content(tmp_path / "gone", 9)[:2] == (b"", NO_STATE)
    assert read_content(tmp_path, 9)[:2] == (b"", NO_STATE)
    content, _, problem = read_content(tmp_path / "long", 4)
    assert content == b""
    assert problem
    assert problem.message == "the file is larger than 4 bytes"


@pytest.mark.parametrize(
    ("raw", "line", "message"),
    [
        ("\ufeffa".encode("utf-16-le"), 1, "not UTF-8 (it looks like UTF-16)"),
        (b"a\0b\0", 1, "not UTF-8 (it looks like UTF-16)"),
        (b"text\n\ntext\0", 3, "not text: there is a NUL byte"),
        (b"text\ncaf\xe9", 2, "not UTF-8 at byte 8"),
        (b"\xed\xa0\x80", 1, "not UTF-8 at byte 0"),
    ],
)
def test_decode_names_what_is_wrong(raw: bytes, line: int, message: str) -> None:
    """Bytes that are no UTF-8 text have a problem with a line, and no text."""
    text, problem = decode(raw)
    assert problem is not None
    assert (text, problem.line, problem.message) == ("", line, message)
    assert problem.hint


OURS, THEIRS = "<<<<<<< HEAD\na\n=======\n", "b\n>>>>>>> theirs\n"
FENCE = "```\n"


@pytest.mark.parametrize(("text", "line"), [
    (f"---\ntitle: A\n{OURS}{THEIRS}---\n", 3), (f"---\ntitle: A\n---\n\n{OURS}{THEIRS}", 5), (f"{OURS}||||||| 1234\n=======\n{THEIRS}".replace("\n", "\r\n"), 1),
    (f"{OURS}{THEIRS}".replace(" HEAD", "").replace(" theirs", ""), 1), (f"{OURS}{FENCE}x\n{FENCE}{THEIRS}", 1),
    (f"<<<<<<< HEAD\n{FENCE}a\n=======\n{FENCE}{THEIRS}{FENCE}", 1), (f"{FENCE}{OURS}{THEIRS}{FENCE}\n{OURS}{THEIRS}", 9),
])
def test_a_merge_conflict_is_no_text(text: str, line: int) -> None:
    """What git has left of a conflict, wherever it is, is named with its first line."""
    found, problem = decode(text.encode())
    assert (found, problem and (problem.line, problem.message)) == ("", (line, "a merge conflict starts here"))


@pytest.mark.parametrize("text", [
    OURS, THEIRS, f"{THEIRS}{OURS}", f"{FENCE}{OURS}{THEIRS}{FENCE}", f"{FENCE}diff\n{OURS}x\n=======\n{THEIRS}{FENCE}Text.\n", f"> {FENCE}".join(f"> {line}\n" for line in [OURS, THEIRS]),
    "Title\n=======\n\n>>>>>>> deep\n", f"    {OURS}{THEIRS}", "a <<<<<<< b\n=======\n>>>>>>> c\n", "<<<<<<<x\n=======\n>>>>>>>y\n",
])
def test_what_shows_a_conflict_or_looks_like_one_is_text(text: str) -> None:
    """An example in a fence of its own, in a quote or indented, is none, and neither are headings and quotes alone."""
    assert decode(text.encode()) == (text, None)


@given(st.binary(max_size=40))
def test_decode_never_raises(raw: bytes) -> None:
    """Any bytes are text with plain line ends, or a problem."""
    text, problem = decode(raw)
    assert (problem is not None and text == "") or "\r" not in text


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40))
def test_decode_reads_all_utf8(text: str) -> None:
    """Whatever was encoded is read back, up to line ends and one byte order mark."""
    expected = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    assert decode(text.encode()) == (expected, None)
