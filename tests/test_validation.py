"""What pydantic finds wrong, in words for whoever wrote a value."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

import pytest
from pydantic import AfterValidator, AwareDatetime, Field, TypeAdapter, ValidationError

from kbtool.validation import wrong


def _refuse(value: str) -> str:
    raise ValueError(f"no drawer is called {value}")


@pytest.mark.parametrize(("kind", "value", "said"), [
    (int, "many", "must be a whole number"),
    (int, None, "must be a whole number"),
    (bool, "perhaps", "must be true or false"),
    (str, 3, "must be text"),
    (float, "x", "must be a number"),
    (tuple[str, ...], 3, "must be a list"),
    (list[str], "x", "must be a list"),
    (frozenset[str], 3, "must be a list"),
    (dict[str, str], [], "must be a table"),
    (dt.date, "soon", "must be a day such as 2026-03-31"),
    (AwareDatetime, "2026-03-31T08:00:00", "must be a time with its zone"),
    (AwareDatetime, "soon", "must be a time such as 2026-03-31T08:00:00Z"),
    (Literal["a", "b"], "c", "must be 'a' or 'b'"),
    (Annotated[int, Field(gt=0)], 0, "must be more than 0"),
    (Annotated[int, Field(ge=0)], -1, "must be at least 0"),
    (Annotated[int, Field(le=5)], 6, "must be at most 5"),
    (Annotated[tuple[str, ...], Field(min_length=1)], [], "must not be empty"),
    (Annotated[str, Field(min_length=1)], "", "must not be empty"),
    (Annotated[str, AfterValidator(_refuse)], "x", "no drawer is called x"),
])
def test_wrong(kind: Any, value: object, said: str) -> None:
    """Each fault has words that speak of no type of Python; a validator's own words stay as they are."""
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(kind).validate_python(value)
    assert wrong(caught.value.errors()[0]) == said
