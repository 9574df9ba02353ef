"""What the commands share: finding the knowledge base, one run of the checks, saying what happened."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from kbtool import clock
from kbtool.errors import KbtoolError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from kbtool.articles import Article
    from kbtool.built import Published, Sites
    from kbtool.config import Config
    from kbtool.evidence import Evidence
    from kbtool.finding import Run


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


def gather_history(root: Path | None, *, today: str | None = None, no_cache: bool = False) -> Evidence:
    """Gather the evidence with history, by way of the cache, and say what is odd about it; raises ConfigError and UsageError."""
    from kbtool.cache import FOLDER, Cache
    from kbtool.evidence import gather

    config = read_config(root)
    cache = Cache(None if no_cache else config.root / FOLDER)
    evidence = gather(config, day(today), cache)
    _warn({"history": evidence.reviews.notes, "cache": cache.notes})
    return evidence


def run_checks(
    root: Path | None, options: dict[str, Any], paths: Sequence[Path], *, sites: Sites | None = None, history: bool = False
) -> tuple[Evidence, Run]:
    """Run the checks that the options ask for; raises UsageError where there is nothing to check.

    A run that publishes `sites` reads articles from their files, unless all of the sites stand and are what it would build.
    """
    from kbtool.cache import FOLDER, Cache
    from kbtool.history import start_main

    diff: str | None = options.get("diff")
    if diff is not None and options["no_git"]:
        raise UsageError("--diff compares with a commit, and --no-git does without git", kind="usage", hint="leave out one")
    config = settle(root, options)
    cache = Cache(None if options["no_cache"] or config.base else config.root / FOLDER)
    if sites is not None:
        from kbtool.engines import find_engine

        find_engine(config.engine)  # before any work is done
        sites.look(config, cache)
    main = None if options["no_git"] else start_main(config, cache)  # git reads while all else is imported
    from kbtool.registry import find_checks, make_checks
    from kbtool.runner import run

    known = find_checks(config)
    made = make_checks(config, options.get("select", ()), options.get("ignore", ()), known)
    checks = made if diff is not None else [check for check in made if not check.compares]
    if not checks:
        hint = "name a commit to compare with: --diff BASE" if made else "widen --select or narrow --ignore"
        raise UsageError("no check is left to run", kind="no-checks", hint=hint)
    from kbtool.evidence import gather

    git = not options["no_git"] and (sites is not None or history or any(check.waits() for check in checks))
    main = main if git else None  # git ends
    now, today = moment(options["today"]), day(options["today"])
    kept = sites is None or sites.may_stand(config)
    evidence = gather(config, today, cache, now=now, cached_articles=kept, git=git, main=main)
    if sites is not None and kept and not sites.stand(evidence):
        evidence = gather(config, today, cache, now=now, cached_articles=False, git=git)
    if not evidence.articles:
        raise UsageError(f"there is no article below {config.content!r}", kind="no-inputs",
                         hint="set content in [tool.kbtool], or write one with `kbtool new`")
    chosen = only(paths, evidence, skip_others=options.get("skip_others", False))
    if diff is None:
        notes: dict[str, Sequence[str]] = {}
        evidence = evidence.narrowed(chosen) if chosen else evidence
        found = run(evidence, checks, only=chosen, known=known)
    else:
        from kbtool.diff import find_change

        change = find_change(evidence, diff, checks)
        evidence, notes = change.evidence, {"diff": change.notes}
        found = change.run(chosen, known)
    evidence.content.keep()
    if evidence.chosen is None:  # else it knows the tickets of a few articles only
        evidence.tickets.mentions.keep()
    _warn({**notes, "history": evidence.reviews.notes if evidence.judged else (), "cache": cache.notes})
    held: list[object] = [evidence, found]
    held.append(held)  # a cycle, for which `main` lets nobody look: to free all that piece by piece takes longer than to end
    return evidence, found


def _warn(notes: Mapping[str, Sequence[str]]) -> None:
    for kind, lines in notes.items():
        for line in lines:
            say(f"warning[{kind}]: {line}")


def settle(root: Path | None, options: dict[str, Any]) -> Config:
    """Return the configuration of a run that checks: the work tree's, or that of a base ref for one that is untrusted."""
    base = options.get("base") or options.get("diff")
    if not options.get("untrusted"):
        if options.get("base"):
            raise UsageError("--base is for --untrusted", kind="usage", hint="say --untrusted, or leave it out")
        config = read_config(root)
        put_back(config)  # never what a branch has brought as a journal
        return config
    if not base:
        raise UsageError("--untrusted needs a base ref, whose settings count", kind="no-base", hint="say --base origin/main")
    from kbtool.untrusted import open_base

    if root is not None and not root.is_dir():
        raise UsageError(f"there is no folder {str(root)!r}", kind="no-such-path")
    scratch = click.get_current_context().with_resource(tempfile.TemporaryDirectory(prefix="kbtool-base-"))
    event = os.environ.get("GITHUB_EVENT_NAME", "")
    config, notes = open_base(root or Path.cwd(), base, Path(scratch).resolve(), exactly=root is not None, event=event)
    for note in notes:
        say(f"note[untrusted]: {note}")
    return config


