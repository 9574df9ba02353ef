"""Where articles name tickets, as one run keeps it for the next."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kbtool.cache import FOLDER, Cache
from kbtool.config import load_config
from kbtool.evidence import Evidence, gather
from kbtool.testing import knowledge_base
from kbtool.ticket_mentions import Mentioned
from kbtool.tickets import Mention
from kbtool.trackers.file import FileTracker

ARTICLE = "---\ntitle: About SUP-2\n---\n\nUntil SUP-1 is `SUP-2`. <!-- SUP-1 -->\n"
TICKETS = "SUP-1: {state: open}\nSUP-2: {state: open}\n"
FOUND = [
    Mentioned("SUP-2", 2, 1, "", in_code=False, hidden=False, claims={"tickets": "SUP-2"}),
    Mentioned("SUP-1", 5, 7, "Until SUP-1 is `SUP-2`.", in_code=False, hidden=False, claims={"tickets": "SUP-1"}),
    Mentioned("SUP-2", 5, 17, "Until SUP-1 is `SUP-2`.", in_code=True, hidden=False, claims={"tickets": "SUP-2"}),
    Mentioned("SUP-1", 5, 30, "<!-- SUP-1 -->", in_code=False, hidden=True, claims={"tickets": "SUP-1"}),
]
Run = Callable[..., tuple[list[Mentioned], list[str], list[str]]]


@pytest.fixture
def once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """`once(text)`: the mentions of the only article by one run with a cache, which texts were searched for them, and its notes."""
    searched: list[str] = []
    real = FileTracker.mentions

    def watched(self: FileTracker, text: str) -> Iterator[Mention]:
        searched.append(text)
        return real(self, text)

    monkeypatch.setattr(FileTracker, "mentions", watched)

    def run(text: str = ARTICLE, tickets: str = TICKETS, config: str = "") -> tuple[list[Mentioned], list[str], list[str]]:
        knowledge_base(tmp_path / "kb", {"content/a.md": text, "checks/tickets.yml": tickets}, config=config)
        searched.clear()
        cache = Cache(tmp_path / "kb" / FOLDER)
        evidence = gather(load_config(tmp_path / "kb"), dt.date(2026, 11, 22), cache, git=False)
        found = list(evidence.tickets.mentions.of(evidence.articles[0]))
        evidence.tickets.mentions.keep()
        return found, [*searched], cache.notes

    return run


def test_the_next_run_need_not_search(once: Run) -> None:
    """The same bytes name the same tickets: what was found is kept whole, and no text is searched again."""
    found, searched, _ = once()
    assert (found, len(searched)) == (FOUND, 2)
    assert once() == (FOUND, [], [])


@pytest.mark.parametrize(
    "change",
    [{"text": ARTICLE + "x"}, {"tickets": TICKETS + "SUP-3: {state: open}"}, {"config": '[tool.kbtool.aliases]\nissues = "tickets"'},
     {"tickets": TICKETS.replace("open}", 'open, url: "https://t.example/1"}', 1)}],
)
def test_whatever_may_change_a_mention_is_searched_for_anew(once: Run, change: dict[str, str]) -> None:
    """Another text, another ticket or address in the file, another configuration."""
    once()
    assert once(**change)[1]


def test_another_state_of_a_ticket_changes_no_mention(once: Run) -> None:
    """What is known of tickets is not what articles name."""
    once()
    found, searched, _ = once(tickets=TICKETS.replace("open", "closed"))
    assert (found, searched) == (FOUND, [])


def test_the_same_bytes_in_another_folder(tmp_path: Path) -> None:
    """Two articles with the same bytes show different tags where their folders give them; each keeps its own, also in the cache."""
    files = {"content/b/x.md": "---\nowners: [ana]\n---\n", "content/c/x.md": "---\nowners: [ana]\n---\n", "checks/tickets.yml": TICKETS}
    config = '[tool.kbtool.defaults."b/**"]\ntags = ["SUP-1"]\n[tool.kbtool.defaults."c/**"]\ntags = ["SUP-2"]'
    knowledge_base(tmp_path, files, config=config)
    for _ in range(2):
        evidence = gather(load_config(tmp_path), dt.date(2026, 11, 22), Cache(tmp_path / FOLDER), git=False)
        found = {article.source: [one.words for one in evidence.tickets.mentions.of(article)] for article in evidence.articles}
        assert found == {"b/x.md": ["SUP-1"], "c/x.md": ["SUP-2"]}
        evidence.tickets.mentions.keep()


@pytest.mark.parametrize("rows", [[], {"": 3}, {"x": [["SUP-1"]]}, {"x": [["a", "b", 1, "", 0, 0, {}]]}, {"x": [["a", 1, 1, "", 0, 0, []]]}])
def test_a_damaged_cache_is_made_anew(once: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: Any) -> None:
    """What does not have the shape of mentions is set aside, said, and worked out again."""
    monkeypatch.setattr(Cache, "read", lambda *_: {"mentions": json.dumps(rows).encode()})
    found, searched, notes = once()
    assert (found, len(searched)) == (FOUND, 2)
    assert "the cache 'tickets' was damaged and is made anew" in notes


def test_a_stranger_that_does_not_say_what_it_depends_on(tmp_path: Path, desk: Any) -> None:
    """Of its mentions nothing is kept, since its code may be another one tomorrow."""
    knowledge_base(tmp_path, {"content/a.md": "SUP-1\n"}, config=desk.config())
    evidence = gather(load_config(tmp_path), dt.date(2026, 11, 22), Cache(tmp_path / FOLDER), git=False)
    assert [one.words for one in evidence.tickets.mentions.of(evidence.articles[0])] == ["SUP-1"]
    evidence.tickets.mentions.keep()
    assert not (tmp_path / FOLDER / "tickets").exists()


WORDS = st.sampled_from(["SUP-1", "SUP-2", " ", "\n", "`", "```\n", "<!--", "-->", "_", "*", "# ", "- ", ". ", "ä", "::: internal\n", ":::\n", "\\", "https://t.example/2"])


def mentions(evidence: Evidence) -> list[Mentioned]:
    """Return the mentions of the only article."""
    return list(evidence.tickets.mentions.of(evidence.articles[0]))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.lists(WORDS | st.text(max_size=3), max_size=20).map("".join))
def test_with_and_without_the_cache(tmp_path: Path, text: str) -> None:
    """For any text, what was kept is what would be found, and each mention stands where it says."""
    tickets = 'SUP-1: {state: open}\nSUP-2: {state: open, url: "https://t.example/2"}\n'
    files = {"content/a.md": text.encode("utf-8", "replace"), "checks/tickets.yml": tickets}
    plain = knowledge_base(tmp_path, files)
    found = mentions(plain)
    for _ in range(2):
        evidence = gather(load_config(tmp_path), dt.date(2026, 11, 22), Cache(tmp_path / FOLDER), git=False)
        assert mentions(evidence) == found
        evidence.tickets.mentions.keep()
    for one in found:
        assert plain.articles[0].line(one.line)[one.column - 1 :].startswith(one.words)
        assert one.words in one.sentence
