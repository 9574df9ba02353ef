"""`mkdocs.yml` as data: the file stays as MkDocs users know it, and editions are derived from it.

Tags (`!!python/name:`, `!ENV`, `!relative`) are kept as they are and written back; Python names outside Material,
Python-Markdown and PyMdown are refused, since they would run code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import yaml

from kbtool.config import Config
from kbtool.errors import ConfigError

_PYTHON = "tag:yaml.org,2002:python/"
_TRUSTED = ("material.", "markdown.", "pymdownx.", "mermaid2.")
DEFAULT = {"site_name": "Help centre", "theme": {"name": "material", "font": False, "palette": [
    {"media": f"(prefers-color-scheme: {name})", "scheme": scheme, "toggle": {"icon": icon, "name": f"Switch to {other} mode"}}
    for name, scheme, icon, other in (
        ("light", "default", "material/weather-night", "dark"), ("dark", "slate", "material/weather-sunny", "light"),
    )
], "features": [
    "navigation.sections", "navigation.indexes", "navigation.top", "navigation.prune", "content.code.copy", "search.suggest",
    "search.highlight",
]}, "markdown_extensions": [
    "admonition", "attr_list", "footnotes", "md_in_html", "tables", {"toc": {"permalink": True}}, "pymdownx.details",
    "pymdownx.highlight", "pymdownx.superfences", {"pymdownx.tabbed": {"alternate_style": True}},
]}


@dataclass(frozen=True, slots=True)
class Tagged:
    """A node with a tag of its own, carried through unread."""

    tag: str
    node: yaml.Node


@dataclass(frozen=True, slots=True)
class SiteConfig:
    """What `mkdocs.yml` says; `exists` is false where kbtool's own defaults stand in for it."""

    values: Mapping[str, Any] = field(default_factory=dict)
    exists: bool = True

    @property
    def directory_urls(self) -> bool:
        """Return whether `x.md` becomes `x/` rather than `x.html`."""
        return self.values.get("use_directory_urls") is not False

    @property
    def base_path(self) -> str:
        """Return the path of `site_url`, with a slash at both ends: where the site lives on its host."""
        url = self.values.get("site_url")
        path = urlsplit(url).path if isinstance(url, str) else ""
        return f"/{path.strip('/')}/" if path.strip("/") else "/"

    def extension(self, name: str) -> Mapping[str, Any]:
        """Return the options of a Markdown extension, empty when it has none or is off."""
        for entry in entries(self.values.get("markdown_extensions")):
            options = entry.get(name) if isinstance(entry, dict) else None
            if isinstance(options, dict):
                return options
        return {}


def load_site_config(config: Config) -> SiteConfig:
    """Read `mkdocs.yml` of the knowledge base, with what it inherits.

    Raises:
        ConfigError: with file and line, when it cannot be read or names code outside the known packages.
    """
    path = config.settings / config.mkdocs
    if not path.is_file():
        return SiteConfig(DEFAULT, exists=False)
    return SiteConfig(_read(path, config.settings, ()))


def _read(path: Path, root: Path, seen: tuple[Path, ...]) -> dict[str, Any]:
    where = path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
    if path in seen:
        raise ConfigError("INHERIT leads back to this file", where=where)
    values = read_yaml(path, where)
    if not isinstance(values, dict):
        raise ConfigError("must be a mapping", where=where, hint="see mkdocs.org, Configuration")
    parent = values.pop("INHERIT", None)
    if parent is None:
        return values
    inherited = (path.parent / str(parent)).resolve()
    if not inherited.is_file():
        raise ConfigError(f"INHERIT: there is no file {str(parent)!r}", where=where, hint="make it first, or correct the path")
    return overlay(_read(inherited, root, (*seen, path)), values)


