"""Which checks there are (reports and trackers have registries of their own). The built-in ones are listed; others are found.

Three sources, one contract: the tuples below, the knowledge base's own `checks/*.py`, and entry points of installed
packages (group `kbtool.checks`). A code or name that is there twice is an error.
"""

from __future__ import annotations

import re
import sys
import traceback
from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType

from pydantic import TypeAdapter, ValidationError

from kbtool.builtin_checks.area_missing import AreaMissing
from kbtool.builtin_checks.area_unknown import AreaUnknown
from kbtool.builtin_checks.audience_widened import AudienceWidened
from kbtool.builtin_checks.broken_anchor import BrokenAnchor
from kbtool.builtin_checks.broken_link import BrokenLink
from kbtool.builtin_checks.bulk_review import BulkReview
from kbtool.builtin_checks.code_changed import CodeChanged
from kbtool.builtin_checks.control_character import ControlCharacter
from kbtool.builtin_checks.covers_nothing import CoversNothing
from kbtool.builtin_checks.covers_too_broad import CoversTooBroad
from kbtool.builtin_checks.embedded_repo import EmbeddedRepo
from kbtool.builtin_checks.expired import Expired
from kbtool.builtin_checks.expiring import Expiring
from kbtool.builtin_checks.file_ignored import FileIgnored
from kbtool.builtin_checks.front_matter_invalid import FrontMatterInvalid
from kbtool.builtin_checks.hidden_character import HiddenCharacter
from kbtool.builtin_checks.include_crosses_audience import IncludeCrossesAudience
from kbtool.builtin_checks.lfs_pointer import LfsPointer
from kbtool.builtin_checks.link_to_internal import LinkToInternal
from kbtool.builtin_checks.missing_asset import MissingAsset
from kbtool.builtin_checks.name_not_portable import NameNotPortable
from kbtool.builtin_checks.orphan_asset import OrphanAsset
from kbtool.builtin_checks.owner_gone import OwnerGone
from kbtool.builtin_checks.owner_missing import OwnerMissing
from kbtool.builtin_checks.owner_unknown import OwnerUnknown
from kbtool.builtin_checks.region_unbalanced import RegionUnbalanced
from kbtool.builtin_checks.review_due import ReviewDue
from kbtool.builtin_checks.review_in_future import ReviewInFuture
from kbtool.builtin_checks.review_missing import ReviewMissing
from kbtool.builtin_checks.review_overdue import ReviewOverdue
from kbtool.builtin_checks.review_unsealed import ReviewUnsealed
from kbtool.builtin_checks.suppression_expired import SuppressionExpired
from kbtool.builtin_checks.suppression_invalid import SuppressionInvalid
from kbtool.builtin_checks.suppression_unused import SuppressionUnused
from kbtool.builtin_checks.symlink_escape import SymlinkEscape
from kbtool.builtin_checks.text_changed import TextChanged
from kbtool.builtin_checks.ticket_confidential import TicketConfidential
from kbtool.builtin_checks.ticket_reopened import TicketReopened
from kbtool.builtin_checks.ticket_resolved import TicketResolved
from kbtool.builtin_checks.ticket_unknown import TicketUnknown
from kbtool.builtin_checks.title_missing import TitleMissing
from kbtool.builtin_checks.url_removed import UrlRemoved
from kbtool.builtin_checks.url_taken import UrlTaken
from kbtool.check import Check
from kbtool.config import Config, did_you_mean
from kbtool.errors import ConfigError, UsageError
from kbtool.installed import load
from kbtool.validation import wrong

BUILTIN_CHECKS: tuple[type[Check], ...] = (
    FrontMatterInvalid, TitleMissing, OwnerMissing, OwnerUnknown, OwnerGone, AreaMissing, AreaUnknown, UrlTaken,
    NameNotPortable, ControlCharacter, HiddenCharacter, FileIgnored, LfsPointer, EmbeddedRepo,
    SuppressionInvalid, SuppressionExpired, SuppressionUnused,
    ReviewMissing, ReviewOverdue, ReviewDue, ReviewInFuture, ReviewUnsealed, CodeChanged, CoversNothing, TextChanged, Expired,
    Expiring, BulkReview, CoversTooBroad,
    BrokenLink, BrokenAnchor, MissingAsset, OrphanAsset, UrlRemoved,
    TicketResolved, TicketReopened, TicketUnknown, TicketConfidential,
    LinkToInternal, RegionUnbalanced, IncludeCrossesAudience, AudienceWidened, SymlinkEscape,
)
PREFIX = "KB"  #: codes with this prefix belong to the package


def find_checks(config: Config | None = None) -> tuple[type[Check], ...]:
    """Return every check there is, by code: built in, installed, and the knowledge base's own.

    Raises:
        ConfigError: a check cannot be loaded, or a code or name is there twice.
    """
    found = [*BUILTIN_CHECKS, *_installed_checks(), *(_site_checks(config) if config else ())]
    _refuse_doubles(found)
    return tuple(sorted(found, key=lambda check: check.code))


def _installed_checks() -> Iterator[type[Check]]:
    for point in entry_points(group="kbtool.checks"):
        check = load(point)
        if not (isinstance(check, type) and issubclass(check, Check)):
            raise ConfigError(f"the entry point {point.name} ({point.value}) is not a Check", kind="bad-check")
        yield _with_code(check, point.value)


