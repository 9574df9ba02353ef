"""The report as a comment: read by the parser of GitHub's flavour and by one of CommonMark; nothing in it is alive but ours."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser

import cmarkgfm
import pyromark
import pytest
from cmarkgfm.cmark import Options
from hypothesis import given
from hypothesis import strategies as st

from kbtool.finding import ArticleVerdict, Finding, Run, Severity, Skipped, Verdict
from kbtool.reports.markdown import MARK, render
from kbtool.reports.markdown_text import code, escaped
from kbtool.reports.text import visible

OURS = {"h3", "ul", "li", "p", "strong", "code", "br"}
#: What GitHub and GitLab make calls, references and links of when they see it in text.
ALIVE = re.compile(r"(?<![\w`])@\w|(?<!\w)[\w./-]*[#!$&]\d|\bG[HL]-\d|[%~][\w\"]|://|\bwww\.|\w@\w", re.IGNORECASE)
#: Texts of strangers that would be something in Markdown, on GitHub or on GitLab.
STRANGE = [
    "@octocat", "@org/team", "a@b.example", "#12", "org/repo#12", "GH-12", "!12", "GL-7", "&3", "$9", "%1.0", "~bug", '~"a b"', "https://evil.example", "www.evil.example", "WWW.evil.example", "gh-12",
    "[x](https://evil.example)", "![x](http://evil.example/i.png)", "<img src=x onerror=alert(1)>", "<script>", "<!-- kbtool check -->", "</li>", "<b>", "&lt;b&gt;", "**b**", "_i_", "`c`", "``",
    "~~s~~", "| a | b |", "1. x", "# h", "- [ ] x", "> q", "\\", "\\`", "[^1]", "[[x]]", "$$x$$", "/close", "***", "```\nx\n```", "a\n\n# h", "\x1b[2J", "\u202e", ":tada:", "<https://e.example>", "mailto:a@b.example",
]


class Reader(HTMLParser):
    """Which elements a page has, and its text outside and inside of code."""

    def __init__(self) -> None:
        """Read nothing yet."""
        super().__init__()
        self.tags: list[str] = []
        self.comments: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.plain = ""
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.tags.append(tag)
        self.attributes += attrs
        if tag != "br":
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Note that an element ends."""
        self._open.remove(tag)

    def handle_comment(self, data: str) -> None:
        """Note a comment."""
        self.comments.append(data)

    def handle_data(self, data: str) -> None:
        """Note text."""
        self.text += data
        self.plain += "" if "code" in self._open else data


def by_cmark(text: str) -> str:
    """Return HTML as GitHub's parser makes it, with its extensions, and with raw HTML as it stands."""
    return str(cmarkgfm.github_flavored_markdown_to_html(text, Options.CMARK_OPT_UNSAFE | Options.CMARK_OPT_FOOTNOTES))


def by_pyromark(text: str) -> str:
    """Return HTML as another parser makes it, with all that it can do."""
    wanted = ("TABLES", "FOOTNOTES", "STRIKETHROUGH", "TASKLISTS", "HEADING_ATTRIBUTES", "MATH", "GFM", "DEFINITION_LIST", "SUPERSCRIPT", "SUBSCRIPT", "WIKILINKS")
    options = pyromark.Options(0)
    for name in wanted:
        options |= getattr(pyromark.Options, f"ENABLE_{name}", pyromark.Options(0))
    return pyromark.html(text, options=options)


def read(page: str) -> Reader:
    """Return what a page has."""
    reader = Reader()
    reader.feed(page)
    reader.close()
    return reader


@pytest.mark.parametrize("parser", [by_cmark, by_pyromark])
@given(data=st.data())
def test_nothing_of_strangers_is_alive(runs: st.SearchStrategy[Run], parser, data: st.DataObject) -> None:
    """Whatever texts and paths a run holds: our elements, our one comment, no links, no mentions, no HTML."""
    text = render(data.draw(runs))
    page = read(parser(text))
    assert set(page.tags) <= OURS
    assert not page.attributes
    assert page.comments == [MARK.removeprefix("<!--").removesuffix("-->")]
    assert not ALIVE.search(page.plain)
    assert not re.search(r"^\s*(?:::|/\w)|##\[|##vso\[", text, re.MULTILINE)


