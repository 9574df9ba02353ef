"""The plugin: plain `mkdocs build` and `mkdocs serve` show one edition, and a preview survives what a writer breaks."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

SECRET = "What to do when customers cannot log in"


@pytest.fixture
def made(empty_kb: Any) -> Any:
    """Return a knowledge base as `kbtool init` leaves it."""
    assert empty_kb.run("init", ".", "--name", "Acme", today=None).code == 0
    return empty_kb


def mkdocs(root: Path, *args: str) -> subprocess.CompletedProcess[str]:
    """Run plain MkDocs, as somebody would who has never heard of kbtool."""
    env = {**os.environ, "NO_MKDOCS_2_WARNING": "1", "DISABLE_MKDOCS_2_WARNING": "true"}
    return subprocess.run(
        [sys.executable, "-P", "-m", "mkdocs", *args], cwd=root, env=env, capture_output=True, text=True, check=False, timeout=120
    )


def everything(folder: Path) -> str:
    """Return all text of a site."""
    return "\n".join(path.read_text("utf-8", "replace") for path in sorted(folder.rglob("*")) if path.suffix in (".html", ".json", ".xml"))


def test_plain_mkdocs_shows_the_public_edition(made: Any) -> None:
    """`mkdocs build` stages by itself, without warnings; the site is the public one, and only the stage is written beside it."""
    before = made.tree()
    done = mkdocs(made.root, "build", "--strict")
    assert done.returncode == 0, done.stderr
    site = made.root / ".kbtool/plain-site"
    shown = everything(site)
    assert "Write an article" in shown
    assert SECRET not in shown
    assert "in the wiki only" not in shown
    assert not (site / "internal").exists()
    assert 'class="kb-facts"' in (site / "index.html").read_text()
    assert (site / "assets/kbtool/kbtool.css").is_file()
    assert {name: text for name, text in made.tree().items() if not name.startswith((".kbtool/serve/", ".kbtool/plain-site/"))} == before


def test_another_edition_by_option(made: Any) -> None:
    """The option `edition` chooses; what the edition lays over mkdocs.yml holds as well."""
    made.write("mkdocs.yml", (made.root / "mkdocs.yml").read_text().replace("  - kbtool\n", "  - kbtool:\n      edition: internal\n"))
    done = mkdocs(made.root, "build", "--strict")
    assert done.returncode == 0, done.stderr
    shown = everything(made.root / ".kbtool/plain-site")
    assert SECRET in shown
    assert "in the wiki only" in shown
    assert "Acme wiki" in shown
    assert "Internal only" in shown


def test_nav_and_overrides_are_the_editions(made: Any) -> None:
    """The site's nav loses what the edition has not, and its own overrides win over kbtool's."""
    made.write("mkdocs.yml", (made.root / "mkdocs.yml").read_text() + "nav:\n  - index.md\n  - On call: internal/runbook.md\n")
    made.write("overrides/partials/source-file.html", "<p>our own facts</p>")
    done = mkdocs(made.root, "build", "--strict")
    assert done.returncode == 0, done.stderr
    home = (made.root / ".kbtool/plain-site/index.html").read_text()
    assert "On call" not in home
    assert "our own facts" in home


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("content/index.md", lambda text: text + "\n::: internal\n", "error[region-unbalanced]: content/index.md:"),
        ("pyproject.toml", lambda text: text.replace("content =", "contnt ="), "unknown key 'contnt'; did you mean \"content\"?"),
        ("pyproject.toml", lambda _: "", "error[no-config]"),
        ("checks/owners.yml", lambda _: "- x\n", "checks/owners.yml: must map ids to entries"),
        ("mkdocs.yml", lambda text: text.replace("  - kbtool\n", "  - kbtool: {edition: publik}\n"), 'did you mean "public"?'),
    ],
)
def test_a_fault_stops_the_build(made: Any, name: str, change: Callable[[str], str], words: str) -> None:
    """Outside of a preview there is no site of yesterday's stage: the fault is told, without a traceback."""
    assert mkdocs(made.root, "build").returncode == 0
    made.write(name, change((made.root / name).read_text()))
    done = mkdocs(made.root, "build")
    assert done.returncode == 1
    assert words in done.stderr
    assert "Traceback" not in done.stderr


@contextmanager
def serving(root: Path, log: Path, *command: str) -> Iterator[Callable[[], str]]:
    """Serve a preview, and yield a function that gets the home page, or nothing while there is none."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = ["--dev-addr" if command[0] == "mkdocs" else "--address", f"127.0.0.1:{port}"]
    with log.open("wb") as out, subprocess.Popen([sys.executable, "-P", "-m", *command, *address], cwd=root, stdout=out, stderr=out) as process:

        def home() -> str:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=30) as answer:
                    return str(answer.read().decode())
            except OSError:
                return ""

        try:
            yield home
        finally:
            process.terminate()
            process.wait(30)


def until(true: Callable[[], bool], what: str) -> None:
    """Wait for something to come true."""
    for _ in range(600):
        if true():
            return
        time.sleep(0.1)
    pytest.fail(f"never: {what}")


@pytest.mark.parametrize("command", [("mkdocs", "serve", "--livereload"), ("kbtool", "serve")], ids=["mkdocs", "kbtool"])
def test_a_preview_keeps_the_last_good_site(made: Any, tmp_path: Path, command: tuple[str, ...]) -> None:
    """While an article is broken, its last good state is shown, nav and regions included; once it is whole, the new one."""
    made.write("mkdocs.yml", (made.root / "mkdocs.yml").read_text() + "nav:\n  - index.md\n  - On call: internal/runbook.md\n")
    text = (made.root / "content/index.md").read_text()
    log = tmp_path / "log"
    with serving(made.root, log, *command) as home:
        until(lambda: "Welcome." in home(), "the first page")
        made.write("content/index.md", text.replace("Welcome.", "Hello.") + "\n::: internal\n\nHalf a region")
        until(lambda: "the site stays as it was" in log.read_text(), "the fault in the log")
        until(lambda: home() != "", "a page beside the fault")
        page = home()
        assert "Welcome." in page
        assert "Half a region" not in page
        assert "On call" not in page
        assert "error[region-unbalanced]: content/index.md:" in log.read_text()
        made.write("content/index.md", text.replace("Welcome.", "Hello again."))
        until(lambda: "Hello again." in home(), "the mended page")
    assert "Traceback" not in log.read_text()


def test_plain_mkdocs_includes_nothing_by_itself(kb: Any) -> None:
    """With `pymdownx.snippets` in mkdocs.yml, an escaped include stays text: the extension would read any file of the repository."""
    kb.write("mkdocs.yml", "site_name: x\ntheme: {name: material, font: false}\ndocs_dir: stage\nsite_dir: out\n"
             "plugins: [search, kbtool]\nmarkdown_extensions: [pymdownx.snippets]\n")
    kb.write("secret.txt", "the launch code is swordfish\n")
    kb.write("content/index.md", (kb.root / "content/index.md").read_text() + '\n;--8<-- "secret.txt"\n')
    (kb.root / "stage").mkdir()
    done = subprocess.run([sys.executable, "-P", "-m", "mkdocs", "build"], cwd=kb.root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    page = (kb.root / "out/index.html").read_text()
    assert "swordfish" not in page
    assert "secret.txt" in page
