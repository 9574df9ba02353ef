"""`kbtool audience approve`: what it shows, when it asks, and that nothing else writes the list."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

LOCK = "checks/public.lock"
PAGE = "---\ntitle: {0}\naudience: {1}\nowners: [ana]\nproduct_areas: [billing]\nlast_reviewed_on: 2026-10-01\n---\n\n# {0}\n\nWords of {0}.\n"
ASKED = "May readers of the public edition see this? [y/N]: "


@pytest.fixture
def waiting(kb: Any) -> Any:
    """A knowledge base with a list, in which one article, words and a picture wait."""
    kb.write("content/a.md", PAGE.format("A", "public") + "\n::: internal\n\nAsk Ana for the code.\n\n:::\n")
    kb.write("content/b.md", PAGE.format("B", "internal") + "![](plan.png)\n")
    kb.write("content/plan.png", "x")
    assert kb.run("audience", "approve", "--all").out == "2 articles in the public edition\n2 approved; checks/public.lock begun\n"
    kb.write("content/a.md", PAGE.format("A", "public") + "\nAsk Ana for the code.\n")
    kb.write("content/b.md", PAGE.format("B", "public") + "![](plan.png)\n")
    return kb


SHOWN_A = "content/a.md: readers of the public edition see what a region kept from them\n  + Ask Ana for the code.\n"
SHOWN_B = (
    "content/b.md: readers of the public edition see this article\n  + # B\n  +\n  + Words of B.\n  + ![](plan.png)\n"
    "content/plan.png: readers of the public edition see this file in content/b.md\n"
)


def test_one_command_adopts_a_knowledge_base(kb: Any) -> None:
    """Without a list the check is off; `--all` begins it with what is public, in a folder of checks that need not be there."""
    kb.write("content/b.md", PAGE.format("B", "internal"))
    (kb.root / "checks/owners.yml").unlink()
    (kb.root / "checks/product_areas.yml").unlink()
    (kb.root / "checks").rmdir()
    assert kb.run("check", "--select", "KB404", "--strict").out == "0 errors, 0 warnings, 0 unknown, 2 articles, 0 skipped\n"
    before = kb.tree()
    refused = kb.run("audience", "approve", "content/b.md", "--yes")
    assert (refused.code, refused.err) == (2, (
        "kbtool: error[usage]: there is no list of what readers outside may see (begin it with `kbtool audience approve --all`)\n"))
    assert kb.tree() == before
    done = kb.run("audience", "approve", "--all")
    assert (done.code, done.out, done.err) == (0, "1 article in the public edition\n1 approved; checks/public.lock begun\n", "")
    assert (kb.root / LOCK).read_text().split("\n")[2:] == ["content/index.md public shown -", ""]
    assert {name for name, content in kb.tree().items() if before.get(name) != content} == {LOCK}


def test_a_dry_run_shows_and_writes_nothing(waiting: Any) -> None:
    """Exit code 1 says that something waits."""
    before = waiting.tree()
    done = waiting.run("audience", "approve", "--all", "--dry-run")
    assert (done.code, done.out, done.err) == (1, SHOWN_A + SHOWN_B + "3 would be approved\n", "")
    assert waiting.tree() == before
    assert waiting.run("audience", "approve", "--all", "--yes").code == 0
    assert waiting.run("audience", "approve", "--all", "--dry-run").code == 0


def test_where_nobody_can_answer_nothing_is_approved(waiting: Any) -> None:
    """In a pipe it shows what waits, ends with 2, and names --yes."""
    before = waiting.tree()
    done = waiting.run("audience", "approve", "content/a.md")
    assert (done.code, done.out) == (2, SHOWN_A)
    assert done.err == "kbtool: error[usage]: nobody is asked here, and nothing was approved (say --yes, or run it in a terminal)\n"
    assert waiting.tree() == before


def test_paths_approve_themselves_alone(waiting: Any) -> None:
    """An article takes along the picture that it shows, and the rest keeps waiting; without paths nothing is approved."""
    done = waiting.run("audience", "approve", "content/b.md", "--yes")
    assert (done.code, done.out) == (0, SHOWN_B + "2 approved, 1 still waiting; checks/public.lock brought up to date\n")
    assert waiting.run("audience", "approve").out == "0 approved, 1 still waiting; checks/public.lock as it was\n"
    assert "1 error," in waiting.run("check", "--select", "KB404").out
    assert waiting.run("audience", "approve", "content", "--yes").out.endswith("\n1 approved; checks/public.lock brought up to date\n")
    assert waiting.run("check", "--select", "KB404", "--fail-on", "warning").code == 0


@pytest.mark.parametrize(("body", "line", "why"), [
    ("::: internal\n```\nx\n:::\nb [c]{.internal}\n```\n", 5, "once parts for others are cut, code begins or ends elsewhere"),
    ("::: internal\nx\n", 1, "this ::: block is never closed"),
])
def test_what_cannot_be_approved_says_why(waiting: Any, body: str, line: int, why: str) -> None:
    """An article of which no edition can be made is not counted without a word."""
    head = "---\ntitle: A page\naudience: public\n---\n"
    (waiting.root / "content/new.md").write_text(head + body)
    told = f"content/new.md:{line + 4}: not approved, it can be in no edition: {why}\n"
    done = waiting.run("audience", "approve", "content/new.md", "--yes")
    assert (done.code, done.out) == (0, f"{told}0 approved, 3 still waiting; checks/public.lock as it was\n")
    assert waiting.run("audience", "approve", "content/b.md", "--dry-run").out == SHOWN_B + "2 would be approved, 1 still waiting\n"


@pytest.mark.parametrize(("args", "word"), [
    (["content/gone.md"], "there is no file"), (["checks"], "holds no article"), (["--all", "content/a.md"], "not both"),
])
def test_usage(waiting: Any, args: list[str], word: str) -> None:
    """A path that is not there, or is none of the knowledge base, approves nothing."""
    before = waiting.tree()
    done = waiting.run("audience", "approve", "--yes", *args)
    assert (done.code, word in done.err) == (2, True)
    assert waiting.tree() == before


@pytest.mark.parametrize(("answer", "code"), [("y\r", 0), ("n\r", 130), ("\r", 130)])
def test_at_a_terminal_it_asks(waiting: Any, answer: str, code: int) -> None:
    """Only a yes is one; anything else writes nothing."""
    before = waiting.tree()
    ended, shown = at_a_terminal(waiting.root, ["audience", "approve", "content/a.md"], ASKED, answer)
    assert ended == code
    assert shown.replace("\r\n", "\n").startswith(SHOWN_A + ASKED)
    changed = {name for name, content in waiting.tree().items() if before.get(name) != content}
    assert changed == ({LOCK} if code == 0 else set())


def at_a_terminal(root: Path, args: list[str], question: str, answer: str) -> tuple[int, str]:
    """Run kbtool at a terminal, and answer its one question; return the exit code and all that was shown."""
    seat = "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"
    master, slave = pty.openpty()
    env = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "FORCE_COLOR")} | {"TERM": "xterm"}
    process = subprocess.Popen(
        [sys.executable, "-c", seat, sys.executable, "-P", "-m", "kbtool", *args], cwd=root, env=env, stdin=slave, stdout=slave, stderr=slave,
        start_new_session=True,
    )
    os.close(slave)
    shown, answered = "", False
    while True:
        try:
            got = os.read(master, 1 << 16)
        except OSError:  # the other end is closed
            break
        shown += got.decode()
        if not answered and shown.endswith(question):
            os.write(master, answer.encode())
            answered = True
    os.close(master)
    return process.wait(60), shown


def test_nobody_steers_the_terminal(waiting: Any) -> None:
    """What an article says is shown without control characters."""
    waiting.write("content/c.md", PAGE.format("C", "public") + "\x1b[2J\x07\n")
    assert "\x1b" not in waiting.run("audience", "approve", "--all", "--dry-run").out


def test_a_long_article_is_shown_in_part(waiting: Any) -> None:
    """Forty lines, and how many more there are; words of a region are shown whole."""
    waiting.write("content/c.md", PAGE.format("C", "public") + "line\n" * 100)
    out = waiting.run("audience", "approve", "content/c.md", "--dry-run").out
    assert out.endswith("    … and 63 lines more\n1 would be approved, 3 still waiting\n")
    assert out.count("\n") == 43


def test_a_lock_that_cannot_be_read_stops_everything(waiting: Any) -> None:
    """A merge that was not resolved is no decision: check, build and approve end with 2, and name the line."""
    waiting.write(LOCK, f"<<<<<<< ours\n{(waiting.root / LOCK).read_text()}")
    before = waiting.tree()
    for args in (["check"], ["build"], ["audience", "approve", "--all", "--yes"]):
        done = waiting.run(*args)
        assert (done.code, done.err.startswith("kbtool: error[config]: checks/public.lock:1: not a line of public.lock")) == (2, True), done.err
    assert waiting.tree() == before


def test_branches_merge_line_by_line(site: Any, run: Any, page: Any) -> None:
    """Two branches that approve different articles merge without a conflict, and so does one that approves while another edits."""
    names = "abcdefgh"
    site.commit({f"content/{name}.md": page(f"Words of {name}.\n", title=name.upper(), audience="internal" if name in "cg" else "public") for name in names})
    assert run("audience", "approve", "--all").code == 0
    site.commit({LOCK: (site.folder / LOCK).read_bytes()})
    for name in "cg":
        site.switch("main")
        site.branch(name)
        site.write({f"content/{name}.md": page(f"Words of {name}.\n", title=name.upper())})
        assert run("audience", "approve", f"content/{name}.md", "--yes").code == 0
        site.git("commit", "-aqm", name)
    site.switch("main")
    site.git("merge", "-q", "c")
    site.git("merge", "-q", "--no-edit", "g")
    assert run("check", "--select", "KB404", "--fail-on", "warning").code == 0
    shallow = site.clone(site.folder.parent / "shallow", depth=1)
    shallow.write({"content/a.md": page("Other words.\n", title="A"), "content/z.md": page("New.\n", title="Z")})
    done = run("check", "--select", "KB404", cwd=shallow.folder)
    assert (done.code, done.out.count("KB404")) == (1, 1)
