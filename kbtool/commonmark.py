"""Rewrites an article's text, line for line, into what CommonMark takes the same way as Python-Markdown does."""

from __future__ import annotations

import re
from collections.abc import Sequence

from kbtool.regions import FENCE, GAP, code_mask, comment_spans

_MAX_NESTING = 20
_BULLETS = frozenset({":", "-", "*", "+"})

# Every pattern that runs over a whole text starts with a literal character: `re` then searches 10 times faster than
# with `^`. Possessive quantifiers keep hostile input linear.
_EOL = r"[ \t]*(?=\n|\Z)"
_SURVEY = re.compile(
    r"\n[ \t>]*+(?=[!?=`~\[#\d])(?:(?P<block>!!!|\?\?\?|===[+! ])"
    r"|(?P<odd_fence>````|~~~~|(?:(?<=\n )|(?<=\n  )|(?<=\n   ))(?:```|~~~))"
    r"|(?P<fence>```|~~~)|(?P<definition>\[[^\]\[^][^\]\[\n]*\]:)"
    r"|(?P<start>(?<= )#{1,6}[ \t]|#{1,6}[^#\s]|(?<= )\d+[.)] ))"
)
_FENCED_OR_BLOCK = re.compile(
    r"\n(?P<prefix>[ \t>]*+)(?:"
    r"(?P<fence>`{3,}|~{3,})[^`\n]*(?=\n|\Z)"
    rf"(?:\n(?!(?P=prefix)(?P=fence){_EOL})(?:(?P=prefix).*|{_EOL}))*+(?:\n(?P=prefix)(?P=fence){_EOL})?"
    r'|(?:(?:!!! ?(?=[\w-])|\?\?\?\+? ?(?=[\w"-]))[\w\- ]*+(?:"(?P<title>.*)")?|===[+!]* +"(?P<tab>.*)")'
    rf"{_EOL}(?P<content>(?:\n(?P=prefix)(?: {{4}}|\t).*|\n[ \t>]*(?=\n|\Z))*+))"
)
_LINE_START = re.compile(r"\n(?:(?P<indent> {1,3})(?:(?=#{1,6}[ \t])|(?P<item>\d+[.)] ))|(?P<tight>#{1,6})(?=[^#\s]))")
_SPACED_TARGET = re.compile(r"\]\(([^()\s<>\"']+(?: [^()\s<>\"']+)+)\)")
_DEFINITION_LINE = re.compile(r"\n {0,3}\[([^\]\[^][^\]\[\n]*)\]:")
_DEFINITION = re.compile(r"[ \t]*\[([^\]\[^][^\]\[]*)\]:[ \t]*\S")
_MARKDOWN_TAG = re.compile(r"<(\w+)(?=[^<>]*\smarkdown[\s=>])([^<>]*)>")
_RAW_HEADING = re.compile(r"(?<!`)<(h[1-6])>")
_SURROGATE = re.compile("[\ud800-\udfff]")


def prepare(body: str, markers: Sequence[int]) -> str:
    """Rewrite `body` for CommonMark, with one empty line more before it and otherwise the same lines."""
    # Surrogates cannot be encoded, and the patterns know one line break.
    body = _SURROGATE.sub("\ufffd", body).replace("\r\n", "\n") if not body.isascii() or "\r" in body else body
    if markers:
        lines = body.split("\n")
        for number in markers:
            lines[number] = ""
        body = "\n".join(lines)
    text = "\n" + body
    if "<" in text:
        text = _prepare_html(text)
    found = [match.lastgroup for match in _SURVEY.finditer(text)]
    if "block" in found:
        text = _dedent(text)
    if "start" in found:
        text = _LINE_START.sub(_like_python_markdown, text)
    if "definition" in found:
        text = _settle_definitions(text)
    if "odd_fence" in found or found.count("fence") % 2:
        text = _without_code(text)
    return _SPACED_TARGET.sub(r"](<\1>)", text)


def _prepare_html(text: str) -> str:
    if "<!--" in text:
        text = _without_comments(text)
    if "markdown" in text and (names := {name for name, _ in _MARKDOWN_TAG.findall(text)}):
        # An inline tag with a word behind it starts no HTML block, so Markdown is read up to and in the next line.
        text = _MARKDOWN_TAG.sub("<i\\2>\u200b", text)
        return re.sub(rf"</(?:{'|'.join(names)})>", "", text)
    # A raw <h2> gets no anchor. Written like this it differs from the headings that pyromark makes.
    return _RAW_HEADING.sub(r"<\1 >", text) if "<h" in text else text


def _without_comments(text: str) -> str:
    """Take comments out but for their line breaks; Python-Markdown shows those that begin in a line and hold a gap."""
    spans, problem = comment_spans(text)
    parts, position = [], 0
    for start, end in spans:
        comment = text[start:end]
        before = text[text.rfind("\n", 0, start) + 1 : start].strip(" \t>")
        if not before or not GAP.search(comment):
            # A list item must not become an empty one.
            parts += [text[position:start], "\u200b" if before in _BULLETS else "", "\n" * comment.count("\n")]
            position = end
    text = "".join([*parts, text[position:]])
    # What is never closed is text for Python-Markdown; CommonMark would swallow the rest of the article.
    return re.sub(r"(?<!`)<!--", "&lt;!--", text) if problem or "<!--" in text else text


def _dedent(text: str, depth: int = 0) -> str:
    def unwrap(match: re.Match[str]) -> str:
        if match["fence"]:
            return match[0]
        prefix, content = match["prefix"], match["content"]
        content = content.replace(f"\n{prefix}    ", f"\n{prefix}").replace(f"\n{prefix}\t", f"\n{prefix}")
        title = match["title"] or match["tab"] or ""
        # A title right above a table or a list would become part of it: it stays only where it may hold a link.
        keep = "[" in title or "<" in title or content[:2] == "\n\n"
        return f"\n{prefix}{title if keep else ''}{_dedent(content, depth + 1)}"

    return _FENCED_OR_BLOCK.sub(unwrap, text) if depth < _MAX_NESTING else text


def _like_python_markdown(match: re.Match[str]) -> str:
    """Make `#Heading` a heading and `  # heading` none; let four columns be enough to continue `  1. item`."""
    if match["tight"]:
        return f"\n{match['tight']} "
    return f"\n{match['item'] or match['indent'] + chr(92)}"


def _settle_definitions(text: str) -> str:
    """Put link definitions at the end where the two disagree on them.

    Python-Markdown takes them from the midst of a paragraph too, and of two for one label it takes the last.
    """
    found = list(_DEFINITION_LINE.finditer(text))
    before = (text[text.rfind("\n", 0, match.start()) + 1 : match.start()] for match in found)
    late = any(line.strip() and not _DEFINITION.match(line) for line in before)
    if not late and len({match[1].lower() for match in found}) == len(found):
        return text
    lines, definitions = text.split("\n"), dict[str, str]()
    for number, code in enumerate(code_mask(lines)):
        if not code and (match := _DEFINITION.match(lines[number])):
            definitions[match[1].lower()] = lines[number].strip()
            lines[number] = ""
    return "\n".join([*lines, "", *definitions.values()])


def _without_code(text: str) -> str:
    """Empty the lines that the renderer takes for fenced code, and fences that are none for it but for CommonMark."""
    lines = text.split("\n")
    mask = code_mask(lines)
    return "\n".join("" if code or FENCE.match(line) else line for line, code in zip(lines, mask, strict=True))
