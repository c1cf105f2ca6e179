"""Credentials for AWS from the workflow's own identity, without a stored key.

`python -m tools.pipeline.credentials dev` exchanges GitHub's OIDC token for a session of the role in `ROLE_ARN`; later
steps get it as environment variables: https://docs.github.com/en/actions/reference/security/oidc
"""

import json
import os
import re
import sys
import urllib.request
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import boto3
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from cdk.settings.environment import load_environment
from tools.pipeline.github import set_variables

_AUDIENCE = "sts.amazonaws.com"
# A release of everything takes up to an hour. The role allows it: .github/deployer.yaml
_DURATION_S = 7200
_LONGEST_NAME = 64


def token() -> str:
    """Get the token of this job from GitHub; the job needs the permission `id-token: write`.

    Raises:
        KeyError: This is no job, or it lacks the permission.
    """
    url = f"{os.environ['ACTIONS_ID_TOKEN_REQUEST_URL']}&audience={quote(_AUDIENCE)}"
    request = urllib.request.Request(  # noqa: S310 - the runner sets the address
        url, headers={"Authorization": f"Bearer {os.environ['ACTIONS_ID_TOKEN_REQUEST_TOKEN']}"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - see above
        return str(json.load(answer)["value"])


def session(role_arn: str, web_token: str, region: str) -> dict[str, str]:
    """Exchange a token for a session of a role; return the environment variables of the session."""
    sts: Any = boto3.client("sts", region_name=region, config=Config(signature_version=UNSIGNED))
    credentials = sts.assume_role_with_web_identity(
        RoleArn=role_arn,
        RoleSessionName=session_name(os.environ),
        WebIdentityToken=web_token,
        DurationSeconds=_DURATION_S,
    )["Credentials"]
    return {
        "AWS_ACCESS_KEY_ID": credentials["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": credentials["SecretAccessKey"],
        "AWS_SESSION_TOKEN": credentials["SessionToken"],
    }


def session_name(variables: Mapping[str, str]) -> str:
    """Return the name of the session, which the trail of the account shows: the actor and the run.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
    """
    run = f"-{variables.get('GITHUB_RUN_ID', '0')}"
    # A name of an app has brackets, such as dependabot[bot].
    actor = re.sub(r"[^A-Za-z0-9_=,.@-]", "-", variables.get("GITHUB_ACTOR", "workflow"))
    return f"{actor[: _LONGEST_NAME - len(run)]}{run}"


def main(environment: str) -> int:
    """Get a session, or say what is missing."""
    role_arn = os.environ.get("ROLE_ARN", "")
    if not role_arn:
        sys.stderr.write("✘ The GitHub environment has no variable AWS_ROLE_ARN; docs/deploy.md says how to set it.\n")
        return 1
    try:
        variables = session(role_arn, token(), load_environment(environment).region)
    except KeyError as error:
        sys.stderr.write(f"✘ {error.args[0]} is missing: the job needs the permission `id-token: write`.\n")
        return 1
    except (BotoCoreError, ClientError, OSError) as error:
        sys.stderr.write(f"✘ {role_arn} cannot be assumed: {error}\n")
        return 1
    set_variables(variables, secret=True)
    sys.stdout.write(f"✔ {role_arn}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
