"""Finds the changes of a contract that break consumers of the published version.

A change is compatible if every event of the new contract is readable under the published one. Consumers ignore unknown
members: `additionalProperties: false` binds publishers, not consumers. So a change may add members and narrow values.
It may not remove members, make them optional, or widen values. docs/decisions/0008 has the reasons.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from jsonschema import Draft202012Validator

from tools.contracts.keywords import Schema, without_annotations

AT_LEAST = ("minLength", "minimum", "exclusiveMinimum", "minItems")
AT_MOST = ("maxLength", "maximum", "exclusiveMaximum", "maxItems")
# This check cannot decide if one regular expression is narrower than another.
THE_SAME = ("pattern", "format", "multipleOf", "uniqueItems")
UNDERSTOOD = frozenset(
    {
        *("type", "const", "enum", "properties", "required", "additionalProperties", "items"),
        *AT_LEAST,
        *AT_MOST,
        *THE_SAME,
    }
)
SCALARS = frozenset({"string", "integer", "number", "boolean", "null"})


class Break(NamedTuple):
    """A change that a consumer of the published contract may be unable to read.

    Attributes:
        field: The place in the event, as a JSON pointer; `*` is every item, or every unnamed member.
        reason: The change.
    """

    field: str
    reason: str


def breaks(published: Schema, new: Schema, field: str = "") -> Iterator[Break]:
    """Compare two schemas without `$ref`; a compatible change yields nothing."""
    old, now = without_annotations(published), without_annotations(new)
    if is_same(old, now) or now is False or old is True:
        return
    if old is False:
        yield Break(field, "nothing was allowed here, and now something is")
        return
    now = {} if now is True else now
    values = _values(now)
    if values is not None:
        yield from _breaks_of_values(old, values, field)
        return
    unknown = sorted((old.keys() | now.keys()) - UNDERSTOOD)
    if unknown:
        yield Break(field, f"a change beside {', '.join(unknown)} cannot be judged")
        return
    for compare in (_type, _values_lost, _bounds, _exact, _items, _members):
        yield from compare(old, now, field)


def is_same(one: Schema, other: Schema) -> bool:
    """Compare as JSON, in which 1 and true differ."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def _values(schema: dict[str, Any]) -> list[Any] | None:
    """Return the values that a schema lists, or None."""
    listed = [schema["const"]] if "const" in schema else schema.get("enum")
    if listed is None:
        return None
    return [value for value in listed if _validator(schema).is_valid(value)]


def _validator(schema: dict[str, Any]) -> Draft202012Validator:
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


def _breaks_of_values(old: dict[str, Any], values: list[Any], field: str) -> Iterator[Break]:
    new = [json.dumps(value) for value in values if not _validator(old).is_valid(value)]
    if new:
        yield Break(field, f"{', '.join(new)} was not allowed, and now is")


def _types(schema: dict[str, Any]) -> set[str]:
    named = schema.get("type", [*SCALARS, "object", "array"])
    types = {named} if isinstance(named, str) else set(named)
    return types | {"integer"} if "number" in types else types


def _type(old: dict[str, Any], now: dict[str, Any], field: str) -> Iterator[Break]:
    wider = _types(now) - _types(old)
    if wider:
        yield Break(
            field, f"the type was {' or '.join(sorted(_types(old)))}, and now may be {', '.join(sorted(wider))}"
        )


def _values_lost(old: dict[str, Any], _now: dict[str, Any], field: str) -> Iterator[Break]:
    for keyword in old.keys() & {"const", "enum"}:
        yield Break(field, f"{keyword} was {json.dumps(old[keyword])}, and now other values are allowed")


def _bounds(old: dict[str, Any], now: dict[str, Any], field: str) -> Iterator[Break]:
    for keywords, tighter in ((AT_LEAST, max), (AT_MOST, min)):
        for keyword in keywords:
            yield from _bound(keyword, tighter, old, now, field)


def _bound(
    keyword: str, tighter: Callable[[Any, Any], Any], old: dict[str, Any], now: dict[str, Any], field: str
) -> Iterator[Break]:
    if keyword in old and (keyword not in now or tighter(now[keyword], old[keyword]) != now[keyword]):
        yield Break(field, f"{keyword} was {old[keyword]}, and now is {now.get(keyword, 'gone')}")


def _exact(old: dict[str, Any], now: dict[str, Any], field: str) -> Iterator[Break]:
    for keyword in THE_SAME:
        if old.get(keyword, False) is not False and old[keyword] != now.get(keyword):
            yield Break(field, f"{keyword} was {json.dumps(old[keyword])}, and now is {json.dumps(now.get(keyword))}")


def _items(old: dict[str, Any], now: dict[str, Any], field: str) -> Iterator[Break]:
    before, after = old.get("items", True), now.get("items", True)
    yield from breaks(before, after, f"{field}/*")
    # Items that differ only in a new member are equal for a consumer that does not know the member.
    if old.get("uniqueItems") and not is_same(before, after) and not _is_scalar(after):
        yield Break(f"{field}/*", "a change of items beside uniqueItems cannot be judged")


def _is_scalar(schema: Schema) -> bool:
    if isinstance(schema, bool):
        return not schema
    values = _values(schema)
    return _types(schema) <= SCALARS if values is None else all(not isinstance(value, (dict, list)) for value in values)


def _members(old: dict[str, Any], now: dict[str, Any], field: str) -> Iterator[Break]:
    before, after = old.get("properties", {}), now.get("properties", {})
    removed = {name for name, schema in before.items() if after.get(name, False) is False and schema is not False}
    for name in sorted(removed):
        yield Break(_member(field, name), "it was removed")
    for name in sorted({*old.get("required", [])} - {*now.get("required", [])} - removed):
        yield Break(_member(field, name), "it was always there, and now may be missing")
    for name in sorted(before.keys() & after.keys() - removed):
        yield from breaks(before[name], after[name], _member(field, name))
    unnamed = old.get("additionalProperties", True)
    if isinstance(unnamed, dict):
        for name in sorted(after.keys() - before.keys()):
            yield from breaks(unnamed, after[name], _member(field, name))
        yield from breaks(unnamed, now.get("additionalProperties", True), f"{field}/*")


def _member(field: str, name: str) -> str:
    return f"{field}/{name.replace('~', '~0').replace('/', '~1')}"
