"""What people and programs are told: the queue, the dossier and the timeline, whole, and with names that strangers chose."""

from __future__ import annotations

import datetime as dt
import json
import re
from dataclasses import replace
from typing import Any

import pyromark
import pytest

from kbtool.article_history import Edit
from kbtool.finding import ArticleVerdict, Finding, Severity, Verdict
from kbtool.review import CodeFile, Dossier, dossier
from kbtool.review_evidence import Change, ReviewEvidence
from kbtool.review_queue import Queue, QueueEntry
from kbtool.review_report import dossier_text, queue_json, queue_markdown, queue_text, why_json, why_text
from kbtool.why import Moment, timeline

TODAY = "2026-11-22"
SGR = re.compile(r"\x1b\[[0-9;]*m")
OBEYED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff]")
HOSTILE = [
    "\x1b[31mred", "\x1b]8;;https://evil.example\x07link\x1b]8;;\x07", "\x9b31m", "a\rb", "a\nb", "\u202egnp", "\u200b", "##[error]x", "\x07", "\udcff",
    "| a | b", "[x](https://evil.example)", "<img src=x>", "<!-- x", "# head", "`code` and ``", "@ana @acme/team", "#12 !3 owner/repo#4",
    "https://evil.example", "www.evil.example", "*a* _b_ ~~c~~", "\\", "- [ ] x", "$x$", "&lt;", ":tada:", "a" * 1000,
]


@pytest.fixture(scope="module")
def found(tmp_path_factory, new_repo, page, judge):
    """A judged repository: an article whose code and text changed, an overdue one, one without a review, a fresh one."""
    repo = new_repo(tmp_path_factory.mktemp("report") / "repo")
    tickets = "SUP-1: {state: closed, resolution: fixed, closed_at: 2026-10-10T08:00:00Z}\n"
    keys = {"covers": "[src/**]", "tickets": "[SUP-1, GH-9]", "last_reviewed_on": "2026-09-01", "last_reviewed_by": "ana"}
    repo.commit({
        "content/a.md": page("One.\n", title="Export invoices", **keys), "src/a.py": "1\n2\n", "src/b.py": "1\n", "checks/tickets.yml": tickets,
        "content/old.md": page(title="Single sign-on", last_reviewed_on="2026-01-05", owners="[ben, ana]"),
        "content/never.md": page(title="Never reviewed", last_reviewed_on=None), "content/fresh.md": page(title="Fresh"),
        "checks/owners.yml": "ana:\nben:\n",
    }, on="2026-09-01", by="Ana", message="Add")
    repo.commit({"src/a.py": "1\n3\n4\n"}, on="2026-10-02", by="Ben", message="Faster")
    repo.commit({"content/a.md": page("Two.\n", title="Export invoices", **keys)}, on="2026-11-20", by="Cleo", message="Say two")
    repo.write({"src/b.py": None, "src/new.py": "1\n"})
    return judge(repo, TODAY)


def entries(found: Any, **filters: Any) -> list[QueueEntry]:
    """Return the queue of a judged repository."""
    return Queue(found.evidence, found.found).entries(**filters)


# ---------------------------------------------------------------------------------------------- the queue

QUEUE = """\
   1  stale    content/a.md  Export invoices
               covered code changed since the review of 2026-09-01: 1 landing since 2026-10-02 (3 files, +3 -2 lines, by Ben; newest: Faster)
               SUP-1 was closed on 2026-10-10 (fixed), after the review of 2026-09-01
               ana, due 2027-03-01: 4 unresolved findings; customers read it; 1 ticket resolved or reopened since its review; its text changed \
twice in the last year; its code changed twice in the last 90 days
   2  stale    content/never.md  Never reviewed
               the article has never been reviewed
               ana: 1 unresolved finding; customers read it
   3  stale    content/old.md  Single sign-on
               the review was due by 2026-07-05, 140 days ago
               ben, ana, due 2026-07-05: 1 unresolved finding; customers read it

3 to review, the riskiest first; start with `kbtool review content/a.md`
"""


def test_the_whole_queue(found) -> None:
    """Place, verdict, path and title; why it needs a review; who answers for it, by when, and what makes it a risk; what to do."""
    assert queue_text(entries(found)) == QUEUE
    assert SGR.sub("", queue_text(entries(found), color=True)) == QUEUE
    assert "\x1b[" in queue_text(entries(found), color=True)


