"""What the calls of an access pattern cost, and how they are shown."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from cdk.settings.manifest import Manifest
from tools.data_model.capacity import Item, index_units, item_bytes, read_units, write_units
from tools.data_model.recording import Call, Write, shown, spelt_out
from tools.data_model.table import keys_of

_TRANSACTIONS = frozenset({"TransactWriteItems", "TransactGetItems"})


def asked_of_all(calls: Iterable[Call]) -> list[str]:
    """Say what DynamoDB is asked by each call; those that differ in their values alone, as of shards, are said once."""
    alike: dict[str, list[Call]] = {}
    for call in calls:
        alike.setdefault(asked_of(replace(call, items=())), []).append(call)
    said = [
        (len(group), asked_of(replace(group[0], items=tuple(item for call in group for item in call.items))))
        for group in alike.values()
    ]
    return [f"{times} × {text}" if times > 1 else text for times, text in said]


def asked_of(call: Call) -> str:
    """Say what DynamoDB is asked: the operation, where, by which key and upon which conditions."""
    if call.writes:
        if len(call.writes) == 1 and call.operation not in _TRANSACTIONS:
            return f"{call.operation} {_written(call.writes[0])}"
        refused = ", refused" if call.is_refused else ""
        entries = _counted(f"{write.action} {_written(write)}" for write in call.writes)
        return f"{call.operation}: {'; '.join(entries)}{refused}"
    consistency = "consistent" if _is_consistent(call) else "eventually consistent"
    if call.operation == "Query":
        where = f" of `{call.request['IndexName']}`" if "IndexName" in call.request else ""
        kept = spelt_out(call.request, "FilterExpression")
        rest = f", filtered by `{kept}`" if kept else ""
        order = "" if call.request.get("ScanIndexForward", True) else ", backwards"
        condition = spelt_out(call.request, "KeyConditionExpression")
        return f"Query{where} `{condition}`{order}{rest}, {consistency}: {_counted_items(call)}"
    if call.operation == "Scan" and "FilterExpression" in call.request:
        kept = spelt_out(call.request, "FilterExpression")
        return f"Scan, filtered by `{kept}`, {consistency}: {_counted_items(call)} and what it passes over"
    if "Key" in call.request:
        return f"{call.operation} `{_key(call.request['Key'])}`, {consistency}"
    return f"{call.operation}, {consistency}: {_counted_items(call)}"


def cost_of(calls: Iterable[Call], manifest: Manifest) -> str:
    """Add up what calls cost: read units, write units, and the write units of each index."""
    reads, writes = 0.0, 0
    indexes: Counter[str] = Counter()
    for call in calls:
        transactional = call.operation in _TRANSACTIONS
        for write in call.writes:
            writes += write_units(write.before, write.after, transactional=transactional)
            for index in manifest.table.indexes if manifest.table else ():
                indexes[index.name] += index_units(write.before, write.after, keys_of(index))
        if not call.writes:
            reads += _read(call, transactional=transactional)
    parts = [f"{reads:g} R"] if reads else []
    parts += [f"{writes} W"] if writes else []
    parts += [f"{units} W in `{name}`" for name, units in indexes.items() if units]
    return " + ".join(parts) or "–"


def _read(call: Call, *, transactional: bool) -> float:
    sizes = [item_bytes(item) for item in call.items]
    consistent = _is_consistent(call)
    if call.operation in {"Query", "Scan"}:
        # What is read together is rounded up together.
        return read_units(sum(sizes), consistent=consistent)
    return sum(read_units(size, consistent=consistent, transactional=transactional) for size in sizes or [0])


def _is_consistent(call: Call) -> bool:
    request = call.request
    if call.operation == "BatchGetItem":
        return all(table.get("ConsistentRead", False) for table in request["RequestItems"].values())
    return bool(request.get("ConsistentRead", False)) or call.operation == "TransactGetItems"


def _written(write: Write) -> str:
    return f"`{_key(write.key)}`" + (f" if `{write.condition}`" if write.condition else "")


def _key(key: Item) -> str:
    return ", ".join(f"{name} = {shown(value)}" for name, value in key.items())


def _counted(entries: Iterable[str]) -> list[str]:
    """Name equal entries once, with their number."""
    return [f"{times} × {entry}" if times > 1 else entry for entry, times in Counter(entries).items()]


def _counted_items(call: Call) -> str:
    count, total = len(call.items), sum(item_bytes(item) for item in call.items)
    return f"{count} item{'' if count == 1 else 's'}, {total / 1024:.1f} KB" if count else "nothing"
