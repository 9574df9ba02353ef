"""Material's words in the language of a site, looked up once.

Each page asks for some forty of them (`lang.t("search")`), and each time Material's templates make all words of two languages.
What they answer depends on the language of the theme alone.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import ChoiceLoader, DictLoader

if TYPE_CHECKING:
    import jinja2
    from mkdocs.config.defaults import MkDocsConfig

_LANGUAGE, _OWN = "partials/language.html", "kbtool-words/material.html"


def look_up_once(env: jinja2.Environment, config: MkDocsConfig, theme: Path) -> None:
    """Take the place of the template that looks words up, if it is that of the folder `theme`, and not one of the site."""
    assert env.loader is not None  # noqa: S101 - MkDocs has given it one
    source, file, _ = env.loader.get_source(env, _LANGUAGE)
    if file is None or Path(file) != theme / _LANGUAGE:
        return
    env.loader = ChoiceLoader([DictLoader({_LANGUAGE: "{% set t = kbtool_word %}", _OWN: source}), env.loader])
    words: Any = env.get_template(_OWN).make_module({"config": config})
    env.globals["kbtool_word"] = cache(words.t)
