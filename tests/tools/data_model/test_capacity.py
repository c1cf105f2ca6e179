"""What items weigh and what it costs to read and write them, by the examples of the DynamoDB documentation."""

import pytest

from tools.data_model.capacity import Item, index_units, item_bytes, read_units, write_units

KB = 1024


def item(size_bytes: int, **attributes: str) -> Item:
    """An item of this size, with these attributes among others."""
    named = {name: {"S": value} for name, value in attributes.items()}
    return {**named, "x": {"S": "." * (size_bytes - item_bytes(named) - 1)}}


@pytest.mark.parametrize(
    ("value", "size_bytes"),
    [
        ({"S": "Grüße"}, 7),
        ({"N": "1"}, 2),
        ({"N": "-1.25"}, 4),
        ({"N": "1795477000"}, 6),
        ({"BOOL": True}, 1),
        ({"NULL": True}, 1),
        ({"B": "aGVsbG8="}, 5),
        ({"B": b"hello"}, 5),
        ({"SS": ["ab", "c"]}, 3),
        ({"L": [{"S": "ab"}, {"BOOL": True}]}, 3 + 1 + 2 + 1 + 1),
        ({"M": {"a": {"S": "bc"}}}, 3 + 1 + 1 + 2),
        ({"M": {}}, 3),
    ],
)
def test_a_value_weighs_what_its_type_says_beside_its_name(value: dict[str, object], size_bytes: int) -> None:
    assert item_bytes({"name": value}) == len("name") + size_bytes


@pytest.mark.parametrize(
    ("size_bytes", "consistent", "units"),
    [
        (3 * KB, True, 1),
        (4 * KB, True, 1),
        (4 * KB + 1, True, 2),
        (3 * KB, False, 0.5),
        (9 * KB, False, 1.5),
        (0, True, 1),
    ],
)
def test_a_read_costs_a_unit_for_4_kb_and_half_of_it_when_eventually_consistent(
    size_bytes: int, consistent: bool, units: float
) -> None:
    assert read_units(size_bytes, consistent=consistent) == units


def test_a_read_in_a_transaction_costs_twice() -> None:
    assert read_units(5 * KB, consistent=True, transactional=True) == 4


def test_a_write_costs_a_unit_for_1_kb_of_the_larger_item_and_twice_in_a_transaction() -> None:
    small, large = item(100), item(2 * KB + 1)

    assert write_units(None, small) == 1
    assert write_units(large, small) == 3
    assert write_units(large, None) == 3
    assert write_units(None, None) == 1
    assert write_units(None, large, transactional=True) == 6


def test_an_index_takes_a_unit_for_what_comes_goes_or_changes_and_two_for_what_moves() -> None:
    keys = ["state"]
    active, renamed, inactive = item(100, state="active"), item(101, state="active"), item(100, state="inactive")

    assert index_units(None, active, keys) == 1
    assert index_units(active, None, keys) == 1
    assert index_units(active, renamed, keys) == 1
    assert index_units(active, inactive, keys) == 2
    assert index_units(active, active, keys) == 0


def test_an_index_takes_nothing_of_an_item_without_its_keys() -> None:
    assert index_units(None, item(100), ["state"]) == 0
    assert index_units(item(100), item(100, state="active"), ["state"]) == 1
