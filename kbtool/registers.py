"""The registers of a knowledge base: `checks/owners.yml` and `checks/product_areas.yml`."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from kbtool.config import Config, did_you_mean
from kbtool.dates import DATE_HINT, parse_date
from kbtool.errors import ConfigError
from kbtool.validation import wrong
from kbtool.yaml_text import Document, YamlTextError, parse

OWNERS, PRODUCT_AREAS = "owners.yml", "product_areas.yml"
_LOGIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?")


def _day(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return parse_date(value)
    except ValueError as error:
        raise ValueError(f"{error}; {DATE_HINT}") from None


def _list(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _login(value: object) -> object:
    if isinstance(value, str) and not _LOGIN.fullmatch(value):
        raise ValueError(f"{value!r} is no login of GitHub; write it as in the address of its page, without @")
    return value


Login = Annotated[str, BeforeValidator(_login)]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


_E = TypeVar("_E", bound=_Entry)


class Owner(_Entry):
    """A person or team that answers for articles; `until` is the day they leave, `github` who they are there."""

    name: str | None = None
    email: str | None = None
    contact: str | None = None
    github: Annotated[tuple[Login, ...], BeforeValidator(_list)] = ()
    until: Annotated[dt.date | None, BeforeValidator(_day)] = None


class ProductArea(_Entry):
    """A part of the product; its owners answer for articles that name none of their own."""

    name: str | None = None
    owners: Annotated[tuple[str, ...], BeforeValidator(_list)] = ()
    description: str | None = None
    code: Annotated[tuple[str, ...], BeforeValidator(_list)] = ()


def load_owners(config: Config) -> dict[str, Owner] | None:
    """Return the owners by id, or None where there is no register.

    Raises:
        ConfigError: with file and line, when the register cannot be read.
    """
    return _load(config, OWNERS, Owner)


def load_product_areas(config: Config) -> dict[str, ProductArea] | None:
    """Return the product areas by id, or None where there is no register.

    Raises:
        ConfigError: with file and line, when the register cannot be read.
    """
    return _load(config, PRODUCT_AREAS, ProductArea)


def read_yaml_file(path: Path, where: str) -> Document:
    """Read a YAML file of the configuration as text with places.

    Raises:
        ConfigError: with file and line, when it cannot be read.
    """
    try:
        return parse(path.read_text("utf-8-sig"))
    except YamlTextError as error:
        raise ConfigError(error.message, where=f"{where}:{error.line}", hint=error.hint) from None
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", where=where) from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"cannot be read: {error}", where=where, hint="save it as UTF-8") from None


def _load(config: Config, name: str, model: type[_E]) -> dict[str, _E] | None:
    where = f"{config.checks_folder}/{name}"
    path = config.settings / where
    if not path.is_file():
        return None
    document = read_yaml_file(path, where)
    if not isinstance(document.value, dict):
        raise ConfigError("must map ids to entries", where=where, hint="write `id: {name: …}`")
    return {key: _entry(model, key, value, document, where) for key, value in document.value.items()}


def _entry(model: type[_E], key: str, value: Any, document: Document, where: str) -> _E:
    try:
        return model.model_validate({} if value is None else value)
    except ValidationError as error:
        first = error.errors()[0]
    path = (key, *first["loc"])
    while path not in document.places:
        path = path[:-1]
    message = f"{key}: {wrong(first).replace('a table', 'a mapping')}"
    if first["type"] == "extra_forbidden":
        word = str(first["loc"][-1])
        message = f"{key}: unknown key {word!r}{did_you_mean(word, model.model_fields)}"
    raise ConfigError(message, where=f"{where}:{document.places[path].line}", hint="see the article Owners and product areas")
