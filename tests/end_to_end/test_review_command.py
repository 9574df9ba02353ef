"""`kbtool review` and `kbtool why` as scripts run them, in real repositories: what is written, what is refused, what is said."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

DAY = "2026-11-22"
STAMP = r"(?:last_reviewed_on|last_reviewed_by|review_seal): .*"
Run = Callable[..., Any]


@pytest.fixture
def site(repo, home):
    """A repository in which git commits with Ana's e-mail address, and with two owners."""
    repo.git("config", "user.email", "ana@example.com")
    repo.git("config", "user.name", "Ana Arnold")
    repo.commit({"checks/owners.yml": "ana: {name: Ana, email: ana@example.com}\nben: {name: Ben}\n"}, on="2026-01-02")
    return repo


@pytest.fixture
def run(site, kbtool) -> Run:
    """`run("review", "content/a.md")`: kbtool in that repository, on 22 November 2026."""

    def call(*args: str, cwd: Path | None = None, env: Mapping[str, str] | None = None, today: str = DAY) -> Any:
        moment = f"{today}T12:00:00+00:00"
        dates = {"GIT_AUTHOR_DATE": moment, "GIT_COMMITTER_DATE": moment}
        return kbtool(*args, cwd=cwd or site.folder, today=today, env={**dates, **(env or {})})

    return call


def changed(repo: Any) -> dict[str, list[str]]:
    """Return file → the lines that differ from the last commit, as `git diff` has them."""
    found: dict[str, list[str]] = {}
    for line in repo.git("diff", "-U0", "HEAD").split("\n"):
        if line.startswith("+++ "):
            lines = found.setdefault(line[6:], [])
        elif line.startswith(("+", "-")) and not line.startswith("---"):
            lines.append(line)
    return found


