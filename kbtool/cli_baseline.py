"""The commands about debt that is known: `kbtool baseline` and `kbtool debt`, and how other commands set it aside."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kbtool import report_files, shell
from kbtool.errors import IncompleteError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kbtool.baseline import Baseline, Compared, Entry
    from kbtool.config import Config
    from kbtool.evidence import Evidence
    from kbtool.finding import Run


def beside_baseline(
    run: Run, evidence: Evidence, paths: Sequence[Path] = (), *, named: Path | None = None, without: bool = False,
) -> Run:
    """Return a run without the findings that are known; raises UsageError where a baseline that was named is not there."""
    if without:
        if named:
            raise UsageError("--baseline and --no-baseline contradict each other", kind="usage")
        return run
    baseline, name = _load(evidence.config, named)
    if baseline is None:
        if named:
            raise UsageError(f"there is no baseline {str(named)!r}", kind="no-such-path", hint="write it with `kbtool baseline`")
        return run
    from kbtool.baseline import compare

    found = compare(run, baseline, evidence, _judged(evidence, shell.only(paths, evidence)))
    if found.paid and not found.known and not found.kept:
        shell.say(f"warning[baseline]: nothing that {name} names is found here: is it that of another knowledge base?")
    return found.run


def _judged(evidence: Evidence, only: Callable[[str], bool] | None) -> Callable[[str], bool] | None:
    """Return which paths the run has told all of."""
    if evidence.chosen is None:
        return only
    chosen = {article.path for article in evidence.chosen}
    return lambda path: path in chosen and (only is None or only(path))


def _load(config: Config, named: Path | None) -> tuple[Baseline | None, str]:
    from kbtool.baseline import baseline_path, load_baseline

    path = named or baseline_path(config)
    name = str(named) if named else path.relative_to(config.settings).as_posix()
    return load_baseline(path, name), name


@click.command()
@click.option("--shrink", is_flag=True,
              help="Take out what is paid off, and add nothing; exit with 1 when new debt fails the check.")
@click.option("--check", "only_check", is_flag=True,
              help="Write nothing; exit with 1 when something is paid off, or new debt fails the check.")
@click.option("--base", metavar="COMMIT", help="With one of these: exit with 1, too, when it has more than it had there.")
@click.option("--file", "named", type=click.Path(path_type=Path), metavar="FILE",
              help="The file, in the place of checks/baseline.txt or that of the configuration.")
@click.option("--today", metavar="DATE", help="Judge as of this day (YYYY-MM-DD) instead of today in UTC.")
@click.option("--no-cache", is_flag=True, help="Work everything out anew; neither read nor write .kbtool/cache.")
@click.pass_obj
def baseline(root: Path | None, /, named: Path | None, base: str | None, **options: Any) -> int:
    """Write down today's debt, so that `kbtool check` fails on what is new.

    Each finding of today becomes a line of checks/baseline.txt, but for those that decide who may read what. Commit it; it
    may only shrink.

    \b
    kbtool baseline
    kbtool baseline --shrink
    kbtool baseline --check --base origin/main
    """
    shrinks = options["shrink"] or options["only_check"]
    if base and not shrinks:
        raise UsageError("--base asks whether the baseline grows: say --check or --shrink, too", kind="usage")
    evidence, run = shell.run_checks(root, {**options, "no_git": False}, ())
    _refuse_untold(run)
    old, name = _load(evidence.config, named)
    if old is None and shrinks:
        raise UsageError(f"there is no baseline {name}", kind="no-such-path", hint="write it with `kbtool baseline`")
    from kbtool.baseline import Baseline, baseline_path, compare

    found, path = compare(run, old or Baseline(), evidence), named or baseline_path(evidence.config)
    report_files.refuse_article(path, evidence)
    for skip in run.skipped:
        shell.say(f"warning[baseline]: {skip.check} did not run, so nothing is known of it: {skip.reason}")
    if shrinks:
        return _shrink(found, evidence, path, name, _grown(found, evidence, path, base), write=not options["only_check"])
    return _write(found, path, name, begun=old is None)


def _refuse_untold(run: Run) -> None:
    """Raise where evidence is missing for good: debt that nobody sees would be no debt."""
    if run.broken:
        reasons = [skip.reason for skip in run.skipped if skip.failed or skip.lasting]
        reasons += [reason for article in run.articles if article.lasting for reason in article.unknown]
        raise IncompleteError(f"today's debt is not known: {reasons[0]}", kind="no-verdict", hint="the baseline stays as it is")


def _write(found: Compared, path: Path, name: str, *, begun: bool) -> int:
    from kbtool.baseline import write_baseline

    entries = (*found.known, *found.new, *found.kept)
    write_baseline(path, entries)
    changes = "begun" if begun else f"{len(found.new)} new, {len(found.paid)} paid off"
    shell.write(f"{name}: {_entries(len(entries))} ({changes})")
    left = len(found.run.findings) - len(found.new)
    if left:
        codes = ", ".join(sorted({one.code for one in found.run.findings} - {one.code for one in found.new}))
        shell.say(f"error[baseline]: {left} finding{'' if left == 1 else 's'} can be no known debt ({codes}): put that right")
    return 1 if left else 0


def _shrink(  # noqa: PLR0913 - what there is to say
    found: Compared, evidence: Evidence, path: Path, name: str, grown: Sequence[Entry], *, write: bool,
) -> int:
    from kbtool.baseline import write_baseline

    for sign, entries in (("-", found.paid), ("+", grown)):
        for entry in entries:
            shell.write(shell.plain(f"  {sign} {entry}"))
    entries = (*found.known, *found.kept)
    if write:
        write_baseline(path, entries)
    shell.write(f"{name}: {len(found.paid)} paid off, {len(entries)} left")
    if grown:
        shell.say(f"error[baseline]: {name} has grown by {_entries(len(grown))}")
    failing = found.run.exit_code(evidence.config.fail_on, strict=False) == 1
    if failing:
        shell.say(f"error[baseline]: there is debt that {name} does not have: see `kbtool check`")
    if found.paid and not write:
        shell.say(f"error[baseline]: {name} can shrink: run `kbtool baseline --shrink`")
    return 1 if grown or failing or (found.paid and not write) else 0


def _grown(found: Compared, evidence: Evidence, path: Path, base: str | None) -> list[Entry]:
    """Return the entries that the baseline has and did not have in a commit; none where it had no baseline yet."""
    from kbtool.baseline import baseline_at, former_paths, match

    before = baseline_at(evidence.config, path, base) if base else None
    if before is None:
        return []
    now = (*found.known, *found.paid, *found.kept)
    matches, _ = match(now, before, former_paths(evidence))
    return [entry for entry, there in zip(now, matches, strict=True) if not there]


def _entries(number: int) -> str:
    return f"{number} entr{'y' if number == 1 else 'ies'}"


@click.command()
@click.option("--format", "form", type=click.Choice(["text", "svg", "json"]),
              help="By default what the ending of --output says, else text.")
@click.option("--output", type=click.Path(path_type=Path), metavar="FILE", help="Write it to a file.")
@click.option("--file", "named", type=click.Path(path_type=Path), metavar="FILE",
              help="The baseline, in the place of checks/baseline.txt or that of the configuration.")
@click.option("--today", metavar="DATE", help="The last day of the chart (YYYY-MM-DD) instead of today in UTC.")
@click.option("--no-cache", is_flag=True, help="Work everything out anew; neither read nor write .kbtool/cache.")
@click.pass_obj
def debt(root: Path | None, /, form: str | None, output: Path | None, named: Path | None, **options: Any) -> int:
    """Show how the debt that is known has grown or shrunk.

    It is read from the history of the baseline in git: how many entries it had after each landing.

    \b
    kbtool debt
    kbtool debt --output debt.svg
    """
    from kbtool.baseline import baseline_path
    from kbtool.debt import read_debt
    from kbtool.debt_report import debt_json, debt_svg, debt_text

    evidence = shell.gather_history(root, today=options["today"], no_cache=options["no_cache"])
    path = named or baseline_path(evidence.config)
    found = read_debt(evidence, path, str(named) if named else path.relative_to(evidence.config.root).as_posix())
    for note in found.notes:
        shell.say(f"warning[debt]: {note}")
    ending = output.suffix.removeprefix(".") if output and not form else form
    if ending in ("svg", "json"):
        text = debt_svg(found) if ending == "svg" else debt_json(found)
    else:
        text = debt_text(found, color=output is None and shell.colors(sys.stdout))
    report_files.write_report(text, output, evidence)
    return 0
