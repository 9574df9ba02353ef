"""KB301 ticket-resolved."""

from __future__ import annotations

import json

import pytest

from kbtool.builtin_checks.ticket_resolved import TicketResolved
from kbtool.finding import Severity
from kbtool.testing import check_files, in_words, knowledge_base

CLOSED = {"state": "closed", "resolution": "fixed", "closed_at": "2026-11-20"}
HEAD = "---\nlast_reviewed_on: 2026-10-01\n"
HINT = "read what the article says of it; then `kbtool review content/article.md`"
NAME_IT = "read what the article says of it and name it in `tickets`, which a review signs; then `kbtool review content/article.md`"
SECRET = "Nobody outside may know."


def found(text: str, ticket: dict[str, str], **more: str) -> list[str]:
    """Return in words what the check finds in an article that names SUP-431."""
    files = {"content/article.md": text, "checks/tickets.yml": json.dumps({"SUP-431": ticket, "SUP-1": {"state": "open"}})}
    return in_words(check_files(TicketResolved(), files, **more))


@pytest.mark.parametrize(
    ("text", "ticket", "words"),
    [
        (f"{HEAD}tickets: [SUP-1, SUP-431]\n---\n", CLOSED, f"3:18 KB301 warning: SUP-431 was closed on 2026-11-20 (fixed), after the review of 2026-10-01 ({HINT})"),
        (f"{HEAD}---\n\nText. Until SUP-431\nis fixed, wait. More.\n", CLOSED,
         f"5:13 KB301 warning: SUP-431 was closed on 2026-11-20 (fixed), after the review of 2026-10-01: 'Until SUP-431 is fixed, wait.' ({HINT})"),
        (f"{HEAD}tickets: [SUP-431]\n---\n`SUP-431`. Until SUP-431. SUP-431 again.\n", CLOSED,
         f"3:11 KB301 warning: SUP-431 was closed on 2026-11-20 (fixed), after the review of 2026-10-01: 'Until SUP-431.' ({HINT})"),
        (f"{HEAD}tickets: [{{ref: SUP-431, expects: open}}]\n---\n", CLOSED,
         f"3:11 KB301 warning: SUP-431 was closed on 2026-11-20 (fixed), and the article expects it to be open ({HINT})"),
        ("---\ntickets: [{ref: SUP-431, expects: open}]\n---\n", CLOSED | {"closed_at": "2020-01-01"},
         f"2:11 KB301 error: SUP-431 was closed on 2020-01-01 (fixed), and the article expects it to be open ({HINT})"),
        (f"{HEAD}tickets: [SUP-431]\n---\n", {"state": "closed"}, f"3:11 KB301 error: SUP-431 was closed, it is not known when, after the review of 2026-10-01 ({HINT})"),
        (f"{HEAD}---\nSee SUP-431.\n", {"state": "closed"},
         f"4:5 KB301 error: SUP-431 was closed, it is not known when, after the review of 2026-10-01: 'See SUP-431.' ({NAME_IT})"),
    ],
)
def test_in_words(text: str, ticket: dict[str, str], words: str) -> None:
    """The finding stands where the ticket is named, with resolution, day and the sentence, and says what to do."""
    assert found(text, ticket) == [f"content/article.md:{words}"]


def test_what_a_program_reads() -> None:
    """The evidence has the facts by name; the fingerprint is the ticket's, wherever it stands."""
    tickets = json.dumps({"SUP-431": CLOSED})
    texts = (f"{HEAD}---\nUntil SUP-431.\n", f"{HEAD}title: x\n---\n\nStill: until SUP-431.\n")
    one, other = (check_files(TicketResolved(), {"content/a.md": text, "checks/tickets.yml": tickets})[0] for text in texts)
    assert one.evidence == {
        "ticket": "SUP-431", "tracker": "tickets", "closed_on": "2026-11-20", "resolution": "fixed", "sentence": "Until SUP-431.", "expected": False,
    }
    assert (one.line, other.line) == (4, 6)
    assert one.fingerprint == other.fingerprint


