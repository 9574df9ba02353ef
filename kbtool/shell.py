"""What the commands share: finding the knowledge base, one run of the checks, writing reports, saying what happened."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TextIO

import click

from kbtool import clock
from kbtool.errors import KbtoolError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from kbtool.articles import Article
    from kbtool.config import Config
    from kbtool.evidence import Evidence
    from kbtool.finding import Run
    from kbtool.publish import Published
    from kbtool.report_registry import Report


class Wanted(NamedTuple):
    """A report that is to be written: its format, its module, and its file; None is standard output."""

    name: str
    report: Report
    output: Path | None


def find_folder(root: Path | None) -> Path:
    """Return the folder of the knowledge base: the one that was named, or the nearest; raises UsageError or ConfigError."""
    from kbtool.config import find_root

    if root is not None and not root.is_dir():
        raise UsageError(f"there is no folder {str(root)!r}", kind="no-such-path")
    return root.resolve() if root else find_root(Path.cwd())


def read_config(root: Path | None) -> Config:
    """Return the configuration of the knowledge base; raises ConfigError."""
    from kbtool.config import load_config

    return load_config(find_folder(root))


def read_config_or_none(root: Path | None) -> Config | None:
    """Return the configuration, or None outside of a knowledge base: some commands work anywhere."""
    try:
        found = find_folder(root)
    except KbtoolError as error:
        if error.kind == "no-config":
            return None
        raise
    from kbtool.config import load_config

    return load_config(found)


def day(text: str | None) -> dt.date:
    """Return the day to judge by: `--today`, else the clock's; read once a run."""
    if text is None:
        return clock.today()
    from kbtool.dates import DATE_HINT, parse_date

    try:
        return parse_date(text)
    except ValueError as error:
        raise UsageError(f"--today: {error}", kind="bad-date", hint=DATE_HINT) from None


def moment(today: str | None) -> dt.datetime | None:
    """Return the moment to judge by: the clock's, or None, the end of the day, where `--today` names one."""
    return None if today else clock.moment()


def gather_evidence(root: Path | None, today: str | None) -> Evidence:
    """Gather the evidence that needs no history; raises ConfigError and UsageError."""
    from kbtool.evidence import gather

    return gather(read_config(root), day(today), now=moment(today), git=False)


def run_checks(
    root: Path | None, options: dict[str, Any], paths: Sequence[Path], *, publishes: bool = False, history: bool = False
) -> tuple[Evidence, Run]:
    """Run the checks that the options ask for; raises UsageError where there is nothing to check."""
    from kbtool.cache import FOLDER, Cache
    from kbtool.history import start_main

    config = read_config(root)
    put_back(config)
    cache = Cache(None if options["no_cache"] else config.root / FOLDER)
    main = None if options["no_git"] else start_main(config, cache)  # git reads while all else is imported
    from kbtool.registry import make_checks
    from kbtool.runner import run

    checks = make_checks(config, options.get("select", ()), options.get("ignore", ()))
    if not checks:
        raise UsageError("no check is left to run", kind="no-checks", hint="widen --select or narrow --ignore")
    from kbtool.evidence import gather

    git = not options["no_git"] and (publishes or history or any(check.waits() for check in checks))
    main = main if git else None  # git ends
    today = options["today"]
    evidence = gather(config, day(today), cache, now=moment(today), cached_articles=not publishes, git=git, main=main)
    if not evidence.articles:
        raise UsageError(f"there is no article below {config.content!r}", kind="no-inputs",
                         hint="set content in [tool.kbtool], or write one with `kbtool new`")
    found = run(evidence, checks, only=only(paths, evidence))
    evidence.content.keep()
    evidence.tickets.mentions.keep()
    for kind, notes in (("history", evidence.reviews.notes), ("cache", cache.notes)):
        for note in notes:
            say(f"warning[{kind}]: {note}")
    return evidence, found


def put_back(config: Config) -> None:
    """Put back what a killed review has left half written, and say so."""
    from kbtool.journal import recover

    found = recover(config.root)
    if found is not None:
        what = ", ".join(found.restored) or "nothing had to be put back"
        say(f"note: a review was killed while it wrote; put back: {what}")
        for path in found.left:
            say(f"warning[journal]: {path} was changed since; it stays as it is")


def only(paths: Sequence[Path], evidence: Evidence) -> Any:
    """Return which paths are reported on; every path that is asked for must hold an article."""
    if not paths:
        return None
    root = evidence.config.root.resolve()
    wanted = []
    for path in paths:
        here = path if path.is_absolute() else Path.cwd() / path
        if not os.path.lexists(here):
            raise UsageError(f"there is no file or folder {str(path)!r}", kind="no-such-path")
        here = here.parent.resolve() / here.name
        inside = here.resolve() if here.is_dir() else here
        name = inside.relative_to(root).as_posix() if inside.is_relative_to(root) else ""
        known = name == "." or any(path == name or path.startswith(f"{name}/") for path in evidence.content.paths)
        if not name or not known:
            raise UsageError(f"{str(path)!r} holds no article of this knowledge base", kind="no-inputs",
                             hint=f"articles are below {evidence.config.content}/")
        wanted.append(name)
    return lambda found: any(name in (".", found) or found.startswith(f"{name}/") for name in wanted)


