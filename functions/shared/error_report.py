"""The facts about an unexpected error that a log line may hold: types, stack and a missing permission.

The message of an exception may contain personal data, so it is only in the log of a laptop.
"""

import os
import re
import traceback
from collections.abc import Iterator
from typing import Any

# A recursion without end has a thousand frames, and CloudWatch cuts a line at 256 KB.
_FRAMES = 60
# https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
_DENIED = re.compile(r'is not authorized to perform: (?P<action>[\w-]+:\w+) on resource: "?(?P<resource>[^\s"]+)')
# The key of an object may be personal, the bucket is not.
_OBJECT = re.compile(r"^(arn:[\w-]+:s3:::[^/]+)/.*$")


def report(error: BaseException) -> dict[str, Any]:
    """Return the fields of a log line about an error; the innermost frame of the stack is first."""
    chain = list(_chain(error))
    fields: dict[str, Any] = {"error": type(error).__name__}
    if len(chain) > 1:
        fields["causes"] = [type(cause).__name__ for cause in chain[1:]]
    for found in filter(None, map(_denied, chain)):
        fields["denied_action"], fields["denied_resource"] = found["action"], _OBJECT.sub(r"\1", found["resource"])
        break
    if os.environ.get("LOG_ERROR_MESSAGES") == "1":
        fields["error_message"] = str(error)
    fields["stack"] = _stack(error)
    return fields


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        # PynamoDB keeps the error of botocore as an attribute.
        cause = getattr(current, "cause", None)
        hidden = None if current.__suppress_context__ else current.__context__
        current = cause if isinstance(cause, BaseException) else current.__cause__ or hidden


def _denied(error: BaseException) -> re.Match[str] | None:
    response = getattr(error, "response", None)
    details = response.get("Error") if isinstance(response, dict) else None
    if not isinstance(details, dict) or not str(details.get("Code")).startswith("AccessDenied"):
        return None
    return _DENIED.search(str(details.get("Message")))


def _stack(error: BaseException) -> list[str]:
    # Lambda unpacks the code there; without the folder, the paths are those of the repository.
    folder = os.environ.get("LAMBDA_TASK_ROOT")
    root = f"{folder.rstrip('/')}/" if folder else ""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    return [f"{frame.filename.removeprefix(root)}:{frame.lineno} {frame.name}" for frame in reversed(frames)]
