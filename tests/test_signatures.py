"""The parts of a seal: each is broken by what it signs, and by nothing else."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kbtool.signatures import NOTHING, PARTS, VERSION, Seal, read_seal, sign_code, sign_review, sign_text, sign_tickets
from kbtool.testing import knowledge_base
from kbtool.tickets import Ticket

# ---------------------------------------------------------------------------------------------- the parts

PAGE = """---
title: A page
description: About it
audience: public
last_reviewed_on: 2026-02-01
last_reviewed_by: ana
review_in: 1 year
covers: [src/**]
tickets: [SUP-1]
---

Words. ![Shown](page.png)
"""
TICKET = Ticket("SUP-1", "open")
CODE = {"src/x.py": f"100644 {'a' * 40}", "src/y.py": f"100644 {'b' * 40}"}


def signed(tmp_path: Path, text: str = PAGE, code=CODE, tickets=(TICKET,), image: str = "1") -> Seal:
    """Return the seal of an article."""
    evidence = knowledge_base(tmp_path, {"content/a.md": text, "content/page.png": b"x"})
    article = evidence.articles[0]
    assert article.problems == ()
    return Seal(sign_review(article), sign_text(article, evidence.urls, {"content/page.png": f"100644 {image}"}), sign_code(code), sign_tickets(tickets))


def broken(one: Seal, other: Seal) -> list[str]:
    """Return the parts in which two seals differ."""
    return [part for part in PARTS if getattr(one, part) != getattr(other, part)]


@pytest.mark.parametrize(("old", "new", "parts"), [
    ("2026-02-01", "2026-02-02", ["review"]), ("by: ana", "by: gone", ["review"]), ("1 year", "2 years", ["review"]), ("src/**", "src/x.py", ["review"]),
    ("[SUP-1]", "[SUP-2]", ["review"]), ("covers:", "evergreen: yes it is\ncovers:", ["review"]), ("covers:", "expires: 2030-01-01\ncovers:", ["review"]),
    ("title: A page", "title: A sheet", ["text"]), ("About it", "About that", ["text"]), ("Words.", "Letters.", ["text"]), ("Shown", "Seen", ["text"]), ("page.png", "gone.png", ["text"]),
    ("audience: public", "audience: internal", []), ("title: A page", "title: 'A  page'", []), ("Words. ", "Words.\n", []), ("covers:", "tags: [x]\ncovers:", []), ("2026-02-01", "'2026-02-01'", []),
    ("1 year", "12 months", []), ("covers:", "owners: [ana]\ncovers:", []), ("covers:", "risk: high\ncovers:", []),
])
def test_what_breaks_which_part_of_an_article(tmp_path, old: str, new: str, parts: list[str]) -> None:
    """Each key and word belongs to one part of the seal, or to none."""
    assert broken(signed(tmp_path / "one"), signed(tmp_path / "two", PAGE.replace(old, new))) == parts


def test_what_breaks_the_other_parts(tmp_path) -> None:
    """A covered blob, mode or path is the code's, a ticket the tickets', an image the text's; orders and titles are nobody's."""
    one = signed(tmp_path)
    blob, mode = f"100644 {'c' * 40}", f"100755 {'a' * 40}"
    for code in (CODE | {"src/x.py": blob}, CODE | {"src/x.py": mode}, {"src/x.py": CODE["src/x.py"]}, CODE | {"src/z.py": blob}, {"src/z.py" if path == "src/x.py" else path: state for path, state in CODE.items()}):
        assert broken(one, signed(tmp_path, code=code)) == ["code"]
    closed = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
    for ticket in (replace(TICKET, state="closed"), replace(TICKET, resolution="fixed"), replace(TICKET, closed_at=closed), replace(TICKET, key="SUP-2")):
        assert broken(one, signed(tmp_path, tickets=(ticket,))) == ["tickets"]
    assert broken(one, signed(tmp_path, image="2")) == ["text"]
    assert broken(one, signed(tmp_path, code=dict(reversed(CODE.items())), tickets=(replace(TICKET, title="New", updated_at=closed, url="x"),))) == []


WORD = st.text("abcdefghijklmnopqrstuvwxyzäß0123456789", min_size=1, max_size=6)
#: Where a word can stand; each is a paragraph of its own.
PLACES = [
    "{}", "go {} on", "**{}**", "# {}", "## {} {{#id}}", "> {}", "- {}", "1. {}", "`{}`", "```\n{}\n```", "~~~ sh\n$ {}\n~~~", "| {} |\n| --- |\n| x |", "[{}](b.md)", '[x](b.md "{}")',
    "![{}](page.png)", "::: internal\n\n{}\n\n:::", '!!! note "{}"\n\n    x', "    {}", "x[^1]\n\n[^1]: {}", "<b>{}</b>", "x {} <!-- no word -->",
]


@pytest.mark.parametrize("place", PLACES)
@settings(max_examples=5, deadline=None)
@given(around=st.tuples(*[st.sampled_from(PLACES)] * 2), word=WORD, new=WORD)
def test_any_word_breaks_the_text_alone(tmp_path_factory, place: str, around: tuple[str, str], word: str, new: str) -> None:
    """Whichever word of an article changes, wherever it stands, the text part is broken, and no other; the same word breaks none."""
    before, after = (other.format("other") for other in around)
    seals = [signed(tmp_path_factory.mktemp("kb"), f"{PAGE}\n{before}\n\n{place.format(one)}\n\n{after}\n") for one in (word, new)]
    assert broken(*seals) == ["text"] * (word != new)


PATH, MODE, BLOB = st.text("abx/.:", min_size=1, max_size=6), st.sampled_from(["100644", "100755", "120000"]), st.text("0123abcd", min_size=40, max_size=40)
FILES = st.dictionaries(PATH, st.tuples(MODE, BLOB), min_size=1, max_size=4)


@given(files=FILES, path=PATH, mode=MODE, blob=BLOB, data=st.data())
def test_any_covered_file_breaks_the_code(files: dict[str, tuple[str, str]], path: str, mode: str, blob: str, data: st.DataObject) -> None:
    """A covered file that is new, gone, or has another path, mode or blob breaks the code; the same files in another order do not."""
    def code(found: dict[str, tuple[str, str]]) -> str:
        return sign_code({name: " ".join(state) for name, state in found.items()})

    name = data.draw(st.sampled_from(sorted(files)))
    rest = {other: state for other, state in files.items() if other != name}
    for changed in (rest, rest | {path: files[name]}, files | {name: (mode, files[name][1])}, files | {name: (files[name][0], blob)}, files | {path: (mode, blob)}, dict(reversed(files.items()))):
        assert (code(changed) == code(files)) is (changed == files)


DAYS = st.none() | st.datetimes(timezones=st.just(dt.UTC))
TICKETS = st.builds(Ticket, st.sampled_from(["SUP-1", "SUP-2", "api#3"]), st.sampled_from(["open", "closed"]), st.sampled_from([None, "fixed", "wontfix"]), DAYS)


@given(tickets=st.lists(TICKETS, min_size=1, max_size=3, unique_by=lambda one: one.key), new=TICKETS, data=st.data())
def test_any_state_of_a_ticket_breaks_the_tickets(tickets: list[Ticket], new: Ticket, data: st.DataObject) -> None:
    """A ticket with another state, resolution or closing date, and one that is gone, breaks the tickets; their order and titles do not."""
    at = data.draw(st.integers(0, len(tickets) - 1))
    for key in ("state", "resolution", "closed_at"):
        changed = [*tickets[:at], replace(tickets[at], **{key: getattr(new, key)}), *tickets[at + 1:]]
        assert (sign_tickets(changed) == sign_tickets(tickets)) is (changed == tickets)
    assert sign_tickets(tickets[:at] + tickets[at + 1:]) != sign_tickets(tickets)
    assert sign_tickets([replace(one, title="New", url="x", updated_at=new.closed_at) for one in reversed(tickets)]) == sign_tickets(tickets)


def test_of_two_files_that_change_names(tmp_path) -> None:
    """Which file has which content is signed."""
    swapped = dict(zip(CODE, reversed(CODE.values()), strict=True))
    assert sign_code(CODE) != sign_code(swapped)


def test_nothing_to_sign() -> None:
    """Nothing covered and no tickets are told from anything that is."""
    assert (sign_code({}), sign_tickets([]), sign_tickets(None)) == (NOTHING, NOTHING, NOTHING)


# ---------------------------------------------------------------------------------------------- written down

GOOD = f"{VERSION} review:0123456789ab text:ba9876543210 code:- tickets:-"


def test_written_and_read() -> None:
    """A seal reads as it is written, with any white space between its parts."""
    seal = read_seal(GOOD)
    assert seal == Seal("0123456789ab", "ba9876543210", "-", "-")
    assert str(seal) == GOOD
    assert read_seal("\n  ".join(GOOD.split(" "))) == seal


@pytest.mark.parametrize("written", ["", "1", GOOD[:-1], GOOD + "x", "2" + GOOD[1:], GOOD.upper(), GOOD.replace("0123456789ab", "0123456789a"), GOOD.replace("text", "texts"), f"x{GOOD}",
                                     " ".join(reversed(GOOD.split()))])
def test_what_is_no_seal(written: str) -> None:
    """Another version, length, order or name of a part is no seal of ours."""
    assert read_seal(written) is None


ISSUE = """---
title: Known
content_type: known-issue
known_issue: {state: confirmed, affects: ["1.0", "2.0"], workaround: Start it again, opened: 2026-01-01}
---

Words.
"""


@pytest.mark.parametrize(("old", "new", "breaks"), [
    ("Start it again", "Wait", True), ("confirmed", "resolved", True), ('"2.0"', '"2.1"', True), ("workaround:", "fixed_in: '3.0', workaround:", True),
    (", workaround: Start it again", "", True), ("Start it again", '"Start  it again"', False), ("2026-01-01", "2026-01-02", False),
    (ISSUE.splitlines()[3], "tags: [x]", True),
])
def test_what_readers_see_of_a_known_issue(tmp_path, old: str, new: str, breaks: bool) -> None:
    """The state, what is affected, the workaround and the version that mends it are words of the article; days are not."""
    assert old in ISSUE
    assert broken(signed(tmp_path / "one", ISSUE), signed(tmp_path / "two", ISSUE.replace(old, new))) == (["text"] if breaks else [])


PART = "Before.\n\n--8<-- [start:one]\nFirst.\n--8<-- [end:one]\n--8<-- [start:two]\nSecond.\n\nLast.\n--8<-- [end:two]\n"
INCLUDES = 'Do not\n\n--8<-- "part.md:one"\n\nstop.\n'


@pytest.mark.parametrize(("old", "new", "breaks"), [
    ("part.md:one", "part.md:two", True), ("part.md:one", "part.md", True), ('part.md:one"\n\nstop.', 'part.md:one"\n\nstop.\n\n--8<-- "part.md:one"', True),
    ('--8<-- "part.md:one"\n\nstop.', 'stop.\n\n--8<-- "part.md:one"', True), ("Before.\n\n--8<-- [start:one]\n", "--8<-- [start:one]\nBefore.\n\n", True),
    ("Do not\n", "Do\nnot\n", False), ('"part.md:one"', "'part.md:one'", False),
])
def test_what_is_included_and_where(tmp_path, old: str, new: str, breaks: bool) -> None:
    """Another section of a file, or the same one elsewhere or twice, are other words, whichever of the files says so."""
    def text(folder: str, *, edit: bool) -> str:
        files = {"content/a.md": INCLUDES, "content/part.md": PART}
        assert any(old in said for said in files.values())
        evidence = knowledge_base(tmp_path / folder, {name: said.replace(old, new) if edit else said for name, said in files.items()})
        return sign_text(evidence.articles[0], evidence.urls, {})

    assert (text("one", edit=False) != text("two", edit=True)) == breaks


def test_other_lines_are_included(tmp_path) -> None:
    """Other lines of a file are other words."""
    found = [knowledge_base(tmp_path / lines, {"content/a.md": f'--8<-- "part.md:{lines[0]}:{lines[1]}"\n', "content/part.md": PART}) for lines in ("14", "17")]
    assert len({sign_text(evidence.articles[0], evidence.urls, {}) for evidence in found}) == 2
