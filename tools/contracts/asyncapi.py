"""The events as an AsyncAPI 3.0 document: https://www.asyncapi.com/docs/reference/specification/v3.0.0."""

from collections.abc import Callable, Sequence
from typing import Any

from cdk.settings.manifest import Manifest
from tools.contracts.contract import Contract
from tools.contracts.keywords import map_schemas
from tools.contracts.routes import consumers, publishers

CHANNEL = "events"


def asyncapi(contracts: Sequence[Contract], manifests: Sequence[Manifest]) -> dict[str, Any]:
    """Return the document: its one channel is the bus, each message is an event, and each operation is a function."""
    sent = _operations("send", publishers, contracts, manifests)
    received = _operations("receive", consumers, contracts, manifests)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Events of the platform",
            "version": "1.0.0",
            "description": "Each event has a version of its own, which is part of its type. Generated; see events/.",
        },
        "defaultContentType": "application/json",
        "channels": {
            CHANNEL: {
                "address": CHANNEL,
                "title": "The bus",
                "description": "An Amazon EventBridge bus; the detail of each entry is the CloudEvents envelope.",
                "messages": {_key(each): {"$ref": f"#/components/messages/{_key(each)}"} for each in contracts},
            }
        },
        "operations": sent | received,
        "components": {"messages": {_key(each): _message(each) for each in contracts}},
    }


def _key(contract: Contract) -> str:
    return f"{contract.service}.{contract.event_type}"


def _message(contract: Contract) -> dict[str, Any]:
    return {
        "name": contract.event_type,
        "title": contract.schema["title"],
        "contentType": "application/json",
        "correlationId": {"location": "$message.payload#/correlationid"},
        "payload": _payload(contract.schema),
        "examples": [{"name": contract.event_type, "payload": contract.example}],
    }


def _payload(schema: Any) -> Any:  # noqa: ANN401 - a schema is an object or a boolean
    # The ids of the schema files have no meaning in this document.
    if isinstance(schema, bool):
        return schema
    return map_schemas({key: value for key, value in schema.items() if key not in {"$id", "$schema"}}, _payload)


def _operations(
    action: str,
    ends: Callable[[Contract, Sequence[Manifest]], list[str]],
    contracts: Sequence[Contract],
    manifests: Sequence[Manifest],
) -> dict[str, Any]:
    functions = sorted({function for contract in contracts for function in ends(contract, manifests)})
    return {
        function: {
            "action": action,
            "channel": {"$ref": f"#/channels/{CHANNEL}"},
            "messages": [
                {"$ref": f"#/channels/{CHANNEL}/messages/{_key(contract)}"}
                for contract in contracts
                if function in ends(contract, manifests)
            ],
        }
        for function in functions
    }
