"""The commands around tickets: `kbtool tickets list`, `show`, `sync` and `resolved`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kbtool import clock, shell
from kbtool.errors import UsageError

if TYPE_CHECKING:
    import datetime as dt

    from kbtool.evidence import Evidence

_FORM = click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)


@click.group()
def tickets() -> None:
    """Work with the tickets that articles name.

    `sync` asks the trackers and writes the snapshot; all else, `kbtool check` too, reads it and opens no connection.
    """


@tickets.command("list")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@_FORM
@click.pass_obj
def list_(root: Path | None, paths: Sequence[Path], form: str) -> int:
    """List which article names which ticket.

    With PATHS, only the articles in these files and folders.
    """
    from kbtool.tickets_report import listing, listing_json

    evidence = shell.gather_evidence(root, None)
    wanted = shell.only(paths, evidence)
    articles = [article for article in evidence.articles if wanted is None or wanted(article.path)]
    named = [(article, one) for article in articles for one in evidence.tickets.of(article)]
    shell.write(listing_json(named) if form == "json" else listing(named), nl=False)
    return 0


@tickets.command()
@click.argument("key")
@_FORM
@click.pass_obj
def show(root: Path | None, key: str, form: str) -> int:
    """Show what is known of a ticket.

    KEY is its key, such as SUP-431, or the address of its page.
    """
    import json

    from kbtool.tickets_report import facts, shown

    evidence = shell.gather_evidence(root, None)
    one = evidence.tickets.look_up(key)
    if not one.tracker:
        raise UsageError(f"{key[:80]!r}: {one.missing}", kind="no-such-ticket", hint="`kbtool tickets list` lists them")
    articles = {
        article.path: places for article in evidence.articles
        if (places := [named for named in evidence.tickets.of(article) if (named.tracker, named.key) == (one.tracker, one.key)])
    }
    if form == "json":
        shell.write(json.dumps(facts(one) | {"articles": list(articles)}, indent=2))
    else:
        tracker = evidence.tickets.trackers[one.tracker]
        shell.write(shown(one, articles, evidence.tickets.checked_at(one), tracker.kind), nl=False)
    return 0


@tickets.command()
@click.option("--since", metavar="WHEN", help="Ask only for what changed since this day (YYYY-MM-DD), or since the `last` sync.")
@click.option("--tracker", "only", multiple=True, metavar="NAME", help="Only this tracker of the configuration (repeatable).")
@click.option("--strict", is_flag=True, help="Exit with 3 when a tracker has left something unanswered.")
@click.pass_obj
def sync(root: Path | None, since: str | None, only: Sequence[str], *, strict: bool) -> int:
    """Ask the trackers, and write the snapshot.

    What a tracker does not answer stays as it was, until it is older than its `max_age`. A tracker that refuses the
    credentials changes nothing, and exits 3.
    """
    from kbtool.files import locked, write_atomic
    from kbtool.snapshot import Snapshot
    from kbtool.ticket_sync import sync as ask
    from kbtool.tickets_report import silences, synced

    begin = _begin(since)
    evidence = shell.gather_evidence(root, None)
    path = evidence.config.root / evidence.config.snapshot
    _refuse_unknown(only, evidence)
    path.parent.mkdir(parents=True, exist_ok=True)
    with locked(evidence.config.root / ".kbtool/tickets.lock", "another sync is running here"):
        last = evidence.tickets.snapshot
        if not isinstance(last, Snapshot) and path.exists():
            shell.say(f"warning[snapshot]: {last.partition(';')[0]}; it is made anew")
        with shell.counting("Asking trackers") as progress:
            now = clock.moment().replace(microsecond=0)
            found = ask(evidence, now, since=begin, since_last=since == "last", only=only, progress=progress)
        if any(not one.failure for one in found.trackers):
            write_atomic(path, found.snapshot.write())
    shell.write(synced(found) if found.trackers else "no tracker of the configuration has to be asked\n", nl=False)
    for name, silence in silences(found):
        shell.say(f"warning[{name}]: {silence}")
    for one in found.trackers:
        if one.failure:
            shell.say(f"error[tracker]: {one.name}: {one.failure}; nothing of it was changed")
    return found.exit_code(strict=strict)


def _begin(since: str | None) -> dt.datetime | None:
    import datetime as dt

    if since is None or since == "last":
        return None
    day = _day(since, ", or last")
    return dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC)


def _day(since: str, more: str = "") -> dt.date:
    from kbtool.dates import DATE_HINT, parse_date

    try:
        return parse_date(since)
    except ValueError as error:
        raise UsageError(f"--since: {error}", kind="bad-date", hint=f"{DATE_HINT}{more}") from None


def _refuse_unknown(only: Sequence[str], evidence: Evidence) -> None:
    from kbtool.config import did_you_mean

    remote = [name for name, one in evidence.tickets.trackers.items() if one.kind != "file"]
    for name in only:
        if name not in remote:
            raise UsageError(f"no tracker is called {name!r}{did_you_mean(name, remote)}", kind="no-such-tracker",
                             hint=f"one of {', '.join(remote)}" if remote else "the configuration has none to ask")


@tickets.command()
@click.option("--since", metavar="DATE", required=True, help="The first day (YYYY-MM-DD) that counts.")
@_FORM
@click.pass_obj
def resolved(root: Path | None, since: str, form: str) -> int:
    """List the tickets that were closed since a day, with the articles that name them.

    For the reply to customers who wait for a fix. One that was closed at no known time is listed too.
    """
    from kbtool.known_issues import resolved as find
    from kbtool.tickets_report import resolved_json, resolved_text

    found = find(shell.gather_evidence(root, None), _day(since))
    shell.write(resolved_json(found) if form == "json" else resolved_text(found), nl=False)
    return 0
