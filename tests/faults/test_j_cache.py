"""Faults of files and processes, as far as they concern the cache (FAULTS.md, group J)."""

from __future__ import annotations

import datetime as dt
import errno
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbtool import article_cache, articles, shell
from kbtool import cache as module
from kbtool.built import Sites
from kbtool.cache import FOLDER, Cache
from kbtool.config import load_config
from kbtool.content_files import NO_STATE, read_content
from kbtool.front_matter import Problem
from kbtool.site_config import load_site_config, slugger

DAMAGED = ["the cache 'history' was damaged and is made anew"]
WRITE = "cache.Cache(folder).write('history', 'k', {'a': b'new' * 100000})\n"
WRITE_OFTEN = """
kept, who = cache.Cache(folder), sys.argv[2].encode()
for n in range(40):
    kept.write("history", "k", {"who": who, "text": who * 200000})
sys.exit(len(kept.notes))
"""
OLD, NEW = {"a": b"old" * 1000, "b": b""}, {"a": b"new" * 100_000, "b": b"more"}


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    """A cache that holds something."""
    made = Cache(tmp_path / ".kbtool" / "cache")
    made.write("history", "k", OLD)
    return made


def _folder(cache: Cache) -> Path:
    assert cache.folder is not None
    return cache.folder


def _names(cache: Cache) -> list[str]:
    return sorted(path.name for path in _folder(cache).iterdir())


def _python(code: str, *args: str | Path) -> subprocess.Popen[bytes]:
    head = "import os, signal, sys\nfrom pathlib import Path\nfrom kbtool import cache, files\nfolder = Path(sys.argv[1])\n"
    return subprocess.Popen([sys.executable, "-P", "-c", head + code, *args], stdout=subprocess.PIPE)


@pytest.mark.parametrize("step", ["chmod", "replace"])
def test_j01_a_killed_writer_leaves_the_old_file_whole(cache: Cache, step: str) -> None:
    """A process that is killed in its write leaves what was there; its leftover is swept once nobody can be writing it."""
    code = f"files.os.{step} = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n{WRITE}"
    with _python(code, _folder(cache)) as killed:
        assert killed.wait() == -signal.SIGKILL
    assert cache.read("history", "k") == OLD
    leftover, = _folder(cache).glob(".history.*")
    cache.write("history", "k", NEW)
    assert leftover.exists()
    os.utime(leftover, (1_000_000_000, 1_000_000_000))
    cache.write("history", "k", NEW)
    assert _names(cache) == [".gitignore", "history"]
    assert cache.read("history", "k") == NEW
    assert cache.notes == []


def test_j05_eight_writers_at_once(cache: Cache) -> None:
    """Whoever reads while eight processes write sees one whole file; without a lock, since each renames its own into place."""
    writers = [_python(WRITE_OFTEN, _folder(cache), str(n)) for n in range(8)]
    seen = set()
    while any(writer.poll() is None for writer in writers):
        found = cache.read("history", "k")
        assert found is not None
        assert found == OLD or found["text"] == found["who"] * 200_000
        seen.add(found.get("who", b"old"))
    assert [writer.communicate()[0] or writer.returncode for writer in writers] == [0] * 8
    assert len(seen) > 1
    assert cache.notes == []
    assert _names(cache) == [".gitignore", "history"]


def test_j06_nobody_waits_for_anybody(cache: Cache) -> None:
    """A process that stands still in its write keeps no other from reading and writing."""
    code = f"files.os.replace = lambda *_: (print('here', flush=True), signal.pause())\n{WRITE}"
    with _python(code, _folder(cache)) as stuck:
        assert stuck.stdout
        assert stuck.stdout.readline() == b"here\n"
        cache.write("history", "k", NEW)
        assert cache.read("history", "k") == NEW
        stuck.kill()
    assert cache.notes == []


@given(data=st.data())
def test_j07_a_torn_file_is_never_read(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """A file cut short, lengthened, or changed in any byte is set aside, said, and written anew."""
    cache = Cache(tmp_path_factory.mktemp("cache"))
    sections = {"a": b"12345", "b": b"67"}
    cache.write("history", "k", sections)
    path = _folder(cache) / "history"
    whole = path.read_bytes()
    at = data.draw(st.integers(0, len(whole) - 1))
    torn = data.draw(st.sampled_from([
        whole[:at], whole + b"x", whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :], b"\0" * len(whole), whole[at + 1 :],
    ]))
    path.write_bytes(torn)
    assert cache.read("history", "k") is None
    assert cache.notes == DAMAGED
    assert _names(cache) == [".gitignore", "history.corrupt"]
    cache.write("history", "k", sections)
    assert cache.read("history", "k") == sections


