"""Tests of kbtool.config."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from kbtool.config import DEFAULT_INTERVALS, Config, did_you_mean, find_root, load_config
from kbtool.dates import Interval, parse_interval
from kbtool.errors import ConfigError


def _load(root: Path, text: str) -> Config:
    (root / "pyproject.toml").write_text(text, "utf-8")
    return load_config(root)


def test_an_empty_table_has_the_defaults(tmp_path: Path) -> None:
    """`[tool.kbtool]` alone is a configuration: content, checks, two editions, six months."""
    config = _load(tmp_path, "[tool.kbtool]\n")
    assert (config.root, config.content, config.checks_folder, config.site, config.mkdocs) == (
        tmp_path, "content", "checks", "site", "mkdocs.yml")
    assert (config.suffixes, config.preset, config.fail_on) == ((".md",), None, "error")
    assert (config.due_soon, config.review_in) == (Interval(0, 14), Interval(6))
    assert {name: edition.audiences for name, edition in config.editions.items()} == {
        "public": ("public",), "internal": ("public", "internal")}
    assert config.audiences == {"public", "internal"}


def test_everything_that_the_design_shows_is_read(tmp_path: Path) -> None:
    """The configuration of DESIGN.md is read, with hyphens or underscores in our own names."""
    config = _load(tmp_path, """
