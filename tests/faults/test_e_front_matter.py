"""Faults in front matter (FAULTS.md, group E)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

Page = Callable[..., str]

REST = "audience: public\nowners: [ana]\nproduct_areas: [billing]\nlast_reviewed_on: 2026-10-01\n"
UNREADABLE = "the front matter is not readable: "
QUOTE = 'quote the value: key: "text with: special characters"'


def _matter(lines: str, body: str = "\nText.\n") -> str:
    """Return an article whose first front matter line is line 2; all it needs besides follows."""
    return f"---\n{lines}\n{REST}---\n{body}"


def _only(checked: Any, expected: Mapping[str, tuple[int, str]], *, hidden: bool = True) -> None:
    """Assert that each file has one finding, KB001 on this line with this message, and that hidden ones are in no edition."""
    assert checked.code == 1
    assert {path.removeprefix("content/"): (code, line, message) for path, code, line, message in checked.findings} == {
        name: ("KB001", *rest) for name, rest in expected.items()
    }
    assert len(checked.findings) == len(expected)
    shown = checked.public | checked.internal
    assert set(expected) & shown == (set() if hidden else set(expected))
    assert all(checked.verdict(name) == "unknown" for name in expected) or not hidden


def test_e01_no_front_matter_is_internal(check: Any) -> None:
    """An article without front matter lacks everything that is required, and is for the people inside."""
    checked = check({"bare.md": "# Export invoices\n\nText.\n"})
    assert checked.code == 1
    assert checked.of("bare.md") == [
        ("KB002", 1, "the article has no title"), ("KB003", 1, "nobody owns this article"),
        ("KB006", 1, "the article names no product area"), ("KB101", 1, "the article has never been reviewed"),
    ]
    assert "bare.md" not in checked.public
    assert "bare.md" in checked.internal


def test_e02_front_matter_that_never_ends(check: Any) -> None:
    """An opening `---` without its end is KB001 on the line of the opening, and no text of it is in any edition."""
    checked = check({"open.md": f"---\ntitle: A\n{REST}\nThe body.\n", "four.md": f"---\ntitle: A\n{REST}----\n\nThe body.\n"})
    never = (1, "the front matter starts here and never ends")
    _only(checked, {"open.md": never, "four.md": never})


NOT_YAML = {
    "colon.md": ("title: How to: export", 2, 14, "mapping values are not allowed in this context", QUOTE),
    "at.md": ("title: @alice", 2, 8, "found character that cannot start any token", QUOTE),
    "percent.md": ("title: %d invoices", 2, 8, "found character that cannot start any token", QUOTE),
    "backtick.md": ("title: `kb` explained", 2, 8, "found character that cannot start any token", QUOTE),
    "tab.md": ("title: A\nknown_issue:\n\tstate: confirmed", 4, 1, "found character that cannot start any token",
               "indent with spaces, not with tabs"),
    "hash.md": ("title: A\ntickets: [#12, A-1]", 3, 10, "did not find expected ',' or ']'",
                "close the bracket, and quote what holds a # or a bracket"),
    "open-quote.md": ("title: 'Ana's page'", 2, 13, "did not find expected key", QUOTE),
    "escape.md": (r'title: "C:\data"', 2, 11, "found unknown escape character", "use single quotes, or write each backslash twice"),
}


def test_e03_text_that_is_not_yaml(check: Any) -> None:
    """Values that YAML cannot read are KB001 at line and column, with what to do, and their articles are in no edition."""
    checked = check({name: _matter(lines) for name, (lines, *_) in NOT_YAML.items()})
    _only(checked, {name: (line, UNREADABLE + message) for name, (_, line, _, message, _) in NOT_YAML.items()})
    places = {name: (checked.full(name)[0]["column"], checked.full(name)[0]["hint"]) for name in NOT_YAML}
    assert places == {name: (column, hint) for name, (_, _, column, _, hint) in NOT_YAML.items()}


def test_e03_a_build_publishes_no_page_from_front_matter_that_is_not_yaml(kb: Any) -> None:
    """While an article's front matter cannot be read no site is published, and the last good one stays."""
    assert kb.run("build").code == 0
    before = {path: path.read_bytes() for path in (kb.root / "site").rglob("*") if path.is_file()}
    kb.write("content/secret.md", "---\ntitle: How to: x\naudience: internal\nowners: [ana]\n---\n\nThe password.\n")
    done = kb.run("build")
    assert done.code == 1
    assert "content/secret.md" in done.out
    assert "error[withheld]: no site was published: 1 finding(s)" in done.err
    assert {path: path.read_bytes() for path in (kb.root / "site").rglob("*") if path.is_file()} == before


