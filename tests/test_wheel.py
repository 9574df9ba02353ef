"""What the tests import is what is shipped."""

from __future__ import annotations

import os
from importlib.metadata import distribution
from pathlib import Path

import pytest

import kbtool


def test_the_wheel_is_tested_and_not_the_checkout(repository: Path) -> None:
    """`make test` builds the wheel, installs it, and imports kbtool from there."""
    if not os.environ.get("KBTOOL_WHEEL"):
        pytest.skip("only `make test` builds the wheel")
    package = Path(kbtool.__file__).parent
    assert package.parent.name == "site-packages"
    assert package != repository / "kbtool"
    wheel = distribution("kbtool").read_text("direct_url.json") or ""
    assert '"archive_info"' in wheel
    assert ".whl" in wheel


@pytest.mark.parametrize("name", [
    "py.typed", "reports/report.schema.json", "theme/partials/source-file.html", "theme/assets/kbtool/kbtool.css",
    "templates/init/gitignore", "templates/init/content/index.md", "templates/new/how-to.md", "pages/home.md.jinja",
])
def test_the_package_carries_its_data(name: str) -> None:
    """Templates, theme, schema and the mark of a typed package are in the package."""
    assert (Path(kbtool.__file__).parent / name).is_file()
