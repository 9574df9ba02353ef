"""KB001 front-matter-invalid."""

from __future__ import annotations

import pytest

from kbtool.builtin_checks.front_matter_invalid import FrontMatterInvalid
from kbtool.testing import check_article, check_files, in_words

DATE = "write it as YYYY-MM-DD, such as 2026-03-31"
SOURCE = "content/article.md"

VALUES = {
    "colon": ("title: How to: export", [
        ("2:14 KB001 error: the front matter is not readable: mapping values are not allowed in this context "
        '(quote the value: key: "text with: special characters")'),
    ]),
    "double": ("title: a\ntitle: b", [
        "3:1 KB001 error: the front matter is not readable: the key 'title' is here twice, first on line 2 (keep one of them)",
    ]),
    "anchor": ("title: &x 1", [
        ("2:8 KB001 error: the front matter is not readable: anchors and aliases (& and *) are not allowed "
        "(quote the value, or repeat it)"),
    ]),
    "list": ("- a", ["2:1 KB001 error: the front matter is not a mapping (write one `key: value` a line)"]),
    "unknown key": ("onwers: [ana]", ["2:1 KB001 error: unknown key 'onwers' (did you mean \"owners\"?)"]),
    "other case": ("Title: x", ["2:1 KB001 error: unknown key 'Title' (did you mean \"title\"?)"]),
    "nothing near": ("zzz: x", ["2:1 KB001 error: unknown key 'zzz' (remove it, or list it in known_keys)"]),
    "no such day": ("last_reviewed_on: 2026-02-30", [
        f"2:1 KB001 error: last_reviewed_on: there is no day '2026-02-30' in the calendar ({DATE})",
    ]),
    "other order": ("expires: 31/12/2026", [f"2:1 KB001 error: expires: '31/12/2026' is not a date ({DATE})"]),
    "no interval": ("review_in: fortnightly", [
        ("2:1 KB001 error: review_in: 'fortnightly' is not an interval "
        '(write it as "6 months", "90 days", "1 year" or "P6M")'),
    ]),
    "text wanted": ("title: [a]", ["2:1 KB001 error: title: must be text (quote it)"]),
    "list wanted": ("owners: {a: b}", ["2:1 KB001 error: owners: must be a list of words (write [one, two])"]),
    "empty item": ("owners: ['']", ["2:1 KB001 error: owners: must be a list of words (write [one, two])"]),
    "audience misspelt": ("audience: publik", [
        "2:1 KB001 error: audience: 'publik' is not one of internal, public (did you mean \"public\"?)",
    ]),
    "audience empty": ("audience:", ["2:1 KB001 error: audience: is empty (write one of internal, public)"]),
    "audience list": ("audience: [public]", ["2:1 KB001 error: audience: must be text (quote it)"]),
    "draft": ("draft: maybe", ["2:1 KB001 error: draft: must be true or false ()"]),
    "choice": ("risk: hgh", ["2:1 KB001 error: risk: 'hgh' is not one of low, medium, high; did you mean \"high\"? ()"]),
    "nested": ("known_issue:\n  state: confirmed\n  colour: red", ["4:3 KB001 error: known_issue.colour: unknown key ()"]),
    "nested type": ("known_issue: yes", ["2:1 KB001 error: known_issue: must have keys of its own ()"]),
    "in a list": ("tickets:\n  - SUP-1\n  - {expects: open}", ["4:5 KB001 error: tickets.1.ref: is missing ()"]),
    "several": ("owner: ana\nexpires: soon\nrisk: low\ntags: {a: b}", [
        "2:1 KB001 error: unknown key 'owner' (did you mean \"owners\"?)",
        f"3:1 KB001 error: expires: 'soon' is not a date ({DATE})",
        "5:1 KB001 error: tags: must be a list of words (write [one, two])",
    ]),
}

TEXTS = {
    "merge conflict": ("---\ntitle: a\n---\n\n<<<<<<< HEAD\nx\n=======\ny\n>>>>>>> z\n", [
        "5:1 KB001 error: a merge conflict starts here (resolve it; show one in a fence of its own)",
    ]),
    "never ends": ("---\ntitle: x\n", ["1:1 KB001 error: the front matter starts here and never ends (close it with a line of ---)"]),
    "toml": ("+++\ntitle = 'x'\n+++\n", [
        "1:1 KB001 error: the front matter is TOML (write it as YAML between two lines of ---)",
    ]),
    "blank line above": ("\n---\naudience: internal\n---\n", [
        "2:1 KB001 error: the front matter does not start on the first line (remove what is above it)",
    ]),
    "comment above": ("<!-- licence\n-->\n---\naudience: internal\n---\n", [
        "3:1 KB001 error: the front matter does not start on the first line (remove what is above it)",
    ]),
    "indented": (" ---\ntitle: x\n---\n", [
        "1:1 KB001 error: the front matter does not start on the first line (remove what is above it)",
    ]),
    "utf-16": ("---\n".encode("utf-16"), ["1:1 KB001 error: not UTF-8 (it looks like UTF-16) (save the file as UTF-8)"]),
    "latin-1": (b"---\ntitle: caf\xe9\n---\n", ["2:1 KB001 error: not UTF-8 at byte 14 (save the file as UTF-8)"]),
    "binary": (b"text\nmore\n\0", [
        "3:1 KB001 error: not text: there is a NUL byte (an article is a text file; an asset needs another suffix)",
    ]),
    "byte order mark": ("\ufeff---\nzzz: x\n---\n", ["2:1 KB001 error: unknown key 'zzz' (remove it, or list it in known_keys)"]),
    "windows": ("---\r\ntitle: x\r\nzzz: x\r\n---\r\n", [
        "3:1 KB001 error: unknown key 'zzz' (remove it, or list it in known_keys)",
    ]),
}

