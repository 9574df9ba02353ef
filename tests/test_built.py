"""A site that stands and whose every input is as it was is not built again; in any other case it is."""

import hashlib
import json
import os
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from kbtool import shell
from kbtool.built import Sites

SITES = ("site/public", "site/internal")


@pytest.fixture
def site(kb: Any) -> Any:
    """Give a knowledge base whose sites stand."""
    kb.write("mkdocs.yml", "site_name: Help\ntheme: {name: material, font: false}\n")
    kb.write("content/secret.md", "---\ntitle: Secret\nowners: [ana]\nproduct_areas: [billing]\n---\n# Secret\n\nOnly for us.\n")
    kb.write("content/hidden.png", "no picture")
    assert kb.run("build", "--exit-zero").code == 0
    return kb


def standing(kb: Any) -> tuple[int, ...]:
    """Return what tells whether the sites are the same folders."""
    return tuple((kb.root / name).stat().st_ino for name in SITES)


def test_nothing_changed_and_nothing_is_built(site: Any) -> None:
    """The sites stay, folder and all, and the command says what it says each time."""
    before = standing(site), site.tree()
    first, second = site.run("build", "--exit-zero"), site.run("build", "--exit-zero")
    assert (standing(site), site.tree()) == before
    assert (first.code, first.out, first.err) == (second.code, second.out, second.err)
    assert "articles in site/public/" in first.out


def edit(name: str, content: str) -> Callable[[Any], object]:
    return lambda kb: kb.write(name, content)


def more(name: str, content: str) -> Callable[[Any], object]:
    return lambda kb: kb.write(name, (kb.root / name).read_text() + content)


def same_state(path: Path, content: str) -> None:
    """Write a file so that size and time of change stay what they were."""
    was = path.stat()
    path.write_text(content)
    os.utime(path, ns=(was.st_atime_ns, was.st_mtime_ns))
    assert path.stat().st_size == was.st_size


BOTH = {
    "a public article": more("content/index.md", "\nMore.\n"),
    "an article that only one edition shows, since the audit of the other looks for its words": more("content/secret.md", "\nMore.\n"),
    "a file that nobody refers to": edit("content/hidden.png", "no-picture"),
    "a file of the same size and time": lambda kb: same_state(kb.root / "content/hidden.png", "no picture"),
    "a register": more("checks/owners.yml", "\nzoe:\n  name: Zoe\n"),
    "the configuration": more("pyproject.toml", '\n[tool.kbtool.checks.review-overdue]\nseverity = "warning"\n'),
    "the settings of the site": more("mkdocs.yml", "copyright: us\n"),
    "a template": edit("overrides/main.html", "{% extends 'base.html' %}{% block announce %}News{% endblock %}"),
    "a page of the site": lambda kb: [(kb.root / name / "index.html").write_text("x") for name in SITES],
    "a page that is gone": lambda kb: [(kb.root / name / "404.html").unlink() for name in SITES],
    "a file of a stranger": lambda kb: [(kb.root / name / "new.txt").write_text("x") for name in SITES],
    "the record": lambda kb: [(kb.root / f".kbtool/built/{name}.json").write_text("{") for name in ("public", "internal")],
}


def test_any_change_and_it_is_built(site: Any) -> None:
    """Whatever the site or its audit depends on; then it stands again."""
    site.write("mkdocs.yml", "site_name: Help\ntheme: {name: material, font: false, custom_dir: overrides}\n")
    site.write("overrides/.keep", "")
    site.run("build", "--exit-zero")
    for name, change in BOTH.items():
        before = standing(site)
        change(site)
        done = site.run("build", "--exit-zero")
        assert done.code == 0, (name, done.err)
        after = standing(site)
        assert all(one != other for one, other in zip(before, after, strict=True)), name
        site.run("build", "--exit-zero")
        assert standing(site) == after, name


@pytest.mark.parametrize("template", ["{{ build_date_utc }}", "{{ pages | length }}"])
def test_templates_that_show_more_than_is_known_are_built_each_time(template: str, site: Any) -> None:
    """The day of the build, for one, is no input that a file tells of."""
    site.write("mkdocs.yml", "site_name: Help\ntheme: {name: material, font: false, custom_dir: overrides}\n")
    site.write("overrides/main.html", f"{{% extends 'base.html' %}}{{% block announce %}}{template}{{% endblock %}}")
    site.run("build", "--exit-zero")
    before = standing(site)
    site.run("build", "--exit-zero")
    assert standing(site) != before


# ---------------------------------------------------------------------------------------------- what a run may take from its cache


BUILD = ("build", "--exit-zero", "--no-git", "--today", "2026-11-22")
OPTIONS = {"no_cache": False, "no_git": True, "today": "2026-11-22"}


