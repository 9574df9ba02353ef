"""The registry: what is found where, what is refused, and which checks run with which options."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from kbtool.check import Check
from kbtool.config import Config, load_config
from kbtool.errors import ConfigError, UsageError
from kbtool.finding import Run
from kbtool.registry import (
    BUILTIN_CHECKS,
    find_check,
    find_checks,
    make_checks,
)
from kbtool.report_registry import find_report, find_reports

SITE_CHECK = """
from dataclasses import dataclass
from typing import ClassVar

from kbtool.check import Check


@dataclass(frozen=True)
class {name}(Check):
    \"\"\"A check of this site.\"\"\"

    code: ClassVar[str] = "{code}"
    limit: int = 3
"""


@pytest.fixture
def configured(tmp_path: Path) -> Callable[..., Config]:
    """Return a function that writes a configuration and the site's own checks, and reads the configuration."""

    def configure(text: str = "", **checks: str) -> Config:
        (tmp_path / "pyproject.toml").write_text(f"[tool.kbtool]\n{text}\n")
        (tmp_path / "checks").mkdir(exist_ok=True)
        for name, source in checks.items():
            (tmp_path / f"checks/{name}.py").write_text(source)
        return load_config(tmp_path)

    return configure


def test_the_built_in_checks_are_in_order_and_well_named() -> None:
    """Codes are of our prefix, grow from check to check, and each file bears the name of its check."""
    codes = [check.code for check in BUILTIN_CHECKS]
    assert codes == sorted(set(codes))
    for check in BUILTIN_CHECKS:
        assert re.fullmatch(r"KB\d{3}", check.code)
        assert check.__module__.rpartition(".")[2] == check.name().replace("-", "_")
        assert check.documentation()


def test_a_check_of_the_site_is_found_with_its_options(configured: Callable[..., Config]) -> None:
    """A class in `checks/*.py` is a check like any other: configured, selected, explained."""
    config = configured("[tool.kbtool.checks.short-title]\nlimit = 7", mine=SITE_CHECK.format(name="ShortTitle", code="ACME001"))
    assert find_check("acme001", config).code == find_check("Short-Title", config).code == "ACME001"
    (check,) = make_checks(config, select=["ACME"])
    assert (check.code, check.name(), check.limit) == ("ACME001", "short-title", 7)  # type: ignore[attr-defined]
    assert [found.code for found in find_checks(config)] == ["ACME001", *(found.code for found in BUILTIN_CHECKS)]


def test_no_byte_code_is_left_beside_the_checks_of_a_site(configured: Callable[..., Config]) -> None:
    """Loading the site's own checks writes nothing, and a changed file counts at once."""
    config = configured(mine=SITE_CHECK.format(name="One", code="ACME001"))
    find_checks(config)
    assert sorted(path.name for path in (config.root / "checks").iterdir()) == ["mine.py"]
    configured(mine=SITE_CHECK.format(name="Two", code="ACME001"))
    assert find_check("ACME001", config).name() == "two"


def test_a_helper_class_or_an_imported_check_is_not_registered(configured: Callable[..., Config]) -> None:
    """Only checks that the file itself defines are the site's."""
    source = "from kbtool.builtin_checks.expired import Expired\nfrom kbtool.check import Check\n\nclass Helper: ...\n"
    assert find_checks(configured(mine=source)) == BUILTIN_CHECKS


@pytest.mark.parametrize(
    ("source", "where", "words"),
    [
        (SITE_CHECK.format(name="Mine", code="KB901"), "checks/mine.py", "codes with KB belong to kbtool"),
        (SITE_CHECK.format(name="Mine", code="acme1"), "checks/mine.py", "Mine has no code of capital letters and digits"),
        (SITE_CHECK.format(name="Mine", code=""), "checks/mine.py", "Mine has no code"),
        ("from kbtool.check import Check\nclass Mine(Check): ...\n", "checks/mine.py", "Mine has no code"),
        (SITE_CHECK.format(name="Expired", code="ACME1"), "", "expired is there twice: kbtool.builtin_checks.expired.Expired and "),
        (SITE_CHECK.format(name="A", code="ACME1") + SITE_CHECK.format(name="B", code="ACME1"), "", "ACME1 is there twice"),
        ("x = 1\n1 / 0\n", "checks/mine.py:2", "ZeroDivisionError: division by zero"),
        ("import sys\n\nsys.exit(0)\n", "checks/mine.py:3", "SystemExit: 0"),
        ("def broken(:\n", "checks/mine.py:1", "SyntaxError"),
        ("x = '\0'\n", "checks/mine.py", "null bytes"),
    ],
)
def test_a_check_that_cannot_be_taken_is_refused(configured: Callable[..., Config], source: str, where: str, words: str) -> None:
    """Our prefix, a double, no code, or a file that does not run: the configuration is wrong, and the file is named."""
    with pytest.raises(ConfigError) as caught:
        find_checks(configured(mine=source))
    assert caught.value.where.startswith(where)
    assert words in caught.value.message
    assert caught.value.kind == "bad-check"


def test_an_installed_check_is_found(configured: Callable[..., Config], install: Callable[..., None]) -> None:
    """A package adds checks by the entry point group `kbtool.checks`."""
    install("kbtool.checks", "short = acme_checks:ShortTitle", "acme_checks", SITE_CHECK.format(name="ShortTitle", code="ACME001"))
    assert find_check("short-title", configured()).code == "ACME001"
    assert find_check("short-title").code == "ACME001"