@pytest.mark.parametrize(
    ("text", "ticket"),
    [
        (f"{HEAD}tickets: [SUP-431]\n---\n", {"state": "open"}),
        (f"{HEAD}tickets: [SUP-431]\n---\n", CLOSED | {"closed_at": "2026-10-01"}),
        (f"{HEAD}tickets: [SUP-431]\n---\n", {"state": "open", "reopened_at": "2026-11-20"}),
        (f"{HEAD}tickets: [{{ref: SUP-431, expects: closed}}]\n---\nFixed: SUP-431.\n", CLOSED),
        (f"{HEAD}confidence: archived\ntickets: [SUP-431]\n---\nSUP-431\n", CLOSED),
        (f"{HEAD}confidence: archived\ntickets: [{{ref: SUP-431, expects: open}}]\n---\n", CLOSED),
        (f"{HEAD}---\n`SUP-431`\n\n```\nSUP-431\n```\n", CLOSED),
        (f"{HEAD}title: SUP-431\n---\n", CLOSED),
        ("---\ntickets: [SUP-431]\n---\nUntil SUP-431.\n", CLOSED),
        (f"{HEAD}title: [\ntickets: [SUP-431]\n---\n", CLOSED),
        (f"{HEAD}tickets: [SUP-9]\n---\n", CLOSED),
    ],
)
def test_clean(text: str, ticket: dict[str, str]) -> None:
    """Open, closed before, as expected, in code, in an archived article, or without a review: nothing was resolved since."""
    assert found(text, ticket) == []


@pytest.mark.parametrize(
    ("risk", "days", "severity"),
    [
        ("high", 2, "warning"), ("high", 3, "error"), ("medium", 13, "warning"), ("medium", 14, "error"), (None, 13, "warning"), (None, 14, "error"),
        ("low", 29, "warning"), ("low", 30, "error"),
    ],
)
def test_grace(risk: str | None, days: int, severity: str) -> None:
    """It is a warning until the closing is older than the grace of the article's risk, then an error."""
    text = f"{HEAD}{f'risk: {risk}{chr(10)}' if risk else ''}tickets: [SUP-431]\n---\n"
    day = f"2026-{'11' if days > 9 else '10'}-{22 + days - (31 if days > 9 else 0):02}"
    line, = found(text, CLOSED | {"closed_at": "2026-10-22"}, today=day)
    assert f" KB301 {severity}: " in line


@pytest.mark.parametrize(("config", "severity"), [
    ("[tool.kbtool.grace]\nmedium = 0", "error"), ("[tool.kbtool.grace]\nmedium = 3", "warning"), ('[tool.kbtool.checks.ticket-resolved]\nseverity = "warning"', "warning"),
    ('[tool.kbtool.checks.ticket-resolved]\nseverity = "error"', "warning"),
])
def test_severity_of_the_configuration(config: str, severity: str) -> None:
    """The grace can be none; a configured warning holds for ever, and a configured error does not shorten the grace."""
    line, = found(f"{HEAD}tickets: [SUP-431]\n---\n", CLOSED, config=config)
    assert f" KB301 {severity}: " in line


@pytest.mark.parametrize(
    ("names", "before", "after", "words"),
    [
        ("[SUP-1]", {"SUP-1": {"state": "open"}}, {"SUP-1": {"state": "closed", "closed_at": "2026-10-01"}},
         "error: SUP-1 was closed on 2026-10-01, which the review of 2026-10-01 did not know"),
        ("[SUP-1]", {"SUP-1": CLOSED | {"closed_at": "2026-09-01"}}, {"SUP-1": {"state": "closed", "closed_at": "2026-09-01"}},
         "error: SUP-1 is not what the review of 2026-10-01 signed"),
        ("[SUP-1, SUP-2]", {"SUP-1": {"state": "open"}, "SUP-2": CLOSED}, {"SUP-1": {"state": "open"}, "SUP-2": {"state": "open"}},
         "error: SUP-1 or another ticket is not what the review of 2026-10-01 signed"),
    ],
)
def test_in_words_of_a_seal(repo, page, seal, judge, names: str, before: dict, after: dict, words: str) -> None:
    """What only the seal knows is said as far as it is known."""
    repo.write({"content/a.md": page(tickets=names), "checks/tickets.yml": json.dumps(before)})
    seal(repo, "a")
    assert judge(repo, checks=(TicketResolved(),)).found.findings == ()
    repo.write({"checks/tickets.yml": json.dumps(after)})
    line, = in_words(judge(repo, checks=(TicketResolved(),)).found.findings)
    assert line.startswith("content/a.md:8:11 KB301 ")
    assert words in line


