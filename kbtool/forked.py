"""Does several things at once, each in a process of its own that knows all that this one knows.

Python runs one thread at a time, so what computes needs processes. They are forked: nothing is handed over, and only what comes
of it comes back.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import traceback
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from itertools import chain, pairwise
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any, TypeVar

from kbtool.errors import IncompleteError

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

Result = TypeVar("Result")
One = TypeVar("One")
Other = TypeVar("Other")
Outcome = tuple[Any, Exception | None]
_PR_SET_PDEATHSIG = 1
_MOST = 8


def processors() -> int:
    """Return how many tasks can be done at once; no more than pay, since each learns anew what tasks have in common."""
    ours = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(ours, _MOST)


def side_by_side(tasks: Sequence[Callable[[], Result]]) -> list[Result]:
    """Return what the tasks return, in their order: the first is done here, each of the others in a process of its own.

    None of them goes on when this process ends; on Linux, not even when it is killed.

    Raises:
        IncompleteError: a process has ended without a result.
        Exception: what the first of the tasks that failed raised, once all have ended.
    """
    found = outcomes(tasks)
    for _, error in found:
        if error is not None:
            raise error
    return [result for result, _ in found]


def outcomes(tasks: Sequence[Callable[[], object]]) -> list[Outcome]:
    """Return what each task returned or raised, with None for the other, as `side_by_side` does it."""
    others = [Aside(task) for task in tasks[1:]]
    try:
        return [*(_done(task) for task in tasks[:1]), *(child.outcome() for child in others)]
    finally:
        for child in others:
            child.end()


def both(here: Callable[[], One], there: Callable[[], Other]) -> tuple[One, Other]:
    """Return what two tasks return, the second of which is done in a process of its own; see `side_by_side`."""
    tasks: list[Callable[[], Any]] = [here, there]
    one, other = side_by_side(tasks)
    return one, other


def spread(task: Callable[[Sequence[One]], Sequence[Other]], items: Sequence[One], fewest: int) -> list[Other]:
    """Return what a task returns for each of the items; each processor takes a row of them, unless there are few."""
    count = processors() if len(items) >= fewest else 1
    ends = [len(items) * number // count for number in range(count + 1)]
    rows = side_by_side([partial(task, items[start:end]) for start, end in pairwise(ends)])
    return [*chain.from_iterable(rows)]


def _done(task: Callable[[], object]) -> Outcome:
    try:
        return task(), None
    except Exception as error:  # noqa: BLE001 - it is raised again when the others have ended
        return None, error


class Aside:
    """A task in a process of its own, from now on."""

    def __init__(self, task: Callable[[], object]) -> None:
        """Start the process."""
        context = get_context("fork")
        self._here, there = context.Pipe(duplex=False)
        self._process = context.Process(target=_work, args=(task, there, os.getpid()))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of threads, which tasks have nothing to do with
            self._process.start()
        there.close()

    def outcome(self) -> Outcome:
        """Wait for the task, and return what came of it."""
        try:
            result, error = self._here.recv()
        except EOFError:
            return None, IncompleteError("a process has ended before it was done", kind="ended",
                                         hint="was there enough memory?")
        return result, error

    def end(self) -> None:
        """End it, through every `finally` of its own, if it still runs."""
        self._here.close()
        self._process.terminate()
        self._process.join()


def _work(task: Callable[[], object], pipe: Connection, parent: int) -> None:
    try:
        _end_with(parent)
        result, error = _done(task)
        if error is not None:
            below = getattr(error, "elsewhere", ())  # in a process of this one
            error.elsewhere = [*traceback.extract_tb(error.__traceback__), *below]  # type: ignore[attr-defined]  # for `crash`
        try:
            pipe.send((result, error))
        except BrokenPipeError:
            raise
        except Exception:  # noqa: BLE001 - not every object can be
            pipe.send((None, RuntimeError(f"{type(error or result).__name__} cannot be handed over")))
        os._exit(0)
    except BaseException:  # noqa: BLE001 - whoever ends us knows why
        os._exit(1)


def _end_with(parent: int) -> None:
    """Have this process killed when its parent ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
