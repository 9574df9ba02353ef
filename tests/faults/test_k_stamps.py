"""Faults of writing into front matter (FAULTS.md, group K; K13 to K15 by the command)."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from kbtool.config import load_config
from kbtool.errors import IncompleteError
from kbtool.journal import digest, recover
from kbtool.stamp import Plan, Stamp, apply, plan

SEAL = "1 review:k3v9 text:9f2c code:77ab tickets:-"
VALUES = {"last_reviewed_on": "2026-11-23", "last_reviewed_by": "ana", "review_seal": SEAL}
ADDED = f'last_reviewed_by: ana\nreview_seal: "{SEAL}"\n'
PAGE = f"---\ntitle: A page\nlast_reviewed_on: 2026-01-31\nlast_reviewed_by: ben\nreview_seal: '{SEAL[:-1]}x'\n---\nText.\n"


def planned(kb: Any, *names: str, **more: Any) -> Plan:
    """Return the plan of stamping these articles of the content folder."""
    return plan(load_config(kb.root), [Stamp(Path("content", name), VALUES) for name in names], **more)


def refused(kb: Any, *names: str, **more: Any) -> str:
    """Return what is said when stamping is refused; no byte of the tree may have changed, and no file come or gone."""
    before = kb.tree()
    with pytest.raises(IncompleteError) as caught:
        apply(planned(kb, *names, **more))
    assert caught.value.exit_code == 3
    assert kb.tree() == before
    return str(caught.value)


def changed_lines(before: str, after: str) -> list[str]:
    """Return the lines of the new text in which two texts of equally many lines differ."""
    pairs = zip(before.splitlines(keepends=True), after.splitlines(keepends=True), strict=True)
    return [new for old, new in pairs if old != new]


# ---------------------------------------------------------------------------------------------- the edit

STYLES = """---
# Kept: a comment, 'quotes', a blank line and odd indentation

  title:   "Ä page"   # why
  'tags' :
      - b
      - "a"
  owners: [ ana,ben ]
  last_reviewed_on: 2026-01-31
  text: >+
      folded

  last_reviewed_by: ben
  long: %s
  review_seal: old
