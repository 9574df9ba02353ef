"""Fixtures shared by all tests: a knowledge base in a folder, and kbtool as a real process."""

from __future__ import annotations

import datetime as dt
import importlib
import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from kbtool.articles import Article
from kbtool.cache import Cache
from kbtool.check import Check
from kbtool.config import load_config
from kbtool.diff import find_change
from kbtool.evidence import Evidence, gather
from kbtool.finding import Run
from kbtool.registry import make_checks
from kbtool.review import Dossier, dossier, seal_of
from kbtool.review_evidence import ReviewEvidence
from kbtool.runner import run
from kbtool.testing import OWNERS, PRODUCT_AREAS, Repository, history

settings.register_profile("default", deadline=None)  # no test is about time
settings.register_profile("soak", deadline=None, max_examples=5000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

REPOSITORY = Path(__file__).resolve().parent.parent
SHARED = REPOSITORY.parent / "shared"


def _beside(path: str) -> Any:
    """Return a module beside this file, which is on no path that Python looks for modules."""
    place = Path(__file__).parent / path
    spec = importlib.util.spec_from_file_location(place.stem, place)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[place.stem] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_beside("trackers/fault_server.py")
_beside("trackers/small_tracker.py")
_beside("desk_tracker.py")
_fixtures = _beside("trackers/fault_fixtures.py")
fault_server, faulty, no_pauses, ask = _fixtures.fault_server, _fixtures.faulty, _fixtures.no_pauses, _fixtures.ask
generic_tracker, ticket_app = _fixtures.generic_tracker, _fixtures.ticket_app
certificate, tls_server = _fixtures.certificate, _fixtures.tls_server
redmine = _beside("trackers/redmine_server.py").redmine

ARTICLE = """---
title: Export invoices
audience: public
owners: [ana]
product_areas: [billing]
last_reviewed_on: 2026-10-01
---

# Export invoices

Open the billing page.
"""


@dataclass(frozen=True)
class Done:
    """How a process ended."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """Return standard output as JSON."""
        return json.loads(self.out)


@dataclass(frozen=True)
class KnowledgeBase:
    """A knowledge base in a temporary folder, with `kbtool` to run on it as a user would."""

    root: Path

    def write(self, name: str, content: str | bytes) -> Path:
        """Write one file."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def run(self, *args: str, today: str | None = "2026-11-22", env: Mapping[str, str] | None = None, **more: Any) -> Done:
        """Run kbtool here; `today` reaches it as SOURCE_DATE_EPOCH."""
        return kbtool(*args, cwd=more.pop("cwd", self.root), today=today, env=env, **more)

    def tree(self) -> dict[str, bytes]:
        """Return every file below, to show that nothing was changed; the cache is not of the knowledge base."""
        files = [path for path in sorted(self.root.rglob("*")) if path.is_file() and self.root / ".kbtool/cache" not in path.parents]
        return {path.relative_to(self.root).as_posix(): path.read_bytes() for path in files}


def kbtool(*args: str, cwd: Path, today: str | None = None, env: Mapping[str, str] | None = None, **more: Any) -> Done:
    """Run the command line in a process of its own; no traceback may ever reach anybody."""
    clock = {}
    if today:
        moment = dt.datetime.fromisoformat(today).replace(hour=12, tzinfo=dt.UTC)
        clock["SOURCE_DATE_EPOCH"] = str(int(moment.timestamp()))
    base = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "FORCE_COLOR", "NO_COLOR", "SOURCE_DATE_EPOCH")}
    done = subprocess.run(
        [sys.executable, "-P", "-m", "kbtool", *args], cwd=cwd, env={**base, **clock, **(env or {})},
        stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=300, **more,
    )
    result = Done(done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8"))
    assert "Traceback" not in result.out + result.err, result.err
    return result


@pytest.fixture
def kb(tmp_path: Path) -> KnowledgeBase:
    """A small, clean knowledge base: one public article, both registers."""
    made = KnowledgeBase(tmp_path / "kb")
    made.write(".git/HEAD", "ref: refs/heads/main\n")  # what `git init` makes, less what git does without
    for folder in ("objects", "refs"):
        (made.root / ".git" / folder).mkdir()
    made.write("pyproject.toml", "[tool.kbtool]\n")
    made.write("checks/owners.yml", "ana:\n  name: Ana\n  email: ana@example.com\n")
    made.write("checks/product_areas.yml", "billing:\n  name: Billing\n")
    made.write("content/index.md", ARTICLE)
    return made


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """`install(group, entries, module, source)`: puts an installed package with entry points on the path."""
    monkeypatch.syspath_prepend(tmp_path / "packages")

    def write(group: str, entries: str, module: str, source: str) -> None:
        folder = tmp_path / "packages" / f"{module}-1.0.dist-info"
        folder.mkdir(parents=True)
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
        (folder / "entry_points.txt").write_text(f"[{group}]\n{entries}\n")
        (tmp_path / "packages" / f"{module}.py").write_text(source)
        monkeypatch.delitem(sys.modules, module, raising=False)
        importlib.invalidate_caches()

    return write


@dataclass(frozen=True)
class Desk:
    """A kind of tracker, `desk`, that is installed as a package, and its server; see tests/desk_tracker.py."""

    folder: Path

    @property
    def env(self) -> dict[str, str]:
        """Return the environment in which a process knows the kind, and `generic` of tests/trackers."""
        return {"PYTHONPATH": os.pathsep.join(map(str, (self.folder, Path(__file__).parent, Path(__file__).parent / "trackers")))}

    def config(self, name: str = "support", **options: str) -> str:
        """Return the table of a tracker of this kind."""
        table = {"folder": str(self.folder), **options}
        lines = [f"{key} = {value if value in ('true', 'false') else json.dumps(value)}\n" for key, value in table.items()]
        return f'[tool.kbtool.trackers.{name}]\nkind = "desk"\n{"".join(lines)}'

    def answers(self, **said: Any) -> None:
        """Make the server say this: keys (SUP_1 is SUP-1) and what else tests/desk_tracker.py knows."""
        (self.folder / "answers.json").write_text(json.dumps({key.replace("_", "-"): value for key, value in said.items()}))

    def asked(self) -> list[Any]:
        """Return what it was asked since the last call of this."""
        log = self.folder / "asked.jsonl"
        found = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
        log.unlink(missing_ok=True)
        return found


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """The kind `desk`, installed here and, by its `env`, in processes; its server has no ticket yet."""
    made = Desk(tmp_path / "packages")
    info = made.folder / "desk-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: desk\nVersion: 1.0\n")
    kinds = "desk = desk_tracker:DeskTracker\ngeneric = small_tracker:GenericTracker\n"
    (info / "entry_points.txt").write_text(f"[kbtool.trackers]\n{kinds}")
    monkeypatch.syspath_prepend(made.folder)
    made.answers()
    return made


