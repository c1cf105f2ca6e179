"""Changes that break consumers are reported, compatible changes are accepted."""

from typing import Any

import pytest

from tools.contracts.compatibility import breaks
from tools.contracts.keywords import Schema

OPEN: dict[str, Any] = {
    "type": "object",
    "required": ["user_id", "state"],
    "properties": {
        "user_id": {"type": "string", "format": "uuid", "maxLength": 36},
        "state": {"enum": ["active", "gone"]},
        "rank": {"type": "integer", "minimum": 1},
        "tags": {"type": "array", "items": {"type": "string", "pattern": "^[a-z]+$"}, "uniqueItems": True},
    },
}
CLOSED = OPEN | {"additionalProperties": False}


def having(member: str, **schema: Any) -> dict[str, Any]:
    """The published contract with one changed member."""
    return CLOSED | {"properties": CLOSED["properties"] | {member: schema}}


def without(member: str) -> dict[str, Any]:
    return CLOSED | {"properties": {name: schema for name, schema in CLOSED["properties"].items() if name != member}}


@pytest.mark.parametrize(
    "new",
    [
        CLOSED,
        CLOSED | {"title": "Another title", "properties": dict(reversed(CLOSED["properties"].items()))},
        OPEN,
        having("colour", enum=["red"]),
        having("colour", enum=["red"]) | {"required": ["user_id", "state", "colour"]},
        CLOSED | {"required": ["user_id", "state", "rank"]},
        having("state", enum=["gone"]),
        having("state", const="active"),
        having("rank", type="integer", minimum=2, maximum=9),
        having("rank", enum=[1, 2]),
        having("user_id", type="string", format="uuid", maxLength=36, pattern="^0"),
        having("tags", type="array", items={"enum": ["a"]}, uniqueItems=True, maxItems=3),
    ],
)
def test_consumers_can_read_a_compatible_form(new: Schema) -> None:
    assert list(breaks(CLOSED, new)) == []


@pytest.mark.parametrize(
    ("new", "field", "reason"),
    [
        (without("rank"), "/rank", "it was removed"),
        (without("state"), "/state", "it was removed"),
        (having("rank") | {"properties": CLOSED["properties"] | {"rank": False}}, "/rank", "it was removed"),
        (CLOSED | {"required": ["user_id"]}, "/state", "it was always there, and now may be missing"),
        (CLOSED | {"type": ["object", "null"]}, "", "the type was object, and now may be null"),
        (having("rank", type="number", minimum=1), "/rank", "the type was integer, and now may be number"),
        (having("rank", type="integer"), "/rank", "minimum was 1, and now is gone"),
        (having("rank", type="integer", minimum=0), "/rank", "minimum was 1, and now is 0"),
        (having("rank", enum=[0, 1]), "/rank", "0 was not allowed, and now is"),
        (having("rank", const=True), "/rank", "true was not allowed, and now is"),
        (having("state", enum=["active", "lost"]), "/state", '"lost" was not allowed, and now is'),
        (having("state", type="string"), "/state", 'enum was ["active", "gone"], and now other values are allowed'),
        (having("user_id", type="string", maxLength=36), "/user_id", 'format was "uuid", and now is null'),
        (having("user_id", type="string", format="uuid", maxLength=40), "/user_id", "maxLength was 36, and now is 40"),
        (
            having("tags", type="array", items={"type": "string", "pattern": "^[a-z]*$"}, uniqueItems=True),
            "/tags/*",
            'pattern was "^[a-z]+$", and now is "^[a-z]*$"',
        ),
        (
            having("tags", type="array", items=CLOSED["properties"]["tags"]["items"]),
            "/tags",
            "uniqueItems was true, and now is null",
        ),
        (
            having("rank", type="integer", minimum=1, anyOf=[{"maximum": 9}]),
            "/rank",
            "a change beside anyOf cannot be judged",
        ),
        (CLOSED | {"minProperties": 2}, "", "a change beside minProperties cannot be judged"),
    ],
)
def test_an_incompatible_change_is_reported_with_field_and_reason(new: Schema, field: str, reason: str) -> None:
    assert list(breaks(CLOSED, new)) == [(field, reason)]


def test_one_is_not_true_and_nothing_is_not_something() -> None:
    assert list(breaks({"const": 1}, {"const": True})) == [("", "true was not allowed, and now is")]
    assert list(breaks(False, {"type": "null"})) == [("", "nothing was allowed here, and now something is")]


def test_a_member_s_name_is_escaped_in_its_pointer() -> None:
    assert [field for field, _ in breaks({"properties": {"a/b~c": True}}, {})] == ["/a~1b~0c"]


def test_a_new_member_of_an_open_object_must_be_what_unnamed_members_were() -> None:
    old = {"type": "object", "additionalProperties": {"type": "string"}}

    assert list(breaks(old, old | {"properties": {"a": {"type": "string", "minLength": 1}}})) == []
    assert [field for field, _ in breaks(old, old | {"properties": {"a": {"type": "null"}}})] == ["/a"]
    assert [field for field, _ in breaks(old, {"type": "object"})] == ["/*"]


def test_members_cannot_be_added_to_items_that_must_differ() -> None:
    def items(*names: str) -> Schema:
        properties = {name: {"type": "integer"} for name in names}
        return {
            "type": "array",
            "uniqueItems": True,
            "items": {"properties": properties, "additionalProperties": False},
        }

    assert list(breaks(items("a"), items("a", "b"))) == [
        ("/*", "a change of items beside uniqueItems cannot be judged")
    ]
