"""Tests of kbtool.registers."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from kbtool.config import Config
from kbtool.errors import ConfigError
from kbtool.registers import Owner, ProductArea, load_owners, load_product_areas


def _write(root: Path, name: str, text: str | bytes) -> Config:
    (root / "checks").mkdir(exist_ok=True)
    (root / "checks" / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return Config(root=root)


def test_owners_by_id(tmp_path: Path) -> None:
    """People and teams are read with all they may say; ids that YAML would read as something else stay text."""
    config = _write(tmp_path, "owners.yml", """\
ana:
  name: Ana
  email: ana@example.com
  contact: "#support"
  until: 2026-12-31
team-billing:
no: {name: Norway}
010: {}
""")
    assert load_owners(config) == {
        "ana": Owner(name="Ana", email="ana@example.com", contact="#support", until=dt.date(2026, 12, 31)),
        "team-billing": Owner(), "no": Owner(name="Norway"), "010": Owner(),
    }


def test_product_areas_by_id(tmp_path: Path) -> None:
    """Product areas are read; one owner or glob needs no brackets."""
    config = _write(tmp_path, "product_areas.yml", 'billing: {name: Billing, owners: ana, code: [src/billing/**, "api:src/**"]}\nshop:\n')
    assert load_product_areas(config) == {
        "billing": ProductArea(name="Billing", owners=("ana",), code=("src/billing/**", "api:src/**")), "shop": ProductArea()}


def test_no_register_is_not_an_empty_one(tmp_path: Path) -> None:
    """Without the file there is None, with `{}` there is nobody."""
    assert load_owners(Config(root=tmp_path)) is None
    assert load_product_areas(Config(root=tmp_path)) is None
    assert load_owners(_write(tmp_path, "owners.yml", "{}\n")) == {}


def test_the_folder_of_the_configuration(tmp_path: Path) -> None:
    """The registers are where `checks_folder` says."""
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules/owners.yml").write_text("ana:\n")
    assert load_owners(Config(root=tmp_path, checks_folder="rules")) == {"ana": Owner()}


def test_a_byte_order_mark_is_no_part_of_the_first_id(tmp_path: Path) -> None:
    """A register saved by an editor that writes U+FEFF is read like any other."""
    assert load_owners(_write(tmp_path, "owners.yml", b"\xef\xbb\xbfana:\r\n  name: Ana\r\n")) == {"ana": Owner(name="Ana")}


@pytest.mark.parametrize(
    ("text", "where", "message"),
    [
        ("ana:\n  nmae: Ana\n", ":2", "ana: unknown key 'nmae'; did you mean \"name\"?"),
        ("ana:\n  name: Ana\nben:\n  until: soon\n", ":4", "ben: 'soon' is not a date; write it as YYYY-MM-DD"),
        ("ana:\n  until: 2026-02-30\n", ":2", "ana: there is no day '2026-02-30' in the calendar"),
        ("ana:\n  name: [Ana]\n", ":2", "ana: must be text"),
        ("ana: Ana\n", ":1", "ana: must be a mapping"),
        ("ana:\n  name: Ana\nana:\n", ":3", "the key 'ana' is here twice, first on line 1"),
        ("- ana\n", "", "must map ids to entries"),
        ("# nobody yet\n", "", "must map ids to entries"),
        ("ana: {name: A: B}\n", ":1", ""),
        ("a: &x {}\nb: *x\n", ":1", "anchors and aliases (& and *) are not allowed"),
        (b"ana: {name: Jos\xe9}\n", "", "cannot be read"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_line(tmp_path: Path, text: str | bytes, where: str, message: str) -> None:
    """A register that cannot be read stops the run, with file and line: no owner is dropped in silence."""
    config = _write(tmp_path, "owners.yml", text)
    with pytest.raises(ConfigError) as error:
        load_owners(config)
    assert (error.value.where, error.value.exit_code) == (f"checks/owners.yml{where}", 2)
    assert error.value.message.startswith(message)


def test_an_unknown_key_of_an_area(tmp_path: Path) -> None:
    """A misspelt key of a product area is an error with the nearest one."""
    config = _write(tmp_path, "product_areas.yml", "billing:\n  name: Billing\n  owner: ana\n")
    with pytest.raises(ConfigError, match=r"billing: unknown key 'owner'; did you mean \"owners\"\?") as error:
        load_product_areas(config)
    assert error.value.where == "checks/product_areas.yml:3"


@pytest.mark.parametrize(("written", "logins"), [("github: ana-l", ("ana-l",)), ("github: [ana-l, Ben_acme]", ("ana-l", "Ben_acme")), ("name: Ana", ())])
def test_who_an_owner_is_on_github(tmp_path, written, logins) -> None:
    """An owner may have one login or several."""
    assert (load_owners(_write(tmp_path, "owners.yml", f"ana:\n  {written}\n")) or {})["ana"].github == logins


@pytest.mark.parametrize("login", ["'@ana'", "ana l", "https://github.com/ana", "-ana", "ana-", "\u0430na", "''"])
def test_what_is_no_login(tmp_path, login) -> None:
    """What GitHub would not take for a login is an error at its line."""
    with pytest.raises(ConfigError) as error:
        load_owners(_write(tmp_path, "owners.yml", f"ana:\n  github: [{login}]\n"))
    assert (error.value.where, "is no login of GitHub" in error.value.message) == ("checks/owners.yml:2", True)
