"""`kbtool why` as people and scripts run it, in real repositories."""

from __future__ import annotations

import json
import re

import pytest


def test_why_an_article_is_what_it_is(covered, run, state) -> None:
    """Verdict, reasons and timeline, as text and as JSON; exit code 0 whatever the verdict is, and nothing is written."""
    covered.commit({"src/a.py": "2\n"}, on="2026-10-01", by="Ben", message="Faster")
    before = state(covered.folder)
    text, document = run("why", "--no-cache", "content/a.md"), run("why", "--no-cache", "content/a.md", "--format", "json")
    assert (text.code, text.err, document.code, document.err) == (0, "", 0, "")
    assert text.out.startswith("content/a.md is stale\n  because   covered code changed since the review of 2026-06-01: 1 landing since 2026-10-01")
    assert text.out.endswith("  2026-10-01  code      Ben: Faster (src/a.py)\n")
    assert [moment["what"] for moment in document.json()["timeline"]] == ["edit", "code", "review", "code"]
    assert state(covered.folder) == before


def test_why_with_half_a_history(covered, run, tmp_path) -> None:
    """In a shallow clone, and without a repository, what is unknown is said; the exit code is still 0: it was asked, and answered."""
    covered.commit({"src/a.py": "2\n"}, on="2026-10-01")
    clone = covered.clone(tmp_path / "clone", depth=1)
    done = run("why", "content/a.md", cwd=clone.folder)
    assert (done.code, done.out.split("\n")[0]) == (0, "content/a.md is unknown")
    assert f"unknown   history is cut off at {clone.head[:12]}; what is older is not known\n" in done.out
    (clone.folder / ".git").rename(tmp_path / "elsewhere")
    done = run("why", "content/a.md", cwd=clone.folder)
    assert (done.code, done.out.split("\n")[0]) == (0, "content/a.md is unknown")
    assert "unknown   history: " in done.out


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["content/z.md"], "error[no-such-path]: there is no article 'content/z.md'"), ([], "error[usage]: Missing argument 'ARTICLE'."),
        (["content/a.md", "--format", "markdown"], "error[usage]: Invalid value for '--format'"), (["content/a.md", "--today", "x"], "error[bad-date]: --today: "),
    ],
)
def test_why_of_nothing(covered, run, args, message, said) -> None:
    """An article that is not there, a format that is none: exit code 2 and one line."""
    done = run("why", *args)
    assert (done.code, done.out) == (2, "")
    assert said(done).startswith(message)


def test_strangers_names_on_the_command_line(site, page, run) -> None:
    """Errors and notes show names of files as escapes, too: stderr steers no terminal."""
    name = "content/a\x1b[2J\n.md"
    site.commit({"content/b.md": page(), name: page()}, on="2026-10-01", by="E\x9bve <e@example.com>", message="x\x1b]0;y\x07")
    for args in (["review"], ["why", "content/b.md"], ["review", name], ["review", name, "--outcome", "accurate"], ["why", name], ["review", "\x1b[31m"]):
        done = run(*args)
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", done.out + done.err), args
    assert json.loads(run("review", "--format", "json").out)
