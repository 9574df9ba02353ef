"""Makes a new knowledge base, or a new article, from the templates that come with kbtool."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import re
import unicodedata
from collections.abc import Sequence
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path, PurePosixPath

from jinja2 import Environment, StrictUndefined

from kbtool.config import Config, did_you_mean
from kbtool.errors import UsageError
from kbtool.files import write_atomic
from kbtool.front_matter import CONTENT_TYPES
from kbtool.git import Git, GitError

#: Names that a wheel cannot carry as they are.
_RENAMED = {"gitignore": ".gitignore", "keep": ".gitkeep"}
_STAGE = ".kbtool/stage/public/docs/.gitignore"  #: keeps the folder that mkdocs.yml names, in git as well


def init(folder: Path, name: str, today: dt.date) -> list[str]:
    """Make a knowledge base in a new or empty folder; return the files made, relative to it.

    A folder that no git repository holds becomes one: without history nobody can say what has changed.

    Raises:
        UsageError: the folder holds something already.
    """
    if folder.exists() and (not folder.is_dir() or any(path.name != ".git" for path in folder.iterdir())):
        raise UsageError(f"{str(folder)!r} exists and is not empty", kind="not-empty",
                         hint="choose a new folder; to adopt existing articles, add [tool.kbtool] to their pyproject.toml")
    files = {path: _render(text, name=name, today=today) for path, text in _templates("init").items()}
    files[_STAGE] = "*\n!.gitignore\n"
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(target, text.encode("utf-8", "replace"))
    with contextlib.suppress(GitError):  # without git, `kbtool check --no-git` judges by dates
        if Git(folder).ask("rev-parse", "--show-toplevel") is None:
            Git(folder).run("init", "--quiet", "--initial-branch=main")
    return sorted(files)


def new(  # noqa: PLR0913 - one keyword for each key of the front matter
    config: Config, title: str, content_type: str, *, folder: str = "", owners: Sequence[str] = (), areas: Sequence[str] = (),
    audience: str | None = None,
) -> str:
    """Make an article from the template of its content type; return its path.

    It is work in progress, without a review, until somebody finishes it.

    Raises:
        UsageError: the type or audience does not exist, the folder leads out, or the file is there already.
    """
    if content_type not in CONTENT_TYPES:
        raise UsageError(f"--type: {content_type!r} is no content type{did_you_mean(content_type, CONTENT_TYPES)}",
                         kind="no-such-type", hint=f"one of {', '.join(CONTENT_TYPES)}")
    if audience and audience not in config.audiences:
        raise UsageError(f"--audience: {audience!r} is no audience{did_you_mean(audience, config.audiences)}",
                         kind="no-such-audience", hint=f"one of {', '.join(sorted(config.audiences))}")
    inside = PurePosixPath(folder)
    if inside.is_absolute() or ".." in inside.parts:
        raise UsageError(f"--in: {folder!r} is not inside the content folder", kind="path-escape")
    path = config.root / config.content / inside / f"{slug(title)}{config.suffixes[0]}"
    if path.exists():
        raise UsageError(f"{path.relative_to(config.root)} exists already", kind="exists", hint="choose another title")
    text = _render(
        _templates("new")["front_matter.md"] + _templates("new")[f"{content_type}.md"], title=title,
        content_type=content_type, owners=list(owners), areas=list(areas), audience=audience or "internal",
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, text.encode("utf-8", "replace"))
    return path.relative_to(config.root).as_posix()


def slug(title: str) -> str:
    """Return the file name for a title: plain letters, digits and hyphens, at most 80.

    Raises:
        UsageError: nothing of the title can be in a file name.
    """
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    made = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:80].rstrip("-")
    if not made:
        raise UsageError(f"the title {title!r} gives no file name", kind="bad-title", hint="use some letters or digits")
    return made


def _render(text: str, **values: object) -> str:
    made = Environment(undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False)  # noqa: S701 - not HTML
    made.filters["yaml"] = lambda value: json.dumps(value, ensure_ascii=False)
    return made.from_string(text).render(**values)


def _templates(kind: str) -> dict[str, str]:
    return dict(_walk(resources.files("kbtool") / "templates" / kind, ""))


def _walk(folder: Traversable, inside: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for entry in folder.iterdir():
        path = f"{inside}{_RENAMED.get(entry.name, entry.name)}".removesuffix(".jinja")
        found += _walk(entry, f"{path}/") if entry.is_dir() else [(path, entry.read_text("utf-8"))]
    return found
