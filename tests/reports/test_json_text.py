"""JSON of reports: the same document to any parser, and no command to a build server."""

from __future__ import annotations

import json

import pytest

from kbtool.reports.json_text import as_json


@pytest.mark.parametrize("text", ["##[error]x", "##vso[x", "###[x", "\\##[x", '"##', "a # b", "\ud800", "\u2028", "é"])
def test_the_document_reads_back(text: str) -> None:
    """Whatever is escaped, a parser finds what was there."""
    made = as_json({text: [text]})
    assert json.loads(made) == {text: [text]}
    assert made.isascii()
    assert "##" not in made


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_numbers_that_json_does_not_have_are_null(number: float) -> None:
    """A NaN would be a document that no strict reader takes; the rest of the report is not lost for it."""
    assert json.loads(as_json({"x": number, "y": [1.5, (number, "##")]})) == {"x": None, "y": [1.5, [None, "##"]]}
