"""Statements of PartiQL: parameters bound, never pasted; no scan by accident; and their answers.

A literal that holds `{name}` becomes a parameter of the statement. `{name:lower}` is its value in lower case. A table
is called by its service. Of several statements, parted by `;`, a later one may use the columns of the first row before.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.select.html
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from boto3.dynamodb.types import TypeDeserializer

from cdk.settings.manifest import Index, Table
from operate.deployed.query_file import QueryFile
from operate.errors import OperateError
from operate.target import Target

ROWS_AT_MOST = 1000

type Row = dict[str, Any]

_LITERAL = re.compile(r"'(?:[^']|'')*'")
_FROM = re.compile(r'\bFROM\s+"(?P<service>[^"]+)"(?:\."(?P<index>[^"]+)")?', re.IGNORECASE)
_WHERE = re.compile(r"\bWHERE\b(?P<condition>.*?)(?:\bORDER\s+BY\b.*)?\Z", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class Statement:
    """A statement as DynamoDB takes it: `?` for each of its parameters."""

    text: str
    parameters: tuple[str, ...]


def run_partiql(query: QueryFile, arguments: Mapping[str, str], target: Target) -> list[Row]:
    """Run the statements of a query; return the rows of the last one: more than `ROWS_AT_MOST` say that it has others.

    Raises:
        OperateError: It is no SELECT, would scan a table, or is of a service that is not there.
    """
    known, rows = dict(arguments), list[Row]()
    for number, text in enumerate(statements(query.text)):
        if number and not rows:
            return []
        known |= {name: str(value) for name, value in (rows[0] if rows else {}).items()}
        rows = _execute(bound(text, known, target, may_scan=query.scan, name=query.name), target)
    return rows


def statements(text: str) -> list[str]:
    """Part a text into its statements."""
    # A semicolon within a literal parts nothing.
    literals = _LITERAL.findall(text)
    parts = _LITERAL.sub("\0", text).split(";")
    waiting = iter(literals)
    whole = [re.sub("\0", lambda _: next(waiting), part) for part in parts]
    return [part for part in whole if part.strip()]


def bound(text: str, values: Mapping[str, str], target: Target, *, may_scan: bool, name: str) -> Statement:
    """Return a statement with its parameters, on the tables of an environment.

    Raises:
        OperateError: See `run_partiql`.
    """
    found = _FROM.search(text)
    if not re.match(r"\s*SELECT\b", text, re.IGNORECASE) or found is None:
        raise OperateError(f"{name}: expected to read, and to name the service that it reads of in double quotes.")
    service = found["service"].format_map(values)
    table = target.manifest(service).table
    if table is None:
        raise OperateError(f"{name}: {service} has no table.")
    key = _part(table, found["index"], name).partition_key
    if not may_scan and not _has_key(text, key):
        raise OperateError(
            f"{name}: it would read the whole table: WHERE must have {key} = … and no OR. If that is meant, "
            "write `-- scan = true` into its head."
        )
    parameters = tuple(
        _formatted(literal[1:-1].replace("''", "'"), values) for literal in _LITERAL.findall(text) if "{" in literal
    )
    questions = _LITERAL.sub(lambda literal: "?" if "{" in literal[0] else literal[0], text)
    on_table = _FROM.sub(
        # Names of the manifests, and DynamoDB knows no statement within a statement.
        lambda source: f'FROM "{target.name_of(service)}"' + (f'."{source["index"]}"' if source["index"] else ""),
        questions,
    )
    return Statement(" ".join(on_table.split()), parameters)


def _part(table: Table, index: str | None, name: str) -> Table | Index:
    if index is None:
        return table
    for each in table.indexes:
        if each.name == index:
            return each
    raise OperateError(f"{name}: the table has no index {index!r}.")


def _has_key(text: str, key: str) -> bool:
    """Tell whether a condition holds an equality of the key that every row must meet.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.select.html: everything else scans.
    """
    where = _WHERE.search(_LITERAL.sub("''", text))
    if where is None or re.search(r"\b(OR|NOT)\b", where["condition"], re.IGNORECASE):
        return False
    return re.search(rf'(?<![\w."])("{key}"|{key})\s*(=|\bIN\b)', where["condition"], re.IGNORECASE) is not None


def _formatted(literal: str, values: Mapping[str, str]) -> str:
    def value(match: re.Match[str]) -> str:
        if match["name"] not in values:
            raise OperateError(f"Nothing is known of {{{match['name']}}}.")
        text = values[match["name"]]
        return text.casefold() if match["form"] == "lower" else text

    return re.sub(r"\{(?P<name>\w+)(?::(?P<form>\w+))?\}", value, literal)


def _execute(statement: Statement, target: Target) -> list[Row]:
    client, rows, more = target.client("dynamodb"), list[Row](), dict[str, str]()
    parameters = [{"S": value} for value in statement.parameters]
    read = TypeDeserializer().deserialize
    while True:
        answer = client.execute_statement(
            Statement=statement.text, **({"Parameters": parameters} if parameters else {}), **more
        )
        rows += [{name: read(value) for name, value in item.items()} for item in answer["Items"]]
        if "NextToken" not in answer or len(rows) > ROWS_AT_MOST:
            return rows
        more = {"NextToken": answer["NextToken"]}
