"""Lets plain `mkdocs serve` and `mkdocs build` work on a stage: it is compiled before the engine looks, and again on change.

The only module beside the engine's adapter that imports MkDocs.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mkdocs.config import config_options
from mkdocs.config.base import Config as PluginConfig
from mkdocs.exceptions import PluginError
from mkdocs.plugins import BasePlugin
from pathspec.gitignore import GitIgnoreSpec

from kbtool import clock
from kbtool.config import find_root, load_config
from kbtool.errors import KbtoolError
from kbtool.evidence import Evidence, gather
from kbtool.site_config import custom_dir, overlay
from kbtool.stage import Staged, stage

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.livereload import LiveReloadServer

log = logging.getLogger("mkdocs.plugins.kbtool")
_OVERLAID = ("site_name", "site_description", "copyright", "extra", "nav")


class Options(PluginConfig):
    """Options of the plugin in `mkdocs.yml`."""

    edition = config_options.Type(str, default="public")
    root = config_options.Type(str, default="")


class KbtoolPlugin(BasePlugin[Options]):
    """Stages one edition, points MkDocs at it, and watches the content folder in place of the stage."""

    def on_startup(self, *, command: str, dirty: bool) -> None:
        """Begin without a stage; having this event also keeps the plugin alive between the builds of a preview."""
        del command, dirty
        self.evidence: Evidence | None = None
        self.staged: Staged | None = None

    def on_config(self, config: MkDocsConfig) -> MkDocsConfig:
        """Bring the stage up to date and make MkDocs read it; in a preview, a fault keeps the last good stage."""
        try:
            self.staged = self._stage(Path(config.config_file_path).resolve().parent)
        except KbtoolError as error:
            if not self.staged:
                raise PluginError(str(error)) from None
            log.error("kbtool: %s; the site stays as it was", error)  # noqa: TRY400 - writers need no traceback
        return _apply(config, self.staged)

    def _stage(self, folder: Path) -> Staged:
        root = Path(self.config.root) if self.config.root else find_root(folder)
        self.evidence = gather(load_config(root), clock.today(), git=False)
        edition = self.evidence.edition(self.config.edition)
        return stage(self.evidence, edition, root / ".kbtool" / "serve" / edition.name, preview=True)

    def on_serve(self, server: LiveReloadServer, *, config: MkDocsConfig, builder: Any) -> LiveReloadServer:
        """Watch what people edit, not what kbtool writes."""
        del builder
        if self.evidence is None:
            return server
        root, settings = self.evidence.config.root, self.evidence.config
        server.unwatch(config.docs_dir)
        watched = [root / name for name in (settings.content, settings.checks_folder, settings.mkdocs, "pyproject.toml")]
        edition = self.evidence.edition(self.config.edition)
        overrides = custom_dir(settings, overlay(self.evidence.site.values, edition.mkdocs))
        for path in [*watched, *([overrides] if overrides else [])]:
            if path.exists():
                server.watch(str(path))
        return server


def _apply(config: MkDocsConfig, staged: Staged) -> MkDocsConfig:
    """Lay the edition over a configuration that MkDocs has loaded already."""
    config.docs_dir = str(staged.folder / "docs")
    overrides = str(staged.folder / "overrides")
    if overrides not in config.theme.dirs:
        config.theme.dirs.insert(0, overrides)
    for key in _OVERLAID:
        if key in staged.config:
            config.load_dict({key: staged.config[key]})
    if "not_in_nav" in staged.config:
        config.not_in_nav = GitIgnoreSpec.from_lines(staged.config["not_in_nav"].splitlines())
    for css in staged.config["extra_css"]:
        if css not in config.extra_css:
            config.extra_css.insert(0, css)
    if "pymdownx.snippets" in config.markdown_extensions:  # it reads any file; the stage has resolved what may be included
        config.markdown_extensions.remove("pymdownx.snippets")
    for entry in staged.config["markdown_extensions"]:
        if isinstance(entry, str) and entry not in config.markdown_extensions:
            config.markdown_extensions.append(entry)
    return config
