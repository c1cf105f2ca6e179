"""The part of the language of Logs Insights that `queries/` uses; anything else is refused, never ignored.

fields, display, filter, stats … by, sort, limit; comparisons, `like`, `in`, `and`, `or`, `not`, ispresent(); count,
count_distinct, sum, avg, min, max, pct, earliest, latest, bin(). Independent of MiniStack.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

type Record = dict[str, Any]
type Stage = Callable[[list[Record]], list[Record]]

_TOKEN = re.compile(
    r"""\s*(?:
    (?P<comment>\#[^\n]*)
  | (?P<text>'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")
  | (?P<pattern>/(?:\\.|[^/\\])+/i?)
  | (?P<number>-?\d+(?:\.\d+)?(?![\w.]))
  | (?P<name>[@A-Za-z_][\w.@]*|`[^`]+`)
  | (?P<span>\d+(?:ms|s|m|h|d)\b)
  | (?P<sign>!=|<=|>=|[=<>(),|*\[\]])
  | (?P<end>\Z)
)""",
    re.VERBOSE,
)
_SPANS_MS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


class MalformedQuery(Exception):
    """The embedded AWS cannot answer the query; the message names the first unsupported part."""


@dataclass(frozen=True)
class Token:
    """A word of a query: its kind, its text, and its value."""

    kind: str
    text: str
    value: Any


def tokens_of(query: str) -> list[Token]:
    """Split a query into its words.

    Raises:
        MalformedQuery: A part of the query is not a word.
    """
    tokens: list[Token] = []
    place = 0
    while not tokens or tokens[-1].kind != "end":
        match = _TOKEN.match(query, place)
        if match is None:
            raise MalformedQuery(f"unexpected {query[place : place + 20].strip()!r}")
        place = match.end()
        kind = match.lastgroup or ""
        if kind != "comment":
            tokens.append(Token(kind, match[kind], _value(kind, match[kind])))
    return tokens


def _value(kind: str, text: str) -> object:
    match kind:
        case "text":
            return re.sub(r"\\(.)", r"\1", text[1:-1])
        case "pattern":
            body, _, flags = text[1:].rpartition("/")
            return re.compile(body, re.IGNORECASE if flags else 0)
        case "number":
            return float(text)
        case "name":
            return text.strip("`")
        case "span":
            number, unit = re.fullmatch(r"(\d+)([a-z]+)", text).groups()  # type: ignore[union-attr] # as _TOKEN took it
            return int(number) * _SPANS_MS[unit]
        case _:
            return text


def as_number(value: object) -> float | None:
    """Return a value as a number; None if it is not numeric."""
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None


def compare(left: object, sign: str, right: object) -> bool:
    """Compare as numbers if both values are numeric, else as text; a missing value differs from every value."""
    if left is None:
        return sign == "!="
    one, other = as_number(left), as_number(right)
    pair: tuple[Any, Any] = (one, other) if one is not None and other is not None else (str(left), str(right))
    outcomes: dict[str, bool] = {
        "=": pair[0] == pair[1],
        "!=": pair[0] != pair[1],
        "<": pair[0] < pair[1],
        "<=": pair[0] <= pair[1],
        ">": pair[0] > pair[1],
        ">=": pair[0] >= pair[1],
    }
    return outcomes[sign]


def sort_key(value: object) -> tuple[int, float, str]:
    """Order missing values before numbers, and numbers before texts."""
    number = as_number(value)
    if value is None:
        return 0, 0.0, ""
    return (1, number, "") if number is not None else (2, 0.0, str(value))


def aggregate(name: str, values: Sequence[object], arguments: Sequence[float]) -> float | None:
    """Return an aggregate of values that are not missing, the newest first.

    Raises:
        MalformedQuery: The function is unknown or has the wrong arguments.
    """
    numbers = sorted(number for value in values if (number := as_number(value)) is not None)
    functions: dict[str, Callable[[], Any]] = {
        "count": lambda: len(values),
        "count_distinct": lambda: len({str(value) for value in values}),
        "latest": lambda: values[0] if values else None,
        "earliest": lambda: values[-1] if values else None,
        "sum": lambda: sum(numbers),
        "avg": lambda: sum(numbers) / len(numbers) if numbers else None,
        "min": lambda: numbers[0] if numbers else None,
        "max": lambda: numbers[-1] if numbers else None,
        # The nearest rank; AWS estimates.
        "pct": lambda: numbers[min(len(numbers) - 1, int(len(numbers) * arguments[0] / 100))] if numbers else None,
    }
    if name not in functions:
        raise MalformedQuery(f"{name}(): the embedded AWS has {', '.join(functions)}")
    if (name == "pct") != bool(arguments):
        raise MalformedQuery(f"{name}(): expected {'a field and a percentile' if name == 'pct' else 'only a field'}")
    return functions[name]()  # type: ignore[no-any-return] # latest and earliest return what they find
