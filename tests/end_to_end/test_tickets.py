"""`kbtool tickets` as a process: what it prints, what it writes, how it ends, and what never gets out."""

from __future__ import annotations

import base64
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

ARTICLE = """\
---
title: Export invoices
audience: public
owners: [ana]
product_areas: [billing]
last_reviewed_on: 2026-11-01
tickets: [SUP-1, {ref: SUP-2, expects: open}, LOCAL-9]
---

Until SUP-3 is fixed,
export less. See LOCAL-1 and `SUP-8`.
"""
INTERNAL = "---\ntitle: Runbook\nowners: [ana]\nproduct_areas: [billing]\nlast_reviewed_on: 2026-11-01\n---\n\nSUP-1 again.\n"
CLOSED = {"state": "closed", "resolution": "fixed", "closed_at": "2026-11-20T08:00:00Z", "updated_at": "2026-11-21T08:00:00Z"}
NOW = "2026-11-22T12:00:00Z"


@pytest.fixture
def site(kb: Any, desk: Any) -> Any:
    """A knowledge base with two articles that name tickets of a tracker and of checks/tickets.yml."""
    kb.write("pyproject.toml", f"[tool.kbtool]\n{desk.config(public='true')}")
    kb.write("content/index.md", ARTICLE)
    kb.write("content/runbook.md", INTERNAL)
    kb.write("checks/tickets.yml", "LOCAL-1: {state: open, reopened_at: 2026-10-01, title: From the file}\n")
    desk.answers(SUP_1={"state": "open", "title": "It fails"}, SUP_2=CLOSED, SUP_3={"outcome": "moved", "moved_to": "SUP-2"})
    return kb


@pytest.fixture
def tickets(site: Any, desk: Any) -> Any:
    """`tickets("list")`: the command in that knowledge base."""

    def run(*args: str, command: str = "tickets", env: dict[str, str] | None = None, **more: Any) -> Any:
        return site.run(*([command] if command else []), *args, env={**desk.env, **(env or {})}, **more)

    return run


def said(done: Any) -> str:
    """Return the only message on stderr, without the name of the program."""
    found = re.fullmatch(r"kbtool: (.*)\n", done.err)
    assert found, done.err
    return found[1]


# ---------------------------------------------------------------------------------------------- sync, list, show

SYNCED = "support: 4 tickets (2 found, 1 moved, 1 missing)\n"
LISTED = """\
content/index.md:7  SUP-1  open
content/index.md:7  SUP-2  closed on 2026-11-20 (fixed)
content/index.md:7  LOCAL-9  no such ticket: no tracker of the configuration has tickets of this form
content/index.md:10  SUP-3  closed on 2026-11-20 (fixed), moved to SUP-2  'Until SUP-3 is fixed, export less.'
content/index.md:11  LOCAL-1  open, reopened on 2026-10-01  'See LOCAL-1 and `SUP-8`.'
content/runbook.md:8  SUP-1  open  'SUP-1 again.'
"""
SNAPSHOT = f"""\
{{"snapshot": 1}}
{{"tracker": "support", "kind": "desk", "url": "https://desk.example.com", "synced_at": "{NOW}"}}
{{"tracker": "support", "key": "SUP-1", "state": "open", "title": "It fails"}}
{{"tracker": "support", "key": "SUP-2", "state": "closed", "resolution": "fixed", "closed_at": "2026-11-20T08:00:00Z", "updated_at": "2026-11-21T08:00:00Z"}}
{{"tracker": "support", "key": "SUP-3", "outcome": "moved", "moved_to": "SUP-2"}}
{{"tracker": "support", "key": "SUP-8", "outcome": "missing"}}
"""


def test_sync_then_list(site: Any, tickets: Any) -> None:
    """A sync writes the snapshot and nothing else but its lock; what it has found is listed, where articles name it."""
    before = site.tree()
    done = tickets("sync")
    assert (done.code, done.out, done.err) == (0, SYNCED, "")
    after = site.tree()
    assert {name: after[name] for name in after if before.get(name) != after[name]} == {
        ".kbtool/tickets.jsonl": SNAPSHOT.encode(), ".kbtool/tickets.lock": b"",
    }
    listed = tickets("list")
    assert (listed.code, listed.out, listed.err) == (0, LISTED, "")
    assert site.tree() == after


