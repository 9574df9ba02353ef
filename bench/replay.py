#!/usr/bin/env python3
"""Measure `kbtool.risk.risk`: does the review queue start with the pages that need a correction?

    python bench/replay.py REPOSITORY... [--fit REPOSITORY...] [--cache FOLDER] [--replicates 200] [--seed 1]

Each REPOSITORY is a git directory whose documentation lives beside its code. It is replayed month by month, over up to five
years: at the end of each month its pages are ranked by what was known then, and the ranking is right when pages that get a
*content-correcting edit* in the next 90 days stand before the others. What a page, an edit, a correction and covered code
are is said in page_history.py. The figures of a repository are means over its months (those in which both kinds of pages exist):

- ROC-AUC: how often a page that gets corrected stands before one that does not (0.5 is a coin);
- average precision: the share of pages that get corrected, averaged over the places where they stand;
- *dormant* pages are those without an edit for 180 days, ranked among themselves;
- where code changed: the share of pages that get corrected among those whose covered code changed in the last 90 days, against
  that among all others, and against that among others which have covered code.

The 95 % intervals are from a bootstrap that draws pages and blocks of six months, and for the mean also repositories.

With --fit, weights are fitted on those repositories (logistic regression within each month; every repository counts the
same) and printed, with what other inputs do there (each repository ranked by weights from the others). Two columns are added
to the report: the fitted weights, and a logistic regression over age, churn, length and code. No repository may be in both.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import operator
import os
import random
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import chain, groupby
from pathlib import Path

import page_history
from page_history import Row

from kbtool.risk import CODE, EDITS, NEIGHBOURS, WORDS, RiskInputs, risk

DORMANT = 180  #: days without an edit
BLOCK = 6  #: months that are drawn together: neighbours share most of their 90 days
AUC_FLOOR, LIFT_FLOOR = 0.25, 1.5

Ranker = Callable[[Row], float]
Figures = dict[str, float]  #: the figures of one repository, or their mean, by name
INPUTS: dict[str, Ranker] = {
    "words": lambda row: math.log2(1 + row["words"]),
    "edits": lambda row: math.log2(1 + sum(0.5 ** (days / 365) for days in row["edit_ages"])),
    "code": lambda row: math.log2(1 + row["code_90d"]),
    "edits, last year": lambda row: math.log2(1 + sum(days <= 365 for days in row["edit_ages"][1:])),
    "landings, last year": lambda row: math.log2(1 + row["landings_1y"]),
    "untouched": lambda row: math.log2(1 + row["untouched"]),
    "age": lambda row: math.log2(1 + row["edit_ages"][0]),
    "covered files": lambda row: math.log2(1 + row["covered"]),
    "code since the last edit": lambda row: math.log2(1 + row["code_since"]),
    "links": lambda row: math.log2(1 + row["links"]),
    "neighbours": lambda row: math.log2(1 + row["neighbours"]),
}
FITTED = ("words", "edits", "neighbours")
BASELINE = ("untouched", "landings, last year", "words", "code", "covered files")
TRIED = (
    FITTED,
    BASELINE,
    ("words",),
    ("edits",),
    ("edits, last year",),
    ("landings, last year",),
    ("neighbours",),
    ("code",),
    ("words", "edits"),
    ("words", "edits, last year"),
    ("words", "landings, last year"),
    *((*FITTED, name) for name in INPUTS if name not in FITTED and "last year" not in name),
)


class Repository:
    """The pages of a repository at its cut-offs."""

    def __init__(self, path: str, cache: Path) -> None:
        self.commit = _git(path, "rev-parse", "HEAD")
        self.name = "/".join(part for part in Path(path).resolve().parts[-2:] if part not in {"repo", ".git"}).replace("+", "/")
        self.months: list[list[Row]] = self._samples(path, cache)
        self.rows = [row for rows in self.months for row in rows]
        self.pages = sorted({row["page"] for row in self.rows})

    def _samples(self, path: str, cache: Path) -> list[list[Row]]:
        """Replay the repository, or read what an earlier run with the same definitions kept."""
        definitions = Path(page_history.__file__).read_bytes()
        file = cache / f"{self.name.replace('/', '+')}-{hashlib.sha256(definitions + self.commit.encode()).hexdigest()[:16]}.json"
        if not file.exists():
            print(f"replaying {self.name}", file=sys.stderr, flush=True)
            whole = file.with_suffix(".part")
            whole.write_text(json.dumps([rows for _, rows in page_history.samples(path)]))
            whole.rename(file)
        months: list[list[Row]] = json.loads(file.read_text())
        return months


def _git(path: str, *arguments: str) -> str:
    done = subprocess.run(("git", "-C", path, *arguments), capture_output=True, text=True, check=False)  # noqa: S607
    if done.returncode:
        raise SystemExit(f"{path}: {done.stderr.strip() or 'not a git repository'}")
    return done.stdout.strip()


def shipped(row: Row) -> float:
    """Rank by the very function that orders kbtool's queue."""
    ages, neighbours, code = tuple(row["edit_ages"]), row["neighbours"], row["code_90d"]
    return risk(RiskInputs(words=row["words"], edit_ages=ages, neighbour_edits=neighbours, code_landings=code))


