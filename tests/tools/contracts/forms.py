"""Hypothesis strategies: schemas, changes of schemas, and events that fit them."""

from typing import Any

from hypothesis import strategies as st

from tools.contracts.keywords import Schema

NAMES = ("a", "b", "c")
NUMBERS = st.integers(0, 3)
VALUES = (0, 1, 2, 1.5, True, False, None, "", "a", "aa", "aaaa")


def optional(**keywords: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=keywords)


SCALARS: st.SearchStrategy[Schema] = st.one_of(
    optional(minimum=NUMBERS, maximum=NUMBERS).map(lambda bounds: {"type": "integer"} | bounds),
    optional(minLength=NUMBERS, maxLength=NUMBERS).map(lambda bounds: {"type": "string"} | bounds),
    st.sampled_from([{"type": ["boolean", "number"]}, {"type": "number"}, {"const": 1}, {"const": True}, True, False]),
    st.lists(st.sampled_from(VALUES), min_size=1, max_size=3).map(lambda values: {"enum": values}),
)


def objects(members: st.SearchStrategy[Schema]) -> st.SearchStrategy[Schema]:
    properties = st.dictionaries(st.sampled_from(NAMES), members, max_size=3)
    rest = optional(additionalProperties=st.just(value=False) | members)
    required = st.sets(st.sampled_from(NAMES))

    def made(parts: tuple[dict[str, Schema], dict[str, Any], set[str]]) -> Schema:
        named, others, always = parts
        return {"type": "object", "properties": named, "required": sorted(always & {*named})} | others

    return st.tuples(properties, rest, required).map(made)


def arrays(items: st.SearchStrategy[Schema]) -> st.SearchStrategy[Schema]:
    rest = optional(items=items, uniqueItems=st.booleans(), minItems=NUMBERS, maxItems=NUMBERS)
    return rest.map(lambda keywords: {"type": "array"} | keywords)


SCHEMAS: st.SearchStrategy[Schema] = st.recursive(SCALARS, lambda inner: objects(inner) | arrays(inner), max_leaves=6)


@st.composite
def next_forms(draw: st.DrawFn, old: Schema) -> Schema:
    """A change of a schema: each keyword is kept, taken from another schema, or dropped."""
    third = draw(SCHEMAS)
    if not isinstance(old, dict) or not isinstance(third, dict) or old.get("type") != third.get("type"):
        kept: Schema = draw(st.sampled_from([old, old, third]))
        return kept
    new: dict[str, Any] = {}
    for keyword in sorted(old.keys() | third.keys()):
        sources = [schema[keyword] for schema in (old, third) if keyword in schema]
        if keyword == "properties":
            new[keyword] = sources[1] | {name: draw(next_forms(schema)) for name, schema in sources[0].items()}
        elif keyword == "items" and keyword in old:
            new[keyword] = draw(next_forms(old[keyword]))
        elif draw(st.integers(0, 4)):
            new[keyword] = draw(st.sampled_from(sources))
    return new


@st.composite
def events(draw: st.DrawFn, schema: Schema) -> Any:
    """An event that usually fits a schema; bounds may exclude each other, so tests filter the events."""
    keywords: dict[str, Any] = schema if isinstance(schema, dict) else {}
    made: st.SearchStrategy[Any] = st.sampled_from(VALUES)
    match keywords:
        case {"const": value}:
            made = st.just(value)
        case {"enum": values}:
            made = st.sampled_from(values)
        case {"type": "integer"}:
            made = st.integers(keywords.get("minimum", 0), 5)
        case {"type": "string"}:
            made = st.integers(keywords.get("minLength", 0), 5).map(lambda length: "a" * length)
        case {"type": "array"}:
            made = st.lists(events(keywords.get("items", True)), min_size=keywords.get("minItems", 0), max_size=4)
        case {"type": "object", "properties": named}:
            rest = keywords.get("additionalProperties", True)
            names = {*keywords.get("required", ()), *draw(st.sets(st.sampled_from(NAMES)))}
            members = {name: events(named.get(name, rest)) for name in sorted(names) if name in named or rest}
            made = st.fixed_dictionaries(members)
    return draw(made)
