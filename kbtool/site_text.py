"""The text in the bytes of a site's file, as a browser or crawler finds it: packed, encoded, or beside the pixels."""

from __future__ import annotations

import gzip
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO

_CAP, _DEPTH = 256 * 1024 * 1024, 3  # bytes that a packed file may unpack to, and archives within archives
_TOO_BIG, _TOO_DEEP = f"unpacks to more than {_CAP} bytes", "holds archives within archives"

BROKEN = (
    OSError, EOFError, ValueError, RuntimeError, IndexError, struct.error, zlib.error, zipfile.BadZipFile,
)
_PAGEFIND = b"pagefind_dcd"  #: what each file of a search index begins with, unpacked
_WORDS_OF_INDEX = tuple(range(0x80, 0xA0))  #: then an array of CBOR; fragments are JSON, and the program is a program
_READABLE = re.compile(
    rb"(?:[\t\n\r -~]|[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}){4,}"
)


def texts(data: bytes, depth: int = 0) -> Iterator[str]:
    """Yield every text in the bytes of a file, also the packed ones."""
    if depth > _DEPTH:
        raise ValueError(_TOO_DEEP)
    try:
        yield data.decode()
    except UnicodeDecodeError:
        yield from _runs(data)
    for packed in _unpacked(data):
        if len(packed) > _CAP:
            raise ValueError(_TOO_BIG)
        yield from texts(packed, depth + 1)


def _runs(data: bytes) -> Iterator[str]:
    """Yield the readable parts of what is not UTF-8: binary, UTF-16, Latin-1."""
    for view in dict.fromkeys([data, data.replace(b"\0", b"")]):
        yield b"\n".join(_READABLE.findall(view)).decode(errors="replace")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        yield data.decode("utf-16", "replace")
    elif b"\0" not in data:
        yield data.decode("cp1252", "replace")


def _unpacked(data: bytes) -> Iterator[bytes]:
    if data.startswith(b"\x1f\x8b"):
        with gzip.open(BytesIO(data)) as stream:
            yield stream.read(_CAP + 1)
    elif data.startswith(b"PK\x03\x04"):  # zip, and so docx, xlsx, odt
        with zipfile.ZipFile(BytesIO(data)) as archive:
            if sum(member.file_size for member in archive.infolist()) > _CAP:
                raise ValueError(_TOO_BIG)
            yield "\n".join(archive.namelist()).encode()
            yield from map(archive.read, archive.namelist())
    elif data.startswith(b"\x89PNG\r\n\x1a\n"):
        yield from _png_texts(data)
    elif data.startswith(_PAGEFIND) and data[len(_PAGEFIND) :][:1] and data[len(_PAGEFIND)] in _WORDS_OF_INDEX:
        yield b"\n".join(_cbor_texts(data, len(_PAGEFIND)))


def _cbor_texts(data: bytes, at: int) -> Iterator[bytes]:
    """Yield the texts in CBOR (RFC 8949): the byte before each is its length, and reads like a letter of it."""
    while at < len(data):
        kind, size = data[at] >> 5, data[at] & 0x1F
        more = (0, 1, 2, 4, 8)[max(size - 23, 0)]  # of an indefinite length there is none here: IndexError
        value = int.from_bytes(data[at + 1 : at + 1 + more], "big") if more else size
        at += 1 + more
        if kind in (2, 3):  # bytes and text; numbers and the heads of lists are passed over
            yield data[at : at + value]
            at += value


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
