"""Pagefind as a process: the same bytes whatever happens around it, and one clear error when it fails."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kbtool import pagefind
from kbtool.errors import IncompleteError
from kbtool.pagefind import executable, make_index

PAGES = [(f"/p{n}/", f"<html lang=en><body><main><h1>Page {n}</h1><p>Word{n} and more.</p></main>") for n in range(20)]


def index(pages: list[tuple[str, str]] | Iterator[tuple[str, str]] = PAGES, language: str = "en") -> dict[str, bytes]:
    """Return the index of some pages."""
    return make_index(pages, language=language, root="main", exclude=[".no"])


def test_the_same_pages_give_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the working directory and its configuration files, the environment, and the hour."""
    first = index()
    (tmp_path / "pagefind.toml").write_text('force_language = "de"\n')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PAGEFIND_KEEP_INDEX_URL", "true")
    monkeypatch.setenv("PAGEFIND_FORCE_LANGUAGE", "fr")
    assert index() == first
    assert {name for name in first if name.startswith("wasm.")} == {"wasm.en.pagefind", "wasm.unknown.pagefind"}
    assert len([name for name in first if name.startswith("fragment/en_")]) == len(PAGES)
    assert [path.name for path in tmp_path.iterdir()] == ["pagefind.toml"]


def test_the_order_of_the_pages_is_part_of_the_index() -> None:
    """This is why they are handed over one by one: walking a folder, Pagefind takes the order of the disk."""
    assert index() != index(PAGES[::-1])


@pytest.mark.parametrize("size", [10, 10_000_000])
def test_pages_of_any_size_go_through(size: int) -> None:
    """Neither side waits for the other for ever."""
    made = index([("/", f"<main><h1>A</h1>{'word ' * (size // 5)}</main>")])
    assert len([name for name in made if name.startswith("fragment/")]) == 1


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """A function that puts a Python script in the place of Pagefind."""

    def put(script: str) -> None:
        path = tmp_path / "pagefind"
        path.write_text(f"#!{sys.executable} -S\n{script}")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("PAGEFIND_BINARY_PATH", str(path))

    return put


ANSWER = "import base64, sys\nsys.stdout.write(base64.b64encode(b'%s').decode() + ',')\nsys.stdout.flush()\nsys.stdin.read()\n"
BROKEN = {
    "ends": ("import sys; sys.exit(3)", "Pagefind could not make the search index: it ended with 3"),
    "panics": ("import sys; sys.stdin.read(9); sys.exit('thread main panicked\\nNo space left')", "Pagefind could not make the search index: No space left"),
    "an error": (ANSWER % '{"payload": {"type": "Error", "message": "Invalid config"}}', "Pagefind could not make the search index: Invalid config"),
    "no JSON": (ANSWER % "nonsense", "Pagefind could not make the search index: its answer cannot be read"),
    "other JSON": (ANSWER % '{"payload": {}}', "Pagefind could not make the search index: its answer cannot be read"),
    "no base64": ("print('!,', flush=True)\nimport sys; sys.stdin.read()", "Pagefind could not make the search index: its answer cannot be read"),
}


@pytest.mark.parametrize(("script", "words"), BROKEN.values(), ids=BROKEN)
def test_a_failure_is_one_line(program: Callable[[str], None], script: str, words: str) -> None:
    """It says what happened and that nothing was lost."""
    program(script)
    with pytest.raises(IncompleteError) as caught:
        index([("/", "x" * 10_000_000)])
    assert caught.value.message.startswith(words)
    assert "\n" not in str(caught.value)
    assert (caught.value.kind, caught.value.exit_code, caught.value.hint) == ("search", 3, "the site that was there is untouched")


def test_one_that_hangs_is_ended(program: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """A build waits for it, but not for ever."""
    monkeypatch.setattr(pagefind, "_SECONDS", 0.5)
    program("import time; time.sleep(600)")
    with pytest.raises(IncompleteError, match="it ended with -9"):
        index()


def children(name: str) -> list[str]:
    """Return the processes of ours with such a name."""
    stats = [path.read_text("utf-8", "replace") for path in Path("/proc").glob("[0-9]*/stat")]
    return [stat for stat in stats if f"({name}" in stat and stat.rpartition(")")[2].split()[1] == str(os.getpid())]


def test_a_page_that_cannot_be_read_ends_it() -> None:
    """The error of the disk comes through, and no process is left behind."""

    def pages() -> Iterator[tuple[str, str]]:
        yield PAGES[0]
        raise OSError(5, "Input/output error")

    with pytest.raises(OSError, match="Input/output error"):
        index(pages())
    assert not children("pagefind")


def test_a_missing_program_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By name, with the command; nothing else is tried."""
    monkeypatch.setenv("PAGEFIND_BINARY_PATH", str(tmp_path / "none"))
    with pytest.raises(IncompleteError) as caught:
        executable()
    assert str(caught.value) == (
        f"error[search]: Pagefind, which makes the search index, is not installed at {tmp_path}/none (pip install 'pagefind[bin]'; where "
        "that has no wheel, put pagefind 1.5 on the PATH or into PAGEFIND_BINARY_PATH)"
    )


@pytest.mark.parametrize("missing", ["pagefind.service", "pagefind_bin"])
def test_a_machine_without_a_wheel(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, missing: str) -> None:
    """Neither the package nor a program on the PATH; with one on the PATH, that is taken."""
    monkeypatch.delenv("PAGEFIND_BINARY_PATH", raising=False)
    for name in (missing, "pagefind_bin_extended"):
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(IncompleteError, match=r"is not installed \(pip install 'pagefind\[bin\]'"):
        executable()
    if missing == "pagefind_bin":
        (tmp_path / "pagefind").write_text("#!/bin/sh\n")
        (tmp_path / "pagefind").chmod(0o755)
        assert executable() == tmp_path / "pagefind"
