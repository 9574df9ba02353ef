"""Articles in history: what they were called, where their reviews stand, which edits were substantive and whose."""

from __future__ import annotations

import pytest

from kbtool.article_history import Fact, FactReader
from kbtool.cache import Cache
from kbtool.config import load_config

LINES = "".join(f"Sentence number {number} of this article.\n" for number in range(20))
OLD = "2026-02-01"


def edits(found, name: str = "a") -> list[tuple[str, tuple[str, ...]]]:
    """Return day and authors of each substantive edit of an article."""
    path = found.evidence.reviews.prefix + found.article(name).path
    return [(str(edit.day), edit.authors) for edit in found.evidence.reviews.histories.edits(path)]


def landings(found, name: str = "a") -> list[str]:
    """Return the subjects of the landings that an article's history has, under all of its names."""
    histories = found.evidence.reviews.histories
    versions = histories.versions(found.evidence.reviews.prefix + found.article(name).path)
    return [histories.history.line.landings.subject(version.number) for version in versions]


# ---------------------------------------------------------------------------------------------- renames


def rename_exactly(repo, page) -> None:
    repo.move("content/old.md", "content/a.md")
    repo.commit(on="2026-03-01", message="Move")


def rename_with_changes(repo, page) -> None:
    repo.move("content/old.md", "content/a.md")
    repo.commit({"content/a.md": page(f"{LINES}One more.\n", last_reviewed_on=OLD)}, on="2026-03-01", message="Move")


def rename_in_a_branch(repo, page) -> None:
    repo.branch("work")
    rename_with_changes(repo, page)
    repo.switch("main")
    repo.commit({"README": "1\n"}, on="2026-03-02")
    repo.merge("work", on="2026-03-03", message="Move")


def rename_the_folder(repo, page) -> None:
    repo.move("content", "kb")
    repo.git("mv", "kb", "content")
    repo.move("content/old.md", "content/sub/deep/a.md")
    repo.move("content/sub/deep/a.md", "content/a.md")
    repo.commit(on="2026-03-01", message="Move")


@pytest.mark.parametrize("rename", [rename_exactly, rename_with_changes, rename_in_a_branch, rename_the_folder])
def test_a_rename_keeps_history(repo, page, judge, rename) -> None:
    """A renamed article was reviewed when it was, and is no new page; the pure rename is no substantive edit."""
    repo.commit({"content/old.md": page(LINES, last_reviewed_on="2026-01-10")}, on="2026-01-10", message="Write", by="Ana")
    reviewed = repo.commit({"content/old.md": page(LINES, last_reviewed_on=OLD)}, on=OLD, message="Review")
    rename(repo, page)
    found = judge(repo, "2026-03-05")
    assert landings(found) == ["Write", "Review", "Move"]
    assert found.of().review.commit == reviewed
    changes = rename in {rename_with_changes, rename_in_a_branch}
    assert [day for day, _ in edits(found)] == ["2026-01-10"] + [found.evidence.reviews.main.landed_on(3 if rename is not rename_in_a_branch else 4).isoformat()] * changes
    assert found.codes() == ["KB108 warning"] * changes


@pytest.mark.parametrize("first", ["exact", "similar"])
@pytest.mark.parametrize("second", ["exact", "similar"])
def test_a_second_rename(repo, page, judge, first: str, second: str) -> None:
    """An article that was renamed twice, with changes or without, has its whole history."""
    repo.commit({"content/one.md": page(LINES, last_reviewed_on=OLD)}, on=OLD, message="Write")
    for number, (old, new, how) in enumerate((("one", "two", first), ("two", "a", second))):
        repo.move(f"content/{old}.md", f"content/{new}.md")
        more = {} if how == "exact" else {f"content/{new}.md": page(LINES + "More.\n" * (number + 1), last_reviewed_on=OLD)}
        repo.commit(more, on=f"2026-03-0{number + 1}", message=f"Move {number}")
    assert landings(judge(repo, "2026-03-05")) == ["Write", "Move 0", "Move 1"]


