"""The kinds of trackers, and those that a configuration makes of them."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from kbtool.config import Config, load_config
from kbtool.errors import ConfigError
from kbtool.installed import load
from kbtool.tickets import Tracker
from kbtool.tracker_registry import BUILTIN_TRACKERS, find_trackers, make_trackers
from kbtool.trackers.file import FileTracker

ACME = """
from dataclasses import dataclass
from typing import ClassVar

@dataclass(frozen=True)
class Acme:
    kind: ClassVar[str] = "acme"
    url: str
    retries: int = 3
    path: str = ""

    def key_of(self, reference): ...
    def mentions(self, text): ...
    def fetch(self, keys): ...
    def changed(self, since, keys): ...
"""


@pytest.fixture
def configured(tmp_path: Path) -> Callable[..., Config]:
    """Return a function that writes a configuration and files, and reads the configuration."""

    def configure(text: str = "", **files: str) -> Config:
        (tmp_path / "pyproject.toml").write_text(f"[tool.kbtool]\n{text}\n")
        (tmp_path / "checks").mkdir(exist_ok=True)
        for name, content in files.items():
            (tmp_path / f"checks/{name}.yml").write_text(content)
        return load_config(tmp_path)

    return configure


def table(options: str, name: str = "support") -> str:
    """Return the table of a tracker."""
    return f"[tool.kbtool.trackers.{name}]\n{options}"


@pytest.mark.parametrize("kind", BUILTIN_TRACKERS)
def test_the_built_in_kinds_are_trackers(kind: str) -> None:
    """Each is called by its own word, in a module of that name, and has what the protocol asks for."""
    found = load(find_trackers()[kind])
    assert found.kind == kind
    assert found.__module__ == f"kbtool.trackers.{kind}"
    assert [name for name in {*dir(Tracker), "kind"} if not name.startswith("_") and not hasattr(found, name)] == []


def test_a_kind_is_imported_when_it_is_needed(install: Callable[..., None], configured: Callable[..., Config]) -> None:
    """To list the kinds imports none of them, and a tracker imports its own kind alone."""
    install("kbtool.trackers", "acme = acme_tracker:Acme", "acme_tracker", ACME)
    assert {"file", "acme"} <= find_trackers().keys()
    make_trackers(configured(tickets="SUP-1: {state: open}"))
    assert "acme_tracker" not in sys.modules
    made = make_trackers(configured(table('kind = "acme"\nurl = "x"')))["support"]
    assert type(made) is sys.modules["acme_tracker"].Acme


def test_the_embedded_tracker_is_there_with_its_file(configured: Callable[..., Config]) -> None:
    """`checks/tickets.yml` alone makes the tracker `tickets`; without it there is none."""
    config = configured()
    assert make_trackers(config) == {}
    (config.root / "checks/tickets.yml").write_text("SUP-1: {state: open}\n")
    assert make_trackers(config) == {"tickets": FileTracker(config.root / "checks/tickets.yml", "checks/tickets.yml")}


def test_an_installed_tracker_has_its_options(install: Callable[..., None], configured: Callable[..., Config]) -> None:
    """Its fields are its options, with their types and defaults; a file is taken from the root of the knowledge base."""
    install("kbtool.trackers", "acme = acme_tracker:Acme", "acme_tracker", ACME)
    config = configured(table('kind = "acme"\npublic = true\nmax_age = "2 days"\nurl = "https://acme.example"\npath = "checks/x"'))
    made = make_trackers(config)["support"]
    assert (made.url, made.retries, made.path) == ("https://acme.example", 3, str(config.root / "checks/x"))


def test_several_trackers_of_one_kind(configured: Callable[..., Config]) -> None:
    """Each table is one tracker; the embedded one comes first."""
    options = 'kind = "file"\npath = "checks/{}.yml"'
    text = "\n".join(table(options.format(name), name) for name in ("one", "two"))
    made = make_trackers(configured(text, tickets="A-1: {state: open}", one="B-1: {state: open}", two="C-1: {state: open}"))
    assert list(made) == ["tickets", "one", "two"]
    assert [tracker.key_of(key) for tracker, key in zip(made.values(), ("A-1", "B-1", "C-1"), strict=True)] == ["A-1", "B-1", "C-1"]


@pytest.mark.parametrize(
    ("options", "words", "kind"),
    [
        ('kind = "jra"', "trackers.support: no kind 'jra'", "config"),
        ('kind = "fill"', "trackers.support: no kind 'fill'; did you mean \"file\"?", "config"),
        ('kind = "file"', "trackers.support.path: is missing", "config"),
        ('kind = "file"\npath = 3', "trackers.support.path: must be a path", "config"),
        ('kind = "file"\npth = "x"', "unknown option 'pth'; did you mean \"path\"?", "config"),
        ('kind = "file"\npath = "x"\nmaxage = "1 day"', "unknown option 'maxage'; did you mean \"max_age\"?", "config"),
        ('kind = "file"\npath = "x"\ntoken = "abc"', "trackers.support: 'token' would keep a secret in a file", "secret-in-config"),
        ('kind = "file"\npath = "x"\napi_key = "abc"', "trackers.support: 'api_key' would keep a secret in a file", "secret-in-config"),
        ('kind = "file"\npath = "x"\nDB_Password = "abc"', "trackers.support: 'DB_Password' would keep a secret in a file", "secret-in-config"),
        ('kind = "file"\npath = "checks/gone.yml"', "cannot be read", "config"),
    ],
)
def test_a_wrong_tracker_is_refused(configured: Callable[..., Config], options: str, words: str, kind: str) -> None:
    """A tracker that does not exist, or an option that it does not have, is an error; a secret is not repeated."""
    with pytest.raises(ConfigError, match=re.escape(words)) as caught:
        make_trackers(configured(table(options)))
    assert caught.value.kind == kind
    assert "abc" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("tickets", "trackers.tickets: checks/tickets.yml has this name (choose another)"),
        ('"su pport"', "trackers.su pport: a tracker needs a name of letters, digits and hyphens"),
        ('"9lives"', "trackers.9lives: a tracker needs a name"),
        ('""', "trackers.: a tracker needs a name"),
    ],
)
def test_a_wrong_name_is_refused(configured: Callable[..., Config], name: str, words: str) -> None:
    """A name is a word that can stand in files and messages, and that of the embedded tracker is taken: it is public."""
    with pytest.raises(ConfigError, match=re.escape(words)):
        make_trackers(configured(table('kind = "file"\npath = "checks/x.yml"', name), x="SUP-1: {state: open}"))


@pytest.mark.parametrize(
    ("text", "where"),
    [("SUP-1: {state: done}\n", "checks/tickets.yml:1"), ("SUP-1: {state: open}\nSUP-2: 3\n", "checks/tickets.yml:2"), ("[\n", "checks/tickets.yml:1")],
)
def test_a_file_of_tickets_that_cannot_be_read_is_refused_at_once(configured: Callable[..., Config], text: str, where: str) -> None:
    """Like any file of the configuration: before a check runs, and whether or not an article names the ticket."""
    with pytest.raises(ConfigError) as caught:
        make_trackers(configured(tickets=text))
    assert caught.value.where == where


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("Acme = 3\n", "the kind 'acme' is no tracker: it has no kind"),
        (ACME.replace('    kind: ClassVar[str] = "acme"\n', ""), "the kind 'acme' is no tracker: it has no kind"),
        (ACME.replace("    def fetch(self, keys): ...\n", ""), "the kind 'acme' is no tracker: it has no fetch"),
        (ACME.replace('"acme"', '"file"'), "the kind 'acme' is no tracker: it is of the kind 'file'"),
        (ACME.replace("@dataclass(frozen=True)", ""), "the kind 'acme' is no tracker: it is no dataclass"),
        ("1 / 0\n", "the entry point acme (acme_tracker:Acme) cannot be loaded: division by zero"),
    ],
)
def test_a_package_that_brings_no_tracker_is_named(
    install: Callable[..., None], configured: Callable[..., Config], source: str, words: str
) -> None:
    """What is installed and cannot be used is the package's fault; nothing breaks later on."""
    install("kbtool.trackers", "acme = acme_tracker:Acme", "acme_tracker", source)
    with pytest.raises(ConfigError, match=re.escape(words)) as caught:
        make_trackers(configured(table('kind = "acme"\nurl = "x"')))
    assert caught.value.kind == "bad-plugin"


def test_a_kind_that_is_built_in_cannot_be_taken(install: Callable[..., None]) -> None:
    """A package cannot put itself in the place of a tracker of ours."""
    install("kbtool.trackers", "file = acme_tracker:Acme", "acme_tracker", ACME)
    with pytest.raises(ConfigError, match=r"file is there twice in kbtool\.trackers"):
        find_trackers()


def test_a_file_is_named_as_it_was_written(configured) -> None:
    """Messages about a further file of tickets name that file, and how they call it is no option."""
    with pytest.raises(ConfigError) as caught:
        make_trackers(configured('[tool.kbtool.trackers.desk]\nkind = "file"\npath = "sub/t.yml"'))
    assert (caught.value.where, caught.value.message) == ("sub/t.yml", "cannot be read: No such file or directory")
    with pytest.raises(ConfigError, match="unknown option 'name'"):
        make_trackers(configured('[tool.kbtool.trackers.desk]\nkind = "file"\npath = "sub/t.yml"\nname = "x"'))
