"""What somebody took for the mark of a part for others, or for a comment, and what is neither: readers would see it.

Who names an audience in such a place means to hide something. Nothing is guessed: each is a problem, and no site is published.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from kbtool.regions import Problem, Region, SureCode, code_test, comment_spans, fences, within

_BLOCK = "put the part between ::: {0} and :::, each on a line of its own, or show this as code, between backticks"
_INLINE = "write [text]{{.{0}}}, or show this as code, between backticks"
_COMMENT = "write <!-- … --> to hide it, or show it as code, between backticks"
_UNSEEN = r"[\s\u00ad\u200b-\u200f\u2060\ufeff]*"
_LEAD = r"[\s>\u00ad\u200b-\u200f\u2060\ufeff]*(?:(?:[-*+]|\d+[.)])\s+)*"
_COLONS = rf"(?!:::)[:;\uff1a\ufe55\u2236\u02d0\ua789](?:{_UNSEEN}[:;\uff1a\ufe55\u2236\u02d0\ua789])+"  # or what looks like some
_BOGUS = re.compile(r"<(?:\?(?=[A-Za-z=])|\?[^<>]*\?>|!(?!--|\[endif\])(?=[A-Za-z\[-])|/(?![A-Za-z>])[^<>\n]*>)")
# What makes it unsure that an indented line is code: a list, a block or HTML before it, or what an edition may cut.
_HOLDS = re.compile(r"[ \t>]*(?:[-*+:]|\d+[.)]|!!!|\?\?\?|===|///|\[\^)|.*?(?:[{<>]|:::)")
# Words of comments that say where a part begins or ends, beside the name of an audience.
_EDGE = (
    "begin|starts?|ends?|stop|close|only|if|endif|ifdef|else|region|endregion|section|block|part|content|text|notes?"
    "|audience|edition|visibility|for|of|the|use|is"
)
_SHOWS = r"(?:[\w-]*audience|[\w-]*visib\w*|[\w-]*edition|data-(?:access|for|only|scope|show))"  #: attributes of HTML
# The sign of a comment that is the definition of a link, and what it must be to stay unseen: one line with its end.
_DEFINITION = re.compile(
    r"^[ \t>]*(?:(?:[-*+]|\d+[.)])[ \t]+)*(\[(?!\^)[^][\n]{0,99}\]:[ \t]*(?:#|<>))[ \t](.*)$", re.MULTILINE
)
_WHOLE = re.compile(r"""\(.*\)|"[^\n]*"|'[^\n]*'""")
# Comments of other programs: Liquid, Handlebars, MDX and Obsidian.
_FOREIGN = re.compile(r"\{%-?\s*comment\s*-?%\}|\{\{~?!(?:--)?(?=[\s\w])|\{/\*|(?<![%\w])%%\s[^%\n]{1,999}\s%%(?![%\w])")
_KINDS = {
    _BOGUS: "a comment for browsers", _DEFINITION: "a comment that is no line of its own",
    _FOREIGN: "a comment for other programs",
}
_LONGEST = 30  #: characters of what is wrong that are told


class _Patterns(NamedTuple):
    """What looks like a mark: a whole line of its own, or a place in one; and how to do it right."""

    alone: re.Pattern[str]
    inside: re.Pattern[str]
    braces: re.Pattern[str]


def near_marks(body: str, first_line: int, audiences: frozenset[str], regions: Sequence[Region] = ()) -> Iterator[Problem]:
    """Yield a problem for each mark that is none but names an audience for which something would be hidden.

    Code is left alone, and what stands in a region for the same audience anyway.
    """
    names = audiences - {"public"}
    folded, plain = body.casefold(), [name.casefold() for name in names]
    if not any(name in folded for name in plain):
        return
    patterns, lines = _patterns(names), body.split("\n")
    named = (number for number, line in enumerate(folded.split("\n")) if any(name in line for name in plain))
    found = [(number, *told) for number in named if (told := _near(lines[number], patterns, audiences))]
    if not found:
        return
    # What opens a fence may be such a mark.
    code = {number for start, end in fences(lines) for number in range(start + 1, end)}
    indented, raw, inline, starts = _indented(lines), SureCode(body), code_test(body), [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    for number, column, text, name, hint in found:
        same = any(one.audience == name and one.start <= number + first_line <= one.end for one in regions)
        shown = not text.lstrip(" \t>").startswith(("```", "~~~")) and inline(starts[number] + column, inline=True)
        if not (number in code or same or shown or (indented[number] and not raw.is_raw(number))):
            yield Problem(number + first_line, f"{text.strip()[:_LONGEST]} hides nothing", hint.format(name))


def bogus_comments(body: str, first_line: int) -> Iterator[Problem]:
    """Yield a problem for each comment that is one for browsers alone: it would stay in the source of a page."""
    # Each begins with a sign that takes a hundredth of the time to look for, and one letter of it a tenth of that.
    found = [*_BOGUS.finditer(body)] if "<" in body and ("<?" in body or "<!" in body or "</" in body) else []
    if "]:" in body:
        found += [one for one in _DEFINITION.finditer(body) if one[2].strip() and not _WHOLE.fullmatch(one[2].strip())]
    if ("{" in body and ("{%" in body or "{{" in body or "{/*" in body)) or ("%" in body and "%%" in body):
        found += _FOREIGN.finditer(body)
    if not found:
        return
    code, (comments, _), indented = SureCode(body), comment_spans(body), _indented(body.split("\n"))
    for match in found:
        line = body.count("\n", 0, match.start())
        is_code = code.holds(match.start()) or (indented[line] and not code.is_raw(line))
        if not (is_code or within(comments, match.start())):
            text = body[match.start() : match.start() + _LONGEST].split(maxsplit=1)[0]
            yield Problem(line + first_line, f"{text} begins {_KINDS[match.re]}, which stays in the page", _COMMENT)


def _indented(lines: Sequence[str]) -> list[bool]:
    """Tell for each line whether it is surely code since it is indented, in every edition; raw HTML has no such code."""
    mask, sure, before = [False] * len(lines), False, ""
    for number, line in enumerate(lines):
        if line.strip():
            if not line.startswith(("    ", "\t")):
                sure = (sure or not before) and not _HOLDS.match(line)
            elif before and not mask[number - 1]:
                sure = False  # the line before goes on
            mask[number] = sure and line.startswith(("    ", "\t"))
        before = line.strip()
    return mask


def _near(line: str, patterns: _Patterns, audiences: frozenset[str]) -> tuple[int, str, str, str] | None:
    """Return what is wrong with a line: its column, its text, the audience, and what to do about it."""
    known = {one.casefold(): one for one in audiences}
    for pattern, hint in zip(patterns, (_BLOCK, _BLOCK, _INLINE), strict=True):
        for match in pattern.finditer(line):
            name = next(filter(None, match.groups()))
            is_region = match[0].startswith("]{") and match[0].isascii() and name in audiences and not {*"#,"} & {*match[0]}
            if not is_region:
                return match.start(), match[0], known[name.casefold()], hint
    return None


@lru_cache(maxsize=8)
def _patterns(names: frozenset[str]) -> _Patterns:
    exact = rf"({'|'.join(map(re.escape, sorted(names)))})"
    name = rf"{exact}(?:[-_](?:only|notes?|use(?:[-_]only)?))?(?![\w-])"
    edge = rf"(?:(?:{_EDGE})[\W_]{{0,9}}){{0,5}}?"
    test = r"(?:end|el(?:se?)?)?(?:if|unless|only|when|case|call|block|section)\w*"
    run = rf"(?:{_COLONS}|/{{3,}}|={{3,}}[!+]?|[+]{{3,}}|%{{2,}}|@{{2,}}|`{{3,}}|~{{3,}})"
    alone = (
        rf"{run}\s*(?:\{{only\}}\s*)?\{{?\s*[.:]?{name}\s*(?:[|\"'].*|\W*)",
        rf"(?:!{{3}}|\?{{3}}|={{3}})[!+]?[^\"]*\"\W*(?:for\s+)?{exact}(?:\s+use)?\s+only\W*\".*",
        rf"ifn?def::{name}\[.*",
        rf"(?:!{{2,}}|\?{{2,}})\+?\s*(?:[\w-]+\s+){{0,9}}?{name}(?:\s+[\w-]+)*+\s*(?:\".*|\W*)",
        rf"\[!{name}\].*",
        rf"\.{name}\s*\}}.*",  # behind a brace in the line before
        rf"\.\.\s+(?:only::\s*)?{name}(?:::)?\s*",
    )
    inside = (
        rf"<!--\W{{0,9}}{edge}{exact}(?:[\W_]{{0,9}}(?:{_EDGE})){{0,5}}\W{{0,9}}-->",
        rf"</?{name}(?=[\s/>])[^<>]*>",
        rf"<[A-Za-z][^<>]*\s(?:class|{_SHOWS})\s*=\s*[\"']?\s*{name}\s*[\"'\s/>]",
        rf"<(?!a\s)[A-Za-z][^<>]*\sclass\s*=\s*[\"'][^\"'<>]*\s{name}[\"'\s]",  # links inside have such a class elsewhere
        rf"\{{(?:%-?|\{{[<%#/^])[\s_/]{{0,9}}(?:end|begin|start)?[\s_]{{0,9}}{name}\s*[-<%>]*[%}}]\}}?",
        rf"\{{(?:%-?|\{{[#%<^])\s*{test}\s[^{{}}%]{{0,99}}(?<![\w-]){name}[^{{}}%]{{0,99}}[%}}>]",
        rf"\{{\{{\s*{name}\s*\(",
        rf"\[/{name}\]|\{{/{name}\}}",
    )
    braces = (
        rf"\]\s?[{{\uff5b][\s:.#,\uff0e\u00ad\u200b-\u200f\u2060\ufeff]*{exact}(?![\w-]){_UNSEEN}[}}\uff5d]",
        rf"\{{:?(?:[^{{}}]*\s)?class\s*=\s*(?:[\"'](?:[^\"'{{}}]*\s)?)?{name}[^{{}}]*\}}",
    )
    return _Patterns(
        re.compile(rf"\A{_LEAD}(?:{'|'.join(alone)})\Z", re.IGNORECASE),
        re.compile("|".join(inside), re.IGNORECASE), re.compile("|".join(braces), re.IGNORECASE),
    )
