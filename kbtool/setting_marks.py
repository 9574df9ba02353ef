"""Marks of parts for others in the texts of settings: in names of the navigation, of the site, of product areas.

They mean nothing there, since each edition may say its own in `editions.<name>.mkdocs`. A site would show what they enclose.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from kbtool.errors import ConfigError
from kbtool.evidence import Evidence
from kbtool.inline_regions import scan_inline
from kbtool.near_marks import near_marks
from kbtool.regions import looks_marked, scan_regions
from kbtool.registers import PRODUCT_AREAS

_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_NO_WORDS = frozenset[str]()
_HINT = "no edition reads marks in settings: say it in the part of mkdocs.yml that is only for an edition"


def refuse_marks(evidence: Evidence, values: Mapping[str, Any]) -> None:
    """Raise where a text of settings marks a part for some audience.

    Raises:
        ConfigError: with the file and the text.
    """
    where_areas = f"{evidence.config.checks_folder}/{PRODUCT_AREAS}"
    areas = [area.name for area in (evidence.product_areas or {}).values()]
    audiences = frozenset[str]().union(*(one.audiences for one in evidence.editions.values()))
    if text := next((name for name in areas if name and "<!--" in name), ""):  # pages and feeds show such a name as it stands
        raise ConfigError(f"a comment in the name of a product area: {text[:60]!r}", where=where_areas, kind="mark-in-settings",
                          hint="write it behind a #, which YAML takes for one")
    for where, texts in ((evidence.config.mkdocs, values), (where_areas, areas)):
        if text := next((text for text in _texts(texts) if _marks(text, audiences)), ""):
            raise ConfigError(f"marks a part for some readers: {text[:60]!r}", where=where, kind="mark-in-settings", hint=_HINT)


def _marks(text: str, audiences: frozenset[str]) -> bool:
    """Return whether a text marks a part for some of the readers, or tries to."""
    narrow, folded = audiences - {"public"}, text.casefold()
    if not any(name.casefold() in folded for name in narrow):
        return False
    inlines, problems = scan_inline(text, audiences=audiences) if "{" in text else ((), ())
    regions, more = scan_regions(text.split("\n"), audiences=audiences, directives=_NO_WORDS) if looks_marked(text) else ((), ())
    found = {*(one.audience for one in inlines), *(one.audience for one in regions)} & narrow
    return bool(found or problems or more or any(near_marks(text, 1, audiences)))


def without_comments(values: Any) -> Any:
    """Return values of settings without HTML comments in their texts and names."""
    if isinstance(values, str):
        return _COMMENT.sub("", values) if "<!--" in values else values
    if isinstance(values, dict):
        return {without_comments(key): without_comments(value) for key, value in values.items()}
    return [*map(without_comments, values)] if isinstance(values, list) else values


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, one in value.items():
            yield from _texts(key)
            yield from _texts(one)
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from _texts(one)
