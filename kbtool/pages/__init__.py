"""Pages that kbtool writes into an edition, each from a template beside this file."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby

from jinja2 import Environment, PackageLoader, StrictUndefined

from kbtool.articles import Article
from kbtool.editions import Edition
from kbtool.evidence import Evidence

_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")

def environment() -> Environment:
    """Return what renders the templates of this folder."""
    # Markdown, not HTML: titles are escaped by the `text` filter instead of autoescape.
    made = Environment(loader=PackageLoader("kbtool", "pages"), undefined=StrictUndefined, trim_blocks=True, autoescape=False)  # noqa: S701 - not HTML
    made.filters["text"] = _escape
    made.filters["line"] = _line
    return made


def _escape(text: str) -> str:
    return "".join(f"\\{char}" if char in "\\`*_{}[]()#+-.!<>|" else char for char in text.replace("\n", " "))


def _line(text: str) -> str:
    """Return the text on one line, for raw HTML; no character in it ends one for any parser."""
    return " ".join(_CONTROLS.sub(" ", text).split())


def home_page(articles: Iterable[Article], evidence: Evidence, edition: Edition) -> str:
    """Return a home page for an edition that has none: its articles by folder."""
    entries = [
        (article.source.rpartition("/")[0], edition.title(article), article.source)
        for article in articles if article.front_matter.state != "archived"
    ]
    entries.sort(key=lambda entry: (entry[0], entry[1].casefold(), entry[2]))
    groups = [(folder, list(group)) for folder, group in groupby(entries, key=lambda entry: entry[0])]
    name = edition.mkdocs.get("site_name") or evidence.site.values.get("site_name") or "Home"
    return environment().get_template("home.md.jinja").render(name=str(name), groups=groups)
