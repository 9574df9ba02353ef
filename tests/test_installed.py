"""What installed packages add by entry point: found by name, loaded when it is needed, refused with its name."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint

import pytest

from kbtool.errors import ConfigError
from kbtool.installed import load, points

GROUP = "kbtool.tests"


def test_points_are_found_by_name(install: Callable[..., None]) -> None:
    """Each entry point of a group under its name; nothing is imported for that, and other groups are others."""
    install(GROUP, "one = acme_thing:ONE\ntwo = acme_thing:TWO", "acme_thing", "ONE, TWO = 1, 2\n")
    found = points(GROUP)
    assert {name: point.value for name, point in found.items()} == {"one": "acme_thing:ONE", "two": "acme_thing:TWO"}
    assert "acme_thing" not in sys.modules
    assert [load(point) for point in found.values()] == [1, 2]
    assert points("kbtool.nothing") == {}


@pytest.mark.parametrize(
    ("entries", "taken", "words"),
    [
        ("one = acme_thing:ONE\none = acme_thing:TWO", (), "one is there twice in kbtool.tests: also acme_thing:TWO"),
        ("one = acme_thing:ONE", ("one", "two"), "one is there twice in kbtool.tests: also acme_thing:ONE"),
    ],
)
def test_a_name_twice_is_refused(install: Callable[..., None], entries: str, taken: tuple[str, ...], words: str) -> None:
    """Two packages with one name, or one with a name of ours: which of them counted would be chance."""
    install(GROUP, entries, "acme_thing", "")
    with pytest.raises(ConfigError, match=re.escape(words)) as caught:
        points(GROUP, taken)
    assert (caught.value.kind, caught.value.hint) == ("bad-plugin", "uninstall one of the packages")


@pytest.mark.parametrize(
    ("value", "source", "words"),
    [
        ("acme_thing:ONE", "1 / 0\n", "the entry point one (acme_thing:ONE) cannot be loaded: division by zero"),
        ("acme_thing:ONE", "", "the entry point one (acme_thing:ONE) cannot be loaded: module 'acme_thing' has no attribute 'ONE'"),
        ("nowhere_at_all:ONE", "", "the entry point one (nowhere_at_all:ONE) cannot be loaded: No module named 'nowhere_at_all'"),
    ],
)
def test_what_cannot_be_loaded_is_named(install: Callable[..., None], value: str, source: str, words: str) -> None:
    """The package is to blame, and the message says which."""
    install(GROUP, f"one = {value}", "acme_thing", source)
    with pytest.raises(ConfigError, match=re.escape(words)) as caught:
        load(EntryPoint("one", value, GROUP))
    assert caught.value.kind == "bad-plugin"
