"""Run one test function with the extensions installed: `python -m tests.local.embedded_aws.run_test <module> <test>`.

It ends with 1 and a traceback that shows the local variables if the test fails. A module with `INSTALLED = False`
runs its tests without the extensions.
"""

import importlib
import os
import sys
import traceback

from ministack.core import responses

from local.embedded_aws import catalogue


def main(module_name: str, test_name: str) -> int:
    # A function's process must not see the last one.
    os.environ.update(
        MINISTACK_ACCOUNT_ID="000000000000",
        MINISTACK_REGION="eu-west-1",
        EMBEDDED_AWS_ACCESS_KEY_ID="AKIA-ADMINISTRATOR",
        EMBEDDED_AWS_SECRET_ACCESS_KEY="secret of the administrator",
        EMBEDDED_AWS_ENDPOINT_URL="https://127.0.0.1:1",
        EMBEDDED_AWS_CA_FILE="/ca.pem",
        SECRET_OF_HOST="x",
    )
    responses.set_request_account_id("000000000000")
    responses.set_request_region("eu-west-1")
    module = importlib.import_module(module_name)
    if getattr(module, "INSTALLED", True):
        catalogue.install()
    try:
        getattr(module, test_name)()
    except Exception as error:  # noqa: BLE001 - any error fails the test
        report = traceback.TracebackException.from_exception(error, capture_locals=True)
        sys.stderr.write("".join(report.format()))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