def weighted(inputs: Sequence[str], weights: Sequence[float]) -> Ranker:
    """Return the ranking by a weighted sum of inputs."""
    return lambda row: sum(weight * INPUTS[name](row) for name, weight in zip(inputs, weights, strict=True))


# Metrics -------------------------------------------------------------------------------------------------------------------

Order = list[list[tuple[int, bool]]]  #: (page, corrected) from the head of the queue; pages of one score stand together


def queue(rows: Iterable[Row], ranker: Ranker) -> Order:
    """Rank the pages of a month."""
    scored = sorted(((ranker(row), row["page"], bool(row["corrected"])) for row in rows), reverse=True)
    return [[(page, corrected) for _, page, corrected in group] for _, group in groupby(scored, key=lambda entry: entry[0])]


def quality(order: Order, weight: dict[int, int] | None = None) -> tuple[float, float] | None:
    """Return ROC-AUC and average precision of a queue; None when all of its pages are of one kind."""
    right = wrong = 0
    inversions = precision = 0.0
    for group in order:
        hits = total = 0
        for page, corrected in group:
            times = 1 if weight is None else weight.get(page, 0)
            total += times
            hits += times * corrected
        inversions += hits * (wrong + (total - hits) / 2)
        right, wrong = right + hits, wrong + total - hits
        precision += hits * right / max(1, right + wrong)
    return (1 - inversions / (right * wrong), precision / right) if right and wrong else None