def gathered(kb: Any, **options: object) -> tuple[bool, bool]:
    """Run as `kbtool build` does up to the checks; return whether articles were kept ones, and whether the sites stand."""
    sites = Sites()
    evidence, _ = shell.run_checks(kb.root, {**OPTIONS, **options}, (), sites=sites)
    return evidence.articles[0].kept is not None, bool(sites.standing)


@pytest.fixture
def known(kb: Any) -> Any:
    """Give a knowledge base whose sites stand and whose articles are kept, without git."""
    kb.write("mkdocs.yml", "site_name: Help\ntheme: {name: material, font: false}\nplugins: []\n")
    kb.write("checks/tickets.yml", "SUP-1: {state: open}\n")
    kb.write("content/known.md", "---\ntitle: Known\ntickets: [SUP-1]\n---\nKnown.\n")
    assert kb.run(*BUILD).code == 0
    return kb


def test_where_the_sites_stand_kept_articles_are_enough(known: Any) -> None:
    """A build keeps what it has read, and the next one reads no article when there is nothing to build."""
    assert gathered(known) == (True, True)


CHANGES = {
    "content/index.md": "---\ntitle: Other\n---\nOther.\n", "content/new.md": "---\ntitle: New\n---\nNew.\n",
    "mkdocs.yml": "site_name: Other\ntheme: {name: material, font: false}\nplugins: []\n", "checks/tickets.yml": "SUP-1: {state: closed}\n",
    ".kbtool/built/internal.json": "{}", ".kbtool/build/of-a-killed-build": "", "site/public/404.html": "other", "site/public/new.html": "new",
}


def test_in_any_other_case_articles_are_read_from_their_files(known: Any) -> None:
    """What a site shows is decided by them alone."""
    for name, content in CHANGES.items():
        path = known.root / name
        was = path.read_bytes() if path.exists() else None
        known.write(name, content)
        assert gathered(known) == (False, False), name
        if was is None:
            path.unlink()
        else:
            path.write_bytes(was)
        if path.parent.name == "build":
            path.parent.rmdir()
        assert gathered(known)[1] is not name.startswith("site/"), name


def test_without_a_cache_articles_are_read_from_their_files(known: Any) -> None:
    """Whoever distrusts it says so, or deletes it."""
    assert gathered(known, no_cache=True) == (False, False)
    (known.root / ".kbtool/cache/content").unlink()
    assert gathered(known) == (False, True)


def test_a_record_of_another_form_is_none(known: Any) -> None:
    """Whatever is in it: only how many articles a site has, and what was said of it, may be told wrongly by whoever forges it."""
    whole = {path: json.loads(path.read_text()) for path in (known.root / ".kbtool/built").glob("*.json")}
    for name, value in product(next(iter(whole.values())), (None, 7, "7", [7], {"7": 7})):
        for path, record in whole.items():
            path.write_text(json.dumps({**record, name: value}))
        told = (name == "articles" and value == 7) or (name == "notes" and value == [7])
        assert gathered(known)[1] is told, (name, value)


def test_a_poisoned_cache_makes_no_site_beside_one_that_stands(known: Any) -> None:
    """A cache that calls an article public is believed by a check, where nothing is built, and by no build."""
    known.write("content/secret.md", "---\ntitle: Secret\naudience: internal\n---\nNobody knows.\n")
    assert known.run(*BUILD).code == 0
    cache = known.root / ".kbtool/cache/content"
    head, _, body = cache.read_bytes().partition(b"\n")
    body = body.replace(b'"audience":"internal"', b'"audience":"public"')
    lengths = json.loads(body.partition(b"\n")[0])
    sections = body.partition(b"\n")[2]
    lengths["sections"][0][1] = len(sections) - lengths["sections"][1][1]
    body = json.dumps(lengths).encode() + b"\n" + sections
    cache.write_bytes(hashlib.sha256(body).hexdigest().encode() + b"\n" + body)
    assert len(head) == 64
    known.write("mkdocs.yml", "site_name: Help\ntheme: {name: material, font: false}\nplugins: []\ncopyright: us\n")
    assert known.run(*BUILD).code == 0
    assert (known.root / "site/internal/secret/index.html").exists()
    assert not (known.root / "site/public/secret").exists()


# ---------------------------------------------------------------------------------------------- what no file tells


def test_a_variable_of_the_environment_counts(site: Any) -> None:
    """`!ENV` in the settings: another value is another site."""
    site.write("mkdocs.yml", "site_name: Help\ntheme: {name: material, font: false}\ncopyright: !ENV [OUR_NAME, nobody]\n")
    site.run("build", "--exit-zero", env={"OUR_NAME": "Ana"})
    before = standing(site)
    site.run("build", "--exit-zero", env={"OUR_NAME": "Ana"})
    assert standing(site) == before
    site.run("build", "--exit-zero", env={"OUR_NAME": "Zoe"})
    assert standing(site) != before
    assert "Zoe" in (site.root / "site/public/index.html").read_text()
