"""A real Redmine for the tests, from Debian's packages: an instance of its own in a temporary folder, as whoever runs the tests.

Neither root nor Debian's own instance is needed: the database, the settings, the logs and the port are the tests' own. The
tests that use it are of one group (`pytest.mark.xdist_group("redmine")`), so that one worker starts one server for all.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import re
import secrets
import shutil
import sqlite3
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

REDMINE = Path("/usr/share/redmine")
BUNDLER = Path("/usr/share/rubygems-integration/all/specifications")
PACKAGES = "redmine redmine-sqlite puma"
MANY = 130
START = 120  #: seconds until the first answer; it takes about 7

# Redmine's own Gemfile adds the library of a database only where it may read Debian's own settings.
GEMFILE = f"""\
eval_gemfile "{REDMINE}/Gemfile"
gem "sqlite3" unless dependencies.any? {{ |one| one.name == "sqlite3" }}
gem "puma"
"""

# What a fresh Redmine has, three users with a key each, and three projects. `support` reads two of them, `guest` none.
SERVER = f"""\
require "{REDMINE}/config/environment"

Redmine::DefaultData::Loader.load("en")
Setting.rest_api_enabled = "1"
Setting.notified_events = []

def user(login, key)
  made = User.find_by_login(login) || User.new(firstname: login, lastname: "Test", mail: "#{{login}}@example.com", language: "en")
  made.login = login
  made.must_change_passwd = false
  made.save!
  Token.new(user: made, action: "api").tap(&:save!).update_columns(value: key)
  made
end

def project(name, open, readers)
  made = Project.create!(name: name.capitalize, identifier: name, is_public: open, enabled_module_names: ["issue_tracking"], trackers: Tracker.all)
  readers.each {{ |one| Member.create!(principal: one, project: made, roles: [Role.find_by_name("Ticket reader")]) }}
  made
end

admin, support = user("admin", ENV["ADMIN_KEY"]), user("support", ENV["SUPPORT_KEY"])
user("guest", ENV["GUEST_KEY"])
Role.create!(name: "Ticket reader", permissions: [:view_issues], issues_visibility: "all")
acme = project("acme", true, [support])
project("board", false, [support])
project("vault", false, [])
at = Time.now
Issue.insert_all!((1..{MANY}).map {{ |number| {{
  project_id: acme.id, tracker_id: Tracker.first.id, status_id: IssueStatus.first.id, priority_id: IssuePriority.first.id,
  author_id: admin.id, subject: "Export fails #{{number}}", description: "", done_ratio: 0, is_private: false, lock_version: 0,
  created_on: at, updated_on: at, root_id: number, lft: 1, rgt: 2
}} }})

Thread.new {{ $stdin.read; Process.kill("TERM", Process.pid) }}  # whoever started this has ended
run Rails.application
"""


@dataclass(frozen=True)
class Redmine:
    """A server with public issues 1 to 130, and what tests do to it, as its administrator.

    Its projects are `acme` (public), `board` (private, the key reads it) and `vault` (private, the key does not).
    """

    url: str
    folder: Path
    admin_key: str
    key: str  #: of a user who only reads, all of `acme` and `board`
    other_key: str  #: of a user who sees what is public
    ids: tuple[int, ...] = tuple(range(1, MANY + 1))  #: open issues of `acme`, which no test changes

    def create(self, subject: str = "Export fails", project: str = "acme", *, private: bool = False) -> int:
        """Make an issue, and return its number."""
        issue = {"project_id": project, "subject": subject, "is_private": private, "priority_id": 2}
        made: int = self._admin("POST", "issues.json", {"issue": issue})["issue"]["id"]
        return made

    def set_status(self, number: int, name: str) -> None:
        """Give an issue another status: New, In Progress, Resolved, Feedback, Closed or Rejected."""
        statuses = self._admin("GET", "issue_statuses.json")["issue_statuses"]
        chosen = next(status["id"] for status in statuses if status["name"] == name)
        self._admin("PUT", f"issues/{number}.json", {"issue": {"status_id": chosen}})

    def close(self, number: int) -> None:
        """Close an issue."""
        self.set_status(number, "Closed")

    def reopen(self, number: int) -> None:
        """Open it again."""
        self.set_status(number, "In Progress")

    def move(self, number: int, project: str) -> None:
        """Move an issue to another project."""
        chosen = self._admin("GET", f"projects/{project}.json")["project"]["id"]
        self._admin("PUT", f"issues/{number}.json", {"issue": {"project_id": chosen}})

    def delete(self, number: int) -> None:
        """Delete an issue for good."""
        self._admin("DELETE", f"issues/{number}.json")

    def add_project(self, name: str, *, public: bool) -> None:
        """Make a project that everybody sees, or nobody but the administrator."""
        project = {"name": name, "identifier": name, "is_public": public, "tracker_ids": [1]}
        self._admin("POST", "projects.json", {"project": project})

    def end_project(self, name: str, how: str) -> None:
        """`close` or `archive` a project."""
        self._admin("PUT", f"projects/{name}/{how}.json")

    @contextlib.contextmanager
    def setting(self, name: str, value: str) -> Iterator[None]:
        """Change a setting of the administration for a while; Redmine reads them anew when one of them is newer than those it knows."""
        self._set(name, value)
        try:
            yield
        finally:
            self._set(name, {"rest_api_enabled": "1"}.get(name, "0"))

    def requests(self) -> list[str]:
        """Return the method and path of every request so far, from the server's log."""
        return re.findall(r"Started (\w+ \"/[^\"]*\")", (self.folder / "log/production.log").read_text())

    def ask(self, path: str, key: str = "", method: str = "GET", body: object = None) -> tuple[int, Any]:
        """Ask as a program that knows nothing would, and return the status and the JSON; without a key as nobody."""
        headers = {"Content-Type": "application/json", **({"X-Redmine-API-Key": key} if key else {})}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/{path}", data, headers, method=method)
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=60) as answer:
                text = answer.read()
                return answer.status, json.loads(text) if text.strip() else None
        except urllib.error.HTTPError as error:
            with error:
                text = error.read()
                return error.code, json.loads(text) if text.startswith(b"{") else None

    def _admin(self, method: str, path: str, body: object = None) -> Any:
        status, value = self.ask(path, self.admin_key, method, body)
        assert status < 300, (method, path, status, value)
        return value

    def _set(self, name: str, value: str) -> None:
        newer = (dt.datetime.now() + dt.timedelta(days=2)).strftime("%Y-%m-%d %H:%M:%S")  # noqa: DTZ005 - as Redmine writes it
        with contextlib.closing(sqlite3.connect(self.folder / "redmine.sqlite3", timeout=30)) as database, database:
            database.execute("delete from settings where name = ?", [name])
            database.execute("insert into settings (name, value, updated_on) values (?, ?, ?)", [name, value, newer])


