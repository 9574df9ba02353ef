"""Approving what readers outside are to see: what is asked for, and the lock that says so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kbtool.audience_lock import AudienceLock, lock_path
from kbtool.errors import KbtoolError
from kbtool.evidence import Evidence
from kbtool.files import write_atomic
from kbtool.widening import Editions, Widened


@dataclass(frozen=True)
class Approval:
    """What an approval would do: `widened` is shown from then on, `left` still waits, and `lock` is the file.

    `refused` are articles that were to be approved and are in no edition, each with what is wrong with it.
    """

    evidence: Evidence
    widened: tuple[Widened, ...]
    left: tuple[Widened, ...]
    lock: AudienceLock
    refused: tuple[KbtoolError, ...] = ()

    @property
    def starts(self) -> bool:
        """Return whether there was no lock."""
        return self.evidence.lock is None

    @property
    def changes(self) -> bool:
        """Return whether the file would be another."""
        return self.evidence.lock is None or self.lock != self.evidence.lock

    def write(self) -> None:
        """Write the lock, in one step."""
        path = lock_path(self.evidence.config)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, self.lock.render().encode("utf-8", "surrogateescape"))


def plan(evidence: Evidence, wanted: Callable[[str], bool]) -> Approval:
    """Work out what approving these paths means; whoever approves an article approves the assets that it shows."""
    editions = Editions(evidence, evidence.lock or AudienceLock())
    found = tuple(editions.widened())
    chosen = tuple(one for one in found if wanted(one.path) or (one.through and wanted(one.through)))
    left = tuple(one for one in found if one not in chosen)
    keys = {(one.path, one.edition) for one in chosen}
    keys |= {key for key in editions.lock.entries if editions.turned(key) and wanted(key[0])}
    refused = tuple(error for path, error in editions.refused() if wanted(path))
    return Approval(evidence, chosen, left, editions.approved(frozenset(keys)), refused)
