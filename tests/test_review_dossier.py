"""What there is to know before a review, and the diff of what changed: in real repositories."""

from __future__ import annotations

import re

import pytest

from kbtool.review import (
    diff,
    edits_of,
)

DAY = "2026-03-20"
REVIEWED = {"last_reviewed_on": "2026-02-01", "covers": "[src/**]"}
TICKETS = """\
SUP-1: {state: closed, resolution: fixed, closed_at: 2026-03-02T23:30:00-05:00}
SUP-2: {state: open}
"""


# ---------------------------------------------------------------------------------------------- the dossier


def test_what_changed_in_covered_code(repo, page, told) -> None:
    """Every file with what happened to it and its net lines, uncommitted ones and files that are no text included."""
    files = {"src/a.py": "1\n2\n", "src/gone.py": "1\n", "src/logo.bin": b"\0\1", "src/same.py": "1\n", "src/back.py": "1\n"}
    repo.commit({"content/a.md": page(**REVIEWED), **files}, on="2026-02-01")
    repo.commit({"src/a.py": "1\n3\n4\n", "src/gone.py": None, "src/back.py": "2\n"}, on="2026-03-01", by="Ben", message="Faster")
    repo.commit({"src/logo.bin": b"\0\2", "src/back.py": "1\n"}, on="2026-03-02", by="Cleo", message="New logo")
    repo.write({"src/a.py": "1\n3\n4\n5\n", "src/new.py": "1\n", "src/same.py": "9\n"})
    found = told(repo)
    assert [(file.path, file.what, file.lines) for file in found.code] == [
        ("src/a.py", "changed, not committed", (3, 1)), ("src/gone.py", "removed", (0, 1)), ("src/logo.bin", "changed", None),
        ("src/new.py", "added, not committed", (1, 0)), ("src/same.py", "changed, not committed", (1, 1)),
    ]
    assert found.uncommitted == ("src/a.py", "src/new.py", "src/same.py")
    assert found.verdict.verdict == "stale"
    assert [finding.code for finding in found.findings] == ["KB106"]


def test_tickets_of_the_register(repo, page, told) -> None:
    """Each ticket has its state, its day in UTC and its resolution; one that is not in the file takes nothing from the others."""
    text = page(last_reviewed_on="2026-02-01", tickets="[SUP-1, {ref: SUP-2, expects: open}, GH-9]")
    repo.commit({"content/a.md": text, "checks/tickets.yml": TICKETS}, on="2026-02-01")
    assert told(repo).tickets == (("SUP-1", "closed on 2026-03-03 (fixed)"), ("SUP-2", "open"), ("GH-9", "not known: checks/tickets.yml does not have it"))


def test_edits_since_and_who_knows(repo, page, told) -> None:
    """Substantive edits since the review, newest first; everybody who ever edited it, by how often; bots and stamps are nobody."""
    repo.commit({"content/a.md": page("One.\n", last_reviewed_on="2026-01-05")}, on="2026-01-05", by="Ana", message="Add")
    repo.commit({"content/a.md": page("One two.\n", last_reviewed_on="2026-01-05")}, on="2026-01-10", by="Ben", message="Before")
    repo.commit({"content/a.md": page("One two.\n", **REVIEWED)}, on="2026-02-01", by="Eve", message="Review")
    for day, by, body, message in (
        ("2026-03-01", "Ben", "Three.\n", "Third"), ("2026-03-02", "bot[bot] <x@y>", "Four.\n", "Bump"),
        ("2026-03-03", "Cleo", "Five.\n", "Fifth"),
    ):
        repo.commit({"content/a.md": page(body, **REVIEWED)}, on=day, by=by, message=message)
    repo.commit({"content/a.md": page("Five.\n", description="x", **REVIEWED)}, on="2026-03-04", by="Dan", message="Describe")
    found = told(repo)
    assert [(str(edit.day), edit.authors, subject) for edit, subject in found.edits] == [
        ("2026-03-03", ("Cleo",), "Fifth"), ("2026-03-01", ("Ben",), "Third")]
    assert found.knows == (("Ben", 2), ("Ana", 1), ("Cleo", 1))