def state(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    """Return all files and folders with their times and content: a write of any kind shows, but for what git keeps for itself."""
    found = {}
    for path in sorted((folder, *folder.rglob("*"))):
        if ".git" not in path.relative_to(folder).parts:
            about = path.lstat()
            found[str(path)] = (about.st_mtime_ns, about.st_ino, path.read_bytes() if path.is_file() else b"")
    return found


def said(done: Any) -> str:
    """Return the only message on stderr, without the name of the program."""
    assert done.err.startswith("kbtool: ") and done.err.count("\n") == 1, done.err
    return done.err.removeprefix("kbtool: ").rstrip("\n")


# ---------------------------------------------------------------------------------------------- the queue


@pytest.fixture
def queue(site, page) -> Any:
    """A repository with two articles to review."""
    site.commit({
        "content/a.md": page(title="Export", last_reviewed_on="2026-01-05"), "content/b.md": page(last_reviewed_on="2026-01-05", owners="[ben]"),
        "content/fresh.md": page(last_reviewed_on="2026-11-01"), "checks/product_areas.yml": "billing:\nexports:\n",
    }, on="2026-02-01")
    return site


def test_the_queue_in_each_format(queue, run) -> None:
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
def test_what_makes_no_sense_is_refused(queue, run, args, message) -> None:
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


@pytest.fixture
def covered(site, page) -> Any:
    """A repository with a sealed-to-be article `a` that covers code, and an article `b` that covers none."""
    site.commit({
        "content/a.md": page("One.\n", title="Export", last_reviewed_on="2026-06-01", covers="[src/**]"), "src/a.py": "1\n",
        "src/b.py": "1\n", "content/b.md": page("One.\n", title="Other", last_reviewed_on="2026-06-01"),
    }, on="2026-06-01", message="Add")
    return site


def test_accurate(covered, run) -> None:
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


def test_changed_code_takes_two_words(covered, run) -> None:
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


def test_updated_needs_an_edit(covered, run) -> None:
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


def test_retiring_a_draft_is_refused(site, page, run) -> None:
    """A draft stays one whatever `confidence` says, so nothing is written."""
    site.commit({"content/a.md": page(draft="true")}, on="2026-10-01")
    done = run("review", "content/a.md", "--outcome", "retired")
    assert done.code == 2
    assert said(done).startswith("error[is-draft]: content/a.md: `draft: true` makes it work in progress")
    assert changed(site) == {}


def test_without_an_outcome_or_a_terminal_nothing_is_stamped(covered, run) -> None:
    """A script that names none sees the dossier, and what to say."""
    before = state(covered.folder)
    done = run("review", "--no-cache", "content/a.md", "content/b.md")
    assert (done.code, said(done)) == (0, "note: nothing was stamped; say --outcome, or run it in a terminal")
    assert done.out.count("  verdict   ") == 2
    assert state(covered.folder) == before


def test_a_second_review_of_the_day(covered, run) -> None:
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
def test_who_and_when(covered, run, args, code, message) -> None:
    """Nobody who does not exist reviews, nobody tomorrow, nobody before the last review."""
    done = run("review", "content/b.md", "--outcome", "accurate", *args)
    warnings = [line for line in done.err.splitlines() if "warning[history]" not in line]
    assert (done.code, len(warnings)) == (code, 1)
    assert warnings[0].startswith(f"kbtool: {message}")
    assert changed(covered) == {}


@pytest.mark.parametrize("mail", ["eve@example.com", ""])
def test_an_address_that_nobody_has(covered, run, mail) -> None:
    """Without `--by`, the e-mail address of git's configuration or environment must be an owner's; it is in no message."""
    covered.git("config", "user.email", mail)
    done = run("review", "content/b.md", "--outcome", "accurate")
    assert (done.code, said(done)) == (
        2, "error[no-reviewer]: who reviews? nobody in checks/owners.yml has the e-mail address that git commits with (say --by ID)")
    assert changed(covered) == {}
    assert run("review", "content/b.md", "--outcome", "accurate", env={"GIT_AUTHOR_EMAIL": "Ana@Example.com"}).code == 0


def test_a_day_of_the_past(covered, run) -> None:
    """A review of last week can be written down, with that day."""
    assert run("review", "content/b.md", "--outcome", "accurate", "--today", "2026-11-15").code == 0
    assert "+last_reviewed_on: 2026-11-15" in changed(covered)["content/b.md"]


def test_more_than_ten_at_once(site, page, run) -> None:
    """Nobody reviews eleven articles in one go; ten distinct ones are all right, however often each is named."""
    site.commit({f"content/{number:02}.md": page(f"{number}.\n") for number in range(11)}, on="2026-10-01")
    names = [f"content/{number:02}.md" for number in range(11)]
    done = run("review", *names, "--outcome", "accurate")
    assert (done.code, done.out, said(done)) == (2, "", "error[too-many]: 11 articles in one go are no review (at most 10 at a time)")
    assert changed(site) == {}
    done = run("review", *names[:10], *(str(site.folder / name) for name in names[:10]), "--outcome", "accurate")
    assert (done.code, len(changed(site))) == (0, 10)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("---\nowners: [ana\n---\n", "error[not-readable]: content/x.md:2: it cannot be sealed: the front matter is not readable"),
        ("---\ntitle: x\nreview_in: soon\n---\n", "error[not-readable]: content/x.md:3: it cannot be sealed: review_in: "),
        ("---\ntitle: x\n<<<<<<< ours\nreview_in: 1 year\n=======\nreview_in: 2 years\n>>>>>>> theirs\n---\n", "error[not-readable]: content/x.md:"),
        ("---\ntitle: x\n---\n<<<<<<< ours\na\n=======\nb\n>>>>>>> theirs\n", "error[cannot-edit-safely]: content/x.md:4: a merge conflict starts here"),
        ("# No front matter\n", "error[cannot-edit-safely]: content/x.md:1: there is no front matter"),
        ("---\n{title: x}\n---\n", "error[cannot-edit-safely]: content/x.md:2: the front matter is a mapping in braces"),
        (b"---\ntitle: x\n---\n\xff\xfe\n", "error["),
    ],
)
@pytest.mark.parametrize("dry", [[], ["--dry-run"]])
def test_all_or_none(covered, run, text, message, dry) -> None:
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
    assert (covered.folder / "content/x.md").read_text().startswith("---\nlast_reviewed_on: 2026-11-22\nlast_reviewed_by: ana\nreview_seal: \"1 ")
    document = run("why", "content/x.md", "--format", "json").json()
    assert (document["verdict"], document["sealed"]) == ("fresh", True)


def test_one_refused_outcome_keeps_all_from_it(covered, run) -> None:
    """Where the evidence speaks against one of them, none is stamped."""
    covered.commit({"src/a.py": "2\n"}, on="2026-11-01")
    done = run("review", "content/b.md", "content/a.md", "--outcome", "accurate")
    assert (done.code, changed(covered)) == (2, {})
    assert run("review", "content/b.md", "content/a.md", "--outcome", "accurate", "--still-accurate").code == 0
    assert sorted(changed(covered)) == ["content/a.md", "content/b.md"]


def test_a_read_only_article(covered, run) -> None:
    """It is refused unless it is forced, and is read-only again afterwards."""
    path = covered.folder / "content/b.md"
    path.chmod(0o444)
    done = run("review", "content/b.md", "--outcome", "accurate")
    assert (done.code, said(done)) == (3, "error[read-only]: content/b.md: the file is read-only (make it writable, or say --force)")
    assert run("review", "content/b.md", "--outcome", "accurate", "--force").code == 0
    assert path.stat().st_mode & 0o777 == 0o444


@pytest.mark.parametrize("what", ["merge", "rebase", "cherry-pick", "revert"])
def test_while_something_is_under_way(covered, run, what) -> None:
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


