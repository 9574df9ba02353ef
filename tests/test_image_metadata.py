"""Images travel without what was said about them, and the picture stays as it is, byte for byte."""

from __future__ import annotations

import base64
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbtool.image_metadata import strip_metadata

SECRET = b"Kanarienvogel"


def chunk(name: bytes, body: bytes) -> bytes:
    """Return a chunk of a PNG."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def exif(orientation: int = 1, order: str = ">") -> bytes:
    """Return EXIF with an orientation and a secret."""
    first = struct.pack(f"{order}HHIHH", 0x0112, 3, 1, orientation, 0)
    artist = struct.pack(f"{order}HHII", 0x013B, 2, len(SECRET), 38)
    start = b"MM\0*" if order == ">" else b"II*\0"
    return start + struct.pack(f"{order}IH", 8, 2) + artist + first + b"\0\0\0\0" + SECRET


TURNED = b"MM\0*\0\0\0\x08\0\1\x01\x12\0\3\0\0\0\1\0\6\0\0\0\0\0\0"
PNG_HEAD = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
PNG_REST = chunk(b"pHYs", b"\0\0\0\1\0\0\0\1\0") + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")
JPEG = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDACgcHiMeGSgjISMtKygwPGRBPDc3PHtYXUlkkYCZlo+AjIqgtObDoKrarYqMyP/L2u71////m8H////6/+b9//j/"
    "2wBDASstLTw1PHZBQXb4pYyl+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj/wAARCAACAAIDASIAAhEBAxEB/8QA"
    "FQABAQAAAAAAAAAAAAAAAAAAAAX/xAAbEAACAQUAAAAAAAAAAAAAAAAAAQMCERMhcv/EABUBAQEAAAAAAAAAAAAAAAAAAAME/8QAFxEAAwEAAAAAAAAAAAAA"
    "AAAAAAExAv/aAAwDAQACEQMRAD8Al5pVpSV26YAAdJtVn//Z"
)
GIF = base64.b64decode("R0lGODdhAgACAIEAAAD/AAkJCf8AAAAA/ywAAAAAAgACAAAIBwAFABgQICAAOw==")
VP8L = base64.b64decode("VlA4TCUAAAAvAUAAAB8gJCCI/g92Q0iQkP3/VyEBQfR/sPkPfHJUcAOGiP6HAA==")
PLACE = b"\0" * 16


def segment(kind: int, body: bytes) -> bytes:
    """Return a segment of a JPEG."""
    return bytes([0xFF, kind]) + struct.pack(">H", len(body) + 2) + body


def webp(*chunks: tuple[bytes, bytes]) -> bytes:
    """Return a WebP of these chunks."""
    body = b"WEBP" + b"".join(riff(*one) for one in chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def riff(name: bytes, body: bytes) -> bytes:
    """Return a chunk of a WebP."""
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def svg(body: str = "<path d='M0'/>", more: str = "") -> bytes:
    """Return an SVG."""
    return f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:x="http://www.inkscape.org/x"{more}>{body}</svg>'.encode()


CASES = {
    "PNG text": (PNG_HEAD + chunk(b"tEXt", b"Comment\0" + SECRET) + PNG_REST, PNG_HEAD + PNG_REST),
    "PNG packed text": (PNG_HEAD + chunk(b"zTXt", b"Comment\0\0" + zlib.compress(SECRET)) + PNG_REST, PNG_HEAD + PNG_REST),
    "PNG international text": (PNG_HEAD + chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + SECRET) + PNG_REST, PNG_HEAD + PNG_REST),
    "PNG time": (PNG_HEAD + chunk(b"tIME", b"1234567") + PNG_REST, PNG_HEAD + PNG_REST),
    "PNG EXIF": (PNG_HEAD + chunk(b"eXIf", exif()) + PNG_REST, PNG_HEAD + PNG_REST),
    "PNG that is turned": (PNG_HEAD + chunk(b"eXIf", exif(6)) + PNG_REST, PNG_HEAD + chunk(b"eXIf", TURNED) + PNG_REST),
    "PNG of a program": (PNG_HEAD + chunk(b"mkBF", SECRET) + PNG_REST, PNG_HEAD + PNG_REST),
    "PNG with a tail": (PNG_HEAD + PNG_REST + SECRET, PNG_HEAD + PNG_REST),
    "JPEG comment": (JPEG[:2] + segment(0xFE, SECRET) + JPEG[2:], JPEG),
    "JPEG EXIF": (JPEG[:2] + segment(0xE1, b"Exif\0\0" + exif()) + JPEG[2:], JPEG),
    "JPEG that is turned": (JPEG[:2] + segment(0xE1, b"Exif\0\0" + exif(6, "<")) + JPEG[2:], JPEG[:2] + segment(0xE1, b"Exif\0\0" + TURNED) + JPEG[2:]),
    "JPEG XMP": (JPEG[:2] + segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + SECRET) + JPEG[2:], JPEG),
    "JPEG IPTC": (JPEG[:2] + segment(0xED, b"Photoshop 3.0\0" + SECRET) + JPEG[2:], JPEG),
    "JPEG thumbnail": (JPEG[:2] + segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\1\1" + b"abc") + JPEG[20:], JPEG),
    "JPEG profile stays": (JPEG[:2] + segment(0xE2, b"ICC_PROFILE\0x") + JPEG[2:], JPEG[:2] + segment(0xE2, b"ICC_PROFILE\0x") + JPEG[2:]),
    "JPEG with a tail": (JPEG + SECRET, JPEG),
    "JPEG with filling": (JPEG[:2] + b"\xff\xff" + JPEG[2:], JPEG),
    "GIF comment": (GIF[:-1] + b"\x21\xfe" + bytes([len(SECRET)]) + SECRET + b"\0;", GIF),
    "GIF XMP": (GIF[:-1] + b"\x21\xff\x0bXMP DataXMP" + bytes([len(SECRET)]) + SECRET + b"\0;", GIF),
    "GIF loop stays": (GIF[:-1] + b"\x21\xff\x0bNETSCAPE2.0\3\1\0\0\0;", GIF[:-1] + b"\x21\xff\x0bNETSCAPE2.0\3\1\0\0\0;"),
    "GIF with a tail": (GIF + SECRET, GIF),
    "WebP": (webp((b"VP8L", VP8L[8:45]), (b"EXIF", exif()), (b"XMP ", SECRET)), webp((b"VP8L", VP8L[8:45]))),
    "WebP flags": (webp((b"VP8X", b"\x1c" + b"\0" * 9), (b"XMP ", SECRET)), webp((b"VP8X", b"\x10" + b"\0" * 9))),
    "WebP frame": (webp((b"ANMF", PLACE + riff(b"VP8L", b"ab") + riff(b"note", SECRET))), webp((b"ANMF", PLACE + riff(b"VP8L", b"ab")))),
    "WebP with a tail": (webp((b"VP8L", b"ab")) + SECRET, webp((b"VP8L", b"ab"))),
    "SVG comment": (svg("<!-- Kanarienvogel --><g/>"), svg("<g/>")),
    "SVG comment above": (b"<?xml version='1.0'?><!-- Kanarienvogel -->" + svg(), b"<?xml version='1.0'?>" + svg()),
    "SVG instruction": (svg("<?xpacket Kanarienvogel?><g/>"), svg("<g/>")),
    "SVG metadata": (svg("<metadata><a>Kanarienvogel</a><!-- x --></metadata ><title>T</title>"), svg("<title>T</title>")),
    "SVG empty metadata": (svg('<metadata id="Kanarienvogel"/><g/>'), svg("<g/>")),
    "SVG of a program": (svg('<x:view a="Kanarienvogel>"><path/></x:view>a<x:b/><g/>'), svg("a<g/>")),
    "SVG attribute of a program": (svg("<g x:label='Kanarienvogel > 1' id='b'/>", ' x:export="/home/Kanarienvogel"'), svg("<g id='b'/>")),
    "SVG namespace of its own": (svg('<a xmlns="http://example.com/Kanarienvogel"><b/></a><g/>'), svg("<g/>")),
    "SVG style": (svg("<style>a{b:0/* Kanarien\nvogel */auto}/**/ c > d{e:'/* f */' url(g/*h)}</style>"),
                  svg("<style>a{b:0/**/auto}/**/ c > d{e:'/* f */' url(g/*h)}</style>")),
    "SVG style with references": (svg("<style>a &#62; b{}</style>"), svg("<style>a &#62; b{}</style>")),
    "SVG style in CDATA": (svg("<style><![CDATA[a{}/* Kanarienvogel */]]></style>"), svg("<style><![CDATA[a{}/**/]]></style>")),
    "SVG style of an element": (svg("<g style = 'a:b; /*Kanarienvogel*/' id='c'/>"), svg("<g style = 'a:b; /**/' id='c'/>")),
    "SVG comments within one another": (svg("<style>a<!-- /* Kanarienvogel */ -->b</style><g/>"), svg("<style>ab</style><g/>")),
    "SVG text that looks like a comment": (svg("<style><![CDATA[<!-- a -->]]></style>"), svg("<style><![CDATA[<!-- a -->]]></style>")),
    "SVG links stay": (svg("<a xlink:href='b' xml:lang='en'/>", ' xmlns:xlink="http://www.w3.org/1999/xlink"'),
                       svg("<a xlink:href='b' xml:lang='en'/>", ' xmlns:xlink="http://www.w3.org/1999/xlink"')),
    "text": (b"just text", b"just text"),
}


@pytest.mark.parametrize(("data", "expected"), CASES.values(), ids=CASES)
def test_what_is_no_picture_goes(data: bytes, expected: bytes) -> None:
    """What is left is the picture, the same bytes as without metadata; doing it twice changes nothing."""
    assert strip_metadata("a.svg" if data[:1] == b"<" else "a.bin", data) == (expected, "")
    assert strip_metadata("a.svg" if data[:1] == b"<" else "a.bin", expected) == (expected, "")


LEFT = {
    "a PNG without an end": ("a.png", PNG_HEAD, "it cannot be read: unpack_from requires"),
    "a PNG that is cut off": ("a.png", PNG_HEAD + PNG_REST[:30], "it cannot be read: a chunk is cut off"),
    "a PNG of tomorrow": ("a.png", PNG_HEAD + chunk(b"NEWp", b"x") + PNG_REST, "it cannot be read: the chunk 'NEWp' is needed"),
    "a JPEG without an end": ("a.jpg", JPEG[:-2], "it cannot be read: it has no end"),
    "a JPEG out of step": ("a.jpg", JPEG[:2] + b"\xff\xe0\0\2abc", "it cannot be read: a segment does not begin"),
    "a GIF that is cut off": ("a.gif", GIF[:-4], "it cannot be read: index out of range"),
    "a GIF out of step": ("a.gif", GIF[:-1] + b"x;", "it cannot be read: a block does not begin"),
    "a WebP that is cut off": ("a.webp", webp((b"VP8L", b"abcd"))[:-2], "it cannot be read: a chunk is cut off"),
    "an SVG that is no XML": ("a.svg", b"<svg>", "it cannot be read: no element found"),
    "an SVG with entities": ("a.svg", b'<!DOCTYPE svg [<!ENTITY a "b">]><svg>&a;</svg>', "it cannot be read: it declares entities"),
    "an SVG with half a comment": ("a.svg", svg("<style>/* a</style>"), "it cannot be read: a comment in its style does not end"),
    "an SVG with a comment in references": ("a.svg", svg("<style>&#47;&#x2a; a */</style>"),
                                            "it cannot be read: its style is written with references to characters"),
    "an SVG with elements in a style": ("a.svg", svg("<style><g/></style>"), "it cannot be read: its style has elements"),
    "an SVG in UTF-16": ("a.SVG", svg().decode().encode("utf-16"), "it cannot be read: it is not UTF-8"),
    "an icon, which may be a PNG": ("a.ico", b"\0\0\1\0", "its format is not known to kbtool"),
    "a packed SVG": ("a.svgz", b"\x1f\x8b", "its format is not known to kbtool"),
    "a PDF": ("a.PDF", b"%PDF-1.7", "its format is not known to kbtool"),
}


@pytest.mark.parametrize(("name", "data", "trouble"), LEFT.values(), ids=LEFT)
def test_what_cannot_be_read_is_left_and_said(name: str, data: bytes, trouble: str) -> None:
    """Nothing is guessed about a file that is damaged or of an unknown kind; the audit reads it all the same."""
    found = strip_metadata(name, data)
    assert found.data == data
    assert found.trouble.startswith(trouble)


STARTS = [PNG_HEAD, JPEG[:2], GIF[:13], b"RIFF\xff\0\0\0WEBP", b"<svg>", PNG_HEAD + PNG_REST, JPEG, GIF, svg()]


@given(start=st.sampled_from(STARTS), cut=st.integers(0, 400), tail=st.binary(max_size=60))
def test_no_bytes_are_an_error(start: bytes, cut: int, tail: bytes) -> None:
    """Whatever an asset holds, it is read or left."""
    found = strip_metadata("a.svg", start[:cut] + tail)
    assert len(found.data) <= len(start[:cut] + tail) + 32  # an orientation of its own
