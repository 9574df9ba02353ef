"""What is a reference to an issue of Jira, and what the tracker's options may be."""

from __future__ import annotations

import re
from typing import Any

import pytest

from kbtool.trackers.jira import JiraTracker

ACME = "https://acme.atlassian.net"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("SUP-12, (SUP-13) and **SUP-14**. Is it SUP-15?", ["SUP-12", "SUP-13", "SUP-14", "SUP-15"]),
        ("UTF-8, SHA-256, ISO-8601, COVID-19, OPS-1, sup-12, SUP-0, SUP-012, SUP-1234567890123456789", []),
        ("XSUP-12 SUP-12a SUP-12-b SUP_12 my/SUP-12 SUP-12/x SUP-12.png #SUP-12 ?q=SUP-12 SUP-12?x SUP-٣", []),
        (f"see {ACME}/browse/SUP-12. Or http://acme.atlassian.net/browse/SUP-13", ["SUP-12", "SUP-13"]),
        (f"<{ACME}/browse/sup-12?focusedCommentId=10#c-10> and {ACME.upper()}/browse/SUP-13#x", ["SUP-12", "SUP-13"]),
        (f"{ACME}/browse/OPS-1 {ACME}/browse/SUP-12x {ACME}/browse/SUP-12/x https://other.example/browse/SUP-12", []),
        (f"https://proxy.example/?to={ACME}/browse/SUP-12", []),
    ],
)
def test_a_text_mentions_keys_of_the_projects_and_addresses(text: str, found: list[str]) -> None:
    """Words that look like keys are none, nor are parts of words, paths and file names; an address ends at its key."""
    mentions = list(JiraTracker(ACME, projects=("SUP",)).mentions(text))
    assert [mention.key for mention in mentions] == found
    assert JiraTracker(ACME, projects=("SUP",)).key_of("UTF-8") is None
    assert all(text[one.start : one.end].upper().endswith(one.key) for one in mentions)


def test_without_projects_only_addresses_are_mentions() -> None:
    """A key that the front matter names is one all the same: somebody meant it."""
    tracker = JiraTracker(ACME)
    text = f"UTF-8, SUP-12 and {ACME}/browse/OPS-1"
    assert [(text[one.start : one.end], one.key) for one in tracker.mentions(text)] == [(f"{ACME}/browse/OPS-1", "OPS-1")]
    words = ("SUP-12", f" {ACME}/browse/sup-12 ", "sup-12", "SUP-12?x", "SUP-12/../x", "SUP", "X" * 60 + "-1", "")
    assert [tracker.key_of(word) for word in words] == ["SUP-12", "SUP-12", None, None, None, None, None, None]


@pytest.mark.parametrize("projects", [(), ("SUP",)])
def test_the_query_of_an_address_makes_no_difference(projects: tuple[str, ...]) -> None:
    """A reference may be copied from the address bar, with the comment that was looked at."""
    tracker = JiraTracker(ACME, projects=projects)
    words = (f"{ACME}/browse/SUP-12?focusedCommentId=10#c-10", f"{ACME}/browse/SUP-12#c", f"{ACME}/browse?x=SUP-12", f"{ACME}/browse/SUP-12?a b")
    assert [tracker.key_of(word) for word in words] == ["SUP-12", "SUP-12", None, None]


def test_pages_may_be_elsewhere_than_the_interface() -> None:
    """Tokens with scopes go to a gateway; articles link to the site."""
    tracker = JiraTracker("https://api.atlassian.com/ex/jira/11223344-a1b2", web_url=f"{ACME}/", projects=("SUP",))
    assert tracker.key_of(f"{ACME}/browse/SUP-12") == "SUP-12"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"projects": ("sup",)}, "'sup' is no key of a project; they are written in capitals, such as SUP"),
        ({"public_projects": ("SUP|OPS",)}, "'SUP|OPS' is no key of a project"),
        ({"web_url": "acme.atlassian.net"}, "web_url must be the address of the tracker's pages"),
        ({"closed_states": ("Done",), "open_states": ("done ",)}, "closed_states and open_states both have 'done'"),
        ({"url": "http://acme.example"}, "over http, others on the way can read the token"),
    ],
)
def test_options_that_cannot_be_meant_are_refused(options: dict[str, Any], words: str) -> None:
    """With what to write instead."""
    with pytest.raises(ValueError, match=re.escape(words)):
        JiraTracker(**{"url": ACME, **options})
