"""What an approval makes visible, for the person who is to decide."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kbtool.approve import Approval
from kbtool.reports.text import visible
from kbtool.widening import Widened

_LINES = 40  #: of one article that are printed; words that come out of a region are printed whole


def render(found: Approval) -> str:
    """Return what becomes visible to whom; where a lock is only begun, what is public already is counted."""
    if found.starts:
        lines = [f"{count} in the {edition} edition" for edition, count in _counts(found.widened)]
    else:
        lines = [line for one in found.widened for line in _lines(one)]
    lines += [f"{one.where}: not approved, it can be in no edition: {one.message}" for one in found.refused]
    return "".join(f"{visible(line)}\n" for line in lines)


def _counts(widened: Iterable[Widened]) -> Iterator[tuple[str, str]]:
    by_edition: dict[str, int] = {}
    for one in widened:
        if one.what == "article":
            by_edition[one.edition] = by_edition.get(one.edition, 0) + 1
    for edition, count in sorted(by_edition.items()):
        yield edition, f"{count} article{'' if count == 1 else 's'}"


def _lines(one: Widened) -> Iterator[str]:
    if one.what == "asset":
        yield f"{one.path}: readers of the {one.edition} edition see this file in {one.through}"
        return
    whole = one.what == "article"
    yield f"{one.path}: readers of the {one.edition} edition see {'this article' if whole else 'what a region kept from them'}"
    lines = one.text.split("\n")
    shown = lines[:_LINES] if whole else lines
    yield from (f"  + {line}".rstrip() for line in shown)
    if len(lines) > len(shown):
        yield f"    … and {len(lines) - len(shown)} lines more"
