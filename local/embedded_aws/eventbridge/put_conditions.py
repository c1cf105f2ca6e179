"""Let policies limit the sources and types of the events that a role may publish, as on AWS.

Relies on `iam_actions.request_tag_context`, which is asked for the condition keys of each call. Both keys have a value
for each entry: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-conditions.html
"""

import json
from typing import Any

from ministack.core import iam_actions

from local.embedded_aws.extension import Extension, Hook

_KEYS = {"events:source": "Source", "events:detail-type": "DetailType"}


def _install() -> None:
    upstream = iam_actions.request_tag_context

    def with_entries(service: str, iam_action: str, body: bytes, params: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = upstream(service, iam_action, body, params)
        return {**found, **_keys_of(body)} if iam_action == "events:PutEvents" else found

    iam_actions.request_tag_context = with_entries


def _keys_of(body: bytes) -> dict[str, list[str]]:
    try:
        entries = [entry for entry in json.loads(body)["Entries"] if isinstance(entry, dict)]
    except (KeyError, TypeError, ValueError):
        # The call itself refuses it.
        return {}
    return {key: [str(entry.get(member)) for entry in entries] for key, member in _KEYS.items()}


EXTENSION = Extension(
    closes="A role that may publish some events could publish every other one, too.",
    hooks=(
        Hook(
            module="ministack.core.iam_actions",
            name="request_tag_context",
            parameters=("service", "iam_action", "body", "params"),
        ),
        Hook(
            module="ministack.app",
            name="_dispatch_service_request",
            contains=("service_context = {**request_tag_context(service, iam_action, body, routing_params),",),
        ),
    ),
    install=_install,
)