def put_back(config: Config) -> None:
    """Put back what a killed review has left half written, and say so."""
    from kbtool.journal import recover

    found = recover(config.root)
    if found is not None:
        what = ", ".join(found.restored) or "nothing had to be put back"
        say(f"note: a review was killed while it wrote; put back: {what}")
        for path in found.left:
            say(f"warning[journal]: {path} was changed since; it stays as it is")


def only(paths: Sequence[Path], evidence: Evidence, *, skip_others: bool = False) -> Callable[[str], bool] | None:
    """Return which paths are reported on, None for all: every path that is asked for must hold an article, or is passed over."""
    if not paths:
        return None
    known = {above for path in evidence.content.paths for above in _with_folders(path)}
    wanted = set()
    for path in paths:
        name = _inside(path, evidence.config.root.resolve())
        if name in known:
            wanted.add(name)
        elif not skip_others:
            raise UsageError(f"{str(path)!r} holds no article of this knowledge base", kind="no-inputs",
                             hint=f"articles are below {evidence.config.content}/")
    if skip_others and not wanted:
        say("note: no path holds an article of this knowledge base, so nothing was judged")
    return lambda found: not wanted.isdisjoint(_with_folders(found))


def _inside(path: Path, root: Path) -> str:
    """Return what a path is called inside a folder, "" where it is outside; raises UsageError where there is none."""
    here = path if path.is_absolute() else Path.cwd() / path
    if not os.path.lexists(here):
        raise UsageError(f"there is no file or folder {str(path)!r}", kind="no-such-path")
    here = here.parent.resolve() / here.name
    inside = here.resolve() if here.is_dir() else here
    return inside.relative_to(root).as_posix() if inside.is_relative_to(root) else ""


def _with_folders(path: str) -> Iterator[str]:
    """Yield a path, the folders above it, and `.`, which is above all."""
    yield path
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path
    yield "."


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


def write(text: str, *, nl: bool = True) -> None:
    """Write to standard output at once; a reader that has seen enough and left changes nothing, least of all the verdict."""
    try:
        sys.stdout.write(f"{text}\n" if nl else text)
        sys.stdout.flush()
    except BrokenPipeError:
        silence_stdout()


def tell(published: Sequence[Published], config: Config) -> int:
    """Say what became of the editions; return the exit code. What has stopped several of them is said once."""
    codes = [_tell_one(found, config) for found in published]
    for failure in dict.fromkeys(str(found.failure) for found in published if found.failure):
        say(failure)
    return max(codes, key=weight)


def _tell_one(found: Published, config: Config) -> int:
    for note in found.notes:
        say(f"warning[{found.edition}]: {note}")
    if found.failure:
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
        from kbtool.publish import purge_file

        place = config.work.relative_to(config.root)
        count = f"{len(found.purge)} URL{' is' if len(found.purge) == 1 else 's are'}"
        say(f"warning[{found.edition}]: {count} to be removed from caches, see {purge_file(place, found.edition)}")
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


def plain(text: str) -> str:
    """Return text with what would steer a terminal written as an escape."""
    from kbtool.reports.text import visible

    return visible(text, None)


def say(text: str) -> None:
    """Say something that is not the report; names of files and people in it steer no terminal."""
    from kbtool.reports.text import visible

    with contextlib.suppress(OSError):  # nobody listens; the exit code still tells
        click.echo(f"kbtool: {visible(text, None)}", err=True)


def silence_stdout() -> None:
    """Send what is left of standard output nowhere, so that the interpreter does not stumble over it at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
