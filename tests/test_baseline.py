"""The baseline: what an entry is, what a file says, and what a run with one fails on."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbtool.baseline import (
    Baseline,
    Compared,
    Entry,
    baseline_path,
    compare,
    former_paths,
    load_baseline,
    match,
    parse_baseline,
    render,
    write_baseline,
)
from kbtool.config import load_config
from kbtool.errors import ConfigError
from kbtool.evidence import Evidence, gather
from kbtool.finding import Run, Verdict
from kbtool.registry import BUILTIN_CHECKS, make_checks
from kbtool.runner import run
from kbtool.testing import Repository

HEAD = "# kbtool baseline 1\n"
OVERDUE = "2026-01-01"


def ran(repo: Repository | Path, today: str = "2026-11-22", *, select: tuple[str, ...] = (), only=None, git: bool = True) -> tuple[Run, Evidence]:
    """Run the checks over a real repository."""
    config = load_config(repo.folder if isinstance(repo, Repository) else repo)
    evidence = gather(config, dt.date.fromisoformat(today), git=git)
    return run(evidence, make_checks(config, select), only=only, known=BUILTIN_CHECKS), evidence


def known(repo: Repository, today: str = "2026-11-22") -> Baseline:
    """Return today's debt."""
    found, evidence = ran(repo, today)
    return Baseline(compare(found, Baseline(), evidence).new)


def beside(repo: Repository, baseline: Baseline, today: str = "2026-11-22", **more) -> Compared:
    """Run the checks beside a baseline."""
    found, evidence = ran(repo, today, **more)
    return compare(found, baseline, evidence, more.get("only"))


def codes(found: Compared) -> list[str]:
    return sorted(one.code for one in found.run.findings)


@pytest.fixture
def debt(repo: Repository, page) -> Repository:
    """A repository with debt: an overdue review, two links to nothing, and changed code that is still a warning."""
    repo.commit({
        "content/a.md": page("# A\n\n[x](nowhere.md)\n\n[x](nowhere.md)\n", last_reviewed_on=OVERDUE),
        "content/b.md": page("# B\n", covers="[src/b.py]", title="B"), "src/b.py": "1",
    }, on="2026-10-01")
    repo.commit({"src/b.py": "2"}, on="2026-11-20")
    return repo


def test_a_run_with_its_own_baseline_is_clean(debt: Repository) -> None:
    """What was there is set aside, and verdicts say what they said."""
    before, _ = ran(debt)
    found = beside(debt, known(debt))
    assert sorted(one.code for one in before.findings) == ["KB102", "KB106", "KB201", "KB201"]
    assert (found.run.findings, found.run.known, found.run.paid) == ((), before.findings, 0)
    assert (found.paid, found.kept, found.new) == ((), (), ())
    assert found.run.articles == before.articles
    assert [one.verdict for one in found.run.articles] == [Verdict.STALE, Verdict.DUE]
    assert found.run.exit_code("warning", strict=True) == 0


def test_what_is_new_fails(debt: Repository, page) -> None:
    """A third link to nothing is new although it is like the two that are known; so is one in another article."""
    baseline = known(debt)
    body = "# A\n\nWords.\n\n[x](nowhere.md)\n\n[y](other.md)\n\n[x](nowhere.md)\n\n[x](nowhere.md)\n"
    debt.write({"content/a.md": page(body, last_reviewed_on=OVERDUE)})
    found = beside(debt, baseline)
    assert [(one.code, one.subject, one.line) for one in found.run.findings] == [
        ("KB108", "", 6), ("KB201", "other.md", 15), ("KB201", "nowhere.md", 19),
    ]
    assert found.run.exit_code("error", strict=False) == 1
    assert len(found.known) == 4


@pytest.mark.parametrize("body", ["\n\nNew.\n\n# A\n\n[x](nowhere.md) [x](nowhere.md)\n", "# A\n\n[x](<nowhere.md>)\n- [other words](nowhere.md)\n\n# More\n"])
def test_lines_that_move_and_edits_elsewhere_keep_the_match(debt: Repository, page, body: str) -> None:
    """An entry is about its subject, not about its place."""
    baseline = known(debt)
    debt.write({"content/a.md": page(body, last_reviewed_on=OVERDUE, description="What it is", tags="[new]")})
    assert [one.code for one in beside(debt, baseline).run.findings if one.code != "KB108"] == []


def test_an_article_that_moves_takes_its_debt_along(debt: Repository, page) -> None:
    """Moved as it is before any commit, and with edits after one; the entries are then those of the new path."""
    baseline = known(debt)
    debt.git("mv", "content/a.md", "content/c.md")
    found = beside(debt, baseline)
    assert (codes(found), found.paid) == ([], ())
    assert {entry.path for entry in found.known} == {"content/c.md", "content/b.md"}
    debt.commit({"content/c.md": page("# A\n\nWords.\n\n[x](nowhere.md)\n\n[x](nowhere.md)\n", last_reviewed_on=OVERDUE)}, on="2026-11-21")
    found = beside(debt, baseline)
    assert (codes(found), found.paid) == (["KB108"], ())
    debt.move("content/c.md", "content/deep/d.md")
    debt.commit(on="2026-11-21")
    assert beside(debt, baseline).paid == ()