def test_e03_front_matter_below_something_else(check: Any) -> None:
    """Front matter after a blank line or a comment is not printed as text by a folder's public default: it is KB001."""
    lines = "---\ntitle: A\naudience: internal\nowners: [ana]\n---\n\nSecret.\n"
    files = {"blank.md": f"\n{lines}", "comment.md": f"<!-- vale off -->\n{lines}", "bom.md": f"\ufeff\ufeff{lines}"}
    checked = check(files, config='[tool.kbtool.defaults."**"]\naudience = "public"')
    assert checked.code == 1
    found = {path.removeprefix("content/"): (line, message) for path, code, line, message in checked.findings if code == "KB001"}
    late = "the front matter does not start on the first line"
    assert found == {"blank.md": (2, late), "comment.md": (2, late), "bom.md": (1, late)}
    assert not set(files) & (checked.public | checked.internal)


def test_e04_a_key_twice(check: Any) -> None:
    """A key that is there twice is KB001 on the second line and names the first; nothing is published by the luckier one."""
    files = {
        "audience.md": f"---\ntitle: A\naudience: internal\n{REST}---\n",
        "nested.md": _matter("title: A\nknown_issue:\n  state: confirmed\n  state: resolved"),
        "quoted.md": _matter('title: A\n"title": B'),
    }
    checked = check(files)
    twice = UNREADABLE + "the key {!r} is here twice, first on line {}"
    _only(checked, {
        "audience.md": (4, twice.format("audience", 3)), "nested.md": (5, twice.format("state", 4)),
        "quoted.md": (3, twice.format("title", 2)),
    })


def test_e04_two_names_of_one_key(check: Any) -> None:
    """A key and its alias together are KB001: neither wins silently."""
    checked = check({"both.md": _matter("title: A\nvisibility: internal")}, config='aliases = {visibility = "audience"}')
    _only(checked, {"both.md": (4, "'audience' and another key both set 'audience'")})


def test_e05_front_matter_that_is_no_mapping(check: Any) -> None:
    """A list, a text, or a second document where keys belong is KB001; comments alone are an empty front matter."""
    checked = check({
        "list.md": "---\n- title\n---\n\nText.\n", "text.md": "---\njust text\n---\n\nText.\n",
        "two.md": "---\n%YAML 1.1\n--- {{title: A}}\n--- {{title: B}}\n---\n",
    })
    assert checked.code == 1
    assert checked.of("list.md") == checked.of("text.md") == [("KB001", 2, "the front matter is not a mapping")]
    assert [found[0] for found in checked.of("two.md")] == ["KB001"]
    assert not {"list.md", "text.md", "two.md"} & (checked.public | checked.internal)


def test_e05_front_matter_without_keys_is_empty(check: Any) -> None:
    """`null`, a comment or nothing between the lines says nothing: the article is internal and lacks what is required."""
    files = {"null.md": "---\nnull\n---\n", "comment.md": "---\n# soon\n---\n", "nothing.md": "---\n---\n\nText.\n"}
    checked = check(files)
    assert {tuple(checked.codes(name)) for name in files} == {("KB002", "KB003", "KB006", "KB101")}
    assert not set(files) & checked.public


