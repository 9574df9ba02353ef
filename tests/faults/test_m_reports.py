"""Faults of what is printed (FAULTS.md, group M): names that strangers chose, in a terminal or in the log of a build."""

from __future__ import annotations

import re
from typing import Any

import pytest

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
