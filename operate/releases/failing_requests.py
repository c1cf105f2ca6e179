"""Failing requests of one version of a function, from its logs: what failed and where, and nothing personal."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

SHOWN = 2
# A version that fails every request writes many lines; the first ones suffice.
_LINES_MAX = 10_000
# The frames of Lambda's runtime, the innermost one last; the text after them is a line of code.
_FRAME = re.compile(r'\s*File "(?:/var/task/)?(?P<file>[^"]+)", line (?P<line>\d+), in (?P<name>\S+)')
# An invocation that ended without an answer: https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html
_BROKEN_OFF = frozenset({"timeout", "error"})


@dataclass(slots=True)
class FailingRequest:
    """A request, an event or a start that failed; its lines may come in any order.

    Attributes:
        request_id: The id in the logs; empty for a function that did not start.
        subject: The method and the template of the route, or the kind of the work.
        result: The status, or how an invocation ended.
        error: The type of the exception.
        frame: The innermost frame of its stack.
        is_late: True for an answer that is right, but late.
        is_rehearsed: True for a call of the release's hook.
    """

    request_id: str
    subject: str = ""
    result: str = ""
    error: str = ""
    frame: str = ""
    is_late: bool = False
    is_rehearsed: bool = False

    def add(self, line: Mapping[str, Any]) -> None:
        """Add what a line of the request says; no message of an exception, which may contain personal data."""
        if line.get("message") == "request":
            self.subject = f"{line.get('method')} {line.get('route')}"
            self.result = f"{line.get('status')} after {line.get('duration_ms', 0):.0f} ms"
            self.is_late = line.get("status", 0) < HTTPStatus.INTERNAL_SERVER_ERROR
            self.is_rehearsed = bool(line.get("rehearsed"))
        elif "record" in line:
            self.result = f"ended by Lambda: {line['record']['status']}"
        else:
            self.subject = self.subject or str(line.get("message", ""))
            self.error = str(line.get("error") or line.get("errorType") or self.error)
            self.frame = next(
                iter(line.get("stack") or map(_frame, reversed(line.get("stackTrace") or ()))), self.frame
            )

    @property
    def cause(self) -> tuple[str, ...]:
        """The same for requests that fail for the same reason."""
        return self.subject, self.result.partition(" ")[0], self.error, self.frame

    def __str__(self) -> str:
        subject = self.subject or ("invocation" if self.request_id else "start")
        what = ", ".join(filter(None, [subject, self.result]))
        why = " at ".join(filter(None, [self.error, self.frame]))
        rehearsed = " (called by the hook)" if self.is_rehearsed else ""
        return (
            f"failing request {self.request_id or 'without an id'}{rehearsed}: {': '.join(filter(None, [what, why]))}"
        )


def failing_requests(lines: Iterable[Mapping[str, Any]]) -> list[FailingRequest]:
    """Return at most two of the requests that some lines are about, with different causes if there are."""
    found: dict[str, FailingRequest] = {}
    for line in lines:
        request_id = str(line.get("request_id") or line.get("requestId") or line.get("record", {}).get("requestId", ""))
        found.setdefault(request_id, FailingRequest(request_id)).add(line)
    # Of a version that answers errors, no late answer is shown.
    ordered = [each for each in found.values() if not each.is_late] or list(found.values())
    causes: dict[tuple[str, ...], FailingRequest] = {}
    for request in ordered:
        causes.setdefault(request.cause, request)
    different = list(causes.values())
    return [*different, *(each for each in ordered if each not in different)][:SHOWN]


@dataclass(frozen=True, slots=True)
class VersionLog:
    """The log of one version of a function.

    A log stream is `2026/11/30/[41]…`, with the function's name before the version for some log groups:
    https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-loggroups.html

    Attributes:
        client: The boto3 client.
        function: The full name of the function.
        version: The number of the version.
    """

    client: Any
    function: str
    version: str

    def failures(self, *, since: datetime, until: datetime, slow_ms: float) -> Iterator[Mapping[str, Any]]:
        """Yield the lines about failures by time; a request that takes longer than `slow_ms` fails, too."""
        statuses = (f'$.record.status = "{status}"' for status in sorted(_BROKEN_OFF))
        failed = f"$.status >= {HTTPStatus.INTERNAL_SERVER_ERROR:d}"
        pattern = " || ".join([failed, '$.level = "ERROR"', f"$.duration_ms > {slow_ms:g}", *statuses])
        pages = self.client.get_paginator("filter_log_events").paginate(
            logGroupName=f"/aws/lambda/{self.function}",
            startTime=_ms(since),
            endTime=_ms(until),
            filterPattern=f"{{ {pattern} }}",
            PaginationConfig={"MaxItems": _LINES_MAX},
        )
        for page in pages:
            for event in page["events"]:
                line = parsed(event["message"]) if f"[{self.version}]" in event["logStreamName"] else None
                if line is not None and _is_failure(line, slow_ms):
                    yield line


def parsed(message: str) -> dict[str, Any] | None:
    """Return the line of a function's log; None for one that is no JSON object."""
    try:
        line = json.loads(message)
    except ValueError:
        return None
    return line if isinstance(line, dict) else None


def _is_failure(line: Mapping[str, Any], slow_ms: float) -> bool:
    if line.get("message") == "request":
        failed = line.get("status", 0) >= HTTPStatus.INTERNAL_SERVER_ERROR
        return bool(failed or line.get("duration_ms", 0) > slow_ms)
    if isinstance(record := line.get("record"), dict):
        return record.get("status") in _BROKEN_OFF
    return line.get("level") == "ERROR"


def _frame(text: str) -> str:
    found = _FRAME.match(text)
    return f"{found['file']}:{found['line']} {found['name']}" if found else "unknown"


def _ms(time: datetime) -> int:
    return int(time.timestamp() * 1000)