@pytest.fixture(scope="session")
def redmine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redmine]:
    """A running Redmine; without Debian's packages the tests skip, except in CI, where they fail."""
    if missing := _missing():
        if os.environ.get("KBTOOL_CI"):
            pytest.fail(f"CI needs Redmine, and {missing} is not there: apt-get install {PACKAGES}")
        pytest.skip(f"Redmine is not installed, {missing} is not there: apt-get install {PACKAGES}")
    folder = tmp_path_factory.mktemp("redmine")
    keys = {name: secrets.token_hex(20) for name in ("ADMIN_KEY", "SUPPORT_KEY", "GUEST_KEY")}
    _write(folder)
    with _running(folder, _environment(folder) | keys) as url:
        yield Redmine(url, folder, keys["ADMIN_KEY"], keys["SUPPORT_KEY"], keys["GUEST_KEY"])


def _missing() -> str:
    """Return the first of the things needed that is not there."""
    programs = [name for name in ("bundle", "puma") if shutil.which(name) is None]
    files = [path.as_posix() for path in (REDMINE / "config/environment.rb", Path("/var/lib/redmine/Gemfile.lock")) if not path.exists()]
    return next(iter(programs + files), "" if _bundler() else "ruby-bundler")


def _bundler() -> str:
    """Return the version of Debian's Bundler: the one that comes with Ruby does not find Debian's packages."""
    versions = [path.stem.removeprefix("bundler-") for path in BUNDLER.glob("bundler-*.gemspec")]
    return versions[0] if versions else ""


def _write(folder: Path) -> None:
    """Write what an instance consists of."""
    for name in ("config", "files", "log", "tmp", "public/plugin_assets"):
        (folder / name).mkdir(parents=True)
    database = {"adapter": "sqlite3", "database": str(folder / "redmine.sqlite3"), "encoding": "utf8", "timeout": 30_000}
    (folder / "config/database.yml").write_text(json.dumps({"production": database}))
    (folder / "Gemfile").write_text(GEMFILE)
    (folder / "config.ru").write_text(SERVER)


def _environment(folder: Path) -> dict[str, str]:
    """Return the environment of the server; its zone is an odd one, so that a time without its zone would show."""
    up = "../" * 8  # Debian looks for the folder of an instance below its own, where more steps up than there are do no harm
    return {
        "PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8", "TZ": "IST-5:30", "RAILS_ENV": "production",
        "REDMINE_INSTANCE": up + folder.as_posix().lstrip("/"), "BUNDLE_GEMFILE": str(folder / "Gemfile"),
        "BUNDLER_VERSION": _bundler(), "SECRET_KEY_BASE": secrets.token_hex(32), "SCHEMA": os.devnull,
    }


@contextlib.contextmanager
def _running(folder: Path, env: Mapping[str, str]) -> Iterator[str]:
    """Make the database, start the server on a free port, wait until it answers, and stop it in the end."""
    made = subprocess.run(
        ["bundle", "exec", "rake", "db:migrate"], cwd=REDMINE, env=env, stdin=subprocess.DEVNULL, capture_output=True,
        text=True, check=False, timeout=START,
    )
    assert made.returncode == 0, made.stdout[-2000:] + made.stderr[-2000:]
    command = ["bundle", "exec", "puma", "-e", "production", "-b", "tcp://127.0.0.1:0", "-t", "4:4", str(folder / "config.ru")]
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(command, cwd=REDMINE, env=env, stdin=subprocess.PIPE, stdout=log, stderr=log)
    try:
        yield _address(folder / "server.log", server)
    finally:
        assert server.stdin is not None
        server.stdin.close()
        server.terminate()
        try:
            server.wait(30)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _address(log: Path, server: subprocess.Popen[bytes]) -> str:
    """Return the address that the server prints once it is ready."""
    for _ in range(START * 10):
        said = log.read_text()
        if found := re.search(r"Listening on (http://127\.0\.0\.1:[0-9]+)", said):
            return found[1]
        assert server.poll() is None, said[-2000:]
        time.sleep(0.1)
    raise AssertionError(log.read_text()[-2000:])
