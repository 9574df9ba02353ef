"""What readers outside see now and have not seen before: the difference between the editions and `checks/public.lock`.

The words of a region are known by prints, short digests of runs of a few words, one line at a time. A print that was withheld,
is withheld less often, and stands in what is shown now has come out of its region. So an edit of public text is nothing, nor
is a region that moves, that is edited, or that goes with its words; only words that were inside and are outside now count.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, groupby

from kbtool.articles import Article
from kbtool.audience_lock import SHOWN, WITHHELD, AudienceLock, Entry, union
from kbtool.editions import Edition, RedactionError, redact, redact_text, withheld_texts
from kbtool.evidence import Evidence
from kbtool.links import site_assets
from kbtool.markdown import parse
from kbtool.regions import region_markers

RUN = 4  #: words of a print; a shorter line has one print of its own
_WORD = re.compile(r"\w+")
_TARGET = re.compile(r"\]\([^()\s]*\)")
_LEVELS = 8  #: of includes in includes
Key = tuple[str, str]  #: a path and the name of an edition


@dataclass(frozen=True, slots=True)
class Widened:
    """Something that an edition shows now and may not yet.

    `what` is "article", "asset" or "words"; `text` what becomes visible of an article; `through` the article that shows an asset.
    """

    path: str
    edition: str
    what: str
    text: str = ""
    line: int = 1
    through: str = ""


@dataclass(frozen=True, slots=True)
class Unrecorded:
    """A region that the lock does not know, so that nobody would be asked when it goes; or a line that it has no more use for."""

    path: str
    edition: str
    line: int


@dataclass(frozen=True)
class Editions:
    """The editions that are not internal, compared with a lock; without one, everything is new."""

    evidence: Evidence
    lock: AudienceLock = field(default_factory=AudienceLock)

    @cached_property
    def outside(self) -> tuple[Edition, ...]:
        """Return the editions for readers outside."""
        return tuple(edition for edition in self.evidence.editions.values() if not edition.internal)

    def widened(self) -> Iterator[Widened]:
        """Yield what the editions show and may not yet, by path, articles first."""
        for article in self.evidence.articles:
            for edition in self.evidence.shown_in[article.source]:
                if not edition.internal:
                    yield from self._article(article, edition)
        for source, asset in self.evidence.content.assets.items():
            for edition in self.outside:
                through = self._assets[edition.name].shown.get(source)
                if through is not None and self._is_wider(asset.path, source, edition):
                    yield Widened(asset.path, edition.name, "asset", through=through)

    def _article(self, article: Article, edition: Edition) -> Iterator[Widened]:
        entry = self.lock.entries.get((article.path, edition.name))
        listed = entry is not None and entry.state == SHOWN
        if entry and listed and not (entry.hidden and Counter(entry.hidden) - Counter(prints_of(article, edition))):
            return  # it withholds at least what it did, word for word
        try:
            shown = _shown(article, edition)
            hidden = withheld_texts(article, edition).values()
        except RedactionError:  # KB402 says so, and no edition is made of it
            return
        if entry is None or entry.state != SHOWN:
            yield Widened(article.path, edition.name, "article", redact(article, edition).strip("\n"))
        elif lost := Counter(entry.hidden) - _all_prints("\n".join(hidden)):
            yield from _words(article, edition, shown, lost.keys() & _all_prints(shown).keys())

    def _is_wider(self, path: str, source: str, edition: Edition) -> bool:
        entry = self.lock.entries.get((path, edition.name))
        if entry is None:  # nobody knew of it: it is new, unless what this edition does not show uses it as well
            return source in self._assets[edition.name].inside
        return entry.state == WITHHELD

    def unrecorded(self) -> Iterator[Unrecorded]:
        """Yield the regions of listed articles that the lock knows nothing of."""
        for article in self.evidence.articles:
            marks = article.markdown
            for edition in self.evidence.shown_in[article.source] if _withholds(article) and not marks.region_problems else ():
                entry = self.lock.entries.get((article.path, edition.name))
                if not edition.internal and entry is not None and entry.state == SHOWN:
                    for line in _unknown_regions(article, edition, entry):
                        yield Unrecorded(article.path, edition.name, line)

    def outlived(self) -> Iterator[Unrecorded]:
        """Yield the lines of the lock about what is not shown any more: whoever shows it again would not be asked."""
        now = self.now
        for key, entry in self.lock.entries.items():
            if entry.state == SHOWN and key not in now and key[0] not in self._unreadable:
                yield Unrecorded(*key, self.lock.lines.get(key, 1))

    def refused(self) -> Iterator[tuple[str, RedactionError]]:
        """Yield the articles that nobody can approve, since no edition can be made of them, and why."""
        for article in self.evidence.articles:
            shown_in = self.evidence.shown_in[article.source]
            troubles = (_trouble(article, edition) for edition in shown_in if not edition.internal and article.readable)
            if trouble := next(filter(None, troubles), None):
                yield article.path, trouble

    @cached_property
    def _unreadable(self) -> set[str]:
        return {article.path for article in self.evidence.articles if not article.readable}

    @cached_property
    def now(self) -> frozenset[Key]:
        """Return path and edition of everything that is shown outside."""
        shown_in = self.evidence.shown_in
        articles = {(one.path, edition.name) for one in self.evidence.articles for edition in shown_in[one.source]}
        files = self.evidence.content.assets
        return frozenset(key for key in articles if key[1] in self._assets) | {
            (files[source].path, name) for name, assets in self._assets.items() for source in assets.shown
        }

    @cached_property
    def _assets(self) -> dict[str, _Assets]:
        return {edition.name: _assets_of(self.evidence, edition) for edition in self.outside}

    def approved(self, keys: frozenset[Key]) -> AudienceLock:
        """Return the lock with what is widened at these keys approved, and all else brought up to date.

        What is narrower now needs nobody: lines go, and regions that the lock did not know are in it.
        """
        pending = {(one.path, one.edition) for one in self.widened()} - keys
        entries = {**dict(self._article_entries(pending)), **dict(self._asset_entries(pending))}
        for key, entry in self.lock.entries.items():
            if key[0] in self._unreadable or (self.turned(key) and key not in keys):
                entries.setdefault(key, entry)
        return AudienceLock(entries)

    def turned(self, key: Key) -> bool:
        """Return whether a line is about an edition that was for readers outside and is for colleagues now."""
        return key[1] in self.evidence.editions and self.evidence.editions[key[1]].internal

    def _article_entries(self, pending: set[Key]) -> Iterator[tuple[Key, Entry]]:
        for article in self.evidence.articles:
            for edition in self.evidence.shown_in[article.source]:
                key = (article.path, edition.name)
                before = self.lock.entries.get(key)
                if edition.internal or (key in pending and before is None):
                    continue
                hidden = prints_of(article, edition)
                if _trouble(article, edition):  # nobody can approve what nobody has seen
                    yield from [(key, before)] if before else []
                elif before is not None and key in pending:
                    yield key, Entry(before.state, union(before.hidden, hidden))
                else:
                    yield key, Entry(SHOWN, hidden)

    def _asset_entries(self, pending: set[Key]) -> Iterator[tuple[Key, Entry]]:
        for source, asset in self.evidence.content.assets.items():
            for name, assets in self._assets.items():
                key = (asset.path, name)
                if source not in assets.shown or (key in pending and key in self.lock.entries):
                    yield key, Entry(WITHHELD)
                elif source in assets.inside and key not in pending:
                    yield key, Entry(SHOWN)


def shows_outside(evidence: Evidence) -> dict[str, frozenset[str]]:
    """Return edition → the assets that it shows, for the editions that are not internal."""
    return {edition.name: frozenset(_assets_of(evidence, edition).shown) for edition in Editions(evidence).outside}


def _shown(article: Article, edition: Edition) -> str:
    """Return the words that an edition shows of an article; raises RedactionError."""
    found = article.front_matter
    told = [redact_text(text, article, edition) for text in (found.title, found.description) if text]
    return "\n".join([*told, redact(article, edition)]).strip("\n")


def _withholds(article: Article) -> bool:
    """Return whether an article has regions of any kind."""
    marks = article.markdown
    return bool(marks.regions or marks.inlines or marks.region_problems)


def _trouble(article: Article, edition: Edition) -> RedactionError | None:
    """Return what keeps an edition from showing an article."""
    try:
        _shown(article, edition)
    except RedactionError as error:  # KB402 says so
        return error
    return None


# ---------------------------------------------------------------------------------------------- words


def _prints(text: str) -> tuple[str, ...]:
    """Return the prints of a withheld text: runs of each line, that together have all its words; a short line has one.

    Short lines one after the other have runs together as well, since they may come out as one sentence.
    """
    found: list[str] = []
    lines = [line for line in _lines(text) if line]
    alone = sum(map(len, lines)) < RUN
    for short, group in groupby(lines, lambda words: len(words) < RUN):
        several = [*group]
        found += [_print(words, whole=not alone) for words in several] if short else []
        for words in [[*chain.from_iterable(several)]] if short else several:
            starts = [*range(0, len(words) - RUN, RUN), len(words) - RUN] if len(words) >= RUN else []
            found += [_print(words[at : at + RUN]) for at in starts]
    return tuple(sorted(found))


def _all_prints(text: str) -> Counter[str]:
    """Return every print that a withheld text could have because some of its words are in this one."""
    lines = _lines(text)
    words = [word for line in lines for word in line]
    found = Counter(_print(words[at : at + size]) for size in range(1, RUN + 1) for at in range(len(words) - size + 1))
    found.update(_print(line, whole=True) for line in lines if 0 < len(line) < RUN)
    return found


def prints_of(article: Article, edition: Edition) -> tuple[str, ...]:
    """Return the prints of what an edition withholds of an article that it shows."""
    return tuple(sorted(chain.from_iterable(map(_prints, withheld_texts(article, edition).values()))))


def _lines(text: str) -> list[list[str]]:
    lines = text.split("\n")
    for number, _ in region_markers(lines) if ":::" in text else ():
        lines[number] = ""
    return [_WORD.findall(_TARGET.sub("] ", line.casefold())) for line in lines]


def _print(words: list[str], *, whole: bool = False) -> str:
    """Return the print of a run; `whole` says that it is a line of its own, which short runs are matched as."""
    text = " ".join(words) + ("\n" if whole else "")
    return base64.urlsafe_b64encode(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=3).digest()).decode()


def _words(article: Article, edition: Edition, shown: str, exposed: set[str]) -> Iterator[Widened]:
    """Yield the lines of an article whose words have come out of a region, as one thing."""
    if not exposed:
        return
    visible = [line for line in shown.split("\n") if not exposed.isdisjoint(_all_prints(line))] or [shown]
    lines = article.body.split("\n")
    place = next((number for number, line in enumerate(lines) if line and line in visible), 0) + article.body_line
    yield Widened(article.path, edition.name, "words", "\n".join(line.strip() for line in visible), place)


def _unknown_regions(article: Article, edition: Edition, entry: Entry) -> Iterator[int]:
    known = set(entry.hidden)
    lines = article.body.split("\n")
    for region in article.markdown.regions:
        inside = "\n".join(lines[region.start + 1 - article.body_line : region.end - article.body_line])
        found = set(_prints(inside))
        if region.audience not in edition.audiences and found and known.isdisjoint(found):
            yield region.start
    for one in article.markdown.inlines:
        found = set(_prints(one.text(lines, article.body_line)))
        if one.audience not in edition.audiences and found and known.isdisjoint(found):
            yield one.line


# ---------------------------------------------------------------------------------------------- assets


@dataclass(frozen=True, slots=True)
class _Assets:
    """The assets that an edition shows, with the article (or file) through which it does; those that are used inside as well."""

    shown: Mapping[str, str]
    inside: frozenset[str]


def _assets_of(evidence: Evidence, edition: Edition) -> _Assets:
    shown = dict.fromkeys(sorted(site_assets(evidence, [edition])), evidence.config.mkdocs)
    inside: set[str] = set()
    for article in evidence.articles:
        every = {target.source for target in evidence.urls.targets_of(article, "asset").values()}
        mine = _seen(article, edition, evidence) if edition.shows(article) else set()
        inside |= every - mine
        for source in mine:
            shown.setdefault(source, article.path)
    return _Assets(shown, frozenset(inside))


def _seen(article: Article, edition: Edition, evidence: Evidence) -> set[str]:
    """Return the assets that an edition shows in an article: those of its own text, and of the articles that it includes."""
    found: set[str] = set()
    waiting, done = [(article, 0)], {article.source}
    while waiting:
        one, level = waiting.pop()
        found |= _referred(one, article.source, edition, evidence)
        for include in one.markdown.includes:
            other = evidence.urls.included(one, include.target)
            if other is not None and level < _LEVELS and other.source not in done and edition.shows(other):
                done.add(other.source)
                waiting.append((other, level + 1))
    return found


def _referred(article: Article, source: str, edition: Edition, evidence: Evidence) -> set[str]:
    """Return the assets that an article's text, standing in `source`, refers to where the edition shows it."""
    if article.source == source and not _withholds(article):
        return {target.source for target in evidence.urls.targets_of(article, "asset").values()}
    targets = article.markdown.targets
    if _withholds(article):
        try:
            text = redact(article, edition)
        except RedactionError:
            return set()
        targets = parse(text, audiences=article.audiences, directives=article.block_words).targets
    places = {article.source, source}
    found = (evidence.urls.resolve(place, href) for place in places for href in targets)
    return {target.source for target in found if target.kind == "asset"}