@pytest.mark.parametrize("parser", [by_cmark, by_pyromark])
@pytest.mark.parametrize("strange", STRANGE)
def test_text_of_strangers_shows_as_itself(parser, strange: str) -> None:
    """Message, hint, owner, path, check and reason: each is there, to be read and no more."""
    finding = Finding(code="KB1", name="x", severity=Severity.ERROR, path=f"content/{strange}.md", message=f"says {strange}", hint=f"do {strange}", owners=(strange,))
    page = read(parser(render(Run((finding,), (), (Skipped(f"ACME1 {strange}", strange),)))))
    shown = visible(strange)
    assert set(page.tags) <= OURS
    assert not ALIVE.search(page.plain)
    text = page.text.replace("\u200b", "")
    assert f"KB1 line 1: says {shown}→ do {shown}\n" in text
    assert f"content/{shown}.md ({shown.strip()})" in text
    assert f"skipped: ACME1 {shown}: {shown}\n" in text


@pytest.mark.parametrize(
    ("text", "shown"),
    [("a_b", "a\\_b"), ("GH-1", "GH\u200b\\-1"), ("@a", "@\u200ba"), ("a @ b", "a @ b"), ("50 %", "50 %"), ("http://x", "http:\u200b//x"), ("1. x", "1\\. x"), ("<b>&", "&lt;b&gt;&amp;")],
)
def test_what_is_escaped(text: str, shown: str) -> None:
    """Only what would mean something."""
    assert escaped(text) == shown


@pytest.mark.parametrize(("text", "shown"), [("a", "`a`"), ("`", "`` ` ``"), ("a``b`c", "```a``b`c```"), (" a", "`  a `"), ("a\nb", "`a\\nb`"), ("x" * 300, f"`{'x' * 200}…`")])
def test_code_holds_any_text(text: str, shown: str) -> None:
    """Backticks and spaces at the ends come out as they are."""
    assert code(text) == shown
    assert html.unescape(re.sub("</?(p|code)>", "", by_cmark(shown))).strip("\n") == visible(text)
    assert code("y" * 300, None) == f"`{'y' * 300}`"


def test_errors_come_first_and_owners_are_named(made_run: Run) -> None:
    """By article: those with errors, then those with warnings; what could not be told before all."""
    page = read(by_cmark(render(made_run))).text.replace("\u200b", "")
    order = ["3 errors, 1 warning, 1 silenced, 1 in the baseline, 1 unknown, 2 checks did not run in 5 articles", "broke: ACME001", "skipped: KB301", "content/billing/export.md (ana, billing-team)", "KB102", "KB201",
             "KB013", "content/über uns.md", "KB103", "kbtool check", "kbtool explain KB102", "kbtool review content/billing/export.md"]
    places = [page.index(word) for word in order]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("run", "head"),
    [
        (Run((), ()), "Nothing to report in 0 articles"),
        (Run((), (ArticleVerdict("a.md", Verdict.UNKNOWN, None, ("x",)),)), "1 unknown in 1 article"),
        (Run((), (), (Skipped("KB106 code-changed", "--no-git"),)), "1 check did not run in 0 articles"),
    ],
)
def test_what_is_not_known_is_not_nothing(run: Run, head: str) -> None:
    """"Nothing to report" is said only of a run that could tell."""
    assert render(run).split("\n")[1] == f"### {head}"


def test_the_commands_name_a_knowledge_base_below_the_top(made_run: Run) -> None:
    """They can be copied into a shell at the top of the repository."""
    text = render(made_run.below("support kb/"))
    assert "`kbtool -C 'support kb' check`" in text
    assert "`kbtool -C 'support kb' review 'support kb/content/billing/export.md'`" in text


def test_only_an_article_that_a_review_can_settle_is_put_up_for_one(with_findings) -> None:
    """A broken link is not mended by a review."""
    assert "kbtool review" not in render(with_findings(1))


@pytest.mark.parametrize(("errors", "warnings"), [(2000, 0), (1, 5000), (300, 300)])
def test_a_long_comment_is_cut_and_says_so(with_findings, errors: int, warnings: int) -> None:
    """GitHub refuses a comment that is too long; what weighs less is left out, and counted, and the commands stay."""
    text = render(with_findings(errors, warnings))
    assert len(text.encode()) < 65_000
    shown = text.count("nothing is at")
    left = errors + warnings - shown
    assert (left > 0) == (errors + warnings > 700)
    assert (f"\n… and {left} more findings.\n" in text) == bool(left)
    assert text.count("❌") == min(errors, shown)
    assert text.endswith("- What it means and how to mend it: `kbtool explain KB201`\n")


def test_one_article_with_too_many_findings_is_cut_as_well() -> None:
    """It is not left out as a whole."""
    findings = tuple(Finding(code="KB201", name="x", severity=Severity.ERROR, path="content/a.md", line=n, message="ü" * 150, fingerprint=f"{n:016x}") for n in range(1, 1000))
    text = render(Run(findings, ()))
    assert 100 < text.count("❌") < 300
    assert f"… and {999 - text.count('❌')} more findings." in text
    assert len(text.encode()) < 65_000
