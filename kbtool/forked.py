"""Does several things at once, each in a process of its own that knows all that this one knows.

Python runs one thread at a time, so what computes needs processes. They are forked: nothing is handed over, and only what comes
of it comes back.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import pickle
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NoReturn, TypeVar

from kbtool.errors import IncompleteError

Result = TypeVar("Result")
One = TypeVar("One")
Other = TypeVar("Other")
_Outcome = tuple[Result | None, BaseException | None]
_PR_SET_PDEATHSIG = 1


def side_by_side(tasks: Sequence[Callable[[], Result]]) -> list[Result]:
    """Return what the tasks return, in their order: the first is done here, each of the others in a process of its own.

    None of them goes on when this process ends, however it does. What a task writes to standard output is lost.

    Raises:
        IncompleteError: a process has ended without a result.
        Exception: what the first task raised that failed, once all have ended.
    """
    others = [_Child(task) for task in tasks[1:]]
    try:
        outcomes = [_done(task) for task in tasks[:1]]
        outcomes += [child.outcome() for child in others]
    finally:
        for child in others:
            child.end()
    return [*_results(outcomes)]


def both(here: Callable[[], One], there: Callable[[], Other]) -> tuple[One, Other]:
    """Return what two tasks return, the second of which is done in a process of its own; see `side_by_side`."""
    tasks: list[Callable[[], Any]] = [here, there]
    one, other = side_by_side(tasks)
    return one, other


def _done(task: Callable[[], Result]) -> _Outcome[Result]:
    try:
        return task(), None
    except Exception as error:  # noqa: BLE001 - it is raised again when the others have ended
        return None, error


def _results(outcomes: Sequence[_Outcome[Result]]) -> Iterator[Result]:
    for result, error in outcomes:
        if error is not None:
            raise error
        yield result  # type: ignore[misc]


class _Child:
    """A process that does one task."""

    def __init__(self, task: Callable[[], object]) -> None:
        ours = os.getpid()
        self._reading, writing = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            os.close(self._reading)
            _work(task, writing, ours)
        os.close(writing)

    def outcome(self) -> _Outcome[Result]:
        """Wait for the task, and return what came of it."""
        with os.fdopen(os.dup(self._reading), "rb") as pipe:
            data = pipe.read()
        try:
            return pickle.loads(data)  # type: ignore[no-any-return] # noqa: S301 - of our own child
        except (EOFError, pickle.UnpicklingError):
            return None, IncompleteError("a process of this build has ended before it was done", kind="ended",
                                         hint="was there enough memory?")

    def end(self) -> None:
        """End it, through every `finally` of its own, if it still runs."""
        os.close(self._reading)
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGTERM)
        os.waitpid(self._pid, 0)


def _work(task: Callable[[], object], writing: int, parent: int) -> NoReturn:
    code = 1
    try:
        _end_with(parent)
        result, error = _done(task)
        if error is not None:
            error.elsewhere = traceback.extract_tb(error.__traceback__)  # type: ignore[attr-defined]
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(_packed(result, error))
        code = 0
    finally:
        os._exit(code)


def _packed(result: object, error: BaseException | None) -> bytes:
    try:
        data = pickle.dumps((result, error))
        pickle.loads(data)  # noqa: S301 - some errors can be packed, and not unpacked
    except Exception:  # noqa: BLE001
        return pickle.dumps((None, RuntimeError(f"{type(error or result).__name__} cannot be handed over")))
    return data


def _end_with(parent: int) -> None:
    """Have this process killed when its parent ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
