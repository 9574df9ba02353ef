"""What the style sheets of a knowledge base refer to: fonts, pictures, further style sheets."""

from __future__ import annotations

import posixpath
import re
from urllib.parse import unquote, urlsplit

from kbtool.articles import Content
from kbtool.config import Config

_REFERENCE = re.compile(r"""url\(\s*["']?([^"')]+)|@import\s+["']([^"']+)""", re.IGNORECASE)


def style_references(config: Config, content: Content) -> dict[str, frozenset[str]]:
    """Return style sheet → the assets that it refers to, through the style sheets that it imports as well.

    A style sheet that cannot be read refers to nothing: what it needs is then missing on the site, and never too much.
    """
    direct = {source: _direct(config, content, source) for source in content.assets if source.endswith(".css")}
    return {source: _all(source, direct) for source in direct}


def _direct(config: Config, content: Content, source: str) -> frozenset[str]:
    try:
        text = (config.root / content.assets[source].path).read_text("utf-8", "replace")
    except OSError:
        return frozenset()
    found = (_resolve(source, one or other) for one, other in _REFERENCE.findall(text))
    return frozenset(found) & content.assets.keys()


def _resolve(source: str, reference: str) -> str:
    try:
        parts = urlsplit(reference.strip())
    except ValueError:
        return ""
    if parts.scheme or parts.netloc or parts.path.startswith("/"):
        return ""
    return posixpath.normpath(posixpath.join(posixpath.dirname(source), unquote(parts.path)))


def _all(source: str, direct: dict[str, frozenset[str]]) -> frozenset[str]:
    found: set[str] = set()
    waiting = [source]
    while waiting:
        new = direct.get(waiting.pop(), frozenset()) - found
        found |= new
        waiting += new
    return frozenset(found)
