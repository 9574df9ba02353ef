"""`checks/public.lock`: what is written is read again, merges line by line, and never reads as more than somebody decided."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbtool.audience_lock import SHOWN, WITHHELD, AudienceLock, Entry, load_lock, parse_lock
from kbtool.config import Config
from kbtool.errors import ConfigError

prints = st.text("abcDEF019-_", min_size=4, max_size=4)
paths = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from(["\udc80", "\udcff", "\n", "\\", " "]), min_size=1, max_size=20).map(lambda text: f"content/{text}x")
locks = st.dictionaries(
    st.tuples(paths, st.sampled_from(["public", "partners"])),
    st.builds(lambda state, hidden: Entry(state, tuple(sorted(hidden))), st.sampled_from([SHOWN, WITHHELD]), st.lists(prints, max_size=5)),
).map(AudienceLock)


@given(locks)
def test_round_trip(lock: AudienceLock) -> None:
    """Whatever is in a path, what is written is read again; one decision a line, sorted, in UTF-8."""
    text = lock.render().encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")
    assert parse_lock(text) == lock
    assert len([line for line in text.splitlines() if not line.startswith("#")]) == len(lock.entries)
    assert [*parse_lock(text).lines] == sorted(lock.entries, key=lambda key: (key[0].encode("utf-8", "surrogateescape"), key[1]))


@given(locks, locks)
def test_a_merge_of_both_sides_allows_what_both_allow(one: AudienceLock, other: AudienceLock) -> None:
    """Two lines about one path and edition, as `merge=union` leaves them, withhold whatever one of them withholds, in any order."""
    both, turned = (parse_lock(a.render() + b.render()) for a, b in ((one, other), (other, one)))
    assert both == turned
    for key, entry in both.entries.items():
        for side in (one, other):
            mine = side.entries.get(key, entry)
            assert mine.state != WITHHELD or entry.state == WITHHELD
            assert set(mine.hidden) <= set(entry.hidden)


def test_the_narrower_of_two_lines_counts() -> None:
    """Withheld goes before shown, and prints are put together, whichever line is first."""
    lines = ["content/a.png public shown -\n", "content/a.png public withheld -\n", "content/a.png public shown aaaabbbb\n", "content/a.png public shown bbbb\n"]
    for text in ("".join(lines), "".join(reversed(lines))):
        assert parse_lock(text).entries == {("content/a.png", "public"): Entry(WITHHELD, ("aaaa", "bbbb"))}


def test_the_file(tmp_path: Path) -> None:
    """The form is kept from version to version: it is committed."""
    lock = AudienceLock({
        ("content/b c.md", "public"): Entry(SHOWN, ("9sPb", "k3Xq")), ("content/b c.md", "partners"): Entry(),
        ("content/a\n.png", "public"): Entry(WITHHELD),
    })
    assert lock.render().split("\n")[2:] == [
        "content/a\\u000a.png public withheld -", "content/b c.md partners shown -", "content/b c.md public shown 9sPbk3Xq", "",
    ]
    assert lock.editions == {"public", "partners"}
    assert parse_lock(lock.render().replace("\n", "\r\n")) == lock
    assert parse_lock(lock.render()).lines["content/b c.md", "public"] == 5


def test_no_file_is_not_an_empty_one(tmp_path: Path) -> None:
    """Without the file nobody has decided anything; an empty one says that nothing is public."""
    config = Config(root=tmp_path)
    assert load_lock(config) is None
    (tmp_path / "checks").mkdir()
    (tmp_path / "checks/public.lock").write_text("")
    assert load_lock(config) == AudienceLock()


@pytest.mark.parametrize("line", [
    "<<<<<<< HEAD", "=======", "content/a.md", "content/a.md public", "content/a.md public shown", "content/a.md public shown abc",
    "content/a.md public seen -", "content/a.md Public shown -", "content/a.md public shown - ", " public shown -",
])
def test_a_line_that_is_not_understood_is_an_error(tmp_path: Path, line: str) -> None:
    """A conflict or a slip of the hand must not read as a decision: file, line, and what to do are named."""
    (tmp_path / "checks").mkdir()
    (tmp_path / "checks/public.lock").write_text(f"# comment\n\ncontent/z.md public shown -\n{line}\n")
    with pytest.raises(ConfigError) as caught:
        load_lock(Config(root=tmp_path))
    assert (caught.value.where, caught.value.exit_code) == ("checks/public.lock:4", 2)
    assert "resolve the merge" in caught.value.hint
    assert repr(line) in str(caught.value)


def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    """It is there, so the check is not off."""
    (tmp_path / "checks/public.lock").mkdir(parents=True)
    with pytest.raises(ConfigError, match="cannot be read"):
        load_lock(Config(root=tmp_path))