def test_no_git_repository(covered, run, tmp_path) -> None:
    """Without a repository there is no seal: exit code 3, and the article stays as it is; the dossier is shown all the same."""
    (covered.folder / ".git").rename(tmp_path / "elsewhere")
    before = state(covered.folder)
    done = run("review", "--no-cache", "content/b.md", "--outcome", "accurate", "--by", "ana")
    assert done.code == 3
    assert said(done).startswith(f"error[cannot-seal]: content/b.md: it cannot be sealed: {covered.folder}: this is no git repository")
    assert "  verdict   unknown\n" in done.out
    assert state(covered.folder) == before


def test_no_git_at_all(covered, run, tmp_path) -> None:
    """Where git is not installed that is what is said."""
    (tmp_path / "empty").mkdir()
    done = run("review", "content/b.md", "--outcome", "accurate", "--by", "ana", env={"PATH": str(tmp_path / "empty")})
    assert done.code == 3
    assert "there is no git on the PATH" in done.err
    assert changed(covered) == {}


def test_a_covered_repository_that_is_not_there(tmp_path, new_repo, page, kbtool, home) -> None:
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


# ---------------------------------------------------------------------------------------------- only those lines

STYLES = {
    "plain": ("last_reviewed_on: 2026-06-01\nlast_reviewed_by: ben\nreview_seal: x\n", "3\t3"),
    "quotes": ("last_reviewed_on: '2026-06-01'\n\"last_reviewed_by\" : \"ben\"   # who\nreview_seal : 'x'\n", "3\t3"),
    "missing": ("", "3\t0"),
    "empty": ("last_reviewed_on:\nlast_reviewed_by: # nobody yet\nreview_seal: \"\"\n", "3\t3"),
    "apart": ("last_reviewed_on: 2026-06-01\n# A comment.\n\ntags: [a,\n  b]\nlast_reviewed_by: ben\nrelated:\n- x.md\nreview_seal: x\n", "3\t3"),
    "indented": None,
    "bad date": ("last_reviewed_on: soon\n", "3\t1"),
}
STYLES["indented"] = ("".join(f"  {line}\n" for line in ("title: A", "owners: [ana]", "product_areas: [billing]", "last_reviewed_on: 2026-06-01")), "3\t1")


@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize("style", STYLES)
def test_three_lines_change(site, run, style, end) -> None:
    """In any style of YAML and with any line end: date, reviewer and seal, and every other byte stays."""
    block, numbers = STYLES[style]
    head = "" if style == "indented" else "# why\ntitle:   \"A\"   # kept\nowners: [ ana,ben ]\nproduct_areas:\n    - billing\n"
    text = f"---\n{head}{block}---\n\nText, and a date: last_reviewed_on: 2026-06-01\n".replace("\n", end)
    site.commit({"content/a.md": text, ".gitattributes": "* -text\n"}, on="2026-06-01")
    assert run("review", "content/a.md", "--outcome", "accurate").code == 0
    assert site.git("diff", "--numstat") == f"{numbers}\tcontent/a.md"
    now = (site.folder / "content/a.md").read_bytes().decode()
    own = re.compile(r"""\s*["']?(?:last_reviewed_on|last_reviewed_by|review_seal)["']?\s*:.*""")
    kept = [[line for line in one.split(end) if not own.fullmatch(line)] for one in (text, now)]
    assert kept[0] == kept[1]
    assert sum(bool(own.fullmatch(line)) for line in now.split(end)) == 3
    site.git("commit", "-qam", "Review", on=DAY)
    done = run("check", "--strict")
    assert (done.code, "0 errors, 0 warnings, 0 unknown" in done.out) == (0, True)


@pytest.mark.parametrize(
    ("config", "before", "after"),
    [
        ('preset = "microsoft"', "ms.date: 06/30/2026\nms.author: ana\nms.service: billing\n", "ms.date: 11/22/2026\nlast_reviewed_by: ana\n"),
        ('preset = "microsoft"', "ms.date: 2026-06-30\nms.author: ana\nms.service: billing\n", "ms.date: 2026-11-22\nlast_reviewed_by: ana\n"),
        ('preset = "govuk"', "owner_slack: ana\nlast_reviewed_on: 2026-06-30\nproduct_areas: [billing]\n", "last_reviewed_on: 2026-11-22\nlast_reviewed_by: ana\n"),
        ('preset = "hugo"', "author: ana\nreviewed: 2026-06-30\nproduct_areas: [billing]\n", "reviewed: 2026-11-22\nlast_reviewed_by: ana\n"),
        ('aliases = {"checked" = "last_reviewed_on", "checker" = "last_reviewed_by", "proof" = "review_seal"}',
         "owners: [ana]\nproduct_areas: [billing]\nproof: x\nchecker: ben\nchecked: 2026-06-30\n", "checker: ana\nchecked: 2026-11-22\n"),
    ],
)
def test_keys_of_other_knowledge_bases(site, run, config, before, after) -> None:
    """A review is written under the keys that the article uses, in their way of writing a date, and verifies."""
    site.commit({"pyproject.toml": f"[tool.kbtool]\n{config}\n", "content/a.md": f"---\ntitle: A\n{before}---\n"}, on="2026-07-01")
    assert run("review", "content/a.md", "--outcome", "accurate").code == 0
    text = (site.folder / "content/a.md").read_text()
    assert after in text
    assert len(re.findall(r'^(?:review_seal|proof): "?1 review:', text, re.MULTILINE)) == 1
    site.git("commit", "-qam", "Review", on=DAY)
    done = run("check", "--strict", "--format", "json")
    assert (done.code, done.json()["findings"], done.json()["articles"][0]["verdict"]) == (0, [], "fresh")
    assert run("why", "content/a.md", "--format", "json").json()["sealed"] is True


