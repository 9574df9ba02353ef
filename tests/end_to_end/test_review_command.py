"""`kbtool review` as scripts run it, in real repositories: the queue, the outcomes, and what is refused."""

from __future__ import annotations

import re
from typing import Any

import pytest

DAY = "2026-11-22"


# ---------------------------------------------------------------------------------------------- the queue


@pytest.fixture
def queue(site, page) -> Any:
    """A repository with two articles to review."""
    site.commit({
        "content/a.md": page(title="Export", last_reviewed_on="2026-01-05"), "content/b.md": page(last_reviewed_on="2026-01-05", owners="[ben]"),
        "content/fresh.md": page(last_reviewed_on="2026-11-01"), "checks/product_areas.yml": "billing:\nexports:\n",
    }, on="2026-02-01")
    return site


def test_the_queue_in_each_format(queue, run, state) -> None:
    """Text, JSON and Markdown are on stdout alone, exit code 0, and nothing is written."""
    before = state(queue.folder)
    text, as_json, markdown = (run("review", "--no-cache", "--format", form) for form in ("text", "json", "markdown"))
    assert [(done.code, done.err) for done in (text, as_json, markdown)] == [(0, "")] * 3
    assert text.out.endswith("\n2 to review, the riskiest first; start with `kbtool review content/a.md`\n")
    assert [row["path"] for row in as_json.json()["queue"]] == ["content/a.md", "content/b.md"]
    assert markdown.out.startswith("| | Article | File |")
    assert state(queue.folder) == before


@pytest.mark.parametrize(
    ("args", "paths"),
    [
        (["--owner", "ben"], ["b"]), (["--owner", "ben", "--owner", "ana"], ["a", "b"]), (["--area", "billing"], ["a", "b"]),
        (["--area", "exports"], []), (["--all"], ["a", "b", "fresh"]), (["--owner", "ana", "--all"], ["a", "fresh"]),
        (["--today", "2026-06-01"], ["fresh"]),
    ],
)
def test_the_queue_is_narrowed(queue, run, args, paths) -> None:
    """By owner and area, each repeatable; with `--all` fresh articles are there too; as of any day."""
    done = run("review", "--format", "json", *args)
    assert (done.code, sorted(row["path"] for row in done.json()["queue"])) == (0, [f"content/{name}.md" for name in paths])


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--owner", "anna"], "error[no-such-owner]: no article has the owner 'anna'; did you mean \"ana\"?"),
        (["--area", "export"], "error[no-such-area]: no article has the area 'export'; did you mean \"exports\"?"),
        (["--format", "sarif"], "error[usage]: Invalid value for '--format': 'sarif' is not one of 'text', 'json', 'markdown'. (see `kbtool --help`)"),
        (["--outcome", "accurate"], "error[usage]: --outcome is for a review of ARTICLES (see `kbtool review --help`)"),
        (["--by", "ana"], "error[usage]: --by is for a review of ARTICLES (see `kbtool review --help`)"),
        (["--dry-run"], "error[usage]: --dry-run is for a review of ARTICLES (see `kbtool review --help`)"),
        (["content/a.md", "--format", "json"], "error[usage]: --format is for the queue (see `kbtool review --help`)"),
        (["content/a.md", "--all"], "error[usage]: --all is for the queue (see `kbtool review --help`)"),
        (["content/a.md", "--outcome", "skip"], "error[usage]: Invalid value for '--outcome': 'skip' is not one of 'accurate', 'updated', 'retired'. (see `kbtool --help`)"),
        (["content/z.md"], "error[no-such-path]: there is no article 'content/z.md' (name its file, such as content/export.md)"),
        (["checks/owners.yml"], "error[no-such-path]: there is no article 'checks/owners.yml' (name its file, such as content/export.md)"),
    ],
)
def test_what_makes_no_sense_is_refused(queue, run, args, message, state, said) -> None:
    """An option that would do nothing, a name that nobody has: exit code 2, one line, nothing on stdout."""
    before = state(queue.folder)
    done = run("review", "--no-cache", *args)
    assert (done.code, done.out) == (2, "")
    assert said(done).startswith(message)
    assert state(queue.folder) == before


def test_the_queue_into_a_file(queue, run, tmp_path) -> None:
    """A file gets no colours, whatever is forced on the terminal; it cannot be an article."""
    target = tmp_path / "queue.txt"
    done = run("review", "--output", str(target), env={"FORCE_COLOR": "1"})
    assert (done.code, done.out) == (0, "")
    assert target.read_text() == run("review").out
    assert "\x1b[" in run("review", env={"FORCE_COLOR": "1"}).out
    assert run("review", "--output", "content/a.md").code == 2


