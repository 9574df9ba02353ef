"""What of `mkdocs.yml` an untrusted run keeps: settings that cannot make the engine run or read what an article holds.

The file is the base ref's, yet the articles are a stranger's: an extension that runs code blocks, or a plugin that renders
articles as templates, would do as he says. So there are lists of what is known to be harmless, and all else is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kbtool.site_config import entries

#: Without `extra_templates`, which are files of the content folder that MkDocs renders as templates.
KEYS = frozenset({
    "site_name", "site_url", "site_description", "site_author", "copyright", "repo_url", "repo_name", "edit_uri",
    "edit_uri_template", "use_directory_urls", "nav", "not_in_nav", "exclude_docs", "draft_docs", "theme", "extra", "extra_css",
    "extra_javascript", "markdown_extensions", "plugins", "validation",
    "docs_dir", "site_dir", "hooks", "watch", "remote_branch", "remote_name", "strict", "dev_addr", "INHERIT",  # not used anyway
})
_PYMDOWN = (
    "arithmatex", "betterem", "blocks.admonition", "blocks.caption", "blocks.definition", "blocks.details", "blocks.html",
    "blocks.tab", "caret", "critic", "details", "emoji", "escapeall", "extra", "fancylists", "highlight", "inlinehilite", "keys",
    "magiclink", "mark", "progressbar", "quotes", "saneheaders", "smartsymbols", "striphtml", "superfences", "tabbed", "tasklist",
    "tilde",
)
_MARKDOWN = (
    "abbr", "admonition", "attr_list", "codehilite", "def_list", "extra", "fenced_code", "footnotes", "legacy_attrs", "legacy_em",
    "md_in_html", "meta", "nl2br", "sane_lists", "smarty", "tables", "toc", "wikilinks",
)
#: Markdown extensions that neither read files nor run anything.
EXTENSIONS = frozenset({
    *_MARKDOWN, *(f"markdown.extensions.{name}" for name in _MARKDOWN), *(f"pymdownx.{name}" for name in _PYMDOWN),
    "pymdownx.snippets",  # which the stage leaves out, and stands in for
})


def contain(values: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the settings that an untrusted run keeps, and the names of those that it leaves out."""
    kept = {key: value for key, value in values.items() if key in KEYS}
    extensions = entries(kept.get("markdown_extensions"))
    if extensions:
        kept["markdown_extensions"] = [entry for entry in extensions if _name(entry) in EXTENSIONS]
    left_out = [*(key for key in values if key not in KEYS), *(name for name in map(_name, extensions) if name not in EXTENSIONS)]
    return kept, tuple(left_out)


def _name(entry: object) -> str:
    return str(next(iter(entry), "")) if isinstance(entry, Mapping) else str(entry)