# ---------------------------------------------------------------------------------------------- a dry run


def test_a_dry_run(covered, run) -> None:
    """It shows the diff, exits with 1 where there is one and with 0 where there is none, and touches no file, time or folder."""
    before = state(covered.folder)
    for folder in (covered.folder, covered.folder / "content"):
        folder.chmod(0o555)
    done = run("review", "--no-cache", "content/a.md", "content/b.md", "--outcome", "accurate", "--dry-run")
    for folder in (covered.folder, covered.folder / "content"):
        folder.chmod(0o755)
    assert (done.code, done.err) == (1, "")
    assert state(covered.folder) == before
    patch = done.out[done.out.index("--- a/content/a.md"):]
    assert patch.count("+last_reviewed_on: 2026-11-22\n") == 2
    subprocess.run(["git", "apply", "-"], cwd=covered.folder, input=patch.encode(), check=True)
    done = run("review", "content/a.md", "content/b.md", "--outcome", "accurate", "--dry-run")
    assert (done.code, done.err) == (0, "")
    assert "--- a/" not in done.out
    assert run("check", "--strict").code == 0


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_diff_of_a_dry_run_is_whole(site, run, end) -> None:
    """Long lines are not cut and line ends are kept, so that `git apply` takes it; what would steer a terminal is shown."""
    text = f"---\ntitle: {'long ' * 100}\nowners: [ana]\nproduct_areas: [billing]\nlast_reviewed_on: 2026-06-01\n---\n\nText.\n".replace("\n", end)
    site.commit({"content/a.md": text}, on="2026-07-01")
    done = run("review", "content/a.md", "--outcome", "accurate", "--dry-run")
    assert f" title: {'long ' * 100}{end}" in done.out
    site.commit({"content/a.md": text.replace("long ", "\x1b[2J", 1)}, on="2026-07-01")
    assert "\x1b" not in run("review", "content/a.md", "--outcome", "accurate", "--dry-run").out


@pytest.mark.parametrize("more", [["--commit"], []])
def test_a_dry_run_says_what_would_be_refused(covered, run, more) -> None:
    """Its exit code for a refusal is that of the real run."""
    covered.write({"src/a.py": "2\n"})
    args = ["review", "content/a.md", "--outcome", "accurate", "--still-accurate", *more]
    dry = run(*args, "--dry-run")
    real = run(*args)
    assert (dry.code, real.code) == ((2, 2) if more else (1, 0))


# ---------------------------------------------------------------------------------------------- a commit


def test_a_commit_of_the_stamped_articles(covered, run) -> None:
    """One commit as the user, with just these files, whatever else lies there; what was staged stays staged and is not in it."""
    covered.write({"content/b.md": (covered.folder / "content/b.md").read_text() + "\nMore.\n", "lib.py": "1\n", "note.txt": "1\n"})
    covered.git("add", "lib.py", "content/b.md")
    done = run("review", "content/a.md", "--outcome", "accurate", "--commit")
    assert (done.code, done.err) == (0, "kbtool: committed: Review Export\n")
    assert covered.git("show", "--format=%an <%ae>%n%B", "--name-only") == "Ana Arnold <ana@example.com>\nReview Export\n\ncontent/a.md: accurate\n\n\ncontent/a.md"
    assert covered.git("status", "--porcelain") == "M  content/b.md\nA  lib.py\n?? note.txt"
    assert run("check", "content/a.md", "--strict").code == 0


def test_a_commit_of_several(covered, run) -> None:
    """All of them are in one commit, which names each."""
    done = run("review", "content/a.md", "content/b.md", "--outcome", "accurate", "--commit")
    assert (done.code, done.err) == (0, "kbtool: committed: Review 2 articles\n")
    assert covered.git("show", "-s", "--format=%B") == "Review 2 articles\n\ncontent/a.md: accurate\ncontent/b.md: accurate"
    assert covered.git("rev-list", "--count", "HEAD") == "4"
    assert covered.git("status", "--porcelain") == ""
    assert run("check", "--strict").code == 0