def test_nothing_to_review(site, page, run) -> None:
    """An empty queue is said in words, and is a valid document."""
    site.commit({"content/a.md": page(last_reviewed_on="2026-11-01")}, on="2026-11-01")
    assert run("review").out == "nothing needs a review\n"
    assert run("review", "--format", "json").json() == {"schema_version": 1, "queue": []}
    assert run("review", "--format", "markdown").out == "Nothing needs a review.\n"


# ---------------------------------------------------------------------------------------------- outcomes




def test_accurate(covered, run, changed) -> None:
    """Date, reviewer and seal are written and nothing else; committed, the article is fresh and a strict check is clean."""
    done = run("review", "content/a.md", "--outcome", "accurate")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("content/a.md  Export\n  verdict   due\n")
    assert done.out.endswith("\n\ncontent/a.md: accurate (stamped)\n")
    lines = changed(covered)["content/a.md"]
    assert lines[:2] == ["-last_reviewed_on: 2026-06-01", "+last_reviewed_on: 2026-11-22"]
    assert lines[2] == "+last_reviewed_by: ana"
    assert re.fullmatch(r'\+review_seal: "1 review:[0-9a-f]{12} text:[0-9a-f]{12} code:[0-9a-f]{12} tickets:-"', lines[3])
    assert covered.git("diff", "--numstat") == "3\t1\tcontent/a.md"
    assert covered.git("status", "--porcelain") == " M content/a.md", "nothing is staged, and no file is left behind"
    assert run("review", "content/b.md", "--outcome", "accurate").code == 0
    assert run("check", "--strict").code == 0, "before it is committed"
    covered.git("commit", "-qam", "Review", on=DAY)
    done = run("check", "--strict", "--format", "json")
    assert (done.code, [one["verdict"] for one in done.json()["articles"]], done.json()["findings"]) == (0, ["fresh", "fresh"], [])


def test_changed_code_takes_two_words(covered, run, state, said) -> None:
    """Accurate alone is refused with the command that shows the change; `--still-accurate` shows the diff, and stamps."""
    covered.commit({"src/a.py": "2\n"}, on="2026-11-01", by="Ben", message="Faster")
    before = state(covered.folder)
    done = run("review", "--no-cache", "content/a.md", "--outcome", "accurate")
    base = covered.git("rev-parse", "--short=12", "HEAD~1")
    assert (done.code, state(covered.folder) == before) == (2, True)
    assert said(done) == (
        "error[code-changed]: content/a.md: covered code changed since the review "
        f"(read `git diff {base} -- src/a.py`, then say --still-accurate, or correct the article)")
    assert "+2\n" not in done.out
    done = run("review", "content/a.md", "--outcome", "accurate", "--still-accurate")
    assert done.code == 0
    assert "\n-1\n+2\n" in done.out
    covered.git("commit", "-qam", "Review", on=DAY)
    assert "content/a.md" not in [found["path"] for found in run("check", "--format", "json").json()["findings"]]


def test_updated_needs_an_edit(covered, run, said) -> None:
    """Without one it is refused; with one, edit and review are committed together and are clean."""
    done = run("review", "content/a.md", "--outcome", "updated")
    assert (done.code, said(done)) == (
        2, "error[not-updated]: content/a.md: the words are those of the last review (say accurate, or edit the article first)")
    covered.commit({"src/a.py": "2\n"}, on="2026-11-01")
    path = covered.folder / "content/a.md"
    path.write_text(path.read_text().replace("One.", "Two."))
    done = run("review", "content/a.md", "--outcome", "updated", "--commit")
    assert (done.code, done.err) == (0, "kbtool: committed: Review Export\n")
    assert "content/a.md" not in [found["path"] for found in run("check", "--format", "json").json()["findings"]]


def test_retired(covered, run) -> None:
    """A retired article is archived: one more line, and no check asks for it again."""
    done = run("review", "content/a.md", "--outcome", "retired", "--commit")
    assert done.code == 0
    lines = covered.git("show", "--format=", "-U0").split("\n")
    assert [line for line in lines if line.startswith("+confidence")] == ["+confidence: archived"]
    articles = {one["path"]: one["verdict"] for one in run("check", "--format", "json").json()["articles"]}
    assert articles["content/a.md"] == "archived"
    assert "content/a.md" not in run("review", "--all").out