def test_there_and_back(repo, page, judge) -> None:
    """A name that an article had before, lost and has again is one history; changes on the way back do not cut it."""
    repo.commit({"content/a.md": page(LINES, last_reviewed_on=OLD)}, on=OLD, message="Write")
    repo.move("content/a.md", "content/b.md")
    repo.commit(on="2026-03-01", message="Away")
    repo.commit({"content/b.md": page(f"{LINES}There.\n", last_reviewed_on=OLD)}, on="2026-03-02", message="There")
    repo.move("content/b.md", "content/a.md")
    repo.commit({"content/a.md": page(f"{LINES}There. Back.\n", last_reviewed_on=OLD)}, on="2026-03-03", message="Back")
    found = judge(repo, "2026-03-05")
    assert landings(found) == ["Write", "Away", "Away", "There", "Back"]
    assert [day for day, _ in edits(found)] == [OLD, "2026-03-02", "2026-03-03"]


def test_a_copy_is_a_new_page(repo, page, judge) -> None:
    """A page that was made from another has no history but its own, and its review is no older than itself."""
    text = page(LINES, last_reviewed_on=OLD)
    repo.commit({"content/b.md": text}, on=OLD, message="Write")
    commit = repo.commit({"content/a.md": text}, on="2026-03-01", message="Copy")
    found = judge(repo, "2026-03-05")
    assert landings(found) == ["Copy"]
    assert found.of().review.commit == commit


def test_two_articles_that_change_names(repo, page, judge) -> None:
    """Articles that were moved in one landing keep each its own history, of equal texts too."""
    repo.commit({"content/a.md": page(LINES), "content/b.md": page(f"Other.\n{LINES[:300]}"), "content/same1.md": page(), "content/same2.md": page()},
                on=OLD, message="Write")
    for name in ("a", "b", "same1", "same2"):
        repo.move(f"content/{name}.md", f"content/sub/{name}.md")
    repo.commit(on="2026-03-01", message="Move")
    found = judge(repo, "2026-12-05")
    histories = found.evidence.reviews.histories
    for name in ("a", "b", "same1", "same2"):
        versions = histories.versions(f"content/sub/{name}.md")
        assert [version.number for version in versions] == [1, 2]
        assert len({version.blob for version in versions}) == 1


def test_a_folder_that_is_moved(repo, page, judge) -> None:
    """More articles than git compares with one another keep their histories where their texts did not change."""
    names = [f"{number}.md" for number in range(1100)]
    repo.commit({f"content/{name}": page(name) for name in names}, on=OLD, message="Write")
    repo.move("content", "kb")
    repo.commit({"content/.keep": ""}, message="Away")
    repo.git("mv", "kb", "content/new")
    repo.commit(on="2026-03-01", message="Move")
    histories = judge(repo, "2026-03-05", checks=()).evidence.reviews.histories
    assert all(len(histories.versions(f"content/new/{name}")) == 3 for name in names)


# ---------------------------------------------------------------------------------------------- substantive edits


@pytest.mark.parametrize(
    ("body", "keys", "counts"),
    [
        ("One  two.\n\n\nThree.", {}, False), ("One two.\r\n\r\nThree.\r\n", {}, False), ("One\ttwo. Three.\n", {}, False),
        ("One two.\n\nThree.\n", {"title": "Another title"}, False), ("One two.\n\nThree.\n", {"tags": "[x]"}, False),
        ("One two.\n\nThree!\n", {}, True), ("One two.\n\nthree.\n", {}, True), ("", {}, True),
    ],
)
def test_white_space_and_front_matter_are_no_edits(repo, page, judge, body: str, keys: dict, counts: bool) -> None:
    """Whoever only re-wraps, or changes the front matter, has changed nothing for readers; a letter counts."""
    repo.commit({"content/a.md": page("One two.\n\nThree.\n", last_reviewed_on=OLD)}, on=OLD)
    repo.commit({"content/a.md": page(body, last_reviewed_on=OLD, **keys)}, on="2026-03-01", by="Ben")
    found = judge(repo, "2026-03-02")
    assert edits(found) == [(OLD, ("Test",))] + [("2026-03-01", ("Ben",))] * counts
    assert found.codes() == ["KB108 warning"] * counts


