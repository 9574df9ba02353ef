"""JSON for reports: ASCII, no NaN, and no line that a build server would obey when the report goes into its log."""

from __future__ import annotations

import json
from typing import Any


def as_json(document: Any) -> str:
    """Return a document as JSON; raises ValueError for a number that JSON does not have.

    Lone surrogates come out escaped, and so does the second sign of `##[` and `##vso[`, which reads the same to any parser.
    """
    return json.dumps(document, indent=2, allow_nan=False).replace("##", "#\\u0023") + "\n"
