"""Real knowledge bases, split at random into public and internal articles: both editions build, and audit and manifest are clean."""

from __future__ import annotations

import datetime as dt
import os
import random
import subprocess
from pathlib import Path

import pytest

from kbtool.approve import plan
from kbtool.builtin_checks.link_to_internal import LinkToInternal
from kbtool.config import load_config
from kbtool.evidence import Evidence, gather
from kbtool.publish import publish
from kbtool.registry import make_checks
from kbtool.runner import run

pytestmark = pytest.mark.real

USUAL = 'owners = ["x"]\nproduct_areas = ["x"]\naudience = "public"\n'
KNOWLEDGE_BASES = {
    "uv": f'[tool.kbtool]\ncontent = "docs"\n[tool.kbtool.defaults."docs/**"]\n{USUAL}',
    "user-guide": f'[tool.kbtool]\ncontent = "source"\npreset = "govuk"\n[tool.kbtool.defaults."source/**"]\n{USUAL}',
}
SEEDS = range(20) if os.environ.get("HYPOTHESIS_PROFILE") == "soak" else range(1)
AWAY = "https://example.com/"  #: where a link leads that a public article must not have


def read(folder: Path) -> Evidence:
    """Return the evidence."""
    return gather(load_config(folder), dt.date(2026, 8, 21), git=False)


def split(folder: Path, config: str, seed: int) -> Evidence:
    """Make about half of the articles internal, and take the links to them out of the others."""
    chosen = random.Random(seed)
    (folder / "pyproject.toml").write_text(config)
    inside = [article.path for article in read(folder).articles if chosen.random() < 0.5]
    (folder / "pyproject.toml").write_text(config + "".join(f'[tool.kbtool.defaults."/{path}"]\nceiling = "internal"\n' for path in inside))
    for _ in range(3):  # a link may stand on a line twice
        evidence = read(folder)
        for found in run(evidence, [LinkToInternal()]).findings:
            path = folder / found.path
            text = path.read_text()
            for before in ("](", "]: ", 'href="', 'src="', "]( "):
                text = text.replace(before + found.subject, before + AWAY)
            path.write_text(text)
    return read(folder)


@pytest.mark.parametrize("name", KNOWLEDGE_BASES)
@pytest.mark.parametrize("seed", SEEDS)
def test_a_random_split_is_clean(shared: Path, tmp_path: Path, name: str, seed: int) -> None:
    """Nothing of the internal half is in the public site, and every file of both is explained; a half turned public is asked about."""
    folder = tmp_path / name
    subprocess.run(["git", "clone", "-q", shared / "real" / f"{name}.bundle", folder], check=True)
    if name == "uv":
        (folder / "docs/.overrides/main.html").write_text('{% extends "base.html" %}\n')  # in this copy it is a token
    evidence = split(folder, KNOWLEDGE_BASES[name], seed)
    assert not run(evidence, [LinkToInternal()]).findings
    plan(evidence, lambda _: True).write()
    evidence = read(folder)
    for found in publish(evidence, list(evidence.editions.values())):
        assert (found.edition, found.leaks, found.unexplained, found.failure) == (found.edition, (), (), None)
        assert found.pages == sum(found.edition == "internal" or article.audience == "public" for article in evidence.articles)
    (folder / "pyproject.toml").write_text(KNOWLEDGE_BASES[name])
    after = read(folder)
    widened = run(after, [check for check in make_checks(after.config) if check.code == "KB404"]).findings
    assert {found.path for found in widened if found.path.endswith(".md")} == {one.path for one in evidence.articles if one.audience == "internal"}