class Measure:
    """All that is measured of one repository; `figures` may be asked for a bootstrap's draw."""

    def __init__(self, repository: Repository, rankers: dict[str, Ranker]) -> None:
        self.repository = repository
        self.orders: dict[tuple[str, str], list[Order]] = {}
        for name, ranker in rankers.items():
            self.orders[name, "all"] = [queue(rows, ranker) for rows in repository.months]
            quiet = ([row for row in rows if row["quiet"] >= DORMANT] for rows in repository.months)
            self.orders[name, "dormant"] = [queue(rows, ranker) for rows in quiet]

    def figures(self, weight: dict[int, int] | None = None, months: Sequence[int] | None = None) -> Figures:
        """Return the figures, for pages so many times and these months."""
        months = range(len(self.repository.months)) if months is None else months
        found: Figures = {}
        for (name, kind), orders in self.orders.items():
            by_month = {month: quality(orders[month], weight) for month in set(months)}
            values = [value for month in months if (value := by_month[month])]
            if values:
                found[f"{name}, {kind}, auc"] = statistics.fmean(auc for auc, _ in values)
                found[f"{name}, {kind}, ap"] = statistics.fmean(precision for _, precision in values)
        return found | self._shares(weight, months)

    def _shares(self, weight: dict[int, int] | None, months: Sequence[int]) -> Figures:
        """Return which share of pages gets corrected, by what happened to their covered code."""
        right: dict[str, int] = defaultdict(int)
        total: dict[str, int] = defaultdict(int)
        for row in (row for month in months for row in self.repository.months[month]):
            times = 1 if weight is None else weight.get(row["page"], 0)
            state = ("changed",) if row["code_90d"] else ("other", "unchanged") if row["covered"] else ("other",)
            for kind in ("all", "dormant") if row["quiet"] >= DORMANT else ("all",):
                for name in ("any", *state):
                    right[f"share, {kind}, {name}"] += times * row["corrected"]
                    total[f"share, {kind}, {name}"] += times
        return {name: right[name] / count for name, count in total.items() if count}

    def draws(self, replicates: int, seed: int) -> list[Figures]:
        """Return the figures of bootstrap draws of pages and blocks of months."""
        dice, pages, count = random.Random(f"{seed} {self.repository.name}"), self.repository.pages, len(self.repository.months)  # noqa: S311
        drawn: list[Figures] = []
        for _ in range(replicates):
            weight: dict[int, int] = defaultdict(int)
            for page in dice.choices(pages, k=len(pages)):
                weight[page] += 1
            starts = dice.choices(range(count), k=math.ceil(count / BLOCK))
            drawn.append(self.figures(weight, [(start + step) % count for start in starts for step in range(BLOCK)][:count]))
        return drawn


def derived(figures: Figures) -> Figures:
    """Add what follows from means: the gain over other rankings, and how much likelier a correction is where code changed."""
    found = dict(figures)
    for name in [name for name in figures if name.endswith((", auc", ", ap"))]:
        other, kind, metric = name.rsplit(", ", 2)
        found[f"over {other}, {kind}, {metric}"] = figures[f"risk, {kind}, {metric}"] - figures[name]
    for kind in ("all", "dormant"):
        changed = figures.get(f"share, {kind}, changed", math.nan)
        for name in ("other", "unchanged"):
            against = figures.get(f"share, {kind}, {name}", math.nan)
            found[f"lift, {kind}, {name}"] = changed / against if against else math.inf
    return found


def mean(many: Sequence[Figures]) -> Figures:
    """Return the mean of each figure over the repositories that have it."""
    names = dict.fromkeys(name for one in many for name in one)
    return {name: statistics.fmean(one[name] for one in many if name in one) for name in names}


def interval(draws: Iterable[Figures], name: str) -> tuple[float, float]:
    """Return the 95 % interval of a figure."""
    values = sorted(value for draw in draws if not math.isnan(value := derived(draw).get(name, math.nan)))
    if not values:
        return math.nan, math.nan
    return values[int(0.025 * (len(values) - 1))], values[math.ceil(0.975 * (len(values) - 1))]


# Fitting -------------------------------------------------------------------------------------------------------------------

Table = list[tuple[list[float], bool, float, float]]  #: inputs less their mean, corrected, log odds of the month, weight


def table(repository: Repository, inputs: Sequence[str]) -> Table:
    """Return the samples to fit on: only differences within a month count, and each repository tells as much as another."""
    found: Table = []
    for rows in repository.months:
        share = statistics.fmean(row["corrected"] for row in rows)
        if not 0 < share < 1:
            continue
        columns = []
        for name in inputs:
            values = [INPUTS[name](row) for row in rows]
            middle = statistics.fmean(values)
            columns.append([value - middle for value in values])
        odds, tells = math.log(share / (1 - share)), share * (1 - share)
        found += [(list(one), bool(row["corrected"]), odds, tells) for *one, row in zip(*columns, rows, strict=True)]
    whole = sum(tells for *_, tells in found)
    return [(values, corrected, odds, 1 / whole) for values, corrected, odds, _ in found]


