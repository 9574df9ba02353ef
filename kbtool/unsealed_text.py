"""Finds the landings that changed what readers see of an article since a review that no seal tells the words of."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from kbtool.article_history import ArticleHistories, Review
from kbtool.history import History, without_ways_back


def edits_since(histories: ArticleHistories, path: str, review: Review, now: str) -> list[int] | None:
    """Return the landings by which the body of an article is not what was reviewed; None where it is.

    Args:
        histories: those of all articles.
        path: of the article in the repository.
        review: where the review stands.
        now: the digest of the body in the work tree.

    Raises:
        Unproven: a version is not at hand.
    """
    rewordings = histories.rewordings(path)
    before, landed = histories.body_at(path, review.landing - 1), histories.body_at(path, review.landing)
    found = [number for number in rewordings if review.base < number < review.landing]
    if histories.body_at(path, review.base) == before:
        found = []
    fact = histories.fact(review.blob)
    reviewed = fact.body if fact else ""
    if now == reviewed:  # what the reviewer had not seen is gone again; what came between the day and the commit is not
        contained = _contained(histories, review)
        return [number for number in found if number <= contained] or None
    kept_theirs = found and landed == before  # a merge of a review in a branch that changed no words
    found += [review.landing] if landed != reviewed and not kept_theirs else []
    return found + _rewordings_after(histories, path, review.landing)


def _rewordings_after(histories: ArticleHistories, path: str, after: int) -> list[int]:
    """Return the landings by which the body of an article came from what it was after a landing to what it is."""
    later = ((number, histories.body_at(path, number)) for number in histories.rewordings(path) if number > after)
    return without_ways_back(histories.body_at(path, after), later)


def _contained(histories: ArticleHistories, review: Review) -> int:
    """Return the newest landing that the review commit contains."""
    line = histories.history.line
    side = line.sides.numbers.get(review.commit)
    return review.landing if side is None else line.contained[side]


def brought_since(
    histories: ArticleHistories, review: Review, bodies: Mapping[str, str], assets: Mapping[str, str],
) -> dict[str, list[int]]:
    """Return what an article includes or shows and is not as it was, by path, with the landings since the review that did it.

    Args:
        histories: those of all articles.
        review: where the review stands.
        bodies: the digests of the bodies of included articles in the work tree.
        assets: the states of assets in the work tree.

    Raises:
        Unproven: a version is not at hand.
    """
    history, base = histories.history, review.base
    reworded = [path for path, body in bodies.items() if history.landings_of(path, base) or histories.body_at(path, base) != body]
    blobs = {path: state[7:] for path, state in assets.items()}
    repainted = [path for path, blob in blobs.items() if history.landings_of(path, base) or _blob(history, path, base) != blob]
    seen = _in_branch(history, review, [*reworded, *repainted])
    found: dict[str, list[int]] = {}
    for path in reworded:
        reviewed = histories.body_at(path, base) if seen is None else _body(histories, seen.get(path, ""))
        if reviewed != bodies[path]:
            missed = histories.body_at(path, review.landing) != reviewed
            found[path] = [number for number in histories.rewordings(path) if missed and base < number <= review.landing]
            found[path] += _rewordings_after(histories, path, review.landing)
    for path in repainted:
        reviewed = _blob(history, path, base) if seen is None else seen.get(path, "")
        if reviewed != blobs[path]:
            missed = _blob(history, path, review.landing) != reviewed
            found[path] = [number for number in history.landings_of(path, base) if missed and number <= review.landing]
            found[path] += history.causes_of(path, review.landing)
    return found


def _blob(history: History, path: str, number: int) -> str:
    return history.state_at(path, number)[7:]


def _in_branch(history: History, review: Review, paths: Sequence[str]) -> dict[str, str] | None:
    """Return the blobs of files in a review commit that was made in a branch, where what landed with it may be; else None."""
    if not paths or review.commit not in history.line.sides.numbers:
        return None
    listing = history.git.run("ls-tree", "-r", "-z", "--full-tree", review.commit, "--", *paths)
    entries = [entry.partition("\t") for entry in os.fsdecode(listing).split("\0")[:-1]]
    return {path: about.rpartition(" ")[2] for about, _, path in entries}


def _body(histories: ArticleHistories, blob: str) -> str:
    fact = histories.facts.get(blob)
    return fact.body if fact else ""
