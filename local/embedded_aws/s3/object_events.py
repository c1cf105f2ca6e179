"""Name the version in the event of a new object, as on AWS.

Relies on `s3._fire_s3_event`, which knows the version and calls `eventbridge._dispatch_event` in the same context: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
"""

import json
from contextvars import ContextVar
from typing import Any

from ministack.services import eventbridge, s3

from local.embedded_aws.extension import Extension, Hook

_version: ContextVar[str | None] = ContextVar("version", default=None)
_upstream_fire = s3._fire_s3_event
_upstream_dispatch = eventbridge._dispatch_event


def _fire(*arguments: Any, version_id: str | None = None, **more: Any) -> None:
    token = _version.set(version_id)
    try:
        _upstream_fire(*arguments, version_id=version_id, **more)
    finally:
        _version.reset(token)


def _dispatch(event: dict[str, Any], *arguments: Any, **more: Any) -> Any:
    version_id = _version.get()
    if version_id and event.get("Source") == "aws.s3":
        detail = json.loads(event["Detail"])
        detail["object"]["version-id"] = version_id
        event = event | {"Detail": json.dumps(detail)}
    return _upstream_dispatch(event, *arguments, **more)


def _install() -> None:
    s3._fire_s3_event = _fire
    eventbridge._dispatch_event = _dispatch


EXTENSION = Extension(
    closes="The event of a new object on the bus did not name its version.",
    hooks=(
        Hook(module="ministack.services.s3", name="_fire_s3_event", contains=("_eb._dispatch_event(eb_event)",)),
        Hook(
            module="ministack.services.s3",
            name="_fire_s3_event_async",
            contains=("args=(_fire_s3_event,", '"version_id": version_id'),
        ),
        Hook(module="ministack.services.eventbridge", name="_dispatch_event"),
    ),
    install=_install,
)
