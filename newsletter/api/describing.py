"""An OpenAPI schema, as a page tells it.  Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Node = Mapping[str, Any]
METHODS = ("get", "post")


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter, or a field of a shape."""

    name: str
    type: str  # in words
    shape: str  # the shape that it is made of, if it is one of ours
    about: str
    is_required: bool = True
    default: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """What may be answered."""

    status: str
    about: str
    shape: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one address."""

    id: str
    method: str
    path: str
    title: str
    about: str
    parameters: list[Field]
    body: str  # the shape of what is sent; empty if nothing is
    replies: list[Reply]
    call: str  # as one types it
    example: str  # of what is answered, as JSON


@dataclass(frozen=True, slots=True)
class Shape:
    """An object that is sent or answered."""

    name: str
    about: str
    fields: list[Field]


def operations(schema: Node, *, root: str) -> list[Operation]:
    """Return what can be asked, in the order of the schema.

    Args:
        root: the address of the site, for examples.
    """
    return [
        _operation(schema, path, method, details, root)
        for path, methods in schema["paths"].items()
        for method, details in methods.items()
        if method in METHODS
    ]


def shapes(schema: Node) -> list[Shape]:
    """Return the objects that are sent or answered, and what those are made of, by name."""
    named = schema["components"]["schemas"]
    found: dict[str, Shape] = {}
    waiting = [name for each in operations(schema, root="") for name in _used(each)]
    while waiting:
        name = waiting.pop()
        if name and name not in found:
            fields = list(_fields(named[name]))
            found[name] = Shape(name, named[name].get("description", ""), fields)
            waiting += [field.shape for field in fields]
    return [found[name] for name in sorted(found)]


def example(schema: Node, node: Node) -> Any:
    """Return a value that `node` describes, made of the examples in it."""
    node = _resolved(schema, node)
    if node.get("examples"):
        return node["examples"][0]
    if "properties" in node:
        return {name: example(schema, each) for name, each in node["properties"].items()}
    if node.get("type") == "array":
        return [example(schema, node["items"])]
    return node.get("default", {"string": "", "integer": 0, "number": 0}.get(node.get("type", "")))


def _operation(schema: Node, path: str, method: str, details: Node, root: str) -> Operation:
    parameters = details.get("parameters", [])
    body = _content(details.get("requestBody", {}))
    replies = details["responses"]
    good = next(status for status in replies if int(status) < 300)
    return Operation(
        id=details["operationId"],
        method=method.upper(),
        path=path,
        title=details["summary"],
        about=details.get("description", ""),
        parameters=[_parameter(each) for each in parameters],
        body=_shape(body),
        replies=[_reply(str(status), each) for status, each in replies.items()],
        call=_call(schema, path, parameters, body, root),
        example=_json(example(schema, _content(replies[good]))),
    )


def _used(operation: Operation) -> list[str]:
    return [operation.body, *(reply.shape for reply in operation.replies)]


def _parameter(node: Node) -> Field:
    is_required = node["required"]
    about = node.get("description", "")
    return _field(node["name"], {**node["schema"], "description": about}, is_required=is_required)


def _fields(node: Node) -> Iterator[Field]:
    required = node.get("required", [])
    for name, each in node["properties"].items():
        yield _field(name, each, is_required=name in required)


def _field(name: str, node: Node, *, is_required: bool) -> Field:
    default = node.get("default")
    shown = "" if default in (None, []) else str(default)
    about = node.get("description", "")
    return Field(name, _type(node), _shape(node), about, is_required, shown)


def _type(node: Node) -> str:
    """ "string", "date", "array of string", "integer or null"."""
    if "$ref" in node:
        return _shape(node)
    if "anyOf" in node:
        return " or ".join(_type(each) for each in node["anyOf"])
    if node.get("type") == "array":
        return f"array of {_type(node['items'])}"
    if "enum" in node:
        return " or ".join(f'"{each}"' for each in node["enum"])
    return str(node.get("format") or node.get("type", "object"))


def _shape(node: Node) -> str:
    """The name of the object that it refers to, wherever that is in it; empty if none."""
    if "$ref" in node:
        return str(node["$ref"]).rpartition("/")[2]
    inner = [node["items"]] if "items" in node else node.get("anyOf", node.get("allOf", []))
    return next(filter(None, map(_shape, inner)), "")


def _reply(status: str, node: Node) -> Reply:
    return Reply(status, node.get("description", ""), _shape(_content(node)))


def _content(node: Node) -> Node:
    found: Node = node.get("content", {}).get("application/json", {}).get("schema", {})
    return found


def _call(schema: Node, path: str, parameters: list[Node], body: Node, root: str) -> str:
    for each in parameters:
        if each["in"] == "path":
            path = path.replace(f"{{{each['name']}}}", str(each.get("examples", ["x"])[0]))
    if not body:
        return f"curl {root}{path}"
    sent = json.dumps(example(schema, body), ensure_ascii=False)
    return (
        f"curl {root}{path} \\\n  -H 'Authorization: Bearer KEY' \\\n"
        f"  -H 'Content-Type: application/json' \\\n  -d '{sent}'"
    )


def _resolved(schema: Node, node: Node) -> Node:
    if "$ref" in node:
        found: Node = schema["components"]["schemas"][_shape(node)]
        return found
    options = [each for each in node.get("anyOf", []) if each.get("type") != "null"]
    return {**node, **options[0]} if options and "examples" not in node else node


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
