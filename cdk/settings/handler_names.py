"""Find the handler that a manifest names in the source of its module, without importing it."""

import ast
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path


def missing_from(module: Path, name: str) -> str | None:
    """Return None if a module defines a name at its top level, otherwise the found names or the nearest one.

    A module that is not well-formed, or that imports every name of another one, may define any name.
    """
    try:
        names = set(_names(ast.parse(module.read_bytes()).body))
    except SyntaxError:
        # The bundler and the linter report it with its line.
        return None
    if name in names or "*" in names:
        return None
    near = get_close_matches(name, names, n=1)
    return f"found {name!r}; did you mean {near[0]!r}?" if near else f"which does not define {name!r}"


def _names(body: list[ast.stmt]) -> Iterator[str]:
    for statement in body:
        match statement:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield statement.name
            case ast.Import() | ast.ImportFrom():
                yield from (alias.asname or alias.name.partition(".")[0] for alias in statement.names)
            case _:
                # Assignments of every form, also below `if`, `try` and `with`.
                yield from (
                    node.id
                    for node in ast.walk(statement)
                    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
                )
                yield from _names([node for node in ast.iter_child_nodes(statement) if isinstance(node, ast.stmt)])
