"""Valid and invalid access tokens."""

import time
from typing import Any

import jwt
import pytest

from functions.shared.auth.access_tokens import LEEWAY_S, AccessTokens
from functions.shared.auth.signing_keys import SigningKeys
from functions.shared.errors import InvalidToken
from tests.tokens import CLIENT, ISSUER, KEY_ID, key_set, machine, private_key, token


class Pool:
    """The keys of a user pool, with the number of fetches."""

    def __init__(self, *key_ids: str) -> None:
        self.key_ids = key_ids
        self.fetches = 0

    def fetch(self) -> jwt.PyJWKSet:
        self.fetches += 1
        return jwt.PyJWKSet.from_dict(key_set(*self.key_ids))


@pytest.fixture
def pool() -> Pool:
    return Pool(KEY_ID)


@pytest.fixture
def tokens(pool: Pool) -> AccessTokens:
    return AccessTokens(issuer=ISSUER, clients=[CLIENT], keys=SigningKeys(pool.fetch))


def test_a_person_is_known_by_their_subject_and_their_groups(tokens: AccessTokens) -> None:
    caller = tokens.caller(token(sub="ada", groups=["member"]))

    assert (caller.subject, caller.is_machine, set(caller.groups)) == ("ada", False, {"member"})


def test_a_machine_is_known_by_its_client_and_its_scopes(tokens: AccessTokens) -> None:
    caller = tokens.caller(machine("users/read", "files/write"))

    assert (caller.subject, caller.is_machine, set(caller.scopes)) == (
        "integration",
        True,
        {"users/read", "files/write"},
    )


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"exp": int(time.time()) - LEEWAY_S - 5}, "It has expired."),
        ({"iss": "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_other"}, "It was issued by another user pool."),
        ({"client_id": "other"}, "It was issued to a client that this service does not accept."),
        ({"token_use": "id"}, "It is an id token; send the access token."),
        ({"iat": int(time.time()) + 3600}, "It is not an access token of the user pool."),
        *(
            ({missing: None}, "It is not an access token of the user pool.")
            for missing in ("exp", "iat", "sub", "token_use", "client_id")
        ),
    ],
)
def test_a_token_that_claims_something_else_is_refused_with_the_reason(
    tokens: AccessTokens, claims: dict[str, Any], reason: str
) -> None:
    with pytest.raises(InvalidToken, match=reason):
        tokens.caller(token(**claims))


def test_a_token_that_was_changed_is_refused(tokens: AccessTokens) -> None:
    head, _, signature = token(groups=["member"]).split(".")
    _, claims, _ = token(groups=["admin"]).split(".")

    with pytest.raises(InvalidToken):
        tokens.caller(f"{head}.{claims}.{signature}")


def test_a_token_that_is_signed_with_a_stranger_s_key_of_the_same_name_is_refused(tokens: AccessTokens) -> None:
    forged = jwt.encode({"sub": "ada"}, private_key("stranger"), algorithm="RS256", headers={"kid": KEY_ID})

    with pytest.raises(InvalidToken):
        tokens.caller(forged)


@pytest.mark.parametrize("algorithm", ["none", "HS256", "HS384"])
def test_another_algorithm_is_refused_before_a_key_is_looked_for(
    tokens: AccessTokens, pool: Pool, algorithm: str
) -> None:
    secret = "" if algorithm == "none" else "s" * 64
    forged = jwt.encode({"sub": "ada"}, secret, algorithm=algorithm, headers={"kid": KEY_ID})

    with pytest.raises(InvalidToken, match="RS256"):
        tokens.caller(forged)
    assert pool.fetches == 0


@pytest.mark.parametrize("text", ["", "x", "a.b.c", "eyJhbGciOiJSUzI1NiJ9", "é", "a.b." + "c" * 10_000])
def test_what_is_no_token_is_refused(tokens: AccessTokens, text: str) -> None:
    with pytest.raises(InvalidToken):
        tokens.caller(text)


def test_a_token_is_verified_once_and_again_when_it_has_ended(pool: Pool) -> None:
    now = time.time()
    tokens = AccessTokens(
        issuer=ISSUER, clients=[CLIENT], keys=SigningKeys(pool.fetch, clock=lambda: now), clock=lambda: now
    )
    sent = token(exp=int(now) + 7200)
    tokens.caller(sent)
    pool.key_ids = ("two",)
    now += 7100
    tokens.caller(sent)
    now += 200

    with pytest.raises(InvalidToken):
        tokens.caller(sent)


def test_a_token_that_was_forgotten_is_verified_again_with_keys_that_are_fetched_again(
    tokens: AccessTokens, pool: Pool
) -> None:
    tokens.caller(token())
    tokens.forget()
    tokens.caller(token())

    assert pool.fetches == 2
