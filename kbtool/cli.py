"""The command line: parse, call the core, render, exit. Everything heavy is imported by the command that needs it."""

from __future__ import annotations

import datetime as dt
import gc
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from kbtool import __version__
from kbtool.errors import IncompleteError, KbtoolError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kbtool.config import Config
    from kbtool.evidence import Evidence
    from kbtool.finding import Run
    from kbtool.publish import Published

_SEVERITIES = click.Choice(["error", "warning", "never"])
_TODAY_HELP = "Judge as of this day (YYYY-MM-DD) instead of today in UTC."


class Commands(click.Group):
    """A group that lists its commands in the order of the work, and names the nearest for one that it does not have."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order in which they were written."""
        del ctx
        return list(self.commands)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """Return the command, or an error that names the nearest one."""
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            from kbtool.config import did_you_mean

            raise UsageError(f"no command is called {args[0]!r}{did_you_mean(args[0], self.commands)}", kind="no-such-command",
                             hint="`kbtool --help` lists them")
        return super().resolve_command(ctx, args)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("-C", "--root", "root", type=click.Path(path_type=Path), metavar="DIR",
              help="The knowledge base; by default the nearest folder whose pyproject.toml has a [tool.kbtool].")
@click.version_option(__version__, prog_name="kbtool")
@click.pass_context
def kbtool(ctx: click.Context, root: Path | None) -> None:
    """Support knowledge in git that can be trusted.

    Checks a folder of Markdown articles and builds a public help centre and an internal wiki from it.

    Exit codes: 0 clean, 1 findings, 2 usage or configuration, 3 no verdict, 4 a bug in kbtool.
    """
    ctx.obj = root


@kbtool.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--select", multiple=True, metavar="CODE", help="Run only these checks: a code, its beginning (KB1) or a name.")
@click.option("--ignore", multiple=True, metavar="CODE", help="Leave these checks out.")
@click.option("--format", "form", default="text", show_default=True, metavar="NAME", help="The report: text, json, or an installed one.")
@click.option("--output", type=click.Path(path_type=Path), metavar="FILE", help="Write the report to a file.")
@click.option("--fail-on", type=_SEVERITIES, help="The least severity that makes exit code 1 (default: error).")
@click.option("--strict", is_flag=True, help="Exit with 3 when anything is unknown or was skipped.")
@click.option("--exit-zero", is_flag=True, help="Exit with 0 in spite of findings.")
@click.option("--today", metavar="DATE", help=_TODAY_HELP)
@click.pass_obj
def check(root: Path | None, /, paths: Sequence[Path], form: str, output: Path | None, fail_on: str | None, **options: Any) -> int:
    """Check the articles: the gate.

    With PATHS, the whole knowledge base is read and only the findings in these files and folders are reported.
    """
    evidence, run = _check(root, options, paths)
    report = _report(form)
    _write(report.render(run, color=_colors(sys.stdout) and output is None), output, evidence)
    code = run.exit_code(fail_on or evidence.config.fail_on, strict=options["strict"])
    return 0 if code == 1 and options["exit_zero"] else code


@kbtool.command()
@click.option("--edition", "names", multiple=True, metavar="NAME", help="Build only this edition (repeatable).")
@click.option("--fail-on", type=_SEVERITIES, help="The least severity that makes exit code 1 (default: error).")
@click.option("--exit-zero", is_flag=True, help="Exit with 0 in spite of findings, for a job that must go on.")
@click.option("--strict", is_flag=True, help="Exit with 3 when anything is unknown or was skipped.")
@click.option("--allow-empty", is_flag=True, help="Publish an edition without articles.")
@click.option("--today", metavar="DATE", help=_TODAY_HELP)
@click.pass_obj
def build(root: Path | None, /, names: Sequence[str], fail_on: str | None, allow_empty: bool, **options: Any) -> int:  # noqa: FBT001
    """Check, build, audit and publish the editions.

    Stale articles are reported and published all the same. A site is withheld, and the last good one stays, only when it
    is not clear who may read what (KB001, KB008, KB4…) or when the audit finds a leak.
    """
    from kbtool.publish import publish, withholding
    from kbtool.reports.text import render

    evidence, run = _check(root, options, ())
    editions = [_edition(evidence, name) for name in names] or list(evidence.editions.values())
    click.echo(render(run, color=_colors(sys.stdout)), nl=False)
    held = withholding(run)
    if held:
        _say(f"error[withheld]: no site was published: {len(held)} finding(s) leave open who may read what "
             f"({', '.join(sorted({finding.code for finding in held}))})")
        return 1
    with _progress(f"Building {' and '.join(edition.name for edition in editions)}"):
        published = publish(evidence, editions, allow_empty=allow_empty)
    code = max((_tell(found, evidence.config) for found in published), key=_weight)
    verdict = run.exit_code(fail_on or evidence.config.fail_on, strict=options["strict"])
    verdict = 0 if verdict == 1 and options["exit_zero"] else verdict
    return max((code, verdict), key=_weight)


