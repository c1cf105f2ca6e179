"""Agreement of aliases and CloudFormation: each service's stack records the version that its alias really has."""

from collections.abc import Iterable
from typing import Any
from uuid import uuid4

from functions.shared.interface.names import CORRECTS_RECORD
from operate.deployed.aliases import LambdaAliases
from operate.deployed.recorded_versions import STEADY, StackRecord
from operate.errors import OperateError
from operate.progress import Progress
from operate.target import Target

# https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-env.html
_QUALIFIER = "hnb659fds"


def agree(target: Target, services: Iterable[str], *, progress: Progress, is_deployment: bool = True) -> list[str]:
    """Correct the record of services with an alias that was moved by hand, so that the next deployment works.

    Args:
        target: The environment.
        services: The services.
        progress: Receives the progress.
        is_deployment: False if the records of deployments must leave out the correction.

    Returns:
        A line for each corrected alias.

    Raises:
        OperateError: A canary is under way, or a stack is at work, so that its record cannot be corrected now.
    """
    aliases = LambdaAliases(target.client("lambda"))
    corrected = list[str]()
    for service in services:
        record = StackRecord(target.client("cloudformation"), target.name_of(service))
        status = record.status()
        if status not in STEADY:
            # A stack that does not exist yet, or is at work, has nothing to correct; the CDK reports the second.
            continue
        wrong = dict[str, str]()
        for recorded in record.aliases():
            alias = aliases.find(recorded.function)
            if alias is None or alias.version == recorded.version:
                continue
            if alias.is_split:
                raise OperateError(f"{alias.function} is in the middle of a canary. Wait, or take it back.")
            wrong[recorded.logical_id] = alias.version
            corrected.append(
                f"{alias.function}: CloudFormation recorded version {recorded.version}, the alias has {alias.version}"
            )
        if wrong:
            progress.say(f"Recording in CloudFormation which versions {record.stack} serves; no traffic moves …")
            token = "" if is_deployment else f"{CORRECTS_RECORD}{uuid4()}"
            record.correct(wrong, upload=lambda name, body: upload_template(target, name, body), token=token)
    return corrected


def upload_template(target: Target, name: str, body: bytes) -> str:
    """Put a template into the CDK's bucket of assets and return its URL."""
    region = target.environment.region
    bucket = f"cdk-{_QUALIFIER}-assets-{target.account}-{region}"
    s3: Any = target.client("s3")
    s3.put_object(Bucket=bucket, Key=name, Body=body)
    return f"https://{bucket}.s3.{region}.amazonaws.com/{name}"
