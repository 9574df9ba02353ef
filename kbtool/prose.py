"""The words of a Markdown text: what a reader reads, whatever its marks and its wrapping.

They come from the source, not from a renderer's output, so that no new version of a renderer changes them. They are part of
what a review signs: whoever changes these rules gives seals another version (see `signatures`).
"""

from __future__ import annotations

import hashlib
import re
from itertools import pairwise

from kbtool.regions import code_mask, comment_spans, inline_code, region_markers

_LINK = re.compile(r"\]\((?:<[^<>\n]*>|(?:[^()\s]|\([^()\s]*\))*)(\s+(?:\"[^\"]*\"|'[^']*'))?\s*\)")
_DEFINITION = re.compile(r"((?:\A|\n) {0,3}\[(?!\^)[^\]\n]+\]:)[ \t]*(?:<[^<>\n]*>|\S+)")
_ATTRIBUTES = re.compile(r"\{[:#.][^{}\n]*\}")
_START = re.compile(r"\n[ \t>]+")
_HEADING = re.compile(r"\n#{1,6}(?=[ \t])")
_RULE = re.compile(r"\n[ \t|:=-]+(?=\n)")
_SNIPPET = re.compile(r"\n-+8<-+[^\n]*")
_GAP = re.compile(r"\n{2,}")
_STARS = re.compile(r"\*+(?![\s*])|(?<![\s*])\*+")
_UNDERSCORES = re.compile(r"_+(?!\w)|(?<!\w)_+")


def digest(body: str) -> str:
    """Return what tells whether the words of a text have changed."""
    return hashlib.sha256(words(body).encode("utf-8", "surrogateescape")).hexdigest()


def words(body: str) -> str:
    """Return the words of a text with one space between them: no white space, no comments, no marks of Markdown.

    Targets of links are no words, nor are markers of regions and includes. In code every sign counts.
    """
    spans, _ = comment_spans(body) if "<!--" in body else ((), None)
    for start, end in reversed(spans):
        body = f"{body[:start]} {body[end:]}"
    lines = body.split("\n")
    for number, _ in region_markers(lines) if ":::" in body else ():
        lines[number] = ""
    mask = code_mask(lines)
    found: list[str] = []
    start = 0
    for number in range(1, len(lines) + 1):
        if number == len(lines) or mask[number] != mask[start]:
            text = "\n".join(lines[start:number])
            found += (text if mask[start] else _prose(text)).split()
            start = number
    return " ".join(found)


def _prose(text: str) -> str:
    """Return Markdown that is no fenced code without its marks."""
    text = _START.sub("\n", f"\n{text}\n")
    text = _HEADING.sub("\n", _RULE.sub("\n", text))
    if "8<-" in text:
        text = _SNIPPET.sub("\n", text)
    if "`" not in text:
        return _unmarked(text)
    pieces = []
    for lines in _GAP.split(text):
        paragraph = f"\n{lines}\n"  # white space around it, as around every line: it decides what an asterisk is
        edges = [0, *(inline_code(paragraph) if "`" in paragraph else ()), len(paragraph)]
        for number, (start, end) in enumerate(pairwise(edges)):
            pieces.append(paragraph[start:end].strip("`") if number % 2 else _unmarked(paragraph[start:end]))
    return "".join(pieces)


def _unmarked(text: str) -> str:
    """Return text without targets of links, attributes and emphasis."""
    if "](" in text:
        text = _LINK.sub(r"]\1", text)
    if "]:" in text:
        text = _DEFINITION.sub(r"\1", text)
    if "{" in text:
        text = _ATTRIBUTES.sub("", text)
    if "_" in text:
        text = _UNDERSCORES.sub("", text)
    if "*" in text:
        text = _STARS.sub("", text)
    return text.replace("~~", "").replace("`", "").replace("|", " ")
