"""The command line: parse, call the core, render, exit. Everything heavy is imported by the command that needs it."""

from __future__ import annotations

import gc
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from kbtool import __version__, cli_history, report_files, shell
from kbtool.cli_audience import audience
from kbtool.cli_baseline import baseline, beside_baseline, debt
from kbtool.cli_comment import comment
from kbtool.cli_review import review, why
from kbtool.cli_tickets import tickets
from kbtool.errors import IncompleteError, KbtoolError, UsageError
from kbtool.report_registry import BUILTIN_REPORTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kbtool.built import Published
    from kbtool.editions import Edition
    from kbtool.evidence import Evidence

_SEVERITIES = click.Choice(["error", "warning", "never"])
_NO_CACHE_HELP = "Work everything out anew; neither read nor write .kbtool/cache."
_NO_GIT_HELP = "Judge by review dates alone: the checks that need history are left out."
_UNTRUSTED_HELP = "For a stranger's branch: settings, registers and checks/*.py are those of --base; no cache is used."
_BASE_HELP = "The ref whose settings count in an untrusted run, such as origin/main."
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
@click.option("--diff", metavar="BASE", help="Judge only what this branch has changed since it left BASE.")
@click.option("--select", multiple=True, metavar="CODE", help="Run only these checks: a code, its beginning (KB1) or a name.")
@click.option("--ignore", multiple=True, metavar="CODE", help="Leave these checks out.")
@click.option("--format", "form", default="text", show_default=True, metavar="NAME",
              help=f"The report: {', '.join(BUILTIN_REPORTS)}, or an installed one.")
@click.option("--output", type=click.Path(path_type=Path), metavar="FILE", help="Write the report to a file.")
@click.option("--report", "reports", multiple=True, metavar="NAME=FILE", help="Write one more report, to a file (repeatable).")
@click.option("--fail-on", type=_SEVERITIES, help="The least severity that makes exit code 1 (default: error).")
@click.option("--strict", is_flag=True, help="Exit with 3 when anything is unknown or was skipped.")
@click.option("--exit-zero", is_flag=True, help="Exit with 0 in spite of findings.")
@click.option("--baseline", type=click.Path(path_type=Path), metavar="FILE", help="The list of debt that is known.")
@click.option("--no-baseline", is_flag=True, help="Report debt that is known, too.")
@click.option("--today", metavar="DATE", help=_TODAY_HELP)
@click.option("--no-cache", is_flag=True, help=_NO_CACHE_HELP)
@click.option("--no-git", is_flag=True, help=_NO_GIT_HELP)
@click.option("--untrusted", is_flag=True, help=_UNTRUSTED_HELP)
@click.option("--base", metavar="REF", help=_BASE_HELP)
@click.option("--skip-others", is_flag=True, help="Pass over PATHS that hold no article, as a hook gets them.")
@click.pass_obj
def check(
    root: Path | None, /, paths: Sequence[Path], form: str, output: Path | None, fail_on: str | None, **options: Any
) -> int:
    """Check the articles: the gate.

    With PATHS, the whole knowledge base is read and only the findings in these files and folders are reported.

    With --diff, only articles that the branch has changed are judged, and those that cover code which it has changed, work tree
    included; of all others, what the branch has caused is reported. BASE is a branch, tag or commit.

    \b
    kbtool check
    kbtool check --diff origin/main
    """
    wanted = report_files.find_reports(form, output, options["reports"])
    evidence, run = shell.run_checks(root, options, paths)
    run = beside_baseline(run, evidence, paths, named=options["baseline"], without=options["no_baseline"])
    report_files.write_reports(wanted, run, evidence)
    code = run.exit_code(fail_on or evidence.config.fail_on, strict=options["strict"])
    return 0 if code == 1 and options["exit_zero"] else code


kbtool.add_command(baseline)
kbtool.add_command(debt)
kbtool.add_command(cli_history.impact)
kbtool.add_command(cli_history.covers)
kbtool.add_command(tickets)


