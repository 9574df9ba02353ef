"""What is known about reviews without a seal, in real repositories: what landed since, in the order of the main line."""

from __future__ import annotations

import datetime as dt

import pytest

COVERS = {"covers": "[src/**]"}


def test_a_review_in_a_branch_misses_what_lands_meanwhile(repo, page, judge) -> None:
    """Reviewed in a branch on 1 March, code on the main line on 5 March, merged on 10 March: the code has changed since."""
    repo.commit({"content/a.md": page(last_reviewed_on="2026-01-05", **COVERS), "src/x.py": "1\n"}, on="2026-01-05")
    repo.branch("review")
    repo.commit({"content/a.md": page(last_reviewed_on="2026-03-01", **COVERS)}, on="2026-03-01", by="Ana")
    repo.switch("main")
    repo.commit({"src/x.py": "2\n2\n"}, on="2026-03-05", by="Ben", message="Faster")
    assert judge(repo, "2026-03-06").changed() == (1, "2026-03-05", ["src/x.py"], "Faster")
    repo.merge("review", on="2026-03-10")
    found = judge(repo, "2026-03-10")
    assert found.changed() == (1, "2026-03-05", ["src/x.py"], "Faster")
    assert found.of().code.authors == ("Ben",)
    assert (found.codes(), found.verdict()) == (["KB106 warning"], "due")
    assert judge(repo, "2026-03-19").codes() == ["KB106 error"]
    message = next(one for one in found.found.findings if one.code == "KB106")
    assert (message.message, message.line) == (
        "covered code changed since the review of 2026-03-01: 1 landing since 2026-03-05 (1 file, +2 -1 lines, by Ben; newest: Faster)", 7)
    base = repo.git("rev-parse", "main~2")[:12]
    assert message.hint == f"git diff {base} -- src/x.py; then `kbtool review content/a.md`"
    assert repo.git("diff", "--name-only", *message.hint.partition(";")[0].split()[2:]) == "src/x.py"


def test_a_foxtrot_merge_hides_nothing(repo, page, judge) -> None:
    """Where a branch merges the main line and becomes it, what was the main line landed with that merge, after the review."""
    repo.commit({"content/a.md": page(last_reviewed_on="2026-01-05", **COVERS), "src/x.py": "1\n"}, on="2026-01-05")
    repo.branch("review")
    repo.commit({"content/a.md": page(last_reviewed_on="2026-03-01", **COVERS)}, on="2026-03-01")
    repo.switch("main")
    repo.commit({"src/x.py": "2\n"}, on="2026-02-01", by="Ben", message="Faster")
    repo.switch("review")
    repo.merge("main", on="2026-03-02", message="Catch up")
    repo.switch("main")
    repo.merge("review", fast_forward=True)
    assert judge(repo, "2026-03-03").changed() == (1, "2026-03-02", ["src/x.py"], "Catch up")
    assert judge(repo, "2026-03-03").of().code.authors == ("Ben",)


def test_a_reverted_review_reaches_back(repo, page, judge) -> None:
    """A review that was taken back, and came again with the same date, is the first one: what landed between counts."""
    old, new = (page(last_reviewed_on=day, **COVERS) for day in ("2026-01-05", "2026-02-01"))
    repo.commit({"content/a.md": old, "src/x.py": "1\n"}, on="2026-01-05")
    reviewed = repo.commit({"content/a.md": new}, on="2026-02-01")
    repo.git("revert", "--no-edit", "HEAD", on="2026-02-02")
    repo.commit({"src/x.py": "2\n"}, on="2026-02-03", message="Faster")
    repo.commit({"content/a.md": new}, on="2026-02-04")
    found = judge(repo, "2026-02-05")
    assert found.changed() == (1, "2026-02-03", ["src/x.py"], "Faster")
    assert found.of().review.commit == reviewed


