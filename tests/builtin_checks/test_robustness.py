"""What holds for every check and any text."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kbtool.registry import BUILTIN_CHECKS
from kbtool.runner import run
from kbtool.testing import knowledge_base

CONFIG = '[tool.kbtool.editions.partner]\naudiences = ["public", "partner"]'
KEYS = [
    "title: x", "covers: ['src/**', '!x', 'a:b', '[', '/']", "review_seal: '1 review:- text:- code:- tickets:-'", "audience: public", "audience: partner", "redirect_from: [/a/, '//[', /b.html]", "last_reviewed_on: 2026-11-01",
    "expires: 2199-12-31", "review_in: 50 years", "owners: [ana, gone, '']", "tickets: [{ref: a}]", "draft: true", "kbtool_ignore: {check: KB013, until: 2027-01-31, reason: why}", "kbtool_ignore: [{check: [], until: 1}, {}]", "a: b: c", "- a",
]
BODY = [
    "<!-- kbtool: ignore KB201 until 2027-01-31: why -->", "<!-- kbtool: ignore KB4 until 2026-01-31: why -->\n", "<!-- kbtool:", "::: internal\n", "::: partner\n", ":::\n", "\\:::", "<!-- expires 2026-01-01 -->\n", "<!-- end expires -->\n", "<!--", "-->",
    "```\n", "`", "[a](b.md#x)", "[a](a.md?q#%ff)", "[a](../../..)", "[a](//[)", "[a](http://[::1)", "![i](%2e%2e/x.png)",
    "<a href='b.md'>", '<img src="">', "| a |\n|--|\n", "> ", "- ", "    ", "\n\n", "# H\n", "# H {#x}\n", "[r]: b.md\n", "[x][r]",
    '--8<-- "b.md"\n', '--8<-- "a.md"\n', "--8<--\n", "[^1]", "[^1]: f\n", "\u200b", "\U0001f3f4\U000e0061", "\r", "\x1b", "---\n",
]
FRONT_MATTER = st.lists(st.sampled_from(KEYS), max_size=4).map(lambda lines: "---\n" + "".join(f"{line}\n" for line in lines) + "---\n")
TEXTS = st.builds("{}{}".format, st.just("") | FRONT_MATTER, st.lists(st.sampled_from(BODY) | st.text(max_size=8), max_size=20).map("".join))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(first=TEXTS, second=TEXTS)
def test_no_text_breaks_a_check(first: str, second: str) -> None:
    """Every check runs to its end on any two articles, and each finding stands on a line and column that are there."""
    with tempfile.TemporaryDirectory() as folder:
        evidence = knowledge_base(Path(folder), {"content/a.md": first, "content/sub/b.md": second}, config=CONFIG)
        found = run(evidence, [check() for check in BUILTIN_CHECKS])
    assert [skip for skip in found.skipped if skip.failed] == []
    lines = {article.path: article.text.split("\n") for article in evidence.articles}
    for finding in found.findings:
        if lines[finding.path] != [""]:  # a file that could not be decoded has no text
            assert 1 <= finding.line <= len(lines[finding.path]), finding
            assert 1 <= finding.column <= len(lines[finding.path][finding.line - 1]) + 1, finding
        assert finding.message


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(first=TEXTS, second=TEXTS)
def test_no_text_in_history_breaks_a_check(new_repo, judge, first: str, second: str) -> None:
    """The same holds where any two texts are versions of one article, and for those checks that look at both."""
    with tempfile.TemporaryDirectory() as folder:
        repo = new_repo(Path(folder))
        repo.commit({"content/a.md": first, "src/x.py": "1"})
        repo.commit({"content/a.md": second, "content/b.md": first, "src/x.py": "2"})
        assert judge(repo).found.skipped == ()
