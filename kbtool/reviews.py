"""What is known about the review of each article: its seal, and what has changed since, in its words and in its code.

Nothing here judges: checks read these facts and say what they mean. What cannot be known is in `unknown`, with its reason.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain

from kbtool.article_history import ArticleHistories, Review
from kbtool.articles import Article, with_content
from kbtool.config import Config
from kbtool.covers import MAIN, Code, Glob, parse_covers
from kbtool.history import History, Unproven, without_ways_back
from kbtool.review_evidence import Change, Ignored, Pair, ReviewEvidence, change_of, label, merged, who
from kbtool.sealed_code import by_repository, day_base, find_sealed
from kbtool.signatures import Seal, asset_paths, included, read_seal, sign_code, sign_review, sign_text
from kbtool.unsealed_text import brought_since, edits_since
from kbtool.urls import UrlMap


@dataclass
class Reviews:
    """The evidence about all reviews.

    Args:
        articles: all of them.
        urls: where their links lead.
        config: the configuration.
        code: the repositories that can be read, by name; `MAIN` is that of the knowledge base.
        missing: why others cannot be read, by name.
        histories: those of the articles, where `MAIN` can be read.
        prefix: the path of the knowledge base inside its repository, with a slash, or "".
        wanted: False where the user does without history; no check may then speak of it.
        judged: the articles that are to be judged; the others are asked for only where these need them.
        waiting: ids of commits that have not landed: they are on a branch, and this run is about it.
    """

    articles: Sequence[Article]
    urls: UrlMap
    config: Config
    code: Mapping[str, Code] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    histories: ArticleHistories | None = None
    prefix: str = ""
    wanted: bool = True
    notes: tuple[str, ...] = ()
    lines: dict[Pair, tuple[int, int]] = field(default_factory=dict)  #: pair → lines added and removed
    judged: Sequence[Article] = ()
    waiting: frozenset[str] = frozenset()
    _found: dict[str, ReviewEvidence] = field(default_factory=dict)
    _globs: dict[tuple[str, ...], tuple[Glob, ...]] = field(default_factory=dict)
    _idle: dict[tuple[Glob, ...], tuple[tuple[int, ...], str]] = field(default_factory=dict)
    _changed: dict[tuple[str, tuple[Glob, ...], int], tuple[Change | None, tuple[str, ...]]] = field(default_factory=dict)

    @property
    def main(self) -> History | None:
        """Return the history of the knowledge base, or None where it cannot be read."""
        return self.code[MAIN].history if MAIN in self.code else None

    def of(self, article: Article) -> ReviewEvidence:
        """Return what is known about the review of an article; worked out once."""
        if article.path not in self._found:
            self._found[article.path] = self._judge(article)
        return self._found[article.path]

    def globs(self, article: Article) -> tuple[Glob, ...]:
        """Return what an article covers."""
        covers = article.front_matter.covers
        if covers not in self._globs:  # articles often share them
            self._globs[covers] = parse_covers(covers, self.config.repositories)
        return self._globs[covers]

    @cached_property
    def _shared(self) -> Counter[str]:
        """Count how many articles have each seal."""
        return Counter(" ".join(seal.split()) for article in self.articles if (seal := article.front_matter.review_seal))

    def _judge(self, article: Article) -> ReviewEvidence:
        day, globs = article.front_matter.last_reviewed_on, self.globs(article)
        nothing, unknown = self._nothing(globs)
        seal, void = self.seal(article)
        if day is None or self.histories is None:
            return ReviewEvidence(void=void, nothing=nothing, code_unknown=unknown)
        try:
            sealed = article.front_matter.review_seal if seal else None
            review, why = self.histories.review(self.prefix + article.path, day, sealed), ""
        except Unproven as error:
            review, why = None, str(error)
        found = _Judge(self, article, globs, review, why, seal)
        code, text = found.code(), found.text()
        return ReviewEvidence(review, seal, void, text, code, tuple(found.ignored), found.text_unknown,
                              unknown or found.code_unknown, nothing)

    def _nothing(self, globs: tuple[Glob, ...]) -> tuple[tuple[int, ...], str]:
        """Return the entries that match no file, and why others cannot be told, if so."""
        if globs not in self._idle:
            self._idle[globs] = self._find_nothing(globs)
        return self._idle[globs]

    def _find_nothing(self, globs: Sequence[Glob]) -> tuple[tuple[int, ...], str]:
        found, unknown = [], ""
        for number, one in enumerate(globs):
            code = self.code.get(one.repository)
            if code is None:
                unknown = self.missing.get(one.repository, "the repository cannot be read")
            elif not one.exclude and code.matching(one.glob).isdisjoint(code.tree.paths):
                found.append(number)
        return tuple(found), unknown

    def seal(self, article: Article) -> tuple[Seal | None, str]:
        """Return the seal of an article, if it is one of this review, else why it is void ("" where there is none)."""
        written = article.front_matter.review_seal
        if not written:
            return None, ""
        seal = read_seal(written)
        if seal is None:
            return None, "it is no seal that this version of kbtool knows"
        if self._shared[" ".join(written.split())] > 1:
            return None, "another article has the same seal"
        if seal.review != sign_review(article):
            return None, "date, reviewer, interval, covers, tickets, evergreen or expiry are not those of the review"
        return seal, ""

    def changed(self, name: str, globs: tuple[Glob, ...], base: int) -> tuple[Change | None, tuple[str, ...]]:
        """Return what changed after a landing under globs of one repository, and the landings that do not count.

        Articles often share what they cover and when they were reviewed, so it is worked out once for all of them.
        """
        key = name, globs, base
        if key not in self._changed:
            code = self.code[name]
            files, ignored = code.changed(globs, base), code.history.ignored
            counting = [file for file in files if file.uncommitted or not ignored.issuperset(file.landings)]
            left_out = sorted({number for file in files for number in file.landings} & ignored) if ignored else []
            change = change_of(name, code, counting, base, globs) if counting else None
            self._changed[key] = change, tuple(code.history.line.landings.ids[number] for number in left_out)
        return self._changed[key]

    def states(self, globs: Iterable[Glob]) -> dict[str, str]:
        """Return the covered files (those of other repositories as `name:path`) and their states.

        Raises:
            Unproven: a repository is not there.
        """
        found: dict[str, str] = {}
        for name, mine in by_repository(globs):
            if name not in self.code:
                raise Unproven(self.missing.get(name, f"there is no repository {name!r}"))
            found |= {label(name, path): state for path, state in self.code[name].present(mine).items()}
        return found

    def assets(self, article: Article) -> dict[str, str]:
        """Return the states of the assets that an article shows, itself or by what it includes, by path."""
        paths = [path for shown in (article, *included(article, self.urls)) for path in asset_paths(shown, self.urls)]
        states = self.code[MAIN].tree.states([self.prefix + path for path in paths]) if paths else {}
        return {path.removeprefix(self.prefix): state for path, state in states.items()}

    def landed(self, article: Article) -> dt.date | None:
        """Return the day on which an article landed; None where it has not, or has not even been committed.

        Raises:
            Unproven: that cannot be told.
        """
        if self.histories is None or self.main is None:
            raise Unproven(self.missing.get(MAIN, "history was not read"))
        number = self.histories.first_landing(self.prefix + article.path)
        if number is None or self.main.line.landings.ids[number] in self.waiting:
            return None
        day = self.main.landed_on(number)
        if day is None:
            raise Unproven("the landing that brought it has no date")
        return day

    def changed_on(self, article: Article) -> dt.date | None:
        """Return the day of the last substantive change of an article; None where that is not known."""
        return self.histories.changed_on(self.prefix + article.path) if self.histories else None

    @cached_property
    def bulk(self) -> dict[str, tuple[str, int]]:
        """Return article's path → (commit, how many articles' dates it moved), for judged articles whose date it moved."""
        if self.histories is None or self.main is None:
            return {}
        mine = self._dates_moved(self.judged)
        landings, judged = set(mine.values()), {article.path for article in self.judged}
        others = [article for article in self.articles if article.path not in judged and self._has_version(article, landings)]
        counts = Counter(mine.values()) + Counter(self._dates_moved(others).values())
        ids = self.main.line.landings.ids
        return {path: (ids[landing], counts[landing]) for path, landing in mine.items()}

    def _dates_moved(self, articles: Iterable[Article]) -> dict[str, int]:
        """Return the landing that moved the date of each of these articles, where one did."""
        reviews = ((article, self.of(article).review) for article in articles)
        return {article.path: review.landing for article, review in reviews
                if review and review.commit and self._moved(article, review.landing)}

    def _has_version(self, article: Article, landings: Container[int]) -> bool:
        """Return whether one of these landings changed an article."""
        versions = self.histories.versions(self.prefix + article.path) if self.histories else ()
        return any(version.number in landings for version in versions)

    def _moved(self, article: Article, landing: int) -> bool:
        """Return whether a landing gave an article that was there before another date."""
        if self.histories is None:
            return False
        versions = self.histories.versions(self.prefix + article.path)
        before = [version.blob for version in versions if version.number < landing and version.blob]
        after = [version.blob for version in versions if version.number == landing and version.blob]
        facts = [self.histories.facts.get(blobs[-1]) for blobs in (before, after) if blobs]
        return len(facts) == 2 and None not in facts and len({fact.reviewed_on for fact in facts if fact}) == 2


class _Judge:
    """Works out what changed since one review."""

    def __init__(  # noqa: PLR0913, PLR0917 - what is known so far
        self, reviews: Reviews, article: Article, globs: tuple[Glob, ...], review: Review | None, why: str, seal: Seal | None,
    ) -> None:
        self.reviews, self.article, self.globs, self.review, self.why, self.seal = reviews, article, globs, review, why, seal
        self.text_unknown = self.code_unknown = ""
        self.sealed_at: dict[str, int] | None = None  #: repository -> landing after which the code was just what the seal signs
        self.ignored: list[Ignored] = []

    @property
    def _day(self) -> dt.date | None:
        return self.article.front_matter.last_reviewed_on

    # ------------------------------------------------------------------------------------------ code

    def code(self) -> Change | None:
        """Return what changed in the covered code, if anything that counts."""
        if not self.globs:
            return None
        broken = False
        try:
            if self.seal is not None:
                broken = sign_code(self.reviews.states(self.globs)) != self.seal.code
                if not broken:
                    return None
                if self.review:
                    self.sealed_at = find_sealed(self.seal, self.globs, self.reviews.code, self.review, self._day)
            found = [change for name, globs in by_repository(self.globs) for change in self._in_repository(name, globs)]
        except Unproven as error:
            if broken:
                return Change()
            self.code_unknown = str(error)
            return None
        if broken and self.sealed_at is None and self._never_was(found):
            return Change()
        return merged(found) if found else None

    def _never_was(self, found: Sequence[Change]) -> bool:
        """Return whether the code of the seal was not there when the review landed, for which no later landing begins a grace."""
        review = self.review
        if not found or review is None or not review.commit or any(one.repository != MAIN for one in self.globs):
            return not found
        numbers = self.reviews.code[MAIN].history.line.landings.numbers
        return all(numbers[one] > review.landing for change in found for one in change.oldest)

    def _in_repository(self, name: str, globs: Sequence[Glob]) -> Iterator[Change]:
        code = self.reviews.code.get(name)
        if code is None:
            raise Unproven(self.reviews.missing.get(name, f"there is no repository {name!r}"))
        change, left_out = self.reviews.changed(name, tuple(globs), self._base(name, code.history))
        if left_out:
            self.ignored.append(Ignored("code", left_out))
        if change:
            yield change

    def _base(self, name: str, history: History) -> int:
        """Return the landing from which on changes are since the review."""
        if self.sealed_at is not None:
            return self.sealed_at[name]
        if name == MAIN:
            if self.review is None:
                raise Unproven(self.why)
            return self.review.base
        base = day_base(self.reviews.code[name], self._day)
        if history.is_cut and base < 0:
            raise Unproven(f"the history of {name} is cut off at {history.line.landings.ids[0][:12]}")
        return base

    # ------------------------------------------------------------------------------------------ text

    def text(self) -> Change | None:
        """Return what changed in the words of the article, if anything that counts."""
        try:
            return self._sealed_text(self.seal) if self.seal else self._unsealed_text()
        except Unproven as error:
            self.text_unknown = str(error)
            return None

    def _sealed_text(self, seal: Seal) -> Change | None:
        reviews = self.reviews
        if sign_text(self.article, reviews.urls, reviews.assets(self.article)) == seal.text:
            return None
        shown = [self.article, *included(self.article, reviews.urls)]
        paths = [reviews.prefix + path for one in shown for path in (one.path, *asset_paths(one, reviews.urls))]
        found = self._text_change(paths, self._since_review(paths))
        return Change(tuple(paths)) if found is None and not self._landed_whole(seal) else found

    def _landed_whole(self, seal: Seal) -> bool:
        """Return whether the words that landed with the review were those of its seal."""
        histories, review = self.reviews.histories, self.review
        if histories is None or review is None:
            return False
        versions = histories.versions(self.reviews.prefix + self.article.path)
        blobs = {self.article.path: next((one.blob for one in reversed(versions) if one.number <= review.landing), "")}
        others = included(self.article, self.reviews.urls)
        blobs |= {one.path: self._state_then(one.path, review)[7:] for one in others}
        content = dict(histories.history.git.blobs(filter(None, blobs.values())))
        then = {
            one.path: with_content(self.reviews.config, one, raw) for one in (self.article, *others)
            if (raw := content.get(blobs[one.path])) is not None
        }
        urls = self.reviews.urls
        if others:
            articles = tuple(then.get(one.path, one) for one in self.reviews.articles)
            urls = UrlMap(replace(urls.content, articles=articles), urls.site)
        article = then.get(self.article.path)
        return article is not None and sign_text(article, urls, self._assets_then(article, urls, review)) == seal.text

    def _assets_then(self, article: Article, urls: UrlMap, review: Review) -> dict[str, str]:
        paths = [path for one in (article, *included(article, urls)) for path in asset_paths(one, urls)]
        return {path: self._state_then(path, review) for path in paths}

    def _state_then(self, path: str, review: Review) -> str:
        return self.reviews.code[MAIN].history.state_at(self.reviews.prefix + path, review.landing)

    def _since_review(self, paths: Sequence[str]) -> list[int]:
        """Return the landings after the review that touched any of these paths."""
        histories, review = self.reviews.histories, self.review
        if histories is None or review is None:
            return []
        history, (base, landing) = histories.history, (review.base, review.landing)
        steps = [(version.number, version.blob) for version in histories.versions(paths[0]) if version.number > base]
        reviewed = next((blob for number, blob in reversed(steps) if number <= landing), "")
        found = {number for number, _ in steps if number < landing}
        found.update(without_ways_back(reviewed, (step for step in steps if step[0] > landing)))
        for path in paths[1:]:
            found.update(number for number in history.landings_of(path, base) if number < landing)
            found.update(history.causes_of(path, landing))
        return sorted(found)

    def _unsealed_text(self) -> Change | None:
        histories, review = self.reviews.histories, self.review
        if review is None or histories is None:
            raise Unproven(self.why)
        if not review.commit:
            return None
        prefix, uncommitted = self.reviews.prefix, self.reviews.code[MAIN].uncommitted
        path = prefix + self.article.path
        edits = edits_since(histories, path, review, self._body_now(self.article, histories))
        changed = {} if edits is None else {path: edits}
        bodies = {prefix + one.path: self._body_now(one, histories) for one in included(self.article, self.reviews.urls)}
        assets = {prefix + name: state for name, state in self.reviews.assets(self.article).items()}
        if bodies or assets:
            changed |= brought_since(histories, review, bodies, assets)
        landings = sorted({*chain.from_iterable(changed.values())})
        return self._text_change([*changed], landings) if landings or not uncommitted.isdisjoint(changed) else None

    def _body_now(self, article: Article, histories: ArticleHistories) -> str:
        """Return the digest of an article's body in the work tree."""
        path = self.reviews.prefix + article.path
        if path in self.reviews.code[MAIN].uncommitted:
            return histories.reader.read(article.text.encode("utf-8", "surrogateescape")).body
        return histories.body_at(path, histories.history.newest)

    def _text_change(self, paths: Sequence[str], landings: Sequence[int]) -> Change | None:
        """Return the change of these paths by these landings, unless none of them counts."""
        code = self.reviews.code[MAIN]
        uncommitted = tuple(path for path in paths if path in code.uncommitted)
        counting = [number for number in landings if number not in code.history.ignored]
        if landings and not counting and not uncommitted:
            self.ignored.append(Ignored("text", tuple(code.history.line.landings.ids[number] for number in landings)))
            return None
        base = self.review.base if self.review else -1
        command = code.diff_command(base, paths, ())
        return Change(tuple(paths), len(counting), *who(code.history, counting), uncommitted, command=command)
