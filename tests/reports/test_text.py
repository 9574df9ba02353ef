"""The report for people: its whole output, and that no text of an article can steer a terminal or a log."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbtool.finding import ArticleVerdict, Finding, Run, Severity, Skipped, Verdict
from kbtool.reports.text import render, visible

SGR = re.compile(r"\x1b\[[0-9;]*m")
OBEYED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff]")


@pytest.mark.parametrize(("color", "name"), [(False, "text.txt"), (True, "text-color.txt")])
def test_the_whole_report(made_run: Run, golden: Path, color: bool, name: str) -> None:
    """Findings by article with their line and a marker, then what was skipped, then the sum on the last line."""
    assert render(made_run, color=color) == (golden / name).read_bytes().decode()


def test_colours_change_no_word(made_run: Run) -> None:
    """Without its colours the coloured report is the plain one."""
    assert SGR.sub("", render(made_run, color=True)) == render(made_run)


def test_a_clean_run_is_one_line(clean_run: Run) -> None:
    """Nothing found is said as well."""
    assert render(clean_run) == "0 errors, 0 warnings, 0 unknown, 1 article, 0 skipped\n"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain ünïcode 日本 🎉", "plain ünïcode 日本 🎉"), ("a\x1b[2Jb", "a\\x1b[2Jb"), ("a\rb\nc", "a\\rb\\nc"), ("a\x9b31mb", "a\\x9b31mb"),
        ("\u202eabc", "\\u202eabc"), ("a\u200bb", "a\\u200bb"), ("\ufeffa", "\\ufeffa"), ("a\udcffb", "a\\xffb"), ("a\ud800b", "a\\ud800b"),
        ("##[error]", "##\\[error]"), ("##vso[task.complete]", "##vso\\[task.complete]"), ("a ##TeamCity[x", "a ##TeamCity\\[x"), ("## [a]", "## [a]"), ("a\tb", "a\tb"), ("\x00", "\\x00"), ("x" * 200, "x" * 200), ("x" * 201, "x" * 200 + "…"),
    ],
)
def test_what_cannot_be_seen_is_shown(text: str, shown: str) -> None:
    """Controls, direction marks and broken bytes are written as escapes; what is long is cut."""
    assert visible(text) == shown


@pytest.mark.parametrize(
    ("excerpt", "column", "marker"),
    [
        ("owners: [ana]", 1, "^^^^^^"), ("owners: [ana]", 10, "         ^^^"), ("\t[x](y.md)", 6, "\t    ^^^^"), ("short", 6, "     ^"),
        ("short", 99, "     ^"), ("a\x1bb word", 5, "       ^^^^"), ("a: b", 2, " ^"),
    ],
)
def test_the_marker_stands_below_the_word(excerpt: str, column: int, marker: str) -> None:
    """It counts the line as it is shown, escapes and tabs included."""
    finding = Finding(code="KB1", name="x", severity=Severity.ERROR, path="a", message="m", column=column, excerpt=excerpt)
    lines = render(Run((finding,), ())).split("\n")
    assert lines[3] == f"  {'':>7} | {marker}"


@pytest.mark.parametrize("path", ["::error::x.md", " ::stop-commands::x.md", "::notice file=a::x"])
def test_no_line_begins_a_command_of_a_build_server(path: str) -> None:
    """The path of a finding and those of unknown articles stand at the start of a line, or after spaces."""
    finding = Finding(code="KB1", name="x", severity=Severity.ERROR, path=path, message="::error::m", excerpt="::error::e", hint="::error::h")
    text = render(Run((finding,), (ArticleVerdict(path, Verdict.UNKNOWN, None, ("::error::r",), ("::error::r",)),), (Skipped("::error::", "::error::"),)))
    assert f"\\{path}\n  1:1     error KB1 ::error::m [x]\n" in text
    assert f"unknown: ::error::r\n  \\{path}\n" in text
    assert not re.search(r"^\s*::", text, re.MULTILINE)


HOSTILE = st.text(st.characters() | st.sampled_from("\x1b\r\n\x07\x9b\u202e\u2028#[:"), max_size=40)


@given(parts=st.lists(HOSTILE, min_size=6, max_size=6), column=st.integers(1, 50), color=st.booleans())
def test_no_text_can_steer_a_terminal_or_a_log(parts: list[str], column: int, color: bool) -> None:
    """Whatever paths, messages, hints and lines hold: no control but ours, no further line, no command to a build server."""
    path, message, hint, excerpt, check, reason = parts
    finding = Finding(
        code="KB1", name="x", severity=Severity.ERROR, path=f"content/{path}", message=message, hint=hint, excerpt=excerpt.replace("\n", ""),
        column=column,
    )
    text = render(Run((finding,), (), (Skipped(f"KB1 {check}", reason, failed=True),)), color=color)
    plain = SGR.sub("", text) if color else text
    assert not OBEYED.search(plain)
    expected = 6 + 2 * bool(excerpt.replace("\n", "").strip()) + bool(hint)
    assert len(plain.splitlines()) == plain.count("\n") == expected
    assert not re.search(r"##[a-z]*\[", plain, re.IGNORECASE)
    assert not any(line.lstrip().startswith("::") for line in plain.splitlines())
    assert plain.splitlines()[-1].startswith("1 error, 0 warnings, 0 unknown, 0 articles, 1 skipped (KB1: ")