def find_article(evidence: Evidence, path: Path) -> Article:
    """Return the article that a path names, from here or from the root; raises UsageError where it names none."""
    root = evidence.config.root.resolve()
    here = path if path.is_absolute() else Path.cwd() / path
    here = here.parent.resolve() / here.name
    name = here.relative_to(root).as_posix() if here.is_relative_to(root) else path.as_posix()
    for article in evidence.articles:
        if article.path in (name, path.as_posix()):
            return article
    raise UsageError(f"there is no article {str(path)!r}", kind="no-such-path", hint="name its file, such as content/export.md")


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
            _refuse_article(one.output, evidence)
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


def write(text: str, *, nl: bool = True) -> None:
    """Write to standard output at once; a reader that has seen enough and left changes nothing, least of all the verdict."""
    try:
        sys.stdout.write(f"{text}\n" if nl else text)
        sys.stdout.flush()
    except BrokenPipeError:
        silence_stdout()


def write_report(text: str, output: Path | None, evidence: Evidence) -> None:
    """Write a report to standard output, or to a file in one step; raises UsageError for a place that cannot be meant."""
    if output is None:
        write(text, nl=False)
        return
    from kbtool.files import write_atomic

    _refuse_folder(output)
    _refuse_article(output, evidence)
    data = text.encode("utf-8", "backslashreplace")
    if output.is_symlink() or (output.exists() and not output.is_file()):  # /dev/stdout, a pipe: not to be put aside
        output.write_bytes(data)
    else:
        write_atomic(output, data)


def _refuse_folder(output: Path) -> None:
    if output.is_dir() or not output.absolute().parent.is_dir():
        raise UsageError(f"{str(output)!r} is a folder, or its folder does not exist", kind="bad-output")


def _refuse_article(output: Path, evidence: Evidence) -> None:
    here, content = output.resolve(), (evidence.config.root / evidence.config.content).resolve()
    if here.is_relative_to(content) and here.relative_to(content).as_posix() in evidence.content.by_source:
        raise UsageError(f"{str(output)!r} is an article", kind="bad-output")


def tell(found: Published, config: Config) -> int:
    """Say what became of one edition; return its exit code."""
    for note in found.notes:
        say(f"warning[{found.edition}]: {note}")
    if found.failure:
        say(str(found.failure))
        return found.failure.exit_code
    for leak in found.leaks:
        say(f"error[leak]: {leak_line(leak)}")
    for name in found.unexplained:
        say(f"error[unexplained]: {name}: nothing explains this file of the site")
    if not found.swapped:
        say(f"error[withheld]: the {found.edition} edition was not published; the site that was there stays")
        return 1
    write(f"{found.edition}: {found.pages} articles in {found.folder.relative_to(config.root)}/")
    if found.purge:
        count = f"{len(found.purge)} URL{' is' if len(found.purge) == 1 else 's are'}"
        say(f"warning[{found.edition}]: {count} to be removed from caches, see .kbtool/purge/{found.edition}.txt")
    return 0


def leak_line(leak: Any) -> str:
    """Return one leak as a line for people."""
    from kbtool.reports.text import visible

    source = f", which is from {leak.source}" if leak.source else ""
    return visible(f"{leak.file}: shows {leak.what!r}{source}")


def weight(code: int) -> int:
    """Return the rank of an exit code: 4 goes before 2, 1, 3, 0."""
    return (0, 3, 1, 2, 4).index(code)


def colors(stream: TextIO) -> bool:
    """Return whether to write colours: to a terminal, unless NO_COLOR; always with FORCE_COLOR."""
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def width(stream: TextIO) -> int:
    """Return how wide the terminal is; 0 for anything else, whose lines stay whole."""
    return shutil.get_terminal_size().columns if stream.isatty() else 0


def progress(text: str) -> Any:
    """Return a spinner on a terminal, and nothing elsewhere."""
    if not sys.stderr.isatty():
        return contextlib.nullcontext()
    from rich.console import Console

    return Console(stderr=True).status(text)


@contextlib.contextmanager
def counting(text: str) -> Iterator[Callable[[str, int, int], None]]:
    """Show a bar for each thing that is counted, on a terminal; elsewhere nothing."""
    if not sys.stderr.isatty():
        yield lambda *_: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bars:
        tasks: dict[str, Any] = {}

        def tell(name: str, done: int, total: int) -> None:
            if name not in tasks:
                tasks[name] = bars.add_task(f"{text}: {name}")
            bars.update(tasks[name], completed=done, total=total)

        yield tell


def say(text: str) -> None:
    """Say something that is not the report; names of files and people in it steer no terminal."""
    from kbtool.reports.text import visible

    with contextlib.suppress(OSError):  # nobody listens; the exit code still tells
        click.echo(f"kbtool: {visible(text, None)}", err=True)


def silence_stdout() -> None:
    """Send what is left of standard output nowhere, so that the interpreter does not stumble over it at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
