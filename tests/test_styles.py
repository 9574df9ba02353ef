"""What style sheets refer to."""

from __future__ import annotations

from pathlib import Path

from kbtool.links import site_assets
from kbtool.testing import knowledge_base

CSS = {
    "content/css/site.css": '@import "more.css"; @import url(https://x.example/far.css);\n'
                            "@font-face { src: url('../fonts/a%20b.woff2?v=1#iefix') format('woff2'), url( ../fonts/c.woff ) }\n"
                            "body { background: url(data:image/png;base64,AAAA), url(/rooted.png), url(../../pyproject.toml), url(gone.png) }\n",
    "content/css/more.css": "@import 'site.css'; b { background: URL(\"dot.svg\") }\n",
    "content/css/other.css": "b { background: url(other.svg) }\n",
    "content/css/broken.css": b"\xff url(dot.svg) url(http://[)",
    "content/css/dot.svg": "x", "content/css/other.svg": "x", "content/fonts/a b.woff2": "x", "content/fonts/c.woff": "x",
    "content/rooted.png": "x",
}


def test_references_are_followed(tmp_path: Path) -> None:
    """Fonts, pictures and imported style sheets, whatever their quotes; nothing outside, nothing that is not there, no circle."""
    styles = knowledge_base(tmp_path, CSS).styles
    both = {"css/site.css", "css/more.css", "css/dot.svg", "fonts/a b.woff2", "fonts/c.woff"}
    assert styles == {"css/site.css": both, "css/more.css": both, "css/other.css": {"css/other.svg"}, "css/broken.css": {"css/dot.svg"}}


def test_only_the_style_sheets_of_a_site_bring_their_assets(tmp_path: Path) -> None:
    """What an unused style sheet refers to stays at home, and so does what only the wiki's refers to."""
    evidence = knowledge_base(
        tmp_path, CSS | {"mkdocs.yml": "extra_css: [css/more.css]\n"},
        config='[tool.kbtool.editions.internal.mkdocs]\nextra_css = ["css/other.css"]',
    )
    public = site_assets(evidence, [evidence.editions["public"]])
    assert public == {"css/site.css", "css/more.css", "css/dot.svg", "fonts/a b.woff2", "fonts/c.woff"}
    assert site_assets(evidence, evidence.editions.values()) - public == {"css/other.css", "css/other.svg"}