AUDIENCES = {
    "case.md": ("Public", "'Public' is not one of internal, public"),
    "space.md": ('"public "', "'public ' is not one of internal, public"),
    "typo.md": ("publik", "'publik' is not one of internal, public"),
    "yes.md": ("yes", "'yes' is not one of internal, public"),
    "empty.md": ("", "is empty"),
    "null.md": ("~", "is empty"),
    "list.md": ("[public]", "must be text"),
    "mapping.md": ("{public: true}", "must be text"),
}


def test_e06_an_audience_that_does_not_exist(check: Any) -> None:
    """Any audience but the known words is KB001 on its line, once, and the article is in no edition, whatever its folder says."""
    files = {name: f"---\ntitle: A\nowners: [ana]\nproduct_areas: [billing]\nlast_reviewed_on: 2026-10-01\naudience: {text}\n---\n"
             for name, (text, _) in AUDIENCES.items()}
    checked = check(files, config='[tool.kbtool.defaults."**"]\naudience = "public"')
    _only(checked, {name: (6, f"audience: {message}") for name, (_, message) in AUDIENCES.items()})
    hints = {name: checked.full(name)[0]["hint"] for name in ("case.md", "space.md", "typo.md")}
    assert hints == dict.fromkeys(hints, 'did you mean "public"?')


def test_e06_a_misspelt_key_of_the_audience(check: Any, page: Page) -> None:
    """`audiance: internal` does not fall back to its folder's public: it is KB001 and in no edition."""
    text = page(audience=None).replace("owners:", "audiance: internal\nowners:")
    checked = check({"typo.md": text}, config='[tool.kbtool.defaults."**"]\naudience = "public"')
    _only(checked, {"typo.md": (3, "unknown key 'audiance'")})


def test_e06_a_misspelt_audience_under_an_alias(check: Any, page: Page) -> None:
    """The audience is judged by whatever name the knowledge base has for it, and the finding stands on that key."""
    config = '[tool.kbtool.aliases]\nvisibility = "audience"\n[tool.kbtool.defaults."**"]\naudience = "public"'
    files = {"typo.md": page(audience=None, visibility="publik"), "empty.md": page(audience=None, visibility="")}
    checked = check(files, config=config)
    _only(checked, {"typo.md": (6, "audience: 'publik' is not one of internal, public"), "empty.md": (6, "audience: is empty")})


def test_e07_words_that_yaml_reads_as_truth_stay_words(kb: Any, check: Any, page: Page) -> None:
    """`no`, `on` and `off` are the owner, area and tag that somebody typed, not true and false."""
    kb.write("checks/owners.yml", "ana: {name: Ana}\nno: {name: Norway}\noff:\n")
    kb.write("checks/product_areas.yml", "billing:\non: {name: Onboarding}\n")
    checked = check({"words.md": page(title="yes", owners="[no, off]", product_areas="[on]", tags="[no, y]")})
    assert (checked.code, checked.findings) == (0, [])
    assert "words.md" in checked.public
    unknown = check({"words.md": page(owners="[yes]")})
    assert unknown.of("words.md") == [("KB004", 4, "owners: 'yes' is not a known owner")]


NO_DAYS = {
    "february.md": ("2024-02-30", "there is no day '2024-02-30' in the calendar"),
    "month.md": ("2024-13-01", "there is no day '2024-13-01' in the calendar"),
    "leap-year.md": ("2023-02-29", "there is no day '2023-02-29' in the calendar"),
    "leap-second.md": ("2016-12-31T23:59:60Z", "there is no time '2016-12-31T23:59:60Z' in the calendar"),
    "zero.md": ("2024-00-10", "there is no day '2024-00-10' in the calendar"),
}


