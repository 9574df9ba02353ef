"""Tests of kbtool.yaml_text."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from kbtool import yaml_text
from kbtool.yaml_text import MAX_DEPTH, Place, Plain, YamlTextError, natural, parse


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("# a comment\n", None),
        ("null", None),
        ("text", "text"),
        ("a: 1", {"a": "1"}),
        ("a: no\nb: 1.10\nc: 010\nd: 2024-02-30", {"a": "no", "b": "1.10", "c": "010", "d": "2024-02-30"}),
        ("a: ~\nb:\nc: Null", {"a": None, "b": None, "c": None}),
        ('a: "~"\nb: \'\'\nc: "null"', {"a": "~", "b": "", "c": "null"}),
        ("a: [x, {b: c}]\nd:\n  - e\n  - f: g", {"a": ["x", {"b": "c"}], "d": ["e", {"f": "g"}]}),
        ("a: |\n  one\n  two\nb: >\n  one\n  two\n", {"a": "one\ntwo\n", "b": "one two\n"}),
        ("a: []\nb: {}", {"a": [], "b": {}}),
        ('a: "tab\\tand\\nline, \\u00e9"', {"a": "tab\tand\nline, é"}),
        ("a: x # no\nb: x#yes", {"a": "x", "b": "x#yes"}),
        ("1: a\ntrue: b\n~: c", {"1": "a", "true": "b", "~": "c"}),
        ('"<<": a', {"<<": "a"}),
        ("a: 😀", {"a": "😀"}),
    ],
)
def test_parse_keeps_scalars_as_text(text: str, value: Any) -> None:
    """Mappings, lists and strings come out as written; only an unquoted null is None."""
    assert parse(text).value == value


def test_only_scalars_without_quotes_are_plain() -> None:
    """`true` without quotes may be read as a boolean later; with quotes it is text for good."""
    value = parse("a: true\nb: 'true'\nc: |\n  true").value
    assert [type(value[key]) for key in "abc"] == [Plain, str, str]


def test_places_are_lines_and_columns_of_the_file() -> None:
    """Every key and list item has its line, counted from the line that the text starts on, and its column."""
    places = parse("title: A\ntickets:\n  - ref: X\n    expects: open\n  - Y\ntags: [a, b]\n", 2).places
    assert places == {
        ("title",): Place(2, 1), ("tickets",): Place(3, 1), ("tickets", 0): Place(4, 5), ("tickets", 0, "ref"): Place(4, 5),
        ("tickets", 0, "expects"): Place(5, 5), ("tickets", 1): Place(6, 5), ("tags",): Place(7, 1), ("tags", 0): Place(7, 8),
        ("tags", 1): Place(7, 11),
    }


def test_columns_count_characters_not_bytes() -> None:
    """A place after text that is not ASCII is where an editor shows it."""
    assert parse("é: {ü: x, ö: y}").places[("é", "ö")] == Place(1, 11)


REFUSED = [
    ("a: How to: x", 1, 10, "mapping values are not allowed in this context", "quote the value"),
    ('a:\n- "x"\n  b:\n- y', 3, 3, "did not find expected key", "indent it like what stands beside it"),
    ("a:\n- x\n  b:\n- y", 3, 4, "mapping values are not allowed in this context", "indent it like what stands beside it"),
    ("a:\n  - x\n  b: y", 3, 3, "did not find expected '-' indicator", "indent it like what stands beside it"),
    ("a: 1\n  b: 2", 2, 4, "mapping values are not allowed in this context", "indent it like what stands beside it"),
    ("a: 1\n  to b: 2", 2, 7, "mapping values are not allowed in this context", "quote the value"),
    ("a: @x", 1, 4, "found character that cannot start any token", "quote the value"),
    ("a: 1\n\tb: 2", 2, 1, "found a tab character that violates indentation", "indent with spaces, not with tabs"),
    ("a: [#12, B]\nb: c", 1, 4, "did not find expected ',' or ']'", "close the bracket"),
    ("a: [1\nb: c\nd: e\nf: g", 1, 4, "did not find expected ',' or ']'", "close the bracket"),
    ("a: [b", 1, 4, "did not find expected ',' or ']'", "close the bracket"),
    ("a: {b", 1, 4, "did not find expected ',' or '}'", "close the bracket"),
    ("a: 'b\nc: d\n", 1, 4, "found unexpected end of stream", "close the quote"),
    ('a: "\\d"', 1, 5, "found unknown escape character", "use single quotes"),
    ("a: &x b", 1, 4, "anchors and aliases (& and *) are not allowed", "quote the value, or repeat it"),
    ("a: *x", 1, 4, "anchors and aliases (& and *) are not allowed", "quote the value, or repeat it"),
    ("a: &x [*x]", 1, 4, "anchors and aliases (& and *) are not allowed", "quote the value, or repeat it"),
    ("<<: {a: b}", 1, 1, "anchors, tags and merge keys (<<) are not allowed", "repeat the keys"),
    ("&k a: b", 1, 1, "anchors, tags and merge keys (<<) are not allowed", "repeat the keys"),
    ("a: !ENV b", 1, 4, "the tag '!ENV' is not allowed", "quote the value"),
    ("a: !!binary x", 1, 4, "the tag 'tag:yaml.org,2002:binary' is not allowed", "quote the value"),
    ("? [a]\n: b", 1, 3, "a key must be plain text", ""),
    ("a: 1\nb: 2\na: 3", 3, 1, "the key 'a' is here twice, first on line 1", "keep one of them"),
    ("x:\n  a: 1\n  'a': 2", 3, 3, "the key 'a' is here twice, first on line 2", "keep one of them"),
    ("a: 1\n---\nb: 2", 2, 1, "a second YAML document starts", "keep one block of front matter"),
    ("é: 1\n\nb: \x07", 3, 4, "the character U+0007 is not allowed in YAML", "delete it"),
    ("a: b\n# \u2028", 2, 1, "a Unicode line break that YAML readers disagree on", "use a normal line end"),
    ("a: b\nc: \x85", 2, 1, "a Unicode line break that YAML readers disagree on", "use a normal line end"),
    ('a: "\\0"', 1, 4, "an escape stands for a control character", "delete it"),
    ('a: "\\e[0m"', 1, 4, "an escape stands for a control character", "delete it"),
    ('a: "\\L"', 1, 4, "an escape stands for a control character", "delete it"),
]


@pytest.mark.parametrize(("text", "line", "column", "message", "hint"), REFUSED)
def test_parse_refuses(text: str, line: int, column: int, message: str, hint: str) -> None:
    """What is not YAML, or is what kbtool refuses, is a YamlTextError with its place and what to do."""
    with pytest.raises(YamlTextError) as error:
        parse(text, 1)
    assert (error.value.message, error.value.line, error.value.column) == (message, line, column)
    assert error.value.hint.startswith(hint)
    assert bool(error.value.hint) == bool(hint)


def test_errors_count_from_the_first_line() -> None:
    """`first_line` moves the line of an error, and nothing else."""
    for text, line, column, _, _ in REFUSED:
        with pytest.raises(YamlTextError) as error:
            parse(text, 8)
        assert (error.value.line, error.value.column) == (line + 7, column)


@pytest.mark.parametrize("text", ["[" * 30_000, "- " * 30_000, "{a: " * 30_000, "[{a: " * 15_000, "? " * 30_000, "- - [{a: [" * 5_000])
def test_deep_nesting_is_refused_at_once(text: str) -> None:
    """30,000 levels, which crash the composer of PyYAML, end at level 20."""
    with pytest.raises(YamlTextError):
        parse(text)


def test_the_depth_that_is_allowed() -> None:
    """Twenty levels are read and one more is not."""
    fits = "[" * MAX_DEPTH + "]" * MAX_DEPTH
    assert parse(fits).value is not None
    with pytest.raises(YamlTextError, match="nested deeper than 20 levels"):
        parse(f"[{fits}]")


yaml_like = st.lists(
    st.sampled_from(
        ["a", "b", ": ", ":", "- ", "\n", "  ", "\t", "[", "]", "{", "}", ",", "&x", "*x", "!t ", "!!set", "<<", "'", '"', "|", ">", "#",
         "---", "...", "%YAML 1.1", "? ", "\\", "\\ud800", "\\0", "=", "~", "\x85", "\u2028", "\ufeff", "\x00", "\x1b", "é", "\U0001f600",
         "\ud800", "0x", "1_000", "2024-99-99", "@", "`"]),
    max_size=30,
).map("".join)


@given(st.text(max_size=60) | yaml_like)
@example("\ufeff")
@example("a: \ufeff")
@example("%")
@example("!<")
@example("\ud800")
@example("a: |\n\t")
def test_any_text_is_read_or_refused(text: str) -> None:
    """No text crashes the reader or raises anything but YamlTextError, and its place is inside of the text."""
    lines = text.count("\n") + text.count("\r") + text.count("\x85") + text.count("\u2028") + text.count("\u2029") + 1
    try:
        places = list(parse(text, 2).places.values())
    except YamlTextError as error:
        places = [Place(error.line, error.column)]
    assert all(2 <= place.line <= lines + 2 and place.column >= 1 for place in places)


@given(st.text(max_size=60) | yaml_like)
def test_the_python_parser_crashes_no_more_than_the_other(text: str) -> None:
    """Without PyYAML's C extension the same holds: text is read, or refused with a YamlTextError."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(yaml_text, "_PARSER", yaml.SafeLoader)
        try:
            parse(text)
        except YamlTextError:
            return


