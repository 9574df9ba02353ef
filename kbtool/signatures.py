"""The signatures of a review: what was reviewed, word for word, so that a later change breaks just the part it touches.

    review_seal: "1 review:2b1c… text:9f60… code:77ab… tickets:-"

The number in front is the version of the rules below; a seal of an older version is verified by the rules of its time, so
rules that change get a new number. A part is the first 12 hexadecimal digits of a SHA-256; `-` stands for nothing to sign.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from kbtool.articles import Article
from kbtool.front_matter import KnownIssue
from kbtool.includes import chosen, selection
from kbtool.prose import words
from kbtool.tickets import Ticket
from kbtool.urls import UrlMap

VERSION = "1"
PARTS = ("review", "text", "code", "tickets")
NOTHING = "-"
_DIGITS = 12
_REVIEWED = ("last_reviewed_on", "last_reviewed_by", "review_in", "evergreen", "expires")
_PART = rf"(?:[0-9a-f]{{{_DIGITS}}}|-)"
_SEAL = re.compile(rf"{VERSION} review:({_PART}) text:({_PART}) code:({_PART}) tickets:({_PART})")



@dataclass(frozen=True, slots=True)
class Seal:
    """What a review left: one signature for each part."""

    review: str
    text: str
    code: str
    tickets: str

    def __str__(self) -> str:
        """Return the seal as it stands in the front matter."""
        return f"{VERSION} " + " ".join(f"{part}:{getattr(self, part)}" for part in PARTS)


def read_seal(written: str) -> Seal | None:
    """Return the seal that is written there, or None where it is none."""
    match = _SEAL.fullmatch(" ".join(written.split()))
    return Seal(*match.groups()) if match else None


def sign(*parts: str) -> str:
    """Return the signature of some texts in their order; of none, `-`."""
    if not parts:
        return NOTHING
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()[:_DIGITS]


def sign_review(article: Article, new: Mapping[str, object] | None = None) -> str:
    """Return the signature of what the review was of: date, reviewer, scope, and when it has to be repeated.

    Only what the article itself says counts, so that another default of its folder voids no review. `new` holds what it
    is about to say instead.
    """
    keys = {str(path[0]) for path in article.places}
    said = {article.aliases.get(key, key) for key in keys}
    found = {key: getattr(article.front_matter, key) for key in _REVIEWED if key in said} | dict(new or {})
    facts = {key: str(value) for key, value in found.items() if value is not None}
    covers = sorted(set(article.front_matter.covers))
    tickets = sorted({(one.ref, one.expects or "") for one in article.front_matter.tickets})
    return sign(json.dumps([facts, covers, tickets], sort_keys=True))


def sign_text(article: Article, urls: UrlMap, assets: Mapping[str, str]) -> str:
    """Return the signature of every word that a reader of any edition sees, and of the assets that it shows.

    Args:
        article: the article.
        urls: where its links lead.
        assets: the state (mode and blob id) of each asset, by its path.
    """
    found = article.front_matter
    parts = [words(found.title or ""), words(found.description or ""), *_told(found.known_issue)]
    for shown in (article, *included(article, urls)):
        parts += [shown.markdown.words_digest, *(assets.get(path, "")[7:] for path in asset_paths(shown, urls))]
        parts += _places(shown, urls)
    return sign(*parts)


def _told(issue: KnownIssue | None) -> Iterator[str]:
    """Yield the words of a known issue that stand in the front matter alone; the dates are no words."""
    if issue and (said := (issue.state, issue.workaround, issue.fixed_in, *issue.affects)) != (None,) * 3:
        yield json.dumps([one and words(one) for one in said])


def _places(article: Article, urls: UrlMap) -> Iterator[str]:
    """Yield after how many words of an article each include stands, and the words of a part that it brings: no body tells."""
    for include in article.markdown.includes:
        above = words("\n".join(article.body.split("\n")[: include.line - article.body_line]))
        part, other = selection(article, include), urls.included(article, include.target)
        lines = other.body.split("\n") if part and other is not None else []
        numbers = chosen(other, part) or () if other is not None and lines else ()
        brought = words("\n".join(lines[number] for number in numbers))
        yield f"{len(above.split())} {brought}"


def asset_paths(article: Article, urls: UrlMap) -> list[str]:
    """Return the paths of the assets that an article refers to itself, each once, in their order: two may change places."""
    sources = dict.fromkeys(target.source for target in urls.targets_of(article, "asset").values())
    return [urls.content.assets[source].path for source in sources]


def included(article: Article, urls: UrlMap) -> list[Article]:
    """Return the articles that an article includes, and those that they include, each once, in order."""
    found: list[Article] = []
    waiting = [article]
    while waiting:
        one = waiting.pop(0)
        for include in one.markdown.includes:
            other = urls.included(one, include.target)
            if other is not None and other is not article and other not in found:
                found.append(other)
                waiting.append(other)
    return found


def sign_code(files: Mapping[str, str]) -> str:
    """Return the signature of covered files: path (with the name of its repository before it) → mode and blob id."""
    return sign(*(f"{state} {path}" for path, state in sorted(files.items())))


def sign_tickets(tickets: Iterable[Ticket] | None) -> str:
    """Return the signature of what tickets say: state, resolution and closing date; None where no snapshot is at hand."""
    return sign(*sorted(
        json.dumps([one.key, one.state, one.resolution, one.closed_at.isoformat() if one.closed_at else None])
        for one in tickets or ()
    ))
