"""Faults of dates and of what changed (FAULTS.md, group B); where DESIGN.md says otherwise, its words are what is asserted."""

from __future__ import annotations

import pytest

TODAY = "2026-02-09"
DAY = "2026-02-01"
COVERS = {"last_reviewed_on": DAY, "covers": "src/x.py"}


def raw_commit(repo, committed: str, authored: str = "1767268800 +0000", message: str = "Odd") -> str:
    """Commit the index with dates that git itself would not write."""
    text = f"tree {repo.git('write-tree')}\nparent {repo.head}\nauthor Ana <ana@example.com> {authored}\ncommitter Ana <ana@example.com> {committed}\n\n{message}\n"
    made = repo.git("hash-object", "-t", "commit", "-w", "--literally", "--stdin", stdin=text)
    repo.git("update-ref", "HEAD", made)
    return made


def stage(repo, files: dict[str, str]) -> None:
    """Change files and stage them."""
    repo.write(files)
    repo.git("add", "-A")


def edits(found, name: str = "a") -> list[str]:
    """Return the days of the substantive edits of an article."""
    return [str(edit.day) for edit in found.evidence.reviews.histories.edits(found.article(name).path)]


@pytest.fixture
def reviewed(repo, page):
    """An article, reviewed and committed with the code that it covers on 1 February 2026."""
    repo.commit({"content/a.md": page("One.\n", **COVERS), "src/x.py": "1\n"}, on=DAY, message="Review")
    return repo


def test_b01_a_commit_of_the_future(reviewed, page, judge) -> None:
    """A date that is still to come makes nothing fresh and hides nothing: its landing counts as one of the day before it."""
    odd = reviewed.commit({"src/x.py": "2\n"}, on="2031-01-01", message="Future")
    reviewed.commit({"README": "1"}, on="2026-02-03")
    found = judge(reviewed, TODAY)
    assert (found.changed(), found.verdict()) == ((1, DAY, ["src/x.py"], "Future"), "due")
    assert found.evidence.reviews.notes == (f"1 commit(s) are dated after {TODAY}, such as {odd[:12]}: counted as undated",)
    reviewed.commit({"content/a.md": page("One.\n", **COVERS | {"last_reviewed_on": "2031-01-01"})}, on="2031-01-01")
    assert "KB104 error" in judge(reviewed, TODAY).codes()


@pytest.mark.parametrize("date", ["-86400 +0000", "notadate", "", "0 +0000", "99999999999999999999 +0000", "1770163199", "1770163199 Z"])
def test_b02_a_date_that_is_none(reviewed, judge, date: str) -> None:
    """A commit without a date lands when the one before it did; nothing is fifty years old."""
    stage(reviewed, {"src/x.py": "2\n"})
    raw_commit(reviewed, date)
    assert judge(reviewed, TODAY).changed() == (1, DAY, ["src/x.py"], "Odd")


@pytest.mark.parametrize("seconds", [253402300800, 10_000_000_000_000])
def test_b03_years_beyond_the_calendar(reviewed, judge, seconds: int) -> None:
    """The years 10000 and 318857 are no dates, and break nothing."""
    stage(reviewed, {"src/x.py": "2\n"})
    raw_commit(reviewed, f"{seconds} +0000", f"{seconds} +0000")
    assert judge(reviewed, TODAY).changed() == (1, DAY, ["src/x.py"], "Odd")


@pytest.mark.parametrize("zone", ["+9999", "-2400", "+99:99", "-0000"])
def test_b04_time_zones_that_are_none(reviewed, judge, zone: str) -> None:
    """Only seconds count, in UTC."""
    stage(reviewed, {"src/x.py": "2\n"})
    raw_commit(reviewed, f"1770163199 {zone}")  # the last second of 3 February 2026
    assert judge(reviewed, TODAY).changed() == (1, "2026-02-03", ["src/x.py"], "Odd")


def test_b05_what_was_written_long_ago(reviewed, page, judge) -> None:
    """Rebased and picked commits count from the day on which they landed, whenever they were written."""
    reviewed.commit({"content/a.md": page("Two.\n", **COVERS), "src/x.py": "2\n"}, on="2026-02-05", written="2023-01-01")
    found = judge(reviewed, TODAY)
    assert (edits(found), found.changed()[:2], found.changed(part="text")[:2]) == ([DAY, "2026-02-05"], (1, "2026-02-05"), (1, "2026-02-05"))


