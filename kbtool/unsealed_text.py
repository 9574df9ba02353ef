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
    reworded = [path for path, body in bodies.items() if histories.body_at(path, base) != body]
    repainted = [path for path, state in assets.items() if history.state_at(path, base)[7:] != state[7:]]
    then = _in_branch(history, review, [*reworded, *repainted])
    found = {path: _rewordings_after(histories, path, base) for path in reworded
             if _body(histories, then.get(path, "")) != bodies[path]}
    return found | {path: history.causes_of(path, base) for path in repainted if then.get(path) != assets[path][7:]}


def _in_branch(history: History, review: Review, paths: Sequence[str]) -> dict[str, str]:
    """Return the blobs of files in a review commit that was made in a branch: what landed with it may have been there."""
    if not paths or review.commit not in history.line.sides.numbers:
        return {}
    listing = history.git.run("ls-tree", "-r", "-z", "--full-tree", review.commit, "--", *paths)
    entries = [entry.partition("\t") for entry in os.fsdecode(listing).split("\0")[:-1]]
    return {path: about.rpartition(" ")[2] for about, _, path in entries}


def _body(histories: ArticleHistories, blob: str) -> str:
    fact = histories.facts.get(blob)
    return fact.body if fact else ""
