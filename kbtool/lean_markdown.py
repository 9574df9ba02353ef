"""Python-Markdown with less to do: made once for all pages of a site, and no pattern is tried where none can match.

MkDocs makes a converter for each page, with all its extensions. Python-Markdown has `reset` for those who convert many texts,
and the extensions named here keep nothing beyond that. Inline, each text is tried against all patterns, though most texts
have none of the signs that these begin with; what a pattern cannot do without is read off the pattern itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from re import _constants as op  # type: ignore[attr-defined]  # the standard library promises neither; a test holds them
from re import _parser as parser  # type: ignore[attr-defined]  # likewise
from types import SimpleNamespace
from typing import Any

import markdown
from markdown.treeprocessors import InlineProcessor
from mkdocs.structure import pages

#: Extensions that start anew with each text once `reset` was called.
_STARTS_ANEW = frozenset({
    "abbr", "admonition", "attr_list", "codehilite", "def_list", "extra", "fenced_code", "footnotes", "legacy_attrs", "legacy_em",
    "md_in_html", "meta", "nl2br", "sane_lists", "smarty", "tables", "toc", "wikilinks",
    *(f"pymdownx.{name}" for name in (
        "arithmatex", "betterem", "blocks.admonition", "blocks.definition", "blocks.details", "blocks.tab", "caret", "details",
        "emoji", "highlight", "inlinehilite", "keys", "magiclink", "mark", "smartsymbols", "superfences", "tabbed", "tasklist",
        "tilde",
    )),
})
_COUNTS_TEXTS = "UNIQUE_IDS"  #: an option of footnotes that does not


def make_once(extensions: Iterable[str], options: Mapping[str, Any]) -> None:
    """Have MkDocs use one converter for all pages of this process, if its extensions start anew with each."""
    if {name.removeprefix("markdown.extensions.") for name in extensions} <= _STARTS_ANEW and _COUNTS_TEXTS not in repr(options):
        pages.markdown = SimpleNamespace(  # type: ignore[attr-defined,assignment]  # where it looks the class up
            **{**vars(markdown), "Markdown": _Once()},
        )


class _Once:
    """Stands for the class `Markdown`."""

    def __init__(self) -> None:
        self._made: markdown.Markdown | None = None

    def __call__(self, **given: Any) -> markdown.Markdown:
        """Return the converter, ready for a text."""
        if self._made is None:
            self._made = lean(markdown.Markdown(**given))
        return self._made.reset()


def lean(converter: markdown.Markdown) -> markdown.Markdown:
    """Return a converter whose inline patterns are tried only where one of them may match."""
    if type(converter.treeprocessors["inline"]) is InlineProcessor:
        converter.treeprocessors.register(_Inline(converter), "inline", 20)  # as Python-Markdown does
    return converter


class _Inline(InlineProcessor):
    """Passes over texts in which no pattern can match."""

    _patterns: Sequence[Any] = ()
    _may_match: Callable[[str], object]

    def run(self, tree: Any, ancestors: list[str] | None = None) -> Any:
        """Apply inline patterns; those that there are now, for extensions may bring some late."""
        patterns = [*self.inlinePatterns]
        if patterns != self._patterns:
            self._patterns, self._may_match = patterns, may_match([one.getCompiledRegExp() for one in patterns])
        return super().run(tree, ancestors)

    def _InlineProcessor__handleInline(self, data: str, patternIndex: int = 0) -> str:  # noqa: N802, N803 - Python-Markdown's
        """Return a text with placeholders for what patterns match; if this has another name one day, it is not called."""
        if not self._may_match(data):
            return data
        found: str = super()._InlineProcessor__handleInline(data, patternIndex)  # type: ignore[misc]  # private to its class
        return found


def may_match(patterns: Iterable[re.Pattern[str]]) -> Callable[[str], object]:
    """Return what tells quickly whether one of the patterns may match in a text; where it says no, none does."""
    signs = set[str]()
    for pattern in patterns:
        needed = _needed(parser.parse(pattern.pattern, pattern.flags)) if not pattern.flags & re.IGNORECASE else None
        if needed is None:
            return lambda _: True
        signs |= needed
    others = [re.escape(sign) for sign in sorted(signs) if len(sign) > 1]
    single = "".join(re.escape(sign) for sign in sorted(signs) if len(sign) == 1)
    return re.compile("|".join([f"[{single}]", *others] if single else others)).search


def _needed(parsed: Iterable[tuple[Any, Any]]) -> set[str] | None:
    """Return strings of which each text that a pattern matches has one; None where that cannot be said."""
    return min(_all_needed(parsed), key=_commonness, default=None)


def _all_needed(parsed: Iterable[tuple[Any, Any]]) -> Iterator[set[str]]:
    run = ""
    for kind, value in parsed:
        run = run + chr(value) if kind is op.LITERAL else ""
        found = {run} if run else _needed_of(kind, value)
        if found:
            yield found


def _needed_of(kind: Any, value: Any) -> set[str] | None:
    if kind is op.IN:
        return {chr(one) for _, one in value} if all(what is op.LITERAL for what, _ in value) else None
    if kind is op.BRANCH:
        each = [_needed(branch) for branch in value[1]]
        return set[str]().union(*filter(None, each)) if all(each) else None
    if kind is op.SUBPATTERN:
        return _needed(value[3]) if not value[1] & re.IGNORECASE else None
    if kind in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT):
        return _needed(value[2]) if value[0] else None
    return _needed(value) if kind is op.ATOMIC_GROUP else None


def _commonness(strings: set[str]) -> float:
    """Return how much of ordinary text has one of the strings, roughly."""
    return sum(10 * (string.isalnum() or string == " ") + 1 / len(string) for string in strings)
