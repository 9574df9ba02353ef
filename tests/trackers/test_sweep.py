"""Random transient faults: what a tracker answers in spite of them is what it answers without them, or nothing."""

from __future__ import annotations

import os
from collections import Counter
from typing import Any

import pytest

from kbtool.tickets import Answer, Outcome
from kbtool.trackers import http

SOAK = os.environ.get("HYPOTHESIS_PROFILE") == "soak"
RUNS, EACH = (3000, 100) if SOAK else (30, 10)
KEYS = [f"T-{number}" for number in (*range(1, 9), *range(1001, 1021))]


def _answers(tracker: Any) -> dict[str, Answer]:
    answers = list(tracker.fetch(KEYS))
    assert sorted(answer.key for answer in answers) == sorted(KEYS)
    return {answer.key: answer for answer in answers}


@pytest.mark.parametrize("first", range(0, RUNS, EACH))
def test_no_transient_fault_changes_an_answer(
    faulty: Any, generic_tracker: Any, ticket_app: Any, monkeypatch: pytest.MonkeyPatch, first: int
) -> None:
    """Resets, errors, limits, drips, cuts, pages and garbage, at random: 0 answers differ but for those marked unreachable.

    Half of the requests meet a fault, so that many runs are incomplete; in the others each answer is there in spite of them.
    """
    monkeypatch.setattr(http, "ONE_REQUEST", 5.0)
    app = ticket_app.usual(many=20)
    server = faulty(app, seed=0, rate=0.0)
    tracker = generic_tracker(server, page_size=7)
    monkeypatch.setattr(type(tracker), "batch_size", 10)
    right = _answers(tracker)
    reached, met = Counter[bool](), Counter[str]()
    for seed in range(first, first + EACH):
        server.fault = type(server.fault)(seed, rate=0.5 if seed % 2 else 0.2)
        found = _answers(tracker)
        differing = {key: answer for key, answer in found.items() if answer != right[key] and answer.outcome is not Outcome.UNREACHABLE}
        assert differing == {}, f"with the faults of seed {seed}"
        reached.update(answer == right[key] for key, answer in found.items())
        met.update(server.fault.met)
    assert reached[True] > len(KEYS) * EACH / 10, "faults left next to nothing to compare"
    assert met.total() > 20


def test_the_same_seed_has_the_same_faults(faulty: Any, generic_tracker: Any, ticket_app: Any) -> None:
    """Whatever the order in which requests arrive, so that a run that went wrong can be had again."""
    runs = []
    for _ in range(2):
        server = faulty(ticket_app.usual(many=20), seed=7, rate=0.4)
        runs.append((_answers(generic_tracker(server)), server.fault.met))
    assert runs[0] == runs[1]
    assert runs[0][1].total() > 0


def test_faults_can_be_had_in_front_of_any_server(faulty: Any, generic_tracker: Any, ticket_app: Any, fault_server: Any) -> None:
    """Given an address in place of a function, requests are handed on to it."""
    fault_server.app = ticket_app.usual(many=20)
    right = _answers(generic_tracker(fault_server))
    assert _answers(generic_tracker(faulty(fault_server.url, seed=1, rate=0.0))) == right
    found = _answers(generic_tracker(faulty(fault_server.url, seed=1)))
    assert {key for key in KEYS if found[key] != right[key]} == {key for key in KEYS if found[key].outcome is Outcome.UNREACHABLE} - {"T-7"}
