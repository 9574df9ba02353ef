"""All facts that checks may use, gathered before any of them runs, and frozen."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from kbtool.articles import Article, Content, load_articles
from kbtool.config import Config, did_you_mean
from kbtool.editions import Edition, load_editions
from kbtool.errors import UsageError
from kbtool.registers import Owner, ProductArea, load_owners, load_product_areas
from kbtool.site_config import SiteConfig, load_site_config, slugger
from kbtool.styles import style_references
from kbtool.urls import UrlMap


@dataclass(frozen=True)
class Evidence:
    """What is known on one day about one knowledge base.

    `owners` and `product_areas` are None where there is no register, which is not the same as an empty one.
    """

    today: dt.date
    config: Config
    site: SiteConfig
    content: Content
    owners: Mapping[str, Owner] | None = None
    product_areas: Mapping[str, ProductArea] | None = None
    styles: Mapping[str, frozenset[str]] = field(default_factory=dict)  #: style sheet → the assets that it refers to

    @property
    def articles(self) -> tuple[Article, ...]:
        """Return all articles, sorted by path."""
        return self.content.articles

    @cached_property
    def urls(self) -> UrlMap:
        """Return where everything lives and what links lead to."""
        return UrlMap(self.content, self.site)

    @cached_property
    def editions(self) -> dict[str, Edition]:
        """Return the editions by name."""
        return load_editions(self.config)

    def edition(self, name: str) -> Edition:
        """Return the edition of that name; raises UsageError with the nearest one."""
        if name not in self.editions:
            raise UsageError(f"no edition is called {name!r}{did_you_mean(name, self.editions)}", kind="no-such-edition",
                             hint=f"one of {', '.join(self.editions)}")
        return self.editions[name]


def gather(config: Config, today: dt.date) -> Evidence:
    """Read everything that checks need.

    Raises:
        ConfigError: the configuration, a register or `mkdocs.yml` cannot be used.
    """
    site = load_site_config(config)
    content = load_articles(config, slugger(site))
    return Evidence(
        today=today, config=config, site=site, content=content, owners=load_owners(config),
        product_areas=load_product_areas(config), styles=style_references(config, content),
    )
