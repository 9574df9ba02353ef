"""The reports of a run: which are asked for, and where each is written."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from kbtool.errors import UsageError
from kbtool.shell import colors, write

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kbtool.config import Config
    from kbtool.evidence import Evidence
    from kbtool.finding import Run
    from kbtool.report_registry import Report


class Wanted(NamedTuple):
    """A report that is to be written: its format, its module, and its file; None is standard output."""

    name: str
    report: Report
    output: Path | None


def find_reports(form: str, output: Path | None, more: Sequence[str]) -> list[Wanted]:
    """Return the reports that are asked for: that of `--format`, and one for each `NAME=FILE`; raises UsageError.

    What can be told before the run is told before the run.
    """
    from kbtool.report_registry import find_report

    asked = [(form, output), *map(_name_and_file, more)]
    files = [path for _, path in asked if path]
    for path in files:
        _refuse_folder(path)
    if len({path.resolve() for path in files}) < len(files):
        raise UsageError("two reports would go to one file", kind="bad-output", hint="give each a file of its own")
    return [Wanted(name, find_report(name), path) for name, path in asked]


def _name_and_file(text: str) -> tuple[str, Path | None]:
    name, _, path = text.partition("=")
    if not name or not path:
        raise UsageError(f"--report: {text!r} is not NAME=FILE", kind="bad-output", hint="such as --report sarif=kbtool.sarif")
    return name, Path(path)


def write_reports(wanted: Sequence[Wanted], run: Run, evidence: Evidence) -> None:
    """Write the reports; one that breaks breaks before anything is written.

    Paths are from the top of the repository, as CI systems want them; those of the text for people are from the knowledge base.
    """
    from kbtool.errors import ConfigError

    for one in wanted:
        if one.output:
            refuse_article(one.output, evidence)
    machines = any(one.name != "text" for one in wanted)
    whole = run.below(place_in_repository(evidence.config)) if machines else run
    texts = []
    for name, report, output in wanted:
        text: Any = report.render(run if name == "text" else whole, color=output is None and colors(sys.stdout))
        if not isinstance(text, str):
            raise ConfigError(f"the report {name} is {type(text).__name__}, not text", kind="bad-plugin", hint="tell its author")
        texts.append(text)
    for one, text in zip(wanted, texts, strict=True):
        write_report(text, one.output, evidence)


def place_in_repository(config: Config) -> str:
    """Return the path of the knowledge base in its repository, "" or with a slash at its end; "" where there is none.

    Where git does not say it, the nearest folder with a `.git` is taken for the top.
    """
    from kbtool.git import Git, GitError
    from kbtool.history import prefix_of

    git = Git(config.root)
    try:
        return prefix_of(git, config)
    except GitError:
        inside = config.root.resolve().relative_to(git.nearest or config.root.resolve()).as_posix()
        return "" if inside == "." else f"{inside}/"


def write_report(text: str, output: Path | None, evidence: Evidence) -> None:
    """Write a report to standard output, or to a file in one step; raises UsageError for a place that cannot be meant."""
    if output is None:
        write(text, nl=False)
        return
    from kbtool.files import write_atomic

    _refuse_folder(output)
    refuse_article(output, evidence)
    if evidence.config.base:
        from kbtool.untrusted import refuse_links

        refuse_links(evidence.config, output.absolute())
    data = text.encode("utf-8", "backslashreplace")
    if output.is_symlink() or (output.exists() and not output.is_file()):  # /dev/stdout, a pipe: not to be put aside
        output.write_bytes(data)
    else:
        write_atomic(output, data)


def _refuse_folder(output: Path) -> None:
    if output.is_dir() or not output.absolute().parent.is_dir():
        raise UsageError(f"{str(output)!r} is a folder, or its folder does not exist", kind="bad-output")


def refuse_article(output: Path, evidence: Evidence) -> None:
    """Raise UsageError where a file that is to be written is an article."""
    here, content = output.resolve(), (evidence.config.root / evidence.config.content).resolve()
    if here.is_relative_to(content) and here.relative_to(content).as_posix() in evidence.content.by_source:
        raise UsageError(f"{str(output)!r} is an article", kind="bad-output")
