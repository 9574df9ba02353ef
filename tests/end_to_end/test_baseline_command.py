"""`kbtool baseline`, and `kbtool check` and `kbtool build` beside a baseline: real processes in real repositories."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

FILE = "checks/baseline.txt"


@pytest.fixture
def debt(repo, page):
    """A repository with debt: an overdue review, and two links to nothing."""
    repo.commit({
        "content/a.md": page("# A\n\n[x](nowhere.md)\n\n[x](nowhere.md)\n", last_reviewed_on="2026-01-01"), "content/b.md": page("# B\n", title="B"),
    }, on="2026-11-01")
    return repo


@pytest.fixture
def at(debt, kbtool):
    """`at("check")`: run kbtool in the repository on 22 November 2026."""
    return lambda *args, **more: kbtool(*args, cwd=debt.folder, today="2026-11-22", **more)


def summary(done) -> str:
    return done.out.rstrip("\n").rpartition("\n")[2]


def test_adopt_break_mend_shrink(debt, at, page) -> None:
    """The whole way: today's debt is written down, what is new fails, what is mended is told, and taken out."""
    assert (at("check").code, (debt.folder / FILE).exists()) == (1, False)
    begun = at("baseline")
    assert (begun.code, begun.out, begun.err) == (0, "checks/baseline.txt: 3 entries (begun)\n", "")
    assert at("check").out == "0 errors, 0 warnings, 3 in the baseline, 0 unknown, 2 articles, 0 skipped\n"
    assert at("check", "--strict", "--fail-on", "warning").code == 0
    debt.commit({FILE: (debt.folder / FILE).read_bytes()}, on="2026-11-02")

    debt.write({"content/b.md": page("# B\n\n[y](other.md)\n", title="B")})
    broken = at("check")
    assert (broken.code, broken.out.count("KB201")) == (1, 1)
    assert "content/b.md\n" in broken.out
    refused = at("baseline", "--shrink")
    assert (refused.code, refused.out) == (1, "checks/baseline.txt: 0 paid off, 3 left\n")
    assert refused.err == "kbtool: error[baseline]: there is debt that checks/baseline.txt does not have: see `kbtool check`\n"

    debt.write({"content/b.md": page("# B\n", title="B"), "content/a.md": page("# A\n\n[x](nowhere.md)\n", last_reviewed_on="2026-01-01", title="A page")})
    mended = at("check", "--ignore", "KB108")
    assert mended.code == 0
    assert "1 entry of the baseline is paid off: `kbtool baseline --shrink` takes it out\n" in mended.out
    debt.commit({"content/a.md": (debt.folder / "content/a.md").read_bytes()}, on="2026-11-03")
    before = (debt.folder / FILE).read_bytes()
    told = at("baseline", "--check")
    assert (told.code, (debt.folder / FILE).read_bytes()) == (1, before)
    assert told.out.startswith("  - content/a.md KB201 ")
    assert told.err.endswith("checks/baseline.txt can shrink: run `kbtool baseline --shrink`\n")
    shrunk = at("baseline", "--shrink")
    assert (shrunk.code, summary(shrunk)) == (0, "checks/baseline.txt: 1 paid off, 2 left")
    assert at("baseline", "--check").code == 0
    assert len((debt.folder / FILE).read_bytes().splitlines()) == 4


def test_growth_is_refused(debt, at, page) -> None:
    """Whoever writes new debt down is told so by whoever asks for the baseline of the main branch; where that has none, it begins."""
    debt.branch("adopt")
    at("baseline")
    debt.commit({FILE: (debt.folder / FILE).read_bytes()}, on="2026-11-02")
    assert at("baseline", "--check", "--base", "main").code == 0
    debt.commit({"content/b.md": page("# B\n\n[y](other.md)\n", title="B")}, on="2026-11-03")
    debt.move("content/a.md", "content/c.md")
    debt.commit(on="2026-11-04")
    rewritten = at("baseline")
    assert rewritten.code == 0
    assert rewritten.out == "checks/baseline.txt: 5 entries (2 new, 0 paid off)\n"
    debt.commit({FILE: (debt.folder / FILE).read_bytes()}, on="2026-11-05")
    assert at("check").code == 0
    grown = at("baseline", "--check", "--base", "HEAD~2")
    assert grown.code == 1
    assert [line.split()[:3] for line in grown.out.splitlines()[:-1]] == [["+", "content/b.md", "KB108"], ["+", "content/b.md", "KB201"]]
    assert "kbtool: error[baseline]: checks/baseline.txt has grown by 2 entries\n" in grown.err
    assert at("baseline", "--shrink", "--base", "HEAD").code == 0


def test_the_reports_for_programs(debt, at) -> None:
    """What is known is in them, and fails nothing."""
    at("baseline")
    done = at("check", "--format", "json", "--report", "sarif=k.sarif", "--report", "junit=k.xml", "--report", "codequality=q.json", "--report", "annotations=a.txt")
    report = done.json()
    assert (done.code, report["findings"], len(report["known"]), report["summary"]["known"]) == (0, [], 3, 3)
    assert [one["verdict"] for one in report["articles"]] == ["stale", "fresh"]
    (log,) = json.loads((debt.folder / "k.sarif").read_text())["runs"]
    assert {(one["baselineState"], one["suppressions"][0]["kind"], one["level"]) for one in log["results"]} == {("unchanged", "external", "note")}
    assert 'failures="0"' in (debt.folder / "k.xml").read_text()
    assert (json.loads((debt.folder / "q.json").read_text()), (debt.folder / "a.txt").read_text()) == ([], "")


