"""Access tokens of an environment's user pool, for people and for machine clients."""

import getpass
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import urllib3

from operate.errors import OperateError, UsageError
from operate.target import Target

_TIMEOUT_S = 10.0
# The machine client of the workflows: `integrations` in cdk/environments/.
_PIPELINE = "pipeline"
_NEW_PASSWORD = "NEW_PASSWORD_REQUIRED"  # noqa: S105 - the name of a challenge


def access_token(caller: str, target: Target) -> str:
    """Get a token for an e-mail address, a machine client or, locally, a demo person.

    Raises:
        OperateError: The user pool does not know the caller, or rejects the credentials.
    """
    pool = UserPool(target)
    demo = _demo_people(target).get(caller)
    if demo:
        return pool.person(demo["email"], demo["password"])
    if "@" in caller:
        return pool.person(caller, _ask(f"Password of {caller}: "))
    return pool.machine(caller)


def pipeline_client(target: Target, *, locally: str) -> str:
    """Return the machine client with which commands of workflows call an environment; on a laptop, a demo client."""
    return locally if target.is_local else _PIPELINE


class UserPool:
    """Gets tokens of an environment's user pool, with the credentials of its AWS account."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._cognito = target.client("cognito-idp")
        outputs = target.outputs("identity")
        self._pool = outputs["UserPoolId"]
        self._operator_client = outputs["OperatorClientId"]
        self._sign_in_url = target.described["aws_endpoint_url"] if target.is_local else outputs["SignInUrl"]

    def person(self, email: str, password: str) -> str:
        """Sign a person in.

        Raises:
            OperateError: The password is wrong, or the pool requires a challenge that this command does not support.
        """
        client = {"UserPoolId": self._pool, "ClientId": self._operator_client}
        try:
            answer = self._cognito.admin_initiate_auth(
                **client,
                AuthFlow="ADMIN_USER_PASSWORD_AUTH",
                AuthParameters={"USERNAME": email, "PASSWORD": password},
            )
            if answer.get("ChallengeName") == _NEW_PASSWORD:
                chosen = _ask("The user pool requires a new password: ")
                answer = self._cognito.admin_respond_to_auth_challenge(
                    **client,
                    ChallengeName=_NEW_PASSWORD,
                    ChallengeResponses={"USERNAME": email, "NEW_PASSWORD": chosen},
                    Session=answer["Session"],
                )
        except (
            self._cognito.exceptions.NotAuthorizedException,
            self._cognito.exceptions.UserNotFoundException,
            self._cognito.exceptions.InvalidPasswordException,
        ) as error:
            raise OperateError(f"{email} could not sign in: {error.response['Error']['Message']}") from error
        if "AuthenticationResult" not in answer:
            raise OperateError(
                f"The user pool asks for {answer.get('ChallengeName')}, which this command does not support. Sign in on"
                " the documentation page of a service instead."
            )
        return str(answer["AuthenticationResult"]["AccessToken"])

    def machine(self, name: str) -> str:
        """Get a token for a machine client, with all its scopes.

        Raises:
            UsageError: The client does not exist.
            OperateError: The pool rejects it.
        """
        clients = self._machines()
        if name not in clients:
            known = ", ".join([*_demo_people(self._target), *sorted(clients)]) or "none"
            problem = f"There is no caller {name!r}." if name else "Name the caller: as=…."
            raise UsageError(
                f"{problem} The callers are: {known}; and, by their e-mail addresses, the people of the pool."
            )
        pool = urllib3.PoolManager(ca_certs=self._target.described["ca_file"] if self._target.is_local else None)
        credentials = urllib3.make_headers(basic_auth=f"{clients[name]['ClientId']}:{clients[name]['ClientSecret']}")
        answer = pool.request(
            "POST",
            f"{self._sign_in_url}/oauth2/token",
            fields={"grant_type": "client_credentials"},
            encode_multipart=False,
            headers=credentials,
            timeout=_TIMEOUT_S,
        )
        content = json.loads(answer.data)
        if "access_token" not in content:
            raise OperateError(f"The user pool rejects the client {name}: {content.get('error', answer.status)}")
        return str(content["access_token"])

    def _machines(self) -> Mapping[str, Any]:
        pages = self._cognito.get_paginator("list_user_pool_clients").paginate(UserPoolId=self._pool)
        described = (
            self._cognito.describe_user_pool_client(UserPoolId=self._pool, ClientId=listed["ClientId"])
            for page in pages
            for listed in page["UserPoolClients"]
        )
        clients = (answer["UserPoolClient"] for answer in described)
        return {client["ClientName"]: client for client in clients if "ClientSecret" in client}


def _ask(question: str) -> str:
    if not sys.stdin.isatty():
        raise OperateError("There is no terminal to ask for a password. Use a machine client in scripts.")
    return getpass.getpass(question)


def _demo_people(target: Target) -> Mapping[str, Mapping[str, str]]:
    if not target.is_local:
        return {}
    people: dict[str, Mapping[str, str]] = json.loads(Path(target.described["identities_file"]).read_text("utf-8"))
    return people
