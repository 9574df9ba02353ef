"""The test kit for checks, public: what this project tests its own checks with.

For example:

    findings = check_article(ReviewOverdue(), "---\\nlast_reviewed_on: 2026-01-01\\n---\\n", today="2026-11-22")

and for what needs history, a real repository (see `Repository`):

    repo = history(tmp_path)
    repo.commit({"content/export.md": ARTICLE, "src/export.py": "VERSION = 1"}, on="2026-03-01", by="Ana")
"""

from __future__ import annotations

import datetime as dt
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kbtool.articles import Article, load_article
from kbtool.check import Check
from kbtool.config import load_config
from kbtool.evidence import Evidence, gather
from kbtool.finding import Finding
from kbtool.registry import BUILTIN_CHECKS
from kbtool.runner import run
from kbtool.tracker_contract import TrackerContract, TrackerKeys

TODAY = dt.date(2026, 11, 22)
OWNERS = "ana:\n  name: Ana\n  email: ana@example.com\ngone:\n  name: Gone\n  until: 2026-01-31\n"
PRODUCT_AREAS = "billing:\n  name: Billing\n  owners: [ana]\n"
_EXPECT = re.compile(r"(?:<!--|#) expect:((?: [A-Z]+\d+(?::\d+)?)+)(?: -->)?[ \t]*$")

__all__ = [
    "OWNERS",
    "PRODUCT_AREAS",
    "TODAY",
    "Repository",
    "TrackerContract",
    "TrackerKeys",
    "article",
    "check_article",
    "check_files",
    "expected",
    "history",
    "in_words",
    "knowledge_base",
]


