"""What a run is limited to a change: which articles are judged, what is told of the others, and when code counts as landed."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from kbtool.finding import Run, Severity
from kbtool.testing import Repository

TEXT = "".join(f"Line {number} of an article.\n" for number in range(20))
OLD = {"last_reviewed_on": "2026-01-05"}  # overdue on the day of these tests
Files = dict[str, str | None]


@pytest.fixture
def branch(repo: Repository, page, diff) -> Callable[..., Run]:
    """`branch(before, after)`: the run on a branch that has changed these files of a knowledge base whose articles all are overdue."""

    def run(before: Files, after: Files, base: str = "main", **more: object) -> Run:
        repo.commit({"content/index.md": page(**OLD), **before}, on="2026-01-05")
        repo.branch("fix")
        repo.commit(after, on="2026-11-20")
        return diff(repo, base, **more)

    return run


def judged(run: Run) -> list[str]:
    """Return the names of the articles that were judged, and prove the others are counted."""
    assert run.diff is not None
    return [article.path.removeprefix("content/").removesuffix(".md") for article in run.articles]


def told(run: Run) -> list[str]:
    """Return what is found, as `path CODE`."""
    return sorted(f"{finding.path} {finding.code}" for finding in run.findings)


@pytest.mark.parametrize(("after", "expected"), [
    pytest.param({"content/a.md": "{a}More.\n"}, ["a"], id="edited"),
    pytest.param({"content/new.md": "{a}"}, ["new"], id="added"),
    pytest.param({"content/a.md": None, "content/z.md": "{a}"}, ["z"], id="renamed"),
    pytest.param({"content/part.md": "{part}More.\n"}, ["includes", "nests", "part"], id="what others include, at any depth"),
    pytest.param({"content/plan.png": "y"}, ["nests", "part", "includes", "shows"], id="an asset that others show or include"),
    pytest.param({"src/a.py": "2\n"}, ["covers", "globs"], id="covered code"),
    pytest.param({"src/a.py": None}, ["covers", "globs"], id="covered code that is gone"),
    pytest.param({"src/a.py": None, "lib/a.py": "1\n"}, ["covers", "globs"], id="covered code that was moved"),
    pytest.param({"src/b.py": "2\n"}, ["globs"], id="code under a glob"),
    pytest.param({"src/gen.py": "2\n"}, [], id="code that is left out"),
    pytest.param({"README.md": "x\n"}, [], id="code of nobody"),
    pytest.param({"src/a.py": "2\n", "content/a.md": "{a}More.\n"}, ["a", "covers", "globs"], id="both"),
    pytest.param({"checks/owners.yml": "ana: {name: Anna}\n"}, [], id="a register"),
    pytest.param({}, [], id="nothing"),
])
def test_which_articles_are_judged(branch, page, after: Files, expected: list[str]) -> None:
    """Those that were changed, also in what they include or show, and those whose covered code was; all others are counted."""
    texts = {"{a}": page(TEXT, **OLD), "{part}": page("![](plan.png)\n", **OLD)}
    before = {
        "content/a.md": texts["{a}"], "content/part.md": texts["{part}"], "content/plan.png": "x", "src/a.py": "1\n", "src/b.py": "1\n", "src/gen.py": "1\n",
        "content/includes.md": page('--8<-- "part.md"\n', **OLD), "content/nests.md": page('--8<-- "includes.md"\n', **OLD),
        "content/shows.md": page("[plan](plan.png)\n", **OLD), "content/covers.md": page(covers="[src/a.py]", **OLD),
        "content/globs.md": page(covers="['src/**', '!src/gen.py']", **OLD), "content/gone.md": page(covers="[src/a.py]", confidence="archived", **OLD),
    }
    changed = {path: text and re.sub(r"^\{\w+\}", lambda match: texts[match[0]], text) for path, text in after.items()}
    run = branch(before, changed)
    assert judged(run) == sorted(expected)
    assert {finding.path for finding in run.findings if finding.code == "KB102"} == {f"content/{name}.md" for name in expected}
    articles = 9 + ("content/new.md" in after)
    assert run.diff.left_alone == articles - len(expected)
    assert not run.broken


CLOSED = "SUP-1: {state: closed, resolution: fixed, closed_at: 2026-11-19}\n"


@pytest.mark.parametrize(("then", "now", "expected"), [
    pytest.param("SUP-1: {state: open}\n", CLOSED, {"names": "KB301", "speaks": "KB301"}, id="closed"),
    pytest.param(CLOSED, "SUP-1: {state: open, reopened_at: 2026-11-19}\n", {"names": "KB302", "speaks": "KB302"}, id="reopened"),
    pytest.param("SUP-2: {state: open}\n", f"SUP-2: {{state: open}}\n{CLOSED}", {"names": "KB301", "speaks": "KB301"}, id="written down for the first time"),
    pytest.param(None, CLOSED, {"names": "KB301", "speaks": "KB301"}, id="the first file"),
    pytest.param(CLOSED, f"{CLOSED}SUP-3: {{state: open}}\n", {}, id="another ticket"),
    pytest.param(CLOSED, f"# Ours\n{CLOSED}", {}, id="a comment"),
    pytest.param("SUP-1: {state: open}\n", "SUP-1: {state: open, title: Exports fail}\n", {}, id="its title alone"),
])
def test_who_changes_what_a_file_says_of_a_ticket_hears_of_its_articles(branch, page, then: str | None, now: str, expected: dict[str, str]) -> None:
    """Articles that name the ticket, in front matter or text, are judged by what a file of the branch says of it now."""
    articles = {"content/names.md": page(tickets="[SUP-1]"), "content/speaks.md": page("Until SUP-1 is fixed, wait.\n"), "content/other.md": page(tickets="[SUP-2]")}
    run = branch({**articles, "checks/tickets.yml": then}, {"checks/tickets.yml": now})
    assert judged(run) == sorted(expected)
    assert told(run) == [f"content/{name}.md {code}" for name, code in sorted(expected.items())]


@pytest.mark.parametrize(("before", "after", "expected"), [
    pytest.param({"content/x.md": "{see a.md}", "content/a.md": "{}"}, {"content/a.md": None}, ["content/a.md KB205", "content/x.md KB201"], id="a link to an article that is gone"),
    pytest.param({"content/x.md": "{see b.md}"}, {"content/z.md": "{}"}, [], id="a link that was broken before"),
    pytest.param({"content/x.md": "{see a.md#use}", "content/a.md": "{## Use}"}, {"content/a.md": "{## Usage}"}, ["content/x.md KB202"], id="an anchor"),
    pytest.param({"content/x.md": "{see a.png}", "content/a.png": "x"}, {"content/a.png": None}, ["content/x.md KB203"], id="an asset"),
    pytest.param({"content/a.md": "{see a.png}", "content/a.png": "x", "content/b.png": "x"}, {"content/a.md": "{}"}, ["content/a.png KB204"], id="an orphan, and not the other one"),
    pytest.param({"content/x.md": "{}"}, {"content/x/index.md": "{}"}, ["content/x/index.md KB008"], id="a URL that an article had, found in the new one"),
    pytest.param({"content/x/index.md": "{}"}, {"content/x.md": "{}"}, ["content/x/index.md KB008"], id="a URL that an article had, found in the old one"),
    pytest.param({"content/x.md": "{see a.md}", "content/a.md": "{}"}, {"content/a.md": "{internal}"}, ["content/a.md KB205", "content/x.md KB401"], id="an audience"),
    pytest.param({"content/x.md": "{}"}, {"checks/owners.yml": "ben: {}\n"}, ["content/index.md KB004", "content/x.md KB004"], id="an owner who is gone from the register"),
    pytest.param({"content/x.md": "{}", "checks/owners.yml": None}, {"checks/owners.yml": "ben: {}\n"}, ["content/index.md KB004", "content/x.md KB004"], id="a register where none was"),
    pytest.param({"content/x.md": "{nobody}"}, {"checks/owners.yml": "ana: {}\nben: {}\n"}, [], id="an owner who was unknown before"),
    pytest.param({"content/x.md": "{}"}, {"checks/owners.yml": "ana: {until: 2026-11-01}\n"}, ["content/index.md KB005", "content/x.md KB005"], id="an owner who goes"),
    pytest.param({"content/x.md": "{}"}, {"checks/product_areas.yml": "other: {}\n"}, ["content/index.md KB007", "content/x.md KB007"], id="an area"),
    pytest.param({"content/x.md": "{}"}, {"pyproject.toml": "[tool.kbtool]\nreview_in = '2 years'\n"}, [], id="a configuration that asks less"),
    pytest.param({"content/x.md": "{}", "pyproject.toml": "[tool.kbtool]\nreview_in = '2 years'\n"}, {"pyproject.toml": "[tool.kbtool]\n"},
                 ["content/index.md KB102", "content/x.md KB102"], id="a configuration that asks more"),
    pytest.param({"content/x.md": "{}", "pyproject.toml": "[tool.kbtool]\nchecks.review-overdue.severity = 'warning'\n"}, {"pyproject.toml": "[tool.kbtool]\n"},
                 ["content/index.md KB102", "content/x.md KB102"], id="a warning that is an error now"),
    pytest.param({"content/x.md": "{}", "pyproject.toml": "[tool.kbtool]\nchecks.review-overdue.severity = 'off'\n"}, {"pyproject.toml": "[tool.kbtool]\n"},
                 ["content/index.md KB102", "content/x.md KB102"], id="a check that was off"),
    pytest.param({"content/x.md": "{}", "checks/public.lock": "content/index.md public shown -\ncontent/x.md public shown -\n"}, {"checks/public.lock": "content/x.md public shown -\n"},
                 ["content/index.md KB404"], id="an approval that was taken back"),
    pytest.param({"content/x.md": "{}", "checks/public.lock": ""}, {"checks/public.lock": "content/index.md public shown -\n"}, [], id="what nobody had approved before"),
    pytest.param({"content/x.md": "{SUP-1}", "checks/tickets.yml": "SUP-1: {state: open}\nSUP-2: {state: open}\n"}, {"checks/tickets.yml": "SUP-2: {state: open}\n"},
                 ["content/x.md KB303"], id="a ticket that is gone from its file"),
    pytest.param({"content/x.md": "{SUP-1}", "content/y.md": "{SUP-2}", "checks/tickets.yml": "SUP-3: {state: open}\n"}, {"checks/tickets.yml": "SUP-1: {state: open}\n"}, [], id="a ticket that was unknown"),
    pytest.param({"content/x.md": "{}", "content/l.md": Path("t.md"), "content/t.md": "{}"}, {"content/t.md": None}, ["content/l.md KB405", "content/t.md KB205"], id="what a symlink led to is gone"),
    pytest.param({"content/x.md": "{see one}", "mkdocs.yml": "site_url: https://x.example/\n"}, {"mkdocs.yml": "site_url: https://x.example/help/\n"}, [], id="another site_url"),
])
def test_what_is_told_of_the_others(branch, page, before: Files, after: Files, expected: list[str]) -> None:
    """Of an article that the branch left alone, findings count that are there because of it; what was there before does not."""

    def written(text: str | None) -> str | None:
        if not isinstance(text, str) or not text.startswith("{"):
            return text
        word = text[1:-1]
        link = f"See [it]({word.removeprefix('see ')}).\n" if word.startswith("see ") else f"{word}\n" if word.startswith("#") else "Text.\n"
        more = {"audience": "internal"} if word == "internal" else {"owners": "[ben]"} if word == "nobody" else {"tickets": f"[{word}]"} if word.startswith("SUP") else {}
        return page(link, **OLD, **more)

    run = branch(*({path: written(text) for path, text in files.items()} for files in (before, after)))
    mine = {article.path for article in run.articles}
    assert [one for one in told(run) if one.partition(" ")[0] not in mine or one.endswith("KB205")] == [
        one for one in expected if one.partition(" ")[0] not in mine or one.endswith("KB205")]
    assert set(expected) <= set(told(run))
    here = {path for path, text in {"content/index.md": "", **before, **after}.items() if path.endswith(".md") and text is not None}
    assert run.diff.left_alone == len(here - mine - {finding.path for finding in run.findings})


def test_the_same_findings_as_a_whole_run(branch, page, judge, repo: Repository) -> None:
    """What is reported, with fingerprint, owners and line, is what the whole run reports, but for what is left out."""
    run = branch({"content/a.md": page("[x](b.md)\n", **OLD), "content/b.md": page(**OLD), "content/c.md": page(covers="[src/**]", **OLD), "src/a.py": "1\n"},
                 {"content/b.md": None, "src/a.py": "2\n", "content/d.md": page(owners="[x]", **OLD)})
    whole = judge(repo).found
    assert {replace(finding, severity=Severity.ERROR) for finding in map(plain, run.findings) if finding.code != "KB205"} <= {
        replace(finding, severity=Severity.ERROR) for finding in map(plain, whole.findings)}
    assert set(run.articles) <= set(whole.articles)
    assert judged(run) == ["c", "d"]


def plain(finding):
    """Return a finding without what cannot be hashed."""
    return replace(finding, evidence=())


# ---------------------------------------------------------------------------------------------- what has landed

HOW = ["fix", "merge ref", "detached", "uncommitted", "staged"]


@pytest.mark.parametrize("how", HOW)
def test_code_that_has_not_landed_is_a_warning(repo: Repository, page, diff, judge, how: str) -> None:
    """Whoever changes covered code hears of it at once, as a warning, however old the commits of the branch are."""
    repo.commit({"content/a.md": page(covers="[src/a.py]", last_reviewed_on="2026-09-01"), "src/a.py": "1\n"}, on="2026-08-01")
    repo.branch("fix")
    if how in ("uncommitted", "staged"):
        repo.write({"src/a.py": "2\n"})
    else:
        repo.commit({"src/a.py": "2\n"}, on="2026-09-20")
    if how == "staged":
        repo.git("add", "-A")
    if how == "merge ref":
        repo.git("checkout", "-q", "--detach", "main")
        repo.merge("fix", on="2026-09-21")
    if how == "detached":
        repo.git("checkout", "-q", "--detach", "fix")
    run = diff(repo)
    assert [(finding.code, finding.severity.value) for finding in run.findings] == [("KB106", "warning")]
    assert (run.exit_code("error", strict=True), run.articles[0].verdict.value) == (0, "due")
    assert [finding.severity.value for finding in judge(repo).found.findings] == ["warning" if how in ("uncommitted", "staged") else "error"]


@pytest.mark.parametrize(("landed", "severity"), [("2026-09-20", "error"), ("2026-11-15", "warning")])
def test_code_that_landed_before_counts_as_ever(repo: Repository, page, diff, landed: str, severity: str) -> None:
    """Where the code had changed on the main line too, that landing and its grace decide."""
    repo.commit({"content/a.md": page(covers="[src/a.py]", last_reviewed_on="2026-09-01"), "src/a.py": "1\n"}, on="2026-08-01")
    repo.commit({"src/a.py": "2\n"}, on=landed)
    repo.branch("fix")
    repo.commit({"src/a.py": "3\n"}, on="2026-11-20")
    assert [finding.severity.value for finding in diff(repo).findings] == [severity]


def test_what_a_branch_merged_from_main_is_not_its_own(repo: Repository, page, diff) -> None:
    """A branch that has caught up with main is asked for its own changes alone."""
    repo.commit({"content/a.md": page(**OLD), "content/b.md": page(covers="[src/a.py]", **OLD), "src/a.py": "1\n"}, on="2026-01-05")
    repo.branch("fix")
    repo.commit({"content/a.md": page("More.\n", **OLD)}, on="2026-11-01")
    repo.switch("main")
    repo.commit({"src/a.py": "2\n", "content/c.md": page(**OLD)}, on="2026-11-02")
    assert judged(diff(repo, "fix")) == ["b", "c"]
    repo.switch("fix")
    repo.merge("main", on="2026-11-03")
    assert judged(diff(repo)) == ["a"]


def test_on_the_main_line_days_decide(repo: Repository, page, diff) -> None:
    """Compared with an older commit of the main line, what has landed since has landed: its grace has begun then."""
    repo.commit({"content/a.md": page(covers="[src/a.py]", last_reviewed_on="2026-09-01"), "src/a.py": "1\n"}, on="2026-08-01")
    repo.commit({"src/a.py": "2\n", "content/new.md": page(last_reviewed_on=None)}, on="2026-09-20")
    found = diff(repo, "HEAD~1").findings
    assert [(finding.path, finding.code, finding.severity.value) for finding in found] == [
        ("content/a.md", "KB106", "error"), ("content/new.md", "KB101", "error")]


def test_an_article_without_a_review_has_not_landed(repo: Repository, page, diff, judge) -> None:
    """The days that a new article has for its first review begin when it lands, not when its branch was begun."""
    repo.branch("fix")
    repo.commit({"content/new.md": page(last_reviewed_on=None)}, on="2026-09-20")
    assert [(finding.code, finding.severity.value) for finding in diff(repo).findings] == [("KB101", "warning")]
    assert [finding.severity.value for finding in judge(repo).found.findings] == ["error"]


def test_many_dates_moved_at_once(repo: Repository, page, diff) -> None:
    """The dates that one commit moved are counted among all articles, also where just one of them is judged."""
    names = [f"content/a{number:02}.md" for number in range(12)]
    repo.commit({name: page(f"{name}\n", last_reviewed_on="2026-09-01") for name in names}, on="2026-09-01")
    repo.commit({name: page(f"{name}\n") for name in names}, on="2026-10-01")
    repo.branch("fix")
    repo.commit({names[3]: page(f"{names[3]}\n", tags="[x]")}, on="2026-10-02")
    run = diff(repo, checks=("KB111",))
    assert [(finding.path, finding.evidence["articles"]) for finding in run.findings] == [(names[3], 12)]


# ---------------------------------------------------------------------------------------------- what cannot be told


def test_what_nobody_can_tell_is_said(repo: Repository, page, kbtool) -> None:
    """An article whose covers cannot be read may describe the code: that is said, and it is left alone."""
    repo.commit({"content/a.md": page(covers="{a: 1}"), "content/b.md": "---\ntitle: [\n---\n", "src/a.py": "1\n"})
    repo.branch("fix")
    repo.commit({"src/a.py": "2\n"})
    done = kbtool("check", "--diff", "main", cwd=repo.folder, today="2026-11-22")
    assert (done.code, done.out) == (0, f"0 errors, 0 warnings, 0 unknown, 0 articles, 0 skipped\n2 other articles left alone (compared with main, {repo.git('rev-parse', 'main')[:12]})\n")
    assert done.err == "kbtool: warning[diff]: what content/a.md and 1 more cover cannot be read, so this change may be theirs; they are left alone\n"
    repo.commit({"content/c.md": page(), "src/a.py": "1\n"})
    assert kbtool("check", "--diff", "main", cwd=repo.folder, today="2026-11-22").err == ""


def test_a_configuration_that_cannot_be_read(repo: Repository, page, kbtool) -> None:
    """Where the base's configuration is broken, or there is none, that of the checkout counts on both sides."""
    repo.commit({"content/a.md": page(**OLD), "pyproject.toml": "[tool.kbtool]\nx = 1\n"})
    repo.branch("fix")
    repo.commit({"pyproject.toml": "[tool.kbtool]\n"})
    done = kbtool("check", "--diff", "main", cwd=repo.folder, today="2026-11-22")
    assert (done.code, "1 other article left alone" in done.out) == (0, True)
    assert "cannot be used" in done.err
    assert "unknown key 'x'" in done.err
    repo.git("rm", "-q", "--cached", "pyproject.toml")
    repo.commit()
    repo.git("branch", "-f", "main")
    repo.git("add", "-A")
    repo.commit()
    done = kbtool("check", "--diff", "main", cwd=repo.folder, today="2026-11-22")
    assert (done.code, done.err, "1 other article left alone" in done.out) == (0, "", True)


