"""The one place that talks to git: fixed options, a scrubbed environment, and one clear error for each way it can fail.

A repository is untrusted: its configuration, attributes and folders must not run anything, and what the user has set for
himself must not change what is read. So every call goes through `Git`, which takes nothing from the environment but where
programs and the home folder are.
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path

from kbtool.errors import ConfigError, IncompleteError

SILENCE = 120  #: seconds without a byte after which git is taken for hung
OLDEST = (2, 31)  #: the first git with `--diff-merges=first-parent`
_CHUNK = 1 << 18
_PAUSE = 0.02
_KEPT = ("PATH", "HOME", "XDG_CONFIG_HOME", "SYSTEMROOT", "TMPDIR", "TMP", "TEMP")
_FIXED = {
    "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1", "GIT_LITERAL_PATHSPECS": "1", "GIT_GRAFT_FILE": "/dev/null/none",
    "GIT_ALLOW_PROTOCOL": "",
}
_SETTINGS = (
    "safe.bareRepository=explicit", "core.fsmonitor=", "core.untrackedCache=false", "core.hooksPath=/dev/null",
    "core.splitIndex=false", "core.quotePath=false", "core.abbrev=no", "log.showSignature=false", "log.showRoot=true",
    "log.follow=false", "log.mailmap=false", "mailmap.file=", "mailmap.blob=", "color.ui=false", "color.diff=false",
    "diff.external=", "diff.orderFile=/dev/null", "diff.relative=false", "diff.renames=false", "diff.renameLimit=1000",
    "diff.algorithm=myers", "diff.context=3", "diff.interHunkContext=0", "diff.noPrefix=false", "diff.mnemonicPrefix=false",
    "diff.ignoreSubmodules=none", "diff.submodule=short", "submodule.recurse=false", "i18n.logOutputEncoding=UTF-8",
    "core.deltaBaseCacheLimit=128m",  # with git's own 96m, a long history takes 4 per cent longer
)
_COMPARING = frozenset({"diff", "diff-files", "diff-index", "diff-tree", "log", "show"})
_NO_PROGRAMS = ("--no-ext-diff", "--no-textconv")  #: which attributes may name
_REF = re.compile(r"(?!-)[^\x00-\x20~^:?*\[\\\x7f]+")
_REVISION = re.compile(r"(?!-)[^\x00-\x20^~:?*\[\\\x7f]+(?:[~^][0-9]*)*")  # a ref, or how far behind one


class GitError(IncompleteError):
    """History cannot be read, or not all of it (exit code 3)."""


@dataclass(frozen=True)
class Git:
    """Git in one folder.

    Args:
        folder: any folder of the repository.
        index: an index to use in the place of the repository's.
    """

    folder: Path
    index: Path | None = None

    def command(self, *args: str) -> list[str]:
        """Return the whole command line of a call."""
        settings = [part for setting in _SETTINGS for part in ("-c", setting)]
        safely = _NO_PROGRAMS if args[0] in _COMPARING else ()
        return ["git", "--no-pager", *settings, "-C", str(self.folder), args[0], *safely, *args[1:]]

    def environment(self) -> dict[str, str]:
        """Return the environment of a call: nothing of GIT_* comes through."""
        index = {"GIT_INDEX_FILE": str(self.index)} if self.index else {}
        return {name: os.environ[name] for name in _KEPT if name in os.environ} | _FIXED | index

    def run(self, *args: str, stdin: bytes = b"", timeout: int | None = None) -> bytes:
        """Return what a call prints.

        Raises:
            GitError: there is no git, it takes too long, or it fails.
        """
        code, out, err = self._completed(args, stdin, timeout or SILENCE)
        if code:
            raise self.failure(args, code, err)
        return out

    def ask(self, *args: str) -> bytes | None:
        """Return what a call prints without its last line end, or None where it fails: for questions that may have no answer.

        Raises:
            GitError: there is no git, it takes too long, or it was killed.
        """
        code, out, err = self._completed(args, b"", SILENCE)
        if code < 0:
            raise self.failure(args, code, err)
        return None if code else out.removesuffix(b"\n")

    def _completed(self, args: Sequence[str], stdin: bytes, timeout: int) -> tuple[int, bytes, bytes]:
        try:
            done = subprocess.run(  # noqa: S603 - git, with arguments of our own
                self.command(*args), input=stdin, capture_output=True, check=False, timeout=timeout,
                env=self.environment(),
            )
        except (FileNotFoundError, PermissionError):
            raise _missing() from None
        except subprocess.TimeoutExpired:
            raise _hung(args) from None
        return done.returncode, done.stdout, done.stderr

    def stream(self, *args: str, stdin: bytes = b"") -> Stream:
        """Start a call whose output is read while it runs."""
        return Stream(self, args, stdin)

    def blobs(self, ids: Iterable[str]) -> Iterator[tuple[str, bytes | None]]:
        """Return the content of each blob, first those that this clone does not have, with None; git runs from now on.

        Raises:
            GitError: git fails, now or later.
        """
        wished = list(ids)
        there = self._there(wished) if self.is_partial else frozenset(wished)  # else git would fetch what is missing, and fail
        lacking = [(blob, None) for blob in wished if blob not in there]
        asked = "".join(f"{blob}\n" for blob in wished if blob in there)
        contents = self._contents(self.stream("cat-file", "--batch", "--buffer", stdin=asked.encode())) if asked else iter(())
        return chain(lacking, contents)

    @staticmethod
    def _contents(stream: Stream) -> Iterator[tuple[str, bytes | None]]:
        rest, wanted = b"", -1
        head: list[str] = []
        for chunk in stream:
            rest += chunk
            place = 0
            while True:
                if wanted < 0:
                    end = rest.find(b"\n", place)
                    if end < 0:
                        break
                    head, place = rest[place:end].decode().split(" "), end + 1
                    wanted = int(head[2]) if len(head) > 2 else -1
                    if wanted < 0:
                        yield head[0], None
                        continue
                if len(rest) < place + wanted + 1:
                    break
                yield head[0], rest[place:place + wanted]
                place, wanted = place + wanted + 1, -1
            rest = rest[place:]

    def _there(self, ids: Iterable[str]) -> frozenset[str]:
        listing = self.stream(
            "rev-list", "--no-walk", "--objects", "--ignore-missing", "--missing=allow-any", "--stdin",
            stdin="".join(f"{name}\n" for name in ids).encode(),
        ).read().decode("utf-8", "replace")
        return frozenset(line.split(" ")[0] for line in listing.split("\n"))

    def failure(self, args: Sequence[str], code: int, err: bytes) -> GitError:
        """Return the error for a call that ended with this code and these words."""
        said = err.decode("utf-8", "replace").strip().splitlines()
        message = f"git {args[0]} failed ({f'exit code {code}' if code > 0 else f'signal {-code}'})"
        if said:
            message += f": {said[-1].removeprefix('fatal: ').removeprefix('error: ')[:200]}"
        if code > 0 and self.is_partial:
            return GitError(message, kind="git-partial",
                            hint="this clone leaves objects out: `git fetch --refetch --no-filter` brings them")
        return GitError(message, kind="git-failed", hint="`git fsck` tells whether the repository is damaged")

    @cached_property
    def is_partial(self) -> bool:
        """Return whether the clone left objects out."""
        return self.ask("config", "--get-regexp", r"^(extensions\.partialclone|remote\..*\.promisor)$") is not None

    @cached_property
    def top(self) -> Path:
        """Return the folder of the work tree that this folder is in.

        Raises:
            GitError: kind `git-missing`, `git-too-old`, `git-ownership`, `git-corrupt`, or `git-none` for no repository.
        """
        found = self.ask("rev-parse", "--show-toplevel")
        if not found:
            raise self._no_repository()
        _refuse_old(self.run("version"))
        top, nearest = Path(os.fsdecode(found)), self.nearest
        if nearest and top in nearest.parents and self.ask(f"--git-dir={nearest / '.git'}", "rev-parse") is None:
            raise _damaged(nearest)  # git went on to the repository around it
        return top

    @property
    def nearest(self) -> Path | None:
        """Return the nearest folder with a `.git`, readable or not."""
        here = self.folder.resolve()
        return next((folder for folder in (here, *here.parents) if os.path.lexists(folder / ".git")), None)

    def _no_repository(self) -> GitError:
        here = self.folder.resolve()
        if top := self.ask("-c", "safe.directory=*", "rev-parse", "--show-toplevel"):
            return GitError(
                "the repository belongs to another user", where=str(here), kind="git-ownership",
                hint=f"git config --global --add safe.directory {shlex.quote(os.fsdecode(top))}",
            )
        if self.ask("-c", "safe.bareRepository=all", "rev-parse", "--is-bare-repository") == b"true":
            return GitError("this is a bare repository: it has no files", where=str(here), kind="git-none",
                            hint="name the folder of a clone with a work tree")
        if self.nearest:
            return _damaged(self.nearest)
        return GitError("this is no git repository", where=str(here), kind="git-none",
                        hint="run `git init`; `kbtool check --no-git` judges by dates alone")

    def resolve(self, ref: str, where: str) -> str | None:
        """Return the id of the commit that a configured ref names, or None where there is none.

        Raises:
            ConfigError: it is no name of a ref.
        """
        if not _REF.fullmatch(ref) or ".." in ref or "@{" in ref:
            raise ConfigError(f"{where}: {ref!r} is no name of a branch, tag or commit", where="pyproject.toml")
        found = self.ask("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
        return found.decode() if found else None

    def commit(self, revision: str) -> str | None:
        """Return the id of the commit that somebody names (`main`, `HEAD~2`, `v1^`), or None where there is none.

        What looks like an option, or like a search through messages or files, names nothing.
        """
        if not _REVISION.fullmatch(revision):
            return None
        found = self.ask("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        return found.decode() if found else None

    def refuse_lost_head(self) -> None:
        """Refuse a repository without a checked-out commit that has commits all the same: it is not an empty one.

        Raises:
            GitError: HEAD, or the branch that it names, has been damaged, or the branch has no commit of its own yet.
        """
        if self.ask("rev-parse", "--verify", "--quiet", "HEAD") or self.ask("for-each-ref", "--count=1", "--format=%(refname)"):
            raise GitError("HEAD leads to no commit, though there are some", where=str(self.folder), kind="git-corrupt",
                           hint="`git fsck` tells what is damaged; else check out a branch that has commits")

    @cached_property
    def shallow(self) -> frozenset[str]:
        """Return the commits at which history is cut off."""
        name = self.ask("rev-parse", "--git-path", "shallow")
        path = self.folder / os.fsdecode(name or b"shallow")
        with contextlib.suppress(OSError):
            return frozenset(path.read_text("ascii").split())
        return frozenset()


class Stream:
    """The output of a running git, in chunks; a git that dies, hangs or fails is an error, never a shorter output.

    What goes in and what comes out are files without a name: git never waits for its reader, nor it for git.
    """

    def __init__(self, git: Git, args: Sequence[str], stdin: bytes) -> None:
        """Start the process; raises GitError where there is no git."""
        self._git, self._args = git, args
        self._in, self._out, self._errors = (tempfile.TemporaryFile() for _ in range(3))  # noqa: SIM115 - closed by close()
        self._in.write(stdin)
        self._in.seek(0)
        try:
            self._process = subprocess.Popen(  # noqa: S603 - git, with arguments of our own
                git.command(*args), stdin=self._in, stdout=self._out, stderr=self._errors,
                env=git.environment(),
            )
        except (FileNotFoundError, PermissionError):
            self._close_files()
            raise _missing() from None

    def __iter__(self) -> Iterator[bytes]:
        """Yield chunks until git has ended well.

        Raises:
            GitError: it did not.
        """
        try:
            yield from self._chunks()
        finally:
            self.close()

    def _chunks(self) -> Iterator[bytes]:
        place, silent = 0, 0.0
        while silent < SILENCE:
            code = self._process.poll()  # asked first: what an ended process wrote is there
            chunk = os.pread(self._out.fileno(), _CHUNK, place)
            if chunk:
                place, silent = place + len(chunk), 0.0
                yield chunk
            elif code == 0:
                return
            elif code:
                self._errors.seek(0)
                raise self._git.failure(self._args, code, self._errors.read())
            else:
                silent += _PAUSE
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._process.wait(timeout=_PAUSE)
        raise _hung(self._args)

    def read(self) -> bytes:
        """Return all of it."""
        return b"".join(self)

    def __del__(self) -> None:
        """Leave nothing running that nobody reads."""
        with contextlib.suppress(AttributeError):  # it was never started
            self.close()

    def close(self) -> None:
        """End the process if it still runs."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._close_files()

    def _close_files(self) -> None:
        for file in (self._in, self._out, self._errors):
            file.close()


def _refuse_old(version: bytes) -> None:
    found = re.search(rb"(\d+)\.(\d+)", version)
    if found and (int(found[1]), int(found[2])) < OLDEST:
        raise GitError(f"git {found[0].decode()} is too old", kind="git-too-old",
                       hint=f"kbtool needs {OLDEST[0]}.{OLDEST[1]} or later")


def _damaged(folder: Path) -> GitError:
    return GitError("the repository is damaged: git does not know it as one", where=str(folder), kind="git-corrupt",
                    hint="run `git fsck` there, or clone it again")


def _missing() -> GitError:
    return GitError("there is no git on the PATH", kind="git-missing",
                    hint="install git; `kbtool check --no-git` judges by dates alone")


def _hung(args: Sequence[str]) -> GitError:
    return GitError(f"git {args[0]} has said nothing for {SILENCE} seconds", kind="git-timeout",
                    hint="see whether the disk answers, then run again")
