"""What somebody took for a mark of a part for others, and comments that only browsers take for one."""

from __future__ import annotations

from pathlib import Path

import pytest

from kbtool.editions import RedactionError, redact
from kbtool.marks import read_marks
from kbtool.testing import knowledge_base

AUDIENCES = frozenset({"public", "internal", "partner"})
NEAR = {
    "two colons": ":: internal\nx\n::",
    "colons apart": ": : : internal\nx\n: : :",
    "semicolons": ";;; internal\nx\n;;;",
    "what looks like colons": "\ufe55\ufe55\ufe55 internal\nx\n\ufe55\ufe55\ufe55",
    "other signs that look like colons": "\u2236\u2236\u2236 internal\nx\n\u2236\u2236\u2236",
    "what nobody sees between colons": "::\u200b: internal\nx\n::\u200b:",
    "what nobody sees in braces": "[x]{\u200b.internal}",
    "braces over two lines": "a [x]{\n.internal } b",
    "slashes": "/// internal\nx\n///",
    "an admonition": "!!! internal\n    x",
    "a class of an admonition": '!!! note internal "A"\n\n    x',
    "details": "???+ internal\n    x",
    "another audience": "!!! partner\n    x",
    "other case": "!!! Internal\n    x",
    "in an admonition": "!!! note\n\n    ??? internal\n        x",
    "in a list": "- a\n- !!! internal\n      x",
    "a tab without quotes": "=== internal\n    x",
    "an alert": "> [!INTERNAL]\n> x",
    "another program's directive": ".. only:: internal\n\n   x",
    "a fence": "```internal\nx\n```",
    "a directive as a fence": "```{internal}\nx\n```",
    "comments": "<!-- internal -->\nx\n<!-- /internal -->",
    "comments with words": "<!-- BEGIN INTERNAL -->\nx\n<!-- END INTERNAL -->",
    "an element": "<internal>x</internal>",
    "a class of HTML": '<div class="internal" markdown>\nx\n</div>',
    "a tag of templates": "{% internal %}x{% endinternal %}",
    "a shortcode": "{{< internal >}}x{{< /internal >}}",
    "a tag of forums": "[internal]x[/internal]",
    "a class by name": "[x]{class=internal}",
    "a quoted class": '[x]{class="a internal"}',
    "a class of a heading": "# A {class=internal}",
    "a class of a paragraph": 'x\n{: class="internal" }',
    "a word of other case": "[x]{Internal}",
    "wide braces": "[x]\uff5b.internal\uff5d",
    "a wide dot": "[x]{\uff0einternal}",
    "a sign of anchors": "[x]{#internal}",
    "a word with what it means": "!!! internal-only\n    x",
    "a note of that name": '??? internal_note "A"\n    x',
    "a title that says only": '!!! note "Internal only"\n    x',
    "a tab that says only": '=== "For internal use only"\n    x',
    "one of several classes": '<div class="grid cards internal" markdown>\nx\n</div>',
    "the first of several classes": "<details class='internal-only x'>x</details>",
    "another attribute": "<div data-visibility=internal markdown>\nx\n</div>",
    "a condition": "{% if internal %}\nx\n{% endif %}",
    "a condition with a name": '{%- elif audience == "internal" -%}\nx\n{% endif %}',
    "a condition of versions": "{% ifversion internal %}\nx\n{% endif %}",
    "a condition of other templates": "{{#if internal}}\nx\n{{/if}}",
    "a macro": '{{ internal("x") }}',
    "a tag in braces": "{internal}x{/internal}",
    "an option of a directive": "```{only} internal\nx\n```",
    "a condition of AsciiDoc": "ifdef::internal[]\nx\nendif::[]",
    "comments of a folding editor": "<!-- #region internal -->\nx\n<!-- #endregion -->",
    "comments with a condition": "<!-- if internal -->\nx\n<!-- endif -->",
    "comments that name what they say": "<!-- audience: internal -->\nx\n<!-- audience: public -->",
    "comments with more words": "<!-- start of internal notes -->\nx\n<!-- end of internal notes -->",
    "comments with a word": "<!-- INTERNAL-ONLY -->\nx\n<!-- /INTERNAL-ONLY -->",
}
FINE = {
    "a definition": "Internal\n:   internal",
    "prose": "The internal API: internal.\n\n- internal\n- [internal] and [internal](a.md)\n\n# Internal\n\n**internal**",
    "colons in a sentence": "## A :: internal\n\na :: internal b",
    "code": "```\n!!! internal\n:: internal\n```\n\n`:: internal` and `[x]{class=internal}`",
    "indented code": "a\n\n    !!! internal\n    x\n\n    <?php x ?>",
    "titles": '!!! note "Internal"\n    x\n\n=== "Internal"\n    x',
    "comments that say more": "<!-- the internal API -->\n<!-- internal: ask Ana -->",
    "in a region for the same": "::: internal\n!!! internal\n    x\n:::",
    "longer words": '<internal-lb> <div class="internal-x"> {class=internal-x}',
    "classes of other programs": '<a class="reference internal">x</a>',
    "classes of other things": '<div class="x internal-lb y"> <p title="for internal use">x</p>',
    "conditions on others": '{% if page.internal_links %} {{ x.internal }} {% if "internal-x" in y %} {% for a in internals %}',
    "titles that say more": '!!! note "Internal links only in English"\n    x',
    "comments with other words": "<!-- internal links start -->\n<!-- not for internal links -->",
    "comments that are definitions": "[//]: # (a (b) c)\n[comment]: <> (a)\n- b\n    [//]: # 'a'\r\n[_]: # \"a\"\n[//]: #\n[1]: #b\n[^2]: # c\n*[d]: # e",
    "an address": "<https://internal.example.com> <internal.example.com>",
    "public": "!!! public\n    x\n\n<!-- public -->",
    "code of PHP": "```php\n<?php x ?>\n```\n\n`<?php`, `<!DOCTYPE html>` and `<![CDATA[`",
    "comments of other programs in code": "`{/* a */}` and `{{! a }}`\n\n```\n{% comment %}\n%% a b %%\n```",
    "signs of percent": "100%% of a, %%b%% and 5 %% c; {{ !a }} {{!}} {% commented %} {{a}}",
    "signs": "a </3 b <- c, d <? e, <br/></p>",
    "conditional comments": "<!--[if IE]><!-- x --><![endif]-->\n\n<!--[if IE]> x <![endif]-->",
}
BOGUS = {
    "an instruction": ("a\n<?php x ?>", 2, "<?php"),
    "within a line": ("a <?x\ny ?> b", 1, "<?x"),
    "without an end": ("<div>\n<?php x\n</div>", 2, "<?php"),
    "with a space": ("- a <? x ?>", 1, "<?"),
    "characters": ("<![CDATA[ x ]]>", 1, "<![CDATA["),
    "a declaration": ("<!DOCTYPE x>", 1, "<!DOCTYPE"),
    "a declaration in HTML": ("<div>\n<!x y>\n</div>", 2, "<!x"),
    "one dash": ("<!- x ->", 1, "<!-"),
    "an end of nothing": ("<div>\n</ x>\n</div>", 2, "</"),
    "indented in a list": ("- a\n\n    <?x ?>", 3, "<?x"),
    "indented in HTML": ("<div>\n\na\n\n    <?x ?>\n</div>", 5, "<?x"),
    "indented behind what may be cut": ("- a\n\n[b]{.internal}\n\n    <?x ?>", 5, "<?x"),
    "indented behind a region": ("- a\n\n::: internal\n\nb\n\n:::\n\n    <?x ?>", 9, "<?x"),
    "going on from a line": ("a\n    <?x ?>", 2, "<?x"),
    "in HTML with backticks": ("<p>`<?x ?>`</p>", 1, "<?x"),
}


