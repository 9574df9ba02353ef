"""The report for merge requests of GitLab: what its documentation asks for, and nothing that it would drop."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from kbtool.finding import Run
from kbtool.reports.codequality import render

#: Written from GitLab's documentation of the format; it reads one array, and drops a fingerprint that it has seen.
SCHEMA = Draft202012Validator({
    "type": "array",
    "items": {
        "type": "object", "additionalProperties": False, "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "description": {"type": "string", "minLength": 1}, "check_name": {"type": "string", "minLength": 1}, "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{16}$"},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object", "additionalProperties": False, "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "pattern": "^(?!/|\\./)"},
                    "lines": {"type": "object", "additionalProperties": False, "required": ["begin"], "properties": {"begin": {"type": "integer", "minimum": 1}}},
                },
            },
        },
    },
})


def test_the_report_is_valid(made_run: Run, clean_run: Run) -> None:
    """A full run and a clean one; the clean one is an empty list, not an empty file."""
    SCHEMA.validate(json.loads(render(made_run)))
    assert json.loads(render(clean_run)) == []


@given(data=st.data())
def test_any_run_is_valid_and_has_every_finding_once(runs: st.SearchStrategy[Run], data: st.DataObject) -> None:
    """Whatever texts and paths a run holds: all findings in their order, and no fingerprint twice."""
    run = data.draw(runs)
    text = render(run)
    assert text.isascii()
    assert not re.search(r"##\[|##vso\[|^\s*::", text, re.MULTILINE)
    issues = json.loads(text)
    SCHEMA.validate(issues)
    told = [issue for issue in issues if not issue["check_name"].startswith("kbtool-")]
    assert [(issue["fingerprint"], issue["location"]) for issue in told] == [
        (finding.fingerprint, {"path": finding.path, "lines": {"begin": finding.line}}) for finding in run.findings
    ]
    assert len({issue["fingerprint"] for issue in issues}) == len(issues)


def test_what_could_not_be_told_is_an_issue_as_well(made_run: Run) -> None:
    """An empty list would mean that all is well; where the knowledge base is below the top, so are its settings."""
    issues = json.loads(render(made_run.below("support/")))
    assert [(issue["severity"], issue["check_name"], issue["location"]["path"]) for issue in issues[:2]] == [
        ("blocker", "kbtool-broke", "support/pyproject.toml"), ("info", "kbtool-skipped", "support/pyproject.toml"),
    ]
    assert issues[2]["check_name"] == "kbtool-unknown"
    assert issues[2]["location"]["path"] == made_run.below("support/").articles[4].path
    assert [issue["severity"] for issue in issues[3:]] == ["major", "major", "minor", "major"]


@pytest.mark.parametrize("change", [lambda issue: issue.update(severity="error"), lambda issue: issue.pop("fingerprint"), lambda issue: issue["location"].update(path="/a")])
def test_the_schema_refuses_what_is_no_report(made_run: Run, change: Any) -> None:
    """A schema that takes everything would show nothing."""
    issues = json.loads(render(made_run))
    change(issues[-1])
    assert not SCHEMA.is_valid(issues)
