"""Faults in the bytes of an article (FAULTS.md, group D)."""

from __future__ import annotations

import os
import resource
from collections.abc import Callable
from typing import Any

import pytest

Page = Callable[..., str]

# Its body's last line is line 9, whatever ends the lines.
TEXT = """---
title: A page
audience: public
owners: [ana]
product_areas: [billing]
last_reviewed_on: 2026-10-01
---

[A link](gone.md)
"""
GONE = ("KB201", 9, "there is no page 'gone.md'")


def test_d01_a_byte_order_mark_is_no_part_of_the_text(check: Any) -> None:
    """An article that starts with U+FEFF has its title and its audience."""
    checked = check({"bom.md": b"\xef\xbb\xbf" + TEXT.encode()})
    assert checked.of("bom.md") == [GONE]
    assert "bom.md" in checked.public


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(TEXT.replace("\n", "\r\n"), id="CRLF"),
        pytest.param(TEXT.replace("\n", "\r\n", 4), id="mixed"),
        pytest.param(TEXT.replace("\n", "\r"), id="lone CR"),
        pytest.param(TEXT.removesuffix("\n"), id="no final newline"),
        pytest.param("\ufeff" + TEXT.replace("\n", "\r\n").removesuffix("\r\n"), id="all at once"),
    ],
)
def test_d02_any_line_end_is_read(check: Any, content: str) -> None:
    """Windows' line ends, old Mac's, a mix and a missing last one are read, and findings stand on the right line."""
    checked = check({"ends.md": content.encode()})
    assert checked.of("ends.md") == [GONE]
    assert "ends.md" in checked.public


def test_d03_utf16_is_named_as_such(check: Any) -> None:
    """UTF-16 with and without its mark is KB001 that says so, and the article is in no edition."""
    encoded = {f"{name}.md": TEXT.encode(name) for name in ("utf-16", "utf-16-le", "utf-16-be", "utf-32")}
    checked = check(encoded)
    assert checked.code == 1
    assert checked.findings == [
        (f"content/{name}", "KB001", 1, "not UTF-8 (it looks like UTF-16)") for name in sorted(encoded)
    ]
    assert checked.full("utf-16.md")[0]["hint"] == "save the file as UTF-8"
    assert not set(encoded) & (checked.public | checked.internal)
    assert checked.verdict("utf-16.md") == "unknown"


def test_d04_latin1_is_named_with_byte_and_line(check: Any) -> None:
    """A byte that is not UTF-8 is KB001 on its line, with its offset, and the article is in no edition."""
    content = TEXT.encode() + b"Caf\xe9\n"
    checked = check({"latin.md": content})
    assert checked.of("latin.md") == [("KB001", 10, f"not UTF-8 at byte {content.index(0xE9)}")]
    assert "latin.md" not in checked.public | checked.internal


def test_d05_control_characters_in_the_text(check: Any) -> None:
    """ESC, backspace, DEL and C1 controls are KB012 on their line and column; the article stays readable."""
    controls = {"1b": "\x1b[31mred", "08": "\x08", "7f": "\x7f", "9b": "\x9b31m", "0b": "\x0b", "0c": "\x0c"}
    checked = check({f"c{name}.md": f"{TEXT.replace('[A link](gone.md)', 'Text.')}ab{text}\n" for name, text in controls.items()})
    assert checked.code == 1
    assert checked.findings == [
        (f"content/c{name}.md", "KB012", 10, f"the control character U+00{name.upper()}") for name in sorted(controls)
    ]
    assert {found["column"] for found in checked.report["findings"] if found["code"] == "KB012"} == {3}


def test_d05_a_nul_byte_is_no_text(check: Any) -> None:
    """A NUL byte makes the article unreadable: KB001 on its line, in no edition."""
    checked = check({"null.md": TEXT.encode() + b"a\0b\n"})
    assert checked.of("null.md") == [("KB001", 10, "not text: there is a NUL byte")]
    assert "null.md" not in checked.public | checked.internal


