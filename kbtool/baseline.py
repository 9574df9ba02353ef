"""The baseline: debt that is known, as a file that may only shrink.

One line for each finding, sorted, so that branches merge line by line and each line that is new can be seen:

    content/export.md KB102 5d1f0c9a7be2
    content/refunds.md KB201 0b44e7f1c3a9

The last column is a print of what the finding is about inside its article, not of its line. That of a finding which a review
settles holds the day of the review too, so that a review ends what was known and does not excuse what comes after it.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from kbtool.characters import escaped, unescaped
from kbtool.config import Config
from kbtool.covers import MAIN
from kbtool.errors import ConfigError, UsageError
from kbtool.evidence import Evidence
from kbtool.files import write_atomic
from kbtool.finding import SETTLED_BY_REVIEW, Finding, Run
from kbtool.git import Git
from kbtool.history import prefix_of

FILE = "baseline.txt"
VERSION = 1
_FIRST = f"# kbtool baseline {VERSION}"
_HEAD = f"{_FIRST}\n# Known debt. It may only shrink: `kbtool baseline --shrink` takes out what is paid off.\n"
_VERSION = re.compile(r"# kbtool baseline (\d{1,6})")
_LINE = re.compile(r"(?P<path>.+) (?P<code>[A-Z]+\d+) (?P<print>[0-9a-f]{12})", re.ASCII)
_NO_COMMENT = r"\u0023"  #: at the start of a path


class Entry(NamedTuple):
    """One finding that is known: its path, its code, and a print of what it is about."""

    path: str
    code: str
    print: str

    def __str__(self) -> str:
        """Return its line."""
        path = escaped(self.path)
        return f"{f'{_NO_COMMENT}{path[1:]}' if path[0] == '#' else path} {self.code} {self.print}"


Baseline = Counter[Entry]  #: what is known, each as often as it is


def baseline_path(config: Config) -> Path:
    """Return where the file is."""
    return config.settings / (config.baseline or f"{config.checks_folder}/{FILE}")


def render(entries: Iterable[Entry]) -> str:
    """Return the file."""
    return _HEAD + "".join(f"{line}\n" for line in sorted(map(str, entries), key=_order))


def _order(line: str) -> bytes:
    return line.encode("utf-8", "surrogateescape")


def write_baseline(path: Path, entries: Iterable[Entry]) -> None:
    """Write the file, in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, render(entries).encode("utf-8", "surrogateescape"))


def load_baseline(path: Path, where: str) -> Baseline | None:
    """Read the file; None where there is none, which is not the same as an empty one.

    Raises:
        ConfigError: it is none, or one of a later version of kbtool. What is not understood excuses nothing.
    """
    try:
        return parse_baseline(path.read_bytes(), where)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", where=where, kind="bad-baseline") from None


def parse_baseline(content: bytes, where: str) -> Baseline:
    """Return the entries of a file; raises ConfigError as `load_baseline` does."""
    first, *lines = content.decode("utf-8", "surrogateescape").replace("\r\n", "\n").split("\n")
    version = _VERSION.fullmatch(first)
    if version is None:
        raise ConfigError(f"not a baseline: its first line is not `{_FIRST}`", where=f"{where}:1", kind="bad-baseline",
                          hint="write it with `kbtool baseline`")
    if int(version[1]) > VERSION:
        raise ConfigError(f"a baseline of version {version[1]}, and this kbtool knows {VERSION}", where=f"{where}:1",
                          kind="bad-baseline", hint="update kbtool")
    return Baseline(_entry(line, f"{where}:{number}") for number, line in enumerate(lines, 2) if line and line[0] != "#")


def _entry(line: str, where: str) -> Entry:
    match = _LINE.fullmatch(line)
    if match is None:
        raise ConfigError(f"not a line of a baseline: {line[:60]!r}", where=where, kind="bad-baseline",
                          hint="resolve the merge: of lines that one side took out, none stays")
    return Entry(unescaped(match["path"]), match["code"], match["print"])


def baseline_at(config: Config, path: Path, revision: str) -> Baseline | None:
    """Return what a commit has as baseline; None where it has none.

    Raises:
        UsageError: there is no such commit.
        ConfigError: the baseline there cannot be read.
        GitError: git fails.
    """
    git = Git(config.root)
    commit = git.commit(revision)
    if commit is None:
        raise UsageError(f"--base: there is no {revision!r} here", kind="no-such-commit", hint="name a branch that was fetched")
    if not path.resolve().is_relative_to(config.root.resolve()):
        raise UsageError("--base: the baseline is not inside the knowledge base", kind="bad-baseline")
    name = prefix_of(git, config) + path.resolve().relative_to(config.root.resolve()).as_posix()
    found = git.ask("rev-parse", "--verify", "--quiet", "--end-of-options", f"{commit}:{name}")
    return parse_baseline(git.run("cat-file", "blob", found.decode()), f"{revision}:{name}") if found else None


