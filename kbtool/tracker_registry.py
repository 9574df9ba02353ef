"""Which kinds of trackers there are, and those of a configuration. A kind is imported when a tracker of it is made."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

from kbtool.config import Config, did_you_mean
from kbtool.errors import ConfigError
from kbtool.installed import load, points
from kbtool.ticket_evidence import EMBEDDED
from kbtool.validation import wrong

GROUP = "kbtool.trackers"
BUILTIN_TRACKERS: Mapping[str, str] = {
    "file": "kbtool.trackers.file:FileTracker",
    "github": "kbtool.trackers.github:GithubTracker",
    "gitlab": "kbtool.trackers.gitlab:GitlabTracker",
    "jira": "kbtool.trackers.jira:JiraTracker",
    "redmine": "kbtool.trackers.redmine:RedmineTracker",
    "rt": "kbtool.trackers.rt:RtTracker",
    "zendesk": "kbtool.trackers.zendesk:ZendeskTracker",
}
_PROTOCOL = ("kind", "key_of", "mentions", "fetch", "changed")  #: what kbtool.tickets.Tracker asks for
_FILES = ("path", "ca_file")  #: options that are taken relative to the knowledge base
_SECRET = re.compile(r"(?:token|password|secret|api_?key)$", re.IGNORECASE)


def find_trackers() -> dict[str, EntryPoint]:
    """Return kind → where its class is, built in and installed; raises ConfigError for a kind that is there twice."""
    builtin = {kind: EntryPoint(kind, value, GROUP) for kind, value in BUILTIN_TRACKERS.items()}
    return {**builtin, **points(GROUP, builtin)}


def make_trackers(config: Config) -> dict[str, Any]:
    """Return the trackers of the configuration by name, and `tickets`, the embedded one, where its file exists.

    Raises:
        ConfigError: a kind that does not exist, options that it does not have, or a file of tickets that cannot be read.
    """
    made: dict[str, Any] = {}
    kinds = find_trackers()
    embedded = f"{config.checks_folder}/tickets.yml"
    if (config.settings / embedded).is_file():
        made[EMBEDDED] = load(kinds["file"])(config.settings / embedded, embedded)
    for name, table in config.trackers.items():
        if not re.fullmatch(r"[A-Za-z][\w-]{0,40}", name):
            raise ConfigError(f"trackers.{name}: a tracker needs a name of letters, digits and hyphens", where="pyproject.toml")
        if table.kind not in kinds:
            raise ConfigError(f"trackers.{name}: no kind {table.kind!r}{did_you_mean(table.kind, kinds)}", where="pyproject.toml")
        if name == EMBEDDED:
            raise ConfigError(f"trackers.{name}: {embedded} has this name", where="pyproject.toml", hint="choose another")
        kind = _sound(load(kinds[table.kind]), table.kind)
        made[name] = _tracker(kind, name, table.model_extra or {}, config.settings)
    for tracker in made.values():
        if tracker.kind == "file":
            tracker.load()
    return made


def _sound(kind: Any, name: str) -> Any:
    """Return the class of a kind of tracker; raises ConfigError where a package brings something else under its name."""
    lacks = [member for member in _PROTOCOL if not hasattr(kind, member)]
    if lacks:
        why = f"it has no {lacks[0]}"
    elif kind.kind != name:
        why = f"it is of the kind {kind.kind!r}"
    else:
        why = "" if dataclasses.is_dataclass(kind) else "it is no dataclass"
    if why:
        raise ConfigError(f"the kind {name!r} is no tracker: {why}", kind="bad-plugin", hint="update or uninstall its package")
    return kind


def _tracker(kind: Any, name: str, options: Mapping[str, Any], root: Path) -> Any:
    from pydantic import TypeAdapter, ValidationError

    fields = {found.name: found.metadata.get("option", True) for found in dataclasses.fields(kind) if found.init}
    for key in options:
        if _SECRET.search(key):
            raise ConfigError(f"trackers.{name}: {key!r} would keep a secret in a file", where="pyproject.toml",
                              kind="secret-in-config", hint="name an environment variable that holds it, such as token_env")
        if not fields.get(key):
            known = (*(field for field, option in fields.items() if option), "kind", "public", "max_age")
            raise ConfigError(f"trackers.{name}: unknown option {key!r}{did_you_mean(key, known)}", where="pyproject.toml")
    files = {key: str(root / options[key]) for key in _FILES if isinstance(options.get(key), str)}
    called = {"name": options["path"]} if fields.get("name") is False and "path" in files else {}
    try:
        return TypeAdapter(kind).validate_python({**options, **files, **called})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, ("trackers", name, *first["loc"])))
        raise ConfigError(f"{where}: {wrong(first)}", where="pyproject.toml") from None
