"""The contract of the exit codes: every kind of error in a real process, one line each, and what happens to the sites."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

STALE = """---
title: Old news
audience: public
owners: [ana]
product_areas: [billing]
last_reviewed_on: 2020-01-01
---

# Old news

It was like this once.
"""
DUE = STALE.replace("2020-01-01", "2026-05-25").replace("Old news", "Due soon")
SECRET = """---
title: The quiet backdoor of the billing machine
audience: internal
owners: [ana]
product_areas: [billing]
last_reviewed_on: 2026-10-01
---

Nobody outside may learn that the drawer opens with a paper clip.
"""
CHECK = """
from dataclasses import dataclass
from typing import ClassVar

from kbtool.check import Check, Severity, SkipCheck


@dataclass(frozen=True)
class OfTheSite(Check):
    code: ClassVar[str] = "ACME001"

    def check_all(self, evidence):
        {body}
        yield from ()
"""
BROKEN_CHECK = CHECK.format(body='raise LookupError("no such drawer")')
SKIPPING_CHECK = CHECK.format(body='raise SkipCheck("there is no drawer")')
LEAVING_CHECK = CHECK.format(body="raise SystemExit(0)")
BROKEN_REPORT = "def render(run, *, color=False):\n    raise RuntimeError('broken')\n"
BROKEN_THEME = '{% extends "no-such-template.html" %}\n'
LAST_GOOD = "<p>the last good site</p>"


def one_line(err: str) -> str:
    """Return the id of the only message."""
    match = re.fullmatch(r"kbtool: error\[([a-z-]+)\]: [^\n]+\n", err)
    assert match, err
    return match[1]


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """Return a folder with an installed package whose report is called `broken`."""
    folder = tmp_path / "packages"
    (folder / "broken-1.0.dist-info").mkdir(parents=True)
    (folder / "broken-1.0.dist-info/entry_points.txt").write_text("[kbtool.reports]\nbroken = broken_report\n")
    (folder / "broken_report.py").write_text(BROKEN_REPORT)
    return folder


# ---------------------------------------------------------------------------------------------- check


@pytest.mark.parametrize(
    ("files", "args", "code"),
    [
        ({}, [], 0),
        ({}, ["--strict"], 0),
        ({"content/old.md": STALE}, [], 1),
        ({"content/old.md": STALE}, ["--fail-on", "warning"], 1),
        ({"content/old.md": STALE}, ["--fail-on", "never"], 0),
        ({"content/old.md": STALE}, ["--exit-zero"], 0),
        ({"content/old.md": STALE}, ["--ignore", "KB102"], 0),
        ({"content/old.md": STALE}, ["content/index.md"], 0),
        ({"content/due.md": DUE}, [], 0),
        ({"content/due.md": DUE}, ["--strict"], 0),
        ({"content/due.md": DUE}, ["--fail-on", "warning"], 1),
        ({"content/due.md": DUE}, ["--fail-on", "warning", "--exit-zero"], 0),
        ({"content/due.md": DUE, "pyproject.toml": '[tool.kbtool]\nfail-on = "warning"\n'}, [], 1),
        ({"content/due.md": DUE, "pyproject.toml": '[tool.kbtool]\nfail-on = "warning"\n'}, ["--fail-on", "error"], 0),
        ({"checks/site.py": SKIPPING_CHECK}, [], 0),
        ({"checks/site.py": SKIPPING_CHECK}, ["--strict"], 3),
        ({"checks/site.py": SKIPPING_CHECK, "content/old.md": STALE}, ["--strict"], 1),
        ({"checks/site.py": SKIPPING_CHECK, "content/old.md": STALE}, ["--strict", "--exit-zero"], 0),
        ({"checks/site.py": BROKEN_CHECK}, [], 3),
        ({"checks/site.py": BROKEN_CHECK}, ["--exit-zero"], 3),
        ({"checks/site.py": BROKEN_CHECK, "content/old.md": STALE}, [], 1),
        ({"checks/site.py": LEAVING_CHECK}, [], 3),
        ({"content/broken.md": "---\nowners: [ana\n---\n"}, ["--select", "KB102"], 0),
        ({"content/broken.md": "---\nowners: [ana\n---\n"}, ["--select", "KB102", "--strict"], 3),
        ({"content/broken.md": "---\nowners: [ana\n---\n"}, ["--strict"], 1),
    ],
)
def test_the_verdict_of_a_check(kb: Any, files: dict[str, str], args: list[str], code: int) -> None:
    """Findings make 1, no verdict makes 3, a definite failure goes before an unknown one; the report is on stdout alone."""
    for name, text in files.items():
        kb.write(name, text)
    before = kb.tree()
    done = kb.run("check", *args)
    assert (done.code, done.err) == (code, "")
    assert re.search(r"^\d+ errors?, \d+ warnings?, \d+ unknown, \d+ articles?, \d+ skipped", done.out.splitlines()[-1])
    assert kb.tree() == before


def test_exit_zero_hides_findings_alone(kb: Any) -> None:
    """`--exit-zero` turns 1 into 0 and leaves 2, 3 and the report as they are."""
    kb.write("content/old.md", STALE)
    loud, quiet = kb.run("check"), kb.run("check", "--exit-zero")
    assert (loud.code, quiet.code) == (1, 0)
    assert quiet.out == loud.out
    assert kb.run("check", "--exit-zero", "--format", "jsn").code == 2


def test_a_check_of_the_site_that_breaks_stops_no_other(kb: Any) -> None:
    """The broken check is named with its reason, all others finish, and a program can read it."""
    kb.write("checks/site.py", BROKEN_CHECK)
    kb.write("content/due.md", DUE)
    text = kb.run("check")
    assert "broke: ACME001 of-the-site: LookupError: no such drawer" in text.out
    assert "KB103" in text.out
    done = kb.run("check", "--format", "json")
    assert done.code == 3
    report = done.json()
    assert report["complete"] is False
    assert report["skipped"] == [
        {"check": "ACME001 of-the-site", "reason": "LookupError: no such drawer", "failed": True, "lasting": False},
    ]
    assert [found["code"] for found in report["findings"]] == ["KB103"]


# ---------------------------------------------------------------------------------------------- errors, one line each


@pytest.mark.parametrize(
    ("args", "code", "kind"),
    [
        (["chek"], 2, "no-such-command"),
        (["check", "--nope"], 2, "usage"),
        (["check", "--today", "x"], 2, "bad-date"),
        (["check", "--select", "KB999"], 2, "no-such-check"),
        (["check", "--select", "KB102", "--ignore", "KB102"], 2, "no-checks"),
        (["check", "--format", "x"], 2, "no-such-report"),
        (["check", "--output", "content"], 2, "bad-output"),
        (["check", "nowhere.md"], 2, "no-such-path"),
        (["check", "checks"], 2, "no-inputs"),
        (["-C", "nowhere", "check"], 2, "no-such-path"),
        (["build", "--edition", "x"], 2, "no-such-edition"),
        (["new", "?!"], 2, "bad-title"),
        (["new", "Index"], 2, "exists"),
        (["new", "A", "--in", "/tmp"], 2, "path-escape"),
        (["init", "."], 2, "not-empty"),
        (["check", "--format", "broken"], 4, "bug"),
    ],
)
def test_an_error_is_one_line_with_its_id(kb: Any, installed: Path, tmp_path: Path, args: list[str], code: int, kind: str) -> None:
    """Whatever goes wrong is told on stderr in one line with a stable id; stdout stays empty and no file changes."""
    before = kb.tree()
    done = kb.run(*args, env={"PYTHONPATH": str(installed), "TMPDIR": str(tmp_path)})
    assert (done.code, done.out) == (code, "")
    assert one_line(done.err) == kind
    assert kb.tree() == before


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("pyproject.toml", "[tool.kbtool]\ncontnt = 3\n", "config"),
        ("pyproject.toml", "[tool.kbtool\n", "config"),
        ("mkdocs.yml", "- a list\n", "config"),
        ("mkdocs.yml", "INHERIT: mkdocs.yml\n", "config"),
        ("checks/owners.yml", "- a list\n", "config"),
        ("checks/product_areas.yml", "billing: {nam: x}\n", "config"),
    ],
)
@pytest.mark.parametrize("command", ["check", "build", "serve"])
def test_a_file_of_the_configuration_that_cannot_be_used_is_2(kb: Any, name: str, text: str, kind: str, command: str) -> None:
    """Every command that reads the knowledge base says the same of it, in one line, before it does anything."""
    kb.write(name, text)
    before = kb.tree()
    done = kb.run("-C", str(kb.root), command)
    assert (done.code, done.out) == (2, "")
    assert one_line(done.err) == kind
    assert kb.tree() == before


def test_a_file_that_mkdocs_yml_inherits_and_nobody_has_made_is_named(kb: Any) -> None:
    """Some projects generate it; the line says where it is asked for, and no path of this machine."""
    kb.write("mkdocs.yml", "site_name: Help\nINHERIT: made/base.yml\n")
    done = kb.run("check")
    assert (done.code, done.out) == (2, "")
    assert done.err == "kbtool: error[config]: mkdocs.yml: INHERIT: there is no file 'made/base.yml' (make it first, or correct the path)\n"


@pytest.mark.parametrize("command", [["check"], ["build"], ["list"], ["explain", "KB102"]])
def test_a_check_of_the_site_that_cannot_be_loaded_is_2(kb: Any, command: list[str]) -> None:
    """Whoever lists or runs checks says which file is broken, and where."""
    kb.write("checks/site.py", "x = 1\n1 / 0\n")
    before = kb.tree()
    done = kb.run(*command)
    assert (done.code, done.out) == (2, "")
    assert one_line(done.err) == "bad-check"
    assert "checks/site.py:2: ZeroDivisionError: division by zero" in done.err
    assert kb.tree() == before


def test_a_bug_goes_before_findings(kb: Any, installed: Path, tmp_path: Path) -> None:
    """4 goes before 1: a run that could not say what it found did not merely find something."""
    kb.write("content/old.md", STALE)
    env = {"PYTHONPATH": str(installed), "TMPDIR": str(tmp_path)}
    assert kb.run("check", "--format", "broken", "--exit-zero", env=env).code == 4


def test_a_package_that_cannot_be_loaded_is_2(kb: Any, installed: Path) -> None:
    """A plugin that is broken on import is the environment's fault, and it is named."""
    (installed / "broken_report.py").write_text("import nowhere_to_be_found\n")
    done = kb.run("check", "--format", "broken", env={"PYTHONPATH": str(installed)})
    assert done.code == 2
    assert one_line(done.err) == "bad-plugin"
    assert "the entry point broken (broken_report) cannot be loaded: No module named 'nowhere_to_be_found'" in done.err


