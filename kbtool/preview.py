"""Prepares the live preview of an edition: a stage whose `mkdocs.yml` brings the plugin that keeps it up to date."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from kbtool.config import Config
from kbtool.evidence import gather
from kbtool.files import write_atomic
from kbtool.site_config import dump
from kbtool.stage import stage


def prepare(config: Config, name: str, today: dt.date) -> Path:
    """Stage an edition for preview and return the stage's folder.

    Raises:
        UsageError: there is no such edition.
        KbtoolError: it cannot be staged.
    """
    evidence = gather(config, today, git=False)  # an article shows when it is saved, not when it has landed
    edition = evidence.edition(name)
    folder = config.root / ".kbtool" / "serve" / name
    staged = stage(evidence, edition, folder, preview=True)
    plugins = [*staged.config.get("plugins", ["search"]), {"kbtool": {"edition": name, "root": str(config.root)}}]
    preview = config.root / ".kbtool" / "preview" / name
    preview.mkdir(parents=True, exist_ok=True)
    values = {**staged.config, "plugins": plugins, "docs_dir": str(folder / "docs"), "site_dir": str(preview / "site")}
    values["theme"] = {**values["theme"], "custom_dir": str(folder / "overrides")}
    write_atomic(preview / "mkdocs.yml", dump(values).encode())
    return preview
