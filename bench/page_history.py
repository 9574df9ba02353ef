"""Replay a repository: what was known about each of its pages at the end of each month, and what came in the next 90 days.

A *page* is a Markdown or reStructuredText file below a folder named doc, docs, guide(s), documentation, site, website or
pages; not a changelog, release note, blog post, proposal, test or vendored file, nor a translation.

An *edit* of a page is a landing (a step of the first-parent line) after which its words differ. Front matter, white space,
line wrapping, moved lines, punctuation, link targets, version numbers and hashes are no words; a rename carries the page
along. Edits of a *mass landing* (one that edits more than ten pages) and those of bots do not count, neither as a feature
nor as a label.

An edit is *correcting* when it removes or replaces a word that stood there, in prose or in code. One that only adds is not.

*Covered code* of a page: files that it names (a path or file name in backticks, the target of a link, a file that it
includes) and that are in the tree at that time, and files that changed together with it before in at least two landings of up
to thirty files. Other pages, pictures, lock files, changelogs and vendored files are not code.
"""

from __future__ import annotations

import datetime as dt
import difflib
import posixpath
import re
import subprocess
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

DAY = 86_400
HORIZON = 90  #: days after a cut-off in which a correction counts
MONTHS = 60  #: cut-offs: the ends of so many months
WARM_UP = 365  #: days of history before the first cut-off
MASS = 10  #: a landing that edits more pages than this says nothing about any of them
TOGETHER = 30  #: files in a landing, above which changing together means nothing

Row = dict[str, Any]  #: what was known of a page at a cut-off, and `corrected`

_FOLDERS = frozenset({"doc", "docs", "guide", "guides", "documentation", "website", "site", "pages"})
_OTHER_FOLDERS = re.compile(
    r"(?:tests?|testdata|fixtures|node_modules|vendor|third_party|blog|posts|news|adr|rfcs|proposals(?:-done|-accepted|-rejected)?|"
    r"enhancements|keps|archived|release-notes|releases|changelog|versioned_docs)"
)
_LANGUAGE = re.compile(
    r"(?:ar|az|bg|bn|ca|cs|da|de|el|em|es|et|fa|fi|fr|he|hi|hr|hu|hy|id|it|ja|ka|ko|lt|ms|nb|nl|no|pl|pt|ro|ru|sk|sl|sq|sr|sv|ta|te|"
    r"th|tr|uk|ur|uz|vi|yo|zh)(?:[-_][a-z]+)?"
)
_OTHER_PAGES = re.compile(
    r"(?:change[-_]?log|changes|releases?|history|news|contributors|authors|claude|agents)\.|.*release[-_]notes"
)
_NOT_CODE = re.compile(
    r"(?:^|/)(?:CHANGELOG[^/]*|[^/]*\.lock|package-lock\.json|pnpm-lock\.yaml|go\.sum|go\.mod|mkdocs\.yml|"
    r"[^/]*\.(?:snap|png|svg|gif|jpe?g|ico|webp|woff2?))$|(?:^|/)(?:vendor|node_modules|\.github|third_party|testdata|fixtures)/"
)
_BOT = re.compile(r"\[bot\]|\bbot\b|-bot|bot@|renovate|dependabot|greenkeeper|github-actions|bors\b", re.IGNORECASE)
_BOT_MERGE = re.compile(r"from (?:dependabot|renovate)|^\[?(?:bot|automated)\]?", re.IGNORECASE)