def test_b06_a_squashed_branch(reviewed, page, judge, seal) -> None:
    """A branch that lands as one commit is one landing of that day; a seal in it holds, for it is about content."""
    reviewed.branch("work")
    reviewed.commit({"src/x.py": "2\n"}, on="2026-02-02")
    reviewed.write({"content/a.md": page("Two.\n", **COVERS | {"last_reviewed_on": "2026-02-03"})})
    seal(reviewed, "a")
    reviewed.commit({"content/a.md": (reviewed.folder / "content/a.md").read_text()}, on="2026-02-03")
    reviewed.switch("main")
    reviewed.git("merge", "--squash", "-q", "work")
    reviewed.commit(on="2026-02-05")
    found = judge(reviewed, TODAY)
    assert (found.codes(), edits(found)) == ([], [DAY, "2026-02-05"])


def test_b07_a_rebase_that_forgets_dates(reviewed, judge) -> None:
    """`rebase --ignore-date` is as any rebase: the landing counts."""
    reviewed.branch("work")
    reviewed.commit({"src/x.py": "2\n"}, on="2026-02-02", message="Work")
    reviewed.switch("main")
    reviewed.commit({"README": "1"}, on="2026-02-04")
    reviewed.switch("work")
    reviewed.git("rebase", "-q", "--ignore-date", "main", on="2026-02-06")
    reviewed.switch("main")
    reviewed.merge("work", fast_forward=True)
    assert judge(reviewed, TODAY).changed() == (1, "2026-02-06", ["src/x.py"], "Work")


def test_b08_written_after_it_was_committed(reviewed, page, judge) -> None:
    """An author's date that is later than the committer's plays no part."""
    reviewed.commit({"content/a.md": page("Two.\n", **COVERS)}, on="2026-02-05", written="2026-02-08")
    assert edits(judge(reviewed, TODAY)) == [DAY, "2026-02-05"]


def test_b09_a_merge_that_edits(reviewed, page, judge) -> None:
    """What a merge changes itself, in words or code, is seen as its landing."""
    reviewed.branch("work")
    reviewed.commit({"README": "1"}, on="2026-02-02")
    reviewed.switch("main")
    reviewed.merge("work", on="2026-02-03", files={"src/x.py": "evil\n", "content/a.md": page("Evil.\n", **COVERS)}, message="Merge")
    found = judge(reviewed, TODAY)
    assert (found.changed(), edits(found)) == ((1, "2026-02-03", ["src/x.py"], "Merge"), [DAY, "2026-02-03"])


def test_b10_a_late_merge(repo, page, judge) -> None:
    """Code of 2024 that is merged after the review has changed since: it landed with the merge."""
    repo.branch("old")
    repo.commit({"src/y.py": "1\n"}, on="2024-02-01")
    repo.switch("main")
    repo.commit({"content/a.md": page(last_reviewed_on=DAY, covers="src/**"), "src/x.py": "1\n"}, on=DAY)
    repo.merge("old", on="2026-02-03", message="Late")
    assert judge(repo, TODAY).changed() == (1, "2026-02-03", ["src/y.py"], "Late")


@pytest.mark.parametrize("to", ["content/sub/b.md", "content/b.md"])
def test_b11_a_pure_rename(reviewed, judge, to: str) -> None:
    """A page that was only renamed is no younger, and its review where it was."""
    reviewed.move("content/a.md", to)
    reviewed.commit({"src/x.py": "2\n"}, on="2026-02-03", message="Reorganise")
    name = to[8:-3]
    found = judge(reviewed, TODAY)
    assert (edits(found, name), found.changed(name)) == ([DAY], (1, "2026-02-03", ["src/x.py"], "Reorganise"))
    assert found.of(name).review.landing == 1


def test_b12_a_rename_of_case_alone(reviewed, judge) -> None:
    """Another case is another name, as any rename."""
    reviewed.move("content/a.md", "content/A.md")
    reviewed.commit(on="2026-02-03")
    found = judge(reviewed, TODAY)
    assert (found.codes("A"), edits(found, "A")) == ([], [DAY])


