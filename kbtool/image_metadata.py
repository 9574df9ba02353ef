"""Takes out of images what is not the picture: who made it, where, with what, and what was said about it.

PNG, JPEG, GIF and WebP are rows of chunks. Those that make the picture are copied byte for byte, by a list of what may stay; all
others go, and so does whatever follows the end. Of EXIF only the orientation is kept, for browsers turn the picture by it.
An SVG is cut where its XML holds no picture: comments, those of its styles too, metadata, what drawing programs keep for
themselves.

What stays: colour profiles, with the name that they have, and whatever is in the picture itself. Other formats are not touched.
"""

from __future__ import annotations

import html
import re
import struct
import zlib
from collections.abc import Iterator
from typing import NamedTuple
from xml.parsers import expat

_PNG, _GIF = b"\x89PNG\r\n\x1a\n", (b"GIF87a", b"GIF89a")
_PNG_KEPT = frozenset({
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"cHRM", b"gAMA", b"iCCP", b"sBIT", b"sRGB", b"cICP", b"mDCV", b"cLLI", b"bKGD",
    b"hIST", b"pHYs", b"acTL", b"fcTL", b"fdAT",
})
_WEBP_KEPT = frozenset({b"VP8 ", b"VP8L", b"VP8X", b"ANIM", b"ANMF", b"ALPH", b"ICCP"})
_WEBP_EXIF_XMP = 0x0C  #: the flags of VP8X that announce EXIF and XMP
_GIF_LOOPS = (b"NETSCAPE2.0", b"ANIMEXTS1.0")
_ORIENTATION = 0x0112
_MARKER = re.compile(rb"\xff+[^\x00\xff\xd0-\xd7]")  # in a JPEG's picture, other than a stuffed byte and a restart
#: Files that may say who made them, and are left as they are.
_UNTOUCHED = (
    ".pdf", ".docx", ".xlsx", ".pptx", ".odt", ".ods", ".odp", ".avif", ".heic", ".heif", ".tif", ".tiff", ".jxl", ".mp4", ".mov",
    ".webm", ".mp3", ".m4a", ".ogg", ".eps", ".psd", ".ai", ".ico", ".cur", ".bmp",
    ".svgz", ".jp2", ".wav", ".flac", ".mkv", ".avi",
)

_SVG_KEPT = ("http://www.w3.org/2000/svg", "http://www.w3.org/1999/xhtml", "http://www.w3.org/1998/Math/MathML", "")
_SVG_ATTRIBUTES = ("http://www.w3.org/1999/xlink", "http://www.w3.org/XML/1998/namespace", *_SVG_KEPT)
_TAG = re.compile(rb"<[^\s/>]+(?:[^\"'>]|\"[^\"]*\"|'[^']*')*+>")
_ATTRIBUTE = re.compile(rb"\s+([^\s=<>\"'/]+)\s*=\s*(\"[^\"]*\"|'[^']*')")
# Comments of CSS, and what looks like one within a string or an address.
_STYLE = re.compile(rb"/\*(?P<said>.*?)\*/|(?P<open>/\*)|\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|url\([^\"')]*\)", re.DOTALL)


class Stripped(NamedTuple):
    """The bytes of a file without metadata; `trouble` says why it is as it was, where that is so."""

    data: bytes
    trouble: str = ""


def strip_metadata(name: str, data: bytes) -> Stripped:
    """Return a file that travels without its metadata; `name` tells the formats that do not tell themselves.

    A file that is not what it begins like is left as it is, which is said: a browser would not show it either.
    """
    try:
        stripped = _strip(name.lower(), data)
    except (ValueError, IndexError, struct.error, expat.ExpatError) as error:
        return Stripped(data, f"it cannot be read: {error}")
    if stripped is not None:
        return Stripped(stripped)
    return Stripped(data, "its format is not known to kbtool" if name.lower().endswith(_UNTOUCHED) else "")


def _strip(name: str, data: bytes) -> bytes | None:
    """Return an image without its metadata, None for what is no image that is known here."""
    if data.startswith(_PNG):
        return _PNG + b"".join(_png(data))
    if data.startswith(b"\xff\xd8\xff"):
        return b"\xff\xd8" + b"".join(_jpeg(data))
    if data.startswith(_GIF):
        return b"".join(_gif(data))
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return _webp(data)
    return _svg(data) if name.endswith(".svg") else None


# ---------------------------------------------------------------------------------------------- PNG


def _png(data: bytes) -> Iterator[bytes]:
    at, name = len(_PNG), b""
    while name != b"IEND":
        size, name = struct.unpack_from(">I4s", data, at)
        end = at + size + 12
        if end > len(data):
            raise ValueError("a chunk is cut off")
        if name in _PNG_KEPT:
            yield data[at:end]
        elif name == b"eXIf" and (kept := _orientation(data[at + 8 : end - 4])):
            yield struct.pack(">I", len(kept)) + name + kept + struct.pack(">I", zlib.crc32(name + kept))
        elif not name[0] & 0x20:
            raise ValueError(f"the chunk {name.decode('latin-1')!r} is needed for the picture and not known")
        at = end