_FRONT_MATTER = re.compile(r"\A(---|\+\+\+)\s*\n.*?\n\1\s*(?:\n|\Z)", re.DOTALL)
_NO_WORDS = (
    (re.compile(r"\]\([^)\s]*|\]:\s*\S+|https?://\S+"), "]"),
    (re.compile(r"\bv?\d+(?:\.\d+)+[\w.+-]*|\b[0-9a-f]{12,}\b"), "#"),
    (re.compile(r"-{2,}"), "--"),
)
_WORD = re.compile(r"""\w+|[^\w\s.,;:!?*_`'"()\[\]|>#-]+""")
_LINK = re.compile(r"""\]\(([^)\s]+)|\]:\s*(\S+)|(?:href|src|path)=["']([^"']+)""")
_NAMES = re.compile(r"""`([^`\s]{3,120})`|(?:--8<--|\{[*!]>?|@include|include::|title=|embed)\s*["']?\s*([\w./-]+\.\w+)""")
_BLOB_URL = re.compile(r"https?://(?:www\.)?github\.com/[^/]+/[^/]+/(?:blob|tree|edit)/[^/]+/([^#?]+)")
_PATH = re.compile(r"[\w@./+-]+")
_FILE_NAME = re.compile(r"[\w@.+-]*\w\.[A-Za-z]\w{0,7}")
_EVERYWHERE = re.compile(
    r"(?:index|main|app|server)\.(?:js|ts|html|py|go)|(?:mod|lib)\.rs|(?:__init__|setup)\.py|(?:package|package-lock|tsconfig)\.json|"
    r"(?:config|values)\.ya?ml|pyproject\.toml|Cargo\.toml|requirements\.txt|Makefile|Dockerfile|README\.md|CHANGELOG\.md"
)


@dataclass(slots=True)
class Landing:
    """A step of the main line: when it landed, whether a bot made it, and (status, blob, path) of what it changed."""

    time: int
    bot: bool
    changes: list[tuple[str, str, str]] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Page:
    """A page as it is now in the replay, with its past."""

    number: int
    path: str
    born: int
    lines: list[str]
    words: int = 0
    links: int = 0
    names: tuple[str, ...] = ()
    landings: list[int] = field(default_factory=list)  #: times of all that touched it
    edits: list[tuple[int, bool]] = field(default_factory=list)  #: time, correcting; without mass landings and bots
    together: Counter[str] = field(default_factory=Counter)

    def read(self, text: str, lines: list[str]) -> None:
        """Take over a version of the page."""
        self.lines, self.words = lines, len(words(lines))
        self.names, self.links = tuple(names(text)), len(_LINK.findall(text))


def is_page(path: str) -> bool:
    """Return whether the file is a page of documentation."""
    *folders, name = path.lower().split("/")
    if not name.endswith((".md", ".mdx", ".markdown", ".rst")) or _OTHER_PAGES.match(name):
        return False
    other = any(_OTHER_FOLDERS.fullmatch(folder) or _LANGUAGE.fullmatch(folder) for folder in folders)
    return not other and not _FOLDERS.isdisjoint(folders)


def is_code(path: str) -> bool:
    """Return whether a change of this file can make a page wrong."""
    return not is_page(path) and not _NOT_CODE.search(path)


def body(text: str) -> str:
    """Return a page without its front matter."""
    return _FRONT_MATTER.sub("", text.lstrip("\ufeff").replace("\r\n", "\n"))


def plain_lines(text: str) -> list[str]:
    """Return the lines of a page that hold words, without what is no word."""
    text = body(text)
    for pattern, instead in _NO_WORDS:
        text = pattern.sub(instead, text)
    return [line for line in (" ".join(line.split()) for line in text.split("\n")) if line]


def words(lines: Iterable[str]) -> list[str]:
    """Return the words of lines."""
    return _WORD.findall(" ".join(lines))


def names(text: str) -> Iterator[str]:
    """Yield what a page names that may be a file: a leading slash means that it starts at the top of the repository."""
    text = body(text)
    found = dict.fromkeys(first or second for first, second in _NAMES.findall(text))
    for target in dict.fromkeys("".join(groups) for groups in _LINK.findall(text)):
        if blob := _BLOB_URL.match(target):
            found[f"/{blob[1]}"] = None
        elif not re.match(r"[a-z]+:|#|//", target):
            found[target.partition("#")[0].partition("?")[0]] = None
    for name in found:
        bare = name.strip(".,;:()\"'<>$")
        if _PATH.fullmatch(bare) and not bare.startswith("--") and ("/" in bare or _FILE_NAME.fullmatch(bare)):
            yield bare


def compare(old: list[str], new: list[str]) -> tuple[bool, bool]:
    """Return whether words differ between two versions, and whether any was removed or replaced."""
    start = _alike(old, new)
    old, new = old[start:], new[start:]
    end = _alike(old[::-1], new[::-1])
    old, new = old[: len(old) - end], new[: len(new) - end]
    gone, come, changed = Counter(old) - Counter(new), Counter(new) - Counter(old), False
    for tag, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        before = words(line for line in old[a:b] if line in gone)
        after = words(line for line in new[c:d] if line in come)
        rest = iter(after)
        if not all(word in rest for word in before):
            return True, True
        changed = changed or len(after) > len(before)
    return changed, False


