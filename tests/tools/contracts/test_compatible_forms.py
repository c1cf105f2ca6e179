"""A consumer of the published contract can read every event of an accepted change."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tests.tools.contracts.forms import SCHEMAS, events, next_forms
from tools.contracts.compatibility import breaks
from tools.contracts.keywords import Schema


@st.composite
def compatible_changes(draw: st.DrawFn) -> tuple[Schema, Schema, list[Any]]:
    old = draw(SCHEMAS)
    new = draw(next_forms(old).filter(lambda form: not list(breaks(old, form))))
    return old, new, draw(st.lists(events(new), min_size=1, max_size=5))


def as_read(event: Any, schema: Schema) -> Any:
    """The part of an event that a consumer reads: without the members that a closed object does not name."""
    if isinstance(schema, bool):
        return event
    if isinstance(event, list):
        return [as_read(item, schema.get("items", True)) for item in event]
    if not isinstance(event, dict):
        return event
    named, others = schema.get("properties", {}), schema.get("additionalProperties", True)
    return {
        name: as_read(value, named.get(name, others))
        for name, value in event.items()
        if name in named or others is not False
    }


def fits(event: Any, schema: Schema) -> bool:
    return Draft202012Validator(schema).is_valid(event)


@pytest.mark.slow
@settings(max_examples=300)
@given(compatible_changes())
def test_every_event_of_a_compatible_form_is_readable_as_the_published_one(
    change: tuple[Schema, Schema, list[Any]],
) -> None:
    old, new, made = change

    assert [event for event in made if fits(event, new) and not fits(as_read(event, old), old)] == []


@given(SCHEMAS)
def test_an_unchanged_contract_breaks_nothing(schema: Schema) -> None:
    assert list(breaks(schema, schema)) == []
