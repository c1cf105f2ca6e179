"""`make logs`: follow the lines of the functions and the gateway, in the order of time."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, TextIO

from botocore.exceptions import BotoCoreError, ClientError

from cdk.settings.environment import load_environment
from cdk.settings.manifests import load_manifests
from local import embedded_aws_process, gateway
from local.embedded_aws_process import client
from local.errors import PlatformError
from local.log_lines import LogLine, access_line, function_line
from local.settings import Settings

_PERIOD_S = 0.5
_BEFORE_S = 300


def show(settings: Settings, *, region: str, service: str | None, follow: bool, write: Callable[[str], None]) -> None:
    """Write the lines of the last five minutes and, with `follow`, new lines until Ctrl-C."""
    known = {manifest.service for manifest in load_manifests()}
    if service is not None and service not in known:
        raise PlatformError(f"There is no service {service!r}, only {', '.join(sorted(known))}.")
    if not embedded_aws_process.answers(settings):
        raise PlatformError("The platform is not running, and the functions' logs are in it. Start it with `make up`.")
    functions = FunctionLogs(settings, region=region, service=service)
    with closing(AccessLog(gateway.access_log(settings), service)) as access:
        while True:
            try:
                lines = [*functions.read(), *access.read()]
            except (ClientError, BotoCoreError) as error:
                raise PlatformError(f"The embedded AWS no longer answers: {error}. See `make status`.") from error
            for line in sorted(lines, key=lambda line: line.at):
                write(str(line))
            if not follow:
                return
            time.sleep(_PERIOD_S)


class FunctionLogs:
    """The log groups of the functions, read from the end of the last read."""

    def __init__(self, settings: Settings, *, region: str, service: str | None) -> None:
        self._aws = client("logs", settings, region)
        self._groups = dict(_log_groups(settings, region=region, service=service))
        self._since_ms = dict.fromkeys(self._groups, int((time.time() - _BEFORE_S) * 1000))
        self._shown: dict[str, list[dict[str, Any]]] = {}

    def read(self) -> Iterator[LogLine]:
        """Yield the new lines."""
        for group, source in self._groups.items():
            try:
                events = self._events(group)
            except self._aws.exceptions.ResourceNotFoundException:
                # The first line of the function creates the group.
                continue
            for event in _without(events, self._shown.get(group, ())):
                line = function_line(source, event["timestamp"], event["message"])
                if line is not None:
                    yield line
            if events:
                last_ms = max(event["timestamp"] for event in events)
                self._since_ms[group] = last_ms
                # The next read starts with these events again: the same millisecond may get more of them.
                self._shown[group] = [event for event in events if event["timestamp"] == last_ms]

    def _events(self, group: str) -> list[dict[str, Any]]:
        pages = self._aws.get_paginator("filter_log_events").paginate(
            logGroupName=group, startTime=self._since_ms[group]
        )
        return [event for page in pages for event in page["events"]]


def _without(events: list[dict[str, Any]], shown: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leave out the events already shown, as often as they were: the embedded AWS gives events no id."""
    remaining = Counter(_identity(event) for event in shown)
    new = []
    for event in events:
        if remaining[_identity(event)] > 0:
            remaining[_identity(event)] -= 1
        else:
            new.append(event)
    return new


def _identity(event: dict[str, Any]) -> tuple[str, int, str]:
    return event["logStreamName"], event["timestamp"], event["message"]


class AccessLog:
    """Traefik's access log, read from the end of the last read."""

    def __init__(self, path: Path, service: str | None) -> None:
        self._path = path
        self._service = service
        self._file: TextIO | None = None
        self._partial = ""

    def read(self) -> Iterator[LogLine]:
        """Yield the new lines of the service."""
        if self._file is None:
            if not self._path.exists():
                return
            self._file = self._path.open(encoding="utf-8", errors="replace")
        *lines, self._partial = (self._partial + self._file.read()).split("\n")
        for text in lines:
            found = access_line(text)
            if found is None:
                continue
            called, line = found
            recent = line.at.timestamp() > time.time() - _BEFORE_S
            if recent and self._service in {None, called}:
                yield line

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()


def _log_groups(settings: Settings, *, region: str, service: str | None) -> Iterable[tuple[str, str]]:
    """Yield the log group of each function, and the function's name in this output."""
    prefix = load_environment(settings.environment).prefix
    aws = client("lambda", settings, region)
    for manifest in load_manifests():
        for name in manifest.functions:
            if service in (None, manifest.service):
                function = f"{prefix}-{manifest.service}-{name}"
                try:
                    configured = aws.get_function_configuration(FunctionName=function).get("LoggingConfig", {})
                except aws.exceptions.ResourceNotFoundException:
                    continue
                yield configured.get("LogGroup") or f"/aws/lambda/{function}", f"{manifest.service}/{name}"