def test_an_article_like_one_that_is_gone_is_new(debt: Repository, page) -> None:
    """Whoever deletes one and writes another has not moved it."""
    baseline = known(debt)
    debt.commit({"content/a.md": None}, on="2026-11-21")
    debt.commit({"content/z.md": page("[x](nowhere.md)\n", title="Z")}, on="2026-11-21")
    found = beside(debt, baseline)
    assert codes(found) == ["KB201"]
    assert [entry.code for entry in found.paid] == ["KB102", "KB201", "KB201"]


def test_a_move_is_not_known_without_history(debt: Repository) -> None:
    """Then the findings are new: nothing passes because nobody can tell."""
    baseline = known(debt)
    debt.git("mv", "content/a.md", "content/c.md")
    assert codes(beside(debt, baseline, git=False)) == ["KB102", "KB201", "KB201"]


def test_a_copy_has_debt_of_its_own(debt: Repository) -> None:
    """Each entry excuses one finding."""
    baseline = known(debt)
    debt.commit({"content/copy.md": (debt.folder / "content/a.md").read_bytes()}, on="2026-11-21")
    assert codes(beside(debt, baseline)) == ["KB102", "KB201", "KB201"]


def test_what_is_paid_off(debt: Repository, page) -> None:
    """Entries of what is not found any more are counted, one by one."""
    baseline = known(debt)
    debt.write({"content/a.md": page("# A\n\n[x](nowhere.md)\n", last_reviewed_on=OVERDUE)})
    found = beside(debt, baseline)
    assert [(entry.path, entry.code) for entry in found.paid] == [("content/a.md", "KB201")]
    assert found.run.paid == 1


def test_a_review_ends_what_was_known(debt: Repository, page, seal) -> None:
    """Code that changes after the next review is new debt, although the entry of the old one has not been taken out."""
    baseline = known(debt)
    debt.commit({"content/b.md": page("# B\n", covers="[src/b.py]", title="B", last_reviewed_on="2026-11-21")}, on="2026-11-21")
    assert [entry.code for entry in beside(debt, baseline).paid] == ["KB106"]
    debt.commit({"src/b.py": "3"}, on="2026-11-22")
    found = beside(debt, baseline, "2026-11-23")
    assert (codes(found), [entry.code for entry in found.paid]) == (["KB106"], ["KB106"])


def test_a_warning_that_becomes_an_error_stays_known(debt: Repository) -> None:
    """It is the same debt, only older; the verdict says that it is stale now."""
    found = beside(debt, known(debt), "2026-12-20")
    assert (codes(found), sorted(one.code for one in found.run.known or () if one.severity == "error")) == ([], ["KB102", "KB106", "KB201", "KB201"])
    assert [one.verdict for one in found.run.articles] == [Verdict.STALE, Verdict.STALE]


def test_a_review_that_falls_due_is_new(debt: Repository) -> None:
    """That time passes makes debt as well: the baseline is that of a day."""
    assert codes(beside(debt, known(debt), "2027-04-02")) == ["KB102"]


def test_what_decides_who_may_read_is_never_known(debt: Repository, page) -> None:
    """Such a finding is in no baseline that is written, and a line that somebody adds by hand excuses nothing."""
    debt.write({"content/secret.md": page("::: internal\nsecret\n", title="S"), "content/bad.md": "---\naudience: pubic\n---\n"})
    found, evidence = ran(debt)
    held = found.withholding
    assert {one.code for one in held} == {"KB001", "KB402"}
    compared = compare(found, Baseline(), evidence)
    assert {entry.code for entry in compared.new} & {"KB001", "KB402"} == set()
    forged = Baseline(compared.new) + Baseline({Entry(one.path, one.code, print_): 9 for one in held for print_ in ["0" * 12]})
    assert compare(found, forged, evidence).run.withholding == held


def test_only_what_was_looked_at_can_be_paid_off(debt: Repository, page) -> None:
    """With some checks, some paths, or without history, the entries of the others stay."""
    baseline = known(debt)
    debt.write({"content/a.md": page("# A\n"), "content/b.md": page("# B\n", title="B")})
    assert {entry.code for entry in beside(debt, baseline).paid} == {"KB102", "KB106", "KB201"}
    some = beside(debt, baseline, select=("KB201",))
    assert ([entry.code for entry in some.paid], sorted(entry.code for entry in some.kept)) == (["KB201", "KB201"], ["KB102", "KB106"])
    part = beside(debt, baseline, only=lambda path: path == "content/b.md")
    assert ([entry.code for entry in part.paid], len(part.kept)) == (["KB106"], 3)
    blind = beside(debt, baseline, git=False)
    assert ([entry.code for entry in blind.paid], [entry.code for entry in blind.kept]) == (["KB102", "KB201", "KB201"], ["KB106"])


