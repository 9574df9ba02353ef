"""Faults of what is printed (FAULTS.md, group M): names that strangers chose, in a terminal, in the log of a build, in a report."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest

from kbtool.report_registry import BUILTIN_REPORTS

TODAY = "2026-11-22"
OBEYED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]|##\[|^::", re.MULTILINE)
#: Colours, a link, a window title, a device control string, a bell, C1, a direction mark; a line end; a command to a build server.
WORDS = ["\x1b[31m\x1b]8;;e\x1b\\\x1b]0;t\x07\x1bPq\x1b\\\x9b31m\u202e", "\r", "##[error]"]
COMMANDS = {
    "check": ["check"], "queue": ["review"], "markdown": ["review", "--format", "markdown"], "dossier": ["review", "content/a.md"],
    "stamp": ["review", "content/a.md", "--outcome", "accurate", "--still-accurate", "--by", "ana", "--dry-run"],
    "why": ["why", "content/a.md"], "impact": ["impact", "HEAD~1"],
}


def obeyed(done: Any) -> re.Match[str] | None:
    """Return what a terminal would obey; a line may end as on Windows, and in Markdown our own U+200B keeps words from being calls."""
    ours = "\u200b" if done.out.startswith("| |") else ""
    return OBEYED.search((done.out + done.err).replace("\r\n", "\n").replace(ours, ""))


@pytest.fixture
def strange(repo: Any, page: Any, home: Any) -> Any:
    """`strange("\\x1b[31m")`: a repository in which that is in every name that somebody chose, but for those of authors."""

    def make(word: str) -> Any:
        quoted = '"' + word.encode("unicode_escape").decode().replace("##", "\\u0023#") + '"'
        repo.commit({
            "content/a.md": page(f"{word} text\n", last_reviewed_on="2026-06-01", title="x ##[error]" if word.isprintable() else "x", covers='["src/**"]', tickets="[SUP-1]"),
            f"src/{word}.py": "1\n", f"content/{word}.md": page("Text.\n", last_reviewed_on="2026-01-05"), "checks/tickets.yml": "SUP-1: {state: open}\n",
            "checks/owners.yml": f"ana: {{name: {quoted}}}\n" if word.isprintable() else "ana: {}\n",
        }, on="2026-06-01")
        repo.commit({f"src/{word}.py": f"{word}\n"}, on="2026-11-01", message=f"{word} change")
        return repo

    return make


@pytest.mark.parametrize("word", WORDS)
def test_m10_no_name_steers_a_terminal(strange: Any, kbtool: Any, word: str) -> None:
    """Of paths, titles, texts and subjects every character that a terminal or a build server obeys is shown as an escape."""
    repo = strange(word)
    for name, args in COMMANDS.items():
        done = kbtool(*args, cwd=repo.folder, today=TODAY)
        assert done.code in (0, 1), (name, done.err)
        assert not obeyed(done), name
    done = kbtool("review", f"content/{word}.md", "--outcome", "accurate", "--by", "ana", cwd=repo.folder, today=TODAY)
    assert not obeyed(done)
    done = kbtool("why", f"{word}.md", cwd=repo.folder, today=TODAY)
    assert (done.code, obeyed(done)) == (2, None)


@pytest.mark.parametrize("word", WORDS)
def test_m11_nor_does_a_name_that_git_prints(repo: Any, page: Any, home: Any, kbtool: Any, word: str) -> None:
    """Names of authors come out of git raw; they are shown like all others."""
    by = f"Eve{word} <e@example.com>"
    repo.commit({"content/a.md": page("One.\n", last_reviewed_on="2026-06-01", covers="[src/**]"), "src/a.py": "1\n"}, on="2026-06-01", by=by)
    repo.commit({"content/a.md": page("Two.\n", last_reviewed_on="2026-06-01", covers="[src/**]"), "src/a.py": "2\n"}, on="2026-11-01", by=by)
    for name, args in COMMANDS.items():
        done = kbtool(*args, cwd=repo.folder, today=TODAY)
        assert done.code in (0, 1), (name, done.err)
        assert not obeyed(done), name
    assert "Eve" in kbtool("why", "content/a.md", cwd=repo.folder, today=TODAY).out


# ------------------------------------------------------------------------------------------------------- reports

#: Names of files that would be commands: to GitHub, to Azure Pipelines, to TeamCity, and to the log of GitLab.
COMMAND_NAMES = [
    "\n::error file=x::forged", "\r\n::stop-commands::x", "\n::add-mask::a", "##[error]forged", "##vso[task.setvariable variable=x]y", "##teamcity[buildStop]",
    "\nsection_start:1:x\r\x1b[0K", "%0A::error::forged", "\n ::error::x",
]


def shell(kb: Any, line: str, **env: str) -> subprocess.CompletedProcess[bytes]:
    """Run a line of bash in the knowledge base; `$kbtool` is the program."""
    program = f"{sys.executable} -P -m kbtool"
    return subprocess.run(
        ["bash", "-c", f"kbtool='{program}'; {line}"], cwd=kb.root, env={**os.environ, "SOURCE_DATE_EPOCH": "1795348800", **env}, capture_output=True, check=False,
    )


@pytest.mark.parametrize("form", BUILTIN_REPORTS)
@pytest.mark.parametrize("name", COMMAND_NAMES)
def test_m01_no_name_is_a_command_to_a_build_server(kb: Any, page: Any, form: str, name: str) -> None:
    """In no format does a line begin with a command that is not ours, or hold one of the forms that count anywhere."""
    kb.write(f"content/{name}.md", page(f"[{name.strip()}](nowhere.md)\n", last_reviewed_on="2026-01-05"))
    done = kb.run("check", "--format", form)
    assert done.code == 1, done.err
    commands = re.findall(r"^\s*(::.*)$", done.out.replace("\r", "\n"), re.MULTILINE)
    assert all(re.match(r"::error file=content/[^:,]*,line=\d+,col=\d+,title=[^:,]*::", command) for command in commands)
    assert len(commands) == (done.out.count("\n") if form == "annotations" else 0)
    anywhere = re.findall(r"##[a-z]*\[[^ \]]*", done.out, re.IGNORECASE)
    assert anywhere == ["##vso[task.logissue"] * (done.out.count("\n") if form == "azure" else 0)


@pytest.mark.parametrize("text", ["##[error]forged", "##vso[task.complete]", "##teamcity[x]", "::error::forged"])
def test_m02_nor_is_a_line_of_an_article(kb: Any, page: Any, text: str) -> None:
    """The report for people shows lines of articles, in CI as well."""
    kb.write("content/a.md", page(f"[x](nowhere.md) {text}\n{text} [x](nowhere.md)\n"))
    done = kb.run("check")
    assert done.out.count("KB201") == 2
    assert not re.search(r"##[a-z]*\[|^\s*::", done.out, re.MULTILINE)
    assert text.replace("[", "\\[") in done.out


def test_m03_what_github_would_drop_is_said(kb: Any, page: Any) -> None:
    """It shows ten errors and ten warnings: errors are not crowded out, and a notice says how many more there are."""
    for number in range(12):
        kb.write(f"content/{number}.md", page("[x](nowhere.md)\n", last_reviewed_on="2026-06-01", review_in="6 months"))  # due in ten days: a warning
    lines = kb.run("check", "--format", "annotations").out.splitlines()
    assert [line.split(" ")[0] for line in lines[:20]] == ["::error"] * 10 + ["::warning"] * 10
    assert lines[20:22] == ["::notice title=kbtool::4 more findings than GitHub shows of a step; the log has all of them", "::group::4 more findings"]
    assert len(lines) == 27


def test_m04_nothing_is_written_into_the_files_of_a_workflow(kb: Any, page: Any, tmp_path: Path) -> None:
    """Environment, path and outputs stay as they are; a summary is written where somebody asks for it, and is short enough."""
    names = ("GITHUB_ENV", "GITHUB_PATH", "GITHUB_OUTPUT", "GITHUB_STATE", "GITHUB_STEP_SUMMARY")
    env = {name: str(tmp_path / name) for name in names}
    for path in env.values():
        Path(path).write_text("")
    kb.write("content/a.md", page("[x\nEOF\nNAME=x](nowhere.md)\n" * 2000))
    done = kb.run("check", "--format", "annotations", "--report", f"markdown={env['GITHUB_STEP_SUMMARY']}", env=env)
    assert done.code == 1
    sizes = [Path(path).stat().st_size for path in env.values()]
    assert sizes[:4] == [0, 0, 0, 0]
    assert 10_000 < sizes[4] < 65_536


def test_m05_a_log_for_code_scanning_has_the_gravest_and_says_what_is_left_out(kb: Any, page: Any) -> None:
    """5,000 results are the most that GitHub shows; the exit code is that of all findings."""
    kb.write("content/a.md", page("\n".join(f"[x](no{n}.md)" for n in range(5003)), last_reviewed_on="2026-06-01", review_in="6 months"))
    done = kb.run("check", "--format", "sarif")
    (log,) = done.json()["runs"]
    assert (done.code, len(log["results"]), log["properties"]) == (1, 5000, {"truncated": 4})
    assert {found["level"] for found in log["results"]} == {"error"}
    assert log["invocations"][0]["toolExecutionNotifications"] == [{"level": "warning", "message": {"text": "4 more findings are not in this file"}}]


@pytest.mark.parametrize("name", ["a b", "100%", "%41", "ü 日本", "..x", "a?b#c", "a:b", "\udcff", "a\\b", "[x]"])
def test_m06_a_path_in_a_log_leads_to_its_file(kb: Any, page: Any, name: str) -> None:
    """Each reference, resolved below the top of the repository, is the file that has the finding."""
    kb.write(f"content/x{name}/y{name}.md", page("[x](nowhere.md)\n"))
    (log,) = kb.run("check", "--format", "sarif").json()["runs"]
    found = [result["locations"][0]["physicalLocation"]["artifactLocation"] for result in log["results"] if result["ruleId"] == "KB201"]
    assert [place["uriBaseId"] for place in found] == ["%SRCROOT%"]
    assert (kb.root / os.fsdecode(unquote_to_bytes(found[0]["uri"]))).is_file()
    assert re.fullmatch(r"content/(?:[A-Za-z0-9._~/-]|%[0-9A-F]{2})+", found[0]["uri"])


def test_m07_a_finding_is_the_same_one_when_its_line_moves(kb: Any, page: Any) -> None:
    """Fingerprints, and the names of test cases; what is new is new."""
    def identities() -> tuple[list[str], ...]:
        out = {name: kb.run("check", "--format", name).out for name in ("json", "sarif", "codequality", "junit")}
        (log,) = json.loads(out["sarif"])["runs"]
        return (
            [found["fingerprint"] for found in json.loads(out["json"])["findings"]], [found["partialFingerprints"]["kbtool/v1"] for found in log["results"]],
            [found["fingerprint"] for found in json.loads(out["codequality"])], [case.get("name", "") for case in ET.fromstring(out["junit"]).iter("testcase")],
        )

    kb.write("content/a.md", page("[x](a1.md) and [y](a2.md) and [x](a1.md)\n"))
    before = identities()
    kb.write("content/a.md", page("Moved.\n\nFurther: [x](a1.md)\nand [y](a2.md) and\n[x](a1.md)\n"))
    assert identities() == before
    assert [len(set(some)) for some in before] == [3, 3, 3, 4]
    kb.write("content/a.md", page("[x](a1.md) and [z](a3.md) and [x](a1.md)\n"))
    assert [len(set(new) - set(old)) for old, new in zip(before, identities(), strict=True)] == [1, 1, 1, 1]


@pytest.mark.parametrize("name", ["\x1b[31m", "\ufffe", "\uffff", "\udcff", "\x01", "]]>&<\"'"])
def test_m08_xml_stays_xml(kb: Any, page: Any, name: str) -> None:
    """Characters that no XML may have do not reach it."""
    kb.write(f"content/{name}.md", page("[x](nowhere.md)\n"))
    text = kb.run("check", "--format", "junit").out
    top = ET.fromstring(text)
    assert {failure.get("type") for failure in top.iter("failure")} >= {"KB201"}
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]", text)


@pytest.mark.parametrize("form", ["json", "sarif", "codequality"])
def test_m09_json_stays_json(kb: Any, page: Any, form: str) -> None:
    """A name that is not UTF-8 is escaped, and reads back; nothing but ASCII is written."""
    kb.write("content/\udcff.md", page("[x](nowhere.md)\n"))
    done = kb.run("check", "--format", form)
    assert done.out.isascii()
    assert ("\\udcff" in done.out) == (form != "sarif")
    json.loads(done.out, parse_constant=pytest.fail)


@pytest.mark.parametrize("form", BUILTIN_REPORTS)
def test_m12_a_reader_that_leaves_early_changes_nothing(kb: Any, page: Any, form: str) -> None:
    """The verdict stands, other reports are written, and nothing is said about it."""
    kb.write("content/a.md", page("[x](nowhere.md)\n" * 3000))
    done = shell(kb, f"$kbtool check --format {form} --report json=all.json | head -c 1 >/dev/null; exit ${{PIPESTATUS[0]}}")
    assert (done.returncode, done.stderr) == (1, b"")
    assert len(json.loads((kb.root / "all.json").read_text())["findings"]) == 3000


@pytest.mark.parametrize("form", BUILTIN_REPORTS)
def test_m13_a_full_disk_is_exit_3(kb: Any, page: Any, form: str) -> None:
    """A report that nobody can have read is no verdict, on standard output and in a file (a link: the device must survive a bug)."""
    (kb.root / "full").symlink_to("/dev/full")
    kb.write("content/a.md", page("[x](nowhere.md)\n"))
    done = shell(kb, f"$kbtool check --format {form} >/dev/full")
    assert (done.returncode, done.stderr.count(b"\n"), b"error[disk]" in done.stderr) == (3, 1, True)
    done = shell(kb, f"$kbtool check --report {form}=full")
    assert (done.returncode, b"error[disk]" in done.stderr) == (3, True)


@pytest.mark.parametrize("env", [{"LC_ALL": "C"}, {"LC_ALL": "C", "PYTHONIOENCODING": "ascii"}, {"PYTHONIOENCODING": "cp1252"}, {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}])
def test_m14_a_console_without_unicode_changes_no_byte(kb: Any, page: Any, env: dict[str, str]) -> None:
    """Reports are UTF-8 wherever they go."""
    kb.write("content/a.md", page("[ünï 日本](nöwhere.md)\n"))
    for form in BUILTIN_REPORTS:
        assert shell(kb, f"$kbtool check --format {form}", **env).stdout == kb.run("check", "--format", form).out.encode(), form


def test_m15_colour_is_for_people_only(kb: Any, page: Any) -> None:
    """FORCE_COLOR colours the text, and nothing that programs read; NO_COLOR and pipes have none."""
    kb.write("content/a.md", page("[x](nowhere.md)\n"))
    for form in BUILTIN_REPORTS:
        assert ("\x1b" in kb.run("check", "--format", form, env={"FORCE_COLOR": "1"}).out) == (form == "text"), form
        assert "\x1b" not in kb.run("check", "--format", form, env={"NO_COLOR": "1"}).out + kb.run("check", "--format", form).out


@pytest.mark.parametrize("form", BUILTIN_REPORTS)
def test_m16_a_report_overwrites_no_article_and_no_folder(kb: Any, form: str) -> None:
    """Exit code 2 before anything is written, whichever option names the place."""
    before = kb.tree()
    for place in ("content", "content/index.md", "no/such/folder/x", "."):
        for args in (("--format", form, "--output", place), ("--report", f"{form}={place}")):
            done = kb.run("check", *args)
            assert (done.code, done.out, "error[bad-output]" in done.err) == (2, "", True), args
    assert kb.tree() == before


@pytest.mark.parametrize(
    ("form", "empty"),
    [
        ("json", lambda text: json.loads(text)["findings"] == []), ("sarif", lambda text: json.loads(text)["runs"][0]["results"] == []), ("codequality", lambda text: json.loads(text) == []),
        ("junit", lambda text: ET.fromstring(text).get("tests") == "1"), ("markdown", lambda text: text == "<!-- kbtool check -->\n### Nothing to report in 1 article\n"),
        ("text", lambda text: text == "0 errors, 0 warnings, 0 unknown, 1 article, 0 skipped\n"), ("annotations", lambda text: text == ""), ("azure", lambda text: text == ""),
    ],
)
def test_m17_nothing_found_is_a_document(kb: Any, form: str, empty: Any) -> None:
    """Whoever reads the file gets what its format has for nothing."""
    done = kb.run("check", "--output", "report", "--format", form)
    assert (done.code, done.out) == (0, "")
    assert empty((kb.root / "report").read_text("utf-8"))


@pytest.mark.parametrize("form", BUILTIN_REPORTS)
def test_m20_no_address_of_anybody_is_in_a_report(repo: Any, page: Any, kbtool: Any, home: Path, form: str) -> None:
    """Owners are ids of the register, and who changed code is a name."""
    repo.commit({"content/a.md": page("[x](nowhere.md)\n", last_reviewed_on="2026-06-01", covers="[src/**]"), "src/a.py": "1\n"}, on="2026-06-01", by="Ben <ben@example.org>")
    repo.commit({"src/a.py": "2\n"}, on="2026-08-01", by="Ben <ben@example.org>")
    done = kbtool("check", "--format", form, cwd=repo.folder, today=TODAY)
    assert (done.code, "Ben" in done.out) == (1, True)
    assert "@example" not in done.out