def test_a_key_migration_moves_no_review(new_repo, page, judge, tmp_path) -> None:
    """A landing that sets all dates anew under another key is no review: the dates are older than it."""
    names = [f"content/{name}.md" for name in "abcdefghijkl"]
    repo = new_repo(tmp_path / "repo", 'aliases = {"ms.date" = "last_reviewed_on"}')
    old = page(last_reviewed_on=None, **{"ms.date": "2026-02-01"}, **COVERS)
    reviewed = repo.commit(dict.fromkeys(names, old) | {"src/x.py": "1\n"}, on="2026-02-01")
    repo.commit({"src/x.py": "2\n"}, on="2026-03-01", message="Faster")
    repo.commit(dict.fromkeys(names, page(last_reviewed_on="2026-02-01", **COVERS)), on="2026-03-02")
    found = judge(repo, "2026-03-03")
    assert found.changed() == (1, "2026-03-01", ["src/x.py"], "Faster")
    assert (found.of().review.commit, found.evidence.reviews.bulk) == (reviewed, {})
    repo.commit({"pyproject.toml": "[tool.kbtool]\n"}, on="2026-03-04")
    found = judge(repo, "2026-03-05")
    assert found.changed() == (1, "2026-03-01", ["src/x.py"], "Faster"), "without the alias, the day itself still says it"


def test_a_date_before_its_landing(repo, page, judge) -> None:
    """Code that landed after the day of the review, and before the review itself, counts; code of that day does not."""
    repo.commit({"content/a.md": page(last_reviewed_on="2026-01-05", **COVERS), "src/x.py": "1\n", "src/y.py": "1\n"}, on="2026-01-05")
    repo.commit({"src/y.py": "2\n"}, on="2026-03-01T23:59:59")
    repo.commit({"src/x.py": "2\n"}, on="2026-03-02T00:00:00", message="Next day")
    repo.commit({"content/a.md": page(last_reviewed_on="2026-03-01", **COVERS)}, on="2026-03-08")
    assert judge(repo, "2026-03-08").changed() == (1, "2026-03-02", ["src/x.py"], "Next day")


def test_a_date_after_its_landing(repo, page, judge) -> None:
    """A date that is later than the landing that set it buys nothing: what landed after that landing counts."""
    repo.commit({"content/a.md": page(last_reviewed_on="2026-03-05", **COVERS), "src/x.py": "1\n"}, on="2026-03-01")
    repo.commit({"src/x.py": "2\n"}, on="2026-03-03", message="Before the day")
    assert judge(repo, "2026-03-06").changed() == (1, "2026-03-03", ["src/x.py"], "Before the day")


def test_landing_times_never_go_back(repo, page, judge) -> None:
    """A landing whose clock was behind landed no earlier than the one before it."""
    repo.commit({"content/a.md": page(last_reviewed_on="2026-02-01", **COVERS), "src/x.py": "1\n"}, on="2026-02-01")
    repo.commit({"README": "1\n"}, on="2026-03-01")
    repo.commit({"src/x.py": "2\n"}, on="2026-01-15", message="Slow clock")
    assert judge(repo, "2026-03-10").changed() == (1, "2026-03-01", ["src/x.py"], "Slow clock")


def test_a_change_that_was_taken_back_is_none(repo, page, judge) -> None:
    """Covered code that is as it was reviewed has not changed, in whichever way it came back; the same holds for words."""
    repo.commit({"content/a.md": page("One.\n", last_reviewed_on="2026-02-01", **COVERS), "src/x.py": "1\n"}, on="2026-02-01")
    repo.commit({"src/x.py": "2\n", "content/a.md": page("Two.\n", last_reviewed_on="2026-02-01", **COVERS)}, on="2026-02-03")
    assert judge(repo, "2026-02-04").codes() == ["KB106 warning", "KB108 warning"]
    repo.commit({"src/x.py": "1\n", "content/a.md": page("One.\n", last_reviewed_on="2026-02-01", **COVERS)}, on="2026-02-05")
    assert (judge(repo, "2026-02-06").codes(), judge(repo, "2026-02-06").verdict()) == ([], "fresh")