def test_what_is_unknown_is_neither_known_nor_paid_off(debt: Repository, tmp_path: Path) -> None:
    """In a shallow clone the run has no verdict, with a baseline as without one."""
    baseline = known(debt)
    shallow = debt.clone(tmp_path / "clone", depth=1)
    found = beside(shallow, baseline)
    assert found.run.exit_code("error", strict=False) == 3
    assert [entry.code for entry in found.kept] == ["KB106"]
    assert found.paid == ()


# ---------------------------------------------------------------------------------------------- the file

ENTRIES = st.builds(
    Entry, st.binary(min_size=1, max_size=12).map(lambda raw: raw.decode("utf-8", "surrogateescape")), st.sampled_from(["KB102", "KB201", "ACME1"]),
    st.text("0123456789abcdef", min_size=12, max_size=12),
)


@given(entries=st.lists(ENTRIES, max_size=8))
def test_any_entries_come_back(tmp_path_factory: pytest.TempPathFactory, entries: list[Entry]) -> None:
    """One line for each, sorted, whatever bytes a path has; entries that are there twice are two."""
    path = tmp_path_factory.mktemp("kb") / "checks/baseline.txt"
    write_baseline(path, entries)
    lines = path.read_bytes().split(b"\n")
    assert (len(lines), lines[2:-1]) == (len(entries) + 3, sorted(lines[2:-1]))
    assert load_baseline(path, "baseline.txt") == Baseline(entries)
    assert [one.name for one in path.parent.iterdir()] == ["baseline.txt"]


def test_the_order_of_what_is_found_does_not_matter() -> None:
    """The same debt makes the same bytes."""
    entries = [Entry("content/b.md", "KB201", "0" * 12), Entry("content/a.md", "KB201", "1" * 12), Entry("content/a.md", "KB102", "2" * 12)]
    assert render(entries) == render(reversed(entries))
    assert render(entries).splitlines()[2:] == ["content/a.md KB102 222222222222", "content/a.md KB201 111111111111", "content/b.md KB201 000000000000"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "baseline.txt:1: not a baseline: its first line is not `# kbtool baseline 1` (write it with `kbtool baseline`)"),
        (b"{}", "baseline.txt:1: not a baseline"),
        (b"\xff\xfe", "baseline.txt:1: not a baseline"),
        (b"# kbtool baseline 2\nwhat comes\n", "baseline.txt:1: a baseline of version 2, and this kbtool knows 1 (update kbtool)"),
        (b"# kbtool baseline 1\na.md KB102 000000000000\n<<<<<<< HEAD\n", "baseline.txt:3: not a line of a baseline: '<<<<<<< HEAD' (resolve the merge"),
        (b"# kbtool baseline 1\na.md KB102 00000000000\n", "baseline.txt:2: not a line of a baseline"),
        (b"# kbtool baseline 1\na.md KB102\n", "baseline.txt:2: not a line of a baseline"),
    ],
)
def test_a_file_that_is_no_baseline(content: bytes, message: str) -> None:
    """It is an error with its line; what is not understood excuses nothing."""
    with pytest.raises(ConfigError) as error:
        parse_baseline(content, "baseline.txt")
    assert str(error.value).startswith(f"error[bad-baseline]: {message}")
    assert error.value.exit_code == 2


def test_what_is_read_leniently() -> None:
    """Comments, empty lines and the line ends of other systems change nothing."""
    text = f"{HEAD}# ours\r\n\r\ncontent/a b.md KB102 000000000000\r\n".encode()
    assert parse_baseline(text, "x") == Baseline([Entry("content/a b.md", "KB102", "0" * 12)])


def test_no_file_is_no_empty_one(tmp_path: Path) -> None:
    """Where there is none, no debt is known; a folder in its place is an error."""
    assert load_baseline(tmp_path / "baseline.txt", "b") is None
    with pytest.raises(ConfigError, match=r"cannot be read: Is a directory"):
        load_baseline(tmp_path, "b")


@pytest.mark.parametrize(("config", "path"), [("", "checks/baseline.txt"), ('checks_folder = "kb"', "kb/baseline.txt"), ('baseline = "debt/list.txt"', "debt/list.txt")])
def test_where_the_file_is(tmp_path: Path, config: str, path: str) -> None:
    """It is beside the registers, unless the configuration says another place."""
    (tmp_path / "pyproject.toml").write_text(f"[tool.kbtool]\n{config}\n")
    assert baseline_path(load_config(tmp_path)).relative_to(tmp_path).as_posix() == path


def test_own_paths_come_first() -> None:
    """An article that has the path which another had before takes its own entry."""
    one, other = Entry("a.md", "KB201", "0" * 12), Entry("b.md", "KB201", "0" * 12)
    matches, left = match([other, one], Baseline([one]), {"b.md": ["a.md"], "a.md": []}.__getitem__)
    assert (matches, left.total()) == ([False, True], 0)


def test_paths_outside_of_history_were_nowhere_before(debt: Repository) -> None:
    """What is no article, or not committed and new, has no former path."""
    debt.write({"content/new.md": "# New\n"})
    _, evidence = ran(debt)
    former = former_paths(evidence)
    assert [list(former(path)) for path in ("content/new.md", "content/none.md", "content/a.md")] == [[], [], ["content/a.md"]]
