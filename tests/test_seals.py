"""Seals in real repositories: what breaks which part, who said so, and every way of getting round one."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

DAY = "2026-02-01"
TODAY = "2026-02-20"
BODY = 'Choose **Export**.\n\n![The page](page.png)\n\n--8<-- "part.md"\n'
KEYS = {"last_reviewed_on": DAY, "last_reviewed_by": "ana", "review_in": "1 year", "covers": "[src/**, '!src/gen/**']",
        "tickets": "[SUP-1, {ref: SUP-2, expects: open}]"}
FILES = {"src/x.py": "1\n", "src/y.py": "1\n", "src/gen/z.py": "1\n", "lib/w.py": "1\n", "content/page.png": b"\x89PNG 1", "content/part.md": "Included words.\n"}


@pytest.fixture
def sealed(repo, page, seal):
    """A repository with one article, reviewed and sealed together with the code, in one commit."""
    repo.write({"content/a.md": page(BODY, **KEYS), **FILES})
    seal(repo, "a")
    repo.commit({name: (repo.folder / name).read_bytes() for name in (*FILES, "content/a.md")}, on=DAY, by="Ana", message="Review")
    return repo


def text_of(repo, name: str = "a") -> str:
    """Return an article's text."""
    return (repo.folder / f"content/{name}.md").read_text()


def change(repo, old: str, new: str, name: str = "a", **more) -> None:
    """Replace something in an article and commit that."""
    assert old in text_of(repo, name)
    repo.commit({f"content/{name}.md": text_of(repo, name).replace(old, new)}, **{"on": "2026-02-10", "by": "Ben", "message": "Edit", **more})


def own(found, name: str = "a") -> list[str]:
    """Return the findings that are about the review."""
    return [code for code in found.codes(name) if code[:5] in {"KB105", "KB106", "KB108"}]


def test_sealed_is_clean(sealed, judge) -> None:
    """An article that was sealed and committed with its code has no finding, today and while its review lasts."""
    found = judge(sealed, TODAY)
    assert (own(found), found.verdict()) == ([], "fresh")
    assert found.of().seal is not None
    assert (found.of().review.landing, found.of().void) == (1, "")


# ---------------------------------------------------------------------------------------------- the review part

BY_HAND = {
    "date": ("last_reviewed_on: 2026-02-01", "last_reviewed_on: 2026-02-19"), "interval": ("review_in: 1 year", "review_in: 2 years"),
    "glob": ("[src/**, '!src/gen/**']", "[src/y.py]"), "exclusion": (", '!src/gen/**'", ""), "one more glob": ("[src/**,", "[lib/**, src/**,"),
    "no covers": ("covers: [src/**, '!src/gen/**']\n", ""), "reviewer": ("last_reviewed_by: ana", "last_reviewed_by: gone"),
    "no reviewer": ("last_reviewed_by: ana\n", ""), "ticket": ("[SUP-1, ", "["), "expectation": (", expects: open", ", expects: closed"),
    "evergreen": ("review_in: 1 year", "review_in: 1 year\nevergreen: it is a law"), "expires": ("review_in: 1 year", "review_in: 1 year\nexpires: 2030-01-01"),
    "no interval": ("review_in: 1 year\n", ""),
}
MESSAGE = "the seal is not of this review: date, reviewer, interval, covers, tickets, evergreen or expiry are not those of the review"


@pytest.mark.parametrize(("old", "new"), BY_HAND.values(), ids=BY_HAND)
def test_what_was_reviewed_changed_by_hand(sealed, judge, old: str, new: str) -> None:
    """Whoever changes the date or the scope of a review by hand voids its seal: the article is judged as one without."""
    change(sealed, old, new)
    found = judge(sealed, TODAY)
    assert own(found) == ["KB105 warning"]
    finding = next(one for one in found.found.findings if one.code == "KB105")
    assert (finding.message, finding.line, finding.path) == (MESSAGE, 2, "content/a.md")
    assert found.of().seal is None
    assert found.verdict() == "due"


@pytest.mark.parametrize(("old", "new"), [
    ("review_in: 1 year", "review_in: 12 months"), ("[src/**, '!src/gen/**']", "['!src/gen/**', src/**]"), ("last_reviewed_by: ana", "last_reviewed_by: 'ana' # who"),
    ("[SUP-1, {ref: SUP-2, expects: open}]", "[{ref: SUP-2, expects: open}, SUP-1]"), ("owners: [ana]", "owners: [gone]"), ("audience: public", "audience: internal"),
])
def test_other_words_for_the_same_review(sealed, judge, old: str, new: str) -> None:
    """The order of lists, other spellings of an interval, and keys that are not the review's leave the seal whole."""
    change(sealed, old, new)
    assert own(judge(sealed, TODAY)) == []