@pytest.mark.parametrize("command", [[], ["check", "--help"], ["--help"], ["--version"]])
def test_help_is_no_error(kb: Any, command: list[str]) -> None:
    """Help that was asked for is 0 on stdout; help because nothing was said is 2 on stderr."""
    done = kb.run(*command)
    assert done.code == (0 if command else 2)
    assert bool(done.out) == bool(command)
    assert bool(done.err) != bool(command)


# ---------------------------------------------------------------------------------------------- where the report goes


@contextmanager
def kbtool_to(kb: Any, stdout: int, *args: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run kbtool with its standard output at a file descriptor."""
    command = [sys.executable, "-P", "-m", "kbtool", *args]
    env = {**os.environ, "SOURCE_DATE_EPOCH": "1795348800"}
    with subprocess.Popen(command, cwd=kb.root, env=env, stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.PIPE) as process:
        yield process


@pytest.mark.parametrize("args", [["check"], ["check", "--format", "json"], ["list"], ["--help"], ["schema"]])
def test_a_full_disk_below_stdout_is_3(kb: Any, args: list[str]) -> None:
    """A report that could not be written is no verdict, even though nothing was found."""
    with open("/dev/full", "wb") as full, kbtool_to(kb, full.fileno(), *args) as process:  # noqa: PTH123
        err = process.communicate()[1].decode()
        assert process.returncode == 3
    assert one_line(err) == "disk"
    assert "No space left on device" in err


@pytest.mark.parametrize(("stale", "code"), [(False, 0), (True, 1)])
@pytest.mark.parametrize("form", ["text", "json"])
def test_a_reader_that_leaves_early_does_not_change_the_verdict(kb: Any, form: str, stale: bool, code: int) -> None:
    """`kbtool check | head` neither hides a failure nor makes one, and says nothing about it."""
    if stale:
        kb.write("content/old.md", STALE)
    read, write = os.pipe()
    os.close(read)
    try:
        with kbtool_to(kb, write, "check", "--format", form) as process:
            err = process.communicate()[1].decode()
            assert (process.returncode, err) == (code, "")
    finally:
        os.close(write)


@pytest.mark.parametrize(
    ("args", "code"), [(["build", "--edition", "public"], 0), (["list"], 0), (["schema"], 0), (["audit", "foreign"], 1), (["audit", "content"], 1)]
)
def test_no_command_minds_a_reader_that_leaves(kb: Any, args: list[str], code: int) -> None:
    """A build publishes and an audit keeps its verdict, whether or not anybody reads what they say."""
    kb.write("content/secret.md", SECRET)
    kb.write("foreign/index.html", "<p>The quiet backdoor of the billing machine</p>")
    read, write = os.pipe()
    os.close(read)
    try:
        with kbtool_to(kb, write, *args) as process:
            err = process.communicate()[1].decode()
            assert (process.returncode, err) == (code, "")
    finally:
        os.close(write)
    assert (kb.root / "site/public/index.html").exists() is (args[0] == "build")


def test_an_error_that_nobody_reads_keeps_its_exit_code(kb: Any) -> None:
    """Standard error may be closed or full; the code still tells."""
    command = [sys.executable, "-P", "-m", "kbtool", "chek"]
    with open("/dev/full", "wb") as full:  # noqa: PTH123
        assert subprocess.run(command, cwd=kb.root, stderr=full, check=False).returncode == 2
    assert subprocess.run(["bash", "-c", 'exec "$@" 2>&-', "bash", *command], cwd=kb.root, check=False).returncode == 2


@pytest.mark.parametrize(("name", "code"), [("SIGTERM", 143), ("SIGHUP", 129)])
def test_a_signal_ends_the_run(kb: Any, name: str, code: int) -> None:
    """Who is asked to end does so, even within a check that may break as it likes, and writes nothing."""
    kb.write("checks/site.py", CHECK.format(body=f"import os, signal; os.kill(os.getpid(), signal.{name})"))
    before = kb.tree()
    done = kb.run("build")
    assert (done.code, done.out) == (code, "")
    assert kb.tree() == before


def test_output_goes_to_the_file_alone(kb: Any) -> None:
    """`--output` writes what stdout would have shown, leaves stdout empty, and keeps the verdict."""
    kb.write("content/old.md", STALE)
    shown = kb.run("check", "--format", "json")
    done = kb.run("check", "--format", "json", "--output", "report.json")
    assert (done.code, done.out, done.err) == (1, "", "")
    assert (kb.root / "report.json").read_text() == shown.out


def test_output_into_a_full_disk_is_3_and_keeps_the_old_report(kb: Any) -> None:
    """A report that cannot be written whole leaves the last one."""
    kb.write("report.json", "the last report")
    limit = ["bash", "-c", 'ulimit -f 1; exec "$@"', "bash", sys.executable, "-P", "-m", "kbtool"]
    for number in range(9):
        kb.write(f"content/old{number}.md", STALE)
    done = subprocess.run([*limit, "check", "--no-cache", "--format", "json", "--output", "report.json"], cwd=kb.root, capture_output=True, check=False)
    assert done.returncode == 3
    assert one_line(done.stderr.decode()) == "disk"
    assert (kb.root / "report.json").read_text() == "the last report"
    assert [path.name for path in kb.root.iterdir() if "report" in path.name] == ["report.json"]


# ---------------------------------------------------------------------------------------------- build


def sites(kb: Any) -> dict[str, bytes]:
    """Return the published files."""
    return {name: content for name, content in kb.tree().items() if name.startswith("site/")}


@pytest.fixture
def published(kb: Any) -> Any:
    """Return a knowledge base that has a site already, in its own words."""
    kb.write("site/public/index.html", LAST_GOOD)
    kb.write("site/internal/index.html", LAST_GOOD)
    return kb


def test_a_stale_article_is_published_with_exit_1(published: Any) -> None:
    """An old page keeps no other off the site; the job fails all the same, unless it says that it must go on."""
    published.write("content/old.md", STALE)
    done = published.run("build", "--edition", "public")
    assert (done.code, done.err) == (1, "")
    assert "KB102" in done.out
    assert done.out.endswith("\npublic: 2 articles in site/public/\n")
    assert b"It was like this once." in sites(published)["site/public/old/index.html"]
    assert LAST_GOOD.encode() not in sites(published)["site/public/index.html"]
    assert published.run("build", "--edition", "public", "--exit-zero").code == 0
    assert published.run("build", "--edition", "public", "--fail-on", "never").code == 0


def test_a_check_that_breaks_makes_a_build_3_and_publishes(published: Any) -> None:
    """A site's own check that breaks is no verdict; it keeps no page off the site."""
    published.write("checks/site.py", BROKEN_CHECK)
    done = published.run("build", "--edition", "public")
    assert done.code == 3
    assert done.out.endswith("public: 1 articles in site/public/\n")
    assert LAST_GOOD.encode() not in sites(published)["site/public/index.html"]


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("content/a.md", "---\naudience: publik\n---\n", "KB001"),
        ("content/a.md", "---\ntitle: [\n---\n", "KB001"),
        ("content/index/index.md", STALE, "KB008"),
        ("content/a.md", f"{STALE}\n::: internal\n\nnever closed\n", "KB402"),
        ("content/a.md", f"{STALE}\n[link](secret.md)\n", "KB401"),
        ("content/a.md", "symlink", "KB405"),
    ],
)
def test_what_leaves_open_who_may_read_withholds_every_site(published: Any, name: str, text: str, code: str) -> None:
    """On KB001, KB008 and KB4 the old sites stay byte for byte, and neither `--exit-zero` nor `--fail-on` publishes."""
    published.write("content/secret.md", SECRET)
    if text == "symlink":
        (published.root / name).symlink_to("/etc/passwd")
    elif code == "KB008":
        published.write("content/b.md", STALE)
        published.write("content/b/index.md", STALE)
    else:
        published.write(name, text)
    before = published.tree()
    for args in ([], ["--exit-zero"], ["--fail-on", "never"], ["--edition", "internal"]):
        done = published.run("build", *args)
        assert done.code == 1
        assert one_line(done.err) == "withheld"
        assert f"leave open who may read what ({code})" in done.err
        assert f"error {code}" in done.out
    assert published.tree() == before


