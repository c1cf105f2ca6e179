"""The resources that the tests make in an embedded AWS: functions, and resources as CloudFormation makes them."""

import io
import json
import time
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

from ministack.services import lambda_svc
from ministack.services.cloudformation import provisioners

HANDLERS: dict[str, dict[str, Any]] = provisioners._RESOURCE_HANDLERS


def arn(service: str, name: str) -> str:
    return f"arn:aws:{service}:eu-west-1:000000000000:{name}"


def function(source: str, *, name: str = "tried", runtime: str = "python3.13") -> dict[str, Any]:
    """Return a function's record, with `source` as its module `h` and `handler` as its handler."""
    return {
        "config": {
            "FunctionName": name,
            "FunctionArn": arn("lambda", f"function:{name}"),
            "Runtime": runtime,
            "Handler": "h.handler",
            "Timeout": 10,
            "Role": "arn:aws:iam::000000000000:role/r",
            "Environment": {"Variables": {"OWN": "yes"}},
        },
        "code_zip": archive({"h.py": source}),
    }


def archive(files: Mapping[str, str]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as opened:
        for path, text in files.items():
            opened.writestr(path, text)
    return content.getvalue()


def invoke(record: dict[str, Any], event: Any = None) -> dict[str, Any]:
    """Invoke a function and return MiniStack's result: `body`, `log` and, if it failed, `error`."""
    result: dict[str, Any] = lambda_svc._execute_function_warm(record, event or {}, "r")
    return result


def create(resource_type: str, properties: Mapping[str, Any]) -> tuple[str, Any]:
    """Create a resource as CloudFormation does; return its physical id and its attributes."""
    created: tuple[str, Any] = HANDLERS[resource_type]["create"]("Logical", properties, "stack")
    return created


def call(operation: Callable[[dict[str, Any]], Any], **request: Any) -> Any:
    """Call an operation of a service and return its answer, an error's included."""
    _, _, body = operation(request)
    return json.loads(body)


def wait_until(condition: Callable[[], object]) -> None:
    """Return when the condition holds; the test's process has a time limit."""
    while not condition():
        time.sleep(0.01)
