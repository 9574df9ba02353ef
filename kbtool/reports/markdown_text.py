"""Text of strangers inside Markdown: titles, names and paths that must not become markup, links or mentions."""

from __future__ import annotations

import html
import re

from kbtool.reports.text import LONGEST, visible

_MARKS = re.compile(r"([\\`*_{}\[\]()#+!|~$^@-])")
_NUMBER = re.compile(r"\A(\d+)\.")  #: what begins a list
#: What a platform makes links and mentions of.
_CALLS = re.compile(r"(@(?=\w)|\bG[HL](?=-\d)|[#!$&](?=\d)|[%~](?=[\w\"])|:(?=//)|\bwww(?=\.))", re.IGNORECASE)
_BREAK = "\u200b"  #: keeps it from doing so, and is not seen


def escaped(text: str) -> str:
    """Return text that shows as itself in the Markdown of GitHub and GitLab, in a table cell too; it calls nobody."""
    plain = _CALLS.sub(rf"\1{_BREAK}", visible(text).strip())
    marked = _MARKS.sub(r"\\\1", html.escape(plain, quote=False)).replace("\\@", "@")
    return _NUMBER.sub(r"\1\.", marked)


def code(text: str, longest: int | None = LONGEST) -> str:
    """Return text as inline code, whatever backticks it has; not for the cell of a table."""
    text = visible(text, longest)
    ticks = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    pad = " " if text.startswith(("`", " ")) or text.endswith(("`", " ")) else ""
    return f"{ticks}{pad}{text}{pad}{ticks}"
