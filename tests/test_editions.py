"""Editions: which articles a site shows, each article as its readers may see it, and the laws of that boundary."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from kbtool.articles import Article, load_article
from kbtool.config import load_config
from kbtool.editions import Edition, RedactionError, load_editions, redact, redact_text, select, withheld_texts

PUBLIC = Edition("public", frozenset({"public"}))
INTERNAL = Edition("internal", frozenset({"public", "internal"}))
HEAD = "---\naudience: public\n---\n"


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Article]:
    """Return a function that reads an article from its text."""
    folder = tmp_path_factory.mktemp("kb")
    (folder / "content").mkdir()
    (folder / "pyproject.toml").write_text('[tool.kbtool]\n[tool.kbtool.editions.partners]\naudiences = ["public", "partners"]\n')
    config = load_config(folder)

    def read_text(text: str) -> Article:
        (folder / "content/a.md").write_bytes(text.encode("utf-8", "surrogatepass"))
        return load_article(config, "a.md")

    return read_text


def public(read: Callable[[str], Article], body: str, edition: Edition = PUBLIC) -> str:
    """Return what an edition shows of a public article's body."""
    return redact(read(HEAD + body), edition)


# ---------------------------------------------------------------------------------------------- which articles


@pytest.mark.parametrize(
    ("front_matter", "in_public", "in_internal"),
    [
        ("audience: public", True, True),
        ("audience: internal", False, True),
        ("title: x", False, True),
        ("audience: partners", False, False),
        ("audience: ", False, False),
        ("audience: Public", False, False),
        ("audience: [public]", False, False),
        ("audience: public\naudience: public", False, False),
        ("audiense: public", False, False),
        ("audience: public\ntitle: [", False, False),
        ("audience: public\nconfidence: validated", True, True),
        ("audience: public\nconfidence: not-validated", False, True),
        ("audience: public\nconfidence: work-in-progress", False, True),
        ("audience: public\nconfidence: archived", True, True),
        ("audience: public\nconfidence: final", False, False),
        ("audience: public\ndraft: true", False, True),
        ("audience: public\ndraft: maybe", False, False),
        ("audience: public\nlast_reviewed_on: never", True, True),
    ],
)
def test_who_sees_an_article(read: Callable[[str], Article], front_matter: str, in_public: bool, in_internal: bool) -> None:
    """What is not said to be public and finished is not public; what cannot be read is in no edition."""
    found = read(f"---\n{front_matter}\n---\n\nText\n")
    assert (PUBLIC.shows(found), INTERNAL.shows(found)) == (in_public, in_internal)


def test_an_edition_may_show_what_is_not_validated(read: Callable[[str], Article]) -> None:
    """Only the configuration lets unvalidated articles out, and never those in progress."""
    edition = Edition("public", frozenset({"public"}), not_validated=True)
    assert edition.shows(read("---\naudience: public\nconfidence: not-validated\n---\n"))
    assert not edition.shows(read("---\naudience: public\nconfidence: work-in-progress\n---\n"))


def test_editions_come_from_the_configuration(tmp_path: Path) -> None:
    """The two usual editions are always there; what the configuration says of them is kept."""
    (tmp_path / "pyproject.toml").write_text(
        '[tool.kbtool.editions.public]\nnot_validated = true\n'
        '[tool.kbtool.editions.partners]\naudiences = ["public", "partners"]\nmkdocs = {site_name = "Partners"}\n'
    )
    found = load_editions(load_config(tmp_path))
    assert found == {
        "public": Edition("public", frozenset({"public"}), not_validated=True),
        "internal": Edition("internal", frozenset({"public", "internal"})),
        "partners": Edition("partners", frozenset({"public", "partners"}), mkdocs={"site_name": "Partners"}),
    }
    assert [name for name, edition in found.items() if edition.internal] == ["internal"]