@pytest.mark.parametrize(("what", "value"), [("_version", lambda: "0.0.1 of other code"), ("_FORMAT", 0)])
def test_j07_another_version_is_not_read(cache: Cache, monkeypatch: pytest.MonkeyPatch, what: str, value: Any) -> None:
    """What another version or format has written is not there; it is no damage, and is written over."""
    monkeypatch.setattr(module, what, value)
    assert cache.read("history", "k") is None
    assert cache.notes == []
    cache.write("history", "k", NEW)
    monkeypatch.undo()
    assert cache.read("history", "k") is None
    assert cache.notes == []


def test_j09_a_cache_holds_no_code() -> None:
    """No module that reads a cache can make an object of what a stranger wrote: pickle and marshal are not imported."""
    folder = Path(module.__file__).parent
    for path in folder.rglob("*.py"):
        text = path.read_text("utf-8")
        for word in ("pickle", "marshal", "shelve"):
            assert f"import {word}" not in text, path.name
            assert f"from {word}" not in text, path.name


FAULTS = [errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EACCES, errno.EIO]


@pytest.mark.parametrize("step", ["open", "chmod", "replace", "utime"])
@pytest.mark.parametrize("number", FAULTS)
def test_j10_what_cannot_be_written_is_said_and_the_run_goes_on(
    cache: Cache, monkeypatch: pytest.MonkeyPatch, step: str, number: int
) -> None:
    """A full or read-only disk loses the new cache, not the old one, and one note tells."""
    def fail(*_args: object, **_more: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, step, fail)
    cache.write("history", "k", NEW)
    cache.write("other", "k", NEW)
    monkeypatch.undo()
    assert cache.notes == [f"the cache cannot be written: {os.strerror(number)}"]
    assert cache.read("history", "k") == OLD
    assert _names(cache) == [".gitignore", "history"]


def test_j10_a_folder_that_cannot_be_one(tmp_path: Path) -> None:
    """Where a file stands in the folder's place, nothing is kept and nothing breaks."""
    (tmp_path / ".kbtool").write_bytes(b"a file")
    cache = Cache(tmp_path / ".kbtool" / "cache")
    cache.write("history", "k", NEW)
    assert cache.read("history", "k") is None
    assert cache.moment() is None
    assert cache.notes == ["the cache cannot be written: Not a directory"]
    assert (tmp_path / ".kbtool").read_bytes() == b"a file"


