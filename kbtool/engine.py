"""Runs the site generator on a stage, in a process of its own whose working directory is the stage.

MkDocs today; another reader of `mkdocs.yml` can take its place here. Nothing else imports an engine.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, entry_points
from pathlib import Path

from kbtool.errors import IncompleteError

_NOTICE = re.compile(r"^(WARNING|ERROR|CRITICAL)\s+-\s+(.*)$", re.MULTILINE)
_HARMLESS = frozenset({"PATH", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "TZ", "TMPDIR", "SOURCE_DATE_EPOCH"})
_QUIET = {"NO_MKDOCS_2_WARNING": "1", "DISABLE_MKDOCS_2_WARNING": "true", "PYTHONUTF8": "1"}


@dataclass(frozen=True)
class Kept:
    """What a build takes over from earlier ones, so that only what changed is made again; see `mkdocs_site.Order`."""

    site: Path  #: the one that stands
    record: Path  #: what is known of its pages
    new_record: Path  #: what is written of the pages of the new one
    rendered: Path  #: rendered articles, of all editions


def build_site(stage: Path, out: Path, kept: Kept | None = None, *, lunr: bool = True, bare: bool = False) -> list[str]:
    """Build the site of a stage into the new folder `out`; return the engine's warnings.

    Args:
        stage: the folder of the stage.
        out: where the site goes; made.
        kept: what earlier builds have left; None to make all of it anew, and leave nothing.
        lunr: whether Material's own search index is made.
        bare: whether the engine gets to know nothing of our environment, which may hold secrets.

    Raises:
        IncompleteError: the engine failed; its own last words are in the message.
    """
    folders = {"out": out}
    if kept:
        folders |= {"before": kept.site, "record": kept.record, "new_record": kept.new_record, "store": kept.rendered}
    given = json.dumps({**{name: str(path.absolute()) for name, path in folders.items()}, "lunr": lunr})
    command = [sys.executable, "-P", "-m", "kbtool.mkdocs_site", given]
    done = subprocess.run(  # noqa: S603 - our own interpreter, no shell
        command, cwd=stage, env=_environment(bare=bare), stdin=subprocess.DEVNULL, capture_output=True, text=True,
        errors="replace", check=False,
    )
    notices = [match[2].strip() for match in _NOTICE.finditer(done.stderr)]
    if done.returncode:
        words = notices or done.stderr.strip().splitlines()[-3:] or [f"exit code {done.returncode}"]
        raise IncompleteError(f"MkDocs could not build the site: {' / '.join(words)[:600]}", kind="engine",
                              hint="the site that was there is untouched")
    return notices


def _environment(*, bare: bool) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name in _HARMLESS or not bare} | _QUIET


def serve_site(stage: Path, address: str) -> int:
    """Serve a stage with live reload until it is interrupted; return the engine's exit code.

    Only pages that changed are rendered again; the stage touches all of them when navigation changes.
    """
    command = [*_mkdocs("serve", stage), "--dirty", "--dev-addr", address]
    with subprocess.Popen(command, cwd=stage, env=os.environ | _QUIET, stdin=subprocess.DEVNULL) as process:  # noqa: S603
        try:
            return process.wait()
        except KeyboardInterrupt:
            return 0
        finally:  # whatever ends us ends it
            process.terminate()


def theme_files() -> Iterator[Path]:
    """Yield the scripts, style sheets and images that come with Material: whatever they hold, it is nobody's secret."""
    spec = importlib.util.find_spec("material")
    for folder in spec.submodule_search_locations or () if spec else ():
        yield from (path for path in (Path(folder) / "templates" / "assets").rglob("*") if path.is_file())


def _mkdocs(command: str, stage: Path) -> list[str]:
    # -P: nothing in the stage can be imported in place of an installed module.
    return [sys.executable, "-P", "-m", "mkdocs", command, "--config-file", str(stage / "mkdocs.yml")]


def theme_folders(name: str | None) -> Iterator[tuple[str, Path]]:
    """Yield the folders that an engine takes the files of a theme from, each with the package and version that it comes with.

    The last two are MkDocs' own, of its search and its templates.
    """
    if name:
        for point in entry_points(group="mkdocs.themes", name=name):
            yield from _package_folders(point.value, point.dist)
    engine = next(iter(entry_points(group="mkdocs.themes", name="mkdocs")), None)
    for package in ("mkdocs.contrib.search", "mkdocs") if engine else ():
        for label, folder in _package_folders(package, engine.dist if engine else None):
            yield label, folder / "templates"


def search_languages() -> Path | None:
    """Return the folder from which MkDocs copies its search's files for further languages."""
    found = next(_package_folders("mkdocs.contrib.search", None), None)
    return found[1] / "lunr-language" if found else None


def _package_folders(package: str, dist: Distribution | None) -> Iterator[tuple[str, Path]]:
    try:
        spec = importlib.util.find_spec(package)
    except ImportError:
        return
    label = f"{dist.name} {dist.version}" if dist else package
    yield from ((label, Path(folder)) for folder in (spec.submodule_search_locations or () if spec else ()))