DEFINITIONS = {
    "over two lines": ("a\n\n[//]: # (b\nc)", 3),
    "quoted over two lines": ('[comment]: # "b\nc"', 1),
    "without brackets": ("- a\n\n    [//]: # b c", 3),
    "with words behind": ("> [//]: <> (b) c", 1),
    "with a name of its own": ("[Ask Ana, please]: # (b\nc)", 1),
    "without a name": ("[]: # b\r\n", 1),
}


def problems(text: str) -> list[tuple[int, str]]:
    """Return what is wrong with a body."""
    return [(one.line, one.message) for one in read_marks(text, 1, AUDIENCES, frozenset()).region_problems]


@pytest.mark.parametrize("text", NEAR.values(), ids=NEAR)
def test_what_names_an_audience_and_hides_nothing_is_a_problem(text: str) -> None:
    """Whoever writes such a mark means to hide something, so the first of its lines is a problem."""
    found = problems(text)
    assert found
    assert all(message.endswith(" hides nothing") for _, message in found)
    assert found[0][0] == next(number for number, line in enumerate(text.split("\n"), 1) if {*AUDIENCES} & {*_words(line)})


def _words(line: str) -> list[str]:
    return "".join(char if char.isalnum() else " " for char in line.casefold()).split()


@pytest.mark.parametrize("text", FINE.values(), ids=FINE)
def test_prose_and_code_are_no_marks(text: str) -> None:
    """What only mentions an audience, or stands in code, is no problem."""
    assert problems(text) == []