def test_list_before_any_sync(tickets: Any) -> None:
    """What is not known is said to be unknown, and why."""
    line = tickets("list", "content/runbook.md").out
    assert line == "content/runbook.md:8  SUP-1  unknown: there is no snapshot yet; run `kbtool tickets sync`  'SUP-1 again.'\n"


@pytest.mark.parametrize(("paths", "lines"), [(["content"], 6), (["content/runbook.md"], 1), (["content/index.md", "content/runbook.md"], 6)])
def test_list_some_articles(tickets: Any, paths: list[str], lines: int) -> None:
    """With paths, only the articles there."""
    assert len(tickets("list", *paths).out.splitlines()) == lines


def test_list_as_json(tickets: Any) -> None:
    """A program reads the same: each reference with its place and the facts."""
    tickets("sync")
    found = tickets("list", "--format", "json", "content/index.md").json()
    assert [(one["line"], one["column"], one["ticket"], one["state"]) for one in found] == [
        (7, 11, "SUP-1", "open"), (7, 18, "SUP-2", "closed"), (7, 47, "", None), (10, 7, "SUP-3", "closed"), (11, 18, "LOCAL-1", "open"),
    ]
    assert found[1] == {
        "path": "content/index.md", "line": 7, "column": 18, "ticket": "SUP-2", "reference": "SUP-2", "tracker": "support", "in_front_matter": True,
        "expects": "open", "sentence": "", "private": False, "unknown": "", "missing": "", "moved_to": "", "state": "closed", "resolution": "fixed",
        "closed_at": "2026-11-20T08:00:00Z", "reopened_at": None, "updated_at": "2026-11-21T08:00:00Z", "title": "", "url": "",
    }
    assert found[2]["missing"] == "no tracker of the configuration has tickets of this form"


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("SUP-1", f"""\
ticket    SUP-1
tracker   support (desk)
state     open
title     It fails
audience  everybody may see it
heard of  {NOW[:10]} 12:00 UTC
article   content/index.md (front matter)
article   content/runbook.md (line 8)
"""),
        ("https://desk.example.com/SUP-3", f"""\
ticket    SUP-3
tracker   support (desk)
state     closed on 2026-11-20 (fixed), moved to SUP-2
updated   2026-11-21
audience  everybody may see it
heard of  {NOW[:10]} 12:00 UTC
article   content/index.md (line 10)
"""),
        ("LOCAL-1", """\
ticket    LOCAL-1
tracker   tickets (file)
state     open, reopened on 2026-10-01
title     From the file
audience  everybody may see it
article   content/index.md (line 11)
"""),
        ("SUP-99", """\
ticket    SUP-99
tracker   support (desk)
state     unknown: the snapshot does not have SUP-99; run `kbtool tickets sync`
audience  everybody may see it
article   none names it, so no sync asks for it
"""),
        ("SUP-8", f"""\
ticket    SUP-8
tracker   support (desk)
state     no such ticket: it does not exist, says the tracker support
audience  everybody may see it
heard of  {NOW[:10]} 12:00 UTC
article   none names it, so no sync asks for it
"""),
    ],
)
def test_show(tickets: Any, key: str, text: str) -> None:
    """All that is known of one ticket, and which articles name it."""
    tickets("sync")
    done = tickets("show", key)
    assert (done.code, done.out, done.err) == (0, text, "")


def test_show_as_json(tickets: Any) -> None:
    """The same for a program."""
    tickets("sync")
    found = tickets("show", "SUP-1", "--format", "json").json()
    assert (found["ticket"], found["state"], found["title"]) == ("SUP-1", "open", "It fails")
    assert found["articles"] == ["content/index.md", "content/runbook.md"]