def test_e08_days_that_are_not_in_the_calendar(check: Any, page: Page) -> None:
    """30 February, month 13 and a leap second are KB001 on their line; the article is neither fresh nor never reviewed."""
    checked = check({name: page(last_reviewed_on=text) for name, (text, _) in NO_DAYS.items()})
    _only(checked, {name: (6, f"last_reviewed_on: {message}") for name, (_, message) in NO_DAYS.items()}, hidden=False)
    assert {name: checked.verdict(name) for name in NO_DAYS} == dict.fromkeys(NO_DAYS, "unknown")
    assert checked.full("february.md")[0]["hint"] == "write it as YYYY-MM-DD, such as 2026-03-31"


NO_DATES = ("2024-1-5", "20240105", "12:30:45", "1.10", "010", "5 March 2026", "03/05/2026", "2026", "yesterday", "２０２６-01-01")


def test_e09_dates_in_another_form(check: Any, page: Page) -> None:
    """A date that is not written as YYYY-MM-DD is KB001, whatever YAML would make of it."""
    names = {f"d{n}.md": text for n, text in enumerate(NO_DATES)}
    checked = check({name: page(last_reviewed_on=text) for name, text in names.items()})
    _only(checked, {name: (6, f"last_reviewed_on: {text!r} is not a date") for name, text in names.items()}, hidden=False)


def test_e09_ids_that_look_like_numbers_stay_text(kb: Any, check: Any, page: Page) -> None:
    """`010`, `1.10` and `12:30` are the ids that somebody typed, not 8, 1.1 and 750."""
    kb.write("checks/owners.yml", "ana:\n010:\n1.10:\n12:30:\n".replace("12:30:", '"12:30":'))
    checked = check({"ids.md": page(owners="[010, 1.10, 12:30]"), "bad.md": page(owners="[8, 1.1, 750]")})
    assert checked.of("ids.md") == []
    assert [message for _, _, message in checked.of("bad.md")] == [f"owners: {text!r} is not a known owner" for text in ("8", "1.1", "750")]


def test_e10_a_time_becomes_its_day_in_utc(check: Any, page: Page) -> None:
    """A time with a zone is read as a day in UTC, one without a zone as the day it names, quoted or not."""
    reviewed = {
        "plain.md": "2026-05-31 23:30:00", "utc.md": "2026-05-31T23:30:00Z", "west.md": "2026-05-31T23:30:00-05:00",
        "east.md": "2026-06-01T00:30:00+02:00", "quoted.md": '"2026-05-31T12:00"',
    }
    checked = check({name: page(last_reviewed_on=text) for name, text in reviewed.items()})
    due = {found["path"].removeprefix("content/"): found["review_by"] for found in checked.report["articles"]}
    assert {name: due[name] for name in reviewed} == {
        "plain.md": "2026-11-30", "utc.md": "2026-11-30", "west.md": "2026-12-01", "east.md": "2026-11-30", "quoted.md": "2026-11-30",
    }


LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{char}: &{char} [{', '.join([f'*{chr(ord(char) - 1)}'] * 9)}]\n" for char in "bcdefghi")
ANCHORS = "anchors and aliases (& and *) are not allowed"


def test_e11_aliases_are_refused(check: Any) -> None:
    """The billion laughs, an alias of itself and a plain anchor are KB001 where they start."""
    checked = check({
        "laughs.md": _matter(f"title: A\n{LAUGHS.rstrip()}"), "self.md": _matter("title: A\ntags: &t [*t]"),
        "anchor.md": _matter("title: &name A"), "alias.md": _matter("title: *name"), "key.md": _matter("&k title: A"),
    })
    _only(checked, {
        "laughs.md": (3, UNREADABLE + ANCHORS), "self.md": (3, UNREADABLE + ANCHORS), "anchor.md": (2, UNREADABLE + ANCHORS),
        "alias.md": (2, UNREADABLE + ANCHORS), "key.md": (2, f"{UNREADABLE}anchors, tags and merge keys (<<) are not allowed"),
    })


