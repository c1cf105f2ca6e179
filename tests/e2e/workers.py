"""The processes that functions run in on the embedded AWS, to be killed."""

import psutil

from tests.e2e.platform_under_test import PlatformUnderTest


def workers(platform: PlatformUnderTest, function: str) -> list[psutil.Process]:
    """Find the warm processes of a function of this very platform."""
    found = []
    for process in psutil.process_iter():
        try:
            environment = process.environ()
        except psutil.Error:
            continue
        ours = str(platform.ports[2]) in environment.get("AWS_ENDPOINT_URL", "")
        if ours and environment.get("AWS_LAMBDA_FUNCTION_NAME") == function:
            found.append(process)
    return found
