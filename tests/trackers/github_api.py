"""Cuts out of GitHub's own descriptions of its APIs what the tracker uses, for tests to validate requests and answers against.

Run `npm install --no-save @octokit/graphql-schema @octokit/openapi` somewhere (both are MIT), then this file with that folder; it
writes github_schema.graphql and github_openapi.json beside itself. What is kept is kept word for word, but for descriptions.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from graphql import REMOVE, DocumentNode, Visitor, parse, print_ast, visit

HERE = Path(__file__).parent
# Of these types every field and argument is kept that needs no others; so what the cut allows and refuses, GitHub does, too.
TYPES = {
    "Query", "Repository", "Issue", "PullRequest", "IssueOrPullRequest", "IssueState", "PullRequestState", "IssueStateReason",
    "IssueTimelineItemsConnection", "IssueTimelineItems", "IssueTimelineItemsItemType", "PullRequestTimelineItemsConnection",
    "PullRequestTimelineItems", "PullRequestTimelineItemsItemType", "ReopenedEvent", "DateTime", "URI", "ID", "Int", "String", "Boolean",
}
PATHS = ("/rate_limit", "/repos/{owner}/{repo}/issues", "/repos/{owner}/{repo}/issues/{issue_number}")
PROPERTIES = {
    "issue": ("number", "title", "state", "state_reason", "closed_at", "updated_at", "html_url", "pull_request"),
    "rate-limit-overview": ("resources",), "basic-error": ("message", "documentation_url", "url", "status"),
}


def cut_schema(text: str) -> str:
    """Return the types of TYPES, without what needs other types, without interfaces and descriptions."""
    kept = tuple(one for one in parse(text).definitions if getattr(one, "name", None) and one.name.value in TYPES)
    printed = print_ast(visit(DocumentNode(definitions=kept), _Cut()))
    return re.sub(r'^ *""".*?"""\n', "", printed, flags=re.MULTILINE | re.DOTALL)


class _Cut(Visitor):
    def enter(self, node: Any, _key: Any, _parent: Any, path: list[Any], _ancestors: Any) -> Any:
        if node.kind == "directive" or "interfaces" in path[-2:]:
            return REMOVE
        if "types" in path[-2:] and node.name.value not in TYPES:
            return REMOVE
        if node.kind == "field_definition" and not {_name(one.type) for one in (node, *(node.arguments or ()))} <= TYPES:
            return REMOVE
        return None


def _name(kind: Any) -> str:
    while not hasattr(kind, "name"):
        kind = kind.type
    return str(kind.name.value)


def cut_openapi(whole: dict[str, Any]) -> dict[str, Any]:
    """Return the GET operations of PATHS with their parameters and statuses, and of the answers what PROPERTIES names."""
    paths = {}
    for path in PATHS:
        found = whole["paths"][path]["get"]
        parameters = [_plain(_resolved(whole, one), ("name", "in", "required", "schema")) for one in found["parameters"]]
        answers = {status: _schema(_resolved(whole, answer)) for status, answer in found["responses"].items()}
        paths[path] = {"get": {"operationId": found["operationId"], "parameters": parameters, "responses": answers}}
    schemas = {name: _properties(whole["components"]["schemas"][name], PROPERTIES[name]) for name in PROPERTIES}
    rate_limit = _plain(whole["components"]["schemas"]["rate-limit"], ("type", "properties", "required"))
    schemas["rate-limit-overview"]["properties"]["resources"]["properties"] = dict.fromkeys(("core", "graphql", "search"), rate_limit)
    return {"openapi": whole["openapi"], "info": whole["info"], "paths": paths, "components": {"schemas": schemas}}


def _resolved(whole: dict[str, Any], value: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in value:
        found: Any = whole
        for step in value["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        value = found
    return value


def _schema(answer: dict[str, Any]) -> dict[str, Any]:
    content = answer.get("content", {}).get("application/json", {})
    return _plain(content.get("schema", {}), ("$ref", "type", "items"))


def _properties(schema: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    required = [name for name in schema.get("required", ()) if name in names]
    return {"type": "object", "required": required, "properties": {name: _plain(schema["properties"][name]) for name in names}}


def _plain(value: Any, keys: tuple[str, ...] = ()) -> Any:
    """Return a part of the description without words for people."""
    if isinstance(value, dict):
        words = ("description", "example", "examples", "title")
        return {key: _plain(one) for key, one in value.items()
                if (not keys or key in keys) and (key not in words or isinstance(one, dict))}
    return [_plain(one) for one in value] if isinstance(value, list) else value


def main(folder: Path) -> None:
    """Write both files."""
    octokit = folder / "node_modules/@octokit"
    licences = {name: json.loads((octokit / name / "package.json").read_text()) for name in ("graphql-schema", "openapi")}
    schema = cut_schema((octokit / "graphql-schema/schema.graphql").read_text())
    of = licences["graphql-schema"]
    (HERE / "github_schema.graphql").write_text(f"# Cut out of @octokit/graphql-schema {of['version']} ({of['license']}) by github_api.py\n\n{schema}\n")
    openapi = cut_openapi(json.loads((octokit / "openapi/generated/api.github.com.json").read_text()))
    (HERE / "github_openapi.json").write_text(json.dumps(openapi, indent=1) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