def test_e12_merge_keys_are_refused(check: Any) -> None:
    """`<<` is KB001, so nothing can multiply by merging."""
    checked = check({"merge.md": _matter("title: A\n<<: {audience: public}"), "list.md": _matter("title: A\n<<: [{a: b}, {c: d}]")})
    merge = (3, f"{UNREADABLE}anchors, tags and merge keys (<<) are not allowed")
    _only(checked, {"merge.md": merge, "list.md": merge})


def test_e13_deep_nesting_is_refused(check: Any) -> None:
    """30,000 brackets, dashes or braces end at level 20 with KB001; neither crash nor long wait."""
    deep = {"brackets.md": "[" * 30_000, "dashes.md": "- " * 30_000, "braces.md": "{a: " * 15_000}
    checked = check({name: f"---\n{text}\n---\n" for name, text in deep.items()})
    _only(checked, dict.fromkeys(deep, (2, f"{UNREADABLE}nested deeper than 20 levels")))
    fine = check({"fine.md": _matter(f"title: A\nparams: {'[' * 15}{']' * 15}")}, config='known_keys = ["params"]')
    assert fine.of("fine.md") == []


def test_e14_huge_numbers_stay_text(check: Any, page: Page) -> None:
    """A number of 5,000 digits and one of sixty-based groups are text in a title, and no date where a date is due."""
    huge, sixties = "1" * 5000, ":".join(["59"] * 2000)
    checked = check({
        "title.md": page(title=huge), "date.md": page(last_reviewed_on=huge), "sixties.md": page(last_reviewed_on=sixties),
        "tags.md": page(tags=f"[{huge}, 0x{'f' * 4000}]"),
    })
    assert checked.code == 1
    assert checked.of("title.md") == checked.of("tags.md") == []
    assert checked.of("date.md") == [("KB001", 6, f"last_reviewed_on: {'1' * 40!r} is not a date")]
    assert checked.of("sixties.md") == [("KB001", 6, f"last_reviewed_on: {sixties[:40]!r} is not a date")]


def test_e15_tags_are_refused(kb: Any, check: Any) -> None:
    """`!!python/object/apply`, `!ENV` and every other tag are KB001; nothing is run and no variable is read."""
    tags = {
        "python.md": ("!!python/object/apply:os.system [touch PWNED]", "tag:yaml.org,2002:python/object/apply:os.system"),
        "env.md": ("!ENV KB_SECRET", "!ENV"), "str.md": ("!!str A", "tag:yaml.org,2002:str"),
    }
    checked = check({name: _matter(f"title: {text}") for name, (text, _) in tags.items()}, env={"KB_SECRET": "hunter2"})
    _only(checked, {name: (2, f"{UNREADABLE}the tag {tag!r} is not allowed") for name, (_, tag) in tags.items()})
    assert not (kb.root / "PWNED").exists()
    assert "hunter2" not in json.dumps(checked.report)


def test_e16_what_breaks_yamls_constructors(check: Any) -> None:
    """Lists as keys and broken sets, ordered maps, binaries and timestamps are findings, never a crash."""
    broken = {
        "list-key.md": "? [a, b]\n: c", "map-key.md": "{a: b}: c", "omap.md": "x: !!omap [a]", "set.md": "x: !!set {a: 1}",
        "binary.md": "x: !!binary =", "timestamp.md": "x: !!timestamp 2024-99-99", "value.md": "=: x", "int.md": "x: !!int ''",
        "float.md": "x: !!float abc", "pairs.md": "x: !!pairs [[1, 2]]", "pound.md": "x: 0x", "dot.md": "last_reviewed_on: .",
    }
    checked = check({name: f"---\n{lines}\n---\n" for name, lines in broken.items()})
    assert checked.code == 1
    readable = {"value.md", "pound.md", "dot.md"}
    assert {name for name in broken if checked.codes(name)[0] != "KB001"} == readable
    assert all(checked.codes(name) == ["KB001"] for name in set(broken) - readable)
    assert all("KB001" in checked.codes(name) for name in broken)
    assert not set(broken) & checked.public
    assert checked.of("list-key.md") == checked.of("map-key.md") == [("KB001", 2, f"{UNREADABLE}a key must be plain text")]


