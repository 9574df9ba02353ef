"""Prepares the live preview of an edition: a stage whose `mkdocs.yml` brings the plugin that keeps it up to date."""

from __future__ import annotations

import datetime as dt
import ipaddress
from pathlib import Path

from kbtool.config import Config
from kbtool.errors import UsageError
from kbtool.evidence import gather
from kbtool.files import write_atomic
from kbtool.site_config import dump
from kbtool.stage import stage

_PORTS = 65_535


def refuse_others(address: str) -> None:
    """Refuse an address that others could reach: a preview shows drafts, maybe internal ones, and asks nobody who they are.

    Raises:
        UsageError: it is none of this machine alone, or no `HOST:PORT`.
    """
    host, colon, port = address.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not port.isdecimal() or int(port) > _PORTS:
        raise UsageError(f"--address {address}: that is no HOST:PORT", kind="address", hint="such as 127.0.0.1:8000")
    try:
        ours = ipaddress.ip_address(host).is_loopback
    except ValueError:
        ours = host == "localhost"
    if not ours:
        raise UsageError(f"--address {address}: others could read the preview, drafts and all", kind="address",
                         hint="127.0.0.1:8000 is this machine alone; to look from another, forward the port with `ssh -L`")


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
