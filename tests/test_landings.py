"""The pure parser of git's stream, the times of landings, and what of a line is kept for the next run."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
from itertools import accumulate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kbtool import line_reading
from kbtool.cache import Cache
from kbtool.config import load_config
from kbtool.git import Git, GitError
from kbtool.history import open_main
from kbtool.landings import UNDATED, Commits, Line, pack, parse, running_maximum, unpack
from kbtool.line_reading import Reading
from kbtool.testing import history

SHA = [f"{number:040x}" for number in range(9)]
TODAY = dt.date(2026, 11, 22)
LONG = [f"{number:064x}" for number in range(9)]


def commit(number: int, *changes: tuple[str, str, bytes], ids: list[str] = SHA, **keys) -> bytes:
    """Return a commit as git prints it: changes are (new mode, new id, path)."""
    told = {"parents": ids[number - 1] if number else "", "committed": b"1767268800", "authored": b"1767268700", "name": b"Ana",
            "mail": b"ana@x", "subject": b"Change", "trailer": b""} | keys
    head = [b"\x02" + f"{ids[number]} {told['parents']}".encode(), told["committed"], told["authored"], told["name"], told["mail"], told["subject"], told["trailer"]]
    out = b"\0".join(head) + b"\0"
    for place, (mode, blob, path) in enumerate(changes):
        out += (b"" if place else b"\n") + f":100644 {mode} {ids[8]} {blob} {'D' if mode == '000000' else 'M'}".encode() + b"\0" + path + b"\0"
    return out


def chunks(raw: bytes, size: int) -> list[bytes]:
    """Cut a stream."""
    return [raw[place:place + size] for place in range(0, len(raw), size)]


def parsed(raw: bytes, size: int = 1 << 20) -> Commits:
    """Parse a stream that comes in chunks of a size."""
    made = Commits()
    parse(chunks(raw, size), made)
    return made


HOSTILE = [b"\x02" + SHA[3].encode(), b": :100644 100644", b"\n:100644", b"a\nb", b"\xff\xfe", "\u2028\u202e".encode(), b"", b" ", b"'\"\\", b"\x1b[31m"]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 1 << 18])
@pytest.mark.parametrize("ids", [SHA, LONG], ids=["sha1", "sha256"])
def test_the_stream(ids: list[str], size: int) -> None:
    """However the stream is cut, and whatever people wrote into names, subjects and paths, columns hold what git told."""
    raw = b"".join(
        commit(number, ("100644", ids[5], word or b"-"), ("000000", ids[0], b"gone/" + word), ids=ids, name=word, mail=word, subject=word)
        for number, word in enumerate(HOSTILE[:8])
    )
    made = parsed(raw, size)
    assert made.ids == ids[:8]
    assert made.subjects == HOSTILE[:8]
    assert [made.people[number][0].encode("utf-8", "surrogateescape") for number in made.authors] == HOSTILE[:8]
    assert {path.encode("utf-8", "surrogateescape") for path in made.changes} == {word or b"-" for word in HOSTILE[:8]} | {b"gone/" + word for word in HOSTILE[:8]}
    assert made.states == ["", f"100644 {ids[5]}"]
    assert made.changes["-"] == [6, 1]
    assert made.changes["gone/"] == [6, 0]
    assert (made.first_parent, made.parents, list(made.minor)) == (ids[6], {}, [])


def test_newest_first() -> None:
    """Commits that are read newest first, as git prints them sooner, and turned, are those that are read oldest first."""
    entries = [
        commit(number, *([("100644", SHA[number], b"a")] if number % 2 else []), ("100644", SHA[number], b"b"), committed=str(number + 1).encode(),
               trailer=b"minor" if number in (1, 4) else b"").replace(f"{SHA[3]} {SHA[2]}".encode(), f"{SHA[3]} {SHA[2]} {SHA[0]}".encode())
        for number in range(6)
    ]
    oldest, newest = parsed(b"".join(entries)), parsed(b"".join(reversed(entries)))
    newest.turn()
    for column in ("ids", "committed", "authored", "subjects", "minor", "parents"):
        assert getattr(newest, column) == getattr(oldest, column), column
    assert newest.first_parent == ""
    for path in ("a", "b"):
        assert [(n, newest.states[state]) for n, state in newest.steps(path)] == [(n, oldest.states[state]) for n, state in oldest.steps(path)]


def test_merges_trailers_and_dates() -> None:
    """Parents but the first are kept, `minor` is marked, and a date that is none, or beyond the calendar, is undated."""
    dates = [b"1", b"0", b"-86400", b"", b"%ct", b"253402300799", b"253402300800", b"9" * 30, b" 5 "]
    raw = b"".join(commit(number, committed=date, trailer=b" Minor " if number == 3 else b"minor,minor") for number, date in enumerate(dates))
    made = parsed(raw.replace(f"{SHA[4]} {SHA[3]}".encode(), f"{SHA[4]} {SHA[3]} {SHA[1]} {SHA[0]}".encode()))
    assert list(made.committed) == [1, UNDATED, UNDATED, UNDATED, UNDATED, 253402300799, UNDATED, UNDATED, 5]
    assert (made.parents, list(made.minor)) == ({4: [SHA[1], SHA[0]]}, [3])


WHOLE = commit(0, ("100644", SHA[5], b"x"), ("100755", SHA[6], b"y")) + commit(1, ("000000", SHA[0], b"x"))


def test_a_stream_that_ends_early() -> None:
    """A stream that is cut within a commit is an error; only between two entries can it not be told, which the exit code does."""
    one, two = ("100644", SHA[5], b"x"), ("100755", SHA[6], b"y")
    heads = {len(commit(0)), len(commit(0, one, two)) + len(commit(1))}
    between = {*heads, *(head + 1 for head in heads), len(commit(0, one)), len(commit(0, one, two))}
    for end in range(1, len(WHOLE)):
        if end in between:
            parsed(WHOLE[:end])
        else:
            with pytest.raises(GitError, match="git log ended within a"):
                parsed(WHOLE[:end])


@pytest.mark.parametrize("raw", [b"fatal: no\0", b"x\0", commit(0) + b"warning\0", b"\0"])
def test_what_is_no_log(raw: bytes) -> None:
    """Anything else is an error that shows its beginning."""
    with pytest.raises(GitError, match="git log printed what it should not"):
        parsed(raw)


def test_as_git_prints_it(tmp_path) -> None:
    """Names with every odd byte that git takes, in both formats of ids, come through as they are; so do modes and symlinks."""
    odd = ["a b", "tab\tx", "new\nline", '"q"', "ä", "\x02x", ":x", "[ab]*", "-rf", "\x7f", "back\\slash"]
    for form in ("sha1", "sha256"):
        repo = history(tmp_path / form, object_format=form)
        raw = [*(name.encode() for name in odd), b"bad\xff\xfe"]
        for name in raw:
            (repo.folder / os.fsdecode(name)).write_bytes(b"1")
        (repo.folder / "link").symlink_to("target")
        repo.git("add", "-A")
        repo.commit(message="\x02 : \x01\nnext\n\nbody\x02")
        repo.git("rm", "-q", "link")
        repo.commit(by="\x02Eve <e@x>")
        line = Line()
        assert Reading(Git(repo.folder), line, repo.head, "").finish()
        assert {path.encode("utf-8", "surrogateescape") for path in line.landings.changes} == {*raw, b"link"}
        assert line.landings.subject(0) == "\x02 : \x01 next"
        link = line.landings.changes["link"]
        assert [line.landings.states[state][:6] for state in link[1::2]] == ["120000", ""]


@given(st.lists(st.integers(-5, 50) | st.just(UNDATED)), st.integers(0, 40))
def test_running_maximum(times: list[int], latest: int) -> None:
    """It never goes back, is one of the times so far, and knows no time later than the latest that counts."""
    found = running_maximum(times, latest)
    assert found == list(accumulate((UNDATED if time > latest else time for time in times), max))
    assert found == sorted(found)
    assert all(time <= latest or time == UNDATED for time in found)


# ---------------------------------------------------------------------------------------------- keeping


@pytest.fixture
def line(tmp_path) -> Line:
    """A line with two merges, one of them of a branch that another one had merged before."""
    repo = history(tmp_path / "repo")
    repo.commit({"kb/a": "1", "src/x": "1"})
    repo.branch("one")
    repo.commit({"kb/a": "2"}, by="Jos\u00e9 <j@x>")
    repo.branch("two")
    repo.commit({"kb/b": "1"}, trailers={"Kb-Change": "minor"})
    repo.switch("main")
    repo.merge("one")
    repo.commit({"src/x": None})
    repo.merge("two")
    made = Line()
    assert Reading(Git(repo.folder), made, repo.head, "kb").finish()
    return made


def test_sides(line: Line) -> None:
    """Of each commit in a merged branch it is known by which landing it came, and which landing it contains."""
    assert (list(line.branch), list(line.contained)) == ([1, 3], [0, 0])
    assert {path: line.sides.steps(path) for path in line.sides.changes} == {"kb/a": [(0, 1)], "kb/b": [(1, 2)]}
    assert (line.by_branch, list(line.sides.minor)) == ({1: [0], 3: [1]}, [1])


def test_pack_and_unpack(line: Line) -> None:
    """What is kept is read as it was; an empty line too."""
    for one in (line, Line()):
        made = unpack(pack(one))
        assert facts(made.landings) == facts(one.landings)
        assert (by_id(made), made.landings.states, made.sides.states, made.tip) == (by_id(one), one.landings.states, one.sides.states, one.tip)


SECTIONS = sorted(pack(Line()))


@pytest.mark.parametrize("name", SECTIONS)
@pytest.mark.parametrize("damage", [
    lambda raw: raw[:-1], lambda raw: raw + b"x", lambda raw: raw[:-8], lambda raw: raw + b"\xff" * 8, lambda raw: raw + b"\x7f" * 8, lambda _: b"", lambda raw: b"\xff" + raw[1:],
    lambda _: b"[" * 99_999, lambda _: b"null", lambda raw: raw + b"\0", lambda raw: raw + b"\n",
], ids=["shorter", "longer", "one less", "one more", "too large", "empty", "a byte", "deep", "null", "a path more", "a line more"])
def test_damaged_sections(line: Line, name: str, damage) -> None:
    """A section that does not fit the others is refused by one of the errors that the cache knows, or is one that fits."""
    sections = pack(line)
    sections[name] = damage(sections[name])
    try:
        made = unpack(sections)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return
    assert pack(made).keys() == sections.keys()
    for column in (made.landings, made.sides):
        assert all(number < len(column.ids) and column.states[state] is not None for path in column.changes for number, state in column.steps(path))
        assert all(column.people[author] and isinstance(column.subject(number), str) for number, author in enumerate(column.authors))


def test_a_section_that_is_gone(line: Line) -> None:
    """Every section is needed."""
    for name in SECTIONS:
        with pytest.raises((KeyError, ValueError)):
            unpack({key: value for key, value in pack(line).items() if key != name})


# ---------------------------------------------------------------------------------------------- a later run


def same_as_cold(repo, cache: Cache, today) -> bool:
    """Read with the cache; return whether it took anything from it, after comparing all that is known with a cold read."""
    config = load_config(repo.folder)
    opening = open_main(config, cache)
    kept = bool(opening._line.landings.ids)
    warm, cold = opening.finish(today, config), open_main(config, Cache(None)).finish(today, config)
    assert warm.line.landings.ids == cold.line.landings.ids
    assert facts(warm.line.landings) == facts(cold.line.landings)
    assert by_id(warm.line) == by_id(cold.line)
    assert (warm.times, warm.ignored, warm.notes) == (cold.times, cold.ignored, cold.notes)
    return kept


def facts(commits: Commits) -> list:
    """Return what commits say, without the numbers that depend on the order of reading."""
    people = [commits.people[author] for author in commits.authors]
    steps = {path: [(number, commits.states[state]) for number, state in commits.steps(path)] for path in commits.changes}
    return [commits.committed, commits.authored, people, commits.subjects, commits.parents, list(commits.minor), steps]


def by_id(line: Line) -> dict:
    """Return what is known of each side commit."""
    done: dict[int, list] = {}
    for path in line.sides.changes:
        for side, state in line.sides.steps(path):
            done.setdefault(side, []).append((path, line.sides.states[state]))
    return {commit: (branch, contained, sorted(done.get(side, []))) for side, (commit, branch, contained) in enumerate(zip(line.sides.ids, line.branch, line.contained, strict=True))}


STEPS = st.lists(st.sampled_from(["commit", "commit", "branch", "merge", "side", "octopus", "foxtrot", "latin"]), min_size=1, max_size=10)


@settings(max_examples=12)
@given(before=STEPS, after=STEPS)
def test_cached_and_new_is_a_cold_read(tmp_path_factory, new_repo, before: list[str], after: list[str]) -> None:
    """Whatever landed after the cache was written: what is kept and what is new together are what a cold read gives."""
    folder = tmp_path_factory.mktemp("line")
    repo, cache, today = new_repo(folder / "repo"), Cache(folder / "cache"), TODAY
    branches: list[str] = []
    for step in before:
        grow(repo, branches, step)
    assert not same_as_cold(repo, cache, today)
    for step in after:
        grow(repo, branches, step)
    assert same_as_cold(repo, cache, today)
    assert same_as_cold(repo, cache, today)


@settings(max_examples=12)
@given(steps=STEPS)
def test_branches_are_followed_or_walked(tmp_path_factory, new_repo, steps: list[str]) -> None:
    """Whether branches are followed to their end, a step or two, or not at all: the same is known of them."""
    repo, branches = new_repo(tmp_path_factory.mktemp("line")), list[str]()
    for step in steps:
        grow(repo, branches, step)
    read = []
    for far in (40, 2, 1, 0):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(line_reading, "_STEPS", far)
            made = Line()
            assert Reading(Git(repo.folder), made, repo.head, "content").finish()
            read.append((by_id(made), made.sides.ids, made.branch, made.contained))
    assert read == [read[0]] * 4


def grow(repo, branches: list[str], step: str) -> None:
    """Let a history grow by one step."""
    count = int(repo.git("rev-list", "--count", "--all"))
    name = f"content/{count}.md"
    if step == "branch":
        branches.append(f"b{count}")
        repo.branch(branches[-1])
        repo.commit({name: "b", "content/shared.md": f"{count}"})
        repo.switch("main")
    elif step == "side" and branches:
        repo.switch(branches[0])
        repo.commit({name: "s"})
        repo.switch("main")
    elif step in {"merge", "octopus"} and branches:
        merged = branches[:2] if step == "octopus" else branches[:1]
        repo.git("merge", "-q", "--no-ff", "-s", "ours", "-m", "Merge", *merged)
        del branches[:len(merged)]
    elif step == "foxtrot" and branches:
        other = branches.pop()
        repo.switch(other)
        repo.git("merge", "-q", "--no-ff", "-s", "ours", "-m", "Foxtrot", "main")
        repo.switch("main")
        repo.merge(other, fast_forward=True)
    elif step == "latin":
        text = f"tree {repo.git('rev-parse', 'HEAD^{tree}')}\nparent {repo.head}\nauthor J".encode() + bytes([0xe0 + count % 8]) + b" <j@x> 1767300000 +0000\ncommitter C <c@x> 1767300000 +0000\n\nX\n"
        repo.git("reset", "-q", "--hard", repo.git("hash-object", "-t", "commit", "-w", "--stdin", stdin=text))
    else:
        repo.commit({name: "c", "src/x": f"{count}"})


@pytest.mark.parametrize("how", ["amend", "reset", "force", "gone", "other repository"])
def test_a_rewritten_history(tmp_path, new_repo, how: str) -> None:
    """History that is not the kept one continued is read anew, also where the kept commits exist no longer."""
    today = TODAY
    repo, cache = new_repo(tmp_path / "repo"), Cache(tmp_path / "cache")
    for number in range(4):
        repo.commit({"x": f"{number}"})
    assert not same_as_cold(repo, cache, today)
    if how == "amend":
        repo.git("commit", "-q", "--amend", "-m", "Other")
    elif how == "reset":
        repo.git("reset", "-q", "--hard", "HEAD~2")
    elif how == "other repository":
        repo = new_repo(tmp_path / "other", "# other")
    else:
        repo.git("reset", "-q", "--hard", "HEAD~2")
        repo.commit({"x": "y"})
        repo.commit({"x": "z"})
        if how == "gone":
            repo.git("reflog", "expire", "--expire=now", "--all")
            repo.git("gc", "-q", "--prune=now")
    assert same_as_cold(repo, cache, today)
    repo.commit({"x": "w"})
    assert same_as_cold(repo, cache, today)
    assert cache.notes == []


def test_unshallow(tmp_path, new_repo) -> None:
    """What was kept of a shallow clone is not taken once its history is there."""
    origin = new_repo(tmp_path / "origin")
    for number in range(4):
        origin.commit({"x": f"{number}"})
    clone, cache = origin.clone(tmp_path / "clone", depth=2), Cache(tmp_path / "cache")
    assert not same_as_cold(clone, cache, TODAY)
    clone.git("fetch", "-q", "--unshallow")
    assert not same_as_cold(clone, cache, TODAY)


def test_many_landings_are_kept_again(tmp_path, new_repo) -> None:
    """A few new landings are read again by every run; hundreds are kept."""
    repo, cache, today = new_repo(tmp_path / "repo"), Cache(tmp_path / "cache"), TODAY
    same_as_cold(repo, cache, today)
    for count, kept in ((10, 1), (500, 511)):
        stream = "".join(
            f"commit refs/heads/main\ncommitter A <a@x> {1767300000 + number} +0000\ndata 1\nx\n{'' if number else f'from {repo.head}{chr(10)}'}M 644 inline x\ndata 4\n{number:04}\n"
            for number in range(count))
        subprocess.run(["git", "-C", repo.folder, "fast-import", "--quiet"], input=stream.encode(), check=True)
        assert same_as_cold(repo, cache, today)
        config = load_config(repo.folder)
        assert len(open_main(config, cache)._line.landings.ids) == kept
