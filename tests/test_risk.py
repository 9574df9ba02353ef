"""Tests of kbtool.risk."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbtool.risk import CODE, EDITS, FINDINGS, HALF_LIFE, NEIGHBOURS, PUBLIC, TYPICAL, WORDS, RiskInputs, evidence, risk

counts = st.integers(0, 10**6)
inputs = st.builds(
    RiskInputs,
    words=counts,
    edit_ages=st.lists(st.floats(0, 10**5), max_size=5).map(tuple),
    neighbour_edits=st.floats(0, 10**4),
    code_landings=counts,
    findings=counts,
    public=st.booleans(),
    tickets=counts,
    complaints=counts,
)


@pytest.mark.parametrize(
    ("given_inputs", "expected"),
    [
        (RiskInputs(words=0), 0.0),
        (RiskInputs(words=1), WORDS),
        (RiskInputs(words=1023), 10 * WORDS),
        (RiskInputs(words=0, edit_ages=(0,)), EDITS),
        (RiskInputs(words=0, edit_ages=(HALF_LIFE, HALF_LIFE)), EDITS),
        (RiskInputs(words=0, edit_ages=(0, 0, 0)), 2 * EDITS),
        (RiskInputs(words=0, neighbour_edits=3.0), 2 * NEIGHBOURS),
        (RiskInputs(words=0, code_landings=31), 5 * CODE),
        (RiskInputs(words=0, findings=1, public=True), FINDINGS + PUBLIC),
    ],
)
def test_risk_is_a_sum_of_doublings(given_inputs: RiskInputs, expected: float) -> None:
    """Each input adds its weight for every doubling, and an edit counts half for every year since."""
    assert risk(given_inputs) == pytest.approx(expected)


def test_old_and_quiet_comes_last() -> None:
    """An article that nobody touched for years stands behind a younger one that is edited all the time."""
    quiet = RiskInputs(words=570, edit_ages=(2000.0, 1900.0))
    busy = RiskInputs(words=570, edit_ages=(200.0, 30.0, 3.0))
    assert sorted([quiet, busy], key=risk) == [quiet, busy]


@given(inputs, inputs)
def test_what_history_cannot_measure_changes_nothing_by_default(one: RiskInputs, other: RiskInputs) -> None:
    """Articles that differ in nothing but what is measured are ordered by that alone."""
    extras = {"findings": 0, "public": False, "tickets": 0, "complaints": 0}
    alike = dataclasses.replace(one, **extras), dataclasses.replace(other, **extras)
    same = {name: getattr(one, name) for name in extras}
    raised = tuple(dataclasses.replace(each, **same) for each in alike)
    assert risk(raised[0]) - risk(raised[1]) == pytest.approx(risk(alike[0]) - risk(alike[1]), abs=1e-6)


@given(inputs, st.sampled_from(["words", "neighbour_edits", "code_landings", "findings", "tickets", "complaints"]), st.integers(1, 99))
def test_more_is_never_less_risk(one: RiskInputs, name: str, more: int) -> None:
    """No input lowers the risk, and every risk is a finite number that is not negative."""
    greater = dataclasses.replace(one, **{name: getattr(one, name) + more})
    assert 0 <= risk(one) < risk(greater) < math.inf


@given(inputs, st.floats(0, 3650))
def test_an_edit_raises_the_risk_the_more_the_younger_it_is(one: RiskInputs, days: float) -> None:
    """An edit raises the risk, and the same edit a year earlier raises it less."""
    late, early = (dataclasses.replace(one, edit_ages=(*one.edit_ages, age)) for age in (days, days + HALF_LIFE))
    assert risk(one) < risk(early) < risk(late)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"words": -1}, "words must be 0 or more and finite, not -1"),
        ({"words": math.nan}, "words must be 0 or more and finite, not nan"),
        ({"code_landings": math.inf}, "code_landings must be 0 or more and finite, not inf"),
        ({"edit_ages": (3.0, -0.5)}, r"edit_ages must be 0 or more and finite, not \(3.0, -0.5\)"),
        ({"neighbour_edits": -0.1}, "neighbour_edits must be 0 or more and finite, not -0.1"),
        ({"complaints": -2}, "complaints must be 0 or more and finite, not -2"),
    ],
)
def test_what_cannot_be_counted_is_refused(wrong: dict[str, Any], message: str) -> None:
    """A negative, infinite or missing number is an error that names the input, never a place at the end of the queue."""
    with pytest.raises(ValueError, match=f"^{message}$"):
        RiskInputs(**{"words": 1} | wrong)


@pytest.mark.parametrize(
    ("given_inputs", "expected"),
    [
        (TYPICAL, ()),
        (RiskInputs(words=570), ()),
        (RiskInputs(words=1240), ("1,240 words long",)),
        (RiskInputs(words=0, edit_ages=(900.0, 300.0, 200.0, 9.0)), ("its text changed 3 times in the last year",)),
        (RiskInputs(words=0, edit_ages=(400.0,) * 30), ("its text changed 30 times before",)),
        (RiskInputs(words=0, edit_ages=(700.0,) * 3), ()),
        (RiskInputs(words=0, neighbour_edits=2.25), ("its neighbours changed 2.2 times each in the last year",)),
        (RiskInputs(words=0, code_landings=1), ("its code changed once in the last 90 days",)),
        (RiskInputs(words=0, code_landings=2), ("its code changed twice in the last 90 days",)),
        (RiskInputs(words=0, findings=1), ("1 unresolved finding",)),
        (RiskInputs(words=0, findings=2), ("2 unresolved findings",)),
        (RiskInputs(words=0, public=True), ("customers read it",)),
        (RiskInputs(words=0, tickets=1), ("1 ticket resolved or reopened since its review",)),
        (RiskInputs(words=0, complaints=4), ("4 readers said since its review that it did not help",)),
        (
            RiskInputs(words=1240, edit_ages=(30.0,) * 7, code_landings=31),
            ("its text changed 7 times in the last year", "1,240 words long", "its code changed 31 times in the last 90 days"),
        ),
        (
            RiskInputs(words=50_000, edit_ages=(30.0, 30.0), findings=1),
            ("50,000 words long", "1 unresolved finding", "its text changed twice in the last year"),
        ),
    ],
)
def test_evidence_says_what_stands_out(given_inputs: RiskInputs, expected: tuple[str, ...]) -> None:
    """Evidence is what sets an article above a typical one, the weightiest first."""
    assert evidence(given_inputs) == expected


@given(inputs)
def test_what_is_riskier_than_typical_has_evidence(one: RiskInputs) -> None:
    """No article stands before a typical one without a reason."""
    assert evidence(one) or risk(one) <= risk(TYPICAL)