# ---------------------------------------------------------------------------------------------- what of an article


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("a\n::: internal\nb\n:::\nc\n", "a\nc\n"),
        ("a\n\n::::: internal\nb\n:::\nc", "a\n\nc"),
        (":::internal\nb\n:::\n", ""),
        ("> a\n> ::: internal\n> b\n> :::\n> c\n", "> a\n> c\n"),
        ("- ::: internal\n  b\n  :::\n- c\n", "- c\n"),
        ("::: internal\nb\n::: public\nc\n:::\n:::\nd\n", "d\n"),
        ("::: public\na\n::: internal\nb\n:::\nc\n:::\n", "\na\nc\n\n"),
        ("```\n::: internal\nb\n:::\nc\n```\n", "```\nc\n```\n"),
        ("```\n\\::: internal\nb\n\\:::\n```\n", "```\n::: internal\nb\n:::\n```\n"),
        ("a\n\\:::\nb ::: c\n", "a\n:::\nb ::: c\n"),
        ("a\n    ::: internal\n    b\n    :::\n", "a\n"),
        ("a <!-- b --> c\n", "a  c\n"),
        ("a\n<!-- b -->\nc\n", "a\nc\n"),
        ("a\n<!-- b\nb\n-->\nc\n", "a\nc\n"),
        ("- a\n  <!-- b -->\n- c\n", "- a\n- c\n"),
        ("<!-- b -->", ""),
        ("`<!-- a -->` and\n```\n<!-- a -->\n```\n", "`<!-- a -->` and\n```\n<!-- a -->\n```\n"),
        ("```mermaid\n%%{init: {}}%%\n%% b\na\n  %%b\n```\n%% c\n", "```mermaid\n%%{init: {}}%%\na\n```\n%% c\n"),
        ("::: internal\n%% b\n:::\n~~~ { .mermaid }\n%% b\n~~~\n```tex\n%% a\n```\n", "~~~ { .mermaid }\n~~~\n```tex\n%% a\n```\n"),
        ("> ```Mermaid\n> a\n> %% b\n> ```\n", "> ```Mermaid\n> a\n> ```\n"),
        ("plain :: text\n", "plain :: text\n"),
    ],
)
def test_regions_and_comments_are_cut(read: Callable[[str], Article], body: str, expected: str) -> None:
    """A region goes from marker to marker, wherever it stands, and a comment goes with its line if it is alone there."""
    assert public(read, body) == expected


def test_a_region_that_is_shown_becomes_a_titled_block(read: Callable[[str], Article]) -> None:
    """Inside, readers see what is theirs alone; nested blocks have fewer slashes, so that the engine can tell them apart."""
    text = public(read, "a\n\n> ::: internal\n> b\n> ::: public\n> c\n> :::\n> :::\n", INTERNAL)
    assert "> ////////// admonition | Internal only\n>     type: kb-region\n" in text
    assert ":::" not in text
    assert text.count("//////////") == 2
    assert "Public only" not in text


def test_regions_in_an_article_of_their_own_audience_need_no_title(read: Callable[[str], Article]) -> None:
    """An internal region of an internal article is like the rest of it."""
    assert redact(read("---\naudience: internal\n---\n::: internal\nb\n:::\n"), INTERNAL) == "\nb\n\n"


@pytest.mark.parametrize(
    ("body", "line", "kind"),
    [
        ("a\n::: internal\nb\n", 5, "region-unbalanced"),
        ("a\n:::\n", 5, "region-unbalanced"),
        ("::: interna\nb\n:::\n", 4, "region-unbalanced"),
        ("::: internal b\nc\n:::\n", 4, "region-unbalanced"),
        ("::: internal\na\n::: internal\nb\n:::\n", 4, "region-unbalanced"),
        ("a\n<!-- b\n", 0, "comment-unclosed"),
    ],
)
@pytest.mark.parametrize("edition", [PUBLIC, INTERNAL], ids=["public", "internal"])
def test_what_does_not_close_is_in_no_edition(
    read: Callable[[str], Article], body: str, line: int, kind: str, edition: Edition
) -> None:
    """Where a region or comment ends is not guessed: the article stops the stage, with its place."""
    with pytest.raises(RedactionError) as caught:
        redact(read(HEAD + body), edition)
    assert (caught.value.kind, caught.value.exit_code) == (kind, 1)
    assert caught.value.where.startswith("content/a.md")
    if line:
        assert caught.value.where == f"content/a.md:{line}"