def test_d05_control_characters_in_the_front_matter(check: Any) -> None:
    """ESC in the front matter, raw or as an escape of YAML, is KB001 on its line, also after long non-ASCII text."""
    raw, escaped, late = "title: a\x1b[31mb", r'title: "a\e[31mb"', f"description: {'ü' * 200}\ntitle: a\x07b"
    checked = check({name: TEXT.replace("title: A page", title) for name, title in
                     (("raw.md", raw), ("escaped.md", escaped), ("late.md", late))})
    start = "the front matter is not readable: "
    assert checked.of("raw.md") == [
        ("KB001", 2, f"{start}the character U+001B is not allowed in YAML"), ("KB012", 2, "the control character U+001B")]
    assert checked.of("escaped.md") == [("KB001", 2, f"{start}an escape stands for a control character")]
    assert checked.of("late.md")[0] == ("KB001", 3, f"{start}the character U+0007 is not allowed in YAML")
    assert not {"raw.md", "escaped.md", "late.md"} & (checked.public | checked.internal)


def test_d05_no_report_shows_a_control_character_raw(kb: Any) -> None:
    """A terminal that shows the report never sees the escape sequence of an article."""
    kb.write("content/red.md", TEXT + "\x1b[31mred \x9b32mgreen \x07bell\n")
    kb.write("content/title.md", TEXT.replace("A page", "\x1b[31mred"))
    for form in ("text", "json"):
        done = kb.run("check", "--format", form)
        assert done.code == 1
        assert "KB012" in done.out
        assert not set(done.out) & {"\x1b", "\x9b", "\x07"}


@pytest.mark.parametrize("char", ["\x85", "\u2028", "\u2029"])
def test_d06_line_breaks_that_readers_disagree_on(check: Any, char: str) -> None:
    """NEL, LS and PS are KB001 in the front matter, which then is in no edition, and KB012 in the text."""
    checked = check({
        "matter.md": TEXT.replace("title: A page", f"title: A page{char}audience: internal"),
        "body.md": TEXT.replace("[A link](gone.md)", f"One{char}two"),
    })
    name = f"the control character U+{ord(char):04X}"
    assert checked.of("matter.md")[0] == (
        "KB001", 2, "the front matter is not readable: a Unicode line break that YAML readers disagree on")
    assert checked.of("body.md") == [("KB012", 9, name)]
    assert "matter.md" not in checked.public | checked.internal


def test_d07_characters_that_nobody_sees(check: Any, page: Page) -> None:
    """Bidi controls, zero-width characters and Unicode tags are KB013, in the front matter as well; emoji and flags are not."""
    hidden = {"202E": "\u202e", "2066": "\u2066", "200B": "\u200b", "200D": "a\u200db", "FEFF": "\ufeff", "E0041": "\U000e0041"}
    checked = check({
        **{f"h{name}.md": page(body=f"x{char}y\n") for name, char in hidden.items()},
        "title.md": page(title="Pay\u200bment"),
        "emoji.md": page(body="\U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f ❤️\n"),
    })
    assert checked.code == 1
    assert {path: (code, line, message) for path, code, line, message in checked.findings} == {
        **{f"content/h{name}.md": ("KB013", 9, f"the invisible character U+{name}") for name in hidden},
        "content/title.md": ("KB013", 2, "the invisible character U+200B"),
    }


def test_d07_right_to_left_pages_may_allow_their_marks(check: Any, page: Page) -> None:
    """Characters in the option `allow` are fine, the others are not."""
    config = '[tool.kbtool.checks.hidden-character]\nallow = ["U+200F"]'
    checked = check({"rtl.md": page(body="\u05e9\u200f\n"), "bad.md": page(body="\u05e9\u202e\n")}, config=config)
    assert checked.findings == [("content/bad.md", "KB013", 9, "the invisible character U+202E")]