@pytest.mark.parametrize(
    "planted",
    [
        "{% block footer %}The quiet backdoor of the billing machine{% endblock %}",
        "{% block content %}<p data-x='nobody outside may learn that the drawer opens with a paper clip'></p>{% endblock %}",
        "{% block content %}Ask for internal-tools/paper-clip.md{% endblock %}",
        "{% block content %}<script>var x='ana@example.com'</script>{% endblock %}",
    ],
    ids=["title", "text", "path", "address"],
)
def test_a_leak_withholds_the_edition_it_is_in(published: Any, planted: str) -> None:
    """Words of an internal article on a public page keep the old public site; the internal one may show them."""
    published.write("mkdocs.yml", "site_name: Help\ntheme: {name: material, font: false, custom_dir: overrides}\n")
    published.write("content/internal-tools/paper-clip.md", SECRET)
    published.write("overrides/main.html", f'{{% extends "base.html" %}}\n{planted}\n')
    before = sites(published)
    done = published.run("build")
    assert done.code == 1
    assert re.search(r"^kbtool: error\[leak\]: \S+\.html: shows '", done.err, re.MULTILINE)
    assert "error[withheld]: the public edition was not published; the site that was there stays" in done.err
    assert "internal edition was not" not in done.err
    assert done.out.endswith("internal: 2 articles in site/internal/\n")
    after = sites(published)
    public = {name for name in after if name.startswith("site/public/")}
    assert {name: after[name] for name in public} == {name: before[name] for name in before if name.startswith("site/public/")}
    assert "site/internal/internal-tools/paper-clip/index.html" in after
    assert published.run("build", "--exit-zero", "--edition", "public").code == 1