@kbtool.command()
@click.option("--edition", "name", default="public", show_default=True, metavar="NAME")
@click.option("--address", default="127.0.0.1:8000", show_default=True, metavar="HOST:PORT")
@click.pass_obj
def serve(root: Path | None, name: str, address: str) -> int:
    """Preview an edition; the browser reloads when an article is saved."""
    from kbtool.preview import prepare

    stage = prepare(_config(root), name, _today(None))
    from kbtool.engine import serve_site

    _say(f"the {name} edition: http://{address}/ (Ctrl+C ends it)")
    return serve_site(stage, address)


@kbtool.command()
@click.argument("site", type=click.Path(path_type=Path))
@click.option("--edition", "name", default="public", show_default=True, metavar="NAME", help="The edition that SITE was built for.")
@click.pass_obj
def audit(root: Path | None, site: Path, name: str) -> int:
    """Search a built SITE for anything that its edition may not show."""
    from kbtool.publish import audit_folder

    if not site.is_dir():
        raise UsageError(f"there is no folder {str(site)!r}", kind="no-such-path")
    evidence = _evidence(root, None)
    leaks = audit_folder(evidence, _edition(evidence, name), site)
    for leak in leaks:
        click.echo(_leak_line(leak))
    click.echo(f"{len(leaks)} leak{'' if len(leaks) == 1 else 's'} in {site}")
    return 1 if leaks else 0


@kbtool.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--name", help="The name of the site; by default the folder's.")
def init(folder: Path, name: str | None) -> int:
    """Make a new knowledge base in DIR, which must be new or empty."""
    from kbtool.scaffold import init as make

    for path in make(folder, name or folder.resolve().name, _today(None)):
        click.echo(f"  {path}")
    click.echo(f"Made a knowledge base in {folder}. Next: cd {folder} && kbtool build")
    return 0


@kbtool.command()
@click.argument("title")
@click.option("--type", "content_type", default="how-to", show_default=True, metavar="TYPE",
              help="how-to, concept, reference, troubleshooting, known-issue or runbook.")
@click.option("--in", "folder", default="", metavar="FOLDER", help="A folder inside the content folder.")
@click.option("--owner", "owners", multiple=True, metavar="ID")
@click.option("--area", "areas", multiple=True, metavar="ID")
@click.option("--audience", metavar="AUDIENCE", help="Who may read it; internal when nothing is said.")
@click.pass_obj
def new(root: Path | None, /, title: str, content_type: str, **options: Any) -> int:
    """Make a new article called TITLE from the template of its content type."""
    from kbtool.scaffold import new as make

    click.echo(make(_config(root), title, content_type, **options))
    return 0


@kbtool.command()
@click.argument("word", metavar="CODE")
@click.pass_obj
def explain(root: Path | None, word: str) -> int:
    """Explain a check: what it looks for, why, and how to fix what it finds."""
    from kbtool.explain import explain_check
    from kbtool.registry import find_check

    text = explain_check(find_check(word, _config_or_none(root)))
    if _colors(sys.stdout):
        from rich.console import Console
        from rich.markdown import Markdown

        Console().print(Markdown(text))
    else:
        click.echo(text, nl=False)
    return 0


