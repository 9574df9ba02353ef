"""The file that a crash leaves behind: types and places in our code, and no word of anybody's articles."""

from __future__ import annotations

import platform
import sys
import tempfile
import traceback
from pathlib import Path

from kbtool import __version__


def write_crash_file(error: BaseException) -> str:
    """Write what a maintainer needs to find the bug; return the file's path, or why there is none."""
    lines = [f"kbtool {__version__}, Python {platform.python_version()}, {sys.platform}", type(error).__name__]
    frames = [*traceback.extract_tb(error.__traceback__), *getattr(error, "elsewhere", ())]  # and in a process of its own
    lines += [f"  {Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
    try:
        with tempfile.NamedTemporaryFile("w", prefix="kbtool-crash-", suffix=".txt", delete=False, encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
            return file.name
    except OSError:
        return "(no crash file could be written)"
