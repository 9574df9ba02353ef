"""Faults of hostile, damaged, busy and odd repositories (FAULTS.md, group A, second half), at the command line."""

from __future__ import annotations

import datetime as dt
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from kbtool import git as git_module
from kbtool.cache import Cache
from kbtool.config import load_config
from kbtool.evidence import gather

CLEAN = {"a": "fresh", "b": "fresh"}
DAMAGED = "`git fsck` tells whether the repository is damaged"


def verdicts(done: Any) -> dict[str, str]:
    """Return article → verdict of a report in JSON."""
    return {one["path"][8:-3]: one["verdict"] for one in done.json()["articles"]}


def reason(done: Any) -> str:
    """Return the one reason why checks of a report in JSON were skipped for good."""
    found, = {one["reason"] for one in done.json()["skipped"] if one["lasting"]}
    return found


def object_of(repo, name: str) -> Path:
    """Return the file of an object."""
    found = repo.git("rev-parse", name)
    return repo.folder / ".git/objects" / found[:2] / found[2:]


def test_a19_a_hostile_configuration(base, gate, tmp_path) -> None:
    """Whatever the user's and the repository's configuration name is not run, and changes no byte of the report."""
    base.commit({"src/x.py": "new\n" * 3}, on="2026-02-02", by="Ben")
    plain = gate(base.folder, "--format", "json")
    home, marker = tmp_path / "home", tmp_path / "PWNED"
    home.mkdir()
    program = home / "program"
    program.write_text(f"#!/bin/sh\necho $0 $* >> {marker}\ncat\n")
    program.chmod(0o755)
    keys = {
        "core": {"fsmonitor": program, "pager": program, "hooksPath": home, "abbrev": 5, "quotePath": "true", "attributesFile": home / "attributes"},
        "gpg": {"program": program}, "log": {"showSignature": "true", "follow": "true", "date": "relative", "diffMerges": "separate", "showRoot": "false", "mailmap": "false"},
        "diff": {"external": program, "renames": "copies", "orderFile": home / "order", "noprefix": "true", "relative": "true"}, 'diff "evil"': {"command": program, "textconv": program},
        'filter "evil"': {"clean": program, "smudge": program, "process": program}, "color": {"ui": "always"}, "format": {"pretty": "oneline"}, "mailmap": {"file": home / "map"}, "alias": {"log": f"!{program}"},
    }
    (home / ".gitconfig").write_text("".join(f"[{section}]\n" + "".join(f"\t{key} = {value}\n" for key, value in table.items()) for section, table in keys.items()))
    (home / "attributes").write_text("*.py diff=evil\n")
    (home / "order").write_text("src/*\n")
    (home / "map").write_text("Mallory <ben@example.com>\n")
    assert gate(base.folder, "--format", "json", env={"HOME": str(home)}).out == plain.out
    assert not marker.exists()
    with (base.folder / ".git/config").open("a") as config:
        config.write((home / ".gitconfig").read_text())
    assert gate(base.folder, "--format", "json").out == plain.out
    assert not marker.exists()


def test_a20_replaced_commits(base, gate) -> None:
    """Refs and files that rewrite history are not followed; that there are some is told."""
    plain = gate(base.folder, "--format", "json")
    fake = base.git("commit-tree", "-m", "Fake", "HEAD^{tree}", on="2027-01-01")
    base.git("replace", base.head, fake)
    base.write({".git/info/grafts": f"{base.head}\n"})
    done = gate(base.folder, "--format", "json")
    assert (done.code, done.out) == (0, plain.out)
    assert done.err == "kbtool: warning[history]: refs/replace/* rewrite commits here; they are not followed\n"


def test_a21_a_missing_object(base, gate) -> None:
    """A hole in history is no shorter history: there is no verdict, but dates are still judged."""
    object_of(base, "HEAD~1").unlink()
    done = gate(base.folder, "--format", "json")
    assert (done.code, verdicts(done)) == (3, dict.fromkeys("ab", "unknown"))
    assert reason(done).startswith("git log failed (exit code 128): ")
    assert reason(done).endswith(f"({DAMAGED})")
    assert verdicts(gate(base.folder, "--format", "json", today="2026-12-01")) == dict.fromkeys("ab", "stale")