def test_a_commit_of_what_is_stamped_already(covered, run) -> None:
    """A stamp that was not committed then is now; what is committed is not committed again."""
    assert run("review", "content/a.md", "--outcome", "accurate").code == 0
    done = run("review", "content/a.md", "--outcome", "accurate", "--commit")
    assert (done.code, done.err) == (0, "kbtool: committed: Review Export\n")
    done = run("review", "content/a.md", "--outcome", "accurate", "--commit")
    assert (done.code, done.err) == (0, "kbtool: note: there is nothing to commit\n")
    assert covered.git("rev-list", "--count", "HEAD") == "4"


@pytest.mark.parametrize("staged", [True, False])
@pytest.mark.parametrize("files", [{"src/a.py": "2\n"}, {"src/new.py": "2\n"}, {"src/a.py": None}])
def test_covered_files_are_committed_first(covered, run, files, staged) -> None:
    """A review alone, of code that no commit has, would be wrong at once: refused before anything is written; without it, they are named."""
    covered.write(files)
    if staged:
        covered.git("add", "-A")
    before, (name,) = state(covered.folder), files
    args = ["review", "--no-cache", "content/a.md", "--outcome", "accurate", "--still-accurate"]
    done = run(*args, "--commit")
    assert (done.code, said(done)) == (
        2, f"error[not-committed]: {name}: it was reviewed with the article and is not committed (commit code, article and review together, without --commit)")
    assert (state(covered.folder), covered.git("rev-list", "--count", "HEAD")) == (before, "3")
    done = run(*args)
    assert (done.code, said(done)) == (0, f"note: signed as they are, so commit them together with the review: {name}")
    covered.git("add", "-A")
    covered.git("commit", "-qm", "Code, article and review", on=DAY)
    assert run("check", "content/a.md", "--strict").code == 0


def test_an_article_that_git_does_not_know(site, page, run) -> None:
    """`--commit` adds nothing by itself: refused before anything is written; once it is added it is committed."""
    site.write({"content/new.md": page(title="New", last_reviewed_on=None)})
    before = state(site.folder)
    done = run("review", "--no-cache", "content/new.md", "--outcome", "accurate", "--commit")
    assert (done.code, said(done)) == (2, "error[not-committed]: content/new.md: git does not know it yet (`git add` it first)")
    assert state(site.folder) == before
    site.git("add", "content/new.md")
    assert run("review", "content/new.md", "--outcome", "accurate", "--commit").code == 0
    assert site.git("status", "--porcelain") == ""
    assert run("check", "--strict").code == 0


def hook(repo: Any, name: str, script: str) -> None:
    """Install a hook of git."""
    path = repo.folder / ".git/hooks" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_hooks_run(covered, run) -> None:
    """The user's hooks see the commit and what is in it, with pathspecs as git usually reads them."""
    hook(covered, "pre-commit", "git diff --cached --name-only -- '*.md' >.git/seen; echo looked >&2")
    hook(covered, "commit-msg", 'echo "Signed-off-by: Ana" >>"$1"')
    covered.git("config", "core.hooksPath", ".git/hooks")
    done = run("review", "content/a.md", "--outcome", "accurate", "--commit", env={"GIT_LITERAL_PATHSPECS": "1"})
    assert (done.code, done.err) == (0, "looked\nkbtool: committed: Review Export\n")
    assert (covered.folder / ".git/seen").read_text() == "content/a.md\n"
    assert covered.git("show", "-s", "--format=%B").endswith("Signed-off-by: Ana")


def test_a_hook_that_refuses(covered, run) -> None:
    """Its words are shown, the stamps stay, nothing is staged or committed, and the exit code is 3."""
    hook(covered, "pre-commit", "echo first; echo no review on Sundays >&2; exit 1")
    covered.write({"lib.py": "1\n"})
    covered.git("add", "lib.py")
    done = run("review", "content/a.md", "--outcome", "accurate", "--commit")
    assert done.code == 3
    assert done.err == (
        "first\nno review on Sundays\n"
        "kbtool: error[not-committed]: the articles are stamped, but git did not commit them (see above, then commit them yourself)\n")
    assert done.out.endswith("content/a.md: accurate (stamped)\n")
    assert covered.git("status", "--porcelain") == " M content/a.md\nA  lib.py"
    assert covered.git("rev-list", "--count", "HEAD") == "3"


def test_in_a_hook_of_another_repository(covered, run, new_repo, tmp_path) -> None:
    """What git's hooks leave in the environment leads neither the reading nor the commit astray."""
    other = new_repo(tmp_path / "other")
    env = {"GIT_DIR": str(other.folder / ".git"), "GIT_WORK_TREE": str(other.folder), "GIT_INDEX_FILE": str(other.folder / ".git/index"), "GIT_PREFIX": "x/"}
    done = run("review", "content/a.md", "--outcome", "accurate", "--commit", env=env)
    assert (done.code, done.err) == (0, "kbtool: committed: Review Export\n")
    assert (covered.git("rev-list", "--count", "HEAD"), other.git("rev-list", "--count", "HEAD")) == ("4", "1")
    assert other.git("status", "--porcelain") == ""


