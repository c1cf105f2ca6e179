"""Access tokens of the Amazon Cognito user pool: RS256, verified here with PyJWT.

https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html
"""

import time
from collections.abc import Callable, Collection
from functools import cache

from functions.shared.auth.callers import Caller, caller_of
from functions.shared.auth.pyjwt import pyjwt
from functions.shared.auth.signing_keys import SigningKeys, fetch_key_set
from functions.shared.auth.user_pool import issuer
from functions.shared.aws.settings import setting
from functions.shared.aws.snapshot import at_restore
from functions.shared.errors import InvalidToken

ALGORITHM = "RS256"
# The pool's ID tokens are meant for the client, not for an API.
USE = "access"
# The clocks of two machines differ a little.
LEEWAY_S = 10
# Verified tokens are cached, because verifying one costs as much as the rest of a request.
REMEMBERED = 1000


class AccessTokens:
    """Verifies access tokens, and returns their callers.

    Args:
        issuer: The URL of the pool.
        clients: The clients that people may sign in with. A machine client is recognised by its scopes: the pool puts
            `<service>/…` only into tokens of the clients that have these scopes.
        keys: The keys of the pool.
        clock: Returns the seconds since 1970.
    """

    def __init__(
        self,
        *,
        issuer: str,
        clients: Collection[str],
        keys: SigningKeys,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._issuer = issuer
        self._clients = frozenset(clients)
        self._keys = keys
        self._clock = clock
        self._remembered: dict[str, tuple[float, Caller]] = {}

    def caller(self, token: str) -> Caller:
        """Return the caller to whom a token was issued.

        Raises:
            InvalidToken: The token is malformed, has expired, or belongs to another pool or another client.
            Unavailable: The keys of the pool cannot be fetched.
        """
        known = self._remembered.get(token)
        if known and known[0] > self._clock():
            return known[1]
        expires_at, caller = self._verify(token)
        if len(self._remembered) >= REMEMBERED:
            self._remembered.clear()
        self._remembered[token] = (expires_at, caller)
        return caller

    def forget(self) -> None:
        """Forget all cached tokens and keys."""
        self._remembered.clear()
        self._keys.forget()

    def _verify(self, token: str) -> tuple[float, Caller]:
        jwt = pyjwt()
        try:
            header = jwt.get_unverified_header(token)
            # Checked before the key is looked up: a token with another algorithm must cost no request to the pool.
            if header.get("alg") != ALGORITHM:
                raise InvalidToken("It is not signed with RS256.")
            key = self._keys.find(str(header.get("kid", "")))
            if key is None:
                raise InvalidToken("It is signed with an unknown key.")
            claims = jwt.decode(
                token,
                key,
                algorithms=[ALGORITHM],
                issuer=self._issuer,
                leeway=LEEWAY_S,
                options={"require": ["exp", "iat", "iss", "sub", "token_use", "client_id"], "verify_aud": False},
            )
        except jwt.ExpiredSignatureError as error:
            raise InvalidToken("It has expired.") from error
        except jwt.InvalidIssuerError as error:
            raise InvalidToken("It was issued by another user pool.") from error
        except jwt.InvalidTokenError as error:
            raise InvalidToken("It is not an access token of the user pool.") from error
        if claims["token_use"] != USE:
            raise InvalidToken("It is an id token; send the access token.")
        caller = caller_of(claims, token)
        if not caller.is_machine and claims["client_id"] not in self._clients:
            raise InvalidToken("It was issued to a client that this service does not accept.")
        return float(claims["exp"]), caller


@cache
def access_tokens() -> AccessTokens:
    """Return the access tokens of the platform's user pool."""
    tokens = AccessTokens(
        issuer=issuer(),
        clients=setting("USER_POOL_CLIENTS").split(","),
        keys=SigningKeys(fetch_key_set),
    )
    at_restore(tokens.forget)
    return tokens
