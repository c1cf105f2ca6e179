"""What reads and writes cost: sizes of items, and DynamoDB's units.

Sizes: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
Units: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html
Indexes: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html#GSI.ThroughputConsiderations
Transactions: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html
"""

import base64
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

# As DynamoDB's JSON has it: {"pk": {"S": "USER#1"}, …}.
type Item = Mapping[str, Mapping[str, Any]]

READ_UNIT_BYTES, WRITE_UNIT_BYTES = 4096, 1024
# Both are prepared and then committed.
TRANSACTION_FACTOR = 2
EVENTUAL_FACTOR = 0.5
# Of a list or a map, and of each thing in it.
_CONTAINER_BYTES, _ELEMENT_BYTES = 3, 1
_NUMBER_BYTES = 21


def item_bytes(item: Item) -> int:
    """Return the size of an item: its names and its values."""
    return sum(len(name.encode()) + _value_bytes(value) for name, value in item.items())


def read_units(size_bytes: int, *, consistent: bool, transactional: bool = False) -> float:
    """Return the cost of reading so much at once; reading nothing costs as much as the least there is."""
    units = max(1, math.ceil(size_bytes / READ_UNIT_BYTES))
    if transactional:
        return units * TRANSACTION_FACTOR
    return units if consistent else units * EVENTUAL_FACTOR


def write_units(before: Item | None, after: Item | None, *, transactional: bool = False) -> int:
    """Return the cost of a write in the table: by the larger of the item as it was and as it is."""
    size_bytes = max(item_bytes(item) if item else 0 for item in (before, after))
    return max(1, math.ceil(size_bytes / WRITE_UNIT_BYTES)) * (TRANSACTION_FACTOR if transactional else 1)


def index_units(before: Item | None, after: Item | None, keys: Sequence[str]) -> int:
    """Return the cost of the same write in an index that holds every attribute.

    An index holds an item that has all its keys. It is changed after the write, also after a transaction, and an item
    that moves within it is taken out and put in.
    """
    was, is_now = (item if item and all(key in item for key in keys) else None for item in (before, after))
    if was == is_now:
        return 0
    if was and is_now and all(was[key] == is_now[key] for key in keys):
        return write_units(was, is_now)
    return sum(write_units(None, item) for item in (was, is_now) if item)


def _value_bytes(value: Mapping[str, Any]) -> int:
    [(kind, content)] = value.items()
    match kind:
        case "S":
            size = len(content.encode())
        case "N":
            size = _number_bytes(content)
        case "B":
            size = len(content if isinstance(content, bytes) else base64.b64decode(content))
        case "BOOL" | "NULL":
            size = 1
        case "L":
            size = _CONTAINER_BYTES + sum(_ELEMENT_BYTES + _value_bytes(each) for each in content)
        case "M":
            size = _CONTAINER_BYTES + len(content) * _ELEMENT_BYTES + item_bytes(content)
        case _:
            size = _set_bytes(kind, content)
    return size


def _number_bytes(digits: str) -> int:
    """Count a byte for two digits, and one more.

    DynamoDB leaves out zeros at the end; here they count, so that a time is as large at every moment.
    """
    significant = digits.lstrip("-").replace(".", "").lstrip("0")
    return min(_NUMBER_BYTES, math.ceil(len(significant) / 2) + 1 + digits.startswith("-"))


def _set_bytes(kind: str, content: Iterable[str]) -> int:
    return sum(_value_bytes({kind.removesuffix("S"): each}) for each in content)