# ---------------------------------------------------------------------------------------------- JPEG


def _jpeg(data: bytes) -> Iterator[bytes]:
    """Yield the segments after the first marker: the picture with what its colours need, and its orientation."""
    at = 2
    while True:
        if data[at] != 0xFF:
            raise ValueError("a segment does not begin where it should")
        while data[at + 1] == 0xFF:  # filling
            at += 1
        kind = data[at + 1]
        if kind == 0xD9:
            yield b"\xff\xd9"
            return
        end = at + 2 + struct.unpack_from(">H", data, at + 2)[0]
        body = data[at + 4 : end]
        if end > len(data):
            raise ValueError("a segment is cut off")
        if kind == 0xE1 and body.startswith(b"Exif\0\0") and (kept := _orientation(body[6:])):
            yield b"\xff\xe1" + struct.pack(">H", len(kept) + 8) + b"Exif\0\0" + kept
        elif _is_picture(kind, body):
            yield _SHORTENED[kind](body) if kind in _SHORTENED else data[at:end]
        if kind == 0xDA:
            match = _MARKER.search(data, end)
            if match is None:
                raise ValueError("it has no end")
            yield data[end : match.start()]
            end = match.start()
        at = end


def _is_picture(kind: int, body: bytes) -> bool:
    if 0xE0 <= kind <= 0xEF:
        return (kind, body[:5]) == (0xE0, b"JFIF\0") or (kind, body[:5]) == (0xEE, b"Adobe") or (
            kind == 0xE2 and body.startswith(b"ICC_PROFILE\0"))
    return kind != 0xFE


def _without_thumbnail(body: bytes) -> bytes:
    return b"\xff\xe0\0\x10" + body[:12].ljust(12, b"\0") + b"\0\0"


def _without_tail(body: bytes) -> bytes:
    return b"\xff\xee\0\x0e" + body[:12].ljust(12, b"\0")


#: Segments of which only the head is for a decoder.
_SHORTENED = {0xE0: _without_thumbnail, 0xEE: _without_tail}


def _orientation(tiff: bytes) -> bytes:
    """Return EXIF that says nothing but how a picture is to be turned, or nothing where it is not."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2], "")
    try:
        start = struct.unpack_from(f"{order}I", tiff, 4)[0] if order else 0
        for number in range(struct.unpack_from(f"{order}H", tiff, start)[0] if order else 0):
            tag, kind, count, value = struct.unpack_from(f"{order}HHIH", tiff, start + 2 + 12 * number)
            if (tag, kind, count) == (_ORIENTATION, 3, 1) and 1 < value <= 8:
                return b"MM\0*\0\0\0\x08" + struct.pack(">HHHIHHI", 1, _ORIENTATION, 3, 1, value, 0, 0)
    except struct.error:  # it is cut off, so it says nothing
        pass
    return b""


# ---------------------------------------------------------------------------------------------- GIF


def _gif(data: bytes) -> Iterator[bytes]:
    """Yield the screen, the pictures with what controls them, and how often they are shown."""
    at = 13 + _colours(data[10])
    yield data[:at]
    while data[at] != 0x3B:
        start = at
        if data[at] == 0x2C:
            at += 10 + _colours(data[at + 9]) + 1
            kept = True
        elif data[at] == 0x21:
            kept = data[at + 1] == 0xF9 or (data[at + 1] == 0xFF and data[at + 3 : at + 14] in _GIF_LOOPS)
            at += 2
        else:
            raise ValueError("a block does not begin where it should")
        while data[at]:
            at += data[at] + 1
        at += 1
        if kept:
            yield data[start:at]
    yield b";"


def _colours(flags: int) -> int:
    """Return the length of the table of colours that flags announce."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


# ---------------------------------------------------------------------------------------------- WebP


def _webp(data: bytes) -> bytes:
    kept = b"WEBP" + b"".join(_webp_chunks(data, 12, min(len(data), struct.unpack_from("<I", data, 4)[0] + 8)))
    return b"RIFF" + struct.pack("<I", len(kept)) + kept


def _webp_chunks(data: bytes, at: int, end: int) -> Iterator[bytes]:
    while at < end:
        name, size = struct.unpack_from("<4sI", data, at)
        body = data[at + 8 : at + 8 + size]
        if len(body) < size:
            raise ValueError("a chunk is cut off")
        if name == b"VP8X":
            body = bytes([body[0] & ~_WEBP_EXIF_XMP]) + body[1:]
        elif name == b"ANMF":  # a frame: its place, then chunks of its own
            body = body[:16] + b"".join(_webp_chunks(body, 16, size))
        if name in _WEBP_KEPT:
            yield struct.pack("<4sI", name, len(body)) + body + b"\0" * (len(body) % 2)
        at += 8 + size + size % 2


