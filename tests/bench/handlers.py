"""The time of a warm request to a bundle's handler; `instructions.py` counts."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROUNDS = 7
REQUESTS_A_ROUND = 1500
ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "PYTHONDONTWRITEBYTECODE": "1",
    # The order of sets changes the number of instructions.
    "PYTHONHASHSEED": "0",
    "AWS_REGION": "eu-west-1",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "TABLE_NAME": "bench",
    "POWERTOOLS_METRICS_NAMESPACE": "platform",
    "POWERTOOLS_SERVICE_NAME": "bench",
}
TIMING = """
import importlib, json, sys, time
from types import SimpleNamespace
module, path, requests = sys.argv[1], sys.argv[2], int(sys.argv[3])
handler = importlib.import_module(module).handler
event = {
    "requestContext": {"elb": {"targetGroupArn": "arn"}}, "httpMethod": "GET", "path": path,
    "multiValueQueryStringParameters": {}, "body": "", "isBase64Encoded": False,
    "multiValueHeaders": {
        "host": ["localhost"], "accept": ["*/*"], "x-forwarded-for": ["127.0.0.1"], "x-forwarded-proto": ["https"],
        "x-request-id": ["4bf92f3577b34da6a3ce929d0e0e4736"],
        "traceparent": ["00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"],
    },
}
times = []
for number in range(requests + 200):
    started = time.perf_counter_ns()
    answer = handler(event, SimpleNamespace())
    times.append(time.perf_counter_ns() - started)
assert answer["statusCode"] == 200, answer
times = sorted(times[200:])
print(json.dumps(times[len(times) // 2] / 1000), file=sys.stderr)
"""


def warm_requests_us(*handlers: tuple[Path, str, str]) -> list[float]:
    """Measure the median time of a warm request to each handler, in microseconds, in the quietest of several rounds.

    Args:
        handlers: Folder of the bundle, module, path to call.
    """
    rounds = [[_round_us(*handler) for handler in handlers] for _ in range(ROUNDS)]
    return [min(times) for times in zip(*rounds, strict=True)]


def _round_us(folder: Path, module: str, path: str) -> float:
    command = [os.path.realpath(sys.executable), "-s", "-c", TIMING, module, path, str(REQUESTS_A_ROUND)]
    environment = ENVIRONMENT | {"PYTHONPATH": "."}
    result = subprocess.run(
        command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=True
    )
    return float(json.loads(result.stderr.splitlines()[-1]))
