"""What the evidence allows a review to say, who reviews, and what a review leaves: in real repositories."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace

import pytest

from kbtool.errors import IncompleteError, UsageError
from kbtool.review import (
    dossier,
    refusal,
    retiring,
    reviewer,
    seal_of,
    stamp_for,
    uncommitted_files,
)
from kbtool.signatures import read_seal
from kbtool.stamp import apply, plan

DAY = "2026-03-20"
REVIEWED = {"last_reviewed_on": "2026-02-01", "covers": "[src/**]"}
TICKETS = """\
SUP-1: {state: closed, resolution: fixed, closed_at: 2026-03-02T23:30:00-05:00}
SUP-2: {state: open}
"""


# ---------------------------------------------------------------------------------------------- what the evidence allows

UNCHANGED, CODE, TEXT = {}, {"src/a.py": "2\n"}, {"content/a.md": "more"}


@pytest.mark.parametrize(
    ("files", "outcome", "still", "kind"),
    [
        ({}, "accurate", False, None), ({}, "accurate", True, None), ({}, "updated", False, "not-updated"), ({}, "updated", True, "not-updated"),
        ({}, "retired", False, None), ({}, "skip", False, None),
        (CODE, "accurate", False, "code-changed"), (CODE, "accurate", True, None), (CODE, "updated", False, "not-updated"),
        (CODE, "retired", False, None), (CODE, "skip", False, None),
        (TEXT, "accurate", False, None), (TEXT, "updated", False, None), (CODE | TEXT, "updated", False, None),
        (CODE | TEXT, "accurate", False, "code-changed"),
    ],
)
@pytest.mark.parametrize("how", ["committed", "not committed", "sealed"])
def test_outcomes(repo, page, told, seal, files, outcome, still, kind, how) -> None:
    """Accurate needs more than a look where code changed, updated needs an edit; retired and skip need nothing."""
    texts = {"content/a.md": page("One.\n", **REVIEWED, last_reviewed_by="ana"), "src/a.py": "1\n"}
    repo.write(texts)
    if how == "sealed":
        seal(repo, "a")
    text = (repo.folder / "content/a.md").read_text()
    repo.commit({"content/a.md": text, "src/a.py": "1\n"}, on="2026-02-01")
    new = {name: text.replace("One", "One more") if name == "content/a.md" else content for name, content in files.items()}
    if how == "committed":
        repo.commit(new, on="2026-03-01")
    else:
        repo.write(new)
    problem = refusal(outcome, told(repo), still_accurate=still)
    assert (problem.kind if problem else None) == kind
    if problem:
        assert (problem.exit_code, problem.where) == (2, "content/a.md")


def test_the_refusal_names_the_whole_command(repo, page, told) -> None:
    """However many globs: the command that shows the change is not cut, and it works."""
    covers = [f"src/part-{number:02}/**" for number in range(20)]
    repo.commit({"content/a.md": page(last_reviewed_on="2026-02-01", covers=str(covers)), **{f"src/part-{n:02}/a.py": "1\n" for n in range(20)}}, on="2026-02-01")
    repo.commit({f"src/part-{n:02}/a.py": "2\n" for n in range(20)}, on="2026-03-01")
    problem = refusal("accurate", told(repo), still_accurate=False)
    command = re.search(r"`git (.*?)`", str(problem))[1]
    assert len(command) > 400
    assert str(problem).endswith(", then say --still-accurate, or correct the article)")
    words = [word.strip("'") for word in command.split()]
    assert len(repo.git(*words, "--").splitlines()) > 20
    assert repo.git(words[0], "--name-only", *words[1:]).split() == [f"src/part-{n:02}/a.py" for n in range(20)]


def test_unknown_code_is_not_unchanged_code(repo, page, told, tmp_path) -> None:
    """Where a clone is cut off, nobody can tell whether the code changed: accurate needs the same care."""
    repo.commit({"content/a.md": page(**REVIEWED), "content/b.md": page(last_reviewed_on="2026-02-01"), "src/a.py": "1\n"}, on="2026-02-01")
    repo.commit({"src/a.py": "2\n"}, on="2026-03-01")
    repo.commit({"lib.py": "1\n"}, on="2026-03-02")
    clone = repo.clone(tmp_path / "clone", depth=1)
    problem = refusal("accurate", told(clone), still_accurate=False)
    assert (problem.kind, problem.exit_code) == ("code-unknown", 2)
    assert problem.message.startswith("whether its code changed is not known: history is cut off at ")
    assert problem.hint == "read the code, then say --still-accurate, or correct the article"
    assert refusal("accurate", told(clone), still_accurate=True) is None
    assert refusal("updated", told(clone), still_accurate=False) is None, "nobody can tell that nothing was updated"
    assert refusal("accurate", told(clone, "b"), still_accurate=False) is None, "it covers no code"


def test_a_minor_edit_is_an_update(repo, page, told) -> None:
    """Words that changed by a landing that does not count did change."""
    repo.commit({"content/a.md": page("One.\n", last_reviewed_on="2026-02-01")}, on="2026-02-01")
    repo.commit({"content/a.md": page("Ones.\n", last_reviewed_on="2026-02-01")}, on="2026-03-01", trailers={"Kb-Change": "minor"})
    found = told(repo)
    assert found.review.text is None
    assert refusal("updated", found, still_accurate=False) is None


def test_a_sealed_review_that_nobody_committed(repo, page, told, seal) -> None:
    """A seal tells that the words are as they were, before the review is in any commit."""
    repo.commit({"content/a.md": page("One.\n", last_reviewed_on="2026-02-01")}, on="2026-02-01")
    repo.write({"content/a.md": page("One.\n", last_reviewed_on="2026-03-19")})
    assert refusal("updated", told(repo), still_accurate=False) is None, "nobody can tell yet what was reviewed"
    seal(repo, "a")
    assert refusal("updated", told(repo), still_accurate=False).kind == "not-updated"


def test_a_first_review_may_be_an_update(repo, page, told) -> None:
    """Without a review there are no words to compare with."""
    repo.commit({"content/a.md": page(last_reviewed_on=None)}, on="2026-02-01")
    assert refusal("updated", told(repo), still_accurate=False) is None


def test_a_draft_cannot_be_retired(repo, page, told) -> None:
    """`draft: true` goes before `confidence`, so retiring would say one thing and mean another."""
    repo.commit({"content/a.md": page(draft="true"), "content/b.md": page(draft="false")}, on="2026-02-01")
    problem = refusal("retired", told(repo), still_accurate=False)
    assert str(problem) == (
        "error[is-draft]: content/a.md: `draft: true` makes it work in progress, whatever else it says (take that line out first)")
    assert refusal("retired", told(repo, "b"), still_accurate=False) is None


# ---------------------------------------------------------------------------------------------- who


OWNERS = """\
ana: {name: Ana, email: ana@example.com}
ben: {email: Ben@Example.com}
team-a: {email: team@example.com}
team-b: {email: TEAM@example.com}
nomail: {}
left: {email: left@example.com, until: 2026-03-19}
last-day: {email: last@example.com, until: 2026-03-20}
"""


@pytest.mark.parametrize(
    ("by", "mail", "found"),
    [("ana", None, "ana"), ("nomail", "ana@example.com", "nomail"), (None, "ana@example.com", "ana"), (None, "BEN@example.com", "ben"), (None, "last@example.com", "last-day")],
)
def test_who_reviews(repo, page, judge, by, mail, found) -> None:
    """Who is named, or the one owner with the e-mail address that git commits with."""
    repo.commit({"content/a.md": page(), "checks/owners.yml": OWNERS})
    assert reviewer(by, judge(repo, DAY).evidence, mail) == found


NOBODY = "error[no-reviewer]: who reviews? nobody in checks/owners.yml has the e-mail address that git commits with (say --by ID)"


@pytest.mark.parametrize(
    ("by", "mail", "said"),
    [
        ("anna", None, "error[no-such-owner]: --by: no owner is called 'anna'; did you mean \"ana\"? (owners are in checks/owners.yml)"),
        ("Ana", None, "error[no-such-owner]: --by: no owner is called 'Ana'; did you mean \"ana\"? (owners are in checks/owners.yml)"),
        ("", None, "error[no-such-owner]: --by: no owner is called '' (owners are in checks/owners.yml)"),
        (None, "eve@example.com", NOBODY), (None, "", NOBODY), (None, None, NOBODY),
        ("left", None, "error[no-such-owner]: left left on 2026-03-19 (owners are in checks/owners.yml)"),
        (None, "left@example.com", "error[no-such-owner]: left left on 2026-03-19 (owners are in checks/owners.yml)"),
        (None, "team@example.com", "error[no-reviewer]: who reviews? team-a and team-b have the e-mail address that git commits with (say --by ID)"),
    ],
)
def test_nobody_reviews_in_the_dark(repo, page, judge, by, mail, said) -> None:
    """A name that nobody has is refused with the nearest; where no one owner has the address, it is asked for."""
    repo.commit({"content/a.md": page(), "checks/owners.yml": OWNERS})
    with pytest.raises(UsageError) as caught:
        reviewer(by, judge(repo, DAY).evidence, mail)
    assert str(caught.value) == said


def test_without_a_register_anybody_may_be_named(repo, page, judge) -> None:
    """Where no owners are registered, there is nobody to compare with; but a name there must be."""
    repo.commit({"content/a.md": page(), "checks/owners.yml": None})
    evidence = judge(repo, DAY).evidence
    assert reviewer("whoever", evidence, None) == "whoever"
    for by in (" ", ""):
        with pytest.raises(UsageError, match="no owner is called"):
            reviewer(by, evidence, None)


# ---------------------------------------------------------------------------------------------- the stamp


def stamped(found, name: str = "a", by: str = "ana") -> str:
    """Stamp an article of a judged repository; return its new text."""
    config = found.evidence.config
    apply(plan(config, [stamp_for(found.article(name), found.evidence, by)]))
    return (config.root / f"content/{name}.md").read_text()


def test_a_stamp_verifies(repo, page, judge) -> None:
    """Code, article and review that were sealed as they lie there and then committed together are clean and fresh."""
    repo.write({"content/a.md": page(**REVIEWED), "src/a.py": "1\n"})
    found = judge(repo, DAY)
    text = stamped(found)
    lines = re.findall(r"^(?:last_reviewed|review_seal).*$", text, re.MULTILINE)
    assert lines[:2] == ["last_reviewed_on: 2026-03-20", "last_reviewed_by: ana"]
    assert read_seal(lines[2].removeprefix('review_seal: "').removesuffix('"')) is not None
    repo.commit({"content/a.md": text, "src/a.py": "1\n"}, on=DAY)
    again = judge(repo, DAY)
    assert (again.codes(), again.verdict(), again.of().seal is not None) == ([], "fresh", True)


def test_a_stamp_is_of_what_was_shown(repo, page, judge) -> None:
    """A file that was changed after it was read is not stamped: nobody has seen what it says now."""
    repo.commit({"content/a.md": page()}, on="2026-02-01")
    found = judge(repo, "2026-11-22")
    stamp = stamp_for(found.article(), found.evidence, "ana")
    (repo.folder / "content/a.md").write_text(page("Other.\n"))
    with pytest.raises(IncompleteError) as caught:
        apply(plan(found.evidence.config, [stamp]))
    assert caught.value.kind == "changed-meanwhile"
    assert (repo.folder / "content/a.md").read_text() == page("Other.\n")


def test_retiring_adds_one_line(repo, page, judge) -> None:
    """A retired article is archived by the same stamp."""
    repo.commit({"content/a.md": page()}, on="2026-02-01")
    found = judge(repo, "2026-11-22")
    stamp = stamp_for(found.article(), found.evidence, "ana")
    assert {**stamp.values, "confidence": "archived"} == retiring(stamp).values
    apply(plan(found.evidence.config, [retiring(stamp)]))
    again = judge(repo, "2026-11-22")
    assert (again.verdict(), again.article().front_matter.confidence) == ("archived", "archived")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("owners: [ana", "error[not-readable]: content/a.md:3: it cannot be sealed: the front matter is not readable: "),
        ("covers: 3.5.1: x", "error[not-readable]: content/a.md:3: it cannot be sealed: the front matter is not readable: "),
        ("review_in: soon", "error[not-readable]: content/a.md:3: it cannot be sealed: review_in: "),
        ("coverz: [src/**]", "error[not-readable]: content/a.md:3: it cannot be sealed: unknown key 'coverz' (put that right first; see `kbtool check`)"),
        ("expires: never", "error[not-readable]: content/a.md:3: it cannot be sealed: expires: "),
    ],
)
def test_what_cannot_be_read_cannot_be_sealed(repo, judge, line, said) -> None:
    """A seal is of what the front matter says, so it must say something; the first fault is named with its line."""
    repo.commit({"content/a.md": f"---\ntitle: x\n{line}\nproduct_areas: [billing]\n---\n"}, on="2026-02-01")
    found = judge(repo, DAY)
    with pytest.raises(IncompleteError) as caught:
        stamp_for(found.article(), found.evidence, "ana")
    assert str(caught.value).startswith(said)


@pytest.mark.parametrize("line", ["last_reviewed_on: soon", "last_reviewed_on: 2026-02-30", "last_reviewed_on:", "review_seal: nonsense"])
def test_a_review_mends_what_it_writes(repo, judge, line) -> None:
    """A date or a seal that cannot be read is no obstacle: the review writes both anew."""
    repo.commit({"content/a.md": f"---\ntitle: x\n{line}\naudience: public\nowners: [ana]\nproduct_areas: [billing]\n---\n"}, on="2026-02-01")
    stamped(judge(repo, DAY))
    repo.git("commit", "-qam", "x", on=DAY)
    again = judge(repo, DAY)
    assert (again.codes(), again.verdict()) == ([], "fresh")


@pytest.mark.parametrize(
    ("present", "today", "said"),
    [
        ("2026-03-21", "2026-03-20", "2026-03-20 is before the review that is there, 2026-03-21"), ("2026-03-20", "2026-03-20", None),
        ("2026-03-19", "2026-03-20", None), ("2027-01-01", "2026-03-20", "2026-03-20 is before the review that is there, 2027-01-01"),
    ],
)
def test_the_day_of_a_review(repo, page, judge, present, today, said) -> None:
    """No review is made before the one that is there; a second one on the same day is one."""
    repo.commit({"content/a.md": page(last_reviewed_on=present)}, on="2026-02-01")
    found = judge(repo, today)
    if said is None:
        assert stamp_for(found.article(), found.evidence, "ana").values["last_reviewed_on"] == today
        return
    with pytest.raises(UsageError) as caught:
        stamp_for(found.article(), found.evidence, "ana")
    assert str(caught.value) == f"error[bad-date]: content/a.md: {said} (review it as of today)"


def test_a_covered_repository_that_is_not_there(tmp_path, new_repo, page, judge) -> None:
    """What is not at hand cannot be signed, whatever else the article covers."""
    repo = new_repo(tmp_path / "kb", '[tool.kbtool.repositories.api]\npath = "../api"')
    repo.commit({"content/a.md": page(last_reviewed_on="2026-02-01", covers="['src/**', 'api:src/**']"), "src/a.py": "1\n"}, on="2026-02-01")
    found = judge(repo, DAY)
    with pytest.raises(IncompleteError) as caught:
        stamp_for(found.article(), found.evidence, "ana")
    assert str(caught.value) == (
        "error[cannot-seal]: content/a.md: it cannot be sealed: the repository 'api' is not there: no folder '../api' (check it out)")


def test_no_repository_no_seal(tmp_path, page, judge, new_repo) -> None:
    """A seal is of files as git would store them, so it takes git."""
    repo = new_repo(tmp_path / "kb")
    repo.write({"content/a.md": page(last_reviewed_on="2026-02-01")})
    (repo.folder / ".git").rename(tmp_path / "elsewhere")
    found = judge(repo, DAY)
    with pytest.raises(IncompleteError) as caught:
        seal_of(found.article(), found.evidence, {})
    assert (caught.value.kind, caught.value.exit_code) == ("cannot-seal", 3)
    assert "this is no git repository" in str(caught.value)
    assert uncommitted_files(found.article(), found.evidence) == ()


def test_tickets_are_sealed_when_all_are_known(repo, page, judge) -> None:
    """The state of all tickets is signed, or that of none: a seal never says of one ticket what it does not know."""
    repo.commit({"content/a.md": page(tickets="[SUP-1, SUP-2]"), "content/b.md": page(tickets="[SUP-1, GH-9]"), "content/c.md": page(), "checks/tickets.yml": TICKETS})
    found = judge(repo, DAY)
    parts = {name: seal_of(found.article(name), found.evidence, {}).tickets for name in "abc"}
    assert re.fullmatch("[0-9a-f]{12}", parts["a"])
    assert (parts["b"], parts["c"]) == ("-", "-")
    repo.commit({"checks/tickets.yml": TICKETS.replace("open", "closed")})
    found = judge(repo, DAY)
    assert seal_of(found.article("a"), found.evidence, {}).tickets != parts["a"]


def test_a_seal_is_the_same_from_a_cached_run(repo, page, judge, tmp_path) -> None:
    """What an earlier run has kept of an article changes no part of its seal."""
    from kbtool.cache import Cache

    repo.commit({"content/a.md": page("Words, ![x](x.png).\n", review_in="1 year", evergreen="a law", **REVIEWED), "content/x.png": b"1", "src/a.py": "1\n"}, on="2026-02-01")
    seals = []
    for cache in (None, Cache(tmp_path / "cache"), Cache(tmp_path / "cache")):
        found = judge(repo, DAY, cache=cache)
        found.evidence.content.keep()
        seals.append(str(seal_of(found.article(), found.evidence, {"last_reviewed_on": dt.date(2026, 3, 20), "last_reviewed_by": "ana"})))
    assert len(set(seals)) == 1


def test_the_dossier_of_an_article_is_that_of_its_run(repo, page, judge) -> None:
    """A verdict that was worked out with other evidence is not mixed in."""
    repo.commit({"content/a.md": page(), "content/b.md": page()}, on="2026-02-01")
    found = judge(repo, DAY)
    other = replace(found.found, findings=())
    assert dossier(found.article("b"), found.evidence, other).verdict.path == "content/b.md"
    assert dossier(found.article("b"), found.evidence, other).findings == ()
