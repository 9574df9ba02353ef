"""KB404 audience-widened."""

from __future__ import annotations

from pathlib import Path

import pytest

from kbtool.approve import plan
from kbtool.builtin_checks.audience_widened import AudienceWidened
from kbtool.config import load_config
from kbtool.evidence import gather
from kbtool.finding import Severity
from kbtool.runner import run
from kbtool.testing import TODAY, in_words, knowledge_base

PUBLIC = "---\naudience: public\n---\n"  # the text below starts on line 4
REGION = "::: internal\nThe code is under the mat.\n:::\n"
FILES = {"content/in.md": "Inside.\n\n![](plan.png)\n", "content/a.md": f"{PUBLIC}Shown.\n\n{REGION}", "content/plan.png": "x", "content/b.md": PUBLIC}
PARTNERS = '[tool.kbtool.editions.partners]\naudiences = ["public", "partners"]\n'
MAY = "if they may, else"
UP_TO_DATE = "(run `kbtool audience approve`, so that somebody is asked when it"


def found(folder: Path, after: dict[str, str | None], config: str = "", check: AudienceWidened | None = None) -> list[str]:
    """Return what is found after everything was approved, and files were changed or removed (None)."""
    plan(knowledge_base(folder, FILES), lambda _: True).write()
    return again(folder, after, config, check)


def again(folder: Path, after: dict[str, str | None], config: str = "", check: AudienceWidened | None = None) -> list[str]:
    """Return what is found after files were changed."""
    for name, text in after.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).unlink(missing_ok=True)
        if text is not None:
            (folder / name).write_text(text)
    if config:
        (folder / "pyproject.toml").write_text(f"[tool.kbtool]\n{config}\n")
    done = run(gather(load_config(folder), TODAY, git=False), [check or AudienceWidened()])
    assert not done.skipped
    return in_words(done.findings)


def test_all_kinds(tmp_path: Path) -> None:
    """An article, words of a region and an asset each have a finding that names the place, the readers and the command."""
    assert found(tmp_path, {
        "content/in.md": "---\ntitle: x\naudience: public\n---\nInside.\n\n![](plan.png)\n", "content/a.md": f"{PUBLIC}Shown.\n\nThe code is under the mat.\n",
    }) == [
        ("content/a.md:6:1 KB404 error: readers of the public edition see what a region kept from them: 'The code is under the mat.' "
         f"(run `kbtool audience approve content/a.md` {MAY} put the region back)"),
        ("content/in.md:3:1 KB404 error: readers of the public edition see this article, and nobody has approved that "
         f"(run `kbtool audience approve content/in.md` {MAY} make its audience narrower)"),
        ("content/plan.png:1:1 KB404 error: readers of the public edition see this file in content/in.md; it was for others "
         f"(run `kbtool audience approve content/plan.png` {MAY} make its audience narrower)"),
    ]


NOTHING = {
    "no change": {},
    "public text": {"content/a.md": f"{PUBLIC}Other words.\n\n{REGION}\nMore.\n"},
    "a region that moves": {"content/a.md": f"{PUBLIC}{REGION}\n\nShown.\n"},
    "a region that goes with its words": {"content/a.md": f"{PUBLIC}Shown.\n"},
    "front matter": {"content/a.md": f"{PUBLIC.replace('---', '---' + chr(10) + 'title: T', 1)}Shown.\n\n{REGION}"},
    "a new internal article": {"content/new.md": "x\n"},
    "a new asset": {"content/new.png": "x", "content/b.md": f"{PUBLIC}![](new.png)"},
    "an asset that nothing inside uses": {"content/new.png": "x", "content/b.md": f"{PUBLIC}![](new.png)", "content/in.md": None},
    "an article that is not finished": {"content/new.md": "---\naudience: public\nconfidence: work-in-progress\n---\n"},
    "an unreadable article": {"content/a.md": "---\naudience: publik\n---\n"},
    "an unbalanced region": {"content/a.md": f"{PUBLIC}::: internal\nShown.\n"},
}


@pytest.mark.parametrize("after", NOTHING.values(), ids=NOTHING)
def test_passes(tmp_path: Path, after: dict[str, str | None]) -> None:
    """What shows nobody more needs nobody, and no line of the list."""
    assert found(tmp_path, after) == []