def test_a22_a_corrupt_index(base, gate) -> None:
    """Without its index nobody can tell what the work tree holds: no verdict, but what dates alone decide."""
    base.write({".git/index": b"garbage"})
    done = gate(base.folder, "--format", "json")
    assert (done.code, verdicts(done)) == (3, dict.fromkeys("ab", "unknown"))
    assert reason(done).startswith("git diff-files failed (exit code 128): .git/index: ")


def test_a23_a_stale_lock(base, gate) -> None:
    """A lock that somebody left does no harm to reading."""
    base.write({".git/index.lock": b"", ".git/HEAD.lock": b""})
    assert gate(base.folder).code == 0


def test_a24_alternates_that_are_gone(base, gate, tmp_path) -> None:
    """A clone whose objects were kept elsewhere, and are no more, has no verdict."""
    base.git("clone", "-q", "--shared", str(base.folder), str(tmp_path / "shared"))
    base.folder.rename(tmp_path / "gone")
    done = gate(tmp_path / "shared", "--format", "json")
    assert (done.code, verdicts(done)) == (3, dict.fromkeys("ab", "unknown"))
    assert reason(done).startswith(f"{tmp_path / 'shared'}: HEAD leads to no commit, though there are some")


@pytest.mark.parametrize("head", [b"ref: refs/he\n", b"ref: refs/heads/mai\n", b"0" * 40])
def test_a25_a_head_that_leads_nowhere(base, gate, head: bytes) -> None:
    """A torn or lost HEAD does not make the repository an empty one, in which nothing could have changed."""
    base.write({".git/HEAD": head})
    done = gate(base.folder, "--format", "json")
    assert (done.code, verdicts(done)) == (3, dict.fromkeys("ab", "unknown"))
    assert reason(done).startswith(f"{base.folder}: HEAD leads to no commit, though there are some (`git fsck` ")


@pytest.mark.parametrize("head", [b"", b"ref: ", b"\0" * 40])
def test_a25_a_torn_head(base, gate, head: bytes) -> None:
    """A repository that git does not know any more is a damaged one, not none."""
    base.write({".git/HEAD": head})
    done = gate(base.folder, "--format", "json")
    assert done.code == 3
    assert reason(done) == f"{base.folder}: the repository is damaged: git does not know it as one (run `git fsck` there, or clone it again)"


@pytest.mark.parametrize(("fails", "code"), [("once", 0), ("always", 3)])
def test_a26_objects_that_move(base, gate, fake_git, tmp_path, fails: str, code: int) -> None:
    """A history that cannot be read because git packs it just now is read once more, and then no more."""
    marker = tmp_path / "failed"
    ask = f'case "$*" in *--first-parent*) if [ {"! -e" if fails == "once" else "! -d"} {marker} ]; then touch {marker}; echo fatal: bad object >&2; exit 128; fi;; esac; real "$@"'
    done = gate(base.folder, "--format", "json", env=fake_git(ask))
    assert done.code == code
    assert marker.exists()
    if code:
        assert reason(done) == f"git log failed (exit code 128): bad object ({DAMAGED})"


def test_a26_a_git_that_dies_in_mid_stream(base, gate, fake_git) -> None:
    """Half of a history is an error, not a shorter history, however git came to its end."""
    for number, end in enumerate(("exit 1", "kill -9 $$", "exit 128")):
        env = fake_git(f'case "$*" in *--first-parent*) real "$@" | head -c 300; {end};; *) real "$@";; esac')
        done = gate(base.folder, "--format", "json", env=env)
        assert (done.code, verdicts(done)) == (3, dict.fromkeys("ab", "unknown")), end
        assert reason(done).startswith(f"git log failed ({'signal 9' if number == 1 else f'exit code {end[5:]}'})")
        shutil.rmtree(Path(env["PATH"].partition(":")[0]))


