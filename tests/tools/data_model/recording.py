"""Requests to DynamoDB as moto records them, and their text in functions/<service>/access_patterns.md.

moto's recorder: https://docs.getmoto.org/en/latest/docs/configuration/recorder/index.html
"""

import base64
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from moto.moto_api import recorder

from cdk.settings.manifest import Table
from tools.data_model.models import keys_of

type Item = Mapping[str, Mapping[str, Any]]
type Request = Mapping[str, Any]

_WRITES = {"PutItem", "UpdateItem", "DeleteItem"}


def recorded(call: Callable[[], object], table: Table) -> str:
    """Return the text of the requests that a call sends; equal texts, as of shards, count once."""
    recorder.reset_recording()
    recorder.start_recording()
    try:
        call()
    finally:
        recorder.stop_recording()
    requests = [json.loads(line) for line in recorder.download_recording().splitlines()]
    texts = [
        _text(each["headers"]["X-Amz-Target"].rpartition(".")[2], json.loads(base64.b64decode(each["body"])), table)
        for each in requests
    ]
    return "<br>".join(_counted(texts)) or "nothing"


def key_of(item: Item, table: Table) -> str:
    """Return the key of an item, such as `pk = USER#…`."""
    return ", ".join(f"{name} = {shown(item[name])}" for name in keys_of(table))


def spelt_out(request: Request, expression: str) -> str:
    """Return an expression of a request with its names, and with its values as `shown` shortens them."""
    names = request.get("ExpressionAttributeNames", {})
    values = {key: shown(value) for key, value in request.get("ExpressionAttributeValues", {}).items()}
    text: str = request.get(expression, "")
    # The longer key first: #10 begins with #1.
    for key, meaning in sorted({**names, **values}.items(), reverse=True, key=lambda pair: len(pair[0])):
        text = text.replace(key, meaning)
    return text


def shown(value: Mapping[str, Any]) -> str:
    """Return the part of a value that is equal in each run: a word, or the prefix of a key."""
    [(kind, content)] = value.items()
    if kind != "S":
        return "…"
    prefix, mark, _ = content.partition("#")
    is_word = prefix.replace("_", "").replace(".", "").isalpha() and len(set(prefix)) > 1
    if is_word and mark:
        return f"{prefix}#…"
    return content if is_word else "…"


def _text(operation: str, request: Request, table: Table) -> str:
    if operation == "TransactWriteItems":
        entries = [entry for each in request["TransactItems"] for entry in each.items()]
        return f"{operation}: {'; '.join(_counted(f'{action} {_write(entry, table)}' for action, entry in entries))}"
    if operation in _WRITES:
        return f"{operation} {_write(request, table)}"
    if operation == "BatchGetItem":
        [batch] = request["RequestItems"].values()
        keys = _counted(f"`{key_of(key, table)}`" for key in batch["Keys"])
        return f"{operation} {'; '.join(keys)}{_consistency(batch)}"
    if operation in {"Query", "Scan"}:
        return "".join(_search(operation, request))
    return f"{operation} `{key_of(request['Key'], table)}`{_consistency(request)}"


def _search(operation: str, request: Request) -> Iterator[str]:
    yield operation
    if "IndexName" in request:
        yield f" of `{request['IndexName']}`"
    if condition := spelt_out(request, "KeyConditionExpression"):
        yield f" `{condition}`"
    if not request.get("ScanIndexForward", True):
        yield ", backwards"
    if kept := spelt_out(request, "FilterExpression"):
        yield f", filtered by `{kept}`"
    yield _consistency(request)


def _write(request: Request, table: Table) -> str:
    condition = spelt_out(request, "ConditionExpression")
    return f"`{key_of(request.get('Item') or request['Key'], table)}`" + (f" if `{condition}`" if condition else "")


def _consistency(request: Request) -> str:
    return ", consistent" if request.get("ConsistentRead") else ", eventually consistent"


def _counted(texts: Iterable[str]) -> list[str]:
    return [f"{times} × {text}" if times > 1 else text for text, times in Counter(texts).items()]