[tool.kbtool]
content = "docs/"
preset = "govuk"
suffixes = [".md", ".html.md.erb"]
due-soon = "30 days"
aliases = {"rev.date" = "last_reviewed_on"}
known_keys = ["x-*"]
[tool.kbtool.intervals]
how-to = "2 months"
[tool.kbtool.checks.review-overdue]
severity = "warning"
grace_days = 14
[tool.kbtool.defaults."source/**"]
audience = "partner"
review_in = "1 year"
[tool.kbtool.editions.partner]
audiences = ["public", "partner"]
[tool.kbtool.editions.internal.mkdocs]
site_name = "Support wiki"
[tool.kbtool.trackers.support]
kind = "rt"
prefix = "SUP"
""")
    assert (config.content, config.due_soon) == ("docs", Interval(0, 30))
    assert config.key_aliases == {"owner_slack": "owners", "old_paths": "redirect_from", "rev.date": "last_reviewed_on"}
    assert config.checks == {"review-overdue": {"severity": "warning", "grace_days": 14}}
    assert config.defaults["source/**"].review_in == Interval(12)
    assert config.audiences == {"public", "internal", "partner"}
    assert config.editions["internal"].audiences == ("public", "internal")
    assert config.editions["internal"].mkdocs == {"site_name": "Support wiki"}
    assert config.trackers["support"].model_extra == {"prefix": "SUP"}
    assert (config.trackers["support"].max_age, config.trackers["support"].public) == (dt.timedelta(days=7), False)
    assert config.snapshot == ".kbtool/tickets.jsonl"
    assert config.shown_in("public") == {"public", "internal", "partner"}


WRONG = {
    "unknown": ("[tool.kbtool]\ncontent = 'c'\ndue_son = '1 day'", 3, "unknown key 'due_son'; did you mean \"due_soon\"?"),
    "words for the audit without a reason": ("[tool.kbtool]\naudit_allow = ['our words']", 2, "audit_allow: must give each text its reason"),
    "words for the audit with an empty one": ("[tool.kbtool]\n[tool.kbtool.audit_allow]\n'our words' = ' '", 2, "audit_allow: must give each text its reason"),
    "unknown, with a hyphen": ("[tool.kbtool]\n\ndue-son = '1 day'", 3, "unknown key 'due_son'; did you mean \"due_soon\"?"),
    "unknown, nothing near": ("[tool.kbtool]\nzzz = 1", 2, "unknown key 'zzz'"),
    "root": ("[tool.kbtool]\ncontent = 'c'\nroot = '/'", 3, "unknown key 'root'"),
    "unknown table": ("[tool.kbtool]\n[tool.kbtool.edition.public]\naudiences = ['public']", 2, "unknown key 'edition'; did you mean \"editions\"?"),
    "in an edition": ("[tool.kbtool.editions.public]\nmkdocs = {}\naudience = ['public']", 3, "unknown key 'audience'; did you mean \"audiences\"?"),
    "in an edition, with a hyphen": ("[tool.kbtool.editions.public]\nnot-validated = true", 2, "unknown key 'not-validated'; did you mean \"not_validated\"?"),
    "in a folder": ('[tool.kbtool.defaults."a/**"]\naudience = "public"\n[tool.kbtool.defaults."b-c/**"]\naudiense = "public"', 4,
                    "unknown key 'audiense'; did you mean \"audience\"?"),
    "the same key elsewhere": ("[tool.kbtool]\nreview_in = 5\n[tool.kbtool.defaults.'x/**']\nreview_in = '1 year'", 2, "review_in: write it as"),
    "another tool's": ("[tool.other]\ncontent = 5\n[tool.kbtool]\ncontent = 5\n[tool.more]\ncontent = 5", 4,
                       "content: must be a path inside the repository"),
    "dotted": ("[tool]\nkbtool.content = '/etc'", 2, "content: must be a path inside the repository"),
    "inline": ("[tool.kbtool]\n\neditions = {public = {audiences = []}}", 3, "editions.public.audiences: must not be empty"),
    "absolute": ("[tool.kbtool]\nsite = '/var/www'", 2, "site: must be a path inside the repository, relative to it"),
    "outside": ("[tool.kbtool]\ncontent = 'a/../..'", 2, "content: must be a path inside the repository, relative to it"),
    "the repository itself": ("[tool.kbtool]\ncontent = '.'", 2, "content: must be a path inside the repository, relative to it"),
    "number for text": ("[tool.kbtool]\npreset = 5", 2, "preset: must be text"),
    "text for a list": ("[tool.kbtool]\nsuffixes = '.md'", 2, "suffixes: must be a list"),
    "preset": ("[tool.kbtool]\npreset = 'hugoo'", 2, "preset: unknown preset 'hugoo'; did you mean \"hugo\"?"),
    "choice": ("[tool.kbtool]\nfail_on = 'never!'", 2, "fail_on: must be 'error', 'warning' or 'never'"),
    "not positive": ("[tool.kbtool]\nmax_article_bytes = 0", 2, "max_article_bytes: must be more than 0"),
    "interval": ("[tool.kbtool]\nreview_in = 'soon'", 2, "review_in: 'soon' is not an interval"),
    "interval of what": ("[tool.kbtool.intervals]\nrunbok = '1 day'", 2, "unknown key 'runbok'; did you mean \"runbook\"?"),
    "audience of a folder": ('[tool.kbtool]\n[tool.kbtool.defaults."b/**"]\naudience = "publik"', 3,
                             "defaults.b/**.audience: unknown audience 'publik'; did you mean \"public\"?"),
    "ceiling of a folder": ('[tool.kbtool]\n[tool.kbtool.defaults."b/**"]\nowners = []\nceiling = ""', 4, "defaults.b/**.ceiling: unknown audience ''"),
    "type of a folder": ('[tool.kbtool.defaults."b/**"]\ncontent_type = "howto"', 2, "defaults.b/**.content_type: must be 'how-to'"),
    "confidence of a folder": ('[tool.kbtool.defaults."b/**"]\nconfidence = "draft"', 2, "defaults.b/**.confidence: must be"),
    "name of an edition": ("[tool.kbtool.editions.'../up']\naudiences = ['public']", 1, "editions: an edition needs a name of small letters"),
    "edition of nobody": ("[tool.kbtool.editions.partner]\nmkdocs = {}", 1, "editions.partner.audiences: is missing"),
    "tracker without kind": ("[tool.kbtool.trackers.s]\nurl = 'x'", 1, "trackers.s.kind: is missing"),
    "age in months": ("[tool.kbtool.trackers.s]\nkind = 'x'\nmax_age = '1 month'", 3, "trackers.s.max_age: '1 month': months differ; write days"),
    "age of nothing": ("[tool.kbtool.trackers.s]\nkind = 'x'\nmax_age = 7", 3, 'trackers.s.max_age: write it as "24 hours" or "7 days"'),
    "public in words": ("[tool.kbtool.trackers.s]\nkind = 'x'\npublic = 'maybe'", 3, "trackers.s.public: must be true or false"),
    "snapshot elsewhere": ("[tool.kbtool]\nsnapshot = '../tickets.jsonl'", 2, "snapshot: must be a path inside the repository, relative to it"),
}


@pytest.mark.parametrize(("text", "line", "message"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, text: str, line: int, message: str) -> None:
    """An unknown key, a wrong type and an impossible value stop the run, with the line and the nearest known name."""
    with pytest.raises(ConfigError) as error:
        _load(tmp_path, text + "\n")
    assert (error.value.where, error.value.exit_code) == (f"pyproject.toml:{line}", 2)
    assert error.value.message.startswith(message)
    assert error.value.hint


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[tool.kbtool\n", "not valid TOML"), ("[tool.kbtool]\na = \n", "not valid TOML"), ("[tool.kbtool]\na = 1\na = 2\n", "not valid TOML"),
        ("[tool]\nkbtool = 5\n", "[tool.kbtool] must be a table"), ("tool = 5\n", "[tool] must be a table"),
        ("tool = 'kbtool'\n", "[tool] must be a table"), ("[[tool.kbtool]]\n", "[tool.kbtool] must be a table"),
    ],
)
def test_a_file_that_is_no_configuration(tmp_path: Path, text: str, message: str) -> None:
    """Bad TOML and a `[tool.kbtool]` that is no table are errors of the file."""
    with pytest.raises(ConfigError) as error:
        _load(tmp_path, text)
    assert error.value.message.startswith(message)
    assert error.value.where.startswith("pyproject.toml")
    with pytest.raises(ConfigError):
        load_config(find_root(tmp_path))


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    """A missing file and one that is not UTF-8 are errors that name it."""
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(tmp_path)
    (tmp_path / "pyproject.toml").write_bytes(b"[tool.kbtool]\n# caf\xe9\n")
    with pytest.raises(ConfigError, match="cannot be read") as error:
        load_config(tmp_path)
    assert error.value.where.endswith("pyproject.toml")


def test_the_root_is_the_nearest_folder_with_the_table(tmp_path: Path) -> None:
    """A pyproject.toml without the table, such as that of a package inside, is passed by."""
    (tmp_path / "pyproject.toml").write_text("[tool.kbtool]\n")
    inner = tmp_path / "a/b"
    inner.mkdir(parents=True)
    (tmp_path / "a/pyproject.toml").write_text("[project]\nname = 'a'\n")
    assert find_root(inner) == tmp_path
    (inner / "pyproject.toml").write_text("[tool.kbtool]\n")
    assert find_root(inner) == inner


def test_no_root_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    """Outside of a knowledge base the error names `kbtool init`."""
    with pytest.raises(ConfigError) as error:
        find_root(tmp_path)
    assert (error.value.kind, error.value.exit_code) == ("no-config", 2)
    assert "kbtool init" in error.value.hint


@pytest.mark.parametrize(
    ("content_type", "risk", "expected"),
    [
        (None, None, Interval(6)), ("concept", None, Interval(12)), ("runbook", None, Interval(3)), ("concept", "high", Interval(3)),
        ("concept", "low", Interval(12)), (None, "medium", Interval(6)), ("how-to", None, Interval(0, 20)), ("how-to", "high", Interval(0, 20)),
    ],
)
def test_the_shortest_interval_that_type_and_risk_ask_for(content_type: str | None, risk: str | None, expected: Interval) -> None:
    """An article's type and risk choose the interval, the shorter one wins, and the configuration goes before the defaults."""
    config = Config(root=Path(), intervals={"how-to": "20 days"})
    assert config.interval_for(content_type, risk) == expected


