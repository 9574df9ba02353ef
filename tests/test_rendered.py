"""What is kept of rendered articles: whole, or not at all."""

import threading
from pathlib import Path

import pytest

from kbtool.rendered import Page, Record, Store, digest, named_environment, read_record, write_record

VALUES = {"content": "<p>Größe \u2028 \U0001f600</p>", "toc": [], "links": {"a.md": None, "b.md": "b/ 1"}}


def test_an_entry_comes_back_as_it_went(tmp_path: Path) -> None:
    """All of JSON, under its key and no other."""
    store = Store(tmp_path / "rendered")
    store.put(digest("a"), VALUES)
    assert store.get(digest("a")) == VALUES
    assert store.get(digest("b")) is None


@pytest.mark.parametrize("damage", [
    lambda data: data[:-1], lambda data: data[1:], lambda _: b"", lambda data: data.replace(b"links", b"l1nks"), lambda data: data + b" ",
    lambda data: data.partition(b"\n")[2], lambda _: b"\xff\xfe\n{}",
], ids=["cut", "beheaded", "empty", "altered", "longer", "without its digest", "binary"])
def test_a_damaged_entry_is_none(damage: object, tmp_path: Path) -> None:
    """It is rendered anew and takes the place of what was there."""
    store, key = Store(tmp_path), digest("a")
    store.put(key, VALUES)
    (path,) = tmp_path.glob("??/*")
    path.write_bytes(damage(path.read_bytes()))
    assert store.get(key) is None
    store.put(key, VALUES)
    assert store.get(key) == VALUES


def test_an_entry_under_another_key_is_none(tmp_path: Path) -> None:
    """A file that was moved is no entry of its new name."""
    store = Store(tmp_path)
    store.put(digest("a"), VALUES)
    (path,) = tmp_path.glob("??/*")
    other = digest("b")
    (tmp_path / other[:2]).mkdir(exist_ok=True)
    path.rename(tmp_path / other[:2] / other[2:])
    assert store.get(other) is None


def test_a_folder_that_cannot_be_written_keeps_nothing(tmp_path: Path) -> None:
    """That costs time, and nothing else."""
    (tmp_path / "file").write_text("in the way")
    store = Store(tmp_path / "file")
    store.put(digest("a"), VALUES)
    assert store.get(digest("a")) is None


def test_nothing_is_written_through_a_symlink(tmp_path: Path) -> None:
    """Whoever puts one in the place of an entry gains nothing by it: what it leads to stays, and nothing is kept."""
    store, key, other = Store(tmp_path / "rendered"), digest("a"), tmp_path / "other"
    other.write_text("mine")
    store.put(key, VALUES)
    (path,) = (tmp_path / "rendered").glob("??/*")
    path.unlink()
    path.symlink_to(other)
    store.put(key, VALUES)
    assert other.read_text() == "mine"
    assert store.get(key) is None


def test_what_no_site_shows_is_dropped(tmp_path: Path) -> None:
    """Only the entries that are named stay."""
    store = Store(tmp_path)
    for name in "abc":
        store.put(digest(name), VALUES)
    store.keep_only({digest("b"), digest("d")})
    assert [name for name in "abcd" if store.get(digest(name))] == ["b"]


def test_only_one_renders_at_a_time(tmp_path: Path) -> None:
    """Whoever comes second waits, and finds what the first has rendered."""
    store, found, holds = Store(tmp_path), [], threading.Event()

    def second() -> None:
        holds.wait()
        with Store(tmp_path).alone():
            found.append(store.get(digest("a")))

    thread = threading.Thread(target=second)
    thread.start()
    with store.alone():
        holds.set()
        store.put(digest("a"), VALUES)
    thread.join()
    assert found == [VALUES]


def test_digests_tell_parts_apart() -> None:
    """Where one part ends counts, and text and bytes are the same."""
    assert digest("ab", "c") != digest("a", "bc")
    assert digest("ab") == digest(b"ab")
    assert digest("\ud800") != digest("?")


def test_a_record_comes_back_as_it_went(tmp_path: Path) -> None:
    """Page by page, and with its navigation; of one that is not there, nothing."""
    record = Record({"a/index.html": Page("k", "f", {"b.md": None}, "e")}, "shape", {"a/index.html": "n"})
    write_record(tmp_path / "pages.json", record)
    assert read_record(tmp_path / "pages.json") == record
    assert read_record(tmp_path / "none.json") == Record()


@pytest.mark.parametrize(
    ("config", "found"),
    [("repo_url: !ENV KB_ONE", ["KB_ONE=1"]), ("a: KB_ONE_MORE", []), ("a: !ENV [KB_TWO, KB_ONE]", ["KB_ONE=1", "KB_TWO=2"]), ("a_b: _", [])],
)
def test_variables_that_a_configuration_names(config: str, found: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole names alone, and not the one that every shell sets anew."""
    for name, value in (("KB_ONE", "1"), ("KB_TWO", "2"), ("_", "/bin/make"), ("KB", "3")):
        monkeypatch.setenv(name, value)
    assert [*named_environment(config)] == found
