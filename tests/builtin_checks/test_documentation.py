"""Registered = documented = tested: each check's name, documentation, page, module and tests agree."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib import resources
from pathlib import Path

import pytest

from kbtool.builtin_checks.broken_link import BrokenLink
from kbtool.builtin_checks.suppression_unused import SuppressionUnused
from kbtool.check import Check
from kbtool.config import load_config
from kbtool.evidence import Evidence, gather
from kbtool.explain import check_page, explain_check, main, page_name, summary, write_check_pages
from kbtool.finding import Finding
from kbtool.registry import BUILTIN_CHECKS, make_checks
from kbtool.runner import run
from kbtool.testing import TODAY, check_files, in_words, knowledge_base

TICKETS = re.compile(r"`checks/tickets\.yml` (?:says|has) `(SUP-431)([^`]*)`")
EXAMPLE = re.compile(r'```md title="(\w+)"\n(.*?)\n```', re.DOTALL)
#: What the examples may link to.
OTHERS = {f"content/internal/{name}.md": f"---\ntitle: {name}\naudience: internal\n---\n" for name in ("runbook", "limits")}
#: Checks of names, kinds of files, characters that a page cannot show, and a list beside the articles.
WITHOUT_EXAMPLE = {
    "url-taken", "name-not-portable", "control-character", "hidden-character", "file-ignored", "orphan-asset", "symlink-escape",
    "embedded-repo", "audience-widened", "url-removed",
}
#: What the words above an example say of the repository that it is in: commits of (day, files); ARTICLE is the example.
ARTICLE = "content/article.md"
HISTORIES = {
    "code-changed": lambda text: [("2026-09-01", {"src/export.py": "1"}), *sorted([(day(text), {ARTICLE: text}), ("2026-11-20", {"src/export.py": "2"})])],
    "covers-nothing": lambda text: [("2026-11-20", {ARTICLE: text, "src/export.py": "1"})],
    "text-changed": lambda text: [("2026-10-01", {ARTICLE: text.replace("all**, as the edit of 20 November says.", "**.")}), ("2026-11-20", {ARTICLE: text})],
    "bulk-review": lambda text: [
        ("2026-10-01", {name: text.replace(day(text), "2026-10-01") for name in ELEVEN}),
        ("2026-11-20", {name: text.replace(day(text), "2026-11-20") for name in ELEVEN}), (day(text), {ARTICLE: text}),
    ],
    "covers-too-broad": lambda text: [("2026-11-20", {ARTICLE: text, "src/export.py": "1", **{f"src/{number}.py": "1" for number in range(199)}})],
}
ELEVEN = [ARTICLE, *(f"content/{number}.md" for number in range(10))]

every_check = pytest.mark.parametrize("check", BUILTIN_CHECKS, ids=lambda check: check.name())


@every_check
def test_documentation(check: type[Check]) -> None:
    """A check's docstring begins with one sentence and says why the fault matters and how to fix it, in this order."""
    text = check.documentation()
    assert re.fullmatch(r"[A-Z][^.]*\.", summary(check)), summary(check)
    assert text.splitlines()[1] == ""
    assert 0 < text.index("\nWhy it matters: ") < text.index("\nHow to fix it: ")
    assert check.check.__doc__ or check.check_all.__doc__


@every_check
def test_examples(check: type[Check], tmp_path: Path, new_repo) -> None:
    """The examples of a check do what their titles say, those about history in a real repository."""
    examples = EXAMPLE.findall(check.documentation())
    assert [title for title, _ in examples] == ([] if check.name() in WITHOUT_EXAMPLE else ["Fires", "Passes"])
    for title, text in examples:
        if check.name() in HISTORIES:
            found = check_history(check(), tmp_path / title, HISTORIES[check.name()](f"{text}\n"), new_repo)
        else:
            others = [BrokenLink()] if check is SuppressionUnused else []
            found = check_files(check(), {**OTHERS, **tickets(check), ARTICLE: f"{text}\n"}, others=others)
        assert [one.code for one in found if one.path == ARTICLE] == ([check.code] if title == "Fires" else []), title


class Settings:
    """Evidence that has nothing of other articles and files."""

    def __init__(self, evidence: Evidence) -> None:
        self.today, self.config, self.owners, self.product_areas = evidence.today, evidence.config, evidence.owners, evidence.product_areas
        self.tickets, self.editions, self.shown_in = evidence.tickets, evidence.editions, evidence.shown_in


@pytest.mark.parametrize("check", [check for check in BUILTIN_CHECKS if check.alone], ids=lambda check: check.name())
def test_alone(check: type[Check], tmp_path: Path) -> None:
    """What a check that looks at articles alone says of one, it says without knowing the others, the files, or where links lead."""
    examples = [text for title, text in EXAMPLE.findall(check.documentation()) if title == "Fires"] or ["\u202eText\x07"]
    more = tickets(check) if check.code.startswith("KB3") else {}
    evidence = knowledge_base(tmp_path, {**OTHERS, **more, ARTICLE: f"{examples[0]}\n"})
    article = evidence.content.by_source["article.md"]
    found = list(check().check(article, Settings(evidence)))
    assert found == list(check().check(article, evidence))
    assert found
    assert not check.waits()


def tickets(check: type[Check]) -> dict[str, str]:
    """Return checks/tickets.yml as the words above the examples describe it; no file where they say nothing of one."""
    match = TICKETS.search(" ".join(check.documentation().split()))
    assert (match is not None) is check.code.startswith("KB3")
    return {"checks/tickets.yml": f"{match[1]}{match[2] or ': {state: open}'}\n"} if match else {}


