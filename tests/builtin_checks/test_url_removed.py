"""KB205 url-removed."""

from __future__ import annotations

import pytest

from kbtool.testing import Repository, in_words

PUBLIC, BOTH = "the public edition", "the public and internal editions"
DELETED = "this article was deleted, and nothing redirects from it (add `redirect_from: [/a/]` to the article that takes its place)"
GONE = f"content/a.md:1:1 KB205 error: readers of {BOTH} could open /a/: {DELETED}"
MOVED = f"content/b.md:1:1 KB205 error: readers of {BOTH} could open /a/: content/a.md is content/b.md now, and nothing redirects from it (add `redirect_from: [/a/]` to content/b.md)"

NARROWER = f"content/{{}}.md:3:1 KB205 warning: readers of {PUBLIC} could open /a/: content/a.md is {{}} now, and nothing redirects from it (to lead them on, add `redirect_from: [/a/]` to an article of theirs)"
REDIRECT = f"content/a.md:{{}}:1 KB205 error: readers of {BOTH} could open {{}}: its redirect is gone (add {{}} content/a.md)"


@pytest.fixture
def found(repo: Repository, page, diff):
    """`found(before, after)`: what is found once a branch has changed these files (None: removed)."""

    def run(before: dict[str, str | None], after: dict[str, str | None], *, commit: bool = True) -> list[str]:
        names = [before, after]
        texts = [{(name if "." in name else f"content/{name}.md"): text for name, text in one.items()} for one in names]
        repo.commit({"content/index.md": page(), **texts[0]})
        repo.branch("fix")
        repo.commit(texts[1]) if commit else repo.write(texts[1])
        return in_words(diff(repo, checks=("KB205",)).findings)

    return run


def public(*more: str) -> str:
    """Return a public article with further lines of front matter; its text is long enough for git to know it again."""
    lines = "".join(f"{line}\n" for line in more)
    return f"---\ntitle: A page\naudience: public\nowners: [ana]\nproduct_areas: [billing]\n{lines}---\n\n" + "".join(f"Line {n} of the article.\n" for n in range(20))


A = public()
OLD = "redirect_from: [/old/]"
FROM_A = "redirect_from: [/a/]"


@pytest.mark.parametrize(("before", "after", "expected"), [
    pytest.param({"a": A}, {"a": A + "More.\n"}, [], id="edited"),
    pytest.param({"a": A}, {"b": A}, [], id="added"),
    pytest.param({"a": A}, {"a": None}, [GONE], id="deleted"),
    pytest.param({"a": A}, {"a": None, "b": A}, [MOVED], id="renamed"),
    pytest.param({"a": A}, {"a": None, "b": public(FROM_A)}, [], id="renamed with a redirect"),
    pytest.param({"a": A}, {"a": None, "index": public("redirect_from: [a.html]")}, [f"{GONE}"], id="a redirect from the other form of URL"),
    pytest.param({"a": A}, {"a": None, "index": public("redirect_from: [/a.md]")}, [], id="a redirect by the name of the file"),
    pytest.param({"a": A}, {"a": None, "a/index": A}, [], id="a folder of its own"),
    pytest.param({"a": A}, {"a": None, "A": A}, [], id="another case"),
    pytest.param({"a": A.replace("public", "internal")}, {"a": None}, [GONE.replace(BOTH, "the internal edition")], id="an internal one deleted"),
    pytest.param({"a": A}, {"a": A.replace("public", "internal")}, [NARROWER.format("a", "for the audience internal")], id="narrower"),
    pytest.param({"a": A}, {"a": public("confidence: work-in-progress")}, [NARROWER.format("a", "work-in-progress, for the audience public,")], id="taken back"),
    pytest.param({"a": A}, {"a": A.replace("public", "internal"), "index": public(FROM_A)}, [NARROWER.format("a", "for the audience internal")], id="narrower, and the redirect cannot be made"),
    pytest.param({"a": A.replace("public", "internal")}, {"a": A}, [], id="wider"),
    pytest.param({"a": A}, {"a": None, "b": public(FROM_A).replace("public", "internal")}, [NARROWER.format("b", "for the audience internal")], id="renamed and narrower"),
    pytest.param({"a": public(OLD)}, {"a": A}, [REDIRECT.format(1, "/old/", "`redirect_from: [/old/]` to")], id="a redirect removed"),
    pytest.param({"a": public("redirect_from: [/old/, /older/]")}, {"a": public(OLD)}, [REDIRECT.format(6, "/older/", "it to redirect_from of")], id="one of two"),
    pytest.param({"a": public(OLD)}, {"a": None, "index": public(FROM_A)}, [GONE.replace("/a/", "/old/")], id="the redirects of a deleted article"),
    pytest.param({"a": public(OLD)}, {"a": A, "old": A}, [], id="an article has the URL"),
    pytest.param({"a": A}, {"a": "---\ntitle: [\n---\n"}, [], id="unreadable now, which KB001 says"),
    pytest.param({"a": A, "content/x.pdf": "x"}, {"content/x.pdf": None}, [], id="a file"),
    pytest.param({"a": A}, {"a": None, "mkdocs.yml": "plugins:\n  - redirects:\n      redirect_maps: {a.md: index.md}\n"}, [], id="a redirect of mkdocs.yml"),
    pytest.param({"a": A, "mkdocs.yml": "plugins:\n  - redirects:\n      redirect_maps: {old.md: a.md}\n"}, {"mkdocs.yml": "plugins: []\n"}, [REDIRECT.format(1, "/old/", "`redirect_from: [/old/]` to")], id="taken out of mkdocs.yml"),
    pytest.param({"a": A, "mkdocs.yml": "site_url: https://x.example/help/\n"}, {"a": None}, [GONE.replace("/a/", "/help/a/")], id="below a path"),
    pytest.param({"a": A, "mkdocs.yml": "site_url: https://x.example/help/\n"}, {"a": None, "b": public("redirect_from: [/help/a/]")}, [], id="a redirect with that path"),
    pytest.param({"a": A, "mkdocs.yml": "use_directory_urls: false\n"}, {"a": None}, [GONE.replace("/a/", "/a.html")], id="URLs of files"),
    pytest.param({"a": A}, {"mkdocs.yml": "use_directory_urls: false\n"}, [
        "mkdocs.yml:1:1 KB205 error: use_directory_urls has changed, and with it the URLs of pages: nothing redirects from /a/ (put it back, or redirect from them)"], id="another form of URL"),
    pytest.param({"a": A, "pyproject.toml": "[tool.kbtool]\n[tool.kbtool.editions.partner]\naudiences = ['public']\n"}, {"pyproject.toml": "[tool.kbtool]\n"}, [], id="an edition less"),
    pytest.param({"a": A}, {"a": None, "pyproject.toml": "[tool.kbtool]\ncontent = 'docs'\n", "docs/index.md": A, "docs/a.md": A}, [], id="the folder moved"),
])
def test_table(found, before: dict[str, str | None], after: dict[str, str | None], expected: list[str]) -> None:
    """A URL that an edition had and has not, without a redirect that its readers reach, is found where it can be mended."""
    assert found(before, after) == expected


