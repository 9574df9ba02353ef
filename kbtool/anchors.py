"""The ids that Python-Markdown's `toc` and `attr_list` extensions give to headings and other elements."""

from __future__ import annotations

import html
import re
import unicodedata

_COUNTED = re.compile(r"(.*)_([0-9]{1,9})\Z")
_NO_PUNCTUATION = {code: None for code in range(128) if not re.match(r"[\w\s-]", chr(code))}
_HEADING_ATTRIBUTES = re.compile(r"(?<! ) +\{:? *([^} ][^\n]*)\}\Z")
_INLINE_ATTRIBUTES = re.compile(r"(?<=>)\{:? *[^{}\n ][^{}\n]*\}")
_ATTRIBUTE_WORD = re.compile(r"[^ =}]+=\"[^\"]*\"|[^ =}]+='[^']*'|[^ =}]+=[^ =}]+|[^ =}]+")


def slug(value: str, separator: str) -> str:
    """Make the id that markdown.extensions.toc makes by default."""
    if value.replace(" ", "").isalnum() and value.isascii() and separator not in value:
        return separator.join(value.lower().split())
    if not value.isascii():
        value = unicodedata.normalize("NFKD", value).encode("ascii", "ignore").decode()
    value = value.translate(_NO_PUNCTUATION).strip().lower()
    if separator not in value:
        return separator.join(value.split())
    return re.sub(rf"[{re.escape(separator)}\s]+", lambda _: separator, value)


def unique(anchor: str, used: set[str], counters: dict[str, int]) -> str:
    """Return the id with `_1`, `_2` … where it is used already, and add it to `used`; `counters` only saves time."""
    if not anchor or anchor in used:
        match = _COUNTED.match(anchor)
        base, count = (match[1], int(match[2])) if match else (anchor, 0)
        count = counters.get(anchor, count) + 1
        while f"{base}_{count}" in used:
            count += 1
        counters[anchor] = count
        anchor = f"{base}_{count}"
    used.add(anchor)
    return anchor


def attribute_id(attributes: str) -> str | None:
    """Return the id that an attribute list gives, the last one, or None."""
    words = _ATTRIBUTE_WORD.findall(html.unescape(attributes).strip("{: }"))
    ids = [word.lstrip("#").removeprefix("id=").strip("\"'") for word in words if word.startswith(("#", "id="))]
    return ids[-1] if ids else None


def split_attributes(inner: str) -> tuple[str, str | None]:
    """Take an attribute list off a heading, as attr_list does, and return the id that it gives."""
    inner = _INLINE_ATTRIBUTES.sub("", inner).rstrip()
    match = _HEADING_ATTRIBUTES.search(inner, inner.rfind(">") + 1) if inner.endswith("}") else None
    if match is None or "}" in match[1]:
        return inner, None
    return inner[: match.start()].rstrip("#").rstrip(), attribute_id(match[0])
