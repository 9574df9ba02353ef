"""What pydantic finds wrong with a value, in words for whoever wrote it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_MUST = {
    "bool": "true or false", "int": "a whole number", "float": "a number", "string": "text", "list": "a list", "tuple": "a list",
    "set": "a list", "frozen_set": "a list", "dict": "a table", "model": "a table", "mapping": "a table", "path": "a path",
    "date": "a day such as 2026-03-31", "datetime": "a time such as 2026-03-31T08:00:00Z", "timezone": "a time with its zone",
}
_LIMITS = {
    "greater_than": ("more than", "gt"), "greater_than_equal": ("at least", "ge"), "less_than": ("less than", "lt"),
    "less_than_equal": ("at most", "le"),
}


def wrong(error: Mapping[str, Any]) -> str:
    """Return what is wrong, by one entry of `ValidationError.errors()`: `must be a whole number`, or a validator's own words."""
    kind, context = str(error["type"]), error.get("ctx", {})
    if kind in _LIMITS:
        word, name = _LIMITS[kind]
        return f"must be {word} {context[name]}"
    if kind in ("literal_error", "enum"):
        return f"must be {context['expected']}"
    if kind in ("too_short", "string_too_short"):
        return "must not be empty"
    if kind == "missing":
        return "is missing"
    ends = ("_from_datetime_parsing", "_from_date_parsing", "_parsing", "_aware", "_type")
    stem = next((kind.removesuffix(end) for end in ends if kind.endswith(end)), "")
    if stem in _MUST:
        return f"must be {_MUST[stem]}"
    return str(error["msg"]).removeprefix("Value error, ")