def test_e17_a_hundred_thousand_keys(check: Any) -> None:
    """Front matter of 100,000 keys is over the size limit and not read at all."""
    many = "".join(f"key{n}: {n}\n" for n in range(100_000))
    checked = check({"many.md": f"---\ntitle: A\n{many}---\n"})
    _only(checked, {"many.md": (1, "the front matter is longer than 65,536 characters")})


def test_e18_unknown_keys_name_the_nearest(check: Any, page: Page) -> None:
    """A misspelt key is KB001 on its line with the key that was meant; keys of MkDocs, Material and the site are fine."""
    checked = check({
        "typo.md": page(onwer="ana"), "date.md": page(last_review_on="2026-10-01"), "strange.md": page(zzz="1"),
        "theme.md": page(hide="[navigation]", icon="material/cog", template="x.html", search="{boost: 2}", status="new", zone="eu"),
    }, config='known_keys = ["zo*"]')
    _only(checked, {"typo.md": (7, "unknown key 'onwer'"), "date.md": (7, "unknown key 'last_review_on'"),
                    "strange.md": (7, "unknown key 'zzz'")}, hidden=False)
    assert [checked.full(name)[0]["hint"] for name in ("typo.md", "date.md", "strange.md")] == [
        'did you mean "owners"?', 'did you mean "last_reviewed_on"?', "remove it, or list it in known_keys"]


def test_e19_what_an_article_must_say(check: Any, page: Page) -> None:
    """A missing title, owner, product area and review are one finding each, under a code of their own."""
    checked = check({
        "title.md": page(title=None), "owner.md": page(owners=None), "area.md": page(product_areas="[]"),
        "review.md": page(last_reviewed_on=None), "blank.md": page(title='"  "', owners=""),
    })
    assert checked.code == 1
    assert {name: checked.codes(name) for name in ("title.md", "owner.md", "area.md", "review.md", "blank.md")} == {
        "title.md": ["KB002"], "owner.md": ["KB003"], "area.md": ["KB006"], "review.md": ["KB101"], "blank.md": ["KB002", "KB003"],
    }
    assert checked.of("blank.md") == [("KB002", 2, "the article has no title"), ("KB003", 4, "nobody owns this article")]


def test_e20_two_articles_of_one_id(check: Any, page: Page) -> None:
    """An article's id is its path, so two of one id are two of one URL: KB008 names both files, for redirects too."""
    checked = check({
        "a.md": page(), "a/index.md": page(), "old.md": page(redirect_from="[gone/, /gone]"), "other.md": page(redirect_from="[gone.html]"),
    })
    assert checked.code == 1
    assert [found for found in checked.findings if found[1] == "KB008"] == checked.findings
    assert checked.of("a/index.md") == [("KB008", 1, "it makes the same URL as content/a.md")]
    assert checked.of("other.md") == [("KB008", 7, "redirect_from: 'gone.html' is the URL of content/old.md")]


def test_e21_an_article_that_moved_keeps_its_old_url(check: Any, page: Page) -> None:
    """An article's id is its path: links to the old path of one that moved hold while `redirect_from` has it, and break without."""
    files = {"link.md": page(body="[Old](old.md) and [old](/old/).\n"), "new.md": page(redirect_from="[old/]")}
    assert check(files).of("link.md") != []  # a link to the file itself needs the file
    moved = check({**files, "link.md": page(body="[Old](/old/) and [old](../old/).\n")})
    assert moved.of("link.md") == []
    gone = check({**files, "link.md": page(body="[Old](/old/) and [old](../old/).\n"), "new.md": page()})
    assert [found[:2] for found in gone.of("link.md")] == [("KB201", 9), ("KB201", 9)]


