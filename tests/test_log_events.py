"""Each event that the code can log is documented with its remedy, and nothing else is."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from chat_tasks.log import json_lines

ROOT = Path(__file__).parents[1]
LEVELS = {"debug", "info", "warning", "error", "critical", "exception"}
SOURCES = sorted(path for package in ("bridge", "chat_tasks", "console") for path in (ROOT / package).rglob("*.py"))


def log_calls(tree: ast.AST) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in LEVELS:
            owner = node.func.value
            name = owner.attr if isinstance(owner, ast.Attribute) else owner.id if isinstance(owner, ast.Name) else ""
            if name in {"logger", "_logger"}:
                yield node


def event_of(call: ast.Call) -> ast.expr | None:
    """The expression of the event in `extra`."""
    for keyword in call.keywords:
        if keyword.arg == "extra" and isinstance(keyword.value, ast.Dict):
            for key, value in zip(keyword.value.keys, keyword.value.values, strict=True):
                if isinstance(key, ast.Constant) and key.value == "event":
                    return value
    return None


def texts(node: ast.AST) -> set[str]:
    """The texts that the expression can be."""
    match node:
        case ast.Constant(value=str() as text):
            return {text}
        case ast.IfExp(body=body, orelse=orelse):
            return texts(body) | texts(orelse)
    return set()


def events() -> set[str]:
    """Every event in the code: in `extra`, of a `HeldBackLine`, and of records that a filter changes."""
    found = {json_lines._NO_EVENT}
    for path in SOURCES:
        tree = ast.parse(path.read_text())
        for call in log_calls(tree):
            event = event_of(call)
            assert event is not None, f"{path}, line {call.lineno}: no event"
            found |= texts(event)
        for node in ast.walk(tree):
            match node:
                case ast.Call(func=ast.Name(id="HeldBackLine"), args=[first, *_]):
                    found |= texts(first)
                case ast.Assign(targets=[ast.Attribute(attr="event")], value=value):
                    found |= texts(value)
                case ast.Assign(
                    targets=[ast.Tuple(elts=[ast.Attribute(attr="event"), *_])], value=ast.Tuple(elts=all_)
                ):
                    found |= texts(all_[0])
    return found


def documented() -> set[str]:
    return set(re.findall(r"^\| `([a-z_]+)` \|", (ROOT / "docs" / "log-events.md").read_text(), flags=re.MULTILINE))


def test_every_event_of_the_code_is_documented_and_every_documented_event_exists() -> None:
    assert events() == documented()
    assert len(documented()) > 40
