"""Has an index made by Pagefind, in a process of its own: pages go in, and the files of the index come back.

It speaks the protocol of Pagefind's own packages (`pagefind --service`: requests and answers are JSON in base64, a comma
after each). Left to walk a folder, Pagefind numbers pages as the disk happens to list them; fed page by page, it gives the
same bytes everywhere, and writes nothing itself. It sees no environment and no configuration but this.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import subprocess
import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any

from kbtool.errors import IncompleteError

HINT = "the site that was there is untouched"
_GET = "pip install 'pagefind[bin]'; where that has no wheel, put pagefind 1.5 on the PATH or into PAGEFIND_BINARY_PATH"
_SECONDS = 1800  # then it hangs: a page takes two milliseconds
_CHUNK = 1 << 20


def executable() -> Path:
    """Return Pagefind's program: what PAGEFIND_BINARY_PATH says, that of the Python packages, or the one on the PATH.

    Raises:
        IncompleteError: there is none.
    """
    try:
        from pagefind.service import get_executable

        found = get_executable()
    except (ImportError, OSError):
        found = None
    if found is None or not found.is_file():
        missing = f" at {found}" if found else ""
        raise IncompleteError(f"Pagefind, which makes the search index, is not installed{missing}", kind="search", hint=_GET)
    return found


def make_index(pages: Iterable[tuple[str, str]], *, language: str, root: str, exclude: Sequence[str]) -> dict[str, bytes]:
    """Return the files of an index by their paths in it, Pagefind's own scripts among them.

    Args:
        pages: URL and HTML of each page, read as Pagefind asks for them; their order is part of the index.
        language: of all pages.
        root: selector of the element that is indexed.
        exclude: selectors of what in it is not.

    Raises:
        IncompleteError: Pagefind is missing, failed, or does not end.
        OSError: a page cannot be read.
    """
    program = executable().resolve()
    config = {"root_selector": root, "exclude_selectors": [*exclude], "force_language": language}
    with tempfile.TemporaryDirectory(prefix="kbtool-pagefind-") as empty, tempfile.TemporaryFile() as complaints:
        process = subprocess.Popen(  # noqa: S603 - no shell; a configuration file in the working directory would be read
            [str(program), "--service"], cwd=empty, env={}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=complaints,
        )
        watchdog = threading.Timer(_SECONDS, process.kill)
        watchdog.start()
        try:
            files = _converse(process, _requests(pages, config))
        finally:
            watchdog.cancel()
            _end(process)
        if files is None:
            complaints.seek(0)
            said = complaints.read().decode(errors="replace").strip().splitlines()
            raise _failure(said[-1] if said else f"it ended with {process.returncode}")
    return files


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout):
        with contextlib.suppress(BrokenPipeError):  # what nobody has read
            if stream is not None:
                stream.close()


def _failure(reason: str) -> IncompleteError:
    return IncompleteError(f"Pagefind could not make the search index: {reason[:300]}", kind="search", hint=HINT)


def _requests(pages: Iterable[tuple[str, str]], config: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    yield {"type": "NewIndex", "config": config}
    for url, html in pages:
        yield {"type": "AddFile", "index_id": 0, "url": url, "file_path": None, "file_contents": html}
    yield {"type": "GetFiles", "index_id": 0}


def _converse(process: subprocess.Popen[bytes], requests: Iterable[dict[str, Any]]) -> dict[str, bytes] | None:
    """Return the files that Pagefind hands back at the end, or None when it ends before that."""
    if process.stdin is None or process.stdout is None:  # never so: both are pipes
        return None
    with ThreadPoolExecutor(1) as aside:
        writing = aside.submit(_write, process.stdin, requests)
        try:
            files = _files(process.stdout)
        except (ValueError, KeyError, TypeError) as error:
            raise _failure(f"its answer cannot be read, {error}") from error
        finally:
            process.kill()  # whoever still writes to it is told so
    writing.result()
    return files


def _files(stream: IO[bytes]) -> dict[str, bytes] | None:
    for answer in _answers(stream):
        if answer["type"] == "Error":
            raise _failure(answer["message"])
        if answer["type"] == "GetFiles":
            return {file["path"]: base64.b64decode(file["content"]) for file in answer["files"]}
    return None


def _write(stream: IO[bytes], requests: Iterable[dict[str, Any]]) -> None:
    """Write the requests; the stream stays open after the last one, for its end makes Pagefind quit before it has answered."""
    try:
        for number, request in enumerate(requests):
            message = base64.b64encode(json.dumps({"message_id": number, "payload": request}).encode()) + b","
            with contextlib.suppress(BrokenPipeError):  # it has ended, and the reader of its answers says so
                stream.write(message)
        with contextlib.suppress(BrokenPipeError):
            stream.flush()
    except BaseException:
        with contextlib.suppress(BrokenPipeError):
            stream.close()
        raise


def _answers(stream: IO[bytes]) -> Iterator[dict[str, Any]]:
    """Yield what Pagefind answers, as it comes."""
    parts: list[bytes] = []
    while chunk := os.read(stream.fileno(), _CHUNK):
        *ended, rest = chunk.split(b",")
        for end in ended:
            yield json.loads(base64.b64decode(b"".join([*parts, end])))["payload"]
            parts = []
        parts.append(rest)