def test_the_queue_fits_a_terminal(found) -> None:
    """On a terminal of 80 columns lines are folded below their beginnings; on one of 200 there is less to fold."""
    narrow, wide = (queue_text(entries(found), width=width) for width in (80, 200))
    assert max(map(len, narrow.splitlines())) <= 80
    assert max(map(len, wide.splitlines())) <= 200
    assert narrow.splitlines()[1:3] == [
        "               covered code changed since the review of 2026-09-01: 1 landing",
        "               since 2026-10-02 (3 files, +3 -2 lines, by Ben; newest: Faster)",
    ]
    assert len(narrow.splitlines()) > len(wide.splitlines())
    assert narrow.split() == wide.split() == QUEUE.split()


def test_facts_are_never_cut(found) -> None:
    """However many facts make an article a risk, all are told; only what strangers wrote is cut."""
    entry = hostile_entry(found, "w" * 300)
    lines = queue_text([replace(entry, why=("a fact",) * 50)]).splitlines()
    assert lines[2].endswith(f"{'w' * 200}…, due 2026-07-05: {'; '.join(['a fact'] * 50)}")


def test_fresh_articles_are_not_to_review(found) -> None:
    """With fresh articles in it, the queue counts those that need a review apart from them, and begins with one of those."""
    everything = entries(found, everything=True)
    last = queue_text(everything[::-1]).splitlines()[-1]
    assert last == "3 to review, the riskiest first; start with `kbtool review content/old.md`; 1 fresh"
    assert queue_text(everything[-1:]).splitlines()[-1] == "none to review; 1 fresh"


def test_an_empty_queue_says_so() -> None:
    """Nothing to do is said in words, in each format."""
    assert queue_text([]) == "nothing needs a review\n"
    assert queue_markdown([]) == "Nothing needs a review.\n"
    assert json.loads(queue_json([])) == {"schema_version": 1, "queue": []}


def test_the_queue_for_programs(found) -> None:
    """Each article with the keys that are documented, in the order of the queue."""
    document = json.loads(queue_json(entries(found, everything=True)))
    assert list(document) == ["schema_version", "queue"]
    assert [row["path"].split("/")[1] for row in document["queue"]] == ["a.md", "never.md", "old.md", "fresh.md"]
    row = document["queue"][2]
    assert {**row, "risk": None} == {
        "path": "content/old.md", "title": "Single sign-on", "owners": ["ben", "ana"], "product_areas": ["billing"], "verdict": "stale",
        "review_by": "2026-07-05", "reasons": ["the review was due by 2026-07-05, 140 days ago"], "risk": None,
        "why": ["1 unresolved finding", "customers read it"],
    }
    assert row["risk"] > document["queue"][3]["risk"] > 0
    assert document["queue"][1]["review_by"] is None


def test_the_keys_are_documented(found) -> None:
    """Whatever the documents for programs hold is explained where they are made."""
    for render, document in ((queue_json, json.loads(queue_json(entries(found)))["queue"][0]), (why_json, json.loads(why(found)))):
        missing = [key for key in document if f"`{key}`" not in render.__doc__]
        assert missing == []


def test_the_queue_in_markdown(found) -> None:
    """One row for each article; dates and verdicts as they are."""
    lines = queue_markdown(entries(found)).splitlines()
    assert lines[:2] == ["| | Article | File | Verdict | Due | Owners | Why |", "| --- | --- | --- | --- | --- | --- | --- |"]
    assert lines[3] == ("| 2 | Never reviewed | content/never.md | stale |  | ana | "
                        "the article has never been reviewed; 1 unresolved finding; customers read it |")
    assert len(lines) == 5


def test_the_command_can_be_copied(found) -> None:
    """A path with blanks and quotes is quoted for the shell, and not cut however long it is."""
    long = f"content/{'x' * 300} y'z.md"
    entry = entries(found)[0]
    last = queue_text([replace(entry, article=replace(entry.article, path=long))]).splitlines()[-1]
    assert last.endswith(f"""`kbtool review 'content/{'x' * 300} y'"'"'z.md'`""")


def hostile_entry(found: Any, word: str) -> QueueEntry:
    """Return an article of the queue in which a stranger chose all names."""
    entry = entries(found)[0]
    front_matter = entry.article.front_matter.model_copy(update={"title": f"x {word}", "owners": (word,), "product_areas": (word,)})
    article = replace(entry.article, path=f"content/{word}.md", front_matter=front_matter)
    verdict = ArticleVerdict(article.path, Verdict.STALE, dt.date(2026, 7, 5), (f"newest: {word}",))
    return replace(entry, article=article, verdict=verdict, why=(f"why {word}",))


