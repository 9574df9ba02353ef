"""Tests of kbtool.presets: a realistic article of each family, under its own names."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from kbtool.config import Config
from kbtool.dates import Interval
from kbtool.front_matter import KEYS, THEME_KEYS
from kbtool.presets import PRESETS
from kbtool.testing import article

GOVUK = """---
owner_slack: "#govuk-platform-support"
title: Deploy an application
description: How to deploy from the release app
section: Deployment
layout: manual_layout
parent: "/manual.html"
type: learn
weight: 10
last_reviewed_on: 2026-06-01
review_in: 6 months
old_paths:
  - /manual/deploying.html
---

# <%= current_page.data.title %>

Use the release app.
"""

MICROSOFT = """---
title: Quickstart - Create a storage account
titleSuffix: Azure Storage
description: Learn to create a storage account.
services: storage
author: octocat
manager: hubot
ms.author: octocat
ms.service: azure-storage
ms.topic: quickstart
ms.date: 03/04/2026
ms.update-cycle: 180-days
ms.custom: devx-track-azurepowershell, mode-api
no-loc: [Azure]
f1_keywords: [storage]
---

# Quickstart

> [!NOTE]
> Text.
"""

DOCUSAURUS = """---
id: export
slug: /billing/export
title: Export invoices
sidebar_label: Export
sidebar_position: 3
pagination_next: null
hide_table_of_contents: true
keywords: [billing, export]
authors: [ana]
tags: [billing]
draft: false
last_update: {date: 2026-01-02, author: ben}
---

:::tip[Did you know]

Text.

:::

::::warning
:::internal
Secret.
:::
::::
"""

HUGO = """---
title: "Export invoices"
linkTitle: "Export"
date: 2024-01-05T10:00:00+02:00
lastmod: 2026-01-05
publishDate: 2024-01-05
expiryDate: 2027-01-31
reviewed: 2026-09-30
author: ana
weight: 20
aliases:
  - /old/export/
menu: main
categories: [billing]
keywords: [export]
draft: true
---

Text.
"""


def test_govuk() -> None:
    """GOV.UK's tech-docs: the Slack channel owns the page, old paths are redirects, and the title's expression is the title."""
    found = article(GOVUK, config='preset = "govuk"')
    front_matter = found.front_matter
    assert found.problems == ()
    assert front_matter.owners == ("#govuk-platform-support",)
    assert (front_matter.last_reviewed_on, front_matter.review_in) == (dt.date(2026, 6, 1), Interval(6))
    assert front_matter.redirect_from == ("/manual/deploying.html",)
    assert found.markdown.first_heading == "Deploy an application"


def test_microsoft() -> None:
    """Microsoft Learn: `ms.date` is written month first, its cycle is the interval, and `ms.*` is known."""
    found = article(MICROSOFT, config='preset = "microsoft"')
    front_matter = found.front_matter
    assert found.problems == ()
    assert (front_matter.owners, front_matter.product_areas) == (("octocat",), ("azure-storage",))
    assert (front_matter.last_reviewed_on, front_matter.review_in) == (dt.date(2026, 3, 4), Interval(0, 180))


def test_docusaurus() -> None:
    """Docusaurus: authors own the page, its admonitions are no regions, and a region inside one still is."""
    found = article(DOCUSAURUS, config='preset = "docusaurus"')
    assert found.problems == ()
    assert (found.front_matter.owners, found.front_matter.last_reviewed_on) == (("ana",), None)
    assert found.markdown.region_problems == ()
    assert [region.audience for region in found.markdown.regions] == ["internal"]


def test_hugo() -> None:
    """Hugo: `expiryDate` is a hard end, aliases are redirects, and a draft is work in progress."""
    found = article(HUGO, config='preset = "hugo"')
    front_matter = found.front_matter
    assert found.problems == ()
    assert (front_matter.expires, front_matter.last_reviewed_on) == (dt.date(2027, 1, 31), dt.date(2026, 9, 30))
    assert (front_matter.owners, front_matter.redirect_from) == (("ana",), ("/old/export/",))
    assert front_matter.state == "work-in-progress"


@pytest.mark.parametrize(("text", "name"), [(GOVUK, "govuk"), (MICROSOFT, "microsoft"), (DOCUSAURUS, "docusaurus"), (HUGO, "hugo")])
def test_without_its_preset_the_names_are_unknown(text: str, name: str) -> None:
    """The same article without the preset has unknown keys: a preset is a choice, not a guess."""
    assert name in PRESETS
    assert any(problem.message.startswith("unknown key") for problem in article(text).problems)


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_maps_to_keys_that_exist(name: str) -> None:
    """Every alias leads to a key of ours and from a key that is not, and nothing is both alias and known."""
    preset = PRESETS[name]
    assert set(preset.aliases.values()) <= KEYS
    assert set(preset.placeholders.values()) <= KEYS
    assert not set(preset.aliases) & (KEYS | THEME_KEYS | set(preset.known))
    assert not set(preset.known) & KEYS
    assert preset.date_style in ("iso", "short", "us")


def test_the_configurations_own_aliases_go_before_the_presets() -> None:
    """A site may map a key of its preset to something else."""
    config = Config(root=Path(), preset="hugo", aliases={"author": "last_reviewed_by"})
    assert config.key_aliases["author"] == "last_reviewed_by"
    assert config.key_aliases["aliases"] == "redirect_from"
