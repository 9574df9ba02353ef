"""KB205 url-removed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from kbtool.articles import Article
from kbtool.check import Check, Evidence, Finding, Severity, SkipCheck
from kbtool.editions import Edition, select
from kbtool.evidence import Comparison
from kbtool.redirects import redirect_files
from kbtool.urls import folded

_NAMED = 3  #: URLs that are named where all of them are others


@dataclass(frozen=True)
class UrlRemoved(Check):
    """A URL that readers could open is gone, and nothing redirects from it.

    Runs only where there is something to compare with: `kbtool check --diff BASE`. For each edition, the URLs of its articles
    and redirects at the base are compared with those of now. Fires where an article was renamed, moved or deleted, or a line
    of `redirect_from` removed, and neither another article nor a redirect of that edition has the URL. It is a warning where
    the article is still there and this edition does not show it any more: somebody has decided that. Files that are no
    articles are not looked at, nor is the part of a URL that `site_url` says; letters that differ by case alone are the same.

    Why it matters: the URL is in mails, bookmarks, search engines and other people's pages. They all lead to an error page now.

    How to fix it: add the URL to `redirect_from` of the article that answers the question now; the finding says what to write.
    Where `content/export.md` was renamed to `content/billing/export.md`, for example, this is what the new file lacks:

    ```md
    ---
    title: Export invoices
    redirect_from: [/export/]
    ---
    ```
    """

    code: ClassVar[str] = "KB205"
    compares: ClassVar[bool] = True

    def check_all(self, evidence: Evidence) -> Iterator[Finding]:
        """Yield a finding for each URL that is gone, with the editions that had it."""
        compared = evidence.compared
        if compared is None:
            return
        lost: dict[tuple[str, _Had, str], list[str]] = {}
        for name, edition in compared.before.editions.items():
            if name in evidence.editions:
                for file, had in _lost(edition, evidence.editions[name], compared.before, evidence):
                    lost.setdefault((file, had, self._fate(had, evidence.editions[name], evidence)), []).append(name)
        if lost and compared.before.site.directory_urls != evidence.site.directory_urls:
            yield self._all_others([_shown(file, compared.before) for file, *_ in lost], evidence)
            return
        for (file, had, fate), editions in lost.items():
            if fate != "unreadable":  # KB001 says so
                yield self._finding(_shown(file, compared.before), had, fate, editions, evidence)
        if compared.lacking:
            raise SkipCheck(_lacking(compared))

    @staticmethod
    def _fate(had: _Had, edition: Edition, evidence: Evidence) -> str:
        """Return what has become of the article that had a URL."""
        article = _now(had, evidence)
        if article is None:
            return "deleted"
        if not article.readable:
            return "unreadable"
        return "there" if edition.shows(article) else "narrower"

    def _finding(self, url: str, had: _Had, fate: str, editions: list[str], evidence: Evidence) -> Finding:
        article, was = _now(had, evidence), _path(had.source, evidence)
        readers = f"readers of {_names(editions)} could open {url}"
        facts: dict[str, Any] = {"subject": url, "evidence": {"url": url, "editions": editions, "was": was}}
        line = f"`redirect_from: [{url}]`"
        if article is None:
            return self.finding(was, f"{readers}: this article was deleted, and nothing redirects from it",
                                hint=f"add {line} to the article that takes its place", **facts)
        if fate == "narrower":
            return self.at_key(
                article, "audience", f"{readers}: {was} is {_readers(article)} now, and nothing redirects from it",
                hint=f"to lead them on, add {line} to an article of theirs", severity=Severity.WARNING, **facts,
            )
        what = "its redirect is gone" if had.redirect else f"{was} is {article.path} now, and nothing redirects from it"
        line = "it to redirect_from of" if article.front_matter.redirect_from else f"{line} to"
        return self.at_key(article, "redirect_from", f"{readers}: {what}", hint=f"add {line} {article.path}", **facts)

    def _all_others(self, urls: list[str], evidence: Evidence) -> Finding:
        named = ", ".join(urls[:_NAMED]) + (f" and {len(urls) - _NAMED} more" if len(urls) > _NAMED else "")
        return self.finding(
            evidence.config.mkdocs, "use_directory_urls has changed,"
            f" and with it the URLs of pages: nothing redirects from {named}",
            subject="use_directory_urls", hint="put it back, or redirect from them",
        )


class _Had(NamedTuple):
    """What had a URL: an article, by its path inside the content folder, as itself or by a redirect to it."""

    source: str
    redirect: bool


def _lost(before: Edition, now: Edition, then: Evidence, evidence: Evidence) -> Iterator[tuple[str, _Had]]:
    """Yield the files of pages that an edition had and has not any more, and what had them."""
    candidates = {file: had for file, had in _files(before, then).items() if not _is_there(file, had, now, evidence)}
    there = {folded(file) for file in _files(now, evidence)} if candidates else set()
    for file, had in candidates.items():
        if folded(file) not in there:
            yield file, had


def _is_there(file: str, had: _Had, edition: Edition, evidence: Evidence) -> bool:
    """Return whether the article that had a URL still has it: nearly all have."""
    article = None if had.redirect else evidence.content.by_source.get(had.source)
    return article is not None and edition.shows(article) and _file(evidence.urls.page_url(had.source)) == file


def _files(edition: Edition, evidence: Evidence) -> dict[str, _Had]:
    """Return path below the site → what has it, for all pages of an edition's articles and redirects."""
    articles = select(evidence.articles, edition)
    redirects = {file: _Had(source, redirect=True) for file, source in redirect_files(articles, (), evidence).items()}
    pages = {_file(evidence.urls.page_url(article.source)): _Had(article.source, redirect=False) for article in articles}
    return redirects | pages


def _file(url: str) -> str:
    """Return the file that a server sends for the URL of a page."""
    return url if url.endswith(".html") else f"{url}index.html"


def _shown(file: str, evidence: Evidence) -> str:
    """Return the URL of a page as a reader writes it, from the root of the host on."""
    path = file.removesuffix("index.html") if evidence.site.directory_urls else file
    return evidence.site.base_path + path


def _now(had: _Had, evidence: Evidence) -> Article | None:
    """Return the article that had a URL as it is now, under the name that it has now."""
    compared, content = evidence.compared, evidence.content.by_source
    old = _path(had.source, evidence)
    top = f"{compared.prefix if compared else ''}{evidence.config.content}/"
    for file in compared.files if compared else ():
        if file.old_path and file.old_path == (compared.prefix if compared else "") + old:
            return content.get(file.path.removeprefix(top))
    return content.get(had.source)


def _path(source: str, evidence: Evidence) -> str:
    """Return the path that an article had."""
    before = evidence.compared.before if evidence.compared else evidence
    return before.content.by_source[source].path if source in before.content.by_source else before.config.mkdocs


def _names(editions: list[str]) -> str:
    return f"the {' and '.join(editions)} edition{'s' if len(editions) > 1 else ''}"


def _readers(article: Article) -> str:
    """Return whom an article is for, and how sure it is where that decides."""
    state = article.front_matter.state
    return f"for the audience {article.audience}" if state == "validated" else f"{state}, for the audience {article.audience},"


def _lacking(compared: Comparison) -> str:
    first, *others = sorted(compared.lacking)
    more = f" and {len(others)} more" if others else ""
    return f"this clone leaves out what {first}{more} said before: `git fetch --refetch --no-filter` brings it"