CLEAN = {
    "nothing": "",
    "no front matter": "# Export\n",
    "empty": "---\n---\n",
    "everything": (
        "---\ntitle: 'How to: export'\ndescription: d\naudience: public\nowners: [ana]\nproduct_areas: billing\n"
        "content_type: how-to\nlast_reviewed_on: 2026-11-01T10:00:00+13:00\nlast_reviewed_by: ana\nreview_in: six months\n"
        "evergreen: law\nexpires: 2027-01-01\nrisk: low\ncovers: ['src/**', 'api:src/**']\n"
        "tickets: [SUP-431, {ref: 'acme/shop#88', expects: open}]\nconfidence: validated\nredirect_from: [/old/]\n"
        "known_issue: {state: confirmed, affects: [web], workaround: none, opened: 2026-01-01, fixed_in: '2.1'}\n"
        "related: [a.md]\ntags: [a]\nhide: [toc]\nsearch: {boost: 2}\nstatus: new\nicon: x\ntemplate: home.html\n---\n"
    ),
    "words that YAML misreads": "---\ntitle: no\nowners: [on, 1.10]\n---\n",
    "ends with dots": "---\ntitle: x\n...\nbody\n",
    "a rule below a blank line": "\n---\n\nNote: text\n",
    "right to left": "---\ntitle: دليل الفواتير\n---\n",
}


@pytest.mark.parametrize(("lines", "found"), VALUES.values(), ids=VALUES)
def test_a_value_that_is_wrong(lines: str, found: list[str]) -> None:
    """Each value that cannot be read is named with its line, its column and what to write."""
    assert in_words(check_article(FrontMatterInvalid(), f"---\n{lines}\n---\n")) == [f"{SOURCE}:{one}" for one in found]


@pytest.mark.parametrize(("text", "found"), TEXTS.values(), ids=TEXTS)
def test_a_file_that_cannot_be_read(text: str | bytes, found: list[str]) -> None:
    """A file whose front matter cannot be found or decoded has one finding that says why."""
    assert in_words(check_files(FrontMatterInvalid(), {SOURCE: text})) == [f"{SOURCE}:{one}" for one in found]


@pytest.mark.parametrize("text", CLEAN.values(), ids=CLEAN)
def test_clean(text: str) -> None:
    """Every key with a readable value, and no front matter at all, is clean."""
    assert check_article(FrontMatterInvalid(), text) == []


ALIASES = '[tool.kbtool.aliases]\nvisibility = "audience"\nwho = "owners"\n"rev.date" = "last_reviewed_on"'


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ("visibility: publik", "3:1 KB001 error: audience: 'publik' is not one of internal, public (did you mean \"public\"?)"),
        ("visibility:", "3:1 KB001 error: audience: is empty (write one of internal, public)"),
        ("owners: [ana]\nwho: ben", "4:1 KB001 error: 'who' and another key both set 'owners' (keep one)"),
        ("who: ben\nowners: [ana]", "4:1 KB001 error: 'owners' and another key both set 'owners' (keep one)"),
        ("rev.date: yesterday", f"3:1 KB001 error: rev.date: 'yesterday' is not a date ({DATE})"),
    ],
)
def test_names_of_another_knowledge_base(lines: str, found: str) -> None:
    """A key under another name is checked like ours, at the line where its author wrote it."""
    words = in_words(check_article(FrontMatterInvalid(), f"---\ntitle: x\n{lines}\n---\n", config=ALIASES))
    assert words == [f"{SOURCE}:{found}"]


def test_known_keys_and_presets() -> None:
    """A key that the configuration or the preset knows is no finding, with a `*` for any ending; others still are."""
    text = "---\nteam-x: 1\nweight: 10\nowner_slack: '#a'\nlayuot: x\n---\n"
    found = check_article(FrontMatterInvalid(), text, config='preset = "govuk"\nknown_keys = ["team-*"]')
    assert [(one.line, one.message) for one in found] == [(5, "unknown key 'layuot'")]


def test_date_style_of_microsoft() -> None:
    """With the preset for it, `ms.date` is read month first, and a month 15 is a finding."""
    good, bad = "---\nms.date: 01/15/2026\n---\n", "---\nms.date: 15/01/2026\n---\n"
    assert check_article(FrontMatterInvalid(), good, config='preset = "microsoft"') == []
    found = check_article(FrontMatterInvalid(), bad, config='preset = "microsoft"')
    assert in_words(found) == [f"{SOURCE}:2:1 KB001 error: ms.date: '15/01/2026' is not a date ({DATE})"]


def test_audiences_of_the_configuration() -> None:
    """An audience that some edition has is known."""
    config = '[tool.kbtool.editions.partner]\naudiences = ["public", "partner"]'
    assert check_article(FrontMatterInvalid(), "---\naudience: partner\n---\n", config=config) == []
    assert check_article(FrontMatterInvalid(), "---\naudience: partner\n---\n") != []


def test_a_large_file_is_not_read() -> None:
    """A file over `max_article_bytes` has one finding that says so; one of just that size is read."""
    assert check_article(FrontMatterInvalid(), "a" * 100, config="max_article_bytes = 100") == []
    found = check_article(FrontMatterInvalid(), "a" * 101, config="max_article_bytes = 100")
    assert in_words(found) == [
        f"{SOURCE}:1:1 KB001 error: the file is larger than 100 bytes (split it, or raise max_article_bytes)",
    ]
