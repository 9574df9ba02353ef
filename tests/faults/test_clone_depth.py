"""Random histories, cloned at every depth and without blobs or trees: a clone says what is true, or that it does not know (FAULTS.md, T4).

Out of scope is a clock that was wrong before the cut: what is hidden dates nothing.
"""

from __future__ import annotations

import datetime as dt
import os
import re
import shutil
from pathlib import Path
from random import Random

import pytest

from kbtool.testing import Repository

SEEDS = range(200 if os.environ.get("HYPOTHESIS_PROFILE") == "soak" else 3)
STEPS = 16
LINES = "".join(f"Line {number} of the article.\n" for number in range(12))


class Growing:
    """A repository of a knowledge base that grows by random steps, one a day."""

    def __init__(self, repo: Repository, seed: int, page, seal) -> None:
        self.repo, self.random, self.page, self.seal = repo, Random(seed), page, seal
        self.day, self.made = dt.date(2026, 1, 2), 0

    def grow(self, steps: int = STEPS, *left_out: str) -> None:
        """Make some articles and some code, then go on at random, but without steps of some kinds."""
        self.repo.commit({"src/x.py": "0\n", "src/y.py": "0\n", "lib/z.py": "0\n"}, on=self._on())
        self.add()
        self.left_out = left_out
        for _ in range(steps):
            self.step(self.random.choice(["code", "code", "add", "edit", "review", "review", "rename", "back", "minor", "branch", "branch"]))

    def step(self, kind: str) -> None:
        """Make one change, or a branch with some and a merge."""
        getattr(self, "code" if kind in self.left_out else kind)()

    def _on(self) -> str:
        self.day += dt.timedelta(1)
        return self.day.isoformat()

    def _articles(self) -> list[str]:
        return sorted(path.stem for path in (self.repo.folder / "content").glob("*.md"))

    def _text(self, body: str) -> str:
        days = self.random.choice([0, 0, 0, 1, 3])
        covers = self.random.choice(["src/**", "src/x.py", "[src/**, lib/**]", None])
        return self.page(body, last_reviewed_on=(self.day - dt.timedelta(days)).isoformat(), covers=covers)

    def _commit(self, **more) -> None:
        self.repo.git("add", "-A")
        self.repo.commit(on=self._on(), **more)

    def code(self, **more) -> None:
        """Change a file that may be covered, also back to what it was."""
        self.repo.write({self.random.choice(["src/x.py", "src/y.py", "lib/z.py"]): f"{self.random.randrange(3)}\n"})
        self._commit(**more)

    def minor(self) -> None:
        """Change code by a landing that does not count."""
        self.code(trailers={"Kb-Change": "minor"})

    def add(self) -> None:
        """Write an article, sealed or not."""
        self.made += 1
        self._write(f"n{self.made}", self._text(f"{self.made} {LINES}"))

    def _write(self, name: str, text: str) -> None:
        self.repo.write({f"content/{name}.md": text})
        if self.random.random() < 0.5:
            self.seal(self.repo, name)
        self._commit()

    def edit(self) -> None:
        """Change the words of an article, but not its review."""
        name = self.random.choice(self._articles())
        path = self.repo.folder / f"content/{name}.md"
        path.write_text(path.read_text() + f"More {self.random.randrange(2)}.\n")
        self._commit()

    def review(self) -> None:
        """Review an article again."""
        name = self.random.choice(self._articles())
        body = (self.repo.folder / f"content/{name}.md").read_text().partition("---\n\n")[2]
        self._write(name, self._text(body))

    def rename(self) -> None:
        """Move an article, with changes or without."""
        old, self.made = self.random.choice(self._articles()), self.made + 1
        self.repo.move(f"content/{old}.md", f"content/n{self.made}.md")
        if self.random.random() < 0.5:
            path = self.repo.folder / f"content/n{self.made}.md"
            path.write_text(path.read_text() + "Moved.\n")
        self._commit()

    def back(self) -> None:
        """Set an article to what it was some commits ago, with the review that it had."""
        name = self.random.choice(self._articles())
        commits = self.repo.git("log", "--format=%H", "--", f"content/{name}.md").split()
        self.repo.git("checkout", "-q", self.random.choice(commits), "--", f"content/{name}.md", fails=True)
        self._commit()

    def branch(self) -> None:
        """Go on in a branch and beside it, then merge; where that conflicts, the branch is dropped."""
        name = f"b{self.made}-{self.day}"
        self.repo.branch(name)
        kinds = ["code", "edit", "review", "review", "rename", "back"]
        for _ in range(self.random.randrange(1, 4)):
            self.step(self.random.choice(kinds))
        self.repo.switch("main")
        for _ in range(self.random.randrange(3)):
            self.step(self.random.choice(kinds))
        if self.random.random() < 0.3:
            self.repo.switch(name)
            self.repo.git("merge", "-q", "--no-ff", "-X", "ours", "-m", "Catch up", "main", on=self._on(), fails=True)
            self.repo.git("merge", "--abort", fails=True)
            self.repo.switch("main")
        self.repo.git("merge", "-q", "--no-ff", "-X", "theirs", "-m", "Merge", name, on=self._on(), fails=True)
        self.repo.git("merge", "--abort", fails=True)


