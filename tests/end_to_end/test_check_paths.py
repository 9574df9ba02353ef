"""`kbtool check PATHS`: a run about some articles says of them what a run about all says of them."""

from __future__ import annotations

import pytest

NAMES = [f"a{number}" for number in range(12)]


@pytest.fixture
def busy(site, page, seal):
    """A repository whose articles have faults that one article alone does not show."""
    site.commit({f"content/{name}.md": page(last_reviewed_on="2026-01-05", covers="[src/a.py]") for name in NAMES} | {"src/a.py": "x = 1\n"}, on="2026-01-05")
    site.move("content/a11.md", "content/b11.md")
    site.commit(on="2026-02-01")
    moved = {f"content/{name}.md": page(last_reviewed_on="2026-11-10", covers="[src/a.py]") for name in [*NAMES[:11], "b11"]}
    site.commit(moved, on="2026-11-10")
    site.commit({"src/a.py": "x = 2\ny = 3\n"}, on="2026-11-12", by="Ben")
    shared = 'review_seal: "1 review:000000000000 text:000000000000 code:000000000000 tickets:-"'
    site.commit({
        "content/one.md": page("[gone](gone.md#x)\n").replace("title:", f"{shared}\ntitle:"),
        "content/two.md": page("[one](one.md#nothing)\n").replace("title:", f"{shared}\ntitle:"),
        "content/TWO/index.md": page(owners="[nobody]", redirect_from="[/one/]"),
        "content/unused.png": "x",
    }, on="2026-11-13")
    return site


def _about(report, path: str) -> dict:
    return {
        "findings": [one for one in report["findings"] if one["path"] == path],
        "articles": [one for one in report["articles"] if one["path"] == path],
    }


@pytest.mark.parametrize("option", ["--no-cache", "--strict"])
def test_one_article_is_judged_as_among_all(busy, run, option) -> None:
    """Findings, verdict, evidence and fingerprints of an article are those of the whole run, with a cache and without."""
    whole = run("check", "--format", "json", option).json()
    codes = {one["code"] for one in whole["findings"]}
    assert codes >= {"KB004", "KB008", "KB105", "KB106", "KB111", "KB201", "KB202", "KB204"}
    for path in ("content/a0.md", "content/b11.md", "content/one.md", "content/two.md", "content/TWO/index.md"):
        narrow = run("check", "--format", "json", option, path).json()
        assert _about(narrow, path) == _about(whole, path)
        assert {one["path"] for one in narrow["findings"]} | {one["path"] for one in narrow["articles"]} == {path}


def test_a_narrow_run_leaves_the_cache_whole(busy, run) -> None:
    """What a run about one article keeps serves a run about all, and what that kept is not lost on one article."""
    lines = busy.folder / ".kbtool/cache/lines"
    run("check")
    kept = lines.read_bytes()
    run("check", "content/one.md")
    assert lines.read_bytes() == kept
    lines.unlink()
    run("check", "content/a0.md", "content/one.md")
    assert run("check", "--format", "json").json() == run("check", "--format", "json", "--no-cache").json()


def test_a_check_that_breaks_elsewhere_does_not_break_here(busy, run) -> None:
    """A check of the site that breaks over one article is heard of in a run about that article, and in no other."""
    busy.write({"checks/touchy.py": (
        "from dataclasses import dataclass\nfrom kbtool.check import Check\n\n\n@dataclass(frozen=True)\nclass Touchy(Check):\n"
        '    """It breaks."""\n\n    code = "ZZ001"\n\n    def check(self, article, evidence):\n        del evidence\n'
        '        if article.source == "one.md":\n            raise ValueError("no")\n        return iter(())\n')})
    said = {path: run("check", "--select", "ZZ001", f"content/{path}") for path in ("one.md", "two.md")}
    assert [(done.code, "broke: ZZ001 touchy: ValueError: no" in done.out) for done in said.values()] == [(3, True), (0, False)]
