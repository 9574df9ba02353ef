"""KB021 suppression-invalid."""

from __future__ import annotations

import pytest

from kbtool.builtin_checks.broken_link import BrokenLink
from kbtool.builtin_checks.suppression_invalid import SuppressionInvalid
from kbtool.finding import _WITHHOLD
from kbtool.registry import BUILTIN_CHECKS
from kbtool.testing import check_article, check_files, in_words

FORM = "write <!-- kbtool: ignore KB106 until 2027-01-31: why -->"
KEYS = "write check, until and reason"


@pytest.mark.parametrize(
    ("said", "fault", "hint"),
    [
        ("kbtool: ignore KB201 until 2027-01-31", "it gives no reason", FORM),
        ("kbtool: ignore KB201 until 2027-01-31:  ", "it gives no reason", FORM),
        ("kbtool: ignore KB201: until 2027-01-31", "it does not say until when", FORM),
        ("kbtool: ignore KB201 until: because", "it does not say until when", FORM),
        ("kbtool: ignore KB201", "it does not say until when", FORM),
        ("kbtool: ignore KB201 until 2027-01-31 because", "a colon is missing between its day and its reason", FORM),
        ("kbtool: ignore until 2027-01-31: because", "it names no check", FORM),
        ("kbtool: ignore", "it names no check", FORM),
        ("kbtool:", "it cannot be read", FORM),
        ("kbtool ignore KB201 until 2027-01-31: because", "it cannot be read", FORM),
        ("kbtool-ignore KB201", "it cannot be read", FORM),
        ("kbtool: ignroe KB201 until 2027-01-31: because", "kbtool knows no 'ignroe'", FORM),
        ("kbtool: ignore KB201 until 2027-02-30: because", "until: there is no day '2027-02-30' in the calendar", "write it as YYYY-MM-DD, such as 2026-03-31"),
        ("kbtool: ignore KB201 until tomorrow: because", "until: 'tomorrow' is not a date", "write it as YYYY-MM-DD, such as 2026-03-31"),
        ("kbtool: ignore KB201 until 2027-11-23: because", "2027-11-23 is too far off", "the latest day is 2027-11-22; then somebody has to look again"),
    ],
)
def test_what_cannot_be_meant(said: str, fault: str, hint: str) -> None:
    """Each fault is told at the comment, with what to write, and such a comment silences nothing."""
    found = in_words(check_files(SuppressionInvalid(), {"content/article.md": f"Text.\n\n <!-- {said} -->\n[a](nowhere.md)\n"}, others=[BrokenLink()]))
    assert found == [
        f"content/article.md:3:2 KB021 error: this silences nothing: {fault} ({hint})",
        "content/article.md:4:5 KB201 error: there is no page 'nowhere.md' (correct or remove the link)",
    ]


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        ("{check: KB201, until: 2027-01-31}", f"it gives no reason ({KEYS})"),
        ("{check: KB201, until: 2027-01-31, reason: ''}", f"it gives no reason ({KEYS})"),
        ("{check: KB201, reason: because}", f"it does not say until when ({KEYS})"),
        ("{until: 2027-01-31, reason: because}", f"it names no check ({KEYS})"),
        ("{check: [], until: 2027-01-31, reason: because}", f"it names no check ({KEYS})"),
        ("{check: KB201, until: soon, reason: because}", "until: 'soon' is not a date (write it as YYYY-MM-DD, such as 2026-03-31)"),
        ("{check: KB201, until: 2028-01-31, reason: because}", "2028-01-31 is too far off (the latest day is 2027-11-22; then somebody has to look again)"),
    ],
)
def test_the_same_in_the_front_matter(entry: str, fault: str) -> None:
    """An entry of `kbtool_ignore` is held to the same, at its own line."""
    found = check_article(SuppressionInvalid(), f"---\ntitle: x\nkbtool_ignore:\n  - {entry}\n---\n")
    assert in_words(found) == [f"content/article.md:4:5 KB021 error: this silences nothing: {fault}"]


def test_the_longest_time_of_the_configuration() -> None:
    """`max_ignore` says how far off the day may be."""
    text = "<!-- kbtool: ignore KB201 until 2026-12-23: because -->\n"
    assert check_article(SuppressionInvalid(), text, config='max_ignore = "31 days"') == []
    assert [found.hint for found in check_article(SuppressionInvalid(), text, config='max_ignore = "30 days"')] == ["the latest day is 2026-12-22; then somebody has to look again"]


def test_a_check_that_does_not_exist() -> None:
    """It is named with the nearest one; the beginning of codes is no check, and all others of the comment count."""
    found = check_files(SuppressionInvalid(), {"content/article.md": "<!-- kbtool: ignore KB2O1, KB2 brokn-anchor KB201 until 2027-01-31: because -->\n[a](nowhere.md)\n"}, others=[BrokenLink()])
    assert in_words(found) == [
        "content/article.md:1:1 KB021 error: there is no check 'KB2' to silence (did you mean \"KB402\"?)",
        "content/article.md:1:1 KB021 error: there is no check 'KB2O1' to silence (did you mean \"KB201\"?)",
        "content/article.md:1:1 KB021 error: there is no check 'brokn-anchor' to silence (did you mean \"broken-anchor\"?)",
    ]


@pytest.mark.parametrize("word", ["KB001", "url-taken", "KB401", "kb402", "KB403", "audience-widened", "KB405", "KB304"])
def test_what_decides_who_may_read_cannot_be_silenced(word: str) -> None:
    """A comment that tries to says so."""
    (found,) = check_article(SuppressionInvalid(), f"<!-- kbtool: ignore {word} until 2027-01-31: because -->\n")
    assert "cannot be silenced: it decides who may read what" in found.message


@pytest.mark.parametrize("code", ["KB021", "KB022", "KB023"])
def test_suppressions_cannot_silence_what_is_said_of_them(code: str) -> None:
    """Else one comment could hide another."""
    (found,) = check_article(SuppressionInvalid(), f"<!-- kbtool: ignore {code} until 2027-01-31: because -->\n")
    assert found.message == f"{code} cannot be silenced: it is about suppressions themselves"


def test_all_that_withholds_a_site_is_among_it() -> None:
    """No finding that keeps a site from being published belongs to a check that could be silenced."""
    assert {check.code for check in BUILTIN_CHECKS if check.code.startswith(_WITHHOLD) and not check.not_suppressible} == set()
    assert {check.code for check in BUILTIN_CHECKS if check.not_suppressible} == {
        "KB001", "KB008", "KB021", "KB022", "KB023", "KB304", "KB401", "KB402", "KB403", "KB404", "KB405",
    }
