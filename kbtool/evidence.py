"""All facts that checks may use, gathered before any of them runs, and frozen."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from kbtool.articles import Article, Content, load_articles
from kbtool.audience_lock import AudienceLock, load_lock
from kbtool.cache import Cache
from kbtool.changes import ChangedFile
from kbtool.config import Config, did_you_mean
from kbtool.editions import Edition, load_editions
from kbtool.errors import KbtoolError, UsageError
from kbtool.history import Opening
from kbtool.registers import Owner, ProductArea, load_owners, load_product_areas
from kbtool.repositories import Repositories
from kbtool.reviews import Reviews
from kbtool.site_config import SiteConfig, load_site_config, slugger
from kbtool.styles import style_references
from kbtool.ticket_evidence import TicketEvidence
from kbtool.ticket_mentions import TicketMentions
from kbtool.tracker_registry import make_trackers
from kbtool.urls import UrlMap


@dataclass(frozen=True)
class Comparison:
    """What the knowledge base was at another commit, and what has changed since.

    `name` is what somebody called that commit, `files` what differs, by path in the repository, in which the knowledge base
    is below `prefix`. `before` is the evidence of then, without history. `waiting` are the commits since that have not landed:
    they are in no main branch. `lacking` holds the paths of articles whose former content this clone leaves out.
    """

    name: str
    base: str
    files: tuple[ChangedFile, ...]
    prefix: str
    before: Evidence
    waiting: frozenset[str] = frozenset()
    lacking: frozenset[str] = frozenset()
    same_settings: bool = False  #: configuration, `mkdocs.yml`, registers and tickets' files are as they were
    notes: tuple[str, ...] = ()  #: what somebody should be told


@dataclass(frozen=True)
class Evidence:
    """What is known on one day about one knowledge base.

    `owners` and `product_areas` are None where there is no register, which is not the same as an empty one.
    """

    today: dt.date
    config: Config
    site: SiteConfig
    content: Content
    urls: UrlMap
    finish: Callable[[Sequence[Article]], Reviews]  #: waits for git, which runs from the start, and judges these articles
    tickets: TicketEvidence
    owners: Mapping[str, Owner] | None = None
    product_areas: Mapping[str, ProductArea] | None = None
    styles: Mapping[str, frozenset[str]] = field(default_factory=dict)  #: style sheet → the assets that it refers to
    lock: AudienceLock | None = None  #: what readers outside may see; None where nobody has written that down
    compared: Comparison | None = None  #: with another commit (`kbtool check --diff`)
    chosen: tuple[Article, ...] | None = None  #: the articles that are to be judged; None for all

    @property
    def articles(self) -> tuple[Article, ...]:
        """Return all articles, sorted by path."""
        return self.content.articles

    @property
    def judged(self) -> tuple[Article, ...]:
        """Return the articles that are to be judged; what the others are is known as well."""
        return self.articles if self.chosen is None else self.chosen

    def narrowed(self, only: Callable[[str], bool]) -> Evidence:
        """Return the same evidence for a run about the articles with these paths; to be asked before anything waits for git."""
        return replace(self, chosen=tuple(article for article in self.articles if only(article.path)))

    @property
    def same_settings(self) -> bool:
        """Return whether this is compared with a commit that had the same configuration, registers and so on."""
        return self.compared is not None and self.compared.same_settings

    @cached_property
    def reviews(self) -> Reviews:
        """Return what is known about the reviews of articles, and of the code that they cover."""
        found = self.finish(self.judged)
        found.waiting = self.compared.waiting if self.compared else frozenset()
        return found

    @cached_property
    def editions(self) -> dict[str, Edition]:
        """Return the editions by name."""
        return load_editions(self.config)

    @cached_property
    def shown_in(self) -> dict[str, tuple[Edition, ...]]:
        """Return the path of each article inside the content folder → the editions that show it."""
        editions = self.editions.values()
        return {article.source: tuple([one for one in editions if one.shows(article)]) for article in self.articles}

    def edition(self, name: str) -> Edition:
        """Return the edition of that name; raises UsageError with the nearest one."""
        if name not in self.editions:
            raise UsageError(f"no edition is called {name!r}{did_you_mean(name, self.editions)}", kind="no-such-edition",
                             hint=f"one of {', '.join(self.editions)}")
        return self.editions[name]


def last_moment(day: dt.date) -> dt.datetime:
    """Return the last moment of a day, UTC."""
    return dt.datetime(day.year, day.month, day.day, 23, 59, 59, 999_999, dt.UTC)


def gather(  # noqa: PLR0913 - one keyword for each thing to read
    config: Config, today: dt.date, cache: Cache | None = None, *, now: dt.datetime | None = None, cached_articles: bool = True,
    git: bool = True, main: Opening | KbtoolError | None = None,
) -> Evidence:
    """Read everything that checks need.

    Args:
        config: the configuration.
        today: the day to judge by.
        cache: what earlier runs have worked out; without one, everything is worked out anew.
        now: the moment to judge by; by default the last one of that day.
        cached_articles: whether articles too may come from there. What a site shows is decided by their files alone.
        git: whether to read history; without it, checks that need it are left out.
        main: that of `start_main`, where reading has been started before.

    Raises:
        ConfigError: the configuration, a register or `mkdocs.yml` cannot be used.
    """
    cache = cache or Cache(None)
    repositories = Repositories(config, cache, main) if git else None
    site = load_site_config(config)
    content = load_articles(config, slugger(site), cache, from_cache=cached_articles)
    urls = UrlMap(content, site)
    trackers = make_trackers(config)

    def finish(judged: Sequence[Article]) -> Reviews:
        if repositories is None:
            return Reviews(content.articles, urls, config, wanted=False)
        content.keep()  # git is not ready yet
        return repositories.finish(today, content.articles, urls, judged)

    return Evidence(
        today=today, config=config, site=site, content=content, urls=urls, finish=finish, owners=load_owners(config),
        tickets=TicketEvidence(config, trackers, now or last_moment(today), TicketMentions(trackers, config, cache)),
        product_areas=load_product_areas(config), styles=style_references(config, content), lock=load_lock(config),
    )
