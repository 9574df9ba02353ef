"""Tests of kbtool.front_matter."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbtool.config import Confidence, Config, ContentType, FolderDefaults, Risk
from kbtool.dates import Interval
from kbtool.front_matter import (
    CONFIDENCES,
    CONTENT_TYPES,
    DECIDES_AUDIENCE,
    KEYS,
    MAX_BYTES,
    RISKS,
    THEME_KEYS,
    FrontMatter,
    Problem,
    read_front_matter,
    split,
)

CONFIG = Config(root=Path())


def _read(lines: str, config: Config = CONFIG, **defaults: Any) -> tuple[FrontMatter, tuple[Problem, ...]]:
    return read_front_matter(split(f"---\n{lines}\n---\n").raw, config, FolderDefaults(**defaults))


@pytest.mark.parametrize(
    ("text", "values", "body", "body_line"),
    [
        ("", {}, "", 1),
        ("# Heading\n", {}, "# Heading\n", 1),
        ("---\ntitle: A\n---\n\nText.\n", {"title": "A"}, "\nText.\n", 4),
        ("---\ntitle: A\n...\nText.\n", {"title": "A"}, "Text.\n", 4),
        ("---  \ntitle: A\n--- \t\nText.\n", {"title": "A"}, "Text.\n", 4),
        ("---\n---\nText.\n", {}, "Text.\n", 3),
        ("---\ntitle: A\n---", {"title": "A"}, "", 4),
        ("---\ntitle: A\ntext: |\n  ---\n---\nText.\n", {"title": "A", "text": "---\n"}, "Text.\n", 6),
        ("---\ntitle: A\n---\nOne\n\n---\n\nTwo\n", {"title": "A"}, "One\n\n---\n\nTwo\n", 4),
        ("----\ntitle: A\n----\n", {}, "----\ntitle: A\n----\n", 1),
        ("Text.\n\n---\ntitle: A\n---\n", {}, "Text.\n\n---\ntitle: A\n---\n", 1),
    ],
)
def test_split_takes_the_front_matter_from_the_body(text: str, values: dict[str, Any], body: str, body_line: int) -> None:
    """The front matter is what stands between the first line of --- and the next one; the body knows its line."""
    parts = split(text)
    assert parts.raw.problems == ()
    assert (dict(parts.raw.values), parts.body, parts.body_line) == (values, body, body_line)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("---", 1, "the front matter starts here and never ends"),
        ("---\n", 1, "the front matter starts here and never ends"),
        ("---\ntitle: A\n\nText.\n", 1, "the front matter starts here and never ends"),
        ("---\ntitle: A\n----\n", 1, "the front matter starts here and never ends"),
        ("---\ntitle: A\n ---\n", 1, "the front matter starts here and never ends"),
        ("+++\ntitle = 'A'\n+++\n", 1, "the front matter is TOML"),
        ('{"title": "A"}\n', 1, "the front matter is JSON"),
        ("\n\n---\ntitle: A\n---\n", 3, "the front matter does not start on the first line"),
        ("---\ntitle: A\n...\naudience: internal\n---\n", 3, "the front matter goes on after its end of ..."),
        ("---\n- A\n---\n", 2, "the front matter is not a mapping"),
        ("---\ntitle: A: B\n---\n", 2, "the front matter is not readable: mapping values are not allowed in this context"),
        (f"---\ntitle: {'A' * MAX_BYTES}\n---\n", 1, "the front matter is longer than 65,536 characters"),
    ],
)
def test_split_gives_nothing_of_what_it_cannot_read(text: str, line: int, message: str) -> None:
    """Front matter that cannot be read is one problem, and no part of the text counts as body or value."""
    parts = split(text)
    assert [(problem.line, problem.message) for problem in parts.raw.problems] == [(line, message)]
    assert parts.raw.fatal
    assert parts.raw.values == {}
    assert parts.raw.problems[0].hint
    assert parts.body == "" or message.endswith("mapping")


@given(st.text(alphabet=st.sampled_from(list("ab:- \n\t#{}[]'\"&*!|>%@`.?,é\x85\x00")), max_size=60))
def test_any_text_is_split_or_is_a_problem(text: str) -> None:
    """Splitting and reading never raises; a body always stands where `body_line` says, at the end of the text."""
    for whole in (text, f"---\n{text}\n---\n", f"---\n{text}\n---\nbody"):
        parts = split(whole)
        read_front_matter(parts.raw, CONFIG, FolderDefaults())
        if parts.body:
            assert whole.endswith(parts.body)
            assert whole.count("\n") - parts.body.count("\n") == parts.body_line - 1


def test_every_key_has_its_type() -> None:
    """The keys of the table in DESIGN.md are read with the types that it gives."""
    front_matter, problems = _read("""title: Export invoices
