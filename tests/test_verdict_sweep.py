"""Random transient faults of a tracker, up to the verdicts: whatever happened on the way, none is wrong, some are unknown."""

from __future__ import annotations

import datetime as dt
import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from kbtool.cache import Cache
from kbtool.config import TrackerConfig, load_config
from kbtool.evidence import Evidence, gather
from kbtool.finding import Verdict
from kbtool.registry import make_checks
from kbtool.runner import run
from kbtool.ticket_evidence import TicketEvidence
from kbtool.ticket_mentions import TicketMentions
from kbtool.ticket_sync import sync
from kbtool.tickets import Tracker
from kbtool.trackers import http

SOAK = os.environ.get("HYPOTHESIS_PROFILE") == "soak"
RUNS, EACH = (3000, 100) if SOAK else (20, 10)
KEYS = [f"T-{number}" for number in (*range(1, 9), *range(1001, 1013))]
NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
ARTICLE = """---
title: About {key}
owners: [ana]
product_areas: [billing]
last_reviewed_on: 2026-10-15
tickets: [{key}]
---

Until {key} is fixed, export one month at a time.
"""
Told = Mapping[str, tuple[Verdict, tuple[str, ...]]]


@pytest.fixture
def base(kb) -> Evidence:
    """A knowledge base with an article for each ticket."""
    for path in (kb.root / "content").rglob("*.md"):
        path.unlink()
    for key in KEYS:
        kb.write(f"content/{key.lower()}.md", ARTICLE.format(key=key))
    return gather(load_config(kb.root), NOW.date(), now=NOW, git=False)


def with_tracker(base: Evidence, tracker: Tracker) -> Evidence:
    """Return the evidence with this tracker and with the snapshot as it is now."""
    config = base.config.model_copy(update={"trackers": {"bugs": TrackerConfig(kind=tracker.kind, public=True)}})
    trackers = {"bugs": tracker}
    return replace(base, config=config, tickets=TicketEvidence(config, trackers, NOW, TicketMentions(trackers, config, Cache(None))))


def judge(base: Evidence, tracker: Tracker) -> Told:
    """Return article → verdict and the codes of its findings, by the snapshot alone."""
    evidence = with_tracker(base, tracker)
    found = run(evidence, make_checks(evidence.config, ["KB3", "KB102"]))
    assert found.skipped == ()
    return {
        one.path: (one.verdict, tuple(finding.code for finding in found.findings if finding.path == one.path)) for one in found.articles
    }


def take_snapshot(base: Evidence, tracker: Tracker) -> None:
    """Sync, and write what came of it."""
    made = sync(with_tracker(base, tracker), NOW)
    path = base.config.root / base.config.snapshot
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(made.snapshot.write())


@pytest.mark.parametrize("first", range(0, RUNS, EACH))
def test_no_transient_fault_makes_a_wrong_verdict(
    base, faulty: Any, generic_tracker: Any, ticket_app: Any, monkeypatch: pytest.MonkeyPatch, first: int
) -> None:
    """With half or a fifth of the requests failing, no verdict and no finding differs, but for articles that are unknown."""
    monkeypatch.setattr(http, "ONE_REQUEST", 5.0)
    server = faulty(ticket_app.usual(many=12), seed=0, rate=0.0)
    tracker = generic_tracker(server, page_size=7)
    monkeypatch.setattr(type(tracker), "batch_size", 10)
    snapshot = base.config.root / base.config.snapshot
    take_snapshot(base, tracker)
    right, whole = judge(base, tracker), snapshot.read_bytes()
    assert {verdict for verdict, _ in right.values()} == {Verdict.FRESH, Verdict.STALE, Verdict.UNKNOWN}
    assert {code for _, codes in right.values() for code in codes} == {"KB301", "KB303"}
    met = Counter[str]()
    for seed in range(first, first + EACH):
        server.fault = type(server.fault)(seed, rate=0.5 if seed % 2 else 0.2)
        snapshot.unlink()
        take_snapshot(base, tracker)
        found = judge(base, tracker)
        wrong = {path: told for path, told in found.items() if told != right[path] and told[0] is not Verdict.UNKNOWN}
        assert wrong == {}, f"with the faults of seed {seed}"
        snapshot.write_bytes(whole)  # and with a snapshot of before, nothing is lost
        take_snapshot(base, tracker)
        assert judge(base, tracker) == right, f"with the faults of seed {seed}, after a sync without any"
        met.update(server.fault.met)
    assert met.total() > EACH
