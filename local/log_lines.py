"""Readable log lines, in one form, from the JSON of the functions and of Traefik's access log."""

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from local.missing_permissions import advice
from local.stack_frames import readable

# Shown elsewhere on the line, or of no use to a reader.
_HIDDEN = frozenset({
    "level", "message", "timestamp", "service", "location", "cold_start", "function_name", "function_arn",
    "function_memory_size", "function_request_id", "sampling_rate", "xray_trace_id", "trace_id", "taskName",
})  # fmt: skip
# The fields of an error, which follow its line.
_STACKS = ("stack", "stackTrace")
# Of an exception, and only on a laptop; it is often the only hint, so it is not cut.
_MESSAGE = "error_message"
# The runtime's own lines about each invocation.
_PLATFORM_LINES = ("START RequestId:", "END RequestId:", "REPORT RequestId:", "INIT_START ")


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """A line, its time, and its source: `users/api`, `gateway`."""

    at: dt.datetime
    source: str
    text: str

    def __str__(self) -> str:
        local = self.at.astimezone()
        return f"{local:%H:%M:%S}.{local.microsecond // 1000:03d}  {self.source:<18} {self.text}"


def function_line(source: str, timestamp_ms: int, message: str) -> LogLine | None:
    """Render a function's line; None for a line that only machines read."""
    text = message.rstrip()
    if not text or text.startswith(_PLATFORM_LINES):
        return None
    entry = _json(text)
    if entry is not None:
        if "_aws" in entry:
            return None
        text = "\n".join([_entry_line(entry), *_details(source, entry)])
    return LogLine(at=dt.datetime.fromtimestamp(timestamp_ms / 1000, dt.UTC), source=source, text=text)


def _entry_line(entry: dict[str, Any]) -> str:
    if "errorType" in entry:
        # The line of Lambda's runtime about an error that the handler did not catch, or at import.
        entry = {"message": f"{entry.pop('errorType')}: {entry.pop('errorMessage', '')}", **entry}
    hidden = _HIDDEN.union(_STACKS)
    fields = " ".join(
        f"{key}={value if key == _MESSAGE else _short(value)}"
        for key, value in entry.items()
        if key not in hidden and value != ""
    )
    return f"{entry.get('level', ''):<8}{entry.get('message', '')}  {fields}".rstrip()


def _details(source: str, entry: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines below an error: the permission to add, then the whole stack."""
    if "denied_action" in entry:
        yield f"    → {advice(source, str(entry['denied_action']), str(entry.get('denied_resource', '')))}"
    # The functions' own stacks begin with the innermost frame; those of the runtime end with it.
    yield from (f"    {frame}" for frame in entry.get("stack") or ())
    yield from (f"    {frame}" for frame in readable(entry.get("stackTrace") or ()))


def access_line(line: str) -> tuple[str, LogLine] | None:
    """Render a line of Traefik's access log, and name its service; None for any other line.

    The service is the one that the path belongs to, also if the gateway answered instead of it.
    """
    entry = _json(line)
    if entry is None or "RouterName" not in entry:
        return None
    at = dt.datetime.fromisoformat(entry.get("StartUTC") or entry["time"])
    took_ms = entry.get("Duration", 0) / 1e6
    size = entry.get("DownstreamContentSize", 0)
    # `everything@file -> users@file -> users-safe@file`: only the second is named after the path.
    _, _, below = entry["RouterName"].partition(" -> ")
    routed = below.partition(" -> ")[0].removesuffix("@file")
    asked = f"{entry.get('request_X-Request-Method', '')} {routed}".strip()
    text = f"{asked} {entry.get('DownstreamStatus', '')} {took_ms:.0f} ms {size} B"
    request_id = entry.get("request_X-Request-Id")
    if request_id:
        text += f"  request_id={request_id}"
    return routed, LogLine(at=at, source="gateway", text=text)


def _json(line: str) -> dict[str, Any] | None:
    if not line.startswith("{"):
        return None
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) else None


def _short(value: object) -> str:
    text = json.dumps(value) if isinstance(value, (Mapping, list)) else str(value)
    return text if len(text) <= 200 else f"{text[:199]}…"  # noqa: PLR2004 - one or two lines of a screen
