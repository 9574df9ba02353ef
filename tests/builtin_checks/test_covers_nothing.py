"""KB107 covers-nothing."""

from __future__ import annotations

import pytest

from kbtool.builtin_checks.covers_nothing import CoversNothing
from kbtool.testing import in_words

HINT = "correct the glob; globs start at the top of the repository"


def test_in_words(repo, page, judge) -> None:
    """Each entry that matches nothing is an error where it stands, with its own fingerprint; reviewed or not makes no difference."""
    repo.commit({"content/a.md": page(last_reviewed_on=None, covers='[src/x.py, src/gone.py, "lib/**"]'), "src/x.py": "1"})
    found = judge(repo, checks=(CoversNothing(),)).found.findings
    assert in_words(found) == [
        f"content/a.md:6:20 KB107 error: 'src/gone.py' matches no file ({HINT})", f"content/a.md:6:33 KB107 error: 'lib/**' matches no file ({HINT})",
    ]
    assert len({one.fingerprint for one in found}) == 2


@pytest.mark.parametrize("covers", ["src/x.py", "[src/**, '!lib/**', '!gone.py']", "new/**", "[]", "''", "src"])
def test_clean(repo, page, judge, covers: str) -> None:
    """Files that are not committed yet are files, and what is left out need not be there."""
    repo.commit({"content/a.md": page(covers=covers), "src/x.py": "1"})
    repo.write({"new/x.py": "1"})
    assert judge(repo, checks=(CoversNothing(),)).found.findings == ()


def test_a_file_that_was_deleted_but_not_committed(repo, page, judge) -> None:
    """A file that is gone from the work tree is gone."""
    repo.commit({"content/a.md": page(covers="src/x.py"), "src/x.py": "1"})
    (repo.folder / "src/x.py").unlink()
    assert [one.subject for one in judge(repo, checks=(CoversNothing(),)).found.findings] == ["src/x.py"]


def test_archived_articles(repo, page, judge) -> None:
    """What is archived may describe code that is gone."""
    repo.commit({"content/a.md": page(covers="src/gone.py", confidence="archived")})
    assert judge(repo, checks=(CoversNothing(),)).found.findings == ()
