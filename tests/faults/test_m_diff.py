"""Faults of what a pull request is told (FAULTS.md, group M): findings that are not its own."""

from __future__ import annotations

from typing import Any


def test_m18_a_change_is_not_told_of_what_is_not_its_own(repo: Any, page: Any, kbtool: Any) -> None:
    """With `--diff`, which asks for it, findings elsewhere are neither shown nor counted, and the report says so; without, all are."""
    repo.commit({"content/a.md": page(), "content/old.md": page(last_reviewed_on="2026-01-05"), "content/bad.md": "---\ntitle: [\n---\n"})
    repo.branch("fix")
    repo.commit({"content/a.md": page(tags="[x]")})
    whole, limited = (kbtool("check", *more, cwd=repo.folder, today="2026-11-22") for more in ((), ("--diff", "main")))
    assert (whole.code, limited.code) == (1, 0)
    assert "content/old.md" in whole.out
    assert limited.out.splitlines()[-2:] == [
        "0 errors, 0 warnings, 0 unknown, 1 article, 0 skipped", f"2 other articles left alone (compared with main, {repo.git('rev-parse', 'main')[:12]})"]
    report = kbtool("check", "--diff", "main", "--format", "json", cwd=repo.folder, today="2026-11-22").json()
    assert (report["findings"], report["diff"]["left_alone"]) == ([], 2)
