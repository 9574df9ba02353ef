"""Finds where in history the code was just what a seal signs, which is where the difference to now is counted from."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice, product

from kbtool.article_history import Review
from kbtool.covers import MAIN, Code, Glob
from kbtool.history import last_second
from kbtool.review_evidence import label
from kbtool.signatures import Seal, sign_code

_SOON = 10  #: landings of covered code within which that of a seal is looked for, in each repository
_TRIES = 100  #: of what several repositories were at a time


def find_sealed(
    seal: Seal, globs: Sequence[Glob], codes: Mapping[str, Code], review: Review, day: dt.date | None,
) -> dict[str, int] | None:
    """Return, by repository, the landing after which covered files were what a seal signs; None where they never were.

    In the repository of the knowledge base that is the landing of the review, the one it is placed after, or one soon after. In
    another one it is the last of the day of the review, or one before it on that day, since only the day is known.
    """
    covers = dict(by_repository(globs))
    choices = [
        _main(codes[name], ours, review) if name == MAIN else _other(codes[name], ours, day) for name, ours in covers.items()
    ]
    for numbers in islice(product(*choices), _TRIES):
        places = dict(zip(covers, numbers, strict=True))
        states: dict[str, str] = {}
        for name, number in places.items():
            states |= _states_after(name, codes[name], covers[name], number)
        if sign_code(states) == seal.code:
            return places
    return None


def by_repository(globs: Iterable[Glob]) -> Iterator[tuple[str, list[Glob]]]:
    """Yield each repository that globs are of, with these globs."""
    found: dict[str, list[Glob]] = {}
    for one in globs:
        found.setdefault(one.repository, []).append(one)
    yield from found.items()


def day_base(code: Code, day: dt.date | None) -> int:
    """Return the last landing of a day or before it, -1 where there is none."""
    return code.history.landed_by(last_second(day)) if day else -1


def _main(code: Code, globs: Sequence[Glob], review: Review) -> list[int]:
    landed = min(review.landing, code.history.newest)  # that of a review which nobody has committed is yet to come
    return [landed, review.base, *_touching(code, globs, review.landing)[:_SOON]]


def _other(code: Code, globs: Sequence[Glob], day: dt.date | None) -> list[int]:
    last = day_base(code, day)
    before = day_base(code, day - dt.timedelta(days=1)) if day else last
    that_day = [number for number in _touching(code, globs, before) if number <= last]
    return [last, *(number - 1 for number in reversed(that_day[-_SOON:]))]


def _touching(code: Code, globs: Sequence[Glob], after: int) -> list[int]:
    return sorted({number for path in code.covered(globs) for number in code.history.landings_of(path, after)})


def _states_after(name: str, code: Code, globs: Sequence[Glob], number: int) -> dict[str, str]:
    return {label(name, path): state for path in code.covered(globs) if (state := code.history.state_at(path, number))}