@pytest.fixture
def empty_kb(tmp_path: Path) -> KnowledgeBase:
    """A folder with nothing in it."""
    (tmp_path / "kb").mkdir()
    return KnowledgeBase(tmp_path / "kb")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder of nobody, so that the settings of whoever runs the tests do not count."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    return folder


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with real and synthetic knowledge bases; tests that need it skip where it is not."""
    if not SHARED.is_dir():
        pytest.skip("../shared is not here: it holds the real knowledge bases")
    return SHARED


@pytest.fixture(scope="session")
def repository() -> Path:
    """The checkout that the tests are in."""
    return REPOSITORY


@pytest.fixture
def article_text() -> str:
    """The text of a clean public article."""
    return ARTICLE


@pytest.fixture(scope="session", name="kbtool")
def kbtool_fixture() -> Callable[..., Done]:
    """The command line as a function: `kbtool("check", cwd=folder)`."""
    return kbtool


@dataclass(frozen=True)
class Judged:
    """What a run over a real repository found."""

    evidence: Evidence
    found: Run

    def article(self, name: str = "a") -> Article:
        """Return an article by its name in the content folder."""
        return self.evidence.content.by_source[f"{name}.md"]

    def of(self, name: str = "a") -> ReviewEvidence:
        """Return what is known about the review of an article."""
        return self.evidence.reviews.of(self.article(name))

    def verdict(self, name: str = "a") -> str:
        """Return the verdict on an article."""
        return next(one.verdict.value for one in self.found.articles if one.path.endswith(f"/{name}.md"))

    def codes(self, name: str = "a") -> list[str]:
        """Return code and severity of the findings about an article, such as `KB106 warning`."""
        return sorted(f"{one.code} {one.severity}" for one in self.found.findings if one.path.endswith(f"/{name}.md"))

    def changed(self, name: str = "a", part: str = "code") -> tuple[int, str, list[str], str] | None:
        """Return what changed in the code (or text) of an article: landings, since when, files, newest subject; None if nothing."""
        change = getattr(self.of(name), part)
        return (change.landings, str(change.since), list(change.files), change.subject) if change else None


def judge(
    where: Repository | Path, today: str = "2026-11-22", *, cache: Cache | None = None, checks: tuple[Check, ...] | None = None,
) -> Judged:
    """Gather the evidence about a knowledge base in a real repository, and run the checks; none of them may break."""
    config = load_config(where.folder if isinstance(where, Repository) else where)
    evidence = gather(config, dt.date.fromisoformat(today), cache)
    found = run(evidence, make_checks(config) if checks is None else checks)
    assert not [skip for skip in found.skipped if skip.failed], found.skipped
    return Judged(evidence, found)


@pytest.fixture(scope="session", name="judge")
def judge_fixture() -> Callable[..., Judged]:
    """`judge(repository, "2026-03-20")`, see there."""
    return judge


def diff(where: Repository | Path, base: str = "main", today: str = "2026-11-22", *, cache: Cache | None = None, checks: tuple[str, ...] = ()) -> Run:
    """Run the checks (all, or those of these codes) on what has changed since a commit; none of them may break."""
    config = load_config(where.folder if isinstance(where, Repository) else where)
    found = find_change(gather(config, dt.date.fromisoformat(today), cache), base, make_checks(config, checks)).run()
    assert not [skip for skip in found.skipped if skip.failed], found.skipped
    return found


@pytest.fixture(scope="session", name="diff")
def diff_fixture() -> Callable[..., Run]:
    """`diff(repository, "main", "2026-03-20")`, see there."""
    return diff


@pytest.fixture(scope="session")
def told(judge: Callable[..., Judged]) -> Callable[..., Dossier]:
    """`told(repo, "a")`: the dossier of an article on 20 March 2026."""

    def tell(repo: Repository, name: str = "a", today: str = "2026-03-20") -> Dossier:
        found = judge(repo, today)
        return dossier(found.article(name), found.evidence, found.found)

    return tell


def new_repo(folder: Path, config: str = "", **more: Any) -> Repository:
    """Return a repository with both registers and a configuration, committed on 1 January 2026, and no article."""
    made = history(folder, **more)
    made.commit({
        "pyproject.toml": f"[tool.kbtool]\n{config}\n", "checks/owners.yml": OWNERS, "checks/product_areas.yml": PRODUCT_AREAS,
        "content/.keep": "",
    }, on="2026-01-01", message="Begin")
    return made


@pytest.fixture(scope="session", name="new_repo")
def new_repo_fixture() -> Callable[..., Repository]:
    """`new_repo(folder, config)`, see there."""
    return new_repo


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    """A real repository of a knowledge base without articles."""
    return new_repo(tmp_path / "repo")


def page(body: str = "Text.\n", **keys: str | None) -> str:
    """Return a clean public article: keyword arguments replace front matter lines, None removes one."""
    usual: dict[str, str | None] = {
        "title": "A page", "audience": "public", "owners": "[ana]", "product_areas": "[billing]",
        "last_reviewed_on": "2026-10-01",
    }
    lines = [f"{key}: {value}\n" for key, value in (usual | keys).items() if value is not None]
    return f"---\n{''.join(lines)}---\n\n{body}"


@pytest.fixture(scope="session", name="page")
def page_fixture() -> Callable[..., str]:
    """`page(body, key=value)`, see there."""
    return page


def seal(where: Repository | Path, *names: str) -> None:
    """Seal articles (`a` is content/a.md) as they stand in the work tree, with the review that they name; nothing is committed."""
    folder = where.folder if isinstance(where, Repository) else where
    evidence = gather(load_config(folder), dt.date(2026, 11, 22))
    for name in names:
        found = evidence.content.by_source[f"{name}.md"]
        path = folder / found.path
        lines = [line for line in path.read_bytes().split(b"\n") if not line.startswith(b"review_seal:")]
        path.write_bytes(b"\n".join([lines[0], f'review_seal: "{seal_of(found, evidence, {})}"'.encode(), *lines[1:]]))


@pytest.fixture(scope="session", name="seal")
def seal_fixture() -> Callable[..., None]:
    """`seal(repository, "a", "b")`, see there."""
    return seal
