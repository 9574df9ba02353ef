"""Characters that do not belong into a text: controls, and those that nobody can see."""

from __future__ import annotations

import re
from typing import NamedTuple

_PLAIN = bytes([*b"\t\n", *range(0x20, 0x7F)])
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
# What emoji need is fine: a joiner after a pictograph, one variation selector, the short tag sequence of a region's flag.
_HIDDEN = re.compile(
    "(?P<flag>\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f)"
    "|(?P<hidden>[\u061c\u115f\u1160\u180e\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0]"
    "|(?<![\u2600-\u27bf\ufe0f\U0001f000-\U0001faff])\u200d"
    "|(?<=[\ufe00-\ufe0f])[\ufe00-\ufe0f]"
    "|(?<![\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff])[\U000e0100-\U000e01ef]"
    "|[\U000e0000-\U000e007f])"
)

_ODD = re.compile("[\\\\\x00-\x1f\x7f\x85\u2028\u2029]")
_WRITTEN = re.compile(r"\\u([0-9a-f]{4})")


class OddCharacter(NamedTuple):
    """A character and where it stands: line and column of the file, both from 1."""

    line: int
    column: int
    char: str

    @property
    def name(self) -> str:
        """Return the character's code point, as `U+200F`."""
        return f"U+{ord(self.char):04X}"


def control_characters(text: str) -> tuple[OddCharacter, ...]:
    """Return the first control character of each line: not tabs and line ends, but separators that programs disagree on."""
    if text.isascii() and not text.encode().translate(None, _PLAIN):
        return ()  # ten times as fast as the pattern, and true of nearly every text
    return tuple(
        OddCharacter(number, match.start() + 1, match[0])
        for number, line in enumerate(text.split("\n"), 1) if (match := _CONTROL.search(line))
    )


def hidden_characters(text: str) -> tuple[OddCharacter, ...]:
    """Return each character of a line that nobody can see, where it stands in the line first."""
    if text.isascii() or not _HIDDEN.search(text):
        return ()
    found: dict[tuple[int, str], OddCharacter] = {}
    for number, line in enumerate(text.split("\n"), 1):
        for match in _HIDDEN.finditer(line):
            if char := match["hidden"]:
                found.setdefault((number, char), OddCharacter(number, match.start() + 1, char))
    return tuple(found.values())


def escaped(text: str) -> str:
    """Return a path for one line of a file: with what would end the line, or look like this, written as `\\u000a`."""
    return _ODD.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def unescaped(text: str) -> str:
    """Return a path that `escaped` has written."""
    return _WRITTEN.sub(lambda match: chr(int(match[1], 16)), text)