def test_d08_empty_articles(check: Any) -> None:
    """An empty file, one with only a mark, and a lone `---` are findings and in no public edition."""
    empty = {"empty.md": b"", "bom.md": b"\xef\xbb\xbf", "blank.md": b"\n\n", "dashes.md": b"---\n", "bare.md": b"---"}
    checked = check(empty)
    assert checked.code == 1
    for name in ("empty.md", "bom.md", "blank.md"):
        assert checked.codes(name) == ["KB002", "KB003", "KB006", "KB101"]
    for name in ("dashes.md", "bare.md"):
        assert checked.of(name) == [("KB001", 1, "the front matter starts here and never ends")]
    assert not set(empty) & checked.public


def test_d09_a_file_of_a_gigabyte_is_not_read(kb: Any) -> None:
    """A file above max_article_bytes is KB001 under a memory limit below its size: it is not read whole."""
    os.truncate(kb.write("content/huge.md", TEXT), 4 * 2**30)
    limit = 2 * 2**30
    done = kb.run("check", "--format", "json", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)))
    assert done.code == 1, done.err
    (found,) = done.json()["findings"]
    assert (found["path"], found["code"], found["line"]) == ("content/huge.md", "KB001", 1)
    assert found["message"] == "the file is larger than 2,097,152 bytes"


def test_d09_the_limits_are_exact(check: Any, page: Page) -> None:
    """A file of just max_article_bytes is read and one byte more is not; so is front matter of 64 KiB."""
    fits = page(body=f"{'x' * 999}\n")
    block = 64 * 2**10
    header = TEXT.partition("\n---\n")[0].removeprefix("---\n") + "\n"
    filler = f"description: {'d' * (block - len(header) - len('description: ') - 1)}\n"
    matter = f"---\n{header}{filler}---\n\nText.\n"
    over = matter.replace("description: d", "description: dd")
    checked = check({"fits.md": fits, "over.md": fits + "x"}, config=f"max_article_bytes = {len(fits)}")
    assert checked.of("fits.md") == []
    assert checked.of("over.md") == [("KB001", 1, f"the file is larger than {len(fits):,} bytes")]
    checked = check({"matter.md": matter, "more.md": over}, config="max_article_bytes = 100_000")
    assert checked.of("matter.md") == []
    assert checked.of("more.md") == [("KB001", 1, "the front matter is longer than 65,536 characters")]
    assert "more.md" not in checked.public | checked.internal


def test_d10_a_line_of_a_megabyte(kb: Any, page: Page) -> None:
    """A very long line is read, and the report shows no more than 200 characters of it."""
    kb.write("content/long.md", page(body=f"{'x' * 2**20} [gone](gone.md)\n"))
    done = kb.run("check")
    assert done.code == 1
    assert f"error KB201 {GONE[2]}" in done.out
    assert max(len(line) for line in done.out.split("\n")) < 300


def test_d11_a_binary_file_is_no_article(check: Any) -> None:
    """A picture, an archive and random bytes named like articles are KB001, and in no edition."""
    binary = {
        "png.md": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "zip.md": b"PK\x03\x04\x14\x00\x00\x00", "high.md": bytes(range(128, 256)),
    }
    checked = check(binary)
    assert checked.code == 1
    assert {path: (code, line) for path, code, line, _ in checked.findings} == {
        "content/png.md": ("KB001", 3), "content/zip.md": ("KB001", 1), "content/high.md": ("KB001", 1)}
    assert checked.of("high.md")[0][2] == "not UTF-8 at byte 0"
    assert checked.of("zip.md")[0][2] == "not text: there is a NUL byte"
    assert not set(binary) & (checked.public | checked.internal)


def test_d12_a_surrogate_from_an_escape(kb: Any, check: Any) -> None:
    r"""`"\ud800"` in the front matter is KB001 on its line: it could not be written to any page."""
    checked = check({"half.md": TEXT.replace("A page", r'"\ud800"')})
    assert checked.of("half.md")[0][:2] == ("KB001", 2)
    assert checked.of("half.md")[0][2].startswith("the front matter is not readable: ")
    assert "half.md" not in checked.public | checked.internal
    assert kb.run("check").code == 1