def test_a_theme_that_breaks_is_3_and_keeps_the_old_sites(published: Any) -> None:
    """The engine's failure is told in one line, in its own words, and nothing is published."""
    published.write("mkdocs.yml", "site_name: Help\ntheme: {name: material, font: false, custom_dir: overrides}\n")
    published.write("overrides/main.html", BROKEN_THEME)
    before = sites(published)
    done = published.run("build", "--edition", "public")
    assert done.code == 3
    assert one_line(done.err) == "engine"
    assert "no-such-template.html" in done.err
    assert sites(published) == before
    assert not (published.root / ".kbtool/build").exists()


def test_findings_go_before_an_engine_that_breaks(published: Any) -> None:
    """1 goes before 3 in a build as well."""
    published.write("mkdocs.yml", "site_name: Help\ntheme: {name: material, font: false, custom_dir: overrides}\n")
    published.write("overrides/main.html", BROKEN_THEME)
    published.write("content/old.md", STALE)
    assert published.run("build", "--edition", "public").code == 1
    assert published.run("build", "--edition", "public", "--exit-zero").code == 3


def test_the_worst_of_several_editions_counts(published: Any) -> None:
    """2 goes before 1, 1 before 3, and what is clean is published all the same."""
    config = "[tool.kbtool]\n"
    for name, part in (("broken", 'markdown_extensions = ["no.such.extension"]'), ("wrong", 'theme = {name = "material", custom_dir = "gone"}')):
        config += f'[tool.kbtool.editions.{name}]\naudiences = ["public"]\nmkdocs = {{{part}}}\n'
    published.write("pyproject.toml", config)
    published.write("content/old.md", STALE)
    chosen = ("--edition", "public", "--edition", "broken")
    assert published.run("build", *chosen, "--edition", "wrong").code == 2
    assert LAST_GOOD.encode() not in sites(published)["site/public/index.html"]
    assert published.run("build", *chosen).code == 1
    assert published.run("build", *chosen, "--exit-zero").code == 3
    assert published.run("build", "--edition", "public", "--exit-zero").code == 0


