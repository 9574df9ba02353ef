"""The text in the bytes of a site's file, as a browser or crawler finds it: packed, encoded, or beside the pixels."""

from __future__ import annotations

import base64
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO
from urllib.parse import unquote_to_bytes

_CAP, _DEPTH = 256 * 1024 * 1024, 3  # bytes that a packed file may unpack to, and archives within archives
_TOO_BIG, _TOO_DEEP = f"unpacks to more than {_CAP} bytes", "holds archives within archives"

BROKEN = (
    OSError, EOFError, ValueError, RuntimeError, IndexError, struct.error, zlib.error, zipfile.BadZipFile,
)
_PAGEFIND = b"pagefind_dcd"  #: what each file of a search index begins with, unpacked
_WORDS_OF_INDEX = tuple(range(0x80, 0xA0))  #: then an array of CBOR; fragments are JSON, and the program is a program
_GZIP, _MEMBERS = b"\x1f\x8b", 1000  # how a file begins, and how many it may be in one
# Numbers, and the heads of lists: what is no text, as many in a row as there are. Five bits of the first byte tell the length.
_NO_TEXTS = re.compile(
    b"(?:"
    + b"|".join(
        b"[" + b"".join(re.escape(bytes([kind << 5 | low])) for kind in (0, 1, 4, 5, 6, 7) for low in sizes) + b"]" + b"." * more
        for sizes, more in ((range(24), 0), ((24,), 1), ((25,), 2), ((26,), 4), ((27,), 8))
    )
    + b")*+", re.DOTALL,
)
_READABLE = re.compile(
    rb"(?:[\t\n\r -~]|[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}){4,}"
)


_BLOCK = re.compile(rb"(?i)</?(?:h[1-6]|li|p|td|th|dt|dd)(?=[\s/>])")
_URI = re.compile(rb"(?i:;base64),((?:[A-Za-z0-9+/]|%[0-9A-Fa-f]{2}|\\/|\r?\n[ \t]{0,40}(?=[A-Za-z0-9+/]{20}))++)")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")
_CSS_ESCAPES = re.compile(rb"\\(?:0{0,4}[2-7][0-9A-Fa-f](?![0-9A-Fa-f])|[0-9A-Fa-f]{6})")  # ASCII, or of full length
_CSS_ESCAPE = re.compile(r"\\([0-9A-Fa-f]{1,6})(?:\r\n|[ \t\r\n\f])?")
_PDF = b"%PDF"
_PDF_STRING = re.compile(
    rb"\(((?:\\.|[^()\\]|\((?:\\.|[^()\\])*+\))*+)\)?|<([0-9A-Fa-f\s]*)>"  # letters, or their numbers
    rb"|(-\d{3,})|(\]|T[jJ*dDm]\b|\n)", re.DOTALL,  # what moves on
)
_PDF_ESCAPE = re.compile(rb"\\(?:([0-7]{1,3})|\r?\n|(.))", re.DOTALL)


def blocks_apart(data: bytes) -> bytes:
    """Return a page of HTML with a word of nobody around each heading, entry and paragraph; other files as they are."""
    return _BLOCK.sub(rb" kbtoolapart \g<0>", data) if data.lstrip()[:1] == b"<" else data


def texts(data: bytes, depth: int = 0) -> Iterator[str]:
    """Yield every text in the bytes of a file, also the packed ones."""
    if depth > _DEPTH:
        raise ValueError(_TOO_DEEP)
    is_packed = data.startswith(_GZIP) or _is_index(data)  # then all that is a text comes out of what is unpacked
    if not is_packed:
        try:
            yield data.decode()
        except UnicodeDecodeError:
            yield from _runs(data)
    for packed in _unpacked(data):
        if len(packed) > _CAP:
            raise ValueError(_TOO_BIG)
        yield from texts(packed, depth + 1)
    if not is_packed:
        yield from embedded(data, depth)


def embedded(data: bytes, depth: int = 0) -> Iterator[str]:
    """Yield the texts within the text of a file: of `data:` addresses, by the escapes of CSS, and of a PDF's pages.

    What is broken there is no file, nor for a browser.
    """
    if b"64," in data:
        for match in _URI.finditer(data):
            plain = _NOT_BASE64.sub(b"", unquote_to_bytes(match[1]))
            plain = plain[: len(plain) - (len(plain) % 4 == 1)]
            with suppress(*BROKEN):
                yield from texts(base64.b64decode(plain + b"=" * (-len(plain) % 4)), depth + 1)
    if b"\\" in data and _CSS_ESCAPES.search(data):
        yield _CSS_ESCAPE.sub(_css_character, data.decode(errors="replace"))
    if data.startswith(_PDF):
        yield from _pdf_texts(data)


def _css_character(match: re.Match[str]) -> str:
    number = int(match[1], 16)
    return chr(number) if 0 < number < 0xD800 or 0xDFFF < number < 0x110000 else "\ufffd"