def _alike(old: list[str], new: list[str]) -> int:
    """Return how many lines are the same from the start: comparing is slow, and most of a page stays."""
    return next((n for n, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))


def read_landings(repository: str) -> list[Landing]:
    """Return the landings of a repository, oldest first, in one pass; time is the running maximum of committer dates."""
    command = ("git", "-C", repository, "log", "--first-parent", "--diff-merges=first-parent", "--raw", "-z", "--no-renames",
               "--no-abbrev", "--no-ext-diff", "--format=%x01%ct%x02%an <%ae>%x02%s", "HEAD")
    tokens = iter(subprocess.run(command, capture_output=True, check=True).stdout.decode(errors="replace").split("\0"))
    landings: list[Landing] = []
    for token in tokens:
        entry = token.lstrip("\n")
        if entry.startswith("\1"):
            time, author, subject = entry[1:].split("\2", 2)
            landings.append(Landing(int(time), bool(_BOT.search(author) or _BOT_MERGE.search(subject))))
        elif entry.startswith(":"):
            _, mode, _, blob, status = entry.split(" ")
            path = next(tokens)
            if mode not in {"120000", "160000"}:
                landings[-1].changes.append((status[0], blob, path))
    landings.reverse()
    latest = 0
    for landing in landings:
        landing.time = latest = max(latest, landing.time)
    return landings


