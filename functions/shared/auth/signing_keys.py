"""The public keys of the user pool's tokens, fetched when first needed and again when the pool rotates them."""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from functions.shared.auth.pyjwt import pyjwt
from functions.shared.auth.user_pool import user_pool_url
from functions.shared.aws.tls import tls_context
from functions.shared.errors import Unavailable

if TYPE_CHECKING:
    from jwt import PyJWK, PyJWKSet

# A key that the pool has revoked is no longer trusted after this time.
KEPT_S = 3600.0
# The age at which the keys are refreshed while they are still in use. The pool then has a quarter of an hour to answer
# before a request fails.
REFRESHED_AFTER_S = 2700.0
# Tokens with invented key ids cause no more than one fetch in this time.
FETCH_INTERVAL_S = 30.0
# The interval after a failed fetch, while a request waits for a key that is not cached.
RETRY_INTERVAL_S = 1.0
TIMEOUT_S = 2


class SigningKeys:
    """The keys by their id.

    Args:
        fetch: Returns the pool's JSON Web Key Set; raises Unavailable if the pool does not answer.
        clock: A monotonic clock, in seconds.
    """

    def __init__(self, fetch: "Callable[[], PyJWKSet]", *, clock: Callable[[], float] = time.monotonic) -> None:
        self._fetch = fetch
        self._clock = clock
        self._keys: dict[str, PyJWK]
        self.forget()

    def forget(self) -> None:
        """Forget all keys."""
        self._keys = {}
        self._fetched_at = float("-inf")
        self._tried_at = float("-inf")
        self._has_failed = False

    def find(self, key_id: str) -> "PyJWK | None":
        """Return a key; fetch the keys first if the key is unknown or the cached keys are old.

        Raises:
            Unavailable: The pool does not answer, and the cached keys are too old or do not include the key.
        """
        age_s = self._clock() - self._fetched_at
        known = self._keys.get(key_id) if age_s < KEPT_S else None
        if known is None:
            return self._find_anew(key_id)
        if age_s >= REFRESHED_AFTER_S and self._tried_before(FETCH_INTERVAL_S):
            with suppress(Unavailable):
                self._refresh()
                return self._keys.get(key_id)
        return known

    def _find_anew(self, key_id: str) -> "PyJWK | None":
        if self._tried_before(RETRY_INTERVAL_S if self._has_failed else FETCH_INTERVAL_S):
            self._refresh()
        elif self._has_failed:
            raise Unavailable
        return self._keys.get(key_id)

    def _tried_before(self, interval_s: float) -> bool:
        return self._clock() - self._tried_at >= interval_s

    def _refresh(self) -> None:
        self._has_failed = True
        try:
            keys = self._fetch().keys
        finally:
            # The interval counts from the end of a fetch, so that the next does not follow a slow one immediately.
            self._tried_at = self._clock()
        self._keys = {key.key_id: key for key in keys if key.key_id}
        self._fetched_at = self._tried_at
        self._has_failed = False


def fetch_key_set() -> "PyJWKSet":
    """Fetch the keys of the platform's user pool.

    Raises:
        Unavailable: The pool does not answer with a key set.
    """
    jwt = pyjwt()
    keys = jwt.PyJWKClient(f"{user_pool_url()}/.well-known/jwks.json", timeout=TIMEOUT_S, ssl_context=tls_context())
    try:
        fetched: PyJWKSet = keys.get_jwk_set(refresh=True)
    except (jwt.PyJWTError, ValueError, OSError) as error:
        # PyJWT translates most failures, but not a connection that is reset before the answer has arrived.
        raise Unavailable from error
    return fetched
