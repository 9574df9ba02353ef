"""The store of what earlier runs worked out."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbtool import cache as module
from kbtool.cache import Cache, is_worth_writing

SECTIONS = {"facts": b'{"a": 1}', "empty": b"", "raw": bytes(range(256))}


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    """A cache in a folder that does not exist yet."""
    return Cache(tmp_path / ".kbtool" / "cache")


@given(key=st.text(), sections=st.dictionaries(st.text(), st.binary()))
def test_what_is_written_is_read_again(tmp_path_factory: pytest.TempPathFactory, key: str, sections: dict[str, bytes]) -> None:
    """Any sections come back under their name and key, to this process and to another, and nothing is said."""
    folder = tmp_path_factory.mktemp("cache")
    Cache(folder).write("history", key, sections)
    other = Cache(folder)
    assert other.read("history", key) == sections
    assert other.notes == []


@pytest.mark.parametrize(("new", "kept", "worth"), [(0, 0, False), (1, 0, True), (1, 3, True), (0, 3, False), (5, 1000, False), (6, 1000, True)])
def test_little_that_is_new_is_not_written(new: int, kept: int, worth: bool) -> None:
    """A hundredth of what is kept is written; less than half of that is sooner worked out again."""
    assert is_worth_writing(new, kept) is worth


@pytest.mark.parametrize(("name", "key"), [("articles", "k"), ("history", "other"), ("history", "")])
def test_another_name_or_key_finds_nothing(cache: Cache, name: str, key: str) -> None:
    """A cache is a function of its key: what was written under another is not there, which is no news."""
    cache.write("history", "k", SECTIONS)
    assert cache.read(name, key) is None
    assert cache.notes == []
    assert cache.read("history", "k") == SECTIONS


def test_a_new_key_takes_the_place_of_the_old_one(cache: Cache, tmp_path: Path) -> None:
    """There is one file a name, so a cache does not grow with every commit."""
    cache.write("history", "one", {"a": b"1"})
    cache.write("history", "two", {"a": b"2"})
    assert cache.read("history", "one") is None
    assert cache.read("history", "two") == {"a": b"2"}
    assert sorted(path.name for path in (tmp_path / ".kbtool/cache").iterdir()) == [".gitignore", "history"]


def test_without_a_folder_nothing_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache without a folder holds nothing, writes nothing, has no time and says nothing."""
    monkeypatch.chdir(tmp_path)
    none = Cache(None)
    none.write("history", "k", SECTIONS)
    none.damaged("other")
    assert none.read("history", "k") is None
    assert none.moment() is None
    assert none.notes == ["the cache 'other' was damaged and is made anew"]
    assert list(tmp_path.iterdir()) == []


def test_a_reader_sets_aside_what_is_not_what_was_written(cache: Cache, tmp_path: Path) -> None:
    """What a reader finds damaged is kept beside for a look, said once, and no longer read."""
    cache.write("history", "k", SECTIONS)
    whole = (tmp_path / ".kbtool/cache/history").read_bytes()
    cache.damaged("history")
    cache.damaged("history")
    assert cache.read("history", "k") is None
    assert (tmp_path / ".kbtool/cache/history.corrupt").read_bytes() == whole
    assert cache.notes == ["the cache 'history' was damaged and is made anew"]


KNOWN = {"format": 1, "version": module._version(), "key": "k"}
HEADERS = [
    b"", b"[]", b"{}", b"null", b'"x"', b"[" * 100_000, b"\xff", b"PK\x03\x04", json.dumps(KNOWN).encode(),
    *(json.dumps({**KNOWN, "sections": sections}).encode() for sections in (None, 5, {"ab": 1}, [5], [["a"]], [["a", "x"]], [["a", 0.5]],
                                                                         [[[], 1]])),
]


@pytest.mark.parametrize("content", HEADERS)
def test_a_file_that_was_not_written_like_this_is_damaged(cache: Cache, content: bytes) -> None:
    """No header, however it is made, is an error or is taken for sections that it does not have."""
    cache.write("history", "k", SECTIONS)
    assert cache.folder is not None
    for checksum in (b"", hashlib.sha256(content + b"\nbody").hexdigest().encode() + b"\n"):
        (cache.folder / "history").write_bytes(checksum + content + b"\nbody")
        assert cache.read("history", "k") is None
    assert cache.notes == ["the cache 'history' was damaged and is made anew"]


def test_the_moment_is_that_of_the_file_system(cache: Cache, tmp_path: Path) -> None:
    """A file that is written after the moment is never older than it, and the moment never goes back."""
    before = cache.moment()
    (tmp_path / "file").write_bytes(b"")
    after = cache.moment()
    assert before is not None
    assert after is not None
    assert before <= (tmp_path / "file").stat().st_ctime_ns <= after


@pytest.mark.parametrize("link", [".kbtool", ".kbtool/cache"])
def test_nothing_is_written_through_a_symlink(tmp_path: Path, link: str) -> None:
    """A commit may hold a symlink in the cache's place; no file is written where it leads."""
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "cache").mkdir(parents=True)
    (tmp_path / link).parent.mkdir(exist_ok=True)
    (tmp_path / link).symlink_to(elsewhere)
    cache = Cache(tmp_path / ".kbtool/cache")
    cache.write("history", "k", SECTIONS)
    assert cache.notes == [f"the cache cannot be written: {link.rpartition('/')[2]} is a symlink"]
    assert [path for path in elsewhere.rglob("*") if path.is_file()] == []
