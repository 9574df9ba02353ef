"""FAULTS.md 2.14, rows N1 to N10 and N14 to N16: the command line, the configuration and the environment, each through a real process."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import pytest

# A report format that an installed package brings, and that breaks while it renders an article's words.
BROKEN_REPORT = """
def render(run, *, color=False):
    words = run.findings[0].excerpt if run.findings else "no words"
    raise RuntimeError(f"cannot render {words}")
"""
INTERRUPTING_CHECK = """
import os
import signal
from dataclasses import dataclass
from typing import ClassVar

from kbtool.check import Check


@dataclass(frozen=True)
class Interrupting(Check):
    code: ClassVar[str] = "ACME001"

    def check_all(self, evidence):
        os.kill(os.getpid(), signal.SIGINT)
        yield from ()
"""
# Loaded by the site generator's own process alone: it interrupts the whole group, as ^C in a terminal does.
INTERRUPTING_ENGINE = """
import os
import signal
import sys

if "kbtool.mkdocs_site" in sys.orig_argv:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.killpg(0, signal.SIGINT)
"""


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["chek"], 'error[no-such-command]: no command is called \'chek\'; did you mean "check"?'),
        (["check", "--formt", "json"], "error[usage]: No such option '--formt'. (Did you mean one of: '--format', "),
        (["check", "--format", "jsn"], 'error[no-such-report]: no report is called \'jsn\'; did you mean "json"?'),
        (["check", "--select", "KB9O1"], "error[no-such-check]: no check is called 'KB9O1'"),
        (["check", "--select", "review-overdu"], 'did you mean "review-overdue"?'),
        (["check", "--ignore", "KB1O2"], 'error[no-such-check]: no check is called \'KB1O2\'; did you mean "KB112"?'),
        (["check", "--select", ""], "error[no-such-check]: no check is called ''"),
        (["check", "--fail-on", "errors"], "'errors' is not one of 'error', 'warning', 'never'"),
        (["check", "--today", "2026-02-30"], "error[bad-date]: --today: there is no day '2026-02-30' in the calendar"),
        (["check", "--today", "tomorrow"], "(write it as YYYY-MM-DD, such as 2026-03-31)"),
        (["explain", "KB1022"], "error[no-such-check]: no check is called 'KB1022'; did you mean \"KB102\"?"),
        (["build", "--edition", "publik"], 'error[no-such-edition]: no edition is called \'publik\'; did you mean "public"?'),
        (["serve", "--edition", "intern"], 'no edition is called \'intern\'; did you mean "internal"?'),
        (["completion", "tcsh"], "'tcsh' is not one of 'bash', 'zsh', 'fish'"),
        (["new", "A title", "--type", "howto"], 'error[no-such-type]: --type: \'howto\' is no content type; did you mean "how-to"?'),
        (["new", "A title", "--audience", "pubic"], 'error[no-such-audience]: --audience: \'pubic\' is no audience; did you mean "public"?'),
        (["new"], "error[usage]: Missing argument 'TITLE'."),
    ],
)
def test_n01_an_unknown_word_is_exit_2_with_the_nearest_known_one(kb: Any, args: list[str], words: str) -> None:
    """A command, option, value or check that does not exist is named with its nearest neighbour, and nothing is done."""
    before = kb.tree()
    done = kb.run(*args)
    assert (done.code, done.out) == (2, "")
    assert words in done.err
    assert done.err.count("\n") == 1
    assert kb.tree() == before


@pytest.mark.parametrize(
    ("config", "where", "words"),
    [
        ('[tool.kbtool]\ncontnt = "docs"\n', "pyproject.toml:2", "unknown key 'contnt'; did you mean \"content\"?"),
        ('[tool.kbtool]\n\nfail-on = "errors"\n', "pyproject.toml:3", "fail_on: must be 'error', 'warning' or 'never'"),
        ("[tool.kbtool]\nsuffixes = 3\n", "pyproject.toml:2", "suffixes: must be a list"),
        ('[tool.kbtool]\ndue_soon = "soon"\n', "pyproject.toml:2", "due_soon: 'soon' is not an interval"),
        ('[tool.kbtool]\npreset = "govk"\n', "pyproject.toml:2", "unknown preset 'govk'; did you mean \"govuk\"?"),
        ('[tool.kbtool]\ncontent = "../elsewhere"\n', "pyproject.toml:2", "content: must be a path inside the repository"),
        ('[tool.kbtool]\ncontent = "content\n', "pyproject.toml:2", "not valid TOML"),
        ('[tool.kbtool.editions.public]\naudience = ["public"]\n', "pyproject.toml:2", 'did you mean "audiences"?'),
        ('[tool.kbtool.defaults."a/**"]\nowner = ["ana"]\n', "pyproject.toml:2", "unknown key 'owner'; did you mean \"owners\"?"),
        ('[tool.kbtool.editions.Public]\naudiences = ["public"]\n', "pyproject.toml:1", "an edition needs a name of small letters"),
        ("[tool.kbtool.checks.review-overdu]\ngrace_days = 1\n", "pyproject.toml", 'no such check; did you mean "review-overdue"?'),
        ("[tool.kbtool.checks.review-overdue]\ngrace = 1\n", "pyproject.toml", 'unknown option \'grace\'; did you mean "grace_days"?'),
        ('[tool.kbtool.checks.review-overdue]\ngrace_days = "x"\n', "pyproject.toml", "grace_days: must be a whole number"),
        ('[tool.kbtool.checks.review-overdue]\nseverity = "info"\n', "pyproject.toml", "severity must be error, warning or off"),
        ('[tool.kbtool]\nselect = ["KB9O"]\n', "", "no check is called 'KB9O'"),
        ('[tool.kbtool.trackers.support]\nkind = "fil"\n', "pyproject.toml", "no kind 'fil'; did you mean \"file\"?"),
        ('[tool.kbtool.trackers.support]\nkind = "file"\n', "pyproject.toml", "trackers.support.path: is missing"),
        (b"[tool.kbtool]\n# \xff\n", "pyproject.toml", "cannot be read"),
    ],
)
def test_n02_a_wrong_configuration_is_exit_2_with_file_and_line(kb: Any, config: str | bytes, where: str, words: str) -> None:
    """A setting that is misspelt, mistyped or unreadable never reads as its default."""
    kb.write("pyproject.toml", config)
    done = kb.run("-C", str(kb.root), "check")
    assert (done.code, done.out) == (2, "")
    assert words in done.err
    assert re.search(rf"{re.escape(where)}: ", done.err)
    assert done.err.count("\n") == 1


def test_n02_a_folder_that_is_no_knowledge_base_is_exit_2(kb: Any, tmp_path: Path) -> None:
    """Without a [tool.kbtool] here or above, nothing is checked, and the message says how to begin."""
    (tmp_path / "pyproject.toml").write_text("[tool.other]\n")
    done = kb.run("check", cwd=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"kbtool: error[no-config]: {tmp_path}: no knowledge base here")
    assert "kbtool init DIR" in done.err


def test_n02_a_configuration_that_is_a_folder_is_exit_2(kb: Any) -> None:
    """A pyproject.toml that cannot be read is an error and no empty configuration."""
    (kb.root / "pyproject.toml").unlink()
    (kb.root / "pyproject.toml").mkdir()
    done = kb.run("-C", str(kb.root), "check")
    assert (done.code, done.out) == (2, "")
    assert "error[config]:" in done.err
    assert "cannot be read" in done.err


@pytest.mark.parametrize(
    ("name", "text", "where"),
    [
        ("checks/owners.yml", "ana:\n  nam: Ana\n", "checks/owners.yml:2: ana: unknown key 'nam'; did you mean \"name\"?"),
        ("checks/owners.yml", "ana: [\n", "checks/owners.yml:1"),
        ("checks/product_areas.yml", "- billing\n", "checks/product_areas.yml: must map ids to entries"),
        ("mkdocs.yml", "site_name: x\nnav: [\n", "mkdocs.yml:3: "),
        ("mkdocs.yml", "hooks: !!python/name:os.system\n", "would run code that kbtool does not know"),
        ("checks/mine.py", "import nowhere_to_be_found\n", "checks/mine.py:1: ModuleNotFoundError"),
        ("checks/mine.py", "x = 1\nif True\n", "checks/mine.py:2: SyntaxError"),
    ],
)
def test_n02_a_register_or_site_file_that_cannot_be_used_is_exit_2(kb: Any, name: str, text: str, where: str) -> None:
    """Registers, mkdocs.yml and the site's own checks are configuration: they are right, or nothing is checked."""
    kb.write(name, text)
    done = kb.run("check")
    assert (done.code, done.out) == (2, "")
    assert where in done.err


