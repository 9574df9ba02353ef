"""What the `kbtool tickets` commands write: text for people, JSON for programs."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from kbtool.articles import Article
from kbtool.known_issues import ResolvedTicket
from kbtool.reports.text import visible
from kbtool.ticket_evidence import NamedTicket
from kbtool.ticket_sync import StateChange, Sync, TrackerSync
from kbtool.tickets import Outcome, Ticket


def listing(named: Iterable[tuple[Article, NamedTicket]]) -> str:
    """Return which article names which ticket, and where, one a line."""
    lines = [
        f"{article.path}:{one.line}  {one.key or one.reference}  {state(one)}" + (f"  {one.sentence!r}" if one.sentence else "")
        for article, one in named
    ]
    return "".join(f"{visible(line, None)}\n" for line in lines)


def listing_json(named: Iterable[tuple[Article, NamedTicket]]) -> str:
    """Return the same as JSON: a list of `path, line, column` and what `facts` says."""
    found = [{"path": article.path, "line": one.line, "column": one.column, **facts(one)} for article, one in named]
    return json.dumps(found, indent=2) + "\n"


def state(one: NamedTicket) -> str:
    """Return what is known of a ticket, in a few words."""
    if one.ticket is None:
        return f"unknown: {one.unknown}" if one.unknown else f"no such ticket: {one.missing}"
    ticket = one.ticket
    day = f" on {_day(ticket.closed_at)}" if ticket.closed_at else ""
    how = f" ({ticket.resolution})" if ticket.resolution else ""
    again = f", reopened on {_day(ticket.reopened_at)}" if ticket.state == "open" and ticket.reopened_at else ""
    moved = f", moved to {one.moved_to}" if one.moved_to else ""
    return f"{ticket.state}{day}{how}{again}{moved}"


def facts(one: NamedTicket) -> dict[str, Any]:
    """Return what is known of a ticket as JSON types."""
    return {
        "ticket": one.key, "reference": one.reference, "tracker": one.tracker, "in_front_matter": one.in_front_matter,
        "expects": one.expects, "sentence": one.sentence, "private": one.private, "unknown": one.unknown, "missing": one.missing,
        "moved_to": one.moved_to, **ticket_facts(one.ticket),
    }


def ticket_facts(ticket: Ticket | None) -> dict[str, Any]:
    """Return a ticket as JSON types; all null where there is none."""
    if ticket is None:
        return dict.fromkeys(("state", "resolution", "closed_at", "reopened_at", "updated_at", "title", "url"))
    return {
        "state": ticket.state, "resolution": ticket.resolution, "closed_at": _time(ticket.closed_at),
        "reopened_at": _time(ticket.reopened_at), "updated_at": _time(ticket.updated_at), "title": ticket.title,
        "url": ticket.url,
    }


def shown(one: NamedTicket, articles: Mapping[str, list[NamedTicket]], checked: dt.datetime | None, kind: str) -> str:
    """Return all that is known of one ticket, and which articles name it."""
    ticket = one.ticket
    rows = [
        ("ticket", one.key), ("tracker", f"{one.tracker} ({kind})"), ("state", state(one)),
        ("title", ticket.title if ticket else ""), ("page", ticket.url if ticket else ""),
        ("updated", _day(ticket.updated_at) if ticket else ""),
        ("audience", "the public may not see it" if one.private else "everybody may see it"),
        ("heard of", f"{checked:%Y-%m-%d %H:%M} UTC" if checked else ""),
    ]
    lines = [f"{name:<9} {visible(value, None)}" for name, value in rows if value]
    for path, places in articles.items():
        where = ", ".join("front matter" if place.in_front_matter else f"line {place.line}" for place in places)
        lines.append(f"{'article':<9} {visible(path)} ({where})")
    if not articles:
        lines.append(f"{'article':<9} none names it" + ("" if kind == "file" else ", so no sync asks for it"))
    return "\n".join(lines) + "\n"


def synced(found: Sync) -> str:
    """Return what a sync has found: a line for each tracker that answered, and one for each ticket whose state is another one."""
    lines = [_tracker(one) for one in found.trackers if not one.failure]
    lines += [f"  {line}" for change in found.changes if (line := _change(change))]
    return "".join(f"{visible(line, None)}\n" for line in lines)


def _tracker(one: TrackerSync) -> str:
    counts = [f"{one.outcomes[outcome]} {outcome.value}" for outcome in Outcome if one.outcomes[outcome]]
    if one.confirmed:
        counts.append(f"{one.confirmed} unchanged")
    return f"{one.name}: {one.keys} ticket{'' if one.keys == 1 else 's'}" + (f" ({', '.join(counts)})" if counts else "")


def _change(change: StateChange) -> str:
    if change.before is None:
        return ""
    after = change.after
    how = f" ({after.resolution})" if after.resolution else ""
    return f"{after.key} was {change.before.state}, is {after.state}{how}"


def silences(found: Sync) -> Iterator[tuple[str, str]]:
    """Yield tracker and what it has not answered, the keys with one reason together, for warnings."""
    for one in found.trackers:
        yield from ((one.name, note) for note in one.notes)
        reasons: dict[str, list[str]] = {}
        for answer in one.answers.values():
            if answer.outcome.value in ("forbidden", "unreachable"):
                reasons.setdefault(answer.reason or answer.outcome.value, []).append(answer.key)
        for reason, keys in reasons.items():
            more = f" and {len(keys) - 3} more" if len(keys) > 3 else ""
            yield one.name, f"{', '.join(sorted(keys)[:3])}{more}: {reason}"


def _day(moment: dt.datetime | None) -> str:
    return f"{moment.astimezone(dt.UTC).date()}" if moment else ""


def _time(moment: dt.datetime | None) -> str | None:
    return moment.astimezone(dt.UTC).isoformat().replace("+00:00", "Z") if moment else None


def resolved_text(found: Iterable[ResolvedTicket]) -> str:
    """Return the closed tickets, each with the articles that name it and where sites show them."""
    lines = []
    for one in found:
        day = f"on {_day(one.closed_at)}" if one.closed_at else "at no known time"
        how, fixed = f" ({one.resolution})" if one.resolution else "", f", fixed in {one.fixed_in}" if one.fixed_in else ""
        lines.append(f"{one.key} closed {day}{how}{fixed}")
        lines += [f"  {path}" for path in one.articles]
        lines += [f"  {edition}: {url}" for edition, urls in one.urls.items() for url in urls]
    return "".join(f"{visible(line, None)}\n" for line in lines) or "no ticket that an article names was closed since then\n"


def resolved_json(found: Iterable[ResolvedTicket]) -> str:
    """Return the same as JSON: a list of `ticket, tracker, closed_at, resolution, fixed_in, articles, urls` (by edition)."""
    return json.dumps([
        {
            "ticket": one.key, "tracker": one.tracker, "closed_at": _time(one.closed_at), "resolution": one.resolution or None,
            "fixed_in": one.fixed_in or None, "articles": list(one.articles),
            "urls": {name: list(urls) for name, urls in one.urls.items()},
        } for one in found
    ], indent=2) + "\n"
