"""The requests for canaries: without one, an update of a stack moves its aliases at once.

A request is an SSM parameter of the embedded AWS, which its CodeDeploy reads (local/embedded_aws/codedeploy/pace.py).
"""

import contextlib
import json
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

_PATH = "/embedded-aws/releases"


@contextlib.contextmanager
def requested(ssm: Any, stack: str, *, minute_s: float) -> Iterator[None]:  # noqa: ANN401 - boto3 makes its clients
    """Let updates of a stack be canaries during the block, with minutes of this length."""
    name = f"{_PATH}/{stack}"
    ssm.put_parameter(Name=name, Value=json.dumps({"minute_s": minute_s}), Type="String", Overwrite=True)
    try:
        yield
    finally:
        # The platform may have ended; its next start forgets the request.
        with contextlib.suppress(BotoCoreError, ClientError):
            ssm.delete_parameter(Name=name)


def forget_all(ssm: Any) -> None:  # noqa: ANN401 - as above
    """Remove the requests of commands that were killed."""
    for parameter in ssm.get_parameters_by_path(Path=_PATH)["Parameters"]:
        ssm.delete_parameter(Name=parameter["Name"])