@pytest.mark.parametrize("sealed", [False, True])
def test_a_change_that_comes_again(repo, page, judge, seal, sealed: bool) -> None:
    """The grace runs from the landing that made covered code another than was reviewed, not from one that was taken back before."""
    repo.write({"content/a.md": page(last_reviewed_on="2026-02-01", **COVERS), "src/x.py": "1\n"})
    if sealed:
        seal(repo, "a")
    repo.commit({"content/a.md": (repo.folder / "content/a.md").read_text(), "src/x.py": "1\n"}, on="2026-02-01")
    repo.commit({"src/x.py": "2\n"}, on="2026-02-03", by="Ben", message="Too early")
    repo.git("revert", "--no-edit", "HEAD", on="2026-02-04")
    assert judge(repo, "2026-06-01").codes() == []
    repo.commit({"src/x.py": "2\n"}, on="2026-06-02", message="Again")
    found = judge(repo, "2026-06-10")
    assert (found.changed(), found.of().code.authors, found.codes()) == ((1, "2026-06-02", ["src/x.py"], "Again"), ("Test",), ["KB106 warning"])
    assert judge(repo, "2026-06-16").codes() == ["KB106 error"]


def test_an_edit_of_code_that_came_back(repo, page, judge) -> None:
    """What the work tree alone changes is a warning, whatever landed and was taken back before it."""
    repo.commit({"content/a.md": page(last_reviewed_on="2026-02-01", **COVERS), "src/x.py": "1\n"}, on="2026-02-01")
    repo.commit({"src/x.py": "2\n"}, on="2026-02-03")
    repo.commit({"src/x.py": "1\n"}, on="2026-02-04")
    repo.write({"src/x.py": "3\n"})
    assert (judge(repo, "2026-06-01").codes(), judge(repo, "2026-06-01").of().code.landings) == (["KB106 warning"], 0)


def test_a_change_that_does_not_count_after_one_that_was_taken_back(repo, page, judge) -> None:
    """Code that differs by a landing that does not count has not changed, whatever was taken back before it."""
    repo.commit({"content/a.md": page(last_reviewed_on="2026-02-01", **COVERS), "src/x.py": "1\n"}, on="2026-02-01")
    for day, text in (("2026-02-03", "2\n"), ("2026-02-04", "1\n")):
        repo.commit({"src/x.py": text}, on=day)
    repo.commit({"src/x.py": "1 \n"}, on="2026-02-05", trailers={"Kb-Change": "minor"})
    assert judge(repo, "2026-06-01").codes() == []
    repo.commit({"src/x.py": "3\n"}, on="2026-05-30")
    assert judge(repo, "2026-06-01").changed()[:2] == (1, "2026-05-30")


@pytest.mark.parametrize("landed", [11, 10])
def test_a_mass_edit_of_dates(repo, page, judge, landed: int) -> None:
    """A landing that moves eleven dates is a bulk review on each of the eleven; ten are none, nor are articles that are new."""
    names = [f"a{number}" for number in range(12)]
    repo.commit({f"content/{name}.md": page(last_reviewed_on="2026-02-01") for name in names}, on="2026-02-01")
    assert judge(repo, "2026-02-02").evidence.reviews.bulk == {}
    new = page(last_reviewed_on="2026-03-01")
    commit = repo.commit({f"content/{name}.md": new for name in names[:landed]} | {"content/new.md": new}, on="2026-03-01")
    found = judge(repo, "2026-03-02")
    wanted = ["KB111 warning"] if landed > 10 else []
    assert [found.codes(name) for name in (*names, "new")] == [wanted] * landed + [[]] * (13 - landed)
    assert found.evidence.reviews.bulk["content/a0.md"] == (commit, landed)
    messages = {one.message for one in found.found.findings}
    assert messages == ({f"one landing, {commit[:12]}, moved the review dates of 11 articles"} if wanted else set())


def test_a_mass_edit_buys_nothing(repo, page, judge) -> None:
    """A bulk review of an old day counts from that day on."""
    repo.commit({"content/a.md": page(last_reviewed_on="2026-01-05", **COVERS), "src/x.py": "1\n"}, on="2026-01-05")
    repo.commit({"src/x.py": "2\n"}, on="2026-02-10", message="Faster")
    repo.commit({"content/a.md": page(last_reviewed_on="2026-02-01", **COVERS)}, on="2026-03-01")
    assert judge(repo, "2026-03-02").changed() == (1, "2026-02-10", ["src/x.py"], "Faster")


