"""What `kbtool impact` says: for people, for programs, and as a comment on a pull request."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from urllib.parse import quote

from kbtool.changes import ChangedFile
from kbtool.impact import Affected, Impact, Touch
from kbtool.reports.markdown_text import code, escaped
from kbtool.reports.text import visible

SCHEMA_VERSION = 1
MARK = "<!-- kbtool impact -->"  #: the first line of a comment, by which a workflow finds the one to replace
_SHOWN = 10  #: files that a report for people names at once
_LONGEST = 60_000  #: characters of a comment; GitHub takes 65,536
_NOTE = "A tick: the article was changed as well."



def render(impact: Impact, form: str, links: str = "") -> str:
    """Return a report: text, json or markdown.

    Args:
        impact: what there is to say.
        form: how.
        links: the address of the repository's files, for links in Markdown; without one they are relative to its top.
    """
    forms: dict[str, Callable[[Impact], str]] = {
        "text": _text, "json": _json, "markdown": lambda impact: _markdown(impact, f"{links.rstrip('/')}/" if links else ""),
    }
    return forms[form](impact)


def _json(impact: Impact) -> str:
    """Return one JSON document.

    Its keys: `schema_version`; `base` and `head`, the ids of the commits (`head` is null for the work tree); `articles`, each
    with `path`, `title`, `owners`, `touched` (it was changed as well) and `files`; `uncovered`, by `area`, the `files` of its
    code that no article covers; `unknown`, the paths of articles of which nobody can tell what they cover; `summary`, with the
    counts `files`, `articles`, `untouched` (articles that the change left as they are), `uncovered` and `unknown`. A file has
    `path`, `old_path` (of a renamed one, else null) and `status`; below an article also the `glob` that covers it.
    """
    document = {
        "schema_version": SCHEMA_VERSION,
        "base": impact.span.base,
        "head": impact.span.head or None,
        "articles": [
            {
                "path": one.article.path, "title": one.article.title, "owners": list(one.owners), "touched": one.touched,
                "files": [{**_file(touch.file), "glob": touch.glob} for touch in one.touches],
            } for one in impact.affected
        ],
        "uncovered": [{"area": area, "files": [_file(file) for file in files]} for area, files in impact.uncovered.items()],
        "unknown": [article.path for article in impact.unknown],
        "summary": {
            "files": len(impact.files), "articles": len(impact.affected), "untouched": impact.untouched,
            "uncovered": impact.uncovered_files, "unknown": len(impact.unknown),
        },
    }
    return json.dumps(document, indent=2) + "\n"


def _file(file: ChangedFile) -> dict[str, str | None]:
    return {"path": file.path, "old_path": file.old_path or None, "status": file.status}


def _text(impact: Impact) -> str:
    blocks = []
    for owner, articles in impact.by_owner().items():
        name = impact.owner_name(owner)
        lines = [visible(f"{name} ({owner})" if owner and name != owner else name)]
        for one in articles:
            also = "  (changed as well)" if one.touched else ""
            lines.append(f"  {visible(one.article.path)}  {visible(one.article.title)}{also}")
            lines += [f"    {line}" for line in _cut([_touch(touch) for touch in one.touches])]
        blocks.append("\n".join(lines))
    for area, files in impact.uncovered.items():
        lines = [f"no article covers, in {visible(impact.area_name(area))}"]
        blocks.append("\n".join([*lines, *(f"    {line}" for line in _cut([visible(_what(file)) for file in files]))]))
    if impact.unknown:
        paths = _cut([visible(article.path) for article in impact.unknown])
        blocks.append("\n".join(["what these cover cannot be read (see `kbtool check`)", *(f"    {path}" for path in paths)]))
    return "\n\n".join([*blocks, _summary(impact)]) + "\n"


def _touch(touch: Touch) -> str:
    by = "" if touch.glob in touch.file.names else f"  ({touch.glob})"
    return visible(f"{_what(touch.file)}{by}")


def _what(file: ChangedFile) -> str:
    return f"{file.path} renamed from {file.old_path}" if file.old_path else f"{file.path} {file.status}"


def _summary(impact: Impact) -> str:
    where = f"between {impact.span.base[:12]} and {impact.span.head[:12] or 'the working tree'}"
    parts = [
        f"{_count(len(impact.affected), 'article')} affected", f"{len(impact.affected) - impact.untouched} changed as well",
        f"{_count(impact.uncovered_files, 'file')} covered by none",
    ]
    return f"{_count(len(impact.files), 'file')} changed {where}: {', '.join(parts)}"


def _cut(lines: Sequence[str]) -> list[str]:
    more = len(lines) - _SHOWN
    return [*lines[:_SHOWN], f"and {more} more"] if more > 0 else list(lines)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


# ---------------------------------------------------------------------------------------------- Markdown


def _markdown(impact: Impact, links: str) -> str:
    count = len(impact.affected)
    verb = "describe" if count > 1 else "describes"
    head = f"### {_count(count, 'article') if count else 'No article'} {verb} what this change touches"
    lines = _within([MARK, head, ""], [*_markdown_articles(impact, links), *_markdown_rest(impact)])
    text = "\n".join(lines).rstrip("\n") + "\n"
    return f"{text}\n{_NOTE}\n" if count else text


def _within(head: list[str], lines: Iterable[str]) -> list[str]:
    """Return as many lines as a comment can hold."""
    left = _LONGEST
    for line in lines:
        left -= len(line) + 1
        if left < 0:
            return [*head, "", "… and more: `kbtool impact` shows all of it."]
        head.append(line)
    return head


def _markdown_articles(impact: Impact, links: str) -> Iterator[str]:
    for owner, articles in impact.by_owner().items():
        yield f"**{escaped(impact.owner_name(owner))}**"
        yield ""
        yield from (_markdown_article(one, links, impact.prefix) for one in articles)
        yield ""


def _markdown_article(one: Affected, links: str, prefix: str) -> str:
    files = ", ".join(_cut([_markdown_touch(touch) for touch in one.touches]))
    target = quote(links, safe=":/?=&%#@+,;~") + quote(os.fsencode(prefix + one.article.path))
    return f"- [{'x' if one.touched else ' '}] [{escaped(one.article.title)}]({target}): {files}"


def _markdown_rest(impact: Impact) -> Iterator[str]:
    if impact.uncovered:
        yield "**Covered by no article**"
        yield ""
        for area, files in impact.uncovered.items():
            yield f"- {escaped(impact.area_name(area))}: {', '.join(_cut([code(file.path) for file in files]))}"
        yield ""
    if impact.unknown:
        yield "**What these articles cover cannot be read**"
        yield ""
        yield from _cut([f"- {code(article.path)}" for article in impact.unknown])


def _markdown_touch(touch: Touch) -> str:
    was = f" (was {code(touch.file.old_path)})" if touch.file.old_path else ""
    by = "" if touch.glob in touch.file.names else f" by {code(touch.glob)}"
    return f"{code(touch.file.path)}{was}{by}"
