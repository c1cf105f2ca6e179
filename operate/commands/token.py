"""`token`: get an access token, as a person or as a machine client."""

import argparse
import getpass
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import urllib3

from operate.command import Command
from operate.deployed.target import Target
from operate.errors import OperateError

_TIMEOUT_S = 10.0
_NEW_PASSWORD = "NEW_PASSWORD_REQUIRED"  # noqa: S105 - the name of a challenge


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--as",
        dest="caller",
        required=True,
        metavar="caller",
        help="an e-mail address, or a machine client's name; locally also the demo people, such as admin",
    )


def _run(arguments: argparse.Namespace, target: Target) -> bool:
    # Alone on its output, so that $(make token as=admin) is the token.
    sys.stdout.write(f"{access_token(arguments.caller, target)}\n")
    return True


def access_token(caller: str, target: Target) -> str:
    """Get a token as an e-mail address, as a machine client or, locally, as a demo identity.

    Raises:
        OperateError: The user pool knows no such caller, or refuses them.
    """
    pool = UserPool(target)
    demo = _demo_people(target).get(caller)
    if demo:
        return pool.person(demo["email"], demo["password"])
    if "@" in caller:
        return pool.person(caller, _ask(f"Password of {caller}: "))
    return pool.machine(caller)


COMMAND = Command(name="token", help="Get an access token of the user pool", add_arguments=_add_arguments, run=_run)


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
            OperateError: The password is wrong, or the pool asks for more than this command can answer.
        """
        client = {"UserPoolId": self._pool, "ClientId": self._operator_client}
        try:
            answer = self._cognito.admin_initiate_auth(
                **client,
                AuthFlow="ADMIN_USER_PASSWORD_AUTH",
                AuthParameters={"USERNAME": email, "PASSWORD": password},
            )
            if answer.get("ChallengeName") == _NEW_PASSWORD:
                chosen = _ask("A new password is required: ")
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
            raise OperateError(f"{email} was not signed in: {error.response['Error']['Message']}") from error
        if "AuthenticationResult" not in answer:
            raise OperateError(f"The user pool asks for {answer.get('ChallengeName')}; sign in on a docs page instead.")
        return str(answer["AuthenticationResult"]["AccessToken"])

    def machine(self, name: str) -> str:
        """Get a token for a machine client, with all its scopes.

        Raises:
            OperateError: There is no such client, or the pool refuses it.
        """
        clients = self._machines()
        if name not in clients:
            known = ", ".join(sorted(clients)) or "none"
            raise OperateError(f"There is no machine client {name!r}; there are: {known}. A person has an address.")
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
            raise OperateError(f"The user pool refuses the client {name}: {content.get('error', answer.status)}")
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
        raise OperateError("A password is asked for on a terminal, and there is none. Use a machine client in scripts.")
    return getpass.getpass(question)


def _demo_people(target: Target) -> Mapping[str, Mapping[str, str]]:
    if not target.is_local:
        return {}
    people: dict[str, Mapping[str, str]] = json.loads(Path(target.described["identities_file"]).read_text("utf-8"))
    return people