@pytest.mark.parametrize("name", ["a b.md", "[ab].md", "ä.md", "-x.md", "a'b.md"])
def test_names_that_need_care(site, page, run, name) -> None:
    """Whatever an article is called, that file is reviewed and committed, and no other."""
    site.commit({f"content/{name}": page(title="It"), "content/a.md": page(title="Other"), "content/b.md": page(title="Third")}, on="2026-10-01")
    done = run("review", f"content/{name}", "--outcome", "accurate", "--commit")
    assert (done.code, done.err) == (0, "kbtool: committed: Review It\n")
    assert site.git("show", "--format=", "--name-only", "-z") == f"content/{name}\0"


def test_a_title_writes_no_trailer(site, page, run) -> None:
    """A title is one line of the message, cut where it is long: nobody smuggles a trailer or an escape into the commit."""
    site.commit({"content/a.md": page(title='"x\\n\\nKb-Change: minor"'), "content/b.md": page(title="y" * 300)}, on="2026-10-01")
    for name in "ab":
        assert run("review", f"content/{name}.md", "--outcome", "accurate", "--commit").code == 0
    subjects = site.git("log", "-2", "--format=%s").split("\n")
    assert subjects == [f"Review {'y' * 60}…", r"Review x\n\nKb-Change: minor"]
    assert site.git("log", "-2", "--format=%(trailers)").strip() == ""


# ---------------------------------------------------------------------------------------------- code, branches, merges


def test_code_article_and_review_in_one_commit(covered, run) -> None:
    """Sealed as they lie in the work tree, committed together: clean at once and later."""
    covered.write({"src/a.py": "2\n", "src/new.py": "1\n", "content/a.md": (covered.folder / "content/a.md").read_text().replace("One.", "Two.")})
    done = run("review", "content/a.md", "--outcome", "updated")
    assert (done.code, said(done)) == (0, "note: signed as they are, so commit them together with the review: src/a.py, src/new.py")
    assert run("check", "content/a.md", "--strict").code == 0
    covered.git("add", "-A")
    covered.git("commit", "-qm", "All of it", on=DAY)
    for today in (DAY, "2027-01-01"):
        assert run("check", "content/a.md", "--strict", today=today).code == 0


@pytest.mark.parametrize("how", ["merge", "squash", "rebase"])
def test_a_review_in_a_branch(covered, run, how) -> None:
    """However it comes to the main line, a sealed review of what is there is clean; code that landed meanwhile is seen."""
    covered.branch("review")
    assert run("review", "content/a.md", "--outcome", "accurate", "--commit").code == 0
    assert run("check", "content/a.md", "--strict").code == 0
    covered.switch("main")
    covered.commit({"lib.py": "1\n"}, on=DAY)
    if how == "merge":
        covered.merge("review", on=DAY)
    elif how == "squash":
        covered.git("merge", "-q", "--squash", "review")
        covered.git("commit", "-qm", "Squashed", on=DAY)
    else:
        covered.git("rebase", "-q", "main", "review", on=DAY)
        covered.switch("main")
        covered.merge("review", fast_forward=True)
    assert run("check", "content/a.md", "--strict").code == 0
    covered.commit({"src/a.py": "2\n"}, on=DAY)
    assert [one["code"] for one in run("check", "content/a.md", "--format", "json").json()["findings"]] == ["KB106"]


def test_code_that_landed_while_the_review_waited(covered, run) -> None:
    """The merge of a review does not cover what nobody reviewed; the next review shows just that."""
    covered.branch("review")
    assert run("review", "content/a.md", "--outcome", "accurate", "--commit").code == 0
    covered.switch("main")
    covered.commit({"src/a.py": "2\n"}, on=DAY, by="Ben", message="Meanwhile")
    covered.merge("review", on=DAY)
    assert [one["code"] for one in run("check", "content/a.md", "--format", "json").json()["findings"]] == ["KB106"]
    done = run("review", "content/a.md", "--outcome", "accurate", "--still-accurate", "--commit")
    assert done.code == 0
    assert "\n-1\n+2\n" in done.out
    assert run("check", "content/a.md", "--strict").code == 0