@pytest.mark.parametrize("how", ["date", "glob"])
def test_a_voided_seal_hides_nothing(sealed, judge, how: str) -> None:
    """Moving the date past a change of the code, or leaving out its glob, does not make the article fresh."""
    sealed.commit({"src/x.py": "2\n"}, on="2026-02-05", message="Faster")
    change(sealed, *BY_HAND[how], on="2026-02-19")
    found = judge(sealed, TODAY)
    assert own(found)[0] == "KB105 warning"
    assert found.verdict() == "due"
    if how == "glob":
        assert found.changed() is None, "the code that it now covers has not changed; the void seal says that it covered more"


def test_a_folders_default_voids_nothing(sealed, judge) -> None:
    """What the article itself does not say is not what its review was of."""
    sealed.commit({"pyproject.toml": '[tool.kbtool]\n[tool.kbtool.defaults."**"]\nevergreen = "a law"\n'}, on="2026-02-10")
    assert own(judge(sealed, TODAY)) == []


def test_another_name_of_the_key(sealed, judge) -> None:
    """A key migration leaves the seal whole, and the review where it was."""
    sealed.commit({"pyproject.toml": '[tool.kbtool.aliases]\n"ms.date" = "last_reviewed_on"\n'})
    change(sealed, "last_reviewed_on:", "ms.date:")
    found = judge(sealed, TODAY)
    assert (own(found), found.of().review.landing) == ([], 1)


@pytest.mark.parametrize("written", ["1 review:x", "2 review:000000000000 text:000000000000 code:- tickets:-", "", "yes", "1 review:- text:- code:- tickets:- x"])
def test_what_is_no_seal(sealed, judge, written: str) -> None:
    """Anything else under the key is no seal; a line without a value is none at all."""
    change(sealed, re.findall(r"review_seal: (.*)\n", text_of(sealed))[0], f'"{written}"')
    messages = [one.message for one in judge(sealed, TODAY).found.findings if one.code == "KB105"]
    assert messages == (["the seal is not of this review: it is no seal that this version of kbtool knows"] if written else [])


def test_a_copied_seal(sealed, judge) -> None:
    """The same seal in two articles voids both, however it is spaced, and whichever was first."""
    copy = text_of(sealed).replace(" text:", "   text:").replace("**Export**", "**Import**")
    sealed.commit({"content/b.md": copy}, on="2026-02-10")
    found = judge(sealed, TODAY)
    for name in ("a", "b"):
        assert own(found, name) == ["KB105 warning"]
        assert found.of(name).void == "another article has the same seal"
    sealed.commit({"content/a.md": None}, on="2026-02-11")
    assert own(judge(sealed, TODAY), "b") == ["KB108 warning"], "whoever takes a seal over has other words than were sealed"


def test_a_moved_article(sealed, judge) -> None:
    """An article that is moved keeps its seal, but for images and includes that its links no longer lead to."""
    sealed.move("content/a.md", "content/b.md")
    sealed.commit(on="2026-02-10")
    found = judge(sealed, TODAY)
    assert (own(found, "b"), found.of("b").review.landing) == ([], 1)
    sealed.move("content/b.md", "content/sub/b.md")
    sealed.commit(on="2026-02-11")
    assert own(judge(sealed, TODAY), "sub/b") == ["KB108 warning"], "the image is not there"


# ---------------------------------------------------------------------------------------------- the text part


def edit_body(repo) -> None:
    change(repo, "Choose", "Take")


def edit_title(repo) -> None:
    change(repo, "title: A page", "title: A sheet")


def add_description(repo) -> None:
    change(repo, "audience:", "description: New\naudience:")


def replace_image(repo) -> None:
    repo.commit({"content/page.png": b"\x89PNG 2"}, on="2026-02-10", by="Ben", message="Edit")


def edit_included(repo) -> None:
    repo.commit({"content/part.md": "Other words.\n"}, on="2026-02-10", by="Ben", message="Edit")


EDITS = [edit_body, edit_title, add_description, replace_image, edit_included]


@pytest.mark.parametrize("edit", EDITS)
def test_the_words(sealed, judge, edit: Callable) -> None:
    """Any word, title, description, image or included text that changes breaks the text part alone, and is dated and signed."""
    edit(sealed)
    found = judge(sealed, TODAY)
    assert own(found) == ["KB108 warning"]
    assert found.of().text.landings == 1
    assert (str(found.of().text.since), found.of().text.authors, found.of().text.subject) == ("2026-02-10", ("Ben",), "Edit")
    sealed.git("revert", "--no-edit", "HEAD")
    assert own(judge(sealed, TODAY)) == []