FIRES = {
    "a new public article": ({"content/new.md": PUBLIC}, "content/new.md:2:1 KB404 error: readers of the public edition see this article"),
    "a moved article": ({"content/b.md": None, "content/c.md": PUBLIC}, "content/c.md:2:1 KB404 error: readers of the public edition see this article"),
    "an asset of a region": ({"content/b.md": f"{PUBLIC}![](plan.png)"}, "content/plan.png:1:1 KB404 error: readers of the public edition see this file in content/b.md"),
    "a logo": ({"mkdocs.yml": "site_name: x\ntheme: {name: material, logo: plan.png}\n"}, "content/plan.png:1:1 KB404 error: readers of the public edition see this file in mkdocs.yml"),
    "a new asset for both": (
        {"content/new.png": "x", "content/b.md": f"{PUBLIC}![](new.png)", "content/in.md": "![](new.png)"},
        "content/new.png:1:1 KB404 error: readers of the public edition see this file in content/b.md",
    ),
}


@pytest.mark.parametrize(("after", "first"), FIRES.values(), ids=FIRES)
def test_fires(tmp_path: Path, after: dict[str, str | None], first: str) -> None:
    """Whatever the list does not have is asked about, new or not: without history nobody can tell the two apart."""
    assert next(line for line in found(tmp_path, after) if " error: " in line).startswith(first)
    plan(gather(load_config(tmp_path), TODAY, git=False), lambda _: True).write()
    assert again(tmp_path, {}) == []


def test_narrower_is_a_warning_until_the_list_knows(tmp_path: Path) -> None:
    """An article that is not shown any more, and a region that the list does not know, fail nothing and are said."""
    assert found(tmp_path, {"content/b.md": None, "content/a.md": f"{PUBLIC}Shown.\n\n{REGION}\n::: internal\nNew words of ours.\n:::\n"}) == [
        f"checks/public.lock:4:1 KB404 warning: content/b.md is not in the public edition any more {UP_TO_DATE} comes back)",
        f"content/a.md:10:1 KB404 warning: checks/public.lock does not know this region of the public edition {UP_TO_DATE} goes)",
    ]
    approval = plan(gather(load_config(tmp_path), TODAY, git=False), lambda _: False)
    assert (approval.widened, approval.changes) == ((), True)
    approval.write()
    assert again(tmp_path, {}) == []
    assert again(tmp_path, {"content/a.md": f"{PUBLIC}Shown.\n\n{REGION}\nNew words of ours.\n"})[0].startswith("content/a.md:10:1 KB404 error")


def test_editions(tmp_path: Path) -> None:
    """A further edition asks for itself; one that turns internal shows everything, and is said to."""
    lines = found(tmp_path, {}, PARTNERS)
    assert [line.partition(" see")[0] for line in lines] == [
        f"content/{name}.md:2:1 KB404 error: readers of the partners edition" for name in ("a", "b")]
    assert found(tmp_path, {}, '[tool.kbtool.editions.public]\naudiences = ["public", "internal"]\n')[-1] == (
        "pyproject.toml:1:1 KB404 error: the public edition shows what is internal, and was for readers outside "
        "(take `internal` out of its audiences, or run `kbtool audience approve --all`)"
    )
    plan(gather(load_config(tmp_path), TODAY, git=False), lambda _: False).write()  # who approves nothing does not approve this
    assert "was for readers outside" in again(tmp_path, {})[-1]
    plan(gather(load_config(tmp_path), TODAY, git=False), lambda _: True).write()
    assert not any("was for readers outside" in line for line in again(tmp_path, {}))


def test_without_a_list(tmp_path: Path) -> None:
    """Nothing is compared, unless `required` says that the list must be there; an empty list is one."""
    knowledge_base(tmp_path, FILES)
    assert again(tmp_path, {}) == []
    assert again(tmp_path, {}, check=AudienceWidened(required=True)) == [
        "checks/public.lock:1:1 KB404 error: there is no list of what readers outside may see (put it back, or run `kbtool audience approve --all`)",
    ]
    assert len(again(tmp_path, {"checks/public.lock": ""})) == 2


def test_long_words_are_cut(tmp_path: Path) -> None:
    """A message has the beginning of what came out of a region."""
    words = "word " * 40
    knowledge_base(tmp_path, {})
    (tmp_path / "content/a.md").write_text(f"{PUBLIC}::: internal\n{words}\n:::\n")
    plan(gather(load_config(tmp_path), TODAY, git=False), lambda _: True).write()
    (message,) = again(tmp_path, {"content/a.md": f"{PUBLIC}{words}\n"})
    assert f"'{words[:59]}…'" in message


def test_severity() -> None:
    """It is an error, and of the family that withholds every site."""
    assert (AudienceWidened.code, AudienceWidened.severity) == ("KB404", Severity.ERROR)
