"""Let a template contain an alarm that reads other alarms.

Relies on `cloudwatch._put_composite_alarm` and `cloudwatch._delete_alarms`, which keep the rules and the states.
"""

import json
from typing import Any

from ministack.services import cloudwatch
from ministack.services.cloudformation import provisioners

from local.embedded_aws.cloudformation import Properties
from local.embedded_aws.extension import Extension, Hook

_TYPE = "AWS::CloudWatch::CompositeAlarm"


def _create(logical_id: str, properties: Properties, stack_name: str) -> tuple[str, dict[str, Any]]:
    name = properties.get("AlarmName") or provisioners._physical_name(stack_name, logical_id, max_len=255)
    return _put(name, properties)


def _update(name: str, old: Properties, new: Properties, stack_name: str, logical_id: str) -> tuple[str, Any]:
    if old.get("AlarmName") == new.get("AlarmName"):
        return _put(name, new)
    # A name cannot change: a new name makes a new alarm, as on AWS.
    _delete(name, old)
    return _create(logical_id, new, stack_name)


def _put(name: str, properties: Properties) -> tuple[str, dict[str, Any]]:
    _call(cloudwatch._put_composite_alarm, {**properties, "AlarmName": name})
    return name, {"Arn": cloudwatch._composite_alarms[name]["AlarmArn"]}


def _delete(name: str, _properties: Properties) -> None:
    _call(cloudwatch._delete_alarms, {"AlarmNames": [name]})


def _call(operation: Any, request: dict[str, Any]) -> None:
    status, _, body = operation({}, request, is_cbor=False, is_json=True)
    if status >= 400:  # noqa: PLR2004 - HTTP
        raise ValueError(f"{operation.__name__.lstrip('_')} failed: {json.loads(body).get('message', body)}")


def _install() -> None:
    provisioners._RESOURCE_HANDLERS[_TYPE] = {
        "create": _create,
        "update": _update,
        "update_with_logical_id": True,
        "delete": _delete,
    }


EXTENSION = Extension(
    closes="A template could not contain an alarm that reads other alarms.",
    hooks=(
        *(
            Hook(
                module="ministack.services.cloudwatch",
                name=name,
                parameters=("params", "cbor_data", "is_cbor", "is_json"),
            )
            for name in ("_put_composite_alarm", "_delete_alarms")
        ),
        Hook(module="ministack.services.cloudwatch", name="_composite_alarms"),
        Hook(module="ministack.services.cloudformation.provisioners", name="_physical_name"),
    ),
    install=_install,
)
