"""Identities of people and machines, from the embedded user pool through Traefik to the service."""

import base64
import hashlib
import json
import re
import secrets
import ssl
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx
import jwt
import pytest

from cdk.settings.environment import load_environment
from tests.e2e.platform_under_test import SERVICES, PlatformUnderTest


def test_a_person_s_account_is_made_on_first_use_and_is_theirs_from_then_on(platform: PlatformUnderTest) -> None:
    member = platform.client("member")
    first, again = (member.get("/users/me").json() for _ in range(2))

    assert first == again
    assert first["email"] == "member@example.com"
    location = f"/users/{first['id']}"
    assert member.get(location).json() == first
    assert platform.gateway.get(location).json() == first


def test_an_account_with_a_person_s_verified_address_becomes_theirs(platform: PlatformUnderTest) -> None:
    made = platform.gateway.post("/users", json={"email": "Member2@example.com"})
    assert made.status_code in {201, 409}, made.text

    mine = platform.client("member2").get("/users/me").json()

    assert mine["email"].lower() == "member2@example.com"
    assert made.status_code == 409 or mine["id"] == made.json()["id"]


def test_the_account_of_another_member_is_not_found(platform: PlatformUnderTest) -> None:
    theirs = platform.client("member").get("/users/me").json()["id"]
    other = platform.client("member2")

    answers = [
        other.get(f"/users/{theirs}"),
        other.patch(f"/users/{theirs}", json={"name": "Mine"}, headers={"If-Match": "*"}),
        other.delete(f"/users/{theirs}"),
    ]

    assert [(answer.status_code, answer.json()["type"]) for answer in answers] == [
        (404, "urn:problem-type:user-not-found")
    ] * 3


def test_an_integration_gets_a_token_by_its_id_and_secret_with_its_scopes_and_no_others(
    platform: PlatformUnderTest,
) -> None:
    """The client has no credentials of the AWS account, like an outside system."""
    wanted = load_environment("local").integrations["reporting"]
    described, cognito = platform.described, platform.aws("cognito-idp")
    pool = {"UserPoolId": platform.output("platform-local-identity", "UserPoolId")}
    [listed] = [
        each
        for each in cognito.list_user_pool_clients(**pool, MaxResults=60)["UserPoolClients"]
        if each["ClientName"] == "reporting"
    ]
    client = cognito.describe_user_pool_client(**pool, ClientId=listed["ClientId"])["UserPoolClient"]

    def ask(secret: str, **more: str) -> httpx.Response:
        trusted = ssl.create_default_context(cafile=described["ca_file"])
        with httpx.Client(verify=trusted, timeout=120, auth=(client["ClientId"], secret)) as outside:
            url = f"{described['aws_endpoint_url']}/oauth2/token"
            return outside.post(url, data={"grant_type": "client_credentials", **more})

    token = ask(client["ClientSecret"]).json()["access_token"]
    claims = jwt.decode(token, options={"verify_signature": False})
    assert set(claims["scope"].split()) == set(wanted) == {"users/read", "activity/read"}
    assert ask("guessed").is_client_error
    assert ask(client["ClientSecret"], scope="users/write").is_client_error
    anonymous, bearer = platform.client(None), {"Authorization": f"Bearer {token}"}
    calls = [("GET", "/users"), ("GET", "/activity?subject=users/1"), ("POST", "/users"), ("GET", "/files")]
    answers = [anonymous.request(method, path, headers=bearer, json={}).status_code for method, path in calls]
    assert answers == [200, 200, 403, 403]
    assert jwt.decode(platform.token("reporting"), options={"verify_signature": False})["scope"] == claims["scope"]


@pytest.mark.parametrize("service", SERVICES)
def test_a_person_who_signs_in_on_a_docs_page_calls_as_themselves(platform: PlatformUnderTest, service: str) -> None:
    """The steps of a browser: the page's own client, the user pool's form, a code, and its exchange with PKCE."""
    described = platform.described
    anonymous = platform.client(None)
    document = anonymous.get(f"/{service}/openapi.json").json()
    flow = document["components"]["securitySchemes"]["person"]["flows"]["authorizationCode"]
    client_id = anonymous.get(f"/{service}/docs/start.js").text.partition('clientId: "')[2].partition('"')[0]
    back = f"{described['gateway_url']}/{service}/docs/oauth2-redirect.html"
    verifier = secrets.token_urlsafe(48)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    member = json.loads(Path(described["identities_file"]).read_text())["member"]

    trusted = ssl.create_default_context(cafile=described["ca_file"])
    with httpx.Client(verify=trusted, timeout=120) as browser:
        asked = {
            "client_id": client_id,
            "redirect_uri": back,
            "response_type": "code",
            "scope": " ".join(flow["scopes"]),
            "state": "mine",
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        form = browser.get(flow["authorizationUrl"], params=asked)
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form.text))
        filled = {**{name: unescape(value) for name, value in hidden.items()}, "username": member["email"]}
        sent = browser.post(urljoin(str(form.url), "/login"), data={**filled, "password": member["password"]})
        landed = parse_qs(urlsplit(sent.headers["Location"]).query)
        assert landed["state"] == ["mine"]
        exchanged = browser.post(
            flow["tokenUrl"],
            data={
                "grant_type": "authorization_code",
                "client_id": client_id,
                "redirect_uri": back,
                "code": landed["code"][0],
                "code_verifier": verifier,
            },
        )

    token = exchanged.json()["access_token"]
    rules = {
        path: operations["get"]["x-access"]["member"]
        for path, operations in document["paths"].items()
        if "x-access" in operations.get("get", {})
    }
    path, rule = next((path, rule) for path, rule in rules.items() if "{" not in path)
    answer = anonymous.get(path, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == (403 if rule == "never" else 200), answer.text
    # Another service's page has another client.
    others = [other for other in SERVICES if other != service]
    assert anonymous.get(f"/{others[0]}", headers={"Authorization": f"Bearer {token}"}).status_code == 401


def test_the_page_that_people_come_back_to_still_knows_the_one_that_opened_it(platform: PlatformUnderTest) -> None:
    """A browser severs the two pages unless their headers allow the user pool's page in between."""
    docs, back, other = (
        platform.client(None).get(path).headers["Cross-Origin-Opener-Policy"]
        for path in ("/users/docs", "/users/docs/oauth2-redirect.html?code=1&state=s", "/users/health")
    )

    assert (docs, back, other) == ("same-origin-allow-popups", "unsafe-none", "same-origin")
