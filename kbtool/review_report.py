"""The review queue, an article's dossier and its timeline, for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence

from kbtool.finding import Severity, Verdict
from kbtool.reports.markdown_text import escaped
from kbtool.reports.text import Paint, painter, visible
from kbtool.review import Dossier, QueueEntry
from kbtool.why import Moment

_STYLES = {Verdict.STALE: "error", Verdict.DUE: "warning", Verdict.UNKNOWN: "warning", Verdict.FRESH: "good"}
_NAMES = 5  #: names and lines that a list shows before it counts
SCHEMA_VERSION = 1


# ---------------------------------------------------------------------------------------------- the queue


def queue_text(entries: Sequence[QueueEntry], *, color: bool = False) -> str:
    """Return the queue as a list for a terminal: the riskiest article first, its verdict, why, and who answers for it."""
    paint = painter(color=color)
    if not entries:
        return paint("good", "nothing needs a review") + "\n"
    lines = []
    for number, entry in enumerate(entries, 1):
        verdict = entry.verdict
        due = f", due {verdict.review_by}" if verdict.review_by else ""
        word = paint(_STYLES.get(verdict.verdict, "dim"), f"{verdict.verdict.value:<7}")
        lines.append(f"{number:>4}  {entry.risk:5.1f}  {word}  {paint('path', visible(entry.article.path))}")
        lines += [f"{'':>13}{paint('dim', visible(line))}" for line in _because(entry, due)]
    lines += ["", f"{len(entries)} to review, by risk. One of them: kbtool review {entries[0].article.path}"]
    return "\n".join(lines) + "\n"


def _because(entry: QueueEntry, due: str) -> Iterator[str]:
    yield f"{', '.join(entry.article.front_matter.owners) or 'nobody'}{due}: {'; '.join(entry.why) or 'nothing stands out'}"
    yield from entry.verdict.reasons[:2]


def queue_json(entries: Sequence[QueueEntry]) -> str:
    """Return the queue as one JSON document."""
    rows = [
        {
            "path": entry.article.path, "title": entry.article.title, "owners": list(entry.article.front_matter.owners),
            "product_areas": list(entry.article.front_matter.product_areas), "verdict": entry.verdict.verdict.value,
            "review_by": entry.verdict.review_by.isoformat() if entry.verdict.review_by else None,
            "reasons": list(entry.verdict.reasons), "risk": round(entry.risk, 3), "why": list(entry.why),
        } for entry in entries
    ]
    return json.dumps({"schema_version": SCHEMA_VERSION, "queue": rows}, indent=2) + "\n"


def queue_markdown(entries: Sequence[QueueEntry]) -> str:
    """Return the queue as a Markdown table."""
    lines = ["| | Article | Verdict | Due | Owners | Why |", "| --- | --- | --- | --- | --- | --- |"]
    for number, entry in enumerate(entries, 1):
        cells = (
            entry.article.path, entry.verdict.verdict.value, str(entry.verdict.review_by or ""),
            ", ".join(entry.article.front_matter.owners), "; ".join((*entry.why, *entry.verdict.reasons[:1])),
        )
        lines.append(f"| {number} | {' | '.join(map(escaped, cells))} |")
    return "\n".join(lines) + "\n"


# ---------------------------------------------------------------------------------------------- the dossier


def dossier_text(found: Dossier, *, color: bool = False) -> str:
    """Return everything there is to know before an article is reviewed."""
    paint = painter(color=color)
    article, front_matter = found.article, found.article.front_matter
    head = [
        paint("path", visible(article.path)) + "  " + visible(article.title),
        _row("verdict", paint(_STYLES.get(found.verdict.verdict, "dim"), found.verdict.verdict.value)),
        _row("reviewed", _reviewed(found)),
        _row("owners", ", ".join(front_matter.owners) or "nobody"),
        _row("knows it", ", ".join(f"{name} ({times})" for name, times in found.knows[:_NAMES]) or "nobody: it has no history"),
    ]
    blocks = [head, list(_findings(found, paint)), list(_code(found, paint)), list(_edits(found)), list(_rest(found))]
    return "\n\n".join("\n".join(lines) for lines in blocks if lines) + "\n"


def _row(name: str, text: str) -> str:
    return f"  {name:<9} {text}"


def _reviewed(found: Dossier) -> str:
    front_matter = found.article.front_matter
    if front_matter.last_reviewed_on is None:
        return "never"
    seal = "sealed" if found.review.seal else f"seal void: {found.review.void}" if found.review.void else "without a seal"
    by = f" by {front_matter.last_reviewed_by}" if front_matter.last_reviewed_by else ""
    due = f"; due by {found.verdict.review_by}" if found.verdict.review_by else ""
    return visible(f"{front_matter.last_reviewed_on}{by}, {seal}{due}")


def _findings(found: Dossier, paint: Paint) -> Iterator[str]:
    for finding in found.findings:
        style = "error" if finding.severity is Severity.ERROR else "warning"
        yield f"  {paint(style, finding.code)} {visible(finding.message)}"
    for reason in found.verdict.unknown:
        yield f"  {paint('warning', 'unknown')} {visible(reason)}"


def _code(found: Dossier, paint: Paint) -> Iterator[str]:
    if found.review.code is None:
        return
    yield "  covered code that changed since the review:"
    for file in found.code:
        lines = f"+{file.lines[0]} -{file.lines[1]}" if file.lines else "no text"
        yield f"    {lines:>12}  {visible(file.path)} ({file.what})"
    if found.review.code.command:
        yield f"    {paint('hint', found.review.code.command)}"


def _edits(found: Dossier) -> Iterator[str]:
    if found.edits:
        yield "  edits since the review:"
    for edit in found.edits[:_NAMES]:
        yield visible(f"    {edit.day or 'no known day'}  {', '.join(edit.authors)}")
    if len(found.edits) > _NAMES:
        yield f"    and {len(found.edits) - _NAMES} more"


def _rest(found: Dossier) -> Iterator[str]:
    for reference, state in found.tickets:
        yield _row("ticket", visible(f"{reference}: {state}"))
    if found.uncommitted:
        yield _row("note", visible(f"not committed, and sealed as it is: {', '.join(found.uncommitted[:_NAMES])}"
                                   + (" …" if len(found.uncommitted) > _NAMES else "")))


# ---------------------------------------------------------------------------------------------- the timeline


def why_text(found: Dossier, moments: Iterable[Moment], *, color: bool = False) -> str:
    """Return the verdict on an article, its reasons, and how it came to that."""
    paint = painter(color=color)
    verdict = found.verdict
    word = paint(_STYLES.get(verdict.verdict, "dim"), verdict.verdict.value)
    lines = [f"{paint('path', visible(found.article.path))} is {word}"]
    lines += [f"  because {visible(reason)}" for reason in verdict.reasons]
    lines += [f"  unknown: {visible(reason)}" for reason in verdict.unknown if reason not in verdict.reasons]
    lines += [_row("reviewed", _reviewed(found)), ""]
    for moment in moments:
        day = moment.day.isoformat() if moment.day else "no known day"
        lines.append(f"  {day:<12}  {moment.what:<9} {visible(moment.text)}")
    return "\n".join(lines) + "\n"


def why_json(found: Dossier, moments: Iterable[Moment]) -> str:
    """Return the same as one JSON document."""
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
    return json.dumps(document, indent=2) + "\n"
