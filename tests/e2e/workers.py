"""The processes of functions on the embedded AWS, for tests that kill them."""

import psutil

from tests.e2e.platform_under_test import PlatformUnderTest


def workers(platform: PlatformUnderTest, function: str) -> list[psutil.Process]:
    """Return the warm processes of a function of this platform."""
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
