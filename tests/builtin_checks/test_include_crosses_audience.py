"""KB403 include-crosses-audience."""

from __future__ import annotations

import pytest

from kbtool.builtin_checks.include_crosses_audience import IncludeCrossesAudience
from kbtool.testing import check_files, in_words

HINT = "put it into a region, or publish what it includes"
PUBLIC = "---\naudience: public\n---\n"  # the text below starts on line 4
FILES = {
    "content/internal.md": "x\n", "content/public.md": f"{PUBLIC}x\n", "content/draft.md": "---\naudience: public\ndraft: true\n---\n",
    "content/unreadable.md": "---\naudience: publik\n---\n", "content/sub/deep.md": "x",
}
FIRES = {
    "a line": ('--8<-- "internal.md"', "4:9", "public edition shows", "internal.md"),
    "lines of it": ('--8<-- "internal.md:1:2"', "4:9", "public edition shows", "internal.md"),
    "a section": ('--8<-- "internal.md:a"', "4:9", "public edition shows", "internal.md"),
    "between bars": ("--8<--\npublic.md\ninternal.md\n--8<--", "6:1", "public edition shows", "internal.md"),
    "in a list": ('- a\n\n    --8<-- "sub/deep.md"', "6:13", "public edition shows", "sub/deep.md"),
    "in code": ('```\n--8<-- "internal.md"\n```', "5:9", "public edition shows", "internal.md"),
    "in a public region": ('::: public\n--8<-- "internal.md"\n:::', "5:9", "public edition shows", "internal.md"),
    "unfinished": ('--8<-- "draft.md"', "4:9", "public edition shows", "draft.md"),
    "unreadable": ('--8<-- "unreadable.md"', "4:9", "public and internal editions show", "unreadable.md"),
}


@pytest.mark.parametrize(("text", "place", "who", "path"), FIRES.values(), ids=FIRES)
def test_fires(text: str, place: str, who: str, path: str) -> None:
    """An include that an edition shows but cannot bring is an error that names the edition and the article."""
    assert in_words(check_files(IncludeCrossesAudience(), {**FILES, "content/a.md": f"{PUBLIC}{text}\n"})) == [
        f"content/a.md:{place} KB403 error: the {who} this include but not content/{path} ({HINT})",
    ]


CLEAN = {
    "public": PUBLIC + '--8<-- "public.md"',
    "in a region": PUBLIC + '::: internal\n--8<-- "internal.md"\n:::',
    "escaped": PUBLIC + ';--8<-- "internal.md"',
    "missing": PUBLIC + '--8<-- "gone.md"',
    "internal page": '--8<-- "internal.md"\n--8<-- "draft.md"',
    "in the middle of a line": PUBLIC + 'a --8<-- "internal.md"',
}


@pytest.mark.parametrize("text", CLEAN.values(), ids=CLEAN)
def test_clean(text: str) -> None:
    """What its readers may see may be included, and a region may include what its own readers see."""
    assert check_files(IncludeCrossesAudience(), {**FILES, "content/a.md": text}) == []


def test_audiences_of_the_configuration() -> None:
    """Every edition counts: what partners may see is brought for them and for nobody else."""
    config = (
        '[tool.kbtool.editions.partner]\naudiences = ["public", "partner"]\n'
        '[tool.kbtool.editions.internal]\naudiences = ["public", "partner", "internal"]'
    )
    files = {
        "content/p.md": "---\naudience: partner\n---\nx", "content/a.md": PUBLIC + '::: partner\n--8<-- "p.md"\n--8<-- "internal.md"\n:::\n--8<-- "p.md"\n',
    }
    found = check_files(IncludeCrossesAudience(), {**FILES, **files}, config=config)
    assert [(one.line, one.message) for one in found] == [
        (6, "the partner edition shows this include but not content/internal.md"), (8, "the public edition shows this include but not content/p.md"),
    ]