def test_an_image_that_is_gone(sealed, judge) -> None:
    """Where the article shows less than was sealed, its words have changed, though no landing of what it shows can be named."""
    sealed.commit({"content/page.png": None}, on="2026-02-10")
    found = judge(sealed, TODAY)
    assert (own(found), found.changed(part="text")) == (["KB108 warning"], (0, "None", ["content/a.md", "content/part.md"], ""))


def test_words_that_nobody_has_committed(sealed, judge) -> None:
    """An edit of the work tree, of an included text or image too, is said to be uncommitted."""
    sealed.write({"content/part.md": "Other.\n"})
    found = judge(sealed, TODAY)
    assert (own(found), found.of().text.uncommitted) == (["KB108 warning"], ("content/part.md",))


@pytest.mark.parametrize(("old", "new"), [
    ("Choose **Export**.", "Choose\n**Export**."), ("![The page](page.png)", "![The page](./page.png)"), ("Choose", "<!-- a note -->Choose"), ("A page", "'A  page'"),
    ("**Export**", "__Export__"), ("Choose", "# Choose"),
])
def test_other_marks_for_the_same_words(sealed, judge, old: str, new: str) -> None:
    """Wrapping, marks, comments and other paths to the same image are no words."""
    change(sealed, old, new)
    assert own(judge(sealed, TODAY)) == []


# ---------------------------------------------------------------------------------------------- the code part


@pytest.mark.parametrize(("files", "fires"), [
    ({"src/x.py": "2\n"}, True), ({"src/x.py": None}, True), ({"src/new.py": "1\n"}, True), ({"src/gen/z.py": "2\n"}, False), ({"lib/w.py": "2\n"}, False),
    ({"src/x.py": "1\n\n"}, True),
])
def test_the_code(sealed, judge, files: dict, fires: bool) -> None:
    """A covered file that is changed, gone or new breaks the code part alone; what is excluded or elsewhere does not."""
    sealed.commit(files, on="2026-02-10", by="Ben", message="Code")
    found = judge(sealed, TODAY)
    assert own(found) == ["KB106 warning"] * fires
    if fires:
        assert found.changed() == (1, "2026-02-10", list(files), "Code")
    sealed.git("revert", "--no-edit", "HEAD")
    assert own(judge(sealed, TODAY)) == []


def test_the_mode_is_code(sealed, judge) -> None:
    """A file that becomes a program, or a symlink, is not what was reviewed."""
    sealed.git("update-index", "--chmod=+x", "src/x.py")
    (sealed.folder / "src/x.py").chmod(0o755)
    sealed.commit(on="2026-02-10", message="Program")
    assert judge(sealed, TODAY).changed() == (1, "2026-02-10", ["src/x.py"], "Program")


@pytest.mark.parametrize("to", ["src/moved.py", "lib/moved.py"])
def test_a_pure_rename(sealed, judge, to: str) -> None:
    """Covered code that only moved is a warning for ever; once it changes as well, its grace runs."""
    sealed.move("src/x.py", to)
    sealed.commit(on="2026-02-02")
    found = judge(sealed, "2026-04-01")
    assert own(found) == ["KB106 warning"]
    finding = next(one for one in found.found.findings if one.code == "KB106")
    assert " moved, by Test; newest: Change)" in finding.message
    sealed.commit({"src/y.py": "2\n"}, on="2026-02-03")
    assert own(judge(sealed, "2026-04-01")) == ["KB106 error"]


def test_a_rename_that_changes(sealed, judge) -> None:
    """A file that moves and changes is no pure rename, in one landing or in two."""
    sealed.move("src/x.py", "src/moved.py")
    sealed.commit({"src/moved.py": "1\n2\n"}, on="2026-02-02")
    assert own(judge(sealed, "2026-04-01")) == ["KB106 error"]