def test_two_reviews_at_once(covered, run) -> None:
    """They conflict in the seal's line; whoever resolves it takes either, and one more review settles it."""
    covered.commit({"checks/owners.yml": "ana: {email: ana@example.com}\nben: {email: ben@example.com}\n"}, on="2026-07-01")
    covered.branch("theirs")
    covered.commit({"src/a.py": "2\n"}, on="2026-11-20")
    assert run("review", "content/a.md", "--outcome", "accurate", "--still-accurate", "--commit", "--by", "ben").code == 0
    covered.switch("main")
    assert run("review", "content/a.md", "--outcome", "accurate", "--commit").code == 0
    covered.git("merge", "-q", "theirs", fails=True)
    text = (covered.folder / "content/a.md").read_text()
    assert re.search(r"<<<<<<< HEAD\n(?s:.*)review_seal(?s:.*)=======\n(?s:.*)review_seal(?s:.*)>>>>>>> theirs", text)
    assert run("review", "content/a.md", "--outcome", "accurate").code == 3
    covered.git("checkout", "-q", "--ours", "content/a.md")
    covered.git("add", "-A")
    covered.git("commit", "-qm", "Merge", on=DAY)
    assert [one["code"] for one in run("check", "content/a.md", "--format", "json").json()["findings"]] == ["KB106"]
    done = run("review", "content/a.md", "--outcome", "accurate", "--still-accurate", "--commit")
    assert done.code == 0
    assert run("check", "content/a.md", "--strict").code == 0


# ---------------------------------------------------------------------------------------------- from anywhere


@pytest.mark.parametrize("where", ["root", "content", "folder", "elsewhere", "absolute", "dotted"])
def test_from_any_folder(site, page, run, tmp_path, where) -> None:
    """An article is named from here, from the root, or in full, also with `-C`."""
    site.commit({"content/sub/a.md": page(title="Deep")}, on="2026-10-01")
    cwd, args = {
        "root": (site.folder, ["review", "content/sub/a.md"]), "content": (site.folder / "content", ["review", "sub/a.md"]),
        "folder": (site.folder / "content/sub", ["review", "content/sub/a.md"]), "elsewhere": (tmp_path, ["-C", str(site.folder), "review", "content/sub/a.md"]),
        "absolute": (tmp_path, ["-C", str(site.folder), "review", str(site.folder / "content/sub/a.md")]),
        "dotted": (site.folder / "checks", ["review", "../content/sub/a.md"]),
    }[where]
    done = run(*args, "--outcome", "accurate", "--commit", cwd=cwd)
    assert (done.code, done.err) == (0, "kbtool: committed: Review Deep\n")
    assert done.out.endswith("content/sub/a.md: accurate (stamped)\n")
    assert site.git("status", "--porcelain") == ""
    assert run("why", str(site.folder / "content/sub/a.md")).out.startswith("content/sub/a.md is fresh\n")


def test_a_knowledge_base_inside_a_repository(tmp_path, page, kbtool, home, new_repo) -> None:
    """Below the top of its repository a review seals, commits and names the same things."""
    repo = new_repo(tmp_path / "product")
    (repo.folder / "docs").mkdir()
    for name in ("content", "checks", "pyproject.toml"):
        repo.move(name, f"docs/{name}")
    repo.commit({"docs/content/a.md": page(title="Inside", covers="[src/**]"), "src/a.py": "1\n"}, on="2026-10-01")
    args = ["review", "content/a.md", "--outcome", "accurate", "--by", "ana"]
    env = {"GIT_AUTHOR_DATE": f"{DAY}T12:00Z", "GIT_COMMITTER_DATE": f"{DAY}T12:00Z"}
    repo.write({"src/a.py": "2\n"})
    done = kbtool(*args, "--still-accurate", "--commit", cwd=repo.folder / "docs", today=DAY, env=env)
    assert (done.code, said(done).partition(": it was")[0]) == (2, "error[not-committed]: src/a.py")
    repo.write({"src/a.py": "1\n"})
    done = kbtool(*args, "--commit", cwd=repo.folder / "docs", today=DAY, env=env)
    assert (done.code, done.err) == (0, "kbtool: committed: Review Inside\n")
    assert repo.git("show", "--format=", "--name-only") == "docs/content/a.md"
    assert kbtool("check", "--strict", cwd=repo.folder / "docs", today=DAY).code == 0


def test_in_a_linked_work_tree(covered, run, tmp_path) -> None:
    """A work tree of its own, where `.git` is a file, is as good."""
    tree = covered.worktree(tmp_path / "tree")
    tree.git("switch", "-q", "-c", "review")
    done = run("review", "content/a.md", "--outcome", "accurate", "--commit", cwd=tree.folder)
    assert (done.code, done.err) == (0, "kbtool: committed: Review Export\n")
    assert run("check", "content/a.md", "--strict", cwd=tree.folder).code == 0
    (Path(tree.git("rev-parse", "--absolute-git-dir")) / "MERGE_HEAD").write_text(f"{tree.head}\n")
    assert run("review", "content/a.md", "--outcome", "accurate", cwd=tree.folder).code == 3


# ---------------------------------------------------------------------------------------------- a killed review


