"""A rollback against the embedded AWS: real stacks, versions and aliases, and a deployment afterwards that works."""

import argparse
import io
import json
import socket
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local import embedded_aws_process
from local.certificates import ensure_certificates
from local.settings import Settings
from operate.commands.rollback import COMMAND
from operate.target import Target

REGION = "eu-west-1"
STACK, RELAY = "platform-local-users", "platform-local-users-relay"


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    """The embedded AWS alone, on a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = Settings.read({"PLATFORM_HOME": str(tmp_path), "PLATFORM_AWS_PORT": str(port)})
    for folder in (settings.run, settings.logs):
        folder.mkdir(parents=True, exist_ok=True)
    ensure_certificates(settings.certificates, (embedded_aws_process.CERTIFICATE,))
    embedded_aws_process.start(settings, region=REGION)
    yield settings
    embedded_aws_process.embedded_aws(settings).stop(grace_s=embedded_aws_process.STOP_S)


def code(answer: str) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("index.py", f"def handler(event, context):\n    return {answer!r}\n")
    return archive.getvalue()


def template(release: int) -> str:
    """The shape of the CDK's: each release has a version with another name, and the alias refers to it."""
    version = f"Version{release}"
    resources = {
        "Role": {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "AssumeRolePolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Principal": {"Service": "lambda.amazonaws.com"},
                            "Action": "sts:AssumeRole",
                        }
                    ],
                }
            },
        },
        "Function": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "FunctionName": RELAY,
                "Runtime": "python3.13",
                "Handler": "index.handler",
                "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                "Code": {"S3Bucket": "code", "S3Key": f"{release}.zip"},
            },
        },
        version: {
            "Type": "AWS::Lambda::Version",
            "DeletionPolicy": "Retain",
            "Properties": {"FunctionName": {"Ref": "Function"}},
        },
        "Live": {
            "Type": "AWS::Lambda::Alias",
            "Properties": {
                "Name": "live",
                "FunctionName": {"Ref": "Function"},
                "FunctionVersion": {"Fn::GetAtt": [version, "Version"]},
            },
        },
    }
    return json.dumps({"Resources": resources})


@pytest.mark.slow
def test_a_service_goes_back_and_the_next_deployment_works(settings: Settings) -> None:
    clients = {
        name: embedded_aws_process.client(name, settings, REGION)
        for name in ("lambda", "cloudformation", "codedeploy", "s3", "events", "sts")
    }
    cloudformation, aws_lambda = clients["cloudformation"], clients["lambda"]
    clients["s3"].create_bucket(Bucket="code", CreateBucketConfiguration={"LocationConstraint": REGION})
    for release in (1, 2, 3):
        clients["s3"].put_object(Bucket="code", Key=f"{release}.zip", Body=code(f"release {release}"))
    deploy(cloudformation, template(1))
    deploy(cloudformation, template(2))
    assert serves(aws_lambda) == ("2", "release 2")

    assert rollback(Target("local", {}, clients=clients))

    assert serves(aws_lambda) == ("1", "release 1")
    body = cloudformation.get_template(StackName=STACK, TemplateStage="Original")["TemplateBody"]
    recorded = body if isinstance(body, dict) else json.loads(body)
    assert recorded["Resources"]["Live"]["Properties"]["FunctionVersion"] == "1"

    deploy(cloudformation, template(3))
    assert serves(aws_lambda) == ("3", "release 3")


def deploy(cloudformation: Any, body: str) -> None:
    arguments = {"StackName": STACK, "TemplateBody": body, "Capabilities": ["CAPABILITY_IAM"]}
    if cloudformation.describe_stacks()["Stacks"]:
        cloudformation.update_stack(**arguments)
        waiter = cloudformation.get_waiter("stack_update_complete")
    else:
        cloudformation.create_stack(**arguments)
        waiter = cloudformation.get_waiter("stack_create_complete")
    waiter.wait(StackName=STACK, WaiterConfig={"Delay": 1, "MaxAttempts": 30})


def serves(aws_lambda: Any) -> tuple[str, str]:
    alias = aws_lambda.get_alias(FunctionName=RELAY, Name="live")
    answer = aws_lambda.invoke(FunctionName=RELAY, Qualifier="live", Payload=b"{}")
    return alias["FunctionVersion"], json.loads(answer["Payload"].read())


def rollback(target: Target) -> bool:
    parser = argparse.ArgumentParser()
    COMMAND.add_arguments(parser)
    words = ("--service", "users", "--function", "relay", "--yes", "--reason", "a test")
    return COMMAND.run(parser.parse_args(words), target)
