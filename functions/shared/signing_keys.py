"""The public keys that the user pool signs tokens with, fetched when first needed and again when they rotate."""

import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from functions.shared.errors import Unavailable
from functions.shared.user_pool import user_pool_url

if TYPE_CHECKING:
    from jwt import PyJWK, PyJWKSet

# A key that the pool took back is no longer trusted after this.
KEPT_S = 3600.0
# Whoever makes up key ids makes us ask no more often than this.
FETCH_INTERVAL_S = 30.0
TIMEOUT_S = 2


class SigningKeys:
    """The keys by their id.

    Args:
        fetch: Returns the pool's JSON Web Key Set; raises Unavailable where it cannot be had.
        clock: Seconds that never go back.
    """

    def __init__(self, fetch: "Callable[[], PyJWKSet]", *, clock: Callable[[], float] = time.monotonic) -> None:
        self._fetch = fetch
        self._clock = clock
        self._keys: dict[str, PyJWK]
        self.forget()

    def forget(self) -> None:
        """Forget the keys, as if none had been fetched."""
        self._keys = {}
        self._fetched_at = float("-inf")
        self._tried_at = float("-inf")

    def find(self, key_id: str) -> "PyJWK | None":
        """Return a key, asking the pool where the key is new or was asked for long ago.

        Raises:
            Unavailable: The pool does not answer, and what it answered before is too old.
        """
        now = self._clock()
        is_fresh = now - self._fetched_at < KEPT_S
        if is_fresh and key_id in self._keys:
            return self._keys[key_id]
        if now - self._tried_at >= FETCH_INTERVAL_S:
            self._tried_at = now
            self._refresh(now)
        elif not is_fresh:
            raise Unavailable
        return self._keys.get(key_id)

    def _refresh(self, now: float) -> None:
        self._keys = {key.key_id: key for key in self._fetch().keys if key.key_id}
        self._fetched_at = now


def fetch_key_set() -> "PyJWKSet":
    """Fetch the keys of the platform's user pool.

    Raises:
        Unavailable: The pool does not answer, or not with a key set.
    """
    import ssl  # noqa: PLC0415 - once an hour

    from jwt import PyJWKClient, PyJWTError  # noqa: PLC0415

    # On the embedded AWS, this names the local CA, as it does for the SDK.
    trusted = ssl.create_default_context(cafile=os.environ.get("AWS_CA_BUNDLE"))
    keys = PyJWKClient(f"{user_pool_url()}/.well-known/jwks.json", timeout=TIMEOUT_S, ssl_context=trusted)
    try:
        return keys.get_jwk_set(refresh=True)
    except (PyJWTError, ValueError) as error:
        raise Unavailable from error