# ---------------------------------------------------------------------------------------------- rewritten and moved commits


def test_a_squashed_branch(repo, page, judge) -> None:
    """A branch that lands as one commit is one landing, on the day of that commit; a review in it stands there."""
    repo.commit({"content/a.md": page(last_reviewed_on="2026-01-05", **COVERS), "src/x.py": "1\n"}, on="2026-01-05")
    repo.branch("work")
    repo.commit({"src/x.py": "2\n"}, on="2026-02-01")
    repo.commit({"content/a.md": page(last_reviewed_on="2026-02-02", **COVERS)}, on="2026-02-02")
    repo.switch("main")
    repo.commit({"README": "1\n"}, on="2026-02-03")
    repo.git("merge", "--squash", "work")
    squashed = repo.commit(on="2026-02-04", message="Squash")
    found = judge(repo, "2026-02-05")
    assert (found.of().review.commit, found.of().review.day) == (squashed, dt.date(2026, 2, 2))
    assert found.changed() == (1, "2026-02-04", ["src/x.py"], "Squash"), "the code landed two days after the review says it was made"


@pytest.mark.parametrize("how", ["rebase", "cherry-pick"])
def test_a_rebased_or_picked_review(repo, page, judge, how: str) -> None:
    """What was made earlier and is put on top counts from its landing; the code of that landing's past was there."""
    repo.commit({"content/a.md": page(last_reviewed_on="2026-01-05", **COVERS), "src/x.py": "1\n"}, on="2026-01-05")
    repo.branch("work")
    repo.commit({"content/a.md": page(last_reviewed_on="2026-02-02", **COVERS)}, on="2026-02-02")
    repo.switch("main")
    repo.commit({"src/x.py": "2\n"}, on="2026-02-01", message="Before")
    repo.commit({"src/y.py": "2\n"}, on="2026-02-03", message="After")
    if how == "rebase":
        repo.switch("work")
        repo.git("rebase", "main", on="2026-02-04")
        repo.switch("main")
        repo.merge("work", fast_forward=True)
    else:
        repo.git("cherry-pick", "work", on="2026-02-04")
    assert judge(repo, "2026-02-05").changed() == (1, "2026-02-03", ["src/y.py"], "After")


# ---------------------------------------------------------------------------------------------- work in progress


def test_uncommitted_code_and_text(repo, page, judge) -> None:
    """What is not committed is said to be so, as a warning however old the article is, and never escalates."""
    repo.commit({"content/a.md": page(last_reviewed_on="2026-10-20", risk="high", **COVERS), "src/x.py": "1\n"}, on="2026-10-20")
    repo.write({"src/x.py": "2\n", "src/new.py": "1\n", "content/a.md": page("New.\n", last_reviewed_on="2026-10-20", risk="high", **COVERS)})
    found = judge(repo, "2026-11-22")
    assert found.of().code.uncommitted == ("src/new.py", "src/x.py")
    assert (found.changed(), found.codes()) == ((0, "None", ["src/new.py", "src/x.py"], ""), ["KB106 warning", "KB108 warning"])
    assert [one.message for one in found.found.findings] == [
        "the words have changed after the review of 2026-10-20 (not committed yet)",
        "covered code changed since the review of 2026-10-20: 2 files, not committed yet",
    ]
    repo.commit({"src/x.py": "2\n"}, on="2026-10-21")
    assert "KB106 error" in judge(repo, "2026-11-22").codes()


def test_an_uncommitted_review(repo, page, judge) -> None:
    """A review that is not committed yet is one of the code as it is committed, up to its day."""
    repo.commit({"content/a.md": page(last_reviewed_on="2026-02-01", **COVERS), "src/x.py": "1\n"}, on="2026-02-01")
    repo.commit({"src/x.py": "2\n"}, on="2026-03-01", message="Faster")
    repo.write({"content/a.md": page(last_reviewed_on="2026-03-02", **COVERS)})
    assert judge(repo, "2026-03-02").codes() == []
    repo.write({"content/a.md": page(last_reviewed_on="2026-02-20", **COVERS)})
    assert judge(repo, "2026-03-02").changed() == (1, "2026-03-01", ["src/x.py"], "Faster")