def test_code_sealed_in_a_branch(sealed, page, judge, seal) -> None:
    """Code that changed in the branch of its review, before it, was reviewed: only what comes later breaks the seal, and dates it."""
    sealed.branch("work")
    sealed.commit({"src/x.py": "2\n"}, on="2026-02-03", by="Ben")
    sealed.write({"content/a.md": page(BODY, **KEYS | {"last_reviewed_on": "2026-02-04"})})
    seal(sealed, "a")
    sealed.commit({"content/a.md": text_of(sealed)}, on="2026-02-04", by="Ana")
    sealed.switch("main")
    sealed.merge("work", on="2026-02-05")
    assert own(judge(sealed, TODAY)) == []
    sealed.commit({"src/x.py": "3\n"}, on="2026-02-18", by="Cy", message="Later")
    found = judge(sealed, "2026-02-20")
    assert (found.changed(), found.of().code.authors, own(found)) == ((1, "2026-02-18", ["src/x.py"], "Later"), ("Cy",), ["KB106 warning"])


def test_a_sealed_review_that_waits(sealed, page, judge, seal) -> None:
    """Code that landed while the sealed review waited in its branch breaks the seal, as of its own landing."""
    sealed.branch("review")
    sealed.write({"content/a.md": page(BODY, **KEYS | {"last_reviewed_on": "2026-02-04"})})
    seal(sealed, "a")
    sealed.commit({"content/a.md": text_of(sealed)}, on="2026-02-04")
    sealed.switch("main")
    sealed.commit({"src/x.py": "2\n"}, on="2026-02-05", message="Meanwhile")
    sealed.merge("review", on="2026-02-10")
    assert judge(sealed, TODAY).changed() == (1, "2026-02-05", ["src/x.py"], "Meanwhile")


def test_a_seal_survives_squash_and_a_cut(sealed, judge, tmp_path) -> None:
    """However history is rewritten or cut off, a seal says what it says; a change that cannot be dated is an error at once."""
    clone = sealed.clone(tmp_path / "clone", depth=1)
    assert own(judge(clone, TODAY)) == []
    sealed.commit({"src/x.py": "2\n"}, on="2026-02-19")
    assert own(judge(sealed, TODAY)) == ["KB106 warning"]
    again = sealed.clone(tmp_path / "again", depth=1)
    assert own(judge(again, TODAY)) == ["KB106 error"]


# ---------------------------------------------------------------------------------------------- landings that do not count


@pytest.mark.parametrize("edit", [*EDITS, lambda repo: repo.commit({"src/x.py": "2\n"}, on="2026-02-10", by="Ben", message="Edit")])
def test_an_ignored_landing(sealed, judge, edit: Callable) -> None:
    """A part that is broken only by landings that do not count does not fire, and is told to who asks."""
    edit(sealed)
    commit = sealed.head
    sealed.commit({".git-blame-ignore-revs": f"{commit}  # typing errors\n"})
    found = judge(sealed, TODAY)
    assert (own(found), found.verdict()) == ([], "fresh")
    assert [one.landings for one in found.of().ignored] == [(commit,)]


@pytest.mark.parametrize("part", ["text", "code"])
def test_an_ignored_landing_hides_no_other(sealed, page, judge, part: str) -> None:
    """A seal that was broken when it landed stays broken, whatever lands later without counting."""
    sealed.write({"content/a.md": text_of(sealed).replace("Choose", "Take") if part == "text" else text_of(sealed)})
    if part == "code":
        sealed.write({"src/x.py": "forged\n"})
    sealed.git("commit", "-q", "-a", "--amend", "-m", "Review", on=DAY)
    edit = {"text": "KB108 warning", "code": "KB106 error"}[part]
    assert own(judge(sealed, TODAY)) == [edit]
    sealed.commit({"src/y.py": "2\n", "content/a.md": text_of(sealed).replace("Export", "Exports")}, on="2026-02-11", trailers={"Kb-Change": "minor"})
    assert own(judge(sealed, TODAY)) == [edit]


def test_a_seal_of_code_that_never_landed(sealed, page, judge, seal) -> None:
    """Where the reviewed code was not committed with the review, no later landing and no edit makes less of that."""
    sealed.write({"src/x.py": "reviewed\n", "content/a.md": page(BODY, **KEYS | {"last_reviewed_on": "2026-02-04"})})
    seal(sealed, "a")
    sealed.write({"src/x.py": "1\n"})
    sealed.commit({"content/a.md": text_of(sealed)}, on="2026-02-04")
    assert own(judge(sealed, TODAY)) == ["KB106 error"]
    sealed.write({"src/y.py": "2\n"})
    assert own(judge(sealed, TODAY)) == ["KB106 error"]
    sealed.commit({"src/y.py": "2\n"}, on="2026-02-19")
    assert own(judge(sealed, TODAY)) == ["KB106 error"]
    sealed.commit({"src/y.py": "1\n", "src/x.py": "reviewed\n"}, on="2026-02-20")
    assert own(judge(sealed, TODAY)) == []