@pytest.mark.parametrize(
    ("entry", "source", "words"),
    [
        ("x = acme_checks:ShortTitle", SITE_CHECK.format(name="ShortTitle", code="KB901"), "codes with KB belong to kbtool"),
        ("x = acme_checks:ShortTitle", "ShortTitle = 3\n", "the entry point x (acme_checks:ShortTitle) is not a Check"),
        ("x = acme_checks:ShortTitle", "raise OSError('no')\n", "the entry point x (acme_checks:ShortTitle) cannot be loaded: no"),
        ("x = acme_checks:Nothing", "", "cannot be loaded: module 'acme_checks' has no attribute 'Nothing'"),
        ("x = acme_checks:Aa\ny = acme_checks:Aa", SITE_CHECK.format(name="Aa", code="ACME001"), "ACME001 is there twice"),
    ],
)
def test_an_installed_check_that_cannot_be_taken_is_refused(
    install: Callable[..., None], entry: str, source: str, words: str
) -> None:
    """A package that brings a wrong or a broken check is named."""
    install("kbtool.checks", entry, "acme_checks", source)
    with pytest.raises(ConfigError, match=re.escape(words)):
        find_checks()


def test_an_installed_report_is_found(install: Callable[..., None]) -> None:
    """A package adds a report format by the entry point group `kbtool.reports`."""
    install("kbtool.reports", "acme = acme_report", "acme_report", "def render(run, *, color=False):\n    return 'hello'\n")
    assert find_report("acme").render(Run((), ())) == "hello"
    assert {"text", "json"} < set(find_reports())


def test_a_name_that_is_built_in_cannot_be_taken(install: Callable[..., None]) -> None:
    """A package cannot put itself in the place of a report of ours."""
    install("kbtool.reports", "json = acme_thing", "acme_thing", "")
    with pytest.raises(ConfigError, match="is there twice"):
        find_reports()


def codes(config: Config, **words: tuple[str, ...]) -> list[str]:
    """Return the codes of the checks that would run."""
    return [check.code for check in make_checks(config, **words)]


@pytest.mark.parametrize(
    ("config", "words", "expected"),
    [
        ("", {"select": ("KB102",)}, ["KB102"]),
        ("", {"select": ("kb102",)}, ["KB102"]),
        ("", {"select": ("review-overdue",)}, ["KB102"]),
        ("", {"select": ("Review-Overdue",)}, ["KB102"]),
        ("", {"select": ("kb00",), "ignore": ("KB004", "title-missing")}, ["KB001", "KB003", "KB005", "KB006", "KB007", "KB008"]),
        ("", {"select": ("KB00",), "ignore": ("KB0",)}, []),
        ('select = ["KB007", "KB008"]', {}, ["KB007", "KB008"]),
        ('select = ["KB00"]', {"select": ("KB102",)}, ["KB102"]),
        ('select = ["KB001", "KB002", "KB003"]\nignore = ["KB002"]', {"ignore": ("KB003",)}, ["KB001"]),
        ('select = ["KB007", "KB008"]\n[tool.kbtool.checks.url-taken]\nseverity = "off"', {}, ["KB007"]),
    ],
)
def test_select_and_ignore(
    configured: Callable[..., Config], config: str, words: dict[str, tuple[str, ...]], expected: list[str]
) -> None:
    """Codes, their beginnings and names choose checks; what is ignored, or off, does not run in any case."""
    assert codes(configured(config), **words) == expected


def test_without_a_choice_every_check_runs(configured: Callable[..., Config]) -> None:
    """Nothing selected means all."""
    assert codes(configured()) == [check.code for check in BUILTIN_CHECKS]


@pytest.mark.parametrize("word", ["KB9", "KB102X", "revie-overdue", "review", ""])
def test_a_word_that_chooses_nothing_is_refused(configured: Callable[..., Config], word: str) -> None:
    """A word that is no check, and no beginning of a code, is an error and never an empty choice."""
    config = configured()
    for kind in ("select", "ignore"):
        with pytest.raises(UsageError, match=re.escape(f"no check is called {word!r}")):
            codes(config, **{kind: (word,)})


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ("[tool.kbtool.checks.review-overdu]\nx = 1", 'checks.review-overdu: no such check; did you mean "review-overdue"?'),
        ("[tool.kbtool.checks.review-overdue]\ngrace_day = 1", "unknown option 'grace_day'; did you mean \"grace_days\"?"),
        ("[tool.kbtool.checks.review-overdue]\nseverty = 'off'", "unknown option 'severty'; did you mean \"severity\"?"),
        ("[tool.kbtool.checks.review-overdue]\nseverity = 'none'", "severity must be error, warning or off, not 'none'"),
        ("[tool.kbtool.checks.review-overdue]\ngrace_days = 'many'", "grace_days: must be a whole number"),
    ],
)
def test_a_wrong_option_is_refused(configured: Callable[..., Config], config: str, words: str) -> None:
    """Options are the fields of the check, with their types."""
    with pytest.raises(ConfigError, match=re.escape(words)) as caught:
        make_checks(configured(config))
    assert caught.value.where == "pyproject.toml"


def test_find_check_takes_code_or_name() -> None:
    """`explain` takes either, in any case, and names the nearest."""
    assert find_check("kb102") is find_check("REVIEW-OVERDUE")
    assert issubclass(find_check("KB102"), Check)
    with pytest.raises(UsageError, match='no check is called \'KB10\'; did you mean "KB1'):
        find_check("KB10")