@pytest.mark.parametrize("word", HOSTILE)
def test_no_name_steers_a_terminal(found, word: str) -> None:
    """Titles, paths, owners and subjects of strangers make no control, no further line and no command to a build server."""
    harmless = queue_text([hostile_entry(found, "word")]).count("\n")
    for color in (False, True):
        text = queue_text([hostile_entry(found, word)], color=color)
        plain = SGR.sub("", text) if color else text
        assert not OBEYED.search(plain)
        assert plain.count("\n") == harmless
        assert "##[" not in plain
    assert not OBEYED.search(queue_text([hostile_entry(found, word)], width=80))


def shape(markdown: str) -> list[str]:
    """Return the elements of a Markdown text, without their words."""
    options = pyromark.Options.ENABLE_TABLES | pyromark.Options.ENABLE_TASKLISTS | pyromark.Options.ENABLE_STRIKETHROUGH
    kinds = []
    for event in pyromark.events(markdown, options=options):
        name = next(iter(event)) if isinstance(event, dict) else str(event)
        if name == "Start":
            kinds.append(str(event["Start"] if isinstance(event["Start"], str) else next(iter(event["Start"]))))
        elif name not in ("Text", "End"):
            kinds.append(name)
    return kinds


@pytest.mark.parametrize("word", HOSTILE)
def test_no_name_makes_markup(found, word: str) -> None:
    """In Markdown they make no cell, link, image, heading or mention, and no further line."""
    hostile, harmless = (queue_markdown([hostile_entry(found, one)]) for one in (word, "word"))
    assert shape(hostile) == shape(harmless)
    assert hostile.count("\n") == harmless.count("\n") == 3
    for call in ("@ana", "@acme", "https://", "www.evil", "#12", "\u202e", "\x1b"):
        assert call not in hostile


@pytest.mark.parametrize("word", HOSTILE)
def test_names_come_through_to_programs(found, word: str) -> None:
    """JSON has them as they are, and is one document of plain ASCII."""
    text = queue_json([hostile_entry(found, word)])
    assert text.isascii()
    assert json.loads(text)["queue"][0]["owners"] == [word]


# ---------------------------------------------------------------------------------------------- the dossier


def told(found: Any, name: str = "a") -> Dossier:
    """Return the dossier of an article of a judged repository."""
    return dossier(found.article(name), found.evidence, found.found)


DOSSIER = """\
content/a.md  Export invoices
  verdict   stale
  reviewed  2026-09-01 by ana, without a seal; due by 2027-03-01
  owners    ana
  knows it  Ana (1 edit), Cleo (1 edit)
  ticket    SUP-1: closed on 2026-10-10 (fixed)
  ticket    GH-9: not known: checks/tickets.yml does not have it

  KB108     the words have changed after the review of 2026-09-01 in 1 landing since 2026-11-20, by Cleo
  KB106     covered code changed since the review of 2026-09-01: 1 landing since 2026-10-02 (3 files, +3 -2 lines, by Ben; newest: Faster)
  KB301     SUP-1 was closed on 2026-10-10 (fixed), after the review of 2026-09-01
  KB303     GH-9: checks/tickets.yml does not have it

  covered code that changed since the review:
      +2 -1     src/a.py (changed)
      +0 -1     src/b.py (removed, not committed)
      +1 -0     src/new.py (added, not committed)
    git diff COMMIT -- src/a.py src/b.py src/new.py

  edits since the review:
    2026-11-20  Cleo: Say two
    git diff COMMIT -- content/a.md

  not committed yet, and to be sealed as it is:
    src/b.py
    src/new.py
"""


def test_the_whole_dossier(found) -> None:
    """Everything there is to know before a review, in blocks."""
    text = dossier_text(told(found))
    assert re.sub(r"diff [0-9a-f]{12} ", "diff COMMIT ", text) == DOSSIER
    assert SGR.sub("", dossier_text(told(found), color=True)) == text
    narrow = dossier_text(told(found), width=80).splitlines()
    assert max(len(line) for line in narrow if "git diff" not in line) <= 80
    assert narrow[8:10] == ["  KB108     the words have changed after the review of 2026-09-01 in 1 landing", "            since 2026-11-20, by Cleo"]


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("never", ["content/never.md  Never reviewed", "  verdict   stale", "  reviewed  never", "  owners    ana", "  knows it  Ana (1 edit)", "",
                   "  KB101     the article has never been reviewed", "", "  edits:", "    2026-09-01  Ana: Add"]),
        ("old", ["content/old.md  Single sign-on", "  verdict   stale", "  reviewed  2026-01-05, without a seal; due by 2026-07-05",
                 "  owners    ben, ana", "  knows it  Ana (1 edit)", "", "  KB102     the review was due by 2026-07-05, 140 days ago"]),
    ],
)
def test_a_short_dossier(found, name, lines) -> None:
    """What there is nothing of is not mentioned."""
    assert dossier_text(told(found, name)).splitlines() == lines