def test_edits_that_landed_while_the_review_waited(repo, page, told) -> None:
    """What was edited on the main line between the review in a branch and its merge is since the review; the merge is not."""
    repo.commit({"content/a.md": page("One.\n\nTwo.\n\nThree.\n", last_reviewed_on="2026-01-05")}, on="2026-01-05", by="Ana")
    repo.branch("review")
    repo.commit({"content/a.md": page("One.\n\nTwo.\n\nThree.\n", last_reviewed_on="2026-03-01")}, on="2026-03-01", by="Ana")
    repo.switch("main")
    repo.commit({"content/a.md": page("1.\n\nTwo.\n\nThree.\n", last_reviewed_on="2026-01-05")}, on="2026-03-05", by="Ben", message="One")
    repo.git("merge", "-q", "--no-ff", "review", on="2026-03-10")
    assert [subject for _, subject in told(repo).edits] == ["One"]


def test_an_article_without_a_review(repo, page, told) -> None:
    """All of its edits are told, and no change of code: there is nothing to compare with."""
    repo.commit({"content/a.md": page(last_reviewed_on=None, covers="[src/**]"), "src/a.py": "1\n"}, on="2026-03-01", by="Ana", message="Add")
    repo.commit({"src/a.py": "2\n"}, on="2026-03-02")
    found = told(repo)
    assert ([subject for _, subject in found.edits], found.code, found.review.review) == (["Add"], (), None)


def test_an_article_that_nobody_committed(repo, page, told) -> None:
    """It has no edits, and nobody knows it."""
    repo.write({"content/a.md": page(last_reviewed_on=None)})
    found = told(repo)
    assert (found.edits, found.knows, found.uncommitted) == ((), (), ())


def test_a_shallow_clone_names_nobody_wrongly(repo, page, told, judge, tmp_path) -> None:
    """The commit at which a clone is cut off seems to bring everything: it is nobody's edit."""
    repo.commit({"content/a.md": page("One.\n")}, on="2026-01-05", by="Ana")
    repo.commit({"content/b.md": page()}, on="2026-02-05", by="Ben")
    repo.commit({"content/a.md": page("Two.\n")}, on="2026-03-05", by="Cleo")
    clone = repo.clone(tmp_path / "clone", depth=2)
    found = told(clone)
    assert ([edit.authors for edit, _ in found.edits], found.knows) == ([("Cleo",)], (("Cleo", 1),))
    judged = judge(clone, DAY)
    assert edits_of(judged.article("b"), judged.evidence) == []
    assert told(repo, "b").knows == (("Ben", 1),)


def test_a_clone_without_old_versions_names_nobody_wrongly(repo, page, told, tmp_path) -> None:
    """The edit after a version that is not here may be none: only what is certain is told."""
    repo.commit({"content/a.md": page("One.\n")}, on="2026-01-05", by="Ana")
    repo.commit({"content/a.md": page("One.\n", title="Other")}, on="2026-02-05", by="Ben")
    clone = repo.clone(tmp_path / "clone", "--filter=blob:none")
    assert (told(clone).knows, told(repo).knows) == ((), (("Ana", 1),))


def test_files_that_are_signed_and_not_committed(repo, page, told) -> None:
    """Covered files, assets and included articles, of which no commit has the present state; what is not signed is not named."""
    body = '![x](x.png)\n\n--8<-- "part.md"\n'
    covers = "[src/**, '!src/gen/**']"
    repo.commit({
        "content/a.md": page(body, last_reviewed_on="2026-02-01", covers=covers), "content/part.md": page("![y](y.png)\n"), "content/b.md": page(),
        "content/x.png": b"1", "content/y.png": b"1", "src/a.py": "1\n", "src/gen/b.py": "1\n", "src/gone.py": "1\n", "lib.py": "1\n",
    }, on="2026-02-01")
    assert told(repo).uncommitted == ()
    repo.write({
        "content/a.md": page(body + "More.\n", last_reviewed_on="2026-02-01", covers=covers), "content/part.md": page("![y](y.png) Z.\n"),
        "content/b.md": page("Z.\n"), "content/x.png": b"2", "content/y.png": b"2", "src/a.py": "2\n", "src/gen/b.py": "2\n",
        "src/gone.py": None, "src/new.py": "1\n", "lib.py": "2\n",
    })
    repo.git("add", "src/a.py")
    assert told(repo).uncommitted == ("content/part.md", "content/x.png", "content/y.png", "src/a.py", "src/gone.py", "src/new.py")