def test_j10_a_cache_that_may_not_be_read(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache that the disk does not give is not there, and one note tells."""
    def fail(_path: Path) -> bytes:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(Path, "read_bytes", fail)
    assert cache.read("history", "k") is None
    assert cache.notes == ["the cache cannot be read: Input/output error"]


def test_j14_a_power_cut_leaves_no_part_that_is_believed(cache: Cache) -> None:
    """The rename may reach the disk before the bytes do: an empty or zeroed file in its place is found out."""
    path = _folder(cache) / "history"
    for left in (b"", b"\0" * path.stat().st_size):
        path.write_bytes(left)
        assert cache.read("history", "k") is None
        assert cache.notes == DAMAGED
        cache.write("history", "k", OLD)
        assert cache.read("history", "k") == OLD


# ---------------------------------------------------------------------------------------------- a check of a knowledge base

CHECK = ("check", "--no-git", "--format", "json")
CONTENT = ".kbtool/cache/content"


def _checked(kb: Any, *args: str) -> tuple[int, str]:
    """Return exit code and report of a check; nothing may be said besides."""
    done = kb.run(*CHECK, *args)
    assert done.err == ""
    return done.code, done.out


def test_j05_eight_checks_at_once(kb: Any) -> None:
    """Checks that run side by side on one cache all say the same, with and without what the others have kept."""
    kb.write("content/bad.md", "---\ntitle: [\n---\n")
    cold = _checked(kb, "--no-cache")
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda _: _checked(kb), range(8))) == [cold] * 8
    assert _checked(kb) == cold


def test_j07_garbage_is_set_aside_and_said(kb: Any) -> None:
    """A check whose cache was cut off says so in a warning, reports as ever, and keeps a whole one again."""
    cold = _checked(kb)
    path = kb.root / CONTENT
    path.write_bytes(path.read_bytes()[:-10])
    done = kb.run(*CHECK)
    assert (done.code, done.out) == cold
    assert done.err == "kbtool: warning[cache]: the cache 'content' was damaged and is made anew\n"
    assert path.with_name("content.corrupt").exists()
    assert _checked(kb) == cold


def test_j09_a_cache_is_never_committed(kb: Any) -> None:
    """Git sees nothing of it, in a knowledge base that ignores nothing."""
    subprocess.run(["git", "init", "-q", kb.root], check=True)
    _checked(kb)
    seen = subprocess.run(["git", "-C", kb.root, "status", "--porcelain", "-uall"], check=True, capture_output=True, text=True).stdout
    assert (kb.root / CONTENT).is_file()
    assert ".kbtool" not in seen
    assert "content/index.md" in seen


def test_j09_a_poisoned_cache_makes_no_site(kb: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache that says of an article for the people inside that it is public can mislead a check, and no build."""
    kb.write("content/index.md", "---\ntitle: Secret\naudience: internal\n---\nSecret.\n")
    monkeypatch.setattr(article_cache, "_COARSEST", -(10**12))
    options = {"no_cache": False, "no_git": True, "today": "2026-11-22"}
    shell.run_checks(kb.root, options, ())
    config = load_config(kb.root)
    cache, key = Cache(kb.root / FOLDER), article_cache._key(config, slugger(load_site_config(config)))
    sections = cache.read("content", key)
    assert sections
    cache.write("content", key, {**sections, "articles": sections["articles"].replace(b'"internal"', b'"public"')})
    assert shell.run_checks(kb.root, options, ())[0].articles[0].audience == "public"
    assert shell.run_checks(kb.root, options, (), sites=Sites())[0].articles[0].audience == "internal"


@pytest.mark.parametrize("where", [".kbtool", ".kbtool/cache"])
def test_j10_a_check_goes_on_without_a_place_for_its_cache(kb: Any, where: str) -> None:
    """Where nothing can be written, one warning says so, and the report is that of any other run."""
    cold = _checked(kb, "--no-cache")
    kb.write(where, b"a file")
    done = kb.run(*CHECK)
    assert (done.code, done.out) == cold
    assert done.err.startswith("kbtool: warning[cache]: the cache cannot be written: ")
    assert done.err.count("\n") == 1
    assert (kb.root / where).read_bytes() == b"a file"


def test_j10_no_cache_touches_nothing(kb: Any) -> None:
    """With --no-cache nothing is written, and what is there is not read."""
    before = kb.tree()
    cold = _checked(kb, "--no-cache")
    assert kb.tree() == before
    assert _checked(kb) == cold
    (kb.root / CONTENT).write_bytes(b"garbage")
    before = kb.tree()
    assert _checked(kb, "--no-cache") == cold
    assert kb.tree() == before


def test_j11_what_could_not_be_read_is_not_kept(kb: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """An article that could not be read is nobody's in that run, and is read by the next one."""
    def fail(path: str, limit: int) -> Any:
        if path.endswith("index.md"):
            return b"", NO_STATE, Problem(1, "the file cannot be read: Input/output error")
        return read_content(path, limit)

    kb.write("content/other.md", "---\ntitle: Other\n---\n")
    config, cache = load_config(kb.root), Cache(kb.root / FOLDER)
    with monkeypatch.context() as patch:
        patch.setattr(articles, "read_content", fail)
        broken = articles.load_articles(config, cache=cache)
        broken.keep()
    assert [article.audience for article in broken.articles] == ["", "internal"]
    assert b"other.md" in (kb.root / CONTENT).read_bytes()
    assert b"index.md" not in (kb.root / CONTENT).read_bytes()
    assert [article.audience for article in articles.load_articles(config, cache=cache).articles] == ["public", "internal"]


@pytest.mark.parametrize("year", [1970, 2199])
def test_j12_a_clock_that_is_wrong(kb: Any, year: int) -> None:
    """Times of files in the past or future change nothing: an edit of the same length under the same time is seen."""
    path, when = kb.root / "content/index.md", int(dt.datetime(year, 2, 1, tzinfo=dt.UTC).timestamp())
    os.utime(path, (when, when))
    first = _checked(kb)
    assert _checked(kb) == first
    path.write_bytes(path.read_bytes().replace(b"title:", b"titel:"))
    os.utime(path, (when, when))
    assert _checked(kb)[1] != first[1]
    assert _checked(kb) == _checked(kb, "--no-cache")