def fit(samples: Table) -> list[float]:
    """Return the weights of a logistic regression, by Newton's method. Inputs are in doublings, so odds are too."""
    size = len(samples[0][0])
    weights = [0.0] * size
    for _ in range(20):
        slope, bend = [0.0] * size, [[0.0] * size for _ in range(size)]
        for values, corrected, odds, count in samples:
            chance = 1 / (1 + math.exp(-odds - math.log(2) * sum(map(operator.mul, weights, values))))
            error, spread = count * (corrected - chance), count * chance * (1 - chance) * math.log(2)
            for row, value in enumerate(values):
                slope[row] += error * value
                for column in range(row + 1):
                    bend[row][column] += spread * value * values[column]
        for row in range(size):
            for column in range(row):
                bend[column][row] = bend[row][column]
        step = solve(bend, slope)
        weights = [weight + change for weight, change in zip(weights, step, strict=True)]
        if max(map(abs, step)) < 1e-4:
            break
    return weights


def solve(matrix: list[list[float]], right: list[float]) -> list[float]:
    """Solve linear equations by elimination."""
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    for at in range(len(rows)):
        best = max(range(at, len(rows)), key=lambda row: abs(rows[row][at]))
        rows[at], rows[best] = rows[best], rows[at]
        rows[at] = [value / rows[at][at] for value in rows[at]]
        for other in range(len(rows)):
            if other != at:
                factor = rows[other][at]
                rows[other] = [value - factor * lead for value, lead in zip(rows[other], rows[at], strict=True)]
    return [row[-1] for row in rows]


def report_fit(repositories: Sequence[Repository]) -> dict[str, Ranker]:
    """Print fitted weights, and what other inputs do; return the rankings by fitted weights."""
    print(f"Fitted on {', '.join(f'{one.name} {one.commit[:12]}' for one in repositories)}.\n")
    print(f"| inputs | weights | of one repository less | ROC-AUC | AP | dormant ROC-AUC | dormant AP |\n{'| --- ' * 7}|")
    for inputs in TRIED:
        tables = [table(repository, inputs) for repository in repositories]
        weights, without = fit([*chain(*tables)]), [fit([*chain(*tables[:at], *tables[at + 1 :])]) for at in range(len(tables))]
        ranked = [Measure(one, {"it": weighted(inputs, others)}) for one, others in zip(repositories, without, strict=True)]
        figures = mean([measure.figures() for measure in ranked])
        spread = ", ".join(f"{min(column):.2f}–{max(column):.2f}" for column in zip(*without, strict=True))
        row = " | ".join(f"{figures[f'it, {kind}, {metric}']:.3f}" for kind in ("all", "dormant") for metric in ("auc", "ap"))
        print(f"| {', '.join(inputs)} | {', '.join(f'{weight:.2f}' for weight in weights)} | {spread} | {row} |", flush=True)
    print(f"\nShipped: words {WORDS}, edits {EDITS}, neighbours {NEIGHBOURS}; set by hand: code {CODE}\n")
    rankings = {"refit": FITTED, "regression": BASELINE}
    samples = {name: chain(*(table(one, inputs) for one in repositories)) for name, inputs in rankings.items()}
    return {name: weighted(inputs, fit([*samples[name]])) for name, inputs in rankings.items()}


# Report --------------------------------------------------------------------------------------------------------------------