def test_a_second_sync_tells_what_changed(site: Any, tickets: Any, desk: Any) -> None:
    """Tickets whose state is another one are named; with `--since last`, what did not change is counted and not asked for."""
    tickets("sync")
    desk.asked()
    desk.answers(SUP_1=CLOSED, SUP_2={"state": "open"}, SUP_3={"outcome": "moved", "moved_to": "SUP-2"}, changed=["SUP-1"])
    done = tickets("sync", "--since", "last")
    assert (done.code, done.err) == (0, "")
    assert done.out == "support: 4 tickets (1 found, 1 moved, 1 missing, 1 unchanged)\n  SUP-1 was open, is closed (fixed)\n"
    assert desk.asked() == [["changed", "2026-11-22T11:55:00+00:00", "SUP-1", "SUP-2"], ["fetch", "SUP-1", "SUP-3", "SUP-8"]]
    assert tickets("sync", "--since", "2026-11-22").out == "support: 4 tickets (1 found, 1 moved, 1 missing, 1 unchanged)\n"
    assert tickets("sync").out == "support: 4 tickets (2 found, 1 moved, 1 missing)\n  SUP-2 was closed, is open\n"


def test_what_is_not_answered_is_a_warning(tickets: Any, desk: Any) -> None:
    """The keys with one reason are said together; the exit code is 3 under --strict."""
    refused = {f"SUP_{number}": {"outcome": "forbidden", "reason": "no right to read"} for number in (1, 2, 3)}
    desk.answers(**refused, SUP_8={"outcome": "unreachable"})
    done = tickets("sync")
    assert (done.code, done.out) == (0, "support: 4 tickets (3 forbidden, 1 unreachable)\n")
    assert done.err == "kbtool: warning[support]: SUP-1, SUP-2, SUP-3: no right to read\nkbtool: warning[support]: SUP-8: unreachable\n"
    strict = tickets("sync", "--strict")
    assert (strict.code, strict.out, strict.err) == (3, done.out, done.err)


def test_a_tracker_that_fails_is_an_error(site: Any, tickets: Any, desk: Any) -> None:
    """It is said in one line, the file stays as it was, and the exit code is 3."""
    tickets("sync")
    before = site.tree()
    desk.answers(raises="auth")
    done = tickets("sync")
    assert (done.code, done.out) == (3, "")
    assert said(done) == "error[tracker]: support: it does not accept the credentials; nothing of it was changed"
    assert site.tree() == before


def test_a_snapshot_that_is_damaged_is_made_anew(site: Any, tickets: Any) -> None:
    """A run says what is wrong with it and goes on; a sync says so and writes a good one."""
    site.write(".kbtool/tickets.jsonl", SNAPSHOT[:-5])
    done = tickets("check", "--select", "KB301", command="")
    assert done.code == 0
    assert "unknown: the snapshot .kbtool/tickets.jsonl, line 6: it ends in the middle of a line; remove it and run `kbtool tickets sync`\n" in done.out
    again = tickets("sync")
    assert (again.code, again.out) == (0, SYNCED)
    assert said(again) == "warning[snapshot]: the snapshot .kbtool/tickets.jsonl, line 6: it ends in the middle of a line; it is made anew"
    assert (site.root / ".kbtool/tickets.jsonl").read_text() == SNAPSHOT


def test_a_committed_snapshot(site: Any, tickets: Any, desk: Any) -> None:
    """`snapshot` of the configuration is where it goes, also into a folder that is not there yet."""
    site.write("pyproject.toml", f'[tool.kbtool]\nsnapshot = "records/tickets.jsonl"\n{desk.config(public="true")}')
    assert tickets("sync").code == 0
    assert (site.root / "records/tickets.jsonl").read_text() == SNAPSHOT
    assert not (site.root / ".kbtool/tickets.jsonl").exists()


def test_without_a_tracker_to_ask(site: Any, tickets: Any) -> None:
    """There is nothing to do, which is no error."""
    site.write("pyproject.toml", "[tool.kbtool]\n")
    done = tickets("sync")
    assert (done.code, done.out, done.err) == (0, "no tracker of the configuration has to be asked\n", "")
    assert not (site.root / ".kbtool/tickets.jsonl").exists()