def test_a_seal_is_mentioned(repo, page, judge, seal) -> None:
    """Whether the review is sealed, and that its seal is void."""
    repo.commit({"content/a.md": page(last_reviewed_on="2026-10-01")}, on="2026-10-01")
    seal(repo, "a")
    repo.git("commit", "-qam", "Seal", on="2026-10-01")
    assert "  reviewed  2026-10-01, sealed; due by 2027-04-01\n" in dossier_text(told(judge(repo)))
    path = repo.folder / "content/a.md"
    path.write_text(path.read_text().replace("2026-10-01", "2026-10-02"))
    text = dossier_text(told(judge(repo)))
    assert "  reviewed  2026-10-02, with a void seal; due by 2027-04-02\n" in text
    assert "  KB105     the seal is not of this review: " in text
    assert "\n  edits" not in text
    assert why_text(told(judge(repo)), []).splitlines()[1].startswith("  because   the seal is not of this review: date, ")
    late = told(judge(repo, "2027-05-01"))
    assert why_text(late, []).splitlines()[1:] == [
        "  because   the review was due by 2027-04-02, 29 days ago", "  reviewed  2026-10-02, with a void seal; due by 2027-04-02",
        "  seal      void: date, reviewer, interval, covers, tickets, evergreen or expiry are not those of the review",
    ]
    repo.git("commit", "-qam", "Another day", on="2026-10-02")
    path.write_text(path.read_text().replace("Text", "More"))
    assert f"\n  edits since the review:\n    not committed yet\n    git diff {repo.head[:12]} -- content/a.md\n" in dossier_text(told(judge(repo)))


def many(found: Dossier, number: int, word: str = "x") -> Dossier:
    """Return a dossier with so many of everything, in which a stranger chose all names."""
    front_matter = found.article.front_matter.model_copy(update={"title": word, "owners": (word,) * number, "last_reviewed_by": word})
    article = replace(found.article, path=f"content/{word}.md", front_matter=front_matter)
    change = Change((word,), 1, None, (word,), word, uncommitted=(word,), command=f"git diff 1234 -- {word} {'glob ' * number}")
    finding = Finding(code="KB106", name="code-changed", severity=Severity.ERROR, path=article.path, message=word)
    return replace(
        found, article=article, findings=(finding,) * number, review=ReviewEvidence(code=change, text=change, void=word),
        verdict=ArticleVerdict(article.path, Verdict.UNKNOWN, None, (word,), (word,)),
        code=(CodeFile(f"src/{word}", "changed", (1000, 20000)),) * number, edits=((Edit(1, dt.date(2026, 1, 1), (word,)), word),) * number,
        knows=((word, number),) * number, tickets=((word, word),) * number, uncommitted=(word,) * number,
    )


def test_long_lists_are_counted(found) -> None:
    """A change of hundreds of files does not push the question off the screen; what is left out is counted."""
    lines = dossier_text(many(told(found), 100)).splitlines()
    assert lines.count("    and 80 more") == 2
    assert lines.count("    and 95 more") == 1
    assert lines.count("   +1000 -20000 src/x (changed)") == 20
    assert sum("x (100 edits)" in line and line.count("x (") == 5 for line in lines) == 1


def test_a_command_is_never_cut(found) -> None:
    """The line that shows the change can be copied whole, and stands on a line of its own, on a narrow terminal too."""
    for width in (0, 80):
        lines = dossier_text(many(told(found), 100), width=width).splitlines()
        assert lines.count(f"    git diff 1234 -- x {'glob ' * 100}") == 2


@pytest.mark.parametrize("word", HOSTILE)
def test_no_name_in_a_dossier_steers_a_terminal(found, word: str) -> None:
    """Nor do names of authors, tickets and files, or subjects of commits."""
    harmless = dossier_text(many(told(found), 3, "word")).count("\n")
    for color in (False, True):
        text = SGR.sub("", dossier_text(many(told(found), 3, word), color=color)) if color else dossier_text(many(told(found), 3, word))
        assert not OBEYED.search(text)
        assert (text.count("\n"), "##[" in text) == (harmless, False)
    assert not OBEYED.search(dossier_text(many(told(found), 3, word), width=80))


