"""Work in several processes: what it makes comes back in order, what goes wrong is told, and no process is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from kbtool.errors import IncompleteError
from kbtool.forked import each_apart


def alive(process: int) -> bool:
    """Return whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_each_part_is_done_in_a_process_of_its_own() -> None:
    """The results are in the order of the parts, however large; what is done there changes nothing here."""
    seen: list[int] = []

    def work(part: int) -> tuple[int, int, str]:
        seen.append(part)
        time.sleep(0.1 / part)
        return part, os.getpid(), "x" * 300_000

    done = each_apart([1, 2, 3], work)
    assert [part for part, *_ in done] == [1, 2, 3]
    assert {len(text) for *_, text in done} == {300_000}
    assert len({os.getpid(), *(process for _, process, _ in done)}) == 4
    assert seen == []
    assert each_apart([], work) == []


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_process_that_dies_is_an_error(tmp_path: Path, number: signal.Signals) -> None:
    """Nothing is returned as if it were all, and the other processes are ended."""

    def work(part: int) -> int:
        (tmp_path / str(part)).write_text(str(os.getpid()))
        if part == 1:
            os.kill(os.getpid(), number)
        time.sleep(600 if part == 2 else 0)
        return part

    with pytest.raises(IncompleteError, match="ended before") as caught:
        each_apart([0, 1, 2], work)
    assert caught.value.kind == "killed"
    assert not any(alive(int(path.read_text())) for path in tmp_path.iterdir())


def test_what_goes_wrong_is_told() -> None:
    """As it would be without processes: it is a fault of ours, with its lines."""

    def work(part: int) -> int:
        return 1 // part

    with pytest.raises(RuntimeError, match=r"(?s)in work.*ZeroDivisionError"):
        each_apart([1, 0], work)


def test_threads_can_share_work_at_once() -> None:
    """Each gets what is its own."""
    results: dict[int, list[int]] = {}

    def thread(number: int) -> None:
        results[number] = each_apart([number, number + 1], lambda part: part * 10)

    threads = [threading.Thread(target=thread, args=[number]) for number in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert results == {number: [number * 10, number * 10 + 10] for number in range(4)}


@pytest.mark.skipif(sys.platform != "linux", reason="only there a process can be bound to another")
def test_processes_end_when_they_are_left_alone(tmp_path: Path) -> None:
    """Who is killed leaves none that works on."""
    code = (
        "import os, sys, time\nfrom pathlib import Path\nfrom kbtool.forked import each_apart\n"
        "def work(part):\n    Path(sys.argv[1], str(part)).write_text(f'{os.getpid()}.')\n    time.sleep(600)\n"
        "each_apart([1, 2], work)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)])
    while sum(path.read_text().endswith(".") for path in tmp_path.iterdir()) < 2:
        time.sleep(0.01)
    parent.kill()
    parent.wait()
    children = [int(path.read_text().strip(".")) for path in tmp_path.iterdir()]
    for _ in range(500):
        if not any(map(alive, children)):
            break
        time.sleep(0.01)
    assert not any(map(alive, children))