def test_what_stops_all_editions_is_said_once(published: Any) -> None:
    """An extension that is not installed stops each of them, and is one line."""
    published.write("mkdocs.yml", "site_name: Help\nmarkdown_extensions: [no.such.extension]\n")
    done = published.run("build")
    said = "kbtool: error[engine]: MkDocs could not build the site: Config value 'markdown_extensions': Failed to load extension 'no.such.extension'."
    assert (done.code, done.err.count("\n")) == (3, 1)
    assert done.err.startswith(said)


def test_checks_that_are_off_do_not_open_the_boundary(published: Any) -> None:
    """Without the checks an unreadable article is still in no site, and a region that does not close still stops it."""
    published.write("pyproject.toml", '[tool.kbtool]\nignore = ["KB001", "KB402"]\n')
    published.write("content/broken.md", SECRET.replace("audience: internal", "audience: publik"))
    done = published.run("build")
    assert (done.code, done.err) == (0, "")
    assert not any("broken" in name or b"paper clip" in text for name, text in sites(published).items())
    before = sites(published)
    published.write("content/a.md", f"{STALE}\n::: internal\n\nhalf a region\n")
    done = published.run("build", "--exit-zero")
    assert done.code == 1
    assert re.findall(r"error\[([a-z-]+)\]: (content/a\.md:13)", done.err) == [("region-unbalanced", "content/a.md:13")]
    assert sites(published) == before


