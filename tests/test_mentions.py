"""What an article names, looked up in a tree."""

from __future__ import annotations

import pytest

from kbtool.mentions import PathIndex, mentions
from kbtool.testing import article

TREE = (
    "README.md", "Makefile", "pyproject.toml", "src/app.py", "src/billing/export.py", "src/billing/tax.py", "src/web/export.py", "src/my-tool/main.py",
    "web/app/[id]/page.tsx", "tests/test_app.py", *(f"pkg{number}/mod.rs" for number in range(6)), "img/a.png", "docs guide/x.py",
)


def found(text: str, folder: str = "content") -> list[tuple[int, tuple[str, ...], bool]]:
    """Return line, paths and wholeness of what an article with this text names."""
    page = article(f"---\ntitle: A page\n---\n{text}\n")
    return [(one.name.line, one.paths, one.whole) for one in mentions(page, PathIndex(TREE), folder)]


@pytest.mark.parametrize(("text", "paths", "whole"), [
    ("`src/app.py`", ["src/app.py"], True),
    ("`./src/app.py`", ["src/app.py"], True),
    ("`/src/app.py`", ["src/app.py"], True),
    ("``src/app.py``", ["src/app.py"], True),
    ("`src/app.py:12`", ["src/app.py"], True),
    ("`src/app.py#L12-L20`", ["src/app.py"], True),
    ("`src/app.py`.", ["src/app.py"], True),
    ("`src/billing/`", ["src/billing/"], True),
    ("`src/billing`", ["src/billing/"], True),
    ("`web/app/[id]/page.tsx`", ["web/app/[id]/page.tsx"], True),
    ("`README.md`", ["README.md"], False),
    ("`Makefile`", ["Makefile"], False),
    ("`app.py`", ["src/app.py"], False),
    ("`billing/tax.py`", ["src/billing/tax.py"], False),
    ("`tax.py`", ["src/billing/tax.py"], False),
    ("`export.py`", ["src/billing/export.py", "src/web/export.py"], False),
    ("`my-tool`", ["src/my-tool/"], False),
    ("`src/`", ["src/"], False),
    ("[code](../src/app.py)", ["src/app.py"], True),
    ("[code](../src/app.py#L3)", ["src/app.py"], True),
    ("[code](<../src/app.py>)", ["src/app.py"], True),
    ("[code](../docs%20guide/x.py)", [], True),
    ("[code](src/app.py)", ["src/app.py"], True),
    ("[code](https://github.com/acme/shop/blob/main/src/app.py#L3)", ["src/app.py"], True),
    ("[code](https://gitlab.com/acme/sub/shop/-/tree/main/src/billing)", ["src/billing/"], True),
    ("[code](https://codeberg.org/acme/shop/src/branch/main/src/app.py)", ["src/app.py"], True),
    ("<https://github.com/acme/shop/blob/v1.2/src/app.py>", ["src/app.py"], True),
    ("[code]: ../src/app.py", ["src/app.py"], True),
    ('<a href="../src/app.py">code</a>', ["src/app.py"], True),
    ('--8<-- "src/app.py"', ["src/app.py"], True),
])
def test_names(text: str, paths: list[str], whole: bool) -> None:
    """Backticks, links of all kinds and includes name files and folders: whole paths, ends of paths, bare file names."""
    assert found(f"See {text}" if text[0] not in "[-<" else text) == ([(4, tuple(paths), whole)] if paths else [])


@pytest.mark.parametrize("text", [
    "src/app.py", "`app`", "`billing`", "`src`", "`nope.py`", "`src/nope.py`", "`mod.rs`", "`kbtool check`", "`--my-tool`", "`a / b`", "``",
    "```\n`src/app.py`\nsrc/app.py\n```", "[x](https://example.com/src/app.py)", "[x](#src/app.py)", "[x](app.py)", "[x](mailto:a@b.c)",
    "[x](../../../src/app.py)", "`https://x/blob/main/src/app.py`", "`*`", "`src/*.py`", "`" + "a" * 5000 + "`",
])
def test_what_names_nothing(text: str) -> None:
    """Prose, words that are no path, examples in code blocks, other sites, and names that too many files share name nothing."""
    assert found(text) == []


def test_lines_and_folders() -> None:
    """Lines are those of the file, and relative links start at the folder of the article."""
    assert found("One.\n\n`src/app.py` and `tax.py`\n") == [(6, ("src/app.py",), True), (6, ("src/billing/tax.py",), False)]
    assert found("[x](../../src/app.py)", "content/deep") == [(4, ("src/app.py",), True)]
    assert found("[x](app.py)", "src") == [(4, ("src/app.py",), False)]


def test_folders_of_a_tree() -> None:
    """Each folder is known once, with a slash at its end."""
    assert PathIndex(["a/b/c.py", "a/d.py", "e"]).folders == {"a/", "a/b/"}