def knowledge_base(folder: Path, files: Mapping[str, str | bytes], *, config: str = "", today: dt.date = TODAY) -> Evidence:
    """Write a knowledge base and gather its evidence.

    Args:
        folder: where to write it.
        files: path inside the folder → content. Registers and pyproject.toml are added where they are missing.
        config: lines for `[tool.kbtool]`.
        today: the day to judge by.
    """
    usual = {
        "pyproject.toml": f"[tool.kbtool]\n{config}\n", "checks/owners.yml": OWNERS, "checks/product_areas.yml": PRODUCT_AREAS,
        "content/.keep": "",
    }
    for name, content in {**usual, **files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return gather(load_config(folder), today, git=False)


def check_files(
    check: Check, files: Mapping[str, str | bytes], *, config: str = "", today: dt.date | str = TODAY,
    others: Sequence[Check] = (),
) -> list[Finding]:
    """Run one check, and others with it, over a knowledge base with these files; it is an AssertionError when one cannot run."""
    day = dt.date.fromisoformat(today) if isinstance(today, str) else today
    with tempfile.TemporaryDirectory(prefix="kbtool-test-") as folder:
        found = run(knowledge_base(Path(folder), files, config=config, today=day), [check, *others], known=BUILTIN_CHECKS)
    assert not found.skipped, found.skipped  # noqa: S101 - this is the test kit
    return list(found.findings)


def check_article(
    check: Check, text: str, *, path: str = "content/article.md", config: str = "", today: dt.date | str = TODAY
) -> list[Finding]:
    """Run one check over one article."""
    return check_files(check, {path: text}, config=config, today=today)


def article(text: str, *, config: str = "") -> Article:
    """Return one loaded article."""
    with tempfile.TemporaryDirectory(prefix="kbtool-test-") as folder:
        evidence = knowledge_base(Path(folder), {"content/article.md": text}, config=config)
        return load_article(evidence.config, "article.md")


def in_words(findings: Iterable[Finding]) -> list[str]:
    """Return each finding on one line, for tables of tests: `content/article.md:3:1 KB102 error: message (hint)`."""
    return [
        f"{found.path}:{found.line}:{found.column} {found.code} {found.severity}: {found.message} ({found.hint})"
        for found in findings
    ]


def expected(text: str) -> list[tuple[int, str]]:
    """Return the findings that a fixture announces, as sorted pairs of line and code, to compare with those of a run.

    An expectation stands at the end of the line that the finding is about, as a comment of Markdown or of YAML:

        See [exports](exprot.md). <!-- expect: KB201 -->
        last_reviewed_on: 2026-01-01  # expect: KB102

    Codes may follow one another (`expect: KB003 KB006`). Where the line can hold no comment, such as the opening `---` or
    the marker of a region, the expectation stands elsewhere and names it: `expect: KB003:1` is a finding on line 1.
    """
    found = []
    for number, line in enumerate(text.split("\n"), 1):
        match = _EXPECT.search(line)
        for word in match[1].split() if match else ():
            code, _, other = word.partition(":")
            found.append((int(other) if other else number, code))
    return sorted(found)


Content = str | bytes | Path | None  #: text, bytes, the target of a symlink, or None: the file is removed
_REPOSITORY_CONFIG = """\
[user]
\tname = Test
\temail = test@example.com
[gc]
\tauto = 0
[maintenance]
\tauto = false
[uploadpack]
\tallowFilter = true
\tallowAnySHA1InWant = true
"""
_GIT_SETTINGS = ("core.abbrev=no", "protocol.file.allow=always", "advice.detachedHead=false", "diff.renames=false")


def history(folder: Path, *, branch: str = "main", object_format: str = "sha1") -> Repository:
    """Return a new, empty git repository in a folder (made where it is missing; files in it stay, untracked)."""
    folder.mkdir(parents=True, exist_ok=True)
    made = Repository(folder)
    made.git("init", "-q", "--template=", f"--initial-branch={branch}", f"--object-format={object_format}")
    with (folder / ".git/config").open("a", encoding="ascii") as config:
        config.write(_REPOSITORY_CONFIG)
    return made


@dataclass
class Repository:
    """A real git repository for tests, whose ids are the same in every run: dates are fixed, and nobody's settings count.

        repo = history(tmp_path)
        repo.commit({"content/a.md": "# A\\n", "src/a.py": "x = 1\\n"}, on="2026-03-01", by="Ana", message="Add A")
        repo.branch("fix")                                        # made here, and switched to
        repo.commit({"src/a.py": None, "src/b.py": "x = 2\\n"}, trailers={"Kb-Change": "minor"})
        repo.switch("main")
        landed = repo.merge("fix", on="2026-03-10")               # a merge commit; its id
        repo.move("content/a.md", "content/b.md")                 # staged; the next commit has it
        repo.commit(on="2026-03-11", by="Ben <ben@example.org>")
        shallow = repo.clone(tmp_path / "clone", depth=2)

    Whatever else git can do is `repo.git("rebase", "main", on="2026-03-12")`, which returns what it printed.

    Days and moments: `on` is the committer's date and, unless `written` says otherwise, the author's. A day means its noon,
    UTC; a moment may have an offset (`2026-03-01T23:30+09:00`). Without `on`, a commit is made one minute after the last.
    """

    folder: Path
    now: dt.datetime = field(default=dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC))  #: when the last commit was made

    def git(
        self, *args: str, on: str = "", by: str = "Test", written: str = "", stdin: str | bytes = b"", fails: bool = False
    ) -> str:
        """Run git here, and return what it prints without the white space at its end (undecodable bytes as surrogates).

        Args:
            args: what comes after `git`.
            on: when; the clock of the repository goes there.
            by: who, as `Ana` (then ana@example.com) or `Ana <ana@example.org>`.
            written: the author's date, where it is another one than `on`.
            stdin: what git reads.
            fails: it may fail.

        Raises:
            AssertionError: git failed, in its own words.
        """
        self.now = _moment(on) if on else self.now
        settings = [part for setting in _GIT_SETTINGS for part in ("-c", setting)]
        done = subprocess.run(  # noqa: S603 - git, with arguments of a test
            ["git", *settings, *args], cwd=self.folder, env=_environment(by, _moment(written) if written else self.now, self.now),  # noqa: S607 - on the PATH
            input=stdin.encode() if isinstance(stdin, str) else stdin, capture_output=True, check=False,
        )
        assert fails or not done.returncode, f"git {' '.join(args)}: {os.fsdecode(done.stderr)}{os.fsdecode(done.stdout)}"  # noqa: S101 - this is the test kit
        return os.fsdecode(done.stdout).rstrip()

    @property
    def head(self) -> str:
        """Return the id of the commit that is checked out."""
        return self.git("rev-parse", "HEAD")

    def write(self, files: Mapping[str, Content]) -> None:
        """Change files of the work tree and nothing else."""
        for name, content in files.items():
            path = self.folder / name
            if path.is_symlink() or path.is_file():
                path.unlink()
            elif path.is_dir() and content is None:
                shutil.rmtree(path)
            if content is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
                _put(path, content)

    def commit(  # noqa: PLR0913 - a commit has so many parts
        self, files: Mapping[str, Content] | None = None, *, on: str = "", by: str = "Test", message: str = "Change",
        trailers: Mapping[str, str] | None = None, written: str = "",
    ) -> str:
        """Write files, commit them with whatever is staged already, and return the id; it may change nothing."""
        self.write(files or {})
        if files:
            names = b"".join(os.fsencode(name) + b"\0" for name in files)
            self.git("update-index", "-z", "--add", "--remove", "--stdin", stdin=names)
        lines = "".join(f"{name}: {value}\n" for name, value in (trailers or {}).items())
        self.now = _moment(on) if on else self.now + dt.timedelta(minutes=1)
        said = self.git("commit", "--allow-empty", "--allow-empty-message", "--cleanup=verbatim", "--no-verify", "-F", "-", by=by,
                        written=written, stdin=f"{message}\n\n{lines}" if lines else message)
        found = re.search(r"([0-9a-f]{40,64})\]", said)
        assert found, said  # noqa: S101 - this is the test kit
        return found[1]

    def branch(self, name: str, at: str = "HEAD") -> None:
        """Make a branch and switch to it."""
        self.git("switch", "-q", "-c", name, at)

    def switch(self, name: str) -> None:
        """Check out a branch, or any commit (then no branch)."""
        self.git("checkout", "-q", name, "--")

    def merge(
        self, *names: str, on: str = "", by: str = "Test", message: str = "", files: Mapping[str, Content] | None = None,
        fast_forward: bool = False,
    ) -> str:
        """Merge into what is checked out, and return the id of the new tip.

        Args:
            names: one branch or several.
            on: when.
            by: who.
            message: that of the merge commit.
            files: what the merge commit has, where branches conflict or it shall differ from both sides.
            fast_forward: make no commit but move along.
        """
        if fast_forward:
            self.git("merge", "-q", "--ff-only", *names)
            return self.head
        self.git("merge", "-q", "--no-ff", "--no-commit", *names, fails=files is not None)
        return self.commit(files, on=on, by=by, message=message or f"Merge {', '.join(names)}")

    def move(self, old: str, new: str) -> None:
        """Rename a file or a folder; the next commit has it."""
        (self.folder / new).parent.mkdir(parents=True, exist_ok=True)
        self.git("mv", "--", old, new)

    def clone(self, folder: Path, *args: str, depth: int | None = None) -> Repository:
        """Clone it with all that git's protocol does, also to some depth or with `--filter=blob:none`, and return the clone."""
        more = [f"--depth={depth}", "--no-single-branch"] if depth else []
        self.git("clone", "-q", "--template=", *more, *args, "--", self.folder.resolve().as_uri(), str(folder.resolve()))
        return Repository(folder, self.now)

    def worktree(self, folder: Path, at: str = "HEAD") -> Repository:
        """Check out a commit into a linked work tree, and return that."""
        self.git("worktree", "add", "-q", "--detach", "--", str(folder.resolve()), at)
        return Repository(folder, self.now)


def _put(path: Path, content: str | bytes | Path) -> None:
    if isinstance(content, Path):
        path.symlink_to(content)
    else:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


def _moment(text: str) -> dt.datetime:
    if len(text) == len("2026-03-01"):
        text += "T12:00"
    moment = dt.datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def _environment(by: str, written: dt.datetime, committed: dt.datetime) -> dict[str, str]:
    name, _, email = by.removesuffix(">").partition(" <")
    email = email or f"{name.split()[0].lower()}@example.com"
    return {
        "PATH": os.environ["PATH"], "HOME": os.devnull, "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0",
        "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "GIT_EDITOR": "true", "GIT_MERGE_AUTOEDIT": "no",
        "GIT_AUTHOR_NAME": name, "GIT_AUTHOR_EMAIL": email, "GIT_AUTHOR_DATE": _date(written),
        "GIT_COMMITTER_NAME": name, "GIT_COMMITTER_EMAIL": email, "GIT_COMMITTER_DATE": _date(committed),
    }


def _date(moment: dt.datetime) -> str:
    return f"@{int(moment.timestamp())} {moment:%z}"
