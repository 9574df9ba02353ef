"""Words as a reader finds them in a page, whatever its markup, escapes, case, forms of letters and punctuation."""

from __future__ import annotations

import html
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator

# A piece of so many characters is filed under so many grams in a row, of so many characters: every chunk that has the piece
# has one of them at a place that is looked at, which are as many characters apart.
_GRAMS = ((7, 4, 4), (4, 2, 3), (1, 1, 1))
_KEPT_CHUNK, _KEPT = 1_024, 500_000  # longest chunk, and number of chunks, remembered
GLUE = "\x01"  #: stands where a tag was: it parts words, or runs them together
BARRIER = "\x02"  #: a chunk that folds to a word which no other text has

_ESCAPE = re.compile(
    r"&\#[0-9]+;?|&\#[xX][0-9a-fA-F]+;?|&[A-Za-z][A-Za-z0-9]*;"  # HTML
    r"|\\u[0-9a-fA-F]{4}(?:\\u[0-9a-fA-F]{4})*|\\u\{[0-9a-fA-F]+\}"  # JSON
    r"|\\x[0-9a-fA-F]{2}|\\.|%[0-9a-fA-F]{2}(?:%[0-9a-fA-F]{2})*"  # JavaScript, URL
)
_HIDDEN_TAGS = (  # one for each first character, which are found far faster by themselves
    re.compile(r"&(?:[lL][tT];|\#0*60;?|\#[xX]0*3[cC];?)\\?[A-Za-z/!?]"),
    re.compile(r"\\(?:u\{?0*|x)3[cC]"),
    re.compile(r"%3[cC]"),
)
_IGNORABLE = re.compile(  # shown as nothing, so a word may hide behind them
    r"[\x00\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    r"\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff]+"
)
# Scripts that put no space between words: there each character counts as a word.
_UNSPACED = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff"
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W_{_UNSPACED}]+")
_ASCII = {code: chr(code).lower() if chr(code).isalnum() else " " for code in range(128)}  # the same for ASCII, and faster
QUOTED_TAG = r"""<\\?[A-Za-z/!?][^<>"']*+(?:(?:"[^"]*+"|'[^']*+')[^<>"']*+)*+>"""
UNQUOTED_TAG = r"<\\?[A-Za-z/!?][^<>]*>"
TAG = re.compile(f"({QUOTED_TAG}|{UNQUOTED_TAG})")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


def has_hidden_tag(text: str) -> bool:
    """Return whether a text may have a tag behind escapes; few have."""
    return any(hidden.search(text) for hidden in _HIDDEN_TAGS)


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


def _is_plain(text: str) -> bool:
    return text.isascii() and "&" not in text and "\\" not in text and "%" not in text and "\0" not in text


def decode_escapes(text: str) -> str:
    """Undo escapes, nested ones too: HTML in JSON, URLs in HTML."""
    for _ in range(3):
        if "&" not in text and "\\" not in text and "%" not in text:
            break
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
    return _words(plain_text(text))


def _words(plain: str) -> str:
    return " ".join(plain.translate(_ASCII).split() if plain.isascii() else _WORD.findall(plain))


def comment_readings(text: str) -> Iterator[str]:
    """Yield the text with what its comments say, and without."""
    if "<!--" not in text:
        yield text
    else:
        yield text.replace("<!--", " ").replace("-->", " ")
        yield _COMMENT.sub("<!>", text)


def without_tags(text: str) -> Iterator[str]:
    """Yield the words apart and run together, with what comments say and without."""
    for reading in comment_readings(text):
        pieces = TAG.split(reading)[::2]
        yield " ".join(pieces)
        yield "".join(pieces)