@kbtool.command()
@click.option("--edition", "names", multiple=True, metavar="NAME", help="Build only this edition (repeatable).")
@click.option("--fail-on", type=_SEVERITIES, help="The least severity that makes exit code 1 (default: error).")
@click.option("--exit-zero", is_flag=True, help="Exit with 0 in spite of findings, for a job that must go on.")
@click.option("--strict", is_flag=True, help="Exit with 3 when anything is unknown or was skipped.")
@click.option("--allow-empty", is_flag=True, help="Publish an edition without articles.")
@click.option("--today", metavar="DATE", help=_TODAY_HELP)
@click.option("--no-cache", is_flag=True, help=_NO_CACHE_HELP)
@click.option("--no-git", is_flag=True, help=_NO_GIT_HELP)
@click.option("--untrusted", is_flag=True, help=_UNTRUSTED_HELP)
@click.option("--base", metavar="REF", help=_BASE_HELP)
@click.pass_obj
def build(root: Path | None, /, names: Sequence[str], fail_on: str | None, allow_empty: bool, **options: Any) -> int:  # noqa: FBT001 - by keyword, from click
    """Check, build, audit and publish the editions.

    Stale articles are reported and published all the same. A site is withheld, and the last good one stays, only when it
    is not clear who may read what (KB001, KB008, KB4…) or when the audit finds a leak.
    """
    from kbtool.built import Sites
    from kbtool.reports.text import render

    sites = Sites(names)
    evidence, run = shell.run_checks(root, options, (), sites=sites)
    run = beside_baseline(run, evidence)
    editions = sites.editions(evidence)
    shell.write(render(run, color=shell.colors(sys.stdout)), nl=False)
    held = run.withholding
    if held:
        codes = ", ".join(sorted({finding.code for finding in held}))
        shell.say(f"error[withheld]: no site was published: {len(held)} finding(s) leave open who may read what ({codes})")
        return 1
    published = sites.standing or _publish(evidence, editions, allow_empty=allow_empty)
    code = shell.tell(published, evidence.config)
    verdict = run.exit_code(fail_on or evidence.config.fail_on, strict=options["strict"])
    verdict = 0 if verdict == 1 and options["exit_zero"] else verdict
    return max((code, verdict), key=shell.weight)


def _publish(evidence: Evidence, editions: Sequence[Edition], *, allow_empty: bool) -> list[Published]:
    from kbtool.publish import publish

    with shell.progress(f"Building {' and '.join(edition.name for edition in editions)}"):
        return publish(evidence, editions, allow_empty=allow_empty)


@kbtool.command()
@click.option("--edition", "name", default="public", show_default=True, metavar="NAME")
@click.option("--address", default="127.0.0.1:8000", show_default=True, metavar="HOST:PORT")
@click.pass_obj
def serve(root: Path | None, name: str, address: str) -> int:
    """Preview an edition with live reload, on this machine alone.

    The browser shows an article again when it is saved.
    """
    from kbtool.preview import prepare, refuse_others

    refuse_others(address)
    stage = prepare(shell.read_config(root), name, shell.day(None))
    from kbtool.engine import serve_site

    shell.say(f"the {name} edition: http://{address}/ (Ctrl+C ends it)")
    return serve_site(stage, address)


@kbtool.command()
@click.argument("site", type=click.Path(path_type=Path))
@click.option("--edition", "name", default="public", show_default=True, metavar="NAME",
              help="The edition that SITE was built for.")
@click.pass_obj
def audit(root: Path | None, site: Path, name: str) -> int:
    """Search a built SITE for leaks.

    A leak is anything that the edition may not show: text, titles and paths of articles for others, tickets, addresses.
    """
    from kbtool.publish import audit_folder

    if not site.is_dir():
        raise UsageError(f"there is no folder {str(site)!r}", kind="no-such-path")
    evidence = shell.gather_evidence(root, None)
    leaks = audit_folder(evidence, evidence.edition(name), site)
    for leak in leaks:
        shell.write(shell.leak_line(leak))
    shell.write(f"{len(leaks)} leak{'' if len(leaks) == 1 else 's'} in {site}")
    return 1 if leaks else 0


@kbtool.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--name", help="The name of the site; by default the folder's.")
def init(folder: Path, name: str | None) -> int:
    """Make a new knowledge base in DIR.

    The folder must be new or empty.
    """
    from kbtool.scaffold import init as make

    for path in make(folder, name or folder.resolve().name, shell.day(None)):
        shell.write(f"  {path}")
    shell.write(f"Made a knowledge base in {folder}. Next: cd {folder} && kbtool build")
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
    """Make a new article called TITLE.

    It comes from the template of its content type and is work in progress until somebody has reviewed it.
    """
    from kbtool.scaffold import new as make

    shell.write(make(shell.read_config(root), title, content_type, **options))
    return 0


