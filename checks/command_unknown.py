"""OUR001 command-unknown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from kbtool.check import Article, Check, Evidence, Finding
from kbtool.cli import kbtool as command_line
from kbtool.config import did_you_mean
from kbtool.regions import code_mask

_COMMANDS = frozenset(command_line.commands)
_CALL = r"kbtool(?: +-C[ =]\S+| +--root[ =]\S+)* +(?P<word>[a-z][\w-]*)(?![\w.:/=-])"
_INLINE = re.compile(rf"`(?:\$ )?{_CALL}[^`]*`")
_SHELL = re.compile(rf"(?:^[ \t]*(?:-[ \t]+)?(?:run:)?|[$;&|(])[ \t]*{_CALL}")
_FENCE = re.compile(r"[ \t>]*(?P<fence>`{3,}|~{3,})[ \t]*\{?[ \t]*\.?(?P<language>[\w+-]*)")
_LANGUAGES = frozenset({"bash", "console", "sh", "shell", "yaml", "yml", "zsh"})


@dataclass(frozen=True)
class CommandUnknown(Check):
    """A command that the article shows does not exist.

    Reads inline code and code blocks for a shell or for CI (bash, console, sh, shell, zsh, yaml), and looks for `kbtool`
    followed by a word that is no command of this version.

    Why it matters: a reader copies the command and gets an error. Commands are renamed, and plans are written about before
    they are built.

    How to fix it: write a command that `kbtool --help` lists. Words that are meant to be no command are listed in the
    option `allow`.

    ```md title="Fires"
    Run `kbtool biuld` to make both sites.
    ```

    ```md title="Passes"
    Run `kbtool build` to make both sites.
    ```
    """

    code: ClassVar[str] = "OUR001"

    allow: tuple[str, ...] = ()  #: words that may follow `kbtool` and are no command

    def check(self, article: Article, evidence: Evidence) -> Iterator[Finding]:
        """Yield a finding for each command that this version of kbtool does not have."""
        del evidence
        if "kbtool" not in article.body:
            return
        for number, line, pattern in _code(article.body.split("\n")):
            for match in pattern.finditer(line):
                word = match["word"]
                if word not in _COMMANDS and word not in self.allow:
                    yield self.finding(
                        article, f"kbtool has no command {word!r}", line=number + article.body_line,
                        column=match.start("word") + 1, subject=word,
                        hint=did_you_mean(word, _COMMANDS).removeprefix("; ") or "`kbtool --help` lists the commands",
                    )


def _code(lines: list[str]) -> Iterator[tuple[int, str, re.Pattern[str]]]:
    """Yield the index of each line that may show a command, the line, and the pattern that finds the command in it."""
    fence = language = ""
    for number, (line, fenced) in enumerate(zip(lines, code_mask(lines), strict=True)):
        opening = _FENCE.match(line) if fenced and not fence else None
        if opening:
            fence, language = opening["fence"], opening["language"].lower()
        elif not fenced:
            fence = ""
            yield number, line, _INLINE
        elif line.strip(" \t>") == fence:
            fence = ""
        elif language in _LANGUAGES:
            yield number, line, _SHELL