def test_retiring_a_draft_is_refused(site, page, run, changed, said) -> None:
    """A draft stays one whatever `confidence` says, so nothing is written."""
    site.commit({"content/a.md": page(draft="true")}, on="2026-10-01")
    done = run("review", "content/a.md", "--outcome", "retired")
    assert done.code == 2
    assert said(done).startswith("error[is-draft]: content/a.md: `draft: true` makes it work in progress")
    assert changed(site) == {}


def test_without_an_outcome_or_a_terminal_nothing_is_stamped(covered, run, state, said) -> None:
    """A script that names none sees the dossier, and what to say."""
    before = state(covered.folder)
    done = run("review", "--no-cache", "content/a.md", "content/b.md")
    assert (done.code, said(done)) == (0, "note: nothing was stamped; say --outcome, or run it in a terminal")
    assert done.out.count("  verdict   ") == 2
    assert state(covered.folder) == before


def test_a_second_review_of_the_day(covered, run, changed) -> None:
    """The same again changes no byte; after an edit it seals what is there now."""
    assert run("review", "content/a.md", "--outcome", "accurate").code == 0
    before = (covered.folder / "content/a.md").stat()
    done = run("review", "content/a.md", "--outcome", "accurate")
    assert (done.code, done.err) == (0, "")
    assert done.out.endswith("content/a.md: accurate (was stamped so already)\n")
    assert (covered.folder / "content/a.md").stat().st_mtime_ns == before.st_mtime_ns
    covered.git("commit", "-qam", "Review", on=DAY)
    path = covered.folder / "content/a.md"
    path.write_text(path.read_text().replace("One.", "Two."))
    assert run("review", "content/a.md", "--outcome", "updated").code == 0
    assert [line[:12] for line in changed(covered)["content/a.md"]] == ["-review_seal", "+review_seal", "-One.", "+Two."]
    assert run("check", "content/a.md", "--strict").code == 0
    covered.git("commit", "-qam", "Again", on=DAY)
    assert run("check", "content/a.md", "--strict").code == 0


# ---------------------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        (["--by", "anna"], 2, "error[no-such-owner]: --by: no owner is called 'anna'; did you mean \"ana\"? (owners are in checks/owners.yml)"),
        (["--today", "2026-11-23"], 2, "error[bad-date]: --today: 2026-11-23 is yet to come (a review is made today)"),
        (["--today", "2026-05-31"], 2, "error[bad-date]: content/b.md: 2026-05-31 is before the review that is there, 2026-06-01 (review it as of today)"),
        (["--today", "soon"], 2, "error[bad-date]: --today: "),
    ],
)
def test_who_and_when(covered, run, args, code, message, changed) -> None:
    """Nobody who does not exist reviews, nobody tomorrow, nobody before the last review."""
    done = run("review", "content/b.md", "--outcome", "accurate", *args)
    warnings = [line for line in done.err.splitlines() if "warning[history]" not in line]
    assert (done.code, len(warnings)) == (code, 1)
    assert warnings[0].startswith(f"kbtool: {message}")
    assert changed(covered) == {}


@pytest.mark.parametrize("mail", ["eve@example.com", ""])
def test_an_address_that_nobody_has(covered, run, mail, changed, said) -> None:
    """Without `--by`, the e-mail address of git's configuration or environment must be an owner's; it is in no message."""
    covered.git("config", "user.email", mail)
    done = run("review", "content/b.md", "--outcome", "accurate")
    assert (done.code, said(done)) == (
        2, "error[no-reviewer]: who reviews? nobody in checks/owners.yml has the e-mail address that git commits with (say --by ID)")
    assert changed(covered) == {}
    assert run("review", "content/b.md", "--outcome", "accurate", env={"GIT_AUTHOR_EMAIL": "Ana@Example.com"}).code == 0


def test_a_day_of_the_past(covered, run, changed) -> None:
    """A review of last week can be written down, with that day."""
    assert run("review", "content/b.md", "--outcome", "accurate", "--today", "2026-11-15").code == 0
    assert "+last_reviewed_on: 2026-11-15" in changed(covered)["content/b.md"]


