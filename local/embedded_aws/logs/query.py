"""A query of Logs Insights, parsed into stages that transform records; `query_language` has the language."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from local.embedded_aws.logs.query_language import (
    MalformedQuery,
    Record,
    Stage,
    Token,
    aggregate,
    as_number,
    compare,
    sort_key,
    tokens_of,
)

# The defaults of a query: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Limit.html
LIMIT = 10_000
DEFAULT_FIELDS = ("@timestamp", "@message")
# The time of a record, in milliseconds since 1970; not shown.
TIME_MS = "_time_ms"

type Condition = Callable[[Record], bool]


@dataclass
class Query:
    """The stages of a query, in order, and the fields that it shows."""

    stages: list[Stage]
    shown: tuple[str, ...]
    limit: int = LIMIT

    def answer(self, records: list[Record]) -> list[dict[str, str]]:
        """Return the rows, without the fields that a row lacks."""
        # The newest first, unless the query sorts; sorting is stable.
        found = sorted(records, key=lambda record: record[TIME_MS], reverse=True)
        for stage in self.stages:
            found = stage(found)
        names = self.shown
        return [{name: _text(row[name]) for name in names if row.get(name) is not None} for row in found[: self.limit]]


def parse(query: str) -> Query:
    """Parse a query.

    Raises:
        MalformedQuery: The text is not a query, or uses syntax that the embedded AWS lacks.
    """
    return _Parser(tokens_of(query)).query()


class _Parser:
    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._place = 0
        self._query = Query([], DEFAULT_FIELDS)

    def query(self) -> Query:
        commands = {
            "fields": self._fields,
            "display": self._fields,
            "filter": self._filter,
            "stats": self._stats,
            "sort": self._sort,
            "limit": self._limit,
        }
        while True:
            command = self._next("name").text.lower()
            if command not in commands:
                raise MalformedQuery(f"{command}: the embedded AWS has {', '.join(commands)}")
            commands[command]()
            if self._at("end"):
                return self._query
            self._take("|")

    def _fields(self) -> None:
        pairs = self._listed(lambda: (name := self._next("name").value, self._alias(name)))

        def stage(records: list[Record]) -> list[Record]:
            return [record | {alias: record.get(name) for name, alias in pairs} for record in records]

        self._query.stages.append(stage)
        self._query.shown = tuple(alias for _, alias in pairs)

    def _filter(self) -> None:
        condition = self._any()
        self._query.stages.append(lambda records: [record for record in records if condition(record)])

    def _stats(self) -> None:
        aggregates = self._listed(self._aggregate)
        keys = self._listed(self._key) if self._accept("by") else []

        def stage(records: list[Record]) -> list[Record]:
            groups: dict[tuple[Any, ...], list[Record]] = {} if keys else {(): []}
            for record in records:
                groups.setdefault(tuple(of(record) for _, of in keys), []).append(record)
            names = [name for name, _ in keys]
            return [
                dict(zip(names, key, strict=True)) | {name: of(group) for name, of in aggregates}
                for key, group in groups.items()
            ]

        self._query.stages.append(stage)
        self._query.shown = tuple(name for name, _ in (*keys, *aggregates))

    def _sort(self) -> None:
        orders = self._listed(lambda: (self._next("name").value, self._descends()))

        def stage(records: list[Record]) -> list[Record]:
            # The last order first: sorting is stable.
            ordered = list(records)
            for name, descends in reversed(orders):
                by: Callable[[Record], Any] = partial(_sort_key_of, name)
                ordered.sort(key=by, reverse=descends)
            return ordered

        self._query.stages.append(stage)

    def _limit(self) -> None:
        self._query.limit = min(LIMIT, int(self._next("number").value))

    def _aggregate(self) -> tuple[str, Callable[[list[Record]], object]]:
        function = self._next("name").text.lower()
        self._take("(")
        field = None if self._accept("*") else self._next("name").value
        arguments = []
        while self._accept(","):
            arguments.append(self._next("number").value)
        self._take(")")
        written = ", ".join([field or "*", *(f"{argument:g}" for argument in arguments)])
        name = self._alias(f"{function}({written})")
        # Refuse an unknown function now, even if there are no records.
        aggregate(function, [], arguments)

        def of(records: list[Record]) -> object:
            newest_first = sorted(records, key=lambda record: record[TIME_MS], reverse=True)
            values = [record.get(field) for record in newest_first] if field else newest_first
            return aggregate(function, [value for value in values if value is not None], arguments)

        return name, of

    def _key(self) -> tuple[str, Callable[[Record], object]]:
        name = self._next("name").value
        if name != "bin":
            return self._alias(name), lambda record: record.get(name)
        self._take("(")
        span = self._next("span")
        self._take(")")
        alias = self._alias(f"bin({span.text})")
        return alias, lambda record: _timestamp(record[TIME_MS] // span.value * span.value)

    def _any(self) -> Condition:
        conditions = [self._all()]
        while self._accept("or"):
            conditions.append(self._all())
        return lambda record: any(condition(record) for condition in conditions)

    def _all(self) -> Condition:
        conditions = [self._one()]
        while self._accept("and"):
            conditions.append(self._one())
        return lambda record: all(condition(record) for condition in conditions)

    def _one(self) -> Condition:
        if self._accept("not"):
            negated = self._one()
            return lambda record: not negated(record)
        if self._accept("("):
            inner = self._any()
            self._take(")")
            return inner
        name = self._next("name").value
        if name == "ispresent":
            self._take("(")
            field = self._next("name").value
            self._take(")")
            return lambda record: record.get(field) is not None
        return self._comparison(name)

    def _comparison(self, name: str) -> Condition:
        if self._accept("not"):
            negated = self._comparison(name)
            return lambda record: not negated(record)
        if self._accept("like"):
            wanted = self._next("pattern", "text").value
            if isinstance(wanted, str):
                return lambda record: wanted in str(record.get(name, ""))
            return lambda record: wanted.search(str(record.get(name, ""))) is not None
        if self._accept("in"):
            self._take("[")
            values = self._listed(lambda: self._next("text", "number").value)
            self._take("]")
            return lambda record: any(compare(record.get(name), "=", value) for value in values)
        sign = self._next("sign").text
        if sign not in {"=", "!=", "<", "<=", ">", ">="}:
            raise MalformedQuery(f"unexpected {sign!r} after {name}")
        value = self._next("text", "number").value
        return lambda record: compare(record.get(name), sign, value)

    def _alias(self, name: str) -> str:
        return str(self._next("name").value) if self._accept("as") else name

    def _descends(self) -> bool:
        return self._accept("desc") or (self._accept("asc") and False)

    def _listed[Part](self, part: Callable[[], Part]) -> list[Part]:
        parts = [part()]
        while self._accept(","):
            parts.append(part())
        return parts

    def _at(self, kind: str) -> bool:
        return self._tokens[self._place].kind == kind

    def _accept(self, text: str) -> bool:
        token = self._tokens[self._place]
        found = token.kind in {"name", "sign"} and token.text.lower() == text
        self._place += found
        return found

    def _take(self, text: str) -> None:
        if not self._accept(text):
            raise MalformedQuery(f"expected {text!r}, found {self._tokens[self._place].text!r}")

    def _next(self, *kinds: str) -> Token:
        token = self._tokens[self._place]
        if token.kind not in kinds:
            raise MalformedQuery(f"expected a {' or a '.join(kinds)}, found {token.text!r}")
        self._place += 1
        return token


def _sort_key_of(name: str, record: Record) -> tuple[int, float, str]:
    return sort_key(record.get(name))


def _timestamp(time_ms: int) -> str:
    return f"{datetime.fromtimestamp(time_ms / 1000, UTC):%Y-%m-%d %H:%M:%S}.{time_ms % 1000:03d}"


def _text(value: object) -> str:
    number = as_number(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool) and number is not None:
        return f"{number:.4f}".rstrip("0").rstrip(".")
    return str(value).lower() if isinstance(value, bool) else str(value)