def test_who_edited_and_who_reviewed(repo, page, judge) -> None:
    """Of a merge it is those whose commits touched the article; reviews are the landings that brought another date."""
    repo.commit({"content/a.md": page(last_reviewed_on="2026-01-05")}, on="2026-01-05", by="Ana")
    repo.branch("work")
    repo.commit({"content/a.md": page("New.\n", last_reviewed_on="2026-01-05")}, on="2026-01-06", by="Ben")
    repo.commit({"content/a.md": page("New.\n", last_reviewed_on="2026-01-07")}, on="2026-01-07", by="Cy")
    repo.commit({"README": "1\n"}, on="2026-01-07", by="Dan")
    repo.switch("main")
    repo.merge("work", on="2026-01-09", by="Eve")
    found = judge(repo, "2026-01-10")
    assert edits(found) == [("2026-01-05", ("Ana",)), ("2026-01-09", ("Ben", "Cy"))]
    assert found.evidence.reviews.histories.reviews("content/a.md") == [(1, "2026-01-05"), (2, "2026-01-07")]


def test_an_edit_while_the_review_waits(repo, page, judge) -> None:
    """Words that changed on the main line while the review waited in its branch were not reviewed."""
    repo.commit({"content/a.md": page(f"One.\n\n{LINES}", last_reviewed_on="2026-01-05")}, on="2026-01-05")
    repo.branch("review")
    repo.commit({"content/a.md": page(f"One.\n\n{LINES}", last_reviewed_on="2026-01-06")}, on="2026-01-06")
    repo.switch("main")
    repo.commit({"content/a.md": page(f"One.\n\n{LINES}Two.\n", last_reviewed_on="2026-01-05")}, on="2026-01-07", by="Ben", message="Edit")
    repo.merge("review", on="2026-01-08", message="Merge")
    found = judge(repo, "2026-01-09")
    assert found.changed(part="text") == (1, "2026-01-07", ["content/a.md"], "Edit")
    assert found.of().text.authors == ("Ben",)


def test_words_that_a_merge_drops(repo, page, judge) -> None:
    """A merge that lands other words than were reviewed in its branch is said."""
    repo.commit({"content/a.md": page("One.\n", last_reviewed_on="2026-01-05")}, on="2026-01-05")
    repo.branch("review")
    repo.commit({"content/a.md": page("Two.\n", last_reviewed_on="2026-01-06")}, on="2026-01-06")
    repo.switch("main")
    repo.merge("review", on="2026-01-08", message="Merge", files={"content/a.md": page("One.\n", last_reviewed_on="2026-01-06")})
    assert judge(repo, "2026-01-09").changed(part="text") == (1, "2026-01-08", ["content/a.md"], "Merge")


# ---------------------------------------------------------------------------------------------- what a version says


HEADS = {
    "last_reviewed_on: 2026-02-01": OLD, "'last_reviewed_on': 2026-02-01": OLD, '"last_reviewed_on" : "2026-02-01" # on a train': OLD,
    "last_reviewed_on:   '2026-02-01'  ": OLD, "last_reviewed_on: 2026-02-01\t# c": OLD, "last_reviewed_on: 2026-02-01T23:30:00-02:00": "2026-02-02",
    "x: 1\nlast_reviewed_on: 2026-02-01\ny: 2": OLD, "last_reviewed_on:\n  2026-02-01": OLD, "last_reviewed_on: >-\n  2026-02-01": OLD,
    "  x: 1\n  last_reviewed_on: 2026-02-01": OLD, "{last_reviewed_on: 2026-02-01}": OLD, "last_reviewed_on:": "", "last_reviewed_on: soon": "",
    "last_reviewed_on: 2026-02-30": "", "x:\n  last_reviewed_on: 2026-02-01": "", "x_last_reviewed_on: 2026-02-01": "", "title: a: b\nlast_reviewed_on: 2026-02-01": OLD,
    "x: |\n  last_reviewed_on: 2026-01-01\nlast_reviewed_on: 2026-02-01": OLD,
    'x: "y\nlast_reviewed_on: 2026-01-01\nz"\nlast_reviewed_on: 2026-02-01': OLD,
    '"last_reviewed\\u005Fon": 2026-02-01': OLD, 'x: "\\t"': "",
}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(("head", "day"), HEADS.items())
def test_the_date_of_a_version(repo, head: str, day: str, end: str) -> None:
    """However a date is written, an old version has the date that it had as an article; in broken YAML, that of its line."""
    reader = FactReader(load_config(repo.folder))
    raw = f"---\n{head}\n---\nText.\n".replace("\n", end).encode()
    assert reader.read(raw).reviewed_on == day
    assert reader.read(b"\xef\xbb\xbf" + raw) == reader.read(raw)
    assert reader.read(raw).body == reader.read(b"Text.").body


