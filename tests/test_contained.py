"""What of `mkdocs.yml` an untrusted run keeps."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import Any

import pytest

from kbtool.contained import EXTENSIONS, KEYS, contain
from kbtool.site_config import DEFAULT


@pytest.mark.parametrize(("given", "kept", "left_out"), [
    ({"site_name": "Help", "extra_templates": ["x.html"]}, {"site_name": "Help"}, ("extra_templates",)),
    ({"markdown_extensions": ["toc", "markdown_exec", {"pymdownx.b64": {"base_path": "/"}}, {"pymdownx.emoji": {}}]},
     {"markdown_extensions": ["toc", {"pymdownx.emoji": {}}]}, ("markdown_exec", "pymdownx.b64")),
    ({"markdown_extensions": {"tables": None, "mdx_include": {"base_path": "."}}}, {"markdown_extensions": [{"tables": None}]}, ("mdx_include",)),
    ({"on_build": "x", "future": 1}, {}, ("on_build", "future")), ({}, {}, ()),
])
def test_what_is_not_known_to_be_harmless_is_left_out(given: dict[str, Any], kept: dict[str, Any], left_out: tuple[str, ...]) -> None:
    """A key or an extension that nobody has looked at is not used."""
    assert contain(given) == (kept, left_out)


def test_the_usual_settings_are_all_kept() -> None:
    """A site without a `mkdocs.yml` of its own is the same in an untrusted run."""
    assert contain(DEFAULT) == (DEFAULT, ())


def test_names_are_those_of_extensions_that_exist() -> None:
    """A misspelt name would leave out what is meant; only a kind of extension that reads no file is here."""
    there = {point.name for point in entry_points(group="markdown.extensions")}
    short = {name for name in EXTENSIONS if not name.startswith(("markdown.", "pymdownx."))}
    assert short <= there
    for name in EXTENSIONS - short:
        assert __import__("importlib").import_module(name)
    assert not {"pymdownx.b64", "pymdownx.pathconverter", "markdown_exec"} & EXTENSIONS
    assert not {"extra_templates", "theme_dir"} & KEYS