def test_a_check_that_breaks_on_what_was_before(repo: Repository, page, kbtool) -> None:
    """A check that cannot be run on the base gives no verdict: nobody knows what the branch has caused."""
    repo.commit({"content/a.md": page(), "content/b.md": page(), "checks/own.py": (
        "from kbtool.check import Check\nclass Own(Check):\n    '''Own.'''\n    code = 'ACME1'\n"
        "    def check_all(self, evidence):\n        for article in evidence.articles:\n            yield self.finding(article, 'x', subject=str(len(evidence.articles)))\n"
        "        assert evidence.compared, 'before'\n")})
    repo.branch("fix")
    repo.commit({"content/c.md": page()})
    done = kbtool("check", "--diff", "main", cwd=repo.folder, today="2026-11-22")
    assert (done.code, "broke: ACME1 own: AssertionError: before" in done.out) == (3, True)


def test_the_base_is_not_written_anywhere(branch, page, repo: Repository, tmp_path: Path) -> None:
    """Comparing leaves the work tree, the index and temporary folders as they were."""
    before = {"content/a.md": page(**OLD)}
    branch(before, {"checks/owners.yml": "ana: {}\n"}, checks=("KB004",))
    assert repo.git("status", "--porcelain", "--ignored") == ""
    assert sorted(path.name for path in tmp_path.iterdir()) == ["repo"]