@kbtool.command("list")
@click.pass_obj
def list_(root: Path | None) -> int:
    """List the checks, report formats and trackers that there are."""
    from kbtool.explain import summary
    from kbtool.registry import find_checks, find_reports, find_trackers

    for found in find_checks(_config_or_none(root)):
        click.echo(f"{found.code:<8}{found.severity.value:<9}{found.name():<22}{summary(found)}")
    click.echo(f"\nreports: {', '.join(find_reports())}\ntrackers: {', '.join(find_trackers())}")
    return 0


@kbtool.command()
@click.option("--report", is_flag=True, help="The schema of `kbtool check --format json` instead.")
@click.pass_obj
def schema(root: Path | None, report: bool) -> int:  # noqa: FBT001
    """Print the JSON Schema of the front matter, for editors."""
    from kbtool.explain import front_matter_schema, report_schema

    click.echo(report_schema() if report else front_matter_schema(_config_or_none(root)), nl=False)
    return 0


@kbtool.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> int:
    """Print the completion script of a SHELL, to be sourced from its start-up file."""
    from click.shell_completion import get_completion_class

    made = get_completion_class(shell)
    if made is None:
        raise UsageError(f"no completion for {shell}")
    click.echo(made(kbtool, {}, "kbtool", "_KBTOOL_COMPLETE").source())
    return 0


# ---------------------------------------------------------------------------------------------- what commands share


def _root(root: Path | None) -> Path:
    from kbtool.config import find_root

    if root is not None and not root.is_dir():
        raise UsageError(f"there is no folder {str(root)!r}", kind="no-such-path")
    return root.resolve() if root else find_root(Path.cwd())


def _config(root: Path | None) -> Config:
    from kbtool.config import load_config

    return load_config(_root(root))


def _config_or_none(root: Path | None) -> Config | None:
    """Return the configuration, or None outside of a knowledge base: some commands work anywhere."""
    try:
        found = _root(root)
    except KbtoolError as error:
        if error.kind == "no-config":
            return None
        raise
    from kbtool.config import load_config

    return load_config(found)


def _today(text: str | None) -> dt.date:
    """Return the day to judge by: `--today`, else SOURCE_DATE_EPOCH, else the clock, in UTC. Read once."""
    if text is None:
        return _clock()
    from kbtool.dates import DATE_HINT, parse_date

    try:
        return parse_date(text)
    except ValueError as error:
        raise UsageError(f"--today: {error}", kind="bad-date", hint=DATE_HINT) from None


def _clock() -> dt.date:
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    if not epoch:
        return dt.datetime.now(dt.UTC).date()
    try:
        return dt.datetime.fromtimestamp(int(epoch), dt.UTC).date()
    except (ValueError, OverflowError, OSError):
        raise UsageError(f"SOURCE_DATE_EPOCH: {epoch[:40]!r} is no number of seconds", kind="bad-date",
                         hint="unset it, or write the seconds since 1970") from None


def _evidence(root: Path | None, today: str | None) -> Evidence:
    from kbtool.evidence import gather

    return gather(_config(root), _today(today))


def _check(root: Path | None, options: dict[str, Any], paths: Sequence[Path]) -> tuple[Evidence, Run]:
    from kbtool.registry import make_checks, make_trackers
    from kbtool.runner import run

    config = _config(root)
    checks = make_checks(config, options.get("select", ()), options.get("ignore", ()))
    make_trackers(config)  # a misspelt option is an error now, not on the day that a ticket is needed
    if not checks:
        raise UsageError("no check is left to run", kind="no-checks", hint="widen --select or narrow --ignore")
    from kbtool.evidence import gather

    evidence = gather(config, _today(options["today"]))
    if not evidence.articles:
        raise UsageError(f"there is no article below {config.content!r}", kind="no-inputs",
                         hint="set content in [tool.kbtool], or write one with `kbtool new`")
    return evidence, run(evidence, checks, only=_only(paths, evidence))


def _only(paths: Sequence[Path], evidence: Evidence) -> Any:
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
    return lambda found: any(name == "." or found == name or found.startswith(f"{name}/") for name in wanted)


def _report(form: str) -> Any:
    from kbtool.config import did_you_mean
    from kbtool.registry import find_reports

    reports = find_reports()
    if form not in reports:
        raise UsageError(f"--format: no report is called {form!r}{did_you_mean(form, reports)}", kind="no-such-report",
                         hint=f"one of {', '.join(reports)}")
    return reports[form]