# ---------------------------------------------------------------------------------------------- what is not known


def test_what_is_not_known_is_unknown_and_never_fires(repo, page, judge, desk) -> None:
    """Without a word of its tracker, an article is not fresh: the verdict says why, each reason once, and that it is for now."""
    repo.commit({"pyproject.toml": f"[tool.kbtool]\n{desk.config()}", "content/a.md": page("See SUP-3.\n", tickets="[SUP-1, SUP-2]")}, on="2026-10-01")
    verdict, = judge(repo, checks=(TicketResolved(),)).found.articles
    reason = "there is no snapshot yet; run `kbtool tickets sync`"
    assert (verdict.verdict.value, verdict.reasons, verdict.unknown, verdict.lasting) == ("unknown", (reason,), (reason,), False)


@pytest.mark.parametrize(
    ("keys", "verdict"),
    [({}, "unknown"), ({"last_reviewed_on": "2020-01-01"}, "stale"), ({"confidence": "archived"}, "archived"), ({"last_reviewed_on": "2026-05-25"}, "unknown")],
)
def test_the_verdict(repo, page, judge, desk, keys: dict[str, str], verdict: str) -> None:
    """What is stale in any case is stale, an archived article claims nothing, and what is due might be worse."""
    repo.commit({"pyproject.toml": f"[tool.kbtool]\n{desk.config()}", "content/a.md": page(tickets="[SUP-1]", **keys)}, on="2026-05-25")
    assert judge(repo).verdict() == verdict


@pytest.mark.parametrize("args", [[], ["--strict"], ["--fail-on", "warning"]])
@pytest.mark.parametrize(("history", "code"), [(True, 0), (False, 3)])
def test_exit_codes(repo, page, kbtool, desk, args: list[str], history: bool, code: int) -> None:
    """A silent tracker passes, but not a strict run; evidence of git that is missing for good passes no run."""
    names = {"last_reviewed_on": "2026-11-20", "tickets": "[SUP-1]", "covers": "[src/**]"}
    repo.commit({"pyproject.toml": f"[tool.kbtool]\n{desk.config()}", "content/a.md": page(**names), "src/x.py": "1"}, on="2026-11-20")
    if not history:
        (repo.folder / ".git/HEAD").write_text("")
    done = kbtool("check", "--no-cache", "--format", "json", *args, cwd=repo.folder, today="2026-11-22", env=desk.env)
    assert done.code == (3 if "--strict" in args else code), done.err
    report = done.json()
    assert [one["verdict"] for one in report["articles"]] == ["unknown"]
    assert (report["findings"], report["complete"]) == ([], False)


def test_the_report_says_it_once(tmp_path, desk) -> None:
    """However many tickets a silent tracker has, one reason says it for all of them and for all articles."""
    files = {f"content/{name}.md": f"{HEAD}tickets: [SUP-1, SUP-2, SUP-3]\n---\nSUP-4\n" for name in "abc"}
    from kbtool.reports.text import render
    from kbtool.runner import run

    text = render(run(knowledge_base(tmp_path, files, config=desk.config()), [TicketResolved()]))
    assert text.startswith("unknown: there is no snapshot yet; run `kbtool tickets sync`\n  content/a.md, content/b.md, content/c.md\n\n0 errors")


def test_what_it_found_is_not_lost_with_what_is_not_known(tmp_path, desk) -> None:
    """One ticket is resolved and another one not known: both are said."""
    from kbtool.runner import run

    tickets = json.dumps({"SUP-431": CLOSED | {"closed_at": "2026-10-02"}})
    files = {"content/a.md": f"{HEAD}tickets: [SUP-431, SUP-1]\n---\n", "checks/tickets.yml": tickets}
    result = run(knowledge_base(tmp_path, files, config=desk.config()), [TicketResolved()])
    assert [one.severity for one in result.findings] == [Severity.ERROR]
    assert [(one.verdict.value, len(one.unknown)) for one in result.articles] == [("stale", 1)]
