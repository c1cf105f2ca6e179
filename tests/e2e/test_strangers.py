"""Requests of other sites and other users to the parts of a running platform."""

import ssl
from http import HTTPStatus
from urllib.parse import urlsplit

import httpx
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.e2e.platform_under_test import PlatformUnderTest

FUNCTIONS = "/2015-03-31/functions/"
ELSEWHERE = {"Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site"}


def call(platform: PlatformUnderTest, method: str, path: str, **more: object) -> httpx.Response:
    described = platform.described
    with httpx.Client(verify=ssl.create_default_context(cafile=described["ca_file"]), trust_env=False) as client:
        return client.request(method, described["aws_endpoint_url"] + path, **more)  # type: ignore[arg-type]


def signed(platform: PlatformUnderTest, **changed: str) -> dict[str, str]:
    """Return the headers of a signed request for the list of functions."""
    described = platform.described | changed
    request = AWSRequest("GET", described["aws_endpoint_url"] + FUNCTIONS)
    key = Credentials(described["access_key_id"], described["secret_access_key"])
    SigV4Auth(key, "lambda", described["region"]).add_auth(request)
    return dict(request.headers.items())


def test_the_administrator_and_the_platform_s_own_pages_are_answered(platform: PlatformUnderTest) -> None:
    for more in ({}, {"Origin": platform.described["gateway_url"], "Sec-Fetch-Site": "cross-site"}):
        assert call(platform, "GET", FUNCTIONS, headers=signed(platform) | more).status_code == HTTPStatus.OK


def test_a_page_of_another_site_is_refused_with_and_without_the_key(platform: PlatformUnderTest) -> None:
    in_query = f"{FUNCTIONS}?AWSAccessKeyId={platform.described['access_key_id']}&Signature=x"
    for headers in (signed(platform) | ELSEWHERE, ELSEWHERE, {"Sec-Fetch-Site": "cross-site"}):
        for path in (FUNCTIONS, in_query):
            answer = call(platform, "POST", path, headers=headers, content=b"{}")
            assert answer.status_code == HTTPStatus.FORBIDDEN
            assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    "changed",
    [
        {"secret_access_key": "wrong"},
        {"access_key_id": "000000000000", "secret_access_key": "local"},
        {"access_key_id": "test", "secret_access_key": "test"},
    ],
)
def test_another_user_of_this_machine_is_refused(platform: PlatformUnderTest, changed: dict[str, str]) -> None:
    answer = call(platform, "GET", FUNCTIONS, headers=signed(platform, **changed))

    assert answer.status_code == HTTPStatus.FORBIDDEN


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer x"}])
def test_a_request_without_a_signature_is_refused(platform: PlatformUnderTest, headers: dict[str, str]) -> None:
    for path in (FUNCTIONS, "/", "/_ministack/sqs/messages", "/latest/meta-data/iam/security-credentials/"):
        assert call(platform, "GET", path, headers=headers).status_code == HTTPStatus.FORBIDDEN, path
    assert call(platform, "POST", "/_ministack/reset", headers=headers).status_code == HTTPStatus.FORBIDDEN


def test_another_name_of_this_machine_is_refused_by_every_part(platform: PlatformUnderTest) -> None:
    renamed = {"Host": "elsewhere.example"}
    assert call(platform, "GET", FUNCTIONS, headers=signed(platform) | renamed).status_code == HTTPStatus.FORBIDDEN

    dashboard = urlsplit(platform.described["dashboard_url"])
    for path in ("/dashboard/", "/api/rawdata"):
        url = f"{dashboard.scheme}://{dashboard.netloc}{path}"
        assert httpx.get(url, trust_env=False).status_code == HTTPStatus.OK
        assert httpx.get(url, headers=renamed, trust_env=False).status_code == HTTPStatus.NOT_FOUND


def test_other_users_can_read_no_file_of_the_platform(platform: PlatformUnderTest) -> None:
    assert platform.home.stat().st_mode & 0o077 == 0
    for name in ("platform.json", "access-key.json", "identities.json", "state/services", "state/run.json"):
        assert (platform.home / name).stat().st_mode & 0o077 == 0, name