def test_what_was_cut_is_what_the_audit_looks_for(read: Callable[[str], Article]) -> None:
    """The texts that an edition may not show are named by file and line, the whole body where the article is hidden."""
    found = read(HEAD + "a\n::: internal\nb\n::: public\nc\n:::\n:::\nd\n")
    assert withheld_texts(found, PUBLIC) == {"content/a.md:5": "b\n::: public\nc\n:::"}
    assert withheld_texts(found, INTERNAL) == {}
    hidden = read("---\ntitle: x\n---\nall of it\n")
    assert withheld_texts(hidden, PUBLIC) == {"content/a.md:4": "all of it\n"}
    assert withheld_texts(hidden, INTERNAL) == {}


# ---------------------------------------------------------------------------------------------- laws

KEYS = st.sampled_from([
    "audience: public", "audience: internal", "audience: partners", "audience: pubic", "audience:", "audience: 'public'",
    "Audience: public", "audience : public", " audience: public", "\taudience: public", "audience: !x public", "audience: &a public",
    "audience: [public]", "{audience: public}", "audience: |\n  public", '"audience": public', "# audience: public", "audience: public # x",
    "title: x", "title: a: b", "title: [", "draft: true", "draft: false", "draft: x", "confidence: archived", "confidence: not-validated",
    "owners: [a]", "---", "...", "<<: {audience: public}", "known_issue:\n  audience: public", "tags:\n- audience: public", "?", "",
])
FRONT_MATTER = st.lists(KEYS | st.text(max_size=12), max_size=6).map("\n".join)


@given(block=FRONT_MATTER, opening=st.sampled_from(["---\n", "--- \n", "---\r\n", "\ufeff---\n", "----\n", "", "\n---\n", "+++\n"]))
def test_an_article_is_public_only_if_its_front_matter_says_so(read: Callable[[str], Article], block: str, opening: str) -> None:
    """Whatever stands at the top of a file, only a readable `audience: public`, said once, makes it public."""
    text = f"{opening}{block}\n---\n\nbody\n"
    if not PUBLIC.shows(read(text)):
        return
    plain = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    match = re.match(r"---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*$", plain, re.DOTALL | re.MULTILINE)
    assert match
    assert yaml.safe_load(match[1])["audience"].strip() == "public"
    assert [key.value for key, _ in yaml.compose(match[1]).value].count("audience") == 1


@given(blocks=st.lists(FRONT_MATTER, max_size=6), not_validated=st.booleans())
def test_the_public_edition_is_part_of_the_internal_one(read: Callable[[str], Article], blocks: list[str], not_validated: bool) -> None:
    """Nothing is outside that is not inside as well."""
    articles = [read(f"---\n{block}\n---\nbody {number}\n") for number, block in enumerate(blocks)]
    outside = select(articles, Edition("public", frozenset({"public"}), not_validated=not_validated))
    assert set(map(id, outside)) <= set(map(id, select(articles, INTERNAL)))


MARKERS = st.sampled_from([
    "::: internal", "::: internal", ":::", ":::", ":::", "::: public", "  ::: internal", "    :::", "\t::: internal", "> ::: internal", "> :::",
    "- ::: internal", "1. ::: internal", "> - ::: internal", ":::internal", "::::: internal", "::::::", "\\::: internal", "\\:::", "```", "~~~",
    "    ```", "> ```", "", "<div markdown>", "</div>", "!!! note", "| a | b |", "<!-- a comment -->",
])
LINES = st.lists(MARKERS | st.just("text"), max_size=30)
MARKER = re.compile(r"[\s>]*(?:(?:[-*+]|\d+[.)])\s[\s>]*)*:{3,}\s*(\w*)")


def audiences_of(lines: list[str]) -> list[bool]:
    """Return for each line whether it is inside an internal region: the rule of the manual, written down once more."""
    opened: list[str] = []
    inside = []
    for line in lines:
        inside.append("internal" in opened)
        match = MARKER.match(line)
        if match and match[1]:
            opened.append(match[1])
        elif match and opened:
            opened.pop()
    return inside