@pytest.mark.parametrize("key", ["token", "api_token", "password", "client_secret", "api_key"])
def test_n03_a_secret_in_the_configuration_is_exit_2(kb: Any, key: str) -> None:
    """A token in a file that git keeps is refused, and the message does not repeat it."""
    kb.write("pyproject.toml", f'[tool.kbtool.trackers.support]\nkind = "file"\npath = "t.yml"\n{key} = "hunter2-in-clear"\n')
    done = kb.run("check")
    assert (done.code, done.out) == (2, "")
    assert f"error[secret-in-config]: pyproject.toml: trackers.support: '{key}' would keep a secret in a file" in done.err
    assert "hunter2" not in done.err


@pytest.mark.parametrize("value", [" ", "soon", "12.5", "99999999999999999", "1700000000\nX-Evil: 1", "١٧٠٠x"])
def test_n04_an_environment_variable_that_cannot_be_read_is_exit_2(kb: Any, value: str) -> None:
    """A clock that is set but says nothing is an error on one line, not a silent fall back to the real one."""
    done = kb.run("check", today=None, env={"SOURCE_DATE_EPOCH": value})
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("kbtool: error[bad-date]: SOURCE_DATE_EPOCH: ")
    assert done.err.count("\n") == 1


def test_n04_an_empty_environment_variable_is_as_good_as_none(kb: Any) -> None:
    """SOURCE_DATE_EPOCH without a value leaves the day to `--today` or to the clock."""
    assert kb.run("check", "--today", "2026-11-22", today=None, env={"SOURCE_DATE_EPOCH": ""}).code == 0


