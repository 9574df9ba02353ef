"""KB004 owner-unknown."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from kbtool.builtin_checks.owner_unknown import OwnerUnknown
from kbtool.runner import run
from kbtool.testing import check_article, check_files, in_words, knowledge_base

NEAR, FAR = 'did you mean "ana"?', "add 'zoe' to checks/owners.yml"
FIRES = {
    "misspelt": ("owners: [anna]", [f"2:10 KB004 error: owners: 'anna' is not a known owner ({NEAR})"]),
    "other case": ("owners: [Ana]", [f"2:10 KB004 error: owners: 'Ana' is not a known owner ({NEAR})"]),
    "nothing near": ("owners: zoe", [f"2:1 KB004 error: owners: 'zoe' is not a known owner ({FAR})"]),
    "the second": ("owners:\n  - ana\n  - zoe", [f"4:5 KB004 error: owners: 'zoe' is not a known owner ({FAR})"]),
    "twice": ("owners: [zoe, zoe]", [
        f"2:10 KB004 error: owners: 'zoe' is not a known owner ({FAR})",
        f"2:15 KB004 error: owners: 'zoe' is not a known owner ({FAR})",
    ]),
    "reviewer": ("owners: [ana]\nlast_reviewed_by: zoe", [
        f"3:1 KB004 error: last_reviewed_by: 'zoe' is not a known owner ({FAR})",
    ]),
    "not Latin": ("owners: [аna]", [f"2:10 KB004 error: owners: 'аna' is not a known owner ({NEAR})"]),
}


@pytest.mark.parametrize(("lines", "found"), FIRES.values(), ids=FIRES)
def test_fires(lines: str, found: list[str]) -> None:
    """Each id that the register does not have is a finding at its place, with the nearest id that it has."""
    assert in_words(check_article(OwnerUnknown(), f"---\n{lines}\n---\n")) == [f"content/article.md:{one}" for one in found]


@pytest.mark.parametrize("lines", ["owners: [ana]", "owners: ana\nlast_reviewed_by: gone", "owners: []", "title: x"])
def test_clean(lines: str) -> None:
    """Ids of the register, and no ids, are clean; an owner who left is still known."""
    assert check_article(OwnerUnknown(), f"---\n{lines}\n---\n") == []


def test_default_of_a_folder_and_alias() -> None:
    """An owner from a folder's table is checked, on line 1; one under a preset's key stands where it is written."""
    files = {"content/a.md": "", "content/b.md": "---\ntitle: x\nms.author: [ana, zoe]\n---\n"}
    config = 'preset = "microsoft"\n[tool.kbtool.defaults."a.md"]\nowners = ["zoe"]'
    found = check_files(OwnerUnknown(), files, config=config)
    assert [(one.path, one.line, one.column) for one in found] == [("content/a.md", 1, 1), ("content/b.md", 3, 18)]


def test_an_empty_register_is_not_a_missing_one() -> None:
    """With an empty register every owner is unknown."""
    files = {"checks/owners.yml": "{}\n", "content/a.md": "---\nowners: [ana]\n---\n"}
    assert in_words(check_files(OwnerUnknown(), files)) == [
        "content/a.md:2:10 KB004 error: owners: 'ana' is not a known owner (add 'ana' to checks/owners.yml)",
    ]


def test_skipped_without_a_register(tmp_path: Path) -> None:
    """Without `owners.yml` the check is skipped with the reason, and finds nothing."""
    evidence = knowledge_base(tmp_path, {"content/a.md": "---\nowners: [zoe]\n---\n"})
    found = run(dataclasses.replace(evidence, owners=None), [OwnerUnknown()])
    assert found.findings == ()
    assert [(skip.check, skip.reason, skip.failed) for skip in found.skipped] == [
        ("KB004 owner-unknown", "checks/owners.yml does not exist", False),
    ]