def _pdf_texts(data: bytes) -> Iterator[str]:
    """Yield what the strings of a PDF say, and its streams as they are; a font may number its letters in its own way."""
    parts, left, end = [data], _CAP, 0
    while (start := data.find(b"stream", end)) >= 0 and (end := data.find(b"endstream", start + 6)) >= 0:
        with suppress(zlib.error):
            parts.append(zlib.decompressobj().decompress(data[start + 6 : end].lstrip(b"\r\n"), left + 1))
            left -= len(parts[-1])
        end += 9
        if left < 0:
            raise ValueError(_TOO_BIG)
    for part in parts:
        yield from _runs(part) if part is not data else ()
        yield "".join(map(_pdf_string, _PDF_STRING.finditer(part)))


def _pdf_string(match: re.Match[bytes]) -> str:
    """Return what a string says; what parts strings is a space, and what only moves a letter is nothing."""
    if match[3] or match[4]:
        return " "
    digits = b"".join((match[2] or b"").split()).decode()
    text = bytes.fromhex(digits + "0" * (len(digits) % 2)) if match[2] is not None else _PDF_ESCAPE.sub(_pdf_character, match[1])
    return text.decode("utf-16", "replace") if text.startswith((b"\xfe\xff", b"\xff\xfe")) else text.decode("cp1252", "replace")


def _pdf_character(match: re.Match[bytes]) -> bytes:
    if match[1]:
        return bytes([int(match[1], 8) & 0xFF])
    return b" " if match[2] in (b"n", b"r", b"t") else match[2] or b""


def _runs(data: bytes) -> Iterator[str]:
    """Yield the readable parts of what is not UTF-8: binary, UTF-16, Latin-1."""
    for view in dict.fromkeys([data, data.replace(b"\0", b"")]):
        yield b"\n".join(_READABLE.findall(view)).decode(errors="replace")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        yield data.decode("utf-16", "replace")
    elif b"\0" not in data:
        yield data.decode("cp1252", "replace")


def _unpacked(data: bytes) -> Iterator[bytes]:
    if data.startswith(_GZIP):
        yield from _gzip_parts(data)
    elif data.startswith(b"PK\x03\x04"):  # zip, and so docx, xlsx, odt
        with zipfile.ZipFile(BytesIO(data)) as archive:
            if sum(member.file_size for member in archive.infolist()) > _CAP:
                raise ValueError(_TOO_BIG)
            yield "\n".join(archive.namelist()).encode()
            yield from map(archive.read, archive.namelist())
    elif data.startswith(b"\x89PNG\r\n\x1a\n"):
        yield from _png_texts(data)
    elif _is_index(data):
        yield b"\n".join(_cbor_texts(data, len(_PAGEFIND)))


def _is_index(data: bytes) -> bool:
    return data.startswith(_PAGEFIND) and len(data) > len(_PAGEFIND) and data[len(_PAGEFIND)] in _WORDS_OF_INDEX


def _gzip_parts(data: bytes) -> Iterator[bytes]:
    """Yield what is packed, and what the heads of the members say: names and comments (RFC 1952)."""
    heads, parts, left = list[bytes](), list[bytes](), _CAP
    for _ in range(_MEMBERS):
        member = zlib.decompressobj(wbits=31)
        parts.append(member.decompress(data, left + 1))
        left -= len(parts[-1])
        if left < 0:
            raise ValueError(_TOO_BIG)
        if not member.eof:
            raise EOFError("a compressed file has no end")
        heads.append(_gzip_head(data))
        data = member.unused_data.lstrip(b"\0")
        if not data:
            break
    else:
        raise ValueError("holds too many files in one")
    if any(heads):
        yield b"\n".join(heads)
    yield b"".join(parts)


def _gzip_head(data: bytes) -> bytes:
    """Return the extra field, the name and the comment of a member."""
    flags, at = data[3], 10
    if flags & 4:
        at += 2 + int.from_bytes(data[at : at + 2], "little")
    for flag in (8, 16):
        if flags & flag:
            at = data.index(b"\0", at) + 1
    return data[10:at].replace(b"\0", b"\n")


def _cbor_texts(data: bytes, at: int) -> Iterator[bytes]:
    """Yield the texts in CBOR (RFC 8949): the byte before each is its length, and reads like a letter of it."""
    while (at := _end_of_numbers(data, at)) < len(data):
        kind, size = data[at] >> 5, data[at] & 0x1F
        if kind not in (2, 3):
            raise ValueError("an index is cut off, or of another kind")
        more = (0, 1, 2, 4, 8)[max(size - 23, 0)]  # of an indefinite length there is none here: IndexError
        length = int.from_bytes(data[at + 1 : at + 1 + more], "big") if more else size
        at += 1 + more
        yield data[at : at + length]
        at += length


def _end_of_numbers(data: bytes, at: int) -> int:
    found = _NO_TEXTS.match(data, at)
    return found.end() if found else at


def _png_texts(data: bytes) -> Iterator[bytes]:
    """Yield the packed and the Latin-1 texts of a PNG; its other texts lie open."""
    at = 8
    while at + 8 <= len(data):
        size, name = struct.unpack_from(">I4s", data, at)
        _, _, body = data[at + 8 : at + 8 + size].partition(b"\0")
        at += size + 12
        if name == b"tEXt":
            yield body.decode("latin-1").encode()
        elif name == b"zTXt" or (name == b"iTXt" and body[:1] == b"\1"):
            packed = body[1:] if name == b"zTXt" else body[2:].split(b"\0", 2)[2]
            yield zlib.decompressobj().decompress(packed, _CAP + 1)