def test_more_than_ten_at_once(site, page, run, changed, said) -> None:
    """Nobody reviews eleven articles in one go; ten distinct ones are all right, however often each is named."""
    site.commit({f"content/{number:02}.md": page(f"{number}.\n") for number in range(11)}, on="2026-10-01")
    names = [f"content/{number:02}.md" for number in range(11)]
    done = run("review", *names, "--outcome", "accurate")
    assert (done.code, done.out, said(done)) == (2, "", "error[too-many]: 11 articles in one go are no review (at most 10 at a time)")
    assert changed(site) == {}
    done = run("review", *names[:10], *(str(site.folder / name) for name in names[:10]), "--outcome", "accurate")
    assert (done.code, len(changed(site))) == (0, 10)


SAME = "both say and cover the same, and that voids both (let one include the other, or review it on another day or as another owner)"


@pytest.mark.parametrize("dry", [[], ["--dry-run"]])
def test_two_articles_that_are_alike(site, page, run, dry, changed, said) -> None:
    """Word for word the same, they would get one seal, which is void: refused before anything is written, together and one by one."""
    site.commit({f"content/{name}.md": page("Alike.\n", last_reviewed_on=None) for name in "cde"}, on="2026-10-01")
    review = ("review", "--outcome", "accurate", *dry)
    done = run(*review, "content/c.md", "content/d.md")
    assert (done.code, said(done)) == (2, f"error[same-seal]: content/d.md: its seal would be that of content/c.md, since {SAME}")
    assert changed(site) == {}
    assert run("review", "--outcome", "accurate", "content/c.md", "content/c.md").code == 0
    before = changed(site)
    done = run(*review, "content/d.md")
    assert (done.code, said(done)) == (2, f"error[same-seal]: content/d.md: its seal would be that of content/c.md, since {SAME}")
    assert changed(site) == before
    assert run("review", "--outcome", "accurate", "content/c.md").code == 0, "its own seal is no other's"
    assert run("review", "--outcome", "accurate", "content/d.md", "--by", "ben").code == 0
    assert run("review", "--outcome", "accurate", "content/e.md", "--today", "2026-11-21").code == 0
    site.git("commit", "-qam", "Review", on="2026-11-22")
    assert (run("check", "--select", "KB105").code, "KB105" in run("check").out) == (0, False)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("---\nowners: [ana\n---\n", "error[not-readable]: content/x.md:2: it cannot be sealed: the front matter is not readable"),
        ("---\ntitle: x\nreview_in: soon\n---\n", "error[not-readable]: content/x.md:3: it cannot be sealed: review_in: "),
        ("---\ntitle: x\n<<<<<<< ours\nreview_in: 1 year\n=======\nreview_in: 2 years\n>>>>>>> theirs\n---\n", "error[not-readable]: content/x.md:"),
        ("---\ntitle: x\n---\n<<<<<<< ours\na\n=======\nb\n>>>>>>> theirs\n", "error[not-readable]: content/x.md:4: it cannot be sealed: a merge conflict starts here"),
        ("# No front matter\n", "error[cannot-edit-safely]: content/x.md:1: there is no front matter"),
        ("---\n{title: x}\n---\n", "error[cannot-edit-safely]: content/x.md:2: the front matter is a mapping in braces"),
        (b"---\ntitle: x\n---\n\xff\xfe\n", "error["),
    ],
)
@pytest.mark.parametrize("dry", [[], ["--dry-run"]])
def test_all_or_none(covered, run, text, message, dry, state, said) -> None:
    """One article that cannot be stamped keeps the others from it: exit code 3, what is wrong and where, not a byte written."""
    (covered.folder / "content/x.md").write_bytes(text if isinstance(text, bytes) else text.encode())
    before = state(covered.folder)
    for order in (["content/b.md", "content/x.md"], ["content/x.md", "content/b.md"]):
        done = run("review", "--no-cache", *order, "--outcome", "accurate", *dry)
        assert done.code == 3
        assert said(done).startswith(message)
        assert state(covered.folder) == before


def test_an_article_without_front_matter(covered, run) -> None:
    """It gets one when that is asked for, and its seal holds."""
    covered.commit({"content/x.md": "# Plain\n\nText.\n"}, on="2026-07-01")
    assert run("review", "content/x.md", "--outcome", "accurate", "--add-front-matter").code == 0
    assert (covered.folder / "content/x.md").read_text().startswith('---\nlast_reviewed_on: 2026-11-22\nlast_reviewed_by: ana\nreview_seal: "1 ')
    document = run("why", "content/x.md", "--format", "json").json()
    assert (document["verdict"], document["sealed"]) == ("fresh", True)