def test_b13_a_copy(reviewed, page, judge) -> None:
    """A copy is a new page; with the date of its source it claims a review that it never had, and code since that day counts."""
    reviewed.commit({"src/x.py": "2\n"}, on="2026-02-02", message="Faster")
    reviewed.commit({"content/b.md": page("One.\n", **COVERS)}, on="2026-02-03")
    found = judge(reviewed, TODAY)
    assert (edits(found, "b"), found.changed("b")) == (["2026-02-03"], (1, "2026-02-02", ["src/x.py"], "Faster"))
    reviewed.commit({"content/b.md": page("One.\n", last_reviewed_on=None)}, on="2026-02-04")
    assert judge(reviewed, TODAY).codes("b") == ["KB101 warning"]


def test_b14_following_two_articles(reviewed, page, judge) -> None:
    """Any number of articles is followed at once, whatever `log.follow` says."""
    reviewed.git("config", "log.follow", "true")
    reviewed.commit({f"content/{name}.md": page(f"{name} says.\n" * 9, **COVERS) for name in "bcd"}, on="2026-02-02")
    for name in "bcd":
        reviewed.move(f"content/{name}.md", f"content/{name * 2}.md")
    reviewed.commit(on="2026-02-03")
    found = judge(reviewed, TODAY)
    assert [edits(found, name * 2) for name in "bcd"] == [["2026-02-02"]] * 3


def test_b15_a_bot(reviewed, page, judge) -> None:
    """What bots of the configuration change, in code and words, does not count."""
    reviewed.commit({"src/x.py": "2\n", "content/a.md": page("Two.\n", **COVERS)}, on="2026-02-03", by="renovate[bot] <b@x>")
    found = judge(reviewed, TODAY)
    assert (found.codes(), edits(found), [one.part for one in found.of().ignored]) == ([], [DAY], ["code", "text"])


def test_b16_a_mass_reformat(reviewed, page, judge) -> None:
    """Commits of .git-blame-ignore-revs do not count; a line that is no id is told with its number, and stops nothing."""
    odd = reviewed.commit({"src/x.py": "2\n", "content/a.md": page("Two.\n", **COVERS)}, on="2026-02-03")
    reviewed.commit({".git-blame-ignore-revs": f"# all\nHEAD~1\n{odd}\n"}, on="2026-02-04")
    found = judge(reviewed, TODAY)
    assert (found.codes(), edits(found)) == ([], [DAY])
    assert found.evidence.reviews.notes == (".git-blame-ignore-revs:2: 'head~1' is no commit id, so it is not ignored",)


def test_b17_a_page_of_bots_alone(repo, page, judge) -> None:
    """A page that only bots have written changed when the first of them did, not today."""
    for day, body in (("2026-02-02", "One.\n"), ("2026-02-03", "Two.\n")):
        repo.commit({"content/a.md": page(body, last_reviewed_on=DAY)}, on=day, by="bot[bot]")
    found = judge(repo, TODAY)
    assert edits(found) == []
    assert str(found.evidence.reviews.histories.changed_on("content/a.md")) == "2026-02-02"


def test_b18_edits_that_are_none(reviewed, page, judge) -> None:
    """Front matter, such as the stamp itself, and white space never make the last substantive change younger."""
    reviewed.commit({"content/a.md": page("One.\n\n\n", **COVERS | {"last_reviewed_on": "2026-02-03"})}, on="2026-02-03")
    found = judge(reviewed, TODAY)
    assert (edits(found), str(found.evidence.reviews.histories.changed_on("content/a.md")), found.codes()) == ([DAY], DAY, [])


def test_b19_people_who_change_their_names(reviewed, judge, gate) -> None:
    """Authors have the names of .mailmap; no report prints an e-mail address."""
    reviewed.commit({".mailmap": "Benjamin <new@example.com> <ben@example.com>\n", "src/x.py": "2\n"}, on="2026-02-03", by="Ben")
    assert judge(reviewed, TODAY).of().code.authors == ("Benjamin",)
    for form in ("json", "text"):
        done = gate(reviewed.folder, "--format", form)
        assert "Benjamin" in done.out
        assert "@example" not in done.out + done.err


