"""What templates read decides which pages can be kept."""

from pathlib import Path

import material
import mkdocs
import pytest

import kbtool
from kbtool.template_scope import Scope, scope_of

THEMES = [str(Path(package.__file__).parent / "templates") for package in (material, mkdocs)]
CASES = {
    "nothing": ({}, Scope.PAGE, True),
    "its own words": ({"main.html": "{% extends 'base.html' %}{% block announce %}{{ config.extra.news }}{{ page.meta.x }}{% endblock %}"}, Scope.PAGE, True),
    "the page": ({"partials/content.html": "{{ page.content }}{{ page.toc }}"}, Scope.PAGE, True),
    "a picture": ({"logo.svg": "{{ nav }}"}, Scope.PAGE, True),
    "the titles of others": ({"main.html": "{{ nav.pages | length }}"}, Scope.STRUCTURE, True),
    "a neighbour": ({"partials/footer.html": "{{ page.next_page.title }}"}, Scope.STRUCTURE, True),
    "a neighbour by name": ({"partials/footer.html": "{{ page['next_page'].title }}"}, Scope.STRUCTURE, True),
    "the text of others": ({"main.html": "{% for one in nav.pages %}{{ one.content }}{% endfor %}"}, Scope.ALL, True),
    "text here, others there": ({"main.html": "{{ nav.pages | length }}", "b.html": "{{ page.content }}"}, Scope.ALL, True),
    "all files": ({"main.html": "{% for file in pages %}{{ file.url }}{% endfor %}"}, Scope.ALL, True),
    "the date": ({"main.html": "{{ build_date_utc }}"}, Scope.ALL, True),
    "the date of the page": ({"main.html": "{{ page.update_date }}"}, Scope.ALL, True),
    "chance": ({"main.html": "{{ [1, 2] | random }}"}, Scope.ALL, True),
    "no template": ({"main.html": "{% if %}"}, Scope.ALL, False),
    "a logo": ({"partials/logo.html": "<img src={{ config.theme.logo | url }}>"}, Scope.PAGE, True),
    "a logo for each page": ({"partials/logo.html": "<img alt='{{ page.title }}'>"}, Scope.STRUCTURE, False),
    "a navigation of its own": ({"partials/nav-item.html": "{{ item }}"}, Scope.STRUCTURE, False),
}


@pytest.mark.parametrize("name", CASES)
def test_names_in_templates_tell(name: str, tmp_path: Path) -> None:
    """A site's own templates are judged by every name in them, whatever it is used for."""
    files, scope, draws = CASES[name]
    for path, content in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(content)
    assert scope_of([str(tmp_path), *THEMES]) == (scope, draws)


def test_kbtools_own_templates_show_the_page_alone(tmp_path: Path) -> None:
    """As they are in each stage; changed ones are a site's own."""
    folder = Path(kbtool.__file__).parent / "theme"
    for path in folder.rglob("*.*"):
        (tmp_path / path.relative_to(folder)).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path.relative_to(folder)).write_bytes(path.read_bytes())
    assert scope_of([str(tmp_path), *THEMES]) == (Scope.PAGE, True)
    with (tmp_path / "sitemap.xml").open("a") as file:
        file.write(" ")
    assert scope_of([str(tmp_path), *THEMES])[0] is Scope.ALL


def test_another_theme_may_read_anything() -> None:
    """Without Material, nothing is known of how navigation is drawn."""
    assert scope_of([str(Path(mkdocs.__file__).parent / "themes" / "mkdocs"), THEMES[1]])[1] is False
