"""JSON for reports: ASCII, no NaN, and no line that a build server would obey when the report goes into its log."""

from __future__ import annotations

import json
import math
from typing import Any


def as_json(document: Any) -> str:
    """Return a document as JSON; a number that JSON does not have, which a check of others may yield, is null.

    Lone surrogates come out escaped, and so does the second sign of `##[` and `##vso[`, which reads the same to any parser.
    """
    try:
        text = json.dumps(document, indent=2, allow_nan=False)
    except ValueError:
        text = json.dumps(_finite(document), indent=2, allow_nan=False)
    return text.replace("##", "#\\u0023") + "\n"


def _finite(value: Any) -> Any:
    """Return a value with null for each number that is none, or infinite."""
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