def test_a_review_that_landed_before_its_code(sealed, page, judge, seal) -> None:
    """Where the reviewed code landed right after the review, changes count from there; in one merge, from that."""
    sealed.branch("work")
    sealed.write({"src/x.py": "reviewed\n", "content/a.md": page(BODY, **KEYS | {"last_reviewed_on": "2026-02-04"})})
    seal(sealed, "a")
    sealed.git("add", "content")
    sealed.git("commit", "-q", "-m", "Review", on="2026-02-04")
    sealed.commit({"src/x.py": "reviewed\n"}, on="2026-02-04", message="Code")
    assert own(judge(sealed, TODAY)) == []
    sealed.commit({"src/x.py": "later\n"}, on="2026-02-19", message="Later")
    found = judge(sealed, TODAY)
    assert (found.changed(), own(found)) == ((1, "2026-02-19", ["src/x.py"], "Later"), ["KB106 warning"])
    sealed.switch("main")
    sealed.commit({"README": "1"}, on="2026-02-18")
    sealed.merge("work", on="2026-02-19", message="Merge")
    found = judge(sealed, TODAY)
    assert (found.changed(), own(found)) == ((1, "2026-02-19", ["src/x.py"], "Merge"), ["KB106 warning"])


def test_code_that_changed_after_a_review_that_nobody_committed(sealed, judge, seal) -> None:
    """A stamp in the work tree is of the code that was there; an edit after it is a change since, with its diff."""
    sealed.write({"content/a.md": text_of(sealed).replace(DAY, "2026-02-19").replace("review_seal", "# old: review_seal")})
    seal(sealed, "a")
    assert own(judge(sealed, TODAY)) == []
    sealed.write({"src/x.py": "2\n"})
    found = judge(sealed, TODAY)
    assert own(found) == ["KB106 warning"]
    assert (found.of().code.files, found.of().code.command) == (("src/x.py",), f"git diff {sealed.head[:12]} -- src/x.py")


# ---------------------------------------------------------------------------------------------- any article, any code

WORDS = st.lists(st.sampled_from(["one", "*two*", "`three`", "[four](b.md)", "![five](page.png)", "# six", "> seven", "- eight", "| nine |", "\n\n", "\n", "```\n", "<!-- ten -->", "{#id}", "ä", "\u2028", "    ", "::: internal\n", ":::\n"]), max_size=25)


@settings(max_examples=10, deadline=None)
@given(body=WORDS, code=st.binary(max_size=20), other=st.binary(min_size=21, max_size=30))
def test_sealing_then_verifying_is_clean(tmp_path_factory, new_repo, page, seal, judge, body: list[str], code: bytes, other: bytes) -> None:
    """What was sealed is whole, before it is committed, after it, and in a clone; another blob breaks the code, another word the text."""
    repo = new_repo(tmp_path_factory.mktemp("sealed") / "repo")
    repo.write({"content/a.md": page(" ".join(body) + "\n\nEnd.\n", **KEYS | {"covers": "src/**"}), "src/x": code, "content/page.png": b"x", "content/b.md": "B\n"})
    seal(repo, "a")
    assert (judge(repo, TODAY).of().text, judge(repo, TODAY).of().code) == (None, None)
    repo.git("add", "-A")
    repo.commit(on=DAY)
    assert own(judge(repo, TODAY)) == own(judge(repo.clone(repo.folder.parent / "clone"), TODAY)) == []
    repo.commit({"src/x": other}, on="2026-02-10")
    assert own(judge(repo, TODAY)) == ["KB106 warning"]
    repo.commit({"src/x": code, "content/a.md": text_of(repo).replace("title: A page", "title: A pager")}, on="2026-02-11")
    assert own(judge(repo, TODAY)) == ["KB108 warning"]


def test_what_git_stores_is_sealed(tmp_path, repo, page, seal, judge) -> None:
    """Line ends and filters as the work tree has them make no difference: a seal is of what is committed."""
    repo.write({".gitattributes": "*.py text eol=crlf\n*.md text\n", "src/x.py": b"1\r\n2\r\n", "content/a.md": page("Words.\n", **KEYS).replace("\n", "\r\n")})
    seal(repo, "a")
    repo.git("add", "-A")
    repo.commit(on=DAY)
    assert repo.git("cat-file", "-s", "HEAD:src/x.py") == "4"
    for where in (repo, repo.clone(tmp_path / "clone"), repo.clone(tmp_path / "crlf", "-c", "core.autocrlf=true")):
        assert own(judge(where, TODAY)) == []