# ---------------------------------------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["sync", "--since", "yesterday"], "error[bad-date]: --since: 'yesterday' is not a date (write it as YYYY-MM-DD, such as 2026-03-31, or last)"),
        (["resolved", "--since", "last"], "error[bad-date]: --since: 'last' is not a date (write it as YYYY-MM-DD, such as 2026-03-31)"),
        (["sync", "--tracker", "suport"], 'error[no-such-tracker]: no tracker is called \'suport\'; did you mean "support"? (one of support)'),
        (["sync", "--tracker", "tickets"], "error[no-such-tracker]: no tracker is called 'tickets' (one of support)"),
        (["show", "BUG-1"], "error[no-such-ticket]: 'BUG-1': no tracker of the configuration has tickets of this form (`kbtool tickets list` lists them)"),
        (["show", "x" * 500], f"error[no-such-ticket]: '{'x' * 80}': no tracker of the configuration has tickets of this form (`kbtool tickets list` lists them)"),
        (["show"], "error[usage]: Missing argument 'KEY'. (see `kbtool --help`)"),
        (["list", "nowhere"], "error[no-such-path]: there is no file or folder 'nowhere'"),
        (["list", "--format", "xml"], "error[usage]: Invalid value for '--format': 'xml' is not one of 'text', 'json'. (see `kbtool --help`)"),
        (["forget"], "error[usage]: No such command 'forget'. (see `kbtool --help`)"),
    ],
)
def test_errors(site: Any, tickets: Any, args: list[str], message: str) -> None:
    """What cannot be done is said in one line, with exit code 2, and nothing is written."""
    before = site.tree()
    done = tickets(*args)
    assert (done.code, done.out) == (2, "")
    assert said(done) == message
    assert site.tree() == before


@pytest.mark.parametrize("command", [["check"], ["build"], ["tickets", "list"], ["tickets", "sync"], ["why", "content/index.md"], ["review"]])
@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("checks/tickets.yml", "LOCAL-1: {state: done}\n", "error[config]: checks/tickets.yml:1: LOCAL-1: state must be open or closed"),
        ("pyproject.toml", '[tool.kbtool.trackers.support]\nkind = "desk"\nfolder = "x"\ntoken = "abc"\n',
         "error[secret-in-config]: pyproject.toml: trackers.support: 'token' would keep a secret in a file (name an environment variable that holds it, such as token_env)"),
        ("pyproject.toml", '[tool.kbtool.trackers.tickets]\nkind = "desk"\nfolder = "x"\n',
         "error[config]: pyproject.toml: trackers.tickets: checks/tickets.yml has this name (choose another)"),
    ],
)
def test_trackers_that_cannot_be_used(site: Any, tickets: Any, command: list[str], name: str, text: str, message: str) -> None:
    """Every command says the same of a file of tickets, or a table, that is wrong: exit code 2 before anything is done."""
    site.write(name, text)
    before = site.tree()
    done = tickets(*command, command="")
    assert (done.code, done.out, said(done)) == (2, "", message)
    assert site.tree() == before


@pytest.mark.parametrize("args", [[], ["list"], ["show"], ["sync"], ["resolved"]])
def test_help(tickets: Any, args: list[str]) -> None:
    """Each command describes itself."""
    done = tickets(*args, "--help")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"Usage: kbtool tickets {' '.join(args)}".rstrip())


# ---------------------------------------------------------------------------------------------- interrupted, at once


def start(site: Any, desk: Any) -> subprocess.Popen[bytes]:
    """Start a sync whose tracker does not answer for a minute, and return when that has been asked."""
    desk.answers(wait=60)
    desk.asked()
    env = {**os.environ, **desk.env}
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "kbtool", "tickets", "sync"], cwd=site.root, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    while not (desk.folder / "asked.jsonl").exists():
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    return process


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -9)])
def test_an_interrupted_sync_leaves_the_old_file(site: Any, tickets: Any, desk: Any, number: int, code: int) -> None:
    """It ends at once, without waiting for the server, says nothing, and writes nothing; the next one works."""
    tickets("sync")
    before = site.tree()
    with start(site, desk) as process:
        process.send_signal(number)
        out, err = process.communicate(timeout=50)
    assert (process.returncode, out, err.strip()) == (code, b"", b"")
    assert site.tree() == before
    desk.answers(SUP_1=CLOSED)
    assert tickets("sync").code == 0


