"""`kbtool review` at a terminal: what it shows, what it asks, and that nothing is written before the last answer."""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

DAY = "2026-11-22"
PATIENCE = 60  #: seconds after which a test gives up
#: Makes the terminal the one whose keys are obeyed, then becomes kbtool.
SEAT = "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"
SGR = re.compile(r"\x1b\[[0-9;]*m")
DIFF, ANSWER, SURE = "Show what changed in the code? [Y/n]: ", "This article is (accurate, updated, retired, skip) [skip]: ", (
    "You have read the code, and the article is still accurate? [y/N]: ")


class Terminal:
    """kbtool at a terminal of its own: what it has shown since the last question, and its keyboard."""

    def __init__(self, args: list[str], cwd: Path, env: dict[str, str], columns: int) -> None:
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
        self.process = subprocess.Popen(
            [sys.executable, "-c", SEAT, sys.executable, "-P", "-m", "kbtool", *args], cwd=cwd, env=env, stdin=slave, stdout=slave,
            stderr=slave, start_new_session=True,
        )
        os.close(slave)
        self.shown = ""

    def _more(self) -> bool:
        assert select.select([self.master], [], [], PATIENCE)[0], f"it says nothing more after: {self.shown!r}"
        try:
            got = os.read(self.master, 1 << 16)
        except OSError:  # the other end is closed
            return False
        self.shown += got.decode("utf-8", "replace")
        return bool(got)

    def until(self, question: str) -> str:
        """Wait for a question; return what was shown before it, without colours."""
        while not SGR.sub("", self.shown).endswith(question):
            assert self._more(), f"it ended without the question: {self.shown!r}"
        text, self.shown = SGR.sub("", self.shown).removesuffix(question).replace("\r\n", "\n"), ""
        return text

    def type(self, keys: str) -> None:
        """Press keys."""
        os.write(self.master, keys.encode())

    def press(self, key: str) -> None:
        """Press a key until it has ended: a signal that comes just before a program begins to read is not noticed by it."""
        for _ in range(PATIENCE // 5):
            self.type(key)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(5)
                return

    def end(self) -> tuple[int, str]:
        """Wait for its end; return the exit code and what was shown since the last question."""
        while self._more():
            pass
        return self.process.wait(PATIENCE), SGR.sub("", self.shown).replace("\r\n", "\n")


@pytest.fixture
def site(repo, page, home):
    """A repository with an article whose code has changed since its review, and one that covers none."""
    repo.git("config", "user.email", "ana@example.com")
    repo.commit({
        "content/a.md": page("One.\n", title="Export", last_reviewed_on="2026-06-01", covers="[src/**]"), "src/a.py": "1\n",
        "content/b.md": page("One.\n", title="Other", last_reviewed_on="2026-06-01"),
    }, on="2026-06-01", by="Ana", message="Add")
    repo.commit({"src/a.py": "2\n"}, on="2026-11-01", by="Ben", message="Faster")
    return repo


@pytest.fixture
def terminal(site) -> Iterator[Callable[..., Terminal]]:
    """`terminal("review", "content/a.md")`: kbtool at a terminal of 80 columns."""
    moment = dt.datetime.fromisoformat(DAY).replace(hour=12, tzinfo=dt.UTC)
    base = {name: value for name, value in os.environ.items() if name not in ("FORCE_COLOR", "NO_COLOR", "COLUMNS", "LINES", "PYTHONPATH")}
    opened = []

    def start(*args: str, columns: int = 80, **env: str) -> Terminal:
        opened.append(Terminal(list(args), site.folder, {**base, "TERM": "xterm", "SOURCE_DATE_EPOCH": str(int(moment.timestamp())), **env}, columns))
        return opened[-1]

    yield start
    for one in opened:
        with contextlib.suppress(ProcessLookupError):
            one.process.kill()
        one.process.wait()
        os.close(one.master)


def stamped(repo: Any) -> list[str]:
    """Return the files that were changed."""
    return repo.git("diff", "--name-only").split()


def test_a_review(site, terminal) -> None:
    """The dossier, the diff on demand, the question, and for changed code a second one; then the stamp."""
    here = terminal("review", "content/a.md")
    shown = here.until(DIFF)
    assert shown.startswith("content/a.md  Export\n  verdict   stale\n")
    assert "      +1 -1     src/a.py (changed)\n    git diff " in shown
    assert max(len(line) for line in shown.split("\n")) <= 80
    here.type("y\n")
    assert "\n-1\n+2\n" in here.until(ANSWER)
    here.type("accurate\n")
    here.until(SURE)
    assert stamped(site) == []
    here.type("y\n")
    code, shown = here.end()
    assert (code, shown) == (0, "y\ncontent/a.md: accurate (stamped)\n")
    assert stamped(site) == ["content/a.md"]


def test_without_a_change_nothing_else_is_asked(site, terminal) -> None:
    """An article whose code did not change takes one answer; the diff is not offered."""
    site.write({"checks/owners.yml": "ana: {name: Ana}\nben: {name: Ben}\n"})
    here = terminal("review", "content/b.md", "--by", "ben")
    assert "git diff" not in here.until(ANSWER)
    here.type("accurate\n")
    assert here.end() == (0, "accurate\nkbtool: note: ben reviewed content/b.md, whose owners are ana\ncontent/b.md: accurate (stamped)\n")
    assert "+last_reviewed_by: ben" in site.git("diff")


@pytest.mark.parametrize("keys", ["skip\n", "\n"])
def test_skip_writes_nothing(site, terminal, keys) -> None:
    """Skip is what a mere Enter says."""
    here = terminal("review", "content/b.md")
    here.until(ANSWER)
    here.type(keys)
    code, shown = here.end()
    assert (code, shown.split("\n", 1)[1]) == (0, "kbtool: note: nothing was stamped\n")
    assert stamped(site) == []


def test_the_diff_can_be_declined(site, terminal) -> None:
    """Then it is not shown, and whoever was sure without it says so."""
    here = terminal("review", "content/a.md")
    here.until(DIFF)
    here.type("n\n")
    assert "+2" not in here.until(ANSWER)
    here.type("retired\n")
    assert here.end() == (0, "retired\ncontent/a.md: retired (stamped)\n")
    assert "+confidence: archived" in site.git("diff")


def test_an_answer_that_cannot_be_is_asked_again(site, terminal) -> None:
    """Not sure after all, not edited, no such answer: why is said, and the question comes again."""
    here = terminal("review", "content/a.md")
    here.until(DIFF)
    here.type("n\n")
    here.until(ANSWER)
    here.type("accurate\n")
    here.until(SURE)
    here.type("\n")
    assert "kbtool: error[code-changed]: content/a.md: covered code changed since the review" in here.until(ANSWER)
    here.type("updated\n")
    assert "kbtool: error[not-updated]: content/a.md: the words are those of the last review" in here.until(ANSWER)
    here.type("perfect\n")
    assert "'perfect' is not one of 'accurate', 'updated', 'retired', 'skip'" in here.until(ANSWER)
    here.type("skip\n")
    assert here.end()[0] == 0
    assert stamped(site) == []


def test_several_articles(site, terminal) -> None:
    """Each is shown and asked about in turn; those with an outcome are stamped together, at the end."""
    here = terminal("review", "content/b.md", "content/a.md", "--commit", GIT_AUTHOR_DATE=f"{DAY}T12:00Z", GIT_COMMITTER_DATE=f"{DAY}T12:00Z")
    assert here.until(ANSWER).startswith("content/b.md  Other\n")
    here.type("accurate\n")
    assert "content/a.md  Export\n" in here.until(DIFF)
    assert stamped(site) == []
    here.type("n\n")
    here.until(ANSWER)
    here.type("skip\n")
    assert here.end() == (0, "skip\ncontent/b.md: accurate (stamped)\nkbtool: committed: Review Other\n")
    assert site.git("show", "--format=", "--name-only") == "content/b.md"


@pytest.mark.parametrize("key", ["\x03", "\x04"], ids=["ctrl-c", "ctrl-d"])
@pytest.mark.parametrize("question", [DIFF, ANSWER, SURE])
def test_interrupted(site, terminal, key, question) -> None:
    """Ctrl-C and Ctrl-D at any question end it with 130, and nothing is written, not even what was answered before."""
    here = terminal("review", "content/b.md", "content/a.md")
    here.until(ANSWER)
    here.type("accurate\n")
    for asked, answer in ((DIFF, "n\n"), (ANSWER, "accurate\n"), (SURE, "")):
        here.until(asked)
        if asked == question:
            break
        here.type(answer)
    here.press(key)
    code, shown = here.end()
    assert (code, "Traceback" in shown, stamped(site)) == (130, False, [])
    assert not (site.folder / ".kbtool/journal").exists()


def test_what_forbids_a_review_is_said_before_the_question(site, terminal, page) -> None:
    """Nobody answers for nothing: an unknown reviewer, a merge, an unreadable article come first, after the dossier."""
    code, shown = terminal("review", "content/b.md", "--by", "anna").end()
    assert (code, shown.startswith("content/b.md  Other\n"), "This article is" in shown) == (2, True, False)
    assert shown.endswith('no owner is called \'anna\'; did you mean "ana"? (owners are in checks/owners.yml)\n')
    site.write({"content/c.md": "---\nowners: [ana\n---\n"})
    code, shown = terminal("review", "content/c.md").end()
    assert (code, "error[not-readable]: content/c.md:2: " in shown) == (3, True)
    (site.folder / ".git/MERGE_HEAD").write_text(f"{site.head}\n")
    code, shown = terminal("review", "content/b.md").end()
    assert (code, "error[unfinished-merge]" in shown, stamped(site)) == (3, True, [])


def test_an_article_that_is_edited_meanwhile(site, terminal, page) -> None:
    """Whoever edits the article while the question stands is told to look again; the edit is not sealed unseen."""
    here = terminal("review", "content/b.md")
    here.until(ANSWER)
    text = page("Two.\n", title="Other", last_reviewed_on="2026-06-01")
    site.write({"content/b.md": text})
    here.type("accurate\n")
    code, shown = here.end()
    assert (code, "error[changed-meanwhile]: content/b.md: the file was changed after it was reviewed" in shown) == (3, True)
    assert (site.folder / "content/b.md").read_text() == text


def test_code_that_is_edited_meanwhile(site, terminal, kbtool) -> None:
    """What is sealed is the code that was shown: an edit after that is a change since the review."""
    here = terminal("review", "content/a.md")
    here.until(DIFF)
    here.type("y\n")
    here.until(ANSWER)
    site.write({"src/a.py": "3\n"})
    here.type("accurate\n")
    here.until(SURE)
    here.type("y\n")
    assert here.end()[0] == 0
    found = kbtool("check", "content/a.md", "--format", "json", cwd=site.folder, today=DAY).json()["findings"]
    assert [one["code"] for one in found] == ["KB106"]


def test_a_dry_run_asks_as_well(site, terminal) -> None:
    """It shows what would be written, and writes nothing."""
    here = terminal("review", "content/b.md", "--dry-run")
    here.until(ANSWER)
    here.type("accurate\n")
    code, shown = here.end()
    assert (code, "\n+last_reviewed_on: 2026-11-22\n" in shown, stamped(site)) == (1, True, [])


def test_colours_and_width(terminal) -> None:
    """There are colours, unless nobody wants them; the queue is as wide as the terminal."""
    here = terminal("review")
    assert here.end()[0] == 0
    assert "\x1b[1;31mstale" in here.shown
    narrow = SGR.sub("", here.shown).split("\r\n")
    assert max(map(len, narrow)) <= 80
    wide = terminal("review", columns=200, NO_COLOR="1")
    assert wide.end()[0] == 0
    assert "\x1b" not in wide.shown
    assert max(map(len, wide.shown.split("\r\n"))) > 80
    assert wide.shown.split() == SGR.sub("", here.shown).split()


def test_a_pipe_is_no_terminal(site, terminal) -> None:
    """Where the output goes elsewhere nobody sees a question, so none is asked."""
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "kbtool", "review", "content/b.md"], cwd=site.folder, stdin=terminal("why", "content/b.md").master,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as done:
        out, err = done.communicate(timeout=PATIENCE)
    assert (done.returncode, b"This article is" in out + err, err.count(b"note: nothing was stamped; say --outcome")) == (0, False, 1)