# ---------------------------------------------------------------------------------------------- the diff


def test_the_diff_of_covered_code(repo, page, judge) -> None:
    """What landed and what is not committed yet, of covered files alone; a file that git does not know is named."""
    repo.commit({"content/a.md": page(**REVIEWED), "src/a.py": "1\n", "lib.py": "1\n"}, on="2026-02-01")
    repo.commit({"src/a.py": "2\n", "lib.py": "2\n"}, on="2026-03-01")
    repo.write({"src/a.py": "3\n", "src/:(top)new.py": "new\n"})
    found = judge(repo, DAY)
    text = diff(found.of().code, found.evidence)
    assert re.findall(r"^[-+][^-+].*$", text, re.MULTILINE) == ["-1", "+3"]
    assert " src/a.py | 2 +-\n 1 file changed, 1 insertion(+), 1 deletion(-)\n" in text
    assert text.endswith("src/:(top)new.py is new and unknown to git, so no diff shows it: read the file\n")
    assert "lib.py" not in text


@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
def test_the_diff_of_code_without_a_beginning(tmp_path, new_repo, page, judge, object_format) -> None:
    """A review older than all landings has the whole code as its diff, whatever ids the repository has."""
    repo = new_repo(tmp_path / "repo", object_format=object_format)
    repo.commit({"content/a.md": page(last_reviewed_on="2025-05-01", covers="[src/**]"), "src/a.py": "1\n2\n"}, on="2026-02-01")
    found = judge(repo, DAY)
    assert "+1\n+2\n" in diff(found.of().code, found.evidence)


def test_the_diff_of_several_repositories(tmp_path, new_repo, page, judge) -> None:
    """Each repository shows its own files, another one as it is at its ref, whatever lies in its work tree."""
    api = new_repo(tmp_path / "api")
    api.commit({"src/a.py": "api 1\n", "src/b.py": "not covered\n"}, on="2026-01-05")
    repo = new_repo(tmp_path / "kb", '[tool.kbtool.repositories.api]\npath = "../api"')
    covers = "['api:src/**', '!api:src/b.py', 'src/**']"
    repo.commit({"content/a.md": page(last_reviewed_on="2026-02-01", covers=covers), "src/a.py": "kb 1\n", "src/b.py": "kb b\n"}, on="2026-02-01")
    api.commit({"src/a.py": "api 2\n", "src/b.py": "not covered either\n"}, on="2026-03-01")
    api.write({"src/a.py": "api 3\n"})
    repo.commit({"src/a.py": "kb 2\n", "src/b.py": None}, on="2026-03-02")
    found = judge(repo, DAY)
    text = diff(found.of().code, found.evidence)
    assert sorted(re.findall(r"^[-+][^-+].*$", text, re.MULTILINE)) == ["+api 2", "+kb 2", "-api 1", "-kb 1", "-kb b"]


def test_the_diff_of_very_many_files(repo, page, judge, monkeypatch) -> None:
    """More files than a command line holds are shown as well, each once."""
    names = [f"src/{number}.py" for number in range(7)]
    repo.commit({"content/a.md": page(**REVIEWED), **dict.fromkeys(names, "1\n")}, on="2026-02-01")
    repo.commit(dict.fromkeys(names, "2\n"), on="2026-03-01")
    found = judge(repo, DAY)
    monkeypatch.setattr("kbtool.review._AT_A_TIME", 3)
    text = diff(found.of().code, found.evidence)
    assert re.findall(r"^diff --git a/(\S+)", text, re.MULTILINE) == names
    assert text.count("files changed, ") == 2


def test_no_diff_where_no_landing_can_be_named(repo, page, judge, seal) -> None:
    """A seal that is of other code than history has, and nothing to compare with: no diff, rather than a wrong one."""
    repo.write({"content/a.md": page(last_reviewed_on="2026-02-01", covers="[src/**]"), "src/a.py": "never committed\n"})
    seal(repo, "a")
    repo.commit({"content/a.md": (repo.folder / "content/a.md").read_text(), "src/a.py": "1\n"}, on="2026-02-01")
    found = judge(repo, DAY)
    assert found.of().code is not None
    assert (found.of().code.files, diff(found.of().code, found.evidence)) == ((), "")
