"""What `kbtool covers suggest` says: for people, and for programs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from kbtool.evidence import Evidence
from kbtool.reports.text import visible
from kbtool.suggest import Gap, Proposal, Suggestion

SCHEMA_VERSION = 1
_BRIEF = 3  #: suggestions for each article of a long list
_PLAIN = re.compile(r"[A-Za-z_./][\w./@+-]*")  #: what YAML takes for text without quotes
_WORDS = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})


def suggestions_text(proposals: Sequence[Proposal], *, brief: bool = False) -> str:
    """Return the suggestions for articles as text; `brief` shows the best few of each."""
    blocks = ["\n".join(_article(one, _BRIEF if brief else len(one.suggestions))) for one in proposals]
    return "\n\n".join(blocks) + "\n"


def _article(one: Proposal, most: int) -> Iterator[str]:
    yield visible(f"{one.article.path}  {one.article.title}")
    width = max((len(visible(each.glob)) for each in one.suggestions[:most]), default=0)
    for each in one.suggestions[:most]:
        yield f"  {each.points:>3}  {visible(each.glob):<{width}}  {'; '.join(each.reasons)}"
    if not one.suggestions:
        yield "  nothing more: it names no code, and none changed with it"
    elif one.entries != one.article.front_matter.covers:
        yield f"\n  {covers_line(one.entries)}"
    else:
        yield "  (not sure enough for a line)"


def covers_line(entries: Sequence[str]) -> str:
    """Return the line for the front matter."""
    return f"covers: [{', '.join(map(_quoted, entries))}]"


def _quoted(entry: str) -> str:
    return entry if _PLAIN.fullmatch(entry) and entry.lower() not in _WORDS else json.dumps(entry)


def missing_text(proposals: Sequence[Proposal], gaps: Sequence[Gap], evidence: Evidence) -> str:
    """Return the articles that should cover something, and the code that no article covers."""
    blocks = [suggestions_text(proposals, brief=True)] if proposals else []
    for gap in gaps:
        area = (evidence.product_areas or {})[gap.area]
        name = f"{area.name} ({gap.area})" if area.name else gap.area
        lines = [f"no article covers {gap.uncovered} of the {_files(gap.files)} of {name}"]
        blocks.append("\n".join(map(visible, [*lines, *(f"  {count:>5}  {folder}" for folder, count in gap.folders)])))
    without = sum(not one.front_matter.covers for one in evidence.articles)
    blocks.append(f"{without} of {len(evidence.articles)} articles cover nothing; there are suggestions for {len(proposals)}")
    return "\n\n".join(block.rstrip("\n") for block in blocks) + "\n"


def _files(count: int) -> str:
    return f"{count} file{'' if count == 1 else 's'}"


def to_json(proposals: Sequence[Proposal], gaps: Sequence[Gap] = ()) -> str:
    """Return suggestions and gaps as one JSON document."""
    document = {
        "schema_version": SCHEMA_VERSION,
        "articles": [
            {
                "path": one.article.path, "title": one.article.title, "covers": list(one.article.front_matter.covers),
                "suggestions": [_suggestion(each) for each in one.suggestions], "proposed": list(one.entries),
            } for one in proposals
        ],
        "areas": [
            {
                "area": gap.area, "files": gap.files, "uncovered": gap.uncovered,
                "folders": [{"folder": folder, "files": count} for folder, count in gap.folders],
            } for gap in gaps
        ],
    }
    return json.dumps(document, indent=2) + "\n"


def _suggestion(one: Suggestion) -> dict[str, Any]:
    return {
        "glob": one.glob, "points": one.points, "reasons": list(one.reasons), "lines": list(one.lines),
        "together": one.together, "landings": one.landings,
    }