# ---------------------------------------------------------------------------------------------- grace


@pytest.mark.parametrize(("risk", "days"), [("high", 3), ("medium", 14), ("low", 30), (None, 14)])
def test_grace(repo, page, judge, risk: str | None, days: int) -> None:
    """A change is a warning for as many days as the article's risk allows, and an error from then on."""
    repo.commit({"content/a.md": page(last_reviewed_on="2026-03-01", risk=risk, **COVERS), "src/x.py": "1\n"}, on="2026-03-01")
    repo.commit({"src/x.py": "2\n"}, on="2026-03-02T23:59")
    for number, severity in ((0, "warning"), (days - 1, "warning"), (days, "error")):
        today = dt.date(2026, 3, 2) + dt.timedelta(number)
        assert judge(repo, today.isoformat()).codes() == [f"KB106 {severity}"]


def test_no_grace(new_repo, page, judge, tmp_path) -> None:
    """A configured grace of no days makes the change an error at once."""
    repo = new_repo(tmp_path / "repo", "[tool.kbtool.grace]\nmedium = 0")
    repo.commit({"content/a.md": page(last_reviewed_on="2026-03-01", **COVERS), "src/x.py": "1\n"}, on="2026-03-01")
    repo.commit({"src/x.py": "2\n"}, on="2026-03-02")
    assert (judge(repo, "2026-03-02").codes(), judge(repo, "2026-03-02").verdict()) == (["KB106 error"], "stale")


def test_what_cannot_be_dated_is_an_error(repo, page, judge) -> None:
    """The first landing of all that has no date has no grace either."""
    first = repo.git("rev-parse", "HEAD")
    tree = repo.git("rev-parse", "HEAD^{tree}")
    text = f"tree {tree}\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 99999999999999 +0000\n\nNo date\n"
    undated = repo.git("hash-object", "-t", "commit", "-w", "--literally", "--stdin", stdin=text)
    repo.git("reset", "-q", "--hard", undated)
    repo.commit({"content/a.md": page(last_reviewed_on="2026-03-01", **COVERS), "src/x.py": "1\n"}, on="2090-03-01")
    repo.commit({"src/x.py": "2\n"}, on="2090-03-01", message="When?")
    found = judge(repo, "2026-03-02")
    assert (found.changed(), found.codes()) == ((2, "None", ["src/x.py"], "When?"), ["KB106 error"])
    assert first not in found.evidence.reviews.main.line.landings.ids
    assert found.evidence.reviews.notes[0].startswith("2 commit(s) are dated after 2026-03-02, such as ")


@pytest.mark.parametrize(("today", "severity"), [("2026-03-01", "warning"), ("2026-03-14", "warning"), ("2026-03-15", "error")])
def test_an_article_without_a_review(repo, page, judge, today: str, severity: str) -> None:
    """It is a warning for fourteen days after the article landed, and an error from then on; edits do not prolong that."""
    repo.commit({"content/a.md": page(last_reviewed_on=None)}, on="2026-03-01")
    repo.commit({"content/a.md": page("New.\n", last_reviewed_on=None)}, on="2026-03-13")
    assert judge(repo, today).codes() == [f"KB101 {severity}"]


def test_an_article_without_a_review_that_is_not_committed(repo, page, judge) -> None:
    """It has not landed, so its time has not begun; after a rename it goes on."""
    repo.write({"content/a.md": page(last_reviewed_on=None)})
    assert judge(repo).codes() == ["KB101 warning"]
    repo.commit({"content/a.md": page(last_reviewed_on=None)}, on="2026-03-01")
    repo.move("content/a.md", "content/b.md")
    repo.commit(on="2026-03-10")
    assert judge(repo, "2026-03-15").codes("b") == ["KB101 error"]