@kbtool.command()
@click.argument("word", metavar="CODE")
@click.pass_obj
def explain(root: Path | None, word: str) -> int:
    """Explain a check.

    What it looks for, why, how to fix what it finds, and its options. CODE may be a name as well.
    """
    from kbtool.explain import explain_check
    from kbtool.registry import find_check

    text = explain_check(find_check(word, shell.read_config_or_none(root)))
    if shell.colors(sys.stdout):
        from rich.console import Console
        from rich.markdown import Markdown

        Console().print(Markdown(text))
    else:
        shell.write(text, nl=False)
    return 0


@kbtool.command("list")
@click.pass_obj
def list_(root: Path | None) -> int:
    """List the checks, reports and trackers."""
    from kbtool.explain import summary
    from kbtool.registry import find_checks
    from kbtool.report_registry import find_reports
    from kbtool.tracker_registry import find_trackers

    for found in find_checks(shell.read_config_or_none(root)):
        shell.write(f"{found.code:<8}{found.severity.value:<9}{found.name():<26}{summary(found)}")
    shell.write(f"\nreports: {', '.join(find_reports())}\ntrackers: {', '.join(find_trackers())}")
    return 0


@kbtool.command()
@click.option("--report", is_flag=True, help="The schema of `kbtool check --format json` instead.")
@click.pass_obj
def schema(root: Path | None, report: bool) -> int:  # noqa: FBT001 - by keyword, from click
    """Print the JSON Schema of the front matter.

    Editors complete and check the keys of an article with it.
    """
    from kbtool.explain import front_matter_schema, report_schema

    shell.write(report_schema() if report else front_matter_schema(shell.read_config_or_none(root)), nl=False)
    return 0


@kbtool.command()
@click.argument("name", metavar="SHELL", type=click.Choice(["bash", "zsh", "fish"]))
def completion(name: str) -> int:
    """Print the completion script of a SHELL.

    Source it from the shell's start-up file.
    """
    from click.shell_completion import get_completion_class

    made = get_completion_class(name)
    if made is None:
        raise UsageError(f"no completion for {name}")
    shell.write(made(kbtool, {}, "kbtool", "_KBTOOL_COMPLETE").source())
    return 0


for command in (review, why, audience, comment):
    kbtool.add_command(command)


def main() -> None:
    """Run the command line and exit: every error becomes one line and its exit code, never a traceback."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    gc.disable()  # a run is short and makes no garbage worth looking for; looking costs a fifth of the time
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    code = _guarded()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever is impatient changes nothing any more
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        shell.silence_stdout()
    except OSError as error:
        shell.say(f"error[disk]: standard output: {error.strerror}")
        code = 3
        shell.silence_stdout()
    gc.freeze()  # nor is it worth looking once more at the end
    sys.exit(code)


class _Stopped(BaseException):
    """A signal asks to end: no SystemExit, which a check might raise and the run survives."""


def _stop(number: int, _frame: object) -> NoReturn:
    """End as the signal asks, but through every `finally`, so that nothing half done or half running is left."""
    raise _Stopped(128 + number)


def _guarded() -> int:  # noqa: PLR0911 - one return for each way to end
    try:
        result = kbtool.main(prog_name="kbtool", standalone_mode=False)
        return result if isinstance(result, int) else 0
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help() if error.ctx else "", err=True)
        return 2
    except click.UsageError as error:
        shell.say(f"error[usage]: {error.format_message()} (see `kbtool --help`)")
        return 2
    except (click.Abort, KeyboardInterrupt):
        return 130
    except _Stopped as stop:
        return int(stop.args[0])
    except SystemExit:  # click ends like this when the reader of its help has gone
        shell.silence_stdout()
        return 0
    except KbtoolError as error:
        shell.say(str(error))
        return error.exit_code
    except OSError as error:
        shell.say(str(IncompleteError(f"{error.strerror or error}: {error.filename or 'input or output'}", kind="disk")))
        return 3
    except Exception as error:  # noqa: BLE001 - whatever it is, it is ours
        return _crashed(error)


def _crashed(error: Exception) -> int:
    from kbtool.crash import write_crash_file

    shell.say(f"error[bug]: {type(error).__name__}; please report it with the file {write_crash_file(error)}")
    return 4


if __name__ == "__main__":
    main()
