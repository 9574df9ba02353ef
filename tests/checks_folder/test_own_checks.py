"""The checks that this project adds to its own knowledge base, in checks/."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kbtool.check import Check
from kbtool.config import load_config
from kbtool.registry import find_check
from kbtool.testing import check_article

CODES = ("OUR001", "OUR002")


def own_check(repository: Path, code: str) -> type[Check]:
    """Return a check of the repository's own by its code; skip where the checkout has none."""
    if not (repository / "checks").is_dir():
        pytest.skip("this checkout has no folder checks/: the tests run on an installed package")
    return find_check(code, load_config(repository))


@pytest.fixture
def command_unknown(repository: Path) -> type[Check]:
    """The check for commands that do not exist."""
    return own_check(repository, "OUR001")


@pytest.fixture
def description_missing(repository: Path) -> type[Check]:
    """The check for descriptions."""
    return own_check(repository, "OUR002")


@pytest.mark.parametrize("code", CODES)
def test_each_example_of_a_docstring_does_what_it_says(repository: Path, code: str) -> None:
    """The example under "Fires" has a finding, and the one under "Passes" has none."""
    check = own_check(repository, code)
    examples = dict(re.findall(r'```md title="(\w+)"\n(.*?)```', check.documentation(), re.DOTALL))
    assert {title: len(check_article(check(), text)) for title, text in examples.items()} == {"Fires": 1, "Passes": 0}


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("Run `kbtool biuld`.\n", 1, 13),
        ("---\ntitle: T\n---\n\nRun `kbtool -C docs biuld --strict`.\n", 5, 21),
        ("```bash\nkbtool biuld\n```\n", 2, 8),
        ("```bash\ncd docs && kbtool biuld\n```\n", 2, 19),
        ("~~~console\n$ kbtool biuld\n~~~\n", 2, 10),
        ("```yaml\n- run: kbtool biuld --strict\n```\n", 2, 15),
        ("```yaml\nscript:\n  - kbtool biuld\n```\n", 3, 12),
        ("```text\nkbtool biuld\n```\n\n```sh\nkbtool biuld\n```\n", 6, 8),
    ],
)
def test_a_command_that_does_not_exist_is_found_where_it_stands(
    command_unknown: type[Check], text: str, line: int, column: int
) -> None:
    """An unknown command in inline code or a shell's code block has one finding, at its word, with the nearest command."""
    found = check_article(command_unknown(), text)
    assert [(f.code, f.line, f.column, f.message, f.hint) for f in found] == [
        ("OUR001", line, column, "kbtool has no command 'biuld'", 'did you mean "build"?')
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Run `kbtool build --edition public`, then `kbtool --version`.\n",
        "The module `kbtool.config`, the file `kbtool/config.py` and the group `kbtool.checks` are no commands.\n",
        "Here kbtool turns a folder into two sites.\n",
        "```text\nkbtool biuld\n```\n",
        "```python\nprint('kbtool biuld')\n```\n",
        "```console\n$ kbtool build\nkbtool: error[usage]: kbtool has no time\n```\n",
    ],
)
def test_what_is_no_command_is_left_alone(command_unknown: type[Check], text: str) -> None:
    """Known commands, options, modules, prose and code in other languages have no finding."""
    assert check_article(command_unknown(), text) == []


def test_a_word_that_is_allowed_has_no_finding(command_unknown: type[Check]) -> None:
    """The option `allow` silences exactly the words that it lists."""
    text = "Either `kbtool wiki` or `kbtool biuld`.\n"
    assert [finding.subject for finding in check_article(command_unknown(allow=("wiki",)), text)] == ["biuld"]


@pytest.mark.parametrize(
    ("front_matter", "messages"),
    [
        ("audience: public\ndescription: How to export invoices.\n", []),
        ("audience: public\n", ["a public article needs a description"]),
        ("audience: public\ndescription: ' '\n", ["a public article needs a description"]),
        (f"audience: public\ndescription: {'x' * 160}\n", []),
        (f"audience: public\ndescription: {'x' * 162}\n", ["the description has 162 characters, 2 too many"]),
        ("audience: internal\n", []),
        ("", []),
        ("audience: public\ndescription: [a, list]\n", []),
    ],
)
def test_public_articles_need_a_description_of_the_right_length(
    description_missing: type[Check], front_matter: str, messages: list[str]
) -> None:
    """A public article without a description, or with a long one, has a finding; others, and unreadable ones, have none."""
    text = f"---\ntitle: T\n{front_matter}---\n"
    found = check_article(description_missing(), text)
    assert [finding.message for finding in found] == messages


def test_a_long_description_is_marked_at_its_key(description_missing: type[Check]) -> None:
    """The finding stands at the line of `description`, with the length in its evidence."""
    (found,) = check_article(description_missing(longest=5), "---\naudience: public\ndescription: too long\n---\n")
    assert (found.line, found.column, dict(found.evidence)) == (3, 1, {"characters": 8, "longest": 5})