@pytest.mark.parametrize("sealed", [True, False])
def test_a_change_that_was_taken_back_to_what_does_not_count(repo, page, judge, seal, sealed: bool) -> None:
    """Code that is what a landing that does not count made of it is that, whatever came in between; other code is not."""
    repo.write({"content/a.md": page(last_reviewed_on="2026-02-01", covers="[src/**]"), "src/x.py": "1\n"})
    if sealed:
        seal(repo, "a")
    repo.commit({name: (repo.folder / name).read_bytes() for name in ("content/a.md", "src/x.py")}, on="2026-02-01")
    minor = {"Kb-Change": "minor"}
    for number, (code, trailers, codes) in enumerate([("2", minor, []), ("3", None, ["KB106 error"]), ("2", None, []), ("4", minor, []), ("3", None, ["KB106 error"]), ("5", minor, ["KB106 error"]), ("4", None, [])]):
        repo.commit({"src/x.py": f"{code}\n"}, on=f"2026-02-{number + 2:02}", trailers=trailers)
        assert judge(repo, "2026-03-20").codes() == codes, number


@pytest.mark.parametrize("name", ["a", "part"])
@pytest.mark.parametrize("sealed", [True, False])
def test_words_that_were_taken_back_to_what_does_not_count(repo, page, judge, seal, sealed: bool, name: str) -> None:
    """Words that are what a landing that does not count made of them are that, whatever came in between; others are not."""
    texts = {"a": page('Words.\n\n--8<-- "part.md"\n', last_reviewed_on="2026-02-01"), "part": "---\ntitle: A part\n---\n\nWords.\n"}
    repo.write({f"content/{one}.md": text for one, text in texts.items()})
    if sealed:
        seal(repo, "a")
    repo.commit({f"content/{one}.md": (repo.folder / f"content/{one}.md").read_bytes() for one in texts}, on="2026-02-01")
    text, minor = (repo.folder / f"content/{name}.md").read_text(), {"Kb-Change": "minor"}
    steps = [("2", minor, []), ("3", None, ["KB108 warning"]), ("2", None, []), ("4", minor, []), ("3", None, ["KB108 warning"]), ("5", minor, ["KB108 warning"]), ("4", None, [])]
    for number, (word, trailers, codes) in enumerate(steps):
        repo.commit({f"content/{name}.md": text.replace("Words", word)}, on=f"2026-02-{number + 2:02}", trailers=trailers)
        assert [code for code in judge(repo, "2026-03-20").codes() if code.startswith("KB1")] == codes, number


# ---------------------------------------------------------------------------------------------- what an article brings

BRINGS = 'Words.\n\n![The page](page.png)\n\n--8<-- "part.md"\n'
BROUGHT = {"content/page.png": b"\x89PNG 1", "content/part.md": "---\ntitle: A part\n---\n\nIncluded words.\n"}


@pytest.mark.parametrize(("edit", "codes"), [
    ({"content/page.png": b"\x89PNG 2"}, ["KB108 warning"]), ({"content/part.md": BROUGHT["content/part.md"].replace("Included", "Other")}, ["KB108 warning"]),
    ({"content/part.md": BROUGHT["content/part.md"].replace("A part", "The part")}, []), ({"content/other.png": b"1"}, []),
])
@pytest.mark.parametrize("committed", [True, False])
def test_what_an_article_includes_or_shows(repo, page, judge, edit: dict, codes: list[str], committed: bool) -> None:
    """Without a seal too, included words and shown assets are what was reviewed or they are not; the front matter of a part is no word."""
    repo.commit({"content/a.md": page(BRINGS, last_reviewed_on="2026-02-01"), **BROUGHT}, on="2026-02-01")
    assert "KB108 warning" not in judge(repo, "2026-02-20").codes()
    before = {name: BROUGHT.get(name) for name in edit}
    if committed:
        repo.commit(edit, on="2026-02-03", by="Ben", message="Edit")
    else:
        repo.write(edit)
    found = judge(repo, "2026-02-20")
    assert [code for code in found.codes() if code.startswith("KB108")] == codes
    if codes:
        assert found.changed(part="text") == (1, "2026-02-03", [*edit], "Edit") if committed else (0, "None", [*edit], "")
    if committed:
        repo.commit(before)
        assert judge(repo, "2026-02-20").verdict() == "fresh"


