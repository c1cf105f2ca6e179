"""The function that CodeDeploy calls before a new version gets traffic, and after it has all of it.

Its log has one line for each verdict; a failure names the call, the expected and the actual end. It contains no
personal data.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from functions.shared.release_check.aws import aws_platform
from functions.shared.release_check.calls import CheckFailed
from functions.shared.release_check.release import Clock, Platform, Release

CHECKS = Path(__file__).with_name("checks.json")


def handler(event: Mapping[str, Any], context: Any) -> None:  # noqa: ANN401 - the Lambda context
    """Judge the version of a deployment, and report the verdict."""
    checks = json.loads(CHECKS.read_text("utf-8"))
    clock = Clock(left_s=lambda: context.get_remaining_time_in_millis() / 1000)
    judge(event, aws_platform(clock.left_s), checks, clock=clock)


def judge(event: Mapping[str, Any], platform: Platform, checks: Mapping[str, Any], *, clock: Clock) -> None:
    """Run the check of a deployment, and report the verdict; a check that breaks itself is a failure.

    Args:
        event: `DeploymentId` and `LifecycleEventHookExecutionId`:
            https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-hooks.html
            The embedded AWS adds `MinuteSeconds` if a minute of the release is shorter.
        platform: AWS.
        checks: The calls of the service.
        clock: The time of the function.
    """
    deployment_id, execution_id = event["DeploymentId"], event["LifecycleEventHookExecutionId"]
    told: dict[str, Any] = {"deployment_id": deployment_id}
    succeeded = False
    try:
        function = platform.function_of(deployment_id)
        name = function.removeprefix(os.environ["RELEASE_PREFIX"])
        version = os.environ[f"VERSION_{name.upper().replace('-', '_')}"]
        told |= {"function": function, "version": version}
        release = Release(function=function, name=name, version=version, deployment_id=deployment_id)
        bake_minutes, minute_s = int(os.environ["BAKE_MINUTES"]), float(event.get("MinuteSeconds", 60))
        told["checks"] = release.run(platform, checks, bake_minutes=bake_minutes, minute_s=minute_s, clock=clock)
        succeeded = True
    except CheckFailed as failed:
        told |= {"call": failed.call, "expected": failed.expected, "got": failed.got}
    except Exception as error:  # noqa: BLE001 - CodeDeploy would wait an hour for a verdict
        # The text of an unexpected error may contain personal data; the name of a call to AWS and its code do not.
        told |= {"error": _kind(error)}
    _log("release check passed" if succeeded else "release check failed", succeeded=succeeded, told=told)
    platform.report(deployment_id, execution_id, succeeded=succeeded)


def _kind(error: Exception) -> str:
    """Return the class of an error; for one of AWS, also the call and the code."""
    if isinstance(error, ClientError):
        return f"{error.operation_name}: {error.response['Error']['Code']}"
    return type(error).__name__


def _log(message: str, *, succeeded: bool, told: Mapping[str, Any]) -> None:
    line = {"level": "INFO" if succeeded else "ERROR", "message": message, **told}
    print(json.dumps(line))  # noqa: T201 - Lambda writes it into the log
