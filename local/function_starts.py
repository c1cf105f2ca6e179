"""Start each function once, so that an error at import is known before the first request or event."""

import json
import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from cdk.settings.environment import load_environment
from functions.shared.interface.names import ALIAS
from local.embedded_aws_process import client
from local.settings import Settings
from local.stack_frames import readable

# An import is work of the processor, so more starts at once would only delay the first one.
AT_ONCE = min(4, os.cpu_count() or 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class StartFailure:
    """A function that does not start, with the report of Lambda's runtime; `stack` begins with the innermost frame."""

    service: str
    function: str
    error: str
    stack: tuple[str, ...]

    @property
    def name(self) -> str:
        """Its name in messages, as in `make logs`: `users/api`."""
        return f"{self.service}/{self.function}"

    def __str__(self) -> str:
        return "\n".join([f"✘ {self.name} does not start: {self.error}", *(f"    {frame}" for frame in self.stack)])


def start(settings: Settings, region: str, service: str, function: str) -> StartFailure | None:
    """Start the live version of a function without calling its handler; return the failure, if any."""
    prefix = load_environment(settings.environment).prefix
    # On AWS a dry run only checks the request. The embedded AWS also starts the function: see its function_errors.py.
    answer = client("lambda", settings, region).invoke(
        FunctionName=f"{prefix}-{service}-{function}", Qualifier=ALIAS, InvocationType="DryRun"
    )
    if "FunctionError" not in answer:
        return None
    report = json.loads(answer["Payload"].read())
    return StartFailure(
        service=service,
        function=function,
        error=f"{report['errorType']}: {report['errorMessage']}",
        stack=tuple(readable(report.get("stackTrace", ()))),
    )


def start_all(settings: Settings, region: str, functions: Iterable[tuple[str, str]]) -> list[StartFailure]:
    """Start functions, given as service and name; return the failures."""
    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        started = pool.map(lambda each: start(settings, region, *each), functions)
        return [failure for failure in started if failure is not None]


def live_versions(settings: Settings, region: str, functions: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Name the live version of each function, such as `users/api:3`."""
    prefix, aws = load_environment(settings.environment).prefix, client("lambda", settings, region)
    return {
        (service, name): f"{service}/{name}:"
        + aws.get_alias(FunctionName=f"{prefix}-{service}-{name}", Name=ALIAS)["FunctionVersion"]
        for service, name in functions
    }