@pytest.mark.parametrize("command", ["check", "build"])
@pytest.mark.parametrize("leave", ["nothing", "an asset", "no folder"])
def test_n05_no_articles_is_exit_2(kb: Any, command: str, leave: str) -> None:
    """A gate that finds nothing to check does not pass."""
    (kb.root / "content/index.md").unlink()
    if leave == "an asset":
        kb.write("content/logo.png", b"\x89PNG")
    if leave == "no folder":
        (kb.root / "content").rmdir()
    done = kb.run(command)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("kbtool: error[no-inputs]: ")
    assert "'content'" in done.err
    assert not (kb.root / "site").exists()


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("content/nothing.md", "error[no-such-path]: there is no file or folder 'content/nothing.md'"),
        ("checks", "error[no-inputs]: 'checks' holds no article of this knowledge base"),
        ("checks/owners.yml", "error[no-inputs]: 'checks/owners.yml' holds no article"),
        ("..", "error[no-inputs]: '..' holds no article"),
        ("content/empty", "error[no-inputs]: 'content/empty' holds no article"),
    ],
)
def test_n06_a_path_without_an_article_is_exit_2(kb: Any, path: str, words: str) -> None:
    """A path that does not exist, or holds no article, is an error even beside one that does."""
    (kb.root / "content/empty").mkdir()
    done = kb.run("check", "content/index.md", path)
    assert (done.code, done.out) == (2, "")
    assert words in done.err


@pytest.mark.parametrize("command", [["-C", "nowhere", "check"], ["audit", "nowhere"]])
def test_n06_a_folder_argument_that_does_not_exist_is_exit_2(kb: Any, command: list[str]) -> None:
    """The folders that commands take must exist, too."""
    done = kb.run(*command)
    assert (done.code, done.out) == (2, "")
    assert "error[no-such-path]: there is no folder 'nowhere'" in done.err


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["check", "--select", "KB102", "--ignore", "KB1"], "error[no-checks]: no check is left to run"),
        (["build", "--ignore", "KB"], "No such option '--ignore'"),
        (["check", "--output", "content/index.md"], "error[bad-output]: 'content/index.md' is an article"),
        (["check", "--output", "content"], "error[bad-output]: 'content' is a folder"),
        (["check", "--output", "no/such/folder/report.txt"], "error[bad-output]"),
        (["init", "."], "error[not-empty]"),
        (["new", "Title", "--in", "../checks"], "error[path-escape]: --in: '../checks' is not inside the content folder"),
        (["new", "Index"], "error[exists]: content/index.md exists already"),
    ],
)
def test_n07_options_that_contradict_each_other_or_the_files_are_exit_2(kb: Any, args: list[str], words: str) -> None:
    """What cannot be meant is refused before anything is written."""
    before = kb.tree()
    done = kb.run(*args)
    assert (done.code, done.out) == (2, "")
    assert words in done.err
    assert kb.tree() == before


