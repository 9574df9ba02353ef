"""Stamps: only the lines of a review change, byte for byte, or the article is refused and stays as it is."""

from __future__ import annotations

import datetime as dt
import difflib
import os
import re
import stat
import subprocess
from pathlib import Path

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from kbtool.config import load_config
from kbtool.errors import IncompleteError
from kbtool.front_matter import split
from kbtool.journal import digest
from kbtool.stamp import Stamp, UnsafeEditError, apply, date_problem, plan, stamped

SEAL = "1 review:k3v9 text:9f2c code:77ab tickets:-"
DAY = {"last_reviewed_on": "2026-11-23"}
VALUES = {**DAY, "last_reviewed_by": "ana", "review_seal": SEAL}
ADDED = f'last_reviewed_on: 2026-11-23\nlast_reviewed_by: ana\nreview_seal: "{SEAL}"\n'
MICROSOFT = {"ms.date": "last_reviewed_on", "ms.author": "owners"}
OWN = re.compile(rb"""[ ]*["']?(?:last_reviewed_on|last_reviewed_by|review_seal)["']?[ \t]*:""")
LINES = re.compile(rb"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


def only_own_lines(before: bytes, after: bytes) -> None:
    """Fail unless nothing but lines of a review differs; knows nothing of how the edit was made."""
    old, new = LINES.findall(before), LINES.findall(after)
    for kind, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind != "equal":
            assert kind != "delete"
            assert all(OWN.match(line) for line in (*old[a:b], *new[c:d])), (old[a:b], new[c:d])


def read(raw: bytes) -> dict:
    """Return the front matter as kbtool reads it."""
    return dict(split(raw.decode("utf-8").removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")).raw.values)


def tried(raw: bytes) -> bytes | UnsafeEditError:
    """Return the stamped bytes, or the refusal."""
    try:
        return stamped(raw, VALUES, add_front_matter=True)
    except UnsafeEditError as error:
        return error


# ---------------------------------------------------------------------------------------------- one line

LINE = [  # the line of the date, before and after
    ("last_reviewed_on: 2026-01-31", "last_reviewed_on: 2026-11-23"),
    ("last_reviewed_on:   2026-01-31  ", "last_reviewed_on:   2026-11-23  "),
    ("last_reviewed_on:\t2026-01-31\t", "last_reviewed_on:\t2026-11-23\t"),
    ("last_reviewed_on : 2026-01-31", "last_reviewed_on : 2026-11-23"),
    ("last_reviewed_on: 2026-01-31 # by hand: no", "last_reviewed_on: 2026-11-23 # by hand: no"),
    ("last_reviewed_on: '2026-01-31'", "last_reviewed_on: '2026-11-23'"),
    ('last_reviewed_on: "2026-01-31"   # why', 'last_reviewed_on: "2026-11-23"   # why'),
    ('"last_reviewed_on": 2026-01-31', '"last_reviewed_on": 2026-11-23'),
    ("'last_reviewed_on' :  '2026-01-31'", "'last_reviewed_on' :  '2026-11-23'"),
    ("last_reviewed_on: 2026-01-31T09:00:00Z", "last_reviewed_on: 2026-11-23"),
    ("last_reviewed_on: 2026-1-3", "last_reviewed_on: 2026-11-23"),
    ("last_reviewed_on: soon", "last_reviewed_on: 2026-11-23"),
    ("last_reviewed_on:", "last_reviewed_on: 2026-11-23"),
    ("last_reviewed_on:   ", "last_reviewed_on: 2026-11-23   "),
    ("last_reviewed_on: # never", "last_reviewed_on: 2026-11-23 # never"),
    ("last_reviewed_on: ~", "last_reviewed_on: 2026-11-23"),
    ("last_reviewed_on: null # x", "last_reviewed_on: 2026-11-23 # x"),
    ("last_reviewed_on: ''", "last_reviewed_on: '2026-11-23'"),
    ('last_reviewed_on: "2026\\x2d01-31"', 'last_reviewed_on: "2026-11-23"'),
    ("last_reviewed_on: 'it''s, ö 😀' # ö", "last_reviewed_on: '2026-11-23' # ö"),
]


@pytest.mark.parametrize(("before", "after"), LINE)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
def test_a_value_changes_and_its_line_keeps_all_else(before: str, after: str, end: str) -> None:
    """Quotes, blanks, comments and line ends stay, whatever stands around the line."""
    text = f"---\n# ö {{\ntitle: 'x'\n{before}\n\ntags: [a,\n  b]\n---\nlast_reviewed_on: 2020-01-01\n"
    raw = text.replace("\n", end).encode()
    out = stamped(raw, DAY)
    assert out == raw.replace(before.encode() + end.encode(), after.encode() + end.encode(), 1)
    assert stamped(out, DAY) == out


WHOLE = [
    ("---\ntitle: x\n---\nBody.\n", f"---\ntitle: x\n{ADDED}---\nBody.\n"),
    ("---\ntitle: x\n---", f"---\ntitle: x\n{ADDED}---"),
    ("---\n---\n", f"---\n{ADDED}---\n"),
    ("--- \n# nothing yet\n--- \t\nBody", f"--- \n# nothing yet\n{ADDED}--- \t\nBody"),
    ("---\ntitle: x\n...\nBody\n", f"---\ntitle: x\n{ADDED}...\nBody\n"),
    ("\ufeff---\ntitle: x\n---\n", f"\ufeff---\ntitle: x\n{ADDED}---\n"),
    ("---\ntitle: x\n# vim: et\n\n \n---\n", f"---\ntitle: x\n# vim: et\n{ADDED}\n \n---\n"),
    ("---\ntitle: x\ntags:\n- a\n---\n", f"---\ntitle: x\ntags:\n- a\n{ADDED}---\n"),
    ("---\ntitle: x\ntags:\n---\n", f"---\ntitle: x\ntags:\n{ADDED}---\n"),
    ("---\ntext: |+\n  a\n\n\n---\n", f"---\ntext: |+\n  a\n\n\n{ADDED}---\n"),
    ("---\ntext: >\n  last_reviewed_on: 2020-01-01\n---\n", f"---\ntext: >\n  last_reviewed_on: 2020-01-01\n{ADDED}---\n"),
    ("---\nmore:\n  last_reviewed_on: 2020-01-01\n---\n", f"---\nmore:\n  last_reviewed_on: 2020-01-01\n{ADDED}---\n"),
    ("---\n? title\n: x\n---\n", f"---\n? title\n: x\n{ADDED}---\n"),
    ("---\n  title: x\n  last_reviewed_by: ben\n  z: 1\n---\n",
     f'---\n  title: x\n  last_reviewed_by: ana\n  last_reviewed_on: 2026-11-23\n  review_seal: "{SEAL}"\n  z: 1\n---\n'),
    ("---\nlast_reviewed_on: 2026-01-31\ntitle: x\n---\n", f"---\n{ADDED}title: x\n---\n"),
    ("---\nreview_seal: old\na: 1\nlast_reviewed_on: 2026-01-31\nb: 2\n---\n",
     f"---\nreview_seal: {SEAL}\na: 1\nlast_reviewed_on: 2026-11-23\nlast_reviewed_by: ana\nb: 2\n---\n"),
    ("---\r\ntitle: x\nlast_reviewed_on: 2026-01-31\r\nz: 1\n---\r\nB\n\r",
     "---\r\ntitle: x\n" + ADDED.replace("\n", "\r\n") + "z: 1\n---\r\nB\n\r"),
    ("---\rtitle: x\r---\rB", "---\rtitle: x\r" + ADDED.replace("\n", "\r") + "---\rB"),
    (f"---\ntitle: {'long ' * 400}\n---\n", f"---\ntitle: {'long ' * 400}\n{ADDED}---\n"),
]


@pytest.mark.parametrize(("before", "after"), WHOLE)
def test_a_missing_key_is_added(before: str, after: str) -> None:
    """New lines stand after those of the review that is there, else at the end, with their neighbour's indent and line end."""
    out = stamped(before.encode(), VALUES)
    assert out.decode() == after
    only_own_lines(before.encode(), out)
    assert stamped(out, VALUES) == out


def test_bytes_that_are_not_utf8_stay_where_they_are() -> None:
    """A body in Latin-1 is kept; what would mix two encodings in one file is refused."""
    raw = "---\ntitle: x\n---\nCaf\xe9 \x85\n".encode("latin-1")
    assert stamped(raw, DAY) == raw.replace(b"title: x\n", b"title: x\nlast_reviewed_on: 2026-11-23\n")
    with pytest.raises(UnsafeEditError, match="the value for 'last_reviewed_by' needs UTF-8, and the article is not UTF-8"):
        stamped(raw, {"last_reviewed_by": "josé"})


def test_a_retired_article_is_archived() -> None:
    """The outcome `retired` sets one more key, where it stands or after those of the review."""
    values = {**DAY, "confidence": "archived"}
    assert stamped(b"---\nconfidence: validated # ok\nlast_reviewed_on: 2026-01-01\n---\n", values) == (
        b"---\nconfidence: archived # ok\nlast_reviewed_on: 2026-11-23\n---\n"
    )
    assert stamped(b"---\nlast_reviewed_on: 2026-01-01\nz: 1\n---\n", values) == (
        b"---\nlast_reviewed_on: 2026-11-23\nconfidence: archived\nz: 1\n---\n"
    )
    assert stamped(b"---\nreview_seal: x\nz: 1\nconfidence: validated\n---\n", values) == (
        b"---\nreview_seal: x\nlast_reviewed_on: 2026-11-23\nz: 1\nconfidence: archived\n---\n"
    )


# ---------------------------------------------------------------------------------------------- other names and dates


@pytest.mark.parametrize(
    ("before", "after", "style"),
    [
        ("ms.date: 01/31/2026 # d", "ms.date: 11/23/2026 # d", "us"),
        ("ms.date: '01/31/2026'", "ms.date: '11/23/2026'", "us"),
        ("ms.date: 2026-01-31", "ms.date: 2026-11-23", "us"),
        ("ms.date:", "ms.date: 2026-11-23", "us"),
        ("ms.date: 01/31/2026", "ms.date: 2026-11-23", "iso"),
        ("last_reviewed_on: 01/31/2026", "last_reviewed_on: 11/23/2026", "us"),
        ("title: x", "title: x\nlast_reviewed_on: 2026-11-23", "us"),
    ],
)
def test_the_author_keeps_key_and_style(before: str, after: str, style: str) -> None:
    """The date stands under the key that the author uses, month first only where it was so and is read so."""
    raw = f"---\n{before}\nms.author: ana\n---\n".encode()
    out = stamped(raw, DAY, MICROSOFT, date_style=style)
    if before == "title: x":
        assert out == b"---\ntitle: x\nms.author: ana\nlast_reviewed_on: 2026-11-23\n---\n"
    else:
        assert out == f"---\n{after}\nms.author: ana\n---\n".encode()
    assert stamped(out, DAY, MICROSOFT, date_style=style) == out


def test_new_keys_follow_the_one_under_its_other_name() -> None:
    """The seal is added after `ms.date`, not at the end."""
    out = stamped(b"---\nms.date: 01/31/2026\nz: 1\n---\n", VALUES, MICROSOFT, date_style="us")
    assert out.decode() == f'---\nms.date: 11/23/2026\nlast_reviewed_by: ana\nreview_seal: "{SEAL}"\nz: 1\n---\n'


@pytest.mark.parametrize(
    ("by", "line"),
    [
        ("ana", "ana"), ("ana@example.com", "ana@example.com"), ("ana-1", "ana-1"), ("no", '"no"'), ("Null", '"Null"'), ("~", '"~"'),
        ("007", '"007"'), ("1e3", '"1e3"'), ("12:30", '"12:30"'), ("@ana", '"@ana"'), ("a: b", '"a: b"'), ("a #b", '"a #b"'),
        ("", '""'), ('"q"', '"\\"q\\""'), ("\\", "\\"), ("- a", '"- a"'), ("josé 😀", '"josé 😀"'), ("team/one", "team/one"),
    ],
)
def test_a_value_is_quoted_where_it_has_to_be(by: str, line: str) -> None:
    """Whatever a reviewer is called, every reader of YAML reads the same text back."""
    out = stamped(b"---\ntitle: x\n---\n", {"last_reviewed_by": by}).decode()
    assert out == f"---\ntitle: x\nlast_reviewed_by: {line}\n---\n"
    assert yaml.safe_load(out.split("---")[1])["last_reviewed_by"] == by


@pytest.mark.parametrize(
    ("old", "by", "line"),
    [
        ("'x'", "it's", "'it''s'"), ("'x'", 'a"b\\', "'a\"b\\'"), ('"x"', 'a"b\\n', '"a\\"b\\\\n"'), ('"x"', "it's", '"it\'s"'),
        ("x", "it's", "it's"), ("x", "no", '"no"'), ("~", "# x", '"# x"'), ("x # c", "a # b", '"a # b" # c'),
    ],
)
def test_a_value_keeps_its_quotes(old: str, by: str, line: str) -> None:
    """Each style of quotes has its own escapes; a plain value gets quotes only where it needs them."""
    raw = f"---\nlast_reviewed_by: {old}\n---\n".encode()
    assert stamped(raw, {"last_reviewed_by": by}).decode() == f"---\nlast_reviewed_by: {line}\n---\n"


@given(st.text(st.characters(codec="utf-8")), st.sampled_from(["", "x", "'x'", '"x"', "~", "x # c"]))
def test_any_text_reads_back_or_is_refused(by: str, old: str) -> None:
    """One line of printable text comes back as it is from every style of quotes; anything else is refused."""
    raw = f"---\nlast_reviewed_by: {old}\nz: 1\n---\n".encode()
    if not by.isprintable():
        with pytest.raises(UnsafeEditError, match="line 2: the value for 'last_reviewed_by' is not one line of plain text"):
            stamped(raw, {"last_reviewed_by": by})
        return
    out = stamped(raw, {"last_reviewed_by": by})
    assert read(out) == {"last_reviewed_by": by, "z": "1"}
    only_own_lines(raw, out)


# ---------------------------------------------------------------------------------------------- refusals

REFUSED = [
    ("flow", "---\n# c\n{title: x}\n---\n", 3, "the front matter is a mapping in braces"),
    ("null", "---\n~\n---\n", 2, "the front matter is not a mapping"),
    ("list root", "---\n- a\n---\n", 2, "the front matter is not a mapping"),
    ("literal", "---\na: 1\nlast_reviewed_on: |\n  2026-01-01\n---\n", 3, "the value of 'last_reviewed_on' is not on one line"),
    ("folded", "---\nlast_reviewed_on: >-\n  2026-01-01\n---\n", 2, "the value of 'last_reviewed_on' is not on one line with its key"),
    ("empty block", "---\nlast_reviewed_on: |\nz: 1\n---\n", 2, "the value of 'last_reviewed_on' is not on one line with its key"),
    ("two lines", "---\nlast_reviewed_on: 2026-01-01\n  or so\n---\n", 2, "the value of 'last_reviewed_on' is not on one line"),
    ("two quoted lines", "---\nlast_reviewed_on: '2026-\n  01'\n---\n", 2, "the value of 'last_reviewed_on' is not on one line"),
    ("next line", "---\nlast_reviewed_on:\n  2026-01-01\n---\n", 2, "the value of 'last_reviewed_on' is not on one line with its key"),
    ("explicit", "---\n? last_reviewed_on\n: 2026-01-01\n---\n", 2, "the value of 'last_reviewed_on' is not on one line with its key"),
    ("flow list", "---\nlast_reviewed_on: [2026-01-01]\n---\n", 2, "the value of 'last_reviewed_on' is a list or a mapping"),
    ("long list", "---\nlast_reviewed_on: [\n  2026-01-01\n]\n---\n", 2, "the value of 'last_reviewed_on' is a list or a mapping"),
    ("list", "---\nlast_reviewed_on:\n- 2026-01-01\n---\n", 2, "the value of 'last_reviewed_on' is a list or a mapping"),
    ("mapping", "---\nlast_reviewed_on: {a: 1}\n---\n", 2, "the value of 'last_reviewed_on' is a list or a mapping"),
    ("anchor", "---\nlast_reviewed_on: &d 2026-01-01\n---\n", 2, "anchors and aliases (& and *) are not allowed"),
    ("anchor elsewhere", "---\nz: 1\nx: &d 2\n---\n", 3, "anchors and aliases (& and *) are not allowed"),
    ("alias", "---\na: 1\nlast_reviewed_on: *d\n---\n", 3, "anchors and aliases (& and *) are not allowed"),
    ("tag", "---\nlast_reviewed_on: !!str 2026-01-01\n---\n", 2, "is not allowed"),
    ("double", "---\nlast_reviewed_on: 1\n'last_reviewed_on': 2\n---\n", 3, "the key 'last_reviewed_on' is here twice, first on line 2"),
    ("two names", "---\nlast_reviewed_on: 2026-01-01\nms.date: 01/31/2026\n---\n", 3, "'ms.date' and 'last_reviewed_on' both set 'last_reviewed_on'"),
    ("not YAML", "---\ntitle: How to: x\n---\n", 2, "mapping values are not allowed"),
    ("template", "---\ntitle: {{ x }}\n---\n", 2, "the front matter is not readable"),
    ("never ends", "---\ntitle: x\n", 1, "the front matter starts here and never ends"),
    ("none", "# Title\n", 1, "there is no front matter"),
    ("empty file", "", 1, "there is no front matter"),
    ("TOML", "+++\ntitle = 'x'\n+++\n", 1, "the front matter is TOML"),
    ("late", "\n---\ntitle: x\n---\n", 2, "the front matter does not start on the first line"),
    ("conflict", "---\ntitle: x\n<<<<<<< HEAD\na: 1\n=======\na: 2\n>>>>>>> other\n---\n", 3, "a merge conflict starts here"),
    ("conflict in the body", "---\ntitle: x\n---\n=======\n<<<<<<< HEAD\n||||||| 1a\n=======\n>>>>>>> x\n", 5, "a merge conflict starts here"),
    ("conflict with CRLF", "---\r\ntitle: x\r\n---\r\n<<<<<<< a\r\n=======\r\n>>>>>>> b\r\n", 4, "a merge conflict starts here"),
    ("UTF-16", "---\ntitle: x\n---\n".encode("utf-16"), 1, "not UTF-8 (it looks like UTF-16)"),
    ("UTF-16 without mark", "---\ntitle: x\n---\n".encode("utf-16-be"), 1, "not UTF-8 (it looks like UTF-16)"),
    ("Latin-1", "---\na: 1\ntitle: caf\xe9\n---\n".encode("latin-1"), 3, "not UTF-8"),
    ("full", f"---\ntitle: {'x' * 65500}\n---\n", 1, "an edit here would change more than its own lines"),
    ("Unicode line break", "---\ntitle: a\u2028b\n---\n", 2, "a Unicode line break"),
]


@pytest.mark.parametrize(("text", "line", "message"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_what_is_not_safe_is_refused_with_its_line(text: str | bytes, line: int, message: str) -> None:
    """The error names the line and the reason, and has exit code 3."""
    with pytest.raises(UnsafeEditError) as caught:
        stamped(text if isinstance(text, bytes) else text.encode(), VALUES, MICROSOFT)
    error = caught.value
    assert (error.line, error.exit_code, error.kind) == (line, 3, "cannot-edit-safely")
    assert message in error.message
    assert error.hint


@pytest.mark.parametrize(
    "text",
    [
        "---\nlast_reviewed_on: >-\n  2026-11-23\n---\n",  # a formatter's work: it says the same
        "---\nlast_reviewed_on:\n  2026-11-23\n---\n",
        "---\ntitle: x\nlast_reviewed_on: '2026-11-23'\n---\nbody",
    ],
)
def test_what_says_the_same_already_is_not_edited(text: str) -> None:
    """An article with these values is left alone, in whatever form they stand."""
    assert stamped(text.encode(), DAY) == text.encode()


@pytest.mark.parametrize(
    "body",
    ["<<<<<<< is how a conflict starts\n", "Title\n=======\n\n>>>>>>> a deep quotation\n", "    <<<<<<< a\n    =======\n    >>>>>>> b\n",
     ">>>>>>> b\n=======\n<<<<<<< a\n"],
)
def test_what_is_no_conflict_is_no_reason(body: str) -> None:
    """Headings, quotations and indented samples are an article's own business."""
    raw = f"---\ntitle: x\n---\n{body}".encode()
    assert stamped(raw, DAY) == raw.replace(b"title: x\n", b"title: x\nlast_reviewed_on: 2026-11-23\n")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("# Title\n", f"---\n{ADDED}---\n# Title\n"),
        ("\ufeff# Title\r\nB", "\ufeff" + f"---\n{ADDED}---\n".replace("\n", "\r\n") + "# Title\r\nB"),
        ("no end", f"---\n{ADDED}---\nno end"),
        ("", f"---\n{ADDED}---\n"),
        ("\n\n# T\r\n", f"---\n{ADDED}---\n\n\n# T\r\n"),
    ],
)
def test_front_matter_is_added_where_that_is_asked_for(before: str, after: str) -> None:
    """It stands above the text, after a byte order mark, with the line ends of the file; the text stays."""
    out = stamped(before.encode(), VALUES, add_front_matter=True)
    assert out.decode() == after
    assert stamped(out, VALUES, add_front_matter=True) == out


def test_broken_front_matter_is_never_given_a_second_one() -> None:
    """Asking for front matter does not heal one that cannot be read."""
    with pytest.raises(UnsafeEditError, match="never ends"):
        stamped(b"---\ntitle: x\n", VALUES, add_front_matter=True)


# ---------------------------------------------------------------------------------------------- laws

OTHERS = st.lists(
    st.sampled_from([
        "title: Über {#1}\n", "'tit le': \"a # b\"  # c\n", "tags: [a, b]\n", "owners:\n- ana\n- ben\n", "areas:\n  - x\n\n  - y\n",
        "text: |\n  last_reviewed_on: 2020-01-01\n\n  ---\n", "fold: >+\n  a\n   b\n\n", "more:\n  last_reviewed_by: x\n  deep: {a: [1, 2]}\n",
        "long: plain words\n  go on\n", "quoted: 'one\n\n  two'\n", "flow: {a: 1,\n  b: [x,\n y]}\n", "empty:\n", "nothing: ~\n",
        "? asked\n: answered\n", "url: http://x.test/#a\n", "tab:\t1\t\n", "spaced : 1   \n", "😀: 'it''s'\n", "number: 1_0.5e3\n",
    ]),
    unique=True, max_size=6,
)
BETWEEN = st.sampled_from(["", "", "", "# last_reviewed_on: 2019-01-01\n", "\n", "  # ö\n", " \n"])
SAID = st.tuples(
    st.sampled_from(["last_reviewed_on", '"last_reviewed_on"', "'last_reviewed_on'"]), st.sampled_from(["", " ", "\t"]),
    st.sampled_from(["", " 2026-01-31", "\t'2026-01-31'", '   "2026-01-31"', " ~", " 2026-1-3", " null"]),
    st.sampled_from(["", "  ", "\t", " # why: [", "   #"]),
).map(lambda parts: f"{parts[0]}{parts[1]}:{parts[2]}{parts[3]}\n")
BY = st.sampled_from(["last_reviewed_by: ben\n", "last_reviewed_by: 'b''n' # x\n", "'last_reviewed_by': \"\\u00e4\"\n"])
OLD_SEAL = st.sampled_from(["review_seal: 1 review:a text:b\n", 'review_seal: "1 x" # seal\n', "review_seal:\n"])
BODIES = st.sampled_from(["", "Text\n", "\n# T\n\nlast_reviewed_on: 2020-01-01\n---\n", "no end", "\ufeff\u2028\x0b\x0c ö\n\n\n", "---\na: b\n---\n"])


@st.composite
def articles(draw: st.DrawFn) -> bytes:
    """Articles with front matter in many styles, all of which can be stamped."""
    entries = draw(OTHERS)
    for own in (SAID, BY, OLD_SEAL):
        if draw(st.booleans()):
            entries.insert(draw(st.integers(0, len(entries))), draw(own))
    block = "".join(draw(BETWEEN) + entry for entry in entries) + draw(BETWEEN)
    indent = draw(st.sampled_from(["", "", "  "]))
    if indent:
        block = "".join(f"{indent}{line}" if line.strip() else line for line in block.splitlines(keepends=True))
    mark, close = draw(st.sampled_from(["", "\ufeff"])), draw(st.sampled_from(["---\n", "--- \t\n", "...\n"]))
    body = draw(BODIES)
    assume(not (close == "...\n" and re.search(r"^\w+[ \t]*:", body, re.MULTILINE)))  # kbtool reads on there, and refuses
    text = f"---\n{block}{close}{body}"
    style = draw(st.sampled_from(["\n", "\r\n", "\r", "mixed"]))
    ends = st.sampled_from(["\n", "\r\n", "\r"])
    return (mark + re.sub("\n", lambda _: draw(ends) if style == "mixed" else style, text)).encode()


@given(articles())
def test_a_stamp_changes_its_own_lines_only(raw: bytes) -> None:
    """In any style of YAML all other bytes stay, the values read back, order holds, and stamping twice is stamping once."""
    out = stamped(raw, VALUES)
    only_own_lines(raw, out)
    before, after = read(raw), read(out)
    assert {**before, **VALUES} == after
    assert [key for key in after if key in before] == list(before)
    assert stamped(out, VALUES) == out
    assert len(LINES.findall(out)) == len(LINES.findall(raw)) + len(VALUES.keys() - before.keys())


PIECES = st.lists(
    st.sampled_from([
        "last_reviewed_on: ", "last_reviewed_on:", "? last_reviewed_on\n", "review_seal: ", "title: x", "2026-01-01", "'", '"', "\n", "\n", "\r",
        "\r\n", " ", "  ", "\t", "# c", "|", ">-", "{", "}", "[", "]", ",", "- ", ": ", "&a ", "*a", "!!str ", "---\n", "...\n", "%YAML 1.1\n",
        "<<: ", "\ufeff", "\x85", "\u2028", "ö", "a: 1\n", "\\", "~", "--- # c\n",
    ]),
    max_size=25,
).map("".join)


@given(PIECES, st.booleans())
def test_anything_is_stamped_safely_or_refused(block: str, closed: bool) -> None:
    """Whatever is thrown at it: either a refusal, or a stamp that keeps every other byte and reads back."""
    raw = f"---\ntitle: y\n{block}\n{'---' if closed else ''}\nBody".encode()
    out = tried(raw)
    if isinstance(out, UnsafeEditError):
        assert 1 <= out.line <= len(LINES.findall(raw)) + 1
        return
    only_own_lines(raw, out)
    assert read(out) == {**read(raw), **VALUES}
    assert stamped(out, VALUES) == out


@given(st.binary(max_size=60), st.booleans())
def test_no_bytes_make_it_fail_otherwise(body: bytes, front: bool) -> None:
    """A body of any bytes stays, or the article is refused."""
    raw = (b"---\na: 1\n---\n" if front else b"") + body
    out = tried(raw)
    assert isinstance(out, UnsafeEditError) or out.endswith(body.removeprefix(b"\xef\xbb\xbf"))


# ---------------------------------------------------------------------------------------------- files


@pytest.fixture
def config(kb):
    """The configuration of the small knowledge base."""
    return load_config(kb.root)


def stamp(name: str, **more: str) -> Stamp:
    """Return a stamp with a new date."""
    return Stamp(Path(name), DAY, **more)


def test_several_files_are_planned_and_written(kb, config) -> None:
    """A plan writes nothing; applying it writes what changes, and afterwards there is nothing left to do."""
    kb.write("content/ä b.md", "---\ntitle: x\r\n---")
    before = kb.tree()
    found = plan(config, [stamp("content/index.md"), Stamp(kb.root / "content/ä b.md", VALUES)])
    assert (found.refusals, [change.name for change in found.changes]) == ((), ["content/index.md", "content/ä b.md"])
    assert kb.tree() == before
    assert apply(found) == ("content/index.md", "content/ä b.md")
    assert b"last_reviewed_on: 2026-11-23\n" in kb.tree()["content/index.md"]
    assert kb.tree()["content/ä b.md"].decode() == "---\ntitle: x\r\n" + ADDED.replace("\n", "\r\n") + "---"
    assert {name for name in kb.tree() if not name.startswith(".kbtool/")} == set(before)
    assert plan(config, [stamp("content/index.md")]).changes == ()


def test_stamping_again_writes_nothing(kb, config) -> None:
    """The same values again: neither bytes nor time of the file change, and no folder is made."""
    path = kb.write("content/index.md", "---\nlast_reviewed_on: 2026-11-23\n---\n")
    os.utime(path, ns=(1, 1))
    assert apply(plan(config, [stamp("content/index.md")])) == ()
    assert path.stat().st_mtime_ns == 1
    assert not (kb.root / ".kbtool").exists()


def refusal(found) -> IncompleteError:
    """Return the one refusal of a plan."""
    (error,) = found.refusals
    with pytest.raises(IncompleteError) as caught:
        apply(found)
    assert caught.value is error
    assert error.exit_code == 3
    return error


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("content/none.md", "error[cannot-edit-safely]: content/none.md: there is no such file (name an article)"),
        ("content", "error[cannot-edit-safely]: content: there is no such file (name an article)"),
        ("content/link.md", "error[cannot-edit-safely]: content/link.md: it is a symlink (name the file itself)"),
        ("linked/index.md", "error[cannot-edit-safely]: linked/index.md: it is reached through a symlink (name the file itself)"),
        ("content/../content/index.md", "error[cannot-edit-safely]: content/../content/index.md: it is hidden, or outside of the knowledge base (name the file itself)"),
        (".git/config", "error[cannot-edit-safely]: .git/config: it is hidden, or outside of the knowledge base (name the file itself)"),
        ("/etc/passwd", "error[cannot-edit-safely]: /etc/passwd: it is hidden, or outside of the knowledge base (name the file itself)"),
        ("content/broken.md", "error[cannot-edit-safely]: content/broken.md:3: the value of 'last_reviewed_on' is a list or a mapping (write one word or text)"),
    ],
)
def test_a_file_that_cannot_be_stamped_is_refused(kb, config, name: str, said: str) -> None:
    """One line: kind, file, line where there is one, reason, and what to do; nothing is written, of the others neither."""
    kb.write("content/broken.md", "---\ntitle: x\nlast_reviewed_on: [a]\n---\n")
    kb.write(".git/config", "---\ntitle: x\n---\n")
    (kb.root / "content/link.md").symlink_to("index.md")
    (kb.root / "linked").symlink_to("content")
    before = kb.tree()
    found = plan(config, [stamp("content/index.md"), stamp(name)])
    assert str(refusal(found)) == said
    assert kb.tree() == before
    assert apply(found, keep_going=True) == ("content/index.md",)


def test_one_file_twice_is_refused(config) -> None:
    """Two stamps for one article cannot both be meant."""
    found = plan(config, [stamp("content/index.md"), stamp("content/index.md")])
    assert "content/index.md: it is to be stamped twice in one run" in str(refusal(found))


def test_a_file_that_changed_since_its_review_is_refused(kb, config) -> None:
    """What was reviewed is not what is there: nothing is written, neither at the plan nor at the write."""
    raw = (kb.root / "content/index.md").read_bytes()
    assert plan(config, [stamp("content/index.md", seen=digest(raw))]).refusals == ()
    error = refusal(plan(config, [stamp("content/index.md", seen=digest(b"other"))]))
    assert str(error).startswith("error[changed-meanwhile]: content/index.md: the file was changed after it was reviewed")
    planned = plan(config, [stamp("content/index.md")])
    kb.write("content/index.md", raw + b"more\n")
    with pytest.raises(IncompleteError, match="changed by somebody else meanwhile"):
        apply(planned)
    assert (kb.root / "content/index.md").read_bytes() == raw + b"more\n"


def test_the_microsoft_preset_keeps_its_dates(kb) -> None:
    """The configuration says under which key and in which style a date stands."""
    kb.write("pyproject.toml", '[tool.kbtool]\npreset = "microsoft"\n')
    kb.write("content/index.md", "---\nms.date: 01/31/2026\n---\n")
    apply(plan(load_config(kb.root), [stamp("content/index.md")]))
    assert kb.tree()["content/index.md"] == b"---\nms.date: 11/23/2026\n---\n"


def test_front_matter_is_added_by_a_plan_that_may(kb, config) -> None:
    """Without leave it is a refusal that names the option."""
    kb.write("content/index.md", "# Title\n")
    assert "content/index.md:1: there is no front matter" in str(refusal(plan(config, [stamp("content/index.md")])))
    apply(plan(config, [stamp("content/index.md")], add_front_matter=True))
    assert kb.tree()["content/index.md"] == b"---\nlast_reviewed_on: 2026-11-23\n---\n# Title\n"


def test_a_diff_can_be_applied(kb, config) -> None:
    """`git apply` makes of the old files, from the diff, exactly what stamping makes of them."""
    kb.write("content/a b.md", "---\r\ntitle: x\r\n---")
    kb.write("content/cr.md", "---\rtitle: x\r---\rone\ntwo")
    found = plan(config, [Stamp(Path(name), VALUES) for name in ("content/index.md", "content/a b.md", "content/cr.md")])
    subprocess.run(["git", "apply", "--unidiff-zero", "--whitespace=nowarn"], input=found.diff().encode(), cwd=kb.root, check=True,
                   env={"PATH": os.environ["PATH"], "GIT_CEILING_DIRECTORIES": str(kb.root.parent)})
    assert {change.name: change.after for change in found.changes} == {change.name: kb.tree()[change.name] for change in found.changes}
    assert len(found.changes) == 3


def test_a_diff_of_other_bytes_can_be_shown() -> None:
    """Bytes that are not UTF-8 are written as escapes, so that any terminal takes them."""
    raw = b"---\na: 1\n---\n\xe9\n"
    from kbtool.journal import Change
    from kbtool.stamp import Plan

    text = Plan(Path(), (Change("a.md", raw, stamped(raw, DAY)),)).diff()
    assert text == "--- a/a.md\n+++ b/a.md\n@@ -1,4 +1,5 @@\n ---\n a: 1\n+last_reviewed_on: 2026-11-23\n ---\n \\xe9\n"


def test_mode_and_attributes_stay(kb, config) -> None:
    """Group and others read what they read before, and extended attributes are kept where the disk has them."""
    path = kb.root / "content/index.md"
    path.chmod(0o664)
    try:
        os.setxattr(path, "user.kept", b"yes")
    except OSError:
        pytest.skip("no extended attributes here")
    apply(plan(config, [stamp("content/index.md")]))
    assert stat.S_IMODE(path.stat().st_mode) == 0o664
    assert os.getxattr(path, "user.kept") == b"yes"


# ---------------------------------------------------------------------------------------------- rules of a review


@pytest.mark.parametrize(
    ("day", "present", "said"),
    [
        ("2026-11-22", None, ""), ("2026-11-22", "2026-11-22", ""), ("2026-11-21", "2026-11-20", ""),
        ("2026-11-23", None, "2026-11-23 is after today, 2026-11-22"),
        ("2026-11-20", "2026-11-21", "2026-11-20 is before the review that is there, 2026-11-21"),
    ],
)
def test_the_day_of_a_review(day: str, present: str | None, said: str) -> None:
    """It is not after today, and not before the review that is there."""
    found = date_problem(dt.date.fromisoformat(day), dt.date(2026, 11, 22), present and dt.date.fromisoformat(present))
    assert found == said


# ---------------------------------------------------------------------------------------------- a real knowledge base


@pytest.mark.real
def test_every_article_of_a_real_guide_is_stamped(shared: Path, tmp_path: Path) -> None:
    """Of 119 articles none is refused; 105 have a date, and change by that line and two new ones, the others by three new ones."""
    guide = tmp_path / "guide"
    subprocess.run(["git", "clone", "-q", shared / "real" / "user-guide.bundle", guide], check=True)
    (guide / "pyproject.toml").write_text('[tool.kbtool]\ncontent = "source"\npreset = "govuk"\nsuffixes = [".md", ".md.erb"]\n')
    names = sorted(path.relative_to(guide) for path in guide.glob("source/**/*.md*") if not path.name.startswith("."))
    found = plan(load_config(guide), [Stamp(name, VALUES) for name in names])
    assert found.refusals == ()
    for change in found.changes:
        only_own_lines(change.before, change.after)
    assert len(apply(found)) == len(names)
    stat_lines = subprocess.run(["git", "diff", "--numstat"], cwd=guide, capture_output=True, text=True, check=True).stdout.splitlines()
    counts = [line.split("\t")[:2] for line in stat_lines]
    assert (counts.count(["3", "1"]), counts.count(["3", "0"]), len(counts)) == (105, len(names) - 105, len(names))
    assert plan(load_config(guide), [Stamp(name, VALUES) for name in names]).changes == ()