def test_an_edition_without_articles_is_3(published: Any) -> None:
    """A filter that lets nothing through is more likely a mistake than a wish; the other edition is published."""
    published.write("content/index.md", SECRET)
    before = sites(published)["site/public/index.html"]
    done = published.run("build")
    assert done.code == 3
    assert one_line(done.err) == "refusing-empty-site"
    assert sites(published)["site/public/index.html"] == before
    assert b"paper clip" in sites(published)["site/internal/index.html"]


def test_a_missing_theme_folder_is_2(published: Any) -> None:
    """2 goes before 1: a configuration that cannot be built is told as such, findings or not."""
    published.write("mkdocs.yml", "site_name: Help\ntheme: {name: material, custom_dir: overides}\n")
    published.write("content/old.md", STALE)
    before = sites(published)
    done = published.run("build", "--edition", "public")
    assert done.code == 2
    assert one_line(done.err) == "config"
    assert "mkdocs.yml: theme.custom_dir: there is no folder 'overides'" in done.err
    assert sites(published) == before


def test_two_builds_at_once_are_3(published: Any) -> None:
    """A second build does not disturb the first."""
    import fcntl

    lock = published.write(".kbtool/build.lock", "")
    before = sites(published)
    with lock.open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        done = published.run("build", "--edition", "public")
    assert done.code == 3
    assert one_line(done.err) == "busy"
    assert sites(published) == before