def _site_checks(config: Config) -> Iterator[type[Check]]:
    folder = config.settings / config.checks_folder
    for path in sorted(folder.glob("*.py")):
        where = path.relative_to(config.settings).as_posix()
        module = _import_file(path, where)
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, Check) and value.__module__ == module.__name__:
                yield _with_code(value, where)


def _import_file(path: Path, where: str) -> ModuleType:
    """Run a site's own file as a module; no byte code is left beside it, nor is an old one taken for it."""
    module = ModuleType(f"kbtool_site_checks_{path.stem}")
    module.__file__ = str(path)
    sys.modules[module.__name__] = module
    try:
        exec(compile(path.read_bytes(), path, "exec"), module.__dict__)  # noqa: S102 - the site's own code
    except (Exception, SystemExit) as error:
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
        line = error.lineno if isinstance(error, SyntaxError) else frames[-1].lineno if frames else 1
        raise ConfigError(f"{type(error).__name__}: {error}", where=f"{where}:{line}", kind="bad-check") from error
    return module


def _with_code(check: type[Check], where: str) -> type[Check]:
    """Return a stranger's check, whose code must be one, and not of ours."""
    if not re.fullmatch(r"[A-Z]+\d+", getattr(check, "code", "")):
        raise ConfigError(f"{check.__name__} has no code of capital letters and digits", where=where, kind="bad-check",
                          hint="such as ACME001")
    if check.code.startswith(PREFIX):
        raise ConfigError(
            f"{check.__name__} has the code {check.code}; codes with {PREFIX} belong to kbtool", where=where,
            kind="bad-check", hint="give it a prefix of your own, such as ACME001",
        )
    return check


def _refuse_doubles(checks: Iterable[type[Check]]) -> None:
    taken: dict[str, str] = {}
    for check in checks:
        here = f"{check.__module__}.{check.__name__}"
        for word in (check.code, check.name()):
            if word in taken:
                raise ConfigError(f"{word} is there twice: {taken[word]} and {here}", kind="bad-check", hint="rename one of them")
            taken[word] = here


def make_checks(
    config: Config, select: Iterable[str] = (), ignore: Iterable[str] = (), known: Sequence[type[Check]] | None = None,
) -> tuple[Check, ...]:
    """Return the checks to run, with the options of the configuration.

    Args:
        config: the configuration.
        select: codes, their beginnings (`KB1`), or names; nothing stands for the configuration's choice, else all.
        ignore: what of these is left out.
        known: every check there is, where `find_checks` has been asked already.

    Raises:
        UsageError: a word of `select` or `ignore` is no check.
        ConfigError: a check cannot be loaded, or its options are wrong.
    """
    known = find_checks(config) if known is None else known
    for word in (*select, *ignore, *config.select, *config.ignore):
        _refuse_unknown(word, known)
    for name in config.checks:
        if name not in {check.name() for check in known}:
            names = [check.name() for check in known]
            raise ConfigError(f"checks.{name}: no such check{did_you_mean(name, names)}", where="pyproject.toml")
    chosen, left_out = tuple(select) or config.select, (*ignore, *config.ignore)
    return tuple(
        _with_options(check, config) for check in known
        if (not chosen or _matches(check, chosen)) and not _matches(check, left_out)
        and (config.checks.get(check.name(), {}).get("severity") != "off")
    )


def _matches(check: type[Check], words: Iterable[str]) -> bool:
    return any(check.code.startswith(word.upper()) or check.name() == word.lower() for word in words)


def _refuse_unknown(word: str, known: Iterable[type[Check]]) -> None:
    checks = tuple(known)
    if not word or not any(_matches(check, [word]) for check in checks):
        raise _no_such_check(word, checks)


def _no_such_check(word: str, known: Iterable[type[Check]]) -> UsageError:
    names = [text for check in known for text in (check.code, check.name())]
    return UsageError(f"no check is called {word!r}{did_you_mean(word, names)}", kind="no-such-check",
                      hint="`kbtool list` names them all")


def find_check(word: str, config: Config | None = None) -> type[Check]:
    """Return the check with this code or name; raises UsageError with the nearest where there is none."""
    known = find_checks(config)
    for check in known:
        if word.upper() == check.code or word.lower() == check.name():
            return check
    raise _no_such_check(word, known)


def _with_options(check: type[Check], config: Config) -> Check:
    given = dict(config.checks.get(check.name(), {}))
    severity = given.pop("severity", "error")
    if severity not in ("error", "warning", "off"):
        raise _option_error(check, f"severity must be error, warning or off, not {severity!r}")
    for key in given:
        if key not in check.options():
            raise _option_error(check, f"unknown option {key!r}{did_you_mean(key, (*check.options(), 'severity'))}")
    if not given:
        return check()
    try:
        return TypeAdapter(check).validate_python(given)
    except ValidationError as error:
        first = error.errors()[0]
        raise _option_error(check, f"{'.'.join(map(str, first['loc']))}: {wrong(first)}") from None


def _option_error(check: type[Check], message: str) -> ConfigError:
    return ConfigError(f"checks.{check.name()}: {message}", where="pyproject.toml",
                       hint=f"`kbtool explain {check.code}` lists them")
