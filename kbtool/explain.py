"""Documentation from the code: what `explain`, `list`, `schema` and the pages of the checks show."""

from __future__ import annotations

import json
import sys
from importlib import resources
from pathlib import Path
from typing import Any

from kbtool.check import Check
from kbtool.config import Config
from kbtool.files import write_atomic
from kbtool.front_matter import THEME_KEYS, FrontMatter
from kbtool.registry import BUILTIN_CHECKS


def summary(check: type[Check]) -> str:
    """Return the first sentence of a check's documentation."""
    return check.documentation().partition("\n")[0]


def explain_check(check: type[Check]) -> str:
    """Return the documentation of a check as Markdown, with its options."""
    _, _, rest = check.documentation().partition("\n")
    lines = [
        f"# {check.code} {check.name()}", "", summary(check), "", rest.strip(), "", "## Configuration", "",
        f"Severity: **{check.severity.value}** unless the configuration says otherwise:", "",
        "```toml", f"[tool.kbtool.checks.{check.name()}]", f'severity = "{check.severity.value}"  # error, warning or off',
        *(f"{name} = {_toml(value)}" for name, value in check.options().items()), "```", "",
    ]
    return "\n".join(lines)


def _toml(value: Any) -> str:
    return json.dumps(list(value) if isinstance(value, tuple) else value)


def front_matter_schema(config: Config | None = None) -> str:
    """Return the JSON Schema of an article's front matter, with the names that the configuration's aliases give."""
    schema = FrontMatter.model_json_schema()
    properties = schema["properties"]
    for theirs, ours in (config.key_aliases if config else {}).items():
        properties[theirs] = {**properties[ours], "description": f"The same as {ours}"}
    for key in (*sorted(THEME_KEYS), *(key for key in (config.known_keys if config else ()) if "*" not in key)):
        properties.setdefault(key, {})
    if config:
        properties["audience"] = {"enum": sorted(config.audiences), "description": properties["audience"]["description"]}
    schema |= {
        "$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Front matter of a kbtool article",
        "additionalProperties": False, "required": ["title", "owners", "product_areas"],
    }
    return json.dumps(schema, indent=2, default=str) + "\n"


def report_schema() -> str:
    """Return the JSON Schema of the JSON report."""
    return (resources.files("kbtool") / "reports" / "report.schema.json").read_text("utf-8")


def page_name(check: type[Check]) -> str:
    """Return the file name of the article about a check."""
    return f"{check.code.lower()}-{check.name()}.md"


def check_page(check: type[Check]) -> str:
    """Return the article about a check, as it stands in this project's own `content/checks/`."""
    body = explain_check(check).replace("\n:::", "\n\\:::").replace("\n--8<--", "\n;--8<--")
    return (
        f'---\ntitle: "{check.code} {check.name()}"\ndescription: {json.dumps(summary(check))}\naudience: public\n'
        f"owners: [maintainers]\nproduct_areas: [checks]\ncontent_type: reference\n"
        f"evergreen: generated from the docstring of the check, which is reviewed with its code\n"
        f"tags: [check]\n---\n\n{body}"
    )


def write_check_pages(folder: Path) -> list[Path]:
    """Write the article about each built-in check, remove those of checks that are gone, and return the articles."""
    folder.mkdir(parents=True, exist_ok=True)
    pages = {folder / page_name(check): check_page(check).encode() for check in BUILTIN_CHECKS}
    for path in folder.glob("kb[0-9][0-9][0-9]-*.md"):
        if path not in pages:
            path.unlink()
    for path, text in pages.items():
        if not path.is_file() or path.read_bytes() != text:
            write_atomic(path, text)
    return list(pages)


def main() -> None:
    """Write the pages of the checks: `python -m kbtool.explain content/checks`."""
    if len(sys.argv) != 2:
        sys.exit("usage: python -m kbtool.explain FOLDER")
    write_check_pages(Path(sys.argv[1]))


if __name__ == "__main__":
    main()
