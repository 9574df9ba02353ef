"""Work that is shared among processes, copies of this one, which end when it does."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import signal
import sys
import threading
import traceback
import warnings
from collections.abc import Callable, Sequence
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any, NoReturn, TypeVar

from kbtool.errors import IncompleteError

_PR_SET_PDEATHSIG = 1
_FORKING = threading.Lock()  # so that no child has the pipe of another, which would then stay open too long

Part = TypeVar("Part")
Result = TypeVar("Result")


def each_apart(parts: Sequence[Part], work: Callable[[Part], Result]) -> list[Result]:
    """Return what the work makes of each part, in order; each is done in a process of its own.

    Raises:
        IncompleteError: a process has ended before it was done.
    """
    children: list[tuple[int, Connection]] = []
    try:
        children.extend(_fork(part, work) for part in parts)
        return [_result(pipe) for _, pipe in children]
    finally:
        for child, pipe in children:
            pipe.close()
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def _fork(part: Part, work: Callable[[Part], Result]) -> tuple[int, Connection]:
    parent = os.getpid()
    with _FORKING, warnings.catch_warnings():
        # Other threads may hold locks for ever in the child: the work is to use none of theirs.
        warnings.simplefilter("ignore", DeprecationWarning)
        receiving, sending = Pipe(duplex=False)
        with sending:
            child = os.fork()
            if not child:
                _do(part, work, sending, parent)
    return child, receiving


def _do(part: Part, work: Callable[[Part], Result], pipe: Connection, parent: int) -> NoReturn:
    """Do the work in the child, and end it."""
    try:
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() == parent:
            gc.freeze()  # to look at all that the parent has would copy it
            pipe.send((work(part), ""))
    except BaseException:  # noqa: BLE001 - it is raised again in the parent
        pipe.send((None, traceback.format_exc()))
    finally:
        os._exit(0)


def _result(pipe: Connection) -> Any:
    try:
        result, fault = pipe.recv()
    except (EOFError, OSError):
        raise IncompleteError("a process has ended before its work was done", kind="killed",
                              hint="was the memory enough? then try again") from None
    if fault:
        raise RuntimeError(fault)
    return result
