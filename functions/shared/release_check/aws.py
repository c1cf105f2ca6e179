"""The platform of a release check on AWS: CodeDeploy and Lambda."""

import json
import math
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.session import get_session

from functions.shared.interface.names import ALIAS
from functions.shared.release_check.calls import Outcome
from functions.shared.release_check.release import Live

if TYPE_CHECKING:
    from functions.shared.release_check.release import Platform

# An API has 20 s, and a function that rehearses an event takes a second. Both tries end before `MARGIN_S`.
READ_TIMEOUT_S = 25.0
ATTEMPTS = 2
# A call of CodeDeploy is quick. If the verdict does not reach it, the deployment waits for an hour.
CODEDEPLOY_READ_TIMEOUT_S = 5.0
CODEDEPLOY_ATTEMPTS = 6
# The traffic of the function, or of the account, may use all concurrency for a moment; that is no fault of the version.
THROTTLED = "TooManyRequestsException"
THROTTLED_TRIES = 10
THROTTLED_PAUSE_S = 3.0
# With less time left, a check gives up, so that the hook still reports the verdict.
REPORT_S = 30.0
# https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_DeploymentInfo.html
_ENDED = frozenset({"Failed", "Stopped", "Succeeded"})
# The text of these errors is Lambda's own; other texts may contain personal data.
_OF_LAMBDA = "Runtime."


class AwsPlatform:
    """The `Platform` on AWS.

    Args:
        codedeploy: A botocore client.
        lambda_: A botocore client.
        left_s: Returns the seconds until Lambda ends the hook.
        sleep: Waits for some seconds.
    """

    def __init__(
        self,
        *,
        codedeploy: Any,  # noqa: ANN401 - a botocore client
        lambda_: Any,  # noqa: ANN401 - as above
        left_s: Callable[[], float] = lambda: math.inf,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._codedeploy = codedeploy
        self._lambda = lambda_
        self._left_s = left_s
        self._sleep = sleep

    def function_of(self, deployment_id: str) -> str:
        """See `Platform.function_of`: a deployment group has the name of its function."""
        return str(self._deployment(deployment_id)["deploymentGroupName"])

    def is_running(self, deployment_id: str) -> bool:
        """See `Platform.is_running`."""
        return self._deployment(deployment_id).get("status") not in _ENDED

    def live(self, function: str) -> Live:
        """See `Platform.live`."""
        alias = self._lambda.get_alias(FunctionName=function, Name=ALIAS)
        weights = alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
        others = frozenset(version for version, weight in weights.items() if weight > 0)
        return Live(version=alias["FunctionVersion"], others=others)

    def invoke(self, function: str, version: str, event: Mapping[str, Any]) -> Outcome:
        """See `Platform.invoke`; Lambda is asked again while it throttles."""
        payload = json.dumps(event).encode()
        for tries_left in reversed(range(THROTTLED_TRIES)):
            started_at = time.perf_counter()
            try:
                answer = self._lambda.invoke(FunctionName=function, Qualifier=version, Payload=payload)
                break
            except ClientError as error:
                if error.response["Error"]["Code"] != THROTTLED or not tries_left or self._left_s() < REPORT_S:
                    raise
            self._sleep(THROTTLED_PAUSE_S)
        duration_ms = (time.perf_counter() - started_at) * 1000
        value = json.loads(answer["Payload"].read() or "null")
        if answer.get("FunctionError"):
            return Outcome(value=None, error=_told(value), duration_ms=duration_ms)
        return Outcome(value=value, error=None, duration_ms=duration_ms)

    def report(self, deployment_id: str, execution_id: str, *, succeeded: bool) -> None:
        """See `Platform.report`; a deployment that has ended takes no verdict."""
        try:
            self._codedeploy.put_lifecycle_event_hook_execution_status(
                deploymentId=deployment_id,
                lifecycleEventHookExecutionId=execution_id,
                status="Succeeded" if succeeded else "Failed",
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "LifecycleEventAlreadyCompletedException":
                raise

    def _deployment(self, deployment_id: str) -> Mapping[str, Any]:
        info: Mapping[str, Any] = self._codedeploy.get_deployment(deploymentId=deployment_id)["deploymentInfo"]
        return info


def aws_platform(left_s: Callable[[], float] = lambda: math.inf) -> AwsPlatform:
    """Return the platform of this account and region."""
    session = get_session()
    limits = {"codedeploy": (CODEDEPLOY_READ_TIMEOUT_S, CODEDEPLOY_ATTEMPTS), "lambda": (READ_TIMEOUT_S, ATTEMPTS)}
    clients = {
        name: session.create_client(
            name,
            config=Config(
                connect_timeout=3,
                read_timeout=timeout_s,
                retries={"mode": "standard", "total_max_attempts": attempts},
            ),
        )
        for name, (timeout_s, attempts) in limits.items()
    }
    return AwsPlatform(codedeploy=clients["codedeploy"], lambda_=clients["lambda"], left_s=left_s)


def _told(error: Any) -> str:  # noqa: ANN401 - JSON
    """Return the kind of a function's error; https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html."""
    kind = str(error.get("errorType") or "Timeout") if isinstance(error, dict) else "Unknown"
    return f"{kind}: {error.get('errorMessage')}" if kind.startswith(_OF_LAMBDA) else kind


if TYPE_CHECKING:
    _: Platform = AwsPlatform(codedeploy=None, lambda_=None)
