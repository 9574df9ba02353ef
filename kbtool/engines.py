"""The site generators that can build a stage, and what of a site each of them brings itself.

All of them read `mkdocs.yml`. The stage asks for nothing that only one of them has: no plugin but search and tags, no hooks, and
paths relative to the file.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution, entry_points
from pathlib import Path

from kbtool.errors import ConfigError

#: Runs a module that ends when we are killed: else it would go on writing while the next build clears up.
_BOUND = """\
import ctypes, os, runpy, signal, sys
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
if os.getppid() != int(sys.argv[1]):
    sys.exit("its parent has gone")
sys.argv = sys.argv[2:]
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
"""


def bound(*words: str) -> list[str]:
    """Return the command of a module, by its name and arguments, that ends when we do."""
    # -P: nothing in the stage can be imported in place of an installed module.
    return [sys.executable, "-P", "-c", _BOUND, str(os.getpid()), *words]


@dataclass(frozen=True, slots=True)
class Engine:
    """A site generator: a package with a command line, started in a process of its own.

    `index` is where it writes what it searches in, `in_stage` whether it knows no other place for a site than the stage's folder.
    """

    name: str
    title: str
    index: str
    in_stage: bool = False

    def build(self, config: Path, out: Path) -> list[str]:
        """Return the command that builds the site of a configuration file; into `out`, unless it can only do so in the stage."""
        more = ["--clean"] if self.in_stage else ["--site-dir", str(out)]
        return bound(self.name, "build", "--config-file", str(config), *more)

    def theme_folders(self, theme: str | None) -> Iterator[tuple[str, Path]]:
        """Yield the folders that it takes the files of a theme from, each with the package and version that it comes with.

        The last ones are its own, of its search and its templates.
        """
        if self.in_stage:  # it has one theme of its own, whatever is named
            yield from ((label, folder / "templates") for label, folder in _folders(self.name, self.name))
            return
        for point in entry_points(group="mkdocs.themes", name=theme) if theme else ():
            yield from _folders(point.value, point.dist.name if point.dist else "")
        for package in (f"{self.name}.contrib.search", self.name):
            yield from ((label, folder / "templates") for label, folder in _folders(package, self.name))

    def search_languages(self) -> Path | None:
        """Return the folder from which it copies its search's files for further languages."""
        found = next(_folders(f"{self.name}.contrib.search", self.name), None)
        return found[1] / "lunr-language" if found and not self.in_stage else None


ENGINES = {
    engine.name: engine for engine in (
        Engine("mkdocs", "MkDocs", "search/search_index.json"),
        Engine("properdocs", "ProperDocs", "search/search_index.json"),
        Engine("zensical", "Zensical", "search.json", in_stage=True),
    )
}


def find_engine(name: str) -> Engine:
    """Return the engine of that name; raises ConfigError where its package is not installed."""
    engine = ENGINES[name]
    if importlib.util.find_spec(engine.name) is None:
        raise ConfigError(f"engine = {name!r}: {engine.title} is not installed", where="pyproject.toml", kind="no-engine",
                          hint=f"pip install 'kbtool[{name}]'")
    return engine


def _folders(package: str, owner: str) -> Iterator[tuple[str, Path]]:
    """Yield the folders of a package, under name and version of the distribution that it belongs to; nothing is imported."""
    top, *below = package.split(".")
    spec = importlib.util.find_spec(top)
    found = _distribution(owner)
    label = f"{found.name} {found.version}" if found else package
    yield from ((label, Path(folder, *below)) for folder in (spec.submodule_search_locations or () if spec else ()))


def _distribution(name: str) -> Distribution | None:
    try:
        return distribution(name)
    except (PackageNotFoundError, ValueError):
        return None
