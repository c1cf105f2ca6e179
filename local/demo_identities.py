"""The demo people and machine clients that can call this machine's platform; `make up` creates them."""

import json
import secrets
from collections.abc import Iterable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from cdk.settings.manifests import load_manifests
from functions.shared.interface.names import ADMIN, MEMBER
from local.embedded_aws_process import client
from local.private_files import write_private
from local.settings import Settings
from local.stacks import Stack

# The group of each person; a visitor has none, and no rights.
PEOPLE: Mapping[str, str | None] = {"admin": ADMIN, "member": MEMBER, "member2": MEMBER, "visitor": None}
# The verbs that each may use with every service. Their scopes follow the services in the checkout; the scopes of an
# integration are in the environment file.
MACHINES = {"machine": ("read", "write"), "reader": ("read",), "writer": ("write",)}


def email_of(person: str) -> str:
    """Return a demo person's address, in a domain reserved for examples.

    https://www.rfc-editor.org/rfc/rfc2606#section-3
    """
    return f"{person}@example.com"


class DemoIdentities:
    """The demo identities in the user pool; their passwords are generated once and kept in the platform's home."""

    def __init__(self, settings: Settings, stacks: tuple[Stack, ...], *, region: str) -> None:
        [self._pool] = [stack.outputs["UserPoolId"] for stack in stacks if "UserPoolId" in stack.outputs]
        self._file = settings.identities_file
        self._cognito = client("cognito-idp", settings, region)

    def ensure(self) -> bool:
        """Create the missing identities; return True if any was missing."""
        known = self._read()
        missing = [name for name in PEOPLE if name not in known or not self._exists(email_of(name))]
        for name in missing:
            known[name] = {"email": email_of(name), "password": self._make_person(name)}
            self._write(known)
        changed = [name for name, verbs in MACHINES.items() if self._ensure_machine(name, verbs)]
        return bool(missing or changed)

    def _read(self) -> dict[str, Mapping[str, str]]:
        try:
            known: dict[str, Mapping[str, str]] = json.loads(self._file.read_text("utf-8"))
        except (FileNotFoundError, ValueError):
            return {}
        return known

    def _write(self, known: Mapping[str, Mapping[str, str]]) -> None:
        write_private(self._file, json.dumps(known, indent=2) + "\n")

    def _exists(self, email: str) -> bool:
        try:
            self._cognito.admin_get_user(UserPoolId=self._pool, Username=email)
        except ClientError as error:
            if error.response["Error"]["Code"] == "UserNotFoundException":
                return False
            raise
        return True

    def _make_person(self, name: str) -> str:
        email, password = email_of(name), f"{secrets.token_urlsafe(18)}-aA1"
        person: dict[str, Any] = {"UserPoolId": self._pool, "Username": email}
        if not self._exists(email):
            attributes = {"email": email, "email_verified": "true", "name": f"Demo {name}"}
            self._cognito.admin_create_user(
                **person,
                UserAttributes=[{"Name": key, "Value": value} for key, value in attributes.items()],
                MessageAction="SUPPRESS",
            )
        self._cognito.admin_set_user_password(**person, Password=password, Permanent=True)
        if group := PEOPLE[name]:
            self._cognito.admin_add_user_to_group(**person, GroupName=group)
        return password

    def _ensure_machine(self, name: str, verbs: Iterable[str]) -> bool:
        """Create a client with these scopes of every service, or update its scopes to the current services."""
        services = [manifest.service for manifest in load_manifests() if manifest.http]
        scopes = [f"{service}/{verb}" for service in services for verb in verbs]
        wanted: dict[str, Any] = {
            "UserPoolId": self._pool,
            "ClientName": name,
            "AllowedOAuthFlows": ["client_credentials"],
            "AllowedOAuthScopes": sorted(scopes),
            "AllowedOAuthFlowsUserPoolClient": True,
        }
        listed = self._cognito.list_user_pool_clients(UserPoolId=self._pool, MaxResults=60)["UserPoolClients"]
        found = next((each["ClientId"] for each in listed if each["ClientName"] == name), None)
        if found is None:
            self._cognito.create_user_pool_client(**wanted, GenerateSecret=True)
            return True
        known = self._cognito.describe_user_pool_client(UserPoolId=self._pool, ClientId=found)["UserPoolClient"]
        if sorted(known.get("AllowedOAuthScopes", [])) == wanted["AllowedOAuthScopes"]:
            return False
        self._cognito.update_user_pool_client(**wanted, ClientId=found)
        return True
