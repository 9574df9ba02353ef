"""Faults in the names and the kinds of files (FAULTS.md, group C)."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Callable
from typing import Any

import pytest

Page = Callable[..., str]

STRANGE = (
    "with space.md", 'with"quote.md', "with\ttab.md", "with\nnewline.md", "with\\backslash.md", "with'apostrophe.md",
    "with😀emoji.md", "with\u202ebidi.md", "with ünïcode.md",
)


def _names_of(report: Any) -> set[str]:
    return {found["path"] for found in report["articles"]}


def test_c01_strange_names_are_reported_byte_for_byte(check: Any, page: Page) -> None:
    """Spaces, quotes, tabs, newlines, emoji and bidi controls in a name come out of the JSON report as they are on disk."""
    checked = check({name: page(title=None) for name in STRANGE})
    assert _names_of(checked.report) >= {f"content/{name}" for name in STRANGE}
    assert {path for path, code, _, _ in checked.findings if code == "KB002"} == {f"content/{name}" for name in STRANGE}
    assert checked.public >= set(STRANGE)


def test_c01_names_that_windows_cannot_store_are_findings(check: Any, page: Page) -> None:
    """A quote, a tab, a newline and a backslash in a name are KB011; a space, an emoji and an apostrophe are not."""
    checked = check({name: page() for name in STRANGE})
    bad = {path.removeprefix("content/") for path, code, _, _ in checked.findings if code == "KB011"}
    assert bad == {'with"quote.md', "with\ttab.md", "with\nnewline.md", "with\\backslash.md"}
    assert checked.code == 1


def test_c01_strange_names_cannot_write_to_the_terminal(kb: Any, page: Page) -> None:
    """The report for people keeps each name on one line, with newlines, escapes and bidi controls written as escapes."""
    for name in STRANGE:
        kb.write(f"content/{name}", page(title=None))
    kb.write("content/with\x1b[31mred.md", page(title=None))
    done = kb.run("check")
    assert done.code == 1
    assert not set(done.out) & {"\x1b", "\u202e"}
    lines = done.out.split("\n")
    assert {r"content/with\nnewline.md", r"content/with\u202ebidi.md", r"content/with\x1b[31mred.md"} <= set(lines)


def test_c02_a_path_on_the_command_line_is_no_pattern(kb: Any, page: Page) -> None:
    """`check content/[ab].md` reports on that file, not on `a.md`."""
    for name in ("[ab].md", "a.md", "b.md"):
        kb.write(f"content/{name}", page(title=None))
    done = kb.run("check", "content/[ab].md", "--format", "json")
    assert done.code == 1
    assert {found["path"] for found in done.json()["findings"]} == {"content/[ab].md"}
    assert _names_of(done.json()) == {"content/[ab].md"}


def test_c03_names_that_look_like_patterns_or_options_are_plain_names(check: Any, page: Page) -> None:
    """`:(glob)x.md`, `*.md` and `-rf.md` are read as articles like any other."""
    names = (":(glob)x.md", "*.md", "-rf.md", "--output=x.md")
    checked = check({name: page(title=None) for name in names})
    assert {path for path, code, _, _ in checked.findings if code == "KB002"} == {f"content/{name}" for name in names}
    assert {path for path, code, _, _ in checked.findings if code == "KB011"} == {"content/:(glob)x.md", "content/*.md"}


def test_c03_a_name_that_looks_like_an_option_can_be_asked_for(kb: Any, page: Page) -> None:
    """After `--`, a name with a leading hyphen is a path."""
    kb.write("content/-rf.md", page(title=None))
    done = kb.run("check", "--format", "json", "--", "-rf.md", cwd=kb.root / "content")
    assert done.code == 1
    assert [(found["path"], found["code"]) for found in done.json()["findings"]] == [("content/-rf.md", "KB002")]


def _write_bytes_name(kb: Any, name: bytes, text: str) -> None:
    with open(os.fsencode(kb.root / "content") + b"/" + name, "wb") as file:  # noqa: PTH123 - a name of bytes
        file.write(text.encode())


def test_c04_a_name_that_is_not_utf8_is_a_finding(kb: Any, check: Any, page: Page) -> None:
    r"""The report names `bad\xff.md` with the byte escaped, and no edition shows the article."""
    _write_bytes_name(kb, b"bad\xff.md", page())
    checked = check()
    assert checked.code == 1
    assert checked.of("bad\udcff.md") == [("KB011", 1, "the name is not UTF-8")]
    assert not any("bad" in source for source in checked.public | checked.internal)


def test_c04_the_text_report_survives_a_name_that_is_not_utf8(kb: Any, page: Page) -> None:
    """The report for people, and the one in a file, escape the byte rather than stop at it."""
    _write_bytes_name(kb, b"bad\xff.md", page())
    done = kb.run("check")
    assert (done.code, done.err) == (1, "")
    assert done.out.startswith("content/bad\\xff.md\n")
    assert kb.run("check", "--output", "report.txt").code == 1
    assert (kb.root / "report.txt").read_text("utf-8") == done.out


def test_c04_a_build_leaves_out_a_name_that_is_not_utf8(kb: Any, page: Page) -> None:
    """The sites are built without the article, and the finding still fails the run."""
    _write_bytes_name(kb, b"bad\xff.md", page(body="Unmistakable words.\n"))
    done = kb.run("build")
    assert done.code == 1, done.err
    assert (kb.root / "site/public/index.html").is_file()
    pages = b"".join(path.read_bytes() for path in (kb.root / "site").rglob("*.html"))
    assert b"Unmistakable" not in pages


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("caf\u00e9.md", unicodedata.normalize("NFD", "caf\u00e9.md"), id="c05 composed and decomposed"),
        pytest.param("Foo.md", "foo.md", id="c06 upper and lower case"),
        pytest.param("stra\u00dfe.md", "STRASSE.md", id="c06 folded, not only lowered"),
        pytest.param("guide/README.md", "guide/index.md", id="c07 README and index"),
        pytest.param("guide.md", "guide/index.md", id="c07 a page and a folder"),
    ],
)
def test_c05_two_files_of_one_url(check: Any, page: Page, one: str, other: str) -> None:
    """Two files that make one URL are KB008 at the later one, which names the earlier."""
    first, second = sorted((one, other), key=lambda name: name.encode())
    checked = check({one: page(title="One"), other: page(title="Other")})
    assert checked.code == 1
    assert checked.findings == [(f"content/{second}", "KB008", 1, f"it makes the same URL as content/{first}")]


def test_c05_twins_of_unicode(check: Any, page: Page) -> None:
    """An article and its decomposed twin are two files on this disk, and one URL: both are named."""
    checked = check({"caf\u00e9.md": page(), "cafe\u0301.md": page()})
    assert {"content/caf\u00e9.md", "content/cafe\u0301.md"} <= _names_of(checked.report)
    assert [found[:2] for found in checked.findings] == [("content/caf\u00e9.md", "KB008")]


def test_c06_assets_collide_too(check: Any, page: Page) -> None:
    """Two pictures whose names differ by case alone are KB008 as well."""
    checked = check({"a.md": page(body="![](Pic.png) ![](pic.png)\n"), "Pic.png": b"\x89PNG", "pic.png": b"\x89PNG"})
    assert checked.findings == [("content/pic.png", "KB008", 1, "it makes the same URL as content/Pic.png")]


def test_c07_a_build_publishes_neither_of_two_files_of_one_url(kb: Any, page: Page) -> None:
    """While it is open which file a URL belongs to, no site is published."""
    kb.write("content/README.md", page())
    done = kb.run("build")
    assert done.code == 1
    assert "error[withheld]" in done.err
    assert "KB008" in done.err
    assert not (kb.root / "site").exists()


NOT_PORTABLE = {
    "CON.md": "Windows reserves the name 'CON.md'",
    "aux.md": "Windows reserves the name 'aux.md'",
    "lpt1/page.md": "Windows reserves the name 'lpt1'",
    "x.": "Windows cannot store the name 'x.'",
    "x ": "Windows cannot store the name 'x '",
    "a:b.md": "Windows cannot store the name 'a:b.md'",
    "what?.md": "Windows cannot store the name 'what?.md'",
    f"{'d' * 120}/{'f' * 120}.md": "the path is longer than 240 characters",
}


def test_c08_names_that_windows_cannot_check_out(check: Any, page: Page) -> None:
    """Reserved names, a trailing dot or space, forbidden characters and long paths are KB011; near misses are not."""
    fine = ("console.md", "auxiliary.md", "com10.md", "a.b.md", f"{'d' * 100}/{'f' * 100}.md")
    checked = check({name: page() for name in (*NOT_PORTABLE, *fine)})
    assert checked.code == 1
    found = {path.removeprefix("content/"): message for path, code, _, message in checked.findings if code == "KB011"}
    assert found == NOT_PORTABLE


ESCAPES = "a symlink that leaves the content folder or ends nowhere"


def test_c09_a_symlink_to_a_file_outside_is_refused(kb: Any, check: Any) -> None:
    """A link to `/etc/hostname` or to a file beside the content folder is KB405, and no article."""
    kb.write("private.md", "---\ntitle: Private\naudience: public\n---\n")
    (kb.root / "content/host.md").symlink_to("/etc/hostname")
    (kb.root / "content/private.md").symlink_to("../private.md")
    (kb.root / "content/nowhere.md").symlink_to("gone.md")
    checked = check()
    assert checked.code == 1
    assert checked.findings == [(f"content/{name}.md", "KB405", 1, ESCAPES) for name in ("host", "nowhere", "private")]
    assert _names_of(checked.report) == {"content/index.md", "content/witness.md"}


def test_c09_a_symlink_inside_is_not_followed(kb: Any, check: Any, page: Page) -> None:
    """A link to another article is no second article; a warning says so."""
    kb.write("content/a.md", page())
    (kb.root / "content/b.md").symlink_to("a.md")
    checked = check()
    assert (checked.code, checked.findings) == (0, [("content/b.md", "KB014", 1, "a symlink; it is not followed")])
    assert "b.md" not in checked.public


def test_c09_a_build_publishes_nothing_through_a_symlink(kb: Any) -> None:
    """A symlink that leaves the content folder withholds every site."""
    kb.write("secret/plan.md", "---\ntitle: Plan\naudience: public\n---\n")
    (kb.root / "content/plan.md").symlink_to("../secret/plan.md")
    done = kb.run("build")
    assert done.code == 1
    assert "KB405" in done.out
    assert "error[withheld]" in done.err
    assert not (kb.root / "site").exists()


def test_c10_a_symlink_to_a_folder_outside_is_refused(kb: Any, check: Any, page: Page) -> None:
    """Nothing below a folder that a symlink brings in is read."""
    kb.write("outside/deep/page.md", page())
    (kb.root / "content/in").symlink_to("../outside")
    (kb.root / "content/root").symlink_to("/")
    checked = check()
    assert checked.findings == [("content/in", "KB405", 1, ESCAPES), ("content/root", "KB405", 1, ESCAPES)]
    assert _names_of(checked.report) == {"content/index.md", "content/witness.md"}


def test_c11_symlink_loops_end(kb: Any, check: Any) -> None:
    """A link to itself, two links to each other and a link to the folder above are refused; the walk ends."""
    content = kb.root / "content"
    (content / "self.md").symlink_to("self.md")
    (content / "ping").symlink_to("pong")
    (content / "pong").symlink_to("ping")
    (content / "up").symlink_to("..")
    checked = check()
    assert checked.code == 1
    assert checked.findings == [(f"content/{name}", "KB405", 1, ESCAPES) for name in ("ping", "pong", "self.md", "up")]


def test_c11_a_link_to_the_content_folder_itself_is_not_walked(kb: Any, check: Any) -> None:
    """A link that leads back to where it stands stays inside: not followed, with a warning."""
    (kb.root / "content/again").symlink_to(".")
    checked = check()
    assert (checked.code, checked.findings) == (0, [("content/again", "KB014", 1, "a symlink; it is not followed")])
    assert len(_names_of(checked.report)) == 2
