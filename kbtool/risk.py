"""The risk of an article: how early it should stand in the review queue.

The score is a sum of a few terms, in doublings: of two articles, the one whose score is higher by 1 had twice the odds that
somebody had to correct it within 90 days. It orders the queue and is no probability: what people read is the evidence.

*Measured.* `bench/replay.py` fitted and measured three terms: how long the article is, how often it was edited, and how often
its neighbours were. Age has no term of its own: an old, quiet article is less likely to be wrong, not more.

*Measured, set by hand.* Once the others are known, changes of the code say no more about the order, as far as covered code can
be guessed from public history. Here it is declared, so it has a small weight, of which the replay shows that it costs little.

*Not measured.* No public history has findings, audiences, tickets or the feedback of readers. Their weights are modest, and
without them the order is the measured one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

HALF_LIFE = 365  #: days after which an edit counts half
CODE_DAYS = 90  #: a landing under the covered code counts for so many days

WORDS, EDITS, NEIGHBOURS = 0.36, 0.76, 0.17  #: fitted by bench/replay.py --fit
CODE = 0.05  #: set by hand, measured
FINDINGS, PUBLIC, TICKETS, FEEDBACK = 0.5, 0.5, 0.5, 0.5  #: set by hand, not measured


@dataclass(frozen=True, slots=True)
class RiskInputs:
    """What the risk of an article is computed from. All numbers are 0 or more; ValueError otherwise.

    Attributes:
        words: words of the article, code included, front matter not.
        edit_ages: days since each substantive edit of the article, its creation included. Edits by bots, and by landings that
            edit more than ten articles at once, do not belong here: with them the order is worse than with white space counted.
        neighbour_edits: substantive edits in the last year of the other articles of the same folder, the mean of them.
        code_landings: landings of the last 90 days that changed a file which the article covers or names.
        findings: unresolved findings about the article.
        public: whether customers read it.
        tickets: tickets of the article that were resolved or reopened since its review.
        complaints: readers who said that it did not help, since its review.
    """

    words: int
    edit_ages: tuple[float, ...] = ()
    neighbour_edits: float = 0.0
    code_landings: int = 0
    findings: int = 0
    public: bool = False
    tickets: int = 0
    complaints: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be counted: a negative number would move an article to the end of the queue unseen."""
        for field in fields(self):
            value = getattr(self, field.name)
            if not all(0 <= number < math.inf for number in (value if isinstance(value, tuple) else (value,))):
                raise ValueError(f"{field.name} must be 0 or more and finite, not {value}")


#: The median page of the repositories that the weights were fitted on; evidence is what stands out against it.
TYPICAL = RiskInputs(words=570, edit_ages=(365.0, 365.0), neighbour_edits=0.9)


def risk(inputs: RiskInputs) -> float:
    """Return the score that orders the review queue, highest first."""
    return sum(adds for adds, _ in _terms(inputs))


def evidence(inputs: RiskInputs) -> tuple[str, ...]:
    """Return why an article stands early in the queue: the facts that set it above a typical article, the weightiest first."""
    leads = ((adds - typical, fact) for (adds, fact), (typical, _) in zip(_terms(inputs), _terms(TYPICAL), strict=True))
    return tuple(fact for lead, fact in sorted(leads, key=lambda pair: -pair[0]) if lead > 0)


def _terms(inputs: RiskInputs) -> tuple[tuple[float, str], ...]:
    """Return the summands of the risk, each with the fact behind it."""
    recent = sum(0.5 ** (days / HALF_LIFE) for days in inputs.edit_ages)
    code, near, since = _times(inputs.code_landings), f"{inputs.neighbour_edits:.1f}", "since its review"
    return (
        (WORDS * math.log2(1 + inputs.words), f"{inputs.words:,} words long"),
        (EDITS * math.log2(1 + recent), _edited(inputs.edit_ages)),
        (NEIGHBOURS * math.log2(1 + inputs.neighbour_edits), f"its neighbours changed {near} times each in the last year"),
        (CODE * math.log2(1 + inputs.code_landings), f"its code changed {code} in the last {CODE_DAYS} days"),
        (FINDINGS * math.log2(1 + inputs.findings), _count(inputs.findings, "unresolved finding")),
        (PUBLIC * inputs.public, "customers read it"),
        (TICKETS * math.log2(1 + inputs.tickets), f"{_count(inputs.tickets, 'ticket')} resolved or reopened {since}"),
        (FEEDBACK * math.log2(1 + inputs.complaints), f"{_count(inputs.complaints, 'reader')} said {since} that it did not help"),
    )


def _edited(ages: tuple[float, ...]) -> str:
    lately = sum(days <= HALF_LIFE for days in ages)
    return f"its text changed {_times(lately)} in the last year" if lately else f"its text changed {_times(len(ages))} before"


def _times(number: int) -> str:
    return {1: "once", 2: "twice"}.get(number, f"{number} times")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