def test_a27_a_git_that_hangs(base, fake_git, monkeypatch) -> None:
    """A git that says nothing is ended, and its silence is the reason why there is no verdict."""
    monkeypatch.setattr(git_module, "SILENCE", 1)
    monkeypatch.setenv("PATH", fake_git(f'case "$*" in *--first-parent*) echo $$ > {base.folder}/pid; exec sleep 600;; *) real "$@";; esac')["PATH"])
    found = gather(load_config(base.folder), dt.date(2026, 2, 9), Cache(None)).reviews
    assert found.missing == {"": "git log has said nothing for 1 seconds (see whether the disk answers, then run again)"}
    with pytest.raises(ProcessLookupError):
        os.kill(int((base.folder / "pid").read_text()), 0)


@pytest.mark.parametrize("lang", ["de_DE.UTF-8", "C", "tr_TR.UTF-8"])
def test_a28_the_language_of_the_user(base, gate, lang: str) -> None:
    """Whatever language the user has set, git is asked in one, and its words decide nothing."""
    base.commit({"src/x.py": "new\n"}, on="2026-02-02", by="Ben", message="Größer")
    env = {"LANG": lang, "LC_ALL": lang, "LANGUAGE": "de"}
    assert gate(base.folder, "--format", "json", env=env).out == gate(base.folder, "--format", "json").out


@pytest.mark.parametrize("key", ['main_branch = "{}"', '[tool.kbtool.repositories.api]\npath = "."\nref = "{}"'])
@pytest.mark.parametrize("ref", ["--output=pwned", "-x", "a..b", "HEAD@{1}", "--exec=touch pwned"])
def test_a29_a_ref_that_looks_like_an_option(base, gate, key: str, ref: str) -> None:
    """A configured ref is a name or an error of the configuration; git never reads it as anything else."""
    base.write({"pyproject.toml": f"[tool.kbtool]\n{key.format(ref)}\n"})
    done = gate(base.folder)
    assert (done.code, done.out) == (2, "")
    assert f"{ref}' is no name of a branch, tag or commit" in done.err
    assert not (base.folder / "pwned").exists()


def test_a30_longer_ids(new_repo, page, seal, gate, tmp_path) -> None:
    """A repository whose ids have 64 digits is judged like any other."""
    repo = new_repo(tmp_path / "repo", object_format="sha256")
    repo.write({f"content/{name}.md": page(last_reviewed_on="2026-02-01", covers="src/x.py") for name in "ab"} | {"src/x.py": "1\n"})
    seal(repo, "a")
    repo.git("add", "-A")
    repo.commit(on="2026-02-01")
    assert verdicts(gate(repo.folder, "--format", "json")) == CLEAN
    repo.commit({"src/x.py": "2\n"}, on="2026-02-02")
    assert verdicts(gate(repo.folder, "--format", "json")) == dict.fromkeys("ab", "due")
    repo.commit({"content/b.md": None}, on="2026-02-03")
    assert verdicts(gate(repo.clone(tmp_path / "clone", depth=1).folder, "--format", "json")) == {"a": "stale"}


def test_a31_a_pointer_in_the_place_of_an_article(base, gate, kbtool, tmp_path) -> None:
    """A pointer of Git LFS is an error of its own, and in no edition."""
    base.commit({"content/big.md": f"version https://git-lfs.github.com/spec/v1\noid sha256:{'4d' * 32}\nsize 12345\n"})
    done = gate(base.folder, "--format", "json")
    assert [(one["code"], one["line"], one["message"]) for one in done.json()["findings"] if one["path"] == "content/big.md"] == [
        ("KB015", 1, "not an article but a Git LFS pointer")]
    assert (done.code, verdicts(done)["big"]) == (1, "unknown")
    evidence = gather(load_config(base.folder), dt.date(2026, 2, 9))
    shown = {article.source for article in evidence.articles for edition in evidence.editions.values() if edition.shows(article)}
    assert shown == {"a.md", "b.md"}