def test_two_syncs_at_once(site: Any, tickets: Any, desk: Any) -> None:
    """The second one says that another is running, and asks nobody."""
    with start(site, desk) as process:
        desk.asked()
        done = tickets("sync")
        process.kill()
    assert (done.code, done.out, said(done)) == (3, "", "error[busy]: another sync is running here (wait for it to end)")
    assert desk.asked() == []


def test_a_disk_that_refuses(site: Any, tickets: Any) -> None:
    """Where the snapshot cannot be written, that is the message, and the exit code is 3."""
    (site.root / ".kbtool/tickets.jsonl").mkdir(parents=True)
    done = tickets("sync")
    assert done.code == 3
    assert done.err.splitlines()[-1].startswith("kbtool: error[disk]: ")


# ---------------------------------------------------------------------------------------------- what never gets out

TOKEN = "s3cret+token/of~tests=="  # as tests/trackers/small_tracker.py has it
TITLE = "Customer Globex loses all invoices"


def forms(secret: str) -> list[bytes]:
    """Return the ways in which a secret may be written."""
    from urllib.parse import quote

    return [secret.encode(), quote(secret, safe="").encode(), base64.b64encode(secret.encode()), json.dumps(secret)[1:-1].encode()]


def test_token_and_confidential_title_are_nowhere(kb: Any, desk: Any, fault_server: Any, ticket_app: Any, tmp_path: Path) -> None:
    """Not in what is printed, in any file below the knowledge base, cache and sites too, or in a crash file; however it ends."""
    fault_server.app = ticket_app({"T-1": {"status": "new", "title": TITLE}, "T-2": {"secret": True}})
    table = f'[tool.kbtool.trackers.support]\nkind = "generic"\nurl = "{fault_server.url}"\ntoken_env = "KB_TOKEN"\n'
    kb.write("pyproject.toml", f"[tool.kbtool]\n{table}")
    kb.write("content/index.md", ARTICLE.replace("Until SUP-3", "Until it").replace("SUP-8", "x").replace("SUP-", "T-").replace(", LOCAL-9", ""))
    (tmp_path / "tmp").mkdir()
    (desk.folder / "broken-1.0.dist-info").mkdir()
    (desk.folder / "broken-1.0.dist-info/entry_points.txt").write_text("[kbtool.reports]\nbroken = broken_report\n")
    (desk.folder / "broken_report.py").write_text("import os\n\ndef render(run, **more):\n    raise RuntimeError(os.environ['KB_TOKEN'])\n")
    env = {**desk.env, "KB_TOKEN": TOKEN, "TMPDIR": str(tmp_path / "tmp")}
    show = ["tickets", "show", "T-1"]
    commands = (
        ["tickets", "sync"], ["tickets", "list"], show, [*show, "--format", "json"], ["check"], ["check", "--format", "json"], ["build"],
        ["check", "--format", "broken"],
    )
    runs = [kb.run(*args, env=env) for args in commands]
    assert [run.code for run in runs] == [0, 0, 0, 0, 0, 0, 0, 4]
    fault_server.app = ticket_app({}, token="another")
    runs += [kb.run("tickets", "sync", env=env), kb.run("tickets", "sync", env=env | {"KB_TOKEN": f"{TOKEN}\u00a0x"})]
    assert [run.code for run in runs[-2:]] == [3, 3]
    seen = b"".join((run.out + run.err).encode() for run in runs)
    files = [path for folder in (kb.root, tmp_path / "tmp") for path in folder.rglob("*") if path.is_file()]
    names = {path.relative_to(tmp_path).as_posix() for path in files}
    assert {"kb/.kbtool/tickets.jsonl", "kb/.kbtool/cache/tickets", "kb/site/public/index.html", "kb/site/internal/index.html"} <= names, names
    assert [name for name in names if name.startswith("tmp/kbtool-crash-")]
    for secret in (TOKEN, TITLE):
        for form in forms(secret):
            assert form not in seen
            assert [path for path in files if form in path.read_bytes()] == []