def _edition(evidence: Evidence, name: str) -> Any:
    if name not in evidence.editions:
        from kbtool.config import did_you_mean

        raise UsageError(f"no edition is called {name!r}{did_you_mean(name, evidence.editions)}", kind="no-such-edition",
                         hint=f"one of {', '.join(evidence.editions)}")
    return evidence.editions[name]


def _write(text: str, output: Path | None, evidence: Evidence) -> None:
    if output is None:
        try:
            sys.stdout.write(text)
            sys.stdout.flush()
        except BrokenPipeError:  # the reader has seen enough; the verdict stands
            _silence_stdout()
        return
    from kbtool.files import write_atomic

    if output.is_dir() or not output.absolute().parent.is_dir():
        raise UsageError(f"--output: {str(output)!r} is a folder, or its folder does not exist", kind="bad-output")
    here = output.resolve()
    if any(here == (evidence.config.root / article.path).resolve() for article in evidence.articles):
        raise UsageError(f"--output: {str(output)!r} is an article", kind="bad-output")
    write_atomic(output, text.encode("utf-8", "backslashreplace"))


def _tell(found: Published, config: Config) -> int:
    """Say what became of one edition; return its exit code."""
    for note in found.notes:
        _say(f"warning[{found.edition}]: {note}")
    if found.failure:
        _say(str(found.failure))
        return found.failure.exit_code
    for leak in found.leaks:
        _say(f"error[leak]: {_leak_line(leak)}")
    if found.leaks:
        _say(f"error[withheld]: the {found.edition} edition was not published; the site that was there stays")
        return 1
    click.echo(f"{found.edition}: {found.pages} articles in {found.folder.relative_to(config.root)}/")
    return 0


def _leak_line(leak: Any) -> str:
    from kbtool.reports.text import visible

    return visible(f"{leak.file}: shows {leak.what!r}, which is from {leak.source}")


def _weight(code: int) -> int:
    """Return the rank of an exit code: 4 goes before 2, 1, 3, 0."""
    return (0, 3, 1, 2, 4).index(code)


def _colors(stream: TextIO) -> bool:
    """Return whether to write colours: to a terminal, unless NO_COLOR; always with FORCE_COLOR."""
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _progress(text: str) -> Any:
    """Return a spinner on a terminal, and nothing elsewhere."""
    from contextlib import nullcontext

    if not sys.stderr.isatty():
        return nullcontext()
    from rich.console import Console

    return Console(stderr=True).status(text)


def _say(text: str) -> None:
    click.echo(f"kbtool: {text}", err=True)


# ---------------------------------------------------------------------------------------------- the edge


def main() -> None:
    """Run the command line and exit: every error becomes one line and its exit code, never a traceback."""
    gc.disable()  # a run is short and makes no garbage worth looking for; looking costs a fifth of the time
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    code = _guarded()
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _silence_stdout()
    except OSError as error:
        _say(f"error[disk]: standard output: {error.strerror}")
        code = 3
        _silence_stdout()
    sys.exit(code)


def _guarded() -> int:
    try:
        result = kbtool.main(standalone_mode=False)
        return result if isinstance(result, int) else 0
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help() if error.ctx else "", err=True)
        return 2
    except click.UsageError as error:
        _say(f"error[usage]: {error.format_message()} (see `kbtool --help`)")
        return 2
    except (click.Abort, KeyboardInterrupt):
        return 130
    except KbtoolError as error:
        _say(str(error))
        return error.exit_code
    except BrokenPipeError:
        _silence_stdout()
        return 3
    except OSError as error:
        _say(str(IncompleteError(f"{error.strerror or error}: {error.filename or 'input or output'}", kind="disk")))
        return 3
    except Exception as error:  # noqa: BLE001 - whatever it is, it is ours
        return _crashed(error)


def _silence_stdout() -> None:
    """Send what is left of standard output nowhere, so that the interpreter does not stumble over it at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _crashed(error: Exception) -> int:
    from kbtool.crash import write_crash_file

    _say(f"error[bug]: {type(error).__name__}; please report it with the file {write_crash_file(error)}")
    return 4


if __name__ == "__main__":
    main()