def test_the_default_intervals_are_intervals() -> None:
    """Each default can be read."""
    assert all(parse_interval(text) for text in DEFAULT_INTERVALS.values())


def test_the_configuration_is_frozen() -> None:
    """Nothing can change the configuration during a run."""
    config = Config(root=Path())
    with pytest.raises(ValidationError, match="frozen"):
        config.content = "other"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("word", "known", "expected"),
    [
        ("onwer", ["owners", "title"], '; did you mean "owners"?'), ("zzz", ["owners"], ""), ("", ["owners"], ""), ("a", [], ""),
        ("PUBLIC", ["public"], '; did you mean "public"?'),
    ],
)
def test_did_you_mean(word: str, known: list[str], expected: str) -> None:
    """The nearest known word is offered, or nothing when none is near."""
    assert did_you_mean(word, known) == expected


toml_values = st.recursive(
    st.integers() | st.booleans() | st.text(max_size=8) | st.floats(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=8), inner, max_size=2), max_leaves=4)


@given(st.sampled_from(sorted(set(Config.model_fields) - {"root"})), toml_values)
def test_any_value_is_read_or_refused(key: str, value: Any) -> None:
    """No value of any key raises anything but a validation error, which becomes exit code 2."""
    try:
        Config.model_validate({"root": Path(), key: value})
    except ValidationError:
        return