OURS = [row for row in REFUSED if ("not allowed" in row[3] and "mapping" not in row[3]) or "twice" in row[3] or "escape stands" in row[3]]


@pytest.mark.parametrize(("text", "line", "column", "message", "hint"), OURS)
def test_the_python_parser_refuses_the_same(text: str, line: int, column: int, message: str, hint: str) -> None:
    """What kbtool itself refuses has the same message and place without the C extension."""
    del hint
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(yaml_text, "_PARSER", yaml.SafeLoader)
        with pytest.raises(YamlTextError) as error:
            parse(text)
    assert (error.value.message, error.value.line, error.value.column) == (message, line, column)


simple = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=20)
values = st.recursive(simple, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(simple, inner, max_size=4), max_leaves=12)


@given(st.dictionaries(simple, values, max_size=5))
def test_what_pyyaml_writes_is_read_back(value: dict[str, Any]) -> None:
    """Text in any nesting that PyYAML dumps as quoted strings comes back as it was."""
    text = yaml.safe_dump(value, allow_unicode=True, default_style='"')
    assert parse(text).value == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: true\nb: False", {"a": True, "b": False}),
        ("a: yes\nb: on", {"a": "yes", "b": "on"}),
        ("a: 5\nb: -7\nc: 010\nd: 0", {"a": 5, "b": -7, "c": "010", "d": 0}),
        ("a: 1.5\nb: .5\nc: 1e9\nd: .nan\ne: .inf", {"a": 1.5, "b": 0.5, "c": "1e9", "d": ".nan", "e": ".inf"}),
        ("a: '5'\nb: \"true\"", {"a": "5", "b": "true"}),
        ("a: [1, [true]]", {"a": [1, [True]]}),
        (f"a: {'9' * 5000}", {"a": "9" * 5000}),
        ("a:", {"a": None}),
    ],
)
def test_natural_reads_booleans_and_numbers(text: str, value: Any) -> None:
    """Unquoted booleans and decimal numbers get their types; octal, infinity and 5,000 digits stay text."""
    found = natural(parse(text).value)
    assert found == value
    assert repr(found) == repr(value)


def test_dots_before_the_end_are_told() -> None:
    """A document says when `...` closed it."""
    assert parse("a: 1\n...\n").ended_early
    assert not parse("a: 1\n").ended_early
