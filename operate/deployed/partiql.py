"""PartiQL statements: parameters are bound, never inserted as text, and only a query that allows it may scan.

A literal with `{name}` becomes a parameter of the statement; `{name:lower}` is its value in lower case. The name of a
table is the name of its service. Statements are separated by `;`. A statement can use, as parameters, the columns of
the first row of the statement before it.
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
    """A statement with `?` for each parameter, as DynamoDB expects it."""

    text: str
    parameters: tuple[str, ...]


def run_partiql(query: QueryFile, arguments: Mapping[str, str], target: Target) -> list[Row]:
    """Run the statements of a query; return the rows of the last one. Reading ends after more than `ROWS_AT_MOST`.

    Raises:
        OperateError: A statement is not a SELECT, would scan a table, or names a service that does not exist.
    """
    known, rows = dict(arguments), list[Row]()
    for number, text in enumerate(statements(query.text)):
        if number and not rows:
            return []
        known |= {name: str(value) for name, value in (rows[0] if rows else {}).items()}
        rows = _execute(bound(text, known, target, may_scan=query.scan, name=query.name), target)
    return rows


def statements(text: str) -> list[str]:
    """Split a text into its statements."""
    # A semicolon in a literal does not separate statements.
    literals = _LITERAL.findall(text)
    parts = _LITERAL.sub("\0", text).split(";")
    waiting = iter(literals)
    whole = [re.sub("\0", lambda _: next(waiting), part) for part in parts]
    return [part for part in whole if part.strip()]


def bound(text: str, values: Mapping[str, str], target: Target, *, may_scan: bool, name: str) -> Statement:
    """Return a statement on the tables of an environment, with its parameters.

    Raises:
        OperateError: See `run_partiql`.
    """
    found = _FROM.search(text)
    if not re.match(r"\s*SELECT\b", text, re.IGNORECASE) or found is None:
        raise OperateError(f"{name}: expected SELECT, and FROM with the name of a service in double quotes.")
    service = found["service"].format_map(values)
    table = target.manifest(service).table
    if table is None:
        raise OperateError(f"{name}: {service} has no table.")
    key = _keys_of(table, found["index"], name).partition_key
    if not may_scan and not _has_key(text, key):
        raise OperateError(
            f"{name}: this would read the whole table: WHERE must contain {key} = … and no OR. To allow it, add"
            " `-- scan = true` to the head of the file."
        )
    parameters = tuple(
        _formatted(literal[1:-1].replace("''", "'"), values) for literal in _LITERAL.findall(text) if "{" in literal
    )
    questions = _LITERAL.sub(lambda literal: "?" if "{" in literal[0] else literal[0], text)
    on_table = _FROM.sub(
        # Safe without a parameter: both names exist in the manifests.
        lambda source: f'FROM "{target.name_of(service)}"' + (f'."{source["index"]}"' if source["index"] else ""),
        questions,
    )
    return Statement(" ".join(on_table.split()), parameters)


def _keys_of(table: Table, index: str | None, name: str) -> Table | Index:
    if index is None:
        return table
    for each in table.indexes:
        if each.name == index:
            return each
    raise OperateError(f"{name}: the table has no index {index!r}.")


def _has_key(text: str, key: str) -> bool:
    """Return True if the condition requires given values of the partition key; every other statement scans.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.select.html
    """
    where = _WHERE.search(_LITERAL.sub("''", text))
    if where is None or re.search(r"\b(OR|NOT)\b", where["condition"], re.IGNORECASE):
        return False
    return re.search(rf'(?<![\w."])("{key}"|{key})\s*(=|\bIN\b)', where["condition"], re.IGNORECASE) is not None


def _formatted(literal: str, values: Mapping[str, str]) -> str:
    def value(match: re.Match[str]) -> str:
        if match["name"] not in values:
            raise OperateError(f"There is no parameter or column {{{match['name']}}}.")
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