def day(text: str) -> str:
    """Return the day of an example's review."""
    return re.findall(r"\d{4}-\d{2}-\d{2}", text)[0]


def check_history(check: Check, folder: Path, commits: list[tuple[str, dict[str, str]]], new_repo) -> list[Finding]:
    """Run a check in a repository with these commits."""
    repo = new_repo(folder)
    for when, files in commits:
        repo.commit(files, on=when)
    found = run(gather(load_config(folder), TODAY), [check])
    assert found.skipped == ()
    return list(found.findings)


@every_check
def test_one_name(check: type[Check]) -> None:
    """Code, class, module, check and test file have one name."""
    module = check.name().replace("-", "_")
    assert check.__module__ == f"kbtool.builtin_checks.{module}"
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", check.name())
    source = (resources.files("kbtool.builtin_checks") / f"{module}.py").read_text("utf-8")
    assert source.startswith(f'"""{check.code} {check.name()}."""\n')
    tests = Path(__file__).with_name(f"test_{module}.py")
    assert tests.read_text("utf-8").startswith(f'"""{check.code} {check.name()}."""\n')


@every_check
def test_explain(check: type[Check]) -> None:
    """What `explain` shows has the code, the name, the severity and each option with its default."""
    text = explain_check(check)
    assert text.startswith(f"# {check.code} {check.name()}\n\n{summary(check)}\n")
    assert f"[tool.kbtool.checks.{check.name()}]" in text
    assert f'severity = "{check.severity.value}"' in text
    for option in check.options():
        assert re.search(rf"^{option} = ", text, re.MULTILINE)
        assert f"`{option}`" in check.documentation(), f"the docstring does not speak of {option}"


def test_registered_is_what_there_is() -> None:
    """Every module of built-in checks is registered, once, in the order of the codes within its family."""
    modules = {file.name.removesuffix(".py") for file in resources.files("kbtool.builtin_checks").iterdir() if file.name.endswith(".py")}
    assert {check.name().replace("-", "_") for check in BUILTIN_CHECKS} == modules - {"__init__"}
    codes = [check.code for check in BUILTIN_CHECKS]
    assert codes == sorted(set(codes))
    assert all(re.fullmatch(r"KB\d{3}", code) for code in codes)
    assert len({check.name() for check in BUILTIN_CHECKS}) == len(BUILTIN_CHECKS)


def test_every_test_file_has_a_check() -> None:
    """No test file of a check outlives it."""
    files = {path.stem for path in Path(__file__).parent.glob("test_*.py")}
    assert files == {f"test_{check.name().replace('-', '_')}" for check in BUILTIN_CHECKS} | {
        "test_documentation", "test_fixtures", "test_robustness",
    }


def test_pages_are_clean_articles(tmp_path: Path) -> None:
    """The pages of the checks, in a knowledge base, have no finding of any check themselves."""
    pages = {f"content/checks/{page_name(check)}": check_page(check) for check in BUILTIN_CHECKS}
    registers = {"checks/owners.yml": "maintainers:\n", "checks/product_areas.yml": "checks:\n"}
    evidence = knowledge_base(tmp_path, {**pages, **registers})
    found = run(evidence, make_checks(evidence.config))
    assert (in_words(found.findings), [skip for skip in found.skipped if skip.failed]) == ([], [])
    assert {article.audience for article in evidence.articles} == {"public"}


def test_pages_of_the_checkout(repository: Path) -> None:
    """The checkout's own knowledge base holds just these pages; `make docs` writes them."""
    folder = repository / "content" / "checks"
    if not (repository / "content").is_dir():
        pytest.skip("not in a checkout")
    here = {path.name: path.read_text("utf-8") for path in folder.glob("kb*.md")}
    assert here == {page_name(check): check_page(check) for check in BUILTIN_CHECKS}


def test_write_check_pages(tmp_path: Path) -> None:
    """Writing the pages removes those of checks that are gone, keeps other articles, and changes nothing the second time."""
    folder = tmp_path / "content/checks"
    folder.mkdir(parents=True)
    (folder / "kb999-gone.md").write_text("gone")
    (folder / "index.md").write_text("mine")
    (folder / page_name(BUILTIN_CHECKS[0])).write_text("old")
    pages = write_check_pages(folder)
    assert sorted(folder.iterdir()) == sorted([*pages, folder / "index.md"])
    assert {path.name: path.read_text("utf-8") for path in pages} == {page_name(check): check_page(check) for check in BUILTIN_CHECKS}
    before = {path: path.stat().st_mtime_ns for path in pages}
    assert write_check_pages(folder) == pages
    assert {path: path.stat().st_mtime_ns for path in pages} == before


def test_the_module_writes_the_pages(tmp_path: Path) -> None:
    """`python -m kbtool.explain FOLDER` writes the pages, and without a folder says how it is called."""
    call = [sys.executable, "-P", "-W", "error", "-m", "kbtool.explain"]
    done = subprocess.run([*call, "checks"], cwd=tmp_path, capture_output=True, check=True)
    assert (done.stdout, done.stderr) == (b"", b"")
    assert {path.name for path in (tmp_path / "checks").iterdir()} == {page_name(check) for check in BUILTIN_CHECKS}
    failed = subprocess.run(call, cwd=tmp_path, capture_output=True, check=False)
    assert (failed.returncode, failed.stderr) == (1, b"usage: python -m kbtool.explain FOLDER\n")


def test_main(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The module's entry point takes the folder from the command line."""
    monkeypatch.setattr(sys, "argv", ["explain", str(tmp_path / "checks")])
    main()
    assert len(list((tmp_path / "checks").iterdir())) == len(BUILTIN_CHECKS)