@given(lines=LINES)
def test_no_line_of_an_internal_region_is_public(read: Callable[[str], Article], lines: list[str]) -> None:
    """However regions, fences, lists and quotes are mixed, what is inside is cut, and what is outside stays."""
    numbered = [f"text{number}end" if line == "text" else line for number, line in enumerate(lines)]
    article = read(HEAD + "\n".join(numbered))
    try:
        shown = redact(article, PUBLIC)
    except RedactionError:
        return
    for line, inside in zip(numbered, audiences_of(numbered), strict=True):
        if line.startswith("text"):
            assert (line in shown) is not inside
            assert line in redact(article, INTERNAL)


def blocks(children: st.SearchStrategy[list[str]]) -> st.SearchStrategy[list[str]]:
    """Return documents that hold other documents: in regions, fences, quotes and lists, one after the other."""
    joined = st.lists(children, min_size=1, max_size=3).map(lambda parts: [line for part in parts for line in part])
    return (
        joined.map(lambda lines: ["::: internal", *lines, ":::"]) | joined.map(lambda lines: ["::: public", *lines, ":::"])
        | joined.map(lambda lines: ["", "```", *lines, "```", ""]) | joined.map(lambda lines: [f"> {line}" for line in lines])
        | joined.map(lambda lines: [f"    {line}" for line in lines]) | joined
    )


@given(lines=st.recursive(st.just(["text"]), blocks, max_leaves=12))
def test_documents_whose_regions_close_are_redacted_to_the_line(read: Callable[[str], Article], lines: list[str]) -> None:
    """Every document of paragraphs, nested regions, fences and quotes has a public version that lacks its internal lines alone."""
    numbered = [line.replace("text", f"text{number}end") for number, line in enumerate(lines)]
    shown = redact(read(HEAD + "\n".join(numbered)), PUBLIC)
    words = [re.search(r"text\d+end", line) for line in numbered]
    expected = [word[0] for word, inside in zip(words, audiences_of(numbered), strict=True) if word and not inside]
    assert re.findall(r"text\d+end", shown) == expected
    assert "internal" not in shown


# ---------------------------------------------------------------------------------------------- texts of the front matter


@pytest.mark.parametrize(
    ("text", "public", "internal"),
    [
        ("plain", "plain", "plain"),
        ("a ::: internal b", "a ::: internal b", "a ::: internal b"),
        ("a <!-- b --> c", "a  c", "a  c"),
        ("how `<!--` begins", "how `<!--` begins", "how `<!--` begins"),
        ("a\n::: internal\nb\n:::\nc", "a\nc", "a\nb\nc"),
        ("::: internal\nb\n:::", "", "b"),
        ("::: public\na\n::: internal\nb\n:::\n:::", "a", "a\nb"),
        ("a\n::: internal\n<!-- b -->\n:::", "a", "a\n"),
    ],
)
def test_texts_of_the_front_matter_are_cut_like_the_body(read: Callable[[str], Article], text: str, public: str, internal: str) -> None:
    """Regions for others and comments go; markers never stay."""
    article = read(HEAD)
    assert redact_text(text, article, PUBLIC).rstrip("\n") == public
    assert redact_text(text, article, INTERNAL).rstrip("\n") == internal.rstrip("\n")


@pytest.mark.parametrize(
    ("text", "message"),
    [("::: internal\nb", "never closed"), (":::", "never opened"), ("a <!-- b", "comment is never closed"), ("::: intrenal\nb\n:::", "unknown audience"),
     ("a [b]{class=internal}", "hides nothing"), ("a [b]{Internal}", "hides nothing")],
)
def test_a_text_of_the_front_matter_that_does_not_close_is_refused(read: Callable[[str], Article], text: str, message: str) -> None:
    """Nobody can say what of it may be shown."""
    with pytest.raises(RedactionError, match=message):
        redact_text(text, read(HEAD), PUBLIC)


def test_a_title_of_the_front_matter_is_cut(read: Callable[[str], Article]) -> None:
    """What is left is the title; if nothing is, the file's name."""
    text = "---\naudience: public\ntitle: |\n  ::: internal\n  Heron\n  :::{}\n---\n"
    assert PUBLIC.title(read(text.format("\n  Exports"))) == "Exports"
    assert PUBLIC.title(read(text.format(""))) == "a.md"