def test_b20_uncommitted_changes(reviewed, page, judge) -> None:
    """What is changed in the work tree is shown as such; a commit of its own has it dated."""
    reviewed.write({"src/x.py": "2\n", "content/a.md": page("Two.\n", **COVERS)})
    found = judge(reviewed, TODAY)
    assert (found.codes(), found.of().code.uncommitted, found.of().text.uncommitted) == (["KB106 warning", "KB108 warning"], ("src/x.py",), ("content/a.md",))
    messages = [one.message for one in found.found.findings]
    assert all("not committed yet" in message for message in messages)


def test_b21_an_untracked_page(reviewed, page, judge) -> None:
    """A page that git does not know has no history: without a review a warning, with one it is judged as of its day."""
    reviewed.commit({"src/x.py": "2\n"}, on="2026-02-03")
    reviewed.write({"content/new.md": page(last_reviewed_on=None), "content/old.md": page(**COVERS)})
    found = judge(reviewed, TODAY)
    assert (found.codes("new"), found.verdict("new")) == (["KB101 warning"], "due")
    assert (found.codes("old"), found.verdict("old")) == (["KB106 warning"], "due")


def test_b22_a_reverted_change(reviewed, judge) -> None:
    """Code that is as it was reviewed has not changed."""
    reviewed.commit({"src/x.py": "2\n"}, on="2026-02-03")
    reviewed.git("revert", "--no-edit", "HEAD", on="2026-02-04")
    assert (judge(reviewed, TODAY).codes(), judge(reviewed, TODAY).verdict()) == ([], "fresh")


def test_b23_a_forced_push(reviewed, judge, seal) -> None:
    """Whatever becomes of the commit in which it was written, a seal holds: it is about content, not about a commit."""
    seal(reviewed, "a")
    reviewed.git("commit", "-q", "-a", "--amend", "-m", "Rewritten", on="2026-02-05")
    reviewed.git("checkout", "-q", "--orphan", "fresh")
    reviewed.git("commit", "-q", "-m", "All of it", on="2026-02-06")
    reviewed.git("branch", "-q", "-f", "main")
    reviewed.switch("main")
    assert judge(reviewed, TODAY).codes() == []
    reviewed.commit({"src/x.py": "2\n"}, on="2026-02-07")
    assert judge(reviewed, TODAY).changed()[:2] == (1, "2026-02-07")


def test_b24_a_glob_that_matches_nothing(reviewed, page, gate) -> None:
    """It is an error on its line, never fresh in silence."""
    reviewed.commit({"content/a.md": page("One.\n", **COVERS | {"covers": "[src/x.py, src/gone/**]"})}, on=DAY)
    done = gate(reviewed.folder, "--format", "json")
    assert (done.code, [(one["code"], one["severity"], one["message"]) for one in done.json()["findings"]]) == (1, [("KB107", "error", "'src/gone/**' matches no file")])
    assert done.json()["articles"][0]["verdict"] == "stale"


def test_b25_covered_code_that_moved(reviewed, gate) -> None:
    """A path that is gone is an error, which knows where the file is now."""
    reviewed.move("src/x.py", "lib/deep/y.py")
    reviewed.commit(on="2026-02-03")
    findings = gate(reviewed.folder, "--format", "json").json()["findings"]
    assert [(one["code"], one["severity"], one["hint"]) for one in findings if one["code"] == "KB107"] == [("KB107", "error", "it has moved to 'lib/deep/y.py'")]
    reviewed.commit({"lib/deep/y.py": None}, on="2026-02-04")
    findings = gate(reviewed.folder, "--format", "json").json()["findings"]
    assert [one["hint"] for one in findings if one["code"] == "KB107"] == ["correct the glob; globs start at the top of the repository"]


def test_b26_a_glob_of_everything(reviewed, page, gate) -> None:
    """More than a fifth of the files of a repository is a warning, and the article is judged all the same."""
    reviewed.commit({f"src/{number}.py": "1\n" for number in range(60)} | {"content/a.md": page("One.\n", last_reviewed_on="2026-02-02", covers="'**'")}, on="2026-02-02")
    done = gate(reviewed.folder, "--format", "json")
    total = len(reviewed.git("ls-files").split("\n"))
    assert [(one["code"], one["severity"], one["message"]) for one in done.json()["findings"]] == [("KB112", "warning", f"covers {total} of the {total} files of this repository")]
    assert done.code == 0