def test_a_site_folder_that_cannot_be_written_is_3(kb: Any) -> None:
    """What stands in the way of the site stays, and the message names it."""
    kb.write("site", "a file where a folder should be")
    before = kb.tree()["site"]
    done = kb.run("build", "--edition", "public")
    assert done.code == 3
    assert one_line(done.err) == "disk"
    assert kb.tree()["site"] == before


# ---------------------------------------------------------------------------------------------- audit, completion


def test_an_audit_of_a_foreign_site_is_0_or_1(kb: Any) -> None:
    """`kbtool audit` judges any folder: clean is 0, a leak is 1 and named, and nothing is written."""
    kb.write("content/secret.md", SECRET)
    kb.write("foreign/index.html", "<p>Hello</p>")
    before = kb.tree()
    clean = kb.run("audit", "foreign")
    assert (clean.code, clean.out, clean.err) == (0, "0 leaks in foreign\n", "")
    assert kb.tree() == before
    kb.write("foreign/b.html", "<p>the QUIET <b>backdoor</b> of the billing&nbsp;machine</p>")
    dirty = kb.run("audit", "foreign")
    assert (dirty.code, dirty.err) == (1, "")
    assert dirty.out == (
        "b.html: shows 'the quiet backdoor of the billing machine', which is from content/secret.md\n1 leak in foreign\n"
    )
    assert kb.run("audit", "foreign", "--edition", "internal").code == 0


@pytest.mark.parametrize(
    ("shell", "words"),
    [("bash", "complete -o nosort -F _kbtool_completion kbtool"), ("zsh", "#compdef kbtool"), ("fish", "complete --no-files --command kbtool")],
)
def test_completion_scripts_come_out_for_each_shell(kb: Any, shell: str, words: str) -> None:
    """The script of each shell is printed, and asks kbtool itself what may follow."""
    done = kb.run("completion", shell)
    assert (done.code, done.err) == (0, "")
    assert words in done.out
    assert f"_KBTOOL_COMPLETE={shell}_complete" in done.out


@pytest.mark.parametrize(("words", "last", "expected"), [("kbtool ch", "1", "check"), ("kbtool completion z", "2", "zsh")])
def test_completion_answers_what_may_follow(kb: Any, words: str, last: str, expected: str) -> None:
    """The request that the scripts make is answered with the commands and values that fit."""
    done = kb.run(env={"_KBTOOL_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": last})
    assert (done.code, done.err) == (0, "")
    assert f"plain,{expected}" in done.out.splitlines()