# ---------------------------------------------------------------------------------------------- comparing


@dataclass(frozen=True)
class Compared:
    """A run beside a baseline.

    Of the entries, `known` are those that are found, under the paths of today; `paid` those that are not found any more; `kept`
    those of which this run cannot tell. `new` are the entries of the findings that are left and could be known debt.
    """

    run: Run
    known: tuple[Entry, ...] = ()
    paid: tuple[Entry, ...] = ()
    kept: tuple[Entry, ...] = ()
    new: tuple[Entry, ...] = ()


def compare(
    run: Run, baseline: Baseline, evidence: Evidence, only: Callable[[str], bool] | None = None,
) -> Compared:
    """Set aside the findings of a run that are in the baseline; verdicts stay what they are.

    Args:
        run: the run.
        baseline: what is known. What decides who may read an article is never in it, whatever it says.
        evidence: that of the run.
        only: says of a path whether the run reported on it.
    """
    able = {rule.code for rule in run.rules if rule.suppressible}
    entries = {finding.fingerprint: entry_of(finding, evidence) for finding in run.findings if finding.code in able}
    matches, left = match(entries.values(), baseline, former_paths(evidence))
    known = {fingerprint for fingerprint, matched in zip(entries, matches, strict=True) if matched}
    told = _told(run, only)
    paid = [entry for entry in left.elements() if told(entry)]
    new = [entry for fingerprint, entry in entries.items() if fingerprint not in known]
    aside = replace(
        run, findings=tuple(one for one in run.findings if one.fingerprint not in known),
        known=tuple(one for one in run.findings if one.fingerprint in known), paid=len(paid),
    )
    return Compared(
        aside, tuple(entries[fingerprint] for fingerprint in entries if fingerprint in known), tuple(sorted(paid)),
        tuple(entry for entry in left.elements() if not told(entry)), tuple(new),
    )


def entry_of(finding: Finding, evidence: Evidence) -> Entry:
    """Return the entry of a finding: the same whatever its line, and whatever else is edited in its article."""
    day = ""
    if finding.code in SETTLED_BY_REVIEW:
        article = evidence.content.by_source.get(finding.path.removeprefix(f"{evidence.config.content}/"))
        day = str(article.front_matter.last_reviewed_on) if article else ""
    text = "\0".join((finding.code, " ".join(finding.subject.split()), day))
    return Entry(finding.path, finding.code, hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:12])


def match(
    entries: Iterable[Entry], pool: Baseline, former: Callable[[str], Iterable[str]],
) -> tuple[list[bool], Baseline]:
    """Return which entries are in a pool, each of which counts once, and what is left of it.

    Those under their own paths come first; then those of a file that had another path before.
    """
    wanted, left = list(entries), Baseline(pool)
    found = [_take(entry, left) for entry in wanted]
    for number, entry in enumerate(wanted):
        if not found[number]:
            found[number] = any(_take(entry._replace(path=path), left) for path in former(entry.path))
    return found, left


def _take(entry: Entry, pool: Baseline) -> bool:
    if pool[entry] <= 0:
        return False
    pool[entry] -= 1
    return True


def former_paths(evidence: Evidence) -> Callable[[str], Iterable[str]]:
    """Return what tells under which paths an article was before, as far as history is at hand."""

    def former(path: str) -> Iterator[str]:
        reviews = evidence.reviews
        if reviews.histories is not None and path in here:
            versions = reviews.histories.versions(reviews.prefix + path)
            yield from {one.path.removeprefix(reviews.prefix): None for one in reversed(versions)}
            if not versions:
                yield from _moved_from(path, evidence)

    here = {article.path for article in evidence.articles}
    return former


def _moved_from(path: str, evidence: Evidence) -> Iterator[str]:
    """Yield the paths from which a file that no commit has yet was moved, as it is."""
    reviews = evidence.reviews
    code = reviews.code[MAIN]
    state = code.tree.states([reviews.prefix + path]).get(reviews.prefix + path)
    history = code.history
    for other in history.line.landings.changes if state else ():
        if other not in code.tree.paths and history.state_at(other, history.newest) == state:
            yield other.removeprefix(reviews.prefix)


def _told(run: Run, only: Callable[[str], bool] | None) -> Callable[[Entry], bool]:
    """Return what says of an entry whether this run would have found it: else nobody knows if it is paid off."""
    stopped = {skip.check.partition(" ")[0] for skip in run.skipped}
    ran = {rule.code for rule in run.rules} - stopped
    unknown = {article.path for article in run.unknown}
    return lambda entry: entry.code in ran and entry.path not in unknown and (only is None or only(entry.path))
