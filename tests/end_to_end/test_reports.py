"""Reports of real runs: several at once, into files, from a knowledge base below the top of its repository, and from a package."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from kbtool.report_registry import BUILTIN_REPORTS

HERE = "support/our kb ü%"
NAME = "content/a, b%.md"
MACHINES = [name for name in BUILTIN_REPORTS if name != "text"]


def every(folder: Path) -> list[str]:
    """Return the options that write all reports but the one for people into a folder."""
    return [word for name in MACHINES for word in ("--report", f"{name}={folder / name}")]


@pytest.fixture
def below(tmp_path: Path, page: Callable[..., str]) -> Callable[[], Any]:
    """Make a repository whose knowledge base is below its top, with one broken link; return both."""
    from kbtool.testing import OWNERS, PRODUCT_AREAS, history

    def make() -> Any:
        repo = history(tmp_path / "top")
        files = {"pyproject.toml": "[tool.kbtool]\n", "checks/owners.yml": OWNERS, "checks/product_areas.yml": PRODUCT_AREAS, NAME: page("[x](nowhere.md)\n"), "content/ok.md": page()}
        repo.commit({f"{HERE}/{name}": text for name, text in files.items()}, on="2026-10-01")
        return repo

    return make


def paths(folder: Path) -> dict[str, set[str]]:
    """Return by format the paths that its report names, as whoever reads the format takes them."""
    read = {name: (folder / name).read_text("utf-8") for name in MACHINES}
    (log,) = json.loads(read["sarif"])["runs"]
    document = json.loads(read["json"])
    return {
        "json": {found["path"] for found in (*document["findings"], *document["articles"])},
        "sarif": {unquote(found["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]) for found in log["results"]},
        "codequality": {issue["location"]["path"] for issue in json.loads(read["codequality"])},
        "junit": {str(case.get("classname")) for case in ET.fromstring(read["junit"]).iter("testcase")} - {"checks"},
        "annotations": {unquote(path) for path in re.findall(r"^::error file=([^,]*),", read["annotations"], re.MULTILINE)},
        "azure": {path.replace("%AZP25", "%") for path in re.findall(r";sourcepath=([^;]*);", read["azure"])},
        "markdown": set(re.findall(r"^\*\*`(.*)`\*\*", read["markdown"], re.MULTILINE)),
    }


@pytest.mark.parametrize("case", ["history", "no-git", "git is missing", "no repository"])
def test_paths_are_from_the_top_of_the_repository_but_in_the_text(below: Any, kbtool: Any, tmp_path: Path, home: Path, case: str) -> None:
    """CI systems know files from the top; people stand in the knowledge base. That needs no history, and no git."""
    repo = below()
    if case == "no repository":
        (repo.folder / ".git").rename(tmp_path / "gone")
    out = tmp_path / "out"
    out.mkdir()
    env = {"PATH": str(tmp_path)} if case == "git is missing" else {}
    args = () if case == "history" else ("--no-git",)
    done = kbtool("check", *args, *every(out), cwd=repo.folder / HERE, today="2026-11-22", env=env)
    assert done.code == 1, done.err
    assert done.out.startswith(f"{NAME}\n  9:5 ")
    top = "" if case == "no repository" else f"{HERE}/"
    both, broken = {f"{top}{NAME}", f"{top}content/ok.md"}, {f"{top}{NAME}"}
    settings = {f"{top}pyproject.toml"} if args else set()  # where a check that was skipped stands
    assert paths(out) == {
        "json": both, "sarif": broken, "codequality": broken | settings, "junit": both, "annotations": broken, "azure": broken, "markdown": broken,
    }
    start = f"kbtool -C '{HERE}'" if top else "kbtool"
    assert f"`{start} check`" in (out / "markdown").read_text()


def test_several_reports_in_one_run(below: Any, kbtool: Any, tmp_path: Path, home: Path) -> None:
    """A log for people and files for machines: the same bytes as of one run each, and the same exit code."""
    root = below().folder / HERE
    out = tmp_path / "out"
    out.mkdir()
    done = kbtool("check", *every(out), cwd=root, today="2026-11-22")
    assert done.out == kbtool("check", cwd=root, today="2026-11-22").out
    for name in MACHINES:
        alone = kbtool("check", "--format", name, cwd=root, today="2026-11-22")
        assert (alone.code, alone.out) == (done.code, (out / name).read_text("utf-8")), name
    assert sorted(path.name for path in out.iterdir()) == sorted(MACHINES)


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--report", "sarif"], "error[bad-output]: --report: 'sarif' is not NAME=FILE (such as --report sarif=kbtool.sarif)"),
        (["--report", "=x"], "error[bad-output]: --report: '=x' is not NAME=FILE"), (["--report", "sarif="], "error[bad-output]: --report: 'sarif=' is not NAME=FILE"),
        (["--report", "sarf=x"], "error[no-such-report]: no report is called 'sarf'; did you mean \"sarif\"?"),
        (["--report", "json=x", "--report", "sarif=./x"], "error[bad-output]: two reports would go to one file"),
        (["--report", "json=x", "--output", "x"], "error[bad-output]: two reports would go to one file"),
        (["--report", "json=content"], "error[bad-output]: 'content' is a folder"), (["--report", "json=no/such/x"], "error[bad-output]: 'no/such/x' is a folder, or its folder does not exist"),
        (["--report", "json=x", "--report", "sarif=content/index.md"], "error[bad-output]: 'content/index.md' is an article"),
    ],
)
def test_a_report_that_cannot_be_meant_is_refused_before_anything_is_written(kb: Any, args: list[str], words: str) -> None:
    """Exit code 2, one line, and no file is new or changed."""
    before = kb.tree()
    done = kb.run("check", *args)
    assert (done.code, done.out) == (2, "")
    assert words in done.err
    assert kb.tree() == before


def test_a_device_or_a_link_is_written_to_and_not_put_aside(kb: Any, tmp_path: Path) -> None:
    """`/dev/stdout`, a pipe, `$GITHUB_STEP_SUMMARY` behind a link: what is there stays what it is.

    Links stand for the devices, so that not even a kbtool that did it wrong, run by root, could put one of the machine's aside.
    """
    target, link, pipe, null, stdout = (tmp_path / name for name in ("target", "link", "pipe", "null", "stdout"))
    stdout.symlink_to("/proc/self/fd/1")
    target.write_text("old")
    link.symlink_to(target)
    null.symlink_to(os.devnull)
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    done = kb.run("check", "--output", str(stdout), "--report", f"json={link}", "--report", f"markdown={pipe}", "--report", f"sarif={null}")
    assert (done.code, done.out) == (0, "0 errors, 0 warnings, 0 unknown, 1 article, 0 skipped\n")
    assert os.read(reader, 9999).decode().startswith("<!-- kbtool check -->\n")
    os.close(reader)
    assert (link.is_symlink(), json.loads(target.read_text())["complete"]) == (True, True)
    assert (null.is_symlink(), stdout.is_symlink()) == (True, True)
    assert stat.S_ISCHR(Path(os.devnull).stat().st_mode)
    assert pipe.is_fifo()


# ------------------------------------------------------------------------------------------------- reports of packages


def installed(tmp_path: Path, source: str) -> dict[str, str]:
    """Return the environment in which a package with the report `owners` is installed."""
    packages = tmp_path / "packages"
    (packages / "acme-1.0.dist-info").mkdir(parents=True)
    (packages / "acme-1.0.dist-info/METADATA").write_text("Name: acme\nVersion: 1.0\n")
    (packages / "acme-1.0.dist-info/entry_points.txt").write_text("[kbtool.reports]\nowners = acme_kb.by_owner\n")
    (packages / "acme_kb").mkdir()
    (packages / "acme_kb/by_owner.py").write_text(source)
    return {"PYTHONPATH": str(packages)}


def test_the_example_in_our_documentation_works(below: Any, kbtool: Any, tmp_path: Path, home: Path, repository: Path) -> None:
    """The module is installed as the article says, and prints what it prints there; `kbtool list` names it."""
    text = (repository / "content/internal/add-a-report.md").read_text("utf-8")
    source, entry, console = (
        re.search(pattern, text, re.DOTALL)[1]  # type: ignore[index]
        for pattern in (r'```python title="acme_kb/by_owner.py"\n(.*?)```', r'```toml title="pyproject.toml of the package"\n(.*?)```', r"```console\n(.*?)```")
    )
    assert entry == '[project.entry-points."kbtool.reports"]\nowners = "acme_kb.by_owner"\n'
    command, _, printed = console.partition("\n")
    env = installed(tmp_path, source)
    done = kbtool(*command.removeprefix("$ kbtool ").split(), cwd=below().folder / HERE, today="2026-11-22", env=env)
    assert (done.code, done.out, done.err) == (1, printed.replace("support: 3", "ana: 1"), "")
    assert re.search(r"^reports: .*, owners$", kbtool("list", cwd=tmp_path, env=env).out, re.MULTILINE)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("", "error[bad-plugin]: the entry point owners (acme_kb.by_owner) has no function `render` (it must name a module with `render(run, *, color=False) -> str`)"),
        ("def render(run, *, color=False):\n    return b'bytes'\n", "error[bad-plugin]: the report owners is bytes, not text"),
        ("raise OSError('no')\n", "error[bad-plugin]: the entry point owners (acme_kb.by_owner) cannot be loaded: no (update or uninstall its package)"),
    ],
)
def test_an_installed_report_that_is_none_is_an_error_of_its_package(kb: Any, tmp_path: Path, source: str, words: str) -> None:
    """Exit code 2 and one line that names it, also beside a report that works; nothing is written."""
    before = kb.tree()
    done = kb.run("check", "--report", "json=x.json", "--report", "owners=x.txt", env=installed(tmp_path, source))
    assert (done.code, done.out) == (2, "")
    assert words in done.err
    assert kb.tree() == before


def test_a_report_gets_colour_only_where_it_goes_to_a_terminal(kb: Any, tmp_path: Path) -> None:
    """FORCE_COLOR colours standard output, never a file."""
    env = installed(tmp_path, "def render(run, *, color=False):\n    return f'{color} {run.folder!r} {len(run.rules) > 20}\\n'\n") | {"FORCE_COLOR": "1"}
    done = kb.run("check", "--format", "owners", "--report", "owners=x.txt", env=env)
    assert (done.out, (kb.root / "x.txt").read_text()) == ("True '' True\n", "False '' True\n")


def test_the_commands_in_our_documentation_work(kb: Any, tmp_path: Path, repository: Path) -> None:
    """Each command of the article about CI systems runs as it stands there, and writes the files that are picked up afterwards."""
    text = (repository / "content/ci/reports.md").read_text("utf-8")
    commands = re.findall(r"^ *(?:- run: |- script: |- |sh ')?(kbtool check [^'\n]*)", text, re.MULTILINE)
    assert len(commands) == 5
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/kbtool").write_text(f'#!/bin/sh\nexec {sys.executable} -P -m kbtool "$@"\n')
    (tmp_path / "bin/kbtool").chmod(0o755)
    env = {**os.environ, "PATH": f"{tmp_path}/bin:{os.environ['PATH']}", "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"), "SOURCE_DATE_EPOCH": "1795348800"}
    for command in commands:
        done = subprocess.run(["bash", "-c", command.replace("--strict", "--no-git")], cwd=kb.root, env=env, capture_output=True, check=False)
        assert (done.returncode, done.stderr) == (0, b""), command
    taken = set(re.findall(r"(?:sarif_file:|codequality:|junit:|testResultsFiles:) (\S+)|(?:junit|pattern:) '(\S+)'", text))
    assert {"".join(names) for names in taken} == {"kbtool.sarif", "kbtool.xml", "gl-code-quality-report.json"}
    assert all((kb.root / "".join(names)).is_file() for names in taken)
    assert (tmp_path / "summary").read_text("utf-8").startswith("<!-- kbtool check -->\n")


def test_the_list_in_our_documentation_is_that_of_the_registry(repository: Path) -> None:
    """Every format is named where users look for it."""
    rows = re.findall(r"^\| `(\w+)` \|", (repository / "content/ci/reports.md").read_text("utf-8"), re.MULTILINE)
    assert sorted(rows) == sorted(BUILTIN_REPORTS)
    reference = (repository / "content/reference/command-line.md").read_text("utf-8")
    assert ", ".join(f"`{name}`{' (default)' * (name == 'text')}" for name in BUILTIN_REPORTS) + ", or a report of an installed package" in reference


def test_help_names_the_formats(kbtool: Any, tmp_path: Path) -> None:
    """All that are built in, without loading one."""
    text = " ".join(kbtool("check", "--help", cwd=tmp_path).out.split())
    assert f"The report: {', '.join(BUILTIN_REPORTS)}, or an installed one." in text
