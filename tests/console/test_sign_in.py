"""The sign-in: PKCE, state, the cookie between, and the page that it returns to."""

import base64
import hashlib
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from functions.console.errors import SignInFailed
from functions.console.session import SESSION, SIGN_IN
from functions.console.sign_in import SignIn, safe_page
from tests import tokens
from tests.console.conftest import POOL
from tests.lambda_client import Answer, LambdaClient

BROWSER = {"accept": "text/html", "sec-fetch-dest": "document"}


def query_of(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def cookies_of(answer: Answer) -> dict[str, str]:
    """Return the cookies that an answer sets, each with its attributes."""
    parts = answer.headers.get("set-cookie", "").split(", __Host-")
    named = (part.removeprefix("__Host-").partition("=") for part in parts if part)
    return {f"__Host-{name}": rest for name, _, rest in named}


def begin(console: LambdaClient, to: str) -> tuple[dict[str, str], str]:
    """Begin a sign-in; return what the pool is asked, and the cookie's value."""
    answer = console.get("/console/sign-in", query={"to": to}, headers=BROWSER)
    assert answer.status == 303
    return query_of(answer.headers["location"]), cookies_of(answer)[SIGN_IN].partition(";")[0]


def test_a_page_without_a_session_leads_to_the_pool_and_back_to_the_same_address(
    console: LambdaClient, pool: dict[str, Any]
) -> None:
    asked = console.get("/console/alarms", query={"state": "ALARM"}, headers=BROWSER)
    assert (asked.status, asked.headers["location"]) == (303, "/console/sign-in?to=/console/alarms%3Fstate%3DALARM")

    sent, cookie = begin(console, "/console/alarms?state=ALARM")
    assert sent["redirect_uri"] == "https://platform.test/console/callback"
    assert (sent["response_type"], sent["code_challenge_method"]) == ("code", "S256")

    pool |= {"access_token": tokens.admin(), "expires_in": 3600}
    back = console.get(
        "/console/callback",
        query={"code": "the-code", "state": sent["state"]},
        headers={**BROWSER, "cookie": f"{SIGN_IN}={cookie}"},
    )

    assert (back.status, back.headers["location"]) == (303, "/console/alarms?state=ALARM")
    digest = hashlib.sha256(pool["form"]["code_verifier"].encode()).digest()
    assert base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == sent["code_challenge"]
    session = cookies_of(back)[SESSION]
    assert session.startswith(tokens.admin())
    for attribute in ("HttpOnly", "Path=/", "SameSite=lax", "Secure", "Max-Age=3600"):
        assert attribute in session
    assert "Domain" not in session
    assert "Max-Age=0" in cookies_of(back)[SIGN_IN]

    page = console.get("/console/alarms", headers={**BROWSER, "cookie": f"{SESSION}={tokens.admin()}"})
    assert page.status == 200


def test_a_sign_in_that_another_browser_or_tab_has_begun_is_refused(
    console: LambdaClient, pool: dict[str, Any]
) -> None:
    pool |= {"access_token": tokens.admin(), "expires_in": 3600}
    mine, cookie = begin(console, "/console")
    other, _ = begin(console, "/console")

    for state, sent in (
        (other["state"], cookie),
        (mine["state"], ""),
        (mine["state"], f"{cookie}x"),
        ("", cookie),
        ("ä€", cookie),
    ):
        answer = console.get(
            "/console/callback",
            query={"code": "the-code", "state": state},
            headers={**BROWSER, "cookie": f"{SIGN_IN}={sent}"},
        )
        assert (answer.status, SESSION in cookies_of(answer)) == (400, False)
    assert "form" not in pool


@pytest.mark.parametrize("before", ["\x85", "\xa0", "\x1c", "\v", "$Version=1,"])
def test_a_cookie_that_another_host_of_the_domain_can_set_is_no_session(console: LambdaClient, before: str) -> None:
    """Browsers keep `__Host-console` for this host, and not a name with one more character before it."""
    for cookie in (f"{before}{SESSION}={tokens.admin()}", f"a=b; {before}{SESSION}={tokens.admin()}"):
        assert console.get("/console/alarms", headers={**BROWSER, "cookie": cookie}).status == 303


def test_a_sign_in_that_takes_too_long_is_refused(entrance: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    url, cookie = entrance.begin("/console")
    monkeypatch.setattr("functions.console.sign_in.SIGN_IN_TAKES_S", -1)

    with pytest.raises(SignInFailed):
        entrance.finish(code="the-code", state=query_of(url)["state"], cookie=cookie)


@pytest.mark.parametrize("token", [tokens.machine("console/read"), tokens.token(client_id="another")])
def test_the_token_of_a_machine_or_of_another_client_becomes_no_session(
    console: LambdaClient, pool: dict[str, Any], token: str
) -> None:
    sent, cookie = begin(console, "/console")
    pool |= {"access_token": token, "expires_in": 3600}

    answer = console.get(
        "/console/callback",
        query={"code": "the-code", "state": sent["state"]},
        headers={**BROWSER, "cookie": f"{SIGN_IN}={cookie}"},
    )

    # No redirect: it would lead to the sign-in and back here for ever.
    assert answer.status in {400, 403}, answer.headers
    assert SESSION not in cookies_of(answer)


@pytest.mark.parametrize(
    "to",
    [
        "https://evil.example/", "//evil.example/", "/\\evil.example", "/console@evil.example", "/console.evil.example",
        "/consolation", "/users", "javascript:alert(1)", "/console\r\nSet-Cookie: a=b", "/console/\\evil", "",
        "/console/" + "a" * 600, "/console#x", "/console/ä", "/console/..", "/console/../users", "/console/.%2E/users",
        "/console/%2e%2e/docs?x=1", "/console/alarms/./..//evil.example", "/console/..?x",
    ],
)  # fmt: skip
def test_no_address_leads_to_another_place_than_the_console(to: str) -> None:
    assert safe_page(to) == "/console"


@pytest.mark.parametrize(
    "to",
    ["/console", "/console?x=1", "/console/alarms/platform-a_b.c?state=ALARM&of=users", "/console/deployments/a.b..c"],
)
def test_pages_of_the_console_are_returned_to(to: str) -> None:
    assert safe_page(to) == to


def test_the_sign_out_drops_the_cookie_and_ends_the_session_at_the_pool(console: LambdaClient) -> None:
    answer = console.request("POST", "/console/sign-out", headers={"sec-fetch-site": "same-origin"})

    assert answer.status == 303
    assert answer.headers["location"].startswith(f"{POOL}/logout?")
    assert query_of(answer.headers["location"])["logout_uri"] == "https://platform.test/console/signed-out"
    assert "Max-Age=0" in cookies_of(answer)[SESSION]


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none", ""])
def test_no_other_site_signs_a_person_out(console: LambdaClient, site: str) -> None:
    answer = console.request("POST", "/console/sign-out", headers={"sec-fetch-site": site})

    assert (answer.status, answer.problem) == (403, "cross-site")
    assert console.get("/console/sign-out").status == 405
