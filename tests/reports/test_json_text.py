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


def test_numbers_that_json_does_not_have_are_refused() -> None:
    """A NaN would be a document that no strict reader takes."""
    with pytest.raises(ValueError, match="JSON compliant"):
        as_json({"x": float("inf")})
