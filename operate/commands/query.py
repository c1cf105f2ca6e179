"""The command `query`: run a query of `queries/`, or list the queries."""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from operate.command import Command
from operate.deployed.log_insights import LAST, run_logs
from operate.deployed.partiql import ROWS_AT_MOST, run_partiql
from operate.deployed.query_file import QueryFile, read_queries
from operate.errors import OperateError, UsageError
from operate.target import Target

_LAST_DEFAULT = "1h"
# The width of the output in a file or a pipe.
_WIDTH = 240


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", help="a file in queries/, without its suffix; without a name, list them")
    parser.add_argument("parameters", nargs="*", metavar="parameter=value")
    parser.add_argument("--json", action="store_true", help="print each row as a JSON object")


def _run(arguments: argparse.Namespace, target: Target) -> bool:
    queries = {name: _with_time(query) for name, query in read_queries().items()}
    if arguments.name is None:
        _list(queries)
        return True
    if arguments.name not in queries:
        raise UsageError(f"There is no query {arguments.name!r}. The queries are: {', '.join(queries)}.")
    query = queries[arguments.name]
    run = run_logs if query.language == "logs" else run_partiql
    rows = run(query, query.arguments(_pairs(arguments.parameters)), target)
    if query.language == "partiql" and len(rows) > ROWS_AT_MOST:
        rows = rows[:ROWS_AT_MOST]
        sys.stderr.write(f"Only the first {ROWS_AT_MOST:,} rows are shown. Narrow the query to see the others.\n")
    _print(rows, as_json=arguments.json)
    return True


COMMAND = Command(
    name="query",
    help="run a query of queries/ on the tables or the logs; without a name, list the queries",
    add_arguments=_add_arguments,
    run=_run,
)


def _with_time(query: QueryFile) -> QueryFile:
    if query.language != "logs":
        return query
    return query.model_copy(update={"parameters": {LAST: _LAST_DEFAULT, **query.parameters}})


def _pairs(words: Sequence[str]) -> dict[str, str]:
    for word in words:
        if "=" not in word:
            raise OperateError(f"expected parameter=value, found {word!r}.")
    return dict(word.split("=", 1) for word in words)


def _list(queries: Mapping[str, QueryFile]) -> None:
    rows = [
        {
            "query": query.name,
            "description": query.description,
            "parameters": " ".join(f"{name}={value or '…'}" for name, value in query.parameters.items()),
        }
        for query in queries.values()
    ]
    _print(rows, as_json=False)


def _print(rows: Sequence[Mapping[str, Any]], *, as_json: bool) -> None:
    if as_json:
        for row in rows:
            sys.stdout.write(f"{json.dumps(row, default=_plain, ensure_ascii=False)}\n")
        return
    if not rows:
        sys.stdout.write("No rows found.\n")
        return
    names = list(dict.fromkeys(name for row in rows for name in row))
    table = Table(*names, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        # Text protects values that look like Rich's markup.
        table.add_row(*(Text(_shown(row.get(name, ""))) for name in names))
    console = Console(markup=False, highlight=False)
    if not console.is_terminal:
        console.width = _WIDTH
    console.print(table)


def _shown(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, default=_plain, ensure_ascii=False)
    # A control character in a log line must not reach the terminal.
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _plain(value: object) -> object:
    """Convert a type of DynamoDB to JSON."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return sorted(value) if isinstance(value, set) else str(value)