description: How to
audience: public
owners: [ana, billing]
product_areas: billing
content_type: how-to
last_reviewed_on: 2026-10-01
last_reviewed_by: ana
review_in: 6 months
review_seal: v1:abc
evergreen: it is the law
expires: 2027-01-01
risk: high
covers: ["src/**", "api:src/**"]
tickets: [SUP-431, {ref: acme/shop#88, expects: open}]
confidence: not-validated
redirect_from: [old/]
known_issue: {state: confirmed, affects: "2.0", workaround: none, opened: 2026-01-02, updated: 2026-01-03, fixed_in: "2.1"}
kbtool_ignore: [{check: KB106, until: 2027-01-31, reason: "a reason"}]
related: [a.md]
tags: [pdf]
draft: false""")
    assert problems == ()
    assert front_matter.owners == ("ana", "billing")
    assert front_matter.product_areas == ("billing",)
    assert front_matter.last_reviewed_on == dt.date(2026, 10, 1)
    assert front_matter.review_in == Interval(6)
    assert front_matter.expires == dt.date(2027, 1, 1)
    assert [(ticket.ref, ticket.expects) for ticket in front_matter.tickets] == [("SUP-431", None), ("acme/shop#88", "open")]
    assert front_matter.known_issue is not None
    assert front_matter.known_issue.model_dump() == {
        "state": "confirmed", "affects": ("2.0",), "workaround": "none", "opened": dt.date(2026, 1, 2),
        "updated": dt.date(2026, 1, 3), "fixed_in": "2.1"}
    assert front_matter.state == "not-validated"
    assert front_matter.model_fields_set == KEYS


def test_what_is_not_said_has_its_default() -> None:
    """An empty front matter says nothing: no audience, no owners, validated, no dates."""
    front_matter, problems = _read("")
    assert problems == ()
    assert front_matter == FrontMatter()
    assert (front_matter.audience, front_matter.owners, front_matter.state) == (None, (), "validated")


def test_a_value_of_the_wrong_type_reads_as_not_said() -> None:
    """One bad value is one problem at its place, and all the other values are still read."""
    front_matter, problems = _read("title: [a]\nowners: [ana]\nlast_reviewed_on: soon\nrisk: hi\ntickets:\n  - {ref: A, expects: shut}")
    assert front_matter == FrontMatter(owners=("ana",))
    assert [(problem.line, problem.column, problem.key) for problem in problems] == [
        (2, 1, "title"), (4, 1, "last_reviewed_on"), (5, 1, "risk"), (7, 14, "tickets")]


@pytest.mark.parametrize(
    ("lines", "state"),
    [("", "validated"), ("draft: true", "work-in-progress"), ("draft: true\nconfidence: validated", "work-in-progress"),
     ("draft: false\nconfidence: archived", "archived"), ("confidence: not-validated", "not-validated")],
)
def test_a_draft_is_work_in_progress(lines: str, state: str) -> None:
    """`draft: true` outweighs any confidence; nothing said is validated."""
    assert _read(lines)[0].state == state


@pytest.mark.parametrize(
    ("lines", "key"),
    [("audience: publik", "audience"), ("audience:", "audience"), ("audiance: internal", "audience"), ("audience: [public]", "audience"), ("Audience: internal", "audience"),
     ("confidence: wip", "confidence"), ("confidense: archived", "confidence"), ("draft: yes", "draft"), ("drafts: true", "draft")],
)
def test_what_decides_the_audience_is_named_by_its_problem(lines: str, key: str) -> None:
    """A bad or misspelt key that decides who may read is a problem under that key, so that the article can be hidden."""
    _, problems = _read(lines)
    assert [problem.key for problem in problems] == [key]
    assert key in DECIDES_AUDIENCE


def test_aliases_are_read_as_our_keys() -> None:
    """A knowledge base's own names fill our keys, and problems stand where and as the author wrote them."""
    config = Config(root=Path(), aliases={"rev.date": "last_reviewed_on", "who": "owners"})
    front_matter, problems = _read("who: ana\nrev.date: 2026-10-01", config)
    assert (front_matter.owners, front_matter.last_reviewed_on, problems) == (("ana",), dt.date(2026, 10, 1), ())
    _, problems = _read("title: A\nrev.date: soon", config)
    assert [(problem.line, problem.message) for problem in problems] == [(3, "rev.date: 'soon' is not a date")]


def test_two_names_of_one_key_are_a_problem() -> None:
    """A key and its alias, or two aliases, cannot both be there."""
    config = Config(root=Path(), aliases={"visibility": "audience"})
    _, problems = _read("audience: public\nvisibility: internal", config)
    assert [(problem.line, problem.key) for problem in problems] == [(3, "audience")]


def test_us_dates_in_that_style_only() -> None:
    """Under the preset `microsoft`, 03/04/2026 is the fourth of March; elsewhere it is a problem."""
    microsoft = Config(root=Path(), preset="microsoft")
    assert _read("ms.date: 03/04/2026", microsoft)[0].last_reviewed_on == dt.date(2026, 3, 4)
    assert len(_read("last_reviewed_on: 03/04/2026")[1]) == 1


def test_known_keys_take_a_star() -> None:
    """A key that the theme or the configuration knows is no problem, and reads as nothing."""
    config = Config(root=Path(), known_keys=("zone-*", "layout"))
    assert _read("hide: [toc]\nzone-a: 1\nlayout: x", config) == (FrontMatter(), ())
    assert [problem.message for problem in _read("zone: 1", config)[1]] == ["unknown key 'zone'"]


def test_folder_defaults_fill_what_is_left_out() -> None:
    """A default is used where the article says nothing."""
    front_matter, problems = _read("title: A", audience="public", owners=("ben",), review_in="90 days", ceiling="internal", tags=())
    assert problems == ()
    assert front_matter == FrontMatter(title="A", audience="public", owners=("ben",), review_in=Interval(0, 90))


@pytest.mark.parametrize("lines", ["audience: publik", "audience:", "audience: [x]", "owners: []\naudience: internal"])
def test_folder_defaults_never_replace_what_is_there(lines: str) -> None:
    """A key that the article has is never filled from its folder, neither a bad one nor an empty one."""
    assert _read(lines, audience="public")[0].audience in (None, "internal", "publik")
    assert _read("owners: []", owners=("ben",))[0].owners == ()


def test_unreadable_front_matter_takes_no_defaults() -> None:
    """Where nothing can be read, no folder's default says who may read it."""
    raw = split("---\ntitle: a: b\n---\n").raw
    front_matter, problems = read_front_matter(raw, CONFIG, FolderDefaults(audience="public"))
    assert (front_matter.audience, len(problems)) == (None, 1)


def test_configuration_and_front_matter_know_the_same_words() -> None:
    """Content types, risks and confidences are one list for articles and for the defaults of folders."""
    assert get_args(ContentType) == CONTENT_TYPES
    assert get_args(Risk) == RISKS
    assert get_args(Confidence) == CONFIDENCES
    assert set(FolderDefaults.model_fields) - {"ceiling"} <= KEYS
    assert not KEYS & THEME_KEYS