def kill_after_one(repo: Any) -> dict[str, bytes]:
    """Leave what a review of two articles leaves that is killed between them; return what the articles were."""
    script = (
        "import os, sys\nfrom pathlib import Path\nfrom kbtool import journal\n"
        "move = journal._move\n"
        "def once(staged, target):\n    move(staged, target)\n    os._exit(137)\n"
        "journal._move = once\n"
        "names = ['content/a.md', 'content/b.md']\n"
        "journal.write_all(Path('.'), [journal.Change(n, Path(n).read_bytes(), b'half') for n in names])\n"
    )
    before = {name: (repo.folder / name).read_bytes() for name in ("content/a.md", "content/b.md")}
    done = subprocess.run([sys.executable, "-P", "-c", script], cwd=repo.folder, check=False)
    assert done.returncode == 137
    assert (repo.folder / "content/a.md").read_bytes() == b"half"
    return before


@pytest.mark.parametrize("args", [["review"], ["check"], ["why", "content/b.md"], ["review", "content/b.md", "--outcome", "accurate"]])
def test_a_killed_review_is_put_back(covered, run, args) -> None:
    """The next run, whatever it is, puts back what was half written, says so, and goes on with that."""
    before = kill_after_one(covered)
    done = run(*args)
    assert "kbtool: note: a review was killed while it wrote; put back: content/a.md\n" in done.err
    assert (covered.folder / "content/a.md").read_bytes() == before["content/a.md"]
    assert "killed" not in run(*args).err


def test_what_was_changed_since_stays(covered, run) -> None:
    """An article that somebody wrote to after the kill is left as it is, and named."""
    kill_after_one(covered)
    (covered.folder / "content/a.md").write_text("mine\n")
    done = run("check")
    assert "kbtool: warning[journal]: content/a.md was changed since; it stays as it is\n" in done.err
    assert (covered.folder / "content/a.md").read_text() == "mine\n"


# ---------------------------------------------------------------------------------------------- why


def test_why_an_article_is_what_it_is(covered, run) -> None:
    """Verdict, reasons and timeline, as text and as JSON; exit code 0 whatever the verdict is, and nothing is written."""
    covered.commit({"src/a.py": "2\n"}, on="2026-10-01", by="Ben", message="Faster")
    before = state(covered.folder)
    text, document = run("why", "--no-cache", "content/a.md"), run("why", "--no-cache", "content/a.md", "--format", "json")
    assert (text.code, text.err, document.code, document.err) == (0, "", 0, "")
    assert text.out.startswith("content/a.md is stale\n  because   covered code changed since the review of 2026-06-01: 1 landing since 2026-10-01")
    assert text.out.endswith("  2026-10-01  code      Ben: Faster (src/a.py)\n")
    assert [moment["what"] for moment in document.json()["timeline"]] == ["edit", "code", "review", "code"]
    assert state(covered.folder) == before


def test_why_with_half_a_history(covered, run, tmp_path) -> None:
    """In a shallow clone, and without a repository, what is unknown is said; the exit code is still 0: it was asked, and answered."""
    covered.commit({"src/a.py": "2\n"}, on="2026-10-01")
    clone = covered.clone(tmp_path / "clone", depth=1)
    done = run("why", "content/a.md", cwd=clone.folder)
    assert (done.code, done.out.split("\n")[0]) == (0, "content/a.md is unknown")
    assert f"unknown   history is cut off at {clone.head[:12]}; what is older is not known\n" in done.out
    (clone.folder / ".git").rename(tmp_path / "elsewhere")
    done = run("why", "content/a.md", cwd=clone.folder)
    assert (done.code, done.out.split("\n")[0]) == (0, "content/a.md is unknown")
    assert "unknown   history: " in done.out


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["content/z.md"], "error[no-such-path]: there is no article 'content/z.md'"), ([], "error[usage]: Missing argument 'ARTICLE'."),
        (["content/a.md", "--format", "markdown"], "error[usage]: Invalid value for '--format'"), (["content/a.md", "--today", "x"], "error[bad-date]: --today: "),
    ],
)
def test_why_of_nothing(covered, run, args, message) -> None:
    """An article that is not there, a format that is none: exit code 2 and one line."""
    done = run("why", *args)
    assert (done.code, done.out) == (2, "")
    assert said(done).startswith(message)


def test_strangers_names_on_the_command_line(site, page, run) -> None:
    """Errors and notes show names of files as escapes, too: stderr steers no terminal."""
    name = "content/a\x1b[2J\n.md"
    site.commit({"content/b.md": page(), name: page()}, on="2026-10-01", by="E\x9bve <e@example.com>", message="x\x1b]0;y\x07")
    for args in (["review"], ["why", "content/b.md"], ["review", name], ["review", name, "--outcome", "accurate"], ["why", name], ["review", "\x1b[31m"]):
        done = run(*args)
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", done.out + done.err), args
    assert json.loads(run("review", "--format", "json").out)