def month_ends(first: int, last: int) -> list[int]:
    """Return the last seconds of the newest months that have a year of history before them and the horizon after them."""
    day = dt.datetime.fromtimestamp(last - HORIZON * DAY, dt.UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    ends: list[int] = []
    while len(ends) < MONTHS and day.timestamp() - 1 - first >= WARM_UP * DAY:
        ends.append(int(day.timestamp()) - 1)
        day = (day - dt.timedelta(days=1)).replace(day=1)
    return ends[::-1]


class Blobs:
    """The texts of blobs, from one process of git."""

    def __init__(self, repository: str) -> None:
        command = ("git", "-C", repository, "cat-file", "--batch")
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def text(self, blob: str) -> str | None:
        """Return the text of a blob; None when the clone does not have it."""
        source, answer = self._process.stdin, self._process.stdout
        assert source is not None and answer is not None  # noqa: S101, PT018 - both are pipes
        source.write(f"{blob}\n".encode())
        source.flush()
        header = answer.readline().split()
        if len(header) != 3:
            return None
        return answer.read(int(header[2]) + 1)[:-1].decode(errors="replace")

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


class Replay:
    """The state of a repository while its landings are replayed."""

    def __init__(self, blobs: Blobs) -> None:
        self.blobs = blobs
        self.pages: dict[str, Page] = {}
        self.ever = 0  #: pages that ever were
        self.named: dict[str, set[str]] = defaultdict(set)  #: file name → paths in the tree
        self.changed: dict[str, list[tuple[int, int]]] = defaultdict(list)  #: code → (landing, time)

    def land(self, number: int, landing: Landing) -> None:
        """Take in one landing."""
        for status, _, path in landing.changes:
            paths = self.named[path.rpartition("/")[2]]
            (paths.discard if status == "D" else paths.add)(path)
        code = [path for _, _, path in landing.changes if is_code(path)]
        for path in code:
            self.changed[path].append((number, landing.time))
        touched = [change for change in landing.changes if is_page(change[2])]
        gone = {path: self.pages.pop(path) for status, _, path in touched if status == "D" and path in self.pages}
        versions = [self._version(path, blob, landing.time, gone) for status, blob, path in touched if status != "D"]
        edits = [edit for edit in versions if edit]
        if landing.bot or len(edits) > MASS:
            return
        for page, correcting in edits:
            page.edits.append((landing.time, correcting))
            if len(code) <= TOGETHER:
                page.together.update(code)

    def _version(self, path: str, blob: str, time: int, gone: dict[str, Page]) -> tuple[Page, bool] | None:
        """Read a new version of a page; return it, and whether it corrects, when its words were edited."""
        text = self.blobs.text(blob)
        if text is None:
            return None
        lines = plain_lines(text)
        page = self.pages.get(path) or _renamed(path, lines, gone)
        if page is None:
            page = Page(self.ever, path, time, lines)
            self.ever += 1
        self.pages[path], page.path = page, path
        changed, correcting = compare(page.lines, lines)
        page.read(text, lines)
        page.landings.append(time)
        return (page, correcting) if changed else None

    def covered(self, page: Page) -> set[str]:
        """Return the code that a page names, or that changed together with it before."""
        found = {path for name in page.names for path in self._resolve(name, posixpath.dirname(page.path))}
        found.update(path for path, times in page.together.items() if times >= 2 and self._exists(path))
        return {path for path in found if is_code(path)}

    def _exists(self, path: str) -> bool:
        return path in self.named.get(path.rpartition("/")[2], ())

    def _resolve(self, name: str, folder: str) -> Iterable[str]:
        bare = posixpath.normpath(name).lstrip("./")
        for path in (bare,) if name.startswith("/") else (posixpath.normpath(posixpath.join(folder, name)), bare):
            if self._exists(path):
                return (path,)
        last = bare.rpartition("/")[2]
        if _EVERYWHERE.fullmatch(bare):
            return ()
        paths = [path for path in self.named.get(last, ()) if path == bare or path.endswith(f"/{bare}")]
        return paths if len(paths) <= 3 else ()


def _renamed(path: str, lines: list[str], gone: dict[str, Page]) -> Page | None:
    """Return the page that left in the same landing and has at least half of these lines."""

    def likeness(old: str) -> float:
        shared = sum((Counter(gone[old].lines) & Counter(lines)).values())
        same_name = posixpath.basename(old) == posixpath.basename(path)
        return 2 * shared / max(1, len(lines) + len(gone[old].lines)) + 0.05 * same_name

    best = max(gone, key=likeness, default=None)
    return gone.pop(best) if best is not None and likeness(best) >= 0.5 else None


def samples(repository: str) -> Iterator[tuple[int, list[Row]]]:
    """Yield each cut-off with what was known of each page by then; `corrected` tells what came after."""
    landings = read_landings(repository)
    if not landings:
        return
    blobs = Blobs(repository)
    replay, number = Replay(blobs), 0
    waiting: list[tuple[int, list[tuple[Page, Row]]]] = []
    for end in month_ends(landings[0].time, landings[-1].time):
        number = _land_until(end, number, landings, replay)
        waiting.append((end, [(page, known(page, end, replay)) for page in replay.pages.values()]))
    _land_until(landings[-1].time, number, landings, replay)
    blobs.close()
    for end, rows in waiting:
        for page, row in rows:
            row["corrected"] = any(correcting and end < time <= end + HORIZON * DAY for time, correcting in page.edits)
        yield end, [row for _, row in rows]


def _land_until(end: int, number: int, landings: list[Landing], replay: Replay) -> int:
    while number < len(landings) and landings[number].time <= end:
        replay.land(number, landings[number])
        number += 1
    return number


def known(page: Page, end: int, replay: Replay) -> Row:
    """Return what was known of a page at a cut-off: times in days, and counts; its creation is the first of its edits.

    The neighbours of a page are the other pages of its folder: how often each was edited in the last year, on average.
    """
    edits = [(end - time) / DAY for time, _ in page.edits]
    covered = replay.covered(page)
    code = dict(landing for path in covered for landing in replay.changed[path])
    since = page.edits[-1][0] if page.edits else page.born
    folder = posixpath.dirname(page.path)
    others = [other for other in replay.pages.values() if other is not page and posixpath.dirname(other.path) == folder]
    return {
        "page": page.number,
        "words": page.words,
        "links": page.links,
        "age": (end - page.born) / DAY,
        "untouched": (end - page.landings[-1]) / DAY,
        "quiet": (end - since) / DAY,
        "edit_ages": [round(days, 1) for days in [(end - page.born) / DAY, *edits]],
        "landings_1y": sum(end - time <= 365 * DAY for time in page.landings),
        "covered": len(covered),
        "code_90d": sum(end - time <= 90 * DAY for time in code.values()),
        "code_since": sum(time > since for time in code.values()),
        "neighbours": sum(end - time <= 365 * DAY for other in others for time, _ in other.edits) / max(1, len(others)),
    }
