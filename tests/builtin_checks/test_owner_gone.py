"""KB005 owner-gone."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from kbtool.builtin_checks.owner_gone import OwnerGone
from kbtool.runner import run
from kbtool.testing import check_article, in_words, knowledge_base

TEXT = "---\ntitle: x\nowners: [ana, gone]\n---\n"


@pytest.mark.parametrize(("today", "fires"), [("2026-01-30", False), ("2026-01-31", False), ("2026-02-01", True)])
def test_the_last_day_is_still_a_day(today: str, *, fires: bool) -> None:
    """`until` is the last day: the finding comes on the day after."""
    found = in_words(check_article(OwnerGone(), TEXT, today=today))
    finding = "content/article.md:3:15 KB005 warning: owners: 'gone' has been gone since 2026-01-31 (name another owner)"
    assert found == ([finding] if fires else [])


@pytest.mark.parametrize("lines", ["owners: [ana]", "owners: [zoe]", "title: x", "last_reviewed_by: gone"])
def test_clean(lines: str) -> None:
    """Owners without an end, owners of no register, and former reviewers are clean."""
    assert check_article(OwnerGone(), f"---\n{lines}\n---\n") == []


def test_a_preset_names_the_key() -> None:
    """The finding stands at the author's own key."""
    found = check_article(OwnerGone(), "---\ntitle: x\nms.author: gone\n---\n", config='preset = "microsoft"')
    assert [(one.line, one.column, one.subject) for one in found] == [(3, 1, "gone")]


def test_skipped_without_a_register(tmp_path: Path) -> None:
    """Without a register nobody knows who left: the check is skipped and says so."""
    evidence = dataclasses.replace(knowledge_base(tmp_path, {"content/a.md": TEXT}), owners=None)
    found = run(evidence, [OwnerGone()])
    assert (found.findings, [skip.reason for skip in found.skipped]) == ((), ["checks/owners.yml does not exist"])
