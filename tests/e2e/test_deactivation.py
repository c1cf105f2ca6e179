"""The end of a person's access: in the user pool, and in every service while their token is still valid."""

import secrets
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import httpx
import pytest
from botocore.exceptions import ClientError

from functions.shared.interface.names import MEMBER
from tests.e2e.platform_under_test import SERVICES, PlatformUnderTest
from tests.e2e.subscribing import delivery_of, subscribe
from tests.waiting import eventually
from tests.webhooks.receiver import receiving

# The promise of decision 27: the event of the deactivation, and the list of blocked people, which is read every 20 s.
WITHIN_S = 60

# The routes that members may call, one of each service.
ROUTES = {"activity": "/activity?subject=users/1", "operations": "/operations/deployments"} | {
    service: f"/{service}" for service in SERVICES if service not in {"activity", "operations", "users"}
}


class Person:
    """A new member of the user pool."""

    def __init__(self, platform: PlatformUnderTest) -> None:
        self._cognito = platform.aws("cognito-idp")
        self._pool = platform.output("platform-local-identity", "UserPoolId")
        self._client = platform.output("platform-local-identity", "OperatorClientId")
        self.email, self._password = f"{uuid4().hex}@example.com", f"{secrets.token_urlsafe(18)}-aA1"
        person = {"UserPoolId": self._pool, "Username": self.email}
        attributes = [{"Name": "email", "Value": self.email}, {"Name": "email_verified", "Value": "true"}]
        self._cognito.admin_create_user(**person, UserAttributes=attributes, MessageAction="SUPPRESS")
        self._cognito.admin_set_user_password(**person, Password=self._password, Permanent=True)
        self._cognito.admin_add_user_to_group(**person, GroupName=MEMBER)

    def sign_in(self) -> Mapping[str, str]:
        return self._ask("ADMIN_USER_PASSWORD_AUTH", USERNAME=self.email, PASSWORD=self._password)

    def refresh(self, token: str) -> Mapping[str, str]:
        return self._ask("REFRESH_TOKEN_AUTH", REFRESH_TOKEN=token)

    def _ask(self, flow: str, **parameters: str) -> Mapping[str, str]:
        answer: Mapping[str, Any] = self._cognito.admin_initiate_auth(
            UserPoolId=self._pool, ClientId=self._client, AuthFlow=flow, AuthParameters=parameters
        )
        tokens: Mapping[str, str] = answer["AuthenticationResult"]
        return tokens


@contextmanager
def signed_in(platform: PlatformUnderTest, person: Person) -> Iterator[httpx.Client]:
    described, bearer = platform.described, f"Bearer {person.sign_in()['AccessToken']}"
    trusted = ssl.create_default_context(cafile=described["ca_file"])
    with httpx.Client(base_url=described["gateway_url"], verify=trusted, headers={"Authorization": bearer}) as client:
        client.timeout = httpx.Timeout(60)
        yield client


def change(admin: httpx.Client, user_id: str, **changes: Any) -> None:
    admin.patch(f"/users/{user_id}", json=changes, headers={"If-Match": "*"}).raise_for_status()


def statuses(anonymous: httpx.Client, token: str) -> Mapping[str, int]:
    bearer = {"Authorization": f"Bearer {token}"}
    paths = {"users": "/users/me", **ROUTES}
    return {service: anonymous.get(path, headers=bearer).status_code for service, path in paths.items()}


def test_a_deactivation_ends_access_everywhere_and_a_reactivation_restores_it(platform: PlatformUnderTest) -> None:
    person, anonymous = Person(platform), platform.client(None)
    tokens = person.sign_in()
    account = anonymous.get("/users/me", headers={"Authorization": f"Bearer {tokens['AccessToken']}"}).json()
    before = statuses(anonymous, tokens["AccessToken"])
    assert before["users"] == before["files"] == 200
    assert 401 not in before.values()

    platform.gateway.delete(f"/users/{account['id']}").raise_for_status()

    eventually(lambda: set(statuses(anonymous, tokens["AccessToken"]).values()) == {401}, within_s=WITHIN_S)
    for attempt in (person.sign_in, lambda: person.refresh(tokens["RefreshToken"])):
        with pytest.raises(ClientError, match="NotAuthorizedException"):
            attempt()

    path = f"/users/{account['id']}"
    platform.gateway.patch(path, json={"active": True}, headers={"If-Match": "*"}).raise_for_status()

    def token() -> str:
        try:
            return person.sign_in()["AccessToken"]
        except ClientError:
            return ""

    again = eventually(token, within_s=WITHIN_S)
    eventually(lambda: statuses(anonymous, again) == before, within_s=WITHIN_S)
    with pytest.raises(ClientError, match="NotAuthorizedException"):
        person.refresh(tokens["RefreshToken"])


def test_who_never_asked_for_their_account_loses_access_as_well(platform: PlatformUnderTest) -> None:
    person, anonymous = Person(platform), platform.client(None)
    account = platform.gateway.post("/users", json={"email": person.email}).raise_for_status().json()
    bearer = {"Authorization": f"Bearer {person.sign_in()['AccessToken']}"}
    assert anonymous.get("/files", headers=bearer).status_code == 200

    platform.gateway.delete(f"/users/{account['id']}").raise_for_status()

    eventually(lambda: anonymous.get("/files", headers=bearer).status_code == 401, within_s=WITHIN_S)
    with pytest.raises(ClientError, match="NotAuthorizedException"):
        person.sign_in()


def test_who_signs_in_to_an_account_that_was_deactivated_before_loses_access(platform: PlatformUnderTest) -> None:
    person, anonymous = Person(platform), platform.client(None)
    account = platform.gateway.post("/users", json={"email": person.email}).raise_for_status().json()
    platform.gateway.delete(f"/users/{account['id']}").raise_for_status()
    bearer = {"Authorization": f"Bearer {person.sign_in()['AccessToken']}"}

    mine = anonymous.get("/users/me", headers=bearer).raise_for_status().json()

    assert (mine["id"], mine["active"]) == (account["id"], False)
    eventually(lambda: anonymous.get("/files", headers=bearer).status_code == 401, within_s=WITHIN_S)


def test_the_webhooks_of_a_deactivated_owner_receive_nothing_until_the_owner_is_active_again(
    platform: PlatformUnderTest,
) -> None:
    person, admin = Person(platform), platform.gateway
    with receiving() as receiver, signed_in(platform, person) as owner:
        account = owner.get("/users/me").raise_for_status().json()["id"]
        webhook, _ = subscribe(owner, receiver, "users/UserUpdated.v1")
        change(admin, account, name="Ada")
        delivery_of(owner, webhook, f"users/{account}", "delivered")

        admin.delete(f"/users/{account}").raise_for_status()
        eventually(lambda: owner.get("/webhooks").status_code == 401, within_s=WITHIN_S)
        before = len(receiver.received)
        change(admin, account, name="Lovelace")
        unsent = delivery_of(admin, webhook, f"users/{account}", "cancelled")
        assert (unsent["attempts"], len(receiver.received)) == ([], before)

        change(admin, account, active=True)

        def is_delivered() -> bool:
            admin.post(f"{webhook}/deliveries/{unsent['id']}/redeliver")
            return unsent["id"] in {received.headers["webhook-id"] for received in receiver.received}

        eventually(is_delivered, within_s=WITHIN_S, every_s=1)
        admin.delete(webhook).raise_for_status()