# ---------------------------------------------------------------------------------------------- SVG


def _svg(data: bytes) -> bytes:
    """Return the XML without comments, instructions, metadata, and elements and attributes that only drawing programs read."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff", b"\x00<", b"<\x00")):
        raise ValueError("it is not UTF-8")
    reader = _SvgReader(data)
    kept = bytearray(data)
    left = len(data)
    for start, end in sorted(reader.cuts, key=lambda cut: (cut[1], -cut[0]), reverse=True):  # one may be within another
        del kept[min(start, left) : min(end, left)]
        left = min(start, left)
    return bytes(kept)


class _SvgReader:
    """Finds where an SVG has what is no picture; expat says where things begin, so nothing is taken for XML that is none."""

    def __init__(self, data: bytes) -> None:
        self.cuts: list[tuple[int, int]] = []
        self._data, self._depth, self._start = data, 0, 0  #: of the element that is being cut, and elements inside
        self._style = -1  #: where the text of the style that is open begins
        self._namespaces = {"": [""], "xml": [_SVG_ATTRIBUTES[1]]}
        self._parser = expat.ParserCreate()
        self._declared: list[list[str]] = []
        self._parser.StartElementHandler = self._open
        self._parser.EndElementHandler = self._close
        self._parser.CommentHandler = lambda _: self._cut(b"-->")
        self._parser.ProcessingInstructionHandler = lambda target, _: self._cut(b"?>") if target != "xml-stylesheet" else None
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._parser.Parse(data, True)  # noqa: FBT003 - expat takes no keyword

    def _cut(self, end: bytes) -> None:
        at = self._parser.CurrentByteIndex
        if not self._depth:
            self.cuts.append((at, self._data.index(end, at) + len(end)))

    def _doctype(self, _name: str, _system: str | None, _public: str | None, internal: int) -> None:
        if internal:  # entities: where things begin is then not where they stand
            raise ValueError("it declares entities")

    def _open(self, name: str, attributes: dict[str, str]) -> None:
        at = self._parser.CurrentByteIndex
        declared = {key[6:]: value for key, value in attributes.items() if key.startswith("xmlns:")}
        declared |= {"": attributes["xmlns"]} if "xmlns" in attributes else {}
        for prefix, address in declared.items():
            self._namespaces.setdefault(prefix, []).append(address)
        self._declared.append([*declared])
        if self._depth:
            self._depth += 1
        elif self._style >= 0:
            raise ValueError("its style has elements")
        elif self._namespace(name) not in _SVG_KEPT or name.rpartition(":")[2] == "metadata":
            self._depth, self._start = 1, at
        else:
            end = self._attributes(at)
            self._style = end if name.rpartition(":")[2] == "style" else -1

    def _attributes(self, at: int) -> int:
        tag = _TAG.match(self._data, at)
        if tag is None:
            raise ValueError("a tag does not end")
        for match in _ATTRIBUTE.finditer(tag[0]):
            prefix, colon, _ = match[1].decode().partition(":")
            if colon and prefix != "xmlns" and self._namespaces.get(prefix, [""])[-1] not in _SVG_ATTRIBUTES:
                self.cuts.append((at + match.start(), at + match.end()))
            elif match[1] == b"style":
                self._cut_style(at + match.start(2) + 1, at + match.end(2) - 1)
        return tag.end()

    def _cut_style(self, start: int, end: int) -> None:
        """Cut what comments of CSS say; their marks stay, for they part words."""
        style = self._data[start:end]
        if b"&#" in style and "/*" in html.unescape(style.decode()):
            raise ValueError("its style is written with references to characters")
        for match in _STYLE.finditer(style):
            if match["open"]:
                raise ValueError("a comment in its style does not end")
            if match["said"]:
                self.cuts.append((start + match.start("said"), start + match.end("said")))

    def _close(self, _name: str) -> None:
        if self._style >= 0 and not self._depth:
            self._cut_style(self._style, max(self._style, self._parser.CurrentByteIndex))
            self._style = -1
        if self._depth == 1:
            tag = _TAG.match(self._data, self._start)
            end = tag.end() if tag and tag[0].endswith(b"/>") else self._data.index(b">", self._parser.CurrentByteIndex) + 1
            self.cuts.append((self._start, end))
        self._depth = max(self._depth - 1, 0)
        for prefix in self._declared.pop():
            self._namespaces[prefix].pop()

    def _namespace(self, name: str) -> str:
        prefix, colon, _ = name.rpartition(":")
        found = self._namespaces.get(prefix if colon else "")
        return found[-1] if found else "unknown"