def test_n08_an_uncaught_exception_is_exit_4_with_a_crash_file(kb: Any, tmp_path: Path) -> None:
    """A bug costs one line and a file of types and places, with no word of an article, and the old report stays."""
    packages, temporary = tmp_path / "packages", tmp_path / "tmp"
    (packages / "acme-1.0.dist-info").mkdir(parents=True)
    (packages / "acme-1.0.dist-info/METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
    (packages / "acme-1.0.dist-info/entry_points.txt").write_text("[kbtool.reports]\nacme = acme_report\n")
    (packages / "acme_report.py").write_text(BROKEN_REPORT)
    temporary.mkdir()
    kb.write("report.txt", "the last report")
    kb.write("content/secret.md", "---\naudience: pubic-launch-codes\n---\n\nThe launch code is 0000.\n")
    before = kb.tree()
    done = kb.run(
        "check", "--format", "acme", "--output", "report.txt", env={"PYTHONPATH": str(packages), "TMPDIR": str(temporary)},
    )
    assert (done.code, done.out) == (4, "")
    (crash,) = temporary.iterdir()
    assert done.err == f"kbtool: error[bug]: RuntimeError; please report it with the file {crash}\n"
    text = crash.read_text()
    assert text.startswith("kbtool ")
    assert "RuntimeError" in text
    assert re.search(r"^  acme_report\.py:4 render$", text, re.MULTILINE)
    for word in ("launch", "pubic", "secret.md", str(kb.root), "cannot render"):
        assert word not in text + done.err
    assert kb.tree() == before


def test_n08_a_crash_where_no_file_can_be_written_is_still_exit_4(kb: Any, tmp_path: Path) -> None:
    """Even without a place for the crash file the bug is told in one line."""
    packages = tmp_path / "packages"
    (packages / "acme-1.0.dist-info").mkdir(parents=True)
    (packages / "acme-1.0.dist-info/entry_points.txt").write_text("[kbtool.reports]\nacme = acme_report\n")
    (packages / "acme_report.py").write_text(
        "import tempfile\n\ndef render(run, *, color=False):\n    tempfile.tempdir = '/nowhere/at/all'\n    return 1 / 0\n"
    )
    done = kb.run("check", "--format", "acme", env={"PYTHONPATH": str(packages)})
    assert (done.code, done.out) == (4, "")
    assert done.err == "kbtool: error[bug]: ZeroDivisionError; please report it with the file (no crash file could be written)\n"


@pytest.mark.parametrize("command", ["check", "build"])
def test_n09_an_interrupt_is_exit_130(kb: Any, command: str) -> None:
    """^C ends the run with the code of the signal; a check that is running does not swallow it."""
    kb.write("checks/interrupting.py", INTERRUPTING_CHECK)
    before = kb.tree()
    done = kb.run(command)
    assert (done.code, done.out) == (130, "")
    assert kb.tree() == before


def test_n09_an_interrupt_while_the_engine_runs_keeps_the_old_site(kb: Any, tmp_path: Path) -> None:
    """^C in the midst of a build leaves the last good site as it was, and no half of a new one."""
    kb.write("site/public/index.html", "the last good site")
    (tmp_path / "hooks").mkdir()
    (tmp_path / "hooks/sitecustomize.py").write_text(INTERRUPTING_ENGINE)
    done = kb.run("build", "--edition", "public", env={"PYTHONPATH": str(tmp_path / "hooks")}, start_new_session=True)
    assert done.code == 130
    assert [path.name for path in (kb.root / "site").rglob("*")] == ["public", "index.html"]
    assert (kb.root / "site/public/index.html").read_text() == "the last good site"


@pytest.mark.parametrize(
    "env",
    [
        {"HOME": "/proc/nothing", "XDG_CACHE_HOME": "/proc/nothing"},
        {"HOME": "/proc"},
        {"HOME": ""},
        {"TERM": "dumb"},
        {"COLUMNS": "1"},
        {"LC_ALL": "C", "PYTHONIOENCODING": "ascii"},
    ],
)
def test_n10_the_environment_does_not_matter(kb: Any, env: dict[str, str]) -> None:
    """Without a home, a terminal or standard input, and in any locale, the same report comes out."""
    kb.write("content/über.md", "---\ntitle: Über\n---\n")
    usual = kb.run("check")
    assert usual.code == 1
    assert "content/über.md" in usual.out
    assert kb.run("check", env=env) == usual


def test_n10_a_site_is_built_without_a_home(kb: Any) -> None:
    """The engine needs no home either."""
    done = kb.run("build", "--edition", "public", env={"HOME": "/proc/nothing", "XDG_CACHE_HOME": "/proc/nothing"})
    assert (done.code, done.err) == (0, "")
    assert (kb.root / "site/public/index.html").is_file()


def test_n14_a_baseline_of_something_else_is_told(kb: Any) -> None:
    """It excuses nothing, a warning says that it does not fit, and what does not match any more is listed."""
    kb.write("content/bad.md", "---\ntitle: Bad\n---\n")
    kb.write("checks/baseline.txt", "# kbtool baseline 1\ncontent/elsewhere.md KB003 0123456789ab\ncontent/index.md KB003 0123456789ab\n")
    done = kb.run("check", "--no-git")
    assert done.code == 1
    assert done.err == "kbtool: warning[baseline]: nothing that checks/baseline.txt names is found here: is it that of another knowledge base?\n"
    assert "2 entries of the baseline are paid off: `kbtool baseline --shrink` takes them out\n" in done.out


def test_n14_no_baseline_hides_what_decides_who_may_read(kb: Any) -> None:
    """An article whose audience cannot be read keeps the sites back, whatever the baseline and the article say."""
    kb.write("content/bad.md", "---\ntitle: [\n---\n\n<!-- kbtool: ignore KB001 until 2027-01-31: we know -->\n")
    kb.write("content/torn.md", "---\ntitle: T\nowners: [ana]\nproduct_areas: [billing]\n---\n\n<!-- kbtool: ignore KB402 until 2027-01-31: we know -->\n::: internal\n")
    kb.write("checks/baseline.txt", "# kbtool baseline 1\n" + "".join(f"content/{name}.md {code} {0:012x}\n" for name, code in (("bad", "KB001"), ("torn", "KB402"))))
    done = kb.run("build", "--no-git")
    assert done.code == 1
    assert re.search(r"no site was published: \d finding\(s\) leave open who may read what \(KB001, KB402\)", done.err)
    assert "KB402 cannot be silenced: it decides who may read what" in done.out
    assert not (kb.root / "site").exists()


@pytest.mark.parametrize("said", ["until 2027-01-31", "until 2026-11-22: we know", ": we know", "until 2026-13-01: we know", "until 2199-01-01: we know"])
def test_n15_a_suppression_without_a_reason_or_an_end_is_exit_1(kb: Any, said: str) -> None:
    """It is a finding, and what it would silence is one, too."""
    text = (kb.root / "content/index.md").read_text()
    kb.write("content/index.md", f"{text}\n<!-- kbtool: ignore KB201 {said} -->\n[x](nowhere.md)\n")
    done = kb.run("check", "--no-git")
    assert (done.code, done.out.count(" error KB02"), done.out.count(" error KB201")) == (1, 1, 1)
    kb.write("content/index.md", f"{text}\n<!-- kbtool: ignore KB201 until 2027-01-31: we know -->\n[x](nowhere.md)\n")
    assert kb.run("check", "--no-git").code == 0


@pytest.mark.parametrize("content", ["# kbtool baseline 2\n", "", "{}\n", "# kbtool baseline 1\nwhat\n", "# kbtool baseline 1\n=======\n"])
def test_n16_a_baseline_of_a_later_version_or_a_broken_one_is_exit_2(kb: Any, content: str) -> None:
    """One line names file and line, no report is printed, and the file stays."""
    kb.write("checks/baseline.txt", content)
    for args in (["check"], ["build"], ["baseline"], ["baseline", "--shrink"], ["debt"]):
        done = kb.run(*args, *(["--no-git"] if args[0] in ("check", "build") else []))
        assert (done.code, done.out, done.err.count("\n")) == (2, "", 1), args
        assert re.match(r"kbtool: error\[bad-baseline\]: checks/baseline\.txt:[12]: ", done.err)
    assert (kb.root / "checks/baseline.txt").read_text() == content


def test_n16_a_cache_of_a_later_version_is_not_read(kb: Any) -> None:
    """It is made anew, without a word: nothing depends on it."""
    usual = kb.run("check", "--no-git")
    path = kb.root / ".kbtool/cache/content"
    _, packed = path.read_bytes().split(b"\n", 1)
    later = re.sub(rb'"version": "[^"]*"', b'"version": "99.0.0 0"', packed, count=1).replace(b"Export invoices", b"Export anything")
    assert later != packed
    kb.write(".kbtool/cache/content", hashlib.sha256(later).hexdigest().encode() + b"\n" + later)
    assert kb.run("check", "--no-git") == usual
    assert b"99.0.0" not in path.read_bytes()