@pytest.mark.parametrize("after", [{"a": None}, {"a": None, "b": A}], ids=["deleted", "renamed"])
def test_before_anything_is_committed(found, after: dict[str, str | None]) -> None:
    """The work tree counts: a file that was moved by hand is known again although git does not know it yet."""
    assert found({"a": A}, after, commit=False) == [GONE if len(after) == 1 else MOVED]


def test_facts(repo: Repository, diff) -> None:
    """The finding of a deleted article has its owners, and the URL and editions as facts."""
    repo.commit({"content/index.md": A, "content/a.md": A})
    repo.branch("fix")
    repo.commit({"content/a.md": None})
    one, = diff(repo, checks=("KB205",)).findings
    assert (one.owners, one.excerpt, one.subject) == (("ana",), "", "/a/")
    assert one.evidence == {"url": "/a/", "editions": ["public", "internal"], "was": "content/a.md"}


def test_nothing_to_compare_with(repo: Repository, judge, kbtool) -> None:
    """Without another commit it finds nothing; asked for alone, it says what it lacks."""
    repo.commit({"content/a.md": A})
    repo.commit({"content/a.md": None, "content/b.md": A})
    assert "KB205" not in {finding.code for finding in judge(repo).found.findings}
    done = kbtool("check", "--select", "KB205", cwd=repo.folder)
    assert (done.code, done.err) == (2, "kbtool: error[no-checks]: no check is left to run (name a commit to compare with: --diff BASE)\n")


def test_a_partial_clone(repo: Repository, tmp_path, diff) -> None:
    """What articles were is not in a clone without old blobs: what is gone all the same is found, and the rest is said."""
    repo.commit({"content/index.md": A, "content/a.md": public(OLD), "content/b.md": A + "B.\n"})
    repo.commit({"content/a.md": A})
    repo.commit({"content/b.md": None})
    run = diff(repo.clone(tmp_path / "clone", "--filter=blob:none"), "HEAD~2", checks=("KB205",))
    assert [(finding.path, finding.evidence["url"]) for finding in run.findings] == [("content/b.md", "/b/")]
    assert [(skip.check, skip.failed, skip.lasting) for skip in run.skipped] == [("KB205 url-removed", False, False)]
    assert run.skipped[0].reason == (
        "this clone leaves out what content/a.md and 1 more said before: `git fetch --refetch --no-filter` brings it")
    assert (run.exit_code("error", strict=False), run.exit_code("never", strict=True)) == (1, 3)
