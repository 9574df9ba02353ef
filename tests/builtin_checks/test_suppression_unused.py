"""KB023 suppression-unused."""

from __future__ import annotations

import pytest

from kbtool.builtin_checks.broken_link import BrokenLink
from kbtool.builtin_checks.code_changed import CodeChanged
from kbtool.builtin_checks.suppression_unused import SuppressionUnused
from kbtool.check import Check
from kbtool.testing import check_files, in_words, knowledge_base

MARK = "<!-- kbtool: ignore KB201 until 2027-01-31: because -->"
MOVE = "take it out, or move it right above what it is about"


def unused(text: str, *others: Check) -> list[str]:
    found = check_files(SuppressionUnused(), {"content/article.md": text}, others=others)
    return [line for line in in_words(found) if "KB023" in line]


def test_nothing_to_silence() -> None:
    """Each check that is named in vain is told, as it was written."""
    text = f"---\nkbtool_ignore: [{{check: [KB201, broken-link], until: 2027-01-31, reason: x}}]\n---\n{MARK}\ntext\n"
    assert unused(text, BrokenLink()) == [
        "content/article.md:2:17 KB023 warning: this silences no KB201: nothing is found here (take it out)",
        "content/article.md:2:17 KB023 warning: this silences no broken-link: nothing is found here (take it out)",
        f"content/article.md:4:1 KB023 warning: this silences no KB201: nothing is found here ({MOVE})",
    ]


@pytest.mark.parametrize(
    "text", [f"{MARK}\n\n[a](b.md)\n", f"[a](b.md)\n[c](d.md) {MARK}\n", f"{MARK}\n{MARK}\n[a](b.md)\n"],
)
def test_what_silences_is_used(text: str) -> None:
    """It need not be the only one that does."""
    assert unused(text, BrokenLink()) == []


def test_what_did_not_run_is_not_judged() -> None:
    """With `--select`, or where a check was left out, nobody knows what it would have found."""
    assert unused(f"{MARK}\ntext\n") == []


def test_what_is_skipped_or_unknown_is_not_judged(tmp_path, judge) -> None:
    """Where history is missing, a suppression of what history tells may be needed."""
    mark = MARK.replace("KB201", "KB106")
    page = f"---\ntitle: a\nlast_reviewed_on: 2026-11-01\ncovers: [x]\n---\n{mark}\n[a](b.md)\n"
    knowledge_base(tmp_path, {"content/a.md": page})
    found = judge(tmp_path, checks=(SuppressionUnused(), CodeChanged())).found
    assert [skip.check for skip in found.skipped] == ["KB106 code-changed"]
    assert found.findings == ()


def test_what_is_unknown_of_one_article_is_not_judged(tmp_path, new_repo, judge) -> None:
    """An article that a shallow clone cannot judge keeps its suppression; one that it can judge does not."""
    mark = MARK.replace("KB201", "KB106")
    text = f"---\ntitle: a\nlast_reviewed_on: 2026-03-01\ncovers: [src/a.py]\n---\n{mark}\ntext\n"
    repo = new_repo(tmp_path / "repo")
    repo.commit({"content/a.md": text, "src/a.py": "1"}, on="2026-02-01")
    repo.commit({"src/b.py": "1"}, on="2026-03-05")
    checks = (SuppressionUnused(), CodeChanged())
    whole = judge(repo, checks=checks).found
    shallow = judge(repo.clone(tmp_path / "clone", depth=1), checks=checks).found
    assert [finding.code for finding in whole.findings] == ["KB023"]
    assert ([finding.code for finding in shallow.findings], len(shallow.unknown)) == ([], 1)
