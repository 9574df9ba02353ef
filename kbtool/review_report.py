"""The review queue, an article's dossier and its timeline, for people and for programs."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Iterator, Sequence

from kbtool.article_history import Edit
from kbtool.finding import Severity, Verdict
from kbtool.freshness import review_command
from kbtool.reports.markdown_text import escaped
from kbtool.reports.text import Paint, painter, visible
from kbtool.review import Dossier
from kbtool.review_queue import QueueEntry
from kbtool.why import Moment

_STYLES = {Verdict.STALE: "error", Verdict.DUE: "warning", Verdict.UNKNOWN: "warning", Verdict.FRESH: "good"}
_NAMES = 5  #: names and edits that a list shows before it counts
_FILES = 20  #: files that it shows
_NARROWEST = 40  #: columns; on a narrower terminal lines are as on this one
SCHEMA_VERSION = 1


def _prose(text: str, indent: str, width: int, *, whole: bool = False) -> list[str]:
    """Return text of strangers as indented lines that fit a terminal; as one line where there is none (width 0).

    What is long is cut, unless the `whole` of it is wanted, since it tells what to do.
    """
    line = indent + (visible(text, None) if whole else visible(text))
    lines = textwrap.wrap(
        line, max(width, _NARROWEST), subsequent_indent=indent, break_long_words=False, break_on_hyphens=False) if width else []
    return lines or [line]


def _row(name: str, text: str, width: int = 0, *, whole: bool = False) -> list[str]:
    first, *more = _prose(text, " " * 12, width, whole=whole)
    return [f"  {name:<9} {first[12:]}", *more]


def _listed(lines: Sequence[str], most: int) -> list[str]:
    more = len(lines) - most
    return [*lines[:most], f"    and {more} more"] if more > 0 else list(lines)


def _verdict(verdict: Verdict, paint: Paint, size: int = 0) -> str:
    return paint(_STYLES.get(verdict, "dim"), f"{verdict.value:<{size}}")


# ---------------------------------------------------------------------------------------------- the queue


def queue_text(entries: Sequence[QueueEntry], *, color: bool = False, width: int = 0) -> str:
    """Return the queue as a list: the riskiest article first, its verdict and why, who answers for it, what makes it a risk."""
    paint = painter(color=color)
    if not entries:
        return paint("good", "nothing needs a review") + "\n"
    lines = []
    for number, entry in enumerate(entries, 1):
        path = paint("path", visible(entry.article.path))
        lines.append(f"{number:>4}  {_verdict(entry.verdict.verdict, paint, 7)}  {path}  {visible(entry.article.title)}")
        stake = _at_stake(entry)
        for text in (*entry.verdict.reasons[:2], stake):
            whole = text is stake or text in entry.verdict.unknown
            lines += [paint("dim", line) for line in _prose(text, " " * 15, width, whole=whole)]
    return "\n".join([*lines, "", _to_do(entries)]) + "\n"


def _to_do(entries: Sequence[QueueEntry]) -> str:
    """Return how many articles need a review, and which to begin with; fresh ones are there only for who asks for all."""
    waiting = [entry.article for entry in entries if entry.verdict.verdict is not Verdict.FRESH]
    fresh = f"; {len(entries) - len(waiting)} fresh" if len(waiting) < len(entries) else ""
    if not waiting:
        return f"none to review{fresh}"
    return f"{len(waiting)} to review, the riskiest first; start with `{visible(review_command(waiting[0]), None)}`{fresh}"


def _at_stake(entry: QueueEntry) -> str:
    due = f", due {entry.verdict.review_by}" if entry.verdict.review_by else ""
    risk = f": {'; '.join(entry.why)}" if entry.why else ""
    return f"{visible(', '.join(entry.article.front_matter.owners)) or 'nobody'}{due}{risk}"


def queue_json(entries: Sequence[QueueEntry]) -> str:
    """Return the queue as one JSON document: `schema_version`, and `queue`, the riskiest article first.

    Of each article: `path`, `title`, `owners`, `product_areas`; `verdict`, `review_by` (a date or null) and `reasons`, as in the
    report of `kbtool check`; `risk`, a number that orders the queue and means nothing else, and `why`, the facts behind it.
    """
    rows = [
        {
            "path": entry.article.path, "title": entry.article.title, "owners": list(entry.article.front_matter.owners),
            "product_areas": list(entry.article.front_matter.product_areas), "verdict": entry.verdict.verdict.value,
            "review_by": entry.verdict.review_by.isoformat() if entry.verdict.review_by else None,
            "reasons": list(entry.verdict.reasons), "risk": round(entry.risk, 3), "why": list(entry.why),
        } for entry in entries
    ]
    return json.dumps({"schema_version": SCHEMA_VERSION, "queue": rows}, indent=2, allow_nan=False) + "\n"


def queue_markdown(entries: Sequence[QueueEntry]) -> str:
    """Return the queue as a Markdown table."""
    if not entries:
        return "Nothing needs a review.\n"
    lines = ["| | Article | File | Verdict | Due | Owners | Why |", "| --- | --- | --- | --- | --- | --- | --- |"]
    for number, entry in enumerate(entries, 1):
        cells = (
            escaped(entry.article.title), escaped(entry.article.path), entry.verdict.verdict.value,
            str(entry.verdict.review_by or ""), escaped(", ".join(entry.article.front_matter.owners)),
            "; ".join(map(escaped, (*entry.verdict.reasons[:1], *entry.why))),
        )
        lines.append(f"| {number} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


# ---------------------------------------------------------------------------------------------- the dossier


def dossier_text(found: Dossier, *, color: bool = False, width: int = 0) -> str:
    """Return everything there is to know before an article is reviewed."""
    paint, article = painter(color=color), found.article
    head = [
        f"{paint('path', visible(article.path))}  {visible(article.title)}",
        f"  verdict   {_verdict(found.verdict.verdict, paint)}",
        *_row("reviewed", _reviewed(found), width),
        *_row("owners", ", ".join(article.front_matter.owners) or "nobody", width),
        *_row("knows it", _who_knows(found), width),
        *(line for reference, state in found.tickets for line in _row("ticket", f"{reference}: {state}", width)),
    ]
    blocks = (head, _findings(found, paint, width), _code(found, paint), _edits(found, paint, width), _uncommitted(found))
    return "\n\n".join("\n".join(lines) for lines in map(list, blocks) if lines) + "\n"


def _reviewed(found: Dossier) -> str:
    front_matter, review = found.article.front_matter, found.review
    if front_matter.last_reviewed_on is None:
        return "never"
    seal = "sealed" if review.seal else "with a void seal" if review.void else "without a seal"
    by = f" by {front_matter.last_reviewed_by}" if front_matter.last_reviewed_by else ""
    due = f"; due by {found.verdict.review_by}" if found.verdict.review_by else ""
    return f"{front_matter.last_reviewed_on}{by}, {seal}{due}"


def _who_knows(found: Dossier) -> str:
    names = [f"{name} ({times} edit{'s' if times > 1 else ''})" for name, times in found.knows[:_NAMES]]
    return ", ".join(names) or "nobody, as far as history tells"


def _findings(found: Dossier, paint: Paint, width: int) -> Iterator[str]:
    for finding in found.findings:
        said = f"{finding.message} ({finding.suppression})" if finding.suppression else finding.message
        first, *more = _prose(said, " " * 12, width)
        yield f"  {paint('error' if finding.severity is Severity.ERROR else 'warning', f'{finding.code:<9}')} {first[12:]}"
        yield from more
    for reason in found.verdict.unknown:
        yield from _row("unknown", reason, width, whole=True)


def _code(found: Dossier, paint: Paint) -> Iterator[str]:
    if found.code:
        yield "  covered code that changed since the review:"
    lines = []
    for file in found.code:
        size = f"{f'+{file.lines[0]}':>6} {f'-{file.lines[1]}':<6}" if file.lines else f"{'not counted':^13}"
        lines.append(f"  {size} {visible(file.path, None)} ({file.what})")
    yield from _listed(lines, _FILES)
    if found.review.code is not None and found.review.code.command:
        yield f"    {paint('hint', visible(found.review.code.command, None))}"


def _edits(found: Dossier, paint: Paint, width: int) -> Iterator[str]:
    text = found.review.text
    if found.edits or text:
        yield "  edits since the review:" if found.article.front_matter.last_reviewed_on else "  edits:"
    if text and text.uncommitted:
        yield "    not committed yet"
    yield from _listed(["\n".join(_prose(_edit(edit, subject), " " * 4, width)) for edit, subject in found.edits], _NAMES)
    if text and text.command:
        yield f"    {paint('hint', visible(text.command, None))}"


def _edit(edit: Edit, subject: str) -> str:
    return f"{edit.day or 'no known day'}  {', '.join(edit.authors)}: {subject}"


def _uncommitted(found: Dossier) -> Iterator[str]:
    if found.uncommitted:
        yield "  not committed yet, and to be sealed as it is:"
        yield from _listed([f"    {visible(path, None)}" for path in found.uncommitted], _FILES)


# ---------------------------------------------------------------------------------------------- the timeline


def why_text(found: Dossier, moments: Iterable[Moment], *, color: bool = False, width: int = 0) -> str:
    """Return the verdict on an article, its reasons, and how it came to that."""
    paint, verdict = painter(color=color), found.verdict
    lines = [f"{paint('path', visible(found.article.path))} is {_verdict(verdict.verdict, paint)}"]
    for reason in verdict.reasons:
        lines += _row("because", reason, width, whole=reason in verdict.unknown)
    for reason in verdict.unknown:
        lines += _row("unknown", reason, width, whole=True) if reason not in verdict.reasons else []
    lines += _row("reviewed", _reviewed(found), width)
    if found.review.void and not any(found.review.void in reason for reason in verdict.reasons):
        lines += _row("seal", f"void: {found.review.void}", width)
    lines.append("")
    for moment in moments:
        first, *more = _prose(moment.text, " " * 24, width, whole=moment.what == "unknown")
        lines += [f"  {moment.day or ''!s:<10}  {moment.what:<9} {first[24:]}", *more]
    return "\n".join(lines).rstrip("\n") + "\n"


def why_json(found: Dossier, moments: Iterable[Moment]) -> str:
    """Return the same as one JSON document.

    Its keys: `schema_version`, `path`, `verdict`, `review_by`, `reasons` and `unknown`, as in the report of `kbtool check`;
    `sealed`, whether the review has a seal that is its own, and `void`, why a seal that is there is not; `timeline`, oldest
    first, each with `day` (null where it is not known), `what` (review, edit, code, ignored, ticket, expires, unknown), `text`
    and `commit` ("" where none is meant).
    """
    verdict = found.verdict
    document = {
        "schema_version": SCHEMA_VERSION, "path": found.article.path, "verdict": verdict.verdict.value,
        "review_by": verdict.review_by.isoformat() if verdict.review_by else None, "reasons": list(verdict.reasons),
        "unknown": list(verdict.unknown), "sealed": found.review.seal is not None, "void": found.review.void,
        "timeline": [
            {"day": moment.day.isoformat() if moment.day else None, "what": moment.what, "text": moment.text,
             "commit": moment.commit} for moment in moments
        ],
    }
    return json.dumps(document, indent=2, allow_nan=False) + "\n"
