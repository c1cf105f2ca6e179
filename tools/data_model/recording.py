"""Records what DynamoDB is asked, with the items as they were before and are after.

It listens to botocore's events, which every client made after `listen` sends, whoever makes it:
https://botocore.amazonaws.com/v1/documentation/api/latest/topics/events.html
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import botocore.handlers

from tools.data_model.capacity import Item


@dataclass(frozen=True, kw_only=True)
class Write:
    """A write of one item: what was done (`Put`, `Update`, `Delete`, `ConditionCheck`), upon which condition."""

    action: str
    key: Item
    condition: str
    before: Item | None
    after: Item | None


@dataclass(kw_only=True)
class Call:
    """A call of DynamoDB.

    Attributes:
        operation: `Query`, `TransactWriteItems`, …
        request: What was sent.
        items: What a read returned.
        writes: What a write changed.
        is_refused: Whether a condition did not hold, so that nothing was written.
    """

    operation: str
    request: Mapping[str, Any]
    items: tuple[Item, ...] = ()
    writes: tuple[Write, ...] = ()
    is_refused: bool = False


@dataclass
class Recorder:
    """Keeps the calls that are made within `recording`."""

    calls: list[Call] = field(default_factory=list)
    _is_on: bool = False

    def listen(self) -> None:
        """Hear the clients that are made from now on."""
        handlers: list[Any] = botocore.handlers.BUILTIN_HANDLERS
        handlers.append(("before-call.dynamodb", self._before))
        handlers.append(("after-call.dynamodb", self._after))

    @contextmanager
    def recording(self, client: Any) -> Iterator[list[Call]]:  # noqa: ANN401 - botocore makes its clients at run time
        """Record what others ask until the end of the block; `client` looks up items beside it."""
        self.calls, self._client, self._is_on = [], client, True
        try:
            yield self.calls
        finally:
            self._is_on = False

    def _before(self, *, model: Any, params: Mapping[str, Any], context: dict[str, Any], **_: object) -> None:  # noqa: ANN401
        if self._is_on:
            context["request"] = json.loads(params["body"])
            context["asked"] = _writes_in(model.name, context["request"])
            context["before"] = [self._now(each) for each in context["asked"]]

    def _after(self, *, model: Any, parsed: Mapping[str, Any], context: dict[str, Any], **_: object) -> None:  # noqa: ANN401
        if not self._is_on or "request" not in context:
            return
        writes = tuple(
            Write(
                action=each.action,
                key=self._key(each),
                condition=each.condition,
                before=before,
                after=self._now(each),
            )
            for each, before in zip(context["asked"], context["before"], strict=True)
        )
        self.calls.append(
            Call(
                operation=model.name,
                request=context["request"],
                items=tuple(_items_in(parsed)),
                writes=writes,
                is_refused="Error" in parsed,
            )
        )

    def _now(self, write: "_Asked") -> Item | None:
        key = self._key(write)
        with self._aside():
            found: Item | None = self._client.get_item(TableName=write.table, Key=key).get("Item")
        return found

    def _key(self, write: "_Asked") -> Item:
        with self._aside():
            schema = self._client.describe_table(TableName=write.table)["Table"]["KeySchema"]
        return {each["AttributeName"]: write.item[each["AttributeName"]] for each in schema}

    @contextmanager
    def _aside(self) -> Iterator[None]:
        self._is_on = False
        try:
            yield
        finally:
            self._is_on = True


@dataclass(frozen=True)
class _Asked:
    action: str
    table: str
    item: Item
    condition: str


def _writes_in(operation: str, request: Mapping[str, Any]) -> list[_Asked]:
    if operation == "TransactWriteItems":
        entries = [(action, asked) for entry in request["TransactItems"] for action, asked in entry.items()]
        return [_asked(action, asked) for action, asked in entries]
    if operation == "BatchWriteItem":
        return list(_batched(request["RequestItems"]))
    if operation in {"PutItem", "UpdateItem", "DeleteItem"}:
        return [_asked(operation.removesuffix("Item"), request)]
    return []


def _batched(tables: Mapping[str, Any]) -> Iterator[_Asked]:
    for table, entries in tables.items():
        for entry in entries:
            for action, asked in entry.items():
                yield _asked(action.removesuffix("Request"), {**asked, "TableName": table})


def _asked(action: str, asked: Mapping[str, Any]) -> _Asked:
    return _Asked(
        action, asked["TableName"], asked.get("Item") or asked["Key"], spelt_out(asked, "ConditionExpression")
    )


def _items_in(answer: Mapping[str, Any]) -> Iterable[Item]:
    if "Item" in answer:
        return [answer["Item"]]
    if "Items" in answer:
        items: list[Item] = answer["Items"]
        return items
    responses = answer.get("Responses", [])
    if isinstance(responses, list):
        return [each["Item"] for each in responses if "Item" in each]
    return [item for items in responses.values() for item in items]


def spelt_out(request: Mapping[str, Any], expression: str) -> str:
    """Return an expression of a request with its names, and with its values as `shown` shows them."""
    names = request.get("ExpressionAttributeNames", {})
    values = {key: shown(value) for key, value in request.get("ExpressionAttributeValues", {}).items()}
    text: str = request.get(expression, "")
    # The longer one first: #10 begins as #1 does.
    for key, meaning in sorted({**names, **values}.items(), reverse=True, key=lambda pair: len(pair[0])):
        text = text.replace(key, meaning)
    return _without_parentheses(text)


def shown(value: Mapping[str, Any]) -> str:
    """Show of a value what is the same each time: a word, or the prefix of a key."""
    [(kind, content)] = value.items()
    if kind != "S":
        return "…"
    prefix, mark, _ = content.partition("#")
    is_word = prefix.replace("_", "").replace(".", "").isalpha()
    if is_word and mark:
        return f"{prefix}#…"
    return content if is_word else "…"


def _without_parentheses(text: str) -> str:
    """Take off what PynamoDB puts around conditions that it joins."""
    if not (text.startswith("(") and text.endswith(")")):
        return text
    depth = 0
    for place, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if depth == 0 and place < len(text) - 1:
            return text
    return text[1:-1]