def test_e21_a_redirect_from_a_page_that_is_there(check: Any, page: Page) -> None:
    """`redirect_from` cannot take the URL of an article that still exists."""
    checked = check({"new.md": page(redirect_from="[index.md, moved/]")})
    assert checked.of("new.md") == [("KB008", 7, "redirect_from: 'index.md' is the URL of content/index.md")]


def test_e22_an_owner_that_is_in_no_register(check: Any, page: Page) -> None:
    """An unknown owner, reviewer or area is an error at its place, with the nearest known one."""
    checked = check({"who.md": page(owners="\n  - ana\n  - anna", last_reviewed_by="bob", product_areas="[biling]")})
    assert checked.code == 1
    assert checked.of("who.md") == [
        ("KB004", 6, "owners: 'anna' is not a known owner"), ("KB007", 7, "'biling' is not a known product area"),
        ("KB004", 9, "last_reviewed_by: 'bob' is not a known owner"),
    ]
    assert [found["hint"] for found in checked.full("who.md")] == [
        'did you mean "ana"?', 'did you mean "billing"?', "add 'bob' to checks/owners.yml"]


def test_e23_numbers_that_are_none(kb: Any, check: Any, page: Page) -> None:
    """`.nan` and `.inf` stay text, and the JSON report holds no NaN that another parser would refuse."""
    checked = check({"nan.md": page(title=".nan", owners="[.inf]", review_in=".nan", search="{boost: .inf}")})
    assert checked.of("nan.md") == [("KB004", 4, "owners: '.inf' is not a known owner"),
                                    ("KB001", 7, "review_in: '.nan' is not an interval")]

    def refuse(word: str) -> None:
        raise AssertionError(word)

    json.loads(kb.run("check", "--format", "json").out, parse_constant=refuse)


def test_e24_three_dots_end_the_front_matter(check: Any) -> None:
    """`...` closes front matter as `---` does; where keys go on below it, it is KB001, and they are no text of any page."""
    checked = check({
        "dots.md": f"---\ntitle: A\n{REST}...\n\n[Gone](gone.md)\n",
        "early.md": f"---\ntitle: A\n...\naudience: internal\n{REST}---\n\nText.\n",
    }, config='[tool.kbtool.defaults."**"]\naudience = "public"')
    assert checked.of("dots.md") == [("KB201", 9, "there is no page 'gone.md'")]
    assert "dots.md" in checked.public
    assert checked.of("early.md") == [("KB001", 3, "the front matter goes on after its end of ...")]
    assert "early.md" not in checked.public | checked.internal


def test_e25_front_matter_of_another_kind(check: Any) -> None:
    """TOML and JSON front matter is KB001 that says what to write, and no text of it is in any edition."""
    files = {
        "toml.md": '+++\ntitle = "A"\naudience = "internal"\n+++\n\nText.\n', "json.md": '{\n  "title": "A"\n}\n\nText.\n',
        "crlf.md": '+++\r\ntitle = "A"\r\n+++\r\n', "semicolons.md": ';;;\n"title": "A"\n;;;\n',
        "line.md": '{"title": "A", "audience": "internal"}\n\nText.\n', "space.md": '+++ \ntitle = "A"\n+++\n',
    }
    checked = check(files, config='[tool.kbtool.defaults."**"]\naudience = "public"')
    kinds = {"toml.md": "TOML", "json.md": "JSON", "crlf.md": "TOML", "semicolons.md": "JSON", "line.md": "JSON", "space.md": "TOML"}
    _only(checked, {name: (1, f"the front matter is {kind}") for name, kind in kinds.items()})
    assert checked.full("toml.md")[0]["hint"] == "write it as YAML between two lines of ---"