def test_aliases_and_presets(new_repo, tmp_path) -> None:
    """Dates are read under the names and in the style that the configuration knows; a dot in a name is a dot."""
    reader = FactReader(load_config(new_repo(tmp_path / "repo", 'preset = "microsoft"\naliases = {"reviewed" = "last_reviewed_on"}').folder))
    found = [reader.read(f"---\n{line}\n---\n".encode()).reviewed_on for line in (
        "ms.date: 02/01/2026", "reviewed: 2026-02-01", "last_reviewed_on: 2026-02-01", "msxdate: 2026-02-01")]
    assert found == [OLD, OLD, OLD, ""]


@pytest.mark.parametrize("raw", [b"", b"\x00\xff\xfe", b"---\n", b"---\n---", b"text", b"---\n\xff: \xff\n---\n\xff", b"---\nlast_reviewed_on: \xff\n---\n"])
def test_what_is_no_article(repo, raw: bytes) -> None:
    """Any bytes are a version; those without a date say none."""
    assert FactReader(load_config(repo.folder)).read(raw).reviewed_on == ""


def test_facts_are_kept(repo, page, judge, tmp_path) -> None:
    """Versions are read once: a second run with the cache asks git for no old version, and says the same."""
    for day in range(1, 9):
        repo.commit({"content/a.md": page(f"{day}\n", last_reviewed_on=f"2026-02-0{day}")}, on=f"2026-02-0{day}")
    cache = Cache(tmp_path / "cache")
    first = judge(repo, "2026-02-09", cache=cache)
    objects = [repo.git("rev-parse", f"main~{back}:content/a.md") for back in range(1, 8)]
    for name in objects:
        (repo.folder / ".git/objects" / name[:2] / name[2:]).unlink()
    second = judge(repo, "2026-02-09", cache=cache)
    assert (second.of().review, second.found.findings) == (first.of().review, first.found.findings)
    assert second.evidence.reviews.histories.facts == first.evidence.reviews.histories.facts


@pytest.mark.parametrize("sections", [
    {"facts": b"{", "renames": b"{}"}, {"facts": b'{"x": [1]}', "renames": b"{}"}, {"facts": b"[]", "renames": b"{}"}, {"facts": b"{}"},
    {"facts": b"{}", "renames": b'{"x": []}'}, {"facts": b"[" * 99_999, "renames": b"{}"}, {"facts": b"\xff", "renames": b"{}"},
])
def test_damaged_facts(repo, page, judge, tmp_path, sections: dict[str, bytes]) -> None:
    """Kept facts of another shape are made anew, which is said."""
    repo.commit({"content/a.md": page(last_reviewed_on=OLD)}, on=OLD)
    cache = Cache(tmp_path / "cache")
    wanted = judge(repo, "2026-02-09", cache=cache).of()
    key = FactReader(load_config(repo.folder)).key
    cache.write("articles", key, sections)
    found = judge(repo, "2026-02-09", cache=cache)
    assert found.of() == wanted
    assert cache.notes == ["the cache 'articles' was damaged and is made anew"]
    assert Fact(OLD, "", found.evidence.reviews.histories.reader.read(b"Text.").body) in found.evidence.reviews.histories.facts.values()
