"""`make serve` and `make debug`: the HTTP function of one service in a process of its own, for its developer.

It runs the same handler as the deployed function, with its variables and the rights of its role, against the running
platform. It is reached directly and not through the gateway, so no time-out ends a request that waits in a debugger.
"""

import json
import os
import sys
from typing import Any

from botocore.exceptions import ClientError

from cdk.settings.environment import load_environment
from cdk.settings.manifest import Manifest
from cdk.settings.manifests import load_manifests
from functions.shared.interface.names import ALIAS
from local import embedded_aws_process
from local.child_environment import base_environment
from local.credentials import ACCOUNT
from local.embedded_aws_process import client
from local.errors import PlatformError
from local.progress import Progress
from local.settings import Settings

# The port in .vscode/launch.json; it is debugpy's usual one.
DEBUG_PORT = 5678
# The longest session of a role: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
_SESSION_S = 43_200


def serve(settings: Settings, progress: Progress, *, service: str, port: int, debug: bool) -> None:
    """Replace this process by the server of a service; with `debug`, a debugger can attach to it.

    Raises:
        PlatformError: The service has no HTTP function, or the platform does not run.
    """
    region = load_environment(settings.environment).region
    manifest, function = _http_function(service)
    if not embedded_aws_process.answers(settings):
        raise PlatformError("The platform is not running, and the service needs its AWS. Start it with `make up`.")
    environment = function_environment(settings, region, service, function)
    environment["SERVED_HANDLER"] = manifest.functions[function].handler
    progress.say(
        f"{service} at http://127.0.0.1:{port}/{service}, with the role of {service}/{function}; Ctrl-C ends it."
    )
    if debug:
        progress.say(f"A debugger can attach at 127.0.0.1:{DEBUG_PORT}; in VS Code: Run, “Attach to make debug”.")
    os.chdir(settings.checkout)
    os.execve(sys.executable, command(service, port=port, debug=debug), environment)  # noqa: S606 - no shell is meant


def command(service: str, *, port: int, debug: bool) -> list[str]:
    """Return the command of the server. A debugger would lose the process that a reload replaces."""
    debugger = ["-Xfrozen_modules=off", "-m", "debugpy", "--listen", f"127.0.0.1:{DEBUG_PORT}"] if debug else []
    reload = [] if debug else ["--reload", "--reload-dir", f"functions/{service}", "--reload-dir", "functions/shared"]
    listen = ["--host", "127.0.0.1", "--port", str(port), "--lifespan", "off", "--no-access-log"]
    return [sys.executable, *debugger, "-m", "uvicorn", "local.served:app", *listen, *reload]


def function_environment(settings: Settings, region: str, service: str, function: str) -> dict[str, str]:
    """Return the variables of a deployed function, with credentials of its role."""
    name = f"{load_environment(settings.environment).prefix}-{service}-{function}"
    described = client("lambda", settings, region).get_function_configuration(FunctionName=name, Qualifier=ALIAS)
    credentials = _credentials(settings, region, described["Role"])
    return {
        **base_environment(settings),
        **described["Environment"]["Variables"],
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_ENDPOINT_URL": settings.aws_endpoint_url,
        "AWS_CA_BUNDLE": str(settings.ca_file),
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_ACCESS_KEY_ID": credentials["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": credentials["SecretAccessKey"],
        "AWS_SESSION_TOKEN": credentials["SessionToken"],
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "LAMBDA_TASK_ROOT": str(settings.checkout),
        "LOG_ERROR_MESSAGES": "1",
        "PYTHONUNBUFFERED": "1",
    }


def _http_function(service: str) -> tuple[Manifest, str]:
    manifests = {manifest.service: manifest for manifest in load_manifests()}
    if service not in manifests:
        problem = f"There is no service {service!r}" if service else "Name the service: service=…"
        raise PlatformError(f"{problem}. The services are: {', '.join(manifests)}.")
    names = list(manifests[service].functions_of("http"))
    if not names:
        raise PlatformError(f'{service} has no function with trigger = "http" that could be served.')
    return manifests[service], names[0]


def _credentials(settings: Settings, region: str, role_arn: str) -> dict[str, Any]:
    """Assume a function's role, which trusts only Lambda: let it trust the account's administrator for a moment."""
    iam, role = client("iam", settings, region), role_arn.rpartition("/")[2]
    try:
        trust = iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]
    except ClientError as error:
        raise PlatformError(f"The role {role} is not deployed: {error}. Deploy it with `make up`.") from error
    administrator = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        "Action": "sts:AssumeRole",
    }
    widened = {**trust, "Statement": [*trust["Statement"], administrator]}
    iam.update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(widened))
    try:
        assumed: dict[str, Any] = client("sts", settings, region).assume_role(
            RoleArn=role_arn, RoleSessionName="serve", DurationSeconds=_SESSION_S
        )["Credentials"]
    finally:
        iam.update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(trust))
    return assumed
