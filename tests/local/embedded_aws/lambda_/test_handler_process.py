"""The process of a function's handler."""

import os

from ministack.services import lambda_svc  # noqa: F401 - runs the handlers

from tests.local.embedded_aws.resources import function, invoke

REPORTS_ITS_PROCESS = """
import importlib.util, os, sys
def handler(event, context):
    packages = [name for name in ("ministack", "botocore", "pip") if importlib.util.find_spec(name)]
    return {"environment": dict(os.environ), "packages": packages, "version": list(sys.version_info[:2])}
"""


def test_a_handler_sees_nothing_of_the_host() -> None:
    body = invoke(function(REPORTS_ITS_PROCESS))["body"]

    environment = body["environment"]
    assert "SECRET_OF_HOST" not in environment
    assert environment["OWN"] == "yes"
    assert environment["AWS_REGION"] == "eu-west-1"
    assert environment["AWS_ENDPOINT_URL"] == "https://127.0.0.1:1"
    assert environment["AWS_CA_BUNDLE"] == "/ca.pem"
    assert environment["AWS_ACCESS_KEY_ID"]
    assert environment["HOME"] != os.environ["HOME"]
    assert body["packages"] == []
    assert body["version"] == [3, 13]


def test_a_runtime_that_this_machine_lacks_is_refused() -> None:
    assert invoke(function("", runtime="python3.12"))["body"]["errorMessage"] == (
        "The runtime python3.12 is not on this machine: the embedded AWS runs functions on python3.13."
    )