def read_yaml(path: Path, where: str) -> Any:
    """Read one YAML file with MkDocs' tags kept as `Tagged`."""
    try:
        return yaml.load(path.read_text("utf-8-sig"), Loader=_Loader)  # noqa: S506 - a subclass of SafeLoader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = f":{mark.line + 1}" if mark else ""
        raise ConfigError(str(error.problem or error), where=f"{where}{line}", hint="correct the YAML") from None
    except (OSError, ValueError, yaml.YAMLError, RecursionError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise ConfigError(f"cannot be read: {why}", where=where) from None


def entries(given: object) -> list[Any]:
    """Return `plugins`, or `markdown_extensions`, as a list; MkDocs takes a mapping of names to options as well."""
    if isinstance(given, Mapping):
        return [{name: options} for name, options in given.items()]
    return list(given) if isinstance(given, list) else []


def overlay(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Return `over` laid on `under`: mappings are merged, all else is replaced."""
    merged = dict(under)
    for key, value in over.items():
        below = merged.get(key)
        merged[key] = overlay(below, value) if isinstance(value, Mapping) and isinstance(below, Mapping) else value
    return merged


def custom_dir(config: Config, values: Mapping[str, Any]) -> Path | None:
    """Return the folder of overrides that settings of a site name, or None where they name none."""
    theme = values.get("theme")
    custom = theme.get("custom_dir") if isinstance(theme, dict) else None
    return (config.settings / config.mkdocs).parent / str(custom) if custom else None


def dump(values: Mapping[str, Any]) -> str:
    """Return the values as YAML that MkDocs reads."""
    return yaml.dump(values, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10_000)


class _Loader(yaml.SafeLoader):
    """SafeLoader that keeps unknown tags."""


class _Dumper(yaml.SafeDumper):
    """SafeDumper that writes kept tags back, and no aliases."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - the base class's signature
        return True


def _keep(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> Tagged:
    del loader, suffix
    tag = node.tag
    if tag.startswith(_PYTHON):
        name = tag.removeprefix(_PYTHON).partition(":")[2]
        if not name.startswith(_TRUSTED):
            mark = node.start_mark
            raise yaml.constructor.ConstructorError(
                problem=f"the tag {tag.replace(_PYTHON, '!!python/')!r} would run code that kbtool does not know",
                problem_mark=mark,
            )
    return Tagged(tag, node)


_Loader.add_multi_constructor("!", _keep)
_Loader.add_multi_constructor(_PYTHON, _keep)
_Dumper.add_representer(Tagged, lambda _, data: data.node)


@dataclass(frozen=True, slots=True)
class Slugger:
    """How the engine makes a heading's anchor: `slugify(text, separator)`, None for Python-Markdown's own.

    `name` is the options that it was made from; two sluggers of one name are the same.
    """

    slugify: Callable[[str, str], str] | None = None
    separator: str = "-"
    name: str = ""


PLAIN_SLUGGER = Slugger()


def slugger(site: SiteConfig) -> Slugger:
    """Return the slugger that the options of the `toc` extension name."""
    options = site.extension("toc")
    separator = options.get("separator")
    name = dump(options) if options else ""
    return Slugger(_slugify(options.get("slugify")), separator if isinstance(separator, str) else "-", name)


def _slugify(option: object) -> Callable[[str, str], str] | None:
    if not isinstance(option, Tagged):
        return None
    if option.tag.endswith("markdown.extensions.toc.slugify_unicode"):
        from markdown.extensions.toc import slugify_unicode

        return cast("Callable[[str, str], str]", slugify_unicode)
    if "pymdownx.slugs." not in option.tag:
        return None
    from pymdownx import slugs

    made = getattr(slugs, option.tag.rpartition(".")[2])
    if "/apply:" not in option.tag:
        return cast("Callable[[str, str], str]", made)
    arguments = yaml.SafeLoader("").construct_mapping(option.node, deep=True) if isinstance(option.node, yaml.MappingNode) else {}
    return cast("Callable[[str, str], str]", made(**arguments.get("kwds", {})))
