"""One converter for many texts, with patterns that are tried only where they may match: the same pages as without."""

import random
import re
from collections.abc import Sequence
from typing import Any

import markdown
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown.inlinepatterns import InlineProcessor
from mkdocs.structure import pages

from kbtool import lean_markdown
from kbtool.lean_markdown import lean, make_once, may_match

NAMES = sorted(lean_markdown._STARTS_ANEW)
PARTS = [
    "# Title", "## Title", "Title {: #own .a }\n=====", "Plain words, twice plain.", "Two lines  \nand a break\nand none.",
    "`code` and ``co`de``, \\*escaped\\*, 2 < 3 & 4 &amp; &#38;", "*em* _em_ **strong** __strong__ ***both*** a_b_c", "H~2~O ~~gone~~ x^2^ ^^new^^ ==mark==",
    "[link](a.md 'T') ![image](a.png) [ref][one] [one] ![one]", "[one]: https://example.com/ 'One'", "<https://example.com/> <a@example.com> https://example.com/b b@example.com",
    "<span class='x'>raw *em*</span>", "<div markdown>\n\n*in* a div\n\n</div>", "<div>\n*raw*\n</div>", "<!-- comment -->", "- [ ] task\n- [x] done\n\n    more",
    "1. one\n2. two\n\n    - deep", "| a | b |\n| --- | :-: |\n| `c|d` | *e* |", "Word\n:   meaning", "*[HTML]: Hyper Text", "HTML and CSS", "*[CSS]: Sheets",
    "Note[^1] and [^two] and [^1]", "[^1]: The *first*.", "[^two]: The second.\n\n    With more.", '!!! note "T"\n\n    In a *note*.', "??? tip\n    Hidden.",
    '=== "A"\n\n    In A.\n\n=== "B"\n\n    In B.', "/// tab | A\nIn A.\n///\n\n/// tab | B\nIn B.\n///", "/// note | T\nIn a block.\n///", "/// details | T\nHidden.\n///",
    '```python linenums="1" title="a.py"\nx = {"a": 1}  # c\n```', "~~~\ntilde\n~~~", "    indented *code*", "`#!python x = 1`", "++ctrl+a++ :smile: (c) --> 1/2",
    '"Quotes" and -- dashes ...', "$x^2$ \\(y\\)", "[[Wiki Page]]", "[TOC]", "Key: value", "> quote\n> *em*", "* * *", "\x02klzzwxh:0001\x03 \x02amp\x03", "/// definition\nWord\n\n- Meaning\n///",
]  # fmt: skip


def converter(names: Sequence[str] = NAMES, **options: Any) -> markdown.Markdown:
    return markdown.Markdown(extensions=[*names], extension_configs=options)


def made(one: markdown.Markdown, text: str) -> tuple[str, str, str]:
    html = one.convert(text)
    return html, repr(getattr(one, "toc_tokens", "")), repr(getattr(one, "Meta", ""))


@pytest.mark.parametrize("name", [*NAMES, ""])
def test_it_starts_anew_with_each_text(name: str) -> None:
    """One converter makes of many texts, in any order, what a new one makes of each; with each extension alone and with all."""
    chance = random.Random(name)
    names = [name] if name else NAMES
    once, plain = lean(converter(names)), converter(names)
    texts = [*PARTS, *("\n\n".join(chance.sample(PARTS, chance.randint(2, 14))) for _ in range(40))]
    for text in chance.sample(texts, len(texts)):
        new = made(converter(names), text)
        assert made(once.reset(), text) == new
        assert made(plain.reset(), text) == new


@given(st.lists(st.sampled_from([*"\\`*_[]()!<>&;#:/.@= \n~^$+ab1K\u212a\x02\x03", "  \n", "http://", "<a>", "[["]), max_size=12))
def test_what_may_not_match_does_not(parts: list[str]) -> None:
    """Where it is said that no pattern may match, none does; of each extension and of all of them."""
    text = "".join(parts)
    for names in ([], [name for name in NAMES if name != "pymdownx.magiclink"], NAMES):
        patterns = [one.getCompiledRegExp() for one in PATTERNS.setdefault(len(names), [*converter(names).inlinePatterns])]
        if any(pattern.search(text) for pattern in patterns):
            assert may_match(patterns)(text)


PATTERNS: dict[int, list[Any]] = {}


@pytest.mark.parametrize(("pattern", "no", "yes"), [
    (r"(?<!\!)\[", "a!b", "a["),
    (r"  \n", "a b\nc", "a  \nb"),
    (r"ab|c(?:d|e)f", "a b f", "xcdf"),
    (r"(?:ab)+x*", "a b x", "abab"),
    (r"[!?]\w", "a.b", "a?b"),
    (r"(?>ab)c", "ac", "abc"),
    (r"a(?=!)", "!", "a!"),
])  # fmt: skip
def test_what_a_pattern_needs(pattern: str, no: str, yes: str) -> None:
    """A text may match if it has what the pattern cannot do without, and not otherwise."""
    tells = may_match([re.compile(pattern)])
    assert not tells(no)
    assert tells(yes)


@pytest.mark.parametrize("pattern", [r"\w+", r"a?", r"(?i)http", r"(?i:http)", r"[^a]", r"a|", r"(?:ab)*", r"(a)?(?(1)b|c)", r".", r"[a-c\d]"])
def test_what_cannot_be_said(pattern: str) -> None:
    """Where a pattern may match in texts that have nothing in common, all texts may."""
    assert may_match([re.compile(r"\["), re.compile(pattern)])("")


class Counted(InlineProcessor):
    """Matches a sign, and counts how often it is tried."""

    tried = 0

    def getCompiledRegExp(self) -> re.Pattern[str]:  # noqa: N802 - Python-Markdown's
        """Count."""
        self.tried += 1
        return self.compiled_re

    def handleMatch(self, m: re.Match[str], data: str) -> tuple[None, None, None]:  # type: ignore[override]  # noqa: N802 - as above
        """Refuse."""
        del m, data
        return None, None, None


def test_patterns_are_not_tried_in_plain_texts() -> None:
    """In a text without signs no pattern is tried, and one that is registered late is tried where it may match."""
    one = lean(converter([]))
    one.convert("Plain words.")
    late = Counted("%", one)
    one.inlinePatterns.register(late, "late", 200)
    one.convert("Plain words.")
    assert late.tried == 1  # when it was looked at
    one.reset().convert("Plain words.\n\nMore words")
    assert late.tried == 1
    one.reset().convert("50 %")
    assert late.tried > 1


@pytest.mark.parametrize(("names", "options", "once"), [
    (["toc", "markdown.extensions.tables", "pymdownx.superfences"], {}, True),
    (["toc", "footnotes"], {"footnotes": {"BACKLINK_TEXT": "up"}}, True),
    (["toc", "footnotes"], {"footnotes": {"UNIQUE_IDS": True}}, False),
    (["toc", "pymdownx.blocks.caption"], {}, False),
    (["toc", "of_others"], {}, False),
])  # fmt: skip
def test_when_one_is_made(names: list[str], options: dict[str, Any], once: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """MkDocs gets one converter for all pages if all extensions are known to start anew."""
    monkeypatch.setattr(pages, "markdown", markdown)
    make_once(names, options)
    assert (pages.markdown is not markdown) == once
    if once:
        found = pages.markdown.Markdown(extensions=names, extension_configs=options)
        assert pages.markdown.Markdown(extensions=names, extension_configs=options) is found
        assert type(found) is markdown.Markdown
