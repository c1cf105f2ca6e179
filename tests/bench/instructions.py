"""Instructions of a handler's start and of its requests, which vary by less than a thousandth from run to run."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.bench.handlers import ENVIRONMENT

CALLING = Path(__file__).with_name("calling.py")
# Caches fill during the first requests.
FIRST_REQUESTS, MORE_REQUESTS = 30, 130


def event_of(path: str, *, token: str | None = None) -> dict[str, Any]:
    """Return a load balancer's event of a GET request."""
    headers = {
        "host": "localhost",
        "accept": "*/*",
        "x-forwarded-for": "127.0.0.1",
        "x-forwarded-proto": "https",
        "x-request-id": "4bf92f3577b34da6a3ce929d0e0e4736",
        "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        **({"authorization": f"Bearer {token}"} if token else {}),
    }
    return {
        "requestContext": {"elb": {"targetGroupArn": "arn"}},
        "httpMethod": "GET",
        "path": path,
        "queryStringParameters": {},
        "multiValueQueryStringParameters": {},
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "body": "",
        "isBase64Encoded": False,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Handler:
    """A handler in an unpacked bundle, and the event that it is called with.

    Attributes:
        variables: Further environment variables of the function.
    """

    folder: Path
    module: str
    event: Mapping[str, Any]
    variables: Mapping[str, str] = field(default_factory=dict)

    def start(self, *, requests: int = 0, snapshot: bool = False) -> int:
        """Count the instructions of a process that imports the handler and calls it.

        Args:
            requests: The number of calls; 0 counts the import alone.
            snapshot: The process is one of which Lambda takes a snapshot before the first call.
        """
        command = [
            *("valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"),
            *(os.path.realpath(sys.executable), "-s", "-S", str(CALLING)),
            *(self.module, json.dumps(self.event), str(requests)),
        ]
        kind = {"AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start" if snapshot else "on-demand"}
        environment = {**ENVIRONMENT, **kind, **self.variables}
        result = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False)
        if result.returncode:
            raise RuntimeError(result.stderr)
        [counted] = re.findall(r"I\s+refs:\s+([\d,]+)", result.stderr)
        return int(counted.replace(",", ""))

    def warm_request(self) -> int:
        """Count the instructions of one request of many."""
        more, first = self.start(requests=MORE_REQUESTS), self.start(requests=FIRST_REQUESTS)
        return (more - first) // (MORE_REQUESTS - FIRST_REQUESTS)


def can_count() -> bool:
    """Return whether valgrind is installed."""
    return shutil.which("valgrind") is not None