def test_another_file_and_none(debt, at) -> None:
    """`--file` and the configuration name another file, `--baseline` takes it, and `--no-baseline` does without."""
    assert at("baseline", "--file", "debt.txt").out == "debt.txt: 3 entries (begun)\n"
    assert (at("check").code, at("check", "--baseline", "debt.txt").code) == (1, 0)
    debt.write({"pyproject.toml": '[tool.kbtool]\nbaseline = "debt.txt"\n'})
    assert (at("check").code, at("check", "--no-baseline").code) == (0, 1)


def test_a_build_takes_debt_for_known(debt, at, page) -> None:
    """It publishes and exits with 0; a finding that decides who may read what withholds the sites all the same."""
    at("baseline")
    done = at("build", "--edition", "public")
    assert (done.code, "3 in the baseline" in done.out) == (0, True)
    debt.write({"content/c.md": page("::: internal\nsecret\n", title="C")})
    written = at("baseline")
    assert written.code == 1
    assert "error[baseline]: 1 finding can be no known debt (KB402): put that right\n" in written.err
    forged = (debt.folder / FILE).read_text() + "content/c.md KB402 000000000000\n"
    debt.write({FILE: forged})
    before = (debt.folder / "site/public/sitemap.xml").read_bytes()
    withheld = at("build", "--edition", "public")
    assert withheld.code == 1
    assert "no site was published" in withheld.err
    assert (debt.folder / "site/public/sitemap.xml").read_bytes() == before


def test_a_review_still_knows_of_it(debt, at) -> None:
    """The queue, the dossier and the timeline show debt that is known: it has to be paid by somebody."""
    at("baseline")
    assert "content/a.md" in at("review").out
    assert "KB201" in at("review", "content/a.md").out
    assert "content/a.md is stale" in at("why", "content/a.md").out


def test_nothing_is_written_without_a_verdict(debt, at, kbtool, tmp_path: Path) -> None:
    """In a shallow clone today's debt is not known: exit code 3, and the file stays."""
    debt.write({"content/c.md": "---\ntitle: C\nlast_reviewed_on: 2026-11-02\ncovers: [pyproject.toml]\n---\n"})
    debt.commit({"content/c.md": (debt.folder / "content/c.md").read_bytes()}, on="2026-11-02")
    clone = debt.clone(tmp_path / "clone", depth=1)
    for args in (("baseline",), ("baseline", "--shrink"), ("baseline", "--check")):
        done = kbtool(*args, cwd=clone.folder, today="2026-11-22")
        assert (done.code, done.out) == (3, "")
        assert done.err.startswith("kbtool: error[no-verdict]: today's debt is not known: history is cut off at ")
    assert not (clone.folder / FILE).exists()


def test_what_did_not_run_is_told(debt, at) -> None:
    """A check that was skipped for now is named: what it would find is not in the baseline."""
    (debt.folder / "checks/owners.yml").unlink()
    done = at("baseline")
    assert done.code == 0
    assert "kbtool: warning[baseline]: KB004 owner-unknown did not run, so nothing is known of it: checks/owners.yml does not exist\n" in done.err


def test_no_word_of_a_path_steers_a_terminal(debt, at, page) -> None:
    """Paths are shown as everywhere."""
    debt.write({"content/\x1b[31m.md": page("[x](nowhere.md)\n", title="C")})
    at("baseline")
    debt.write({"content/\x1b[31m.md": None})
    done = at("baseline", "--shrink")
    assert "\x1b" not in done.out
    assert "content/\\u001b[31m.md KB" in done.out


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["check", "--baseline", "none.txt"], "error[no-such-path]: there is no baseline 'none.txt' (write it with `kbtool baseline`)"),
        (["check", "--baseline", FILE, "--no-baseline"], "error[usage]: --baseline and --no-baseline contradict each other"),
        (["baseline", "--shrink"], "error[no-such-path]: there is no baseline checks/baseline.txt (write it with `kbtool baseline`)"),
        (["baseline", "--check"], "error[no-such-path]: there is no baseline"),
        (["baseline", "--base", "main"], "error[usage]: --base asks whether the baseline grows: say --check or --shrink, too"),
        (["baseline", "--file", "content/a.md"], "error[bad-baseline]: content/a.md:1: not a baseline"),
        (["baseline", "--file", "content"], "error[bad-baseline]: content: cannot be read: Is a directory"),
        (["baseline", "--today", "soon"], "error[bad-date]: --today: 'soon' is not a date"),
    ],
)
def test_what_cannot_be_meant(debt, at, args: list[str], words: str) -> None:
    """One line, exit code 2, and nothing is written."""
    done = at(*args)
    assert (done.code, done.out) == (2, "")
    assert words in done.err
    assert done.err.count("\n") == 1
    assert debt.git("status", "--porcelain", "--", "content", "checks") == ""


def test_a_base_that_is_not_there(debt, at) -> None:
    """A branch that was never fetched is no empty baseline."""
    at("baseline")
    done = at("baseline", "--check", "--base", "origin/main")
    assert (done.code, done.err) == (2, "kbtool: error[no-such-commit]: --base: there is no 'origin/main' here (name a branch that was fetched)\n")
    debt.commit({FILE: "what\n"}, on="2026-11-02")
    at("baseline", "--file", "other.txt")
    at("baseline")
    broken = at("baseline", "--check", "--base", "HEAD")
    assert broken.code == 2
