"""Key names of existing knowledge bases: `preset = "govuk"` in the configuration stands for these aliases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Preset:
    """How one family of knowledge bases writes its front matter.

    `aliases` maps their key to ours; `known` are keys that mean something there and nothing here (a trailing `*` stands
    for any ending); `date_style` is how dates are written; `directives` are words after `:::` that are not audiences;
    `placeholders` maps a template expression in an article's text to the key whose value stands for it.
    """

    aliases: Mapping[str, str] = field(default_factory=dict)
    known: tuple[str, ...] = ()
    date_style: str = "iso"
    directives: tuple[str, ...] = ()
    placeholders: Mapping[str, str] = field(default_factory=dict)


PRESETS: Mapping[str, Preset] = {
    # alphagov/tech-docs-gem, "page expiry and review" and "frontmatter" in its manual.
    "govuk": Preset(
        aliases={"owner_slack": "owners", "old_paths": "redirect_from"},
        known=(
            "layout", "weight", "parent", "section", "type", "source_url", "hide_in_navigation", "show_expiry",
            "show_review_banner", "owner_slack_workspace", "hide_page_review", "google_site_verification", "prevent_indexing",
        ),
        date_style="short",
        placeholders={"<%= current_page.data.title %>": "title"},
    ),
    # learn.microsoft.com/contribute, "metadata": ms.date is written month first.
    "microsoft": Preset(
        aliases={
            "ms.date": "last_reviewed_on", "ms.update-cycle": "review_in", "ms.author": "owners",
            "ms.service": "product_areas",
        },
        known=(
            "ms.*", "author", "manager", "redirect_url",
            "services", "keywords", "zone_pivot_groups", "no-loc", "monikerRange", "f1_keywords",
            "helpviewer_keywords", "dev_langs", "uid", "layout", "schema", "online version", "Module Name",
            "external help file", "Locale", "titleSuffix", "ai-usage", "feedback_*",
        ),
        date_style="us",
    ),
    # docusaurus.io, "Markdown front matter"; last_update is the date of an edit, not of a review.
    "docusaurus": Preset(
        aliases={"authors": "owners"},
        known=(
            "id", "slug", "sidebar_*", "pagination_*", "displayed_sidebar", "hide_title", "hide_table_of_contents",
            "toc_min_heading_level", "toc_max_heading_level", "keywords", "image", "custom_edit_url", "parse_number_prefixes",
            "last_update", "unlisted", "date",
        ),
        directives=("note", "tip", "info", "warning", "danger", "caution", "important", "details"),
    ),
    # gohugo.io, "front matter": expiryDate is a hard end there as well.
    "hugo": Preset(
        aliases={"aliases": "redirect_from", "expiryDate": "expires", "author": "owners", "authors": "owners",
                 "reviewed": "last_reviewed_on"},
        known=(
            "date", "lastmod", "publishDate", "linkTitle", "weight", "slug", "url", "type", "layout", "menu", "menus",
            "categories", "keywords", "summary", "images", "cascade", "build", "_build", "headless", "params", "outputs",
            "isCJKLanguage", "markup", "translationKey", "videos", "resources", "sitemap", "toc",
        ),
    ),
}