# ---------------------------------------------------------------------------------------------- the timeline


def why(found: Any, name: str = "a") -> str:
    """Return the timeline of an article as JSON."""
    return why_json(told(found, name), timeline(found.article(name), found.evidence))


TIMELINE = """\
content/a.md is stale
  because   covered code changed since the review of 2026-09-01: 1 landing since 2026-10-02 (3 files, +3 -2 lines, by Ben; newest: Faster)
  because   SUP-1 was closed on 2026-10-10 (fixed), after the review of 2026-09-01
  reviewed  2026-09-01 by ana, without a seal; due by 2027-03-01

  2026-09-01  edit      Ana: Add
  2026-09-01  code      Ana: Add (src/a.py and 1 more)
  2026-09-01  review    Ana
  2026-10-02  code      Ben: Faster (src/a.py)
  2026-10-10  ticket    SUP-1 closed: fixed
  2026-11-20  edit      Cleo: Say two
"""


def test_the_whole_timeline(found) -> None:
    """The verdict, why, and what happened, a line each."""
    moments = timeline(found.article(), found.evidence)
    assert why_text(told(found), moments) == TIMELINE
    assert SGR.sub("", why_text(told(found), moments, color=True)) == TIMELINE
    narrow = why_text(told(found), [*moments, Moment(None, "unknown", "word " * 30)], width=80)
    assert max(map(len, narrow.splitlines())) <= 80
    assert narrow.splitlines()[-3].startswith("              unknown   word word")
    assert narrow.splitlines()[-1].startswith(" " * 24 + "word")
    assert why_text(told(found), [Moment(None, "unknown", "")], width=80).splitlines()[-1].rstrip() == "              unknown"


def test_the_timeline_for_programs(found) -> None:
    """The same facts, each moment with its commit."""
    document = json.loads(why(found))
    assert {**document, "timeline": len(document["timeline"]), "reasons": len(document["reasons"])} == {
        "schema_version": 1, "path": "content/a.md", "verdict": "stale", "review_by": "2027-03-01", "reasons": 2, "unknown": [], "sealed": False,
        "void": "", "timeline": 6,
    }
    landing = found.evidence.reviews.main.line.landings.ids[2]
    assert document["timeline"][3] == {"day": "2026-10-02", "what": "code", "text": "Ben: Faster (src/a.py)", "commit": landing}
    assert document["timeline"][4] == {"day": "2026-10-10", "what": "ticket", "text": "SUP-1 closed: fixed", "commit": ""}


def test_what_is_unknown_is_told_whole(found) -> None:
    """Why something is not known says what to do about it, so it is never cut; what strangers wrote is."""
    long = f"git config --global --add safe.directory {'x' * 300}"
    verdict = ArticleVerdict("content/a.md", Verdict.UNKNOWN, None, (long,), (long, f"2 {long}"))
    shown = replace(told(found), verdict=verdict)
    moments = [Moment(None, "unknown", long), Moment(None, "code", long)]
    assert why_text(shown, moments).count(f"{long}\n") == 3
    assert dossier_text(shown).count(f"{long}\n") == 2
    assert queue_text([replace(entries(found)[0], verdict=verdict)]).count(f"{long}\n") == 1
    assert "x" * 300 not in why_text(replace(shown, verdict=replace(verdict, unknown=())), [])


def test_what_is_unknown_is_told_once(found) -> None:
    """A reason that is also what is unknown is not said twice; one beside other reasons is said."""
    verdict = ArticleVerdict("content/a.md", Verdict.UNKNOWN, None, ("cut off",), ("cut off", "no tickets"))
    text = why_text(replace(told(found), verdict=verdict), [])
    assert text.splitlines()[:3] == ["content/a.md is unknown", "  because   cut off", "  unknown   no tickets"]


@pytest.mark.parametrize("word", HOSTILE)
def test_no_name_in_a_timeline_steers_a_terminal(found, word: str) -> None:
    """Authors, subjects and paths in a timeline are as harmless."""
    moments = [Moment(dt.date(2026, 1, 1), "code", word, word)]
    for width in (0, 80):
        text = why_text(many(told(found), 2, word), moments, width=width)
        assert not OBEYED.search(text)
        assert "##[" not in text
    assert json.loads(why_json(many(told(found), 2, word), moments))["timeline"][0]["text"] == word