---
"""


def test_k01_only_its_own_lines_change(kb: Any) -> None:
    """Comments, order, quotes, blank lines, long lines and indentation stay; three lines are three lines."""
    text = STYLES % ("word " * 300)
    path = kb.write("content/page.md", text)
    apply(planned(kb, "page.md"))
    after = path.read_bytes().decode()
    assert changed_lines(text, after) == [f"  {key}: {value}\n" for key, value in VALUES.items()]
    path.write_bytes(path.read_bytes().replace(b"  title", b"  x: &anchor 1\n  title"))
    assert "content/page.md:4: the front matter is not readable: anchors and aliases" in refused(kb, "page.md")


@pytest.mark.parametrize(
    ("line", "after"),
    [
        ("'last_reviewed_on': 2026-01-31", "'last_reviewed_on': 2026-11-23"),
        ('"last_reviewed_on" : "2026-01-31" # on a train', '"last_reviewed_on" : "2026-11-23" # on a train'),
        ("last_reviewed_on : 2026-01-31\t# c", "last_reviewed_on : 2026-11-23\t# c"),
        ("last_reviewed_on:   '2026-01-31'  ", "last_reviewed_on:   '2026-11-23'  "),
        ("last_reviewed_on: # never", "last_reviewed_on: 2026-11-23 # never"),
    ],
)
def test_k02_keys_and_values_keep_their_form(kb: Any, line: str, after: str) -> None:
    """A quoted key, a blank before the colon, a quoted value and a comment after it are as they were."""
    path = kb.write("content/page.md", f"---\n{line}\ntitle: x\n---\n")
    apply(planned(kb, "page.md"))
    assert path.read_text() == f"---\n{after}\n{ADDED}title: x\n---\n"


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ("last_reviewed_on: 2026-01-31\n  and on", "3: the value of 'last_reviewed_on' is not on one line with its key"),
        ("last_reviewed_on: |\n  2026-01-31", "3: the value of 'last_reviewed_on' is not on one line with its key"),
        ("last_reviewed_on: >-\n  2026-01-31", "3: the value of 'last_reviewed_on' is not on one line with its key"),
        ("last_reviewed_on: {day: 31}", "3: the value of 'last_reviewed_on' is a list or a mapping"),
        ("x: 1\nlast_reviewed_on: *day", "4: the front matter is not readable: anchors and aliases (& and *) are not allowed"),
        ("last_reviewed_on: &day 2026-01-31", "3: the front matter is not readable: anchors and aliases (& and *) are not allowed"),
        ("last_reviewed_on: !!str 2026-01-31", "3: the front matter is not readable: the tag 'tag:yaml.org,2002:str' is not allowed"),
        ("last_reviewed_on: 2026-01-31\nlast_reviewed_on: 2026-01-31", "4: the front matter is not readable: the key 'last_reviewed_on' is here twice"),
    ],
)
def test_k03_what_cannot_be_edited_safely_is_refused(kb: Any, block: str, said: str) -> None:
    """Values of several lines, flow mappings, aliases, tags and double keys: kind, file, line and reason, and nothing is written."""
    kb.write("content/page.md", f"---\ntitle: x\n{block}\n---\n")
    assert refused(kb, "page.md").startswith(f"error[cannot-edit-safely]: content/page.md:{said}")
    kb.write("content/page.md", "---\n{title: x}\n---\n")
    assert refused(kb, "page.md").startswith("error[cannot-edit-safely]: content/page.md:2: the front matter is a mapping in braces")


def test_k04_the_same_text_elsewhere_is_not_touched(kb: Any) -> None:
    """A key that only looks like one, in a block scalar, a nested mapping, a comment or the body, stays as it is."""
    line = "last_reviewed_on: 2026-01-31"
    text = f"---\ntext: |\n  {line}\n# {line}\nmore:\n  {line}\ntitle: '{line}'\n{line}\nz: |\n {line}\n---\n{line}\n---\n{line}\n"
    path = kb.write("content/page.md", text)
    apply(planned(kb, "page.md"))
    expected = text.replace(f"\n{line}\nz:", f"\nlast_reviewed_on: 2026-11-23\n{ADDED}z:")
    assert path.read_text() == expected


def test_k05_stamping_twice_is_stamping_once(kb: Any) -> None:
    """The second run changes neither the bytes nor the time of the file, and writes nothing else."""
    path = kb.write("content/page.md", PAGE)
    assert apply(planned(kb, "page.md")) == ("content/page.md",)
    os.utime(path, ns=(10**18, 10**18))
    before, number = kb.tree(), path.stat().st_ino
    assert apply(planned(kb, "page.md")) == ()
    assert kb.tree() == before
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == (10**18, number)


# ---------------------------------------------------------------------------------------------- the files


def test_k06_a_file_that_changed_meanwhile_is_not_written(kb: Any) -> None:
    """A file of the same size and time with other bytes is noticed, since the review and since the plan."""
    path = kb.write("content/page.md", PAGE)
    os.utime(path, ns=(1, 1))
    found, config = planned(kb, "index.md", "page.md"), load_config(kb.root)
    path.write_bytes(PAGE.replace("Text", "Tuxt").encode())
    os.utime(path, ns=(1, 1))
    before = kb.tree()
    with pytest.raises(IncompleteError) as caught:
        apply(found)
    assert str(caught.value).startswith("error[changed-meanwhile]: content/page.md: the file was changed by somebody else meanwhile")
    late = plan(config, [Stamp(Path("content/page.md"), VALUES, seen=digest(PAGE.encode()))])
    assert [str(error) for error in late.refusals] == [
        "error[changed-meanwhile]: content/page.md: the file was changed after it was reviewed (read it again, then run again)"
    ]
    assert {name: content for name, content in kb.tree().items() if ".kbtool/" not in name} == before


KILLED = """
import os, signal, sys
from pathlib import Path
from kbtool import journal
from kbtool.config import load_config
from kbtool.stamp import Stamp, apply, plan

