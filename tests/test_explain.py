"""Documentation from the code: what `explain`, `list`, `schema` and the pages of the checks say."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pytest
from jsonschema import Draft202012Validator

from kbtool.builtin_checks.review_overdue import ReviewOverdue
from kbtool.check import Check, Severity
from kbtool.config import load_config
from kbtool.explain import check_page, explain_check, front_matter_schema, report_schema, summary, write_check_pages
from kbtool.front_matter import KEYS
from kbtool.registry import BUILTIN_CHECKS
from kbtool.testing import article

BLOCK = "```toml\n"


@dataclass(frozen=True)
class OddOptions(Check):
    """Has options of every kind.

    Longer words.

    ::: internal
    an example of a region
    :::
    """

    code: ClassVar[str] = "TEST001"
    severity: ClassVar[Severity] = Severity.WARNING
    words: tuple[str, ...] = ("a", 'b"c')
    limit: int = 3
    on: bool = True


def test_a_check_explains_itself() -> None:
    """Its docstring comes first, then its severity and options with their defaults."""
    text = explain_check(OddOptions)
    assert summary(OddOptions) == "Has options of every kind."
    assert text.startswith("# TEST001 odd-options\n\nHas options of every kind.\n\nLonger words.\n")
    assert "Severity: **warning** unless" in text
    assert text.endswith("limit = 3\non = true\n```\n")


@pytest.mark.parametrize("check", [OddOptions, *BUILTIN_CHECKS], ids=lambda check: check.code)
def test_the_configuration_that_is_shown_can_be_pasted(check: type[Check], tmp_path: Path) -> None:
    """The block of TOML is valid, is taken as configuration, and holds every option."""
    block = explain_check(check).rpartition(BLOCK)[2].partition("```")[0]
    table = tomllib.loads(block)["tool"]["kbtool"]["checks"][check.name()]
    assert set(table) == {"severity", *check.options()}
    assert table["severity"] == check.severity.value
    (tmp_path / "pyproject.toml").write_text(block)
    assert dict(load_config(tmp_path).checks[check.name()]) == table


@pytest.mark.parametrize("check", [OddOptions, *BUILTIN_CHECKS], ids=lambda check: check.code)
def test_the_page_of_a_check_is_a_clean_article(check: type[Check]) -> None:
    """It can be read, needs no review beside that of its check, and an example of a region in it is no region."""
    made = article(check_page(check))
    assert (made.problems, made.audience) == ((), "public")
    assert made.title == f"{check.code} {check.name()}"
    assert (bool(made.front_matter.evergreen), made.front_matter.covers) == (True, ())
    assert (made.markdown.regions, made.markdown.region_problems) == ((), ())


def test_the_pages_are_written_once_and_those_of_old_checks_go(tmp_path: Path) -> None:
    """There is a page for each built-in check; other articles of the folder stay."""
    (tmp_path / "kb999-gone.md").write_text("x")
    (tmp_path / "index.md").write_text("mine")
    pages = write_check_pages(tmp_path)
    assert len(pages) == len(BUILTIN_CHECKS)
    assert {path.name for path in tmp_path.iterdir()} == {"index.md", *(path.name for path in pages)}
    before = {path: path.stat().st_mtime_ns for path in pages}
    write_check_pages(tmp_path)
    assert {path: path.stat().st_mtime_ns for path in pages} == before


def test_explain_and_list_on_the_command_line(kb: Any) -> None:
    """`explain` prints the same as the page, in a knowledge base or outside; `list` has one line a check."""
    for cwd in (kb.root, kb.root.parent):
        done = kb.run("explain", "review-overdue", cwd=cwd)
        assert (done.code, done.out, done.err) == (0, explain_check(ReviewOverdue), "")
        listed = kb.run("list", cwd=cwd)
        assert (listed.code, listed.err) == (0, "")
        lines = listed.out.split("\n\n")[0].splitlines()
        assert [line.split()[:3] for line in lines] == [[check.code, check.severity.value, check.name()] for check in BUILTIN_CHECKS]
        assert all(line.endswith(summary(check)) for line, check in zip(lines, BUILTIN_CHECKS, strict=True))


# ---------------------------------------------------------------------------------------------- schemas

GOOD: dict[str, Any] = {"title": "x", "owners": ["ana"], "product_areas": "billing"}


@pytest.mark.parametrize(
    ("more", "valid"),
    [
        ({}, True), ({"audience": "partners"}, True), ({"audience": "pubic"}, False), ({"unknown": 1}, False), ({"ms.date": "2026-01-01"}, True),
        ({"status": "new"}, True), ({"ours": "x"}, True), ({"content_type": "how-to"}, True), ({"content_type": "howto"}, False),
        ({"review_in": "6 months"}, True), ({"review_in": 6}, False), ({"draft": True}, True), ({"draft": "x"}, False), ({"title": 3}, False),
        ({"tags": ["a"]}, True), ({"tags": [1]}, False), ({"risk": "extreme"}, False),
        ({"kbtool_ignore": [{"check": "KB106", "until": "2027-01-31", "reason": "x"}]}, True), ({"kbtool_ignore": [{"check": ["KB106"], "until": "2027-01-31"}]}, False),
        ({"kbtool_ignore": [{"check": "KB106", "until": "2027-01-31", "reason": "x", "who": "ana"}]}, False),
    ],
)
def test_the_schema_of_the_front_matter(tmp_path: Path, more: dict[str, Any], valid: bool) -> None:
    """Editors see the same keys, values and audiences as kbtool, aliases and configured keys among them."""
    (tmp_path / "pyproject.toml").write_text(
        '[tool.kbtool]\nknown_keys = ["ours", "x-*"]\n[tool.kbtool.aliases]\n"ms.date" = "last_reviewed_on"\n'
        '[tool.kbtool.editions.partners]\naudiences = ["partners"]\n'
    )
    schema = json.loads(front_matter_schema(load_config(tmp_path)))
    Draft202012Validator.check_schema(schema)
    assert Draft202012Validator(schema).is_valid(GOOD | more) is valid


def test_every_key_is_in_the_schema() -> None:
    """Without a configuration there are the keys of the front matter and of the theme."""
    schema = json.loads(front_matter_schema())
    assert set(schema["properties"]) >= {*KEYS, "hide", "icon"}
    assert schema["required"] == ["title", "owners", "product_areas"]


def test_schemas_on_the_command_line(kb: Any) -> None:
    """Both come out as JSON and are valid schemas, in a knowledge base or outside."""
    for cwd in (kb.root, kb.root.parent):
        for args in (["schema"], ["schema", "--report"]):
            done = kb.run(*args, cwd=cwd)
            assert (done.code, done.err) == (0, "")
            Draft202012Validator.check_schema(json.loads(done.out))
    assert kb.run("schema", "--report").out == report_schema()