def main() -> int:
    """Report on the repositories; the exit code says whether the floors hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repositories", nargs="+", metavar="REPOSITORY")
    parser.add_argument("--fit", nargs="+", default=[], metavar="REPOSITORY")
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "kbtool-replay")
    parser.add_argument("--replicates", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    if twice := {*map(os.path.realpath, arguments.repositories)} & {*map(os.path.realpath, arguments.fit)}:
        parser.error(f"fitted and reported: {', '.join(sorted(twice))}")
    arguments.cache.mkdir(parents=True, exist_ok=True)
    rankers: dict[str, Ranker] = {
        "age": lambda row: row["untouched"],  # oldest first, by the day that "last updated" shows
        "length": lambda row: row["words"],
        "churn": lambda row: row["landings_1y"],
        "risk": shipped,
    }
    if arguments.fit:
        rankers |= report_fit([Repository(path, arguments.cache) for path in arguments.fit])
    measures = [Measure(Repository(path, arguments.cache), rankers) for path in arguments.repositories]
    return report(measures, list(rankers), arguments.replicates, arguments.seed)


def report(measures: Sequence[Measure], names: Sequence[str], replicates: int, seed: int) -> int:
    """Print the tables; return 1 when a floor is missed."""
    figures = [measure.figures() for measure in measures]
    draws = [measure.draws(replicates, seed) for measure in measures]
    dice = random.Random(seed)  # noqa: S311
    whole = [mean([dice.choice(drawn) for drawn in dice.choices(draws, k=len(draws))]) for _ in range(5 * replicates)]
    lines = [*zip([one.repository.name for one in measures], figures, draws, strict=True), ("**mean**", mean(figures), whole)]
    print(f"| repository | commit | pages | samples | months | corrected | of dormant |\n{'| --- ' * 7}|")
    for measure, figure in zip(measures, figures, strict=True):
        it = measure.repository
        print(f"| {it.name} | {it.commit[:12]} | {len(it.pages)} | {len(it.rows)} | {len(it.months)} | "
              f"{figure['share, all, any']:.1%} | {figure['share, dormant, any']:.1%} |")
    for kind in ("all", "dormant"):
        print(f"\n{kind} pages: ROC-AUC / average precision\n\n| repository | {' | '.join(names)} | risk, 95 % |")
        print("| --- " * (len(names) + 2) + "|")
        for name, one, drawn in lines:
            cells = " | ".join(f"{one[f'{by}, {kind}, auc']:.3f} / {one[f'{by}, {kind}, ap']:.3f}" for by in names)
            ends = " / ".join("{:.2f}–{:.2f}".format(*interval(drawn, f"risk, {kind}, {metric}")) for metric in ("auc", "ap"))
            print(f"| {name} | {cells} | {ends} |")
    print(f"\n| mean of risk less | ROC-AUC | AP | dormant ROC-AUC | dormant AP |\n{'| --- ' * 5}|")
    for name in (name for name in names if name != "risk"):
        gains = [f"over {name}, {kind}, {metric}" for kind in ("all", "dormant") for metric in ("auc", "ap")]
        one = derived(mean(figures))
        cells = " | ".join("{:+.3f} ({:+.3f} to {:+.3f})".format(one[gain], *interval(whole, gain)) for gain in gains)
        print(f"| {name} | {cells} |")
    return report_floors(lines)


def report_floors(lines: Sequence[tuple[str, Figures, list[Figures]]]) -> int:
    """Print what must hold on repositories that the weights were not fitted on."""
    floors = {
        f"dormant: risk over age ≥ {AUC_FLOOR}": ("over age, dormant, auc", AUC_FLOOR),
        f"code changed / not ≥ {LIFT_FLOOR}": ("lift, all, other", LIFT_FLOOR),
        f"dormant: code changed / not ≥ {LIFT_FLOOR}": ("lift, dormant, other", LIFT_FLOOR),
        "code changed / covered, unchanged": ("lift, all, unchanged", 0.0),
        "dormant: code changed / covered, unchanged": ("lift, dormant, unchanged", 0.0),
    }
    print(f"\n| repository | {' | '.join(floors)} |\n{'| --- ' * (len(floors) + 1)}|")
    for name, one, drawn in lines:
        cells = [(derived(one)[figure], *interval(drawn, figure), floor) for figure, floor in floors.values()]
        print(f"| {name} | " + " | ".join(f"{'' if value >= floor else 'missed: '}{value:.2f} ({low:.2f}–{high:.2f})"
                                         for value, low, high, floor in cells) + " |")
    missed = [title for title, (figure, floor) in floors.items() if not derived(lines[-1][1])[figure] >= floor]
    print(f"\n{'Missed on the mean: ' + '; '.join(missed) if missed else 'All floors hold on the mean.'}")
    return bool(missed)


if __name__ == "__main__":
    sys.exit(main())
