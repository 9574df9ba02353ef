"""Runs the site generator on a stage, in a process of its own whose working directory is the stage.

MkDocs, or another reader of `mkdocs.yml` (see `engines`). Nothing here imports one.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kbtool.engines import bound, find_engine
from kbtool.errors import IncompleteError

_OWN = ("site", ".cache")  #: what an engine makes in the stage that cannot be told another place
#: Then it hangs: ten minutes, and more than any engine takes for a page.
_SECONDS, _SECONDS_A_PAGE = 600.0, 0.1
_STYLED = re.compile(r"\x1b\[[0-9;]*m")
_NOTICE = re.compile(
    r"^(?:(?:WARNING|ERROR|CRITICAL)\s+-|Warning:)\s+(?P<said>.*)$(?:\n *\S+\[ (?P<place>\S+) \]$)?", re.MULTILINE
)
_FAILURE = re.compile(r"^[\w.]+(?:Error|Exception): .+$", re.MULTILINE)
_HARMLESS = frozenset({"PATH", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "TZ", "TMPDIR", "SOURCE_DATE_EPOCH"})
_QUIET = {"NO_MKDOCS_2_WARNING": "1", "DISABLE_MKDOCS_2_WARNING": "true", "PYTHONUTF8": "1"}


@dataclass(frozen=True)
class Kept:
    """What a build takes over from earlier ones, so that only what changed is made again; see `mkdocs_site.Order`."""

    site: Path  #: the one that stands
    record: Path  #: what is known of its pages
    new_record: Path  #: what is written of the pages of the new one
    rendered: Path  #: rendered articles, of all editions


@dataclass(frozen=True)
class How:
    """How an engine is run.

    Args:
        engine: its name in the configuration.
        day: what it takes for today, so that all builds of one day are the same; by default as the environment says.
        bare: whether it gets to know nothing of our environment, which may hold secrets.
    """

    engine: str = "mkdocs"
    day: dt.date | None = None
    bare: bool = False

    @property
    def environment(self) -> dict[str, str]:
        """Return the environment that it runs in."""
        ours = {name: value for name, value in os.environ.items() if name in _HARMLESS or not self.bare} | _QUIET
        midnight = dt.datetime(self.day.year, self.day.month, self.day.day, tzinfo=dt.UTC) if self.day else None
        return ours | ({"SOURCE_DATE_EPOCH": str(int(midnight.timestamp()))} if midnight else {})


_USUAL = How()


def build_site(stage: Path, out: Path, kept: Kept | None = None, *, lunr: bool = True, how: How = _USUAL) -> list[str]:
    """Build the site of a stage into the new folder `out`; return the engine's warnings.

    Args:
        stage: the folder of the stage.
        out: where the site goes; made.
        kept: what earlier builds have left; None to make all of it anew, and leave nothing. MkDocs alone takes anything over.
        lunr: whether Material's own search index is made.
        how: with which engine, and on which day.

    Raises:
        IncompleteError: the engine failed, and its own last words are in the message; or it hangs.
    """
    chosen = find_engine(how.engine)
    own = [stage / name for name in _OWN if chosen.in_stage]
    for folder in own:  # what a build that was killed has left
        shutil.rmtree(folder, ignore_errors=True)
    command = _with_kept(out, kept, lunr=lunr) if how.engine == "mkdocs" else chosen.build(stage / "mkdocs.yml", out)
    limit = _SECONDS + _SECONDS_A_PAGE * sum(1 for _ in (stage / "docs").rglob("*.md"))
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter, no shell
            command, cwd=stage, env=how.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
            check=False, timeout=limit,
        )
    except subprocess.TimeoutExpired as error:
        raise IncompleteError(f"{chosen.title} hangs: it was ended after {limit / 60:.0f} minutes without a site", kind="engine",
                              hint="the site that was there is untouched") from error
    said = _STYLED.sub("", done.stderr)
    notices = [" ".join(filter(None, (match["place"], match["said"].strip()))) for match in _NOTICE.finditer(said)]
    if done.returncode:
        words = notices or _FAILURE.findall(said) or said.strip().splitlines()[-3:] or [f"exit code {done.returncode}"]
        raise IncompleteError(f"{chosen.title} could not build the site: {' / '.join(words)[:600]}", kind="engine",
                              hint="the site that was there is untouched")
    if chosen.in_stage:
        own[0].rename(out)
        shutil.rmtree(own[1], ignore_errors=True)
    return notices


def _with_kept(out: Path, kept: Kept | None, *, lunr: bool) -> list[str]:
    """Return the command that builds with MkDocs and takes over what has not changed."""
    folders = {"out": out}
    if kept:
        folders |= {"before": kept.site, "record": kept.record, "new_record": kept.new_record, "store": kept.rendered}
    given = {name: str(path.absolute()) for name, path in folders.items()}
    return bound("kbtool.mkdocs_site", json.dumps({**given, "lunr": lunr}))


def serve_site(stage: Path, address: str) -> int:
    """Serve a stage with live reload until it is interrupted; return the engine's exit code.

    Only pages that changed are rendered again; the stage touches all of them when navigation changes.
    """
    command = [*_mkdocs("serve", stage), "--dirty", "--dev-addr", address]
    with subprocess.Popen(command, cwd=stage, env=os.environ | _QUIET, stdin=subprocess.DEVNULL) as process:  # noqa: S603 - no shell
        try:
            return process.wait()
        except KeyboardInterrupt:
            return 0
        finally:  # whatever ends us ends it
            process.terminate()


def theme_files(engine: str = "mkdocs") -> Iterator[Path]:
    """Yield the scripts, style sheets and images that come with the theme: whatever they hold, it is nobody's secret."""
    for _, folder in find_engine(engine).theme_folders("material"):
        yield from (path for path in (folder / "assets").rglob("*") if path.is_file())


def _mkdocs(command: str, stage: Path) -> list[str]:
    # -P: nothing in the stage can be imported in place of an installed module.
    return [sys.executable, "-P", "-m", "mkdocs", command, "--config-file", str(stage / "mkdocs.yml")]
