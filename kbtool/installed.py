"""What installed packages add by entry point."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from kbtool.errors import ConfigError


def load(point: EntryPoint) -> Any:
    """Return what an entry point names; raises ConfigError where it cannot be loaded."""
    try:
        return point.load()
    except Exception as error:
        raise ConfigError(
            f"the entry point {point.name} ({point.value}) cannot be loaded: {error}", kind="bad-plugin",
            hint="update or uninstall its package",
        ) from error


def points(group: str, taken: Iterable[str] = ()) -> Mapping[str, EntryPoint]:
    """Return the entry points of a group by name; raises ConfigError for a name that is there twice."""
    found: dict[str, EntryPoint] = {}
    for point in entry_points(group=group):
        if point.name in found or point.name in taken:
            raise ConfigError(f"{point.name} is there twice in {group}: also {point.value}", kind="bad-plugin",
                              hint="uninstall one of the packages")
        found[point.name] = point
    return found
