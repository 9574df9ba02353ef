"""Several things at once, each in a process of its own: what comes back, and that none is left when this one ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

from kbtool.crash import write_crash_file
from kbtool.errors import ConfigError, IncompleteError
from kbtool.forked import both, side_by_side


def test_results_come_back_in_order() -> None:
    """The first task is done here, each of the others in a process of its own."""
    pids = side_by_side([os.getpid, os.getpid, os.getpid])
    assert pids[0] == os.getpid()
    assert len({*pids}) == 3
    assert both(lambda: "here", lambda: {"there": b"\0" * 1_000_000}) == ("here", {"there": b"\0" * 1_000_000})
    assert side_by_side([]) == []


def refuse() -> NoReturn:
    raise ConfigError("it cannot be used", where="mkdocs.yml:3", hint="mend it", kind="some-kind")


def stumble() -> NoReturn:
    raise ZeroDivisionError


@pytest.mark.parametrize("place", [0, 1, 2])
def test_an_error_is_raised_when_all_have_ended(place: int, tmp_path: Path) -> None:
    """Wherever it happened, it is the same error; the other tasks are done all the same."""
    def write(name: str) -> Callable[[], object]:
        return lambda: (time.sleep(0.1), (tmp_path / name).write_text("done"))

    tasks = [write("a"), write("b")]
    tasks.insert(place, refuse)
    with pytest.raises(ConfigError) as caught:
        side_by_side(tasks)
    assert str(caught.value) == "error[some-kind]: mkdocs.yml:3: it cannot be used (mend it)"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def deeper() -> object:
    return side_by_side([os.getpid, stumble])


@pytest.mark.parametrize("task", [stumble, deeper])
def test_a_crash_elsewhere_is_told_with_its_place(task: Callable[[], object]) -> None:
    """The crash file names the function that failed in another process, or in a process of that one."""
    with pytest.raises(ZeroDivisionError) as caught:
        side_by_side([os.getpid, task])
    told = Path(write_crash_file(caught.value)).read_text()
    assert "test_forked.py:" in told.split("ZeroDivisionError")[1]
    assert " stumble\n" in told


@pytest.mark.parametrize("end", [lambda: os._exit(0), lambda: os.kill(os.getpid(), signal.SIGKILL)])
def test_a_process_that_ends_early_is_an_error(end: Callable[[], object]) -> None:
    """It is never taken for one that had nothing to say."""
    with pytest.raises(IncompleteError) as caught:
        side_by_side([os.getpid, end])
    assert caught.value.kind == "ended"


def test_what_cannot_be_handed_over_is_an_error() -> None:
    """The message says what it was."""
    with pytest.raises(RuntimeError, match="function cannot be handed over"):
        side_by_side([os.getpid, lambda: lambda: None])


def interrupt() -> NoReturn:
    time.sleep(0.2)
    raise KeyboardInterrupt


def test_an_interrupt_ends_the_others(tmp_path: Path) -> None:
    """At once, and through their `finally`."""
    def wait() -> None:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
        try:
            time.sleep(60)
            (tmp_path / "late").touch()
        finally:
            (tmp_path / "cleared").touch()

    with pytest.raises(KeyboardInterrupt):
        side_by_side([interrupt, wait])
    assert [path.name for path in tmp_path.iterdir()] == ["cleared"]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent has gone")
def test_nothing_goes_on_when_this_process_is_killed(tmp_path: Path) -> None:
    """Not even after kill -9."""
    code = (
        "import pathlib, sys, time\nfrom kbtool.forked import side_by_side\nhere = pathlib.Path(sys.argv[1])\n"
        "def wait():\n    (here / 'ready').touch()\n    time.sleep(2)\n    (here / 'late').touch()\n"
        "side_by_side([lambda: time.sleep(60), wait])\n"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path)]) as process:
        while not (tmp_path / "ready").exists():
            time.sleep(0.01)
        process.kill()
    time.sleep(2.5)
    assert not (tmp_path / "late").exists()
