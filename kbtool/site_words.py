"""Words as a reader finds them in a page, whatever its markup, escapes, case, forms of letters and punctuation."""

from __future__ import annotations

import html
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from itertools import chain

_GRAM = 4  # characters
_KEPT_CHUNK, _KEPT = 256, 500_000  # longest chunk, and number of chunks, remembered

_ESCAPE = re.compile(
    r"&\#[0-9]+;?|&\#[xX][0-9a-fA-F]+;?|&[A-Za-z][A-Za-z0-9]*;"  # HTML
    r"|\\u[0-9a-fA-F]{4}(?:\\u[0-9a-fA-F]{4})*|\\u\{[0-9a-fA-F]+\}"  # JSON
    r"|\\x[0-9a-fA-F]{2}|\\.|%[0-9a-fA-F]{2}(?:%[0-9a-fA-F]{2})*"  # JavaScript, URL
)
HIDDEN_TAG = re.compile(  # cheap to search, since few texts have one
    r"&(?:[lL][tT];|\#0*60;?|\#[xX]0*3[cC];?)\\?[A-Za-z/!?]|\\(?:u\{?0*|x)3[cC]|%3[cC]"
)
_IGNORABLE = re.compile(  # shown as nothing, so a word may hide behind them
    r"[\x00\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    r"\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff]+"
)
# Scripts that put no space between words: there each character counts as a word.
_UNSPACED = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff"
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W_{_UNSPACED}]+")
TAG = re.compile(r"""<\\?[A-Za-z/!?](?:[^<>"']++|"[^"]*+"|'[^']*+')*+>|<\\?[A-Za-z/!?][^<>]*>""")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


def _unescaped(match: re.Match[str]) -> str:
    escape = match[0]
    if escape[0] == "&":
        return html.unescape(escape)
    if escape[0] == "%":
        return bytes.fromhex(escape.replace("%", "")).decode(errors="replace")
    if len(escape) == len(r"\n"):
        return " " if escape[1] in "bfnrtv" else escape[1]
    if escape[1] == "u" and escape[2] != "{":
        return bytes.fromhex(escape.replace(r"\u", "")).decode("utf-16-be", "replace")
    return html.unescape(f"&#x{escape[2:].strip('{}')};")


def decode_escapes(text: str) -> str:
    """Undo escapes, nested ones too: HTML in JSON, URLs in HTML."""
    for _ in range(3):
        plainer = _ESCAPE.sub(_unescaped, text)
        if plainer == text:
            break
        text = plainer
    return text


def plain_text(text: str) -> str:
    """Return the text without escapes, invisible characters and differences of case or of a letter's form."""
    plain = decode_escapes(text)
    if plain.isascii():
        return plain.replace("\0", "").lower()
    cased = unicodedata.normalize("NFKC", plain).casefold()
    return _IGNORABLE.sub("", unicodedata.normalize("NFKC", cased))


def fold_words(text: str) -> str:
    """Return the words of a text, joined by one space."""
    return " ".join(_WORD.findall(plain_text(text)))


def without_tags(text: str) -> Iterator[str]:
    """Yield the words apart and run together, with what comments say and without."""
    yield from _apart_and_joined(text.replace("<!--", " ").replace("-->", " "))
    if "<!--" in text:
        yield from _apart_and_joined(_COMMENT.sub("<!>", text))


def _apart_and_joined(text: str) -> tuple[str, str]:
    pieces = TAG.split(text)
    return " ".join(pieces), "".join(pieces)


class Folder(dict[str, str]):
    """Chunk -> its words, joined by a space; remembers which chunks hold a phrase.

    A phrase is looked for by a few characters of its longest piece: those that the fewest other phrases have.
    """

    def __init__(self, phrases: Iterable[str]) -> None:
        super().__init__()
        self._hot: dict[str, set[tuple[str, str]]] = {}  # chunk -> forms in it, and their phrases
        needles = [
            (max(form.split(), key=len), form, phrase)
            for phrase in phrases
            for form in {spaced(plain_text(phrase)), spaced(phrase.casefold())} - {""}
        ]
        self._size = min([_GRAM, *(len(piece) for piece, _, _ in needles)])
        count = Counter(chain.from_iterable(self._grams(piece) for piece, _, _ in needles))
        self._by_gram = defaultdict(list)
        for needle in needles:
            self._by_gram[min(self._grams(needle[0]), key=count.__getitem__)].append(needle)

    def _grams(self, text: str) -> Iterator[tuple[str, ...]]:
        return zip(*(text[i:] for i in range(self._size)), strict=False)

    def __missing__(self, chunk: str) -> str:
        """Fold a chunk that was not met before, and remember it if it is short."""
        canonical = plain_text(chunk)
        hits = {hit for spelling in {canonical, chunk.casefold()} for hit in self._forms_in(spelling)}
        if hits:
            self._hot[chunk] = hits
        folded = " ".join(_WORD.findall(canonical))
        if len(self) >= _KEPT:
            self.clear()
        if len(chunk) <= _KEPT_CHUNK:
            self[chunk] = folded
        return folded

    def _forms_in(self, chunk: str) -> Iterator[tuple[str, str]]:
        if not self._by_gram.keys().isdisjoint(self._grams(chunk)):
            needles = chain.from_iterable(self._by_gram[gram] for gram in self._by_gram.keys() & {*self._grams(chunk)})
            yield from ((form, phrase) for piece, form, phrase in needles if has(chunk, piece))

    def fold(self, chunks: list[str]) -> str:
        """Return the words of the chunks, joined by single spaces."""
        return " ".join(filter(None, map(self.__getitem__, chunks)))

    def phrases_near(self, chunks: list[str]) -> list[tuple[str, str]]:
        """Return (form, phrase) where a folded chunk holds a form, or its longest piece."""
        if self._hot.keys().isdisjoint(chunks):
            return []
        return sorted(set[tuple[str, str]]().union(*(self._hot[it] for it in self._hot.keys() & {*chunks})))


def spaced(text: str) -> str:
    """Return the text with each run of white space as one space."""
    return " ".join(text.split())


def has(text: str, form: str) -> bool:
    """Whether `text` holds `form`, its numbers not as part of longer ones."""
    before, after = r"(?<!\d)" * form[0].isdigit(), r"(?!\d)" * form[-1].isdigit()
    return form in text and re.search(before + re.escape(form) + after, text) is not None


def has_words(text: str, words: str) -> bool:
    """Whether folded `words` stand in a folded text, from word to word."""
    return f" {words} " in f" {text} "


# Each begins with a literal, so that the search can leap; a text begins with "\n".