def move(staged, target):
    global left
    left -= 1
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)
    staged.replace(target)

root, left = Path(sys.argv[1]), int(sys.argv[2])
journal._move = move
apply(plan(load_config(root), [Stamp(path, {"last_reviewed_on": "2026-11-23"}) for path in sorted(root.glob("content/*.md"))]))
"""


def test_k07_one_that_refuses_stops_all(kb: Any) -> None:
    """Of 50 articles one refuses: none is written, unless that one may be left out; and a run killed midway is undone."""
    names = [f"page-{n:02}.md" for n in range(50)]
    for name in names:
        kb.write(f"content/{name}", PAGE)
    kb.write("content/page-25.md", PAGE.replace("2026-01-31", "[]"))
    assert "content/page-25.md:3: the value of 'last_reviewed_on' is a list" in refused(kb, *names)
    written = apply(planned(kb, *names), keep_going=True)
    assert written == tuple(f"content/{name}" for name in names if name != "page-25.md")
    for name in names:
        kb.write(f"content/{name}", PAGE)
    before = kb.tree()
    done = subprocess.run([sys.executable, "-P", "-c", KILLED, kb.root, "30"], check=False)
    assert done.returncode == -9
    assert sum(content != before.get(name) for name, content in kb.tree().items() if name.startswith("content/")) == 29
    found = recover(kb.root)
    assert found
    assert (len(found.restored), found.left) == (29, ())
    assert kb.tree() == before


def test_k08_mode_and_attributes_are_kept_and_links_are_not_followed(kb: Any) -> None:
    """0664 stays 0664; a symlink is refused wherever it leads, and stays one."""
    path = kb.write("content/page.md", PAGE)
    path.chmod(0o664)
    inside, outside = kb.root / "content/inside.md", kb.root / "content/outside.md"
    inside.symlink_to("page.md")
    outside.symlink_to(kb.root.parent / "elsewhere.md")
    (kb.root.parent / "elsewhere.md").write_text(PAGE)
    for link in (inside, outside):
        assert f"error[cannot-edit-safely]: content/{link.name}: it is a symlink" in refused(kb, "page.md", link.name)
        assert link.is_symlink()
    apply(planned(kb, "page.md"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o664
    assert (kb.root.parent / "elsewhere.md").read_text() == PAGE


def test_k09_a_read_only_file_is_refused(kb: Any) -> None:
    """Somebody closed it on purpose; with force it is stamped, and is read-only again."""
    path = kb.write("content/page.md", PAGE)
    path.chmod(0o444)
    assert refused(kb, "index.md", "page.md") == (
        "error[read-only]: content/page.md: the file is read-only (make it writable, or say --force)"
    )
    apply(planned(kb, "page.md", force=True))
    assert b"2026-11-23" in path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o444
    assert planned(kb, "page.md").refusals == (), "there is nothing to write"


def git(root: Path, *args: str) -> str:
    """Run git without the user's own settings; return what it prints."""
    env = {"PATH": os.environ["PATH"], "HOME": str(root), "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}
    for who in ("AUTHOR", "COMMITTER"):
        env |= {f"GIT_{who}_NAME": "Ana", f"GIT_{who}_EMAIL": "ana@example.com"}
    return subprocess.run(["git", *args], cwd=root, env=env, capture_output=True, text=True, check=True).stdout


ENDS = {"lf.md": "\n", "crlf.md": "\r\n"}


@pytest.mark.parametrize("attributes", ["", "*.md text", "*.md text eol=crlf", "*.md text eol=lf", "*.md -text", "*.md ident"])
@pytest.mark.parametrize("autocrlf", ["true", "input", "false"])
def test_k10_git_sees_the_stamped_lines_only(kb: Any, autocrlf: str, attributes: str) -> None:
    """Whatever git does with line ends, the working tree keeps its own, and the diff is three lines of each article."""
    git(kb.root, "init", "-q")
    git(kb.root, "config", "core.autocrlf", autocrlf)
    git(kb.root, "config", "core.safecrlf", "false")
    kb.write(".gitattributes", f"{attributes}\n")
    for name, end in ENDS.items():
        kb.write(f"content/{name}", PAGE.replace("\n", end) + f"$Id$ {name}")
    git(kb.root, "add", "-A")
    git(kb.root, "commit", "-q", "-m", "x")
    for path in (kb.root / "content").iterdir():
        path.unlink()
    git(kb.root, "checkout", "-q", ".")
    before = {name: (kb.root / "content" / name).read_bytes() for name in ENDS}
    assert git(kb.root, "status", "--porcelain") == ""
    apply(planned(kb, *ENDS))
    assert git(kb.root, "diff", "--numstat") == "3\t3\tcontent/crlf.md\n3\t3\tcontent/lf.md\n"
    assert " 2 files changed, 6 insertions(+), 6 deletions(-)\n" in git(kb.root, "diff", "--stat")
    assert git(kb.root, "diff", "--cached", "--stat") == ""
    assert git(kb.root, "status", "--porcelain") == " M content/crlf.md\n M content/lf.md\n", "the journal is hidden"
    for name, content in before.items():
        after = (kb.root / "content" / name).read_bytes()
        assert (after.count(b"\r\n"), after.count(b"\n")) == (content.count(b"\r\n"), content.count(b"\n"))


# ---------------------------------------------------------------------------------------------- what is there


def test_k11_no_front_matter_is_refused(kb: Any) -> None:
    """An article without front matter is no place for a stamp, unless one is asked for."""
    path = kb.write("content/page.md", "# A page\n")
    assert refused(kb, "page.md") == (
        "error[cannot-edit-safely]: content/page.md:1: there is no front matter (begin the article with one, or say --add-front-matter)"
    )
    apply(planned(kb, "page.md", add_front_matter=True))
    assert path.read_text() == f"---\nlast_reviewed_on: 2026-11-23\n{ADDED}---\n# A page\n"


@pytest.mark.parametrize("where", ["front matter", "body"])
def test_k12_a_page_in_conflict_is_refused(kb: Any, where: str) -> None:
    """A merge that git could not finish is resolved first, wherever in the page it is."""
    git(kb.root, "init", "-q", "-b", "main")
    old = "2026-01-31" if where == "front matter" else "Text."
    for branch, new in ((None, old), ("theirs", "other"), ("ours", "another")):
        if branch:
            git(kb.root, "checkout", "-q", "-b", branch, "main" if branch == "theirs" else "theirs~1")
        kb.write("content/page.md", PAGE.replace(old, new))
        git(kb.root, "add", "-A")
        git(kb.root, "commit", "-q", "-m", "x")
    with pytest.raises(subprocess.CalledProcessError):
        git(kb.root, "merge", "-q", "theirs")
    line = 3 if where == "front matter" else 7
    assert refused(kb, "page.md") == (
        f"error[cannot-edit-safely]: content/page.md:{line}: a merge conflict starts here (resolve it; indent what only shows one)"
    )


# ---------------------------------------------------------------------------------------------- the command

TODAY = "2026-11-22"


@pytest.fixture
def reviewed(repo: Any, page: Any, home: Path) -> Any:
    """A repository with an article of Ana's, reviewed on 1 October, and a second owner."""
    repo.commit({
        "content/a.md": page(last_reviewed_on="2026-10-01"), "checks/owners.yml": "ana: {email: ana@example.com}\nben: {}\n", "lib.py": "1\n2\n3\n4\n5\n6\n7\n",
    }, on="2026-10-01")
    return repo


def test_k13_a_review_by_somebody_who_is_not_an_owner_is_noted(reviewed: Any, kbtool: Any) -> None:
    """Anybody who is registered may review; that they do not own the article is said, and nothing more."""
    done = kbtool("review", "content/a.md", "--outcome", "accurate", "--by", "ben", cwd=reviewed.folder, today=TODAY)
    assert (done.code, done.err) == (0, "kbtool: note: ben reviewed content/a.md, whose owners are ana\n")
    assert "+last_reviewed_by: ben" in reviewed.git("diff")
    assert kbtool("check", "--strict", cwd=reviewed.folder, today=TODAY).code == 0
    done = kbtool("review", "content/a.md", "--outcome", "accurate", "--by", "ana", cwd=reviewed.folder, today=TODAY)
    assert (done.code, done.err) == (0, "")


@pytest.mark.parametrize(
    ("day", "said"),
    [
        ("2026-11-23", "error[bad-date]: --today: 2026-11-23 is yet to come (a review is made today)"),
        ("2026-09-30", "error[bad-date]: content/a.md: 2026-09-30 is before the review that is there, 2026-10-01 (review it as of today)"),
        ("2026-10-01", ""), ("2026-11-21", ""),
    ],
)
def test_k14_the_day_of_a_review(reviewed: Any, kbtool: Any, day: str, said: str) -> None:
    """It is today at the latest, and the day of the present review at the earliest; else nothing is written."""
    done = kbtool("review", "content/a.md", "--outcome", "accurate", "--by", "ana", "--today", day, cwd=reviewed.folder, today=TODAY)
    errors = [line for line in done.err.splitlines() if "warning[history]" not in line]
    assert (done.code, errors) == ((2, [f"kbtool: {said}"]) if said else (0, []))
    assert (f"last_reviewed_on: {day}" in (reviewed.folder / "content/a.md").read_text()) == (not said)
    assert (reviewed.git("diff", "--name-only") == "") == bool(said)


@pytest.mark.parametrize("commit", [[], ["--commit"]])
def test_k15_nothing_is_staged(reviewed: Any, kbtool: Any, commit: list[str]) -> None:
    """What is staged in part, in the index and in the work tree, is the same after a review; the file that changed is named."""
    reviewed.write({"lib.py": "staged\n2\n3\n4\n5\n6\n7\n"})
    reviewed.git("add", "lib.py")
    reviewed.write({"lib.py": "staged\n2\n3\n4\n5\n6\nnot staged\n"})
    before = reviewed.git("diff", "--cached"), reviewed.git("diff", "lib.py")
    env = {name: value for who in ("AUTHOR", "COMMITTER") for name, value in (
        (f"GIT_{who}_NAME", "Ana"), (f"GIT_{who}_EMAIL", "ana@example.com"), (f"GIT_{who}_DATE", f"{TODAY}T12:00Z"))}
    done = kbtool("review", "content/a.md", "--outcome", "accurate", *commit, cwd=reviewed.folder, today=TODAY, env=env)
    assert done.code == 0
    assert done.out.endswith("content/a.md: accurate (stamped)\n")
    assert (reviewed.git("diff", "--cached"), reviewed.git("diff", "lib.py")) == before
    assert reviewed.git("status", "--porcelain") == ("MM lib.py" if commit else " M content/a.md\nMM lib.py")
    assert reviewed.git("log", "--format=%s", "--name-only", "-1") == ("Review A page\n\ncontent/a.md" if commit else "Change\n\nchecks/owners.yml\ncontent/a.md\nlib.py")


def test_k16_a_dry_run_shows_a_diff_and_writes_nothing(kb: Any) -> None:
    """The diff is what will change; a plan writes nothing, not even a folder for its own use, into a tree that cannot be written."""
    kb.write("content/page.md", PAGE)
    for folder in (kb.root, kb.root / "content"):
        folder.chmod(0o555)
    before = kb.tree()
    found = planned(kb, "page.md")
    for folder in (kb.root, kb.root / "content"):
        folder.chmod(0o755)
    assert kb.tree() == before
    assert not (kb.root / ".kbtool").exists()
    assert found.diff() == (
        "--- a/content/page.md\n+++ b/content/page.md\n@@ -1,7 +1,7 @@\n ---\n title: A page\n"
        f"-last_reviewed_on: 2026-01-31\n-last_reviewed_by: ben\n-review_seal: '{SEAL[:-1]}x'\n"
        f"+last_reviewed_on: 2026-11-23\n+last_reviewed_by: ana\n+review_seal: '{SEAL}'\n ---\n Text.\n"
    )
    apply(found)
    assert planned(kb, "page.md").diff() == ""