class Folder(dict[str, str]):
    """Chunk -> its words, joined by a space; remembers which chunks hold a phrase.

    A chunk is a run without white space. It may have `GLUE` where tags were: its words are those apart, and `glued` has it
    if they are others when they are run together.

    A phrase is looked for by its longest piece, and that by some of its characters: those that the fewest others have.
    """

    def __init__(self, phrases: Iterable[str]) -> None:
        super().__init__({BARRIER: BARRIER})
        self.glued: set[str] = set()
        self.spellings: dict[str, None] = {}  #: all chunks in which pieces were looked for
        self.forgotten: set[str] = set()  #: phrases that are looked for no longer
        self._hot: dict[str, set[str]] = {}  # chunk -> pieces in it
        self._forms: dict[str, list[tuple[str, str]]] = {}  # piece -> forms that have it, and their phrases
        for phrase in phrases:
            for form in sorted({spaced(plain_text(phrase)), spaced(phrase.casefold())} - {""}):
                self._forms.setdefault(max(form.split(), key=len), []).append((form, phrase))
        self._near = {  # piece -> the words of its forms, if there are more pieces to them
            piece: re.compile("|".join(re.escape(fold_words(form)) for form, _ in forms))
            for piece, forms in self._forms.items() if any(form != piece for form, _ in forms)
        }
        self._filed = [*self._file()]

    def _file(self) -> Iterator[tuple[int, int, dict[str, list[str]]]]:
        """Yield the distance of grams, their length, and the pieces that have a gram."""
        left = {*self._forms}
        for length, step, size in _GRAMS:
            mine = {piece for piece in left if len(piece) >= length}
            left -= mine
            count = Counter(piece[at : at + size] for piece in mine for at in range(len(piece) - size + 1))
            filed: defaultdict[str, list[str]] = defaultdict(list)
            for piece in mine:
                counts = [count[piece[at : at + size]] for at in range(len(piece) - size + 1)]
                sums = [sum(counts[at : at + step]) for at in range(len(counts) - step + 1)]
                for at in range(first := sums.index(min(sums)), first + step):
                    filed[piece[at : at + size]].append(piece)
            if mine:
                yield step, size, filed

    def __missing__(self, chunk: str) -> str:
        """Fold a chunk that was not met before, and remember it if it is short."""
        bare = chunk.strip(GLUE)
        folded = self._learn(bare) if bare is chunk or bare == chunk else self[bare]
        if bare in self._hot:
            self._hot[chunk] = self._hot[bare]
        if bare in self.glued:
            self.glued.add(chunk)
        if len(self) >= _KEPT:
            self.clear()
            self[BARRIER] = BARRIER
        if len(chunk) <= _KEPT_CHUNK:
            self[chunk] = folded
        return folded

    def _learn(self, chunk: str) -> str:
        """Return the words of a chunk, and remember what is in it."""
        if GLUE not in chunk:
            plain = plain_text(chunk)
            folded = _words(plain)
            pieces = self._pieces_in(plain)
            if (cased := chunk.casefold()) != plain:
                pieces |= self._pieces_in(cased)
        else:
            parts, joined = chunk.split(GLUE), chunk.replace(GLUE, "")
            folded = " ".join(filter(None, map(fold_words, parts)))
            if fold_words(joined) != folded:
                self.glued.add(chunk)
            spellings = {plain_text(joined), joined.casefold(), *map(plain_text, parts), *map(str.casefold, parts)}
            pieces = set[str]().union(*map(self._pieces_in, spellings))
        if pieces:
            self._hot[chunk] = pieces
        return folded

    def _pieces_in(self, chunk: str) -> set[str]:
        found: set[str] = set()
        self.spellings[chunk] = None
        for step, size, filed in self._filed:
            grams = [chunk[at : at + size] for at in range(0, len(chunk) - size + 1, step)]
            if not filed.keys().isdisjoint(grams):
                pieces = {piece for gram in filed.keys() & {*grams} for piece in filed[gram] if piece in chunk}
                found.update(piece for piece in pieces if piece in self._forms and has(chunk, piece))
        return found

    def fold(self, chunks: list[str]) -> str:
        """Return the words of the chunks, joined by single spaces."""
        return " ".join(filter(None, map(self.__getitem__, chunks)))

    def run_together(self, chunks: list[str], span: int) -> str:
        """Return the words when those in a chunk are run together: of the chunks to which that matters, and near them.

        Those are more words on each side than `span`, which anything that is looked for has at most. Words run together without
        such a chunk among them are in a row also when they are folded apart.
        """
        chunks = [chunk for chunk in chunks if self[chunk] or chunk in self.glued]
        end, parts = 0, list[str]()
        for at in [at for at, chunk in enumerate(chunks) if chunk in self.glued]:
            if at - span > end:
                parts.append(BARRIER)
            parts += chunks[max(at - span, end) : at + span + 1]
            end = max(end, at + span + 1)
        return self.fold(" ".join(parts).replace(GLUE, "").split())

    def words(self, text: str) -> str:
        """Return the words of a text, joined by one space; the same as `fold_words`, and faster where chunks repeat."""
        return _words(text) if _is_plain(text) else self.fold(text.replace(GLUE, " ").replace(BARRIER, " ").split())

    def phrases(self, chunks: list[str], folded: list[str]) -> Iterator[str]:
        """Yield the phrases in chunks; `folded` are their words, apart and run together."""
        hot = {*filter(self._hot.__contains__, chunks)}
        pieces = sorted({piece for chunk in hot for piece in self._hot[chunk] if piece in self._forms})
        for chunk in hot if not pieces else ():
            del self._hot[chunk]  # its phrases were forgotten
        for piece in pieces:
            yield from [phrase for form, phrase in self._forms[piece] if form == piece]
        near = {piece: self._near[piece] for piece in pieces if piece in self._near}
        if near := {piece: words for piece, words in near.items() if any(map(words.search, folded))}:
            text = " ".join(chunks)
            plain = [spaced(plain_text(text.replace(GLUE, between))) for between in (" ", "")]
            forms = [(form, phrase) for piece in near for form, phrase in self._forms.get(piece, ()) if form != piece]
            yield from (phrase for form, phrase in forms if any(has(one, form) for one in plain))

    def near(self, phrases: Container[str], words: bytes, spellings: bytes) -> Iterator[str]:
        """Yield those of the phrases that may be in what was searched, told by all its words and all its spellings."""
        for piece, forms in self._forms.items():
            for form, phrase in forms:
                if phrase in phrases and _bytes(piece) in spellings and (form == piece or _bytes(fold_words(form)) in words):
                    yield phrase

    def forget(self, phrase: str) -> None:
        """Look for a phrase no longer."""
        self.forgotten.add(phrase)
        for piece, forms in [*self._forms.items()]:
            left = [(form, one) for form, one in forms if one != phrase]
            if not left:
                del self._forms[piece]
            elif len(left) < len(forms):
                self._forms[piece] = left


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def spaced(text: str) -> str:
    """Return the text with each run of white space as one space."""
    return " ".join(text.split())


def has(text: str, form: str) -> bool:
    """Whether `text` holds `form`, its numbers not as part of longer ones."""
    if form not in text:
        return False
    before, after = r"(?<!\d)" * form[0].isdigit(), r"(?!\d)" * form[-1].isdigit()
    return not (before or after) or re.search(before + re.escape(form) + after, text) is not None


def has_words(text: str, words: str) -> bool:
    """Whether folded `words` stand in a folded text, from word to word."""
    return f" {words} " in f" {text} "
