"""The list of faults and the tests of them are equal."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

#: Rows of the catalogue that this version answers for; the others belong to what is not built yet.
ROWS = {
    *(f"a{n:02}" for n in range(1, 32)), *(f"b{n:02}" for n in range(1, 27)),
    *(f"c{n:02}" for n in range(1, 12)), *(f"d{n:02}" for n in range(1, 13)), *(f"e{n:02}" for n in range(1, 26)),
    *(f"f{n:02}" for n in range(1, 15)), "g16", "g17", *(f"h{n:02}" for n in (1, 2, 3, 4, 5, 6, 7, 12, 13, 16, 22, 23)),
    *(f"k{n:02}" for n in range(1, 17)),
    *(f"j{n:02}" for n in (1, 5, 6, 7, 9, 10, 11, 12, 14)),
    *(f"i{n:02}" for n in (1, 2, 3, 4, 5, 7, 8, *range(9, 17), *range(19, 23), *range(24, 27), 29, 30, 31)),
    "i06", "i23", "i28", "j08",
    *(f"m{n:02}" for n in (*range(1, 19), 20)), *(f"n{n:02}" for n in (*range(1, 11), 14, 15, 16)),
    "o01", "o02", "o03", "o05", "o06", "o08", "o10", "o11",
    "h14", "h15", "h17", "h18", "h19", "h20", "h21", "j02", "j03", "j04", "j13", "j15", "j16",
}


def test_every_row_has_a_test_and_every_test_a_row() -> None:
    """A test of a fault carries its number, and no number is without a test."""
    tested = set()
    for path in Path(__file__).parent.glob("test_*.py"):
        tested |= set(re.findall(r"^def test_([a-p]\d\d)_", path.read_text("utf-8"), re.MULTILINE))
    assert tested == ROWS


def test_the_rows_are_those_of_the_catalogue(shared: Path) -> None:
    """The numbers are rows of the shared catalogue."""
    text = (shared / "FAULTS.md").read_text("utf-8")
    rows = {f"{letter.lower()}{int(number):02}" for letter, number in re.findall(r"^\| ([A-P])(\d+) \|", text, re.MULTILINE)}
    if not rows:
        pytest.fail("the catalogue has another form now")
    assert rows >= ROWS
