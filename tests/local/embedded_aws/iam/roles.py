"""A function's role in the embedded AWS, and the file that its calls are recorded in."""

import json
import os
from pathlib import Path
from typing import Any

from ministack import app
from ministack.core import iam_evaluator, lambda_runtime
from ministack.services import iam, lambda_svc

from tests.local.embedded_aws.resources import arn, function

TABLE = arn("dynamodb", "table/orders")
QUEUE = arn("sqs", "work")
CALLS_FILE = Path(os.environ["TMPDIR"], "calls.jsonl")


def set_up() -> str:
    """Create a function that runs as role `r`, and record calls; return its access key id."""
    os.environ["EMBEDDED_AWS_CALLS_FILE"] = str(CALLS_FILE)
    app.AUTH = True
    lambda_svc._functions["tried"] = function("def handler(event, context): pass")
    key: str = lambda_runtime.execution_credentials(lambda_svc._functions["tried"]["config"])["AWS_ACCESS_KEY_ID"]
    return key


def allow(*statements: tuple[list[str], str]) -> None:
    """Let the role call only these actions, each list with its resource."""
    policy = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": actions, "Resource": resource} for actions, resource in statements],
    }
    iam._roles["r"] = {
        "RoleName": "r",
        "Arn": "arn:aws:iam::000000000000:role/r",
        "AttachedPolicies": [],
        "InlinePolicies": {"p": json.dumps(policy)},
    }


def is_allowed(key: str, action: str) -> bool:
    return iam_evaluator.enforce(key, action, "dynamodb", "eu-west-1", resource_arn=TABLE) is None


def recorded() -> list[dict[str, Any]]:
    return [json.loads(line) for line in CALLS_FILE.read_text().splitlines()] if CALLS_FILE.exists() else []
