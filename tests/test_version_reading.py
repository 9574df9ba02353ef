"""What versions of articles say is the same wherever it was read: from git, the work tree or the cache."""

from __future__ import annotations

import pytest

from kbtool.cache import Cache
from kbtool.config import load_config
from kbtool.evidence import gather
from kbtool.git import Git
from kbtool.testing import TODAY, history

HEAD = "---\ntitle: A\nlast_reviewed_on: 2026-02-01\n---\n"
WRITTEN = {
    "content/plain.md": f"{HEAD}Words.\n", "content/crlf.md": f"{HEAD}Words.\n".replace("\n", "\r\n").encode(), "content/mark.md": f"\ufeff{HEAD}Words.\n",
    "content/latin.md": f"{HEAD}W\xe4rter.\n".encode("latin-1"), "content/empty.md": b"", "content/open.md": "---\ntitle: A\n", "content/return.md": f"{HEAD}a\rb\n".encode(),
    "content/nul.md": HEAD.encode() + b"\0", "content/controls.md": f"{HEAD}a\x0bb\x85c\u2028d\n", "content/dates.md": f"{HEAD}", "content/filtered.md": f"{HEAD}Others.\r\n".encode(),
    ".gitattributes": "content/filtered.md text\n", "pyproject.toml": "[tool.kbtool]\n",
}


def facts(folder, cache: Cache) -> dict:
    """Return what each version of an article says, as a run with this cache knows it."""
    evidence = gather(load_config(folder), TODAY, cache)
    return dict(evidence.reviews.histories.facts)


@pytest.mark.parametrize("form", ["sha1", "sha256"])
def test_the_work_tree_and_git_say_the_same(tmp_path, form: str) -> None:
    """Of every kind of text, and whatever the work tree holds by now, the versions say what their blobs say."""
    repo = history(tmp_path / "repo", object_format=form)
    repo.commit({**WRITTEN, "content/changed.md": f"{HEAD}One.\n", "content/away.md": f"{HEAD}Two.\n"})
    repo.commit({path: b"old " + raw if isinstance(raw, bytes) else f"{raw}more\n" for path, raw in WRITTEN.items() if path.endswith(".md")})
    repo.commit(WRITTEN)
    repo.write({"content/changed.md": f"{HEAD}Not committed.\n", "content/away.md": None})
    found, reader = facts(repo.folder, Cache(None)), gather(load_config(repo.folder), TODAY, Cache(None)).reviews.histories.reader
    assert found == {blob: reader.read(raw) for blob, raw in Git(repo.folder).blobs(found)}
    assert len(found) == 2 * (len(WRITTEN) - 2) + 1


def test_what_was_read_once_is_kept(tmp_path) -> None:
    """A new version that only the work tree was asked for is kept like those that git was asked for."""
    repo, cache = history(tmp_path / "repo"), Cache(tmp_path / "cache")
    repo.commit({**WRITTEN, "content/a.md": f"{HEAD}One.\n"})
    first = facts(repo.folder, cache)
    repo.commit({"content/a.md": f"{HEAD}Two.\n"})
    second = facts(repo.folder, cache)
    kept = (cache.folder / "articles").read_bytes()
    assert (len(second), all(blob.encode() in kept for blob in second)) == (len(first) + 1, True)
    assert facts(repo.folder, Cache(tmp_path / "cache")) == second == facts(repo.folder, Cache(None))
