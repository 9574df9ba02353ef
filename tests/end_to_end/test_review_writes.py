"""What `kbtool review` writes: three lines of an article, whatever its style, and nothing in a dry run or a killed one."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

import pytest

DAY = "2026-11-22"


# ---------------------------------------------------------------------------------------------- only those lines

STYLES = {
    "plain": ("last_reviewed_on: 2026-06-01\nlast_reviewed_by: ben\nreview_seal: x\n", "3\t3"),
    "quotes": ("last_reviewed_on: '2026-06-01'\n\"last_reviewed_by\" : \"ben\"   # who\nreview_seal : 'x'\n", "3\t3"),
    "missing": ("", "3\t0"),
    "empty": ('last_reviewed_on:\nlast_reviewed_by: # nobody yet\nreview_seal: ""\n', "3\t3"),
    "apart": ("last_reviewed_on: 2026-06-01\n# A comment.\n\ntags: [a,\n  b]\nlast_reviewed_by: ben\nrelated:\n- x.md\nreview_seal: x\n", "3\t3"),
    "indented": ("  title: A\n  owners: [ana]\n  product_areas: [billing]\n  last_reviewed_on: 2026-06-01\n", "3\t1"),
    "bad date": ("last_reviewed_on: soon\n", "3\t1"),
}


@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize("style", STYLES)
def test_three_lines_change(site, run, style, end) -> None:
    """In any style of YAML and with any line end: date, reviewer and seal, and every other byte stays."""
    block, numbers = STYLES[style]
    head = "" if style == "indented" else '# why\ntitle:   "A"   # kept\nowners: [ ana,ben ]\nproduct_areas:\n    - billing\n'
    text = f"---\n{head}{block}---\n\nText, and a date: last_reviewed_on: 2026-06-01\n".replace("\n", end)
    site.commit({"content/a.md": text, ".gitattributes": "* -text\n"}, on="2026-06-01")
    assert run("review", "content/a.md", "--outcome", "accurate").code == 0
    assert site.git("diff", "--numstat") == f"{numbers}\tcontent/a.md"
    now = (site.folder / "content/a.md").read_bytes().decode()
    own = re.compile(r"""\s*["']?(?:last_reviewed_on|last_reviewed_by|review_seal)["']?\s*:.*""")
    kept = [[line for line in one.split(end) if not own.fullmatch(line)] for one in (text, now)]
    assert kept[0] == kept[1]
    assert sum(bool(own.fullmatch(line)) for line in now.split(end)) == 3
    site.git("commit", "-qam", "Review", on=DAY)
    done = run("check", "--strict")
    assert (done.code, "0 errors, 0 warnings, 0 unknown" in done.out) == (0, True)


@pytest.mark.parametrize(
    ("config", "before", "after"),
    [
        ('preset = "microsoft"', "ms.date: 06/30/2026\nms.author: ana\nms.service: billing\n", "ms.date: 11/22/2026\nlast_reviewed_by: ana\n"),
        ('preset = "microsoft"', "ms.date: 2026-06-30\nms.author: ana\nms.service: billing\n", "ms.date: 2026-11-22\nlast_reviewed_by: ana\n"),
        ('preset = "govuk"', "owner_slack: ana\nlast_reviewed_on: 2026-06-30\nproduct_areas: [billing]\n", "last_reviewed_on: 2026-11-22\nlast_reviewed_by: ana\n"),
        ('preset = "hugo"', "author: ana\nreviewed: 2026-06-30\nproduct_areas: [billing]\n", "reviewed: 2026-11-22\nlast_reviewed_by: ana\n"),
        ('aliases = {"checked" = "last_reviewed_on", "checker" = "last_reviewed_by", "proof" = "review_seal"}',
         "owners: [ana]\nproduct_areas: [billing]\nproof: x\nchecker: ben\nchecked: 2026-06-30\n", "checker: ana\nchecked: 2026-11-22\n"),
    ],
)
def test_keys_of_other_knowledge_bases(site, run, config, before, after) -> None:
    """A review is written under the keys that the article uses, in their way of writing a date, and verifies."""
    site.commit({"pyproject.toml": f"[tool.kbtool]\n{config}\n", "content/a.md": f"---\ntitle: A\n{before}---\n"}, on="2026-07-01")
    assert run("review", "content/a.md", "--outcome", "accurate").code == 0
    text = (site.folder / "content/a.md").read_text()
    assert after in text
    assert len(re.findall(r'^(?:review_seal|proof): "?1 review:', text, re.MULTILINE)) == 1
    site.git("commit", "-qam", "Review", on=DAY)
    done = run("check", "--strict", "--format", "json")
    assert (done.code, done.json()["findings"], done.json()["articles"][0]["verdict"]) == (0, [], "fresh")
    assert run("why", "content/a.md", "--format", "json").json()["sealed"] is True


# ---------------------------------------------------------------------------------------------- a dry run


def test_a_dry_run(covered, run, state) -> None:
    """It shows the diff, exits with 1 where there is one and with 0 where there is none, and touches no file, time or folder."""
    before = state(covered.folder)
    for folder in (covered.folder, covered.folder / "content"):
        folder.chmod(0o555)
    done = run("review", "--no-cache", "content/a.md", "content/b.md", "--outcome", "accurate", "--dry-run")
    for folder in (covered.folder, covered.folder / "content"):
        folder.chmod(0o755)
    assert (done.code, done.err) == (1, "")
    assert state(covered.folder) == before
    patch = done.out[done.out.index("--- a/content/a.md"):]
    assert patch.count("+last_reviewed_on: 2026-11-22\n") == 2
    subprocess.run(["git", "apply", "-"], cwd=covered.folder, input=patch.encode(), check=True)
    done = run("review", "content/a.md", "content/b.md", "--outcome", "accurate", "--dry-run")
    assert (done.code, done.err) == (0, "")
    assert "--- a/" not in done.out
    assert run("check", "--strict").code == 0


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_diff_of_a_dry_run_is_whole(site, run, end) -> None:
    """Long lines are not cut and line ends are kept, so that `git apply` takes it; what would steer a terminal is shown."""
    text = f"---\ntitle: {'long ' * 100}\nowners: [ana]\nproduct_areas: [billing]\nlast_reviewed_on: 2026-06-01\n---\n\nText.\n".replace("\n", end)
    site.commit({"content/a.md": text}, on="2026-07-01")
    done = run("review", "content/a.md", "--outcome", "accurate", "--dry-run")
    assert f" title: {'long ' * 100}{end}" in done.out
    site.commit({"content/a.md": text.replace("long ", "\x1b[2J", 1)}, on="2026-07-01")
    assert "\x1b" not in run("review", "content/a.md", "--outcome", "accurate", "--dry-run").out


@pytest.mark.parametrize("more", [["--commit"], []])
def test_a_dry_run_says_what_would_be_refused(covered, run, more) -> None:
    """Its exit code for a refusal is that of the real run."""
    covered.write({"src/a.py": "2\n"})
    args = ["review", "content/a.md", "--outcome", "accurate", "--still-accurate", *more]
    dry = run(*args, "--dry-run")
    real = run(*args)
    assert (dry.code, real.code) == ((2, 2) if more else (1, 0))


# ---------------------------------------------------------------------------------------------- a killed review


def kill_after_one(repo: Any) -> dict[str, bytes]:
    """Leave what a review of two articles leaves that is killed between them; return what the articles were."""
    script = (
        "import os, sys\nfrom pathlib import Path\nfrom kbtool import journal\n"
        "move = journal._move\n"
        "def once(staged, target):\n    move(staged, target)\n    os._exit(137)\n"
        "journal._move = once\n"
        "names = ['content/a.md', 'content/b.md']\n"
        "journal.write_all(Path('.'), [journal.Change(n, Path(n).read_bytes(), b'half') for n in names])\n"
    )
    before = {name: (repo.folder / name).read_bytes() for name in ("content/a.md", "content/b.md")}
    done = subprocess.run([sys.executable, "-P", "-c", script], cwd=repo.folder, check=False)
    assert done.returncode == 137
    assert (repo.folder / "content/a.md").read_bytes() == b"half"
    return before


@pytest.mark.parametrize("args", [["review"], ["check"], ["why", "content/b.md"], ["review", "content/b.md", "--outcome", "accurate"]])
def test_a_killed_review_is_put_back(covered, run, args) -> None:
    """The next run, whatever it is, puts back what was half written, says so, and goes on with that."""
    before = kill_after_one(covered)
    done = run(*args)
    assert "kbtool: note: a review was killed while it wrote; put back: content/a.md\n" in done.err
    assert (covered.folder / "content/a.md").read_bytes() == before["content/a.md"]
    assert "killed" not in run(*args).err


def test_what_was_changed_since_stays(covered, run) -> None:
    """An article that somebody wrote to after the kill is left as it is, and named."""
    kill_after_one(covered)
    (covered.folder / "content/a.md").write_text("mine\n")
    done = run("check")
    assert "kbtool: warning[journal]: content/a.md was changed since; it stays as it is\n" in done.err
    assert (covered.folder / "content/a.md").read_text() == "mine\n"