def undatable(found, name: str) -> bool:
    """Return whether an article is stale only because nobody can tell since when."""
    errors = [one for one in found.found.findings if one.path == f"content/{name}.md" and one.severity == "error"]
    return bool(errors) and all((one.code == "KB106" and one.evidence["since"] is None) or one.code == "KB101" for one in errors)


def clones(repo: Repository, folder: Path):
    """Yield a name and a clone for each depth, then those that leave objects out and can fetch none, one at a time."""
    deepest = len(repo.git("rev-list", "HEAD").split())
    for depth in range(1, deepest + 1):
        yield f"depth {depth}", repo.clone(folder / "clone", depth=depth)
        shutil.rmtree(folder / "clone")
    for left_out in ("blob:none", "tree:0"):
        clone = repo.clone(folder / "clone", f"--filter={left_out}")
        clone.git("remote", "set-url", "origin", "/nowhere")
        yield left_out, clone
        shutil.rmtree(folder / "clone")


@pytest.mark.parametrize("seed", SEEDS)
def test_every_clone_says_what_is_true_or_does_not_know(seed: int, tmp_path, new_repo, page, seal, judge) -> None:
    """No verdict of a clone is another than that of the whole history, but for unknown, and stale for want of a day."""
    repo = new_repo(tmp_path / "repo")
    growing = Growing(repo, seed, page, seal)
    growing.grow()
    today = (growing.day + dt.timedelta(Random(seed).choice([0, 5, 12, 30]))).isoformat()
    truth = judge(repo, today)
    names = growing._articles()
    wanted = {name: truth.verdict(name) for name in names}
    wrong = []
    for kind, clone in clones(repo, tmp_path):
        found = judge(clone, today)
        for name in names:
            told = found.verdict(name)
            if told not in {wanted[name], "unknown"} and not (told == "stale" and undatable(found, name)):
                wrong.append((kind, name, told, wanted[name], found.codes(name), truth.codes(name)))
    assert wrong == []


# ---------------------------------------------------------------------------------------------- the whole history

COVERED = {"src/**": ["src/x.py", "src/y.py"], "src/x.py": ["src/x.py"], "[src/**, lib/**]": ["lib/z.py", "src/x.py", "src/y.py"]}


def since_the_review(repo: Repository, path: str) -> tuple[list[str], int]:
    """Return which covered files changed since an article's review, word for word as DESIGN.md has it, and how many landings made them so."""
    def date(commit: str) -> str:
        found = re.search(r"^last_reviewed_on: (.*)$", repo.git("show", f"{commit}:{path}", fails=True), re.MULTILINE)
        return found[1] if found else ""

    main = repo.git("rev-list", "--first-parent", "--reverse", "HEAD").split()
    showing = [commit for commit in repo.git("rev-list", "HEAD").split() if date(commit) == date("HEAD")]
    contained = [max((number for number, commit in enumerate(main) if commit in past), default=-1)
                 for past in (set(repo.git("rev-list", commit).split()) for commit in showing)]
    end = dt.datetime.combine(dt.date.fromisoformat(date("HEAD")), dt.time(23, 59, 59), dt.UTC).timestamp()
    times = [int(repo.git("show", "-s", "--format=%ct", commit)) for commit in main]
    by_day = max((number for number in range(len(main)) if max(times[: number + 1]) <= end), default=-1)
    base = min(*contained, by_day) if contained else by_day
    covers = re.search(r"^covers: (.*)$", repo.git("show", f"HEAD:{path}"), re.MULTILINE)
    files = COVERED[covers[1]] if covers else []
    start = main[base] if base >= 0 else repo.git("hash-object", "-t", "tree", "/dev/null")
    changed = repo.git("diff", "--no-renames", "--name-only", start, "HEAD", "--", *files).split() if files else []
    landings: set[str] = set()
    for file in changed:
        way = [(repo.git("ls-tree", start, "--", file), "")]  # what it was, by which landing; what led back to it is no part of it
        for commit in main[base + 1:]:
            now = repo.git("ls-tree", commit, "--", file)
            states = [state for state, _ in way]
            way = way[: states.index(now) + 1] if now in states else [*way, (now, commit)]
        landings.update(commit for _, commit in way[1:])
    return changed, len(landings)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_changed_since_the_review(seed: int, tmp_path, new_repo, page, seal, judge) -> None:
    """One pass over history finds what a slow reading of the definition finds, for every article without a seal."""
    repo = new_repo(tmp_path / "repo")
    growing = Growing(repo, 1000 + seed, page, seal)
    growing.grow(20, "rename", "minor")
    found = judge(repo, (growing.day + dt.timedelta(5)).isoformat())
    for name in growing._articles():
        evidence = found.of(name)
        if evidence.seal is None:
            told = (list(evidence.code.files), evidence.code.landings) if evidence.code else ([], 0)
            assert told == since_the_review(repo, f"content/{name}.md"), name