@pytest.mark.parametrize("after", [True, False])
def test_what_landed_with_a_review_in_a_branch(repo, page, judge, after: bool) -> None:
    """What a review in a branch saw of an included text is what was reviewed; what the branch did to it later is not."""
    repo.commit({"content/a.md": page(BRINGS, last_reviewed_on="2026-01-01"), **BROUGHT}, on="2026-01-01")
    repo.branch("work")
    edit = {"content/part.md": "Other words.\n", "content/page.png": b"\x89PNG 2"}
    review = {"content/a.md": page(BRINGS, last_reviewed_on="2026-02-01")}
    for files in ((review, edit) if after else (edit, review)):
        repo.commit(files, on="2026-02-01")
    repo.switch("main")
    repo.merge("work", on="2026-02-02")
    assert [code for code in judge(repo, "2026-02-20").codes() if code.startswith("KB108")] == (["KB108 warning"] if after else [])


def test_an_edit_that_a_review_missed_and_that_was_taken_back(repo, page, judge) -> None:
    """An edit that landed while the review waited in its branch is since the review, until it is taken back."""
    text = page("Words.\n", last_reviewed_on="2026-01-01")
    repo.commit({"content/a.md": text}, on="2026-01-01")
    repo.branch("work")
    repo.commit({"content/a.md": text.replace("2026-01-01", "2026-02-01")}, on="2026-02-01")
    repo.switch("main")
    repo.commit({"content/a.md": text.replace("Words", "Other words")}, on="2026-02-01")
    repo.merge("work", on="2026-02-02")
    assert judge(repo, "2026-02-20").verdict() == "due"
    repo.commit({"content/a.md": text.replace("2026-01-01", "2026-02-01")}, on="2026-02-03")
    assert judge(repo, "2026-02-20").verdict() == "fresh"


def test_images_that_change_places(repo, page, judge, seal) -> None:
    """Two images of a sealed article that change places are another text; another way to write where one is found is not."""
    repo.write({"content/a.md": page("![](b.png) Words ![](a.png)\n", last_reviewed_on="2026-02-01"), "content/a.png": b"\x89PNG 1", "content/b.png": b"\x89PNG 2"})
    seal(repo, "a")
    text = (repo.folder / "content/a.md").read_text()
    repo.commit({f"content/{name}": (repo.folder / f"content/{name}").read_bytes() for name in ("a.md", "a.png", "b.png")}, on="2026-02-01")
    for body, codes in (("![](./b.png) Words ![](a.png)", []), ("![](a.png) Words ![](b.png)", ["KB108 warning"])):
        repo.commit({"content/a.md": text.replace("![](b.png) Words ![](a.png)", body)}, on="2026-02-02")
        assert judge(repo, "2026-02-20").codes() == codes


@pytest.mark.parametrize("name", ["page.png", "part.md"])
def test_what_was_edited_in_the_branch_of_a_review_and_taken_back_on_the_main_line(repo, page, judge, name: str) -> None:
    """What an article brings is compared with what the reviewer saw in the branch, not with what the main line had before."""
    text, path = page(BRINGS, last_reviewed_on="2026-01-01"), f"content/{name}"
    repo.commit(BROUGHT | {"content/a.md": text}, on="2026-01-02")
    repo.branch("work")
    repo.commit({path: BROUGHT[path] * 2 if isinstance(BROUGHT[path], bytes) else f"{BROUGHT[path]}More.\n"}, on="2026-01-30")
    repo.commit({"content/a.md": text.replace("2026-01-01", "2026-02-01")}, on="2026-02-01")
    repo.switch("main")
    repo.merge("work", on="2026-02-02")
    assert not judge(repo, "2026-02-20").of().text
    repo.commit({path: BROUGHT[path]}, on="2026-02-10")
    assert judge(repo, "2026-02-20").changed(part="text") == (1, "2026-02-10", [path], "Change")