@pytest.mark.parametrize(("text", "line", "sign"), BOGUS.values(), ids=BOGUS)
def test_what_only_browsers_take_for_a_comment_is_a_problem(text: str, line: int, sign: str) -> None:
    """No renderer takes it out of a page, and no reader sees it there."""
    assert problems(text) == [(line, f"{sign} begins a comment for browsers, which stays in the page")]


@pytest.mark.parametrize("text", ["a\n{% comment %}\nb\n{% endcomment %}", "a\n{{!-- b --}}", "a\n- b {/* c */}", "a\nb %% c d %% e"])
def test_a_comment_of_another_program_is_a_problem(text: str) -> None:
    """No renderer of this site knows it, so its words would be on the page."""
    assert [(line, message.partition(" begins ")[2]) for line, message in problems(text)] == [
        (2, "a comment for other programs, which stays in the page")]


def test_a_comment_that_leaves_its_region_is_a_problem() -> None:
    """Its beginning goes with the region, and its end would be text."""
    said = "a comment ends behind the ::: region in which it begins"
    assert problems("a\n::: internal\n<!-- b\n:::\nc -->\nd") == [(3, said)]
    assert problems("::: internal\n::: partner\n<!-- b\n:::\nc -->\n:::\nd") == [(3, said)]
    assert problems("<!-- a\n::: internal\nb\n:::\nc -->\n::: internal\n<!-- d\nd -->\n:::\n") == []


@pytest.mark.parametrize(("text", "line"), DEFINITIONS.values(), ids=DEFINITIONS)
def test_a_comment_that_is_no_whole_definition_is_a_problem(text: str, line: int) -> None:
    """A definition of a link is often used for a comment; one that ends in another line, or not at all, is text on the page."""
    found = problems(text)
    assert [one for one, _ in found] == [line]
    assert found[0][1].endswith("begins a comment that is no line of its own, which stays in the page")


@pytest.mark.parametrize("body", ["[//]: # (a\nb)\n", "!!! internal\n    x\n", "<?php x ?>\n"])
def test_an_article_with_one_is_in_no_edition(tmp_path: Path, body: str) -> None:
    """No edition gets an article that may show what its author meant to hide."""
    text = f"---\ntitle: A\naudience: public\nowners: [ana]\n---\n\n{body}"
    evidence = knowledge_base(tmp_path, {"content/a.md": text})
    article = next(one for one in evidence.articles if one.path == "content/a.md")
    for edition in evidence.editions.values():
        with pytest.raises(RedactionError) as caught:
            redact(article, edition)
        assert (caught.value.where, caught.value.kind) == ("content/a.md:7", "region-unbalanced")