def test_one_refused_outcome_keeps_all_from_it(covered, run, changed) -> None:
    """Where the evidence speaks against one of them, none is stamped."""
    covered.commit({"src/a.py": "2\n"}, on="2026-11-01")
    done = run("review", "content/b.md", "content/a.md", "--outcome", "accurate")
    assert (done.code, changed(covered)) == (2, {})
    assert run("review", "content/b.md", "content/a.md", "--outcome", "accurate", "--still-accurate").code == 0
    assert sorted(changed(covered)) == ["content/a.md", "content/b.md"]


def test_a_read_only_article(covered, run, said) -> None:
    """It is refused unless it is forced, and is read-only again afterwards."""
    path = covered.folder / "content/b.md"
    path.chmod(0o444)
    done = run("review", "content/b.md", "--outcome", "accurate")
    assert (done.code, said(done)) == (3, "error[read-only]: content/b.md: the file is read-only (make it writable, or say --force)")
    assert run("review", "content/b.md", "--outcome", "accurate", "--force").code == 0
    assert path.stat().st_mode & 0o777 == 0o444


@pytest.mark.parametrize("what", ["merge", "rebase", "cherry-pick", "revert"])
def test_while_something_is_under_way(covered, run, what, state, said) -> None:
    """In the middle of a merge, rebase, pick or revert the files are of nobody's making, so nobody reviews them."""
    covered.branch("other")
    covered.commit({"src/a.py": "2\n"}, on="2026-07-01")
    covered.switch("main")
    covered.commit({"src/a.py": "3\n"}, on="2026-07-02")
    covered.commit({"src/a.py": "4\n"}, on="2026-07-03")
    covered.git(what, "HEAD~1" if what == "revert" else "other", fails=True)
    before = state(covered.folder)
    done = run("review", "--no-cache", "content/b.md", "--outcome", "accurate")
    assert (done.code, said(done)) == (3, "error[unfinished-merge]: a merge or rebase is under way here (finish it, then review)")
    assert state(covered.folder) == before
    covered.git(what, "--abort")
    assert run("review", "content/b.md", "--outcome", "accurate").code == 0


def test_no_git_repository(covered, run, tmp_path, state, said) -> None:
    """Without a repository there is no seal: exit code 3, and the article stays as it is; the dossier is shown all the same."""
    (covered.folder / ".git").rename(tmp_path / "elsewhere")
    before = state(covered.folder)
    done = run("review", "--no-cache", "content/b.md", "--outcome", "accurate", "--by", "ana")
    assert done.code == 3
    assert said(done).startswith(f"error[cannot-seal]: content/b.md: it cannot be sealed: {covered.folder}: this is no git repository")
    assert "  verdict   unknown\n" in done.out
    assert state(covered.folder) == before


def test_no_git_at_all(covered, run, tmp_path, changed) -> None:
    """Where git is not installed that is what is said."""
    (tmp_path / "empty").mkdir()
    done = run("review", "content/b.md", "--outcome", "accurate", "--by", "ana", env={"PATH": str(tmp_path / "empty")})
    assert done.code == 3
    assert "there is no git on the PATH" in done.err
    assert changed(covered) == {}


def test_a_covered_repository_that_is_not_there(tmp_path, new_repo, page, kbtool, home, changed, said) -> None:
    """It cannot be sealed without it, nor without a look: the same answer with and without `--still-accurate`."""
    repo = new_repo(tmp_path / "kb", '[tool.kbtool.repositories.api]\npath = "../api"')
    repo.commit({"content/a.md": page(covers="['api:src/**']")}, on="2026-10-01")
    for more in ([], ["--still-accurate"]):
        done = kbtool("review", "content/a.md", "--outcome", "accurate", "--by", "ana", *more, cwd=repo.folder, today=DAY)
        assert (done.code, said(done)) == (
            3, "error[cannot-seal]: content/a.md: it cannot be sealed: the repository 'api' is not there: no folder '../api' (check it out)")
    assert changed(repo) == {}


def test_checks_that_are_left_out_do_not_matter(covered, run) -> None:
    """A configuration that runs no check about history takes nothing from a review: it is sealed all the same."""
    covered.commit({"pyproject.toml": '[tool.kbtool]\nselect = ["KB2"]\n'}, on="2026-07-01")
    assert run("review", "content/b.md", "--outcome", "accurate").code == 0
    assert run("why", "content/a.md").out.count(" edit ") == 1
